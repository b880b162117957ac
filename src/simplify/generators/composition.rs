//! Functional decomposition: `p = f(g)` with f in one variable and g in any.
//!
//! With d the degree of p and r that of f, the highest form of p is a multiple
//! of `G^r`, with G the highest form of g. The lower forms of g follow one by
//! one, each by an exact division by `G^(r-1)`; then those of f, by comparing
//! leading terms (Kozen and Landau, "Polynomial decomposition algorithms",
//! 1989, there in one variable). Affine terms of p are free and are not
//! looked at. For r = 2 this completes the square of a polynomial. What p is
//! more than `f(g)` has a lower degree and is a rest.

use crate::algebra::factorization::{divide, factor};
use crate::exact::Rational;
use crate::model::{Kind, Monomial, Polynomial, Variable};
use crate::simplify::decomposition::{Decomposition, Fact, Product};
use crate::simplify::nested;

/// Cores with more terms are left alone.
const TERMS: usize = 4_000;

/// The core as f(g), exactly up to affine terms, or up to a shorter rest.
pub fn plans(core: &Polynomial) -> Vec<Vec<Fact>> {
    let degree = core.degree();
    let eligible = degree >= 4 && core.len() >= 2 && core.len() <= TERMS;
    if !eligible || core.variables().iter().any(|variable| variable.kind() != Kind::Real) {
        return Vec::new();
    }
    let Some(factors) = factor(&core.homogeneous_part(degree)) else { return Vec::new() };
    let common = factors.iter().fold(0, |common, (_, multiplicity)| gcd(common, *multiplicity));
    let mut plans = Vec::new();
    for outer_degree in (2..=common).filter(|r| common % r == 0 && degree / r >= 2) {
        let top =
            factors.iter().fold(Polynomial::constant(Rational::ONE), |top, (f, m)| &top * &f.pow(m / outer_degree));
        let Some((outer, inner, rest)) = decompose(core, top, outer_degree) else { continue };
        if inner.len() == 1 && core.variables().len() > 1 && outer.iter().filter(|c| !c.is_zero()).count() == 1 {
            // A power of a monomial in a sum says nothing.
            continue;
        }
        if rest.is_affine() {
            plans.push(composed(core, &outer, &inner));
        } else if inner.len() > 1 && rest.degree() <= degree - degree / outer_degree && rest.len() < core.len() {
            plans.push(vec![partly(core, &outer, &inner)]);
        }
    }
    plans
}

/// Coefficients of f, constant first and zero; g; and what is left.
fn decompose(core: &Polynomial, top: Polynomial, outer_degree: u32) -> Option<(Vec<Rational>, Polynomial, Polynomial)> {
    let (degree, inner_degree) = (core.degree(), top.degree());
    let power = top.pow(outer_degree);
    let leading = &core.terms()[0].1 / &power.terms()[0].1;
    let divisor = top.pow(outer_degree - 1).scaled(&(&leading * &Rational::from(outer_degree as i64)));
    let mut inner = top;
    for grade in 1..inner_degree {
        let error = (core - &inner.pow(outer_degree).scaled(&leading)).homogeneous_part(degree - grade);
        if error.is_zero() {
            continue;
        }
        // Where no g goes on, what there is so far may still serve.
        let Some(lower) = divide(&error, &divisor) else { break };
        inner = &inner + &lower;
    }
    let mut outer = vec![Rational::ZERO; outer_degree as usize + 1];
    let mut rest = core - &inner.pow(outer_degree).scaled(&leading);
    outer[outer_degree as usize] = leading;
    for exponent in (1..outer_degree).rev() {
        let power = inner.pow(exponent);
        let (monomial, leading) = &power.terms()[0];
        if rest.degree() < monomial.degree() {
            continue;
        }
        let coefficient = &rest.coefficient(monomial) / leading;
        rest = &rest - &power.scaled(&coefficient);
        outer[exponent as usize] = coefficient;
    }
    Some((outer, inner, rest))
}

