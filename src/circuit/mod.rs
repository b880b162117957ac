//! Circuits: shared gates on affine forms, the result of simplification.
//!
//! A circuit belongs to a unit cell. A gate is computed once in every cell;
//! a form may use the gates and variables of displaced cells. Affine forms
//! are free; products, squares and bit products cost.

mod cells;
mod evaluate;
mod print;
mod sums;

pub use cells::cells_of_gates;
pub use evaluate::{Mismatch, deviation, differs_at_a_point, expand, expand_form, prove};
pub use print::straight_line_program;

use crate::exact::Rational;
use crate::model::{Boundary, Frame, Shift, Variable, Weight};

/// Where a term of a form takes its value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Source {
    /// An input variable, in its cell.
    Input(Variable),
    /// The gate with this index, in the cell displaced by `shift`.
    Gate {
        /// The index of the gate in [`Circuit::gates`].
        gate: usize,
        /// The displacement of its cell.
        shift: Shift,
    },
}

/// `constant + sum of coefficient * source`: sources sorted and distinct,
/// coefficients not zero.
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
pub struct Form {
    /// The constant.
    pub constant: Rational,
    /// The terms, sorted by source.
    pub terms: Vec<(Source, Rational)>,
}

/// An operation that costs neurons.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Gate {
    /// The product of two forms.
    Product(Form, Form),
    /// The square of a form.
    Square(Form),
    /// The product of forms whose values are 0 or 1 on the domain: AND.
    BitProduct(Vec<Form>),
}

/// A value the circuit computes: the sum over all cells of a weight times a
/// form. Those with one name are the parts of one energy, their sum.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Output {
    /// The name of the energy.
    pub name: String,
    /// The factor of the form in each cell.
    pub weight: Weight,
    /// Its form in one cell.
    pub form: Form,
}

/// Gates in an order in which each uses earlier ones only.
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
pub struct Circuit {
    /// The gates.
    pub gates: Vec<Gate>,
    /// The outputs.
    pub outputs: Vec<Output>,
    /// A bound of the difference between each output and its energy, per
    /// cell, on the domain: zero for an exact circuit, not zero where
    /// irrational constants were rounded.
    pub deviation: Rational,
}

/// Counts of a circuit in one cell.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Counts {
    /// Products of two different forms.
    pub products: u64,
    /// Squares.
    pub squares: u64,
    /// Products of bits.
    pub bit_gates: u64,
    /// Multiplications of two non-constant values: products, squares, and
    /// one less than the number of factors for a bit product.
    pub nonscalar_multiplications: u64,
    /// Multiplications by constants other than 1 and -1, as in the
    /// [`straight_line_program`]: a sum that several forms need is there once.
    pub scalar_multiplications: u64,
    /// Additions and subtractions, likewise.
    pub additions: u64,
    /// The greatest number of gates on a path.
    pub depth: u64,
}

impl Form {
    /// A form from terms in any order.
    pub fn new(constant: Rational, terms: impl IntoIterator<Item = (Source, Rational)>) -> Form {
        let mut sorted: Vec<(Source, Rational)> = terms.into_iter().collect();
        sorted.sort_by_key(|(source, _)| *source);
        let mut merged: Vec<(Source, Rational)> = Vec::with_capacity(sorted.len());
        for (source, coefficient) in sorted {
            match merged.last_mut() {
                Some((last, sum)) if *last == source => *sum += &coefficient,
                _ => merged.push((source, coefficient)),
            }
        }
        merged.retain(|(_, coefficient)| !coefficient.is_zero());
        Form { constant, terms: merged }
    }

    /// A single source.
    pub fn source(source: Source) -> Form {
        Form { constant: Rational::ZERO, terms: vec![(source, Rational::ONE)] }
    }
}

impl Gate {
    /// The forms the gate multiplies.
    pub fn forms(&self) -> Vec<&Form> {
        match self {
            Gate::Product(left, right) => vec![left, right],
            Gate::Square(form) => vec![form],
            Gate::BitProduct(forms) => forms.iter().collect(),
        }
    }
}

/// The box of cells that a form meets; `None` for a constant.
fn met(form: &Form, gates: &[(Shift, Shift)]) -> Option<(Shift, Shift)> {
    let of = |source: &Source| match *source {
        Source::Input(variable) => (variable.cell, variable.cell),
        Source::Gate { gate, shift } => (gates[gate].0 + shift, gates[gate].1 + shift),
    };
    form.terms.iter().map(|(source, _)| of(source)).reduce(hull)
}

