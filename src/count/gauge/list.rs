//! The gauge invariants of a finite graph, one by one, and their orbits.

use dashu_int::UBig;
use rustc_hash::FxHashSet;

use super::super::CountError;
use super::boundaries::Boundaries;
use super::graph::{LinkGraph, element};
use super::search::{Landscape, Search};
use super::system::{System, Work};
use super::{Degrees, LinkGroup, LinkMonomial, Loops};

/// The most invariants that are listed.
pub(super) const LARGEST_LIST: usize = 1_000_000;

/// Monomials that symmetries take to each other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinkOrbit {
    /// The degree of each.
    pub degree: u32,
    /// The monomials in order; the first one represents the orbit.
    pub monomials: Vec<LinkMonomial>,
}

/// The gauge-invariant monomials by degree, and in the order of their links
/// among those of a degree.
pub(super) fn invariants(
    graph: &LinkGraph,
    group: LinkGroup,
    degrees: Degrees,
    loops: Loops,
    work: &mut Work,
) -> Result<Vec<(u32, LinkMonomial)>, CountError> {
    let system = graph.system(group);
    let boundaries = match loops {
        Loops::All => None,
        Loops::Contractible => Some(Boundaries::new(graph, group.modulus(), work)?),
    };
    let landscape = Landscape::new(&system, work)?;
    let mut search = Search::new(&landscape, false);
    search.least = landscape.least_degree(degrees.degree, work)?;
    // What gauge transformations leave alone is invariant by itself.
    if system.variables.iter().any(|variable| variable.ends.is_empty()) {
        search.least = 1;
    }
    let mut list: Vec<(u32, LinkMonomial)> = Vec::new();
    let highest = system.highest_degree().unwrap_or(u64::MAX).min(u64::from(degrees.degree)) as u32;
    search.all(highest, work, &mut |search, left| {
        let degree = highest - left;
        if degrees.exactly && degree != degrees.degree {
            return Ok(());
        }
        let solution = search.solution();
        if boundaries.as_ref().is_none_or(|boundaries| boundaries.contains(&solution)) {
            if list.len() >= LARGEST_LIST {
                return Err(too_long(UBig::from(list.len() + 1)));
            }
            list.push((degree, solution.into_iter().map(|(link, power)| (link as usize, power)).collect()));
        }
        Ok(())
    })?;
    list.sort_unstable();
    Ok(list)
}

/// The orbits of the invariants under the generators, by degree and their
/// representatives.
pub(super) fn orbits(
    graph: &LinkGraph,
    group: LinkGroup,
    degrees: Degrees,
    loops: Loops,
    work: &mut Work,
) -> Result<Vec<LinkOrbit>, CountError> {
    let list = invariants(graph, group, degrees, loops, work)?;
    let members: FxHashSet<&LinkMonomial> = list.iter().map(|(_, monomial)| monomial).collect();
    let generators: Vec<Vec<u32>> = graph.generators.iter().map(element).collect();
    let system = graph.system(group);
    let mut seen: FxHashSet<LinkMonomial> = FxHashSet::default();
    let mut orbits = Vec::new();
    for (degree, monomial) in &list {
        if !seen.insert(monomial.clone()) {
            continue;
        }
        let mut monomials = vec![monomial.clone()];
        let mut at = 0;
        while at < monomials.len() {
            for generator in &generators {
                let image = image(graph, &system, generator, &monomials[at]);
                work.spend(1 + image.len() as u64)?;
                if !members.contains(&image) {
                    return Err(CountError::NotPreserved {
                        symmetry: "a symmetry of the links".to_owned(),
                        reason: "it takes a contractible loop to one that is none".to_owned(),
                    });
                }
                if seen.insert(image.clone()) {
                    monomials.push(image);
                }
            }
            at += 1;
        }
        monomials.sort_unstable();
        orbits.push(LinkOrbit { degree: *degree, monomials });
    }
    Ok(orbits)
}

fn image(graph: &LinkGraph, system: &System, generator: &[u32], monomial: &LinkMonomial) -> LinkMonomial {
    let turned = |&(link, power): &(usize, i64)| {
        let image = generator[link];
        let power = match graph.matter.contains_key(&link) {
            true => power,
            false => system.residue(if image % 2 == 1 { -power } else { power }),
        };
        (image as usize / 2, power)
    };
    let mut image: LinkMonomial = monomial.iter().map(turned).collect();
    image.sort_unstable();
    image
}

/// The refusal of a list that is too long.
pub(super) fn too_long(needed: UBig) -> CountError {
    CountError::TooMany { what: "gauge-invariant monomials to list", needed, limit: LARGEST_LIST as u64 }
}
