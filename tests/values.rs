//! Energies cell by cell, changes variable by variable, and networks written
//! out, against full evaluations.

mod common;

use common::*;
use hamc::assemble::{Options, assemble};
use hamc::circuit::{Circuit, Gate};
use hamc::exact::Rational;
use hamc::model::{Boundary, Field, Kind, Lattice, Model, Shape};
use hamc::network::{Change, DenseError, EvaluateError, EvaluateOptions, Evaluator, Topology, dense};
use ndarray::{Array2, Array3, Axis};

fn batch(model: &Model, samples: usize, seed: u64) -> Array2<f64> {
    let mut random = Random(seed);
    let points: Vec<f64> = (0..samples).flat_map(|_| random.point(model)).collect();
    Array2::from_shape_vec((samples, model.variables().unwrap() as usize), points).unwrap()
}

/// Spins on a lattice with a square of a sum that is used in displaced cells.
fn spins(extents: &[u64]) -> (Model, Circuit) {
    let spin = |shift: &[i16]| hamc::circuit::Source::Input(variable(0, Kind::Spin, shift));
    let bit = |shift: &[i16]| hamc::circuit::Source::Input(variable(1, Kind::Bit, shift));
    let one = |at: usize| {
        let mut shift = vec![0; extents.len()];
        shift[at] = 1;
        shift
    };
    let back: Vec<i16> = extents.iter().map(|_| -1).collect();
    let last = extents.len() - 1;
    let gates = vec![
        Gate::Square(form((1, 3), &[(spin(&[]), (1, 1)), (spin(&one(0)), (1, 2)), (spin(&back), (-1, 1))])),
        Gate::Product(wire(spin(&[])), form((0, 1), &[(gate(0, &one(last)), (1, 1)), (spin(&one(last)), (2, 1))])),
        Gate::BitProduct(vec![wire(bit(&[])), form((1, 1), &[(bit(&one(0)), (-1, 1))]), wire(bit(&one(last)))]),
        Gate::Square(form((0, 1), &[(gate(1, &back), (1, 4)), (gate(0, &[]), (-1, 1)), (gate(2, &one(0)), (3, 1))])),
    ];
    let output = form((7, 1), &[(gate(3, &[]), (1, 1)), (gate(1, &one(0)), (-1, 2)), (spin(&[]), (1, 5))]);
    let circuit = circuit(gates, output);
    let fields = vec![
        field("s", Kind::Spin, Rational::from(-1), Rational::ONE),
        field("b", Kind::Bit, Rational::ZERO, Rational::ONE),
    ];
    (model_of(periodic(extents), fields, (0..extents.len()).collect(), &circuit), circuit)
}

/// Two components and an open direction within the cell.
fn vectors() -> (Model, Circuit) {
    let lattice = Lattice {
        shape: Shape::Hypercubic,
        extents: vec![3, 2, 4],
        boundaries: vec![Boundary::Periodic, Boundary::Open, Boundary::Periodic],
        graph: None,
    };
    let fields = vec![Field { components: 2, indexed: true, ..real("S", -1, 1) }];
    let gates = vec![
        Gate::Product(
            form((1, 7), &[(input(0, &[]), (-1, 2)), (input(3, &[2, -1]), (1, 1))]),
            wire(input(1, &[-1, 3])),
        ),
        Gate::Square(form((0, 1), &[(gate(0, &[1, -2]), (1, 1)), (input(2, &[0, 1]), (2, 3))])),
    ];
    let circuit = circuit(gates, form((-5, 2), &[(gate(1, &[]), (1, 1)), (gate(0, &[]), (1, 3))]));
    (model_of(lattice, fields, vec![0, 2], &circuit), circuit)
}

/// Both ways to evaluate a circuit, and how far the second is from exact.
fn evaluators(model: &Model, circuit: &Circuit) -> [(Evaluator, f64); 2] {
    let network = assemble(model, circuit, &Options::default()).unwrap();
    [
        (Evaluator::of_circuit(model, circuit).unwrap(), 1e-12),
        (Evaluator::new(&network).unwrap(), 2.0 * network.accuracy.total),
    ]
}

/// The differences by evaluating each changed sample.
fn by_evaluation(evaluator: &Evaluator, inputs: &Array2<f64>, new: impl Fn(usize, usize) -> f64) -> Array3<f64> {
    let options = EvaluateOptions::default();
    let (samples, variables) = inputs.dim();
    let before = evaluator.evaluate(inputs.view(), &options).unwrap();
    let mut result = Array3::zeros((samples, evaluator.outputs().len(), variables));
    for sample in 0..samples {
        for variable in 0..variables {
            let mut changed = inputs.row(sample).to_owned();
            changed[variable] = new(sample, variable);
            let after = evaluator.evaluate(changed.insert_axis(Axis(0)).view(), &options).unwrap();
            for output in 0..evaluator.outputs().len() {
                result[(sample, output, variable)] = after[(0, output)] - before[(sample, output)];
            }
        }
    }
    result
}

