//! Declared localities, and exact distances on the lattice.
//!
//! Only the set of distinct sites of a monomial counts, a bond being its two ends. Distances are exact
//! integer squares, the least over periodic images; no floats decide a bond.

use super::field::Place;
use super::geometry::Isometry;
use super::graph::Graph;
use super::lattice::{Boundary, Lattice, Shape};
use super::monomial::Monomial;
use super::{Model, Variable};

/// Which sets of sites a monomial may couple. A power of one site is local. A
/// variable on a bond counts as both sites of the bond.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Locality {
    /// Every two of the sites are nearest neighbours.
    NearestNeighbor,
    /// Every two of the sites lie within this squared Euclidean distance, in
    /// units of the nearest-neighbour distance: numerator and denominator.
    Range {
        /// Numerator of the squared range.
        numerator: u64,
        /// Denominator of the squared range.
        denominator: u64,
    },
    /// Every two of the sites are at most k-th neighbours: at most at the k-th
    /// smallest distance of the lattice.
    Shell(u32),
    /// Every two of the sites are at most this many bonds apart.
    GraphRadius(u32),
    /// All sites lie in a window of this many consecutive cells in every
    /// direction.
    Window(u32),
    /// The sites and the bonds between them are connected.
    Connected,
    /// All sites belong to one elementary plaquette.
    Plaquette,
    /// At most this many sites; `pairs` is two.
    Bodies(u32),
}

/// How a monomial is not local.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Nonlocal {
    /// Two of its factors, by index, are too far apart.
    Apart(usize, usize),
    /// It couples so many sites.
    Sites(usize),
    /// Its sites together are no set of the declared shape.
    Set,
}

/// A site by its cell and basis site.
type Site = (Vec<i64>, usize);

impl Locality {
    /// The largest squared distance (as [`Lattice::squared_distance`] gives it)
    /// of two sites of a monomial; `None` where no distance decides.
    pub fn reach(&self, lattice: &Lattice) -> Option<u64> {
        let unit = lattice.distance_unit();
        match *self {
            Locality::NearestNeighbor => Some(unit),
            Locality::Range { numerator, denominator } => {
                let reach = numerator as u128 * unit as u128 / (denominator as u128).max(1);
                Some(u64::try_from(reach).unwrap_or(u64::MAX))
            }
            Locality::Shell(0) => Some(0),
            Locality::Shell(_) if !lattice.has_directions() => Some(unit),
            Locality::Shell(k) => Some(
                lattice
                    .shell(k as usize)
                    .first()
                    .map_or(0, |bond| lattice.squared_distance(bond.from, bond.to, &bond.offset)),
            ),
            _ => None,
        }
    }

    /// Whether two sites at a squared distance (as
    /// [`Lattice::squared_distance`] gives it) may occur in one monomial.
    pub fn admits(&self, lattice: &Lattice, squared: u64) -> bool {
        self.reach(lattice).is_none_or(|reach| squared <= reach)
    }

    /// Whether a set of sites may be coupled. Coordinates need not be within
    /// the periods; sites may occur several times.
    pub fn admits_sites(&self, lattice: &Lattice, sites: &[Site]) -> bool {
        let mut sites: Vec<Site> = sites.iter().map(|(cell, basis)| (wrapped(lattice, cell), *basis)).collect();
        sites.sort_unstable();
        sites.dedup();
        let pairs = || (0..sites.len()).flat_map(|b| (0..b).map(move |a| (a, b)));
        match *self {
            Locality::Bodies(most) => sites.len() <= most as usize,
            Locality::GraphRadius(most) => {
                pairs().all(|(a, b)| within_bonds(lattice, &sites[a], &sites[b], most as u64))
            }
            Locality::Window(width) => {
                (0..lattice.dimension()).all(|direction| fits_window(lattice, &sites, direction, width as i64))
            }
            Locality::Connected => {
                let unit = lattice.distance_unit();
                let joined = |a: &Site, b: &Site| lattice.squared_distance_between(a, b) <= unit;
                is_connected(&sites, joined)
            }
            Locality::Plaquette => sites.len() <= 1 || in_plaquette(lattice, &sites),
            Locality::NearestNeighbor | Locality::Range { .. } | Locality::Shell(_) => {
                let Some(reach) = self.reach(lattice) else { return true };
                pairs().all(|(a, b)| lattice.squared_distance_between(&sites[a], &sites[b]) <= reach)
            }
        }
    }

