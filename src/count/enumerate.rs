//! The sets of sites that a local monomial may couple, and the monomials on
//! them, one for each class of translates.
//!
//! Only sets that contain the site at the origin are looked at, so the work
//! does not depend on the number of sites. Open directions are treated as
//! infinite; a set then fits into the lattice in `extent - width` places.

use dashu_int::UBig;
use smallvec::SmallVec;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::CountError;
use super::space::{Colours, DIRECTIONS, Site, Space};

/// The largest number of supports or monomials of a unit cell.
pub(super) const LARGEST_CELL: u64 = 2_000_000;

/// The largest set that is looked at: all 2^(m-1) subsets that contain its
/// first site are supports as well, so a larger one is beyond the limit.
const DEEPEST: usize = 24;

/// The most work in the search for supports, in comparisons of sites or words
/// of bits: some tenths of a second.
const LARGEST_SEARCH: u64 = 400_000_000;

/// A set of distinct sites, sorted.
pub(super) type Sites = SmallVec<[Site; 4]>;

/// A set of sites up to translations of the lattice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Support<'a> {
    /// Indices into [`Supports::nearby`], ascending.
    pub members: &'a [u32],
    /// The number of translations that map the set to itself.
    pub stabilizer: u32,
    nearby: &'a [Site],
}

impl Support<'_> {
    /// The number of sites.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// The sites, the origin among them, ascending.
    pub fn sites(&self) -> impl Iterator<Item = &Site> + Clone {
        self.members.iter().map(|&member| &self.nearby[member as usize])
    }

    /// The least and the greatest coordinate in a direction.
    pub fn span(&self, direction: usize) -> (i16, i16) {
        let coordinates = self.sites().map(|site| site[direction]);
        (coordinates.clone().min().unwrap_or(0), coordinates.max().unwrap_or(0))
    }
}

/// What decides how many monomials a support carries and how many places it
/// has.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct SupportKind {
    /// The number of sites.
    pub len: usize,
    /// The number of translations that map the set to itself.
    pub stabilizer: u32,
    /// The greatest difference of coordinates in each direction that is open;
    /// zero in the others.
    pub widths: SmallVec<[u16; 2]>,
}

impl SupportKind {
    /// The number of places of such a support on the lattice.
    pub fn places(&self, space: &Space) -> UBig {
        let free = space.extents.iter().zip(&self.widths).map(|(&extent, &width)| extent.saturating_sub(width as u64));
        free.map(UBig::from).product::<UBig>() / UBig::from(self.stabilizer)
    }
}

/// Every non-empty support of a space, one for each class of translates.
#[derive(Clone, Debug)]
pub(super) struct Supports {
    /// The sites that occur: the origin and those coupled to it, ascending.
    pub nearby: Vec<Site>,
    /// Whether no support reaches around the lattice ([`Space::unwrapped`]).
    pub unwrapped: bool,
    members: Vec<u32>,
    /// Where the members of each support end, and its stabilizer.
    ends: Vec<(u32, u32)>,
}

impl Supports {
    /// The supports of at most as many sites as the degree: every site of a
    /// support holds a factor. `Err` if there are more than `limit`.
    pub fn new(space: &Space, limit: u64) -> Result<Supports, CountError> {
        space.check_coordinates()?;
        let unwrapped = space.unwrapped();
        let mut nearby = neighbours(space, unwrapped)?;
        let origin = nearby.partition_point(|site| *site < [0; DIRECTIONS]);
        nearby.insert(origin, [0; DIRECTIONS]);
        let most = if space.values.fields.is_empty() { 0 } else { space.degree as usize };
        let words = nearby.len().div_ceil(64);
        let mut search = Search {
            space,
            most,
            limit,
            origin,
            rows: vec![None; nearby.len()],
            visited: 0,
            work: 0,
            found: Supports { nearby, unwrapped, members: Vec::new(), ends: Vec::new() },
        };
        if most > 0 {
            // All but the origin; bit k of word w is site 64 w + k.
            let mut candidates = vec![u64::MAX; words];
            if let Some(last) = candidates.last_mut() {
                *last >>= (64 - search.found.nearby.len() % 64) % 64;
            }
            candidates[origin / 64] &= !(1 << (origin % 64));
            search.extend(&mut vec![origin as u32], &candidates)?;
        }
        Ok(search.found)
    }

    /// The number of supports.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// How many supports there are of each kind.
    pub fn kinds(&self, space: &Space) -> BTreeMap<SupportKind, u64> {
        let mut kinds = BTreeMap::new();
        let any_open = space.periodic.contains(&false);
        for support in self.iter() {
            let width = |direction: usize| {
                let (least, greatest) = support.span(direction);
                greatest.abs_diff(least)
            };
            let widths = match any_open {
                true => (0..space.dimension()).map(|d| if space.periodic[d] { 0 } else { width(d) }).collect(),
                false => SmallVec::from_elem(0, space.dimension()),
            };
            *kinds.entry(SupportKind { len: support.len(), stabilizer: support.stabilizer, widths }).or_insert(0) += 1;
        }
        kinds
    }

