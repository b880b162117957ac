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
//! sub-expressions cannot see. The order of the variables is searched.

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
    if core.len() < 2 || variables.len() < 2 || variables.iter().any(|v| v.kind() != Kind::Real) {
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

/// Eliminates one variable from a set of needed polynomials. `None` where
/// more than `limit` products are needed or the linear algebra failed.
fn eliminate_variable(
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
            let (quotient, rest) = divide(polynomial, &factor);
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
            match quotients.insert(&quotient, |monomial| !monomial.is_one())? {
                Inserted::Independent => {
                    products += 1;
                    if products > limit {
                        return None;
                    }
                    if let Some(facts) = facts {
                        facts.push(Fact {
                            target: polynomial.clone(),
                            decomposition: Decomposition {
                                products: vec![(
                                    Rational::ONE,
                                    Product::Pair(Polynomial::term(factor.clone(), Rational::ONE), quotient.clone()),
                                )],
                                rest: if rest.is_zero() { vec![] } else { vec![(Rational::ONE, rest.clone())] },
                            },
                        });
                    }
                    next.push(quotient.nonlinear_part());
                    next.push(rest.nonlinear_part());
                    chosen.push(polynomial.clone());
                }
                Inserted::Dependent(relation) => {
                    let relation = relation?;
                    let combination =
                        relation.iter().fold(Polynomial::zero(), |sum, (at, c)| &sum + &chosen[*at].scaled(c));
                    let remainder = polynomial - &combination;
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
                }
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
    for polynomial in all {
        *work = work.saturating_sub(polynomial.len() as u64 * (1 + span.len() as u64 / 8));
        match span.insert(&polynomial, |monomial| monomial.degree() > 1)? {
            Inserted::Independent => kept.push(polynomial),
            Inserted::Dependent(relation) => {
                let relation = relation?;
                if let Some(facts) = facts {
                    let rest = relation.into_iter().map(|(at, c)| (c, kept[at].clone())).collect();
                    facts.push(Fact { target: polynomial, decomposition: Decomposition { products: vec![], rest } });
                }
            }
        }
    }
    Some(kept)
}

fn divide(polynomial: &Polynomial, factor: &Monomial) -> (Polynomial, Polynomial) {
    let mut quotient = Vec::new();
    let mut rest = Vec::new();
    for (monomial, coefficient) in polynomial.terms() {
        match monomial.divide(factor) {
            Some(divided) => quotient.push((divided, coefficient.clone())),
            None => rest.push((monomial.clone(), coefficient.clone())),
        }
    }
    (Polynomial::from_terms(quotient), Polynomial::from_terms(rest))
}
