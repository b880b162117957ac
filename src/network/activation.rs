//! Activation functions: values, derivatives, and bounds of both.
//!
//! Every value is computed from IEEE operations, the functions of
//! `elementary` and the `libm` crate, so it has the same bits on every
//! machine. Bounds of the evaluation error are in units of u = 2^-53 and rest
//! on those of `elementary` and on `libm`'s `erfc` (the FreeBSD algorithm)
//! being within one unit in the last place, 2u relative; the tests compare
//! with values to 45 digits.

use std::fmt;

use super::elementary::{exp_negative, expm1, ln_1p};

/// The unit roundoff of doubles, 2^-53.
pub const UNIT: f64 = f64::EPSILON / 2.0;

/// An activation function.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Activation {
    /// 1/(1+e^-x)
    Sigmoid,
    /// tanh x
    Tanh,
    /// ln(1+e^x)
    Softplus,
    /// x Φ(x), with the error function
    Gelu,
    /// x/(1+e^-x)
    Silu,
}

impl Activation {
    /// All activations.
    pub const ALL: [Activation; 5] =
        [Activation::Sigmoid, Activation::Tanh, Activation::Softplus, Activation::Gelu, Activation::Silu];

    /// The name, as on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Activation::Sigmoid => "sigmoid",
            Activation::Tanh => "tanh",
            Activation::Softplus => "softplus",
            Activation::Gelu => "gelu",
            Activation::Silu => "silu",
        }
    }

    /// The activation with a name, in any case.
    pub fn parse(name: &str) -> Option<Activation> {
        Activation::ALL.into_iter().find(|activation| activation.name().eq_ignore_ascii_case(name))
    }

    /// The value at `x`. NaN gives NaN; the error is bounded by
    /// [`Activation::evaluation_error`].
    #[inline(always)]
    pub fn evaluate(self, x: f64) -> f64 {
        match self {
            Activation::Sigmoid => sigmoid(x),
            Activation::Tanh => tanh(x),
            Activation::Softplus => {
                let tail = ln_1p(exp_negative(-x.abs()));
                (if x > 0.0 { x } else { 0.0 }) + tail
            }
            Activation::Gelu => {
                if x == f64::NEG_INFINITY {
                    return -0.0;
                }
                0.5 * x * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
            }
            Activation::Silu => {
                // Below -750 the product is zero; this keeps -∞ from giving NaN.
                (if x < -1e3 { -1e3 } else { x }) * sigmoid(x)
            }
        }
    }

    /// Replaces each number by the activation of it.
    pub fn evaluate_all(self, values: &mut [f64]) {
        // One branch on the activation for the whole slice.
        match self {
            Activation::Sigmoid => values.iter_mut().for_each(|x| *x = Activation::Sigmoid.evaluate(*x)),
            Activation::Tanh => values.iter_mut().for_each(|x| *x = Activation::Tanh.evaluate(*x)),
            Activation::Softplus => values.iter_mut().for_each(|x| *x = Activation::Softplus.evaluate(*x)),
            Activation::Gelu => values.iter_mut().for_each(|x| *x = Activation::Gelu.evaluate(*x)),
            Activation::Silu => values.iter_mut().for_each(|x| *x = Activation::Silu.evaluate(*x)),
        }
    }

    /// A bound of |computed - exact| for arguments of magnitude at most
    /// `reach` at which the exact value has magnitude at most `value`.
    ///
    /// The relative errors, with e = exp(-|x|) known to 2u:
    /// - sigmoid, x < 0, e/(1+e): the error of e enters with weight 1/(1+e),
    ///   the sum and the quotient add u each: 4u; x >= 0, 1/(1+e): 3u;
    /// - tanh, t/(t+2) with t = expm1(2|x|): 4u with weight 2/(t+2) <= 1, plus
    ///   sum and quotient: 6u;
    /// - softplus: ln(1+e) has 5u of its own and e's 2u with weight
    ///   e/((1+e) ln(1+e)) <= 1; the sum with x adds u: 8u;
    /// - GELU, (x/2) erfc(t), t = -x/√2 with error 2u: for x < 0 the weight of
    ///   t's error is |t erfc'(t)/erfc(t)| <= t (t + √(t²+2)) <= x² + 1, for
    ///   x > 0 below 1/2; with erfc's 2u and the product: (5 + 2x²)u;
    /// - SiLU: sigmoid's 4u and the product: 5u.
    ///
    /// Results that underflow are wrong by at most 2^-1010 more (an
    /// exponential below 2^-1021 is taken for zero, and SiLU multiplies it by
    /// up to 709).
    pub fn evaluation_error(self, value: f64, reach: f64) -> f64 {
        let units = match self {
            Activation::Sigmoid => 4.0,
            Activation::Tanh => 6.0,
            Activation::Softplus => 8.0,
            Activation::Silu => 5.0,
            Activation::Gelu => 5.0 + 2.0 * reach * reach,
        };
        // One percent covers products of errors.
        1.01 * units * UNIT * value + 4096.0 * f64::MIN_POSITIVE
    }

    /// The derivatives of orders 0 to `order` at `x`, within
    /// [`Activation::derivative_error`].
    ///
    /// Taylor recurrences: y' = y - y² for the sigmoid, y' = 1 - y² for tanh;
    /// softplus' is the sigmoid; (x f)^(k) = x f^(k) + k f^(k-1) for SiLU and
    /// GELU, where Φ^(k+1) = (-1)^k He_k φ with Hermite's recurrence.
    pub fn derivatives(self, x: f64, order: usize) -> Vec<f64> {
        let mut result = match self {
            Activation::Sigmoid => sigmoid_derivatives(x, order),
            Activation::Tanh => tanh_derivatives(x, order),
            Activation::Softplus => {
                let mut result = vec![self.evaluate(x)];
                result.extend(sigmoid_derivatives(x, order));
                result
            }
            Activation::Silu => times_argument(x, &sigmoid_derivatives(x, order)),
            Activation::Gelu => times_argument(x, &normal_derivatives(x, order)),
        };
        result.truncate(order + 1);
        result
    }

    /// The derivative of one order at `x`.
    pub fn derivative(self, order: usize, x: f64) -> f64 {
        self.derivatives(x, order)[order]
    }

    /// A bound of the error of a derivative that [`Activation::derivatives`]
    /// gave as `value` at |x| <= `reach`: 2^-44 of
    /// [`Activation::derivative_bound`] for orders above two, where the
    /// recurrences cancel; for the closed forms of lower orders 2^-48 of the
    /// value, or of a sixteenth of that bound near a zero.
    pub fn derivative_error(self, order: usize, value: f64, reach: f64) -> f64 {
        let everywhere = self.derivative_bound(order, reach);
        if order > 2 { power(0.5, 44) * everywhere } else { power(0.5, 48) * value.abs().max(everywhere / 16.0) }
    }

    /// An upper bound of the derivative's magnitude on |x| <= `reach`.
    ///
    /// Within the strip |Im z| <= π/2 the sigmoid is at most one in magnitude
    /// (Re e^-z >= 0), so Cauchy's estimate gives |σ^(k)| <= k! (2/π)^k on the
    /// real line; tanh x = 2σ(2x) - 1. For the normal density, Cramér's
    /// inequality |He_k(x)| e^(-x²/4) <= 1.0865 √k!, with |x| e^(-x²/4) <= 0.858.
    pub fn derivative_bound(self, order: usize, reach: f64) -> f64 {
        let cauchy = |k: usize| factorial(k) * power(std::f64::consts::FRAC_2_PI, k) * 1.000001;
        let sigmoid = |k: usize| match k {
            0 => 1.0,
            1 => 0.25,
            _ => cauchy(k),
        };
        let density = |k: usize| 0.4336 * factorial(k).sqrt();
        match (self, order) {
            (Activation::Sigmoid, _) => sigmoid(order),
            (Activation::Tanh, 0 | 1) => 1.0,
            (Activation::Tanh, _) => 2.0 * power(2.0, order) * sigmoid(order),
            (Activation::Softplus, 0) => reach + 0.7,
            (Activation::Softplus, _) => sigmoid(order - 1),
            (Activation::Gelu | Activation::Silu, 0) => reach,
            (Activation::Gelu, 1) => 1.13,
            (Activation::Silu, 1) => 1.1,
            (Activation::Gelu, _) => 0.858 * density(order - 1) + order as f64 * density(order - 2),
            (Activation::Silu, _) => reach * sigmoid(order) + order as f64 * sigmoid(order - 1),
        }
    }

    /// The points of `lower..=upper` where the derivative of an order is
    /// zero, ascending: sign changes on a grid of 1/16, refined by bisection
    /// to neighbouring doubles.
    pub fn derivative_zeros(self, order: usize, lower: f64, upper: f64) -> Vec<f64> {
        let mut zeros: Vec<f64> = Vec::new();
        let steps = ((upper - lower) * 16.0).ceil().clamp(0.0, 4096.0) as usize;
        let point = |step: usize| (lower + step as f64 / 16.0).min(upper);
        // At a centre of symmetry the recurrence may leave a rounding error
        // instead of zero.
        let tiny = self.derivative_bound(order, lower.abs().max(upper.abs())) * 1e-15;
        let value = |x: f64| match self.derivative(order, x) {
            value if x == 0.0 && value.abs() < tiny => 0.0,
            value => value,
        };
        for step in 0..=steps {
            let (a, at_a) = (point(step), value(point(step)));
            if at_a == 0.0 {
                zeros.push(a);
                continue;
            }
            if step == steps || at_a * value(point(step + 1)) >= 0.0 {
                continue;
            }
            let (mut a, mut b) = (a, point(step + 1));
            loop {
                let middle = a + (b - a) / 2.0;
                if middle <= a || middle >= b {
                    break;
                }
                if (value(middle) < 0.0) == (at_a < 0.0) { a = middle } else { b = middle }
            }
            zeros.push(if value(a).abs() <= value(b).abs() { a } else { b });
        }
        zeros
    }
}

