//! Quadratic forms of rank r by r + 1 neurons in one layer, without a skip.
//!
//! Enters: a list of tasks. Leaves: one gate in place of the squares and
//! products of one layer that are used in one sum only; and the neurons of such
//! a gate. They share a centre, and their directions are those of
//! `super::shallow`'s simplex, at which the linear terms cancel: sum_k w_k a_k = 0
//! and sum_k w_k (a_k.u)² = sum_i c_i u_i², so that
//!
//! ```text
//! sum_k (2 w_k / (l² s2)) [s(b + l a_k.u) - s(b)] = sum_i c_i u_i² + O(l)
//! ```
//!
//! with an error of order l² where s3 = 0 (FACTS, section 3).

use super::fixed::Fixed;
use super::plan::{Planned, Task};
use super::shallow::simplex;
use super::tasks::Tasks;
use crate::circuit::{Form, Source};
use crate::exact::Rational;
use crate::model::{Shift, Variable};
use crate::network::{Activation, Expansion, Neuron, Precision, factorial, power};

/// The most squares of one gate.
const MOST_SQUARES: usize = 24;

/// Orders beyond the second that are estimated.
const ORDERS: usize = 6;

/// The tasks with quadratic forms in one gate each; `None` where there are none
/// of rank two or more.
pub(super) fn merged(tasks: &Tasks) -> Option<Tasks> {
    let (uses, levels) = (tasks.uses(), tasks.levels());
    let mut merger = Merger {
        tasks,
        merged: vec![false; tasks.gates.len()],
        places: vec![usize::MAX; tasks.gates.len()],
        gates: Vec::new(),
    };
    for form in tasks.gates.iter().flat_map(|gate| &gate.inputs).chain(&tasks.outputs) {
        let mut parts: Vec<usize> = (form.terms.iter())
            .filter_map(|(source, _)| match source {
                Source::Gate { gate, shift } if shift.is_zero() && uses[*gate] == 1 => Some(*gate),
                _ => None,
            })
            .filter(|&gate| matches!(tasks.gates[gate].task, Task::Square | Task::Product))
            .collect();
        // Those of one layer, so that nothing becomes deeper.
        let Some(level) = parts.iter().map(|&gate| levels[gate]).max() else { continue };
        parts.retain(|&gate| levels[gate] == level);
        let count: usize = parts.iter().map(|&gate| tasks.gates[gate].inputs.len()).sum();
        if (2..=MOST_SQUARES).contains(&count) {
            parts.into_iter().for_each(|gate| merger.merged[gate] = true);
        }
    }
    if !merger.merged.contains(&true) {
        return None;
    }
    for (at, gate) in tasks.gates.iter().enumerate() {
        if !merger.merged[at] {
            let inputs = gate.inputs.iter().map(|form| merger.rewritten(form)).collect();
            merger.gates.push(Planned { task: gate.task.clone(), inputs });
            merger.places[at] = merger.gates.len() - 1;
        }
    }
    let outputs = tasks.outputs.iter().map(|form| merger.rewritten(form)).collect();
    Some(Tasks { gates: merger.gates, outputs })
}

struct Merger<'a> {
    tasks: &'a Tasks,
    /// Which old gates become parts of others: each is used in one form.
    merged: Vec<bool>,
    /// Where the other old gates are among the new ones.
    places: Vec<usize>,
    gates: Vec<Planned>,
}

impl Merger<'_> {
    /// A form on the new gates, with one gate for the old ones that are merged.
    fn rewritten(&mut self, form: &Form) -> Form {
        let mut terms = Vec::with_capacity(form.terms.len());
        let (mut inputs, mut constants) = (Vec::new(), Vec::new());
        for (source, coefficient) in &form.terms {
            match *source {
                Source::Gate { gate, .. } if self.merged[gate] => {
                    self.add_squares(gate, coefficient, &mut inputs, &mut constants)
                }
                Source::Gate { gate, shift } => {
                    terms.push((Source::Gate { gate: self.places[gate], shift }, coefficient.clone()));
                }
                input => terms.push((input, coefficient.clone())),
            }
        }
        if !inputs.is_empty() {
            self.gates.push(Planned { task: Task::Quadratic(constants), inputs });
            terms.push((Source::Gate { gate: self.gates.len() - 1, shift: Shift::ZERO }, Rational::ONE));
        }
        Form::new(form.constant.clone(), terms)
    }

    /// The squares that a multiple of a gate is: uv = ((u+v)² - (u-v)²)/4.
    fn add_squares(
        &mut self,
        gate: usize,
        coefficient: &Rational,
        inputs: &mut Vec<Form>,
        constants: &mut Vec<Rational>,
    ) {
        let old = self.tasks.gates[gate].inputs.iter();
        let forms: Vec<Form> = old.map(|form| self.rewritten(form)).collect();
        let [left, right] = forms.as_slice() else {
            inputs.extend(forms);
            constants.push(coefficient.clone());
            return;
        };
        for sign in [Rational::ONE, Rational::MINUS_ONE] {
            let turned = right.terms.iter().map(|(source, c)| (*source, c * &sign));
            let terms = left.terms.iter().cloned().chain(turned);
            inputs.push(Form::new(&left.constant + &(&right.constant * &sign), terms));
            constants.push(coefficient * &(sign * Rational::new(1, 4)));
        }
    }
}

