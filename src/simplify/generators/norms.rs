//! Differences of squares with irrational factors, for `--reals` alone.
//!
//! `a l^2 - b m^2` with a and b of one sign is one product over the reals,
//! `a (l - r m)(l + r m)` with `r^2 = b / a`. The product is a rational
//! polynomial, the norm of `l + r m`; only its factors are not rational. So
//! facts stay exact, and r is rounded when the circuit is built. A quadratic
//! form of signature (p, q) then takes max(p, q) products, as it must.

use crate::simplify::decomposition::{Decomposition, Fact, Product};
use crate::simplify::to_circuit::nearest_square_root;

/// The fact with squares of opposite signs joined in pairs, where there are any.
pub fn joined(fact: &Fact) -> Option<Fact> {
    let mut products = Vec::new();
    let (mut plus, mut minus) = (Vec::new(), Vec::new());
    for (coefficient, product) in &fact.decomposition.products {
        match product {
            Product::Pair(left, right) if left == right => {
                let side = if coefficient.is_negative() { &mut minus } else { &mut plus };
                side.push((coefficient, left));
            }
            _ => products.push((coefficient.clone(), product.clone())),
        }
    }
    if plus.is_empty() || minus.is_empty() {
        return None;
    }
    let common = plus.len().min(minus.len());
    for ((a, base), (b, other)) in plus.iter().zip(&minus) {
        let radicand = -(*b / *a);
        products.push(match radicand.sqrt() {
            Some(root) => {
                let other = other.scaled(&root);
                ((*a).clone(), Product::Pair(*base - &other, *base + &other))
            }
            None => {
                nearest_square_root(&radicand)?;
                ((*a).clone(), Product::Norm((*base).clone(), (*other).clone(), radicand))
            }
        });
    }
    for (coefficient, form) in plus[common..].iter().chain(&minus[common..]) {
        products.push(((*coefficient).clone(), Product::Pair((*form).clone(), (*form).clone())));
    }
    let decomposition = Decomposition { products, rest: fact.decomposition.rest.clone() };
    Some(Fact { target: fact.target.clone(), decomposition })
}

/// A plan with its facts joined where that is possible, if it is for any.
pub fn joined_plan(plan: &[Fact]) -> Option<Vec<Fact>> {
    let facts: Vec<Option<Fact>> = plan.iter().map(joined).collect();
    let any = facts.iter().any(Option::is_some);
    any.then(|| facts.into_iter().zip(plan).map(|(joined, fact)| joined.unwrap_or_else(|| fact.clone())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exact::Rational;
    use crate::model::{Polynomial, Variable};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn joined_facts_are_exact(weights in proptest::collection::vec(-9i64..10, 2..7)) {
            let square = |slot: usize| {
                let form = &Polynomial::variable(Variable::real(slot)) + &Polynomial::variable(Variable::real(slot + 1));
                Product::Pair(form.clone(), form)
            };
            let products: Vec<_> = weights.iter().enumerate().filter(|(_, w)| **w != 0)
                .map(|(slot, &w)| (Rational::from(w), square(slot))).collect();
            let decomposition = Decomposition { products, rest: Vec::new() };
            let fact = Fact { target: decomposition.expand(), decomposition };
            let (plus, minus) = (weights.iter().filter(|w| **w > 0).count(), weights.iter().filter(|w| **w < 0).count());
            match joined(&fact) {
                Some(joined) => {
                    prop_assert_eq!(joined.decomposition.expand(), fact.target);
                    prop_assert_eq!(joined.decomposition.products.len(), plus.max(minus));
                }
                None => prop_assert!(plus == 0 || minus == 0),
            }
        }
    }

    #[test]
    fn roots_are_rounded_to_the_nearest_double() {
        assert_eq!(nearest_square_root(&Rational::from(2)), Rational::from_f64(2f64.sqrt()));
        assert_eq!(nearest_square_root(&Rational::new(1, 3)).map(|r| r.to_f64()), Some(0.577_350_269_189_625_7));
    }
}
