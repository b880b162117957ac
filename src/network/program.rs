//! Networks and circuits as straight-line programs over arrays.
//!
//! Enters: a validated network, or a circuit of a model. Leaves: steps on
//! registers. A register holds one value for every cell and every lane, a
//! lane being a sample: index `cell * lanes + lane`, cells row-major over the
//! translated directions. So the same code walks along the lanes where there
//! are few cells and along the last direction where there are many. Each
//! lane's operations and their order do not depend on the number of lanes.

use super::{Activation, Network, Precision};
use crate::circuit::{Circuit, Form, Gate, Source};
use crate::model::{Field, Frame, Lattice, Model};

/// Numbers that pass through all of a step together, in the nearest cache.
const CHUNK: usize = 512;

/// Cells that are summed in one go; see [`sum_cells`].
const SUM_BLOCK: usize = 256;

/// Partial sums of a block.
const SUM_STRANDS: usize = 8;

/// A term of a linear form: `coefficient * register` of a displaced cell.
struct Term {
    register: usize,
    coefficient: f64,
    /// The displacement, reduced into the periods; empty for none.
    shift: Vec<usize>,
}

/// `constant + sum of terms`, summed in this order.
struct Linear {
    constant: f64,
    terms: Vec<Term>,
}

/// What a step does with the values of its forms.
enum Operation {
    /// `output bias + sum of skip * value + sum of output * σ(bias + sum of
    /// weight * value)`.
    Neurons { neurons: Vec<super::Neuron>, output_bias: f64, skip: Vec<f64>, activation: Activation },
    /// The product of the values.
    Product,
    /// The square of the value.
    Square,
}

struct Step {
    inputs: Vec<Linear>,
    operation: Operation,
    target: usize,
}

/// Where an input register is loaded from.
struct Load {
    register: usize,
    first: usize,
    strides: Vec<usize>,
}

/// A program.
pub(super) struct Program {
    precision: Precision,
    periods: Vec<usize>,
    /// The number of cells.
    pub(super) cells: usize,
    /// The number of registers.
    pub(super) registers: usize,
    widest: usize,
    loads: Vec<Load>,
    steps: Vec<Step>,
    outputs: Vec<Linear>,
}

/// The arrays a program works on, for one number of lanes.
pub(super) struct Memory {
    lanes: usize,
    registers: Vec<Vec<f64>>,
    /// The values of a step's forms in one chunk.
    forms: Vec<Vec<f64>>,
    output: Vec<f64>,
    strands: Vec<f64>,
    chunk: Vec<f64>,
}

impl Program {
    /// The program of a network; `None` where the lattice is too large for
    /// the address range.
    pub(super) fn of_network(network: &Network) -> Option<Program> {
        let gates: Vec<(Vec<&Form>, Operation)> = network
            .gates()
            .map(|gate| {
                let operation = Operation::Neurons {
                    neurons: gate.neurons.clone(),
                    output_bias: gate.output_bias,
                    skip: gate.skip.clone(),
                    activation: network.activation,
                };
                (gate.inputs.iter().collect(), operation)
            })
            .collect();
        let outputs: Vec<&Form> = network.outputs.iter().map(|output| &output.form).collect();
        Program::build(network.precision, &network.lattice, &network.fields, &network.frame, gates, &outputs)
    }

    /// The program of a circuit with exact gates.
    pub(super) fn of_circuit(model: &Model, circuit: &Circuit) -> Option<Program> {
        let operation = |gate: &Gate| match gate {
            Gate::Square(_) => Operation::Square,
            Gate::Product(..) | Gate::BitProduct(_) => Operation::Product,
        };
        let gates = circuit.gates.iter().map(|gate| (gate.forms(), operation(gate))).collect();
        let outputs: Vec<&Form> = circuit.outputs.iter().map(|output| &output.form).collect();
        Program::build(Precision::F64, &model.lattice, &model.fields, &model.frame, gates, &outputs)
    }

