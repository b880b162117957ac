//! Monomials of links that lie together within a bounded shape.
//!
//! They are searched for around the links of one cell, so that the work does
//! not depend on the size of the lattice, and kept once for all translates.

use dashu_int::UBig;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeMap, BTreeSet};

use super::super::CountError;
use super::crystal::{LinkCrystal, LinkMap, PlacedLink, difference, sum};
use super::list::{LARGEST_LIST, too_long};
use super::search::{Admits, Landscape, Search};
use super::system::{Range, System, Variable, Work};
use super::{Degrees, LinkGroup, MOST_WORK};

/// The most links that lie near one.
const MOST_NEIGHBOURS: u64 = 3000;

/// Which links may be in one monomial.
#[derive(Clone, Copy)]
pub enum LinkLocality<'p> {
    /// Every two links are near each other.
    Pairs {
        /// Links whose cells differ by more in some direction never are.
        reach: u32,
        /// Whether two links are: the same for both orders and for all
        /// translates, those by periods too.
        near: &'p dyn Fn(&PlacedLink, &PlacedLink) -> bool,
    },
    /// All links are in one translate of one of these sets.
    Sets(&'p [Vec<PlacedLink>]),
}

/// The links of a monomial with their powers, in order; cells lie within the
/// periods.
pub type PlacedMonomial = Vec<(PlacedLink, i64)>;

/// Monomials that symmetries take to each other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LocalOrbit {
    /// The degree of each.
    pub degree: u32,
    /// One for all translates of each; the first one represents the orbit.
    pub monomials: Vec<PlacedMonomial>,
    /// The number of monomials with their translates.
    pub size: UBig,
}

/// The orbits of the local monomials of a crystal under its symmetries of
/// space, by degree: of those that are gauge-invariant, or of all. The number
/// of monomials is the sum of the sizes of the orbits. Without translations as
/// symmetries and without a point group an orbit is what translations would
/// make one, its size the number of monomials in it.
pub fn local_orbits(
    crystal: &LinkCrystal,
    group: LinkGroup,
    degrees: Degrees,
    locality: LinkLocality<'_>,
    gauge_invariant: bool,
) -> Result<Vec<LocalOrbit>, CountError> {
    group.check()?;
    crystal.check()?;
    degrees.check()?;
    if !crystal.translations && !crystal.point_group.is_empty() {
        return Err(CountError::Unsupported(
            "orbits of local link monomials under a point group without translations".to_owned(),
        ));
    }
    let mut work = Work::new(MOST_WORK);
    let mut classes: BTreeMap<(u32, PlacedMonomial), u64> = BTreeMap::new();
    match locality {
        LinkLocality::Pairs { reach, near } => {
            for root in 0..crystal.links.len() {
                let root = PlacedLink { cell: vec![0; crystal.periods.len()], link: root };
                let links = neighbours(crystal, &root, reach, near, &mut work)?;
                work.spend((links.len() * links.len()) as u64)?;
                let table: Vec<Vec<bool>> = links.iter().map(|a| links.iter().map(|b| near(a, b)).collect()).collect();
                let admits =
                    |members: &[u32], new: u32| members.iter().all(|&member| table[member as usize][new as usize]);
                let patch = Patch { crystal, group, links: &links, gauge_invariant };
                patch.monomials(Some(&admits), true, degrees, &mut classes, &mut work)?;
            }
        }
        LinkLocality::Sets(sets) => {
            for set in sets {
                check_set(crystal, set)?;
                let wrapped =
                    set.iter().map(|placed| PlacedLink { cell: crystal.wrapped(&placed.cell), link: placed.link });
                let links: Vec<PlacedLink> = wrapped.collect::<BTreeSet<_>>().into_iter().collect();
                let patch = Patch { crystal, group, links: &links, gauge_invariant };
                patch.monomials(None, false, degrees, &mut classes, &mut work)?;
            }
        }
    }
    if !degrees.exactly || degrees.degree == 0 {
        classes.insert((0, Vec::new()), 0);
    }
    let maps: Vec<LinkMap> = crystal.point_group.iter().map(|map| crystal.link_map(map)).collect::<Result<_, _>>()?;
    gathered(crystal, group, &classes, &maps, &mut work)
}

