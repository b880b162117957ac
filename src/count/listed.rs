//! Invariants of a group that is given by permutations of the sites.
//!
//! Where every set of sites is allowed: by Burnside's lemma over all elements,
//! each with the series of its cycles averaged over the group of the values.
//! For small groups, such as the automorphisms of the graph of a small
//! lattice, together with rotations and phases.

use dashu_int::{IBig, UBig};
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;

use super::CountError;
use super::orbits::{Generator, GeneratorKind};
use super::series;
use super::space::{DIRECTIONS, Point, Space};
use super::values::Cycle;
use super::values::average::Averages;

/// The largest number of sites times the largest number of elements.
const LARGEST_TABLE: u64 = 20_000_000;

/// The largest number of products in all series.
const LARGEST_WORK: u64 = 50_000_000;

/// The number of invariants of the permutations and the group of the values.
pub(super) fn invariants(space: &Space, generators: &[Generator]) -> Result<UBig, CountError> {
    let too_many = |needed: UBig| CountError::TooMany {
        what: "sites under all automorphisms of the graph",
        needed,
        limit: LARGEST_TABLE,
    };
    let all = series::cells(space) * UBig::from(space.sites);
    let sites = u32::try_from(&all).ok().filter(|&sites| u64::from(sites) <= LARGEST_TABLE);
    let Some(sites) = sites else { return Err(too_many(all)) };
    let permutations: Vec<Vec<u32>> = generators.iter().filter_map(|one| permutation(space, one, sites)).collect();
    let identity: Vec<u32> = (0..sites).collect();
    let mut known: FxHashSet<Vec<u32>> = FxHashSet::from_iter([identity.clone()]);
    let mut open = vec![identity];
    let mut types: BTreeMap<Vec<(Cycle, UBig)>, u64> = BTreeMap::new();
    while let Some(element) = open.pop() {
        *types.entry(cycles(&element)).or_insert(0) += 1;
        for permutation in &permutations {
            let next: Vec<u32> = element.iter().map(|&site| permutation[site as usize]).collect();
            if known.contains(&next) {
                continue;
            }
            if (known.len() as u64 + 1).saturating_mul(u64::from(sites)) > LARGEST_TABLE {
                return Err(too_many(UBig::from(known.len() + 1) * UBig::from(sites)));
            }
            known.insert(next.clone());
            open.push(next);
        }
    }
    let averages = Averages::new(&space.values, series::effective_degree(space)?)?;
    let work = averages.work().saturating_mul(types.len() as u64);
    if work > LARGEST_WORK {
        let needed = UBig::from(work);
        return Err(CountError::TooMany { what: "terms of Molien's series", needed, limit: LARGEST_WORK });
    }
    let mut total = IBig::ZERO;
    for (cycles, elements) in types {
        total += space.admitted().sum(&averages.series(&cycles)) * IBig::from(elements);
    }
    Ok(series::natural(total / IBig::from(known.len()) - IBig::from(space.lacks_constant() as u8)))
}

/// The cycles of a permutation of the sites.
fn cycles(element: &[u32]) -> Vec<(Cycle, UBig)> {
    let mut seen = vec![false; element.len()];
    let mut lengths: BTreeMap<usize, u64> = BTreeMap::new();
    for start in 0..element.len() {
        let (mut at, mut length) = (start, 0);
        while !std::mem::replace(&mut seen[at], true) {
            at = element[at] as usize;
            length += 1;
        }
        if length > 0 {
            *lengths.entry(length).or_insert(0) += 1;
        }
    }
    lengths.into_iter().map(|(length, number)| (Cycle::plain(length), UBig::from(number))).collect()
}

/// Where a generator takes the sites, numbered row-major with basis sites
/// fastest; `None` for what moves none.
fn permutation(space: &Space, generator: &Generator, sites: u32) -> Option<Vec<u32>> {
    let element = match &generator.kind {
        GeneratorKind::Sites(to) => return Some(to.clone()),
        GeneratorKind::Space(element) => element,
        _ => return None,
    };
    let image = |site: u32| {
        let (mut cell, at) = ([0i16; DIRECTIONS], site as usize % space.sites);
        let mut rest = site as usize / space.sites;
        for direction in (0..space.dimension()).rev() {
            let extent = space.extents[direction] as usize;
            cell[direction] = (rest % extent) as i16;
            rest /= extent;
        }
        let image = element.image(&Point { cell, at: at as u16 });
        let index = (0..space.dimension()).fold(0, |index, direction| {
            let extent = space.extents[direction] as i64;
            index * extent + i64::from(image.cell[direction]).rem_euclid(extent)
        });
        index as u32 * space.sites as u32 + u32::from(image.at)
    };
    Some((0..sites).map(image).collect())
}
