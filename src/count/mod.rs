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
//! distinct sites, and it is local when every two of them are: nearest
//! neighbours, or within a range (squared distances are exact integers, the
//! least over periodic images). A bond that a period of two doubles is one
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
//! - Burnside's lemma on the supports of a unit cell (`unit_cell`) where there
//!   are more monomials than an e-graph is good for;
//! - Burnside's lemma on the lattice itself ([`burnside()`]), for small lattices;
//! - the kernel of infinitesimal rotations ([`nullspace`]), for small lattices.

mod burnside;
mod covariant;
mod cycle_index;
mod enumerate;
mod formula;
pub mod gauge;
mod group;
mod invariants;
mod ladder;
mod orbits;
mod permutations;
mod power_series;
mod series;
mod space;
#[cfg(test)]
mod tests;
mod unit_cell;
mod values;

pub use burnside::burnside;
pub use invariants::invariants;
pub use ladder::{Ladder, Rung, RungKind, Saving, Size, ladder};
pub use values::nullspace;

use dashu_int::UBig;
use std::fmt;

use crate::model::{Kind, Model, NoSuchSymmetry, Symmetry, generators};
use enumerate::{LARGEST_CELL, Supports};
use group::Element;
use orbits::{Cell, Generator, GeneratorKind};
use permutations::{Block, Blocks};
use space::Space;
use values::{Factor, Slot, System, ValueGroup};

/// Above this number of monomials in a unit cell they are no longer put into
/// an e-graph, and orbits are counted by Burnside's lemma.
const LARGEST_GRAPH: u64 = 5_000;

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
    let space = Space::new(model)?;
    let group = Group::new(model, &space)?;
    let (all, formula) = series::all(&space)?;
    let all = Step { name: "all", count: all, formula, warning: None };
    let supports = match space.reach {
        Some(_) => Some(Supports::new(&space, LARGEST_CELL)?),
        None => None,
    };
    let local = local_step(model, &space, supports.as_ref(), &all)?;
    let symmetric = symmetric_step(&space, supports.as_ref(), &group, &local)?;
    Ok(DegreesOfFreedom {
        variables: series::variables(&space),
        degree: space.degree,
        group_order: group.order(&space),
        steps: [all, local, symmetric],
    })
}

/// The symmetry group of a model, in the form that counting needs.
struct Group {
    /// Generators other than translations.
    generators: Vec<Generator>,
    /// The actions on space, to be placed on another lattice.
    actions: Vec<crate::model::Action>,
    /// All elements that move sites, modulo translations that are symmetries;
    /// the identity alone under permutations of sites.
    elements: Vec<Element>,
    /// Blocks of like things that are permuted in every way.
    blocks: Option<Blocks>,
    /// Whether a symmetry of the values does more than change signs.
    turned: bool,
}

impl Group {
    fn new(model: &Model, space: &Space) -> Result<Group, CountError> {
        let mut group = Group {
            generators: Vec::new(),
            actions: Vec::new(),
            elements: vec![Element::identity()],
            blocks: None,
            turned: false,
        };
        for symmetry in &model.symmetries {
            match symmetry {
                Symmetry::Permutation if !model.lattice.is_point() => {
                    if space.reach.is_some_and(|reach| reach > 0) {
                        return Err(CountError::NotPreserved {
                            symmetry: "permutation".to_owned(),
                            reason: "a permutation of the sites takes neighbours to sites that are none; use \
                                     `translation` and `point_group`, or no locality"
                                .to_owned(),
                        });
                    }
                    group.blocks = Some(Blocks {
                        system: space.values.clone(),
                        blocks: vec![Block { copies: series::sites(space), apart: false }],
                    });
                    group.add("permutation", GeneratorKind::ExchangeSites);
                    group.add("permutation", GeneratorKind::CycleSites);
                }
                Symmetry::Permutation => {
                    group.blocks = Some(blocks_without_lattice(model, space)?);
                    for action in generators(model, symmetry)? {
                        if let crate::model::Motion::Slots(to) = action.motion() {
                            group.add(&action.name, GeneratorKind::Slots(to.to_vec()));
                        }
                    }
                }
                Symmetry::Flip(field) => {
                    let Some(flipped) = model.fields.get(*field) else {
                        return Err(CountError::Unsupported(format!("a flip of field {field}, which does not exist")));
                    };
                    let name = format!("flip({})", flipped.name);
                    if flipped.kind == Kind::Bit && space.homogeneous && space.degree > 0 {
                        return Err(CountError::NotPreserved {
                            symmetry: name,
                            reason: "b -> 1 - b changes the degree; write `degree d` in place of `degree = d`"
                                .to_owned(),
                        });
                    }
                    let slots = model.fields.iter().enumerate();
                    let odd = slots.flat_map(|(index, f)| std::iter::repeat_n(index == *field, f.components as usize));
                    group.add(&name, GeneratorKind::Signs(odd.collect()));
                }
                Symmetry::Translation | Symmetry::Reflection | Symmetry::PointGroup(_) => {
                    let actions = generators(model, symmetry)?;
                    if *symmetry == Symmetry::Translation {
                        continue;
                    }
                    for action in actions {
                        if let Some(element) = Element::from_action(&action, space) {
                            group.add(&action.name, GeneratorKind::Space(element));
                            group.actions.push(action);
                        }
                    }
                }
                Symmetry::Cyclic { .. } | Symmetry::Rotation { .. } | Symmetry::Lorentz { .. } => {
                    // Read into the group of the values.
                    group.turned = true;
                }
                other => return Err(CountError::Unsupported(format!("{other:?}"))),
            }
        }
        if group.blocks.is_none() {
            group.elements = group.placed(space)?;
        }
        Ok(group)
    }

