//! Products: factorisation over the rationals, of the core or of the core
//! plus affine terms, which are free.
//!
//! The core itself is factored outright. What it is plus unknown affine terms
//! is found degree by degree: if `core + affine = A B`, the forms of highest
//! degree of A and B are factors of the core's, and each lower form of A and
//! B solves a linear system, `top(A) B_k + top(B) A_k = what is left`. Where
//! the systems have no solution any more the product so far still leaves a
//! rest of lower degree, which is a fact too.

use std::collections::BTreeMap;

use crate::algebra::factorization::factor;
use crate::algebra::linear::{Echelon, row};
use crate::exact::Rational;
use crate::model::{Kind, Monomial, Polynomial, Variable};
use crate::simplify::decomposition::{Decomposition, Fact};

/// Cores with more terms are left alone.
const TERMS: usize = 4_000;
/// Ways to divide the factors of a form among A and B.
const GROUPINGS: u32 = 16;
/// The greatest number of unknown coefficients of a linear system.
const UNKNOWNS: usize = 160;

/// Products that are the core up to affine terms, or up to lower degrees.
pub fn generate(core: &Polynomial) -> Vec<Fact> {
    if core.len() < 2 || core.len() > TERMS || core.variables().iter().any(|v| v.kind() != Kind::Real) {
        return Vec::new();
    }
    if let Some(factors) = factor(core)
        && factors.iter().map(|(_, multiplicity)| *multiplicity).sum::<u32>() > 1
    {
        return products(core, &factors);
    }
    with_affine(core)
}

/// Ways to group the factors of a product.
fn products(core: &Polynomial, factors: &[(Polynomial, u32)]) -> Vec<Fact> {
    let expand = |exponents: &dyn Fn(usize) -> u32| {
        factors.iter().enumerate().fold(Polynomial::constant(Rational::ONE), |product, (at, (factor, _))| {
            &product * &factor.pow(exponents(at))
        })
    };
    let whole = expand(&|at| factors[at].1);
    let scale = &core.terms()[0].1 / &whole.terms()[0].1;
    let mut facts: Vec<Fact> = Vec::new();
    let mut product = |target: &Polynomial, left: Polynomial, right: Polynomial| {
        if left.as_constant().is_some() || right.as_constant().is_some() {
            return;
        }
        let fact =
            Fact { target: target.clone(), decomposition: Decomposition::product(left, right, Polynomial::zero()) };
        if !facts.contains(&fact) {
            facts.push(fact);
        }
    };
    let mut half = |exponents: &dyn Fn(usize) -> u32| {
        let left = expand(exponents);
        let right = expand(&|at| factors[at].1 - exponents(at)).scaled(&scale);
        if scale.is_one() || left.scaled(&scale) != right {
            product(core, left, right);
        } else {
            // A square: both factors alike.
            product(core, left.scaled(&scale), left);
        }
    };
    // The nearest to a square root, and a power apart from the rest.
    half(&|at| factors[at].1 / 2);
    for only in 0..factors.len() {
        half(&|at| if at == only { factors[at].1 } else { 0 });
        if factors[only].1 > 1 {
            half(&|at| (at == only) as u32);
        }
        if factors[only].1 > 3 {
            half(&|at| if at == only { 2 } else { 0 });
        }
        // The square of the even part.
        half(&|at| if at == only { factors[at].1 % 2 } else { 0 });
    }
    // Any two parts, where that is few: which factors are cheap together
    // only the others can say.
    if (3..=5).contains(&factors.len()) {
        for mask in 1u32..1 << (factors.len() - 1) {
            half(&|at| if mask >> at & 1 == 1 { factors[at].1 } else { 0 });
        }
    }
    facts
}

