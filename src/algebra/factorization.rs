//! Factorisation of multivariate polynomials over the rationals.
//!
//! What enters: a polynomial in real variables. What leaves: irreducible
//! factors with multiplicities, whose product is the polynomial exactly.
//!
//! On a line `x = a + b t` through a pseudo-random point the polynomial
//! becomes a univariate one of the same total degree, whose factors over Q
//! are, for all but a thin set of lines, the images of the factors (Hilbert's
//! irreducibility theorem). An irreducible image proves irreducibility. Else
//! each image factor is lifted off the line, degree by degree in the offsets
//! `y` of `x = a + b t + y` (Hensel; the image factors are coprime, and monic
//! in t since the degree is kept), modulo 2^61 - 1; its coefficients in x are
//! then recovered as rationals, and exact division is the proof. A line whose
//! factors do not lift is replaced by another.

use rustc_hash::FxHashMap;
use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::residues;
use super::span::reconstruct;
use super::univariate;
use crate::exact::Rational;
use crate::model::{Factor, Kind, Monomial, Polynomial, Variable};
use crate::modular::{Residue, scramble};

/// Polynomials with more variables are left whole.
const VARIABLES: usize = 16;
/// Polynomials of a greater degree are left whole.
const DEGREE: u32 = 40;
/// The greatest number of terms of a dense polynomial on which lifting works.
const DENSE_TERMS: u64 = 60_000;
/// Lines tried. A quadric splits on one line in ten or so, and then two lines
/// must agree on the true factors.
const LINES: u64 = 12;
/// Lines on which lifting is tried.
const LIFTS: u32 = 4;

/// Irreducible factors with their multiplicities, each with coprime integer
/// coefficients, so that a number times their product is the polynomial.
/// `None` where a limit is reached, or a variable is not real, or (which
/// random lines make rare) a factor's coefficients are beyond 30 bits.
pub fn factor(polynomial: &Polynomial) -> Option<Vec<(Polynomial, u32)>> {
    if polynomial.is_zero() || polynomial.variables().iter().any(|variable| variable.kind() != Kind::Real) {
        return None;
    }
    let (common, rest) = split_monomial(polynomial);
    let mut factors: Vec<(Polynomial, u32)> =
        common.factors().iter().map(|f| (Polynomial::variable(f.variable), f.exponent as u32)).collect();
    if rest.as_constant().is_none() {
        factors.extend(factor_without_monomial(&rest)?);
    }
    factors.sort();
    Some(factors)
}

/// The quotient, where the divisor divides exactly.
pub fn divide(polynomial: &Polynomial, divisor: &Polynomial) -> Option<Polynomial> {
    let (leading, coefficient) = divisor.terms().first()?;
    let inverse = coefficient.recip();
    let mut rest: BTreeMap<Monomial, Rational> = polynomial.terms().iter().cloned().collect();
    let mut quotient = Vec::new();
    while let Some((monomial, value)) = rest.pop_last() {
        if value.is_zero() {
            continue;
        }
        let factor = monomial.divide(leading)?;
        let value = &value * &inverse;
        for (other, coefficient) in &divisor.terms()[1..] {
            *rest.entry(factor.multiply(other)).or_default() -= &(coefficient * &value);
        }
        quotient.push((factor, value));
    }
    Some(Polynomial::from_terms(quotient))
}

/// The greatest monomial that divides every term, and the quotient.
pub fn split_monomial(polynomial: &Polynomial) -> (Monomial, Polynomial) {
    let mut monomials = polynomial.terms().iter().map(|(monomial, _)| monomial);
    let Some(first) = monomials.next().cloned() else { return (Monomial::one(), polynomial.clone()) };
    let common = monomials.fold(first, |common, monomial| common.common(monomial));
    if common.is_one() {
        return (common, polynomial.clone());
    }
    let quotient = polynomial.terms().iter().filter_map(|(m, c)| Some((m.divide(&common)?, c.clone())));
    let quotient = Polynomial::from_terms(quotient);
    (common, quotient)
}

