//! A schedule run over a lattice, tile by tile.
//!
//! Enters: a schedule and samples, those of one tile side by side in *lanes*:
//! an array holds `place * lanes + lane`. Leaves: the values of the outputs in
//! the cells of a tile, row by row. A phase walks through its part of the
//! tile in *lines*, places that follow one another in the arrays: a row, or
//! several with what lies between them, where rows are short. The numbers
//! between rows are computed and never used.

use super::Precision;
use super::kernels::{self, Slices};
use super::program::Operation;
use super::schedule::{Load, Margins, Phase, Register, Schedule, Step, Sum};
use crate::model::Boundary;

/// Numbers that pass through all steps of a phase together, in the nearest
/// cache.
const CHUNK: usize = 1024;

/// Numbers that a line has at least, if the tile has them.
const LINE: usize = 256;

/// The arrays that give the inputs of one sample.
pub(super) type Sample<'a> = &'a [&'a [f64]];

/// Where a tile is.
pub(super) struct Tile {
    /// Its first cell.
    pub(super) origin: Vec<usize>,
    /// Its number of cells in each direction.
    pub(super) extents: Vec<usize>,
}

impl Tile {
    /// The rows of the tile.
    pub(super) fn rows(&self) -> usize {
        self.extents[..self.extents.len() - 1].iter().product()
    }

    /// The cells of a row.
    pub(super) fn width(&self) -> usize {
        self.extents[self.extents.len() - 1]
    }

    /// The index, in the whole lattice, of the first cell of a row of the
    /// tile.
    pub(super) fn first_cell(&self, periods: &[usize], mut row: usize) -> usize {
        let last = periods.len() - 1;
        let (mut cell, mut stride) = (self.origin[last], periods[last]);
        for direction in (0..last).rev() {
            cell += (self.origin[direction] + row % self.extents[direction]) * stride;
            row /= self.extents[direction];
            stride *= periods[direction];
        }
        cell
    }
}

/// The numbers that a thread works on.
pub(super) struct Memory {
    precision: Precision,
    lanes: usize,
    arrays: Vec<Vec<f64>>,
    locals: Vec<Vec<f64>>,
    forms: Vec<Vec<f64>>,
    scratch: Vec<f64>,
    /// The outputs along a line.
    outputs: Vec<Vec<f64>>,
}

impl Memory {
    /// The number of samples side by side.
    pub(super) fn lanes(&self) -> usize {
        self.lanes
    }
}

/// The lines of a box: `start + sum over directions of coordinate * stride`
/// for the outer ones, each `length` places long.
struct Lines {
    outer: Vec<(usize, usize)>,
    start: usize,
    length: usize,
}

impl Lines {
    fn for_each(&self, mut visit: impl FnMut(usize)) {
        for_each_offset(&self.outer, self.start, &mut visit);
    }
}

/// Visits `start + sum of coordinate * stride`, the last direction fastest.
fn for_each_offset(extents: &[(usize, usize)], start: usize, visit: &mut impl FnMut(usize)) {
    match extents {
        [] => visit(start),
        [(extent, stride), inner @ ..] => {
            (0..*extent).for_each(|at| for_each_offset(inner, start + at * stride, visit));
        }
    }
}

impl Schedule {
    /// The tile with an index, tiles row-major.
    pub(super) fn tile(&self, mut index: usize) -> Tile {
        let tiles = self.tiles();
        let mut origin = vec![0; tiles.len()];
        for direction in (0..tiles.len()).rev() {
            origin[direction] = index % tiles[direction] * self.sides[direction];
            index /= tiles[direction];
        }
        let places = origin.iter().zip(&self.sides).zip(&self.periods);
        let extents = places.map(|((first, &side), period)| side.min(period - first)).collect();
        Tile { origin, extents }
    }

    /// Memory for a number of lanes.
    pub(super) fn memory(&self, lanes: usize) -> Memory {
        let places = self.places() * lanes;
        let chunk = CHUNK.min(places);
        Memory {
            precision: self.precision,
            lanes,
            arrays: vec![vec![0.0; places]; self.arrays],
            locals: vec![vec![0.0; chunk]; self.locals],
            forms: vec![vec![0.0; chunk]; self.widest],
            scratch: vec![0.0; chunk],
            outputs: vec![Vec::new(); self.outputs.len()],
        }
    }

    /// The lines of a tile and what is around it.
    fn lines(&self, tile: &Tile, margins: &Margins, lanes: usize) -> Lines {
        let directions = tile.extents.len();
        let extents: Vec<usize> = (0..directions).map(|d| tile.extents[d] + margins.low[d] + margins.high[d]).collect();
        let start = (0..directions).map(|d| (self.halo.low[d] - margins.low[d]) * self.strides[d]).sum();
        let mut merged = directions - 1;
        let mut length = extents[merged];
        // Not where most places of a line would be of no use.
        while merged > 0 && length * lanes < LINE && 2 * extents[merged] >= self.padded[merged] {
            merged -= 1;
            length += (extents[merged] - 1) * self.strides[merged];
        }
        let outer = (0..merged).map(|d| (extents[d], self.strides[d])).collect();
        Lines { outer, start, length }
    }

    /// Computes the outputs in a tile for one sample a lane; `emit` gets them
    /// by output and row of the tile: `values[cell * lanes + lane]`. Rows
    /// come in order, each with all outputs.
    pub(super) fn run(
        &self,
        memory: &mut Memory,
        samples: &[Sample<'_>],
        tile: &Tile,
        mut emit: impl FnMut(usize, usize, &[f64]),
    ) {
        let lanes = memory.lanes;
        for (load, array) in self.loads.iter().zip(&mut memory.arrays) {
            self.load(load, samples, tile, array, lanes);
            self.precision.round_all(array);
            self.fill(array, &load.margins, lanes);
        }
        let (last, earlier) = self.phases.split_last().expect("there is a phase");
        for phase in earlier {
            let lines = self.lines(tile, &phase.margins, lanes);
            let length = lines.length * lanes;
            lines.for_each(|start| {
                for at in (0..length).step_by(CHUNK) {
                    run_steps(phase, memory, start, at, CHUNK.min(length - at));
                }
            });
            for (array, margins) in &phase.fills {
                self.fill(&mut memory.arrays[*array], margins, lanes);
            }
        }
        let lines = self.lines(tile, &last.margins, lanes);
        let length = lines.length * lanes;
        memory.outputs.iter_mut().for_each(|values| values.resize(length, 0.0));
        // The rows of a line, by their distance from its start.
        let width = tile.width() * lanes;
        let merged: Vec<(usize, usize)> = (lines.outer.len()..tile.extents.len() - 1)
            .map(|direction| (tile.extents[direction], self.strides[direction]))
            .collect();
        let mut row = 0;
        lines.for_each(|start| {
            for at in (0..length).step_by(CHUNK) {
                let size = CHUNK.min(length - at);
                run_steps(last, memory, start, at, size);
                for (output, values) in self.outputs.iter().zip(&mut memory.outputs) {
                    let (arrays, locals) = (&memory.arrays, &memory.locals);
                    let place = Place { precision: self.precision, arrays, locals, lanes, start, at };
                    place.with(output, size, |form| form.store(&mut values[at..at + size]));
                }
            }
            for_each_offset(&merged, 0, &mut |offset| {
                for (output, values) in memory.outputs.iter().enumerate() {
                    emit(output, row, &values[offset * lanes..][..width]);
                }
                row += 1;
            });
        });
    }

    /// Reads an input of each sample into an array: the tile, and its halo
    /// along directions where it is not filled from the other end.
    fn load(&self, load: &Load, samples: &[Sample<'_>], tile: &Tile, target: &mut [f64], lanes: usize) {
        let last = tile.extents.len() - 1;
        if let Some(list) = &load.columns.list {
            // On a graph nothing is displaced, and cells without a column are
            // not looked at.
            for (lane, sample) in samples.iter().enumerate() {
                let values = &sample[load.from][load.columns.first..];
                let places = target[self.halo.low[last] * lanes + lane..].iter_mut().step_by(lanes);
                let columns = list.get(tile.origin[last]..).unwrap_or_default().iter();
                let found = columns.map(|&column| values[column as usize]).chain(std::iter::repeat(0.0));
                places.take(tile.extents[last]).zip(found).for_each(|(to, from)| *to = from);
            }
            return;
        }
        // Where the coordinates begin in the array, the first of them, which
        // may be beyond an end, and their number.
        let range = |direction: usize| {
            let (extent, origin) = (tile.extents[direction], tile.origin[direction] as i64);
            let (low, high) = match self.full(direction) {
                true => (0, 0),
                false => (load.margins.low[direction], load.margins.high[direction]),
            };
            (self.halo.low[direction] - low, origin - low as i64, extent + low + high)
        };
        let factor = |direction: usize, around: i64| match self.boundaries[direction] {
            Boundary::Open if around != 0 => 0.0,
            Boundary::Twisted if around % 2 != 0 && load.is_signed => -1.0,
            _ => 1.0,
        };
        let mut rows = vec![(load.columns.first, 0usize, 1.0)];
        for direction in 0..last {
            let (place, first, count) = range(direction);
            let period = self.periods[direction] as i64;
            rows = rows
                .into_iter()
                .flat_map(|(column, to, sign)| {
                    (0..count).map(move |at| {
                        let coordinate = first + at as i64;
                        (
                            column + coordinate.rem_euclid(period) as usize * load.columns.strides[direction],
                            to + (place + at) * self.strides[direction],
                            sign * factor(direction, coordinate.div_euclid(period)),
                        )
                    })
                })
                .collect();
        }
        let (place, first, count) = range(last);
        let (period, stride) = (self.periods[last], load.columns.strides[last]);
        for (lane, sample) in samples.iter().enumerate() {
            let values = sample[load.from];
            for &(column, to, sign) in &rows {
                let mut done = 0;
                while done < count {
                    let place_in_row = first + done as i64;
                    let coordinate = place_in_row.rem_euclid(period as i64) as usize;
                    let sign = sign * factor(last, place_in_row.div_euclid(period as i64));
                    let length = (period - coordinate).min(count - done);
                    let from = &values[column + coordinate * stride..];
                    let to = &mut target[(to + place + done) * lanes + lane..];
                    if sign == 1.0 && stride == 1 && lanes == 1 {
                        to[..length].copy_from_slice(&from[..length]);
                    } else {
                        let places = to.iter_mut().step_by(lanes).take(length);
                        match (sign == 0.0, stride) {
                            (true, _) => places.for_each(|to| *to = 0.0),
                            (false, 0) => places.for_each(|to| *to = sign * from[0]),
                            (false, _) => {
                                places.zip(from.iter().step_by(stride)).for_each(|(to, from)| *to = sign * from)
                            }
                        }
                    }
                    done += length;
                }
            }
        }
    }

    /// Fills the halo of an array from the other end along the directions
    /// that the tile spans. The last direction comes first, so that edges and
    /// corners are right in the end.
    fn fill(&self, array: &mut [f64], margins: &Margins, lanes: usize) {
        for direction in (0..self.sides.len()).rev().filter(|&direction| self.full(direction)) {
            let (low, high) = (margins.low[direction], margins.high[direction]);
            if low + high == 0 {
                continue;
            }
            let (period, origin) = (self.periods[direction], self.halo.low[direction]);
            let block = self.strides[direction] * lanes;
            for slab in array.chunks_mut(self.padded[direction] * block) {
                let mut copy = |from: usize, to: usize| slab.copy_within(from * block..(from + 1) * block, to * block);
                (1..=low).for_each(|at| copy(origin + (period - at % period) % period, origin - at));
                (0..high).for_each(|at| copy(origin + at % period, origin + period + at));
            }
        }
    }
}

/// The numbers that a form finds at the cells at hand: `size` numbers from
/// the `at`-th of the line that begins at the place `start`.
struct Place<'a> {
    precision: Precision,
    arrays: &'a [Vec<f64>],
    locals: &'a [Vec<f64>],
    lanes: usize,
    start: usize,
    at: usize,
}

impl Place<'_> {
    /// Calls a function on the slices of a form.
    #[inline]
    fn with<T>(&self, sum: &Sum, size: usize, function: impl FnOnce(Slices<'_>) -> T) -> T {
        let find = |&(coefficient, register): &(f64, Register)| {
            let slice = match register {
                Register::Array { array, offset } => {
                    let first = self.start.wrapping_add_signed(offset) * self.lanes + self.at;
                    &self.arrays[array][first..first + size]
                }
                Register::Local(local) => &self.locals[local][..size],
            };
            (coefficient, slice)
        };
        let (precision, constant) = (self.precision, sum.constant);
        // Most forms are short, and need no memory of their own.
        match sum.terms.as_slice() {
            [] => function(Slices { precision, constant, terms: &[] }),
            [a] => function(Slices { precision, constant, terms: &[find(a)] }),
            [a, b] => function(Slices { precision, constant, terms: &[find(a), find(b)] }),
            [a, b, c] => function(Slices { precision, constant, terms: &[find(a), find(b), find(c)] }),
            [a, b, c, d] => function(Slices { precision, constant, terms: &[find(a), find(b), find(c), find(d)] }),
            terms => function(Slices { precision, constant, terms: &terms.iter().map(find).collect::<Vec<_>>() }),
        }
    }
}

fn run_steps(phase: &Phase, memory: &mut Memory, start: usize, at: usize, size: usize) {
    for step in &phase.steps {
        // The target is taken out while the others are read.
        match step.target {
            Register::Array { array, .. } => {
                let mut target = std::mem::take(&mut memory.arrays[array]);
                let first = start * memory.lanes + at;
                run_step(step, memory, start, at, &mut target[first..first + size]);
                memory.arrays[array] = target;
            }
            Register::Local(local) => {
                let mut target = std::mem::take(&mut memory.locals[local]);
                run_step(step, memory, start, at, &mut target[..size]);
                memory.locals[local] = target;
            }
        }
    }
}

fn run_step(step: &Step, memory: &mut Memory, start: usize, at: usize, target: &mut [f64]) {
    let Memory { precision, arrays, locals, forms: buffers, scratch, lanes, .. } = memory;
    let place = Place { precision: *precision, arrays, locals, lanes: *lanes, start, at };
    let size = target.len();
    match (&step.operation, step.forms.as_slice()) {
        (Operation::Form, [form]) => place.with(form, size, |form| form.store(target)),
        (Operation::Square, [form]) => place.with(form, size, |form| form.square(target)),
        (Operation::Product, [left, right]) => place.with(left, size, |left| {
            place.with(right, size, |right| kernels::product(&left, &right, target, scratch));
        }),
        (Operation::Product, forms) => {
            target.fill(1.0);
            for form in forms {
                place.with(form, size, |form| form.multiply(target, scratch));
            }
        }
        (Operation::Neurons(gate), [form]) => place.with(form, size, |form| {
            kernels::neurons(gate, &[form.values(&mut buffers[0][..size])], target, scratch);
        }),
        (Operation::Neurons(gate), [left, right]) => {
            let (first, second) = buffers.split_at_mut(1);
            place.with(left, size, |left| {
                place.with(right, size, |right| {
                    let forms = [left.values(&mut first[0][..size]), right.values(&mut second[0][..size])];
                    kernels::neurons(gate, &forms, target, scratch);
                });
            });
        }
        (Operation::Neurons(gate), forms) => {
            for (form, buffer) in forms.iter().zip(&mut *buffers) {
                place.with(form, size, |form| form.store(&mut buffer[..size]));
            }
            let forms: Vec<&[f64]> = buffers[..forms.len()].iter().map(|buffer| &buffer[..size]).collect();
            kernels::neurons(gate, &forms, target, scratch);
        }
        (Operation::Form | Operation::Square, _) => unreachable!("one form"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Columns, Shift};
    use crate::network::program::{Input, Linear, Node, Program, Source, Term};

    /// A program with displaced values of displaced values, on a lattice.
    fn program(periods: &[usize]) -> Program {
        let shift = |components: &[i16]| {
            let mut shift = Shift::ZERO;
            for (at, component) in components.iter().take(periods.len()).enumerate() {
                let period = periods[at] as i16;
                let least = component.rem_euclid(period);
                shift.0[at] = if least > period / 2 { least - period } else { least };
            }
            shift
        };
        let term = |source, components: &[i16], coefficient| Term { source, shift: shift(components), coefficient };
        let linear = |constant, terms: Vec<Term>| Linear { constant, terms };
        let mut strides = vec![2; periods.len()];
        for direction in (1..periods.len()).rev() {
            strides[direction - 1] = strides[direction] * periods[direction];
        }
        let input = |first| Input { array: 0, columns: Columns { first, strides: strides.clone(), list: None }, is_field: true };
        let (a, b, node) = (Source::Input(0), Source::Input(1), Source::Node);
        let nodes = vec![
            Node {
                forms: vec![linear(
                    0.25,
                    vec![term(a, &[], 1.5), term(a, &[1, -1, 1], 1.0), term(b, &[0, 2, -2], -1.0)],
                )],
                operation: Operation::Square,
            },
            Node {
                forms: vec![linear(0.0, vec![term(b, &[], 1.0)]), linear(0.0, vec![term(node(0), &[0, 1], 1.0)])],
                operation: Operation::Product,
            },
            Node {
                forms: vec![linear(
                    0.0,
                    vec![
                        term(node(0), &[], 1.0),
                        term(node(1), &[-1], 0.5),
                        term(node(1), &[0, -2, 3], 2.0),
                        term(a, &[2], 1.0),
                        term(b, &[], 1.0),
                    ],
                )],
                operation: Operation::Square,
            },
        ];
        let outputs = vec![
            linear(0.5, vec![term(node(2), &[], 1.0), term(node(0), &[1], -1.0)]),
            linear(0.0, vec![term(a, &[0, 0, 1], 1.0), term(node(1), &[], 1.0)]),
        ];
        Program {
            precision: crate::network::Precision::F64,
            periods: periods.to_vec(),
            boundaries: vec![Boundary::Periodic; periods.len()],
            inputs: vec![input(0), input(1)],
            nodes,
            outputs,
            weights: Vec::new(),
        }
    }

    /// The outputs in all cells: by output, then cell.
    fn values(schedule: &Schedule, sample: &[f64], lanes: usize) -> Vec<f64> {
        let cells = schedule.periods.iter().product::<usize>();
        let mut result = vec![f64::NAN; schedule.outputs.len() * cells];
        let arrays = [sample];
        let samples: Vec<Sample<'_>> = vec![&arrays; lanes];
        let mut memory = schedule.memory(lanes);
        for tile in 0..schedule.tiles().iter().product() {
            let tile = schedule.tile(tile);
            schedule.run(&mut memory, &samples, &tile, |output, row, values| {
                let first = tile.first_cell(&schedule.periods, row);
                for (cell, lanes) in values.chunks(lanes).enumerate() {
                    assert!(lanes.iter().all(|value| value.to_bits() == lanes[0].to_bits()));
                    result[output * cells + first + cell] = lanes[0];
                }
            });
        }
        result
    }

    #[test]
    fn values_do_not_depend_on_tiles_or_lanes() {
        let mut tiled = 0;
        for periods in [&[][..], &[2], &[9], &[5000], &[40, 30], &[3, 3, 3], &[20, 2, 5], &[7, 2500], &[12, 1100, 2]] {
            let program = program(periods);
            let cells = periods.iter().product::<usize>();
            let mut state = 3u64;
            let mut next = || {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                (state >> 11) as f64 / (1u64 << 53) as f64
            };
            let sample: Vec<f64> = (0..2 * cells).map(|_| next()).collect();
            let whole = Schedule::with_tiles(&program, usize::MAX);
            assert_eq!(whole.sides, whole.periods);
            let expected = values(&whole, &sample, 1);
            assert!(expected.iter().all(|value| value.is_finite()));
            assert_eq!(values(&whole, &sample, 3), expected);
            for numbers in [0, 500, 5000, 40000] {
                let schedule = Schedule::with_tiles(&program, numbers);
                tiled += usize::from(schedule.sides != schedule.periods);
                assert_eq!(values(&schedule, &sample, 1), expected, "{periods:?} {:?}", schedule.sides);
            }
        }
        assert!(tiled > 10, "{tiled}");
    }
}
