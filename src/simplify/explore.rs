//! The search: which goals are looked at, in which order, and for how long.
//!
//! Small goals first, so that what is explored is complete; a budget of
//! terms, never of time, so that the same input gives the same circuit.

use rustc_hash::FxHashSet;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::decomposition::{Decomposition, Fact, Product};
use super::generators::{self, elimination, horner, minors, monomials, norms, pencil};
use super::graph::Graph;
use super::nested;
use super::normal::normalize;
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

/// Entries of sparse rows for eliminations, for each term of the budget.
const ELIMINATION: u64 = 200;
/// Goals whose variables are eliminated in searched orders.
const ELIMINATED: usize = 12;

/// Cores with this many terms are not eliminated in orders that are far worse
/// than a plan that is complete.
const LARGE: usize = 300;

/// Gives every class a complete decomposition by the greedy rule.
pub fn close(graph: &mut Graph, from: usize) {
    let mut at = from;
    while at < graph.classes() {
        let core = graph.core(at);
        let (name, facts) = match core.len() {
            1 => ("monomials", monomials::generate(&core)),
            _ => ("horner", horner::greedy(&core)),
        };
        graph.attribute_to(name);
        for fact in facts.iter().take(1) {
            graph.add(fact);
        }
        at += 1;
    }
    graph.rebuild();
}

/// A search that can be interrupted and resumed.
pub struct Explorer {
    budget: Budget,
    /// Entries of sparse rows, and goals, that are left for planning whole
    /// eliminations.
    elimination: (u64, usize),
    smallest: BinaryHeap<Reverse<(usize, usize)>>,
    explored: Vec<bool>,
    oldest: usize,
    turn: usize,
    /// Whether gates may have irrational constants.
    reals: bool,
}

impl Explorer {
    /// A search that has not begun.
    pub fn new(budget: Budget) -> Explorer {
        Explorer {
            budget,
            elimination: (budget.terms * ELIMINATION, ELIMINATED),
            smallest: BinaryHeap::new(),
            explored: Vec::new(),
            oldest: 0,
            turn: 0,
            reals: false,
        }
    }

    /// The same search, with gates of irrational constants where `reals`.
    pub fn with_reals(self, reals: bool) -> Explorer {
        Explorer { reals, ..self }
    }

    /// Runs the generators on goals until the e-graph has `classes` classes,
    /// or the budget is spent, or no goal is left. Returns whether the search
    /// can go on. `progress` hears the number of classes after each goal and
    /// says whether to go on.
    pub fn run(&mut self, graph: &mut Graph, classes: usize, progress: &mut dyn FnMut(usize) -> bool) -> bool {
        let classes = classes.min(self.budget.classes);
        let mut more = true;
        while graph.classes() <= classes {
            let Some(index) = self.next(graph) else {
                more = false;
                break;
            };
            self.visit(graph, index);
            if !progress(graph.classes()) {
                more = false;
                break;
            }
            if self.budget.terms == 0 {
                break;
            }
        }
        // Single terms are cheap to complete, and plans end in them.
        graph.attribute_to("monomials");
        let mut index = 0;
        while index < graph.classes() {
            let core = graph.core(index);
            if core.len() == 1 && !self.explored.get(index).copied().unwrap_or(false) {
                // A monomial of many variables has parts without number: past
                // the budget each is completed in one way.
                let ways = if graph.classes() <= 2 * self.budget.classes { usize::MAX } else { 1 };
                for fact in monomials::generate(&core).iter().take(ways) {
                    graph.add(fact);
                }
            }
            index += 1;
        }
        graph.attribute_to("minors");
        for plan in minors::plans((0..graph.classes()).map(|index| graph.core(index))) {
            graph.add_plan(&plan);
        }
        graph.attribute_to("pencil");
        for plan in pencil::plans((0..graph.classes()).map(|index| graph.core(index))) {
            graph.add_plan(&plan);
        }
        graph.rebuild();
        more && self.budget.terms > 0 && graph.classes() <= self.budget.classes
    }

