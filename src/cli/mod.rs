//! The command line: arguments, files, printing. The only place that does
//! input and output.
//!
//! Exit codes: 0 done, 1 the input is wrong, 2 wrong usage, 3 a check did not
//! hold or a tolerance cannot be met.

mod arrays;
mod check;
mod compare;
mod compile;
mod detect;
mod dof;
mod evaluate;
mod explain;
mod files;
mod format;
mod interrupt;
mod output;
mod picture;
mod scale;
mod verify;

use clap::{Args, Parser, Subcommand, ValueEnum};

use std::process::ExitCode;

use crate::assemble;
use crate::network::{Activation, Precision, Topology};
use crate::pipeline;
use crate::simplify;

/// Compiles polynomial Hamiltonians into minimal networks of multiplication
/// gates with a known accuracy.
#[derive(Parser)]
#[command(name = "hamc", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check specs: names, domains, declared degree, locality and symmetry.
    Check(check::Check),
    /// Count the free couplings that degree, locality and symmetry leave, and list them.
    Dof(dof::Dof),
    /// Find the symmetries that a Hamiltonian has, and a term for each that it lacks.
    Detect(detect::Detect),
    /// Compile a spec to a network description.
    Compile(compile::Compile),
    /// Evaluate a network, or a spec directly, on samples from a file.
    Eval(evaluate::Evaluate),
    /// Compare the compiled network with dense polynomials and shallow networks.
    Compare(compare::Compare),
    /// Show how counts grow with a param of a spec.
    Scale(scale::Scale),
    /// Prove that a network is one of a spec, and measure its error.
    Verify(verify::Verify),
    /// Print a spec in canonical layout.
    Fmt(format::Format),
}

/// Choices that the spec's `compile` statement gives defaults for.
#[derive(Args, Clone)]
struct CompileChoices {
    /// The activation function of all neurons [default: silu]
    #[arg(long, value_parser = parse_activation)]
    activation: Option<Activation>,
    /// The largest error of the energy on the domain, per cell of a lattice [default: 1e-6]
    #[arg(long, value_parser = parse_tolerance, allow_negative_numbers = true)]
    tolerance: Option<f64>,
    /// What to make smallest [default: multiplications]
    #[arg(long, value_enum)]
    minimize: Option<Minimize>,
    /// How values reach later layers [default: skip]
    #[arg(long, value_enum)]
    topology: Option<TopologyName>,
    /// The greatest number of layers: monomials are then computed by gates
    /// with more factors and more neurons
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=64))]
    max_depth: Option<u16>,
    /// How hard to search for a small circuit, 0 to 3: bounded work, not seconds
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(0..=3))]
    effort: u32,
    /// Allow irrational constants, rounded: fewer products where squares of
    /// opposite signs meet; the deviation is proved and counts as error
    #[arg(long)]
    reals: bool,
    /// The number format of weights and evaluation: f64, f32, f16 or bf16 [default: f64]
    #[arg(long, value_parser = parse_precision)]
    precision: Option<Precision>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Minimize {
    Neurons,
    Multiplications,
    Weights,
    Depth,
}

#[derive(Clone, Copy, ValueEnum)]
enum TopologyName {
    Skip,
    Layered,
}

fn parse_activation(name: &str) -> Result<Activation, String> {
    Activation::parse(name).ok_or_else(|| {
        let names: Vec<&str> = Activation::ALL.iter().map(|activation| activation.name()).collect();
        format!("known activations: {}", names.join(", "))
    })
}

fn parse_precision(name: &str) -> Result<Precision, String> {
    Precision::parse(name).ok_or_else(|| format!("known formats: {}", Precision::ALL.map(Precision::name).join(", ")))
}

fn parse_tolerance(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value > 0.0 && value.is_finite() => Ok(value),
        _ => Err("a tolerance is a positive number such as 1e-6".to_owned()),
    }
}

impl CompileChoices {
    /// The options for a spec: the command line first, then the spec's own
    /// defaults, then hamc's.
    fn options(&self, spec: &files::Spec) -> pipeline::Options {
        let defaults = &spec.model.defaults;
        let activation =
            self.activation.or_else(|| Activation::parse(defaults.activation.as_deref()?)).unwrap_or(Activation::Silu);
        let objective = match self.minimize {
            Some(Minimize::Neurons) => simplify::Objective::Neurons,
            Some(Minimize::Multiplications) => simplify::Objective::Multiplications,
            Some(Minimize::Weights) => simplify::Objective::Weights,
            Some(Minimize::Depth) => simplify::Objective::Depth,
            None => defaults.minimize.as_deref().and_then(simplify::Objective::parse).unwrap_or_default(),
        };
        let topology = match (self.topology, defaults.topology.as_deref()) {
            (Some(TopologyName::Layered), _) | (None, Some("layered")) => Topology::Layered,
            _ => Topology::Skip,
        };
        pipeline::Options {
            simplify: simplify::Options { objective, effort: self.effort, reals: self.reals, front: false },
            assemble: assemble::Options {
                activation,
                tolerance: self.tolerance.or(defaults.tolerance).unwrap_or(1e-6),
                topology,
                precision: self.precision.unwrap_or(Precision::F64),
                max_depth: self.max_depth.map(usize::from),
                product_template: None,
                provenance: spec.provenance(),
            },
        }
    }
}

/// Why a command did not succeed. What it says is printed to stderr.
struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    /// The input is wrong.
    fn input(message: impl Into<String>) -> Failure {
        Failure { code: 1, message: message.into() }
    }

    /// A check did not hold or a tolerance cannot be met.
    fn unmet(message: impl Into<String>) -> Failure {
        Failure { code: 3, message: message.into() }
    }
}

type Outcome = Result<(), Failure>;

/// Runs the program on the process's arguments.
pub fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Check(command) => check::run(&command),
        Command::Dof(command) => dof::run(&command),
        Command::Detect(command) => detect::run(&command),
        Command::Compile(command) => compile::run(&command),
        Command::Eval(command) => evaluate::run(&command),
        Command::Compare(command) => compare::run(&command),
        Command::Scale(command) => scale::run(&command),
        Command::Verify(command) => verify::run(&command),
        Command::Fmt(command) => format::run(&command),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::error(&failure.message);
            ExitCode::from(failure.code)
        }
    }
}
