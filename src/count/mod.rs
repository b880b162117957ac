//! Model to degrees of freedom: how many couplings a Hamiltonian may have,
//! and which.
//!
//! Enters a checked [`Model`]; of its energies nothing is used, only the
//! lattice, the fields, the degree, the locality and the symmetries. Leaves
//! the numbers of monomials of at most (or exactly) that degree, of those
//! that are local, and of the linearly independent combinations of those that
//! have the symmetries ([`degrees_of_freedom`]), or these combinations
//! themselves ([`invariants`]). Counts are exact for the finite lattice,
//! whatever its size.
//!
//! Definitions. The degree of a monomial counts multiplicity, and the
//! constant is a monomial. The support of a monomial is the set of its
//! distinct sites (a bond counts as both of its ends), and it is local when it
//! has every declared locality (`coupling`; squared distances are exact
//! integers, the least over periodic images). A bond that a period of two
//! doubles is one
//! monomial. A symmetry that multiplies monomials by signs leaves only
//! the orbits whose stabilizers act without a sign. Flips of bits act on
//! s = 1 - 2b, whose monomials span the same space.
//!
//! Methods, each independent of the number of sites, and compared with each
//! other in tests:
//! - power series where every set of sites is allowed (`series`,
//!   `permutations`, `cycle_index`): binomials, partitions for permutations,
//!   Molien's series and the cycle index for the symmetries of space;
//! - characters of what acts on values (`values`): weights of signs, roots of
//!   unity and phases, Schur functions for rotations, in all of these;
//! - classes of an e-graph (`orbits`) of the monomials of a unit cell, each
//!   made equal to its image under every generator;
//! - Burnside's lemma over a list of permutations (`listed`), for automorphisms
//!   of a graph together with rotations and phases;
//! - Burnside's lemma on the supports of a unit cell (`unit_cell`) where there
//!   are more monomials than an e-graph is good for;
//! - orderly generation (`representatives`): the least monomial of each orbit,
//!   one after the other, to list orbits ([`orbits()`]);
//! - flows without sources for the gauge-invariant monomials of link fields
//!   ([`gauge`], which knows a graph of links and no model; `links` builds it);
//! - Burnside's lemma on the lattice itself ([`burnside()`]), for small lattices;
//! - cliques of a graph (`graph`), which has no unit cell;
//! - the kernel of infinitesimal rotations ([`nullspace`]), for small lattices.

mod burnside;
mod clusters;
mod coupling;
mod covariant;
mod cycle_index;
mod cycles;
mod declared;
mod enumerate;
mod formula;
pub mod gauge;
mod graph;
mod group;
mod integer;
mod invariants;
mod ladder;
mod links;
mod listed;
mod listing;
mod orbits;
mod permutations;
mod power_series;
mod representatives;
mod series;
mod space;
#[cfg(test)]
mod tests;
mod unit_cell;
mod values;

pub use burnside::burnside;
pub use invariants::invariants;
pub use ladder::{Ladder, Rung, RungKind, Saving, Size, ladder};
pub use listing::{Orbit, orbits};
pub use values::nullspace;

use dashu_int::UBig;
use std::fmt;

use crate::model::{Model, NoSuchSymmetry};
use coupling::Coupling;
use declared::Group;
use links::GaugeField;
use orbits::Cell;
use space::Space;
use unit_cell::Kind;

/// Above this number of monomials in a unit cell they are no longer put into
/// an e-graph, and orbits are counted by Burnside's lemma.
const LARGEST_GRAPH: u64 = 5_000;

/// The largest number of monomials that are put into orbits of a group that
/// is given by permutations of sites.
const LARGEST_EXPLICIT: u64 = 300_000;

/// One step of the count.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// `all`, `local` or `symmetric`.
    pub name: &'static str,
    /// The number of couplings left.
    pub count: UBig,
    /// Where the number comes from: a closed form where there is one.
    pub formula: String,
    /// What the user should know, such as that a small torus has another
    /// count than the infinite lattice.
    pub warning: Option<String>,
}

