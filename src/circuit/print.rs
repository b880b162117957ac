//! Circuits as straight-line programs.

use std::fmt::Write;

use super::sums::{Base, Linear, Operand, groups, share};
use super::{Circuit, Gate};
use crate::model::{Boundary, Model, Shift, Variable};

/// The greatest number of lines of a program.
const MOST_LINES: u64 = 1_000_000;

/// The circuit as a program of lines `name = expression` over the variables of
/// the whole lattice, so that any other program can count and check it. The
/// last line is `OUT = ...`, with several outputs `OUT_name = ...` for each.
/// Variables are called as in a spec where they have one index (`x`, `x[3]`,
/// `phi[7]`), and with underscores where they have more (`phi_1_2`): coordinates, the
/// number of the site or bond in a cell that has several, component. Sums that
/// several lines use are lines of their own, and factors are scaled such that
/// most of their coefficients are one.
///
/// `None` where the program would have more than a million lines.
pub fn straight_line_program(model: &Model, circuit: &Circuit) -> Option<String> {
    let cells = model.frame.cells()?;
    let shared = share(circuit);
    let lines = cells.checked_mul((shared.gates.len() + shared.sums.len()) as u64 + 1)?;
    if lines > MOST_LINES {
        return None;
    }
    let cells: Vec<Shift> = all_cells(&model.frame.periods);
    let mut program = String::new();
    let printer = Printer { model, cells: &cells, gate: unused(model, "g"), sum: unused(model, "s") };
    let mut line = |name: String, value: String| writeln!(program, "{name} = {value}").expect("writing to a string");
    // The number of gates that each sum needs; sums use earlier sums.
    let mut needs: Vec<usize> = Vec::with_capacity(shared.sums.len());
    for sum in &shared.sums {
        let need = sum.keys().map(|(base, _)| match base {
            Base::Gate(gate) => gate + 1,
            Base::Sum(sum) => needs[*sum],
            Base::One | Base::Input(_) => 0,
        });
        let need = need.max().unwrap_or(0);
        needs.push(need);
    }
    for done in 0..=circuit.gates.len() {
        for (index, sum) in shared.sums.iter().enumerate().filter(|(index, _)| needs[*index] == done) {
            for &cell in &cells {
                line(printer.name(&printer.sum, index, cell), printer.form(sum, cell));
            }
        }
        let Some(operation) = circuit.gates.get(done) else { break };
        for &cell in &cells {
            let factors: Vec<String> =
                shared.gates[done].iter().map(|form| format!("({})", printer.form(form, cell))).collect();
            let value = if matches!(operation, Gate::Square(_)) {
                format!("{}**2", factors[0])
            } else {
                factors.join("*")
            };
            line(printer.name(&printer.gate, done, cell), value);
        }
    }
    for (output, form) in circuit.outputs.iter().zip(&shared.outputs) {
        let name = if circuit.outputs.len() == 1 { "OUT".to_owned() } else { format!("OUT_{}", output.name) };
        // The sum over all cells, collected: a value used in several cells
        // stands once.
        let mut total = Linear::new();
        for &cell in &cells {
            for (&operand, coefficient) in form {
                *total.entry(printer.place(operand, cell)).or_default() += coefficient;
            }
        }
        total.retain(|_, coefficient| !coefficient.is_zero());
        line(name, printer.form(&total, Shift::ZERO));
    }
    Some(program)
}

/// A beginning of names that no variable has before a number.
fn unused(model: &Model, beginning: &str) -> String {
    let mut beginning = beginning.to_owned();
    let taken = |beginning: &str| {
        let rest = |name: &'_ str| name.strip_prefix(beginning).map(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        model.fields.iter().any(|field| rest(&field.name) == Some(true))
    };
    while taken(&beginning) {
        beginning.push('_');
    }
    beginning
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
    /// How the names of gates and of sums begin.
    gate: String,
    sum: String,
}

impl Printer<'_> {
    fn wrap(&self, shift: Shift) -> Shift {
        let mut wrapped = shift;
        for (component, &period) in wrapped.0.iter_mut().zip(&self.model.frame.periods) {
            *component = (*component as i64).rem_euclid(period as i64) as i16;
        }
        wrapped
    }

    /// An operand seen from a cell, as one seen from the origin.
    fn place(&self, (base, shift): Operand, cell: Shift) -> Operand {
        match base {
            Base::One => (base, Shift::ZERO),
            _ => (base, self.wrap(shift + cell)),
        }
    }

    fn name(&self, beginning: &str, index: usize, cell: Shift) -> String {
        if self.cells.len() == 1 {
            return format!("{beginning}{index}");
        }
        let at: Vec<String> = cell.0[..self.model.frame.periods.len()].iter().map(i16::to_string).collect();
        format!("{beginning}{index}_{}", at.join("_"))
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

    fn operand(&self, operand: Operand, cell: Shift) -> String {
        match self.place(operand, cell) {
            (Base::One, _) => "1".to_owned(),
            (Base::Input(variable), shift) => self.variable(variable.at(shift)),
            (Base::Gate(gate), shift) => self.name(&self.gate, gate, shift),
            (Base::Sum(sum), shift) => self.name(&self.sum, sum, shift),
        }
    }

    /// Terms with the same coefficient stand in brackets.
    fn form(&self, form: &Linear, cell: Shift) -> String {
        let mut text = String::new();
        let sign = |text: &str, negative: bool| match (text.is_empty(), negative) {
            (true, false) => "",
            (true, true) => "-",
            (false, false) => " + ",
            (false, true) => " - ",
        };
        for (size, terms) in groups(form) {
            // A factor of its own has the sign of its first term.
            let turned = !size.is_one() && terms[0].1;
            let mut group = String::new();
            for &(operand, negative) in &terms {
                let outside = if group.is_empty() && size.is_one() { &text } else { &group };
                let sign = sign(outside, negative != turned);
                group.push_str(sign);
                group.push_str(&self.operand(operand, cell));
            }
            match (size.is_one(), terms.len()) {
                (true, _) => text.push_str(&group),
                (false, count) => {
                    text.push_str(sign(&text, turned));
                    text.push_str(&if count == 1 { format!("{size}*{group}") } else { format!("{size}*({group})") });
                }
            }
        }
        match form.get(&(Base::One, Shift::ZERO)) {
            Some(constant) => {
                text.push_str(sign(&text, constant.is_negative()));
                text.push_str(&constant.abs().to_string());
            }
            None if text.is_empty() => text.push('0'),
            None => {}
        }
        text
    }
}
