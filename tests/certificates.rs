//! Certificates against measurements: for every activation and number format,
//! on random polynomials, a bound is never below what is measured, nor far
//! above it.

mod common;

use common::*;
use hamc::assemble::{AssembleError, Options, assemble};
use hamc::circuit::{Circuit, Gate};
use hamc::exact::Rational;
use hamc::model::{Expression, Kind, Lattice, Model};
use hamc::network::{Activation, EvaluateOptions, Evaluator, Network, Precision, Template, Topology};
use hamc::simplify;
use ndarray::Array2;

/// A number as the unevaluated sum of two doubles: 106 bits.
#[derive(Clone, Copy)]
struct Double(f64, f64);

impl Double {
    fn of(value: &Rational) -> Double {
        let high = value.to_f64();
        let low = (value - &Rational::from_f64(high).unwrap()).to_f64();
        Double(high, low)
    }

    fn add(self, other: Double) -> Double {
        let sum = self.0 + other.0;
        let part = sum - self.0;
        let error = (self.0 - (sum - part)) + (other.0 - part);
        let low = error + self.1 + other.1;
        let high = sum + low;
        Double(high, low - (high - sum))
    }

    fn multiply(self, other: Double) -> Double {
        let product = self.0 * other.0;
        let error = self.0.mul_add(other.0, -product);
        let low = error + self.0 * other.1 + self.1 * other.0;
        let high = product + low;
        Double(high, low - (high - product))
    }
}

/// The first energy of a model without a lattice, to 100 bits or so.
struct Exact(Vec<(Double, Vec<(usize, u16)>)>);

impl Exact {
    fn new(model: &Model) -> Exact {
        let terms = polynomial(model).terms().iter();
        Exact(
            terms
                .map(|(monomial, coefficient)| {
                    let factors = monomial.factors().iter().map(|factor| (factor.variable.slot(), factor.exponent));
                    (Double::of(coefficient), factors.collect())
                })
                .collect(),
        )
    }

    fn value(&self, point: &[f64]) -> Double {
        self.0.iter().fold(Double(0.0, 0.0), |sum, (coefficient, factors)| {
            let mut product = *coefficient;
            for &(slot, exponent) in factors {
                for _ in 0..exponent {
                    product = product.multiply(Double(point[slot], 0.0));
                }
            }
            sum.add(product)
        })
    }
}

/// The model with its energy written out as a sum of monomials.
fn written(mut model: Model) -> Model {
    let energy = &mut model.energies[0];
    let term = |(monomial, coefficient): &(hamc::model::Monomial, Rational)| {
        let factors = monomial.factors().iter();
        let factors = factors.map(|f| Expression::Power(Box::new(Expression::Variable(f.variable)), f.exponent as u32));
        Expression::Product(std::iter::once(Expression::Constant(coefficient.clone())).chain(factors).collect())
    };
    energy.written = Expression::Sum(energy.polynomial.terms().iter().map(term).collect());
    model
}

/// A random polynomial of degree at most four in up to four variables, real,
/// spin and bit ones, and the circuit that it is written as.
fn random_polynomial(seed: u64) -> (Model, Circuit) {
    let mut random = Random(seed);
    let mut fields = Vec::new();
    let count = 1 + random.below(4);
    for at in 0..count {
        let kind = [Kind::Real, Kind::Real, Kind::Real, Kind::Spin, Kind::Bit][random.below(5)];
        let (lower, upper) = match kind {
            Kind::Real => (Rational::new(-1 - random.below(8) as i64, 4), Rational::new(1 + random.below(8) as i64, 4)),
            Kind::Spin => (Rational::MINUS_ONE, Rational::ONE),
            Kind::Bit => (Rational::ZERO, Rational::ONE),
        };
        fields.push(field(&format!("x{at}"), kind, lower, upper));
    }
    let kinds: Vec<Kind> = fields.iter().map(|field| field.kind).collect();
    let mut gates = Vec::new();
    let mut terms = Vec::new();
    for _ in 0..1 + random.below(5) {
        let factors = 1 + random.below(4);
        let mut value = None;
        for _ in 0..factors {
            let slot = random.below(count);
            let next = hamc::circuit::Source::Input(variable(slot, kinds[slot], &[]));
            value = Some(match value {
                None => next,
                Some(before) => {
                    let same = before == next;
                    gates.push(if same { Gate::Square(wire(next)) } else { Gate::Product(wire(before), wire(next)) });
                    gate(gates.len() - 1, &[])
                }
            });
        }
        terms.push((value.unwrap(), (random.below(19) as i64 - 9, 1 + random.below(8) as i64)));
    }
    let circuit = circuit(gates, form((random.below(5) as i64 - 2, 3), &terms));
    (written(model_of(Lattice::point(), fields, vec![], &circuit)), circuit)
}

