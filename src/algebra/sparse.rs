//! Sparse rows in echelon form modulo 2^61 - 1.

use crate::modular::Residue;

/// A sparse row: columns with entries that are not zero.
pub type Row = Vec<(u32, Residue)>;

const NONE: u32 = u32::MAX;

/// Independent rows, each scaled to one at its leading column, the lowest
/// that it has.
#[derive(Default)]
pub struct Rows {
    rows: Vec<Row>,
    /// The row that leads at a column.
    pivots: Vec<u32>,
    /// The row that is being reduced, and which of its entries were touched.
    dense: Vec<Residue>,
    touched: Vec<u64>,
    work: u64,
}

impl Rows {
    /// The number of rows.
    pub fn rank(&self) -> usize {
        self.rows.len()
    }

    /// The rows in the order in which they came.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The rows, taken out.
    pub fn into_rows(self) -> Vec<Row> {
        self.rows
    }

    /// Entries visited so far.
    pub fn work(&self) -> u64 {
        self.work
    }

    /// Inserts a row unless it depends on the others: it is reduced from the
    /// lowest column up, and `subtracted` hears of every row that is taken
    /// away and how often. Returns what an independent row was multiplied by.
    pub fn insert(
        &mut self,
        entries: impl IntoIterator<Item = (u32, Residue)>,
        mut subtracted: impl FnMut(usize, Residue),
    ) -> Option<Residue> {
        let mut lowest = usize::MAX;
        for (column, value) in entries {
            let column = column as usize;
            if column >= self.dense.len() {
                let size = (column + 1).next_multiple_of(64);
                self.dense.resize(size, Residue::ZERO);
                self.pivots.resize(size, NONE);
                self.touched.resize(size / 64, 0);
            }
            self.dense[column] += value;
            self.touched[column / 64] |= 1 << (column % 64);
            lowest = lowest.min(column / 64);
            self.work += 1;
        }
        let mut left: Row = Vec::new();
        let mut word = lowest;
        while word < self.touched.len() {
            let bits = self.touched[word];
            if bits == 0 {
                word += 1;
                continue;
            }
            let column = word * 64 + bits.trailing_zeros() as usize;
            self.touched[word] &= bits - 1;
            let value = std::mem::take(&mut self.dense[column]);
            if value == Residue::ZERO {
                continue;
            }
            let pivot = self.pivots[column];
            if pivot == NONE {
                left.push((column as u32, value));
                continue;
            }
            let row = &self.rows[pivot as usize];
            self.work += row.len() as u64;
            for &(column, entry) in &row[1..] {
                let column = column as usize;
                self.dense[column] += -(value * entry);
                self.touched[column / 64] |= 1 << (column % 64);
            }
            subtracted(pivot as usize, value);
        }
        let &(leading, value) = left.first()?;
        let inverse = value.inverse().expect("the entry is not zero");
        for (_, value) in &mut left {
            *value = *value * inverse;
        }
        self.pivots[leading as usize] = self.rows.len() as u32;
        self.rows.push(left);
        Some(inverse)
    }
}