/// The number of couplings that a model's degree, locality and symmetries
/// leave, step by step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DegreesOfFreedom {
    /// The number of variables of the whole lattice.
    pub variables: UBig,
    /// The degree of the monomials.
    pub degree: u32,
    /// The steps `all`, `local` and `symmetric`, in that order.
    pub steps: [Step; 3],
    /// The order of the symmetry group, flips included; `None` where it has
    /// more than some thousands of digits.
    pub group_order: Option<UBig>,
}

impl DegreesOfFreedom {
    /// The number of monomials of the degree.
    pub fn all(&self) -> &UBig {
        &self.steps[0].count
    }

    /// The number of those that are local.
    pub fn local(&self) -> &UBig {
        &self.steps[1].count
    }

    /// The number of independent couplings with all symmetries.
    pub fn symmetric(&self) -> &UBig {
        &self.steps[2].count
    }
}

/// Why couplings could not be counted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CountError {
    /// The lattice does not have a declared symmetry.
    NoSuchSymmetry(NoSuchSymmetry),
    /// A declared symmetry takes an allowed monomial to one that is not, so
    /// that its invariants are not defined.
    NotPreserved {
        /// The symmetry.
        symmetry: String,
        /// What is not preserved.
        reason: String,
    },
    /// Too much to enumerate.
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many there are, or a lower bound.
        needed: UBig,
        /// The greatest number that is enumerated.
        limit: u64,
    },
    /// Not counted by any method here.
    Unsupported(String),
}

impl fmt::Display for CountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CountError::NoSuchSymmetry(reason) => write!(f, "{} ({})", reason.message, reason.hint),
            CountError::NotPreserved { symmetry, reason } => {
                write!(f, "the symmetry `{symmetry}` does not preserve the allowed monomials: {reason}")
            }
            CountError::TooMany { what, needed, limit } => {
                write!(f, "too many {what}: {needed} or more, and at most {limit} are enumerated")
            }
            CountError::Unsupported(what) => write!(f, "unsupported: {what}"),
        }
    }
}

impl std::error::Error for CountError {}

impl From<NoSuchSymmetry> for CountError {
    fn from(reason: NoSuchSymmetry) -> CountError {
        CountError::NoSuchSymmetry(reason)
    }
}

/// The number of couplings of the most general Hamiltonian of the model's
/// degree, then with its locality, then with its symmetries.
///
/// ```
/// let (spec, _) = hamc::syntax::parse(
///     "lattice ring(1000000)
///      field phi : real in [-1, 1]
///      H = generic
///      degree 2
///      locality nearest_neighbor
///      symmetry translation",
/// );
/// let model = hamc::lower::lower(&spec).0.unwrap();
/// let counted = hamc::count::degrees_of_freedom(&model).unwrap();
/// assert_eq!(counted.all().to_string(), "500001500001");
/// assert_eq!(counted.steps[1].formula, "3n + 1 with n = 1000000");
/// assert_eq!(counted.symmetric().to_string(), "4");
/// ```
pub fn degrees_of_freedom(model: &Model) -> Result<DegreesOfFreedom, CountError> {
    degrees_with(model, &mut None)
}

/// What does not depend on the symmetries of a model.
struct Unsymmetric {
    all: Step,
    local: Step,
    /// What localities leave: the coupling, and its supports by kinds.
    coupling: Option<(Coupling, Vec<Kind>)>,
}

impl Unsymmetric {
    fn new(model: &Model, space: &Space) -> Result<Unsymmetric, CountError> {
        let (all, formula) = series::all(space)?;
        let all = Step { name: "all", count: all, formula, warning: None };
        let coupling = match coupling_unless_few(space)? {
            Some(coupling) => {
                let kinds = unit_cell::kinds(space, &coupling)?;
                Some((coupling, kinds))
            }
            None => None,
        };
        let local = local_step(model, space, of(&coupling), &all)?;
        Ok(Unsymmetric { all, local, coupling })
    }
}

