//! Invariants where every set of sites is allowed, by the cycle index.
//!
//! Burnside's lemma with Molien's series of each group element: an element
//! that permutes the points in c(1), c(2), ... cycles of length 1, 2, ... has
//! the product of the series of its cycles. Only cycles up to the degree
//! matter, and their numbers follow from the numbers of points that the powers
//! of the element fix.
//!
//! An element of linear part M with a translation t before the end of its
//! power k moves a point of some kind by `(1 + M + ... + M^(k-1)) t + s`
//! besides turning it, and fixes points only where that lies in the lattice
//! that (1 - M^k) and the periods span. The translations for which it does are
//! a coset of a lattice, or none. All cosets and their intersections are a
//! small set, ordered by inclusion; how many translations lie in each and in
//! no smaller one is the number of elements of one cycle type. So the work
//! depends on neither the number of sites nor the number of translations.

use dashu_int::{IBig, UBig};
use std::collections::BTreeMap;

use super::CountError;
use super::cycles::Turns;
use super::group::{Element, Places, SpaceGroup};
use super::integer::{self, IntegerLattice, solve};
use super::series;
use super::space::{DIRECTIONS, Point, Space};
use super::values::Cycle;
use super::values::average::{Averages, Part};

/// The largest number of powers of group elements that are looked at.
const LARGEST_POWERS: u64 = 100_000;

/// The largest number of cosets of translations for one element.
const LARGEST_COSETS: usize = 2_000;

/// The largest number of products in all series, weighted by their digits.
const LARGEST_SERIES: u64 = 50_000_000;

/// The cycles of an element: how many there are of each kind.
type Cycles = Vec<(Cycle, UBig)>;

/// The number of invariants of the group of space and the flips.
pub(super) fn invariants(space: &Space, group: &SpaceGroup) -> Result<UBig, CountError> {
    let degree = series::effective_degree(space)?;
    let turns = Turns::new(space, group);
    let types = cycle_types(space, group, &turns, degree)?;
    // Coefficients have up to `degree` times the digits of the number of sites.
    let digits =
        1 + degree as u64 * space.extents.iter().map(|extent| 64 - extent.leading_zeros() as u64).sum::<u64>() / 512;
    let averages = Averages::new(&turns.placed(space).values, degree)?;
    let terms = (types.len() as u64).saturating_mul(averages.work()).saturating_mul(digits);
    if terms > LARGEST_SERIES {
        return Err(CountError::TooMany {
            what: "terms of Molien's series",
            needed: UBig::from(terms),
            limit: LARGEST_SERIES,
        });
    }
    let mut order = IBig::ZERO;
    let mut total = IBig::ZERO;
    for (cycles, multiplicity) in types {
        total += space.admitted().sum(&averages.series(&cycles)) * &multiplicity;
        order += multiplicity;
    }
    let constant = IBig::from(space.lacks_constant() as u8);
    Ok(series::natural(total / order - constant))
}

