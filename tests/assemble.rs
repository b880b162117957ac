//! Networks against exact values: bounds hold, and are not far off.

mod common;

use common::*;
use hamc::assemble::{AssembleError, Options, assemble, best_centre, product_tree_neurons, product_trees};
use hamc::circuit::{Circuit, Form, Gate, Source};
use hamc::exact::Rational;
use hamc::model::{Kind, Lattice, Model};
use hamc::network::{Activation, EvaluateOptions, Evaluator, Network, Precision, Template, Topology, exact_energies};
use ndarray::Array2;
use proptest::prelude::*;

fn options(activation: Activation) -> Options {
    Options { activation, tolerance: 1e-3, ..Options::default() }
}

fn provenance() -> hamc::network::Provenance {
    Options::default().provenance
}

/// The greatest error of an output at the points.
fn measured(model: &Model, network: &Network, points: &[Vec<f64>]) -> f64 {
    let inputs = Array2::from_shape_vec((points.len(), points[0].len()), points.concat()).unwrap();
    let outputs = Evaluator::new(network).unwrap().evaluate(inputs.view(), &EvaluateOptions::default()).unwrap();
    let mut worst = 0.0f64;
    for (point, row) in points.iter().zip(outputs.rows()) {
        for (exact, value) in exact_energies(model, point).unwrap().iter().zip(row) {
            worst = worst.max((exact - &Rational::from_f64(*value).unwrap()).abs().to_f64());
        }
    }
    worst
}

fn points(model: &Model, count: usize, seed: u64) -> Vec<Vec<f64>> {
    let mut random = Random(seed);
    (0..count).map(|_| random.point(model)).collect()
}

#[test]
fn centres_are_solved_for() {
    for (activation, centre) in [
        (Activation::Sigmoid, -2.2924316695611777),
        (Activation::Tanh, -1.1462158347805888),
        (Activation::Softplus, -1.3169578969248167),
        (Activation::Gelu, -0.7922869913932613),
        (Activation::Silu, -1.031958241780749),
    ] {
        let found = best_centre(activation, Template::Product4).unwrap();
        assert!((found - centre).abs() < 1e-12, "{activation}: {found}");
    }
    assert_eq!(best_centre(Activation::Gelu, Template::Product3), Some(0.0));
    assert_eq!(best_centre(Activation::Tanh, Template::Copy), Some(0.0));
    assert_eq!(best_centre(Activation::Silu, Template::Copy), None);
    assert_eq!(best_centre(Activation::Silu, Template::Bits), None);
}

#[test]
fn squares_and_wide_or_narrow_domains() {
    for (lower, upper) in [(-1, 1), (3, 5), (-1000, 10), (0, 0)] {
        let circuit = circuit(vec![Gate::Square(wire(input(0, &[])))], wire(gate(0, &[])));
        let model = model_of(Lattice::point(), vec![real("x", lower, upper)], vec![], &circuit);
        let size = (lower.abs().max(upper.abs()) as f64).powi(2).max(1.0);
        for activation in Activation::SMOOTH {
            let network =
                assemble(&model, &circuit, &Options { tolerance: 1e-4 * size, ..options(activation) }).unwrap();
            assert_eq!(network.neurons(), 1);
            let error = measured(&model, &network, &points(&model, 500, 2));
            let bound = network.accuracy.per_cell;
            assert!(error <= bound, "{activation}: {error:e} {bound:e}");
        }
    }
}

#[test]
fn unequal_ranges_are_balanced() {
    let circuit = circuit(vec![Gate::Product(wire(input(0, &[])), wire(input(1, &[])))], wire(gate(0, &[])));
    let small = hamc::model::Field { upper: Rational::new(1, 1_000_000), lower: Rational::ZERO, ..real("v", 0, 1) };
    let model = model_of(Lattice::point(), vec![real("u", -1_000_000, 1), small], vec![], &circuit);
    let options = Options { tolerance: 1e-9, ..options(Activation::Softplus) };
    let network = assemble(&model, &circuit, &options).unwrap();
    let error = measured(&model, &network, &points(&model, 500, 3));
    assert!(error <= network.accuracy.per_cell && network.accuracy.per_cell < 1e-9);
}

