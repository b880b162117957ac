//! Quartics of small Gram rank, hidden by the syzygies.
//!
//! A form of degree four is `z' G z` over the quadratic monomials z. G is fixed
//! only up to the syzygies of their products, `(x y)^2 = x^2 y^2` and so on, and
//! few of these matrices have a small rank r: those that are a sum of r squares
//! of quadratics, with signs. Such a G is looked for numerically, by Levenberg
//! and Marquardt's method on the quadratics themselves, where r is so small
//! that a generic quartic has none: then G is isolated, and rational where the
//! quartic is. Its entries are rounded to fractions of small denominators; that
//! the result is a Gram matrix of the form is then checked exactly, and its
//! rank is what the exact elimination finds. The cubic terms are completed by a
//! linear form in each factor, where these solve the linear system. What is
//! left has degree two at most (derived here).

use std::collections::BTreeMap;

use super::quadratic;
use crate::algebra::least_squares::{LeastSquares, Limits, minimize};
use crate::algebra::linear::{Echelon, row};
use crate::exact::Rational;
use crate::model::{Kind, Monomial, Polynomial, Variable};
use crate::modular::scramble;
use crate::simplify::decomposition::{Decomposition, Fact, Product};

/// Cores in more variables are left alone.
const VARIABLES: usize = 5;
/// The greatest rank that is looked for.
const RANK: usize = 3;
/// Starts for each choice of signs, of which about every other settles, in ten
/// steps or so.
const STARTS: u64 = 6;
const LIMITS: Limits = Limits { steps: 24, zero: 1e-26, halfway: 1e-1 };
/// The denominators of the entries of G, relative to the form's largest
/// coefficient.
const DENOMINATOR: i64 = 5_000;

/// The decomposition by a Gram matrix of small rank, if there is one.
pub fn generate(core: &Polynomial) -> Vec<Fact> {
    let variables = core.variables();
    let real = variables.iter().all(|variable| variable.kind() == Kind::Real);
    if !real || core.degree() != 4 || !(2..=VARIABLES).contains(&variables.len()) {
        return Vec::new();
    }
    let form = core.homogeneous_part(4);
    // Few terms have better ways.
    if form.len() < 5 || form.variables().len() != variables.len() {
        return Vec::new();
    }
    let Some(matrix) = Gram::new(&form, &variables).and_then(|gram| gram.of_small_rank()) else { return Vec::new() };
    fact(core, &variables, matrix).into_iter().collect()
}

/// The search for a matrix.
struct Gram {
    /// The quadratic monomials.
    z: usize,
    /// For each quartic monomial its pairs of quadratic ones, and its
    /// coefficient.
    equations: Vec<(Vec<(usize, usize)>, Rational)>,
    /// The largest coefficient, and all of them relative to it.
    scale: Rational,
    targets: Vec<f64>,
}

fn quadratic_monomials(variables: &[Variable]) -> Vec<Monomial> {
    let mut all = Vec::new();
    for (at, &x) in variables.iter().enumerate() {
        all.extend(variables[at..].iter().map(|&y| Monomial::variable(x).multiply(&Monomial::variable(y))));
    }
    all
}

impl Gram {
    fn new(form: &Polynomial, variables: &[Variable]) -> Option<Gram> {
        let z = quadratic_monomials(variables);
        let mut pairs: BTreeMap<Monomial, Vec<(usize, usize)>> = BTreeMap::new();
        for a in 0..z.len() {
            for b in a..z.len() {
                pairs.entry(z[a].multiply(&z[b])).or_default().push((a, b));
            }
        }
        let scale = form.terms().iter().map(|(_, c)| c.abs()).max()?;
        let equations = pairs.into_iter().map(|(monomial, pairs)| (pairs, form.coefficient(&monomial)));
        let equations: Vec<_> = equations.collect();
        let targets = equations.iter().map(|(_, c)| (c / &scale).to_f64()).collect();
        Some(Gram { z: z.len(), equations, scale, targets })
    }

