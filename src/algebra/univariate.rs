//! Univariate polynomials over the rationals: division, greatest common
//! divisors, square-free decomposition (Yun), and factorisation into
//! irreducibles (Zassenhaus: modulo a prime, lifted by Hensel, recombined).

use dashu_int::{IBig, UBig, ops::Abs};

use super::residues;
use crate::exact::Rational;
use crate::modular::Residue;

/// Coefficients, constant first, without trailing zeros.
pub type Poly = Vec<Rational>;

/// More factors than this modulo the prime are not recombined.
const MODULAR_FACTORS: usize = 14;

/// Without trailing zeros.
pub fn trim(mut polynomial: Poly) -> Poly {
    while polynomial.last().is_some_and(Rational::is_zero) {
        polynomial.pop();
    }
    polynomial
}

/// The sum.
pub fn add(a: &[Rational], b: &[Rational]) -> Poly {
    let zero = Rational::ZERO;
    let at = |p: &[Rational], k: usize| p.get(k).unwrap_or(&zero).clone();
    trim((0..a.len().max(b.len())).map(|k| &at(a, k) + &at(b, k)).collect())
}

/// The product with a number.
pub fn scaled(a: &[Rational], factor: &Rational) -> Poly {
    trim(a.iter().map(|value| value * factor).collect())
}

/// The product.
pub fn multiply(a: &[Rational], b: &[Rational]) -> Poly {
    if a.is_empty() || b.is_empty() {
        return Poly::new();
    }
    let mut product = vec![Rational::ZERO; a.len() + b.len() - 1];
    for (i, x) in a.iter().enumerate().filter(|(_, x)| !x.is_zero()) {
        for (j, y) in b.iter().enumerate() {
            product[i + j] += &(x * y);
        }
    }
    trim(product)
}

/// Quotient and remainder; the divisor must not be zero.
pub fn divide(a: &[Rational], divisor: &[Rational]) -> (Poly, Poly) {
    let leading = divisor.last().expect("the divisor is not zero").recip();
    let mut rest = a.to_vec();
    if a.len() < divisor.len() {
        return (Poly::new(), rest);
    }
    let mut quotient = vec![Rational::ZERO; a.len() - divisor.len() + 1];
    for at in (0..quotient.len()).rev() {
        let factor = &rest[at + divisor.len() - 1] * &leading;
        if !factor.is_zero() {
            for (entry, value) in rest[at..].iter_mut().zip(divisor) {
                *entry -= &(&factor * value);
            }
        }
        quotient[at] = factor;
    }
    rest.truncate(divisor.len() - 1);
    (trim(quotient), trim(rest))
}

/// The monic polynomial.
pub fn monic(a: &[Rational]) -> Poly {
    a.last().map_or_else(Poly::new, |leading| scaled(a, &leading.recip()))
}

/// The monic greatest common divisor.
pub fn gcd(a: &[Rational], b: &[Rational]) -> Poly {
    let (mut a, mut b) = (monic(a), monic(b));
    while !b.is_empty() {
        let rest = monic(&divide(&a, &b).1);
        (a, b) = (b, rest);
    }
    a
}

/// The inverse of `a` modulo `modulus`; `None` where they share a factor.
pub fn inverse(a: &[Rational], modulus: &[Rational]) -> Option<Poly> {
    let (mut old, mut new) = (modulus.to_vec(), divide(a, modulus).1);
    let (mut old_cofactor, mut cofactor): (Poly, Poly) = (Vec::new(), vec![Rational::ONE]);
    while !new.is_empty() {
        let (quotient, rest) = divide(&old, &new);
        let next = add(&old_cofactor, &scaled(&multiply(&quotient, &cofactor), &Rational::MINUS_ONE));
        (old, new) = (new, rest);
        (old_cofactor, cofactor) = (cofactor, next);
    }
    match old.as_slice() {
        [constant] => Some(divide(&scaled(&old_cofactor, &constant.recip()), modulus).1),
        _ => None,
    }
}

