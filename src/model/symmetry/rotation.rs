//! Rotations, Lorentz transformations, and components locked to space.
//!
//! Rotation by the angle with cosine 3/5 and sine 4/5 has infinite order, and
//! so has the boost with rapidity of hyperbolic cosine 5/3 and sine 4/3. The
//! closure of the group of one of them in Zariski's topology is the group of
//! all rotations (or boosts) of its plane; those of neighbouring planes
//! generate SO(n), or the connected Lorentz group. So a polynomial that the
//! generators keep is kept by the whole group, and the check is exact.

use super::action::{Action, Linear};
use super::{NoSuchSymmetry, Vector, no_field};
use crate::exact::Rational;
use crate::model::field::Structure;
use crate::model::geometry::{Geometry, Isometry};
use crate::model::variable::Kind;
use crate::model::{Model, Shape};

/// Generators of O(n) or SO(n) on vectors together.
pub(super) fn rotations(model: &Model, vectors: &[Vector], proper: bool) -> Result<Vec<Action>, NoSuchSymmetry> {
    let vectors = components(model, vectors, "rotation")?;
    let dimension = vectors.first().map_or(0, Vec::len);
    let mut actions: Vec<Action> = (1..dimension)
        .map(|axis| plane(&vectors, axis - 1, axis, (3, 4, 5), -1, "rotation in the plane of components"))
        .collect();
    if !proper && dimension > 0 {
        actions.push(reversal(&vectors, 0, "reversal of component"));
    }
    Ok(actions)
}

/// Generators of the Lorentz group on four-vectors together, time first.
pub(super) fn lorentz(model: &Model, vectors: &[Vector], parity: bool) -> Result<Vec<Action>, NoSuchSymmetry> {
    if !matches!(model.lattice.shape, Shape::Point) {
        return Err(NoSuchSymmetry {
            message: format!("the lattice {} breaks Lorentz invariance", model.lattice),
            hint:
                "what a hypercubic lattice leaves is its point group: write `point_group`, on hypercubic(n, n, n, n) \
                   the hyperoctahedral group of order 384, with `rotation(..., locked)` for vectors"
                    .to_owned(),
        });
    }
    let vectors = components(model, vectors, "lorentz")?;
    if let Some(wrong) = vectors.iter().find(|vector| vector.len() != 4) {
        return Err(NoSuchSymmetry {
            message: format!("a four-vector has four components, and one here has {}", wrong.len()),
            hint: "declare `field p[4] : ...`, time first, or list four scalars: lorentz(t, x, y, z)".to_owned(),
        });
    }
    let mut actions = vec![plane(&vectors, 0, 1, (5, 4, 3), 1, "boost of components")];
    for axis in 2..4 {
        actions.push(plane(&vectors, axis - 1, axis, (3, 4, 5), -1, "rotation in the plane of components"));
    }
    if parity && !vectors.is_empty() {
        actions.push(reversal(&vectors, 1, "reversal of component"));
    }
    Ok(actions)
}

/// Whether a field can be locked to the motions of space.
pub(super) fn locked(model: &Model, field: usize, axial: bool) -> Result<(), NoSuchSymmetry> {
    let Some(declared) = model.fields.get(field) else { return Err(no_field(field)) };
    super::point_group::geometric(&model.lattice, "rotation(..., locked)")?;
    let dimension = model.lattice.dimension();
    if declared.structure != Structure::Plain && declared.structure != Structure::Unit {
        return Err(NoSuchSymmetry {
            message: format!("{} is no vector of space", declared.name),
            hint: format!("declare `field {}[{dimension}] : real in [-1, 1]`", declared.name),
        });
    }
    if declared.components as usize != dimension {
        return Err(NoSuchSymmetry {
            message: format!(
                "{} has {} components, but space has {dimension} directions",
                declared.name, declared.components
            ),
            hint: format!("only a field of {dimension} components turns with this lattice; others use `rotation`"),
        });
    }
    if axial && dimension != 3 {
        return Err(NoSuchSymmetry {
            message: "axial vectors exist in three directions only".to_owned(),
            hint: "leave `axial` out, or use a cubic lattice".to_owned(),
        });
    }
    if declared.kind == Kind::Bit {
        return Err(NoSuchSymmetry {
            message: format!("the sign of a component of {} cannot change: its values are 0 and 1", declared.name),
            hint: "use spins or real numbers for the components of a vector".to_owned(),
        });
    }
    Ok(())
}