    /// A rational matrix of the least rank found, by rows.
    fn of_small_rank(&self) -> Option<Vec<Vec<Rational>>> {
        for rank in 1..=RANK {
            // As many conditions as unknowns, less the rotations: generic
            // quartics have such a form too, with irrational numbers.
            if rank * self.z - rank * (rank - 1) / 2 >= self.equations.len() {
                return None;
            }
            for negative in 0..=rank {
                let signs: Vec<f64> = (0..rank).map(|at| if at < negative { -1.0 } else { 1.0 }).collect();
                for start in 0..STARTS {
                    if let Some(matrix) = self.fit(&signs, start).and_then(|found| self.rational(&signs, &found)) {
                        return Some(matrix);
                    }
                }
            }
        }
        None
    }

    fn fit(&self, signs: &[f64], start: u64) -> Option<Vec<f64>> {
        let size = signs.len() * self.z;
        let random = |at: usize| {
            let key = scramble(scramble(start ^ (signs.len() as u64) << 32) ^ at as u64);
            (key >> 11) as f64 / (1u64 << 52) as f64 - 1.0
        };
        let start = (0..size).map(random).collect();
        let (q, residuals) = minimize(&Fit { gram: self, signs }, start, &LIMITS)?;
        (residuals.iter().map(|r| r * r).sum::<f64>() < 1e-18).then_some(q)
    }

    /// The matrix with entries rounded to fractions, if it is one of the form.
    fn rational(&self, signs: &[f64], q: &[f64]) -> Option<Vec<Vec<Rational>>> {
        let mut matrix = vec![vec![Rational::ZERO; self.z]; self.z];
        for a in 0..self.z {
            for b in a..self.z {
                let products = signs.iter().enumerate().map(|(k, sign)| sign * q[k * self.z + a] * q[k * self.z + b]);
                let entry = &fraction(products.sum())? * &self.scale;
                matrix[b][a] = entry.clone();
                matrix[a][b] = entry;
            }
        }
        let two = Rational::from(2);
        let holds = self.equations.iter().all(|(pairs, coefficient)| {
            let sum = pairs.iter().fold(Rational::ZERO, |sum, &(a, b)| match a == b {
                true => sum + &matrix[a][b],
                false => sum + &(&two * &matrix[a][b]),
            });
            sum == *coefficient
        });
        // Rounding may have raised the rank.
        let rank = Echelon::of(matrix.iter().map(|line| row(line.iter().cloned().enumerate()))).rank();
        (holds && rank <= signs.len()).then_some(matrix)
    }
}

/// How far a sum of squares with these signs is from the form, coefficient by
/// coefficient.
struct Fit<'a> {
    gram: &'a Gram,
    signs: &'a [f64],
}

impl LeastSquares for Fit<'_> {
    fn residuals(&self, q: &[f64]) -> Vec<f64> {
        let Fit { gram, signs } = self;
        let value = |a: usize, b: usize| {
            let products = signs.iter().enumerate().map(|(k, sign)| sign * q[k * gram.z + a] * q[k * gram.z + b]);
            products.sum::<f64>() * if a == b { 1.0 } else { 2.0 }
        };
        let found = gram.equations.iter().map(|(pairs, _)| pairs.iter().map(|&(a, b)| value(a, b)).sum::<f64>());
        found.zip(&gram.targets).map(|(found, target)| found - target).collect()
    }

    fn normal_equations(&self, q: &[f64], residuals: &[f64]) -> (Vec<Vec<f64>>, Vec<f64>) {
        let Fit { gram, signs } = self;
        let size = q.len();
        let (mut normal, mut right) = (vec![vec![0.0; size]; size], vec![0.0; size]);
        for ((pairs, _), residual) in gram.equations.iter().zip(residuals) {
            let mut slopes: BTreeMap<usize, f64> = BTreeMap::new();
            for (k, sign) in signs.iter().enumerate() {
                for &(a, b) in pairs {
                    let (a, b) = (k * gram.z + a, k * gram.z + b);
                    *slopes.entry(a).or_default() += 2.0 * sign * q[b];
                    if a != b {
                        *slopes.entry(b).or_default() += 2.0 * sign * q[a];
                    }
                }
            }
            for (&i, &slope) in &slopes {
                right[i] -= slope * residual;
                for (&j, &other) in slopes.range(..=i) {
                    normal[i][j] += slope * other;
                }
            }
        }
        (normal, right)
    }
}

