//! From circuits to networks: gate templates, layers, scales, error budget.
//!
//! Enters: a model and a circuit of it. Leaves: a network whose outputs are
//! within a certified bound of the energies on the whole declared domain,
//! rounding included. The templates are in `templates` (finite differences),
//! `fixed` (bits, exact copies), `symmetric` (functions of sums of bits or
//! spins) and `quadratic` (forms of any rank), their scales and estimated errors
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
mod cut;
mod error;
mod explain;
mod fixed;
mod library;
mod pattern;
mod plan;
mod quadratic;
mod rectify;
pub mod shallow;
mod sums;
mod symmetric;
mod tasks;
mod templates;
mod trees;

pub use error::{AssembleError, Hint};
pub use explain::{Alternative, Chosen};
pub use trees::{product_tree_neurons, product_trees, theorem_of_layers};

use crate::circuit::Circuit;
use crate::exact::Rational;
use crate::model::{Kind, Model};
use crate::network::{Activation, Domain, Network, Precision, Provenance, Template, Topology};
use build::{Builder, Naming, uncertified};
use choose::Choice;
use library::Library;
use plan::Task;
use rectify::Squares;
use tasks::Tasks;

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
    /// The greatest number of layers, if there is one: where the circuit has
    /// more, monomials are computed by trees of gates with more factors.
    pub max_depth: Option<usize>,
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
            max_depth: None,
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
    let mut best: Option<(Network, Vec<Chosen>)> = None;
    let mut refusal = None;
    for tasks in task_lists(model, circuit, options, false)? {
        let cost = |network: &Network| (network.neurons(), network.weights());
        match attempt(model, circuit, &tasks, options) {
            Ok(Some(found)) if best.as_ref().is_none_or(|(known, _)| cost(&found.0) < cost(known)) => {
                best = Some(found);
            }
            Ok(_) => {}
            Err(error) => refusal = Some(error),
        }
    }
    match (best, refusal) {
        (Some(best), _) => Ok(best),
        (None, refusal) => match most_accurate_tasks(model, circuit, options) {
            // The cheapest gates of a list may be no gates at all in a narrow format.
            Some((network, tasks)) if network.accuracy.per_cell <= options.tolerance => {
                match attempt(model, circuit, &tasks, options)? {
                    Some(found) => Ok(found),
                    None => Err(out_of_reach(model, circuit, options, &(network, tasks))),
                }
            }
            Some(best) => Err(out_of_reach(model, circuit, options, &best)),
            None => Err(refusal.unwrap_or_else(|| match options.max_depth {
                Some(depth) => AssembleError::TooDeep { depth },
                // Every list of gates ended beyond the number format.
                None => AssembleError::Overflow { computes: "H".to_owned(), precision: options.precision },
            })),
        },
    }
}

/// Parts of the tolerance that squares by rectifiers may use up; the rest is
/// for rounding.
const SHARES: [f64; 4] = [0.9, 0.4, 0.1, 0.01];

/// The ways to divide a circuit into gates that may need the fewest neurons,
/// or with `accurate` those that may be the most accurate.
fn task_lists(
    model: &Model,
    circuit: &Circuit,
    options: &Options,
    accurate: bool,
) -> Result<Vec<Tasks>, AssembleError> {
    let mut lists = all_task_lists(model, circuit, options, accurate);
    // Parts of energies may have been put together.
    let outputs = circuit.outputs.iter().map(|output| (&output.name, &output.weight));
    let same = outputs.eq(model.energies.iter().map(|energy| (&energy.name, &energy.weight)));
    // Beyond an open end a spin is zero.
    let two_valued = !circuit.looks_beyond_ends(&model.frame);
    if same
        && two_valued
        && options.product_template.is_none()
        && symmetric::has_gate(options.activation, options.topology)
    {
        lists.extend(sums::of_sums(model));
    }
    if let Some(depth) = options.max_depth {
        let fits = |tasks: &Tasks| tasks.levels().into_iter().max().unwrap_or(0) <= depth;
        lists.retain(fits);
        match trees::tree_tasks(model, depth) {
            Ok(trees) if same && fits(&trees) && !lists.contains(&trees) => lists.push(trees),
            Err(error) if lists.is_empty() => return Err(error),
            _ => {}
        }
    }
    Ok(lists)
}

