//! Changes of single variables, and networks written out, on lattices with every
//! kind of boundary.

use hamc::exact::Rational;
use hamc::lower::lower;
use hamc::model::{Kind, Model};
use hamc::network::{Change, EvaluateOptions, Evaluator, dense, exact_energies};
use hamc::pipeline;
use hamc::simplify::{Options, as_written};
use hamc::syntax::parse;

fn model(text: &str) -> Model {
    let (model, diagnostics) = lower(&parse(text).0);
    model.unwrap_or_else(|| panic!("{text}{diagnostics:?}"))
}

const HAMILTONIANS: [(&str, &[&str]); 3] = [
    ("field s : spin\nH = -sum<i,j>(s[i]*s[j]) + 2*sum<<i,j>>(s[i]*s[j])", &["", " open", " twisted"]),
    (
        "field x : real in [-1, 1]\nH = sum<i,j>((x[i] - x[j])^4) + sum(i)(x[i]^2 + lap(x, i)^2)",
        &["", " open", " twisted"],
    ),
    ("field n : bit\nfield x[2] : real in [0, 1]\nH = sum<i,j>(n[i]*dot(x[i], x[j])^2 + n[i]*n[j])", &["", " open"]),
];

const LATTICES: [(&str, &[&str]); 7] = [
    ("ring(5)", &["", " twisted"]),
    ("chain(4)", &[""]),
    ("square(3, 4)", &["", " open", " twisted", " open x twisted y", " twisted x"]),
    ("square(3, 3)", &[" twisted"]),
    ("triangular(3, 4)", &["", " open x", " twisted y"]),
    ("honeycomb(2, 3)", &["", " open", " twisted x"]),
    ("cubic(3, 3, 3)", &["", " open z", " twisted x open y"]),
];

fn value_of(model: &Model, column: usize, at: usize) -> f64 {
    let mut first = 0;
    for field in &model.fields {
        first += model.lattice.cells().unwrap() as usize * field.points(&model.lattice) * field.components as usize;
        if column < first {
            let (lower, upper) = (field.lower.to_f64(), field.upper.to_f64());
            let number = ((column * 29 + at * 13 + column * column * 7) % 17) as f64 / 16.0;
            return match field.kind {
                Kind::Real => lower + (upper - lower) * number,
                _ if number < 0.5 => lower,
                _ => upper,
            };
        }
    }
    unreachable!()
}

#[test]
fn a_single_change_is_the_change_of_the_whole_energy() {
    let mut compared = 0;
    for (lattice, ends) in LATTICES {
        for end in ends {
            for (text, allowed) in HAMILTONIANS {
                if end.contains("twisted") && !allowed.contains(&" twisted") {
                    continue;
                }
                let text = format!("lattice {lattice}{end}\n{text}\n");
                let (found, diagnostics) = lower(&parse(&text).0);
                let Some(model) = found else {
                    assert!(format!("{diagnostics:?}").contains("E0214"), "{text}{diagnostics:?}");
                    continue;
                };
                let mut circuits = vec![as_written(&model)];
                if text.contains("spin") {
                    circuits.push(pipeline::circuit(&model, Options::default(), &mut |_| {}).unwrap());
                }
                let count = model.variables().unwrap() as usize;
                let point: Vec<f64> = (0..count).map(|column| value_of(&model, column, 0)).collect();
                let new: Vec<f64> = (0..count).map(|column| value_of(&model, column, 5)).collect();
                let energy = exact_energies(&model, &point).unwrap()[0].clone();
                let columns = [0, 1, count / 2, count - 1];
                let expected = columns.map(|column| {
                    let mut changed = point.clone();
                    changed[column] = new[column];
                    (&exact_energies(&model, &changed).unwrap()[0] - &energy).to_f64()
                });
                for circuit in &circuits {
                    let evaluator = Evaluator::of_circuit(&model, circuit).unwrap();
                    let updates = evaluator.updates();
                    let array = |values: &[f64]| ndarray::Array2::from_shape_vec((1, count), values.to_vec()).unwrap();
                    let (inputs, replaced) = (array(&point), array(&new));
                    let all = evaluator
                        .differences(inputs.view(), Change::Replace(replaced.view()), &EvaluateOptions::default())
                        .unwrap();
                    for (column, expected) in columns.into_iter().zip(expected) {
                        let found = updates.change(&point, column, new[column]).unwrap()[0];
                        assert!((found - expected).abs() < 1e-11, "{text}{column}: {found} {expected}");
                        assert!((all[(0, 0, column)] - expected).abs() < 1e-11, "{text}{column}");
                        compared += 1;
                    }
                }
            }
        }
    }
    assert!(compared > 200, "{compared}");
}

#[test]
fn networks_with_any_boundary_are_written_out() {
    for text in [
        "lattice ring(4) twisted\nfield s : spin\nH = -sum<i,j>(s[i]*s[j])\n",
        "lattice square(3, 2) open x twisted y\nfield x : real in [-1, 1]\n\
         H = sum<i,j>((x[i] - x[j])^2) + sum(i)(x[i]^4)\n",
        "lattice chain(6)\nfield s : spin\nH = sum(i)(s[i-1]*s[i]*s[i+1]*s[i+2]) - sum<i,j>(s[i]*s[j])\n",
        "lattice square(2, 3) open\nfield x : real in [-1, 1]\nH = sum(i)(lap(x, i)^2)\n",
    ] {
        let model = model(text);
        for circuit in [as_written(&model), pipeline::circuit(&model, Options::default(), &mut |_| {}).unwrap()] {
            // Weights of squares are small, so that no digits cancel.
            let options =
                hamc::assemble::Options { activation: hamc::network::Activation::Square, ..Default::default() };
            let network = hamc::assemble::assemble(&model, &circuit, &options).unwrap();
            let written = dense(&network).unwrap();
            let evaluator = Evaluator::new(&network).unwrap();
            let points = hamc::analysis::sample::points(&model, 8, 2);
            let energies = evaluator.evaluate(points.view(), &EvaluateOptions::default()).unwrap();
            let updates = evaluator.updates();
            for (row, point) in points.rows().into_iter().enumerate() {
                let point = point.to_vec();
                let found = written.evaluate(&point)[0];
                assert!((found - energies[(row, 0)]).abs() < 1e-9, "{text}{found} {}", energies[(row, 0)]);
                // A change of the network's own values.
                let change = updates.change(&point, 1, -point[1]).unwrap()[0];
                let mut changed = point.clone();
                changed[1] = -point[1];
                let exact = |point: &[f64]| exact_energies(&model, point).unwrap()[0].clone();
                let expected: Rational = &exact(&changed) - &exact(&point);
                assert!((change - expected.to_f64()).abs() <= 4.0 * network.accuracy.total + 1e-9, "{text}");
            }
        }
    }
}
