//! Declared symmetries, and how their generators act on variables.
//!
//! [`generators`] gives generators of the group a symmetry names, for a model;
//! each is an [`Action`], a pure function on variables and so on polynomials.
//! Point groups come from the geometry of the lattice about a site, never
//! from automorphisms of the bond graph. Translations along the frame's
//! directions need no generator: polynomials of a unit cell are compared in
//! their canonical form ([`Model::canonical_polynomial`]).

use super::geometry::Isometry;
use super::lattice::{Boundary, Lattice, Shape};
use super::monomial::{Factor, Monomial};
use super::polynomial::Polynomial;
use super::variable::{Kind, Variable};
use super::{Model, Slot};
use crate::exact::Rational;

/// A symmetry of a Hamiltonian.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Symmetry {
    /// All translations of the periodic directions.
    Translation,
    /// Terms that are translates of one another have equal couplings, also
    /// along open directions. Not a group.
    Uniform,
    /// The reversal of every direction, one at a time.
    Reflection,
    /// The point group of the lattice's geometry, or the subgroup of it with
    /// this name.
    PointGroup(Option<String>),
    /// A motion of space that the spec wrote down.
    Motion(Isometry),
    /// Every permutation of the sites, the same for all fields. Without a
    /// lattice: of the index of the component fields (fields with equally
    /// many components share the index) or, where all fields are scalars, of
    /// the fields.
    Permutation,
    /// Every permutation of the sites that takes bonds to bonds.
    GraphAutomorphism,
    /// The sign change of a field (index); for bits, 0 and 1 exchanged.
    Flip(usize),
    /// The multiplication of these complex fields by a common n-th root of
    /// unity.
    Cyclic {
        /// The fields, of two components each.
        fields: Vec<usize>,
        /// n
        order: u32,
    },
    /// The rotations and reflections O(n) of vectors, all together; the
    /// same everywhere on the lattice.
    Rotation {
        /// The vectors, of n components each.
        vectors: Vec<Vector>,
        /// Only those of determinant one: SO(n).
        proper: bool,
    },
    /// The Lorentz group O(3,1) acting on four-vectors (time first) together.
    Lorentz {
        /// The vectors, of four components each.
        vectors: Vec<Vector>,
        /// Whether parity is included; without it SO+(3,1).
        parity: bool,
    },
    /// Not a group of its own: motions of space turn the components of this
    /// field, too.
    Locked {
        /// The field, of as many components as there are directions.
        field: usize,
        /// Whether it is an axial vector, such as a spin.
        axial: bool,
    },
    /// The gauge group of a field on bonds: signs for spins, phases for phases,
    /// one on every site.
    Gauge {
        /// The field.
        field: usize,
        /// Only products of plaquettes, without loops around the torus.
        contractible: bool,
    },
}

/// The components of a vector that a symmetry turns.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Vector {
    /// The components of a field.
    Field(usize),
    /// Scalar fields.
    Scalars(Vec<usize>),
}

/// Why a symmetry does not exist on a lattice, and what would.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoSuchSymmetry {
    /// What is wrong, in one line.
    pub message: String,
    /// What would work.
    pub hint: String,
}

/// What happens to the value of a variable besides its moving.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Change {
    /// Nothing.
    Kept,
    /// Its sign changes.
    Negated,
    /// A bit b becomes 1 - b.
    Complemented,
}

/// A generator of a symmetry group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Action {
    /// What it does, in words, such as `reversal of x`.
    pub name: String,
    map: Map,
}

/// How an action moves variables.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Map {
    /// The place p goes to `matrix p + shift`, wrapped.
    Space { matrix: Vec<Vec<i64>>, shift: Vec<i64> },
    /// Slot s of a cell goes to slot `permutation[s]` of the same cell.
    Slots(Vec<usize>),
    /// The values of a field change.
    Flip(usize),
}

/// Generators of the group that a symmetry names; none where the group is
/// trivial or consists of translations of the frame.
pub fn generators(model: &Model, symmetry: &Symmetry) -> Result<Vec<Action>, NoSuchSymmetry> {
    match symmetry {
        Symmetry::Translation => translations(model),
        Symmetry::Reflection => {
            geometric(model, "reflection")?;
            Ok((0..model.lattice.dimension()).map(|direction| reversal(model, direction)).collect())
        }
        Symmetry::PointGroup(None) => point_group(model),
        Symmetry::Permutation => permutations(model),
        Symmetry::Flip(field) => {
            Ok(vec![Action { name: format!("flip of {}", model.fields[*field].name), map: Map::Flip(*field) }])
        }
        other => Err(NoSuchSymmetry { message: format!("{other:?} is not known yet"), hint: String::new() }),
    }
}