impl fmt::Display for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The derivatives of an activation at a centre, and bounds of them around it.
#[derive(Clone, Debug)]
pub struct Expansion {
    /// The activation.
    pub activation: Activation,
    /// The centre.
    pub centre: f64,
    /// The derivatives at the centre, from order 0.
    pub derivatives: Vec<f64>,
}

impl Expansion {
    /// The expansion with derivatives up to `order`.
    pub fn new(activation: Activation, centre: f64, order: usize) -> Expansion {
        Expansion { activation, centre, derivatives: activation.derivatives(centre, order) }
    }

    /// An upper bound of the magnitude of a derivative at the centre itself.
    pub fn at_centre(&self, order: usize) -> f64 {
        self.derivatives[order].abs() + self.error(order)
    }

    /// A bound of the error of a derivative at the centre.
    pub fn error(&self, order: usize) -> f64 {
        // Zero is exact where the derivative vanishes by symmetry or by a
        // factor x.
        if order < 3 && self.derivatives[order] == 0.0 && self.centre == 0.0 {
            return 0.0;
        }
        self.activation.derivative_error(order, self.derivatives[order], self.centre.abs())
    }

    /// An upper bound of a derivative's magnitude within `radius` of the
    /// centre: its Taylor sum in magnitudes with the last derivative bounded
    /// everywhere, or the bound that holds everywhere, whichever is less.
    pub fn bound(&self, order: usize, radius: f64) -> f64 {
        let reach = self.centre.abs() + radius;
        let everywhere = self.activation.derivative_bound(order, reach);
        if order >= self.derivatives.len() {
            return everywhere;
        }
        let mut sum = 0.0;
        let mut factor = 1.0;
        for k in order..self.derivatives.len() {
            sum += self.at_centre(k) * factor;
            factor *= radius / (k + 1 - order) as f64;
        }
        sum += self.activation.derivative_bound(self.derivatives.len(), reach) * factor;
        (sum * 1.000000001).min(everywhere)
    }
}

