//! Sums `sum of a_i b_j r_k T_ijk`: linear in two groups of variables.
//!
//! With the third factors a basis r_k of the cofactors of `a_i b_j`, T is a
//! tensor, and each way to write it with few terms of rank one,
//! `sum over t of (u_t a)(v_t b)(w_t r)`, gives three plans: the products of
//! two of the three forms for every t, then one product for each element of
//! the third. So `perm3` takes 4 + 3 products, the trace of a product of three
//! 2 x 2 matrices 7 + 4 (Strassen), and the determinant of four rows 9 + 4
//! after the minors of two of them (derived here). Cofactors that are bilinear
//! in two more groups get the same treatment.
//!
//! Scales of the variables are taken out first: they are chosen such that the
//! entries of T have no prime factors, where that is possible.

use std::collections::{BTreeMap, BTreeSet};

use crate::algebra::linear::{Echelon, row};
use crate::algebra::rank_one::{self, Matrix, RankOne};
use crate::algebra::span::{Inserted, Span};
use crate::exact::Rational;
use crate::model::{Kind, Monomial, Polynomial, Variable};
use crate::simplify::decomposition::{Decomposition, Fact, Product};

/// Cores with more terms or variables are left alone.
const TERMS: usize = 600;
const VARIABLES: usize = 30;
/// Groups have at most this many variables.
const GROUP: usize = 6;
/// Pairs of groups that are tried.
const PAIRS: usize = 6;

/// The plans of each pair of groups that saves products.
pub fn plans(core: &Polynomial) -> Vec<Vec<Fact>> {
    let variables = core.variables();
    let eligible = core.degree() >= 3 && core.len() >= 4 && core.len() <= TERMS && variables.len() <= VARIABLES;
    if !eligible || variables.iter().any(|variable| variable.kind() != Kind::Real) {
        return Vec::new();
    }
    let groups = groups(core, &variables);
    let mut pairs: Vec<(usize, usize, usize)> = Vec::new();
    for one in 0..groups.len() {
        for two in one + 1..groups.len() {
            if groups[one].is_disjoint(&groups[two]) {
                let covered = core
                    .terms()
                    .iter()
                    .filter(|(monomial, _)| count(monomial, &groups[one]) == 1 && count(monomial, &groups[two]) == 1);
                pairs.push((covered.count(), one, two));
            }
        }
    }
    pairs.retain(|(covered, ..)| 2 * covered >= core.len());
    pairs.sort_by_key(|&(covered, one, two)| (usize::MAX - covered, one, two));
    pairs.truncate(PAIRS);
    let mut plans = Vec::new();
    for (_, one, two) in pairs {
        plans.extend(Tensor::of(core, &groups[one], &groups[two]).map(|tensor| tensor.plans(core)).unwrap_or_default());
    }
    plans
}

/// How many factors of a monomial are in a group, with multiplicity.
fn count(monomial: &Monomial, group: &BTreeSet<Variable>) -> u32 {
    monomial.factors().iter().filter(|f| group.contains(&f.variable)).map(|f| f.exponent as u32).sum()
}

/// Groups of variables that never meet in a term, maximal, those that most
/// terms have a member of first.
fn groups(core: &Polynomial, variables: &[Variable]) -> Vec<BTreeSet<Variable>> {
    let mut meet: BTreeMap<Variable, BTreeSet<Variable>> = BTreeMap::new();
    for (monomial, _) in core.terms() {
        for a in monomial.factors() {
            for b in monomial.factors().iter().filter(|b| b.variable != a.variable || b.exponent > 1) {
                meet.entry(a.variable).or_default().insert(b.variable);
            }
        }
    }
    let apart = |a: Variable, b: Variable| a != b && !meet.get(&a).is_some_and(|met| met.contains(&b));
    let mut all: BTreeSet<BTreeSet<Variable>> = BTreeSet::new();
    for &first in variables.iter().filter(|&&v| !meet.get(&v).is_some_and(|met| met.contains(&v))) {
        for &second in variables.iter().filter(|&&v| apart(first, v)) {
            let mut group = BTreeSet::from([first, second]);
            for &third in variables {
                if group.iter().all(|&member| apart(member, third)) {
                    group.insert(third);
                }
            }
            if group.len() <= GROUP {
                all.insert(group);
            }
        }
    }
    let mut sorted: Vec<BTreeSet<Variable>> = all.into_iter().collect();
    let covered =
        |group: &BTreeSet<Variable>| core.terms().iter().filter(|(monomial, _)| count(monomial, group) == 1).count();
    sorted.sort_by_key(|group| usize::MAX - covered(group));
    sorted.truncate(12);
    sorted
}

