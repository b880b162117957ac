//! An energy as a sum of polynomials of single linear forms: one layer with
//! few neurons for the whole polynomial.
//!
//! From the highest degree down, each part that shares no variable with the
//! others is written as powers of linear forms (Waring's problem): exactly
//! where it has one or two essential variables (Sylvester), numerically where
//! it has a few more; directions that are there already cost nothing. Where
//! the neurons of its monomials are fewer, they are taken. Quadratic forms of
//! rank r take r + 1 neurons, and squares of spins and bits, which are free,
//! and of directions that are there already, may lower the rank.
//!
//! The difference from the energy is computed exactly and bounded on the
//! domain: zero where all directions are rational.

use dashu_int::UBig;

use super::quadratic::{self, Square};
use super::ridges::Ridges;
use super::{Nodes, Part, binary, monomials, neurons, powers};
use crate::algebra::linear::{Echelon, row};
use crate::exact::Rational;
use crate::model::{Kind, Model, Monomial, Polynomial, Shift, Variable};
use crate::network::Activation;

/// A bound, per cell, of the difference between an energy and its parts on
/// the domain.
pub type Deviation = Rational;

/// What has been decomposed so far.
#[derive(Clone, Debug, Default)]
struct Sum {
    parts: Vec<Part>,
    ridges: Ridges,
}

/// Quadratic forms in more variables are left to their monomials.
const MOST_VARIABLES: usize = 96;

/// An energy in parts.
#[derive(Clone, PartialEq, Debug)]
pub struct Decomposition {
    /// The parts.
    pub parts: Vec<Part>,
    /// The constant and linear terms that reach the output directly.
    pub affine: Polynomial,
    /// How far the sum may be from the energy, per cell.
    pub deviation: Deviation,
}

/// The parts of an energy as sums of powers; never more neurons than
/// [`super::shared`] has.
pub fn sums_of_powers(model: &Model, energy: usize, activation: Activation) -> Decomposition {
    let fallback = monomials::shared(model, energy, activation);
    let polynomial = &model.energies[energy].polynomial;
    match decompose(model, polynomial, activation) {
        Some(found) if neurons(&found.parts, activation) < neurons(&fallback, activation) => found,
        _ => Decomposition { parts: fallback, affine: polynomial.affine_part(), deviation: Rational::ZERO },
    }
}

/// The decomposition; `None` where it is no good.
fn decompose(model: &Model, polynomial: &Polynomial, activation: Activation) -> Option<Decomposition> {
    let mut sum = Sum::default();
    let real = |monomial: &Monomial| monomial.factors().iter().all(|factor| factor.variable.kind() == Kind::Real);
    let mut pairs = Vec::new();
    for (monomial, coefficient) in polynomial.terms().iter().filter(|(monomial, _)| monomial.degree() > 1) {
        match (monomial.degree(), real(monomial)) {
            (2, _) => pairs.push((monomial.clone(), coefficient.clone())),
            (_, false) => sum.parts.push(monomials::part(monomial, coefficient, activation, true)),
            _ => {}
        }
    }
    for degree in (3..=polynomial.degree()).rev() {
        let form = polynomial.filter(|monomial, _| monomial.degree() == degree && real(monomial));
        for component in form.components() {
            higher(&component, degree, activation, &mut sum);
        }
    }
    // Squares along directions that are there are free.
    let mut rest = Polynomial::zero();
    for component in Polynomial::from_terms(pairs).components() {
        let all_real = component.variables().iter().all(|variable| variable.kind() == Kind::Real);
        match along_known(&component, 2, &sum.ridges).filter(|_| all_real) {
            Some(ridges) => sum.ridges = ridges,
            None => rest = &rest + &component,
        }
    }
    quadratic_part(model, &rest, activation, &mut sum);
    for ridge in &sum.ridges.all {
        let (variables, direction): (Vec<Variable>, Vec<Rational>) = ridge.form.iter().cloned().unzip();
        if let Some(nodes) = Nodes::ridge(variables, &direction, &ridge.coefficients) {
            sum.parts.push(Part::Nodes(nodes));
        }
    }
    // What the parts compute, and by how much it differs.
    let computed = sum.parts.iter().fold(Polynomial::zero(), |total, part| &total + &expanded(part));
    let difference = model.canonical_polynomial(&(polynomial - &computed));
    let rest = difference.filter(|monomial, _| monomial.degree() > 1);
    let size = |(monomial, coefficient): &(Monomial, Rational)| {
        monomial.factors().iter().fold(coefficient.abs(), |product, factor| {
            let (lower, upper) = model.domain(factor.variable);
            let range = if lower.abs() > upper.abs() { lower.abs() } else { upper.abs() };
            product * range.pow(factor.exponent as u32)
        })
    };
    let bound =
        |polynomial: &Polynomial| polynomial.terms().iter().map(size).fold(Rational::ZERO, |sum, term| sum + term);
    let deviation = bound(&rest);
    // Rounded directions are as good as doubles allow, or no decomposition.
    if deviation > bound(polynomial) * Rational::from_f64(1e-9)? {
        return None;
    }
    Some(Decomposition { parts: sum.parts, affine: difference.affine_part(), deviation })
}

