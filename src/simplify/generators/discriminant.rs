//! Discriminants, recognised by their gradings.
//!
//! The discriminant of `a_0 + ... + a_n x^n` is homogeneous of degree 2n - 2
//! and isobaric: all of its gradings lie in a plane, in which the weights of
//! the variables stand on a line at equal distances. Among its terms are
//! `a_1^2 ... a_(n-1)^2` and, with the coefficient -4 to it, the same with
//! `a_(k-1) a_(k+1)` in the place of `a_k^2`: that gives the scale of each
//! variable from those of the two before it, and the first two are free (the degree and
//! the weight). The discriminant is then the resultant of both partial
//! derivatives of the binary form, up to a constant: Bezout's matrix of size n - 1
//! (Gelfand, Kapranov and Zelevinsky, Discriminants, Resultants, and
//! Multidimensional Determinants, chapter 12).

use super::determinant::{self, determinant};
use super::origin::{self, Centred};
use super::resultant::hybrid_matrix;
use crate::algebra::linear::{Echelon, row};
use crate::exact::Rational;
use crate::model::{Factor, Kind, Monomial, Polynomial, Variable};
use crate::simplify::decomposition::Fact;

/// Terms of all minors together, for each term of the core.
const TERMS: usize = 400;

/// A plan if the core is a discriminant of degree three or more.
pub fn plans(core: &Polynomial) -> Vec<Vec<Fact>> {
    let variables = core.variables();
    let eligible = core.degree() >= 4 && (3..=determinant::ROWS + 1).contains(&variables.len());
    if !eligible || variables.iter().any(|variable| variable.kind() != Kind::Real) {
        return Vec::new();
    }
    // The highest coefficient may be a constant.
    let forms = [origin::centre(core), origin::with_unit(core)];
    forms.into_iter().flatten().find_map(|form| plan(core, &form)).into_iter().collect()
}

fn plan(core: &Polynomial, centred: &Centred) -> Option<Vec<Fact>> {
    let a: Vec<Polynomial> = coefficients(&centred.form)?
        .into_iter()
        .map(|(variable, scale)| centred.variable(variable).scaled(&scale))
        .collect();
    let n = a.len() - 1;
    let along_x: Vec<Polynomial> = (1..=n).map(|k| a[k].scaled(&Rational::from(k as i64))).collect();
    let along_y: Vec<Polynomial> = (0..n).map(|k| a[k].scaled(&Rational::from((n - k) as i64))).collect();
    let (matrix, mut facts) = hybrid_matrix(&along_x, &along_y)?;
    if !centred.is_multiple_of_determinant(&matrix)? {
        return None;
    }
    facts.extend(determinant(&matrix, TERMS * core.len() + 10_000)?.facts_of_multiple(core)?);
    Some(facts)
}

/// The variables by their index, each with its scale.
fn coefficients(form: &Polynomial) -> Option<Vec<(Variable, Rational)>> {
    let variables = form.variables();
    let order = by_weight(form, &variables)?;
    let n = order.len().checked_sub(1)?;
    if n < 3 || form.degree() as usize != 2 * n - 2 {
        return None;
    }
    // The squares of all inner variables, with one of them exchanged.
    let coefficient = |exchanged: Option<usize>| {
        let mut exponents = vec![2u16; n + 1];
        (exponents[0], exponents[n]) = (0, 0);
        if let Some(at) = exchanged {
            exponents[at] = 0;
            exponents[at - 1] += 1;
            exponents[at + 1] += 1;
        }
        let factors = order.iter().zip(exponents).filter(|(_, exponent)| *exponent > 0);
        let factors = factors.map(|(&variable, exponent)| Factor { variable, exponent });
        form.coefficient(&Monomial::from_factors(factors))
    };
    let base = coefficient(None);
    if base.is_zero() {
        return None;
    }
    let mut scales = vec![Rational::ONE, Rational::ONE];
    for at in 1..n {
        let ratio = &(&coefficient(Some(at)) / &base) * &Rational::new(-1, 4);
        if ratio.is_zero() {
            return None;
        }
        let next = &(&(&scales[at] * &scales[at]) * &ratio) / &scales[at - 1];
        scales.push(next);
    }
    Some(order.into_iter().zip(scales).collect())
}

