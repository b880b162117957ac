//! Where the variables of a cell stand in the whole lattice: their places,
//! their names, and their columns in arrays of inputs.

use std::sync::Arc;

use super::field::{Field, Frame, Place, Slot};
use super::lattice::{Bond, Boundary, Lattice};
use super::variable::{Shift, Variable};

/// The columns of a slot in an array of inputs. Columns are the fields in
/// declared order, the cells of the whole lattice row-major, the sites or bonds
/// of a cell, components fastest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Columns {
    /// The column in the cell at the origin.
    pub first: usize,
    /// The step from one cell to the next, one a translated direction.
    pub strides: Vec<usize>,
    /// Where these say nothing, as on a graph: the column of each cell, from
    /// `first`; cells beyond have none.
    pub list: Option<Arc<[u32]>>,
}

impl Columns {
    /// The column of the cell with these coordinates, within the periods.
    pub fn at(&self, cell: &[usize]) -> Option<usize> {
        match &self.list {
            None => Some(self.first + cell.iter().zip(&self.strides).map(|(at, stride)| at * stride).sum::<usize>()),
            Some(list) => Some(self.first + *list.get(*cell.first()?)? as usize),
        }
    }
}

/// The sites of a cell of a graph, which holds a site and an edge: the site, and
/// the ends of the edge.
pub const GRAPH_SITES: [&str; 3] = ["i", "from", "to"];

impl Frame {
    /// The coordinates within the whole lattice of a variable's site, its
    /// cell at hand being at the origin, displacements not wrapped; and its
    /// basis site (or bond, for a field on bonds).
    pub fn place(&self, lattice: &Lattice, variable: Variable) -> (Vec<i64>, usize) {
        let slot = self.slot(variable.slot());
        let points = self.points[slot.field as usize] as u64;
        let mut rest = slot.site as u64 / points;
        let mut place = vec![0i64; lattice.dimension()];
        for &direction in self.inner.iter().rev() {
            place[direction] = (rest % lattice.extents[direction]) as i64;
            rest /= lattice.extents[direction];
        }
        for (at, &direction) in self.directions.iter().enumerate() {
            place[direction] = variable.cell.0[at] as i64;
        }
        (place, (slot.site as u64 % points) as usize)
    }

    /// The variable of a field at a place (coordinates in the whole lattice,
    /// wrapped here along translated directions that are periodic), the inverse of
    /// [`Frame::place`]. `None` where a coordinate in an inner open direction
    /// lies outside; periodic inner directions wrap.
    pub fn variable_at(
        &self,
        lattice: &Lattice,
        fields: &[Field],
        field: usize,
        component: u32,
        place: &[i64],
        basis: usize,
    ) -> Option<Variable> {
        let mut site = 0u64;
        for &direction in &self.inner {
            let extent = lattice.extents[direction] as i64;
            let coordinate = match lattice.boundaries[direction] {
                Boundary::Periodic | Boundary::Twisted => place[direction].rem_euclid(extent),
                Boundary::Open if (0..extent).contains(&place[direction]) => place[direction],
                Boundary::Open => return None,
            };
            site = site * extent as u64 + coordinate as u64;
        }
        let site = (site * self.points[field] as u64 + basis as u64) as u32;
        let slot = Slot { field: field as u32, site, component };
        let mut cell = Shift::ZERO;
        for (at, &direction) in self.directions.iter().enumerate() {
            let period = self.periods[at];
            let coordinate = place[direction];
            let near = if period <= 1 << 17 && self.boundaries[at] == Boundary::Periodic {
                let least = coordinate.rem_euclid(period as i64);
                if least > period as i64 / 2 { least - period as i64 } else { least }
            } else {
                coordinate
            };
            cell.0[at] = i16::try_from(near).ok()?;
        }
        Some(self.variable(fields, slot).at(cell))
    }

    /// The name of a variable: `x`, `x[3]`, `phi[i+1]`, `S[i+x-y][2]`; on a
    /// lattice of several sites a cell `phi[i+x, B]`; of a field on bonds
    /// `U[i, i+x]`, `U[(i, A), (i-x, B)]`. In a model of one cell sites are absolute: see
    /// [`Lattice::point_name`].
    pub fn variable_name(&self, lattice: &Lattice, fields: &[Field], variable: Variable) -> String {
        let slot = self.slot(variable.slot());
        let field = &fields[slot.field as usize];
        let mut name = field.name.clone();
        if lattice.graph.is_some() && !self.directions.is_empty() {
            name.push_str(&format!("[{}]", GRAPH_SITES[slot.site as usize % GRAPH_SITES.len()]));
        } else if !lattice.is_point() {
            let (place, point) = self.place(lattice, variable);
            let point = if self.directions.is_empty() {
                lattice.point_name(field.place, &place, point)
            } else {
                match field.place {
                    Place::Sites => self.site_name(lattice, &place, point),
                    Place::Bonds => {
                        let bond = &lattice.bonds()[point];
                        let end: Vec<i64> = place.iter().zip(&bond.offset).map(|(c, step)| c + step).collect();
                        bond_name(self.site_name(lattice, &place, bond.from), self.site_name(lattice, &end, bond.to))
                    }
                }
            };
            name.push_str(&format!("[{point}]"));
        }
        if field.indexed {
            name.push_str(&format!("[{}]", slot.component));
        }
        name
    }