    fn add(&mut self, name: &str, kind: GeneratorKind) {
        self.generators.push(Generator { name: name.to_owned(), kind });
    }

    /// All elements that move sites, on this or a lattice of other extents.
    fn placed(&self, space: &Space) -> Result<Vec<Element>, CountError> {
        let elements: Vec<Element> =
            self.actions.iter().filter_map(|action| Element::from_action(action, space)).collect();
        group::closure(&elements, space)
    }

    /// The order of the whole group.
    fn order(&self, space: &Space) -> Option<UBig> {
        let values: UBig = space.values.group.orders()?.into_iter().map(UBig::from).product();
        let mut order = values.clone();
        match &self.blocks {
            Some(Blocks { blocks, .. }) => {
                for block in blocks {
                    let copies = u64::try_from(&block.copies).ok().filter(|&copies| copies <= 2000)?;
                    order *= (1..=copies).map(UBig::from).product::<UBig>();
                    if block.apart {
                        // The declared flips are among those of the copies.
                        order = (order / &values) << copies as usize;
                    }
                }
            }
            None => {
                if space.translated {
                    order *= series::sites(space);
                }
                order *= UBig::from(self.elements.len());
            }
        }
        Some(order)
    }
}

/// What a permutation permutes in a spec without a lattice: the index that
/// component fields with equally many components share, or the fields where
/// all are scalars.
fn blocks_without_lattice(model: &Model, space: &Space) -> Result<Blocks, CountError> {
    let System { fields, group, .. } = &space.values;
    if model.fields.iter().all(|field| !field.indexed) {
        if !group.only_signs() {
            return Err(CountError::Unsupported("permutations of fields that other symmetries turn".to_owned()));
        }
        // One field stands for all; a flip of one is a flip of each.
        let flips = if group.factors.is_empty() { Vec::new() } else { vec![Factor::Flip(vec![0])] };
        let apart = !flips.is_empty();
        let system = System {
            fields: vec![fields[0]],
            group: ValueGroup { factors: flips },
            classes: vec![vec![0]],
            turns: Vec::new(),
        };
        return Ok(Blocks { system, blocks: vec![Block { copies: UBig::from(model.fields.len()), apart }] });
    }
    let mut counts: Vec<u32> = model.fields.iter().filter(|f| f.indexed).map(|f| f.components).collect();
    counts.sort_unstable();
    counts.dedup();
    let mut classes: Vec<Vec<usize>> = Vec::new();
    let mut blocks = Vec::new();
    for count in counts {
        let shared = |field: usize| model.fields[field].indexed && model.fields[field].components == count;
        classes.push((0..fields.len()).filter(|&field| shared(field)).collect());
        blocks.push(Block { copies: UBig::from(count), apart: false });
    }
    let alone: Vec<usize> = (0..fields.len()).filter(|&field| !model.fields[field].indexed).collect();
    if !alone.is_empty() {
        classes.push(alone);
        blocks.push(Block { copies: UBig::ONE, apart: false });
    }
    let of_copy = |field: usize| if model.fields[field].indexed { (1, fields[field].1) } else { fields[field] };
    let system = System {
        fields: (0..fields.len()).map(of_copy).collect(),
        group: group_of_copies(model, group, &classes)?,
        classes,
        turns: Vec::new(),
    };
    system.check()?;
    Ok(Blocks { system, blocks })
}

