//! Which flows are boundaries: the span of the plaquettes.
//!
//! The span over the integers is kept in Hermite normal form, that modulo N in
//! the form of Howell, in which the rows with a pivot at or after a column
//! span all members that begin there, so that membership is decided by
//! division even where N has divisors of zero.
//! Source: J. A. Howell, "Spans in the module (Z_m)^s" (1986).

use dashu_int::UBig;

use super::super::CountError;
use super::extended_gcd;
use super::graph::LinkGraph;
use super::system::{Work, gcd};

/// The span of the plaquettes of a graph.
pub(super) struct Boundaries {
    modulus: i64,
    /// The row whose first entry that is not zero is in each column.
    pivots: Vec<Option<Vec<i64>>>,
}

impl Boundaries {
    pub fn new(graph: &LinkGraph, modulus: u32, work: &mut Work) -> Result<Boundaries, CountError> {
        let modulus = i64::from(modulus);
        let mut boundaries = Boundaries { modulus, pivots: vec![None; graph.links.len()] };
        for plaquette in &graph.plaquettes {
            let mut row = vec![0; graph.links.len()];
            for &(link, reversed) in plaquette {
                row[link] += if reversed { -1 } else { 1 };
            }
            boundaries.insert(row, work)?;
        }
        Ok(boundaries)
    }

    /// Whether a flow is a boundary.
    pub fn contains(&self, flow: &[(u32, i64)]) -> bool {
        let mut row = vec![0i64; self.pivots.len()];
        flow.iter().for_each(|&(link, value)| row[link as usize] = self.reduced(value));
        for column in 0..row.len() {
            if row[column] == 0 {
                continue;
            }
            let Some(pivot) = &self.pivots[column] else { return false };
            if row[column] % pivot[column] != 0 {
                return false;
            }
            let factor = row[column] / pivot[column];
            for (entry, other) in row[column..].iter_mut().zip(&pivot[column..]) {
                // Entries of flows and of spans of plaquettes are small.
                *entry = self.reduced(entry.saturating_sub(factor.saturating_mul(*other)));
            }
        }
        true
    }

    /// The number of boundaries, where it is finite.
    pub fn count(&self) -> UBig {
        let pivots = self.pivots.iter().enumerate().filter_map(|(column, row)| row.as_ref().map(|row| row[column]));
        pivots.map(|pivot| UBig::from((self.modulus / pivot).unsigned_abs())).product()
    }

    /// The independent boundaries, as rows.
    pub fn basis(&self) -> impl Iterator<Item = &Vec<i64>> {
        self.pivots.iter().flatten()
    }

    fn reduced(&self, value: i64) -> i64 {
        if self.modulus == 0 { value } else { value.rem_euclid(self.modulus) }
    }

    fn insert(&mut self, row: Vec<i64>, work: &mut Work) -> Result<(), CountError> {
        let mut open = vec![row];
        while let Some(mut row) = open.pop() {
            row.iter_mut().for_each(|entry| *entry = self.reduced(*entry));
            for column in 0..row.len() {
                if row[column] == 0 {
                    continue;
                }
                work.spend(1 + row.len() as u64 / 8)?;
                let (pivot, rest) = match self.pivots[column].take() {
                    None => (self.normalized(row.clone(), column)?, None),
                    Some(pivot) => {
                        let (divisor, x, y) = bezout(pivot[column], row[column]);
                        let (up, down) = (pivot[column] / divisor, row[column] / divisor);
                        let new = self.combined(&pivot, x, &row, y)?;
                        (new, Some(self.combined(&row, up, &pivot, -down)?))
                    }
                };
                if self.modulus > 0 && pivot[column] > 1 {
                    let factor = self.modulus / pivot[column];
                    open.push(self.combined(&pivot, factor, &pivot, 0)?);
                }
                self.pivots[column] = Some(pivot);
                match rest {
                    None => break,
                    Some(rest) => row = rest,
                }
            }
        }
        Ok(())
    }

    /// A row whose first entry is made positive, and a divisor of N.
    fn normalized(&self, row: Vec<i64>, column: usize) -> Result<Vec<i64>, CountError> {
        let entry = row[column];
        if self.modulus == 0 {
            return self.combined(&row, entry.signum(), &row, 0);
        }
        let divisor = gcd(entry.unsigned_abs(), self.modulus.unsigned_abs()) as i64;
        let steps = self.modulus / divisor;
        // The inverse of entry/divisor modulo N/divisor, made a unit modulo N.
        let (_, inverse, _) = bezout(entry / divisor, steps);
        let unit = (0..divisor)
            .map(|step| inverse + step * steps)
            .find(|unit| gcd(unit.rem_euclid(self.modulus).unsigned_abs(), self.modulus.unsigned_abs()) == 1)
            .unwrap_or(1);
        self.combined(&row, unit.rem_euclid(self.modulus), &row, 0)
    }

    fn combined(&self, a: &[i64], x: i64, b: &[i64], y: i64) -> Result<Vec<i64>, CountError> {
        let entry = |(&a, &b): (&i64, &i64)| {
            Some(self.reduced(a.checked_mul(x)?.checked_add(b.checked_mul(y)?)?)).filter(|entry| *entry != i64::MIN)
        };
        a.iter()
            .zip(b)
            .map(entry)
            .collect::<Option<_>>()
            .ok_or_else(|| CountError::Unsupported("plaquettes with this large a span".to_owned()))
    }
}

/// [`extended_gcd`] of 64 bits: the factors are no larger than the numbers.
fn bezout(a: i64, b: i64) -> (i64, i64, i64) {
    let (divisor, x, y) = extended_gcd(a.into(), b.into());
    (divisor as i64, x as i64, y as i64)
}
