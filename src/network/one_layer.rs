//! Networks of one hidden layer, of up to millions of neurons.
//!
//! The neurons of a baseline are too many to be written down one by one, but
//! they are regular: those of a monomial stand on a grid (1705.05502, theorem
//! 4.2). A [`Block`] generates them when it is evaluated, each with its own
//! weights, as [`Neurons::Grid`], or lists them. What a block computes is an
//! affine map, the activation, an affine map: nothing but the order of the
//! additions differs from a network with its neurons written out.
//!
//! On a lattice a block is applied in every cell. Constants and linear terms
//! reach the output by its bias and by affine skips.

use dashu_int::UBig;
use ndarray::ArrayView2;
use rayon::prelude::*;
use std::collections::BTreeSet;

use super::{Activation, Neuron};
use crate::model::{Columns, Field, Frame, Lattice, Variable};

/// The neurons of one input of a grid: the weights that it can have and the
/// factor that each contributes to the output weight.
#[derive(Clone, PartialEq, Debug)]
pub struct Axis {
    /// The weights of the input.
    pub weights: Vec<f64>,
    /// The factors of the output weight.
    pub factors: Vec<f64>,
}

/// The neurons of a block.
#[derive(Clone, PartialEq, Debug)]
pub enum Neurons {
    /// One for each choice of a weight on every axis, all with the bias
    /// `centre`; the output weight is `output` times the factors.
    Grid {
        /// An axis for each variable of the block.
        axes: Vec<Axis>,
        /// The common bias.
        centre: f64,
        /// The common factor of the output weights.
        output: f64,
        /// Whether the neuron without inputs, a constant, is one of them.
        origin: bool,
    },
    /// Each by itself, with a weight for each variable of the block.
    List(Vec<Neuron>),
}

/// Neurons that share their inputs.
#[derive(Clone, PartialEq, Debug)]
pub struct Block {
    /// The inputs, relative to the cell at hand.
    pub variables: Vec<Variable>,
    /// The neurons.
    pub neurons: Neurons,
    /// A constant that is added to their sum.
    pub output_bias: f64,
}

/// A network of one hidden layer with one output: the sum over all cells of
/// `constant + sum of skips + sum of blocks`.
#[derive(Clone, PartialEq, Debug)]
pub struct OneLayer {
    /// The activation of all neurons.
    pub activation: Activation,
    /// The coefficients of inputs that reach the output directly.
    pub skips: Vec<(Variable, f64)>,
    /// The constant of the output in one cell.
    pub constant: f64,
    /// The hidden neurons of one cell.
    pub blocks: Vec<Block>,
}

/// The counts of a network in one cell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OneLayerCounts {
    /// Neurons.
    pub neurons: UBig,
    /// Weights and biases that are not zero.
    pub weights: UBig,
    /// Different values among them.
    pub distinct_weights: u64,
    /// Multiplications by weights, and activations, of one evaluation.
    pub operations: UBig,
}

/// More different output weights than this are not told apart.
const MOST_DISTINCT: usize = 100_000;

impl Neurons {
    /// The number of neurons.
    pub fn count(&self) -> UBig {
        match self {
            Neurons::Grid { axes, origin, .. } => {
                let all = axes.iter().fold(UBig::ONE, |product, axis| product * UBig::from(axis.weights.len()));
                if *origin || !has_origin(axes) { all } else { all - UBig::ONE }
            }
            Neurons::List(neurons) => UBig::from(neurons.len()),
        }
    }
}

fn has_origin(axes: &[Axis]) -> bool {
    axes.iter().all(|axis| axis.weights.contains(&0.0))
}

