//! Values of the gates of a circuit without displacements, and linear
//! relations between vectors of values.

use std::collections::BTreeMap;

use super::work::Work;
use crate::algebra::span::reconstruct;
use crate::circuit::{Form, Source};
use crate::exact::Rational;
use crate::model::{Shift, Variable};
use crate::modular::{Residue, scramble};

/// The values of inputs and gates at pseudo-random points modulo 2^61 - 1.
pub struct Values {
    points: usize,
    known: BTreeMap<Source, Vec<Residue>>,
}

impl Values {
    /// `None` where a coefficient has no residue or a form takes a value of
    /// another cell.
    pub fn of(work: &Work, order: &[usize], points: usize) -> Option<Values> {
        let mut values = Values { points, known: BTreeMap::new() };
        for &gate in order {
            let [left, right] = work.gates[gate].as_ref()?;
            let product = values.form(left)?.into_iter().zip(values.form(right)?).map(|(a, b)| a * b).collect();
            values.known.insert(Source::Gate { gate, shift: Shift::ZERO }, product);
        }
        Some(values)
    }

    /// The values of a source: of a gate, if it is known.
    pub fn source(&mut self, source: Source) -> Option<&Vec<Residue>> {
        if let Source::Input(variable) = source {
            let points = self.points;
            let key = scramble(variable.key());
            let values = || (0..points).map(|point| Residue::scramble(key ^ point as u64)).collect();
            return Some(self.known.entry(source).or_insert_with(values));
        }
        self.known.get(&source)
    }

    /// The values of a form.
    pub fn form(&mut self, form: &Form) -> Option<Vec<Residue>> {
        let mut sum = vec![form.constant.residue()?; self.points];
        for (source, coefficient) in &form.terms {
            let coefficient = coefficient.residue()?;
            let values = self.source(*source)?;
            sum.iter_mut().zip(values).for_each(|(sum, &value)| *sum += coefficient * value);
        }
        Some(sum)
    }
}

/// The exact values of all gates at a point of small integers.
pub struct Exact {
    point: u64,
    gates: BTreeMap<usize, Rational>,
}

impl Exact {
    /// At the point of a seed.
    pub fn of(work: &Work, order: &[usize], point: u64) -> Exact {
        let mut values = Exact { point, gates: BTreeMap::new() };
        for &gate in order {
            if let Some([left, right]) = &work.gates[gate] {
                let value = &values.form(left) * &values.form(right);
                values.gates.insert(gate, value);
            }
        }
        values
    }

    /// The value of a source.
    pub fn source(&self, source: Source) -> Rational {
        let input = |variable: Variable| (scramble(variable.key() ^ (self.point << 50 | 0x9e37)) % 199) as i64 - 99;
        match source {
            Source::Input(variable) => Rational::from(input(variable)),
            Source::Gate { gate, .. } => self.gates.get(&gate).cloned().unwrap_or_default(),
        }
    }

    /// The value of a form.
    pub fn form(&self, form: &Form) -> Rational {
        form.terms.iter().fold(form.constant.clone(), |sum, (source, c)| sum + &(c * &self.source(*source)))
    }
}

/// Vectors in echelon form, each known as a combination of those inserted.
#[derive(Default)]
pub struct Basis {
    rows: Vec<(usize, Vec<Residue>, Vec<Residue>)>,
    inserted: usize,
}

impl Basis {
    /// Inserts a vector, or returns the combination of earlier ones that it
    /// is, by the numbers of those in the order of all insertions. The second
    /// is `None` where the combination has no small coefficients.
    pub fn insert(&mut self, mut vector: Vec<Residue>) -> Option<Option<Vec<(usize, Rational)>>> {
        let mut combination = vec![Residue::ZERO; self.inserted + 1];
        for (lead, row, parts) in &self.rows {
            let factor = vector[*lead];
            if factor != Residue::ZERO {
                vector[*lead..].iter_mut().zip(&row[*lead..]).for_each(|(v, &r)| *v += -(factor * r));
                combination.iter_mut().zip(parts).for_each(|(c, &p)| *c += factor * p);
            }
        }
        self.inserted += 1;
        let Some(lead) = vector.iter().position(|&entry| entry != Residue::ZERO) else {
            let parts = combination.into_iter().enumerate().filter(|(_, c)| *c != Residue::ZERO);
            return Some(parts.map(|(at, c)| Some((at, reconstruct(c)?))).collect());
        };
        let inverse = vector[lead].inverse().unwrap_or(Residue::ZERO);
        vector.iter_mut().for_each(|entry| *entry = *entry * inverse);
        combination.iter_mut().for_each(|entry| *entry = -(*entry * inverse));
        combination[self.inserted - 1] = inverse;
        self.rows.push((lead, vector, combination));
        None
    }
}
