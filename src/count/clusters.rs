//! The supports of local monomials that an element of space maps to
//! themselves, counted up to translations.
//!
//! A support is looked at with one of its points, the root, in the cell at the
//! origin; where no support reaches around the lattice, its least point. A
//! motion that maps the support to itself takes the root to one of its
//! points, which fixes the motion's displacement; and the support is then a
//! union of cycles of points of that motion. So the supports of one motion
//! are the sets of cycles that are coupled to one another (cliques of bit
//! sets, under `connected` connected sets), and only under the identity are
//! there as many as the lattice has supports.

use dashu_int::UBig;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::CountError;
use super::coupling::Coupling;
use super::cycles::Turns;
use super::group::Element;
use super::space::{Point, Space};
use super::values::Cycle;

/// The most work in one search, in words of bits: about a second.
const LARGEST_SEARCH: u64 = 1_000_000_000;

/// The largest number of points around one whose couplings are tabulated.
const LARGEST_TABLE: usize = 40_000;

/// The least and the greatest coordinate of sites in each open direction.
pub(super) type Spans = SmallVec<[(i16, i16); 2]>;

/// How a motion moves the points of a support, and how far that spans.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct ClusterKind {
    /// The cycles, sorted.
    pub cycles: Vec<Cycle>,
    /// The spans along open directions.
    pub spans: Spans,
}

/// The points around a root.
pub(super) struct Neighbourhood<'a> {
    space: &'a Space,
    coupling: &'a Coupling,
    /// The root and the points that may be coupled to it, ascending.
    pub points: Vec<Point>,
    /// The index of the root.
    pub root: u32,
    index: FxHashMap<Point, u32>,
    rows: Vec<Option<Rc<[u64]>>>,
    /// For each family of sets, the sets that hold each point, as bits.
    families: Vec<Vec<Vec<u64>>>,
    /// The points that are connected to each, under `connected`.
    bonds: Vec<Vec<u32>>,
    work: u64,
}

impl<'a> Neighbourhood<'a> {
    /// The neighbourhood of a point of the cell at the origin; `None` where no
    /// local monomial holds it.
    pub fn new(space: &'a Space, coupling: &'a Coupling, at: usize) -> Result<Option<Neighbourhood<'a>>, CountError> {
        let Some(nearby) = &coupling.nearby[at] else { return Ok(None) };
        let root = Point::at_origin(at);
        let mut points: Vec<Point> =
            nearby.iter().filter(|point| !coupling.unwrapped || **point > root).copied().collect();
        let first = points.partition_point(|point| *point < root);
        points.insert(first, root);
        if points.len() > LARGEST_TABLE && coupling.most > 2 {
            return Err(CountError::TooMany {
                what: "neighbours of a site",
                needed: UBig::from(points.len()),
                limit: LARGEST_TABLE as u64,
            });
        }
        let index: FxHashMap<Point, u32> = points.iter().enumerate().map(|(at, point)| (*point, at as u32)).collect();
        let families = coupling
            .families
            .iter()
            .map(|family| {
                let sets = coupling.sets_around(space, family, at);
                let bits = |point: &Point| {
                    let mut bits = vec![0u64; sets.len().div_ceil(64)];
                    for (at, set) in sets.iter().enumerate() {
                        if coupling.sites(space, point).all(|site| set.contains(&site)) {
                            bits[at / 64] |= 1 << (at % 64);
                        }
                    }
                    bits
                };
                points.iter().map(bits).collect()
            })
            .collect();
        let rows = vec![None; points.len()];
        let mut neighbourhood = Neighbourhood {
            space,
            coupling,
            root: first as u32,
            index,
            rows,
            families,
            bonds: Vec::new(),
            work: 0,
            points,
        };
        if coupling.connected {
            neighbourhood.bonds = neighbourhood.bonds();
        }
        Ok(Some(neighbourhood))
    }

    /// The points that share a site, or have sites that share a bond.
    fn bonds(&self) -> Vec<Vec<u32>> {
        let mut holders: FxHashMap<Point, Vec<u32>> = FxHashMap::default();
        for (at, point) in self.points.iter().enumerate() {
            for site in self.coupling.sites(self.space, point) {
                holders.entry(site).or_default().push(at as u32);
            }
        }
        let around = |at: usize| {
            let mut found = Vec::new();
            for site in self.coupling.sites(self.space, &self.points[at]) {
                found.extend(holders.get(&site).into_iter().flatten().copied());
                for other in &self.coupling.bonded[site.at as usize] {
                    let other = self.coupling.placed(self.space, &other.moved(&site.cell));
                    found.extend(holders.get(&other).into_iter().flatten().copied());
                }
            }
            found.sort_unstable();
            found.dedup();
            found.retain(|&other| other as usize != at);
            found
        };
        (0..self.points.len()).map(around).collect()
    }

    /// The points that a point is coupled to, as bits.
    fn row(&mut self, at: usize) -> Rc<[u64]> {
        if let Some(row) = &self.rows[at] {
            return row.clone();
        }
        let mut row = vec![0u64; self.points.len().div_ceil(64)];
        for other in 0..self.points.len() {
            if self.coupling.couples(self.space, &self.points[at], &self.points[other]) {
                row[other / 64] |= 1 << (other % 64);
            }
        }
        self.work += 8 * self.points.len() as u64;
        let row: Rc<[u64]> = row.into();
        self.rows[at] = Some(row.clone());
        row
    }

    fn couples(&mut self, a: u32, b: u32) -> bool {
        let row = self.row(a as usize);
        row[b as usize / 64] >> (b % 64) & 1 == 1
    }

    /// The numbers of supports with the root (as least point where the lattice
    /// is not wrapped) that a motion maps to themselves, by their kinds; with
    /// the motion taking the root to a point of the neighbourhood.
    pub fn fixed(&mut self, turns: &Turns, motion: &Element) -> Result<BTreeMap<ClusterKind, u64>, CountError> {
        let Some(mut search) = Search::new(self, turns, motion, None)? else { return Ok(BTreeMap::new()) };
        search.run()?;
        Ok(search.counted())
    }

    /// Calls a function on every support with the root, given by the indices
    /// of its points, ascending.
    pub fn each(&mut self, found: &mut dyn FnMut(&[u32])) -> Result<(), CountError> {
        let identity = Element::identity(self.space);
        let turns = Turns::default();
        match Search::new(self, &turns, &identity, Some(found))? {
            Some(mut search) => search.run(),
            None => Ok(()),
        }
    }
}

