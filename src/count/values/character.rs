//! Characters of a torus, as coefficients of power series.
//!
//! A character is an integer combination of *weights*: exponents, one for each
//! factor of the torus, modulo n for the n-th roots of unity and free for all
//! phases (so a Laurent polynomial, or an element of a group ring). The mean
//! over the torus is the coefficient of the weight zero.

use dashu_int::IBig;
use std::collections::BTreeMap;

use super::super::power_series::{Ring, Series, Weight};

/// A product of circles and groups of roots of unity.
#[derive(Clone, Debug)]
pub(in crate::count) struct Torus {
    /// The order of each factor, zero for a circle.
    pub moduli: Vec<u32>,
}

impl Torus {
    /// A weight with every exponent reduced.
    pub fn reduced(&self, weight: &[i32]) -> Weight {
        let exponents = weight.iter().copied().chain(std::iter::repeat(0));
        let reduced = |(&modulus, exponent): (&u32, i32)| match modulus {
            0 => exponent,
            _ => (exponent as i64).rem_euclid(modulus as i64) as i32,
        };
        self.moduli.iter().zip(exponents).map(reduced).collect()
    }

    /// A multiple of a weight, reduced.
    pub fn power(&self, weight: &[i32], exponent: u32) -> Weight {
        let multiplied = self.moduli.iter().zip(weight).map(|(&modulus, &part)| match modulus {
            0 => part.saturating_mul(exponent as i32),
            _ => (part as i64 * exponent as i64).rem_euclid(modulus as i64) as i32,
        });
        multiplied.collect()
    }
}

impl Ring for Torus {
    /// No weight has the coefficient zero.
    type Element = BTreeMap<Weight, IBig>;
    fn zero(&self) -> Self::Element {
        BTreeMap::new()
    }
    fn weight(&self, weight: &[i32], multiple: IBig) -> Self::Element {
        match multiple == IBig::ZERO {
            true => BTreeMap::new(),
            false => BTreeMap::from([(self.reduced(weight), multiple)]),
        }
    }
    fn is_zero(&self, element: &Self::Element) -> bool {
        element.is_empty()
    }
    fn add_product(&self, sum: &mut Self::Element, a: &Self::Element, b: &Self::Element) {
        for (first, x) in a {
            for (second, y) in b {
                let weight: Weight = first.iter().zip(second).map(|(i, j)| i.saturating_add(*j)).collect();
                add(sum, self.reduced(&weight), x * y);
            }
        }
    }
    fn add_multiple(&self, sum: &mut Self::Element, a: &Self::Element, multiple: &IBig) {
        for (weight, x) in a {
            add(sum, weight.clone(), x * multiple);
        }
    }
    fn divide(&self, element: &mut Self::Element, divisor: &IBig) {
        element.values_mut().for_each(|value| *value /= divisor);
    }
    fn mean(&self, element: &Self::Element) -> IBig {
        element.get(&self.reduced(&[])).cloned().unwrap_or(IBig::ZERO)
    }
    fn terms(&self, element: &Self::Element) -> Vec<(Weight, IBig)> {
        element.iter().map(|(weight, multiple)| (weight.clone(), multiple.clone())).collect()
    }
}

fn add(sum: &mut BTreeMap<Weight, IBig>, weight: Weight, value: IBig) {
    if value == IBig::ZERO {
        return;
    }
    match sum.entry(weight) {
        std::collections::btree_map::Entry::Vacant(vacant) => {
            vacant.insert(value);
        }
        std::collections::btree_map::Entry::Occupied(mut occupied) => {
            *occupied.get_mut() += value;
            if *occupied.get() == IBig::ZERO {
                occupied.remove();
            }
        }
    }
}

/// The series (1 + c w t)^n for an integer c and a weight w.
pub(in crate::count) fn binomial<R: Ring>(
    ring: &R,
    torus: &Torus,
    (coefficient, weight): (&IBig, &[i32]),
    exponent: &IBig,
    degree: usize,
) -> Series<R> {
    let mut series = Vec::with_capacity(degree + 1);
    let mut value = IBig::ONE;
    for power in 0..=degree {
        if power > 0 {
            value = value * (exponent - IBig::from(power - 1)) * coefficient / IBig::from(power);
        }
        series.push(ring.weight(&torus.power(weight, power as u32), value.clone()));
    }
    series
}
