//! `hamc dof`

use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

use super::{Failure, Outcome, detect, files, output};
use crate::backend::{ham, svg};
use crate::count::{self, CountError, Ladder, Rung, RungKind, Saving, Size};
use crate::model::Model;
use crate::pipeline;
use crate::syntax;

/// Arguments of `hamc dof`.
#[derive(Args)]
pub struct Dof {
    /// The spec
    spec: PathBuf,
    /// Print the counts as JSON
    #[arg(long)]
    json: bool,
    /// Print the invariants, one a line, each the partner of one free coupling
    #[arg(long, conflicts_with = "emit")]
    basis: bool,
    /// Print one monomial of each orbit, one a line: degree, sites,
    /// multiplicity in a cell of the translations, monomial; with `--json` an
    /// object a line
    #[arg(long, conflicts_with_all = ["basis", "emit", "svg"])]
    representatives: bool,
    /// Write the ladder as a bar chart
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Write the general Hamiltonian with free couplings as a spec
    #[arg(long, value_enum, conflicts_with = "json")]
    emit: Option<Emit>,
    /// Where to write what is emitted [default: stdout]
    #[arg(short, long, value_name = "FILE", requires = "emit")]
    output: Option<PathBuf>,
    /// Write over a file that hamc did not write
    #[arg(long)]
    force: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Emit {
    /// A spec
    Ham,
}

/// The most digits of a count that is printed in full.
const MOST_DIGITS: usize = 21;

/// Counts the couplings that degree, locality and symmetry leave.
pub fn run(arguments: &Dof) -> Outcome {
    let spec = files::read_spec(&arguments.spec)?;
    for (path, written) in
        [(&arguments.svg, files::Written::Chart), (&arguments.output, files::Written::GeneralHamiltonian)]
    {
        if let Some(path) = path.as_deref().filter(|path| *path != Path::new("-")) {
            files::refuse_same(&arguments.spec, path)?;
            files::guard(path, written, arguments.force)?;
        }
    }
    let (tree, _) = syntax::parse(&spec.text);
    let (found, model) = match tree.detects() {
        true => pipeline::detect(&spec.model),
        false => (Vec::new(), spec.model),
    };
    let model = model.for_counting();
    if arguments.emit == Some(Emit::Ham) {
        return emit(arguments, &spec.name, &tree, &model);
    }
    if arguments.representatives {
        return representatives(arguments, &model);
    }
    let ladder = count::ladder(&model).map_err(|error| failure(&arguments.spec, error))?;
    let mut notes: Vec<&str> = Vec::new();
    for warning in ladder.counted.steps.iter().filter_map(|step| step.warning.as_deref()) {
        if !notes.contains(&warning) {
            output::note(&format!("warning: {warning}\n"));
            notes.push(warning);
        }
    }
    let basis = match arguments.basis {
        true => Some(invariants(&arguments.spec, &model)?),
        false => None,
    };
    if let Some(path) = &arguments.svg {
        let chart = chart(&spec.name, &model, &ladder);
        match path == Path::new("-") {
            true => output::print(&chart),
            false => files::write(path, chart.as_bytes())?,
        }
    }
    if arguments.json {
        let mut value = report(&ladder);
        if let Some(basis) = basis {
            let list = basis.iter().map(|(name, text)| json!({ "name": name, "invariant": text })).collect();
            value["basis"] = Value::Array(list);
        }
        if tree.detects() {
            value["symmetries"] = detect::report(&found);
        }
        output::json(&value);
        return Ok(());
    }
    if arguments.svg.as_deref() == Some(Path::new("-")) {
        return Ok(());
    }
    if let Some(basis) = basis {
        let width = basis.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let lines: Vec<String> = basis.iter().map(|(name, text)| format!("{name:width$}  {text}\n")).collect();
        output::print(&lines.concat());
        return Ok(());
    }
    if tree.detects() {
        output::print(&detect::table(&found));
    }
    print_ladder(&model, &ladder);
    if let Some(path) = &arguments.svg {
        output::line(&format!("wrote {}", path.display()));
    }
    Ok(())
}

/// A reason why couplings cannot be counted, as a failure.
fn failure(path: &Path, error: CountError) -> Failure {
    let message = format!("{}: {error}", path.display());
    match error {
        CountError::TooMany { .. } | CountError::Unsupported(_) => Failure::unmet(message),
        _ => Failure::input(message),
    }
}

/// The bytes that are gathered before they are printed.
const GATHERED: usize = 1 << 15;

/// Prints one monomial of each orbit as it is found.
fn representatives(arguments: &Dof, model: &Model) -> Outcome {
    let mut text = String::new();
    let listed = count::orbits(model, &mut |orbit| {
        let count::Orbit { degree, sites, monomial, multiplicity } = orbit;
        let multiplicity = multiplicity.to_string();
        let line = match arguments.json {
            true => json!({ "degree": degree, "sites": sites, "multiplicity": multiplicity, "monomial": monomial })
                .to_string(),
            false => format!("{degree:2} {sites:2} {multiplicity:>4}  {monomial}"),
        };
        text.push_str(&line);
        text.push('\n');
        if text.len() > GATHERED {
            output::print(&text);
            text.clear();
        }
    });
    output::print(&text);
    listed.map_err(|error| failure(&arguments.spec, error))
}

/// The invariants: names of couplings and texts.
fn invariants(path: &Path, model: &Model) -> Result<Vec<(String, String)>, Failure> {
    let energies = count::invariants(model).map_err(|error| failure(path, error))?;
    Ok(energies.iter().map(|energy| (energy.name.clone(), ham::invariant(model, energy))).collect())
}

/// Writes the general Hamiltonian.
fn emit(arguments: &Dof, name: &str, tree: &syntax::ast::Spec, model: &Model) -> Outcome {
    let mut general = model.clone();
    general.energies = count::invariants(model).map_err(|error| failure(&arguments.spec, error))?;
    let couplings = output::plural(&general.energies.len().to_string(), "free coupling");
    let title = format!("{} the declarations of {name}: {couplings}.", files::GENERAL_HAMILTONIAN);
    let spec = ham::general(tree, &general, &title).map_err(Failure::unmet)?;
    let text = syntax::print(&spec);
    match arguments.output.as_deref() {
        Some(path) if path != Path::new("-") => files::write(path, text.as_bytes()),
        _ => {
            output::print(&text);
            Ok(())
        }
    }
}

fn print_ladder(model: &Model, ladder: &Ladder) {
    let lattice = if model.lattice.is_point() { String::new() } else { format!(" on {}", model.lattice) };
    let counted = &ladder.counted;
    let variables = if counted.variables == 1u8.into() { "variable" } else { "variables" };
    output::line(&format!("{} {variables}{lattice}, degree {}", short(&counted.variables.to_string()), counted.degree));
    let rows: Vec<Vec<String>> = ladder
        .rungs
        .iter()
        .map(|rung| {
            vec![
                rung.name.clone(),
                rung.count.as_ref().map_or_else(|| "-".to_owned(), shown),
                rung.saved.map_or_else(String::new, times),
                rung.saved_in_total.map_or_else(String::new, times),
                rung.group_order.as_ref().map_or_else(String::new, |order| short(&order.to_string())),
                rung.formula.clone(),
            ]
        })
        .collect();
    output::print(&output::table(&["step", "couplings", "saves", "in all", "group", "formula"], &rows));
    if let Some(n) = bits(ladder) {
        output::line(&format!(
            "There are 2^(2^n) Boolean functions of n = {n} bits, and a generic one takes 2^n bits to say; from n = 260 \
             on that is more than 10^78."
        ));
    }
}

/// The number of bits, where the fields are bits or spins.
fn bits(ladder: &Ladder) -> Option<String> {
    match ladder.rungs.first()?.count.as_ref()? {
        Size::Power { base: 2, exponent } => Some(exponent.to_string()),
        _ => None,
    }
}

fn report(ladder: &Ladder) -> Value {
    let counted = &ladder.counted;
    let steps: Vec<_> = counted
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
    let mut value = json!({
        "variables": counted.variables.to_string(),
        "degree": counted.degree,
        "all": counted.all().to_string(),
        "local": counted.local().to_string(),
        "symmetric": counted.symmetric().to_string(),
        "group_order": counted.group_order.as_ref().map(ToString::to_string),
        "steps": steps,
        "ladder": ladder.rungs.iter().map(rung).collect::<Vec<_>>(),
    });
    if let Some(n) = bits(ladder) {
        value["boolean_functions"] = format!("2^(2^{n})").into();
    }
    value
}

fn rung(rung: &Rung) -> Value {
    let factor = |factor: Option<Saving>| factor.map(|factor| factor.value).filter(|value| value.is_finite());
    json!({
        "name": rung.name,
        "count": rung.count.as_ref().map(ToString::to_string),
        "log10": rung.count.as_ref().and_then(Size::log10),
        "formula": rung.formula,
        "saved": factor(rung.saved),
        "log10_saved": rung.saved.map(|factor| factor.log10),
        "saved_in_total": factor(rung.saved_in_total),
        "log10_saved_in_total": rung.saved_in_total.map(|factor| factor.log10),
        "group_order": rung.group_order.as_ref().map(ToString::to_string),
        "warning": rung.warning,
    })
}

/// The ladder as a picture.
fn chart(name: &str, model: &Model, ladder: &Ladder) -> String {
    let lattice = if model.lattice.is_point() { String::new() } else { format!(" on {}", model.lattice) };
    let counted = &ladder.counted;
    let subtitle =
        format!("{name}: {} variables{lattice}, degree {}", short(&counted.variables.to_string()), counted.degree);
    let bars: Vec<svg::Bar> = ladder
        .rungs
        .iter()
        .map(|rung| svg::Bar {
            label: rung.name.clone(),
            log10: rung.count.as_ref().and_then(Size::log10),
            value: rung.count.as_ref().map_or_else(|| "not counted".to_owned(), |count| in_powers(&shown(count))),
            remark: rung.saved.filter(|saved| saved.log10 != 0.0).map_or_else(String::new, |saved| {
                format!("{} times fewer", in_powers(times(saved).trim_end_matches('x')))
            }),
            colour: match rung.kind {
                RungKind::Functions => 0,
                RungKind::Degree => 1,
                RungKind::Locality => 2,
                RungKind::Symmetry => 3,
            },
        })
        .collect();
    svg::bar_chart("Free couplings of the Hamiltonian", &subtitle, "number of free couplings, logarithmic", &bars)
}

/// `2.72e13` as `2.72·10^13`.
fn in_powers(text: &str) -> String {
    match text.split_once('e') {
        Some(("1", power)) => format!("10^{power}"),
        Some((lead, power)) => format!("{lead}·10^{power}"),
        None => text.to_owned(),
    }
}

/// A count for people: digits in groups of three, or its leading digits.
fn shown(size: &Size) -> String {
    match size {
        Size::Exact(number) => short(&number.to_string()),
        Size::Power { base, exponent } => match exponent.to_string() {
            digits if digits.len() > MOST_DIGITS => format!("{base}^({})", short(&digits)),
            digits => format!("{base}^{digits}"),
        },
    }
}

/// A decimal number in groups of three digits, or in powers of ten where it
/// is long.
fn short(digits: &str) -> String {
    if digits.len() <= MOST_DIGITS {
        return grouped(digits);
    }
    format!("{}.{}e{}", &digits[..1], &digits[1..4], digits.len() - 1)
}

fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A factor with three digits.
fn times(factor: Saving) -> String {
    let value = factor.value;
    if !value.is_finite() || value >= 999_999.5 {
        // 9.995 is rounded to 10.00, which is 1.00 of the next power.
        let floor = factor.log10.floor();
        let power = if 10f64.powf(factor.log10 - floor) >= 9.995 { floor + 1.0 } else { floor };
        let lead = 10f64.powf(factor.log10 - power);
        // Of a very large power no leading digits are known.
        return if power < 1e9 { format!("{lead:.2}e{power}x") } else { format!("10^({power:.2e})x") };
    }
    match value {
        v if (v - v.round()).abs() < 1e-9 * v => format!("{}x", grouped(&format!("{v:.0}"))),
        v if v < 9.995 => format!("{v:.2}x"),
        v if v < 99.95 => format!("{v:.1}x"),
        v => format!("{}x", grouped(&format!("{v:.0}"))),
    }
}