/// The derivative.
pub fn derivative(a: &[Rational]) -> Poly {
    a.iter().enumerate().skip(1).map(|(k, value)| value * &Rational::from(k as i64)).collect()
}

/// The composition `outer(inner)`.
pub fn compose(outer: &[Rational], inner: &[Rational]) -> Poly {
    outer.iter().rev().fold(Poly::new(), |sum, value| add(&multiply(&sum, inner), std::slice::from_ref(value)))
}

/// The monic square-free factors with their multiplicities (Yun).
pub fn square_free(polynomial: &[Rational]) -> Vec<(Poly, u32)> {
    let f = monic(polynomial);
    if f.len() < 2 {
        return Vec::new();
    }
    if is_square_free_modulo_prime(&f) {
        return vec![(f, 1)];
    }
    let mut factors = Vec::new();
    let slope = derivative(&f);
    let common = gcd(&f, &slope);
    let mut b = divide(&f, &common).0;
    let mut d = add(&divide(&slope, &common).0, &scaled(&derivative(&b), &Rational::MINUS_ONE));
    let mut multiplicity = 1;
    while b.len() > 1 {
        let factor = gcd(&b, &d);
        b = divide(&b, &factor).0;
        let c = divide(&d, &factor).0;
        d = add(&c, &scaled(&derivative(&b), &Rational::MINUS_ONE));
        if factor.len() > 1 {
            factors.push((factor, multiplicity));
        }
        multiplicity += 1;
    }
    factors
}

/// Whether the prime alone shows that the polynomial is square-free.
fn is_square_free_modulo_prime(polynomial: &[Rational]) -> bool {
    let Some(image) = polynomial.iter().map(Rational::residue).collect::<Option<Vec<_>>>() else { return false };
    let degree = image.len();
    let image = residues::trim(image);
    image.len() == degree && residues::gcd(&image, &residues::derivative(&image)).len() == 1
}

/// The irreducible factors with their multiplicities, monic. `None` where the
/// polynomial has too many factors modulo the prime to recombine.
pub fn factor(polynomial: &[Rational]) -> Option<Vec<(Poly, u32)>> {
    let mut factors = Vec::new();
    for (part, multiplicity) in square_free(polynomial) {
        factors.extend(factor_square_free(&part)?.into_iter().map(|factor| (factor, multiplicity)));
    }
    Some(factors)
}

/// The monic irreducible factors of a square-free polynomial.
fn factor_square_free(polynomial: &[Rational]) -> Option<Vec<Poly>> {
    if polynomial.len() <= 2 {
        return Some(vec![monic(polynomial)]);
    }
    let integers = primitive(polynomial);
    let leading = integers.last().expect("not zero").clone();
    let image: Option<Vec<Residue>> = integers.iter().map(residue).collect();
    let image = residues::trim(image?);
    if image.len() != integers.len() || residues::gcd(&image, &residues::derivative(&image)).len() != 1 {
        return None;
    }
    let modular = residues::factor_square_free(&image);
    if modular.len() == 1 {
        return Some(vec![monic(polynomial)]);
    }
    if modular.len() > MODULAR_FACTORS {
        return None;
    }
    // Mignotte's bound for a factor's coefficients, times the leading one.
    let largest = integers.iter().map(bits).max().unwrap_or(0);
    let bound = integers.len() + largest + bits(&leading) + integers.len().ilog2() as usize + 4;
    let (mut lifted, modulus) = lift(&integers, &leading, modular, bound)?;
    let mut rest = integers;
    let mut factors = Vec::new();
    let mut size = 1;
    while 2 * size <= lifted.len() {
        let found = subsets(lifted.len(), size).find_map(|subset| {
            let leading = rest.last().expect("not zero");
            let product = subset.iter().fold(vec![leading.clone()], |product, &at| {
                multiply_integers(&product, &lifted[at]).iter().map(|value| value % &modulus).collect()
            });
            let candidate =
                primitive_integers(&product.iter().map(|value| symmetric(value, &modulus)).collect::<Vec<_>>());
            let quotient = divide_integers(&rest, &candidate)?;
            Some((subset, candidate, quotient))
        });
        match found {
            None => size += 1,
            Some((subset, candidate, quotient)) => {
                factors.push(monic(&rationals(&candidate)));
                rest = quotient;
                let mut at = 0;
                lifted.retain(|_| {
                    at += 1;
                    !subset.contains(&(at - 1))
                });
            }
        }
    }
    if rest.len() > 1 {
        factors.push(monic(&rationals(&rest)));
    }
    factors.sort();
    Some(factors)
}

