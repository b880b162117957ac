//! The origin about which a polynomial is a homogeneous form.
//!
//! If `p(x) = h(x - s)` up to affine terms with h homogeneous of degree d,
//! then h is the part of p of degree d, and the part of degree d - 1 is
//! `- sum of s_i (dh/dx_i)`: a linear system for s, and the rest confirms it.

use std::collections::BTreeMap;

use crate::algebra::linear::{Echelon, row};
use crate::exact::Rational;
use crate::model::{Monomial, Polynomial, Variable};

/// A homogeneous form about an origin.
pub struct Centred {
    /// The form, in variables that count from the origin.
    pub form: Polynomial,
    /// The origin's coordinates that are not zero.
    pub origin: BTreeMap<Variable, Rational>,
}

impl Centred {
    /// The variable counted from the origin.
    pub fn variable(&self, variable: Variable) -> Polynomial {
        let plain = Polynomial::variable(variable);
        match self.origin.get(&variable) {
            Some(at) => &plain - &Polynomial::constant(at.clone()),
            None => plain,
        }
    }
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
        return Some(Centred { form, origin: BTreeMap::new() });
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
    let centred = Centred { form, origin };
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
