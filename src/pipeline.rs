//! The verbs chained: the only place where one stage follows another.

use std::fmt;

use crate::analysis::baselines::{self, Kind, Row};
use crate::analysis::sample::{self, Measured};
use crate::analysis::symmetries;
pub use crate::analysis::symmetries::{Finding, Verdict};
use crate::assemble::{self, AssembleError};
use crate::circuit::{self, Circuit, Mismatch};
use crate::count::{self, CountError};
use crate::diagnostics::Diagnostics;
use crate::exact::Rational;
use crate::lower;
use crate::model::Model;
use crate::network::{Activation, EvaluateError, Network, Provenance, Topology};
use crate::simplify;
use crate::syntax;

/// Reads and checks a spec. There is a model exactly if no diagnostic is an
/// error.
pub fn check(text: &str) -> (Option<Model>, Diagnostics) {
    let (spec, mut diagnostics) = syntax::parse(text);
    let (model, found) = lower::lower(&spec);
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

/// The comparison of a model's compiled network with other ways to compute
/// its energies. `samples` points are used to measure each network.
pub fn compare(
    model: &Model,
    options: &Options,
    samples: usize,
    progress: &mut dyn FnMut(&str),
) -> Result<Vec<Row>, CompileError> {
    let mut rows = counts(model);
    let model = &generic(model.clone()).map_err(CompileError::Count)?;
    let terms: usize = model.energies.iter().map(|energy| energy.polynomial.len()).sum();
    rows.push(Row {
        name: "polynomial as given".into(),
        kind: Kind::Bound,
        neurons: None,
        weights: Some(baselines::total(model, &Rational::from(terms as u64))),
        depth: None,
        max_error: None,
        note: "terms, after expansion".into(),
    });
    rows.extend(shallow_rows(model, options, samples, progress)?);
    progress("deep as written");
    let written = simplify::as_written(model);
    rows.push(deep_row("deep, as written", Kind::Constructed, model, &written, &options.assemble, samples)?);
    progress("deep compiled");
    let compiled = circuit(model, options.simplify, &mut |_| {})?;
    rows.push(deep_row("deep, compiled", Kind::Measured, model, &compiled, &options.assemble, samples)?);
    if options.assemble.topology == Topology::Skip {
        let layered = assemble::Options { topology: Topology::Layered, ..options.assemble.clone() };
        rows.push(deep_row("deep, strictly layered", Kind::Constructed, model, &compiled, &layered, samples)?);
    }
    Ok(rows)
}

/// The ladder of parameter counts.
fn counts(model: &Model) -> Vec<Row> {
    let row = |name: String, weights: Option<String>, note: String| Row {
        name,
        kind: Kind::Bound,
        neurons: None,
        weights,
        depth: None,
        max_error: None,
        note,
    };
    match count::degrees_of_freedom(model) {
        Ok(found) => found
            .steps
            .iter()
            .map(|step| {
                let name = match step.name {
                    "all" => format!("any polynomial of degree {}", found.degree),
                    "local" => "after locality".to_owned(),
                    _ => "after symmetry".to_owned(),
                };
                row(name, Some(step.count.to_string()), step.formula.clone())
            })
            .collect(),
        Err(error) => vec![row("any polynomial of its degree".into(), None, error.to_string())],
    }
}

fn shallow_rows(
    model: &Model,
    options: &Options,
    samples: usize,
    progress: &mut dyn FnMut(&str),
) -> Result<Vec<Row>, CompileError> {
    let mut rows = Vec::new();
    for (at, energy) in model.energies.iter().enumerate() {
        let suffix = if model.energies.len() > 1 { format!(" of {}", energy.name) } else { String::new() };
        let Some(bound) = baselines::shallow_lower_bound(model, at) else { continue };
        rows.push(Row {
            name: format!("shallow, at least{suffix}"),
            kind: Kind::Bound,
            neurons: Some(bound.to_string()),
            weights: None,
            depth: Some(1),
            max_error: None,
            note: "1705.05502, theorem 4.3 (Taylor sense, no biases)".into(),
        });
        progress(&format!("shallow{suffix}"));
        let neurons = assemble::shallow_neurons(model, at);
        let formula = |note: String| Row {
            name: format!("shallow, monomial by monomial{suffix}"),
            kind: Kind::Bound,
            neurons: Some(baselines::total(model, &neurons)),
            weights: None,
            depth: Some(1),
            max_error: None,
            note,
        };
        let mut single = model.clone();
        single.energies = vec![energy.clone()];
        let activation: Activation = options.assemble.activation;
        let provenance: Provenance = options.assemble.provenance.clone();
        rows.push(match assemble::shallow(&single, 0, activation, provenance) {
            Ok(network) => {
                let measured = sample::measure(&single, &network, samples, 0);
                Row {
                    kind: Kind::Constructed,
                    weights: Some(network.total(network.weights())),
                    max_error: measured.ok().map(|measured| measured.max_error),
                    ..formula("prod (r_i + 1) neurons a monomial (theorem 4.2)".into())
                }
            }
            Err(error) => formula(format!("formula prod (r_i + 1), not built: {error}")),
        });
    }
    Ok(rows)
}

fn deep_row(
    name: &str,
    kind: Kind,
    model: &Model,
    circuit: &Circuit,
    options: &assemble::Options,
    samples: usize,
) -> Result<Row, CompileError> {
    let counts = circuit.counts();
    let gates = counts.products + counts.squares + counts.bit_gates;
    // A baseline that misses the tolerance is still worth its row.
    let loose = assemble::Options { tolerance: f64::MAX, ..options.clone() };
    let network = match network(model, circuit, options) {
        Err(CompileError::Assemble(AssembleError::ToleranceOutOfReach { .. })) if kind != Kind::Measured => {
            network(model, circuit, &loose)?
        }
        other => other?,
    };
    let measured = sample::measure(model, &network, samples, 0).ok();
    let whole = measured.as_ref().is_none_or(|measured| measured.whole);
    let mut note = format!("{} gates", network.total(gates));
    if !whole {
        note.push_str(&format!(", error on {} cells", measured.as_ref().map_or(0, |m| m.cells)));
    }
    Ok(Row {
        name: name.into(),
        kind,
        neurons: Some(network.total(network.neurons())),
        weights: Some(network.total(network.weights())),
        depth: Some(network.depth() as u64),
        max_error: measured.map(|measured| measured.max_error),
        note,
    })
}
