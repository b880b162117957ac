//! Symmetries of space as signed permutations of the directions.
//!
//! An element takes the site x to `±x[p(d)] + shift[d]` in direction d. Where
//! all translations are symmetries too, elements are taken modulo them and
//! shifts are zero.

use std::collections::BTreeSet;

use super::CountError;
use super::space::{DIRECTIONS, Site, Space};
use crate::model::{Action, Motion};

/// The largest group that is listed.
const LARGEST_GROUP: usize = 50_000;

/// A signed permutation of the directions and a displacement.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) struct Element {
    /// The direction that each direction of the image is taken from.
    pub from: [u8; DIRECTIONS],
    /// Whether it is reversed.
    pub reversed: [bool; DIRECTIONS],
    /// What is added, in the image.
    pub shift: [i64; DIRECTIONS],
}

impl Element {
    /// The element that does nothing.
    pub fn identity() -> Element {
        Element { from: std::array::from_fn(|d| d as u8), reversed: [false; DIRECTIONS], shift: [0; DIRECTIONS] }
    }

    /// The element of an action on space; `None` for actions on values, and
    /// where it is no signed permutation of the directions.
    pub fn from_action(action: &Action, space: &Space) -> Option<Element> {
        let Motion::Space { isometry } = action.motion() else { return None };
        let mut element = Element::identity();
        for (direction, row) in isometry.matrix.iter().enumerate() {
            let source = row.iter().position(|&entry| entry != 0)?;
            if row.iter().filter(|&&entry| entry != 0).count() > 1 {
                return None;
            }
            element.from[direction] = source as u8;
            element.reversed[direction] = row[source] < 0;
            element.shift[direction] = isometry.shift[direction];
        }
        Some(element.reduced(space))
    }

    /// The element modulo the translations that are symmetries, with shifts
    /// along periodic directions within one period.
    fn reduced(mut self, space: &Space) -> Element {
        for direction in 0..space.dimension() {
            // Of two sites or one, the reversal moves none.
            self.reversed[direction] &= !space.periodic[direction] || space.extents[direction] > 2;
            if space.translated {
                self.shift[direction] = 0;
            } else if space.periodic[direction] {
                self.shift[direction] = self.shift[direction].rem_euclid(space.extents[direction] as i64);
            }
        }
        self
    }

    /// The image of a site, without the shift.
    pub fn turn(&self, site: &Site, dimension: usize) -> Site {
        std::array::from_fn(|direction| {
            let coordinate = if direction < dimension { site[self.from[direction] as usize] } else { 0 };
            if self.reversed[direction] { -coordinate } else { coordinate }
        })
    }

    /// The image of a site of a small lattice: every extent fits [`Site`].
    pub fn image(&self, site: &Site, dimension: usize) -> Site {
        let turned = self.turn(site, dimension);
        std::array::from_fn(|direction| turned[direction] + self.shift[direction] as i16)
    }

    /// First `self`, then `next`.
    pub fn then(&self, next: &Element, space: &Space) -> Element {
        let mut composed = Element::identity();
        for direction in 0..space.dimension() {
            let middle = next.from[direction] as usize;
            composed.from[direction] = self.from[middle];
            composed.reversed[direction] = self.reversed[middle] != next.reversed[direction];
            let carried = if next.reversed[direction] { -self.shift[middle] } else { self.shift[middle] };
            composed.shift[direction] = carried + next.shift[direction];
        }
        composed.reduced(space)
    }
}

/// All elements of the group of the generators, sorted.
pub(super) fn closure(generators: &[Element], space: &Space) -> Result<Vec<Element>, CountError> {
    let mut known = BTreeSet::from([Element::identity()]);
    let mut open = vec![Element::identity()];
    while let Some(element) = open.pop() {
        for generator in generators {
            let product = element.then(generator, space);
            if known.insert(product.clone()) {
                open.push(product);
            }
        }
        if known.len() > LARGEST_GROUP {
            return Err(CountError::TooMany {
                what: "elements of the point group",
                needed: known.len().into(),
                limit: LARGEST_GROUP as u64,
            });
        }
    }
    Ok(known.into_iter().collect())
}
