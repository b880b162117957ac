//! Cycles of points, and what an element does to values on the way round.
//!
//! The trace of an element of space on the functions at some points depends
//! on the cycles in which it permutes them: on their lengths, on which fields
//! live there, and on the turn of the components once round the cycle.

use rustc_hash::FxHashMap;

use super::group::{Element, Matrix, SpaceGroup};
use super::space::{Point, Space};
use super::values::Cycle;

/// What happens to the components of a point's fields.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Turn {
    /// The linear part of a motion, on cells; for fields that space turns.
    pub matrix: Matrix,
    /// Whether a bond is taken to its reverse; for fields with an orientation.
    pub reversed: bool,
}

/// The turns of a group: the first does nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Turns {
    /// The turns by index.
    pub list: Vec<Turn>,
    index: FxHashMap<Turn, u16>,
    turned: bool,
    oriented: bool,
}

impl Turns {
    /// All turns of a group, if any field is turned by them.
    pub fn new(space: &Space, group: &SpaceGroup) -> Turns {
        let mut turns =
            Turns { turned: !space.locked.is_empty(), oriented: !space.oriented.is_empty(), ..Turns::default() };
        if !turns.turned && !turns.oriented {
            return turns;
        }
        for element in &group.elements {
            let matrix = if turns.turned { element.matrix.clone() } else { group.elements[0].matrix.clone() };
            for reversed in [false, true] {
                let turn = Turn { matrix: matrix.clone(), reversed };
                if (!reversed || turns.oriented) && !turns.index.contains_key(&turn) {
                    turns.index.insert(turn.clone(), turns.list.len() as u16);
                    turns.list.push(turn);
                }
            }
        }
        turns
    }

    /// The cycle of an element that starts at a point of some kind.
    pub fn cycle(&self, space: &Space, element: &Element, start: Point, length: usize) -> Cycle {
        let class = space.points[start.at as usize].class;
        let mut cycle = Cycle { length: length as u32, class, turn: 0 };
        if !self.turned && !self.oriented {
            return cycle;
        }
        let (mut at, mut reversed, mut power) = (start.at as usize, false, Element::identity(space));
        for _ in 0..length {
            reversed ^= element.reversed[at];
            at = element.to[at] as usize;
            if self.turned {
                power = power.then(element);
            }
        }
        let turn = Turn { matrix: power.matrix, reversed: reversed && self.oriented };
        cycle.turn = self.index[&turn];
        cycle
    }

    /// A space whose values know these turns.
    pub fn placed(&self, space: &Space) -> Space {
        let of_turn = |turn: &Turn| {
            let dimension = turn.matrix.len();
            let matrix: Vec<Vec<i64>> =
                turn.matrix.iter().map(|row| row[..dimension].iter().map(|&entry| entry as i64).collect()).collect();
            let sign = determinant(&matrix);
            let of_field = |field: usize| -> Option<Vec<Vec<i64>>> {
                if space.oriented.contains(&field) {
                    // The reverse of a bond has the conjugate.
                    return turn.reversed.then(|| vec![vec![1, 0], vec![0, -1]]);
                }
                let &(_, axial) = space.locked.iter().find(|(locked, _)| *locked == field)?;
                let factor = if axial { sign } else { 1 };
                Some(matrix.iter().map(|row| row.iter().map(|entry| entry * factor).collect()).collect())
            };
            (0..space.values.fields.len()).map(of_field).collect()
        };
        let mut placed = space.clone();
        placed.values.turns = self.list.iter().map(of_turn).collect();
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