/// The numbers of invariants by the number of points that they couple, zero
/// first.
///
/// With a factor u for each point the sum of Burnside's lemma is a polynomial
/// in u, of a degree no higher than that of the monomials; its coefficients
/// follow from its values at 0, 1, 2 and so on by Newton's differences, and
/// from the Stirling numbers of the first kind.
pub(super) fn by_points(space: &Space, group: &SpaceGroup) -> Result<Vec<UBig>, CountError> {
    let degree = series::effective_degree(space)?;
    let turns = Turns::new(space, group);
    let types = cycle_types(space, group, &turns, degree)?;
    let part = Part::whole(&turns.placed(space).values, degree)?;
    if part.rotates() {
        return Err(CountError::Unsupported(
            "a limit on the number of sites alone together with rotations; add a locality such as `range 3`".to_owned(),
        ));
    }
    let terms = (types.len() as u64).saturating_mul((degree as u64 + 1).pow(3));
    if terms > LARGEST_SERIES {
        let needed = UBig::from(terms);
        return Err(CountError::TooMany { what: "terms of Molien's series", needed, limit: LARGEST_SERIES });
    }
    let order: IBig = types.values().sum();
    let at = |factor: usize| -> IBig {
        let sums = types.iter().map(|(cycles, multiplicity)| {
            space.admitted().sum(&part.marked(cycles, degree, &IBig::from(factor))) * multiplicity
        });
        sums.sum::<IBig>() / &order
    };
    let mut differences: Vec<IBig> = (0..=degree).map(at).collect();
    for step in 1..=degree {
        for at in (step..=degree).rev() {
            let lower = differences[at - 1].clone();
            differences[at] -= lower;
        }
    }
    // u (u - 1) ... (u - j + 1) by powers of u, and degree! / j!.
    let whole: IBig = (1..=degree).map(IBig::from).product();
    let mut falling = vec![IBig::ZERO; degree + 1];
    falling[0] = IBig::ONE;
    let mut share = whole.clone();
    let mut sums = vec![IBig::ZERO; degree + 1];
    for (j, difference) in differences.iter().enumerate() {
        if j > 0 {
            share /= IBig::from(j);
            for at in (0..=degree).rev() {
                let below = if at > 0 { falling[at - 1].clone() } else { IBig::ZERO };
                falling[at] = below - &falling[at] * IBig::from(j - 1);
            }
        }
        for (sum, entry) in sums.iter_mut().zip(&falling) {
            *sum += difference * entry * &share;
        }
    }
    sums[0] -= IBig::from(space.lacks_constant() as u8) * &whole;
    Ok(sums.into_iter().map(|sum| series::natural(sum / &whole)).collect())
}

/// The cycles of all elements of the group, translations included, up to
/// cycles of `degree` points, with the numbers of elements that have them.
pub(super) fn cycle_types(
    space: &Space,
    group: &SpaceGroup,
    turns: &Turns,
    degree: usize,
) -> Result<BTreeMap<Cycles, IBig>, CountError> {
    let powers = group.classes.len() as u64 * degree.max(1) as u64 * space.points.len() as u64;
    if powers > LARGEST_POWERS {
        return Err(CountError::TooMany {
            what: "powers of classes of group elements",
            needed: UBig::from(powers),
            limit: LARGEST_POWERS,
        });
    }
    let mut types: BTreeMap<Cycles, IBig> = BTreeMap::new();
    for &(representative, size) in &group.classes {
        let powers = Powers::new(space, group, &group.elements[representative], degree)?;
        for (fixed, count) in powers.by_type(space, group)? {
            let cycles = powers.cycles(space, turns, &fixed);
            *types.entry(cycles).or_insert(IBig::ZERO) += count * IBig::from(size);
        }
    }
    Ok(types)
}

/// A coset of a lattice of translations.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Coset {
    offset: integer::Vector,
    lattice: IntegerLattice,
}

impl Coset {
    fn new(offset: integer::Vector, lattice: IntegerLattice) -> Coset {
        Coset { offset: lattice.reduced(offset), lattice }
    }

    fn intersection(&self, other: &Coset) -> Option<Coset> {
        let target: integer::Vector = other.offset.iter().zip(&self.offset).map(|(a, b)| a - b).collect();
        let basis = self.lattice.basis();
        let (combination, differences) = solve(basis, &target, &other.lattice)?;
        let combine = |coefficients: &[IBig]| -> integer::Vector {
            (0..self.offset.len())
                .map(|d| coefficients.iter().zip(basis).map(|(x, row)| x * &row[d]).sum::<IBig>())
                .collect()
        };
        let offset = combine(&combination).into_iter().zip(&self.offset).map(|(a, b)| a + b).collect();
        let lattice = IntegerLattice::span(self.offset.len(), differences.basis().iter().map(|row| combine(row)));
        Some(Coset::new(offset, lattice))
    }

