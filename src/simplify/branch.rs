//! Branch and bound: the cheapest choice of all, for small e-graphs.
//!
//! A state is a set of needed classes (`needs`), some with a choice. The cost
//! of the cheapest own candidates over all that is needed bounds the cost from
//! below, and a state is left where that is no less than the best known. A
//! class with the fewest candidates is next. Depth is not looked at: what is
//! proved is that no choice has less of the objective and of what comes
//! second to it. The work is bounded; where it ends nothing is proved.

use super::cost::{Cost, Objective};
use super::extract::Problem;
use super::needs::{Needs, Set};

struct Search<'p, 'a> {
    problem: &'p Problem<'a>,
    roots: &'p [usize],
    needs: &'p Needs,
    choice: Vec<usize>,
    best: Option<Vec<usize>>,
    bound: u128,
    work: u64,
}

/// Improves a choice. Returns whether it is proved that no choice has a lower
/// cost, depth aside.
pub(super) fn branch(
    problem: &Problem,
    needs: &Needs,
    roots: &[usize],
    choice: &mut [usize],
    best: &mut Cost,
    work: u64,
) -> bool {
    if problem.objective == Objective::Depth {
        return false;
    }
    let Some(used) = problem.closure(roots, choice) else { return false };
    let mut search = Search {
        problem,
        roots,
        needs,
        choice: vec![usize::MAX; problem.candidates().len()],
        best: None,
        bound: used.iter().map(|&class| problem.scalar(class, choice[class])).sum(),
        work,
    };
    let needed = needs.of_all(roots);
    let complete = search.descend(needed, 0);
    if let Some(found) = search.best {
        for (class, at) in found.into_iter().enumerate().filter(|(_, at)| *at != usize::MAX) {
            choice[class] = at;
        }
        if let Some(cost) = problem.total(roots, choice) {
            *best = cost;
        }
    }
    complete
}

impl Search<'_, '_> {
    /// Completes a state in all ways that may be cheaper than the best.
    /// Returns whether the work was enough.
    fn descend(&mut self, needed: Set, depth: usize) -> bool {
        let Some(left) = self.work.checked_sub(needed.words() + 1) else { return false };
        self.work = left;
        let cost = |class: usize| match self.choice[class] {
            usize::MAX => self.needs.own[class],
            at => self.problem.scalar(class, at),
        };
        if needed.members().map(cost).sum::<u128>() >= self.bound {
            return true;
        }
        let open = needed.members().filter(|&class| self.choice[class] == usize::MAX);
        let Some(class) = open.min_by_key(|&class| (self.problem.candidates()[class].len(), class)) else {
            // Everything needed has a choice.
            let total = needed.members().map(cost).sum();
            if self.problem.closure(self.roots, &self.choice).is_some() {
                self.bound = total;
                self.best = Some(self.choice.clone());
            }
            return true;
        };
        if depth >= DEPTH {
            return false;
        }
        let problem = self.problem;
        let mut ways: Vec<(u128, usize, Set)> = Vec::new();
        for (at, candidate) in problem.candidates()[class].iter().enumerate() {
            if candidate
                .children
                .iter()
                .any(|&child| self.needs.sets[child].contains(class) || self.reaches(child, class))
            {
                continue;
            }
            let mut next = needed.clone();
            candidate.children.iter().for_each(|&child| next.unite(&self.needs.sets[child]));
            let words = next.words() * (candidate.children.len() as u64 + 2);
            let Some(left) = self.work.checked_sub(words) else { return false };
            self.work = left;
            self.choice[class] = at;
            let bound = next.members().map(|class| match self.choice[class] {
                usize::MAX => self.needs.own[class],
                at => problem.scalar(class, at),
            });
            let bound = bound.sum();
            self.choice[class] = usize::MAX;
            ways.push((bound, at, next));
        }
        ways.sort_by_key(|(bound, at, _)| (*bound, *at));
        for (bound, at, next) in ways {
            if bound >= self.bound {
                break;
            }
            self.choice[class] = at;
            let complete = self.descend(next, depth + 1);
            self.choice[class] = usize::MAX;
            if !complete {
                return false;
            }
        }
        true
    }

