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
const MOST_WORK: usize = 4_000_000;

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
        let mut output = Form::default();
        let mut parts = Vec::new();
        for (monomial, coefficient) in energy.polynomial.terms() {
            match monomial.factors() {
                [] => output.constant = coefficient.clone(),
                [factor] if factor.exponent == 1 => {
                    output.terms.push((Source::Input(factor.variable), coefficient.clone()));
                }
                _ => parts.push((monomial, coefficient)),
            }
        }
        let mut terms = std::mem::take(&mut output.terms);
        for part in together(&parts) {
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
        tasks.outputs.push(Form::new(output.constant, terms));
    }
    (!tasks.gates.is_empty()).then_some(tasks)
}

type Term<'a> = (&'a Monomial, &'a Rational);

/// Groups of terms without common variables.
fn together<'a>(terms: &[Term<'a>]) -> Vec<Vec<Term<'a>>> {
    // Of each variable another one of its group, or itself.
    let mut leaders: FxHashMap<Variable, Variable> = FxHashMap::default();
    fn find(leaders: &FxHashMap<Variable, Variable>, mut variable: Variable) -> Variable {
        while let Some(&next) = leaders.get(&variable).filter(|next| **next != variable) {
            variable = next;
        }
        variable
    }
    for (monomial, _) in terms {
        let variables = monomial.factors().iter().map(|factor| factor.variable);
        let roots: Vec<Variable> = variables.map(|variable| find(&leaders, variable)).collect();
        let least = *roots.iter().min().expect("it is not linear");
        for root in roots.into_iter().chain(monomial.factors().iter().map(|factor| factor.variable)) {
            leaders.insert(root, least);
        }
    }
    let mut groups: Vec<(Variable, Vec<Term<'a>>)> = Vec::new();
    let mut places: FxHashMap<Variable, usize> = FxHashMap::default();
    for term in terms {
        let leader = find(&leaders, term.0.factors()[0].variable);
        let place = *places.entry(leader).or_insert_with(|| {
            groups.push((leader, Vec::new()));
            groups.len() - 1
        });
        groups[place].1.push(*term);
    }
    groups.into_iter().map(|(_, terms)| terms).collect()
}

/// A function of a sum.
struct Symmetric {
    /// The variables, those of opposite sign negated.
    inputs: Vec<Form>,
    /// The value where none, one, ... all of them are the greater one.
    values: Vec<Rational>,
}

impl Symmetric {
    fn of(terms: &[Term<'_>]) -> Option<Symmetric> {
        let polynomial = Polynomial::from_terms(terms.iter().map(|(m, c)| ((*m).clone(), (*c).clone())));
        let variables = polynomial.variables();
        let kind = variables[0].kind();
        if kind == Kind::Real || variables.iter().any(|variable| variable.kind() != kind) {
            return None;
        }
        if terms.len().saturating_mul(variables.len()) > MOST_WORK {
            return None;
        }
        let first = variables[0];
        let mut signs = vec![false];
        for &other in &variables[1..] {
            let sign = if exchanged(&polynomial, first, other, false) {
                false
            } else if kind == Kind::Spin && exchanged(&polynomial, first, other, true) {
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
