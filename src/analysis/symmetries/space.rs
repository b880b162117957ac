//! Motions of space and permutations of sites.

use super::{Finding, Verdict, term, verdict};
use crate::model::{
    Boundary, Factor, Isometry, Lattice, Model, Monomial, Shape, Symmetry, generators, motions, point_group_names,
};

/// The most terms of a Hamiltonian that is written out site by site.
const MOST_WRITTEN: u64 = 500_000;

/// Translations by one cell along each periodic direction.
pub(super) fn translations(model: &Model, found: &mut Vec<Finding>) {
    let lattice = &model.lattice;
    if !lattice.has_directions() {
        return;
    }
    let declarable = lattice.boundaries.iter().all(|boundary| boundary.is_joined());
    for direction in 0..lattice.dimension() {
        if !lattice.boundaries[direction].is_joined() {
            continue;
        }
        let name = format!("translation along {}", Lattice::direction_name(direction));
        let verdict = if model.frame.directions.contains(&direction) && model.couplings.is_empty() {
            Verdict::Holds
        } else {
            let scale = lattice.geometry().scale;
            let mut motion = identity(lattice.dimension(), name.clone());
            motion.shift[direction] = scale;
            moved(model, motion)
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
        found.push(Finding::new(name, moved(model, motion), Some(Symmetry::Reflection)));
    }
}

/// The point group of the lattice or, where the Hamiltonian lacks it, its
/// largest named subgroup that holds.
pub(super) fn point_groups(model: &Model, found: &mut Vec<Finding>) {
    if model.lattice.dimension() < 2 || !model.lattice.has_directions() {
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
    let mut subgroups: Vec<(usize, Symmetry)> = point_group_names(&model.lattice)
        .into_iter()
        .map(|name| Symmetry::PointGroup(Some(name.to_owned())))
        .filter_map(|subgroup| Some((order(&motions(model, &subgroup).ok()?)?, subgroup)))
        .filter(|(order, _)| *order > 1)
        .collect();
    subgroups.sort_by_key(|(order, _)| std::cmp::Reverse(*order));
    let largest = subgroups.into_iter().find(|(_, subgroup)| verdict(model, subgroup) == Ok(Verdict::Holds));
    if let Some((_, subgroup)) = largest {
        found.push(Finding::new(model.symmetry_text(&subgroup), Verdict::Holds, Some(subgroup)));
    }
}

/// The order of the group of linear parts that motions generate; `None` above
/// a thousand.
fn order(motions: &[Isometry]) -> Option<usize> {
    let dimension = motions.first().map_or(0, |motion| motion.matrix.len());
    let unit = identity(dimension, String::new()).matrix;
    let mut known = std::collections::BTreeSet::from([unit.clone()]);
    let mut pending = vec![unit];
    while let Some(matrix) = pending.pop() {
        for motion in motions {
            let product: Vec<Vec<i64>> = (0..dimension)
                .map(|row| {
                    let entry =
                        |column: usize| (0..dimension).map(|k| matrix[row][k] * motion.matrix[k][column]).sum::<i64>();
                    (0..dimension).map(entry).collect()
                })
                .collect();
            if known.insert(product.clone()) {
                pending.push(product);
            }
        }
        if known.len() > 1000 {
            return None;
        }
    }
    Some(known.len())
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
    let plain = !model.frame.ends() && model.energies.iter().all(|energy| energy.weight.is_uniform());
    let verdict = match if plain { far_exchange(model).or_else(|| all_alone(model)) } else { None } {
        Some(verdict) => verdict,
        None => match if plain { model.written_out(MOST_WRITTEN) } else { model.representative() } {
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

fn identity(dimension: usize, name: String) -> Isometry {
    let matrix = (0..dimension).map(|row| (0..dimension).map(|column| (row == column) as i64).collect()).collect();
    Isometry { name, matrix, shift: vec![0; dimension] }
}

/// Whether a motion leaves every energy as it is.
fn moved(model: &Model, motion: Isometry) -> Verdict {
    verdict(model, &Symmetry::Motion(motion)).unwrap_or_else(|reason| Verdict::Undecided(reason.message))
}
