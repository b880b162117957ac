//! The sum over cells of a weight times a value.

use std::ops::Range;
use std::sync::Arc;

use super::halo::Margin;
use crate::model::{Couplings, Frame, Weight};

/// How an output is summed.
pub(super) struct Readout {
    /// The column of its energy among the results.
    pub(super) column: usize,
    /// The cells that are summed over along each direction; `None` where all
    /// are, with the weight one, and the grid has no margins.
    ranges: Option<Vec<Range<usize>>>,
    /// The couplings that multiply the values, with the point and the number
    /// of points in a cell.
    couplings: Option<(Arc<[f64]>, usize, usize)>,
}

impl Readout {
    pub(super) fn new(
        column: usize,
        weight: &Weight,
        couplings: &[Couplings],
        frame: &Frame,
        grid: &[Margin],
    ) -> Readout {
        let plain = weight.is_uniform() && grid.iter().all(|margin| margin.length() == margin.period);
        let ranges = (0..frame.periods.len()).map(|at| {
            let range = weight.window.range(at, frame.periods[at]);
            range.start as usize..range.end as usize
        });
        Readout {
            column,
            ranges: (!plain).then(|| ranges.collect()),
            couplings: weight.coupling.map(|entry| {
                let array = &couplings[entry.array];
                (array.values.clone(), entry.point, array.points)
            }),
        }
    }

    /// The values of the cells of the lattice, times their weights, from those
    /// of a grid; the target has room for all cells. `false` where the values
    /// are to be summed as they are.
    pub(super) fn gather(&self, grid: &[Margin], values: &[f64], lanes: usize, target: &mut [f64]) -> bool {
        let Some(ranges) = &self.ranges else { return false };
        target.fill(0.0);
        if ranges.iter().any(Range::is_empty) {
            return true;
        }
        let Some((last, outer)) = ranges.split_last() else {
            target.copy_from_slice(values);
            return true;
        };
        let mut cell: Vec<usize> = outer.iter().map(|range| range.start).collect();
        loop {
            let (mut from, mut to) = (0, 0);
            for (margin, at) in grid.iter().zip(&cell) {
                from = from * margin.length() + at + margin.low;
                to = to * margin.period + at;
            }
            let margin = &grid[outer.len()];
            from = from * margin.length() + last.start + margin.low;
            to = to * margin.period + last.start;
            let length = last.end - last.start;
            let source = &values[from * lanes..(from + length) * lanes];
            let target = &mut target[to * lanes..(to + length) * lanes];
            match &self.couplings {
                None => target.copy_from_slice(source),
                Some((couplings, point, points)) => {
                    for (at, (target, source)) in target.chunks_mut(lanes).zip(source.chunks(lanes)).enumerate() {
                        let coupling = couplings[(to + at) * points + point];
                        target.iter_mut().zip(source).for_each(|(target, value)| *target = coupling * value);
                    }
                }
            }
            let Some(at) = (0..outer.len()).rev().find(|&at| cell[at] + 1 < outer[at].end) else { return true };
            cell[at] += 1;
            for inner in at + 1..outer.len() {
                cell[inner] = outer[inner].start;
            }
        }
    }
}
