//! The determinant of a matrix of polynomials, by Laplace's expansion over
//! blocks of rows.
//!
//! The minors of a block of rows, one for each choice of columns, come from
//! those of its two halves: `M_S = sum over T of (+-) A_T B_(S - T)`. Where the
//! halves have equally many rows, k, each pair {T, T'} of disjoint choices
//! brings `A_T B_T' + (-1)^k A_T' B_T`, which takes one product instead of two
//! once the products `D_T = A_T B_T` are there:
//!
//! - k even: `(A_T + A_T')(B_T + B_T') - D_T - D_T'`,
//! - k odd: `(A_T - A_T')(B_T + B_T') - D_T + D_T'`, where differences of
//!   D suffice, and the pairs of a spanning tree give those as well with
//!   `(A_T + A_T')(B_T - B_T')`.
//!
//! For k = 1 these are the two-row minors of n columns in n(n-1)/2 + n-1
//! products (derived here). Which rows form a block is chosen by the number
//! of products, over intervals of the rows as given.

use std::collections::{BTreeMap, BTreeSet};

use crate::exact::Rational;
use crate::model::Polynomial;
use crate::simplify::decomposition::{Decomposition, Fact, Product};

/// A choice of columns, a bit each.
pub type Columns = u32;

/// The minors of a block of rows that are not zero.
pub type Minors = BTreeMap<Columns, Polynomial>;

/// Matrices with more rows are left alone.
pub const ROWS: usize = 9;

/// A determinant with the facts that compute it from its entries.
pub struct Determinant {
    /// Its value.
    pub value: Polynomial,
    /// How it and all minors on the way are computed.
    pub facts: Vec<Fact>,
}

/// The determinant of a square matrix. `None` where more than `terms` terms
/// would have to be held, or the matrix is too large or singular.
pub fn determinant(matrix: &[Vec<Polynomial>], terms: usize) -> Option<Determinant> {
    let n = matrix.len();
    if n == 0 || n > ROWS || matrix.iter().any(|row| row.len() != n) {
        return None;
    }
    let splits = splits(matrix);
    let mut facts = Vec::new();
    let mut left = terms;
    let minors = block(matrix, 0, n, &splits, &mut facts, &mut left)?;
    let (_, value) = minors.into_iter().next()?;
    Some(Determinant { value, facts })
}

impl Determinant {
    /// The facts, the last for a core that is a multiple of the determinant
    /// up to affine terms; `None` where it is not.
    pub fn facts_of_multiple(self, core: &Polynomial) -> Option<Vec<Fact>> {
        let mut facts = self.facts;
        let scale = &core.terms().first()?.1 / &self.value.terms().first()?.1;
        let affine = core - &self.value.scaled(&scale);
        if !affine.is_affine() {
            return None;
        }
        // The last fact is the determinant's.
        let last = facts.last_mut()?;
        let Decomposition { products, rest } = &mut last.decomposition;
        for coefficient in products.iter_mut().map(|(c, _)| c).chain(rest.iter_mut().map(|(c, _)| c)) {
            *coefficient *= &scale;
        }
        if !affine.is_zero() {
            rest.push((Rational::ONE, affine));
        }
        last.target = core.clone();
        Some(facts)
    }
}

/// The row of a matrix as a block.
pub fn row(entries: &[Polynomial]) -> Minors {
    let nonzero = entries.iter().enumerate().filter(|(_, entry)| !entry.is_zero());
    nonzero.map(|(at, entry)| (1 << at, entry.clone())).collect()
}

