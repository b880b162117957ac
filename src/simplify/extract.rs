//! Extraction: one way for each needed class, sharing what is shared.
//!
//! The cost of a circuit is that of the set of its gates, so a class used
//! twice is paid once. Greedy: every class keeps its cheapest node by the
//! cost of the set below it, to a fixed point. Then local search: the choice
//! of one used class at a time is changed where the whole circuit gets
//! cheaper, until no change helps.

use egg::Id;
use rustc_hash::FxHashMap;

use super::cost::{Cost, Objective, node_cost};
use super::graph::{Graph, Node, Operation};
use super::recreate::recreate;
use super::restart::restart;

/// A bit set of classes.
#[derive(Clone, PartialEq, Eq)]
struct Set(Vec<u64>);

impl Set {
    fn new(size: usize) -> Set {
        Set(vec![0; size.div_ceil(64)])
    }
    fn insert(&mut self, at: usize) {
        self.0[at / 64] |= 1 << (at % 64);
    }
    fn contains(&self, at: usize) -> bool {
        self.0[at / 64] >> (at % 64) & 1 == 1
    }
    fn union(&mut self, other: &Set) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a |= b);
    }
    fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(word, &bits)| {
            let mut left = bits;
            std::iter::from_fn(move || {
                (left != 0).then(|| {
                    let at = left.trailing_zeros() as usize;
                    left &= left - 1;
                    word * 64 + at
                })
            })
        })
    }
}

/// A candidate of a class, with its children as dense indices.
pub(super) struct Candidate<'a> {
    node: &'a Node,
    pub(super) children: Vec<usize>,
    pub(super) cost: (u64, u64, u64),
    is_gate: bool,
}

/// The chosen node of every class that the roots need.
pub struct Selection<'a> {
    chosen: FxHashMap<Id, &'a Node>,
    /// The cost of the whole.
    pub cost: Cost,
}

impl<'a> Selection<'a> {
    /// The chosen node of a class.
    pub fn node(&self, class: Id) -> &'a Node {
        self.chosen[&class]
    }
}

/// Plans are tried in pairs where there are at most this many.
const PAIRS: usize = 40;

/// Visits of edges by ruin and recreate without effort.
const RECREATE: u64 = 20_000_000;