/// The links that are near one, itself first, of the kinds that do not come
/// before its own: a monomial is found from its first kind of link.
fn neighbours(
    crystal: &LinkCrystal,
    root: &PlacedLink,
    reach: u32,
    near: &dyn Fn(&PlacedLink, &PlacedLink) -> bool,
    work: &mut Work,
) -> Result<Vec<PlacedLink>, CountError> {
    let reach = i64::from(reach);
    let mut cells = vec![Vec::new()];
    for &period in &crystal.periods {
        // No more than once around.
        let (first, last) = match (period as i64) <= 2 * reach {
            true => (0, period as i64 - 1),
            false => (-reach, reach),
        };
        work.spend((cells.len() as u64).saturating_mul((last - first + 1) as u64).saturating_mul(4))?;
        cells = cells
            .iter()
            .flat_map(|cell: &Vec<i64>| (first..=last).map(move |entry| cell.iter().copied().chain([entry]).collect()))
            .collect();
    }
    let mut links = vec![root.clone()];
    for cell in cells {
        for link in root.link..crystal.links.len() {
            work.spend(1)?;
            let other = PlacedLink { cell: cell.clone(), link };
            if other != *root && near(root, &other) {
                links.push(other);
            }
        }
        if links.len() as u64 > MOST_NEIGHBOURS {
            return Err(CountError::TooMany {
                what: "links near a link",
                needed: UBig::from(links.len()),
                limit: MOST_NEIGHBOURS,
            });
        }
    }
    Ok(links)
}

fn check_set(crystal: &LinkCrystal, set: &[PlacedLink]) -> Result<(), CountError> {
    let exists = |placed: &PlacedLink| placed.link < crystal.links.len() && placed.cell.len() == crystal.periods.len();
    match set.iter().all(exists) && set.len() as u64 <= MOST_NEIGHBOURS {
        true => Ok(()),
        false => Err(CountError::Unsupported("a set of links that do not exist, or of too many".to_owned())),
    }
}

/// Links among which monomials are searched for.
struct Patch<'c> {
    crystal: &'c LinkCrystal,
    group: LinkGroup,
    links: &'c [PlacedLink],
    gauge_invariant: bool,
}

impl Patch<'_> {
    /// Adds the monomials of these links, or those with the first of them.
    fn monomials(
        &self,
        admits: Option<&Admits>,
        with_first: bool,
        degrees: Degrees,
        classes: &mut BTreeMap<(u32, PlacedMonomial), u64>,
        work: &mut Work,
    ) -> Result<(), CountError> {
        let system = self.system();
        let landscape = Landscape::new(&system, work)?;
        let mut search = Search::new(&landscape, false);
        if let Some(admits) = admits {
            search = search.admitting(admits);
        }
        let highest = system.highest_degree().unwrap_or(u64::MAX).min(degrees.degree.into()) as u32;
        let mut found = |search: &Search, left: u32| {
            let degree = highest - left;
            let solution = search.solution();
            if solution.is_empty() || degrees.exactly && degree != degrees.degree {
                return Ok(());
            }
            let placed = solution.iter().map(|&(at, power)| (self.links[at as usize].clone(), power)).collect();
            let (placed, stabilizer) = canonical(self.crystal, placed);
            classes.insert((degree, placed), stabilizer);
            match classes.len() > LARGEST_LIST {
                true => Err(too_long(UBig::from(classes.len()))),
                false => Ok(()),
            }
        };
        match with_first {
            true => search.through_variable(0, highest, work, &mut found),
            false => search.all(highest, work, &mut found),
        }
    }

    fn system(&self) -> System {
        let modulus = self.group.modulus();
        let mut places: FxHashMap<(Vec<i64>, usize), u32> = FxHashMap::default();
        let mut variables = Vec::new();
        for placed in self.links {
            let link = &self.crystal.links[placed.link];
            let mut place = |cell: &[i64], site: usize| {
                let next = places.len() as u32;
                *places.entry((self.crystal.wrapped(cell), site)).or_insert(next)
            };
            if let Some(matter) = self.crystal.matter.get(&placed.link) {
                let vertex = place(&placed.cell, link.from);
                let mut unknown = matter.unknown(vertex, modulus);
                if !self.gauge_invariant {
                    unknown.ends.clear();
                }
                variables.push(unknown);
                continue;
            }
            let ends = match self.gauge_invariant {
                true => {
                    let from = place(&placed.cell, link.from);
                    let to = place(&sum(&placed.cell, &link.offset), link.to);
                    [(from, 1), (to, if modulus == 2 { 1 } else { -1 })].into_iter().collect()
                }
                false => Default::default(),
            };
            variables.push(Variable { ends, weight: 1, range: Range::Flow });
        }
        System { modulus, vertices: places.len(), variables }
    }
}

