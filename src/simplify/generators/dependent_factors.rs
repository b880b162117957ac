//! Products of many factors, grouped such that the products of the groups are
//! linearly dependent.
//!
//! The product of a group that is a combination of those of two other groups,
//! up to affine terms, is free: of the six differences of four variables,
//! `(a - b)(c - d) + (a - c)(d - b) + (a - d)(b - c) = 0` (Plücker's relation),
//! so Vandermonde's determinant takes four products instead of five. So does
//! one that is a multiple of another up to affine terms: `x (x + 3)` and
//! `(x + 1)(x + 2)`.

use crate::algebra::factorization::factor;
use crate::algebra::span::{Inserted, Span};
use crate::exact::Rational;
use crate::model::{Kind, Polynomial};
use crate::modular::Residue;
use crate::simplify::decomposition::{Decomposition, Fact, Point};

/// Cores with more terms, or more factors, are left alone.
const TERMS: usize = 4_000;
const FACTORS: usize = 10;
/// First relations that are tried.
const RELATIONS: usize = 12;
/// Plans that are kept.
const PLANS: usize = 4;

/// A product of one or two of the factors.
#[derive(Clone)]
struct Group {
    members: u32,
    product: Polynomial,
    /// Values of the nonlinear part at random points.
    values: [Residue; 3],
}

/// A group that is a sum of others up to affine terms.
struct Relation {
    free: usize,
    parts: Vec<(usize, Rational)>,
}

/// Plans for a core that is a product of many factors.
pub fn plans(core: &Polynomial) -> Vec<Vec<Fact>> {
    let eligible = core.degree() >= 4 && core.len() >= 2 && core.len() <= TERMS;
    if !eligible || core.variables().iter().any(|v| v.kind() != Kind::Real) {
        return Vec::new();
    }
    let Some(factors) = factor(core) else { return Vec::new() };
    if factors.iter().any(|(_, multiplicity)| *multiplicity > 3) {
        return Vec::new();
    }
    let list: Vec<Polynomial> =
        factors.into_iter().flat_map(|(f, multiplicity)| vec![f; multiplicity as usize]).collect();
    if list.len() < 3 || list.len() > FACTORS {
        return Vec::new();
    }
    let Some(groups) = groups(&list) else { return Vec::new() };
    let all = (1u32 << list.len()) - 1;
    let mut plans: Vec<Vec<Fact>> = Vec::new();
    for first in relations(&groups, all).into_iter().take(RELATIONS) {
        let plan = plan(core, &list, &groups, first);
        if let Some(plan) = plan
            && !plans.contains(&plan)
        {
            plans.push(plan);
        }
    }
    plans.sort_by_key(|plan| plan.iter().map(|fact| fact.decomposition.products.len()).sum::<usize>());
    plans.truncate(PLANS);
    plans
}

/// The products of one or two factors that are not affine.
fn groups(list: &[Polynomial]) -> Option<Vec<Group>> {
    let mut points = [0, 1, 2].map(|seed| Point::new(0x706c75 + seed));
    let mut groups = Vec::new();
    for one in 0..list.len() {
        for two in one..list.len() {
            let product = if one == two { list[one].clone() } else { &list[one] * &list[two] };
            let nonlinear = product.nonlinear_part();
            if nonlinear.is_zero() {
                continue;
            }
            let mut values = [Residue::ZERO; 3];
            for (value, point) in values.iter_mut().zip(&mut points) {
                *value = point.evaluate(&nonlinear)?;
            }
            groups.push(Group { members: 1 << one | 1 << two, product, values });
        }
    }
    Some(groups)
}

/// The relations among disjoint groups of the factors in `left`, those that
/// free a product of two factors first.
fn relations(groups: &[Group], left: u32) -> Vec<Relation> {
    let usable: Vec<usize> = (0..groups.len()).filter(|&at| groups[at].members & !left == 0).collect();
    let mut found = Vec::new();
    for (at, &a) in usable.iter().enumerate() {
        for (next, &b) in usable.iter().enumerate().skip(at + 1) {
            let members = groups[a].members | groups[b].members;
            if groups[a].members & groups[b].members != 0 {
                continue;
            }
            let ([a0, a1, a2], [b0, b1, b2]) = (groups[a].values, groups[b].values);
            let minors = [a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0];
            if minors.iter().all(|&minor| minor == Residue::ZERO) {
                found.extend(relation(groups, &[a, b]));
                continue;
            }
            for &c in usable.iter().skip(next + 1).filter(|&&c| groups[c].members & members == 0) {
                let [c0, c1, c2] = groups[c].values;
                if minors[0] * c0 + minors[1] * c1 + minors[2] * c2 == Residue::ZERO {
                    found.extend(relation(groups, &[a, b, c]));
                }
            }
        }
    }
    found.sort_by_key(|relation| {
        (std::cmp::Reverse(groups[relation.free].members.count_ones()), relation.parts.len(), relation.free)
    });
    found
}

