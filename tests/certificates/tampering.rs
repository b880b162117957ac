//! Every number of a network file is checked.

use hamc::assemble::{Options, assemble};
use hamc::backend::yaml;
use hamc::circuit::Gate;
use hamc::model::Lattice;
use hamc::network::{Activation, Network, Precision};
use hamc::pipeline;

use crate::common::*;

/// Networks with every kind of number: biases, weights, output weights, an
/// output bias, skips, coefficients of forms.
fn networks() -> Vec<(hamc::model::Model, Network)> {
    let gates = vec![
        Gate::Square(form((1, 2), &[(input(0, &[]), (1, 1)), (input(1, &[]), (1, 3))])),
        Gate::Product(wire(gate(0, &[])), wire(input(1, &[]))),
    ];
    let circuit = circuit(gates, form((1, 5), &[(gate(1, &[]), (-2, 1)), (input(0, &[]), (1, 7))]));
    let model = model_of(Lattice::point(), vec![real("x", -1, 1), real("y", -1, 2)], vec![], &circuit);
    [Activation::Silu, Activation::Tanh, Activation::Softplus, Activation::Relu]
        .map(|activation| {
            let options = Options { activation, tolerance: 1e-2, ..Options::default() };
            (model.clone(), assemble(&model, &circuit, &options).unwrap())
        })
        .to_vec()
}

/// The network as it would be read from its file.
fn refused(model: &hamc::model::Model, network: &Network) -> bool {
    match yaml::read(&yaml::write(network)) {
        Ok(read) => pipeline::verify(model, &read, 1).is_err(),
        Err(_) => true,
    }
}

#[test]
fn the_last_digit_of_any_weight_is_noticed() {
    for (model, network) in networks() {
        assert!(!refused(&model, &network));
        let gates: Vec<(usize, usize)> = network
            .layers
            .iter()
            .enumerate()
            .flat_map(|(l, layer)| (0..layer.gates.len()).map(move |g| (l, g)))
            .collect();
        for (layer, at) in gates {
            let count = network.layers[layer].gates[at].neurons.len();
            let inputs = network.layers[layer].gates[at].inputs.len();
            let skips = network.layers[layer].gates[at].skip.len();
            // The places of the numbers of a gate.
            for place in 0..count * (inputs + 2) + skips + 2 {
                for direction in [1i64, -1] {
                    let mut changed = network.clone();
                    let gate = &mut changed.layers[layer].gates[at];
                    let number = if place < count * (inputs + 2) {
                        let neuron = &mut gate.neurons[place / (inputs + 2)];
                        match place % (inputs + 2) {
                            0 => &mut neuron.bias,
                            1 => &mut neuron.output,
                            weight => &mut neuron.weights[weight - 2],
                        }
                    } else {
                        match place - count * (inputs + 2) {
                            0 => &mut gate.output_bias,
                            1 => &mut gate.scale,
                            skip => &mut gate.skip[skip - 2],
                        }
                    };
                    // The next number of the format.
                    *number = match (*number, direction) {
                        (value, 1) => value.next_up(),
                        (value, _) => value.next_down(),
                    };
                    assert_eq!(changed.precision, Precision::F64);
                    assert!(refused(&model, &changed), "{} gate {at} number {place}", network.activation);
                }
            }
        }
    }
}

#[test]
fn a_gate_removed_is_noticed() {
    for (model, network) in networks() {
        let text = yaml::write(&network);
        for gate in network.gates() {
            let start = text.find(&format!("      - name: \"{}\"\n", gate.name)).unwrap();
            let rest = &text[start + 1..];
            let end =
                rest.find("      - name:").into_iter().chain(rest.find("  - gates:")).chain(rest.find("outputs:"));
            let cut = format!("{}{}", &text[..start], &rest[end.min().unwrap()..]);
            assert!(yaml::read(&cut).map_or(true, |read| pipeline::verify(&model, &read, 1).is_err()), "{}", gate.name);
        }
    }
}

#[test]
fn any_change_of_a_form_or_of_the_promise_is_noticed() {
    for (model, network) in networks() {
        let text = yaml::write(&network);
        // The last digit of every line, but in what is a remark: the circuit that
        // the network was made from, what a gate computes, the tolerance asked for.
        let (start, end) = (text.find("\nlayers:").unwrap(), text.find("\ncircuit:").unwrap());
        let lines: Vec<&str> = text[start..end].lines().collect();
        for (at, line) in
            lines.iter().enumerate().filter(|(_, line)| !line.contains("computes") && !line.contains("tolerance"))
        {
            let Some(last) = line.rfind(|c: char| c.is_ascii_digit()) else { continue };
            let mut changed: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            let digit = line.as_bytes()[last];
            changed[at].replace_range(last..=last, if digit == b'7' { "3" } else { "7" });
            let text = format!("{}{}{}", &text[..start], changed.join("\n"), &text[end..]);
            let refused = match yaml::read(&text) {
                // A double may have several spellings.
                Ok(read) => read == network || pipeline::verify(&model, &read, 1).is_err(),
                Err(_) => true,
            };
            assert!(refused, "{line}");
        }
    }
}