    fn build(
        precision: Precision,
        lattice: &Lattice,
        fields: &[Field],
        frame: &Frame,
        gates: Vec<(Vec<&Form>, Operation)>,
        outputs: &[&Form],
    ) -> Option<Program> {
        let cells = usize::try_from(frame.cells()?).ok()?;
        let periods: Vec<usize> = frame.periods.iter().map(|&period| period as usize).collect();
        // The last step that reads each gate; outputs come after all steps.
        let mut last_use = vec![0usize; gates.len()];
        let mut used_slots = vec![false; frame.slots()];
        let forms = gates.iter().enumerate().flat_map(|(at, (forms, _))| forms.iter().map(move |form| (at, *form)));
        for (at, form) in forms.chain(outputs.iter().map(|form| (gates.len(), *form))) {
            for (source, _) in &form.terms {
                match source {
                    Source::Input(variable) => used_slots[variable.slot()] = true,
                    Source::Gate { gate, .. } => last_use[*gate] = at,
                }
            }
        }
        let mut registers = 0;
        let mut slot_register = vec![usize::MAX; frame.slots()];
        let mut loads = Vec::new();
        for slot in (0..frame.slots()).filter(|&slot| used_slots[slot]) {
            let columns = frame.columns(lattice, fields, slot)?;
            slot_register[slot] = registers;
            loads.push(Load { register: registers, first: columns.first, strides: columns.strides });
            registers += 1;
        }
        let mut gate_register = vec![usize::MAX; gates.len()];
        let linear = |form: &Form, gate_register: &[usize]| Linear {
            constant: precision.round(form.constant.to_f64()),
            terms: form
                .terms
                .iter()
                .map(|(source, coefficient)| {
                    let (register, shift) = match source {
                        Source::Input(variable) => (slot_register[variable.slot()], variable.cell),
                        Source::Gate { gate, shift } => (gate_register[*gate], *shift),
                    };
                    let reduced =
                        |(at, &period): (usize, &usize)| (shift.0[at] as i64).rem_euclid(period as i64) as usize;
                    let mut shift: Vec<usize> = periods.iter().enumerate().map(reduced).collect();
                    if shift.iter().all(|&component| component == 0) {
                        shift.clear();
                    }
                    Term { register, coefficient: precision.round(coefficient.to_f64()), shift }
                })
                .collect(),
        };
        let mut expiring: Vec<Vec<usize>> = vec![Vec::new(); gates.len() + 1];
        last_use.iter().enumerate().for_each(|(gate, &at)| expiring[at.max(gate)].push(gate));
        let mut free: Vec<usize> = Vec::new();
        let mut steps = Vec::with_capacity(gates.len());
        let mut widest = 1;
        for (at, (forms, operation)) in gates.into_iter().enumerate() {
            let inputs: Vec<Linear> = forms.into_iter().map(|form| linear(form, &gate_register)).collect();
            widest = widest.max(inputs.len());
            let target = free.pop().unwrap_or_else(|| {
                registers += 1;
                registers - 1
            });
            gate_register[at] = target;
            free.extend(expiring[at].iter().map(|&gate| gate_register[gate]));
            steps.push(Step { inputs, operation, target });
        }
        let outputs = outputs.iter().map(|form| linear(form, &gate_register)).collect();
        Some(Program { precision, periods, cells, registers, widest, loads, steps, outputs })
    }

    /// Arrays for a number of lanes.
    pub(super) fn memory(&self, lanes: usize) -> Memory {
        let length = self.cells * lanes;
        Memory {
            lanes,
            registers: vec![vec![0.0; length]; self.registers],
            forms: vec![vec![0.0; CHUNK]; self.widest],
            output: vec![0.0; length],
            strands: vec![0.0; SUM_STRANDS * lanes],
            chunk: vec![0.0; CHUNK],
        }
    }

