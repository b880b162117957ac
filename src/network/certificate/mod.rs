//! The certificate: a bound of the error of every value of a network, derived
//! from the network alone.
//!
//! Enters: a network as it stands, with whatever weights it has. Leaves: for
//! every gate the ranges and errors of its inputs, a bound of the difference
//! between what its neurons compute exactly and the product of powers that
//! its template names (`taylor`, `settled`), a bound of the rounding of the
//! evaluator's own operations (`rounding`), and with them the error of the
//! gate's value; at last the errors of the outputs. Nothing here knows how
//! weights are chosen (`crate::assemble`), so a mistake there cannot hide.
//!
//! All bounds hold for evaluation by [`super::Evaluator`] in the network's
//! format, on the declared domain with its ends rounded to doubles:
//! - a form's value has the errors of its sources times their coefficients,
//!   u for each coefficient that is no number of the format and each product
//!   by other than a power of two, and u times each partial sum; inputs are
//!   rounded to the format first;
//! - a gate's value has the propagated error of its inputs
//!   (|u| dv + |v| du + du dv for a product) and the gate's own error at the
//!   inputs it really gets, whose magnitude is at most range + error.
//!
//! Ranges are intervals with outward rounding. Sums of bounds, all of whose
//! terms are positive, are inflated by one part in 10^9, far more than their
//! own rounding.

mod fingerprint;
mod interpolated;
mod rectified;
mod rounding;
mod settled;
mod taylor;

use std::fmt;

use super::{Accuracy, Gate, Network, Precision, Template, UNIT, sum_depth};
use crate::circuit::{Form, Source};
use crate::exact::Rational;
use crate::model::{Boundary, Field, Frame, Kind};
use rectified::Shape;
use settled::Values;

use super::interval::Interval;

pub(crate) use interpolated::MOST_NEURONS as MOST_INTERPOLATING;

/// Bounds are multiplied by this after their terms are summed.
const INFLATE: f64 = 1.0 + 1e-9;

/// What is known of the input of a gate.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct InputBound {
    /// The least exact value.
    pub lower: f64,
    /// The greatest exact value.
    pub upper: f64,
    /// The greatest error of the computed value.
    pub error: f64,
}

/// The derivation of a gate's error.
#[derive(Clone, PartialEq, Debug)]
pub struct GateBound {
    /// The gate.
    pub gate: String,
    /// Its inputs.
    pub inputs: Vec<InputBound>,
    /// The order of the derivative in the remainder term of Taylor's formula;
    /// zero where the gate was evaluated at all its inputs.
    pub order: usize,
    /// The bound of |exact neurons - product of powers of the inputs|: for
    /// Taylor's formula the sum over all lower orders of the magnitudes of the
    /// coefficients that should be zero, and the remainder.
    pub truncation: f64,
    /// The bound of the rounding of the gate's own operations.
    pub rounding: f64,
    /// The error that comes from the errors of the inputs.
    pub propagated: f64,
    /// The least exact value.
    pub lower: f64,
    /// The greatest exact value.
    pub upper: f64,
    /// The error of the computed value: the sum of the three.
    pub error: f64,
    /// A checksum of everything that the gate is.
    pub fingerprint: u64,
}

/// The derivation of an output's error, in one cell.
#[derive(Clone, PartialEq, Debug)]
pub struct OutputBound {
    /// The output.
    pub output: String,
    /// The least exact value.
    pub lower: f64,
    /// The greatest exact value.
    pub upper: f64,
    /// The error of the computed value.
    pub error: f64,
    /// A checksum of the output's form.
    pub fingerprint: u64,
}

/// The derivation of a network's accuracy.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Certificate {
    /// The gates in order, through the layers.
    pub gates: Vec<GateBound>,
    /// The outputs.
    pub outputs: Vec<OutputBound>,
}

/// Why a network has no certificate.
#[derive(Clone, PartialEq, Debug)]
pub struct Uncertified {
    /// The index of the gate, through the layers; `None` for an output.
    pub gate: Option<usize>,
    /// Its name.
    pub name: String,
    /// What cannot be bounded.
    pub reason: &'static str,
}

impl fmt::Display for Uncertified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.reason)
    }
}

impl std::error::Error for Uncertified {}

/// What is known of a value: its exact range, and the error of the computed
/// value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    pub(crate) range: Interval,
    pub(crate) error: f64,
}

impl Known {
    /// The greatest magnitude of the computed value.
    pub(crate) fn magnitude(&self) -> f64 {
        (self.range.magnitude() + self.error) * INFLATE
    }
}

