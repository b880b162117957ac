//! Counts by a transfer method: the unknowns are decided one after the other.
//!
//! Solutions in the making that agree in what is still missing at the vertices
//! with open unknowns have the same continuations, so only their number is
//! kept, by degree. Vertices are taken in the order in which they are numbered,
//! or in that of a breadth-first walk from an end of the graph, whichever keeps
//! the number of vertices that are half decided smaller; row by row on a torus
//! that is about twice its shorter periods. The degree bounds what can still
//! be missing.

use dashu_int::{IBig, UBig};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::ops::AddAssign;

use super::super::CountError;
use super::Series;
use super::system::{System, Work};

/// What is missing at the open vertices, in the order in which they close.
type State = SmallVec<[i16; 16]>;

/// The number of solutions by degree, up to a degree.
pub(super) fn series(system: &System, degree: u32, work: &mut Work) -> Result<Series, CountError> {
    let incidence = system.incidence();
    let numbered: Vec<usize> = (0..system.vertices).collect();
    let orders = [numbered, positions(system, &incidence)].map(|position| order(system, &position));
    let order = orders.iter().min_by_key(|order| states(system, order)).map(Vec::as_slice).unwrap_or(&[]);
    // No more solutions than choices of values.
    let mut choices = system.variables.iter().map(|variable| 1 + system.values(variable, degree).count() as u128);
    let small = choices.try_fold(1, u128::checked_mul).is_some();
    let counts = match small {
        true => counts::<u128>(system, order, degree, 1, work)?.into_iter().map(IBig::from).collect(),
        false => counts::<UBig>(system, order, degree, UBig::ONE, work)?.into_iter().map(IBig::from).collect(),
    };
    Ok(counts)
}

/// The unknowns in the order in which the later of their vertices comes.
fn order(system: &System, position: &[usize]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..system.variables.len()).collect();
    let place = |variable: usize| system.variables[variable].ends.iter().map(|&(v, _)| position[v as usize]);
    order.sort_by_key(|&variable| (place(variable).max(), place(variable).min()));
    order
}

/// At which place of the order the last unknown of each vertex comes.
fn last_places(system: &System, order: &[usize]) -> Vec<usize> {
    let mut last = vec![0; system.vertices];
    for (at, &variable) in order.iter().enumerate() {
        for &(vertex, _) in &system.variables[variable].ends {
            last[vertex as usize] = at;
        }
    }
    last
}

/// A measure of the states that an order leads to: 2 to the number of open
/// vertices, added up.
fn states(system: &System, order: &[usize]) -> u128 {
    let last = last_places(system, order);
    let mut seen = vec![false; system.vertices];
    let (mut open, mut total) = (0usize, 0u128);
    for (at, &variable) in order.iter().enumerate() {
        for &(vertex, _) in &system.variables[variable].ends {
            open += usize::from(!std::mem::replace(&mut seen[vertex as usize], true));
        }
        total += 1 << open.min(90);
        open -= system.variables[variable].ends.iter().filter(|(vertex, _)| last[*vertex as usize] == at).count();
    }
    total
}

