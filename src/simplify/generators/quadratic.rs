//! Quadratic forms by their signature.
//!
//! Over the reals a quadratic form of signature (p, q) needs max(p, q)
//! products and no fewer. Over the rationals the same is reached whenever the
//! form has enough rational isotropic vectors. A symmetric elimination writes
//! the form as products, where a variable has no square, and squares
//! `sum of d_i * l_i^2`; an isotropic vector of the squares gives a product
//! more and two squares less.

use crate::algebra::isotropic;
use crate::exact::Rational;
use crate::model::{Kind, Monomial, Polynomial, Variable};
use crate::simplify::decomposition::{Decomposition, Fact, Product};

/// Up to this many variables pivots are taken in order, which keeps the form's
/// own structure; above it the largest comes first, which keeps the squares'
/// coefficients small.
const STRUCTURED: usize = 12;
/// Pivots of more bits are given up: a dense form of many variables is better
/// off with its own coefficients, a product for each variable.
const BITS: usize = 1_200;
/// Above this many variables they are given up four times as early: what is
/// left to find there are forms of low rank.
const DENSE: usize = 40;

/// A product of two linear forms with a coefficient.
struct Term {
    coefficient: Rational,
    left: Vec<Rational>,
    right: Vec<Rational>,
}

/// The decompositions of a quadratic core, or of the quadratic part of a core
/// of higher degree (as a sum, whose quadratic part is then a goal).
pub fn generate(core: &Polynomial) -> Vec<Fact> {
    if core.degree() != 2 {
        return Vec::new();
    }
    let variables = core.variables();
    if variables.len() > 400 {
        return Vec::new();
    }
    let matrix = symmetric_matrix(core, &variables);
    let mut facts = Vec::new();
    for hyperbolic_first in [true, false] {
        let Some(terms) = reduce(matrix.clone(), hyperbolic_first) else { continue };
        let products = terms
            .into_iter()
            .map(|term| {
                let left = linear(&term.left, &variables);
                let right = linear(&term.right, &variables);
                (term.coefficient, Product::Pair(left, right))
            })
            .collect();
        let mut decomposition = Decomposition { products, rest: Vec::new() };
        // Squares of spins and bits reduce to constants and linear terms.
        if variables.iter().any(|variable| variable.kind() != Kind::Real) {
            let rest = core - &decomposition.expand();
            if !rest.is_zero() {
                decomposition.rest.push((Rational::ONE, rest));
            }
        }
        let fact = Fact { target: core.clone(), decomposition };
        if !facts.contains(&fact) {
            facts.push(fact);
        }
    }
    facts
}

/// The symmetric matrix of a quadratic form over the given variables.
pub fn symmetric_matrix(core: &Polynomial, variables: &[Variable]) -> Vec<Vec<Rational>> {
    let index = |variable: Variable| variables.binary_search(&variable).expect("it occurs");
    let mut matrix = vec![vec![Rational::ZERO; variables.len()]; variables.len()];
    for (monomial, coefficient) in core.terms() {
        match monomial.factors() {
            [factor] if factor.exponent == 2 => {
                let at = index(factor.variable);
                matrix[at][at] = coefficient.clone();
            }
            [a, b] => {
                let half = coefficient / &Rational::from(2);
                let (a, b) = (index(a.variable), index(b.variable));
                matrix[a][b] = half.clone();
                matrix[b][a] = half;
            }
            _ => {}
        }
    }
    matrix
}

/// Writes `x^T A x` as a sum of products of linear forms. With
/// `hyperbolic_first` off-diagonal products are taken while the diagonal has
/// two zeros to pair, which keeps forms such as `x (y + z)` whole.
fn reduce(mut matrix: Vec<Vec<Rational>>, hyperbolic_first: bool) -> Option<Vec<Term>> {
    let n = matrix.len();
    let mut terms: Vec<Term> = Vec::new();
    let mut squares: Vec<(Rational, Vec<Rational>)> = Vec::new();
    loop {
        // A pair of isotropic directions: a_ii = 0 and a_ij != 0.
        let plane = (0..n).find_map(|i| {
            (matrix[i][i].is_zero()).then(|| (0..n).find(|&j| !matrix[i][j].is_zero()).map(|j| (i, j)))?
        });
        let squares_left = (0..n).filter(|&i| !matrix[i][i].is_zero());
        let pivot = if n <= STRUCTURED {
            squares_left.min()
        } else {
            squares_left.max_by(|&i, &j| {
                let size = |k: usize| matrix[k][k].abs().to_f64();
                size(i).total_cmp(&size(j)).then(j.cmp(&i))
            })
        };
        if pivot.is_some_and(|i| matrix[i][i].bits() > if n <= DENSE { BITS } else { BITS / 4 }) {
            return None;
        }
        match (plane, pivot) {
            (Some((i, j)), _) if hyperbolic_first || pivot.is_none() => {
                // With b = a_ij and d = a_jj: the part of the form that has x_i
                // or x_j is x_i-row l = sum_k a_ik x_k (it has no x_i) and
                // x_j-row m. Then 2 (l/b) (m - (d/(2b)) l) has exactly the
                // terms of the form in x_i and x_j.
                let b = matrix[i][j].clone();
                let l = matrix[i].clone();
                let ratio = &matrix[j][j] / &(&b + &b);
                let right: Vec<Rational> = matrix[j].iter().zip(&l).map(|(m, l)| m - &(l * &ratio)).collect();
                let coefficient = &Rational::from(2) / &b;
                subtract(&mut matrix, &coefficient, &l, &right);
                terms.push(Term { coefficient, left: l, right });
            }
            (_, Some(i)) => {
                let form = matrix[i].clone();
                let coefficient = matrix[i][i].recip();
                subtract(&mut matrix, &coefficient, &form, &form);
                squares.push((coefficient, form));
            }
            _ => break,
        }
    }
    pair_squares(squares, &mut terms);
    Some(terms)
}

