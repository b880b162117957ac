//! Evaluation of batches of samples.
//!
//! Enters: an array of samples by variables. Leaves: an array of samples by
//! outputs. The result of a sample does not depend on the other samples, on
//! how the batch is cut into blocks, or on the number of threads.

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;
use std::fmt;

use super::Network;
use super::program::Program;
use super::schedule::Schedule;
use super::summation::{join_pairwise, sum_cells};
use super::sweep::{Memory, Sample, Tile};
use crate::circuit::Circuit;
use crate::exact::Rational;
use crate::model::{Boundary, Field, Frame, Kind, Lattice, Model};

/// A compiled network or circuit.
///
/// Columns of the inputs are the fields in declared order, the sites of the
/// whole lattice row-major, components fastest; a cell with several sites, or
/// bonds, has them in order.
pub struct Evaluator {
    pub(super) program: Program,
    pub(super) schedule: Schedule,
    pub(super) cells: Vec<usize>,
    lattice: Lattice,
    domains: Vec<Domain>,
    variables: usize,
    outputs: Vec<String>,
}

/// The columns of a field and the values allowed there.
struct Domain {
    field: Field,
    first: usize,
    count: usize,
    lower: f64,
    upper: f64,
}

/// How to evaluate.
#[derive(Clone, Copy, Default)]
pub struct EvaluateOptions<'a> {
    /// Evaluate although inputs lie outside the declared domain, where
    /// nothing is promised.
    pub allow_outside: bool,
    /// Called with the number of samples newly done, from any thread.
    pub progress: Option<&'a (dyn Fn(usize) + Sync)>,
}

/// An input outside the declared domain.
#[derive(Clone, PartialEq, Debug)]
pub struct Outside {
    /// The row.
    pub sample: usize,
    /// The column.
    pub column: usize,
    /// The name of the variable, with its site in the whole lattice.
    pub variable: String,
    /// Its value.
    pub value: f64,
}

/// Why samples cannot be evaluated.
#[derive(Clone, PartialEq, Debug)]
pub enum EvaluateError {
    /// The array has another number of columns than there are variables.
    Columns {
        /// The number of variables.
        expected: usize,
        /// The number of columns.
        found: usize,
    },
    /// Inputs lie outside the declared domain.
    Outside {
        /// How many.
        count: u64,
        /// The first of them by row, then column.
        first: Outside,
    },
    /// The lattice has more sites than the machine can address.
    TooLarge,
    /// A field of real numbers, or of categories, that cannot be flipped.
    NoFlip {
        /// The name of the field.
        field: String,
    },
    /// The new values have another shape than the inputs.
    Replacements {
        /// The samples and variables of the inputs.
        expected: (usize, usize),
        /// Those of the new values.
        found: (usize, usize),
    },
    /// A change of one variable spreads to too many values.
    TooManyChanges,
}

impl fmt::Display for EvaluateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EvaluateError::Columns { expected, found } => {
                write!(f, "the inputs have {found} columns, but there are {expected} variables")
            }
            EvaluateError::Outside { count, first } => write!(
                f,
                "{count} input value{} outside the declared domain, the first in sample {}: {} = {}",
                if *count == 1 { " is" } else { "s are" },
                first.sample,
                first.variable,
                first.value
            ),
            EvaluateError::TooLarge => write!(f, "the lattice has more sites than this machine can address"),
            EvaluateError::NoFlip { field } => {
                write!(f, "{field} has values other than a pair of opposites, so it cannot be flipped; give new values")
            }
            EvaluateError::Replacements { expected, found } => write!(
                f,
                "there are {} samples of {} variables, but new values for {} of {}",
                expected.0, expected.1, found.0, found.1
            ),
            EvaluateError::TooManyChanges => {
                write!(f, "a change of one variable spreads to too many values of the network")
            }
        }
    }
}

impl std::error::Error for EvaluateError {}

impl Evaluator {
    /// Compiles a network that [`Network::validate`] accepts.
    pub fn new(network: &Network) -> Result<Evaluator, EvaluateError> {
        let program = Program::of_network(network).ok_or(EvaluateError::TooLarge)?;
        let outputs = names(network.outputs.iter().map(|output| &output.name));
        Evaluator::build(program, &network.lattice, &network.fields, &network.frame, outputs)
    }

