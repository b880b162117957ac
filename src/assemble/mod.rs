//! From circuits to networks: gate templates, layers, scales, error budget.
//!
//! Enters: a model and a circuit of it. Leaves: a network whose outputs are
//! within a certified bound of the energies on the whole declared domain,
//! rounding included. The templates are in `templates` (finite differences)
//! and `fixed` (bits, spins, exact copies), their scales and estimated errors
//! in `pattern`, the order of layers in `plan`, ranges and estimates of the
//! whole in `budget`, the choice of templates in `choose`.
//!
//! Every gate gets the scale that makes its own error least: a smaller scale
//! shrinks the truncation error and enlarges the rounding error, and the
//! optimum costs no neuron. So the tolerance decides which gates can do with
//! fewer neurons, and whether the network is accepted. What is promised is
//! what [`Network::certify`] derives from the finished weights; the estimates
//! here only steer.

mod budget;
mod build;
mod choose;
mod error;
mod explain;
mod fixed;
mod library;
mod pattern;
mod plan;
pub mod shallow;
mod templates;
mod trees;

pub use error::{AssembleError, Hint};
pub use explain::{Alternative, Chosen};
pub use trees::{product_tree_neurons, product_trees, theorem_of_layers};

use crate::circuit::Circuit;
use crate::exact::Rational;
use crate::model::{Kind, Model};
use crate::network::{Activation, Domain, Network, Precision, Provenance, Template, Topology};
use budget::Unrealised;
use build::{Builder, Naming, uncertified};
use choose::Choice;
use library::Library;
use plan::Task;

/// The centre of an activation at which gates of a template have the least
/// error in doubles for inputs in [-1, 1], solved for: `None` where there is
/// no such gate, for gates of bits and spins and whole monomials, and for
/// copies where they need no centre.
pub fn best_centre(activation: Activation, template: Template) -> Option<f64> {
    let task = match template {
        Template::Copy if fixed::exact_copy(activation, Precision::F64, 1.0).is_some() => return None,
        Template::Copy => Task::Copy,
        template if template.is_product() => Task::Product,
        template if template.is_square() => Task::Square,
        _ => return None,
    };
    Library::single(activation, &task, template).map(|candidate| candidate.expansion.centre)
}

/// How to assemble.
#[derive(Clone, PartialEq, Debug)]
pub struct Options {
    /// The activation of all neurons.
    pub activation: Activation,
    /// The number format of weights and evaluation.
    pub precision: Precision,
    /// The largest error of an output, per cell.
    pub tolerance: f64,
    /// How values reach later layers.
    pub topology: Topology,
    /// The template of every product, instead of a choice.
    pub product_template: Option<Template>,
    /// Where the spec comes from, copied into the network.
    pub provenance: Provenance,
}

