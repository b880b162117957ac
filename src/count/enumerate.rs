//! The sets of sites that a local monomial may couple, and the monomials on
//! them, one for each class of translates.
//!
//! Only sets that contain the site at the origin are looked at, so the work
//! does not depend on the number of sites. Open directions are treated as
//! infinite; a set then fits into the lattice in `extent - width` places.

use dashu_int::UBig;
use smallvec::SmallVec;

use super::CountError;
use super::space::{Colours, DIRECTIONS, Site, Space};

/// The largest number of supports or monomials of a unit cell.
pub(super) const LARGEST_CELL: u64 = 2_000_000;

/// The largest set that is looked at: all 2^(m-1) subsets that contain its
/// first site are supports as well, so a larger one is beyond the limit.
const DEEPEST: usize = 24;

/// A set of distinct sites, sorted.
pub(super) type Sites = SmallVec<[Site; 4]>;

/// A set of sites up to translations of the lattice.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Support {
    /// The sites, the origin among them, next to it.
    pub sites: Sites,
    /// The number of translations that map the set to itself.
    pub stabilizer: u32,
}

impl Support {
    /// The number of places of this support on the lattice.
    pub fn places(&self, space: &Space) -> UBig {
        let mut places = UBig::ONE;
        for direction in 0..space.dimension() {
            let extent = space.extents[direction];
            places *= if space.periodic[direction] { extent } else { extent.saturating_sub(self.width(direction)) };
        }
        places / UBig::from(self.stabilizer)
    }

    /// The greatest difference of the coordinates in an open direction.
    pub fn width(&self, direction: usize) -> u64 {
        let coordinates = self.sites.iter().map(|site| site[direction]);
        let (least, greatest) = (coordinates.clone().min(), coordinates.max());
        greatest.unwrap_or(0).abs_diff(least.unwrap_or(0)) as u64
    }
}

/// Every non-empty support of at most `degree` sites, one for each class of
/// translates, sorted by size. No site holds two factors where all variables
/// are used up, so there are at most as many sites as the degree.
pub(super) fn supports(space: &Space) -> Result<Vec<Support>, CountError> {
    space.check_coordinates()?;
    let unwrapped = space.unwrapped();
    let neighbours = neighbours(space, unwrapped)?;
    let mut search = Search { space, unwrapped, found: Vec::new(), visited: 0 };
    let most = if space.fields.is_empty() { 0 } else { space.degree as usize };
    if most > 0 {
        search.extend(&mut SmallVec::from_slice(&[[0; DIRECTIONS]]), &neighbours, most)?;
    }
    search.found.sort_by(|a, b| a.sites.len().cmp(&b.sites.len()).then_with(|| a.sites.cmp(&b.sites)));
    Ok(search.found)
}

/// The sites that may be coupled to the origin. Where no support reaches
/// around the lattice, only those after the origin: the origin is then the
/// first site of a support, which lists every class once.
fn neighbours(space: &Space, unwrapped: bool) -> Result<Vec<Site>, CountError> {
    let mut neighbours = vec![[0i16; DIRECTIONS]];
    for direction in 0..space.dimension() {
        let extent = space.extents[direction];
        let radius = space.radius().unwrap_or(u64::MAX);
        let (least, greatest) = match space.periodic[direction] {
            true => (radius.min((extent - 1) / 2), radius.min(extent / 2)),
            false => (radius.min(extent - 1), radius.min(extent - 1)),
        };
        let needed = UBig::from(neighbours.len()) * UBig::from(least + greatest + 1);
        if needed > UBig::from(LARGEST_CELL) {
            return Err(CountError::TooMany { what: "neighbours of a site", needed, limit: LARGEST_CELL });
        }
        let (least, greatest) = (least as i16, greatest as i16);
        neighbours = neighbours
            .iter()
            .flat_map(|site| {
                (-least..=greatest).map(move |step| {
                    let mut next = *site;
                    next[direction] = step;
                    next
                })
            })
            .collect();
    }
    let origin = [0; DIRECTIONS];
    neighbours.retain(|site| *site != origin && space.couples(site) && (!unwrapped || *site > origin));
    neighbours.sort_unstable();
    Ok(neighbours)
}

struct Search<'a> {
    space: &'a Space,
    unwrapped: bool,
    found: Vec<Support>,
    visited: u64,
}

