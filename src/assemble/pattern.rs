//! Gate templates as finite differences of the activation.
//!
//! A template with inputs x_k (normalised to |x_k| <= 1) and powers r_k, of
//! order R = sum r_k, is a signed sum
//!
//! ```text
//! value = [ sum_j c_j s(b + l t_j.x) + c_0 s(b) ] / (norm l^R s_R)
//! ```
//!
//! whose directions t_j and coefficients c_j make it the R-th finite
//! difference of s along the x_k: equal to prod x_k^r_k times the mean of
//! s^(R)(b + l D)/s_R over a fixed distribution of D (the four-neuron
//! product is eq. 11 of 1608.08225, the monomial 4.2 of 1705.05502; the others
//! and all the errors are derived). So the error is purely
//! relative, and with m_k = E[D^k] at |x| = 1 it is at most
//!
//! ```text
//! sum_{0<k<K} |s_(R+k)(b)| m_k l^k / (k! |s_R|) + sup |s_(R+K)| m_K l^K / (K! |s_R|)
//! ```
//!
//! for every K (even K where D is symmetric, since odd moments then vanish);
//! the least of these is used. Where s_(R+2) = 0 the error is of fourth order
//! without a special case.

use crate::network::{Activation, Expansion, Neuron, UNIT, factorial, power};

/// The greatest K of the error formula.
pub(super) const TERMS: usize = 8;

/// A template as a finite difference.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    /// The exponent of each input.
    pub(super) powers: Vec<u32>,
    /// Direction and coefficient of each neuron.
    neurons: Vec<(Vec<i32>, f64)>,
    /// The coefficient of s(b), an output bias.
    bias: f64,
    norm: f64,
    order: usize,
    /// E[D^k] for k = 0 to `TERMS`.
    moments: Vec<f64>,
    /// The greatest |t_j.x|.
    steps: f64,
    /// The sum of |c_j| over the neurons.
    total: f64,
    /// The sum over the partial sums of c_0, c_1, ... of their magnitude, and
    /// of the magnitudes of their terms.
    partial: f64,
    spread: f64,
    /// Whether multiplication by every c_j is exact.
    exact: bool,
}

/// A template at a scale.
#[derive(Clone, Debug)]
pub(super) struct Realised {
    /// The scale l of normalised inputs.
    pub(super) scale: f64,
    /// The bound of |value - product of powers of the given inputs|.
    pub(super) error: f64,
    weights: Vec<f64>,
    output: f64,
}

/// Moments of a sum of `count` independent uniform numbers of
/// [centre-1/2, centre+1/2] times `width`.
pub(super) fn uniform_sum_moments(count: usize, centre: f64, width: f64) -> Vec<f64> {
    let single = |k: usize| {
        let (upper, lower) = ((centre + 0.5) * width, (centre - 0.5) * width);
        (power(upper, k + 1) - power(lower, k + 1)) / ((k + 1) as f64 * width)
    };
    let binomial = |n: usize, k: usize| factorial(n) / (factorial(k) * factorial(n - k));
    let mut moments = vec![0.0; TERMS + 1];
    moments[0] = 1.0;
    for _ in 0..count {
        moments =
            (0..=TERMS).map(|k| (0..=k).map(|j| binomial(k, j) * moments[j] * single(k - j)).sum::<f64>()).collect();
    }
    // Rounded upwards.
    moments.into_iter().map(|moment| moment * (1.0 + 1e-13)).collect()
}

impl Pattern {
    fn new(powers: Vec<u32>, neurons: Vec<(Vec<i32>, f64)>, bias: f64, norm: f64, moments: Vec<f64>) -> Pattern {
        let order = powers.iter().sum::<u32>() as usize;
        let reach = |direction: &[i32]| direction.iter().map(|t| t.unsigned_abs() as f64).sum::<f64>();
        let steps = neurons.iter().map(|(direction, _)| reach(direction)).fold(0.0, f64::max);
        let total = neurons.iter().map(|(_, coefficient)| coefficient.abs()).sum();
        let (mut sum, mut terms, mut partial, mut spread) = (bias, 0.0, 0.0, 0.0);
        for (_, coefficient) in &neurons {
            sum += coefficient;
            terms += coefficient.abs();
            partial += sum.abs();
            spread += terms;
        }
        let is_power_of_two = |x: f64| x.to_bits() & ((1 << 52) - 1) == 0;
        let exact = neurons.iter().all(|(_, coefficient)| is_power_of_two(*coefficient));
        Pattern { powers, neurons, bias, norm, order, moments, steps, total, partial, spread, exact }
    }

