//! `hamc verify`

use clap::Args;
use serde_json::json;
use std::path::PathBuf;

use super::{Failure, Outcome, files, output};
use crate::pipeline::{self, VerifyError};

/// Arguments of `hamc verify`.
#[derive(Args)]
pub struct Verify {
    /// The spec
    spec: PathBuf,
    /// The network description
    network: PathBuf,
    /// The number of points at which the error is measured
    #[arg(long, default_value_t = 1000)]
    samples: usize,
    /// Print what was found as JSON
    #[arg(long)]
    json: bool,
}

/// Verifies a network against a spec.
pub fn run(arguments: &Verify) -> Outcome {
    let spec = files::read_spec(&arguments.spec)?;
    let network = files::read_network(&arguments.network)?;
    let model = pipeline::generic(spec.model).map_err(|error| Failure::unmet(error.to_string()))?;
    let spinner = output::spinner("verifying");
    let outcome = pipeline::verify(&model, &network, arguments.samples);
    spinner.finish_and_clear();
    match outcome {
        Ok(verified) => {
            let measured = &verified.measured;
            if arguments.json {
                output::json(&json!({
                    "ok": true,
                    "samples": measured.samples,
                    "cells": measured.cells,
                    "max_error": measured.max_error,
                    "max_error_per_cell": measured.max_error_per_cell,
                    "certified_per_cell": network.accuracy.per_cell,
                    "deviation_per_cell": network.accuracy.deviation,
                    "tolerance": network.accuracy.tolerance,
                }));
                return Ok(());
            }
            match network.accuracy.deviation {
                0.0 => output::line("circuit  equal to the Hamiltonian, exactly"),
                deviation => output::line(&format!(
                    "circuit  within {deviation:.1e} of the Hamiltonian per cell (irrational constants, rounded), proved"
                )),
            }
            let gates = output::plural(&network.certificate.gates.len().to_string(), "gate");
            let cell = if measured.cells > 1 { " a cell" } else { "" };
            output::line(&format!(
                "bound    {:.1e}{cell}, derived again from the weights of {gates}",
                network.accuracy.per_cell
            ));
            let on = if measured.whole { String::new() } else { format!(" on {} cells", measured.cells) };
            let per_cell = if measured.cells > 1 {
                format!(", {:.1e} a cell (promised {:.1e})", measured.max_error_per_cell, network.accuracy.per_cell)
            } else {
                format!(" (promised {:.1e})", network.accuracy.per_cell)
            };
            output::line(&format!(
                "error    at most {:.1e} at {} points{on}{per_cell}",
                measured.max_error, measured.samples
            ));
            Ok(())
        }
        Err(error) => {
            let message = format!("{}: {error}", arguments.network.display());
            if arguments.json {
                output::json(&json!({ "ok": false, "reason": error.to_string() }));
            }
            Err(match error {
                VerifyError::Evaluate(_) => Failure::input(message),
                _ => Failure::unmet(message),
            })
        }
    }
}
