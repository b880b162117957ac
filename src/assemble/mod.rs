//! From circuits to networks: gate templates, layers, scales, error budget.
//!
//! Enters: a model and a circuit of it. Leaves: a network whose outputs are
//! within a bound of the energies on the whole declared domain, rounding
//! included. The templates and their errors are in `pattern` (finite
//! differences) and `fixed` (bit gates and exact copies), the order of layers
//! in `plan`, ranges and bounds in `budget`.
//!
//! Every gate gets the scale that makes its own bound least: a smaller scale
//! shrinks the truncation error and enlarges the rounding error, and the
//! optimum costs no neuron. So the tolerance only decides whether the network
//! is accepted, and, with [`Options::smallest`], which products can do with
//! three neurons.

mod budget;
mod fixed;
mod interval;
mod pattern;
mod plan;
pub mod shallow;
mod trees;

pub use trees::{product_tree_neurons, product_trees, theorem_of_layers};

use std::fmt;

use crate::circuit::{Circuit, Counts};
use crate::exact::Rational;
use crate::model::{Frame, Model, Weight};
use crate::network::{
    Accuracy, Activation, Gate, Layer, Names, Network, Output, Precision, Provenance, Template, Topology, UNIT,
    sum_depth,
};
use budget::{Budget, Domain, Library, Unrealised};
use plan::{Plan, Planned, Task};

/// The centre of an activation at which gates of a template have the least
/// error for inputs in [-1, 1], solved for: `None` for bit gates and whole
/// monomials, and for copies where they need no centre.
pub fn best_centre(activation: Activation, template: Template) -> Option<f64> {
    let exact_copy = template == Template::Copy && fixed::exact_copy(activation, 1.0).is_some();
    if exact_copy { None } else { Library::new(activation).find(template).map(|(_, expansion)| expansion.centre) }
}

/// How to assemble.
#[derive(Clone, PartialEq, Debug)]
pub struct Options {
    /// The activation of all neurons.
    pub activation: Activation,
    /// The largest error of an output, per cell.
    pub tolerance: f64,
    /// How values reach later layers.
    pub topology: Topology,
    /// Products by three neurons instead of four wherever the tolerance per
    /// cell still holds, cheapest in accuracy first.
    pub smallest: bool,
    /// The template of every product, [`Template::Product4`] or
    /// [`Template::Product3`], instead of a choice.
    pub product_template: Option<Template>,
    /// Where the spec comes from, copied into the network.
    pub provenance: Provenance,
}

impl Default for Options {
    /// GELU, a tolerance of 10^-6, skip connections, four-neuron products.
    fn default() -> Options {
        Options {
            activation: Activation::Gelu,
            tolerance: 1e-6,
            topology: Topology::Skip,
            smallest: false,
            product_template: None,
            provenance: Provenance {
                spec: String::new(),
                sha256: String::new(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
        }
    }
}

/// A change that would help, with the bound it would give.
#[derive(Clone, PartialEq, Debug)]
pub struct Hint {
    /// The change.
    pub change: String,
    /// The bound per cell that the network would then have.
    pub bound: f64,
}

/// Why there is no network.
#[derive(Clone, PartialEq, Debug)]
pub enum AssembleError {
    /// Floating point does not reach the tolerance.
    ToleranceOutOfReach {
        /// The tolerance.
        tolerance: f64,
        /// The least bound that can be promised, per cell.
        best: f64,
        /// The gate whose own error contributes most, with what it computes;
        /// `None` where no gate but the sum itself limits.
        gate: Option<(String, String)>,
        /// What would help, best first.
        hints: Vec<Hint>,
    },
    /// A weight or a value leaves the range of doubles.
    Overflow {
        /// The sub-expression.
        computes: String,
    },
    /// A bit gate's inputs are not known well enough to tell 0 from 1.
    Undecided {
        /// The sub-expression.
        computes: String,
    },
    /// One hidden layer would need too many neurons.
    TooManyNeurons {
        /// How many, in decimal.
        neurons: String,
        /// The limit.
        limit: u64,
    },
    /// One hidden layer would need a derivative of too high an order.
    DegreeTooHigh {
        /// The degree of a monomial.
        degree: u32,
        /// The limit.
        limit: u32,
    },
}

impl fmt::Display for AssembleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AssembleError::ToleranceOutOfReach { tolerance, best, gate, .. } => {
                write!(
                    f,
                    "the tolerance {tolerance:e} is out of reach: the least error that can be promised is {best:.2e}"
                )?;
                match gate {
                    Some((name, computes)) => write!(f, ", limited by the gate {name} = {computes}"),
                    None => Ok(()),
                }
            }
            AssembleError::Overflow { computes } => {
                write!(f, "the values or weights of {computes} leave the range of doubles")
            }
            AssembleError::Undecided { computes } => {
                write!(f, "the inputs of the bit gate {computes} are not accurate enough to tell 0 from 1")
            }
            AssembleError::TooManyNeurons { neurons, limit } => {
                write!(f, "one hidden layer needs {neurons} neurons, more than {limit}")
            }
            AssembleError::DegreeTooHigh { degree, limit } => {
                write!(f, "one hidden layer for a monomial of degree {degree} needs a derivative beyond order {limit}")
            }
        }
    }
}