/// Lifts the monic factors modulo the prime to a power of it beyond `bits`
/// bits, one power at a time.
fn lift(
    polynomial: &[IBig],
    leading: &IBig,
    modular: Vec<residues::Poly>,
    bits: usize,
) -> Option<(Vec<Vec<IBig>>, IBig)> {
    let prime = IBig::from(Residue::MODULUS);
    let inverse_leading = residue(leading)?.inverse()?;
    // Modulo factor i: the inverse of the product of all others.
    let cofactors: Vec<residues::Poly> = (0..modular.len())
        .map(|i| {
            let others = modular.iter().enumerate().filter(|(j, _)| *j != i);
            let product = others.fold(vec![Residue::ONE], |product, (_, other)| {
                residues::remainder(&residues::multiply(&product, other), &modular[i])
            });
            residues::inverse(&product, &modular[i])
        })
        .collect::<Option<_>>()?;
    let mut lifted: Vec<Vec<IBig>> =
        modular.iter().map(|factor| factor.iter().map(|value| IBig::from(value.value())).collect()).collect();
    let mut modulus = prime.clone();
    let mut reached = 60;
    while reached < bits + 2 {
        let product = lifted.iter().fold(vec![leading.clone()], |product, factor| multiply_integers(&product, factor));
        let error: Vec<Residue> = polynomial
            .iter()
            .zip(&product)
            .map(|(wanted, have)| residue(&((wanted - have) / &modulus)).map(|error| error * inverse_leading))
            .collect::<Option<_>>()?;
        let error = residues::trim(error);
        for ((factor, own), cofactor) in lifted.iter_mut().zip(&modular).zip(&cofactors) {
            let change = residues::remainder(&residues::multiply(&error, cofactor), own);
            for (entry, change) in factor.iter_mut().zip(change) {
                *entry += IBig::from(change.value()) * &modulus;
            }
        }
        modulus *= &prime;
        reached += 60;
    }
    Some((lifted, modulus))
}

/// The subsets of a size, in lexicographic order.
fn subsets(count: usize, size: usize) -> impl Iterator<Item = Vec<usize>> {
    (0u32..1 << count)
        .filter(move |mask| mask.count_ones() as usize == size)
        .map(move |mask| (0..count).filter(|at| mask >> at & 1 == 1).collect())
}

fn bits(value: &IBig) -> usize {
    use dashu_int::ops::BitTest;
    let magnitude: UBig = value.clone().abs().try_into().expect("an absolute value");
    magnitude.bit_len()
}

fn residue(value: &IBig) -> Option<Residue> {
    Rational::from_integer(value.clone()).residue()
}

fn symmetric(value: &IBig, modulus: &IBig) -> IBig {
    let mut value = value % modulus;
    if value < IBig::ZERO {
        value += modulus;
    }
    if &value + &value > *modulus { value - modulus } else { value }
}

fn rationals(polynomial: &[IBig]) -> Poly {
    polynomial.iter().map(|value| Rational::from_integer(value.clone())).collect()
}