impl Action {
    /// Where a variable goes, and what happens to its value.
    ///
    /// # Panics
    /// If a displacement leaves `i16`; [`crate::lower`] limits displacements
    /// to a quarter of that.
    pub fn image(&self, model: &Model, variable: Variable) -> (Variable, Change) {
        match &self.map {
            Map::Space { matrix, shift } => {
                let (place, basis) = model.place(variable);
                let image: Vec<i64> = matrix
                    .iter()
                    .zip(shift)
                    .map(|(row, shift)| row.iter().zip(&place).map(|(m, p)| m * p).sum::<i64>() + shift)
                    .collect();
                let Slot { field, component, .. } = model.frame.slot(variable.slot());
                let image = model
                    .variable_at(field as usize, component, &image, basis)
                    .expect("a symmetry of the lattice maps sites to sites, and displacements are limited");
                (image, Change::Kept)
            }
            Map::Slots(permutation) => {
                let slot = permutation[variable.slot()];
                (Variable::new(slot, variable.kind()).at(variable.cell), Change::Kept)
            }
            Map::Flip(field) if model.frame.slot(variable.slot()).field as usize == *field => {
                (variable, if variable.kind() == Kind::Bit { Change::Complemented } else { Change::Negated })
            }
            Map::Flip(_) => (variable, Change::Kept),
        }
    }

    /// The image of a monomial, with its sign; canonical among its
    /// translates. `None` where the image is no monomial (bits complemented).
    pub fn monomial(&self, model: &Model, monomial: &Monomial) -> Option<(Monomial, bool)> {
        let mut negative = false;
        let mut factors = Vec::with_capacity(monomial.factors().len());
        for factor in monomial.factors() {
            let (variable, change) = self.image(model, factor.variable);
            match change {
                Change::Kept => {}
                Change::Negated => negative ^= factor.exponent % 2 == 1,
                Change::Complemented => return None,
            }
            factors.push(Factor { variable, exponent: factor.exponent });
        }
        Some((model.canonical(&Monomial::from_factors(factors)).0, negative))
    }

    /// The image of a polynomial of the unit cell, in canonical form. A
    /// monomial of k complemented bits becomes 2^k terms.
    pub fn apply(&self, model: &Model, polynomial: &Polynomial) -> Polynomial {
        let mut terms = Vec::with_capacity(polynomial.len());
        for (monomial, coefficient) in polynomial.terms() {
            match self.monomial(model, monomial) {
                Some((image, negative)) => {
                    terms.push((image, if negative { -coefficient.clone() } else { coefficient.clone() }));
                }
                None => {
                    let image =
                        monomial.factors().iter().fold(Polynomial::constant(coefficient.clone()), |product, factor| {
                            let (variable, change) = self.image(model, factor.variable);
                            let value = Polynomial::variable(variable);
                            let value = match change {
                                Change::Kept => value,
                                Change::Negated => -&value,
                                Change::Complemented => &Polynomial::constant(Rational::ONE) - &value,
                            };
                            &product * &value.pow(factor.exponent as u32)
                        });
                    terms.extend(model.canonical_polynomial(&image).terms().iter().cloned());
                }
            }
        }
        Polynomial::from_terms(terms)
    }

    /// Whether some bit goes to its complement, so that a monomial's image
    /// may be a sum.
    pub fn complements(&self, model: &Model) -> bool {
        matches!(self.map, Map::Flip(field) if model.fields[field].kind == Kind::Bit)
    }
}

/// Refuses models without a geometry.
fn geometric(model: &Model, what: &str) -> Result<(), NoSuchSymmetry> {
    match model.lattice.shape {
        Shape::Point => Err(NoSuchSymmetry {
            message: format!("`{what}` needs a lattice, and this spec has none"),
            hint: "declare a lattice, such as `lattice ring(8)`, or use `permutation` or `flip(...)`".to_owned(),
        }),
        Shape::Complete => Err(NoSuchSymmetry {
            message: format!("a complete lattice has no geometry, so no `{what}`"),
            hint: "use `symmetry permutation`: every permutation of the sites".to_owned(),
        }),
        _ => Ok(()),
    }
}

