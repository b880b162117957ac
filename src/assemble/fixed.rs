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

/// The product of `count` bits by one neuron on S - count + 1/2, S the sum of
/// the inputs (1608.08225 eq. 13), for inputs whose errors add up to `error`.
/// `None` where that is too much to decide.
///
/// With β the steepness and d <= 1/4 the error of S:
/// - sigmoid σ(β(S-k+1/2)): the exact inputs give an error of
///   1/(1+e^(β/2)), wrong ones at most e^(-β/4); errors of the inputs vanish;
/// - tanh: (1 + tanh(β/2 (S-k+1/2)))/2, the same function;
/// - softplus, GELU, SiLU: (2/β) s(β(S-k+1/2)), since s(β/2) = β/2 and
///   s(-β/2) = 0 up to β e^(-β/4); the slope is at most 1.13, so an error d
///   comes through as 2.26 d.
pub(super) fn bits(activation: Activation, count: usize, error: f64) -> Option<Fixed> {
    let threshold = count as f64 - 0.5;
    // The sum of `count` weighted inputs of magnitude at most 1 + error.
    let rounding = (count as f64 + 2.0) * UNIT * (count as f64 + 1.0);
    let error = error + rounding;
    if error.is_nan() || error > DECIDES {
        return None;
    }
    let (steepness, output, output_bias, passed) = match activation {
        Activation::Sigmoid => (STEEPNESS, 1.0, 0.0, 0.0),
        Activation::Tanh => (STEEPNESS / 2.0, 0.5, 0.5, 0.0),
        Activation::Softplus | Activation::Gelu | Activation::Silu => (STEEPNESS, 2.0 / STEEPNESS, 0.0, 2.26 * error),
    };
    let neuron = Neuron { bias: -steepness * threshold, weights: vec![steepness; count], output };
    // 8u of evaluation (erfc is 2 at the upper end, where its argument's
    // error does not matter) and the products and sum with the output.
    let error = passed + 11.0 * UNIT * (1.0 + passed) + 1e-25;
    Some(Fixed { scale: steepness, neurons: vec![neuron], output_bias, error })
}

/// The copy of an input of magnitude at most `range` by two neurons, s(wu) -
/// s(-wu) = wu, an identity of softplus, GELU and SiLU. `None` for the other
/// activations, or where the weights leave the range of doubles.
///
/// The positive side has a relative error of at most 8u (softplus, whose value
/// is at most w|u| + 0.7), the other at most 6u absolutely (its value is
/// below 0.7), the difference rounds once: at most u (9 w|u| + 12), divided
/// by w. With w a power of two such that w|u| reaches 64 to 128 that is below
/// 9.2 u |u|.
pub(super) fn exact_copy(activation: Activation, range: f64) -> Option<Fixed> {
    if !matches!(activation, Activation::Softplus | Activation::Gelu | Activation::Silu) {
        return None;
    }
    let range = if range == 0.0 || range.is_subnormal() { 1.0 } else { range };
    if !range.is_normal() {
        return None;
    }
    let exponent = 6 - libm::ilogb(range);
    let (weight, output) = (libm::ldexp(1.0, exponent), libm::ldexp(1.0, -exponent));
    if !weight.is_normal() || !output.is_normal() {
        return None;
    }
    let side = |sign: f64| Neuron { bias: 0.0, weights: vec![sign * weight], output: sign * output };
    let error = UNIT * (9.0 * range + 12.0 * output) * 1.01;
    Some(Fixed { scale: weight, neurons: vec![side(1.0), side(-1.0)], output_bias: 0.0, error })
}
