//! Model to circuit: the smallest circuit of gates that computes the energies.
//!
//! What enters: energies as polynomials of a unit cell. What leaves: a
//! [`Circuit`] that computes exactly those (up to translations, under which
//! the sum over cells is the same). Affine maps are free, gates cost; the
//! e-graph of [`graph`] holds many decompositions at once, [`generators`] add
//! them, `explore` bounds the search by work, and `extract` picks.

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
mod nested;
mod normal;
mod recreate;
mod restart;
mod to_circuit;
mod written;

pub use cost::{Cost, Objective};
pub use written::as_written;

use crate::circuit::Circuit;
use crate::model::Model;

/// How to simplify.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// What to make smallest.
    pub objective: Objective,
    /// How hard to search, 0 to 3: bounded work, not seconds.
    pub effort: u32,
}

impl Default for Options {
    fn default() -> Options {
        Options { objective: Objective::default(), effort: 1 }
    }
}

/// The smallest circuit found, in the model's coordinates or in others that
/// give its energies fewer terms. `progress` hears the number of classes of
/// the e-graph from time to time.
pub fn simplify(model: &Model, options: Options, progress: &mut dyn FnMut(usize)) -> Circuit {
    let plain = search(model, options, progress);
    let Some((changed, coordinates)) = coordinates::sparser(model) else { return plain };
    let other = coordinates.undo(search(&changed, options, progress));
    if cost::of(&other, options.objective) < cost::of(&plain, options.objective) { other } else { plain }
}

/// The search goes on in rounds that double the e-graph, and ends when the
/// budget of the effort is spent or `PATIENCE` rounds brought nothing.
fn search(model: &Model, options: Options, progress: &mut dyn FnMut(usize)) -> Circuit {
    let mut graph = graph::Graph::default();
    let roots = energies::add(&mut graph, model);
    explore::close(&mut graph, 0);
    let classes: Vec<egg::Id> = roots.iter().flat_map(|root| root.class).collect();
    // What the author wrote does not count against the search.
    let mut budget = explore::Budget::of(options.effort);
    budget.classes += graph.classes();
    let mut explorer = explore::Explorer::new(budget);
    let mut best: Option<(Cost, Circuit)> = None;
    let mut idle = 0;
    let mut limit = graph.classes() + FIRST_ROUND;
    loop {
        let more = explorer.run(&mut graph, limit, progress);
        let selection = extract::extract(&graph, &classes, options.objective, options.effort)
            .expect("every energy has the decomposition that closes it");
        idle += 1;
        if best.as_ref().is_none_or(|(known, _)| selection.cost < *known) {
            best = Some((selection.cost, to_circuit::circuit(&graph, &selection, &roots)));
            idle = 0;
        }
        match best {
            Some((_, circuit)) if !more || idle > PATIENCE + options.effort + 2 * (graph.classes() < SMALL) as u32 => {
                return circuit;
            }
            _ => limit = graph.classes() * 2,
        }
    }
}

/// Classes of the e-graph after the first round.
const FIRST_ROUND: usize = 200;

/// Rounds without a better circuit after which the search ends, more with
/// more effort.
const PATIENCE: u32 = 0;

/// E-graphs below this many classes are given two rounds more.
const SMALL: usize = 1_500;
