//! Pair potentials: sums of functions of one linear form each.
//!
//! Where every monomial has two variables at most, the mixed terms of a pair
//! (x, y) are those of a function `V(x + b y)` exactly if in every degree e
//! they are `c_e binomial(e, k) b^k` for one b: the terms of the highest degree
//! give b, and each degree its c_e. Taking all such functions off leaves
//! functions of single variables. A chain, a ring or a lattice of springs of
//! any size is brought back to its springs, though there are more of them than
//! variables; a shift of the variables is a shift of the forms.
//!
//! A function of degree four is `c m^4 + a m^2` up to affine terms, with
//! `m = l + c_3 / (4 c_4)`, so that the fourth powers of all springs and sites
//! can be taken together (`fourth_powers`), and the squares are those that the
//! pairs have at hand (derived here).

use std::collections::BTreeMap;

use super::fourth_powers;
use crate::exact::Rational;
use crate::model::{Factor, Kind, Monomial, Polynomial, Variable};
use crate::simplify::decomposition::{Decomposition, Fact};
use crate::simplify::nested;

/// Cores with more terms are left alone.
const TERMS: usize = 1_000;

/// A function of a form: the coefficient of each power from the second on.
struct Bond {
    form: Polynomial,
    powers: Vec<Rational>,
}

/// Plans for cores of pair potentials of degree three or more.
pub fn plans(core: &Polynomial) -> Vec<Vec<Fact>> {
    let eligible = (3..=16).contains(&core.degree()) && core.len() <= TERMS;
    if !eligible || core.variables().iter().any(|variable| variable.kind() != Kind::Real) {
        return Vec::new();
    }
    let Some(bonds) = bonds(core) else { return Vec::new() };
    let mut plans = Vec::new();
    // Each function by itself.
    let mut facts = Vec::new();
    let mut parts = Vec::new();
    let mut rest = core.clone();
    for bond in &bonds {
        let value = bond.value();
        let alone = bond.powers.iter().enumerate();
        let alone = alone.map(|(at, c)| (Monomial::power(Variable::real(0), at as u32 + 2), c.clone()));
        let alone = alone.filter_map(|(monomial, c)| Some((monomial?, c)));
        facts.extend(nested::facts(&Polynomial::from_terms(alone), |_| bond.form.clone()));
        rest = &rest - &value;
        parts.push(value);
    }
    if !rest.is_zero() {
        parts.push(rest);
    }
    facts.push(Fact { target: core.clone(), decomposition: Decomposition::sum(parts) });
    plans.push(facts);
    plans.extend(quartic(core, &bonds));
    plans
}

impl Bond {
    fn value(&self) -> Polynomial {
        let powers = self.powers.iter().enumerate();
        powers.fold(Polynomial::zero(), |sum, (at, c)| match c.is_zero() {
            true => sum,
            false => &sum + &self.form.pow(at as u32 + 2).scaled(c),
        })
    }

    /// `c m^4 + a m^2` for a function of degree four: c, a and m.
    fn even(&self) -> Option<(Rational, Rational, Polynomial)> {
        let [square, cubic, fourth] = self.powers.as_slice() else { return None };
        if fourth.is_zero() {
            return None;
        }
        // c (l + s)^4 has 4 c s l^3 and 6 c s^2 l^2.
        let shift = cubic / &(fourth * &Rational::from(4));
        let left = square - &(&(fourth * &Rational::from(6)) * &(&shift * &shift));
        Some((fourth.clone(), left, &self.form + &Polynomial::constant(shift)))
    }
}

/// The functions of all pairs and then of the single variables; `None` where
/// a monomial has three variables, no pair has terms beyond degree two, or the
/// terms of one are no function of a form.
fn bonds(core: &Polynomial) -> Option<Vec<Bond>> {
    let mut pairs: BTreeMap<(Variable, Variable), Vec<(u16, u16, &Rational)>> = BTreeMap::new();
    for (monomial, coefficient) in core.terms() {
        match monomial.factors() {
            [a, b] => {
                let place = pairs.entry((a.variable, b.variable)).or_default();
                place.push((a.exponent, b.exponent, coefficient));
            }
            factors if factors.len() > 2 => return None,
            _ => {}
        }
    }
    pairs.retain(|_, terms| terms.iter().any(|(a, b, _)| a + b > 2));
    if pairs.len() < 2 {
        return None;
    }
    let mut bonds = Vec::new();
    let mut rest = core.clone();
    for ((x, y), terms) in pairs {
        let bond = bond(x, y, &terms)?;
        rest = &rest - &bond.value();
        bonds.push(bond);
    }
    for variable in rest.variables() {
        let powers: Vec<Rational> =
            (2..=rest.degree_in(variable)).map(|exponent| power(&rest, variable, exponent)).collect();
        if powers.len() > 1 {
            bonds.push(Bond { form: Polynomial::variable(variable), powers });
        }
    }
    Some(bonds)
}

fn power(polynomial: &Polynomial, variable: Variable, exponent: u16) -> Rational {
    polynomial.coefficient(&Monomial::from_factors([Factor { variable, exponent }]))
}