impl std::error::Error for AssembleError {}

/// A plan that was realised, and what it promises.
struct Outcome {
    budget: Budget,
    accuracy: Accuracy,
}

/// The network of a circuit.
///
/// The tolerance counts per cell. Where floating point allows, the error of
/// the whole lattice keeps it too; [`Accuracy::total`] says.
///
/// # Panics
/// If the circuit is none of the model's.
pub fn assemble(model: &Model, circuit: &Circuit, options: &Options) -> Result<Network, AssembleError> {
    let pairs = (!fixed::has_bit_gate(options.activation)).then(|| circuit.without_bit_products());
    let circuit = pairs.as_ref().unwrap_or(circuit);
    let plan = plan::plan(circuit, options.topology);
    let names = Naming::new(model, &plan);
    let outputs: Vec<(String, Weight)> =
        circuit.outputs.iter().map(|output| (output.name.clone(), output.weight)).collect();
    // Beyond an open end inputs are zero.
    let zeros = circuit.looks_beyond_ends(&model.frame);
    let domain = Domain::new(&model.fields, &model.frame, &Rational::ONE, zeros);
    let library = Library::new(options.activation);
    let parts = Part::of(model, &outputs);
    let attempt = |domain: &Domain, library: &Library, template: Choice<'_>| {
        let budget = budget::realise(&plan, domain, library, template)?;
        let accuracy = accuracy(&budget, options.tolerance, upward(&circuit.deviation), &model.frame, &parts);
        Ok(Outcome { budget, accuracy })
    };
    let wanted = match options.product_template {
        Some(Template::Product3) => Template::Product3,
        _ => Template::Product4,
    };
    let uniform = |_: usize| wanted;
    let mut outcome = attempt(&domain, &library, &uniform).map_err(|error| names.error(&plan, error))?;
    let reaches = |outcome: &Outcome| outcome.accuracy.per_cell <= options.tolerance;
    if !reaches(&outcome) {
        let bound = |domain: &Domain, library: &Library| {
            attempt(domain, library, &uniform).ok().map(|outcome: Outcome| outcome.accuracy.per_cell)
        };
        let mut hints = Vec::new();
        for activation in Activation::ALL.into_iter().filter(|&activation| activation != options.activation) {
            if let Some(bound) = bound(&domain, &Library::new(activation)) {
                hints.push(Hint { change: format!("activation {activation}"), bound });
            }
        }
        let half = Domain::new(&model.fields, &model.frame, &Rational::new(1, 2), zeros);
        if let Some(bound) = bound(&half, &library) {
            hints.push(Hint { change: "a domain half as wide".to_owned(), bound });
        }
        hints.retain(|hint| hint.bound < outcome.accuracy.per_cell);
        hints.sort_by(|a, b| a.bound.total_cmp(&b.bound));
        let contributions = &outcome.budget.contributions;
        let worst = (0..contributions.len()).max_by(|&a, &b| contributions[a].total_cmp(&contributions[b]));
        let gate = worst.map(|at| (names.gates[at].clone(), names.computes(&plan, at)));
        let best = outcome.accuracy.per_cell;
        return Err(AssembleError::ToleranceOutOfReach { tolerance: options.tolerance, best, gate, hints });
    }
    if options.smallest
        && options.product_template.is_none()
        && let Some(smaller) =
            smallest(&plan, &outcome, &|template| attempt(&domain, &library, template).ok(), &reaches)
    {
        outcome = smaller;
    }
    let provenance = options.provenance.clone();
    let network = Assembled { outputs, activation: options.activation, topology: options.topology, provenance };
    Ok(network.build(model, &plan, &names, outcome, circuit.counts()))
}

