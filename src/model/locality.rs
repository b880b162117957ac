//! Declared localities, and exact distances on the lattice.
//!
//! Only the set of distinct sites of a monomial counts. Distances are exact
//! integer squares, the least over periodic images; no floats decide a bond.

use super::lattice::{Boundary, Lattice, Shape};
use super::monomial::Monomial;
use super::{Model, Variable};

/// Which sets of sites a monomial may couple. A power of one site is local.
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
}

impl Locality {
    /// Whether two sites at a squared distance (as
    /// [`Lattice::squared_distance`] gives it) may occur in one monomial.
    pub fn admits(&self, lattice: &Lattice, squared: u64) -> bool {
        let unit = lattice.distance_unit();
        match *self {
            Locality::NearestNeighbor => squared <= unit,
            Locality::Range { numerator, denominator } => {
                squared as u128 * denominator as u128 <= numerator as u128 * unit as u128
            }
        }
    }

    /// Two sites of a monomial that are too far apart, by the index of a
    /// factor each; `None` where the monomial is local.
    pub fn violation(&self, model: &Model, monomial: &Monomial) -> Option<(usize, usize)> {
        let places: Vec<(Vec<i64>, usize)> = monomial.factors().iter().map(|f| model.place(f.variable)).collect();
        for first in 0..places.len() {
            for second in first + 1..places.len() {
                let squared = model.lattice.squared_distance_between(&places[first], &places[second]);
                if !self.admits(&model.lattice, squared) {
                    return Some((first, second));
                }
            }
        }
        None
    }
}

impl Lattice {
    /// The squared distance of two sites given by cell and basis site, the
    /// least over periodic images.
    pub fn squared_distance_between(&self, first: &(Vec<i64>, usize), second: &(Vec<i64>, usize)) -> u64 {
        let offset: Vec<i64> = (0..self.dimension())
            .map(|direction| {
                let offset = second.0[direction] - first.0[direction];
                // A complete lattice has no images; in the others the
                // directions are orthogonal, so each is minimised alone.
                if self.shape == Shape::Complete || self.boundaries[direction] == Boundary::Open {
                    return offset;
                }
                let extent = self.extents[direction] as i64;
                let least = offset.rem_euclid(extent);
                least.min(extent - least)
            })
            .collect();
        self.squared_distance(first.1, second.1, &offset)
    }
}

impl Model {
    /// The squared distance between the sites of two variables, the least
    /// over periodic images.
    pub fn squared_distance(&self, first: Variable, second: Variable) -> u64 {
        self.lattice.squared_distance_between(&self.place(first), &self.place(second))
    }
}
