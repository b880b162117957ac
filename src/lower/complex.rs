//! Complex values: a real and an imaginary part, both polynomials of the
//! field's components.
//!
//! A polynomial network is real, so complex numbers live only while an
//! expression is lowered: z = a + ib is a [`Value`] a with the imaginary part
//! b. A vanishing imaginary part is dropped at once, so that z + conj(z) and
//! conj(z)*z are real again.

use super::evaluate::{Evaluator, Outcome};
use super::value::Value;
use crate::diagnostics::Span;
use crate::exact::Rational;

impl Value {
    /// The value with real part `real` and imaginary part `imaginary`.
    pub(super) fn complex(real: Value, imaginary: Value) -> Value {
        let imaginary = (!imaginary.polynomial.is_zero()).then(|| Box::new(imaginary));
        Value { imaginary, ..real }
    }

    /// Real and imaginary part.
    pub(super) fn parts(mut self) -> (Value, Value) {
        let imaginary = match self.imaginary.take() {
            Some(imaginary) => *imaginary,
            None => Value { extensive: self.extensive, ..Value::constant(Rational::ZERO) },
        };
        (self, imaginary)
    }

    /// The complex conjugate.
    pub(super) fn conjugate(mut self) -> Value {
        self.imaginary = self.imaginary.map(|imaginary| Box::new(imaginary.scaled(&Rational::MINUS_ONE)));
        self
    }

    fn is_complex(&self) -> bool {
        self.imaginary.is_some()
    }
}

impl<'a> Evaluator<'a> {
    /// The sum of values of which some are complex.
    pub(super) fn add_complex(&mut self, parts: Vec<(Rational, Value)>, span: Span) -> Outcome<Value> {
        let extensive = parts.iter().any(|(_, part)| part.extensive);
        let (mut reals, mut imaginaries) = (Vec::with_capacity(parts.len()), Vec::new());
        for (factor, mut part) in parts {
            if let Some(mut imaginary) = part.imaginary.take().map(|imaginary| *imaginary) {
                let mut factor = factor.clone();
                // The real part may be a sum over cells where this one is none.
                if extensive && !imaginary.extensive {
                    factor = &factor * &self.per_cell;
                    imaginary.extensive = true;
                }
                imaginaries.push((factor, imaginary));
            }
            reals.push((factor, part));
        }
        let real = self.add(reals, span)?;
        let imaginary = self.add(imaginaries, span)?;
        Ok(Value::complex(real, imaginary))
    }

    /// The product of values of which some are complex.
    pub(super) fn multiply_complex(&mut self, parts: Vec<(Value, Span)>, span: Span) -> Outcome<Value> {
        let (complex, real): (Vec<_>, Vec<_>) = parts.into_iter().partition(|(part, _)| part.is_complex());
        let mut product: Option<Value> = None;
        for (factor, _) in complex {
            product = Some(match product {
                None => factor,
                Some(product) => self.times(product, factor, span)?,
            });
        }
        let (mut first, mut second) = match product {
            Some(product) => product.parts(),
            None => return self.multiply(real, span),
        };
        if !real.is_empty() {
            let mut scaled = |part: Value| {
                let mut factors = real.clone();
                factors.push((part, span));
                self.multiply(factors, span)
            };
            (first, second) = (scaled(first)?, scaled(second)?);
        }
        Ok(Value::complex(first, second))
    }

    /// (a + ib)(c + id) = (ac - bd) + i(ad + bc).
    fn times(&mut self, left: Value, right: Value, span: Span) -> Outcome<Value> {
        let ((a, b), (c, d)) = (left.parts(), right.parts());
        let ac = self.real_product(&a, &c, span)?;
        let bd = self.real_product(&b, &d, span)?;
        let ad = self.real_product(&a, &d, span)?;
        let bc = self.real_product(&b, &c, span)?;
        let real = self.add(vec![(Rational::ONE, ac), (Rational::MINUS_ONE, bd)], span)?;
        let imaginary = self.add(vec![(Rational::ONE, ad), (Rational::ONE, bc)], span)?;
        Ok(Value::complex(real, imaginary))
    }

    /// A product of real parts; that of a part with itself is a square, up to
    /// a sign that conjugation left in front.
    fn real_product(&mut self, a: &Value, b: &Value, span: Span) -> Outcome<Value> {
        if a.extensive || b.extensive || a.as_constant().is_some() {
            return self.multiply(vec![(a.clone(), span), (b.clone(), span)], span);
        }
        if a.written == b.written {
            return self.raise(a.clone(), 2, span);
        }
        let minus = |value: &Value| value.clone().scaled(&Rational::MINUS_ONE).written;
        if minus(a) == b.written || a.written == minus(b) {
            let shorter = if a.nodes <= b.nodes { a } else { b };
            return Ok(self.raise(shorter.clone(), 2, span)?.scaled(&Rational::MINUS_ONE));
        }
        self.multiply(vec![(a.clone(), span), (b.clone(), span)], span)
    }

    /// A complex value to a power of at least two, one factor at a time.
    pub(super) fn raise_complex(&mut self, base: Value, exponent: u64, span: Span) -> Outcome<Value> {
        let mut power = base.clone();
        for _ in 1..exponent {
            power = self.times(power, base.clone(), span)?;
        }
        Ok(power)
    }

    /// |z|^2, the sum of the squares of the two parts.
    pub(super) fn absolute_square(&mut self, value: Value, span: Span) -> Outcome<Value> {
        let (real, imaginary) = value.parts();
        let real = self.raise(real, 2, span)?;
        let imaginary = self.raise(imaginary, 2, span)?;
        self.add(vec![(Rational::ONE, real), (Rational::ONE, imaginary)], span)
    }
}
