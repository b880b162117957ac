//! Polynomials with exact rational coefficients, in normal form.
//!
//! A polynomial lives in the ring of its variables' kinds: real variables are
//! free, spins satisfy s^2 = 1 and bits b^2 = b. The normal form is unique, so
//! equality of polynomials is equality of functions on the fields' domains.

use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::{Add, Mul, Neg, Sub};

use super::monomial::{Factor, Monomial};
use super::variable::{Shift, Variable};
use crate::exact::Rational;
use crate::modular::Residue;

/// A polynomial: its terms sorted by monomial, greatest first, without zero
/// coefficients.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Polynomial {
    terms: Vec<(Monomial, Rational)>,
}

impl Polynomial {
    /// The zero polynomial.
    pub fn zero() -> Polynomial {
        Polynomial::default()
    }

    /// A constant.
    pub fn constant(value: Rational) -> Polynomial {
        Polynomial::term(Monomial::one(), value)
    }

    /// One variable.
    pub fn variable(variable: Variable) -> Polynomial {
        Polynomial::term(Monomial::variable(variable), Rational::ONE)
    }

    /// One term.
    pub fn term(monomial: Monomial, coefficient: Rational) -> Polynomial {
        if coefficient.is_zero() {
            return Polynomial::zero();
        }
        Polynomial { terms: vec![(monomial, coefficient)] }
    }

    /// The sum of any terms in any order.
    pub fn from_terms(terms: impl IntoIterator<Item = (Monomial, Rational)>) -> Polynomial {
        let mut sum: FxHashMap<Monomial, Rational> = FxHashMap::default();
        for (monomial, coefficient) in terms {
            *sum.entry(monomial).or_default() += &coefficient;
        }
        Polynomial::from_map(sum)
    }

    fn from_map(sum: FxHashMap<Monomial, Rational>) -> Polynomial {
        let mut terms: Vec<_> = sum.into_iter().filter(|(_, coefficient)| !coefficient.is_zero()).collect();
        terms.sort_unstable_by(|a, b| b.0.cmp(&a.0));
        Polynomial { terms }
    }

    /// The terms, greatest monomial first.
    pub fn terms(&self) -> &[(Monomial, Rational)] {
        &self.terms
    }

    /// The number of terms.
    pub fn len(&self) -> usize {
        self.terms.len()
    }

