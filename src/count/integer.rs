//! Lattices of integer vectors.
//!
//! A lattice is held by a basis in echelon form: each row starts (its pivot,
//! positive) further right than the row above. Everything is exact; entries
//! may be as large as they become. The dimension is that of space, so no
//! method here has to be quick for large matrices.

use dashu_int::IBig;
use dashu_int::ops::{DivRemEuclid, UnsignedAbs};

/// An integer vector.
pub(super) type Vector = Vec<IBig>;

/// The integer combinations of some vectors.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct IntegerLattice {
    /// The length of its vectors.
    pub dimension: usize,
    /// A basis in echelon form, entries above a pivot reduced by it.
    rows: Vec<Vector>,
}

impl IntegerLattice {
    /// The lattice that vectors span.
    pub fn span(dimension: usize, vectors: impl IntoIterator<Item = Vector>) -> IntegerLattice {
        let mut rows: Vec<Vector> = vectors.into_iter().collect();
        echelon(&mut rows, dimension);
        rows.retain(|row| row.iter().any(|entry| *entry != IBig::ZERO));
        for at in 0..rows.len() {
            let (above, below) = rows.split_at_mut(at);
            let row = &below[0];
            let pivot = pivot(row);
            for other in above {
                let quotient = other[pivot].clone().div_rem_euclid(&row[pivot]).0;
                subtract(other, row, &quotient);
            }
        }
        IntegerLattice { dimension, rows }
    }

    /// The multiples of given numbers along the axes.
    pub fn diagonal(numbers: &[u64]) -> IntegerLattice {
        let row = |at: usize| {
            let mut row = vec![IBig::ZERO; numbers.len()];
            row[at] = IBig::from(numbers[at]);
            row
        };
        IntegerLattice { dimension: numbers.len(), rows: (0..numbers.len()).map(row).collect() }
    }

    /// A basis.
    pub fn basis(&self) -> &[Vector] {
        &self.rows
    }

    /// The lattice that the vectors of both span.
    pub fn sum(&self, vectors: impl IntoIterator<Item = Vector>) -> IntegerLattice {
        IntegerLattice::span(self.dimension, self.rows.iter().cloned().chain(vectors))
    }

    /// Whether it is all integer vectors.
    pub fn is_everything(&self) -> bool {
        self.rows.len() == self.dimension && self.rows.iter().enumerate().all(|(at, row)| row[at] == IBig::ONE)
    }

    /// The one vector among those that differ from `vector` by vectors of the
    /// lattice, whose entries at the pivots are least and not negative.
    pub fn reduced(&self, mut vector: Vector) -> Vector {
        for row in &self.rows {
            let pivot = pivot(row);
            let quotient = vector[pivot].clone().div_rem_euclid(&row[pivot]).0;
            subtract(&mut vector, row, &quotient);
        }
        vector
    }

    /// Whether it holds a vector.
    pub fn contains(&self, vector: &[IBig]) -> bool {
        self.reduced(vector.to_vec()).iter().all(|entry| *entry == IBig::ZERO)
    }

    /// The number of classes of integer vectors modulo the lattice, which has
    /// to have as many basis vectors as dimensions.
    pub fn index(&self) -> IBig {
        self.rows.iter().enumerate().map(|(at, row)| row[at].clone()).product()
    }

    /// All classes of integer vectors modulo the lattice, if there are at most
    /// `limit`.
    pub fn classes(&self, limit: u64) -> Option<Vec<Vec<i64>>> {
        if self.rows.len() < self.dimension || self.index() > IBig::from(limit) {
            return None;
        }
        let mut classes = vec![Vec::new()];
        for (at, row) in self.rows.iter().enumerate() {
            let pivot = i64::try_from(&row[at]).ok()?;
            classes = classes
                .into_iter()
                .flat_map(|class: Vec<i64>| {
                    (0..pivot).map(move |entry| class.iter().copied().chain([entry]).collect::<Vec<i64>>())
                })
                .collect();
        }
        Some(classes)
    }
}

