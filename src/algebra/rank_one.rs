//! Spaces of matrices inside spans of few matrices of rank one.
//!
//! Bilinear forms that belong together, `b_k = x^T M_k y`, are computed with r
//! products `(u_i x)(v_i y)` just if their matrices lie in the span of the r
//! matrices `u_i v_i^T` (Strassen, "Vermeidung von Divisionen", 1973): r is
//! the rank of the tensor of the M_k. Finding it is hard in general. Here the
//! space is enlarged, one matrix of rank one at a time, until the matrices of
//! rank one inside it span it; a beam keeps the enlargements that bring most
//! of those. The u are looked for among vectors of -1, 0 and 1, the v are then
//! kernels of linear systems. The search is modulo 2^61 - 1, its result exact.

use super::linear::{Echelon, row};
use super::span::reconstruct;
use crate::exact::Rational;
use crate::modular::{Residue, scramble};

/// A matrix, row by row.
pub type Matrix = Vec<Vec<Rational>>;

/// Matrices `u v^T` of rank one whose combinations are given matrices.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RankOne {
    /// The pairs of u and v.
    pub pairs: Vec<(Vec<Rational>, Vec<Rational>)>,
    /// For each given matrix the coefficient of each pair.
    pub coefficients: Vec<Vec<Rational>>,
}

/// Rows and columns are at most this many.
const SIDE: usize = 8;
/// Enlargements that are kept at each step.
const BEAM: usize = 6;
/// Spaces looked at.
const SPACES: usize = 12_000;
/// Up to this many rows all vectors of -1, 0, 1 are tried, above it those with
/// at most two entries.
const WHOLE: usize = 4;

/// The least number of matrices of rank one found, if it is below `limit`.
pub fn decompose(matrices: &[Matrix], limit: usize) -> Option<RankOne> {
    let (rows, columns) = (matrices.first()?.len(), matrices.first()?.first()?.len());
    if rows > SIDE || columns > SIDE {
        return None;
    }
    let space = Space::of(matrices, rows, columns)?;
    let narrow = vectors(rows, 2);
    let wide = if rows <= WHOLE { vectors(rows, rows) } else { narrow.clone() };
    let right = |most: usize| vectors(columns, if columns <= WHOLE { most } else { 2 });
    let mut beam = vec![space];
    let mut spaces = SPACES;
    for step in 0.. {
        if let Some(found) = beam.iter().find_map(|space| space.spanned(&wide, matrices)) {
            return Some(found);
        }
        // The first step and the small spaces are looked at in full.
        let whole = step == 0 || rows.max(columns) < WHOLE;
        let (lefts, rights) = if whole { (&wide, right(columns)) } else { (&narrow, right(2)) };
        let mut next: Vec<(usize, u64, Space)> = Vec::new();
        for space in &beam {
            if space.dimension() + 1 >= limit {
                continue;
            }
            for left in lefts {
                for right in &rights {
                    let Some(larger) = space.with(left, right) else { continue };
                    spaces = spaces.checked_sub(1)?;
                    let score = larger.ones(&wide).len();
                    if score == larger.dimension()
                        && let Some(found) = larger.spanned(&wide, matrices)
                    {
                        return Some(found);
                    }
                    next.push((usize::MAX - score, scramble(next.len() as u64), larger));
                }
            }
        }
        if next.is_empty() {
            return None;
        }
        next.sort_by_key(|(score, draw, _)| (*score, *draw));
        next.truncate(BEAM);
        beam = next.into_iter().map(|(.., space)| space).collect();
    }
    None
}

/// Vectors of -1, 0, 1 with at most so many entries, the first of them 1.
fn vectors(size: usize, most: usize) -> Vec<Vec<Residue>> {
    let (one, minus) = (Residue::ONE, -Residue::ONE);
    let mut all: Vec<Vec<Residue>> = vec![vec![Residue::ZERO; size]];
    for at in 0..size {
        for k in 0..all.len() {
            let used = all[k].iter().filter(|&&entry| entry != Residue::ZERO).count();
            if used < most {
                let signs: &[Residue] = if used == 0 { &[one] } else { &[one, minus] };
                for &sign in signs {
                    let mut vector = all[k].clone();
                    vector[at] = sign;
                    all.push(vector);
                }
            }
        }
    }
    all.remove(0);
    all.sort_by_key(|vector| vector.iter().filter(|&&entry| entry != Residue::ZERO).count());
    all
}

/// A space of matrices by the forms that vanish on it.
#[derive(Clone)]
struct Space {
    rows: usize,
    columns: usize,
    annihilators: Vec<Vec<Residue>>,
}