    /// Whether the choices below a class need another.
    fn reaches(&mut self, from: usize, class: usize) -> bool {
        let mut stack = vec![from];
        let mut seen = Set::empty(self.problem.candidates().len());
        while let Some(at) = stack.pop() {
            if at == class {
                return true;
            }
            if self.choice[at] == usize::MAX || seen.contains(at) {
                continue;
            }
            seen.insert(at);
            self.work = self.work.saturating_sub(1);
            stack.extend(&self.problem.candidates()[at][self.choice[at]].children);
        }
        false
    }
}

/// Choices on a path: deeper searches would be hopeless, and deep stacks.
const DEPTH: usize = 400;

#[cfg(test)]
mod tests {
    use super::super::extract::tests::problem;
    use super::super::graph::{Node, Operation};
    use super::*;
    use proptest::prelude::*;
    use std::rc::Rc;

    /// The least cost over all choices, by trying all of them.
    fn by_force(problem: &Problem, roots: &[usize]) -> Option<u128> {
        let n = problem.candidates().len();
        let mut choice = vec![0; n];
        let mut best = None;
        loop {
            if let Some(used) = problem.closure(roots, &choice) {
                let cost: u128 = used.iter().map(|&class| problem.scalar(class, choice[class])).sum();
                best = Some(best.map_or(cost, |known: u128| known.min(cost)));
            }
            let Some(digit) = (0..n).find(|&at| choice[at] + 1 < problem.candidates()[at].len()) else { return best };
            choice[digit] += 1;
            choice[..digit].fill(0);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]
        #[test]
        fn the_cheapest_choice_is_found(
            lists in proptest::collection::vec(
                proptest::collection::vec((proptest::collection::vec(0usize..8, 0..4), 0u64..3), 1..4), 8),
        ) {
            let node = Node { operation: Rc::new(Operation::Goal(0)), children: Vec::new(), origin: "" };
            // Leaves have a candidate without children, so that something is complete.
            let lists: Vec<Vec<(Vec<usize>, u64)>> = lists.into_iter().enumerate().map(|(class, mut list)| {
                if class > 5 { list.push((Vec::new(), 3)); }
                list
            }).collect();
            let problem = problem(&lists, &node);
            let roots = [0, 1];
            let least = by_force(&problem, &roots);
            // Any complete choice to begin with.
            let mut choice = super::super::greedy::greedy(&problem, 1_000_000);
            if let Some(mut cost) = problem.total(&roots, &choice) {
                let needs = Needs::of(&problem, u64::MAX).unwrap();
                prop_assert!(branch(&problem, &needs, &roots, &mut choice, &mut cost, u64::MAX));
                let used = problem.closure(&roots, &choice).unwrap();
                let found: u128 = used.iter().map(|&class| problem.scalar(class, choice[class])).sum();
                prop_assert_eq!(Some(found), least);
                prop_assert_eq!(problem.total(&roots, &choice), Some(cost));
            }
        }

        #[test]
        fn without_work_nothing_is_proved(work in 0u64..200) {
            let node = Node { operation: Rc::new(Operation::Goal(0)), children: Vec::new(), origin: "" };
            let lists: Vec<Vec<(Vec<usize>, u64)>> =
                (0..12).map(|class| (0..3).map(|k| ((class + 1..12).step_by(k + 1).collect(), 1)).collect()).collect();
            let problem = problem(&lists, &node);
            let mut choice = vec![0; 12];
            let before = problem.total(&[0], &choice).unwrap();
            let mut cost = before;
            let needs = Needs::of(&problem, u64::MAX).unwrap();
            branch(&problem, &needs, &[0], &mut choice, &mut cost, work);
            prop_assert!(cost <= before);
            prop_assert_eq!(problem.total(&[0], &choice), Some(cost));
        }
    }
}
