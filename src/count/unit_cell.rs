//! Orbits counted at the unit cell, without listing monomials.
//!
//! By Burnside's lemma the number of invariants is the mean over the group of
//! the trace on the local monomials. A trace is a sum over the supports that
//! an element maps to themselves, and on one support it depends only on the
//! cycles in which the element permutes the sites. Supports are looked at up
//! to translation, so the work does not depend on the number of sites, even
//! where translations are no symmetry: then the number of places in which an
//! element keeps a support is counted by solving its equations.

use dashu_int::{IBig, UBig};

use smallvec::SmallVec;
use std::cmp::Ordering;

use super::CountError;
use super::enumerate::{Sites, Support, Supports};
use super::group::Element;
use super::series::natural;
use super::space::{DIRECTIONS, Site, Space};
use super::values::Cycle;
use super::values::average::Traces;

/// The number of local monomials (or, with flips, of those that are even).
pub(super) fn local(space: &Space, supports: &Supports) -> Result<UBig, CountError> {
    let mut traces = Traces::new(space)?;
    let mut total = constant(space);
    for (kind, count) in supports.kinds(space) {
        total += traces.trace(&Cycle::fixed(kind.len)) * IBig::from(kind.places(space)) * IBig::from(count);
    }
    Ok(natural(total))
}

/// The number of invariants of the group of `elements` (all of them), the
/// flips, and the translations where they are symmetries.
pub(super) fn invariants(space: &Space, supports: &Supports, elements: &[Element]) -> Result<UBig, CountError> {
    let mut traces = Traces::new(space)?;
    let total = match (space.translated, supports.unwrapped) {
        (true, true) => infinite_lattice(space, supports, elements, &mut traces),
        (true, false) => torus(space, supports, elements, &mut traces),
        (false, true) => places(space, supports, elements, &mut traces),
        (false, false) => {
            return Err(CountError::Unsupported(format!(
                "counting with these symmetries but without `translation` on a periodic lattice that supports reach \
                 around; declare `translation`, or make every periodic extent larger than {}",
                3 * space.radius().unwrap_or(0)
            )));
        }
    };
    Ok(natural(total + constant(space)))
}

/// Invariants under translations and `elements` where supports are those of
/// the infinite lattice. Of each orbit of supports the least is looked at: it
/// contributes the mean trace over its stabilizer. Sites are packed into one
/// integer each, by a linear map that keeps their order, so that translating
/// is subtracting.
fn infinite_lattice(space: &Space, supports: &Supports, elements: &[Element], traces: &mut Traces) -> IBig {
    let tables: Vec<Vec<i128>> = elements
        .iter()
        .map(|element| supports.nearby.iter().map(|site| packed(&element.turn(site, space.dimension()))).collect())
        .collect();
    let own: Vec<i128> = supports.nearby.iter().map(packed).collect();
    let mut total = IBig::ZERO;
    let mut image: SmallVec<[i128; 8]> = SmallVec::new();
    // The number of supports of each size with no stabilizer, which are most.
    let mut free = vec![0u64; space.degree.min(64) as usize + 1];
    'supports: for support in supports.iter() {
        let mut stabilizer: SmallVec<[usize; 8]> = SmallVec::new();
        for (at, table) in tables.iter().enumerate() {
            image.clear();
            image.extend(support.members.iter().map(|&member| table[member as usize]));
            image.sort_unstable();
            let origin = image[0];
            let compared = image.iter().map(|site| site - origin).cmp(support.members.iter().map(|&m| own[m as usize]));
            match compared {
                Ordering::Less => continue 'supports,
                Ordering::Equal => stabilizer.push(at),
                Ordering::Greater => {}
            }
        }
        if stabilizer.len() == 1 {
            free[support.len()] += 1;
            continue;
        }
        let mut sum = IBig::ZERO;
        for &at in &stabilizer {
            let turned: Sites = support.sites().map(|site| elements[at].turn(site, space.dimension())).collect();
            for anchor in anchors(true, &turned) {
                if let Some(cycle_type) = cycle_type(space, &support, &turned, anchor) {
                    sum += traces.trace(&cycle_type);
                }
            }
        }
        total += sum / IBig::from(stabilizer.len());
    }
    for (size, count) in free.into_iter().enumerate().filter(|&(_, count)| count > 0) {
        total += traces.trace(&Cycle::fixed(size)) * IBig::from(count);
    }
    total
}