/// The inputs' domains and the format they are rounded to.
pub(crate) struct Domain {
    pub(crate) precision: Precision,
    /// What is known of each slot of the cell.
    slots: Vec<Known>,
}

impl Domain {
    /// The declared domains; with zero, which stands beyond open ends, where
    /// `zeros`, and with the opposites where a direction is twisted.
    pub(crate) fn new(fields: &[Field], frame: &Frame, precision: Precision, zeros: bool) -> Domain {
        let twisted = frame.boundaries.contains(&Boundary::Twisted);
        let mut slots = Vec::with_capacity(frame.slots());
        for (at, field) in fields.iter().enumerate() {
            let mut range = Interval::point(&field.lower).hull(Interval::point(&field.upper));
            if zeros {
                range = range.hull(Interval::point(&Rational::ZERO));
            }
            if twisted && field.kind == Kind::Real {
                range = range.hull(Interval { lower: -range.upper, upper: -range.lower });
            }
            // Spins and bits are numbers of every format.
            let rounds = precision != Precision::F64 && field.kind == Kind::Real;
            let error = if rounds { precision.unit() * range.magnitude() + precision.underflow() } else { 0.0 };
            let count = frame.field_slots[at + 1] - frame.field_slots[at];
            slots.resize(slots.len() + count, Known { range, error: error * INFLATE });
        }
        Domain { precision, slots }
    }
}

/// Whether a double is a power of two, so that products with it are exact.
fn is_power_of_two(value: f64) -> bool {
    value.to_bits() & ((1 << 52) - 1) == 0
}

/// A form with its numbers as intervals, for bounds of its value at many
/// bounds of its sources.
pub(crate) struct FormBounds {
    constant: Interval,
    /// The error of the rounded constant.
    constant_error: f64,
    terms: Vec<TermBounds>,
}

struct TermBounds {
    source: Source,
    factor: Interval,
    /// Whether the coefficient is a number of the format, and a power of two.
    exact: bool,
    power_of_two: bool,
}

impl FormBounds {
    pub(crate) fn new(form: &Form, precision: Precision) -> FormBounds {
        let rounded = |value: &Rational| precision.round(value.to_f64());
        let exact = |value: &Rational| Rational::from_f64(rounded(value)).is_some_and(|rounded| rounded == *value);
        let constant = Interval::point(&form.constant);
        let constant_error = if exact(&form.constant) {
            0.0
        } else {
            precision.unit() * constant.magnitude() * INFLATE + precision.underflow()
        };
        let term = |(source, coefficient): &(Source, Rational)| TermBounds {
            source: *source,
            factor: Interval::point(coefficient),
            exact: exact(coefficient),
            power_of_two: is_power_of_two(rounded(coefficient)),
        };
        FormBounds { constant, constant_error, terms: form.terms.iter().map(term).collect() }
    }

    /// Bounds of the form's value.
    pub(crate) fn bound(&self, domain: &Domain, gates: &[Known]) -> Known {
        let (unit, underflow) = (domain.precision.unit(), domain.precision.underflow());
        let (mut range, mut error) = (self.constant, self.constant_error);
        for (at, term) in self.terms.iter().enumerate() {
            let known = match term.source {
                Source::Input(variable) => domain.slots[variable.slot()],
                Source::Gate { gate, .. } => gates[gate],
            };
            let size = term.factor.magnitude() * known.magnitude();
            range = range.add(known.range.multiply(term.factor));
            error += term.factor.magnitude() * known.error;
            if !term.exact {
                error += (unit * size + underflow * known.magnitude()) * INFLATE;
            }
            if !term.power_of_two {
                error += unit * size * (1.0 + unit);
            }
            // Adding the first term to zero is exact.
            if at > 0 || self.constant.magnitude() != 0.0 {
                error = error * (1.0 + unit) + unit * range.magnitude();
            }
            // A product that underflows.
            if term.factor.magnitude() != 1.0 {
                error += underflow;
            }
        }
        Known { range, error: error * INFLATE }
    }
}

/// Bounds of a form's value.
pub(crate) fn bound_form(form: &Form, domain: &Domain, gates: &[Known]) -> Known {
    FormBounds::new(form, domain.precision).bound(domain, gates)
}