struct Tensor {
    left: Vec<Polynomial>,
    right: Vec<Polynomial>,
    third: Vec<Polynomial>,
    slices: Vec<Matrix>,
    apart: Polynomial,
}

impl Tensor {
    /// The tensor of a core over two groups, with the variables scaled.
    fn of(core: &Polynomial, one: &BTreeSet<Variable>, two: &BTreeSet<Variable>) -> Option<Tensor> {
        let mut cofactors: BTreeMap<(Variable, Variable), Vec<(Monomial, Rational)>> = BTreeMap::new();
        let mut apart = Vec::new();
        for (monomial, coefficient) in core.terms() {
            let member = |group: &BTreeSet<Variable>| {
                (count(monomial, group) == 1)
                    .then(|| monomial.factors().iter().find(|f| group.contains(&f.variable)).map(|f| f.variable))?
            };
            match (member(one), member(two)) {
                (Some(a), Some(b)) => {
                    let rest = monomial.without(a).without(b);
                    cofactors.entry((a, b)).or_default().push((rest, coefficient.clone()));
                }
                _ => apart.push((monomial.clone(), coefficient.clone())),
            }
        }
        let (one, two): (Vec<Variable>, Vec<Variable>) = (one.iter().copied().collect(), two.iter().copied().collect());
        let mut span = Span::default();
        let mut third: Vec<Polynomial> = Vec::new();
        let mut entries: Vec<(usize, usize, usize, Rational)> = Vec::new();
        let mut sorted: Vec<_> =
            cofactors.into_iter().map(|(place, terms)| (place, Polynomial::from_terms(terms))).collect();
        sorted.sort_by(|a, b| a.1.len().cmp(&b.1.len()).then(a.0.cmp(&b.0)));
        for ((a, b), cofactor) in sorted {
            let (i, j) = (one.binary_search(&a).ok()?, two.binary_search(&b).ok()?);
            match span.insert(&cofactor, |_| true)? {
                Inserted::Independent => {
                    entries.push((i, j, third.len(), Rational::ONE));
                    third.push(cofactor);
                }
                Inserted::Dependent(relation) => {
                    entries.extend(relation?.into_iter().map(|(k, coefficient)| (i, j, k, coefficient)));
                }
            }
        }
        let variable = |&variable: &Variable| Polynomial::variable(variable);
        let mut tensor = Tensor {
            left: one.iter().map(variable).collect(),
            right: two.iter().map(variable).collect(),
            third,
            slices: Vec::new(),
            apart: Polynomial::from_terms(apart),
        };
        tensor.balance(&mut entries);
        tensor.slices = vec![vec![vec![Rational::ZERO; two.len()]; one.len()]; tensor.third.len()];
        for (i, j, k, value) in entries {
            tensor.slices[k][i][j] = value;
        }
        Some(tensor)
    }

    /// Scales the three bases such that the entries are free of primes.
    fn balance(&mut self, entries: &mut [(usize, usize, usize, Rational)]) {
        let scales = scales(entries, [self.left.len(), self.right.len(), self.third.len()]);
        let sides = [&mut self.left, &mut self.right, &mut self.third];
        for (side, scales) in sides.into_iter().zip(&scales) {
            for (polynomial, scale) in side.iter_mut().zip(scales) {
                *polynomial = polynomial.scaled(scale);
            }
        }
        for (i, j, k, value) in entries {
            *value = &*value / &(&(&scales[0][*i] * &scales[1][*j]) * &scales[2][*k]);
        }
    }

    /// The plans of a decomposition with fewer terms than the tensor has in
    /// the best of the orders without one.
    fn plans(&self, core: &Polynomial) -> Vec<Vec<Fact>> {
        let nonzero = |i: usize, j: usize| self.slices.iter().any(|slice| !slice[i][j].is_zero());
        let simple = (0..self.left.len())
            .flat_map(|i| (0..self.right.len()).map(move |j| (i, j)))
            .filter(|&(i, j)| nonzero(i, j))
            .count();
        if self.third.len() < 2 || simple < 4 {
            return Vec::new();
        }
        let Some(found) = rank_one::decompose(&self.slices, simple) else { return Vec::new() };
        let cofactors = family(&self.third);
        let terms = Terms { tensor: self, found };
        (0..3)
            .map(|outer| {
                let mut facts = terms.facts(core, outer);
                facts.extend(cofactors.iter().cloned());
                facts
            })
            .collect()
    }
}

