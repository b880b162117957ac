//! Counts of a network, in one cell and in the whole lattice.

use std::collections::BTreeSet;

use super::{Gate, Network};
use crate::circuit::{Form, cells_of_gates};
use crate::exact::Rational;
use crate::model::Window;

impl Network {
    /// The number of neurons in one cell.
    pub fn neurons(&self) -> u64 {
        self.gates().map(|gate| gate.neurons.len() as u64).sum()
    }

    /// The number of weights and biases in one cell: the coefficients and the
    /// constant of each gate's input forms and of the outputs, each counted
    /// once however many neurons use the form; each neuron's bias, weights
    /// and output weight; each gate's output bias and affine skips. Zeros do not count, nor
    /// does the coefficient 1 of a form that is a single value (a wire).
    pub fn weights(&self) -> u64 {
        let mut count = 0;
        self.for_each_weight(|_| count += 1);
        count
    }

    /// The number of different values among the weights and biases.
    pub fn distinct_weights(&self) -> u64 {
        let mut values = BTreeSet::new();
        self.for_each_weight(|weight| {
            values.insert(weight.to_bits());
        });
        values.len() as u64
    }

    /// The number of coefficients and constants in one cell that are no numbers
    /// of the network's format, so that evaluation rounds them. Weights of
    /// neurons are numbers of the format from the start.
    pub fn rounded_weights(&self) -> u64 {
        let rounds = |value: &Rational| {
            Rational::from_f64(self.precision.round(value.to_f64())).is_none_or(|rounded| rounded != *value)
        };
        let forms = self.gates().flat_map(|gate| &gate.inputs).chain(self.outputs.iter().map(|output| &output.form));
        let numbers = forms.flat_map(|form| form.terms.iter().map(|(_, value)| value).chain([&form.constant]));
        numbers.filter(|value| rounds(value)).count() as u64
    }

    /// The cost of one evaluation in one cell: multiplications by weights (not
    /// by the coefficient 1 or -1 of a form), and activations.
    pub fn operations(&self) -> u64 {
        let form = |form: &Form| form.terms.iter().filter(|(_, c)| !c.abs().is_one()).count() as u64;
        let gate = |gate: &Gate| {
            let inputs: u64 = gate.inputs.iter().map(form).sum();
            let weights = |weights: &[f64]| weights.iter().filter(|weight| **weight != 0.0).count() as u64;
            let neurons = gate.neurons.iter().map(|neuron| weights(&neuron.weights) + 2).sum::<u64>();
            inputs + weights(&gate.skip) + neurons
        };
        self.gates().map(gate).sum::<u64>() + self.outputs.iter().map(|output| form(&output.form)).sum::<u64>()
    }

    /// The number of layers of neurons.
    pub fn depth(&self) -> usize {
        self.layers.len()
    }

    /// The gates in order, through the layers.
    pub fn gates(&self) -> impl Iterator<Item = &Gate> {
        self.layers.iter().flat_map(|layer| &layer.gates)
    }

    /// The number of cells, exactly.
    pub fn cells(&self) -> Rational {
        self.frame.periods.iter().fold(Rational::ONE, |product, &period| product * Rational::from(period))
    }

    /// A count of one cell as one of the whole lattice, in decimal.
    pub fn total(&self, per_cell: u64) -> String {
        (self.cells() * Rational::from(per_cell)).to_string()
    }

    /// The neurons of the whole lattice, in decimal: those of each gate in the
    /// cells where it is needed.
    pub fn total_neurons(&self) -> String {
        let cells = self.cells_of_gates();
        let neurons = self.gates().zip(&cells).map(|(gate, cells)| cells * &Rational::from(gate.neurons.len() as u64));
        neurons.fold(Rational::ZERO, |sum, neurons| sum + neurons).to_string()
    }

    /// The weights and biases of the whole lattice, in decimal; couplings from
    /// files are weights of the outputs that they multiply.
    pub fn total_weights(&self) -> String {
        let mut total = Rational::ZERO;
        for (gate, cells) in self.gates().zip(self.cells_of_gates()) {
            let mut count = 0u64;
            for_each_weight_of(gate, &mut |_| count += 1);
            total += &(cells * Rational::from(count));
        }
        for output in &self.outputs {
            let mut count = u64::from(output.weight.coupling.is_some());
            for_each_coefficient(&output.form, &mut |_| count += 1);
            total += &(output.weight.window.cells(&self.frame.periods) * Rational::from(count));
        }
        total.to_string()
    }

    fn cells_of_gates(&self) -> Vec<Rational> {
        let gates: Vec<Vec<&Form>> = self.gates().map(|gate| gate.inputs.iter().collect()).collect();
        let outputs: Vec<(Window, &Form)> =
            self.outputs.iter().map(|output| (output.weight.window, &output.form)).collect();
        cells_of_gates(&self.frame, &gates, &outputs)
    }

    fn for_each_weight(&self, mut count: impl FnMut(f64)) {
        self.gates().for_each(|gate| for_each_weight_of(gate, &mut count));
        self.outputs.iter().for_each(|output| for_each_coefficient(&output.form, &mut count));
    }
}

fn for_each_coefficient(form: &Form, count: &mut dyn FnMut(f64)) {
    if !form.constant.is_zero() {
        count(form.constant.to_f64());
    }
    if let [(_, coefficient)] = form.terms.as_slice()
        && form.constant.is_zero()
        && coefficient.is_one()
    {
        return;
    }
    form.terms.iter().for_each(|(_, coefficient)| count(coefficient.to_f64()));
}

fn for_each_weight_of(gate: &Gate, count: &mut dyn FnMut(f64)) {
    gate.inputs.iter().for_each(|input| for_each_coefficient(input, count));
    for neuron in &gate.neurons {
        let weights = neuron.weights.iter().chain([&neuron.bias, &neuron.output]);
        weights.filter(|weight| **weight != 0.0).for_each(|weight| count(*weight));
    }
    let beside = gate.skip.iter().chain([&gate.output_bias]);
    beside.filter(|weight| **weight != 0.0).for_each(|weight| count(*weight));
}
