//! Fields, and the frame that places their values in unit cells.

use super::lattice::Lattice;
use super::variable::{Kind, MAX_DIRECTIONS, Shift, Variable};
use crate::exact::Rational;

/// What the components of a field are to one another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Structure {
    /// Independent numbers.
    Plain,
    /// A complex number: component 0 is its real part, 1 its imaginary part.
    Complex,
    /// A vector of length one.
    Unit,
    /// A complex number of absolute value one, as [`Structure::Complex`]; with
    /// `Some(n)` one of the n-th roots of unity.
    Phase(Option<u32>),
    /// One of q categories, q - 1 components: component a is a bit that is
    /// one in category a + 1, and none is in category 0.
    Categories,
}

impl Structure {
    /// Whether the two components are the parts of a complex number.
    pub fn is_complex(self) -> bool {
        matches!(self, Structure::Complex | Structure::Phase(_))
    }
}

/// Where on a lattice a field has values.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Place {
    /// On every site.
    Sites,
    /// On every bond between nearest neighbours, in the order of
    /// [`Lattice::bonds`].
    Bonds,
}

/// A declared field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Which values it takes.
    pub kind: Kind,
    /// The number of components at a site; one for a scalar.
    pub components: u32,
    /// What the components are to one another.
    pub structure: Structure,
    /// Where the field has values.
    pub place: Place,
    /// Whether it was declared with a number of components, so that it is
    /// written with a component index.
    pub indexed: bool,
    /// The least value on the domain.
    pub lower: Rational,
    /// The greatest value on the domain.
    pub upper: Rational,
}

impl Field {
    /// Whether the components are a list of independent numbers, as of
    /// `field x[4] : real ...`; those of a complex number are not.
    pub fn is_list(&self) -> bool {
        self.indexed && self.structure == Structure::Plain
    }

    /// A field of one number on every site.
    pub fn scalar(name: &str, kind: Kind, lower: Rational, upper: Rational) -> Field {
        Field {
            name: name.to_owned(),
            kind,
            components: 1,
            structure: Structure::Plain,
            place: Place::Sites,
            indexed: false,
            lower,
            upper,
        }
    }

    /// The number of points of a lattice's cell that the field has values on.
    pub fn points(&self, lattice: &Lattice) -> usize {
        match self.place {
            Place::Sites => lattice.basis(),
            Place::Bonds => lattice.bonds().len(),
        }
    }
}

/// What a variable slot of the unit cell is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Slot {
    /// The index of the field.
    pub field: u32,
    /// The point within the unit cell: the row-major index over the
    /// coordinates in directions that are not translated, times the number of
    /// points that the field has in a cell of the lattice, plus the index of
    /// the basis site or bond among those.
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
    /// The cells of the lattice that are in a unit cell.
    pub inner_cells: u64,
    /// The points of each field in a cell of the lattice.
    pub points: Vec<u32>,
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
        let inner_cells = inner.iter().map(|&d| lattice.extents[d]).product::<u64>();
        let points: Vec<u32> = fields.iter().map(|field| field.points(lattice) as u32).collect();
        let mut field_slots = vec![0];
        for (field, &points) in fields.iter().zip(&points) {
            let slots = inner_cells as usize * points as usize * field.components as usize;
            field_slots.push(field_slots[field_slots.len() - 1] + slots);
        }
        assert!(field_slots[field_slots.len() - 1] < 1 << 30);
        let periods = directions.iter().map(|&d| lattice.extents[d]).collect();
        Frame { directions, periods, inner, inner_cells, points, field_slots }
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
        let slots = self.field_slots[field + 1] - self.field_slots[field];
        let components = slots / (self.inner_cells as usize * self.points[field] as usize);
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
