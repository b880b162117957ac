//! Sums of fourth powers in pairs.
//!
//! With `u = x^2 + y^2` and `t = x y`, two products, `x^4 + y^4 = u^2 - 2 t^2`.
//! For several pairs this is a quadratic form in the u and t of signature
//! (m, m), so it takes about one product for a pair instead of two: over the
//! rationals two pairs with equal coefficients take two,
//! `u^2 + u'^2 - 2 t^2 - 2 t'^2 = (u - t - t')(u + t + t') + (u' - t + t')(u' + t - t')`
//! (derived here).
//!
//! The squares of `s = x + y` and `d = x - y` are then at hand, so that the
//! quadratic part of a Hamiltonian has a free diagonal in s and d. Pairs are
//! made such that exchanging all of them leaves the couplings as they are, if
//! that is possible: then the s couple to each other alone, and the d too.

use super::free_diagonal::complete;
use super::quadratic::{self, linear, symmetric_matrix};
use crate::exact::Rational;
use crate::model::{Kind, Monomial, Polynomial, Variable};
use crate::simplify::decomposition::{Decomposition, Fact, Product};

/// Cores with more fourth powers, or more terms, are left alone.
const POWERS: usize = 24;
const TERMS: usize = 400;
/// Steps of the search for an exchange that keeps the couplings.
const STEPS: usize = 4_000;
/// Exchanges that are tried.
const EXCHANGES: usize = 40;
/// Plans that are kept.
const PLANS: usize = 3;

/// Plans for cores with fourth powers of several variables.
pub fn plans(core: &Polynomial) -> Vec<Vec<Fact>> {
    if core.degree() != 4 || core.len() > TERMS || core.variables().iter().any(|v| v.kind() != Kind::Real) {
        return Vec::new();
    }
    let powers: Vec<(Rational, Polynomial)> = core
        .terms()
        .iter()
        .filter_map(|(monomial, coefficient)| match monomial.factors() {
            [factor] if factor.exponent == 4 => Some((coefficient.clone(), Polynomial::variable(factor.variable))),
            _ => None,
        })
        .collect();
    of_forms(core, &powers)
}

/// Plans for a core with fourth powers of linear forms, given with their
/// coefficients.
pub fn of_forms(core: &Polynomial, powers: &[(Rational, Polynomial)]) -> Vec<Vec<Fact>> {
    if powers.len() < 2 || powers.len() > POWERS {
        return Vec::new();
    }
    // Classes of forms whose coefficients differ by fourth powers, the forms
    // scaled such that the coefficients are the same.
    let mut classes: Classes = Vec::new();
    for (coefficient, form) in powers {
        let scale = |known: &Rational| (coefficient / known).sqrt().and_then(|square| square.sqrt());
        match classes.iter_mut().find_map(|(known, forms)| scale(known).map(|scale| (forms, scale))) {
            Some((forms, scale)) => forms.push(form.scaled(&scale)),
            None => classes.push((coefficient.clone(), vec![form.clone()])),
        }
    }
    let rest = powers.iter().fold(core.clone(), |rest, (c, form)| &rest - &form.pow(4).scaled(c));
    if classes.iter().all(|(_, forms)| forms.len() < 2) {
        return Vec::new();
    }
    let mut plans: Vec<(usize, Vec<Fact>)> = Vec::new();
    // The signs of the forms are free: those that couple alike are wanted.
    let mut signed = vec![classes.clone()];
    for negative in [false, true] {
        let turned = with_signs(&rest, &classes, negative);
        if let Some(turned) = turned.filter(|turned| !signed.contains(turned)) {
            signed.push(turned);
        }
    }
    let mut pairs: Vec<Pairing> = Vec::new();
    for pairing in signed.iter().flat_map(|classes| pairings(&rest, classes)) {
        if !pairs.contains(&pairing) {
            pairs.push(pairing);
        }
    }
    for pairing in pairs {
        if let Some(plan) = plan(core, &rest, &pairing)
            && !plans.contains(&plan)
        {
            plans.push(plan);
        }
    }
    plans.sort_by_key(|(products, _)| *products);
    plans.truncate(PLANS);
    plans.into_iter().map(|(_, plan)| plan).collect()
}