/// Scales for the three indices such that the entries divided by them have no
/// prime factors: a linear system for the exponents of each prime. Primes
/// whose system has no solution in integers are left.
fn scales(entries: &[(usize, usize, usize, Rational)], sizes: [usize; 3]) -> [Vec<Rational>; 3] {
    let mut scales = sizes.map(|size| vec![Rational::ONE; size]);
    let unknowns: usize = sizes.iter().sum();
    let values: Vec<&Rational> = entries.iter().map(|(.., value)| value).collect();
    for prime in primes(&values) {
        let mut echelon = Echelon::default();
        for (i, j, k, value) in entries {
            let columns = [*i, sizes[0] + j, sizes[0] + sizes[1] + k];
            let right = Rational::from(value.valuation(prime));
            echelon.insert(row(columns.map(|column| (column, Rational::ONE)).into_iter().chain([(unknowns, right)])));
        }
        let Some(exponents) = echelon.solution(unknowns) else { continue };
        let Some(exponents) = exponents.iter().map(Rational::to_i64).collect::<Option<Vec<i64>>>() else { continue };
        let base = Rational::from(prime);
        let mut exponents = exponents.into_iter();
        for side in &mut scales {
            for (scale, exponent) in side.iter_mut().zip(&mut exponents) {
                let power = base.pow(exponent.unsigned_abs().min(64) as u32);
                *scale *= &(if exponent < 0 { power.recip() } else { power });
            }
        }
    }
    scales
}

/// The small primes in numerators and denominators.
fn primes(values: &[&Rational]) -> Vec<i64> {
    let mut found = BTreeSet::new();
    for value in values {
        let (numerator, denominator) = value.parts();
        for part in [i64::try_from(numerator), i64::try_from(denominator)] {
            let Ok(mut left) = part.map(i64::unsigned_abs) else { continue };
            let mut prime = 2;
            while left > 1 && prime < 2_000 {
                while left.is_multiple_of(prime) {
                    left /= prime;
                    found.insert(prime as i64);
                }
                prime += 1;
            }
            if left > 1 && left < 2_000 * 2_000 {
                found.insert(left as i64);
            }
        }
    }
    found.into_iter().collect()
}

struct Terms<'a> {
    tensor: &'a Tensor,
    found: RankOne,
}

impl Terms<'_> {
    /// The facts that multiply the forms of two sides for each term, and then
    /// the elements of the side `outer`.
    fn facts(&self, core: &Polynomial, outer: usize) -> Vec<Fact> {
        let RankOne { pairs, coefficients } = &self.found;
        let weight = |side: usize, term: usize, element: usize| match side {
            0 => &pairs[term].0[element],
            1 => &pairs[term].1[element],
            _ => &coefficients[element][term],
        };
        let sides = [&self.tensor.left, &self.tensor.right, &self.tensor.third];
        let form = |side: usize, term: usize| {
            let parts = sides[side].iter().enumerate();
            parts.fold(Polynomial::zero(), |sum, (at, part)| &sum + &part.scaled(weight(side, term, at)))
        };
        let inner: Vec<usize> = (0..3).filter(|&side| side != outer).collect();
        let products: Vec<Product> =
            (0..pairs.len()).map(|term| Product::Pair(form(inner[0], term), form(inner[1], term))).collect();
        // Forms of the cofactors are sums of them, and not goals of their own.
        let mut facts: Vec<Fact> = (0..pairs.len())
            .filter(|_| outer != 2)
            .map(|term| {
                let parts = sides[2].iter().enumerate().map(|(at, part)| (weight(2, term, at).clone(), part.clone()));
                let rest: Vec<_> = parts.filter(|(c, _)| !c.is_zero()).collect();
                Fact { target: form(2, term), decomposition: Decomposition { products: Vec::new(), rest } }
            })
            .filter(|fact| fact.decomposition.rest.len() > 1 && !fact.target.is_affine())
            .collect();
        let mut whole = Decomposition::default();
        for (at, element) in sides[outer].iter().enumerate() {
            let sum = Decomposition {
                products: products
                    .iter()
                    .enumerate()
                    .filter(|(term, _)| !weight(outer, *term, at).is_zero())
                    .map(|(term, product)| (weight(outer, term, at).clone(), product.clone()))
                    .collect(),
                rest: Vec::new(),
            };
            let target = sum.expand();
            if target.is_zero() {
                continue;
            }
            // An affine one is free: it comes of a constant cofactor.
            if !target.is_affine() {
                facts.push(Fact { target: target.clone(), decomposition: sum });
            }
            match element.as_constant() {
                Some(constant) => whole.rest.push((constant, target)),
                None => whole.products.push((Rational::ONE, Product::Pair(element.clone(), target))),
            }
        }
        if !self.tensor.apart.is_zero() {
            whole.rest.push((Rational::ONE, self.tensor.apart.clone()));
        }
        facts.push(Fact { target: core.clone(), decomposition: whole });
        facts
    }
}

