//! The change of an energy when one variable changes: what a Metropolis step
//! needs.
//!
//! Enters: an evaluator, a sample, a column and its new value. Leaves: what each
//! output changes by. Only the values that see the variable are looked at, in
//! the order of the program, so the work does not depend on the size of the
//! lattice. Changes of forms, squares and products are computed from changes,
//! as in [`super::differences`]: d(u^2) = du (2u + du), d(uv) = du v + (u + du)
//! dv. Neurons, and numbers of formats narrower than double, are computed anew
//! and subtracted.
//!
//! Values have a cell of [`Cover`], so that boundaries of all kinds are the
//! same here, and on a graph the cells of a site and of its edges are found in
//! lists.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::Precision;
use super::cover::{Cell, Cover};
use super::evaluate::{EvaluateError, Evaluator};
use super::kernels::{self, Slices};
use super::program::{Input, Linear, Operation, Program, Source, Uses};
use crate::model::MAX_DIRECTIONS;

/// The values that a change may spread to.
const MOST: usize = 1 << 20;

/// Computes changes of single variables.
///
/// ```
/// let (spec, _) = hamc::syntax::parse(
///     "lattice square(512, 512)
///      field s : spin
///      H = -sum<i,j>(s[i]*s[j])",
/// );
/// let model = hamc::lower::lower(&spec).0.unwrap();
/// let circuit = hamc::simplify::as_written(&model);
/// let evaluator = hamc::network::Evaluator::of_circuit(&model, &circuit).unwrap();
/// let updates = evaluator.updates();
/// // All spins are up, and one of them is turned over: four bonds of -1 become +1.
/// let spins = vec![1.0; 512 * 512];
/// assert_eq!(updates.change(&spins, 1234, -1.0).unwrap(), [8.0]);
/// ```
pub struct Updates<'a> {
    evaluator: &'a Evaluator,
    cover: Cover,
    uses: Uses,
    /// For inputs that have a list of columns, the cells of each column, sorted.
    lists: Vec<Vec<(u32, u32)>>,
}

impl Evaluator {
    /// Prepares for changes of single variables.
    pub fn updates(&self) -> Updates<'_> {
        let program = &self.program;
        let list = |input: &Input| {
            let list = input.columns.list.iter().flat_map(|list| list.iter());
            let mut cells: Vec<(u32, u32)> = list.zip(0..).map(|(&column, cell)| (column, cell)).collect();
            cells.sort_unstable();
            cells
        };
        Updates {
            evaluator: self,
            cover: Cover::new(program.periods.iter().copied(), &program.boundaries),
            uses: program.uses(),
            lists: program.inputs.iter().map(list).collect(),
        }
    }
}

impl Updates<'_> {
    /// What each output changes by if the variable of a column goes to a new
    /// value.
    ///
    /// # Errors
    /// Where the sample has another length than there are variables, there is
    /// no such column, or the change spreads to a million values. Values are
    /// not checked against the domain.
    pub fn change(&self, sample: &[f64], column: usize, value: f64) -> Result<Vec<f64>, EvaluateError> {
        let expected = self.evaluator.variables();
        if sample.len() != expected || column >= expected {
            return Err(EvaluateError::Columns { expected, found: sample.len().max(column + 1) });
        }
        let program = &self.evaluator.program;
        let mut spread = Spread {
            updates: self,
            program,
            arrays: program.sample(sample, &[]),
            values: FxHashMap::default(),
            pending: BTreeMap::new(),
            outputs: vec![0.0; program.outputs.len()],
        };
        let difference = value - sample[column];
        for (input, cell) in self.places(column) {
            for (cell, negative) in self.cover.sheets(&cell) {
                spread.pass(Source::Input(input), &cell, if negative { -difference } else { difference });
            }
        }
        spread.run()?;
        // No change is zero, not minus zero.
        Ok(spread.outputs.into_iter().map(|change| change + 0.0).collect())
    }

    /// The inputs and cells that read a column.
    fn places(&self, column: usize) -> Vec<(usize, Cell)> {
        let program = &self.evaluator.program;
        let mut places = Vec::new();
        for (at, input) in program.inputs.iter().enumerate().filter(|(_, input)| input.is_field) {
            let Some(mut rest) = column.checked_sub(input.columns.first) else { continue };
            if input.columns.list.is_some() {
                let list = &self.lists[at];
                let from = list.partition_point(|&(known, _)| (known as usize) < rest);
                let cells = list[from..].iter().take_while(|&&(known, _)| known as usize == rest);
                places.extend(cells.map(|&(_, cell)| (at, cell_of(&[cell as usize]))));
                continue;
            }
            // Strides are those of a row-major array: each exceeds what all
            // later ones reach.
            let mut coordinates = vec![0; input.columns.strides.len()];
            for (direction, &stride) in input.columns.strides.iter().enumerate() {
                if let Some(coordinate) = rest.checked_div(stride) {
                    coordinates[direction] = coordinate;
                    rest %= stride;
                }
            }
            let within = coordinates.iter().zip(&program.periods).all(|(coordinate, period)| coordinate < period);
            if rest == 0 && within {
                places.push((at, cell_of(&coordinates)));
            }
        }
        places
    }
}

