//! Exact rational numbers.
//!
//! Everything up to the network is exact. Most coefficients of a Hamiltonian
//! fit machine words, and arithmetic on those is several times faster than on
//! big integers, so a [`Rational`] holds two words while it can and a big
//! rational when it must. The choice is invisible: a value has one
//! representation, so equality and hashing are those of the number.

use dashu_int::{IBig, UBig, ops::BitTest};
use dashu_ratio::RBig;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

use crate::modular::Residue;

/// An exact rational number in lowest terms.
///
/// ```
/// use hamc::exact::Rational;
/// let tenth = Rational::from_decimal("0.1").unwrap();
/// assert_eq!(tenth, Rational::new(1, 10));
/// assert_eq!((tenth + Rational::new(1, 15)).to_string(), "1/6");
/// ```
#[derive(Clone)]
pub struct Rational(Repr);

/// Invariant: a value whose numerator and denominator fit `i64` (the
/// numerator not `i64::MIN`) is `Small`, with a positive denominator and no
/// common factor; every other value is `Big`.
#[derive(Clone)]
enum Repr {
    Small(i64, i64),
    Big(Box<RBig>),
}

/// The greatest common divisor; `gcd(0, 0) = 0`.
fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        if let (Ok(mut x), Ok(mut y)) = (u64::try_from(a), u64::try_from(b)) {
            while y != 0 {
                (x, y) = (y, x % y);
            }
            return x as u128;
        }
        (a, b) = (b, a % b);
    }
    a
}

impl Rational {
    /// Zero.
    pub const ZERO: Rational = Rational(Repr::Small(0, 1));
    /// One.
    pub const ONE: Rational = Rational(Repr::Small(1, 1));
    /// Minus one.
    pub const MINUS_ONE: Rational = Rational(Repr::Small(-1, 1));

    /// `numerator / denominator`.
    ///
    /// # Panics
    /// If the denominator is zero.
    pub fn new(numerator: i64, denominator: i64) -> Rational {
        assert!(denominator != 0, "a rational with denominator zero");
        Rational::reduce(numerator as i128, denominator as i128)
    }

    /// `numerator / denominator` of machine-word size results, in lowest terms.
    fn reduce(numerator: i128, denominator: i128) -> Rational {
        if denominator == 1
            && let Ok(n) = i64::try_from(numerator)
            && n != i64::MIN
        {
            return Rational(Repr::Small(n, 1));
        }
        let common = gcd(numerator.unsigned_abs(), denominator.unsigned_abs());
        let sign = if (numerator < 0) != (denominator < 0) { -1 } else { 1 };
        let n = numerator.unsigned_abs() / common;
        let d = denominator.unsigned_abs() / common;
        if n <= i64::MAX as u128 && d <= i64::MAX as u128 {
            return Rational(Repr::Small(sign * n as i64, d as i64));
        }
        let mut big = IBig::from(UBig::from(n));
        if sign < 0 {
            big = -big;
        }
        Rational(Repr::Big(Box::new(RBig::from_parts(big, UBig::from(d)))))
    }

    /// Wraps a big rational, in machine words where they suffice.
    pub fn from_big(value: RBig) -> Rational {
        if let (Ok(n), Ok(d)) = (i64::try_from(value.numerator().clone()), i64::try_from(value.denominator().clone()))
            && n != i64::MIN
        {
            return Rational(Repr::Small(n, d));
        }
        Rational(Repr::Big(Box::new(value)))
    }

    /// The value as a big rational.
    pub fn to_big(&self) -> RBig {
        match &self.0 {
            Repr::Small(n, d) => RBig::from_parts(IBig::from(*n), UBig::from(*d as u64)),
            Repr::Big(value) => (**value).clone(),
        }
    }

    /// An integer of any size.
    pub fn from_integer(value: IBig) -> Rational {
        Rational::from_big(RBig::from(value))
    }

    /// Numerator (with the sign) and denominator (positive).
    pub fn parts(&self) -> (IBig, UBig) {
        match &self.0 {
            Repr::Small(n, d) => (IBig::from(*n), UBig::from(*d as u64)),
            Repr::Big(value) => (value.numerator().clone(), value.denominator().clone()),
        }
    }

    /// The exponent of a prime in a number that is not zero, as far as 64
    /// either way.
    pub fn valuation(&self, prime: i64) -> i64 {
        let prime = IBig::from(prime);
        let exponent_in = |mut part: IBig| {
            let mut exponent = 0;
            while exponent < 64 && (&part % &prime) == IBig::ZERO {
                part /= &prime;
                exponent += 1;
            }
            exponent
        };
        let (numerator, denominator) = self.parts();
        exponent_in(numerator) - exponent_in(denominator.into())
    }

