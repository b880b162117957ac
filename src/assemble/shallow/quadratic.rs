//! Quadratic forms of rank r by r + 1 neurons.
//!
//! With one centre where s' is not zero, neurons along a_k with weights w_k
//! compute a quadratic form Q if `sum w_k a_k = 0` and `sum w_k a_k a_k^T = Q`.
//! Then `sum w_k (1, a_k) (1, a_k)^T = diag(m, Q)` for some m, so that with
//! m not zero r + 1 neurons are needed, and r + 1 suffice: the form
//! diag(m, d_1, .., d_r) in the basis of its squares is a sum of r + 1 squares
//! of vectors whose first entries are not zero, the images of the basis under
//! a reflection of the form itself (derived here).

use super::Nodes;
use crate::exact::Rational;
use crate::model::{Polynomial, Variable};

/// A square of a linear form: the coefficient and the form's coefficients.
pub(in crate::assemble) type Square = (Rational, Vec<Rational>);

/// The matrix of a quadratic form in given variables; other terms are left
/// out.
pub(super) fn matrix(form: &Polynomial, variables: &[Variable]) -> Vec<Vec<Rational>> {
    let place = |variable: Variable| variables.iter().position(|known| *known == variable);
    let mut matrix = vec![vec![Rational::ZERO; variables.len()]; variables.len()];
    for (monomial, coefficient) in form.terms() {
        match monomial.factors() {
            [factor] if factor.exponent == 2 => {
                if let Some(at) = place(factor.variable) {
                    matrix[at][at] += coefficient;
                }
            }
            [a, b] if a.exponent == 1 && b.exponent == 1 => {
                if let (Some(a), Some(b)) = (place(a.variable), place(b.variable)) {
                    let half = coefficient / &Rational::from(2);
                    matrix[a][b] += &half;
                    matrix[b][a] += &half;
                }
            }
            _ => {}
        }
    }
    matrix
}

/// A form as a sum of as many squares as its rank (Lagrange).
pub(super) fn squares(mut matrix: Vec<Vec<Rational>>) -> Vec<Square> {
    let n = matrix.len();
    let mut squares = Vec::new();
    loop {
        let diagonal = (0..n).find(|&i| !matrix[i][i].is_zero()).map(|i| (i, i));
        let pair = || (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j))).find(|&(i, j)| !matrix[i][j].is_zero());
        let Some((i, j)) = diagonal.or_else(pair) else { return squares };
        // Along e_i, or e_i + e_j where both squares vanish, the form is not
        // zero.
        let image: Vec<Rational> =
            (0..n).map(|k| if i == j { matrix[k][i].clone() } else { &matrix[k][i] + &matrix[k][j] }).collect();
        let value = if i == j { image[i].clone() } else { &image[i] + &image[j] };
        let inverse = value.recip();
        for (a, row) in matrix.iter_mut().enumerate() {
            for (b, entry) in row.iter_mut().enumerate() {
                *entry -= &(&(&image[a] * &image[b]) * &inverse);
            }
        }
        squares.push((inverse, image));
    }
}