/// Translations by one site along the periodic directions that lie within the
/// cell; those of the frame are exact already.
fn translations(model: &Model) -> Result<Vec<Action>, NoSuchSymmetry> {
    geometric(model, "translation")?;
    let lattice = &model.lattice;
    if let Some(open) = lattice.boundaries.iter().position(|&b| b == Boundary::Open) {
        let letter = Lattice::direction_name(open);
        let all = lattice.boundaries.iter().all(|&b| b == Boundary::Open);
        return Err(NoSuchSymmetry {
            message: format!("an open lattice has no translations: direction {letter} of {lattice} ends"),
            hint: if all && lattice.dimension() == 1 {
                "make the lattice periodic (`ring`), or leave `translation` out".to_owned()
            } else {
                format!("make direction {letter} periodic, or leave `translation` out")
            },
        });
    }
    Ok(model.frame.inner.iter().map(|&direction| translation(lattice, direction)).collect())
}

fn translation(lattice: &Lattice, direction: usize) -> Action {
    let mut shift = vec![0; lattice.dimension()];
    shift[direction] = 1;
    Action {
        name: format!("translation along {}", Lattice::direction_name(direction)),
        map: Map::Space { matrix: identity(lattice.dimension()), shift },
    }
}

fn identity(dimension: usize) -> Vec<Vec<i64>> {
    (0..dimension).map(|row| (0..dimension).map(|column| (row == column) as i64).collect()).collect()
}

/// The reversal of a direction: about a site where it is periodic, about the
/// middle where it is open.
fn reversal(model: &Model, direction: usize) -> Action {
    let lattice = &model.lattice;
    let mut matrix = identity(lattice.dimension());
    matrix[direction][direction] = -1;
    let mut shift = vec![0; lattice.dimension()];
    if lattice.boundaries[direction] == Boundary::Open {
        shift[direction] = lattice.extents[direction] as i64 - 1;
    }
    Action { name: format!("reversal of {}", Lattice::direction_name(direction)), map: Map::Space { matrix, shift } }
}

/// The exchange of two directions.
fn exchange(model: &Model, first: usize, second: usize) -> Action {
    let dimension = model.lattice.dimension();
    let mut matrix = identity(dimension);
    matrix.swap(first, second);
    Action {
        name: format!("exchange of {} and {}", Lattice::direction_name(first), Lattice::direction_name(second)),
        map: Map::Space { matrix, shift: vec![0; dimension] },
    }
}

/// The signed permutations of the directions: all reversals, and exchanges of
/// consecutive directions. Extents and boundaries must be the same in every
/// direction, or the exchanges are no symmetry of the lattice.
fn point_group(model: &Model) -> Result<Vec<Action>, NoSuchSymmetry> {
    geometric(model, "point_group")?;
    let lattice = &model.lattice;
    let same =
        |a: usize, b: usize| lattice.extents[a] == lattice.extents[b] && lattice.boundaries[a] == lattice.boundaries[b];
    if let Some(other) = (1..lattice.dimension()).find(|&d| !same(0, d)) {
        let why = if lattice.extents[0] != lattice.extents[other] { "extents" } else { "boundaries" };
        let swaps: Vec<String> = (0..lattice.dimension())
            .flat_map(|a| (a + 1..lattice.dimension()).map(move |b| (a, b)))
            .filter(|&(a, b)| same(a, b))
            .map(|(a, b)| format!("{} with {}", Lattice::direction_name(a), Lattice::direction_name(b)))
            .collect();
        let mut hint =
            format!("the largest compatible group is `reflection`, of order {}", 1u64 << lattice.dimension().min(63));
        if !swaps.is_empty() {
            hint = format!(
                "directions that can still be exchanged: {}; of the named groups, `reflection` is the largest that \
                 {lattice} has",
                swaps.join(", ")
            );
        }
        return Err(NoSuchSymmetry {
            message: format!(
                "{lattice} does not have its full point group: its {why} differ between {} and {}",
                Lattice::direction_name(0),
                Lattice::direction_name(other)
            ),
            hint,
        });
    }
    let mut actions: Vec<Action> = (0..lattice.dimension()).map(|direction| reversal(model, direction)).collect();
    actions.extend((1..lattice.dimension()).map(|direction| exchange(model, direction - 1, direction)));
    Ok(actions)
}

