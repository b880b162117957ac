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

use crate::algebra::span::{Inserted, Span};
use crate::exact::Rational;
use crate::model::{Kind, Monomial, Polynomial, Variable};
use crate::simplify::decomposition::{Decomposition, Fact, Product};

/// The result of one elimination.
struct Elimination {
    products: usize,
    facts: Vec<Fact>,
}

/// Eliminates all variables in the best orders found within `work` terms: a
/// plan for each order that was better than those before it.
pub fn generate_within(core: &Polynomial, work: &mut u64) -> Vec<Vec<Fact>> {
    let variables = core.variables();
    // Quadratic forms have a generator of their own.
    if core.len() < 2 || core.degree() == 2 || variables.len() < 2 || variables.iter().any(|v| v.kind() != Kind::Real) {
        return Vec::new();
    }
    let mut best: Option<(usize, Vec<Variable>)> = None;
    let mut plans = Vec::new();
    for order in orders(core, &variables, work) {
        let limit = best.as_ref().map_or(usize::MAX, |(products, _)| *products);
        if *work == 0 && best.is_some() {
            break;
        }
        if let Some(found) = eliminate(core, &order, limit, work) {
            best = Some((found.products, order));
            plans.push(found.facts);
        }
    }
    plans
}

/// Orders to try: greedy ones from every first variable, then pairwise
/// exchanges at pseudo-random.
fn orders(core: &Polynomial, variables: &[Variable], work: &mut u64) -> Vec<Vec<Variable>> {
    let mut all = Vec::new();
    let greedy = greedy_order(core, variables, work);
    all.push(greedy.clone());
    let mut reverse = greedy.clone();
    reverse.reverse();
    all.push(reverse);
    let n = variables.len();
    for trial in 0..(2 * n as u64 + 8) {
        let mut order = greedy.clone();
        for swap in 0..1 + trial % 4 {
            let random = crate::modular::scramble(trial * 64 + swap);
            order.swap(random as usize % n, (random >> 32) as usize % n);
        }
        if !all.contains(&order) {
            all.push(order);
        }
    }
    all
}

/// At each step the variable that leaves the fewest products and the smallest
/// basis.
fn greedy_order(core: &Polynomial, variables: &[Variable], work: &mut u64) -> Vec<Variable> {
    let mut left = variables.to_vec();
    let mut needed = vec![core.clone()];
    let mut order = Vec::new();
    while !left.is_empty() {
        let mut best: Option<(usize, usize, Vec<Polynomial>)> = None;
        for (at, &variable) in left.iter().enumerate() {
            let limit = best.as_ref().map_or(usize::MAX, |(score, ..)| *score);
            let Some(step) = eliminate_variable(&needed, variable, limit, work, &mut None) else { continue };
            let score = step.products + step.needed.len();
            if score < limit {
                best = Some((score, at, step.needed));
            }
        }
        match best {
            Some((_, at, next)) => {
                needed = next;
                order.push(left.remove(at));
            }
            None => {
                order.append(&mut left);
            }
        }
    }
    order
}

fn eliminate(core: &Polynomial, order: &[Variable], limit: usize, work: &mut u64) -> Option<Elimination> {
    let mut facts = Some(Vec::new());
    let mut needed = vec![core.clone()];
    let mut products = 0;
    for &variable in order {
        let step = eliminate_variable(&needed, variable, limit.saturating_sub(products), work, &mut facts)?;
        products += step.products;
        needed = step.needed;
        if products >= limit {
            return None;
        }
    }
    Some(Elimination { products, facts: facts.unwrap_or_default() })
}

struct Step {
    products: usize,
    needed: Vec<Polynomial>,
}

/// Eliminates one variable from a set of needed polynomials, by Horner's rule
/// or by powers, whichever leaves less. `None` where more than `limit`
/// products are needed or the linear algebra failed.
fn eliminate_variable(
    needed: &[Polynomial],
    variable: Variable,
    limit: usize,
    work: &mut u64,
    facts: &mut Option<Vec<Fact>>,
) -> Option<Step> {
    if needed.iter().all(|polynomial| polynomial.degree_in(variable) <= 1) {
        return by_horner(needed, variable, limit, work, facts);
    }
    let mut horner_facts = facts.as_ref().map(|_| Vec::new());
    let mut power_facts = facts.as_ref().map(|_| Vec::new());
    let horner = by_horner(needed, variable, limit, work, &mut horner_facts);
    let powers = by_powers(needed, variable, limit, work, &mut power_facts);
    let score = |step: &Option<Step>| step.as_ref().map_or(usize::MAX, |step| step.products + step.needed.len());
    let (best, found) = if score(&powers) < score(&horner) { (powers, power_facts) } else { (horner, horner_facts) };
    if let (Some(facts), Some(found)) = (facts, found) {
        facts.extend(found);
    }
    best
}

