//! `hamc eval`

use clap::Args;
use ndarray::{Array2, Axis};
use std::path::PathBuf;

use super::{Failure, Outcome, arrays, files, output};
use crate::network::{EvaluateError, EvaluateOptions, Evaluator};
use crate::pipeline;
use crate::simplify;

/// Arguments of `hamc eval`.
#[derive(Args)]
pub struct Evaluate {
    /// A network description, or a spec to be evaluated directly with exact
    /// products in doubles
    network: PathBuf,
    /// Samples: one row each, columns the variables in declared order, cells
    /// row-major, sites or bonds of a cell, components fastest (.npy or .csv)
    #[arg(long, short, value_name = "FILE")]
    input: PathBuf,
    /// Where to write the energies (.npy or .csv) [default: CSV to stdout]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Evaluate samples outside the declared domain too, where nothing is promised
    #[arg(long)]
    allow_outside: bool,
    /// The value of a free coupling; with all of them given the output is H
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_coupling)]
    coupling: Vec<(String, f64)>,
}

fn parse_coupling(text: &str) -> Result<(String, f64), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    let value: f64 = value.trim().parse().map_err(|_| format!("`{value}` is no number"))?;
    Ok((name.trim().to_owned(), value))
}

/// Evaluates samples.
pub fn run(arguments: &Evaluate) -> Outcome {
    if let Some(output) = &arguments.output {
        for input in [&arguments.input, &arguments.network] {
            files::refuse_same(input, output)?;
        }
    }
    let text = files::read_text(&arguments.network)?;
    let shown = arguments.network.display();
    // The free coupling of each output, if any.
    let (evaluator, couplings): (Evaluator, Vec<Option<String>>) = if files::is_network(&text) {
        let network = files::parse_network(&arguments.network, &text)?;
        let couplings = network.outputs.iter().map(|output| output.coupling.clone()).collect();
        let evaluator = Evaluator::new(&network).map_err(|error| Failure::input(format!("{shown}: {error}")))?;
        (evaluator, couplings)
    } else {
        let spec = files::read_spec(&arguments.network)?;
        let model = pipeline::generic(spec.model).map_err(|error| Failure::unmet(error.to_string()))?;
        let circuit =
            pipeline::circuit(&model, simplify::Options::default(), &mut |_| {}).map_err(super::compile::failure)?;
        let couplings = model.energies.iter().map(|energy| energy.coupling.clone()).collect();
        let evaluator =
            Evaluator::of_circuit(&model, &circuit).map_err(|error| Failure::input(format!("{shown}: {error}")))?;
        (evaluator, couplings)
    };
    let factors = factors(&couplings, &arguments.coupling)?;
    let inputs = arrays::read(&arguments.input, &evaluator)?;
    if arguments.allow_outside
        && let Some((count, first)) = evaluator.outside(inputs.view())
    {
        output::note(&format!(
            "warning: {} outside the domain, where nothing is promised; the first in sample {}: {} = {}\n",
            if count == 1 { "1 input value is".to_owned() } else { format!("{count} input values are") },
            first.sample,
            first.variable,
            first.value
        ));
    }
    let bar = output::bar(inputs.nrows() as u64, "evaluating");
    let progress = |done: usize| bar.inc(done as u64);
    let options = EvaluateOptions { allow_outside: arguments.allow_outside, progress: Some(&progress) };
    let energies = evaluator.evaluate(inputs.view(), &options).map_err(|error| {
        let help = match &error {
            EvaluateError::Outside { .. } => "; --allow-outside evaluates them all the same",
            _ => "",
        };
        Failure::input(format!("{}: {error}{help}", arguments.input.display()))
    })?;
    bar.finish_and_clear();
    let (names, energies) = match factors {
        Some(factors) => {
            // In a fixed order: a library's dot product depends on the processor.
            let total = energies.map_axis(Axis(1), |row| {
                row.iter().zip(&factors).fold(0.0, |sum, (energy, factor)| sum + energy * factor)
            });
            (vec!["H".to_owned()], total.insert_axis(Axis(1)))
        }
        None => {
            if couplings.iter().any(Option::is_some) {
                output::note(
                    "note: couplings are free, so there is a column for each; give them with --coupling NAME=VALUE for H\n",
                );
            }
            (evaluator.outputs().to_vec(), energies)
        }
    };
    write(arguments, &names, &energies)
}

/// The factor of each output in H, where every free coupling has a value.
fn factors(couplings: &[Option<String>], given: &[(String, f64)]) -> Result<Option<Vec<f64>>, Failure> {
    let known: Vec<&String> = couplings.iter().flatten().collect();
    if let Some((name, _)) = given.iter().find(|(name, _)| !known.contains(&name)) {
        let list = known.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
        let list = if list.is_empty() { "there are none".to_owned() } else { format!("free couplings: {list}") };
        return Err(Failure::input(format!("--coupling {name}: no such free coupling; {list}")));
    }
    if given.is_empty() {
        return Ok(None);
    }
    let mut factors = Vec::new();
    for coupling in couplings {
        factors.push(match coupling {
            None => 1.0,
            Some(name) => {
                let value = given.iter().rev().find(|(given, _)| given == name);
                value.ok_or_else(|| Failure::input(format!("the free coupling {name} has no value")))?.1
            }
        });
    }
    Ok(Some(factors))
}

fn write(arguments: &Evaluate, names: &[String], energies: &Array2<f64>) -> Outcome {
    match &arguments.output {
        Some(path) => arrays::write(path, names, energies),
        None => {
            output::print(&arrays::csv_text(names, energies));
            Ok(())
        }
    }
}
