//! The invariants themselves: `H = generic`.

use dashu_int::{IBig, UBig};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::coupling::Coupling;
use super::enumerate;
use super::group::SpaceGroup;
use super::links::{self, GaugeField};
use super::listing::in_variables;
use super::orbits::Cell;
use super::representatives::Representatives;
use super::space::{Cell as Place, Colours, DIRECTIONS, Space};
use super::{CountError, Group, LARGEST_GRAPH, covariant};
use crate::exact::Rational;
use crate::model::{Boundary, Energy, Expression, Kind, Model, Monomial, Polynomial, Symmetry, Weight};

/// The largest number of invariants that are listed.
const LARGEST_BASIS: u64 = 20_000;

/// Monomials with signs, the first positive.
type Orbit = Vec<(enumerate::Monomial, bool)>;

/// The largest number of monomials that are put into orbits of permutations
/// for a list, and of translates of one monomial.
const LARGEST_LIST: u64 = 200_000;

/// The largest number of terms of all invariants together.
const LARGEST_TEXT: u64 = 2_000_000;

/// A basis of the polynomials that the model's degree, locality and
/// symmetries allow: one free coupling each, named h0, h1, ... by degree, then
/// by number of variables, then by monomial. Their number is the symmetric count of
/// [`super::degrees_of_freedom`].
///
/// Each is the sum over an orbit, with the signs of the group's action; every
/// distinct monomial of the lattice occurs once in the sum over all cells
/// (a monomial that s translations keep has the coefficient 1/s in the
/// polynomial of the unit cell). The constant is the exception: it is 1 for
/// each cell, so its coupling is an energy for each cell. Under a flip of
/// bits b the monomials are those of 1 - 2b.
pub fn invariants(model: &Model) -> Result<Vec<Energy>, CountError> {
    let space = Space::new(model)?;
    let group = Group::new(model, &space)?;
    if !space.translated && !model.frame.directions.is_empty() {
        return Err(CountError::Unsupported(
            "couplings that differ from cell to cell; declare `translation`, or a model of one cell".to_owned(),
        ));
    }
    if !Cell::fits(&space) && !space.translated {
        return Err(CountError::Unsupported("a list of couplings on a lattice this long without `translation`".into()));
    }
    group.check_locality(&space)?;
    let polynomials = match GaugeField::of(model)? {
        Some(gauge) => links::polynomials(model, &space, &gauge)?,
        None if space.in_colours() => orbit_sums(model, &space, &group)?,
        None => covariant::polynomials(model, &space, &group)?,
    };
    Ok(polynomials
        .into_iter()
        .enumerate()
        .map(|(at, polynomial)| {
            let name = format!("h{at}");
            Energy {
                written: Expression::from(&polynomial),
                coupling: Some(name.clone()),
                weight: Weight::UNIFORM,
                name,
                polynomial,
            }
        })
        .collect())
}

/// The sums over orbits of monomials, sorted.
fn orbit_sums(model: &Model, space: &Space, group: &Group) -> Result<Vec<Polynomial>, CountError> {
    let coupling = match Coupling::new(space)? {
        Some(coupling) => coupling,
        None => Coupling::of_all(space)?,
    };
    let space = &group.listed(space);
    let limit = if Representatives::fit(group) { LARGEST_GRAPH } else { LARGEST_LIST };
    let (colours, orbits) = match Cell::new(space, &coupling, &group.space, limit) {
        Ok(cell) => {
            let monomial = |&(index, negative): &(u32, bool)| (cell.monomials[index as usize].clone(), negative);
            let orbits = cell.orbits(&group.generators)?;
            let orbits: Vec<Orbit> = orbits.iter().map(|orbit| orbit.iter().map(monomial).collect()).collect();
            (cell.colours, orbits)
        }
        Err(CountError::TooMany { .. }) if Representatives::fit(group) => representatives(space, &coupling, group)?,
        Err(reason) => return Err(reason),
    };
    check_number(orbits.len() as u64)?;
    let mut polynomials = Vec::with_capacity(orbits.len());
    let mut written = 0u64;
    for orbit in &orbits {
        let polynomial = orbit_sum(model, space, &group.space, &colours, orbit)?;
        written += polynomial.len() as u64;
        check_terms(written)?;
        polynomials.push(polynomial);
    }
    // By degree, then fewer variables first, then the greatest monomial first.
    let key = |polynomial: &Polynomial| -> Vec<(u32, usize, Reverse<Monomial>)> {
        let monomials = polynomial.terms().iter().map(|(monomial, _)| monomial);
        monomials.map(|m| (m.degree(), m.factors().len(), Reverse(m.clone()))).collect()
    };
    polynomials.sort_by_cached_key(key);
    Ok(polynomials)
}

