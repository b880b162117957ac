//! Functions of sums of bits and spins: at most as many neurons as inputs.

use hamc::assemble::{Options, assemble};
use hamc::backend::yaml;
use hamc::circuit::{Circuit, Form, Gate, Source};
use hamc::exact::Rational;
use hamc::model::{Kind, Lattice, Model};
use hamc::network::{Activation, EvaluateOptions, Evaluator, Precision, Template, Topology};
use hamc::pipeline;
use ndarray::Array2;

use crate::common::*;

/// f of the number of greater values among inputs, those with a sign turned, by
/// its differences: sum over k of Δ^k f(0)/k! times S (S-1) .. (S-k+1).
fn model(kind: Kind, signs: &[bool], values: &[i64]) -> (Model, Circuit) {
    let count = signs.len();
    let (scale, offset) = if kind == Kind::Spin { (2, count as i64) } else { (1, 0) };
    let sum = |less: i64| {
        let terms: Vec<(Source, (i64, i64))> = (signs.iter().enumerate())
            .map(|(slot, negative)| (Source::Input(variable(slot, kind, &[])), (if *negative { -1 } else { 1 }, scale)))
            .collect();
        let turned = if kind == Kind::Bit { signs.iter().filter(|sign| **sign).count() as i64 } else { 0 };
        form((offset + scale * (turned - less), scale), &terms)
    };
    let (mut gates, mut output) = (Vec::new(), Form::new(Rational::from(values[0]), []));
    let mut row = values.to_vec();
    let mut falling = sum(0);
    let mut factorial = 1;
    for order in 1..=count as i64 {
        row = row.windows(2).map(|pair| pair[1] - pair[0]).collect();
        factorial *= order;
        let coefficient = Rational::new(row[0], factorial);
        let terms = falling.terms.iter().map(|(source, c)| (*source, c * &coefficient));
        let constant = &falling.constant * &coefficient;
        output = Form::new(&output.constant + &constant, output.terms.iter().cloned().chain(terms));
        gates.push(Gate::Product(falling, sum(order)));
        falling = wire(gate(gates.len() - 1, &[]));
    }
    gates.pop();
    let circuit = circuit(gates, output);
    let (lower, upper) =
        if kind == Kind::Spin { (Rational::MINUS_ONE, Rational::ONE) } else { (Rational::ZERO, Rational::ONE) };
    let fields = (0..count).map(|at| field(&format!("x{at}"), kind, lower.clone(), upper.clone())).collect();
    (model_of(Lattice::point(), fields, vec![], &circuit), circuit)
}

/// The network of a table: its neurons, and the greatest error over all inputs,
/// which is within the bound.
fn compiled(kind: Kind, signs: &[bool], values: &[i64], options: &Options) -> (usize, f64) {
    let (model, circuit) = model(kind, signs, values);
    let network = assemble(&model, &circuit, options).unwrap();
    let read = yaml::read(&yaml::write(&network)).unwrap();
    assert_eq!(read, network);
    pipeline::verify(&model, &read, 20).unwrap();
    let low = if kind == Kind::Spin { -1.0 } else { 0.0 };
    let count = signs.len();
    let inputs: Vec<f64> = (0..1usize << count)
        .flat_map(|set| (0..count).map(move |at| if set >> at & 1 == 1 { 1.0 } else { low }))
        .collect();
    let inputs = Array2::from_shape_vec((1 << count, count), inputs).unwrap();
    let outputs = Evaluator::new(&network).unwrap().evaluate(inputs.view(), &EvaluateOptions::default()).unwrap();
    let mut worst = 0.0;
    for (set, output) in outputs.iter().enumerate() {
        let ones = (0..count).filter(|&at| (set >> at & 1 == 1) != signs[at]).count();
        worst = f64::max(worst, (output - values[ones] as f64).abs());
    }
    assert!(worst <= network.accuracy.per_cell, "{} {values:?}: {worst:e}", options.activation);
    (network.neurons() as usize, worst)
}

