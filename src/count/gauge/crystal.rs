//! Links of a periodic lattice of any size, given by one cell.

use dashu_int::UBig;
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;

use super::super::CountError;
use super::graph::{LinkGraph, SignedPermutation};
use super::system::Matter;

/// The most links of a lattice that is written out.
const LARGEST_GRAPH: u64 = 200_000;

/// The largest point group.
const LARGEST_POINT_GROUP: usize = 2000;

/// The longest period, and the largest entry of an offset or a matrix.
const LONGEST_PERIOD: u64 = 1 << 60;
const LARGEST_OFFSET: u64 = 1000;

/// A periodic lattice with links: cells with equal vertices and links.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LinkCrystal {
    /// The number of cells in each direction.
    pub periods: Vec<u64>,
    /// The number of vertices of a cell.
    pub sites: usize,
    /// The links that begin in a cell. No two have the same ends. Matter at a
    /// vertex stands among them as one that returns to it.
    pub links: Vec<CellLink>,
    /// Which of the links are matter at a vertex.
    pub matter: BTreeMap<usize, Matter>,
    /// Plaquettes of a cell, as links with whether they are passed against
    /// their direction; only for contractible loops.
    pub plaquettes: Vec<Vec<(PlacedLink, bool)>>,
    /// Whether translations by cells are symmetries.
    pub translations: bool,
    /// Generators of the other symmetries of space.
    pub point_group: Vec<CellMap>,
}

/// A link of a cell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CellLink {
    /// The vertex of the cell that it leaves.
    pub from: usize,
    /// The vertex that it enters.
    pub to: usize,
    /// The cell of that vertex less its own.
    pub offset: Vec<i64>,
}

/// A link somewhere on the lattice.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PlacedLink {
    /// The cell in which it begins.
    pub cell: Vec<i64>,
    /// Which of the links of the cell it is.
    pub link: usize,
}

/// An affine map of the lattice: vertex b of cell c goes to vertex
/// `images[b].0` of cell `matrix c + images[b].1`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CellMap {
    /// The rows of a matrix of integers.
    pub matrix: Vec<Vec<i64>>,
    /// The image of each vertex of the cell at the origin.
    pub images: Vec<(usize, Vec<i64>)>,
}

/// A [`CellMap`] as it acts on links: link l of cell c goes to link
/// `links[l].0` of cell `matrix c + links[l].1`, reversed if `links[l].2`.
#[derive(Clone, Debug)]
pub(super) struct LinkMap {
    pub matrix: Vec<Vec<i64>>,
    pub links: Vec<(usize, Vec<i64>, bool)>,
}

impl LinkMap {
    /// The image of a link and whether it is reversed.
    pub fn image(&self, placed: &PlacedLink) -> (PlacedLink, bool) {
        let (link, shift, reversed) = &self.links[placed.link];
        (PlacedLink { cell: sum(&times(&self.matrix, &placed.cell), shift), link: *link }, *reversed)
    }
}

impl LinkCrystal {
    /// The number of cells.
    pub fn cells(&self) -> UBig {
        self.periods.iter().map(|&period| UBig::from(period)).product()
    }

    /// The number of links of all cells.
    pub fn size(&self) -> UBig {
        self.cells() * UBig::from(self.links.len())
    }

    /// Checks that cells, links and maps fit each other, and that the maps are
    /// symmetries.
    pub fn check(&self) -> Result<(), CountError> {
        let fault = |what: String| Err(CountError::Unsupported(what));
        let dimension = self.periods.len();
        let bounded = |vector: &[i64]| {
            vector.len() == dimension && vector.iter().all(|entry| entry.unsigned_abs() <= LARGEST_OFFSET)
        };
        if dimension > 8 || self.periods.iter().any(|period| !(1..=LONGEST_PERIOD).contains(period)) {
            return fault("periods below 1 or above 2^60, or more than 8 directions".to_owned());
        }
        let mut ends = FxHashSet::default();
        for (at, link) in self.links.iter().enumerate() {
            if link.from >= self.sites || link.to >= self.sites || !bounded(&link.offset) {
                return fault(format!("link {at} of a cell ends nowhere"));
            }
            if self.matter.contains_key(&at) {
                if link.from != link.to || link.offset.iter().any(|&entry| entry != 0) {
                    return fault(format!("matter {at} of a cell is at two vertices"));
                }
                continue;
            }
            if link.from == link.to && self.wrapped(&link.offset).iter().all(|&entry| entry == 0) {
                return fault(format!("link {at} of a cell returns to its own vertex: a period is too short"));
            }
            let back = (link.to, link.from, link.offset.iter().map(|&entry| -entry).collect::<Vec<i64>>());
            if !ends.insert((link.from, link.to, link.offset.clone())) || ends.contains(&back) {
                return fault(format!("link {at} of a cell has the ends of another"));
            }
        }
        let placed = |(placed, _): &(PlacedLink, bool)| placed.link < self.links.len() && bounded(&placed.cell);
        if let Some(at) = self.plaquettes.iter().position(|plaquette| !plaquette.iter().all(placed)) {
            return fault(format!("plaquette {at} has a link that does not exist"));
        }
        for (at, map) in self.point_group.iter().enumerate() {
            let shaped = map.matrix.len() == dimension
                && map.matrix.iter().all(|row| bounded(row))
                && map.images.len() == self.sites
                && map.images.iter().all(|(site, shift)| *site < self.sites && bounded(shift));
            if !shaped {
                return fault(format!("symmetry {at} of the lattice is no map of its cells"));
            }
            self.link_map(map)?;
            // It must take periods to periods.
            for (row, &period) in map.matrix.iter().zip(&self.periods) {
                for (&entry, &other) in row.iter().zip(&self.periods) {
                    if (i128::from(entry) * i128::from(other)) % i128::from(period) != 0 {
                        return Err(CountError::NotPreserved {
                            symmetry: format!("symmetry {at} of the lattice"),
                            reason: "it turns a period into a direction with another".to_owned(),
                        });
                    }
                }
            }
        }
        Ok(())
    }

