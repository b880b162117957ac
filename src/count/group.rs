//! Groups of symmetries of space.
//!
//! An element takes the point of kind b in cell x to the point of kind
//! `to[b]` in cell `M x + shift[b]`. The group of some generators is held as
//! its lattice of translations (along periodic directions, the periods of the
//! torus among them) and one element for each of its cosets: as many as the
//! point group has elements, so that a group is small on any torus. The
//! translations are found by Schreier's lemma: where two products of
//! generators differ by a translation, that is in the group.

use dashu_int::{IBig, UBig};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::collections::BTreeMap;

use super::CountError;
use super::integer::{self, IntegerLattice};
use super::space::{Cell, DIRECTIONS, Point, Space};
use crate::model::Isometry;

/// The largest point group that is listed.
const LARGEST_GROUP: usize = 50_000;

/// An integer matrix on cells, one row a direction.
pub(super) type Matrix = SmallVec<[[i8; DIRECTIONS]; 3]>;

/// A symmetry of space.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) struct Element {
    /// The linear part.
    pub matrix: Matrix,
    /// Which point of its cell each point of a cell goes to.
    pub to: SmallVec<[u16; 4]>,
    /// Whether a bond is taken to the reverse of one, for each point.
    pub reversed: SmallVec<[bool; 4]>,
    /// The cell that each point of the cell at the origin goes to.
    pub shift: SmallVec<[[i64; DIRECTIONS]; 4]>,
}

impl Element {
    /// The element that does nothing.
    pub fn identity(space: &Space) -> Element {
        let points = space.points.len();
        let row = |at: usize| std::array::from_fn(|d| (d == at) as i8);
        Element {
            matrix: (0..space.dimension()).map(row).collect(),
            to: (0..points as u16).collect(),
            reversed: SmallVec::from_elem(false, points),
            shift: SmallVec::from_elem([0; DIRECTIONS], points),
        }
    }

    /// The element of a motion of space. `Err` says in words why the motion
    /// is no symmetry of the lattice.
    pub fn of_motion(motion: &Isometry, space: &Space) -> Result<Element, String> {
        let dimension = space.dimension();
        let mut matrix = Matrix::new();
        for row in &motion.matrix {
            let mut entries = [0i8; DIRECTIONS];
            for (entry, &value) in entries.iter_mut().zip(row) {
                *entry = i8::try_from(value).map_err(|_| format!("{} stretches the lattice", motion.name))?;
            }
            matrix.push(entries);
        }
        check_lengths(space, &matrix).map_err(|()| format!("{} changes distances", motion.name))?;
        check_periods(space, &matrix).map_err(|why| format!("{} {why}", motion.name))?;
        // Where the sites go.
        let mut image: Vec<([i64; DIRECTIONS], u16)> = Vec::with_capacity(space.sites);
        for basis in &space.geometry.basis {
            let position = motion.position(basis);
            let (cell, at) = space
                .geometry
                .site_at(&position)
                .ok_or_else(|| format!("{} takes a site to a place without one", motion.name))?;
            for d in space.open_directions() {
                let forwards = matrix[d].iter().any(|&entry| entry > 0);
                if cell[d] != if forwards { 0 } else { space.extents[d] as i64 - 1 } {
                    return Err(format!("{} takes sites beyond the end of a direction", motion.name));
                }
            }
            image.push((std::array::from_fn(|d| if d < dimension { cell[d] } else { 0 }), at as u16));
        }
        let mut element = Element { matrix, to: SmallVec::new(), reversed: SmallVec::new(), shift: SmallVec::new() };
        for point in &space.points {
            let ends: SmallVec<[([i64; DIRECTIONS], u16); 2]> = point
                .sites
                .iter()
                .map(|site| {
                    let (shift, at) = image[site.at as usize];
                    let turned = element.turn(&site.cell);
                    (std::array::from_fn(|d| turned[d] + shift[d]), at)
                })
                .collect();
            let (to, reversed, shift) = space
                .points
                .iter()
                .enumerate()
                .find_map(|(to, other)| {
                    if other.sites.len() != ends.len() {
                        return None;
                    }
                    if ends.len() > 2 {
                        // The corners of a plaquette, as a set.
                        return ends.iter().find_map(|start| {
                            let place: [i64; DIRECTIONS] =
                                std::array::from_fn(|d| start.0[d] - other.sites[0].cell[d] as i64);
                            let there = |site: &Point| {
                                let cell = std::array::from_fn(|d| site.cell[d] as i64 + place[d]);
                                ends.contains(&(cell, site.at))
                            };
                            other.sites.iter().all(there).then_some((to as u16, false, place))
                        });
                    }
                    [false, true].into_iter().take(ends.len()).find_map(|reversed| {
                        let end = |n: usize| if reversed { ends[ends.len() - 1 - n] } else { ends[n] };
                        let place = |n: usize, d: usize| end(n).0[d] - other.sites[n].cell[d] as i64;
                        let same = (0..ends.len()).all(|n| {
                            end(n).1 == other.sites[n].at && (0..DIRECTIONS).all(|d| place(n, d) == place(0, d))
                        });
                        same.then(|| (to as u16, reversed, std::array::from_fn(|d| place(0, d))))
                    })
                })
                .ok_or_else(|| format!("{} takes a bond to a place without one", motion.name))?;
            element.to.push(to);
            element.reversed.push(reversed);
            element.shift.push(shift);
        }
        Ok(element)
    }

