//! Squares by rectifiers in one layer: a chain of straight lines.
//!
//! The value c + sum_j o_j max(w_j x + b_j, 0) is linear between its kinks
//! -b_j/w_j, and x² is convex. On a piece of length h with errors e and e' at
//! its ends, x² less the value is a parabola between min(e, e') - h²/4 and
//! max(e, e'). So the errors at the kinks and at the ends of the range bound
//! those everywhere; they are computed in intervals. Kinks are known up to two
//! units in the last place, within which the value changes by |o_j w_j| times
//! that.

use super::{INFLATE, Interval, Known, Own};
use crate::network::interval::{down, up};
use crate::network::{Activation, Gate, Network};

/// The most neurons of a gate: the work grows with the square of their number.
pub(crate) const MOST_NEURONS: usize = 1024;

/// The own error of a gate for an input.
pub(super) fn own(network: &Network, gate: &Gate, input: &Known) -> Result<Own, &'static str> {
    if network.activation != Activation::Relu {
        return Err("only rectifiers interpolate");
    }
    if gate.neurons.len() > MOST_NEURONS || !gate.skip.is_empty() {
        return Err("is no chain of straight lines");
    }
    let (lower, upper) = (down(input.range.lower - input.error), up(input.range.upper + input.error));
    let reach = lower.abs().max(upper.abs());
    let mut places = vec![lower, upper];
    for neuron in &gate.neurons {
        let kink = -neuron.bias / neuron.weights[0];
        if lower < kink && kink < upper {
            places.push(kink);
        }
    }
    places.sort_by(f64::total_cmp);
    let exact = |value: f64| Interval { lower: value, upper: value };
    let error = |place: f64| {
        let mut value = exact(gate.output_bias);
        for neuron in &gate.neurons {
            let argument = exact(neuron.weights[0]).multiply(exact(place)).add(exact(neuron.bias));
            let rectified = Interval { lower: argument.lower.max(0.0), upper: argument.upper.max(0.0) };
            value = value.add(rectified.multiply(exact(neuron.output)));
        }
        let negative = Interval { lower: -value.upper, upper: -value.lower };
        exact(place).power(2).add(negative)
    };
    let errors: Vec<Interval> = places.iter().map(|&place| error(place)).collect();
    let (mut truncation, mut slopes) = (0.0, 0.0);
    for (ends, places) in errors.windows(2).zip(places.windows(2)) {
        let length = up(places[1] - places[0]);
        let least = ends[0].lower.min(ends[1].lower) - up(0.25 * length * length);
        let greatest = ends[0].upper.max(ends[1].upper);
        truncation = f64::max(truncation, greatest.abs().max(least.abs()));
    }
    // The rounding of arguments, products and partial sums, none of which is
    // beyond the sum of the magnitudes.
    let (unit, underflow) = (network.precision.unit(), network.precision.underflow());
    let (mut rounding, mut partial, mut terms) = (0.0, gate.output_bias.abs(), 0.0);
    for neuron in &gate.neurons {
        let (weight, output) = (neuron.weights[0].abs(), neuron.output.abs());
        let argument = weight * reach + neuron.bias.abs();
        slopes += output * weight;
        if !(argument <= network.precision.greatest()) {
            return Err("the arguments of neurons leave the range of the format");
        }
        // The product, the sum with the bias, the product with the output weight.
        rounding += output * (unit * (2.0 * argument + argument) + 2.0 * underflow) + underflow;
        partial += output * argument;
        terms += 1.0;
    }
    rounding += terms * unit * partial * (1.0 + terms * unit);
    let kinks = 4.0 * f64::EPSILON * slopes * reach;
    let own =
        Own { order: 0, truncation: (truncation + kinks) * INFLATE, rounding: rounding * (1.0 + 4.0 * unit) * INFLATE };
    let fits = own.truncation.is_finite() && partial <= network.precision.greatest();
    if fits { Ok(own) } else { Err("the values of neurons leave the range of the format") }
}