/// `A -= coefficient * (left right^T + right left^T) / 2`
fn subtract(matrix: &mut [Vec<Rational>], coefficient: &Rational, left: &[Rational], right: &[Rational]) {
    let half = coefficient / &Rational::from(2);
    let left_support: Vec<usize> = (0..left.len()).filter(|&i| !left[i].is_zero()).collect();
    let right_support: Vec<usize> = (0..right.len()).filter(|&i| !right[i].is_zero()).collect();
    for &i in &left_support {
        for &j in &right_support {
            let change = &(&left[i] * &right[j]) * &half;
            matrix[i][j] -= &change;
            matrix[j][i] -= &change;
        }
    }
}

/// Joins squares of both signs to products wherever the form they span has
/// a rational isotropic vector that is found; the rest stays squares.
fn pair_squares(mut squares: Vec<(Rational, Vec<Rational>)>, terms: &mut Vec<Term>) {
    loop {
        let weights: Vec<Rational> = squares.iter().map(|(weight, _)| weight.clone()).collect();
        let Some(vector) = isotropic::small_vector(&weights) else { break };
        // In the coordinates of the squares the form is diagonal. With v the
        // vector, w a unit vector of its support: the same step as for a plane
        // of variables.
        let support: Vec<usize> = vector.iter().map(|(at, _)| *at).collect();
        let l: Vec<Rational> = vector.iter().map(|(at, n)| &weights[*at] * n).collect();
        let weight = &weights[support[0]];
        let b = weight * &vector[0].1;
        let ratio = weight / &(&b + &b);
        let right: Vec<Rational> = (0..l.len())
            .map(|k| {
                let m = if k == 0 { weight.clone() } else { Rational::ZERO };
                m - &l[k] * &ratio
            })
            .collect();
        let coefficient = &Rational::from(2) / &b;
        let mut rest = vec![vec![Rational::ZERO; l.len()]; l.len()];
        for (k, &at) in support.iter().enumerate() {
            rest[k][k] = weights[at].clone();
        }
        subtract(&mut rest, &coefficient, &l, &right);
        // Back to the variables.
        let expand = |row: &[Rational], squares: &[(Rational, Vec<Rational>)]| {
            let mut sum = vec![Rational::ZERO; squares[0].1.len()];
            for (factor, &at) in row.iter().zip(&support) {
                for (entry, part) in sum.iter_mut().zip(&squares[at].1) {
                    *entry += &(factor * part);
                }
            }
            sum
        };
        let term = Term { coefficient, left: expand(&l, &squares), right: expand(&right, &squares) };
        let mut remaining = Vec::new();
        while let Some(pivot) = (0..rest.len()).find(|&k| !rest[k][k].is_zero()) {
            let form = rest[pivot].clone();
            let coefficient = rest[pivot][pivot].recip();
            subtract(&mut rest, &coefficient, &form, &form);
            remaining.push((coefficient, expand(&form, &squares)));
        }
        if rest.iter().flatten().any(|entry| !entry.is_zero()) {
            // The rest has isotropic coordinates only: leave the squares.
            break;
        }
        terms.push(term);
        let mut at = 0;
        squares.retain(|_| {
            at += 1;
            !support.contains(&(at - 1))
        });
        squares.extend(remaining);
    }
    for (coefficient, form) in squares {
        terms.push(Term { coefficient, left: form.clone(), right: form });
    }
}

/// The linear form with the given coefficients.
pub(super) fn linear(coefficients: &[Rational], variables: &[Variable]) -> Polynomial {
    Polynomial::from_terms(
        coefficients
            .iter()
            .zip(variables)
            .map(|(coefficient, &variable)| (Monomial::variable(variable), coefficient.clone())),
    )
}
