//! The geometry of lattices: cell vectors, basis sites, exact distances, and
//! the motions that keep it.
//!
//! Positions are integer vectors: the coordinates along the cell vectors in
//! units of 1/`scale` of them. Squared lengths are an integer quadratic form
//! of such vectors, the Gram matrix of the cell vectors, so no float decides
//! a distance. Two sites are nearest neighbours when their squared distance
//! is `unit`.

use super::lattice::{Bond, Boundary, Lattice, Shape};

/// The geometry of a lattice's cell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Geometry {
    /// The Gram matrix of the cell vectors, in some unit.
    pub gram: Vec<Vec<i64>>,
    /// Positions are in units of 1/`scale` of the cell vectors.
    pub scale: i64,
    /// The position of each basis site in the cell.
    pub basis: Vec<Vec<i64>>,
    /// The point that point groups leave in place: a site, or the centre of a
    /// hexagon of the honeycomb and kagome lattices.
    pub center: Vec<i64>,
    /// The squared distance of nearest neighbours.
    pub unit: u64,
    /// The Cartesian components of the cell vectors, one row a vector, in
    /// units of 1/2, where these are integers; they are not for the
    /// lattices with threefold axes in the plane.
    pub cartesian: Option<Vec<Vec<i64>>>,
}

impl Geometry {
    /// The squared length of a difference of positions; saturating.
    pub fn squared_length(&self, difference: &[i64]) -> u64 {
        let mut squared = 0i128;
        for (row, &a) in self.gram.iter().zip(difference) {
            for (&g, &b) in row.iter().zip(difference) {
                squared = squared.saturating_add((g as i128).saturating_mul(a as i128).saturating_mul(b as i128));
            }
        }
        u64::try_from(squared).unwrap_or(u64::MAX)
    }

    /// The position of a basis site in a cell.
    pub fn position(&self, cell: &[i64], basis: usize) -> Vec<i64> {
        cell.iter().zip(&self.basis[basis]).map(|(&c, &b)| c * self.scale + b).collect()
    }

    /// The cell and basis site at a position, if there is a site.
    pub fn site_at(&self, position: &[i64]) -> Option<(Vec<i64>, usize)> {
        (0..self.basis.len()).find_map(|basis| {
            let offsets = position.iter().zip(&self.basis[basis]).map(|(&p, &b)| p - b);
            let cell: Option<Vec<i64>> =
                offsets.map(|o| (o.rem_euclid(self.scale) == 0).then(|| o.div_euclid(self.scale))).collect();
            cell.map(|cell| (cell, basis))
        })
    }
}

/// A motion of space: the position p goes to `matrix p + shift`, in the units
/// of [`Geometry`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Isometry {
    /// What it does, in words, such as `reversal of x`.
    pub name: String,
    /// The linear part in coordinates along the cell vectors, one row a
    /// direction.
    pub matrix: Vec<Vec<i64>>,
    /// The displacement after it, in units of 1/`scale` of the cell vectors.
    pub shift: Vec<i64>,
}

impl Isometry {
    /// Where a position goes.
    pub fn position(&self, position: &[i64]) -> Vec<i64> {
        self.matrix
            .iter()
            .zip(&self.shift)
            .map(|(row, shift)| row.iter().zip(position).map(|(m, p)| m * p).sum::<i64>() + shift)
            .collect()
    }
}

