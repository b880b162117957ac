//! Which gate is computed in which layer.
//!
//! Enters: a circuit. Leaves: gates in layers, their forms on network
//! sources. In a skip network a form may use any earlier layer. In a layered
//! network copies carry values from the layer that computes them to the layer
//! before the one that uses them, and the part of an output that is already
//! known is carried as one partial sum.

use rustc_hash::FxHashMap;

use crate::circuit::{Circuit, Form, Gate, Source};
use crate::exact::Rational;
use crate::model::{Shift, Variable};
use crate::network::Topology;

/// What a planned gate does with its inputs.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Task {
    /// The product of two inputs.
    Product,
    /// The square of one.
    Square,
    /// The product of inputs that are 0 or 1.
    Bits,
    /// The product of inputs that are -1 or 1.
    Spins,
    /// The input itself.
    Copy,
    /// The product of powers.
    Monomial(Vec<u32>),
}

/// A gate with its inputs.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub(super) task: Task,
    pub(super) inputs: Vec<Form>,
}

impl Planned {
    /// The exponent of each input in the value.
    pub(super) fn powers(&self) -> Vec<u32> {
        match &self.task {
            Task::Square => vec![2],
            Task::Monomial(powers) => powers.clone(),
            Task::Product | Task::Copy | Task::Bits | Task::Spins => vec![1; self.inputs.len()],
        }
    }
}

/// Gates in layers; forms number them through the layers.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    pub(super) layers: Vec<Vec<Planned>>,
    pub(super) outputs: Vec<Form>,
}

impl Plan {
    pub(super) fn gates(&self) -> impl Iterator<Item = &Planned> {
        self.layers.iter().flatten()
    }

    fn copies(&self) -> usize {
        self.gates().filter(|gate| gate.task == Task::Copy).count()
    }
}

/// The plan of a circuit. Each gate is as early as possible; in a layered
/// network as late as possible where that needs fewer copies.
pub(super) fn plan(circuit: &Circuit, topology: Topology) -> Plan {
    let early = circuit.levels();
    match topology {
        Topology::Skip => skip(circuit, &early),
        Topology::Layered => {
            let as_early = layered(circuit, &early);
            let as_late = layered(circuit, &late_levels(circuit, &early));
            if as_late.copies() < as_early.copies() { as_late } else { as_early }
        }
    }
}

/// The latest level of each gate with the same depth.
fn late_levels(circuit: &Circuit, early: &[usize]) -> Vec<usize> {
    let depth = early.iter().copied().max().unwrap_or(0);
    let mut late = vec![depth; circuit.gates.len()];
    for (at, gate) in circuit.gates.iter().enumerate().rev() {
        let below = late[at] - 1;
        for (source, _) in gate.forms().into_iter().flat_map(|form| &form.terms) {
            if let Source::Gate { gate, .. } = source {
                late[*gate] = late[*gate].min(below);
            }
        }
    }
    late
}

fn task(gate: &Gate) -> Task {
    match gate {
        Gate::Product(..) => Task::Product,
        Gate::Square(_) => Task::Square,
        Gate::BitProduct(_) => Task::Bits,
    }
}

/// The form with its sources replaced.
fn translate(form: &Form, mut source: impl FnMut(Source) -> Source) -> Form {
    Form::new(form.constant.clone(), form.terms.iter().map(|(s, coefficient)| (source(*s), coefficient.clone())))
}

fn skip(circuit: &Circuit, levels: &[usize]) -> Plan {
    let mut order: Vec<usize> = (0..circuit.gates.len()).collect();
    order.sort_by_key(|&gate| levels[gate]);
    let mut position = vec![0; order.len()];
    order.iter().enumerate().for_each(|(at, &gate)| position[gate] = at);
    let renumber = |source: Source| match source {
        Source::Input(_) => source,
        Source::Gate { gate, shift } => Source::Gate { gate: position[gate], shift },
    };
    let mut layers: Vec<Vec<Planned>> = vec![Vec::new(); levels.iter().copied().max().unwrap_or(0)];
    for &at in &order {
        let gate = &circuit.gates[at];
        let inputs = gate.forms().into_iter().map(|form| translate(form, renumber)).collect();
        layers[levels[at] - 1].push(Planned { task: task(gate), inputs });
    }
    Plan { layers, outputs: circuit.outputs.iter().map(|output| translate(&output.form, renumber)).collect() }
}