    /// Reads `12`, `0.25`, `1e-3`, `3/4` or `-3/4` exactly. `None` where the
    /// text is no number, or its exponent is beyond ±4096.
    pub fn from_decimal(text: &str) -> Option<Rational> {
        if let Some((numerator, denominator)) = text.split_once('/') {
            let denominator = Rational::from_decimal(denominator)?;
            if denominator.is_zero() {
                return None;
            }
            return Some(Rational::from_decimal(numerator)? / denominator);
        }
        let (mantissa, exponent) = match text.find(['e', 'E']) {
            Some(at) => (&text[..at], text[at + 1..].parse::<i64>().ok()?),
            None => (text, 0),
        };
        if exponent.abs() > 4096 {
            return None;
        }
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        let unsigned = digits.strip_prefix(['-', '+']).unwrap_or(&digits);
        if unsigned.is_empty() || !unsigned.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let value: IBig = digits.strip_prefix('+').unwrap_or(&digits).parse().ok()?;
        let power = exponent - fraction.len() as i64;
        let ten = Rational::from_integer(IBig::from(10).pow(power.unsigned_abs() as usize));
        let value = Rational::from_integer(value);
        Some(if power >= 0 { value * ten } else { value / ten })
    }

    /// The exact value of a finite double; `None` for infinities and NaN.
    pub fn from_f64(value: f64) -> Option<Rational> {
        if !value.is_finite() {
            return None;
        }
        let bits = value.to_bits();
        let exponent_field = ((bits >> 52) & 0x7ff) as i64;
        let fraction = (bits & ((1 << 52) - 1)) as i64;
        let (mantissa, exponent) =
            if exponent_field == 0 { (fraction, -1074) } else { (fraction | (1 << 52), exponent_field - 1075) };
        let mantissa = if value < 0.0 { -mantissa } else { mantissa };
        let power = Rational::from_integer(IBig::from(1) << exponent.unsigned_abs() as usize);
        let mantissa = Rational::from(mantissa);
        Some(if exponent >= 0 { mantissa * power } else { mantissa / power })
    }

    /// The nearest double, ties to even; infinite where the value is beyond
    /// the range of doubles.
    pub fn to_f64(&self) -> f64 {
        match &self.0 {
            Repr::Small(n, d) if n.unsigned_abs() <= 1 << 53 && *d <= 1 << 53 => *n as f64 / *d as f64,
            _ => self.round_big(),
        }
    }

    /// Correct rounding by one integer division with two guard bits and a
    /// sticky bit.
    fn round_big(&self) -> f64 {
        let (numerator, denominator) = self.parts();
        if self.is_zero() {
            return 0.0;
        }
        let negative = self.is_negative();
        let magnitude: UBig =
            if negative { (-numerator).try_into() } else { numerator.try_into() }.expect("the sign was removed");
        // The quotient gets at least 55 bits, or as many as a subnormal has.
        let bits = magnitude.bit_len() as i64 - denominator.bit_len() as i64;
        let shift = (56 - bits).min(1076);
        let (scaled, divisor) = if shift >= 0 {
            (magnitude << shift as usize, denominator)
        } else {
            (magnitude, denominator << (-shift) as usize)
        };
        let quotient = &scaled / &divisor;
        let sticky = &quotient * &divisor != scaled;
        let quotient: u64 = u64::try_from(quotient).expect("the quotient has at most 58 bits");
        // Keep 53 bits (fewer for subnormals), rounding half to even.
        let length = 64 - quotient.leading_zeros() as i64;
        let lowest = (length - 53).max(shift - 1074).max(0);
        let half = if lowest == 0 { 0 } else { 1u64 << (lowest - 1) };
        let mask = if lowest >= 64 { u64::MAX } else { (1u64 << lowest) - 1 };
        let mut kept = if lowest >= 64 { 0 } else { quotient >> lowest };
        let rest = quotient & mask;
        if lowest > 0 && (rest > half || (rest == half && (sticky || kept & 1 == 1))) {
            kept += 1;
        }
        let value = ldexp(kept as f64, lowest - shift);
        if negative { -value } else { value }
    }

    /// Whether the value is zero.
    pub fn is_zero(&self) -> bool {
        matches!(self.0, Repr::Small(0, _))
    }