/// The template of each product, by the index of its gate.
type Choice<'a> = &'a dyn Fn(usize) -> Template;

/// As many three-neuron products as the tolerance allows: those first whose
/// error would move the outputs least, their number by bisection.
fn smallest(
    plan: &Plan,
    outcome: &Outcome,
    attempt: &dyn Fn(Choice<'_>) -> Option<Outcome>,
    reaches: &dyn Fn(&Outcome) -> bool,
) -> Option<Outcome> {
    let mut products: Vec<usize> =
        plan.gates().enumerate().filter(|(_, gate)| gate.task == Task::Product).map(|(at, _)| at).collect();
    // The own errors of both templates grow alike with the inputs' ranges, so
    // the four-neuron contributions give the order.
    let contributions = &outcome.budget.contributions;
    products.sort_by(|&a, &b| contributions[a].total_cmp(&contributions[b]));
    let with = |count: usize| {
        let mut three = vec![false; outcome.budget.gates.len()];
        products[..count].iter().for_each(|&at| three[at] = true);
        attempt(&|at: usize| if three[at] { Template::Product3 } else { Template::Product4 }).filter(|o| reaches(o))
    };
    let (mut low, mut high) = (0, products.len());
    let mut best = with(high);
    if best.is_some() {
        return best;
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        match with(middle) {
            Some(outcome) => {
                best = Some(outcome);
                low = middle;
            }
            None => high = middle,
        }
    }
    best
}

/// An output as a part of its energy.
struct Part {
    /// The first output of the same energy.
    energy: usize,
    /// The sum of the magnitudes of its weight over all cells, and the
    /// greatest of them.
    norms: (f64, f64),
    /// The rounding of a product with its weight.
    rounding: f64,
}

impl Part {
    fn of(model: &Model, outputs: &[(String, Weight)]) -> Vec<Part> {
        let first = |name: &str| outputs.iter().position(|(known, _)| known == name).unwrap_or(0);
        outputs
            .iter()
            .map(|(name, weight)| Part {
                energy: first(name),
                norms: model.frame.weight_norms(weight, &model.couplings),
                rounding: if weight.coupling.is_some() { UNIT } else { 0.0 },
            })
            .collect()
    }
}

/// The accuracy of a budget on a lattice. An output's error counts in each cell
/// as often as its weight says.
fn accuracy(budget: &Budget, tolerance: f64, deviation: f64, frame: &Frame, parts: &[Part]) -> Accuracy {
    let cells: f64 = frame.periods.iter().map(|&period| period as f64).product();
    let depth = sum_depth(&frame.periods);
    let (mut per_cell, mut total) = (vec![0.0f64; parts.len()], vec![0.0f64; parts.len()]);
    // The magnitudes that have been added up before each part.
    let (mut before, mut count) = (vec![0.0f64; parts.len()], vec![0usize; parts.len()]);
    for (part, output) in parts.iter().zip(&budget.outputs) {
        let size = output.range.magnitude() + output.error;
        let at = part.energy;
        let (sum, greatest) = part.norms;
        let error = output.error + part.rounding * size;
        per_cell[at] += greatest * error;
        total[at] += sum * (error + depth * UNIT * size);
        count[at] += 1;
        before[at] += sum * size;
        if count[at] > 1 {
            // Parts are added up one by one.
            total[at] += UNIT * before[at] * (1.0 + 1e-9);
            per_cell[at] *= 1.0 + 1e-9;
        }
    }
    let per_cell = per_cell.into_iter().fold(0.0, f64::max);
    let per_cell = if deviation == 0.0 { per_cell } else { (per_cell + deviation) * (1.0 + 1e-9) };
    let total = total.into_iter().fold(0.0, f64::max);
    Accuracy { tolerance, per_cell, total: (total + cells * deviation) * (1.0 + 1e-9), deviation }
}

/// The least double that is not below a number.
fn upward(value: &Rational) -> f64 {
    let nearest = value.to_f64();
    if Rational::from_f64(nearest).is_some_and(|nearest| nearest < *value) { nearest.next_up() } else { nearest }
}

/// The names of the gates of a plan.
struct Naming<'a> {
    model: &'a Model,
    gates: Vec<String>,
}

