//! Weights of outputs as values of a program.
//!
//! An output that is not summed over all cells alike is multiplied, cell by
//! cell, by its weight: couplings from a file, and for a window one list of
//! zeros and ones for each open direction. Weights are inputs that every sample
//! has alike. Beyond an open end they are zero, like fields, so that cells out
//! there count for nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::program::{FIRST_WEIGHTS, Input, Linear, Node, Operation, Source, Term, Translation};
use crate::model::{Boundary, Columns, Couplings, Shift, Weight};

/// What a weight's factor is: couplings, by array and point, or the window
/// along a direction, by its margins.
type Key = (usize, usize, usize, usize);

/// The weights of a program so far.
pub(super) struct Weights<'a> {
    couplings: &'a [Couplings],
    /// Whether gates look beyond open ends, so that cells there are told
    /// apart from those of the lattice.
    beyond: bool,
    /// The arrays.
    pub(super) arrays: Vec<Arc<[f64]>>,
    /// The inputs that are weights.
    known: BTreeMap<Key, usize>,
}

impl<'a> Weights<'a> {
    pub(super) fn new(couplings: &'a [Couplings], beyond: bool) -> Weights<'a> {
        Weights { couplings, beyond, arrays: Vec::new(), known: BTreeMap::new() }
    }

    /// A form times its weight.
    pub(super) fn times(
        &mut self,
        translation: &Translation<'_>,
        weight: &Weight,
        form: Linear,
        inputs: &mut Vec<Input>,
        nodes: &mut Vec<Node>,
    ) -> Linear {
        let frame = translation.frame;
        let mut factors = Vec::new();
        if let Some(entry) = weight.coupling {
            let array = &self.couplings[entry.array];
            let mut strides = vec![0; frame.periods.len()];
            let mut stride = array.points;
            for at in (0..strides.len()).rev() {
                strides[at] = stride;
                stride *= frame.periods[at] as usize;
            }
            let strides = translation.kept.iter().map(|&at| strides[at]).collect();
            let list = (array.values.len() < (frame.periods.first().copied().unwrap_or(1) as usize) * array.points)
                .then(|| (0..array.values.len() as u32).collect());
            let columns = Columns { first: entry.point, strides, list };
            factors.push(self.input((0, entry.array, entry.point, 0), || array.values.clone(), columns, inputs));
        }
        for (kept, &at) in translation.kept.iter().enumerate() {
            let (low, high) = (weight.window.low.0[at] as usize, weight.window.margin(at) as usize);
            let ends = frame.boundaries[at] == Boundary::Open && self.beyond;
            if low == 0 && high == 0 && !ends {
                continue;
            }
            let period = frame.periods[at] as usize;
            let inside = weight.window.range(at, frame.periods[at]);
            let list = || (0..period).map(|cell| f64::from(u8::from(inside.contains(&(cell as u64))))).collect();
            let mut strides = vec![0; translation.kept.len()];
            strides[kept] = 1;
            factors.push(self.input((1 + at, low, high, 0), list, Columns { first: 0, strides, list: None }, inputs));
        }
        if factors.is_empty() {
            return form;
        }
        let value = |input| Linear { constant: 0.0, terms: vec![here(Source::Input(input))] };
        let forms = std::iter::once(form).chain(factors.into_iter().map(value)).collect();
        nodes.push(Node { forms, operation: Operation::Product });
        Linear { constant: 0.0, terms: vec![here(Source::Node(nodes.len() - 1))] }
    }

    /// The input of a factor.
    fn input(
        &mut self,
        key: Key,
        values: impl FnOnce() -> Arc<[f64]>,
        columns: Columns,
        inputs: &mut Vec<Input>,
    ) -> usize {
        *self.known.entry(key).or_insert_with(|| {
            self.arrays.push(values());
            let array = FIRST_WEIGHTS + self.arrays.len() - 1;
            inputs.push(Input { array, columns, is_field: false });
            inputs.len() - 1
        })
    }
}

fn here(source: Source) -> Term {
    Term { source, shift: Shift::ZERO, coefficient: 1.0 }
}