/// The polynomial that a part computes, reduced.
fn expanded(part: &Part) -> Polynomial {
    match part {
        Part::Nodes(nodes) => nodes.polynomial(),
        Part::Monomial { variables, powers, coefficient, .. } => {
            let factors = variables.iter().zip(powers);
            let factors = factors.map(|(&variable, &power)| crate::model::Factor { variable, exponent: power as u16 });
            Polynomial::term(Monomial::from_factors(factors), coefficient.clone())
        }
        Part::Bits { variables, coefficient } | Part::Parity { variables, coefficient } => {
            let factors = variables.iter().map(|&variable| crate::model::Factor { variable, exponent: 1 });
            Polynomial::term(Monomial::from_factors(factors), coefficient.clone())
        }
    }
}

/// A form of degree three or more: by directions that are there, by powers, or
/// monomial by monomial, whatever takes the fewest new neurons.
fn higher(form: &Polynomial, degree: u32, activation: Activation, sum: &mut Sum) {
    let terms = form.terms().iter();
    let grids: Vec<Part> = terms.map(|(monomial, c)| monomials::part(monomial, c, activation, true)).collect();
    let cost = neurons(&grids, activation);
    if let Some(ridges) = along_known(form, degree, &sum.ridges) {
        sum.ridges = ridges;
        return;
    }
    // More powers than that are no gain.
    let most = usize::try_from(cost.clone()).unwrap_or(usize::MAX) / degree as usize;
    if let Some(terms) = as_powers(form, degree, most) {
        let mut ridges = sum.ridges.clone();
        for (factor, direction) in terms {
            ridges.add(direction, degree, factor);
        }
        if UBig::from(ridges.neurons()) <= UBig::from(sum.ridges.neurons()) + cost {
            sum.ridges = ridges;
            return;
        }
    }
    sum.parts.extend(grids);
}

/// A form as powers along directions that are there, if it is one.
fn along_known(form: &Polynomial, degree: u32, ridges: &Ridges) -> Option<Ridges> {
    let variables = form.variables();
    let known: Vec<&Vec<(Variable, Rational)>> = ridges
        .all
        .iter()
        .map(|ridge| &ridge.form)
        .filter(|form| form.iter().all(|(variable, _)| variables.contains(variable)))
        .collect();
    if known.is_empty() || known.len() > 60 {
        return None;
    }
    let powers: Vec<Polynomial> = known.iter().map(|form| power(form, degree)).collect();
    let mut monomials: Vec<&Monomial> =
        powers.iter().chain([form]).flat_map(|p| p.terms().iter().map(|t| &t.0)).collect();
    monomials.sort();
    monomials.dedup();
    let conditions = monomials.iter().map(|monomial| {
        let entries = powers.iter().enumerate().map(|(at, power)| (at, power.coefficient(monomial)));
        row(entries.chain([(known.len(), form.coefficient(monomial))]))
    });
    let factors = Echelon::of(conditions).solution(known.len())?;
    let known: Vec<Vec<(Variable, Rational)>> = known.into_iter().cloned().collect();
    let mut result = ridges.clone();
    known.into_iter().zip(factors).filter(|(_, factor)| !factor.is_zero()).for_each(|(form, factor)| {
        result.add(form, degree, factor);
    });
    Some(result)
}

