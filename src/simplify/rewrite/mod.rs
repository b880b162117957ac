//! Local search on a finished circuit.
//!
//! Enters: a circuit. Leaves: one that computes the same with no more gates.
//! Moves, all exact identities of polynomials:
//!
//! - *Bundles.* Gates that stand in the same sums in the same proportions
//!   matter only by their sum, which is a quadratic form in what they multiply
//!   (inputs and other gates, its atoms). It is written anew by its signature, so
//!   it takes fewer products wherever factors depend on each other.
//! - *Reassociation.* Where a bundle multiplies the value of a gate, `g = C D`,
//!   by a form L, `g L = C (D L)`. The new product D L may fall into the sum of
//!   other products, and C among factors that are there.
//! - *Relations.* Quadratic forms in the atoms that vanish may be added to a
//!   bundle (`relation`).
//! - *Dependence.* A gate whose value is a combination of others, up to affine
//!   terms, is not needed (`dependence`).
//!
//! A walk takes moves that cost nothing as well, as in the flip graphs of
//! matrix multiplication (Kauers and Moosbauer, "Flip graphs for matrix
//! multiplication", 2022), and keeps the best. Its work is counted in forms,
//! its choices are pseudo-random and depend on the circuit alone.

mod dependence;
mod relation;
mod values;
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
/// Bundles of more gates, or with more terms in their factors, are left as
/// they are: the walk moves small sums, again and again.
const MEMBERS: usize = 16;
const TERMS: usize = 160;

/// Steps after which it is asked whether to go on.
const ASKED: u64 = 64;

/// A circuit with no more gates. `watch` hears the gates of the best from time
/// to time and says whether to go on.
pub fn improve(circuit: &Circuit, effort: u32, watch: &mut dyn FnMut(u64) -> bool) -> Circuit {
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
            if step.is_multiple_of(ASKED) && !watch(best.count() as u64) {
                break;
            }
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
    let terms = |gate: &usize| work.gates[*gate].iter().flatten().map(|form| form.terms.len()).sum::<usize>();
    if bundle.members.len() > MEMBERS || bundle.members.iter().map(|(gate, _)| terms(gate)).sum::<usize>() > TERMS {
        return None;
    }
    match draw(2, 8) {
        0 => rearranged(work, bundle, step),
        1..3 => relation::added(work, bundle, step),
        _ => reassociated(work, bundle, step),
    }
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
    let new = next.replace(bundle, &terms, &sum.affine_part(), |p| atoms.form(p))?;
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
    let new = next.replace(bundle, &terms, &changed.affine_part(), |p| atoms.form(p))?;
    let mut touched: BTreeSet<usize> = new.into_iter().collect();
    touched.insert(index);
    next.settle(Some(touched));
    Some(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::{Form, Gate, Output, expand, expand_form};
    use crate::exact::Rational;
    use crate::model::{Variable, Weight};

    fn input(slot: usize) -> Source {
        Source::Input(Variable::real(slot))
    }

    fn gate(gate: usize) -> Source {
        Source::Gate { gate, shift: Shift::ZERO }
    }

    fn form(terms: &[(Source, i64)]) -> Form {
        Form::new(Rational::ZERO, terms.iter().map(|&(source, c)| (source, Rational::from(c))))
    }

    fn product(left: &[(Source, i64)], right: &[(Source, i64)]) -> Gate {
        Gate::Product(form(left), form(right))
    }

    /// The improved circuit's number of gates; it computes the same.
    fn improved(gates: Vec<Gate>, output: &[(Source, i64)]) -> usize {
        let output = Output { name: "H".to_owned(), weight: Weight::UNIFORM, form: form(output) };
        let circuit = Circuit { gates, outputs: vec![output], deviation: Rational::ZERO };
        let better = improve(&circuit, 1, &mut |_| true);
        let value = |circuit: &Circuit| expand_form(&circuit.outputs[0].form, &expand(circuit));
        assert_eq!(value(&better), value(&circuit));
        better.gates.len()
    }

    #[test]
    fn dependent_factors_of_a_sum_are_joined() {
        // x u + y u + (x + y) v, where nothing else uses the products.
        let [x, y, u, v] = [0, 1, 2, 3].map(input);
        let gates = vec![
            product(&[(x, 1)], &[(u, 1)]),
            product(&[(y, 1)], &[(u, 1), (v, 2)]),
            product(&[(x, 1), (y, 1)], &[(v, 1)]),
        ];
        assert_eq!(improved(gates, &[(gate(0), 1), (gate(1), 1), (gate(2), 1)]), 2);
    }

    #[test]
    fn products_are_associated_anew() {
        // (e^2)^2 + e (a c + b d) with e = a + b: e (a (e^2 + c) + b (e^2 + d)).
        let [a, b, c, d] = [0, 1, 2, 3].map(input);
        let e = [(a, 1), (b, 1)];
        let gates = vec![
            Gate::Square(form(&e)),
            Gate::Square(form(&[(gate(0), 1)])),
            product(&[(a, 1)], &[(c, 1)]),
            product(&[(b, 1)], &[(d, 1)]),
            product(&e, &[(gate(2), 1), (gate(3), 1)]),
        ];
        assert_eq!(improved(gates, &[(gate(1), 1), (gate(4), 1)]), 4);
    }

    #[test]
    fn plueckers_relation_is_used() {
        // All minors of two rows, and p01 p23 - p02 p13 + 2 p03 p12 + p03 x +
        // p12 y, which is p03 (p12 + x) + p12 y.
        let mut gates = Vec::new();
        let mut minors = Vec::new();
        for i in 0..4 {
            for j in i + 1..4 {
                gates.push(product(&[(input(i), 1)], &[(input(4 + j), 1)]));
                gates.push(product(&[(input(j), 1)], &[(input(4 + i), 1)]));
                minors.push([(gate(gates.len() - 2), 1), (gate(gates.len() - 1), -1)]);
            }
        }
        let first = gates.len();
        for (one, two) in [(0, 5), (1, 4), (2, 3)] {
            gates.push(product(&minors[one], &minors[two]));
        }
        gates.push(product(&minors[2], &[(input(8), 1)]));
        gates.push(product(&minors[3], &[(input(9), 1)]));
        let output = [1, -1, 2, 1, 1].iter().enumerate().map(|(at, &c)| (gate(first + at), c)).collect::<Vec<_>>();
        assert_eq!(improved(gates, &output), 6);
    }

    #[test]
    fn a_gate_that_is_a_sum_of_others_goes() {
        // (x + y)^2 where x^2, x y and y^2 are needed one by one.
        let [x, y, z] = [0, 1, 2].map(input);
        let gates = vec![
            Gate::Square(form(&[(x, 1)])),
            product(&[(x, 1)], &[(y, 1)]),
            Gate::Square(form(&[(y, 1)])),
            Gate::Square(form(&[(x, 1), (y, 1)])),
            product(&[(gate(0), 1), (z, 1)], &[(gate(1), 1), (z, 3)]),
            product(&[(gate(2), 1), (z, 2)], &[(gate(3), 1), (z, 5)]),
        ];
        assert_eq!(improved(gates, &[(gate(4), 1), (gate(5), 1)]), 5);
    }
}
