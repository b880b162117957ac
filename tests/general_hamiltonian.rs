//! The general Hamiltonian written out: `hamc dof --emit ham` and `--basis`.

use hamc::assemble;
use hamc::backend::ham;
use hamc::count::{CountError, degrees_of_freedom, invariants};
use hamc::diagnostics::render;
use hamc::model::{Kind, Model, Structure};
use hamc::network::{Activation, EvaluateOptions, Evaluator, Provenance, Topology, exact_energies};
use hamc::pipeline;
use hamc::simplify;
use hamc::syntax;
use ndarray::Array2;
use proptest::prelude::*;

mod common;
use common::Random;

#[track_caller]
fn read(text: &str) -> Model {
    let (model, diagnostics) = pipeline::check(text);
    assert!(diagnostics.is_empty(), "{}\n{text}", render(&diagnostics, "it.ham", text, false));
    model.expect("a model without diagnostics")
}

/// The general Hamiltonian of a spec as text, after a check that it says the
/// same as the spec: it parses and is printed as it stands, has all
/// properties, the same counts, and the invariants as its energies.
#[track_caller]
fn written_out(text: &str) -> String {
    let (tree, _) = syntax::parse(text);
    let model = read(text).for_counting();
    let general = Model { energies: invariants(&model).expect("invariants"), ..model.clone() };
    let spec = ham::general(&tree, &general, "The most general Hamiltonian.").expect("it can be written");
    let emitted = syntax::print(&spec);
    let (again, diagnostics) = syntax::parse(&emitted);
    assert!(diagnostics.is_empty(), "{emitted}");
    assert_eq!(again, spec, "{emitted}");
    assert_eq!(syntax::print(&again), emitted);
    let explicit = read(&emitted);
    let counts = |model: &Model| {
        let counted = degrees_of_freedom(&model.for_counting()).expect("countable");
        counted.steps.map(|step| step.count)
    };
    assert_eq!(counts(&explicit), counts(&model), "{emitted}");
    assert_eq!(explicit.energies.len(), general.energies.len(), "{emitted}");
    assert_eq!(explicit.energies.len().to_string(), counts(&model)[2].to_string(), "{emitted}");
    assert_eq!((&explicit.lattice, &explicit.fields), (&model.lattice, &model.fields));
    if explicit.frame == model.frame {
        for (found, expected) in explicit.energies.iter().zip(&general.energies) {
            assert_eq!(found.polynomial, expected.polynomial, "{emitted}");
            assert_eq!(found.coupling, expected.coupling, "{emitted}");
        }
    }
    emitted
}

fn shipped() -> impl Iterator<Item = (String, String)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("specs");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    // Specs that name other files are read by the command line only.
    paths.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "ham")).filter_map(|path| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(path).unwrap();
        (!text.contains("file(")).then_some((name, text))
    })
}

#[test]
fn of_every_shipped_spec() {
    let mut written = 0;
    for (name, text) in shipped() {
        let (model, _) = pipeline::check(&text);
        match invariants(&model.expect("shipped specs are correct").for_counting()) {
            // What is too large to list says so.
            Err(error) => assert!(matches!(error, CountError::TooMany { .. }), "{name}: {error}"),
            Ok(list) if list.len() > 500 => {}
            Ok(_) => {
                written_out(&text);
                written += 1;
            }
        }
    }
    assert!(written >= 14, "{written}");
}

/// Specs of `H = generic` of many kinds.
const GENERIC: [&str; 9] = [
    "lattice ring(10)\nfield phi : real in [-1, 1]\nH = generic\nsymmetry translation\nlocality nearest_neighbor\n\
     degree 2",
    "lattice square(8, 8)\nfield s : spin\nH = generic\nsymmetry translation, point_group, flip(s)\n\
     locality range sqrt(2)\ndegree 4",
    "lattice ring(6)\nfield b : bit\nH = generic\nsymmetry translation, flip(b)\nlocality range 2\ndegree 3",
    "lattice chain(5)\nfield phi : real in [-1, 1]\nH = generic\nsymmetry reflection\nlocality nearest_neighbor\n\
     degree 3",
    "field x, y, z : real in [-1, 1]\nH = generic\nsymmetry permutation\ndegree 4",
    "field x[3], y[3] : real in [-1, 1]\nH = generic\nsymmetry permutation, flip(x)\ndegree 3",
    "lattice square(4, 3)\nfield phi, psi : real in [-1, 1]\nH = generic\nsymmetry translation, flip(phi)\n\
     locality nearest_neighbor\ndegree 2",
    "lattice ring(2)\nfield S[2] : real in [-1, 1]\nH = generic\nsymmetry translation, reflection\ndegree = 2",
    "lattice complete(5)\nfield s : spin\nH = generic\nsymmetry permutation\ndegree 3",
];

