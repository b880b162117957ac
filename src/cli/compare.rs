//! `hamc compare`

use clap::Args;
use serde_json::json;
use std::path::PathBuf;

use super::{CompileChoices, Outcome, compile, files, output};
use crate::pipeline;

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
    let rows = pipeline::compare(&spec.model, &options, arguments.samples, &mut |what| {
        spinner.set_message(what.to_owned());
    })
    .map_err(compile::failure)?;
    spinner.finish_and_clear();
    if arguments.json {
        let rows: Vec<_> = rows
            .iter()
            .map(|row| {
                json!({
                    "name": row.name,
                    "kind": row.kind.name(),
                    "neurons": row.neurons,
                    "weights": row.weights,
                    "depth": row.depth,
                    "max_error": row.max_error,
                    "note": row.note,
                })
            })
            .collect();
        output::json(&json!({ "rows": rows }));
        return Ok(());
    }
    let table: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            vec![
                row.name.clone(),
                row.kind.name().to_owned(),
                row.neurons.clone().unwrap_or_default(),
                row.weights.clone().unwrap_or_default(),
                row.depth.map_or_else(String::new, |depth| depth.to_string()),
                row.max_error.map_or_else(String::new, |error| format!("{error:.1e}")),
                row.note.clone(),
            ]
        })
        .collect();
    output::print(&output::table(&["what", "kind", "neurons", "weights", "depth", "max error", "note"], &table));
    Ok(())
}
