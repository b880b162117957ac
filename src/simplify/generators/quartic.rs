//! Quartics by a square and products that take in the rest.
//!
//! Where `v^4` has a constant coefficient, `p = a S^2 + v C + D` with a
//! quadratic S and with C and D free of v: completing the square takes all
//! terms of v of degree 2 and above. With `C = sum of w_i A_i` over the other
//! variables, `v C + D = sum of (v w_i + P_i) A_i` and a rest of degree 2, where
//! the quadratics P_i solve `D = sum of P_i A_i` above degree 2: a linear
//! system, which has a solution for generic A_i in few variables, since a form
//! of high degree lies in the ideal of as many quadratic forms as there are
//! variables. The quadratics are sums of products of two variables, which are
//! shared (derived here). A generic quartic in three variables takes nine
//! products.

use std::collections::BTreeMap;

use crate::algebra::linear::{Echelon, row};
use crate::exact::Rational;
use crate::model::{Kind, Monomial, Polynomial, Variable};
use crate::simplify::decomposition::{Decomposition, Fact, Product};

/// Cores in more variables are left alone.
const VARIABLES: usize = 5;

/// A plan for each variable whose fourth power has a constant coefficient.
pub fn plans(core: &Polynomial) -> Vec<Vec<Fact>> {
    let variables = core.variables();
    let eligible = core.degree() == 4 && (2..=VARIABLES).contains(&variables.len()) && core.len() > 4;
    if !eligible || variables.iter().any(|v| v.kind() != Kind::Real) {
        return Vec::new();
    }
    variables.iter().filter(|&&v| core.degree_in(v) == 4).filter_map(|&v| plan(core, v, &variables)).collect()
}

fn plan(core: &Polynomial, variable: Variable, variables: &[Variable]) -> Option<Vec<Fact>> {
    let coefficients = core.coefficients_in(variable);
    let leading = coefficients[4].as_constant()?;
    let v = Polynomial::variable(variable);
    let half = (&leading + &leading).recip();
    let linear = coefficients[3].scaled(&half);
    let constant = &coefficients[2].scaled(&half) - &(&linear * &linear).scaled(&Rational::new(1, 2));
    let square = &(&v.pow(2) + &(&linear * &v)) + &constant;
    let left = core - &square.pow(2).scaled(&leading);
    let left = left.coefficients_in(variable);
    if left.len() > 2 {
        return None;
    }
    let (below, cubic) = (left.first()?, left.get(1).cloned().unwrap_or_default());
    let others: Vec<Variable> = variables.iter().copied().filter(|&other| other != variable).collect();
    let mut facts = Vec::new();
    let mut whole = Decomposition::default();
    whole.products.push((leading, Product::Pair(square.clone(), square.clone())));
    // S is a square of a form and a quadratic of the others.
    let base = &v + &linear.scaled(&Rational::new(1, 2));
    let rest = &square - &base.pow(2);
    let mut parts =
        Decomposition { products: vec![(Rational::ONE, Product::Pair(base.clone(), base))], rest: Vec::new() };
    parts.rest = terms(&rest);
    facts.push(Fact { target: square, decomposition: parts });
    facts.extend(by_terms(&rest));
    // C by the first variable of each term.
    let mut factors: Vec<(Variable, Polynomial)> = Vec::new();
    let mut open = cubic.clone();
    for &other in &others {
        let (quotient, rest) = open.split_by(&Monomial::variable(other));
        if !quotient.is_affine() {
            factors.push((other, quotient));
            open = rest;
        }
    }
    let taken = absorb(below, &factors, &others);
    let mut covered = Polynomial::zero();
    for (at, (other, factor)) in factors.iter().enumerate() {
        let mixed = &v * &Polynomial::variable(*other);
        let left = &mixed + &taken.as_ref().map_or_else(Polynomial::zero, |taken| taken[at].clone());
        covered = &covered + &(&left * factor);
        facts.extend(by_terms(&left));
        facts.extend(by_terms(factor));
        whole.products.push((Rational::ONE, Product::Pair(left, factor.clone())));
    }
    let rest = &(&(&v * &cubic) + below) - &covered;
    if !rest.is_zero() {
        whole.rest.push((Rational::ONE, rest.clone()));
        if rest.degree() <= 2 {
            facts.extend(by_terms(&rest));
        }
    }
    facts.push(Fact { target: core.clone(), decomposition: whole });
    Some(facts)
}

/// Quadratics P_i with `target = sum of P_i A_i` above degree 2.
fn absorb(target: &Polynomial, factors: &[(Variable, Polynomial)], variables: &[Variable]) -> Option<Vec<Polynomial>> {
    let mut monomials = vec![Monomial::one()];
    for (at, &a) in variables.iter().enumerate() {
        monomials.push(Monomial::variable(a));
        monomials.extend(variables[at..].iter().map(|&b| Monomial::variable(a).multiply(&Monomial::variable(b))));
    }
    let unknowns = factors.len() * monomials.len();
    let mut equations: BTreeMap<Monomial, Vec<(usize, Rational)>> = BTreeMap::new();
    for (at, (_, factor)) in factors.iter().enumerate() {
        for (k, monomial) in monomials.iter().enumerate() {
            for (term, coefficient) in factor.times_monomial(monomial).terms() {
                equations.entry(term.clone()).or_default().push((at * monomials.len() + k, coefficient.clone()));
            }
        }
    }
    for (term, coefficient) in target.terms() {
        equations.entry(term.clone()).or_default().push((unknowns, coefficient.clone()));
    }
    let above = equations.into_iter().filter(|(monomial, _)| monomial.degree() > 2);
    let solution = Echelon::of(above.map(|(_, entries)| row(entries))).solution(unknowns)?;
    let quadratic = |values: &[Rational]| Polynomial::from_terms(monomials.iter().cloned().zip(values.iter().cloned()));
    Some(solution.chunks(monomials.len()).map(quadratic).collect())
}

/// The terms of a polynomial as parts of a sum.
fn terms(polynomial: &Polynomial) -> Vec<(Rational, Polynomial)> {
    let part = |(monomial, c): &(Monomial, Rational)| (c.clone(), Polynomial::term(monomial.clone(), Rational::ONE));
    polynomial.terms().iter().map(part).collect()
}

/// A polynomial as the sum of its terms, where there is more than one.
fn by_terms(polynomial: &Polynomial) -> Option<Fact> {
    (polynomial.nonlinear_part().len() > 1).then(|| Fact {
        target: polynomial.clone(),
        decomposition: Decomposition { products: Vec::new(), rest: terms(polynomial) },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    prop_compose! {
        fn quartic(n: usize)(values in proptest::collection::vec(-9i64..10, 70)) -> Polynomial {
            let mut monomials = BTreeSet::from([Monomial::one()]);
            for _ in 0..4 {
                let more: Vec<Monomial> = monomials.iter()
                    .flat_map(|m| (0..n).map(|slot| m.multiply(&Monomial::variable(Variable::real(2 * slot + 1))))).collect();
                monomials.extend(more);
            }
            Polynomial::from_terms(monomials.into_iter().zip(values.into_iter().map(Rational::from))).nonlinear_part()
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20))]
        #[test]
        fn facts_are_sound(core in (2usize..5).prop_flat_map(quartic)) {
            for fact in plans(&core).into_iter().flatten() {
                prop_assert_eq!(fact.decomposition.expand(), fact.target);
            }
        }
    }
}
