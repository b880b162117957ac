//! What gates cost and reach: floors of products, ranks, powers, rectifiers.

use hamc::assemble::{Options, assemble};
use hamc::circuit::Gate;
use hamc::exact::Rational;
use hamc::model::{Kind, Lattice, Model};
use hamc::network::{Activation, EvaluateOptions, Evaluator, Network, Precision, Template, Topology};
use hamc::simplify;
use ndarray::Array2;

use crate::cases::written;
use crate::common::*;
use crate::exact::Exact;

/// The greatest error at points.
fn measured(network: &Network, exact: &Exact, points: &[f64], width: usize) -> f64 {
    let inputs = Array2::from_shape_vec((points.len() / width, width), points.to_vec()).unwrap();
    let outputs = Evaluator::new(network).unwrap().evaluate(inputs.view(), &EvaluateOptions::default()).unwrap();
    let errors = points.chunks(width).zip(&outputs).map(|(point, value)| exact.values(point)[0].distance(*value));
    errors.fold(0.0, |worst, error| if error <= worst { worst } else { error })
}

/// The table of floors of FACTS, where its centre is that of the least bound:
/// activation, template, format, largest error on [-1, 1]².
const FLOORS: [(Activation, Template, Precision, f64); 19] = {
    use {Activation::*, Precision::*, Template::*};
    [
        (Sigmoid, Product4, F64, 2.5e-11),
        (Tanh, Product4, F64, 5.5e-11),
        (Softplus, Product4, F64, 1.9e-11),
        (Gelu, Product4, F64, 3.1e-11),
        (Silu, Product4, F64, 4.0e-11),
        (Exp, Product4, F64, 1.3e-8),
        (Sigmoid, Product3, F64, 4.1e-8),
        (Gelu, Product3, F64, 9.2e-11),
        (Silu, Product3, F64, 1.1e-10),
        (Exp, Product3, F64, 1.1e-5),
        (Sigmoid, Product8R, F64, 1.1e-12),
        (Tanh, Product8R, F64, 3.6e-12),
        (Softplus, Product8R, F64, 1.2e-12),
        (Sigmoid, Product4, F32, 1.8e-5),
        (Tanh, Product4, F32, 3.7e-5),
        (Softplus, Product4, F32, 1.3e-5),
        (Gelu, Product4, F32, 2.1e-5),
        (Silu, Product4, F32, 2.7e-5),
        (Exp, Product4, F32, 3.3e-4),
    ]
};

#[test]
fn floors_of_products_are_those_of_the_table() {
    let (model, circuit) = product();
    let exact = Exact::new(&model).unwrap();
    let mut random = Random(1);
    let grid = (0..=100).flat_map(|a| (0..=100).map(move |b| [a as f64 / 50.0 - 1.0, b as f64 / 50.0 - 1.0]));
    let mut points: Vec<f64> = grid.flatten().collect();
    points.extend((0..5000).flat_map(|_| random.point(&model)));
    for (activation, template, precision, floor) in FLOORS {
        let options =
            Options { activation, precision, tolerance: 1.0, product_template: Some(template), ..Options::default() };
        let network = assemble(&model, &circuit, &options).unwrap();
        let gate = network.gates().next().unwrap();
        assert_eq!(gate.template, template);
        let (error, bound) = (measured(&network, &exact, &points, 2), network.accuracy.per_cell);
        println!("{activation} {template:?} {precision}: {error:.2e} of {floor:.1e}, bound {bound:.1e}");
        assert!(error <= bound && bound <= 20.0 * error, "{activation}: measured {error:e}, bound {bound:e}");
        assert!(
            error <= 2.0 * floor && (precision == Precision::F32 || floor <= 2.0 * error),
            "{activation} {template:?} {precision}: measured {error:e}, table {floor:e}"
        );
    }
}

