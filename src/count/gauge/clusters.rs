//! Counts from connected solutions alone.
//!
//! Every solution of a [`System`] is a set of connected ones that share no
//! vertex. Let Z(X) be the series, by degree, of the solutions that touch no
//! vertex of X, and v a vertex outside of X. Sorting by the connected piece
//! through v,
//!
//! ```text
//! Z(X) = Z(X + v) (1 + sum over connected S through v, outside of X, of
//!                      t^degree(S) Z(X + S) / Z(X + v)),
//! ```
//!
//! and the ratio at the end is a product of ratios Z(Y + w) / Z(Y), one for
//! each further vertex w of S, that are needed only up to what degree(S)
//! leaves of the degree. So ratios follow from each other by recursion, whose
//! depth is at most the degree over the least degree of a solution; they
//! depend on nothing farther from v than half the degree, since a vertex of a
//! flow lies on a closed walk of it, or than the degree where matter lets flows
//! end. (The recursion is that of Kirkwood and
//! Salsburg for a gas of hard objects.)
//!
//! From them follow, without listing the solutions themselves:
//! - the series of any finite system, as the product of one ratio a vertex
//!   ([`series`]);
//! - that of a torus of N cells from one cell, whatever N ([`torus`]). Counting
//!   every solution with its degree, once for each link, the links of one cell
//!   stand for those of all: t Z'(t) = N g(t) Z(t), where
//!   g = sum over links l of the cell and connected S through l of
//!   |n_l| t^degree(S) Z(S)/Z, so that k Z_k = N (g_1 Z_(k-1) + ... + g_k Z_0).
//!   Once all periods exceed what the degree can wind around, g no longer
//!   depends on them, and log Z is N times a series of the infinite lattice.

use dashu_int::{IBig, UBig};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::collections::BTreeMap;

use super::super::CountError;
use super::super::power_series::{self, Integers};
use super::Series;
use super::search::{Landscape, Search};
use super::system::{System, Work};

type Vertices = SmallVec<[u32; 16]>;

/// Up to this many vertices a system is not cut into neighbourhoods.
const LARGEST_WHOLE: usize = 300;

/// The number of solutions by degree, up to a degree.
pub(super) fn series(system: &System, degree: u32, work: &mut Work) -> Result<Series, CountError> {
    let mut product = unconstrained(system, degree);
    let incidence = system.incidence();
    if system.vertices <= LARGEST_WHOLE {
        let landscape = Landscape::new(system, work)?;
        let mut ratios = Ratios::new(&landscape, degree, work)?;
        for vertex in 0..system.vertices as u32 {
            let sum = ratios.sum_through(vertex, degree, work)?;
            product = power_series::product(&Integers, &product, &sum);
            ratios.remove(&[vertex]);
        }
        return Ok(product);
    }
    // On lattices most neighbourhoods look the same.
    let mut known: FxHashMap<(System, Vec<u32>), Series> = FxHashMap::default();
    for vertex in 0..system.vertices as u32 {
        let near = neighbourhood(system, &incidence, vertex, degree, work)?;
        let before: Vec<u32> =
            (0..near.vertices.len() as u32).filter(|&v| near.vertices[v as usize] < vertex).collect();
        let key = (near.system, before);
        if let Some(sum) = known.get(&key) {
            product = power_series::product(&Integers, &product, sum);
            continue;
        }
        let landscape = Landscape::new(&key.0, work)?;
        let mut ratios = Ratios::new(&landscape, degree, work)?;
        ratios.remove(&key.1);
        let sum = ratios.sum_through(0, degree, work)?;
        drop(ratios);
        drop(landscape);
        product = power_series::product(&Integers, &product, &sum);
        known.insert(key, sum);
    }
    Ok(product)
}