fn all_task_lists(model: &Model, circuit: &Circuit, options: &Options, accurate: bool) -> Vec<Tasks> {
    let activation = options.activation;
    let pairs = (!fixed::has_bit_gate(activation)).then(|| circuit.without_bit_products());
    let plain = Tasks::of_circuit(pairs.as_ref().unwrap_or(circuit));
    // Beyond an open end a spin is zero, and its square is not one.
    let spins = !circuit.looks_beyond_ends(&model.frame);
    let mut lists = Vec::new();
    let mut add = |tasks: Tasks| {
        if !lists.contains(&tasks) {
            lists.push(tasks);
        }
    };
    if activation == Activation::Relu {
        let domain = domain(model, circuit, options);
        let plain = if spins { plain.with_spins_in_one_layer() } else { plain };
        let shares: &[f64] = if accurate { &[0.0] } else { &SHARES };
        let mut rectified = |by, share: &f64| add(rectify::rectified(&plain, &domain, share * options.tolerance, by));
        if options.topology == Topology::Skip {
            shares.iter().for_each(|share| rectified(Squares::Sawtooth, share));
        }
        if options.topology == Topology::Layered || options.max_depth.is_some() {
            shares.iter().for_each(|share| rectified(Squares::Lines, share));
        }
        return lists;
    }
    let forced = options.product_template.is_some();
    let squares = if forced || !spins { plain.clone() } else { plain.with_spins_as_squares() };
    if !forced && spins && symmetric::has_gate(activation, options.topology) {
        add(plain.with_spins_in_one_layer());
    }
    if !forced && options.topology == Topology::Layered && !accurate {
        quadratic::merged(&squares).into_iter().for_each(&mut add);
    }
    add(squares.with_powers());
    add(squares);
    lists
}

/// The network of a list of tasks, if it keeps the tolerance.
fn attempt(
    model: &Model,
    circuit: &Circuit,
    tasks: &Tasks,
    options: &Options,
) -> Result<Option<(Network, Vec<Chosen>)>, AssembleError> {
    let plan = plan::plan(tasks, options.topology);
    let names = Naming::new(model, &plan);
    let refuse = |error| names.error(&plan, options, error);
    let builder = Builder::new(model, &plan, &names, circuit);
    let library = library(&plan, options);
    let domain = domain(model, circuit, options);
    let mut certified = |_: &Choice, budget: &budget::Budget| {
        let network = builder.build(budget, options).map_err(|error| uncertified(&error))?;
        Ok((network.accuracy.per_cell, network))
    };
    let chosen = choose::choose(&plan, &domain, &library, options.tolerance, &mut certified).map_err(refuse)?;
    let Some((choice, network)) = chosen else { return Ok(None) };
    debug_assert_eq!(network.validate(), Ok(()), "assembly makes valid networks");
    let budget = budget::realise(&plan, &domain, &library, &choice).map_err(refuse)?;
    let explained = explain::explain(&plan, &library, &budget, &choice, &network);
    Ok(Some((network, explained)))
}

/// The inputs' domains; beyond an open end inputs are zero.
fn domain(model: &Model, circuit: &Circuit, options: &Options) -> Domain {
    Domain::new(&model.fields, &model.frame, options.precision, circuit.looks_beyond_ends(&model.frame))
}

/// The gates that suit a plan.
fn library(plan: &plan::Plan, options: &Options) -> Library {
    let tasks = plan.gates().map(|planned| &planned.task);
    Library::new(options.activation, options.precision, options.topology, options.product_template, tasks)
}

/// The network with the most accurate gates, whatever they cost and whatever
/// the tolerance; `None` where there is none at all.
///
/// # Panics
/// If the circuit is none of the model's.
pub fn most_accurate(model: &Model, circuit: &Circuit, options: &Options) -> Option<Network> {
    most_accurate_tasks(model, circuit, &Options { tolerance: f64::MAX, ..options.clone() }).map(|(network, _)| network)
}

