//! Relations between what a bundle multiplies.
//!
//! The factors of a bundle are polynomials, combinations of a few independent
//! ones among them, its letters. Quadratic forms in the letters may vanish, or
//! be affine in letters and in other gates: a gate is the product of its
//! factors, and minors of a matrix satisfy Plücker's relations. A multiple of
//! such a relation may be added to the bundle. The multiples that lower the
//! rank are the roots of a pencil of quadratic forms.

use std::collections::{BTreeMap, BTreeSet};

use super::values::{Basis, Exact, Values};
use super::work::{Bundle, Slot, Work, products};
use crate::circuit::{Form, Source};
use crate::exact::Rational;
use crate::model::{Monomial, Polynomial, Shift, Variable};
use crate::modular::{Residue, scramble};
use crate::simplify::generators::{pencil, quadratic};

/// Bundles over more letters are left alone; so many other gates are looked at.
const LETTERS: usize = 12;
/// Pencils of a greater rank are tried at multiples that cancel a term only.
const RANK: usize = 14;
/// Points more than unknowns.
const SPARE: usize = 4;

/// The circuit with a multiple of a relation added to a bundle, if that takes
/// no more products.
pub fn added(work: &Work, bundle: &Bundle, step: u64) -> Option<Work> {
    let draw = |what: u64, among: usize| (scramble(step ^ what << 40) % among.max(1) as u64) as usize;
    if bundle.members.len() < 2 {
        return None;
    }
    let mut letters = Letters::default();
    let mut sum = Polynomial::zero();
    for (gate, weight) in &bundle.members {
        let [left, right] = work.gates[*gate].as_ref()?;
        let product = &letters.express(left) * &letters.express(right);
        sum = &sum + &product.scaled(weight);
        if letters.forms.len() > LETTERS {
            return None;
        }
    }
    let order = work.order();
    let quadratic = letters.forms.len();
    for other in others(work, bundle, &order) {
        letters.express(&Form::source(other));
    }
    let found = relations(work, &order, &letters.forms, quadratic)?;
    let relation = found.get(draw(5, found.len()))?;
    let multiples = multiples(&sum, relation);
    let multiple = multiples.get(draw(6, multiples.len()))?;
    let changed = &sum + &relation.scaled(multiple);
    let terms = products(&changed)?;
    if terms.len() > bundle.members.len() {
        return None;
    }
    let mut next = work.clone();
    let new = next.replace(bundle, &terms, &changed.affine_part(), |p| letters.form(p))?;
    next.settle(Some(new.into_iter().collect()));
    Some(next)
}

/// Independent linear forms, with variables that stand in for them.
#[derive(Default)]
struct Letters {
    forms: Vec<Form>,
    /// Reduced forms by their leading source, each a combination of letters.
    rows: BTreeMap<Source, (BTreeMap<Source, Rational>, Polynomial)>,
}

impl Letters {
    /// A form in letters; it becomes one where it is independent of those
    /// there are.
    fn express(&mut self, form: &Form) -> Polynomial {
        let mut left: BTreeMap<Source, Rational> = form.terms.iter().cloned().collect();
        let mut known = Polynomial::constant(form.constant.clone());
        for (lead, (row, letters)) in &self.rows {
            let Some(factor) = left.get(lead).cloned() else { continue };
            for (source, c) in row {
                let entry = left.entry(*source).or_default();
                *entry -= &(c * &factor);
            }
            left.retain(|_, c| !c.is_zero());
            known = &known + &letters.scaled(&factor);
        }
        let Some((&lead, _)) = left.first_key_value() else { return known };
        // What is left is the new letter less what is known of it.
        let letter = Polynomial::variable(Variable::real(self.forms.len()));
        self.forms.push(Form { constant: Rational::ZERO, terms: form.terms.clone() });
        let constant = Polynomial::constant(form.constant.clone());
        let rest = &letter - &(&known - &constant);
        let scale = left[&lead].recip();
        let row: BTreeMap<Source, Rational> = left.into_iter().map(|(source, c)| (source, &c * &scale)).collect();
        let rest = rest.scaled(&scale);
        // The other rows lose the new leading source, so that one pass reduces.
        for (other, letters) in self.rows.values_mut() {
            let Some(factor) = other.get(&lead).cloned() else { continue };
            for (source, c) in &row {
                *other.entry(*source).or_default() -= &(c * &factor);
            }
            other.retain(|_, c| !c.is_zero());
            *letters = &*letters - &rest.scaled(&factor);
        }
        self.rows.insert(lead, (row, rest));
        &letter + &constant
    }

