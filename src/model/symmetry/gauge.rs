//! Gauge symmetry of fields on bonds.
//!
//! A gauge transformation multiplies the field on a bond from i to j by g(i)
//! and the conjugate of g(j), with one g on every site. It multiplies every
//! monomial by a number, so that a polynomial is invariant where each of its
//! monomials is: for signs where an even number of factors meets every site,
//! for phases (after expansion in U and its conjugate) where as much flows into
//! every site as out of it, modulo n for n-th roots of unity. A monomial that is
//! invariant is a sum of closed loops; it is a product of loops that can be
//! contracted where the sum of the turns around each periodic direction
//! vanishes.
//!
//! A field of charge q on the sites is multiplied by g(i)^q, so that its powers
//! flow into a site, too: invariants are closed loops and open strings with
//! matter at their ends.

use std::collections::BTreeMap;

use super::phases::{self, Charge};
use super::violation::{Reason, Unchecked, Violation};
use super::{NoSuchSymmetry, no_field};
use crate::model::field::{Place, Structure};
use crate::model::polynomial::Polynomial;
use crate::model::variable::Kind;
use crate::model::{Boundary, Lattice, Model};

/// Whether a polynomial has the gauge symmetry of a field.
pub(super) fn gauge(
    model: &Model,
    field: usize,
    contractible: bool,
    matter: &[(usize, i64)],
    polynomial: &Polynomial,
) -> Result<Option<Violation>, Unchecked> {
    let Some(declared) = model.fields.get(field) else { return Err(no_field(field).into()) };
    let name = &declared.name;
    if declared.place != Place::Bonds {
        return Err(NoSuchSymmetry {
            message: format!("{name} lives on sites, and a gauge field lives on bonds"),
            hint: format!("declare it as `field {name} : spin on bonds`, or `phase on bonds` for U(1)"),
        }
        .into());
    }
    for &(charged, charge) in matter {
        matter_charge(model, field, charged, charge)?;
    }
    let fields: Vec<usize> = std::iter::once(field).chain(matter.iter().map(|&(charged, _)| charged)).collect();
    let what =
        if contractible { "gauge transformation without loops around the lattice" } else { "gauge transformation" };
    match (declared.kind, declared.structure) {
        (Kind::Spin, _) if declared.components == 1 => {
            for (monomial, coefficient) in polynomial.terms() {
                let bonds: Vec<Charge> = monomial
                    .factors()
                    .iter()
                    .filter(|factor| fields.contains(&(model.frame.slot(factor.variable.slot()).field as usize)))
                    .map(|factor| (factor.variable, factor.exponent as i64))
                    .collect();
                if let Some(reason) = broken(model, &bonds, matter, Some(2), contractible) {
                    return Ok(Some(Violation {
                        action: what.to_owned(),
                        monomial: monomial.clone(),
                        coefficient: coefficient.clone(),
                        reason,
                    }));
                }
            }
            Ok(None)
        }
        (_, Structure::Phase(order)) => {
            phases::check(model, &fields, polynomial, what, |bonds| broken(model, bonds, matter, order, contractible))
        }
        (_, Structure::Complex) => {
            phases::check(model, &fields, polynomial, what, |bonds| broken(model, bonds, matter, None, contractible))
        }
        _ => Err(NoSuchSymmetry {
            message: format!("the values of {name} are neither signs nor phases, so they have no gauge group"),
            hint: format!("declare `field {name} : spin on bonds`, `phase on bonds` or `clock(3) on bonds`"),
        }
        .into()),
    }
}

