//! The error budget: estimates of ranges and errors of every value, layer by
//! layer, the scale of every gate, and how much each gate's error moves the
//! outputs. What is promised is not decided here but by
//! [`crate::network::Network::certify`].

use super::fixed::{self, Fixed};
use super::library::Library;
use super::plan::{Plan, Planned, Task};
use super::{quadratic, symmetric};
use crate::circuit::{Form, Source};
use crate::model::Kind;
use crate::network::{Domain, FormBounds, Interval, Known, Neuron, Template, propagate, propagate_squares};

/// A gate with its weights.
#[derive(Clone, Debug)]
pub(super) struct Realised {
    pub(super) template: Template,
    pub(super) scale: f64,
    pub(super) neurons: Vec<Neuron>,
    pub(super) output_bias: f64,
    pub(super) skip: Vec<f64>,
    /// The estimate of the error that the gate adds to that of its inputs.
    pub(super) own: f64,
    /// The greatest magnitude of each input.
    pub(super) inputs: Vec<f64>,
}

/// A plan with weights and estimates.
#[derive(Clone, Debug)]
pub(super) struct Budget {
    pub(super) gates: Vec<Realised>,
    /// The estimate of the largest error of an output, per cell.
    pub(super) error: f64,
    /// For each gate, how far an error of one moves an output, per cell.
    pub(super) sensitivities: Vec<f64>,
}

/// Why a gate has no weights.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Unrealised {
    /// A weight or a value would leave the range of the format, in this gate
    /// or, if there is none, in an output.
    Overflow(Option<usize>),
    /// The errors of a bit gate's inputs are too large to tell 0 from 1.
    Undecided(usize),
    /// The activation has no such gate.
    Impossible(usize),
}

/// A plan with the numbers of its forms as intervals.
pub(super) struct Prepared<'a> {
    plan: &'a Plan,
    inputs: Vec<Vec<FormBounds>>,
    outputs: Vec<FormBounds>,
}

impl Prepared<'_> {
    pub(super) fn new<'a>(plan: &'a Plan, domain: &Domain) -> Prepared<'a> {
        let bounds = |form: &Form| FormBounds::new(form, domain.precision);
        let inputs = plan.gates().map(|gate| gate.inputs.iter().map(bounds).collect()).collect();
        Prepared { plan, inputs, outputs: plan.outputs.iter().map(bounds).collect() }
    }
}

/// Gives every gate its weights. `choice` is the index of each gate's template
/// among those of the library.
pub(super) fn realise(plan: &Plan, domain: &Domain, library: &Library, choice: &[usize]) -> Result<Budget, Unrealised> {
    realise_prepared(&Prepared::new(plan, domain), domain, library, choice)
}

/// [`realise`] for a plan that is realised many times.
pub(super) fn realise_prepared(
    prepared: &Prepared<'_>,
    domain: &Domain,
    library: &Library,
    choice: &[usize],
) -> Result<Budget, Unrealised> {
    let plan = prepared.plan;
    let mut known: Vec<Known> = Vec::new();
    let mut gates: Vec<Realised> = Vec::new();
    let greatest = library.precision.greatest();
    for (at, planned) in plan.gates().enumerate() {
        let inputs: Vec<Known> = prepared.inputs[at].iter().map(|form| form.bound(domain, &known)).collect();
        if inputs.iter().any(|input| !(input.magnitude() <= greatest)) {
            return Err(Unrealised::Overflow(Some(at)));
        }
        let realised = realise_gate(at, planned, &inputs, library, choice[at])?;
        let product = match &planned.task {
            Task::Quadratic(constants) => propagate_squares(&inputs, constants),
            _ => propagate(&inputs, &planned.powers()),
        };
        let value = match &planned.task {
            // The inputs' errors are taken into the gate's own.
            Task::Bits | Task::Spins => Known { error: 0.0, ..product },
            Task::Symmetric(_) => {
                let values = planned.constants().iter().map(Interval::point);
                let range = values.reduce(Interval::hull).unwrap_or(product.range);
                Known { range, error: 0.0 }
            }
            Task::Fold => Known { range: Interval { lower: 0.0, upper: product.range.magnitude() }, ..product },
            Task::Tooth => Known { range: Interval { lower: 0.0, upper: 1.0 }, error: 2.0 * product.error },
            Task::Rectified(levels) => {
                let error = inputs[1].error + libm::ldexp(2.0, -2 * *levels as i32) * inputs[0].error;
                Known { error, ..product }
            }
            _ => product,
        };
        let value = Known { error: value.error + realised.own, ..value };
        if !(value.magnitude() <= greatest) {
            return Err(Unrealised::Overflow(Some(at)));
        }
        known.push(value);
        gates.push(realised);
    }
    let outputs: Vec<Known> = prepared.outputs.iter().map(|form| form.bound(domain, &known)).collect();
    if outputs.iter().any(|output| !(output.magnitude() <= greatest)) {
        return Err(Unrealised::Overflow(None));
    }
    let planned: Vec<&Planned> = plan.gates().collect();
    let magnitudes: Vec<Vec<f64>> = gates.iter().map(|gate| gate.inputs.clone()).collect();
    let sensitivities = sensitivities(&planned, &plan.outputs, &magnitudes);
    Ok(Budget { gates, error: outputs.iter().map(|output| output.error).fold(0.0, f64::max), sensitivities })
}