/// The greatest error at points, and where.
fn measured(network: &Network, exact: &Exact, points: &[f64], width: usize) -> (f64, Vec<f64>) {
    let inputs = Array2::from_shape_vec((points.len() / width, width), points.to_vec()).unwrap();
    let outputs = Evaluator::new(network).unwrap().evaluate(inputs.view(), &EvaluateOptions::default()).unwrap();
    let mut worst = (0.0, points[..width].to_vec());
    for (point, value) in points.chunks(width).zip(&outputs) {
        let Double(high, low) = exact.value(point);
        let error = ((high - value) + low).abs();
        // Written so that NaN is the worst.
        if !(error <= worst.0) {
            worst = (error, point.to_vec());
        }
    }
    worst
}

/// Random points, corners and a grid.
fn points(model: &Model, count: usize, random: &mut Random) -> Vec<f64> {
    let width = model.fields.len();
    let mut points: Vec<f64> = (0..count).flat_map(|_| random.point(model)).collect();
    let at = |field: &hamc::model::Field, step: usize, steps: usize| {
        let (lower, upper) = (field.lower.to_f64(), field.upper.to_f64());
        match field.kind {
            Kind::Real => (lower + (upper - lower) * step as f64 / steps as f64).clamp(lower, upper),
            _ if step == 0 => lower,
            _ => upper,
        }
    };
    for corner in 0..1usize << width {
        points.extend(model.fields.iter().enumerate().map(|(slot, field)| at(field, corner >> slot & 1, 1)));
    }
    for place in 0..4usize.pow(width as u32) {
        points.extend(
            model.fields.iter().enumerate().map(|(slot, field)| at(field, place / 4usize.pow(slot as u32) % 4, 3)),
        );
    }
    points
}

/// A search for the greatest error: from a point, steps along the coordinates
/// as long as the error grows, ever shorter.
fn climb(model: &Model, network: &Network, exact: &Exact, start: (f64, Vec<f64>), rounds: usize) -> f64 {
    let width = start.1.len();
    let (mut best, mut point) = start;
    let mut step = 0.25;
    for _ in 0..rounds {
        let mut around = Vec::new();
        for (slot, field) in model.fields.iter().enumerate() {
            let (lower, upper) = (field.lower.to_f64(), field.upper.to_f64());
            for direction in [-step, step] {
                let mut moved = point.clone();
                moved[slot] = match field.kind {
                    Kind::Real => (moved[slot] + direction * (upper - lower)).clamp(lower, upper),
                    _ => lower + upper - moved[slot],
                };
                around.extend(moved);
            }
        }
        let (error, place) = measured(network, exact, &around, width);
        if error > best {
            (best, point) = (error, place);
        } else {
            step *= 0.5;
        }
    }
    best
}

/// Measures networks of random polynomials; returns the ratios of bound and
/// measured error.
fn examine(activation: Activation, precision: Precision, polynomials: u64, count: usize, rounds: usize) -> Vec<f64> {
    let mut ratios = Vec::new();
    for seed in 0..polynomials {
        let (model, written) = random_polynomial(seed);
        let options = simplify::Options { effort: 0, ..simplify::Options::default() };
        let circuit =
            if seed % 2 == 0 { hamc::pipeline::circuit(&model, options, &mut |_| {}).unwrap() } else { written };
        // From the fewest neurons to the most accurate gates.
        let tolerance = match (precision, seed % 3) {
            (_, 0) => 1e300,
            (Precision::F64, 1) => 1e-5,
            (Precision::F64, _) => 1e-9,
            (Precision::F32, 1) => 1e-2,
            _ => 0.5,
        };
        let topology = if seed % 5 == 4 && activation != Activation::Relu { Topology::Layered } else { Topology::Skip };
        let options = Options { activation, precision, tolerance, topology, ..Options::default() };
        let network = match assemble(&model, &circuit, &options) {
            Ok(network) => network,
            Err(AssembleError::ToleranceOutOfReach { best, .. }) => {
                assert!(best > tolerance);
                match assemble(&model, &circuit, &Options { tolerance: best, ..options }) {
                    Ok(network) => network,
                    Err(error) => panic!("{activation} {precision} {seed}: {error}"),
                }
            }
            // Narrow formats end soon.
            Err(AssembleError::Overflow { .. }) if precision != Precision::F64 => continue,
            Err(error) => panic!("{activation} {precision} {seed}: {error}"),
        };
        assert_eq!(network.certify().as_ref(), Ok(&network.certificate));
        let exact = Exact::new(&model);
        let mut random = Random(seed);
        let width = model.fields.len();
        let worst = measured(&network, &exact, &points(&model, count, &mut random), width);
        let error = climb(&model, &network, &exact, worst, rounds);
        let bound = network.accuracy.total;
        assert!(error <= bound, "{activation} {precision} {seed}: {error:e} > {bound:e}");
        // Exact networks have no ratio.
        if error > 0.0 {
            ratios.push(bound / error);
        }
    }
    ratios.sort_by(f64::total_cmp);
    ratios
}