/// The counts of a model; what does not depend on its symmetries is taken
/// from a count of the same model with others, or left for one.
fn degrees_with(model: &Model, known: &mut Option<Unsymmetric>) -> Result<DegreesOfFreedom, CountError> {
    let space = Space::with_twists(model)?;
    let group = Group::new(model, &space)?;
    let gauge = GaugeField::of(model)?;
    if gauge.is_some() && !space.twisted.is_empty() {
        return Err(CountError::Unsupported("gauge groups on a lattice with a twisted direction".to_owned()));
    }
    group.check_locality(&space)?;
    if let Some(graph) = &model.lattice.graph {
        return graph::degrees(&space, &group, &model.symmetries, graph);
    }
    let unsymmetric = match known {
        Some(known) => known,
        None => known.insert(Unsymmetric::new(model, &space)?),
    };
    let Unsymmetric { all, local, coupling } = unsymmetric;
    let symmetric = match &gauge {
        Some(gauge) => gauge_step(&space, of(coupling).map(|(coupling, _)| coupling), &group, gauge)?,
        None if group.turns_around(&space, of(coupling).map(|(coupling, _)| coupling)) => {
            twisted_step(&space, of(coupling).map(|(coupling, _)| coupling), &group, local)?
        }
        // What is left of the signs is a flip of all fields.
        None => symmetric_step(&Space { twisted: Vec::new(), ..space.clone() }, of(coupling), &group, local)?,
    };
    // Symmetries of the values beside a gauge group are among it.
    let own = match gauge {
        Some(_) => Some(group.space.order(&space)),
        None => group.order(&space),
    };
    let gauge_order = gauge.map_or(Some(UBig::ONE), |gauge| gauge.order(&space));
    Ok(DegreesOfFreedom {
        variables: series::variables(&space),
        degree: space.degree,
        group_order: own.zip(gauge_order).map(|(order, gauge)| order * gauge),
        steps: [all.clone(), local.clone(), symmetric],
    })
}

fn of(coupling: &Option<(Coupling, Vec<Kind>)>) -> Local<'_> {
    coupling.as_ref().map(|(coupling, kinds)| (coupling, kinds.as_slice()))
}

/// What localities leave; `None` where they exclude nothing, or restrict the
/// number of sites alone, which is counted without a list of neighbours.
fn coupling_unless_few(space: &Space) -> Result<Option<Coupling>, CountError> {
    match space.few_sites() {
        Some(_) => Ok(None),
        None => Coupling::new(space),
    }
}

/// What localities leave: the coupling, and its supports by kinds.
type Local<'a> = Option<(&'a Coupling, &'a [Kind])>;

fn local_step(model: &Model, space: &Space, coupling: Local, all: &Step) -> Result<Step, CountError> {
    if let Some(most) = space.few_sites() {
        let (count, formula) = series::of_few_sites(space, most)?;
        return Ok(Step { name: "local", count, formula, warning: None });
    }
    let Some((coupling, kinds)) = coupling else {
        let formula = match space.localities.is_empty() {
            true => "no locality: every monomial".to_owned(),
            false => "every two sites are within the locality: every monomial".to_owned(),
        };
        return Ok(Step { name: "local", count: all.count.clone(), formula, warning: None });
    };
    let count = unit_cell::local(space, kinds)?;
    let formula = formula::local(&model.lattice, &series::ungrouped(space), coupling.unwrapped, kinds)?;
    Ok(Step { name: "local", count, formula, warning: None })
}