/// A site as one integer, by a linear map that keeps the order.
fn packed(site: &Site) -> i128 {
    site.iter().fold(0i128, |packed, &coordinate| (packed << 16) + coordinate as i128)
}

/// Invariants under translations and `elements` on a torus that supports
/// reach around: the mean trace over the group, each class of supports
/// weighted by one over its stabilizer among translations.
fn torus(space: &Space, supports: &Supports, elements: &[Element], traces: &mut Traces) -> IBig {
    // Supports have few different stabilizers; each has its own sum.
    let mut sums: Vec<IBig> = vec![IBig::ZERO];
    for support in supports.iter() {
        let at = support.stabilizer as usize;
        if sums.len() <= at {
            sums.resize(at + 1, IBig::ZERO);
        }
        for element in elements {
            let image: Sites = support.sites().map(|site| element.turn(site, space.dimension())).collect();
            for anchor in anchors(false, &image) {
                if let Some(cycle_type) = cycle_type(space, &support, &image, anchor) {
                    sums[at] += traces.trace(&cycle_type);
                }
            }
        }
    }
    // A sum over supports with a stabilizer of s elements weighs 1/s: all are
    // put over the product of the orders of the stabilizers.
    let product: IBig = (1..sums.len()).filter(|&s| sums[s] != IBig::ZERO).map(IBig::from).product();
    let mut total = IBig::ZERO;
    for (stabilizer, sum) in sums.into_iter().enumerate().skip(1) {
        total += sum * &product / IBig::from(stabilizer);
    }
    total / (product * IBig::from(elements.len()))
}

/// Invariants under `elements` alone: the mean trace, over all places of the
/// supports that an element keeps.
fn places(space: &Space, supports: &Supports, elements: &[Element], traces: &mut Traces) -> IBig {
    let mut total = IBig::ZERO;
    for support in supports.iter() {
        let spans: Vec<(i16, i16)> = (0..space.dimension()).map(|direction| support.span(direction)).collect();
        for element in elements {
            let image: Sites = support.sites().map(|site| element.turn(site, space.dimension())).collect();
            for anchor in anchors(true, &image) {
                let Some(cycle_type) = cycle_type(space, &support, &image, anchor) else { continue };
                let first = support.sites().next().expect("a support has a site");
                total += traces.trace(&cycle_type) * kept_places(space, &spans, element, &image[anchor], first);
            }
        }
    }
    total / IBig::from(elements.len())
}

/// The number of sites that an element of the group maps to themselves.
pub(super) fn fixed_sites(space: &Space, element: &Element) -> IBig {
    let origin = [0; DIRECTIONS];
    kept_places(space, &vec![(0, 0); space.dimension()], element, &origin, &origin)
}

/// One where the constant is admitted.
fn constant(space: &Space) -> IBig {
    IBig::from((!space.homogeneous || space.degree == 0) as u8)
}

/// The sites of the image that a translation may bring to the first site of
/// the support: the first one alone where order is kept by translations.
fn anchors(unwrapped: bool, image: &Sites) -> std::ops::Range<usize> {
    if !unwrapped {
        return 0..image.len();
    }
    let first = (0..image.len()).min_by_key(|&at| image[at]).unwrap_or(0);
    first..first + 1
}

