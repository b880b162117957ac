//! Orbits of monomials as classes of an e-graph.
//!
//! Every monomial of the unit cell is added with either sign, and every
//! generator of the symmetry group makes a monomial equal to its image and
//! its negative to the negative of the image. The e-classes are the orbits. A
//! class that holds a monomial with both signs is zero: some group element
//! maps the monomial to its negative. The other classes come in pairs of
//! opposite sign, and each pair is one invariant.

use egg::{EGraph, Id, Language};
use rustc_hash::FxHashMap;

use super::CountError;
use super::coupling::Coupling;
use super::enumerate::{Monomial, Translates};
use super::group::{Element, Matrix, SpaceGroup};
use super::space::{Colour, Colours, DIRECTIONS, LARGEST, Point, Space};
use super::values::Values;

/// A generator of the symmetry group, on sites and colours.
#[derive(Clone, Debug)]
pub(super) struct Generator {
    /// The symmetry it comes from, for messages.
    pub name: String,
    /// How it moves.
    pub kind: GeneratorKind,
}

/// How a generator moves monomials.
#[derive(Clone, Debug)]
// There are a few generators, each made once.
#[allow(clippy::large_enum_variant)]
pub(super) enum GeneratorKind {
    /// It moves points.
    Space(Element),
    /// It permutes the sites, numbered row-major with basis sites fastest:
    /// site s goes to entry s.
    Sites(Vec<u32>),
    /// It exchanges the first two sites in row-major order.
    ExchangeSites,
    /// It moves every site to the next in row-major order, the last to the first.
    CycleSites,
    /// It permutes the slots of every site: slot s goes to entry s.
    Slots(Vec<usize>),
    /// It changes the sign of the variables of these slots.
    Signs(Vec<bool>),
}

/// The node of a monomial with a sign.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
struct Signed {
    monomial: u32,
    negative: bool,
}

impl Language for Signed {
    type Discriminant = Signed;
    fn discriminant(&self) -> Signed {
        self.clone()
    }
    fn matches(&self, other: &Signed) -> bool {
        self == other
    }
    fn children(&self) -> &[Id] {
        &[]
    }
    fn children_mut(&mut self) -> &mut [Id] {
        &mut []
    }
}

/// The local monomials of the unit cell.
pub(super) struct Cell {
    /// The space they live in.
    pub space: Space,
    /// What a monomial may be at a point.
    pub colours: Colours,
    /// One monomial for each class of translates, the constant first, by
    /// number of points, then sorted by place.
    pub monomials: Vec<Monomial>,
    /// Which monomials are translates.
    pub translates: Translates,
    index: FxHashMap<Monomial, u32>,
}

impl Cell {
    /// Whether every cell of the lattice has coordinates of its own, so that
    /// monomials can be listed without translations.
    pub fn fits(space: &Space) -> bool {
        space.extents.iter().all(|&extent| extent <= LARGEST)
    }

    /// The cell of a space, if it holds at most `limit` monomials.
    pub fn new(space: &Space, coupling: &Coupling, group: &SpaceGroup, limit: u64) -> Result<Cell, CountError> {
        let colours = Colours::new(space)?;
        let translates = Translates::new(space, coupling.unwrapped, &group.translations);
        let monomials = translates.monomials(space, coupling, &colours, limit)?;
        let index = monomials.iter().enumerate().map(|(at, monomial)| (monomial.clone(), at as u32)).collect();
        Ok(Cell { space: space.clone(), colours, monomials, translates, index })
    }