/// The least translate that has a link in the cell at the origin, and the
/// number of translations that leave the monomial alone.
fn canonical(crystal: &LinkCrystal, monomial: PlacedMonomial) -> (PlacedMonomial, u64) {
    let anchors: BTreeSet<Vec<i64>> = monomial.iter().map(|(placed, _)| placed.cell.clone()).collect();
    least(anchors.iter().map(|anchor| {
        let moved = |(placed, power): &(PlacedLink, i64)| {
            let cell = crystal.wrapped(&difference(&placed.cell, anchor));
            (PlacedLink { cell, link: placed.link }, *power)
        };
        monomial.iter().map(moved).collect()
    }))
}

/// The least of some translates of a monomial, each in any order, and how many
/// of them it is; nothing of none.
pub(in crate::count) fn least(translates: impl Iterator<Item = PlacedMonomial>) -> (PlacedMonomial, u64) {
    let mut least: Option<PlacedMonomial> = None;
    let mut times = 0;
    for mut translate in translates {
        translate.sort_unstable();
        match least.as_ref().map(|least| translate.cmp(least)) {
            Some(std::cmp::Ordering::Greater) => {}
            Some(std::cmp::Ordering::Equal) => times += 1,
            _ => {
                least = Some(translate);
                times = 1;
            }
        }
    }
    (least.unwrap_or_default(), times)
}

/// Gathers classes of translates into orbits.
fn gathered(
    crystal: &LinkCrystal,
    group: LinkGroup,
    classes: &BTreeMap<(u32, PlacedMonomial), u64>,
    maps: &[LinkMap],
    work: &mut Work,
) -> Result<Vec<LocalOrbit>, CountError> {
    let modulus = System { modulus: group.modulus(), vertices: 0, variables: Vec::new() };
    let mut seen: FxHashSet<PlacedMonomial> = FxHashSet::default();
    let mut orbits = Vec::new();
    for (degree, monomial) in classes.keys() {
        if !seen.insert(monomial.clone()) {
            continue;
        }
        let mut monomials = vec![monomial.clone()];
        let mut size = UBig::ZERO;
        let mut at = 0;
        while at < monomials.len() {
            for map in maps {
                work.spend(1 + (monomials[at].len() * monomials[at].len()) as u64)?;
                let image = monomials[at].iter().map(|(placed, power)| {
                    let (image, reversed) = map.image(placed);
                    let image = PlacedLink { cell: crystal.wrapped(&image.cell), link: image.link };
                    let matter = crystal.matter.contains_key(&placed.link);
                    let turned = || modulus.residue(if reversed { -power } else { *power });
                    (image, if matter { *power } else { turned() })
                });
                let (image, _) = canonical(crystal, image.collect());
                if seen.insert(image.clone()) {
                    monomials.push(image);
                }
            }
            match classes.get(&(*degree, monomials[at].clone())) {
                Some(0) => size += UBig::ONE,
                Some(&stabilizer) => size += crystal.cells() / UBig::from(stabilizer),
                None => {
                    return Err(CountError::NotPreserved {
                        symmetry: "a symmetry of the lattice".to_owned(),
                        reason: "it takes links that are local together to links that are not".to_owned(),
                    });
                }
            }
            at += 1;
        }
        monomials.sort_unstable();
        orbits.push(LocalOrbit { degree: *degree, monomials, size });
    }
    Ok(orbits)
}