    /// The outputs of samples, one row of `rows` each, at most the lanes of
    /// the memory: `results[lane * outputs + output]`.
    pub(super) fn run(&self, memory: &mut Memory, rows: &[&[f64]], results: &mut [f64]) {
        let lanes = memory.lanes;
        for load in &self.loads {
            let target = &mut memory.registers[load.register];
            for (lane, row) in rows.iter().enumerate() {
                load_cells(&self.periods, &load.strides, load.first, row, &mut target[lane..], lanes);
            }
            self.precision.round_all(target);
        }
        for step in &self.steps {
            // The target is no register that a form of this step reads: its
            // own inputs are released after it was chosen.
            let mut target = std::mem::take(&mut memory.registers[step.target]);
            for (chunk, target) in target.chunks_mut(CHUNK).enumerate() {
                let length = target.len();
                for (input, buffer) in step.inputs.iter().zip(&mut memory.forms) {
                    self.evaluate_linear(input, &memory.registers, chunk * CHUNK, &mut buffer[..length], lanes);
                }
                let forms = &memory.forms[..step.inputs.len()];
                step.operation.apply(self.precision, forms, &mut memory.chunk[..length], target);
            }
            memory.registers[step.target] = target;
        }
        for (at, output) in self.outputs.iter().enumerate() {
            let buffer = &mut memory.output;
            for (chunk, part) in buffer.chunks_mut(CHUNK).enumerate() {
                self.evaluate_linear(output, &memory.registers, chunk * CHUNK, part, lanes);
            }
            let mut sums = vec![0.0; lanes];
            sum_cells(self.precision, buffer, lanes, &mut memory.strands, &mut sums);
            for lane in 0..rows.len() {
                results[lane * self.outputs.len() + at] = sums[lane];
            }
        }
    }

    /// The form's values at the places from `start` on.
    fn evaluate_linear(&self, form: &Linear, registers: &[Vec<f64>], start: usize, target: &mut [f64], lanes: usize) {
        target.fill(form.constant);
        for term in &form.terms {
            let source = &registers[term.register];
            if term.shift.is_empty() {
                self.precision.add_scaled(target, &source[start..start + target.len()], term.coefficient);
            } else {
                let (periods, precision) = (&self.periods, self.precision);
                add_displaced(precision, periods, &term.shift, lanes, start, target, source, term.coefficient);
            }
        }
    }
}

impl Operation {
    /// The gate's values from those of its forms.
    fn apply(&self, precision: Precision, forms: &[Vec<f64>], scratch: &mut [f64], target: &mut [f64]) {
        let length = target.len();
        match self {
            Operation::Square => {
                target.iter_mut().zip(&forms[0]).for_each(|(target, value)| *target = value * value);
            }
            Operation::Product => {
                target.copy_from_slice(&forms[0][..length]);
                for factor in &forms[1..] {
                    target.iter_mut().zip(factor).for_each(|(target, value)| *target *= value);
                }
            }
            Operation::Neurons { neurons, output_bias, skip, activation } => {
                target.fill(*output_bias);
                for (form, skip) in forms.iter().zip(skip).filter(|(_, skip)| **skip != 0.0) {
                    precision.add_scaled(target, &form[..length], *skip);
                }
                for neuron in neurons {
                    preactivate(precision, neuron, forms, scratch);
                    activation.evaluate_all(scratch);
                    precision.round_all(scratch);
                    precision.add_scaled(target, scratch, neuron.output);
                }
            }
        }
    }
}

/// Adds the source displaced by `shift` at the places from `start` on: cell c
/// receives cell c + shift. Cells are contiguous until a row along the last
/// direction ends or wraps.
#[allow(clippy::too_many_arguments)]
fn add_displaced(
    precision: Precision,
    periods: &[usize],
    shift: &[usize],
    lanes: usize,
    start: usize,
    target: &mut [f64],
    source: &[f64],
    coefficient: f64,
) {
    let last = periods.len() - 1;
    let mut done = 0;
    while done < target.len() {
        let place = start + done;
        let (mut cell, within) = (place / lanes, place % lanes);
        let (mut from, mut stride, mut contiguous) = (0, lanes, 0);
        for direction in (0..=last).rev() {
            let period = periods[direction];
            let coordinate = cell % period;
            cell /= period;
            let displaced = coordinate + shift[direction];
            let displaced = if displaced >= period { displaced - period } else { displaced };
            if direction == last {
                contiguous = period - coordinate.max(displaced);
            }
            from += displaced * stride;
            stride *= period;
        }
        let length = (contiguous * lanes - within).min(target.len() - done);
        let source = &source[from + within..from + within + length];
        precision.add_scaled(&mut target[done..done + length], source, coefficient);
        done += length;
    }
}

