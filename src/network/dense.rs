//! The network of a small lattice written out: explicit matrices.
//!
//! Enters: a network. Leaves: for each layer of neurons the matrix and the
//! biases that give what its activation is applied to, over the neurons of
//! all cells, and the same for the outputs. Gates are gone: their input forms
//! and output weights are multiplied into the matrices, in doubles. So the
//! numbers are those of the network up to rounding, which is larger here:
//! affine skips through several gates become single large weights that
//! cancel. No bound of it is proved.

use ndarray::{Array2, ArrayView1};
use std::collections::BTreeMap;
use std::fmt;

use super::{Activation, Network};
use crate::circuit::{Form, Source};
use crate::model::{Boundary, Columns, Shift};

/// The numbers that the matrices of a written-out network hold at most.
pub const MOST_NUMBERS: u64 = 1 << 20;

/// A network of explicit matrices.
#[derive(Clone, PartialEq, Debug)]
pub struct DenseNetwork {
    /// The names of the inputs, the columns of samples.
    pub inputs: Vec<String>,
    /// The activation function of all neurons.
    pub activation: Activation,
    /// The layers of neurons, those of a cell together.
    pub layers: Vec<DenseLayer>,
    /// The names of the outputs.
    pub outputs: Vec<String>,
    /// The outputs, without activation.
    pub readout: DenseLayer,
}

/// `bias + sum over sources of matrix * values of the source`.
#[derive(Clone, PartialEq, Debug)]
pub struct DenseLayer {
    /// A number for each row.
    pub bias: Vec<f64>,
    /// A matrix for each source that is used: zero stands for the inputs, k
    /// for the activations of the k-th layer.
    pub weights: Vec<(usize, Array2<f64>)>,
}

/// Why a network is not written out.
#[derive(Clone, PartialEq, Debug)]
pub enum DenseError {
    /// Gates are computed beyond the ends of the lattice.
    Ends,
    /// The matrices would be too large.
    TooLarge {
        /// The numbers they would hold, about.
        numbers: f64,
    },
}

impl fmt::Display for DenseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DenseError::TooLarge { numbers } = self else {
            return f.write_str("gates of the network look beyond the ends of the lattice, so it is not written out");
        };
        write!(
            f,
            "written out, the network's matrices would hold {numbers:.3e} numbers, and at most {MOST_NUMBERS} are written; \
             shorten the lattice"
        )
    }
}

impl std::error::Error for DenseError {}

impl DenseNetwork {
    /// The outputs of one sample.
    ///
    /// # Panics
    /// If the sample has another length than [`DenseNetwork::inputs`].
    pub fn evaluate(&self, sample: &[f64]) -> Vec<f64> {
        assert_eq!(sample.len(), self.inputs.len());
        let mut values = vec![sample.to_vec()];
        for layer in &self.layers {
            let mut next = layer.apply(&values);
            self.activation.evaluate_all(&mut next);
            values.push(next);
        }
        self.readout.apply(&values)
    }
}

impl DenseLayer {
    fn apply(&self, values: &[Vec<f64>]) -> Vec<f64> {
        let mut sums = vec![0.0; self.bias.len()];
        for (from, matrix) in &self.weights {
            let product = matrix.dot(&ArrayView1::from(&values[*from]));
            sums.iter_mut().zip(&product).for_each(|(sum, value)| *sum += value);
        }
        // Last, as in the network: the rest is small beside it.
        sums.iter_mut().zip(&self.bias).for_each(|(sum, bias)| *sum += bias);
        sums
    }
}

/// Writes a network out, if its lattice is small.
pub fn dense(network: &Network) -> Result<DenseNetwork, DenseError> {
    let twisted = network.frame.boundaries.contains(&Boundary::Twisted);
    if twisted || network.circuit().looks_beyond_ends(&network.frame) {
        return Err(DenseError::Ends);
    }
    let numbers = numbers(network);
    let columns = || {
        let slots = 0..network.frame.slots();
        slots.map(|slot| network.frame.columns(&network.lattice, &network.fields, slot)).collect::<Option<Vec<_>>>()
    };
    let Some(columns) = (numbers <= MOST_NUMBERS as f64).then(columns).flatten() else {
        return Err(DenseError::TooLarge { numbers });
    };
    let mut writer = Writer { network, columns, gates: Vec::new(), neurons: Vec::new() };
    let cells = writer.cells();
    let mut layers = Vec::with_capacity(network.layers.len());
    for (at, layer) in network.layers.iter().enumerate() {
        let width: usize = layer.gates.iter().map(|gate| gate.neurons.len()).sum();
        let mut rows = Rows::new(width * cells);
        let mut first = 0;
        let before = writer.gates.len();
        for gate in &layer.gates {
            for cell in 0..cells {
                for (neuron, row) in gate.neurons.iter().zip(cell * width + first..) {
                    rows.bias[row] += neuron.bias;
                    for (weight, form) in neuron.weights.iter().zip(&gate.inputs) {
                        writer.add(form, cell, *weight, row, &mut rows);
                    }
                }
            }
            writer.gates.push((at, first));
            first += gate.neurons.len();
        }
        debug_assert_eq!(writer.gates.len() - before, layer.gates.len());
        writer.neurons.push(width);
        layers.push(rows.into_layer(&writer));
    }
    let mut energies: Vec<String> = Vec::new();
    for output in &network.outputs {
        if !energies.contains(&output.name) {
            energies.push(output.name.clone());
        }
    }
    let mut rows = Rows::new(energies.len());
    for output in &network.outputs {
        let row = energies.iter().position(|name| *name == output.name).expect("just listed");
        for cell in 0..cells {
            let place: Vec<u64> =
                writer.coordinates(cell, &Shift::ZERO.0).into_iter().map(|coordinate| coordinate as u64).collect();
            let weight = network.frame.weight(&output.weight, &network.couplings, &place).to_f64();
            if weight != 0.0 {
                writer.add(&output.form, cell, weight, row, &mut rows);
            }
        }
    }
    let inputs = names(network);
    Ok(DenseNetwork {
        inputs,
        activation: network.activation,
        layers,
        outputs: energies,
        readout: rows.into_layer(&writer),
    })
}