/// A value that copies carry: a variable of the cell at hand, or a gate.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Carried {
    Input(Variable),
    Gate(usize),
}

/// What is carried, and the displacement at which the form uses it.
fn carried(source: Source) -> (Carried, Shift) {
    match source {
        Source::Input(variable) => (Carried::Input(variable.at(Shift::ZERO)), variable.cell),
        Source::Gate { gate, shift } => (Carried::Gate(gate), shift),
    }
}

fn layered(circuit: &Circuit, levels: &[usize]) -> Plan {
    let depth = levels.iter().copied().max().unwrap_or(0);
    if depth == 0 {
        return skip(circuit, levels);
    }
    let level_of = |value: Carried| match value {
        Carried::Input(_) => 0,
        Carried::Gate(gate) => levels[gate],
    };
    // The last layer in which each value must be present.
    let mut needed: FxHashMap<Carried, usize> = FxHashMap::default();
    for (at, gate) in circuit.gates.iter().enumerate() {
        for (source, _) in gate.forms().into_iter().flat_map(|form| &form.terms) {
            let until = needed.entry(carried(*source).0).or_insert(0);
            *until = (*until).max(levels[at] - 1);
        }
    }
    let mut needed: Vec<(Carried, usize)> = needed.into_iter().collect();
    needed.sort();
    // Index in the plan of each value in the layer at hand.
    let mut present: FxHashMap<Carried, usize> = FxHashMap::default();
    let mut partial: Vec<Option<usize>> = vec![None; circuit.outputs.len()];
    let mut plan = Plan::default();
    let mut count = 0;
    for layer in 1..=depth {
        let mut gates = Vec::new();
        let mut now: FxHashMap<Carried, usize> = FxHashMap::default();
        let locate = |source: Source| {
            let (value, shift) = carried(source);
            if layer == 1 { source } else { Source::Gate { gate: present[&value], shift } }
        };
        for (at, gate) in circuit.gates.iter().enumerate().filter(|(at, _)| levels[*at] == layer) {
            now.insert(Carried::Gate(at), count + gates.len());
            let inputs = gate.forms().into_iter().map(|form| translate(form, locate)).collect();
            gates.push(Planned { task: task(gate), inputs });
        }
        for &(value, until) in needed.iter().filter(|(value, until)| level_of(*value) < layer && layer <= *until) {
            let _ = until;
            let source = match value {
                Carried::Input(variable) => Source::Input(variable),
                Carried::Gate(gate) => Source::Gate { gate, shift: Shift::ZERO },
            };
            now.insert(value, count + gates.len());
            gates.push(Planned { task: Task::Copy, inputs: vec![Form::source(locate(source))] });
        }
        // Terms of the outputs that the layer before computed.
        for (output, partial) in circuit.outputs.iter().zip(&mut partial) {
            let known = output.form.terms.iter().filter(|(source, _)| level_of(carried(*source).0) + 1 == layer);
            let mut terms: Vec<(Source, Rational)> = known.map(|(s, c)| (locate(*s), c.clone())).collect();
            terms.extend(partial.map(|gate| (Source::Gate { gate, shift: Shift::ZERO }, Rational::ONE)));
            if !terms.is_empty() {
                *partial = Some(count + gates.len());
                gates.push(Planned { task: Task::Copy, inputs: vec![Form::new(Rational::ZERO, terms)] });
            }
        }
        count += gates.len();
        plan.layers.push(gates);
        present = now;
    }
    for (output, partial) in circuit.outputs.iter().zip(partial) {
        let last = output.form.terms.iter().filter_map(|(source, coefficient)| {
            let (value, shift) = carried(*source);
            (level_of(value) == depth).then(|| (Source::Gate { gate: present[&value], shift }, coefficient.clone()))
        });
        let carried = partial.map(|gate| (Source::Gate { gate, shift: Shift::ZERO }, Rational::ONE));
        plan.outputs.push(Form::new(output.form.constant.clone(), last.chain(carried)));
    }
    plan
}
