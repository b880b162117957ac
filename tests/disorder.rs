//! Couplings from files: one for every site or bond.

use std::collections::BTreeMap;

use hamc::backend::yaml;
use hamc::diagnostics::{has_errors, render};
use hamc::exact::Rational;
use hamc::lower::{Files, Table, lower_with};
use hamc::model::Model;
use hamc::network::{Evaluator, exact_energies};
use hamc::pipeline;
use hamc::simplify::Options;
use hamc::syntax::parse;

/// Tables by their names.
struct Shelf(BTreeMap<&'static str, Table>);

impl Files for Shelf {
    fn table(&mut self, path: &str) -> Result<Table, String> {
        self.0.get(path).cloned().ok_or_else(|| "there is no such file".to_owned())
    }
}

fn number(at: usize) -> f64 {
    ((at * 37 + at * at * 11 + 5) % 61) as f64 / 16.0 - 2.0
}

fn table(shape: &[usize]) -> Table {
    let values = (0..shape.iter().product()).map(number).collect();
    Table { shape: shape.to_vec(), values, is_text: false, sha256: "0".repeat(64) }
}

fn model_with(text: &str, name: &'static str, table: Table) -> Result<Model, String> {
    let (spec, diagnostics) = parse(text);
    assert!(!has_errors(&diagnostics), "{text}\n{}", render(&diagnostics, "it.ham", text, false));
    let (model, diagnostics) = lower_with(&spec, &mut Shelf(BTreeMap::from([(name, table)])));
    model.ok_or_else(|| render(&diagnostics, "it.ham", text, false))
}

/// Compiles, evaluates and verifies a model, and compares with an energy.
fn holds(model: &Model, energy: impl Fn(&[Rational]) -> Rational) {
    let circuit = pipeline::circuit(model, Options::default(), &mut |_| {}).unwrap();
    let points = hamc::analysis::sample::points(model, 6, 1);
    let evaluator = Evaluator::of_circuit(model, &circuit).unwrap();
    let found = evaluator.evaluate(points.view(), &Default::default()).unwrap();
    for (row, point) in points.rows().into_iter().enumerate() {
        let values: Vec<Rational> = point.iter().map(|&value| Rational::from_f64(value).unwrap()).collect();
        let expected = energy(&values);
        assert_eq!(exact_energies(model, &point.to_vec()).unwrap(), std::slice::from_ref(&expected));
        let expected = expected.to_f64();
        assert!((found[(row, 0)] - expected).abs() <= 1e-12 * expected.abs().max(1.0));
    }
    let network = hamc::assemble::assemble(model, &circuit, &hamc::assemble::Options::default()).unwrap();
    let text = yaml::write(&network);
    let mut load = |_: &str| Ok((network.couplings[0].values.to_vec(), network.couplings[0].sha256.clone()));
    let again = yaml::read_with(&text, &mut load).unwrap();
    assert_eq!(again, network);
    pipeline::verify(model, &again, 20).unwrap();
}

fn exact(at: usize) -> Rational {
    Rational::from_f64(number(at)).unwrap()
}

#[test]
fn a_spin_glass_with_every_boundary() {
    for (ends, x, y) in [("", 'p', 'p'), (" open", 'o', 'o'), (" open x twisted y", 'o', 't'), (" twisted", 't', 't')] {
        let (l, m) = (4usize, 3usize);
        let text = format!(
            "lattice square({l}, {m}){ends}\nfield s : spin\nparam J on bonds = file(\"J.npy\")\n\
             H = -sum<i,j>(J[i, j]*s[i]*s[j])\nsymmetry flip(s)\n"
        );
        let model = model_with(&text, "J.npy", table(&[l, m, 2])).unwrap();
        holds(&model, |s| {
            let mut sum = Rational::ZERO;
            for a in 0..l {
                for b in 0..m {
                    let at = a * m + b;
                    for (bond, (next, wraps, boundary)) in [((a + 1) % l * m + b, a + 1 == l, x)]
                        .into_iter()
                        .chain([(a * m + (b + 1) % m, b + 1 == m, y)])
                        .enumerate()
                    {
                        let term = exact(2 * at + bond) * &s[at] * &s[next];
                        match (wraps, boundary) {
                            (true, 'o') => {}
                            (true, 't') => sum += &term,
                            _ => sum -= &term,
                        }
                    }
                }
            }
            sum
        });
    }
}

#[test]
fn random_fields_and_local_masses() {
    let text = "lattice honeycomb(2, 3)\nfield phi : real in [-1, 1]\nparam h on sites = file(\"h.npy\")\n\
                H = sum<i,j>((phi[i] - phi[j])^2) + sum(i)((1 + h[i])*phi[i]^4 - h[i]*phi[i] + 2*h[i])\n";
    let model = model_with(text, "h.npy", table(&[2, 3, 2])).unwrap();
    holds(&model, |phi| {
        let mut sum = Rational::ZERO;
        for bond in model.lattice.bonds() {
            for a in 0..2i64 {
                for b in 0..3i64 {
                    let from = (a * 3 + b) as usize * 2 + bond.from;
                    let (c, d) = ((a + bond.offset[0]).rem_euclid(2), (b + bond.offset[1]).rem_euclid(3));
                    let to = (c * 3 + d) as usize * 2 + bond.to;
                    sum += &(&phi[from] - &phi[to]).pow(2);
                }
            }
        }
        for (at, value) in phi.iter().enumerate() {
            let h = exact(at);
            sum += &((Rational::ONE + &h) * value.pow(4) - &h * value + Rational::from(2) * &h);
        }
        sum
    });
}

#[test]
fn couplings_displaced_from_their_cell() {
    let text = "lattice chain(6)\nfield s : spin\nparam h on sites = file(\"h.npy\")\n\
                H = sum(i)(h[i+2]*s[i]*s[i+1] + h[i]*s[i-1])\n";
    let model = model_with(text, "h.npy", table(&[6])).unwrap();
    holds(&model, |s| {
        let first = (0..4).map(|i| exact(i + 2) * &s[i] * &s[i + 1]);
        let second = (1..6).map(|i| exact(i) * &s[i - 1]);
        first.chain(second).fold(Rational::ZERO, |sum, term| sum + term)
    });
}

#[test]
fn every_pair_has_a_coupling() {
    let text =
        "lattice complete(5)\nfield s : spin\nparam J on bonds = file(\"J.npy\")\nH = sum<i,j>(J[i, j]*s[i]*s[j])\n";
    let model = model_with(text, "J.npy", table(&[5, 5])).unwrap();
    let point = [1.0, -1.0, -1.0, 1.0, -1.0];
    let mut expected = 0.0;
    for i in 0..5 {
        for j in i + 1..5 {
            expected += number(5 * i + j) * point[i] * point[j];
        }
    }
    assert_eq!(exact_energies(&model, &point).unwrap()[0].to_f64(), expected);
}

#[test]
fn gates_do_not_depend_on_the_number_of_sites() {
    let gates = |side: usize, ends: &str| {
        let text = format!(
            "lattice square({side}, {side}){ends}\nfield s : spin\nparam J on bonds = file(\"J.npy\")\n\
             H = -sum<i,j>(J[i, j]*s[i]*s[j])\n"
        );
        let model = model_with(&text, "J.npy", table(&[side, side, 2])).unwrap();
        pipeline::circuit(&model, Options::default(), &mut |_| {}).unwrap().gates
    };
    for ends in ["", " open", " twisted x"] {
        assert_eq!(gates(8, ends), gates(300, ends));
        assert_eq!(gates(8, ends).len(), 2);
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let refused = |text: &str, table: Table, parts: &[&str]| {
        let error = model_with(text, "J.npy", table).map(|_| ()).unwrap_err();
        parts.iter().for_each(|part| assert!(error.contains(part), "{text}{error}"));
    };
    let spec = |lattice: &str, rest: &str| {
        format!(
            "lattice {lattice}\nfield s : spin\nparam J on bonds = file(\"J.npy\")\nH = sum<i,j>(J[i, j]*s[i]*s[j]){rest}\n"
        )
    };
    refused(&spec("square(4, 3)", ""), table(&[3, 4, 2]), &["E0222", "(3, 4, 2)", "(4, 3, 2)"]);
    refused(&spec("square(4, 3)", ""), table(&[4, 3]), &["E0222"]);
    let mut broken = table(&[4, 3, 2]);
    broken.values[7] = f64::NAN;
    refused(&spec("square(4, 3)", ""), broken, &["E0223", "NaN", "[1, 0, 1]"]);
    refused(&spec("square(4, 3)", "").replace("J.npy", "K.npy"), table(&[4, 3, 2]), &["E0221", "no such file"]);
    refused(&spec("square(4, 3)", " + sum<i,j>(J[i, j]^2*s[i])"), table(&[4, 3, 2]), &["E0219", "J^2"]);
    refused(&spec("square(4, 3)", " + J"), table(&[4, 3, 2]), &["E0203", "every bond"]);
    refused(
        &spec("square(4, 3)", "\nsymmetry translation"),
        table(&[4, 3, 2]),
        &["E0303", "differ from place to place"],
    );
    refused(&spec("square(4, 3)", "\nsymmetry reflection"), table(&[4, 3, 2]), &["E0303"]);
    refused("field s : spin\nparam J on bonds = file(\"J.npy\")\nH = s\n", table(&[2]), &["E0222"]);
    refused(&spec("square(4, 3)", "").replace("on bonds", "on faces"), table(&[4, 3, 2]), &["E0210"]);
}
