//! The rounding of a gate's own operations, in the evaluator's order: the
//! arguments (products of weights and inputs, their sum, the bias last), the
//! activation, the product with the output weight, and the sum that begins
//! with the output bias and the affine skips.

use super::{INFLATE, is_power_of_two, taylor::reach};
use crate::network::{Activation, Expansion, Gate, Precision};

/// The derivatives that bound slopes and values near a bias.
const ORDERS: usize = 8;

/// A bound of |computed - exact| value of a gate's neurons for computed inputs
/// of these magnitudes.
///
/// With u the unit roundoff and L = sup |s'| near the bias, a neuron's argument
/// is wrong by n u reach from n products and their n-1 sums and by u (|b| +
/// reach) from a bias other than zero; its value by L times that, and by the evaluation of
/// the activation; the sum by u times every partial sum. A partial sum is at
/// most its value at zero inputs and what the inputs change: L reach |o| for a
/// neuron, |a x| for a skip.
pub(super) fn rounding(
    activation: Activation,
    precision: Precision,
    gate: &Gate,
    magnitudes: &[f64],
) -> Result<f64, &'static str> {
    let (unit, underflow) = (precision.unit(), precision.underflow());
    let inputs = magnitudes.len() as f64;
    let mut expansions: Vec<Expansion> = Vec::new();
    // The partial sum at zero inputs, and how far inputs move it.
    let (mut centre, mut spread) = (gate.output_bias, 0.0);
    let (mut error, mut partial_errors) = (0.0, 0.0);
    // The sum at the centre is computed in double itself.
    let mut magnitude = centre.abs();
    let mut largest = centre.abs();
    for (skip, size) in gate.skip.iter().zip(magnitudes).filter(|(skip, _)| **skip != 0.0) {
        let product = skip.abs() * size;
        spread += product;
        if !is_power_of_two(*skip) {
            error += unit * product;
        }
        // Adding to zero is exact.
        if gate.output_bias != 0.0 || spread != product {
            partial_errors += unit * (centre.abs() + spread);
        }
        error += underflow;
    }
    let mut first = gate.output_bias == 0.0 && spread == 0.0;
    for neuron in &gate.neurons {
        let expansion = match expansions.iter().position(|known| known.centre.to_bits() == neuron.bias.to_bits()) {
            Some(at) => &expansions[at],
            None => {
                expansions.push(Expansion::new(activation, neuron.bias, ORDERS));
                expansions.last().expect("it was pushed")
            }
        };
        let reach = reach(&neuron.weights, magnitudes);
        let argument = inputs * unit * reach * (1.0 + inputs * unit)
            + (inputs + 1.0) * underflow
            + if neuron.bias == 0.0 { 0.0 } else { unit * (neuron.bias.abs() + reach * (1.0 + 2.0 * inputs * unit)) };
        let near = reach + argument * INFLATE;
        let slope = expansion.bound(1, near);
        let at_centre = expansion.at_centre(0);
        let value = expansion.bound(0, near).min(at_centre + slope * near);
        let farthest = neuron.bias.abs() + near;
        if !(farthest.is_finite() && farthest <= precision.greatest() && value <= precision.greatest()) {
            return Err("the arguments of neurons leave the range of the format");
        }
        let mut evaluation = activation.evaluation_error_on(neuron.bias - near, neuron.bias + near, value);
        if precision != Precision::F64 {
            evaluation += unit * value * (1.0 + 1e-9) + underflow;
        }
        let output = neuron.output.abs();
        error += output * (evaluation + slope * argument) + underflow;
        if !is_power_of_two(neuron.output) {
            error += unit * output * (value + evaluation);
        }
        centre += neuron.output * activation.evaluate(neuron.bias);
        magnitude += (neuron.output * activation.evaluate(neuron.bias)).abs();
        spread += output * (slope * near + evaluation);
        largest = f64::max(largest, centre.abs() + spread);
        if !first {
            partial_errors += unit * (centre.abs() + spread);
        }
        first = false;
    }
    // Errors of earlier operations enter later partial sums.
    let operations = (gate.skip.len() + gate.neurons.len()) as f64;
    let doubt = operations * operations * f64::EPSILON * unit * magnitude;
    let total = ((error + partial_errors) * (1.0 + 2.0 * operations * unit) + doubt) * INFLATE;
    if total.is_finite() && largest <= precision.greatest() {
        Ok(total)
    } else {
        Err("the values of neurons leave the range of the format")
    }
}
