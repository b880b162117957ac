//! The greedy rule: every class keeps its cheapest candidate by the cost of
//! the set of classes below it.
//!
//! Sets are sorted lists, so that they cost what they hold; candidates are
//! compared by counting on from the first child's set and giving up as soon as
//! the best known is passed. A class is looked at again when a set below it
//! has changed, to a fixed point or until the work is spent.

use std::rc::Rc;

use super::cost::Cost;
use super::extract::{Candidate, Problem, sum};

struct Below {
    key: Cost,
    depth: u64,
    /// The class and all classes that its choice needs, sorted.
    set: Rc<[u32]>,
}

struct Search<'p, 'a> {
    problem: &'p Problem<'a>,
    choice: Vec<usize>,
    below: Vec<Option<Below>>,
    marks: Vec<u32>,
    mark: u32,
    work: u64,
}

/// The choice of every class, `usize::MAX` where a class has no complete
/// candidate. `work` counts members of sets; every class is visited at least
/// once, its parts first.
pub(super) fn greedy(problem: &Problem, work: u64) -> Vec<usize> {
    let n = problem.candidates().len();
    let mut search = Search {
        problem,
        choice: vec![usize::MAX; n],
        below: (0..n).map(|_| None).collect(),
        marks: vec![0; n],
        mark: 0,
        work,
    };
    let mut parents: Vec<Vec<u32>> = vec![Vec::new(); n];
    for (class, list) in problem.candidates().iter().enumerate() {
        for &child in list.iter().flat_map(|candidate| &candidate.children) {
            if parents[child].last() != Some(&(class as u32)) {
                parents[child].push(class as u32);
            }
        }
    }
    let mut dirty = vec![true; n];
    let mut first = true;
    loop {
        let mut changed = false;
        // Later classes are mostly parts of earlier ones.
        for class in (0..n).rev() {
            if !std::mem::replace(&mut dirty[class], false) {
                continue;
            }
            if search.improve(class) {
                changed = true;
                for &parent in &parents[class] {
                    dirty[parent as usize] = true;
                }
            }
        }
        // Every class must have a choice before the work may end.
        first &= changed && search.choice.contains(&usize::MAX);
        if !changed || (search.work == 0 && !first) {
            return search.choice;
        }
    }
}

impl Search<'_, '_> {
    /// Looks for a cheaper candidate of a class; returns whether there is one.
    fn improve(&mut self, class: usize) -> bool {
        let problem = self.problem;
        let mut best: Option<(Cost, u64, usize)> = None;
        for (at, candidate) in problem.candidates()[class].iter().enumerate() {
            let known = self.below[class].as_ref().map(|below| below.key);
            let limit = match (best.as_ref().map(|(key, ..)| *key), known) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
            let Some((key, depth)) = self.cost(class, candidate, limit) else { continue };
            // Sets may be older than the choices below them, so that no set
            // has the class and yet a cycle would close.
            if !self.reaches(&candidate.children, class) {
                best = Some((key, depth, at));
            }
        }
        let Some((key, depth, at)) = best else { return false };
        self.mark += 1;
        let mut set = vec![class as u32];
        for &child in &problem.candidates()[class][at].children {
            for &used in self.below[child].iter().flat_map(|below| below.set.iter()) {
                if std::mem::replace(&mut self.marks[used as usize], self.mark) != self.mark {
                    set.push(used);
                }
            }
        }
        set.sort_unstable();
        self.below[class] = Some(Below { key, depth, set: set.into() });
        self.choice[class] = at;
        true
    }

    /// The cost of a candidate with all below it, if its children have
    /// choices, do not need the class itself, and the cost is below `limit`.
    fn cost(&mut self, class: usize, candidate: &Candidate, limit: Option<Cost>) -> Option<(Cost, u64)> {
        let mut depth = 0;
        for &child in &candidate.children {
            let below = self.below[child].as_ref()?;
            if child == class || below.set.binary_search(&(class as u32)).is_ok() {
                return None;
            }
            depth = depth.max(below.depth);
        }
        depth += candidate.is_gate as u64;
        self.mark += 1;
        let mut cost = candidate.cost;
        for &child in &candidate.children {
            let below = self.below[child].as_ref()?;
            self.work = self.work.saturating_sub(below.set.len() as u64);
            for &used in below.set.iter() {
                let used = used as usize;
                if std::mem::replace(&mut self.marks[used], self.mark) != self.mark {
                    cost = sum(cost, self.problem.candidates()[used][self.choice[used]].cost);
                }
            }
            if limit.is_some_and(|limit| self.problem.key(cost, depth) >= limit) {
                return None;
            }
        }
        let key = self.problem.key(cost, depth);
        limit.is_none_or(|limit| key < limit).then_some((key, depth))
    }

    /// Whether the choices below some classes need a class.
    fn reaches(&mut self, from: &[usize], class: usize) -> bool {
        self.mark += 1;
        let mut stack = from.to_vec();
        while let Some(at) = stack.pop() {
            if at == class {
                return true;
            }
            if self.choice[at] != usize::MAX && std::mem::replace(&mut self.marks[at], self.mark) != self.mark {
                self.work = self.work.saturating_sub(1);
                stack.extend(&self.problem.candidates()[at][self.choice[at]].children);
            }
        }
        false
    }
}
