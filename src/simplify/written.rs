//! The circuit as the Hamiltonian was written: a gate for every product.

use crate::circuit::{Circuit, Form, Gate, Output, Source};
use crate::exact::Rational;
use crate::model::{Expression, Kind, Model, Shift};

/// The circuit that computes every energy just as it was written: one gate a
/// multiplication of two values that are not constant, powers by repeated
/// squaring, nothing shared and nothing simplified. Without the folding that
/// s^2 = 1 and b^2 = b would allow.
pub fn as_written(model: &Model) -> Circuit {
    let mut circuit = Circuit::default();
    for energy in &model.energies {
        let form = build(&energy.written, &mut circuit);
        circuit.outputs.push(Output { name: energy.name.clone(), weight: energy.weight, form });
    }
    circuit
}

fn build(expression: &Expression, circuit: &mut Circuit) -> Form {
    match expression {
        Expression::Constant(value) => Form::new(value.clone(), []),
        Expression::Variable(variable) => Form::source(Source::Input(*variable)),
        Expression::Sum(parts) => {
            let mut constant = Rational::ZERO;
            let mut terms = Vec::new();
            for part in parts {
                let form = build(part, circuit);
                constant += &form.constant;
                terms.extend(form.terms);
            }
            Form::new(constant, terms)
        }
        Expression::Product(parts) => {
            let forms: Vec<Form> = parts.iter().map(|part| build(part, circuit)).collect();
            forms.into_iter().fold(Form::new(Rational::ONE, []), |product, form| multiply(product, form, circuit))
        }
        Expression::Power(base, exponent) => {
            let base = build(base, circuit);
            let mut power = Form::new(Rational::ONE, []);
            for bit in (0..32 - exponent.leading_zeros()).rev() {
                power = multiply(power.clone(), power, circuit);
                if exponent >> bit & 1 == 1 {
                    power = multiply(power, base.clone(), circuit);
                }
            }
            power
        }
    }
}

fn multiply(left: Form, right: Form, circuit: &mut Circuit) -> Form {
    let scaled = |form: &Form, factor: &Rational| {
        Form::new(&form.constant * factor, form.terms.iter().map(|(source, c)| (*source, c * factor)))
    };
    if left.terms.is_empty() {
        return scaled(&right, &left.constant);
    }
    if right.terms.is_empty() {
        return scaled(&left, &right.constant);
    }
    let bit = |form: &Form| match form.terms.as_slice() {
        [(Source::Input(variable), c)] => {
            let plain = form.constant.is_zero() && c.is_one();
            let negated = form.constant.is_one() && (-c.clone()).is_one();
            variable.kind() == Kind::Bit && (plain || negated)
        }
        _ => false,
    };
    let gate = match () {
        _ if left == right => Gate::Square(left),
        _ if bit(&left) && bit(&right) => Gate::BitProduct(vec![left, right]),
        _ => Gate::Product(left, right),
    };
    circuit.gates.push(gate);
    Form::source(Source::Gate { gate: circuit.gates.len() - 1, shift: Shift::ZERO })
}