    /// Compiles a circuit of a model with products and squares in doubles
    /// instead of neurons.
    pub fn of_circuit(model: &Model, circuit: &Circuit) -> Result<Evaluator, EvaluateError> {
        let program = Program::of_circuit(model, circuit).ok_or(EvaluateError::TooLarge)?;
        let outputs = names(circuit.outputs.iter().map(|output| &output.name));
        Evaluator::build(program, &model.lattice, &model.fields, &model.frame, outputs)
    }

    fn build(
        program: Program,
        lattice: &Lattice,
        fields: &[Field],
        frame: &Frame,
        outputs: Vec<String>,
    ) -> Result<Evaluator, EvaluateError> {
        let cells = lattice.cells().and_then(|cells| usize::try_from(cells).ok()).ok_or(EvaluateError::TooLarge)?;
        let mut domains = Vec::with_capacity(fields.len());
        let mut first = 0usize;
        for field in fields {
            let per_cell = field.points(lattice) * field.components as usize;
            let count = cells.checked_mul(per_cell).ok_or(EvaluateError::TooLarge)?;
            let (lower, upper) = (field.lower.to_f64(), field.upper.to_f64());
            domains.push(Domain { field: field.clone(), first, count, lower, upper });
            first = first.checked_add(count).ok_or(EvaluateError::TooLarge)?;
        }
        let schedule = Schedule::new(&program);
        // Each is within the number of cells, which is.
        let cells = frame.periods.iter().map(|&period| period as usize).collect();
        Ok(Evaluator { program, schedule, cells, lattice: lattice.clone(), domains, variables: first, outputs })
    }

    /// The number of variables of the whole lattice: the columns of inputs.
    pub fn variables(&self) -> usize {
        self.variables
    }

    /// The names of the outputs: the columns of the result.
    pub fn outputs(&self) -> &[String] {
        &self.outputs
    }

    /// The values that lie outside the declared domain: how many, and the
    /// first. The bounds of a real field are rounded to the nearest doubles.
    pub fn outside(&self, inputs: ArrayView2<'_, f64>) -> Option<(u64, Outside)> {
        let inputs = inputs.as_standard_layout();
        let values = inputs.as_slice().expect("standard layout");
        let found = values
            .par_chunks(self.variables.max(1))
            .enumerate()
            .filter_map(|(sample, row)| {
                let (count, column) = self.outside_of_row(row)?;
                let variable = self.column_name(column);
                Some((count, Outside { sample, column, variable, value: row[column] }))
            })
            .reduce_with(|a, b| (a.0 + b.0, if a.1.sample <= b.1.sample { a.1 } else { b.1 }));
        if inputs.ncols() == self.variables { found } else { None }
    }

    fn outside_of_row(&self, row: &[f64]) -> Option<(u64, usize)> {
        let (mut count, mut first) = (0, None);
        for domain in &self.domains {
            let values = row.get(domain.first..domain.first + domain.count)?;
            let (lower, upper) = (domain.lower, domain.upper);
            // Almost always all is well: a pass without branches, then one
            // that finds the culprits.
            let well = match domain.field.kind {
                Kind::Real => values.iter().fold(true, |well, &value| well & (lower <= value) & (value <= upper)),
                Kind::Spin | Kind::Bit => {
                    values.iter().fold(true, |well, &value| well & ((value == lower) | (value == upper)))
                }
            };
            if well {
                continue;
            }
            let allowed = |value: f64| match domain.field.kind {
                Kind::Real => lower <= value && value <= upper,
                Kind::Spin | Kind::Bit => value == lower || value == upper,
            };
            for (at, _) in values.iter().enumerate().filter(|(_, value)| !allowed(**value)) {
                count += 1;
                first.get_or_insert(domain.first + at);
            }
        }
        first.map(|first| (count, first))
    }

    /// The name of a column, with coordinates in the whole lattice:
    /// `x`, `phi[3]`, `S[1, 2][0]`, `U[(1, 2), (1, 3)]`.
    pub fn column_name(&self, column: usize) -> String {
        let Some(domain) = self.domains.iter().rev().find(|domain| domain.first <= column) else {
            return format!("column {column}");
        };
        let components = domain.field.components as usize;
        let within = column - domain.first;
        let mut name = domain.field.name.clone();
        if !self.lattice.is_point() {
            let points = domain.field.points(&self.lattice);
            let cell = self.lattice.coordinates((within / components / points) as u64);
            let cell: Vec<i64> = cell.into_iter().map(|coordinate| coordinate as i64).collect();
            let point = within / components % points;
            name.push_str(&format!("[{}]", self.lattice.point_name(domain.field.place, &cell, point)));
        }
        if domain.field.indexed {
            name.push_str(&format!("[{}]", within % components));
        }
        name
    }

