//! What `hamc compile --explain` says: what is known of the circuit's size, and
//! for every gate the template that was chosen, and what the others would cost
//! and give.

use serde_json::{Value, json};

use super::output;
use crate::assemble::Chosen;
use crate::simplify::Evidence;

/// What is known of the circuit's size, as JSON.
pub fn search_report(evidence: &Evidence) -> Value {
    let origins: serde_json::Map<String, Value> =
        evidence.origins.iter().map(|(name, gates)| ((*name).to_owned(), json!(gates))).collect();
    let mut report = json!({
        "decompositions": evidence.decompositions,
        "optimal_among_found": evidence.exhausted,
        "gates_by_generator": origins,
        "gates_removed_by_rewriting": evidence.rewritten,
    });
    if evidence.at_least > 0 {
        report["multiplications_at_least"] = evidence.at_least.into();
    }
    report
}

/// What is known of the circuit's size, as text: `found` is the number of
/// its multiplications.
pub fn search_text(evidence: &Evidence, found: u64) -> String {
    let among = output::plural(&evidence.decompositions.to_string(), "decomposition");
    let mut text = if evidence.exhausted {
        format!("  search   no smaller selection among the {among} found (proved)\n")
    } else {
        format!("  search   {among} found, the smallest selection of them not proved\n")
    };
    if evidence.rewritten > 0 {
        text.push_str(&format!(
            "           rewriting took {} off it\n",
            output::plural(&evidence.rewritten.to_string(), "gate")
        ));
    }
    match evidence.at_least {
        0 => {}
        least if least == found => {
            text.push_str(&format!("           no circuit takes fewer than {least} multiplications\n"))
        }
        least => text.push_str(&format!(
            "           at least {} needed in any circuit\n",
            match least {
                1 => "1 multiplication is".to_owned(),
                _ => format!("{least} multiplications are"),
            }
        )),
    }
    let used: Vec<String> = (evidence.origins.iter())
        .map(|(name, gates)| if *gates == 0 { (*name).to_owned() } else { format!("{name} ({gates})") })
        .collect();
    if !used.is_empty() {
        text.push_str(&format!("           found by {}\n", used.join(", ")));
    }
    text
}

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