    /// The image of a cell under the linear part.
    pub fn turn(&self, cell: &Cell) -> [i64; DIRECTIONS] {
        let mut image = [0; DIRECTIONS];
        for (entry, row) in image.iter_mut().zip(&self.matrix) {
            *entry = row.iter().zip(cell).map(|(&m, &c)| m as i64 * c as i64).sum();
        }
        image
    }

    /// The image of a point, where that is known to be near.
    pub fn image(&self, point: &Point) -> Point {
        let at = point.at as usize;
        let (turned, shift) = (self.turn(&point.cell), &self.shift[at]);
        Point { cell: std::array::from_fn(|d| (turned[d] + shift[d]) as i16), at: self.to[at] }
    }

    /// First `self`, then `next`.
    pub fn then(&self, next: &Element) -> Element {
        let dimension = self.matrix.len();
        let mut matrix = Matrix::new();
        for row in &next.matrix {
            let entry = |c: usize| (0..dimension).map(|k| row[k] as i16 * self.matrix[k][c] as i16).sum::<i16>() as i8;
            matrix.push(std::array::from_fn(|c| if c < dimension { entry(c) } else { 0 }));
        }
        let points = 0..self.to.len();
        let shift = points.clone().map(|at| {
            let (own, then) = (&self.shift[at], &next.shift[self.to[at] as usize]);
            std::array::from_fn(|d| match next.matrix.get(d) {
                Some(row) => row.iter().zip(own).map(|(&m, &s)| m as i64 * s).sum::<i64>() + then[d],
                None => 0,
            })
        });
        Element {
            shift: shift.collect(),
            to: points.clone().map(|at| next.to[self.to[at] as usize]).collect(),
            reversed: points.map(|at| self.reversed[at] != next.reversed[self.to[at] as usize]).collect(),
            matrix,
        }
    }

    /// The same with the first point's shift next to zero, modulo the periods.
    pub fn reduced(mut self, space: &Space) -> Element {
        for direction in space.periodic_directions() {
            let extent = space.extents[direction] as i64;
            let Some(first) = self.shift.first() else { continue };
            let least = first[direction].rem_euclid(extent);
            let excess = first[direction] - if least > extent / 2 { least - extent } else { least };
            self.shift.iter_mut().for_each(|shift| shift[direction] -= excess);
        }
        self
    }

    /// The same followed by a translation.
    pub fn translated(&self, by: &[i64; DIRECTIONS]) -> Element {
        let mut moved = self.clone();
        moved.shift.iter_mut().for_each(|shift| shift.iter_mut().zip(by).for_each(|(s, b)| *s += b));
        moved
    }

    /// Everything but the shift.
    fn linear(&self) -> (Matrix, SmallVec<[u16; 4]>) {
        (self.matrix.clone(), self.to.clone())
    }

    /// The columns of one minus the matrix, for periodic directions.
    pub fn defects(&self, space: &Space) -> Vec<integer::Vector> {
        let periodic: Vec<usize> = space.periodic_directions().collect();
        let entry = |r: usize, c: usize| IBig::from((r == c) as i64 - self.matrix[r][c] as i64);
        periodic.iter().map(|&c| periodic.iter().map(|&r| entry(r, c)).collect()).collect()
    }
}

