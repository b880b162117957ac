//! Invariants of vectors under rotations, as traces.
//!
//! The polynomials in k vectors of N components are, for GL(N) x GL(k), the
//! sum over partitions with at most N rows of S_λ(C^N) ⊗ S_λ(C^k) (Cauchy).
//! S_λ(C^N) holds one invariant of O(N) if every row of λ is even, and one
//! that changes with the determinant if there are N rows, all odd
//! (Littlewood); no other. So the trace on the invariants of what acts on the
//! *vectors* is the sum of the Schur functions s_λ of its eigenvalues, which
//! follow from the traces p_k of its powers on C^k. Invariants that are
//! products of dot products alone have no relation up to degree 2N + 1, and
//! then the sum is that of the symmetric powers of dot products.
//!
//! Sources: Weyl, "The Classical Groups", chapters 2 and 7; Macdonald,
//! "Symmetric Functions and Hall Polynomials", I.3.4 (Jacobi and Trudi) and
//! I.5, example 5.

use dashu_int::IBig;

use super::super::power_series::{Ring, Series};

/// The number of products of coefficients in all determinants, at least; no
/// more are counted once it is beyond the limit.
pub(in crate::count) fn work(dimension: usize, proper: bool, degree: usize, limit: u64) -> u64 {
    let mut work = (degree * degree) as u64;
    let mut count = |columns: usize, odd: bool| {
        partitions(columns, dimension, &mut |rows| {
            let shape = shape(rows, dimension, odd);
            let size = shape.len().min(shape.first().copied().unwrap_or(0)).min(40);
            work = work.saturating_add(((size as u64) << size) + 1);
            work <= limit
        });
    };
    if 2 * dimension + 1 < degree {
        count(degree / 2, false);
    }
    if proper && dimension <= degree {
        count((degree - dimension) / 2, true);
    }
    work
}

/// The trace on the invariants of O(N), or with `proper` SO(N), by degree:
/// `powers[k]` is the trace of the k-th power on the vectors.
pub(in crate::count) fn invariants<R: Ring>(
    ring: &R,
    dimension: usize,
    proper: bool,
    powers: &[R::Element],
) -> Series<R> {
    let degree = powers.len() - 1;
    let mut sum = vec![ring.zero(); degree + 1];
    let one = IBig::ONE;
    let stable = degree <= 2 * dimension + 1;
    if stable {
        for (at, value) in dot_products(ring, powers).into_iter().enumerate() {
            sum[2 * at] = value;
        }
    }
    let odd = proper && dimension <= degree;
    if stable && !odd {
        return sum;
    }
    let complete = symmetric(ring, powers, false);
    let elementary = symmetric(ring, powers, true);
    let mut add = |rows: &[usize], odd: bool| {
        let shape = shape(rows, dimension, odd);
        let value = schur(ring, &shape, &complete, &elementary);
        ring.add_multiple(&mut sum[shape.iter().sum::<usize>()], &value, &one);
        true
    };
    if !stable {
        partitions(degree / 2, dimension, &mut |rows| add(rows, false));
    }
    if odd {
        partitions((degree - dimension) / 2, dimension, &mut |rows| add(rows, true));
    }
    sum
}

/// The traces on the symmetric powers of the dot products: of 2m vectors at
/// index m.
fn dot_products<R: Ring>(ring: &R, powers: &[R::Element]) -> Series<R> {
    let most = (powers.len() - 1) / 2;
    // The trace of the k-th power on dot products of two vectors.
    let squares: Vec<R::Element> = (0..=most)
        .map(|k| {
            let mut square = ring.zero();
            if k > 0 {
                ring.add_product(&mut square, &powers[k], &powers[k]);
                ring.add_multiple(&mut square, &powers[2 * k], &IBig::ONE);
                ring.divide(&mut square, &IBig::from(2));
            }
            square
        })
        .collect();
    symmetric(ring, &squares, false)
}

/// The complete (or, with `alternating`, elementary) symmetric functions from
/// the power sums, by Newton's identities.
fn symmetric<R: Ring>(ring: &R, powers: &[R::Element], alternating: bool) -> Series<R> {
    let mut values = vec![ring.one()];
    for m in 1..powers.len() {
        let mut sum = ring.zero();
        for k in 1..=m {
            let mut term = ring.zero();
            ring.add_product(&mut term, &powers[k], &values[m - k]);
            let sign = if alternating && k % 2 == 0 { IBig::NEG_ONE } else { IBig::ONE };
            ring.add_multiple(&mut sum, &term, &sign);
        }
        ring.divide(&mut sum, &IBig::from(m));
        values.push(sum);
    }
    values
}

/// The partition with rows twice those of the halves, or for `odd` twice and
/// one, in every of `dimension` rows.
fn shape(halves: &[usize], dimension: usize, odd: bool) -> Vec<usize> {
    match odd {
        false => halves.iter().map(|row| 2 * row).collect(),
        true => (0..dimension).map(|at| 2 * halves.get(at).copied().unwrap_or(0) + 1).collect(),
    }
}

/// Every partition of a number up to `most` into at most `rows` positive
/// parts, descending; stops where `each` returns false.
fn partitions(most: usize, rows: usize, each: &mut dyn FnMut(&[usize]) -> bool) {
    fn extend(left: usize, rows: usize, parts: &mut Vec<usize>, each: &mut dyn FnMut(&[usize]) -> bool) -> bool {
        if !each(parts) {
            return false;
        }
        if parts.len() == rows {
            return true;
        }
        for part in 1..=left.min(parts.last().copied().unwrap_or(left)) {
            parts.push(part);
            let more = extend(left - part, rows, parts, each);
            parts.pop();
            if !more {
                return false;
            }
        }
        true
    }
    extend(most, rows, &mut Vec::new(), each);
}

/// The Schur function: the determinant of complete symmetric functions over
/// the rows, or of elementary ones over the columns, the smaller of the two.
fn schur<R: Ring>(ring: &R, shape: &[usize], complete: &Series<R>, elementary: &Series<R>) -> R::Element {
    let columns: Vec<usize> =
        (1..=shape.first().copied().unwrap_or(0)).map(|c| shape.iter().filter(|&&row| row >= c).count()).collect();
    let (lengths, functions) =
        if shape.len() <= columns.len() { (shape, complete) } else { (&columns[..], elementary) };
    let size = lengths.len();
    // Row by row: the signed sum over all ways to use a set of columns.
    let mut minors = vec![ring.zero(); 1 << size];
    minors[0] = ring.one();
    for set in 1usize..1 << size {
        let row = set.count_ones() as usize - 1;
        let mut sum = ring.zero();
        for column in (0..size).filter(|column| set >> column & 1 == 1) {
            let Some(index) = (lengths[row] + column).checked_sub(row) else { continue };
            let mut term = ring.zero();
            ring.add_product(&mut term, &functions[index], &minors[set & !(1 << column)]);
            let later = (set >> (column + 1)).count_ones();
            ring.add_multiple(&mut sum, &term, &if later % 2 == 1 { IBig::NEG_ONE } else { IBig::ONE });
        }
        minors[set] = sum;
    }
    minors.pop().expect("the determinant of no row is one")
}