/// The names of the columns of samples.
fn names(network: &Network) -> Vec<String> {
    let evaluator = super::Evaluator::new(network).expect("a small lattice is within reach");
    (0..evaluator.variables()).map(|column| evaluator.column_name(column)).collect()
}

/// The numbers of all matrices, about.
fn numbers(network: &Network) -> f64 {
    let cells: f64 = network.frame.periods.iter().map(|&period| period as f64).product();
    let mut widths = vec![cells * network.frame.slots() as f64];
    let mut layer_of = Vec::new();
    // The inputs have names.
    let mut total = widths[0];
    let columns = |forms: &mut dyn Iterator<Item = &Form>, widths: &[f64], layer_of: &[usize]| -> f64 {
        let mut used = vec![false; widths.len()];
        for (source, _) in forms.flat_map(|form| &form.terms) {
            used[match source {
                Source::Input(_) => 0,
                Source::Gate { gate, .. } => layer_of[*gate] + 1,
            }] = true;
        }
        used.iter().zip(widths).filter(|(used, _)| **used).map(|(_, width)| width).sum()
    };
    for (at, layer) in network.layers.iter().enumerate() {
        let width = cells * layer.gates.iter().map(|gate| gate.neurons.len() as f64).sum::<f64>();
        total += width * (1.0 + columns(&mut layer.gates.iter().flat_map(|gate| &gate.inputs), &widths, &layer_of));
        widths.push(width);
        layer_of.resize(layer_of.len() + layer.gates.len(), at);
    }
    let readout = columns(&mut network.outputs.iter().map(|output| &output.form), &widths, &layer_of);
    total + network.outputs.len() as f64 * (1.0 + readout)
}

/// Rows of matrices that are being added up, one matrix a source.
struct Rows {
    bias: Vec<f64>,
    entries: BTreeMap<(usize, usize, usize), f64>,
}

impl Rows {
    fn new(rows: usize) -> Rows {
        Rows { bias: vec![0.0; rows], entries: BTreeMap::new() }
    }

    fn into_layer(self, writer: &Writer<'_>) -> DenseLayer {
        let mut weights: Vec<(usize, Array2<f64>)> = Vec::new();
        for ((from, row, column), value) in self.entries {
            if weights.last().is_none_or(|(known, _)| *known != from) {
                weights.push((from, Array2::zeros((self.bias.len(), writer.width(from)))));
            }
            weights.last_mut().expect("just added").1[(row, column)] = value;
        }
        DenseLayer { bias: self.bias, weights }
    }
}

struct Writer<'a> {
    network: &'a Network,
    columns: Vec<Columns>,
    /// The layer of each gate so far, and its first neuron in a cell.
    gates: Vec<(usize, usize)>,
    /// The neurons of a cell in each layer so far.
    neurons: Vec<usize>,
}

impl Writer<'_> {
    fn cells(&self) -> usize {
        self.network.frame.periods.iter().map(|&period| period as usize).product()
    }

    /// The number of values that a source has.
    fn width(&self, from: usize) -> usize {
        match from {
            0 => self.cells() * self.network.frame.slots(),
            layer => self.cells() * self.neurons[layer - 1],
        }
    }

    /// Adds `factor` times a form in a cell to a row.
    fn add(&self, form: &Form, cell: usize, factor: f64, row: usize, rows: &mut Rows) {
        rows.bias[row] += factor * form.constant.to_f64();
        for (source, coefficient) in &form.terms {
            let factor = factor * coefficient.to_f64();
            match *source {
                Source::Input(variable) => {
                    let Columns { first, strides } = &self.columns[variable.slot()];
                    let place = self.coordinates(cell, &variable.cell.0);
                    let column = first + place.iter().zip(strides).map(|(at, stride)| at * stride).sum::<usize>();
                    *rows.entries.entry((0, row, column)).or_default() += factor;
                }
                Source::Gate { gate, shift } => {
                    let (layer, first) = self.gates[gate];
                    let gate = self.network.gates().nth(gate).expect("a gate of an earlier layer");
                    let periods = self.network.frame.periods.iter();
                    let place = self.coordinates(cell, &shift.0);
                    let cell = place.iter().zip(periods).fold(0, |index, (at, &period)| index * period as usize + at);
                    rows.bias[row] += factor * gate.output_bias;
                    // Affine skips of the gate are skips of the rows.
                    for (input, skip) in gate.inputs.iter().zip(&gate.skip).filter(|(_, skip)| **skip != 0.0) {
                        self.add(input, cell, factor * skip, row, rows);
                    }
                    for (neuron, column) in gate.neurons.iter().zip(cell * self.neurons[layer] + first..) {
                        *rows.entries.entry((layer + 1, row, column)).or_default() += factor * neuron.output;
                    }
                }
            }
        }
    }

    /// The coordinates of a displaced cell.
    fn coordinates(&self, mut cell: usize, shift: &[i16]) -> Vec<usize> {
        let periods = &self.network.frame.periods;
        let mut place = vec![0; periods.len()];
        for direction in (0..periods.len()).rev() {
            let period = periods[direction] as usize;
            let moved = (cell % period) as i64 + i64::from(shift[direction]);
            place[direction] = moved.rem_euclid(period as i64) as usize;
            cell /= period;
        }
        place
    }
}
