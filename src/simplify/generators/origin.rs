//! The origin about which a polynomial is a homogeneous form.
//!
//! If `p(x) = h(x - s)` up to affine terms with h homogeneous of degree d,
//! then h is the part of p of degree d, and the part of degree d - 1 is
//! `- sum of s_i (dh/dx_i)`: a linear system for s, and the rest confirms it.
//!
//! A form of which one variable was set to a constant, such as the resultant of monic
//! polynomials, is brought back by one variable more, the unit, whose value is one.

use std::collections::BTreeMap;

use crate::algebra::linear::{Echelon, row};
use crate::exact::Rational;
use crate::model::{Monomial, Polynomial, Shift, Variable};
use crate::modular::Residue;
use crate::simplify::decomposition::Point;

/// A homogeneous form about an origin.
pub struct Centred {
    /// The form, in variables that count from the origin.
    pub form: Polynomial,
    /// The origin's coordinates that are not zero.
    pub origin: BTreeMap<Variable, Rational>,
    /// A variable of the form whose value is one.
    pub unit: Option<Variable>,
}

impl Centred {
    /// The variable counted from the origin.
    pub fn variable(&self, variable: Variable) -> Polynomial {
        if self.unit == Some(variable) {
            return Polynomial::constant(Rational::ONE);
        }
        let plain = Polynomial::variable(variable);
        match self.origin.get(&variable) {
            Some(at) => &plain - &Polynomial::constant(at.clone()),
            None => plain,
        }
    }

    /// Whether the form is a multiple of the determinant of a matrix over the
    /// variables that do not count from the origin, at pseudo-random points
    /// modulo 2^61 - 1: the exact confirmation comes once it is expanded.
    pub fn is_multiple_of_determinant(&self, matrix: &[Vec<Polynomial>]) -> Option<bool> {
        let mut ratios = (0..2).map(|seed| -> Option<Residue> {
            let mut point = Point::new(seed);
            let mut values = Vec::new();
            for entries in matrix {
                values.push(entries.iter().map(|entry| point.evaluate(entry)).collect::<Option<Vec<Residue>>>()?);
            }
            let value = self.form.evaluate_modular(Shift::ZERO, |variable| {
                if self.unit == Some(variable) {
                    return Residue::ONE;
                }
                let origin = self.origin.get(&variable).and_then(Rational::residue).unwrap_or(Residue::ZERO);
                point.value(variable) + -origin
            })?;
            Some(value * modular_determinant(values)?.inverse()?)
        });
        Some(ratios.next()?? == ratios.next()??)
    }
}

fn modular_determinant(mut rows: Vec<Vec<Residue>>) -> Option<Residue> {
    let n = rows.len();
    let mut value = Residue::ONE;
    for at in 0..n {
        let pivot = (at..n).find(|&row| rows[row][at] != Residue::ZERO)?;
        if pivot != at {
            rows.swap(pivot, at);
            value = -value;
        }
        let inverse = rows[at][at].inverse()?;
        value = value * rows[at][at];
        let (upper, lower) = rows.split_at_mut(at + 1);
        for row in lower {
            let factor = row[at] * inverse;
            for (entry, &other) in row.iter_mut().zip(&upper[at]) {
                *entry += -(factor * other);
            }
        }
    }
    Some(value)
}

/// The core as a homogeneous form with one variable more, whose value is one.
/// `None` where it is homogeneous already.
pub fn with_unit(core: &Polynomial) -> Option<Centred> {
    let (degree, variables) = (core.degree(), core.variables());
    let slot = variables.iter().map(|variable| variable.slot()).max()? + 1;
    let unit = Variable::real(slot);
    let raised = core.terms().iter().map(|(monomial, c)| {
        let power = Monomial::power(unit, degree - monomial.degree()).filter(|power| !power.is_one());
        (power.map_or_else(|| monomial.clone(), |power| monomial.multiply(&power)), c.clone())
    });
    let form = Polynomial::from_terms(raised);
    let more = form.variables().len() > variables.len();
    more.then(|| Centred { form, origin: BTreeMap::new(), unit: Some(unit) })
}

/// The core as a homogeneous form of degree three or more about an origin, up
/// to affine terms.
pub fn centre(core: &Polynomial) -> Option<Centred> {
    let degree = core.degree();
    if degree < 3 {
        return None;
    }
    let form = core.homogeneous_part(degree);
    if form.len() == core.len() {
        return Some(Centred { form, origin: BTreeMap::new(), unit: None });
    }
    let below = core.homogeneous_part(degree - 1);
    let variables = core.variables();
    let n = variables.len();
    let mut rows: BTreeMap<Monomial, Vec<(usize, Rational)>> = BTreeMap::new();
    for (at, &variable) in variables.iter().enumerate() {
        for (monomial, coefficient) in form.derivative(variable).terms() {
            rows.entry(monomial.clone()).or_default().push((at, coefficient.clone()));
        }
    }
    for (monomial, coefficient) in below.terms() {
        rows.entry(monomial.clone()).or_default().push((n, -coefficient.clone()));
    }
    let mut echelon = Echelon::default();
    for entries in rows.into_values() {
        echelon.insert(row(entries));
    }
    let solution = echelon.solution(n)?;
    let origin: BTreeMap<Variable, Rational> =
        variables.iter().copied().zip(solution).filter(|(_, value)| !value.is_zero()).collect();
    let centred = Centred { form, origin, unit: None };
    let moved = centred.form.substitute(|v| centred.origin.contains_key(&v).then(|| centred.variable(v)));
    (&moved - core).is_affine().then_some(centred)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_form_is_brought_back() {
        let [x, y, z] = [0, 1, 2].map(|slot| Polynomial::variable(Variable::real(slot)));
        let form = &(&x.pow(3) - &(&(&x * &y) * &z).scaled(&Rational::from(4))) + &z.pow(3);
        let at = |p: &Polynomial, n: i64, d: i64| p - &Polynomial::constant(Rational::new(n, d));
        let moved = form.substitute(|v| match v.slot() {
            0 => Some(at(&x, 2, 3)),
            1 => Some(at(&y, -5, 1)),
            _ => None,
        });
        let centred = centre(&moved.nonlinear_part()).unwrap();
        assert_eq!(centred.form, form);
        assert_eq!(centred.origin[&Variable::real(0)], Rational::new(2, 3));
        assert_eq!(centred.origin[&Variable::real(1)], Rational::from(-5));
        assert!(centre(&(&form + &x.pow(2))).is_none());
    }
}
