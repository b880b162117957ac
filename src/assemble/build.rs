//! Networks from plans with weights.

use super::budget::{Budget, Unrealised};
use super::plan::{Plan, Planned, Task};
use super::{AssembleError, Options};
use crate::circuit::{Circuit, Counts, Form};
use crate::exact::Rational;
use crate::model::{Model, Weight};
use crate::network::{Accuracy, Certificate, Gate, Layer, Names, Network, Output, Uncertified};

/// The names of the gates of a plan.
pub(super) struct Naming<'a> {
    model: &'a Model,
    pub(super) gates: Vec<String>,
}

impl<'a> Naming<'a> {
    pub(super) fn new(model: &'a Model, plan: &Plan) -> Naming<'a> {
        let mut prefix = "g".to_owned();
        let is_taken = |prefix: &str| {
            let digits =
                |name: &str| name.strip_prefix(prefix).is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()));
            model.fields.iter().any(|field| digits(&field.name))
        };
        while is_taken(&prefix) {
            prefix.push('_');
        }
        Naming { model, gates: (0..plan.gates().count()).map(|at| format!("{prefix}{at}")).collect() }
    }

    fn names(&self) -> Names<'_> {
        Names { lattice: &self.model.lattice, fields: &self.model.fields, frame: &self.model.frame, gates: &self.gates }
    }

    pub(super) fn computes(&self, plan: &Plan, at: usize) -> String {
        let planned = plan.gates().nth(at).expect("a gate of the plan");
        self.describe(planned)
    }

    fn describe(&self, planned: &Planned) -> String {
        let names = self.names();
        let power = |(form, exponent): (&Form, u32)| match exponent {
            1 => names.factor(form),
            _ => format!("{}^{exponent}", names.factor(form)),
        };
        match &planned.task {
            Task::Copy => names.form(&planned.inputs[0]),
            Task::Square => power((&planned.inputs[0], 2)),
            Task::Fold => format!("|{}|", names.form(&planned.inputs[0])),
            Task::Tooth => format!("tooth({})", names.form(&planned.inputs[0])),
            Task::Rectified(_) => power((&planned.inputs[2], 2)),
            Task::Symmetric(_) => {
                let terms = planned.inputs.iter().flat_map(|form| form.terms.iter().cloned());
                let constant = planned.inputs.iter().fold(Rational::ZERO, |sum, form| sum + form.constant.clone());
                format!("f({})", names.form(&Form::new(constant, terms)))
            }
            Task::Quadratic(constants) => {
                let square = |(form, c): (&Form, &Rational)| match c.is_one() {
                    true => power((form, 2)),
                    false => format!("{c}*{}", power((form, 2))),
                };
                let squares: Vec<String> = planned.inputs.iter().zip(constants).map(square).collect();
                squares.join(" + ").replace("+ -", "- ")
            }
            Task::Product | Task::Bits | Task::Spins => {
                planned.inputs.iter().map(|form| names.factor(form)).collect::<Vec<_>>().join("*")
            }
            Task::Monomial(powers) => {
                planned.inputs.iter().zip(powers.iter().copied()).map(power).collect::<Vec<_>>().join("*")
            }
        }
    }

    pub(super) fn error(&self, plan: &Plan, options: &Options, error: Unrealised) -> AssembleError {
        let precision = options.precision;
        match error {
            Unrealised::Overflow(Some(at)) => AssembleError::Overflow { computes: self.computes(plan, at), precision },
            Unrealised::Overflow(None) => AssembleError::Overflow { computes: "the output".to_owned(), precision },
            Unrealised::Undecided(at) => AssembleError::Undecided { computes: self.computes(plan, at) },
            Unrealised::Impossible(at) => {
                let (activation, topology) = (options.activation, options.topology);
                AssembleError::Impossible { computes: self.computes(plan, at), activation, topology }
            }
        }
    }
}

/// The error of a network that cannot be certified, as one of its plan.
pub(super) fn uncertified(error: &Uncertified) -> Unrealised {
    Unrealised::Overflow(error.gate)
}

/// What networks of one model and plan have in common.
pub(super) struct Builder<'a> {
    pub(super) model: &'a Model,
    pub(super) plan: &'a Plan,
    pub(super) names: &'a Naming<'a>,
    /// The names and weights of the outputs, in the plan's order.
    pub(super) outputs: Vec<(String, Weight)>,
    pub(super) circuit: Counts,
    /// The deviation of the circuit from the model.
    pub(super) deviation: f64,
}

impl<'a> Builder<'a> {
    pub(super) fn new(model: &'a Model, plan: &'a Plan, names: &'a Naming<'a>, circuit: &Circuit) -> Builder<'a> {
        let outputs = circuit.outputs.iter().map(|output| (output.name.clone(), output.weight)).collect();
        let deviation = upward(&circuit.deviation);
        Builder { model, plan, names, outputs, circuit: circuit.counts(), deviation }
    }

    /// The network with the weights of a budget and its certificate.
    pub(super) fn build(&self, budget: &Budget, options: &Options) -> Result<Network, Uncertified> {
        let mut realised = budget.gates.iter();
        let mut gate_names = self.names.gates.iter();
        let layers = self.plan.layers.iter().map(|layer| {
            let gates = layer.iter().map(|planned| {
                let gate = realised.next().expect("one for each planned gate");
                Gate {
                    name: gate_names.next().expect("one for each planned gate").clone(),
                    computes: self.names.describe(planned),
                    template: gate.template,
                    inputs: planned.inputs.clone(),
                    powers: planned.powers(),
                    constants: planned.constants().to_vec(),
                    scale: gate.scale,
                    neurons: gate.neurons.clone(),
                    output_bias: gate.output_bias,
                    skip: gate.skip.clone(),
                }
            });
            Layer { gates: gates.collect() }
        });
        let layers = layers.collect();
        let coupling = |name: &str| self.model.energies.iter().find(|energy| energy.name == name)?.coupling.clone();
        let outputs = self.plan.outputs.iter().zip(&self.outputs).map(|(form, (name, weight))| Output {
            coupling: coupling(name),
            name: name.clone(),
            weight: *weight,
            form: form.clone(),
        });
        let unknown = Accuracy { tolerance: options.tolerance, per_cell: 0.0, total: 0.0, deviation: self.deviation };
        let mut network = Network {
            provenance: options.provenance.clone(),
            lattice: self.model.lattice.clone(),
            fields: self.model.fields.clone(),
            frame: self.model.frame.clone(),
            couplings: self.model.couplings.clone(),
            activation: options.activation,
            precision: options.precision,
            topology: options.topology,
            layers,
            outputs: outputs.collect(),
            accuracy: unknown,
            certificate: Certificate::default(),
            circuit: self.circuit,
        };
        network.certificate = network.certify()?;
        network.accuracy = network.accuracy_of(&network.certificate, options.tolerance, self.deviation);
        Ok(network)
    }
}

/// The least double that is not below a number.
fn upward(value: &Rational) -> f64 {
    let nearest = value.to_f64();
    if Rational::from_f64(nearest).is_some_and(|nearest| nearest < *value) { nearest.next_up() } else { nearest }
}
