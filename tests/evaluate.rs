//! The evaluator against a naive one, and its promises about batches.

mod common;

use std::collections::BTreeMap;

use common::*;
use hamc::assemble::{Options, assemble};
use hamc::circuit::{Circuit, Form, Gate, Source};
use hamc::exact::Rational;
use hamc::model::{Boundary, Field, Kind, Lattice, Model, Shape, Shift};
use hamc::network::{EvaluateError, EvaluateOptions, Evaluator, Network, exact_energies};
use ndarray::{Array2, ShapeBuilder};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The columns in their documented order, found by counting.
fn columns(model: &Model) -> BTreeMap<(usize, Vec<i64>, u32), usize> {
    let mut columns = BTreeMap::new();
    for (at, field) in model.fields.iter().enumerate() {
        for site in 0..model.lattice.sites().unwrap() {
            let place: Vec<i64> = model.lattice.coordinates(site).iter().map(|&c| c as i64).collect();
            for component in 0..field.components {
                columns.insert((at, place.clone(), component), columns.len());
            }
        }
    }
    columns
}

/// A recursive evaluation of one gate in one cell at a time.
struct Naive<'a> {
    model: &'a Model,
    columns: BTreeMap<(usize, Vec<i64>, u32), usize>,
    point: &'a [f64],
    known: BTreeMap<(usize, Vec<i64>), f64>,
}

impl Naive<'_> {
    fn wrap(&self, cell: &[i64], shift: Shift) -> Vec<i64> {
        let periods = &self.model.frame.periods;
        cell.iter()
            .zip(periods)
            .enumerate()
            .map(|(at, (c, &p))| (c + shift.0[at] as i64).rem_euclid(p as i64))
            .collect()
    }

    fn form(&mut self, form: &Form, cell: &[i64], gate: &dyn Fn(&mut Self, usize, &[i64]) -> f64) -> f64 {
        let mut sum = form.constant.to_f64();
        for (source, coefficient) in &form.terms {
            let value = match source {
                Source::Input(variable) => {
                    let (mut place, _) = self.model.place(*variable);
                    let target = self.wrap(cell, variable.cell);
                    for (at, &direction) in self.model.frame.directions.iter().enumerate() {
                        place[direction] = target[at];
                    }
                    let slot = self.model.frame.slot(variable.slot());
                    self.point[self.columns[&(slot.field as usize, place, slot.component)]]
                }
                Source::Gate { gate: at, shift } => gate(self, *at, &self.wrap(cell, *shift)),
            };
            sum += coefficient.to_f64() * value;
        }
        sum
    }

    fn network_gate(&mut self, network: &Network, at: usize, cell: &[i64]) -> f64 {
        if let Some(&value) = self.known.get(&(at, cell.to_vec())) {
            return value;
        }
        let gate = network.gates().nth(at).unwrap();
        let recurse = |naive: &mut Self, at: usize, cell: &[i64]| naive.network_gate(network, at, cell);
        let inputs: Vec<f64> = gate.inputs.iter().map(|form| self.form(form, cell, &recurse)).collect();
        let mut value = gate.output_bias;
        for (skip, input) in gate.skip.iter().zip(&inputs) {
            value += skip * input;
        }
        for neuron in &gate.neurons {
            let mut z = neuron.weights[0] * inputs[0];
            for (weight, input) in neuron.weights.iter().zip(&inputs).skip(1) {
                z += weight * input;
            }
            value += neuron.output * network.activation.evaluate(z + neuron.bias);
        }
        self.known.insert((at, cell.to_vec()), value);
        value
    }

    fn circuit_gate(&mut self, circuit: &Circuit, at: usize, cell: &[i64]) -> f64 {
        let recurse = |naive: &mut Self, at: usize, cell: &[i64]| naive.circuit_gate(circuit, at, cell);
        let gate = &circuit.gates[at];
        let values: Vec<f64> = gate.forms().into_iter().map(|form| self.form(form, cell, &recurse)).collect();
        match gate {
            Gate::Square(_) => values[0] * values[0],
            _ => values.iter().product(),
        }
    }

    fn cells(&self) -> Vec<Vec<i64>> {
        self.model.frame.periods.iter().fold(vec![Vec::new()], |cells, &period| {
            let extend =
                |cell: &Vec<i64>| (0..period as i64).map(|c| [cell.clone(), vec![c]].concat()).collect::<Vec<_>>();
            cells.iter().flat_map(extend).collect()
        })
    }
}

