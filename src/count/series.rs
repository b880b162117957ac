//! Counts in closed form.
//!
//! The functions of all sites have the series of those of one site to the
//! power of the number of sites (Hilbert series), so a count takes the same
//! time for any number of sites.

use dashu_int::{IBig, UBig};

use super::CountError;
use super::cycle_index;
use super::group::SpaceGroup;
use super::space::{CellPoint, Space};
use super::values::average::{Averages, Traces};
use super::values::{Cycle, ValueGroup, Values};

/// The longest series.
const LONGEST: u64 = 1000;

/// The binomial coefficient.
pub(super) fn binomial(n: &UBig, k: u64) -> UBig {
    let mut coefficient = UBig::ONE;
    for at in 0..k {
        if *n < UBig::from(at) {
            return UBig::ZERO;
        }
        coefficient = coefficient * (n - UBig::from(at)) / UBig::from(at + 1);
    }
    coefficient
}

/// The number of cells of the whole lattice.
pub(super) fn cells(space: &Space) -> UBig {
    space.extents.iter().map(|&extent| UBig::from(extent)).product()
}

/// The number of points of a class on the whole lattice: a bond across the
/// end of an open direction is none.
fn points(space: &Space, class: usize) -> UBig {
    let here = space.points.iter().filter(|point| point.class as usize == class);
    let places = |point: &CellPoint| -> UBig {
        let places = |d: usize| {
            let all = point.sites.iter().map(|site| site.cell[d]);
            let width = all.clone().max().unwrap_or(0) - all.min().unwrap_or(0);
            UBig::from(space.extents[d].saturating_sub(if space.periodic[d] { 0 } else { width as u64 }))
        };
        (0..space.dimension()).map(places).product()
    };
    here.map(places).sum()
}

/// The points of each class, as cycles of one point.
fn all_points(space: &Space) -> Vec<(Cycle, UBig)> {
    let cycle = |class: usize| Cycle { class: class as u16, ..Cycle::plain(1) };
    (0..space.values.classes.len()).map(|class| (cycle(class), points(space, class))).collect()
}

/// The number of points that a field lives at.
fn points_of(space: &Space, field: usize) -> UBig {
    let classes = space.values.classes.iter().enumerate().filter(|(_, fields)| fields.contains(&field));
    classes.map(|(class, _)| points(space, class)).sum()
}

/// The number of variables of the whole lattice.
pub(super) fn variables(space: &Space) -> UBig {
    let fields = space.values.fields.iter().enumerate();
    fields.map(|(at, field)| points_of(space, at) * UBig::from(field.0)).sum()
}

/// The degree beyond which there are no more monomials, or the declared one.
pub(super) fn effective_degree(space: &Space) -> Result<usize, CountError> {
    let highest = space.values.fields.iter().enumerate().map(|(at, &(components, values))| {
        values.highest_degree(components).map(|highest| points_of(space, at) * UBig::from(highest))
    });
    let mut degree = space.degree as u64;
    if let Some(highest) = highest.sum::<Option<UBig>>() {
        degree = u64::try_from(highest).map_or(degree, |highest| highest.min(degree));
    }
    if degree > LONGEST {
        return Err(CountError::TooMany { what: "degrees", needed: UBig::from(degree), limit: LONGEST });
    }
    Ok(degree as usize)
}

/// The same space without a group of the values, in which functions are
/// counted.
pub(super) fn ungrouped(space: &Space) -> Space {
    let mut ungrouped = space.clone();
    ungrouped.values.group = ValueGroup::default();
    ungrouped
}