fn check_lengths(space: &Space, matrix: &Matrix) -> Result<(), ()> {
    let gram = &space.geometry.gram;
    let dimension = space.dimension();
    for r in 0..dimension {
        for c in 0..dimension {
            let mut sum = 0;
            for (a, row) in gram.iter().enumerate() {
                for (b, &entry) in row.iter().enumerate() {
                    sum += matrix[a][r] as i64 * entry * matrix[b][c] as i64;
                }
            }
            if sum != gram[r][c] {
                return Err(());
            }
        }
    }
    Ok(())
}

/// A linear part has to take the periods of the torus to periods, and the
/// range of every open direction to such a range.
fn check_periods(space: &Space, matrix: &Matrix) -> Result<(), String> {
    for (r, row) in matrix.iter().enumerate() {
        let mut sources = 0;
        for c in 0..space.dimension() {
            let entry = row[c] as i64;
            if entry == 0 {
                continue;
            }
            sources += 1;
            let fits = match (space.periodic[r], space.periodic[c]) {
                (true, true) => (entry as i128 * space.extents[c] as i128) % space.extents[r] as i128 == 0,
                (true, false) => true,
                (false, true) => false,
                (false, false) => entry.abs() == 1 && space.extents[r] == space.extents[c],
            };
            if !fits {
                return Err(format!("does not map {} to itself", space.lattice));
            }
        }
        if !space.periodic[r] && sources != 1 {
            return Err(format!("does not map {} to itself: it slants an open direction", space.lattice));
        }
    }
    Ok(())
}

/// A group of symmetries of space.
#[derive(Clone, Debug)]
pub(super) struct SpaceGroup {
    /// One element for each coset of the translations, the identity first.
    pub elements: Vec<Element>,
    /// The translations along periodic directions, periods included.
    pub translations: IntegerLattice,
    /// The elements by classes of conjugation: the index of one, and the size.
    pub classes: Vec<(usize, usize)>,
}

impl SpaceGroup {
    /// The group of some generators, and of all translations where those are
    /// symmetries.
    pub fn new(space: &Space, generators: &[Element]) -> Result<SpaceGroup, CountError> {
        let mut translations = space.periods();
        if space.translated {
            let dimension = translations.dimension;
            translations =
                translations.sum((0..dimension).map(|at| integer::vector((0..dimension).map(|d| (d == at) as i64))));
        }
        let identity = Element::identity(space);
        let mut index = FxHashMap::from_iter([(identity.linear(), 0)]);
        let mut elements = vec![identity];
        let mut found: Vec<integer::Vector> = Vec::new();
        let mut at = 0;
        while at < elements.len() {
            for generator in generators {
                let product = elements[at].then(generator).reduced(space);
                let linear = product.linear();
                let Some(&known) = index.get(&linear) else {
                    if elements.len() >= LARGEST_GROUP {
                        return Err(CountError::TooMany {
                            what: "elements of the point group",
                            needed: UBig::from(elements.len() + 1),
                            limit: LARGEST_GROUP as u64,
                        });
                    }
                    index.insert(linear, elements.len());
                    elements.push(product);
                    continue;
                };
                let difference = |point: usize| -> [i64; DIRECTIONS] {
                    std::array::from_fn(|d| product.shift[point][d] - elements[known].shift[point][d])
                };
                let first = if space.points.is_empty() { [0; DIRECTIONS] } else { difference(0) };
                if (0..space.points.len()).any(|point| difference(point) != first) {
                    return Err(CountError::Unsupported("a motion that moves the sites of one cell apart".to_owned()));
                }
                if space.open_directions().any(|d| !space.uniform && first[d] != 0) {
                    return Err(CountError::Unsupported("a motion beyond the end of a direction".to_owned()));
                }
                let by = space.periodic_part(&first);
                if !translations.contains(&by) {
                    translations = translations.sum([by.clone()]);
                    found.push(by);
                }
            }
            at += 1;
        }
        // Conjugates of translations are translations of the group, too.
        let mut grown = !found.is_empty();
        while grown {
            grown = false;
            for generator in generators {
                for row in translations.basis().to_vec() {
                    let periodic: Vec<usize> = space.periodic_directions().collect();
                    let entry = |r: usize| -> IBig {
                        periodic.iter().zip(&row).map(|(&c, x)| x * IBig::from(generator.matrix[r][c])).sum()
                    };
                    let image: integer::Vector = periodic.iter().map(|&r| entry(r)).collect();
                    if !translations.contains(&image) {
                        translations = translations.sum([image]);
                        grown = true;
                    }
                }
            }
        }
        let classes = conjugacy_classes(&elements, generators, &index);
        Ok(SpaceGroup { elements, translations, classes })
    }

