//! A template at a centre and a scale: its weights, and an estimate of its
//! error by which centres, scales and templates are chosen.
//!
//! With P_m(x) = sum_j c_j (t_j.x)^m / m! and |P_m| the sum of the magnitudes
//! of its coefficients, the error relative to prod x_k^r_k is about
//!
//! ```text
//! sum over m other than R of |s_m| l^(m-R) |P_m| / (|s_R| |P_R|)
//! ```
//!
//! where order 0 is left out if there is an output bias and order 1 if there
//! is a skip. The estimate adds the rounding of the evaluator's operations. It
//! decides nothing about what is promised: that is
//! [`crate::network::Network::certify`]'s.

use crate::network::{Activation, Expansion, Neuron, Precision, Template, UNIT, factorial, power};

/// How many orders beyond the leading one are estimated.
const TERMS: usize = 8;

/// How much of the worst rounding is likely to occur. The scale is chosen for
/// that, which moves the bound little.
const TYPICAL: f64 = 0.3;

/// A template as a finite difference.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    pub(super) template: Template,
    /// The exponent of each input.
    pub(super) powers: Vec<u32>,
    /// Direction and coefficient of each neuron.
    pub(super) neurons: Vec<(Vec<i32>, f64)>,
    /// Whether an output bias takes away the term of order 0.
    pub(super) bias: bool,
    /// Whether an affine skip takes away the terms of order 1.
    pub(super) skip: bool,
    pub(super) order: usize,
    /// |P_R|
    norm: f64,
    /// |P_m| for m = 0 to R + `TERMS`.
    moments: Vec<f64>,
    /// sum_j c_j t_j
    linear: Vec<f64>,
    /// The greatest |t_j.x|.
    steps: f64,
    /// The greatest component of a direction.
    widest: u32,
    /// The sum of |c_j| over the neurons.
    total: f64,
    /// sum_j c_j
    sum: f64,
    /// The sum over the partial sums of the c_j of their magnitude, and of
    /// the magnitudes of their terms.
    partial: f64,
    spread: f64,
    /// Whether multiplication by every c_j is exact.
    exact: bool,
}

/// A template at a scale.
#[derive(Clone, Debug)]
pub(super) struct Realised {
    /// The scale l of inputs in [-1, 1].
    pub(super) scale: f64,
    /// The estimate of |value - product of powers of the given inputs|.
    pub(super) error: f64,
    /// What the error is likely to be.
    typical: f64,
    weights: Vec<f64>,
    output: f64,
}

impl Pattern {
    pub(super) fn new(
        template: Template,
        powers: &[u32],
        neurons: Vec<(Vec<i32>, f64)>,
        bias: bool,
        skip: bool,
    ) -> Pattern {
        let order = powers.iter().sum::<u32>() as usize;
        let mut moments = Vec::with_capacity(order + TERMS + 1);
        let mut norm = 0.0;
        for m in 0..=order + TERMS {
            let mut moment = 0.0;
            for_each_index(m, powers.len(), &mut |index| {
                let sum: f64 = neurons
                    .iter()
                    .map(|(direction, c)| {
                        direction.iter().zip(index).fold(*c, |product, (&t, &k)| product * power(t as f64, k))
                    })
                    .sum();
                let coefficient = sum / index.iter().map(|&k| factorial(k)).product::<f64>();
                if m == order && index.iter().zip(powers).all(|(&k, &power)| k == power as usize) {
                    norm = coefficient;
                } else {
                    moment += coefficient.abs();
                }
            });
            moments.push(moment);
        }
        Pattern::with_moments(template, powers, neurons, bias, skip, norm, moments)
    }