fn power(form: &[(Variable, Rational)], degree: u32) -> Polynomial {
    let form = Polynomial::from_terms(form.iter().map(|(variable, c)| (Monomial::variable(*variable), c.clone())));
    (1..degree).fold(form.clone(), |power, _| &power * &form)
}

/// A power with a factor: the factor, and the form.
type Power = (Rational, Vec<(Variable, Rational)>);

/// A form as at most `most` powers of linear forms.
fn as_powers(form: &Polynomial, degree: u32, most: usize) -> Option<Vec<Power>> {
    let variables = form.variables();
    let essential = essential(form, &variables)?;
    let sum = match essential.as_slice() {
        [_] => {
            // A multiple of one power: its form is any of the derivatives.
            let at = essential[0].iter().position(|c| !c.is_zero())?;
            let monomial = Monomial::power(variables[at], degree)?;
            let factor = form.coefficient(&monomial);
            // With the first coefficient one.
            let inverse = essential[0][at].recip();
            let direction = variables.iter().zip(&essential[0]).map(|(&v, c)| (v, c * &inverse)).collect();
            return (!factor.is_zero()).then(|| vec![(factor, direction)]);
        }
        [first, second] => {
            // In the coordinates x = first.z and y = second.z, whose pivots
            // are variables that the other lacks.
            let pivot = |own: &[Rational], other: &[Rational]| {
                (0..variables.len()).find(|&at| !own[at].is_zero() && other[at].is_zero())
            };
            let (p, q) = (pivot(first, second)?, pivot(second, first)?);
            let coefficients: Vec<Rational> = (0..=degree)
                .map(|i| {
                    let factors = [(variables[p], degree - i), (variables[q], i)];
                    let factors = factors.into_iter().filter(|(_, exponent)| *exponent > 0);
                    let monomial = Monomial::from_factors(
                        factors
                            .map(|(variable, exponent)| crate::model::Factor { variable, exponent: exponent as u16 }),
                    );
                    form.coefficient(&monomial) / (first[p].pow(degree - i) * second[q].pow(i))
                })
                .collect();
            let sum = binary::decompose(&coefficients)?;
            let direction = |c: &[Rational]| -> Vec<(Variable, Rational)> {
                let entry = |at: usize| &c[0] * &first[at] + &c[1] * &second[at];
                variables.iter().enumerate().map(|(at, &variable)| (variable, entry(at))).collect()
            };
            return Some(sum.terms.iter().map(|(factor, c)| (factor.clone(), direction(c))).collect());
        }
        _ => powers::decompose(form, &variables, most.min(16))?,
    };
    let direction = |form: Vec<Rational>| variables.iter().copied().zip(form).collect();
    Some(sum.terms.into_iter().map(|(factor, form)| (factor, direction(form))).collect())
}

/// Linear forms of which a form is a polynomial, as few as there can be: a
/// basis of the directions that its derivatives see, in echelon form.
fn essential(form: &Polynomial, variables: &[Variable]) -> Option<Vec<Vec<Rational>>> {
    if variables.len() > 40 || form.len() > 2_000 {
        return None;
    }
    // The combinations of derivatives that vanish are the directions along
    // which the form is constant; the forms that vanish on those remain.
    let derivatives: Vec<Polynomial> = variables.iter().map(|&variable| form.derivative(variable)).collect();
    let mut monomials: Vec<&Monomial> = derivatives.iter().flat_map(|p| p.terms().iter().map(|t| &t.0)).collect();
    monomials.sort();
    monomials.dedup();
    let equations = monomials.iter().map(|monomial| {
        row(derivatives.iter().enumerate().map(|(at, derivative)| (at, derivative.coefficient(monomial))))
    });
    let echelon = Echelon::of(equations);
    let forms = echelon.rows().map(|(_, entries)| {
        let mut form = vec![Rational::ZERO; variables.len()];
        entries.iter().for_each(|(at, entry)| form[*at] = entry.clone());
        form
    });
    Some(forms.collect())
}

