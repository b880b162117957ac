//! Forms of a few variables as sums of powers, found numerically.
//!
//! For r = 1, 2, .. the coefficients of `sum_k c_k (a_k.x)^d` are fitted to
//! those of the form by Levenberg and Marquardt's method from several starts;
//! the first r whose residual vanishes to rounding is taken. The directions
//! and factors are doubles, so the sum differs from the form a little: the
//! caller bounds the exact difference on the domain.

use crate::algebra::least_squares::{LeastSquares, Limits, minimize};
use crate::exact::Rational;
use crate::model::{Monomial, Polynomial, Variable};
use crate::modular::scramble;

/// A sum of `factor * (form . x)^d`.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct PowerSum {
    /// Factors and forms.
    pub(super) terms: Vec<(Rational, Vec<Rational>)>,
}

/// Forms of more variables, or with more coefficients, are not tried.
const MOST_VARIABLES: usize = 6;
const MOST_COEFFICIENTS: usize = 130;
/// Starts for each number of powers.
const STARTS: u64 = 6;
/// A residual, relative to the form's largest coefficient, that is rounding.
const ROUNDING: f64 = 1e-13;
const LIMITS: Limits = Limits { steps: 120, zero: (ROUNDING / 8.0) * (ROUNDING / 8.0), halfway: 1e-3 };

/// All exponents of a degree.
fn exponents(variables: usize, degree: u32) -> Vec<Vec<u32>> {
    if variables == 1 {
        return vec![vec![degree]];
    }
    let mut all = Vec::new();
    for first in (0..=degree).rev() {
        for mut rest in exponents(variables - 1, degree - first) {
            rest.insert(0, first);
            all.push(rest);
        }
    }
    all
}

/// A form in given variables as a sum of at most `most` powers.
pub(super) fn decompose(form: &Polynomial, variables: &[Variable], most: usize) -> Option<PowerSum> {
    let degree = form.degree();
    let n = variables.len();
    if n > MOST_VARIABLES || !(3..=8).contains(&degree) {
        return None;
    }
    let exponents = exponents(n, degree);
    if exponents.len() > MOST_COEFFICIENTS {
        return None;
    }
    let factorial = |k: u32| (1..=k as u64).product::<u64>() as f64;
    let multinomial: Vec<f64> = exponents
        .iter()
        .map(|powers| factorial(degree) / powers.iter().map(|&r| factorial(r)).product::<f64>())
        .collect();
    // In the norm in which all directions are alike (Bombieri's), residuals
    // are divided by the square roots of the multinomial coefficients.
    let target: Vec<f64> = exponents
        .iter()
        .zip(&multinomial)
        .map(|(powers, multinomial)| {
            let factors = variables.iter().zip(powers).filter(|(_, power)| **power > 0);
            let monomial = Monomial::from_factors(
                factors.map(|(&variable, &power)| crate::model::Factor { variable, exponent: power as u16 }),
            );
            form.coefficient(&monomial).to_f64() / multinomial.sqrt()
        })
        .collect();
    let scale = target.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    if !scale.is_normal() {
        return None;
    }
    let problem = Problem { n, degree: degree as i32, exponents, multinomial, target, scale };
    (1..=most).find_map(|count| (0..STARTS).find_map(|start| problem.fit(count, start)))
}

/// A fit of powers to a form.
struct Problem {
    n: usize,
    degree: i32,
    exponents: Vec<Vec<u32>>,
    multinomial: Vec<f64>,
    target: Vec<f64>,
    scale: f64,
}

impl Problem {
    /// The unknowns of a term: its factor, then its direction.
    fn width(&self) -> usize {
        self.n + 1
    }

    /// Derivatives of the residuals: rows of unknowns.
    fn jacobian(&self, unknowns: &[f64]) -> Vec<Vec<f64>> {
        let mut rows = vec![Vec::with_capacity(unknowns.len()); self.exponents.len()];
        for term in unknowns.chunks(self.width()) {
            for ((powers, multinomial), row) in self.exponents.iter().zip(&self.multinomial).zip(&mut rows) {
                let root = multinomial.sqrt();
                row.push(root * product(&term[1..], powers, None));
                row.extend((0..self.n).map(|k| root * term[0] * product(&term[1..], powers, Some(k))));
            }
        }
        rows
    }

    fn fit(&self, count: usize, start: u64) -> Option<PowerSum> {
        let width = self.width();
        let random = |at: usize| {
            let key = scramble(scramble(start.wrapping_mul(1_000_003) ^ (count as u64) << 40) ^ at as u64);
            (key >> 11) as f64 / (1u64 << 52) as f64 - 1.0
        };
        let start = (0..count * width).map(random).collect();
        let (unknowns, residuals) = minimize(self, start, &LIMITS)?;
        let largest = residuals.iter().fold(0.0, |most: f64, r| most.max(r.abs()));
        if largest.is_nan() || largest > ROUNDING {
            return None;
        }
        // Directions of length one; the factors take their powers.
        let terms = unknowns.chunks(width).map(|term| {
            let length = term[1..].iter().map(|c| c * c).sum::<f64>().sqrt();
            let factor = term[0] * self.scale * (0..self.degree).fold(1.0, |power, _| power * length);
            let form = term[1..].iter().map(|c| Rational::from_f64(c / length)).collect::<Option<Vec<_>>>()?;
            Some((Rational::from_f64(factor)?, form))
        });
        let terms = terms.collect::<Option<Vec<_>>>()?;
        // Powers that cancel one another in the limit are no decomposition.
        let bounded = terms.iter().all(|(factor, _)| factor.abs().to_f64() < 1e6 * self.scale);
        bounded.then_some(PowerSum { terms })
    }
}

impl LeastSquares for Problem {
    fn residuals(&self, unknowns: &[f64]) -> Vec<f64> {
        let mut residuals: Vec<f64> = self.target.iter().map(|value| -value / self.scale).collect();
        for term in unknowns.chunks(self.width()) {
            for ((powers, multinomial), residual) in self.exponents.iter().zip(&self.multinomial).zip(&mut residuals) {
                *residual += multinomial.sqrt() * term[0] * product(&term[1..], powers, None);
            }
        }
        residuals
    }

    fn normal_equations(&self, unknowns: &[f64], residuals: &[f64]) -> (Vec<Vec<f64>>, Vec<f64>) {
        let jacobian = self.jacobian(unknowns);
        let size = unknowns.len();
        let mut normal = vec![vec![0.0; size]; size];
        let mut right = vec![0.0; size];
        for (row, residual) in jacobian.iter().zip(residuals) {
            for i in 0..size {
                right[i] -= row[i] * residual;
                for j in 0..=i {
                    normal[i][j] += row[i] * row[j];
                }
            }
        }
        (normal, right)
    }
}

/// The product of powers, or its derivative by one of the variables.
fn product(values: &[f64], powers: &[u32], by: Option<usize>) -> f64 {
    values
        .iter()
        .zip(powers)
        .enumerate()
        .map(|(at, (value, &power))| match (by == Some(at), power) {
            (true, 0) => 0.0,
            (true, power) => power as f64 * (1..power).fold(1.0, |product, _| product * value),
            (false, power) => (0..power).fold(1.0, |product, _| product * value),
        })
        .product()
}
