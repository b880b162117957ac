//! Z2 gauge invariants by linear algebra over GF(2): the cycle space.
//!
//! The solutions modulo 2 form a linear code whose dimension is the number of
//! unknowns less the rank of the equations (links - vertices + components for
//! a graph). Its weight enumerator is that of all its words in the order of a
//! Gray code, one basis word added at a time, or, where the dual code (the
//! cuts) is smaller, follows from that of the dual by MacWilliams' identity
//! A_k = 2^-rank sum over j of B_j K_k(j) with the Krawtchouk numbers
//! K_k(j) = coefficient of t^k in (1-t)^j (1+t)^(n-j).
//! Source: MacWilliams and Sloane, "The Theory of Error-Correcting Codes",
//! chapter 5.

use dashu_int::{IBig, UBig};

use super::super::CountError;
use super::super::power_series::{self, Integers};
use super::Series;
use super::system::{System, Work};

/// Words of a code, one bit an unknown.
pub(super) type Word = Vec<u64>;

/// The number of solutions by degree, up to a degree, for modulus 2.
pub(super) fn series(system: &System, degree: u32, work: &mut Work) -> Result<Series, CountError> {
    let length = system.variables.len();
    let rows = reduced(equations(system), length);
    let uniform = system.variables.iter().all(|variable| variable.weight == 1);
    let dimension = length - rows.len();
    if uniform && rows.len() < dimension {
        let cuts = enumerator(system, &rows.into_iter().map(|(_, word)| word).collect::<Vec<_>>(), length, work)?;
        return transformed(&cuts, length, dimension, degree, work);
    }
    let basis = kernel(&rows, length);
    let total: usize = system.variables.iter().map(|variable| variable.weight as usize).sum();
    let counts = enumerator(system, &basis, total, work)?;
    let mut series = vec![IBig::ZERO; degree as usize + 1];
    series.iter_mut().zip(counts).for_each(|(entry, count)| *entry = IBig::from(count));
    Ok(series)
}

/// The number of words in a span, by degree.
pub(super) fn enumerator(
    system: &System,
    basis: &[Word],
    highest: usize,
    work: &mut Work,
) -> Result<Vec<u64>, CountError> {
    let length = system.variables.len();
    let words = length.div_ceil(64);
    let steps = match basis.len() {
        0..=40 => words as u64 + 1,
        _ => return Err(work.exhausted()),
    };
    work.spend(steps << basis.len())?;
    // Unknowns of one weight, as a mask each.
    let mut weights: Vec<u32> = system.variables.iter().map(|variable| variable.weight).collect();
    weights.sort_unstable();
    weights.dedup();
    let masks: Vec<(usize, Word)> = weights
        .into_iter()
        .map(|weight| {
            let mut mask = vec![0u64; words];
            for at in (0..length).filter(|&at| system.variables[at].weight == weight) {
                mask[at / 64] |= 1 << (at % 64);
            }
            (weight as usize, mask)
        })
        .collect();
    let mut counts = vec![0u64; highest + 1];
    let mut word = vec![0u64; words];
    for step in 0u64..1 << basis.len() {
        if step > 0 {
            add(&mut word, &basis[step.trailing_zeros() as usize]);
        }
        let ones = |mask: &Word| word.iter().zip(mask).map(|(a, b)| (a & b).count_ones() as usize).sum::<usize>();
        counts[masks.iter().map(|(weight, mask)| weight * ones(mask)).sum::<usize>()] += 1;
    }
    Ok(counts)
}

/// MacWilliams' identity: from the weights of the dual of a code to its own.
fn transformed(
    dual: &[u64],
    length: usize,
    dimension: usize,
    degree: u32,
    work: &mut Work,
) -> Result<Series, CountError> {
    let highest = length.min(degree as usize);
    work.spend((length * length * (highest + 1)) as u64 / 16)?;
    let mut sums = vec![IBig::ZERO; degree as usize + 1];
    // (1-t)^j (1+t)^(n-j), from (1+t)^n on, each times (1-t)/(1+t).
    let mut krawtchouk = power_series::one(&Integers, highest);
    for _ in 0..length {
        for k in (1..=highest).rev() {
            let lower = krawtchouk[k - 1].clone();
            krawtchouk[k] += lower;
        }
    }
    for &count in dual {
        for (sum, value) in sums.iter_mut().zip(&krawtchouk) {
            *sum += value * IBig::from(count);
        }
        for k in 1..=highest {
            let lower = krawtchouk[k - 1].clone();
            krawtchouk[k] -= lower;
        }
        for k in (1..=highest).rev() {
            let lower = krawtchouk[k - 1].clone();
            krawtchouk[k] -= lower;
        }
    }
    let order = IBig::from(UBig::ONE << (length - dimension));
    Ok(sums.into_iter().map(|sum| sum / &order).collect())
}

/// A word from the parities of numbers.
pub(super) fn word(row: &[i64]) -> Word {
    let mut word = vec![0u64; row.len().div_ceil(64)];
    for (at, _) in row.iter().enumerate().filter(|(_, entry)| *entry % 2 != 0) {
        word[at / 64] |= 1 << (at % 64);
    }
    word
}

/// The equations as words.
fn equations(system: &System) -> Vec<Word> {
    let mut rows = vec![vec![0u64; system.variables.len().div_ceil(64)]; system.vertices];
    for (at, variable) in system.variables.iter().enumerate() {
        for &(vertex, coefficient) in &variable.ends {
            if coefficient % 2 != 0 {
                rows[vertex as usize][at / 64] ^= 1 << (at % 64);
            }
        }
    }
    rows
}

/// A reduced basis of the span: each word with the place of its leading bit,
/// where no other word has one.
fn reduced(rows: Vec<Word>, length: usize) -> Vec<(usize, Word)> {
    let mut basis: Vec<(usize, Word)> = Vec::new();
    for mut row in rows {
        for (lead, word) in &basis {
            if bit(&row, *lead) {
                add(&mut row, word);
            }
        }
        let Some(lead) = (0..length).find(|&at| bit(&row, at)) else { continue };
        for (_, word) in &mut basis {
            if bit(word, lead) {
                add(word, &row);
            }
        }
        basis.push((lead, row));
    }
    basis
}

/// A basis of the words orthogonal to a reduced basis.
fn kernel(rows: &[(usize, Word)], length: usize) -> Vec<Word> {
    let mut leads = vec![false; length];
    rows.iter().for_each(|&(lead, _)| leads[lead] = true);
    (0..length)
        .filter(|&free| !leads[free])
        .map(|free| {
            let mut word = vec![0u64; length.div_ceil(64)];
            word[free / 64] |= 1 << (free % 64);
            for (lead, row) in rows.iter().filter(|(_, row)| bit(row, free)) {
                debug_assert!(bit(row, *lead));
                word[lead / 64] |= 1 << (lead % 64);
            }
            word
        })
        .collect()
}

fn bit(word: &Word, at: usize) -> bool {
    word[at / 64] >> (at % 64) & 1 == 1
}

fn add(word: &mut Word, other: &Word) {
    word.iter_mut().zip(other).for_each(|(a, b)| *a ^= b);
}
