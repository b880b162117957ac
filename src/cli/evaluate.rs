//! `hamc eval`

use clap::Args;
use ndarray::{Array2, ArrayView1, Axis};
use std::path::{Path, PathBuf};

use super::{Failure, Outcome, arrays, files, output};
use crate::network::{Change, EvaluateError, EvaluateOptions, Evaluator};
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
    /// Write the energy of each cell of the lattice instead of their sum: a
    /// term that couples several cells counts in one of them
    #[arg(long, conflicts_with = "differences")]
    map: bool,
    /// Write what the energy changes by if one variable alone is changed, for
    /// each variable: `flip` turns spins and bits over; a file (.npy or .csv)
    /// has a new value for each
    #[arg(long, value_name = "flip|FILE")]
    differences: Option<PathBuf>,
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
        arrays::check_name(output)?;
        for input in [&arguments.input, &arguments.network].into_iter().chain(arguments.replacements()) {
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
    let inputs = read(&arguments.input, &evaluator, arguments.allow_outside)?;
    let replacements = match arguments.replacements() {
        Some(path) => Some(read(path, &evaluator, arguments.allow_outside)?),
        None => None,
    };
    let bar = output::bar(inputs.nrows() as u64, "evaluating");
    let progress = |done: usize| bar.inc(done as u64);
    // Values outside were refused or warned of.
    let options = EvaluateOptions { allow_outside: true, progress: Some(&progress) };
    let failed = |error: EvaluateError| Failure::input(format!("{}: {error}", arguments.input.display()));
    if factors.is_none() && couplings.iter().any(Option::is_some) {
        output::note(
            "note: couplings are free, so there is a column for each; give them with --coupling NAME=VALUE for H\n",
        );
    }
    let names = if factors.is_some() { vec!["H".to_owned()] } else { evaluator.outputs().to_vec() };
    let path = arguments.output.as_deref();
    if !arguments.map && arguments.differences.is_none() {
        let energies = evaluator.evaluate(inputs.view(), &options).map_err(failed)?;
        bar.finish_and_clear();
        let energies = match &factors {
            Some(factors) => energies.map_axis(Axis(1), |row| combine(row, factors)).insert_axis(Axis(1)),
            None => energies,
        };
        return arrays::write(path, &names, &energies);
    }
    let values = match (&arguments.differences, &replacements) {
        (None, _) => evaluator.map(inputs.view(), &options),
        (Some(_), None) => evaluator.differences(inputs.view(), Change::Flip, &options),
        (Some(_), Some(values)) => evaluator.differences(inputs.view(), Change::Replace(values.view()), &options),
    };
    let values = values.map_err(failed)?;
    bar.finish_and_clear();
    let values = match &factors {
        Some(factors) => values.map_axis(Axis(1), |row| combine(row, factors)).insert_axis(Axis(1)),
        None => values,
    };
    let variables = [evaluator.variables()];
    let (extents, column): (&[usize], &dyn Fn(usize) -> String) = if arguments.map {
        (evaluator.cells(), &|cell| cell_name(evaluator.cells(), cell))
    } else {
        (&variables, &|column| evaluator.column_name(column))
    };
    arrays::write_table(path, arrays::Table { outputs: &names, column, extents, values })
}

impl Evaluate {
    /// The file of new values.
    fn replacements(&self) -> Option<&PathBuf> {
        self.differences.as_ref().filter(|given| given.as_os_str() != "flip")
    }
}

/// Reads samples, and refuses or warns of values outside the domain.
fn read(path: &Path, evaluator: &Evaluator, allow_outside: bool) -> Result<Array2<f64>, Failure> {
    let samples = arrays::read(path, evaluator)?;
    if let Some((count, first)) = evaluator.outside(samples.view()) {
        if !allow_outside {
            let error = EvaluateError::Outside { count, first };
            let help = "--allow-outside evaluates them all the same";
            return Err(Failure::input(format!("{}: {error}; {help}", path.display())));
        }
        output::note(&format!(
            "warning: {} outside the domain, where nothing is promised; the first in sample {}: {} = {}\n",
            if count == 1 { "1 input value is".to_owned() } else { format!("{count} input values are") },
            first.sample,
            first.variable,
            first.value
        ));
    }
    Ok(samples)
}

/// H from its parts, in a fixed order: a library's dot product depends on the
/// processor.
fn combine(parts: ArrayView1<'_, f64>, factors: &[f64]) -> f64 {
    parts.iter().zip(factors).fold(0.0, |sum, (part, factor)| sum + part * factor)
}

/// A cell by its coordinates: `[3]`, `[1, 2]`; `H` where there is one cell.
fn cell_name(cells: &[usize], mut cell: usize) -> String {
    let mut place = vec![String::new(); cells.len()];
    for (name, extent) in place.iter_mut().zip(cells).rev() {
        *name = (cell % extent).to_string();
        cell /= extent;
    }
    if place.is_empty() { "H".to_owned() } else { format!("[{}]", place.join(", ")) }
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