/// Forms whose fourth powers have the same coefficient.
type Classes = Vec<(Rational, Vec<Polynomial>)>;

/// Forms in pairs and alone, each with its coefficient.
#[derive(Clone, PartialEq, Eq, Default)]
struct Pairing {
    pairs: Vec<(Rational, Polynomial, Polynomial)>,
    single: Vec<(Rational, Polynomial)>,
}

/// Ways to pair: by exchanges that keep the quadratic part, and in order.
fn pairings(rest: &Polynomial, classes: &Classes) -> Vec<Pairing> {
    let forms: Vec<(&Rational, &Polynomial)> =
        classes.iter().flat_map(|(c, forms)| forms.iter().map(move |form| (c, form))).collect();
    let mut found: Vec<Vec<usize>> = Vec::new();
    if let Some(couplings) = couplings(rest, &forms) {
        let (mut exchange, mut steps) = (vec![usize::MAX; forms.len()], STEPS);
        extend(&forms, &couplings, &mut exchange, &mut steps, &mut found);
    }
    let mut in_order: Vec<usize> = (0..forms.len()).collect();
    let mut at = 0;
    while at + 1 < forms.len() {
        if forms[at].0 == forms[at + 1].0 {
            in_order.swap(at, at + 1);
            at += 1;
        }
        at += 1;
    }
    found.push(in_order);
    let pairing = |exchange: Vec<usize>| {
        let mut pairing = Pairing::default();
        for (at, &partner) in exchange.iter().enumerate() {
            let (coefficient, form) = forms[at];
            if partner == at {
                pairing.single.push((coefficient.clone(), form.clone()));
            } else if at < partner {
                pairing.pairs.push((coefficient.clone(), form.clone(), forms[partner].1.clone()));
            }
        }
        pairing
    };
    found.into_iter().map(pairing).collect()
}

/// The forms with signs such that each couples to one before it negatively, or
/// positively, as far as that goes without going round in circles. `None`
/// where a form has more than one variable.
fn with_signs(rest: &Polynomial, classes: &Classes, negative: bool) -> Option<Classes> {
    let forms: Vec<(&Rational, &Polynomial)> =
        classes.iter().flat_map(|(c, forms)| forms.iter().map(move |form| (c, form))).collect();
    let couplings = couplings(rest, &forms)?;
    let n = forms.len();
    let mut signs: Vec<Option<bool>> = vec![None; n];
    for start in 0..n {
        if signs[start].is_some() {
            continue;
        }
        signs[start] = Some(false);
        let mut queue = std::collections::VecDeque::from([start]);
        while let Some(at) = queue.pop_front() {
            for other in 0..n {
                if signs[other].is_none() && !couplings[at][other].is_zero() {
                    signs[other] = signs[at].map(|sign| sign ^ (couplings[at][other].is_negative() != negative));
                    queue.push_back(other);
                }
            }
        }
    }
    let mut turns = signs.into_iter();
    let mut turn = |form: &Polynomial| {
        let turned = turns.next().flatten().unwrap_or(false);
        if turned { form.scaled(&Rational::MINUS_ONE) } else { form.clone() }
    };
    Some(classes.iter().map(|(c, forms)| (c.clone(), forms.iter().map(&mut turn).collect())).collect())
}

/// The matrix of the quadratic part in scaled variables; `None` where a form
/// has more than one variable.
fn couplings(rest: &Polynomial, forms: &[(&Rational, &Polynomial)]) -> Option<Vec<Vec<Rational>>> {
    let variables: Option<Vec<(Variable, &Rational)>> = forms
        .iter()
        .map(|(_, form)| match form.terms() {
            [(monomial, scale)] => Some((monomial.factors().first()?.variable, scale)),
            _ => None,
        })
        .collect();
    let variables = variables?;
    let entry = |&(a, one): &(Variable, &Rational), &(b, two): &(Variable, &Rational)| {
        let product = Monomial::variable(a).multiply(&Monomial::variable(b));
        &rest.coefficient(&product) / &(one * two)
    };
    Some(variables.iter().map(|a| variables.iter().map(|b| entry(a, b)).collect()).collect())
}