    /// Whether the value is one.
    pub fn is_one(&self) -> bool {
        matches!(self.0, Repr::Small(1, 1))
    }

    /// Whether the value is below zero.
    pub fn is_negative(&self) -> bool {
        match &self.0 {
            Repr::Small(n, _) => *n < 0,
            Repr::Big(value) => *value.numerator() < IBig::ZERO,
        }
    }

    /// Whether the denominator is one.
    pub fn is_integer(&self) -> bool {
        match &self.0 {
            Repr::Small(_, d) => *d == 1,
            Repr::Big(value) => value.is_int(),
        }
    }

    /// The value as a machine integer, where it is one.
    pub fn to_i64(&self) -> Option<i64> {
        match self.0 {
            Repr::Small(n, 1) => Some(n),
            _ => None,
        }
    }

    /// The absolute value.
    pub fn abs(&self) -> Rational {
        if self.is_negative() { -self.clone() } else { self.clone() }
    }

    /// The reciprocal.
    ///
    /// # Panics
    /// If the value is zero.
    pub fn recip(&self) -> Rational {
        &Rational::ONE / self
    }

    /// The value to a power.
    pub fn pow(&self, exponent: u32) -> Rational {
        let mut result = Rational::ONE;
        let mut base = self.clone();
        let mut left = exponent;
        while left > 0 {
            if left & 1 == 1 {
                result *= &base;
            }
            left >>= 1;
            if left > 0 {
                base = &base * &base;
            }
        }
        result
    }

    /// The logarithm to base 2 of the absolute value, within one; 0 for zero.
    pub fn magnitude(&self) -> i64 {
        let (numerator, denominator) = self.parts();
        if numerator.is_zero() {
            return 0;
        }
        numerator.bit_len() as i64 - denominator.bit_len() as i64
    }

    /// The number of bits of the numerator and the denominator together.
    pub fn bits(&self) -> usize {
        match &self.0 {
            Repr::Small(n, d) => 128 - n.unsigned_abs().leading_zeros() as usize - d.leading_zeros() as usize,
            Repr::Big(value) => value.numerator().bit_len() + value.denominator().bit_len(),
        }
    }

    /// The exact square root, where it is rational.
    pub fn sqrt(&self) -> Option<Rational> {
        use dashu_int::ops::SquareRootRem;
        if self.is_negative() {
            return None;
        }
        let (numerator, denominator) = self.parts();
        let numerator: UBig = numerator.try_into().ok()?;
        let (n, n_rest) = numerator.sqrt_rem();
        let (d, d_rest) = denominator.sqrt_rem();
        (n_rest == UBig::ZERO && d_rest == UBig::ZERO).then(|| Rational::from_big(RBig::from_parts(n.into(), d)))
    }

    /// The exact cube root, where it is rational.
    pub fn cbrt(&self) -> Option<Rational> {
        use dashu_int::ops::CubicRootRem;
        let (numerator, denominator) = self.abs().parts();
        let (n, n_rest) = UBig::try_from(numerator).ok()?.cbrt_rem();
        let (d, d_rest) = denominator.cbrt_rem();
        let exact = n_rest == UBig::ZERO && d_rest == UBig::ZERO;
        let root = exact.then(|| Rational::from_big(RBig::from_parts(n.into(), d)))?;
        Some(if self.is_negative() { -root } else { root })
    }

    /// The digits and the power of ten of a finite decimal: `(digits, e)` for
    /// `digits * 10^e`, the digits without zeros at the end, the sign aside.
    /// `None` where the decimal expansion does not end.
    pub fn decimal_digits(&self) -> Option<(String, i64)> {
        let (_, mut rest) = self.parts();
        let mut places = [0u32; 2];
        for (place, prime) in places.iter_mut().zip([2u8, 5]) {
            let prime = UBig::from(prime);
            while &rest % &prime == UBig::ZERO {
                rest /= &prime;
                *place += 1;
            }
        }
        if rest != UBig::ONE {
            return None;
        }
        let places = places[0].max(places[1]);
        let (integer, _) = (self.abs() * Rational::from(10).pow(places)).parts();
        let mut digits = integer.to_string();
        let mut exponent = -(places as i64);
        while digits.len() > 1 && digits.ends_with('0') {
            digits.pop();
            exponent += 1;
        }
        Some((digits, exponent))
    }