/// Products that need affine terms (or lower degrees) added to the core.
fn with_affine(core: &Polynomial) -> Vec<Fact> {
    let degree = core.degree();
    let top = core.homogeneous_part(degree);
    if degree < 3 || top.len() == core.len() && top.len() == 1 {
        return Vec::new();
    }
    let Some(factors) = factor(&top) else { return Vec::new() };
    let mut facts = Vec::new();
    if factors.len() < 2 || factors.len() > 20 || top.len() == core.len() {
        return facts;
    }
    let product = factors.iter().fold(Polynomial::constant(Rational::ONE), |product, (f, m)| &product * &f.pow(*m));
    let scale = &top.terms()[0].1 / &product.terms()[0].1;
    // A and B get whole powers: their highest forms are coprime, so the
    // systems below have at most one solution.
    for mask in (1u32..1 << (factors.len() - 1)).take(GROUPINGS as usize) {
        let part = |wanted: bool| {
            factors.iter().enumerate().fold(Polynomial::constant(Rational::ONE), |product, (at, (factor, m))| {
                if (mask >> at & 1 == 1) == wanted { &product * &factor.pow(*m) } else { product }
            })
        };
        let (left, right) = lift(core, part(true), part(false).scaled(&scale));
        let rest = core - &(&left * &right);
        // Stopped half-way, it must have been worth it.
        if rest.is_affine() || rest.len() < core.len() {
            facts.push(Fact { target: core.clone(), decomposition: Decomposition::product(left, right, rest) });
        }
    }
    let affine = |fact: &Fact| fact.decomposition.rest.iter().all(|(_, rest)| rest.is_affine());
    if facts.iter().any(affine) {
        facts.retain(affine);
    }
    facts.sort_by_key(|fact| fact.decomposition.rest.first().map_or(0, |(_, rest)| rest.len()));
    facts.truncate(4);
    facts
}

/// Lower forms for A and B, given the highest, as far down as they exist.
fn lift(core: &Polynomial, left_top: Polynomial, right_top: Polynomial) -> (Polynomial, Polynomial) {
    let degree = core.degree();
    let variables = core.variables();
    let (mut left, mut right) = (left_top.clone(), right_top.clone());
    for grade in 1..degree.saturating_sub(1) {
        let error = (core - &(&left * &right)).homogeneous_part(degree - grade);
        if error.is_zero() {
            continue;
        }
        let lower = |top: &Polynomial| match top.degree().checked_sub(grade) {
            Some(degree) => monomials(&variables, degree, UNKNOWNS),
            None => Some(Vec::new()),
        };
        let (Some(of_left), Some(of_right)) = (lower(&left_top), lower(&right_top)) else { break };
        let unknowns = of_left.len() + of_right.len();
        if unknowns > UNKNOWNS {
            break;
        }
        let mut equations: BTreeMap<Monomial, Vec<(usize, Rational)>> = BTreeMap::new();
        let columns = of_left.iter().map(|m| (m, &right_top)).chain(of_right.iter().map(|m| (m, &left_top)));
        for (column, (monomial, other)) in columns.enumerate() {
            for (term, coefficient) in other.terms() {
                equations.entry(term.multiply(monomial)).or_default().push((column, coefficient.clone()));
            }
        }
        for (monomial, coefficient) in error.terms() {
            equations.entry(monomial.clone()).or_default().push((unknowns, coefficient.clone()));
        }
        let mut echelon = Echelon::default();
        for (_, equation) in equations {
            echelon.insert(row(equation));
        }
        let Some(solution) = echelon.solution(unknowns) else { break };
        let form = |monomials: &[Monomial], values: &[Rational]| {
            Polynomial::from_terms(monomials.iter().cloned().zip(values.iter().cloned()))
        };
        left = &left + &form(&of_left, &solution[..of_left.len()]);
        right = &right + &form(&of_right, &solution[of_left.len()..]);
    }
    (left, right)
}

