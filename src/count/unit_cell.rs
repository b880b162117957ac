//! Orbits counted at the unit cell, without listing monomials.
//!
//! By Burnside's lemma the number of invariants is the mean over the group of
//! the trace on the local monomials. A trace is a sum over the supports that
//! an element maps to themselves, and on one support it depends only on the
//! cycles in which the element permutes the points. Supports are looked at up
//! to translation, so the work does not depend on the number of sites, even
//! where translations are no symmetry: an element of linear part M keeps a
//! support, where it keeps it at all, at the places t that solve
//! `(1 - M) t = b` modulo the translations of the group, of which there are
//! none or as many as the index of the lattice that (1 - M) and those
//! translations span. (The sum over all translations of the group is what
//! reduces places to classes modulo them.)

use dashu_int::{IBig, UBig};
use std::collections::BTreeMap;

use super::CountError;
use super::clusters::Neighbourhood;
use super::coupling::Coupling;
use super::cycles::Turns;
use super::group::{Places, SpaceGroup};
use super::integer::IntegerLattice;
use super::series::natural;
use super::space::{DIRECTIONS, Point, Space};
use super::values::Cycle;
use super::values::average::Traces;

/// The largest support that is looked at.
const DEEPEST: usize = 60;

/// Supports of one kind: how many there are up to translations, weighted by
/// one over the order of their stabilizers among translations.
#[derive(Clone, Debug)]
pub(super) struct Kind {
    /// The classes of the points, sorted, as cycles of length one.
    pub points: Vec<Cycle>,
    /// The spans along open directions.
    pub spans: Vec<(i16, i16)>,
    /// How many, times the number of points where the lattice is wrapped.
    pub count: IBig,
    /// What the count is to be divided by.
    pub divisor: u64,
}

/// The supports of a space by kinds.
pub(super) fn kinds(space: &Space, coupling: &Coupling) -> Result<Vec<Kind>, CountError> {
    check_depth(coupling)?;
    let identity = super::group::Element::identity(space);
    let mut kinds = Vec::new();
    for at in 0..space.points.len() {
        let Some(mut around) = Neighbourhood::new(space, coupling, at)? else { continue };
        for (kind, count) in around.fixed(&Turns::default(), &identity)? {
            let divisor = if coupling.unwrapped { 1 } else { kind.cycles.len() as u64 };
            kinds.push(Kind { points: kind.cycles, spans: kind.spans.to_vec(), count: count.into(), divisor });
        }
    }
    Ok(kinds)
}

impl Kind {
    /// The number of places of such a support on the lattice, cells modulo the
    /// translations of a group.
    pub fn places(&self, space: &Space, translations: &IntegerLattice) -> UBig {
        let open = space.open_directions().zip(&self.spans).map(|(direction, &(least, greatest))| {
            let width = (greatest as i64 - least as i64) as u64;
            let places = space.extents[direction].saturating_sub(width);
            if space.uniform { places.min(1) } else { places }
        });
        open.map(UBig::from).product::<UBig>() * natural(translations.index())
    }
}

/// The number of local monomials of supports of these kinds, modulo the
/// translations of a group; an upper bound where the lattice is wrapped and
/// some of these map a support to itself.
pub(super) fn monomials(space: &Space, kinds: &[Kind], translations: &IntegerLattice) -> Result<UBig, CountError> {
    let mut traces = Traces::new(&super::series::ungrouped(space))?;
    let mut totals: BTreeMap<u64, IBig> = BTreeMap::new();
    for kind in kinds {
        let places = IBig::from(kind.places(space, translations));
        *totals.entry(kind.divisor).or_insert(IBig::ZERO) += traces.trace(&kind.points) * places * &kind.count;
    }
    let weighted = totals.into_iter().map(|(divisor, total)| (total + IBig::from(divisor - 1)) / IBig::from(divisor));
    Ok(natural(weighted.sum::<IBig>() + constant(space)))
}

/// The number of local monomials.
pub(super) fn local(space: &Space, kinds: &[Kind]) -> Result<UBig, CountError> {
    let plain = Space { translated: false, uniform: false, ..space.clone() };
    monomials(&plain, kinds, &plain.periods())
}

/// The number of invariants of the group of space and the flips. The kinds of
/// all supports, [`kinds`], are what the identity keeps: a group is counted on
/// a space whose supports were searched before.
pub(super) fn invariants(
    space: &Space,
    coupling: &Coupling,
    kinds: &[Kind],
    group: &SpaceGroup,
) -> Result<UBig, CountError> {
    let turns = Turns::new(space, group);
    let mut traces = Traces::new(&turns.placed(space))?;
    // The sums over supports of each number of points; where the lattice is
    // wrapped each support is met once for each of its points.
    let mut sums: Vec<IBig> = vec![IBig::ZERO; coupling.most + 1];
    let identity = &group.elements[0];
    let unmoved = Places::new(space, group, identity);
    for kind in kinds {
        let places = unmoved.count(&[0; DIRECTIONS], &kind.spans);
        if places != IBig::ZERO {
            sums[kind.points.len()] += traces.trace(&kind.points) * places * &kind.count;
        }
    }
    for at in 0..space.points.len() {
        let Some(mut around) = Neighbourhood::new(space, coupling, at)? else { continue };
        for &(representative, size) in &group.classes {
            let element = &group.elements[representative];
            let places = Places::new(space, group, element);
            for image in around.points.clone() {
                let still = element == identity && (coupling.unwrapped || image == Point::at_origin(at));
                if image.at != element.to[at] || still {
                    continue;
                }
                let by: [i64; DIRECTIONS] = std::array::from_fn(|d| element.shift[at][d] - image.cell[d] as i64);
                if !places.solvable(&by) {
                    continue;
                }
                let motion = element.translated(&by.map(|entry| -entry));
                for (kind, count) in around.fixed(&turns, &motion)? {
                    let size_of_support: usize = kind.cycles.iter().map(|cycle| cycle.length as usize).sum();
                    let weight = places.count(&by, &kind.spans) * IBig::from(count) * IBig::from(size);
                    if weight != IBig::ZERO {
                        sums[size_of_support] += traces.trace(&kind.cycles) * weight;
                    }
                }
            }
        }
    }
    let mut total = IBig::ZERO;
    let common: IBig = match coupling.unwrapped {
        true => IBig::ONE,
        false => (1..sums.len()).filter(|&size| sums[size] != IBig::ZERO).map(IBig::from).product(),
    };
    for (size, sum) in sums.into_iter().enumerate().skip(1) {
        let size = if coupling.unwrapped { IBig::ONE } else { IBig::from(size) };
        if sum != IBig::ZERO {
            total += sum * (&common / size);
        }
    }
    Ok(natural(total / (common * IBig::from(group.elements.len())) + constant(space)))
}

/// One where the constant is admitted.
fn constant(space: &Space) -> IBig {
    IBig::from(space.admits_constant() as u8)
}

/// Every subset of a support that holds its least point is a support as well,
/// so a large one is beyond all limits.
fn check_depth(coupling: &Coupling) -> Result<(), CountError> {
    let largest = coupling.nearby.iter().flatten().map(|points| points.len() + 1).max().unwrap_or(0);
    match coupling.most.min(largest) > DEEPEST && coupling.families.is_empty() && largest > 4 * DEEPEST {
        true => Err(CountError::TooMany {
            what: "points of a support",
            needed: UBig::from(coupling.most),
            limit: DEEPEST as u64,
        }),
        false => Ok(()),
    }
}
