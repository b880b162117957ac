//! How many multiplications a polynomial takes at least, by whatever circuit.
//!
//! Let a circuit of k products compute p, over the real numbers and with any
//! degrees in between. About a point, the part of degree two of a product is
//! the product of the linear parts of its factors plus multiples of the parts
//! of degree two of the products before it; so the part of degree two of p is
//! a combination of k products of linear forms. Such a product has one positive
//! and one negative square at most, so at every point k is at least the larger
//! number in the signature of the second derivatives. Each product depends on two forms at
//! most beyond the products before it, so that 2k is at least the number of
//! essential directions (the rank of the first derivatives up to constants). And a
//! product at most doubles the degree (Strassen, 1973). The largest of the
//! three bounds is taken (the first is derived here).

use std::collections::BTreeMap;

use crate::algebra::linear::{Echelon, row};
use crate::exact::Rational;
use crate::model::{Kind, Model, Monomial, Polynomial, Variable};
use crate::modular::scramble;

/// Larger polynomials are only asked for their degree.
const TERMS: usize = 4_000;
const VARIABLES: usize = 40;
/// Points at which second derivatives are looked at.
const POINTS: u64 = 12;

/// A number of products and squares that no circuit of the model's energies
/// has less than; zero where nothing is known: on a lattice, where gates are
/// counted by the cell, and for bits, which one gate may multiply in any
/// number.
pub fn lower_bound(model: &Model) -> u64 {
    let known = model.frame.directions.is_empty() && model.energies.iter().all(|energy| energy.coupling.is_none());
    if !known {
        return 0;
    }
    // The parts of one energy are one sum.
    let mut sums: BTreeMap<&str, Polynomial> = BTreeMap::new();
    for energy in &model.energies {
        let sum = sums.entry(&energy.name).or_default();
        *sum = &*sum + &energy.polynomial;
    }
    sums.values().map(of_polynomial).max().unwrap_or(0)
}

fn of_polynomial(polynomial: &Polynomial) -> u64 {
    let variables = polynomial.variables();
    if polynomial.is_affine() || variables.iter().any(|variable| variable.kind() == Kind::Bit) {
        return 0;
    }
    let by_degree = polynomial.degree().next_power_of_two().trailing_zeros() as u64;
    let real = variables.iter().all(|variable| variable.kind() == Kind::Real);
    if !real || polynomial.len() > TERMS || variables.len() > VARIABLES {
        return by_degree;
    }
    let first: Vec<Polynomial> = variables.iter().map(|&variable| polynomial.derivative(variable)).collect();
    by_degree.max(by_directions(&first)).max(by_signature(&first, &variables))
}

/// Half the rank of the first derivatives up to constants.
fn by_directions(first: &[Polynomial]) -> u64 {
    let mut columns: BTreeMap<&Monomial, usize> = BTreeMap::new();
    for (monomial, _) in first.iter().flat_map(Polynomial::terms).filter(|(monomial, _)| !monomial.is_one()) {
        let next = columns.len();
        columns.entry(monomial).or_insert(next);
    }
    let rows = first.iter().map(|derivative| {
        let terms = derivative.terms().iter();
        row(terms.filter_map(|(monomial, c)| Some((*columns.get(monomial)?, c.clone()))))
    });
    (Echelon::of(rows).rank() as u64).div_ceil(2)
}

/// The larger number of squares of one sign in the second derivatives, at the
/// origin, at unit points and at pseudo-random ones.
fn by_signature(first: &[Polynomial], variables: &[Variable]) -> u64 {
    let second: Vec<Vec<Polynomial>> =
        first.iter().map(|derivative| variables.iter().map(|&other| derivative.derivative(other)).collect()).collect();
    let mut most = 0;
    for point in 0..POINTS {
        let value = |variable: Variable| match point {
            0 => Rational::ZERO,
            1 => Rational::ONE,
            _ => Rational::from((scramble(variable.key() ^ point << 48) % 9) as i64 - 4) * Rational::from(point as i64),
        };
        let matrix = second.iter().map(|row| row.iter().map(|entry| entry.evaluate(value)).collect()).collect();
        let (positive, negative) = signature(matrix);
        most = most.max(positive).max(negative);
    }
    most
}

/// The numbers of positive and of negative squares of a symmetric matrix.
fn signature(mut matrix: Vec<Vec<Rational>>) -> (u64, u64) {
    let (mut positive, mut negative) = (0, 0);
    while let Some(size) = (!matrix.is_empty()).then_some(matrix.len()) {
        let Some(pivot) = (0..size).find(|&at| !matrix[at][at].is_zero()) else {
            // All diagonal entries are zero: a pair with an entry is made one.
            let pair = (0..size).flat_map(|a| (0..a).map(move |b| (a, b))).find(|&(a, b)| !matrix[a][b].is_zero());
            let Some((a, b)) = pair else { break };
            for k in 0..size {
                let added = matrix[b][k].clone();
                matrix[a][k] += &added;
            }
            for k in 0..size {
                let added = matrix[k][b].clone();
                matrix[k][a] += &added;
            }
            continue;
        };
        if matrix[pivot][pivot].is_negative() {
            negative += 1
        } else {
            positive += 1
        }
        let own = matrix.swap_remove(pivot);
        matrix.iter_mut().for_each(|row| {
            row.swap_remove(pivot);
        });
        let inverse = own[pivot].recip();
        let mut left = own;
        left.swap_remove(pivot);
        for a in 0..matrix.len() {
            for b in 0..matrix.len() {
                let change = &(&left[a] * &left[b]) * &inverse;
                matrix[a][b] -= &change;
            }
        }
    }
    (positive, negative)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn x(slot: usize) -> Polynomial {
        Polynomial::variable(Variable::real(slot))
    }

    #[test]
    fn each_bound_holds_with_equality_somewhere() {
        let squares = (0..5).fold(Polynomial::zero(), |sum, slot| &sum + &x(slot).pow(2));
        assert_eq!(of_polynomial(&squares), 5);
        let hyperbolic = &(&x(0) * &x(1)) + &(&x(2) * &x(3));
        assert_eq!(of_polynomial(&hyperbolic), 2);
        assert_eq!(of_polynomial(&(&x(0) + &x(1)).pow(9)), 4);
        // A product of six variables has six directions and takes five.
        let product = (1..6).fold(x(0), |product, slot| &product * &x(slot));
        assert!((3..=5).contains(&of_polynomial(&product)));
        assert_eq!(of_polynomial(&x(3)), 0);
    }

    #[test]
    fn directions_that_do_not_count_are_seen() {
        let sum = (1..20).fold(x(0), |sum, slot| &sum + &x(slot));
        assert_eq!(of_polynomial(&sum.pow(2)), 1);
        assert_eq!(of_polynomial(&(&sum.pow(2) + &x(7))), 1);
    }
}
