//! Rotations, phases, Lorentz and gauge transformations of the values of
//! fields.

use super::{Finding, Verdict, verdict};
use crate::model::symmetry::matter_charge;
use crate::model::{Kind, Model, Place, Structure, Symmetry, Vector};

/// Subsets of so many fields on sites are tried as those that a gauge group
/// charges.
const MOST_CHARGED: usize = 6;

/// Phases of fewer parts than this are tried.
const MOST_PARTS: u32 = 12;

/// Rotations of each field of components, and of all with equally many
/// together where some of them do not turn alone; without a lattice, of all
/// scalar fields as one vector.
pub(super) fn rotations(model: &Model, found: &mut Vec<Finding>) {
    let vector = |field: usize| {
        let field = &model.fields[field];
        let real = matches!(field.structure, Structure::Plain | Structure::Unit) && field.kind == Kind::Real;
        (real && field.components >= 2 && field.place == Place::Sites).then_some(field.components)
    };
    let mut counts: Vec<u32> = (0..model.fields.len()).filter_map(vector).collect();
    counts.sort_unstable();
    counts.dedup();
    for count in counts {
        let fields: Vec<usize> = (0..model.fields.len()).filter(|&field| vector(field) == Some(count)).collect();
        let alone: Vec<bool> = fields.iter().map(|&field| rotation(model, vec![Vector::Field(field)], found)).collect();
        if fields.len() > 1 && alone.contains(&false) {
            rotation(model, fields.into_iter().map(Vector::Field).collect(), found);
        }
    }
    let scalars = (0..model.fields.len()).filter(|&field| {
        let field = &model.fields[field];
        field.kind == Kind::Real && field.components == 1 && !field.indexed
    });
    let scalars: Vec<usize> = scalars.collect();
    if model.lattice.is_point() && (2..=8).contains(&scalars.len()) {
        rotation(model, vec![Vector::Scalars(scalars)], found);
    }
}

/// Looks for O(n), then for SO(n); true where either holds.
fn rotation(model: &Model, vectors: Vec<Vector>, found: &mut Vec<Finding>) -> bool {
    let full = Symmetry::Rotation { vectors: vectors.clone(), proper: false };
    let Ok(of_full) = verdict(model, &full) else { return true };
    let holds = of_full == Verdict::Holds;
    found.push(Finding::new(model.symmetry_text(&full), of_full, Some(full)));
    if holds {
        return true;
    }
    let proper = Symmetry::Rotation { vectors, proper: true };
    let Ok(of_proper) = verdict(model, &proper) else { return false };
    let holds = of_proper == Verdict::Holds;
    if holds {
        found.push(Finding::new(model.symmetry_text(&proper), of_proper, Some(proper)));
    }
    holds
}

/// Common phases of complex fields: all of U(1), or the largest number of
/// parts that a circle may be divided into.
pub(super) fn phases(model: &Model, found: &mut Vec<Finding>) {
    let is_complex = |field: &usize| {
        let field = &model.fields[*field];
        field.place == Place::Sites && (field.structure.is_complex() || (field.components == 2 && field.indexed))
    };
    let fields: Vec<usize> = (0..model.fields.len()).filter(is_complex).collect();
    let mut groups: Vec<Vec<usize>> = fields.iter().map(|&field| vec![field]).collect();
    if fields.len() > 1 {
        groups.push(fields);
    }
    for fields in groups {
        let complex = fields.iter().all(|&field| model.fields[field].structure.is_complex());
        let vectors = fields.iter().map(|&field| Vector::Field(field)).collect();
        let all = Symmetry::Rotation { vectors, proper: true };
        let Ok(of_all) = verdict(model, &all) else { continue };
        let holds = of_all == Verdict::Holds;
        if complex {
            found.push(Finding::new(model.symmetry_text(&all), of_all, Some(all)));
        }
        if holds {
            continue;
        }
        let most = MOST_PARTS.min(model.degree.max(2));
        for order in (2..=most).rev() {
            let cyclic = Symmetry::Cyclic { fields: fields.clone(), order };
            if verdict(model, &cyclic) == Ok(Verdict::Holds) {
                found.push(Finding::new(model.symmetry_text(&cyclic), Verdict::Holds, Some(cyclic)));
                break;
            }
        }
    }
}

/// The Lorentz group on all fields of four components together.
pub(super) fn lorentz(model: &Model, found: &mut Vec<Finding>) {
    let fields = (0..model.fields.len()).filter(|&field| {
        let field = &model.fields[field];
        field.kind == Kind::Real && field.components == 4 && field.structure == Structure::Plain
    });
    let vectors: Vec<Vector> = fields.map(Vector::Field).collect();
    if vectors.is_empty() || !model.lattice.is_point() {
        return;
    }
    for parity in [true, false] {
        let lorentz = Symmetry::Lorentz { vectors: vectors.clone(), parity };
        let Ok(of_it) = verdict(model, &lorentz) else { return };
        let holds = of_it == Verdict::Holds;
        if holds || parity {
            found.push(Finding::new(model.symmetry_text(&lorentz), of_it, Some(lorentz)));
        }
        if holds {
            return;
        }
    }
}

/// The gauge group of each field on bonds.
pub(super) fn gauge(model: &Model, found: &mut Vec<Finding>) {
    for field in (0..model.fields.len()).filter(|&field| model.fields[field].place == Place::Bonds) {
        let gauge = |matter: Vec<usize>| {
            let matter = matter.into_iter().map(|field| (field, 1)).collect();
            let gauge = Symmetry::Gauge { field, contractible: false, matter };
            let of_it = verdict(model, &gauge).ok()?;
            Some(Finding::new(model.symmetry_text(&gauge), of_it, Some(gauge)))
        };
        let on_sites = |other: &usize| {
            model.fields[*other].place == Place::Sites && matter_charge(model, field, *other, 1).is_ok()
        };
        // Fewest charged fields first.
        let matter: Vec<usize> = (0..model.fields.len()).filter(on_sites).take(MOST_CHARGED).collect();
        let mut subsets: Vec<u32> = (0..1 << matter.len()).collect();
        subsets.sort_by_key(|subset| subset.count_ones());
        let of = |subset: u32| {
            let chosen = matter.iter().enumerate().filter(|(at, _)| subset >> at & 1 == 1);
            gauge(chosen.map(|(_, &field)| field).collect())
        };
        let mut findings = subsets.into_iter().filter_map(of);
        let Some(alone) = findings.next() else { continue };
        let holds = |finding: &Finding| finding.verdict == Verdict::Holds;
        let shown = if holds(&alone) { None } else { findings.find(holds) };
        found.push(shown.unwrap_or(alone));
    }
}
