//! Binary forms as sums of powers of linear forms (Sylvester, 1851).
//!
//! A form `sum_i C(d, i) c_i x^(d-i) y^i` is a sum of r powers of the forms
//! `x + t_j y` exactly if `sum_k g_k c_(i+k) = 0` for i = 0 to d - r, where the
//! g_k are the coefficients of the polynomial with the roots t_j (a root at
//! infinity is the form y). So the least r is the first for which these
//! equations have a solution with r different real roots. Where they leave a
//! choice, some roots are chosen rational and the others follow.

use super::powers::PowerSum;
use crate::algebra::linear::{Echelon, row};
use crate::algebra::univariate;
use crate::exact::Rational;

/// A root of a binary form: a number, or infinity.
#[derive(Clone, PartialEq, Debug)]
enum Root {
    Finite(Rational),
    Infinite,
}

/// Roots that are chosen where there is a choice.
const CHOICES: [(i64, i64); 12] =
    [(0, 1), (1, 1), (-1, 1), (2, 1), (-2, 1), (1, 2), (-1, 2), (3, 1), (-3, 1), (1, 3), (-1, 3), (4, 1)];

/// How many choices are tried for each number of powers.
const TRIES: usize = 400;

/// The least number of real powers whose sum is the form with these
/// coefficients of `x^(d-i) y^i`, as forms in x and y.
pub(super) fn decompose(coefficients: &[Rational]) -> Option<PowerSum> {
    let degree = coefficients.len().checked_sub(1).filter(|&degree| degree >= 2)?;
    let mut binomial = Rational::ONE;
    let mut moments = Vec::with_capacity(degree + 1);
    for (i, coefficient) in coefficients.iter().enumerate() {
        moments.push(coefficient / &binomial);
        binomial = binomial * Rational::from((degree - i) as i64) / Rational::from(i as i64 + 1);
    }
    if moments.iter().all(Rational::is_zero) {
        return None;
    }
    (1..=degree).find_map(|count| with(&moments, degree, count))
}

/// The sum of `count` powers, if it was found.
fn with(moments: &[Rational], degree: usize, count: usize) -> Option<PowerSum> {
    let equations = (0..=degree - count).map(|i| row((0..=count).map(|k| (k, moments[i + k].clone()))));
    let equations = Echelon::of(equations);
    let freedom = count + 1 - equations.rank();
    if freedom == 0 {
        return None;
    }
    let mut tried = 0;
    let mut chosen: Vec<usize> = (0..freedom - 1).collect();
    loop {
        if let Some(sum) = with_roots(moments, degree, count, &equations, &chosen) {
            return Some(sum);
        }
        tried += 1;
        // The next combination; a root at infinity is the last choice.
        let most = CHOICES.len() + 1;
        let at = (0..chosen.len()).rev().find(|&at| chosen[at] + (chosen.len() - at) < most)?;
        if tried > TRIES {
            return None;
        }
        chosen[at] += 1;
        for later in at + 1..chosen.len() {
            chosen[later] = chosen[later - 1] + 1;
        }
    }
}

fn with_roots(
    moments: &[Rational],
    degree: usize,
    count: usize,
    equations: &Echelon,
    chosen: &[usize],
) -> Option<PowerSum> {
    let mut system = equations.clone();
    for &at in chosen {
        system.insert(match CHOICES.get(at) {
            Some(&(n, d)) => row((0..=count).map(|k| (k, Rational::new(n, d).pow(k as u32)))),
            None => row([(count, Rational::ONE)]),
        });
    }
    let null = system.nullspace(count + 1);
    let [polynomial] = null.as_slice() else { return None };
    let roots = real_roots(polynomial, count)?;
    // The factors of the powers, from the first equations.
    let power = |root: &Root, i: usize| match root {
        Root::Finite(t) => t.pow(i as u32),
        Root::Infinite if i == degree => Rational::ONE,
        Root::Infinite => Rational::ZERO,
    };
    // With a root at infinity the last moment, with which alone it has to do,
    // takes the place of one of the others.
    let infinite = roots.contains(&Root::Infinite);
    let indices: Vec<usize> = match infinite {
        true => (0..count - 1).chain([degree]).collect(),
        false => (0..count).collect(),
    };
    let conditions = indices.iter().map(|&i| {
        let entries = roots.iter().enumerate().map(|(at, root)| (at, power(root, i)));
        row(entries.chain([(count, moments[i].clone())]))
    });
    let system = Echelon::of(conditions);
    if (0..count).any(|at| system.rows().all(|(pivot, _)| pivot != at)) {
        return None;
    }
    let factors = system.solution(count)?;
    let forms = roots.into_iter().map(|root| match root {
        Root::Finite(t) => vec![Rational::ONE, t],
        Root::Infinite => vec![Rational::ZERO, Rational::ONE],
    });
    Some(PowerSum { terms: factors.into_iter().zip(forms).filter(|(factor, _)| !factor.is_zero()).collect() })
}

