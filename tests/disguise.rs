//! Structures are recognised in disguise: with the variables renamed and
//! permuted, and scaled or shifted at random, a polynomial takes no more
//! products than without, at the least effort.

#[path = "support/disguise.rs"]
mod disguise;
mod support;

use hamc::circuit;
use hamc::model::Polynomial;
use hamc::simplify::{Options, simplify};

/// What is known to be lost in disguise: the polynomial, the way, the seed and
/// the products more, with the reason in a comment.
const LOST: &[(&str, &str, u64, u64)] = &[
    // The thirteen come from one of several equal eliminations; which is tried
    // first depends on the coefficients.
    ("sym3_trace4", "scaled", 1, 3),
];

/// Those that take more than seconds in a test build are disguised by
/// `cargo bench --bench gates -- DIR EFFORT scaled=SEED` instead.
const SLOW: &[&str] = &[
    "det4",
    "mat2_trace",
    "legendre10",
    "res74",
    "res75",
    "hep_sigma",
    "qff6_2mr",
    "res43",
    "hid_linchange",
    "hid_sparse",
    "cheb16",
    "uni12",
];

fn gates(polynomial: &Polynomial, count: usize) -> u64 {
    let names: Vec<String> = (0..count).map(|slot| format!("q{slot}")).collect();
    let model = support::model_of(polynomial, &names);
    let circuit = simplify(&model, Options { effort: 0, ..Options::default() }, &mut |_| {});
    circuit::prove(&circuit, &model).unwrap();
    circuit.counts().nonscalar_multiplications
}

/// Disguises the polynomials that are chosen by their place and name.
fn check(way: &str, seed: u64, chosen: fn(usize, &str) -> bool, disguise: fn(&Polynomial, usize, u64) -> Polynomial) {
    let folder = format!("{}/tests/data/polynomials", env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut lost = Vec::new();
    for (at, file) in files.iter().enumerate() {
        let name = file.file_stem().unwrap().to_string_lossy();
        if SLOW.contains(&&*name) || !chosen(at, &name) {
            continue;
        }
        let (polynomial, names) = support::parse_expanded(&std::fs::read_to_string(file).unwrap());
        let known = LOST.iter().find(|loss| loss.0 == name && loss.1 == way && loss.2 == seed).map_or(0, |loss| loss.3);
        let plain = gates(&polynomial, names.len());
        let found = gates(&disguise(&polynomial, names.len(), seed), names.len());
        if found > plain + known {
            lost.push(format!("{name} {way}: {found} instead of {plain}"));
        }
    }
    assert!(lost.is_empty(), "{}", lost.join("\n"));
}

/// Those that take no more than a second in a test build.
fn quick(_: usize, name: &str) -> bool {
    ["exp8", "hid_fact2", "ising12_r3", "ising8_full", "motzkin", "prodsum3", "res22", "yang_mills3"].contains(&name)
}

#[test]
fn scaled_variables_change_nothing_in_small_polynomials() {
    check("scaled", 3, quick, disguise::scaled);
}

#[test]
fn moved_variables_change_nothing_in_small_polynomials() {
    check("shifted", 3, quick, disguise::shifted);
}

#[test]
#[ignore = "takes minutes: cargo test --release --test disguise -- --ignored"]
fn scaled_variables_change_nothing() {
    check("scaled", 1, |at, _| at % 2 == 0, disguise::scaled);
}

#[test]
#[ignore = "takes minutes: cargo test --release --test disguise -- --ignored"]
fn scaled_variables_change_nothing_in_the_others() {
    check("scaled", 2, |at, _| at % 2 == 1, disguise::scaled);
}

#[test]
#[ignore = "takes minutes: cargo test --release --test disguise -- --ignored"]
fn moved_variables_change_nothing() {
    check("shifted", 1, |at, _| at % 2 == 0, disguise::shifted);
}

#[test]
#[ignore = "takes minutes: cargo test --release --test disguise -- --ignored"]
fn moved_variables_change_nothing_in_the_others() {
    check("shifted", 2, |at, _| at % 2 == 1, disguise::shifted);
}
