//! Powers in pairs: `x^3 + y^3` in three products, `x^4 + 4 y^4` in three.
//!
//! A sum `a x^d + b y^d` that factors over the rationals needs fewer products
//! than its two powers apart: with the ratio of a and b a d-th power for odd d
//! it has the factor `x + r y`, and for even d there are the differences
//! of squares and `x^4 + 4 y^4 = (x^2 + 2 x y + 2 y^2)(x^2 - 2 x y + 2 y^2)`.
//! Where irrational factors would do as well, as in `x^4 + y^4`, nothing is
//! said. The same holds for powers of linear forms.

use crate::algebra::factorization::factor;
use crate::model::{Kind, Polynomial};
use crate::simplify::decomposition::{Decomposition, Fact};

/// At most this many powers are paired.
const POWERS: usize = 64;

/// The core with its pure powers of each degree summed in pairs that factor.
pub fn generate(core: &Polynomial) -> Vec<Fact> {
    let pure = core.filter(|monomial, _| {
        matches!(monomial.factors(), [factor] if factor.exponent > 2 && factor.variable.kind() == Kind::Real)
    });
    let mut facts = Vec::new();
    let mut parts = Vec::new();
    let mut degrees: Vec<u32> = pure.terms().iter().map(|(monomial, _)| monomial.degree()).collect();
    degrees.dedup();
    for degree in degrees {
        let powers = pure.homogeneous_part(degree);
        let powers: Vec<Polynomial> =
            powers.terms().iter().map(|(m, c)| Polynomial::term(m.clone(), c.clone())).collect();
        parts.extend(pair_up(&powers).unwrap_or_default());
    }
    if parts.is_empty() {
        return facts;
    }
    let rest = parts.iter().fold(core.clone(), |rest, part| &rest - part);
    if !rest.is_zero() {
        parts.push(rest);
    }
    // A single pair is a product, which factoring says.
    if parts.len() > 1 {
        facts.push(Fact { target: core.clone(), decomposition: Decomposition::sum(parts) });
    }
    facts
}

/// The parts with those joined whose sum factors, each with the first that
/// fits; `None` where no two fit.
pub fn pair_up(parts: &[Polynomial]) -> Option<Vec<Polynomial>> {
    if parts.len() < 2 || parts.len() > POWERS {
        return None;
    }
    let mut left: Vec<&Polynomial> = parts.iter().collect();
    let mut joined = Vec::new();
    let mut found = false;
    while !left.is_empty() {
        let first = left.remove(0);
        let partner = left.iter().position(|second| {
            second.degree() == first.degree() && factor(&(first + second)).is_some_and(|factors| factors.len() > 1)
        });
        joined.push(match partner {
            Some(at) => first + left.remove(at),
            None => first.clone(),
        });
        found |= partner.is_some();
    }
    found.then_some(joined)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exact::Rational;
    use crate::model::{Monomial, Variable};

    fn sum(exponent: u32, coefficients: &[i64]) -> Polynomial {
        Polynomial::from_terms(
            coefficients
                .iter()
                .enumerate()
                .map(|(k, &c)| (Monomial::power(Variable::real(4 * k + 1), exponent).unwrap(), Rational::from(c))),
        )
    }

    fn parts(core: &Polynomial) -> usize {
        let facts = generate(core);
        assert!(facts.iter().all(|fact| fact.decomposition.expand() == fact.target));
        facts.first().map_or(0, |fact| fact.decomposition.rest.len())
    }

    #[test]
    fn cubes_with_cubic_ratios_pair() {
        assert_eq!(parts(&sum(3, &[1, 8, 27, -1])), 2);
        assert_eq!(parts(&sum(3, &[5, 1, 40, 7])), 3);
        assert_eq!(parts(&sum(3, &[1, 2, 3])), 0);
    }

    #[test]
    fn fourth_powers_pair_where_the_factors_are_rational() {
        assert_eq!(parts(&sum(4, &[1, 1, 4, 4])), 2);
        assert_eq!(parts(&sum(4, &[1, 1, 1])), 0);
        assert_eq!(parts(&sum(4, &[1, 1, -16])), 2);
    }
}
