//! Quadratic forms of spins and bits: the diagonal is free.
//!
//! The square of a spin is 1 and that of a bit is the bit, so the diagonal of
//! the matrix may be chosen to make the rank small: with all pairs coupled
//! alike, `(s_1 + ... + s_n)^2` is a single square. The least rank over the
//! diagonal is hard in general; this is a greedy elimination in which each
//! square's diagonal entry is the one that clears most of what is left.

use std::collections::BTreeMap;

use super::quadratic::{linear, symmetric_matrix};
use crate::exact::Rational;
use crate::model::{Kind, Polynomial};
use crate::simplify::decomposition::{Decomposition, Fact, Product};

/// Larger forms are left to the other generators.
const VARIABLES: usize = 48;

/// A sum of squares for a quadratic core of spins and bits.
pub fn generate(core: &Polynomial) -> Vec<Fact> {
    let variables = core.variables();
    if core.degree() != 2
        || variables.len() > VARIABLES
        || variables.iter().any(|variable| variable.kind() == Kind::Real)
    {
        return Vec::new();
    }
    let Some(squares) = complete(symmetric_matrix(core, &variables)) else { return Vec::new() };
    let products = squares.into_iter().map(|(weight, form)| {
        let form = linear(&form, &variables);
        (weight, Product::Pair(form.clone(), form))
    });
    let products = products.collect();
    let mut decomposition = Decomposition { products, rest: Vec::new() };
    let rest = core - &decomposition.expand();
    debug_assert!(rest.is_affine());
    if !rest.is_zero() {
        decomposition.rest.push((Rational::ONE, rest));
    }
    vec![Fact { target: core.clone(), decomposition }]
}

/// Squares whose sum has the off-diagonal entries of a symmetric matrix: each
/// with its weight and the coefficients of its form. Where the sign of a
/// weight is free, signs are kept in balance, so that squares can be joined to
/// products. `None` where there would be more than rows.
pub(super) fn complete(mut matrix: Vec<Vec<Rational>>) -> Option<Vec<(Rational, Vec<Rational>)>> {
    let n = matrix.len();
    let mut squares: Vec<(Rational, Vec<Rational>)> = Vec::new();
    let mut balance = 0i64;
    while let Some((pivot, mut diagonal, free)) = best_pivot(&matrix) {
        if squares.len() >= n {
            return None;
        }
        if free && balance > 0 {
            diagonal = -diagonal;
        }
        balance += if diagonal.is_negative() { -1 } else { 1 };
        let mut form = matrix[pivot].clone();
        form[pivot] = diagonal.clone();
        let weight = diagonal.recip();
        for i in 0..n {
            for j in 0..n {
                if i != j && !form[i].is_zero() && !form[j].is_zero() {
                    let change = &(&form[i] * &form[j]) * &weight;
                    matrix[i][j] -= &change;
                }
            }
        }
        squares.push((weight, form));
    }
    Some(squares)
}

/// The row and its diagonal entry that leave the fewest couplings, and whether its
/// sign is of no consequence.
fn best_pivot(matrix: &[Vec<Rational>]) -> Option<(usize, Rational, bool)> {
    let n = matrix.len();
    let mut best: Option<(i64, usize, Rational, bool)> = None;
    for i in 0..n {
        let support: Vec<usize> = (0..n).filter(|&j| j != i && !matrix[i][j].is_zero()).collect();
        if support.is_empty() {
            continue;
        }
        // d clears the coupling of j and k if a_ij a_ik / d = a_jk.
        let mut clears: BTreeMap<Rational, i64> = BTreeMap::new();
        let mut fills = 0;
        for (at, &j) in support.iter().enumerate() {
            for &k in &support[at + 1..] {
                if matrix[j][k].is_zero() {
                    fills += 1;
                } else {
                    *clears.entry(&(&matrix[i][j] * &matrix[i][k]) / &matrix[j][k]).or_default() += 1;
                }
            }
        }
        let (diagonal, cleared) = clears
            .into_iter()
            .max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(&a.0)))
            .unwrap_or_else(|| (matrix[i][support[0]].abs(), 0));
        let score = support.len() as i64 + cleared - fills;
        if best.as_ref().is_none_or(|(known, ..)| score > *known) {
            best = Some((score, i, diagonal, cleared == 0));
        }
    }
    best.map(|(_, pivot, diagonal, free)| (pivot, diagonal, free))
}
