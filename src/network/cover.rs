//! Cells where each value is what its shift says: the lattice, what lies beyond
//! its open ends, and two turns around twisted directions.
//!
//! The value of a gate beyond an open end is not that of a cell of the lattice:
//! its inputs are zeros there. Once around a twisted direction its inputs have
//! the opposite signs, twice around they are the same again.

use crate::model::{Boundary, MAX_DIRECTIONS, Shift};

/// The coordinates of a cell; zero in directions that do not exist.
pub(super) type Cell = [i64; MAX_DIRECTIONS];

/// The cells of a lattice and those around it.
#[derive(Clone, Debug)]
pub(super) struct Cover {
    periods: Vec<i64>,
    boundaries: Vec<Boundary>,
}

impl Cover {
    pub(super) fn new(periods: impl IntoIterator<Item = usize>, boundaries: &[Boundary]) -> Cover {
        let periods = periods.into_iter().map(|period| period as i64).collect();
        Cover { periods, boundaries: boundaries.to_vec() }
    }

    /// The cell a displacement away, there for `sign` 1 and back for -1.
    pub(super) fn moved(&self, cell: &Cell, shift: &Shift, sign: i64) -> Cell {
        let mut moved = *cell;
        for (at, (&period, boundary)) in self.periods.iter().zip(&self.boundaries).enumerate() {
            let coordinate = cell[at] + sign * i64::from(shift.0[at]);
            moved[at] = match boundary {
                Boundary::Periodic => coordinate.rem_euclid(period),
                Boundary::Twisted => coordinate.rem_euclid(2 * period),
                Boundary::Open => coordinate,
            };
        }
        moved
    }

    /// Whether a cell is one of the lattice, and not around it.
    pub(super) fn is_inside(&self, cell: &Cell) -> bool {
        self.periods.iter().zip(cell).all(|(period, coordinate)| (0..*period).contains(coordinate))
    }

    /// The cell of the lattice that a field's value is read from, and whether
    /// its sign changes; `None` beyond an open end.
    pub(super) fn folded(&self, cell: &Cell) -> Option<(Cell, bool)> {
        let (mut folded, mut negative) = (*cell, false);
        for (at, (&period, boundary)) in self.periods.iter().zip(&self.boundaries).enumerate() {
            if (0..period).contains(&cell[at]) {
                continue;
            }
            if *boundary == Boundary::Open {
                return None;
            }
            folded[at] = cell[at].rem_euclid(period);
            negative ^= *boundary == Boundary::Twisted && cell[at].div_euclid(period) % 2 != 0;
        }
        Some((folded, negative))
    }

    /// The cells that read a field's value from a cell of the lattice, with
    /// the change of its sign.
    pub(super) fn sheets(&self, cell: &Cell) -> Vec<(Cell, bool)> {
        let mut sheets = vec![(*cell, false)];
        for (at, (&period, boundary)) in self.periods.iter().zip(&self.boundaries).enumerate() {
            if *boundary == Boundary::Twisted {
                for around in 0..sheets.len() {
                    let (mut other, negative) = sheets[around];
                    other[at] += period;
                    sheets.push((other, !negative));
                }
            }
        }
        sheets
    }

    /// The cells of the lattice, row-major.
    pub(super) fn cells(&self) -> Vec<Cell> {
        let mut cells = vec![[0; MAX_DIRECTIONS]];
        for (at, &period) in self.periods.iter().enumerate() {
            let longer = |cell: Cell| {
                (0..period).map(move |coordinate| {
                    let mut cell = cell;
                    cell[at] = coordinate;
                    cell
                })
            };
            cells = cells.into_iter().flat_map(longer).collect();
        }
        cells
    }

    /// The coordinates of a cell as indices.
    pub(super) fn indices(&self, cell: &Cell) -> Vec<usize> {
        cell[..self.periods.len()].iter().map(|&coordinate| coordinate as usize).collect()
    }
}
