//! `hamc scale`

use clap::Args;
use serde_json::json;
use std::path::PathBuf;

use super::compare::with_short_numbers;
use super::picture::Picture;
use super::{CompileChoices, Failure, Outcome, compile, files, output};
use crate::backend::svg::plot;
use crate::pipeline::{self, Growth, ScaleError, Scaled};

/// Arguments of `hamc scale`.
#[derive(Args)]
pub struct Scale {
    /// The spec
    spec: PathBuf,
    /// A param of the spec with a value, and the values it takes instead:
    /// `n=4..40` (both ends included) or `n=4..40..4` in steps of four
    #[arg(long, value_parser = parse_range, value_name = "NAME=FIRST..LAST")]
    parameter: Range,
    #[command(flatten)]
    picture: Picture,
    #[command(flatten)]
    choices: CompileChoices,
}

/// Values of a param.
#[derive(Clone)]
struct Range {
    name: String,
    values: Vec<i64>,
}

/// More values than this are refused.
const MOST_VALUES: u64 = 1_000;

fn parse_range(text: &str) -> Result<Range, String> {
    let help = "write NAME=FIRST..LAST, such as n=4..40, or n=4..40..4 for steps of four";
    let (name, range) = text.split_once('=').ok_or(help)?;
    let numbers: Vec<i64> =
        range.split("..").map(|number| number.trim().parse::<i64>()).collect::<Result<_, _>>().map_err(|_| help)?;
    let (first, last, step) = match numbers.as_slice() {
        [first, last] => (*first, *last, 1),
        [first, last, step] => (*first, *last, *step),
        _ => return Err(help.to_owned()),
    };
    if step < 1 || last < first {
        return Err("the last value comes after the first, and the step is positive".to_owned());
    }
    if first.abs_diff(last) / step.unsigned_abs() >= MOST_VALUES {
        return Err(format!("at most {MOST_VALUES} values"));
    }
    let count = first.abs_diff(last) / step.unsigned_abs() + 1;
    let values = (0..count as i64).map(|at| first + at * step).collect();
    Ok(Range { name: name.trim().to_owned(), values })
}

/// Shows how counts grow.
pub fn run(arguments: &Scale) -> Outcome {
    arguments.picture.guard(&arguments.spec)?;
    let spec = files::read_spec(&arguments.spec)?;
    let options = arguments.choices.options(&spec);
    let Range { name, values } = &arguments.parameter;
    let bar = output::bar(values.len() as u64, "compiling");
    let scaled = pipeline::scale(&spec.text, name, values, &options, &|| bar.inc(1));
    bar.finish_and_clear();
    let scaled = scaled.map_err(|error| match error {
        ScaleError::Compile { value, error } => {
            let failure = compile::failure(error);
            Failure { message: format!("with {name} = {value}: {}", failure.message), ..failure }
        }
        ScaleError::Wrong { .. } | ScaleError::NoParam { .. } => {
            Failure::input(format!("{}: {error}", arguments.spec.display()))
        }
    })?;
    let report = || {
        let series = scaled
            .series
            .iter()
            .map(|series| json!({ "name": series.name, "counts": series.counts, "growth": series.growth.text(name) }));
        json!({
            "parameter": name,
            "values": scaled.values,
            "series": series.collect::<Vec<_>>(),
        })
    };
    arguments.picture.deliver(|| picture(&spec.name, name, &scaled), report, || table(name, &scaled))
}

/// Values printed in a line; the others are left out in the middle.
const MOST_COLUMNS: usize = 8;

/// A line for each count: its law and some of its values.
fn table(parameter: &str, scaled: &Scaled) -> String {
    let count = scaled.values.len();
    let shown: Vec<usize> = match count {
        count if count <= MOST_COLUMNS => (0..count).collect(),
        _ => (0..MOST_COLUMNS).map(|at| at * (count - 1) / (MOST_COLUMNS - 1)).collect(),
    };
    let headers: Vec<String> = ["count".to_owned(), format!("law in {parameter}")]
        .into_iter()
        .chain(shown.iter().map(|&at| format!("{parameter}={}", scaled.values[at])))
        .collect();
    let rows: Vec<Vec<String>> = scaled
        .series
        .iter()
        .map(|series| {
            let counts =
                shown.iter().map(|&at| series.counts[at].as_deref().map_or_else(|| "-".to_owned(), with_short_numbers));
            [series.name.to_owned(), law(&series.growth, parameter)].into_iter().chain(counts).collect()
        })
        .collect();
    output::table(&headers.iter().map(String::as_str).collect::<Vec<_>>(), &rows)
}

/// A law with short numbers; its variable has the parameter's name.
fn law(growth: &Growth, parameter: &str) -> String {
    with_short_numbers(&growth.text(parameter))
}

fn picture(spec: &str, parameter: &str, scaled: &Scaled) -> String {
    let curves: Vec<plot::Curve> = scaled
        .series
        .iter()
        .map(|series| plot::Curve {
            label: series.name.to_owned(),
            law: law(&series.growth, parameter),
            points: scaled
                .values
                .iter()
                .zip(&series.counts)
                .filter_map(|(value, count)| Some((*value as f64, super::compare::log10(count)?)))
                .collect(),
        })
        .collect();
    plot::growth(
        "How the counts grow",
        &format!("{spec}, {parameter} from {} to {}", scaled.values[0], scaled.values[scaled.values.len() - 1]),
        parameter,
        &curves,
    )
}