fn symmetric_step(space: &Space, coupling: Local, group: &Group, local: &Step) -> Result<Step, CountError> {
    if group.generators.is_empty() && !space.translated && !group.turned {
        let formula = "no symmetry declared".to_owned();
        return Ok(Step { name: "symmetric", count: local.count.clone(), formula, warning: None });
    }
    let order = match group.order(space) {
        _ if space.uniform => "equal couplings of translates".to_owned(),
        Some(order) if order < UBig::ONE << 128 => format!("a group of order {order}"),
        _ => "the declared group".to_owned(),
    };
    // All of them would be written down.
    let limit = LARGEST_EXPLICIT;
    if group.explicit && space.in_colours() && !space.uniform && local.count > UBig::from(limit) {
        let needed = local.count.clone();
        return Err(CountError::TooMany { what: "monomials under automorphisms of the graph", needed, limit });
    }
    let (count, how) = symmetric(space, coupling, group)?;
    let warning = small_torus(space, group, &count);
    Ok(Step { name: "symmetric", count, formula: format!("{how} under {order}"), warning })
}

/// The invariants of motions that change signs around twisted directions: the
/// orbits of all monomials, those left out that are their own negatives.
fn twisted_step(space: &Space, coupling: Option<&Coupling>, group: &Group, local: &Step) -> Result<Step, CountError> {
    let limit = LARGEST_EXPLICIT;
    if local.count > UBig::from(limit) {
        let needed = local.count.clone();
        return Err(CountError::TooMany { what: "monomials that reach around a twisted direction", needed, limit });
    }
    if !space.in_colours() || group.blocks.is_some() {
        return Err(CountError::Unsupported(
            "motions around a twisted direction, which change signs, with these other symmetries".to_owned(),
        ));
    }
    let all;
    let coupling = match coupling {
        Some(coupling) => coupling,
        None => {
            all = Coupling::of_all(space)?;
            &all
        }
    };
    let plain = Space { translated: false, ..space.clone() };
    let cell = Cell::new(&plain, coupling, &group::SpaceGroup::new(&plain, &[])?, limit)?;
    let orbits = cell.orbits(&group.with_signs(space)?)?.len();
    let formula = format!("orbits of {} monomials, with signs around twisted directions", cell.monomials.len());
    Ok(Step { name: "symmetric", count: UBig::from(orbits), formula, warning: None })
}

fn gauge_step(
    space: &Space,
    coupling: Option<&Coupling>,
    group: &Group,
    gauge: &GaugeField,
) -> Result<Step, CountError> {
    let count = gauge.count(space, coupling)?;
    let mut formula = gauge.words();
    match group.order(space) {
        Some(order) if order == UBig::ONE => {}
        Some(order) => formula.push_str(&format!(", orbits under motions of space, a group of order {order}")),
        None => formula.push_str(", orbits under motions of space"),
    }
    let warning = gauge.small_torus(space, coupling, &count);
    Ok(Step { name: "symmetric", count, formula, warning })
}

