//! The list of couplings under symmetries that turn values, such as rotations
//! and phases: products of dot products, determinants and complex numbers on
//! the supports of a unit cell, summed over the elements of space.

use dashu_int::UBig;
use std::collections::BTreeSet;

use super::coupling::Coupling;
use super::enumerate::Translates;
use super::space::{Point, Space};
use super::values::basis::{self, Action, Candidate};
use super::values::{Slot, Values};
use super::{CountError, Group, symmetric, unit_cell};
use crate::model::{self, Kind, Model, Polynomial, Symmetry, Variable, generators};

/// The largest number of supports and of candidates.
const LARGEST: u64 = 20_000;

/// A basis of the invariants as polynomials of the unit cell, by degree, then
/// by number of sites.
pub(super) fn polynomials(model: &Model, space: &Space, group: &Group) -> Result<Vec<Polynomial>, CountError> {
    let coupling = Coupling::new(space)?;
    let kinds = coupling.as_ref().map(|coupling| unit_cell::kinds(space, coupling)).transpose()?;
    let local = coupling.as_ref().zip(kinds.as_deref());
    let (expected, _) = symmetric(space, local, group)?;
    let coupling = match coupling {
        Some(coupling) => coupling,
        None => Coupling::of_all(space)?,
    };
    if expected > UBig::from(LARGEST) {
        return Err(CountError::TooMany { what: "free couplings to list", needed: expected, limit: LARGEST });
    }
    let sets =
        Translates::new(space, coupling.unwrapped, &group.space.translations).supports(space, &coupling, LARGEST)?;
    let flipped_bit =
        |field: usize| model.fields[field].kind == Kind::Bit && model.symmetries.contains(&Symmetry::Flip(field));
    let mut candidates: Vec<(usize, Candidate)> = Vec::new();
    let mut units: Vec<Vec<Variable>> = Vec::new();
    for sites in std::iter::once(Vec::new()).chain(sets) {
        let mut tied: Vec<Candidate> = Vec::new();
        for translate in translates(model, space, &sites)? {
            let variables = Variables::new(model, space, &translate)?;
            let degree = (space.degree, space.homogeneous);
            let found = basis::candidates(
                &space.values,
                sites.len(),
                degree,
                &|point, slot| variables.at(point, slot),
                &flipped_bit,
            )?;
            let canonical = found.into_iter().map(|Candidate { polynomial, shadow, degree }| {
                let [polynomial, shadow] = [polynomial, shadow].map(|p| model.canonical_polynomial(&p));
                Candidate { polynomial, shadow, degree }
            });
            if tied.is_empty() {
                tied = canonical.collect();
                continue;
            }
            // The same products in the same order.
            for (sum, term) in tied.iter_mut().zip(canonical) {
                sum.polynomial = &sum.polynomial + &term.polynomial;
                sum.shadow = &sum.shadow + &term.shadow;
            }
        }
        candidates.extend(tied.into_iter().map(|candidate| (sites.len(), candidate)));
        if candidates.len() as u64 > LARGEST {
            let needed = UBig::from(candidates.len());
            return Err(CountError::TooMany { what: "products of invariants", needed, limit: LARGEST });
        }
    }
    candidates.sort_by_key(|(sites, candidate)| (candidate.degree, *sites));
    let candidates: Vec<Candidate> = candidates.into_iter().map(|(_, candidate)| candidate).collect();
    // The unit vectors at every place that occurs.
    let mut occurring: BTreeSet<Variable> = Default::default();
    let mut actions = Vec::new();
    for symmetry in &model.symmetries {
        if matches!(
            symmetry,
            Symmetry::Translation
                | Symmetry::Reflection
                | Symmetry::PointGroup(_)
                | Symmetry::Motion(_)
                | Symmetry::Permutation
        ) {
            actions.extend(generators(model, symmetry)?);
        }
    }
    let numbers = basis::complex_numbers(&space.values);
    let shadowed = |variable: Variable| {
        let slot = model.frame.slot(variable.slot());
        let slot = Slot { field: slot.field as usize, component: slot.component };
        space.oriented.contains(&slot.field) && numbers.iter().flatten().any(|part| *part == slot)
    };
    let applied: Vec<_> = actions
        .iter()
        .map(|action| {
            move |polynomial: &Polynomial, shadow: &Polynomial| {
                (action.apply(model, polynomial), shadow_image(model, action, shadow, &shadowed))
            }
        })
        .collect();
    let applied: Vec<Action> = applied.iter().map(|action| action as Action).collect();
    if space.values.fields.iter().any(|field| field.1 == Values::Unit) {
        for candidate in &candidates {
            occurring.extend(basis::orbit_sum(candidate, &applied)?.shadow.variables());
        }
    }
    for variable in occurring {
        let slot = model.frame.slot(variable.slot());
        let (components, values) = space.values.fields[slot.field as usize];
        if values == Values::Unit && !space.values.is_charged(slot.field as usize) && slot.component == 0 {
            let component = |component| {
                let slot = model::Slot { component, ..slot };
                model.frame.variable(&model.fields, slot).at(variable.cell)
            };
            units.push((0..components).map(component).collect());
        }
    }
    let mut roots: Vec<([Variable; 2], u32)> = Vec::new();
    for variable in candidates.iter().flat_map(|candidate| candidate.shadow.variables()).collect::<BTreeSet<_>>() {
        let slot = model.frame.slot(variable.slot());
        if let (Values::Roots(order), 0) = (space.values.fields[slot.field as usize].1, slot.component) {
            let conjugate = model.frame.variable(&model.fields, model::Slot { component: 1, ..slot });
            roots.push(([variable, conjugate.at(variable.cell)], order));
        }
    }
    basis::independent(&candidates, &applied, &units, &roots, space.homogeneous, &expected)
}