    /// A grid of neurons, whose sums are products over the axes. With an output
    /// bias the neuron without inputs may be left out.
    pub(super) fn of_grid(
        powers: &[u32],
        neurons: Vec<(Vec<i32>, f64)>,
        axes: &[Vec<(i32, f64)>],
        bias: bool,
    ) -> Pattern {
        let order = powers.iter().sum::<u32>() as usize;
        let mut moments = vec![0.0; order + TERMS + 1];
        moments[0] = 1.0;
        for axis in axes {
            let of = |k: usize| axis.iter().map(|(t, c)| c * power(*t as f64, k)).sum::<f64>().abs() / factorial(k);
            let single: Vec<f64> = (0..moments.len()).map(of).collect();
            moments = (0..moments.len()).map(|m| (0..=m).map(|k| single[k] * moments[m - k]).sum()).collect();
        }
        let norm = moments[order];
        moments[order] = 0.0;
        Pattern::with_moments(Template::Monomial, powers, neurons, bias, false, norm, moments)
    }

    fn with_moments(
        template: Template,
        powers: &[u32],
        neurons: Vec<(Vec<i32>, f64)>,
        bias: bool,
        skip: bool,
        norm: f64,
        moments: Vec<f64>,
    ) -> Pattern {
        let order = powers.iter().sum::<u32>() as usize;
        let reach = |direction: &[i32]| direction.iter().map(|t| t.unsigned_abs() as f64).sum::<f64>();
        let steps = neurons.iter().map(|(direction, _)| reach(direction)).fold(0.0, f64::max);
        let widest = neurons.iter().flat_map(|(direction, _)| direction).map(|t| t.unsigned_abs()).max().unwrap_or(1);
        let total = neurons.iter().map(|(_, coefficient)| coefficient.abs()).sum();
        let whole: f64 = neurons.iter().map(|(_, coefficient)| coefficient).sum();
        let linear = |at: usize| neurons.iter().map(|(direction, c)| c * direction[at] as f64).sum();
        let linear = (0..powers.len()).map(linear).collect();
        let (mut sum, mut terms, mut partial, mut spread) = (if bias { -whole } else { 0.0 }, 0.0, 0.0, 0.0);
        for (_, coefficient) in &neurons {
            sum += coefficient;
            terms += coefficient.abs();
            partial += sum.abs();
            spread += terms;
        }
        let is_power_of_two = |x: f64| x.to_bits() & ((1 << 52) - 1) == 0;
        let exact = neurons.iter().all(|(_, coefficient)| is_power_of_two(*coefficient));
        let powers = powers.to_vec();
        let sum = whole;
        Pattern {
            template,
            powers,
            neurons,
            bias,
            skip,
            order,
            norm,
            moments,
            linear,
            steps,
            widest,
            total,
            sum,
            partial,
            spread,
            exact,
        }
    }

    /// The number of weights of a gate, as [`crate::network::Network::weights`]
    /// counts them.
    pub(super) fn weights(&self) -> usize {
        let entries = self.neurons.iter().flat_map(|(direction, _)| direction).filter(|t| **t != 0).count();
        let skips = if self.skip { self.linear.iter().filter(|sum| **sum != 0.0).count() } else { 0 };
        2 * self.neurons.len() + entries + skips + usize::from(self.bias)
    }

    /// The derivatives needed around a centre.
    pub(super) fn expand(&self, activation: Activation, centre: f64) -> Expansion {
        Expansion::new(activation, centre, self.order + TERMS + 8)
    }

