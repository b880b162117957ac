//! `hamc compile`

use clap::{Args, ValueEnum};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::interrupt::Interrupt;
use super::{CompileChoices, Failure, Outcome, explain, files, output};
use crate::assemble::AssembleError;
use crate::backend::{dense, yaml};
use crate::circuit::{self, Circuit, Counts};
use crate::model::Model;
use crate::network::{self, Network, Precision};
use crate::pipeline::{self, CompileError};
use crate::simplify;

/// Arguments of `hamc compile`.
#[derive(Args)]
pub struct Compile {
    /// The spec
    spec: PathBuf,
    /// Where to write the result, `-` for stdout [default: the spec's name
    /// with `.net.yaml`, in the current folder]
    #[arg(long, short)]
    output: Option<PathBuf>,
    /// What to write
    #[arg(long, value_enum, default_value = "network")]
    emit: Emit,
    /// Short for --emit dense
    #[arg(long, conflicts_with = "emit")]
    dense: bool,
    /// Print counts and accuracy as JSON; the network is then written only
    /// where -o says
    #[arg(long)]
    json: bool,
    /// List the circuits found of which none is better than another in
    /// multiplications, all operations and depth at once
    #[arg(long)]
    pareto: bool,
    /// Say how the circuit was found and what is proved of its size, and for
    /// every gate which template was chosen, and what the others would cost
    /// and give
    #[arg(long)]
    explain: bool,
    /// Write over a file that hamc did not write
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    choices: CompileChoices,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Emit {
    /// The network description (YAML)
    Network,
    /// The circuit as a straight-line program, printed unless -o is given
    Slp,
    /// The network of a small lattice written out as matrices over all
    /// cells (YAML), printed unless -o is given
    Dense,
}

impl Compile {
    fn emit(&self) -> Emit {
        if self.dense { Emit::Dense } else { self.emit }
    }
}

/// Compiles a spec.
pub fn run(arguments: &Compile) -> Outcome {
    let start = Instant::now();
    let spec = files::read_spec(&arguments.spec)?;
    let target = target(arguments, &spec.name);
    if let Some(path) = target.as_deref().filter(|path| *path != Path::new("-")) {
        files::refuse_same(&arguments.spec, path)?;
        let written = match arguments.emit() {
            Emit::Network => files::Written::Network,
            Emit::Slp => files::Written::Program,
            Emit::Dense => files::Written::Dense,
        };
        files::guard(path, written, arguments.force)?;
    }
    let options = arguments.choices.options(&spec);
    let model = pipeline::generic(spec.model).map_err(|error| Failure::unmet(error.to_string()))?;
    let spinner = output::spinner("simplifying");
    let interrupt = Interrupt::listen();
    let search = simplify::Options { front: arguments.pareto, ..options.simplify };
    let found = pipeline::circuits(&model, search, &mut |state| {
        let best = state.gates.map_or_else(String::new, |gates| format!(", {gates} gates so far (Ctrl-C takes them)"));
        spinner.set_message(format!("simplifying: {} sub-expressions{best}", state.classes));
        !interrupt.asked()
    })
    .map_err(failure)?;
    if found.interrupted {
        spinner.suspend(|| output::note("note: interrupted, this is the best circuit so far\n"));
    }
    let circuit = found.best;
    if arguments.emit() == Emit::Slp && !arguments.json {
        spinner.finish_and_clear();
        let program = circuit::straight_line_program(&model, &circuit)
            .ok_or_else(|| Failure::unmet("the program would have more than a million lines; use a smaller lattice"))?;
        if !circuit.deviation.is_zero() {
            output::note(&format!("note: {}\n", deviation(circuit.deviation.to_f64())));
        }
        return write_or_print(target.as_deref(), &program);
    }
    spinner.set_message("assembling");
    let (network, chosen) = pipeline::explained_network(&model, &circuit, &options.assemble).map_err(failure)?;
    spinner.finish_and_clear();
    let seconds = start.elapsed().as_secs_f64();
    if arguments.emit() == Emit::Dense && !arguments.json {
        let written_out = network::dense(&network).map_err(|error| Failure::unmet(error.to_string()))?;
        return write_or_print(target.as_deref(), &dense::write(&written_out));
    }
    let description = yaml::write(&with_files(network.clone(), &arguments.spec, target.as_deref()));
    match &target {
        Some(path) if path == Path::new("-") => output::print(&description),
        Some(path) => files::write(path, description.as_bytes())?,
        None => {}
    }
    if arguments.json {
        let mut report = report(&model, &circuit, &network, seconds);
        report["search"] = explain::search_report(&found.evidence);
        if arguments.pareto {
            report["pareto"] = found.front.iter().map(|circuit| measures(circuit, &network)).collect();
        }
        if arguments.explain {
            report["gates"] = explain::report(&chosen);
        }
        if found.interrupted {
            report["interrupted"] = true.into();
        }
        output::json(&report);
    } else {
        let mut text = summary(&arguments.spec, &model, &network, target.as_deref(), seconds);
        if arguments.pareto {
            text.push_str(&pareto(&found.front));
        }
        if arguments.explain {
            let multiplications = circuit.counts().nonscalar_multiplications;
            text.push_str(&explain::search_text(&found.evidence, multiplications));
            text.push_str(&explain::text(&chosen));
        }
        if target.as_deref() == Some(Path::new("-")) { output::note(&text) } else { output::print(&text) }
    }
    Ok(())
}

fn write_or_print(target: Option<&Path>, text: &str) -> Outcome {
    match target {
        Some(path) if path != Path::new("-") => files::write(path, text.as_bytes()),
        _ => {
            output::print(text);
            Ok(())
        }
    }
}

fn target(arguments: &Compile, name: &str) -> Option<PathBuf> {
    match (&arguments.output, arguments.emit()) {
        (Some(path), _) => Some(path.clone()),
        (None, Emit::Slp | Emit::Dense) => None,
        (None, Emit::Network) if arguments.json => None,
        (None, Emit::Network) => {
            let stem = Path::new(name).file_stem().map_or_else(|| name.into(), |stem| stem.to_string_lossy());
            Some(PathBuf::from(format!("{stem}.net.yaml")))
        }
    }
}

/// The network with the files of its couplings as they are seen from where it
/// is written.
fn with_files(mut network: Network, spec: &Path, target: Option<&Path>) -> Network {
    let folder = |path: &Path| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        folder.canonicalize().ok()
    };
    let target = target.filter(|path| *path != Path::new("-")).unwrap_or(Path::new("network"));
    if let (Some(from), Some(to)) = (folder(spec), folder(target)) {
        for couplings in &mut network.couplings {
            let file = from.join(&couplings.file);
            let common = file.components().zip(to.components()).take_while(|(a, b)| a == b).count();
            let up = to.components().skip(common).map(|_| std::path::Component::ParentDir);
            let path: PathBuf = up.chain(file.components().skip(common)).collect();
            couplings.file = path.to_string_lossy().into_owned();
        }
    }
    network
}

