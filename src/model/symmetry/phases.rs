//! Polynomials of complex fields by their charges.
//!
//! A real polynomial of phi = x + i y is one of phi and its conjugate phi*, by
//! x = (phi + phi*)/2 and y = (phi - phi*)/(2i). Multiplying phi by a phase
//! multiplies a monomial phi^a phi*^b by the phase to the power a - b, its
//! charge. So a polynomial has a symmetry of phases where all its monomials in
//! this basis have charge zero, modulo n for roots of unity: an exact check
//! for every n, though the roots are not rational.

use super::violation::{Reason, Unchecked, Violation, too_many};
use super::{NoSuchSymmetry, no_field};
use crate::exact::Rational;
use crate::model::field::Structure;
use crate::model::monomial::{Factor, Monomial};
use crate::model::polynomial::Polynomial;
use crate::model::variable::{Kind, Variable};
use crate::model::{Model, Slot};

/// The terms that an expansion may have.
const MOST_TERMS: f64 = 2_000_000.0;

/// A power of a complex field's value at one point, by the variable of its
/// real part: exponent of phi minus exponent of phi*.
pub(super) type Charge = (Variable, i64);

/// Whether complex fields are multiplied by a common n-th root of unity.
pub(super) fn cyclic(
    model: &Model,
    fields: &[usize],
    order: u32,
    polynomial: &Polynomial,
) -> Result<Option<Violation>, Unchecked> {
    for &index in fields {
        let Some(field) = model.fields.get(index) else { return Err(no_field(index).into()) };
        let pair = field.components == 2 && field.kind == Kind::Real;
        if !pair || matches!(field.structure, Structure::Unit | Structure::Categories) {
            return Err(NoSuchSymmetry {
                message: format!("{} is not complex, so no root of unity multiplies it", field.name),
                hint: if field.components == 1 {
                    format!("a real field changes its sign only: flip({})", field.name)
                } else {
                    format!("declare `field {} : complex in [-1, 1]`", field.name)
                },
            }
            .into());
        }
        if let Structure::Phase(Some(n)) = field.structure
            && (order == 0 || n % order != 0)
        {
            return Err(NoSuchSymmetry {
                message: format!("{} takes {n} values, which a {order}-th root of unity does not keep", field.name),
                hint: format!("write cyclic({}, {n}), or a divisor of {n}", field.name),
            }
            .into());
        }
    }
    if order == 0 {
        return Err(NoSuchSymmetry {
            message: "there is no zeroth root of unity".to_owned(),
            hint: "write u1(...) for all phases".to_owned(),
        }
        .into());
    }
    check(model, fields, polynomial, "multiplication by a root of unity", |charges| {
        let charge: i64 = charges.iter().map(|(_, charge)| charge).sum();
        (charge % order as i64 != 0).then_some(Reason::Charge { charge, order })
    })
}

/// Expands a polynomial in fields and their conjugates, and looks at the
/// charges of every monomial.
pub(super) fn check(
    model: &Model,
    fields: &[usize],
    polynomial: &Polynomial,
    action: &str,
    wrong: impl Fn(&[Charge]) -> Option<Reason>,
) -> Result<Option<Violation>, Unchecked> {
    let charged = |variable: Variable| fields.contains(&(model.frame.slot(variable.slot()).field as usize));
    let terms = |monomial: &Monomial| -> f64 {
        let factors = monomial.factors().iter().filter(|factor| charged(factor.variable));
        factors.map(|factor| factor.exponent as f64 + 1.0).product()
    };
    if polynomial.terms().iter().map(|(monomial, _)| terms(monomial)).sum::<f64>() > MOST_TERMS {
        return Err(too_many(action, MOST_TERMS));
    }
    let mut parts: [Vec<(Monomial, Rational)>; 2] = [Vec::new(), Vec::new()];
    for (monomial, coefficient) in polynomial.terms() {
        let (imaginary, expanded) = expand(model, &charged, monomial, coefficient);
        parts[imaginary as usize].extend(expanded.terms().iter().cloned());
    }
    for (imaginary, part) in parts.into_iter().enumerate() {
        let part = Polynomial::from_terms(part);
        for (term, _) in part.terms() {
            let charges = charges(model, &charged, term);
            let Some(reason) = wrong(&charges) else { continue };
            // A term as it was written that has this part.
            let has = |(monomial, coefficient): &&(Monomial, Rational)| {
                let (of, expanded) = expand(model, &charged, monomial, coefficient);
                of as usize == imaginary && !expanded.coefficient(term).is_zero()
            };
            if let Some((monomial, coefficient)) = polynomial.terms().iter().find(has) {
                return Ok(Some(Violation {
                    action: action.to_owned(),
                    monomial: monomial.clone(),
                    coefficient: coefficient.clone(),
                    reason,
                }));
            }
        }
    }
    Ok(None)
}

