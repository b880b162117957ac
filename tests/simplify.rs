//! Simplification, at the public interface.

mod support;

use hamc::circuit::{self, Circuit};
use hamc::exact::Rational;
use hamc::model::{Polynomial, Variable};
use hamc::simplify::{Objective, Options, simplify};
use support::{model_of, parse_expanded};

fn compiled(polynomial: &Polynomial, names: &[String], options: Options) -> Circuit {
    let model = model_of(polynomial, names);
    let circuit = simplify(&model, options, &mut |_| {});
    circuit::prove(&circuit, &model).unwrap();
    circuit
}

fn read(name: &str) -> (Polynomial, Vec<String>) {
    let path = format!("{}/tests/data/polynomials/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    parse_expanded(&std::fs::read_to_string(path).unwrap())
}

/// Non-scalar multiplications that were reached once and must not be lost.
const REACHED: &[(&str, u64)] = &[
    ("cheb16", 4),
    ("det3", 8),
    ("e2_6", 5),
    ("e3_6", 8),
    ("e4_8", 15),
    ("exp8", 4),
    ("henon_heiles", 5),
    ("hid_fact2", 4),
    ("hid_linchange", 4),
    ("hid_sparse", 9),
    ("hosangadi_spline", 11),
    ("ising12_r3", 3),
    ("ising8_full", 5),
    ("ising_ring8", 3),
    ("legendre10", 4),
    ("mat2_trace", 12),
    ("motzkin", 7),
    ("on8", 9),
    ("p3_6", 9),
    ("p4_4", 8),
    ("perm3", 9),
    ("phi4_ring6", 15),
    ("pow_4_6", 3),
    ("prodsum3", 2),
    ("qff3", 12),
    ("res22", 7),
    ("res32", 15),
    ("res33", 17),
    ("res43", 36),
    ("robinson", 7),
    ("uni12", 5),
    ("vandermonde4", 5),
    ("yang_mills3", 5),
];

#[test]
fn circuits_are_proved_and_no_larger_than_they_were() {
    let mut lost = Vec::new();
    for &(name, reached) in REACHED {
        let (polynomial, names) = read(name);
        let found = compiled(&polynomial, &names, Options::default()).counts().nonscalar_multiplications;
        if found > reached {
            lost.push(format!("{name}: {found}, and {reached} were reached"));
        }
    }
    assert!(lost.is_empty(), "{}", lost.join("\n"));
}

#[test]
fn scaled_and_shifted_polynomials_cost_the_same() {
    for name in ["prodsum3", "ising12_r3", "pow_4_6", "motzkin", "e2_6"] {
        let (polynomial, names) = read(name);
        let affine = Polynomial::variable(polynomial.variables()[0]).scaled(&Rational::new(7, 3));
        let disguised = &polynomial.scaled(&Rational::new(-2, 5)) + &affine;
        let count = |polynomial: &Polynomial| {
            compiled(polynomial, &names, Options::default()).counts().nonscalar_multiplications
        };
        assert_eq!(count(&disguised), count(&polynomial), "{name}");
    }
}

/// Variables in another order, scaled and moved: what a structure is
/// recognised by must survive that.
#[test]
fn structures_are_recognised_in_disguise() {
    for (name, reached) in [("res22", 7), ("res33", 17), ("prodsum3", 2)] {
        let (polynomial, names) = read(name);
        let slots = polynomial.variables().len();
        let disguised = polynomial.substitute(|variable| {
            let slot = variable.slot();
            let moved = Polynomial::constant(Rational::from(if slot == 2 { 3 } else { 0 }));
            let scale = Rational::new([2, -3, 1, 5][slot % 4], [1, 2, 7][slot % 3]);
            let other = Polynomial::variable(Variable::real(slots - 1 - slot));
            Some(&other.scaled(&scale) + &moved)
        });
        let found = compiled(&disguised, &names, Options::default()).counts().nonscalar_multiplications;
        assert!(found <= reached, "{name} in disguise: {found}, and {reached} were reached");
    }
}

#[test]
fn the_same_polynomial_gives_the_same_circuit() {
    let (polynomial, names) = read("fput4");
    let first = compiled(&polynomial, &names, Options::default());
    assert_eq!(first, compiled(&polynomial, &names, Options::default()));
}

#[test]
fn an_objective_makes_its_own_count_smallest() {
    let neurons = |circuit: &Circuit| {
        let counts = circuit.counts();
        4 * counts.products + 2 * counts.squares + counts.bit_gates
    };
    for name in ["henon_heiles", "motzkin", "ising_ring8", "mat2_trace"] {
        let (polynomial, names) = read(name);
        let with = |objective| compiled(&polynomial, &names, Options { objective, ..Options::default() });
        let (gates, fewest) = (with(Objective::Multiplications), with(Objective::Neurons));
        assert!(neurons(&fewest) <= neurons(&gates), "{name}");
        assert!(gates.counts().nonscalar_multiplications <= fewest.counts().nonscalar_multiplications, "{name}");
        assert!(with(Objective::Depth).counts().depth <= gates.counts().depth, "{name}");
    }
}