    /// The supports in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = Support<'_>> {
        let mut start = 0;
        self.ends.iter().map(move |&(end, stabilizer)| {
            let members = &self.members[start..end as usize];
            start = end as usize;
            Support { members, stabilizer, nearby: &self.nearby }
        })
    }
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
    /// The largest number of sites of a support.
    most: usize,
    /// The largest number of supports.
    limit: u64,
    /// The index of the origin.
    origin: usize,
    /// For each site the later ones that it is coupled to, as bits; filled
    /// when first needed.
    rows: Vec<Option<Rc<[u64]>>>,
    visited: u64,
    work: u64,
    found: Supports,
}

impl Search<'_> {
    /// Keeps the set `members` (the origin first, then ascending) if it is
    /// the canonical one among its translates that contain the origin, then
    /// adds each of `candidates` (all coupled to all members) in turn.
    fn extend(&mut self, members: &mut Vec<u32>, candidates: &[u64]) -> Result<(), CountError> {
        self.visited += 1;
        if members.len() > DEEPEST || self.visited > 4 * self.limit || self.found.len() as u64 > self.limit {
            return Err(CountError::TooMany {
                what: "sets of coupled sites in a unit cell",
                needed: UBig::from(self.visited.max(self.limit + 1).max(1 << (members.len().min(60) - 1))),
                limit: self.limit,
            });
        }
        self.keep_canonical(members);
        if members.len() == self.most {
            return Ok(());
        }
        self.work += candidates.len() as u64;
        if self.work > LARGEST_SEARCH {
            return Err(CountError::TooMany {
                what: "steps in the search for sets of coupled sites",
                needed: UBig::from(self.work),
                limit: LARGEST_SEARCH,
            });
        }
        for (word, &bits) in candidates.iter().enumerate() {
            let mut bits = bits;
            while bits != 0 {
                let candidate = 64 * word + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                members.push(candidate as u32);
                if members.len() == self.most {
                    self.extend(members, &[])?;
                } else {
                    let row = self.row(candidate);
                    let rest: SmallVec<[u64; 8]> = candidates.iter().zip(&row[..]).map(|(a, b)| a & b).collect();
                    self.extend(members, &rest)?;
                }
                members.pop();
            }
        }
        Ok(())
    }

    /// The sites after `site` that it is coupled to.
    fn row(&mut self, site: usize) -> Rc<[u64]> {
        if let Some(row) = &self.rows[site] {
            return row.clone();
        }
        let nearby = &self.found.nearby;
        self.work += 4 * nearby.len() as u64;
        let mut row = vec![0u64; nearby.len().div_ceil(64)];
        for other in site + 1..nearby.len() {
            if self.space.couples(&self.space.difference(&nearby[other], &nearby[site])) {
                row[other / 64] |= 1 << (other % 64);
            }
        }
        let row: Rc<[u64]> = row.into();
        self.rows[site] = Some(row.clone());
        row
    }

    /// Keeps a set that contains the origin if it is the least among its
    /// translates that do.
    fn keep_canonical(&mut self, members: &[u32]) {
        let mut stabilizer = 1;
        let start = self.found.members.len();
        self.found.members.extend_from_slice(members);
        if !self.found.unwrapped {
            let (space, nearby) = (self.space, &self.found.nearby);
            let mut sites: Sites = members.iter().map(|&member| nearby[member as usize]).collect();
            sites.sort_unstable();
            stabilizer = 0;
            // Each translate is sorted.
            self.work += 24 * (sites.len() * sites.len()) as u64;
            for anchor in &sites {
                match translate_to_origin(space, &sites, anchor).cmp(&sites) {
                    std::cmp::Ordering::Less => {
                        self.found.members.truncate(start);
                        return;
                    }
                    std::cmp::Ordering::Equal => stabilizer += 1,
                    std::cmp::Ordering::Greater => {}
                }
            }
            // The origin is not the first of the sites here.
            self.found.members[start..].sort_unstable();
        }
        debug_assert_eq!(members[0] as usize, self.origin);
        self.found.ends.push((self.found.members.len() as u32, stabilizer));
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
            space.wrap(site);
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
pub(super) fn placed(space: &Space, supports: &Supports) -> Vec<Sites> {
    let mut placed = Vec::new();
    for support in supports.iter() {
        let mut offsets = vec![[0i16; DIRECTIONS]];
        for direction in 0..space.dimension() {
            let extent = space.extents[direction] as i16;
            let (first, last) = match space.periodic[direction] {
                true => (0, extent - 1),
                false => {
                    let (least, greatest) = support.span(direction);
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
                    .sites()
                    .map(|site| {
                        let mut moved = *site;
                        moved.iter_mut().zip(offset).for_each(|(coordinate, step)| *coordinate += step);
                        space.wrap(&mut moved);
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