/// Whether exchanging two more forms agrees with the couplings to those that
/// are exchanged already.
fn allowed(
    forms: &[(&Rational, &Polynomial)],
    couplings: &[Vec<Rational>],
    exchange: &[usize],
    one: usize,
    two: usize,
) -> bool {
    forms[one].0 == forms[two].0
        && couplings[one][one] == couplings[two][two]
        && exchange.iter().enumerate().all(|(at, &partner)| {
            partner == usize::MAX
                || couplings[one][at] == couplings[two][partner] && couplings[two][at] == couplings[one][partner]
        })
}

/// Completes an exchange in all ways, as far as there are steps left.
fn extend(
    forms: &[(&Rational, &Polynomial)],
    couplings: &[Vec<Rational>],
    exchange: &mut [usize],
    steps: &mut usize,
    found: &mut Vec<Vec<usize>>,
) {
    let Some(one) = exchange.iter().position(|&partner| partner == usize::MAX) else {
        found.push(exchange.to_vec());
        return;
    };
    for two in one + 1..forms.len() {
        if exchange[two] == usize::MAX
            && *steps > 0
            && found.len() < EXCHANGES
            && allowed(forms, couplings, exchange, one, two)
        {
            *steps -= 1;
            (exchange[one], exchange[two]) = (two, one);
            extend(forms, couplings, exchange, steps, found);
            (exchange[one], exchange[two]) = (usize::MAX, usize::MAX);
        }
    }
}

/// The facts of a pairing, with the number of products.
fn plan(core: &Polynomial, rest: &Polynomial, pairing: &Pairing) -> Option<(usize, Vec<Fact>)> {
    if pairing.pairs.is_empty() {
        return None;
    }
    let mut facts = Vec::new();
    let (half, quarter, minus) = (Rational::new(1, 2), Rational::new(1, 4), Rational::new(-1, 4));
    // The quadratic form in u, t and the squares of those that are alone.
    let mut squares: Vec<Polynomial> = Vec::new();
    let mut diagonal: Vec<Rational> = Vec::new();
    let mut free: Vec<(Polynomial, Polynomial)> = Vec::new();
    let mut products = 0;
    for (coefficient, x, y) in &pairing.pairs {
        let (sum, difference) = (x + y, x - y);
        let square = |form: &Polynomial| Product::Pair(form.clone(), form.clone());
        let (u, t) = (&x.pow(2) + &y.pow(2), x * y);
        for (target, weight, sign) in [(&u, &half, &half), (&t, &quarter, &minus)] {
            let products = vec![(weight.clone(), square(&sum)), (sign.clone(), square(&difference))];
            facts.push(Fact { target: target.clone(), decomposition: Decomposition { products, rest: Vec::new() } });
        }
        squares.extend([u, t]);
        diagonal.extend([coefficient.clone(), coefficient * &Rational::from(-2)]);
        free.extend([(sum.clone(), sum.pow(2)), (difference.clone(), difference.pow(2))]);
        products += 2;
    }
    for (coefficient, x) in &pairing.single {
        squares.push(x.pow(2));
        diagonal.push(coefficient.clone());
        free.push((x.clone(), x.pow(2)));
        products += 1;
    }
    let placeholder = |at: usize| Polynomial::variable(Variable::real(at));
    let form =
        diagonal.iter().enumerate().fold(Polynomial::zero(), |sum, (at, c)| &sum + &placeholder(at).pow(2).scaled(c));
    let (form, content) = form.primitive();
    let reduced = quadratic::generate(&form).into_iter().min_by_key(|fact| fact.decomposition.products.len())?;
    let mut whole = Decomposition::default();
    for (coefficient, product) in &reduced.decomposition.products {
        let Product::Pair(left, right) = product else { return None };
        let mut factor = |form: &Polynomial| {
            let parts = form.terms().iter().filter_map(|(monomial, c)| {
                Some((c.clone(), squares[monomial.factors().first()?.variable.slot()].clone()))
            });
            sum_of(parts.collect(), &mut facts)
        };
        let product = Product::Pair(factor(left), factor(right));
        whole.products.push((coefficient * &content, product));
    }
    products += whole.products.len();
    if !rest.is_zero() {
        match free_parts(rest, &free) {
            Some((completed, mut parts)) => {
                // What is completed is a quadratic form of small rank.
                if !completed.is_zero() {
                    let ways = quadratic::generate(&completed.primitive().0);
                    let best = ways.into_iter().min_by_key(|fact| fact.decomposition.products.len())?;
                    products += best.decomposition.products.len();
                    facts.push(best);
                    parts.push((Rational::ONE, completed));
                }
                let affine = rest.affine_part();
                if !affine.is_zero() {
                    parts.push((Rational::ONE, affine));
                }
                let sum = Decomposition { products: Vec::new(), rest: parts };
                facts.push(Fact { target: rest.clone(), decomposition: sum });
                whole.rest.push((Rational::ONE, rest.clone()));
            }
            None => whole.rest.push((Rational::ONE, rest.clone())),
        }
    }
    facts.push(Fact { target: core.clone(), decomposition: whole });
    Some((products, facts))
}

