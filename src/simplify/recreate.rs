//! Ruin and recreate: local search that takes gates out of a circuit and
//! completes what is left in the cheapest way.
//!
//! A step forbids some of the gates in use. All other classes in use are then
//! free, so the cheapest completion of a class is the least sum of costs over
//! its candidates, a fixed point that is found bottom-up. The circuit is
//! rebuilt with the cheapest completions where it needs them, and kept if the
//! whole is no worse. Single gates are tried one after the other, then groups
//! drawn pseudo-randomly. The work is bounded in visits of edges.

use super::cost::Cost;
use super::extract::Problem;
use crate::modular::scramble;

/// Costs in one number: gates first, then neurons, then weights.
const GATE: u64 = 1 << 40;
const NEURON: u64 = 1 << 24;
/// Not to be had.
const NEVER: u64 = u64::MAX / 4;

struct Flat {
    /// The candidates of class c are `first[c]..first[c + 1]`.
    first: Vec<usize>,
    cost: Vec<u64>,
    /// The children of candidate k are `edges[start[k]..start[k + 1]]`.
    start: Vec<usize>,
    edges: Vec<u32>,
    /// Classes, each after most of those it uses.
    order: Vec<usize>,
}

/// Improves a choice within `work` visits of edges.
pub(super) fn recreate(problem: &Problem, roots: &[usize], choice: &mut Vec<usize>, best: &mut Cost, mut work: u64) {
    let flat = flatten(problem, roots);
    let mut tabu_free_rounds = 0;
    let mut step = 0u64;
    let Some(mut used) = problem.closure(roots, choice) else { return };
    let mut gates = problem.gates_of(&used, choice);
    // Gates that were tried singly since the last change.
    let mut tried = 0;
    while work > 0 && gates.len() > 1 {
        step += 1;
        let mut forbidden: Vec<usize> = Vec::new();
        if tried < gates.len() {
            forbidden.push(gates[tried]);
            tried += 1;
        } else {
            tabu_free_rounds += 1;
            if tabu_free_rounds > 60 + 4 * gates.len() {
                return;
            }
            let count = 2 + scramble(step) as usize % (gates.len() / 6).clamp(2, 12);
            for draw in 0..count as u64 {
                forbidden.push(gates[scramble(step * 64 + draw + 1) as usize % gates.len()]);
            }
        }
        let spent = flat.edges.len() as u64 * 3 + 1;
        work = work.saturating_sub(spent);
        // Half of the groups may be computed in another way, the others not at all.
        let forever = forbidden.len() == 1 || step.is_multiple_of(2);
        let Some(next) = attempt(&flat, roots, choice, &used, &forbidden, forever) else { continue };
        let Some(cost) = problem.total(roots, &next) else { continue };
        if cost <= *best && next != *choice {
            let better = cost < *best;
            *best = cost;
            *choice = next;
            used = problem.closure(roots, choice).expect("its total was computed");
            gates = problem.gates_of(&used, choice);
            if better {
                tried = 0;
                tabu_free_rounds = 0;
            }
        }
    }
}

fn flatten(problem: &Problem, roots: &[usize]) -> Flat {
    let mut flat = Flat { first: vec![0], cost: Vec::new(), start: vec![0], edges: Vec::new(), order: Vec::new() };
    for list in problem.candidates() {
        for candidate in list {
            let (gates, neurons, weights) = candidate.cost;
            flat.cost.push(gates * GATE + neurons * NEURON + weights);
            flat.edges.extend(candidate.children.iter().map(|&child| child as u32));
            flat.start.push(flat.edges.len());
        }
        flat.first.push(flat.cost.len());
    }
    // Depth first over all candidates.
    let n = flat.first.len() - 1;
    let mut seen = vec![false; n];
    for &root in roots.iter().chain(&(0..n).collect::<Vec<_>>()) {
        if seen[root] {
            continue;
        }
        seen[root] = true;
        let mut stack = vec![(root, flat.start[flat.first[root]])];
        while let Some((class, edge)) = stack.pop() {
            if edge < flat.start[flat.first[class + 1]] {
                stack.push((class, edge + 1));
                let child = flat.edges[edge] as usize;
                if !seen[child] {
                    seen[child] = true;
                    stack.push((child, flat.start[flat.first[child]]));
                }
            } else {
                flat.order.push(class);
            }
        }
    }
    flat
}

/// The choice after taking out gates, or `None` where they cannot be missed.
fn attempt(
    flat: &Flat,
    roots: &[usize],
    choice: &[usize],
    used: &[usize],
    forbidden: &[usize],
    forever: bool,
) -> Option<Vec<usize>> {
    let n = flat.first.len() - 1;
    const FREE: u8 = 1;
    const OUT: u8 = 2;
    let mut state = vec![0u8; n];
    for &class in used {
        state[class] = FREE;
    }
    for &class in forbidden {
        state[class] = if forever { OUT } else { 0 };
    }
    let banned = |class: usize, candidate: usize| {
        !forever && forbidden.contains(&class) && candidate == flat.first[class] + choice[class]
    };
    let mut least = vec![NEVER; n];
    for class in 0..n {
        if state[class] == FREE {
            least[class] = 0;
        }
    }
    let mut pick = vec![usize::MAX; n];
    let sum = |candidate: usize, least: &[u64]| {
        let children = &flat.edges[flat.start[candidate]..flat.start[candidate + 1]];
        let below = children.iter().fold(0u64, |sum, &child| sum.saturating_add(least[child as usize]));
        flat.cost[candidate].saturating_add(below).min(NEVER)
    };
    for _ in 0..3 {
        let mut changed = false;
        for &class in &flat.order {
            if state[class] != 0 {
                continue;
            }
            for candidate in flat.first[class]..flat.first[class + 1] {
                if banned(class, candidate) {
                    continue;
                }
                let cost = sum(candidate, &least);
                if cost < least[class] {
                    least[class] = cost;
                    pick[class] = candidate;
                    changed = true;
                }
            }
        }
        if !changed {
            break;
        }
    }
    // Rebuild from the roots.
    let mut next = choice.to_vec();
    let mut seen = vec![false; n];
    let mut stack: Vec<usize> = roots.to_vec();
    while let Some(class) = stack.pop() {
        if std::mem::replace(&mut seen[class], true) {
            continue;
        }
        let candidates = flat.first[class]..flat.first[class + 1];
        let chosen = match state[class] {
            FREE => {
                let current = flat.first[class] + choice[class];
                // Its own cost is paid either way; what counts is what it needs.
                let needs = |candidate: usize| sum(candidate, &least) - flat.cost[candidate].min(NEVER);
                if sum(current, &least) < NEVER && needs(current) == 0 {
                    current
                } else {
                    candidates.filter(|&candidate| sum(candidate, &least) < NEVER).min_by_key(|&c| sum(c, &least))?
                }
            }
            _ if least[class] < NEVER => pick[class],
            _ => return None,
        };
        next[class] = chosen - flat.first[class];
        stack.extend(flat.edges[flat.start[chosen]..flat.start[chosen + 1]].iter().map(|&child| child as usize));
    }
    Some(next)
}
