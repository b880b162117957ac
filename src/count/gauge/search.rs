//! Depth-first search for the solutions of a [`System`] up to a degree.
//!
//! A search keeps a solution in the making: some unknowns are decided, and the
//! equations of some vertices do not hold yet. While one does not, the first
//! of its open unknowns that is not zero is guessed; once all hold, a solution
//! is found, and it is extended by guessing the next unknown that is not zero,
//! anywhere or only at the vertices that the solution touches, so that it
//! stays connected. Guesses exclude each other, so every solution is found
//! exactly once.
//!
//! Bounds. In each connected piece of what is still missing, walk around the
//! tree that joins the vertices whose equations do not hold: the walk is twice
//! as long as the tree, and has from each such vertex to the next at least the
//! distance to the nearest. So at least half the sum of these distances is
//! missing. A coefficient that is no unit modulo N may let a flow end; the
//! place where it does counts as a vertex too. Also, one unit of a value
//! changes at most two equations by its largest coefficient. Over the integers
//! with unit coefficients a flow is a sum of paths, as many from each vertex
//! as flow out of it, and each as long as the way to the nearest vertex where
//! as much flows in.

use smallvec::SmallVec;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::super::CountError;
use super::system::{Range, System, Work, gcd};

/// The longest a distance is kept.
const FAR: u16 = u16::MAX;

/// Up to this many vertices all distances are kept.
const LARGEST_TABLE: usize = 1500;

/// What does not change during searches of one system.
pub(super) struct Landscape<'s> {
    pub system: &'s System,
    pub incidence: Vec<Vec<u32>>,
    /// Least degree of a flow between every two vertices; empty for large
    /// systems.
    distances: Vec<u16>,
    /// Least degree of a flow that ends on its way.
    ends: Vec<u16>,
    least_weight: u64,
    largest_coefficient: u64,
    /// Whether solutions are sums of paths and closed loops.
    paths: bool,
}

