//! What a generator says: one polynomial as products and sums of others.

use rustc_hash::FxHashMap;

use crate::exact::Rational;
use crate::model::{Kind, Polynomial, Shift, Variable};
use crate::modular::Residue;

/// A product that costs a gate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Product {
    /// The product of two polynomials; a square where they are proportional.
    Pair(Polynomial, Polynomial),
    /// The product of polynomials that are 0 or 1 wherever the bits are.
    Bits(Vec<Polynomial>),
    /// `l^2 - r m^2` for forms l and m and a positive rational r that is no
    /// square: the product of `l - sqrt(r) m` and `l + sqrt(r) m`, whose
    /// constant is irrational.
    Norm(Polynomial, Polynomial, Rational),
}

/// `sum of coefficient * product + sum of coefficient * rest`.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Decomposition {
    /// The products, each with its coefficient.
    pub products: Vec<(Rational, Product)>,
    /// Polynomials to be computed by other means. Each becomes a goal of its
    /// own; constant and linear terms are free.
    pub rest: Vec<(Rational, Polynomial)>,
}

/// A polynomial and one way to compute it. A generator may return facts about
/// intermediate polynomials as well as about its goal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fact {
    /// What is computed.
    pub target: Polynomial,
    /// How.
    pub decomposition: Decomposition,
}

impl Product {
    /// The polynomial, expanded.
    pub fn expand(&self) -> Polynomial {
        match self {
            Product::Pair(left, right) => left * right,
            Product::Bits(factors) => {
                factors.iter().fold(Polynomial::constant(Rational::ONE), |product, factor| &product * factor)
            }
            Product::Norm(base, other, radicand) => &(base * base) - &(other * other).scaled(radicand),
        }
    }
}

impl Decomposition {
    /// A single product plus a rest.
    pub fn product(left: Polynomial, right: Polynomial, rest: Polynomial) -> Decomposition {
        Decomposition {
            products: vec![(Rational::ONE, Product::Pair(left, right))],
            rest: if rest.is_zero() { Vec::new() } else { vec![(Rational::ONE, rest)] },
        }
    }

    /// A sum of other polynomials.
    pub fn sum(parts: Vec<Polynomial>) -> Decomposition {
        Decomposition { products: Vec::new(), rest: parts.into_iter().map(|part| (Rational::ONE, part)).collect() }
    }

    /// The sum, expanded exactly.
    pub fn expand(&self) -> Polynomial {
        let products = self.products.iter().map(|(c, product)| product.expand().scaled(c));
        let rest = self.rest.iter().map(|(c, part)| part.scaled(c));
        products.chain(rest).fold(Polynomial::zero(), |sum, part| &sum + &part)
    }

    /// Whether the decomposition equals `target`: at two pseudo-random points
    /// modulo 2^61 - 1 where all variables are real (a wrong decomposition
    /// passes with probability below 10^-30), exactly where spins or bits
    /// make values at residues meaningless.
    pub fn computes(&self, target: &Polynomial) -> bool {
        let free = |polynomial: &Polynomial| {
            polynomial
                .terms()
                .iter()
                .all(|(monomial, _)| monomial.factors().iter().all(|f| f.variable.kind() == Kind::Real))
        };
        let factors_free = self.products.iter().all(|(_, product)| match product {
            Product::Pair(left, right) | Product::Norm(left, right, _) => free(left) && free(right),
            Product::Bits(_) => false,
        });
        if !factors_free {
            return self.expand() == *target;
        }
        (0..2).all(|point| {
            let mut values = Point::new(point);
            match (self.modular(&mut values), values.evaluate(target)) {
                (Some(computed), Some(expected)) => computed == expected,
                _ => self.expand() == *target,
            }
        })
    }

    fn modular(&self, point: &mut Point) -> Option<Residue> {
        let mut sum = Residue::ZERO;
        for (coefficient, product) in &self.products {
            let mut value = coefficient.residue()?;
            match product {
                Product::Pair(left, right) => {
                    value = value * point.evaluate(left)? * point.evaluate(right)?;
                }
                Product::Norm(base, other, radicand) => {
                    let (base, other) = (point.evaluate(base)?, point.evaluate(other)?);
                    value = value * (base * base - radicand.residue()? * other * other);
                }
                Product::Bits(factors) => {
                    for factor in factors {
                        value = value * point.evaluate(factor)?;
                    }
                }
            }
            sum += value;
        }
        for (coefficient, part) in &self.rest {
            sum += coefficient.residue()? * point.evaluate(part)?;
        }
        Some(sum)
    }
}

/// A pseudo-random point with a residue for every variable.
pub struct Point {
    seed: u64,
    known: FxHashMap<Variable, Residue>,
}

impl Point {
    /// The point of a seed.
    pub fn new(seed: u64) -> Point {
        Point { seed: crate::modular::scramble(seed ^ 0x68616d63), known: FxHashMap::default() }
    }

    /// The coordinate of a variable.
    pub fn value(&mut self, variable: Variable) -> Residue {
        let seed = self.seed;
        *self.known.entry(variable).or_insert_with(|| Residue::scramble(variable.key() ^ seed))
    }

    /// The value of a polynomial.
    pub fn evaluate(&mut self, polynomial: &Polynomial) -> Option<Residue> {
        polynomial.evaluate_modular(Shift::ZERO, |variable| self.value(variable))
    }
}