impl Search<'_> {
    /// Keeps `sites` if it is the canonical one among its translates that
    /// contain the origin, then adds each of `candidates` (all coupled to all
    /// of `sites`) in turn.
    fn extend(&mut self, sites: &mut Sites, candidates: &[Site], most: usize) -> Result<(), CountError> {
        self.visited += 1;
        if sites.len() > DEEPEST || self.visited > 4 * LARGEST_CELL || self.found.len() as u64 > LARGEST_CELL {
            return Err(CountError::TooMany {
                what: "sets of coupled sites in a unit cell",
                needed: UBig::from(self.visited.max(LARGEST_CELL + 1).max(1 << (sites.len().min(60) - 1))),
                limit: LARGEST_CELL,
            });
        }
        if let Some(support) = self.canonical(sites) {
            self.found.push(support);
        }
        if sites.len() == most {
            return Ok(());
        }
        for (at, candidate) in candidates.iter().enumerate() {
            let rest: Vec<Site> = match sites.len() + 1 < most {
                true => candidates[at + 1..]
                    .iter()
                    .filter(|other| self.space.couples(&self.space.difference(other, candidate)))
                    .copied()
                    .collect(),
                false => Vec::new(),
            };
            sites.push(*candidate);
            self.extend(sites, &rest, most)?;
            sites.pop();
        }
        Ok(())
    }

    /// The support of a set that contains the origin, if the set is the least
    /// among its translates that do.
    fn canonical(&self, sites: &Sites) -> Option<Support> {
        let mut sorted = sites.clone();
        sorted.sort_unstable();
        if self.unwrapped {
            return Some(Support { sites: sorted, stabilizer: 1 });
        }
        let mut stabilizer = 0;
        for anchor in sites {
            let translate = translate_to_origin(self.space, &sorted, anchor);
            match translate.cmp(&sorted) {
                std::cmp::Ordering::Less => return None,
                std::cmp::Ordering::Equal => stabilizer += 1,
                std::cmp::Ordering::Greater => {}
            }
        }
        Some(Support { sites: sorted, stabilizer })
    }
}

/// The translate in which `anchor` lies at the origin, sorted. Along open
/// directions this is a shape, not a place.
fn translate_to_origin(space: &Space, sites: &[Site], anchor: &Site) -> Sites {
    let mut translate: Sites = sites.iter().map(|site| space.difference(site, anchor)).collect();
    translate.sort_unstable();
    translate
}

/// A monomial: its sites with the index of a colour each, sorted.
pub(super) type Monomial = SmallVec<[(Site, u32); 4]>;

/// The monomial that stands for all translates of one where translations are
/// symmetries; else the same with every coordinate in its range.
pub(super) fn canonical(space: &Space, unwrapped: bool, monomial: &Monomial) -> Monomial {
    if !space.translated {
        let mut placed = monomial.clone();
        for (site, _) in &mut placed {
            for direction in 0..space.dimension() {
                if space.periodic[direction] {
                    site[direction] = site[direction].rem_euclid(space.extents[direction] as i16);
                }
            }
        }
        placed.sort_unstable();
        return placed;
    }
    let anchored = |anchor: &Site| {
        let mut translate: Monomial =
            monomial.iter().map(|(site, colour)| (space.difference(site, anchor), *colour)).collect();
        translate.sort_unstable();
        translate
    };
    match unwrapped {
        true => monomial.iter().map(|(site, _)| site).min().map(anchored).unwrap_or_default(),
        false => monomial.iter().map(|(site, _)| anchored(site)).min().unwrap_or_default(),
    }
}

/// The supports on the lattice itself, for lattices whose translations are no
/// symmetries: every place of every support. The caller has limited them.
pub(super) fn placed(space: &Space, supports: &[Support]) -> Vec<Sites> {
    let mut placed = Vec::new();
    for support in supports {
        let mut offsets = vec![[0i16; DIRECTIONS]];
        for direction in 0..space.dimension() {
            let extent = space.extents[direction] as i16;
            let (first, last) = match space.periodic[direction] {
                true => (0, extent - 1),
                false => {
                    let least = support.sites.iter().map(|site| site[direction]).min().unwrap_or(0);
                    let greatest = support.sites.iter().map(|site| site[direction]).max().unwrap_or(0);
                    (-least, extent - 1 - greatest)
                }
            };
            offsets = offsets
                .iter()
                .flat_map(|offset| {
                    (first..=last).map(move |step| {
                        let mut next = *offset;
                        next[direction] = step;
                        next
                    })
                })
                .collect();
        }
        let mut places: Vec<Sites> = offsets
            .iter()
            .map(|offset| {
                let mut sites: Sites = support
                    .sites
                    .iter()
                    .map(|site| {
                        let mut moved = *site;
                        for direction in 0..space.dimension() {
                            moved[direction] += offset[direction];
                            if space.periodic[direction] {
                                moved[direction] = moved[direction].rem_euclid(space.extents[direction] as i16);
                            }
                        }
                        moved
                    })
                    .collect();
                sites.sort_unstable();
                sites
            })
            .collect();
        if support.stabilizer > 1 {
            places.sort_unstable();
            places.dedup();
        }
        placed.append(&mut places);
    }
    placed
}

/// All monomials on a set of sites that the declared degree admits.
pub(super) fn monomials_on(space: &Space, colours: &Colours, sites: &[Site], mut each: impl FnMut(Monomial)) {
    let mut choice: Vec<u32> = Vec::with_capacity(sites.len());
    let mut degree = 0;
    // Depth first over the colour of each site; colours are sorted by degree.
    let mut next = 0u32;
    loop {
        let left = (sites.len() - choice.len()) as u32;
        let fits = left > 0
            && colours.0.get(next as usize).is_some_and(|colour| degree + colour.degree + (left - 1) <= space.degree);
        if fits {
            choice.push(next);
            degree += colours.0[next as usize].degree;
            next = 0;
            continue;
        }
        if left == 0 && (!space.homogeneous || degree == space.degree) {
            each(sites.iter().copied().zip(choice.iter().copied()).collect());
        }
        match choice.pop() {
            None => return,
            Some(last) => {
                degree -= colours.0[last as usize].degree;
                next = last + 1;
            }
        }
    }
}