fn realise_gate(
    at: usize,
    planned: &Planned,
    inputs: &[Known],
    library: &Library,
    choice: usize,
) -> Result<Realised, Unrealised> {
    let magnitudes: Vec<f64> = inputs.iter().map(Known::magnitude).collect();
    let fixed = |template: Template, fixed: Fixed| Realised {
        template,
        scale: fixed.scale,
        neurons: fixed.neurons,
        output_bias: fixed.output_bias,
        skip: fixed.skip,
        own: fixed.error,
        inputs: magnitudes.clone(),
    };
    let wrong: f64 = inputs.iter().map(|input| input.error).sum::<f64>();
    let (activation, precision) = (library.activation, library.precision);
    match &planned.task {
        Task::Copy => {
            if let Some(copy) = fixed::exact_copy(activation, precision, magnitudes[0]) {
                return Ok(fixed(Template::Copy, copy));
            }
        }
        Task::Bits => {
            let gate = fixed::bits(activation, precision, inputs.len(), wrong);
            return gate.map(|gate| fixed(Template::Bits, gate)).ok_or(Unrealised::Undecided(at));
        }
        Task::Spins => {
            let gate = symmetric::parity(activation, precision, library.topology, inputs.len(), wrong);
            return gate.map(|gate| fixed(Template::Spins, gate)).ok_or(Unrealised::Undecided(at));
        }
        Task::Symmetric(values) => {
            let spins = planned.inputs.iter().flat_map(|form| &form.terms).any(|(source, _)| match source {
                Source::Input(variable) => variable.kind() == Kind::Spin,
                Source::Gate { .. } => false,
            });
            let gate = symmetric::symmetric(activation, precision, library.topology, spins, values);
            return gate.map(|gate| fixed(Template::Symmetric, gate)).ok_or(Unrealised::Impossible(at));
        }
        Task::Quadratic(constants) => {
            let gate = quadratic::gate(activation, precision, constants, &magnitudes);
            return gate.map(|gate| fixed(Template::Quadratic, gate)).ok_or(Unrealised::Impossible(at));
        }
        Task::Fold | Task::Tooth | Task::Rectified(_) => {
            let template = match planned.task {
                Task::Fold => Template::Fold,
                Task::Tooth => Template::Tooth,
                _ => Template::Rectified,
            };
            let gate = fixed::rectifier(&planned.task, precision);
            return gate.map(|gate| fixed(template, gate)).ok_or(Unrealised::Impossible(at));
        }
        _ => {}
    }
    let candidates = library.find(&planned.task);
    if candidates.is_empty() {
        return Err(Unrealised::Impossible(at));
    }
    let candidate = &candidates[choice.min(candidates.len() - 1)];
    let (pattern, expansion) = (&candidate.pattern, &candidate.expansion);
    let realised = pattern.best_scale(expansion, precision, &magnitudes).ok_or(Unrealised::Overflow(Some(at)))?;
    let (neurons, output_bias, skip) = pattern.neurons(expansion, precision, &realised);
    let (template, scale, own) = (pattern.template, realised.scale, realised.error);
    Ok(Realised { template, scale, neurons, output_bias, skip, own, inputs: magnitudes })
}

/// How far an error of one in each gate's value can move an output: the
/// greatest sum, over paths to an output, of the product of slopes. Slopes are
/// bounded by the magnitudes of the other inputs.
pub(super) fn sensitivities(gates: &[&Planned], outputs: &[Form], magnitudes: &[Vec<f64>]) -> Vec<f64> {
    let mut sensitivity = vec![0.0; gates.len()];
    let pass = |form: &Form, slope: f64, sensitivity: &mut Vec<f64>| {
        for (source, coefficient) in &form.terms {
            if let Source::Gate { gate, .. } = source {
                sensitivity[*gate] += slope * coefficient.abs().to_f64();
            }
        }
    };
    outputs.iter().for_each(|output| pass(output, 1.0, &mut sensitivity));
    for at in (0..gates.len()).rev() {
        let inputs = &magnitudes[at];
        let powers = gates[at].powers();
        for (input, form) in gates[at].inputs.iter().enumerate() {
            let slope = match &gates[at].task {
                // Gates of bits and spins nearly swallow errors.
                Task::Bits | Task::Spins | Task::Symmetric(_) => 0.0,
                Task::Quadratic(constants) => 2.0 * constants[input].abs().to_f64() * inputs[input],
                Task::Fold => 1.0,
                Task::Tooth => 2.0,
                Task::Rectified(levels) => [libm::ldexp(2.0, -2 * *levels as i32), 1.0, 0.0][input],
                _ => {
                    let others = inputs.iter().zip(&powers).enumerate().map(|(other, (size, &power))| {
                        let power = if other == input { power - 1 } else { power };
                        (0..power).map(|_| size).product::<f64>()
                    });
                    powers[input] as f64 * others.product::<f64>()
                }
            };
            let slope = slope * sensitivity[at];
            pass(form, slope, &mut sensitivity);
        }
    }
    sensitivity
}