impl OneLayer {
    /// The counts in one cell.
    pub fn counts(&self) -> OneLayerCounts {
        let mut neurons = UBig::ZERO;
        let mut inputs = UBig::from(self.skips.len());
        let mut biases = UBig::from((self.constant != 0.0) as u64);
        let mut distinct: BTreeSet<u64> = self.skips.iter().map(|(_, weight)| weight.to_bits()).collect();
        let mut see = |weight: f64| {
            if weight != 0.0 {
                distinct.insert(weight.to_bits());
            }
        };
        see(self.constant);
        for block in &self.blocks {
            let count = block.neurons.count();
            see(block.output_bias);
            biases += UBig::from((block.output_bias != 0.0) as u64);
            match &block.neurons {
                Neurons::List(list) => {
                    for neuron in list {
                        inputs += UBig::from(neuron.weights.iter().filter(|weight| **weight != 0.0).count());
                        biases += UBig::from((neuron.bias != 0.0) as u64);
                        neuron.weights.iter().chain([&neuron.bias, &neuron.output]).for_each(|weight| see(*weight));
                    }
                }
                Neurons::Grid { axes, centre, output, .. } => {
                    let all = axes.iter().fold(UBig::ONE, |product, axis| product * UBig::from(axis.weights.len()));
                    for axis in axes {
                        let set = axis.weights.iter().filter(|weight| **weight != 0.0).count();
                        inputs += &all / UBig::from(axis.weights.len()) * UBig::from(set);
                    }
                    if *centre != 0.0 {
                        biases += &count;
                    }
                    see(*centre);
                    axes.iter().flat_map(|axis| &axis.weights).for_each(|weight| see(*weight));
                    products_of_factors(axes, *output).into_iter().for_each(&mut see);
                }
            }
            neurons += count;
        }
        let operations = &inputs + &neurons + &neurons;
        OneLayerCounts {
            weights: inputs + &neurons + biases,
            neurons,
            distinct_weights: distinct.len() as u64,
            operations,
        }
    }

    /// The energy at each row of `points`, whose columns are those of
    /// [`super::Evaluator`], on a lattice with these fields and this frame.
    /// `None` where the lattice is too large for the address range or the
    /// columns are not its own. A row's result does not depend on the others
    /// or on the number of threads.
    pub fn evaluate(
        &self,
        lattice: &Lattice,
        fields: &[Field],
        frame: &Frame,
        points: ArrayView2<'_, f64>,
    ) -> Option<Vec<f64>> {
        let columns: Vec<Columns> =
            (0..frame.slots()).map(|slot| frame.columns(lattice, fields, slot)).collect::<Option<_>>()?;
        let periods: Vec<usize> =
            frame.periods.iter().map(|&period| usize::try_from(period).ok()).collect::<Option<_>>()?;
        let cells = periods.iter().try_fold(1usize, |product, &period| product.checked_mul(period))?;
        let per_cell = points.ncols().checked_div(cells)?;
        if per_cell * cells != points.ncols() || per_cell != frame.slots() {
            return None;
        }
        let tables: Vec<Option<Halves>> = self.blocks.iter().map(|block| Halves::new(&block.neurons)).collect();
        let rows: Vec<Vec<f64>> = points.rows().into_iter().map(|row| row.to_vec()).collect();
        let energies = rows.par_iter().map(|row| {
            let mut sum = 0.0;
            let mut cell = vec![0usize; periods.len()];
            let mut inputs = Vec::new();
            loop {
                let value = |variable: &Variable| {
                    let columns = &columns[variable.slot()];
                    let step = |direction: usize| {
                        let place = cell[direction] as i64 + variable.cell.0[direction] as i64;
                        place.rem_euclid(periods[direction] as i64) as usize * columns.strides[direction]
                    };
                    row[columns.first + (0..periods.len()).map(step).sum::<usize>()]
                };
                sum += self.constant;
                for (variable, weight) in &self.skips {
                    sum += weight * value(variable);
                }
                for (block, table) in self.blocks.iter().zip(&tables) {
                    inputs.clear();
                    inputs.extend(block.variables.iter().map(value));
                    sum += block.evaluate(self.activation, &inputs, table.as_ref());
                }
                // The next cell, the last direction fastest.
                let Some(direction) = (0..periods.len()).rev().find(|&d| cell[d] + 1 < periods[d]) else {
                    return sum;
                };
                cell[direction] += 1;
                cell[direction + 1..].fill(0);
            }
        });
        Some(energies.collect())
    }
}

/// The values of `output` times one factor of each axis.
fn products_of_factors(axes: &[Axis], output: f64) -> Vec<f64> {
    let mut products: BTreeSet<u64> = BTreeSet::from([output.to_bits()]);
    for axis in axes {
        let mut next = BTreeSet::new();
        for product in &products {
            next.extend(axis.factors.iter().map(|factor| (f64::from_bits(*product) * factor).to_bits()));
        }
        products = next;
        if products.len() > MOST_DISTINCT {
            break;
        }
    }
    products.into_iter().map(f64::from_bits).collect()
}

