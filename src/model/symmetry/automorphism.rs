//! Automorphisms of the graph of bonds.
//!
//! Generators are found site by site, as in a strong generating set: with the
//! sites before it kept in place, a site is sent to every other that it can
//! still go to, and an automorphism that does so is looked for by continuing
//! along bonds. Sites are taken in the order of a walk from the first, so that
//! each is bound by its neighbours.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::NoSuchSymmetry;
use super::action::Action;
use super::permutation::{of_sites, permutations};
use super::point_group::geometric;
use crate::model::field::Place;
use crate::model::{Boundary, Lattice, Model, Shape};

/// The steps of the search before it gives up: a fraction of a second.
const MOST_STEPS: u64 = 20_000_000;

/// The most sites of a graph.
const MOST_SITES: u64 = 4_096;

/// Permutations of the sites of a lattice, numbered row-major with the sites of
/// a cell fastest, that generate all that take bonds to bonds; a bond that the
/// wrapping doubles goes to such a one. `None` where there are too many sites
/// to search.
pub fn graph_automorphisms(lattice: &Lattice) -> Option<Vec<Vec<usize>>> {
    let sites = lattice.cells()?.checked_mul(lattice.basis() as u64).filter(|&sites| sites <= MOST_SITES)?;
    if lattice.shape == Shape::Complete {
        let sites = sites as usize;
        let exchange = (0..sites).map(|site| if site < 2 && sites > 1 { 1 - site } else { site }).collect();
        return Some(vec![exchange, (0..sites).map(|site| (site + 1) % sites).collect()]);
    }
    Graph::new(lattice).generators()
}

/// Generators of the permutations of the sites that keep the bonds.
pub(super) fn automorphisms(model: &Model) -> Result<Vec<Action>, NoSuchSymmetry> {
    if model.lattice.shape == Shape::Complete {
        return permutations(model);
    }
    if model.lattice.graph.is_none() {
        geometric(&model.lattice, "graph_automorphism")?;
    }
    if model.lattice.boundaries.contains(&Boundary::Twisted) {
        return Err(NoSuchSymmetry {
            message: "automorphisms of the graph do not know the signs around a twisted direction".to_owned(),
            hint: "use `translation` and `point_group`".to_owned(),
        });
    }
    if !model.frame.directions.is_empty() {
        return Err(NoSuchSymmetry {
            message: "automorphisms of the graph do not map unit cells to unit cells".to_owned(),
            hint: "use `translation` and `point_group`".to_owned(),
        });
    }
    if let Some(field) = model.fields.iter().find(|field| field.place == Place::Bonds) {
        return Err(NoSuchSymmetry {
            message: format!("the field {} lives on bonds, where automorphisms of the graph do not act", field.name),
            hint: "use `translation` and `point_group`".to_owned(),
        });
    }
    let Some(generators) = graph_automorphisms(&model.lattice) else {
        return Err(NoSuchSymmetry {
            message: format!("the automorphisms of {} are too many to search", model.lattice),
            hint: "use `translation` and `point_group`, which need no search".to_owned(),
        });
    };
    let action = |permutation: Vec<usize>| {
        let moved = permutation.iter().enumerate().find(|(site, to)| site != *to);
        let name = match moved {
            Some((site, to)) => format!("automorphism that takes site {site} to {to}"),
            None => "identity".to_owned(),
        };
        Action::slots(name, of_sites(model, &|site| permutation[site]))
    };
    Ok(generators.into_iter().map(action).collect())
}

struct Graph {
    /// The neighbours of each site with the number of bonds to each.
    neighbours: Vec<BTreeMap<usize, usize>>,
    /// The sites in the order of a walk.
    order: Vec<usize>,
    /// The place of each site in that order.
    rank: Vec<usize>,
}

