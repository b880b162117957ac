//! Truncated power series with integer coefficients, by degree.

use dashu_int::IBig;

/// The number of monomials by total degree, from degree zero.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Series(pub(super) Vec<IBig>);

impl Series {
    /// The constant one.
    pub(super) fn one(degree: usize) -> Series {
        let mut coefficients = vec![IBig::ZERO; degree + 1];
        coefficients[0] = IBig::ONE;
        Series(coefficients)
    }

    /// The product, truncated.
    pub(super) fn times(&self, other: &Series) -> Series {
        let mut product = vec![IBig::ZERO; self.0.len()];
        for (i, a) in self.0.iter().enumerate().filter(|(_, a)| **a != IBig::ZERO) {
            for (j, b) in other.0[..other.0.len() - i].iter().enumerate() {
                if *b != IBig::ZERO {
                    product[i + j] += a * b;
                }
            }
        }
        Series(product)
    }

    /// One over a series that begins with one.
    pub(super) fn inverse(&self) -> Series {
        let mut inverse = Series::one(self.0.len() - 1);
        for k in 1..self.0.len() {
            let sum: IBig = (1..=k).map(|j| &self.0[j] * &inverse.0[k - j]).sum();
            inverse.0[k] = -sum;
        }
        inverse
    }
}
