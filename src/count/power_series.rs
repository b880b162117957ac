//! Truncated power series by degree, with integers or characters of a torus
//! ([`super::values`]) as coefficients.

use dashu_int::IBig;
use smallvec::SmallVec;

/// A power series up to a degree, by degree.
pub(super) type Series<R> = Vec<<R as Ring>::Element>;

/// The series 1.
pub(super) fn one<R: Ring>(ring: &R, degree: usize) -> Series<R> {
    let mut series = vec![ring.zero(); degree + 1];
    series[0] = ring.one();
    series
}

/// The product, as long as the first series.
pub(super) fn product<R: Ring>(ring: &R, a: &Series<R>, b: &Series<R>) -> Series<R> {
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
pub(super) fn power<R: Ring>(ring: &R, f: &Series<R>, exponent: &IBig) -> Series<R> {
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

/// The series in which t is replaced by its power.
pub(super) fn stretched<R: Ring>(ring: &R, f: &Series<R>, length: usize, degree: usize) -> Series<R> {
    let mut series = vec![ring.zero(); degree + 1];
    for (at, value) in f.iter().enumerate().take_while(|(at, _)| at * length <= degree) {
        series[at * length] = value.clone();
    }
    series
}

/// An exponent for each factor of the torus.
pub(super) type Weight = SmallVec<[i32; 4]>;

/// Coefficients of power series: a commutative ring in which integers can be
/// cancelled.
pub(super) trait Ring {
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
pub(super) struct Integers;

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
