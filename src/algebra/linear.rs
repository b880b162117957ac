//! Linear systems over the rationals by exact elimination.
//!
//! Rows are sparse, sorted by column: the systems here have many more
//! equations than entries in each.

use std::collections::BTreeMap;

use crate::exact::Rational;

/// A row: column and entry, sorted by column, without zeros.
pub type Row = Vec<(usize, Rational)>;

/// A reduced row echelon form that grows by rows.
#[derive(Clone, Debug, Default)]
pub struct Echelon {
    /// Each row by its pivot column; its entry there is one, and no other row
    /// has an entry in that column.
    rows: BTreeMap<usize, Row>,
}

impl Echelon {
    /// The echelon form of rows.
    pub fn of(rows: impl IntoIterator<Item = Row>) -> Echelon {
        let mut echelon = Echelon::default();
        for row in rows {
            echelon.insert(row);
        }
        echelon
    }

    /// The number of independent rows.
    pub fn rank(&self) -> usize {
        self.rows.len()
    }

    /// The rows, by pivot column.
    pub fn rows(&self) -> impl Iterator<Item = (usize, &Row)> {
        self.rows.iter().map(|(&pivot, row)| (pivot, row))
    }

    /// What is left of a row after subtracting multiples of the rows.
    pub fn reduce(&self, mut row: Row) -> Row {
        let pivots: Vec<(usize, Rational)> =
            row.iter().filter(|(column, _)| self.rows.contains_key(column)).cloned().collect();
        for (pivot, factor) in pivots {
            // Other rows have no entry at this pivot, so the factors stay valid.
            row = combine(&row, &self.rows[&pivot], &-factor);
        }
        row
    }

    /// Adds a row. Returns whether it was independent of the others.
    pub fn insert(&mut self, row: Row) -> bool {
        let row = self.reduce(row);
        let Some((pivot, leading)) = row.first().cloned() else { return false };
        let inverse = leading.recip();
        let row: Row = row.into_iter().map(|(column, entry)| (column, &entry * &inverse)).collect();
        for other in self.rows.values_mut() {
            if let Ok(at) = other.binary_search_by_key(&pivot, |(column, _)| *column) {
                let factor = -other[at].1.clone();
                *other = combine(other, &row, &factor);
            }
        }
        self.rows.insert(pivot, row);
        true
    }

    /// A basis of the vectors of `columns` entries that every row annuls:
    /// one for each column without a pivot, with a one there.
    pub fn nullspace(&self, columns: usize) -> Vec<Vec<Rational>> {
        (0..columns)
            .filter(|column| !self.rows.contains_key(column))
            .map(|free| {
                let mut vector = vec![Rational::ZERO; columns];
                vector[free] = Rational::ONE;
                for (&pivot, row) in &self.rows {
                    if let Ok(at) = row.binary_search_by_key(&free, |(column, _)| *column) {
                        vector[pivot] = -row[at].1.clone();
                    }
                }
                vector
            })
            .collect()
    }

    /// The solution of the system whose right-hand side is in the column
    /// `columns`, with free unknowns zero; `None` where there is none.
    pub fn solution(&self, columns: usize) -> Option<Vec<Rational>> {
        if self.rows.contains_key(&columns) {
            return None;
        }
        let mut values = vec![Rational::ZERO; columns];
        for (&pivot, row) in &self.rows {
            if let Some((column, entry)) = row.last()
                && *column == columns
            {
                values[pivot] = entry.clone();
            }
        }
        Some(values)
    }
}

/// A row from entries in any order, where equal columns add up.
pub fn row(entries: impl IntoIterator<Item = (usize, Rational)>) -> Row {
    let mut sum: BTreeMap<usize, Rational> = BTreeMap::new();
    for (column, entry) in entries {
        *sum.entry(column).or_default() += &entry;
    }
    sum.into_iter().filter(|(_, entry)| !entry.is_zero()).collect()
}

/// `a + factor * b`
fn combine(a: &Row, b: &Row, factor: &Rational) -> Row {
    let mut result = Row::with_capacity(a.len() + b.len());
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        let from_a = j == b.len() || i < a.len() && a[i].0 <= b[j].0;
        let from_b = i == a.len() || j < b.len() && b[j].0 <= a[i].0;
        let entry = match (from_a, from_b) {
            (true, true) => &a[i].1 + &(&b[j].1 * factor),
            (true, false) => a[i].1.clone(),
            _ => &b[j].1 * factor,
        };
        if !entry.is_zero() {
            result.push((if from_a { a[i].0 } else { b[j].0 }, entry));
        }
        i += from_a as usize;
        j += from_b as usize;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn dense(row: &[i64]) -> Row {
        super::row(row.iter().enumerate().map(|(column, &entry)| (column, Rational::from(entry))))
    }

    proptest! {
        #[test]
        fn nullspace_is_annulled_and_complements_the_rank(
            rows in proptest::collection::vec(proptest::collection::vec(-3i64..4, 5), 0..7)
        ) {
            let echelon = Echelon::of(rows.iter().map(|row| dense(row)));
            let null = echelon.nullspace(5);
            prop_assert_eq!(null.len() + echelon.rank(), 5);
            for vector in &null {
                for row in &rows {
                    let dot = row.iter().zip(vector).fold(Rational::ZERO, |sum, (&a, b)| sum + &Rational::from(a) * b);
                    prop_assert!(dot.is_zero());
                }
            }
        }

        #[test]
        fn solutions_solve(
            rows in proptest::collection::vec(proptest::collection::vec(-3i64..4, 4), 1..5),
            unknowns in proptest::collection::vec(-5i64..6, 4)
        ) {
            let with_right = |row: &Vec<i64>| {
                let mut row = row.clone();
                row.push(row.iter().zip(&unknowns).map(|(a, b)| a * b).sum());
                dense(&row)
            };
            let solution = Echelon::of(rows.iter().map(with_right)).solution(4).expect("it was made to have one");
            for row in &rows {
                let left = row.iter().zip(&solution).fold(Rational::ZERO, |s, (&a, b)| s + &Rational::from(a) * b);
                let right: i64 = row.iter().zip(&unknowns).map(|(a, b)| a * b).sum();
                prop_assert_eq!(left, Rational::from(right));
            }
        }
    }

    #[test]
    fn contradictions_have_no_solution() {
        assert_eq!(Echelon::of([dense(&[1, 1, 1]), dense(&[1, 1, 2])]).solution(2), None);
    }
}