/// The nearest fraction of a small denominator, by continued fractions, where
/// it is near.
fn fraction(value: f64) -> Option<Rational> {
    let (mut before, mut last) = ((0i64, 1i64), (1i64, 0i64));
    let mut rest = value;
    for _ in 0..24 {
        let whole = rest.floor();
        if whole.abs() > 1e9 {
            return None;
        }
        let next = |before: i64, last: i64| last.checked_mul(whole as i64)?.checked_add(before);
        let found = (next(before.0, last.0)?, next(before.1, last.1)?);
        if found.1 > DENOMINATOR {
            return None;
        }
        if (value - found.0 as f64 / found.1 as f64).abs() < 1e-8 {
            return Some(Rational::new(found.0, found.1));
        }
        (before, last) = (last, found);
        rest = 1.0 / (rest - whole);
    }
    None
}

/// The core by the products that a Gram matrix of its highest part has.
fn fact(core: &Polynomial, variables: &[Variable], matrix: Vec<Vec<Rational>>) -> Option<Fact> {
    let z = quadratic_monomials(variables);
    // The matrix as a quadratic form in variables that stand for z.
    let stand_in = |at: usize| Monomial::variable(Variable::real(at));
    let entries = (0..z.len()).flat_map(|a| (0..z.len()).map(move |b| (a, b)));
    let form = Polynomial::from_terms(entries.map(|(a, b)| (stand_in(a).multiply(&stand_in(b)), matrix[a][b].clone())));
    let (form, content) = form.primitive();
    let reduced = quadratic::generate(&form).into_iter().min_by_key(|fact| fact.decomposition.products.len())?;
    let original = |factor: &Polynomial| {
        let terms = factor.terms().iter();
        Polynomial::from_terms(
            terms.filter_map(|(monomial, c)| Some((z[monomial.factors().first()?.variable.slot()].clone(), c.clone()))),
        )
    };
    let mut products: Vec<(Rational, Polynomial, Polynomial)> = Vec::new();
    for (coefficient, product) in &reduced.decomposition.products {
        let Product::Pair(left, right) = product else { return None };
        products.push((coefficient * &content, original(left), original(right)));
    }
    complete_cubic(core, variables, &mut products);
    let products = products.into_iter().map(|(c, left, right)| (c, Product::Pair(left, right))).collect();
    let mut decomposition = Decomposition { products, rest: Vec::new() };
    let rest = core - &decomposition.expand();
    if !rest.is_zero() {
        decomposition.rest.push((Rational::ONE, rest));
    }
    Some(Fact { target: core.clone(), decomposition })
}

