//! Programs of changes: what each energy changes by if one variable does.
//!
//! Enters: a program. Leaves: a program whose outputs are, in each cell, the
//! changes of the outputs if the variable of one slot in that cell is
//! replaced. A change spreads to the nodes that use the variable, each in the
//! cells from which it is seen, and from there on; so the number of nodes
//! does not depend on the size of the lattice, and all cells are swept at
//! once.
//!
//! Changes of forms, squares and products are computed from changes:
//! d(u^2) = du (2u + du), d(uv) = du (v + dv) + u dv. So they have the
//! accuracy of a change, not of a difference of two large numbers. Neurons and
//! products of more bits are computed anew, and subtracted.

use std::collections::BTreeMap;

use super::program::{Input, Linear, Node, Operation, Program, Source, Term, Uses};
use crate::model::{Boundary, Shift};

/// How a variable is replaced.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Replacement {
    /// A spin s by -s.
    Spin,
    /// A bit b by 1 - b.
    Bit,
    /// By the value at the same place of the sample's second array.
    Given,
}

/// Nodes and terms that a program of changes has at most.
const LIMIT: usize = 1 << 22;

/// A form with more terms is computed once in each cell, not wherever it is
/// used.
const SHORT: usize = 4;

/// The program of changes: the outputs are those of each input in turn.
/// `replacements` has one for each input that is a field. `None` where changes spread to too
/// many nodes.
pub(super) fn differences(program: &Program, replacements: &[Replacement]) -> Option<Program> {
    let mut result = program.clone();
    result.outputs.clear();
    let mut builder = Builder { base: program, uses: program.uses(), result, values: BTreeMap::new(), size: 0 };
    // Weights stay as they are.
    let fields = (0..program.inputs.len()).filter(|&input| program.inputs[input].is_field);
    for (input, &replacement) in fields.zip(replacements) {
        builder.spread(input, replacement)?;
    }
    let mut result = builder.result;
    result.prune();
    Some(result)
}

struct Builder<'a> {
    base: &'a Program,
    uses: Uses,
    result: Program,
    /// The nodes that hold the values of long forms, by node and form.
    values: BTreeMap<(usize, usize), usize>,
    /// Nodes and terms so far.
    size: usize,
}

