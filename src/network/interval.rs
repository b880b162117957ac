//! Intervals of doubles with outward rounding.

use crate::exact::Rational;

/// All numbers from `lower` to `upper`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Interval {
    pub(crate) lower: f64,
    pub(crate) upper: f64,
}

/// A double below the exact value that was rounded to `x`.
pub(crate) fn down(x: f64) -> f64 {
    x - x.abs() * f64::EPSILON - f64::from_bits(1)
}

/// A double above the exact value that was rounded to `x`.
pub(crate) fn up(x: f64) -> f64 {
    x + x.abs() * f64::EPSILON + f64::from_bits(1)
}

impl Interval {
    /// One number, rounded outwards.
    pub(crate) fn point(value: &Rational) -> Interval {
        let rounded = value.to_f64();
        if Rational::from_f64(rounded).is_some_and(|exact| exact == *value) {
            return Interval { lower: rounded, upper: rounded };
        }
        Interval { lower: down(rounded), upper: up(rounded) }
    }

    /// Whether it is one number, plus or minus a power of two.
    fn is_power_of_two(self) -> bool {
        self.lower == self.upper && self.lower.is_normal() && self.lower.to_bits() & ((1 << 52) - 1) == 0
    }

    fn is_zero(self) -> bool {
        self.lower == 0.0 && self.upper == 0.0
    }

    /// The least interval around two.
    pub(crate) fn hull(self, other: Interval) -> Interval {
        Interval { lower: self.lower.min(other.lower), upper: self.upper.max(other.upper) }
    }

    /// The sum.
    pub(crate) fn add(self, other: Interval) -> Interval {
        // Exact.
        if self.is_zero() || other.is_zero() {
            return if self.is_zero() { other } else { self };
        }
        Interval { lower: down(self.lower + other.lower), upper: up(self.upper + other.upper) }
    }

    /// The product.
    pub(crate) fn multiply(self, other: Interval) -> Interval {
        for (factor, rest) in [(self, other), (other, self)] {
            if factor.is_power_of_two() {
                let (a, b) = (rest.lower * factor.lower, rest.upper * factor.lower);
                // Exact, unless it underflows.
                if [a, b].iter().zip([rest.lower, rest.upper]).all(|(x, from)| x.is_normal() || from == 0.0) {
                    return Interval { lower: a.min(b), upper: a.max(b) };
                }
            }
        }
        let corners =
            [self.lower * other.lower, self.lower * other.upper, self.upper * other.lower, self.upper * other.upper];
        let lower = corners.into_iter().fold(f64::INFINITY, f64::min);
        let upper = corners.into_iter().fold(f64::NEG_INFINITY, f64::max);
        Interval { lower: down(lower), upper: up(upper) }
    }

    /// The power: even powers are not negative.
    pub(crate) fn power(self, exponent: u32) -> Interval {
        let magnitude = (1..exponent).fold(self, |product, _| product.multiply(self));
        if exponent % 2 == 1 {
            return magnitude;
        }
        let least = if self.lower <= 0.0 && 0.0 <= self.upper { 0.0 } else { self.lower.abs().min(self.upper.abs()) };
        let least = (1..exponent).fold(least, |product, _| down(product * least)).max(0.0);
        Interval { lower: least, upper: magnitude.magnitude() }
    }

    /// A number known within `error`.
    pub(crate) fn around(value: f64, error: f64) -> Interval {
        if error == 0.0 {
            return Interval { lower: value, upper: value };
        }
        Interval { lower: down(value - error), upper: up(value + error) }
    }

    /// The greatest magnitude.
    pub(crate) fn magnitude(self) -> f64 {
        self.lower.abs().max(self.upper.abs())
    }
}
