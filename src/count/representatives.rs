//! One monomial of every orbit, found without holding the others.
//!
//! Enter a [`Space`], its coupling and a group of motions and sign changes;
//! leave, one after the other, the monomials that are the least of their
//! orbits (orderly generation: each candidate is compared with its own images
//! and with nothing else, so that no table of monomials is kept). A support
//! has to be least among its images before the monomials on it are looked at,
//! and these are compared under the elements that keep the support. Orbits
//! whose stabilizer holds an element that changes the sign of the monomial are
//! zero and are left out.
//!
//! The least of a class of translates is, of the translates that bring one of
//! the points into the cell that stands for its class, the one that comes
//! first. A stabilizer is a set of pairs of an element and a translation, so
//! an orbit has as many monomials in a cell of the translations as there are
//! elements for one of its stabilizer; on a torus that may be a fraction.
//!
//! Where the lattice is like the infinite one and all translations are
//! symmetries, points are packed into one integer each by a linear map that
//! keeps their order: a translation is then a subtraction.

use smallvec::SmallVec;
use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::CountError;
use super::clusters::Neighbourhood;
use super::coupling::Coupling;
use super::declared::Group;
use super::enumerate::{Monomial, monomials_on, places};
use super::group::{Element, SpaceGroup};
use super::orbits::{Generator, GeneratorKind, on_colours};
use super::space::{Cell, Colours, DIRECTIONS, Point, Space};

/// The largest number of classes of cells that are looked at.
const LARGEST_PLACES: u64 = 1_000_000;

/// A cell whose coordinates may be large.
type Wide = [i64; DIRECTIONS];

/// A point with a colour, in any cell.
type Coloured = (Wide, u16, u32);

/// Where an element, followed by a translation, takes each point of a support
/// that it keeps; and which element it is.
type Keeping = (usize, SmallVec<[u16; 8]>);

/// The least monomial of an orbit.
#[derive(Clone, Debug)]
pub(super) struct Representative {
    /// The monomial.
    pub monomial: Monomial,
    /// How many elements keep it.
    pub stabilizer: u64,
}

/// Monomials and the group that acts on them.
pub(super) struct Representatives<'a> {
    space: &'a Space,
    coupling: &'a Coupling,
    group: &'a SpaceGroup,
    /// What a monomial may be at a point.
    pub colours: Colours,
    /// What each element does to colours; `None` for nothing.
    turned: Vec<Option<Vec<(u32, bool)>>>,
    /// For each sign change, the colours that it makes negative.
    flipped: Vec<Vec<bool>>,
    everything: bool,
}

impl<'a> Representatives<'a> {
    /// Whether the group is one of motions and sign changes.
    pub fn fit(group: &Group) -> bool {
        let fits = |generator: &Generator| matches!(generator.kind, GeneratorKind::Space(_) | GeneratorKind::Signs(_));
        !group.explicit && group.blocks.is_none() && group.generators.iter().all(fits)
    }