/// Whether the gauge group of a field on bonds can act on a field on sites by a
/// charge.
pub fn matter_charge(model: &Model, gauge: usize, field: usize, charge: i64) -> Result<(), NoSuchSymmetry> {
    let (Some(links), Some(matter)) = (model.fields.get(gauge), model.fields.get(field)) else {
        return Err(no_field(field.max(gauge)));
    };
    let (name, links_name) = (&matter.name, &links.name);
    let refuse = |message: String, hint: String| Err(NoSuchSymmetry { message, hint });
    if matter.place != Place::Sites {
        return refuse(
            format!("{name} lives on bonds, and matter lives on sites"),
            format!("a gauge group acts on one field on bonds: gauge({links_name}, ...)"),
        );
    }
    let signs = links.kind == Kind::Spin;
    let order = match links.structure {
        _ if signs => Some(2),
        Structure::Phase(order) => order,
        _ => None,
    };
    match (matter.structure, matter.kind) {
        (Structure::Categories, _) | (_, Kind::Bit) => refuse(
            format!("the values of {name} are no numbers that a sign or a phase multiplies"),
            format!("leave {name} out of the gauge group, or declare a spin, a phase or a complex number"),
        ),
        (Structure::Plain | Structure::Unit, _) if !signs => refuse(
            format!("{name} is real, and the phases of {links_name} would make it complex"),
            format!("declare `field {name} : complex in [-1, 1]`, or `{links_name} : spin on bonds` for signs"),
        ),
        (Structure::Phase(Some(n)), _) => {
            let keeps = order.is_some_and(|order| order > 0 && (charge * i64::from(n)) % i64::from(order) == 0);
            match keeps {
                true => Ok(()),
                false => refuse(
                    format!("{name} takes {n} values, which the phases of {links_name} do not keep"),
                    format!("give {name} and {links_name} as many values, or declare `field {name} : phase`"),
                ),
            }
        }
        _ => Ok(()),
    }
}

/// Where charges on bonds, modulo an order, do not close, or go around the
/// lattice.
fn broken(
    model: &Model,
    bonds: &[Charge],
    matter: &[(usize, i64)],
    order: Option<u32>,
    contractible: bool,
) -> Option<Reason> {
    let lattice = &model.lattice;
    let vanishes = |charge: i64| order.filter(|&n| n > 0).map_or(charge, |n| charge % n as i64) == 0;
    let kinds = lattice.bonds();
    let mut flow: BTreeMap<(Vec<i64>, usize), i64> = BTreeMap::new();
    let mut turns = vec![0i64; lattice.dimension()];
    for &(variable, charge) in bonds {
        let (cell, bond) = model.place(variable);
        let (from, _) = wrapped(lattice, cell);
        let field = model.frame.slot(variable.slot()).field as usize;
        if let Some((_, unit)) = matter.iter().find(|(charged, _)| *charged == field) {
            *flow.entry((from, bond)).or_default() += unit * charge;
            continue;
        }
        let bond = &kinds[bond];
        let end: Vec<i64> = from.iter().zip(&bond.offset).map(|(c, o)| c + o).collect();
        let (to, around) = wrapped(lattice, end);
        *flow.entry((from, bond.from)).or_default() += charge;
        *flow.entry((to, bond.to)).or_default() -= charge;
        turns.iter_mut().zip(around).for_each(|(sum, turns)| *sum += charge * turns);
    }
    if let Some(((cell, basis), charge)) = flow.into_iter().find(|(_, charge)| !vanishes(*charge)) {
        return Some(Reason::Site { cell, basis, charge, order });
    }
    if contractible && let Some(direction) = turns.into_iter().position(|turns| !vanishes(turns)) {
        return Some(Reason::Winding { direction });
    }
    None
}

/// A cell within the periods, and how often each periodic direction was gone
/// around to reach it.
fn wrapped(lattice: &Lattice, cell: Vec<i64>) -> (Vec<i64>, Vec<i64>) {
    let wrap = |(direction, coordinate): (usize, i64)| match lattice.boundaries[direction] {
        Boundary::Open => (coordinate, 0),
        Boundary::Periodic | Boundary::Twisted => {
            let extent = lattice.extents[direction] as i64;
            (coordinate.rem_euclid(extent), coordinate.div_euclid(extent))
        }
    };
    cell.into_iter().enumerate().map(wrap).unzip()
}
