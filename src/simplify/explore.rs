//! The search: which goals are looked at, in which order, and for how long.
//!
//! Small goals first, so that what is explored is complete; a budget of
//! terms, never of time, so that the same input gives the same circuit.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::decomposition::Fact;
use super::generators::{self, elimination, horner, monomials};
use super::graph::Graph;
use crate::model::Polynomial;

/// How much is explored: terms of polynomials that generators produce.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Terms left.
    pub terms: u64,
    /// Classes the e-graph may hold.
    pub classes: usize,
}

impl Budget {
    /// The budget of an effort, 0 to 3.
    pub fn of(effort: u32) -> Budget {
        Budget { terms: 200_000 << (2 * effort.min(3)), classes: 2_000 << (2 * effort.min(3)) }
    }
}

/// Generators that plan for a whole goal at once look at this many of the
/// oldest goals.
const JOINT: usize = 40;

/// Gives every class a complete decomposition by the greedy rule.
pub fn close(graph: &mut Graph, from: usize) {
    let mut at = from;
    while at < graph.classes() {
        let core = graph.core(at);
        let facts = match core.len() {
            1 => monomials::generate(&core),
            _ => horner::greedy(&core),
        };
        for fact in facts.iter().take(1) {
            graph.add(fact);
        }
        at += 1;
    }
    graph.rebuild();
}

/// Runs the generators on goals until the budget is spent.
pub fn explore(graph: &mut Graph, mut budget: Budget, progress: &mut dyn FnMut(usize)) {
    let mut smallest: BinaryHeap<Reverse<(usize, usize)>> = BinaryHeap::new();
    let mut explored: Vec<bool> = Vec::new();
    let mut oldest = 0;
    let mut joint = Budget { terms: budget.terms * 4, classes: 12 };
    for turn in 0usize.. {
        while explored.len() < graph.classes() {
            smallest.push(Reverse((size(&graph.core(explored.len())), explored.len())));
            explored.push(false);
        }
        // By turns the oldest goal, which is nearest to the energies, and the
        // smallest, which completes decompositions that were begun.
        while oldest < explored.len() && explored[oldest] {
            oldest += 1;
        }
        while smallest.peek().is_some_and(|Reverse((_, index))| explored[*index]) {
            smallest.pop();
        }
        let index = match smallest.peek() {
            None => break,
            Some(Reverse((_, index))) if turn % 2 == 1 => *index,
            Some(_) => oldest,
        };
        explored[index] = true;
        let core = graph.core(index);
        if index < JOINT && joint.classes > 0 {
            let mut work = joint.terms;
            for plan in elimination::generate_within(&core, &mut work) {
                graph.add_plan(&plan);
            }
            joint.terms = work.max(joint.terms / 2);
            joint.classes -= 1;
        }
        for planner in generators::PLANNERS {
            for plan in (planner.plans)(&core) {
                budget.terms = budget.terms.saturating_sub(plan.iter().map(fact_terms).sum());
                if index < JOINT {
                    graph.add_plan(&plan);
                } else {
                    plan.iter().for_each(|fact| {
                        graph.add(fact);
                    });
                }
            }
        }
        for generator in generators::ALL {
            let facts = (generator.generate)(&core);
            let cost: u64 = facts.iter().map(fact_terms).sum::<u64>() + core.len() as u64;
            for fact in &facts {
                graph.add(fact);
            }
            budget.terms = budget.terms.saturating_sub(cost);
        }
        progress(graph.classes());
        if budget.terms == 0 || graph.classes() > budget.classes {
            break;
        }
    }
    graph.rebuild();
}

fn size(core: &Polynomial) -> usize {
    core.terms().iter().map(|(monomial, _)| monomial.degree() as usize).sum()
}

fn fact_terms(fact: &Fact) -> u64 {
    let rest = fact.decomposition.rest.iter().map(|(_, part)| part.len()).sum::<usize>();
    let products = fact.decomposition.products.iter().map(|(_, product)| match product {
        super::decomposition::Product::Pair(left, right) => left.len() + right.len(),
        super::decomposition::Product::Bits(factors) => factors.iter().map(Polynomial::len).sum(),
    });
    (rest + products.sum::<usize>()) as u64
}
