//! The error budget: ranges and error bounds of every value, layer by layer,
//! the scale of every gate, and how much each gate's error moves the outputs.
//!
//! All bounds hold for the evaluation by [`crate::network::Evaluator`] in
//! doubles, on the declared domain with its bounds rounded to doubles:
//! - a form's value has the errors of its sources times their coefficients,
//!   u for each coefficient that is no double and each product by other than
//!   a power of two, and u times each partial sum;
//! - a gate's value has the propagated error of its inputs
//!   (|u| dv + |v| du + du dv for a product) and its template's own error at
//!   the inputs it really gets, whose magnitude is at most range + error.
//!
//! Sums of bounds are inflated by one part in 10^9, far more than their own
//! rounding.

use std::collections::BTreeMap;

use super::fixed::{Fixed, bits, exact_copy};
use super::interval::Interval;
use super::pattern::Pattern;
use super::plan::{Plan, Planned, Task};
use crate::circuit::{Form, Source};
use crate::exact::Rational;
use crate::model::{Field, Frame, Kind};
use crate::network::{Activation, Expansion, Neuron, Template, UNIT};

/// Bounds are multiplied by this after their terms are summed.
const INFLATE: f64 = 1.0 + 1e-9;

/// What is known of a value: its exact range, and the error of the computed
/// value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) range: Interval,
    pub(super) error: f64,
}

impl Known {
    /// The greatest magnitude of the computed value.
    fn magnitude(&self) -> f64 {
        (self.range.magnitude() + self.error) * INFLATE
    }
}

/// A gate with its weights.
#[derive(Clone, Debug)]
pub(super) struct Realised {
    pub(super) template: Template,
    pub(super) scale: f64,
    pub(super) neurons: Vec<Neuron>,
    pub(super) output_bias: f64,
    /// The error that the gate adds to that of its inputs.
    pub(super) own: f64,
    /// The greatest magnitude of each input.
    inputs: Vec<f64>,
}

/// A plan with weights and bounds.
#[derive(Clone, Debug)]
pub(super) struct Budget {
    pub(super) gates: Vec<Realised>,
    pub(super) outputs: Vec<Known>,
    /// For each gate, how far its own error can move an output, per cell.
    pub(super) contributions: Vec<f64>,
}

/// Why a gate has no weights.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Unrealised {
    /// A weight or a value would leave the range of doubles, in this gate or,
    /// if there is none, in an output.
    Overflow(Option<usize>),
    /// The errors of a bit gate's inputs are too large to tell 0 from 1.
    Undecided(usize),
}

/// The templates of one activation, each at its best centre.
pub(super) struct Library {
    pub(super) activation: Activation,
    product4: Option<(Pattern, Expansion)>,
    product3: Option<(Pattern, Expansion)>,
    square2: Option<(Pattern, Expansion)>,
    copy: Option<(Pattern, Expansion)>,
}

impl Library {
    pub(super) fn new(activation: Activation) -> Library {
        let centred = |pattern: Pattern| pattern.best_centre(activation).map(|expansion| (pattern, expansion));
        // One neuron copies without a bias, and to third order, where s(0) = 0
        // and s'' = 0 there. Elsewhere two neurons are far more accurate.
        let odd = [Activation::Tanh, Activation::Erf, Activation::Arctan, Activation::Sin];
        let copy = if odd.contains(&activation) { Pattern::copy1() } else { Pattern::copy2() };
        Library {
            activation,
            product4: centred(Pattern::product4()),
            product3: centred(Pattern::product3()),
            square2: centred(Pattern::square2()),
            copy: centred(copy),
        }
    }

    pub(super) fn find(&self, template: Template) -> Option<&(Pattern, Expansion)> {
        match template {
            Template::Product4 => self.product4.as_ref(),
            Template::Product3 => self.product3.as_ref(),
            Template::Square2 => self.square2.as_ref(),
            Template::Copy => self.copy.as_ref(),
            Template::Bits | Template::Monomial => None,
        }
    }
}

/// The inputs' domains.
#[derive(Clone)]
pub(super) struct Domain {
    /// The range of each slot of the cell.
    slots: Vec<Interval>,
}

