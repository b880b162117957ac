//! The determinant of a matrix of polynomials, by Laplace's expansion over
//! blocks of rows.
//!
//! The minors of a block of rows, one for each choice of columns, come from
//! those of two smaller blocks: `M_S = sum over T of (+-) A_T B_(S - T)`. Let A
//! have k rows and B no fewer. For a set R of further columns, each pair
//! {T, T'} of disjoint choices outside R brings
//! `A_T B_(T' R) + (-1)^k A_T' B_(T R)`, with the columns of B in this order,
//! which takes one product instead of two once the products
//! `D_T = A_T B_(T R)` are there:
//!
//! - k even: `(A_T + A_T')(B_(T R) + B_(T' R)) - D_T - D_T'`,
//! - k odd: `(A_T - A_T')(B_(T R) + B_(T' R)) - D_T + D_T'`, where differences
//!   of D suffice, and the pairs of a spanning tree give those as well with
//!   `(A_T + A_T')(B_(T R) - B_(T' R))`.
//!
//! So a set R saves as many products as its graph of pairs has independent
//! cycles (for k odd). Every product is in one pair at most, so sets are chosen
//! one after the other, those that save most first. The two-row minors of n
//! columns take n(n-1)/2 + n-1 products, and one row more on top of m-row minors
//! saves C(n-1, 3) for m = 2 (derived here). Which rows form a block is chosen
//! by the number of products, over intervals of the rows as given.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

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
                let (rows, others) = (split - from, to - split);
                let (small, large) = if rows <= others { (upper, lower) } else { (lower, upper) };
                let pairing = Pairing::new(small, large, rows.min(others), false);
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

/// A product `A_a B_b` of a minor of the smaller block and one of the other.
#[derive(Clone, Copy)]
struct Part {
    a: Columns,
    b: Columns,
    negative: bool,
}

/// Pairs of choices that meet beside the same further columns.
#[derive(Default)]
struct Group {
    /// The further columns.
    rest: Columns,
    /// Pairs T < T' that come both ways round.
    pairs: BTreeSet<(Columns, Columns)>,
    /// The parent in a spanning forest of the pairs, for choices that are no root.
    parents: BTreeMap<Columns, Columns>,
    /// All choices in pairs.
    vertices: BTreeSet<Columns>,
}

/// How the minors of two blocks meet, the smaller first.
struct Pairing {
    /// For each choice of columns the products that it needs.
    targets: BTreeMap<Columns, Vec<Part>>,
    groups: Vec<Group>,
    /// The group of each product that is in a pair.
    grouped: BTreeMap<(Columns, Columns), usize>,
    odd: bool,
}

impl Pairing {
    /// Enters: the choices of the smaller block of `rows` rows, those of the
    /// other, and whether exchanging the blocks has turned the sign.
    fn new(upper: &BTreeSet<Columns>, lower: &BTreeSet<Columns>, rows: usize, turned: bool) -> Pairing {
        let mut targets: BTreeMap<Columns, Vec<Part>> = BTreeMap::new();
        for &a in upper {
            for &b in lower.iter().filter(|&&b| a & b == 0) {
                let part = Part { a, b, negative: negative(a, b) != turned };
                targets.entry(a | b).or_default().push(part);
            }
        }
        let mut pairing = Pairing { targets, groups: Vec::new(), grouped: BTreeMap::new(), odd: rows % 2 == 1 };
        pairing.choose(upper, lower);
        pairing
    }

