//! Counts on a crystal of any number of cells.
//!
//! Without symmetries the series of all flows follows from one cell
//! (`clusters`). Under translations their orbits are counted by Burnside's
//! lemma: a flow that a translation of order m leaves alone is a flow of the
//! quotient torus, each link counted m times, so that only translations whose
//! order is at most the degree leave anything but the constant alone. There
//! are at most m^dimension of order m, whatever the size. Under a point group
//! too, elements that differ by conjugation with a translation leave equally
//! many flows alone; those that are no translation have to be written out, so
//! that the lattice may not be large.

use dashu_int::{IBig, UBig};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

use super::super::CountError;
use super::Series;
use super::crystal::{LinkCrystal, LinkMap, difference, sum, times};
use super::graph::element;
use super::system::{Range, System, Variable, Work, gcd};
use super::{Degrees, FIRST_WORK, LinkGroup, Loops, MOST_WORK, clusters, extended_gcd, natural};

/// Up to this many links a lattice is written out, which allows any degree.
const SMALL: u64 = 200;

/// The most translations that are looked at.
const MOST_TRANSLATIONS: u64 = 100_000;

/// The number of gauge-invariant monomials of a crystal. Its work does not
/// depend on the number of cells.
///
/// ```
/// use hamc::count::gauge::{CellLink, Degrees, LinkCrystal, LinkGroup, Loops, crystal_invariants};
/// let link = |offset: [i64; 2]| CellLink { from: 0, to: 0, offset: offset.to_vec() };
/// let crystal = LinkCrystal {
///     periods: vec![1_000_000, 1_000_000],
///     sites: 1,
///     links: vec![link([1, 0]), link([0, 1])],
///     ..LinkCrystal::default()
/// };
/// let count = crystal_invariants(&crystal, LinkGroup::Cyclic(2), Degrees::up_to(4), Loops::All);
/// // The constant and one loop around each plaquette.
/// assert_eq!(count.unwrap().to_string(), "1000000000001");
/// ```
pub fn crystal_invariants(
    crystal: &LinkCrystal,
    group: LinkGroup,
    degrees: Degrees,
    loops: Loops,
) -> Result<UBig, CountError> {
    group.check()?;
    crystal.check()?;
    let contractible = loops == Loops::Contractible && (crystal.winds(degrees.degree) || !crystal.matter.is_empty());
    let small = crystal.size() <= UBig::from(SMALL);
    // Perhaps every flow is admitted.
    if contractible || group.modulus() > 0 && crystal.size() <= UBig::from(degrees.degree) {
        return super::invariants(&crystal.graph()?, group, degrees, loops);
    }
    degrees.check()?;
    let mut work = Work::new(MOST_WORK);
    let written_out = match small {
        true => Some(crystal.graph()?.system(group)),
        false => None,
    };
    let mut limit = FIRST_WORK;
    loop {
        let cell =
            work.part(limit, |work| on_torus(crystal, &Periods::new(&crystal.periods), group, degrees.degree, work));
        match (cell, &written_out) {
            (Ok(series), _) => return natural(degrees.of(&series)),
            (Err(_), Some(system)) => {
                if let Ok(series) = super::series_within(system, degrees, limit, &mut work) {
                    return natural(degrees.of(&series));
                }
            }
            (Err(_), None) => {}
        }
        if work.is_spent() {
            return Err(work.exhausted());
        }
        limit *= 8;
    }
}

