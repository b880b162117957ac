//! Values of expressions: a polynomial of the unit cell beside what was
//! written, and arithmetic on them within the limits.

use std::collections::BTreeSet;

use super::constant::checked;
use super::evaluate::{Evaluator, Outcome, Stop};
use super::limits::{self, MAX_DEGREE, MAX_TERMS};
use crate::diagnostics::Span;
use crate::exact::Rational;
use crate::model::{Expression, Factor, Kind, Monomial, Polynomial, Variable};

/// The value of an expression.
#[derive(Clone, Debug)]
pub(super) struct Value {
    /// In normal form.
    pub polynomial: Polynomial,
    /// As it was written.
    pub written: Expression,
    /// The nodes of `written`.
    pub nodes: u64,
    /// Whether the value is the sum over all cells of what `polynomial` says
    /// of one; otherwise it is that polynomial itself. Only values outside
    /// of sums over sites can be extensive, and constants are not.
    pub extensive: bool,
    /// The imaginary part of a complex value, real itself and not zero; the
    /// other members are its real part.
    pub imaginary: Option<Box<Value>>,
}

impl Value {
    pub(super) fn constant(value: Rational) -> Value {
        Value {
            polynomial: Polynomial::constant(value.clone()),
            written: Expression::Constant(value),
            nodes: 1,
            extensive: false,
            imaginary: None,
        }
    }

    pub(super) fn variable(variable: Variable) -> Value {
        Value {
            polynomial: Polynomial::variable(variable),
            written: Expression::Variable(variable),
            nodes: 1,
            extensive: false,
            imaginary: None,
        }
    }

    /// The number, if the value is one.
    pub(super) fn as_constant(&self) -> Option<Rational> {
        if self.extensive || self.imaginary.is_some() { None } else { self.polynomial.as_constant() }
    }

    /// The value times a number.
    pub(super) fn scaled(self, factor: &Rational) -> Value {
        if factor.is_one() {
            return self;
        }
        if factor.is_zero() {
            return Value { extensive: self.extensive, ..Value::constant(Rational::ZERO) };
        }
        let polynomial = self.polynomial.scaled(factor);
        let nodes = self.nodes + 2;
        let written = scaled_expression(self.written, factor);
        let imaginary = self.imaginary.map(|imaginary| Box::new(imaginary.scaled(factor)));
        Value { polynomial, written, nodes, extensive: self.extensive, imaginary }
    }
}

/// A written expression times a number, which joins a number in front.
pub(super) fn scaled_expression(written: Expression, factor: &Rational) -> Expression {
    if factor.is_one() {
        return written;
    }
    match written {
        Expression::Constant(value) => Expression::Constant(value * factor),
        Expression::Product(mut factors) => {
            match factors.first_mut() {
                Some(Expression::Constant(value)) => *value *= factor,
                _ => factors.insert(0, Expression::Constant(factor.clone())),
            }
            match factors.as_slice() {
                [Expression::Constant(one), _] if one.is_one() => factors.swap_remove(1),
                [Expression::Constant(one), ..] if one.is_one() => {
                    factors.remove(0);
                    Expression::Product(factors)
                }
                _ => Expression::Product(factors),
            }
        }
        other => Expression::Product(vec![Expression::Constant(factor.clone()), other]),
    }
}

/// The most terms a polynomial of these variables and degree can have.
fn room(variables: &BTreeSet<Variable>, degree: u64) -> Option<Rational> {
    let real = variables.iter().filter(|v| v.kind() == Kind::Real).count() as u64;
    let two_valued = variables.len() as u64 - real;
    let reals = limits::binomial(real + degree, real)?;
    (two_valued <= 500).then(|| reals * Rational::from(2).pow(two_valued as u32))
}

fn variables(polynomials: &[&Polynomial]) -> BTreeSet<Variable> {
    polynomials.iter().flat_map(|p| p.terms()).flat_map(|(m, _)| m.factors()).map(|factor| factor.variable).collect()
}

/// The greatest total exponent of real variables in a term.
fn real_degree(polynomial: &Polynomial) -> u64 {
    let of = |m: &Monomial| {
        m.factors().iter().filter(|f| f.variable.kind() == Kind::Real).map(|f| f.exponent as u64).sum::<u64>()
    };
    polynomial.terms().iter().map(|(monomial, _)| of(monomial)).max().unwrap_or(0)
}