/// A cycle of points of a motion.
struct Orbit {
    /// The indices of its points.
    members: SmallVec<[u32; 4]>,
    /// Which kind of cycle, by index.
    kind: u16,
}

/// A node of the tree of sorted lists of kinds.
#[derive(Default)]
struct Node {
    children: SmallVec<[(u16, u32); 4]>,
    count: u64,
}

struct Search<'s, 'a> {
    around: &'s mut Neighbourhood<'a>,
    /// The orbits that may be added, by kind; the root's is apart.
    orbits: Vec<Orbit>,
    root: Orbit,
    kinds: Vec<Cycle>,
    /// The orbits of one point of each kind, as bits.
    single: Vec<(u16, Vec<u64>)>,
    /// The later orbits that each is coupled to, or all under `connected`.
    rows: Vec<Option<Rc<[u64]>>>,
    nodes: Vec<Node>,
    spanned: FxHashMap<(u32, Spans), u64>,
    open: Vec<usize>,
    found: Option<&'s mut dyn FnMut(&[u32])>,
    /// The orbits of the support at hand.
    chosen: Vec<u32>,
}

impl<'s, 'a> Search<'s, 'a> {
    fn new(
        around: &'s mut Neighbourhood<'a>,
        turns: &Turns,
        motion: &Element,
        found: Option<&'s mut dyn FnMut(&[u32])>,
    ) -> Result<Option<Search<'s, 'a>>, CountError> {
        let (space, coupling) = (around.space, around.coupling);
        let most = coupling.most;
        if most == 0 {
            return Ok(None);
        }
        let mut kinds: Vec<Cycle> = Vec::new();
        let orbit = |around: &mut Neighbourhood<'a>,
                     kinds: &mut Vec<Cycle>,
                     start: u32,
                     most: usize|
         -> Option<Orbit> {
            let mut members: SmallVec<[u32; 4]> = SmallVec::from_slice(&[start]);
            let first = around.points[start as usize];
            loop {
                let last = around.points[members[members.len() - 1] as usize];
                let image = motion.image(&last);
                let image =
                    if coupling.unwrapped { image } else { Point { cell: space.near_cell(&image.cell), at: image.at } };
                if image == first {
                    break;
                }
                let next = *around.index.get(&image)?;
                if members.len() == most || !around.couples(start, next) {
                    return None;
                }
                members.push(next);
            }
            let cycle = turns.cycle(space, motion, first, members.len());
            let kind = kinds.iter().position(|known| *known == cycle).unwrap_or_else(|| {
                kinds.push(cycle);
                kinds.len() - 1
            });
            Some(Orbit { members, kind: kind as u16 })
        };
        let start = around.root;
        let Some(root) = orbit(around, &mut kinds, start, most) else { return Ok(None) };
        let mut seen = vec![false; around.points.len()];
        root.members.iter().for_each(|&member| seen[member as usize] = true);
        let mut orbits = Vec::new();
        for start in 0..around.points.len() {
            if seen[start] || most == root.members.len() {
                continue;
            }
            let Some(orbit) = orbit(around, &mut kinds, start as u32, most - root.members.len()) else { continue };
            orbit.members.iter().for_each(|&member| seen[member as usize] = true);
            // All of them are coupled to the root: one is to its whole orbit.
            if root.members.iter().skip(1).all(|&member| around.couples(start as u32, member)) {
                orbits.push(orbit);
            }
        }
        orbits.sort_by_key(|orbit| orbit.kind);
        let words = orbits.len().div_ceil(64);
        let mut single: Vec<(u16, Vec<u64>)> = Vec::new();
        for (at, orbit) in orbits.iter().enumerate().filter(|(_, orbit)| orbit.members.len() == 1) {
            if single.last().is_none_or(|(kind, _)| *kind != orbit.kind) {
                single.push((orbit.kind, vec![0; words]));
            }
            let (_, bits) = single.last_mut().expect("just made");
            bits[at / 64] |= 1 << (at % 64);
        }
        let rows = vec![None; orbits.len()];
        let open = space.open_directions().collect();
        Ok(Some(Search {
            around,
            orbits,
            root,
            kinds,
            single,
            rows,
            nodes: vec![Node::default()],
            spanned: FxHashMap::default(),
            open,
            found,
            chosen: Vec::new(),
        }))
    }