/// The number of orbits of the gauge-invariant monomials of a crystal under
/// its symmetries of space. With translations alone the work does not depend
/// on the number of cells.
pub fn crystal_orbits(
    crystal: &LinkCrystal,
    group: LinkGroup,
    degrees: Degrees,
    loops: Loops,
) -> Result<UBig, CountError> {
    group.check()?;
    crystal.check()?;
    if crystal.point_group.is_empty() && !crystal.translations {
        return crystal_invariants(crystal, group, degrees, loops);
    }
    let small = crystal.size() <= UBig::from(SMALL);
    let contractible = loops == Loops::Contractible && (crystal.winds(degrees.degree) || !crystal.matter.is_empty());
    if !crystal.translations || contractible || crystal.size() <= UBig::from(degrees.degree) {
        return super::orbits(&crystal.graph()?, group, degrees, loops);
    }
    degrees.check()?;
    let mut work = Work::new(MOST_WORK);
    match work.part(MOST_WORK / 2, |work| by_classes(crystal, group, degrees, work)) {
        Err(error) if small => super::orbits(&crystal.graph()?, group, degrees, loops).map_err(|_| error),
        result => result,
    }
}

/// Orbits by Burnside's lemma, over elements up to conjugation by translations.
pub(super) fn by_classes(
    crystal: &LinkCrystal,
    group: LinkGroup,
    degrees: Degrees,
    work: &mut Work,
) -> Result<UBig, CountError> {
    let elements = crystal.elements()?;
    if elements.len() > 1 {
        // Before any work is done.
        crystal.written_out()?;
    }
    // Every element leaves the constant alone; the sums are of what else.
    let mut sum = under_translations(crystal, group, degrees, work)?;
    for map in &elements[1..] {
        sum += under_turns(crystal, &crystal.link_map(map)?, group, degrees, work)?;
    }
    let order = IBig::from(crystal.cells()) * IBig::from(elements.len());
    natural(sum / order + IBig::from(!degrees.exactly || degrees.degree == 0))
}

/// The sum over translations of the numbers of flows other than the constant
/// that they leave alone.
fn under_translations(
    crystal: &LinkCrystal,
    group: LinkGroup,
    degrees: Degrees,
    work: &mut Work,
) -> Result<IBig, CountError> {
    let mut lattices: BTreeMap<(u64, Periods), u64> = BTreeMap::new();
    let mut translations = 0u64;
    for order in 1..=u64::from(degrees.degree) {
        // The translations whose order divides this one.
        let counts: Vec<u64> = crystal.periods.iter().map(|&period| gcd(period, order)).collect();
        let number = counts.iter().try_fold(1u64, |product, &count| product.checked_mul(count));
        translations = translations.saturating_add(number.unwrap_or(u64::MAX));
        if translations > MOST_TRANSLATIONS {
            return Err(CountError::TooMany {
                what: "translations that leave loops alone",
                needed: UBig::from(translations),
                limit: MOST_TRANSLATIONS,
            });
        }
        for index in 0..number.unwrap_or(0) {
            let mut rest = index;
            let mut steps = Vec::with_capacity(counts.len());
            let mut least = 1;
            for (&count, &period) in counts.iter().zip(&crystal.periods) {
                let step = rest % count;
                rest /= count;
                let own = count / gcd(count, step);
                least = least / gcd(least, own) * own;
                steps.push((period / count * step).into());
            }
            if least == order {
                let mut periods = Periods::new(&crystal.periods);
                periods.add(steps);
                *lattices.entry((order, periods)).or_default() += 1;
            }
        }
    }
    let mut total = IBig::ZERO;
    for ((order, periods), count) in lattices {
        let degree = degrees.degree / order as u32;
        let series = on_torus(crystal, &periods, group, degree, work)?;
        let admitted = (1..series.len())
            .filter(|&k| !degrees.exactly || k as u64 * order == u64::from(degrees.degree))
            .map(|k| &series[k]);
        total += admitted.sum::<IBig>() * IBig::from(count);
    }
    Ok(total)
}

