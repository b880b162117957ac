//! Hidden sums: cores that fall apart into sums over different variables
//! after a linear change of variables, `p = g(l_1, ..., l_r) + h(m_1, ...)`.
//!
//! The matrices X for which `H X` is symmetric, where H is the matrix of
//! second partials (for all x), form the centre of p (Harrison, "A
//! Grothendieck ring of higher degree forms", 1975). Where all variables are
//! essential and p is more than quadratic, p falls apart just as the centre
//! has idempotents: `p(x) = sum of p(E_i x)` for orthogonal idempotents E_i
//! with sum one. They are polynomials in a pseudo-random element of the
//! centre, whose minimal polynomial is factored over the rationals. Second
//! partials do not see affine terms, which are free.
//!
//! Sums of powers of linear forms, sums of products of linear forms, and
//! chains of anything are special cases.

use std::collections::BTreeMap;

use super::{essential, power_pairs};
use crate::algebra::linear::{Echelon, Row, row};
use crate::algebra::univariate::{self, Poly};
use crate::exact::Rational;
use crate::model::{Kind, Monomial, Polynomial, Variable};
use crate::modular::scramble;
use crate::simplify::decomposition::{Decomposition, Fact};

/// Cores in more variables are left alone: the centre has their square as unknowns.
const VARIABLES: usize = 12;
/// Cores with more terms are left alone.
const TERMS: usize = 1_500;

type Matrix = Vec<Vec<Rational>>;

/// The core as a sum over different linear forms.
pub fn generate(core: &Polynomial) -> Vec<Fact> {
    let Some(parts) = parts(core) else { return Vec::new() };
    let mut facts = Vec::new();
    if let Some(joined) = power_pairs::pair_up(&parts)
        && joined.len() > 1
    {
        facts.push(Fact { target: core.clone(), decomposition: Decomposition::sum(joined) });
    }
    facts.push(Fact { target: core.clone(), decomposition: Decomposition::sum(parts) });
    facts
}

/// The parts that the core falls apart into, two or more, if it does.
pub fn parts(core: &Polynomial) -> Option<Vec<Polynomial>> {
    let variables = core.variables();
    let eligible = core.degree() > 2 && core.len() > 2 && core.len() <= TERMS;
    if !eligible || variables.len() < 2 || variables.len() > VARIABLES {
        return None;
    }
    if variables.iter().any(|variable| variable.kind() != Kind::Real) || essential::reduce(core).is_some() {
        return None;
    }
    let projections = projections(core, &variables)?;
    let parts: Vec<Polynomial> = projections.iter().map(|projection| put(core, &variables, projection)).collect();
    let rest = parts.iter().fold(core.clone(), |rest, part| &rest - part);
    (rest.is_zero() && !parts.iter().any(Polynomial::is_zero)).then_some(parts)
}

/// Orthogonal idempotents of the centre with sum one, two or more.
fn projections(core: &Polynomial, variables: &[Variable]) -> Option<Vec<Matrix>> {
    let n = variables.len();
    let centre = centre(core, variables);
    if centre.len() < 2 {
        return None;
    }
    let mut element = vec![vec![Rational::ZERO; n]; n];
    for (at, basis) in centre.iter().enumerate() {
        let weight = Rational::from((scramble(at as u64) % 2003) as i64 - 1001);
        for (column, entry) in basis.iter().enumerate() {
            element[column / n][column % n] += &(entry * &weight);
        }
    }
    let minimal = minimal_polynomial(&element)?;
    let factors = univariate::factor(&minimal)?;
    if factors.len() < 2 {
        return None;
    }
    factors
        .iter()
        .map(|(factor, multiplicity)| {
            let power = (0..*multiplicity).fold(vec![Rational::ONE], |power, _| univariate::multiply(&power, factor));
            let others = univariate::divide(&minimal, &power).0;
            // One modulo this power, zero modulo the others.
            let inverse = univariate::inverse(&others, &power)?;
            Some(at_matrix(&univariate::multiply(&inverse, &others), &element))
        })
        .collect()
}

/// A basis of the centre, each matrix row by row.
fn centre(core: &Polynomial, variables: &[Variable]) -> Vec<Vec<Rational>> {
    let n = variables.len();
    let mut echelon = Echelon::default();
    for equation in equations(core, variables) {
        echelon.insert(equation);
        // The identity always solves.
        if echelon.rank() + 1 == n * n {
            break;
        }
    }
    echelon.nullspace(n * n)
}

/// `sum over k of H_ik X_kj - H_jk X_ki = 0` for i < j, by monomial.
fn equations(core: &Polynomial, variables: &[Variable]) -> Vec<Row> {
    let n = variables.len();
    let gradient: Vec<Polynomial> = variables.iter().map(|&variable| core.derivative(variable)).collect();
    let hessian: Vec<Vec<Polynomial>> =
        gradient.iter().map(|g| variables.iter().map(|&variable| g.derivative(variable)).collect()).collect();
    let mut all = Vec::new();
    for i in 0..n {
        for j in i + 1..n {
            let mut by_monomial: BTreeMap<Monomial, Vec<(usize, Rational)>> = BTreeMap::new();
            for (k, (own, other)) in hessian[i].iter().zip(&hessian[j]).enumerate() {
                for (monomial, coefficient) in own.terms() {
                    by_monomial.entry(monomial.clone()).or_default().push((k * n + j, coefficient.clone()));
                }
                for (monomial, coefficient) in other.terms() {
                    by_monomial.entry(monomial.clone()).or_default().push((k * n + i, -coefficient.clone()));
                }
            }
            all.extend(by_monomial.into_values().map(row));
        }
    }
    // Short equations first keep the elimination sparse.
    all.sort_by_key(Vec::len);
    all
}

