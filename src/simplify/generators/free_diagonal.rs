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
    let n = variables.len();
    let mut matrix = symmetric_matrix(core, &variables);
    let mut products = Vec::new();
    while let Some((pivot, diagonal)) = best_pivot(&matrix) {
        if products.len() >= n {
            return Vec::new();
        }
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
        let form = linear(&form, &variables);
        products.push((weight, Product::Pair(form.clone(), form)));
    }
    let mut decomposition = Decomposition { products, rest: Vec::new() };
    let rest = core - &decomposition.expand();
    debug_assert!(rest.is_affine());
    if !rest.is_zero() {
        decomposition.rest.push((Rational::ONE, rest));
    }
    vec![Fact { target: core.clone(), decomposition }]
}

/// The row and its diagonal entry that leave the fewest couplings.
fn best_pivot(matrix: &[Vec<Rational>]) -> Option<(usize, Rational)> {
    let n = matrix.len();
    let mut best: Option<(i64, usize, Rational)> = None;
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
            best = Some((score, i, diagonal));
        }
    }
    best.map(|(_, pivot, diagonal)| (pivot, diagonal))
}