    /// The scale with the least error to expect for inputs of these magnitudes. Output
    /// weights are powers of two times c_j, so that most products with them
    /// are exact. `None` where no scale keeps all weights within the range of
    /// the format.
    pub(super) fn best_scale(&self, expansion: &Expansion, precision: Precision, ranges: &[f64]) -> Option<Realised> {
        let leading = expansion.derivatives[self.order].abs();
        if leading == 0.0 || self.norm == 0.0 {
            return None;
        }
        // An input that is as good as zero may have any scale.
        let usable = |&range: &f64| if range == 0.0 || range.is_subnormal() { 1.0 } else { range };
        let ranges: Vec<f64> = ranges.iter().map(usable).collect();
        let product: f64 = ranges.iter().zip(&self.powers).map(|(&range, &r)| power(range, r as usize)).product();
        let unit = product / (self.norm.abs() * leading);
        if !unit.is_normal() {
            return None;
        }
        // The exponent at which the scale is about one; it halves when the
        // exponent grows by the order.
        let order = self.order as i32;
        let start = libm::ilogb(unit) - order;
        let mut best: Option<(i32, Realised)> = None;
        let mut consider = |exponent: i32| {
            let Some(realised) = self.realise(expansion, precision, &ranges, product, exponent) else { return };
            if best.as_ref().is_none_or(|(_, known)| realised.typical < known.typical) {
                best = Some((exponent, realised));
            }
        };
        (0..36).for_each(|step| consider(start + step * order));
        let coarse = best.as_ref()?.0;
        let mut consider = |exponent: i32| {
            let Some(realised) = self.realise(expansion, precision, &ranges, product, exponent) else { return };
            if best.as_ref().is_none_or(|(_, known)| realised.typical < known.typical) {
                best = Some((exponent, realised));
            }
        };
        (coarse - order + 1..coarse + order).for_each(&mut consider);
        best.map(|(_, realised)| realised)
    }

    /// A weight that the format holds, times every component of a direction
    /// as well.
    fn round_weight(&self, precision: Precision, weight: f64) -> f64 {
        // Spare bits for odd factors: none for 1 and 2.
        let spare = if self.widest <= 2 { 0 } else { 32 - self.widest.leading_zeros() };
        let weight = precision.round(weight);
        if spare == 0 {
            return weight;
        }
        // Adding and taking away a multiple clears the last bits.
        let multiple = weight * f64::from(1u32 << spare);
        precision.round(precision.round(weight + multiple) - multiple)
    }

    /// The template with output weights 2^`exponent` c_j, and its error.
    fn realise(
        &self,
        expansion: &Expansion,
        precision: Precision,
        ranges: &[f64],
        product: f64,
        exponent: i32,
    ) -> Option<Realised> {
        let unit = precision.unit();
        let output = libm::ldexp(1.0, exponent);
        let leading = expansion.derivatives[self.order].abs();
        let norm = self.norm.abs();
        let ratio = product / (norm * leading * output);
        let scale = match self.order {
            1 => ratio,
            2 => ratio.sqrt(),
            order => libm::pow(ratio, 1.0 / order as f64),
        };
        let weights: Vec<f64> = ranges.iter().map(|range| self.round_weight(precision, scale / range)).collect();
        let usable = |x: f64| x != 0.0 && precision.holds(x);
        let largest = self.neurons.iter().map(|(_, c)| c.abs()).fold(0.0, f64::max);
        let output_is_usable = usable(output) && usable(output * largest) && scale.is_normal();
        let widest = self.widest as f64;
        if !output_is_usable || weights.iter().any(|&weight| !usable(weight) || !usable(weight * widest)) {
            return None;
        }
        let product_of_weights: f64 =
            weights.iter().zip(&self.powers).map(|(&weight, &r)| power(weight, r as usize)).product();
        // The error of s_R, relative; a derivative that is no better known is
        // of no use.
        let doubt = expansion.error(self.order) / leading;
        if doubt > 0.5 {
            return None;
        }
        let achieved = product_of_weights * norm * leading * output;
        let normalisation = (achieved - 1.0).abs() + 8.0 * UNIT + doubt;

        let centre = expansion.centre;
        let reach = scale * self.steps;
        let farthest = centre.abs() + reach;
        let truncation = self.truncation(expansion, scale, reach)?;

        let slope = expansion.bound(1, reach);
        let at_centre = expansion.at_centre(0);
        let value = expansion.bound(0, reach).min(at_centre + slope * reach);
        let inputs = ranges.len() as f64;
        // Adding zero is exact.
        let bias = if centre == 0.0 { 0.0 } else { farthest };
        let argument = unit * (bias + inputs * reach) + inputs * precision.underflow();
        let mut evaluation = expansion.activation.evaluation_error(value, farthest);
        if precision != Precision::F64 {
            evaluation += unit * value + precision.underflow();
        }
        let multiplication = if self.exact { 0.0 } else { unit * value };
        let neurons = self.total * (evaluation + slope * argument + multiplication);
        let bias = if self.bias { self.sum.abs() * (expansion.error(0) + unit * at_centre) } else { 0.0 };
        let linear: f64 = self.linear.iter().map(|sum| sum.abs()).sum::<f64>() * scale * slope;
        let skip = if self.skip { linear * (2.0 * unit + expansion.error(1) / slope) } else { 0.0 };
        let passing = if self.skip { linear * self.neurons.len() as f64 } else { 0.0 };
        let additions = unit * (self.partial * at_centre + self.spread * slope * reach + passing);
        let rounding = output * (neurons + bias + skip + additions);
        let truncation = product * (truncation + normalisation);
        let (error, typical) = (truncation + rounding, truncation + TYPICAL * rounding);
        let most = output * (self.total * value + linear);
        let fits = error.is_finite() && most <= precision.greatest() && farthest <= precision.greatest();
        fits.then_some(Realised { scale, error, typical, weights, output })
    }