impl<'a> Naming<'a> {
    fn new(model: &'a Model, plan: &Plan) -> Naming<'a> {
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

    fn computes(&self, plan: &Plan, at: usize) -> String {
        let planned = plan.gates().nth(at).expect("a gate of the plan");
        self.describe(planned)
    }

    fn describe(&self, planned: &Planned) -> String {
        let names = self.names();
        let power = |(form, exponent): (&crate::circuit::Form, u32)| match exponent {
            1 => names.factor(form),
            _ => format!("{}^{exponent}", names.factor(form)),
        };
        match &planned.task {
            Task::Copy => names.form(&planned.inputs[0]),
            Task::Square => power((&planned.inputs[0], 2)),
            Task::Product | Task::Bits => {
                planned.inputs.iter().map(|form| names.factor(form)).collect::<Vec<_>>().join("*")
            }
            Task::Monomial(powers) => {
                planned.inputs.iter().zip(powers.iter().copied()).map(power).collect::<Vec<_>>().join("*")
            }
        }
    }

    fn error(&self, plan: &Plan, error: Unrealised) -> AssembleError {
        match error {
            Unrealised::Overflow(Some(at)) => AssembleError::Overflow { computes: self.computes(plan, at) },
            Unrealised::Overflow(None) => AssembleError::Overflow { computes: "the output".to_owned() },
            Unrealised::Undecided(at) => AssembleError::Undecided { computes: self.computes(plan, at) },
        }
    }
}

/// What a network has besides its plan.
struct Assembled {
    /// The names and weights of the outputs, in the plan's order.
    outputs: Vec<(String, Weight)>,
    activation: Activation,
    topology: Topology,
    provenance: Provenance,
}

impl Assembled {
    /// Puts the network together.
    fn build(self, model: &Model, plan: &Plan, names: &Naming<'_>, outcome: Outcome, circuit: Counts) -> Network {
        let mut realised = outcome.budget.gates.into_iter();
        let mut gate_names = names.gates.iter();
        let layers = plan.layers.iter().map(|layer| {
            let gates = layer.iter().map(|planned| {
                let gate = realised.next().expect("one for each planned gate");
                Gate {
                    name: gate_names.next().expect("one for each planned gate").clone(),
                    computes: names.describe(planned),
                    template: gate.template,
                    inputs: planned.inputs.clone(),
                    powers: match &planned.task {
                        Task::Square => vec![2],
                        Task::Monomial(powers) => powers.clone(),
                        Task::Product | Task::Copy | Task::Bits => vec![1; planned.inputs.len()],
                    },
                    scale: gate.scale,
                    neurons: gate.neurons,
                    output_bias: gate.output_bias,
                }
            });
            Layer { gates: gates.collect() }
        });
        let layers = layers.collect();
        let coupling = |name: &str| model.energies.iter().find(|energy| energy.name == name)?.coupling.clone();
        let outputs = plan.outputs.iter().zip(self.outputs).map(|(form, (name, weight))| Output {
            coupling: coupling(&name),
            name,
            weight,
            form: form.clone(),
        });
        let network = Network {
            provenance: self.provenance,
            lattice: model.lattice.clone(),
            fields: model.fields.clone(),
            frame: model.frame.clone(),
            couplings: model.couplings.clone(),
            activation: self.activation,
            precision: Precision::F64,
            topology: self.topology,
            layers,
            outputs: outputs.collect(),
            accuracy: outcome.accuracy,
            circuit,
        };
        assert_eq!(network.validate(), Ok(()), "assembly makes valid networks");
        network
    }
}
