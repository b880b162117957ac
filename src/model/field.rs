//! Fields, and the frame that places their values in unit cells.

use super::lattice::Lattice;
use super::variable::{Kind, MAX_DIRECTIONS, Shift, Variable};
use crate::exact::Rational;

/// A declared field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Which values it takes.
    pub kind: Kind,
    /// The number of components at a site; one for a scalar.
    pub components: u32,
    /// Whether it was declared with a number of components, so that it is
    /// written with a component index.
    pub indexed: bool,
    /// The least value on the domain.
    pub lower: Rational,
    /// The greatest value on the domain.
    pub upper: Rational,
}

/// What a variable slot of the unit cell is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Slot {
    /// The index of the field.
    pub field: u32,
    /// The site within the unit cell: the row-major index over the
    /// coordinates in directions that are not translated, times the lattice's
    /// basis, plus the basis site.
    pub site: u32,
    /// The component of the field.
    pub component: u32,
}

/// How a Hamiltonian is cut into equal unit cells: its energy is the sum of
/// one polynomial over all translates of a cell. Slots are numbered by field,
/// site in the cell, component, the last fastest.
///
/// A model without a lattice, or one that no translation maps to itself, is a
/// single cell: `directions` is empty and the cell holds every site.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    /// The directions of the lattice along which cells are translated, all
    /// periodic. Entry k of a [`Shift`] counts cells along `directions[k]`.
    pub directions: Vec<usize>,
    /// The extents of those directions.
    pub periods: Vec<u64>,
    /// The directions that lie within a cell.
    pub inner: Vec<usize>,
    /// The sites of a cell.
    pub sites_per_cell: u64,
    /// First slot of each field, with the total at the end.
    pub field_slots: Vec<usize>,
}

impl Frame {
    /// The frame in which cells are translated along `directions`.
    ///
    /// # Panics
    /// If there are more than [`MAX_DIRECTIONS`], or the cell holds more than
    /// 2^30 variables; [`crate::lower`] refuses both.
    pub fn new(lattice: &Lattice, fields: &[Field], directions: Vec<usize>) -> Frame {
        assert!(directions.len() <= MAX_DIRECTIONS);
        let inner: Vec<usize> = (0..lattice.dimension()).filter(|d| !directions.contains(d)).collect();
        let sites_per_cell = inner.iter().map(|&d| lattice.extents[d]).product::<u64>() * lattice.basis() as u64;
        let mut field_slots = vec![0];
        for field in fields {
            let slots = sites_per_cell as usize * field.components as usize;
            field_slots.push(field_slots[field_slots.len() - 1] + slots);
        }
        assert!(field_slots[field_slots.len() - 1] < 1 << 30);
        let periods = directions.iter().map(|&d| lattice.extents[d]).collect();
        Frame { directions, periods, inner, sites_per_cell, field_slots }
    }

    /// The number of variables in a cell.
    pub fn slots(&self) -> usize {
        self.field_slots[self.field_slots.len() - 1]
    }

    /// The number of cells; `None` beyond 2^64.
    pub fn cells(&self) -> Option<u64> {
        self.periods.iter().try_fold(1u64, |product, &period| product.checked_mul(period))
    }

    /// What a slot is.
    pub fn slot(&self, slot: usize) -> Slot {
        let field = self.field_slots.partition_point(|&first| first <= slot) - 1;
        let components = (self.field_slots[field + 1] - self.field_slots[field]) / self.sites_per_cell as usize;
        let within = slot - self.field_slots[field];
        Slot { field: field as u32, site: (within / components) as u32, component: (within % components) as u32 }
    }

    /// The variable of a slot in the cell at hand.
    pub fn variable(&self, fields: &[Field], slot: Slot) -> Variable {
        let field = &fields[slot.field as usize];
        let index = self.field_slots[slot.field as usize]
            + slot.site as usize * field.components as usize
            + slot.component as usize;
        Variable::new(index, field.kind)
    }

    /// A displacement brought next to zero: into `-(period-1)/2 ..= period/2`
    /// in each direction, so that cells that the wrapping identifies have one
    /// displacement.
    pub fn wrapped(&self, shift: Shift) -> Shift {
        let mut wrapped = shift;
        for (component, &period) in wrapped.0.iter_mut().zip(&self.periods) {
            if period <= 1 << 17 {
                let period = period as i64;
                let least = (*component as i64).rem_euclid(period);
                let nearest = if least > period / 2 { least - period } else { least };
                // |nearest| <= |component|, so it fits.
                *component = nearest as i16;
            }
        }
        wrapped
    }
}