fn assert_close(found: &Array3<f64>, expected: &Array3<f64>, tolerance: f64) {
    let size = expected.iter().fold(1.0, |size: f64, value| size.max(value.abs()));
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!((found - expected).abs() <= tolerance * size * 100.0, "{at}: {found} {expected}");
    }
}

#[test]
fn a_map_adds_up_to_the_energy() {
    let models = [spins(&[1]), spins(&[2, 3]), spins(&[70, 90]), phi4(&[3000]), phi4(&[4, 5, 6]), vectors(), product()];
    for (model, circuit) in models {
        for (evaluator, tolerance) in evaluators(&model, &circuit) {
            let inputs = batch(&model, 3, 7);
            let options = EvaluateOptions::default();
            let map = evaluator.map(inputs.view(), &options).unwrap();
            let cells: usize = evaluator.cells().iter().product();
            assert_eq!(map.dim(), (3, 1, cells));
            let energies = evaluator.evaluate(inputs.view(), &options).unwrap();
            for (sum, energy) in map.sum_axis(Axis(2)).iter().zip(&energies) {
                assert!((sum - energy).abs() <= 1e-12 * cells as f64 * (1.0 + tolerance), "{sum} {energy}");
            }
        }
    }
}

#[test]
fn a_map_moves_with_the_sample() {
    let (model, circuit) = spins(&[5, 7]);
    let evaluator = Evaluator::of_circuit(&model, &circuit).unwrap();
    let inputs = batch(&model, 1, 11);
    let map = evaluator.map(inputs.view(), &EvaluateOptions::default()).unwrap();
    // Everything one cell further along the last direction.
    let step = |cell: usize| cell / 7 * 7 + (cell + 1) % 7;
    let mut moved = inputs.clone();
    for field in 0..2 {
        (0..35).for_each(|cell| moved[(0, field * 35 + step(cell))] = inputs[(0, field * 35 + cell)]);
    }
    let moved = evaluator.map(moved.view(), &EvaluateOptions::default()).unwrap();
    (0..35).for_each(|cell| assert_eq!(moved[(0, 0, step(cell))], map[(0, 0, cell)]));
}

#[test]
fn flips_agree_with_full_evaluations_on_any_side() {
    for extents in [&[1][..], &[2], &[3], &[1, 2], &[2, 2], &[3, 1], &[3, 2], &[3, 3], &[5, 4], &[2, 1, 3], &[11]] {
        let (model, circuit) = spins(extents);
        let inputs = batch(&model, 9, 5);
        for (evaluator, tolerance) in evaluators(&model, &circuit) {
            let spins = inputs.ncols() / 2;
            let expected = by_evaluation(&evaluator, &inputs, |sample, variable| {
                let value = inputs[(sample, variable)];
                if variable < spins { -value } else { 1.0 - value }
            });
            let found = evaluator.differences(inputs.view(), Change::Flip, &EvaluateOptions::default()).unwrap();
            assert_close(&found, &expected, tolerance);
        }
    }
}

#[test]
fn replacements_agree_with_full_evaluations() {
    let models = [phi4(&[1]), phi4(&[2]), phi4(&[3, 3]), phi4(&[2, 1]), phi4(&[6, 5]), vectors(), product()];
    for (model, circuit) in models {
        let (inputs, new) = (batch(&model, 4, 5), batch(&model, 4, 6));
        for (evaluator, tolerance) in evaluators(&model, &circuit) {
            let expected = by_evaluation(&evaluator, &inputs, |sample, variable| new[(sample, variable)]);
            let found = evaluator.differences(inputs.view(), Change::Replace(new.view()), &EvaluateOptions::default());
            assert_close(&found.unwrap(), &expected, tolerance);
        }
    }
}

#[test]
fn random_circuits_have_the_differences_of_full_evaluations() {
    let mut random = Random(1608);
    for _ in 0..150 {
        let (model, circuit) = random_circuit(&mut random);
        let evaluator = Evaluator::of_circuit(&model, &circuit).unwrap();
        let (inputs, new) = (batch(&model, 2, random.next()), batch(&model, 2, random.next()));
        let expected = by_evaluation(&evaluator, &inputs, |sample, variable| new[(sample, variable)]);
        let before = evaluator.evaluate(inputs.view(), &EvaluateOptions::default()).unwrap();
        let size = before.iter().fold(1.0, |size: f64, value| size.max(value.abs()));
        let found = evaluator.differences(inputs.view(), Change::Replace(new.view()), &EvaluateOptions::default());
        assert_close(&found.unwrap(), &expected, 1e-12 * size);
    }
}

