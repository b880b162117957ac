//! Values beyond the ends of a lattice.
//!
//! A gate in a cell near an end may look beyond it: beyond an open end inputs
//! are zero, beyond a twisted one they are those at the other end with their
//! signs changed, as often as one goes around. A program runs on a grid that
//! is longer than the lattice by as many cells as it looks beyond each end,
//! its margins filled with such inputs, and wraps there like a periodic one:
//! what wrapping makes of the outermost cells is never used in the lattice.

use crate::circuit::Circuit;
use crate::model::{Boundary, Frame};

/// A direction of the grid that a program runs on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Margin {
    /// The number of cells of the lattice.
    pub(super) period: usize,
    /// Cells before its first.
    pub(super) low: usize,
    /// Cells after its last.
    pub(super) high: usize,
    boundary: Boundary,
}

impl Margin {
    /// The number of cells of the grid.
    pub(super) fn length(&self) -> usize {
        self.low + self.period + self.high
    }

    /// For a cell of the grid, the cell of the lattice that its inputs come
    /// from and their factor; nothing where they are zero.
    pub(super) fn source(&self, at: usize) -> Option<(usize, f64)> {
        let (place, period) = (at as i64 - self.low as i64, self.period as i64);
        let around = place.div_euclid(period);
        match self.boundary {
            Boundary::Open if around != 0 => None,
            Boundary::Twisted if around % 2 != 0 => Some((place.rem_euclid(period) as usize, -1.0)),
            _ => Some((place.rem_euclid(period) as usize, 1.0)),
        }
    }
}

/// The grid of a circuit: the directions of the frame with their margins.
/// Along open directions there are none where nothing is met beyond an end.
/// `None` where the grid is beyond the machine's address range.
pub(super) fn grid(frame: &Frame, circuit: &Circuit) -> Option<Vec<Margin>> {
    let reach = circuit.reach();
    let beyond = circuit.looks_beyond_ends(frame);
    let margins = (0..frame.periods.len()).map(|at| {
        let boundary = frame.boundaries[at];
        let matters = boundary == Boundary::Twisted || (boundary == Boundary::Open && beyond);
        let farthest = |side: &dyn Fn(&(crate::model::Shift, crate::model::Shift)) -> i16| {
            if matters { reach.iter().map(|reach| side(reach).max(0) as usize).max().unwrap_or(0) } else { 0 }
        };
        Some(Margin {
            period: usize::try_from(frame.periods[at]).ok()?,
            low: farthest(&|(least, _)| -least.0[at]),
            high: farthest(&|(_, greatest)| greatest.0[at]),
            boundary,
        })
    });
    let margins: Vec<Margin> = margins.collect::<Option<_>>()?;
    margins.iter().try_fold(1usize, |product, margin| product.checked_mul(margin.length()))?;
    Some(margins)
}

/// Copies a row's values of one slot into every `lanes`-th place of a grid.
pub(super) fn load(
    grid: &[Margin],
    strides: &[usize],
    first: usize,
    factor: f64,
    row: &[f64],
    target: &mut [f64],
    lanes: usize,
) {
    let [margin, inner @ ..] = grid else {
        target[0] = factor * row[first];
        return;
    };
    let unit = lanes * inner.iter().map(Margin::length).product::<usize>();
    for at in 0..margin.length() {
        let target = &mut target[at * unit..];
        match margin.source(at) {
            Some((place, sign)) => {
                load(inner, &strides[1..], first + place * strides[0], factor * sign, row, target, lanes);
            }
            None => {
                let cells = unit / lanes;
                target.iter_mut().step_by(lanes).take(cells).for_each(|value| *value = 0.0);
            }
        }
    }
}
