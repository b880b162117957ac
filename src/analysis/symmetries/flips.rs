//! Sign changes of fields, one at a time and together.
//!
//! A sign change of a set of fields keeps a monomial when the exponents of
//! those fields add up to an even number. So the sets that keep all terms are
//! the kernel, modulo two, of the matrix of parities: one row a term, one
//! column a field. Bits enter through b = (1 - s)/2: a flip exchanges 0 and 1.

use std::collections::BTreeMap;

use super::{Finding, MOST_TERMS, Verdict, Violation, term};
use crate::exact::Rational;
use crate::model::{Energy, Kind, Model, Monomial, Polynomial, Structure, Symmetry};

/// A set of fields.
type Set = Vec<u64>;

/// Looks for flips of each field, and for sets of fields that only flip
/// together.
pub(super) fn flips(model: &Model, found: &mut Vec<Finding>) {
    let flippable: Vec<usize> = (0..model.fields.len())
        .filter(|&field| {
            matches!(model.fields[field].structure, Structure::Plain | Structure::Complex | Structure::Unit)
        })
        .collect();
    // A witness for each row of parities that occurs.
    let mut rows: BTreeMap<Set, (usize, Monomial)> = BTreeMap::new();
    let mut signed: Vec<Polynomial> = Vec::new();
    for (at, energy) in model.energies.iter().enumerate() {
        let Some(polynomial) = in_signs(model, &energy.polynomial) else {
            for &field in &flippable {
                let reason = "products of so many bits have too many terms in signs".to_owned();
                let symmetry = Symmetry::Flip(field);
                found.push(Finding::new(model.symmetry_text(&symmetry), Verdict::Undecided(reason), None));
            }
            return;
        };
        // The simplest terms come last.
        for (monomial, _) in polynomial.terms().iter().rev() {
            rows.entry(parities(model, monomial)).or_insert_with(|| (at, monomial.clone()));
        }
        signed.push(polynomial);
    }
    let mut alone = Vec::new();
    for &field in &flippable {
        let symmetry = Symmetry::Flip(field);
        let violated = rows.iter().find(|(row, _)| has(row, field));
        let verdict = Verdict::of(
            violated
                .map(|(_, (energy, monomial))| witness(model, &model.energies[*energy], &signed[*energy], monomial)),
        );
        if verdict == Verdict::Holds {
            alone.push(field);
        }
        found.push(Finding::new(model.symmetry_text(&symmetry), verdict, Some(symmetry)));
    }
    let others: Vec<usize> = flippable.into_iter().filter(|field| !alone.contains(field)).collect();
    let sets = kernel(rows.into_keys().collect(), &others);
    for set in sets {
        let names: Vec<&str> = set.iter().map(|&field| model.fields[field].name.as_str()).collect();
        let Some((last, first)) = names.split_last() else { continue };
        let name = format!("flip of {} and {last} together", first.join(", "));
        found.push(Finding::new(name, Verdict::Holds, None));
    }
}

/// The polynomial in signs s = 1 - 2b in place of bits b (as the same
/// variables; each occurs at most once in a monomial). `None` where it would
/// have too many terms.
fn in_signs(model: &Model, polynomial: &Polynomial) -> Option<Polynomial> {
    let is_bit = |m: &Monomial| m.factors().iter().filter(|f| f.variable.kind() == Kind::Bit).count();
    let terms: f64 = polynomial.terms().iter().map(|(m, _)| 2f64.powi(is_bit(m).min(900) as i32)).sum();
    if terms == polynomial.len() as f64 {
        return Some(polynomial.clone());
    }
    if terms > MOST_TERMS {
        return None;
    }
    let half = Rational::new(1, 2);
    Some(model.canonical_polynomial(&Polynomial::from_terms(polynomial.terms().iter().flat_map(
        |(monomial, coefficient)| {
            let product =
                monomial.factors().iter().fold(Polynomial::constant(coefficient.clone()), |product, factor| {
                    let power = Polynomial::term(Monomial::from_factors([*factor]), Rational::ONE);
                    match factor.variable.kind() {
                        Kind::Bit => &product * &(&Polynomial::constant(half.clone()) - &power.scaled(&half)),
                        _ => &product * &power,
                    }
                });
            product.terms().to_vec()
        },
    ))))
}

/// The fields that occur an odd number of times.
fn parities(model: &Model, monomial: &Monomial) -> Set {
    let mut row = vec![0u64; model.fields.len().div_ceil(64)];
    for factor in monomial.factors() {
        if factor.exponent % 2 == 1 {
            let field = model.frame.slot(factor.variable.slot()).field as usize;
            row[field / 64] ^= 1 << (field % 64);
        }
    }
    row
}

fn has(set: &Set, field: usize) -> bool {
    set[field / 64] >> (field % 64) & 1 == 1
}

/// A term that changes its sign; of bits, one of the polynomial in signs.
fn witness(model: &Model, energy: &Energy, signed: &Polynomial, monomial: &Monomial) -> Violation {
    let coefficient = signed.coefficient(monomial);
    let bits = monomial.factors().iter().any(|factor| factor.variable.kind() == Kind::Bit);
    let mark = if bits { " in 1 - 2b" } else { "" };
    Violation {
        term: format!("{}{mark}", term(model, energy, monomial, &coefficient)),
        needed: term(model, energy, monomial, &-coefficient),
    }
}

/// A basis of the sets of `fields` that meet every row in an even number,
/// each as small as reduction makes it.
fn kernel(mut rows: Vec<Set>, fields: &[usize]) -> Vec<Vec<usize>> {
    let mut pivots: Vec<(usize, Set)> = Vec::new();
    for &field in fields {
        let Some(at) = rows.iter().position(|row| has(row, field)) else { continue };
        let pivot = rows.swap_remove(at);
        let add = |row: &mut Set| {
            if has(row, field) {
                row.iter_mut().zip(&pivot).for_each(|(a, b)| *a ^= b);
            }
        };
        rows.iter_mut().for_each(add);
        pivots.iter_mut().for_each(|(_, row)| add(row));
        pivots.push((field, pivot));
    }
    let free = fields.iter().filter(|field| pivots.iter().all(|(pivot, _)| pivot != *field));
    free.map(|&field| {
        let tied = pivots.iter().filter(|(_, row)| has(row, field)).map(|(pivot, _)| *pivot);
        let mut set: Vec<usize> = tied.chain([field]).collect();
        set.sort_unstable();
        set
    })
    .collect()
}