/// x y + y z - z² + 2 x² and so on: a symmetric matrix as a polynomial.
fn quadratic_form(matrix: &[Vec<i64>]) -> Model {
    let n = matrix.len();
    let mut gates = Vec::new();
    let mut terms = Vec::new();
    for a in 0..n {
        for b in a..n {
            let value = matrix[a][b] * if a == b { 1 } else { 2 };
            if value != 0 {
                gates.push(Gate::Product(wire(input(a, &[])), wire(input(b, &[]))));
                terms.push((gate(gates.len() - 1, &[]), (value, 1)));
            }
        }
    }
    let circuit = circuit(gates, form((0, 1), &terms));
    let fields = (0..n).map(|at| real(&format!("x{at}"), -1, 1)).collect();
    written(model_of(Lattice::point(), fields, vec![], &circuit))
}

/// The rank by elimination with full pivoting in doubles.
fn dense_rank(matrix: &[Vec<i64>]) -> usize {
    let mut rows: Vec<Vec<f64>> = matrix.iter().map(|row| row.iter().map(|&value| value as f64).collect()).collect();
    let n = rows.len();
    for step in 0..n {
        let places = (step..n).flat_map(|i| (step..n).map(move |j| (i, j)));
        let (i, j) = places.max_by(|a, b| rows[a.0][a.1].abs().total_cmp(&rows[b.0][b.1].abs())).unwrap();
        if rows[i][j].abs() < 1e-9 {
            return step;
        }
        rows.swap(step, i);
        rows.iter_mut().for_each(|row| row.swap(step, j));
        for i in step + 1..n {
            let factor = rows[i][step] / rows[step][step];
            for j in step..n {
                rows[i][j] -= factor * rows[step][j];
            }
        }
    }
    n
}

#[test]
fn a_quadratic_form_takes_as_many_neurons_as_its_rank() {
    let mut random = Random(11);
    for n in 2..=6 {
        for _ in 0..6 {
            // A sum of a few signed squares of random forms.
            let mut matrix = vec![vec![0i64; n]; n];
            for _ in 0..1 + random.below(n) {
                let form: Vec<i64> = (0..n).map(|_| random.below(5) as i64 - 2).collect();
                let sign = if random.below(2) == 0 { 1 } else { -1 };
                for a in 0..n {
                    for b in 0..n {
                        matrix[a][b] += sign * form[a] * form[b];
                    }
                }
            }
            let model = quadratic_form(&matrix);
            let circuit = hamc::pipeline::circuit(&model, simplify::Options::default(), &mut |_| {}).unwrap();
            for activation in [Activation::Gelu, Activation::Softplus, Activation::Square, Activation::Tanh] {
                let options = Options { activation, tolerance: 1e-3, ..Options::default() };
                let network = assemble(&model, &circuit, &options).unwrap();
                assert_eq!(network.neurons() as usize, dense_rank(&matrix), "{activation} {matrix:?}");
                assert!(network.depth() <= 1);
            }
        }
    }
}

#[test]
fn neurons_do_not_depend_on_the_tolerance_but_for_rectifiers() {
    let circuit = circuit(
        vec![
            Gate::Product(wire(input(0, &[])), wire(input(1, &[]))),
            Gate::Square(form((0, 1), &[(gate(0, &[]), (1, 1)), (input(0, &[]), (1, 2))])),
        ],
        form((0, 1), &[(gate(1, &[]), (1, 1)), (gate(0, &[]), (-3, 1))]),
    );
    let model = model_of(Lattice::point(), vec![real("x", -1, 1), real("y", -1, 1)], vec![], &circuit);
    let neurons = |activation: Activation, tolerance: f64| {
        let network = assemble(&model, &circuit, &Options { activation, tolerance, ..Options::default() }).unwrap();
        assert!(network.accuracy.per_cell <= tolerance);
        network.neurons()
    };
    for activation in [Activation::Gelu, Activation::Silu, Activation::LogCosh] {
        for exponent in 3..=8 {
            assert_eq!(neurons(activation, 10f64.powi(-exponent)), 3, "{activation} {exponent}");
        }
    }
    assert_eq!(neurons(Activation::Square, 2e-14), 3);
    // About the logarithm to base four of each of three squares' accuracy.
    let counts: Vec<u64> = (2..=12).map(|exponent| neurons(Activation::Relu, 10f64.powi(-exponent))).collect();
    for pair in counts.windows(2) {
        assert!((3..=7).contains(&(pair[1] - pair[0])), "{counts:?}");
    }
}