/// Adds a linear form to each factor such that the products give the cubic
/// terms too, if there are such forms.
fn complete_cubic(core: &Polynomial, variables: &[Variable], products: &mut [(Rational, Polynomial, Polynomial)]) {
    let cubic = core.homogeneous_part(3);
    let n = variables.len();
    if cubic.is_zero() {
        return;
    }
    // The unknowns: for each product a form for its left factor, then one for
    // its right factor; of a square the same.
    let unknowns = products.len() * 2 * n;
    let mut equations: BTreeMap<Monomial, Vec<(usize, Rational)>> = BTreeMap::new();
    for (at, (coefficient, left, right)) in products.iter().enumerate() {
        for (k, &variable) in variables.iter().enumerate() {
            let monomial = Monomial::variable(variable);
            for (side, factor) in [(0, right), (1, left)] {
                let index = (2 * at + if left == right { 0 } else { side }) * n + k;
                for (term, c) in factor.times_monomial(&monomial).terms() {
                    equations.entry(term.clone()).or_default().push((index, coefficient * c));
                }
            }
        }
    }
    for (term, c) in cubic.terms() {
        equations.entry(term.clone()).or_default().push((unknowns, c.clone()));
    }
    let rows = equations.into_values().map(|entries| {
        // A square's form comes twice.
        let mut sums: BTreeMap<usize, Rational> = BTreeMap::new();
        for (index, c) in entries {
            *sums.entry(index).or_insert(Rational::ZERO) += &c;
        }
        row(sums)
    });
    let Some(solution) = Echelon::of(rows).solution(unknowns) else { return };
    let form = |from: usize| {
        let terms = variables.iter().zip(&solution[from..from + n]);
        Polynomial::from_terms(terms.map(|(&variable, c)| (Monomial::variable(variable), c.clone())))
    };
    for (at, (_, left, right)) in products.iter_mut().enumerate() {
        let is_square = left == right;
        *left = &*left + &form(2 * at * n);
        *right = if is_square { left.clone() } else { &*right + &form((2 * at + 1) * n) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    prop_compose! {
        fn quadratics(n: usize)(values in proptest::collection::vec(-3i64..4, 45)) -> Vec<Polynomial> {
            let variables: Vec<Variable> = (0..n).map(Variable::real).collect();
            let mut monomials = quadratic_monomials(&variables);
            monomials.extend(variables.iter().map(|&x| Monomial::variable(x)));
            let each = monomials.len();
            values.chunks(15).take(2).map(|chunk| {
                Polynomial::from_terms((0..each).map(|k| (monomials[k].clone(), Rational::from(chunk[k % 15] + (k / 15) as i64))))
            }).collect()
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        /// `a q1^2 + b q2^2` comes back as two products.
        #[test]
        fn two_squares_come_back(
            quadratics in prop_oneof![quadratics(3), quadratics(4)], a in 1i64..5, b in prop_oneof![-5i64..0, 1i64..6],
        ) {
            let core = &quadratics[0].pow(2).scaled(&Rational::from(a)) + &quadratics[1].pow(2).scaled(&Rational::from(b));
            let core = core.nonlinear_part();
            let variables = core.variables().len();
            let generic = core.homogeneous_part(4).variables().len() == variables && variables >= 3
                && quadratics.iter().all(|q| q.homogeneous_part(2).len() > 3);
            prop_assume!(generic);
            let facts = generate(&core);
            prop_assert!(!facts.is_empty(), "{:?}", core);
            for fact in facts {
                prop_assert!(fact.decomposition.products.len() <= 2);
                prop_assert_eq!(fact.decomposition.expand(), core.clone());
                let rest = fact.decomposition.rest.iter().map(|(_, rest)| rest.degree()).max();
                prop_assert!(rest.unwrap_or(0) <= 2);
            }
        }
    }

    #[test]
    fn generic_quartics_are_left_alone() {
        let variables: Vec<Variable> = (0..3).map(Variable::real).collect();
        let z = quadratic_monomials(&variables);
        let mut terms = Vec::new();
        for (at, a) in z.iter().enumerate() {
            terms.extend(
                z[at..]
                    .iter()
                    .enumerate()
                    .map(|(k, b)| (a.multiply(b), Rational::from((7 * at + 3 * k * k) as i64 % 11 - 4))),
            );
        }
        assert!(generate(&Polynomial::from_terms(terms)).is_empty());
    }

    #[test]
    fn fractions() {
        for (value, found) in [(0.5, (1, 2)), (-4.0 / 3.0, (-4, 3)), (0.0, (0, 1)), (17.0, (17, 1))] {
            assert_eq!(fraction(value), Some(Rational::new(found.0, found.1)));
        }
        assert_eq!(fraction(std::f64::consts::SQRT_2), None);
    }
}
