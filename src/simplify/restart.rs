//! Restarts: local search from other beginnings.
//!
//! A circuit is the cheapest set of classes, and the sum of costs over a tree
//! counts what is shared more than once. Each restart guesses what will be
//! shared: it discounts classes, first by how many candidates use them, then
//! pseudo-randomly, takes the cheapest tree under these prices, and goes on
//! from there by ruin and recreate.

use super::cost::Cost;
use super::extract::Problem;
use super::recreate::recreate;
use crate::modular::scramble;

/// Larger problems are left as they are: a restart costs their size many times.
const EDGES: usize = 60_000;
/// Prices are in units of this many.
const UNIT: u64 = 1 << 16;
const NEVER: u64 = u64::MAX / 4;

/// Improves a choice by local search from `restarts` other beginnings, each
/// with `work` visits of edges.
pub(super) fn restart(
    problem: &Problem,
    roots: &[usize],
    choice: &mut Vec<usize>,
    best: &mut Cost,
    restarts: u64,
    work: u64,
) {
    let candidates = problem.candidates();
    let n = candidates.len();
    let mut uses = vec![0u64; n];
    let mut edges = 0;
    for candidate in candidates.iter().flatten() {
        edges += candidate.children.len();
        candidate.children.iter().for_each(|&child| uses[child] += 1);
    }
    if edges > EDGES {
        return;
    }
    for round in 0..restarts {
        let price = |class: usize| match round {
            0 => UNIT / (1 + uses[class]),
            _ => {
                let draw = scramble(round << 32 | class as u64) % 16;
                // Used often, likely shared.
                UNIT * (1 + draw) / (16 + draw * uses[class].min(8) / (1 + round % 3))
            }
        };
        let mut next = trees(problem, &(0..n).map(price).collect::<Vec<_>>());
        let Some(mut cost) = problem.total(roots, &next) else { continue };
        recreate(problem, roots, &mut next, &mut cost, work);
        if cost < *best {
            *best = cost;
            *choice = next;
        }
    }
}

/// The candidate of each class that makes the cheapest tree, where a class
/// costs its price for each unit of its tree.
fn trees(problem: &Problem, prices: &[u64]) -> Vec<usize> {
    let candidates = problem.candidates();
    let mut least = vec![NEVER; candidates.len()];
    let mut pick = vec![usize::MAX; candidates.len()];
    for _ in 0..60 {
        let mut changed = false;
        for class in (0..candidates.len()).rev() {
            for (at, candidate) in candidates[class].iter().enumerate() {
                let (gates, neurons, weights) = candidate.cost;
                let own = (gates << 12) + (neurons << 6) + weights;
                let below = candidate.children.iter().fold(0u64, |sum, &child| sum.saturating_add(least[child]));
                // At least one, so that no class is cheaper through itself.
                let cost = 1 + (own << 8).saturating_add(below).min(NEVER / UNIT) * prices[class] / UNIT;
                if below < NEVER && cost < least[class] {
                    least[class] = cost;
                    pick[class] = at;
                    changed = true;
                }
            }
        }
        if !changed {
            break;
        }
    }
    pick
}