/// The group of the values as it acts on each copy of an index: rotations
/// must act on the components of the same index only.
fn group_of_copies(model: &Model, group: &ValueGroup, classes: &[Vec<usize>]) -> Result<ValueGroup, CountError> {
    let mut of_copies = ValueGroup::default();
    for factor in &group.factors {
        of_copies.factors.push(match factor {
            Factor::Flip(_) => factor.clone(),
            Factor::Rotation { vectors, .. }
                if vectors.iter().flatten().all(|slot| !model.fields[slot.field].indexed) =>
            {
                factor.clone()
            }
            Factor::Rotation { vectors, times, proper } => {
                let mut seen = Vec::new();
                for vector in vectors {
                    let index = vector[0].component;
                    let together = vector.iter().all(|slot| slot.component == index)
                        && classes.iter().any(|class| vector.iter().all(|slot| class.contains(&slot.field)));
                    if !together {
                        return Err(turned_index());
                    }
                    let copy: Vec<Slot> = vector.iter().map(|slot| Slot { component: 0, ..*slot }).collect();
                    if !seen.contains(&copy) {
                        seen.push(copy);
                    }
                }
                let components: u32 = seen.iter().map(|vector| model.fields[vector[0].field].components).sum();
                if components as usize != vectors.len() {
                    return Err(turned_index());
                }
                Factor::Rotation { vectors: seen, times: *times, proper: *proper }
            }
            Factor::Cyclic { numbers, .. } => {
                let indexed =
                    |number: &values::Charged| number.parts.iter().any(|part| model.fields[part.field].indexed);
                if numbers.iter().any(indexed) {
                    return Err(turned_index());
                }
                factor.clone()
            }
        });
    }
    Ok(of_copies)
}

fn turned_index() -> CountError {
    CountError::Unsupported(
        "permutations of an index together with a symmetry that does not act on every entry of it alike".to_owned(),
    )
}

fn local_step(model: &Model, space: &Space, supports: Option<&Supports>, all: &Step) -> Result<Step, CountError> {
    let Some(supports) = supports else {
        let formula = match space.declared_reach {
            None => "no locality: every monomial".to_owned(),
            Some(_) => "every two sites are within the locality: every monomial".to_owned(),
        };
        return Ok(Step { name: "local", count: all.count.clone(), formula, warning: None });
    };
    let ungrouped = series::ungrouped(space);
    let count = unit_cell::local(&ungrouped, supports)?;
    let formula = formula::local(&model.lattice, &ungrouped, supports)?;
    Ok(Step { name: "local", count, formula, warning: None })
}

fn symmetric_step(space: &Space, supports: Option<&Supports>, group: &Group, local: &Step) -> Result<Step, CountError> {
    if group.generators.is_empty() && !space.translated && !group.turned {
        let formula = "no symmetry declared".to_owned();
        return Ok(Step { name: "symmetric", count: local.count.clone(), formula, warning: None });
    }
    let order = match group.order(space) {
        Some(order) if order < UBig::ONE << 128 => format!("a group of order {order}"),
        _ => "the declared group".to_owned(),
    };
    let (count, how) = symmetric(space, supports, group)?;
    let warning = small_torus(space, group, &count);
    Ok(Step { name: "symmetric", count, formula: format!("{how} under {order}"), warning })
}

/// The number of invariants, and in words how it was counted.
fn symmetric(space: &Space, supports: Option<&Supports>, group: &Group) -> Result<(UBig, String), CountError> {
    match (&group.blocks, supports) {
        (Some(blocks), None) => {
            let how = "partitions (multisets of one-site monomials)".to_owned();
            Ok((blocks.invariants(space)?, how))
        }
        (Some(_), Some(_)) => {
            let constant = UBig::from((!space.homogeneous || space.degree == 0) as u8);
            Ok((series::one_site(space)? + constant, "monomials of one site".to_owned()))
        }
        (None, None) => {
            let count = cycle_index::invariants(space, &group.elements)?;
            Ok((count, "coefficients of Molien's series".to_owned()))
        }
        (None, Some(supports)) => {
            let size = Cell::size(space, supports)?;
            if space.in_colours() && size <= UBig::from(LARGEST_GRAPH) && (space.translated || Cell::fits(space)) {
                let cell = Cell::new(space, supports, LARGEST_GRAPH)?;
                let orbits = cell.orbits(&group.generators)?.len();
                return Ok((UBig::from(orbits), format!("orbits of {} unit-cell monomials", cell.monomials.len())));
            }
            if group.elements.len() == 1 && !space.translated {
                return Ok((unit_cell::local(space, supports)?, "functions of each support".to_owned()));
            }
            let count = unit_cell::invariants(space, supports, &group.elements)?;
            Ok((count, format!("orbits of {size} unit-cell monomials, by Burnside's lemma")))
        }
    }
}

/// A warning where a torus is so small that supports reach around it and its
/// count differs from that of the infinite lattice.
fn small_torus(space: &Space, group: &Group, count: &UBig) -> Option<String> {
    if !space.translated || group.blocks.is_some() {
        return None;
    }
    let enlarged = space.enlarged()?;
    let like_infinite = 3 * space.declared_reach.unwrap_or(0).isqrt();
    let infinite = Supports::new(&enlarged, LARGEST_CELL / 10)
        .and_then(|supports| unit_cell::invariants(&enlarged, &supports, &group.placed(&enlarged)?));
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
