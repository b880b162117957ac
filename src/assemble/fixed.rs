//! Gates whose accuracy does not come from a small scale: products of bits,
//! exact copies, and the steps of squares by rectifiers.

use super::plan::Task;
use crate::network::{Activation, Neuron, Precision};

/// The steepness β of bit gates. At a distance of 1/4 from the threshold all
/// activations have settled to within e^-64.
const STEEPNESS: f64 = 256.0;

/// The greatest error of a sum of bits at which a bit gate still decides.
pub(super) const DECIDES: f64 = 0.25;

/// A gate with an estimate of its error.
pub(super) struct Fixed {
    pub(super) scale: f64,
    pub(super) neurons: Vec<Neuron>,
    pub(super) output_bias: f64,
    pub(super) skip: Vec<f64>,
    pub(super) error: f64,
}

/// Whether bits can be multiplied by [`bits`].
pub(super) fn has_bit_gate(activation: Activation) -> bool {
    !matches!(activation, Activation::Sin | Activation::Square | Activation::Identity)
}

/// The steepness of an activation whose distance to its limits falls as 1/x.
fn far(precision: Precision) -> f64 {
    if precision == Precision::F16 { 4096.0 } else { libm::ldexp(1.0, 80) }
}

/// Neurons on one sum of all inputs: steepness, threshold, output weight.
pub(super) struct Step {
    pub(super) neurons: Vec<(f64, f64, f64)>,
    pub(super) output_bias: f64,
}

/// The activation as a step of height one: 0 up to -1/4, 1 from 1/4 on.
///
/// - sigmoid σ(βx): within e^(-β/4);
/// - tanh: (1 + tanh(βx/2))/2, the same function; the error function in its
///   place settles faster;
/// - arctan: 1/2 + arctan(βx)/π settles within 4/(πβ).
pub(super) fn step(activation: Activation, precision: Precision) -> Option<(f64, f64, f64)> {
    match activation {
        Activation::Sigmoid => Some((STEEPNESS, 1.0, 0.0)),
        Activation::Tanh | Activation::Erf => Some((STEEPNESS / 2.0, 0.5, 0.5)),
        Activation::Arctan => Some((far(precision), precision.round(std::f64::consts::FRAC_1_PI), 0.5)),
        _ => None,
    }
}

/// The product of `count` bits by one neuron on S - count + 1/2, S the sum of
/// the inputs (1608.08225 eq. 13), for inputs whose errors add up to `error`.
/// `None` where that is too much to decide, or where the activation has no
/// such gate (the sine, which settles nowhere).
///
/// - activations that step: the step at S = count - 1/2; the exact inputs give
///   an error of 1/(1+e^(β/2)) for the sigmoid;
/// - softplus, GELU, SiLU, Mish: (2/β) s(β(S-k+1/2)), since s(β/2) = β/2 and
///   s(-β/2) = 0 up to β e^(-β/4);
/// - the rectifier: s(S-k+1), exactly;
/// - Gaussian: e^(-(β(S-k))²), β = 16;
/// - exponential: e^(β(S-k)), β = 64;
/// - ln cosh: the difference of two neurons, β(S-k+3/4) and β(S-k+1/4),
///   divided by β, plus 1/2: |y| - ln 2 up to e^(-2|y|).
pub(super) fn bits(activation: Activation, precision: Precision, count: usize, error: f64) -> Option<Fixed> {
    let count = count as f64;
    let decides = if activation == Activation::Exp { 1.0 / 64.0 } else { DECIDES };
    if error.is_nan() || error > decides {
        return None;
    }
    // And the factor by which errors of the inputs pass.
    let (gate, passed) = match activation {
        Activation::Softplus | Activation::Gelu | Activation::GeluTanh | Activation::Silu | Activation::Mish => {
            (Step { neurons: vec![(STEEPNESS, count - 0.5, 2.0 / STEEPNESS)], output_bias: 0.0 }, 2.26)
        }
        Activation::Relu => (Step { neurons: vec![(1.0, count - 1.0, 1.0)], output_bias: 0.0 }, 1.0),
        Activation::Gaussian => (Step { neurons: vec![(16.0, count, 1.0)], output_bias: 0.0 }, 64.0),
        Activation::Exp => (Step { neurons: vec![(64.0, count, 1.0)], output_bias: 0.0 }, 128.0),
        Activation::LogCosh => {
            let neurons = vec![(STEEPNESS, count - 0.75, 1.0 / STEEPNESS), (STEEPNESS, count - 0.25, -1.0 / STEEPNESS)];
            (Step { neurons, output_bias: 0.5 }, 2.0)
        }
        _ => {
            let (steepness, output, output_bias) = step(activation, precision)?;
            (Step { neurons: vec![(steepness, count - 0.5, output)], output_bias }, 0.0)
        }
    };
    Some(gate.build(precision, count as usize, error * passed))
}