    /// The relative error by the other orders of Taylor's formula.
    fn truncation(&self, expansion: &Expansion, scale: f64, reach: f64) -> Option<f64> {
        let leading = expansion.derivatives[self.order].abs() * self.norm.abs();
        let mut sum = 0.0;
        let lowest = if self.bias { 1 } else { 0 };
        for m in lowest..=self.order {
            if self.moments[m] == 0.0 || (m == 1 && self.skip) {
                continue;
            }
            sum += expansion.at_centre(m) * self.moments[m] * power(1.0 / scale, self.order - m) / leading;
        }
        let mut best = f64::INFINITY;
        let mut factor = 1.0;
        for k in 1..=TERMS {
            factor *= scale;
            let moment = self.moments[self.order + k];
            if moment == 0.0 {
                continue;
            }
            let weight = moment * factor / leading;
            best = f64::min(best, sum + expansion.bound(self.order + k, reach) * weight);
            sum += expansion.at_centre(self.order + k) * weight;
        }
        Some(if best.is_finite() { best } else { sum })
    }

    /// The neurons, the output bias and the affine skips.
    pub(super) fn neurons(
        &self,
        expansion: &Expansion,
        precision: Precision,
        realised: &Realised,
    ) -> (Vec<Neuron>, f64, Vec<f64>) {
        let sign = expansion.derivatives[self.order].signum() * self.norm.signum();
        let neurons: Vec<Neuron> = (self.neurons.iter())
            .map(|(direction, coefficient)| Neuron {
                bias: expansion.centre,
                weights: direction.iter().zip(&realised.weights).map(|(&t, weight)| t as f64 * weight).collect(),
                output: coefficient * realised.output * sign,
            })
            .collect();
        let output = realised.output * sign;
        let bias = if self.bias { -self.sum * output * expansion.derivatives[0] } else { 0.0 };
        let skip = |(sum, weight): (&f64, &f64)| precision.round(-sum * output * weight * expansion.derivatives[1]);
        let mut skips: Vec<f64> =
            if self.skip { self.linear.iter().zip(&realised.weights).map(skip).collect() } else { Vec::new() };
        if skips.iter().all(|skip| *skip == 0.0) {
            skips.clear();
        }
        // No negative zero, which files do not keep.
        (neurons, precision.round(bias) + 0.0, skips)
    }
}

/// Every list of `length` numbers with a sum.
fn for_each_index(sum: usize, length: usize, visit: &mut dyn FnMut(&[usize])) {
    fn fill(rest: usize, at: usize, index: &mut [usize], visit: &mut dyn FnMut(&[usize])) {
        if at + 1 == index.len() {
            index[at] = rest;
            visit(index);
            return;
        }
        for k in 0..=rest {
            index[at] = k;
            fill(rest - k, at + 1, index, visit);
        }
    }
    if length > 0 {
        fill(sum, 0, &mut vec![0; length], visit);
    }
}

