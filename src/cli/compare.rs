//! `hamc compare`

use clap::Args;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

use super::picture::Picture;
use super::{CompileChoices, Failure, Outcome, compile, files, output};
use crate::backend::svg::plot;
use crate::pipeline::{self, Kind, Row};

/// Arguments of `hamc compare`.
#[derive(Args)]
pub struct Compare {
    /// The spec, or a folder of specs for one line each
    spec: PathBuf,
    /// The number of points at which errors are measured
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    samples: u32,
    #[command(flatten)]
    picture: Picture,
    /// The scale of the neurons of monomials in one layer, relative to the
    /// ranges of the inputs [default: the one with the least error]
    #[arg(long, value_name = "SCALE", value_parser = parse_scale)]
    shallow_scale: Option<f64>,
    /// Train dense networks of the compiled network's size, and of 2, 4 and 16
    /// times it, on samples of H
    #[arg(long)]
    train: bool,
    /// The first seed of the training
    #[arg(long, default_value_t = 0, requires = "train")]
    seed: u64,
    /// The number of seeds, whose median is shown
    #[arg(long, default_value_t = 3, requires = "train", value_parser = clap::value_parser!(u32).range(1..=100))]
    seeds: u32,
    /// Passes over the training samples by Adam, at most
    #[arg(long, default_value_t = 100, requires = "train", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    epochs: u32,
    /// Steps of L-BFGS after them, at most
    #[arg(long, default_value_t = 2000, requires = "train", value_parser = clap::value_parser!(u32).range(0..=100_000))]
    steps: u32,
    /// The number of training samples, a quarter of them held out to stop early
    #[arg(long, default_value_t = 2048, requires = "train", value_parser = clap::value_parser!(u32).range(16..=1_000_000))]
    training_samples: u32,
    #[command(flatten)]
    choices: CompileChoices,
}

/// Compares the compiled network with its baselines.
pub fn run(arguments: &Compare) -> Outcome {
    if arguments.spec.is_dir() {
        return folder(arguments);
    }
    arguments.picture.guard(&arguments.spec)?;
    let (spec, rows) = rows(arguments, &arguments.spec)?;
    arguments.picture.deliver(|| picture(&spec, &rows), || json!({ "rows": report(&rows) }), || table(&rows))
}

fn parse_scale(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value > 0.0 && value.is_finite() => Ok(value),
        _ => Err("a scale is a positive number such as 0.1".to_owned()),
    }
}

/// The comparison of one spec.
fn rows(arguments: &Compare, path: &Path) -> Result<(files::Spec, Vec<Row>), Failure> {
    let spec = files::read_spec(path)?;
    let options = arguments.choices.options(&spec);
    let spinner = output::spinner("comparing");
    let train = arguments.train.then(|| pipeline::Train {
        seed: arguments.seed,
        seeds: arguments.seeds as usize,
        samples: arguments.training_samples as usize,
        settings: pipeline::Settings {
            epochs: arguments.epochs as usize,
            steps: arguments.steps as usize,
            ..pipeline::Settings::default()
        },
    });
    let compare = pipeline::Compare { samples: arguments.samples as usize, scale: arguments.shallow_scale, train };
    let rows = pipeline::compare(&spec.model, &options, &compare, &mut |what| {
        spinner.set_message(format!("{}: {what}", spec.name));
    })
    .map_err(compile::failure);
    spinner.finish_and_clear();
    Ok((spec, rows?))
}

/// The comparison of every spec of a folder, one line each.
fn folder(arguments: &Compare) -> Outcome {
    arguments.picture.guard(&arguments.spec)?;
    let paths = files::specs_in(&arguments.spec)?;
    let mut lines = Vec::new();
    let mut reports = Vec::new();
    let mut ranges = Vec::new();
    let mut failed = 0;
    for path in &paths {
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        match rows(arguments, path) {
            Ok((spec, rows)) => {
                lines.push(summary(&spec, &rows));
                ranges.push(range(&spec, &rows));
                reports.push(json!({ "spec": name, "rows": report(&rows) }));
            }
            Err(failure) => {
                failed += 1;
                output::error(&failure.message);
                reports.push(json!({ "spec": name, "error": failure.message }));
            }
        }
    }
    let headers = [
        "spec",
        "variables",
        "degree",
        "polynomial",
        "local",
        "symmetric",
        "terms",
        "shallow",
        "as written",
        "compiled",
        "depth",
        "max error",
    ];
    arguments.picture.deliver(
        || plot::ranges("Neurons of each network", "one hidden layer, H as written, compiled", &ranges),
        || json!({ "specs": reports }),
        || output::table(&headers, &lines),
    )?;
    match failed {
        0 => Ok(()),
        count => Err(Failure::input(format!(
            "{} of {} could not be compared",
            output::plural(&count.to_string(), "spec"),
            paths.len()
        ))),
    }
}