/// The number of all monomials, and its closed form.
pub(super) fn all(space: &Space) -> Result<(UBig, String), CountError> {
    let n = variables(space);
    let degree = space.degree as u64;
    let fields = &space.values.fields;
    let total = |values: Values| -> UBig {
        let alike = fields.iter().enumerate().filter(|(_, field)| field.1 == values);
        alike.map(|(at, field)| points_of(space, at) * UBig::from(field.0)).sum()
    };
    let only = |kinds: &[Values]| fields.iter().all(|field| kinds.contains(&field.1));
    if only(&[Values::Real]) && n > UBig::ZERO {
        // C(n+d, d), or C(n+d-1, d) for one degree alone.
        let top = if space.homogeneous { &n + UBig::from(degree) - UBig::ONE } else { &n + UBig::from(degree) };
        let other = &top - UBig::from(degree);
        let lower = u64::try_from(&other).map_or(degree, |other| other.min(degree));
        if lower > 10 * LONGEST {
            return Err(CountError::TooMany {
                what: "factors of a binomial coefficient",
                needed: UBig::from(lower),
                limit: 10 * LONGEST,
            });
        }
        let name = if space.homogeneous { "C(n+d-1, d)" } else { "C(n+d, d)" };
        let without = if space.lacks_constant() { " - 1" } else { "" };
        let count = binomial(&top, lower) - UBig::from(space.lacks_constant() as u8);
        let formula = format!("{name}{without} = C({top}, {degree}){without} with n = {n}, d = {degree}");
        return Ok((count, formula));
    }
    let averages = Averages::new(&ungrouped(space).values, effective_degree(space)?)?;
    let count =
        natural(space.admitted().sum(&averages.series(&all_points(space)))) - UBig::from(space.lacks_constant() as u8);
    let (r, s) = (total(Values::Real), total(Values::TwoValued));
    let formula = match (only(&[Values::TwoValued]), only(&[Values::Real, Values::TwoValued]), space.homogeneous) {
        (true, _, true) => format!("C(n, d) with n = {n}, d = {degree}"),
        (true, _, false) if UBig::from(degree) >= n => format!("2^n with n = {n}"),
        (true, _, false) => format!("C(n, 0) + ... + C(n, d) with n = {n}, d = {degree}"),
        (_, true, true) => {
            format!("sum over k of C(r+d-k-1, d-k) C(s, k) with r = {r} real, s = {s} two-valued, d = {degree}")
        }
        (_, true, false) => {
            format!("sum over k of C(r+d-k, d-k) C(s, k) with r = {r} real, s = {s} two-valued, d = {degree}")
        }
        (_, false, _) => one_site_series(space),
    };
    Ok((count, formula))
}

/// The number of monomials of at most so many sites, and its closed form.
pub(super) fn of_few_sites(space: &Space, most: usize) -> Result<(UBig, String), CountError> {
    let alone = Space { translated: false, ..ungrouped(space) };
    let by_points = cycle_index::by_points(&alone, &SpaceGroup::new(&alone, &[])?)?;
    let n = points(space, 0);
    let count = by_points.iter().take(most + 1).sum();
    let terms = by_points.iter().take(most + 1).enumerate().filter_map(|(sites, number)| {
        let sets = binomial(&n, sites as u64);
        if *number == UBig::ZERO || sets == UBig::ZERO {
            return None;
        }
        let each = number / sets;
        let factor = if each == UBig::ONE && sites > 0 { String::new() } else { each.to_string() };
        Some(match sites {
            0 => factor,
            1 => format!("{factor}n"),
            _ => format!("{factor} C(n, {sites})").trim().to_owned(),
        })
    });
    let text = terms.collect::<Vec<_>>().join(" + ");
    Ok((count, format!("{text} with n = {n}")))
}

/// The generating function of the functions of one site, to the power of the
/// number of sites.
fn one_site_series(space: &Space) -> String {
    let mut factors = Vec::new();
    for &(components, values) in &space.values.fields {
        factors.push(match values {
            Values::Real => format!("(1-t)^-{components}"),
            Values::TwoValued => format!("(1+t)^{components}"),
            Values::Unit => format!("(1-t^2)(1-t)^-{components}"),
            Values::Roots(n) if n % 2 == 0 => format!("(1+2t+...+2t^{}+t^{})", (n / 2).saturating_sub(1), n / 2),
            Values::Roots(n) => format!("(1+2t+...+2t^{})", n / 2),
            Values::Categories(q) => format!("(1+{}t)^{components}", q.saturating_sub(1)),
        });
    }
    let which = if space.homogeneous { "coefficient of t^d" } else { "coefficients up to t^d" };
    format!("{which} of ({})^n with n = {} points, d = {}", factors.join(" "), points(space, 0), space.degree)
}

/// A count as a natural number; counts are never negative.
pub(super) fn natural(count: IBig) -> UBig {
    UBig::try_from(count).expect("the dimension of a space of invariants is not negative")
}

/// The number of non-trivial monomials of one site that survive the flips.
pub(super) fn one_site(space: &Space) -> Result<UBig, CountError> {
    Ok(natural(Traces::new(space)?.trace(&Cycle::fixed(1)).clone()))
}
