//! Counts on a graph, which has no unit cell.
//!
//! A local monomial couples the sites of a clique: sites every two of which are
//! joined by an edge. So its count is a sum over the sizes of cliques, of their
//! number (found by a search in an order of degeneracy) times the number of
//! monomials that hold all of so many sites. Symmetries of the values act on
//! each clique alone. Automorphisms of the graph act on a list of all local
//! monomials, whose orbits are joined one generator after the other; an orbit
//! that holds a monomial with both signs is zero.

use dashu_int::{IBig, UBig};
use rustc_hash::FxHashMap;

use super::declared::Group;
use super::orbits::GeneratorKind;
use super::series::{self, binomial, natural};
use super::space::{Colours, Space};
use super::values::Cycle;
use super::values::average::Traces;
use super::{CountError, DegreesOfFreedom, LARGEST_EXPLICIT, Step};
use crate::model::{Graph, Locality, Symmetry};

/// The steps of the search for cliques, at most: some seconds.
const MOST_STEPS: u64 = 400_000_000;

/// The sets of sites that a monomial may couple.
struct Supports {
    /// Whether every two of the sites have to be neighbours.
    neighbours: bool,
    /// The most sites.
    largest: usize,
    /// How many sets there are of each number of sites.
    counts: Vec<UBig>,
    /// Whether every set of sites is one.
    everything: bool,
}

impl Supports {
    fn new(space: &Space, graph: &Graph) -> Result<Supports, CountError> {
        let mut neighbours = false;
        let sites = graph.sites();
        let mut largest = series::effective_degree(space)?.min(sites);
        let unlimited = largest;
        for locality in &space.localities {
            match locality {
                Locality::NearestNeighbor | Locality::GraphRadius(1) => neighbours = true,
                Locality::Bodies(most) => largest = largest.min(*most as usize),
                Locality::GraphRadius(0) => largest = largest.min(1),
                _ => {
                    return Err(CountError::Unsupported(
                        "sets of sites of a graph other than cliques: count with `nearest_neighbor` or `bodies`"
                            .to_owned(),
                    ));
                }
            }
        }
        let counts = match neighbours {
            true => match graph.cliques(largest, MOST_STEPS) {
                Some(counts) => counts.into_iter().map(UBig::from).collect(),
                None => {
                    let needed = UBig::from(MOST_STEPS);
                    return Err(CountError::TooMany { what: "cliques of the graph", needed, limit: MOST_STEPS });
                }
            },
            false => (0..=largest).map(|size| binomial(&UBig::from(sites), size as u64)).collect(),
        };
        Ok(Supports { neighbours, largest, counts, everything: !neighbours && largest == unlimited })
    }

    /// The sum over all sets of the monomials, or invariants, that hold all
    /// sites of one.
    fn sum(&self, space: &Space) -> Result<UBig, CountError> {
        let mut traces = Traces::new(space)?;
        let mut total = IBig::from(u8::from(space.admits_constant()));
        for (size, count) in self.counts.iter().enumerate().skip(1) {
            if *count != UBig::ZERO {
                total += traces.trace(&vec![Cycle::plain(1); size]) * IBig::from(count.clone());
            }
        }
        Ok(natural(total))
    }

    fn words(&self, graph: &Graph) -> String {
        if self.everything {
            return "every two sites are within the locality: every monomial".to_owned();
        }
        if !self.neighbours {
            return format!("sets of at most {} of {} sites", self.largest, graph.sites());
        }
        let larger = self.counts.iter().enumerate().skip(3).filter(|(_, count)| **count != UBig::ZERO);
        let larger: Vec<String> = larger.map(|(size, count)| format!(", {count} of {size} sites")).collect();
        format!("cliques of the graph: {} sites, {} edges{}", graph.sites(), graph.edges().len(), larger.concat())
    }
}

/// The counts of a model on a graph.
pub(super) fn degrees(
    space: &Space,
    group: &Group,
    symmetries: &[Symmetry],
    graph: &Graph,
) -> Result<DegreesOfFreedom, CountError> {
    let (all, formula) = series::all(space)?;
    let all = Step { name: "all", count: all, formula, warning: None };
    let local = |count: UBig, formula: String| Step { name: "local", count, formula, warning: None };
    let supports = Supports::new(space, graph)?;
    let local = match space.localities.is_empty() {
        true => local(all.count.clone(), "no locality: every monomial".to_owned()),
        false => local(supports.sum(&series::ungrouped(space))?, supports.words(graph)),
    };
    let (count, formula) = if group.generators.is_empty() && !group.turned {
        (local.count.clone(), "no symmetry declared".to_owned())
    } else if let Some(blocks) = &group.blocks {
        if !supports.everything {
            return Err(CountError::NotPreserved {
                symmetry: "permutation".to_owned(),
                reason: "a permutation of the sites takes neighbours to sites that are none; use `graph_automorphism`"
                    .to_owned(),
            });
        }
        let count = blocks.invariants(space)? - UBig::from(u8::from(space.lacks_constant()));
        (count, "partitions (multisets of one-site monomials) under the permutations of the sites".to_owned())
    } else if group.explicit {
        if local.count > UBig::from(LARGEST_EXPLICIT) {
            let needed = local.count.clone();
            let what = "monomials under automorphisms of the graph";
            return Err(CountError::TooMany { what, needed, limit: LARGEST_EXPLICIT });
        }
        let orbits = orbits(space, group, &supports, graph)?;
        (UBig::from(orbits), format!("orbits of {} monomials under the automorphisms of the graph", local.count))
    } else {
        (supports.sum(space)?, "invariants of each set of sites under the symmetries of the values".to_owned())
    };
    debug_assert!(!symmetries.contains(&Symmetry::Translation));
    Ok(DegreesOfFreedom {
        variables: series::variables(space),
        degree: space.degree,
        group_order: group.order(space),
        steps: [all, local, Step { name: "symmetric", count, formula, warning: None }],
    })
}

