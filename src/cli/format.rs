//! `hamc fmt`

use clap::Args;

use std::path::PathBuf;

use super::{Failure, Outcome, files, output};
use crate::diagnostics;
use crate::syntax;

/// Arguments of `hamc fmt`.
#[derive(Args)]
pub struct Format {
    /// Specs to format
    #[arg(required = true, value_name = "SPEC")]
    specs: Vec<PathBuf>,
    /// Write the result back to the file instead of printing it
    #[arg(long, short, conflicts_with = "check")]
    write: bool,
    /// Print nothing; exit with 3 if a spec is not in canonical layout
    #[arg(long)]
    check: bool,
}

/// Formats every spec.
pub fn run(arguments: &Format) -> Outcome {
    let mut different = Vec::new();
    for path in &arguments.specs {
        let text = files::read_spec_text(path)?;
        let (spec, found) = syntax::parse(&text);
        if diagnostics::has_errors(&found) {
            let shown = path.display().to_string();
            output::note(&diagnostics::render(&found, &shown, &text, output::styled()));
            return Err(Failure::input(format!("{shown} cannot be formatted before its syntax is right")));
        }
        let formatted = syntax::print(&spec);
        if arguments.write {
            if formatted != text {
                files::write(path, formatted.as_bytes())?;
            }
        } else if arguments.check {
            if formatted != text {
                different.push(path.display().to_string());
            }
        } else {
            output::print(&formatted);
        }
    }
    if different.is_empty() {
        return Ok(());
    }
    Err(Failure::unmet(format!("not in canonical layout: {}", different.join(", "))))
}
