//! Model to circuit: the smallest circuit of gates that computes the energies.
//!
//! What enters: energies as polynomials of a unit cell. What leaves: a
//! [`Circuit`] that computes exactly those (up to translations, under which
//! the sum over cells is the same). Affine maps are free, gates cost; the
//! e-graph of [`graph`] holds many decompositions at once, [`generators`] add
//! them, `explore` bounds the search by work, and `extract` picks.

mod beam;
mod branch;
mod coordinates;
pub mod cost;
pub mod decomposition;
mod energies;
mod exchange;
mod explore;
pub mod extract;
pub mod generators;
pub mod graph;
mod greedy;
mod lower_bound;
mod needs;
mod nested;
mod normal;
mod padded;
mod recreate;
mod restart;
mod rewrite;
mod to_circuit;
mod written;

pub use cost::{Cost, Objective};
pub use lower_bound::lower_bound;
pub use written::as_written;

use crate::circuit::{self, Circuit};
use crate::model::Model;

/// How to simplify.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// What to make smallest.
    pub objective: Objective,
    /// How hard to search, 0 to 3: bounded work, not seconds.
    pub effort: u32,
    /// Whether gates may have irrational constants, rounded: the circuit then
    /// differs from the energies by a little.
    pub reals: bool,
    /// Whether to look for circuits that are best by the other objectives too.
    pub front: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options { objective: Objective::default(), effort: 1, reals: false, front: false }
    }
}

/// How far a search is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// The number of classes of the e-graph.
    pub classes: usize,
    /// The gates of the smallest circuit so far.
    pub gates: Option<u64>,
}

/// What a search found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// The circuit that is best by the objective.
    pub best: Circuit,
    /// Circuits of which none is better than another in non-scalar
    /// multiplications, in all operations and in depth at once, fewest
    /// multiplications first.
    pub front: Vec<Circuit>,
    /// Whether the search was ended from outside.
    pub interrupted: bool,
    /// What is known of the best.
    pub evidence: Evidence,
}

/// Where a circuit comes from, and what is proved of its size.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Evidence {
    /// The decompositions that were found, of the energies and of all that
    /// computes them.
    pub decompositions: usize,
    /// Whether it is proved that no selection of these decompositions has less
    /// of the objective. That says nothing of circuits that need others.
    pub exhausted: bool,
    /// Products and squares that every circuit needs, zero where nothing is
    /// known ([`lower_bound()`]).
    pub at_least: u64,
    /// The generators that the selection uses, with the number of gates that
    /// each has given, most first.
    pub origins: Vec<(&'static str, u64)>,
    /// Gates of the selection that rewriting has taken away.
    pub rewritten: u64,
}

/// The smallest circuit found. `progress` hears the number of classes of the
/// e-graph from time to time.
pub fn simplify(model: &Model, options: Options, progress: &mut dyn FnMut(usize)) -> Circuit {
    let watch = &mut |state: Progress| {
        progress(state.classes);
        true
    };
    search(model, options, watch).best
}

/// The search, in the model's coordinates and in others that give its
/// energies fewer terms, and where a lattice ends with zeros beyond its ends;
/// then the rewriting of what was found. `watch` is told how far it is from
/// time to time, and says whether to go on: the best so far is returned where
/// it does not.
pub fn search(model: &Model, options: Options, watch: &mut dyn FnMut(Progress) -> bool) -> Found {
    let mut classes = 0;
    let mut found = search_graph(model, options, &mut |progress| {
        classes = progress.classes;
        watch(progress)
    });
    found.evidence.at_least = lower_bound(model);
    if !found.interrupted {
        let mut goes_on = true;
        let rewritten = rewrite::improve(&found.best, options.effort, &mut |gates| {
            goes_on = watch(Progress { classes, gates: Some(gates) });
            goes_on
        });
        found.interrupted = !goes_on;
        // Beyond open ends spins are zero, and their squares are not one.
        let holds = !rewritten.looks_beyond_ends(&model.frame) || circuit::prove(&rewritten, model).is_ok();
        if holds && cost::of(&rewritten, options.objective) < cost::of(&found.best, options.objective) {
            found.evidence.rewritten = (found.best.gates.len() - rewritten.gates.len()) as u64;
            found.best = rewritten.clone();
            found.front = front(found.front.into_iter().chain([rewritten]).collect());
        }
    }
    found
}

