//! The verbs chained: the only place where one stage follows another.

mod compare;
mod scale;
mod train;

pub use crate::analysis::baselines::{Kind, Row};
pub use crate::analysis::growth::{Growth, logarithm};
pub use crate::analysis::training::Settings;
pub use compare::{Compare, compare};
pub use scale::{ScaleError, Scaled, Series, scale};
pub use train::Train;

use std::fmt;

pub use crate::analysis::lattice_form::{LatticeForm, lattice_form};
use crate::analysis::sample::{self, Measured};
use crate::analysis::symmetries;
pub use crate::analysis::symmetries::{Finding, Verdict};
use crate::assemble::{self, AssembleError};
use crate::circuit::{self, Circuit, Mismatch};
use crate::count::{self, CountError};
use crate::diagnostics::Diagnostics;
use crate::exact::Rational;
use crate::lower;
pub use crate::lower::{Files, Table};
use crate::model::Model;
use crate::network::{EvaluateError, Network};
use crate::simplify;
use crate::syntax;

/// Reads and checks a spec that names no files. There is a model exactly if no
/// diagnostic is an error.
pub fn check(text: &str) -> (Option<Model>, Diagnostics) {
    check_with(text, &mut lower::NoFiles)
}

/// As [`check`], with the files that the spec names.
pub fn check_with(text: &str, files: &mut dyn Files) -> (Option<Model>, Diagnostics) {
    let (spec, mut diagnostics) = syntax::parse(text);
    let (model, found) = lower::lower_with(&spec, files);
    let syntax_error = crate::diagnostics::has_errors(&diagnostics);
    // A statement that is wrong may have been the Hamiltonian.
    diagnostics
        .extend(found.into_iter().filter(|diagnostic| !(syntax_error && diagnostic.message == lower::NO_HAMILTONIAN)));
    diagnostics.sort_by_key(|diagnostic| diagnostic.span);
    (model.filter(|_| !syntax_error), diagnostics)
}

/// How to compile.
#[derive(Clone, PartialEq, Debug)]
pub struct Options {
    /// The search for a small circuit.
    pub simplify: simplify::Options,
    /// Gates, scales and layers.
    pub assemble: assemble::Options,
}

