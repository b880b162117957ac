//! Gates of inputs that take two values only: the exact sum of the inputs is
//! one of finitely many, and the neurons are evaluated at each.

use super::{INFLATE, Interval, Known, Own};
use crate::circuit::{Form, Source};
use crate::exact::Rational;
use crate::model::Kind;
use crate::network::{Gate, Network, Precision, Template};

/// The most inputs of a gate.
const MOST_INPUTS: usize = 1 << 20;

/// The values that a number can take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Values {
    /// 0 and 1.
    Bits,
    /// -1 and 1.
    Spins,
    /// Any.
    Any,
}

impl Values {
    fn pair(self) -> (f64, f64) {
        if self == Values::Spins { (-1.0, 1.0) } else { (0.0, 1.0) }
    }
}

/// The values of a form: a single source of two values as it stands, or the
/// other way round.
pub(super) fn values_of_form(form: &Form, gates: &[Values]) -> Values {
    let [(source, coefficient)] = form.terms.as_slice() else { return Values::Any };
    let values = match source {
        Source::Input(variable) => match variable.kind() {
            Kind::Bit => Values::Bits,
            Kind::Spin => Values::Spins,
            Kind::Real => Values::Any,
        },
        Source::Gate { gate, .. } => gates[*gate],
    };
    let plain = form.constant.is_zero() && coefficient.is_one();
    let turned = *coefficient == Rational::MINUS_ONE
        && match values {
            Values::Bits => form.constant.is_one(),
            _ => form.constant.is_zero(),
        };
    if plain || turned { values } else { Values::Any }
}

/// The values of a gate: products of bits are bits, products of spins spins.
pub(super) fn values_of_gate(gate: &Gate, inputs: &[Values]) -> Values {
    match gate.template {
        Template::Bits => Values::Bits,
        Template::Spins => Values::Spins,
        Template::Symmetric | Template::Quadratic => Values::Any,
        _ => match inputs.first() {
            Some(&first) if inputs.iter().all(|values| *values == first) => match first {
                // An even power of a spin is one.
                Values::Spins if gate.powers.iter().any(|power| power % 2 == 0) => Values::Any,
                values => values,
            },
            _ => Values::Any,
        },
    }
}

/// A multiple of which all numbers are whole: the greatest power of two.
fn quantum(numbers: &[f64]) -> f64 {
    let least = numbers.iter().filter(|number| **number != 0.0).map(|&number| {
        let bits = number.abs().to_bits();
        let zeros = (bits | 1 << 52).trailing_zeros() as i32;
        libm::ilogb(number) - 52 + zeros
    });
    libm::ldexp(1.0, least.min().unwrap_or(0))
}

