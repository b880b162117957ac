//! Polynomials by neurons along given directions.
//!
//! A layer `sum_k w_k s(b + l a_k.x)` has the terms of degree j
//! `(l^j s_j(b) / j!) sum_k w_k (a_k.x)^j`. If weights `c_k` make the sum of
//! `c_k (a_k.x)^j` a form of degree j and that of every other degree from 1 to
//! the highest zero, then `w_k = sum over j of c_k j! / (l^j s_j)` computes
//! the polynomial up to terms of higher degree; the constant is the output's
//! bias (derived here; the finite differences of 1705.05502, 4.2, are of this
//! kind).

use crate::algebra::linear::{Echelon, row};
use crate::exact::Rational;
use crate::model::{Monomial, Polynomial, Variable};

/// A polynomial as sums of powers over common directions.
#[derive(Clone, PartialEq, Debug)]
pub struct Nodes {
    /// The variables.
    pub variables: Vec<Variable>,
    /// The directions a_k, a coefficient for each variable; none is zero.
    pub nodes: Vec<Vec<Rational>>,
    /// For a degree, the weight of each direction: the sum of weights times
    /// `(a_k.x)^degree` is the polynomial's part of that degree, and with
    /// other exponents from 1 to the highest degree it is zero.
    pub weights: Vec<(u32, Vec<Rational>)>,
}

impl Nodes {
    /// The highest degree.
    pub fn degree(&self) -> u32 {
        self.weights.iter().map(|(degree, _)| *degree).max().unwrap_or(0)
    }

    /// The linear form of a direction.
    fn form(&self, node: &[Rational]) -> Polynomial {
        let terms = self.variables.iter().zip(node);
        Polynomial::from_terms(terms.map(|(variable, c)| (Monomial::variable(*variable), c.clone())))
    }

    /// The polynomial that is computed, expanded.
    pub fn polynomial(&self) -> Polynomial {
        let mut sum = Polynomial::zero();
        for (degree, weights) in &self.weights {
            sum = &sum + &self.moment(weights, *degree);
        }
        sum
    }

    /// The sum over the directions of weights times a power of their form.
    fn moment(&self, weights: &[Rational], degree: u32) -> Polynomial {
        let mut sum = Polynomial::zero();
        for (node, weight) in self.nodes.iter().zip(weights).filter(|(_, weight)| !weight.is_zero()) {
            let form = self.form(node);
            let mut power = form.clone();
            for _ in 1..degree {
                power = &power * &form;
            }
            sum = &sum + &power.scaled(weight);
        }
        sum
    }

    /// Whether the sums that have to be zero are.
    pub fn is_exact(&self) -> bool {
        self.weights.iter().all(|(own, weights)| {
            (1..=self.degree()).filter(|degree| degree != own).all(|degree| self.moment(weights, degree).is_zero())
        })
    }

    /// A polynomial of one linear form, `coefficients[k]` being that of its
    /// k-th power (the constant and the linear one are left out): as many
    /// neurons as its degree (1705.05502, theorem 4.5, without the one that the
    /// output's bias replaces). Those of an even polynomial are in pairs of
    /// opposite directions, so that the next degree vanishes too.
    pub fn ridge(variables: Vec<Variable>, direction: &[Rational], coefficients: &[Rational]) -> Option<Nodes> {
        let degree = coefficients.iter().rposition(|c| !c.is_zero()).filter(|&degree| degree >= 2)?;
        let powers: Vec<usize> = (2..=degree).filter(|&k| !coefficients[k].is_zero()).collect();
        let even = powers.iter().all(|k| k % 2 == 0);
        // Multiples of the direction: 1, -1, 2, -2, ...
        let count = degree;
        let multiples: Vec<i64> =
            (0..count as i64).map(|k| if k % 2 == 0 { k / 2 + 1 } else { -(k / 2) - 1 }).collect();
        let weights = powers.iter().map(|&own| {
            // The weights w_t with sum over t of w_t t^j equal to the
            // coefficient for j = own and zero for the other j.
            let conditions = (1..=degree).map(|j| {
                let entries = multiples.iter().enumerate().map(|(at, &t)| (at, Rational::from(t).pow(j as u32)));
                let right = if j == own { coefficients[own].clone() } else { Rational::ZERO };
                row(entries.chain([(count, right)]))
            });
            let mirrored = (0..count / 2)
                .filter(|_| even)
                .map(|pair| row([(2 * pair, Rational::ONE), (2 * pair + 1, Rational::MINUS_ONE)]));
            Echelon::of(conditions.chain(mirrored)).solution(count).map(|weights| (own as u32, weights))
        });
        let weights = weights.collect::<Option<Vec<_>>>()?;
        let nodes = multiples.iter().map(|&t| direction.iter().map(|c| c * &Rational::from(t)).collect()).collect();
        Some(Nodes { variables, nodes, weights })
    }
}
