//! Beam search over partial selections.
//!
//! A state has decided some classes and needs others: the set of `needs` of
//! all that it has chosen. Its cost so far and the cost of the cheapest own
//! candidates of what is open bound all of its completions from below, so a
//! state is left where that is no less than the best known. Every state decides
//! its first open class, wholes before their parts, so that who uses a part is known
//! when the part is decided. Of two states that have decided and need the same
//! only the cheaper is kept: all that can follow is the same.
//!
//! The states of a level have decided equally often. Half of the places of the
//! next level go to the least bounds, half to the cheapest completions, in
//! which a given choice says what is open; ties go to the older state. A greedy
//! choice looks at one class at a time and pays for what two could share only
//! where it is cheaper for one already; here the states that pay early and
//! share later stay in the race.

use rustc_hash::FxHashMap;
use std::collections::hash_map::Entry;

use super::cost::{Cost, Objective};
use super::extract::Problem;
use super::needs::{Needs, Set};

/// Completions that are handed on.
const KEPT: usize = 4;

/// States of which the completion is looked at, for each place of a level.
const LOOKED_AT: usize = 3;

#[derive(Clone)]
struct State {
    /// Every needed class.
    needed: Set,
    /// The classes whose candidate is decided.
    decided: Set,
    /// The candidates.
    ways: Vec<(usize, usize)>,
    /// No completion costs less.
    bound: u128,
}

struct Search<'p, 'a> {
    problem: &'p Problem<'a>,
    needs: &'p Needs,
    roots: &'p [usize],
    /// What completes a state, and the number of classes that it uses.
    rest: &'p [usize],
    size: u64,
    /// A state is left where its bound is no less.
    limit: u128,
    kept: Vec<(Cost, Vec<usize>)>,
    work: u64,
}

/// The cheapest completions that are cheaper than `rest`, cheapest first.
/// `work` counts words of sets and visits of classes.
pub(super) fn beam(
    problem: &Problem,
    needs: &Needs,
    roots: &[usize],
    rest: &[usize],
    width: usize,
    work: u64,
) -> Vec<(Cost, Vec<usize>)> {
    let Some(used) = problem.closure(roots, rest) else { return Vec::new() };
    if problem.objective == Objective::Depth {
        return Vec::new();
    }
    let mut search = Search {
        problem,
        needs,
        roots,
        rest,
        size: used.len() as u64,
        limit: used.iter().map(|&class| problem.scalar(class, rest[class])).sum(),
        kept: Vec::new(),
        work,
    };
    let needed = needs.of_all(roots);
    let bound = needed.members().map(|class| needs.own[class]).sum();
    let mut states = vec![State { needed, decided: Set::empty(needs.own.len()), ways: Vec::new(), bound }];
    while !states.is_empty() && search.work > 0 {
        let Some(next) = search.level(&states) else { break };
        states = search.best(next, width.max(1));
    }
    search.kept
}

impl Search<'_, '_> {
    /// All states that follow from those of a level. `None` where the work
    /// does not last.
    fn level(&mut self, states: &[State]) -> Option<Vec<State>> {
        let mut next: Vec<State> = Vec::new();
        let mut known: FxHashMap<(Set, Set), usize> = FxHashMap::default();
        for state in states {
            if state.bound >= self.limit {
                continue;
            }
            self.work = self.work.checked_sub(state.needed.words())?;
            // A class with one candidate has all that it needs in the state.
            let open = state.needed.without(&state.decided);
            let Some(class) = open.filter(|&class| self.problem.candidates()[class].len() > 1).min() else { continue };
            for at in 0..self.problem.candidates()[class].len() {
                let children = self.problem.candidates()[class][at].children.len() as u64;
                self.work = self.work.checked_sub(state.needed.words() * (children + 3))?;
                let Some(state) = self.decided(state, class, at) else { continue };
                match known.entry((state.needed.clone(), state.decided.clone())) {
                    Entry::Vacant(place) => {
                        place.insert(next.len());
                        next.push(state);
                    }
                    Entry::Occupied(place) => {
                        let place = &mut next[*place.get()];
                        if state.bound < place.bound {
                            *place = state;
                        }
                    }
                }
            }
        }
        Some(next)
    }

    /// A state with one more class decided, if it may be cheap enough and has
    /// no cycle.
    fn decided(&mut self, state: &State, class: usize, at: usize) -> Option<State> {
        let children = &self.problem.candidates()[class][at].children;
        if children.iter().any(|&child| self.needs.sets[child].contains(class)) {
            return None;
        }
        let mut needed = state.needed.clone();
        children.iter().for_each(|&child| needed.unite(&self.needs.sets[child]));
        let added: u128 = needed.without(&state.needed).map(|class| self.needs.own[class]).sum();
        let bound = state.bound - self.needs.own[class] + self.problem.scalar(class, at) + added;
        if bound >= self.limit || self.closes_cycle(state, class, children) {
            return None;
        }
        let mut decided = state.decided.clone();
        decided.insert(class);
        let mut ways = state.ways.clone();
        ways.push((class, at));
        Some(State { needed, decided, ways, bound })
    }

    /// Whether what a state has decided below some classes needs `class`.
    fn closes_cycle(&mut self, state: &State, class: usize, children: &[usize]) -> bool {
        let mut stack = children.to_vec();
        let mut seen = Set::empty(self.needs.own.len());
        while let Some(at) = stack.pop() {
            if at == class {
                return true;
            }
            if !seen.contains(at)
                && state.decided.contains(at)
                && let Some(&(_, way)) = state.ways.iter().find(|(class, _)| *class == at)
            {
                seen.insert(at);
                self.work = self.work.saturating_sub(1);
                stack.extend(&self.problem.candidates()[at][way].children);
            }
        }
        false
    }