/// A compile error for the user, with hints.
pub fn failure(error: CompileError) -> Failure {
    let mut message = error.to_string();
    if let CompileError::Assemble(AssembleError::ToleranceOutOfReach { hints, .. }) = &error {
        for hint in hints {
            message.push_str(&format!("\n  = help: {} would reach {:.2e}", hint.change, hint.bound));
        }
    }
    match error {
        CompileError::Mismatch(_) => Failure::input(message),
        _ => Failure::unmet(message),
    }
}

/// What is said of an approximate circuit.
fn deviation(bound: f64) -> String {
    format!("irrational constants are rounded to doubles: the circuit differs from H by at most {bound:.1e} per cell")
}

/// All operations of a circuit in one cell.
fn operations(counts: &Counts) -> u64 {
    counts.nonscalar_multiplications + counts.scalar_multiplications + counts.additions
}

/// The measures of a circuit that `--pareto` compares, on the whole lattice.
fn measures(circuit: &Circuit, network: &Network) -> serde_json::Value {
    let [_, _, _, multiplications, scalar, additions] = circuit.totals(&network.frame);
    let operations = &multiplications + &scalar + &additions;
    json!({
        "nonscalar_multiplications": output::count(&multiplications.to_string()),
        "operations": output::count(&operations.to_string()),
        "depth": circuit.counts().depth,
    })
}

/// The circuits of the front as text.
fn pareto(front: &[Circuit]) -> String {
    let mut text = "  pareto   multiplications  operations  depth\n".to_owned();
    for circuit in front {
        let counts = circuit.counts();
        let (gates, all) = (counts.nonscalar_multiplications, operations(&counts));
        text.push_str(&format!("           {gates:>15}  {all:>10}  {:>5}\n", counts.depth));
    }
    text
}

