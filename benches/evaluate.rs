//! Energies of large lattices, beside loops written by hand for the same
//! Hamiltonian. Run with `cargo bench --bench evaluate`.
//!
//! Everything computes the energy of one sample per iteration; the throughput
//! is in sites. "plain loop" adds to one sum, as one would write it; "eight
//! sums" keeps eight partial sums so that the compiler can use vectors. The
//! loops over rows run on the same rayon pool as hamc.

use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime};
use hamc::assemble::Options;
use hamc::circuit::{Circuit, Form, Gate, Output, Source};
use hamc::exact::Rational;
use hamc::model::{Shift, Variable, Weight};
use hamc::network::{Activation, Change, EvaluateOptions, Evaluator, Network};
use hamc::{pipeline, simplify};
use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;
use std::hint::black_box;

const PHI4: &str = "lattice square(SIDE, SIDE)
field phi : real in [-1.5, 1.5]
H = sum<i,j>(1/2*(phi[i] - phi[j])^2) + sum(i)(-1/2*phi[i]^2 + 1/4*phi[i]^4)
symmetry translation
";

const ISING: &str = "lattice square(SIDE, SIDE)
field s : spin
H = -sum<i,j>(s[i]*s[j]) - 1/10*sum(i)(s[i])
symmetry translation
";

const CHAIN: &str = "lattice ring(SIDE)
field phi : real in [-1.5, 1.5]
H = sum<i,j>(1/2*(phi[i] - phi[j])^2) + sum(i)(-1/2*phi[i]^2 + 1/4*phi[i]^4)
symmetry translation
";

/// The circuit of a spec with its side.
fn compiled(spec: &str, side: usize) -> Evaluator {
    let text = spec.replace("SIDE", &side.to_string());
    let (model, diagnostics) = pipeline::check(&text);
    let model = model.unwrap_or_else(|| panic!("{diagnostics:?}"));
    let circuit = pipeline::circuit(&model, simplify::Options::default(), &mut |_| {}).expect("a circuit");
    Evaluator::of_circuit(&model, &circuit).expect("an evaluator")
}

/// A sample: uniform in [-1.5, 1.5], or spins.
fn sample(sites: usize, spins: bool) -> Array2<f64> {
    let mut state = 1u64;
    let next = |_| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let unit = (state >> 11) as f64 / (1u64 << 53) as f64;
        if spins { if unit < 0.5 { -1.0 } else { 1.0 } } else { 3.0 * unit - 1.5 }
    };
    Array2::from_shape_vec((1, sites), (0..sites).map(next).collect()).expect("one sample")
}

/// The energy of a row from it and the next, by one term a site:
/// `term(here, right, down)`.
fn plain_row(row: &[f64], below: &[f64], term: impl Fn(f64, f64, f64) -> f64) -> f64 {
    let mut sum = 0.0;
    for (i, &here) in row.iter().enumerate() {
        let right = row[if i + 1 == row.len() { 0 } else { i + 1 }];
        sum += term(here, right, below[i]);
    }
    sum
}

/// The same with eight partial sums, the last site apart.
fn eight_sums_row(row: &[f64], below: &[f64], term: impl Fn(f64, f64, f64) -> f64) -> f64 {
    let last = row.len() - 1;
    let mut sums = [0.0; 8];
    let here = row[..last].chunks_exact(8);
    let rest = here.remainder().len();
    for ((here, right), below) in here.zip(row[1..].chunks_exact(8)).zip(below[..last].chunks_exact(8)) {
        for k in 0..8 {
            sums[k] += term(here[k], right[k], below[k]);
        }
    }
    let mut sum = sums.iter().sum::<f64>();
    for i in last - rest..last {
        sum += term(row[i], row[i + 1], below[i]);
    }
    sum + term(row[last], row[0], below[last])
}

type Row = fn(&[f64], &[f64]) -> f64;

fn phi4_term(here: f64, right: f64, below: f64) -> f64 {
    let (x, y, square) = (here - right, here - below, here * here);
    0.5 * (x * x + y * y) + square * (0.25 * square - 0.5)
}

fn ising_term(here: f64, right: f64, below: f64) -> f64 {
    -here * (right + below) - 0.1 * here
}

/// The rows of a lattice, each with the next.
fn over_rows(phi: &[f64], side: usize, row: Row) -> f64 {
    (0..side).map(|at| row(&phi[at * side..][..side], &phi[(at + 1) % side * side..][..side])).sum()
}

