//! Symmetries that act on the values of fields and not on places.
//!
//! Enter the fields of a model ([`Values`]) and the groups that act on their
//! components at every point alike ([`Factor`]). Leave traces averaged over
//! these groups ([`average`]), from which every count of `count` is made; the
//! same numbers by linear algebra ([`nullspace()`]); and polynomials that span
//! the invariants ([`basis`]).
//!
//! Signs, roots of unity and phases form a torus: a variable or a pair of
//! complex conjugate ones has a *weight*, an exponent for each factor of the
//! torus, and what is invariant is the constant term ([`character`]).
//! Rotations need no torus: by the theorems of Cauchy and Littlewood the
//! invariants of vectors v_1, ..., v_k under O(N) or SO(N), as a
//! representation of what permutes the vectors, are sums of Schur functions
//! ([`rotation`]).
//!
//! The Lorentz groups SO+(3,1) and O(3,1) count as SO(4) and O(4): all have
//! finitely many components that meet the same components of the complex
//! groups SO(4, C) and O(4, C), in which the identity components SO+(3,1) and
//! SO(4) are Zariski dense, and a polynomial invariant of a dense subgroup is
//! one of the whole group (Weyl's unitarian trick).

pub(super) mod average;
pub(super) mod basis;
pub(super) mod character;
mod nullspace;
pub(super) mod read;
pub(super) mod rotation;
#[cfg(test)]
mod tests;

pub use nullspace::nullspace;

use super::CountError;

/// The values of a field at one point, which decide the functions on them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) enum Values {
    /// Independent real components: all monomials.
    Real,
    /// Components of two values each: exponents zero and one.
    TwoValued,
    /// A vector of length one: functions on the sphere, whose degree is that
    /// of the spherical harmonics. Of two components: a phase.
    Unit,
    /// One of the n-th roots of unity, as two components: its powers, of
    /// degree min(k, n - k).
    Roots(u32),
    /// Each component is one of q categories: q - 1 functions of degree one
    /// without products.
    Categories(u32),
}

impl Values {
    /// The highest degree of a function of a field with this many components;
    /// `None` where there is none.
    pub fn highest_degree(self, components: u32) -> Option<u32> {
        match self {
            Values::Real => None,
            Values::TwoValued => Some(components),
            Values::Unit if components == 1 => Some(1),
            Values::Unit => None,
            Values::Roots(order) => Some(order / 2),
            Values::Categories(q) => Some(if q > 1 { components } else { 0 }),
        }
    }
}

/// A component of a field.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) struct Slot {
    /// The index of the field.
    pub field: usize,
    /// The component.
    pub component: u32,
}

/// Two components that are the parts of a complex number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Charged {
    /// The real and the imaginary part.
    pub parts: [Slot; 2],
    /// The power of the phase that multiplies it.
    pub charge: i32,
}

/// A factor of the group of the values.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Factor {
    /// A sign change of all components of these fields together.
    Flip(Vec<usize>),
    /// The multiplication of complex numbers by powers of a common phase.
    Cyclic {
        /// The numbers that it multiplies.
        numbers: Vec<Charged>,
        /// n for the n-th roots of unity, zero for every phase: U(1).
        order: u32,
    },
    /// The rotations of vectors, all together.
    Rotation {
        /// The components of each vector, of one number for all.
        vectors: Vec<Vec<Slot>>,
        /// How many components, the first ones, have negative squares in the
        /// metric: one for the Lorentz group, with time first.
        times: u32,
        /// Only those of determinant one.
        proper: bool,
    },
}

/// The direct product of all factors.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct ValueGroup {
    /// The factors; those that act on common components commute.
    pub factors: Vec<Factor>,
}

impl ValueGroup {
    /// Whether the group only changes signs.
    pub fn only_signs(&self) -> bool {
        self.factors.iter().all(|factor| matches!(factor, Factor::Flip(_)))
    }

    /// The order of the group as a product of small numbers; `None` for
    /// groups of rotations that are not finite.
    pub fn orders(&self) -> Option<Vec<u64>> {
        let order = |factor: &Factor| match factor {
            Factor::Flip(_) => Some(2),
            Factor::Cyclic { order: 0, .. } => None,
            Factor::Cyclic { order, .. } => Some(*order as u64),
            Factor::Rotation { vectors, proper, .. } => match vectors.first().map_or(0, Vec::len) {
                0 => Some(1),
                1 => Some(if *proper { 1 } else { 2 }),
                _ => None,
            },
        };
        self.factors.iter().map(order).collect()
    }
}

