//! Energies that depend on bits or spins only through sums.
//!
//! Enters: a model. Leaves: one task for each such sum, exactly, where all of
//! what is not linear in every energy is a function of sums of two-valued
//! variables: the mean field, a parity, all elementary symmetric polynomials,
//! "at least three of five". Spins may enter with signs.
//!
//! Variables that occur together in a monomial belong to one sum. A polynomial
//! is a function of it if it stays the same when the first variable is
//! exchanged with any other one, since these exchanges generate all. A linear
//! part in the same sum can be made by the gate or beside it; both are tried.

use rustc_hash::FxHashMap;

use super::plan::{Planned, Task};
use super::tasks::Tasks;
use crate::circuit::{Form, Source};
use crate::exact::Rational;
use crate::model::{Kind, Model, Monomial, Polynomial, Shift, Variable};

/// The most terms times variables of one sum that are looked at.
const MOST_WORK: usize = 500_000;

/// The tasks of a model all of whose energies are functions of sums, without
/// and with what is linear in the sums; none for others.
pub(super) fn of_sums(model: &Model) -> Vec<Tasks> {
    let mut lists: Vec<Tasks> = [false, true].into_iter().filter_map(|linear| tasks(model, linear)).collect();
    lists.dedup();
    lists
}

fn tasks(model: &Model, linear: bool) -> Option<Tasks> {
    let mut tasks = Tasks::default();
    for energy in &model.energies {
        let affine = energy.polynomial.affine_part();
        let linear_term = |(monomial, coefficient): &(Monomial, Rational)| {
            Some((Source::Input(monomial.factors().first()?.variable), coefficient.clone()))
        };
        let mut terms: Vec<(Source, Rational)> = affine.terms().iter().filter_map(linear_term).collect();
        // In the order of their greatest terms.
        let mut parts = energy.polynomial.nonlinear_part().components();
        parts.sort_by(|one, other| other.terms()[0].0.cmp(&one.terms()[0].0));
        for part in parts {
            let mut symmetric = Symmetric::of(&part)?;
            if linear {
                symmetric.take_linear(&mut terms);
            }
            let gate = Planned { task: Task::Symmetric(symmetric.values), inputs: symmetric.inputs };
            let gate = match tasks.gates.iter().position(|known| *known == gate) {
                Some(known) => known,
                None => {
                    tasks.gates.push(gate);
                    tasks.gates.len() - 1
                }
            };
            terms.push((Source::Gate { gate, shift: Shift::ZERO }, Rational::ONE));
        }
        tasks.outputs.push(Form::new(affine.constant_term(), terms));
    }
    (!tasks.gates.is_empty()).then_some(tasks)
}

/// A function of a sum.
struct Symmetric {
    /// The variables, those of opposite sign negated.
    inputs: Vec<Form>,
    /// The value where none, one, ... all of them are the greater one.
    values: Vec<Rational>,
}

impl Symmetric {
    fn of(polynomial: &Polynomial) -> Option<Symmetric> {
        let variables = polynomial.variables();
        let kind = variables[0].kind();
        if kind == Kind::Real || variables.iter().any(|variable| variable.kind() != kind) {
            return None;
        }
        if polynomial.len().saturating_mul(variables.len()) > MOST_WORK {
            return None;
        }
        let first = variables[0];
        let mut signs = vec![false];
        for &other in &variables[1..] {
            let sign = if exchanged(polynomial, first, other, false) {
                false
            } else if kind == Kind::Spin && exchanged(polynomial, first, other, true) {
                true
            } else {
                return None;
            };
            signs.push(sign);
        }
        // The values with the first variables at their greater value; each term
        // that holds the next one changes sign, or appears.
        let place: FxHashMap<Variable, usize> = variables.iter().enumerate().map(|(at, v)| (*v, at)).collect();
        let mut values = Vec::with_capacity(variables.len() + 1);
        for ones in 0..=variables.len() {
            let mut value = Rational::ZERO;
            for (monomial, coefficient) in polynomial.terms() {
                let high = |at: usize| (at < ones) != signs[at];
                let places = monomial.factors().iter().map(|factor| place[&factor.variable]);
                match kind {
                    Kind::Bit if places.clone().all(high) => value += coefficient,
                    Kind::Spin if places.filter(|&at| !high(at)).count() % 2 == 1 => value -= coefficient,
                    Kind::Spin => value += coefficient,
                    _ => {}
                }
            }
            values.push(value);
        }
        let input = |(variable, negative): (&Variable, &bool)| {
            let coefficient = if *negative { Rational::MINUS_ONE } else { Rational::ONE };
            Form::new(Rational::ZERO, [(Source::Input(*variable), coefficient)])
        };
        Some(Symmetric { inputs: variables.iter().zip(&signs).map(input).collect(), values })
    }

    /// Adds a multiple of the sum of the inputs, if they all occur in the terms
    /// with one coefficient, and takes it from there.
    fn take_linear(&mut self, terms: &mut Vec<(Source, Rational)>) {
        let mut slope: Option<Rational> = None;
        let sources: Vec<&(Source, Rational)> = self.inputs.iter().flat_map(|form| &form.terms).collect();
        for (source, sign) in &sources {
            let Some((_, coefficient)) = terms.iter().find(|(known, _)| known == source) else { return };
            let own = coefficient * sign;
            if slope.as_ref().is_some_and(|slope| *slope != own) {
                return;
            }
            slope = Some(own);
        }
        let Some(slope) = slope else { return };
        let spins = matches!(sources[0].0, Source::Input(variable) if variable.kind() == Kind::Spin);
        terms.retain(|(source, _)| !sources.iter().any(|(own, _)| own == source));
        let count = self.inputs.len() as i64;
        for (value, ones) in self.values.iter_mut().zip(0..) {
            let sum = if spins { 2 * ones - count } else { ones };
            *value += &(&slope * &Rational::from(sum));
        }
    }
}

/// Whether a polynomial stays the same when two variables are exchanged, with
/// their signs where `negative`.
fn exchanged(polynomial: &Polynomial, one: Variable, other: Variable, negative: bool) -> bool {
    polynomial.terms().iter().all(|(monomial, coefficient)| {
        let (has_one, has_other) = (monomial.exponent(one) > 0, monomial.exponent(other) > 0);
        if has_one == has_other {
            // Both signs change, or none is there.
            return true;
        }
        let factors = monomial.factors().iter().map(|factor| {
            let mut factor = *factor;
            if factor.variable == one {
                factor.variable = other;
            } else if factor.variable == other {
                factor.variable = one;
            }
            factor
        });
        let image = polynomial.coefficient(&Monomial::from_factors(factors));
        if negative { -image == *coefficient } else { image == *coefficient }
    })
}
