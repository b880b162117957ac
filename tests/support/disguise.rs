//! Polynomials in disguise: what is free must change nothing.
#![allow(dead_code)]

use hamc::exact::Rational;
use hamc::model::{Polynomial, Variable};

/// Pseudo-random numbers that depend on the seed alone (splitmix64).
pub struct Draws(u64);

impl Draws {
    pub fn new(seed: u64) -> Draws {
        Draws(seed)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ mixed >> 31) % limit as u64) as usize
    }

    /// A number of `low..=high`, not zero.
    pub fn nonzero(&mut self, low: i64, high: i64) -> i64 {
        loop {
            let drawn = low + self.below((high - low + 1) as usize) as i64;
            if drawn != 0 {
                return drawn;
            }
        }
    }

    pub fn permutation(&mut self, count: usize) -> Vec<usize> {
        let mut places: Vec<usize> = (0..count).collect();
        for last in (1..count).rev() {
            places.swap(last, self.below(last + 1));
        }
        places
    }

    /// A small rational that is neither 0 nor, mostly, an integer.
    pub fn scale(&mut self) -> Rational {
        Rational::new(self.nonzero(-5, 5), 1 + self.below(3) as i64)
    }
}

/// The polynomial with its `count` variables permuted and each scaled.
pub fn scaled(polynomial: &Polynomial, count: usize, seed: u64) -> Polynomial {
    changed(polynomial, count, seed, &mut |draws| (draws.scale(), Rational::ZERO))
}

/// The polynomial with its `count` variables permuted and each shifted.
pub fn shifted(polynomial: &Polynomial, count: usize, seed: u64) -> Polynomial {
    changed(polynomial, count, seed, &mut |draws| (Rational::ONE, Rational::from(draws.nonzero(-3, 3))))
}

fn changed(
    polynomial: &Polynomial,
    count: usize,
    seed: u64,
    affine: &mut dyn FnMut(&mut Draws) -> (Rational, Rational),
) -> Polynomial {
    let mut draws = Draws::new(seed);
    let places = draws.permutation(count);
    let images: Vec<Polynomial> = places
        .iter()
        .map(|&place| {
            let (scale, shift) = affine(&mut draws);
            &Polynomial::variable(Variable::real(place)).scaled(&scale) + &Polynomial::constant(shift)
        })
        .collect();
    polynomial.substitute(|variable| images.get(variable.slot()).cloned())
}