/// What a product of two terms costs: one, more for long monomials and long
/// numbers, and most for long fractions, whose common factors are looked for.
fn weight(a: &Polynomial, b: &Polynomial) -> u128 {
    let (mut bits, mut factors, mut integers) = (0, 0, true);
    for polynomial in [a, b] {
        let terms = polynomial.terms();
        bits += terms.iter().map(|(_, c)| c.bits() as u128).max().unwrap_or(0);
        factors += terms.iter().map(|(m, _)| m.factors().len() as u128).max().unwrap_or(0);
        integers &= terms.iter().all(|(_, c)| c.is_integer());
    }
    1 + bits / if integers { 512 } else { 64 } + factors / 16
}

impl<'a> Evaluator<'a> {
    /// The sum of values.
    pub(super) fn add(&mut self, parts: Vec<(Rational, Value)>, span: Span) -> Outcome<Value> {
        if parts.iter().any(|(_, part)| part.imaginary.is_some()) {
            return self.add_complex(parts, span);
        }
        let extensive = parts.iter().any(|(_, part)| part.extensive);
        let mut terms = Vec::new();
        let mut written = Vec::with_capacity(parts.len());
        let mut constant = Rational::ZERO;
        let mut nodes = 1;
        for (factor, part) in parts {
            // A number next to a sum over cells is shared out among them.
            let factor = if extensive && !part.extensive { &factor * &self.per_cell } else { factor };
            let part = part.scaled(&factor);
            nodes += part.nodes;
            match part.polynomial.as_constant() {
                Some(value) => constant = self.report(checked(constant + value, span))?,
                None => {
                    terms.extend_from_slice(part.polynomial.terms());
                    if terms.len() as u64 > 2 * MAX_TERMS {
                        let polynomial = Polynomial::from_terms(std::mem::take(&mut terms));
                        self.check_terms(&polynomial, span)?;
                        terms = polynomial.terms().to_vec();
                    }
                    written.push(part.written);
                }
            }
        }
        let charge = self.meter.nodes(nodes, span);
        self.report(charge)?;
        if !constant.is_zero() || written.is_empty() {
            terms.push((Monomial::one(), constant.clone()));
            written.push(Expression::Constant(constant));
        }
        let polynomial = Polynomial::from_terms(terms);
        self.check_terms(&polynomial, span)?;
        let written = if written.len() == 1 { written.swap_remove(0) } else { Expression::Sum(written) };
        Ok(Value { polynomial, written, nodes, extensive, imaginary: None })
    }

    fn check_terms(&mut self, polynomial: &Polynomial, span: Span) -> Outcome<()> {
        if polynomial.len() as u64 > MAX_TERMS {
            let error = limits::too_many_terms(&Rational::from(polynomial.len() as u64), span);
            return Err(self.error(error));
        }
        Ok(())
    }

    /// The product of values.
    pub(super) fn multiply(&mut self, parts: Vec<(Value, Span)>, span: Span) -> Outcome<Value> {
        if parts.iter().any(|(part, _)| part.imaginary.is_some()) {
            return self.multiply_complex(parts, span);
        }
        let mut constant = Rational::ONE;
        let mut factors: Vec<Value> = Vec::new();
        let mut extensive: Option<Span> = None;
        for (part, place) in parts {
            match part.as_constant() {
                Some(value) => constant = self.report(checked(constant * value, span))?,
                None => {
                    if part.extensive && extensive.replace(place).is_some() {
                        return Err(Stop::Explicit(place, "a product of sums over sites".to_owned()));
                    }
                    factors.push(part);
                }
            }
        }
        if constant.is_zero() {
            return Ok(Value { extensive: extensive.is_some(), ..Value::constant(Rational::ZERO) });
        }
        let mut nodes = 1 + u64::from(!constant.is_one());
        let mut product: Option<Polynomial> = None;
        let mut written = Vec::with_capacity(factors.len() + 1);
        if !constant.is_one() {
            written.push(Expression::Constant(constant.clone()));
        }
        for factor in factors {
            nodes += factor.nodes;
            product = Some(match product {
                None => factor.polynomial,
                Some(product) => self.multiply_polynomials(&product, &factor.polynomial, span)?,
            });
            written.push(factor.written);
        }
        let charge = self.meter.nodes(nodes, span);
        self.report(charge)?;
        let Some(product) = product else { return Ok(Value::constant(constant)) };
        let written = if written.len() == 1 { written.swap_remove(0) } else { Expression::Product(written) };
        let polynomial = product.scaled(&constant);
        Ok(Value { polynomial, written, nodes, extensive: extensive.is_some(), imaginary: None })
    }

