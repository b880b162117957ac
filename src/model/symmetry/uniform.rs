//! Equal couplings of terms that are translates of one another.
//!
//! Along open directions translations are no symmetry of the lattice, but the
//! terms that are translates of one another within it can still have equal
//! couplings. All translates of a term that fit are connected by steps of one
//! cell through others that fit, so steps of one cell are all there is to check.

use super::NoSuchSymmetry;
use super::violation::{Reason, Unchecked, Violation};
use crate::model::field::Place;
use crate::model::monomial::{Factor, Monomial};
use crate::model::plaquette::Corner;
use crate::model::polynomial::Polynomial;
use crate::model::{Boundary, Lattice, Model};

/// Whether terms that are translates of one another have equal couplings.
pub(super) fn uniform(model: &Model, polynomial: &Polynomial) -> Result<Option<Violation>, Unchecked> {
    exists(model)?;
    for &direction in &model.frame.inner {
        for step in [1, -1] {
            for (monomial, coefficient) in polynomial.terms() {
                let Some(image) = moved(model, monomial, direction, step) else { continue };
                if polynomial.coefficient(&image) != *coefficient {
                    return Ok(Some(Violation {
                        action: format!("translation along {}", Lattice::direction_name(direction)),
                        monomial: monomial.clone(),
                        coefficient: coefficient.clone(),
                        reason: Reason::Needs(image, coefficient.clone()),
                    }));
                }
            }
        }
    }
    Ok(None)
}

fn exists(model: &Model) -> Result<(), NoSuchSymmetry> {
    super::point_group::geometric(&model.lattice, "uniform")?;
    if model.lattice.boundaries.iter().all(|&boundary| boundary == Boundary::Periodic) {
        return Err(NoSuchSymmetry {
            message: format!("no direction of {} ends, so that `uniform` is `translation`", model.lattice),
            hint: "write `symmetry translation`".to_owned(),
        });
    }
    Ok(())
}

/// The translate of a monomial, where it fits.
fn moved(model: &Model, monomial: &Monomial, direction: usize, step: i64) -> Option<Monomial> {
    let lattice = &model.lattice;
    let open = lattice.boundaries[direction] == Boundary::Open;
    let mut factors = Vec::with_capacity(monomial.factors().len());
    for factor in monomial.factors() {
        let (mut cell, point) = model.place(factor.variable);
        cell[direction] += step;
        let slot = model.frame.slot(factor.variable.slot());
        let place = model.fields[slot.field as usize].place;
        if open && place != Place::Sites {
            let within = |(offset, _): &Corner| {
                (0..lattice.extents[direction] as i64).contains(&(cell[direction] + offset[direction]))
            };
            lattice.figures(place)[point].iter().all(within).then_some(())?;
        }
        let variable = model.variable_at(slot.field as usize, slot.component, &cell, point)?;
        factors.push(Factor { variable, exponent: factor.exponent });
    }
    // The constant has no translates.
    (!factors.is_empty()).then(|| model.canonical(&Monomial::from_factors(factors)).0)
}
