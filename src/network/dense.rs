//! The network of a small lattice written out: explicit matrices.
//!
//! Enters: a network. Leaves: for each layer of neurons the matrix and the
//! biases that give what its activation is applied to, over the neurons of
//! all cells, and the same for the outputs. Gates are gone: their input forms
//! and output weights are multiplied into the matrices, in doubles. So the
//! numbers are those of the network up to rounding, which is larger here:
//! affine skips through several gates become single large weights that
//! cancel. No bound of it is proved. Gates are written out where they are
//! needed: beyond open ends too, where inputs are zeros, and twice around a
//! twisted direction.

use ndarray::{Array2, ArrayView1};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::cover::{Cell, Cover};
use super::{Activation, Network};
use crate::circuit::{Form, Source};
use crate::model::{Columns, Weight};

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
    /// The matrices would be too large.
    TooLarge {
        /// The numbers they would hold, about.
        numbers: f64,
    },
}

impl fmt::Display for DenseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DenseError::TooLarge { numbers } = self;
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
    let least = numbers(network);
    let columns = || {
        let slots = 0..network.frame.slots();
        slots.map(|slot| network.frame.columns(&network.lattice, &network.fields, slot)).collect::<Option<Vec<_>>>()
    };
    let Some(columns) = (least <= MOST_NUMBERS as f64).then(columns).flatten() else {
        return Err(DenseError::TooLarge { numbers: least });
    };
    let cover = Cover::new(network.frame.periods.iter().map(|&period| period as usize), &network.frame.boundaries);
    let mut writer = Writer { network, columns, cover, variables: 0, gates: Vec::new(), neurons: Vec::new() };
    let inputs = names(network);
    writer.variables = inputs.len();
    let needed = writer.needed();
    let mut layers = Vec::with_capacity(network.layers.len());
    let mut needed_of_gates = needed.into_iter();
    for (at, layer) in network.layers.iter().enumerate() {
        // The neurons of a cell stand together.
        let mut places: BTreeMap<Cell, Vec<usize>> = BTreeMap::new();
        for gate in 0..layer.gates.len() {
            for cell in needed_of_gates.next().unwrap_or_default() {
                places.entry(cell).or_default().push(gate);
            }
        }
        let mut first: Vec<BTreeMap<Cell, usize>> = vec![BTreeMap::new(); layer.gates.len()];
        let mut width = 0;
        for (cell, gates) in &places {
            for &gate in gates {
                first[gate].insert(*cell, width);
                width += layer.gates[gate].neurons.len();
            }
        }
        let used = [writer.variables].into_iter().chain(writer.neurons.iter().copied()).sum::<usize>();
        if width.saturating_mul(used) > 64 * MOST_NUMBERS as usize {
            return Err(DenseError::TooLarge { numbers: width as f64 * used as f64 });
        }
        let mut rows = Rows::new(width);
        for (gate, cells) in layer.gates.iter().zip(&first) {
            for (cell, &first) in cells {
                for (neuron, row) in gate.neurons.iter().zip(first..) {
                    rows.bias[row] += neuron.bias;
                    for (weight, form) in neuron.weights.iter().zip(&gate.inputs) {
                        writer.add(form, cell, *weight, row, &mut rows);
                    }
                }
            }
        }
        writer.gates.extend(first.into_iter().map(|cells| (at, cells)));
        writer.neurons.push(width);
        layers.push(rows.into_layer(&writer)?);
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
        for cell in writer.cover.cells() {
            let weight = writer.weight(&output.weight, &cell);
            if weight != 0.0 {
                writer.add(&output.form, &cell, weight, row, &mut rows);
            }
        }
    }
    Ok(DenseNetwork {
        inputs,
        activation: network.activation,
        layers,
        outputs: energies,
        readout: rows.into_layer(&writer)?,
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

    fn into_layer(self, writer: &Writer<'_>) -> Result<DenseLayer, DenseError> {
        let mut sources: Vec<usize> = self.entries.keys().map(|&(from, ..)| from).collect();
        sources.dedup();
        let numbers = sources.iter().map(|&from| self.bias.len() as f64 * writer.width(from) as f64).sum::<f64>();
        if numbers > MOST_NUMBERS as f64 {
            return Err(DenseError::TooLarge { numbers });
        }
        let mut weights: Vec<(usize, Array2<f64>)> = Vec::new();
        for ((from, row, column), value) in self.entries {
            if weights.last().is_none_or(|(known, _)| *known != from) {
                weights.push((from, Array2::zeros((self.bias.len(), writer.width(from)))));
            }
            weights.last_mut().expect("just added").1[(row, column)] = value;
        }
        Ok(DenseLayer { bias: self.bias, weights })
    }
}

struct Writer<'a> {
    network: &'a Network,
    columns: Vec<Columns>,
    cover: Cover,
    /// The number of inputs.
    variables: usize,
    /// The layer of each gate so far, and its first neuron in each cell where
    /// it is needed.
    gates: Vec<(usize, BTreeMap<Cell, usize>)>,
    /// The neurons of each layer so far.
    neurons: Vec<usize>,
}

