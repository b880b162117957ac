//! Symmetries found in Hamiltonians that are written out.

use hamc::analysis::symmetries::{Verdict, declarations, detect};
use hamc::count::{RungKind, degrees_of_freedom, ladder};
use hamc::model::{Model, generators};
use hamc::pipeline;
use hamc::syntax;
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

/// Whether a file is a spec that names no others.
fn is_whole_spec(path: &std::path::Path, text: &str) -> bool {
    path.extension().is_some_and(|extension| extension == "ham") && !text.contains("file(")
}

#[test]
fn of_the_shipped_specs_all_that_is_declared_is_found() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("specs");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read(&path).ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
        if !is_whole_spec(&path, &text) {
            continue;
        }
        let model = read(&text);
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
    assert!(lacks.contains(&"translation along x: 1/10*phi[3] / 1/10*phi[4] as well".to_owned()), "{lacks:?}");
}

#[test]
fn one_direction_may_be_translated_and_not_the_other() {
    let text = "lattice square(4, 4)\nfield phi : real in [-1, 1]\n\
                H = sum(a in 0..3)(sum(b in 0..3)(b*phi[a, b]^2)) + sum(a in 0..3)(phi[a, 0]*phi[a, 1])";
    let (holds, lacks, declared) = found(text);
    assert_eq!(holds, ["translation along x", "reflection of x", "point_group(D1)", "flip(phi)"]);
    assert!(lacks.iter().any(|line| line.starts_with("translation along y")), "{lacks:?}");
    assert_eq!(declared, "point_group(D1), flip(phi)");
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
fn values_are_turned() {
    let heisenberg = "lattice square(6, 6)\nfield S[3] : real in [-1, 1]\nH = sum<i,j>(dot(S[i], S[j]))";
    let (holds, _, declared) = found(heisenberg);
    assert!(holds.contains(&"rotation(S)".to_owned()), "{holds:?}");
    assert_eq!(declared, "translation, point_group, flip(S), rotation(S)");
    let anisotropic = format!("{heisenberg} + sum(i)(S[i][2]^2)");
    assert!(found(&anisotropic).1.iter().any(|line| line.starts_with("rotation(S): ")));
    // x1 y2 - x2 y1 is SO(2), not O(2), and turns both together only.
    let (holds, lacks, _) = found("field u[2], v[2] : real in [-1, 1]\nH = u[0]*v[1] - u[1]*v[0]");
    assert!(holds.contains(&"rotation(u, v, proper)".to_owned()), "{holds:?}");
    assert!(lacks.iter().any(|line| line.starts_with("rotation(u, v): ")), "{lacks:?}");
    let (holds, _, _) = found("field p[4] : real in [-1, 1]\nH = p[0]^2 - p[1]^2 - p[2]^2 - p[3]^2");
    assert!(holds.contains(&"lorentz(p, parity)".to_owned()), "{holds:?}");
    // A clock term of order four on a plane vector.
    let (holds, _, _) = found("field u[2] : real in [-1, 1]\nH = u[0]^4 - 6*u[0]^2*u[1]^2 + u[1]^4");
    assert!(holds.contains(&"cyclic(u, 4)".to_owned()), "{holds:?}");
}

#[test]
fn the_largest_subgroup_of_the_point_group_is_named() {
    // A quarter turn takes the coupling along x to one along y, which differs.
    let (holds, lacks, declared) =
        found("lattice square(6, 6)\nfield f : real in [-1, 1]\nH = sum(i)(f[i]*f[i+x] + 2*f[i]*f[i+y])");
    assert!(holds.contains(&"point_group(D2)".to_owned()), "{holds:?}");
    assert!(lacks.iter().any(|line| line.starts_with("point_group: ")), "{lacks:?}");
    assert_eq!(declared, "translation, point_group(D2), flip(f)");
    let (holds, _, _) = found(
        "lattice square(8, 8)\nfield f : real in [-1, 1]\n\
         H = sum(i)(f[i]^3*f[i+2x+y] + f[i]^3*f[i-x+2y] + f[i]^3*f[i-2x-y] + f[i]^3*f[i+x-2y])",
    );
    assert!(holds.contains(&"point_group(C4)".to_owned()), "{holds:?}");
}

/// Checks that a line that was printed may be pasted into the spec.
#[track_caller]
fn pasted(text: &str, line: &str) -> Model {
    let kept: Vec<&str> = text.lines().filter(|old| !old.starts_with("symmetry")).collect();
    read(&format!("{}\n{line}\n", kept.join("\n")))
}

#[test]
fn what_is_printed_may_be_pasted() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("specs");
    let shipped = std::fs::read_dir(folder).unwrap().filter_map(|entry| {
        let path = entry.unwrap().path();
        let text = std::fs::read(&path).ok().and_then(|bytes| String::from_utf8(bytes).ok())?;
        // A continued statement is one line here.
        is_whole_spec(&path, &text).then(|| syntax::print(&syntax::parse(&text).0))
    });
    let written = [
        "lattice triangular(4, 4)\nfield s : spin\nH = sum<i,j>(s[i]*s[j])\n",
        "lattice triangular(5, 5)\nfield s : spin\nH = sum(i)(s[i]*s[i+x]*s[i+y])\n",
        "lattice kagome(3, 3)\nfield S[3] : unit\nH = sum<i,j>(dot(S[i], S[j]))\n",
        "lattice honeycomb(3, 3)\nfield phi : complex in [-1, 1]\nH = sum<i,j>(2*re(conj(phi[i])*phi[j]))\n",
        "lattice fcc(3, 3, 3)\nfield s : spin\nH = sum<i,j>(s[i]*s[j])\n",
        "lattice bcc(3, 3, 3)\nfield s : spin\nH = sum<<i,j>>(s[i]*s[j]) + sum(s)\n",
        "lattice cubic(4, 4, 4)\nfield f : real in [-1, 1]\nH = sum(i)(f[i]*f[i+x] + f[i]*f[i+y] + 2*f[i]*f[i+z])\n",
        "lattice ring(8)\nfield w : clock(6)\nH = sum<i,j>(re(conj(w[i])*w[j]))\n",
        "lattice square(4, 4)\nfield c : categorical(3)\nH = sum<i,j>(dot(c[i], c[j]))\n",
        "lattice square(4, 4)\nfield U : phase on bonds\n\
         H = sum plaquette(i,j,k,l)(2*re(U[i, j]*U[j, k]*U[k, l]*U[l, i]))\n",
        "field t, x, y, z : real in [-1, 1]\nH = t^2 - x^2 - y^2 - z^2\n",
        "field p[4], q[4] : real in [-1, 1]\nH = p[0]*q[0] - p[1]*q[1] - p[2]*q[2] - p[3]*q[3]\n",
        "field u[3], v[3], w[3] : real in [-1, 1]\nH = u[0]*v[1]*w[2] + u[1]*v[2]*w[0] + u[2]*v[0]*w[1] \
         - u[0]*v[2]*w[1] - u[1]*v[0]*w[2] - u[2]*v[1]*w[0]\n",
    ];
    let mut declared = 0;
    for text in shipped.chain(written.map(str::to_owned)) {
        let model = read(&text);
        if model.generic {
            continue;
        }
        let list = detect(&model);
        let symmetries = declarations(&model, &list);
        let words: Vec<String> = symmetries.iter().map(|symmetry| model.symmetry_text(symmetry)).collect();
        if !words.is_empty() {
            let again = pasted(&text, &format!("symmetry {}", words.join(", ")));
            assert_eq!(again.symmetries, symmetries, "{text}");
            declared += 1;
        }
        // A name of one symmetry is its word where it looks like one.
        for finding in list.iter().filter(|finding| finding.holds() && !finding.name.contains(' ')) {
            pasted(&text, &format!("symmetry {}", finding.name));
        }
    }
    assert!(declared > 25, "{declared}");
}