    /// Whether this is the zero polynomial.
    pub fn is_zero(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether this is the zero polynomial (for iterator-like use).
    pub fn is_empty(&self) -> bool {
        self.is_zero()
    }

    /// The greatest total degree; zero for constants and for zero.
    pub fn degree(&self) -> u32 {
        self.terms.first().map_or(0, |(monomial, _)| monomial.degree())
    }

    /// Whether the polynomial has no term of degree two or more.
    pub fn is_affine(&self) -> bool {
        self.degree() <= 1
    }

    /// The constant, if the polynomial is one.
    pub fn as_constant(&self) -> Option<Rational> {
        match self.terms.as_slice() {
            [] => Some(Rational::ZERO),
            [(monomial, coefficient)] if monomial.is_one() => Some(coefficient.clone()),
            _ => None,
        }
    }

    /// The coefficient of a monomial, zero where it does not occur.
    pub fn coefficient(&self, monomial: &Monomial) -> Rational {
        match self.terms.binary_search_by(|(candidate, _)| monomial.cmp(candidate)) {
            Ok(at) => self.terms[at].1.clone(),
            Err(_) => Rational::ZERO,
        }
    }

    /// The constant term.
    pub fn constant_term(&self) -> Rational {
        match self.terms.last() {
            Some((monomial, coefficient)) if monomial.is_one() => coefficient.clone(),
            _ => Rational::ZERO,
        }
    }

    /// All variables that occur, sorted.
    pub fn variables(&self) -> Vec<Variable> {
        let all: BTreeSet<Variable> =
            self.terms.iter().flat_map(|(monomial, _)| monomial.factors()).map(|factor| factor.variable).collect();
        all.into_iter().collect()
    }

    /// The parts over the connected components of the variables, where two
    /// variables are connected if a term has both; that of the least variable
    /// comes first. Their sum lacks the constant.
    pub fn components(&self) -> Vec<Polynomial> {
        let variables = self.variables();
        let index = |variable: Variable| variables.binary_search(&variable).expect("it occurs");
        let mut parent: Vec<usize> = (0..variables.len()).collect();
        fn root(parent: &mut [usize], mut at: usize) -> usize {
            while parent[at] != at {
                parent[at] = parent[parent[at]];
                at = parent[at];
            }
            at
        }
        for (monomial, _) in &self.terms {
            let Some(first) = monomial.factors().first() else { continue };
            for factor in &monomial.factors()[1..] {
                let (a, b) = (root(&mut parent, index(first.variable)), root(&mut parent, index(factor.variable)));
                parent[a.max(b)] = a.min(b);
            }
        }
        let mut parts: BTreeMap<usize, Vec<(Monomial, Rational)>> = BTreeMap::new();
        for (monomial, coefficient) in &self.terms {
            if let Some(first) = monomial.factors().first() {
                let component = root(&mut parent, index(first.variable));
                parts.entry(component).or_default().push((monomial.clone(), coefficient.clone()));
            }
        }
        // In the order of this polynomial's terms already.
        parts.into_values().map(|terms| Polynomial { terms }).collect()
    }

    /// The greatest exponent of a variable.
    pub fn degree_in(&self, variable: Variable) -> u16 {
        self.terms.iter().map(|(monomial, _)| monomial.exponent(variable)).max().unwrap_or(0)
    }

    /// The terms that satisfy a condition.
    pub fn filter(&self, mut keep: impl FnMut(&Monomial, &Rational) -> bool) -> Polynomial {
        Polynomial { terms: self.terms.iter().filter(|(m, c)| keep(m, c)).cloned().collect() }
    }

    /// The constant and linear terms.
    pub fn affine_part(&self) -> Polynomial {
        self.filter(|monomial, _| monomial.degree() <= 1)
    }

    /// The terms of degree two and more.
    pub fn nonlinear_part(&self) -> Polynomial {
        self.filter(|monomial, _| monomial.degree() >= 2)
    }

    /// The terms of one degree.
    pub fn homogeneous_part(&self, degree: u32) -> Polynomial {
        self.filter(|monomial, _| monomial.degree() == degree)
    }

    /// The polynomial times a number.
    pub fn scaled(&self, factor: &Rational) -> Polynomial {
        if factor.is_zero() {
            return Polynomial::zero();
        }
        Polynomial { terms: self.terms.iter().map(|(m, c)| (m.clone(), c * factor)).collect() }
    }

    /// The polynomial times a monomial.
    pub fn times_monomial(&self, factor: &Monomial) -> Polynomial {
        Polynomial::from_terms(self.terms.iter().map(|(m, c)| (m.multiply(factor), c.clone())))
    }

    /// The quotient by a monomial of the terms that it divides, and the other
    /// terms.
    pub fn split_by(&self, factor: &Monomial) -> (Polynomial, Polynomial) {
        let mut quotient = Vec::new();
        let mut rest = Vec::new();
        for (monomial, coefficient) in &self.terms {
            match monomial.divide(factor) {
                Some(divided) => quotient.push((divided, coefficient.clone())),
                None => rest.push((monomial.clone(), coefficient.clone())),
            }
        }
        (Polynomial::from_terms(quotient), Polynomial::from_terms(rest))
    }

    /// The polynomial to a power, by repeated squaring.
    pub fn pow(&self, exponent: u32) -> Polynomial {
        let mut result = Polynomial::constant(Rational::ONE);
        for bit in (0..32 - exponent.leading_zeros()).rev() {
            result = &result * &result;
            if exponent >> bit & 1 == 1 {
                result = &result * self;
            }
        }
        result
    }

    /// The same polynomial of the cell displaced by `shift`.
    pub fn shifted(&self, shift: Shift) -> Polynomial {
        if shift.is_zero() {
            return self.clone();
        }
        let mut terms: Vec<_> = self.terms.iter().map(|(m, c)| (m.shifted(shift), c.clone())).collect();
        terms.sort_unstable_by(|a, b| b.0.cmp(&a.0));
        Polynomial { terms }
    }

    /// The componentwise least cell of the variables; `None` for constants.
    pub fn least_cell(&self) -> Option<Shift> {
        self.terms.iter().filter_map(|(monomial, _)| monomial.least_cell()).reduce(Shift::min)
    }

    /// Every variable replaced by another (or by itself with another kind of
    /// place); monomials are reduced again.
    pub fn map_variables(&self, mut map: impl FnMut(Variable) -> Variable) -> Polynomial {
        Polynomial::from_terms(self.terms.iter().map(|(monomial, coefficient)| {
            let factors = monomial.factors().iter().map(|f| Factor { variable: map(f.variable), exponent: f.exponent });
            (Monomial::from_factors(factors), coefficient.clone())
        }))
    }

    /// Variables replaced by polynomials; `None` keeps a variable.
    pub fn substitute(&self, mut replacement: impl FnMut(Variable) -> Option<Polynomial>) -> Polynomial {
        let mut known: FxHashMap<Variable, Option<Polynomial>> = FxHashMap::default();
        let mut sum = Polynomial::zero();
        let mut kept = Vec::new();
        for (monomial, coefficient) in &self.terms {
            let mut rest = Vec::new();
            let mut product: Option<Polynomial> = None;
            for factor in monomial.factors() {
                match known.entry(factor.variable).or_insert_with(|| replacement(factor.variable)) {
                    None => rest.push(*factor),
                    Some(value) => {
                        let power = value.pow(factor.exponent as u32);
                        product = Some(match product {
                            None => power,
                            Some(product) => &product * &power,
                        });
                    }
                }
            }
            let rest = Monomial::from_factors(rest);
            match product {
                None => kept.push((rest, coefficient.clone())),
                Some(product) => sum = &sum + &product.scaled(coefficient).times_monomial(&rest),
            }
        }
        &sum + &Polynomial::from_terms(kept)
    }

    /// The partial derivative with respect to a real variable.
    pub fn derivative(&self, variable: Variable) -> Polynomial {
        Polynomial::from_terms(self.terms.iter().filter_map(|(monomial, coefficient)| {
            let exponent = monomial.exponent(variable);
            (exponent > 0).then(|| {
                let lowered = monomial.divide(&Monomial::variable(variable)).expect("the variable occurs");
                (lowered, coefficient * &Rational::from(exponent as i64))
            })
        }))
    }

    /// The polynomial as one in `variable` with polynomial coefficients:
    /// entry k is the coefficient of its k-th power.
    pub fn coefficients_in(&self, variable: Variable) -> Vec<Polynomial> {
        let mut parts: Vec<Vec<(Monomial, Rational)>> = vec![Vec::new(); self.degree_in(variable) as usize + 1];
        for (monomial, coefficient) in &self.terms {
            parts[monomial.exponent(variable) as usize].push((monomial.without(variable), coefficient.clone()));
        }
        parts.into_iter().map(Polynomial::from_terms).collect()
    }

    /// The exact value at a point.
    pub fn evaluate(&self, mut value: impl FnMut(Variable) -> Rational) -> Rational {
        let mut known: FxHashMap<Variable, Rational> = FxHashMap::default();
        let mut sum = Rational::ZERO;
        for (monomial, coefficient) in &self.terms {
            let mut product = coefficient.clone();
            for factor in monomial.factors() {
                let base = known.entry(factor.variable).or_insert_with(|| value(factor.variable));
                product *= &base.pow(factor.exponent as u32);
            }
            sum += &product;
        }
        sum
    }

    /// The value modulo 2^61 - 1 at the point that gives each variable
    /// (displaced by `shift`) the residue `value`. `None` where a coefficient
    /// has no residue.
    pub fn evaluate_modular(&self, shift: Shift, mut value: impl FnMut(Variable) -> Residue) -> Option<Residue> {
        let mut sum = Residue::ZERO;
        for (monomial, coefficient) in &self.terms {
            let mut product = coefficient.residue()?;
            for factor in monomial.factors() {
                let base = value(factor.variable.shifted(shift));
                product = product * if factor.exponent == 1 { base } else { base.pow(factor.exponent as u64) };
            }
            sum += product;
        }
        Some(sum)
    }

    /// The polynomial scaled so that its coefficients are coprime integers
    /// and the first is positive, with the number to multiply by to undo it.
    ///
    /// # Panics
    /// For the zero polynomial.
    pub fn primitive(&self) -> (Polynomial, Rational) {
        use dashu_int::{UBig, ops::Gcd};
        assert!(!self.is_zero(), "the zero polynomial has no primitive part");
        let content = match self.terms.iter().map(|(_, c)| c.to_i64()).collect::<Option<Vec<i64>>>() {
            Some(integers) => {
                let common = integers.iter().fold(0u64, |common, &c| {
                    let (mut a, mut b) = (common, c.unsigned_abs());
                    while b != 0 {
                        (a, b) = (b, a % b);
                    }
                    a
                });
                Rational::from(common)
            }
            None => {
                let mut numerator = UBig::ZERO;
                let mut denominator = UBig::ONE;
                for (_, coefficient) in &self.terms {
                    let (n, d) = coefficient.abs().parts();
                    let n: UBig = n.try_into().expect("absolute value");
                    numerator = if numerator == UBig::ZERO { n } else { numerator.gcd(n) };
                    denominator = &denominator / (&denominator).gcd(&d) * d;
                }
                Rational::from_integer(numerator.into()) / Rational::from_integer(denominator.into())
            }
        };
        let content = if self.terms[0].1.is_negative() { -content } else { content };
        if content.is_one() {
            return (self.clone(), content);
        }
        (self.scaled(&content.recip()), content)
    }

    /// The text of the polynomial with the given names of variables, as in
    /// `2*x^2*y - 1/3`.
    pub fn display(&self, mut name: impl FnMut(Variable) -> String) -> String {
        if self.is_zero() {
            return "0".to_owned();
        }
        let mut text = String::new();
        for (at, (monomial, coefficient)) in self.terms.iter().enumerate() {
            let negative = coefficient.is_negative();
            text.push_str(match (at, negative) {
                (0, false) => "",
                (0, true) => "-",
                (_, false) => " + ",
                (_, true) => " - ",
            });
            let magnitude = coefficient.abs();
            let mut parts = Vec::new();
            if !magnitude.is_one() || monomial.is_one() {
                parts.push(magnitude.to_string());
            }
            for factor in monomial.factors() {
                let base = name(factor.variable);
                parts.push(if factor.exponent == 1 { base } else { format!("{base}^{}", factor.exponent) });
            }
            text.push_str(&parts.join("*"));
        }
        text
    }
}

impl Add for &Polynomial {
    type Output = Polynomial;
    fn add(self, other: &Polynomial) -> Polynomial {
        let mut terms = Vec::with_capacity(self.len() + other.len());
        let (mut a, mut b) = (0, 0);
        while a < self.len() && b < other.len() {
            match other.terms[b].0.cmp(&self.terms[a].0) {
                std::cmp::Ordering::Less => {
                    terms.push(self.terms[a].clone());
                    a += 1;
                }
                std::cmp::Ordering::Greater => {
                    terms.push(other.terms[b].clone());
                    b += 1;
                }
                std::cmp::Ordering::Equal => {
                    let sum = &self.terms[a].1 + &other.terms[b].1;
                    if !sum.is_zero() {
                        terms.push((self.terms[a].0.clone(), sum));
                    }
                    a += 1;
                    b += 1;
                }
            }
        }
        terms.extend_from_slice(&self.terms[a..]);
        terms.extend_from_slice(&other.terms[b..]);
        Polynomial { terms }
    }
}

impl Sub for &Polynomial {
    type Output = Polynomial;
    fn sub(self, other: &Polynomial) -> Polynomial {
        self + &-other
    }
}

impl Neg for &Polynomial {
    type Output = Polynomial;
    fn neg(self) -> Polynomial {
        Polynomial { terms: self.terms.iter().map(|(m, c)| (m.clone(), -c.clone())).collect() }
    }
}

impl Mul for &Polynomial {
    type Output = Polynomial;
    fn mul(self, other: &Polynomial) -> Polynomial {
        if let [(monomial, coefficient)] = self.terms.as_slice() {
            return other.scaled(coefficient).times_monomial(monomial);
        }
        let mut sum: FxHashMap<Monomial, Rational> = FxHashMap::default();
        for (a, x) in &self.terms {
            for (b, y) in &other.terms {
                *sum.entry(a.multiply(b)).or_default() += &(x * y);
            }
        }
        Polynomial::from_map(sum)
    }
}

impl fmt::Debug for Polynomial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.display(|variable| format!("{variable:?}")))
    }
}