/// Specs of `H = generic` of every kind of field, lattice and group.
const OF_EVERY_KIND: [&str; 15] = [
    "lattice ring(6)\nfield S[3] : real in [-1, 1]\nH = generic\nsymmetry translation, rotation(S)\n\
     locality nearest_neighbor\ndegree 4",
    "lattice ring(6)\nfield phi : complex in [-1, 1]\nH = generic\nsymmetry translation, reflection, u1(phi)\n\
     locality nearest_neighbor\ndegree 4",
    "lattice triangular(5, 5)\nfield s : spin\nH = generic\nsymmetry p6m\nlocality range sqrt(3)\ndegree 3",
    "lattice fcc(4, 4, 4)\nfield s : spin\nH = generic\nsymmetry translation, point_group\n\
     locality nearest_neighbor\ndegree 4",
    "field u[3], v[3], w[3] : real in [-1, 1]\nH = generic\nsymmetry rotation(u, v, w, proper)\ndegree 3",
    "field p[4], q[4] : real in [-1, 1]\nH = generic\nsymmetry lorentz(p, q)\ndegree 4",
    "lattice square(5, 5)\nfield c : categorical(3)\nH = generic\nsymmetry p4m\nlocality nearest_neighbor\ndegree 2",
    "lattice triangular(5, 5)\nfield n[3] : unit\nH = generic\nsymmetry p6m, rotation(n)\nlocality range 2\ndegree 2",
    "lattice ring(8)\nfield n[3] : unit\nH = generic\nsymmetry translation, rotation(n)\n\
     locality nearest_neighbor\ndegree 4",
    "lattice square(4, 4)\nfield u[2] : real in [-1, 1]\nH = generic\nsymmetry p4m, rotation(u, locked)\n\
     locality nearest_neighbor\ndegree 2",
    "lattice ring(5)\nfield phi : complex in [-1, 1]\nH = generic\nsymmetry translation, cyclic(phi, 3)\n\
     locality nearest_neighbor\ndegree 3",
    "lattice honeycomb(3, 3)\nfield U : phase\nH = generic\nsymmetry p6m, u1(U)\nlocality nearest_neighbor\n\
     degree 4",
    "lattice square(4, 3) open y\nfield S[2] : real in [-1, 1]\nH = generic\nsymmetry uniform, rotation(S)\n\
     locality nearest_neighbor\ndegree 2",
    "lattice square(3, 4) open\nfield f : real in [-1, 1]\nH = generic\nsymmetry uniform, reflection\n\
     locality range sqrt(2)\ndegree 2",
    "lattice chain(9)\nfield b : bit\nH = generic\nsymmetry uniform\nlocality window 3\ndegree 3\nconstant off",
];

/// Specs of `H = generic` on lattices of several sites a cell, fields on
/// bonds among them, periodic and open.
const OF_SEVERAL_SITES: [&str; 15] = [
    "lattice honeycomb(4, 4)\nfield phi : real in [-1, 1]\nH = generic\nsymmetry translation\n\
     locality nearest_neighbor\ndegree 3",
    "lattice honeycomb(5, 5)\nfield s : spin\nH = generic\nsymmetry p6m\nlocality plaquette\ndegree 4",
    "lattice kagome(4, 4)\nfield s : spin\nH = generic\nsymmetry translation\nlocality nearest_neighbor\ndegree 3",
    "lattice kagome(4, 4)\nfield S[3] : real in [-1, 1]\nH = generic\nsymmetry p6m, rotation(S)\n\
     locality range 2\ndegree 2",
    "lattice honeycomb(2, 3) open y\nfield b : bit\nH = generic\nsymmetry uniform\nlocality nearest_neighbor\n\
     degree 2",
    "lattice kagome(2, 2) open\nfield f : real in [-1, 1]\nH = generic\nlocality nearest_neighbor\ndegree 2",
    "lattice honeycomb(3, 3)\nfield s : spin on bonds\nH = generic\nsymmetry translation, gauge(s)\ndegree 6",
    "lattice kagome(3, 3)\nfield U : phase on bonds\nH = generic\nsymmetry p6m, gauge(U)\n\
     locality nearest_neighbor\ndegree 3",
    "lattice honeycomb(3, 3)\nfield c : complex in [-1, 1] on bonds\nH = generic\nsymmetry translation\n\
     locality nearest_neighbor\ndegree 2",
    // Two bonds between the same sites.
    "lattice ring(2)\nfield u : phase on bonds\nH = generic\nsymmetry reflection\ndegree 2",
    "lattice square(2, 2)\nfield u : spin on bonds\nH = generic\nsymmetry gauge(u)\ndegree 4",
    "lattice bcc(2, 2, 2)\nfield u : spin on bonds\nH = generic\nsymmetry translation, point_group(Td), gauge(u)\n\
     locality plaquette\ndegree 4",
    "lattice square(2, 2)\nfield u : phase on bonds\nH = generic\nsymmetry translation, point_group(D1), gauge(u)\n\
     degree = 2",
    "lattice honeycomb(1, 1)\nfield u : spin on bonds\nH = generic\nsymmetry translation, point_group, gauge(u)\n\
     degree 2",
    // Roots of unity some of whose powers are real.
    "lattice triangular(3, 3)\nfield u : clock(2) on bonds\nH = generic\nsymmetry point_group, gauge(u)\n\
     locality plaquette\ndegree = 3",
];

