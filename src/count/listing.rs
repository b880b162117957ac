//! The orbits of a model's monomials, listed.
//!
//! Enters a [`Model`] whose symmetries take monomials to monomials, signs
//! apart; leaves one monomial for each orbit that is not zero, one after the
//! other, so that memory does not grow with the list. There are as many as
//! [`super::degrees_of_freedom`] counts.

use super::coupling::Coupling;
use super::enumerate;
use super::orbits::Cell;
use super::representatives::Representatives;
use super::space::{Colours, Space};
use super::{CountError, Group, LARGEST_EXPLICIT};
use crate::exact::Rational;
use crate::model::{self, Frame, Model, Polynomial};

/// The largest number of variables of a lattice whose sites are named apart.
const LARGEST_NAMED: u64 = 1 << 20;

/// An orbit of monomials under the symmetries of a model: one free coupling.
#[derive(Clone, PartialEq, Debug)]
pub struct Orbit {
    /// The degree of its monomials.
    pub degree: u32,
    /// The number of distinct sites that each of them couples.
    pub sites: usize,
    /// One of them, in the words of a spec. Of bits b that a symmetry flips it
    /// stands for that of 1 - 2b.
    pub monomial: String,
    /// How many monomials it has in each cell of the translations that are
    /// symmetries; on the whole lattice where none are. A fraction where a
    /// translation keeps the monomial. One for the constant.
    pub multiplicity: Rational,
}

/// Calls a function on every orbit that the model's degree, locality and
/// symmetries leave.
///
/// ```
/// let (spec, _) = hamc::syntax::parse(
///     "lattice square(64, 64)
///      field s : spin
///      H = generic
///      degree 3
///      locality range sqrt(2)
///      symmetry translation, point_group",
/// );
/// let model = hamc::lower::lower(&spec).0.unwrap();
/// let mut orbits = Vec::new();
/// hamc::count::orbits(&model, &mut |orbit| orbits.push(orbit)).unwrap();
/// orbits.sort_by_key(|orbit| orbit.degree);
/// let found: Vec<(u32, usize, String)> =
///     orbits.iter().map(|orbit| (orbit.degree, orbit.sites, orbit.multiplicity.to_string())).collect();
/// // The constant, the field, both distances, and a corner.
/// let expected = [(0, 0, "1"), (1, 1, "1"), (2, 2, "2"), (2, 2, "2"), (3, 3, "4")];
/// assert_eq!(found, expected.map(|(degree, sites, number)| (degree, sites, number.to_owned())));
/// ```
pub fn orbits(model: &Model, found: &mut dyn FnMut(Orbit)) -> Result<(), CountError> {
    let space = Space::new(model)?;
    let group = Group::new(model, &space)?;
    group.check_locality(&space)?;
    if !space.in_colours() {
        return Err(CountError::Unsupported(
            "one monomial for each coupling where a symmetry takes monomials to sums of others; list the invariants \
             themselves"
                .to_owned(),
        ));
    }
    let coupling = match Coupling::new(&space)? {
        Some(coupling) => coupling,
        None => Coupling::of_all(&space)?,
    };
    let named = named(model, &space)?;
    let mut failed = None;
    let mut report = |colours: &Colours, monomial: &enumerate::Monomial, multiplicity: Rational| {
        if failed.is_some() {
            return;
        }
        let mut sites: Vec<_> = monomial.iter().flat_map(|(point, _)| coupling.sites(&space, point)).collect();
        sites.sort_unstable();
        sites.dedup();
        match in_variables(&named, &space, colours, monomial) {
            Ok(factors) => found(Orbit {
                degree: factors.degree(),
                sites: sites.len(),
                monomial: Polynomial::term(factors, Rational::ONE).display(|variable| named.variable_name(variable)),
                multiplicity,
            }),
            Err(reason) => failed = Some(reason),
        }
    };
    if Representatives::fit(&group) {
        let representatives = Representatives::new(&space, &coupling, &group)?;
        let order = representatives.elements() as i64;
        representatives.each(&mut |one| {
            let multiplicity = Rational::new(order, one.stabilizer as i64);
            report(&representatives.colours, &one.monomial, multiplicity);
        })?;
    } else {
        // Permutations of sites take translates to what are none.
        let plain = Space { translated: false, ..space.clone() };
        let translations = super::group::SpaceGroup::new(&plain, &[])?;
        let cell = Cell::new(&plain, &coupling, &translations, LARGEST_EXPLICIT)?;
        for orbit in cell.orbits(&group.generators)? {
            let first = &cell.monomials[orbit[0].0 as usize];
            report(&cell.colours, first, Rational::from(orbit.len() as i64));
        }
    }
    failed.map_or(Ok(()), Err)
}

/// The model in whose variables monomials are named: where no translations are
/// symmetries, with all cells of the lattice at hand.
fn named(model: &Model, space: &Space) -> Result<Model, CountError> {
    let mut named = model.clone();
    if !space.translated && !model.frame.directions.is_empty() {
        if model.variables().is_none_or(|variables| variables > LARGEST_NAMED) {
            return Err(CountError::Unsupported(
                "a list of couplings on a lattice this large without `translation`".to_owned(),
            ));
        }
        named.frame = Frame::new(&model.lattice, &model.fields, Vec::new());
    }
    Ok(named)
}

/// A monomial in the variables of a model, canonical among its translates.
pub(super) fn in_variables(
    model: &Model,
    space: &Space,
    colours: &Colours,
    monomial: &enumerate::Monomial,
) -> Result<model::Monomial, CountError> {
    let mut slots = Vec::new();
    for (index, field) in model.fields.iter().enumerate() {
        slots.extend((0..field.components).map(|component| (index, component)));
    }
    let mut factors = Vec::new();
    let step = space.to_open_ends(monomial.iter().map(|(point, _)| &point.cell));
    for (point, colour) in monomial {
        let point = point.moved(&step);
        let place: Vec<i64> = point.cell[..model.lattice.dimension()].iter().map(|&c| c as i64).collect();
        let basis = space.index_in_class(point.at);
        for &(slot, exponent) in &colours.all[*colour as usize].powers {
            let (field, component) = slots[slot as usize];
            let variable = model
                .variable_at(field, component, &place, basis)
                .ok_or_else(|| CountError::Unsupported("a site beyond the reach of displacements".to_owned()))?;
            factors.push(model::Factor { variable, exponent });
        }
    }
    Ok(model.canonical(&model::Monomial::from_factors(factors)).0)
}
