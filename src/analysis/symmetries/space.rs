//! Motions of space and permutations of sites.

use super::{Finding, Verdict, difference, term, verdict};
use crate::model::{
    Boundary, Energy, Factor, Frame, Isometry, Lattice, Model, Monomial, Place, Polynomial, Shape, Symmetry, Variable,
    generators,
};

/// The most terms of a Hamiltonian that is written out site by site.
const MOST_WRITTEN: u64 = 500_000;

/// Names of point groups, larger ones first; a lattice knows some of them.
const POINT_GROUPS: [&str; 32] = [
    "Oh", "O", "Td", "Th", "D6h", "T", "D4h", "D6", "C6v", "D3d", "D4", "C4v", "D2h", "D3h", "C6", "C6h", "D3", "C3v",
    "C4h", "C4", "D2", "C2v", "C2h", "C3", "S4", "S6", "D1", "C2", "Cs", "Ci", "C1v", "C1h",
];

/// Translations by one cell along each periodic direction.
pub(super) fn translations(model: &Model, found: &mut Vec<Finding>) {
    let lattice = &model.lattice;
    if matches!(lattice.shape, Shape::Point | Shape::Complete) {
        return;
    }
    let declarable = lattice.boundaries.iter().all(|&boundary| boundary == Boundary::Periodic);
    for direction in 0..lattice.dimension() {
        if lattice.boundaries[direction] != Boundary::Periodic {
            continue;
        }
        let name = format!("translation along {}", Lattice::direction_name(direction));
        let verdict = if model.frame.directions.contains(&direction) {
            Verdict::Holds
        } else {
            let scale = lattice.geometry().scale;
            let mut motion = identity(lattice.dimension(), name.clone());
            motion.shift[direction] = scale;
            moved(model, &motion)
        };
        found.push(Finding::new(name, verdict, declarable.then_some(Symmetry::Translation)));
    }
}

/// The reversal of each direction, about a site where it is periodic and about
/// the middle where it is open; on lattices whose directions are orthogonal.
pub(super) fn reflections(model: &Model, found: &mut Vec<Finding>) {
    let lattice = &model.lattice;
    if !matches!(lattice.shape, Shape::Line | Shape::Hypercubic) {
        return;
    }
    for direction in 0..lattice.dimension() {
        let name = format!("reflection of {}", Lattice::direction_name(direction));
        let mut motion = identity(lattice.dimension(), name.clone());
        motion.matrix[direction][direction] = -1;
        if lattice.boundaries[direction] == Boundary::Open {
            motion.shift[direction] = lattice.extents[direction] as i64 - 1;
        }
        found.push(Finding::new(name, moved(model, &motion), Some(Symmetry::Reflection)));
    }
}

/// The point group of the lattice or, where the Hamiltonian lacks it, its
/// largest named subgroup that holds.
pub(super) fn point_groups(model: &Model, found: &mut Vec<Finding>) {
    if model.lattice.dimension() < 2 || model.lattice.shape == Shape::Complete {
        return;
    }
    let full = Symmetry::PointGroup(None);
    match verdict(model, &full) {
        Ok(verdict) => {
            let holds = verdict == Verdict::Holds;
            found.push(Finding::new(model.symmetry_text(&full), verdict, Some(full)));
            if holds {
                return;
            }
        }
        Err(reason) => {
            found.push(Finding::new(model.symmetry_text(&full), Verdict::Undecided(reason.message), None));
        }
    }
    for name in POINT_GROUPS {
        let subgroup = Symmetry::PointGroup(Some(name.to_owned()));
        if verdict(model, &subgroup) == Ok(Verdict::Holds) {
            found.push(Finding::new(model.symmetry_text(&subgroup), Verdict::Holds, Some(subgroup)));
            return;
        }
    }
}

/// Every permutation of the sites or, without a lattice, of the components
/// or the fields.
pub(super) fn permutations(model: &Model, found: &mut Vec<Finding>) {
    let permutation = Symmetry::Permutation;
    let name = model.symmetry_text(&permutation);
    if model.frame.directions.is_empty() {
        // Nothing to permute, or fields that are unlike, are not worth a line.
        if generators(model, &permutation).is_ok_and(|actions| !actions.is_empty())
            && let Ok(verdict) = verdict(model, &permutation)
        {
            found.push(Finding::new(name, verdict, Some(permutation)));
        }
        return;
    }
    let verdict = match far_exchange(model).or_else(|| all_alone(model)) {
        Some(verdict) => verdict,
        None => match written_out(model) {
            Some(written) => match verdict(&written, &permutation) {
                Ok(verdict) => verdict,
                Err(_) => return,
            },
            None => Verdict::Undecided("too many sites to exchange".to_owned()),
        },
    };
    found.push(Finding::new(name, verdict, Some(permutation)));
}

/// Where every term lives on one site, and a cell has one site, all sites are
/// alike.
fn all_alone(model: &Model) -> Option<Verdict> {
    let alone = |monomial: &Monomial| {
        let mut cells = monomial.factors().iter().map(|factor| factor.variable.cell);
        let first = cells.next();
        cells.all(|cell| Some(cell) == first)
    };
    let one_site = model.frame.inner_cells == 1 && model.frame.points.iter().all(|&points| points == 1);
    let all = model.energies.iter().all(|energy| energy.polynomial.terms().iter().all(|(m, _)| alone(m)));
    (one_site && all).then_some(Verdict::Holds)
}

