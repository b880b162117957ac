//! Extraction: one way for each needed class, sharing what is shared.
//!
//! The cost of a circuit is that of the set of its gates, so a class used
//! twice is paid once. First every class gets a choice by the `greedy` rule;
//! plans are put over it where that makes the whole cheaper; a `beam` of partial
//! selections finds other beginnings. Then local search: single choices are
//! exchanged (`exchange`), and gates are taken out and what is left is
//! completed (`recreate`). For small e-graphs all choices are searched
//! (`branch`), which proves the result. All work is counted.

use egg::Id;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::beam::beam;
use super::branch::branch;
use super::cost::{Cost, Objective, node_cost};
use super::exchange::exchange;
use super::graph::{Graph, Node, Operation};
use super::greedy::greedy;
use super::needs::Needs;
use super::recreate::recreate;
use super::restart::restart;

/// A candidate of a class, with its children as dense indices.
pub(super) struct Candidate<'a> {
    node: &'a Node,
    pub(super) children: Vec<usize>,
    pub(super) cost: (u64, u64, u64),
    pub(super) is_gate: bool,
}

/// The chosen node of every class that the roots need.
pub struct Selection<'a> {
    chosen: FxHashMap<Id, &'a Node>,
    /// The cost of the whole.
    pub cost: Cost,
    /// Whether it is proved that the e-graph holds no choice with less of the
    /// objective, depth aside.
    pub proved: bool,
}

impl<'a> Selection<'a> {
    /// The chosen node of a class.
    pub fn node(&self, class: Id) -> &'a Node {
        self.chosen[&class]
    }

    /// How many gates each generator has given, most first, and those that
    /// gave sums alone.
    pub fn origins(&self) -> Vec<(&'static str, u64)> {
        let mut gates: BTreeMap<&'static str, u64> = BTreeMap::new();
        for node in self.chosen.values() {
            let is_gate = matches!(*node.operation, Operation::Gate { .. });
            *gates.entry(node.origin).or_default() += is_gate as u64;
        }
        let mut sorted: Vec<(&'static str, u64)> = gates.into_iter().collect();
        sorted.sort_by_key(|&(name, gates)| (Reverse(gates), name));
        sorted
    }
}

/// Plans are tried in pairs where there are at most this many.
const PAIRS: usize = 40;

/// Users tried for what a plan computes.
const USERS: usize = 8;

/// Members of sets visited by the greedy rule without effort.
const GREEDY: u64 = 30_000_000;

/// Visits of classes by single exchanges without effort.
const EXCHANGE: u64 = 5_000_000;

/// Words of sets visited to find what each class needs, without effort.
const NEEDS: u64 = 8_000_000;

/// States of a level of the beam without effort, and the work that it takes
/// in words of sets and visits of classes.
const WIDTH: usize = 6;
const BEAM: u64 = 1_000_000;

/// Words of sets visited by branch and bound without effort.
const BRANCH: u64 = 4_000_000;

/// Visits of edges by ruin and recreate without effort.
const RECREATE: u64 = 20_000_000;

pub(super) struct Problem<'a> {
    ids: Vec<Id>,
    candidates: Vec<Vec<Candidate<'a>>>,
    pub(super) objective: Objective,
    marks: RefCell<Marks>,
    depths: RefCell<Vec<u64>>,
}