/// The search by e-graphs.
fn search_graph(model: &Model, options: Options, watch: &mut dyn FnMut(Progress) -> bool) -> Found {
    let plain = search_in(model, options, watch);
    if plain.interrupted {
        return plain;
    }
    let (changed, undo): (Model, Box<dyn Fn(Circuit) -> Circuit>) = match coordinates::sparser(model) {
        Some((changed, coordinates)) => (changed, Box::new(move |circuit| coordinates.undo(circuit))),
        None => match padded::padded(model) {
            Some(changed) => (changed, Box::new(|circuit| padded::undo(model, circuit))),
            None => return plain,
        },
    };
    let gates = plain.best.gates.len() as u64;
    let other = search_in(&changed, options, &mut |progress| {
        watch(Progress { gates: Some(progress.gates.map_or(gates, |found| found.min(gates))), ..progress })
    });
    let best = undo(other.best);
    let better = cost::of(&best, options.objective) < cost::of(&plain.best, options.objective);
    let others = other.front.into_iter().map(undo);
    let evidence = Evidence {
        decompositions: plain.evidence.decompositions + other.evidence.decompositions,
        exhausted: plain.evidence.exhausted && other.evidence.exhausted,
        ..if better { other.evidence } else { plain.evidence }
    };
    Found {
        best: if better { best } else { plain.best },
        front: front(plain.front.into_iter().chain(others).collect()),
        interrupted: other.interrupted,
        evidence,
    }
}

/// The search in given coordinates.
///
/// It goes on in rounds that double the e-graph, and ends when the budget of
/// the effort is spent or `PATIENCE` rounds brought nothing.
fn search_in(model: &Model, options: Options, watch: &mut dyn FnMut(Progress) -> bool) -> Found {
    let mut graph = graph::Graph::default();
    let roots = energies::add(&mut graph, model);
    explore::close(&mut graph, 0);
    let classes: Vec<egg::Id> = roots.iter().flat_map(|root| root.class).collect();
    // What the author wrote does not count against the search.
    let mut budget = explore::Budget::of(options.effort);
    budget.classes += graph.classes();
    let mut explorer = explore::Explorer::new(budget).with_reals(options.reals);
    let mut best: Option<(Cost, Circuit)> = None;
    let mut evidence = Evidence::default();
    let mut all = Vec::new();
    let mut interrupted = false;
    let mut idle = 0;
    let mut limit = graph.classes() + FIRST_ROUND;
    loop {
        let gates = best.as_ref().map(|(_, circuit)| circuit.gates.len() as u64);
        let more = explorer.run(&mut graph, limit, &mut |classes| {
            interrupted |= !watch(Progress { classes, gates });
            !interrupted
        });
        if interrupted && let Some((_, best)) = best {
            evidence.exhausted = false;
            return Found { front: front(all), best, interrupted, evidence };
        }
        let extracted = |objective| {
            let selection = extract::extract(&graph, &classes, objective, options.effort)
                .expect("every energy has the decomposition that closes it");
            let circuit = to_circuit::circuit(&graph, &selection, &roots);
            (selection.cost, circuit, selection.proved, selection.origins())
        };
        let (cost, circuit, proved, origins) = extracted(options.objective);
        idle += 1;
        all.push(circuit.clone());
        if best.as_ref().is_none_or(|(known, _)| cost < *known) {
            best = Some((cost, circuit));
            evidence.origins = origins;
            idle = 0;
        }
        // The e-graph only grows: what is proved of it holds of what was in it before.
        evidence.exhausted = proved;
        evidence.decompositions = graph.decompositions();
        let patience = PATIENCE + options.effort + 2 * (graph.classes() < SMALL) as u32;
        match best {
            Some((_, best)) if !more || idle > patience => {
                if options.front && !interrupted {
                    let others = Objective::ALL.into_iter().filter(|&objective| objective != options.objective);
                    all.extend(others.map(|objective| extracted(objective).1));
                }
                return Found { front: front(all), best, interrupted, evidence };
            }
            _ => limit = graph.classes() * 2,
        }
    }
}

/// The circuits that none of the others is better than.
fn front(circuits: Vec<Circuit>) -> Vec<Circuit> {
    let measure = |circuit: &Circuit| {
        let counts = circuit.counts();
        let operations = counts.nonscalar_multiplications + counts.scalar_multiplications + counts.additions;
        [counts.nonscalar_multiplications, operations, counts.depth]
    };
    let mut measured: Vec<([u64; 3], Circuit)> =
        circuits.into_iter().map(|circuit| (measure(&circuit), circuit)).collect();
    measured.sort_by_key(|(measure, _)| *measure);
    measured.dedup_by_key(|(measure, _)| *measure);
    let measures: Vec<[u64; 3]> = measured.iter().map(|(measure, _)| *measure).collect();
    let dominated = |own: &[u64; 3]| measures.iter().any(|other| other != own && (0..3).all(|at| other[at] <= own[at]));
    measured.into_iter().filter(|(measure, _)| !dominated(measure)).map(|(_, circuit)| circuit).collect()
}

/// Classes of the e-graph after the first round.
const FIRST_ROUND: usize = 200;

/// Rounds without a better circuit after which the search ends, more with
/// more effort.
const PATIENCE: u32 = 0;

/// E-graphs below this many classes are given two rounds more.
const SMALL: usize = 4_000;