#[test]
fn spins_and_bits_by_rectifiers_are_exact() {
    let spin = |slot| hamc::circuit::Source::Input(variable(slot, Kind::Spin, &[]));
    for count in 2..=6usize {
        let mut gates = vec![Gate::Product(wire(spin(0)), wire(spin(1)))];
        for slot in 2..count {
            gates.push(Gate::Product(wire(gate(slot - 2, &[])), wire(spin(slot))));
        }
        let circuit = circuit(gates, wire(gate(count - 2, &[])));
        let fields = (0..count).map(|at| field(&format!("s{at}"), Kind::Spin, Rational::MINUS_ONE, Rational::ONE));
        let model = model_of(Lattice::point(), fields.collect(), vec![], &circuit);
        let exact = Exact::new(&model).unwrap();
        let all: Vec<f64> = (0..1usize << count)
            .flat_map(|set| (0..count).map(move |at| if set >> at & 1 == 1 { 1.0 } else { -1.0 }))
            .collect();
        for precision in Precision::ALL {
            let relu = Options { activation: Activation::Relu, precision, tolerance: 1e-3, ..Options::default() };
            let network = assemble(&model, &circuit, &relu).unwrap();
            // Two spins: 2 relu(s + s') - (s + s') - 1.
            assert_eq!((network.neurons() as usize, network.depth()), (count - 1, 1));
            assert_eq!(measured(&network, &exact, &all, count), 0.0);
            assert_eq!(network.accuracy.per_cell, 0.0);
            let layered = Options { topology: Topology::Layered, ..relu };
            assert_eq!(assemble(&model, &circuit, &layered).unwrap().neurons() as usize, count);
        }
        for activation in [Activation::Sigmoid, Activation::Tanh, Activation::Softplus, Activation::Silu] {
            let options = Options { activation, topology: Topology::Layered, tolerance: 1e-11, ..Options::default() };
            let network = assemble(&model, &circuit, &options).unwrap();
            assert!(network.neurons() as usize <= count + usize::from(count == 2));
            assert!(measured(&network, &exact, &all, count) <= network.accuracy.per_cell);
        }
    }
}

#[test]
fn powers_take_one_gate() {
    // x³ + x: one neuron of an odd activation and a skip.
    let gates = vec![Gate::Square(wire(input(0, &[]))), Gate::Product(wire(gate(0, &[])), wire(input(0, &[])))];
    let circuit = circuit(gates, form((0, 1), &[(gate(1, &[]), (1, 1)), (input(0, &[]), (1, 1))]));
    let model = model_of(Lattice::point(), vec![real("x", -1, 1)], vec![], &circuit);
    for (activation, neurons) in [(Activation::Tanh, 1), (Activation::Arctan, 1), (Activation::Silu, 2)] {
        let network =
            assemble(&model, &circuit, &Options { activation, tolerance: 1e-5, ..Options::default() }).unwrap();
        assert_eq!((network.neurons(), network.depth()), (neurons, 1), "{activation}");
        // Where that is not accurate enough, a square and a product.
        let network =
            assemble(&model, &circuit, &Options { activation, tolerance: 2e-10, ..Options::default() }).unwrap();
        assert!(network.neurons() >= 2);
    }
}

#[test]
fn a_line_is_no_multiplication() {
    let (model, circuit) = product();
    let options = Options { activation: Activation::Identity, ..Options::default() };
    let error = assemble(&model, &circuit, &options).unwrap_err().to_string();
    assert!(error.starts_with("a network of the identity is affine"), "{error}");
}

