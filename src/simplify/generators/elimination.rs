//! Linear-algebra Horner: variables eliminated one after the other, keeping a
//! basis of what is still needed.
//!
//! A set of polynomials is needed, up to linear combinations and affine
//! terms. For a variable v each of them is `r + v q`; those whose `q` are
//! independent (up to constants, which make `v q` affine) cost one product
//! each, the others are combinations of these plus a polynomial without v.
//! What is needed next is a basis of the span of all `q`, `r` and rests,
//! again modulo affine terms. Cofactors that coincide, or are combinations of
//! others, are paid once: this is what Horner's rule with common
//! sub-expressions cannot see. The order of the variables is searched. A
//! relation between cofactors is found modulo a prime and confirmed exactly
//! before it is used.

use super::elimination_order::orders;
use crate::algebra::span::{Inserted, Span};
use crate::exact::Rational;
use crate::model::{Kind, Monomial, Polynomial, Variable};
use crate::simplify::decomposition::{Decomposition, Fact, Product};

/// Eliminates all variables in the best orders found: a plan for each order
/// that was better than those before it. Half of `work`, in entries of sparse
/// rows, may go into the search and half into carrying it out.
pub fn generate_within(core: &Polynomial, work: &mut u64) -> Vec<Vec<Fact>> {
    let variables = core.variables();
    // Quadratic forms have a generator of their own.
    if core.len() < 2 || core.degree() == 2 || variables.len() < 2 || variables.iter().any(|v| v.kind() != Kind::Real) {
        return Vec::new();
    }
    let mut searching = *work / 2;
    let orders = orders(core, &variables, &mut searching);
    let mut left = *work / 2;
    let mut plans = Vec::new();
    for (_, order) in orders {
        if let Some(facts) = eliminate(core, &order, &mut left) {
            plans.push(facts);
        }
    }
    *work = searching + left;
    plans
}

/// Eliminates the variables in an order. `None` where the work is spent or
/// the linear algebra failed.
fn eliminate(core: &Polynomial, order: &[Variable], work: &mut u64) -> Option<Vec<Fact>> {
    let mut facts = Vec::new();
    let mut needed = vec![core.clone()];
    for &variable in order {
        needed = eliminate_variable(&needed, variable, work, &mut facts)?;
    }
    Some(facts)
}

struct Step {
    products: usize,
    needed: Vec<Polynomial>,
    facts: Vec<Fact>,
}

/// Eliminates one variable from a set of needed polynomials, by Horner's rule
/// or by powers, whichever takes fewer products. Returns what is needed next.
fn eliminate_variable(
    needed: &[Polynomial],
    variable: Variable,
    work: &mut u64,
    facts: &mut Vec<Fact>,
) -> Option<Vec<Polynomial>> {
    let horner = by_horner(needed, variable, work);
    let linear = needed.iter().all(|polynomial| polynomial.degree_in(variable) <= 1);
    let powers = if linear { None } else { by_powers(needed, variable, work) };
    let score = |step: &Step| step.products + step.needed.len();
    let best = match (horner, powers) {
        (Some(horner), Some(powers)) if score(&powers) < score(&horner) => powers,
        (horner, powers) => horner.or(powers)?,
    };
    facts.extend(best.facts);
    Some(best.needed)
}