/// A transposition and a cycle of the sites (or of the index, or the fields,
/// of a spec without a lattice): they generate every permutation.
fn permutations(model: &Model) -> Result<Vec<Action>, NoSuchSymmetry> {
    let frame = &model.frame;
    if !frame.directions.is_empty() {
        return Err(NoSuchSymmetry {
            message: "permutations of sites do not map unit cells to unit cells".to_owned(),
            hint: "use `lattice complete(n)` for a model in which every pair of sites is alike".to_owned(),
        });
    }
    if !model.lattice.is_point() {
        let sites = frame.inner_cells as usize * model.lattice.basis();
        return Ok(permute(
            sites,
            |site| format!("site {site}"),
            |moved| {
                (0..frame.slots())
                    .map(|index| {
                        let slot = frame.slot(index);
                        let site = moved(slot.site as usize) as u32;
                        frame.variable(&model.fields, Slot { site, ..slot }).slot()
                    })
                    .collect()
            },
        ));
    }
    if model.fields.iter().all(|field| !field.indexed) {
        if let Some(other) = model.fields.iter().find(|field| {
            let first = &model.fields[0];
            (field.kind, &field.lower, &field.upper) != (first.kind, &first.lower, &first.upper)
        }) {
            return Err(NoSuchSymmetry {
                message: format!(
                    "fields of different kinds or domains cannot be permuted: {} and {}",
                    model.fields[0].name, other.name
                ),
                hint: "give all fields the same kind and domain".to_owned(),
            });
        }
        return Ok(permute(
            model.fields.len(),
            |field| model.fields[field].name.clone(),
            |moved| (0..frame.slots()).map(moved).collect(),
        ));
    }
    let mut counts: Vec<u32> = model.fields.iter().filter(|f| f.indexed).map(|f| f.components).collect();
    counts.sort_unstable();
    counts.dedup();
    let mut actions = Vec::new();
    for count in counts {
        actions.extend(permute(
            count as usize,
            |index| format!("index {index}"),
            |moved| {
                (0..frame.slots())
                    .map(|index| {
                        let slot = frame.slot(index);
                        let field = &model.fields[slot.field as usize];
                        if !field.indexed || field.components != count {
                            return index;
                        }
                        let component = moved(slot.component as usize) as u32;
                        frame.variable(&model.fields, Slot { component, ..slot }).slot()
                    })
                    .collect()
            },
        ));
    }
    Ok(actions)
}

/// The exchange of the first two of `count` things and the cycle of all.
fn permute(
    count: usize,
    name: impl Fn(usize) -> String,
    slots: impl Fn(&dyn Fn(usize) -> usize) -> Vec<usize>,
) -> Vec<Action> {
    let mut actions = Vec::new();
    if count >= 2 {
        let swapped = |index: usize| if index < 2 { 1 - index } else { index };
        actions.push(Action {
            name: format!("exchange of {} and {}", name(0), name(1)),
            map: Map::Slots(slots(&swapped)),
        });
    }
    if count >= 3 {
        let cycled = |index: usize| (index + 1) % count;
        actions.push(Action {
            name: format!("cycle of {} to {}", name(0), name(count - 1)),
            map: Map::Slots(slots(&cycled)),
        });
    }
    actions
}

/// What an action is, for those that move other representations than
/// [`Variable`]s.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Motion<'a> {
    /// The place p goes to `matrix p + shift`, wrapped; the matrix is a signed
    /// permutation of the directions.
    Space {
        /// One row a direction.
        matrix: &'a [Vec<i64>],
        /// The displacement after it.
        shift: &'a [i64],
    },
    /// Slot s of a cell goes to slot `permutation[s]` of the same cell.
    Slots(&'a [usize]),
    /// The values of the field with this index change.
    Flip(usize),
}

impl Action {
    /// What the action is.
    pub fn motion(&self) -> Motion<'_> {
        match &self.map {
            Map::Space { matrix, shift } => Motion::Space { matrix, shift },
            Map::Slots(permutation) => Motion::Slots(permutation),
            Map::Flip(field) => Motion::Flip(*field),
        }
    }
}