/// The number of invariants, and in words how it was counted.
fn symmetric(space: &Space, coupling: Local, group: &Group) -> Result<(UBig, String), CountError> {
    if group.explicit {
        if !space.in_colours() {
            if coupling.is_some() || space.few_sites().is_some() || !space.locked.is_empty() {
                return Err(CountError::Unsupported(
                    "automorphisms of the graph with a locality and symmetries of the values that do more than change \
                     signs; leave the locality out, or use `point_group` and `translation`"
                        .into(),
                ));
            }
            let count = listed::invariants(space, &group.generators)?;
            return Ok((count, "Burnside's lemma over all automorphisms".to_owned()));
        }
        let all;
        let coupling = match coupling {
            Some((coupling, _)) => coupling,
            None => {
                all = Coupling::of_all(space)?;
                &all
            }
        };
        let cell = Cell::new(&group.listed(space), coupling, &group.space, LARGEST_EXPLICIT)?;
        let orbits = cell.orbits(&group.generators)?.len();
        return Ok((UBig::from(orbits), format!("orbits of {} monomials", cell.monomials.len())));
    }
    match (&group.blocks, coupling) {
        (Some(blocks), None) => {
            let how = "partitions (multisets of one-site monomials)".to_owned();
            Ok((blocks.invariants(space)? - UBig::from(space.lacks_constant() as u8), how))
        }
        (Some(_), Some(_)) => {
            let constant = UBig::from(space.admits_constant() as u8);
            Ok((series::one_site(space)? + constant, "monomials of one site".to_owned()))
        }
        (None, None) if space.uniform && space.open_directions().any(|_| true) => {
            Ok((by_supports(space, group)?, "classes of translates".to_owned()))
        }
        (None, None) if let Some(most) = space.few_sites() => {
            let by_points = match cycle_index::by_points(space, &group.space) {
                // Such as motions that slant an open direction.
                Err(CountError::Unsupported(_)) => {
                    return Ok((by_supports(space, group)?, "classes of supports".to_owned()));
                }
                other => other?,
            };
            let how = "coefficients of Molien's series with a mark for each site".to_owned();
            Ok((by_points.into_iter().take(most + 1).sum(), how))
        }
        (None, None) => {
            let count = cycle_index::invariants(space, &group.space)?;
            Ok((count, "coefficients of Molien's series".to_owned()))
        }
        (None, Some((coupling, kinds))) => {
            let size = unit_cell::monomials(space, kinds, &group.space.translations)?;
            let placed = space.translated && !space.open_directions().any(|_| true);
            if size <= UBig::from(LARGEST_GRAPH) && (placed || Cell::fits(space)) && space.in_colours() {
                let cell = Cell::new(space, coupling, &group.space, 2 * LARGEST_GRAPH)?;
                let orbits = cell.orbits(&group.generators)?.len();
                return Ok((UBig::from(orbits), format!("orbits of {} unit-cell monomials", cell.monomials.len())));
            }
            let count = unit_cell::invariants(space, coupling, kinds, &group.space)?;
            Ok((count, format!("orbits of {size} unit-cell monomials, by Burnside's lemma")))
        }
    }
}

/// The number of invariants where nothing but the number of sites is
/// restricted, by a list of the supports.
fn by_supports(space: &Space, group: &Group) -> Result<UBig, CountError> {
    let coupling = Coupling::of_all(space)?;
    let kinds = unit_cell::kinds(space, &coupling)?;
    unit_cell::invariants(space, &coupling, &kinds, &group.space)
}

/// A warning where a torus is so small that supports reach around it and its
/// count differs from that of the infinite lattice.
fn small_torus(space: &Space, group: &Group, count: &UBig) -> Option<String> {
    if !space.translated
        || space.few_sites().is_some()
        || group.blocks.is_some()
        || group.explicit
        || space.localities.is_empty()
    {
        return None;
    }
    let like_infinite = coupling::like_infinite(space)?;
    if space.periodic_directions().all(|d| space.extents[d] > like_infinite) {
        return None;
    }
    // A multiple of the extents, so that the group fits as it does here.
    let mut enlarged = space.clone();
    let factor = space.periodic_directions().map(|d| like_infinite / space.extents[d] + 1).max()?;
    for d in space.periodic_directions() {
        enlarged.extents[d] = space.extents[d].checked_mul(factor)?;
        enlarged.lattice.extents[d] = enlarged.extents[d];
    }
    let infinite = (|| {
        let coupling = Coupling::new(&enlarged)?.ok_or_else(|| CountError::Unsupported("a small lattice".into()))?;
        let kinds = unit_cell::kinds(&enlarged, &coupling)?;
        unit_cell::invariants(&enlarged, &coupling, &kinds, &group.placed(&enlarged)?)
    })();
    match infinite {
        Ok(infinite) if infinite == *count => None,
        Ok(infinite) => Some(format!(
            "the locality reaches around this lattice: the infinite lattice has {infinite} where this one has \
             {count}; periodic extents above {like_infinite} are like the infinite lattice"
        )),
        Err(_) => Some(format!(
            "the locality reaches around this lattice, so its count may differ from that of the infinite lattice; \
             periodic extents above {like_infinite} are like it"
        )),
    }
}
