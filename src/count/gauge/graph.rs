//! Finite graphs of links with their symmetries.

use dashu_int::UBig;
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use std::collections::BTreeMap;

use super::super::CountError;
use super::LinkGroup;
use super::system::{Matter, Range, System, Variable};

/// The largest group times links that is enumerated.
const LARGEST_GROUP: u64 = 4_000_000;

/// Links between vertices.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LinkGraph {
    /// The number of vertices.
    pub vertices: usize,
    /// The vertices that each link goes from and to. Parallel links are
    /// distinct; a link may not return to its own vertex. Matter at a vertex
    /// stands among them as one that does.
    pub links: Vec<(usize, usize)>,
    /// Which of the links are matter at a vertex.
    pub matter: BTreeMap<usize, Matter>,
    /// Loops whose products are the least of all, as links with whether they
    /// are passed against their direction; only for contractible loops.
    pub plaquettes: Vec<Vec<(usize, bool)>>,
    /// Generators of the symmetries of space.
    pub generators: Vec<SignedPermutation>,
}

/// A symmetry: the image of each link, and whether it is the image reversed.
/// Whether it is must agree with the directions of the links, for groups in
/// which a link is its own inverse too.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct SignedPermutation(pub Vec<(usize, bool)>);

/// A symmetry with links and reversal in one number: 2 link + reversed.
pub(super) type Element = Vec<u32>;

/// Elements that are conjugate to each other.
pub(super) struct Class {
    pub element: Element,
    pub size: u64,
}

impl LinkGraph {
    /// Checks that links and plaquettes exist, that plaquettes are closed, and
    /// that generators are symmetries.
    pub fn check(&self) -> Result<(), CountError> {
        let fault = |what: String| Err(CountError::Unsupported(what));
        if self.links.len() >= 1 << 30 || self.vertices >= 1 << 30 {
            return Err(CountError::TooMany { what: "links", needed: UBig::from(self.links.len()), limit: 1 << 30 });
        }
        for (at, &(from, to)) in self.links.iter().enumerate() {
            if from >= self.vertices || to >= self.vertices {
                return fault(format!("link {at} ends at a vertex that does not exist"));
            }
            if (from == to) != self.matter.contains_key(&at) {
                return fault(format!("link {at} returns to its own vertex"));
            }
        }
        for (at, plaquette) in self.plaquettes.iter().enumerate() {
            let mut flow: FxHashMap<usize, i64> = FxHashMap::default();
            for &(link, reversed) in plaquette {
                let Some(&(from, to)) = self.links.get(link) else {
                    return fault(format!("plaquette {at} has a link that does not exist"));
                };
                let unit = if reversed { -1 } else { 1 };
                *flow.entry(from).or_default() += unit;
                *flow.entry(to).or_default() -= unit;
            }
            if flow.values().any(|&flow| flow != 0) {
                return fault(format!("plaquette {at} is not closed"));
            }
        }
        for (at, generator) in self.generators.iter().enumerate() {
            if !self.is_symmetry(generator) {
                return Err(CountError::NotPreserved {
                    symmetry: format!("generator {at} of links"),
                    reason: "it does not take links that meet to links that meet".to_owned(),
                });
            }
        }
        Ok(())
    }

    fn is_symmetry(&self, generator: &SignedPermutation) -> bool {
        let mut seen = vec![false; self.links.len()];
        let permutes = generator.0.len() == self.links.len()
            && generator.0.iter().all(|&(image, _)| image < seen.len() && !std::mem::replace(&mut seen[image], true));
        let alike = |(at, &(image, _)): (usize, &(usize, bool))| self.matter.get(&at) == self.matter.get(&image);
        permutes && generator.0.iter().enumerate().all(alike) && self.vertex_map(&element(generator)).is_some()
    }