impl Lattice {
    /// The geometry of the cell. A complete lattice has none of its own: it
    /// is given that of a line, and [`Lattice::squared_distance`] knows
    /// better.
    pub fn geometry(&self) -> Geometry {
        let dimension = self.dimension();
        let diagonal = |value: i64, other: i64| -> Vec<Vec<i64>> {
            (0..dimension)
                .map(|row| (0..dimension).map(|column| if row == column { value } else { other }).collect())
                .collect()
        };
        let origin = vec![0; dimension];
        let plain = Geometry {
            gram: diagonal(1, 0),
            scale: 1,
            basis: vec![origin.clone()],
            center: origin.clone(),
            unit: 1,
            cartesian: Some(diagonal(2, 0)),
        };
        // The two cell vectors of the lattices with hexagons enclose 60
        // degrees; their squared length is twice that of the Gram matrix's unit.
        let hexagonal = Geometry { gram: diagonal(2, 1), unit: 2, cartesian: None, ..plain.clone() };
        match self.shape {
            Shape::Point | Shape::Line | Shape::Hypercubic | Shape::Complete | Shape::Graph => plain,
            Shape::Triangular => hexagonal,
            Shape::Honeycomb => {
                Geometry { scale: 3, basis: vec![vec![0, 0], vec![1, 1]], center: vec![2, 2], unit: 6, ..hexagonal }
            }
            Shape::Kagome => Geometry {
                scale: 2,
                basis: vec![vec![0, 0], vec![1, 0], vec![0, 1]],
                center: vec![1, 1],
                unit: 2,
                ..hexagonal
            },
            // The primitive cells: (-1,1,1)/2 and so on, and (0,1,1)/2 and so on.
            Shape::BodyCentered => {
                let cartesian = diagonal(-1, 1).into_iter().map(|row| row.into_iter().collect()).collect();
                Geometry { gram: diagonal(3, -1), unit: 3, cartesian: Some(cartesian), ..plain }
            }
            Shape::FaceCentered => Geometry { gram: diagonal(2, 1), unit: 2, cartesian: Some(diagonal(0, 1)), ..plain },
        }
    }

    /// The squared Euclidean distance of two sites given by basis site and
    /// the displacement between their cells, in units of which
    /// [`Lattice::distance_unit`] is that of nearest neighbours. Periodic
    /// images are not looked at.
    pub fn squared_distance(&self, from: usize, to: usize, offset: &[i64]) -> u64 {
        if matches!(self.shape, Shape::Complete | Shape::Graph) {
            return (from != to || offset.iter().any(|&o| o != 0)) as u64;
        }
        let geometry = self.geometry();
        let there = geometry.position(offset, to);
        let difference: Vec<i64> = there.iter().zip(&geometry.basis[from]).map(|(a, b)| a - b).collect();
        geometry.squared_length(&difference)
    }

    /// The squared distance of nearest neighbours in the units of
    /// [`Lattice::squared_distance`].
    pub fn distance_unit(&self) -> u64 {
        self.geometry().unit
    }

    /// The squared distance of two sites given by cell and basis site, the
    /// least over periodic images.
    ///
    /// Sites of a graph that are no neighbours are farther than any distance;
    /// the two ends of the edge of a cell ([`crate::model::Frame`]) are
    /// neighbours.
    pub fn squared_distance_between(&self, first: &(Vec<i64>, usize), second: &(Vec<i64>, usize)) -> u64 {
        if let Some(graph) = &self.graph {
            let [from, to] = [first, second].map(|site| usize::try_from(site.0[0]).unwrap_or(usize::MAX));
            return match first == second {
                true => 0,
                false if first.1 + second.1 > 0 || graph.edge(from, to).is_some() => 1,
                false => u64::MAX,
            };
        }
        let offset: Vec<i64> = (0..self.dimension())
            .map(|direction| {
                let offset = second.0[direction] - first.0[direction];
                if self.shape == Shape::Complete || self.boundaries[direction] == Boundary::Open {
                    return offset;
                }
                let extent = self.extents[direction] as i64;
                let least = offset.rem_euclid(extent);
                if least > extent / 2 { least - extent } else { least }
            })
            .collect();
        let near = self.squared_distance(first.1, second.1, &offset);
        if matches!(self.shape, Shape::Point | Shape::Line | Shape::Hypercubic | Shape::Complete) && self.basis() == 1 {
            // Orthogonal directions: each is minimised alone.
            return near;
        }
        self.least_image(first.1, second.1, &offset, near)
    }

