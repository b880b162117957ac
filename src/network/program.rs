//! Networks and circuits as straight-line programs of one cell.
//!
//! Enters: a validated network, or a circuit of a model. Leaves: nodes in an
//! order in which each uses earlier ones only, with coefficients in doubles
//! and displacements as short as the wrapping allows, and the columns of the
//! inputs. Directions of a single cell without ends are gone, since nothing moves along
//! them. How a program is run over a lattice is the matter of
//! [`super::schedule`] and [`super::sweep`].

use std::collections::BTreeMap;
use std::sync::Arc;

use super::weights::Weights;
use super::{Activation, Network, Neuron, Precision};
use crate::circuit::{self, Circuit, Form, Gate};
use crate::model::{Boundary, Columns, Field, Frame, Lattice, Model, Shift, Variable, Weight};

/// Where a term takes its value, before it is displaced.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Source {
    /// The input with this index in [`Program::inputs`].
    Input(usize),
    /// The node with this index.
    Node(usize),
}

/// `coefficient * source` of the cell displaced by `shift`.
#[derive(Clone, Debug)]
pub(super) struct Term {
    pub(super) source: Source,
    pub(super) shift: Shift,
    pub(super) coefficient: f64,
}

/// `constant + sum of terms`, summed in this order.
#[derive(Clone, Default, Debug)]
pub(super) struct Linear {
    pub(super) constant: f64,
    pub(super) terms: Vec<Term>,
}

/// What a node does with the values of its forms.
#[derive(Clone, Debug)]
pub(super) enum Operation {
    /// The value itself.
    Form,
    /// The product of the values.
    Product,
    /// The square of the value.
    Square,
    /// `output bias + sum of skip * value + sum of output * σ(bias + sum of
    /// weight * value)`.
    Neurons(Neurons),
}

/// The neurons of a gate.
#[derive(Clone, Debug)]
pub(super) struct Neurons {
    pub(super) neurons: Vec<Neuron>,
    pub(super) output_bias: f64,
    pub(super) skip: Vec<f64>,
    pub(super) activation: Activation,
    pub(super) precision: Precision,
}

/// A value that every cell has.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) forms: Vec<Linear>,
    pub(super) operation: Operation,
}

/// A number of every cell that a sample gives.
#[derive(Clone, Debug)]
pub(super) struct Input {
    /// Which of the arrays of a sample it stands in: most programs have one,
    /// that of the variables.
    pub(super) array: usize,
    /// Its places there.
    pub(super) columns: Columns,
    /// Whether it is the value of a field, whose sign changes around twisted
    /// directions, rather than a weight.
    pub(super) is_field: bool,
}

/// The first array of a sample that holds weights: before come the variables,
/// and the values that replace them.
pub(super) const FIRST_WEIGHTS: usize = 2;

/// A program.
#[derive(Clone, Debug)]
pub(super) struct Program {
    /// The format that every operation is rounded to.
    pub(super) precision: Precision,
    /// The number of cells in each direction with more than one, or with ends.
    pub(super) periods: Vec<usize>,
    /// What happens at the ends of those directions.
    pub(super) boundaries: Vec<Boundary>,
    pub(super) inputs: Vec<Input>,
    pub(super) nodes: Vec<Node>,
    pub(super) outputs: Vec<Linear>,
    /// The arrays of weights, which every sample gets after its own.
    pub(super) weights: Vec<Arc<[f64]>>,
}

/// A term of a node that uses a source.
pub(super) struct Use {
    pub(super) node: usize,
    pub(super) form: usize,
    pub(super) shift: Shift,
    pub(super) coefficient: f64,
}

/// A term of an output that uses a source.
pub(super) struct OutputUse {
    pub(super) output: usize,
    pub(super) shift: Shift,
    pub(super) coefficient: f64,
}

/// Where the sources of a program are used.
pub(super) struct Uses {
    nodes: BTreeMap<Source, Vec<Use>>,
    outputs: BTreeMap<Source, Vec<OutputUse>>,
}

impl Uses {
    /// The terms of nodes that use a source, in the order of the program.
    pub(super) fn by_nodes(&self, source: Source) -> &[Use] {
        self.nodes.get(&source).map_or(&[], Vec::as_slice)
    }