impl Default for Options {
    /// GELU in doubles, a tolerance of 10^-6, skip connections.
    fn default() -> Options {
        Options {
            activation: Activation::Gelu,
            precision: Precision::F64,
            tolerance: 1e-6,
            topology: Topology::Skip,
            product_template: None,
            provenance: Provenance {
                spec: String::new(),
                sha256: String::new(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
        }
    }
}

/// The network of a circuit.
///
/// The tolerance counts per cell. Where floating point allows, the error of
/// the whole lattice keeps it too; [`crate::network::Accuracy::total`] says.
///
/// # Panics
/// If the circuit is none of the model's.
pub fn assemble(model: &Model, circuit: &Circuit, options: &Options) -> Result<Network, AssembleError> {
    assemble_explained(model, circuit, options).map(|(network, _)| network)
}

/// The network of a circuit, and for every gate why its template was chosen.
///
/// # Panics
/// If the circuit is none of the model's.
pub fn assemble_explained(
    model: &Model,
    circuit: &Circuit,
    options: &Options,
) -> Result<(Network, Vec<Chosen>), AssembleError> {
    let circuit = &suited(circuit, options);
    let plan = plan::plan(circuit, options.topology);
    let names = Naming::new(model, &plan);
    let refuse = |error| names.error(&plan, options, error);
    let builder = Builder::new(model, &plan, &names, circuit);
    let library = library(&plan, options);
    let domain = Domain::new(&model.fields, &model.frame, options.precision);
    let mut certified = |_: &Choice, budget: &budget::Budget| {
        let network = builder.build(budget, options).map_err(|error| uncertified(&error))?;
        Ok((network.accuracy.per_cell, network))
    };
    match choose::choose(&plan, &domain, &library, options.tolerance, &mut certified).map_err(refuse)? {
        Some((choice, network)) => {
            debug_assert_eq!(network.validate(), Ok(()), "assembly makes valid networks");
            let budget = budget::realise(&plan, &domain, &library, &choice).map_err(refuse)?;
            let explained = explain::explain(&plan, &library, &budget, &choice, &network);
            Ok((network, explained))
        }
        None => {
            let best = most_accurate(model, circuit, options).map_err(refuse)?;
            Err(out_of_reach(model, circuit, options, &best))
        }
    }
}

/// The gates that suit a plan.
fn library(plan: &plan::Plan, options: &Options) -> Library {
    let tasks = plan.gates().map(|planned| &planned.task);
    Library::new(options.activation, options.precision, options.topology, options.product_template, tasks)
}

/// The circuit with gates that the activation has.
fn suited(circuit: &Circuit, options: &Options) -> Circuit {
    if fixed::has_bit_gate(options.activation) { circuit.clone() } else { circuit.without_bit_products() }
}

/// The network with the most accurate gates, whatever they cost.
fn most_accurate(model: &Model, circuit: &Circuit, options: &Options) -> Result<Network, Unrealised> {
    let circuit = &suited(circuit, options);
    let plan = plan::plan(circuit, options.topology);
    let names = Naming::new(model, &plan);
    let library = library(&plan, options);
    let domain = Domain::new(&model.fields, &model.frame, options.precision);
    let budget = budget::realise(&plan, &domain, &library, &choose::most_accurate(&plan, &library))?;
    Builder::new(model, &plan, &names, circuit).build(&budget, options).map_err(|error| uncertified(&error))
}

/// The refusal of a tolerance, with the gate that limits and what would help.
fn out_of_reach(model: &Model, circuit: &Circuit, options: &Options, best: &Network) -> AssembleError {
    let bound = |model: &Model, options: &Options| {
        most_accurate(model, circuit, options).ok().map(|network| network.accuracy.per_cell)
    };
    let mut hints = Vec::new();
    let mut consider = |change: String, bound: Option<f64>| {
        let bound = bound.filter(|bound| *bound < best.accuracy.per_cell);
        hints.extend(bound.map(|bound| Hint { change, bound }));
    };
    for activation in Activation::ALL.into_iter().filter(|&activation| activation != options.activation) {
        consider(format!("activation {activation}"), bound(model, &Options { activation, ..options.clone() }));
    }
    for precision in Precision::ALL.into_iter().filter(|&precision| precision < options.precision) {
        consider(format!("precision {precision}"), bound(model, &Options { precision, ..options.clone() }));
    }
    if options.topology == Topology::Layered {
        let skip = Options { topology: Topology::Skip, ..options.clone() };
        consider("topology skip".to_owned(), bound(model, &skip));
    }
    if options.product_template.is_some() {
        let free = Options { product_template: None, ..options.clone() };
        consider("another template for products".to_owned(), bound(model, &free));
    }
    consider("a domain half as wide".to_owned(), bound(&narrowed(model), options));
    hints.sort_by(|a, b| a.bound.total_cmp(&b.bound));
    // The gate whose own error moves the outputs most.
    let plan = plan::plan(&suited(circuit, options), options.topology);
    let library = library(&plan, options);
    let domain = Domain::new(&model.fields, &model.frame, options.precision);
    let choice = choose::most_accurate(&plan, &library);
    let worst = budget::realise(&plan, &domain, &library, &choice).ok().and_then(|budget| {
        let own = best.certificate.gates.iter().map(|gate| gate.truncation + gate.rounding);
        let shares: Vec<f64> = own.zip(&budget.sensitivities).map(|(own, slope)| own * slope).collect();
        (0..shares.len()).max_by(|&a, &b| shares[a].total_cmp(&shares[b]).then(b.cmp(&a)))
    });
    let gate = worst.and_then(|at| best.gates().nth(at)).map(|gate| (gate.name.clone(), gate.computes.clone()));
    AssembleError::ToleranceOutOfReach { tolerance: options.tolerance, best: best.accuracy.per_cell, gate, hints }
}

/// The model with real fields half as wide about their middle.
fn narrowed(model: &Model) -> Model {
    let mut model = model.clone();
    let quarter = Rational::new(1, 4);
    for field in model.fields.iter_mut().filter(|field| field.kind == Kind::Real) {
        let shrink = (&field.upper - &field.lower) * quarter.clone();
        field.lower = &field.lower + &shrink;
        field.upper = &field.upper - &shrink;
    }
    model
}
