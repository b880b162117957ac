//! How long each stage takes. Run with `cargo bench`, or `cargo bench -- parse`
//! for one of them.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use hamc::analysis::sample;
use hamc::model::Model;
use hamc::network::{EvaluateOptions, Evaluator, Provenance, Topology};
use hamc::{assemble, count, pipeline, simplify, syntax};
use std::hint::black_box;

/// The model of a spec without errors.
fn model(text: &str) -> Model {
    let (model, diagnostics) = pipeline::check(text);
    model.unwrap_or_else(|| panic!("{diagnostics:?}"))
}

/// A shipped spec.
fn shipped(name: &str) -> String {
    std::fs::read_to_string(format!("{}/specs/{name}.ham", env!("CARGO_MANIFEST_DIR"))).expect("a shipped spec")
}

/// The spec of an expanded polynomial of the tests.
fn expanded(name: &str) -> String {
    let path = format!("{}/tests/data/polynomials/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("a polynomial").trim().replace("**", "^");
    let mut names: Vec<&str> = text
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| word.starts_with(|c: char| c.is_alphabetic()))
        .collect();
    names.sort();
    names.dedup();
    format!("field {} : real in [-1, 1]\nH = {text}\n", names.join(", "))
}

/// A polynomial of 5,000 terms in 100 variables, about 100 kB.
fn long_spec() -> String {
    let mut terms = Vec::new();
    'all: for i in 0..100 {
        for j in i..100 {
            terms.push(format!("{}.{:02}*x[{i}]*x[{j}]", 1 + j % 9, i));
            if terms.len() == 5000 {
                break 'all;
            }
        }
    }
    format!("field x[100] : real in [-1, 1]\nH = {}\n", terms.join(" + "))
}

fn parse(criterion: &mut Criterion) {
    let text = long_spec();
    let mut group = criterion.benchmark_group("parse");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("5000 terms", |bencher| bencher.iter(|| syntax::parse(black_box(&text))));
    group.bench_function("5000 terms, checked", |bencher| bencher.iter(|| pipeline::check(black_box(&text))));
    group.finish();
}

fn dof(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("dof");
    for name in ["generic_chain", "phi4_square", "xy", "heisenberg", "product32"] {
        let model = model(&shipped(name));
        group.bench_function(name, |bencher| bencher.iter(|| count::degrees_of_freedom(black_box(&model))));
    }
    group.finish();
}

fn simplify(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("simplify");
    group.sample_size(10);
    for name in ["e2_6", "ising12_r3", "motzkin", "fput4", "qff3", "hosangadi_spline"] {
        let model = model(&expanded(name));
        let options = simplify::Options::default();
        group.bench_function(name, |bencher| {
            bencher.iter(|| simplify::simplify(black_box(&model), options, &mut |_| {}));
        });
    }
    group.finish();
}

/// The energy of a phi^4 ring as one would write it by hand.
fn by_hand(phi: &[f64]) -> f64 {
    let mut energy = 0.0;
    for (i, &value) in phi.iter().enumerate() {
        let next = phi[if i + 1 == phi.len() { 0 } else { i + 1 }];
        let (difference, square) = (value - next, value * value);
        energy += 0.5 * difference * difference + square * (0.25 * square - 0.25);
    }
    energy
}

fn evaluate(criterion: &mut Criterion) {
    let model = model(&shipped("phi4_ring"));
    let circuit = pipeline::circuit(&model, simplify::Options::default(), &mut |_| {}).expect("a circuit");
    let options = assemble::Options {
        activation: hamc::network::Activation::Silu,
        tolerance: 1e-6,
        topology: Topology::Skip,
        precision: hamc::network::Precision::F64,
        max_depth: None,
        product_template: None,
        provenance: Provenance { spec: "phi4_ring.ham".into(), sha256: String::new(), version: String::new() },
    };
    let network = pipeline::network(&model, &circuit, &options).expect("a network");
    let points = sample::points(&model, 1 << 14, 0);
    let options = EvaluateOptions::default();

    let mut group = criterion.benchmark_group("evaluate 2^14 samples of 64 sites");
    group.sample_size(10).throughput(Throughput::Elements(1 << 14));
    let evaluator = Evaluator::new(&network).expect("an evaluator");
    group.bench_function("network", |bencher| bencher.iter(|| evaluator.evaluate(black_box(points.view()), &options)));
    let exact = Evaluator::of_circuit(&model, &circuit).expect("an evaluator");
    group.bench_function("circuit", |bencher| bencher.iter(|| exact.evaluate(black_box(points.view()), &options)));
    group.bench_function("by hand, one thread", |bencher| {
        bencher.iter_batched(
            || Vec::with_capacity(points.nrows()),
            |mut energies: Vec<f64>| {
                energies.extend(points.rows().into_iter().map(|row| by_hand(row.as_slice().expect("row-major"))));
                energies
            },
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

criterion_group!(benches, parse, dof, simplify, evaluate);
criterion_main!(benches);