/// Specs whose lists were once wrong: of uniform couplings within open ends,
/// of roots of unity of even order, and of fields on sites beside fields on
/// bonds.
const LISTS: [&str; 7] = [
    "lattice chain(1)\nfield phi, psi, u : clock(6)\nH = generic\nsymmetry reflection, permutation, flip(u)\n\
     locality pairs\ndegree = 4",
    "lattice chain(5)\nfield phi : clock(3)\nfield psi : phase\nH = generic\nsymmetry uniform, u1(psi)\n\
     locality connected\ndegree = 3\nconstant off",
    "lattice chain(8)\nfield phi, psi : real in [-1, 1]\nH = generic\n\
     symmetry uniform, point_group(D1), flip(phi)\nlocality connected, pairs\ndegree 4",
    "lattice ring(4)\nfield phi : real in [-1, 1]\nfield psi : complex in [-1, 1] on bonds\nH = generic\n\
     symmetry translation\nlocality nearest_neighbor\ndegree = 2",
    "lattice ring(3)\nfield c : clock(4)\nH = generic\nsymmetry translation\ndegree 4",
    "lattice square(3, 3) open x\nfield phi, psi : real in [-1, 1]\nH = generic\n\
     symmetry uniform, rotation(psi, phi, proper)\nlocality range 1.732\ndegree = 2",
    "lattice chain(2)\nfield n[2] : unit\nfield c : clock(3)\nfield u : bit\nH = generic\nsymmetry reflection\n\
     degree 2\nconstant off",
];

#[test]
fn of_generic_specs_of_many_kinds() {
    for text in GENERIC.iter().chain(&OF_EVERY_KIND).chain(&OF_SEVERAL_SITES).chain(&LISTS) {
        written_out(text);
    }
}

fn options() -> pipeline::Options {
    pipeline::Options {
        simplify: simplify::Options { effort: 1, ..simplify::Options::default() },
        assemble: assemble::Options {
            activation: Activation::Silu,
            tolerance: 1e-5,
            topology: Topology::Skip,
            precision: hamc::network::Precision::F64,
            max_depth: None,
            product_template: None,
            provenance: Provenance {
                spec: "it.ham".into(),
                sha256: "0".repeat(64),
                version: env!("CARGO_PKG_VERSION").into(),
            },
        },
    }
}

fn network(model: Model) -> (Model, hamc::network::Network) {
    let model = pipeline::generic(model).expect("invariants");
    let options = options();
    let circuit = pipeline::circuit(&model, options.simplify, &mut |_| {}).expect("a circuit");
    let network = pipeline::network(&model, &circuit, &options.assemble).expect("a network");
    (model, network)
}

#[test]
fn compiles_to_the_network_of_generic() {
    for text in GENERIC.iter().filter(|text| !text.contains("chain(5)")) {
        let (_, generic) = network(read(text));
        let (_, explicit) = network(read(&written_out(text)));
        if generic.frame == explicit.frame {
            assert_eq!(generic.layers, explicit.layers, "{text}");
            assert_eq!(generic.outputs, explicit.outputs, "{text}");
        }
    }
}

/// The rank of a matrix by elimination with full pivoting, its columns scaled
/// to one; the smallest pivot that counts is far above the network's error.
fn rank(mut matrix: Array2<f64>) -> usize {
    for mut column in matrix.columns_mut() {
        let norm = column.dot(&column).sqrt();
        column.mapv_inplace(|value| if norm > 0.0 { value / norm } else { 0.0 });
    }
    let (rows, columns) = matrix.dim();
    let mut rank = 0;
    while rank < rows.min(columns) {
        let candidates = (rank..rows).flat_map(|row| (rank..columns).map(move |column| (row, column)));
        let (row, column) =
            candidates.max_by(|&a, &b| matrix[a].abs().total_cmp(&matrix[b].abs())).expect("rows and columns are left");
        if matrix[(row, column)].abs() < 1e-5 {
            break;
        }
        for at in 0..columns {
            matrix.swap((rank, at), (row, at));
        }
        for at in 0..rows {
            matrix.swap((at, rank), (at, column));
        }
        for at in rank + 1..rows {
            let factor = matrix[(at, rank)] / matrix[(rank, rank)];
            for column in rank..columns {
                matrix[(at, column)] -= factor * matrix[(rank, column)];
            }
        }
        rank += 1;
    }
    rank
}

