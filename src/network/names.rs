//! Names of the values in a network.

use crate::circuit::{Form, Source};
use crate::exact::Rational;
use crate::model::{Field, Frame, Lattice, Shift};

/// Names the sources of forms.
#[derive(Clone, Copy)]
pub struct Names<'a> {
    /// The lattice.
    pub lattice: &'a Lattice,
    /// The input fields.
    pub fields: &'a [Field],
    /// The frame.
    pub frame: &'a Frame,
    /// The names of the gates.
    pub gates: &'a [String],
}

impl Names<'_> {
    /// The name of a source: a variable as in a spec, `phi[i+1]`; a gate by
    /// its name, with the displacement of its cell along the translated
    /// directions where there is one: `g3`, `g3[+1]`, `g3[0,-2]`.
    pub fn source(&self, source: &Source) -> String {
        match source {
            Source::Input(variable) => self.frame.variable_name(self.lattice, self.fields, *variable),
            Source::Gate { gate, shift } => format!("{}{}", self.gates[*gate], self.shift(*shift)),
        }
    }

    fn shift(&self, shift: Shift) -> String {
        if shift.is_zero() {
            return String::new();
        }
        let components = &shift.0[..self.frame.directions.len()];
        let texts =
            components.iter().map(|&component| if component == 0 { "0".to_owned() } else { format!("{component:+}") });
        format!("[{}]", texts.collect::<Vec<_>>().join(","))
    }

    /// A form for a reader, such as `phi[i] - 1/2*g3[+1]`, cut off after
    /// twelve terms.
    pub fn form(&self, form: &Form) -> String {
        const SHOWN: usize = 12;
        let mut text = String::new();
        let one = Rational::ONE;
        let constant = (!form.constant.is_zero() || form.terms.is_empty()).then_some((None, &form.constant));
        let terms = form.terms.iter().map(|(source, coefficient)| (Some(source), coefficient)).chain(constant);
        for (at, (source, coefficient)) in terms.enumerate() {
            if at == SHOWN {
                text.push_str(&format!(" + ... ({} terms)", form.terms.len()));
                break;
            }
            text.push_str(match (at, coefficient.is_negative()) {
                (0, false) => "",
                (0, true) => "-",
                (_, false) => " + ",
                (_, true) => " - ",
            });
            let magnitude = coefficient.abs();
            match source {
                None => text.push_str(&magnitude.to_string()),
                Some(source) if magnitude == one => text.push_str(&self.source(source)),
                Some(source) => text.push_str(&format!("{magnitude}*{}", self.source(source))),
            }
        }
        text
    }

    /// A form as a factor: in parentheses where it has several terms.
    pub fn factor(&self, form: &Form) -> String {
        match form.terms.as_slice() {
            [(source, coefficient)] if coefficient.is_one() && form.constant.is_zero() => self.source(source),
            _ => format!("({})", self.form(form)),
        }
    }
}