/// A spec in one line: the ladder, then neurons.
fn summary(spec: &files::Spec, rows: &[Row]) -> Vec<String> {
    let named = |name: &str| rows.iter().find(|row| row.name.starts_with(name));
    let couplings = |row: Option<&Row>| short(&row.and_then(|row| row.couplings.clone()));
    let neurons = |row: Option<&Row>| short(&row.and_then(|row| row.neurons.clone()));
    let shallow = fewest_shallow(rows);
    let compiled = rows.iter().find(|row| row.kind == Kind::Measured);
    let ladder_end = rows.iter().take_while(|row| row.name != "polynomial as given").last();
    vec![
        spec.name.clone(),
        short(&spec.model.variables().map(|count| count.to_string())),
        spec.model.degree.to_string(),
        couplings(named("any polynomial")),
        couplings(named("after locality")),
        couplings(ladder_end),
        couplings(named("polynomial as given")),
        neurons(shallow),
        neurons(named("deep, as written")),
        neurons(compiled),
        compiled.and_then(|row| row.depth).map_or_else(String::new, |depth| depth.to_string()),
        compiled.map_or_else(String::new, error),
    ]
}

/// The one-layer network with the fewest neurons, built or by formula.
fn fewest_shallow(rows: &[Row]) -> Option<&Row> {
    rows.iter()
        .filter(|row| row.name.starts_with("shallow, ") && !row.name.contains("at least"))
        .filter(|row| row.neurons.is_some())
        .min_by_key(|row| row.neurons.as_ref().map(|count| (count.len(), count.clone())))
}

/// A spec as a line of a picture: its numbers of neurons.
fn range(spec: &files::Spec, rows: &[Row]) -> plot::Range {
    let written = rows.iter().find(|row| row.name == "deep, as written");
    let compiled = rows.iter().find(|row| row.kind == Kind::Measured);
    let named =
        [(plot::Style::Shallow, fewest_shallow(rows)), (plot::Style::Deep, written), (plot::Style::Compiled, compiled)];
    let marks = named.into_iter().filter_map(|(style, row)| {
        let neurons = &row?.neurons;
        Some((style, log10(neurons)?, short(neurons)))
    });
    plot::Range { label: spec.name.clone(), marks: marks.collect() }
}

/// The decimal logarithm of a count.
pub(super) fn log10(count: &Option<String>) -> Option<f64> {
    let digits = count.as_deref()?;
    let (lead, rest) = digits.split_at(digits.len().min(15));
    let value = lead.parse::<f64>().ok().filter(|value| *value > 0.0)?;
    Some(value.log10() + rest.len() as f64)
}

/// Errors against neurons.
fn picture(spec: &files::Spec, rows: &[Row]) -> String {
    let mut marks = Vec::new();
    let mut lines = Vec::new();
    for row in rows.iter().filter(|row| !row.name.starts_with("fewest")) {
        let Some(neurons) = log10(&row.neurons) else { continue };
        match (row.kind, row.max_error) {
            (Kind::Bound, _) => {
                lines.push(plot::Line { label: format!("{}: {}", row.name, short(&row.neurons)), neurons })
            }
            (_, Some(error)) => marks.push(plot::Mark {
                label: row.name.clone(),
                style: match (row.kind, row.depth) {
                    (Kind::Trained, _) => plot::Style::Trained,
                    (Kind::Measured, _) => plot::Style::Compiled,
                    (_, Some(0 | 1)) => plot::Style::Shallow,
                    _ => plot::Style::Deep,
                },
                neurons,
                error: (error > 0.0 && error.is_finite()).then(|| error.log10()),
                spread: row
                    .spread
                    .filter(|(least, most)| *least > 0.0 && most.is_finite())
                    .map(|(least, most)| (least.log10(), most.log10())),
            }),
            _ => {}
        }
    }
    let lattice = if spec.model.lattice.is_point() { String::new() } else { format!(" on {}", spec.model.lattice) };
    let variables = short(&spec.model.variables().map(|count| count.to_string()));
    let subtitle = format!("{}: {variables} variables{lattice}, degree {}", spec.name, spec.model.degree);
    plot::errors("How accurate with how many neurons", &subtitle, &marks, &lines)
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
pub(super) fn with_short_numbers(text: &str) -> String {
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

/// An error; of several seeds with the least and the greatest.
fn error(row: &Row) -> String {
    match (row.max_error, row.spread) {
        (Some(error), Some((least, most))) => format!("{error:.1e} ({least:.1e}..{most:.1e})"),
        (Some(0.0), _) => "0".to_owned(),
        (Some(error), _) => format!("{error:.1e}"),
        (None, _) => String::new(),
    }
}

/// The rows as a table.
fn table(rows: &[Row]) -> String {
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            vec![
                row.name.clone(),
                row.kind.name().to_owned(),
                short(&row.neurons),
                short(&row.weights),
                short(&row.distinct_weights),
                short(&row.couplings),
                row.depth.map_or_else(String::new, |depth| depth.to_string()),
                short(&row.operations),
                error(row),
                with_short_numbers(&row.note),
            ]
        })
        .collect();
    let headers = ["what", "kind", "neurons", "weights", "distinct", "couplings", "depth", "cost", "max error", "note"];
    output::table(&headers, &cells)
}
