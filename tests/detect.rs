//! Symmetries found in Hamiltonians that are written out.

use hamc::analysis::symmetries::{Verdict, declarations, detect};
use hamc::model::{Model, generators};
use hamc::pipeline;
use proptest::prelude::*;

#[track_caller]
fn read(text: &str) -> Model {
    let (model, diagnostics) = pipeline::check(text);
    model.unwrap_or_else(|| panic!("{diagnostics:?}\n{text}"))
}

/// The names of the symmetries that a spec has, those that it lacks with
/// their terms, and what is to be declared.
#[track_caller]
fn found(text: &str) -> (Vec<String>, Vec<String>, String) {
    let model = read(text);
    let list = detect(&model);
    let holds = list.iter().filter(|finding| finding.holds()).map(|finding| finding.name.clone()).collect();
    let lacks = list
        .iter()
        .filter_map(|finding| match &finding.verdict {
            Verdict::Lacks(violation) => Some(format!("{}: {} / {}", finding.name, violation.term, violation.needed)),
            _ => None,
        })
        .collect();
    let declared: Vec<String> = declarations(&model, &list).iter().map(|s| model.symmetry_text(s)).collect();
    (holds, lacks, declared.join(", "))
}

#[test]
fn of_the_shipped_specs_all_that_is_declared_is_found() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("specs");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let model = read(&std::fs::read_to_string(&path).unwrap());
        if model.generic {
            continue;
        }
        let detected = declarations(&model, &detect(&model));
        for symmetry in &model.symmetries {
            let text = model.symmetry_text(symmetry);
            // A point group contains the reflections.
            let contained = text == "reflection"
                && detected.iter().any(|found| model.symmetry_text(found).starts_with("point_group"));
            assert!(contained || detected.contains(symmetry), "{}: {text} is declared", path.display());
        }
    }
}

#[test]
fn a_ring_written_out_has_its_translations() {
    let terms: Vec<String> = (0..6)
        .map(|i| format!("phi[{i}]^4 - phi[{i}]*phi[{}] + phi[{i}]^2*phi[{}]", (i + 1) % 6, (i + 1) % 6))
        .collect();
    let text = format!("lattice ring(6)\nfield phi : real in [-1, 1]\nH = {}", terms.join(" + "));
    let (holds, lacks, declared) = found(&text);
    assert_eq!(holds, ["translation along x"]);
    assert_eq!(lacks.len(), 3, "{lacks:?}");
    assert_eq!(declared, "translation");
    let broken = format!("{text} + 1/10*phi[3]");
    let (holds, lacks, declared) = found(&broken);
    assert!(holds.is_empty() && declared.is_empty(), "{holds:?}");
    assert!(lacks.contains(&"translation along x: 1/10*phi[3] / none".to_owned()), "{lacks:?}");
}

#[test]
fn one_direction_may_be_translated_and_not_the_other() {
    let text = "lattice square(4, 4)\nfield phi : real in [-1, 1]\n\
                H = sum(a in 0..3)(sum(b in 0..3)(b*phi[a, b]^2)) + sum(a in 0..3)(phi[a, 0]*phi[a, 1])";
    let (holds, lacks, declared) = found(text);
    assert_eq!(holds, ["translation along x", "reflection of x", "flip(phi)"]);
    assert!(lacks.iter().any(|line| line.starts_with("translation along y")), "{lacks:?}");
    assert_eq!(declared, "flip(phi)");
}

#[test]
fn flips_that_hold_only_together() {
    let (holds, lacks, declared) = found("field x, y, z : real in [-1, 1]\nH = x*y + x*y*z^2 + z^3*x*y + x^2");
    assert_eq!(holds, ["flip of x and y together"]);
    assert!(lacks.contains(&"flip(x): x*y / -x*y".to_owned()), "{lacks:?}");
    assert_eq!(declared, "");
    // Three fields in a triangle: only all of them.
    let (holds, _, _) = found("field x, y, z : real in [-1, 1]\nH = x*y + y*z + x^2*z^2");
    assert_eq!(holds, ["flip of x, y and z together"]);
}