    /// By turns the oldest goal, which is nearest to the energies, and the
    /// smallest, which completes decompositions that were begun.
    fn next(&mut self, graph: &Graph) -> Option<usize> {
        while self.explored.len() < graph.classes() {
            self.smallest.push(Reverse((size(&graph.core(self.explored.len())), self.explored.len())));
            self.explored.push(false);
        }
        while self.oldest < self.explored.len() && self.explored[self.oldest] {
            self.oldest += 1;
        }
        while self.smallest.peek().is_some_and(|Reverse((_, index))| self.explored[*index]) {
            self.smallest.pop();
        }
        self.turn += 1;
        let Reverse((_, smallest)) = *self.smallest.peek()?;
        Some(if self.turn % 4 != 1 { smallest } else { self.oldest })
    }

    fn visit(&mut self, graph: &mut Graph, index: usize) {
        self.explored[index] = true;
        let core = graph.core(index);
        let plans: Vec<(&'static str, Vec<Vec<Fact>>)> =
            generators::PLANNERS.iter().map(|planner| (planner.name, (planner.plans)(&core))).collect();
        let (work, goals) = self.elimination;
        if index < JOINT && goals > 0 {
            // Half of what is left each time: the oldest goals matter most.
            let mut spent = work / 2;
            // Carrying out an elimination of a large core takes much memory.
            let complete =
                plans.iter().flat_map(|(_, plans)| plans).filter(|plan| core.len() >= LARGE && is_complete(plan));
            let known = complete.map(|plan| products(plan)).min().unwrap_or(usize::MAX);
            graph.attribute_to("elimination");
            for plan in elimination::generate_within(&core, known, &mut spent) {
                graph.add_plan(&plan);
            }
            self.elimination = (work / 2 + spent, goals - 1);
        }
        // What plans compute they complete, so the goals of the others come first.
        let outermost = if nested::is_inside() { &[] } else { generators::OUTERMOST };
        for generator in generators::ALL.iter().chain(outermost) {
            graph.attribute_to(generator.name);
            let facts = (generator.generate)(&core);
            let cost: u64 = facts.iter().map(fact_terms).sum::<u64>() + core.len() as u64;
            for fact in &facts {
                graph.add(fact);
                if let Some(joined) = norms::joined(fact).filter(|_| self.reals) {
                    graph.add(&joined);
                }
            }
            self.budget.terms = self.budget.terms.saturating_sub(cost);
        }
        for (name, plan) in plans.into_iter().flat_map(|(name, plans)| plans.into_iter().map(move |plan| (name, plan)))
        {
            graph.attribute_to(name);
            self.budget.terms = self.budget.terms.saturating_sub(plan.iter().map(fact_terms).sum());
            if let Some(joined) = norms::joined_plan(&plan).filter(|_| self.reals) {
                graph.add_plan(&joined);
            }
            if index < JOINT {
                graph.add_plan(&plan);
            } else {
                plan.iter().for_each(|fact| {
                    graph.add(fact);
                });
            }
        }
    }
}

fn size(core: &Polynomial) -> usize {
    core.terms().iter().map(|(monomial, _)| monomial.degree() as usize).sum()
}

/// Whether a plan computes everything that it uses.
fn is_complete(plan: &[Fact]) -> bool {
    let core = |polynomial: &Polynomial| normalize(polynomial).core.map(|core| core.polynomial);
    let known: FxHashSet<Polynomial> = plan.iter().filter_map(|fact| core(&fact.target)).collect();
    let is_known = |polynomial: &Polynomial| core(polynomial).is_none_or(|core| known.contains(&core));
    plan.iter().all(|fact| {
        let factors = |product: &Product| match product {
            Product::Pair(left, right) | Product::Norm(left, right, _) => is_known(left) && is_known(right),
            Product::Bits(factors) => factors.iter().all(&is_known),
        };
        let Decomposition { products, rest } = &fact.decomposition;
        products.iter().all(|(_, product)| factors(product)) && rest.iter().all(|(_, part)| is_known(part))
    })
}

fn products(plan: &[Fact]) -> usize {
    plan.iter().map(|fact| fact.decomposition.products.len()).sum()
}

fn fact_terms(fact: &Fact) -> u64 {
    let rest = fact.decomposition.rest.iter().map(|(_, part)| part.len()).sum::<usize>();
    let products = fact.decomposition.products.iter().map(|(_, product)| match product {
        Product::Pair(left, right) | Product::Norm(left, right, _) => left.len() + right.len(),
        Product::Bits(factors) => factors.iter().map(Polynomial::len).sum(),
    });
    (rest + products.sum::<usize>()) as u64
}