/// A monomial: its sites, ascending, each with the index of a colour.
type Monomial = Vec<(u32, u32)>;

/// The number of orbits of local monomials without those that are their own
/// negatives.
fn orbits(space: &Space, group: &Group, supports: &Supports, graph: &Graph) -> Result<u64, CountError> {
    if !space.in_colours() {
        return Err(CountError::Unsupported("automorphisms of the graph with these symmetries of the values".into()));
    }
    let colours = Colours::new(space)?;
    let monomials = monomials(space, supports, graph, &colours);
    let index: FxHashMap<&Monomial, usize> =
        monomials.iter().enumerate().map(|(at, monomial)| (monomial, at)).collect();
    let mut classes = SignedClasses::new(monomials.len());
    for generator in &group.generators {
        for (at, monomial) in monomials.iter().enumerate() {
            let (image, negative) = match &generator.kind {
                GeneratorKind::Sites(to) => {
                    let mut image: Monomial =
                        monomial.iter().map(|&(site, colour)| (to[site as usize], colour)).collect();
                    image.sort_unstable();
                    (image, false)
                }
                GeneratorKind::Signs(odd) => {
                    let powers = monomial.iter().flat_map(|&(_, colour)| &colours.all[colour as usize].powers);
                    let power: u32 =
                        powers.filter(|(slot, _)| odd[*slot as usize]).map(|&(_, exponent)| u32::from(exponent)).sum();
                    (monomial.clone(), power % 2 == 1)
                }
                _ => {
                    let name = &generator.name;
                    return Err(CountError::Unsupported(format!("`{name}` together with automorphisms of the graph")));
                }
            };
            classes.join(at, *index.get(&image).expect("automorphisms keep cliques"), negative);
        }
    }
    Ok(classes.nonzero())
}

/// All local monomials, the constant included where it is one.
fn monomials(space: &Space, supports: &Supports, graph: &Graph, colours: &Colours) -> Vec<Monomial> {
    let mut found: Vec<Monomial> = Vec::new();
    if space.admits_constant() {
        found.push(Vec::new());
    }
    let mut colour = |sites: &[u32]| {
        let mut sites = sites.to_vec();
        sites.sort_unstable();
        // The degree so far with each partial colouring.
        let mut partial: Vec<(u32, Monomial)> = vec![(0, Vec::new())];
        for (at, &site) in sites.iter().enumerate() {
            let left = (sites.len() - at - 1) as u32;
            let mut next = Vec::new();
            for (degree, monomial) in &partial {
                for &colour in &colours.of_class[0] {
                    let total = degree + colours.all[colour as usize].degree;
                    if total + left <= space.degree {
                        next.push((total, monomial.iter().copied().chain([(site, colour)]).collect()));
                    }
                }
            }
            partial = next;
        }
        let wanted = |degree: u32| !space.homogeneous || degree == space.degree;
        found.extend(partial.into_iter().filter(|(degree, _)| wanted(*degree)).map(|(_, monomial)| monomial));
        Some(())
    };
    if supports.neighbours {
        graph.for_each_clique(supports.largest, &mut colour);
    } else {
        subsets(graph.sites() as u32, supports.largest, &mut Vec::new(), &mut colour);
    }
    found
}

/// Visits all sets of at most `largest` of the sites from the last one on.
fn subsets(sites: u32, largest: usize, set: &mut Vec<u32>, visit: &mut impl FnMut(&[u32]) -> Option<()>) {
    if set.len() == largest {
        return;
    }
    for site in set.last().map_or(0, |last| last + 1)..sites {
        set.push(site);
        visit(set);
        subsets(sites, largest, set, visit);
        set.pop();
    }
}

/// Classes of things that are equal up to their sign.
struct SignedClasses {
    /// The parent of each, and whether it is its negative.
    parents: Vec<(usize, bool)>,
    zero: Vec<bool>,
}

impl SignedClasses {
    fn new(count: usize) -> SignedClasses {
        SignedClasses { parents: (0..count).map(|at| (at, false)).collect(), zero: vec![false; count] }
    }

    /// The root of a class, and the sign relative to it.
    fn root(&mut self, at: usize) -> (usize, bool) {
        let (mut root, mut negative) = (at, false);
        while self.parents[root].0 != root {
            let (parent, sign) = self.parents[root];
            let (grandparent, further) = self.parents[parent];
            self.parents[root] = (grandparent, sign ^ further);
            negative ^= self.parents[root].1;
            root = grandparent;
        }
        (root, negative)
    }

    fn join(&mut self, one: usize, other: usize, negative: bool) {
        let ((a, sign), (b, other_sign)) = (self.root(one), self.root(other));
        let negative = negative ^ sign ^ other_sign;
        if a == b {
            self.zero[a] |= negative;
            return;
        }
        self.parents[b] = (a, negative);
        self.zero[a] |= self.zero[b];
    }

    fn nonzero(&mut self) -> u64 {
        (0..self.parents.len()).filter(|&at| self.parents[at].0 == at && !self.zero[at]).count() as u64
    }
}
