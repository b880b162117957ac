//! From a model to the system of its values.

use super::super::CountError;
use super::{Charged, Factor, Slot, System, ValueGroup, Values};
use crate::model::{Field, Kind, Model, Structure, Symmetry, Vector};

/// The fields of a model and the symmetries that act on their values. All
/// fields live at the points of one class, and space turns nothing.
pub(in crate::count) fn system(model: &Model) -> Result<System, CountError> {
    let fields: Vec<(u32, Values)> = model.fields.iter().map(values).collect();
    let mut group = ValueGroup::default();
    for symmetry in &with_flips_of_parts(&with_permuted_parts(model)) {
        if let Some(factor) = factor(model, symmetry)? {
            group.factors.push(factor);
        }
    }
    let system = System { classes: vec![(0..fields.len()).collect()], fields, group, ..System::default() };
    system.check()?;
    Ok(system)
}

/// Whether all permutations that a model without a lattice declares are
/// rotations and reflections that it declares, too: those of the components of
/// vectors that are rotated together, or of the scalars of one vector.
pub(in crate::count) fn permutes_rotated(model: &Model) -> bool {
    model.symmetries.iter().any(|symmetry| permutes_parts(model, symmetry))
}

/// Whether the permutations are among the rotations and reflections of the
/// vectors of a symmetry.
fn permutes_parts(model: &Model, symmetry: &Symmetry) -> bool {
    let Symmetry::Rotation { vectors, .. } = symmetry else { return false };
    if !model.lattice.is_point() || !model.symmetries.contains(&Symmetry::Permutation) {
        return false;
    }
    let lists: Vec<usize> = (0..model.fields.len()).filter(|&field| model.fields[field].is_list()).collect();
    if lists.is_empty() {
        // One vector that every field is a component of.
        let all = |vector: &Vector| matches!(vector, Vector::Scalars(fields) if fields.len() == model.fields.len());
        return vectors.len() == 1 && vectors.iter().all(all);
    }
    let alike = lists.iter().all(|&field| model.fields[field].components == model.fields[lists[0]].components);
    alike && lists.iter().all(|&field| vectors.contains(&Vector::Field(field)))
}

/// The symmetries, where permutations that are rotations or reflections of
/// vectors are put into the rotations: exchanges are reflections, so that with
/// SO(n) they generate O(n).
fn with_permuted_parts(model: &Model) -> Vec<Symmetry> {
    let whole = |symmetry: &Symmetry| match symmetry {
        Symmetry::Rotation { vectors, proper: true } if permutes_parts(model, symmetry) => {
            Symmetry::Rotation { vectors: vectors.clone(), proper: false }
        }
        other => other.clone(),
    };
    model.symmetries.iter().map(whole).collect()
}

/// The symmetries, where the sign change of one scalar of a vector that is
/// rotated is put into the rotations: it is a reflection, and its conjugates
/// under rotations are all reflections, of this vector alone. So they generate
/// O(n) of this vector, and leave to the others what they had. Of Lorentz
/// transformations the same holds of their polynomial invariants, since over
/// the complex numbers all reflections are conjugate.
fn with_flips_of_parts(symmetries: &[Symmetry]) -> Vec<Symmetry> {
    let flipped: Vec<usize> = symmetries
        .iter()
        .filter_map(|symmetry| match symmetry {
            Symmetry::Flip(field) => Some(*field),
            _ => None,
        })
        .collect();
    let reflected = |vector: &Vector| match vector {
        Vector::Scalars(fields) => fields.len() > 1 && fields.iter().any(|field| flipped.contains(field)),
        Vector::Field(_) => false,
    };
    let mut put = Vec::new();
    let mut all = Vec::new();
    for symmetry in symmetries {
        let (Symmetry::Rotation { vectors, .. } | Symmetry::Lorentz { vectors, .. }) = symmetry else {
            all.push(symmetry.clone());
            continue;
        };
        let alike = |vectors: Vec<Vector>, whole: bool| match symmetry {
            Symmetry::Lorentz { parity, .. } => Symmetry::Lorentz { vectors, parity: whole || *parity },
            Symmetry::Rotation { proper, .. } => Symmetry::Rotation { vectors, proper: !whole && *proper },
            other => other.clone(),
        };
        let (alone, together): (Vec<Vector>, Vec<Vector>) = vectors.iter().cloned().partition(reflected);
        for vector in alone {
            if let Vector::Scalars(fields) = &vector {
                put.extend(fields.iter().copied());
            }
            all.push(alike(vec![vector], true));
        }
        if !together.is_empty() {
            all.push(alike(together, false));
        }
    }
    all.retain(|symmetry| !matches!(symmetry, Symmetry::Flip(field) if put.contains(field)));
    all
}

/// The values of a field at one point: how many components, and which.
fn values(field: &Field) -> (u32, Values) {
    match (field.structure, field.kind) {
        (Structure::Categories, _) => (1, Values::Categories(field.components + 1)),
        (Structure::Unit | Structure::Phase(None), _) => (field.components, Values::Unit),
        (Structure::Phase(Some(order)), _) => (field.components, Values::Roots(order)),
        (_, Kind::Real) => (field.components, Values::Real),
        (_, Kind::Spin | Kind::Bit) => (field.components, Values::TwoValued),
    }
}

/// The factor of the group of the values that a symmetry is; `None` for those
/// that move places.
fn factor(model: &Model, symmetry: &Symmetry) -> Result<Option<Factor>, CountError> {
    let exists = |field: usize| match model.fields.get(field) {
        Some(found) => Ok(found),
        None => Err(CountError::Unsupported(format!("a symmetry of field {field}, which does not exist"))),
    };
    let slots = |vector: &Vector| -> Result<Vec<Slot>, CountError> {
        match vector {
            Vector::Field(field) => {
                let components = exists(*field)?.components;
                Ok((0..components).map(|component| Slot { field: *field, component }).collect())
            }
            Vector::Scalars(fields) => {
                fields.iter().map(|&field| exists(field).map(|_| Slot { field, component: 0 })).collect()
            }
        }
    };
    let number = |slots: Vec<Slot>| match slots[..] {
        [real, imaginary] => Ok(Charged { parts: [real, imaginary], charge: 1 }),
        _ => Err(CountError::Unsupported("a phase of a field that is no complex number".to_owned())),
    };
    Ok(match symmetry {
        Symmetry::Flip(field) => {
            exists(*field)?;
            Some(Factor::Flip(vec![*field]))
        }
        Symmetry::Cyclic { fields, order } => {
            let numbers = fields.iter().map(|&field| number(slots(&Vector::Field(field))?));
            Some(Factor::Cyclic { numbers: numbers.collect::<Result<_, _>>()?, order: (*order).max(1) })
        }
        Symmetry::Rotation { vectors, proper } | Symmetry::Lorentz { vectors, parity: proper } => {
            let (proper, times) = match symmetry {
                Symmetry::Lorentz { parity, .. } => (!parity, 1),
                _ => (*proper, 0),
            };
            let vectors = vectors.iter().map(slots).collect::<Result<Vec<_>, _>>()?;
            Some(match proper && vectors.iter().all(|vector| vector.len() == 2) {
                // SO(2) is U(1).
                true => {
                    let numbers = vectors.into_iter().map(number).collect::<Result<_, _>>()?;
                    Factor::Cyclic { numbers, order: 0 }
                }
                false => Factor::Rotation { vectors, times, proper },
            })
        }
        _ => None,
    })
}
