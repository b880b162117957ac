//! The list of couplings under symmetries that turn values, such as rotations
//! and phases: products of dot products, determinants and complex numbers on
//! the supports of a unit cell, summed over the elements of space.

use dashu_int::UBig;

use super::coupling::Coupling;
use super::enumerate::Translates;
use super::space::{Point, Space};
use super::values::Values;
use super::values::basis::{self, Action, Candidate};
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
        let variables = Variables::new(model, space, &sites)?;
        let degree = (space.degree, space.homogeneous);
        let found = basis::candidates(
            &space.values,
            sites.len(),
            degree,
            &|point, slot| variables.at(point, slot),
            &flipped_bit,
        )?;
        for Candidate { polynomial, shadow, degree } in found {
            let [polynomial, shadow] = [polynomial, shadow].map(|p| model.canonical_polynomial(&p));
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
    let mut occurring: std::collections::BTreeSet<Variable> = Default::default();
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
    let applied: Vec<_> =
        actions.iter().map(|action| move |polynomial: &Polynomial| action.apply(model, polynomial)).collect();
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
    basis::independent(&candidates, &applied, &units, space.homogeneous, &expected)
}

/// The variables at the sites of a support.
struct Variables(Vec<Vec<Vec<Variable>>>);

impl Variables {
    fn new(model: &Model, space: &Space, points: &[Point]) -> Result<Variables, CountError> {
        let field = |point: &Point, field: usize| {
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

    fn at(&self, point: usize, slot: super::values::Slot) -> Variable {
        self.0[point][slot.field][slot.component as usize]
    }
}
