//! Coordinates in which the energies have fewer terms.
//!
//! Affine changes of variables are free, and a polynomial that was expanded
//! from sums of variables is shorter in the sums. Elementary changes
//! `v -> v + c u` and `v -> v + c` are found by votes: where p depends on v
//! and u through `v - c u`, the derivative `dp/du + c dp/dv` loses terms, so
//! every monomial that both derivatives have votes for the c at which it
//! cancels; for a shift, `v^d m` and `v^(d-1) m` vote. The candidates with most
//! votes are tried, and the best is taken while the terms get fewer.
//!
//! Before that the origin is moved to where the forms of the second highest
//! degree vanish, if there is such a point: `p(x + s)` has the forms `h` and
//! `g + sum of s_i dh/dx_i`, a linear system for s.

use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::algebra::linear::{Echelon, row};
use crate::circuit::{Circuit, Form, Gate, Source};
use crate::exact::Rational;
use crate::model::{Expression, Kind, Model, Monomial, Polynomial, Variable};

/// Models with more variables keep their coordinates.
const VARIABLES: usize = 24;
/// Terms visited by votes and trials.
const WORK: usize = 40_000_000;
/// Equations for an origin.
const ORIGIN: usize = 20_000;
/// Candidates tried in a round.
const TRIED: usize = 8;

/// New coordinates, as affine forms in the old ones.
pub struct Coordinates {
    forms: BTreeMap<Variable, Polynomial>,
}

/// An elementary change: the variable, what is added to it (a variable, or
/// one), and how often.
type Change = (Variable, Option<Variable>, Rational);

/// The model in coordinates in which its energies have fewer terms, if such
/// are found. Only models of real variables without a lattice are changed.
pub fn sparser(model: &Model) -> Option<(Model, Coordinates)> {
    let mut energies: Vec<Polynomial> = model.energies.iter().map(|energy| energy.polynomial.clone()).collect();
    let mut variables: Vec<Variable> = energies.iter().flat_map(Polynomial::variables).collect();
    variables.sort_unstable();
    variables.dedup();
    let real = variables.iter().all(|variable| variable.kind() == Kind::Real);
    if !model.frame.directions.is_empty() || !real || variables.len() > VARIABLES {
        return None;
    }
    let mut forms: BTreeMap<Variable, Polynomial> =
        variables.iter().map(|&variable| (variable, Polynomial::variable(variable))).collect();
    let mut work = WORK;
    let mut changed = false;
    if let Some(origin) = origin(&energies, &variables) {
        let change = |energy: &Polynomial| origin.iter().fold(energy.clone(), |energy, change| apply(&energy, change));
        let moved: Vec<Polynomial> = energies.iter().map(change).collect();
        if nonlinear_terms(&moved) < nonlinear_terms(&energies) {
            energies = moved;
            changed = true;
            for (variable, _, times) in origin {
                let form = &forms[&variable] - &Polynomial::constant(times);
                forms.insert(variable, form);
            }
        }
    }
    loop {
        let size = nonlinear_terms(&energies);
        let spent = size * variables.len() * variables.len();
        let Some(left) = work.checked_sub(spent) else { break };
        work = left;
        let candidates = candidates(&energies, &variables).into_iter().take(TRIED);
        let tried = candidates.map(|change| {
            let next: Vec<Polynomial> = energies.iter().map(|energy| apply(energy, &change)).collect();
            (nonlinear_terms(&next), change, next)
        });
        let Some((fewer, (variable, other, times), next)) = tried.min_by_key(|(size, ..)| *size) else { break };
        if fewer >= size {
            break;
        }
        energies = next;
        changed = true;
        // Where the old coordinate is the new one plus c u, the new is the old minus c u.
        let other = other.map_or(Polynomial::constant(Rational::ONE), |other| forms[&other].clone());
        let form = &forms[&variable] - &other.scaled(&times);
        forms.insert(variable, form);
    }
    changed.then(|| {
        let mut model = model.clone();
        for (energy, polynomial) in model.energies.iter_mut().zip(energies) {
            energy.written = Expression::from(&polynomial);
            energy.polynomial = polynomial;
        }
        (model, Coordinates { forms })
    })
}