/// Chooses a node for every class that the roots need. `None` if a root has
/// no complete decomposition. `effort` bounds the local search.
pub fn extract<'a>(graph: &'a Graph, roots: &[Id], objective: Objective, effort: u32) -> Option<Selection<'a>> {
    // Dense indices of the classes below the roots, roots first.
    let mut ids: Vec<Id> = Vec::new();
    let mut index: FxHashMap<Id, usize> = FxHashMap::default();
    let mut visit = |id: Id, ids: &mut Vec<Id>| {
        *index.entry(id).or_insert_with(|| {
            ids.push(id);
            ids.len() - 1
        })
    };
    let roots: Vec<usize> = roots.iter().map(|&id| visit(graph.find(id), &mut ids)).collect();
    let mut candidates: Vec<Vec<Candidate>> = Vec::new();
    while candidates.len() < ids.len() {
        let class = ids[candidates.len()];
        let mut list = Vec::new();
        for node in graph.computing_nodes(class) {
            let mut children: Vec<usize> = node.children.iter().map(|&id| visit(graph.find(id), &mut ids)).collect();
            children.sort_unstable();
            children.dedup();
            list.push(Candidate {
                node,
                children,
                cost: node_cost(node),
                is_gate: matches!(*node.operation, Operation::Gate { .. }),
            });
        }
        candidates.push(list);
    }
    let depths = RefCell::new(vec![0; ids.len()]);
    let mut problem = Problem { ids, candidates, objective, marks: RefCell::default(), depths };
    problem.drop_incomplete();
    let mut choice = greedy(&problem, GREEDY << (2 * effort));
    let mut best = problem.total(&roots, &choice)?;
    let plans: Vec<Vec<(usize, usize)>> = graph
        .plans()
        .iter()
        .map(|plan| {
            let place = |(class, node): &(Id, Node)| {
                let class = *index.get(&graph.find(*class))?;
                let candidates = &problem.candidates[class];
                Some((class, candidates.iter().position(|candidate| same(graph, candidate.node, node))?))
            };
            plan.iter().filter_map(place).collect()
        })
        .filter(|plan: &Vec<_>| !plan.is_empty())
        .collect();
    problem.overlay(&plans, &roots, &mut choice, &mut best);
    exchange(&problem, &roots, &mut choice, &mut best, EXCHANGE << (2 * effort));
    let needs = Needs::of(&problem, NEEDS << (2 * effort));
    if let Some(needs) = &needs {
        let found = beam(&problem, needs, &roots, &choice, WIDTH << effort, BEAM << (2 * effort));
        for (mut cost, mut other) in found {
            exchange(&problem, &roots, &mut other, &mut cost, EXCHANGE / 8);
            recreate(&problem, &roots, &mut other, &mut cost, RECREATE / 16);
            if cost < best {
                (best, choice) = (cost, other);
            }
        }
    }
    if objective != Objective::Depth {
        recreate(&problem, &roots, &mut choice, &mut best, RECREATE << (2 * effort));
        restart(&problem, &roots, &mut choice, &mut best, 8 << effort, RECREATE / 16);
    }
    let proved =
        needs.is_some_and(|needs| branch(&problem, &needs, &roots, &mut choice, &mut best, BRANCH << (2 * effort)));
    let order = problem.closure(&roots, &choice)?;
    let chosen =
        order.iter().map(|&class| (problem.ids[class], problem.candidates[class][choice[class]].node)).collect();
    Some(Selection { chosen, cost: best, proved })
}

/// Whether two nodes are the same once their children are canonical.
fn same(graph: &Graph, a: &Node, b: &Node) -> bool {
    a.operation == b.operation
        && a.children.len() == b.children.len()
        && a.children.iter().zip(&b.children).all(|(&a, &b)| graph.find(a) == graph.find(b))
}

impl<'a> Problem<'a> {
    /// The candidates of every class.
    pub(super) fn candidates(&self) -> &[Vec<Candidate<'a>>] {
        &self.candidates
    }

    /// The classes among `used` that are computed by gates.
    pub(super) fn gates_of(&self, used: &[usize], choice: &[usize]) -> Vec<usize> {
        used.iter().copied().filter(|&class| self.candidates[class][choice[class]].is_gate).collect()
    }

    /// Removes candidates that need a class without candidates, to a fixed point.
    fn drop_incomplete(&mut self) {
        loop {
            let empty: Vec<bool> = self.candidates.iter().map(Vec::is_empty).collect();
            let mut changed = false;
            for list in &mut self.candidates {
                let before = list.len();
                list.retain(|candidate| candidate.children.iter().all(|&child| !empty[child]));
                changed |= list.len() != before;
            }
            if !changed {
                return;
            }
        }
    }

    /// Puts plans over a choice while that makes the whole cheaper: one by
    /// one, with a user of what it computes where nobody uses it, and in
    /// pairs, since the goals of one plan may exist only because of another.
    fn overlay(&self, plans: &[Vec<(usize, usize)>], roots: &[usize], choice: &mut Vec<usize>, best: &mut Cost) {
        let with = |choice: &[usize], plan: &[(usize, usize)]| {
            let mut planned = choice.to_vec();
            for &(class, at) in plan {
                planned[class] = at;
            }
            planned
        };
        loop {
            let mut found: Option<(Cost, Vec<usize>)> = None;
            let mut offer = |planned: Vec<usize>| {
                if let Some(cost) = self.total(roots, &planned)
                    && cost < found.as_ref().map_or(*best, |(known, _)| *known)
                {
                    found = Some((cost, planned));
                }
            };
            let used = self.closure(roots, choice).unwrap_or_default();
            for plan in plans {
                let planned = with(choice, plan);
                for (user, at) in self.users(&used, &planned, plan) {
                    let mut lifted = planned.clone();
                    lifted[user] = at;
                    offer(lifted);
                }
                offer(planned);
            }
            if plans.len() <= PAIRS {
                for (at, one) in plans.iter().enumerate() {
                    let planned = with(choice, one);
                    for (_, two) in plans.iter().enumerate().filter(|(other, _)| *other != at) {
                        offer(with(&planned, two));
                    }
                }
            }
            let Some((cost, planned)) = found else { return };
            *best = cost;
            *choice = planned;
        }
    }

