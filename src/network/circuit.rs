//! The circuit that a network claims to compute, read off its gates.

use super::{Network, Template};
use crate::circuit::{Circuit, Form, Gate, Output, Source};
use crate::exact::Rational;
use crate::model::{Kind, Shift};

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
                Template::Quadratic => {
                    let squares = inputs.into_iter().map(|input| push(&mut circuit, Gate::Square(input)));
                    let terms = squares.zip(&gate.constants).flat_map(|(square, constant)| {
                        square.terms.into_iter().map(move |(source, c)| (source, &c * constant))
                    });
                    Form::new(Rational::ZERO, terms.collect::<Vec<_>>())
                }
                Template::Symmetric => symmetric(&mut circuit, &inputs, &gate.constants),
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

/// The polynomial in the number S of inputs with their greater value that has
/// these values at S = 0, 1, .., k: Newton's, f(0) + S (Δf(0) + (S-1)/2 (Δ²f(0)
/// + (S-2)/3 (...))), with as many products as its degree less one.
fn symmetric(circuit: &mut Circuit, inputs: &[Form], values: &[Rational]) -> Form {
    let spins = inputs.iter().flat_map(|form| &form.terms).any(|(source, _)| match source {
        Source::Input(variable) => variable.kind() == Kind::Spin,
        Source::Gate { .. } => false,
    });
    let (weight, offset) = match spins {
        true => (Rational::new(1, 2), Rational::new(inputs.len() as i64, 2)),
        false => (Rational::ONE, Rational::ZERO),
    };
    let constant = inputs.iter().fold(offset, |sum, form| sum + &form.constant * &weight);
    let terms = inputs.iter().flat_map(|form| &form.terms).map(|(source, c)| (*source, c * &weight));
    let count = Form::new(constant, terms);
    let mut differences = Vec::new();
    let mut row = values.to_vec();
    while let Some(first) = row.first() {
        differences.push(first.clone());
        row = row.windows(2).map(|pair| &pair[1] - &pair[0]).collect();
    }
    let mut sum = Form::default();
    for (order, difference) in differences.into_iter().enumerate().rev() {
        // (S - order)/(order + 1) times what comes after.
        let step = Rational::new(1, order as i64 + 1);
        let factor = Form::new(
            (&count.constant - &Rational::from(order as i64)) * step.clone(),
            count.terms.iter().map(|(source, c)| (*source, c * &step)),
        );
        let product = match sum.terms.is_empty() {
            true => Form::new(
                &factor.constant * &sum.constant,
                factor.terms.iter().map(|(source, c)| (*source, c * &sum.constant)),
            ),
            false => push(circuit, Gate::Product(factor, sum)),
        };
        sum = Form::new(&product.constant + &difference, product.terms);
    }
    sum
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
