//! Products of spins as functions of their sum: those of
//! [`crate::assemble::symmetric`](super::super::symmetric) times a coefficient.

use super::super::symmetric;
use crate::network::{Activation, Neuron, Precision, Topology};

/// The number of neurons.
pub(super) fn neurons(activation: Activation, spins: usize) -> u64 {
    if has_threshold(activation) { spins as u64 } else { 1u64.checked_shl(spins as u32).unwrap_or(u64::MAX) }
}

/// Whether an activation has a threshold.
pub(super) fn has_threshold(activation: Activation) -> bool {
    symmetric::has_gate(activation, Topology::Layered) && activation != Activation::Gaussian
}

/// The neurons on the spins themselves, and the output bias, of their product
/// times a coefficient; `None` for activations without a threshold.
pub(super) fn product(activation: Activation, spins: usize, coefficient: f64) -> Option<(Vec<Neuron>, f64)> {
    if !has_threshold(activation) {
        return None;
    }
    let gate = symmetric::parity(activation, Precision::F64, Topology::Layered, spins, 0.0)?;
    let scaled = |neuron: Neuron| Neuron { output: coefficient * neuron.output, ..neuron };
    Some((gate.neurons.into_iter().map(scaled).collect(), coefficient * gate.output_bias))
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