/// Copies a row's values of one slot into every `lanes`-th place.
fn load_cells(periods: &[usize], strides: &[usize], first: usize, row: &[f64], target: &mut [f64], lanes: usize) {
    match periods {
        [] => target[0] = row[first],
        [period] => {
            let values = row[first..].iter().step_by(strides[0]).take(*period);
            target.iter_mut().step_by(lanes).zip(values).for_each(|(target, value)| *target = *value);
        }
        [period, inner @ ..] => {
            let unit = lanes * inner.iter().product::<usize>();
            for at in 0..*period {
                load_cells(inner, &strides[1..], first + at * strides[0], row, &mut target[at * unit..], lanes);
            }
        }
    }
}

/// `(sum of weight * form) + bias`, in this order: the sum is small beside
/// the bias, so that only the last addition rounds at the bias's size.
fn preactivate(precision: Precision, neuron: &super::Neuron, forms: &[Vec<f64>], target: &mut [f64]) {
    let bias = neuron.bias;
    match (neuron.weights.as_slice(), forms) {
        (weights, forms) if precision != Precision::F64 => {
            target.fill(0.0);
            for (weight, form) in weights.iter().zip(forms) {
                precision.add_scaled(target, form, *weight);
            }
            target.iter_mut().for_each(|z| *z = precision.round(*z + bias));
        }
        (&[weight], [form]) => {
            target.iter_mut().zip(form).for_each(|(z, value)| *z = weight * value + bias);
        }
        (&[a, b], [left, right]) => {
            target.iter_mut().zip(left.iter().zip(right)).for_each(|(z, (x, y))| *z = (a * x + b * y) + bias);
        }
        (weights, forms) => {
            target.fill(0.0);
            for (weight, form) in weights.iter().zip(forms) {
                precision.add_scaled(target, form, *weight);
            }
            target.iter_mut().for_each(|z| *z += bias);
        }
    }
}

/// Adds up all cells of each lane: blocks of 256 cells by eight strands that
/// are then joined pairwise, blocks pairwise. A sum of N cells passes at most
/// [`sum_depth`] additions on its way.
fn sum_cells(precision: Precision, values: &[f64], lanes: usize, strands: &mut [f64], sums: &mut [f64]) {
    let cells = values.len() / lanes;
    if cells == 1 {
        sums.copy_from_slice(values);
        return;
    }
    if cells > SUM_BLOCK {
        // The greatest power of two of blocks that leaves something over.
        let mut half = SUM_BLOCK;
        while half * 2 < cells {
            half *= 2;
        }
        let mut right = vec![0.0; lanes];
        sum_cells(precision, &values[..half * lanes], lanes, strands, sums);
        sum_cells(precision, &values[half * lanes..], lanes, strands, &mut right);
        precision.add(sums, &right);
        return;
    }
    strands.fill(0.0);
    for eight in values.chunks(SUM_STRANDS * lanes) {
        precision.add(strands, eight);
    }
    let mut width = SUM_STRANDS / 2;
    while width > 0 {
        let (low, high) = strands.split_at_mut(width * lanes);
        precision.add(low, high);
        width /= 2;
    }
    sums.copy_from_slice(&strands[..lanes]);
}

/// A bound of the number of additions on the way of one cell's value into
/// the sum of `cells` cells.
pub(crate) fn sum_depth(cells: f64) -> f64 {
    let mut depth = (cells.min(SUM_BLOCK as f64) / SUM_STRANDS as f64).ceil() + 3.0;
    let mut blocks = cells / SUM_BLOCK as f64;
    while blocks > 1.0 {
        blocks /= 2.0;
        depth += 1.0;
    }
    if cells > 1.0 { depth } else { 0.0 }
}
