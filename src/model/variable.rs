//! Variables of a unit cell and of its translates.

use std::fmt;

/// What values a variable takes, which decides how its powers reduce.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// Any real number of an interval; powers are independent.
    Real,
    /// -1 or +1: s^2 = 1.
    Spin,
    /// 0 or 1: b^2 = b.
    Bit,
}

/// The greatest number of directions along which a Hamiltonian is translated.
pub const MAX_DIRECTIONS: usize = 6;

/// A displacement by whole cells, zero in the directions that do not exist.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Shift(pub [i16; MAX_DIRECTIONS]);

impl Shift {
    /// No displacement.
    pub const ZERO: Shift = Shift([0; MAX_DIRECTIONS]);

    /// Whether this is no displacement.
    pub fn is_zero(&self) -> bool {
        *self == Shift::ZERO
    }

    /// The sum of two displacements; `None` where a component leaves `i16`.
    pub fn checked_add(self, other: Shift) -> Option<Shift> {
        let mut sum = Shift::ZERO;
        for (at, value) in sum.0.iter_mut().enumerate() {
            *value = self.0[at].checked_add(other.0[at])?;
        }
        Some(sum)
    }

    /// The componentwise minimum.
    pub fn min(self, other: Shift) -> Shift {
        let mut least = self;
        for (at, value) in least.0.iter_mut().enumerate() {
            *value = (*value).min(other.0[at]);
        }
        least
    }
}

impl std::ops::Add for Shift {
    type Output = Shift;
    /// # Panics
    /// If a component leaves `i16`; [`crate::lower`] refuses such offsets.
    fn add(self, other: Shift) -> Shift {
        self.checked_add(other).expect("offsets were limited when the spec was lowered")
    }
}

impl std::ops::Neg for Shift {
    type Output = Shift;
    fn neg(self) -> Shift {
        Shift(self.0.map(|component| -component))
    }
}

impl std::ops::Sub for Shift {
    type Output = Shift;
    fn sub(self, other: Shift) -> Shift {
        self + -other
    }
}

impl fmt::Debug for Shift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let used = self.0.iter().rposition(|&component| component != 0).map_or(0, |at| at + 1);
        write!(f, "{:?}", &self.0[..used])
    }
}

/// A variable: a slot of the unit cell (which field, site and component it is
/// stands in [`crate::model::Frame`]), its kind, and the cell it lives in
/// relative to the cell at hand.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Variable {
    /// The kind in the two top bits, the slot below.
    tag: u32,
    /// The displacement from the cell at hand.
    pub cell: Shift,
}

impl Variable {
    /// The variable of a slot in the cell at hand.
    ///
    /// # Panics
    /// If there are 2^30 slots or more.
    pub fn new(slot: usize, kind: Kind) -> Variable {
        assert!(slot < 1 << 30, "too many variables in a unit cell");
        Variable { tag: (kind as u32) << 30 | slot as u32, cell: Shift::ZERO }
    }

    /// A real variable in the cell at hand, for polynomials without a model.
    pub fn real(slot: usize) -> Variable {
        Variable::new(slot, Kind::Real)
    }

    /// The index of the slot in the unit cell.
    pub fn slot(self) -> usize {
        (self.tag & ((1 << 30) - 1)) as usize
    }

    /// Which values the variable takes.
    pub fn kind(self) -> Kind {
        match self.tag >> 30 {
            0 => Kind::Real,
            1 => Kind::Spin,
            _ => Kind::Bit,
        }
    }

    /// The same variable of the cell displaced by `shift`.
    pub fn shifted(self, shift: Shift) -> Variable {
        Variable { tag: self.tag, cell: self.cell + shift }
    }

    /// The same slot in the given cell.
    pub fn at(self, cell: Shift) -> Variable {
        Variable { tag: self.tag, cell }
    }

    /// A number that identifies the variable, for fingerprints.
    pub fn key(self) -> u64 {
        self.cell.0.iter().fold(crate::modular::scramble(self.tag as u64), |key, &component| {
            crate::modular::scramble(key ^ component as u16 as u64)
        })
    }
}

impl fmt::Debug for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.slot())?;
        if !self.cell.is_zero() {
            write!(f, "{:?}", self.cell)?;
        }
        Ok(())
    }
}