#[test]
fn differences_are_local() {
    // A change is computed from the values around it alone: a wild value far
    // away does not show in the last digit.
    let (model, circuit) = phi4(&[3000]);
    let evaluator = Evaluator::of_circuit(&model, &circuit).unwrap();
    let (mut inputs, new) = (batch(&model, 1, 5), batch(&model, 1, 6));
    let options = EvaluateOptions { allow_outside: true, ..EvaluateOptions::default() };
    let before = evaluator.differences(inputs.view(), Change::Replace(new.view()), &options).unwrap();
    inputs[(0, 1500)] = 1e100;
    let after = evaluator.differences(inputs.view(), Change::Replace(new.view()), &options).unwrap();
    for site in 0..3000usize {
        let near = site.abs_diff(1500) <= 1;
        assert_eq!(before[(0, 0, site)] == after[(0, 0, site)], !near, "{site}");
    }
}

#[test]
fn what_cannot_be_changed_is_refused() {
    let (model, circuit) = phi4(&[4]);
    let evaluator = Evaluator::of_circuit(&model, &circuit).unwrap();
    let inputs = batch(&model, 2, 1);
    let options = EvaluateOptions::default();
    let error = evaluator.differences(inputs.view(), Change::Flip, &options).unwrap_err();
    assert_eq!(error, EvaluateError::NoFlip { field: "phi".to_owned() });
    let short = inputs.slice(ndarray::s![..1, ..]);
    let error = evaluator.differences(inputs.view(), Change::Replace(short), &options).unwrap_err();
    assert_eq!(error.to_string(), "there are 2 samples of 4 variables, but new values for 1 of 4");
    let wild = &inputs * 100.0;
    let error = evaluator.differences(inputs.view(), Change::Replace(wild.view()), &options).unwrap_err();
    assert!(matches!(error, EvaluateError::Outside { .. }));
    let none = Array2::zeros((0, 4));
    assert_eq!(evaluator.map(none.view(), &options).unwrap().dim(), (0, 1, 4));
    assert_eq!(evaluator.differences(none.view(), Change::Replace(none.view()), &options).unwrap().dim(), (0, 1, 4));
}

#[test]
fn networks_written_out_give_the_same_numbers() {
    for (model, circuit) in [phi4(&[1]), phi4(&[2]), phi4(&[3, 2]), vectors(), product()] {
        for topology in [Topology::Skip, Topology::Layered] {
            let options = Options { topology, ..Options::default() };
            let network = assemble(&model, &circuit, &options).unwrap();
            let written_out = dense(&network).unwrap();
            let cells = network.cells().to_f64() as usize;
            assert_eq!(written_out.layers.len(), network.layers.len());
            for (layer, written) in network.layers.iter().zip(&written_out.layers) {
                let neurons: usize = layer.gates.iter().map(|gate| gate.neurons.len()).sum();
                assert_eq!(written.bias.len(), neurons * cells);
                if topology == Topology::Layered {
                    assert!(written.weights.len() <= 1);
                }
            }
            let evaluator = Evaluator::new(&network).unwrap();
            let inputs = batch(&model, 5, 3);
            let energies = evaluator.evaluate(inputs.view(), &EvaluateOptions::default()).unwrap();
            for (row, energies) in inputs.rows().into_iter().zip(energies.rows()) {
                let found = written_out.evaluate(&row.to_vec());
                // Skips of skips are multiplied out, so that large weights cancel:
                // fewer digits are left than in the network itself.
                assert!(
                    (found[0] - energies[0]).abs() <= 1e-4 + 8.0 * network.accuracy.total,
                    "{topology:?}, {} inputs: {} {}",
                    row.len(),
                    found[0],
                    energies[0]
                );
            }
        }
    }
}

#[test]
fn a_large_lattice_is_not_written_out() {
    let (model, circuit) = phi4(&[1 << 20, 1 << 20]);
    let network = assemble(&model, &circuit, &Options { tolerance: 1.0, ..Options::default() }).unwrap();
    let error = dense(&network).unwrap_err();
    assert!(matches!(error, DenseError::TooLarge { .. }));
    assert!(error.to_string().contains("shorten the lattice"), "{error}");
}