    fn run(&mut self) -> Result<(), CountError> {
        let words = self.orbits.len().div_ceil(64);
        let mut all = vec![u64::MAX; words];
        if let Some(last) = all.last_mut() {
            *last >>= (64 - self.orbits.len() % 64) % 64;
        }
        let sets = self.sets(None, &self.root.members);
        let size = self.root.members.len();
        if !sets.iter().all(|bits| bits.iter().any(|&word| word != 0)) {
            return Ok(());
        }
        match self.around.coupling.connected {
            true => {
                let mut seen = vec![false; self.orbits.len()];
                let untried = self.bonded_orbits(None, &mut seen);
                self.record(size)?;
                self.grow(untried, &mut seen, &all, size, &sets)
            }
            false => {
                let node = self.child(0, self.root.kind);
                self.extend(&all, size, node, &sets)
            }
        }
    }

    /// Adds each of the candidates, all coupled to what is chosen, in turn.
    fn extend(&mut self, candidates: &[u64], size: usize, node: u32, sets: &[Vec<u64>]) -> Result<(), CountError> {
        let plain = self.open.is_empty() && self.found.is_none();
        if !self.few_sites() {
            return Ok(());
        }
        match plain {
            true => self.nodes[node as usize].count += 1,
            false => self.record_at(node),
        }
        let left = self.around.coupling.most - size;
        if left == 0 {
            return Ok(());
        }
        self.around.work += candidates.len() as u64 + 4;
        self.check_work()?;
        if left == 1 && plain && sets.is_empty() && self.around.coupling.most_sites.is_none() {
            for at in 0..self.single.len() {
                let (kind, bits) = &self.single[at];
                let count: u32 = candidates.iter().zip(bits).map(|(a, b)| (a & b).count_ones()).sum();
                if count > 0 {
                    let child = self.child(node, *kind);
                    self.nodes[child as usize].count += count as u64;
                }
            }
            return Ok(());
        }
        for (word, &bits) in candidates.iter().enumerate() {
            let mut bits = bits;
            while bits != 0 {
                let orbit = 64 * word + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                let length = self.orbits[orbit].members.len();
                if length > left {
                    continue;
                }
                let sets = match sets.is_empty() {
                    true => Vec::new(),
                    false => self.sets(Some(sets), &self.orbits[orbit].members),
                };
                if !sets.iter().all(|bits| bits.iter().any(|&word| word != 0)) {
                    continue;
                }
                let child = self.child(node, self.orbits[orbit].kind);
                self.chosen.push(orbit as u32);
                if length == left {
                    self.extend(&[], size + length, child, &sets)?;
                } else {
                    let row = self.row(orbit);
                    let rest: SmallVec<[u64; 8]> = candidates.iter().zip(&row[..]).map(|(a, b)| a & b).collect();
                    self.extend(&rest, size + length, child, &sets)?;
                }
                self.chosen.pop();
            }
        }
        Ok(())
    }

