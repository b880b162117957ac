//! Polynomials whose coefficients are variables.
//!
//! In `a u^4 + b u^3 v + c u^2 v^2 + ...` every term has a variable of its own.
//! Horner's rule on one power after the other leaves sums of such terms over
//! monomials of low degree, which are then shared by all of them: worth more
//! than what is best for each sum alone.

use std::collections::BTreeMap;

use crate::exact::Rational;
use crate::model::{Kind, Monomial, Polynomial, Variable};
use crate::simplify::decomposition::{Decomposition, Fact};

/// Cores with more terms are left alone.
const TERMS: usize = 40;
/// Powers up to this are divided by.
const POWER: u32 = 3;
/// Plans for a core.
const PLANS: usize = 60;

/// Plans that divide by one or two powers.
pub fn plans(core: &Polynomial) -> Vec<Vec<Fact>> {
    if core.len() > TERMS || core.degree() < 3 || core.variables().iter().any(|v| v.kind() != Kind::Real) {
        return Vec::new();
    }
    let mut uses: BTreeMap<Variable, usize> = BTreeMap::new();
    for factor in core.terms().iter().flat_map(|(monomial, _)| monomial.factors()) {
        *uses.entry(factor.variable).or_default() += factor.exponent as usize;
    }
    let own = |monomial: &Monomial| monomial.factors().iter().map(|f| f.variable).find(|v| uses[v] == 1);
    if core.terms().iter().filter(|(monomial, _)| own(monomial).is_some()).count() < 3 {
        return Vec::new();
    }
    let divisors: Vec<Monomial> = uses
        .iter()
        .filter(|(_, count)| **count > 1)
        .flat_map(|(&variable, _)| (2..=POWER).filter_map(move |k| Monomial::power(variable, k)))
        .collect();
    let mut plans = Vec::new();
    for first in &divisors {
        for second in &divisors {
            if plans.len() == PLANS {
                return plans;
            }
            let mut facts = Vec::new();
            let mut leaves = Vec::new();
            let mut left = core.clone();
            for divisor in [first, second] {
                let (quotient, rest) = left.split_by(divisor);
                if quotient.len() < 2 {
                    continue;
                }
                let factor = Polynomial::term(divisor.clone(), Rational::ONE);
                let decomposition = Decomposition::product(factor, quotient.clone(), rest.clone());
                facts.push(Fact { target: left, decomposition });
                leaves.push(quotient);
                left = rest;
            }
            if facts.is_empty() {
                continue;
            }
            leaves.push(left);
            for leaf in leaves.iter().filter(|leaf| !leaf.is_affine()) {
                for (monomial, _) in leaf.terms() {
                    if let Some(variable) = own(monomial).filter(|_| monomial.degree() > 2) {
                        let term = |monomial: Monomial| Polynomial::term(monomial, Rational::ONE);
                        let rest = term(monomial.without(variable));
                        let product = Decomposition::product(Polynomial::variable(variable), rest, Polynomial::zero());
                        facts.push(Fact { target: term(monomial.clone()), decomposition: product });
                    }
                }
                if leaf.nonlinear_part().len() > 1 {
                    let part = |(monomial, c): &(Monomial, Rational)| {
                        (c.clone(), Polynomial::term(monomial.clone(), Rational::ONE))
                    };
                    let rest = leaf.terms().iter().map(part).collect();
                    facts.push(Fact {
                        target: leaf.clone(),
                        decomposition: Decomposition { products: Vec::new(), rest },
                    });
                }
            }
            plans.push(facts);
        }
    }
    plans
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn facts_are_sound(exponents in proptest::collection::vec((0u32..5, 0u32..5), 3..7)) {
            let (u, v) = (Polynomial::variable(Variable::real(20)), Polynomial::variable(Variable::real(3)));
            let core = exponents.iter().enumerate().fold(Polynomial::zero(), |sum, (slot, &(a, b))| {
                let coefficient = Polynomial::variable(Variable::real(5 + slot)).scaled(&Rational::from(slot as i64 + 1));
                &sum + &(&coefficient * &(&u.pow(a) * &v.pow(b)))
            });
            for fact in plans(&core).into_iter().flatten() {
                prop_assert_eq!(fact.decomposition.expand(), fact.target);
            }
        }
    }
}
