//! Polynomials in one variable: Paterson and Stockmeyer's blocks.
//!
//! With the powers up to `x^s` at hand, `p = (...((c_m x^s + c_(m-1)) x^s +
//! c_(m-2)) x^s ...) + c_0`, where each c has a degree below s and is a free
//! sum of powers (Paterson and Stockmeyer, "On the number of nonscalar
//! multiplications necessary to evaluate polynomials", 1973): s - 1 products
//! for the powers and one for each block but the last, one less where the
//! first block is a number.

use crate::exact::Rational;
use crate::model::{Kind, Monomial, Polynomial, Variable};
use crate::simplify::decomposition::{Decomposition, Fact};

/// Polynomials of a greater degree are left alone.
const DEGREE: u32 = 400;

/// Evaluation in blocks, for each length of the blocks that may be best.
pub fn plans(core: &Polynomial) -> Vec<Vec<Fact>> {
    let variables = core.variables();
    let [variable] = variables.as_slice() else { return Vec::new() };
    let degree = core.degree();
    if variable.kind() != Kind::Real || core.len() < 2 || degree > DEGREE {
        return Vec::new();
    }
    let cost = |s: u32| s - 1 + degree / s - degree.is_multiple_of(s) as u32;
    let Some(best) = (2..degree).map(cost).min() else { return Vec::new() };
    // Others than the best may share more with the rest of a circuit.
    (2..degree)
        .filter(|&block| cost(block) <= best + 1)
        .map(|block| {
            let mut facts = Vec::new();
            blocks(core, *variable, block, &mut facts);
            facts.extend((2..=block).filter_map(|exponent| power(*variable, exponent)));
            facts
        })
        .collect()
}

/// The chain of blocks of a length.
fn blocks(core: &Polynomial, variable: Variable, block: u32, facts: &mut Vec<Fact>) {
    let Some(factor) = Monomial::power(variable, block) else { return };
    let mut polynomial = core.clone();
    while polynomial.degree() > block {
        let (mut quotient, mut rest) = (Vec::new(), Vec::new());
        for (monomial, coefficient) in polynomial.terms() {
            match monomial.divide(&factor) {
                Some(divided) => quotient.push((divided, coefficient.clone())),
                None => rest.push((monomial.clone(), coefficient.clone())),
            }
        }
        let quotient = Polynomial::from_terms(quotient);
        let rest = Polynomial::from_terms(rest);
        facts.extend(sum_of_powers(&rest));
        facts.push(Fact {
            target: polynomial.clone(),
            decomposition: Decomposition::product(
                Polynomial::term(factor.clone(), Rational::ONE),
                quotient.clone(),
                rest,
            ),
        });
        polynomial = quotient;
    }
    facts.extend(sum_of_powers(&polynomial));
}

/// A block as the sum of its terms.
fn sum_of_powers(block: &Polynomial) -> Option<Fact> {
    (block.nonlinear_part().len() > 1).then(|| Fact {
        target: block.clone(),
        decomposition: Decomposition {
            products: Vec::new(),
            rest: block
                .terms()
                .iter()
                .map(|(monomial, c)| (c.clone(), Polynomial::term(monomial.clone(), Rational::ONE)))
                .collect(),
        },
    })
}

/// A power from the two nearest to its half.
fn power(variable: Variable, exponent: u32) -> Option<Fact> {
    let power = |exponent| Some(Polynomial::term(Monomial::power(variable, exponent)?, Rational::ONE));
    let (left, right) = (power(exponent / 2)?, power(exponent - exponent / 2)?);
    Some(Fact { target: power(exponent)?, decomposition: Decomposition::product(left, right, Polynomial::zero()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn facts_are_sound(coefficients in proptest::collection::vec(-99i64..99, 3..40), slot in 0usize..9) {
            let core = Polynomial::from_terms(coefficients.iter().enumerate().map(|(k, &c)| {
                (Monomial::power(Variable::real(slot), k as u32 + 2).unwrap(), Rational::from(c))
            }));
            for fact in plans(&core).into_iter().flatten() {
                prop_assert_eq!(fact.decomposition.expand(), fact.target);
            }
        }
    }
}
