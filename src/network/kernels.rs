//! The inner loops: forms and operations over slices of equal length.
//!
//! Each number's operations and their order do not depend on the lengths of
//! the slices. The loops have no branches and no bounds checks, so that the
//! compiler makes vector instructions of them.

use super::{Neuron, Precision};
use super::program::Neurons;

/// Terms that pass together.
const GROUP: usize = 4;

/// A form whose registers were found: `constant + sum of coefficient * slice`.
pub(super) struct Slices<'a> {
    pub(super) precision: Precision,
    pub(super) constant: f64,
    pub(super) terms: &'a [(f64, &'a [f64])],
}

impl<'a> Slices<'a> {
    /// The slice that the form is, if it is one.
    pub(super) fn wire(&self) -> Option<&'a [f64]> {
        match self.terms {
            [(1.0, slice)] if self.constant == 0.0 => Some(slice),
            _ => None,
        }
    }

    /// Puts the values of the form into the target.
    pub(super) fn store(&self, target: &mut [f64]) {
        if self.precision != Precision::F64 {
            target.fill(self.constant);
            let terms = self.terms.iter();
            return terms.for_each(|(coefficient, slice)| self.precision.add_scaled(target, slice, *coefficient));
        }
        self.update(target, |_, value| value);
    }

    /// Puts the squares of the values into the target.
    pub(super) fn square(&self, target: &mut [f64]) {
        if self.terms.len() <= GROUP {
            self.update(target, |_, value| value * value);
        } else {
            self.store(target);
            target.iter_mut().for_each(|value| *value *= *value);
        }
    }

    /// Multiplies the target by the values.
    pub(super) fn multiply(&self, target: &mut [f64], scratch: &mut [f64]) {
        if self.terms.len() <= GROUP {
            self.update(target, |before, value| before * value);
        } else {
            let scratch = &mut scratch[..target.len()];
            self.store(scratch);
            target.iter_mut().zip(&*scratch).for_each(|(target, value)| *target *= value);
        }
    }

    /// Replaces each number of the target by a function of it and of the
    /// form's value. Of a form of more than one group the function gets the
    /// value of the first group, and the others are added.
    #[inline(always)]
    fn update(&self, target: &mut [f64], function: impl Fn(f64, f64) -> f64 + Copy) {
        let (first, others) = self.terms.split_at(self.terms.len().min(GROUP));
        match (first, self.constant) {
            ([], constant) => target.iter_mut().for_each(|value| *value = function(*value, constant)),
            (&[(1.0, x)], 0.0) => each(target, [x], |before, [x]| function(before, x)),
            (&[(1.0, x), (1.0, y)], 0.0) => each(target, [x, y], |before, [x, y]| function(before, x + y)),
            (&[(1.0, x), (-1.0, y)], 0.0) => each(target, [x, y], |before, [x, y]| function(before, x - y)),
            (&[(a, x)], constant) => each(target, [x], |before, [x]| function(before, constant + a * x)),
            (&[(a, x), (b, y)], constant) => {
                each(target, [x, y], |before, [x, y]| function(before, constant + a * x + b * y));
            }
            (&[(a, x), (b, y), (c, z)], constant) => {
                each(target, [x, y, z], |before, [x, y, z]| function(before, constant + a * x + b * y + c * z));
            }
            (&[(a, x), (b, y), (c, z), (d, w)], constant) => each(target, [x, y, z, w], |before, [x, y, z, w]| {
                function(before, constant + a * x + b * y + c * z + d * w)
            }),
            _ => unreachable!("a group has at most four terms"),
        }
        for group in others.chunks(GROUP) {
            match *group {
                [(a, x)] => each(target, [x], |sum, [x]| sum + a * x),
                [(a, x), (b, y)] => each(target, [x, y], |sum, [x, y]| sum + a * x + b * y),
                [(a, x), (b, y), (c, z)] => each(target, [x, y, z], |sum, [x, y, z]| sum + a * x + b * y + c * z),
                [(a, x), (b, y), (c, z), (d, w)] => {
                    each(target, [x, y, z, w], |sum, [x, y, z, w]| sum + a * x + b * y + c * z + d * w);
                }
                _ => unreachable!("a group has at most four terms"),
            }
        }
    }
}

/// Replaces each number of the target by a function of it and of the numbers
/// of the sources at its place.
#[inline(always)]
fn each<const K: usize>(target: &mut [f64], sources: [&[f64]; K], function: impl Fn(f64, [f64; K]) -> f64) {
    let length = target.len();
    let sources = sources.map(|source| &source[..length]);
    for at in 0..length {
        target[at] = function(target[at], sources.map(|source| source[at]));
    }
}

/// The product of forms.
pub(super) fn product(forms: &[Slices<'_>], target: &mut [f64], scratch: &mut [f64]) {
    let others = match forms {
        [] => return target.fill(1.0),
        [left, right, others @ ..] if left.wire().is_some() && right.wire().is_some() => {
            let (Some(left), Some(right)) = (left.wire(), right.wire()) else { unreachable!("both are wires") };
            each(target, [left, right], |_, [left, right]| left * right);
            others
        }
        [first, others @ ..] => {
            first.store(target);
            others
        }
    };
    others.iter().for_each(|form| form.multiply(target, scratch));
}

/// The value of a gate made of neurons from those of its forms.
pub(super) fn neurons(gate: &Neurons, forms: &[&[f64]], target: &mut [f64], scratch: &mut [f64]) {
    let scratch = &mut scratch[..target.len()];
    let precision = gate.precision;
    target.fill(gate.output_bias);
    for (form, skip) in forms.iter().zip(&gate.skip).filter(|(_, skip)| **skip != 0.0) {
        precision.add_scaled(target, form, *skip);
    }
    for neuron in &gate.neurons {
        if precision != Precision::F64 {
            rounded(gate, neuron, forms, target, scratch);
            continue;
        }
        preactivate(neuron, forms, scratch);
        gate.activation.evaluate_all(scratch);
        let output = neuron.output;
        each(target, [scratch], |sum, [value]| sum + output * value);
    }
}

/// Adds a neuron to the target, every operation rounded to a format narrower
/// than double.
fn rounded(gate: &Neurons, neuron: &Neuron, forms: &[&[f64]], target: &mut [f64], scratch: &mut [f64]) {
    let precision = gate.precision;
    scratch.fill(0.0);
    for (&weight, form) in neuron.weights.iter().zip(forms) {
        precision.add_scaled(scratch, form, weight);
    }
    scratch.iter_mut().for_each(|z| *z += neuron.bias);
    precision.round_all(scratch);
    gate.activation.evaluate_all(scratch);
    precision.round_all(scratch);
    precision.add_scaled(target, scratch, neuron.output);
}

/// `(sum of weight * form) + bias`, in this order: the sum is small beside
/// the bias, so that only the last addition rounds at the bias's size.
fn preactivate(neuron: &Neuron, forms: &[&[f64]], target: &mut [f64]) {
    let bias = neuron.bias;
    match (neuron.weights.as_slice(), forms) {
        (&[weight], &[form]) => each(target, [form], |_, [value]| weight * value + bias),
        (&[a, b], &[left, right]) => each(target, [left, right], |_, [x, y]| (a * x + b * y) + bias),
        (weights, forms) => {
            target.fill(0.0);
            for (&weight, form) in weights.iter().zip(forms) {
                each(target, [form], |sum, [value]| sum + weight * value);
            }
            target.iter_mut().for_each(|z| *z += bias);
        }
    }
}