/// Why there is no network.
#[derive(Clone, PartialEq, Debug)]
pub enum CompileError {
    /// The invariants of `H = generic` cannot be listed.
    Count(CountError),
    /// The circuit does not compute the Hamiltonian: a bug of hamc.
    Mismatch(Mismatch),
    /// The network cannot be assembled.
    Assemble(AssembleError),
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CompileError::Count(error) => error.fmt(f),
            CompileError::Mismatch(error) => {
                write!(f, "this is a bug of hamc: the circuit does not compute the Hamiltonian: {error}")
            }
            CompileError::Assemble(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for CompileError {}

/// The energies of `H = generic` put in: one for each invariant.
pub fn generic(mut model: Model) -> Result<Model, CountError> {
    if model.generic {
        model.energies = count::invariants(&model)?;
    }
    Ok(model)
}

/// The symmetries that a Hamiltonian has and lacks, and the model with those
/// that it has declared besides its own.
pub fn detect(model: &Model) -> (Vec<Finding>, Model) {
    let found = symmetries::detect(model);
    let mut declared = model.clone();
    for symmetry in symmetries::declarations(model, &found) {
        if !declared.symmetries.contains(&symmetry) {
            declared.symmetries.push(symmetry);
        }
    }
    (found, declared)
}

/// The smallest circuit found, proved equal to the energies, or within its
/// deviation of them where irrational constants were asked for.
pub fn circuit(
    model: &Model,
    options: simplify::Options,
    progress: &mut dyn FnMut(usize),
) -> Result<Circuit, CompileError> {
    let watch = &mut |state: simplify::Progress| {
        progress(state.classes);
        true
    };
    Ok(circuits(model, options, watch)?.best)
}

/// The circuits that a search found, each proved like that of [`circuit()`].
/// `watch` is told how far the search is and says whether it goes on.
pub fn circuits(
    model: &Model,
    options: simplify::Options,
    watch: &mut dyn FnMut(simplify::Progress) -> bool,
) -> Result<simplify::Found, CompileError> {
    let mut found = simplify::search(model, options, watch);
    for circuit in std::iter::once(&mut found.best).chain(&mut found.front) {
        prove(circuit, model, options.reals).map_err(CompileError::Mismatch)?;
    }
    Ok(found)
}

/// Proves a circuit and writes down its deviation.
fn prove(circuit: &mut Circuit, model: &Model, reals: bool) -> Result<(), Mismatch> {
    if reals {
        circuit.deviation = circuit::deviation(circuit, model)?;
    } else if let Some(output) = circuit::differs_at_a_point(circuit, model) {
        // A random point first, which costs little; then the proof.
        return Err(Mismatch { output, term: None });
    }
    circuit::prove(circuit, model)
}

/// The network of a circuit of a model, and why its gates are what they are.
pub fn explained_network(
    model: &Model,
    circuit: &Circuit,
    options: &assemble::Options,
) -> Result<(Network, Vec<assemble::Chosen>), CompileError> {
    assemble::assemble_explained(model, circuit, options).map_err(CompileError::Assemble)
}

/// The network of a circuit of a model.
pub fn network(model: &Model, circuit: &Circuit, options: &assemble::Options) -> Result<Network, CompileError> {
    assemble::assemble(model, circuit, options).map_err(CompileError::Assemble)
}

/// What [`verify`] found.
#[derive(Clone, PartialEq, Debug)]
pub struct Verified {
    /// The errors at sampled points.
    pub measured: Measured,
}

/// Why a network is not one of a model.
#[derive(Clone, PartialEq, Debug)]
pub enum VerifyError {
    /// Lattice or fields differ.
    Different(String),
    /// The exact circuit behind the network is not the Hamiltonian.
    Mismatch {
        /// The output.
        output: String,
        /// The term with both coefficients, in the model's notation.
        detail: String,
    },
    /// The network is further from the Hamiltonian than it promises.
    Inaccurate {
        /// The largest error at the sampled points, per cell.
        measured: f64,
        /// The promise, per cell.
        promised: f64,
    },
    /// A number in the network is not the one that its gates imply.
    Tampered {
        /// The gate, or `outputs`, or `accuracy`.
        place: String,
    },
    /// The network cannot be evaluated.
    Evaluate(EvaluateError),
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VerifyError::Different(what) => write!(f, "the network is not one of this spec: {what}"),
            VerifyError::Mismatch { output, detail } => {
                write!(f, "the network's circuit is not the Hamiltonian: in the output {output}, {detail}")
            }
            VerifyError::Inaccurate { measured, promised } => write!(
                f,
                "the network is less accurate than it promises: an error of {measured:.3e} per cell was measured, and {promised:.3e} is promised"
            ),
            VerifyError::Tampered { place } => write!(
                f,
                "{place} is not what hamc {} derives from the network's own gates and weights: the file was changed, or written by another version",
                env!("CARGO_PKG_VERSION")
            ),
            VerifyError::Evaluate(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for VerifyError {}

/// Proves that the exact circuit behind a network is the model's Hamiltonian,
/// derives its certificate again from its weights, then runs the network at sampled points against the exact polynomial.
pub fn verify(model: &Model, network: &Network, samples: usize) -> Result<Verified, VerifyError> {
    let different = |what: &str| Err(VerifyError::Different(what.to_owned()));
    if network.lattice != model.lattice {
        return different(&format!("its lattice is {}, the spec's {}", network.lattice, model.lattice));
    }
    if network.fields != model.fields {
        return different("its fields or their domains differ from the spec's");
    }
    if network.frame != model.frame {
        return different("its unit cell differs from the spec's");
    }
    let numbers = |couplings: &[crate::model::Couplings]| -> Vec<_> {
        couplings.iter().map(|array| (array.place, array.points, array.values.clone())).collect()
    };
    if numbers(&network.couplings) != numbers(&model.couplings) {
        return different("its couplings from files differ from the spec's");
    }
    circuit::prove(&network.circuit(), model).map_err(|mismatch| VerifyError::Mismatch {
        output: mismatch.output,
        detail: match mismatch.term {
            None => "which is missing on one side".to_owned(),
            Some(term) => {
                let (monomial, network, spec) = *term;
                let term = crate::model::Polynomial::term(monomial, Rational::ONE);
                let term = term.display(|variable| model.variable_name(variable));
                format!("the term {term} has the coefficient {network} in the network and {spec} in the spec")
            }
        },
    })?;
    if let Some(place) = tampered(network) {
        return Err(VerifyError::Tampered { place });
    }
    let measured = sample::measure(model, network, samples, 0).map_err(VerifyError::Evaluate)?;
    let promised = network.accuracy.per_cell;
    // Written so that NaN does not pass.
    if measured.max_error_per_cell <= promised {
        Ok(Verified { measured })
    } else {
        Err(VerifyError::Inaccurate { measured: measured.max_error_per_cell, promised })
    }
}

/// Derives the certificate again from the gates and weights alone, and names
/// the first place where the network says otherwise.
fn tampered(network: &Network) -> Option<String> {
    let derived = match network.certify() {
        Ok(derived) => derived,
        Err(error) => return Some(error.to_string()),
    };
    let found = &network.certificate;
    let gates = found.gates.iter().zip(&derived.gates);
    if let Some((_, gate)) = gates.clone().find(|(found, derived)| found != derived) {
        return Some(format!("the gate {}", gate.gate));
    }
    if found.gates.len() != derived.gates.len() || found.outputs.len() != derived.outputs.len() {
        return Some("the number of gates or outputs in the certificate".to_owned());
    }
    if let Some((_, output)) = found.outputs.iter().zip(&derived.outputs).find(|(found, derived)| found != derived) {
        return Some(format!("the output {}", output.output));
    }
    let accuracy = &network.accuracy;
    let promised = network.accuracy_of(&derived, accuracy.tolerance, accuracy.deviation);
    (*accuracy != promised).then(|| "the promised accuracy".to_owned())
}