    /// Four neurons, uv (1608.08225 eq. 11); signs alternate, so that partial
    /// sums stay small.
    pub(super) fn product4() -> Pattern {
        let neurons = vec![(vec![1, 1], 1.0), (vec![1, -1], -1.0), (vec![-1, -1], 1.0), (vec![-1, 1], -1.0)];
        Pattern::new(vec![1, 1], neurons, 0.0, 4.0, uniform_sum_moments(2, 0.0, 2.0))
    }

    /// Three neurons and an output bias, uv: s(b+l(u+v)) - s(b+lu) - s(b+lv)
    /// + s(b). D is a sum of two uniform numbers of [0, 1].
    pub(super) fn product3() -> Pattern {
        let neurons = vec![(vec![1, 0], -1.0), (vec![1, 1], 1.0), (vec![0, 1], -1.0)];
        Pattern::new(vec![1, 1], neurons, 1.0, 1.0, uniform_sum_moments(2, 0.5, 1.0))
    }

    /// Two neurons and an output bias, u²: s(b+lu) + s(b-lu) - 2 s(b). D is a
    /// sum of two uniform numbers of [-1/2, 1/2].
    pub(super) fn square2() -> Pattern {
        let neurons = vec![(vec![1], 1.0), (vec![-1], 1.0)];
        Pattern::new(vec![2], neurons, -2.0, 1.0, uniform_sum_moments(2, 0.0, 1.0))
    }

    /// One neuron and an output bias, u: s(b+lu) - s(b).
    pub(super) fn copy1() -> Pattern {
        let neurons = vec![(vec![1], 1.0)];
        Pattern::new(vec![1], neurons, -1.0, 1.0, uniform_sum_moments(1, 0.5, 1.0))
    }

    /// Two neurons, u: s(b+lu) - s(b-lu).
    pub(super) fn copy2() -> Pattern {
        let neurons = vec![(vec![1], 1.0), (vec![-1], -1.0)];
        Pattern::new(vec![1], neurons, 0.0, 2.0, uniform_sum_moments(1, 0.0, 2.0))
    }

    /// A whole monomial in one layer (1705.05502, 4.2): prod (r_k + 1)
    /// neurons with t_k in {-r_k, -r_k+2, .., r_k} and coefficients
    /// prod (-1)^((r_k-t_k)/2) C(r_k, (r_k-t_k)/2); norm 2^R. The caller
    /// limits their number.
    pub(super) fn monomial(powers: &[u32]) -> Pattern {
        let order: u32 = powers.iter().sum();
        let mut neurons: Vec<(Vec<i32>, f64)> = vec![(Vec::new(), 1.0)];
        for &exponent in powers {
            let mut row = Vec::with_capacity(exponent as usize + 1);
            let mut binomial = 1.0;
            for k in 0..=exponent {
                row.push((exponent as i32 - 2 * k as i32, if k % 2 == 0 { binomial } else { -binomial }));
                binomial = (binomial * (exponent - k) as f64 / (k + 1) as f64).round();
            }
            neurons = neurons
                .iter()
                .flat_map(|(direction, coefficient)| {
                    row.iter().map(move |(t, factor)| {
                        let mut extended = Vec::with_capacity(powers.len());
                        extended.extend_from_slice(direction);
                        extended.push(*t);
                        (extended, coefficient * factor)
                    })
                })
                .collect();
        }
        let moments = uniform_sum_moments(order as usize, 0.0, 2.0);
        Pattern::new(powers.to_vec(), neurons, 0.0, power(2.0, order as usize), moments)
    }

    /// The derivatives needed around a centre.
    pub(super) fn expand(&self, activation: Activation, centre: f64) -> Expansion {
        Expansion::new(activation, centre, self.order + TERMS + 8)
    }

