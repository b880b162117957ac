//! Products of spins as functions of their sum.
//!
//! Let S be the number of spins that are +1 among k. Their product is
//! (-1)^(k-S), a function of S alone, which k neurons make of thresholds: with
//! activations that saturate, `f(0) + sum_j [f(j) - f(j-1)] step(S - j + 1/2)`;
//! with those that grow like a ramp, sums of ramps that bend at j - 1/2. All
//! arguments stay half a unit away from the bends, so that at this steepness
//! the rest is below rounding (derived here; for bits 1608.08225, eq. 13).

use crate::network::{Activation, Neuron};

/// The slope of a threshold: e^(-40) is below rounding.
const STEEPNESS: f64 = 80.0;

/// The number of neurons.
pub(super) fn neurons(activation: Activation, spins: usize) -> u64 {
    if kind(activation).is_some() { spins as u64 } else { 1u64.checked_shl(spins as u32).unwrap_or(u64::MAX) }
}

enum Kind {
    /// From `low` to `high`, with this steepness.
    Step { low: f64, high: f64, steepness: f64 },
    /// Zero to the left, the identity to the right.
    Ramp,
}

fn kind(activation: Activation) -> Option<Kind> {
    match activation {
        Activation::Sigmoid => Some(Kind::Step { low: 0.0, high: 1.0, steepness: STEEPNESS }),
        Activation::Tanh | Activation::Erf => Some(Kind::Step { low: -1.0, high: 1.0, steepness: STEEPNESS }),
        Activation::Softplus | Activation::Gelu | Activation::GeluTanh | Activation::Silu | Activation::Mish => {
            Some(Kind::Ramp)
        }
        Activation::Arctan | Activation::Exp | Activation::Sin | Activation::Gaussian | Activation::LogCosh => None,
    }
}

/// Whether an activation has a threshold.
pub(super) fn has_threshold(activation: Activation) -> bool {
    kind(activation).is_some()
}

/// The neurons on the spins themselves, and the output bias, of their product
/// times a coefficient; `None` for activations without a threshold.
pub(super) fn product(activation: Activation, spins: usize, coefficient: f64) -> Option<(Vec<Neuron>, f64)> {
    let kind = kind(activation)?;
    let value = |at: usize| if (spins - at).is_multiple_of(2) { 1.0 } else { -1.0 };
    // b + w sum of spins = steepness (S - j + 1/2) with S = (k + sum)/2.
    let neuron = |j: usize, steepness: f64, output: f64| Neuron {
        bias: steepness * (spins as f64 / 2.0 - j as f64 + 0.5),
        weights: vec![steepness / 2.0; spins],
        output: coefficient * output,
    };
    let mut neurons = Vec::with_capacity(spins);
    let mut bias = value(0);
    match kind {
        Kind::Step { low, high, steepness } => {
            for j in 1..=spins {
                let output = (value(j) - value(j - 1)) / (high - low);
                bias -= output * low;
                neurons.push(neuron(j, steepness, output));
            }
        }
        Kind::Ramp => {
            let mut slopes: Vec<f64> = Vec::with_capacity(spins);
            for j in 1..=spins {
                let so_far: f64 =
                    slopes.iter().enumerate().map(|(at, slope)| slope * (j as f64 - at as f64 - 0.5)).sum();
                slopes.push((value(j) - value(0) - so_far) * 2.0);
                neurons.push(neuron(j, STEEPNESS, slopes[j - 1] / STEEPNESS));
            }
        }
    }
    Some((neurons, coefficient * bias))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_spins_by_as_many_neurons() {
        for activation in Activation::ALL.into_iter().filter(|&activation| has_threshold(activation)) {
            for spins in 1..=6 {
                let (neurons, bias) = product(activation, spins, 0.5).unwrap();
                assert_eq!(neurons.len(), spins);
                for point in 0..1u32 << spins {
                    let spin = |at: usize| if point >> at & 1 == 1 { 1.0 } else { -1.0 };
                    let expected: f64 = 0.5 * (0..spins).map(spin).product::<f64>();
                    let value = neurons.iter().fold(bias, |sum, neuron| {
                        let argument: f64 = neuron.weights.iter().enumerate().map(|(at, w)| w * spin(at)).sum();
                        sum + neuron.output * activation.evaluate(argument + neuron.bias)
                    });
                    assert!((value - expected).abs() < 1e-11, "{activation} {spins} {point}: {value}");
                }
            }
        }
    }
}