/// 1/(1+e^-x) without overflow.
#[inline(always)]
fn sigmoid(x: f64) -> f64 {
    let e = exp_negative(-x.abs());
    (if x >= 0.0 { 1.0 } else { e }) / (1.0 + e)
}

/// tanh by expm1, without cancellation.
#[inline(always)]
fn tanh(x: f64) -> f64 {
    // Beyond 20 the distance to one is below 2^-56.
    let t = expm1(2.0 * if x.abs() > 20.0 { 20.0 } else { x.abs() });
    (t / (t + 2.0)).copysign(x)
}

/// Derivatives of the sigmoid of orders 0 to `order`.
fn sigmoid_derivatives(x: f64, order: usize) -> Vec<f64> {
    if x > 0.0 {
        // σ(x) = 1 - σ(-x): the recurrence has no cancellation on the left.
        let mut result = sigmoid_derivatives(-x, order);
        result[0] = sigmoid(x);
        for (k, value) in result.iter_mut().enumerate() {
            if k > 0 && k % 2 == 0 {
                *value = -*value;
            }
        }
        return result;
    }
    let mut taylor = vec![sigmoid(x)];
    for k in 0..order {
        let square: f64 = (0..=k).map(|i| taylor[i] * taylor[k - i]).sum();
        taylor.push((taylor[k] - square) / (k + 1) as f64);
    }
    scale_by_factorials(taylor)
}