/// The neurons of a sum of independent squares, one more than there are.
pub(in crate::assemble) fn simplex(variables: &[Variable], squares: &[Square]) -> Option<Nodes> {
    // What the nodes' sizes are compared in: forms of about the same size.
    let size = |(c, form): &Square| {
        let largest = form.iter().map(|c| c.abs().to_f64()).fold(0.0, f64::max);
        c.abs().to_f64().sqrt() * largest
    };
    let typical = squares.iter().map(size).fold(0.0, f64::max);
    if squares.is_empty() || !typical.is_normal() {
        return None;
    }
    let near = |value: f64| Rational::from_f64(libm::rint(value * 64.0).max(1.0) / 64.0).unwrap_or(Rational::ONE);
    let mut best: Option<(f64, Vec<Vec<Rational>>, Vec<Rational>)> = None;
    for trial in 0..96u64 {
        // The first entry m = +-1, and a vector z whose reflection is tried.
        let sign = if trial % 2 == 0 { Rational::ONE } else { Rational::MINUS_ONE };
        let metric: Vec<Rational> = [sign].into_iter().chain(squares.iter().map(|(c, _)| c.clone())).collect();
        let factor = |at: usize| {
            let random = crate::modular::scramble(crate::modular::scramble(trial / 2) ^ at as u64) % 64;
            let spread = if trial < 2 { 1.0 } else { 0.5 + random as f64 / 32.0 };
            if at == 0 { spread * [1.0, 0.5, 2.0, 4.0][(trial as usize / 2) % 4] } else { spread }
        };
        let z: Vec<Rational> = metric
            .iter()
            .enumerate()
            .map(|(at, value)| {
                // Powers of two that make the square roots about one.
                let root = value.abs().to_f64().sqrt();
                let unit = libm::exp2(libm::rint(libm::log2(root)));
                near(factor(at) * root / unit) * Rational::from_f64(unit).unwrap_or(Rational::ONE)
            })
            .collect();
        let s = z.iter().zip(&metric).fold(Rational::ZERO, |sum, (z, m)| sum + z * z / m.clone());
        if s.is_zero() {
            continue;
        }
        let Some((nodes, weights)) = reflected(&z, &metric, &s, squares, variables.len()) else { continue };
        let reach = nodes.iter().map(|node| node.iter().map(|c| c.abs().to_f64()).sum::<f64>()).fold(0.0, f64::max);
        let cost = weights.iter().map(|weight| weight.abs().to_f64()).sum::<f64>() * reach * reach;
        if best.as_ref().is_none_or(|(known, _, _)| cost < *known) {
            best = Some((cost, nodes, weights));
        }
    }
    let (_, nodes, weights) = best?;
    Some(Nodes { variables: variables.to_vec(), nodes, weights: vec![(2, weights)] })
}

/// The images of the basis under the reflection of the form at z, as neurons;
/// `None` where one has no first entry.
fn reflected(
    z: &[Rational],
    metric: &[Rational],
    s: &Rational,
    squares: &[Square],
    variables: usize,
) -> Option<(Vec<Vec<Rational>>, Vec<Rational>)> {
    let mut nodes = Vec::with_capacity(metric.len());
    let mut weights = Vec::with_capacity(metric.len());
    for k in 0..metric.len() {
        // e_k - 2 z (z^T M^-1 e_k) / (z^T M^-1 z)
        let factor = Rational::from(2) * &z[k] / (&metric[k] * s);
        let image: Vec<Rational> = (0..metric.len())
            .map(|i| {
                let own = if i == k { Rational::ONE } else { Rational::ZERO };
                own - &factor * &z[i]
            })
            .collect();
        if image[0].is_zero() {
            return None;
        }
        let inverse = image[0].recip();
        let mut node = vec![Rational::ZERO; variables];
        for (entry, (_, form)) in image[1..].iter().zip(squares) {
            let share = entry * &inverse;
            node.iter_mut().zip(form).for_each(|(sum, c)| *sum += &(&share * c));
        }
        nodes.push(node);
        weights.push(&image[0] * &image[0] * &metric[k]);
    }
    Some((nodes, weights))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Monomial;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn one_neuron_more_than_the_rank(entries in proptest::collection::vec(-3i64..4, 10)) {
            let variables: Vec<Variable> = (0..4).map(Variable::real).collect();
            let pairs = (0..4).flat_map(|i| (i..4).map(move |j| (i, j)));
            let terms = pairs.zip(&entries).map(|((i, j), &c)| {
                let monomial = Monomial::variable(variables[i]).multiply(&Monomial::variable(variables[j]));
                (monomial, Rational::from(c))
            });
            let form = Polynomial::from_terms(terms);
            let squares = squares(matrix(&form, &variables));
            prop_assume!(!squares.is_empty());
            let nodes = simplex(&variables, &squares).unwrap();
            prop_assert_eq!(nodes.nodes.len(), squares.len() + 1);
            prop_assert_eq!(nodes.polynomial(), form);
            prop_assert!(nodes.is_exact());
        }
    }
}
