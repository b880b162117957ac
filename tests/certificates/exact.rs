//! Exact values to a hundred bits: polynomials in numbers of twice the length
//! of doubles.

use hamc::exact::Rational;
use hamc::model::Model;

/// A number as the unevaluated sum of two doubles: 106 bits.
#[derive(Clone, Copy)]
pub struct Double(pub f64, pub f64);

impl Double {
    fn of(value: &Rational) -> Double {
        let high = value.to_f64();
        let low = (value - &Rational::from_f64(high).unwrap()).to_f64();
        Double(high, low)
    }

    fn add(self, other: Double) -> Double {
        let sum = self.0 + other.0;
        let part = sum - self.0;
        let error = (self.0 - (sum - part)) + (other.0 - part);
        let low = error + self.1 + other.1;
        let high = sum + low;
        Double(high, low - (high - sum))
    }

    fn multiply(self, other: Double) -> Double {
        let product = self.0 * other.0;
        let error = self.0.mul_add(other.0, -product);
        let low = error + self.0 * other.1 + self.1 * other.0;
        let high = product + low;
        Double(high, low - (high - product))
    }

    /// The distance of a double.
    pub fn distance(self, value: f64) -> f64 {
        ((self.0 - value) + self.1).abs()
    }
}

/// A sum of coefficients times powers of columns.
type Terms = Vec<(Double, Vec<(usize, u16)>)>;

/// The energies of a model, written out on every site.
pub struct Exact(Vec<Terms>);

impl Exact {
    /// `None` for models too large to be written out.
    pub fn new(model: &Model) -> Option<Exact> {
        let written = model.written_out(1 << 20)?;
        let column = |slot| Some(written.frame.columns(&written.lattice, &written.fields, slot)?.first);
        let energies = written.energies.iter().map(|energy| {
            let terms = energy.polynomial.terms().iter().map(|(monomial, coefficient)| {
                let factors = monomial.factors().iter().map(|f| Some((column(f.variable.slot())?, f.exponent)));
                Some((Double::of(coefficient), factors.collect::<Option<_>>()?))
            });
            terms.collect()
        });
        Some(Exact(energies.collect::<Option<_>>()?))
    }

    /// The energies at a point.
    pub fn values(&self, point: &[f64]) -> Vec<Double> {
        let value = |terms: &Terms| {
            terms.iter().fold(Double(0.0, 0.0), |sum, (coefficient, factors)| {
                let mut product = *coefficient;
                for &(column, exponent) in factors {
                    for _ in 0..exponent {
                        product = product.multiply(Double(point[column], 0.0));
                    }
                }
                sum.add(product)
            })
        };
        self.0.iter().map(value).collect()
    }
}