fn factor_without_monomial(polynomial: &Polynomial) -> Option<Vec<(Polynomial, u32)>> {
    let whole = || Some(vec![(polynomial.primitive().0, 1)]);
    if polynomial.degree() <= 1 {
        return whole();
    }
    let variables = polynomial.variables();
    if variables.len() > VARIABLES || polynomial.degree() > DEGREE {
        return None;
    }
    if let [variable] = variables.as_slice() {
        return factor_univariate(polynomial, *variable);
    }
    // Of degree d in n variables at most; lifting is dense.
    let dense = (1..=variables.len() as u64)
        .try_fold(1u64, |count, k| Some(count.checked_mul(polynomial.degree() as u64 + k)? / k));
    let liftable = dense.is_some_and(|terms| terms <= DENSE_TERMS);
    let count = |factors: &[(univariate::Poly, u32)]| factors.iter().map(|(_, m)| *m as usize).sum::<usize>();
    let mut best: Option<(Line, Vec<(univariate::Poly, u32)>)> = None;
    let mut failed = 0;
    for seed in 0..LINES {
        let Some(line) = Line::new(polynomial, &variables, seed) else { continue };
        let Some(factors) = univariate::factor(&line.image) else { continue };
        if count(&factors) == 1 {
            return whole();
        }
        match best.as_ref().map(|(_, known)| count(&factors).cmp(&count(known))) {
            None | Some(Ordering::Less) => best = Some((line, factors)),
            Some(Ordering::Greater) => {}
            // Two lines that agree are enough, unless both split a factor or
            // meet two factors in one point.
            Some(Ordering::Equal) if !liftable => return None,
            Some(Ordering::Equal) => {
                let (known, of_known) = best.replace((line, factors))?;
                if let Some(found) = known.lift_all(&of_known) {
                    return Some(found);
                }
                failed += 1;
                if failed + 1 == LIFTS {
                    break;
                }
            }
        }
    }
    let (line, factors) = best.filter(|_| liftable)?;
    line.lift_all(&factors)
}

fn factor_univariate(polynomial: &Polynomial, variable: Variable) -> Option<Vec<(Polynomial, u32)>> {
    let coefficients = univariate_coefficients(polynomial, variable);
    let factors = univariate::factor(&coefficients)?;
    Some(factors.into_iter().map(|(factor, m)| (from_univariate(&factor, variable).primitive().0, m)).collect())
}

/// The coefficients of a polynomial in one variable, constant first.
pub fn univariate_coefficients(polynomial: &Polynomial, variable: Variable) -> univariate::Poly {
    let mut coefficients = vec![Rational::ZERO; polynomial.degree() as usize + 1];
    for (monomial, coefficient) in polynomial.terms() {
        coefficients[monomial.exponent(variable) as usize] += coefficient;
    }
    univariate::trim(coefficients)
}

/// The polynomial in one variable with the given coefficients.
pub fn from_univariate(coefficients: &[Rational], variable: Variable) -> Polynomial {
    let terms = coefficients.iter().enumerate();
    Polynomial::from_terms(terms.filter_map(|(k, c)| Some((Monomial::power(variable, k as u32)?, c.clone()))))
}

/// A line `x = a + b t`, with the polynomial around it.
struct Line<'a> {
    polynomial: &'a Polynomial,
    variables: &'a [Variable],
    origin: Vec<i64>,
    direction: Vec<i64>,
    /// The polynomial on the line.
    image: univariate::Poly,
}

/// Parts of a polynomial by their degree in y: from packed exponents of y (a
/// byte each) to coefficients in t.
type Graded = Vec<BTreeMap<u128, residues::Poly>>;