    /// Where a symmetry takes the vertices; `None` where it takes links that
    /// meet apart.
    fn vertex_map(&self, element: &Element) -> Option<Vec<u32>> {
        let mut map = vec![u32::MAX; self.vertices];
        let mut back = vec![u32::MAX; self.vertices];
        for (&(from, to), &image) in self.links.iter().zip(element) {
            let (mut first, mut second) = self.links[image as usize / 2];
            if image % 2 == 1 {
                std::mem::swap(&mut first, &mut second);
            }
            for (vertex, image) in [(from, first), (to, second)] {
                if map[vertex] == u32::MAX && back[image] == u32::MAX {
                    map[vertex] = image as u32;
                    back[image] = vertex as u32;
                } else if map[vertex] != image as u32 {
                    return None;
                }
            }
        }
        // Vertices without links stay.
        (0..self.vertices)
            .filter(|&v| map[v] == u32::MAX)
            .collect::<Vec<_>>()
            .into_iter()
            .for_each(|v| map[v] = v as u32);
        Some(map)
    }

    /// The number of independent loops: links - vertices + components.
    pub(super) fn cycle_rank(&self) -> usize {
        let mut parent: Vec<usize> = (0..self.vertices).collect();
        let mut loops = 0;
        for &(from, to) in &self.links {
            let roots = [from, to].map(|mut vertex| {
                while parent[vertex] != vertex {
                    parent[vertex] = parent[parent[vertex]];
                    vertex = parent[vertex];
                }
                vertex
            });
            match roots[0] == roots[1] {
                true => loops += 1,
                false => parent[roots[0]] = roots[1],
            }
        }
        loops
    }

    /// The equations that gauge invariance asks of a monomial's exponents.
    pub(super) fn system(&self, group: LinkGroup) -> System {
        let modulus = group.modulus();
        let unknown = |(at, &(from, to)): (usize, &(usize, usize))| match self.matter.get(&at) {
            Some(matter) => matter.unknown(from as u32, modulus),
            None => Variable {
                ends: [(from as u32, 1), (to as u32, if modulus == 2 { 1 } else { -1 })].into_iter().collect(),
                weight: 1,
                range: Range::Flow,
            },
        };
        System { modulus, vertices: self.vertices, variables: self.links.iter().enumerate().map(unknown).collect() }
    }

    /// The equations for monomials that a symmetry leaves alone: they have one
    /// exponent on each of its cycles of links, and the sum at one vertex of
    /// each of its cycles of vertices decides. A cycle that returns to its
    /// first link reversed has n = -n.
    pub(super) fn quotient(&self, group: LinkGroup, element: &Element) -> Result<System, CountError> {
        let modulus = group.modulus();
        let map = self.vertex_map(element).ok_or_else(|| CountError::Unsupported("no symmetry of links".to_owned()))?;
        let mut orbit = vec![u32::MAX; self.vertices];
        let mut sizes: Vec<i64> = Vec::new();
        for start in 0..self.vertices {
            let mut at = start;
            if orbit[at] != u32::MAX {
                continue;
            }
            sizes.push(0);
            while orbit[at] == u32::MAX {
                orbit[at] = sizes.len() as u32 - 1;
                sizes[orbit[at] as usize] += 1;
                at = map[at] as usize;
            }
        }
        let mut variables = Vec::new();
        let mut seen = vec![false; self.links.len()];
        for start in 0..self.links.len() {
            if seen[start] {
                continue;
            }
            let (mut at, mut reversed, mut length) = (start, 0, 0i64);
            while !seen[at] {
                seen[at] = true;
                length += 1;
                reversed ^= element[at] % 2;
                at = element[at] as usize / 2;
            }
            if let Some(matter) = self.matter.get(&start) {
                let vertex = orbit[self.links[start].0];
                let mut unknown = matter.unknown(vertex, modulus);
                // As many at each vertex of the cycle.
                let each = length / sizes[vertex as usize];
                unknown.ends.iter_mut().for_each(|(_, charge)| *charge = modulo(*charge * each, modulus));
                unknown.ends.retain(|(_, charge)| *charge != 0);
                unknown.weight = length as u32;
                variables.push(unknown);
                continue;
            }
            // Modulo 2, n = -n always holds.
            let half = reversed == 1 && modulus != 2;
            if half && (modulus == 0 || modulus % 2 == 1) {
                continue;
            }
            let (from, to) = (orbit[self.links[start].0], orbit[self.links[start].1]);
            let mut ends: SmallVec<[(u32, i64); 2]> = SmallVec::new();
            if from == to && (half || modulus == 2) {
                ends.push((from, 2 * length / sizes[from as usize]));
            } else {
                ends.push((from, length / sizes[from as usize]));
                ends.push((to, -length / sizes[to as usize]));
                if from == to {
                    ends.clear();
                }
            }
            // Half the modulus times an even number is no flow.
            let modulus = i64::from(if half { 2 } else { modulus });
            if modulus > 0 {
                ends.iter_mut().for_each(|(_, coefficient)| *coefficient = coefficient.rem_euclid(modulus));
            }
            ends.retain(|(_, coefficient)| *coefficient != 0);
            let range = if half { Range::Half } else { Range::Flow };
            variables.push(Variable { ends, weight: length as u32, range });
        }
        Ok(System { modulus, vertices: sizes.len(), variables })
    }

