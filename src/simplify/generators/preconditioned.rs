//! Polynomials in one variable of degree 8 in three products, of degree 12 in
//! four, with constants prepared beforehand.
//!
//! With `y = z^2 (z^2 + a z + b)`, two products, every monic polynomial of
//! degree 8 is `(y + t z^2 + u z)(y - t z^2 + v z) + s y + l z^2` and affine
//! terms: comparing coefficients from the highest down gives a, b, v + u, s, u
//! and l one after the other by linear equations (t = 1), so all of them are
//! rational (derived here; three products reach no higher degree).
//!
//! In degree 12, with z shifted such that the term of degree 11 vanishes, let
//! `q = z^4 + b z^2 + c z + d` divide p with a remainder of degree 2: for given
//! b and c that is an equation for d, linear since there is no term of degree
//! 11. The quotient is of degree 8 without a term of degree 7, so its y is
//! `z^4 + b' z^2`, and q is y and terms at hand (derived here).
//!
//! Knuth and Pan count such forms by all multiplications and need irrational
//! constants; counting those that are not by constants leaves more freedom.

use crate::algebra::univariate::{self, Poly};
use crate::exact::Rational;
use crate::model::{Kind, Polynomial};
use crate::simplify::decomposition::{Decomposition, Fact, Product};

/// The plan of a polynomial of degree 8 or 12.
pub fn plans(core: &Polynomial) -> Vec<Vec<Fact>> {
    let variables = core.variables();
    let ([variable], 8 | 12) = (variables.as_slice(), core.degree()) else { return Vec::new() };
    if variable.kind() != Kind::Real || core.len() < 3 {
        return Vec::new();
    }
    let coefficients: Poly =
        core.coefficients_in(*variable).iter().map(|c| c.as_constant().unwrap_or_default()).collect();
    let x = Polynomial::variable(*variable);
    let plan = if core.degree() == 8 { Some(eighth(&coefficients, &x)) } else { twelfth(&coefficients, &x) };
    plan.into_iter().collect()
}

/// The value of a polynomial at a form.
fn at(coefficients: &[Rational], z: &Polynomial) -> Polynomial {
    coefficients.iter().rev().fold(Polynomial::zero(), |sum, c| &(&sum * z) + &Polynomial::constant(c.clone()))
}

/// A sum, with the fact that it is one.
fn sum(parts: Vec<(Rational, Polynomial)>, facts: &mut Vec<Fact>) -> Polynomial {
    let rest: Vec<_> = parts.into_iter().filter(|(c, part)| !c.is_zero() && !part.is_zero()).collect();
    let decomposition = Decomposition { products: Vec::new(), rest };
    let target = decomposition.expand();
    if decomposition.rest.iter().filter(|(_, part)| !part.is_affine()).count() > 1 {
        facts.push(Fact { target: target.clone(), decomposition });
    }
    target
}

/// A product, with the fact that it is one.
fn product(left: &Polynomial, right: &Polynomial, facts: &mut Vec<Fact>) -> Polynomial {
    let target = left * right;
    let products = vec![(Rational::ONE, Product::Pair(left.clone(), right.clone()))];
    facts.push(Fact { target: target.clone(), decomposition: Decomposition { products, rest: Vec::new() } });
    target
}

fn eighth(coefficients: &[Rational], z: &Polynomial) -> Vec<Fact> {
    let leading = &coefficients[8];
    let m: Vec<Rational> = coefficients.iter().map(|c| c / leading).collect();
    let half = Rational::new(1, 2);
    let a = &m[7] * &half;
    let b = &(&m[6] - &(&a * &a)) * &half;
    let outer = &m[5] - &(&(&a * &b) * &Rational::from(2));
    let plain = &(&m[4] - &(&b * &b)) - &(&a * &outer);
    // What is missing in degree 3 without t.
    let missing = &(&m[3] - &(&b * &outer)) - &(&a * &plain);
    let (t, s) = if missing.is_zero() { (Rational::ZERO, plain) } else { (Rational::ONE, &plain + &Rational::ONE) };
    // In degree 3: b (u + v) + a s + t (v - u).
    let u = if t.is_zero() { Rational::ZERO } else { &(&outer - &(&(&m[3] - &(&b * &outer)) - &(&a * &s))) * &half };
    let v = &outer - &u;
    let mut facts = Vec::new();
    let square = product(z, z, &mut facts);
    let inner = at(&[b, a, Rational::ONE], z);
    let y = product(&square, &inner, &mut facts);
    let one = Rational::ONE;
    let left = sum(vec![(one.clone(), y.clone()), (t.clone(), square.clone()), (u, z.clone())], &mut facts);
    let right = sum(vec![(one, y.clone()), (-t.clone(), square.clone()), (v, z.clone())], &mut facts);
    let top = product(&left, &right, &mut facts);
    let target = at(coefficients, z);
    let rest = &target - &(&top.scaled(leading) + &y.scaled(&(leading * &s)));
    // Of degree 2 in z: a multiple of the square and affine terms.
    let by_square = rest
        .terms()
        .first()
        .filter(|(m, _)| m.degree() == 2)
        .map_or(Rational::ZERO, |(monomial, c)| c / &square.coefficient(monomial));
    let affine = &rest - &square.scaled(&by_square);
    let parts = vec![(leading.clone(), top), (leading * &s, y), (by_square, square), (Rational::ONE, affine)];
    let found = sum(parts, &mut facts);
    debug_assert_eq!(found, target);
    facts
}

