//! Linear algebra on polynomials: bases of spans, modulo what is free.
//!
//! Ranks are decided modulo 2^61 - 1 and coefficients are reconstructed as
//! small rationals. A relation whose true coefficients are larger may come out
//! wrong, and would agree modulo the prime all the same: who uses a relation
//! confirms it exactly first.

use rustc_hash::FxHashMap;

use super::sparse::Rows;
use crate::exact::Rational;
use crate::model::{Monomial, Polynomial};
use crate::modular::Residue;

/// A set of independent polynomials, each a sparse vector of residues.
#[derive(Default)]
pub struct Span {
    rows: Rows,
    /// Each row as a combination of the inserted independent polynomials.
    combinations: Vec<Vec<Residue>>,
    columns: FxHashMap<Monomial, u32>,
    work: u64,
}

/// What inserting a polynomial found.
pub enum Inserted {
    /// It is independent of the earlier ones, and is now one of them.
    Independent,
    /// It is this combination of the earlier independent ones (index,
    /// coefficient), up to what is free. `None` where a coefficient is no
    /// small rational.
    Dependent(Option<Vec<(usize, Rational)>>),
}

impl Span {
    /// The number of independent polynomials.
    pub fn len(&self) -> usize {
        self.rows.rank()
    }

    /// Whether nothing was inserted.
    pub fn is_empty(&self) -> bool {
        self.rows.rank() == 0
    }

    /// Entries visited so far.
    pub fn work(&self) -> u64 {
        self.rows.work() + self.work
    }

    /// Inserts the terms of a polynomial that satisfy `counts` (the others
    /// are free). `None` where a coefficient has no residue.
    pub fn insert(&mut self, polynomial: &Polynomial, counts: impl Fn(&Monomial) -> bool) -> Option<Inserted> {
        let mut entries = Vec::with_capacity(polynomial.len());
        for (monomial, coefficient) in polynomial.terms() {
            if counts(monomial) {
                let next = self.columns.len() as u32;
                let column = *self.columns.entry(monomial.clone()).or_insert(next);
                entries.push((column, coefficient.residue()?));
            }
        }
        let mut combination = vec![Residue::ZERO; self.rows.rank()];
        let (combinations, work) = (&self.combinations, &mut self.work);
        let inverse = self.rows.insert(entries, |row, times| {
            *work += row as u64 + 1;
            for (sum, &part) in combination.iter_mut().zip(&combinations[row]) {
                *sum += times * part;
            }
        });
        let Some(inverse) = inverse else {
            let exact = combination
                .iter()
                .enumerate()
                .filter(|(_, residue)| **residue != Residue::ZERO)
                .map(|(at, &residue)| Some((at, reconstruct(residue)?)))
                .collect();
            return Some(Inserted::Dependent(exact));
        };
        // The row is (polynomial - combination) * inverse.
        let mut combination: Vec<Residue> = combination.into_iter().map(|c| -(c * inverse)).collect();
        combination.push(inverse);
        self.combinations.push(combination);
        Some(Inserted::Independent)
    }
}

/// The rational with numerator and denominator below 2^30 that has this
/// residue, if there is one (by the extended Euclidean algorithm).
pub fn reconstruct(residue: Residue) -> Option<Rational> {
    const BOUND: i128 = 1 << 30;
    let (mut r0, mut r1) = (Residue::MODULUS as i128, residue.value() as i128);
    let (mut t0, mut t1) = (0i128, 1i128);
    while r1 >= BOUND {
        let quotient = r0 / r1;
        (r0, r1) = (r1, r0 - quotient * r1);
        (t0, t1) = (t1, t0 - quotient * t1);
    }
    (t1 != 0 && t1.abs() < BOUND).then(|| Rational::new(r1 as i64, t1 as i64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Variable;

    #[test]
    fn rationals_are_reconstructed() {
        for (n, d) in [(1, 1), (-7, 3), (123456, -98765), (0, 1)] {
            let value = Rational::new(n, d);
            assert_eq!(reconstruct(value.residue().unwrap()), Some(value));
        }
    }

    #[test]
    fn relations_are_found() {
        let x = |k| Polynomial::variable(Variable::real(k));
        let (a, b) = (&(&x(0) * &x(1)) + &x(2).pow(2), &x(0).pow(2) - &x(1).pow(2));
        let c = &a.scaled(&Rational::new(2, 3)) - &b.scaled(&Rational::from(5));
        let mut span = Span::default();
        assert!(matches!(span.insert(&a, |_| true), Some(Inserted::Independent)));
        assert!(matches!(span.insert(&b, |_| true), Some(Inserted::Independent)));
        match span.insert(&c, |_| true) {
            Some(Inserted::Dependent(Some(relation))) => {
                assert_eq!(relation, vec![(0, Rational::new(2, 3)), (1, Rational::from(-5))]);
            }
            _ => panic!("the third polynomial depends on the others"),
        }
    }
}
