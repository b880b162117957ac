//! Weights: in which cells a polynomial of the unit cell stands, and with
//! which factor.
//!
//! An open direction ends, so a term that reaches beyond an end is absent
//! there; couplings may come from a file, one for each cell. Both leave the
//! polynomial of the unit cell alone and change only the factor with which it
//! is summed. So a Hamiltonian is a sum over cells c of weight(c) times the
//! translate of a polynomial to c, for a few weights, and its size does not
//! depend on the number of cells.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::field::{Frame, Place};
use super::variable::Shift;
use crate::exact::Rational;

/// A box of cells: those that are at least `low` cells from the beginning and
/// `high` cells from the end of every direction of the frame. Margins are
/// zero along directions that do not end.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Window {
    /// The cells that are left out at the beginning of each direction.
    pub low: Shift,
    /// The cells that are left out at the end of each direction.
    pub high: Shift,
    /// The cells that are left out at the end of the first direction, if that
    /// is more: where cells hold the sites and the edges of a graph, those
    /// that hold no site, or no edge.
    pub cut: u64,
}

impl Window {
    /// All cells.
    pub const ALL: Window = Window { low: Shift::ZERO, high: Shift::ZERO, cut: 0 };

    /// Whether no cell is left out.
    pub fn is_all(&self) -> bool {
        *self == Window::ALL
    }

    /// The cells of a box along one direction of a frame; empty where the
    /// margins meet.
    pub fn range(&self, at: usize, period: u64) -> Range<u64> {
        let low = self.low.0[at].max(0) as u64;
        let high = period.saturating_sub(self.margin(at));
        low..high.max(low)
    }

    /// The cells that are left out at the end of a direction.
    pub fn margin(&self, at: usize) -> u64 {
        let margin = self.high.0[at].max(0) as u64;
        if at == 0 { margin.max(self.cut) } else { margin }
    }

    /// The number of cells of the box, exactly.
    pub fn cells(&self, periods: &[u64]) -> Rational {
        periods.iter().enumerate().fold(Rational::ONE, |product, (at, &period)| {
            let range = self.range(at, period);
            product * Rational::from(range.end - range.start)
        })
    }

    /// The cells that are in both boxes.
    pub fn intersection(self, other: Window) -> Window {
        let mut both = self;
        for at in 0..both.low.0.len() {
            both.low.0[at] = both.low.0[at].max(other.low.0[at]);
            both.high.0[at] = both.high.0[at].max(other.high.0[at]);
        }
        both.cut = both.cut.max(other.cut);
        both
    }
}

impl fmt::Debug for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}..-{:?}", self.low, self.high)?;
        if self.cut > 0 { write!(f, "..-{}", self.cut) } else { Ok(()) }
    }
}

/// An entry of the couplings of a cell: which array, and which site or bond
/// of the cell.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Entry {
    /// The index in [`crate::model::Model::couplings`].
    pub array: usize,
    /// The site or bond of the cell.
    pub point: usize,
}

/// The factor of a polynomial in every cell: zero outside of a window, within
/// it one or a coupling from a file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Debug)]
pub struct Weight {
    /// The cells in which the polynomial stands.
    pub window: Window,
    /// The couplings that multiply it; one where there are none.
    pub coupling: Option<Entry>,
}

impl Weight {
    /// One in every cell.
    pub const UNIFORM: Weight = Weight { window: Window::ALL, coupling: None };

    /// Whether the weight is one in every cell.
    pub fn is_uniform(&self) -> bool {
        *self == Weight::UNIFORM
    }
}

/// Couplings from a file: one number for each site or bond of every cell.
#[derive(Clone, PartialEq, Debug)]
pub struct Couplings {
    /// The name of the param.
    pub name: String,
    /// The path of the file as the spec has it, relative to the spec.
    pub file: String,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// Where the couplings are.
    pub place: Place,
    /// The sites or bonds of a cell.
    pub points: usize,
    /// The numbers: cells row-major, points of a cell fastest. Their exact
    /// values are those of the doubles.
    pub values: Arc<[f64]>,
}

impl Couplings {
    /// The coupling of a cell, given by its row-major index.
    pub fn value(&self, cell: u64, point: usize) -> f64 {
        self.values[cell as usize * self.points + point]
    }

    /// The greatest magnitude.
    pub fn greatest(&self, point: usize) -> f64 {
        self.values.iter().skip(point).step_by(self.points).fold(0.0, |most, value| most.max(value.abs()))
    }
}

impl Frame {
    /// The factor of a weight in the cell with these coordinates, exactly.
    pub fn weight(&self, weight: &Weight, couplings: &[Couplings], cell: &[u64]) -> Rational {
        let inside = (0..self.periods.len()).all(|at| weight.window.range(at, self.periods[at]).contains(&cell[at]));
        match weight.coupling {
            _ if !inside => Rational::ZERO,
            None => Rational::ONE,
            Some(entry) => {
                let index = cell.iter().zip(&self.periods).fold(0, |index, (&at, &period)| index * period + at);
                let value = couplings[entry.array].value(index, entry.point);
                Rational::from_f64(value).expect("couplings are finite")
            }
        }
    }

    /// The sum of the magnitudes of a weight over all cells, and its greatest
    /// magnitude, both rounded upwards a little.
    pub fn weight_norms(&self, weight: &Weight, couplings: &[Couplings]) -> (f64, f64) {
        let Some(entry) = weight.coupling else {
            let cells = weight.window.cells(&self.periods).to_f64();
            return (cells, if cells > 0.0 { 1.0 } else { 0.0 });
        };
        let array = &couplings[entry.array];
        let (mut sum, mut greatest) = (0.0f64, 0.0f64);
        self.for_each_row(&weight.window, |first, length| {
            let row: f64 = (first..first + length).map(|cell| array.value(cell, entry.point).abs()).sum();
            greatest =
                (first..first + length).fold(greatest, |most, cell| most.max(array.value(cell, entry.point).abs()));
            sum += row;
        });
        // Sums of n magnitudes are accurate to n units in the last place.
        (sum * (1.0 + array.values.len() as f64 * f64::EPSILON), greatest)
    }

    /// Calls `visit` with the first cell and the number of cells of every row,
    /// along the last direction, of a window; cells by their row-major index.
    pub fn for_each_row(&self, window: &Window, mut visit: impl FnMut(u64, u64)) {
        let ranges: Vec<Range<u64>> =
            self.periods.iter().enumerate().map(|(at, &period)| window.range(at, period)).collect();
        if ranges.iter().any(Range::is_empty) {
            return;
        }
        let Some(last) = ranges.last() else {
            visit(0, 1);
            return;
        };
        let outer = &ranges[..ranges.len() - 1];
        let mut cell: Vec<u64> = outer.iter().map(|range| range.start).collect();
        loop {
            let row = cell.iter().zip(&self.periods).fold(0, |index, (&at, &period)| index * period + at);
            visit(row * self.periods[outer.len()] + last.start, last.end - last.start);
            let Some(at) = (0..outer.len()).rev().find(|&at| cell[at] + 1 < outer[at].end) else { return };
            cell[at] += 1;
            for inner in at + 1..outer.len() {
                cell[inner] = outer[inner].start;
            }
        }
    }
}