    /// The terms of outputs that use a source.
    pub(super) fn by_outputs(&self, source: Source) -> &[OutputUse] {
        self.outputs.get(&source).map_or(&[], Vec::as_slice)
    }
}

/// Turns what is written about a frame into what is written in a program.
pub(super) struct Translation<'a> {
    pub(super) frame: &'a Frame,
    /// The directions with more than one cell, or with ends.
    pub(super) kept: Vec<usize>,
    periods: Vec<usize>,
    /// The columns of each slot.
    columns: Vec<Columns>,
}

impl Translation<'_> {
    /// `None` where the lattice is too large for the address range.
    fn new<'a>(lattice: &Lattice, fields: &[Field], frame: &'a Frame) -> Option<Translation<'a>> {
        usize::try_from(frame.cells()?).ok()?;
        let moves = |at: &usize| frame.periods[*at] > 1 || frame.boundaries[*at] != Boundary::Periodic;
        let kept: Vec<usize> = (0..frame.periods.len()).filter(moves).collect();
        let periods = kept.iter().map(|&at| frame.periods[at] as usize).collect();
        let columns = |slot| {
            let columns = frame.columns(lattice, fields, slot)?;
            Some(Columns { strides: kept.iter().map(|&at| columns.strides[at]).collect(), ..columns })
        };
        let columns = (0..frame.slots()).map(columns).collect::<Option<_>>()?;
        Some(Translation { frame, kept, periods, columns })
    }

    /// A displacement as short as the wrapping allows.
    fn shift(&self, shift: Shift) -> Shift {
        let wrapped = self.frame.wrapped(shift);
        let mut kept = Shift::ZERO;
        self.kept.iter().enumerate().for_each(|(at, &from)| kept.0[at] = wrapped.0[from]);
        kept
    }
}

impl Program {
    /// Where the sources are used.
    pub(super) fn uses(&self) -> Uses {
        let mut uses = Uses { nodes: BTreeMap::new(), outputs: BTreeMap::new() };
        for (node, Node { forms, .. }) in self.nodes.iter().enumerate() {
            for (form, Linear { terms, .. }) in forms.iter().enumerate() {
                for &Term { source, shift, coefficient } in terms {
                    uses.nodes.entry(source).or_default().push(Use { node, form, shift, coefficient });
                }
            }
        }
        for (output, Linear { terms, .. }) in self.outputs.iter().enumerate() {
            for &Term { source, shift, coefficient } in terms {
                uses.outputs.entry(source).or_default().push(OutputUse { output, shift, coefficient });
            }
        }
        uses
    }

    /// The program of a network; `None` where the lattice is too large for
    /// the address range.
    pub(super) fn of_network(network: &Network) -> Option<Program> {
        let translation = Translation::new(&network.lattice, &network.fields, &network.frame)?;
        let gates = network.gates().map(|gate| {
            let operation = Operation::Neurons(Neurons {
                neurons: gate.neurons.clone(),
                output_bias: gate.output_bias,
                skip: gate.skip.clone(),
                activation: network.activation,
                precision: network.precision,
            });
            (gate.inputs.iter().collect(), operation)
        });
        let outputs = network.outputs.iter().map(|output| (output.name.as_str(), &output.weight, &output.form));
        let beyond = network.circuit().looks_beyond_ends(&network.frame);
        let weights = Weights::new(&network.couplings, beyond);
        Some(Program::build(network.precision, &translation, gates, outputs, weights))
    }

    /// The program of a circuit with exact gates.
    pub(super) fn of_circuit(model: &Model, circuit: &Circuit) -> Option<Program> {
        let translation = Translation::new(&model.lattice, &model.fields, &model.frame)?;
        let gates = circuit.gates.iter().map(|gate| {
            let operation = match gate {
                Gate::Square(_) => Operation::Square,
                Gate::Product(..) | Gate::BitProduct(_) => Operation::Product,
            };
            (gate.forms(), operation)
        });
        let outputs = circuit.outputs.iter().map(|output| (output.name.as_str(), &output.weight, &output.form));
        let beyond = circuit.looks_beyond_ends(&model.frame);
        let weights = Weights::new(&model.couplings, beyond);
        Some(Program::build(Precision::F64, &translation, gates, outputs, weights))
    }