/// The neurons of sum_i c_i u_i² for inputs of these magnitudes.
pub(super) fn gate(
    activation: Activation,
    precision: Precision,
    constants: &[Rational],
    magnitudes: &[f64],
) -> Option<Fixed> {
    // Inputs divided by powers of two that are above their magnitudes.
    let exponents: Vec<i32> = (magnitudes.iter())
        .map(|&size| if size.is_normal() { libm::ilogb(size * (1.0 + 1e-9)) + 1 } else { 0 })
        .collect();
    let two = |exponent: i32| Rational::from_f64(libm::ldexp(1.0, exponent));
    let mut squares = Vec::with_capacity(constants.len());
    for (at, (constant, &exponent)) in constants.iter().zip(&exponents).enumerate() {
        let mut axis = vec![Rational::ZERO; constants.len()];
        axis[at] = Rational::ONE;
        squares.push((constant * &two(2 * exponent)?, axis));
    }
    let variables: Vec<Variable> = (0..constants.len()).map(Variable::real).collect();
    let nodes = simplex(&variables, &squares)?;
    let directions: Vec<Vec<f64>> = nodes.nodes.iter().map(|a| a.iter().map(Rational::to_f64).collect()).collect();
    let weights: Vec<f64> = nodes.weights.first()?.1.iter().map(Rational::to_f64).collect();
    let mut centres = vec![0.0];
    for order in [3, 4] {
        centres.extend(activation.derivative_zeros(order, -4.0, 4.0));
    }
    let mut best: Option<Fixed> = None;
    for centre in centres.into_iter().map(|centre| precision.round(centre)) {
        let expansion = Expansion::new(activation, centre, ORDERS + 8);
        for step in 0..32 {
            let scale = libm::ldexp(1.0, -step);
            let found = realise(&expansion, precision, &exponents, &directions, &weights, scale);
            if let Some(found) = found
                && best.as_ref().is_none_or(|known| found.error < known.error)
            {
                best = Some(found);
            }
        }
    }
    best
}

/// The neurons at a centre and a scale, with an estimate of their error.
fn realise(
    expansion: &Expansion,
    precision: Precision,
    exponents: &[i32],
    directions: &[Vec<f64>],
    weights: &[f64],
    scale: f64,
) -> Option<Fixed> {
    let unit = precision.unit();
    let second = expansion.derivatives[2];
    if expansion.error(2) > 0.5 * second.abs() {
        return None;
    }
    let (mut neurons, mut error, mut sum) = (Vec::new(), 0.0, 0.0);
    let mut size = 0.0;
    for (direction, weight) in directions.iter().zip(weights) {
        let output = precision.round(2.0 * weight / (scale * scale * second));
        let inputs: Vec<f64> = (direction.iter().zip(exponents))
            .map(|(a, &exponent)| precision.round(libm::ldexp(a * scale, -exponent)))
            .collect();
        let reach = scale * direction.iter().map(|a| a.abs()).sum::<f64>();
        let value = expansion.bound(0, reach);
        // The other orders of Taylor's formula, the rounding of the weights, and
        // that of the evaluation.
        let orders =
            (3..3 + ORDERS).map(|order| expansion.bound(order, reach) * power(reach, order) / factorial(order));
        let leading: f64 = (3..3 + ORDERS).map(|m| expansion.at_centre(m) * power(reach, m) / factorial(m)).sum();
        let truncation = leading.min(orders.sum());
        let slope = expansion.bound(1, reach);
        let argument = unit * (expansion.centre.abs() + (2.0 + direction.len() as f64) * reach);
        let evaluation = expansion.activation.evaluation_error(value, expansion.centre.abs() + reach) + unit * value;
        error += output.abs() * (truncation + slope * argument + evaluation + 2.0 * unit * value);
        size += output.abs() * value;
        sum += output;
        if !inputs.iter().chain([&output]).all(|&x| precision.holds(x)) || reach > 8.0 {
            return None;
        }
        neurons.push(Neuron { bias: expansion.centre, weights: inputs, output });
    }
    let output_bias = precision.round(-sum * expansion.derivatives[0]) + 0.0;
    let error = error + unit * size;
    let fits = error.is_finite() && size <= precision.greatest() && precision.holds(output_bias);
    fits.then_some(Fixed { scale, neurons, output_bias, skip: Vec::new(), error })
}
