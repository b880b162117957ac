//! The inner loops: forms and operations over slices of equal length.
//!
//! Each number's operations and their order do not depend on the lengths of
//! the slices. The loops have no branches and no bounds checks, so that the
//! compiler makes vector instructions of them.

use super::program::Neurons;
use super::{Activation, Neuron, Precision};

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

    /// The values of the form, in a buffer unless a slice has them already.
    pub(super) fn values<'b>(&self, buffer: &'b mut [f64]) -> &'b [f64]
    where
        'a: 'b,
    {
        match self.wire() {
            Some(slice) => slice,
            None => {
                self.store(buffer);
                buffer
            }
        }
    }

    /// Puts the values of the form into the target.
    pub(super) fn store(&self, target: &mut [f64]) {
        if self.precision != Precision::F64 {
            target.fill(self.constant);
            let terms = self.terms.iter();
            return terms.for_each(|(coefficient, slice)| self.precision.add_scaled(target, slice, *coefficient));
        }
        self.update::<false>(target, &[], |_, value| value);
    }

    /// Puts the squares of the values into the target.
    pub(super) fn square(&self, target: &mut [f64]) {
        if self.terms.len() <= GROUP {
            self.update::<false>(target, &[], |_, value| value * value);
        } else {
            self.store(target);
            target.iter_mut().for_each(|value| *value *= *value);
        }
    }

    /// Multiplies the target by the values.
    pub(super) fn multiply(&self, target: &mut [f64], scratch: &mut [f64]) {
        let scratch = &mut scratch[..target.len()];
        let values = self.values(scratch);
        target.iter_mut().zip(values).for_each(|(target, value)| *target *= value);
    }

    /// Puts the products of the values and those of a partner into the target.
    fn store_product(&self, partner: &[f64], target: &mut [f64]) {
        if self.terms.len() <= GROUP {
            self.update::<true>(target, partner, |other, value| other * value);
        } else {
            self.store(target);
            target.iter_mut().zip(partner).for_each(|(target, other)| *target *= other);
        }
    }

    /// Replaces each number of the target by a function of the form's value,
    /// and of a partner's if there is one. Of a form of more than one group
    /// the function gets the value of the first group, and the others are
    /// added.
    #[inline(always)]
    fn update<const PARTNER: bool>(
        &self,
        target: &mut [f64],
        partner: &[f64],
        function: impl Fn(f64, f64) -> f64 + Copy,
    ) {
        let (first, others) = self.terms.split_at(self.terms.len().min(GROUP));
        match (first, self.constant) {
            ([], constant) => pass::<PARTNER, 0>(target, partner, [], |other, []| function(other, constant)),
            (&[(1.0, x)], 0.0) => pass::<PARTNER, 1>(target, partner, [x], |other, [x]| function(other, x)),
            (&[(1.0, x), (1.0, y)], 0.0) => {
                pass::<PARTNER, 2>(target, partner, [x, y], |other, [x, y]| function(other, x + y));
            }
            (&[(1.0, x), (-1.0, y)], 0.0) => {
                pass::<PARTNER, 2>(target, partner, [x, y], |other, [x, y]| function(other, x - y));
            }
            (&[(a, x)], constant) => {
                pass::<PARTNER, 1>(target, partner, [x], |other, [x]| function(other, constant + a * x));
            }
            (&[(a, x), (b, y)], constant) => {
                let value = move |[x, y]: [f64; 2]| constant + a * x + b * y;
                pass::<PARTNER, 2>(target, partner, [x, y], |other, values| function(other, value(values)));
            }
            (&[(a, x), (b, y), (c, z)], constant) => {
                let value = move |[x, y, z]: [f64; 3]| constant + a * x + b * y + c * z;
                pass::<PARTNER, 3>(target, partner, [x, y, z], |other, values| function(other, value(values)));
            }
            (&[(a, x), (b, y), (c, z), (d, w)], constant) => {
                let value = move |[x, y, z, w]: [f64; 4]| constant + a * x + b * y + c * z + d * w;
                pass::<PARTNER, 4>(target, partner, [x, y, z, w], |other, values| function(other, value(values)));
            }
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

/// Puts a function of the numbers of the sources, and of a partner if there
/// is one, at each place of the target.
#[inline(always)]
fn pass<const PARTNER: bool, const K: usize>(
    target: &mut [f64],
    partner: &[f64],
    sources: [&[f64]; K],
    function: impl Fn(f64, [f64; K]) -> f64,
) {
    let length = target.len();
    let sources = sources.map(|source| &source[..length]);
    let partner = if PARTNER { &partner[..length] } else { partner };
    for at in 0..length {
        target[at] = function(if PARTNER { partner[at] } else { 0.0 }, sources.map(|source| source[at]));
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

/// The product of two forms.
pub(super) fn product(left: &Slices<'_>, right: &Slices<'_>, target: &mut [f64], scratch: &mut [f64]) {
    let scratch = &mut scratch[..target.len()];
    match (left.wire(), right.wire()) {
        (Some(left), _) => right.store_product(left, target),
        (None, Some(right)) => left.store_product(right, target),
        (None, None) => {
            left.store(scratch);
            right.store_product(scratch, target);
        }
    }
}

/// The value of a gate made of neurons from those of its forms.
pub(super) fn neurons(gate: &Neurons, forms: &[&[f64]], target: &mut [f64], scratch: &mut [f64]) {
    let precision = gate.precision;
    target.fill(gate.output_bias);
    for (form, skip) in forms.iter().zip(&gate.skip).filter(|(_, skip)| **skip != 0.0) {
        precision.add_scaled(target, form, *skip);
    }
    if precision != Precision::F64 {
        let scratch = &mut scratch[..target.len()];
        return gate.neurons.iter().for_each(|neuron| rounded(gate, neuron, forms, target, scratch));
    }
    // One branch on the activation for all neurons, so that loops of
    // functions without branches become vector instructions.
    macro_rules! by_activation {
        ($($name:ident),*) => {
            match gate.activation {
                $(Activation::$name => run_neurons(gate, forms, target, scratch, |x| Activation::$name.evaluate(x)),)*
            }
        };
    }
    by_activation!(
        Sigmoid, Tanh, Softplus, Gelu, GeluTanh, Silu, Mish, Erf, Arctan, Exp, Sin, Gaussian, LogCosh, Relu, Square,
        Identity
    );
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

/// The value of each neuron is applied to `(sum of weight * form) + bias`, in
/// this order: the sum is small beside the bias, so that only the last
/// addition rounds at the bias's size.
#[inline(always)]
fn run_neurons(
    gate: &Neurons,
    forms: &[&[f64]],
    target: &mut [f64],
    scratch: &mut [f64],
    activation: impl Fn(f64) -> f64 + Copy,
) {
    for neuron in &gate.neurons {
        let (bias, output) = (neuron.bias, neuron.output);
        match (neuron.weights.as_slice(), forms) {
            (&[weight], &[form]) => {
                each(target, [form], |sum, [x]| sum + output * activation(weight * x + bias));
            }
            (&[a, b], &[left, right]) => {
                each(target, [left, right], |sum, [x, y]| sum + output * activation((a * x + b * y) + bias));
            }
            (weights, forms) => {
                let scratch = &mut scratch[..target.len()];
                scratch.fill(0.0);
                for (&weight, form) in weights.iter().zip(forms) {
                    each(scratch, [form], |sum, [x]| sum + weight * x);
                }
                each(target, [scratch], |sum, [x]| sum + output * activation(x + bias));
            }
        }
    }
}