#[cfg(test)]
mod tests {
    use super::super::templates::{copy1, extrapolated, grid, power, product2, product3, product4, square1, square2};
    use super::*;

    /// |P_m| / |P_R|
    fn relative(pattern: &Pattern, order: usize) -> f64 {
        pattern.moments[order] / pattern.norm.abs()
    }

    #[test]
    fn moments_are_those_of_the_error_formulas() {
        // l²/6 (u²+v²) s4/s2 and l⁴/360 (3u⁴+10u²v²+3v⁴) s6/s2 at u = v = 1.
        assert!((relative(&product4(), 4) - 2.0 / 6.0).abs() < 1e-12);
        assert!((relative(&product4(), 6) - 16.0 / 360.0).abs() < 1e-12);
        assert_eq!(relative(&product4(), 3), 0.0);
        // (l/2)(s3/s2)(u+v) and (l²/12)(s4/s2)(2u²+3uv+2v²).
        assert!((relative(&product3(), 3) - 1.0).abs() < 1e-12);
        assert!((relative(&product3(), 4) - 7.0 / 12.0).abs() < 1e-12);
        // l² u² s4/(12 s2) and l u s3/(3 s2).
        assert!((relative(&square2(), 4) - 1.0 / 12.0).abs() < 1e-12);
        assert!((relative(&square1(true), 3) - 1.0 / 3.0).abs() < 1e-12);
        // l u s2/(2 s1).
        assert!((relative(&copy1(), 2) - 0.5).abs() < 1e-12);
        // 2v u² + (2/3) v³ over 4uv, in thirds of l s3/s2.
        assert!((relative(&product2(true), 3) - (1.0 + 1.0 / 3.0) / 2.0).abs() < 1e-12);
        // (l²/6)(s^(n+2)/s^(n)) sum x².
        assert!((relative(&grid(&[1, 1, 1]), 5) - 3.0 / 6.0).abs() < 1e-12);
    }

    #[test]
    fn extrapolation_cancels_an_order() {
        let eight = extrapolated(&product4(), 2).unwrap();
        assert_eq!((eight.neurons.len(), relative(&eight, 4)), (8, 0.0));
        assert!(relative(&eight, 6) > 0.0);
        let four = extrapolated(&product4(), 4).unwrap();
        assert_eq!(relative(&four, 6), 0.0);
        let square = extrapolated(&square1(true), 2).unwrap();
        assert_eq!((square.neurons.len(), relative(&square, 4)), (2, 0.0));
    }

    #[test]
    fn powers_cancel_the_orders_below() {
        for exponent in 2..=9u32 {
            for (both, lowest) in [(true, exponent % 2), (true, 3), (false, 3), (false, 2), (false, 1)] {
                let lowest = if lowest == 0 { 2 } else { lowest };
                if lowest > exponent || (exponent - lowest) % 2 == 1 {
                    continue;
                }
                let pattern = power(exponent, lowest, both, true);
                assert!(pattern.norm != 0.0);
                for order in (lowest..exponent).step_by(2) {
                    let moment = relative(&pattern, order as usize);
                    assert!(moment < 1e-9, "{exponent} {lowest} {both} {order}: {moment}");
                }
            }
        }
        assert_eq!(power(3, 3, false, true).neurons.len(), 1);
        assert_eq!(power(3, 1, true, false).neurons.len(), 4);
        assert_eq!(power(4, 2, true, false).neurons.len(), 4);
        assert_eq!(power(5, 3, true, true).neurons.len(), 4);
    }

    #[test]
    fn grid_coefficients() {
        let pattern = grid(&[2, 1]);
        let coefficients: Vec<f64> = pattern.neurons.iter().map(|(_, coefficient)| *coefficient).collect();
        assert_eq!(coefficients, [1.0, -1.0, -2.0, 2.0, 1.0, -1.0]);
        assert_eq!(pattern.neurons[0].0, [2, 1]);
    }
}