/// A model with components, two fields, bits, displaced gates, and an inner
/// open direction between two translated ones.
fn rich() -> (Model, Circuit) {
    let lattice = Lattice {
        shape: Shape::Hypercubic,
        extents: vec![5, 2, 4],
        boundaries: vec![Boundary::Periodic, Boundary::Open, Boundary::Periodic],
        graph: None,
    };
    let spin = Field {
        components: 2,
        indexed: true,
        ..Field::scalar("S", Kind::Real, Rational::new(-1, 3), Rational::new(1, 3))
    };
    let fields = vec![spin, field("b", Kind::Bit, Rational::ZERO, Rational::ONE)];
    let bit = |slot, shift: &[i16]| Source::Input(variable(slot, Kind::Bit, shift));
    let gates = vec![
        Gate::Product(
            form((1, 7), &[(input(0, &[]), (-1, 2)), (input(3, &[2, -1]), (1, 1))]),
            wire(input(1, &[-1, 3])),
        ),
        Gate::BitProduct(vec![wire(bit(4, &[])), wire(bit(5, &[0, 1])), wire(bit(4, &[1, 0]))]),
        Gate::Square(form((0, 1), &[(gate(0, &[1, -2]), (1, 1)), (gate(1, &[]), (2, 3)), (gate(1, &[0, 1]), (1, 1))])),
    ];
    let circuit = circuit(gates, form((-5, 2), &[(gate(2, &[]), (1, 1)), (input(2, &[]), (1, 3))]));
    (model_of(lattice, fields, vec![0, 2], &circuit), circuit)
}

fn batch(model: &Model, samples: usize, seed: u64) -> Array2<f64> {
    let mut random = Random(seed);
    let points: Vec<f64> = (0..samples).flat_map(|_| random.point(model)).collect();
    Array2::from_shape_vec((samples, model.variables().unwrap() as usize), points).unwrap()
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-11 * (1.0 + a.abs())
}

#[test]
fn agrees_with_the_naive_evaluation() {
    for (model, circuit) in [rich(), phi4(&[7]), phi4(&[3, 4]), phi4(&[2, 3, 3]), phi4(&[1]), product()] {
        let network = assemble(&model, &circuit, &Options::default()).unwrap();
        let inputs = batch(&model, 37, 3);
        let networks = Evaluator::new(&network).unwrap();
        let circuits = Evaluator::of_circuit(&model, &circuit).unwrap();
        let options = EvaluateOptions::default();
        let (by_network, by_circuit) =
            (networks.evaluate(inputs.view(), &options).unwrap(), circuits.evaluate(inputs.view(), &options).unwrap());
        for (sample, row) in inputs.rows().into_iter().enumerate() {
            let point = row.to_slice().unwrap();
            let mut naive = Naive { model: &model, columns: columns(&model), point, known: BTreeMap::new() };
            let (mut of_network, mut of_circuit) = (0.0, 0.0);
            for cell in naive.cells() {
                of_network +=
                    naive.form(&network.outputs[0].form, &cell, &|n, at, cell| n.network_gate(&network, at, cell));
                of_circuit +=
                    naive.form(&circuit.outputs[0].form, &cell, &|n, at, cell| n.circuit_gate(&circuit, at, cell));
            }
            assert!(close(by_network[[sample, 0]], of_network), "{} {of_network}", by_network[[sample, 0]]);
            assert!(close(by_circuit[[sample, 0]], of_circuit), "{} {of_circuit}", by_circuit[[sample, 0]]);
            let exact = exact_energies(&model, point).unwrap()[0].to_f64();
            assert!(close(by_circuit[[sample, 0]], exact));
            assert!((by_network[[sample, 0]] - exact).abs() <= network.accuracy.total);
        }
    }
}