    /// The value modulo 2^61 - 1; `None` where the denominator is a multiple
    /// of the modulus.
    pub fn residue(&self) -> Option<Residue> {
        let (n, d) = match &self.0 {
            Repr::Small(n, d) => (Residue::from_i64(*n), Residue::from_i64(*d)),
            Repr::Big(value) => {
                let modulus = UBig::from(Residue::MODULUS);
                let magnitude: UBig = {
                    let numerator = value.numerator().clone();
                    if numerator < IBig::ZERO { -numerator } else { numerator }.try_into().expect("made positive")
                };
                let n = Residue::new(u64::try_from(magnitude % &modulus).expect("reduced"));
                let d = Residue::new(u64::try_from(value.denominator() % &modulus).expect("reduced"));
                (if self.is_negative() { -n } else { n }, d)
            }
        };
        Some(n * d.inverse()?)
    }
}

/// `value * 2^exponent`, exact where the result is a normal double or the
/// value was already rounded to a subnormal's bits.
fn ldexp(mut value: f64, mut exponent: i64) -> f64 {
    while exponent > 1000 {
        value *= 2f64.powi(1000);
        exponent -= 1000;
        if value.is_infinite() || value == 0.0 {
            return value;
        }
    }
    while exponent < -1000 {
        value *= 2f64.powi(-1000);
        exponent += 1000;
        if value == 0.0 {
            return value;
        }
    }
    value * 2f64.powi(exponent as i32)
}

impl From<i64> for Rational {
    fn from(value: i64) -> Rational {
        Rational::reduce(value as i128, 1)
    }
}

impl From<i32> for Rational {
    fn from(value: i32) -> Rational {
        Rational(Repr::Small(value as i64, 1))
    }
}

impl From<u64> for Rational {
    fn from(value: u64) -> Rational {
        Rational::reduce(value as i128, 1)
    }
}

impl Default for Rational {
    fn default() -> Rational {
        Rational::ZERO
    }
}

impl<'a> Add<&'a Rational> for &Rational {
    type Output = Rational;
    fn add(self, other: &'a Rational) -> Rational {
        match (&self.0, &other.0) {
            (Repr::Small(a, b), Repr::Small(c, d)) => {
                if b == d {
                    return Rational::reduce(*a as i128 + *c as i128, *b as i128);
                }
                // |a d| and |c b| are below 2^126, so the sum cannot overflow.
                Rational::reduce(*a as i128 * *d as i128 + *c as i128 * *b as i128, *b as i128 * *d as i128)
            }
            _ => Rational::from_big(self.to_big() + other.to_big()),
        }
    }
}

impl<'a> Mul<&'a Rational> for &Rational {
    type Output = Rational;
    fn mul(self, other: &'a Rational) -> Rational {
        match (&self.0, &other.0) {
            (Repr::Small(a, b), Repr::Small(c, d)) => {
                Rational::reduce(*a as i128 * *c as i128, *b as i128 * *d as i128)
            }
            _ => Rational::from_big(self.to_big() * other.to_big()),
        }
    }
}

impl<'a> Div<&'a Rational> for &Rational {
    type Output = Rational;
    fn div(self, other: &'a Rational) -> Rational {
        assert!(!other.is_zero(), "division of a rational by zero");
        match (&self.0, &other.0) {
            (Repr::Small(a, b), Repr::Small(c, d)) => {
                Rational::reduce(*a as i128 * *d as i128, *b as i128 * *c as i128)
            }
            _ => Rational::from_big(self.to_big() / other.to_big()),
        }
    }
}

impl<'a> Sub<&'a Rational> for &Rational {
    type Output = Rational;
    fn sub(self, other: &'a Rational) -> Rational {
        self + &-other.clone()
    }
}

impl Neg for Rational {
    type Output = Rational;
    fn neg(self) -> Rational {
        match self.0 {
            Repr::Small(n, d) => Rational(Repr::Small(-n, d)),
            Repr::Big(value) => Rational::from_big(-*value),
        }
    }
}