#[test]
fn bit_products_take_one_neuron() {
    for activation in Activation::SMOOTH {
        for count in [2usize, 3, 7] {
            let bits: Vec<Form> = (0..count).map(|slot| wire(Source::Input(variable(slot, Kind::Bit, &[])))).collect();
            let circuit = circuit(vec![Gate::BitProduct(bits)], wire(gate(0, &[])));
            let fields = (0..count).map(|at| field(&format!("b{at}"), Kind::Bit, Rational::ZERO, Rational::ONE));
            let model = model_of(Lattice::point(), fields.collect(), vec![], &circuit);
            let network = assemble(&model, &circuit, &options(activation)).unwrap();
            let neurons = match activation {
                // A tree of products.
                Activation::Sin => 2 * (count as u64 - 1),
                _ => 1,
            };
            assert_eq!(network.neurons(), neurons);
            let bound = if activation == Activation::Sin { 1e-6 } else { 1e-12 };
            let all: Vec<Vec<f64>> =
                (0..1usize << count).map(|bits| (0..count).map(|at| (bits >> at & 1) as f64).collect()).collect();
            let error = measured(&model, &network, &all);
            assert!(error <= network.accuracy.per_cell && network.accuracy.per_cell < bound, "{activation} {error:e}");
        }
    }
}

#[test]
fn bit_gates_of_computed_bits() {
    // (a b)(1 - c) with the first product by a four-neuron gate: the bit gate
    // must cope with its inexact input.
    let bit = |slot| Source::Input(variable(slot, Kind::Bit, &[]));
    let gates = vec![
        Gate::Product(wire(bit(0)), wire(bit(1))),
        Gate::BitProduct(vec![wire(gate(0, &[])), form((1, 1), &[(bit(2), (-1, 1))])]),
    ];
    let circuit = circuit(gates, wire(gate(1, &[])));
    let fields = ["a", "b", "c"].map(|name| field(name, Kind::Bit, Rational::ZERO, Rational::ONE)).to_vec();
    let model = model_of(Lattice::point(), fields, vec![], &circuit);
    let all: Vec<Vec<f64>> = (0..8).map(|bits| (0..3).map(|at| (bits >> at & 1) as f64).collect()).collect();
    for activation in Activation::SMOOTH {
        let network = assemble(&model, &circuit, &options(activation)).unwrap();
        assert!(measured(&model, &network, &all) <= network.accuracy.per_cell, "{activation}");
    }
}

#[test]
fn affine_energies_need_no_layers() {
    let circuit = circuit(vec![], form((1, 3), &[(input(0, &[]), (2, 7))]));
    let model = model_of(Lattice::point(), vec![real("x", -1, 1)], vec![], &circuit);
    for topology in [Topology::Skip, Topology::Layered] {
        let network =
            assemble(&model, &circuit, &Options { topology, tolerance: 1e-15, ..Options::default() }).unwrap();
        assert_eq!((network.depth(), network.neurons()), (0, 0));
        assert!(measured(&model, &network, &points(&model, 100, 4)) <= network.accuracy.per_cell);
    }
}

/// The product of 32 numbers as a balanced tree.
fn product32() -> (Model, Circuit) {
    let mut values: Vec<Source> = (0..32).map(|slot| input(slot, &[])).collect();
    let mut gates = Vec::new();
    while values.len() > 1 {
        values = values
            .chunks(2)
            .map(|pair| {
                gates.push(Gate::Product(wire(pair[0]), wire(pair[1])));
                gate(gates.len() - 1, &[])
            })
            .collect();
    }
    let circuit = circuit(gates, wire(values[0]));
    let fields = (0..32).map(|at| real(&format!("x{at}"), -1, 1)).collect();
    (model_of(Lattice::point(), fields, vec![], &circuit), circuit)
}

