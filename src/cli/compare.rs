//! `hamc compare`

use clap::Args;
use serde_json::{Value, json};
use std::path::PathBuf;

use super::{CompileChoices, Outcome, compile, files, output};
use crate::pipeline::{self, Row};

/// Arguments of `hamc compare`.
#[derive(Args)]
pub struct Compare {
    /// The spec
    spec: PathBuf,
    /// The number of points at which errors are measured
    #[arg(long, default_value_t = 200)]
    samples: usize,
    /// Print the rows as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    choices: CompileChoices,
}

/// Compares the compiled network with its baselines.
pub fn run(arguments: &Compare) -> Outcome {
    let spec = files::read_spec(&arguments.spec)?;
    let options = arguments.choices.options(&spec);
    let spinner = output::spinner("comparing");
    let compare = pipeline::Compare { samples: arguments.samples };
    let rows = pipeline::compare(&spec.model, &options, &compare, &mut |what| {
        spinner.set_message(what.to_owned());
    })
    .map_err(compile::failure)?;
    spinner.finish_and_clear();
    if arguments.json {
        output::json(&json!({ "rows": report(&rows) }));
        return Ok(());
    }
    output::print(&table(&rows));
    Ok(())
}

/// The rows as JSON.
fn report(rows: &[Row]) -> Vec<Value> {
    let row = |row: &Row| {
        json!({
            "name": row.name,
            "kind": row.kind.name(),
            "neurons": row.neurons,
            "weights": row.weights,
            "distinct_weights": row.distinct_weights,
            "couplings": row.couplings,
            "depth": row.depth,
            "operations": row.operations,
            "max_error": row.max_error,
            "min_error_of_seeds": row.spread.map(|(least, _)| least),
            "max_error_of_seeds": row.spread.map(|(_, most)| most),
            "note": row.note,
        })
    };
    rows.iter().map(row).collect()
}

/// The most digits of a count that is printed in full.
const MOST_DIGITS: usize = 12;

/// A count for people: long ones by their leading digits.
fn short(count: &Option<String>) -> String {
    count.as_deref().map_or_else(String::new, with_short_numbers)
}

/// A text with its long numbers by their leading digits.
fn with_short_numbers(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let (digits, after) = from.split_at(from.find(|c: char| !c.is_ascii_digit()).unwrap_or(from.len()));
        result.push_str(before);
        match digits.len() {
            length if length > MOST_DIGITS => {
                result.push_str(&format!("{}.{}e{}", &digits[..1], &digits[1..3], length - 1));
            }
            _ => result.push_str(digits),
        }
        rest = after;
    }
    result + rest
}

/// The rows as a table.
fn table(rows: &[Row]) -> String {
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let error = match (row.max_error, row.spread) {
                (Some(error), Some((least, most))) => format!("{error:.1e} ({least:.1e} to {most:.1e})"),
                (Some(0.0), _) => "0".to_owned(),
                (Some(error), _) => format!("{error:.1e}"),
                (None, _) => String::new(),
            };
            vec![
                row.name.clone(),
                row.kind.name().to_owned(),
                short(&row.neurons),
                short(&row.weights),
                short(&row.distinct_weights),
                short(&row.couplings),
                row.depth.map_or_else(String::new, |depth| depth.to_string()),
                short(&row.operations),
                error,
                with_short_numbers(&row.note),
            ]
        })
        .collect();
    let headers = ["what", "kind", "neurons", "weights", "distinct", "couplings", "depth", "cost", "max error", "note"];
    output::table(&headers, &cells)
}