impl<'a> Line<'a> {
    /// `None` where the degree drops on the line.
    fn new(polynomial: &'a Polynomial, variables: &'a [Variable], seed: u64) -> Option<Line<'a>> {
        let draw = |salt: u64, range: u64| {
            (0..variables.len() as u64)
                .map(move |i| (scramble(scramble(seed ^ salt) ^ i) % (2 * range + 1)) as i64 - range as i64)
        };
        let range = 9 + seed;
        let origin: Vec<i64> = draw(0x6f72, range).collect();
        // The offset of the last variable is omitted, so its direction is one.
        let mut direction: Vec<i64> =
            draw(0x6469, range).map(|component| if component == 0 { range as i64 + 1 } else { component }).collect();
        *direction.last_mut()? = 1;
        let mut powers: Vec<Vec<univariate::Poly>> = Vec::new();
        for (at, &variable) in variables.iter().enumerate() {
            let base = vec![Rational::from(origin[at]), Rational::from(direction[at])];
            let mut list = vec![vec![Rational::ONE]];
            for k in 0..polynomial.degree_in(variable) as usize {
                list.push(univariate::multiply(&list[k], &base));
            }
            powers.push(list);
        }
        let mut image = univariate::Poly::new();
        for (monomial, coefficient) in polynomial.terms() {
            let mut product = vec![coefficient.clone()];
            for factor in monomial.factors() {
                let at = variables.binary_search(&factor.variable).ok()?;
                product = univariate::multiply(&product, &powers[at][factor.exponent as usize]);
            }
            image = univariate::add(&image, &product);
        }
        (image.len() == polynomial.degree() as usize + 1).then_some(Line {
            polynomial,
            variables,
            origin,
            direction,
            image,
        })
    }

    /// The factors whose images are the given ones; `None` where these do not
    /// lift to factors.
    fn lift_all(&self, factors: &[(univariate::Poly, u32)]) -> Option<Vec<(Polynomial, u32)>> {
        let mut found = Vec::new();
        let mut rest = self.polynomial.primitive().0;
        let mut order: Vec<usize> = (0..factors.len()).collect();
        order.sort_by_key(|&at| (factors[at].0.len() - 1) * factors[at].1 as usize);
        for (position, &at) in order.iter().enumerate() {
            let multiplicity = factors[at].1;
            // The last factor is what is left.
            let last = position + 1 == order.len() && multiplicity == 1;
            let factor = if last { rest.primitive().0 } else { self.lift(factors, at)? };
            for _ in 0..multiplicity {
                rest = divide(&rest, &factor)?;
            }
            found.push((factor, multiplicity));
        }
        rest.as_constant().is_some().then_some(found)
    }

    /// The irreducible factor whose image is the one at `at`.
    fn lift(&self, factors: &[(univariate::Poly, u32)], at: usize) -> Option<Polynomial> {
        let image =
            |factor: &univariate::Poly| -> Option<residues::Poly> { factor.iter().map(Rational::residue).collect() };
        let (own, multiplicity) = (image(&factors[at].0)?, factors[at].1);
        let mut power = vec![Residue::ONE];
        for _ in 0..multiplicity {
            power = residues::multiply(&power, &own);
        }
        let mut others = vec![Residue::ONE];
        for (other, (factor, count)) in factors.iter().enumerate() {
            for _ in 0..if other == at { 0 } else { *count } {
                others = residues::multiply(&others, &image(factor)?);
            }
        }
        let degree = power.len() - 1;
        // The product is made monic.
        let scale = self.image.last()?.residue()?.inverse()?;
        let whole = self.graded(degree, scale)?;
        let mut lifted: Graded = vec![BTreeMap::from([(0, power.clone())])];
        if others.len() == 1 {
            lifted = whole;
        } else {
            let mut complement: Graded = vec![BTreeMap::from([(0, others.clone())])];
            let inverse = residues::inverse(&others, &power)?;
            for (grade, part) in whole.iter().enumerate().skip(1) {
                let mut error = part.clone();
                subtract_products(&mut error, &lifted, &complement, grade, 1);
                let (mut of_own, mut of_others) = (BTreeMap::new(), BTreeMap::new());
                for (key, value) in error {
                    // value = change * others + other change * power
                    let change = residues::remainder(&residues::multiply(&value, &inverse), &power);
                    let left = residues::add_scaled(&value, &residues::multiply(&change, &others), -Residue::ONE);
                    let (other_change, remainder) = residues::divide(&left, &power);
                    if !remainder.is_empty() || change.len() + grade > power.len() {
                        // The degree in t and y together would be too high: no factor.
                        return None;
                    }
                    if !change.is_empty() {
                        of_own.insert(key, change);
                    }
                    if !other_change.is_empty() {
                        of_others.insert(key, other_change);
                    }
                }
                lifted.push(of_own);
                complement.push(of_others);
            }
        }
        if multiplicity > 1 {
            lifted = root(&lifted, &own, multiplicity)?;
        }
        self.recover(lifted)
    }

    /// The polynomial at `a + b t + y` times a number, up to a degree in y.
    fn graded(&self, degree: usize, scale: Residue) -> Option<Graded> {
        let last = self.variables.len() - 1;
        let mut terms: FxHashMap<u128, residues::Poly> = FxHashMap::default();
        for (monomial, coefficient) in self.polynomial.terms() {
            let mut key = 0u128;
            let mut in_t = vec![coefficient.residue()? * scale];
            for factor in monomial.factors() {
                let at = self.variables.binary_search(&factor.variable).ok()?;
                if at == last {
                    let base = [Residue::from_i64(self.origin[at]), Residue::ONE];
                    for _ in 0..factor.exponent {
                        in_t = residues::multiply(&in_t, &base);
                    }
                } else {
                    key |= (factor.exponent as u128) << (8 * at);
                }
            }
            let entry = terms.entry(key).or_default();
            *entry = residues::add_scaled(entry, &in_t, Residue::ONE);
        }
        for at in 0..last {
            let base = [Residue::from_i64(self.origin[at]), Residue::from_i64(self.direction[at])];
            terms = translate(terms, at, &base);
        }
        let mut graded: Graded = vec![BTreeMap::new(); degree + 1];
        for (key, value) in terms {
            let grade = key.to_le_bytes().iter().map(|&exponent| exponent as usize).sum::<usize>();
            if grade <= degree && !value.is_empty() {
                graded[grade].insert(key, value);
            }
        }
        Some(graded)
    }

    /// The polynomial in x, with coprime integers for coefficients.
    fn recover(&self, graded: Graded) -> Option<Polynomial> {
        let last = self.variables.len() - 1;
        let mut terms: FxHashMap<u128, residues::Poly> = graded.into_iter().flatten().collect();
        for at in 0..last {
            let base = [-Residue::from_i64(self.origin[at]), -Residue::from_i64(self.direction[at])];
            terms = translate(terms, at, &base);
        }
        // t = x - a for the last variable.
        let base = [-Residue::from_i64(self.origin[last]), Residue::ONE];
        let mut found: Vec<(Monomial, Residue)> = Vec::new();
        for (key, value) in terms {
            let in_x = value.iter().rev().fold(residues::Poly::new(), |sum, &coefficient| {
                residues::add_scaled(&residues::multiply(&sum, &base), &[coefficient], Residue::ONE)
            });
            for (power, &coefficient) in in_x.iter().enumerate().filter(|(_, c)| **c != Residue::ZERO) {
                let exponents = key.to_le_bytes();
                let factors = self.variables.iter().enumerate().filter_map(|(at, &variable)| {
                    let exponent = if at == last { power as u16 } else { exponents[at] as u16 };
                    (exponent > 0).then_some(Factor { variable, exponent })
                });
                found.push((Monomial::from_factors(factors), coefficient));
            }
        }
        found.sort_by(|a, b| b.0.cmp(&a.0));
        let inverse = found.first()?.1.inverse()?;
        let terms: Option<Vec<(Monomial, Rational)>> =
            found.into_iter().map(|(monomial, value)| Some((monomial, reconstruct(value * inverse)?))).collect();
        Some(Polynomial::from_terms(terms?).primitive().0)
    }
}