    /// The centre of the activation at which a gate with inputs in [-1, 1]
    /// has the least error, and the derivatives there. Candidates are 0 and
    /// the points where one of the two derivatives after the leading one is
    /// zero, solved for.
    pub(super) fn best_centre(&self, activation: Activation) -> Option<Expansion> {
        let mut candidates = vec![0.0];
        for order in [self.order + 1, self.order + 2] {
            candidates.extend(activation.derivative_zeros(order, -4.0, 4.0));
        }
        candidates.sort_by(f64::total_cmp);
        candidates.dedup();
        let ranges = vec![1.0; self.powers.len()];
        let mut best: Option<(f64, Expansion)> = None;
        for centre in candidates {
            let expansion = self.expand(activation, centre);
            let Some(realised) = self.best_scale(&expansion, &ranges) else { continue };
            if best.as_ref().is_none_or(|(error, _)| realised.error < *error) {
                best = Some((realised.error, expansion));
            }
        }
        best.map(|(_, expansion)| expansion)
    }

    /// The scale with the least error for inputs of these magnitudes. Output
    /// weights are powers of two times c_j, so that most products with them
    /// are exact. `None` where no scale keeps all weights within the range of
    /// doubles.
    pub(super) fn best_scale(&self, expansion: &Expansion, ranges: &[f64]) -> Option<Realised> {
        let leading = expansion.derivatives[self.order].abs();
        if leading == 0.0 {
            return None;
        }
        // An input that is as good as zero may have any scale.
        let usable = |&range: &f64| if range == 0.0 || range.is_subnormal() { 1.0 } else { range };
        let ranges: Vec<f64> = ranges.iter().map(usable).collect();
        let product: f64 = ranges.iter().zip(&self.powers).map(|(&range, &r)| power(range, r as usize)).product();
        let unit = product / (self.norm * leading);
        if !unit.is_normal() {
            return None;
        }
        // The exponent at which the scale is about one; it halves when the
        // exponent grows by the order.
        let order = self.order as i32;
        let start = libm::ilogb(unit) - order;
        let mut best: Option<(i32, Realised)> = None;
        let mut consider = |exponent: i32| {
            let Some(realised) = self.realise(expansion, &ranges, product, exponent) else { return };
            if best.as_ref().is_none_or(|(_, known)| realised.error < known.error) {
                best = Some((exponent, realised));
            }
        };
        (0..36).for_each(|step| consider(start + step * order));
        let coarse = best.as_ref()?.0;
        let mut consider = |exponent: i32| {
            let Some(realised) = self.realise(expansion, &ranges, product, exponent) else { return };
            if best.as_ref().is_none_or(|(_, known)| realised.error < known.error) {
                best = Some((exponent, realised));
            }
        };
        (coarse - order + 1..coarse + order).for_each(&mut consider);
        best.map(|(_, realised)| realised)
    }