#[test]
fn the_product_of_32_numbers() {
    let (model, circuit) = product32();
    for activation in Activation::SMOOTH {
        for (template, neurons) in [(Some(Template::Product4), 124), (None, 62)] {
            let tolerance = if activation == Activation::Exp { 1e-5 } else { 1e-6 };
            let options = Options { product_template: template, tolerance, ..options(activation) };
            let network = assemble(&model, &circuit, &options).unwrap();
            assert!(network.accuracy.per_cell <= tolerance);
            assert_eq!(network.depth(), 5);
            assert!(network.neurons() <= 124, "{activation}");
            if matches!(activation, Activation::Gelu | Activation::Silu | Activation::LogCosh) {
                assert_eq!(network.neurons(), neurons);
            }
            assert!(measured(&model, &network, &points(&model, 300, 5)) <= network.accuracy.per_cell);
        }
    }
    assert_eq!(product_tree_neurons(&model, 0, 1).to_string(), "4294967296");
    let error = product_trees(&model, 0, 1, Activation::Gelu, provenance()).unwrap_err();
    assert_eq!(error.to_string(), "one hidden layer needs 4294967296 neurons, more than 1000000");
}

#[test]
fn a_tolerance_out_of_reach_is_refused_with_advice() {
    let (model, circuit) = product();
    let refused =
        |activation, tolerance| assemble(&model, &circuit, &Options { tolerance, ..options(activation) }).unwrap_err();
    let AssembleError::ToleranceOutOfReach { best, gate, hints, .. } = refused(Activation::Tanh, 2e-12) else {
        panic!("another error")
    };
    assert!(best > 2e-12);
    assert_eq!(gate, Some(("g0".to_owned(), "u*v".to_owned())));
    assert!(hints.iter().any(|hint| hint.change == "activation log_cosh" && hint.bound < 2e-12), "{hints:?}");
    // As does the domain that would be narrow enough.
    let enough = hints.iter().find(|hint| hint.change.starts_with("a domain 1/") && hint.bound <= 2e-12).unwrap();
    assert_eq!(enough.change, "a domain 1/4 as wide", "{hints:?}");
    let half = hints.iter().find(|hint| hint.change == "a domain half as wide").unwrap();
    assert!(half.bound < best / 3.0);
    // The figure of a hint is the bound of the network it names.
    for hint in &hints {
        let Some(name) = hint.change.strip_prefix("activation ") else { continue };
        let tolerance = hint.bound;
        let options = Options { tolerance, ..options(Activation::parse(name).unwrap()) };
        let network = assemble(&model, &circuit, &options).unwrap();
        assert!(network.accuracy.per_cell <= hint.bound);
    }
    // The gate of eight neurons instead of one that was asked for.
    let four = Options { product_template: Some(Template::Product4), tolerance: 2e-11, ..options(Activation::Tanh) };
    let Err(AssembleError::ToleranceOutOfReach { best, template, hints, .. }) = assemble(&model, &circuit, &four)
    else {
        panic!("another result")
    };
    assert_eq!(template, Some(Template::Product4));
    let eight = hints.iter().find(|hint| hint.change == "the product template product8r").unwrap();
    assert!(eight.bound < best / 5.0 && eight.bound <= 2e-11, "{hints:?}");
    for tolerance in [0.0, -1.0, f64::NAN] {
        assert!(matches!(refused(Activation::Gelu, tolerance), AssembleError::ToleranceOutOfReach { .. }));
    }
}

#[test]
fn overflow_is_an_error() {
    let mut gates = vec![Gate::Square(wire(input(0, &[])))];
    for at in 0..12 {
        gates.push(Gate::Square(wire(gate(at, &[]))));
    }
    let circuit = circuit(gates, wire(gate(12, &[])));
    let tiny = |power: i64| hamc::model::Field {
        lower: Rational::ZERO,
        upper: Rational::from_decimal(&format!("1e{power}")).unwrap(),
        ..real("x", 0, 1)
    };
    for power in [1, 200, -200] {
        let mut model = model_of(Lattice::point(), vec![real("x", -1, 1)], vec![], &circuit);
        model.fields = vec![tiny(power)];
        let error = assemble(&model, &circuit, &options(Activation::Sigmoid)).unwrap_err();
        assert!(matches!(error, AssembleError::Overflow { .. }), "{error}");
    }
}

