//! Activation functions: values, derivatives, and bounds of both.
//!
//! Every value is computed from IEEE operations, the functions of
//! `elementary` and the `libm` crate, so it has the same bits on every
//! machine. Bounds of the evaluation error are in units of u = 2^-53 and rest
//! on those of `elementary` and on `libm`'s `erf`, `erfc`, `exp`, `sin` and
//! `atan` (the FreeBSD algorithms) being within one unit in the last place, 2u
//! relative; the tests compare with values to 45 digits.

mod expansion;
mod exponential;
mod gaussian;

pub use expansion::Expansion;

use std::fmt;

use exponential::{sigmoid_bound, sigmoid_of_cubic_bound, tanh_bound, tanh_of_softplus_bound};
use gaussian::{density_bound, gaussian_bound};

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
    /// (x/2) (1 + tanh(√(2/π) (x + 0.044715 x³)))
    GeluTanh,
    /// x/(1+e^-x)
    Silu,
    /// x tanh(ln(1+e^x))
    Mish,
    /// The error function
    Erf,
    /// arctan x
    Arctan,
    /// e^x
    Exp,
    /// sin x
    Sin,
    /// e^(-x²)
    Gaussian,
    /// ln cosh x
    LogCosh,
    /// max(x, 0)
    Relu,
    /// x²
    Square,
    /// x
    Identity,
}

impl Activation {
    /// All activations, the smooth ones first.
    pub const ALL: [Activation; 16] = [
        Activation::Sigmoid,
        Activation::Tanh,
        Activation::Softplus,
        Activation::Gelu,
        Activation::GeluTanh,
        Activation::Silu,
        Activation::Mish,
        Activation::Erf,
        Activation::Arctan,
        Activation::Exp,
        Activation::Sin,
        Activation::Gaussian,
        Activation::LogCosh,
        Activation::Relu,
        Activation::Square,
        Activation::Identity,
    ];

    /// Those that are smooth and no polynomials: their gates are finite
    /// differences at a small scale.
    pub const SMOOTH: [Activation; 13] = match Activation::ALL.first_chunk() {
        Some(smooth) => *smooth,
        None => unreachable!(),
    };

