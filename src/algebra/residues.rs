//! Univariate polynomials modulo the prime 2^61 - 1: division, inverses, and
//! factorisation into irreducibles (Cantor and Zassenhaus).

use crate::modular::Residue;

/// Coefficients, constant first, without trailing zeros.
pub type Poly = Vec<Residue>;

/// The sum `a + factor * b`.
pub fn add_scaled(a: &[Residue], b: &[Residue], factor: Residue) -> Poly {
    let mut sum = a.to_vec();
    sum.resize(a.len().max(b.len()), Residue::ZERO);
    for (entry, &value) in sum.iter_mut().zip(b) {
        *entry += value * factor;
    }
    trim(sum)
}

/// The product.
pub fn multiply(a: &[Residue], b: &[Residue]) -> Poly {
    if a.is_empty() || b.is_empty() {
        return Poly::new();
    }
    let mut product = vec![Residue::ZERO; a.len() + b.len() - 1];
    for (i, &x) in a.iter().enumerate() {
        for (j, &y) in b.iter().enumerate() {
            product[i + j] += x * y;
        }
    }
    trim(product)
}

/// Quotient and remainder; the divisor must not be zero.
pub fn divide(a: &[Residue], divisor: &[Residue]) -> (Poly, Poly) {
    let leading = divisor.last().and_then(|leading| leading.inverse()).expect("the divisor is trimmed and not zero");
    let mut rest = a.to_vec();
    if a.len() < divisor.len() {
        return (Poly::new(), trim(rest));
    }
    let mut quotient = vec![Residue::ZERO; a.len() - divisor.len() + 1];
    for at in (0..quotient.len()).rev() {
        let factor = rest[at + divisor.len() - 1] * leading;
        quotient[at] = factor;
        if factor != Residue::ZERO {
            for (entry, &value) in rest[at..].iter_mut().zip(divisor) {
                *entry = *entry - factor * value;
            }
        }
    }
    rest.truncate(divisor.len() - 1);
    (trim(quotient), trim(rest))
}

/// The remainder.
pub fn remainder(a: &[Residue], divisor: &[Residue]) -> Poly {
    divide(a, divisor).1
}

/// The polynomial with leading coefficient one.
pub fn monic(a: &[Residue]) -> Poly {
    match a.last().and_then(|leading| leading.inverse()) {
        Some(inverse) => a.iter().map(|&value| value * inverse).collect(),
        None => Poly::new(),
    }
}

/// The monic greatest common divisor.
pub fn gcd(a: &[Residue], b: &[Residue]) -> Poly {
    let (mut a, mut b) = (a.to_vec(), b.to_vec());
    while !b.is_empty() {
        (a, b) = (b.clone(), remainder(&a, &b));
    }
    monic(&a)
}

/// The inverse of `a` modulo `modulus`; `None` where they share a factor.
pub fn inverse(a: &[Residue], modulus: &[Residue]) -> Option<Poly> {
    let (mut old, mut new) = (modulus.to_vec(), remainder(a, modulus));
    let (mut old_cofactor, mut cofactor): (Poly, Poly) = (Vec::new(), vec![Residue::ONE]);
    while !new.is_empty() {
        let (quotient, rest) = divide(&old, &new);
        let next = add_scaled(&old_cofactor, &multiply(&quotient, &cofactor), -Residue::ONE);
        (old, new) = (new, rest);
        (old_cofactor, cofactor) = (cofactor, next);
    }
    match old.as_slice() {
        [constant] => {
            let scale = constant.inverse()?;
            let scaled: Poly = old_cofactor.iter().map(|&value| value * scale).collect();
            Some(remainder(&scaled, modulus))
        }
        _ => None,
    }
}

/// The derivative.
pub fn derivative(a: &[Residue]) -> Poly {
    trim(a.iter().enumerate().skip(1).map(|(k, &value)| value * Residue::new(k as u64)).collect())
}

