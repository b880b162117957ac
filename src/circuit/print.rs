//! Circuits as straight-line programs.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::sums::{Base, Linear, Operand, Shared, groups, share};
use super::{Circuit, Gate};
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
/// number of the site or bond in a cell that has several, component. Sums that
/// several lines use are lines of their own, and factors are scaled such that
/// most of their coefficients are one.
///
/// `None` where the program would have more than a million lines.
pub fn straight_line_program(model: &Model, circuit: &Circuit) -> Option<String> {
    let cells = model.frame.cells()?;
    let shared = share(circuit);
    let lines = cells.checked_mul((shared.gates.len() + shared.sums.len()) as u64 + 1)?;
    if lines > MOST_LINES || model.frame.periods.iter().any(|&period| period > LONGEST) {
        return None;
    }
    let cells: Vec<Shift> = all_cells(&model.frame.periods);
    let single = cells.len() == 1;
    let printer = Printer { model, single, gate: unused(model, "g"), sum: unused(model, "s") };
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
    // The sums over all cells, collected: a value used in several cells stands
    // once.
    let mut totals: Vec<(&str, Linear)> = Vec::new();
    for (output, form) in circuit.outputs.iter().zip(&shared.outputs) {
        let at = totals.iter().position(|(name, _)| *name == output.name).unwrap_or_else(|| {
            totals.push((&output.name, Linear::new()));
            totals.len() - 1
        });
        for &cell in &cells {
            let coordinates: Vec<u64> = cell.0[..model.frame.periods.len()].iter().map(|&c| c as u64).collect();
            let weight = model.frame.weight(&output.weight, &model.couplings, &coordinates);
            if !weight.is_zero() {
                for (operand, coefficient) in printer.seen_from(form, cell) {
                    *totals[at].1.entry(operand).or_default() += &(&coefficient * &weight);
                }
            }
        }
    }
    totals.iter_mut().for_each(|(_, total)| total.retain(|_, coefficient| !coefficient.is_zero()));
    let needed = Needed::new(&shared, &needs, &printer, &totals);
    if needed.lines() > MOST_LINES {
        return None;
    }
    let mut program = String::new();
    let mut line = |name: String, value: String| writeln!(program, "{name} = {value}").expect("writing to a string");
    for done in 0..=circuit.gates.len() {
        for (index, sum) in shared.sums.iter().enumerate().filter(|(index, _)| needs[*index] == done) {
            for &cell in &needed.sums[index] {
                line(printer.name(&printer.sum, index, cell), printer.form(&printer.seen_from(sum, cell)));
            }
        }
        let Some(operation) = circuit.gates.get(done) else { break };
        for &cell in &needed.gates[done] {
            let factor = |form: &Linear| format!("({})", printer.form(&printer.seen_from(form, cell)));
            let factors: Vec<String> = shared.gates[done].iter().map(factor).collect();
            let value =
                if matches!(operation, Gate::Square(_)) { format!("{}**2", factors[0]) } else { factors.join("*") };
            line(printer.name(&printer.gate, done, cell), value);
        }
    }
    for (name, total) in &totals {
        let name = if totals.len() == 1 { "OUT".to_owned() } else { format!("OUT_{name}") };
        line(name, printer.form(total));
    }
    Some(program)
}

/// The cells in which gates and sums are needed.
struct Needed {
    gates: Vec<BTreeSet<Shift>>,
    sums: Vec<BTreeSet<Shift>>,
}

impl Needed {
    fn new(shared: &Shared, needs: &[usize], printer: &Printer<'_>, totals: &[(&str, Linear)]) -> Needed {
        let mut needed =
            Needed { gates: vec![BTreeSet::new(); shared.gates.len()], sums: vec![BTreeSet::new(); shared.sums.len()] };
        totals.iter().for_each(|(_, total)| needed.add(total));
        // Against the order in which they are computed.
        for done in (0..=shared.gates.len()).rev() {
            for form in shared.gates.get(done).into_iter().flatten() {
                for cell in needed.gates[done].clone() {
                    needed.add(&printer.seen_from(form, cell));
                }
            }
            for index in (0..shared.sums.len()).rev().filter(|&index| needs[index] == done) {
                for cell in needed.sums[index].clone() {
                    needed.add(&printer.seen_from(&shared.sums[index], cell));
                }
            }
        }
        needed
    }

    fn add(&mut self, form: &Linear) {
        for &(base, cell) in form.keys() {
            match base {
                Base::Gate(gate) => self.gates[gate].insert(cell),
                Base::Sum(sum) => self.sums[sum].insert(cell),
                Base::One | Base::Input(_) => false,
            };
        }
    }

    fn lines(&self) -> u64 {
        self.gates.iter().chain(&self.sums).map(|cells| cells.len() as u64).sum()
    }
}

/// A beginning of names that no variable has before a number.
fn unused(model: &Model, beginning: &str) -> String {
    let mut beginning = beginning.to_owned();
    let taken = |beginning: &str| {
        let rest =
            |name: &'_ str| name.strip_prefix(beginning).map(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
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
    /// Whether the lattice is a single cell.
    single: bool,
    /// How the names of gates and of sums begin.
    gate: String,
    sum: String,
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
    fn seen_from(&self, form: &Linear, cell: Shift) -> Linear {
        let mut seen = Linear::new();
        for (&(base, shift), coefficient) in form {
            let operand = match base {
                Base::One => Some(((base, Shift::ZERO), false)),
                Base::Input(_) => self.input(self.wrap(shift + cell)).map(|(at, negative)| ((base, at), negative)),
                Base::Gate(_) | Base::Sum(_) => Some(((base, self.wrap(shift + cell)), false)),
            };
            if let Some((operand, negative)) = operand {
                let coefficient = if negative { -coefficient.clone() } else { coefficient.clone() };
                *seen.entry(operand).or_default() += &coefficient;
            }
        }
        seen.retain(|_, coefficient| !coefficient.is_zero());
        seen
    }

    /// Where the inputs of a cell are, and whether their signs change; nowhere
    /// beyond an open end.
    fn input(&self, mut cell: Shift) -> Option<(Shift, bool)> {
        let frame = &self.model.frame;
        let mut negative = false;
        for (at, &period) in frame.periods.iter().enumerate() {
            let around = (cell.0[at] as i64).div_euclid(period as i64);
            match frame.boundaries[at] {
                Boundary::Open if around != 0 => return None,
                Boundary::Twisted => {
                    cell.0[at] = (cell.0[at] as i64).rem_euclid(period as i64) as i16;
                    negative ^= around % 2 != 0;
                }
                Boundary::Open | Boundary::Periodic => {}
            }
        }
        Some((cell, negative))
    }

    fn name(&self, beginning: &str, index: usize, cell: Shift) -> String {
        if self.single {
            return format!("{beginning}{index}");
        }
        // Cells beyond an end have negative coordinates: `m1`.
        let coordinate = |at: &i16| if *at < 0 { format!("m{}", at.unsigned_abs()) } else { at.to_string() };
        let at: Vec<String> = cell.0[..self.model.frame.periods.len()].iter().map(coordinate).collect();
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

    fn operand(&self, operand: Operand) -> String {
        match operand {
            (Base::One, _) => "1".to_owned(),
            (Base::Input(variable), shift) => self.variable(variable.at(shift)),
            (Base::Gate(gate), shift) => self.name(&self.gate, gate, shift),
            (Base::Sum(sum), shift) => self.name(&self.sum, sum, shift),
        }
    }

    /// Terms with the same coefficient stand in brackets.
    fn form(&self, form: &Linear) -> String {
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
                group.push_str(&self.operand(operand));
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