    /// How a map acts on links.
    pub(super) fn link_map(&self, map: &CellMap) -> Result<LinkMap, CountError> {
        let refusal = || CountError::NotPreserved {
            symmetry: "a symmetry of the lattice".to_owned(),
            reason: "it takes a link to two vertices that no link joins".to_owned(),
        };
        let mut links = Vec::with_capacity(self.links.len());
        let mut seen = vec![false; self.links.len()];
        for (at, link) in self.links.iter().enumerate() {
            let (from, start) = &map.images[link.from];
            let (to, end) = &map.images[link.to];
            let end = sum(&times(&map.matrix, &link.offset), end);
            let offset = difference(&end, start);
            let back: Vec<i64> = offset.iter().map(|&entry| -entry).collect();
            let same = |l: &CellLink| (l.from, l.to) == (*from, *to) && l.offset == offset;
            let reversed = |l: &CellLink| (l.from, l.to) == (*to, *from) && l.offset == back;
            let find = |wanted: &dyn Fn(&CellLink) -> bool| {
                let mut links = self.links.iter().enumerate();
                links.position(|(other, link)| self.matter.get(&other) == self.matter.get(&at) && wanted(link))
            };
            let image = match (find(&same), find(&reversed)) {
                (Some(at), _) => (at, start.clone(), false),
                (None, Some(at)) => (at, end, true),
                (None, None) => return Err(refusal()),
            };
            if std::mem::replace(&mut seen[image.0], true) {
                return Err(refusal());
            }
            links.push(image);
        }
        Ok(LinkMap { matrix: map.matrix.clone(), links })
    }

    /// The group that the maps generate, up to translations where these are
    /// symmetries; the identity comes first.
    pub(super) fn elements(&self) -> Result<Vec<CellMap>, CountError> {
        let dimension = self.periods.len();
        let unit = |row: usize| (0..dimension).map(|column| i64::from(row == column)).collect();
        let identity = CellMap {
            matrix: (0..dimension).map(unit).collect(),
            images: (0..self.sites).map(|site| (site, vec![0; dimension])).collect(),
        };
        let generators: Vec<CellMap> = self.point_group.iter().map(|map| self.placed(map.clone())).collect();
        let mut known: FxHashSet<CellMap> = FxHashSet::default();
        known.insert(identity.clone());
        let mut group = vec![identity];
        let mut at = 0;
        while at < group.len() {
            for generator in &generators {
                let images = group[at].images.iter().map(|(site, shift)| {
                    let (image, more) = &generator.images[*site];
                    (*image, sum(&times(&generator.matrix, shift), more))
                });
                let columns: Vec<Vec<i64>> = (0..dimension)
                    .map(|column| {
                        let entries: Vec<i64> = group[at].matrix.iter().map(|row| row[column]).collect();
                        times(&generator.matrix, &entries)
                    })
                    .collect();
                let matrix = (0..dimension).map(|row| columns.iter().map(|column| column[row]).collect()).collect();
                let product = self.placed(CellMap { matrix, images: images.collect() });
                let large = product.matrix.iter().flatten().any(|entry| entry.unsigned_abs() > LARGEST_OFFSET);
                if large || group.len() > LARGEST_POINT_GROUP {
                    return Err(CountError::TooMany {
                        what: "symmetries of the lattice",
                        needed: UBig::from(LARGEST_POINT_GROUP) + UBig::ONE,
                        limit: LARGEST_POINT_GROUP as u64,
                    });
                }
                if known.insert(product.clone()) {
                    group.push(product);
                }
            }
            at += 1;
        }
        Ok(group)
    }

    /// The map that stands for all that differ by symmetric translations.
    fn placed(&self, mut map: CellMap) -> CellMap {
        let origin = match map.images.first() {
            Some((_, shift)) if self.translations => shift.clone(),
            _ => vec![0; self.periods.len()],
        };
        for (_, shift) in &mut map.images {
            *shift = difference(shift, &origin);
            if !self.translations {
                *shift = self.wrapped(shift);
            }
        }
        map
    }

    /// A cell with every coordinate in [0, period).
    pub(super) fn wrapped(&self, cell: &[i64]) -> Vec<i64> {
        cell.iter().zip(&self.periods).map(|(&entry, &period)| entry.rem_euclid(period as i64)).collect()
    }

