//! An independent count for small lattices: linear algebra.
//!
//! Signs, roots of unity and phases multiply a monomial by a number, where a
//! complex number and its conjugate stand for its parts; only monomials that
//! are multiplied by one are left. Elements of space permute monomials; sums
//! over orbits are left. Rotations near the identity are spanned by
//! infinitesimal ones, x_i d/dx_j - x_j d/dx_i: the dimension of their common
//! kernel is found by elimination modulo 2^61 - 1, and every relation that it
//! finds is confirmed with exact coefficients, which proves the dimension: the
//! rank modulo a prime is no greater than the true rank, and the relations
//! show that it is no smaller.

use dashu_int::UBig;
use rustc_hash::FxHashMap;

use super::super::burnside::{LARGEST_LATTICE, local_monomials};
use super::basis::normal_form;
use super::{Factor, Slot, System, Values, metric, read};
use crate::algebra::span::{Inserted, Span};
use crate::exact::Rational;
use crate::model::Slot as Place;
use crate::model::{Change, Factor as Power, Frame, Model, Monomial, Polynomial, Symmetry, Variable, generators};

/// The number of invariants of a small model; `None` where it is too large,
/// where a symmetry does not exist on the lattice or does not preserve the
/// locality, or where a coefficient is no small rational.
///
/// It shares no code with [`super::super::degrees_of_freedom`] but the
/// generators and the reading of the symmetries.
pub fn nullspace(model: &Model) -> Option<UBig> {
    let up_to = |degree: u32| {
        let mut below = model.clone();
        below.degree = degree;
        below.homogeneous = false;
        dimension(&below)
    };
    let all = up_to(model.degree)?;
    match model.homogeneous && model.degree > 0 {
        true => Some(all - up_to(model.degree - 1)?),
        false => Some(all),
    }
}

/// The number of invariants up to the degree.
fn dimension(model: &Model) -> Option<UBig> {
    if model.variables()? > LARGEST_LATTICE {
        return None;
    }
    let system = read::system(model).ok()?;
    let mut whole = model.clone();
    whole.frame = Frame::new(&model.lattice, &model.fields, Vec::new());
    let variables: Vec<Variable> =
        (0..whole.frame.slots()).map(|slot| whole.frame.variable(&whole.fields, whole.frame.slot(slot))).collect();
    let monomials: Vec<Monomial> = local_monomials(&whole, &variables)?
        .into_iter()
        .map(|powers| {
            let power =
                |(variable, exponent)| Power { variable: variables[variable as usize], exponent: exponent as u16 };
            Monomial::from_factors(powers.into_iter().map(power))
        })
        .filter(|monomial| is_normal(&whole, &system, monomial) && is_neutral(&whole, &system, monomial))
        .collect();
    let orbits = orbits(&whole, &monomials)?;
    let derivations = derivations(&whole, &system);
    let units: Vec<Vec<Variable>> = real_unit_fields(&system)
        .flat_map(|field| {
            let slots: Vec<Slot> = (0..system.fields[field].0).map(|component| Slot { field, component }).collect();
            everywhere(&whole, &slots)
        })
        .collect();
    let tags = whole.frame.slots();
    let mut span = Span::default();
    let mut images: Vec<Polynomial> = Vec::new();
    let mut kernel = 0u64;
    for orbit in orbits {
        let sum = Polynomial::from_terms(orbit.into_iter().map(|m| (monomials[m].clone(), Rational::ONE)));
        let mut image = Polynomial::zero();
        for (at, pairs) in derivations.iter().enumerate() {
            let derived = normal_form(&derive(&sum, pairs), &units, false);
            image = &image + &derived.times_monomial(&Monomial::variable(Variable::real(tags + at)));
        }
        match span.insert(&image, |_| true)? {
            Inserted::Independent => images.push(image),
            Inserted::Dependent(relation) => {
                let combined = relation?
                    .into_iter()
                    .fold(Polynomial::zero(), |sum, (at, coefficient)| &sum + &images[at].scaled(&coefficient));
                if combined != image {
                    return None;
                }
                kernel += 1;
            }
        }
    }
    Some(UBig::from(kernel))
}

/// Whether a field is written as a number and its conjugate.
fn is_conjugate_pair(system: &System, field: usize) -> bool {
    let charged = |factor: &Factor| match factor {
        Factor::Cyclic { numbers, .. } => numbers.iter().any(|number| number.parts[0].field == field),
        _ => false,
    };
    matches!(system.fields[field].1, Values::Roots(_)) || system.group.factors.iter().any(charged)
}

/// The fields of unit vectors that are written in their components.
fn real_unit_fields(system: &System) -> impl Iterator<Item = usize> + '_ {
    let unit = |field: &usize| system.fields[*field].1 == Values::Unit && !is_conjugate_pair(system, *field);
    (0..system.fields.len()).filter(unit)
}

/// Whether a monomial is one of the basis of the functions of unit vectors
/// and roots of unity.
fn is_normal(model: &Model, system: &System, monomial: &Monomial) -> bool {
    monomial.factors().iter().all(|power| {
        let place = model.frame.slot(power.variable.slot());
        let (components, values) = system.fields[place.field as usize];
        let conjugate = model.frame.variable(&model.fields, Place { component: 1 - place.component.min(1), ..place });
        match (values, is_conjugate_pair(system, place.field as usize)) {
            (Values::Unit, false) => place.component + 1 < components || power.exponent < 2,
            (Values::Unit, true) => monomial.exponent(conjugate) == 0,
            (Values::Roots(order), _) => {
                let highest = if place.component == 0 { order / 2 } else { order.saturating_sub(1) / 2 };
                power.exponent as u32 <= highest && monomial.exponent(conjugate) == 0
            }
            _ => true,
        }
    })
}

