//! Declared localities, and exact distances on the lattice.
//!
//! Only the set of distinct sites of a monomial counts. Distances are exact
//! integer squares, the least over periodic images; no floats decide a bond.

use super::lattice::Lattice;
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
            // Not decided by a distance.
            _ => true,
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

impl Model {
    /// The squared distance between the sites of two variables, the least
    /// over periodic images.
    pub fn squared_distance(&self, first: Variable, second: Variable) -> u64 {
        self.lattice.squared_distance_between(&self.place(first), &self.place(second))
    }
}
