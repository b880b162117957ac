//! Simplification, at the public interface.

mod support;

use hamc::circuit::{self, Circuit};
use hamc::exact::Rational;
use hamc::model::{Polynomial, Variable};
use hamc::pipeline;
use hamc::simplify::{Objective, Options, search, simplify};
use support::{model_of, parse_expanded};

/// A generator that a test looks for, its name and what it did.
fn origins(polynomial: &Polynomial, names: &[String]) -> Vec<&'static str> {
    let found = search(&model_of(polynomial, names), Options { effort: 0, ..Options::default() }, &mut |_| true);
    found.evidence.origins.into_iter().map(|(name, _)| name).collect()
}

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
    ("det4", 22),
    ("e2_6", 5),
    ("e3_6", 7),
    ("e4_8", 15),
    ("exp8", 3),
    ("fput4", 12),
    ("henon_heiles", 5),
    ("hid_fact2", 4),
    ("hid_linchange", 4),
    ("hid_sparse", 8),
    ("hosangadi_spline", 10),
    ("ising12_r3", 3),
    ("ising8_full", 5),
    ("ising_ring8", 3),
    ("legendre10", 4),
    ("mat2_trace", 11),
    ("motzkin", 7),
    ("on8", 9),
    ("p3_6", 7),
    ("p4_4", 6),
    ("perm3", 7),
    ("phi4_ring12", 23),
    ("phi4_ring6", 11),
    ("pow_4_6", 3),
    ("prodsum3", 2),
    ("qff3", 9),
    ("res22", 7),
    ("res32", 15),
    ("res33", 17),
    ("res43", 36),
    ("robinson", 7),
    ("uni12", 4),
    ("vandermonde4", 4),
    ("yang_mills3", 5),
];

/// Those that take no more than a second in a test build.
const QUICK: &[&str] = &[
    "henon_heiles",
    "hid_fact2",
    "ising12_r3",
    "ising_ring8",
    "motzkin",
    "pow_4_6",
    "prodsum3",
    "res22",
    "yang_mills3",
];

#[test]
fn small_circuits_are_proved_and_no_larger_than_they_were() {
    no_larger(|name| QUICK.contains(&name));
}

#[test]
#[ignore = "takes minutes: cargo test --release --test simplify -- --ignored"]
fn circuits_are_proved_and_no_larger_than_they_were() {
    no_larger(|name| !QUICK.contains(&name));
}