    /// All symmetries.
    pub(super) fn group(&self) -> Result<Vec<Element>, CountError> {
        let generators: Vec<Element> = self.generators.iter().map(element).collect();
        let identity: Element = (0..self.links.len() as u32).map(|link| 2 * link).collect();
        let limit = (LARGEST_GROUP / (self.links.len() as u64).max(1)).max(1);
        let mut known: FxHashSet<Element> = FxHashSet::default();
        known.insert(identity.clone());
        let mut group = vec![identity];
        let mut at = 0;
        while at < group.len() {
            for generator in &generators {
                let product = after(generator, &group[at]);
                if !known.contains(&product) {
                    if group.len() as u64 >= limit {
                        return Err(CountError::TooMany {
                            what: "symmetries of the links",
                            needed: UBig::from(limit) + UBig::ONE,
                            limit,
                        });
                    }
                    known.insert(product.clone());
                    group.push(product);
                }
            }
            at += 1;
        }
        Ok(group)
    }

    /// The symmetries up to conjugation.
    pub(super) fn classes(&self) -> Result<Vec<Class>, CountError> {
        let group = self.group()?;
        let generators: Vec<(Element, Element)> = self
            .generators
            .iter()
            .map(|generator| {
                let generator = element(generator);
                let mut inverse = vec![0; generator.len()];
                for (link, &image) in generator.iter().enumerate() {
                    inverse[image as usize / 2] = 2 * link as u32 + image % 2;
                }
                (generator, inverse)
            })
            .collect();
        let mut seen: FxHashSet<Element> = FxHashSet::default();
        let mut classes = Vec::new();
        for element in group {
            if !seen.insert(element.clone()) {
                continue;
            }
            let mut open = vec![element.clone()];
            let mut size = 0;
            while let Some(member) = open.pop() {
                size += 1;
                for (generator, inverse) in &generators {
                    let conjugate = after(generator, &after(&member, inverse));
                    if seen.insert(conjugate.clone()) {
                        open.push(conjugate);
                    }
                }
            }
            classes.push(Class { element, size });
        }
        Ok(classes)
    }
}

/// A coefficient modulo N, or itself where that is zero.
fn modulo(coefficient: i64, modulus: u32) -> i64 {
    if modulus > 0 { coefficient.rem_euclid(i64::from(modulus)) } else { coefficient }
}

/// A generator as an element.
pub(super) fn element(generator: &SignedPermutation) -> Element {
    generator.0.iter().map(|&(image, reversed)| 2 * image as u32 + u32::from(reversed)).collect()
}

/// First `inner`, then `outer`.
fn after(outer: &Element, inner: &Element) -> Element {
    inner.iter().map(|&image| outer[image as usize / 2] ^ (image % 2)).collect()
}
