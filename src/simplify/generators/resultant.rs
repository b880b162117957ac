//! Resultants of two polynomials, recognised by their gradings.
//!
//! The resultant of `a_0 + ... + a_m x^m` and `b_0 + ... + b_n x^n` is
//! homogeneous in the a and in the b, and isobaric. A form in m + n + 2
//! variables is examined for just these gradings, so names, order, scales
//! and the origin of the variables are immaterial: the weights of the
//! variables lie in two planes that meet in the direction of the index, the
//! scales follow from the coefficients of `a_0^(n-1) a_i b_n^(m-i) b_(n-1)^i`
//! relative to that of `a_0^n b_n^m` (power sums of the roots: `(-1)^i`), and
//! the whole is confirmed.
//!
//! It is the determinant of the hybrid matrix of Bezout: m - n rows hold the
//! coefficients of `x^j b`, and n rows those of
//! `A_i x^(m-n) b - B_i a`, where A_i and B_i are the first i coefficients of
//! a and b from the highest down (Sederberg, Goldman and Du, 1997); the entries are
//! sums of two-row minors of the coefficients.

use super::determinant::{self, determinant};
use super::origin::{self, Centred};
use crate::algebra::linear::{Echelon, row};
use crate::exact::Rational;
use crate::model::{Factor, Kind, Monomial, Polynomial, Variable};
use crate::simplify::decomposition::{Decomposition, Fact};

/// Cores in more variables are left alone.
const VARIABLES: usize = 2 * determinant::ROWS;
/// Terms of all minors together, for each term of the core.
const TERMS: usize = 400;

/// A plan if the core is a resultant.
pub fn plans(core: &Polynomial) -> Vec<Vec<Fact>> {
    let variables = core.variables();
    let eligible = core.degree() >= 4 && (5..=VARIABLES).contains(&variables.len());
    if !eligible || variables.iter().any(|variable| variable.kind() != Kind::Real) {
        return Vec::new();
    }
    // One of the coefficients may be a constant, as in a monic polynomial.
    [origin::centre(core), origin::with_unit(core)]
        .into_iter()
        .flatten()
        .find_map(|form| plan(core, &form))
        .into_iter()
        .collect()
}

fn plan(core: &Polynomial, centred: &Centred) -> Option<Vec<Fact>> {
    let variables = centred.form.variables();
    let (first, second) = coefficients(&centred.form, &variables)?;
    let moved = |scaled: Vec<(Variable, Rational)>| -> Vec<Polynomial> {
        scaled.into_iter().map(|(variable, scale)| centred.variable(variable).scaled(&scale)).collect()
    };
    let (a, b) = (moved(first), moved(second));
    let (matrix, mut facts) = hybrid_matrix(&a, &b)?;
    if !centred.is_multiple_of_determinant(&matrix)? {
        return None;
    }
    let found = determinant(&matrix, TERMS * core.len() + 10_000)?;
    facts.extend(found.facts_of_multiple(core)?);
    Some(facts)
}

/// Both sequences of coefficients as scaled variables, the longer first, by
/// rising index.
type Coefficients = (Vec<(Variable, Rational)>, Vec<(Variable, Rational)>);

fn coefficients(form: &Polynomial, variables: &[Variable]) -> Option<Coefficients> {
    let (mut a, mut b) = families(&gradings(form, variables)?)?;
    if a.len() < b.len() {
        std::mem::swap(&mut a, &mut b);
    }
    let [a, b] = [a, b].map(|family| family.into_iter().map(|at| variables[at]).collect::<Vec<_>>());
    let beta_ratio = scales(form, &a, &b, None)?;
    // With a_0 and a_1 unscaled the first ratio is that of b_(n-1) and b_n.
    let step = beta_ratio.get(1)?.clone();
    let alpha: Vec<Rational> = beta_ratio.iter().enumerate().map(|(i, ratio)| ratio / &step.pow(i as u32)).collect();
    let m = a.len() - 1;
    let step = &alpha[m - 1] / &alpha[m];
    let beta = scales(form, &b, &a, Some(&step))?;
    Some((a.into_iter().zip(alpha).collect(), b.into_iter().zip(beta).collect()))
}