impl Space {
    fn of(matrices: &[Matrix], rows: usize, columns: usize) -> Option<Space> {
        let mut reduced: Vec<Vec<Residue>> = Vec::new();
        for matrix in matrices {
            let flat: Option<Vec<Residue>> = matrix.iter().flatten().map(Rational::residue).collect();
            insert(&mut reduced, flat?);
        }
        Some(Space { rows, columns, annihilators: kernel(reduced, rows * columns) })
    }

    fn dimension(&self) -> usize {
        self.rows * self.columns - self.annihilators.len()
    }

    /// With `left right^T` added; `None` where it is in the space.
    fn with(&self, left: &[Residue], right: &[Residue]) -> Option<Space> {
        let mut annihilators = self.annihilators.clone();
        let values: Vec<Residue> = annihilators.iter().map(|form| dot(&self.contract(form, left), right)).collect();
        let pivot = values.iter().position(|&value| value != Residue::ZERO)?;
        let form = annihilators.remove(pivot);
        let inverse = values[pivot].inverse()?;
        let others = values.iter().enumerate().filter(|(at, _)| *at != pivot);
        for (own, (_, &value)) in annihilators.iter_mut().zip(others) {
            let factor = -(value * inverse);
            own.iter_mut().zip(&form).for_each(|(entry, &f)| *entry += factor * f);
        }
        Some(Space { annihilators, ..*self })
    }

    /// `left^T form`
    fn contract(&self, form: &[Residue], left: &[Residue]) -> Vec<Residue> {
        let mut sum = vec![Residue::ZERO; self.columns];
        for (line, &factor) in form.chunks(self.columns).zip(left) {
            if factor != Residue::ZERO {
                sum.iter_mut().zip(line).for_each(|(entry, &f)| *entry += factor * f);
            }
        }
        sum
    }

    /// Independent matrices of rank one in the space, with u from a list.
    fn ones<'a>(&self, lefts: &'a [Vec<Residue>]) -> Vec<(&'a [Residue], Vec<Residue>)> {
        let mut span: Vec<Vec<Residue>> = Vec::new();
        let mut found = Vec::new();
        for left in lefts {
            let mut conditions = Vec::new();
            for form in &self.annihilators {
                insert(&mut conditions, self.contract(form, left));
                if conditions.len() == self.columns {
                    break;
                }
            }
            for right in kernel(conditions, self.columns) {
                let flat = left.iter().flat_map(|&a| right.iter().map(move |&b| a * b)).collect();
                if insert(&mut span, flat) {
                    found.push((left.as_slice(), right));
                }
            }
            if found.len() == self.dimension() {
                break;
            }
        }
        found
    }

    /// The given matrices by those of rank one, where these span the space.
    fn spanned(&self, lefts: &[Vec<Residue>], matrices: &[Matrix]) -> Option<RankOne> {
        let ones = self.ones(lefts);
        if ones.len() < self.dimension() {
            return None;
        }
        let rational = |vector: &[Residue]| vector.iter().map(|&entry| reconstruct(entry)).collect::<Option<Vec<_>>>();
        let mut pairs = Vec::new();
        for (left, right) in &ones {
            pairs.push((rational(left)?, rational(right)?));
        }
        let coefficients: Option<Vec<_>> = matrices.iter().map(|matrix| combination(&pairs, matrix)).collect();
        let coefficients = coefficients?;
        // Those that no matrix uses are not needed.
        let used: Vec<usize> =
            (0..pairs.len()).filter(|&at| coefficients.iter().any(|line| !line[at].is_zero())).collect();
        Some(RankOne {
            pairs: used.iter().map(|&at| pairs[at].clone()).collect(),
            coefficients: coefficients.iter().map(|line| used.iter().map(|&at| line[at].clone()).collect()).collect(),
        })
    }
}

/// The coefficients of a matrix in matrices of rank one, exactly.
fn combination(pairs: &[(Vec<Rational>, Vec<Rational>)], matrix: &Matrix) -> Option<Vec<Rational>> {
    let mut echelon = Echelon::default();
    for (i, line) in matrix.iter().enumerate() {
        for (j, value) in line.iter().enumerate() {
            let entries = pairs.iter().enumerate().map(|(at, (left, right))| (at, &left[i] * &right[j]));
            echelon.insert(row(entries.chain([(pairs.len(), value.clone())])));
        }
    }
    echelon.solution(pairs.len())
}