impl Builder<'_> {
    /// Adds the nodes and outputs for the variables of one input.
    fn spread(&mut self, input: usize, replacement: Replacement) -> Option<()> {
        let own = Source::Input(input);
        let change = match replacement {
            Replacement::Spin => Linear { constant: 0.0, terms: vec![here(own, -2.0)] },
            Replacement::Bit => Linear { constant: 1.0, terms: vec![here(own, -2.0)] },
            Replacement::Given => {
                let columns = self.base.inputs[input].columns.clone();
                self.result.inputs.push(Input { array: 1, columns, is_field: true });
                let given = Source::Input(self.result.inputs.len() - 1);
                Linear { constant: 0.0, terms: vec![here(given, 1.0), here(own, -1.0)] }
            }
        };
        let mut outputs = vec![Linear::default(); self.base.outputs.len()];
        // The changes of the forms of nodes that are still to be looked at, by
        // the cell of the node: the first node uses none of the others.
        let mut pending: BTreeMap<usize, BTreeMap<Shift, Vec<Linear>>> = BTreeMap::new();
        let change = self.push(Operation::Form, vec![change])?;
        self.pass(own, Shift::ZERO, change, &mut pending, &mut outputs)?;
        while let Some((node, cells)) = pending.pop_first() {
            for (cell, moved) in cells {
                let change = self.change(node, cell, moved)?;
                self.pass(Source::Node(node), cell, change, &mut pending, &mut outputs)?;
            }
        }
        self.result.outputs.append(&mut outputs);
        Some(())
    }

    /// Passes the change of a source in a displaced cell on to what uses it.
    fn pass(
        &mut self,
        source: Source,
        cell: Shift,
        change: Source,
        pending: &mut BTreeMap<usize, BTreeMap<Shift, Vec<Linear>>>,
        outputs: &mut [Linear],
    ) -> Option<()> {
        for used in self.uses.by_nodes(source) {
            let seen_from = moved(self.base, cell, used.shift, -1)?;
            let forms = self.base.nodes[used.node].forms.len();
            let cells = pending.entry(used.node).or_default();
            let changes = cells.entry(seen_from).or_insert_with(|| vec![Linear::default(); forms]);
            changes[used.form].terms.push(here(change, used.coefficient));
        }
        for used in self.uses.by_outputs(source) {
            // The output of some cell sees it wherever it is.
            outputs[used.output].terms.push(here(change, used.coefficient));
            self.size += 1;
        }
        Some(())
    }

    fn push(&mut self, operation: Operation, forms: Vec<Linear>) -> Option<Source> {
        self.size += 1 + forms.iter().map(|form| form.terms.len()).sum::<usize>();
        self.result.nodes.push(Node { forms, operation });
        (self.size <= LIMIT).then(|| Source::Node(self.result.nodes.len() - 1))
    }

    /// The change of a node in a displaced cell from those of its forms.
    fn change(&mut self, node: usize, cell: Shift, mut moved: Vec<Linear>) -> Option<Source> {
        let Node { forms, operation } = &self.base.nodes[node];
        match operation {
            Operation::Form => self.push(Operation::Form, moved),
            Operation::Square => {
                let value = self.value(node, 0, cell)?;
                let twice = scaled(&value, 2.0);
                let du = moved.remove(0);
                let sum = joined(&twice, &du);
                self.push(Operation::Product, vec![du, sum])
            }
            Operation::Product => {
                let changed: Vec<usize> = (0..forms.len()).filter(|&form| !moved[form].terms.is_empty()).collect();
                let mut values = Vec::with_capacity(forms.len());
                for form in 0..forms.len() {
                    values.push(self.value(node, form, cell)?);
                }
                match changed[..] {
                    [only] => {
                        values[only] = moved.swap_remove(only);
                        self.push(Operation::Product, values)
                    }
                    [0, 1] if forms.len() == 2 => {
                        let new = joined(&values[1], &moved[1]);
                        let first = self.push(Operation::Product, vec![moved.swap_remove(0), new])?;
                        let second =
                            self.push(Operation::Product, vec![values.swap_remove(0), moved.swap_remove(0)])?;
                        let both = Linear { constant: 0.0, terms: vec![here(first, 1.0), here(second, 1.0)] };
                        self.push(Operation::Form, vec![both])
                    }
                    _ => self.anew(node, cell, &values, &moved),
                }
            }
            Operation::Neurons(_) => {
                let mut values = Vec::with_capacity(forms.len());
                for form in 0..forms.len() {
                    values.push(self.value(node, form, cell)?);
                }
                self.anew(node, cell, &values, &moved)
            }
        }
    }

    /// A node computed with changed forms, less its value.
    fn anew(&mut self, node: usize, cell: Shift, values: &[Linear], moved: &[Linear]) -> Option<Source> {
        let forms = values.iter().zip(moved).map(|(value, change)| joined(value, change)).collect();
        let new = self.push(self.base.nodes[node].operation.clone(), forms)?;
        let terms = vec![here(new, 1.0), Term { source: Source::Node(node), shift: cell, coefficient: -1.0 }];
        self.push(Operation::Form, vec![Linear { constant: 0.0, terms }])
    }

    /// The value of a form of a node in a displaced cell.
    fn value(&mut self, node: usize, form: usize, cell: Shift) -> Option<Linear> {
        let written = &self.base.nodes[node].forms[form];
        if written.terms.len() > SHORT {
            let known = self.values.get(&(node, form)).copied();
            let value = match known {
                Some(value) => value,
                None => {
                    let Source::Node(value) = self.push(Operation::Form, vec![written.clone()])? else { return None };
                    self.values.insert((node, form), value);
                    value
                }
            };
            let term = Term { source: Source::Node(value), shift: cell, coefficient: 1.0 };
            return Some(Linear { constant: 0.0, terms: vec![term] });
        }
        let mut value = written.clone();
        for term in &mut value.terms {
            term.shift = moved(self.base, cell, term.shift, 1)?;
        }
        Some(value)
    }
}

fn scaled(form: &Linear, factor: f64) -> Linear {
    let terms = form.terms.iter().map(|term| Term { coefficient: factor * term.coefficient, ..term.clone() });
    Linear { constant: factor * form.constant, terms: terms.collect() }
}

fn joined(form: &Linear, other: &Linear) -> Linear {
    let terms = form.terms.iter().chain(&other.terms).cloned().collect();
    Linear { constant: form.constant + other.constant, terms }
}

fn here(source: Source, coefficient: f64) -> Term {
    Term { source, shift: Shift::ZERO, coefficient }
}

/// A displacement and another one, or its reverse, as short as the wrapping
/// allows; `None` where that is beyond the range of displacements.
fn moved(program: &Program, one: Shift, other: Shift, sign: i64) -> Option<Shift> {
    let mut sum = Shift::ZERO;
    for (at, &period) in program.periods.iter().enumerate() {
        let plain = i64::from(one.0[at]) + sign * i64::from(other.0[at]);
        if program.boundaries[at] != Boundary::Periodic {
            sum.0[at] = i16::try_from(plain).ok()?;
            continue;
        }
        let least = plain.rem_euclid(period as i64);
        let nearest = if least > period as i64 / 2 { least - period as i64 } else { least };
        sum.0[at] = i16::try_from(nearest).ok()?;
    }
    Some(sum)
}