    fn lies_in(&self, other: &Coset) -> bool {
        let difference: integer::Vector = self.offset.iter().zip(&other.offset).map(|(a, b)| a - b).collect();
        other.lattice.contains(&difference) && self.lattice.basis().iter().all(|row| other.lattice.contains(row))
    }
}

/// A power of an element that takes points of some kind to points of that
/// kind.
struct Power {
    /// The index of the kind among the cycles of kinds.
    kind: usize,
    exponent: usize,
    /// The number of points of the kind that it fixes where it fixes any.
    fixes: IBig,
    /// The translations with which it fixes points.
    with: Option<Coset>,
}

/// The powers of an element followed by any translation of the group.
struct Powers<'a> {
    element: &'a Element,
    /// A kind of point of each cycle in which kinds are permuted, and the
    /// length of that cycle.
    kinds: Vec<(usize, usize)>,
    powers: Vec<Power>,
    degree: usize,
}

impl<'a> Powers<'a> {
    fn new(space: &Space, group: &SpaceGroup, element: &'a Element, degree: usize) -> Result<Powers<'a>, CountError> {
        let periods = space.periods();
        let periodic: Vec<usize> = space.periodic_directions().collect();
        let slanted =
            |element: &Element| periodic.iter().any(|&d| space.open_directions().any(|o| element.matrix[d][o] != 0));
        if slanted(element) {
            return Err(CountError::Unsupported(
                "counting without a locality under a motion that slants an open direction; declare a locality".into(),
            ));
        }
        let mut kinds = Vec::new();
        let mut seen = vec![false; space.points.len()];
        for start in 0..space.points.len() {
            let (mut at, mut length) = (start, 0);
            while !seen[at] {
                seen[at] = true;
                at = element.to[at] as usize;
                length += 1;
            }
            if length > 0 {
                kinds.push((start, length));
            }
        }
        let plain = SpaceGroup { elements: Vec::new(), translations: periods.clone(), classes: Vec::new() };
        let mut powers = Vec::new();
        for (kind, &(start, length)) in kinds.iter().enumerate() {
            // The power at hand: its linear part, the sum of those before it,
            // and where it takes the points of the kind.
            let mut linear = Element::identity(space);
            let mut sum = vec![vec![IBig::ZERO; periodic.len()]; periodic.len()];
            let mut shift = [0i64; DIRECTIONS];
            let mut at = start;
            for exponent in 1..=degree {
                for (c, column) in sum.iter_mut().enumerate() {
                    for (r, entry) in column.iter_mut().enumerate() {
                        *entry += IBig::from(linear.matrix[periodic[r]][periodic[c]]);
                    }
                }
                let next = &element.shift[at];
                let mut image = [0i64; DIRECTIONS];
                for (d, row) in element.matrix.iter().enumerate() {
                    let turned: i128 = row.iter().zip(&shift).map(|(&m, &s)| m as i128 * s as i128).sum();
                    let moved = turned + next[d] as i128;
                    image[d] = match space.periodic[d] {
                        true => moved.rem_euclid(space.extents[d] as i128) as i64,
                        false => moved as i64,
                    };
                }
                shift = image;
                at = element.to[at] as usize;
                linear = linear.then(element);
                linear.shift.iter_mut().for_each(|shift| *shift = [0; DIRECTIONS]);
                if exponent % length != 0 {
                    continue;
                }
                let places = Places::new(space, &plain, &linear);
                let mut open_only = shift;
                periodic.iter().for_each(|&d| open_only[d] = 0);
                let fixes = places.count(&open_only, &spans(space, start));
                let target: integer::Vector = periodic.iter().map(|&d| IBig::from(-shift[d])).collect();
                let with = match fixes == IBig::ZERO {
                    true => None,
                    false => solve(&sum, &target, &places.image)
                        .map(|(offset, lattice)| Coset::new(offset, lattice))
                        .and_then(|coset| {
                            let all = Coset::new(vec![IBig::ZERO; periodic.len()], group.translations.clone());
                            all.intersection(&coset)
                        }),
                };
                powers.push(Power { kind, exponent, fixes, with });
            }
        }
        Ok(Powers { element, kinds, powers, degree })
    }

    /// For each set of powers that fix points at the same translations: which
    /// powers these are, and for how many translations modulo the periods it
    /// is those and no others.
    fn by_type(&self, space: &Space, group: &SpaceGroup) -> Result<Vec<(Vec<bool>, IBig)>, CountError> {
        let whole = Coset::new(vec![IBig::ZERO; group.translations.dimension], group.translations.clone());
        let mut cosets = vec![whole];
        let mut conditions: Vec<&Coset> = Vec::new();
        for power in &self.powers {
            let Some(with) = &power.with else { continue };
            if conditions.contains(&with) {
                continue;
            }
            conditions.push(with);
            for at in 0..cosets.len() {
                if let Some(both) = cosets[at].intersection(with)
                    && !cosets.contains(&both)
                {
                    cosets.push(both);
                }
            }
            if cosets.len() > LARGEST_COSETS {
                return Err(CountError::TooMany {
                    what: "cosets of translations",
                    needed: UBig::from(cosets.len()),
                    limit: LARGEST_COSETS as u64,
                });
            }
        }
        let periods = space.periods().index();
        cosets.sort_by_key(|coset| std::cmp::Reverse(coset.lattice.index()));
        let mut exact: Vec<IBig> = Vec::new();
        for at in 0..cosets.len() {
            let mut count = &periods / cosets[at].lattice.index();
            for smaller in 0..at {
                if cosets[smaller].lies_in(&cosets[at]) {
                    count -= &exact[smaller];
                }
            }
            exact.push(count);
        }
        let types = cosets.iter().zip(exact).filter(|(_, count)| *count > IBig::ZERO).map(|(coset, count)| {
            let fixing = self.powers.iter().map(|power| power.with.as_ref().is_some_and(|with| coset.lies_in(with)));
            (fixing.collect(), count)
        });
        Ok(types.collect())
    }

    /// The cycles of an element whose powers fix points as told.
    fn cycles(&self, space: &Space, turns: &Turns, fixing: &[bool]) -> Cycles {
        let mut cycles: BTreeMap<Cycle, UBig> = BTreeMap::new();
        for (kind, &(start, period)) in self.kinds.iter().enumerate() {
            let mut fixed = vec![IBig::ZERO; self.degree + 1];
            for (power, _) in self.powers.iter().zip(fixing).filter(|(power, fixing)| power.kind == kind && **fixing) {
                fixed[power.exponent] = power.fixes.clone();
            }
            for length in (period..=self.degree).step_by(period) {
                // Points in cycles whose length divides e are those that power e fixes.
                let mut points = IBig::ZERO;
                for divisor in (1..=length).filter(|divisor| length % divisor == 0) {
                    match moebius(length / divisor) {
                        1 => points += &fixed[divisor],
                        -1 => points -= &fixed[divisor],
                        _ => {}
                    }
                }
                if points != IBig::ZERO {
                    let cycle = turns.cycle(space, self.element, Point::at_origin(start), length);
                    *cycles.entry(cycle).or_insert(UBig::ZERO) += series::natural(points / IBig::from(length / period));
                }
            }
        }
        cycles.into_iter().collect()
    }
}

/// The spans of the sites of a point along open directions.
fn spans(space: &Space, point: usize) -> Vec<(i16, i16)> {
    let sites = &space.points[point].sites;
    let span = |d: usize| {
        let all = sites.iter().map(|site| site.cell[d]);
        (all.clone().min().unwrap_or(0), all.max().unwrap_or(0))
    };
    space.open_directions().map(span).collect()
}

fn moebius(mut n: usize) -> i32 {
    let mut sign = 1;
    let mut prime = 2;
    while prime * prime <= n {
        if n.is_multiple_of(prime) {
            n /= prime;
            if n.is_multiple_of(prime) {
                return 0;
            }
            sign = -sign;
        }
        prime += 1;
    }
    if n > 1 { -sign } else { sign }
}