/// The same sum over a turn followed by every translation.
fn under_turns(
    crystal: &LinkCrystal,
    turn: &LinkMap,
    group: LinkGroup,
    degrees: Degrees,
    work: &mut Work,
) -> Result<IBig, CountError> {
    let cells = crystal.written_out()?;
    let dimension = crystal.periods.len();
    // Conjugation by the translation a adds a - turn(a) to the shift.
    let mut class = vec![usize::MAX; cells];
    let mut classes: Vec<(usize, u64)> = Vec::new();
    let steps: Vec<Vec<i64>> = (0..dimension)
        .map(|direction| {
            let unit: Vec<i64> = (0..dimension).map(|at| i64::from(at == direction)).collect();
            difference(&unit, &times(&turn.matrix, &unit))
        })
        .collect();
    for start in 0..cells {
        if class[start] != usize::MAX {
            continue;
        }
        class[start] = classes.len();
        let mut open = vec![start];
        let mut size = 0;
        while let Some(at) = open.pop() {
            size += 1;
            let cell = crystal.cell(at);
            for step in &steps {
                let next = crystal.index(&sum(&cell, step));
                if class[next] == usize::MAX {
                    class[next] = classes.len();
                    open.push(next);
                }
            }
        }
        classes.push((start, size));
    }
    // A flow that a map leaves alone has at least as many links as the order
    // of the translation that a power of the map is.
    let graph = LinkCrystal { point_group: Vec::new(), translations: false, plaquettes: Vec::new(), ..crystal.clone() };
    let graph = graph.graph()?;
    let mut total = IBig::ZERO;
    for (representative, size) in classes {
        work.spend(1 + graph.links.len() as u64)?;
        let shift = crystal.cell(representative);
        let mut map = turn.clone();
        map.links.iter_mut().for_each(|(_, own, _)| *own = sum(own, &shift));
        let mut fixed = graph.quotient(group, &element(&crystal.permutation(&map, cells)))?;
        fixed.variables.retain(|variable| variable.weight <= degrees.degree);
        if !fixed.variables.is_empty() {
            let series = super::series(&fixed, degrees, work)?;
            let constant = IBig::from(!degrees.exactly || degrees.degree == 0);
            total += (degrees.of(&series) - constant) * IBig::from(size);
        }
    }
    Ok(total)
}

/// The series of all flows of the crystal on a torus.
pub(super) fn on_torus(
    crystal: &LinkCrystal,
    periods: &Periods,
    group: LinkGroup,
    degree: u32,
    work: &mut Work,
) -> Result<Series, CountError> {
    let (system, cell) = surroundings(crystal, periods, group, degree, work)?;
    clusters::torus(&system, &cell, &periods.cells(), degree, work)
}

/// The flows around the cell at the origin of a torus, as far as half the
/// degree, or the degree where there is matter, with the unknowns of the cell itself.
fn surroundings(
    crystal: &LinkCrystal,
    periods: &Periods,
    group: LinkGroup,
    degree: u32,
    work: &mut Work,
) -> Result<(System, Vec<u32>), CountError> {
    let modulus = group.modulus();
    let dimension = crystal.periods.len();
    // Vertices by cell and site, and the links at each site.
    let mut places: FxHashMap<(Vec<i64>, usize), u32> = FxHashMap::default();
    let mut vertices: Vec<(Vec<i64>, usize)> = Vec::new();
    for site in 0..crystal.sites {
        places.insert((vec![0; dimension], site), vertices.len() as u32);
        vertices.push((vec![0; dimension], site));
    }
    let mut start = 0;
    // A closed walk returns, an open string need not.
    let reach = if crystal.matter.is_empty() { degree / 2 } else { degree };
    for _ in 0..reach {
        let end = vertices.len();
        for at in start..end {
            let (cell, site) = vertices[at].clone();
            for link in &crystal.links {
                work.spend(1)?;
                let forward = (link.from == site).then(|| (sum(&cell, &link.offset), link.to));
                let backward = (link.to == site).then(|| (difference(&cell, &link.offset), link.from));
                for (cell, site) in forward.into_iter().chain(backward) {
                    let vertex = (periods.reduced(&cell), site);
                    if !places.contains_key(&vertex) {
                        work.spend(dimension as u64)?;
                        places.insert(vertex.clone(), vertices.len() as u32);
                        vertices.push(vertex);
                    }
                }
            }
        }
        start = end;
    }
    let mut variables = Vec::new();
    let mut cell_unknowns = Vec::new();
    for (at, (cell, site)) in vertices.iter().enumerate() {
        for (number, link) in crystal.links.iter().enumerate().filter(|(_, link)| link.from == *site) {
            if let Some(matter) = crystal.matter.get(&number) {
                if cell.iter().all(|&entry| entry == 0) {
                    cell_unknowns.push(variables.len() as u32);
                }
                variables.push(matter.unknown(at as u32, modulus));
                continue;
            }
            let other = (periods.reduced(&sum(cell, &link.offset)), link.to);
            let Some(&to) = places.get(&other) else { continue };
            let back = if modulus == 2 { 1 } else { -1 };
            let ends = match to as usize == at {
                true => Default::default(),
                false => [(at as u32, 1), (to, back)].into_iter().collect(),
            };
            if cell.iter().all(|&entry| entry == 0) {
                cell_unknowns.push(variables.len() as u32);
            }
            variables.push(Variable { ends, weight: 1, range: Range::Flow });
        }
    }
    Ok((System { modulus, vertices: vertices.len(), variables }, cell_unknowns))
}