impl Domain {
    /// The declared domain, real fields narrowed by `factor` about their
    /// middle; with zero added to it where `zeros`.
    pub(super) fn new(fields: &[Field], frame: &Frame, factor: &Rational, zeros: bool) -> Domain {
        let mut slots = Vec::with_capacity(frame.slots());
        for (at, field) in fields.iter().enumerate() {
            let half = Rational::new(1, 2);
            let middle = (&field.lower + &field.upper) * &half;
            let radius = (&field.upper - &field.lower) * &half * factor;
            let (lower, upper) = match field.kind {
                Kind::Real if !factor.is_one() => (&middle - &radius, &middle + &radius),
                _ => (field.lower.clone(), field.upper.clone()),
            };
            let range = Interval::point(&lower).hull(Interval::point(&upper));
            let range = if zeros { range.hull(Interval::point(&Rational::ZERO)) } else { range };
            slots.resize(slots.len() + frame.field_slots[at + 1] - frame.field_slots[at], range);
        }
        Domain { slots }
    }
}

/// Bounds of a form's value.
pub(super) fn bound_form(form: &Form, domain: &Domain, gates: &[Known]) -> Known {
    let mut range = Interval::point(&form.constant);
    let exact = |value: &Rational| Rational::from_f64(value.to_f64()).is_some_and(|rounded| rounded == *value);
    let mut error = if exact(&form.constant) { 0.0 } else { UNIT * range.magnitude() };
    for (at, (source, coefficient)) in form.terms.iter().enumerate() {
        let known = match source {
            Source::Input(variable) => Known { range: domain.slots[variable.slot()], error: 0.0 },
            Source::Gate { gate, .. } => gates[*gate],
        };
        let factor = Interval::point(coefficient);
        let size = factor.magnitude() * known.magnitude();
        range = range.add(known.range.multiply(factor));
        error += factor.magnitude() * known.error;
        if !exact(coefficient) {
            error += UNIT * size;
        }
        if coefficient.to_f64().to_bits() & ((1 << 52) - 1) != 0 {
            error += UNIT * size;
        }
        // Adding the first term to zero is exact.
        if at > 0 || !form.constant.is_zero() {
            error = error * (1.0 + UNIT) + UNIT * range.magnitude();
        }
        // A product that underflows.
        if factor.magnitude() != 1.0 {
            error += f64::MIN_POSITIVE;
        }
    }
    Known { range, error: error * INFLATE }
}

/// Gives every gate its weights. `template` chooses that of each product.
pub(super) fn realise(
    plan: &Plan,
    domain: &Domain,
    library: &Library,
    template: &dyn Fn(usize) -> Template,
) -> Result<Budget, Unrealised> {
    let mut known: Vec<Known> = Vec::new();
    let mut gates: Vec<Realised> = Vec::new();
    let mut monomials: BTreeMap<Vec<u32>, (Pattern, Expansion)> = BTreeMap::new();
    for (at, planned) in plan.gates().enumerate() {
        let inputs: Vec<Known> = planned.inputs.iter().map(|form| bound_form(form, domain, &known)).collect();
        if inputs.iter().any(|input| !input.magnitude().is_finite()) {
            return Err(Unrealised::Overflow(Some(at)));
        }
        if let Task::Monomial(powers) = &planned.task
            && !monomials.contains_key(powers)
        {
            let pattern = Pattern::monomial(powers);
            let expansion = pattern.best_centre(library.activation).ok_or(Unrealised::Overflow(Some(at)))?;
            monomials.insert(powers.clone(), (pattern, expansion));
        }
        let realised = realise_gate(at, planned, &inputs, library, &monomials, template(at))?;
        let value = propagate(&planned.task, &inputs, realised.own);
        if !value.magnitude().is_finite() {
            return Err(Unrealised::Overflow(Some(at)));
        }
        known.push(value);
        gates.push(realised);
    }
    let outputs: Vec<Known> = plan.outputs.iter().map(|form| bound_form(form, domain, &known)).collect();
    if outputs.iter().any(|output| !output.magnitude().is_finite()) {
        return Err(Unrealised::Overflow(None));
    }
    let contributions = contributions(plan, &gates);
    Ok(Budget { gates, outputs, contributions })
}