/// The own error of a gate: of bits the product, of spins the parity, or what
/// its constants say. Every neuron must weigh all inputs alike, so that it sees
/// their sum only.
pub(super) fn own(network: &Network, gate: &Gate, values: Values, inputs: &[Known]) -> Result<Own, &'static str> {
    let (activation, precision) = (network.activation, network.precision);
    let (unit, underflow) = (precision.unit(), precision.underflow());
    let count = inputs.len();
    if count > MOST_INPUTS || count.saturating_mul(gate.neurons.len()) > 1 << 26 {
        return Err("has too many inputs");
    }
    let wrong: f64 = inputs.iter().map(|input| input.error).sum::<f64>() * INFLATE;
    let (low, high) = values.pair();
    let exact_inputs = wrong == 0.0;
    let alike = |weights: &[f64]| weights.iter().all(|weight| weight.to_bits() == weights[0].to_bits());
    if !(gate.neurons.iter().all(|neuron| alike(&neuron.weights)) && (gate.skip.is_empty() || alike(&gate.skip))) {
        return Err("a neuron does not weigh all two-valued inputs alike");
    }
    let size = count as f64 * (1.0 + wrong);
    // The error of each neuron's argument.
    let arguments: Vec<f64> = (gate.neurons.iter())
        .map(|neuron| {
            let weight = neuron.weights[0];
            let reach = weight.abs() * size + neuron.bias.abs();
            let exact = exact_inputs && sums_exactly(precision, &[weight, neuron.bias], reach);
            let rounding = (2.0 * count as f64 + 2.0) * (unit * reach + underflow);
            (weight.abs() * wrong + if exact { 0.0 } else { rounding * INFLATE }) * INFLATE
        })
        .collect();
    let skip = gate.skip.first().copied().unwrap_or(0.0);
    let (mut truncation, mut rounding) = (0.0, 0.0);
    for ones in 0..=count {
        let total = low * (count - ones) as f64 + high * ones as f64;
        let target = match (gate.constants.get(ones), values) {
            (Some(constant), _) => Interval::point(constant),
            (None, Values::Spins) => Interval::around(1.0 - 2.0 * ((count - ones) % 2) as f64, 0.0),
            (None, _) => Interval::around(f64::from(u8::from(ones == count)), 0.0),
        };
        // The sum of the terms as an interval, with every rounding.
        let mut terms = vec![gate.output_bias];
        let (mut lower, mut upper) = (gate.output_bias, gate.output_bias);
        let mut error = 0.0;
        if skip != 0.0 {
            let value = skip * total;
            let largest = skip.abs() * size + gate.output_bias.abs();
            let exact = exact_inputs && sums_exactly(precision, &[skip, gate.output_bias], largest);
            error += if exact { 0.0 } else { 2.0 * count as f64 * (unit * skip.abs() * size + underflow) };
            error += skip.abs() * wrong;
            (lower, upper) = (lower + value, upper + value);
            terms.push(value);
        }
        for (neuron, &argument) in gate.neurons.iter().zip(&arguments) {
            let exact = neuron.weights[0] * total + neuron.bias;
            let doubt = argument + 2.0 * f64::EPSILON * (neuron.weights[0] * total).abs().max(neuron.bias.abs());
            let doubt = if argument == 0.0 { 0.0 } else { doubt };
            let (from, to) = activation.enclose(exact - doubt, exact + doubt);
            let greatest = from.abs().max(to.abs());
            let exact_value = from == to && precision.round(from) == from;
            if precision != Precision::F64 && !exact_value {
                error += neuron.output.abs() * (unit * greatest + underflow);
            }
            let (a, b) = (neuron.output * from, neuron.output * to);
            (lower, upper) = (lower + a.min(b), upper + a.max(b));
            let term = a.abs().max(b.abs());
            if from != to || precision.round(neuron.output * from) != neuron.output * from {
                error += unit * term + underflow;
            }
            terms.push(if from == to { a } else { f64::NAN });
        }
        let sizes = lower.abs().max(upper.abs()) + terms.iter().filter(|t| !t.is_nan()).map(|t| t.abs()).sum::<f64>();
        let partials = terms.len() as f64 * unit * (sizes + error);
        let exact = terms.iter().all(|term| !term.is_nan()) && sums_exactly(precision, &terms, sizes);
        let doubt = if exact { 0.0 } else { partials * (1.0 + terms.len() as f64 * unit) };
        truncation = f64::max(truncation, (target.upper - lower).abs().max((upper - target.lower).abs()));
        rounding = f64::max(rounding, (error + doubt) * INFLATE);
    }
    // Products and parities have two values of their own.
    if truncation.is_finite() && (truncation <= 0.5 || gate.template == Template::Symmetric) {
        Ok(Own { order: 0, truncation, rounding })
    } else {
        Err("the inputs are not known well enough to tell their values apart")
    }
}

/// Whether sums of whole multiples of numbers, at most `largest` in magnitude,
/// are exact in a format.
fn sums_exactly(precision: Precision, numbers: &[f64], largest: f64) -> bool {
    largest <= precision.greatest() && largest * precision.unit() * 0.5 <= quantum(numbers) * 0.25
}