    /// The image of every monomial under a generator, with its sign.
    fn images(&self, generator: &Generator) -> Result<Vec<(u32, bool)>, CountError> {
        let on_colours = on_colours(&self.space, &self.colours, generator)?;
        let image = |monomial: &Monomial| {
            let mut negative = false;
            let mut image = monomial.clone();
            for (point, colour) in &mut image {
                match &generator.kind {
                    GeneratorKind::Space(element) => {
                        let there = element.image(&self.space.first_turn(point));
                        let odd = self.colours.all[*colour as usize].degree % 2 == 1;
                        negative ^= odd && self.space.turns(&there) % 2 != 0;
                        *point = there;
                    }
                    GeneratorKind::Sites(_) | GeneratorKind::ExchangeSites | GeneratorKind::CycleSites => {
                        *point = permuted(&self.space, point, &generator.kind);
                    }
                    GeneratorKind::Slots(_) | GeneratorKind::Signs(_) => {}
                }
                if let Some(on_colours) = &on_colours {
                    negative ^= on_colours[*colour as usize].1;
                    *colour = on_colours[*colour as usize].0;
                }
            }
            let image = self.translates.canonical(&self.space, &image);
            self.index.get(&image).map(|&at| (at, negative)).ok_or_else(|| not_preserved(&generator.name))
        };
        self.monomials.iter().map(image).collect()
    }

    /// The orbits that do not vanish: each is a list of monomials with signs,
    /// the first monomial positive.
    pub fn orbits(&self, generators: &[Generator]) -> Result<Vec<Vec<(u32, bool)>>, CountError> {
        let mut graph: EGraph<Signed, ()> = EGraph::default();
        let nodes: Vec<[Id; 2]> = (0..self.monomials.len() as u32)
            .map(|monomial| [false, true].map(|negative| graph.add(Signed { monomial, negative })))
            .collect();
        for generator in generators {
            for (monomial, (image, negative)) in self.images(generator)?.into_iter().enumerate() {
                for sign in [false, true] {
                    graph.union(nodes[monomial][sign as usize], nodes[image as usize][(sign ^ negative) as usize]);
                }
            }
        }
        graph.rebuild();
        let mut orbit_of_class: FxHashMap<Id, usize> = FxHashMap::default();
        let mut orbits: Vec<Vec<(u32, bool)>> = Vec::new();
        for (monomial, [positive, negative]) in nodes.iter().enumerate() {
            let (positive, negative) = (graph.find(*positive), graph.find(*negative));
            if positive == negative {
                continue;
            }
            if let Some(&orbit) = orbit_of_class.get(&positive) {
                orbits[orbit].push((monomial as u32, false));
            } else if let Some(&orbit) = orbit_of_class.get(&negative) {
                orbits[orbit].push((monomial as u32, true));
            } else {
                orbit_of_class.insert(positive, orbits.len());
                orbits.push(vec![(monomial as u32, false)]);
            }
        }
        Ok(orbits)
    }
}

/// Where a generator takes each colour, and with which sign; `None` for
/// generators that leave colours alone.
pub(super) fn on_colours(
    space: &Space,
    colours: &Colours,
    generator: &Generator,
) -> Result<Option<Vec<(u32, bool)>>, CountError> {
    // Where each slot goes, and whether its sign changes.
    let slots: Vec<(u32, bool)> = match &generator.kind {
        GeneratorKind::Space(element) if !space.locked.is_empty() => turned_slots(space, &element.matrix)?,
        GeneratorKind::Space(_)
        | GeneratorKind::Sites(_)
        | GeneratorKind::ExchangeSites
        | GeneratorKind::CycleSites => return Ok(None),
        GeneratorKind::Slots(to) => to.iter().map(|&to| (to as u32, false)).collect(),
        GeneratorKind::Signs(odd) => odd.iter().enumerate().map(|(slot, &odd)| (slot as u32, odd)).collect(),
    };
    let image = |colour: &Colour| {
        let mut negative = false;
        let mut image = colour.clone();
        for (slot, exponent) in &mut image.powers {
            let (to, odd) = slots[*slot as usize];
            negative ^= odd && *exponent % 2 == 1;
            *slot = to;
        }
        image.powers.sort_unstable();
        colours.index(&image).map(|at| (at, negative))
    };
    let images = colours.all.iter().map(image).collect::<Option<Vec<_>>>();
    images.map(Some).ok_or_else(|| not_preserved(&generator.name))
}