/// The roots of a binary form of a degree, if they are real and different:
/// rational where they are, otherwise rounded to doubles.
fn real_roots(polynomial: &[Rational], degree: usize) -> Option<Vec<Root>> {
    let finite = univariate::trim(polynomial.to_vec());
    let mut roots = Vec::new();
    match degree + 1 - finite.len() {
        0 => {}
        1 => roots.push(Root::Infinite),
        _ => return None,
    }
    let common = univariate::gcd(&finite, &univariate::derivative(&finite));
    if common.len() > 1 {
        return None;
    }
    for (factor, _) in univariate::factor(&finite)? {
        match factor.as_slice() {
            [constant, slope] => roots.push(Root::Finite(-constant.clone() / slope.clone())),
            _ => {
                let found = zeros(&factor);
                if found.len() + 1 != factor.len() {
                    return None;
                }
                roots.extend(found.into_iter().map(Root::Finite));
            }
        }
    }
    (roots.len() == degree).then_some(roots)
}

/// The real zeros of a square-free polynomial, rounded to doubles: between
/// those of its derivative there is at most one, found by bisection with
/// exact signs.
fn zeros(polynomial: &[Rational]) -> Vec<Rational> {
    if polynomial.len() < 2 {
        return Vec::new();
    }
    let value = |x: &Rational| polynomial.iter().rev().fold(Rational::ZERO, |sum, c| sum * x + c);
    let slope = univariate::trim(univariate::derivative(polynomial));
    let leading = polynomial.last().expect("not empty").abs();
    // Cauchy's bound.
    let largest = polynomial.iter().map(|c| (c.abs() / leading.clone()).to_f64()).fold(0.0, f64::max);
    let Some(bound) = Rational::from_f64(libm::ceil(largest + 1.0)) else { return Vec::new() };
    let mut ends = vec![-bound.clone()];
    ends.extend(zeros(&slope));
    ends.push(bound);
    let mut found = Vec::new();
    for pair in ends.windows(2) {
        let (mut low, mut high) = (pair[0].to_f64(), pair[1].to_f64());
        let sign = |x: f64| Rational::from_f64(x).map(|x| value(&x).is_negative());
        let (Some(at_low), Some(at_high)) = (sign(low), sign(high)) else { continue };
        if at_low == at_high || low >= high {
            continue;
        }
        loop {
            let middle = low + (high - low) / 2.0;
            if middle <= low || middle >= high {
                break;
            }
            if sign(middle) == Some(at_low) { low = middle } else { high = middle }
        }
        found.extend(Rational::from_f64(high));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn expand(sum: &PowerSum, degree: usize) -> Vec<Rational> {
        let mut binomial = Rational::ONE;
        (0..=degree)
            .map(|i| {
                let value = sum.terms.iter().fold(Rational::ZERO, |total, (factor, form)| {
                    total + factor * &form[0].pow((degree - i) as u32) * &form[1].pow(i as u32)
                });
                let value = value * &binomial;
                binomial = &binomial * &Rational::from((degree - i) as i64) / Rational::from(i as i64 + 1);
                value
            })
            .collect()
    }

    #[test]
    fn known_ranks() {
        // x^(d-1) y has rank d, x^2 y^2 real rank 4; xy(x+y)... is a cubic with
        // three real roots, of real rank 3; x^3 + y^3 rank 2.
        for (coefficients, rank) in [
            (vec![0, 1, 0, 0], 3),
            (vec![0, 1, 0, 0, 0], 4),
            (vec![0, 0, 1, 0, 0], 4),
            (vec![0, 1, 1, 0], 3),
            (vec![1, 0, 0, 1], 2),
            (vec![1, 4, 6, 4, 1], 1),
            (vec![0, 1, 0], 2),
        ] {
            let form: Vec<Rational> = coefficients.into_iter().map(Rational::from).collect();
            let sum = decompose(&form).unwrap();
            assert_eq!(sum.terms.len(), rank, "{form:?}");
            assert_eq!(expand(&sum, form.len() - 1), form);
        }
    }

    proptest! {
        #[test]
        fn sums_of_powers_expand_to_the_form(coefficients in proptest::collection::vec(-4i64..5, 3..8)) {
            let form: Vec<Rational> = coefficients.iter().map(|&c| Rational::from(c)).collect();
            prop_assume!(form.iter().any(|c| !c.is_zero()));
            let degree = form.len() - 1;
            let sum = decompose(&form).expect("every form has a sum of real powers");
            prop_assert!(sum.terms.len() <= degree);
            for (found, expected) in expand(&sum, degree).iter().zip(&form) {
                prop_assert!((found.clone() - expected.clone()).abs().to_f64() < 1e-6, "{found} {expected}");
            }
        }
    }
}