#[test]
fn bits_flip_through_signs() {
    // s1 s2 with s = 1 - 2b.
    let text = "lattice ring(8)\nfield b : bit\nH = sum<i,j>((1 - 2*b[i])*(1 - 2*b[j]))";
    assert_eq!(found(text).0, ["translation along x", "reflection of x", "flip(b)"]);
    let (_, lacks, _) = found("lattice ring(8)\nfield b : bit\nH = sum<i,j>(b[i]*b[j])");
    assert!(lacks.iter().any(|line| line.starts_with("flip(b): -1/2*b[i] in 1 - 2b")), "{lacks:?}");
}

#[test]
fn sites_that_are_alike_are_permuted() {
    let alone = "lattice ring(1000000)\nfield phi : real in [-1, 1]\nH = sum(i)(phi[i]^4)";
    assert!(found(alone).0.contains(&"permutation".to_owned()));
    // On three sites every pair is a neighbour.
    let three = "lattice ring(3)\nfield phi : real in [-1, 1]\nH = sum<i,j>(phi[i]*phi[j])";
    assert!(found(three).0.contains(&"permutation".to_owned()));
    let four = "lattice ring(4)\nfield phi : real in [-1, 1]\nH = sum<i,j>(phi[i]*phi[j])";
    assert!(found(four).1.iter().any(|line| line.starts_with("permutation")));
    let long = "lattice ring(1000000)\nfield phi : real in [-1, 1]\nH = sum<i,j>(phi[i]*phi[j])";
    assert!(found(long).1.contains(&"permutation: phi[i]*phi[i+1] / phi[i]*phi[i+4] as well".to_owned()));
}

#[test]
fn the_question_is_part_of_the_language() {
    let text = "lattice ring(8)\nfield s : spin\nH = sum<i,j>(s[i]*s[j])\nsymmetry detect";
    let (model, diagnostics) = pipeline::check(text);
    assert!(model.is_some_and(|model| model.symmetries.is_empty()) && diagnostics.is_empty());
    let (model, diagnostics) =
        pipeline::check("lattice ring(8)\nfield s : spin\nH = generic\ndegree 2\nsymmetry detect");
    assert!(model.is_none());
    assert!(diagnostics[0].message.contains("are those that are declared"), "{diagnostics:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// What is found may be declared: the checks that a declaration goes
    /// through agree; and what is lacking may not.
    #[test]
    fn findings_agree_with_declarations(
        side in 2usize..5, terms in proptest::collection::vec((0usize..4, 0usize..4, 1u32..4, 1u32..3, -2i64..3), 1..4),
        written in any::<bool>(),
    ) {
        let term = |x: usize, y: usize| -> String {
            terms.iter().map(|(dx, dy, a, b, c)| {
                format!(" + ({c})*f[{x}, {y}]^{a}*f[{}, {}]^{b}", (x + dx) % side, (y + dy) % side)
            }).collect()
        };
        let body: String = match written {
            true => (0..side * side).map(|at| term(at / side, at % side)).collect(),
            false => term(0, 0),
        };
        let text = format!("lattice square({side}, {side})\nfield f : real in [-1, 1]\nH = f[0, 0]*0{body}");
        let model = read(&text);
        let list = detect(&model);
        for finding in &list {
            let Some(symmetry) = &finding.symmetry else { continue };
            let per_direction = finding.name.contains(" along ") || finding.name.starts_with("reflection of ");
            let declared = format!("{text}\nsymmetry {}", model.symmetry_text(symmetry));
            let accepted = pipeline::check(&declared).0.is_some();
            let all = list.iter().filter(|other| other.symmetry == finding.symmetry).all(|other| other.holds());
            prop_assert_eq!(accepted, if per_direction { all } else { finding.holds() }, "{}", declared);
        }
        prop_assert!(generators(&model, &hamc::model::Symmetry::Translation).is_ok());
    }
}