impl<'s> Landscape<'s> {
    pub fn new(system: &'s System, work: &mut Work) -> Result<Landscape<'s>, CountError> {
        let incidence = system.incidence();
        let unit =
            |coefficient: i64| system.modulus == 0 || gcd(coefficient.unsigned_abs(), u64::from(system.modulus)) == 1;
        let mut sources = Vec::new();
        for variable in &system.variables {
            let through = variable.ends.len() == 2
                && variable.ends.iter().all(|&(_, c)| unit(c))
                && variable.range != Range::Half;
            if !through && (system.modulus > 0 || variable.ends.len() < 2) {
                let step = variable.weight.min(u32::from(FAR)) as u16;
                sources.extend(variable.ends.iter().map(|&(vertex, _)| (step, vertex)));
            }
        }
        let mut landscape = Landscape {
            system,
            ends: Vec::new(),
            distances: Vec::new(),
            least_weight: system.variables.iter().map(|variable| u64::from(variable.weight)).min().unwrap_or(1),
            largest_coefficient: system
                .variables
                .iter()
                .flat_map(|variable| &variable.ends)
                .map(|(_, coefficient)| coefficient.unsigned_abs())
                .max()
                .unwrap_or(1),
            paths: system.modulus == 0
                && system.variables.iter().all(|variable| {
                    variable.ends.len() != 1
                        && variable.ends.iter().map(|(_, coefficient)| coefficient).sum::<i64>() == 0
                })
                && system.variables.iter().flat_map(|v| &v.ends).all(|(_, coefficient)| coefficient.abs() == 1),
            incidence,
        };
        landscape.ends = landscape.distances_from(&sources, None, FAR);
        if system.vertices <= LARGEST_TABLE {
            let size = (system.vertices + system.variables.len()) as u64;
            work.spend(size.saturating_mul(system.vertices as u64) / 8)?;
            for vertex in 0..system.vertices as u32 {
                let row = landscape.distances_from(&[(0, vertex)], None, FAR);
                landscape.distances.extend(row);
            }
        }
        Ok(landscape)
    }

    /// The distance of every vertex from the nearest source, which has an
    /// initial distance of its own, without one of the unknowns, up to a limit.
    fn distances_from(&self, sources: &[(u16, u32)], without: Option<u32>, limit: u16) -> Vec<u16> {
        let mut distances = vec![FAR; self.system.vertices];
        let mut queue: BinaryHeap<Reverse<(u16, u32)>> = sources.iter().map(|&source| Reverse(source)).collect();
        while let Some(Reverse((distance, vertex))) = queue.pop() {
            if distance >= distances[vertex as usize] || distance > limit {
                continue;
            }
            distances[vertex as usize] = distance;
            for &variable in self.incidence[vertex as usize].iter().filter(|&&variable| Some(variable) != without) {
                let variable = &self.system.variables[variable as usize];
                let next = distance.saturating_add(variable.weight.min(u32::from(FAR)) as u16);
                for &(other, _) in &variable.ends {
                    if next < distances[other as usize] {
                        queue.push(Reverse((next, other)));
                    }
                }
            }
        }
        distances
    }

    /// The least degree of a solution other than zero that has an unknown in
    /// some equation, or one more than the given degree where all are higher.
    ///
    /// Where no flow ends on its way every equation needs two unknowns, so
    /// that the shortest closed path is a lower bound, and it is what is
    /// returned.
    pub fn least_degree(&self, degree: u32, work: &mut Work) -> Result<u32, CountError> {
        let variables = &self.system.variables;
        if self.ends.iter().any(|&end| end != FAR) {
            for least in 1..=degree {
                for vertex in 0..self.system.vertices as u32 {
                    let mut any = false;
                    let mut found = |_: &Search, _: u32| {
                        any = true;
                        Ok(())
                    };
                    Search::new(self, true).through_vertex(vertex, least, work, &mut found)?;
                    if any {
                        return Ok(least);
                    }
                }
            }
            return Ok(degree.saturating_add(1));
        }
        let mut least = degree.saturating_add(1).min(u32::from(FAR));
        for (at, variable) in variables.iter().enumerate().filter(|(_, variable)| variable.ends.len() == 2) {
            if variable.weight >= least {
                continue;
            }
            work.spend(1 + self.system.vertices as u64 / 8)?;
            let limit = (least - 1 - variable.weight) as u16;
            let (from, to) = (variable.ends[0].0, variable.ends[1].0);
            let way = self.distances_from(&[(0, from)], Some(at as u32), limit)[to as usize];
            if way <= limit {
                least = variable.weight + u32::from(way);
            }
        }
        Ok(least)
    }

    fn distance(&self, from: u32, to: u32) -> u64 {
        match self.distances.is_empty() {
            true => self.least_weight,
            false => u64::from(self.distances[from as usize * self.system.vertices + to as usize]),
        }
    }
}

/// What a search is told about a solution: the search itself and the degree
/// that is left; an error stops it.
pub(super) type Found<'f> = dyn FnMut(&Search, u32) -> Result<(), CountError> + 'f;

/// Whether the unknown (second) may be other than zero together with what is
/// so far.
pub(super) type Admits<'f> = dyn Fn(&[u32], u32) -> bool + 'f;

/// A solution in the making.
pub(super) struct Search<'s> {
    landscape: &'s Landscape<'s>,
    /// The value of each unknown.
    values: Vec<i64>,
    /// Unknowns that are decided.
    decided: Vec<bool>,
    decisions: Vec<u32>,
    /// How many unknowns of each equation are not decided.
    open: Vec<u32>,
    /// Unknowns before this one are decided too.
    floor: usize,
    /// What is missing in each equation.
    excess: Vec<i64>,
    /// Vertices that may not be touched.
    removed: Vec<bool>,
    /// How many unknowns that are not zero touch each vertex.
    load: Vec<u32>,
    touched: Vec<u32>,
    nonzero: Vec<u32>,
    connected: bool,
    admits: Option<&'s Admits<'s>>,
    /// No solution other than zero has a lower degree.
    pub least: u32,
    /// Whether the first unknown that is guessed is positive: the negative of
    /// a solution is left out, and stands in [`Search::multiplicity`].
    up_to_sign: bool,
}

