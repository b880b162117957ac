//! Intervals of doubles with outward rounding.

use crate::exact::Rational;

/// All numbers from `lower` to `upper`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Interval {
    pub(super) lower: f64,
    pub(super) upper: f64,
}

/// A double below the exact value that was rounded to `x`.
fn down(x: f64) -> f64 {
    x - x.abs() * f64::EPSILON - f64::from_bits(1)
}

/// A double above the exact value that was rounded to `x`.
fn up(x: f64) -> f64 {
    x + x.abs() * f64::EPSILON + f64::from_bits(1)
}

impl Interval {
    /// One number, rounded outwards.
    pub(super) fn point(value: &Rational) -> Interval {
        let rounded = value.to_f64();
        if Rational::from_f64(rounded).is_some_and(|exact| exact == *value) {
            return Interval { lower: rounded, upper: rounded };
        }
        Interval { lower: down(rounded), upper: up(rounded) }
    }

    /// The least interval around two.
    pub(super) fn hull(self, other: Interval) -> Interval {
        Interval { lower: self.lower.min(other.lower), upper: self.upper.max(other.upper) }
    }

    /// The sum.
    pub(super) fn add(self, other: Interval) -> Interval {
        Interval { lower: down(self.lower + other.lower), upper: up(self.upper + other.upper) }
    }

    /// The product.
    pub(super) fn multiply(self, other: Interval) -> Interval {
        let corners =
            [self.lower * other.lower, self.lower * other.upper, self.upper * other.lower, self.upper * other.upper];
        let lower = corners.into_iter().fold(f64::INFINITY, f64::min);
        let upper = corners.into_iter().fold(f64::NEG_INFINITY, f64::max);
        Interval { lower: down(lower), upper: up(upper) }
    }

    /// The power: even powers are not negative.
    pub(super) fn power(self, exponent: u32) -> Interval {
        let magnitude = (1..exponent).fold(self, |product, _| product.multiply(self));
        if exponent % 2 == 1 {
            return magnitude;
        }
        let least = if self.lower <= 0.0 && 0.0 <= self.upper { 0.0 } else { self.lower.abs().min(self.upper.abs()) };
        let least = (1..exponent).fold(least, |product, _| down(product * least)).max(0.0);
        Interval { lower: least, upper: magnitude.magnitude() }
    }

    /// The greatest magnitude.
    pub(super) fn magnitude(self) -> f64 {
        self.lower.abs().max(self.upper.abs())
    }
}