    /// Whether a motion of the lattice takes local sets of sites to local
    /// ones. All keep distances and bonds, but not all keep windows of cells.
    pub fn kept_by(&self, lattice: &Lattice, motion: &Isometry) -> bool {
        if !matches!(self, Locality::Window(_)) {
            return true;
        }
        let single = |row: &Vec<i64>| row.iter().filter(|&&entry| entry != 0).count() == 1;
        let Some(sites) = motion.sites(&lattice.geometry()) else { return false };
        motion.matrix.iter().all(single) && sites.iter().all(|site| site.shift == sites[0].shift)
    }

    /// How a monomial is not local; `None` where it is.
    pub fn violation(&self, model: &Model, monomial: &Monomial) -> Option<Nonlocal> {
        let lattice = &model.lattice;
        let places: Vec<Vec<Site>> = monomial.factors().iter().map(|f| model.sites_of(f.variable)).collect();
        let all: Vec<Site> = places.iter().flatten().cloned().collect();
        let apart = |broken: &dyn Fn(&Site, &Site) -> bool| {
            let pairs = (0..places.len()).flat_map(|b| (0..=b).map(move |a| (a, b)));
            pairs
                .filter(|&(a, b)| places[a].iter().any(|first| places[b].iter().any(|second| broken(first, second))))
                .map(|(a, b)| Nonlocal::Apart(a, b))
                .next()
        };
        match *self {
            Locality::NearestNeighbor | Locality::Range { .. } | Locality::Shell(_) => {
                let reach = self.reach(lattice)?;
                apart(&|a, b| lattice.squared_distance_between(a, b) > reach)
            }
            Locality::GraphRadius(most) => apart(&|a, b| !within_bonds(lattice, a, b, most as u64)),
            _ if self.admits_sites(lattice, &all) => None,
            Locality::Bodies(_) => {
                let distinct: std::collections::BTreeSet<Site> =
                    all.iter().map(|(cell, basis)| (wrapped(lattice, cell), *basis)).collect();
                Some(Nonlocal::Sites(distinct.len()))
            }
            _ => Some(Nonlocal::Set),
        }
    }
}

/// A cell within the periods.
fn wrapped(lattice: &Lattice, cell: &[i64]) -> Vec<i64> {
    let wrap = |(direction, &at): (usize, &i64)| match lattice.boundaries[direction] {
        Boundary::Periodic | Boundary::Twisted => at.rem_euclid(lattice.extents[direction].min(i64::MAX as u64) as i64),
        Boundary::Open => at,
    };
    cell.iter().enumerate().map(wrap).collect()
}

/// The most sites that are visited to count the bonds between two.
const MOST_VISITED: usize = 200_000;

/// Whether one site is reached from another by so many bonds at most. The end
/// of an open direction makes no path longer.
fn within_bonds(lattice: &Lattice, from: &Site, to: &Site, most: u64) -> bool {
    let (from, to) = ((wrapped(lattice, &from.0), from.1), (wrapped(lattice, &to.0), to.1));
    if lattice.shape == Shape::Complete || from == to {
        return from == to || most >= 1;
    }
    if let Some(graph) = &lattice.graph {
        return graph_within(graph, lattice, &from, &to, most);
    }
    if matches!(lattice.shape, Shape::Line | Shape::Hypercubic) {
        let steps = |direction: usize| {
            let direct = from.0[direction].abs_diff(to.0[direction]);
            match lattice.boundaries[direction] {
                Boundary::Periodic | Boundary::Twisted => direct.min(lattice.extents[direction] - direct),
                Boundary::Open => direct,
            }
        };
        return (0..lattice.dimension()).map(steps).fold(0, u64::saturating_add) <= most;
    }
    let bonds = lattice.bonds();
    let mut known = std::collections::BTreeSet::from([from.clone()]);
    let mut layer = vec![from];
    for _ in 0..most {
        let mut next = Vec::new();
        for (cell, basis) in &layer {
            for bond in &bonds {
                for (start, end, sign) in [(bond.from, bond.to, 1), (bond.to, bond.from, -1)] {
                    if start != *basis {
                        continue;
                    }
                    let moved: Vec<i64> = cell.iter().zip(&bond.offset).map(|(c, o)| c + sign * o).collect();
                    let site = (wrapped(lattice, &moved), end);
                    if site == to {
                        return true;
                    }
                    if known.insert(site.clone()) {
                        next.push(site);
                    }
                }
            }
        }
        if next.is_empty() || known.len() > MOST_VISITED {
            return false;
        }
        layer = next;
    }
    false
}

