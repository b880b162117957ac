//! Gates whose value is a combination of the values of earlier ones.
//!
//! Values are taken at pseudo-random points modulo 2^61 - 1, a few more than
//! there are unknowns; a relation found there is confirmed with exact
//! rationals at two further points before it is used, and the circuit as a
//! whole is proved exactly afterwards, as every circuit is.

use std::collections::{BTreeMap, BTreeSet};

use super::work::Work;
use crate::algebra::span::reconstruct;
use crate::circuit::{Form, Source};
use crate::exact::Rational;
use crate::model::{Shift, Variable};
use crate::modular::{Residue, scramble};

/// Circuits with more gates and inputs are left alone.
const UNKNOWNS: usize = 260;
/// Points more than unknowns.
const SPARE: usize = 4;

/// Takes away every gate that depends linearly on others.
pub fn remove(work: &mut Work) {
    while let Some((gate, relation)) = dependent(work) {
        work.substitute(gate, &relation);
        work.remove_unused();
    }
}

/// The first gate that is a combination of earlier ones, inputs and one.
fn dependent(work: &Work) -> Option<(usize, Form)> {
    let order = work.order();
    let forms = || order.iter().filter_map(|&gate| work.gates[gate].as_ref()).flatten().chain(&work.outputs);
    let mut inputs: BTreeSet<Variable> = BTreeSet::new();
    for (source, _) in forms().flat_map(|form| &form.terms) {
        match *source {
            Source::Input(variable) => {
                inputs.insert(variable);
            }
            Source::Gate { shift, .. } if shift != Shift::ZERO => return None,
            Source::Gate { .. } => {}
        }
    }
    let unknowns = order.len() + inputs.len() + 1;
    if unknowns > UNKNOWNS {
        return None;
    }
    let points = unknowns + SPARE;
    let value = |variable: &Variable, point: usize| Residue::scramble(scramble(variable.key()) ^ point as u64);
    let mut sources: Vec<(Option<Source>, Vec<Residue>)> = vec![(None, vec![Residue::new(1); points])];
    for variable in &inputs {
        let values = (0..points).map(|point| value(variable, point)).collect();
        sources.push((Some(Source::Input(*variable)), values));
    }
    let mut basis = Basis::default();
    for (_, values) in &sources {
        basis.insert(values.clone());
    }
    let mut known: BTreeMap<Source, usize> =
        sources.iter().enumerate().filter_map(|(at, (source, _))| Some(((*source)?, at))).collect();
    for &gate in &order {
        let [left, right] = work.gates[gate].as_ref()?;
        let evaluate = |form: &Form| -> Option<Vec<Residue>> {
            let mut sum = vec![form.constant.residue()?; points];
            for (source, coefficient) in &form.terms {
                let coefficient = coefficient.residue()?;
                let values = &sources[*known.get(source)?].1;
                sum.iter_mut().zip(values).for_each(|(sum, &value)| *sum += coefficient * value);
            }
            Some(sum)
        };
        let values: Vec<Residue> = evaluate(left)?.into_iter().zip(evaluate(right)?).map(|(a, b)| a * b).collect();
        if let Some(combination) = basis.insert(values.clone()) {
            let parts: Option<Vec<(usize, Rational)>> = combination
                .into_iter()
                .enumerate()
                .filter(|(_, c)| *c != Residue::ZERO)
                .map(|(at, c)| Some((at, reconstruct(c)?)))
                .collect();
            let relation = parts.map(|parts| {
                let constant = parts.iter().find(|(at, _)| *at == 0).map(|(_, c)| c.clone()).unwrap_or_default();
                let terms = parts.into_iter().filter_map(|(at, c)| Some((sources[at].0?, c)));
                Form::new(constant, terms.collect::<Vec<_>>())
            });
            if let Some(relation) = relation.filter(|relation| holds(work, &order, gate, relation)) {
                return Some((gate, relation));
            }
            // Not to be expressed in small numbers: it stays, outside the basis.
        }
        let source = Source::Gate { gate, shift: Shift::ZERO };
        known.insert(source, sources.len());
        sources.push((Some(source), values));
        basis.skip_to(sources.len());
    }
    None
}

/// Whether a relation holds exactly at two points.
fn holds(work: &Work, order: &[usize], gate: usize, relation: &Form) -> bool {
    (0..2u64).all(|point| {
        let mut values: BTreeMap<usize, Rational> = BTreeMap::new();
        let evaluate = |form: &Form, values: &BTreeMap<usize, Rational>| {
            form.terms.iter().fold(form.constant.clone(), |sum, (source, c)| {
                let value = match source {
                    Source::Input(variable) => {
                        Rational::from((scramble(variable.key() ^ (point << 50 | 0x9e37)) % 199) as i64 - 99)
                    }
                    Source::Gate { gate, .. } => values.get(gate).cloned().unwrap_or_default(),
                };
                sum + &(c * &value)
            })
        };
        for &at in order {
            if let Some([left, right]) = &work.gates[at] {
                let value = &evaluate(left, &values) * &evaluate(right, &values);
                values.insert(at, value);
            }
            if at == gate {
                break;
            }
        }
        values.get(&gate).is_some_and(|value| *value == evaluate(relation, &values))
    })
}

/// Vectors in echelon form, each known as a combination of those inserted.
#[derive(Default)]
struct Basis {
    rows: Vec<(usize, Vec<Residue>, Vec<Residue>)>,
    inserted: usize,
}

impl Basis {
    /// Inserts a vector, or returns the combination of earlier ones it is.
    fn insert(&mut self, mut vector: Vec<Residue>) -> Option<Vec<Residue>> {
        let mut combination = vec![Residue::ZERO; self.inserted + 1];
        for (lead, row, parts) in &self.rows {
            let factor = vector[*lead];
            if factor != Residue::ZERO {
                vector[*lead..].iter_mut().zip(&row[*lead..]).for_each(|(v, &r)| *v += -(factor * r));
                combination.iter_mut().zip(parts).for_each(|(c, &p)| *c += factor * p);
            }
        }
        let Some(lead) = vector.iter().position(|&entry| entry != Residue::ZERO) else {
            combination.pop();
            return Some(combination);
        };
        let inverse = vector[lead].inverse().unwrap_or(Residue::ZERO);
        vector.iter_mut().for_each(|entry| *entry = *entry * inverse);
        combination.iter_mut().for_each(|entry| *entry = -(*entry * inverse));
        combination[self.inserted] = inverse;
        self.rows.push((lead, vector, combination));
        self.inserted += 1;
        None
    }

    /// Counts a vector that was not inserted.
    fn skip_to(&mut self, inserted: usize) {
        self.inserted = inserted;
    }
}
