//! Essential variables: a core that depends on fewer linear forms than it has
//! variables.
//!
//! If a combination of the first partials vanishes, `sum c_i d_i p = 0`, then
//! `p(x + s c) = p(x)` for all s. With r independent partials and n variables
//! there are n - r such directions c; moving along them until n - r of the
//! variables are zero gives `p(x) = g(l_1, ..., l_r)`, where g is p with those
//! variables struck out, and `l_i = x_i - sum c_i x_j` over the directions c,
//! each with the variable j of its pivot (Carlini, "Reducing the number of
//! variables of a polynomial", 2006). Modulo affine terms nothing changes: a
//! core has none, so partials that are constant are zero.
//!
//! What is known of g holds for p with the linear forms put in.

use std::collections::BTreeMap;

use crate::algebra::linear::{Echelon, row};
use crate::exact::Rational;
use crate::model::{Kind, Monomial, Polynomial, Variable};
use crate::simplify::decomposition::Fact;
use crate::simplify::nested;

/// Cores in more variables are left alone.
const VARIABLES: usize = 64;
/// Cores with more terms are left alone.
const TERMS: usize = 4_000;
/// A search of its own is worth while where the terms are this many times
/// fewer.
const WORTH: usize = 3;

/// The facts about the core in its essential variables, put back in the
/// variables at hand.
pub fn plans(core: &Polynomial) -> Vec<Vec<Fact>> {
    let Some((reduced, forms)) = reduce(core) else { return Vec::new() };
    let form = |variable: Variable| forms.get(&variable).cloned().unwrap_or_else(|| Polynomial::variable(variable));
    if WORTH * reduced.len() <= core.len() {
        let facts = nested::facts(&reduced, form);
        if !facts.is_empty() {
            return vec![facts];
        }
    }
    // Little was hidden, or a search is running.
    vec![nested::step(&reduced, form, "essential")]
}

/// The core in its essential variables, and the linear form for each of
/// those; `None` where all variables are essential.
pub fn reduce(core: &Polynomial) -> Option<(Polynomial, BTreeMap<Variable, Polynomial>)> {
    let variables = core.variables();
    let eligible = core.degree() > 2 && variables.len() <= VARIABLES && core.len() <= TERMS;
    if !eligible || variables.len() < 2 || variables.iter().any(|variable| variable.kind() != Kind::Real) {
        return None;
    }
    // A row for each monomial of the gradient; a column for each variable,
    // the last first, so that the first variables are kept.
    let n = variables.len();
    let mut rows: BTreeMap<Monomial, Vec<(usize, Rational)>> = BTreeMap::new();
    for (at, &variable) in variables.iter().enumerate() {
        for (monomial, coefficient) in core.derivative(variable).terms() {
            rows.entry(monomial.clone()).or_default().push((at, coefficient.clone()));
        }
    }
    let mut echelon = Echelon::default();
    for entries in rows.into_values() {
        echelon.insert(row(entries));
        if echelon.rank() == n {
            return None;
        }
    }
    // Each vector has a one at its own free column and zeros at the others'.
    let mut forms: BTreeMap<Variable, Polynomial> =
        echelon.rows().map(|(pivot, _)| (variables[pivot], Polynomial::variable(variables[pivot]))).collect();
    for direction in echelon.nullspace(n) {
        let struck = (0..n).find(|&at| !direction[at].is_zero() && !forms.contains_key(&variables[at]))?;
        for (at, component) in direction.iter().enumerate().filter(|(_, component)| !component.is_zero()) {
            if let Some(form) = forms.get_mut(&variables[at]) {
                *form = &*form - &Polynomial::variable(variables[struck]).scaled(component);
            }
        }
    }
    let reduced = core.filter(|monomial, _| monomial.factors().iter().all(|f| forms.contains_key(&f.variable)));
    (!reduced.is_affine()).then_some((reduced, forms))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    prop_compose! {
        fn disguised()(
            terms in proptest::collection::vec(((0u32..4, 0u32..4), -9i64..9), 1..5),
            forms in proptest::collection::vec(proptest::collection::vec(-3i64..4, 5), 2),
        ) -> Polynomial {
            let variables: Vec<Polynomial> = (0..5).map(|slot| Polynomial::variable(Variable::real(2 * slot + 1))).collect();
            let forms: Vec<Polynomial> = forms.iter().map(|form| {
                form.iter().zip(&variables).fold(Polynomial::zero(), |sum, (&c, v)| &sum + &v.scaled(&Rational::from(c)))
            }).collect();
            terms.iter().fold(Polynomial::zero(), |sum, ((a, b), value)| {
                &sum + &(&forms[0].pow(*a) * &forms[1].pow(*b)).scaled(&Rational::from(*value))
            }).nonlinear_part()
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn two_forms_are_found(core in disguised()) {
            if let Some((reduced, forms)) = reduce(&core) {
                prop_assert!(forms.len() <= 2);
                prop_assert_eq!(reduced.substitute(|v| forms.get(&v).cloned()), core);
            } else {
                prop_assert!(core.variables().len() <= 2 || core.degree() <= 2);
            }
        }

        #[test]
        fn facts_are_sound(core in disguised()) {
            for fact in plans(&core).into_iter().flatten() {
                prop_assert_eq!(fact.decomposition.expand(), fact.target);
            }
        }
    }
}
