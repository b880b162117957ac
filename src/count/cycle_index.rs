//! Invariants where every set of sites is allowed, by the cycle index.
//!
//! Burnside's lemma with Molien's series of each group element: an element
//! that permutes the sites in c(1), c(2), ... cycles of length 1, 2, ... has
//! the product of the series of its cycles. Only cycles up to the degree
//! matter, and their numbers follow from the numbers of sites that the powers
//! of the element fix, which are solutions of linear equations modulo the
//! extents. Translations that are conjugate, or of one order, are taken
//! together, so that the work depends on neither the number of sites nor the
//! number of translations.

use dashu_int::{IBig, UBig};
use std::collections::BTreeMap;

use super::CountError;
use super::group::Element;
use super::series;
use super::space::Space;
use super::unit_cell::fixed_sites;
use super::values::Cycle;
use super::values::average::Averages;

/// The largest number of powers of group elements that are looked at.
const LARGEST_CLASSES: u64 = 1_000_000;

/// The largest number of products in all series, weighted by their digits.
const LARGEST_SERIES: u64 = 50_000_000;

fn too_many(needed: u64) -> CountError {
    CountError::TooMany {
        what: "powers of classes of group elements",
        needed: UBig::from(needed),
        limit: LARGEST_CLASSES,
    }
}

/// The number of invariants of the group of `elements` (all of them, modulo
/// the translations where those are symmetries), the translations, and the
/// flips.
pub(super) fn invariants(space: &Space, elements: &[Element]) -> Result<UBig, CountError> {
    let degree = series::effective_degree(space)?;
    let plain = Space { translated: false, ..space.clone() };
    let mut cycle_types: BTreeMap<Vec<UBig>, UBig> = BTreeMap::new();
    let mut powers = 0;
    for element in elements {
        let classes = conjugacy_classes(space, element, degree as u64)?;
        powers += classes.len() as u64 * degree.max(1) as u64;
        if powers > LARGEST_CLASSES {
            return Err(too_many(powers));
        }
        for (multiplicity, representative) in classes {
            *cycle_types.entry(cycles(&plain, &representative, degree)).or_insert(UBig::ZERO) += multiplicity;
        }
    }
    // Coefficients have up to `degree` times the digits of the number of sites.
    let digits =
        1 + degree as u64 * space.extents.iter().map(|extent| 64 - extent.leading_zeros() as u64).sum::<u64>() / 512;
    let averages = Averages::new(&space.values, degree)?;
    let terms = (cycle_types.len() as u64).saturating_mul(averages.work()).saturating_mul(digits);
    if terms > LARGEST_SERIES {
        return Err(CountError::TooMany {
            what: "terms of Molien's series",
            needed: UBig::from(terms),
            limit: LARGEST_SERIES,
        });
    }
    let mut order = UBig::from(elements.len());
    if space.translated {
        order *= series::sites(space);
    }
    let mut total = IBig::ZERO;
    for (cycles, multiplicity) in cycle_types {
        let cycles = cycles.into_iter().enumerate().filter(|(_, count)| *count > UBig::ZERO);
        let cycles: Vec<(Cycle, UBig)> = cycles.map(|(at, count)| (Cycle::plain(at + 1), count)).collect();
        total += space.admitted().sum(&averages.series(&cycles)) * IBig::from(multiplicity);
    }
    Ok(series::natural(total / IBig::from(order)))
}

/// The numbers of cycles of length 1 to `degree` in which an element permutes
/// the sites.
fn cycles(plain: &Space, element: &Element, degree: usize) -> Vec<UBig> {
    let mut power = Element::identity();
    let mut fixed = Vec::with_capacity(degree);
    for _ in 0..degree {
        power = power.then(element, plain);
        fixed.push(fixed_sites(plain, &power));
    }
    // Sites in cycles whose length divides e are those that power e fixes.
    (1..=degree)
        .map(|length| {
            let mut sites = IBig::ZERO;
            for divisor in (1..=length).filter(|divisor| length % divisor == 0) {
                match moebius(length / divisor) {
                    1 => sites += &fixed[divisor - 1],
                    -1 => sites -= &fixed[divisor - 1],
                    _ => {}
                }
            }
            series::natural(sites / IBig::from(length))
        })
        .collect()
}

/// The elements `element` followed by any translation (where translations are
/// symmetries), as representatives with multiplicities. Elements with one
/// representative have the same numbers of cycles up to the degree.
///
/// The directions that the element permutes in a cycle are independent of the
/// others. Once round the cycle a coordinate x becomes ±x + c, and conjugation
/// by translations changes c only by multiples of 1 - ±1: with the plus sign
/// the order of c decides, with the minus sign its parity.
fn conjugacy_classes(space: &Space, element: &Element, degree: u64) -> Result<Vec<(UBig, Element)>, CountError> {
    let mut classes = vec![(UBig::ONE, element.clone())];
    if !space.translated {
        return Ok(classes);
    }
    let mut seen = vec![false; space.dimension()];
    for start in 0..space.dimension() {
        let (mut at, mut length, mut reversed) = (start, 0, false);
        while !seen[at] {
            seen[at] = true;
            length += 1;
            reversed ^= element.reversed[at];
            at = element.from[at] as usize;
        }
        if length == 0 {
            continue;
        }
        let extent = space.extents[start];
        let others = UBig::from(extent).pow(length - 1);
        let steps: Vec<(u64, u64)> = match reversed {
            true if extent.is_multiple_of(2) => vec![(extent / 2, 0), (extent / 2, 1)],
            true => vec![(extent, 0)],
            false => steps_by_order(extent, degree),
        };
        let needed = classes.len() as u64 * steps.len() as u64;
        if needed > LARGEST_CLASSES {
            return Err(too_many(needed));
        }
        let mut refined = Vec::with_capacity(classes.len() * steps.len());
        for (multiplicity, class) in &classes {
            for &(count, step) in &steps {
                let mut next = class.clone();
                next.shift[start] = step as i64;
                refined.push((multiplicity * UBig::from(count) * &others, next));
            }
        }
        classes = refined;
    }
    Ok(classes)
}

/// The elements of a cyclic group by order: how many there are, and one of
/// them; those of orders beyond the degree together.
fn steps_by_order(extent: u64, degree: u64) -> Vec<(u64, u64)> {
    let mut steps = Vec::new();
    let mut rest = extent;
    for order in (1..=degree.min(extent)).filter(|order| extent.is_multiple_of(*order)) {
        let count = (1..=order).filter(|&k| common_divisor(k, order) == 1).count() as u64;
        steps.push((count, (extent / order) % extent));
        rest -= count;
    }
    if rest > 0 {
        steps.push((rest, 1));
    }
    steps
}

fn common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
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
