//! Which gate is computed in which layer.
//!
//! Enters: tasks. Leaves: gates in layers, their forms on network
//! sources. In a skip network a form may use any earlier layer. In a layered
//! network copies carry values from the layer that computes them to the layer
//! before the one that uses them, and the part of an output that is already
//! known is carried as one partial sum.

use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

use super::cut::Differences;
use super::tasks::Tasks;
use crate::circuit::{Form, Source};
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
    /// A function of how many inputs take the greater of their two values; the
    /// value for each number.
    Symmetric(Vec<Rational>),
    /// The sum of the squares of the inputs times these coefficients.
    Quadratic(Vec<Rational>),
    /// The absolute value of an input in [-1, 1], by rectifiers.
    Fold,
    /// The tooth on [0, 1].
    Tooth,
    /// The last of this many levels of teeth, and the sum that is the square
    /// of its third input.
    Rectified(u32),
    /// The square of an input in [-1, 1] by rectifiers in one layer, this many
    /// straight lines on either side of zero.
    Interpolated(u32),
    /// The input itself.
    Copy,
    /// The product of powers.
    Monomial(Vec<u32>),
}

/// A gate with its inputs.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Planned {
    pub(super) task: Task,
    pub(super) inputs: Vec<Form>,
}

impl Planned {
    /// The exact numbers of the gate.
    pub(super) fn constants(&self) -> &[Rational] {
        match &self.task {
            Task::Symmetric(constants) | Task::Quadratic(constants) => constants,
            _ => &[],
        }
    }