/// What a turn of space does to the components of each field: `None` for
/// fields that it leaves alone, otherwise an integer matrix (rows of the
/// image). For an axial vector it is the matrix of the turn times its
/// determinant; of a complex number on a bond that is reversed it is that of
/// complex conjugation.
pub(super) type Turn = Vec<Option<Vec<Vec<i64>>>>;

/// A cycle in which an element of space permutes points.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) struct Cycle {
    /// The number of points.
    pub length: u32,
    /// Which fields live at those points: an index into the list of classes.
    pub class: u16,
    /// What the element does to the components once round the cycle: an index
    /// into the list of turns. Zero for nothing.
    pub turn: u16,
    /// For fields that know the direction of their bond: whether it is
    /// reversed once round the cycle.
    pub reversed: bool,
    /// And the number of points whose direction is that of the first, less
    /// that of the others, in absolute value.
    pub forward: u32,
}

impl Cycle {
    /// Points of the first class in a cycle that turns nothing.
    pub fn plain(length: usize) -> Cycle {
        Cycle { length: length as u32, class: 0, turn: 0, reversed: false, forward: length as u32 }
    }

    /// This many points of the first class that stay where they are.
    pub fn fixed(points: usize) -> Vec<Cycle> {
        vec![Cycle::plain(1); points]
    }
}

/// Fields with the group of their values, the points they live at, and what
/// elements of space do to them.
#[derive(Clone, Debug, Default)]
pub(super) struct System {
    /// The number of components of each field, and their values.
    pub fields: Vec<(u32, Values)>,
    /// The group of the values.
    pub group: ValueGroup,
    /// The fields at the points of each class.
    pub classes: Vec<Vec<usize>>,
    /// What an element may do to the components; the first entry does nothing.
    pub turns: Vec<Turn>,
    /// Complex numbers that go to their conjugates where an element reverses
    /// the bond they live on.
    pub oriented: Vec<usize>,
}

impl System {
    /// Refuses turns and factors that cannot act as they are declared.
    pub fn check(&self) -> Result<(), CountError> {
        for (field, &(components, values)) in self.fields.iter().enumerate() {
            let mut matrices = self.turned(field);
            let whole = |matrix: &[Vec<i64>]| {
                matrix.len() == components as usize && matrix.iter().all(|row| row.len() == matrix.len())
            };
            let conjugates = |matrix: &[Vec<i64>]| matrix == [[1, 0], [0, -1]];
            let acts = |matrix: &[Vec<i64>]| match values {
                Values::Real | Values::Unit => true,
                Values::Roots(_) => conjugates(matrix),
                _ => false,
            };
            if matrices.any(|matrix| !whole(matrix) || !acts(matrix)) {
                return refused("a turn of space of components that are no real vector");
            }
        }
        for factor in &self.group.factors {
            match factor {
                Factor::Flip(fields) => fields.iter().try_for_each(|&field| self.check_flip(field))?,
                Factor::Cyclic { numbers, order } => {
                    numbers.iter().try_for_each(|number| self.check_number(number, *order))?;
                }
                Factor::Rotation { vectors, proper, .. } => {
                    vectors.iter().try_for_each(|vector| self.check_vector(vector, vectors[0].len(), *proper))?;
                }
            }
        }
        self.check_commuting()
    }

    /// What space does to the components of a field, if anything.
    fn turned(&self, field: usize) -> impl Iterator<Item = &[Vec<i64>]> {
        let matrices = self.turns.iter().filter_map(move |turn| turn.get(field)?.as_deref());
        matrices.filter(|matrix| !is_identity(matrix))
    }

    fn is_turned(&self, field: usize) -> bool {
        self.turned(field).next().is_some()
    }

    fn is_missing(&self, slot: &Slot) -> bool {
        self.fields.get(slot.field).is_none_or(|field| slot.component >= field.0)
    }

    fn check_flip(&self, field: usize) -> Result<(), CountError> {
        match self.fields.get(field) {
            None => refused("the sign change of a field that does not exist"),
            Some((_, Values::Categories(_))) => refused("the sign change of categories"),
            Some((_, Values::Roots(order))) if order % 2 == 1 => {
                refused("the sign change of a root of unity of an odd order")
            }
            Some(_) => Ok(()),
        }
    }