/// Without skips, or in few layers, by straight lines: as many as the root of the
/// tolerance asks for.
#[test]
fn rectifiers_multiply_in_one_layer() {
    let (model, circuit) = product();
    let exact = Exact::new(&model).unwrap();
    let mut random = Random(1);
    let points: Vec<f64> = (0..20_000).flat_map(|_| random.point(&model)).collect();
    let layered = Options { activation: Activation::Relu, topology: Topology::Layered, ..Options::default() };
    let shallow = Options { topology: Topology::Skip, max_depth: Some(1), ..layered.clone() };
    for options in [layered, shallow] {
        let mut counts = Vec::new();
        for tolerance in [1e-2, 1e-3, 1e-4] {
            let network = assemble(&model, &circuit, &Options { tolerance, ..options.clone() }).unwrap();
            assert_eq!(network.depth(), 1);
            let (error, bound) = (measured(&network, &exact, &points, 2), network.accuracy.per_cell);
            assert!(error <= bound && bound <= tolerance && bound <= 2.0 * error, "{error:e} {bound:e}");
            let read = hamc::backend::yaml::read(&hamc::backend::yaml::write(&network)).unwrap();
            hamc::pipeline::verify(&model, &read, 50).unwrap();
            counts.push(network.neurons() as f64);
        }
        // A root of ten more neurons for a tenth of the tolerance.
        for pair in counts.windows(2) {
            assert!((2.5..4.0).contains(&(pair[1] / pair[0])), "{counts:?}");
        }
    }
}

/// x y + z² - 2 (x + w)² and so on, strictly layered: one neuron more than the
/// rank, at one centre; with a skip as many as the rank.
#[test]
fn a_quadratic_form_without_a_skip_takes_one_neuron_more() {
    let mut random = Random(3);
    for turn in 0..8 {
        let n = 2 + turn % 5;
        let mut matrix = vec![vec![0i64; n]; n];
        for _ in 0..2 + random.below(n - 1) {
            let form: Vec<i64> = (0..n).map(|_| random.below(5) as i64 - 2).collect();
            let sign = if random.below(2) == 0 { 1 } else { -1 };
            for (a, row) in matrix.iter_mut().enumerate() {
                row.iter_mut().enumerate().for_each(|(b, entry)| *entry += sign * form[a] * form[b]);
            }
        }
        let (model, rank) = (quadratic_form(&matrix), dense_rank(&matrix));
        if rank == 0 {
            continue;
        }
        let circuit = hamc::pipeline::circuit(&model, simplify::Options::default(), &mut |_| {}).unwrap();
        let exact = Exact::new(&model).unwrap();
        let points: Vec<f64> = (0..2000).flat_map(|_| random.point(&model)).collect();
        for activation in [Activation::Tanh, Activation::Softplus, Activation::Sigmoid, Activation::Silu] {
            let options = Options { activation, topology: Topology::Layered, tolerance: 1e-3, ..Options::default() };
            let network = assemble(&model, &circuit, &options).unwrap();
            assert_eq!(network.depth(), 1);
            // Where s' vanishes as many as the rank.
            let fewer = if activation == Activation::Silu { rank } else { rank + 1 };
            let neurons = network.neurons() as usize;
            assert!((fewer..=rank + 1).contains(&neurons), "{activation} rank {rank}: {neurons} {matrix:?}");
            let biases = network.gates().flat_map(|gate| gate.neurons.iter().map(|neuron| neuron.bias.to_bits()));
            let biases: std::collections::BTreeSet<u64> = biases.collect();
            assert!(biases.len() == 1 || activation == Activation::Silu, "{activation}: one centre");
            let read = hamc::backend::yaml::read(&hamc::backend::yaml::write(&network)).unwrap();
            hamc::pipeline::verify(&model, &read, 50).unwrap();
            assert!(measured(&network, &exact, &points, n) <= network.accuracy.per_cell);
        }
    }
}
