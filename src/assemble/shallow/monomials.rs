//! An energy monomial by monomial, and with neurons shared between them.

use std::collections::BTreeMap;

use super::{Nodes, Part, parity};
use crate::algebra::linear::{Echelon, row};
use crate::exact::Rational;
use crate::model::{Kind, Model, Monomial, Polynomial, Shift, Variable};
use crate::network::Activation;

/// The parts of an energy, one for each monomial of degree two and more.
/// Products of bits take one neuron, products of k spins k, others
/// `prod (r_i + 1)`, or one less where the output has a bias.
pub fn monomial_by_monomial(model: &Model, energy: usize, activation: Activation, biased: bool) -> Vec<Part> {
    let polynomial = &model.energies[energy].polynomial;
    nonlinear(polynomial).map(|(monomial, c)| part(monomial, c, activation, biased)).collect()
}

fn nonlinear(polynomial: &Polynomial) -> impl Iterator<Item = (&Monomial, &Rational)> {
    polynomial.terms().iter().map(|(monomial, c)| (monomial, c)).filter(|(monomial, _)| monomial.degree() > 1)
}

/// The part of one monomial.
pub(super) fn part(monomial: &Monomial, coefficient: &Rational, activation: Activation, biased: bool) -> Part {
    discrete(monomial, coefficient, activation).unwrap_or_else(|| Part::Monomial {
        variables: monomial.factors().iter().map(|factor| factor.variable).collect(),
        powers: monomial.factors().iter().map(|factor| factor.exponent as u32).collect(),
        coefficient: coefficient.clone(),
        biased,
    })
}

/// The part of a product of bits alone or of spins alone, by thresholds.
pub(super) fn discrete(monomial: &Monomial, coefficient: &Rational, activation: Activation) -> Option<Part> {
    let variables: Vec<Variable> = monomial.factors().iter().map(|factor| factor.variable).collect();
    let all = |kind: Kind| variables.iter().all(|variable| variable.kind() == kind);
    let coefficient = coefficient.clone();
    if all(Kind::Bit) && activation != Activation::Sin {
        return Some(Part::Bits { variables, coefficient });
    }
    if all(Kind::Spin) && parity::has_threshold(activation) {
        return Some(Part::Parity { variables, coefficient });
    }
    None
}

/// More neurons than this in one class of monomials are not merged.
const MOST_MERGED: usize = 20_000;

/// The parts of an energy with neurons shared: monomials whose exponents are
/// equal modulo two, variable by variable, and at most those of another one,
/// have their neurons among those of the other (the finite differences of
/// 1705.05502, 4.2, take every second multiple; derived here). One class of
/// equal parities is one part; the constant neuron is the output's bias.
pub fn shared(model: &Model, energy: usize, activation: Activation) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest: Vec<(Monomial, Rational)> = Vec::new();
    for (monomial, coefficient) in nonlinear(&model.energies[energy].polynomial) {
        match discrete(monomial, coefficient, activation) {
            Some(part) => parts.push(part),
            None => rest.push((monomial.clone(), coefficient.clone())),
        }
    }
    // Greatest monomials first: each either goes into the class of one before
    // it or begins a class. A monomial and its translates are the same.
    rest.sort_by(|a, b| b.0.cmp(&a.0));
    let mut classes: Vec<(Monomial, Vec<(Monomial, Rational)>)> = Vec::new();
    for (monomial, coefficient) in rest {
        let home = classes.iter().enumerate().find_map(|(at, (greatest, _))| {
            shifts(&monomial, greatest).into_iter().find_map(|shift| {
                let moved = monomial.shifted(shift);
                is_below(&moved, greatest).then_some((at, moved))
            })
        });
        match home.filter(|&(at, _)| grid_size(&classes[at].0) <= MOST_MERGED) {
            Some((at, moved)) => classes[at].1.push((moved, coefficient)),
            None => classes.push((monomial.clone(), vec![(monomial, coefficient)])),
        }
    }
    parts.extend(classes.into_iter().map(|(greatest, members)| match members.as_slice() {
        [(monomial, coefficient)] => part(monomial, coefficient, activation, true),
        _ => Part::Nodes(merged(&greatest, &members)),
    }));
    parts
}

fn grid_size(monomial: &Monomial) -> usize {
    monomial.factors().iter().fold(1usize, |product, factor| product.saturating_mul(factor.exponent as usize + 1))
}

/// The displacements that take a variable of one monomial to the same of
/// another.
fn shifts(monomial: &Monomial, other: &Monomial) -> Vec<Shift> {
    let Some(first) = monomial.factors().first() else { return Vec::new() };
    let same = other.factors().iter().filter(|factor| factor.variable.slot() == first.variable.slot());
    same.map(|factor| factor.variable.cell - first.variable.cell).collect()
}

/// Whether exponents are equal modulo two and at most those of another.
fn is_below(monomial: &Monomial, greatest: &Monomial) -> bool {
    let below = |factor: &crate::model::Factor| {
        let own = monomial.exponent(factor.variable);
        own <= factor.exponent && (factor.exponent - own).is_multiple_of(2)
    };
    monomial.factors().iter().all(|factor| greatest.exponent(factor.variable) > 0)
        && greatest.factors().iter().all(below)
}