fn report(model: &Model, circuit: &Circuit, network: &Network, seconds: f64) -> serde_json::Value {
    let counts = circuit.counts();
    let circuit_json = |[products, squares, bit_gates, multiplications, scalar, additions]: [serde_json::Value; 6]| {
        json!({
            "products": products,
            "squares": squares,
            "bit_gates": bit_gates,
            "nonscalar_multiplications": multiplications,
            "scalar_multiplications": scalar,
            "additions": additions,
            "depth": counts.depth,
        })
    };
    let single = [
        counts.products,
        counts.squares,
        counts.bit_gates,
        counts.nonscalar_multiplications,
        counts.scalar_multiplications,
        counts.additions,
    ];
    let total = circuit.totals(&network.frame);
    let network_json = |neurons: serde_json::Value, weights: serde_json::Value| {
        json!({
            "neurons": neurons,
            "weights": weights,
            "distinct_weights": network.distinct_weights(),
            "layers": network.depth(),
            "activation": network.activation.name(),
            "precision": network.precision.name(),
            "rounded_weights": network.rounded_weights(),
        })
    };
    let domain: serde_json::Map<String, serde_json::Value> = model
        .fields
        .iter()
        .map(|field| (field.name.clone(), json!([field.lower.to_f64(), field.upper.to_f64()])))
        .collect();
    let couplings = model.energies.iter().filter(|energy| energy.coupling.is_some()).count();
    json!({
        "circuit": circuit_json(total.map(|count| output::count(&count.to_string()))),
        "network": network_json(output::count(&network.total_neurons()), output::count(&network.total_weights())),
        "per_cell": {
            "circuit": circuit_json(single.map(Into::into)),
            "network": network_json(network.neurons().into(), network.weights().into()),
        },
        "cells": output::count(&network.cells().to_string()),
        "couplings": couplings,
        "error": {
            "tolerance": network.accuracy.tolerance,
            "certified": network.accuracy.total,
            "certified_per_cell": network.accuracy.per_cell,
            "deviation_per_cell": network.accuracy.deviation,
            "domain": domain,
        },
        "seconds": seconds,
    })
}

fn summary(path: &Path, model: &Model, network: &Network, target: Option<&Path>, seconds: f64) -> String {
    let counts = network.circuit;
    let lattice = if model.lattice.is_point() { String::new() } else { format!(" on {}", model.lattice) };
    let variables = model.variables().map_or_else(|| "over 2^64".to_owned(), |count| count.to_string());
    let cell = if model.frame.directions.is_empty() { "" } else { " a cell" };
    let mut gates = Vec::new();
    for (count, one, many) in [
        (counts.products, "product", "products"),
        (counts.squares, "square", "squares"),
        (counts.bit_gates, "bit product", "bit products"),
    ] {
        if count > 0 {
            gates.push(format!("{count} {}", if count == 1 { one } else { many }));
        }
    }
    let gates = if gates.is_empty() { "no gates".to_owned() } else { gates.join(", ") };
    let variables = output::plural(&variables, "variable");
    let mut text = format!("{}: {variables}{lattice}, degree {}\n", path.display(), model.degree);
    text.push_str(&format!("  circuit  {gates}{cell}, depth {}\n", counts.depth));
    let total = if cell.is_empty() { String::new() } else { format!(" ({} in all)", network.total_neurons()) };
    text.push_str(&format!(
        "  network  {} {}{cell}{total} in {}, {}{cell}\n",
        network.neurons(),
        if network.neurons() == 1 {
            format!("{} neuron", network.activation.name())
        } else {
            format!("{} neurons", network.activation.name())
        },
        output::plural(&network.depth().to_string(), "layer"),
        output::plural(&network.weights().to_string(), "weight"),
    ));
    let accuracy = &network.accuracy;
    if cell.is_empty() {
        text.push_str(&format!(
            "  error    at most {:.1e} on the whole domain (tolerance {:e})\n",
            accuracy.total, accuracy.tolerance
        ));
    } else {
        text.push_str(&format!(
            "  error    at most {:.1e} a cell, {:.1e} in all, on the whole domain (tolerance {:e} a cell)\n",
            accuracy.per_cell, accuracy.total, accuracy.tolerance
        ));
    }
    if network.precision != Precision::F64 {
        text.push_str(&format!(
            "  format   {}, {} rounded to it\n",
            network.precision,
            output::plural(&network.rounded_weights().to_string(), "weight")
        ));
    }
    if accuracy.deviation != 0.0 {
        text.push_str(&format!("  reals    {}\n", deviation(accuracy.deviation)));
    }
    match target {
        Some(path) if path != Path::new("-") => {
            text.push_str(&format!("  wrote    {} in {seconds:.2} s\n", path.display()));
        }
        _ => {}
    }
    text
}
