//! Cycles of points, and what an element does to values on the way round.
//!
//! The trace of an element of space on the functions at some points depends
//! on the cycles in which it permutes them: on their lengths, on which fields
//! live there, on the turn of the components once round the cycle, and on how
//! often the bonds of a cycle are taken to their reverse.

use rustc_hash::FxHashMap;

use super::group::{Element, Matrix, SpaceGroup};
use super::space::{Point, Space};
use super::values::Cycle;

/// What elements of a group do to the components of a point's fields. The
/// first turn does nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Turns {
    /// The linear parts of motions, on cells; for fields that space turns.
    list: Vec<Matrix>,
    index: FxHashMap<Matrix, u16>,
    /// Fields on bonds with an orientation, where an element reverses a bond.
    oriented: Vec<usize>,
}

impl Turns {
    /// All turns of a group, if any field is turned by them.
    pub fn new(space: &Space, group: &SpaceGroup) -> Turns {
        let mut turns = Turns::default();
        if group.elements.iter().any(|element| element.reversed.contains(&true)) {
            turns.oriented.clone_from(&space.oriented);
        }
        for element in group.elements.iter().filter(|_| !space.locked.is_empty()) {
            if !turns.index.contains_key(&element.matrix) {
                turns.index.insert(element.matrix.clone(), turns.list.len() as u16);
                turns.list.push(element.matrix.clone());
            }
        }
        turns
    }

    /// The cycle of an element that starts at a point of some kind.
    pub fn cycle(&self, space: &Space, element: &Element, start: Point, length: usize) -> Cycle {
        let class = space.points[start.at as usize].class;
        let mut cycle = Cycle { class, ..Cycle::plain(length) };
        if !self.oriented.is_empty() {
            let (mut at, mut forward) = (start.at as usize, 0i64);
            for _ in 0..length {
                forward += if cycle.reversed { -1 } else { 1 };
                cycle.reversed ^= element.reversed[at];
                at = element.to[at] as usize;
            }
            cycle.forward = forward.unsigned_abs() as u32;
        }
        if !self.list.is_empty() {
            let power = (0..length).fold(Element::identity(space), |power, _| power.then(element));
            cycle.turn = self.index[&power.matrix];
        }
        cycle
    }

    /// A space whose values know these turns.
    pub fn placed(&self, space: &Space) -> Space {
        let of_turn = |matrix: &Matrix| {
            let dimension = matrix.len();
            let matrix: Vec<Vec<i64>> =
                matrix.iter().map(|row| row[..dimension].iter().map(|&entry| entry as i64).collect()).collect();
            let sign = determinant(&matrix);
            let of_field = |field: usize| -> Option<Vec<Vec<i64>>> {
                let &(_, axial) = space.locked.iter().find(|(locked, _)| *locked == field)?;
                let factor = if axial { sign } else { 1 };
                Some(matrix.iter().map(|row| row.iter().map(|entry| entry * factor).collect()).collect())
            };
            (0..space.values.fields.len()).map(of_field).collect()
        };
        let mut placed = space.clone();
        placed.values.turns = self.list.iter().map(of_turn).collect();
        placed.values.oriented.clone_from(&self.oriented);
        placed
    }
}

/// The determinant of an integer matrix of few rows.
fn determinant(matrix: &[Vec<i64>]) -> i64 {
    if matrix.is_empty() {
        return 1;
    }
    (0..matrix.len())
        .filter(|&column| matrix[0][column] != 0)
        .map(|column| {
            let minor: Vec<Vec<i64>> = matrix[1..]
                .iter()
                .map(|row| row.iter().enumerate().filter(|&(c, _)| c != column).map(|(_, &entry)| entry).collect())
                .collect();
            matrix[0][column] * determinant(&minor) * if column % 2 == 0 { 1 } else { -1 }
        })
        .sum()
}
