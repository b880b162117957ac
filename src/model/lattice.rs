//! Lattices: where the fields live.
//!
//! A lattice has directions with an extent and a boundary each, a number of
//! basis sites in every cell, and bonds to nearest neighbours. Nothing here
//! enumerates sites: every answer is about one cell.

use std::fmt;
use std::sync::Arc;

use super::graph::Graph;

/// The shape of a lattice.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Shape {
    /// No lattice: the fields live on a single site.
    Point,
    /// One direction; `ring` is periodic, `chain` open.
    Line,
    /// Square (rectangular), cubic and hypercubic lattices, by the number of extents.
    Hypercubic,
    /// Every pair of sites is a bond; no geometry.
    Complete,
    /// The bonds are the edges of a graph from a file; no geometry.
    Graph,
    /// Two directions at 60 degrees, one site a cell, six neighbours.
    Triangular,
    /// Two sites a cell of the triangular lattice, three neighbours.
    Honeycomb,
    /// Three sites a cell of the triangular lattice, four neighbours.
    Kagome,
    /// Body-centred cubic: the primitive cell, eight neighbours.
    BodyCentered,
    /// Face-centred cubic: the primitive cell, twelve neighbours.
    FaceCentered,
}

/// What happens at the two ends of a direction.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Boundary {
    /// The ends are joined.
    Periodic,
    /// The direction ends: a term that would reach beyond is absent.
    Open,
    /// The ends are joined, and a value that goes around changes its sign:
    /// antiperiodic.
    Twisted,
}

impl Boundary {
    /// Whether the ends are joined.
    pub fn is_joined(self) -> bool {
        self != Boundary::Open
    }
}

/// A lattice of cells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lattice {
    /// The shape.
    pub shape: Shape,
    /// The number of cells in each direction.
    pub extents: Vec<u64>,
    /// The boundary of each direction.
    pub boundaries: Vec<Boundary>,
    /// The graph whose edges are the bonds; of [`Shape::Graph`] alone.
    pub graph: Option<Arc<Graph>>,
}

/// A bond of the unit cell: from a basis site of the cell at hand to a basis
/// site of the cell displaced by `offset`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Bond {
    /// The basis site of the cell at hand.
    pub from: usize,
    /// The basis site of the displaced cell.
    pub to: usize,
    /// The displacement in cells, one number a direction.
    pub offset: Vec<i64>,
}

impl Lattice {
    /// The lattice of a spec without one: a single site.
    pub fn point() -> Lattice {
        Lattice { shape: Shape::Point, extents: Vec::new(), boundaries: Vec::new(), graph: None }
    }

    /// The lattice of a graph: one direction of its sites, without steps.
    pub fn of_graph(graph: Graph) -> Lattice {
        let extents = vec![graph.sites() as u64];
        Lattice { shape: Shape::Graph, extents, boundaries: vec![Boundary::Periodic], graph: Some(Arc::new(graph)) }
    }

    /// Whether the lattice has directions to step along: positions, distances
    /// and translations.
    pub fn has_directions(&self) -> bool {
        !matches!(self.shape, Shape::Point | Shape::Complete | Shape::Graph)
    }

    /// Whether the spec has a lattice.
    pub fn is_point(&self) -> bool {
        self.shape == Shape::Point
    }

    /// The number of directions.
    pub fn dimension(&self) -> usize {
        self.extents.len()
    }

    /// The number of sites in a cell.
    pub fn basis(&self) -> usize {
        self.sublattices().len().max(1)
    }

