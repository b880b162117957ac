//! A network written out, in YAML: matrices for inspection.
//!
//! Each layer has a `bias` for each of its neurons and `weights`: matrices
//! `from` the inputs or from the activations of an earlier layer, one row a
//! neuron. The values of a layer are the activation of `bias + sum of matrix
//! times source`; the `readout` has no activation. Doubles are written so that
//! they read back with the same bits. hamc does not read this format.

use std::fmt::Write;

use crate::network::{DenseLayer, DenseNetwork};

/// How a written-out network begins.
pub const HEAD: &str = "format: hamc-dense";

/// Writes a network of explicit matrices.
pub fn write(network: &DenseNetwork) -> String {
    let mut text = format!("{HEAD}\nversion: 1\nactivation: {}\n", network.activation.name());
    let _ = writeln!(text, "inputs: {}", names(&network.inputs));
    let _ = writeln!(text, "layers:{}", if network.layers.is_empty() { " []" } else { "" });
    for layer in &network.layers {
        let _ = writeln!(text, "- neurons: {}", layer.bias.len());
        write_layer(layer, &mut text);
    }
    let _ = writeln!(text, "readout:\n  outputs: {}", names(&network.outputs));
    write_layer(&network.readout, &mut text);
    text
}

fn write_layer(layer: &DenseLayer, text: &mut String) {
    let _ = writeln!(text, "  bias: {}", numbers(layer.bias.iter()));
    let _ = writeln!(text, "  weights:{}", if layer.weights.is_empty() { " []" } else { "" });
    for (from, matrix) in &layer.weights {
        let from = if *from == 0 { "inputs".to_owned() } else { format!("layer {from}") };
        let _ = writeln!(text, "  - from: {from}\n    matrix:");
        for row in matrix.rows() {
            let _ = writeln!(text, "    - {}", numbers(row.iter()));
        }
    }
}

fn numbers<'a>(values: impl Iterator<Item = &'a f64>) -> String {
    // A point or an exponent makes a number of YAML 1.1 a float, and an
    // exponent needs both a point and a sign there.
    let number = |value: &f64| {
        let text = format!("{value:?}");
        match text.split_once('e') {
            None => text,
            Some((mantissa, exponent)) => {
                let point = if mantissa.contains('.') { "" } else { ".0" };
                let sign = if exponent.starts_with('-') { "" } else { "+" };
                format!("{mantissa}{point}e{sign}{exponent}")
            }
        }
    };
    format!("[{}]", values.map(number).collect::<Vec<_>>().join(", "))
}

/// Names in double quotes; names have none of the characters that would need
/// an escape.
fn names(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    format!("[{}]", quoted.join(", "))
}