impl Graph {
    fn new(lattice: &Lattice) -> Graph {
        let basis = lattice.basis();
        let cells: usize = lattice.extents.iter().map(|&extent| extent as usize).product();
        let mut neighbours = vec![BTreeMap::new(); cells * basis];
        for &[from, to] in lattice.graph.iter().flat_map(|graph| graph.edges()) {
            neighbours[from as usize].insert(to as usize, 1);
            neighbours[to as usize].insert(from as usize, 1);
        }
        let bonds = lattice.bonds();
        for cell in 0..cells {
            let coordinates = lattice.coordinates(cell as u64);
            'bonds: for bond in &bonds {
                let mut end = Vec::with_capacity(coordinates.len());
                for (direction, &coordinate) in coordinates.iter().enumerate() {
                    let (extent, at) = (lattice.extents[direction] as i64, coordinate as i64 + bond.offset[direction]);
                    if lattice.boundaries[direction] == Boundary::Open && !(0..extent).contains(&at) {
                        continue 'bonds;
                    }
                    end.push(at.rem_euclid(extent) as u64);
                }
                let (from, to) = (cell * basis + bond.from, lattice.cell_index(&end) as usize * basis + bond.to);
                *neighbours[from].entry(to).or_insert(0) += 1;
                *neighbours[to].entry(from).or_insert(0) += 1;
            }
        }
        let (mut order, mut seen) = (Vec::new(), vec![false; neighbours.len()]);
        for start in 0..neighbours.len() {
            let mut queue = VecDeque::from([start]);
            while let Some(site) = queue.pop_front() {
                if !std::mem::replace(&mut seen[site], true) {
                    order.push(site);
                    queue.extend(neighbours[site].keys().filter(|&&next| !seen[next]));
                }
            }
        }
        let mut rank = vec![0; order.len()];
        order.iter().enumerate().for_each(|(at, &site)| rank[site] = at);
        Graph { neighbours, order, rank }
    }

    /// Generators of the group; `None` where the search takes too long.
    fn generators(&self) -> Option<Vec<Vec<usize>>> {
        let sites = self.neighbours.len();
        let mut generators: Vec<Vec<usize>> = Vec::new();
        let mut steps = 0;
        // From the last site up, so that what keeps more sites is known before.
        for level in (0..sites).rev() {
            let site = self.order[level];
            let mut reached = orbit(site, &generators);
            for &target in &self.order[level + 1..] {
                steps += 1;
                if steps > MOST_STEPS {
                    return None;
                }
                if reached.contains(&target) || !self.may_go(level, target) {
                    continue;
                }
                steps += sites as u64;
                if let Some(found) = self.extended(level, target, &mut steps)? {
                    generators.push(found);
                    reached = orbit(site, &generators);
                }
            }
        }
        generators.reverse();
        Some(generators)
    }

    /// Whether the bonds to the sites before `level`, which stay in place, let
    /// the one there go to `target`.
    fn may_go(&self, level: usize, target: usize) -> bool {
        let (bonds, there) = (&self.neighbours[self.order[level]], &self.neighbours[target]);
        let kept = bonds.iter().filter(|(next, _)| self.rank[**next] < level);
        bonds.len() == there.len() && kept.into_iter().all(|(next, count)| there.get(next) == Some(count))
    }

    /// An automorphism that keeps the sites before `level` in place and takes
    /// the one there to `target`.
    fn extended(&self, level: usize, target: usize, steps: &mut u64) -> Option<Option<Vec<usize>>> {
        let sites = self.neighbours.len();
        let mut image = vec![usize::MAX; sites];
        let mut taken = vec![false; sites];
        for &kept in &self.order[..level] {
            image[kept] = kept;
            taken[kept] = true;
        }
        // The images that are left to try at each further level.
        let mut left: Vec<Vec<usize>> = vec![vec![target]];
        loop {
            let at = level + left.len() - 1;
            let site = self.order[at];
            if image[site] != usize::MAX {
                taken[image[site]] = false;
                image[site] = usize::MAX;
            }
            let Some(candidate) = left.last_mut().and_then(Vec::pop) else {
                left.pop();
                if left.is_empty() {
                    return Some(None);
                }
                continue;
            };
            *steps += 1 + self.neighbours[site].len() as u64;
            if *steps > MOST_STEPS {
                return None;
            }
            if taken[candidate] || !self.fits(site, candidate, &image) {
                continue;
            }
            image[site] = candidate;
            taken[candidate] = true;
            if at + 1 == sites {
                return Some(Some(image));
            }
            let next = self.order[at + 1];
            let bound = self.neighbours[next].keys().find(|&&known| image[known] != usize::MAX);
            left.push(match bound {
                Some(&known) => self.neighbours[image[known]].keys().copied().filter(|&to| !taken[to]).collect(),
                None => (0..sites).filter(|&to| !taken[to]).collect(),
            });
        }
    }

    /// Whether a site can go to another, by its bonds to sites whose images are
    /// known.
    fn fits(&self, site: usize, candidate: usize, image: &[usize]) -> bool {
        let (bonds, there) = (&self.neighbours[site], &self.neighbours[candidate]);
        let alike = |(&next, count): (&usize, &usize)| {
            let known = if next == site { candidate } else { image[next] };
            known == usize::MAX || there.get(&known) == Some(count)
        };
        bonds.len() == there.len() && bonds.iter().all(alike)
    }
}

/// The sites that generators take a site to.
fn orbit(site: usize, generators: &[Vec<usize>]) -> BTreeSet<usize> {
    let mut reached = BTreeSet::from([site]);
    let mut open = vec![site];
    while let Some(at) = open.pop() {
        for generator in generators {
            if reached.insert(generator[at]) {
                open.push(generator[at]);
            }
        }
    }
    reached
}