    /// The names of the sublattices, one for each site of a cell in order;
    /// none where a cell has one site.
    pub fn sublattices(&self) -> &'static [&'static str] {
        match self.shape {
            Shape::Honeycomb => &["A", "B"],
            Shape::Kagome => &["A", "B", "C"],
            _ => &[],
        }
    }

    /// The number of cells; `None` beyond 2^64.
    pub fn cells(&self) -> Option<u64> {
        self.extents.iter().try_fold(1u64, |product, &extent| product.checked_mul(extent))
    }

    /// The number of sites; `None` beyond 2^64.
    pub fn sites(&self) -> Option<u64> {
        self.extents.iter().try_fold(self.basis() as u64, |product, &extent| product.checked_mul(extent))
    }

    /// The bonds of one cell: each bond of the lattice is the translate of
    /// exactly one of them, a bond that the wrapping doubles (a direction of
    /// two sites) counting twice. Empty for `complete`, whose bonds are all
    /// pairs, and for graphs.
    pub fn bonds(&self) -> Vec<Bond> {
        match self.shape {
            Shape::Point | Shape::Complete | Shape::Graph => Vec::new(),
            Shape::Line | Shape::Hypercubic => (0..self.dimension())
                .map(|direction| {
                    let mut offset = vec![0; self.dimension()];
                    offset[direction] = 1;
                    Bond { from: 0, to: 0, offset }
                })
                .collect(),
            _ => self.shell(1),
        }
    }

    /// The pairs of second neighbours of one cell, counted as [`Lattice::bonds`]
    /// counts bonds: the sites at the second-smallest distance of the
    /// geometry. Empty where there is no such distance.
    pub fn second_bonds(&self) -> Vec<Bond> {
        let dimension = self.dimension();
        let offset = |entries: &[(usize, i64)]| {
            let mut offset = vec![0; dimension];
            for &(direction, steps) in entries {
                offset[direction] = steps;
            }
            Bond { from: 0, to: 0, offset }
        };
        match self.shape {
            Shape::Point | Shape::Complete | Shape::Graph => Vec::new(),
            Shape::Line | Shape::Hypercubic if dimension == 1 => vec![offset(&[(0, 2)])],
            Shape::Line | Shape::Hypercubic => (0..dimension)
                .flat_map(|a| (a + 1..dimension).map(move |b| (a, b)))
                .flat_map(|(a, b)| [offset(&[(a, 1), (b, 1)]), offset(&[(a, 1), (b, -1)])])
                .collect(),
            _ => self.shell(2),
        }
    }

    /// The name of a direction in offsets: x, y, z, w, then d5, d6.
    pub fn direction_name(direction: usize) -> String {
        match direction {
            0 => "x".to_owned(),
            1 => "y".to_owned(),
            2 => "z".to_owned(),
            3 => "w".to_owned(),
            _ => format!("d{}", direction + 1),
        }
    }

    /// The coordinates of the cell with a row-major index.
    pub fn coordinates(&self, mut cell: u64) -> Vec<u64> {
        let mut coordinates = vec![0; self.dimension()];
        for direction in (0..self.dimension()).rev() {
            coordinates[direction] = cell % self.extents[direction];
            cell /= self.extents[direction];
        }
        coordinates
    }

    /// The row-major index of a cell.
    pub fn cell_index(&self, coordinates: &[u64]) -> u64 {
        coordinates.iter().zip(&self.extents).fold(0, |index, (&c, &extent)| index * extent + c)
    }
}

impl fmt::Display for Lattice {
    /// As it is written in a spec, such as `square(4, 6) open y`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let extents: Vec<String> = self.extents.iter().map(u64::to_string).collect();
        let all_open = !self.extents.is_empty() && self.boundaries.iter().all(|&b| b == Boundary::Open);
        let name = match (self.shape, self.dimension()) {
            (Shape::Point, _) => return write!(f, "none"),
            (Shape::Complete, _) => return write!(f, "complete({})", extents[0]),
            (Shape::Graph, _) => {
                let file = self.graph.as_ref().map_or("", |graph| graph.file.as_str());
                return write!(f, "graph(\"{file}\")");
            }
            (Shape::Line, _) => {
                let name = if all_open { "chain" } else { "ring" };
                let twisted = if self.boundaries[0] == Boundary::Twisted { " twisted" } else { "" };
                return write!(f, "{name}({}){twisted}", extents[0]);
            }
            (Shape::Hypercubic, 2) => "square",
            (Shape::Hypercubic, 3) => "cubic",
            (Shape::Hypercubic, _) => "hypercubic",
            (Shape::Triangular, _) => "triangular",
            (Shape::Honeycomb, _) => "honeycomb",
            (Shape::Kagome, _) => "kagome",
            (Shape::BodyCentered, _) => "bcc",
            (Shape::FaceCentered, _) => "fcc",
        };
        write!(f, "{name}({})", extents.join(", "))?;
        for (boundary, word) in [(Boundary::Open, "open"), (Boundary::Twisted, "twisted")] {
            let of: Vec<usize> = (0..self.dimension()).filter(|&d| self.boundaries[d] == boundary).collect();
            if of.len() == self.dimension() {
                write!(f, " {word}")?;
            } else if !of.is_empty() {
                let names: Vec<String> = of.into_iter().map(Lattice::direction_name).collect();
                write!(f, " {word} {}", names.join(", "))?;
            }
        }
        Ok(())
    }
}