    fn check_number(&self, Charged { parts, charge }: &Charged, order: u32) -> Result<(), CountError> {
        if parts.iter().any(|part| self.is_missing(part)) || parts[0] == parts[1] {
            return refused("a phase of components that do not exist");
        }
        if parts.iter().any(|part| self.is_turned(part.field)) {
            return refused("a phase of components that space turns");
        }
        let values = parts.map(|part| self.fields[part.field].1);
        let whole = parts[0].field == parts[1].field && self.fields[parts[0].field].0 == 2;
        match values[0] {
            Values::Real if values[1] == Values::Real => Ok(()),
            Values::Unit if whole => Ok(()),
            // A power of an n-th root of unity must be one as well.
            Values::Roots(n) if whole && order > 0 && (n as i64 * *charge as i64) % order as i64 == 0 => Ok(()),
            Values::Roots(n) => Err(CountError::Unsupported(format!(
                "phases that take roots of unity of order {n} to numbers that are none"
            ))),
            _ => refused("a phase that multiplies components that are no complex number"),
        }
    }

    fn check_vector(&self, vector: &[Slot], dimension: usize, proper: bool) -> Result<(), CountError> {
        if vector.is_empty() || vector.len() != dimension || vector.iter().any(|slot| self.is_missing(slot)) {
            return refused("a rotation of vectors of different dimensions");
        }
        let (components, values) = self.fields[vector[0].field];
        let whole = vector.iter().all(|slot| slot.field == vector[0].field) && components as usize == dimension;
        let real = vector.iter().all(|slot| self.fields[slot.field].1 == Values::Real);
        let unit = whole && values == Values::Unit;
        if !(real || unit) {
            return refused("a rotation of components that are no real or unit vector");
        }
        if vector.iter().any(|slot| self.oriented.contains(&slot.field)) {
            return refused("rotations and reflections of a field on bonds that motions of space reverse");
        }
        if vector.iter().any(|slot| self.is_turned(slot.field)) && (proper || !whole) {
            return refused("a field that space turns, and that rotations of determinant one turn too");
        }
        Ok(())
    }

    /// Vectors and complex numbers must not share components, and a sign
    /// change must be one of a whole vector or number.
    fn check_commuting(&self) -> Result<(), CountError> {
        let mut in_rotation = std::collections::BTreeSet::new();
        if !self.vectors().flatten().all(|slot| in_rotation.insert(slot)) {
            return refused("two rotations of the same components");
        }
        let numbers: Vec<Vec<Slot>> = self.numbers().collect();
        if numbers.iter().flatten().any(|part| in_rotation.contains(part)) {
            return refused("phases and rotations of the same components");
        }
        let crossed = |a: &[Slot], b: &[Slot]| a != b && a.iter().any(|part| b.contains(part));
        if numbers.iter().any(|a| numbers.iter().any(|b| crossed(a, b))) {
            return refused("phases of numbers that share a part");
        }
        for factor in &self.group.factors {
            let Factor::Flip(fields) = factor else { continue };
            let flipped = |slot: &Slot| fields.contains(&slot.field);
            for vector in self.vectors().chain(self.numbers()) {
                if vector.iter().any(flipped) && !vector.iter().all(flipped) {
                    return refused("the sign change of a part of a vector that a symmetry turns");
                }
            }
        }
        Ok(())
    }

    /// Whether phases multiply a field.
    pub fn is_charged(&self, field: usize) -> bool {
        self.numbers().any(|parts| parts.iter().any(|part| part.field == field))
    }

    /// The vectors of all rotations.
    fn vectors(&self) -> impl Iterator<Item = Vec<Slot>> + '_ {
        self.group.factors.iter().flat_map(|factor| match factor {
            Factor::Rotation { vectors, .. } => vectors.clone(),
            _ => Vec::new(),
        })
    }

    /// The parts of all complex numbers that phases multiply.
    fn numbers(&self) -> impl Iterator<Item = Vec<Slot>> + '_ {
        self.group.factors.iter().flat_map(|factor| match factor {
            Factor::Cyclic { numbers, .. } => numbers.iter().map(|number| number.parts.to_vec()).collect(),
            _ => Vec::new(),
        })
    }
}

fn refused(reason: &str) -> Result<(), CountError> {
    Err(CountError::Unsupported(reason.to_owned()))
}

/// The square of the length of each component of the metric.
fn metric(dimension: usize, times: u32) -> Vec<i64> {
    (0..dimension).map(|at| if at < times as usize { -1 } else { 1 }).collect()
}

fn is_identity(matrix: &[Vec<i64>]) -> bool {
    matrix.iter().enumerate().all(|(r, row)| row.iter().enumerate().all(|(c, &entry)| entry == (r == c) as i64))
}