/// The series of a torus of `cells` cells all of whose translations are
/// symmetries. The system is the torus or as much of it as lies around one
/// cell, and `cell` its unknowns.
pub(super) fn torus(
    system: &System,
    cell: &[u32],
    cells: &UBig,
    degree: u32,
    work: &mut Work,
) -> Result<Series, CountError> {
    let landscape = Landscape::new(system, work)?;
    let mut ratios = Ratios::new(&landscape, degree, work)?;
    let mut density = vec![IBig::ZERO; degree as usize + 1];
    for &variable in cell {
        if system.variables[variable as usize].ends.is_empty() {
            let factor = alone(system, variable as usize, degree);
            let weighted: Series = factor.iter().enumerate().map(|(k, count)| count * IBig::from(k)).collect();
            let inverse = power_series::power(&Integers, &factor, &IBig::NEG_ONE);
            let logarithmic = power_series::product(&Integers, &weighted, &inverse);
            density.iter_mut().zip(&logarithmic).for_each(|(a, b)| *a += b);
            continue;
        }
        let found = ratios.connected(Root::Variable(variable), degree, work)?;
        let sum = ratios.weigh(found, None, degree, work)?;
        density.iter_mut().zip(&sum).for_each(|(a, b)| *a += b);
    }
    let mut series = power_series::one(&Integers, degree as usize);
    let cells = IBig::from(cells.clone());
    for k in 1..=degree as usize {
        let sum: IBig = (1..=k).map(|j| &density[j] * &series[k - j]).sum();
        series[k] = &cells * sum / IBig::from(k);
    }
    Ok(series)
}

/// The series of the unknowns that occur in no equation.
pub(super) fn unconstrained(system: &System, degree: u32) -> Series {
    let free = (0..system.variables.len()).filter(|&variable| system.variables[variable].ends.is_empty());
    free.fold(power_series::one(&Integers, degree as usize), |product, variable| {
        power_series::product(&Integers, &product, &alone(system, variable, degree))
    })
}

/// The series of one unknown.
fn alone(system: &System, variable: usize, degree: u32) -> Series {
    let variable = &system.variables[variable];
    let mut factor = power_series::one(&Integers, degree as usize);
    for value in system.values(variable, degree) {
        factor[System::cost(variable, value) as usize] += 1;
    }
    factor
}

/// Part of a system.
struct Neighbourhood {
    system: System,
    /// The vertices in the system itself.
    vertices: Vec<u32>,
}

/// What solutions of some degree through a vertex, and those that touch them,
/// can reach; the vertex comes first. Unknowns that lead out are left out.
fn neighbourhood(
    system: &System,
    incidence: &[Vec<u32>],
    vertex: u32,
    degree: u32,
    work: &mut Work,
) -> Result<Neighbourhood, CountError> {
    let mut vertices = vec![vertex];
    let mut place: FxHashMap<u32, u32> = FxHashMap::default();
    place.insert(vertex, 0);
    let (mut start, mut radius) = (0, 0);
    let reach = system.reach(degree);
    while start < vertices.len() && radius <= reach {
        let end = vertices.len();
        for at in start..end {
            for &variable in &incidence[vertices[at] as usize] {
                for &(other, _) in &system.variables[variable as usize].ends {
                    place.entry(other).or_insert_with(|| {
                        vertices.push(other);
                        vertices.len() as u32 - 1
                    });
                }
            }
        }
        work.spend((end - start) as u64)?;
        start = end;
        radius += 1;
    }
    let mut kept: Vec<u32> = vertices.iter().flat_map(|&v| incidence[v as usize].iter().copied()).collect();
    kept.sort_unstable();
    kept.dedup();
    let variables = kept
        .into_iter()
        .filter_map(|variable| {
            let mut variable = system.variables[variable as usize].clone();
            for (vertex, _) in &mut variable.ends {
                *vertex = *place.get(vertex)?;
            }
            Some(variable)
        })
        .collect();
    let system = System { modulus: system.modulus, vertices: vertices.len(), variables };
    Ok(Neighbourhood { system, vertices })
}

/// Where connected solutions start.
enum Root {
    Vertex(u32),
    Variable(u32),
}

/// Connected solutions, by the vertices they touch; none of these where their
/// degree leaves too little for any other solution.
type Found = BTreeMap<Vertices, Vec<u64>>;

