//! The monomials of a model, one for each class of translates.

use dashu_int::UBig;
use smallvec::SmallVec;

use super::CountError;
use super::clusters::Neighbourhood;
use super::coupling::Coupling;
use super::integer::IntegerLattice;
use super::space::{Cell, Colour, Colours, Point, Space};

/// A monomial: its points with the index of a colour each, sorted.
pub(super) type Monomial = SmallVec<[(Point, u32); 4]>;

/// The monomials of a model, and which of them are translates.
#[derive(Clone, Debug)]
pub(super) struct Translates {
    /// The translations that are symmetries.
    translations: IntegerLattice,
    everything: bool,
    unwrapped: bool,
    /// Whether they are the periods and no others.
    periods: bool,
}

impl Translates {
    /// For a lattice of translations.
    pub fn new(space: &Space, unwrapped: bool, translations: &IntegerLattice) -> Translates {
        Translates {
            everything: translations.is_everything(),
            periods: *translations == space.periods(),
            translations: translations.clone(),
            unwrapped,
        }
    }

    /// The monomial that stands for all translates of one.
    pub fn canonical(&self, space: &Space, monomial: &Monomial) -> Monomial {
        let anchored = |anchor: &Cell| {
            let base = self.reduced(space, anchor);
            let mut translate: Monomial = monomial
                .iter()
                .map(|(point, colour)| {
                    let cell = space.near_cell(&space.difference(&point.cell, anchor));
                    (Point { cell, at: point.at }.moved(&base), *colour)
                })
                .collect();
            translate.sort_unstable();
            translate
        };
        let anchors = monomial.iter().map(|(point, _)| &point.cell);
        match self.everything && self.unwrapped {
            // The order of points is kept by translations; along a periodic
            // direction it has to be read off from displacements.
            true => {
                let Some((first, _)) = monomial.first() else { return Monomial::new() };
                let least = anchors.min_by_key(|cell| space.near_cell(&space.difference(cell, &first.cell)));
                least.map(anchored).unwrap_or_default()
            }
            false => anchors.map(anchored).min().unwrap_or_default(),
        }
    }

    /// The cell that stands for all translates of one.
    fn reduced(&self, space: &Space, cell: &Cell) -> Cell {
        let mut reduced = *cell;
        if space.uniform {
            space.open_directions().for_each(|d| reduced[d] = 0);
        }
        if self.everything {
            space.periodic_directions().for_each(|d| reduced[d] = 0);
        } else if self.periods {
            space.periodic_directions().for_each(|d| {
                reduced[d] = (cell[d] as i64).rem_euclid(space.extents[d] as i64) as i16;
            });
        } else {
            let wide = cell.map(|c| c as i64);
            let class = self.translations.reduced(space.periodic_part(&wide));
            for (d, entry) in space.periodic_directions().zip(class) {
                reduced[d] = i16::try_from(&entry).unwrap_or(cell[d]);
            }
        }
        reduced
    }

    /// All sets of coupled points, canonical and sorted; at most `limit`.
    pub fn supports(&self, space: &Space, coupling: &Coupling, limit: u64) -> Result<Vec<Vec<Point>>, CountError> {
        // Every point with the same colour.
        let classes = space.values.classes.len();
        let colour = Colour { degree: 1, powers: SmallVec::new() };
        let colours = Colours { all: vec![colour], of_class: vec![vec![0]; classes] };
        let bare = Space { homogeneous: false, constant: false, ..space.clone() };
        let monomials = self.monomials(&bare, coupling, &colours, limit)?;
        Ok(monomials.into_iter().map(|monomial| monomial.into_iter().map(|(point, _)| point).collect()).collect())
    }