/// A point whose unit vectors and phases have length one, and of whose
/// categories at most one is taken.
fn constrained(model: &Model, mut point: Vec<f64>) -> Vec<f64> {
    let cells = model.lattice.cells().unwrap() as usize;
    let mut rest = point.as_mut_slice();
    for field in &model.fields {
        let components = field.components as usize;
        let points = cells * field.points(&model.lattice);
        let (values, after) = std::mem::take(&mut rest).split_at_mut(points * components);
        for vector in values.chunks_mut(components) {
            match field.structure {
                Structure::Phase(Some(order)) => {
                    let turn = std::f64::consts::TAU / f64::from(order);
                    let angle = (vector[1].atan2(vector[0]) / turn).round() * turn;
                    vector.copy_from_slice(&[angle.cos(), angle.sin()]);
                }
                Structure::Unit | Structure::Phase(_) => {
                    let norm = vector.iter().map(|value| value * value).sum::<f64>().sqrt().max(1e-9);
                    vector.iter_mut().for_each(|value| *value /= norm);
                }
                Structure::Categories => {
                    let taken = vector.iter().position(|&value| value == 1.0);
                    vector.iter_mut().enumerate().for_each(|(at, value)| *value = f64::from(Some(at) == taken));
                }
                _ => {}
            }
        }
        rest = after;
    }
    point
}

#[test]
fn outputs_are_the_couplings_and_linearly_independent() {
    for text in [0, 1, 2, 4, 6].map(|at| GENERIC[at]).into_iter().chain(OF_EVERY_KIND) {
        let model = read(text);
        let couplings: usize = degrees_of_freedom(&model).unwrap().symmetric().to_string().parse().unwrap();
        let (model, network) = network(model);
        assert_eq!(network.outputs.len(), couplings, "{text}");
        let mut random = Random(17);
        let samples = 3 * couplings + 8;
        let columns = model.variables().unwrap() as usize;
        let points: Vec<f64> = (0..samples).flat_map(|_| constrained(&model, random.point(&model))).collect();
        let inputs = Array2::from_shape_vec((samples, columns), points).unwrap();
        let evaluator = Evaluator::new(&network).unwrap();
        let outputs = evaluator.evaluate(inputs.view(), &EvaluateOptions { allow_outside: false, progress: None });
        assert_eq!(rank(outputs.unwrap()), couplings, "{text}");
        assert!(pipeline::verify(&model, &network, 50).is_ok(), "{text}");
    }
}

#[test]
fn lists_are_linearly_independent() {
    for text in OF_SEVERAL_SITES.iter().chain(&LISTS) {
        let model = read(text);
        let model = Model { energies: invariants(&model).unwrap(), ..model };
        let couplings = model.energies.len();
        let mut random = Random(5);
        let samples = 5 * couplings + 40;
        let values: Vec<f64> = (0..samples)
            .flat_map(|_| {
                let point = constrained(&model, random.point(&model));
                exact_energies(&model, &point).unwrap().into_iter().map(|value| value.to_f64())
            })
            .collect();
        assert_eq!(rank(Array2::from_shape_vec((samples, couplings), values).unwrap()), couplings, "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn of_random_declarations(
        shape in 0usize..5, kind in 0usize..3, components in 1u32..3, degree in 1u32..4,
        local in any::<bool>(), reflected in any::<bool>(), flipped in any::<bool>(), exact in any::<bool>(),
    ) {
        let lattice = ["ring(4)", "ring(7)", "square(3, 4)", "square(2, 5)", "cubic(3, 3, 3)"][shape];
        let kind = ["real in [-1, 1]", "spin", "bit"][kind];
        let brackets = if components > 1 { format!("[{components}]") } else { String::new() };
        let mut spec = format!("lattice {lattice}\nfield f{brackets} : {kind}\nH = generic\nsymmetry translation");
        if reflected {
            spec.push_str(", reflection");
        }
        if flipped && !(exact && kind == "bit") {
            spec.push_str(", flip(f)");
        }
        if local || shape == 4 {
            spec.push_str("\nlocality nearest_neighbor");
        }
        spec.push_str(&format!("\ndegree {}{degree}", if exact { "= " } else { "" }));
        let model = read(&spec);
        prop_assume!(invariants(&model).is_ok_and(|list| (1..=120).contains(&list.len())));
        written_out(&spec);
        prop_assert!(model.fields[0].kind != Kind::Real || kind.starts_with("real"));
    }
}