/// `(-1)^i [a_0^(n-1) a_i b_n^(m-i) b_(n-1)^i] / [a_0^n b_n^m]` divided by the
/// i-th power of `step`.
fn scales(form: &Polynomial, a: &[Variable], b: &[Variable], step: Option<&Rational>) -> Option<Vec<Rational>> {
    let (m, n) = (a.len() - 1, b.len() - 1);
    let coefficient = |i: usize| {
        let powers = [(a[0], n - 1), (a[i], 1), (b[n], m - i), (b[n - 1], i)];
        let factors = powers.iter().filter(|(_, exponent)| *exponent > 0);
        let factors = factors.map(|&(variable, exponent)| Factor { variable, exponent: exponent as u16 });
        form.coefficient(&Monomial::from_factors(factors))
    };
    let base = coefficient(0);
    if base.is_zero() {
        return None;
    }
    (0..=m)
        .map(|i| {
            let mut ratio = &coefficient(i) / &base;
            if i % 2 == 1 {
                ratio = -ratio;
            }
            if let Some(step) = step {
                ratio = &ratio / &step.pow(i as u32);
            }
            (!ratio.is_zero()).then_some(ratio)
        })
        .collect()
}

type Vector = [Rational; 3];

/// The weights of each variable in the three gradings of the form, if there
/// are just three.
fn gradings(form: &Polynomial, variables: &[Variable]) -> Option<Vec<Vector>> {
    let n = variables.len();
    let exponents = |monomial: &Monomial| -> Vec<i64> {
        variables.iter().map(|&variable| monomial.exponent(variable) as i64).collect()
    };
    let origin = exponents(&form.terms()[0].0);
    let mut echelon = Echelon::default();
    for (monomial, _) in form.terms() {
        let difference = exponents(monomial).into_iter().zip(&origin).map(|(e, o)| Rational::from(e - o)).enumerate();
        echelon.insert(row(difference));
        if echelon.rank() + 3 > n {
            return None;
        }
    }
    let basis: [Vec<Rational>; 3] = echelon.nullspace(n).try_into().ok()?;
    Some((0..n).map(|at| [basis[0][at].clone(), basis[1][at].clone(), basis[2][at].clone()]).collect())
}

/// The variables of both polynomials by rising index.
fn families(weights: &[Vector]) -> Option<(Vec<usize>, Vec<usize>)> {
    let n = weights.len();
    for second in 1..n {
        let normal = cross(&weights[0], &weights[second]);
        let (inside, outside): (Vec<usize>, Vec<usize>) = (0..n).partition(|&at| dot(&normal, &weights[at]).is_zero());
        if inside.len() < 3 || outside.len() < 3 {
            continue;
        }
        let other = cross(&weights[outside[0]], &weights[outside[1]]);
        if outside.iter().any(|&at| !dot(&other, &weights[at]).is_zero()) {
            continue;
        }
        let direction = cross(&normal, &other);
        let along = direction.iter().position(|entry| !entry.is_zero())?;
        let places = |family: &[usize]| -> Option<Vec<(Rational, usize)>> {
            let start = &weights[family[0]];
            let mut all = Vec::new();
            for &at in family {
                let place = &(&weights[at][along] - &start[along]) / &direction[along];
                let exact = (0..3).all(|k| &weights[at][k] - &start[k] == &place * &direction[k]);
                all.push((place, at));
                if !exact {
                    return None;
                }
            }
            all.sort();
            Some(all)
        };
        let (a, b) = (places(&inside)?, places(&outside)?);
        let step = &a[1].0 - &a[0].0;
        let even = |family: &[(Rational, usize)]| family.windows(2).all(|pair| &pair[1].0 - &pair[0].0 == step);
        if step.is_zero() || !even(&a) || !even(&b) {
            return None;
        }
        let order = |family: Vec<(Rational, usize)>| family.into_iter().map(|(_, at)| at).collect();
        return Some((order(a), order(b)));
    }
    None
}

fn cross(a: &Vector, b: &Vector) -> Vector {
    let entry = |i: usize, j: usize| &a[i] * &b[j] - &a[j] * &b[i];
    [entry(1, 2), entry(2, 0), entry(0, 1)]
}

fn dot(a: &Vector, b: &Vector) -> Rational {
    &a[0] * &b[0] + &a[1] * &b[1] + &a[2] * &b[2]
}