/// The orbits by their least monomials, term by term for those that are kept.
fn representatives(space: &Space, coupling: &Coupling, group: &Group) -> Result<(Colours, Vec<Orbit>), CountError> {
    let all = Representatives::new(space, coupling, group)?;
    let (mut listed, mut terms) = (0u64, 0u64);
    let mut orbits: Vec<Orbit> = Vec::new();
    all.each(&mut |one| {
        listed += 1;
        if listed <= LARGEST_BASIS && terms <= LARGEST_TEXT {
            let orbit = all.orbit(&one.monomial);
            terms += orbit.len() as u64;
            orbits.push(orbit);
        }
    })?;
    check_number(listed)?;
    check_terms(terms)?;
    Ok((all.colours, orbits))
}

fn check_number(listed: u64) -> Result<(), CountError> {
    let needed = UBig::from(listed);
    match listed > LARGEST_BASIS {
        true => Err(CountError::TooMany { what: "free couplings to list", needed, limit: LARGEST_BASIS }),
        false => Ok(()),
    }
}

fn check_terms(written: u64) -> Result<(), CountError> {
    let needed = UBig::from(written);
    match written > LARGEST_TEXT {
        true => Err(CountError::TooMany { what: "terms of all invariants", needed, limit: LARGEST_TEXT }),
        false => Ok(()),
    }
}

/// The polynomial of the unit cell whose sum over cells is the signed sum
/// over an orbit.
fn orbit_sum(
    model: &Model,
    space: &Space,
    group: &SpaceGroup,
    colours: &Colours,
    orbit: &Orbit,
) -> Result<Polynomial, CountError> {
    let steps = if space.translated { vec![[0; DIRECTIONS]] } else { some_translations(space, group)? };
    let mut terms: BTreeMap<Vec<(u32, Monomial)>, Rational> = BTreeMap::new();
    for (monomial, negative) in orbit {
        let translates = inner_translates(model, space, monomial)?;
        for translate in translates.iter().flat_map(|one| steps.iter().map(|step| moved(space, one, step))) {
            let plain = in_variables(model, space, colours, &translate)?;
            let weight = Rational::new(if *negative { -1 } else { 1 }, stabilizer(model, &plain));
            terms.insert(vec![(plain.degree(), plain)], weight);
        }
    }
    let flipped_bits: Vec<bool> = (0..model.fields.len())
        .map(|field| model.fields[field].kind == Kind::Bit && model.symmetries.contains(&Symmetry::Flip(field)))
        .collect();
    let mut sum = Vec::new();
    for (key, weight) in terms {
        let (_, monomial) = key.into_iter().next().expect("one key each");
        let field = |slot: usize| model.frame.slot(slot).field as usize;
        if !monomial.factors().iter().any(|factor| flipped_bits[field(factor.variable.slot())]) {
            sum.push((monomial, weight));
            continue;
        }
        // The monomial stands for that of s = 1 - 2b.
        let mut product = Polynomial::constant(weight);
        for factor in monomial.factors() {
            let power = Polynomial::term(Monomial::from_factors([*factor]), Rational::ONE);
            product = match flipped_bits[field(factor.variable.slot())] {
                true => &product * &(&Polynomial::constant(Rational::ONE) - &power.scaled(&Rational::from(2i64))),
                false => &product * &power,
            };
        }
        sum.extend(product.terms().iter().map(|(m, c)| (model.canonical(m).0, c.clone())));
    }
    Ok(Polynomial::from_terms(sum))
}