/// Derivatives of tanh of orders 0 to `order`.
fn tanh_derivatives(x: f64, order: usize) -> Vec<f64> {
    let e = libm::exp(-2.0 * x.abs());
    let slope = 4.0 * e / ((1.0 + e) * (1.0 + e));
    let mut taylor = vec![tanh(x), slope];
    for k in 1..order {
        let square: f64 = (0..=k).map(|i| taylor[i] * taylor[k - i]).sum();
        taylor.push(-square / (k + 1) as f64);
    }
    scale_by_factorials(taylor)
}

/// Φ(x) and its derivatives up to `order`.
fn normal_derivatives(x: f64, order: usize) -> Vec<f64> {
    let density = libm::exp(-0.5 * x * x) * (0.5 * std::f64::consts::FRAC_2_SQRT_PI * std::f64::consts::FRAC_1_SQRT_2);
    let mut result = vec![0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)];
    // φ^(k) = (-1)^k He_k φ and He_(k+1) = x He_k - k He_(k-1).
    let (mut before, mut current) = (0.0, density);
    for k in 0..order {
        result.push(current);
        (before, current) = (current, -x * current - k as f64 * before);
    }
    result
}

/// The derivatives of x f(x) from those of f.
fn times_argument(x: f64, f: &[f64]) -> Vec<f64> {
    (0..f.len()).map(|k| x * f[k] + if k == 0 { 0.0 } else { k as f64 * f[k - 1] }).collect()
}

/// Derivatives from Taylor coefficients.
fn scale_by_factorials(mut taylor: Vec<f64>) -> Vec<f64> {
    for (k, value) in taylor.iter_mut().enumerate() {
        *value *= factorial(k);
    }
    taylor
}

/// k! rounded.
pub(crate) fn factorial(k: usize) -> f64 {
    (1..=k).map(|i| i as f64).product()
}

/// x^k by multiplication: the same bits everywhere, unlike `powi`.
pub(crate) fn power(x: f64, k: usize) -> f64 {
    std::iter::repeat_n(x, k).product()
}
