//! Every lattice with every mixture of periodic, open and twisted directions at
//! small sides, where neighbours coincide: what is compiled against the same
//! Hamiltonian written out term by term, in exact rationals.

mod crystals;

use std::collections::BTreeMap;

use hamc::circuit::prove;
use hamc::diagnostics::{has_errors, render};
use hamc::exact::Rational;
use hamc::lower::lower;
use hamc::model::Model;
use hamc::network::{Evaluator, exact_energies};
use hamc::pipeline;
use hamc::simplify::{Options, as_written};
use hamc::syntax::parse;

use crystals::*;

fn model(text: &str) -> Result<Model, String> {
    let (spec, diagnostics) = parse(text);
    assert!(!has_errors(&diagnostics), "{text}\n{}", render(&diagnostics, "it.ham", text, false));
    let (model, diagnostics) = lower(&spec);
    model.ok_or_else(|| render(&diagnostics, "it.ham", text, false))
}

/// The kinds of fields, their values, and a polynomial of two neighbours and
/// one of a site that are even.
const KINDS: [(&str, &[i64], &str, &str); 3] = [
    (
        "real in [-1, 1]",
        &[3, -5, 8, 1, -8, 2, 7, 0, -3, 6, -1],
        "(phi[i] - phi[j])^4 + phi[i]*phi[j]^3",
        "phi[i]^4 - 2*phi[i]^2 + lap(phi, i)^2",
    ),
    ("spin", &[8, -8, 8, 8, -8, -8, -8], "phi[i]*phi[j]", "2 + lap(phi, i)^2"),
    ("bit", &[8, 0, 0, 8, 8, 0, 8, 8], "phi[i]*(1 - phi[j])", "3*phi[i] - lap(phi, i)^2"),
];

/// All mixtures of boundaries.
fn mixtures(crystal: &Crystal, sides: Vec<i64>) -> Vec<Torus<'_>> {
    let dimension = sides.len();
    (0..3usize.pow(dimension as u32))
        .map(|index| {
            let of = |d: usize| index / 3usize.pow(d as u32) % 3;
            Torus {
                crystal,
                sides: sides.clone(),
                open: (0..dimension).map(|d| of(d) == 1).collect(),
                twisted: (0..dimension).map(|d| of(d) == 2).collect(),
            }
        })
        .collect()
}

fn sides(dimension: usize) -> Vec<Vec<i64>> {
    match dimension {
        1 => vec![vec![1], vec![2], vec![3], vec![5]],
        2 => vec![vec![1, 3], vec![2, 2], vec![3, 2], vec![3, 3]],
        _ => vec![vec![2, 2, 2], vec![3, 1, 2], vec![3, 3, 2]],
    }
}

/// The energy by the enumerator: the terms of the spec, pair by pair.
fn expected(torus: &Torus<'_>, kind: usize, shells: &[usize], values: &[Rational]) -> Rational {
    let sites = torus.sites();
    let at: BTreeMap<&Place, usize> = sites.iter().enumerate().map(|(at, site)| (site, at)).collect();
    let value = |place: &Place| {
        let value = &values[at[&torus.wrap(place).unwrap()]];
        value * &Rational::from(torus.sign(place))
    };
    let mut energy = Rational::ZERO;
    for &shell in shells {
        for [i, j] in torus.pairs(shell) {
            let (a, b) = (value(&i), value(&j));
            energy += &match kind {
                0 => (&a - &b).pow(4) + &a * &b.pow(3),
                1 => &a * &b,
                _ => &a * &(Rational::ONE - &b),
            };
        }
    }
    for site in &sites {
        let here = value(site);
        let there = torus.crystal.neighbours(site, 0).into_iter().filter(|other| torus.wrap(other).is_some());
        let laplacian = there.fold(Rational::ZERO, |sum, other| sum + value(&other) - &here);
        let square = laplacian.pow(2);
        energy += &match kind {
            0 => here.pow(4) - Rational::from(2) * here.pow(2) + square,
            1 => Rational::from(2) + square,
            _ => Rational::from(3) * here - square,
        };
    }
    energy
}

