//! Networks against exact values: bounds hold, and are not far off.

mod common;

use common::*;
use hamc::assemble::{AssembleError, Options, assemble};
use hamc::exact::Rational;
use hamc::model::Model;
use hamc::network::{Activation, EvaluateOptions, Evaluator, Network, Template, Topology, exact_energies};
use ndarray::Array2;
use std::time::Instant;

fn options(activation: Activation) -> Options {
    Options { activation, tolerance: 1e-3, ..Options::default() }
}

/// The greatest error of the first output at the points.
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

fn grid() -> Vec<Vec<f64>> {
    let mut random = Random(1);
    let mut points: Vec<Vec<f64>> =
        (0..2000).map(|_| vec![2.0 * random.unit() - 1.0, 2.0 * random.unit() - 1.0]).collect();
    for a in -8..=8 {
        for b in -8..=8 {
            points.push(vec![a as f64 / 8.0, b as f64 / 8.0]);
        }
    }
    points
}

#[test]
fn product_floors_are_those_of_the_table() {
    let (model, circuit) = product();
    for (activation, four, three) in [
        (Activation::Sigmoid, 2.5e-11, 4.1e-8),
        (Activation::Tanh, 5.5e-11, 1e-7),
        (Activation::Softplus, 1.9e-11, 1e-7),
        (Activation::Gelu, 3.1e-11, 9.2e-11),
        (Activation::Silu, 4.0e-11, 1.1e-10),
    ] {
        for (smallest, floor) in [(false, four), (true, three)] {
            let network = assemble(&model, &circuit, &Options { smallest, ..options(activation) }).unwrap();
            let gate = network.gates().next().unwrap();
            assert_eq!(gate.template, if smallest { Template::Product3 } else { Template::Product4 });
            let error = measured(&model, &network, &grid());
            let bound = network.accuracy.per_cell;
            println!(
                "{activation} {:?} centre {} scale {:e} measured {error:.2e} bound {bound:.2e} ({:.1}) table {floor:.1e}",
                gate.template,
                gate.neurons[0].bias,
                gate.scale,
                bound / error
            );
            assert!(error <= bound, "{activation}");
        }
    }
}

#[test]
fn timing() {
    let (model, circuit) = product();
    for activation in Activation::ALL {
        let t = Instant::now();
        assemble(&model, &circuit, &options(activation)).unwrap();
        println!("{activation} {:?}", t.elapsed());
    }
}
