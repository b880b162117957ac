//! Values of outputs cell by cell, and changes of energies variable by
//! variable.
//!
//! Enters: an evaluator and samples. Leaves: arrays over the lattice. Both
//! work like [`Evaluator::evaluate`], tile by tile; the arrays they return
//! are the only memory that grows with the lattice.

use ndarray::{Array3, ArrayView2};
use rayon::prelude::*;

use super::differences::{self, Replacement};
use super::evaluate::{EvaluateError, EvaluateOptions, Evaluator};
use super::schedule::Schedule;
use super::sweep::Sample;
use crate::model::{Boundary, Columns, Kind, Structure};

/// How each variable is changed, one at a time.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Change<'a> {
    /// A spin to its opposite, a bit to its opposite.
    Flip,
    /// Each variable to the value at its place, in an array of the shape of
    /// the samples.
    Replace(ArrayView2<'a, f64>),
}

impl Evaluator {
    /// The number of cells of the lattice in each direction along which the
    /// Hamiltonian is translated; none without such a direction.
    pub fn cells(&self) -> &[usize] {
        &self.cells
    }

    /// The outputs cell by cell: samples by outputs by cells, cells row-major
    /// ([`Evaluator::cells`]). The outputs of [`Evaluator::evaluate`] are the
    /// sums over the cells. A term that couples several cells belongs to one
    /// of them, as the circuit has it; only the sum is the Hamiltonian's.
    pub fn map(
        &self,
        inputs: ArrayView2<'_, f64>,
        options: &EvaluateOptions<'_>,
    ) -> Result<Array3<f64>, EvaluateError> {
        self.check(inputs, options)?;
        let cells = self.cells.iter().product();
        let mut map = Array3::zeros((inputs.nrows(), self.outputs().len(), cells));
        let inputs = inputs.as_standard_layout();
        let rows: Vec<&[f64]> = inputs.as_slice().expect("standard layout").chunks(self.variables().max(1)).collect();
        let arrays: Vec<Vec<&[f64]>> = rows.iter().map(|row| self.program.sample(row, &[])).collect();
        let samples: Vec<Sample<'_>> = arrays.iter().map(Vec::as_slice).collect();
        for_each_row(&self.schedule, &samples, options, |sample, output, cell, values| {
            let mut row = map.slice_mut(ndarray::s![sample, output, cell..cell + values.len()]);
            row.iter_mut().zip(values).for_each(|(place, value)| *place = *value);
        });
        Ok(map)
    }

    /// What each output changes by if one variable alone is changed: samples
    /// by outputs by variables, in the columns of the samples. Each change is
    /// computed from the values that see the variable, so the work for one
    /// does not depend on the size of the lattice.
    ///
    /// # Errors
    /// As [`Evaluator::evaluate`], for the new values too; a flip of a
    /// variable that is neither spin nor bit; new values of another shape;
    /// changes that spread to millions of values, as in a network of
    /// thousands of variables each of which every gate sees.
    pub fn differences(
        &self,
        inputs: ArrayView2<'_, f64>,
        change: Change<'_>,
        options: &EvaluateOptions<'_>,
    ) -> Result<Array3<f64>, EvaluateError> {
        self.check(inputs, options)?;
        let mut replacements = Vec::with_capacity(self.program.inputs.len());
        let fields: Vec<_> = self.program.inputs.iter().filter(|input| input.is_field).collect();
        for input in &fields {
            let field = self.field_of(input.columns.first);
            replacements.push(match (change, field.kind, field.structure) {
                (Change::Replace(_), ..) => Replacement::Given,
                (Change::Flip, Kind::Spin, _) => Replacement::Spin,
                (Change::Flip, Kind::Bit, Structure::Plain) => Replacement::Bit,
                _ => return Err(EvaluateError::NoFlip { field: field.name.clone() }),
            });
        }
        let inputs = inputs.as_standard_layout();
        let given = match &change {
            Change::Flip => None,
            Change::Replace(values) if values.dim() != inputs.dim() => {
                return Err(EvaluateError::Replacements { expected: inputs.dim(), found: values.dim() });
            }
            Change::Replace(values) => {
                self.check(*values, options)?;
                Some(values.as_standard_layout())
            }
        };
        let list = self.program.inputs.iter().any(|input| input.columns.list.is_some());
        if list || self.program.boundaries.contains(&Boundary::Twisted) {
            return self.one_by_one(inputs.view(), given.as_ref().map(|given| given.view()), options);
        }
        let program = differences::differences(&self.program, &replacements).ok_or(EvaluateError::TooManyChanges)?;
        let schedule = Schedule::new(&program);
        let width = self.variables().max(1);
        let rows = inputs.as_slice().expect("standard layout").chunks(width);
        let given = given.as_ref().map_or(&[][..], |values| values.as_slice().expect("standard layout"));
        let mut given = given.chunks(width);
        let rows: Vec<Vec<&[f64]>> =
            rows.map(|row| self.program.sample(row, given.next().unwrap_or_default())).collect();
        let samples: Vec<Sample<'_>> = rows.iter().map(Vec::as_slice).collect();
        let outputs = self.outputs().len();
        let mut result = Array3::zeros((inputs.nrows(), outputs, self.variables()));
        for_each_row(&schedule, &samples, options, |sample, output, cell, values| {
            let Columns { first, strides, .. } = &fields[output / outputs].columns;
            let (mut column, mut rest) = (*first, cell);
            for (stride, period) in strides.iter().zip(&self.program.periods).rev() {
                column += rest % period * stride;
                rest /= period;
            }
            let step = strides.last().copied().unwrap_or(1);
            let mut row = result.slice_mut(ndarray::s![sample, output % outputs, column..;step]);
            // No change is zero, not minus zero.
            row.iter_mut().zip(values).for_each(|(place, value)| *place = *value + 0.0);
        });
        Ok(result)
    }
}

