//! Fields, and the frame that places their values in unit cells.

use super::lattice::{Boundary, Lattice};
use super::monomial::{Factor, Monomial};
use super::placement::GRAPH_SITES;
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
/// A cell of a graph holds a site and an edge, given by its two ends
/// ([`GRAPH_SITES`]), so that nothing is displaced: a sum over the sites and one
/// over the edges are sums over the cells that hold one ([`super::Window`]).
///
/// A model without a lattice, or one that no translation maps to itself, is a
/// single cell: `directions` is empty and the cell holds every site.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    /// The directions of the lattice along which cells are translated. Entry k
    /// of a [`Shift`] counts cells along `directions[k]`.
    pub directions: Vec<usize>,
    /// What happens at the ends of those directions.
    pub boundaries: Vec<Boundary>,
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
        let edges = lattice.graph.as_ref().filter(|_| !directions.is_empty());
        let points = |field: &Field| match edges {
            Some(_) => GRAPH_SITES.len() as u32,
            None => field.points(lattice) as u32,
        };
        let points: Vec<u32> = fields.iter().map(points).collect();
        let mut field_slots = vec![0];
        for (field, &points) in fields.iter().zip(&points) {
            let slots = inner_cells as usize * points as usize * field.components as usize;
            field_slots.push(field_slots[field_slots.len() - 1] + slots);
        }
        assert!(field_slots[field_slots.len() - 1] < 1 << 30);
        let periods = match edges {
            Some(graph) => vec![graph.cells() as u64],
            None => directions.iter().map(|&d| lattice.extents[d]).collect(),
        };
        let boundaries = directions.iter().map(|&d| lattice.boundaries[d]).collect();
        Frame { directions, boundaries, periods, inner, inner_cells, points, field_slots }
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

    /// Whether some direction along which cells are translated ends.
    pub fn ends(&self) -> bool {
        self.boundaries.contains(&Boundary::Open)
    }

    /// A displacement brought next to zero: into `-(period-1)/2 ..= period/2`
    /// in each direction that is periodic, so that cells that the wrapping
    /// identifies have one displacement. Along open and twisted directions it
    /// is left alone.
    pub fn wrapped(&self, shift: Shift) -> Shift {
        let mut wrapped = shift;
        for (at, &period) in self.periods.iter().enumerate() {
            if self.boundaries[at] == Boundary::Periodic {
                wrapped.0[at] = nearest(shift.0[at], period);
            }
        }
        wrapped
    }

    /// As [`Frame::wrapped`], along twisted directions too: whether a value
    /// changes its sign on the way.
    pub fn folded_cell(&self, shift: Shift) -> (Shift, bool) {
        let (mut folded, mut negative) = (self.wrapped(shift), false);
        for (at, &period) in self.periods.iter().enumerate() {
            if self.boundaries[at] == Boundary::Twisted {
                folded.0[at] = nearest(shift.0[at], period);
                let around = (shift.0[at] as i64 - folded.0[at] as i64) / period.min(i64::MAX as u64) as i64;
                negative ^= around % 2 != 0;
            }
        }
        (folded, negative)
    }

    /// The monomial with the displacements of all variables brought next to
    /// zero, and whether its sign changes.
    pub fn folded(&self, monomial: &Monomial) -> (Monomial, bool) {
        self.folded_from(monomial, Shift::ZERO)
    }

    fn folded_from(&self, monomial: &Monomial, shift: Shift) -> (Monomial, bool) {
        let mut negative = false;
        let factors = monomial.factors().iter().map(|factor| {
            let (cell, flipped) = self.folded_cell(factor.variable.cell + shift);
            negative ^= flipped && factor.exponent % 2 == 1;
            Factor { variable: factor.variable.at(cell), exponent: factor.exponent }
        });
        let folded = Monomial::from_factors(factors.collect::<Vec<_>>());
        (folded, negative)
    }

    /// The least of the translates of a monomial along the directions without
    /// ends that have a variable in the cell at hand, so that displacements
    /// are forwards, as in phi\[i\]*phi\[i+1\].
    ///
    /// Translations around a twisted direction keep monomials of even degree
    /// only, up to their sign; others stay where they are along it.
    pub fn least_translate(&self, monomial: &Monomial) -> Translate {
        let even = monomial.degree().is_multiple_of(2);
        let mut free = [true; MAX_DIRECTIONS];
        for (at, &boundary) in self.boundaries.iter().enumerate() {
            free[at] = boundary == Boundary::Periodic || (boundary == Boundary::Twisted && even);
        }
        let mut best: Option<Translate> = None;
        for factor in monomial.factors() {
            let mut shift = -factor.variable.cell;
            for (component, free) in shift.0.iter_mut().zip(free) {
                if !free {
                    *component = 0;
                }
            }
            let (candidate, negative) = self.folded_from(monomial, shift);
            match &mut best {
                Some(known) if candidate > known.monomial => {}
                Some(known) if candidate == known.monomial => known.vanishes |= negative != known.negative,
                _ => best = Some(Translate { monomial: candidate, shift, negative, vanishes: false }),
            }
        }
        best.unwrap_or(Translate { monomial: monomial.clone(), shift: Shift::ZERO, negative: false, vanishes: false })
    }
}

/// A translate of a monomial.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Translate {
    /// The monomial.
    pub monomial: Monomial,
    /// The displacement that took the original to it.
    pub shift: Shift,
    /// Whether the sum over all cells of the original is that of the
    /// translate with the opposite sign.
    pub negative: bool,
    /// Whether the sum over all cells is its own negative, so that it is zero.
    pub vanishes: bool,
}

/// A component of a displacement brought next to zero.
fn nearest(component: i16, period: u64) -> i16 {
    if period > 1 << 17 {
        return component;
    }
    let period = period as i64;
    let least = (component as i64).rem_euclid(period);
    // Its magnitude is not greater than that of the component, so it fits.
    (if least > period / 2 { least - period } else { least }) as i16
}