/// Affine terms are free.
fn nonlinear_terms(energies: &[Polynomial]) -> usize {
    let nonlinear = |energy: &Polynomial| energy.terms().iter().filter(|(monomial, _)| monomial.degree() > 1).count();
    energies.iter().map(nonlinear).sum()
}

/// The shifts after which no energy has a form of the degree below its
/// highest.
fn origin(energies: &[Polynomial], variables: &[Variable]) -> Option<Vec<Change>> {
    let mut rows: BTreeMap<(usize, Monomial), Vec<(usize, Rational)>> = BTreeMap::new();
    for (at, energy) in energies.iter().enumerate().filter(|(_, energy)| energy.degree() > 2) {
        let (highest, below) = (energy.homogeneous_part(energy.degree()), energy.homogeneous_part(energy.degree() - 1));
        for (column, &variable) in variables.iter().enumerate() {
            for (monomial, coefficient) in highest.derivative(variable).terms() {
                rows.entry((at, monomial.clone())).or_default().push((column, coefficient.clone()));
            }
        }
        for (monomial, coefficient) in below.terms() {
            rows.entry((at, monomial.clone())).or_default().push((variables.len(), -coefficient.clone()));
        }
    }
    if rows.len() > ORIGIN {
        return None;
    }
    let solution = Echelon::of(rows.into_values().map(row)).solution(variables.len())?;
    let shifts = variables.iter().zip(solution).filter(|(_, times)| !times.is_zero());
    Some(shifts.map(|(&variable, times)| (variable, None, times)).collect())
}

/// Changes by falling number of votes.
fn candidates(energies: &[Polynomial], variables: &[Variable]) -> Vec<Change> {
    let mut all: Vec<(usize, Change)> = Vec::new();
    let mut offer = |votes: FxHashMap<Rational, usize>, variable, other: Option<Variable>| {
        // A shift that removes a single term is worth while.
        let least = other.is_some() as usize;
        let best = votes.into_iter().filter(|(c, _)| !c.is_zero()).max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(&a.0)));
        if let Some((times, votes)) = best.filter(|(_, votes)| *votes > least) {
            all.push((votes, (variable, other, times)));
        }
    };
    let gradients: Vec<Vec<Polynomial>> = variables
        .iter()
        .map(|&variable| energies.iter().map(|energy| energy.derivative(variable).nonlinear_part()).collect())
        .collect();
    for (at, &variable) in variables.iter().enumerate() {
        for (beside, &other) in variables.iter().enumerate().filter(|(beside, _)| *beside != at) {
            let mut votes = FxHashMap::default();
            for (own, theirs) in gradients[at].iter().zip(&gradients[beside]) {
                count(own, theirs, &mut votes);
            }
            offer(votes, variable, Some(other));
        }
        let mut votes = FxHashMap::default();
        for energy in energies {
            let leading = |monomial: &Monomial| monomial.exponent(variable) > 0 && monomial.degree() > 2;
            for (monomial, coefficient) in energy.terms().iter().filter(|(monomial, _)| leading(monomial)) {
                let below = monomial.divide(&Monomial::variable(variable)).expect("the variable occurs");
                let constant = energy.coefficient(&below);
                if !constant.is_zero() {
                    let exponent = Rational::from(monomial.exponent(variable) as i64);
                    *votes.entry(-(&constant / &(coefficient * &exponent))).or_default() += 1;
                }
            }
        }
        offer(votes, variable, None);
    }
    all.sort_by_key(|(votes, change)| (Reverse(*votes), change.clone()));
    all.into_iter().map(|(_, change)| change).collect()
}

/// Votes of the monomials that both polynomials have.
fn count(own: &Polynomial, theirs: &Polynomial, votes: &mut FxHashMap<Rational, usize>) {
    let (mut a, mut b) = (own.terms().iter().peekable(), theirs.terms().iter().peekable());
    while let (Some((one, x)), Some((two, y))) = (a.peek(), b.peek()) {
        match two.cmp(one) {
            std::cmp::Ordering::Less => drop(a.next()),
            std::cmp::Ordering::Greater => drop(b.next()),
            std::cmp::Ordering::Equal => {
                *votes.entry(-(y / x)).or_default() += 1;
                a.next();
                b.next();
            }
        }
    }
}