/// The component that each component of a vector goes to, and whether its
/// sign changes, where an isometry turns space; `None` where that is
/// irrational.
pub(super) fn turn(isometry: &Isometry, geometry: &Geometry, axial: bool) -> Option<Vec<(u32, bool)>> {
    let rotation = isometry.cartesian(geometry)?;
    let images: Vec<(usize, i64)> = (0..rotation.len())
        .map(|from| (0..rotation.len()).find(|&to| rotation[to][from] != 0).map(|to| (to, rotation[to][from])))
        .collect::<Option<_>>()?;
    let inversions = (0..images.len()).flat_map(|a| (0..a).map(move |b| (b, a)));
    let exchanged = inversions.filter(|&(b, a)| images[b].0 > images[a].0).count();
    let negative = images.iter().filter(|(_, sign)| *sign < 0).count();
    let improper = (exchanged + negative) % 2 == 1;
    Some(images.into_iter().map(|(to, sign)| (to as u32, (sign < 0) ^ (axial && improper))).collect())
}

/// The components of vectors, all of one length; each a field and a component.
pub(super) fn components(
    model: &Model,
    vectors: &[Vector],
    what: &str,
) -> Result<Vec<Vec<(usize, u32)>>, NoSuchSymmetry> {
    let mut lists: Vec<Vec<(usize, u32)>> = Vec::new();
    let mut first: Option<(String, usize)> = None;
    let mut seen = std::collections::BTreeSet::new();
    for vector in vectors {
        let fields = match vector {
            Vector::Field(field) => vec![*field],
            Vector::Scalars(fields) => fields.clone(),
        };
        let mut list = Vec::new();
        let mut names = Vec::new();
        let mut place = None;
        for &index in &fields {
            let Some(field) = model.fields.get(index) else { return Err(no_field(index)) };
            names.push(field.name.clone());
            if !seen.insert(index) {
                return Err(NoSuchSymmetry {
                    message: format!("{} stands twice in `{what}`", field.name),
                    hint: "each field is part of one vector".to_owned(),
                });
            }
            if field.kind != Kind::Real || matches!(field.structure, Structure::Phase(Some(_)) | Structure::Categories)
            {
                return Err(NoSuchSymmetry {
                    message: format!(
                        "the values of {} are discrete, so no rotation turns them into one another",
                        field.name
                    ),
                    hint: "declare it as `real in [a, b]` or `unit`; a single spin has `flip`, a clock field `cyclic`"
                        .to_owned(),
                });
            }
            if matches!(vector, Vector::Scalars(_)) && field.components != 1 {
                return Err(NoSuchSymmetry {
                    message: format!("{} is a vector itself, of {} components", field.name, field.components),
                    hint: "list either vectors, or scalars that form one vector".to_owned(),
                });
            }
            if place.is_some_and(|known| known != field.place) {
                return Err(NoSuchSymmetry {
                    message: "a vector cannot live on sites and on bonds at once".to_owned(),
                    hint: "list scalars that live at the same points".to_owned(),
                });
            }
            place = Some(field.place);
            list.extend((0..field.components).map(|component| (index, component)));
        }
        let name = names.join(", ");
        match &first {
            Some((known, length)) if *length != list.len() => {
                return Err(NoSuchSymmetry {
                    message: format!(
                        "vectors of {length} and of {} components do not turn together: {known} and {name}",
                        list.len()
                    ),
                    hint: format!("give each a symmetry of its own: {what}({known}), {what}({name})"),
                });
            }
            Some(_) => {}
            None => first = Some((name, list.len())),
        }
        lists.push(list);
    }
    Ok(lists)
}

/// The map of two components a, b of each vector to (c a + s b, -+ s a + c b),
/// with c and s in units of 1/n; `sign` before the second s.
fn plane(
    vectors: &[Vec<(usize, u32)>],
    first: usize,
    second: usize,
    (c, s, n): (i64, i64, i64),
    sign: i64,
    name: &str,
) -> Action {
    let (cosine, sine, back) = (Rational::new(c, n), Rational::new(s, n), Rational::new(sign * s, n));
    let mut images: Linear = Vec::new();
    for vector in vectors {
        let (a, b) = (vector[first], vector[second]);
        images.push((a, vec![(a.0, a.1, cosine.clone()), (b.0, b.1, sine.clone())]));
        images.push((b, vec![(a.0, a.1, back.clone()), (b.0, b.1, cosine.clone())]));
    }
    Action::linear(format!("{name} {first} and {second}"), images)
}

fn reversal(vectors: &[Vec<(usize, u32)>], axis: usize, name: &str) -> Action {
    let images = vectors
        .iter()
        .map(|vector| (vector[axis], vec![(vector[axis].0, vector[axis].1, Rational::MINUS_ONE)]))
        .collect();
    Action::linear(format!("{name} {axis}"), images)
}