fn cell_of(coordinates: &[usize]) -> Cell {
    let mut cell = [0; MAX_DIRECTIONS];
    cell.iter_mut().zip(coordinates).for_each(|(to, &coordinate)| *to = coordinate as i64);
    cell
}

/// A change on its way through the program.
struct Spread<'a> {
    updates: &'a Updates<'a>,
    program: &'a Program,
    arrays: Vec<&'a [f64]>,
    /// The values of nodes before the change, as far as they are known.
    values: FxHashMap<(usize, Cell), f64>,
    /// The changes of the forms of nodes that are still to be looked at: the
    /// first node uses none of the others.
    pending: BTreeMap<(usize, Cell), Vec<f64>>,
    outputs: Vec<f64>,
}

impl Spread<'_> {
    fn run(&mut self) -> Result<(), EvaluateError> {
        let mut passed = 0;
        while let Some(((node, cell), changes)) = self.pending.pop_first() {
            passed += 1;
            if passed + self.pending.len() + self.values.len() > MOST {
                return Err(EvaluateError::TooManyChanges);
            }
            let change = self.change(node, &cell, &changes);
            if change != 0.0 {
                self.pass(Source::Node(node), &cell, change);
            }
        }
        Ok(())
    }

    /// Passes the change of a source in a cell on to what uses it.
    fn pass(&mut self, source: Source, cell: &Cell, change: f64) {
        let cover = &self.updates.cover;
        for used in self.updates.uses.by_nodes(source) {
            let seen_from = cover.moved(cell, &used.shift, -1);
            let forms = self.program.nodes[used.node].forms.len();
            let changes = self.pending.entry((used.node, seen_from)).or_insert_with(|| vec![0.0; forms]);
            changes[used.form] += used.coefficient * change;
        }
        for used in self.updates.uses.by_outputs(source) {
            if cover.is_inside(&cover.moved(cell, &used.shift, -1)) {
                self.outputs[used.output] += used.coefficient * change;
            }
        }
    }

    /// The change of a node from those of its forms.
    fn change(&mut self, node: usize, cell: &Cell, changes: &[f64]) -> f64 {
        let written = &self.program.nodes[node];
        let old: Vec<f64> = written.forms.iter().map(|form| self.form(form, cell)).collect();
        if self.program.precision == Precision::F64 {
            match written.operation {
                Operation::Form => return changes[0],
                Operation::Square => return changes[0] * (2.0 * old[0] + changes[0]),
                Operation::Product => {
                    // New factors before, old ones after.
                    let mut total = 0.0;
                    for (at, change) in changes.iter().enumerate().filter(|(_, change)| **change != 0.0) {
                        let before = old[..at].iter().zip(changes).map(|(old, change)| old + change);
                        total += change * before.chain(old[at + 1..].iter().copied()).product::<f64>();
                    }
                    return total;
                }
                Operation::Neurons(_) => {}
            }
        }
        let round = |value: f64| self.program.precision.round(value);
        let new: Vec<f64> = old.iter().zip(changes).map(|(old, change)| round(old + change)).collect();
        operate(&written.operation, &new, self.program.precision)
            - operate(&written.operation, &old, self.program.precision)
    }

    /// The value of a form in a cell, before the change.
    fn form(&mut self, form: &Linear, cell: &Cell) -> f64 {
        for term in &form.terms {
            if let Source::Node(node) = term.source {
                self.find(node, self.updates.cover.moved(cell, &term.shift, 1));
            }
        }
        self.known_form(form, cell)
    }

    /// The value of a form all of whose nodes have known values.
    fn known_form(&self, form: &Linear, cell: &Cell) -> f64 {
        let terms = form.terms.iter().map(|term| {
            let there = self.updates.cover.moved(cell, &term.shift, 1);
            let value = match term.source {
                Source::Input(input) => self.input(input, &there),
                Source::Node(node) => self.values[&(node, there)],
            };
            (term.coefficient, [value])
        });
        sum(self.program.precision, form.constant, &terms.collect::<Vec<_>>())
    }

    /// Finds the value of a node in a cell, before the change. What it depends
    /// on is computed before it, without recursion.
    fn find(&mut self, node: usize, cell: Cell) {
        let mut open = vec![(node, cell)];
        while let Some(&(node, cell)) = open.last() {
            if self.values.contains_key(&(node, cell)) {
                open.pop();
                continue;
            }
            let written = &self.program.nodes[node];
            let known = open.len();
            for term in written.forms.iter().flat_map(|form| &form.terms) {
                if let Source::Node(needed) = term.source {
                    let there = self.updates.cover.moved(&cell, &term.shift, 1);
                    if !self.values.contains_key(&(needed, there)) {
                        open.push((needed, there));
                    }
                }
            }
            if open.len() > known {
                continue;
            }
            let forms: Vec<f64> = written.forms.iter().map(|form| self.known_form(form, &cell)).collect();
            let value = operate(&written.operation, &forms, self.program.precision);
            self.values.insert((node, cell), value);
            open.pop();
        }
    }

    /// The value of an input in a cell.
    fn input(&self, input: usize, cell: &Cell) -> f64 {
        let Input { array, columns, is_field } = &self.program.inputs[input];
        let Some((cell, negative)) = self.updates.cover.folded(cell) else { return 0.0 };
        let Some(column) = columns.at(&self.updates.cover.indices(&cell)) else { return 0.0 };
        let value = self.program.precision.round(self.arrays[*array][column]);
        if negative && *is_field { -value } else { value }
    }
}

fn sum(precision: Precision, constant: f64, values: &[(f64, [f64; 1])]) -> f64 {
    let terms: Vec<(f64, &[f64])> = values.iter().map(|(coefficient, value)| (*coefficient, &value[..])).collect();
    let mut target = [0.0];
    Slices { precision, constant, terms: &terms }.store(&mut target);
    target[0]
}

/// What a node makes of the values of its forms.
fn operate(operation: &Operation, forms: &[f64], precision: Precision) -> f64 {
    match operation {
        Operation::Form => forms[0],
        Operation::Square => precision.round(forms[0] * forms[0]),
        Operation::Product => forms.iter().fold(1.0, |product, form| precision.round(product * form)),
        Operation::Neurons(gate) => {
            let forms: Vec<[f64; 1]> = forms.iter().map(|&form| [form]).collect();
            let slices: Vec<&[f64]> = forms.iter().map(|form| &form[..]).collect();
            let (mut target, mut scratch) = ([0.0], [0.0]);
            kernels::neurons(gate, &slices, &mut target, &mut scratch);
            target[0]
        }
    }
}