/// Whether signs, roots of unity, phases and one reflection keep a monomial.
fn is_neutral(model: &Model, system: &System, monomial: &Monomial) -> bool {
    let total = |multiple: &dyn Fn(Slot) -> i64| -> i64 {
        let powers = monomial.factors().iter();
        powers
            .map(|power| {
                let Place { field, component, .. } = model.frame.slot(power.variable.slot());
                power.exponent as i64 * multiple(Slot { field: field as usize, component })
            })
            .sum()
    };
    system.group.factors.iter().all(|factor| match factor {
        Factor::Flip(fields) => total(&|slot| fields.contains(&slot.field) as i64) % 2 == 0,
        Factor::Cyclic { numbers, order } => {
            let charge = total(&|slot| {
                numbers.iter().fold(0, |sum, number| match number.parts.iter().position(|&part| part == slot) {
                    None => sum,
                    Some(0) => sum + number.charge as i64,
                    Some(_) => sum - number.charge as i64,
                })
            });
            if *order == 0 { charge == 0 } else { charge % *order as i64 == 0 }
        }
        Factor::Rotation { proper: true, .. } => true,
        Factor::Rotation { vectors, .. } => {
            total(&|slot| vectors.iter().any(|vector| vector.first() == Some(&slot)) as i64) % 2 == 0
        }
    })
}

/// The orbits of monomials under the elements that move places; `None` where
/// an image is no local monomial.
fn orbits(model: &Model, monomials: &[Monomial]) -> Option<Vec<Vec<usize>>> {
    let index: FxHashMap<&Monomial, usize> = monomials.iter().enumerate().map(|(at, m)| (m, at)).collect();
    let mut images: Vec<Vec<usize>> = Vec::new();
    for symmetry in &model.symmetries {
        let values = matches!(
            symmetry,
            Symmetry::Flip(_) | Symmetry::Cyclic { .. } | Symmetry::Rotation { .. } | Symmetry::Lorentz { .. }
        );
        if values {
            continue;
        }
        for action in generators(model, symmetry).ok()? {
            let image = |monomial: &Monomial| {
                let mut powers = Vec::new();
                for power in monomial.factors() {
                    let (variable, change) = action.image(model, power.variable);
                    if change != Change::Kept {
                        return None;
                    }
                    powers.push(Power { variable, exponent: power.exponent });
                }
                index.get(&Monomial::from_factors(powers)).copied()
            };
            images.push(monomials.iter().map(image).collect::<Option<_>>()?);
        }
    }
    let mut orbits: Vec<Vec<usize>> = Vec::new();
    let mut seen = vec![false; monomials.len()];
    for start in 0..monomials.len() {
        if std::mem::replace(&mut seen[start], true) {
            continue;
        }
        let mut orbit = vec![start];
        let mut at = 0;
        while at < orbit.len() {
            for image in &images {
                let next = image[orbit[at]];
                if !std::mem::replace(&mut seen[next], true) {
                    orbit.push(next);
                }
            }
            at += 1;
        }
        orbits.push(orbit);
    }
    Some(orbits)
}

/// An infinitesimal rotation: the sum over entries (a, b, c) of c a d/db.
type Derivation = Vec<(Variable, Variable, i64)>;

/// The infinitesimal rotations of neighbouring components, which generate all.
fn derivations(model: &Model, system: &System) -> Vec<Derivation> {
    let mut derivations = Vec::new();
    for factor in &system.group.factors {
        let Factor::Rotation { vectors, times, .. } = factor else { continue };
        let dimension = vectors.first().map_or(0, Vec::len);
        let metric = metric(dimension, *times);
        for first in 1..dimension {
            let (i, j) = (first - 1, first);
            let pairs = vectors.iter().flat_map(|vector| everywhere(model, vector)).flat_map(|vector| {
                // It must keep the sum of metric[k] x_k^2.
                [(vector[i], vector[j], metric[i]), (vector[j], vector[i], -metric[j])]
            });
            derivations.push(pairs.collect());
        }
    }
    derivations
}

/// The variables of a vector at every place.
fn everywhere(model: &Model, slots: &[Slot]) -> Vec<Vec<Variable>> {
    let Some(first) = slots.first() else { return Vec::new() };
    let places = model.frame.field_slots[first.field + 1] - model.frame.field_slots[first.field];
    let places = places / model.fields[first.field].components.max(1) as usize;
    (0..places as u32)
        .map(|site| {
            let variable = |slot: &Slot| {
                let place = Place { field: slot.field as u32, site, component: slot.component };
                model.frame.variable(&model.fields, place)
            };
            slots.iter().map(variable).collect()
        })
        .collect()
}

fn derive(polynomial: &Polynomial, derivation: &Derivation) -> Polynomial {
    let mut terms = Vec::new();
    for (monomial, coefficient) in polynomial.terms() {
        for &(factor, variable, sign) in derivation {
            let exponent = monomial.exponent(variable);
            if exponent > 0 {
                let lowered = monomial.divide(&Monomial::variable(variable)).expect("the variable occurs");
                let scale = Rational::from(sign * exponent as i64);
                terms.push((lowered.multiply(&Monomial::variable(factor)), coefficient * &scale));
            }
        }
    }
    Polynomial::from_terms(terms)
}