/// Where each interval of rows is split for the fewest products.
fn splits(matrix: &[Vec<Polynomial>]) -> BTreeMap<(usize, usize), usize> {
    let n = matrix.len();
    let mut best: BTreeMap<(usize, usize), (usize, BTreeSet<Columns>)> = BTreeMap::new();
    let mut splits = BTreeMap::new();
    for (at, entries) in matrix.iter().enumerate() {
        best.insert((at, at + 1), (0, row(entries).into_keys().collect()));
    }
    for length in 2..=n {
        for from in 0..=n - length {
            let to = from + length;
            let mut least: Option<(usize, usize, BTreeSet<Columns>)> = None;
            for split in from + 1..to {
                let ((a, upper), (b, lower)) = (&best[&(from, split)], &best[&(split, to)]);
                let pairing = Pairing::new(upper, lower, split - from, to - split);
                let cost = a + b + pairing.products();
                if least.as_ref().is_none_or(|(known, ..)| cost < *known) {
                    least = Some((cost, split, pairing.targets.into_keys().collect()));
                }
            }
            let (cost, split, targets) = least.expect("a longer interval can be split");
            best.insert((from, to), (cost, targets));
            splits.insert((from, to), split);
        }
    }
    splits
}

fn block(
    matrix: &[Vec<Polynomial>],
    from: usize,
    to: usize,
    splits: &BTreeMap<(usize, usize), usize>,
    facts: &mut Vec<Fact>,
    terms: &mut usize,
) -> Option<Minors> {
    if to - from == 1 {
        return Some(row(&matrix[from]));
    }
    let split = splits[&(from, to)];
    let upper = block(matrix, from, split, splits, facts, terms)?;
    let lower = block(matrix, split, to, splits, facts, terms)?;
    combine(&upper, &lower, facts, terms)
}

/// How the minors of two halves meet.
struct Pairing {
    /// For each choice of columns the products that it needs: both choices,
    /// whether the sign is negative.
    targets: BTreeMap<Columns, Vec<(Columns, Columns, bool)>>,
    /// Pairs T < T' that come both ways round; empty where that saves nothing.
    pairs: BTreeSet<(Columns, Columns)>,
    /// The parent in a spanning forest of the pairs, for choices that are no root.
    parents: BTreeMap<Columns, Columns>,
    /// All choices in pairs.
    vertices: BTreeSet<Columns>,
    odd: bool,
}

impl Pairing {
    fn new(upper: &BTreeSet<Columns>, lower: &BTreeSet<Columns>, rows: usize, others: usize) -> Pairing {
        let mut targets: BTreeMap<Columns, Vec<(Columns, Columns, bool)>> = BTreeMap::new();
        for &a in upper {
            for &b in lower.iter().filter(|&&b| a & b == 0) {
                targets.entry(a | b).or_default().push((a, b, negative(a, b)));
            }
        }
        let mut pairs = BTreeSet::new();
        if rows == others {
            let both: Vec<Columns> = upper.intersection(lower).copied().collect();
            for (at, &a) in both.iter().enumerate() {
                pairs.extend(both[at + 1..].iter().filter(|&&b| a & b == 0).map(|&b| (a, b)));
            }
        }
        let mut pairing = Pairing {
            targets,
            vertices: pairs.iter().flat_map(|&(a, b)| [a, b]).collect(),
            pairs,
            parents: BTreeMap::new(),
            odd: rows % 2 == 1,
        };
        pairing.grow_forest();
        if pairing.pairs.len() <= pairing.diagonal() {
            pairing.pairs.clear();
            pairing.vertices.clear();
            pairing.parents.clear();
        }
        pairing
    }

    fn grow_forest(&mut self) {
        let mut reached: BTreeSet<Columns> = BTreeSet::new();
        for &root in &self.vertices {
            let mut waiting = vec![root];
            if !reached.insert(root) {
                continue;
            }
            while let Some(at) = waiting.pop() {
                for &next in &self.vertices {
                    let linked = self.pairs.contains(&(at.min(next), at.max(next)));
                    if linked && reached.insert(next) {
                        self.parents.insert(next, at);
                        waiting.insert(0, next);
                    }
                }
            }
        }
    }

    /// The products for what the pairs share.
    fn diagonal(&self) -> usize {
        if self.odd { self.parents.len() } else { self.vertices.len() }
    }

