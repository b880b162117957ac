//! Truncated power series whose coefficients are characters of a torus.
//!
//! A character is an integer combination of *weights*: exponents, one for each
//! factor of the torus, modulo n for the n-th roots of unity and free for all
//! phases (so a Laurent polynomial, or an element of a group ring). The mean
//! over the torus is the coefficient of the weight zero. Where there is no
//! torus the coefficients are plain integers.

use dashu_int::IBig;
use smallvec::SmallVec;
use std::collections::BTreeMap;

/// An exponent for each factor of the torus.
pub(in crate::count) type Weight = SmallVec<[i32; 4]>;

/// Coefficients of power series: a commutative ring in which integers can be
/// cancelled.
pub(in crate::count) trait Ring {
    /// A coefficient.
    type Element: Clone;
    /// Zero.
    fn zero(&self) -> Self::Element;
    /// A multiple of one weight.
    fn weight(&self, weight: &[i32], multiple: IBig) -> Self::Element;
    /// Whether an element is zero.
    fn is_zero(&self, element: &Self::Element) -> bool;
    /// Adds the product of two elements.
    fn add_product(&self, sum: &mut Self::Element, a: &Self::Element, b: &Self::Element);
    /// Adds an integer multiple of an element.
    fn add_multiple(&self, sum: &mut Self::Element, a: &Self::Element, multiple: &IBig);
    /// The exact quotient by an integer.
    fn divide(&self, element: &mut Self::Element, divisor: &IBig);
    /// The coefficient of the weight zero.
    fn mean(&self, element: &Self::Element) -> IBig;
    /// The weights with their coefficients, none zero.
    fn terms(&self, element: &Self::Element) -> Vec<(Weight, IBig)>;

    /// One.
    fn one(&self) -> Self::Element {
        self.weight(&[], IBig::ONE)
    }
}

/// No torus.
pub(in crate::count) struct Integers;

impl Ring for Integers {
    type Element = IBig;
    fn zero(&self) -> IBig {
        IBig::ZERO
    }
    fn weight(&self, _: &[i32], multiple: IBig) -> IBig {
        multiple
    }
    fn is_zero(&self, element: &IBig) -> bool {
        *element == IBig::ZERO
    }
    fn add_product(&self, sum: &mut IBig, a: &IBig, b: &IBig) {
        *sum += a * b;
    }
    fn add_multiple(&self, sum: &mut IBig, a: &IBig, multiple: &IBig) {
        *sum += a * multiple;
    }
    fn divide(&self, element: &mut IBig, divisor: &IBig) {
        *element /= divisor;
    }
    fn mean(&self, element: &IBig) -> IBig {
        element.clone()
    }
    fn terms(&self, element: &IBig) -> Vec<(Weight, IBig)> {
        if *element == IBig::ZERO { Vec::new() } else { vec![(Weight::new(), element.clone())] }
    }
}

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

/// A power series up to a degree, by degree.
pub(in crate::count) type Series<R> = Vec<<R as Ring>::Element>;

/// The series 1.
pub(in crate::count) fn one<R: Ring>(ring: &R, degree: usize) -> Series<R> {
    let mut series = vec![ring.zero(); degree + 1];
    series[0] = ring.one();
    series
}

/// The product, as long as the first series.
pub(in crate::count) fn product<R: Ring>(ring: &R, a: &Series<R>, b: &Series<R>) -> Series<R> {
    let mut product = vec![ring.zero(); a.len()];
    for (i, x) in a.iter().enumerate().filter(|(_, x)| !ring.is_zero(x)) {
        for (j, y) in b.iter().enumerate().take(a.len() - i).filter(|(_, y)| !ring.is_zero(y)) {
            ring.add_product(&mut product[i + j], x, y);
        }
    }
    product
}

/// The power of a series that begins with 1, to any integer exponent.
///
/// From g = f^n follows f g' = n f' g, that is
/// k g_k = sum over j of (n j - k + j) f_j g_(k-j) (J. C. P. Miller).
pub(in crate::count) fn power<R: Ring>(ring: &R, f: &Series<R>, exponent: &IBig) -> Series<R> {
    let mut g = one(ring, f.len() - 1);
    for k in 1..f.len() {
        let mut sum = ring.zero();
        for j in (1..=k).filter(|&j| !ring.is_zero(&f[j])) {
            let mut term = ring.zero();
            ring.add_product(&mut term, &f[j], &g[k - j]);
            ring.add_multiple(&mut sum, &term, &(exponent * IBig::from(j) - IBig::from(k - j)));
        }
        ring.divide(&mut sum, &IBig::from(k));
        g[k] = sum;
    }
    g
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

/// The series in which t is replaced by its power.
pub(in crate::count) fn stretched<R: Ring>(ring: &R, f: &Series<R>, length: usize, degree: usize) -> Series<R> {
    let mut series = vec![ring.zero(); degree + 1];
    for (at, value) in f.iter().enumerate().take_while(|(at, _)| at * length <= degree) {
        series[at * length] = value.clone();
    }
    series
}
