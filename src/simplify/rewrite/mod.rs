//! Local search on a finished circuit.
//!
//! Enters: a circuit. Leaves: one that computes the same with no more gates.
//! Three moves, all exact identities of polynomials:
//!
//! - *Bundles.* Gates that stand in the same sums in the same proportions
//!   matter only by their sum, which is a quadratic form in what they multiply
//!   (inputs and other gates, its atoms). It is written anew by its signature, so
//!   it takes fewer products wherever factors depend on each other.
//! - *Reassociation.* Where a bundle multiplies the value of a gate, `g = C D`,
//!   by a form L, `g L = C (D L)`. The new product D L may fall into the sum of
//!   other products, and C among factors that are there.
//! - *Dependence.* A gate whose value is a combination of others, up to affine
//!   terms, is not needed (`dependence`).
//!
//! A walk takes moves that cost nothing as well, as in the flip graphs of
//! matrix multiplication (Kauers and Moosbauer, "Flip graphs for matrix
//! multiplication", 2022), and keeps the best. Its work is counted in forms,
//! its choices are pseudo-random and depend on the circuit alone.

mod dependence;
mod work;

use std::collections::BTreeSet;

use crate::circuit::{Circuit, Source};
use crate::model::{Polynomial, Shift};
use crate::modular::scramble;
use work::{Atoms, Bundle, Work, displaced, products};

/// Gates that are read, for all steps of an effort.
const WORK: u64 = 60_000;
/// Steps for each gate without anything better, after which a walk ends.
const PATIENCE: u64 = 60;
/// Circuits with more gates are only settled.
const GATES: usize = 400;

/// A circuit with no more gates.
pub fn improve(circuit: &Circuit, effort: u32) -> Circuit {
    let Some(mut work) = Work::of(circuit) else { return circuit.clone() };
    work.settle(None);
    dependence::remove(&mut work);
    let mut best = work.clone();
    if best.count() <= GATES {
        let mut left = WORK << (2 * effort.min(3));
        let (mut step, mut idle) = (0u64, 0);
        while left > 0 && idle < PATIENCE * best.count() as u64 {
            step += 1;
            idle += 1;
            left = left.saturating_sub(work.gates.iter().flatten().count() as u64);
            let Some(mut next) = moved(&work, step) else { continue };
            if next.count() > work.count() {
                continue;
            }
            if next.count() < best.count() {
                dependence::remove(&mut next);
                best = next.clone();
                idle = 0;
            }
            work = next;
            // Gaps are closed from time to time.
            if work.gates.len() > 4 * work.count() + 64 {
                work.compact();
            }
        }
    }
    if best.count() < circuit.gates.len() { best.circuit(circuit) } else { circuit.clone() }
}

/// The circuit after one pseudo-random move, settled.
fn moved(work: &Work, step: u64) -> Option<Work> {
    let bundles = work.bundles();
    let draw = |what: u64, among: usize| (scramble(step ^ what << 40) % among.max(1) as u64) as usize;
    let bundle = bundles.get(draw(1, bundles.len()))?;
    if draw(2, 4) == 0 { rearranged(work, bundle, step) } else { reassociated(work, bundle, step) }
}

/// A bundle of two or more written with its atoms in another order.
fn rearranged(work: &Work, bundle: &Bundle, step: u64) -> Option<Work> {
    if bundle.members.len() < 2 {
        return None;
    }
    let mut next = work.clone();
    let mut atoms = Atoms::default();
    // Which atom comes first decides how the form is written.
    let mut sources: Vec<(u64, Source)> = work
        .atoms(bundle)
        .into_iter()
        .enumerate()
        .map(|(at, source)| (scramble(step ^ (at as u64) << 32), source))
        .collect();
    sources.sort();
    for (_, source) in sources {
        atoms.variable(source);
    }
    let sum = next.sum(bundle, &mut atoms)?;
    let terms = products(&sum)?;
    if terms.len() > bundle.members.len() {
        return None;
    }
    let new = next.replace(bundle, &terms, &sum.affine_part(), &atoms)?;
    next.settle(Some(new.into_iter().collect()));
    Some(next)
}

/// `g L = C (D L)` for a gate g that the bundle multiplies.
fn reassociated(work: &Work, bundle: &Bundle, step: u64) -> Option<Work> {
    let draw = |what: u64, among: usize| (scramble(step ^ what << 40) % among.max(1) as u64) as usize;
    let mut next = work.clone();
    let mut atoms = Atoms::default();
    let sum = next.sum(bundle, &mut atoms)?;
    let gates: Vec<_> = atoms.gates().collect();
    let &(gate, shift, variable) = gates.get(draw(3, gates.len()))?;
    let coefficients = sum.coefficients_in(variable);
    let own = Polynomial::variable(variable);
    let linear = coefficients.get(1).map(|c| c - &Polynomial::constant(c.constant_term())).unwrap_or_default();
    let other = match coefficients.get(2) {
        Some(square) => &linear + &(square * &own),
        None => linear,
    };
    if other.is_zero() {
        return None;
    }
    let [left, right] = work.gates[gate].as_ref()?;
    let (outer, inner) = if draw(4, 2) == 0 { (left, right) } else { (right, left) };
    let (outer, inner) = (displaced(outer, shift), displaced(inner, shift));
    // The new product D L, and the sum with C times it.
    let (other, content) = other.primitive();
    let index = next.gates.len();
    next.gates.push(Some([inner, atoms.form(&other)]));
    let source = Source::Gate { gate: index, shift: Shift::ZERO };
    let product = Polynomial::variable(atoms.variable(source));
    let outer = atoms.polynomial(&outer);
    let changed = &(&sum - &(&own * &other).scaled(&content)) + &(&outer * &product).scaled(&content);
    let terms = products(&changed)?;
    let new = next.replace(bundle, &terms, &changed.affine_part(), &atoms)?;
    let mut touched: BTreeSet<usize> = new.into_iter().collect();
    touched.insert(index);
    next.settle(Some(touched));
    Some(next)
}
