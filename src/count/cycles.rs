//! Cycles of points, and what an element does to values on the way round.
//!
//! The trace of an element of space on the functions at some points depends
//! on the cycles in which it permutes them: on their lengths, on which fields
//! live there, and on the turn of the components once round the cycle.

use rustc_hash::FxHashMap;

use super::group::{Element, Matrix, SpaceGroup};
use super::space::{Point, Space};

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
}

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
        let mut turns = Turns { turned: !space.locked.is_empty(), oriented: space.oriented, ..Turns::default() };
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
}
