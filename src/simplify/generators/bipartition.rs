//! Products of sums across a bipartition of the variables.
//!
//! With the variables in two sets U and V, `p = sum over k of f_k(U) g_k(V)`
//! with as many products as the rank of the matrix whose rows are monomials
//! of U, columns monomials of V and entries coefficients; the terms in U or V
//! alone are apart, so the row and the column of 1 are free. The factors are
//! taken from the matrix itself (rows of a maximal independent set, and the
//! combinations for the others), so they are as sparse as it is.
//!
//! Bipartitions are tried by groups of variables: first variables that never
//! meet in a term (the rows of a determinant, the fields of two species), then
//! single variables against the rest are left to Horner's rule.

use std::collections::{BTreeMap, BTreeSet};

use crate::algebra::span::{Inserted, Span};
use crate::exact::Rational;
use crate::model::{Kind, Monomial, Polynomial, Variable};
use crate::simplify::decomposition::{Decomposition, Fact, Product};

/// Cores with more terms or variables are left to other generators.
const TERMS: usize = 3_000;
const VARIABLES: usize = 24;
/// Bipartitions tried for a core.
const TRIES: usize = 40;

/// A plan for each bipartition whose rank is small enough to be of interest.
pub fn plans(core: &Polynomial) -> Vec<Vec<Fact>> {
    let variables = core.variables();
    if core.len() < 4
        || core.len() > TERMS
        || variables.len() < 4
        || variables.len() > VARIABLES
        || variables.iter().any(|variable| variable.kind() != Kind::Real)
    {
        return Vec::new();
    }
    let mut found: Vec<(usize, Vec<Fact>)> = Vec::new();
    for side in sides(core, &variables) {
        let limit = found.first().map_or(core.len() / 2 + 1, |(products, _)| products + 2);
        if let Some(fact) = split(core, &side, limit) {
            found.push((fact.decomposition.products.len(), vec![fact]));
            found.sort_by_key(|(products, _)| *products);
            found.truncate(6);
        }
    }
    found.into_iter().map(|(_, plan)| plan).collect()
}

/// Sets of variables to set against the others.
fn sides(core: &Polynomial, variables: &[Variable]) -> Vec<BTreeSet<Variable>> {
    // Groups of variables that never meet in a term, greedily.
    let mut meet: BTreeMap<Variable, BTreeSet<Variable>> = BTreeMap::new();
    for (monomial, _) in core.terms() {
        for a in monomial.factors() {
            for b in monomial.factors() {
                meet.entry(a.variable).or_default().insert(b.variable);
            }
        }
    }
    let mut families: Vec<Vec<BTreeSet<Variable>>> = Vec::new();
    for start in 0..variables.len().min(6) {
        let mut groups: Vec<BTreeSet<Variable>> = Vec::new();
        for at in 0..variables.len() {
            let variable = variables[(start + at) % variables.len()];
            let apart = |group: &&mut BTreeSet<Variable>| {
                group.iter().all(|other| *other == variable || !meet[&variable].contains(other))
            };
            match groups.iter_mut().find(apart) {
                Some(group) => {
                    group.insert(variable);
                }
                None => groups.push(BTreeSet::from([variable])),
            }
        }
        families.push(groups);
    }
    let mut all: Vec<BTreeSet<Variable>> = Vec::new();
    let mut add = |side: BTreeSet<Variable>| {
        let other: BTreeSet<Variable> = variables.iter().copied().filter(|v| !side.contains(v)).collect();
        let trivial = side.len() < 2 || other.len() < 2;
        if !trivial && !all.contains(&side) && !all.contains(&other) && all.len() < TRIES {
            all.push(side);
        }
    };
    for groups in &families {
        // Every choice of some of at most six groups.
        let count = groups.len().min(6);
        for mask in 1u32..(1 << count) - 1 {
            add((0..count).filter(|&at| mask >> at & 1 == 1).flat_map(|at| groups[at].iter().copied()).collect());
        }
    }
    // Each variable with those it meets most often.
    for &variable in variables {
        let near = variables.iter().copied().filter(|other| meet[&variable].contains(other)).collect();
        add(near);
    }
    all
}

/// The decomposition over one bipartition, if its rank is at most `limit`.
fn split(core: &Polynomial, side: &BTreeSet<Variable>, limit: usize) -> Option<Fact> {
    // Each row: a monomial of one side and its cofactor in the other.
    let mut rows: BTreeMap<Monomial, Vec<(Monomial, Rational)>> = BTreeMap::new();
    let mut apart: Vec<(Monomial, Rational)> = Vec::new();
    for (monomial, coefficient) in core.terms() {
        let (inside, outside): (Vec<_>, Vec<_>) =
            monomial.factors().iter().partition(|factor| side.contains(&factor.variable));
        if inside.is_empty() || outside.is_empty() {
            apart.push((monomial.clone(), coefficient.clone()));
        } else {
            let (u, v) = (Monomial::from_factors(inside), Monomial::from_factors(outside));
            rows.entry(u).or_default().push((v, coefficient.clone()));
        }
    }
    let mut rows: Vec<(Monomial, Polynomial)> =
        rows.into_iter().map(|(monomial, terms)| (monomial, Polynomial::from_terms(terms))).collect();
    rows.sort_by(|a, b| a.1.len().cmp(&b.1.len()).then_with(|| a.0.cmp(&b.0)));
    let mut span = Span::default();
    let mut right: Vec<Polynomial> = Vec::new();
    let mut left: Vec<Vec<(Monomial, Rational)>> = Vec::new();
    for (monomial, cofactor) in rows {
        match span.insert(&cofactor, |_| true)? {
            Inserted::Independent => {
                if right.len() == limit {
                    return None;
                }
                right.push(cofactor);
                left.push(vec![(monomial, Rational::ONE)]);
            }
            Inserted::Dependent(relation) => {
                for (at, coefficient) in relation? {
                    left[at].push((monomial.clone(), coefficient));
                }
            }
        }
    }
    let products = left
        .into_iter()
        .zip(right)
        .map(|(left, right)| (Rational::ONE, Product::Pair(Polynomial::from_terms(left), right)))
        .collect();
    let rest = Polynomial::from_terms(apart);
    let decomposition =
        Decomposition { products, rest: if rest.is_zero() { vec![] } else { vec![(Rational::ONE, rest)] } };
    // Exactly, since the relations were found modulo a prime.
    (decomposition.expand() == *core).then(|| Fact { target: core.clone(), decomposition })
}
