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
//!   `cycle_index`): binomials, partitions for permutations, Molien's series
//!   and the cycle index for the symmetries of space;
//! - classes of an e-graph (`orbits`) of the monomials of a unit cell, each
//!   made equal to its image under every generator;
//! - Burnside's lemma on the supports of a unit cell (`unit_cell`) where there
//!   are more monomials than an e-graph is good for;
//! - Burnside's lemma on the lattice itself ([`burnside`]), for small lattices.

mod burnside;
mod cycle_index;
mod enumerate;
mod formula;
mod group;
mod invariants;
mod ladder;
mod orbits;
mod series;
mod space;
#[cfg(test)]
mod tests;
mod unit_cell;

pub use burnside::burnside;
pub use invariants::invariants;
pub use ladder::{Factor, Ladder, Rung, RungKind, Size, ladder};

use dashu_int::UBig;
use std::fmt;

use crate::model::{Kind, Model, NoSuchSymmetry, Symmetry, generators};
use enumerate::{LARGEST_CELL, Supports};
use group::Element;
use orbits::{Cell, Generator, GeneratorKind};
use space::Space;

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
    blocks: Option<Vec<series::Block>>,
}

impl Group {
    fn new(model: &Model, space: &Space) -> Result<Group, CountError> {
        let mut group =
            Group { generators: Vec::new(), actions: Vec::new(), elements: vec![Element::identity()], blocks: None };
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
                    group.blocks = Some(vec![series::Block {
                        copies: series::sites(space),
                        fields: space.fields.clone(),
                        flipped_apart: false,
                    }]);
                    group.add("permutation", GeneratorKind::ExchangeSites);
                    group.add("permutation", GeneratorKind::CycleSites);
                }
                Symmetry::Permutation => {
                    group.blocks = Some(blocks_without_lattice(model, space));
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
                        let Some(element) = Element::from_action(&action, space) else {
                            return Err(CountError::Unsupported(format!("the {}", action.name)));
                        };
                        group.add(&action.name, GeneratorKind::Space(element));
                        group.actions.push(action);
                    }
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
        let mut order = UBig::ONE << space.fields.iter().filter(|field| field.flipped).count();
        match &self.blocks {
            Some(blocks) => {
                for block in blocks {
                    let copies = u64::try_from(&block.copies).ok().filter(|&copies| copies <= 2000)?;
                    order *= (1..=copies).map(UBig::from).product::<UBig>();
                    if block.flipped_apart {
                        // The declared flips are among those of the copies.
                        order = (order >> space.fields.iter().filter(|field| field.flipped).count()) << copies as usize;
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
fn blocks_without_lattice(model: &Model, space: &Space) -> Vec<series::Block> {
    if model.fields.iter().all(|field| !field.indexed) {
        let mut field = space.fields[0].clone();
        field.flipped = space.fields.iter().any(|field| field.flipped);
        return vec![series::Block {
            copies: UBig::from(space.fields.len()),
            flipped_apart: field.flipped,
            fields: vec![field],
        }];
    }
    let mut counts: Vec<u32> = model.fields.iter().filter(|f| f.indexed).map(|f| f.components).collect();
    counts.sort_unstable();
    counts.dedup();
    let one = |field: &space::SiteField| space::SiteField { components: 1, ..field.clone() };
    let shared = counts.iter().map(|&count| series::Block {
        copies: UBig::from(count),
        fields: model
            .fields
            .iter()
            .zip(&space.fields)
            .filter(|(field, _)| field.indexed && field.components == count)
            .map(|(_, field)| one(field))
            .collect(),
        flipped_apart: false,
    });
    let alone = model
        .fields
        .iter()
        .zip(&space.fields)
        .filter(|(field, _)| !field.indexed)
        .map(|(_, field)| series::Block { copies: UBig::ONE, fields: vec![field.clone()], flipped_apart: false });
    shared.chain(alone).collect()
}

fn local_step(model: &Model, space: &Space, supports: Option<&Supports>, all: &Step) -> Result<Step, CountError> {
    let Some(supports) = supports else {
        let formula = match space.declared_reach {
            None => "no locality: every monomial".to_owned(),
            Some(_) => "every two sites are within the locality: every monomial".to_owned(),
        };
        return Ok(Step { name: "local", count: all.count.clone(), formula, warning: None });
    };
    let unflipped = series::unflipped(space);
    let count = unit_cell::local(&unflipped, supports)?;
    let formula = formula::local(&model.lattice, &unflipped, supports)?;
    Ok(Step { name: "local", count, formula, warning: None })
}

fn symmetric_step(space: &Space, supports: Option<&Supports>, group: &Group, local: &Step) -> Result<Step, CountError> {
    if group.generators.is_empty() && !space.translated {
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
            Ok((series::permutations(space, blocks)?, how))
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
            if size <= UBig::from(LARGEST_GRAPH) && (space.translated || Cell::fits(space)) {
                let cell = Cell::new(space, supports, LARGEST_GRAPH)?;
                let orbits = cell.orbits(&group.generators)?.len();
                return Ok((UBig::from(orbits), format!("orbits of {} unit-cell monomials", cell.monomials.len())));
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