/// Replaces the variable at `at` by itself plus `base`, linear in t.
fn translate(terms: FxHashMap<u128, residues::Poly>, at: usize, base: &[Residue]) -> FxHashMap<u128, residues::Poly> {
    let base = residues::trim(base.to_vec());
    let mut result: FxHashMap<u128, residues::Poly> = FxHashMap::default();
    for (key, value) in terms {
        let exponent = (key >> (8 * at)) as u8 as u64;
        let without = key & !(0xff << (8 * at));
        // binomial(exponent, k) y^k base^(exponent - k)
        let mut product = value;
        let mut binomial = Residue::ONE;
        for k in (0..=exponent).rev() {
            let entry = result.entry(without | (k as u128) << (8 * at)).or_default();
            *entry = residues::add_scaled(entry, &product, binomial);
            if k > 0 {
                product = residues::multiply(&product, &base);
                let below = Residue::new(exponent - k + 1).inverse().unwrap_or(Residue::ZERO);
                binomial = binomial * Residue::new(k) * below;
            }
        }
    }
    result
}

/// Subtracts from `error` the part of a grade of a product, of the grades
/// from `least` on of each factor.
fn subtract_products(
    error: &mut BTreeMap<u128, residues::Poly>,
    left: &Graded,
    right: &Graded,
    grade: usize,
    least: usize,
) {
    for a in least..=grade.saturating_sub(least) {
        let (Some(ls), Some(rs)) = (left.get(a), right.get(grade - a)) else { continue };
        for (key, l) in ls {
            for (other, r) in rs {
                let entry = error.entry(key + other).or_default();
                *entry = residues::add_scaled(entry, &residues::multiply(l, r), -Residue::ONE);
            }
        }
    }
    error.retain(|_, value| !value.is_empty());
}

