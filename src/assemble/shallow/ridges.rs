//! Polynomials of single linear forms, collected by their direction.
//!
//! A direction is kept with its first coefficient one and in the cell at hand,
//! so that translates of a form, and multiples, are one. All powers along one
//! direction are computed by the neurons of the highest.

use crate::exact::Rational;
use crate::model::{Shift, Variable};

/// A polynomial of one linear form.
#[derive(Clone, Debug)]
pub(super) struct Ridge {
    /// The form: variables and coefficients, the first of which is one.
    pub(super) form: Vec<(Variable, Rational)>,
    /// The coefficient of each power from zero.
    pub(super) coefficients: Vec<Rational>,
}

/// The ridges of a decomposition, in the order in which they were found.
#[derive(Clone, Debug, Default)]
pub(super) struct Ridges {
    pub(super) all: Vec<Ridge>,
}

/// A form with its first coefficient one and in the cell at hand, and the
/// factor that was taken out.
fn normal(form: Vec<(Variable, Rational)>) -> Option<(Vec<(Variable, Rational)>, Rational)> {
    let mut form: Vec<(Variable, Rational)> = form.into_iter().filter(|(_, c)| !c.is_zero()).collect();
    form.sort_by_key(|(variable, _)| *variable);
    let factor = form.first()?.1.clone();
    let inverse = factor.recip();
    let least = form.iter().map(|(variable, _)| variable.cell).reduce(Shift::min)?;
    for (variable, c) in &mut form {
        *variable = variable.shifted(-least);
        *c = &*c * &inverse;
    }
    form.sort_by_key(|(variable, _)| *variable);
    Some((form, factor))
}

impl Ridges {
    /// Adds `factor * form^power`.
    pub(super) fn add(&mut self, form: Vec<(Variable, Rational)>, power: u32, factor: Rational) {
        let Some((form, taken)) = normal(form) else { return };
        let factor = factor * taken.pow(power);
        let at = match self.all.iter().position(|ridge| ridge.form == form) {
            Some(at) => at,
            None => {
                self.all.push(Ridge { form, coefficients: Vec::new() });
                self.all.len() - 1
            }
        };
        let coefficients = &mut self.all[at].coefficients;
        if coefficients.len() <= power as usize {
            coefficients.resize(power as usize + 1, Rational::ZERO);
        }
        coefficients[power as usize] += &factor;
    }

    /// The number of neurons.
    pub(super) fn neurons(&self) -> usize {
        self.all.iter().map(Ridge::degree).filter(|&degree| degree > 1).sum()
    }
}

impl Ridge {
    /// The highest power.
    pub(super) fn degree(&self) -> usize {
        self.coefficients.iter().rposition(|c| !c.is_zero()).unwrap_or(0)
    }
}