fn no_larger(which: impl Fn(&str) -> bool) {
    let mut lost = Vec::new();
    for &(name, reached) in REACHED.iter().filter(|(name, _)| which(name)) {
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

/// A polynomial with its variables permuted, scaled and shifted.
fn disguised(polynomial: &Polynomial, names: &[String], shift: i64) -> Polynomial {
    let count = names.len();
    polynomial.substitute(|variable| {
        let slot = variable.slot();
        // Multiplication by a unit modulo the count, backwards.
        let image = Variable::real(count - 1 - slot);
        let scale = [Rational::new(3, 1), Rational::new(-1, 2), Rational::new(5, 3)][slot % 3].clone();
        Some(
            &Polynomial::variable(image).scaled(&scale)
                + &Polynomial::constant(Rational::from(shift * (slot as i64 % 3))),
        )
    })
}

#[test]
#[ignore = "takes minutes: cargo test --release --test simplify -- --ignored"]
fn permuted_and_scaled_variables_change_nothing() {
    for name in ["det3", "perm3", "mat2_trace"] {
        let (polynomial, names) = read(name);
        let reached = REACHED.iter().find(|(known, _)| *known == name).unwrap().1;
        let hidden = disguised(&polynomial, &names, 0);
        let found = compiled(&hidden, &names, Options::default()).counts().nonscalar_multiplications;
        assert_eq!(found, reached, "{name}");
    }
}

#[test]
#[ignore = "takes minutes: cargo test --release --test simplify -- --ignored"]
fn shifted_variables_change_nothing() {
    for name in ["exp8", "uni12", "ising12_r3", "prodsum3", "e2_6", "pow_4_6"] {
        let (polynomial, names) = read(name);
        let reached = REACHED.iter().find(|(known, _)| *known == name).unwrap().1;
        let hidden = disguised(&polynomial, &names, 1);
        let found = compiled(&hidden, &names, Options::default()).counts().nonscalar_multiplications;
        assert_eq!(found, reached, "{name}");
    }
}

#[test]
fn irrational_constants_are_within_a_proved_deviation() {
    for (name, rational, real) in [("henon_heiles", 5, 4), ("ising8_full", 5, 4), ("phi4_ring6", 11, 10)] {
        let (polynomial, names) = read(name);
        let model = model_of(&polynomial, &names);
        let with = |reals| {
            let options = Options { reals, ..Options::default() };
            pipeline::circuit(&model, options, &mut |_| {}).unwrap()
        };
        let (exact, rounded) = (with(false), with(true));
        assert!(exact.counts().nonscalar_multiplications <= rational, "{name}");
        assert!(rounded.counts().nonscalar_multiplications <= real, "{name}");
        assert!(exact.deviation.is_zero() && circuit::prove(&exact, &model).is_ok());
        assert!(!rounded.deviation.is_zero() && rounded.deviation < Rational::new(1, 1 << 40), "{name}");
        circuit::prove(&rounded, &model).unwrap();
        let claimed_exact = Circuit { deviation: Rational::ZERO, ..rounded.clone() };
        assert!(circuit::prove(&claimed_exact, &model).is_err());
        // The network's promise contains the deviation, and holds.
        let network = pipeline::network(&model, &rounded, &hamc::assemble::Options::default()).unwrap();
        assert!(network.accuracy.deviation > 0.0);
        pipeline::verify(&model, &network, 200).unwrap();
    }
}

#[test]
fn an_interrupted_search_gives_the_best_so_far() {
    let (polynomial, names) = read("e2_6");
    let model = model_of(&polynomial, &names);
    let mut calls = 0;
    let found = search(&model, Options::default(), &mut |_| {
        calls += 1;
        calls < 3
    });
    assert!(found.interrupted && calls == 3);
    circuit::prove(&found.best, &model).unwrap();
}

#[test]
fn no_circuit_of_the_front_is_better_than_another() {
    let (polynomial, names) = read("motzkin");
    let model = model_of(&polynomial, &names);
    let front = search(&model, Options { front: true, ..Options::default() }, &mut |_| true).front;
    assert!(!front.is_empty());
    let measures: Vec<[u64; 3]> = front
        .iter()
        .map(|circuit| {
            circuit::prove(circuit, &model).unwrap();
            let counts = circuit.counts();
            let gates = counts.nonscalar_multiplications;
            [gates, gates + counts.scalar_multiplications + counts.additions, counts.depth]
        })
        .collect();
    for one in &measures {
        assert!(measures.iter().all(|two| one == two || (0..3).any(|at| one[at] < two[at])));
    }
}

#[test]
fn the_same_polynomial_gives_the_same_circuit() {
    let (polynomial, names) = read("res22");
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

#[test]
fn a_circuit_says_what_is_proved_of_its_size() {
    // Two directions, so that one product is the least, and it is found.
    let (polynomial, names) = parse_expanded("x**2 - y**2 + 3*x");
    let found = search(&model_of(&polynomial, &names), Options::default(), &mut |_| true);
    assert_eq!(found.best.counts().nonscalar_multiplications, 1);
    assert!(found.evidence.exhausted && found.evidence.at_least == 1 && found.evidence.decompositions > 0);
    // No bound is above what is found.
    for name in QUICK {
        let (polynomial, names) = read(name);
        let model = model_of(&polynomial, &names);
        let found = search(&model, Options { effort: 0, ..Options::default() }, &mut |_| true);
        let gates = found.best.counts().nonscalar_multiplications;
        assert!((1..=gates).contains(&found.evidence.at_least), "{name}");
        let of_generators: u64 = found.evidence.origins.iter().map(|(_, gates)| gates).sum();
        assert_eq!(of_generators - found.evidence.rewritten, gates, "{name}");
    }
}

#[test]
fn addition_chains_win_where_powers_are_high() {
    // 1 2 3 6 12 15, where halving takes six.
    let (polynomial, names) = parse_expanded("x**15*y + 3*y**2");
    assert!(origins(&polynomial, &names).contains(&"addition_chains"));
    assert!(compiled(&polynomial, &names, Options { effort: 0, ..Options::default() }).gates.len() <= 6);
}

/// Springs of a ring, more than there are variables, each of degree four.
#[test]
fn a_ring_of_springs_takes_two_products_a_spring() {
    let slot = |at: usize| Polynomial::variable(Variable::real(at % 7));
    let spring = |at: usize| {
        let form = &slot(at + 1) - &slot(at);
        let cubic = &form.pow(2).scaled(&Rational::new(1, 2)) + &form.pow(3).scaled(&Rational::new(1, 3));
        &cubic + &form.pow(4).scaled(&Rational::new(1, 4))
    };
    let polynomial = (0..7).fold(Polynomial::zero(), |sum, at| &sum + &spring(at));
    let names: Vec<String> = (0..7).map(|slot| format!("q{slot}")).collect();
    let circuit = compiled(&polynomial, &names, Options { effort: 0, ..Options::default() });
    assert!(circuit.gates.len() <= 14, "{}", circuit.gates.len());
}