/// The relation of dependent groups, solved for the one with most factors.
fn relation(groups: &[Group], among: &[usize]) -> Option<Relation> {
    let free = *among.iter().max_by_key(|&&at| (groups[at].members.count_ones(), at))?;
    let others: Vec<usize> = among.iter().copied().filter(|&at| at != free).collect();
    let mut span = Span::default();
    for &other in &others {
        if !matches!(span.insert(&groups[other].product.nonlinear_part(), |_| true)?, Inserted::Independent) {
            return None;
        }
    }
    let Inserted::Dependent(Some(parts)) = span.insert(&groups[free].product.nonlinear_part(), |_| true)? else {
        return None;
    };
    let parts: Vec<(usize, Rational)> = parts.into_iter().map(|(at, c)| (others[at], c)).collect();
    let sum = parts.iter().fold(groups[free].product.clone(), |rest, (at, c)| &rest - &groups[*at].product.scaled(c));
    (sum.is_affine() && !parts.is_empty()).then_some(Relation { free, parts })
}

/// The facts that use a relation, and others among the factors that it leaves.
fn plan(core: &Polynomial, list: &[Polynomial], groups: &[Group], first: Relation) -> Option<Vec<Fact>> {
    let mut left = (1u32 << list.len()) - 1;
    let mut facts = Vec::new();
    let mut pieces: Vec<Polynomial> = Vec::new();
    let mut next = Some(first);
    while let Some(Relation { free, parts }) = next {
        let target = groups[free].product.clone();
        let affine = parts.iter().fold(target.clone(), |rest, (at, c)| &rest - &groups[*at].product.scaled(c));
        let mut rest: Vec<(Rational, Polynomial)> =
            parts.iter().map(|(at, c)| (c.clone(), groups[*at].product.clone())).collect();
        if !affine.is_zero() {
            rest.push((Rational::ONE, affine));
        }
        // What is free comes last, after the products it is a sum of.
        for &at in parts.iter().map(|(at, _)| at).chain([&free]) {
            let members: Vec<usize> = (0..list.len()).filter(|&k| groups[at].members >> k & 1 == 1).collect();
            if let ([one, two], true) = (members.as_slice(), at != free) {
                let product = Decomposition::product(list[*one].clone(), list[*two].clone(), Polynomial::zero());
                facts.push(Fact { target: groups[at].product.clone(), decomposition: product });
            }
            pieces.push(groups[at].product.clone());
            left &= !groups[at].members;
        }
        facts.push(Fact { target, decomposition: Decomposition { products: Vec::new(), rest } });
        next = relations(groups, left).into_iter().next();
    }
    pieces.extend((0..list.len()).filter(|&k| left >> k & 1 == 1).map(|k| list[k].clone()));
    // The small ones first, so that what is expanded stays small.
    while pieces.len() > 2 {
        pieces.sort_by_key(|piece| std::cmp::Reverse(piece.len()));
        let (one, two) = (pieces.pop()?, pieces.pop()?);
        let target = &one * &two;
        facts
            .push(Fact { target: target.clone(), decomposition: Decomposition::product(one, two, Polynomial::zero()) });
        pieces.push(target);
    }
    let [one, two] = pieces.try_into().ok()?;
    let whole = &one * &two;
    let scale = &core.terms().first()?.1 / &whole.terms().first()?.1;
    let decomposition = Decomposition::product(one.scaled(&scale), two, Polynomial::zero());
    facts.push(Fact { target: core.clone(), decomposition });
    Some(facts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Variable;

    fn variable(slot: usize) -> Polynomial {
        Polynomial::variable(Variable::real(slot))
    }

    fn products(core: &Polynomial) -> Option<usize> {
        let plans = plans(core);
        for fact in plans.iter().flatten() {
            assert_eq!(fact.decomposition.expand(), fact.target);
        }
        plans.iter().map(|plan| plan.iter().map(|fact| fact.decomposition.products.len()).sum()).min()
    }

    fn vandermonde(points: &[Polynomial]) -> Polynomial {
        let mut product = Polynomial::constant(Rational::ONE);
        for (at, one) in points.iter().enumerate() {
            for two in &points[at + 1..] {
                product = &product * &(one - two);
            }
        }
        product
    }

    #[test]
    fn plueckers_relation_saves_a_product_of_vandermonde() {
        let points = [0, 1, 2, 3].map(variable);
        assert_eq!(products(&vandermonde(&points)), Some(4));
        let moved: Vec<Polynomial> = (0..4)
            .map(|slot| &variable(3 - slot).scaled(&Rational::new(2, 3)) + &Polynomial::constant(Rational::from(5)))
            .collect();
        assert_eq!(products(&vandermonde(&moved)), Some(4));
    }

    #[test]
    fn two_products_that_differ_by_affine_terms_are_one() {
        let x = &variable(0) + &variable(1).scaled(&Rational::from(2));
        let factors = [0, 1, 2, 3].map(|k| &x + &Polynomial::constant(Rational::from(k)));
        let core = factors.iter().fold(Polynomial::constant(Rational::ONE), |product, f| &product * f);
        assert_eq!(products(&core.scaled(&Rational::from(3))), Some(2));
    }

    #[test]
    fn independent_factors_say_nothing() {
        let core = (0..6).fold(Polynomial::constant(Rational::ONE), |product, slot| &product * &variable(slot));
        assert_eq!(products(&(&core + &core)), None);
        assert_eq!(products(&core), None);
    }
}