    /// Redelmeier's enumeration of connected sets: every orbit of `untried`
    /// is added or left out for good; those bonded to an added one are tried
    /// after it.
    fn grow(
        &mut self,
        mut untried: Vec<u32>,
        seen: &mut [bool],
        allowed: &[u64],
        size: usize,
        sets: &[Vec<u64>],
    ) -> Result<(), CountError> {
        while let Some(orbit) = untried.pop() {
            let at = orbit as usize;
            let length = self.orbits[at].members.len();
            self.around.work += 8 + untried.len() as u64;
            self.check_work()?;
            if allowed[at / 64] >> (at % 64) & 1 == 0 || size + length > self.around.coupling.most {
                continue;
            }
            let sets = self.sets(Some(sets), &self.orbits[at].members);
            if !sets.iter().all(|bits| bits.iter().any(|&word| word != 0)) {
                continue;
            }
            self.chosen.push(orbit);
            if self.few_sites() {
                self.record(size + length)?;
                if size + length < self.around.coupling.most {
                    let row = self.row(at);
                    let rest: Vec<u64> = allowed.iter().zip(&row[..]).map(|(a, b)| a & b).collect();
                    let mut next = untried.clone();
                    let more = self.bonded_orbits(Some(orbit), seen);
                    next.extend(&more);
                    self.grow(next, seen, &rest, size + length, &sets)?;
                    more.iter().for_each(|&other| seen[other as usize] = false);
                }
            }
            self.chosen.pop();
        }
        Ok(())
    }

    /// The orbits with a bond to one (or to the root's), not seen before.
    fn bonded_orbits(&self, orbit: Option<u32>, seen: &mut [bool]) -> Vec<u32> {
        let members = orbit.map_or(&self.root.members, |orbit| &self.orbits[orbit as usize].members);
        let mut bonded: Vec<u32> = Vec::new();
        for &member in members {
            bonded.extend(&self.around.bonds[member as usize]);
        }
        bonded.sort_unstable();
        let mut orbits = Vec::new();
        for (at, other) in self.orbits.iter().enumerate() {
            if !seen[at] && other.members.iter().any(|member| bonded.binary_search(member).is_ok()) {
                seen[at] = true;
                orbits.push(at as u32);
            }
        }
        orbits
    }

    /// Whether the sites of the support are few enough.
    fn few_sites(&self) -> bool {
        let Some(most) = self.around.coupling.most_sites else { return true };
        let mut sites: Vec<Point> = Vec::new();
        for member in self.members() {
            let point = &self.around.points[member as usize];
            sites.extend(self.around.coupling.sites(self.around.space, point));
        }
        sites.sort_unstable();
        sites.dedup();
        sites.len() <= most
    }

    /// Whether the points of the support are connected.
    fn is_connected(&self) -> bool {
        let members: SmallVec<[u32; 16]> = self.members().collect();
        let mut reached: SmallVec<[bool; 16]> = SmallVec::from_elem(false, members.len());
        let mut open: SmallVec<[usize; 16]> = SmallVec::from_slice(&[0]);
        reached[0] = true;
        while let Some(at) = open.pop() {
            for other in 0..members.len() {
                let bonded = || self.around.bonds[members[at] as usize].binary_search(&members[other]).is_ok();
                if !reached[other] && bonded() {
                    reached[other] = true;
                    open.push(other);
                }
            }
        }
        reached.iter().all(|&reached| reached)
    }

