//! `hamc detect`

use clap::Args;
use serde_json::{Value, json};
use std::path::PathBuf;

use super::{Failure, Outcome, files, output};
use crate::model::Model;
use crate::pipeline::{self, Finding, Verdict};

/// Arguments of `hamc detect`.
#[derive(Args)]
pub struct Detect {
    /// The spec
    spec: PathBuf,
    /// Print what was found as JSON
    #[arg(long)]
    json: bool,
}

/// Finds the symmetries that the Hamiltonian of a spec has and lacks.
pub fn run(arguments: &Detect) -> Outcome {
    let spec = files::read_spec(&arguments.spec)?;
    if spec.model.generic {
        return Err(Failure::input(format!(
            "{}: the symmetries of `generic` are those that are declared; write H out",
            arguments.spec.display()
        )));
    }
    let (found, declared) = pipeline::detect(&spec.model);
    let line = statement(&spec.model, &declared);
    if arguments.json {
        output::json(&json!({
            "spec": arguments.spec.display().to_string(),
            "symmetries": report(&found),
            "declare": line,
        }));
        return Ok(());
    }
    output::print(&table(&found));
    match line {
        Some(line) => output::line(&line),
        None => output::line("none of the symmetries with a name can be declared"),
    }
    Ok(())
}

/// The statement that declares all that was found.
pub fn statement(model: &Model, declared: &Model) -> Option<String> {
    let words: Vec<String> = declared.symmetries.iter().map(|symmetry| model.symmetry_text(symmetry)).collect();
    (!words.is_empty()).then(|| format!("symmetry {}", words.join(", ")))
}

/// What was found, one symmetry a line.
pub fn table(found: &[Finding]) -> String {
    let rows: Vec<Vec<String>> = found
        .iter()
        .map(|finding| {
            let (word, why) = match &finding.verdict {
                Verdict::Holds => ("yes", String::new()),
                Verdict::Lacks(violation) => {
                    ("no", format!("H has {} where the symmetry needs {}", violation.term, violation.needed))
                }
                Verdict::Undecided(reason) => ("?", reason.clone()),
            };
            vec![finding.name.clone(), word.to_owned(), why]
        })
        .collect();
    output::table(&["symmetry", "holds", "because"], &rows)
}

/// What was found, as JSON.
pub fn report(found: &[Finding]) -> Value {
    found
        .iter()
        .map(|finding| {
            let (holds, term, needed, reason) = match &finding.verdict {
                Verdict::Holds => (Some(true), None, None, None),
                Verdict::Lacks(violation) => (Some(false), Some(&violation.term), Some(&violation.needed), None),
                Verdict::Undecided(reason) => (None, None, None, Some(reason)),
            };
            json!({ "name": finding.name, "holds": holds, "term": term, "needed": needed, "reason": reason })
        })
        .collect()
}