/// The translates of a monomial along directions that lie within the cell,
/// where translations are symmetries but the frame does not hold them.
fn inner_translates(
    model: &Model,
    space: &Space,
    monomial: &enumerate::Monomial,
) -> Result<Vec<enumerate::Monomial>, CountError> {
    let mut translates = vec![monomial.clone()];
    if !space.translated || monomial.is_empty() {
        return Ok(translates);
    }
    for &direction in &model.frame.inner {
        let needed = UBig::from(translates.len()) * UBig::from(space.extents[direction]);
        if needed > UBig::from(LARGEST_LIST) {
            return Err(CountError::TooMany { what: "translates of a monomial", needed, limit: LARGEST_LIST });
        }
        let extent = space.extents[direction] as i16;
        let open = model.lattice.boundaries[direction] == Boundary::Open;
        translates = translates
            .iter()
            .flat_map(|monomial| {
                // Along an open direction, those that lie within its ends.
                let cells = || monomial.iter().map(|(point, _)| point.cell[direction]);
                let (least, greatest) = (cells().min().unwrap_or(0), cells().max().unwrap_or(0));
                let steps = if open { -least..extent - greatest } else { 0..extent };
                steps.map(move |step| {
                    let mut moved = monomial.clone();
                    moved.iter_mut().for_each(|(point, _)| {
                        point.cell[direction] += step;
                        if !open {
                            point.cell[direction] = point.cell[direction].rem_euclid(extent);
                        }
                    });
                    moved
                })
            })
            .collect();
    }
    Ok(translates)
}

/// The translations of a group that does not have all, modulo the periods.
fn some_translations(space: &Space, group: &SpaceGroup) -> Result<Vec<Place>, CountError> {
    let number = space.periods().index() / group.translations.index();
    match u64::try_from(&number) {
        Ok(number) if number <= LARGEST_LIST => {}
        _ => {
            let needed = UBig::try_from(number).unwrap_or(UBig::ZERO);
            return Err(CountError::TooMany { what: "translates of a monomial", needed, limit: LARGEST_LIST });
        }
    }
    let wrapped = |vector: &[IBig]| {
        let mut place = [0; DIRECTIONS];
        for (direction, entry) in space.periodic_directions().zip(vector) {
            let extent = IBig::from(space.extents[direction]);
            let least = ((entry % &extent) + &extent) % &extent;
            place[direction] = i16::try_from(least).unwrap_or(0);
        }
        place
    };
    let basis: Vec<Place> = group.translations.basis().iter().map(|row| wrapped(row)).collect();
    let mut known: BTreeSet<Place> = BTreeSet::from([[0; DIRECTIONS]]);
    let mut open = vec![[0; DIRECTIONS]];
    while let Some(place) = open.pop() {
        for step in &basis {
            let mut next = place;
            for direction in space.periodic_directions() {
                let sum = place[direction] as i64 + step[direction] as i64;
                next[direction] = sum.rem_euclid(space.extents[direction] as i64) as i16;
            }
            if known.insert(next) {
                open.push(next);
            }
        }
    }
    Ok(known.into_iter().collect())
}

/// A monomial moved by a translation, within the periods.
fn moved(space: &Space, monomial: &enumerate::Monomial, step: &Place) -> enumerate::Monomial {
    let mut moved = monomial.clone();
    if step.iter().all(|&entry| entry == 0) {
        return moved;
    }
    for (point, _) in &mut moved {
        for direction in space.periodic_directions() {
            let sum = point.cell[direction] as i64 + step[direction] as i64;
            point.cell[direction] = sum.rem_euclid(space.extents[direction] as i64) as i16;
        }
    }
    moved
}

/// The number of translations of the frame that map a monomial to itself; one
/// for the constant.
fn stabilizer(model: &Model, monomial: &Monomial) -> i64 {
    let Some(first) = monomial.factors().first() else { return 1 };
    let wrapped = |shift| {
        Monomial::from_factors(monomial.factors().iter().map(|factor| {
            let cell = model.frame.wrapped(factor.variable.cell + shift);
            crate::model::Factor { variable: factor.variable.at(cell), exponent: factor.exponent }
        }))
    };
    let same_slot = monomial.factors().iter().filter(|factor| factor.variable.slot() == first.variable.slot());
    let itself = wrapped(crate::model::Shift::ZERO);
    same_slot.filter(|factor| wrapped(factor.variable.cell - first.variable.cell) == itself).count() as i64
}