/// The central difference of an order on the multiples `-order, -order+2, ..,
/// order`: the sum of its coefficients times t^k is 2^order order! at k =
/// order, and zero for smaller k.
fn differences(order: u32) -> Vec<(i64, Rational)> {
    let mut binomial = Rational::ONE;
    let mut row = Vec::with_capacity(order as usize + 1);
    for k in 0..=order {
        row.push((order as i64 - 2 * k as i64, if k % 2 == 0 { binomial.clone() } else { -binomial.clone() }));
        binomial = binomial * Rational::from((order - k) as i64) / Rational::from(k as i64 + 1);
    }
    row
}

/// A class of monomials on the grid of its greatest.
///
/// The differences of orders r at most those of the greatest monomial, and
/// equal to them modulo two, take from `(t.x)^|g|` the monomials `x^g` with g
/// at least r. So a combination of the differences, found by a triangular
/// system, takes one monomial alone.
fn merged(greatest: &Monomial, members: &[(Monomial, Rational)]) -> Nodes {
    let variables: Vec<Variable> = greatest.factors().iter().map(|factor| factor.variable).collect();
    let top: Vec<u32> = greatest.factors().iter().map(|factor| factor.exponent as u32).collect();
    let mut orders: Vec<Vec<u32>> = vec![Vec::new()];
    for &exponent in &top {
        orders = orders
            .iter()
            .flat_map(|order| {
                (0..=exponent).filter(move |own| (exponent - own) % 2 == 0).map(move |own| {
                    let mut extended = order.clone();
                    extended.push(own);
                    extended
                })
            })
            .collect();
    }
    // The sum over t of the coefficients of one order times t^k.
    let moment = |order: u32, k: u32| {
        differences(order).iter().fold(Rational::ZERO, |sum, (t, c)| sum + c * &Rational::from(*t).pow(k))
    };
    let moments: Vec<Vec<Rational>> = (0..=top.iter().copied().max().unwrap_or(0))
        .map(|r| (0..=top_plus(&top)).map(|k| moment(r, k)).collect())
        .collect();
    let value = |order: &[u32], exponents: &[u32]| {
        order.iter().zip(exponents).fold(Rational::ONE, |product, (&r, &k)| product * &moments[r as usize][k as usize])
    };
    let nontrivial: Vec<&Vec<u32>> = orders.iter().filter(|order| order.iter().any(|&r| r > 0)).collect();
    let factorial = |k: u32| (1..=k as i64).fold(Rational::ONE, |product, i| product * Rational::from(i));
    // For each degree, the factor of each difference.
    let mut by_degree: BTreeMap<u32, Vec<Rational>> = BTreeMap::new();
    for (monomial, coefficient) in members {
        let own: Vec<u32> = variables.iter().map(|&variable| monomial.exponent(variable) as u32).collect();
        let degree: u32 = own.iter().sum();
        // c.(t.x)^degree has the monomial with degree!/prod r_i! in front.
        let multinomial = own.iter().fold(factorial(degree), |sum, &r| sum / factorial(r));
        let conditions = nontrivial.iter().map(|exponents| {
            let entries = nontrivial.iter().enumerate().map(|(at, order)| (at, value(order, exponents)));
            let right = if **exponents == own { coefficient / &multinomial } else { Rational::ZERO };
            row(entries.chain([(nontrivial.len(), right)]))
        });
        let solved = Echelon::of(conditions).solution(nontrivial.len()).expect("a triangular system");
        let sums = by_degree.entry(degree).or_insert_with(|| vec![Rational::ZERO; nontrivial.len()]);
        sums.iter_mut().zip(&solved).for_each(|(sum, value)| *sum += value);
    }
    // The weight of each neuron.
    let mut grid: BTreeMap<Vec<i64>, usize> = BTreeMap::new();
    for point in product(&top.iter().map(|&r| differences(r).iter().map(|(t, _)| *t).collect()).collect::<Vec<_>>()) {
        if point.iter().any(|&t| t != 0) {
            let next = grid.len();
            grid.insert(point, next);
        }
    }
    let weights = by_degree.into_iter().map(|(degree, factors)| {
        let mut weights = vec![Rational::ZERO; grid.len()];
        for (order, factor) in nontrivial.iter().zip(&factors).filter(|(_, factor)| !factor.is_zero()) {
            let rows: Vec<Vec<(i64, Rational)>> = order.iter().map(|&r| differences(r)).collect();
            let places: Vec<Vec<i64>> = rows.iter().map(|row| row.iter().map(|(t, _)| *t).collect()).collect();
            for point in product(&places) {
                let Some(&at) = grid.get(&point) else { continue };
                let coefficient = point.iter().zip(&rows).fold(factor.clone(), |product, (t, row)| {
                    product * &row.iter().find(|(own, _)| own == t).expect("a place of the row").1
                });
                weights[at] += &coefficient;
            }
        }
        (degree, weights)
    });
    let weights: Vec<(u32, Vec<Rational>)> = weights.collect();
    let mut nodes = vec![Vec::new(); grid.len()];
    for (point, at) in grid {
        nodes[at] = point.into_iter().map(Rational::from).collect();
    }
    Nodes { variables, nodes, weights }
}

/// The greatest exponent.
fn top_plus(top: &[u32]) -> u32 {
    top.iter().copied().max().unwrap_or(0)
}

/// All choices of one entry of each row.
fn product(rows: &[Vec<i64>]) -> Vec<Vec<i64>> {
    rows.iter().fold(vec![Vec::new()], |all, row| {
        all.iter()
            .flat_map(|point| {
                row.iter().map(move |&entry| {
                    let mut extended = point.clone();
                    extended.push(entry);
                    extended
                })
            })
            .collect()
    })
}