    /// Whether samples can be evaluated.
    pub(super) fn check(
        &self,
        inputs: ArrayView2<'_, f64>,
        options: &EvaluateOptions<'_>,
    ) -> Result<(), EvaluateError> {
        if inputs.ncols() != self.variables {
            return Err(EvaluateError::Columns { expected: self.variables, found: inputs.ncols() });
        }
        if options.allow_outside {
            return Ok(());
        }
        self.outside(inputs).map_or(Ok(()), |(count, first)| Err(EvaluateError::Outside { count, first }))
    }

    /// The field that a column belongs to.
    pub(super) fn field_of(&self, column: usize) -> &Field {
        let domain = self.domains.iter().rev().find(|domain| domain.first <= column);
        &domain.expect("the first field's columns begin at zero").field
    }

    /// The outputs of each sample: one row a sample, one column an output.
    ///
    /// The work runs on the current rayon pool, tile by tile; each thread
    /// needs memory for a tile, however large the lattice is. Values that overflow come out as infinities or
    /// NaN, which only happens outside the domain.
    pub fn evaluate(
        &self,
        inputs: ArrayView2<'_, f64>,
        options: &EvaluateOptions<'_>,
    ) -> Result<Array2<f64>, EvaluateError> {
        self.check(inputs, options)?;
        let samples = inputs.nrows();
        let outputs = self.outputs.len();
        let mut results = Array2::zeros((samples, outputs));
        if samples == 0 || outputs == 0 {
            return Ok(results);
        }
        let schedule = &self.schedule;
        let inputs = inputs.as_standard_layout();
        let rows: Vec<&[f64]> = inputs.as_slice().expect("standard layout").chunks(self.variables.max(1)).collect();
        let arrays: Vec<Vec<&[f64]>> = rows.iter().map(|row| self.program.sample(row, &[])).collect();
        let samples: Vec<Sample<'_>> = arrays.iter().map(Vec::as_slice).collect();
        let blocks: Vec<&[Sample<'_>]> = samples.chunks(schedule.lanes().min(samples.len())).collect();
        let tiles = schedule.tiles().iter().product::<usize>();
        let lanes = blocks[0].len();
        // The sums over the rows of each tile: one block of samples after the
        // other, each with its tiles.
        let sums: Vec<Vec<f64>> = (0..blocks.len() * tiles)
            .into_par_iter()
            .map_init(
                || schedule.memory(lanes),
                |memory, unit| {
                    let (block, tile) = (unit / tiles, unit % tiles);
                    let tile_sums = self.tile_sums(memory, blocks[block], &schedule.tile(tile));
                    if let Some(progress) = options.progress
                        && tile + 1 == tiles
                    {
                        progress(blocks[block].len());
                    }
                    tile_sums
                },
            )
            .collect();
        let results_of_block = results.as_slice_mut().expect("a new array is in standard layout");
        results_of_block.par_chunks_mut(lanes * outputs).zip(sums.par_chunks(tiles)).for_each(|(results, tiles)| {
            self.join_tiles(tiles, lanes, results);
            schedule.precision.round_all(results);
        });
        Ok(results)
    }

    /// The sums over the rows of a tile, joined already where it is the whole
    /// lattice: `sums[(output * rows + row) * lanes + lane]`.
    fn tile_sums(&self, memory: &mut Memory, samples: &[Sample<'_>], tile: &Tile) -> Vec<f64> {
        let (rows, lanes) = (tile.rows(), memory.lanes());
        let mut sums = vec![0.0; self.outputs.len() * rows * lanes];
        self.schedule.run(memory, samples, tile, |output, row, values| {
            sum_cells(values, lanes, &mut sums[(output * rows + row) * lanes..][..lanes]);
        });
        if tile.extents == self.schedule.periods {
            for output in 0..self.outputs.len() {
                join_pairwise(&mut sums[output * rows * lanes..][..rows * lanes], lanes);
                sums.copy_within(output * rows * lanes..(output * rows + 1) * lanes, output * lanes);
            }
            sums.truncate(self.outputs.len() * lanes);
        }
        sums
    }

    /// Joins the sums of tiles, in the order of [`super::summation`].
    fn join_tiles(&self, tiles: &[Vec<f64>], lanes: usize, results: &mut [f64]) {
        let outputs = self.outputs.len();
        if let [sums] = tiles {
            for (sample, results) in results.chunks_mut(outputs).enumerate() {
                results.iter_mut().enumerate().for_each(|(output, result)| *result = sums[output * lanes + sample]);
            }
            return;
        }
        // A lattice of several tiles has one lane.
        let schedule = &self.schedule;
        let last = schedule.periods.len() - 1;
        let (period, width) = (schedule.periods[last], schedule.sides[last]);
        let segments = period.div_ceil(width);
        let rows = schedule.periods[..last].iter().product::<usize>();
        let mut parts = vec![0.0; rows * segments];
        for (output, result) in results.iter_mut().enumerate() {
            for (at, sums) in tiles.iter().enumerate() {
                let tile = schedule.tile(at);
                for (row, sum) in sums[output * tile.rows()..][..tile.rows()].iter().enumerate() {
                    let cell = tile.first_cell(&schedule.periods, row);
                    parts[cell / period * segments + tile.origin[last] / width] = *sum;
                }
            }
            // The segments of each row, then the rows.
            for row in 0..rows {
                join_pairwise(&mut parts[row * segments..(row + 1) * segments], 1);
                parts[row] = parts[row * segments];
            }
            join_pairwise(&mut parts[..rows], 1);
            *result = parts[0];
        }
    }
}

/// Each name once, in order.
fn names<'a>(outputs: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in outputs {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

/// The exact value of each energy at a point of doubles, in the order
/// of [`Model::energy_names`]; the point has one value for every column of
/// [`Evaluator`]. The work grows with the number of cells.
pub fn exact_energies(model: &Model, point: &[f64]) -> Result<Vec<Rational>, EvaluateError> {
    let Frame { periods, .. } = &model.frame;
    let variables = model.variables().and_then(|count| usize::try_from(count).ok()).ok_or(EvaluateError::TooLarge)?;
    if point.len() != variables {
        return Err(EvaluateError::Columns { expected: variables, found: point.len() });
    }
    let columns = (0..model.frame.slots()).map(|slot| model.frame.columns(&model.lattice, &model.fields, slot));
    let columns: Vec<_> = columns.collect::<Option<_>>().ok_or(EvaluateError::TooLarge)?;
    let mut exact = Vec::with_capacity(point.len());
    for (column, &value) in point.iter().enumerate() {
        let name = || format!("column {column}");
        let outside = || Outside { sample: 0, column, variable: name(), value };
        let value = Rational::from_f64(value).ok_or_else(|| EvaluateError::Outside { count: 1, first: outside() })?;
        exact.push(value);
    }
    let names = model.energy_names();
    let mut energies = vec![Rational::ZERO; names.len()];
    let mut cell = vec![0u64; periods.len()];
    loop {
        for energy in &model.energies {
            let weight = model.frame.weight(&energy.weight, &model.couplings, &cell);
            if weight.is_zero() {
                continue;
            }
            let value = energy.polynomial.evaluate(|variable| {
                let columns = &columns[variable.slot()];
                let mut negative = false;
                if columns.list.is_some() {
                    return columns.at(&[cell[0] as usize]).map_or(Rational::ZERO, |column| exact[column].clone());
                }
                let mut column = columns.first;
                for (direction, &period) in periods.iter().enumerate() {
                    let place = cell[direction] as i64 + variable.cell.0[direction] as i64;
                    let around = place.div_euclid(period as i64);
                    negative ^= model.frame.boundaries[direction] == Boundary::Twisted && around % 2 != 0;
                    column += place.rem_euclid(period as i64) as usize * columns.strides[direction];
                }
                if negative { -exact[column].clone() } else { exact[column].clone() }
            });
            let at = names.iter().position(|name| *name == energy.name).unwrap_or(0);
            energies[at] += &(&value * &weight);
        }
        // The next cell, the last direction fastest.
        let Some(direction) = (0..periods.len()).rev().find(|&direction| cell[direction] + 1 < periods[direction])
        else {
            return Ok(energies);
        };
        cell[direction] += 1;
        cell[direction + 1..].fill(0);
    }
}