#[test]
fn layered_networks_have_the_same_values() {
    for extents in [&[6][..], &[3, 4]] {
        let (model, circuit) = phi4(extents);
        for activation in Activation::SMOOTH {
            let skip = assemble(&model, &circuit, &options(activation)).unwrap();
            let layered =
                assemble(&model, &circuit, &Options { topology: Topology::Layered, ..options(activation) }).unwrap();
            assert_eq!(layered.validate(), Ok(()));
            assert_eq!(layered.depth(), skip.depth());
            assert!(layered.neurons() > skip.neurons());
            let points = points(&model, 100, 7);
            assert!(measured(&model, &layered, &points) <= layered.accuracy.total, "{activation}");
            assert!(measured(&model, &skip, &points) <= skip.accuracy.total, "{activation}");
            assert!(layered.gates().all(|gate| gate.skip.is_empty()));
        }
    }
}

#[test]
fn one_hidden_layer() {
    // x^3 y - 2 x z + y^2 + x/2 - 1: 8 + 4 + 3 neurons.
    let square = Gate::Square(wire(input(0, &[])));
    let gates = vec![
        square,
        Gate::Product(wire(input(0, &[])), wire(input(1, &[]))),
        Gate::Product(wire(gate(0, &[])), wire(gate(1, &[]))),
        Gate::Product(wire(input(0, &[])), wire(input(2, &[]))),
        Gate::Square(wire(input(1, &[]))),
    ];
    let terms = [(gate(2, &[]), (1, 1)), (gate(3, &[]), (-2, 1)), (gate(4, &[]), (1, 1)), (input(0, &[]), (1, 2))];
    let circuit = circuit(gates, form((-1, 1), &terms));
    let fields = ["x", "y", "z"].map(|name| real(name, -1, 1)).to_vec();
    let model = model_of(Lattice::point(), fields, vec![], &circuit);
    assert_eq!(product_tree_neurons(&model, 0, 1), 15u8.into());
    for activation in Activation::SMOOTH {
        let network = product_trees(&model, 0, 1, activation, provenance()).unwrap();
        assert_eq!((network.neurons(), network.depth()), (15, 1));
        assert_eq!(network.validate(), Ok(()));
        let error = measured(&model, &network, &points(&model, 500, 8));
        assert!(error <= network.accuracy.per_cell, "{activation}: {error:e}");
        assert!(network.accuracy.per_cell < 0.02, "{activation}: {:e}", network.accuracy.per_cell);
    }
}

#[test]
fn a_shallow_product_of_eight() {
    let mut gates = vec![Gate::Product(wire(input(0, &[])), wire(input(1, &[])))];
    for slot in 2..8 {
        gates.push(Gate::Product(wire(gate(slot - 2, &[])), wire(input(slot, &[]))));
    }
    let circuit = circuit(gates, wire(gate(6, &[])));
    let fields = (0..8).map(|at| real(&format!("x{at}"), -1, 1)).collect();
    let model = model_of(Lattice::point(), fields, vec![], &circuit);
    let network = product_trees(&model, 0, 1, Activation::Softplus, provenance()).unwrap();
    assert_eq!(network.neurons(), 256);
    assert!(measured(&model, &network, &points(&model, 200, 9)) <= network.accuracy.per_cell);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bounds_hold_for_random_circuits(seed in any::<u64>()) {
        let mut random = Random(seed);
        let (model, circuit) = random_circuit(&mut random);
        let activation = Activation::SMOOTH[random.below(5)];
        let topology = [Topology::Skip, Topology::Layered][random.below(2)];
        let tolerance = [1e300, 1e-4, 1e-8][random.below(3)];
        let precision = [Precision::F64, Precision::F64, Precision::F32][random.below(3)];
        let options = Options { topology, precision, tolerance, ..options(activation) };
        let network = match assemble(&model, &circuit, &options) {
            Err(AssembleError::ToleranceOutOfReach { best, .. }) => {
                prop_assert!(best > tolerance);
                assemble(&model, &circuit, &Options { tolerance: 1e300, ..options }).unwrap()
            }
            // f32 reaches less far than f64.
            Err(AssembleError::Overflow { .. }) if precision == Precision::F32 => return Ok(()),
            other => other.unwrap(),
        };
        prop_assert!(network.accuracy.per_cell <= network.accuracy.tolerance);
        let certificate = network.certify();
        prop_assert_eq!(certificate.as_ref(), Ok(&network.certificate));
        prop_assert_eq!(network.validate(), Ok(()));
        let error = measured(&model, &network, &points(&model, 60, seed));
        prop_assert!(error <= network.accuracy.total, "{activation} {error:e} {:e}", network.accuracy.total);
    }
}