/// `p = sum of v^k p_k`: a product for each element of a basis of the
/// coefficients of each power, and the powers once for all.
fn by_powers(
    needed: &[Polynomial],
    variable: Variable,
    limit: usize,
    work: &mut u64,
    facts: &mut Option<Vec<Fact>>,
) -> Option<Step> {
    let mut sorted: Vec<&Polynomial> = needed.iter().collect();
    sorted.sort_by_key(|polynomial| polynomial.len());
    let coefficients: Vec<Vec<Polynomial>> = sorted.iter().map(|p| p.coefficients_in(variable)).collect();
    let degree = coefficients.iter().map(Vec::len).max()? - 1;
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
            *work = work.saturating_sub(coefficient.len() as u64);
            // Constants times a power are free once the power is there.
            let relation = match span.insert(coefficient, |monomial| !monomial.is_one())? {
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
        if products + powers > limit {
            return None;
        }
    }
    for ((polynomial, parts), mut decomposition) in sorted.into_iter().zip(&coefficients).zip(decompositions) {
        next.push(parts[0].nonlinear_part());
        let trivial = decomposition.products.is_empty() && decomposition.rest.is_empty();
        if let Some(facts) = facts.as_mut().filter(|_| !trivial) {
            if !parts[0].is_zero() {
                decomposition.rest.push((Rational::ONE, parts[0].clone()));
            }
            facts.push(Fact { target: polynomial.clone(), decomposition });
        }
    }
    let needed = basis(next, work, facts)?;
    Some(Step { products: products + powers, needed })
}

/// Horner's rule: a product for each independent quotient by the variable (or
/// by the least power of it that occurs), until it is gone.
fn by_horner(
    needed: &[Polynomial],
    variable: Variable,
    limit: usize,
    work: &mut u64,
    facts: &mut Option<Vec<Fact>>,
) -> Option<Step> {
    let mut needed: Vec<Polynomial> = needed.to_vec();
    let mut products = 0;
    loop {
        // The least power that occurs: v, or v^2 where all exponents are even ...
        let exponents = needed.iter().flat_map(|p| p.terms()).map(|(m, _)| m.exponent(variable)).filter(|&e| e > 0);
        let nonlinear = needed
            .iter()
            .any(|p| p.terms().iter().any(|(monomial, _)| monomial.exponent(variable) > 0 && monomial.degree() > 1));
        let Some(least) = exponents.min().filter(|_| nonlinear) else {
            return Some(Step { products, needed });
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
            *work = work.saturating_sub(polynomial.len() as u64);
            let (quotient, rest) = polynomial.split_by(&factor);
            if let Some(constant) = quotient.as_constant() {
                // Without the variable, or with the bare power, which is
                // affine or already counted.
                if let Some(facts) = facts.as_mut().filter(|_| !constant.is_zero() && least > 1) {
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
            let relation = match quotients.insert(&quotient, |monomial| !monomial.is_one())? {
                Inserted::Independent => None,
                Inserted::Dependent(relation) => relation.and_then(|relation| {
                    let remainder = polynomial - &combine(&relation, &chosen);
                    // Exactly: no term with the variable is left but the bare power.
                    let free = |monomial: &Monomial| monomial.divide(&factor).is_none_or(|rest| rest.is_one());
                    remainder.terms().iter().all(|(monomial, _)| free(monomial)).then_some((relation, remainder))
                }),
            };
            if let Some((relation, remainder)) = relation {
                if let Some(facts) = facts {
                    let mut rest: Vec<_> = relation.into_iter().map(|(at, c)| (c, chosen[at].clone())).collect();
                    if !remainder.is_zero() {
                        rest.push((Rational::ONE, remainder.clone()));
                    }
                    facts.push(Fact {
                        target: polynomial.clone(),
                        decomposition: Decomposition { products: vec![], rest },
                    });
                }
                next.push(remainder.nonlinear_part());
                continue;
            }
            products += 1;
            if products > limit {
                return None;
            }
            if let Some(facts) = facts {
                let power = Polynomial::term(factor.clone(), Rational::ONE);
                facts.push(Fact {
                    target: polynomial.clone(),
                    decomposition: Decomposition::product(power, quotient.clone(), rest.clone()),
                });
            }
            next.push(quotient.nonlinear_part());
            next.push(rest.nonlinear_part());
            if quotients.len() > chosen.len() {
                chosen.push(polynomial.clone());
            }
        }
        needed = basis(next, work, facts)?;
    }
}

/// A basis of the span modulo affine terms, short polynomials first, with
/// facts for the polynomials that are combinations of others.
fn basis(mut all: Vec<Polynomial>, work: &mut u64, facts: &mut Option<Vec<Fact>>) -> Option<Vec<Polynomial>> {
    all.retain(|polynomial| !polynomial.is_affine());
    all.sort_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
    all.dedup();
    let mut span = Span::default();
    let mut kept: Vec<Polynomial> = Vec::new();
    let mut independent: Vec<Polynomial> = Vec::new();
    for polynomial in all {
        *work = work.saturating_sub(polynomial.len() as u64 * (1 + span.len() as u64 / 8));
        let relation = match span.insert(&polynomial, |monomial| monomial.degree() > 1)? {
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
                if let Some(facts) = facts {
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
    }
    Some(kept)
}

/// `sum of coefficient * part`
fn combine(relation: &[(usize, Rational)], parts: &[Polynomial]) -> Polynomial {
    Polynomial::from_terms(relation.iter().flat_map(|(at, coefficient)| {
        parts[*at].terms().iter().map(move |(monomial, c)| (monomial.clone(), c * coefficient))
    }))
}