/// A term that couples two sites, and its image when one of them is exchanged
/// with a site farther away than any term reaches.
fn far_exchange(model: &Model) -> Option<Verdict> {
    let variables = || model.energies.iter().flat_map(|energy| energy.polynomial.variables());
    let reach = variables().flat_map(|variable| variable.cell.0).map(|step| step.unsigned_abs()).max()? as u64;
    let far = (0..model.frame.periods.len()).find(|&at| model.frame.periods[at] > 4 * reach + 4 && reach < 4000)?;
    for energy in &model.energies {
        for (monomial, coefficient) in energy.polynomial.terms() {
            let Some(last) = monomial.factors().iter().map(|factor| factor.variable.cell).max() else { continue };
            if monomial.factors().iter().all(|factor| factor.variable.cell == last) {
                continue;
            }
            let mut distant = last;
            distant.0[far] += 2 * reach as i16 + 1;
            let image = Monomial::from_factors(monomial.factors().iter().map(|factor| Factor {
                variable: if factor.variable.cell == last { factor.variable.at(distant) } else { factor.variable },
                exponent: factor.exponent,
            }));
            let (image, _) = model.canonical(&image);
            if energy.polynomial.coefficient(&image) != *coefficient {
                return Some(Verdict::Lacks(super::Violation {
                    term: term(model, energy, monomial, coefficient),
                    needed: format!("{} as well", term(model, energy, &image, coefficient)),
                }));
            }
        }
    }
    None
}

/// The model of one cell that holds every site.
fn written_out(model: &Model) -> Option<Model> {
    let cells = model.frame.cells()?;
    let terms: u64 = model.energies.iter().map(|energy| energy.polynomial.len() as u64).sum();
    if cells.checked_mul(terms.max(1))? > MOST_WRITTEN || model.variables()? > MOST_WRITTEN {
        return None;
    }
    let frame = Frame::new(&model.lattice, &model.fields, Vec::new());
    let mut written = Model { frame, ..model.clone() };
    let place_of = |variable: Variable, cell: &[u64]| {
        let (mut place, basis) = model.place(variable);
        for (&direction, &step) in model.frame.directions.iter().zip(cell) {
            place[direction] += step as i64;
        }
        let slot = model.frame.slot(variable.slot());
        written.variable_at(slot.field as usize, slot.component, &place, basis)
    };
    let mut energies = Vec::new();
    for energy in &model.energies {
        let mut terms = Vec::new();
        for index in 0..cells {
            let mut rest = index;
            let cell: Vec<u64> = model
                .frame
                .periods
                .iter()
                .map(|&period| {
                    let step = rest % period;
                    rest /= period;
                    step
                })
                .collect();
            for (monomial, coefficient) in energy.polynomial.terms() {
                let factors: Option<Vec<Factor>> = monomial
                    .factors()
                    .iter()
                    .map(|factor| {
                        Some(Factor { variable: place_of(factor.variable, &cell)?, exponent: factor.exponent })
                    })
                    .collect();
                terms.push((Monomial::from_factors(factors?), coefficient.clone()));
            }
        }
        energies.push(Energy { polynomial: Polynomial::from_terms(terms), ..energy.clone() });
    }
    written.energies = energies;
    Some(written)
}

fn identity(dimension: usize, name: String) -> Isometry {
    let matrix = (0..dimension).map(|row| (0..dimension).map(|column| (row == column) as i64).collect()).collect();
    Isometry { name, matrix, shift: vec![0; dimension] }
}

/// Whether a motion leaves every energy as it is.
fn moved(model: &Model, motion: &Isometry) -> Verdict {
    if model.fields.iter().any(|field| field.place != Place::Sites) {
        return Verdict::Undecided("motions of fields on bonds are not looked at".to_owned());
    }
    let geometry = model.lattice.geometry();
    let image_of = |variable: Variable| {
        let (place, basis) = model.place(variable);
        let (cell, basis) = geometry.site_at(&motion.position(&geometry.position(&place, basis)))?;
        let slot = model.frame.slot(variable.slot());
        model.variable_at(slot.field as usize, slot.component, &cell, basis)
    };
    for energy in &model.energies {
        let mut terms = Vec::new();
        for (monomial, coefficient) in energy.polynomial.terms() {
            let mut factors = Vec::new();
            for factor in monomial.factors() {
                let Some(variable) = image_of(factor.variable) else {
                    return Verdict::Undecided("the motion leaves the lattice".to_owned());
                };
                factors.push(Factor { variable, exponent: factor.exponent });
            }
            terms.push((model.canonical(&Monomial::from_factors(factors)).0, coefficient.clone()));
        }
        if let Some(violation) = difference(model, energy, &Polynomial::from_terms(terms)) {
            return Verdict::Lacks(violation);
        }
    }
    Verdict::Holds
}