    /// The number of its elements that differ on the lattice.
    pub fn order(&self, space: &Space) -> UBig {
        let periods = space.periods();
        let translations = periods.index() / self.translations.index();
        let acts_trivially = |element: &&Element| {
            let Some(first) = element.shift.first() else { return true };
            let by = space.periodic_part(first);
            element.to.iter().enumerate().all(|(at, &to)| at == to as usize)
                && element.defects(space).iter().all(|column| periods.contains(column))
                && space.open_directions().all(|d| {
                    // A direction of one site has one place.
                    space.extents[d] == 1 || (element.matrix[d][d] == 1 && first[d] == 0)
                })
                && element.shift.iter().all(|shift| {
                    let differs: Vec<i64> = (0..DIRECTIONS).map(|d| shift[d] - first[d]).collect();
                    periods.contains(&space.periodic_part(&differs))
                })
                && self.translations.contains(&by)
        };
        let trivial = self.elements.iter().filter(acts_trivially).count();
        super::series::natural(translations * IBig::from(self.elements.len()) / IBig::from(trivial))
    }
}

/// The classes of elements that are conjugate modulo translations, by their
/// first members.
fn conjugacy_classes(
    elements: &[Element],
    generators: &[Element],
    index: &FxHashMap<(Matrix, SmallVec<[u16; 4]>), usize>,
) -> Vec<(usize, usize)> {
    let mut class: Vec<usize> = (0..elements.len()).collect();
    fn root(class: &mut [usize], mut at: usize) -> usize {
        while class[at] != at {
            class[at] = class[class[at]];
            at = class[at];
        }
        at
    }
    for generator in generators {
        // g h g^-1 is where the coset of h's image under g lies: it is found
        // from g h = (g h g^-1) g.
        let mut by_product = FxHashMap::default();
        for (at, element) in elements.iter().enumerate() {
            by_product.insert(generator.then(element).linear(), at);
        }
        for (at, element) in elements.iter().enumerate() {
            let conjugate = by_product[&element.then(generator).linear()];
            let (a, b) = (root(&mut class, at), root(&mut class, conjugate));
            let (first, last) = (a.min(b), a.max(b));
            class[last] = first;
        }
    }
    debug_assert_eq!(index.len(), elements.len());
    let mut sizes: BTreeMap<usize, usize> = BTreeMap::new();
    for at in 0..elements.len() {
        *sizes.entry(root(&mut class, at)).or_insert(0) += 1;
    }
    sizes.into_iter().collect()
}

/// Counts the places at which an element maps a support to itself.
pub(super) struct Places<'a> {
    space: &'a Space,
    element: &'a Element,
    /// The vectors that (1 - M) and the translations span.
    pub image: IntegerLattice,
    /// Its index: the number of solutions where there is one.
    solutions: IBig,
}

