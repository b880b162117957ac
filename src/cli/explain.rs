//! What `hamc compile --explain` says: for every gate the template that was
//! chosen, and what the others would cost and give.

use serde_json::{Value, json};

use super::output;
use crate::assemble::Chosen;

/// As JSON, gates in order.
pub fn report(chosen: &[Chosen]) -> Value {
    let gate = |gate: &Chosen| {
        let alternatives: Vec<Value> = (gate.alternatives.iter())
            .map(|other| {
                json!({
                    "template": other.template.name(),
                    "neurons": other.neurons,
                    "weights": other.weights,
                    "centre": other.centre,
                    "error": other.error,
                })
            })
            .collect();
        json!({
            "gate": gate.gate,
            "computes": gate.computes,
            "template": gate.template.name(),
            "neurons": gate.neurons,
            "centre": gate.centre,
            "scale": gate.scale,
            "error": gate.error,
            "share": gate.share,
            "alternatives": alternatives,
        })
    };
    chosen.iter().map(gate).collect()
}

/// The most characters of an expression that are shown.
const WIDEST: usize = 40;

/// As a table, gates in order.
pub fn text(chosen: &[Chosen]) -> String {
    if chosen.is_empty() {
        return String::new();
    }
    let short = |text: &str| match text.char_indices().nth(WIDEST) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}...", &text[..end]),
    };
    let rows: Vec<Vec<String>> = (chosen.iter())
        .map(|gate| {
            let others = gate.alternatives.iter().map(|other| {
                format!(
                    "{} ({}) {:.1e}",
                    other.template.name(),
                    output::plural(&other.neurons.to_string(), "neuron"),
                    other.error
                )
            });
            vec![
                gate.gate.clone(),
                short(&gate.computes),
                gate.template.name().to_owned(),
                gate.neurons.to_string(),
                format!("{:.4}", gate.centre),
                format!("{:.1e}", gate.scale),
                format!("{:.1e}", gate.error),
                format!("{:.1e}", gate.share),
                others.collect::<Vec<_>>().join(", "),
            ]
        })
        .collect();
    let headers = ["gate", "computes", "template", "neurons", "centre", "scale", "adds", "at most in H", "instead of"];
    let table = output::table(&headers, &rows);
    let lines: String = table.lines().map(|line| format!("  {line}\n")).collect();
    format!("  gates: the fewest neurons that keep the tolerance, then the fewest weights\n{lines}")
}