    /// The name, as on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Activation::Sigmoid => "sigmoid",
            Activation::Tanh => "tanh",
            Activation::Softplus => "softplus",
            Activation::Gelu => "gelu",
            Activation::GeluTanh => "gelu_tanh",
            Activation::Silu => "silu",
            Activation::Mish => "mish",
            Activation::Erf => "erf",
            Activation::Arctan => "arctan",
            Activation::Exp => "exp",
            Activation::Sin => "sin",
            Activation::Gaussian => "gaussian",
            Activation::LogCosh => "log_cosh",
            Activation::Relu => "relu",
            Activation::Square => "square",
            Activation::Identity => "identity",
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
            Activation::Sigmoid => exponential::sigmoid(x),
            Activation::Tanh => exponential::tanh(x),
            Activation::Softplus => exponential::softplus(x),
            Activation::Gelu => gaussian::gelu(x),
            Activation::GeluTanh => exponential::gelu_tanh(x),
            Activation::Silu => exponential::silu(x),
            Activation::Mish => exponential::mish(x),
            Activation::Erf => libm::erf(x),
            Activation::Arctan => libm::atan(x),
            Activation::Exp => libm::exp(x),
            Activation::Sin => libm::sin(x),
            Activation::Gaussian => gaussian::gaussian(x),
            Activation::LogCosh => exponential::log_cosh(x),
            // Written so that NaN passes.
            Activation::Relu => {
                if x < 0.0 {
                    0.0
                } else {
                    x
                }
            }
            Activation::Square => x * x,
            Activation::Identity => x,
        }
    }

    /// Replaces each number by the activation of it.
    pub fn evaluate_all(self, values: &mut [f64]) {
        fn each(values: &mut [f64], function: impl Fn(f64) -> f64) {
            values.iter_mut().for_each(|x| *x = function(*x));
        }
        // One branch on the activation for the whole slice, so that loops of
        // functions without branches become vector instructions.
        match self {
            Activation::Sigmoid => each(values, exponential::sigmoid),
            Activation::Tanh => each(values, exponential::tanh),
            Activation::Softplus => each(values, exponential::softplus),
            Activation::GeluTanh => each(values, exponential::gelu_tanh),
            Activation::Silu => each(values, exponential::silu),
            Activation::Mish => each(values, exponential::mish),
            Activation::Gaussian => each(values, gaussian::gaussian),
            Activation::LogCosh => each(values, exponential::log_cosh),
            Activation::Relu => each(values, |x| if x < 0.0 { 0.0 } else { x }),
            Activation::Square => each(values, |x| x * x),
            Activation::Identity => {}
            other => each(values, |x| other.evaluate(x)),
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
    /// - softplus: ln(1+e) has 3.5u of its own and e's 2u with weight
    ///   e/((1+e) ln(1+e)) <= 1; the sum with x adds u: 6.5u;
    /// - GELU, (x/2) erfc(t), t = -x/√2 with error 2u: for x < 0 the weight of
    ///   t's error is |t erfc'(t)/erfc(t)| <= t (t + √(t²+2)) <= x² + 1, for
    ///   x > 0 below 1/2; with erfc's 2u and the product: (5 + 2x²)u;
    /// - its tanh form, x σ(v): v is within 7u (two constants, five
    ///   operations), which enters with weight at most |v|: (6 + 7|v|)u;
    /// - SiLU: sigmoid's 4u and the product: 5u;
    /// - Mish, x n/(n+2) with n = e(e+2) within 5u for x < 0: weight
    ///   2/(n+2) <= 1, sum, quotient and product: 8u; for x > 0 the quotient of
    ///   1 + 2e and 1 + 2e + 2e² reacts less: 9u;
    /// - the Gaussian: u x² from the square, 2u: (2 + x²)u; up to |x| = 1/2 the
    ///   exponential is 1 + p with p within u (3y²/2 + y), y = x², of e^-y - 1,
    ///   the square adds u y, and the sum below one rounds by u/2: in all
    ///   u (1/2 + 2y + 3y²/2) e^y of the value, below (1/2 + 4y)u;
    /// - ln cosh, |x| < 1: cosh x - 1 within 3.5u, the logarithm with weight at
    ///   most one and 3.5u: 7u; beyond, ln(1+e^-2|x|) <= 0.127 is within 5.5u, the
    ///   sum |x| + 0.127 and the difference round by half a unit in the last place
    ///   and ln 2 is wrong by u/4, where the value is at least 0.433 and |x| - 0.7:
    ///   5u;
    /// - error function, arctan, exponential, sine: 2u;
    /// - the square: u; the rectifier and the identity are exact.
    ///
    /// Near zero, y = |x| <= 1/4, where gates of small scales are evaluated, e =
    /// 1 + p with p within u (3y²/2 + y) and the sum rounded by u/2, so that e is
    /// within (1/2 + 2.4y)u, and all weights are known:
    /// - sigmoid: weight 0.563 of e, 0.563u from the sum, u from the quotient:
    ///   (1.9 + 1.4y)u; SiLU: (2.9 + 1.4y)u; the tanh form of GELU, with the weight
    ///   0.58|v| of v: (2.9 + 5.5|v|)u where |v| <= 1/4 as well;
    /// - GELU: weight 1.3y of t: (3 + 2.6y)u;
    /// - Mish: x < 0, n within (2.4 + 3.2y)u with weight 0.481, sum 0.97u, quotient,
    ///   product: (4.2 + 1.6y)u; x > 0: the numerator reacts with (1.12 + 1.6y)u, the
    ///   term 2e² with (2 + 4.8y)u, both with weight 0.4, the denominator's sum,
    ///   quotient and product: (4.3 + 2.6y)u.
    ///
    /// Results that underflow are wrong by at most 2^-1010 more (an
    /// exponential below 2^-1021 is taken for zero, and SiLU multiplies it by
    /// up to 709).
    pub fn evaluation_error(self, value: f64, reach: f64) -> f64 {
        let near = reach <= 0.25;
        let units = match self {
            Activation::Relu | Activation::Identity => return 0.0,
            Activation::Square => 1.0,
            Activation::Sigmoid if near => 1.9 + 1.4 * reach,
            Activation::Silu if near => 2.9 + 1.4 * reach,
            Activation::Gelu if near => 3.0 + 2.6 * reach,
            Activation::Mish if near => 4.3 + 2.6 * reach,
            Activation::GeluTanh if exponential::gelu_reach(reach) <= 0.25 => {
                2.9 + 5.5 * exponential::gelu_reach(reach)
            }
            Activation::Sigmoid => 4.0,
            Activation::Tanh => 6.0,
            Activation::Softplus => 6.5,
            Activation::Silu => 5.0,
            Activation::Gelu => 5.0 + 2.0 * reach * reach,
            Activation::GeluTanh => 6.0 + 7.0 * exponential::gelu_reach(reach),
            Activation::Mish => 9.0,
            Activation::Gaussian if reach <= 0.5 => 0.5 + 4.0 * reach * reach,
            Activation::Gaussian => 2.0 + reach * reach,
            Activation::LogCosh => 7.0,
            Activation::Erf | Activation::Arctan | Activation::Exp | Activation::Sin => 2.0,
        };
        // One percent covers products of errors.
        1.01 * units * UNIT * value + 4096.0 * f64::MIN_POSITIVE
    }

    /// [`Activation::evaluation_error`] for arguments of `lower..=upper`: less
    /// for GELU right of zero, where erfc's argument hardly matters, and for
    /// its tanh form where the sigmoid is one. Left of zero (5 + 2x²) |x Φ(x)| is
    /// below 1.3 and (6 + 7|v|) |x σ(v)| below 3, right of it v (1 - σ(v)) below
    /// 0.28, so that no interval needs more than the sum.
    pub fn evaluation_error_on(self, lower: f64, upper: f64, value: f64) -> f64 {
        let units = match self {
            Activation::Gelu if lower >= 0.0 => 6.0,
            Activation::GeluTanh if self.line(lower).is_some() => 6.0,
            _ => {
                let near = self.evaluation_error(value, lower.abs().max(upper.abs()));
                let anywhere = match self {
                    Activation::Gelu => 6.0 * value + 1.3,
                    Activation::GeluTanh => 8.0 * value + 3.0,
                    _ => return near,
                };
                return near.min(1.01 * UNIT * anywhere + 4096.0 * f64::MIN_POSITIVE);
            }
        };
        1.01 * units * UNIT * value + 4096.0 * f64::MIN_POSITIVE
    }

    /// The derivatives of orders 0 to `order` at `x`, within
    /// [`Activation::derivative_error`].
    ///
    /// By recurrences (`exponential`, `gaussian`); softplus' is the sigmoid
    /// and (ln cosh)' is tanh; (x f)^(k) = x f^(k) + k f^(k-1). Those of the
    /// rectifier are those on the side of `x`, the right one at zero.
    pub fn derivatives(self, x: f64, order: usize) -> Vec<f64> {
        let integral = |slopes: Vec<f64>| {
            let mut result = vec![self.evaluate(x)];
            result.extend(slopes);
            result
        };
        let mut result = match self {
            Activation::Sigmoid => exponential::sigmoid_derivatives(x, order),
            Activation::Tanh => exponential::tanh_derivatives(x, order),
            Activation::Softplus => integral(exponential::sigmoid_derivatives(x, order)),
            Activation::LogCosh => integral(exponential::tanh_derivatives(x, order)),
            Activation::Silu => times_argument(x, &exponential::sigmoid_derivatives(x, order)),
            Activation::Gelu => times_argument(x, &gaussian::normal_derivatives(x, order)),
            Activation::GeluTanh => times_argument(x, &exponential::sigmoid_of_cubic_derivatives(x, order)),
            Activation::Mish => times_argument(x, &exponential::tanh_of_softplus_derivatives(x, order)),
            Activation::Erf => gaussian::erf_derivatives(x, order),
            Activation::Gaussian => gaussian::gaussian_derivatives(x, order),
            Activation::Arctan => arctan_derivatives(x, order),
            Activation::Exp => vec![libm::exp(x); order + 1],
            Activation::Sin => {
                let (sine, cosine) = (libm::sin(x), libm::cos(x));
                (0..=order).map(|k| [sine, cosine, -sine, -cosine][k % 4]).collect()
            }
            Activation::Relu if x < 0.0 => vec![0.0; order + 1],
            Activation::Relu | Activation::Identity => polynomial(&[x, 1.0], order),
            Activation::Square => polynomial(&[x * x, 2.0 * x, 2.0], order),
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
    /// value, or of a sixteenth of that bound near a zero; the error of
    /// evaluation for the value itself.
    pub fn derivative_error(self, order: usize, value: f64, reach: f64) -> f64 {
        let everywhere = self.derivative_bound(order, reach);
        if matches!(self, Activation::Relu | Activation::Square | Activation::Identity) {
            return if order == 0 { UNIT * value.abs() } else { 0.0 };
        }
        if order == 0 {
            return self.evaluation_error(value.abs() * 1.000001, reach);
        }
        if order > 2 { power(0.5, 44) * everywhere } else { power(0.5, 48) * value.abs().max(everywhere / 16.0) }
    }

    /// An upper bound of the derivative's magnitude on |x| <= `reach`, by the
    /// estimates of `exponential` and `gaussian`; arctan^(k) is (k-1)! times
    /// sines and cosines.
    pub fn derivative_bound(self, order: usize, reach: f64) -> f64 {
        // Of x f(x), from bounds of f.
        let times_argument =
            |bound: &dyn Fn(usize) -> f64| reach * bound(order) + order as f64 * bound(order.saturating_sub(1));
        match (self, order) {
            (Activation::Sigmoid, _) => sigmoid_bound(order),
            (Activation::Tanh, _) => tanh_bound(order),
            (Activation::Softplus, 0) => reach + 0.7,
            (Activation::Softplus, _) => sigmoid_bound(order - 1),
            (Activation::LogCosh, 0) => reach,
            (Activation::LogCosh, _) => tanh_bound(order - 1),
            (Activation::Gelu | Activation::GeluTanh | Activation::Silu | Activation::Mish, 0) => reach,
            (Activation::Gelu | Activation::GeluTanh, 1) => 1.13,
            (Activation::Silu | Activation::Mish, 1) => 1.1,
            (Activation::Gelu, _) => 0.858 * density_bound(order - 1) + order as f64 * density_bound(order - 2),
            (Activation::GeluTanh, _) => times_argument(&|k| sigmoid_of_cubic_bound(k, reach)),
            (Activation::Silu, _) => times_argument(&sigmoid_bound),
            (Activation::Mish, _) => times_argument(&tanh_of_softplus_bound),
            (Activation::Erf, 0) => 1.0,
            (Activation::Erf, _) => 1.1285 * gaussian_bound(order - 1),
            (Activation::Gaussian, _) => gaussian_bound(order),
            (Activation::Arctan, 0) => 1.571,
            (Activation::Arctan, _) => factorial(order - 1),
            (Activation::Exp, _) => libm::exp(reach) * 1.000001,
            (Activation::Sin, _) => 1.0,
            (Activation::Relu | Activation::Identity, 0) => reach,
            (Activation::Relu | Activation::Identity, 1) => 1.0,
            (Activation::Square, 0) => reach * reach * (1.0 + f64::EPSILON),
            (Activation::Square, 1) => 2.0 * reach,
            (Activation::Square, 2) => 2.0,
            (Activation::Relu | Activation::Identity | Activation::Square, _) => 0.0,
        }
    }

    /// Whether the derivative of an order from one on is computed exactly at
    /// zero: where it is zero, a whole number, 1/2 or 1/4, and its recurrence
    /// begins with such numbers.
    pub fn derivative_at_zero_is_exact(self, order: usize) -> bool {
        match order {
            1 => !matches!(self, Activation::Mish | Activation::Erf),
            2 => !matches!(self, Activation::Mish | Activation::Gelu | Activation::GeluTanh),
            _ => false,
        }
    }

    /// The straight line x - constant that the activation follows from
    /// `lower` on, and a bound of its remainder there; `None` where it
    /// follows none, or not yet. From 60 on the remainders of softplus and ln
    /// cosh are below e^-x, those of GELU, SiLU and Mish below x e^-x, which
    /// is 5.3e-25 and falling.
    pub fn line(self, lower: f64) -> Option<(f64, f64)> {
        match self {
            Activation::Identity => Some((0.0, 0.0)),
            Activation::Relu if lower >= 0.0 => Some((0.0, 0.0)),
            Activation::LogCosh if lower >= 60.0 => Some((std::f64::consts::LN_2, 1e-24)),
            Activation::Softplus | Activation::Gelu | Activation::GeluTanh | Activation::Silu | Activation::Mish
                if lower >= 60.0 =>
            {
                Some((0.0, 1e-24))
            }
            _ => None,
        }
    }

    /// An interval that holds the computed values at computed arguments of
    /// `lower..=upper`, by the pieces on which the activation is monotone:
    /// GELU, SiLU and Mish fall below -2 and rise above 0, and are at least
    /// -0.31 between.
    pub fn enclose(self, lower: f64, upper: f64) -> (f64, f64) {
        let (a, b) = (self.evaluate(lower), self.evaluate(upper));
        let (low, high) = match self {
            Activation::Sin => (-1.0, 1.0),
            Activation::Gaussian if lower < 0.0 && upper > 0.0 => (a.min(b), 1.0),
            Activation::LogCosh | Activation::Square if lower < 0.0 && upper > 0.0 => (0.0, a.max(b)),
            Activation::Gelu | Activation::GeluTanh | Activation::Silu | Activation::Mish
                if lower < 0.0 && upper > -2.0 =>
            {
                (-0.31, a.max(b).max(0.0))
            }
            _ => (a.min(b), a.max(b)),
        };
        if matches!(self, Activation::Relu | Activation::Identity) {
            return (low, high);
        }
        let error = |value: f64| self.evaluation_error_on(lower, upper, value.abs() * 1.000001);
        (low - 2.0 * error(low), high + 2.0 * error(high))
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

/// Derivatives of arctan of orders 0 to `order`: with y = arctan x, that of
/// order k is (k-1)! cos^k(y) sin(k (y + π/2)); the first two without sines.
fn arctan_derivatives(x: f64, order: usize) -> Vec<f64> {
    let y = libm::atan(x);
    let slope = 1.0 / (1.0 + x * x);
    let cosine = slope.sqrt();
    (0..=order)
        .map(|k| match k {
            0 => y,
            1 => slope,
            2 => -2.0 * x * slope * slope,
            _ => factorial(k - 1) * power(cosine, k) * libm::sin(k as f64 * (y + std::f64::consts::FRAC_PI_2)),
        })
        .collect()
}

/// Derivatives of a polynomial: those given, then zeros.
fn polynomial(derivatives: &[f64], order: usize) -> Vec<f64> {
    let mut result = derivatives.to_vec();
    result.resize((order + 1).max(derivatives.len()), 0.0);
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