/// The product of powers of values: its exact range, and the error that comes
/// from theirs.
pub(crate) fn propagate(inputs: &[Known], powers: &[u32]) -> Known {
    let mut product: Option<Known> = None;
    for (input, &exponent) in inputs.iter().zip(powers).filter(|(_, exponent)| **exponent > 0) {
        let mut power = Known { range: input.range.power(exponent), error: input.error };
        // |(u+d)^r - u^r| <= (|u|+|d|)^r - |u|^r, by repeated products.
        let mut size = input.range.magnitude();
        for _ in 1..exponent {
            power.error = size * input.error + input.range.magnitude() * power.error + power.error * input.error;
            size *= input.range.magnitude();
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
    Known { range: value.range, error: value.error * INFLATE }
}

/// The sum of the squares of values times constants, as [`propagate`].
pub(crate) fn propagate_squares(inputs: &[Known], constants: &[Rational]) -> Known {
    let mut sum = Known { range: Interval { lower: 0.0, upper: 0.0 }, error: 0.0 };
    for (input, constant) in inputs.iter().zip(constants) {
        let square = propagate(std::slice::from_ref(input), &[2]);
        let constant = Interval::point(constant);
        sum.range = sum.range.add(square.range.multiply(constant));
        sum.error = (sum.error + square.error * constant.magnitude()) * INFLATE;
    }
    sum
}

const BEYOND: &str = "the values leave the range of the format";
const MISUSED: &str = "uses a part of a square of rectifiers";

/// What is known of a gate's value.
struct GateKnown {
    range: Interval,
    propagated: f64,
    own: Own,
}

/// The error that a gate adds to that of its inputs.
struct Own {
    order: usize,
    truncation: f64,
    rounding: f64,
}

impl Network {
    /// Derives bounds of the errors of all values, from the gates and weights
    /// alone.
    pub fn certify(&self) -> Result<Certificate, Uncertified> {
        // Beyond an open end inputs are zero.
        let zeros = self.circuit().looks_beyond_ends(&self.frame);
        let domain = Domain::new(&self.fields, &self.frame, self.precision, zeros);
        let mut known: Vec<Known> = Vec::new();
        let mut values: Vec<Values> = Vec::new();
        let mut shapes: Vec<Shape> = Vec::new();
        let mut certificate = Certificate::default();
        for (at, gate) in self.gates().enumerate() {
            let refuse = |reason| Uncertified { gate: Some(at), name: gate.name.clone(), reason };
            let inputs: Vec<Known> = gate.inputs.iter().map(|form| bound_form(form, &domain, &known)).collect();
            if inputs.iter().any(|input| !input.magnitude().is_finite()) {
                return Err(refuse(BEYOND));
            }
            let possible = |form: &Form| match settled::values_of_form(form, &values) {
                Values::Spins if zeros => Values::Any,
                values => values,
            };
            let possible: Vec<Values> = gate.inputs.iter().map(possible).collect();
            let GateKnown { range, propagated, own } = match gate.template {
                Template::Fold | Template::Tooth | Template::Rectified => {
                    let certified = rectified::certify(self.precision, gate, at, &inputs, &shapes);
                    let (shape, known) = certified.map_err(refuse)?;
                    shapes.push(shape);
                    known
                }
                Template::Interpolated => {
                    if !rectified::is_plain(&gate.inputs[0], &shapes) {
                        return Err(refuse(MISUSED));
                    }
                    shapes.push(Shape::Other);
                    let square = propagate(&inputs, &gate.powers);
                    let own = interpolated::own(self, gate, &inputs[0]).map_err(refuse)?;
                    GateKnown { range: square.range, propagated: square.error, own }
                }
                template => {
                    if !gate.inputs.iter().all(|form| rectified::is_plain(form, &shapes)) {
                        return Err(refuse(MISUSED));
                    }
                    shapes.push(Shape::Other);
                    let product = match template {
                        Template::Quadratic => propagate_squares(&inputs, &gate.constants),
                        _ => propagate(&inputs, &gate.powers),
                    };
                    if matches!(template, Template::Bits | Template::Spins | Template::Symmetric) {
                        let wanted = match template {
                            Template::Bits => Values::Bits,
                            Template::Spins => Values::Spins,
                            _ => possible.first().copied().unwrap_or(Values::Any),
                        };
                        if wanted == Values::Any || possible.iter().any(|values| *values != wanted) {
                            return Err(refuse("an input is not known to take two values only"));
                        }
                        let own = settled::own(self, gate, wanted, &inputs).map_err(refuse)?;
                        let range = match gate.constants.as_slice() {
                            [] => product.range,
                            [first, rest @ ..] => rest
                                .iter()
                                .fold(Interval::point(first), |range, value| range.hull(Interval::point(value))),
                        };
                        // It was evaluated at the computed inputs.
                        GateKnown { range, propagated: 0.0, own }
                    } else {
                        let own = self.smooth(gate, &inputs).map_err(refuse)?;
                        GateKnown { range: product.range, propagated: product.error, own }
                    }
                }
            };
            values.push(settled::values_of_gate(gate, &possible));
            let error = (propagated + own.truncation + own.rounding) * INFLATE;
            if !(range.magnitude() + error).is_finite() || range.magnitude() > self.precision.greatest() {
                return Err(refuse(BEYOND));
            }
            known.push(Known { range, error });
            certificate.gates.push(GateBound {
                gate: gate.name.clone(),
                inputs: (inputs.iter())
                    .map(|known| InputBound { lower: known.range.lower, upper: known.range.upper, error: known.error })
                    .collect(),
                order: own.order,
                truncation: own.truncation,
                rounding: own.rounding,
                propagated,
                lower: range.lower,
                upper: range.upper,
                error,
                fingerprint: fingerprint::of_gate(gate),
            });
        }
        for output in &self.outputs {
            if !rectified::is_plain(&output.form, &shapes) {
                return Err(Uncertified { gate: None, name: output.name.clone(), reason: MISUSED });
            }
            let known = bound_form(&output.form, &domain, &known);
            if !known.magnitude().is_finite() || known.magnitude() > self.precision.greatest() {
                return Err(Uncertified { gate: None, name: output.name.clone(), reason: BEYOND });
            }
            certificate.outputs.push(OutputBound {
                output: output.name.clone(),
                lower: known.range.lower,
                upper: known.range.upper,
                error: known.error,
                fingerprint: fingerprint::of_form(&output.form),
            });
        }
        Ok(certificate)
    }

    /// The own error of a gate by Taylor's formula and the rounding of its
    /// operations.
    fn smooth(&self, gate: &Gate, inputs: &[Known]) -> Result<Own, &'static str> {
        let magnitudes: Vec<f64> = inputs.iter().map(Known::magnitude).collect();
        let truncation = taylor::truncation(self.activation, gate, &magnitudes)?;
        let rounding = rounding::rounding(self.activation, self.precision, gate, &magnitudes)?;
        Ok(Own { order: truncation.order, truncation: truncation.bound, rounding })
    }

    /// The accuracy that a certificate of this network gives.
    pub fn accuracy_of(&self, certificate: &Certificate, tolerance: f64, deviation: f64) -> Accuracy {
        let cells: f64 = self.frame.periods.iter().map(|&period| period as f64).product();
        let depth = sum_depth(&self.frame.periods);
        let first = |name: &str| self.outputs.iter().position(|output| output.name == name).unwrap_or(0);
        let count = self.outputs.len();
        let (mut per_cell, mut total) = (vec![0.0f64; count], vec![0.0f64; count]);
        // The magnitudes that have been added up before each part of an energy.
        let (mut before, mut parts) = (vec![0.0f64; count], vec![0usize; count]);
        for (output, bound) in self.outputs.iter().zip(&certificate.outputs) {
            let at = first(&output.name);
            let size = bound.lower.abs().max(bound.upper.abs()) + bound.error;
            // An output's error counts in each cell as often as its weight
            // says; a weight from a file is rounded, and so is the product.
            let (sum, greatest) = self.frame.weight_norms(&output.weight, &self.couplings);
            let rounding = if output.weight.coupling.is_some() { UNIT + self.weight_rounding() } else { 0.0 };
            let error = bound.error + rounding * size;
            per_cell[at] += greatest * error;
            total[at] += sum * (error + depth * UNIT * size);
            parts[at] += 1;
            before[at] += sum * size;
            if parts[at] > 1 {
                // Parts are added up one by one.
                total[at] += self.precision.unit() * before[at] * INFLATE;
                per_cell[at] = (per_cell[at] + self.weight_rounding() * before[at]) * INFLATE;
            }
        }
        if self.precision != Precision::F64 && cells > 1.0 {
            // Cells are summed in double, and the sum is rounded.
            for at in 0..count {
                total[at] += self.precision.unit() * (before[at] + total[at]) * INFLATE;
            }
        }
        let per_cell = per_cell.into_iter().fold(0.0, f64::max);
        let per_cell = if deviation == 0.0 { per_cell } else { (per_cell + deviation) * INFLATE };
        let total = (total.into_iter().fold(0.0, f64::max) + cells * deviation) * INFLATE;
        Accuracy { tolerance, per_cell, total, deviation }
    }

    /// The rounding of weights from files and of their products, beyond that
    /// of doubles.
    fn weight_rounding(&self) -> f64 {
        if self.precision == Precision::F64 { 0.0 } else { 4.0 * self.precision.unit() }
    }
}
