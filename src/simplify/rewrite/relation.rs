//! Relations between what a bundle multiplies.
//!
//! The atoms of a bundle are polynomials, so quadratic forms in them may
//! vanish, or be affine in atoms and in other gates: a gate is the product of
//! its factors, and minors of a matrix satisfy Plücker's relations. A multiple
//! of such a relation may be added to the bundle. The multiples that lower
//! the rank are the roots of a pencil of quadratic forms.

use std::collections::BTreeSet;

use super::values::{Basis, Exact, Values};
use super::work::{Atoms, Bundle, Slot, Work, products};
use crate::circuit::Source;
use crate::exact::Rational;
use crate::model::{Monomial, Polynomial, Shift, Variable};
use crate::modular::{Residue, scramble};
use crate::simplify::generators::{pencil, quadratic};

/// Bundles over more atoms are left alone; so many other gates are looked at.
const ATOMS: usize = 12;
/// Points more than unknowns.
const SPARE: usize = 4;

/// The circuit with a multiple of a relation added to a bundle, if that takes
/// no more products.
pub fn added(work: &Work, bundle: &Bundle, step: u64) -> Option<Work> {
    let draw = |what: u64, among: usize| (scramble(step ^ what << 40) % among.max(1) as u64) as usize;
    let sources = work.atoms(bundle);
    if sources.len() > ATOMS || bundle.members.len() < 2 {
        return None;
    }
    let order = work.order();
    let others = others(work, bundle, &sources, &order);
    let found = relations(work, &order, &sources, &others)?;
    let relation = found.get(draw(5, found.len()))?;
    let mut atoms = Atoms::default();
    sources.iter().chain(&others).for_each(|&source| {
        atoms.variable(source);
    });
    let sum = work.sum(bundle, &mut atoms)?;
    let multiples = multiples(&sum, relation)?;
    let multiple = multiples.get(draw(6, multiples.len()))?;
    let changed = &sum + &relation.scaled(multiple);
    let terms = products(&changed)?;
    if terms.len() > bundle.members.len() {
        return None;
    }
    let mut next = work.clone();
    let new = next.replace(bundle, &terms, &changed.affine_part(), &atoms)?;
    next.settle(Some(new.into_iter().collect()));
    Some(next)
}

/// Gates that multiply atoms of the bundle and do not depend on it.
fn others(work: &Work, bundle: &Bundle, sources: &[Source], order: &[usize]) -> Vec<Source> {
    // In order, so that what depends on the bundle is known from below.
    let mut above: BTreeSet<usize> = bundle.members.iter().map(|(gate, _)| *gate).collect();
    above.extend(bundle.slots.iter().filter_map(|(slot, _)| match slot {
        Slot::Factor(gate, _) => Some(*gate),
        Slot::Output(_) => None,
    }));
    let mut others = Vec::new();
    for &gate in order {
        let Some(forms) = &work.gates[gate] else { continue };
        let mut terms = forms.iter().flat_map(|form| &form.terms).map(|(source, _)| source);
        let depends = terms.clone().any(|source| matches!(source, Source::Gate { gate, .. } if above.contains(gate)));
        if depends || above.contains(&gate) {
            above.insert(gate);
        } else if terms.all(|source| sources.binary_search(source).is_ok()) {
            others.push(Source::Gate { gate, shift: Shift::ZERO });
        }
    }
    others.retain(|other| sources.binary_search(other).is_err());
    others.truncate(ATOMS);
    others
}

/// Quadratic polynomials in stand-ins for the atoms, with linear terms in
/// them and in the other gates, that vanish.
fn relations(work: &Work, order: &[usize], sources: &[Source], others: &[Source]) -> Option<Vec<Polynomial>> {
    let n = sources.len();
    let points = 1 + n + others.len() + n * (n + 1) / 2 + SPARE;
    let mut values = Values::of(work, order, points)?;
    let linear: Vec<Source> = sources.iter().chain(others).copied().collect();
    let vectors: Vec<Vec<Residue>> =
        linear.iter().map(|&source| values.source(source).cloned()).collect::<Option<Vec<_>>>()?;
    let variable = |at: usize| Monomial::variable(Variable::real(at));
    let mut monomials: Vec<Monomial> = vec![Monomial::one()];
    let mut basis = Basis::default();
    basis.insert(vec![Residue::new(1); points]);
    for (at, vector) in vectors.iter().enumerate() {
        monomials.push(variable(at));
        basis.insert(vector.clone());
    }
    let exact = [0, 1].map(|point| Exact::of(work, order, point));
    let mut found = Vec::new();
    for one in 0..n {
        for two in one..n {
            let monomial = variable(one).multiply(&variable(two));
            let product = vectors[one].iter().zip(&vectors[two]).map(|(&a, &b)| a * b).collect();
            monomials.push(monomial.clone());
            let Some(parts) = basis.insert(product) else { continue };
            let Some(parts) = parts else { continue };
            let terms = parts.into_iter().map(|(at, c)| (monomials[at].clone(), -c));
            let relation = Polynomial::from_terms(terms.chain([(monomial, Rational::ONE)]));
            let holds = |exact: &Exact| relation.evaluate(|v| exact.source(linear[v.slot()])).is_zero();
            if exact.iter().all(holds) {
                found.push(relation);
            }
        }
    }
    Some(found)
}

/// Multiples of a relation that lower the rank of a sum.
fn multiples(sum: &Polynomial, relation: &Polynomial) -> Option<Vec<Rational>> {
    let (sum, relation) = (sum.nonlinear_part(), relation.nonlinear_part());
    let mut variables: Vec<Variable> = sum.variables();
    variables.extend(relation.variables());
    variables.sort();
    variables.dedup();
    let matrix = |form: &Polynomial| quadratic::symmetric_matrix(form, &variables);
    let mut roots = pencil::roots(&matrix(&sum), &matrix(&relation))?;
    roots.retain(|root| !root.is_zero());
    // Each product of the sum that the relation has, cancelled.
    roots.extend(relation.terms().iter().filter_map(|(monomial, c)| {
        let own = sum.coefficient(monomial);
        (!own.is_zero()).then(|| -(&own / c))
    }));
    roots.sort();
    roots.dedup();
    Some(roots)
}