/// The quadratic part, spins and bits included.
fn quadratic_part(model: &Model, form: &Polynomial, activation: Activation, sum: &mut Sum) {
    if form.is_zero() {
        return;
    }
    let thresholds: Vec<Part> =
        form.terms().iter().map(|(monomial, c)| monomials::part(monomial, c, activation, true)).collect();
    let mut best = thresholds.clone();
    let mut best_ridges = sum.ridges.clone();
    let cost = |parts: &[Part], ridges: &Ridges| neurons(parts, activation) + UBig::from(ridges.neurons());
    let variables = form.variables();
    if variables.len() <= MOST_VARIABLES {
        for candidate in candidates(model, form, &variables) {
            let squares = quadratic::squares(candidate.matrix);
            let mut ridges = sum.ridges.clone();
            for (variable, coefficient) in candidate.left {
                ridges.add(vec![(variable, Rational::ONE)], 2, coefficient);
            }
            let parts = of_squares(&variables, squares, &mut ridges);
            if cost(&parts, &ridges) < cost(&best, &best_ridges) {
                (best, best_ridges) = (parts, ridges);
            }
        }
    }
    sum.parts.extend(best);
    sum.ridges = best_ridges;
}

/// Independent squares as neurons: a single one as a ridge, more together.
fn of_squares(variables: &[Variable], squares: Vec<Square>, ridges: &mut Ridges) -> Vec<Part> {
    let direction = |form: &[Rational]| variables.iter().copied().zip(form.iter().cloned()).collect();
    match squares.as_slice() {
        [(coefficient, form)] => {
            ridges.add(direction(form), 2, coefficient.clone());
            Vec::new()
        }
        _ => match quadratic::simplex(variables, &squares) {
            Some(nodes) => vec![Part::Nodes(nodes)],
            None => {
                for (coefficient, form) in &squares {
                    ridges.add(direction(form), 2, coefficient.clone());
                }
                Vec::new()
            }
        },
    }
}

/// The matrix of a quadratic form without some squares of variables, and
/// those.
struct Candidate {
    matrix: Vec<Vec<Rational>>,
    left: Vec<(Variable, Rational)>,
}

/// The form with squares of variables taken out in ways that may lower its
/// rank: none; those that make each pair the square of a sum or difference;
/// those that leave a single square. Squares of spins are one and those of
/// bits linear, so they are free.
fn candidates(model: &Model, form: &Polynomial, variables: &[Variable]) -> Vec<Candidate> {
    let matrix = quadratic::matrix(form, variables);
    let n = variables.len();
    let with_diagonal = |diagonal: &[Rational]| {
        let mut changed = matrix.clone();
        let mut left: Vec<(Variable, Rational)> = Vec::new();
        for (at, (&variable, entry)) in variables.iter().zip(diagonal).enumerate() {
            changed[at][at] = entry.clone();
            if variable.kind() != Kind::Real {
                continue;
            }
            let amount = &matrix[at][at] - entry;
            // Translates are the same square.
            let home = if model.frame.directions.is_empty() { variable } else { variable.at(Shift::ZERO) };
            match left.iter_mut().find(|(known, _)| *known == home) {
                Some((_, sum)) => *sum += &amount,
                None => left.push((home, amount)),
            }
        }
        left.retain(|(_, amount)| !amount.is_zero());
        Candidate { matrix: changed, left }
    };
    let mut found = vec![Candidate { matrix: matrix.clone(), left: Vec::new() }];
    // Each pair as the square of a sum or difference, of one sign.
    for sign in [Rational::ONE, Rational::MINUS_ONE] {
        let sum_of_row = |i: usize| (0..n).filter(|&j| j != i).fold(Rational::ZERO, |sum, j| sum + matrix[i][j].abs());
        found.push(with_diagonal(&(0..n).map(|i| sum_of_row(i) * &sign).collect::<Vec<_>>()));
    }
    // One square: a_ij = c v_i v_j off the diagonal.
    let entry = |i: usize| {
        let others = (0..n).filter(|&j| j != i && !matrix[i][j].is_zero());
        let pairs = others.clone().flat_map(|j| others.clone().filter(move |&k| k > j).map(move |k| (j, k)));
        let (j, k) = pairs.into_iter().find(|&(j, k)| !matrix[j][k].is_zero())?;
        Some(&matrix[i][j] * &matrix[i][k] / matrix[j][k].clone())
    };
    if let Some(diagonal) = (0..n).map(entry).collect::<Option<Vec<_>>>() {
        found.push(with_diagonal(&diagonal));
    }
    found
}
