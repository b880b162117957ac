//! Sums of cubes, three to one.
//!
//! `x^3 + y^3 + z^3 = (x + y + z)^3 - 3 (x + y)(y + z)(z + x)` replaces three
//! cubes by one at two products. Carried on, n cubes whose coefficients differ
//! by cubes take n + 1 products, where cubes in pairs, `x^3 + y^3` in three
//! products, take 3n/2 (the identity is classical; the chain is derived here).

use super::direct_sum;
use crate::exact::Rational;
use crate::model::{Kind, Polynomial};
use crate::simplify::decomposition::{Decomposition, Fact, Product};

/// At most this many cubes are joined, in cores of at most so many terms.
const CUBES: usize = 64;
const TERMS: usize = 1_000;

/// The plan for a core with cubes of variables, or of linear forms into which
/// it falls apart.
pub fn plans(core: &Polynomial) -> Vec<Vec<Fact>> {
    if core.degree() < 3 || core.len() > TERMS || core.variables().iter().any(|v| v.kind() != Kind::Real) {
        return Vec::new();
    }
    let pure = |monomial: &crate::model::Monomial| matches!(monomial.factors(), [f] if f.exponent == 3);
    let mut cubes: Vec<(Rational, Polynomial)> = core
        .terms()
        .iter()
        .filter(|(monomial, _)| pure(monomial))
        .map(|(monomial, c)| (c.clone(), Polynomial::variable(monomial.factors()[0].variable)))
        .collect();
    if cubes.len() < core.homogeneous_part(3).len()
        && let Some(parts) = direct_sum::parts(core)
    {
        cubes = parts.iter().filter_map(|part| cube(&part.homogeneous_part(3))).collect();
    }
    of_forms(core, &cubes)
}

/// The linear form and the number that a form of degree three is the cube and
/// the multiple of, if it is.
fn cube(part: &Polynomial) -> Option<(Rational, Polynomial)> {
    let variable = *part.variables().first()?;
    // The second derivative of c l^3 is a multiple of l.
    let second = part.derivative(variable).derivative(variable);
    if second.is_zero() {
        return None;
    }
    let (form, _) = second.primitive();
    let power = form.pow(3);
    let scale = &part.terms().first()?.1 / &power.terms().first()?.1;
    (power.scaled(&scale) == *part).then_some((scale, form))
}

/// The plan for a core that has cubes of forms, given with their coefficients.
fn of_forms(core: &Polynomial, cubes: &[(Rational, Polynomial)]) -> Vec<Vec<Fact>> {
    if cubes.len() > CUBES {
        return Vec::new();
    }
    // Classes of forms whose coefficients differ by cubes, scaled to one.
    let mut classes: Vec<(Rational, Vec<Polynomial>)> = Vec::new();
    for (coefficient, form) in cubes {
        let scaled = |known: &Rational| (coefficient / known).cbrt().map(|scale| form.scaled(&scale));
        match classes.iter_mut().find_map(|(known, forms)| scaled(known).map(|form| (forms, form))) {
            Some((forms, form)) => forms.push(form),
            None => classes.push((coefficient.clone(), vec![form.clone()])),
        }
    }
    classes.retain(|(_, forms)| forms.len() > 2);
    if classes.is_empty() {
        return Vec::new();
    }
    let mut facts = Vec::new();
    let mut whole = Decomposition::default();
    let mut rest = core.clone();
    for (coefficient, forms) in classes {
        for form in &forms {
            rest = &rest - &form.pow(3).scaled(&coefficient);
        }
        chain(&coefficient, forms, &mut whole, &mut facts);
    }
    if !rest.is_zero() {
        whole.rest.push((Rational::ONE, rest));
    }
    facts.push(Fact { target: core.clone(), decomposition: whole });
    vec![facts]
}

/// The products for `coefficient * sum of forms^3`.
fn chain(coefficient: &Rational, forms: Vec<Polynomial>, whole: &mut Decomposition, facts: &mut Vec<Fact>) {
    let mut product = |left: Polynomial, right: Polynomial| {
        let target = &left * &right;
        facts.push(Fact {
            target: target.clone(),
            decomposition: Decomposition::product(left, right, Polynomial::zero()),
        });
        target
    };
    let mut forms = forms.into_iter();
    let mut total = forms.next().unwrap_or_default();
    while let (Some(second), third) = (forms.next(), forms.next()) {
        let Some(third) = third else {
            // Two are left: x^3 + y^3 = (x + y)((x + y)^2 - 3 x y).
            let sum = &total + &second;
            let quadratic = &product(sum.clone(), sum.clone()) - &product(total, second).scaled(&Rational::from(3));
            whole.products.push((coefficient.clone(), Product::Pair(sum, quadratic)));
            return;
        };
        let outer = product(&total + &second, &second + &third);
        whole.products.push((coefficient * &Rational::from(-3), Product::Pair(outer, &third + &total)));
        total = &(&total + &second) + &third;
    }
    let square = product(total.clone(), total.clone());
    whole.products.push((coefficient.clone(), Product::Pair(total, square)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Monomial, Variable};
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(50))]
        #[test]
        fn n_cubes_take_one_product_more_than_they_are(
            scales in proptest::collection::vec((1i64..6, 1i64..6), 3..9), common in 1i64..50)
        {
            let cubes = scales.iter().enumerate().map(|(slot, &(p, q))| {
                (Monomial::power(Variable::real(5 * slot + 1), 3).unwrap(), &Rational::new(p, q).pow(3) * &Rational::from(common))
            });
            let core = &Polynomial::from_terms(cubes) + &Polynomial::variable(Variable::real(1)).pow(2);
            let plans = plans(&core);
            prop_assert_eq!(plans.len(), 1);
            for fact in &plans[0] {
                prop_assert_eq!(fact.decomposition.expand(), fact.target.clone());
            }
            let products: usize = plans[0].iter().map(|fact| fact.decomposition.products.len()).sum();
            prop_assert_eq!(products, scales.len() + 1);
        }
    }

    #[test]
    fn cubes_of_hidden_forms_are_found() {
        let [x, y, z] = [0, 1, 2].map(|slot| Polynomial::variable(Variable::real(slot)));
        let forms = [&x + &y, &x - &z.scaled(&Rational::from(2)), &(&y + &z) + &x];
        let core = forms.iter().fold(Polynomial::zero(), |sum, form| &sum + &form.pow(3));
        let plans = plans(&core);
        assert_eq!(plans.len(), 1);
        assert!(plans[0].iter().all(|fact| fact.decomposition.expand() == fact.target));
    }
}