/// A sum of polynomials, with the fact that it is one where it has more than
/// one part.
fn sum_of(parts: Vec<(Rational, Polynomial)>, facts: &mut Vec<Fact>) -> Polynomial {
    let decomposition = Decomposition { products: Vec::new(), rest: parts };
    let target = decomposition.expand();
    if decomposition.rest.len() > 1 && !target.is_affine() {
        facts.push(Fact { target: target.clone(), decomposition });
    }
    target
}

/// A polynomial of degree two as a form of small rank and squares that are at
/// hand; `None` where its quadratic part has other variables.
fn free_parts(
    rest: &Polynomial,
    free: &[(Polynomial, Polynomial)],
) -> Option<(Polynomial, Vec<(Rational, Polynomial)>)> {
    if rest.degree() != 2 {
        return None;
    }
    let quadratic = rest.nonlinear_part();
    let variables = quadratic.variables();
    // Each variable in the new coordinates: the forms come in pairs with the
    // same two variables, or alone.
    let mut matrix = symmetric_matrix(&quadratic, &variables);
    let mut inverse = vec![vec![Rational::ZERO; free.len()]; variables.len()];
    let place = |form: &Polynomial| -> Option<Vec<(usize, Rational)>> {
        let place = |(monomial, c): &(Monomial, Rational)| {
            Some((variables.binary_search(&monomial.factors().first()?.variable).ok()?, c.clone()))
        };
        form.terms().iter().map(place).collect()
    };
    // Forms of pairs can overlap; then they are no coordinates.
    let mut taken = vec![false; variables.len()];
    let mut at = 0;
    while at < free.len() {
        for (variable, _) in place(&free[at].0)? {
            if std::mem::replace(&mut taken[variable], true) {
                return None;
            }
        }
        match (place(&free[at].0)?.as_slice(), free.get(at + 1).and_then(|next| place(&next.0))) {
            ([(x, scale)], _) => {
                inverse[*x][at] = scale.recip();
                at += 1;
            }
            ([(x, one), (y, two)], Some(next)) => {
                // s = a x + b y and d = e x + f y.
                let (e, f) = (&next.first()?.1, &next.get(1)?.1);
                let determinant = &(one * f) - &(two * e);
                if determinant.is_zero() {
                    return None;
                }
                inverse[*x][at] = f / &determinant;
                inverse[*x][at + 1] = -(two / &determinant);
                inverse[*y][at] = -(e / &determinant);
                inverse[*y][at + 1] = one / &determinant;
                at += 2;
            }
            _ => return None,
        }
    }
    if inverse.iter().any(|row| row.iter().all(Rational::is_zero)) {
        return None;
    }
    let times = |rows: &[Vec<Rational>], columns: &[Vec<Rational>]| -> Vec<Vec<Rational>> {
        rows.iter()
            .map(|row| {
                (0..columns[0].len())
                    .map(|j| row.iter().zip(columns).fold(Rational::ZERO, |sum, (a, line)| sum + &(a * &line[j])))
                    .collect()
            })
            .collect()
    };
    let transposed: Vec<Vec<Rational>> =
        (0..free.len()).map(|j| inverse.iter().map(|row| row[j].clone()).collect()).collect();
    matrix = times(&times(&transposed, &matrix), &inverse);
    let mut couplings = matrix.clone();
    (0..free.len()).for_each(|at| couplings[at][at] = Rational::ZERO);
    let mut completed = Polynomial::zero();
    let stand_in: Vec<Variable> = (0..free.len()).map(Variable::real).collect();
    for (weight, form) in complete(couplings)? {
        for (at, entry) in form.iter().enumerate() {
            matrix[at][at] -= &(&(entry * entry) * &weight);
        }
        let form = linear(&form, &stand_in).substitute(|variable| Some(free[variable.slot()].0.clone()));
        completed = &completed + &form.pow(2).scaled(&weight);
    }
    let parts = free.iter().enumerate().map(|(at, (_, square))| (matrix[at][at].clone(), square.clone()));
    Some((completed, parts.filter(|(c, _)| !c.is_zero()).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn x(slot: usize) -> Polynomial {
        Polynomial::variable(Variable::real(slot))
    }

    /// The least number of distinct products of a plan.
    fn products(core: &Polynomial) -> usize {
        let count = |plan: Vec<Fact>| {
            let mut all: Vec<Polynomial> = Vec::new();
            for fact in &plan {
                assert_eq!(fact.decomposition.expand(), fact.target);
                for (_, product) in &fact.decomposition.products {
                    let value = product.expand().primitive().0;
                    if !all.contains(&value) {
                        all.push(value);
                    }
                }
            }
            all.len()
        };
        plans(core).into_iter().map(count).min().unwrap_or(usize::MAX)
    }

    fn ring(n: usize, scale: impl Fn(usize) -> Rational) -> Polynomial {
        (0..n).fold(Polynomial::zero(), |sum, i| {
            let (here, next) = (x(i).scaled(&scale(i)), x((i + 1) % n).scaled(&scale((i + 1) % n)));
            &(&sum + &here.pow(4).scaled(&Rational::new(1, 24)))
                + &(&here.pow(2).scaled(&Rational::new(3, 2)) - &(&here * &next))
        })
    }

    #[test]
    fn powers_in_two_pairs() {
        let sum = |coefficients: &[i64]| {
            coefficients
                .iter()
                .enumerate()
                .fold(Polynomial::zero(), |sum, (slot, &c)| &sum + &x(3 * slot).pow(4).scaled(&Rational::from(c)))
        };
        assert_eq!(products(&sum(&[1, 1, 1, 1])), 6);
        assert_eq!(products(&sum(&[5, 80, 405, 5])), 6);
        assert_eq!(products(&sum(&[1, 1])), 4);
    }

    #[test]
    fn rings_couple_opposite_sites() {
        assert_eq!(products(&ring(6, |_| Rational::ONE)), 11);
        assert_eq!(products(&ring(6, |at| Rational::new(2 + at as i64, 3))), 11);
        assert!(products(&ring(12, |_| Rational::ONE)) <= 23);
        let signed = |at: usize| Rational::new([2, -3, 1, -1, -5][at % 5], 1 + (at % 3) as i64);
        assert_eq!(products(&ring(6, signed)), 11);
        assert!(products(&ring(12, signed)) <= 23);
    }
}
