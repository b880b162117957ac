//! What the gates of a network are to do, before they are put into layers:
//! the gates of a circuit, and the same with several of them merged into one.
//!
//! Every merge is exact. Which of several lists of tasks becomes the network
//! is decided by the neurons that they need at the tolerance.

use crate::circuit::{Circuit, Form, Gate, Source};
use crate::exact::Rational;
use crate::model::Kind;

use super::plan::{Planned, Task};

/// Gates in an order in which each uses earlier ones only.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Tasks {
    pub(super) gates: Vec<Planned>,
    pub(super) outputs: Vec<Form>,
}

/// A value in terms of the gate that replaces it: `scale * gate + constant`.
#[derive(Clone)]
struct Replacement {
    gate: usize,
    scale: Rational,
    constant: Rational,
}

impl Replacement {
    fn plain(gate: usize) -> Replacement {
        Replacement { gate, scale: Rational::ONE, constant: Rational::ZERO }
    }
}

fn rewrite(form: &Form, replacements: &[Replacement]) -> Form {
    let mut constant = form.constant.clone();
    let terms: Vec<(Source, Rational)> = (form.terms.iter())
        .map(|(source, coefficient)| match *source {
            Source::Gate { gate, shift } => {
                let found = &replacements[gate];
                constant += &(&found.constant * coefficient);
                (Source::Gate { gate: found.gate, shift }, &found.scale * coefficient)
            }
            input => (input, coefficient.clone()),
        })
        .collect();
    Form::new(constant, terms)
}

/// The coefficient and the gate of a form that is a multiple of one gate of
/// the cell at hand.
fn multiple_of_gate(form: &Form) -> Option<(usize, &Rational)> {
    match form.terms.as_slice() {
        [(Source::Gate { gate, shift }, coefficient)] if form.constant.is_zero() && shift.is_zero() => {
            Some((*gate, coefficient))
        }
        _ => None,
    }
}

/// The factor by which a form is a multiple of another.
fn ratio(form: &Form, base: &Form) -> Option<Rational> {
    let (first, base_first) = (form.terms.first()?, base.terms.first()?);
    let factor = &first.1 / &base_first.1;
    let same = form.terms.len() == base.terms.len()
        && form.constant == &base.constant * &factor
        && form.terms.iter().zip(&base.terms).all(|(a, b)| a.0 == b.0 && a.1 == &b.1 * &factor);
    same.then_some(factor)
}

impl Tasks {
    pub(super) fn of_circuit(circuit: &Circuit) -> Tasks {
        let planned = |gate: &Gate| Planned {
            task: match gate {
                Gate::Product(..) => Task::Product,
                Gate::Square(_) => Task::Square,
                Gate::BitProduct(_) => Task::Bits,
            },
            inputs: gate.forms().into_iter().cloned().collect(),
        };
        Tasks {
            gates: circuit.gates.iter().map(planned).collect(),
            outputs: circuit.outputs.iter().map(|output| output.form.clone()).collect(),
        }
    }

    /// The number of gates on the longest path to each gate, itself included.
    pub(super) fn levels(&self) -> Vec<usize> {
        let mut levels: Vec<usize> = Vec::with_capacity(self.gates.len());
        for gate in &self.gates {
            let sources = gate.inputs.iter().flat_map(|form| &form.terms).map(|(source, _)| source);
            let below = sources.map(|source| match source {
                Source::Input(_) => 0,
                Source::Gate { gate, .. } => levels[*gate],
            });
            let level = 1 + below.max().unwrap_or(0);
            levels.push(level);
        }
        levels
    }

    /// How often each gate occurs in forms.
    pub(super) fn uses(&self) -> Vec<usize> {
        let mut uses = vec![0; self.gates.len()];
        let forms = self.gates.iter().flat_map(|gate| &gate.inputs).chain(&self.outputs);
        for (source, _) in forms.flat_map(|form| &form.terms) {
            if let Source::Gate { gate, .. } = source {
                uses[*gate] += 1;
            }
        }
        uses
    }

    /// Replaces gates one after the other: `merge` is given the new gates so
    /// far and a gate on them, and returns what it becomes. Gates that nothing
    /// uses any more go.
    fn merged(&self, mut merge: impl FnMut(&[Planned], usize, Planned) -> (Planned, Rational, Rational)) -> Tasks {
        let mut gates: Vec<Planned> = Vec::with_capacity(self.gates.len());
        let mut replacements: Vec<Replacement> = Vec::with_capacity(self.gates.len());
        for (at, gate) in self.gates.iter().enumerate() {
            let inputs = gate.inputs.iter().map(|form| rewrite(form, &replacements)).collect();
            let (planned, scale, constant) = merge(&gates, at, Planned { task: gate.task.clone(), inputs });
            replacements.push(Replacement { gate: gates.len(), scale, constant });
            gates.push(planned);
        }
        let outputs = self.outputs.iter().map(|form| rewrite(form, &replacements)).collect();
        Tasks { gates, outputs }.without_unused()
    }