#[test]
fn every_boundary_is_what_is_written_out() {
    let mut compared = 0;
    for crystal in crystals() {
        for sides in sides(crystal.vectors.len()) {
            for torus in mixtures(&crystal, sides) {
                for (kind, (word, numbers, pair, site)) in KINDS.iter().enumerate() {
                    if kind == 2 && torus.twisted.contains(&true) {
                        continue;
                    }
                    let spec = format!(
                        "{}\nfield phi : {word}\nH = sum<i,j>({pair}) + sum<<i,j>>({pair}) + sum(i)({site})\n",
                        torus.text()
                    );
                    let Ok(model) = model(&spec) else { continue };
                    let count = model.variables().unwrap() as usize;
                    let point: Vec<f64> =
                        (0..count).map(|at| numbers[(at * at + at) % numbers.len()] as f64 / 8.0).collect();
                    let values: Vec<Rational> = point.iter().map(|&value| Rational::from_f64(value).unwrap()).collect();
                    let expected = expected(&torus, kind, &[0, 1], &values);
                    assert_eq!(exact_energies(&model, &point).unwrap(), std::slice::from_ref(&expected), "{spec}");
                    let written = model.written_out(100_000).unwrap();
                    assert_eq!(exact_energies(&written, &point).unwrap(), std::slice::from_ref(&expected), "{spec}");
                    let circuit = as_written(&model);
                    prove(&circuit, &model).unwrap_or_else(|error| panic!("{spec}{error}"));
                    let inputs = ndarray::Array2::from_shape_vec((1, count), point).unwrap();
                    let evaluator = Evaluator::of_circuit(&model, &circuit).unwrap();
                    let found = evaluator.evaluate(inputs.view(), &Default::default()).unwrap()[(0, 0)];
                    assert!((found - expected.to_f64()).abs() < 1e-9, "{spec}{found} instead of {expected}");
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 300, "{compared}");
}

/// Circuits that a search found are proved and evaluated.
#[test]
fn compiled_circuits_with_ends() {
    for text in [
        "lattice chain(7)\nfield s : spin\nH = -sum<i,j>(s[i]*s[j]) + sum(i)(s[i-1]*s[i]*s[i+1])\n",
        "lattice square(3, 4) open\nfield s : spin\nH = -sum<i,j>(s[i]*s[j])\n",
        "lattice square(4, 3) open x twisted y\nfield phi : real in [-2, 2]\n\
         H = sum<i,j>(1/2*(phi[i] - phi[j])^2) + sum(i)(1/4*phi[i]^4)\n",
        "lattice cubic(2, 3, 4) open y\nfield n : bit\nH = sum<i,j>(n[i]*n[j]) - sum(i)(n[i])\n",
        "lattice ring(6) twisted\nfield s[2] : real in [-1, 1]\nH = sum<i,j>(dot(s[i], s[j])^2)\n",
        "lattice honeycomb(3, 3) open y\nfield s : spin\nH = sum plaquette(i,j,k,l,m,n)(s[i]*s[j]*s[k]*s[l]*s[m]*s[n])\n",
    ] {
        let model = model(text).unwrap_or_else(|error| panic!("{text}{error}"));
        let circuit =
            pipeline::circuit(&model, Options::default(), &mut |_| {}).unwrap_or_else(|e| panic!("{text}{e}"));
        let points = hamc::analysis::sample::points(&model, 9, 3);
        let evaluator = Evaluator::of_circuit(&model, &circuit).unwrap();
        let found = evaluator.evaluate(points.view(), &Default::default()).unwrap();
        for (row, point) in points.rows().into_iter().enumerate() {
            let exact = exact_energies(&model, &point.to_vec()).unwrap()[0].to_f64();
            assert!((found[(row, 0)] - exact).abs() < 1e-9, "{text}{} instead of {exact}", found[(row, 0)]);
        }
        let network = hamc::assemble::assemble(&model, &circuit, &hamc::assemble::Options::default()).unwrap();
        let again = hamc::backend::yaml::read(&hamc::backend::yaml::write(&network)).unwrap();
        assert_eq!(again, network, "{text}");
        pipeline::verify(&model, &again, 50).unwrap_or_else(|error| panic!("{text}{error}"));
    }
}

/// An open lattice needs no more gates in a cell than a periodic one.
#[test]
fn open_ends_cost_no_gates() {
    for (lattice, gates) in [("square(64, 64)", 1), ("cubic(9, 9, 9)", 1), ("ring(5000)", 1)] {
        for ends in ["", " open"] {
            let text = format!("lattice {lattice}{ends}\nfield s : spin\nH = -sum<i,j>(s[i]*s[j])\n");
            let model = model(&text).unwrap();
            let circuit = pipeline::circuit(&model, Options::default(), &mut |_| {}).unwrap();
            assert_eq!(circuit.gates.len(), gates, "{text}");
        }
    }
}

#[test]
fn what_a_twist_cannot_be_is_refused() {
    let refused = |text: &str, code: &str| {
        let error = model(text).map(|_| ()).unwrap_err();
        assert!(error.contains(code), "{text}{error}");
    };
    refused("lattice ring(6) twisted\nfield n : bit\nH = sum<i,j>(n[i]*n[j])\n", "E0210");
    refused("lattice ring(6) twisted\nfield x : real in [0, 1]\nH = sum<i,j>(x[i]*x[j])\n", "E0210");
    refused("lattice ring(6) twisted\nfield s : spin\nH = sum<i,j>(s[i]*s[j]) + sum(i)(s[i])\n", "E0220");
    refused("lattice square(4, 4) open x twisted x\nfield s : spin\nH = sum<i,j>(s[i]*s[j])\n", "E0209");
    refused("lattice complete(4) twisted\nfield s : spin\nH = sum<i,j>(s[i]*s[j])\n", "E0209");
}
