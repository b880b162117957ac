//! Orbits of monomials as classes of an e-graph.
//!
//! Every monomial of the unit cell is added with either sign, and every
//! generator of the symmetry group makes a monomial equal to its image and
//! its negative to the negative of the image. The e-classes are the orbits. A
//! class that holds a monomial with both signs is zero: some group element
//! maps the monomial to its negative. The other classes come in pairs of
//! opposite sign, and each pair is one invariant.

use dashu_int::UBig;
use egg::{EGraph, Id, Language};
use rustc_hash::FxHashMap;

use super::CountError;
use super::enumerate::{Monomial, Sites, Supports, canonical, monomials_on, placed};
use super::group::Element;
use super::series;
use super::space::{Colour, Colours, DIRECTIONS, LARGEST, Site, Space};
use super::values::Cycle;
use super::values::average::Traces;

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
pub(super) enum GeneratorKind {
    /// It moves sites.
    Space(Element),
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
    /// What a monomial may be at a site.
    pub colours: Colours,
    /// One monomial for each class of translates, the constant first, by
    /// number of sites, then sorted by place.
    pub monomials: Vec<Monomial>,
    index: FxHashMap<Monomial, u32>,
}

impl Cell {
    /// The number of monomials that a cell would hold; an upper bound where
    /// supports have stabilizers.
    pub fn size(space: &Space, supports: &Supports) -> Result<UBig, CountError> {
        let ungrouped = series::ungrouped(space);
        let mut traces = Traces::new(&ungrouped)?;
        let mut size = UBig::ONE;
        for (kind, count) in supports.kinds(space) {
            let patterns = series::natural(traces.trace(&Cycle::fixed(kind.len)).clone()) * UBig::from(count);
            size += if space.translated { patterns } else { patterns * kind.places(space) };
        }
        Ok(size)
    }

    /// Whether every site of the lattice has coordinates of its own, so that
    /// monomials can be listed without translations.
    pub fn fits(space: &Space) -> bool {
        space.extents.iter().all(|&extent| extent <= LARGEST)
    }

    /// The cell of a space, if it holds at most `limit` monomials.
    pub fn new(space: &Space, supports: &Supports, limit: u64) -> Result<Cell, CountError> {
        let needed = Cell::size(space, supports)?;
        if needed > UBig::from(limit) {
            return Err(CountError::TooMany { what: "monomials in a unit cell", needed, limit });
        }
        let colours = Colours::new(space);
        let unwrapped = supports.unwrapped;
        let mut monomials: Vec<Monomial> = Vec::new();
        if !space.homogeneous || space.degree == 0 {
            monomials.push(Monomial::new());
        }
        match space.translated {
            true => {
                for support in supports.iter() {
                    let first = monomials.len();
                    let sites: Sites = support.sites().copied().collect();
                    monomials_on(space, &colours, &sites, |monomial| {
                        monomials.push(match support.stabilizer {
                            1 => monomial,
                            _ => canonical(space, unwrapped, &monomial),
                        });
                    });
                    if support.stabilizer > 1 {
                        monomials[first..].sort_unstable();
                    }
                }
                monomials.dedup();
            }
            false => {
                for sites in placed(space, supports) {
                    monomials_on(space, &colours, &sites, |monomial| monomials.push(monomial));
                }
            }
        }
        if !unwrapped {
            // Canonical supports need not carry canonical monomials.
            for monomial in &mut monomials {
                *monomial = canonical(space, unwrapped, monomial);
            }
        }
        let index = monomials.iter().enumerate().map(|(at, monomial)| (monomial.clone(), at as u32)).collect();
        Ok(Cell { space: space.clone(), colours, monomials, index })
    }

    /// The image of every monomial under a generator, with its sign.
    fn images(&self, generator: &Generator) -> Result<Vec<(u32, bool)>, CountError> {
        let on_colours = self.on_colours(generator)?;
        let unwrapped = self.space.unwrapped();
        let image = |monomial: &Monomial| {
            let mut negative = false;
            let mut image = monomial.clone();
            for (site, colour) in &mut image {
                match &generator.kind {
                    GeneratorKind::Space(element) => *site = element.image(site, self.space.dimension()),
                    GeneratorKind::ExchangeSites | GeneratorKind::CycleSites => {
                        *site = permuted(&self.space, site, matches!(generator.kind, GeneratorKind::CycleSites));
                    }
                    GeneratorKind::Slots(_) | GeneratorKind::Signs(_) => {}
                }
                if let Some(on_colours) = &on_colours {
                    negative ^= on_colours[*colour as usize].1;
                    *colour = on_colours[*colour as usize].0;
                }
            }
            let image = canonical(&self.space, unwrapped, &image);
            self.index.get(&image).map(|&at| (at, negative)).ok_or_else(|| not_preserved(&generator.name))
        };
        self.monomials.iter().map(image).collect()
    }

    /// Where a generator takes each colour, and with which sign; `None` for
    /// generators that leave colours alone.
    fn on_colours(&self, generator: &Generator) -> Result<Option<Vec<(u32, bool)>>, CountError> {
        let image = |colour: &Colour| match &generator.kind {
            GeneratorKind::Space(_) | GeneratorKind::ExchangeSites | GeneratorKind::CycleSites => None,
            GeneratorKind::Slots(to) => {
                let mut image = colour.clone();
                image.powers.iter_mut().for_each(|(slot, _)| *slot = to[*slot as usize] as u32);
                image.powers.sort_unstable();
                self.colours.index(&image).map(|at| (at, false))
            }
            GeneratorKind::Signs(odd) => {
                let negative = colour.powers.iter().filter(|(slot, _)| odd[*slot as usize]).map(|&(_, e)| e as u32);
                self.colours.index(colour).map(|at| (at, negative.sum::<u32>() % 2 == 1))
            }
        };
        match generator.kind {
            GeneratorKind::Space(_) | GeneratorKind::ExchangeSites | GeneratorKind::CycleSites => Ok(None),
            GeneratorKind::Slots(_) | GeneratorKind::Signs(_) => {
                let images = self.colours.0.iter().map(image).collect::<Option<Vec<_>>>();
                images.map(Some).ok_or_else(|| not_preserved(&generator.name))
            }
        }
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

/// The image of a site when all sites, in row-major order, are cycled or the
/// first two exchanged.
fn permuted(space: &Space, site: &Site, cycled: bool) -> Site {
    let extent = |direction: usize| space.extents[direction] as i64;
    let sites: i64 = (0..space.dimension()).map(extent).product();
    let index = (0..space.dimension())
        .fold(0, |index, direction| index * extent(direction) + (site[direction] as i64).rem_euclid(extent(direction)));
    let mut image_index = match cycled {
        true => (index + 1) % sites,
        false if index < 2 && sites > 1 => 1 - index,
        false => index,
    };
    let mut image = [0; DIRECTIONS];
    for direction in (0..space.dimension()).rev() {
        image[direction] = (image_index % extent(direction)) as i16;
        image_index /= extent(direction);
    }
    image
}

fn not_preserved(symmetry: &str) -> CountError {
    CountError::NotPreserved {
        symmetry: symmetry.to_owned(),
        reason: "it takes an allowed monomial to one that the locality or the degree excludes".to_owned(),
    }
}

const _: () = assert!(DIRECTIONS >= crate::model::MAX_DIRECTIONS);
