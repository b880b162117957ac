//! Whether a polynomial has a symmetry, and a term that shows it where not.

use super::action::Action;
use super::{NoSuchSymmetry, Symmetry, gauge, generators, phases, uniform};
use crate::exact::Rational;
use crate::model::field::Structure;
use crate::model::monomial::{Factor, Monomial};
use crate::model::polynomial::Polynomial;
use crate::model::{Boundary, Energy, Model};

/// A term that shows that a polynomial does not have a symmetry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// What changes it, such as `reversal of x`.
    pub action: String,
    /// The monomial of the term.
    pub monomial: Monomial,
    /// Its coefficient in the polynomial.
    pub coefficient: Rational,
    /// In which way the term shows it.
    pub reason: Reason,
}

/// How a term shows that a symmetry is lacking.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reason {
    /// The term goes to this one, which has another coefficient.
    Needs(Monomial, Rational),
    /// The coefficient of the term goes to this value.
    Becomes(Rational),
    /// A part of the term has a charge that is no multiple of the order.
    Charge {
        /// The charge.
        charge: i64,
        /// The order of the root of unity.
        order: u32,
    },
    /// The charges of the bonds at a site do not cancel.
    Site {
        /// The site's cell.
        cell: Vec<i64>,
        /// Its basis site.
        basis: usize,
        /// What is left there.
        charge: i64,
        /// Modulo which charges cancel; two for signs.
        order: Option<u32>,
    },
    /// The term is a loop around the lattice.
    Winding {
        /// The direction that it goes around.
        direction: usize,
    },
}

/// Why it was not decided whether a polynomial has a symmetry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unchecked {
    /// The model has no such symmetry.
    NoSuchSymmetry(NoSuchSymmetry),
    /// The images of the polynomial have too many terms.
    TooManyTerms {
        /// What would be applied.
        action: String,
        /// The terms that are still looked at.
        limit: u64,
    },
}

impl From<NoSuchSymmetry> for Unchecked {
    fn from(reason: NoSuchSymmetry) -> Unchecked {
        Unchecked::NoSuchSymmetry(reason)
    }
}

/// The terms that the image of a polynomial may have.
const MOST_TERMS: f64 = 2_000_000.0;

pub(super) fn too_many(action: &str, limit: f64) -> Unchecked {
    Unchecked::TooManyTerms { action: action.to_owned(), limit: limit as u64 }
}

/// A term that shows that a polynomial of the unit cell, in canonical form,
/// does not have a symmetry; `None` where it has it. Exact.
pub fn violation(model: &Model, symmetry: &Symmetry, polynomial: &Polynomial) -> Result<Option<Violation>, Unchecked> {
    match symmetry {
        Symmetry::Uniform => uniform::uniform(model, polynomial),
        Symmetry::Cyclic { fields, order } => phases::cyclic(model, fields, *order, polynomial),
        Symmetry::Gauge { field, contractible, matter } => {
            gauge::gauge(model, *field, *contractible, matter, polynomial)
        }
        _ => {
            for action in generators(model, symmetry)? {
                if let Some(violation) = under(model, &action, polynomial)? {
                    return Ok(Some(violation));
                }
            }
            Ok(None)
        }
    }
}

/// A term that shows that a model's energies do not have a symmetry, with its
/// energy and the model in which the term has a name: a small one that stands
/// for the whole lattice, where that ends somewhere or couplings differ from
/// place to place. `None` where they have it. Exact.
pub fn broken(model: &Model, symmetry: &Symmetry) -> Result<Option<(Model, Energy, Violation)>, Unchecked> {
    // Whether the lattice has such a symmetry does not depend on H.
    violation(model, symmetry, &Polynomial::zero())?;
    let weighted = model.energies.iter().any(|energy| !energy.weight.is_uniform());
    let graph = model.lattice.graph.is_some();
    let plain = !model.frame.ends() && !weighted && !model.frame.boundaries.contains(&Boundary::Twisted);
    let small = match plain {
        true => None,
        // On a large graph the parts on sites and on edges are looked at apart.
        false if graph => model.representative(),
        false => {
            Some(model.representative().ok_or_else(|| too_many("smallest lattice that shows a symmetry", MOST_TERMS))?)
        }
    };
    let shown = small.as_ref().unwrap_or(model);
    for energy in &shown.energies {
        if let Some(violation) = violation(shown, symmetry, &energy.polynomial)? {
            return Ok(Some((shown.clone(), energy.clone(), violation)));
        }
    }
    Ok(None)
}