/// The image of a site under a permutation of all sites, numbered row-major
/// with the sites of a cell fastest.
fn permuted(space: &Space, point: &Point, kind: &GeneratorKind) -> Point {
    let extent = |direction: usize| space.extents[direction] as i64;
    let basis = space.sites as i64;
    let sites: i64 = (0..space.dimension()).map(extent).product::<i64>() * basis;
    let cell = (0..space.dimension()).fold(0, |index, direction| {
        index * extent(direction) + (point.cell[direction] as i64).rem_euclid(extent(direction))
    });
    let index = cell * basis + point.at as i64;
    let mut image_index = match kind {
        GeneratorKind::Sites(to) => to[index as usize] as i64,
        GeneratorKind::CycleSites => (index + 1) % sites,
        _ if index < 2 && sites > 1 => 1 - index,
        _ => index,
    };
    let at = (image_index % basis) as u16;
    image_index /= basis;
    let mut cell = [0; DIRECTIONS];
    for direction in (0..space.dimension()).rev() {
        cell[direction] = (image_index % extent(direction)) as i16;
        image_index /= extent(direction);
    }
    Point { cell, at }
}

/// Where the components of fields that space turns go under a motion of this
/// linear part, with signs: the motion has to permute the Cartesian axes.
fn turned_slots(space: &Space, matrix: &Matrix) -> Result<Vec<(u32, bool)>, CountError> {
    let refused = || {
        CountError::Unsupported(
            "a list of the couplings of components that this lattice turns by other angles than right ones; their \
             number is counted where there are more of them"
                .to_owned(),
        )
    };
    let cartesian = space.geometry.cartesian.as_ref().ok_or_else(refused)?;
    let dimension = space.dimension();
    // The cell vector a goes to the sum over b of matrix[b][a] times cell
    // vector b; Cartesian axis x goes to the axis y with that sign where all
    // cell vectors' components agree.
    let turned = |a: usize, y: usize| -> i64 { (0..dimension).map(|b| matrix[b][a] as i64 * cartesian[b][y]).sum() };
    let mut axes = Vec::new();
    for x in 0..dimension {
        let image = (0..dimension)
            .flat_map(|y| [(y, 1), (y, -1)])
            .find(|&(y, sign)| (0..dimension).all(|a| turned(a, y) == sign * cartesian[a][x]));
        axes.push(image.ok_or_else(refused)?);
    }
    let mut swaps = 0;
    for a in 0..dimension {
        for b in a + 1..dimension {
            swaps += (axes[a].0 > axes[b].0) as usize;
        }
    }
    let determinant = axes.iter().map(|&(_, sign)| sign).product::<i64>() * if swaps % 2 == 0 { 1 } else { -1 };
    let mut slots = Vec::new();
    let mut first = 0;
    for (at, &(components, values)) in space.values.fields.iter().enumerate() {
        // One component of q categories has q - 1 slots.
        let components = match values {
            Values::Categories(q) => components * q.saturating_sub(1),
            _ => components,
        };
        for component in 0..components {
            slots.push(match space.locked.iter().find(|(locked, _)| *locked == at) {
                None => (first + component, false),
                Some(&(_, axial)) => {
                    if components as usize != dimension || values != Values::Real {
                        return Err(refused());
                    }
                    let (to, sign) = axes[component as usize];
                    (first + to as u32, sign * if axial { determinant } else { 1 } < 0)
                }
            });
        }
        first += components;
    }
    Ok(slots)
}

fn not_preserved(symmetry: &str) -> CountError {
    CountError::NotPreserved {
        symmetry: symmetry.to_owned(),
        reason: "it takes an allowed monomial to one that the locality or the degree excludes".to_owned(),
    }
}
