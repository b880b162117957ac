//! The exact meaning of a circuit, and the proof that it is the Hamiltonian.

use std::fmt;

use super::{Circuit, Form, Gate, Source};
use crate::exact::Rational;
use crate::model::{Energy, Excess, Kind, LatticeSum, Model, Monomial, Polynomial, Shift, Variable};
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
    expand_as(circuit, &|variable| variable)
}

/// The polynomial of a form, given those of the gates.
pub fn expand_form(form: &Form, gates: &[Polynomial]) -> Polynomial {
    expand_form_as(form, gates, &|variable| variable)
}

/// As [`expand`], with other variables for the inputs.
fn expand_as(circuit: &Circuit, input: &dyn Fn(Variable) -> Variable) -> Vec<Polynomial> {
    let mut values: Vec<Polynomial> = Vec::with_capacity(circuit.gates.len());
    for gate in &circuit.gates {
        let of = |form: &Form| expand_form_as(form, &values, input);
        let value = match gate {
            Gate::Product(left, right) => &of(left) * &of(right),
            Gate::Square(form) => {
                let base = of(form);
                &base * &base
            }
            Gate::BitProduct(forms) => {
                forms.iter().fold(Polynomial::constant(Rational::ONE), |product, form| &product * &of(form))
            }
        };
        values.push(value);
    }
    values
}

fn expand_form_as(form: &Form, gates: &[Polynomial], input: &dyn Fn(Variable) -> Variable) -> Polynomial {
    let constant = (Monomial::one(), form.constant.clone());
    Polynomial::from_terms(std::iter::once(constant).chain(form.terms.iter().flat_map(|(source, coefficient)| {
        let value = match source {
            Source::Input(variable) => Polynomial::variable(input(*variable)),
            Source::Gate { gate, shift } => gates[*gate].shifted(*shift),
        };
        value.terms().iter().map(|(m, c)| (m.clone(), c * coefficient)).collect::<Vec<_>>()
    })))
}

/// Proves that the circuit's outputs are the model's energies by expanding the
/// circuit exactly. Energies are compared up to translations, under which the
/// sum over all cells is the same, and with the weights of their parts
/// ([`LatticeSum`]). A circuit with a deviation is proved to be within it.
pub fn prove(circuit: &Circuit, model: &Model) -> Result<(), Mismatch> {
    for sums in sums(circuit, model)? {
        let excess = sums.difference.excess(&model.frame);
        if let Some(first) = excess.first()
            && (circuit.deviation.is_zero() || bound(&excess, model) > circuit.deviation)
        {
            return Err(sums.mismatch(model, first));
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
    for sums in sums(circuit, model)? {
        let excess = sums.difference.excess(&model.frame);
        let parts = model.energies.iter().filter(|energy| energy.name == sums.name);
        let coefficients = parts.flat_map(|energy| energy.polynomial.terms()).map(|(_, c)| c.abs());
        let allowed = &coefficients.max().unwrap_or_default() * &rounding;
        if let Some(wrong) = excess.iter().find(|excess| excess.coefficient.abs() > allowed) {
            return Err(sums.mismatch(model, wrong));
        }
        greatest = greatest.max(bound(&excess, model));
    }
    Ok(greatest)
}

/// An energy as the model has it and as the circuit computes it.
struct Sums<'a> {
    name: &'a str,
    expected: LatticeSum,
    computed: LatticeSum,
    difference: LatticeSum,
}

impl Sums<'_> {
    fn mismatch(&self, model: &Model, excess: &Excess) -> Mismatch {
        let coefficient = |sum: &LatticeSum| sum.coefficient(&model.frame, excess);
        let term = (excess.monomial.clone(), coefficient(&self.computed), coefficient(&self.expected));
        Mismatch { output: self.name.to_owned(), term: Some(Box::new(term)) }
    }
}

/// Every energy with what the circuit computes for it.
fn sums<'a>(circuit: &Circuit, model: &'a Model) -> Result<Vec<Sums<'a>>, Mismatch> {
    let names = model.energy_names();
    for output in &circuit.outputs {
        if !names.contains(&output.name.as_str()) {
            return Err(Mismatch { output: output.name.clone(), term: None });
        }
    }
    // Where values beyond an end are met, spins may be zero there.
    let beyond = circuit.looks_beyond_ends(&model.frame);
    let input = |variable: Variable| if beyond { Variable::real(variable.slot()).at(variable.cell) } else { variable };
    let gates = expand_as(circuit, &input);
    let of = |name: &'a str| {
        let mut sums = Sums {
            name,
            expected: LatticeSum::default(),
            computed: LatticeSum::default(),
            difference: LatticeSum::default(),
        };
        let (frame, fields) = (&model.frame, &model.fields);
        for Energy { weight, polynomial, .. } in model.energies.iter().filter(|energy| energy.name == name) {
            sums.expected.add(frame, fields, weight, polynomial, &Rational::ONE);
            sums.difference.add(frame, fields, weight, polynomial, &Rational::MINUS_ONE);
        }
        let mut found = false;
        for output in circuit.outputs.iter().filter(|output| output.name == name) {
            found = true;
            let polynomial = expand_form_as(&output.form, &gates, &input);
            sums.computed.add(frame, fields, &output.weight, &polynomial, &Rational::ONE);
            sums.difference.add(frame, fields, &output.weight, &polynomial, &Rational::ONE);
        }
        if found { Ok(sums) } else { Err(Mismatch { output: name.to_owned(), term: None }) }
    };
    names.into_iter().map(of).collect()
}

/// A bound, in one cell, of the magnitude of terms on the domain.
fn bound(excess: &[Excess], model: &Model) -> Rational {
    let mut sum = Rational::ZERO;
    for Excess { coupling, monomial, coefficient, .. } in excess {
        let mut term = coefficient.abs();
        for factor in monomial.factors() {
            let field = &model.fields[model.frame.slot(factor.variable.slot()).field as usize];
            term *= &field.lower.abs().max(field.upper.abs()).pow(factor.exponent as u32);
        }
        if let Some(entry) = coupling {
            let greatest = model.couplings[entry.array].greatest(entry.point);
            term *= &Rational::from_f64(greatest).expect("couplings are finite");
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