/// A term in the basis of fields and conjugates, which the variables of the
/// real and the imaginary part stand for; and whether it is to be multiplied by
/// the imaginary unit.
fn expand(
    model: &Model,
    charged: &impl Fn(Variable) -> bool,
    monomial: &Monomial,
    coefficient: &Rational,
) -> (bool, Polynomial) {
    let mut turns = 0u32;
    let mut result = Polynomial::constant(coefficient.clone());
    let half = Rational::new(1, 2);
    for factor in monomial.factors() {
        let variable = factor.variable;
        if !charged(variable) {
            result = result.times_monomial(&Monomial::from_factors([*factor]));
            continue;
        }
        let [real, conjugate] = pair(model, variable);
        let imaginary = variable == conjugate;
        let (p, q) = (Polynomial::variable(real), Polynomial::variable(conjugate));
        let value = if imaginary { &p - &q } else { &p + &q };
        if imaginary {
            turns += factor.exponent as u32;
        }
        result = &result * &value.scaled(&half).pow(factor.exponent as u32);
    }
    // (1/i)^turns is 1, -i, -1, i.
    let result = if matches!(turns % 4, 1 | 2) { -&result } else { result };
    let reduced = result.terms().iter().map(|(term, coefficient)| {
        let term = reduced(model, charged, term);
        (model.canonical(&term).0, coefficient.clone())
    });
    (turns % 2 == 1, Polynomial::from_terms(reduced))
}

/// The variables of the real and the imaginary part at a variable's point.
fn pair(model: &Model, variable: Variable) -> [Variable; 2] {
    let slot = model.frame.slot(variable.slot());
    [0, 1].map(|component| model.frame.variable(&model.fields, Slot { component, ..slot }).at(variable.cell))
}

/// The charge of every point that a term has charged factors at.
fn charges(model: &Model, charged: &impl Fn(Variable) -> bool, term: &Monomial) -> Vec<Charge> {
    let mut charges: Vec<Charge> = Vec::new();
    for factor in term.factors().iter().filter(|factor| charged(factor.variable)) {
        let [real, conjugate] = pair(model, factor.variable);
        let charge = if factor.variable == conjugate { -(factor.exponent as i64) } else { factor.exponent as i64 };
        match charges.iter_mut().find(|(known, _)| *known == real) {
            Some((_, known)) => *known += charge,
            None => charges.push((real, charge)),
        }
    }
    charges
}

/// A term with phi phi* = 1 where values have absolute value one, and phi^n =
/// 1 for roots of unity.
fn reduced(model: &Model, charged: &impl Fn(Variable) -> bool, term: &Monomial) -> Monomial {
    let phase = |variable: Variable| match model.fields[model.frame.slot(variable.slot()).field as usize].structure {
        Structure::Phase(order) if charged(variable) => Some(order),
        _ => None,
    };
    if term.factors().iter().all(|factor| phase(factor.variable).is_none()) {
        return term.clone();
    }
    let mut factors: Vec<Factor> =
        term.factors().iter().filter(|factor| phase(factor.variable).is_none()).copied().collect();
    for (real, charge) in charges(model, charged, term) {
        let Some(order) = phase(real) else { continue };
        let charge = match order {
            Some(n) if n > 0 => charge.rem_euclid(n as i64),
            _ => charge,
        };
        let [_, conjugate] = pair(model, real);
        let variable = if charge < 0 { conjugate } else { real };
        if charge != 0 {
            factors.push(Factor { variable, exponent: charge.unsigned_abs().min(u16::MAX as u64) as u16 });
        }
    }
    Monomial::from_factors(factors)
}