    fn build<'a>(
        precision: Precision,
        translation: &Translation<'_>,
        gates: impl Iterator<Item = (Vec<&'a Form>, Operation)>,
        outputs: impl Iterator<Item = (&'a str, &'a Weight, &'a Form)>,
        mut weights: Weights<'_>,
    ) -> Program {
        // The input of each slot, all of them for now.
        let field = |columns: &Columns| Input { array: 0, columns: columns.clone(), is_field: true };
        let mut inputs: Vec<Input> = translation.columns.iter().map(field).collect();
        let linear = |form: &Form| Linear {
            constant: precision.round(form.constant.to_f64()),
            terms: form
                .terms
                .iter()
                .map(|(source, coefficient)| {
                    let (source, shift) = match *source {
                        circuit::Source::Input(variable) => (Source::Input(Variable::slot(variable)), variable.cell),
                        circuit::Source::Gate { gate, shift } => (Source::Node(gate), shift),
                    };
                    let coefficient = precision.round(coefficient.to_f64());
                    Term { source, shift: translation.shift(shift), coefficient }
                })
                .collect(),
        };
        let node = |(forms, operation): (Vec<&Form>, Operation)| Node {
            forms: forms.into_iter().map(linear).collect(),
            operation,
        };
        let mut nodes: Vec<Node> = gates.map(node).collect();
        // Outputs of one name are added up.
        let mut names: Vec<&str> = Vec::new();
        let mut sums: Vec<Linear> = Vec::new();
        for (name, weight, form) in outputs {
            let form = weights.times(translation, weight, linear(form), &mut inputs, &mut nodes);
            match names.iter().position(|known| *known == name) {
                None => {
                    names.push(name);
                    sums.push(form);
                }
                Some(at) => {
                    sums[at].constant += form.constant;
                    sums[at].terms.extend(form.terms);
                }
            }
        }
        let mut program = Program {
            precision,
            periods: translation.periods.clone(),
            boundaries: translation.kept.iter().map(|&at| translation.frame.boundaries[at]).collect(),
            inputs,
            nodes,
            outputs: sums,
            weights: weights.arrays,
        };
        program.prune();
        program
    }

    /// The arrays of a sample: its variables, the values that replace them
    /// where there are some, and the weights.
    pub(super) fn sample<'s>(&'s self, variables: &'s [f64], replacements: &'s [f64]) -> Vec<&'s [f64]> {
        [variables, replacements].into_iter().chain(self.weights.iter().map(|weights| &weights[..])).collect()
    }

    /// Takes away nodes and inputs that no output needs.
    pub(super) fn prune(&mut self) {
        let mut inputs = vec![false; self.inputs.len()];
        let mut nodes = vec![false; self.nodes.len()];
        let mut mark = |forms: &[Linear], nodes: &mut [bool]| {
            for term in forms.iter().flat_map(|form| &form.terms) {
                match term.source {
                    Source::Input(input) => inputs[input] = true,
                    Source::Node(node) => nodes[node] = true,
                }
            }
        };
        mark(&self.outputs, &mut nodes);
        for at in (0..self.nodes.len()).rev() {
            if nodes[at] {
                mark(&self.nodes[at].forms, &mut nodes);
            }
        }
        let places = |used: &[bool]| -> Vec<usize> {
            used.iter()
                .scan(0, |next, &used| {
                    *next += used as usize;
                    Some(next.wrapping_sub(1))
                })
                .collect()
        };
        let (input_places, node_places) = (places(&inputs), places(&nodes));
        let rename = |form: &mut Linear| {
            for term in &mut form.terms {
                term.source = match term.source {
                    Source::Input(input) => Source::Input(input_places[input]),
                    Source::Node(node) => Source::Node(node_places[node]),
                };
            }
        };
        retain(&mut self.inputs, &inputs);
        retain(&mut self.nodes, &nodes);
        self.nodes.iter_mut().flat_map(|node| &mut node.forms).for_each(rename);
        self.outputs.iter_mut().for_each(rename);
    }
}

fn retain<T>(items: &mut Vec<T>, kept: &[bool]) {
    let mut kept = kept.iter();
    items.retain(|_| *kept.next().expect("one for each item"));
}