impl Step {
    pub(super) fn build(self, precision: Precision, count: usize, passed: f64) -> Fixed {
        let scale = self.neurons.first().map_or(1.0, |neuron| neuron.0);
        let size: f64 = self.neurons.iter().map(|(_, _, output)| output.abs() * (count as f64 + 1.0)).sum();
        let neurons = self.neurons.into_iter().map(|(steepness, threshold, output)| Neuron {
            bias: precision.round(-steepness * threshold),
            weights: vec![steepness; count],
            output,
        });
        let error = passed + 8.0 * precision.unit() * (1.0 + size);
        let neurons = neurons.collect();
        Fixed { scale, neurons, output_bias: self.output_bias, skip: Vec::new(), error }
    }
}

/// The steps of a square by rectifiers: |w| = 2 s(w) - w; the tooth 2y - 4
/// s(y - 1/2); and the sum less the last tooth over 4^levels.
pub(super) fn rectifier(task: &Task, precision: Precision) -> Option<Fixed> {
    let unit = precision.unit();
    let (bias, weights, output, skip, error) = match task {
        Task::Fold => (0.0, vec![1.0], 2.0, vec![-1.0], 0.0),
        Task::Tooth => (-0.5, vec![1.0], -4.0, vec![2.0], unit),
        Task::Rectified(levels) => {
            let quarter = libm::ldexp(1.0, -2 * *levels as i32);
            let skip = vec![-2.0 * quarter, 1.0, 0.0];
            (-0.5, vec![1.0, 0.0, 0.0], 4.0 * quarter, skip, 0.25 * quarter + 8.0 * unit)
        }
        _ => return None,
    };
    let neurons = vec![Neuron { bias, weights, output }];
    Some(Fixed { scale: 1.0, neurons, output_bias: 0.0, skip, error })
}

/// The copy of an input of magnitude at most `range` by one neuron of an
/// activation that is a straight line far to the right: s(wu + b) = wu + b - c
/// up to e^-64 times the value, with w a power of two such that w|u| reaches
/// 64 to 128, b = 192, and c = ln 2 for ln cosh, 0 for the others. The
/// rectifier needs only b >= w|u|, and the identity nothing. `None` for
/// activations that saturate, or where the weights leave the range of the
/// format.
pub(super) fn exact_copy(activation: Activation, precision: Precision, range: f64) -> Option<Fixed> {
    let constant = match activation {
        Activation::LogCosh => std::f64::consts::LN_2,
        Activation::Softplus | Activation::Gelu | Activation::GeluTanh | Activation::Silu | Activation::Mish => 0.0,
        Activation::Relu | Activation::Identity => 0.0,
        _ => return None,
    };
    let range = if range == 0.0 || range.is_subnormal() { 1.0 } else { range };
    if !range.is_normal() {
        return None;
    }
    let (exponent, bias) = match activation {
        Activation::Relu => (0, libm::ldexp(1.0, libm::ilogb(range) + 1)),
        Activation::Identity => (0, 0.0),
        _ => (6 - libm::ilogb(range), 192.0),
    };
    let (weight, output) = (libm::ldexp(1.0, exponent), libm::ldexp(1.0, -exponent));
    let output_bias = precision.round(-(bias - constant) * output);
    if ![weight, output, output_bias, bias].iter().all(|&x| precision.holds(x)) || !weight.is_normal() {
        return None;
    }
    let neuron = Neuron { bias, weights: vec![weight], output };
    let evaluation = activation.evaluation_error(bias + weight * range, bias + weight * range);
    let rounding = 3.0 * precision.unit() * (bias + weight * range);
    let error = (evaluation + rounding) * output;
    Some(Fixed { scale: weight, neurons: vec![neuron], output_bias, skip: Vec::new(), error })
}