    /// A site relative to the cell at hand: `i`, `i-1`, `i+x-2y`, with
    /// absolute coordinates within the cell after semicolons, and the
    /// sublattice last: `i+x; y=3`, `i+x, B`.
    fn site_name(&self, lattice: &Lattice, place: &[i64], basis: usize) -> String {
        let mut name = "i".to_owned();
        if lattice.dimension() == 1 {
            if place[0] != 0 {
                name.push_str(&format!("{:+}", place[0]));
            }
            return name;
        }
        for (direction, &offset) in place.iter().enumerate() {
            // Coordinates within the cell are absolute, so they are
            // shown even where they are zero.
            let inner = self.inner.contains(&direction);
            let letter = Lattice::direction_name(direction);
            match offset {
                _ if inner => name.push_str(&format!("; {letter}={offset}")),
                0 => {}
                1 => name.push_str(&format!("+{letter}")),
                -1 => name.push_str(&format!("-{letter}")),
                _ => name.push_str(&format!("{offset:+}{letter}")),
            }
        }
        if let Some(sublattice) = lattice.sublattices().get(basis) {
            name.push_str(&format!(", {sublattice}"));
        }
        name
    }

    /// The columns of a slot; `None` where they are beyond the machine's
    /// address range.
    pub fn columns(&self, lattice: &Lattice, fields: &[Field], slot: usize) -> Option<Columns> {
        let Slot { field, site, component } = self.slot(slot);
        let cells = usize::try_from(lattice.cells()?).ok()?;
        let mut first = 0usize;
        for (earlier, &points) in fields[..field as usize].iter().zip(&self.points) {
            first = first.checked_add(cells.checked_mul(points as usize)?.checked_mul(earlier.components as usize)?)?;
        }
        let components = fields[field as usize].components as usize;
        let points = self.points[field as usize] as usize;
        cells.checked_mul(points)?.checked_mul(components)?;
        if let Some(graph) = lattice.graph.as_ref().filter(|_| !self.directions.is_empty()) {
            first += component as usize;
            let list = |end: usize| graph.edges().iter().map(|edge| edge[end] * components as u32).collect();
            let list = match site {
                0 => (0..graph.sites() as u32).map(|site| site * components as u32).collect(),
                site => list(site as usize - 1),
            };
            return Some(Columns { first, strides: vec![0], list: Some(list) });
        }
        // Products of some of the extents do not overflow, since that of all
        // does not.
        let mut strides = vec![0; lattice.dimension()];
        let mut stride = points * components;
        for direction in (0..lattice.dimension()).rev() {
            strides[direction] = stride;
            stride *= lattice.extents[direction] as usize;
        }
        let mut rest = site as usize / points;
        first += site as usize % points * components + component as usize;
        for &direction in self.inner.iter().rev() {
            let extent = lattice.extents[direction] as usize;
            first += rest % extent * strides[direction];
            rest /= extent;
        }
        let strides = self.directions.iter().map(|&direction| strides[direction]).collect();
        Some(Columns { first, strides, list: None })
    }
}

impl Lattice {
    /// A point of the whole lattice as it stands in an index: a site by its
    /// coordinates, `3`, `1, 2`, with the sublattice where there are several,
    /// `1, 2, A`; a bond by its two ends, `3, 4`,
    /// `(1, 2), (1, 3)`, and by its number in the cell too where the wrapping
    /// has it join the same two as another, `(0, 0, 0), (0, 0, 1); b=2`.
    pub fn point_name(&self, place: Place, cell: &[i64], point: usize) -> String {
        let site = |cell: &[i64], basis: usize| {
            let mut coordinates: Vec<String> = cell.iter().map(i64::to_string).collect();
            coordinates.extend(self.sublattices().get(basis).map(|&name| name.to_owned()));
            coordinates.join(", ")
        };
        match place {
            Place::Sites => site(cell, point),
            Place::Bonds => {
                let end = |bond: &Bond| -> Vec<i64> {
                    (0..cell.len())
                        .map(|direction| {
                            let coordinate = cell[direction] + bond.offset[direction];
                            match self.boundaries[direction] {
                                Boundary::Periodic | Boundary::Twisted => {
                                    coordinate.rem_euclid(self.extents[direction] as i64)
                                }
                                Boundary::Open => coordinate,
                            }
                        })
                        .collect()
                };
                let bonds = self.bonds();
                let bond = &bonds[point];
                let name = bond_name(site(cell, bond.from), site(&end(bond), bond.to));
                let parallel = |other: &Bond| other.from == bond.from && other.to == bond.to && end(other) == end(bond);
                if bonds[..point].iter().any(parallel) { format!("{name}; b={point}") } else { name }
            }
        }
    }
}

/// A bond by its two ends, which stand in parentheses where they have several
/// parts.
fn bond_name(from: String, to: String) -> String {
    if [&from, &to].iter().any(|end| end.contains([',', ';'])) {
        format!("({from}), ({to})")
    } else {
        format!("{from}, {to}")
    }
}