/// The most accurate network and its list of tasks.
fn most_accurate_tasks(model: &Model, circuit: &Circuit, options: &Options) -> Option<(Network, Tasks)> {
    let mut best: Option<(Network, Tasks)> = None;
    for tasks in task_lists(model, circuit, options, true).unwrap_or_default() {
        let plan = plan::plan(&tasks, options.topology);
        let names = Naming::new(model, &plan);
        let library = library(&plan, options);
        let domain = domain(model, circuit, options);
        let choice = choose::most_accurate(&plan, &library);
        let Ok(budget) = budget::realise(&plan, &domain, &library, &choice) else { continue };
        let Ok(network) = Builder::new(model, &plan, &names, circuit).build(&budget, options) else { continue };
        if best.as_ref().is_none_or(|(known, _)| network.accuracy.per_cell < known.accuracy.per_cell) {
            best = Some((network, tasks));
        }
    }
    best
}

/// The refusal of a tolerance, with the gate that limits and what would help.
fn out_of_reach(
    model: &Model,
    circuit: &Circuit,
    options: &Options,
    (best, tasks): &(Network, Tasks),
) -> AssembleError {
    let bound = |model: &Model, options: &Options| {
        most_accurate(model, circuit, options).map(|network| network.accuracy.per_cell)
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
    if let Some(forced) = options.product_template {
        for template in Template::ALL.into_iter().filter(|&template| template.is_product() && template != forced) {
            let other = Options { product_template: Some(template), ..options.clone() };
            consider(format!("the product template {}", template.name()), bound(model, &other));
        }
    }
    let half = bound(&narrowed(model, 1), options);
    consider("a domain half as wide".to_owned(), half);
    if half.is_some_and(|half| half > options.tolerance) {
        // The widest that would do.
        let narrower = |halvings: u32| Some((halvings, bound(&narrowed(model, halvings), options)?));
        let enough = (2..=MOST_HALVINGS).filter_map(narrower).find(|(_, bound)| *bound <= options.tolerance);
        if let Some((halvings, bound)) = enough {
            consider(format!("a domain 1/{} as wide", 1u32 << halvings), Some(bound));
        }
    }
    hints.sort_by(|a, b| a.bound.total_cmp(&b.bound));
    // The gate whose own error moves the outputs most.
    let plan = plan::plan(tasks, options.topology);
    let library = library(&plan, options);
    let domain = domain(model, circuit, options);
    let choice = choose::most_accurate(&plan, &library);
    let worst = budget::realise(&plan, &domain, &library, &choice).ok().and_then(|budget| {
        let own = best.certificate.gates.iter().map(|gate| gate.truncation + gate.rounding);
        let shares: Vec<f64> = own.zip(&budget.sensitivities).map(|(own, slope)| own * slope).collect();
        (0..shares.len()).max_by(|&a, &b| shares[a].total_cmp(&shares[b]).then(b.cmp(&a)))
    });
    let gate = worst.and_then(|at| best.gates().nth(at)).map(|gate| (gate.name.clone(), gate.computes.clone()));
    let template = worst.and_then(|at| best.gates().nth(at)).map(|gate| gate.template);
    let (tolerance, best) = (options.tolerance, best.accuracy.per_cell);
    AssembleError::ToleranceOutOfReach { tolerance, best, gate, template, hints }
}

/// How often the domain is halved in search of one that would do.
const MOST_HALVINGS: u32 = 10;

/// The model with real fields 2^-`halvings` as wide about their middle.
fn narrowed(model: &Model, halvings: u32) -> Model {
    let mut model = model.clone();
    let part = Rational::new((1 << halvings) - 1, 2 << halvings);
    for field in model.fields.iter_mut().filter(|field| field.kind == Kind::Real) {
        let shrink = (&field.upper - &field.lower) * part.clone();
        field.lower = &field.lower + &shrink;
        field.upper = &field.upper - &shrink;
    }
    model
}