impl<'s> Search<'s> {
    /// A search for solutions, for connected ones alone where `connected`.
    pub fn new(landscape: &'s Landscape<'s>, connected: bool) -> Search<'s> {
        let (vertices, variables) = (landscape.system.vertices, landscape.system.variables.len());
        Search {
            landscape,
            values: vec![0; variables],
            decided: vec![false; variables],
            decisions: Vec::new(),
            open: landscape.incidence.iter().map(|unknowns| unknowns.len() as u32).collect(),
            floor: 0,
            excess: vec![0; vertices],
            removed: vec![false; vertices],
            load: vec![0; vertices],
            touched: Vec::new(),
            nonzero: Vec::new(),
            connected,
            admits: None,
            least: 1,
            up_to_sign: false,
        }
    }

    /// Only unknowns that this admits beside each other.
    pub fn admitting(mut self, admits: &'s Admits<'s>) -> Search<'s> {
        self.admits = Some(admits);
        self
    }

    /// Solutions are found up to sign.
    pub fn up_to_sign(mut self) -> Search<'s> {
        self.up_to_sign = true;
        self
    }

    /// The number of solutions that the one that is found stands for.
    pub fn multiplicity(&self) -> u64 {
        let value = self.nonzero.first().map_or(0, |&first| self.values[first as usize]);
        let own_negative = self.landscape.system.residue(2 * value) == 0;
        if self.up_to_sign && !own_negative { 2 } else { 1 }
    }

    /// Solutions may not touch these vertices.
    pub fn remove(&mut self, vertices: &[u32]) {
        vertices.iter().for_each(|&vertex| self.removed[vertex as usize] = true);
    }

    /// Solutions may touch these vertices again.
    pub fn restore(&mut self, vertices: &[u32]) {
        vertices.iter().for_each(|&vertex| self.removed[vertex as usize] = false);
    }

    /// The unknowns that are not zero, with their values, in order.
    pub fn solution(&self) -> Vec<(u32, i64)> {
        let mut solution: Vec<(u32, i64)> = self.nonzero.iter().map(|&v| (v, self.values[v as usize])).collect();
        solution.sort_unstable();
        solution
    }

    /// The vertices that the solution touches, in order.
    pub fn vertices(&self) -> SmallVec<[u32; 16]> {
        let mut vertices: SmallVec<[u32; 16]> = self.touched.iter().copied().collect();
        vertices.sort_unstable();
        vertices
    }

    /// The value of one unknown.
    pub fn value(&self, variable: u32) -> i64 {
        self.values[variable as usize]
    }

    /// All solutions of at most this degree, zero too.
    pub fn all(&mut self, degree: u32, work: &mut Work, found: &mut Found) -> Result<(), CountError> {
        self.extend(degree, work, found)
    }

    /// The connected solutions through a vertex.
    pub fn through_vertex(
        &mut self,
        vertex: u32,
        degree: u32,
        work: &mut Work,
        found: &mut Found,
    ) -> Result<(), CountError> {
        debug_assert!(self.connected && self.touched.is_empty());
        let mut result = Ok(());
        let mark = self.decisions.len();
        for at in 0..self.landscape.incidence[vertex as usize].len() {
            let variable = self.landscape.incidence[vertex as usize][at];
            result = result.and_then(|()| self.guess(variable, degree, work, found));
        }
        self.undecide(mark);
        result
    }

    /// The solutions in which an unknown is not zero.
    pub fn through_variable(
        &mut self,
        variable: u32,
        degree: u32,
        work: &mut Work,
        found: &mut Found,
    ) -> Result<(), CountError> {
        let mark = self.decisions.len();
        let result = self.guess(variable, degree, work, found);
        self.undecide(mark);
        result
    }

    fn extend(&mut self, left: u32, work: &mut Work, found: &mut Found) -> Result<(), CountError> {
        work.spend(1 + self.touched.len() as u64)?;
        let unbalanced = self.touched.iter().rev().find(|&&vertex| self.excess[vertex as usize] != 0).copied();
        let mark = self.decisions.len();
        let mut result = Ok(());
        if let Some(vertex) = unbalanced {
            for at in 0..self.landscape.incidence[vertex as usize].len() {
                let variable = self.landscape.incidence[vertex as usize][at];
                result = result.and_then(|()| self.guess(variable, left, work, found));
                if result.is_err() || self.is_lost(variable) {
                    break;
                }
            }
        } else {
            found(self, left)?;
            if left < self.least {
                return Ok(());
            }
            if self.connected {
                for at in 0..self.touched.len() {
                    let vertex = self.touched[at] as usize;
                    for at in 0..self.landscape.incidence[vertex].len() {
                        let variable = self.landscape.incidence[vertex][at];
                        result = result.and_then(|()| self.guess(variable, left, work, found));
                    }
                }
            } else {
                let floor = self.floor;
                for variable in floor..self.values.len() {
                    if result.is_ok() && !self.decided[variable] {
                        self.floor = variable + 1;
                        result = self.guess(variable as u32, left, work, found);
                    }
                }
                self.floor = floor;
            }
        }
        self.undecide(mark);
        result
    }

    /// Decides an open unknown: searches on with each value other than zero,
    /// and leaves it zero.
    fn guess(&mut self, variable: u32, left: u32, work: &mut Work, found: &mut Found) -> Result<(), CountError> {
        let index = variable as usize;
        // `floor` is past the unknown itself while it is guessed as a root.
        if self.decided[index] || (index + 1 < self.floor) {
            return Ok(());
        }
        let system = self.landscape.system;
        self.decided[index] = true;
        self.decisions.push(variable);
        let ends = &system.variables[index].ends;
        ends.iter().for_each(|&(vertex, _)| self.open[vertex as usize] -= 1);
        if ends.iter().any(|&(vertex, _)| self.removed[vertex as usize]) {
            return Ok(());
        }
        if self.admits.is_some_and(|admits| !admits(&self.nonzero, variable)) {
            return Ok(());
        }
        self.nonzero.push(variable);
        let mark = self.touched.len();
        for &(vertex, _) in ends {
            self.load[vertex as usize] += 1;
            if self.load[vertex as usize] == 1 {
                self.touched.push(vertex);
            }
        }
        let mut result = Ok(());
        let first = self.up_to_sign && self.nonzero.len() == 1;
        for value in system.values(&system.variables[index], left).filter(|&value| !first || value > 0) {
            let rest = left - System::cost(&system.variables[index], value);
            self.change(variable, value);
            work.spend(1 + self.touched.len() as u64 / 16)?;
            if !self.is_lost(variable) && self.missing() <= u64::from(rest) {
                result = self.extend(rest, work, found);
            }
            self.change(variable, -value);
            if result.is_err() {
                break;
            }
        }
        self.values[index] = 0;
        for &(vertex, _) in ends {
            self.load[vertex as usize] -= 1;
        }
        self.touched.truncate(mark);
        self.nonzero.pop();
        result
    }

    /// Adds to the value of an unknown.
    fn change(&mut self, variable: u32, value: i64) {
        let system = self.landscape.system;
        self.values[variable as usize] += value;
        for &(vertex, coefficient) in &system.variables[variable as usize].ends {
            let excess = &mut self.excess[vertex as usize];
            *excess = system.residue(*excess + coefficient * value);
        }
    }

    fn undecide(&mut self, mark: usize) {
        for variable in self.decisions.drain(mark..) {
            self.decided[variable as usize] = false;
            for &(vertex, _) in &self.landscape.system.variables[variable as usize].ends {
                self.open[vertex as usize] += 1;
            }
        }
    }

    /// Whether an equation of a decided unknown does not hold and has no open
    /// unknown.
    fn is_lost(&self, variable: u32) -> bool {
        let ends = &self.landscape.system.variables[variable as usize].ends;
        ends.iter().any(|&(vertex, _)| self.excess[vertex as usize] != 0 && self.open[vertex as usize] == 0)
    }

    /// A lower bound of the degree that is missing.
    fn missing(&self) -> u64 {
        let mut unbalanced: SmallVec<[(u32, i64); 16]> = SmallVec::new();
        let mut units = 0;
        for &vertex in &self.touched {
            let excess = self.excess[vertex as usize];
            if excess != 0 {
                unbalanced.push((vertex, excess));
                units += excess.unsigned_abs();
            }
        }
        if self.landscape.paths {
            let (mut out, mut back) = (0, 0);
            for &(vertex, excess) in &unbalanced {
                let other = unbalanced.iter().filter(|(_, other)| (*other > 0) != (excess > 0));
                let nearest = other.map(|&(other, _)| self.landscape.distance(vertex, other)).min();
                let length = nearest.unwrap_or(u64::from(FAR)) * excess.unsigned_abs();
                *(if excess > 0 { &mut out } else { &mut back }) += length;
            }
            return out.max(back);
        }
        let mut lengths = 0;
        for &(vertex, _) in &unbalanced {
            let other = unbalanced.iter().filter(|(other, _)| *other != vertex);
            let nearest = other.map(|&(other, _)| self.landscape.distance(vertex, other)).min();
            let end = u64::from(self.landscape.ends[vertex as usize]);
            lengths += nearest.map_or(end, |nearest| nearest.min(end));
        }
        let by_units = units.div_ceil(2 * self.landscape.largest_coefficient) * self.landscape.least_weight;
        lengths.div_ceil(2).max(by_units)
    }
}