#[test]
fn the_rungs_of_the_ladder_may_be_pasted() {
    for text in [
        "lattice triangular(4, 4)\nfield s : spin\nH = generic\nsymmetry p31m, flip(s)\nlocality range sqrt(3)\ndegree 3",
        "lattice cubic(3, 3, 3)\nfield u[3] : real in [-1, 1]\nH = generic\n\
         symmetry space_group(\"Pm-3m\"), rotation(u, locked, axial)\nlocality graph_radius 1\ndegree 2",
        "lattice cubic(3, 3, 3)\nfield s : spin\nH = generic\nsymmetry translation, point_group(\"-4m2\")\n\
         locality shell 2, bodies 2\ndegree = 2",
        "lattice square(4, 4)\nfield phi : complex in [-1, 1]\nH = generic\n\
         symmetry translation, map(-y, x), u1(phi), cyclic(phi, 4)\nlocality window 2, pairs\ndegree 2",
        "field p[4], q[4] : real in [-1, 1]\nH = generic\nsymmetry lorentz(p, q, parity)\ndegree 4",
        "field t, x, y, z, u[3] : real in [-1, 1]\nH = generic\n\
         symmetry lorentz((t, x, y, z)), rotation(u, proper)\ndegree 4",
        "lattice square(4, 3) open y\nfield f : real in [-1, 1]\nH = generic\nsymmetry uniform, reflection\n\
         locality nearest_neighbor\ndegree 2",
        "lattice ring(5)\nfield f : real in [-1, 1]\nH = generic\nsymmetry graph_automorphism\nlocality connected\ndegree 3",
    ] {
        let model = read(text);
        let counted = degrees_of_freedom(&model).expect("countable");
        let mut spec: Vec<String> = text
            .lines()
            .filter(|line| line.starts_with(['l', 'f', 'H']) && !line.starts_with("locality"))
            .map(str::to_owned)
            .collect();
        spec.extend(
            ladder(&model)
                .expect("a ladder")
                .rungs
                .iter()
                .skip_while(|rung| rung.kind == RungKind::Functions)
                .map(|rung| rung.name.clone()),
        );
        let again = read(&spec.join("\n"));
        assert_eq!(again.symmetries, model.symmetries, "{spec:?}");
        assert_eq!(again.localities, model.localities, "{spec:?}");
        assert_eq!(degrees_of_freedom(&again).expect("countable").symmetric(), counted.symmetric(), "{spec:?}");
    }
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
            // Declared as the whole group alone.
            if finding.name.starts_with("point_group(") {
                continue;
            }
            let per_direction = finding.name.contains(" along ") || finding.name.starts_with("reflection of ");
            let declared = format!("{text}\nsymmetry {}", model.symmetry_text(symmetry));
            let accepted = pipeline::check(&declared).0.is_some();
            let all = list.iter().filter(|other| other.symmetry == finding.symmetry).all(|other| other.holds());
            prop_assert_eq!(accepted, if per_direction { all } else { finding.holds() }, "{}", declared);
        }
        prop_assert!(generators(&model, &hamc::model::Symmetry::Translation).is_ok());
    }
}