fn dot(a: &[Residue], b: &[Residue]) -> Residue {
    a.iter().zip(b).fold(Residue::ZERO, |sum, (&x, &y)| sum + x * y)
}

/// Adds a vector to rows in echelon form (leading entries one). Returns
/// whether it was independent.
fn insert(rows: &mut Vec<Vec<Residue>>, mut vector: Vec<Residue>) -> bool {
    for own in rows.iter() {
        let lead = own.iter().position(|&entry| entry != Residue::ZERO).unwrap_or(0);
        let factor = -vector[lead];
        if factor != Residue::ZERO {
            vector.iter_mut().zip(own).for_each(|(entry, &f)| *entry += factor * f);
        }
    }
    let Some(lead) = vector.iter().position(|&entry| entry != Residue::ZERO) else { return false };
    let Some(inverse) = vector[lead].inverse() else { return false };
    vector.iter_mut().for_each(|entry| *entry = *entry * inverse);
    rows.push(vector);
    true
}

/// A basis of the vectors that rows in echelon form annul.
fn kernel(mut rows: Vec<Vec<Residue>>, columns: usize) -> Vec<Vec<Residue>> {
    let lead = |vector: &[Residue]| vector.iter().position(|&entry| entry != Residue::ZERO).unwrap_or(0);
    let leads: Vec<usize> = rows.iter().map(|vector| lead(vector)).collect();
    // Clear every leading column in the other rows.
    for at in 0..rows.len() {
        let own = rows[at].clone();
        for (other, vector) in rows.iter_mut().enumerate() {
            let factor = -vector[leads[at]];
            if other != at && factor != Residue::ZERO {
                vector.iter_mut().zip(&own).for_each(|(entry, &f)| *entry += factor * f);
            }
        }
    }
    (0..columns)
        .filter(|column| !leads.contains(column))
        .map(|free| {
            let mut vector = vec![Residue::ZERO; columns];
            vector[free] = Residue::ONE;
            for (own, &lead) in rows.iter().zip(&leads) {
                vector[lead] = -own[free];
            }
            vector
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Matrices from entries (matrix, row, column, value).
    fn matrices(count: usize, rows: usize, columns: usize, entries: &[(usize, usize, usize, i64)]) -> Vec<Matrix> {
        let mut all = vec![vec![vec![Rational::ZERO; columns]; rows]; count];
        for &(k, i, j, value) in entries {
            all[k][i][j] = Rational::from(value);
        }
        all
    }

    fn rank(given: &[Matrix], limit: usize) -> usize {
        let Some(found) = decompose(given, limit) else { return usize::MAX };
        for (matrix, line) in given.iter().zip(&found.coefficients) {
            for (i, row) in matrix.iter().enumerate() {
                for (j, value) in row.iter().enumerate() {
                    let sum = found
                        .pairs
                        .iter()
                        .zip(line)
                        .fold(Rational::ZERO, |sum, ((u, v), c)| sum + &(&(&u[i] * &v[j]) * c));
                    assert_eq!(sum, *value);
                }
            }
        }
        found.pairs.len()
    }

    /// `e_ij + sign e_ji` for i < j.
    fn pairs(n: usize, sign: i64) -> Vec<Matrix> {
        let mut entries = Vec::new();
        let mut k = 0;
        for i in 0..n {
            for j in i + 1..n {
                entries.extend([(k, i, j, 1), (k, j, i, sign)]);
                k += 1;
            }
        }
        matrices(k, n, n, &entries)
    }

    #[test]
    fn minors_and_permanents() {
        assert_eq!(rank(&pairs(3, -1), 6), 5);
        assert_eq!(rank(&pairs(3, 1), 6), 4);
        assert_eq!(rank(&pairs(4, -1), 12), 9);
        assert_eq!(rank(&pairs(4, 1), 12), 7);
    }

    #[test]
    fn product_of_two_by_two_matrices() {
        let entries: Vec<(usize, usize, usize, i64)> = (0..8)
            .map(|at| {
                let (i, j, k) = (at >> 2 & 1, at >> 1 & 1, at & 1);
                (2 * i + k, 2 * i + j, 2 * j + k, 1)
            })
            .collect();
        assert_eq!(rank(&matrices(4, 4, 4, &entries), 8), 7);
    }

    #[test]
    fn product_of_polynomials() {
        // (a0 + a1 t)(b0 + b1 t) in three products.
        assert_eq!(rank(&matrices(3, 2, 2, &[(0, 0, 0, 1), (1, 0, 1, 1), (1, 1, 0, 1), (2, 1, 1, 1)]), 4), 3);
    }
}