/// The function of a form whose mixed terms are these, if there is one.
fn bond(x: Variable, y: Variable, terms: &[(u16, u16, &Rational)]) -> Option<Bond> {
    let degree = terms.iter().map(|(a, b, _)| a + b).max()?;
    let coefficient = |e: u16, k: u16| {
        let found = terms.iter().find(|&&(a, b, _)| a == e - k && b == k);
        found.map_or(Rational::ZERO, |(_, _, c)| (*c).clone())
    };
    // The second coefficient to the first is b (d - 1) / 2.
    let (first, second) = (coefficient(degree, 1), coefficient(degree, 2));
    if first.is_zero() || second.is_zero() {
        return None;
    }
    let ratio = &(&second / &first) * &Rational::new(2, degree as i64 - 1);
    let mut powers = Vec::new();
    for e in 2..=degree {
        let own = &coefficient(e, 1) / &(&ratio * &Rational::from(e as i64));
        let (mut binomial, mut scale) = (Rational::ONE, own.clone());
        for k in 1..e {
            binomial = &binomial * &Rational::new((e - k + 1) as i64, k as i64);
            scale = &scale * &ratio;
            if coefficient(e, k) != &binomial * &scale {
                return None;
            }
        }
        powers.push(own);
    }
    let form = &Polynomial::variable(x) + &Polynomial::variable(y).scaled(&ratio);
    Some(Bond { form, powers })
}

/// The fourth powers of all functions of degree four together.
fn quartic(core: &Polynomial, bonds: &[Bond]) -> Vec<Vec<Fact>> {
    let mut even: Vec<(Rational, Rational, Polynomial)> = Vec::new();
    for (c, a, form) in bonds.iter().filter_map(Bond::even) {
        // Coefficients that differ by a fourth power are made the same, so that
        // scaled variables change nothing.
        let scale = |known: &Rational| (&c / known).sqrt().and_then(|square| square.sqrt());
        let known = even.iter().find_map(|(known, ..)| Some((known.clone(), scale(known)?)));
        even.push(match known {
            Some((known, scale)) => (known, &a / &(&scale * &scale), form.scaled(&scale)),
            None => (c, a, form),
        });
    }
    // Those that can share a square stand together.
    even.sort_by(|one, two| (&one.0, &one.1).cmp(&(&two.0, &two.1)));
    let powers: Vec<(Rational, Polynomial)> = even.iter().map(|(c, _, form)| (c.clone(), form.clone())).collect();
    let mut plans = fourth_powers::of_forms(core, &powers);
    let rest = powers.iter().fold(core.clone(), |rest, (c, form)| &rest - &form.pow(4).scaled(c));
    // What is left as the squares of pairs, which the plans have, and of the others.
    let mut parts: Vec<(Rational, Polynomial)> = Vec::new();
    let mut open = rest.clone();
    let mut left = even.as_slice();
    while let [(c, a, form), after @ ..] = left {
        left = after;
        let mut square = form.pow(2);
        if let [(d, b, other), after @ ..] = after
            && c == d
        {
            // The same square of both, and what one has more.
            left = after;
            square = &square + &other.pow(2);
            if a != b {
                parts.push((b - a, other.pow(2)));
            }
        }
        if !a.is_zero() {
            parts.push((a.clone(), square));
        }
    }
    parts.iter().for_each(|(c, part)| open = &open - &part.scaled(c));
    if !open.is_zero() {
        parts.push((Rational::ONE, open));
    }
    if parts.len() > 1 && !rest.is_affine() {
        let decomposition = Decomposition { products: Vec::new(), rest: parts };
        for plan in &mut plans {
            plan.push(Fact { target: rest.clone(), decomposition: decomposition.clone() });
        }
    }
    plans
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20))]
        /// Rings of springs of any length, scaled and moved.
        #[test]
        fn springs_are_found(
            n in 3usize..8, closed: bool,
            scales in proptest::collection::vec((1i64..5, -2i64..3), 8),
            powers in proptest::collection::vec(1i64..6, 3),
        ) {
            let site = |at: usize| {
                let (scale, shift) = scales[at % n];
                &Polynomial::variable(Variable::real(at % n)).scaled(&Rational::from(scale))
                    + &Polynomial::constant(Rational::from(shift))
            };
            let count = if closed { n } else { n - 1 };
            let spring = |at: usize| {
                let form = &site(at + 1) - &site(at);
                (0..3).fold(Polynomial::zero(), |sum, k| &sum + &form.pow(k + 2).scaled(&Rational::from(powers[k as usize])))
            };
            let core = (0..count).fold(Polynomial::zero(), |sum, at| &sum + &spring(at)).nonlinear_part();
            let found = bonds(&core).unwrap();
            prop_assert_eq!(found.len(), count);
            for fact in plans(&core).into_iter().flatten() {
                prop_assert_eq!(fact.decomposition.expand(), fact.target);
            }
        }
    }

    #[test]
    fn other_pairs_are_left_alone() {
        let x = |slot| Polynomial::variable(Variable::real(slot));
        let core = &(&x(0) * &x(1).pow(3)) + &(&x(1) * &x(2).pow(3));
        assert!(plans(&core).is_empty());
    }
}