    /// An affine polynomial in letters as a form.
    fn form(&self, affine: &Polynomial) -> Form {
        let mut terms: Vec<(Source, Rational)> = Vec::new();
        for (monomial, c) in affine.terms() {
            if let Some(factor) = monomial.factors().first() {
                terms.extend(self.forms[factor.variable.slot()].terms.iter().map(|(source, own)| (*source, own * c)));
            }
        }
        Form::new(affine.constant_term(), terms)
    }
}

/// Gates that multiply what the bundle multiplies, and do not depend on it.
fn others(work: &Work, bundle: &Bundle, order: &[usize]) -> Vec<Source> {
    let sources = work.atoms(bundle);
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
    others.truncate(LETTERS);
    others
}

/// Polynomials in stand-ins for the letters that vanish: quadratic in the
/// first `quadratic` of them, linear in the others.
fn relations(work: &Work, order: &[usize], letters: &[Form], quadratic: usize) -> Option<Vec<Polynomial>> {
    let points = 1 + letters.len() + quadratic * (quadratic + 1) / 2 + SPARE;
    let mut values = Values::of(work, order, points)?;
    let vectors = letters.iter().map(|form| values.form(form)).collect::<Option<Vec<Vec<Residue>>>>()?;
    let variable = |at: usize| Monomial::variable(Variable::real(at));
    let mut monomials: Vec<Monomial> = vec![Monomial::one()];
    let mut basis = Basis::default();
    basis.insert(vec![Residue::new(1); points]);
    for (at, vector) in vectors.iter().enumerate() {
        monomials.push(variable(at));
        basis.insert(vector.clone());
    }
    let exact = [0, 1].map(|point| {
        let exact = Exact::of(work, order, point);
        letters.iter().map(|form| exact.form(form)).collect::<Vec<Rational>>()
    });
    let mut found = Vec::new();
    for one in 0..quadratic {
        for two in one..quadratic {
            let monomial = variable(one).multiply(&variable(two));
            let product = vectors[one].iter().zip(&vectors[two]).map(|(&a, &b)| a * b).collect();
            monomials.push(monomial.clone());
            let Some(Some(parts)) = basis.insert(product) else { continue };
            let terms = parts.into_iter().map(|(at, c)| (monomials[at].clone(), -c));
            let relation = Polynomial::from_terms(terms.chain([(monomial, Rational::ONE)]));
            let holds = |values: &Vec<Rational>| relation.evaluate(|v| values[v.slot()].clone()).is_zero();
            if exact.iter().all(holds) {
                found.push(relation);
            }
        }
    }
    Some(found)
}

/// Multiples of a relation that lower the rank of a sum.
fn multiples(sum: &Polynomial, relation: &Polynomial) -> Vec<Rational> {
    let (sum, relation) = (sum.nonlinear_part(), relation.nonlinear_part());
    let mut variables: Vec<Variable> = sum.variables();
    variables.extend(relation.variables());
    variables.sort();
    variables.dedup();
    let matrix = |form: &Polynomial| quadratic::symmetric_matrix(form, &variables);
    let mut roots = pencil::roots(&matrix(&sum), &matrix(&relation), RANK).unwrap_or_default();
    roots.retain(|root| !root.is_zero());
    // Each product of the sum that the relation has, cancelled.
    roots.extend(relation.terms().iter().filter_map(|(monomial, c)| {
        let own = sum.coefficient(monomial);
        (!own.is_zero()).then(|| -(&own / c))
    }));
    roots.sort();
    roots.dedup();
    roots
}