    /// All monomials with the coupling, canonical, the constant first, then by
    /// number of points, then sorted; at most `limit`.
    pub fn monomials(
        &self,
        space: &Space,
        coupling: &Coupling,
        colours: &Colours,
        limit: u64,
    ) -> Result<Vec<Monomial>, CountError> {
        let too_many =
            |needed: u64| CountError::TooMany { what: "monomials in a unit cell", needed: UBig::from(needed), limit };
        let Some(cells) = space.cells_modulo(&self.translations, limit) else {
            return Err(CountError::TooMany {
                what: "monomials in a unit cell",
                needed: super::series::natural(self.translations.index()),
                limit,
            });
        };
        let mut monomials: Vec<Monomial> = Vec::new();
        if space.admits_constant() {
            monomials.push(Monomial::new());
        }
        let mut overfull = None;
        for at in 0..space.points.len() {
            let Some(mut around) = Neighbourhood::new(space, coupling, at)? else { continue };
            let points = around.points.clone();
            around.each(&mut |members| {
                if overfull.is_some() {
                    return;
                }
                let support: SmallVec<[Point; 8]> = members.iter().map(|&member| points[member as usize]).collect();
                for by in places(space, &support, &cells) {
                    let placed: SmallVec<[Point; 8]> = support.iter().map(|point| point.moved(&by)).collect();
                    monomials_on(space, colours, &placed, |monomial| {
                        monomials.push(self.canonical(space, &monomial));
                    });
                    // Wrapped supports are met once for each of their points.
                    if monomials.len() as u64 > limit.saturating_mul(if self.unwrapped { 1 } else { 8 }) {
                        overfull = Some(monomials.len() as u64);
                        return;
                    }
                }
            })?;
        }
        if let Some(needed) = overfull {
            return Err(too_many(needed));
        }
        monomials.sort_unstable_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
        monomials.dedup();
        if monomials.len() as u64 > limit {
            return Err(too_many(monomials.len() as u64));
        }
        Ok(monomials)
    }
}

/// The displacements that take a support to its places: to each of the given
/// cells along periodic directions, and wherever it fits along the others.
pub(super) fn places(space: &Space, support: &[Point], cells: &[Cell]) -> Vec<Cell> {
    let mut places = cells.to_vec();
    for direction in space.open_directions() {
        let sites = support.iter().flat_map(|point| {
            space.points[point.at as usize].sites.iter().map(move |site| site.cell[direction] + point.cell[direction])
        });
        let (least, greatest) = (sites.clone().min().unwrap_or(0), sites.max().unwrap_or(0));
        let extent = space.extents[direction].min(i16::MAX as u64) as i16;
        let last = if space.uniform { (extent - 1 - greatest).min(-least) } else { extent - 1 - greatest };
        places = places
            .iter()
            .flat_map(|place| {
                (-least..=last).map(move |step| {
                    let mut next = *place;
                    next[direction] = step;
                    next
                })
            })
            .collect();
    }
    places
}

/// All monomials on a set of points that the declared degree admits.
pub(super) fn monomials_on(space: &Space, colours: &Colours, points: &[Point], mut each: impl FnMut(Monomial)) {
    let mut choice: Vec<usize> = Vec::with_capacity(points.len());
    let mut degree = 0;
    let list = |at: usize| &colours.of_class[space.points[points[at].at as usize].class as usize];
    // Depth first over the colour of each point; colours are sorted by degree.
    let mut next = 0usize;
    loop {
        let left = (points.len() - choice.len()) as u32;
        let colour = if left > 0 { list(choice.len()).get(next) } else { None };
        let fits = colour.filter(|&&colour| degree + colours.all[colour as usize].degree + (left - 1) <= space.degree);
        if let Some(&colour) = fits {
            choice.push(next);
            degree += colours.all[colour as usize].degree;
            next = 0;
            continue;
        }
        if left == 0 && (!space.homogeneous || degree == space.degree) {
            let colour = |(at, &choice): (usize, &usize)| (points[at], list(at)[choice]);
            let mut monomial: Monomial = choice.iter().enumerate().map(colour).collect();
            monomial.sort_unstable();
            each(monomial);
        }
        match choice.pop() {
            None => return,
            Some(last) => {
                degree -= colours.all[list(choice.len())[last] as usize].degree;
                next = last + 1;
            }
        }
    }
}