impl Writer<'_> {
    /// The number of values that a source has.
    fn width(&self, from: usize) -> usize {
        match from {
            0 => self.variables,
            layer => self.neurons[layer - 1],
        }
    }

    /// The factor of an output in a cell of the lattice.
    fn weight(&self, weight: &Weight, cell: &Cell) -> f64 {
        let place: Vec<u64> = self.cover.indices(cell).into_iter().map(|coordinate| coordinate as u64).collect();
        self.network.frame.weight(weight, &self.network.couplings, &place).to_f64()
    }

    /// The cells in which each gate is needed, beyond open ends and around
    /// twisted directions too.
    fn needed(&self) -> Vec<BTreeSet<Cell>> {
        let gates: Vec<&super::Gate> = self.network.gates().collect();
        let mut needed: Vec<BTreeSet<Cell>> = vec![BTreeSet::new(); gates.len()];
        let see = |form: &Form, cell: &Cell, needed: &mut Vec<BTreeSet<Cell>>| {
            for (source, _) in &form.terms {
                if let Source::Gate { gate, shift } = source {
                    needed[*gate].insert(self.cover.moved(cell, shift, 1));
                }
            }
        };
        let cells = self.cover.cells();
        for output in &self.network.outputs {
            for cell in cells.iter().filter(|cell| self.weight(&output.weight, cell) != 0.0) {
                see(&output.form, cell, &mut needed);
            }
        }
        for at in (0..gates.len()).rev() {
            for cell in needed[at].clone() {
                gates[at].inputs.iter().for_each(|form| see(form, &cell, &mut needed));
            }
        }
        needed
    }

    /// Adds `factor` times a form in a cell to a row.
    fn add(&self, form: &Form, cell: &Cell, factor: f64, row: usize, rows: &mut Rows) {
        rows.bias[row] += factor * form.constant.to_f64();
        for (source, coefficient) in &form.terms {
            let factor = factor * coefficient.to_f64();
            match *source {
                Source::Input(variable) => {
                    let there = self.cover.moved(cell, &variable.cell, 1);
                    let Some((there, negative)) = self.cover.folded(&there) else { continue };
                    let columns = &self.columns[variable.slot()];
                    let Some(column) = columns.at(&self.cover.indices(&there)) else { continue };
                    *rows.entries.entry((0, row, column)).or_default() += if negative { -factor } else { factor };
                }
                Source::Gate { gate, shift } => {
                    let there = self.cover.moved(cell, &shift, 1);
                    let (layer, first) = &self.gates[gate];
                    let first = first[&there];
                    let gate = self.network.gates().nth(gate).expect("a gate of an earlier layer");
                    rows.bias[row] += factor * gate.output_bias;
                    // Affine skips of the gate are skips of the rows.
                    for (input, skip) in gate.inputs.iter().zip(&gate.skip).filter(|(_, skip)| **skip != 0.0) {
                        self.add(input, &there, factor * skip, row, rows);
                    }
                    for (neuron, column) in gate.neurons.iter().zip(first..) {
                        *rows.entries.entry((layer + 1, row, column)).or_default() += factor * neuron.output;
                    }
                }
            }
        }
    }
}
