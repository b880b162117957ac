//! Counts by a transfer method: the unknowns are decided one after the other.
//!
//! Solutions in the making that agree in what is still missing at the vertices
//! with open unknowns have the same continuations, so only their number is
//! kept, by degree. Vertices are taken in the order of a breadth-first walk
//! from an end of the graph, which keeps the number of vertices that are half
//! decided small on lattices; for a torus that is about twice its shorter
//! periods. The degree bounds what can still be missing.

use dashu_int::{IBig, UBig};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::super::CountError;
use super::super::power_series::Series;
use super::system::{System, Work};

/// What is missing at the open vertices, in the order in which they close.
type State = SmallVec<[i16; 16]>;

/// The number of solutions by degree, up to a degree.
pub(super) fn series(system: &System, degree: u32, work: &mut Work) -> Result<Series, CountError> {
    let incidence = system.incidence();
    let position = positions(system, &incidence);
    let mut order: Vec<usize> = (0..system.variables.len()).collect();
    let place = |variable: usize| system.variables[variable].ends.iter().map(|&(v, _)| position[v as usize]);
    order.sort_by_key(|&variable| (place(variable).max(), place(variable).min()));
    let mut last = vec![0; system.vertices];
    for (at, &variable) in order.iter().enumerate() {
        for &(vertex, _) in &system.variables[variable].ends {
            last[vertex as usize] = at;
        }
    }
    let least_weight = system.variables.iter().map(|variable| variable.weight).min().unwrap_or(1) as u64;
    let coefficients = system.variables.iter().flat_map(|variable| &variable.ends);
    let largest = coefficients.map(|(_, coefficient)| coefficient.unsigned_abs()).max().unwrap_or(1);
    if i64::from(degree) * largest as i64 > 8000 || system.modulus > 8000 {
        return Err(CountError::Unsupported("flows this large in a transfer method".to_owned()));
    }
    let mut open: Vec<u32> = Vec::new();
    let mut states: FxHashMap<State, Vec<UBig>> = FxHashMap::default();
    states.insert(State::new(), vec![UBig::ONE]);
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
        let mut next: FxHashMap<State, Vec<UBig>> = FxHashMap::default();
        for (state, counts) in &states {
            work.spend(values.len() as u64 * (4 + counts.len() as u64))?;
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
                let lowest = counts.iter().position(|count| *count != UBig::ZERO).unwrap_or(0);
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
                    sums.resize(length, UBig::ZERO);
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
    let mut series = vec![IBig::ZERO; degree as usize + 1];
    for (total, count) in series.iter_mut().zip(states.remove(&State::new()).unwrap_or_default()) {
        *total = IBig::from(count);
    }
    Ok(Series(series))
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