impl Block {
    /// The value of a block by itself at given inputs.
    pub fn value(&self, activation: Activation, inputs: &[f64]) -> f64 {
        self.evaluate(activation, inputs, Halves::new(&self.neurons).as_ref())
    }

    fn evaluate(&self, activation: Activation, inputs: &[f64], table: Option<&Halves>) -> f64 {
        match (&self.neurons, table) {
            (Neurons::List(neurons), _) => {
                let mut sum = 0.0;
                for neuron in neurons {
                    let argument = neuron.weights.iter().zip(inputs).fold(0.0, |sum, (weight, x)| sum + weight * x);
                    sum += neuron.output * activation.evaluate(argument + neuron.bias);
                }
                sum + self.output_bias
            }
            (Neurons::Grid { centre, output, origin, .. }, Some(table)) => {
                output * table.sum(activation, inputs, *centre, *origin) + self.output_bias
            }
            (Neurons::Grid { .. }, None) => self.output_bias,
        }
    }
}

/// A grid as all pairs of a choice on the first axes and one on the others.
struct Halves {
    first: Half,
    second: Half,
}

/// The choices on some axes: their weights, and the products of their factors.
struct Half {
    /// The number of axes.
    axes: usize,
    /// The weights of each choice, one after the other.
    weights: Vec<f64>,
    factors: Vec<f64>,
    /// The choice whose weights are all zero.
    origin: Option<usize>,
}

impl Half {
    fn new(axes: &[Axis]) -> Half {
        let mut choices: Vec<(Vec<f64>, f64)> = vec![(Vec::new(), 1.0)];
        for axis in axes {
            choices = choices
                .iter()
                .flat_map(|(weights, factor)| {
                    axis.weights.iter().zip(&axis.factors).map(move |(weight, own)| {
                        let mut extended = weights.clone();
                        extended.push(*weight);
                        (extended, factor * own)
                    })
                })
                .collect();
        }
        Half {
            axes: axes.len(),
            origin: choices.iter().position(|(weights, _)| weights.iter().all(|weight| *weight == 0.0)),
            factors: choices.iter().map(|(_, factor)| *factor).collect(),
            weights: choices.into_iter().flat_map(|(weights, _)| weights).collect(),
        }
    }

    /// The sum of weights times inputs of each choice.
    fn sums(&self, inputs: &[f64]) -> Vec<f64> {
        let sum = |choice: usize| {
            let weights = &self.weights[choice * self.axes..(choice + 1) * self.axes];
            weights.iter().zip(inputs).fold(0.0, |sum, (weight, x)| sum + weight * x)
        };
        (0..self.factors.len()).map(sum).collect()
    }
}

impl Halves {
    /// The tables of a grid; `None` for a list.
    fn new(neurons: &Neurons) -> Option<Halves> {
        let Neurons::Grid { axes, .. } = neurons else { return None };
        // As equal as the order of the axes allows.
        let size = |axes: &[Axis]| axes.iter().map(|axis| axis.weights.len() as f64).product::<f64>();
        let middle = (0..=axes.len()).min_by(|&a, &b| {
            let cost = |at: usize| size(&axes[..at]) + size(&axes[at..]);
            cost(a).total_cmp(&cost(b))
        });
        let (first, second) = axes.split_at(middle.unwrap_or(0));
        Some(Halves { first: Half::new(first), second: Half::new(second) })
    }

    /// The sum over all neurons of their factors times the activation.
    fn sum(&self, activation: Activation, inputs: &[f64], centre: f64, origin: bool) -> f64 {
        let (left, right) = inputs.split_at(self.first.axes);
        let (rows, columns) = (self.first.sums(left), self.second.sums(right));
        let mut values = vec![0.0; columns.len()];
        let mut total = 0.0;
        for (at, row) in rows.iter().enumerate() {
            for (value, column) in values.iter_mut().zip(&columns) {
                *value = (row + column) + centre;
            }
            activation.evaluate_all(&mut values);
            if !origin
                && Some(at) == self.first.origin
                && let Some(column) = self.second.origin
            {
                values[column] = 0.0;
            }
            let products = values.iter().zip(&self.second.factors).map(|(value, factor)| value * factor);
            total += self.first.factors[at] * products.sum::<f64>();
        }
        total
    }
}