/// The facts of `core = f(g) + affine`.
fn composed(core: &Polynomial, outer: &[Rational], inner: &Polynomial) -> Vec<Fact> {
    let variable = Variable::real(0);
    let terms = outer.iter().enumerate();
    let outer = Polynomial::from_terms(
        terms.filter_map(|(exponent, c)| Some((Monomial::power(variable, exponent as u32)?, c.clone()))),
    );
    let linear = outer.coefficient(&Monomial::variable(variable));
    let replacement = |_: Variable| inner.clone();
    let nonlinear = outer.nonlinear_part();
    let mut facts = nested::facts(&nonlinear, replacement);
    if facts.is_empty() {
        facts = nested::step(&nonlinear, replacement, "composition");
    }
    // core = nonlinear(g) + linear g + affine
    let value = nonlinear.substitute(|_| Some(inner.clone()));
    let affine = core - &(&value + &inner.scaled(&linear));
    let mut rest = vec![(Rational::ONE, value)];
    if !linear.is_zero() {
        rest.push((linear, inner.clone()));
    }
    if !affine.is_zero() {
        rest.push((Rational::ONE, affine));
    }
    if rest.len() > 1 {
        facts.push(Fact { target: core.clone(), decomposition: Decomposition { products: Vec::new(), rest } });
    }
    facts
}

/// `core = leading g^r + what is left`, where what is left is not affine.
fn partly(core: &Polynomial, outer: &[Rational], inner: &Polynomial) -> Fact {
    let exponent = outer.len() as u32 - 1;
    let leading = outer.last().cloned().unwrap_or_default();
    let rest = core - &inner.pow(exponent).scaled(&leading);
    let (left, right) = (inner.pow(exponent / 2), inner.pow(exponent - exponent / 2));
    Fact {
        target: core.clone(),
        decomposition: Decomposition {
            products: vec![(leading, Product::Pair(left, right))],
            rest: vec![(Rational::ONE, rest)],
        },
    }
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    prop_compose! {
        fn composition()(
            outer in proptest::collection::vec(-9i64..9, 2..4),
            inner in proptest::collection::vec((proptest::collection::vec(0usize..3, 0..4), -5i64..6), 1..5),
            scale in 1i64..5,
        ) -> Polynomial {
            let inner = Polynomial::from_terms(inner.into_iter().map(|(slots, value)| {
                (Monomial::from_factors(slots.iter().map(|&slot| crate::model::Factor { variable: Variable::real(5 * slot + 2), exponent: 1 })),
                 Rational::from(value))
            }));
            let leading = inner.pow(outer.len() as u32).scaled(&Rational::from(scale));
            outer.iter().enumerate().fold(leading, |sum, (k, &c)| &sum + &inner.pow(k as u32).scaled(&Rational::from(c)))
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        #[test]
        fn compositions_without_affine_terms_are_found(p in composition()) {
            let core = p.nonlinear_part();
            prop_assume!(core.len() > 1 && p.degree() >= 4);
            let core = core.primitive().0;
            let degree = core.degree();
            let factors = factor(&core.homogeneous_part(degree)).unwrap();
            for fact in plans(&core).into_iter().flatten() {
                prop_assert_eq!(fact.decomposition.expand(), fact.target);
            }
            // The outer degree is two or three; with a square of a linear form there is nothing to gain.
            let found = (2..4).any(|r| factors.iter().all(|(_, m)| m % r == 0) && degree / r >= 2
                && decompose(&core, factors.iter().fold(Polynomial::constant(Rational::ONE), |t, (f, m)| &t * &f.pow(m / r)), r)
                    .is_some_and(|(_, _, rest)| rest.is_affine()));
            prop_assert!(found || degree < 4 || p.degree() / 2 < 2 || p.degree() == 3);
        }
    }
}