/// The recursion.
struct Ratios<'s> {
    landscape: &'s Landscape<'s>,
    search: Search<'s>,
    /// No solution other than zero has a lower degree.
    least: u32,
}

impl<'s> Ratios<'s> {
    fn new(landscape: &'s Landscape<'s>, degree: u32, work: &mut Work) -> Result<Ratios<'s>, CountError> {
        let mut search = Search::new(landscape, true);
        // The negative of a monomial of matter is none.
        if !landscape.system.has_matter() {
            search = search.up_to_sign();
        }
        search.least = landscape.least_degree(degree, work)?;
        Ok(Ratios { landscape, least: search.least, search })
    }

    fn remove(&mut self, vertices: &[u32]) {
        self.search.remove(vertices);
    }

    fn connected(&mut self, root: Root, degree: u32, work: &mut Work) -> Result<Found, CountError> {
        let mut solutions = Found::new();
        let least = self.least;
        let system = self.landscape.system;
        let mut found = |search: &Search, left: u32| {
            let mut weight = search.multiplicity();
            if let Root::Variable(variable) = root {
                let variable = variable as usize;
                weight *= u64::from(System::cost(&system.variables[variable], search.value(variable as u32)));
            }
            let vertices = if left < least { Vertices::new() } else { search.vertices() };
            let by_degree = solutions.entry(vertices).or_insert_with(|| vec![0; degree as usize + 1]);
            by_degree[(degree - left) as usize] += weight;
            Ok(())
        };
        match root {
            Root::Vertex(vertex) => self.search.through_vertex(vertex, degree, work, &mut found)?,
            Root::Variable(variable) => self.search.through_variable(variable, degree, work, &mut found)?,
        }
        Ok(solutions)
    }

    /// The sum of t^degree(S) Z(X + S) / Z(X + v) over connected solutions S,
    /// where X are the vertices removed so far; without v for `None`.
    fn weigh(
        &mut self,
        solutions: Found,
        vertex: Option<u32>,
        degree: u32,
        work: &mut Work,
    ) -> Result<Series, CountError> {
        let mut sum = vec![IBig::ZERO; degree as usize + 1];
        for (vertices, by_degree) in solutions {
            let Some(lowest) = by_degree.iter().position(|&count| count > 0) else { continue };
            let further: Vertices = vertices.into_iter().filter(|&other| Some(other) != vertex).collect();
            let ratio = self.ratio(vertex, &further, degree - lowest as u32, work)?;
            for (at, count) in by_degree.into_iter().enumerate().filter(|&(_, count)| count > 0) {
                for (more, factor) in ratio.iter().take(degree as usize + 1 - at).enumerate() {
                    sum[at + more] += factor * IBig::from(count);
                }
            }
        }
        Ok(sum)
    }

    /// Z(X) / Z(X + v): one and the sum over connected solutions through v.
    fn sum_through(&mut self, vertex: u32, degree: u32, work: &mut Work) -> Result<Series, CountError> {
        if degree < self.least {
            return Ok(power_series::one(&Integers, degree as usize));
        }
        let found = self.connected(Root::Vertex(vertex), degree, work)?;
        let mut sum = self.weigh(found, Some(vertex), degree, work)?;
        sum[0] += 1;
        Ok(sum)
    }

    /// Z(X + first + further) / Z(X + first).
    fn ratio(
        &mut self,
        first: Option<u32>,
        further: &[u32],
        degree: u32,
        work: &mut Work,
    ) -> Result<Series, CountError> {
        let mut product = power_series::one(&Integers, degree as usize);
        if degree < self.least {
            return Ok(product);
        }
        let mut removed: Vertices = first.into_iter().collect();
        self.search.remove(&removed);
        let mut result = Ok(());
        for &vertex in further {
            match self.sum_through(vertex, degree, work) {
                Ok(sum) => product = power_series::product(&Integers, &product, &sum),
                Err(error) => {
                    result = Err(error);
                    break;
                }
            }
            self.search.remove(&[vertex]);
            removed.push(vertex);
        }
        self.search.restore(&removed);
        result.map(|()| power_series::power(&Integers, &product, &IBig::NEG_ONE))
    }
}