/// The facts of a family of polynomials that are all bilinear in the same two
/// groups of variables, by matrices of rank one.
pub fn family(polynomials: &[Polynomial]) -> Vec<Fact> {
    if polynomials.len() < 2 || polynomials.iter().any(|p| p.degree() != 2 || !p.affine_part().is_zero()) {
        return Vec::new();
    }
    let Some((one, two)) = sides(polynomials) else { return Vec::new() };
    let mut entries = Vec::new();
    for (k, polynomial) in polynomials.iter().enumerate() {
        for (monomial, coefficient) in polynomial.terms() {
            let [a, b] = monomial.factors() else { return Vec::new() };
            let place = |group: &[Variable]| {
                group.binary_search(&a.variable).or_else(|_| group.binary_search(&b.variable)).ok()
            };
            let (Some(i), Some(j)) = (place(&one), place(&two)) else { return Vec::new() };
            entries.push((i, j, k, coefficient.clone()));
        }
    }
    let scales = scales(&entries, [one.len(), two.len(), polynomials.len()]);
    let mut slices = vec![vec![vec![Rational::ZERO; two.len()]; one.len()]; polynomials.len()];
    let mut simple = BTreeSet::new();
    for (i, j, k, value) in &entries {
        slices[*k][*i][*j] = value / &(&(&scales[0][*i] * &scales[1][*j]) * &scales[2][*k]);
        simple.insert((*i, *j));
    }
    let Some(found) = rank_one::decompose(&slices, simple.len()) else { return Vec::new() };
    let form = |group: &[Variable], scales: &[Rational], vector: &[Rational]| {
        Polynomial::from_terms(group.iter().zip(scales).zip(vector).map(|((&v, s), c)| (Monomial::variable(v), s * c)))
    };
    let facts =
        polynomials.iter().zip(&found.coefficients).zip(&scales[2]).map(|((target, line), scale)| {
            let products =
                found.pairs.iter().zip(line).filter(|(_, c)| !c.is_zero()).map(|((u, v), c)| {
                    (c * scale, Product::Pair(form(&one, &scales[0], u), form(&two, &scales[1], v)))
                });
            let decomposition = Decomposition { products: products.collect(), rest: Vec::new() };
            Fact { target: target.clone(), decomposition }
        });
    facts.collect()
}

/// Two groups such that every term has one variable of each.
fn sides(polynomials: &[Polynomial]) -> Option<(Vec<Variable>, Vec<Variable>)> {
    let mut edges: Vec<(Variable, Variable)> = Vec::new();
    for (monomial, _) in polynomials.iter().flat_map(Polynomial::terms) {
        let [a, b] = monomial.factors() else { return None };
        edges.push((a.variable, b.variable));
    }
    let mut side: BTreeMap<Variable, bool> = BTreeMap::new();
    // Colour the graph of pairs, component by component.
    while let Some(&(start, _)) = edges.iter().find(|(a, _)| !side.contains_key(a)) {
        side.insert(start, false);
        let mut grown = true;
        while grown {
            grown = false;
            for &(a, b) in &edges {
                for (from, to) in [(a, b), (b, a)] {
                    if let Some(&colour) = side.get(&from) {
                        match side.insert(to, !colour) {
                            None => grown = true,
                            Some(known) if known == colour => return None,
                            Some(_) => {}
                        }
                    }
                }
            }
        }
    }
    let of = |wanted: bool| side.iter().filter(|(_, colour)| **colour == wanted).map(|(&v, _)| v).collect();
    Some((of(false), of(true)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20))]
        #[test]
        fn facts_are_sound(
            terms in proptest::collection::vec((0usize..3, 0usize..3, 0usize..4, 1i64..6), 4..12),
            outside in -3i64..4,
        ) {
            let x = |slot: usize| Polynomial::variable(Variable::real(slot));
            let core = terms.iter().fold(x(1).pow(3).scaled(&Rational::from(outside)), |sum, &(a, b, c, value)| {
                let product = &(&x(a) * &x(10 + b)) * &x(5 + c);
                &sum + &product.scaled(&Rational::from(value))
            });
            for fact in plans(&core).into_iter().flatten() {
                prop_assert_eq!(fact.decomposition.expand(), fact.target);
            }
        }
    }
}