    /// The product of two polynomials, metered before it is formed.
    fn multiply_polynomials(&mut self, a: &Polynomial, b: &Polynomial, span: Span) -> Outcome<Polynomial> {
        let products = a.len() as u128 * b.len() as u128;
        let degree = real_degree(a) + real_degree(b);
        if degree > MAX_DEGREE {
            return Err(self.error(limits::too_high_degree(&Rational::from(degree), span)));
        }
        let small = a.degree() as u64 + b.degree() as u64 <= MAX_DEGREE;
        if products > MAX_TERMS as u128 || !small {
            let variables = variables(&[a, b]);
            let two_valued = variables.iter().filter(|v| v.kind() != Kind::Real).count() as u64;
            let degree = (a.degree() as u64 + b.degree() as u64).min(degree + two_valued);
            if degree > MAX_DEGREE {
                return Err(self.error(limits::too_high_degree(&Rational::from(degree), span)));
            }
            let count = Rational::from(u64::try_from(products).unwrap_or(u64::MAX));
            let bound = match room(&variables, degree) {
                Some(room) if room < count => room,
                _ => count,
            };
            if products > MAX_TERMS as u128 && bound > Rational::from(MAX_TERMS) {
                return Err(self.error(limits::too_many_terms(&bound, span)));
            }
        }
        let charge = self.meter.work(products * weight(a, b), span);
        self.report(charge)?;
        Ok(a * b)
    }

    /// A value to a power that is an integer of at least zero.
    pub(super) fn raise(&mut self, base: Value, exponent: u64, span: Span) -> Outcome<Value> {
        match exponent {
            0 => return Ok(Value::constant(Rational::ONE)),
            1 => return Ok(base),
            _ => {}
        }
        if base.extensive {
            return Err(Stop::Explicit(span, "a power of a sum over sites".to_owned()));
        }
        if exponent > MAX_DEGREE {
            return Err(self.error(limits::too_high_degree(&Rational::from(exponent), span)));
        }
        if base.imaginary.is_some() {
            return self.raise_complex(base, exponent, span);
        }
        let polynomial = &base.polynomial;
        let used = variables(&[polynomial]);
        let two_valued = used.iter().filter(|v| v.kind() != Kind::Real).count() as u64;
        let real = real_degree(polynomial) * exponent;
        let degree = (polynomial.degree() as u64 * exponent).min(real + two_valued);
        if degree > MAX_DEGREE {
            return Err(self.error(limits::too_high_degree(&Rational::from(degree), span)));
        }
        let terms = polynomial.len() as u64;
        if terms > 1 {
            let choices = limits::binomial(terms + exponent - 1, exponent);
            let bound = match (choices, room(&used, degree)) {
                (Some(a), Some(b)) => a.min(b),
                (Some(a), None) | (None, Some(a)) => a,
                (None, None) => {
                    let most = Rational::from(10).pow(300);
                    return Err(self.error(limits::too_many_terms(&most, span)));
                }
            };
            if bound > Rational::from(MAX_TERMS) {
                return Err(self.error(limits::too_many_terms(&bound, span)));
            }
        }
        let nodes = base.nodes + 1;
        let charge = self.meter.nodes(nodes, span);
        self.report(charge)?;
        let power = match polynomial.terms() {
            [(monomial, coefficient)] => {
                let factors = monomial.factors().iter().flat_map(|factor| {
                    let power = Monomial::power(factor.variable, factor.exponent as u32 * exponent as u32);
                    power.map(|power| power.factors().to_vec()).unwrap_or_default()
                });
                let monomial = Monomial::from_factors(factors.collect::<Vec<Factor>>());
                let coefficient = self.report(super::constant::power(coefficient, &Rational::from(exponent), span))?;
                Polynomial::term(monomial, coefficient)
            }
            // One factor at a time: with few terms of many variables this is
            // much less work than squaring.
            _ => {
                let mut power = polynomial.clone();
                for _ in 1..exponent {
                    power = self.multiply_polynomials(&power, polynomial, span)?;
                }
                power
            }
        };
        let written = Expression::Power(Box::new(base.written), exponent as u32);
        Ok(Value { polynomial: power, written, nodes, extensive: false, imaginary: None })
    }
}