fn hull(a: (Shift, Shift), b: (Shift, Shift)) -> (Shift, Shift) {
    (a.0.min(b.0), -(-a.1).min(-b.1))
}

impl Circuit {
    /// The number of gates on the longest path to each gate, itself included.
    pub fn levels(&self) -> Vec<usize> {
        let mut levels: Vec<usize> = Vec::with_capacity(self.gates.len());
        for gate in &self.gates {
            let forms = gate.forms();
            let below = forms.iter().flat_map(|form| &form.terms).map(|(source, _)| match source {
                Source::Input(_) => 0,
                Source::Gate { gate, .. } => levels[*gate],
            });
            let level = 1 + below.max().unwrap_or(0);
            levels.push(level);
        }
        levels
    }

    /// The cells that each output meets, seen from the cell at hand: the least
    /// and the greatest displacement along each direction.
    pub fn reach(&self) -> Vec<(Shift, Shift)> {
        let mut gates: Vec<(Shift, Shift)> = Vec::with_capacity(self.gates.len());
        for gate in &self.gates {
            let forms: Vec<(Shift, Shift)> = gate.forms().into_iter().filter_map(|form| met(form, &gates)).collect();
            gates.push(forms.into_iter().reduce(hull).unwrap_or_default());
        }
        self.outputs.iter().map(|output| met(&output.form, &gates).unwrap_or_default()).collect()
    }

    /// Whether some output, in some cell of its window, meets a value beyond
    /// an open end.
    pub fn looks_beyond_ends(&self, frame: &Frame) -> bool {
        frame.ends()
            && self.reach().iter().zip(&self.outputs).any(|((least, greatest), output)| {
                let window = &output.weight.window;
                (0..frame.directions.len()).any(|at| {
                    frame.boundaries[at] == Boundary::Open
                        && (-least.0[at] > window.low.0[at] || greatest.0[at] > window.high.0[at])
                })
            })
    }

    /// The same circuit with a balanced tree of products in place of each
    /// product of bits.
    pub fn without_bit_products(&self) -> Circuit {
        let mut circuit = Circuit::default();
        // Where each gate went.
        let mut moved: Vec<usize> = Vec::with_capacity(self.gates.len());
        let translate = |form: &Form, moved: &[usize]| {
            let source = |source: &Source| match *source {
                Source::Gate { gate, shift } => Source::Gate { gate: moved[gate], shift },
                input => input,
            };
            Form::new(form.constant.clone(), form.terms.iter().map(|(s, c)| (source(s), c.clone())))
        };
        for gate in &self.gates {
            let gate = match gate {
                Gate::Product(left, right) => Gate::Product(translate(left, &moved), translate(right, &moved)),
                Gate::Square(form) => Gate::Square(translate(form, &moved)),
                Gate::BitProduct(forms) => {
                    let mut forms: Vec<Form> = forms.iter().map(|form| translate(form, &moved)).collect();
                    while forms.len() > 2 {
                        let mut next = Vec::with_capacity(forms.len().div_ceil(2));
                        for pair in forms.chunks(2) {
                            if let [left, right] = pair {
                                circuit.gates.push(Gate::Product(left.clone(), right.clone()));
                                let gate = circuit.gates.len() - 1;
                                next.push(Form::source(Source::Gate { gate, shift: Shift::ZERO }));
                            } else {
                                next.extend_from_slice(pair);
                            }
                        }
                        forms = next;
                    }
                    match forms.as_slice() {
                        [left, right] => Gate::Product(left.clone(), right.clone()),
                        // A bit is its own square.
                        [single] => Gate::Square(single.clone()),
                        _ => Gate::Square(Form { constant: Rational::ONE, terms: Vec::new() }),
                    }
                }
            };
            circuit.gates.push(gate);
            moved.push(circuit.gates.len() - 1);
        }
        let outputs = self.outputs.iter();
        circuit.outputs =
            outputs.map(|output| Output { form: translate(&output.form, &moved), ..output.clone() }).collect();
        circuit.deviation = self.deviation.clone();
        circuit
    }

    /// The counts in one cell.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts { depth: self.levels().into_iter().max().unwrap_or(0) as u64, ..Counts::default() };
        (counts.scalar_multiplications, counts.additions) = sums::share(self).costs();
        for gate in &self.gates {
            match gate {
                Gate::Product(..) => counts.products += 1,
                Gate::Square(_) => counts.squares += 1,
                Gate::BitProduct(forms) => {
                    counts.bit_gates += 1;
                    counts.nonscalar_multiplications += forms.len() as u64 - 1;
                }
            }
        }
        counts.nonscalar_multiplications += counts.products + counts.squares;
        counts
    }
}