    /// The least squared distance over the periodic images of a displacement,
    /// given that of one image. A vector no longer than `known` has
    /// coordinates within a bound from the inverse of the Gram matrix, and
    /// only images within it are looked at.
    fn least_image(&self, from: usize, to: usize, offset: &[i64], known: u64) -> u64 {
        let geometry = self.geometry();
        let start: Vec<i64> =
            geometry.position(offset, to).iter().zip(&geometry.basis[from]).map(|(a, b)| a - b).collect();
        let mut images = vec![start.clone()];
        for direction in 0..self.dimension() {
            if self.boundaries[direction] == Boundary::Open {
                continue;
            }
            let step = self.extents[direction] as i128 * geometry.scale as i128;
            // v_d^2 <= known * (G^-1)_dd, and (G^-1)_dd <= 2 for all shapes
            // here (it is at most 2/3, 1, or 1/2 times the unit of G).
            let bound = ((2 * known as u128).isqrt() + 1).min(1 << 40) as i128;
            let mut next = Vec::new();
            for image in &images {
                let at = image[direction] as i128;
                let least = (-bound - at).div_euclid(step);
                let most = (bound - at).div_euclid(step);
                for turns in least.max(-64)..=most.min(64) {
                    let mut moved = image.clone();
                    moved[direction] = (at + turns * step) as i64;
                    next.push(moved);
                }
            }
            images = next;
        }
        images.iter().map(|image| geometry.squared_length(image)).min().unwrap_or(known).min(known)
    }

    /// The pairs of sites of one cell at the k-th smallest distance, k from
    /// one: each pair of the infinite lattice is the translate of exactly one
    /// of them. Sorted by the basis site they start from, then by offset, the
    /// first direction's first.
    pub fn shell(&self, k: usize) -> Vec<Bond> {
        if !self.has_directions() || self.dimension() == 0 || k == 0 {
            return Vec::new();
        }
        let geometry = self.geometry();
        let mut radius = 1i64;
        loop {
            let bonds = self.pairs_within(&geometry, radius);
            let mut distances: Vec<u64> = bonds.iter().map(|(squared, _)| *squared).collect();
            distances.sort_unstable();
            distances.dedup();
            // Complete up to the distance that a step of radius + 1 cells may have.
            let safe = (geometry.scale as i128 * radius as i128).pow(2) as u64 / 2;
            if distances.len() >= k && (distances[k - 1] <= safe || radius > 16) {
                let wanted = distances[k - 1];
                return bonds.into_iter().filter(|(squared, _)| *squared == wanted).map(|(_, bond)| bond).collect();
            }
            radius += 1;
        }
    }

    /// All pairs with offsets of at most `radius` cells in each direction,
    /// each once, with their squared distance.
    fn pairs_within(&self, geometry: &Geometry, radius: i64) -> Vec<(u64, Bond)> {
        let mut offsets: Vec<Vec<i64>> = vec![Vec::new()];
        for _ in 0..self.dimension() {
            offsets = offsets
                .into_iter()
                .flat_map(|offset| {
                    (-radius..=radius).rev().map(move |step| {
                        let mut next = offset.clone();
                        next.push(step);
                        next
                    })
                })
                .collect();
        }
        let mut pairs = Vec::new();
        for from in 0..geometry.basis.len() {
            for offset in &offsets {
                let sign = offset.iter().find(|&&step| step != 0).map_or(0, |step| step.signum());
                for to in 0..geometry.basis.len() {
                    // Of a pair and its reverse one is kept.
                    if sign < 0 || (sign == 0 && to <= from) {
                        continue;
                    }
                    let there = geometry.position(offset, to);
                    let difference: Vec<i64> = there.iter().zip(&geometry.basis[from]).map(|(a, b)| a - b).collect();
                    pairs.push((geometry.squared_length(&difference), Bond { from, to, offset: offset.clone() }));
                }
            }
        }
        pairs
    }
}
