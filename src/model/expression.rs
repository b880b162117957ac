//! A Hamiltonian as its author wrote it, over the variables of a unit cell.

use super::monomial::Monomial;
use super::polynomial::Polynomial;
use super::variable::{Shift, Variable};
use crate::exact::Rational;

/// An expression with the structure of the source: `let`s inlined, loops
/// over components unrolled, loops over sites replaced by the unit cell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Expression {
    /// A number.
    Constant(Rational),
    /// A variable.
    Variable(Variable),
    /// A sum.
    Sum(Vec<Expression>),
    /// A product.
    Product(Vec<Expression>),
    /// A power with a fixed exponent.
    Power(Box<Expression>, u32),
}

impl Expression {
    /// The polynomial the expression stands for. The work grows with the
    /// expanded size; [`crate::lower`] meters it before an expression gets here.
    pub fn expand(&self) -> Polynomial {
        match self {
            Expression::Constant(value) => Polynomial::constant(value.clone()),
            Expression::Variable(variable) => Polynomial::variable(*variable),
            Expression::Sum(parts) => {
                Polynomial::from_terms(parts.iter().flat_map(|part| part.expand().terms().to_vec()))
            }
            Expression::Product(parts) => {
                parts.iter().fold(Polynomial::constant(Rational::ONE), |product, part| &product * &part.expand())
            }
            Expression::Power(base, exponent) => match (&**base, *exponent) {
                (Expression::Variable(variable), exponent) => match Monomial::power(*variable, exponent) {
                    Some(monomial) => Polynomial::term(monomial, Rational::ONE),
                    None => Polynomial::variable(*variable).pow(exponent),
                },
                (base, exponent) => base.expand().pow(exponent),
            },
        }
    }

    /// The same expression of the cell displaced by `shift`.
    pub fn shifted(&self, shift: Shift) -> Expression {
        let all = |parts: &[Expression]| parts.iter().map(|part| part.shifted(shift)).collect();
        match self {
            _ if shift.is_zero() => self.clone(),
            Expression::Constant(value) => Expression::Constant(value.clone()),
            Expression::Variable(variable) => Expression::Variable(variable.shifted(shift)),
            Expression::Sum(parts) => Expression::Sum(all(parts)),
            Expression::Product(parts) => Expression::Product(all(parts)),
            Expression::Power(base, exponent) => Expression::Power(Box::new(base.shifted(shift)), *exponent),
        }
    }

    /// Whether no variable occurs.
    pub fn is_constant(&self) -> bool {
        match self {
            Expression::Constant(_) => true,
            Expression::Variable(_) => false,
            Expression::Sum(parts) | Expression::Product(parts) => parts.iter().all(Expression::is_constant),
            Expression::Power(base, exponent) => *exponent == 0 || base.is_constant(),
        }
    }

    /// The number of multiplications of two non-constant values when the
    /// expression is computed as it stands, powers by repeated squaring,
    /// nothing shared.
    pub fn multiplications(&self) -> u64 {
        match self {
            Expression::Constant(_) | Expression::Variable(_) => 0,
            Expression::Sum(parts) => parts.iter().map(Expression::multiplications).sum(),
            Expression::Product(parts) => {
                let factors = parts.iter().filter(|part| !part.is_constant()).count() as u64;
                factors.saturating_sub(1) + parts.iter().map(Expression::multiplications).sum::<u64>()
            }
            Expression::Power(base, exponent) => {
                if base.is_constant() || *exponent == 0 {
                    return 0;
                }
                let squarings = 31 - exponent.leading_zeros() as u64;
                base.multiplications() + squarings + exponent.count_ones() as u64 - 1
            }
        }
    }
}

impl From<&Polynomial> for Expression {
    /// The sum of the terms, each a product of its coefficient and powers.
    fn from(polynomial: &Polynomial) -> Expression {
        let term = |(monomial, coefficient): &(Monomial, Rational)| {
            let mut factors: Vec<Expression> = monomial
                .factors()
                .iter()
                .map(|factor| match factor.exponent {
                    1 => Expression::Variable(factor.variable),
                    exponent => Expression::Power(Box::new(Expression::Variable(factor.variable)), exponent as u32),
                })
                .collect();
            if !coefficient.is_one() || factors.is_empty() {
                factors.insert(0, Expression::Constant(coefficient.clone()));
            }
            if factors.len() == 1 { factors.remove(0) } else { Expression::Product(factors) }
        };
        let mut terms: Vec<Expression> = polynomial.terms().iter().map(term).collect();
        match terms.len() {
            0 => Expression::Constant(Rational::ZERO),
            1 => terms.remove(0),
            _ => Expression::Sum(terms),
        }
    }
}
