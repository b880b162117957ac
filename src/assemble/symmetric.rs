//! Functions of the number of inputs that take the greater of their two
//! values, in one layer.
//!
//! Enters: a table f(0), f(1), .., f(k), S the number of bits that are one or of
//! spins that are +1. Leaves: neurons that all see the sum of the inputs.
//!
//! - Activations that step: f(0) + sum_j [f(j) - f(j-1)] step(S - j + 1/2), a
//!   neuron for every j at which f changes: at most k (FACTS, section 4).
//! - Hinges, max(z, 0) at whole z up to rounding: f(0) + f'(0) S + sum_j f''(j)
//!   hinge(S - j) with first and second differences, exactly. A skip takes the
//!   linear part, so that there is a neuron for every j = 1 .. k-1 at which f
//!   bends; without one more, hinge(S) = S. The rectifier is a hinge; so are
//!   GELU, SiLU and Mish at a steepness at which whole numbers are far from zero,
//!   since they vanish there; softplus and ln cosh, whose hinge is (|z| + z)/2, are
//!   wrong by ln 2 over the steepness at zero.
//! - The Gaussian: a bump at each j where f is not its most frequent value.
//!
//! Derived here. The product of k spins is such a function, (-1)^(k-S).

use super::fixed::{DECIDES, Fixed, Step, step};
use crate::exact::Rational;
use crate::network::{Activation, Precision, Topology};

/// The steepness of bumps: the next whole number is at e^-256.
const BUMP: f64 = 16.0;

/// How an activation makes functions of a whole number.
enum Kind {
    Steps,
    /// With the steepness, and the value far to the right less the argument.
    Hinges(f64),
    /// Of ln cosh: absolute values, which need a skip.
    Folds(f64),
    Bumps,
}

fn kind(activation: Activation, precision: Precision, topology: Topology) -> Option<Kind> {
    // Large enough that whole numbers are where the activation has settled.
    let (settled, vanishing) = match precision {
        Precision::F16 => (64.0, 2048.0),
        _ => (libm::ldexp(1.0, 60), libm::ldexp(1.0, 60)),
    };
    match activation {
        Activation::Sigmoid | Activation::Tanh | Activation::Erf | Activation::Arctan => Some(Kind::Steps),
        Activation::Relu => Some(Kind::Hinges(1.0)),
        Activation::Gelu | Activation::GeluTanh | Activation::Silu | Activation::Mish => Some(Kind::Hinges(settled)),
        Activation::Softplus => Some(Kind::Hinges(vanishing)),
        Activation::LogCosh if topology == Topology::Skip => Some(Kind::Folds(vanishing)),
        Activation::Gaussian => Some(Kind::Bumps),
        Activation::LogCosh | Activation::Exp | Activation::Sin | Activation::Square | Activation::Identity => None,
    }
}

/// Whether an activation has these gates.
pub(super) fn has_gate(activation: Activation, topology: Topology) -> bool {
    kind(activation, Precision::F64, topology).is_some()
}

/// The product of `count` spins whose errors add up to `error`.
pub(super) fn parity(
    activation: Activation,
    precision: Precision,
    topology: Topology,
    count: usize,
    error: f64,
) -> Option<Fixed> {
    if error.is_nan() || error > DECIDES || count == 0 {
        return None;
    }
    let values: Vec<f64> = (0..=count).map(|ones| if (count - ones).is_multiple_of(2) { 1.0 } else { -1.0 }).collect();
    let passed = if activation == Activation::Relu { 2.0 } else { 4.0 * count as f64 };
    table(activation, precision, topology, true, &values, passed * error)
}

/// A function of the number of ones of exact inputs.
pub(super) fn symmetric(
    activation: Activation,
    precision: Precision,
    topology: Topology,
    spins: bool,
    values: &[Rational],
) -> Option<Fixed> {
    let values: Vec<f64> = values.iter().map(Rational::to_f64).collect();
    table(activation, precision, topology, spins, &values, 0.0)
}

fn table(
    activation: Activation,
    precision: Precision,
    topology: Topology,
    spins: bool,
    f: &[f64],
    passed: f64,
) -> Option<Fixed> {
    let count = f.len().checked_sub(1)?;
    let round = |x: f64| precision.round(x);
    // Neurons on S: steepness, threshold, output weight. And what a skip takes.
    let (mut slope, mut settled) = (0.0, 1.0);
    let (neurons, output_bias): (Vec<(f64, f64, f64)>, f64) = match kind(activation, precision, topology)? {
        Kind::Steps => {
            let (steepness, output, bias) = step(activation, precision)?;
            let jumps = (1..=count).map(|j| (j, f[j] - f[j - 1])).filter(|(_, jump)| *jump != 0.0);
            let neurons = jumps.map(|(j, jump)| (steepness, j as f64 - 0.5, output * jump)).collect();
            (neurons, f[0] + bias * (f[count] - f[0]))
        }
        Kind::Hinges(steepness) => {
            (slope, settled) = (f[1] - f[0], steepness);
            (bends(f).map(|(j, bend)| (steepness, j as f64, bend / steepness)).collect(), f[0])
        }
        Kind::Folds(steepness) => {
            // (|S - j| + S - j)/2, and |z| is ln 2 above.
            slope = f[1] - f[0];
            let mut bias = f[0];
            for (j, bend) in bends(f) {
                slope += 0.5 * bend;
                bias += 0.5 * bend * (std::f64::consts::LN_2 / steepness - j as f64);
            }
            (bends(f).map(|(j, bend)| (steepness, j as f64, 0.5 * bend / steepness)).collect(), bias)
        }
        Kind::Bumps => {
            let occurrences = |value: f64| f.iter().filter(|other| **other == value).count();
            let base = f.iter().copied().reduce(|a, b| if occurrences(b) > occurrences(a) { b } else { a })?;
            let others = f.iter().enumerate().filter(|(_, value)| **value != base);
            (others.map(|(j, value)| (BUMP, j as f64, value - base)).collect(), base)
        }
    };
    let mut neurons = neurons;
    let skips = topology == Topology::Skip && slope != 0.0;
    if !skips && slope != 0.0 {
        neurons.insert(0, (settled, 0.0, slope / settled));
    }
    if neurons.is_empty() {
        return None;
    }
    // S = (T + k)/2 of spins with the sum T.
    let half = if spins { 0.5 } else { 1.0 };
    let on_sum = |(steepness, threshold, output): (f64, f64, f64)| match spins {
        true => (0.5 * steepness, 2.0 * threshold - count as f64, round(output)),
        false => (steepness, threshold, round(output)),
    };
    let neurons = neurons.into_iter().map(on_sum).collect();
    let mut gate = Step { neurons, output_bias }.build(precision, count, passed);
    if skips {
        gate.skip = vec![round(half * slope); count];
        gate.output_bias += if spins { half * slope * count as f64 } else { 0.0 };
    }
    gate.output_bias = round(gate.output_bias);
    let numbers = gate.neurons.iter().flat_map(|n| n.weights.iter().chain([&n.bias, &n.output])).chain(&gate.skip);
    let held = numbers.chain([&gate.output_bias]).all(|&x| precision.holds(x));
    held.then_some(gate)
}

/// Where a function bends, and its second differences.
fn bends(f: &[f64]) -> impl Iterator<Item = (usize, f64)> + '_ {
    f.windows(3).zip(1..).map(|(f, j)| (j, f[2] - 2.0 * f[1] + f[0])).filter(|(_, bend)| *bend != 0.0)
}