macro_rules! by_value {
    ($($trait:ident $method:ident),*) => {$(
        impl $trait for Rational {
            type Output = Rational;
            fn $method(self, other: Rational) -> Rational { (&self).$method(&other) }
        }
        impl<'a> $trait<&'a Rational> for Rational {
            type Output = Rational;
            fn $method(self, other: &'a Rational) -> Rational { (&self).$method(other) }
        }
    )*};
}
by_value!(Add add, Sub sub, Mul mul, Div div);

impl AddAssign<&Rational> for Rational {
    fn add_assign(&mut self, other: &Rational) {
        *self = &*self + other;
    }
}

impl SubAssign<&Rational> for Rational {
    fn sub_assign(&mut self, other: &Rational) {
        *self = &*self - other;
    }
}

impl MulAssign<&Rational> for Rational {
    fn mul_assign(&mut self, other: &Rational) {
        *self = &*self * other;
    }
}

impl PartialEq for Rational {
    fn eq(&self, other: &Rational) -> bool {
        match (&self.0, &other.0) {
            (Repr::Small(a, b), Repr::Small(c, d)) => a == c && b == d,
            (Repr::Big(a), Repr::Big(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Rational {}

impl Hash for Rational {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.0 {
            Repr::Small(n, d) => (n, d).hash(state),
            Repr::Big(value) => (value.numerator(), value.denominator()).hash(state),
        }
    }
}

impl Ord for Rational {
    fn cmp(&self, other: &Rational) -> Ordering {
        match (&self.0, &other.0) {
            (Repr::Small(a, b), Repr::Small(c, d)) => (*a as i128 * *d as i128).cmp(&(*c as i128 * *b as i128)),
            _ => self.to_big().cmp(&other.to_big()),
        }
    }
}

impl PartialOrd for Rational {
    fn partial_cmp(&self, other: &Rational) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Rational {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Small(n, 1) => write!(f, "{n}"),
            Repr::Small(n, d) => write!(f, "{n}/{d}"),
            Repr::Big(value) => write!(f, "{value}"),
        }
    }
}

impl fmt::Debug for Rational {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact() {
        for (text, expected) in [
            ("0.1", "1/10"),
            ("1e-3", "1/1000"),
            ("2.50e1", "25"),
            (".5", "1/2"),
            ("3.", "3"),
            ("-7/21", "-1/3"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
        ] {
            assert_eq!(Rational::from_decimal(text).unwrap().to_string(), expected);
        }
        for text in ["", ".", "x", "1e9999999", "1/0", "--1", "1e", "1.2.3"] {
            assert_eq!(Rational::from_decimal(text), None, "{text}");
        }
    }

    #[test]
    fn one_value_has_one_representation() {
        let big = Rational::from_decimal("1e40").unwrap();
        let back = &big / &Rational::from_decimal("1e39").unwrap();
        assert_eq!(back, Rational::from(10));
        assert!(matches!(back.0, Repr::Small(10, 1)));
        assert_eq!(&(&big + &Rational::ONE) - &big, Rational::ONE);
        assert_eq!(-Rational::from(i64::MIN) + Rational::from(i64::MIN), Rational::ZERO);
    }

    #[test]
    #[expect(clippy::excessive_precision, reason = "the point of the test")]
    fn rounding_to_double_is_correct() {
        // Decimal literals are rounded correctly by the compiler.
        for (text, expected) in [
            ("0.1", 0.1),
            ("1/3", 1.0 / 3.0),
            ("123456789.987654321e20", 123456789.987654321e20),
            ("2.2250738585072011e-308", 2.2250738585072011e-308),
            ("4.9406564584124654e-324", 4.9406564584124654e-324),
            ("2.4703282292062327e-324", 0.0),
            ("2.4703282292062329e-324", 4.9406564584124654e-324),
            ("9007199254740993", 9007199254740992.0),
            ("9007199254740995", 9007199254740996.0),
            ("1.7976931348623157e308", f64::MAX),
            ("1e400", f64::INFINITY),
            ("-1e-400", 0.0),
        ] {
            assert_eq!(Rational::from_decimal(text).unwrap().to_f64(), expected, "{text}");
        }
        for value in [0.1, -3.7e-310, 1e300, 5e-324, 123456.789] {
            assert_eq!(Rational::from_f64(value).unwrap().to_f64(), value);
        }
    }

    #[test]
    fn digits_of_finite_decimals() {
        for (text, expected) in
            [("0", Some(("0", 0))), ("-12.50", Some(("125", -1))), ("1e6", Some(("1", 6))), ("1/3", None)]
        {
            let expected = expected.map(|(digits, exponent)| (digits.to_owned(), exponent));
            assert_eq!(Rational::from_decimal(text).unwrap().decimal_digits(), expected, "{text}");
        }
    }

    #[test]
    fn square_roots() {
        assert_eq!(Rational::new(9, 16).sqrt(), Some(Rational::new(3, 4)));
        assert_eq!(Rational::from(2).sqrt(), None);
        assert_eq!(Rational::from(-4).sqrt(), None);
        assert_eq!(Rational::new(-27, 8).cbrt(), Some(Rational::new(-3, 2)));
        assert_eq!(Rational::from(4).cbrt(), None);
    }
}
