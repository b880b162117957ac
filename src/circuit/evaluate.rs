//! The exact meaning of a circuit, and the proof that it is the Hamiltonian.

use std::fmt;

use super::{Circuit, Form, Gate, Source};
use crate::exact::Rational;
use crate::model::{Energy, Kind, Model, Monomial, Polynomial, Shift, Variable};
use crate::modular::Residue;

/// A circuit that does not compute an energy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mismatch {
    /// The name of the output.
    pub output: String,
    /// A monomial whose coefficients differ: the monomial, the coefficient
    /// that the circuit gives, the coefficient in the energy. `None` where
    /// the output is missing, or there is one too many, or it differs at a
    /// pseudo-random point already.
    pub term: Option<Box<(Monomial, Rational, Rational)>>,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.term.as_deref() {
            None => write!(f, "the output {} is missing on one side or differs at a random point", self.output),
            Some((monomial, circuit, energy)) => write!(
                f,
                "in the output {} the term {monomial:?} has the coefficient {circuit}, and should have {energy}",
                self.output
            ),
        }
    }
}

/// The polynomial of each gate, exactly, in its cell. The work is that of
/// expanding every gate.
pub fn expand(circuit: &Circuit) -> Vec<Polynomial> {
    let mut values: Vec<Polynomial> = Vec::with_capacity(circuit.gates.len());
    for gate in &circuit.gates {
        let value = match gate {
            Gate::Product(left, right) => &expand_form(left, &values) * &expand_form(right, &values),
            Gate::Square(form) => {
                let base = expand_form(form, &values);
                &base * &base
            }
            Gate::BitProduct(forms) => forms
                .iter()
                .fold(Polynomial::constant(Rational::ONE), |product, form| &product * &expand_form(form, &values)),
        };
        values.push(value);
    }
    values
}

/// The polynomial of a form, given those of the gates.
pub fn expand_form(form: &Form, gates: &[Polynomial]) -> Polynomial {
    let constant = (Monomial::one(), form.constant.clone());
    Polynomial::from_terms(std::iter::once(constant).chain(form.terms.iter().flat_map(|(source, coefficient)| {
        let value = match source {
            Source::Input(variable) => Polynomial::variable(*variable),
            Source::Gate { gate, shift } => gates[*gate].shifted(*shift),
        };
        value.terms().iter().map(|(m, c)| (m.clone(), c * coefficient)).collect::<Vec<_>>()
    })))
}

/// Proves that the circuit's outputs are the model's energies by expanding the
/// circuit exactly. Energies are compared up to translations, under which the
/// sum over all cells is the same. A circuit with a deviation is proved to be
/// within it.
pub fn prove(circuit: &Circuit, model: &Model) -> Result<(), Mismatch> {
    for (energy, computed) in computed(circuit, model)? {
        let difference = &computed - &energy.polynomial;
        if let Some((monomial, _)) = difference.terms().first()
            && (circuit.deviation.is_zero() || bound(&difference, model) > circuit.deviation)
        {
            return Err(mismatch(energy, &computed, monomial));
        }
    }
    Ok(())
}

/// A bound, per cell, of the difference between the outputs and the energies
/// of a circuit whose irrational constants were rounded: coefficients may
/// differ by one part in 2^40 of the energy's largest, which is far more than
/// rounding does and far less than a wrong circuit.
pub fn deviation(circuit: &Circuit, model: &Model) -> Result<Rational, Mismatch> {
    let rounding = Rational::new(1, 1 << 40);
    let mut greatest = Rational::ZERO;
    for (energy, computed) in computed(circuit, model)? {
        let difference = &computed - &energy.polynomial;
        let largest = energy.polynomial.terms().iter().map(|(_, c)| c.abs()).max().unwrap_or_default();
        let allowed = &largest * &rounding;
        if let Some((monomial, _)) = difference.terms().iter().find(|(_, c)| c.abs() > allowed) {
            return Err(mismatch(energy, &computed, monomial));
        }
        greatest = greatest.max(bound(&difference, model));
    }
    Ok(greatest)
}

/// Every energy with the polynomial that the circuit computes for it.
fn computed<'a>(circuit: &Circuit, model: &'a Model) -> Result<Vec<(&'a Energy, Polynomial)>, Mismatch> {
    for output in &circuit.outputs {
        if !model.energies.iter().any(|energy| energy.name == output.name) {
            return Err(Mismatch { output: output.name.clone(), term: None });
        }
    }
    let gates = expand(circuit);
    let of = |energy: &'a Energy| {
        let output = circuit.outputs.iter().find(|output| output.name == energy.name);
        let output = output.ok_or_else(|| Mismatch { output: energy.name.clone(), term: None })?;
        Ok((energy, model.canonical_polynomial(&expand_form(&output.form, &gates))))
    };
    model.energies.iter().map(of).collect()
}

fn mismatch(energy: &Energy, computed: &Polynomial, monomial: &Monomial) -> Mismatch {
    let term = (monomial.clone(), computed.coefficient(monomial), energy.polynomial.coefficient(monomial));
    Mismatch { output: energy.name.clone(), term: Some(Box::new(term)) }
}

/// A bound of the magnitude of a polynomial on the domain: the sum of those of
/// its terms.
fn bound(polynomial: &Polynomial, model: &Model) -> Rational {
    let mut sum = Rational::ZERO;
    for (monomial, coefficient) in polynomial.terms() {
        let mut term = coefficient.abs();
        for factor in monomial.factors() {
            let field = &model.fields[model.frame.slot(factor.variable.slot()).field as usize];
            term *= &field.lower.abs().max(field.upper.abs()).pow(factor.exponent as u32);
        }
        sum += &term;
    }
    sum
}

/// The name of an output that differs from its energy at a pseudo-random point
/// modulo 2^61 - 1, which is found without expanding anything. `None` proves
/// nothing: they agree there, or the question makes no sense (spins, bits,
/// translations, a coefficient without residue); [`prove`] decides.
pub fn differs_at_a_point(circuit: &Circuit, model: &Model) -> Option<String> {
    if !model.frame.directions.is_empty() || model.fields.iter().any(|field| field.kind != Kind::Real) {
        return None;
    }
    let value = |variable: Variable| Residue::scramble(variable.key());
    let mut gates: Vec<Residue> = Vec::with_capacity(circuit.gates.len());
    for gate in &circuit.gates {
        let mut product = Residue::ONE;
        for form in gate.forms() {
            product = product * form_at(form, &gates, &value)?;
        }
        gates.push(match gate {
            Gate::Square(_) => product * product,
            Gate::Product(..) | Gate::BitProduct(_) => product,
        });
    }
    for output in &circuit.outputs {
        let energy = model.energies.iter().find(|energy| energy.name == output.name)?;
        let expected = energy.polynomial.evaluate_modular(Shift::ZERO, value)?;
        if form_at(&output.form, &gates, &value)? != expected {
            return Some(output.name.clone());
        }
    }
    None
}

fn form_at(form: &Form, gates: &[Residue], value: &impl Fn(Variable) -> Residue) -> Option<Residue> {
    let mut sum = form.constant.residue()?;
    for (source, coefficient) in &form.terms {
        let source = match *source {
            Source::Input(variable) => value(variable),
            Source::Gate { gate, .. } => gates[gate],
        };
        sum += coefficient.residue()? * source;
    }
    Some(sum)
}
