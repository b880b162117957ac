//! The invariants of a gauge field as polynomials.
//!
//! For spins an invariant is the sum over an orbit of products of spins. For
//! phases the orbits of a flow and of its conjugate are one, and the real part
//! of the sum is the only invariant, or they are two, and the real and the
//! imaginary part are the two: as many invariants as orbits.

use dashu_int::UBig;
use std::collections::{BTreeMap, BTreeSet};

use super::super::CountError;
use super::super::coupling::Coupling;
use super::super::gauge::{self, LinkGroup, PlacedLink, PlacedMonomial, Powers};
use super::super::space::Space;
use super::matter::Number;
use super::{GaugeField, degrees, nearest};
use crate::exact::Rational;
use crate::model::{Model, Monomial, Polynomial};

/// The most monomials of all orbits together, up to translations.
const MOST_MONOMIALS: u64 = 200_000;

/// The most invariants.
const MOST_INVARIANTS: u64 = 20_000;

/// The most terms of all polynomials.
const MOST_TERMS: u64 = 2_000_000;

/// Monomials up to translations of the model's frame, with the number of
/// those that leave each alone.
type Classes = BTreeMap<PlacedMonomial, i64>;

/// A basis of the invariants as polynomials of the unit cell, by degree, then
/// by number of links.
pub fn polynomials(model: &Model, space: &Space, gauge: &GaugeField) -> Result<Vec<Polynomial>, CountError> {
    let coupling = Coupling::new(space)?;
    let mut classes: Vec<Classes> = Vec::new();
    let mut number_of_monomials = 0;
    for orbit in orbits(space, gauge, coupling.as_ref())? {
        let mut members = Classes::new();
        for monomial in &orbit {
            for translate in inner_translates(model, space, monomial)? {
                let (class, stabilizer) = placed(model, &translate);
                members.insert(class, stabilizer);
            }
        }
        number_of_monomials += members.len() as u64;
        limit("monomials of all invariants", number_of_monomials, MOST_MONOMIALS)?;
        classes.push(members);
    }
    if space.lacks_constant() {
        classes.retain(|members| !members.keys().any(Vec::is_empty));
    }
    limit("free couplings to list", classes.len() as u64, MOST_INVARIANTS)?;
    // In the order of degrees, numbers of links and of the first monomials.
    let degree = |monomial: &PlacedMonomial| monomial.iter().map(|(_, power)| power.unsigned_abs()).sum::<u64>();
    classes
        .sort_by_cached_key(|members| members.keys().next().map(|first| (degree(first), first.len(), first.clone())));
    let mut polynomials = Vec::new();
    let mut done: BTreeSet<PlacedMonomial> = BTreeSet::new();
    let mut terms = 0;
    for members in &classes {
        let Some(first) = members.keys().next().filter(|first| !done.contains(*first)) else { continue };
        let conjugate = |member| placed(model, &conjugate(space, gauge, member)).0;
        let alone = members.contains_key(&conjugate(first));
        if !alone {
            // The conjugate orbit is left out when it is met.
            done.extend(members.keys().map(conjugate));
        }
        let [mut real, mut imaginary] = [Vec::new(), Vec::new()];
        for (member, stabilizer) in members {
            let weight = Rational::new(1, *stabilizer);
            let [re, im] = parts(model, space, gauge, member)?;
            terms += (re.len() + im.len()) as u64;
            limit("terms of all invariants", terms, MOST_TERMS)?;
            real.extend(re.scaled(&weight).terms().to_vec());
            imaginary.extend(im.scaled(&weight).terms().to_vec());
        }
        let mut push = |terms: Vec<(Monomial, Rational)>| {
            polynomials.push(model.canonical_polynomial(&Polynomial::from_terms(terms)));
        };
        push(real);
        if !alone {
            push(imaginary);
        }
    }
    Ok(polynomials)
}

/// The orbits of invariant monomials, one or all of the translates of each.
fn orbits(
    space: &Space,
    gauge: &GaugeField,
    coupling: Option<&Coupling>,
) -> Result<Vec<Vec<PlacedMonomial>>, CountError> {
    if space.translated {
        let near = match coupling {
            Some(coupling) => gauge.local_orbits(space, coupling)?,
            None => gauge.single_loops(space)?,
        };
        if let Some(orbits) = near {
            return Ok(orbits.into_iter().map(|orbit| orbit.monomials).collect());
        }
    }
    let (graph, places) = gauge.graph(space)?;
    let orbits = gauge::list(&graph, gauge.group, degrees(space), gauge.loops)?;
    let placed = |monomial: &gauge::LinkMonomial| -> PlacedMonomial {
        monomial.iter().map(|&(link, power)| (places[link].clone(), power)).collect()
    };
    Ok(orbits
        .into_iter()
        .map(|orbit| orbit.monomials.iter().map(placed).collect::<Vec<PlacedMonomial>>())
        .filter(|orbit| coupling.is_none() || gauge.is_local(space, orbit[0].iter().map(|(link, _)| link)))
        .collect())
}