/// The cycle type in which the turn, followed by the translation that brings
/// image site `anchor` to the first site of the support, permutes the
/// support; `None` where it does not map the support to itself.
fn cycle_type(space: &Space, support: &Support, image: &Sites, anchor: usize) -> Option<Vec<Cycle>> {
    let sites: Sites = support.sites().copied().collect();
    let mut to = SmallVec::<[usize; 8]>::new();
    for turned in image {
        let mut moved = space.difference(turned, &image[anchor]);
        for direction in 0..space.dimension() {
            moved[direction] = space.near(direction, moved[direction] + sites[0][direction]);
        }
        to.push(sites.binary_search(&moved).ok()?);
    }
    let mut lengths = Vec::with_capacity(to.len());
    let mut seen = SmallVec::<[bool; 8]>::from_elem(false, to.len());
    for start in 0..to.len() {
        let (mut at, mut length) = (start, 0);
        while !seen[at] {
            seen[at] = true;
            at = to[at];
            length += 1;
        }
        if length > 0 {
            lengths.push(Cycle::plain(length));
        }
    }
    lengths.sort_unstable();
    Some(lengths)
}

/// The number of places t (translations of a support with these spans of
/// coordinates that keep it on the lattice) at which the element maps the support to itself: it takes site s
/// at place t to `turn(s) + turn(t) + shift`, which must be the support at t
/// again, so `turn(t) + shift + from - to = t`, where the support's site `to`
/// is the turned site `from` up to the wrapping.
fn kept_places(space: &Space, spans: &[(i16, i16)], element: &Element, from: &Site, to: &Site) -> IBig {
    let dimension = space.dimension();
    // t[d] = ±t[from[d]] + offset[d]
    let offset = |d: usize| element.shift[d] as i128 + from[d] as i128 - to[d] as i128;
    let mut seen = [false; DIRECTIONS];
    let mut places = IBig::ONE;
    for start in 0..dimension {
        if seen[start] {
            continue;
        }
        // Follow the cycle: the coordinate of `start` through all others and back.
        let mut cycle = Vec::new();
        let mut at = start;
        while !seen[at] {
            seen[at] = true;
            cycle.push(at);
            at = element.from[at] as usize;
        }
        // Express each coordinate by x = t[start], from the last of the cycle
        // (which is taken from `start`) back to the first.
        let (mut sign, mut constant) = (1i128, 0i128);
        let mut expressed = Vec::with_capacity(cycle.len());
        for &direction in cycle.iter().rev() {
            let turn = if element.reversed[direction] { -1 } else { 1 };
            sign *= turn;
            constant = turn * constant + offset(direction);
            expressed.push((direction, sign, constant));
        }
        places *= solutions(space, spans, &expressed);
    }
    places
}

/// The number of x such that x equals the last expression, and every
/// coordinate `sign * x + constant` is a place of the support.
fn solutions(space: &Space, spans: &[(i16, i16)], expressed: &[(usize, i128, i128)]) -> IBig {
    let &(start, sign, constant) = expressed.last().expect("a cycle has a direction");
    let extent = space.extents[start] as i128;
    if space.periodic[start] {
        return match sign {
            1 if constant.rem_euclid(extent) == 0 => IBig::from(extent),
            1 => IBig::ZERO,
            // 2x = constant modulo the extent.
            _ if extent % 2 == 1 => IBig::ONE,
            _ if constant.rem_euclid(2) == 0 => IBig::from(2),
            _ => IBig::ZERO,
        };
    }
    // The places of the support in each direction: least + x, x from 0.
    let range = |direction: usize| {
        let (least, greatest) = (spans[direction].0 as i128, spans[direction].1 as i128);
        (-least, space.extents[direction] as i128 - 1 - greatest)
    };
    let (mut first, mut last) = range(start);
    for &(direction, sign, constant) in expressed {
        let (low, high) = range(direction);
        let (low, high) = if sign == 1 { (low - constant, high - constant) } else { (constant - high, constant - low) };
        first = first.max(low);
        last = last.min(high);
    }
    match sign {
        1 if constant == 0 => IBig::from((last - first + 1).max(0)),
        1 => IBig::ZERO,
        _ => IBig::from((constant % 2 == 0 && (first..=last).contains(&(constant / 2))) as u8),
    }
}