    /// For a space in colours and a group that fits.
    pub fn new(space: &'a Space, coupling: &'a Coupling, group: &'a Group) -> Result<Representatives<'a>, CountError> {
        let colours = Colours::new(space)?;
        let mut flipped = Vec::new();
        for generator in &group.generators {
            if let GeneratorKind::Signs(_) = generator.kind
                && let Some(images) = on_colours(space, &colours, generator)?
            {
                flipped.push(images.into_iter().map(|(_, odd)| odd).collect());
            }
        }
        let mut turned = Vec::new();
        for element in &group.space.elements {
            let generator = Generator { name: "point_group".to_owned(), kind: GeneratorKind::Space(element.clone()) };
            turned.push(on_colours(space, &colours, &generator)?);
        }
        let everything = group.space.translations.is_everything();
        Ok(Representatives { space, coupling, group: &group.space, colours, turned, flipped, everything })
    }

    /// The number of elements that stabilizers are compared with.
    pub fn elements(&self) -> u64 {
        self.group.elements.len() as u64
    }

    /// Calls a function on the least monomial of every orbit that is not zero:
    /// the constant first, then by the points that come first.
    pub fn each(&self, found: &mut dyn FnMut(Representative)) -> Result<(), CountError> {
        let space = self.space;
        if space.admits_constant() {
            found(Representative { monomial: Monomial::new(), stabilizer: self.elements() });
        }
        let Some(cells) = space.cells_modulo(&self.group.translations, LARGEST_PLACES) else {
            return Err(CountError::TooMany {
                what: "cells that are no translates",
                needed: super::series::natural(self.group.translations.index()),
                limit: LARGEST_PLACES,
            });
        };
        for at in 0..space.points.len() {
            let Some(mut around) = Neighbourhood::new(space, self.coupling, at)? else { continue };
            let points = around.points.clone();
            let packed = Packed::new(self, &points);
            let root = Point::at_origin(at);
            around.each(&mut |members| {
                let support: SmallVec<[Point; 8]> = members.iter().map(|&member| points[member as usize]).collect();
                if let Some(packed) = &packed {
                    if let Some(keeping) = packed.stabilizer(members) {
                        self.monomials(&support, &keeping, found);
                    }
                    return;
                }
                for by in places(space, &support, &cells) {
                    let mut placed: SmallVec<[Point; 8]> = support.iter().map(|point| point.moved(&by)).collect();
                    placed.sort_unstable();
                    if let Some((support, keeping)) = self.stabilizer(&placed, &root.moved(&by)) {
                        self.monomials(&support, &keeping, found);
                    }
                }
            })?;
        }
        Ok(())
    }

    /// All monomials of the orbit of one, up to translations, with signs; the
    /// first positive.
    pub fn orbit(&self, monomial: &Monomial) -> Vec<(Monomial, bool)> {
        let mut orbit: BTreeMap<Monomial, bool> = BTreeMap::new();
        for (element, turned) in self.group.elements.iter().zip(&self.turned) {
            let mut negative = false;
            let image = monomial.iter().map(|&(point, colour)| {
                let (colour, odd) = turned.as_ref().map_or((colour, false), |turned| turned[colour as usize]);
                negative ^= odd;
                let (cell, at) = image(element, &wide(&point.cell), point.at);
                (cell, at, colour)
            });
            let image: SmallVec<[Coloured; 8]> = image.collect();
            let least = self.translates(&image).min().unwrap_or_default();
            let narrow = |&(cell, at, colour): &Coloured| (Point { cell: cell.map(|c| c as i16), at }, colour);
            orbit.insert(least.iter().map(narrow).collect(), negative);
        }
        let first = orbit.values().next().copied().unwrap_or(false);
        orbit.into_iter().map(|(monomial, negative)| (monomial, negative != first)).collect()
    }

    /// Calls a function on the least of each orbit of monomials on a support,
    /// given the elements that keep the support.
    fn monomials(&self, support: &[Point], keeping: &[Keeping], found: &mut dyn FnMut(Representative)) {
        let mut image: SmallVec<[u32; 8]> = SmallVec::from_elem(0, support.len());
        monomials_on(self.space, &self.colours, support, |monomial| {
            let odd = |flip: &Vec<bool>| monomial.iter().filter(|(_, colour)| flip[*colour as usize]).count() % 2 == 1;
            if self.flipped.iter().any(odd) {
                return;
            }
            let mut stabilizer = 0;
            let mut vanishes = false;
            for (element, to) in keeping {
                let mut negative = false;
                for (&(_, colour), &to) in monomial.iter().zip(to) {
                    let turned = self.turned[*element].as_ref();
                    let (colour, odd) = turned.map_or((colour, false), |turned| turned[colour as usize]);
                    negative ^= odd;
                    image[to as usize] = colour;
                }
                match image.iter().cmp(monomial.iter().map(|(_, colour)| colour)) {
                    Ordering::Less => return,
                    Ordering::Equal => {
                        stabilizer += 1;
                        vanishes |= negative;
                    }
                    Ordering::Greater => {}
                }
            }
            if !vanishes {
                found(Representative { monomial, stabilizer });
            }
        });
    }

    /// A support, given with the point from which it was found, as the least
    /// of its translates, and the elements that keep it; `None` where it is not
    /// the least of its images. Where the lattice is wrapped a support is found
    /// from each of its points, and is left to the first of those that bring it
    /// to its least translate.
    fn stabilizer(&self, placed: &[Point], root: &Point) -> Option<(SmallVec<[Point; 8]>, Vec<Keeping>)> {
        let plain: SmallVec<[Coloured; 8]> = placed.iter().map(|point| (wide(&point.cell), point.at, 0)).collect();
        let own = self.translates(&plain).min().unwrap_or_default();
        if !self.coupling.unwrapped {
            let least = self.translates(&plain).enumerate().filter(|(_, translate)| *translate == own);
            let found_from = |(anchor, _): (usize, SmallVec<[Coloured; 8]>)| {
                let (cell, at, _): Coloured = plain[anchor];
                (self.reduced(&cell), at)
            };
            let from_root = (self.reduced(&wide(&root.cell)), root.at);
            let anchor = plain.iter().position(|&(cell, at, _)| (cell, at) == (wide(&root.cell), root.at))?;
            let mut translate = self.anchored(&plain, anchor);
            translate.sort_unstable();
            if translate != own || least.map(found_from).min() != Some(from_root) {
                return None;
            }
        }
        let mut keeping: Vec<Keeping> = Vec::new();
        for (at, element) in self.group.elements.iter().enumerate() {
            let turned = own.iter().map(|(cell, point, _)| {
                let (cell, point) = image(element, cell, *point);
                (cell, point, 0)
            });
            let turned: SmallVec<[Coloured; 8]> = turned.collect();
            let first = keeping.len();
            for anchor in 0..turned.len() {
                let moved = self.anchored(&turned, anchor);
                let mut sorted = moved.clone();
                sorted.sort_unstable();
                match sorted.cmp(&own) {
                    Ordering::Less => return None,
                    Ordering::Greater => {}
                    Ordering::Equal => {
                        let place = |point: &Coloured| own.binary_search(point).expect("the sets are equal") as u16;
                        let to: SmallVec<[u16; 8]> = moved.iter().map(place).collect();
                        // Points of one cell are brought there by one translation.
                        if keeping[first..].iter().all(|(_, known)| *known != to) {
                            keeping.push((at, to));
                        }
                    }
                }
            }
        }
        let narrow = |&(cell, at, _): &Coloured| Point { cell: cell.map(|c| c as i16), at };
        Some((own.iter().map(narrow).collect(), keeping))
    }

    /// The translates of a set that bring one of its points to the cell that
    /// stands for its class, each sorted.
    fn translates<'s>(&'s self, set: &'s [Coloured]) -> impl Iterator<Item = SmallVec<[Coloured; 8]>> + 's {
        (0..set.len()).map(|anchor| {
            let mut moved = self.anchored(set, anchor);
            moved.sort_unstable();
            moved
        })
    }

    fn anchored(&self, set: &[Coloured], anchor: usize) -> SmallVec<[Coloured; 8]> {
        let space = self.space;
        let from = set[anchor].0;
        let base = self.reduced(&from);
        let near = |d: usize, difference: i64| -> i64 {
            if d >= space.dimension() || !space.periodic[d] {
                return difference;
            }
            let extent = space.extents[d] as i64;
            let least = difference.rem_euclid(extent);
            if least > extent / 2 { least - extent } else { least }
        };
        set.iter()
            .map(|&(cell, at, colour)| (std::array::from_fn(|d| near(d, cell[d] - from[d]) + base[d]), at, colour))
            .collect()
    }

    /// The cell that stands for all translates of one.
    fn reduced(&self, cell: &Wide) -> Wide {
        let space = self.space;
        let mut reduced = *cell;
        if space.uniform {
            space.open_directions().for_each(|d| reduced[d] = 0);
        }
        if self.everything {
            space.periodic_directions().for_each(|d| reduced[d] = 0);
            return reduced;
        }
        let class = self.group.translations.reduced(space.periodic_part(cell));
        for (d, entry) in space.periodic_directions().zip(class) {
            // As many classes as were listed.
            reduced[d] = i64::try_from(&entry).unwrap_or(cell[d]);
        }
        reduced
    }
}

fn wide(cell: &Cell) -> Wide {
    cell.map(|c| c as i64)
}

fn image(element: &Element, cell: &Wide, at: u16) -> (Wide, u16) {
    let mut image = element.shift[at as usize];
    for (entry, row) in image.iter_mut().zip(&element.matrix) {
        *entry += row.iter().zip(cell).map(|(&m, &c)| m as i64 * c).sum::<i64>();
    }
    (image, element.to[at as usize])
}

/// The points around a root as integers, and those of their images under
/// every element.
struct Packed {
    /// The bits of the index of a point in its cell.
    bits: u32,
    own: Vec<i64>,
    images: Vec<Vec<i64>>,
}

impl Packed {
    /// `None` where sets are not told apart by differences, or do not fit.
    fn new(of: &Representatives, points: &[Point]) -> Option<Packed> {
        let space = of.space;
        let infinite = of.coupling.unwrapped && of.everything && space.open_directions().next().is_none();
        if !infinite || space.points.is_empty() {
            return None;
        }
        let moved = |element: &Element| -> Vec<(Wide, u16)> {
            let all = points.iter().map(|point| {
                let (mut cell, at) = image(element, &wide(&point.cell), point.at);
                cell.iter_mut().zip(&element.shift[0]).for_each(|(c, s)| *c -= s);
                (cell, at)
            });
            all.collect()
        };
        let own: Vec<(Wide, u16)> = points.iter().map(|point| (wide(&point.cell), point.at)).collect();
        let images: Vec<Vec<(Wide, u16)>> = of.group.elements.iter().map(moved).collect();
        let all = own.iter().chain(images.iter().flatten());
        let largest = all.flat_map(|(cell, _)| cell.iter().map(|c| c.unsigned_abs())).max().unwrap_or(0);
        // Differences of differences keep their order with so many bits each.
        let width = u64::BITS - largest.saturating_mul(8).saturating_add(8).leading_zeros();
        let bits = u64::BITS - (space.points.len() as u64).leading_zeros();
        if width * space.dimension() as u32 + bits > 61 {
            return None;
        }
        let packed = |(cell, at): &(Wide, u16)| {
            let cell = cell[..space.dimension()].iter().fold(0i64, |packed, &c| (packed << width) + c);
            (cell << bits) + *at as i64
        };
        Some(Packed {
            bits,
            own: own.iter().map(packed).collect(),
            images: images.iter().map(|image| image.iter().map(packed).collect()).collect(),
        })
    }

    /// The elements that keep a support; `None` where it is not the least of
    /// its images.
    fn stabilizer(&self, members: &[u32]) -> Option<SmallVec<[Keeping; 2]>> {
        let mut keeping = SmallVec::new();
        let mut image: SmallVec<[i64; 8]> = SmallVec::new();
        for (at, images) in self.images.iter().enumerate() {
            image.clear();
            image.extend(members.iter().map(|&member| images[member as usize]));
            image.sort_unstable();
            let origin = (image[0] >> self.bits) << self.bits;
            let own = members.iter().map(|&member| self.own[member as usize]);
            match image.iter().map(|point| point - origin).cmp(own) {
                Ordering::Less => return None,
                Ordering::Greater => {}
                Ordering::Equal => {
                    let place = |&member: &u32| {
                        let image = images[member as usize] - origin;
                        members.iter().position(|&other| self.own[other as usize] == image).expect("equal sets") as u16
                    };
                    keeping.push((at, members.iter().map(place).collect()));
                }
            }
        }
        Some(keeping)
    }
}