    fn products(&self) -> usize {
        let single: usize = self.targets.values().map(Vec::len).sum();
        single - self.pairs.len() + if self.pairs.is_empty() { 0 } else { self.diagonal() }
    }
}

/// Whether bringing the columns of `a` before those of `b` is odd.
fn negative(a: Columns, b: Columns) -> bool {
    let mut crossings = 0;
    let mut left = b;
    while left != 0 {
        crossings += (a >> left.trailing_zeros()).count_ones();
        left &= left - 1;
    }
    crossings % 2 == 1
}

/// The minors of the rows of two blocks, with their facts. `None` where
/// more than `terms` terms would have to be held.
pub fn combine(upper: &Minors, lower: &Minors, facts: &mut Vec<Fact>, terms: &mut usize) -> Option<Minors> {
    let rows = |minors: &Minors| minors.keys().next().map(|columns| columns.count_ones() as usize);
    let pairing =
        Pairing::new(&upper.keys().copied().collect(), &lower.keys().copied().collect(), rows(upper)?, rows(lower)?);
    // What the pairs share: D_T, or the difference of D_T and its root's.
    let mut shared: BTreeMap<Columns, Polynomial> = BTreeMap::new();
    let half = Rational::new(1, 2);
    for &at in &pairing.vertices {
        if !pairing.odd {
            shared.insert(at, &upper[&at] * &lower[&at]);
            facts.push(fact(&shared[&at], vec![(Rational::ONE, pair(&upper[&at], &lower[&at]))], vec![]));
            continue;
        }
        // From the root down, so that the parent's is there.
        let mut path = vec![at];
        while let Some(&parent) = pairing.parents.get(path.last().expect("the path is not empty")) {
            path.push(parent);
        }
        for &next in path.iter().rev().filter(|&&next| !shared.contains_key(&next)).collect::<Vec<_>>() {
            let Some(parent) = pairing.parents.get(&next) else {
                shared.insert(next, Polynomial::zero());
                continue;
            };
            let (plus, minus) = exchanged(upper, lower, next, *parent, facts);
            let step = &(&upper[&next] * &lower[&next]) - &(&upper[parent] * &lower[parent]);
            facts.push(fact(&step, vec![(half.clone(), plus), (half.clone(), minus)], vec![]));
            let known = shared[parent].clone();
            let value = &step + &known;
            if !known.is_zero() {
                facts.push(fact(&value, vec![], vec![(Rational::ONE, step), (Rational::ONE, known)]));
            }
            shared.insert(next, value);
        }
    }
    let mut minors = Minors::new();
    for (&columns, parts) in &pairing.targets {
        let mut products: Vec<(Rational, Product)> = Vec::new();
        let mut rest: Vec<(Rational, Polynomial)> = Vec::new();
        for &(a, b, is_negative) in parts {
            let sign = if is_negative { Rational::MINUS_ONE } else { Rational::ONE };
            if !pairing.pairs.contains(&(a.min(b), a.max(b))) {
                products.push((sign, pair(&upper[&a], &lower[&b])));
            } else if pairing.odd && pairing.parents.get(&a) == Some(&b) {
                let (plus, minus) = exchanged(upper, lower, a, b, facts);
                products.push((&half * &sign, plus));
                products.push((-(&half * &sign), minus));
            } else if pairing.odd && pairing.parents.get(&b) != Some(&a) && a < b {
                products.push((sign.clone(), exchanged(upper, lower, a, b, facts).0));
                rest.push((-sign.clone(), shared[&a].clone()));
                rest.push((sign, shared[&b].clone()));
            } else if !pairing.odd && a < b {
                let left = sum(&upper[&a], &upper[&b], Rational::ONE, facts);
                products.push((sign.clone(), pair(&left, &sum(&lower[&a], &lower[&b], Rational::ONE, facts))));
                rest.push((-sign.clone(), shared[&a].clone()));
                rest.push((-sign, shared[&b].clone()));
            }
        }
        rest.retain(|(_, part)| !part.is_zero());
        let value = parts.iter().fold(Polynomial::zero(), |sum, &(a, b, is_negative)| {
            let product = &upper[&a] * &lower[&b];
            if is_negative { &sum - &product } else { &sum + &product }
        });
        *terms = terms.checked_sub(value.len())?;
        if value.is_zero() {
            continue;
        }
        facts.push(fact(&value, products, rest));
        minors.insert(columns, value);
    }
    Some(minors)
}