fn over_rows_in_parallel(phi: &[f64], side: usize, row: Row) -> f64 {
    let sums: Vec<f64> = (0..side)
        .into_par_iter()
        .map(|at| row(&phi[at * side..][..side], &phi[(at + 1) % side * side..][..side]))
        .collect();
    sums.iter().sum()
}

/// One evaluator on one thread and on all.
fn ours(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, evaluator: &Evaluator, sample: ArrayView2<'_, f64>) {
    // The check of the domain is a pass over the sample of its own.
    let options = EvaluateOptions { allow_outside: true, progress: None };
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    group.bench_function(format!("{name}, one thread"), |bencher| {
        bencher.iter(|| one.install(|| evaluator.evaluate(black_box(sample), &options)));
    });
    group.bench_function(format!("{name}, all threads"), |bencher| {
        bencher.iter(|| evaluator.evaluate(black_box(sample), &options));
    });
}

fn exact(criterion: &mut Criterion) {
    let side = 4096;
    let cases: [(&str, &str, Row, Row, bool); 2] = [
        (
            "phi^4",
            PHI4,
            |row, below| plain_row(row, below, phi4_term),
            |row, below| eight_sums_row(row, below, phi4_term),
            false,
        ),
        (
            "Ising",
            ISING,
            |row, below| plain_row(row, below, ising_term),
            |row, below| eight_sums_row(row, below, ising_term),
            true,
        ),
    ];
    for (name, spec, plain, eight, spins) in cases {
        let circuit = compiled(spec, side);
        let sample = sample(side * side, spins);
        let phi = sample.as_slice().expect("row-major");
        // All compute the same.
        let options = EvaluateOptions { allow_outside: true, progress: None };
        let energy = circuit.evaluate(sample.view(), &options).expect("an energy")[(0, 0)];
        for row in [plain, eight] {
            let by_hand = over_rows(phi, side, row);
            assert!((energy - by_hand).abs() <= 1e-10 * (side * side) as f64, "{energy} {by_hand}");
        }
        let mut group = criterion.benchmark_group(format!("{name} on 4096^2, exact"));
        group.sample_size(10).throughput(Throughput::Elements((side * side) as u64));
        ours(&mut group, "hamc", &circuit, sample.view());
        for (loop_name, row) in [("plain loop", plain), ("eight sums", eight)] {
            group.bench_function(format!("{loop_name}, one thread"), |bencher| {
                bencher.iter(|| over_rows(black_box(phi), side, row));
            });
            group.bench_function(format!("{loop_name}, all threads"), |bencher| {
                bencher.iter(|| over_rows_in_parallel(black_box(phi), side, row));
            });
        }
        group.finish();
    }
    let sites = 1 << 24;
    let circuit = compiled(CHAIN, sites);
    let sample = sample(sites, false);
    let phi = sample.as_slice().expect("row-major");
    let mut group = criterion.benchmark_group("phi^4 on a ring of 2^24, exact");
    group.sample_size(10).throughput(Throughput::Elements(sites as u64));
    ours(&mut group, "hamc", &circuit, sample.view());
    group.bench_function("eight sums, one thread", |bencher| {
        // No coupling to a second neighbour: the row itself stands for it.
        bencher.iter(|| eight_sums_row(black_box(phi), phi, phi4_term));
    });
    group.finish();
}

/// The circuit of phi^4 in squares: of phi[i] - phi[i+x], phi[i] - phi[i+y],
/// phi[i], and of the last.
fn squares() -> Circuit {
    let phi = |x: i16, y: i16| Source::Input(Variable::real(0).at(Shift([x, y, 0, 0, 0, 0])));
    let gate = |gate: usize| Source::Gate { gate, shift: Shift::ZERO };
    let number = |numerator: i64, denominator: i64| Rational::new(numerator, denominator);
    let form = |terms: Vec<(Source, Rational)>| Form::new(Rational::ZERO, terms);
    let gates = vec![
        Gate::Square(form(vec![(phi(0, 0), number(1, 1)), (phi(1, 0), number(-1, 1))])),
        Gate::Square(form(vec![(phi(0, 0), number(1, 1)), (phi(0, 1), number(-1, 1))])),
        Gate::Square(form(vec![(phi(0, 0), number(1, 1))])),
        Gate::Square(form(vec![(gate(2), number(1, 1))])),
    ];
    let terms = [number(1, 2), number(1, 2), number(-1, 2), number(1, 4)];
    let output = form(terms.into_iter().enumerate().map(|(at, coefficient)| (gate(at), coefficient)).collect());
    Circuit {
        gates,
        outputs: vec![Output { name: "H".into(), weight: Weight::UNIFORM, form: output }],
        deviation: Rational::ZERO,
    }
}

