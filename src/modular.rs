//! Arithmetic modulo the prime 2^61 - 1, for fingerprints of polynomials.
//!
//! Two different polynomials of degree d agree at a random point with
//! probability at most d / (2^61 - 1) (Schwartz and Zippel). Fingerprints only
//! choose and reject; a result that the user sees is confirmed exactly.

use std::ops::{Add, AddAssign, Mul, Neg, Sub};

/// An element of the field with 2^61 - 1 elements.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct Residue(u64);

impl Residue {
    /// The modulus 2^61 - 1, a Mersenne prime.
    pub const MODULUS: u64 = (1 << 61) - 1;
    /// Zero.
    pub const ZERO: Residue = Residue(0);
    /// One.
    pub const ONE: Residue = Residue(1);

    /// The residue of an integer.
    pub fn new(value: u64) -> Residue {
        let folded = (value & Residue::MODULUS) + (value >> 61);
        Residue(if folded >= Residue::MODULUS { folded - Residue::MODULUS } else { folded })
    }

    /// The residue of a signed integer.
    pub fn from_i64(value: i64) -> Residue {
        let magnitude = Residue::new(value.unsigned_abs());
        if value < 0 { -magnitude } else { magnitude }
    }

    /// The representative in `0..MODULUS`.
    pub fn value(self) -> u64 {
        self.0
    }

    /// The residue to a power.
    pub fn pow(self, mut exponent: u64) -> Residue {
        let mut result = Residue::ONE;
        let mut base = self;
        while exponent > 0 {
            if exponent & 1 == 1 {
                result = result * base;
            }
            base = base * base;
            exponent >>= 1;
        }
        result
    }

    /// The multiplicative inverse; `None` for zero.
    pub fn inverse(self) -> Option<Residue> {
        match self.0 {
            0 => None,
            1 => Some(self),
            value => {
                // Euclid's algorithm; the cofactors stay below the modulus.
                let (mut old, mut new) = (Residue::MODULUS as i64, value as i64);
                let (mut old_cofactor, mut cofactor) = (0i64, 1i64);
                while new != 1 {
                    let quotient = old / new;
                    (old, new) = (new, old - quotient * new);
                    (old_cofactor, cofactor) = (cofactor, old_cofactor - quotient * cofactor);
                }
                Some(Residue::from_i64(cofactor))
            }
        }
    }

    /// A pseudo-random residue that depends on the key alone (splitmix64).
    pub fn scramble(key: u64) -> Residue {
        Residue::new(scramble(key))
    }
}

/// A pseudo-random word that depends on the key alone (splitmix64).
pub fn scramble(key: u64) -> u64 {
    let mut z = key.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Add for Residue {
    type Output = Residue;
    fn add(self, other: Residue) -> Residue {
        let sum = self.0 + other.0;
        Residue(if sum >= Residue::MODULUS { sum - Residue::MODULUS } else { sum })
    }
}

impl AddAssign for Residue {
    fn add_assign(&mut self, other: Residue) {
        *self = *self + other;
    }
}

impl Sub for Residue {
    type Output = Residue;
    fn sub(self, other: Residue) -> Residue {
        self + -other
    }
}

impl Neg for Residue {
    type Output = Residue;
    fn neg(self) -> Residue {
        Residue(if self.0 == 0 { 0 } else { Residue::MODULUS - self.0 })
    }
}

impl Mul for Residue {
    type Output = Residue;
    fn mul(self, other: Residue) -> Residue {
        let product = self.0 as u128 * other.0 as u128;
        let folded = (product as u64 & Residue::MODULUS) + (product >> 61) as u64;
        Residue(if folded >= Residue::MODULUS { folded - Residue::MODULUS } else { folded })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_laws_at_scrambled_points() {
        for key in 0..200 {
            let (a, b, c) = (Residue::scramble(key), Residue::scramble(key + 1000), Residue::scramble(key + 2000));
            assert_eq!((a + b) * c, a * c + b * c);
            assert_eq!(a - a, Residue::ZERO);
            assert_eq!(a * a.inverse().unwrap(), Residue::ONE);
            assert_eq!(a.pow(5), a * a * a * a * a);
        }
        assert_eq!(Residue::ZERO.inverse(), None);
        assert_eq!(Residue::from_i64(-1) + Residue::ONE, Residue::ZERO);
        assert_eq!(Residue::new(Residue::MODULUS), Residue::ZERO);
    }
}
