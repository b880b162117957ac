//! Gates whose accuracy does not come from a small scale: bit products and
//! exact copies.

use crate::network::{Activation, Neuron, UNIT};

/// The steepness β of bit gates. At a distance of 1/4 from the threshold all
/// activations have settled to within e^-64.
const STEEPNESS: f64 = 256.0;

/// The greatest error of a sum of bits at which a bit gate still decides.
const DECIDES: f64 = 0.25;

/// A gate with its error bound.
pub(super) struct Fixed {
    pub(super) scale: f64,
    pub(super) neurons: Vec<Neuron>,
    pub(super) output_bias: f64,
    pub(super) error: f64,
}

/// Whether bits can be multiplied by [`bits`].
pub(super) fn has_bit_gate(activation: Activation) -> bool {
    activation != Activation::Sin
}

/// The product of `count` bits by one neuron on S - count + 1/2, S the sum of
/// the inputs (1608.08225 eq. 13), for inputs whose errors add up to `error`.
/// `None` where that is too much to decide, or where the activation has no
/// such gate (the sine, which settles nowhere).
///
/// With β the steepness and d <= 1/4 the error of S:
/// - sigmoid σ(β(S-k+1/2)): the exact inputs give an error of
///   1/(1+e^(β/2)), wrong ones at most e^(-β/4); errors of the inputs vanish;
/// - tanh: (1 + tanh(β/2 (S-k+1/2)))/2, the same function; the error function
///   in its place settles faster;
/// - arctan: 1/2 + arctan(β(S-k+1/2))/π settles within 1/(π β/4), with β = 2^80;
/// - softplus, GELU, SiLU, Mish: (2/β) s(β(S-k+1/2)), since s(β/2) = β/2 and
///   s(-β/2) = 0 up to β e^(-β/4); the slope is at most 1.13, so an error d
///   comes through as 2.26 d;
/// - Gaussian: e^(-(β(S-k))²), β = 16: an error d comes through as 256 d² <=
///   64 d, and a sum S <= k-1 gives at most e^-144;
/// - exponential: e^(β(S-k)), β = 64: an error d comes through as e^(64 d) - 1,
///   at most 128 d where d <= 1/64, and S <= k-1 gives at most e^-63;
/// - ln cosh: the difference of two neurons, β(S-k+3/4) and β(S-k+1/4),
///   divided by β, plus 1/2: |y| - ln 2 up to e^(-2|y|); an error d comes
///   through as 2d.
pub(super) fn bits(activation: Activation, count: usize, error: f64) -> Option<Fixed> {
    // The sum of `count` weighted inputs of magnitude at most 1 + error; exact
    // bits times powers of two add up exactly.
    let rounding = (count as f64 + 2.0) * UNIT * (count as f64 + 1.0);
    let error = if error == 0.0 { 0.0 } else { error + rounding };
    if error.is_nan() || error > DECIDES {
        return None;
    }
    let count = count as f64;
    let far = libm::ldexp(1.0, 80);
    // Steepness, threshold, output weight of each neuron; output bias; the
    // error that passes.
    let (neurons, output_bias, passed) = match activation {
        Activation::Sigmoid => (vec![(STEEPNESS, count - 0.5, 1.0)], 0.0, 0.0),
        Activation::Tanh | Activation::Erf => (vec![(STEEPNESS / 2.0, count - 0.5, 0.5)], 0.5, 0.0),
        Activation::Arctan => (vec![(far, count - 0.5, std::f64::consts::FRAC_1_PI)], 0.5, 0.0),
        Activation::Softplus | Activation::Gelu | Activation::GeluTanh | Activation::Silu | Activation::Mish => {
            (vec![(STEEPNESS, count - 0.5, 2.0 / STEEPNESS)], 0.0, 2.26 * error)
        }
        Activation::Gaussian => (vec![(16.0, count, 1.0)], 0.0, 64.0 * error),
        Activation::Exp if error <= 1.0 / 64.0 => (vec![(64.0, count, 1.0)], 0.0, 128.0 * error),
        Activation::LogCosh => {
            let neurons = vec![(STEEPNESS, count - 0.75, 1.0 / STEEPNESS), (STEEPNESS, count - 0.25, -1.0 / STEEPNESS)];
            (neurons, 0.5, 2.0 * error)
        }
        Activation::Exp | Activation::Sin => return None,
    };
    let steepness = neurons[0].0;
    let neurons: Vec<Neuron> = neurons
        .into_iter()
        .map(|(steepness, threshold, output)| Neuron {
            bias: -steepness * threshold,
            weights: vec![steepness; count as usize],
            output,
        })
        .collect();
    // The evaluation of values of magnitude up to `height`, products and sums
    // with the output. 8u do for one neuron (erfc is 2 and the tanh form's σ
    // is 1 at the upper end, where their arguments' errors do not matter; the
    // Gaussian and the exponential are at their arguments 0); ln cosh has 30u
    // of values up to |S|.
    let units = match activation {
        Activation::LogCosh => 2.0 * 32.0 * (count + 2.0),
        _ => 11.0 * (1.0 + passed),
    };
    let error = passed + units * UNIT + 1e-24;
    Some(Fixed { scale: steepness, neurons, output_bias, error })
}

/// The copy of an input of magnitude at most `range` by one neuron of an
/// activation that is a straight line far to the right: s(wu + b) = wu + b - c
/// up to e^-64 times the value, with w a power of two such that w|u| reaches
/// 64 to 128, b = 192, and c = ln 2 for ln cosh, 0 for the others. `None` for
/// activations that saturate, or where the weights leave the range of doubles.
///
/// The argument and with it the value are at most 320, so the error is 320 u/w
/// times: the rounding of the argument, the evaluation there (8u for softplus,
/// 30u for ln cosh, at most 5u for those whose tails are one or erfc = 2 to
/// the last bit), of the constant, and of the sum with the output bias.
pub(super) fn exact_copy(activation: Activation, range: f64) -> Option<Fixed> {
    let (constant, evaluation) = match activation {
        Activation::Softplus => (0.0, 8.0),
        Activation::LogCosh => (std::f64::consts::LN_2, 30.0),
        Activation::Gelu | Activation::GeluTanh | Activation::Silu | Activation::Mish => (0.0, 5.0),
        _ => return None,
    };
    let range = if range == 0.0 || range.is_subnormal() { 1.0 } else { range };
    if !range.is_normal() {
        return None;
    }
    let exponent = 6 - libm::ilogb(range);
    let (weight, output) = (libm::ldexp(1.0, exponent), libm::ldexp(1.0, -exponent));
    let bias = 192.0;
    let output_bias = -(bias - constant) * output;
    if !(weight.is_normal() && output.is_normal() && output_bias.is_normal()) {
        return None;
    }
    let neuron = Neuron { bias, weights: vec![weight], output };
    let error = UNIT * (evaluation + 3.0) * 320.0 * output * 1.01;
    Some(Fixed { scale: weight, neurons: vec![neuron], output_bias, error })
}