/// The neurons of that network: for each square two of `bias, weight,
/// output`, and an output bias.
struct Neurons([([(f64, f64, f64); 2], f64); 4]);

impl Neurons {
    fn new(network: &Network) -> Neurons {
        let gates: Vec<_> = network
            .gates()
            .map(|gate| {
                let neuron = |at: usize| (gate.neurons[at].bias, gate.neurons[at].weights[0], gate.neurons[at].output);
                ([neuron(0), neuron(1)], gate.output_bias)
            })
            .collect();
        Neurons(gates.try_into().expect("four squares"))
    }

    #[inline(always)]
    fn square(&self, at: usize, value: f64) -> f64 {
        let silu = |x: f64| x / (1.0 + (-x).exp());
        let (neurons, bias) = &self.0[at];
        neurons.iter().fold(*bias, |sum, &(bias, weight, output)| sum + output * silu(weight * value + bias))
    }

    #[inline(always)]
    fn term(&self, here: f64, right: f64, below: f64) -> f64 {
        let square = self.square(2, here);
        0.5 * (self.square(0, here - below) + self.square(1, here - right)) - 0.5 * square
            + 0.25 * self.square(3, square)
    }
}

fn neurons(criterion: &mut Criterion) {
    let side = 1024;
    let (model, _) = pipeline::check(&PHI4.replace("SIDE", "1024"));
    let options = Options { activation: Activation::Silu, ..Options::default() };
    let network = pipeline::network(&model.expect("a model"), &squares(), &options).expect("a network");
    let evaluator = Evaluator::new(&network).expect("an evaluator");
    let sample = sample(side * side, false);
    let phi = sample.as_slice().expect("row-major");
    let by_hand = Neurons::new(&network);
    let row = |at: usize| {
        let (row, below) = (&phi[at * side..][..side], &phi[(at + 1) % side * side..][..side]);
        plain_row(row, below, |here, right, below| by_hand.term(here, right, below))
    };
    let options = EvaluateOptions { allow_outside: true, progress: None };
    let energy = evaluator.evaluate(sample.view(), &options).expect("an energy")[(0, 0)];
    let total: f64 = (0..side).map(row).sum();
    assert!((energy - total).abs() <= 2.0 * network.accuracy.total, "{energy} {total}");
    let mut group = criterion.benchmark_group("phi^4 on 1024^2, 8 silu neurons a site");
    group.sample_size(10).throughput(Throughput::Elements((side * side) as u64));
    ours(&mut group, "hamc", &evaluator, sample.view());
    group.bench_function("plain loop, one thread", |bencher| bencher.iter(|| (0..side).map(row).sum::<f64>()));
    group.bench_function("plain loop, all threads", |bencher| {
        bencher.iter(|| (0..side).into_par_iter().map(row).sum::<f64>());
    });
    group.finish();
}

/// Many samples of a small lattice, cubic lattices, and differences.
fn others(criterion: &mut Criterion) {
    let options = EvaluateOptions { allow_outside: true, progress: None };
    let mut group = criterion.benchmark_group("phi^4, exact");
    group.sample_size(10);
    let ring = compiled(CHAIN, 16);
    let samples = sample(1 << 20, false).into_shape_with_order((1 << 16, 16)).expect("as many values");
    group.throughput(Throughput::Elements(1 << 20));
    group.bench_function("2^16 samples of 16 sites", |bencher| {
        bencher.iter(|| ring.evaluate(black_box(samples.view()), &options));
    });
    for (name, lattice, sites) in
        [("128^3", "cubic(128, 128, 128)", 1usize << 21), ("32^4", "hypercubic(32, 32, 32, 32)", 1 << 20)]
    {
        let circuit = compiled(&PHI4.replace("square(SIDE, SIDE)", lattice), 0);
        let sample = sample(sites, false);
        group.throughput(Throughput::Elements(sites as u64));
        group.bench_function(name, |bencher| bencher.iter(|| circuit.evaluate(black_box(sample.view()), &options)));
    }
    let ising = compiled(ISING, 1024);
    let spins = sample(1 << 20, true);
    group.throughput(Throughput::Elements(1 << 20));
    group.bench_function("all flips of Ising on 1024^2", |bencher| {
        bencher.iter(|| ising.differences(black_box(spins.view()), Change::Flip, &options));
    });
    group.bench_function("map of Ising on 1024^2", |bencher| {
        bencher.iter(|| ising.map(black_box(spins.view()), &options));
    });
    group.finish();
}

criterion_group!(benches, exact, neurons, others);
criterion_main!(benches);