    /// Whether some closed walk of this many links may wind around the lattice.
    pub fn winds(&self, length: u32) -> bool {
        self.periods.iter().enumerate().any(|(direction, &period)| {
            let steps = self.links.iter().map(|link| link.offset[direction].unsigned_abs()).max().unwrap_or(0);
            period <= steps * u64::from(length)
        })
    }

    /// The lattice written out, with its generators. Link l of the cell with
    /// number c has the number `c * links + l`, and cells are numbered row by
    /// row, the last direction first; [`LinkCrystal::place`] finds them again.
    pub fn graph(&self) -> Result<LinkGraph, CountError> {
        self.check()?;
        let cells = self.written_out()?;
        let dimension = self.periods.len();
        let mut graph = LinkGraph { vertices: cells * self.sites, ..LinkGraph::default() };
        for at in 0..cells {
            let cell = self.cell(at);
            for (number, link) in self.links.iter().enumerate() {
                if let Some(matter) = self.matter.get(&number) {
                    graph.matter.insert(graph.links.len(), *matter);
                }
                let end = self.index(&sum(&cell, &link.offset));
                graph.links.push((at * self.sites + link.from, end * self.sites + link.to));
            }
            for plaquette in &self.plaquettes {
                let placed = plaquette.iter().map(|(placed, reversed)| {
                    (self.index(&sum(&cell, &placed.cell)) * self.links.len() + placed.link, *reversed)
                });
                graph.plaquettes.push(placed.collect());
            }
        }
        if self.translations {
            for direction in (0..dimension).filter(|&direction| self.periods[direction] > 1) {
                let mut map = self.elements_identity();
                map.links.iter_mut().for_each(|(_, shift, _)| shift[direction] = 1);
                graph.generators.push(self.permutation(&map, cells));
            }
        }
        for map in &self.point_group {
            graph.generators.push(self.permutation(&self.link_map(map)?, cells));
        }
        Ok(graph)
    }

    fn elements_identity(&self) -> LinkMap {
        let dimension = self.periods.len();
        let unit = |row: usize| (0..dimension).map(|column| i64::from(row == column)).collect();
        LinkMap {
            matrix: (0..dimension).map(unit).collect(),
            links: (0..self.links.len()).map(|link| (link, vec![0; dimension], false)).collect(),
        }
    }

    /// The number of cells of a lattice that is small enough to be written
    /// out.
    pub(super) fn written_out(&self) -> Result<usize, CountError> {
        let size = self.size();
        if size > UBig::from(LARGEST_GRAPH) {
            return Err(CountError::TooMany { what: "links", needed: size, limit: LARGEST_GRAPH });
        }
        usize::try_from(self.cells())
            .ok()
            .filter(|&cells| cells as u64 <= LARGEST_GRAPH)
            .ok_or_else(|| CountError::TooMany { what: "cells", needed: self.cells(), limit: LARGEST_GRAPH })
    }

    /// A map on the lattice written out.
    pub(super) fn permutation(&self, map: &LinkMap, cells: usize) -> SignedPermutation {
        let images = (0..cells).flat_map(|at| {
            let cell = self.cell(at);
            (0..self.links.len()).map(move |link| {
                let (image, reversed) = map.image(&PlacedLink { cell: cell.clone(), link });
                (self.index(&image.cell) * self.links.len() + image.link, reversed)
            })
        });
        SignedPermutation(images.collect())
    }

    /// The number of a cell, row by row.
    pub(super) fn index(&self, cell: &[i64]) -> usize {
        self.wrapped(cell).iter().zip(&self.periods).fold(0, |index, (&c, &l)| index * l as usize + c as usize)
    }

    /// The link that has a number in [`LinkCrystal::graph`].
    pub fn place(&self, link: usize) -> PlacedLink {
        let links = self.links.len().max(1);
        PlacedLink { cell: self.cell(link / links), link: link % links }
    }

    /// The cell of a number.
    pub(super) fn cell(&self, mut index: usize) -> Vec<i64> {
        let mut cell = vec![0; self.periods.len()];
        for (entry, &period) in cell.iter_mut().zip(&self.periods).rev() {
            *entry = (index % period as usize) as i64;
            index /= period as usize;
        }
        cell
    }
}

/// A matrix times a vector.
pub(super) fn times(matrix: &[Vec<i64>], vector: &[i64]) -> Vec<i64> {
    matrix
        .iter()
        .map(|row| row.iter().zip(vector).map(|(a, b)| a.wrapping_mul(*b)).fold(0, i64::wrapping_add))
        .collect()
}

/// The sum of two vectors.
pub(super) fn sum(a: &[i64], b: &[i64]) -> Vec<i64> {
    a.iter().zip(b).map(|(a, b)| a.wrapping_add(*b)).collect()
}

/// The difference of two vectors.
pub(super) fn difference(a: &[i64], b: &[i64]) -> Vec<i64> {
    a.iter().zip(b).map(|(a, b)| a.wrapping_sub(*b)).collect()
}