/// The polynomial with `v + c u` for v.
fn apply(polynomial: &Polynomial, (variable, other, times): &Change) -> Polynomial {
    let mut terms = Vec::with_capacity(polynomial.len() * 2);
    for (monomial, coefficient) in polynomial.terms() {
        let exponent = monomial.exponent(*variable) as u32;
        let mut coefficient = coefficient.clone();
        let mut monomial = monomial.clone();
        // Binomial coefficients one after the other.
        for taken in 0..=exponent {
            terms.push((monomial.clone(), coefficient.clone()));
            if taken < exponent {
                monomial = monomial.divide(&Monomial::variable(*variable)).expect("the variable occurs");
                if let Some(other) = other {
                    monomial = monomial.multiply(&Monomial::variable(*other));
                }
                let binomial = Rational::new((exponent - taken) as i64, taken as i64 + 1);
                coefficient = &(&coefficient * &binomial) * times;
            }
        }
    }
    Polynomial::from_terms(terms)
}

impl Coordinates {
    /// The circuit in the old coordinates.
    pub fn undo(&self, circuit: Circuit) -> Circuit {
        let gates = circuit.gates.iter().map(|gate| match gate {
            Gate::Product(left, right) => Gate::Product(self.form(left), self.form(right)),
            Gate::Square(base) => Gate::Square(self.form(base)),
            Gate::BitProduct(factors) => Gate::BitProduct(factors.iter().map(|factor| self.form(factor)).collect()),
        });
        let gates = gates.collect();
        let mut outputs = circuit.outputs;
        for output in &mut outputs {
            output.form = self.form(&output.form);
        }
        Circuit { gates, outputs, deviation: circuit.deviation }
    }

    fn form(&self, form: &Form) -> Form {
        let mut constant = form.constant.clone();
        let mut terms = Vec::new();
        for (source, coefficient) in &form.terms {
            let known = match source {
                Source::Input(variable) => self.forms.get(variable),
                Source::Gate { .. } => None,
            };
            let Some(affine) = known else {
                terms.push((*source, coefficient.clone()));
                continue;
            };
            for (monomial, c) in affine.terms() {
                match monomial.factors() {
                    [factor] => terms.push((Source::Input(factor.variable), c * coefficient)),
                    _ => constant += &(c * coefficient),
                }
            }
        }
        Form::new(constant, terms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linear(coefficients: &[i64]) -> Polynomial {
        let term = |(at, &c): (usize, &i64)| (Monomial::variable(Variable::real(at)), Rational::from(c));
        Polynomial::from_terms(coefficients.iter().enumerate().map(term))
    }

    #[test]
    fn votes_name_the_sum_that_was_expanded() {
        let (a, b) = (linear(&[1, 3, 0]), linear(&[0, 1, -2]));
        let energy = &a.pow(3) * &b.pow(2);
        let variables = energy.variables();
        let (variable, other, times) = candidates(std::slice::from_ref(&energy), &variables).remove(0);
        let changed = apply(&energy, &(variable, other, times));
        assert!(changed.len() < energy.len());
    }

    #[test]
    fn a_change_is_a_substitution() {
        let x: Vec<Polynomial> = (0..2).map(|slot| Polynomial::variable(Variable::real(slot))).collect();
        let energy = &x[0].pow(3) + &(&x[0].pow(2) * &x[1]);
        for other in [None, Some(Variable::real(1))] {
            let times = Rational::new(-2, 3);
            let by = other.map_or(Polynomial::constant(Rational::ONE), Polynomial::variable).scaled(&times);
            let expected = energy.substitute(|v| (v.slot() == 0).then(|| &x[0] + &by));
            assert_eq!(apply(&energy, &(Variable::real(0), other, times.clone())), expected);
        }
    }
}
