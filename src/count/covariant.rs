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
use crate::model::{self, Boundary, Factor, Kind, Model, Monomial, Polynomial, Symmetry, Variable, generators};

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
        let step = space.to_open_ends(sites.iter().map(|point| &point.cell));
        let sites: Vec<Point> = sites.iter().map(|point| point.moved(&step)).collect();
        let variables = Variables::new(model, space, &sites)?;
        let degree = (space.degree, space.homogeneous);
        let found = basis::candidates(
            &space.values,
            sites.len(),
            degree,
            &|point, slot| variables.at(point, slot),
            &flipped_bit,
        )?;
        let steps = tied_steps(model, space, &sites)?;
        for Candidate { polynomial, shadow, degree } in found {
            let [polynomial, shadow] =
                [polynomial, shadow].map(|p| model.canonical_polynomial(&over_translates(model, &p, &steps)));
            candidates.push((sites.len(), Candidate { polynomial, shadow, degree }));
        }
        if candidates.len() as u64 > LARGEST {
            let needed = UBig::from(candidates.len());
            return Err(CountError::TooMany { what: "products of invariants", needed, limit: LARGEST });
        }
    }
    candidates.sort_by_key(|(sites, candidate)| (candidate.degree, *sites));
    let candidates: Vec<Candidate> = candidates.into_iter().map(|(_, candidate)| candidate).collect();
    // The unit vectors at every place that occurs.
    let mut occurring: BTreeSet<Variable> = BTreeSet::new();
    let mut actions = Vec::new();
    for symmetry in &model.symmetries {
        if matches!(
            symmetry,
            Symmetry::Translation
                | Symmetry::Reflection
                | Symmetry::PointGroup(_)
                | Symmetry::Motion(_)
                | Symmetry::SpaceGroup { .. }
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
    // What is a constant on the values of the fields, such as the square of a
    // unit vector, is none of the invariants where the constant is left out: so
    // the constant takes part, as the first candidate, and is taken out.
    let wanted = &expected + UBig::from(space.lacks_constant() as u8);
    let mut basis = basis::independent(&candidates, &applied, &units, &roots, space.homogeneous, &wanted)?;
    if space.lacks_constant() {
        basis.retain(|polynomial| polynomial.degree() > 0);
    }
    Ok(basis)
}

/// The translations of a support along the directions within the cell, where
/// `uniform` ties the couplings of translates: all of those along periodic
/// directions, and those that stay within open ones.
fn tied_steps(model: &Model, space: &Space, sites: &[Point]) -> Result<Vec<Vec<i64>>, CountError> {
    let mut steps = vec![vec![0; model.lattice.dimension()]];
    if !space.uniform || sites.is_empty() {
        return Ok(steps);
    }
    for &direction in &model.frame.inner {
        let extent = model.lattice.extents[direction] as i64;
        let cells = || sites.iter().map(|point| point.cell[direction] as i64);
        let (least, greatest) = (cells().min().unwrap_or(0), cells().max().unwrap_or(0));
        let along = match model.lattice.boundaries[direction] {
            Boundary::Open => -least..extent - greatest,
            Boundary::Periodic | Boundary::Twisted => 0..extent,
        };
        let needed = UBig::from(steps.len()) * UBig::from((along.end - along.start).max(0) as u64);
        if needed > UBig::from(LARGEST) {
            return Err(CountError::TooMany { what: "translates of an invariant", needed, limit: LARGEST });
        }
        let moved = |step: &Vec<i64>, by: i64| {
            let mut moved = step.clone();
            moved[direction] = by;
            moved
        };
        steps = steps.iter().flat_map(|step| along.clone().map(move |by| moved(step, by))).collect();
    }
    Ok(steps)
}

/// The sum of the translates of a polynomial. Where some of the steps give the
/// same translate, all occur as often, and once is enough.
fn over_translates(model: &Model, polynomial: &Polynomial, steps: &[Vec<i64>]) -> Polynomial {
    if steps.len() <= 1 {
        return polynomial.clone();
    }
    let moved = |variable: Variable, step: &[i64]| {
        let slot = model.frame.slot(variable.slot());
        let (mut place, point) = model.place(variable);
        place.iter_mut().zip(step).for_each(|(at, by)| *at += by);
        model.variable_at(slot.field as usize, slot.component, &place, point)
    };
    let translate = |step: &Vec<i64>| -> Option<Polynomial> {
        let mut terms = Vec::with_capacity(polynomial.len());
        for (monomial, coefficient) in polynomial.terms() {
            let mut factors = Vec::with_capacity(monomial.factors().len());
            for factor in monomial.factors() {
                factors.push(Factor { variable: moved(factor.variable, step)?, exponent: factor.exponent });
            }
            terms.push((Monomial::from_factors(factors), coefficient.clone()));
        }
        Some(Polynomial::from_terms(terms))
    };
    let translates: BTreeSet<Polynomial> = steps.iter().filter_map(translate).collect();
    Polynomial::from_terms(translates.iter().flat_map(|polynomial| polynomial.terms().iter().cloned()))
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