    fn without_unused(self) -> Tasks {
        let mut used = vec![false; self.gates.len()];
        let mark = |form: &Form, used: &mut Vec<bool>| {
            for (source, _) in &form.terms {
                if let Source::Gate { gate, .. } = source {
                    used[*gate] = true;
                }
            }
        };
        self.outputs.iter().for_each(|form| mark(form, &mut used));
        for at in (0..self.gates.len()).rev() {
            if used[at] {
                self.gates[at].inputs.iter().for_each(|form| mark(form, &mut used));
            }
        }
        let mut count = 0;
        let mut places = Vec::with_capacity(used.len());
        for used in &used {
            places.push(Replacement::plain(count));
            count += usize::from(*used);
        }
        let gates = self.gates.into_iter().zip(&used).filter(|(_, used)| **used).map(|(gate, _)| Planned {
            task: gate.task,
            inputs: gate.inputs.iter().map(|form| rewrite(form, &places)).collect(),
        });
        let gates = gates.collect();
        Tasks { gates, outputs: self.outputs.iter().map(|form| rewrite(form, &places)).collect() }
    }

    /// Powers u^(k+1) in one gate where they are a product of u^k, which is
    /// used nowhere else, and a multiple of u.
    pub(super) fn with_powers(&self) -> Tasks {
        let uses = self.uses();
        // The uses of the old gates, by their new places, which are the same
        // until unused gates go.
        self.merged(|gates, _, planned| {
            let unchanged = (Rational::ONE, Rational::ZERO);
            if planned.task == Task::Product {
                for (power, base) in [(0, 1), (1, 0)] {
                    let Some((gate, coefficient)) = multiple_of_gate(&planned.inputs[power]) else { continue };
                    let exponent = match &gates[gate].task {
                        Task::Square => 2,
                        Task::Monomial(powers) if powers.len() == 1 => powers[0],
                        _ => continue,
                    };
                    let Some(factor) = ratio(&planned.inputs[base], &gates[gate].inputs[0]) else { continue };
                    if uses[gate] == 1 {
                        let scale = coefficient * &factor;
                        let merged =
                            Planned { task: Task::Monomial(vec![exponent + 1]), inputs: gates[gate].inputs.clone() };
                        return (merged, scale, Rational::ZERO);
                    }
                }
            }
            (planned, unchanged.0, unchanged.1)
        })
    }

    /// Products of two spins as squares: uv = (u+v)²/2 - 1.
    pub(super) fn with_spins_as_squares(&self) -> Tasks {
        let spins = self.spins();
        self.merged(|_, at, planned| {
            if self.gates[at].task != Task::Product || !self.gates[at].inputs.iter().all(|form| is_spin(form, &spins)) {
                return (planned, Rational::ONE, Rational::ZERO);
            }
            let [left, right] = planned.inputs.as_slice() else { unreachable!("a product has two inputs") };
            let terms = left.terms.iter().chain(&right.terms).cloned();
            let sum = Form::new(&left.constant + &right.constant, terms);
            (Planned { task: Task::Square, inputs: vec![sum] }, Rational::new(1, 2), Rational::MINUS_ONE)
        })
    }

    /// Products of spins, each used once, as one gate of their sum.
    pub(super) fn with_spins_in_one_layer(&self) -> Tasks {
        let spins = self.spins();
        let uses = self.uses();
        self.merged(|gates, at, planned| {
            let is_product = matches!(self.gates[at].task, Task::Product);
            if !is_product || !self.gates[at].inputs.iter().all(|form| is_spin(form, &spins)) {
                return (planned, Rational::ONE, Rational::ZERO);
            }
            let mut sign = Rational::ONE;
            let mut factors = Vec::new();
            for input in &planned.inputs {
                match multiple_of_gate(input) {
                    Some((gate, coefficient)) if gates[gate].task == Task::Spins && uses[gate] == 1 => {
                        sign = sign * coefficient.clone();
                        factors.extend(gates[gate].inputs.iter().cloned());
                    }
                    _ => factors.push(input.clone()),
                }
            }
            (Planned { task: Task::Spins, inputs: factors }, sign, Rational::ZERO)
        })
    }

    /// Whether each gate's value is -1 or 1.
    fn spins(&self) -> Vec<bool> {
        let mut spins: Vec<bool> = Vec::with_capacity(self.gates.len());
        for gate in &self.gates {
            let product = matches!(gate.task, Task::Product | Task::Spins);
            let spin = product && gate.inputs.iter().all(|form| is_spin(form, &spins));
            spins.push(spin);
        }
        spins
    }
}

/// Whether a form is plus or minus a value that is -1 or 1.
fn is_spin(form: &Form, gates: &[bool]) -> bool {
    let [(source, coefficient)] = form.terms.as_slice() else { return false };
    let spin = match source {
        Source::Input(variable) => variable.kind() == Kind::Spin,
        Source::Gate { gate, .. } => gates[*gate],
    };
    spin && form.constant.is_zero() && coefficient.abs().is_one()
}
