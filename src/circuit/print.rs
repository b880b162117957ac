//! Circuits as straight-line programs.

use std::fmt::Write;

use super::{Circuit, Form, Gate, Source};
use crate::exact::Rational;
use crate::model::{Boundary, Model, Shift, Variable};

/// The greatest number of lines of a program.
const MOST_LINES: u64 = 1_000_000;

/// The circuit as a program of lines `name = expression` over the variables of
/// the whole lattice, so that any other program can count and check it. The
/// last line is `OUT = ...`, with several outputs `OUT_name = ...` for each.
/// Variables are called as in a spec where they have one index (`x`, `x[3]`,
/// `phi[7]`), and with underscores where they have more (`phi_1_2`): coordinates, the
/// number of the site or bond in a cell that has several, component.
///
/// `None` where the program would have more than a million lines.
pub fn straight_line_program(model: &Model, circuit: &Circuit) -> Option<String> {
    let cells = model.frame.cells()?;
    let lines = cells.checked_mul(circuit.gates.len() as u64 + 1)?;
    if lines > MOST_LINES {
        return None;
    }
    let cells: Vec<Shift> = all_cells(&model.frame.periods);
    let mut program = String::new();
    let printer = Printer { model, cells: &cells };
    for (gate, operation) in circuit.gates.iter().enumerate() {
        for &cell in &cells {
            let name = printer.gate(gate, cell);
            let factor = |form: &Form| format!("({})", printer.form(form, cell));
            let value = match operation {
                Gate::Product(left, right) => format!("{}*{}", factor(left), factor(right)),
                Gate::Square(form) => format!("{}**2", factor(form)),
                Gate::BitProduct(forms) => forms.iter().map(factor).collect::<Vec<_>>().join("*"),
            };
            writeln!(program, "{name} = {value}").expect("writing to a string");
        }
    }
    for output in &circuit.outputs {
        let name = if circuit.outputs.len() == 1 { "OUT".to_owned() } else { format!("OUT_{}", output.name) };
        // The sum over all cells, collected: a value used in several cells
        // stands once.
        let mut constant = Rational::ZERO;
        let mut terms = Vec::new();
        for &cell in &cells {
            constant += &output.form.constant;
            terms.extend(output.form.terms.iter().map(|(source, c)| (printer.place(*source, cell), c.clone())));
        }
        let total = Form::new(constant, terms);
        writeln!(program, "{name} = {}", printer.form(&total, Shift::ZERO)).expect("writing to a string");
    }
    Some(program)
}

/// All displacements with components `0..period`.
fn all_cells(periods: &[u64]) -> Vec<Shift> {
    let mut cells = vec![Shift::ZERO];
    for (direction, &period) in periods.iter().enumerate() {
        cells = cells
            .into_iter()
            .flat_map(|cell| {
                (0..period).map(move |at| {
                    let mut next = cell;
                    next.0[direction] = at as i16;
                    next
                })
            })
            .collect();
    }
    cells
}

struct Printer<'a> {
    model: &'a Model,
    cells: &'a [Shift],
}

impl Printer<'_> {
    fn wrap(&self, shift: Shift) -> Shift {
        let mut wrapped = shift;
        for (component, &period) in wrapped.0.iter_mut().zip(&self.model.frame.periods) {
            *component = (*component as i64).rem_euclid(period as i64) as i16;
        }
        wrapped
    }

    /// A source seen from a cell, as one seen from the origin.
    fn place(&self, source: Source, cell: Shift) -> Source {
        match source {
            Source::Input(variable) => Source::Input(variable.at(self.wrap(variable.cell + cell))),
            Source::Gate { gate, shift } => Source::Gate { gate, shift: self.wrap(shift + cell) },
        }
    }

    fn gate(&self, gate: usize, cell: Shift) -> String {
        if self.cells.len() == 1 {
            return format!("g{gate}");
        }
        let at: Vec<String> = cell.0[..self.model.frame.periods.len()].iter().map(i16::to_string).collect();
        format!("g{gate}_{}", at.join("_"))
    }

    fn variable(&self, variable: Variable) -> String {
        let slot = self.model.frame.slot(variable.slot());
        let field = &self.model.fields[slot.field as usize];
        let mut indices: Vec<String> = Vec::new();
        if !self.model.lattice.is_point() {
            let (place, point) = self.model.place(variable);
            for (direction, &coordinate) in place.iter().enumerate() {
                let extent = self.model.lattice.extents[direction] as i64;
                let periodic = self.model.lattice.boundaries[direction] == Boundary::Periodic;
                let wrapped = if periodic { coordinate.rem_euclid(extent) } else { coordinate };
                indices.push(wrapped.to_string());
            }
            // The site or bond within the cell, where there are several.
            if field.points(&self.model.lattice) > 1 {
                indices.push(point.to_string());
            }
        }
        if field.indexed {
            indices.push(slot.component.to_string());
        }
        match indices.as_slice() {
            [] => field.name.clone(),
            [index] => format!("{}[{index}]", field.name),
            _ => format!("{}_{}", field.name, indices.join("_")),
        }
    }

    fn form(&self, form: &Form, cell: Shift) -> String {
        let mut text = String::new();
        let mut push = |coefficient: &Rational, name: Option<String>| {
            let sign = match (text.is_empty(), coefficient.is_negative()) {
                (true, false) => "",
                (true, true) => "-",
                (false, false) => " + ",
                (false, true) => " - ",
            };
            text.push_str(sign);
            let magnitude = coefficient.abs();
            match name {
                None => text.push_str(&magnitude.to_string()),
                Some(name) if magnitude.is_one() => text.push_str(&name),
                Some(name) => text.push_str(&format!("{magnitude}*{name}")),
            }
        };
        for (source, coefficient) in &form.terms {
            let name = match self.place(*source, cell) {
                Source::Input(variable) => self.variable(variable),
                Source::Gate { gate, shift } => self.gate(gate, shift),
            };
            push(coefficient, Some(name));
        }
        if !form.constant.is_zero() || form.terms.is_empty() {
            push(&form.constant, None);
        }
        text
    }
}