impl Evaluator {
    /// The changes variable by variable: around twisted directions and on
    /// graphs no program of one cell says them all.
    fn one_by_one(
        &self,
        inputs: ArrayView2<'_, f64>,
        given: Option<ArrayView2<'_, f64>>,
        options: &EvaluateOptions<'_>,
    ) -> Result<Array3<f64>, EvaluateError> {
        let (samples, variables) = inputs.dim();
        let mut result = Array3::zeros((samples, self.outputs().len(), variables));
        let updates = self.updates();
        for (sample, row) in inputs.rows().into_iter().enumerate() {
            let row = row.to_vec();
            let new = |column: usize| match &given {
                Some(given) => given[(sample, column)],
                None if self.field_of(column).kind == Kind::Bit => 1.0 - row[column],
                None => -row[column],
            };
            let change = |column: usize| updates.change(&row, column, new(column));
            let changes: Vec<Vec<f64>> = (0..variables).into_par_iter().map(change).collect::<Result<_, _>>()?;
            for (column, changes) in changes.into_iter().enumerate() {
                changes.into_iter().enumerate().for_each(|(output, change)| result[(sample, output, column)] = change);
            }
            if let Some(progress) = options.progress {
                progress(1);
            }
        }
        Ok(result)
    }
}

/// Visits the values of the outputs by sample, output, the index of the first
/// cell of a row of a tile, and the values of the cells of that row. The
/// values are computed in parallel and visited in a fixed order.
fn for_each_row(
    schedule: &Schedule,
    samples: &[Sample<'_>],
    options: &EvaluateOptions<'_>,
    mut visit: impl FnMut(usize, usize, usize, &[f64]),
) {
    if samples.is_empty() || schedule.outputs.is_empty() {
        return;
    }
    let lanes = schedule.lanes().min(samples.len());
    let blocks: Vec<&[Sample<'_>]> = samples.chunks(lanes).collect();
    let tiles = schedule.tiles().iter().product::<usize>();
    let units: Vec<usize> = (0..blocks.len() * tiles).collect();
    // Enough for all threads, few enough that the values waiting to be
    // visited take little memory.
    for batch in units.chunks(8 * rayon::current_num_threads()) {
        let computed: Vec<Vec<f64>> = batch
            .par_iter()
            .map_init(
                || schedule.memory(lanes),
                |memory, unit| {
                    let mut values = Vec::new();
                    let tile = schedule.tile(unit % tiles);
                    schedule.run(memory, blocks[unit / tiles], &tile, |_, _, row| values.extend_from_slice(row));
                    values
                },
            )
            .collect();
        let mut lane_values = Vec::new();
        for (unit, values) in batch.iter().zip(&computed) {
            let (block, tile) = (unit / tiles, schedule.tile(unit % tiles));
            // Row by row, all outputs of each.
            for (at, row) in values.chunks(tile.width() * lanes).enumerate() {
                let (row_index, output) = (at / schedule.outputs.len(), at % schedule.outputs.len());
                let cell = tile.first_cell(&schedule.periods, row_index);
                for lane in 0..blocks[block].len() {
                    lane_values.clear();
                    lane_values.extend(row.iter().skip(lane).step_by(lanes));
                    visit(block * lanes + lane, output, cell, &lane_values);
                }
            }
            if let Some(progress) = options.progress
                && unit % tiles + 1 == tiles
            {
                progress(blocks[block].len());
            }
        }
    }
}
