//! Automorphisms of the graph of bonds of a small lattice.
//!
//! A search with a stabilizer chain: sites are fixed one after the other, and
//! for each site that the next one may go to, one automorphism that fixes the
//! earlier ones and takes it there is looked for, unless those found already
//! take it there. Together they generate the whole group, however large that
//! is.

use dashu_int::UBig;

use super::CountError;
use super::space::Space;
use crate::model::Shape;

/// The largest number of sites.
const LARGEST_GRAPH: u64 = 400;

/// The most steps of the search.
const LARGEST_SEARCH: u64 = 20_000_000;

/// Permutations of the sites, numbered row-major with the sites of a cell
/// fastest, that generate all that take bonds to bonds.
pub(super) fn generators(space: &Space) -> Result<Vec<Vec<u32>>, CountError> {
    let (_, neighbours) = graph(space)?;
    let mut search = Search { distances: distances(&neighbours), neighbours, steps: 0 };
    let sites = search.neighbours.len();
    let mut found: Vec<Vec<u32>> = Vec::new();
    // From the last site to the first: those that fix more come first, so
    // that they are of use for the orbits of the others.
    for level in (0..sites).rev() {
        let mut orbit = vec![false; sites];
        orbit[level] = true;
        grow(&mut orbit, &found);
        for image in level + 1..sites {
            if orbit[image] {
                continue;
            }
            let mut map: Vec<u32> = (0..level as u32).collect();
            map.push(image as u32);
            if search.consistent(&map) && search.complete(&mut map)? {
                found.push(map);
                grow(&mut orbit, &found);
            }
        }
    }
    Ok(found)
}

/// Adds what permutations reach.
fn grow(orbit: &mut [bool], permutations: &[Vec<u32>]) {
    let mut open: Vec<usize> = (0..orbit.len()).filter(|&site| orbit[site]).collect();
    while let Some(site) = open.pop() {
        for permutation in permutations {
            let image = permutation[site] as usize;
            if !orbit[image] {
                orbit[image] = true;
                open.push(image);
            }
        }
    }
}

/// The number of sites and the neighbours of each.
fn graph(space: &Space) -> Result<(usize, Vec<Vec<u32>>), CountError> {
    let sites = space.extents.iter().try_fold(space.sites as u64, |product, &extent| product.checked_mul(extent));
    let sites = match sites {
        Some(sites) if sites <= LARGEST_GRAPH => sites as usize,
        _ => {
            return Err(CountError::TooMany {
                what: "sites of a graph whose automorphisms are looked for",
                needed: super::series::cells(space) * UBig::from(space.sites),
                limit: LARGEST_GRAPH,
            });
        }
    };
    if space.has_bonds() {
        return Err(CountError::Unsupported(
            "automorphisms of the graph with fields on bonds; use `point_group` and `translation`".to_owned(),
        ));
    }
    let mut neighbours = vec![Vec::new(); sites];
    if space.lattice.shape == Shape::Complete {
        for (site, list) in neighbours.iter_mut().enumerate() {
            list.extend((0..sites as u32).filter(|&other| other as usize != site));
        }
        return Ok((sites, neighbours));
    }
    for cell in 0..(sites / space.sites) as u64 {
        let coordinates = space.lattice.coordinates(cell);
        for bond in space.lattice.bonds() {
            let mut end: Vec<u64> = Vec::new();
            for (d, (&coordinate, &offset)) in coordinates.iter().zip(&bond.offset).enumerate() {
                let (moved, extent) = (coordinate as i64 + offset, space.extents[d] as i64);
                if space.periodic[d] {
                    end.push(moved.rem_euclid(extent) as u64);
                } else if (0..extent).contains(&moved) {
                    end.push(moved as u64);
                }
            }
            if end.len() < coordinates.len() {
                continue;
            }
            let a = cell as usize * space.sites + bond.from;
            let b = space.lattice.cell_index(&end) as usize * space.sites + bond.to;
            if a != b {
                neighbours[a].push(b as u32);
                neighbours[b].push(a as u32);
            }
        }
    }
    for list in &mut neighbours {
        list.sort_unstable();
        list.dedup();
    }
    Ok((sites, neighbours))
}

/// The numbers of bonds between all sites.
fn distances(neighbours: &[Vec<u32>]) -> Vec<Vec<u16>> {
    let from = |start: usize| {
        let mut distances = vec![u16::MAX; neighbours.len()];
        distances[start] = 0;
        let mut shell = vec![start];
        let mut steps = 0;
        while !shell.is_empty() {
            steps += 1;
            let mut next = Vec::new();
            for site in shell {
                for &other in &neighbours[site] {
                    if distances[other as usize] == u16::MAX {
                        distances[other as usize] = steps;
                        next.push(other as usize);
                    }
                }
            }
            shell = next;
        }
        distances
    };
    (0..neighbours.len()).map(from).collect()
}

struct Search {
    neighbours: Vec<Vec<u32>>,
    distances: Vec<Vec<u16>>,
    steps: u64,
}

impl Search {
    /// Whether the last image is one more site at the right distances.
    fn consistent(&self, map: &[u32]) -> bool {
        let last = map.len() - 1;
        let image = map[last] as usize;
        self.neighbours[last].len() == self.neighbours[image].len()
            && (0..last).all(|site| {
                map[site] as usize != image && self.distances[site][last] == self.distances[map[site] as usize][image]
            })
    }

    /// Extends a partial map to all sites, if that is possible.
    fn complete(&mut self, map: &mut Vec<u32>) -> Result<bool, CountError> {
        let (start, sites) = (map.len(), self.neighbours.len());
        // Depth first; the next image to try at each site.
        let mut next = vec![0u32];
        while map.len() < sites {
            self.steps += 1;
            if self.steps > LARGEST_SEARCH {
                return Err(CountError::TooMany {
                    what: "steps in the search for automorphisms of a graph",
                    needed: UBig::from(self.steps),
                    limit: LARGEST_SEARCH,
                });
            }
            let top = next.len() - 1;
            let candidate = next[top];
            if candidate as usize == sites {
                next.pop();
                if map.len() == start {
                    return Ok(false);
                }
                map.pop();
                continue;
            }
            next[top] += 1;
            map.push(candidate);
            match self.consistent(map) {
                true => next.push(0),
                false => {
                    map.pop();
                }
            }
        }
        Ok(true)
    }
}