/// The translations that a torus identifies with none, by a triangular basis
/// of which each entry after the pivot of its row is in [0, period): whole
/// periods are among them, so that all arithmetic is modulo these.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Periods {
    periods: Vec<i128>,
    rows: Vec<Vec<i128>>,
}

impl Periods {
    pub fn new(periods: &[u64]) -> Periods {
        let periods: Vec<i128> = periods.iter().map(|&period| period.into()).collect();
        let row = |at: usize| (0..periods.len()).map(|column| if column == at { periods[at] } else { 0 }).collect();
        Periods { rows: (0..periods.len()).map(row).collect(), periods }
    }

    /// The number of cells.
    fn cells(&self) -> UBig {
        self.rows.iter().enumerate().map(|(at, row)| UBig::from(row[at].unsigned_abs())).product()
    }

    /// Identifies one more translation, given within the periods, with none.
    fn add(&mut self, translation: Vec<i128>) {
        let mut rest = translation;
        for at in 0..self.rows.len() {
            let (divisor, x, y) = extended_gcd(self.rows[at][at], rest[at]);
            let (up, down) = (self.rows[at][at] / divisor, rest[at] / divisor);
            let row = self.rows[at].clone();
            self.rows[at][at] = divisor;
            rest[at] = 0;
            for column in at + 1..self.rows.len() {
                // Each factor is at most a period, so products stay below 2^121.
                let (a, b) = (row[column], rest[column]);
                self.rows[at][column] = (x * a + y * b).rem_euclid(self.periods[column]);
                rest[column] = (up * b - down * a).rem_euclid(self.periods[column]);
            }
        }
        for at in (0..self.rows.len()).rev() {
            let row = self.rows[at].clone();
            self.rows[at] = self.reduce(row, at + 1);
        }
    }

    /// A vector with its entries from a column on in [0, the pivot).
    fn reduce(&self, mut vector: Vec<i128>, from: usize) -> Vec<i128> {
        for at in from..self.rows.len() {
            let factor = vector[at].div_euclid(self.rows[at][at]);
            vector[at] -= factor * self.rows[at][at];
            if factor != 0 {
                let rest = vector.iter_mut().zip(&self.rows[at]).zip(&self.periods).skip(at + 1);
                for ((entry, step), period) in rest {
                    *entry = (*entry - factor * step).rem_euclid(*period);
                }
            }
        }
        vector
    }

    /// The cell that stands for all that are identified with it.
    fn reduced(&self, cell: &[i64]) -> Vec<i64> {
        let reduced = self.reduce(cell.iter().map(|&entry| i128::from(entry)).collect(), 0);
        reduced.into_iter().map(|entry| entry as i64).collect()
    }
}
