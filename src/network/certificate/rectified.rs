//! Squares by rectifiers (Yarotsky, 1610.01145).
//!
//! With g(y) = 2y - 4 max(y - 1/2, 0), the tooth on [0, 1], and y_s = g(y_(s-1)),
//! y_0 = |w|, the sum |w| - sum_{s<=m} y_s/4^s interpolates w² between 2^m + 1
//! equally spaced points of [0, 1], so that it is above w² by at most
//! 4^-(m+1). A gate `fold` computes |w| = 2 max(w, 0) - w, gates `tooth` the
//! y_s, one neuron and an affine skip each, and `rectified` the last of them
//! together with the sum. This file checks that gates are what they are said
//! to be, weight by weight, and bounds their errors.

use super::{GateKnown, Interval, Known, Own};
use crate::circuit::{Form, Source};
use crate::exact::Rational;
use crate::network::{Gate, Neuron, Precision, Template};

/// What is known of the shape of a gate's value.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    /// |w| of this form.
    Fold(Form),
    /// A tooth above a fold, with all teeth between them and itself.
    Tooth { fold: usize, teeth: Vec<usize> },
    /// Nothing that a tooth can stand on.
    Other,
}

const NO_FOLD: &str = "is no fold, tooth or square of rectifiers";

/// The gate that a form is, as it stands.
fn wire(form: &Form) -> Option<usize> {
    match form.terms.as_slice() {
        [(Source::Gate { gate, shift }, coefficient)]
            if form.constant.is_zero() && shift.is_zero() && coefficient.is_one() =>
        {
            Some(*gate)
        }
        _ => None,
    }
}

/// Whether a form uses no fold and no tooth, whose values mean nothing to
/// other gates.
pub(super) fn is_plain(form: &Form, shapes: &[Shape]) -> bool {
    form.terms.iter().all(|(source, _)| match source {
        Source::Input(_) => true,
        Source::Gate { gate, .. } => matches!(shapes[*gate], Shape::Other),
    })
}

fn is(gate: &Gate, neuron: Neuron, skip: &[f64]) -> bool {
    gate.neurons.len() == 1 && gate.neurons[0] == neuron && gate.skip == skip && gate.output_bias == 0.0
}

/// Checks a gate of the three kinds and bounds its error; returns its shape
/// and what is known of its value.
pub(super) fn certify(
    precision: Precision,
    gate: &Gate,
    at: usize,
    inputs: &[Known],
    shapes: &[Shape],
) -> Result<(Shape, GateKnown), &'static str> {
    let unit = precision.unit();
    let known = |lower: f64, upper: f64| Interval { lower, upper };
    match gate.template {
        Template::Fold => {
            let neuron = Neuron { bias: 0.0, weights: vec![1.0], output: 2.0 };
            if !is(gate, neuron, &[-1.0]) || !is_plain(&gate.inputs[0], shapes) {
                return Err(NO_FOLD);
            }
            if inputs[0].magnitude() > 1.0 {
                return Err("the input of a fold is not within [-1, 1]");
            }
            // 2w - w and 0 - w are exact.
            let own = Own { order: 0, truncation: 0.0, rounding: 0.0 };
            let value = GateKnown { range: known(0.0, inputs[0].range.magnitude()), propagated: inputs[0].error, own };
            Ok((Shape::Fold(gate.inputs[0].clone()), value))
        }
        Template::Tooth => {
            let neuron = Neuron { bias: -0.5, weights: vec![1.0], output: -4.0 };
            let below = wire(&gate.inputs[0]).ok_or(NO_FOLD)?;
            let shape = match &shapes[below] {
                Shape::Fold(_) => Shape::Tooth { fold: below, teeth: vec![at] },
                Shape::Tooth { fold, teeth } => {
                    Shape::Tooth { fold: *fold, teeth: teeth.iter().copied().chain([at]).collect() }
                }
                Shape::Other => return Err(NO_FOLD),
            };
            if !is(gate, neuron, &[2.0]) {
                return Err(NO_FOLD);
            }
            // y - 1/2 is exact where it is positive; the sum rounds.
            let propagated = 2.0 * inputs[0].error;
            let own = Own { order: 0, truncation: 0.0, rounding: unit * (1.0 + propagated) };
            Ok((shape, GateKnown { range: known(0.0, 1.0), propagated, own }))
        }
        _ => {
            let [last, sum, base] = gate.inputs.as_slice() else { return Err(NO_FOLD) };
            let below = wire(last).ok_or(NO_FOLD)?;
            let (fold, teeth): (usize, &[usize]) = match &shapes[below] {
                Shape::Fold(_) => (below, &[]),
                Shape::Tooth { fold, teeth } => (*fold, teeth),
                Shape::Other => return Err(NO_FOLD),
            };
            let Shape::Fold(form) = &shapes[fold] else { return Err(NO_FOLD) };
            let source = |gate: usize| Source::Gate { gate, shift: crate::model::Shift::ZERO };
            let quarter = Rational::new(-1, 4);
            let powers = std::iter::successors(Some(quarter), |power| Some(power * &Rational::new(1, 4)));
            let teeth_terms = teeth.iter().zip(powers).map(|(&tooth, power)| (source(tooth), power));
            let expected = Form::new(Rational::ZERO, [(source(fold), Rational::ONE)].into_iter().chain(teeth_terms));
            let quarter = libm::ldexp(1.0, -2 * (teeth.len() as i32 + 1));
            let neuron = Neuron { bias: -0.5, weights: vec![1.0, 0.0, 0.0], output: 4.0 * quarter };
            if base != form || *sum != expected || !is(gate, neuron, &[-2.0 * quarter, 1.0, 0.0]) {
                return Err(NO_FOLD);
            }
            let propagated = inputs[1].error + 2.0 * quarter * inputs[0].error;
            let rounding = 4.0 * unit * (inputs[1].magnitude() + 1.0 + propagated) + 4.0 * precision.underflow();
            let own = Own { order: 0, truncation: 0.25 * quarter, rounding };
            Ok((Shape::Other, GateKnown { range: inputs[2].range.power(2), propagated, own }))
        }
    }
}