/// The counts by degree, in numbers that are large enough.
fn counts<Number>(
    system: &System,
    order: &[usize],
    degree: u32,
    one: Number,
    work: &mut Work,
) -> Result<Vec<Number>, CountError>
where
    Number: Clone + Default + PartialEq + for<'n> AddAssign<&'n Number>,
{
    let last = last_places(system, order);
    let least_weight = system.variables.iter().map(|variable| variable.weight).min().unwrap_or(1) as u64;
    let coefficients = system.variables.iter().flat_map(|variable| &variable.ends);
    let largest = coefficients.map(|(_, coefficient)| coefficient.unsigned_abs()).max().unwrap_or(1);
    if i64::from(degree) * largest as i64 > 8000 || system.modulus > 8000 {
        return Err(CountError::Unsupported("flows this large in a transfer method".to_owned()));
    }
    let mut open: Vec<u32> = Vec::new();
    let mut states: FxHashMap<State, Vec<Number>> = FxHashMap::default();
    states.insert(State::new(), vec![one]);
    for (at, &variable) in order.iter().enumerate() {
        let variable = &system.variables[variable];
        for &(vertex, _) in &variable.ends {
            if !open.contains(&vertex) {
                open.push(vertex);
                states = states.into_iter().map(|(mut state, counts)| (extended(&mut state), counts)).collect();
            }
        }
        let slot = |vertex: u32| open.iter().position(|&other| other == vertex).unwrap_or(0);
        let ends: SmallVec<[(usize, i64); 2]> = variable.ends.iter().map(|&(v, c)| (slot(v), c)).collect();
        let closing: SmallVec<[usize; 2]> =
            variable.ends.iter().filter(|(vertex, _)| last[*vertex as usize] == at).map(|&(v, _)| slot(v)).collect();
        let values: Vec<i64> = std::iter::once(0).chain(system.values(variable, degree)).collect();
        let mut next: FxHashMap<State, Vec<Number>> = FxHashMap::default();
        for (state, counts) in &states {
            work.spend(values.len() as u64 * (4 + counts.len() as u64 / 8))?;
            for &value in &values {
                let cost = System::cost(variable, value) as usize;
                let mut state = state.clone();
                for &(slot, coefficient) in &ends {
                    state[slot] = system.residue(i64::from(state[slot]) + coefficient * value) as i16;
                }
                if closing.iter().any(|&slot| state[slot] != 0) {
                    continue;
                }
                let units: u64 = state.iter().map(|&missing| u64::from(missing.unsigned_abs())).sum();
                let missing = (units.div_ceil(2 * largest) * least_weight) as usize;
                let room = degree as usize + 1;
                let lowest = counts.iter().position(|count| *count != Number::default()).unwrap_or(0);
                if lowest + cost + missing >= room {
                    continue;
                }
                // Closed vertices leave; the last slot takes the place.
                let mut leaving = closing.clone();
                leaving.sort_unstable();
                for slot in leaving.into_iter().rev() {
                    state.swap_remove(slot);
                }
                let sums = next.entry(state).or_default();
                let length = (counts.len() + cost).min(room - missing);
                if sums.len() < length {
                    sums.resize(length, Number::default());
                }
                for (sum, count) in sums[cost..].iter_mut().zip(counts) {
                    *sum += count;
                }
            }
        }
        let mut leaving = closing;
        leaving.sort_unstable();
        for slot in leaving.into_iter().rev() {
            open.swap_remove(slot);
        }
        states = next;
    }
    let mut counts = states.remove(&State::new()).unwrap_or_default();
    counts.resize(degree as usize + 1, Number::default());
    Ok(counts)
}

fn extended(state: &mut State) -> State {
    state.push(0);
    std::mem::take(state)
}

/// The place of every vertex in a breadth-first walk from a far end of each
/// component.
fn positions(system: &System, incidence: &[Vec<u32>]) -> Vec<usize> {
    let walk = |start: u32, seen: &mut Vec<bool>| {
        let mut order = vec![start];
        seen[start as usize] = true;
        let mut at = 0;
        while at < order.len() {
            for &variable in &incidence[order[at] as usize] {
                for &(other, _) in &system.variables[variable as usize].ends {
                    if !std::mem::replace(&mut seen[other as usize], true) {
                        order.push(other);
                    }
                }
            }
            at += 1;
        }
        order
    };
    let mut position = vec![usize::MAX; system.vertices];
    let mut seen = vec![false; system.vertices];
    let mut next = 0;
    for start in 0..system.vertices as u32 {
        if position[start as usize] != usize::MAX {
            continue;
        }
        let component = walk(start, &mut seen);
        component.iter().for_each(|&vertex| seen[vertex as usize] = false);
        let far = component.last().copied().unwrap_or(start);
        for vertex in walk(far, &mut seen) {
            position[vertex as usize] = next;
            next += 1;
        }
    }
    position
}