    /// The states of the next level.
    fn best(&mut self, mut states: Vec<State>, width: usize) -> Vec<State> {
        states.sort_by_key(|state| state.bound);
        let looked_at = states.len().min(width * LOOKED_AT);
        // Where nothing more can be completed the level is the last one.
        let mut completed: Vec<(Option<Cost>, usize)> = Vec::new();
        for (at, state) in states[..looked_at].iter().enumerate() {
            let cost = if self.work > 0 { self.complete(state) } else { None };
            completed.push((cost, at));
        }
        completed.sort_by_key(|&(cost, at)| (cost.is_none(), cost, at));
        let mut places: Vec<usize> = completed.iter().take(width / 2).map(|&(_, at)| at).collect();
        for at in 0..states.len() {
            if places.len() < width && !places.contains(&at) {
                places.push(at);
            }
        }
        places.sort_unstable();
        places.into_iter().map(|at| states[at].clone()).collect()
    }

    /// The cost of a state with all that is open as in the given choice; kept
    /// if it is among the cheapest.
    fn complete(&mut self, state: &State) -> Option<Cost> {
        self.work = self.work.saturating_sub(self.size);
        let mut choice = self.rest.to_vec();
        for &(class, at) in &state.ways {
            choice[class] = at;
        }
        let cost = self.problem.total(self.roots, &choice)?;
        let Cost([first, second, ..]) = cost;
        let scalar = (first as u128) << 64 | second as u128;
        if scalar < self.limit || self.kept.iter().any(|(known, _)| cost < *known) {
            self.limit = self.limit.min(scalar);
            if self.kept.iter().all(|(known, _)| *known != cost) {
                self.kept.push((cost, choice));
                self.kept.sort_by_key(|(cost, _)| *cost);
                self.kept.truncate(KEPT);
            }
        }
        Some(cost)
    }
}

#[cfg(test)]
mod tests {
    use super::super::extract::tests::problem;
    use super::super::graph::{Node, Operation};
    use super::super::greedy::greedy;
    use super::*;
    use proptest::prelude::*;
    use std::rc::Rc;

    fn node() -> Node {
        Node { operation: Rc::new(Operation::Goal(0)), children: Vec::new(), origin: "" }
    }

    /// The gates of the greedy choice and of the beam's best.
    fn gates(lists: &[Vec<(Vec<usize>, u64)>], width: usize) -> (u64, u64) {
        let node = node();
        let problem = problem(lists, &node);
        let choice = greedy(&problem, 1_000_000);
        let Cost([greedy, ..]) = problem.total(&[0], &choice).unwrap();
        let needs = Needs::of(&problem, u64::MAX).unwrap();
        let found = beam(&problem, &needs, &[0], &choice, width, u64::MAX);
        (greedy, found.first().map_or(greedy, |(Cost([gates, ..]), _)| *gates))
    }

    #[test]
    fn a_part_that_pays_only_if_shared_is_found() {
        // Each of three parts takes two gates of its own, or one shared class of three.
        let parts = |shared: usize| vec![(vec![], 2), (vec![shared], 0)];
        let lists = vec![vec![(vec![1, 2, 3], 0)], parts(4), parts(4), parts(4), vec![(vec![], 3)]];
        assert_eq!(gates(&lists, 4), (6, 3));
    }

    #[test]
    fn a_part_that_pays_two_levels_down_is_found() {
        // The shared class is below classes that only the dearer way needs.
        let lists = vec![
            vec![(vec![1, 2, 3], 1)],
            vec![(vec![], 2), (vec![4], 0)],
            vec![(vec![], 2), (vec![5], 0)],
            vec![(vec![], 2), (vec![6], 0)],
            vec![(vec![7], 0), (vec![], 3)],
            vec![(vec![7], 0), (vec![], 3)],
            vec![(vec![7], 0), (vec![], 3)],
            vec![(vec![], 4), (vec![8], 4)],
            vec![(vec![], 1)],
        ];
        assert_eq!(gates(&lists, 4), (7, 5));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]
        #[test]
        fn completions_are_cheaper_and_a_wide_beam_misses_nothing(
            lists in proptest::collection::vec(
                proptest::collection::vec((proptest::collection::vec(0usize..8, 0..4), 0u64..3), 1..4), 8),
            narrow in 1usize..4,
            cycles: bool,
        ) {
            let node = node();
            let lists: Vec<Vec<(Vec<usize>, u64)>> = lists.into_iter().enumerate().map(|(class, mut list)| {
                if class > 5 { list.push((Vec::new(), 3)); }
                list.iter_mut().for_each(|(children, _)| children.retain(|&child| cycles || child > class));
                list
            }).collect();
            let problem = problem(&lists, &node);
            let roots = [0, 1];
            let choice = greedy(&problem, 1_000_000);
            if let Some(cost) = problem.total(&roots, &choice) {
                let needs = Needs::of(&problem, u64::MAX).unwrap();
                for width in [narrow, 10_000] {
                    for (found, choice) in beam(&problem, &needs, &roots, &choice, width, u64::MAX) {
                        prop_assert!(found < cost);
                        prop_assert_eq!(problem.total(&roots, &choice), Some(found));
                    }
                }
                let mut least = choice.clone();
                let mut by_branch = cost;
                let complete = super::super::branch::branch(
                    &problem, &needs, &roots, &mut least, &mut by_branch, u64::MAX);
                let widest = beam(&problem, &needs, &roots, &choice, 10_000, u64::MAX);
                let best = widest.first().map_or(cost, |(cost, _)| *cost);
                // Where cycles are possible, of two states with the same needs the
                // cheaper may be the one that cannot be completed.
                prop_assert!(complete && (cycles || best.0[..2] <= by_branch.0[..2]));
            }
        }
    }
}
