//! Plaquettes: the elementary closed loops of bonds.

use std::collections::BTreeSet;

use super::lattice::{Lattice, Shape};

/// A site by the displacement of its cell and its basis site.
type Corner = (Vec<i64>, usize);

/// The longest loop that is looked for: the hexagon of the honeycomb and the
/// kagome lattice.
const LONGEST: usize = 6;

impl Lattice {
    /// The plaquettes of one cell: the shortest closed loops of bonds between
    /// nearest neighbours of the infinite lattice, and on the kagome lattice,
    /// whose triangles leave hexagons between them, those too; each loop the
    /// translate of exactly one of them. The corners of a loop stand in order, beginning
    /// with the one whose cell is at hand and is the first in the order of
    /// coordinates, first along the direction that comes first: on the
    /// square lattice `i`, `i+x`, `i+x+y`, `i+y`.
    ///
    /// They are the squares of square and hypercubic lattices, two triangles a
    /// cell of the triangular and kagome lattices, the hexagons of the
    /// honeycomb and (after the triangles) the kagome lattice, eight triangles of the face-centred and twelve
    /// loops of four bonds of the body-centred lattice. Empty where there is
    /// no such loop, and for `complete`.
    pub fn plaquettes(&self) -> Vec<Vec<Corner>> {
        if !self.has_directions() {
            return Vec::new();
        }
        (3..=LONGEST).map(|length| self.loops(length)).find(|loops| !loops.is_empty()).unwrap_or_default()
    }

    /// Closed loops of one cell whose sums are all closed loops of the
    /// infinite lattice, as [`Lattice::plaquettes`] gives them: the
    /// plaquettes and, of the kagome lattice, the hexagons between these.
    pub fn faces(&self) -> Vec<Vec<Corner>> {
        let mut faces = self.plaquettes();
        if self.shape == Shape::Kagome {
            faces.extend(self.loops(6));
        }
        faces
    }

    /// The closed loops of one cell with a number of bonds.
    fn loops(&self, length: usize) -> Vec<Vec<Corner>> {
        let mut neighbours: Vec<Vec<Corner>> = vec![Vec::new(); self.basis()];
        for bond in self.bonds() {
            neighbours[bond.to].push((bond.offset.iter().map(|step| -step).collect(), bond.from));
            neighbours[bond.from].push((bond.offset, bond.to));
        }
        let mut loops = BTreeSet::new();
        for basis in 0..self.basis() {
            let mut path = vec![(vec![0; self.dimension()], basis)];
            extend(&neighbours, &mut path, length, &mut loops);
        }
        // Squares in the directions x and y before those in x and z.
        loops.into_iter().rev().collect()
    }
}

/// Collects the loops of a length that go on from a path.
fn extend(neighbours: &[Vec<Corner>], path: &mut Vec<Corner>, length: usize, loops: &mut BTreeSet<Vec<Corner>>) {
    let (cell, basis) = path[path.len() - 1].clone();
    for (offset, to) in &neighbours[basis] {
        let next: Corner = (cell.iter().zip(offset).map(|(c, o)| c + o).collect(), *to);
        if path.len() == length {
            if next == path[0] {
                loops.insert(canonical(path));
            }
        } else if !path.contains(&next) {
            path.push(next);
            extend(neighbours, path, length, loops);
            path.pop();
        }
    }
}

/// A loop from its least corner, whose cell becomes the one at hand, towards
/// the greater of the two corners beside it.
fn canonical(path: &[Corner]) -> Vec<Corner> {
    let length = path.len();
    let start = (0..length).min_by_key(|&at| &path[at]).unwrap_or(0);
    let forwards = path[(start + 1) % length] > path[(start + length - 1) % length];
    (0..length)
        .map(|step| {
            let at = if forwards { start + step } else { start + length - step } % length;
            let cell = path[at].0.iter().zip(&path[start].0).map(|(c, origin)| c - origin).collect();
            (cell, path[at].1)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Boundary;

    fn count(shape: Shape, dimension: usize) -> (usize, usize) {
        let lattice = Lattice { shape, extents: vec![8; dimension], boundaries: vec![Boundary::Periodic; dimension], graph: None };
        let faces = lattice.faces();
        (faces.len(), faces.first().map_or(0, Vec::len))
    }

    #[test]
    fn plaquettes_are_those_of_the_textbooks() {
        assert_eq!(count(Shape::Line, 1), (0, 0));
        assert_eq!(count(Shape::Hypercubic, 2), (1, 4));
        assert_eq!(count(Shape::Hypercubic, 3), (3, 4));
        assert_eq!(count(Shape::Hypercubic, 4), (6, 4));
        assert_eq!(count(Shape::Triangular, 2), (2, 3));
        assert_eq!(count(Shape::Kagome, 2), (3, 3));
        assert_eq!(count(Shape::Honeycomb, 2), (1, 6));
        // 12 neighbours, 4 triangles at each bond; 3 * C(4,2) + 6 pairs of
        // diagonals, two diagonals a loop.
        assert_eq!(count(Shape::FaceCentered, 3), (8, 3));
        assert_eq!(count(Shape::BodyCentered, 3), (12, 4));
    }

    #[test]
    fn squares_are_in_the_order_of_directions() {
        let lattice =
            Lattice { shape: Shape::Hypercubic, extents: vec![4; 3], boundaries: vec![Boundary::Periodic; 3], graph: None };
        let cells: Vec<Vec<Vec<i64>>> = lattice
            .plaquettes()
            .into_iter()
            .map(|corners| corners.into_iter().map(|(cell, _)| cell).collect())
            .collect();
        assert_eq!(cells[0], [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]]);
        assert_eq!(cells[1], [[0, 0, 0], [1, 0, 0], [1, 0, 1], [0, 0, 1]]);
        assert_eq!(cells[2], [[0, 0, 0], [0, 1, 0], [0, 1, 1], [0, 0, 1]]);
    }
}
