//! Horner's rule on one variable, and common factors.
//!
//! `p = v^k * q + r`, where every term of `q` had the variable. The free
//! affine terms make the rule stronger than the usual one: what is affine in
//! `q` and `r` costs nothing.

use crate::exact::Rational;
use crate::model::{Monomial, Polynomial, Variable};
use crate::simplify::decomposition::{Decomposition, Fact};

/// Polynomials with more variables get only the most frequent ones.
const VARIABLES: usize = 12;

/// Powers above this are not tried, unless all terms with the variable have it.
const POWERS: u16 = 6;

/// Horner's rule on each variable and each of its powers; a common monomial
/// factor first.
pub fn generate(core: &Polynomial) -> Vec<Fact> {
    if core.len() <= 1 {
        return Vec::new();
    }
    let mut facts = Vec::new();
    if let Some((common, quotient)) = common_factor(core) {
        let factor = Polynomial::term(common, Rational::ONE);
        facts.push(Fact {
            target: core.clone(),
            decomposition: Decomposition::product(factor, quotient, Polynomial::zero()),
        });
    }
    let mut variables = frequencies(core);
    variables.truncate(VARIABLES);
    for (variable, _) in variables {
        facts.extend(step(core, variable));
        // Higher powers, where more than one term has them.
        let mut exponents: Vec<u16> = core.terms().iter().map(|(m, _)| m.exponent(variable)).collect();
        exponents.sort_unstable();
        let least = exponents.iter().copied().find(|&exponent| exponent > 0).unwrap_or(0);
        let second = exponents.iter().rev().nth(1).copied().unwrap_or(0);
        for exponent in (2..=second.min(POWERS)).filter(|&exponent| exponent != least) {
            facts.extend(by_power(core, variable, exponent));
        }
    }
    facts
}

/// One step on the variable in most terms: the greedy rule that closes a goal
/// when the search has to end.
pub fn greedy(core: &Polynomial) -> Vec<Fact> {
    frequencies(core).first().and_then(|&(variable, _)| step(core, variable)).into_iter().collect()
}

/// The variables with the number of terms they occur in, most frequent first.
fn frequencies(core: &Polynomial) -> Vec<(Variable, usize)> {
    let mut counts = std::collections::BTreeMap::new();
    for (monomial, _) in core.terms() {
        for factor in monomial.factors() {
            *counts.entry(factor.variable).or_insert(0usize) += 1;
        }
    }
    let mut sorted: Vec<(Variable, usize)> = counts.into_iter().collect();
    sorted.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    sorted
}

fn step(core: &Polynomial, variable: Variable) -> Option<Fact> {
    let exponents = core.terms().iter().map(|(m, _)| m.exponent(variable)).filter(|&e| e > 0);
    by_power(core, variable, exponents.min()?)
}

/// `p = v^exponent q + r`, where no term of r has that power.
fn by_power(core: &Polynomial, variable: Variable, exponent: u16) -> Option<Fact> {
    let factor = Monomial::power(variable, exponent as u32)?;
    let (quotient, rest) = core.split_by(&factor);
    // A quotient that is a number would repeat the goal.
    if quotient.as_constant().is_some() {
        return None;
    }
    Some(Fact {
        target: core.clone(),
        decomposition: Decomposition::product(Polynomial::term(factor, Rational::ONE), quotient, rest),
    })
}

/// The greatest monomial that divides every term, and the quotient.
fn common_factor(core: &Polynomial) -> Option<(Monomial, Polynomial)> {
    let mut terms = core.terms().iter().map(|(monomial, _)| monomial);
    let first = terms.next()?.clone();
    let common = terms.fold(first, |common, monomial| common.common(monomial));
    if common.is_one() {
        return None;
    }
    let quotient = core.terms().iter().map(|(m, c)| (m.divide(&common).expect("common"), c.clone()));
    let quotient = Polynomial::from_terms(quotient);
    Some((common, quotient))
}