    /// Groups by what they save, the best first, each of the products that
    /// those before it have left.
    fn choose(&mut self, upper: &BTreeSet<Columns>, lower: &BTreeSet<Columns>) {
        let mut candidates: BTreeMap<Columns, BTreeSet<(Columns, Columns)>> = BTreeMap::new();
        for parts in self.targets.values() {
            for one in parts {
                // Its partners: the same columns with `a` and a part of `b` exchanged.
                for two in parts.iter().filter(|two| two.a > one.a && two.a & one.a == 0) {
                    let rest = one.b & !two.a;
                    // The products that pairs share must be there too.
                    if lower.contains(&(one.a | rest)) && lower.contains(&(two.a | rest)) && upper.contains(&two.a) {
                        candidates.entry(rest).or_default().insert((one.a, two.a));
                    }
                }
            }
        }
        // What a group saves only shrinks as products are taken, so the first
        // whose saving still holds is the best.
        let mut queue: BTreeSet<(Reverse<usize>, Columns)> = BTreeSet::new();
        for (&rest, pairs) in &candidates {
            let saved = Group::of(rest, pairs.clone(), self.odd).saved(self.odd);
            queue.insert((Reverse(saved), rest));
        }
        while let Some((Reverse(promised), rest)) = queue.pop_first() {
            if promised == 0 {
                break;
            }
            let free = |(a, b): &(Columns, Columns)| {
                [(*a, b | rest), (*b, a | rest)].iter().all(|product| !self.grouped.contains_key(product))
            };
            let pairs = candidates[&rest].iter().copied().filter(free).collect();
            let group = Group::of(rest, pairs, self.odd);
            let saved = group.saved(self.odd);
            if saved < promised {
                queue.insert((Reverse(saved), rest));
                continue;
            }
            for &(a, b) in &group.pairs {
                self.grouped.insert((a, b | rest), self.groups.len());
                self.grouped.insert((b, a | rest), self.groups.len());
            }
            self.groups.push(group);
        }
    }

    fn products(&self) -> usize {
        let single: usize = self.targets.values().map(Vec::len).sum();
        single - self.groups.iter().map(|group| group.saved(self.odd)).sum::<usize>()
    }
}

impl Group {
    /// The pairs that can save something, with their forest.
    fn of(rest: Columns, mut pairs: BTreeSet<(Columns, Columns)>, odd: bool) -> Group {
        // A choice in one pair alone shares nothing.
        loop {
            let mut degrees: BTreeMap<Columns, usize> = BTreeMap::new();
            for &(a, b) in &pairs {
                *degrees.entry(a).or_default() += 1;
                *degrees.entry(b).or_default() += 1;
            }
            let before = pairs.len();
            pairs.retain(|(a, b)| degrees[a] > 1 && degrees[b] > 1);
            if pairs.len() == before {
                break;
            }
        }
        let vertices = pairs.iter().flat_map(|&(a, b)| [a, b]).collect();
        let mut group = Group { rest, pairs, parents: BTreeMap::new(), vertices };
        group.grow_forest();
        if group.pairs.len() <= group.diagonal(odd) {
            group = Group { rest, ..Group::default() };
        }
        group
    }

    fn grow_forest(&mut self) {
        let mut linked: BTreeMap<Columns, Vec<Columns>> = BTreeMap::new();
        for &(a, b) in &self.pairs {
            linked.entry(a).or_default().push(b);
            linked.entry(b).or_default().push(a);
        }
        let mut reached: BTreeSet<Columns> = BTreeSet::new();
        for &root in &self.vertices {
            let mut waiting = VecDeque::from([root]);
            if !reached.insert(root) {
                continue;
            }
            while let Some(at) = waiting.pop_front() {
                for &next in &linked[&at] {
                    if reached.insert(next) {
                        self.parents.insert(next, at);
                        waiting.push_back(next);
                    }
                }
            }
        }
    }

    /// The products for what the pairs share.
    fn diagonal(&self, odd: bool) -> usize {
        if odd { self.parents.len() } else { self.vertices.len() }
    }

    fn saved(&self, odd: bool) -> usize {
        self.pairs.len() - if self.pairs.is_empty() { 0 } else { self.diagonal(odd) }
    }