/// `p = sum of v^k p_k`: a product for each element of a basis of the
/// coefficients of each power, and the powers once for all.
fn by_powers(needed: &[Polynomial], variable: Variable, work: &mut u64) -> Option<Step> {
    let mut sorted: Vec<&Polynomial> = needed.iter().collect();
    sorted.sort_by_key(|polynomial| polynomial.len());
    let coefficients: Vec<Vec<Polynomial>> = sorted.iter().map(|p| p.coefficients_in(variable)).collect();
    let degree = coefficients.iter().map(Vec::len).max()? - 1;
    let mut facts = Vec::new();
    let mut powers = 0;
    let mut products = 0;
    let mut next: Vec<Polynomial> = Vec::new();
    let mut decompositions: Vec<Decomposition> = vec![Decomposition::default(); sorted.len()];
    for k in 1..=degree {
        let power = Polynomial::term(Monomial::power(variable, k as u32)?, Rational::ONE);
        let mut span = Span::default();
        let mut basis: Vec<Polynomial> = Vec::new();
        let mut used = false;
        for (polynomial, decomposition) in coefficients.iter().zip(&mut decompositions) {
            let Some(coefficient) = polynomial.get(k).filter(|c| !c.is_zero()) else { continue };
            used = true;
            // Constants times a power are free once the power is there.
            let relation = match insert(&mut span, coefficient, |monomial| !monomial.is_one(), work)? {
                Inserted::Independent => None,
                Inserted::Dependent(relation) => relation.and_then(|relation| {
                    let constant = (coefficient - &combine(&relation, &basis)).as_constant()?;
                    Some((relation, constant))
                }),
            };
            let Some((relation, constant)) = relation else {
                if span.len() > basis.len() {
                    basis.push(coefficient.clone());
                }
                products += 1;
                next.push(coefficient.nonlinear_part());
                decomposition.products.push((Rational::ONE, Product::Pair(power.clone(), coefficient.clone())));
                continue;
            };
            for (at, c) in relation {
                decomposition.products.push((c, Product::Pair(power.clone(), basis[at].clone())));
            }
            if !constant.is_zero() {
                decomposition.rest.push((constant, power.clone()));
            }
        }
        powers += (used && k > 1) as usize;
    }
    for ((polynomial, parts), mut decomposition) in sorted.into_iter().zip(&coefficients).zip(decompositions) {
        next.push(parts[0].nonlinear_part());
        let trivial = decomposition.products.is_empty() && decomposition.rest.is_empty();
        if !trivial {
            if !parts[0].is_zero() {
                decomposition.rest.push((Rational::ONE, parts[0].clone()));
            }
            facts.push(Fact { target: polynomial.clone(), decomposition });
        }
    }
    let needed = basis(next, work, &mut facts)?;
    Some(Step { products: products + powers, needed, facts })
}

/// Horner's rule: a product for each independent quotient by the variable (or
/// by the least power of it that occurs), until it is gone.
fn by_horner(needed: &[Polynomial], variable: Variable, work: &mut u64) -> Option<Step> {
    let mut needed: Vec<Polynomial> = needed.to_vec();
    let mut facts = Vec::new();
    let mut products = 0;
    loop {
        // The least power that occurs: v, or v^2 where all exponents are even ...
        let exponents = needed.iter().flat_map(|p| p.terms()).map(|(m, _)| m.exponent(variable)).filter(|&e| e > 0);
        let nonlinear = needed
            .iter()
            .any(|p| p.terms().iter().any(|(monomial, _)| monomial.exponent(variable) > 0 && monomial.degree() > 1));
        let Some(least) = exponents.min().filter(|_| nonlinear) else {
            return Some(Step { products, needed, facts });
        };
        let factor = Monomial::power(variable, least as u32)?;
        if least > 1 {
            // The power itself is one more thing to compute (once; its cost is
            // left to extraction).
            products += 1;
        }
        let mut quotients = Span::default();
        let mut chosen: Vec<Polynomial> = Vec::new();
        let mut next: Vec<Polynomial> = Vec::new();
        // Short ones first: they become the basis.
        needed.sort_by_key(Polynomial::len);
        for polynomial in &needed {
            let (quotient, rest) = polynomial.split_by(&factor);
            if let Some(constant) = quotient.as_constant() {
                // Without the variable, or with the bare power, which is
                // affine or already counted.
                if !constant.is_zero() && least > 1 {
                    let power = Polynomial::term(factor.clone(), Rational::ONE);
                    let rest = vec![(constant, power), (Rational::ONE, rest.clone())];
                    facts.push(Fact {
                        target: polynomial.clone(),
                        decomposition: Decomposition { products: vec![], rest },
                    });
                }
                next.push(rest.nonlinear_part());
                continue;
            }
            let relation = match insert(&mut quotients, &quotient, |monomial| !monomial.is_one(), work)? {
                Inserted::Independent => None,
                Inserted::Dependent(relation) => relation.and_then(|relation| {
                    let remainder = polynomial - &combine(&relation, &chosen);
                    // Exactly: no term with the variable is left but the bare power.
                    let free = |monomial: &Monomial| monomial.divide(&factor).is_none_or(|rest| rest.is_one());
                    remainder.terms().iter().all(|(monomial, _)| free(monomial)).then_some((relation, remainder))
                }),
            };
            if let Some((relation, remainder)) = relation {
                let mut rest: Vec<_> = relation.into_iter().map(|(at, c)| (c, chosen[at].clone())).collect();
                if !remainder.is_zero() {
                    rest.push((Rational::ONE, remainder.clone()));
                }
                facts
                    .push(Fact { target: polynomial.clone(), decomposition: Decomposition { products: vec![], rest } });
                next.push(remainder.nonlinear_part());
                continue;
            }
            products += 1;
            let power = Polynomial::term(factor.clone(), Rational::ONE);
            facts.push(Fact {
                target: polynomial.clone(),
                decomposition: Decomposition::product(power, quotient.clone(), rest.clone()),
            });
            next.push(quotient.nonlinear_part());
            next.push(rest.nonlinear_part());
            if quotients.len() > chosen.len() {
                chosen.push(polynomial.clone());
            }
        }
        needed = basis(next, work, &mut facts)?;
    }
}