fn examine_all(polynomials: u64, count: usize, rounds: usize) {
    for precision in Precision::ALL {
        for activation in Activation::ALL.into_iter().filter(|&activation| activation != Activation::Identity) {
            let ratios = examine(activation, precision, polynomials, count, rounds);
            let median = ratios.get(ratios.len() / 2).copied().unwrap_or(1.0);
            println!("{activation} {precision}: {} networks, median {median:.1}", ratios.len());
            // Where the remainder of ln cosh is bounded over an interval about
            // zero its fourth derivative is taken at its largest.
            let limit = if activation == Activation::LogCosh { 40.0 } else { 20.0 };
            assert!(median <= limit, "{activation} {precision}: {median}");
        }
    }
}

#[test]
fn bounds_hold_and_are_not_far_off() {
    examine_all(12, 150, 12);
}

/// A million points for each activation and format, on 40 polynomials.
#[test]
#[ignore = "takes minutes: cargo test --release --test certificates -- --ignored"]
fn bounds_hold_at_a_million_points() {
    examine_all(40, 25_000, 60);
}

#[test]
fn floors_in_single_precision() {
    let (model, circuit) = product();
    let exact = Exact::new(&model);
    let grid: Vec<f64> =
        (0..=200).flat_map(|a| (0..=200).flat_map(move |b| [a as f64 / 100.0 - 1.0, b as f64 / 100.0 - 1.0])).collect();
    for (activation, floor) in [
        (Activation::Sigmoid, 1.8e-5),
        (Activation::Tanh, 3.7e-5),
        (Activation::Softplus, 1.3e-5),
        (Activation::Gelu, 2.1e-5),
        (Activation::Silu, 2.7e-5),
        (Activation::Exp, 3.3e-4),
    ] {
        let options = Options {
            activation,
            precision: Precision::F32,
            tolerance: 1.0,
            product_template: Some(Template::Product4),
            ..Options::default()
        };
        let network = assemble(&model, &circuit, &options).unwrap();
        let (error, _) = measured(&network, &exact, &grid, 2);
        let bound = network.accuracy.per_cell;
        assert!(error <= bound && bound <= 20.0 * error, "{activation}: measured {error:e}, bound {bound:e}");
        assert!(error <= 2.0 * floor, "{activation}: measured {error:e}, table {floor:e}");
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
    for activation in [Activation::Gelu, Activation::Silu, Activation::LogCosh, Activation::Gaussian] {
        // The bound for Gaussian gates of one neuron ends at 1e-6.
        let last = if activation == Activation::Gaussian { 6 } else { 8 };
        for exponent in 3..=last {
            assert_eq!(neurons(activation, 10f64.powi(-exponent)), 3, "{activation} {exponent}");
        }
    }
    assert_eq!(neurons(Activation::Square, 1e-13), 3);
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
        let exact = Exact::new(&model);
        let all: Vec<f64> = (0..1usize << count)
            .flat_map(|set| (0..count).map(move |at| if set >> at & 1 == 1 { 1.0 } else { -1.0 }))
            .collect();
        for precision in Precision::ALL {
            let relu = Options { activation: Activation::Relu, precision, tolerance: 1e-3, ..Options::default() };
            let network = assemble(&model, &circuit, &relu).unwrap();
            // Two spins: 2 relu(s + s') - (s + s') - 1.
            assert_eq!((network.neurons() as usize, network.depth()), (count - 1, 1));
            assert_eq!(measured(&network, &exact, &all, count).0, 0.0);
            assert_eq!(network.accuracy.per_cell, 0.0);
            let layered = Options { topology: Topology::Layered, ..relu };
            assert_eq!(assemble(&model, &circuit, &layered).unwrap().neurons() as usize, count);
        }
        for activation in [Activation::Sigmoid, Activation::Tanh, Activation::Softplus, Activation::Silu] {
            let options = Options { activation, topology: Topology::Layered, tolerance: 1e-11, ..Options::default() };
            let network = assemble(&model, &circuit, &options).unwrap();
            assert!(network.neurons() as usize <= count + usize::from(count == 2));
            assert!(measured(&network, &exact, &all, count).0 <= network.accuracy.per_cell);
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
    let relu = Options { activation: Activation::Relu, topology: Topology::Layered, ..Options::default() };
    let error = assemble(&model, &circuit, &relu).unwrap_err().to_string();
    assert!(error.contains("use the topology skip"), "{error}");
}