    /// The template with output weights 2^`exponent` c_j, and its error:
    /// - truncation, relative, by the formula above;
    /// - the rounding of the input and output weights and of s_R, relative;
    /// - for each neuron, the evaluation of the activation, the rounding of
    ///   its argument (inputs times weights, their sum, and the bias added
    ///   last) times sup |s'|, and the product with the output weight where
    ///   c_j is no power of two;
    /// - the additions of the neurons, each u times the partial sum, which is
    ///   at most |sum of c_j| |s(b)| + sum |c_j| reach sup |s'|.
    fn realise(&self, expansion: &Expansion, ranges: &[f64], product: f64, exponent: i32) -> Option<Realised> {
        let output = libm::ldexp(1.0, exponent);
        let leading = expansion.derivatives[self.order].abs();
        let ratio = product / (self.norm * leading * output);
        let scale = match self.order {
            1 => ratio,
            2 => ratio.sqrt(),
            order => libm::pow(ratio, 1.0 / order as f64),
        };
        let weights: Vec<f64> = ranges.iter().map(|range| scale / range).collect();
        let normal = |x: &f64| x.is_normal();
        if !(output.is_normal() && scale.is_normal() && weights.iter().all(normal)) {
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
        let achieved = product_of_weights * self.norm * leading * output;
        let normalisation = (achieved - 1.0).abs() + (2 * self.order + 8) as f64 * UNIT + doubt;

        let reach = scale * self.steps * (1.0 + 1e-12);
        let truncation = self.truncation(expansion, scale * (1.0 + 1e-12), reach);

        let centre = expansion.centre;
        let slope = expansion.bound(1, reach);
        let at_centre = expansion.at_centre(0);
        let value = expansion.bound(0, reach).min(at_centre + slope * reach);
        let farthest = centre.abs() + reach;
        let inputs = ranges.len() as f64;
        // Products that underflow lose at most the least normal number each.
        let argument = UNIT * (farthest + (inputs + 1.0) * reach) * (1.0 + 1e-12) + inputs * f64::MIN_POSITIVE;
        let activation = expansion.activation.evaluation_error(value, farthest);
        let multiplication = if self.exact { 0.0 } else { UNIT * value };
        let neurons = self.total * (activation + slope * argument + multiplication);
        let bias =
            self.bias.abs() * (expansion.activation.evaluation_error(at_centre, centre.abs()) + UNIT * at_centre);
        let additions = UNIT * (self.partial * at_centre + self.spread * slope * reach);
        let rounding = output * (neurons + bias + additions) * (1.0 + 1e-9);

        // The truncation is relative to the computed s_R.
        let error = product * (truncation + normalisation) * (1.0 + 2.0 * normalisation + 1e-9) + rounding;
        let largest = output * self.total.max(self.bias.abs()) * (1.0 + value);
        (error.is_finite() && largest.is_finite()).then_some(Realised { scale, error, weights, output })
    }

    /// The least relative truncation error that the formula gives.
    fn truncation(&self, expansion: &Expansion, scale: f64, reach: f64) -> f64 {
        let leading = expansion.derivatives[self.order].abs();
        let mut best = f64::INFINITY;
        let mut sum = 0.0;
        let mut factor = 1.0;
        for k in 1..=TERMS {
            factor *= scale / k as f64;
            if self.moments[k] == 0.0 {
                continue;
            }
            let weight = self.moments[k] * factor / leading;
            best = f64::min(best, sum + expansion.bound(self.order + k, reach) * weight);
            sum += expansion.at_centre(self.order + k) * weight;
        }
        best * (1.0 + 1e-9)
    }

    /// The neurons and the output bias.
    pub(super) fn neurons(&self, expansion: &Expansion, realised: &Realised) -> (Vec<Neuron>, f64) {
        let sign = expansion.derivatives[self.order].signum();
        let neurons = self.neurons.iter().map(|(direction, coefficient)| Neuron {
            bias: expansion.centre,
            weights: direction.iter().zip(&realised.weights).map(|(&t, weight)| t as f64 * weight).collect(),
            output: coefficient * realised.output * sign,
        });
        let at_centre = expansion.activation.evaluate(expansion.centre);
        (neurons.collect(), self.bias * realised.output * sign * at_centre)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_the_error_formulas() {
        // l²/6 (u²+v²) s4/s2 and l⁴/360 (3u⁴+10u²v²+3v⁴) s6/s2 at u = v = 1.
        let product4 = Pattern::product4();
        assert!((product4.moments[2] / 2.0 - 2.0 / 6.0).abs() < 1e-12);
        assert!((product4.moments[4] / 24.0 - 16.0 / 360.0).abs() < 1e-12);
        assert_eq!(product4.moments[1], 0.0);
        // (l/2)(s3/s2)(u+v) and (l²/12)(s4/s2)(2u²+3uv+2v²).
        let product3 = Pattern::product3();
        assert!((product3.moments[1] - 1.0).abs() < 1e-12);
        assert!((product3.moments[2] / 2.0 - 7.0 / 12.0).abs() < 1e-12);
        // l² u² s4/(12 s2).
        assert!((Pattern::square2().moments[2] / 2.0 - 1.0 / 12.0).abs() < 1e-12);
        // l u s2/(2 s1).
        assert!((Pattern::copy1().moments[1] - 0.5).abs() < 1e-12);
        // (l²/6)(s^(n+2)/s^(n)) sum x².
        assert!((Pattern::monomial(&[1, 1, 1]).moments[2] / 2.0 - 3.0 / 6.0).abs() < 1e-12);
    }

    #[test]
    fn monomial_coefficients() {
        let pattern = Pattern::monomial(&[2, 1]);
        let coefficients: Vec<f64> = pattern.neurons.iter().map(|(_, coefficient)| *coefficient).collect();
        assert_eq!(coefficients, [1.0, -1.0, -2.0, 2.0, 1.0, -1.0]);
        assert_eq!(pattern.neurons[0].0, [2, 1]);
    }
}