/// `(A_T - A_T')(B_T + B_T')` and `(A_T + A_T')(B_T - B_T')`
fn exchanged(upper: &Minors, lower: &Minors, one: Columns, two: Columns, facts: &mut Vec<Fact>) -> (Product, Product) {
    let mut sums = |minors: &Minors, sign| sum(&minors[&one], &minors[&two], sign, facts);
    let (minus, plus) = (Rational::MINUS_ONE, Rational::ONE);
    (pair(&sums(upper, minus.clone()), &sums(lower, plus.clone())), pair(&sums(upper, plus), &sums(lower, minus)))
}

/// `one + sign * two`, with the fact that it is this sum.
fn sum(one: &Polynomial, two: &Polynomial, sign: Rational, facts: &mut Vec<Fact>) -> Polynomial {
    let decomposition =
        Decomposition { products: Vec::new(), rest: vec![(Rational::ONE, one.clone()), (sign, two.clone())] };
    let target = decomposition.expand();
    if !target.is_affine() {
        facts.push(Fact { target: target.clone(), decomposition });
    }
    target
}

fn pair(left: &Polynomial, right: &Polynomial) -> Product {
    Product::Pair(left.clone(), right.clone())
}

fn fact(target: &Polynomial, products: Vec<(Rational, Product)>, rest: Vec<(Rational, Polynomial)>) -> Fact {
    let (zero, products): (Vec<_>, Vec<_>) = products
        .into_iter()
        .partition(|(_, product)| matches!(product, Product::Pair(a, b) if a.is_zero() || b.is_zero()));
    drop(zero);
    Fact { target: target.clone(), decomposition: Decomposition { products, rest } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Variable;
    use proptest::prelude::*;

    fn leibniz(matrix: &[Vec<Polynomial>]) -> Polynomial {
        if matrix.len() == 1 {
            return matrix[0][0].clone();
        }
        (0..matrix.len()).fold(Polynomial::zero(), |sum, column| {
            let minor: Vec<Vec<Polynomial>> = matrix[1..]
                .iter()
                .map(|row| row.iter().enumerate().filter(|(at, _)| *at != column).map(|(_, p)| p.clone()).collect())
                .collect();
            let part = &matrix[0][column] * &leibniz(&minor);
            if column % 2 == 0 { &sum + &part } else { &sum - &part }
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        /// Matrices with zeros, constants and repeated entries.
        #[test]
        fn determinants_are_right(n in 2usize..6, entries in proptest::collection::vec(0usize..12, 25)) {
            let matrix: Vec<Vec<Polynomial>> = (0..n).map(|i| (0..n).map(|j| match entries[5 * i + j] {
                0 => Polynomial::zero(),
                1 => Polynomial::constant(Rational::from(2)),
                k => &Polynomial::variable(Variable::real(k)) + &Polynomial::constant(Rational::from(k as i64 % 3)),
            }).collect()).collect();
            let expected = leibniz(&matrix);
            match determinant(&matrix, 1_000_000) {
                None => prop_assert!(expected.is_zero()),
                Some(found) => {
                    prop_assert_eq!(found.value, expected);
                    for fact in found.facts {
                        prop_assert_eq!(fact.decomposition.expand(), fact.target);
                    }
                }
            }
        }
    }
}