/// A term that an action changes.
fn under(model: &Model, action: &Action, polynomial: &Polynomial) -> Result<Option<Violation>, Unchecked> {
    let related = model.fields.iter().any(|field| matches!(field.structure, Structure::Unit | Structure::Phase(_)));
    let found = |monomial: &Monomial, coefficient: &Rational, reason| {
        Ok(Some(Violation {
            action: action.name.clone(),
            monomial: monomial.clone(),
            coefficient: coefficient.clone(),
            reason,
        }))
    };
    if action.permutes(model) {
        let broken = polynomial.terms().iter().find_map(|(monomial, coefficient)| {
            let (image, negative) = action.monomial(model, monomial)?;
            let expected = if negative { -coefficient.clone() } else { coefficient.clone() };
            (polynomial.coefficient(&image) != expected).then_some((monomial, coefficient, image, expected))
        });
        let Some((monomial, coefficient, image, expected)) = broken else { return Ok(None) };
        // Where the components are related, different polynomials may have the
        // same values.
        if !related || !difference(model, action, polynomial).is_zero() {
            return found(monomial, coefficient, Reason::Needs(image, expected));
        }
        return Ok(None);
    }
    if action.terms(model, polynomial) > MOST_TERMS {
        return Err(too_many(&action.name, MOST_TERMS));
    }
    let difference = difference(model, action, polynomial);
    // A term that the polynomial has says more than one that it lacks.
    let written = |(monomial, _): &&(Monomial, Rational)| !polynomial.coefficient(monomial).is_zero();
    let shown = difference.terms().iter().find(written).or(difference.terms().first());
    let Some((monomial, change)) = shown else { return Ok(None) };
    let coefficient = polynomial.coefficient(monomial);
    let becomes = &coefficient + change;
    found(monomial, &coefficient, Reason::Becomes(becomes))
}

/// What an action changes a polynomial by, the relations of the components of
/// unit vectors and phases used: the square of the last is one minus those of
/// the others.
fn difference(model: &Model, action: &Action, polynomial: &Polynomial) -> Polynomial {
    let difference = &action.apply(model, polynomial) - polynomial;
    let last = |factor: &Factor| {
        let slot = model.frame.slot(factor.variable.slot());
        let field = &model.fields[slot.field as usize];
        let related = matches!(field.structure, Structure::Unit | Structure::Phase(_));
        (related && slot.component + 1 == field.components && factor.exponent >= 2).then_some(slot)
    };
    if difference.terms().iter().all(|(monomial, _)| monomial.factors().iter().all(|factor| last(factor).is_none())) {
        return difference;
    }
    let mut terms = Vec::new();
    for (monomial, coefficient) in difference.terms() {
        let mut value = Polynomial::constant(coefficient.clone());
        for factor in monomial.factors() {
            let Some(slot) = last(factor) else {
                value = value.times_monomial(&Monomial::from_factors([*factor]));
                continue;
            };
            let mut square = Polynomial::constant(Rational::ONE);
            for component in 0..slot.component {
                let slot = crate::model::Slot { component, ..slot };
                let other = model.frame.variable(&model.fields, slot).at(factor.variable.cell);
                square = &square - &Polynomial::variable(other).pow(2);
            }
            if factor.exponent % 2 == 1 {
                value = value.times_monomial(&Monomial::variable(factor.variable));
            }
            value = &value * &square.pow(factor.exponent as u32 / 2);
        }
        terms.extend(model.canonical_polynomial(&value).terms().iter().cloned());
    }
    Polynomial::from_terms(terms)
}