    /// What the pairs share, with the facts: D_T for an even number of rows,
    /// the difference of D_T and its root's for an odd one.
    fn shared(
        &self,
        upper: &Minors,
        lower: &Minors,
        odd: bool,
        facts: &mut Vec<Fact>,
    ) -> BTreeMap<Columns, Polynomial> {
        let mut shared: BTreeMap<Columns, Polynomial> = BTreeMap::new();
        let half = Rational::new(1, 2);
        for &at in &self.vertices {
            if !odd {
                shared.insert(at, &upper[&at] * &lower[&at]);
                facts.push(fact(&shared[&at], vec![(Rational::ONE, pair(&upper[&at], &lower[&at]))], vec![]));
                continue;
            }
            // From the root down, so that the parent's is there.
            let mut path = vec![at];
            while let Some(&parent) = path.last().and_then(|last| self.parents.get(last)) {
                path.push(parent);
            }
            for next in path.into_iter().rev() {
                if shared.contains_key(&next) {
                    continue;
                }
                let Some(parent) = self.parents.get(&next) else {
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
        shared
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
    let (one, two) = (rows(upper)?, rows(lower)?);
    let (upper, lower) = if one <= two { (upper, lower) } else { (lower, upper) };
    let choices = |minors: &Minors| minors.keys().copied().collect();
    let pairing = Pairing::new(&choices(upper), &choices(lower), one.min(two), one > two && one * two % 2 == 1);
    let odd = pairing.odd;
    // For each group the minors of the larger block with the further columns
    // last, and what its pairs share.
    let mut groups: Vec<(Minors, BTreeMap<Columns, Polynomial>)> = Vec::new();
    for group in &pairing.groups {
        let minor = |&at: &Columns| {
            let minor = &lower[&(at | group.rest)];
            (at, if negative(at, group.rest) { -minor } else { minor.clone() })
        };
        let beside: Minors = group.vertices.iter().map(minor).collect();
        let shared = group.shared(upper, &beside, odd, facts);
        groups.push((beside, shared));
    }
    let half = Rational::new(1, 2);
    let mut minors = Minors::new();
    for (&columns, parts) in &pairing.targets {
        let mut products: Vec<(Rational, Product)> = Vec::new();
        let mut rest: Vec<(Rational, Polynomial)> = Vec::new();
        for &Part { a, b, negative: is_negative } in parts {
            let sign = |negative: bool| if negative { Rational::MINUS_ONE } else { Rational::ONE };
            let Some(&at) = pairing.grouped.get(&(a, b)) else {
                products.push((sign(is_negative), pair(&upper[&a], &lower[&b])));
                continue;
            };
            let (group, (beside, shared)) = (&pairing.groups[at], &groups[at]);
            let partner = b & !group.rest;
            let sign = sign(is_negative != negative(partner, group.rest));
            if odd && group.parents.get(&a) == Some(&partner) {
                let (plus, minus) = exchanged(upper, beside, a, partner, facts);
                products.push((&half * &sign, plus));
                products.push((-(&half * &sign), minus));
            } else if odd && group.parents.get(&partner) != Some(&a) && a < partner {
                products.push((sign.clone(), exchanged(upper, beside, a, partner, facts).0));
                rest.push((-sign.clone(), shared[&a].clone()));
                rest.push((sign, shared[&partner].clone()));
            } else if !odd && a < partner {
                let left = sum(&upper[&a], &upper[&partner], Rational::ONE, facts);
                let right = sum(&beside[&a], &beside[&partner], Rational::ONE, facts);
                products.push((sign.clone(), pair(&left, &right)));
                rest.push((-sign.clone(), shared[&a].clone()));
                rest.push((-sign, shared[&partner].clone()));
            }
        }
        rest.retain(|(_, part)| !part.is_zero());
        let value = parts.iter().fold(Polynomial::zero(), |sum, part| {
            let product = &upper[&part.a] * &lower[&part.b];
            if part.negative { &sum - &product } else { &sum + &product }
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