const WITH_GATES: [Activation; 12] = [
    Activation::Sigmoid,
    Activation::Tanh,
    Activation::Softplus,
    Activation::Gelu,
    Activation::GeluTanh,
    Activation::Silu,
    Activation::Mish,
    Activation::Erf,
    Activation::Arctan,
    Activation::Gaussian,
    Activation::LogCosh,
    Activation::Relu,
];

#[test]
fn a_function_of_a_sum_takes_at_most_as_many_neurons_as_inputs() {
    let mut random = Random(5);
    for turn in 0..24 {
        let kind = if turn % 2 == 0 { Kind::Bit } else { Kind::Spin };
        let count = 2 + random.below(5);
        let signs: Vec<bool> = (0..count).map(|_| kind == Kind::Spin && random.below(3) == 0).collect();
        let values: Vec<i64> = (0..=count).map(|_| random.below(9) as i64 - 4).collect();
        for activation in [WITH_GATES[turn % 12], Activation::Relu] {
            let single = activation == Activation::Relu && turn % 4 > 1;
            let (precision, tolerance) = if single { (Precision::F32, 1e-4) } else { (Precision::F64, 1e-9) };
            for topology in [Topology::Skip, Topology::Layered] {
                if topology == Topology::Layered && activation == Activation::LogCosh {
                    continue;
                }
                let options = Options { activation, topology, precision, tolerance, ..Options::default() };
                let (neurons, error) = compiled(kind, &signs, &values, &options);
                assert!(neurons <= count, "{activation} {values:?}: {neurons}");
                if activation == Activation::Relu {
                    // Exactly, with one neuron less beside a skip.
                    assert_eq!(error, 0.0);
                    assert!(topology == Topology::Layered || neurons < count);
                }
            }
        }
    }
}

#[test]
fn a_majority_takes_one_threshold() {
    let values = [0, 0, 0, 1, 1, 1];
    for (activation, neurons) in [
        (Activation::Sigmoid, 1),
        (Activation::Erf, 1),
        (Activation::Relu, 2),
        (Activation::Silu, 2),
        (Activation::Gelu, 2),
    ] {
        let options = Options { activation, tolerance: 1e-12, ..Options::default() };
        for kind in [Kind::Bit, Kind::Spin] {
            assert_eq!(compiled(kind, &[false; 5], &values, &options).0, neurons, "{activation}");
        }
    }
}

/// max(a, b) = a + relu(b - a): of bits a + b - ab, of spins (1 + a + b - ab)/2.
#[test]
fn the_greater_of_two_is_one_rectifier_exactly() {
    for precision in Precision::ALL {
        let options = Options { activation: Activation::Relu, precision, tolerance: 0.1, ..Options::default() };
        assert_eq!(compiled(Kind::Bit, &[false; 2], &[0, 1, 1], &options), (1, 0.0));
        assert_eq!(compiled(Kind::Spin, &[false; 2], &[-1, 1, 1], &options), (1, 0.0));
    }
}

#[test]
fn a_changed_table_is_noticed() {
    let (model, circuit) = model(Kind::Bit, &[false; 4], &[3, -1, 0, 2, 2]);
    let options = Options { activation: Activation::Sigmoid, ..Options::default() };
    let network = assemble(&model, &circuit, &options).unwrap();
    assert_eq!(network.gates().next().unwrap().template, Template::Symmetric);
    let text = yaml::write(&network);
    let at = text.find("constants: [").unwrap();
    let end = at + text[at..].find(']').unwrap();
    for (from, to) in [(", ", ", 1"), ("]", ", 1]"), ("constants", "constant")] {
        let changed = format!("{}{}{}", &text[..at], text[at..=end].replacen(from, to, 1), &text[end + 1..]);
        let refused = yaml::read(&changed).map_or(true, |read| pipeline::verify(&model, &read, 20).is_err());
        assert!(refused, "{from} {to}");
    }
}
