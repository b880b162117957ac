//! Sums of squares: the Gram view of a polynomial.
//!
//! A polynomial is `z' G z` over monomials z, where G is free up to the
//! syzygies of the products of z. A small rank of G is looked for by completing
//! squares: for a term `c u^2`, the square `c (u + sum of w d_w / 2c)^2` takes
//! the terms `d_w u w` with it. Of the ways to write a term as a product of two
//! monomials only those count whose squares are there as well with the same sign, or
//! whose w is affine, so that squares that were expanded come back: sums of
//! squared minors, of residuals, of couplings. A square is taken where fewer terms are left.
//! Two squares whose signs differ, and whose ratio is that of two squares, are one
//! product.

use crate::exact::Rational;
use crate::model::{Factor, Kind, Monomial, Polynomial};
use crate::simplify::decomposition::{Decomposition, Fact, Product};

/// Cores with more terms are left alone.
const TERMS: usize = 200;

/// Squares in two orders: the highest monomials first, and those that take
/// most terms with them.
pub fn generate(core: &Polynomial) -> Vec<Fact> {
    let real = core.variables().iter().all(|variable| variable.kind() == Kind::Real);
    let eligible = (4..=16).contains(&core.degree()) && (4..=TERMS).contains(&core.len());
    if !real || !eligible {
        return Vec::new();
    }
    let mut facts: Vec<Fact> = Vec::new();
    for by_terms in [false, true] {
        if let Some(fact) = squares(core, by_terms).filter(|fact| !facts.contains(fact)) {
            facts.push(fact);
        }
    }
    facts
}

fn squares(core: &Polynomial, by_terms: bool) -> Option<Fact> {
    let mut rest = core.clone();
    let mut squares: Vec<(Rational, Polynomial)> = Vec::new();
    loop {
        let mut best: Option<((usize, usize), Rational, Polynomial, Polynomial)> = None;
        for (monomial, coefficient) in rest.terms() {
            let Some(root) = root(monomial).filter(|root| root.degree() > 1) else { continue };
            for exact in [true, false] {
                let base = completed(&rest, &root, coefficient, exact);
                if base.len() < 2 {
                    continue;
                }
                let left = &rest - &base.pow(2).scaled(coefficient);
                let left = left.nonlinear_part();
                let (terms, below) = (left.len(), usize::MAX - base.degree() as usize);
                let key = if by_terms { (terms, below) } else { (below, terms) };
                if terms < rest.len() && best.as_ref().is_none_or(|(known, ..)| key < *known) {
                    best = Some((key, coefficient.clone(), base, left));
                }
            }
        }
        let Some((_, coefficient, base, left)) = best else { break };
        squares.push((coefficient, base));
        rest = left;
    }
    // One square is completed elsewhere, unless it is all.
    if squares.is_empty() || squares.len() == 1 && !rest.is_zero() {
        return None;
    }
    let mut products = Vec::new();
    let (negative, mut positive): (Vec<_>, Vec<_>) = squares.into_iter().partition(|(c, _)| c.is_negative());
    for (c, base) in negative {
        let partner = positive.iter().position(|(d, _)| (-(d / &c)).sqrt().is_some());
        products.push(match partner.map(|at| positive.remove(at)) {
            // d p^2 + c q^2 = c (q - r p)(q + r p) with r^2 = -d/c.
            Some((d, other)) => {
                let other = other.scaled(&(-(&d / &c)).sqrt()?);
                (c, Product::Pair(&base - &other, &base + &other))
            }
            None => (c, Product::Pair(base.clone(), base)),
        });
    }
    products.extend(positive.into_iter().map(|(c, base)| (c, Product::Pair(base.clone(), base))));
    let mut decomposition = Decomposition { products, rest: Vec::new() };
    let left = core - &decomposition.expand();
    if !left.is_zero() {
        decomposition.rest.push((Rational::ONE, left));
    }
    Some(Fact { target: core.clone(), decomposition })
}

/// The square root of a monomial.
fn root(monomial: &Monomial) -> Option<Monomial> {
    let factors = monomial.factors();
    let even = factors.iter().all(|factor| factor.exponent % 2 == 0) && !factors.is_empty();
    let half = factors.iter().map(|f| Factor { variable: f.variable, exponent: f.exponent / 2 });
    even.then(|| Monomial::from_factors(half))
}

/// `u + sum of w d_w / 2c` over the terms `d_w u w` that are to be taken: those
/// whose `w^2` has the coefficient that the square brings, or only its sign.
fn completed(rest: &Polynomial, root: &Monomial, coefficient: &Rational, exact: bool) -> Polynomial {
    let twice = coefficient + coefficient;
    let mut terms = vec![(root.clone(), Rational::ONE)];
    for (monomial, value) in rest.terms() {
        let Some(other) = monomial.divide(root).filter(|other| other != root) else { continue };
        let own = value / &twice;
        let brought = coefficient * &(&own * &own);
        let there = rest.coefficient(&other.multiply(&other));
        let fits = match exact {
            true => there == brought,
            false => !there.is_zero() && there.is_negative() == brought.is_negative(),
        };
        if fits || other.degree() < 2 {
            terms.push((other, own));
        }
    }
    Polynomial::from_terms(terms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Variable;
    use proptest::prelude::*;

    fn x(slot: usize) -> Polynomial {
        Polynomial::variable(Variable::real(slot))
    }

    #[test]
    fn squared_minors_come_back() {
        // |a|^2 |b|^2 - (a b)^2 is the sum of the squares of the minors.
        let minor = |i: usize, j: usize| &(&x(i) * &x(4 + j)) - &(&x(j) * &x(4 + i));
        let core = (0..4).flat_map(|i| (i + 1..4).map(move |j| (i, j)));
        let core = core.fold(Polynomial::zero(), |sum, (i, j)| &sum + &minor(i, j).pow(2));
        let facts = generate(&core);
        let whole =
            facts.iter().any(|fact| fact.decomposition.rest.is_empty() && fact.decomposition.products.len() == 6);
        assert!(whole, "{facts:?}");
    }

    #[test]
    fn squares_of_residuals_come_back() {
        // (x^2 + y - 11)^2 + (x + y^2 - 7)^2
        let constant = |value: i64| Polynomial::constant(Rational::from(value));
        let one = &(&x(0).pow(2) + &x(1)) - &constant(11);
        let two = &(&x(1).pow(2) + &x(0)) - &constant(7);
        let core = (&one.pow(2) + &two.pow(2)).nonlinear_part();
        let facts = generate(&core);
        assert!(facts.iter().any(|fact| {
            fact.decomposition.products.len() == 2 && fact.decomposition.rest.iter().all(|(_, rest)| rest.degree() < 3)
        }));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn facts_are_sound(terms in proptest::collection::vec((proptest::collection::vec(0u32..3, 3), -4i64..5), 1..6),
                           more in proptest::collection::vec((proptest::collection::vec(0u32..3, 3), -4i64..5), 1..6)) {
            let polynomial = |terms: Vec<(Vec<u32>, i64)>| terms.into_iter().fold(Polynomial::zero(), |sum, (e, c)| {
                let powers = e.into_iter().enumerate().map(|(slot, e)| x(slot).pow(e));
                &sum + &powers.fold(Polynomial::constant(Rational::from(c)), |product, power| &product * &power)
            });
            let (one, two) = (polynomial(terms), polynomial(more));
            for core in [&one.pow(2) + &two.pow(2), &one.pow(2) - &two.pow(2), one] {
                for fact in generate(&core.nonlinear_part()) {
                    prop_assert_eq!(fact.decomposition.expand(), fact.target);
                }
            }
        }
    }
}