/// The irreducible monic factors of a square-free polynomial of degree one or
/// more.
pub fn factor_square_free(polynomial: &[Residue]) -> Vec<Poly> {
    let mut factors = Vec::new();
    let mut left = monic(polynomial);
    let x = vec![Residue::ZERO, Residue::ONE];
    let mut frobenius = x.clone();
    let mut degree = 1;
    // Distinct degrees: x^(q^k) - x holds all factors of degree k.
    while left.len() > 1 {
        if 2 * degree >= left.len() {
            factors.push(left);
            break;
        }
        frobenius = power(&frobenius, Residue::MODULUS, &left);
        let common = gcd(&add_scaled(&frobenius, &x, -Residue::ONE), &left);
        if common.len() > 1 {
            left = divide(&left, &common).0;
            frobenius = if left.len() > 1 { remainder(&frobenius, &left) } else { Poly::new() };
            split_equal_degree(common, degree, &mut factors);
        }
        degree += 1;
    }
    factors.sort();
    factors
}

/// Splits a product of irreducible factors of one degree.
fn split_equal_degree(product: Poly, degree: usize, factors: &mut Vec<Poly>) {
    let mut stack = vec![product];
    let mut seed = 1u64;
    while let Some(product) = stack.pop() {
        if product.len() == degree + 1 {
            factors.push(product);
            continue;
        }
        loop {
            let random: Poly = trim(
                (0..product.len() - 1)
                    .map(|_| {
                        seed += 1;
                        Residue::scramble(seed)
                    })
                    .collect(),
            );
            // random^((q^degree - 1)/2) is 1 or -1 modulo each factor.
            let mut norm = random.clone();
            let mut conjugate = random;
            for _ in 1..degree {
                conjugate = power(&conjugate, Residue::MODULUS, &product);
                norm = remainder(&multiply(&norm, &conjugate), &product);
            }
            let sign = power(&norm, (Residue::MODULUS - 1) / 2, &product);
            let common = gcd(&add_scaled(&sign, &[Residue::ONE], -Residue::ONE), &product);
            if common.len() > 1 && common.len() < product.len() {
                stack.push(divide(&product, &common).0);
                stack.push(common);
                break;
            }
        }
    }
}

fn power(base: &[Residue], exponent: u64, modulus: &[Residue]) -> Poly {
    let mut result = remainder(&[Residue::ONE], modulus);
    for bit in (0..64 - exponent.leading_zeros()).rev() {
        result = remainder(&multiply(&result, &result), modulus);
        if exponent >> bit & 1 == 1 {
            result = remainder(&multiply(&result, base), modulus);
        }
    }
    result
}

/// Without trailing zeros.
pub fn trim(mut polynomial: Poly) -> Poly {
    while polynomial.last() == Some(&Residue::ZERO) {
        polynomial.pop();
    }
    polynomial
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn poly(values: &[i64]) -> Poly {
        trim(values.iter().map(|&value| Residue::from_i64(value)).collect())
    }

    #[test]
    fn factors_multiply_back() {
        for (values, count) in [
            (vec![-1, 0, 1], 2),
            (vec![-6, 11, -6, 1], 3),
            (vec![5, -4, 3, 7, 0, 1, 2], 0),
            (vec![-1, 0, 0, 0, 0, 0, 1], 0),
        ] {
            let original = monic(&poly(&values));
            let factors = factor_square_free(&original);
            let product = factors.iter().fold(vec![Residue::ONE], |product, factor| multiply(&product, factor));
            assert_eq!(product, original);
            assert!(count == 0 || factors.len() == count);
        }
    }

    proptest! {
        #[test]
        fn division_and_inverse(a in proptest::collection::vec(-9i64..9, 0..8), b in proptest::collection::vec(-9i64..9, 2..5)) {
            let (a, b) = (poly(&a), poly(&b));
            prop_assume!(b.len() > 1);
            let (quotient, rest) = divide(&a, &b);
            prop_assert_eq!(add_scaled(&multiply(&quotient, &b), &rest, Residue::ONE), a.clone());
            if let Some(inverse) = inverse(&a, &b) {
                prop_assert_eq!(remainder(&multiply(&inverse, &a), &b), vec![Residue::ONE]);
            }
        }
    }
}