/// As [`within_bonds`], on a graph.
fn graph_within(graph: &Graph, lattice: &Lattice, from: &Site, to: &Site, most: u64) -> bool {
    if lattice.squared_distance_between(from, to) <= 1 {
        return most >= 1;
    }
    let [start, end] = [from, to].map(|site| site.0[0] as usize);
    let mut known = std::collections::BTreeSet::from([start]);
    let mut layer = vec![start];
    for _ in 0..most {
        let around = layer.iter().flat_map(|&site| graph.neighbours(site)).map(|&(site, _)| site as usize);
        layer = around.filter(|&site| known.insert(site)).collect();
        if layer.is_empty() || known.len() > MOST_VISITED {
            return false;
        }
        if known.contains(&end) {
            return true;
        }
    }
    false
}

/// Whether so many consecutive cells along a direction hold all sites.
fn fits_window(lattice: &Lattice, sites: &[Site], direction: usize, width: i64) -> bool {
    let mut at: Vec<i64> = sites.iter().map(|(cell, _)| cell[direction]).collect();
    at.sort_unstable();
    let (Some(first), Some(last)) = (at.first(), at.last()) else { return true };
    let gaps = at.windows(2).map(|pair| pair[1] - pair[0]);
    match lattice.boundaries[direction] {
        Boundary::Open => last - first < width,
        Boundary::Periodic | Boundary::Twisted => {
            let extent = lattice.extents[direction].min(i64::MAX as u64) as i64;
            let widest = gaps.chain([first + extent - last]).max().unwrap_or(extent);
            extent - widest < width
        }
    }
}

fn is_connected(sites: &[Site], joined: impl Fn(&Site, &Site) -> bool) -> bool {
    let mut reached = vec![false; sites.len()];
    let mut open: Vec<usize> = (0..sites.len().min(1)).collect();
    open.iter().for_each(|&at| reached[at] = true);
    while let Some(at) = open.pop() {
        for next in 0..sites.len() {
            if !reached[next] && joined(&sites[at], &sites[next]) {
                reached[next] = true;
                open.push(next);
            }
        }
    }
    reached.into_iter().all(|reached| reached)
}

/// Whether all sites, within the periods, are corners of one plaquette, which
/// may be cut by an open end.
fn in_plaquette(lattice: &Lattice, sites: &[Site]) -> bool {
    lattice.faces().iter().any(|corners| {
        corners.iter().filter(|(_, basis)| *basis == sites[0].1).any(|(corner, _)| {
            let moved: Vec<Site> = corners
                .iter()
                .map(|(cell, basis)| {
                    let cell: Vec<i64> = (0..cell.len()).map(|d| sites[0].0[d] + cell[d] - corner[d]).collect();
                    (wrapped(lattice, &cell), *basis)
                })
                .collect();
            sites.iter().all(|site| moved.contains(site))
        })
    })
}

impl Model {
    /// The sites that a variable belongs to: its own, or the two ends of its
    /// bond.
    pub fn sites_of(&self, variable: Variable) -> Vec<(Vec<i64>, usize)> {
        let (cell, point) = self.place(variable);
        let field = self.frame.slot(variable.slot()).field as usize;
        match self.fields[field].place {
            Place::Sites => vec![(cell, point)],
            Place::Bonds => {
                let bond = &self.lattice.bonds()[point];
                let end = cell.iter().zip(&bond.offset).map(|(c, o)| c + o).collect();
                vec![(cell, bond.from), (end, bond.to)]
            }
        }
    }

    /// The largest squared distance between sites of two variables, each the
    /// least over periodic images.
    pub fn squared_distance(&self, first: Variable, second: Variable) -> u64 {
        let (first, second) = (self.sites_of(first), self.sites_of(second));
        let pairs = first.iter().flat_map(|a| second.iter().map(move |b| (a, b)));
        pairs.map(|(a, b)| self.lattice.squared_distance_between(a, b)).max().unwrap_or(0)
    }
}