/// The root of a power, given its part without y.
fn root(power: &Graded, own: &residues::Poly, exponent: u32) -> Option<Graded> {
    let degree = own.len() - 1;
    let mut divisor = vec![Residue::new(exponent as u64)];
    for _ in 1..exponent {
        divisor = residues::multiply(&divisor, own);
    }
    let mut result: Graded = vec![BTreeMap::from([(0, own.clone())])];
    for grade in 1..=degree {
        // The part of the power that the lower grades give.
        let mut product: Graded = vec![BTreeMap::from([(0, vec![Residue::ONE])])];
        product.resize(grade + 1, BTreeMap::new());
        for _ in 0..exponent {
            product = (0..=grade)
                .map(|k| {
                    let mut negative = BTreeMap::new();
                    subtract_products(&mut negative, &product, &result, k, 0);
                    for value in negative.values_mut() {
                        value.iter_mut().for_each(|residue| *residue = -*residue);
                    }
                    negative
                })
                .collect();
        }
        let mut part = BTreeMap::new();
        let mut error = power[grade].clone();
        for (key, value) in &product[grade] {
            let entry = error.entry(*key).or_default();
            *entry = residues::add_scaled(entry, value, -Residue::ONE);
        }
        for (key, value) in error {
            let (quotient, rest) = residues::divide(&value, &divisor);
            if !rest.is_empty() {
                return None;
            }
            if !quotient.is_empty() {
                part.insert(key, quotient);
            }
        }
        result.push(part);
    }
    Some(result)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn variable(slot: usize) -> Polynomial {
        Polynomial::variable(Variable::real(slot))
    }

    fn number(value: i64) -> Polynomial {
        Polynomial::constant(Rational::from(value))
    }

    fn expand(factors: &[(Polynomial, u32)]) -> Polynomial {
        factors.iter().fold(number(1), |product, (factor, multiplicity)| &product * &factor.pow(*multiplicity))
    }

    #[test]
    fn irreducibles_stay_whole() {
        let sum = &(&variable(0).pow(2) + &variable(1).pow(2)) + &variable(2).pow(2);
        assert_eq!(factor(&sum).unwrap(), vec![(sum, 1)]);
    }

    #[test]
    fn differences_of_a_vandermonde_determinant() {
        let mut product = number(-6);
        for i in 0..5 {
            for j in 0..i {
                product = &product * &(&variable(3 * i + 1) - &variable(3 * j + 1));
            }
        }
        let factors = factor(&product).unwrap();
        assert_eq!(factors.len(), 10);
        assert!(factors.iter().all(|(factor, m)| *m == 1 && factor.len() == 2));
    }

    #[test]
    fn a_high_power() {
        let base = &(&(&variable(0) + &variable(1).scaled(&Rational::from(2))) - &variable(2)) + &number(3);
        let factors = factor(&base.pow(9)).unwrap();
        assert_eq!(factors, vec![(base, 9)]);
    }

    prop_compose! {
        fn polynomial()(terms in proptest::collection::vec(((0u32..3, 0u32..3, 0u32..2, 0u32..2), -9i64..9), 1..5)) -> Polynomial {
            Polynomial::from_terms(terms.into_iter().map(|((a, b, c, d), value)| {
                let monomial = [a, b, c, d].iter().enumerate().fold(Monomial::one(), |m, (slot, &e)| {
                    m.multiply(&Monomial::power(Variable::real(slot + 2), e).unwrap())
                });
                (monomial, Rational::from(value))
            }))
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        #[test]
        fn products_are_taken_apart(a in polynomial(), b in polynomial(), c in polynomial()) {
            let product = &(&(&a * &b) * &b) * &c;
            prop_assume!(!product.is_zero());
            let factors = factor(&product);
            prop_assert!(factors.is_some(), "{:?}", product);
            let factors = factors.unwrap();
            prop_assert_eq!(if product.as_constant().is_some() { number(1) } else { product.primitive().0 }, expand(&factors));
            let parts = [&a, &b, &b, &c].iter().filter(|p| p.as_constant().is_none()).count();
            prop_assert!(factors.iter().map(|(_, m)| *m as usize).sum::<usize>() >= parts);
        }

        #[test]
        fn division_is_exact(a in polynomial(), b in polynomial()) {
            prop_assume!(!b.is_zero());
            prop_assert_eq!(divide(&(&a * &b), &b), Some(a));
        }
    }
}