/// The monic polynomial of least degree that annuls a matrix.
fn minimal_polynomial(matrix: &Matrix) -> Option<Poly> {
    let n = matrix.len();
    // The powers as rows, each with the column of its exponent after the entries.
    let mut echelon = Echelon::default();
    let mut power = identity(n);
    for exponent in 0..=n {
        let entries = power.iter().flatten().cloned().enumerate().filter(|(_, entry)| !entry.is_zero());
        let reduced = echelon.reduce(row(entries.chain([(n * n + exponent, Rational::ONE)])));
        if reduced.first().is_some_and(|(column, _)| *column >= n * n) {
            let mut polynomial = vec![Rational::ZERO; exponent + 1];
            for (column, entry) in reduced {
                polynomial[column - n * n] = entry;
            }
            return Some(univariate::monic(&polynomial));
        }
        echelon.insert(reduced);
        power = product(&power, matrix);
    }
    None
}

/// The polynomial with the matrix put in.
fn at_matrix(polynomial: &[Rational], matrix: &Matrix) -> Matrix {
    let n = matrix.len();
    polynomial.iter().rev().fold(vec![vec![Rational::ZERO; n]; n], |sum, coefficient| {
        let mut next = product(&sum, matrix);
        (0..n).for_each(|at| next[at][at] += coefficient);
        next
    })
}

fn identity(n: usize) -> Matrix {
    (0..n).map(|i| (0..n).map(|j| if i == j { Rational::ONE } else { Rational::ZERO }).collect()).collect()
}

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    let n = a.len();
    let entry = |i: usize, j: usize| (0..n).fold(Rational::ZERO, |sum, k| sum + &a[i][k] * &b[k][j]);
    (0..n).map(|i| (0..n).map(|j| entry(i, j)).collect()).collect()
}

/// The core at `matrix x`. Rows that are multiples of each other share their
/// powers through the reduced variables: the image of a projection of low
/// rank is expanded in few variables only.
fn put(core: &Polynomial, variables: &[Variable], matrix: &Matrix) -> Polynomial {
    // matrix = left * right with right the echelon form of its rows.
    let rows = matrix.iter().map(|line| row(line.iter().cloned().enumerate()));
    let echelon = Echelon::of(rows);
    let pivots: Vec<usize> = echelon.rows().map(|(pivot, _)| pivot).collect();
    let linear = |entries: &mut dyn Iterator<Item = (Variable, Rational)>| {
        Polynomial::from_terms(entries.map(|(variable, entry)| (Monomial::variable(variable), entry)))
    };
    // Line i of the matrix is the sum of its entries at pivots times the echelon rows.
    let in_pivots = core.substitute(|variable| {
        let at = variables.binary_search(&variable).ok()?;
        Some(linear(&mut pivots.iter().map(|&pivot| (variables[pivot], matrix[at][pivot].clone()))))
    });
    let forms: BTreeMap<Variable, Polynomial> = echelon
        .rows()
        .map(|(pivot, row)| {
            (variables[pivot], linear(&mut row.iter().map(|(column, entry)| (variables[*column], entry.clone()))))
        })
        .collect();
    in_pivots.substitute(|variable| forms.get(&variable).cloned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(30))]
        /// A disguised sum of products and powers of different forms.
        #[test]
        fn disguised_sums_fall_apart(matrix in proptest::collection::vec(proptest::collection::vec(-3i64..4, 5), 5)) {
            let variables: Vec<Polynomial> = (0..5).map(|slot| Polynomial::variable(Variable::real(3 * slot))).collect();
            let forms: Vec<Polynomial> = matrix.iter().map(|line| line.iter().zip(&variables).fold(
                Polynomial::zero(), |sum, (&c, v)| &sum + &v.scaled(&Rational::from(c)))).collect();
            let product = &(&forms[0] * &forms[1]) * &forms[2];
            let power = &forms[3].pow(4).scaled(&Rational::from(-2)) + &forms[3].pow(2);
            let core = &(&product + &power) + &forms[4].pow(3);
            prop_assume!(essential::reduce(&core).is_none() && core.variables().len() == 5);
            let facts = generate(&core);
            for fact in &facts {
                prop_assert_eq!(fact.decomposition.expand(), fact.target.clone());
            }
            prop_assert_eq!(facts.last().map(|fact| fact.decomposition.rest.len()), Some(3));
        }
    }

    #[test]
    fn what_hangs_together_stays() {
        let [x, y, z] = [0, 1, 2].map(|slot| Polynomial::variable(Variable::real(slot)));
        // A cubic curve that is no sum of cubes.
        let cubes = &(&x.pow(3) + &y.pow(3)) + &z.pow(3);
        let core = &cubes + &(&(&x * &y) * &z).scaled(&Rational::from(5));
        assert!(generate(&core).is_empty());
    }
}
