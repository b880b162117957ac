//! Single exchanges: the choice of one used class at a time is changed where
//! the whole circuit gets cheaper, until no change helps.
//!
//! Uses are counted, so that an exchange costs what it touches: the classes
//! that the new candidate needs and nobody had, and those that the old one
//! needed and nobody else does. A cycle can only close through classes that
//! lie above the changed one, so the search for one stops at all others.

use super::cost::{Cost, Objective};
use super::extract::{Problem, sum};

struct State<'p, 'a> {
    problem: &'p Problem<'a>,
    /// Uses by chosen candidates of used classes, and by roots.
    uses: Vec<u32>,
    /// The place of each used class in an order from parts to wholes, above
    /// all for the others.
    level: Vec<usize>,
    /// The number of used classes.
    size: u64,
    marks: Vec<u32>,
    mark: u32,
    work: u64,
}

/// Improves a choice within `work` visits of classes.
pub(super) fn exchange(problem: &Problem, roots: &[usize], choice: &mut [usize], best: &mut Cost, work: u64) {
    let n = problem.candidates().len();
    let mut state = State { problem, uses: vec![0; n], level: vec![0; n], size: 0, marks: vec![0; n], mark: 0, work };
    loop {
        let Some(mut order) = problem.closure(roots, choice) else { return };
        state.count(roots, &order, choice);
        let mut improved = false;
        let mut at_class = order.len();
        while at_class > 0 {
            at_class -= 1;
            let class = order[at_class];
            let mut accepted = false;
            for at in 0..problem.candidates()[class].len() {
                if at == choice[class] {
                    continue;
                }
                if state.work == 0 {
                    return;
                }
                let old = choice[class];
                if state.attempt(class, at, roots, choice, best) {
                    accepted = true;
                } else {
                    choice[class] = old;
                }
            }
            if accepted {
                improved = true;
                // What was above stays above; the levels below are new.
                let Some(next) = problem.closure(roots, choice) else { return };
                state.count(roots, &next, choice);
                at_class = next.iter().position(|&other| other == class).unwrap_or(0);
                order = next;
            }
        }
        if !improved {
            return;
        }
    }
}

impl State<'_, '_> {
    fn count(&mut self, roots: &[usize], order: &[usize], choice: &[usize]) {
        self.work = self.work.saturating_sub(order.len() as u64);
        self.size = order.len() as u64;
        self.uses.fill(0);
        self.level.fill(usize::MAX);
        roots.iter().for_each(|&root| self.uses[root] += 1);
        for (at, &class) in order.iter().enumerate() {
            self.level[class] = at;
            for &child in &self.problem.candidates()[class][choice[class]].children {
                self.uses[child] += 1;
            }
        }
    }

    /// Changes a choice if that makes the whole cheaper; the uses and levels
    /// are then to be counted again.
    fn attempt(&mut self, class: usize, at: usize, roots: &[usize], choice: &mut [usize], best: &mut Cost) -> bool {
        let problem = self.problem;
        self.work = self.work.saturating_sub(1);
        let old = choice[class];
        let candidates = &problem.candidates()[class];
        if self.closes_cycle(class, &candidates[at].children, choice) {
            return false;
        }
        let added = self.acquire(&candidates[at].children, choice);
        let Some(added) = added else { return false };
        let removed = self.release(&candidates[old].children, choice);
        let (gain, loss) = (sum(removed, candidates[old].cost), sum(added, candidates[at].cost));
        // Depth needs the whole circuit; it is looked at where it decides.
        let (before, after) = (problem.key(gain, 0), problem.key(loss, 0));
        let undecided = match problem.objective {
            Objective::Depth => true,
            _ => before.0[..2] == after.0[..2],
        };
        let better = if undecided || after < before {
            choice[class] = at;
            self.work = self.work.saturating_sub(self.size);
            match problem.total(roots, choice) {
                Some(cost) if cost < *best => {
                    *best = cost;
                    true
                }
                _ => false,
            }
        } else {
            false
        };
        if !better {
            choice[class] = old;
            self.acquire(&candidates[old].children, choice);
            self.release(&candidates[at].children, choice);
        }
        better
    }

    /// Whether classes need `class` under a choice.
    fn closes_cycle(&mut self, class: usize, children: &[usize], choice: &[usize]) -> bool {
        self.mark += 1;
        let mut stack = children.to_vec();
        while let Some(at) = stack.pop() {
            if at == class {
                return true;
            }
            let below = self.level[at] < self.level[class];
            if below || std::mem::replace(&mut self.marks[at], self.mark) == self.mark {
                continue;
            }
            self.work = self.work.saturating_sub(1);
            if let Some(candidate) = self.problem.candidates()[at].get(choice[at]) {
                stack.extend(&candidate.children);
            }
        }
        false
    }

    /// Uses classes once more; the cost of those that were not used. `None`,
    /// with nothing changed, where one has no choice.
    fn acquire(&mut self, classes: &[usize], choice: &[usize]) -> Option<(u64, u64, u64)> {
        let mut cost = (0, 0, 0);
        let mut stack = classes.to_vec();
        let mut done = Vec::new();
        while let Some(at) = stack.pop() {
            self.work = self.work.saturating_sub(1);
            self.uses[at] += 1;
            done.push(at);
            if self.uses[at] == 1 {
                let Some(candidate) = self.problem.candidates()[at].get(choice[at]) else {
                    done.into_iter().for_each(|at| self.uses[at] -= 1);
                    return None;
                };
                cost = sum(cost, candidate.cost);
                stack.extend(&candidate.children);
            }
        }
        Some(cost)
    }

    /// Uses classes once less; the cost of those that are no longer used.
    fn release(&mut self, classes: &[usize], choice: &[usize]) -> (u64, u64, u64) {
        let mut cost = (0, 0, 0);
        let mut stack = classes.to_vec();
        while let Some(at) = stack.pop() {
            self.work = self.work.saturating_sub(1);
            self.uses[at] -= 1;
            if self.uses[at] == 0
                && let Some(candidate) = self.problem.candidates()[at].get(choice[at])
            {
                cost = sum(cost, candidate.cost);
                stack.extend(&candidate.children);
            }
        }
        cost
    }
}