/// The matrix and the facts for its entries.
pub(super) fn hybrid_matrix(a: &[Polynomial], b: &[Polynomial]) -> Option<(Vec<Vec<Polynomial>>, Vec<Fact>)> {
    let (m, n) = (a.len() - 1, b.len() - 1);
    if m > determinant::ROWS {
        return None;
    }
    // x^(m-n) b, of degree m like a.
    let raised: Vec<Polynomial> = (0..m - n).map(|_| Polynomial::zero()).chain(b.iter().cloned()).collect();
    let mut facts = Vec::new();
    let minors =
        determinant::combine(&determinant::row(a), &determinant::row(&raised), &mut facts, &mut usize::MAX.clone())?;
    // [p, k] = a_p b_k - a_k b_p
    let bracket = |p: usize, k: usize| {
        let minor = minors.get(&(1 << p | 1 << k)).filter(|_| p != k)?;
        Some((if p < k { Rational::ONE } else { Rational::MINUS_ONE }, minor.clone()))
    };
    let mut matrix = Vec::new();
    let mut parts: Vec<Vec<(Rational, Polynomial)>> = vec![Vec::new(); m + 1];
    for i in 0..n {
        // Times x, and one row of brackets more; the highest coefficient cancels.
        parts.pop();
        parts.insert(0, Vec::new());
        for (k, sum) in parts.iter_mut().enumerate() {
            sum.extend(bracket(m - i, k));
        }
        let mut entries = Vec::new();
        for sum in &parts[..m] {
            let decomposition = Decomposition { products: Vec::new(), rest: sum.clone() };
            let target = decomposition.expand();
            if sum.len() > 1 && !target.is_affine() {
                facts.push(Fact { target: target.clone(), decomposition });
            }
            entries.push(target);
        }
        matrix.push(entries);
        // The highest is zero once its parts are added up.
        parts[m].clear();
    }
    for j in 0..m - n {
        let mut entries = vec![Polynomial::zero(); m];
        for (k, coefficient) in b.iter().enumerate() {
            entries[j + k] = coefficient.clone();
        }
        matrix.push(entries);
    }
    Some((matrix, facts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The resultant as the determinant of Sylvester's matrix.
    fn resultant(a: &[Polynomial], b: &[Polynomial]) -> Polynomial {
        let (m, n) = (a.len() - 1, b.len() - 1);
        let mut matrix = vec![vec![Polynomial::zero(); m + n]; m + n];
        for i in 0..n {
            (0..=m).for_each(|k| matrix[i][i + k] = a[k].clone());
        }
        for i in 0..m {
            (0..=n).for_each(|k| matrix[n + i][i + k] = b[k].clone());
        }
        determinant(&matrix, usize::MAX).unwrap().value
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        /// Permuted, scaled and moved variables.
        #[test]
        fn disguised_resultants_are_recognised(
            m in 2usize..4, n in 2usize..4, seed in 0u64..1000,
            scales in proptest::collection::vec((1i64..9, 1i64..5, -2i64..3), 8),
        ) {
            let mut slots: Vec<usize> = (0..m + n + 2).collect();
            (0..slots.len()).for_each(|at| {
                let other = crate::modular::scramble(seed * 16 + at as u64) as usize % slots.len();
                slots.swap(at, other);
            });
            let forms: Vec<Polynomial> = slots.iter().zip(&scales).map(|(&slot, &(p, q, at))| {
                let scale = Rational::new(if at == 1 { -p } else { p }, q);
                // Moved forms have many terms: a few variables are enough.
                let at = if slot < 3 { at } else { 0 };
                let moved = &Polynomial::variable(Variable::real(slot)) + &Polynomial::constant(Rational::from(at));
                moved.scaled(&scale)
            }).collect();
            // Any coefficient may be one, with the origin where it is.
            let constant = seed as usize % (2 * slots.len());
            let forms: Vec<Polynomial> = match constant < slots.len() {
                true => (slots.iter().zip(&scales).enumerate()).map(|(at, (&slot, &(p, q, _)))| match at == constant {
                    true => Polynomial::constant(Rational::from(3)),
                    false => Polynomial::variable(Variable::real(slot)).scaled(&Rational::new(p, q)),
                }).collect(),
                false => forms,
            };
            let core = resultant(&forms[..=m], &forms[m + 1..]).nonlinear_part();
            let plan = plans(&core);
            prop_assert_eq!(plan.len(), 1);
            prop_assert_eq!(&plan[0].last().unwrap().target, &core);
            for fact in &plan[0] {
                prop_assert_eq!(fact.decomposition.expand(), fact.target.clone());
            }
        }
    }

    #[test]
    fn what_is_no_resultant_is_left_alone() {
        let x: Vec<Polynomial> = (0..6).map(|slot| Polynomial::variable(Variable::real(slot))).collect();
        let core = resultant(&x[..3], &x[3..]);
        assert_eq!(plans(&core).len(), 1);
        assert!(plans(&(&core + &(&x[0].pow(2) * &x[5].pow(2)))).is_empty());
        assert!(plans(&(&core + &x[0].pow(4))).is_empty());
    }
}