pub(super) struct Problem<'a> {
    ids: Vec<Id>,
    candidates: Vec<Vec<Candidate<'a>>>,
    objective: Objective,
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
    let mut problem = Problem { ids, candidates, objective };
    problem.drop_incomplete();
    let mut choice = problem.greedy();
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
    problem.improve(&roots, &mut choice, &mut best, effort);
    if objective != Objective::Depth {
        recreate(&problem, &roots, &mut choice, &mut best, RECREATE << (2 * effort));
        restart(&problem, &roots, &mut choice, &mut best, 8 << effort, RECREATE / 16);
    }
    let order = problem.closure(&roots, &choice)?;
    let chosen =
        order.iter().map(|&class| (problem.ids[class], problem.candidates[class][choice[class]].node)).collect();
    Some(Selection { chosen, cost: best })
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
    /// one, and in pairs, since the goals of one plan may exist only because
    /// of another.
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
            for plan in plans {
                offer(with(choice, plan));
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

    fn key(&self, cost: (u64, u64, u64), depth: u64) -> Cost {
        let (gates, neurons, weights) = cost;
        Cost(match self.objective {
            Objective::Multiplications => [gates, neurons, depth, weights],
            Objective::Neurons => [neurons, gates, depth, weights],
            Objective::Weights => [weights, gates, neurons, depth],
            Objective::Depth => [depth, gates, neurons, weights],
        })
    }

    /// The cheapest candidate of each class by the set of classes below it.
    /// Classes without a complete candidate get `usize::MAX`.
    fn greedy(&self) -> Vec<usize> {
        let n = self.ids.len();
        let mut choice = vec![usize::MAX; n];
        let mut sets: Vec<Option<Set>> = vec![None; n];
        let mut depths = vec![0u64; n];
        let mut keys: Vec<Option<Cost>> = vec![None; n];
        // A round costs the square of the classes.
        let rounds = if n > 10_000 { 4 } else { 40 };
        for _round in 0..rounds {
            let mut changed = false;
            // Later classes are mostly parts of earlier ones.
            for class in (0..n).rev() {
                let mut best: Option<(Cost, usize, Set, u64)> = None;
                for (at, candidate) in self.candidates[class].iter().enumerate() {
                    let Some((cost, set, depth)) = self.below(class, candidate, &sets, &depths, &choice) else {
                        continue;
                    };
                    let key = self.key(cost, depth);
                    // Sets may be older than the choices below them, so that
                    // no set has the class and yet a cycle would close.
                    let better = best.as_ref().is_none_or(|(known, ..)| key < *known)
                        && keys[class].is_none_or(|known| key < known);
                    if better && !self.reaches(&candidate.children, class, &choice) {
                        best = Some((key, at, set, depth));
                    }
                }
                if let Some((key, at, set, depth)) = best {
                    keys[class] = Some(key);
                    choice[class] = at;
                    sets[class] = Some(set);
                    depths[class] = depth;
                    changed = true;
                }
            }
            if !changed {
                break;
            }
        }
        choice
    }

    /// Whether the choices below some classes need a class.
    fn reaches(&self, from: &[usize], class: usize, choice: &[usize]) -> bool {
        let mut seen = Set::new(self.ids.len());
        let mut stack = from.to_vec();
        while let Some(at) = stack.pop() {
            if at == class {
                return true;
            }
            if !seen.contains(at) && choice[at] != usize::MAX {
                seen.insert(at);
                stack.extend(&self.candidates[at][choice[at]].children);
            }
        }
        false
    }

    /// Cost, set and depth of a candidate, if its children have choices and
    /// do not need the class itself.
    fn below(
        &self,
        class: usize,
        candidate: &Candidate,
        sets: &[Option<Set>],
        depths: &[u64],
        choice: &[usize],
    ) -> Option<((u64, u64, u64), Set, u64)> {
        let mut set = Set::new(self.ids.len());
        let mut depth = 0;
        for &child in &candidate.children {
            let below = sets[child].as_ref()?;
            if child == class || below.contains(class) {
                return None;
            }
            set.union(below);
            depth = depth.max(depths[child]);
        }
        let mut cost = candidate.cost;
        for used in set.iter() {
            let (gates, neurons, weights) = self.candidates[used][choice[used]].cost;
            cost = (cost.0 + gates, cost.1 + neurons, cost.2 + weights);
        }
        set.insert(class);
        Some((cost, set, depth + candidate.is_gate as u64))
    }

    /// The classes that the roots need under a choice, each after those it
    /// uses. `None` if the choice is cyclic or incomplete.
    pub(super) fn closure(&self, roots: &[usize], choice: &[usize]) -> Option<Vec<usize>> {
        let mut state = vec![0u8; self.ids.len()];
        let mut order = Vec::new();
        let mut stack: Vec<(usize, usize)> = Vec::new();
        for &root in roots {
            if state[root] == 2 {
                continue;
            }
            stack.push((root, 0));
            state[root] = 1;
            while let Some((class, at)) = stack.pop() {
                let candidate = self.candidates[class].get(choice[class])?;
                match candidate.children.get(at) {
                    None => {
                        state[class] = 2;
                        order.push(class);
                    }
                    Some(&child) => {
                        stack.push((class, at + 1));
                        match state[child] {
                            0 => {
                                state[child] = 1;
                                stack.push((child, 0));
                            }
                            1 => return None,
                            _ => {}
                        }
                    }
                }
            }
        }
        Some(order)
    }

    pub(super) fn total(&self, roots: &[usize], choice: &[usize]) -> Option<Cost> {
        let order = self.closure(roots, choice)?;
        let mut depth = vec![0u64; self.ids.len()];
        let mut cost = (0, 0, 0);
        for class in order {
            let candidate = &self.candidates[class][choice[class]];
            let below = candidate.children.iter().map(|&child| depth[child]).max().unwrap_or(0);
            depth[class] = below + candidate.is_gate as u64;
            cost = (cost.0 + candidate.cost.0, cost.1 + candidate.cost.1, cost.2 + candidate.cost.2);
        }
        let depth = roots.iter().map(|&root| depth[root]).max().unwrap_or(0);
        Some(self.key(cost, depth))
    }

    /// Changes one choice at a time while the whole gets cheaper.
    fn improve(&self, roots: &[usize], choice: &mut [usize], best: &mut Cost, effort: u32) {
        let mut budget = 20_000_000u64 << (2 * effort.min(8));
        loop {
            let Some(order) = self.closure(roots, choice) else { return };
            let mut improved = false;
            for &class in order.iter().rev() {
                for at in 0..self.candidates[class].len() {
                    let old = choice[class];
                    if at == old {
                        continue;
                    }
                    let work = order.len() as u64 * 4 + 64;
                    if budget < work {
                        return;
                    }
                    budget -= work;
                    choice[class] = at;
                    match self.total(roots, choice) {
                        Some(cost) if cost < *best => {
                            *best = cost;
                            improved = true;
                        }
                        _ => choice[class] = old,
                    }
                }
            }
            if !improved {
                return;
            }
        }
    }
}