impl<'a> Places<'a> {
    /// For one element of a group.
    pub fn new(space: &'a Space, group: &SpaceGroup, element: &'a Element) -> Places<'a> {
        let image = match group.translations.is_everything() {
            true => group.translations.clone(),
            false => group.translations.sum(element.defects(space)),
        };
        let solutions = image.index();
        Places { space, element, image, solutions }
    }

    /// Whether there may be such a place.
    pub fn solvable(&self, by: &[i64; DIRECTIONS]) -> bool {
        let slanted = |d: usize| self.space.open_directions().any(|o| self.element.matrix[d][o] != 0);
        self.space.periodic_directions().any(slanted) || self.image.contains(&self.space.periodic_part(by))
    }

    /// The number of places t, modulo the translations, such that the element
    /// maps a support at t to itself, given that it maps the support at the
    /// origin to the one at `by`: `M t + by = t`. The spans are the least and
    /// the greatest coordinate of the support's cells in each open direction.
    pub fn count(&self, by: &[i64; DIRECTIONS], spans: &[(i16, i16)]) -> IBig {
        let open: Vec<usize> = self.space.open_directions().collect();
        if open.is_empty() {
            return match self.image.contains(&self.space.periodic_part(by)) {
                true => self.solutions.clone(),
                false => IBig::ZERO,
            };
        }
        if self.space.uniform {
            let fits = open
                .iter()
                .zip(spans)
                .all(|(&d, &(least, greatest))| (greatest as i64 - least as i64) < self.space.extents[d] as i64);
            let solved = self.image.contains(&self.space.periodic_part(by));
            return if fits && solved { self.solutions.clone() } else { IBig::ZERO };
        }
        self.count_open(by, &open, spans)
    }

    /// The same where directions end: they are permuted with signs.
    fn count_open(&self, by: &[i64; DIRECTIONS], open: &[usize], spans: &[(i16, i16)]) -> IBig {
        let range = |at: usize| {
            let (least, greatest) = (spans[at].0 as i64, spans[at].1 as i64);
            (-least, self.space.extents[open[at]] as i64 - 1 - greatest)
        };
        // Each open coordinate is one of another: t[r] = ±t[c] + by[r].
        let source = |r: usize| {
            let row = &self.element.matrix[open[r]];
            let c = (0..open.len()).find(|&c| row[open[c]] != 0).expect("checked when the element was made");
            (c, row[open[c]] as i64)
        };
        let slanted = self.space.periodic_directions().any(|d| open.iter().any(|&o| self.element.matrix[d][o] != 0));
        let mut seen = vec![false; open.len()];
        // For each cycle of coordinates: the values of its first coordinate,
        // and each coordinate as a sign and a constant of it.
        let mut places = IBig::ONE;
        let mut cycles: Vec<(i64, i64, Vec<(usize, i64, i64)>)> = Vec::new();
        for start in 0..open.len() {
            if seen[start] {
                continue;
            }
            let mut cycle = Vec::new();
            let mut at = start;
            while !seen[at] {
                seen[at] = true;
                cycle.push(at);
                at = source(at).0;
            }
            // From the last, which is taken from the first, back to the first.
            let (mut sign, mut constant) = (1, 0);
            let mut expressed = Vec::new();
            for &coordinate in cycle.iter().rev() {
                let turn = source(coordinate).1;
                sign *= turn;
                constant = turn * constant + by[open[coordinate]];
                expressed.push((coordinate, sign, constant));
            }
            let (mut first, mut last) = range(start);
            for &(coordinate, sign, constant) in &expressed {
                let (low, high) = range(coordinate);
                let (low, high) =
                    if sign == 1 { (low - constant, high - constant) } else { (constant - high, constant - low) };
                first = first.max(low);
                last = last.min(high);
            }
            match sign {
                1 if constant == 0 => {}
                1 => return IBig::ZERO,
                _ if constant % 2 == 0 => {
                    first = first.max(constant / 2);
                    last = last.min(constant / 2);
                }
                _ => return IBig::ZERO,
            }
            if first > last {
                return IBig::ZERO;
            }
            places *= IBig::from(last - first + 1);
            cycles.push((first, last, expressed));
        }
        if !slanted {
            return match self.image.contains(&self.space.periodic_part(by)) {
                true => places * &self.solutions,
                false => IBig::ZERO,
            };
        }
        // The periodic part of the equation depends on the open coordinates,
        // linearly and modulo the index of a lattice.
        let mut total = IBig::ZERO;
        let period = i64::try_from(&self.solutions).unwrap_or(i64::MAX);
        let mut choice: Vec<i64> = cycles.iter().map(|cycle| cycle.0).collect();
        loop {
            let mut shift = *by;
            let mut weight = IBig::ONE;
            for ((first, last, expressed), &value) in cycles.iter().zip(&choice) {
                weight *= IBig::from((last - value).div_euclid(period) + 1);
                debug_assert!(value >= *first);
                for &(coordinate, sign, constant) in expressed {
                    let value = sign * value + constant;
                    for d in self.space.periodic_directions() {
                        shift[d] += self.element.matrix[d][open[coordinate]] as i64 * value;
                    }
                }
            }
            if self.image.contains(&self.space.periodic_part(&shift)) {
                total += weight * &self.solutions;
            }
            let next = (0..cycles.len())
                .find(|&at| choice[at] < cycles[at].1 && choice[at] - cycles[at].0 < period.saturating_sub(1));
            let Some(next) = next else { return total };
            choice[next] += 1;
            (0..next).for_each(|at| choice[at] = cycles[at].0);
        }
    }
}