/// A basis of the span modulo affine terms, short polynomials first, with
/// facts for the polynomials that are combinations of others.
fn basis(mut all: Vec<Polynomial>, work: &mut u64, facts: &mut Vec<Fact>) -> Option<Vec<Polynomial>> {
    all.retain(|polynomial| !polynomial.is_affine());
    all.sort_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
    all.dedup();
    let mut span = Span::default();
    let mut kept: Vec<Polynomial> = Vec::new();
    let mut independent: Vec<Polynomial> = Vec::new();
    for polynomial in all {
        let relation = match insert(&mut span, &polynomial, |monomial| monomial.degree() > 1, work)? {
            Inserted::Independent => None,
            Inserted::Dependent(relation) => {
                relation.filter(|relation| (&polynomial - &combine(relation, &independent)).is_affine())
            }
        };
        match relation {
            None => {
                if span.len() > independent.len() {
                    independent.push(polynomial.clone());
                }
                kept.push(polynomial);
            }
            Some(relation) => {
                let mut rest: Vec<_> = relation.into_iter().map(|(at, c)| (c, independent[at].clone())).collect();
                let sum = rest.iter().fold(Polynomial::zero(), |sum, (c, part)| &sum + &part.scaled(c));
                let affine = &polynomial - &sum;
                if !affine.is_zero() {
                    rest.push((Rational::ONE, affine));
                }
                facts.push(Fact { target: polynomial, decomposition: Decomposition { products: vec![], rest } });
            }
        }
    }
    Some(kept)
}

/// Inserts a polynomial in a span; `None` where that spends the work.
fn insert(
    span: &mut Span,
    polynomial: &Polynomial,
    counts: impl Fn(&Monomial) -> bool,
    work: &mut u64,
) -> Option<Inserted> {
    let before = span.work();
    let inserted = span.insert(polynomial, counts);
    *work = work.checked_sub(span.work() - before)?;
    inserted
}

/// `sum of coefficient * part`
fn combine(relation: &[(usize, Rational)], parts: &[Polynomial]) -> Polynomial {
    Polynomial::from_terms(relation.iter().flat_map(|(at, coefficient)| {
        parts[*at].terms().iter().map(move |(monomial, c)| (monomial.clone(), c * coefficient))
    }))
}
