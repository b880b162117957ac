//! The circuit that a network claims to compute, read off its gates.

use super::{Network, Template};
use crate::circuit::{Circuit, Form, Gate, Output, Source};
use crate::exact::Rational;
use crate::model::Shift;

impl Network {
    /// The exact circuit behind the network: each gate by its template and
    /// its exact inputs, copies as what they copy. What the neurons compute
    /// differs from it by the error that the network promises.
    pub fn circuit(&self) -> Circuit {
        let mut circuit = Circuit::default();
        // The value of each gate of the network as a form of the circuit.
        let mut values: Vec<Form> = Vec::new();
        for gate in self.gates() {
            let mut inputs: Vec<Form> = gate.inputs.iter().map(|input| translate(input, &values)).collect();
            let value = match gate.template {
                Template::Copy => inputs.remove(0),
                // Parts of a square; certification sees to it that nothing
                // else uses them.
                Template::Fold | Template::Tooth => Form::default(),
                Template::Rectified => push(&mut circuit, Gate::Square(inputs.remove(2))),
                template if template.is_square() => push(&mut circuit, Gate::Square(inputs.remove(0))),
                Template::Bits => push(&mut circuit, Gate::BitProduct(inputs)),
                template if template.is_product() => {
                    let right = inputs.remove(1);
                    push(&mut circuit, Gate::Product(inputs.remove(0), right))
                }
                _ => {
                    let mut factors = inputs
                        .iter()
                        .zip(&gate.powers)
                        .flat_map(|(input, &power)| std::iter::repeat_n(input.clone(), power as usize));
                    let first = factors.next().unwrap_or_else(|| Form::new(Rational::ONE, []));
                    factors.fold(first, |product, factor| push(&mut circuit, Gate::Product(product, factor)))
                }
            };
            values.push(value);
        }
        circuit.outputs = self
            .outputs
            .iter()
            .map(|output| Output {
                name: output.name.clone(),
                weight: output.weight,
                form: translate(&output.form, &values),
            })
            .collect();
        circuit.deviation = Rational::from_f64(self.accuracy.deviation).unwrap_or_default();
        circuit
    }
}

fn push(circuit: &mut Circuit, gate: Gate) -> Form {
    circuit.gates.push(gate);
    Form::source(Source::Gate { gate: circuit.gates.len() - 1, shift: Shift::ZERO })
}

/// A form of a network with the values of its gates put in.
fn translate(form: &Form, values: &[Form]) -> Form {
    let mut constant = form.constant.clone();
    let mut terms = Vec::new();
    for (source, coefficient) in &form.terms {
        match *source {
            Source::Input(variable) => terms.push((Source::Input(variable), coefficient.clone())),
            Source::Gate { gate, shift } => {
                let value = &values[gate];
                constant += &(&value.constant * coefficient);
                terms.extend(value.terms.iter().map(|(source, c)| {
                    let source = match *source {
                        Source::Input(variable) => Source::Input(variable.shifted(shift)),
                        Source::Gate { gate, shift: own } => Source::Gate { gate, shift: own + shift },
                    };
                    (source, c * coefficient)
                }));
            }
        }
    }
    Form::new(constant, terms)
}