#[test]
fn results_do_not_depend_on_batches_or_threads() {
    for (model, circuit) in [phi4(&[5]), phi4(&[700]), phi4(&[30, 30])] {
        let network = assemble(&model, &circuit, &Options::default()).unwrap();
        let evaluator = Evaluator::new(&network).unwrap();
        let inputs = batch(&model, 301, 4);
        let done = AtomicUsize::new(0);
        let progress = |samples: usize| {
            done.fetch_add(samples, Ordering::Relaxed);
        };
        let options = EvaluateOptions { progress: Some(&progress), ..EvaluateOptions::default() };
        let whole = evaluator.evaluate(inputs.view(), &options).unwrap();
        assert_eq!(done.into_inner(), 301);
        let options = EvaluateOptions::default();
        for cut in [1, 7, 150] {
            let (head, tail) = inputs.view().split_at(ndarray::Axis(0), cut);
            assert_eq!(evaluator.evaluate(head, &options).unwrap(), whole.slice(ndarray::s![..cut, ..]));
            assert_eq!(evaluator.evaluate(tail, &options).unwrap(), whole.slice(ndarray::s![cut.., ..]));
        }
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        assert_eq!(one.install(|| evaluator.evaluate(inputs.view(), &options).unwrap()), whole);
        // Another memory layout.
        let mut columns = Array2::zeros(inputs.raw_dim().f());
        columns.assign(&inputs);
        assert_eq!(evaluator.evaluate(columns.view(), &options).unwrap(), whole);
    }
}

#[test]
fn inputs_outside_the_domain_are_refused() {
    let (model, circuit) = rich();
    let evaluator = Evaluator::of_circuit(&model, &circuit).unwrap();
    let mut inputs = batch(&model, 5, 5);
    assert_eq!(evaluator.outside(inputs.view()), None);
    inputs[[4, 3]] = f64::NAN;
    inputs[[2, 9]] = 0.34;
    inputs[[2, 81]] = 0.5;
    let error = evaluator.evaluate(inputs.view(), &EvaluateOptions::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "3 input values are outside the declared domain, the first in sample 2: S[0, 1, 0][1] = 0.34"
    );
    assert_eq!(evaluator.column_name(81), "b[0, 0, 1]");
    let allowed = EvaluateOptions { allow_outside: true, ..EvaluateOptions::default() };
    assert!(evaluator.evaluate(inputs.view(), &allowed).is_ok());
    let error = evaluator.evaluate(Array2::zeros((1, 3)).view(), &allowed).unwrap_err();
    assert_eq!(error, EvaluateError::Columns { expected: 120, found: 3 });
    let empty = evaluator.evaluate(Array2::zeros((0, 120)).view(), &allowed).unwrap();
    assert_eq!(empty.shape(), [0, 1]);
}

#[test]
fn a_lattice_beyond_memory_is_refused() {
    let (model, circuit) = phi4(&[1 << 40, 1 << 40]);
    let network = assemble(&model, &circuit, &Options { tolerance: 1.0, ..Options::default() }).unwrap();
    assert_eq!(Evaluator::new(&network).err(), Some(EvaluateError::TooLarge));
    assert_eq!(network.total_neurons(), "4835703278458516698824704");
}

#[test]
fn counts() {
    let (model, circuit) = product();
    let network = assemble(&model, &circuit, &Options::default()).unwrap();
    // Two neurons with two weights and an output weight each, and the bias of
    // the output; their own biases are zero.
    assert_eq!((network.neurons(), network.weights(), network.depth()), (2, 7, 1));
    let (model, circuit) = phi4(&[64]);
    let network = assemble(&model, &circuit, &Options::default()).unwrap();
    assert_eq!((network.neurons(), network.depth()), (3, 2));
    assert_eq!(network.weights(), 14);
    assert_eq!(network.total_neurons(), "192");
}