/// All monomials of a degree; `None` where there are more than `limit`.
pub fn monomials(variables: &[Variable], degree: u32, limit: usize) -> Option<Vec<Monomial>> {
    let mut list = vec![(Monomial::one(), 0usize)];
    for _ in 0..degree {
        let mut next = Vec::new();
        for (monomial, least) in &list {
            for (at, &variable) in variables.iter().enumerate().skip(*least) {
                next.push((monomial.multiply(&Monomial::variable(variable)), at));
            }
            if next.len() > limit {
                return None;
            }
        }
        list = next;
    }
    Some(list.into_iter().map(|(monomial, _)| monomial).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    prop_compose! {
        /// A polynomial of degree three at most in disguised variables.
        fn polynomial()(terms in proptest::collection::vec((proptest::collection::vec(0usize..4, 0..4), -9i64..9), 1..6))
            -> Polynomial {
            Polynomial::from_terms(terms.into_iter().map(|(slots, value)| {
                let monomial = slots.iter().fold(Monomial::one(), |m, &slot| {
                    m.multiply(&Monomial::variable(Variable::real(7 * slot + 3)))
                });
                (monomial, Rational::from(value))
            }))
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 100, max_global_rejects: 100_000, ..ProptestConfig::default() })]
        #[test]
        fn facts_are_sound(a in polynomial(), b in polynomial()) {
            for core in [&a * &b, &(&a * &b).nonlinear_part() + &b.nonlinear_part()] {
                let core = core.nonlinear_part();
                prop_assume!(!core.is_zero());
                for fact in generate(&core) {
                    prop_assert_eq!(fact.decomposition.expand(), fact.target);
                }
            }
        }

        #[test]
        fn products_without_their_affine_terms_are_found(a in polynomial(), b in polynomial()) {
            let tops = [&a, &b].map(|p| p.homogeneous_part(p.degree()));
            let coprime = tops.iter().all(|top| {
                factor(top).is_some_and(|factors| factors.iter().all(|(f, m)| {
                    *m == 1 && tops.iter().filter(|other| crate::algebra::factorization::divide(other, f).is_some()).count() == 1
                }) && factors.len() <= 2)
            });
            prop_assume!(coprime && (&a * &b).nonlinear_part().len() > 1 && a.degree() > 0 && b.degree() > 0 && a.degree() + b.degree() > 2);
            let core = (&a * &b).nonlinear_part();
            let facts = generate(&core);
            prop_assert!(facts.iter().any(|fact| fact.decomposition.rest.iter().all(|(_, rest)| rest.is_affine())),
                "({:?}) ({:?})", a, b);
        }
    }

    /// The core of `a b`, and whether a fact says it but for affine terms.
    fn is_found(a: &Polynomial, b: &Polynomial) -> bool {
        let core = (a * b).nonlinear_part();
        generate(&core).iter().any(|fact| {
            fact.decomposition.expand() == core && fact.decomposition.rest.iter().all(|(_, rest)| rest.is_affine())
        })
    }

    fn terms(terms: &[(i64, &[usize])]) -> Polynomial {
        Polynomial::from_terms(terms.iter().map(|(value, factors)| {
            let factors = factors.iter().map(|&index| Monomial::variable(Variable::real(index)));
            (factors.fold(Monomial::one(), |product, factor| product.multiply(&factor)), Rational::from(*value))
        }))
    }

    #[test]
    fn a_product_of_two_bilinear_factors_is_found() {
        let a = terms(&[(1, &[]), (-1, &[10, 24])]);
        let b = terms(&[(1, &[3, 17]), (1, &[3]), (-1, &[])]);
        assert!(is_found(&a, &b) && is_found(&b, &a));
    }

    #[test]
    fn a_product_whose_first_lines_do_not_lift_is_found() {
        let a = terms(&[(-7, &[10, 24]), (-8, &[17, 24]), (1, &[])]);
        let b = terms(&[(-1, &[3, 10, 17]), (-7, &[17, 24, 24])]);
        assert!(is_found(&a, &b));
    }
}