    /// Classes in use with candidates that need what a plan computes, where
    /// the choice uses none of it.
    fn users(&self, used: &[usize], choice: &[usize], plan: &[(usize, usize)]) -> Vec<(usize, usize)> {
        let parts: FxHashSet<usize> =
            plan.iter().flat_map(|&(class, at)| self.candidates[class][at].children.iter().copied()).collect();
        let whole: FxHashSet<usize> = plan.iter().map(|&(class, _)| class).filter(|c| !parts.contains(c)).collect();
        if used.iter().any(|class| whole.contains(class)) {
            return Vec::new();
        }
        let mut users = Vec::new();
        for &class in used {
            for (at, candidate) in self.candidates[class].iter().enumerate() {
                let needs = candidate.children.iter().any(|child| whole.contains(child));
                if needs && at != choice[class] && users.len() < USERS {
                    users.push((class, at));
                }
            }
        }
        users
    }

    pub(super) fn key(&self, cost: (u64, u64, u64), depth: u64) -> Cost {
        Cost::new(self.objective, cost, depth)
    }

    /// The additive cost of a candidate in one number: the objective, then what
    /// comes second to it.
    pub(super) fn scalar(&self, class: usize, at: usize) -> u128 {
        let Cost([first, second, ..]) = self.key(self.candidates[class][at].cost, 0);
        (first as u128) << 64 | second as u128
    }

    /// The classes that the roots need under a choice, each after those it
    /// uses. `None` if the choice is cyclic or incomplete.
    pub(super) fn closure(&self, roots: &[usize], choice: &[usize]) -> Option<Vec<usize>> {
        let mut order = Vec::new();
        self.walk(roots, choice, |class, _| order.push(class)).then_some(order)
    }

    /// The cost of the circuit of a choice; `None` if the choice is cyclic or
    /// incomplete.
    pub(super) fn total(&self, roots: &[usize], choice: &[usize]) -> Option<Cost> {
        let mut cost = (0, 0, 0);
        let mut depths = self.depths.borrow_mut();
        let complete = self.walk(roots, choice, |class, candidate| {
            let below = candidate.children.iter().map(|&child| depths[child]).max().unwrap_or(0);
            depths[class] = below + candidate.is_gate as u64;
            cost = sum(cost, candidate.cost);
        });
        let depth = roots.iter().map(|&root| depths[root]).max().unwrap_or(0);
        complete.then(|| self.key(cost, depth))
    }

    /// Visits the classes that the roots need, each after those it uses.
    /// Returns whether the choice is complete and without a cycle.
    fn walk(&self, roots: &[usize], choice: &[usize], mut visit: impl FnMut(usize, &Candidate)) -> bool {
        let mut marks = self.marks.borrow_mut();
        let (open, done) = marks.next_pair(self.ids.len());
        let state = &mut marks.at;
        let mut stack: Vec<(usize, usize)> = Vec::new();
        for &root in roots {
            if state[root] == done {
                continue;
            }
            stack.push((root, 0));
            state[root] = open;
            while let Some((class, at)) = stack.pop() {
                let Some(candidate) = self.candidates[class].get(choice[class]) else { return false };
                match candidate.children.get(at) {
                    None => {
                        state[class] = done;
                        visit(class, candidate);
                    }
                    Some(&child) => {
                        stack.push((class, at + 1));
                        if state[child] == open {
                            return false;
                        }
                        if state[child] != done {
                            state[child] = open;
                            stack.push((child, 0));
                        }
                    }
                }
            }
        }
        true
    }
}

/// Marks that are cleared by counting on.
#[derive(Default)]
struct Marks {
    at: Vec<u32>,
    last: u32,
}

impl Marks {
    /// Two marks that no entry has.
    fn next_pair(&mut self, size: usize) -> (u32, u32) {
        if self.last > u32::MAX - 2 || self.at.len() != size {
            *self = Marks { at: vec![0; size], last: 0 };
        }
        self.last += 2;
        (self.last - 1, self.last)
    }
}

/// The sum of two costs.
pub(super) fn sum(a: (u64, u64, u64), b: (u64, u64, u64)) -> (u64, u64, u64) {
    (a.0 + b.0, a.1 + b.1, a.2 + b.2)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A problem with given children and gates of the candidates of each class.
    pub(in super::super) fn problem<'a>(lists: &[Vec<(Vec<usize>, u64)>], node: &'a Node) -> Problem<'a> {
        let candidate = |(children, gates): &(Vec<usize>, u64)| {
            let mut children = children.clone();
            children.sort_unstable();
            children.dedup();
            Candidate { node, children, cost: (*gates, 0, 0), is_gate: *gates > 0 }
        };
        let candidates: Vec<Vec<Candidate>> = lists.iter().map(|list| list.iter().map(candidate).collect()).collect();
        let ids = (0..lists.len()).map(Id::from).collect();
        let depths = RefCell::new(vec![0; lists.len()]);
        let mut problem =
            Problem { ids, candidates, objective: Objective::default(), marks: RefCell::default(), depths };
        problem.drop_incomplete();
        problem
    }
}
