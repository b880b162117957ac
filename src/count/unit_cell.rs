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

use super::CountError;
use super::enumerate::{Sites, Support, supports};
use super::group::Element;
use super::series::Traces;
use super::space::{Site, Space};

/// The number of local monomials (or, with flips, of those that are even).
pub(super) fn local(space: &Space) -> Result<UBig, CountError> {
    let mut traces = Traces::new(space)?;
    let mut total = constant(space);
    for support in supports(space)? {
        total += traces.trace(&vec![1; support.sites.len()]) * IBig::from(support.places(space));
    }
    Ok(natural(total))
}

/// The number of invariants of the group of `elements` (all of them), the
/// flips, and the translations where they are symmetries.
pub(super) fn invariants(space: &Space, elements: &[Element]) -> Result<UBig, CountError> {
    if !space.translated && !space.unwrapped() {
        return Err(CountError::Unsupported(format!(
            "counting with these symmetries but without `translation` on a periodic lattice that supports reach \
             around; declare `translation`, or make every periodic extent larger than {}",
            3 * space.radius().unwrap_or(0)
        )));
    }
    let mut traces = Traces::new(space)?;
    // Supports have few different stabilizers; each has its own sum.
    let mut sums: Vec<IBig> = vec![IBig::ZERO];
    let unwrapped = space.unwrapped();
    for support in supports(space)? {
        let at = support.stabilizer as usize;
        if sums.len() <= at {
            sums.resize(at + 1, IBig::ZERO);
        }
        for element in elements {
            let image: Sites = support.sites.iter().map(|site| element.turn(site, space.dimension())).collect();
            for anchor in anchors(unwrapped, &image) {
                let Some(cycle_type) = cycle_type(space, &support, &image, anchor) else { continue };
                let places = match space.translated {
                    true => IBig::ONE,
                    false => kept_places(space, &support, element, &image[anchor], &support.sites[0]),
                };
                sums[at] += traces.trace(&cycle_type) * places;
            }
        }
    }
    let order = IBig::from(elements.len());
    let mut total = IBig::ZERO;
    // The sums over supports with a stabilizer of s elements weigh 1/s: put
    // all over the product of the stabilizers' orders.
    let product: IBig = (1..sums.len()).filter(|&s| sums[s] != IBig::ZERO).map(IBig::from).product();
    for (stabilizer, sum) in sums.into_iter().enumerate().skip(1) {
        total += sum * &product / IBig::from(stabilizer);
    }
    Ok(natural(total / (product * order) + constant(space)))
}

/// One where the constant is admitted.
fn constant(space: &Space) -> IBig {
    IBig::from((!space.homogeneous || space.degree == 0) as u8)
}

fn natural(count: IBig) -> UBig {
    UBig::try_from(count).expect("the dimension of a space of invariants is not negative")
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
fn cycle_type(space: &Space, support: &Support, image: &Sites, anchor: usize) -> Option<Vec<usize>> {
    let sites = &support.sites;
    let mut to = smallvec::SmallVec::<[usize; 8]>::new();
    for turned in image {
        let mut moved = space.difference(turned, &image[anchor]);
        for direction in 0..space.dimension() {
            moved[direction] = space.near(direction, moved[direction] + sites[0][direction]);
        }
        to.push(sites.binary_search(&moved).ok()?);
    }
    let mut lengths = Vec::with_capacity(to.len());
    let mut seen = smallvec::SmallVec::<[bool; 8]>::from_elem(false, to.len());
    for start in 0..to.len() {
        let (mut at, mut length) = (start, 0);
        while !seen[at] {
            seen[at] = true;
            at = to[at];
            length += 1;
        }
        if length > 0 {
            lengths.push(length);
        }
    }
    lengths.sort_unstable();
    Some(lengths)
}

/// The number of places t (translations of the support that keep it on the
/// lattice) at which the element maps the support to itself: it takes site s
/// at place t to `turn(s) + turn(t) + shift`, which must be the support at t
/// again, so `turn(t) + shift + from - to = t`, where the support's site `to`
/// is the turned site `from` up to the wrapping.
fn kept_places(space: &Space, support: &Support, element: &Element, from: &Site, to: &Site) -> IBig {
    let dimension = space.dimension();
    // t[d] = ±t[from[d]] + offset[d]
    let offset = |d: usize| element.shift[d] as i128 + from[d] as i128 - to[d] as i128;
    let mut seen = [false; super::space::DIRECTIONS];
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
        places *= solutions(space, support, &expressed);
    }
    places
}

/// The number of x such that x equals the last expression, and every
/// coordinate `sign * x + constant` is a place of the support.
fn solutions(space: &Space, support: &Support, expressed: &[(usize, i128, i128)]) -> IBig {
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
        let coordinates = support.sites.iter().map(|site| site[direction] as i128);
        let least = coordinates.clone().min().unwrap_or(0);
        let greatest = coordinates.max().unwrap_or(0);
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