/// The variables by rising weight, if there are just two gradings and the
/// weights have equal distances.
fn by_weight(form: &Polynomial, variables: &[Variable]) -> Option<Vec<Variable>> {
    let n = variables.len();
    let mut echelon = Echelon::default();
    let exponents = |monomial: &Monomial| variables.iter().map(|&v| monomial.exponent(v) as i64).collect::<Vec<_>>();
    let first = exponents(&form.terms().first()?.0);
    for (monomial, _) in form.terms() {
        let difference = exponents(monomial).into_iter().zip(&first).map(|(e, o)| Rational::from(e - o)).enumerate();
        echelon.insert(row(difference));
        if echelon.rank() + 2 > n {
            return None;
        }
    }
    let [one, two]: [Vec<Rational>; 2] = echelon.nullspace(n).try_into().ok()?;
    // The form is homogeneous, so that all weights one are in the plane: either
    // vector, unless it is that one, is a weight.
    let constant = one.iter().all(|weight| *weight == one[0]);
    let weights = if constant { two } else { one };
    let mut sorted: Vec<(Rational, Variable)> = weights.into_iter().zip(variables.iter().copied()).collect();
    sorted.sort();
    let step = &sorted.get(1)?.0 - &sorted[0].0;
    let even = sorted.windows(2).all(|pair| &pair[1].0 - &pair[0].0 == step);
    (even && !step.is_zero()).then(|| sorted.into_iter().map(|(_, variable)| variable).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The discriminant, times the highest coefficient, as the determinant of
    /// Sylvester's matrix of a polynomial and its derivative.
    fn times_leading(a: &[Polynomial]) -> Polynomial {
        let n = a.len() - 1;
        let derivative: Vec<Polynomial> = (1..=n).map(|k| a[k].scaled(&Rational::from(k as i64))).collect();
        let mut matrix = vec![vec![Polynomial::zero(); 2 * n - 1]; 2 * n - 1];
        for i in 0..n - 1 {
            (0..=n).for_each(|k| matrix[i][i + k] = a[k].clone());
        }
        for i in 0..n {
            (0..n).for_each(|k| matrix[n - 1 + i][i + k] = derivative[k].clone());
        }
        determinant(&matrix, usize::MAX).unwrap().value
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        /// Permuted and scaled, with or without the highest coefficient.
        #[test]
        fn disguised_discriminants_are_recognised(
            n in 3usize..5, seed in 0u64..1000, monic: bool,
            scales in proptest::collection::vec((1i64..9, 1i64..5, any::<bool>()), 6),
        ) {
            let mut slots: Vec<usize> = (0..n).collect();
            (0..n).for_each(|at| slots.swap(at, crate::modular::scramble(seed * 16 + at as u64) as usize % n));
            let mut a: Vec<Polynomial> = slots.iter().zip(&scales).map(|(&slot, &(p, q, turned))| {
                Polynomial::variable(Variable::real(slot)).scaled(&Rational::new(if turned { -p } else { p }, q))
            }).collect();
            let last = Variable::real(n);
            a.push(Polynomial::variable(last));
            // The highest coefficient divides.
            let times = times_leading(&a);
            let (core, rest) = times.split_by(&Monomial::variable(last));
            prop_assert!(rest.is_zero());
            let scale = Rational::from(scales[n].0);
            let one = |variable: Variable| (variable == last).then(|| {
                if monic { Polynomial::constant(scale.clone()) } else { Polynomial::variable(last).scaled(&scale) }
            });
            let core = core.substitute(one).nonlinear_part();
            let plan = plans(&core);
            prop_assert_eq!(plan.len(), 1);
            prop_assert_eq!(&plan[0].last().unwrap().target, &core);
            for fact in &plan[0] {
                prop_assert_eq!(fact.decomposition.expand(), fact.target.clone());
            }
        }
    }

    #[test]
    fn what_is_no_discriminant_is_left_alone() {
        let x: Vec<Polynomial> = (0..4).map(|slot| Polynomial::variable(Variable::real(slot))).collect();
        let times = times_leading(&x);
        let (core, _) = times.split_by(&Monomial::variable(Variable::real(3)));
        assert_eq!(plans(&core).len(), 1);
        assert!(plans(&(&core + &(&x[0].pow(2) * &x[3].pow(2)))).is_empty());
    }
}
