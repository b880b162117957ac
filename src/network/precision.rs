//! Number formats: rounding after every operation.
//!
//! A network of a format narrower than double is evaluated with every
//! product, sum and activation rounded to the format, to nearest and ties to
//! even. Doubles hold the operands exactly and have more than twice their
//! digits, so rounding a double result once more gives what arithmetic in the
//! format itself gives. The cells of a lattice are summed in double, and the
//! sum is rounded. Activations are evaluated in double and rounded: what
//! a library of the format does may differ in the last place.

use std::fmt;

/// The number format that a network is evaluated in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Precision {
    /// IEEE double: 53 significant bits.
    F64,
    /// IEEE single: 24 significant bits.
    F32,
    /// IEEE half: 11 significant bits, up to 65504.
    F16,
    /// The upper half of a single: 8 significant bits.
    Bf16,
}

impl Precision {
    /// All formats.
    pub const ALL: [Precision; 4] = [Precision::F64, Precision::F32, Precision::F16, Precision::Bf16];

    /// The name, as on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Precision::F64 => "f64",
            Precision::F32 => "f32",
            Precision::F16 => "f16",
            Precision::Bf16 => "bf16",
        }
    }

    /// The format with a name, in any case.
    pub fn parse(name: &str) -> Option<Precision> {
        Precision::ALL.into_iter().find(|precision| precision.name().eq_ignore_ascii_case(name))
    }

    /// Significant bits, and the exponents of the least normal and of the
    /// greatest number.
    fn shape(self) -> (i32, i32, i32) {
        match self {
            Precision::F64 => (53, -1022, 1023),
            Precision::F32 => (24, -126, 127),
            Precision::F16 => (11, -14, 15),
            Precision::Bf16 => (8, -126, 127),
        }
    }

    /// The unit roundoff: the greatest relative error of rounding a number in
    /// the range of normal numbers.
    pub fn unit(self) -> f64 {
        libm::ldexp(1.0, -self.shape().0)
    }

    /// The greatest error of rounding a number below the range of normal
    /// numbers, twofold at least.
    pub fn underflow(self) -> f64 {
        match self {
            // Far below anything that matters, and itself normal.
            Precision::F64 => f64::MIN_POSITIVE,
            _ => libm::ldexp(1.0, self.shape().1 - self.shape().0 + 1),
        }
    }

    /// The least positive normal number.
    pub fn least_normal(self) -> f64 {
        libm::ldexp(1.0, self.shape().1)
    }

    /// The greatest number.
    pub fn greatest(self) -> f64 {
        let (digits, _, exponent) = self.shape();
        libm::ldexp(2.0 - libm::ldexp(1.0, 1 - digits), exponent)
    }

    /// Whether a weight is of full precision: zero, or a normal number.
    pub(crate) fn holds(self, value: f64) -> bool {
        value == 0.0 || (value.abs() >= self.least_normal() && value.abs() <= self.greatest())
    }

    /// The nearest number of the format, ties to even; infinite beyond its
    /// range. NaN stays NaN.
    pub fn round(self, value: f64) -> f64 {
        match self {
            Precision::F64 => value,
            Precision::F32 => value as f32 as f64,
            Precision::F16 | Precision::Bf16 => {
                if value == 0.0 || !value.is_finite() {
                    return value;
                }
                let (digits, least, _) = self.shape();
                let exponent = libm::ilogb(value).max(least) - digits + 1;
                // Powers of two, so that only the rounding rounds.
                let rounded = (value * libm::ldexp(1.0, -exponent)).round_ties_even() * libm::ldexp(1.0, exponent);
                if rounded.abs() > self.greatest() { f64::INFINITY.copysign(value) } else { rounded }
            }
        }
    }

    /// Rounds every number.
    pub(super) fn round_all(self, values: &mut [f64]) {
        if self != Precision::F64 {
            values.iter_mut().for_each(|value| *value = self.round(*value));
        }
    }

    /// `target += coefficient * source`, each operation rounded.
    pub(super) fn add_scaled(self, target: &mut [f64], source: &[f64], coefficient: f64) {
        fn each(target: &mut [f64], source: &[f64], operation: impl Fn(f64, f64) -> f64) {
            target.iter_mut().zip(source).for_each(|(sum, &value)| *sum = operation(*sum, value));
        }
        match self {
            Precision::F64 => each(target, source, |sum, value| sum + coefficient * value),
            Precision::F32 => {
                let coefficient = coefficient as f32;
                each(target, source, |sum, value| (sum as f32 + coefficient * value as f32) as f64);
            }
            _ => each(target, source, |sum, value| self.round(sum + self.round(coefficient * value))),
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_to_nearest_even() {
        let cases = [
            (Precision::F16, 1.0 + 1.0 / 2048.0, 1.0),
            (Precision::F16, 1.0 + 3.0 / 2048.0, 1.0 + 2.0 / 1024.0),
            (Precision::F16, 65519.9, 65504.0),
            (Precision::F16, 65520.0, f64::INFINITY),
            (Precision::F16, 2.9e-8, 0.0),
            (Precision::F16, 3.0e-8, 5.960464477539063e-8),
            (Precision::Bf16, 1.0 + 1.0 / 256.0, 1.0),
            (Precision::Bf16, -1.0 - 3.0 / 256.0, -1.0 - 4.0 / 256.0),
            (Precision::F32, 16777217.0, 16777216.0),
            (Precision::F64, 0.1, 0.1),
        ];
        for (precision, value, expected) in cases {
            assert_eq!(precision.round(value), expected, "{precision} {value}");
        }
        assert_eq!(Precision::F16.greatest(), 65504.0);
        assert_eq!(Precision::F32.greatest(), f32::MAX as f64);
        assert!(Precision::Bf16.round(f64::NAN).is_nan());
    }

    #[test]
    fn bfloats_are_the_upper_halves_of_singles() {
        let mut state = 7u64;
        for _ in 0..10_000 {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let single = f32::from_bits((state >> 32) as u32);
            let bits = single.to_bits();
            if !single.is_finite() {
                continue;
            }
            let rounded = bits.wrapping_add(0x7fff + (bits >> 16 & 1)) & 0xffff_0000;
            assert_eq!(Precision::Bf16.round(single as f64), f32::from_bits(rounded) as f64, "{single}");
        }
    }
}