/// The multiple with coprime integer coefficients.
fn primitive(polynomial: &[Rational]) -> Vec<IBig> {
    let parts: Vec<(IBig, UBig)> = polynomial.iter().map(Rational::parts).collect();
    let denominator = parts.iter().fold(UBig::ONE, |all, (_, d)| {
        use dashu_int::ops::Gcd;
        &all / (&all).gcd(d) * d
    });
    let integers: Vec<IBig> = parts.iter().map(|(n, d)| n * IBig::from(&denominator / d)).collect();
    primitive_integers(&integers)
}

fn primitive_integers(polynomial: &[IBig]) -> Vec<IBig> {
    use dashu_int::ops::Gcd;
    let content = polynomial.iter().fold(UBig::ZERO, |content, value| {
        let magnitude: UBig = value.clone().abs().try_into().expect("an absolute value");
        if content == UBig::ZERO {
            magnitude
        } else if magnitude == UBig::ZERO {
            content
        } else {
            content.gcd(magnitude)
        }
    });
    if content == UBig::ZERO || content == UBig::ONE {
        return polynomial.to_vec();
    }
    let content = IBig::from(content);
    polynomial.iter().map(|value| value / &content).collect()
}

fn multiply_integers(a: &[IBig], b: &[IBig]) -> Vec<IBig> {
    let mut product = vec![IBig::ZERO; (a.len() + b.len()).saturating_sub(1)];
    for (i, x) in a.iter().enumerate() {
        for (j, y) in b.iter().enumerate() {
            product[i + j] += x * y;
        }
    }
    product
}

/// The quotient, where the divisor divides over the integers.
fn divide_integers(a: &[IBig], divisor: &[IBig]) -> Option<Vec<IBig>> {
    let leading = divisor.last()?;
    if a.len() < divisor.len() || *leading == IBig::ZERO {
        return None;
    }
    let mut rest = a.to_vec();
    let mut quotient = vec![IBig::ZERO; a.len() - divisor.len() + 1];
    for at in (0..quotient.len()).rev() {
        let top = &rest[at + divisor.len() - 1];
        let factor = top / leading;
        if &factor * leading != *top {
            return None;
        }
        for (entry, value) in rest[at..].iter_mut().zip(divisor) {
            *entry -= &factor * value;
        }
        quotient[at] = factor;
    }
    rest.iter().all(|value| *value == IBig::ZERO).then_some(quotient)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn poly(values: &[i64]) -> Poly {
        trim(values.iter().map(|&value| Rational::from(value)).collect())
    }

    fn expand(factors: &[(Poly, u32)]) -> Poly {
        factors.iter().fold(poly(&[1]), |product, (factor, multiplicity)| {
            (0..*multiplicity).fold(product, |product, _| multiply(&product, factor))
        })
    }

    #[test]
    fn swinnerton_dyer_is_irreducible() {
        // x^4 - 10x^2 + 1 splits modulo every prime and not over Q.
        assert_eq!(factor(&poly(&[1, 0, -10, 0, 1])).unwrap().len(), 1);
    }

    #[test]
    fn cyclotomic() {
        let mut twelve = vec![0; 13];
        (twelve[0], twelve[12]) = (-1, 1);
        assert_eq!(factor(&poly(&twelve)).unwrap().len(), 6);
    }

    proptest! {
        #[test]
        fn products_are_taken_apart(
            a in proptest::collection::vec(-90i64..90, 2..5),
            b in proptest::collection::vec(-9i64..9, 2..5),
            c in proptest::collection::vec(-900_000_000i64..900_000_000, 2..5),
        ) {
            let (a, b, c) = (poly(&a), poly(&b), poly(&c));
            let product = multiply(&multiply(&multiply(&a, &b), &b), &c);
            prop_assume!(product.len() > 1);
            if let Some(factors) = factor(&product) {
                prop_assert_eq!(expand(&factors), monic(&product));
                let parts = [&a, &b, &b, &c].iter().filter(|p| p.len() > 1).count();
                prop_assert!(factors.iter().map(|(_, m)| *m as usize).sum::<usize>() >= parts);
            }
        }
    }
}
