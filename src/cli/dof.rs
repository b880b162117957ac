//! `hamc dof`

use clap::Args;
use serde_json::json;
use std::path::PathBuf;

use super::{Failure, Outcome, files, output};
use crate::count::{self, CountError};

/// Arguments of `hamc dof`.
#[derive(Args)]
pub struct Dof {
    /// The spec
    spec: PathBuf,
    /// Print the counts as JSON
    #[arg(long)]
    json: bool,
}

/// Counts the couplings that degree, locality and symmetry leave.
pub fn run(arguments: &Dof) -> Outcome {
    let spec = files::read_spec(&arguments.spec)?;
    let shown = arguments.spec.display();
    let found = count::degrees_of_freedom(&spec.model).map_err(|error| match error {
        CountError::TooMany { .. } | CountError::Unsupported(_) => Failure::unmet(format!("{shown}: {error}")),
        _ => Failure::input(format!("{shown}: {error}")),
    })?;
    for step in &found.steps {
        if let Some(warning) = &step.warning {
            output::note(&format!("warning: {warning}\n"));
        }
    }
    if arguments.json {
        let steps: Vec<_> = found
            .steps
            .iter()
            .map(|step| {
                json!({
                    "name": step.name,
                    "count": step.count.to_string(),
                    "formula": step.formula,
                    "warning": step.warning,
                })
            })
            .collect();
        output::json(&json!({
            "variables": found.variables.to_string(),
            "degree": found.degree,
            "all": found.all().to_string(),
            "local": found.local().to_string(),
            "symmetric": found.symmetric().to_string(),
            "steps": steps,
        }));
        return Ok(());
    }
    output::line(&format!("{} variables, degree {}", found.variables, found.degree));
    let rows: Vec<Vec<String>> = found
        .steps
        .iter()
        .map(|step| vec![step.name.to_owned(), step.count.to_string(), step.formula.clone()])
        .collect();
    output::print(&output::table(&["step", "couplings", "formula"], &rows));
    Ok(())
}