/// The translates of a monomial along directions that lie within the unit
/// cell of the model.
fn inner_translates(
    model: &Model,
    space: &Space,
    monomial: &PlacedMonomial,
) -> Result<Vec<PlacedMonomial>, CountError> {
    let mut translates = vec![monomial.clone()];
    if !space.translated || monomial.is_empty() {
        return Ok(translates);
    }
    for &direction in model.frame.inner.iter().filter(|&&direction| space.periodic[direction]) {
        let extent = space.extents[direction];
        limit("translates of a monomial", (translates.len() as u64).saturating_mul(extent), MOST_MONOMIALS)?;
        translates = translates
            .iter()
            .flat_map(|monomial| {
                (0..extent as i64).map(move |step| {
                    let mut moved = monomial.clone();
                    moved.iter_mut().for_each(|(link, _)| link.cell[direction] += step);
                    moved
                })
            })
            .collect();
    }
    Ok(translates)
}

/// The monomial that stands for all translates of one in the model's frame,
/// with cells next to zero, and the number of those translations that leave it
/// alone; one for the constant.
fn placed(model: &Model, monomial: &PlacedMonomial) -> (PlacedMonomial, i64) {
    let anchors: BTreeSet<Vec<i64>> = monomial
        .iter()
        .map(|(link, _)| model.frame.directions.iter().map(|&direction| link.cell[direction]).collect())
        .collect();
    let (least, times) = gauge::least(anchors.iter().map(|anchor| {
        let moved = |(link, power): &(PlacedLink, i64)| {
            let mut cell = link.cell.clone();
            model.frame.directions.iter().zip(anchor).for_each(|(&direction, by)| cell[direction] -= by);
            let mut cell = nearest(&model.lattice, &cell);
            for &direction in &model.frame.inner {
                cell[direction] = cell[direction].rem_euclid(model.lattice.extents[direction] as i64);
            }
            (PlacedLink { cell, link: link.link }, *power)
        };
        monomial.iter().map(moved).collect()
    }));
    // Translations do not move the constant.
    (least, times.max(1) as i64)
}

/// The complex conjugate of a monomial.
fn conjugate(space: &Space, gauge: &GaugeField, monomial: &PlacedMonomial) -> PlacedMonomial {
    let carriers = gauge.carriers(space);
    let conjugate = |(placed, power): &(PlacedLink, i64)| {
        let order = match carriers.factor(placed.link) {
            None => Some(gauge.group),
            Some(carrier) if carrier.number == Number::Phase => match carrier.powers {
                Powers::Cyclic(order) => Some(LinkGroup::Cyclic(order)),
                _ => Some(LinkGroup::Phase),
            },
            Some(_) => None,
        };
        let power = match order {
            Some(group) if !is_real(group, *power) => -power,
            _ => *power,
        };
        (PlacedLink { cell: placed.cell.clone(), link: carriers.conjugate(placed.link) }, power)
    };
    monomial.iter().map(conjugate).collect()
}

/// Whether a power of every root of unity is 1 or -1.
fn is_real(group: LinkGroup, power: i64) -> bool {
    matches!(group, LinkGroup::Cyclic(order) if 2 * power.abs() == i64::from(order))
}

/// The real and the imaginary part of a product of powers of links. Of powers
/// that are 1 or -1 the real part alone is written, so that the sum over an
/// orbit has the symmetries as a polynomial, and not only at roots of unity.
fn parts(
    model: &Model,
    space: &Space,
    gauge: &GaugeField,
    monomial: &PlacedMonomial,
) -> Result<[Polynomial; 2], CountError> {
    let carriers = gauge.carriers(space);
    let mut product = [Polynomial::constant(Rational::ONE), Polynomial::zero()];
    for (placed, power) in monomial {
        let carrier = carriers.factor(placed.link);
        let (field, first, point) = match carrier {
            None => (gauge.field, 0, placed.link),
            Some(carrier) => (carrier.field, carrier.component, carriers.site(placed.link)),
        };
        let component = |component: u32| {
            model
                .variable_at(field, component, &placed.cell, point)
                .map(Polynomial::variable)
                .ok_or_else(|| CountError::Unsupported("a bond beyond the reach of displacements".to_owned()))
        };
        let mut link = [component(first)?, Polynomial::zero()];
        if model.fields[field].structure.is_complex() {
            let imaginary = component(1)?;
            let negative = *power < 0 || carrier.is_some_and(|carrier| carrier.number == Number::Conjugate);
            link[1] = if negative { imaginary.scaled(&-Rational::ONE) } else { imaginary };
        }
        let mut raised = link.clone();
        for _ in 1..power.unsigned_abs() {
            raised = times(&raised, &link)?;
        }
        let group = match carrier.map(|carrier| (carrier.number, carrier.powers)) {
            None => gauge.group,
            Some((Number::Phase, Powers::Cyclic(order))) => LinkGroup::Cyclic(order),
            Some(_) => LinkGroup::Phase,
        };
        if is_real(group, *power) {
            raised[1] = Polynomial::zero();
        }
        product = times(&product, &raised)?;
    }
    Ok(product)
}

/// The product of two complex numbers.
fn times([a, b]: &[Polynomial; 2], [c, d]: &[Polynomial; 2]) -> Result<[Polynomial; 2], CountError> {
    let terms = ((a.len() + b.len()) as u64).saturating_mul((c.len() + d.len()) as u64);
    limit("terms of an invariant", terms, MOST_TERMS)?;
    Ok([&(a * c) - &(b * d), &(a * d) + &(b * c)])
}

fn limit(what: &'static str, needed: u64, limit: u64) -> Result<(), CountError> {
    match needed > limit {
        true => Err(CountError::TooMany { what, needed: UBig::from(needed), limit }),
        false => Ok(()),
    }
}