/// The integer vectors x with `x_1 images[0] + x_2 images[1] + ... = target`
/// modulo a lattice: one of them, and the lattice of the differences of any
/// two.
pub(super) fn solve(images: &[Vector], target: &[IBig], modulus: &IntegerLattice) -> Option<(Vector, IntegerLattice)> {
    let (dimension, unknowns) = (modulus.dimension, images.len());
    let with_tail = |vector: &Vector, unknown: Option<usize>| {
        let tail = (0..unknowns).map(|at| if Some(at) == unknown { IBig::ONE } else { IBig::ZERO });
        vector.iter().cloned().chain(tail).collect::<Vector>()
    };
    let mut rows: Vec<Vector> = images.iter().enumerate().map(|(at, image)| with_tail(image, Some(at))).collect();
    rows.extend(modulus.rows.iter().map(|row| with_tail(row, None)));
    echelon(&mut rows, dimension);
    let mut rest = with_tail(&target.to_vec(), None);
    let mut kernel = Vec::new();
    for row in &rows {
        match row[..dimension].iter().position(|entry| *entry != IBig::ZERO) {
            Some(pivot) => {
                let quotient = rest[pivot].clone().div_rem_euclid(&row[pivot]).0;
                subtract(&mut rest, row, &quotient);
            }
            None => kernel.push(row[dimension..].to_vec()),
        }
    }
    if rest[..dimension].iter().any(|entry| *entry != IBig::ZERO) {
        return None;
    }
    let solution = rest[dimension..].iter().map(|entry| -entry).collect();
    Some((solution, IntegerLattice::span(unknowns, kernel)))
}

/// Brings the first `columns` columns into echelon form by integer row
/// operations.
fn echelon(rows: &mut [Vector], columns: usize) {
    let mut done = 0;
    for column in 0..columns {
        loop {
            // The least entry that is not zero comes first; it divides the
            // others with less of a remainder each time.
            let least = (done..rows.len())
                .filter(|&at| rows[at][column] != IBig::ZERO)
                .min_by_key(|&at| rows[at][column].clone().unsigned_abs());
            let Some(least) = least else { break };
            rows.swap(done, least);
            if rows[done][column] < IBig::ZERO {
                rows[done].iter_mut().for_each(|entry| *entry = -std::mem::take(entry));
            }
            let (head, tail) = rows.split_at_mut(done + 1);
            let row = &head[done];
            let mut finished = true;
            for other in tail {
                if other[column] != IBig::ZERO {
                    let quotient = other[column].clone().div_rem_euclid(&row[column]).0;
                    subtract(other, row, &quotient);
                    finished &= other[column] == IBig::ZERO;
                }
            }
            if finished {
                done += 1;
                break;
            }
        }
    }
}

/// The column in which a row that is not zero starts.
fn pivot(row: &[IBig]) -> usize {
    row.iter().position(|entry| *entry != IBig::ZERO).expect("rows of a basis are not zero")
}

fn subtract(vector: &mut [IBig], row: &[IBig], times: &IBig) {
    if *times == IBig::ZERO {
        return;
    }
    for (entry, other) in vector.iter_mut().zip(row) {
        if *other != IBig::ZERO {
            *entry -= times * other;
        }
    }
}

/// A vector of machine integers.
pub(super) fn vector(entries: impl IntoIterator<Item = i64>) -> Vector {
    entries.into_iter().map(IBig::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn solutions_are_all_solutions(
            images in prop::collection::vec(prop::collection::vec(-3i64..4, 2), 2),
            target in prop::collection::vec(-4i64..5, 2),
            moduli in prop::collection::vec(1u64..6, 2),
        ) {
            let modulus = IntegerLattice::diagonal(&moduli);
            let columns: Vec<Vector> = images.iter().map(|image| vector(image.iter().copied())).collect();
            let found = solve(&columns, &vector(target.iter().copied()), &modulus);
            for x in 0..30i64 {
                for y in 0..30i64 {
                    let hit = (0..2).all(|d| {
                        (x * images[0][d] + y * images[1][d] - target[d]).rem_euclid(moduli[d] as i64) == 0
                    });
                    let told = found.as_ref().is_some_and(|(one, differences)| {
                        differences.contains(&[IBig::from(x) - &one[0], IBig::from(y) - &one[1]])
                    });
                    prop_assert_eq!(hit, told);
                }
            }
            let spanned = modulus.sum(columns);
            prop_assert_eq!(spanned.classes(1000).expect("few").len(), usize::try_from(spanned.index()).expect("few"));
        }
    }
}
