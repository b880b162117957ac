//! Checksums, so that a change of any digit is noticed and placed.

use crate::circuit::{Form, Source};
use crate::modular::scramble;
use crate::network::Gate;

/// A running checksum.
struct Checksum(u64);

impl Checksum {
    fn add(&mut self, value: u64) {
        self.0 = scramble(self.0.rotate_left(7) ^ value);
    }

    /// Both zeros are one number.
    fn number(&mut self, number: f64) {
        self.add((number + 0.0).to_bits());
    }

    fn text(&mut self, text: &str) {
        self.add(text.len() as u64);
        text.bytes().for_each(|byte| self.add(byte as u64));
    }

    fn form(&mut self, form: &Form) {
        self.text(&form.constant.to_string());
        self.add(form.terms.len() as u64);
        for (source, coefficient) in &form.terms {
            match source {
                Source::Input(variable) => {
                    self.add(1);
                    self.add(variable.slot() as u64);
                    variable.cell.0.iter().for_each(|&component| self.add(component as u64));
                }
                Source::Gate { gate, shift } => {
                    self.add(2);
                    self.add(*gate as u64);
                    shift.0.iter().for_each(|&component| self.add(component as u64));
                }
            }
            self.text(&coefficient.to_string());
        }
    }
}

/// Of everything that a gate is.
pub(super) fn of_gate(gate: &Gate) -> u64 {
    let mut sum = Checksum(0);
    sum.text(&gate.name);
    sum.text(&gate.computes);
    sum.text(gate.template.name());
    gate.inputs.iter().for_each(|input| sum.form(input));
    gate.powers.iter().for_each(|&power| sum.add(power as u64));
    gate.constants.iter().for_each(|constant| sum.text(&constant.to_string()));
    for neuron in &gate.neurons {
        sum.add(neuron.weights.len() as u64);
        let numbers = neuron.weights.iter().chain([&neuron.bias, &neuron.output]);
        numbers.for_each(|number| sum.number(*number));
    }
    let rest = gate.skip.iter().chain([&gate.output_bias, &gate.scale]);
    rest.for_each(|number| sum.number(*number));
    sum.0
}

/// Of an output's form.
pub(super) fn of_form(form: &Form) -> u64 {
    let mut sum = Checksum(1);
    sum.form(form);
    sum.0
}
