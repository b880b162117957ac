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
    let what =
        if contractible { "gauge transformation without loops around the lattice" } else { "gauge transformation" };
    match (declared.kind, declared.structure) {
        (Kind::Spin, _) if declared.components == 1 => {
            for (monomial, coefficient) in polynomial.terms() {
                let bonds: Vec<Charge> = monomial
                    .factors()
                    .iter()
                    .filter(|factor| model.frame.slot(factor.variable.slot()).field as usize == field)
                    .map(|factor| (factor.variable, factor.exponent as i64))
                    .collect();
                if let Some(reason) = broken(model, &bonds, Some(2), contractible) {
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
            phases::check(model, &[field], polynomial, what, |bonds| broken(model, bonds, order, contractible))
        }
        (_, Structure::Complex) => {
            phases::check(model, &[field], polynomial, what, |bonds| broken(model, bonds, None, contractible))
        }
        _ => Err(NoSuchSymmetry {
            message: format!("the values of {name} are neither signs nor phases, so they have no gauge group"),
            hint: format!("declare `field {name} : spin on bonds`, `phase on bonds` or `clock(3) on bonds`"),
        }
        .into()),
    }
}

/// Where charges on bonds, modulo an order, do not close, or go around the
/// lattice.
fn broken(model: &Model, bonds: &[Charge], order: Option<u32>, contractible: bool) -> Option<Reason> {
    let lattice = &model.lattice;
    let vanishes = |charge: i64| order.filter(|&n| n > 0).map_or(charge, |n| charge % n as i64) == 0;
    let kinds = lattice.bonds();
    let mut flow: BTreeMap<(Vec<i64>, usize), i64> = BTreeMap::new();
    let mut turns = vec![0i64; lattice.dimension()];
    for &(variable, charge) in bonds {
        let (cell, bond) = model.place(variable);
        let bond = &kinds[bond];
        let (from, _) = wrapped(lattice, cell);
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
