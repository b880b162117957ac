//! Circuits as straight-line programs.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::{Circuit, Form, Gate, Source};
use crate::exact::Rational;
use crate::model::{Boundary, Model, Shift, Variable};

/// The greatest number of lines of a program.
const MOST_LINES: u64 = 1_000_000;
/// The greatest number of cells along a direction, which displacements count.
const LONGEST: u64 = 16_000;

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
    if lines > MOST_LINES || model.frame.periods.iter().any(|&period| period > LONGEST) {
        return None;
    }
    let cells: Vec<Shift> = all_cells(&model.frame.periods);
    let printer = Printer { model, single: cells.len() == 1 };
    // The sum over all cells, collected: a value used in several cells stands
    // once.
    let mut totals: Vec<(&str, Rational, Vec<(Source, Rational)>)> = Vec::new();
    for output in &circuit.outputs {
        let at = totals.iter().position(|(name, ..)| *name == output.name).unwrap_or_else(|| {
            totals.push((&output.name, Rational::ZERO, Vec::new()));
            totals.len() - 1
        });
        for &cell in &cells {
            let coordinates: Vec<u64> = cell.0[..model.frame.periods.len()].iter().map(|&c| c as u64).collect();
            let weight = model.frame.weight(&output.weight, &model.couplings, &coordinates);
            if !weight.is_zero() {
                let form = printer.seen_from(&output.form, cell);
                totals[at].1 += &(&form.constant * &weight);
                totals[at].2.extend(form.terms.into_iter().map(|(source, c)| (source, c * &weight)));
            }
        }
    }
    let totals: Vec<(&str, Form)> =
        totals.into_iter().map(|(name, constant, terms)| (name, Form::new(constant, terms))).collect();
    let needed = needed(circuit, &printer, totals.iter().map(|(_, form)| form));
    if needed.iter().map(|cells| cells.len() as u64).sum::<u64>() > MOST_LINES {
        return None;
    }
    let mut program = String::new();
    for (gate, operation) in circuit.gates.iter().enumerate() {
        for &cell in &needed[gate] {
            let name = printer.gate(gate, cell);
            let factor = |form: &Form| format!("({})", printer.form(&printer.seen_from(form, cell)));
            let value = match operation {
                Gate::Product(left, right) => format!("{}*{}", factor(left), factor(right)),
                Gate::Square(form) => format!("{}**2", factor(form)),
                Gate::BitProduct(forms) => forms.iter().map(factor).collect::<Vec<_>>().join("*"),
            };
            writeln!(program, "{name} = {value}").expect("writing to a string");
        }
    }
    for (name, total) in &totals {
        let name = if totals.len() == 1 { "OUT".to_owned() } else { format!("OUT_{name}") };
        writeln!(program, "{name} = {}", printer.form(total)).expect("writing to a string");
    }
    Some(program)
}

/// The cells in which each gate is needed for some forms of the whole lattice.
fn needed<'a>(
    circuit: &Circuit,
    printer: &Printer<'_>,
    totals: impl Iterator<Item = &'a Form>,
) -> Vec<BTreeSet<Shift>> {
    let mut needed: Vec<BTreeSet<Shift>> = vec![BTreeSet::new(); circuit.gates.len()];
    let add = |form: &Form, needed: &mut Vec<BTreeSet<Shift>>| {
        for (source, _) in &form.terms {
            if let Source::Gate { gate, shift } = source {
                needed[*gate].insert(*shift);
            }
        }
    };
    totals.for_each(|form| add(form, &mut needed));
    for (gate, operation) in circuit.gates.iter().enumerate().rev() {
        for cell in std::mem::take(&mut needed[gate]) {
            operation.forms().into_iter().for_each(|form| add(&printer.seen_from(form, cell), &mut needed));
            needed[gate].insert(cell);
        }
    }
    needed
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
    /// Whether the lattice is a single cell.
    single: bool,
}

impl Printer<'_> {
    /// A cell within the periods of periodic directions.
    fn wrap(&self, cell: Shift) -> Shift {
        let frame = &self.model.frame;
        let mut wrapped = cell;
        for (at, &period) in frame.periods.iter().enumerate() {
            if frame.boundaries[at] == Boundary::Periodic {
                wrapped.0[at] = (cell.0[at] as i64).rem_euclid(period as i64) as i16;
            }
        }
        wrapped
    }

    /// A form seen from a cell, as one of the whole lattice: variables beyond
    /// open ends are zero, those around twisted directions change their sign.
    fn seen_from(&self, form: &Form, cell: Shift) -> Form {
        let frame = &self.model.frame;
        let terms = form.terms.iter().filter_map(|(source, coefficient)| match *source {
            Source::Gate { gate, shift } => {
                Some((Source::Gate { gate, shift: self.wrap(shift + cell) }, coefficient.clone()))
            }
            Source::Input(variable) => {
                let mut at = self.wrap(variable.cell + cell);
                let mut negative = false;
                for (direction, &period) in frame.periods.iter().enumerate() {
                    let around = (at.0[direction] as i64).div_euclid(period as i64);
                    match frame.boundaries[direction] {
                        Boundary::Open if around != 0 => return None,
                        Boundary::Twisted => {
                            at.0[direction] = (at.0[direction] as i64).rem_euclid(period as i64) as i16;
                            negative ^= around % 2 != 0;
                        }
                        Boundary::Open | Boundary::Periodic => {}
                    }
                }
                let coefficient = if negative { -coefficient.clone() } else { coefficient.clone() };
                Some((Source::Input(variable.at(at)), coefficient))
            }
        });
        Form::new(form.constant.clone(), terms)
    }

    fn gate(&self, gate: usize, cell: Shift) -> String {
        if self.single {
            return format!("g{gate}");
        }
        // Cells beyond an end have negative coordinates: `m1`.
        let coordinate = |at: &i16| if *at < 0 { format!("m{}", at.unsigned_abs()) } else { at.to_string() };
        let at: Vec<String> = cell.0[..self.model.frame.periods.len()].iter().map(coordinate).collect();
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

    /// A form of the whole lattice.
    fn form(&self, form: &Form) -> String {
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
            let name = match source {
                Source::Input(variable) => self.variable(*variable),
                Source::Gate { gate, shift } => self.gate(*gate, *shift),
            };
            push(coefficient, Some(name));
        }
        if !form.constant.is_zero() || form.terms.is_empty() {
            push(&form.constant, None);
        }
        text
    }
}