fn realise_gate(
    at: usize,
    planned: &Planned,
    inputs: &[Known],
    library: &Library,
    monomials: &BTreeMap<Vec<u32>, (Pattern, Expansion)>,
    product: Template,
) -> Result<Realised, Unrealised> {
    let magnitudes: Vec<f64> = inputs.iter().map(Known::magnitude).collect();
    let fixed = |template: Template, fixed: Fixed| Realised {
        template,
        scale: fixed.scale,
        neurons: fixed.neurons,
        output_bias: fixed.output_bias,
        own: fixed.error,
        inputs: magnitudes.clone(),
    };
    let template = match &planned.task {
        Task::Product => product,
        Task::Square => Template::Square2,
        Task::Copy => {
            if let Some(copy) = exact_copy(library.activation, magnitudes[0]) {
                return Ok(fixed(Template::Copy, copy));
            }
            Template::Copy
        }
        Task::Bits => {
            let error: f64 = inputs.iter().map(|input| input.error).sum();
            let gate = bits(library.activation, inputs.len(), error * INFLATE);
            return gate.map(|gate| fixed(Template::Bits, gate)).ok_or(Unrealised::Undecided(at));
        }
        Task::Monomial(_) => Template::Monomial,
    };
    let found = match &planned.task {
        Task::Monomial(powers) => monomials.get(powers),
        _ => library.find(template),
    };
    let (pattern, expansion) = found.ok_or(Unrealised::Overflow(Some(at)))?;
    let realised = pattern.best_scale(expansion, &magnitudes).ok_or(Unrealised::Overflow(Some(at)))?;
    let (neurons, output_bias) = pattern.neurons(expansion, &realised);
    Ok(Realised { template, scale: realised.scale, neurons, output_bias, own: realised.error, inputs: magnitudes })
}

/// The value of a gate from those of its inputs.
fn propagate(task: &Task, inputs: &[Known], own: f64) -> Known {
    let powers: Vec<u32> = match task {
        Task::Bits => {
            // The inputs' errors were taken into the gate's own.
            return Known { range: Interval { lower: 0.0, upper: 1.0 }, error: own };
        }
        Task::Square => vec![2],
        Task::Copy | Task::Product => vec![1; inputs.len()],
        Task::Monomial(powers) => powers.clone(),
    };
    let mut product: Option<Known> = None;
    for (input, &exponent) in inputs.iter().zip(&powers) {
        let mut power = Known { range: input.range.power(exponent), error: input.error };
        if exponent > 1 {
            // |(u+d)^r - u^r| <= (|u|+|d|)^r - |u|^r, by repeated products.
            let mut size = input.range.magnitude();
            for _ in 1..exponent {
                power.error = size * input.error + input.range.magnitude() * power.error + power.error * input.error;
                size *= input.range.magnitude();
            }
        }
        product = Some(match product {
            None => power,
            Some(known) => Known {
                range: known.range.multiply(power.range),
                error: known.range.magnitude() * power.error
                    + power.range.magnitude() * known.error
                    + known.error * power.error,
            },
        });
    }
    let value = product.unwrap_or(Known { range: Interval { lower: 1.0, upper: 1.0 }, error: 0.0 });
    Known { range: value.range, error: (value.error * INFLATE + own) * INFLATE }
}

/// How far each gate's own error can move an output: the greatest sum, over
/// paths to an output, of the product of slopes. Slopes are bounded by the
/// magnitudes of the other inputs.
fn contributions(plan: &Plan, gates: &[Realised]) -> Vec<f64> {
    let mut sensitivity = vec![0.0; gates.len()];
    let pass = |form: &Form, slope: f64, sensitivity: &mut Vec<f64>| {
        for (source, coefficient) in &form.terms {
            if let Source::Gate { gate, .. } = source {
                sensitivity[*gate] += slope * coefficient.abs().to_f64();
            }
        }
    };
    plan.outputs.iter().for_each(|output| pass(output, 1.0, &mut sensitivity));
    let planned: Vec<&Planned> = plan.gates().collect();
    for at in (0..gates.len()).rev() {
        let gate = &gates[at];
        for (input, form) in planned[at].inputs.iter().enumerate() {
            let slope = match &planned[at].task {
                Task::Product => gate.inputs[1 - input],
                Task::Square => 2.0 * gate.inputs[0],
                Task::Copy => 1.0,
                // Monomials use inputs only; bit gates nearly swallow errors.
                Task::Bits | Task::Monomial(_) => 0.0,
            };
            let slope = slope * sensitivity[at];
            pass(form, slope, &mut sensitivity);
        }
    }
    sensitivity.iter().zip(gates).map(|(sensitivity, gate)| sensitivity * gate.own).collect()
}
