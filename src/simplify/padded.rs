//! Open ends with zeros beyond them.
//!
//! A term that reaches beyond an end is absent. Where its window is just what it
//! reaches, it vanishes by itself when the values beyond are zero, and then it
//! needs no weight of its own: bonds along all directions are summed in one
//! output, and their gates are shared as on a periodic lattice. What is lost is
//! s^2 = 1 for spins, which the zeros do not have; so both ways are searched.

use std::collections::BTreeMap;

use crate::circuit::{Circuit, Form, Gate, Source};
use crate::exact::Rational;
use crate::model::{Boundary, Energy, Expression, Frame, Kind, Model, Monomial, Polynomial, Variable, Weight, Window};

/// The model with all terms in one part that vanish by themselves beyond open
/// ends, its spins taken for real numbers; `None` where there are none.
pub fn padded(model: &Model) -> Option<Model> {
    let plain = |energy: &Energy| energy.weight.coupling.is_none();
    let vanishing = |energy: &Energy, monomial: &Monomial| {
        plain(energy) && !energy.weight.is_uniform() && window(&model.frame, monomial) == energy.weight.window
    };
    let mut moved: BTreeMap<(&str, Weight), Vec<(Monomial, Rational)>> = BTreeMap::new();
    let mut any = false;
    for energy in &model.energies {
        for (monomial, coefficient) in energy.polynomial.terms() {
            let vanishes = vanishing(energy, monomial);
            any |= vanishes;
            let weight = if vanishes { Weight::UNIFORM } else { energy.weight };
            moved.entry((&energy.name, weight)).or_default().push((monomial.clone(), coefficient.clone()));
        }
    }
    if !any {
        return None;
    }
    let real = |variable: Variable| match variable.kind() {
        Kind::Spin => Variable::real(variable.slot()).at(variable.cell),
        Kind::Real | Kind::Bit => variable,
    };
    let mut changed = model.clone();
    changed.energies = moved
        .into_iter()
        .map(|((name, weight), terms)| {
            let polynomial = Polynomial::from_terms(terms).map_variables(real);
            let coupling = model.energies.iter().find(|energy| energy.name == name).and_then(|e| e.coupling.clone());
            Energy { name: name.to_owned(), coupling, weight, written: Expression::from(&polynomial), polynomial }
        })
        .collect();
    Some(changed)
}

/// The cells in which a monomial does not reach beyond an end.
fn window(frame: &Frame, monomial: &Monomial) -> Window {
    let mut window = Window::ALL;
    for at in (0..frame.directions.len()).filter(|&at| frame.boundaries[at] == Boundary::Open) {
        for factor in monomial.factors() {
            let steps = factor.variable.cell.0[at];
            window.low.0[at] = window.low.0[at].max(-steps);
            window.high.0[at] = window.high.0[at].max(steps);
        }
    }
    window
}

/// The circuit with the spins as what they are.
pub fn undo(model: &Model, mut circuit: Circuit) -> Circuit {
    let kind = |variable: Variable| {
        let field = model.frame.slot(variable.slot()).field as usize;
        Variable::new(variable.slot(), model.fields[field].kind).at(variable.cell)
    };
    let form = |form: &Form| {
        let source = |source: &Source| match *source {
            Source::Input(variable) => Source::Input(kind(variable)),
            gate => gate,
        };
        Form::new(form.constant.clone(), form.terms.iter().map(|(s, c)| (source(s), c.clone())))
    };
    for gate in &mut circuit.gates {
        *gate = match gate {
            Gate::Product(left, right) => Gate::Product(form(left), form(right)),
            Gate::Square(base) => Gate::Square(form(base)),
            Gate::BitProduct(forms) => Gate::BitProduct(forms.iter().map(form).collect()),
        };
    }
    for output in &mut circuit.outputs {
        output.form = form(&output.form);
    }
    circuit
}