/// A set of points with all its translates where these have one coupling
/// though they are no symmetries; the set alone otherwise.
fn translates(model: &Model, space: &Space, points: &[Point]) -> Result<Vec<Vec<Point>>, CountError> {
    let mut translates = vec![points.to_vec()];
    if !space.uniform || points.is_empty() {
        return Ok(translates);
    }
    for direction in (0..space.dimension()).filter(|direction| model.frame.inner.contains(direction)) {
        let extent = space.extents[direction].min(LARGEST) as i16;
        if translates.len() as u64 * extent as u64 > LARGEST {
            let needed = UBig::from(translates.len()) * UBig::from(extent as u64);
            return Err(CountError::TooMany { what: "translates of a set of sites", needed, limit: LARGEST });
        }
        let mut next = Vec::new();
        for set in translates {
            let at = set.iter().map(|point| point.cell[direction]);
            let (least, most) = (at.clone().min().unwrap_or(0), at.max().unwrap_or(0));
            let steps = if space.periodic[direction] { 0..extent } else { -least..extent - most };
            next.extend(steps.map(|step| {
                let mut moved = set.clone();
                moved.iter_mut().for_each(|point| point.cell[direction] += step);
                moved
            }));
        }
        translates = next;
    }
    Ok(translates)
}

/// The image of a shadow under a motion: where the direction of a bond is
/// reversed, a number and its conjugate change places.
fn shadow_image(
    model: &Model,
    action: &model::Action,
    shadow: &Polynomial,
    directed: &impl Fn(Variable) -> bool,
) -> Polynomial {
    if !shadow.variables().into_iter().any(directed) {
        return action.apply(model, shadow);
    }
    let image = |variable: Variable| -> Option<Polynomial> {
        let slot = model.frame.slot(variable.slot());
        let component = |at: Variable, component: u32| {
            let slot = model::Slot { component, ..model.frame.slot(at.slot()) };
            model.frame.variable(&model.fields, slot).at(at.cell)
        };
        if !directed(variable) {
            return None;
        }
        let (imaginary, change) = action.image(model, component(variable, 1))?;
        let reversed = change == model::Change::Negated;
        Some(Polynomial::variable(component(imaginary, if reversed { 1 - slot.component } else { slot.component })))
    };
    let mut sum = Polynomial::zero();
    for (monomial, coefficient) in shadow.terms() {
        let mut term = Polynomial::constant(coefficient.clone());
        for factor in monomial.factors() {
            let own = || action.apply(model, &Polynomial::variable(factor.variable));
            let image = image(factor.variable).unwrap_or_else(own);
            term = &term * &image.pow(factor.exponent as u32);
        }
        sum = &sum + &term;
    }
    model.canonical_polynomial(&sum)
}

/// The variables at the points of a support, none for the fields that do not
/// live at a point.
struct Variables(Vec<Vec<Vec<Variable>>>);

impl Variables {
    fn new(model: &Model, space: &Space, points: &[Point]) -> Result<Variables, CountError> {
        let field = |point: &Point, field: usize| {
            let class = space.points[point.at as usize].class as usize;
            if !space.values.classes[class].contains(&field) {
                return Ok(Vec::new());
            }
            let place: Vec<i64> = point.cell[..model.lattice.dimension()].iter().map(|&c| c as i64).collect();
            let basis = space.index_in_class(point.at);
            (0..model.fields[field].components)
                .map(|component| {
                    let variable = model.variable_at(field, component, &place, basis);
                    variable.ok_or_else(|| CountError::Unsupported("a site beyond the reach of displacements".into()))
                })
                .collect::<Result<Vec<Variable>, CountError>>()
        };
        let at = |site: &Point| (0..model.fields.len()).map(|index| field(site, index)).collect::<Result<_, _>>();
        Ok(Variables(points.iter().map(at).collect::<Result<_, _>>()?))
    }

    fn at(&self, point: usize, slot: Slot) -> Option<Variable> {
        self.0[point][slot.field].get(slot.component as usize).copied()
    }
}