    /// The exponent of each input in the value.
    pub(super) fn powers(&self) -> Vec<u32> {
        match &self.task {
            Task::Square | Task::Interpolated(_) => vec![2],
            Task::Quadratic(_) => vec![2; self.inputs.len()],
            Task::Monomial(powers) => powers.clone(),
            Task::Rectified(_) => vec![0, 0, 2],
            Task::Product | Task::Copy | Task::Bits | Task::Spins | Task::Symmetric(_) | Task::Fold | Task::Tooth => {
                vec![1; self.inputs.len()]
            }
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

/// The plan of tasks. In a skip network each gate is as early as possible; in
/// a layered network where the fewest copies are needed.
pub(super) fn plan(tasks: &Tasks, topology: Topology) -> Plan {
    let early = tasks.levels();
    match topology {
        Topology::Skip => skip(tasks, &early),
        Topology::Layered => match fewest_copies(tasks, &early) {
            Some(levels) => layered(tasks, &levels),
            None => {
                let as_early = layered(tasks, &early);
                let as_late = layered(tasks, &late_levels(tasks, &early));
                if as_late.copies() < as_early.copies() { as_late } else { as_early }
            }
        },
    }
}

/// The most thresholds of a cut; beyond, layers are not optimised.
const MOST_THRESHOLDS: usize = 400_000;

/// The layer of each gate, in as many layers as are needed, with the fewest
/// copies; see `super::cut`. `None` for more gates than can be optimised.
fn fewest_copies(tasks: &Tasks, early: &[usize]) -> Option<Vec<usize>> {
    let depth = early.iter().copied().max().unwrap_or(0);
    let gates = tasks.gates.len();
    // The numbers: the layer of each gate, the last layer of each carried
    // value, and the layer of each output's first term.
    let mut inputs: BTreeMap<Variable, usize> = BTreeMap::new();
    for (source, _) in tasks.gates.iter().flat_map(|gate| &gate.inputs).flat_map(|form| &form.terms) {
        if let (Carried::Input(variable), _) = carried(*source) {
            let next = 2 * gates + inputs.len();
            inputs.entry(variable).or_insert(next);
        }
    }
    let first_output = 2 * gates + inputs.len();
    let count = first_output + tasks.outputs.len();
    if depth == 0 || count.saturating_mul(depth) > MOST_THRESHOLDS {
        return None;
    }
    let mut numbers = Differences::new(count, depth);
    let last = |value: Carried| match value {
        Carried::Input(variable) => inputs[&variable],
        Carried::Gate(gate) => gates + gate,
    };
    for (at, gate) in tasks.gates.iter().enumerate() {
        numbers.at_least(at, 1);
        numbers.demand(gates + at, at, 0);
        numbers.gain(at);
        for (source, _) in gate.inputs.iter().flat_map(|form| &form.terms) {
            let value = carried(*source).0;
            numbers.demand(last(value), at, -1);
            if let Carried::Gate(used) = value {
                numbers.demand(at, used, 1);
            }
        }
    }
    (gates..first_output).for_each(|value| numbers.cost(value));
    for (at, output) in tasks.outputs.iter().enumerate() {
        numbers.gain(first_output + at);
        for (source, _) in &output.terms {
            match carried(*source).0 {
                Carried::Input(_) => numbers.is_zero(first_output + at),
                Carried::Gate(gate) => numbers.demand(gate, first_output + at, 0),
            }
        }
    }
    let mut levels = numbers.solve()?;
    levels.truncate(gates);
    Some(levels)
}

/// The latest level of each gate with the same depth.
fn late_levels(tasks: &Tasks, early: &[usize]) -> Vec<usize> {
    let depth = early.iter().copied().max().unwrap_or(0);
    let mut late = vec![depth; tasks.gates.len()];
    for (at, gate) in tasks.gates.iter().enumerate().rev() {
        let below = late[at] - 1;
        for (source, _) in gate.inputs.iter().flat_map(|form| &form.terms) {
            if let Source::Gate { gate, .. } = source {
                late[*gate] = late[*gate].min(below);
            }
        }
    }
    late
}

/// The form with its sources replaced.
fn translate(form: &Form, mut source: impl FnMut(Source) -> Source) -> Form {
    Form::new(form.constant.clone(), form.terms.iter().map(|(s, coefficient)| (source(*s), coefficient.clone())))
}

fn skip(tasks: &Tasks, levels: &[usize]) -> Plan {
    let mut order: Vec<usize> = (0..tasks.gates.len()).collect();
    order.sort_by_key(|&gate| levels[gate]);
    let mut position = vec![0; order.len()];
    order.iter().enumerate().for_each(|(at, &gate)| position[gate] = at);
    let renumber = |source: Source| match source {
        Source::Input(_) => source,
        Source::Gate { gate, shift } => Source::Gate { gate: position[gate], shift },
    };
    let mut layers: Vec<Vec<Planned>> = vec![Vec::new(); levels.iter().copied().max().unwrap_or(0)];
    for &at in &order {
        let gate = &tasks.gates[at];
        let inputs = gate.inputs.iter().map(|form| translate(form, renumber)).collect();
        layers[levels[at] - 1].push(Planned { task: gate.task.clone(), inputs });
    }
    Plan { layers, outputs: tasks.outputs.iter().map(|output| translate(output, renumber)).collect() }
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

fn layered(tasks: &Tasks, levels: &[usize]) -> Plan {
    let depth = levels.iter().copied().max().unwrap_or(0);
    if depth == 0 {
        return skip(tasks, levels);
    }
    let level_of = |value: Carried| match value {
        Carried::Input(_) => 0,
        Carried::Gate(gate) => levels[gate],
    };
    // The last layer in which each value must be present.
    let mut needed: FxHashMap<Carried, usize> = FxHashMap::default();
    for (at, gate) in tasks.gates.iter().enumerate() {
        for (source, _) in gate.inputs.iter().flat_map(|form| &form.terms) {
            let until = needed.entry(carried(*source).0).or_insert(0);
            *until = (*until).max(levels[at] - 1);
        }
    }
    let mut needed: Vec<(Carried, usize)> = needed.into_iter().collect();
    needed.sort();
    // Index in the plan of each value in the layer at hand.
    let mut present: FxHashMap<Carried, usize> = FxHashMap::default();
    let mut partial: Vec<Option<usize>> = vec![None; tasks.outputs.len()];
    let mut plan = Plan::default();
    let mut count = 0;
    for layer in 1..=depth {
        let mut gates = Vec::new();
        let mut now: FxHashMap<Carried, usize> = FxHashMap::default();
        let locate = |source: Source| {
            let (value, shift) = carried(source);
            if layer == 1 { source } else { Source::Gate { gate: present[&value], shift } }
        };
        for (at, gate) in tasks.gates.iter().enumerate().filter(|(at, _)| levels[*at] == layer) {
            now.insert(Carried::Gate(at), count + gates.len());
            let inputs = gate.inputs.iter().map(|form| translate(form, locate)).collect();
            gates.push(Planned { task: gate.task.clone(), inputs });
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
        for (output, partial) in tasks.outputs.iter().zip(&mut partial) {
            let known = output.terms.iter().filter(|(source, _)| level_of(carried(*source).0) + 1 == layer);
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
    for (output, partial) in tasks.outputs.iter().zip(partial) {
        let last = output.terms.iter().filter_map(|(source, coefficient)| {
            let (value, shift) = carried(*source);
            (level_of(value) == depth).then(|| (Source::Gate { gate: present[&value], shift }, coefficient.clone()))
        });
        let carried = partial.map(|gate| (Source::Gate { gate, shift: Shift::ZERO }, Rational::ONE));
        plan.outputs.push(Form::new(output.constant.clone(), last.chain(carried)));
    }
    plan
}
