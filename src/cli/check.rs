//! `hamc check`

use clap::Args;
use serde_json::json;

use std::path::PathBuf;

use super::{Failure, Outcome, detect, files, output};
use crate::diagnostics::{self, Severity};
use crate::pipeline;
use crate::syntax;

/// Arguments of `hamc check`.
#[derive(Args)]
pub struct Check {
    /// Specs to check
    #[arg(required = true, value_name = "SPEC")]
    specs: Vec<PathBuf>,
    /// Print what was found as JSON
    #[arg(long)]
    json: bool,
}

/// Checks every spec and reports all errors of all of them.
pub fn run(arguments: &Check) -> Outcome {
    let mut failed = 0;
    let mut reports = Vec::new();
    for path in &arguments.specs {
        let text = match files::read_spec_text(path) {
            Ok(text) => text,
            Err(failure) => {
                output::error(&failure.message);
                failed += 1;
                continue;
            }
        };
        let shown = path.display().to_string();
        let (model, found) = pipeline::check_with(&text, &mut files::Folder::of(path));
        output::note(&diagnostics::render(&found, &shown, &text, output::styled()));
        failed += model.is_none() as usize;
        // Where the spec asks for its symmetries.
        let symmetries = model.as_ref().filter(|_| syntax::parse(&text).0.detects()).map(pipeline::detect);
        if arguments.json {
            let list: Vec<_> = found
                .iter()
                .map(|diagnostic| {
                    let place = diagnostic.span.map(|span| diagnostics::line_and_column(&text, span.start));
                    json!({
                        "severity": match diagnostic.severity { Severity::Error => "error", Severity::Warning => "warning" },
                        "code": diagnostic.code,
                        "message": diagnostic.message,
                        "line": place.map(|(line, _)| line),
                        "column": place.map(|(_, column)| column),
                        "label": diagnostic.label,
                        "hint": diagnostic.hint,
                    })
                })
                .collect();
            let mut report = json!({
                "spec": shown,
                "ok": model.is_some(),
                "variables": model.as_ref().and_then(|m| m.variables()).map(|count| count.to_string()),
                "degree": model.as_ref().map(|m| m.degree),
                "diagnostics": list,
            });
            if let Some((found, _)) = &symmetries {
                report["symmetries"] = detect::report(found);
            }
            if let Some(form) = model.as_ref().and_then(pipeline::lattice_form) {
                report["lattice"] = json!({ "name": form.lattice, "spec": form.spec });
            }
            reports.push(report);
        } else if let Some(model) = model {
            let variables = model.variables().map_or_else(|| "over 2^64".to_owned(), |count| count.to_string());
            let lattice = if model.lattice.is_point() { String::new() } else { format!(" on {}", model.lattice) };
            let terms: usize = model.energies.iter().map(|energy| energy.polynomial.len()).sum();
            let per_cell = if model.frame.directions.is_empty() { "" } else { " a cell" };
            let terms = if model.generic {
                "generic".to_owned()
            } else {
                format!("{}{per_cell}", output::plural(&terms.to_string(), "term"))
            };
            output::line(&format!(
                "{shown}: ok: {}{lattice}, degree {}, {terms}",
                output::plural(&variables, "variable"),
                model.degree
            ));
            if let Some(form) = pipeline::lattice_form(&model) {
                output::line(&format!(
                    "  the same at every site of {}; written so, one cell is compiled whatever the number of sites:",
                    form.lattice
                ));
                form.spec.lines().for_each(|line| output::line(format!("    {line}").trim_end()));
            }
            if let Some((found, declared)) = &symmetries {
                output::print(&detect::table(found));
                if let Some(line) = detect::statement(&model, declared) {
                    output::line(&line);
                }
            }
        }
    }
    if arguments.json {
        output::json(&serde_json::Value::Array(reports));
    }
    match failed {
        0 => Ok(()),
        _ => Err(Failure::input(if arguments.specs.len() == 1 {
            String::new()
        } else {
            format!("{failed} of {} specs cannot be used", arguments.specs.len())
        })),
    }
}