fn twelfth(coefficients: &[Rational], x: &Polynomial) -> Option<Vec<Fact>> {
    let leading = &coefficients[12];
    let shift = &(&coefficients[11] / leading) / &Rational::from(12);
    // p(z - shift) in z = x + shift.
    let depressed = univariate::compose(coefficients, &[-shift.clone(), Rational::ONE]);
    let z = x + &Polynomial::constant(shift);
    let divisor = |b: i64, c: i64, d: &Rational| -> Poly {
        vec![d.clone(), Rational::from(c), Rational::from(b), Rational::ZERO, Rational::ONE]
    };
    let cubic = |b: i64, c: i64, d: &Rational| {
        univariate::divide(&depressed, &divisor(b, c, d)).1.get(3).cloned().unwrap_or_default()
    };
    for (b, c) in [(0, 0), (0, 1), (1, 0), (1, 1), (-1, 1), (2, 1), (1, 2)] {
        let (zero, one) = (cubic(b, c, &Rational::ZERO), cubic(b, c, &Rational::ONE));
        let slope = &one - &zero;
        let d = match (zero.is_zero(), slope.is_zero()) {
            (true, _) => Rational::ZERO,
            (false, true) => continue,
            (false, false) => -(&zero / &slope),
        };
        let q = divisor(b, c, &d);
        let (quotient, rest) = univariate::divide(&depressed, &q);
        if rest.len() > 3 || quotient.len() != 9 {
            continue;
        }
        let mut facts = eighth(&quotient, &z);
        // y of the quotient.
        let inner = &(&quotient[6] / &quotient[8]) * &Rational::new(1, 2);
        let square = z.pow(2);
        let y = &square * &(&square + &Polynomial::constant(inner.clone()));
        let affine = at(&q[..2], &z);
        let parts = vec![(Rational::ONE, y), (&q[2] - &inner, square.clone()), (Rational::ONE, affine)];
        let factor = sum(parts, &mut facts);
        let top = product(&at(&quotient, &z), &factor, &mut facts);
        let by_square = rest.get(2).cloned().unwrap_or_default();
        let affine = at(&rest[..rest.len().min(2)], &z);
        sum(vec![(Rational::ONE, top), (by_square, square), (Rational::ONE, affine)], &mut facts);
        return Some(facts);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Monomial, Variable};
    use proptest::prelude::*;

    fn products(degree: u32, coefficients: &[i64]) -> usize {
        let x = Variable::real(3);
        let core = Polynomial::from_terms(
            coefficients
                .iter()
                .enumerate()
                .map(|(k, &c)| (Monomial::power(x, degree - k as u32).unwrap(), Rational::from(c))),
        );
        let plans = plans(&core);
        let mut all: Vec<Polynomial> = Vec::new();
        for fact in plans.iter().flatten() {
            assert_eq!(fact.decomposition.expand(), fact.target);
            for (_, product) in &fact.decomposition.products {
                if !all.contains(&product.expand()) {
                    all.push(product.expand());
                }
            }
        }
        assert!(plans.is_empty() || plans[0].last().unwrap().target.nonlinear_part() == core);
        all.len()
    }

    proptest! {
        #[test]
        fn three_products_for_degree_eight(leading in 1i64..9, others in proptest::collection::vec(-9i64..9, 6)) {
            let coefficients: Vec<i64> = std::iter::once(leading).chain(others).collect();
            prop_assume!(coefficients.iter().filter(|&&c| c != 0).count() > 2);
            prop_assert_eq!(products(8, &coefficients), 3);
        }

        #[test]
        fn four_products_for_degree_twelve(leading in 1i64..9, others in proptest::collection::vec(1i64..9, 10)) {
            let coefficients: Vec<i64> = std::iter::once(leading).chain(others).collect();
            prop_assert_eq!(products(12, &coefficients), 4);
        }
    }
}
