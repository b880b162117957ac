//! Permutations of sites, of an index, or of fields.

use super::NoSuchSymmetry;
use super::action::Action;
use crate::model::Model;
use crate::model::field::{Field, Place, Slot, Structure};

/// A transposition and a cycle of the sites (or of the index, or the fields,
/// of a spec without a lattice): they generate every permutation.
pub(super) fn permutations(model: &Model) -> Result<Vec<Action>, NoSuchSymmetry> {
    let frame = &model.frame;
    if !frame.directions.is_empty() {
        return Err(NoSuchSymmetry {
            message: "permutations of sites do not map unit cells to unit cells".to_owned(),
            hint: "use `lattice complete(n)` for a model in which every pair of sites is alike".to_owned(),
        });
    }
    if !model.lattice.is_point() {
        if let Some(field) = model.fields.iter().find(|field| field.place != Place::Sites) {
            return Err(NoSuchSymmetry {
                message: format!(
                    "the field {} lives on {}, which permutations of the sites do not keep",
                    field.name,
                    field.place.name()
                ),
                hint: "use `point_group` and `translation`".to_owned(),
            });
        }
        let sites = frame.inner_cells as usize * model.lattice.basis();
        return Ok(permute(sites, |site| format!("site {site}"), |moved| of_sites(model, moved)));
    }
    if let Some(unit) = model.fields.iter().find(|field| field.structure == Structure::Unit) {
        return Err(NoSuchSymmetry {
            message: format!("the components of the unit vector {} are not independent", unit.name),
            hint: format!("use `rotation({})`, or declare `field {}[{}] : real in [-1, 1]`", unit.name, unit.name, {
                unit.components
            }),
        });
    }
    if model.fields.iter().all(|field| !field.is_list()) {
        let kind = |field: &Field| (field.kind, field.structure, field.components);
        if let Some(other) = model.fields.iter().find(|field| {
            let first = &model.fields[0];
            (kind(field), &field.lower, &field.upper) != (kind(first), &first.lower, &first.upper)
        }) {
            return Err(NoSuchSymmetry {
                message: format!(
                    "fields of different kinds or domains cannot be permuted: {} and {}",
                    model.fields[0].name, other.name
                ),
                hint: "give all fields the same kind and domain".to_owned(),
            });
        }
        return Ok(permute(
            model.fields.len(),
            |field| model.fields[field].name.clone(),
            |moved| {
                let image = |index: usize| {
                    let slot = frame.slot(index);
                    frame.variable(&model.fields, Slot { field: moved(slot.field as usize) as u32, ..slot }).slot()
                };
                (0..frame.slots()).map(image).collect()
            },
        ));
    }
    let mut counts: Vec<u32> = model.fields.iter().filter(|f| f.is_list()).map(|f| f.components).collect();
    counts.sort_unstable();
    counts.dedup();
    let mut actions = Vec::new();
    for count in counts {
        actions.extend(permute(
            count as usize,
            |index| format!("index {index}"),
            |moved| {
                (0..frame.slots())
                    .map(|index| {
                        let slot = frame.slot(index);
                        let field = &model.fields[slot.field as usize];
                        if !field.is_list() || field.components != count {
                            return index;
                        }
                        let component = moved(slot.component as usize) as u32;
                        frame.variable(&model.fields, Slot { component, ..slot }).slot()
                    })
                    .collect()
            },
        ));
    }
    Ok(actions)
}

/// The exchange of the first two of `count` things and the cycle of all.
pub(super) fn permute(
    count: usize,
    name: impl Fn(usize) -> String,
    slots: impl Fn(&dyn Fn(usize) -> usize) -> Vec<usize>,
) -> Vec<Action> {
    let mut actions = Vec::new();
    if count >= 2 {
        let swapped = |index: usize| if index < 2 { 1 - index } else { index };
        actions.push(Action::slots(format!("exchange of {} and {}", name(0), name(1)), slots(&swapped)));
    }
    if count >= 3 {
        let cycled = |index: usize| (index + 1) % count;
        actions.push(Action::slots(format!("cycle of {} to {}", name(0), name(count - 1)), slots(&cycled)));
    }
    actions
}

/// Where the slots of a cell of all sites go when its sites move.
pub(super) fn of_sites(model: &Model, moved: &dyn Fn(usize) -> usize) -> Vec<usize> {
    let frame = &model.frame;
    (0..frame.slots())
        .map(|index| {
            let slot = frame.slot(index);
            frame.variable(&model.fields, Slot { site: moved(slot.site as usize) as u32, ..slot }).slot()
        })
        .collect()
}