    fn members(&self) -> impl Iterator<Item = u32> + '_ {
        let chosen = self.chosen.iter().flat_map(|&orbit| self.orbits[orbit as usize].members.iter());
        self.root.members.iter().chain(chosen).copied()
    }

    /// Counts the support at hand if it is connected.
    fn record(&mut self, size: usize) -> Result<(), CountError> {
        // Orbits are connected as a whole only if their points are.
        if size > self.chosen.len() + 1 && !self.is_connected() {
            return Ok(());
        }
        if !self.few_sites() {
            return Ok(());
        }
        let mut kinds: SmallVec<[u16; 16]> =
            self.chosen.iter().map(|&orbit| self.orbits[orbit as usize].kind).collect();
        kinds.push(self.root.kind);
        kinds.sort_unstable();
        let node = kinds.into_iter().fold(0, |node, kind| self.child(node, kind));
        self.record_at(node);
        Ok(())
    }

    fn record_at(&mut self, node: u32) {
        if self.found.is_some() {
            let mut members: SmallVec<[u32; 16]> = self.members().collect();
            members.sort_unstable();
            if let Some(found) = &mut self.found {
                found(&members);
            }
            return;
        }
        if self.open.is_empty() {
            self.nodes[node as usize].count += 1;
            return;
        }
        let mut spans: Spans = SmallVec::from_elem((i16::MAX, i16::MIN), self.open.len());
        for member in self.members() {
            let point = self.around.points[member as usize];
            for site in &self.around.space.points[point.at as usize].sites {
                for (span, &d) in spans.iter_mut().zip(&self.open) {
                    let coordinate = site.cell[d] + point.cell[d];
                    *span = (span.0.min(coordinate), span.1.max(coordinate));
                }
            }
        }
        *self.spanned.entry((node, spans)).or_insert(0) += 1;
    }

    /// The later orbits (under `connected` all) that an orbit is coupled to.
    fn row(&mut self, orbit: usize) -> Rc<[u64]> {
        if let Some(row) = &self.rows[orbit] {
            return row.clone();
        }
        let first = self.orbits[orbit].members[0];
        let points = self.around.row(first as usize);
        let mut row = vec![0u64; self.orbits.len().div_ceil(64)];
        let from = if self.around.coupling.connected { 0 } else { orbit + 1 };
        for other in from..self.orbits.len() {
            if self.orbits[other].members.iter().all(|&m| points[m as usize / 64] >> (m % 64) & 1 == 1) {
                row[other / 64] |= 1 << (other % 64);
            }
        }
        self.around.work += self.orbits.len() as u64;
        let row: Rc<[u64]> = row.into();
        self.rows[orbit] = Some(row.clone());
        row
    }

    /// The sets of each family that hold these points, of those left.
    fn sets(&self, left: Option<&[Vec<u64>]>, members: &[u32]) -> Vec<Vec<u64>> {
        let of_family = |(at, family): (usize, &Vec<Vec<u64>>)| {
            let words = family.first().map_or(0, Vec::len);
            let mut bits = left.map_or_else(|| vec![u64::MAX; words], |left| left[at].clone());
            for &member in members {
                bits.iter_mut().zip(&family[member as usize]).for_each(|(a, b)| *a &= b);
            }
            bits
        };
        self.around.families.iter().enumerate().map(of_family).collect()
    }

    fn child(&mut self, node: u32, kind: u16) -> u32 {
        let children = &self.nodes[node as usize].children;
        if let Some(&(_, child)) = children.iter().find(|(known, _)| *known == kind) {
            return child;
        }
        let child = self.nodes.len() as u32;
        self.nodes[node as usize].children.push((kind, child));
        self.nodes.push(Node::default());
        child
    }

    fn check_work(&self) -> Result<(), CountError> {
        match self.around.work > LARGEST_SEARCH {
            true => Err(CountError::TooMany {
                what: "steps in the search for sets of coupled sites",
                needed: UBig::from(self.around.work),
                limit: LARGEST_SEARCH,
            }),
            false => Ok(()),
        }
    }

    /// The kinds of all supports found, with their numbers.
    fn counted(&self) -> BTreeMap<ClusterKind, u64> {
        let mut counted = BTreeMap::new();
        let mut lists: Vec<Vec<Cycle>> = vec![Vec::new(); self.nodes.len()];
        for (at, node) in self.nodes.iter().enumerate() {
            for &(kind, child) in &node.children {
                let mut list = lists[at].clone();
                list.push(self.kinds[kind as usize]);
                lists[child as usize] = list;
            }
        }
        let sorted = |at: usize| {
            let mut cycles = lists[at].clone();
            cycles.sort_unstable();
            cycles
        };
        for (at, node) in self.nodes.iter().enumerate().filter(|(_, node)| node.count > 0) {
            *counted.entry(ClusterKind { cycles: sorted(at), spans: Spans::new() }).or_insert(0) += node.count;
        }
        for ((node, spans), &count) in &self.spanned {
            *counted.entry(ClusterKind { cycles: sorted(*node as usize), spans: spans.clone() }).or_insert(0) += count;
        }
        counted
    }
}
