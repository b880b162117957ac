//! Activations made of exponentials: the sigmoid and its relatives.
//!
//! Derivatives come from Taylor recurrences of the differential equation that
//! each function satisfies, written so that nothing cancels where the
//! function saturates. Bounds come from Cauchy's estimate: within the strip
//! |Im z| <= π/2 the sigmoid is at most one in magnitude, since Re e^-z >= 0.

use super::{factorial, power, scale_by_factorials};
use crate::network::elementary::{coshm1, exp_negative, expm1, ln_1p};

/// 1/(1+e^-x) without overflow.
#[inline(always)]
pub(super) fn sigmoid(x: f64) -> f64 {
    let e = exp_negative(-x.abs());
    (if x >= 0.0 { 1.0 } else { e }) / (1.0 + e)
}

/// tanh by expm1, without cancellation.
#[inline(always)]
pub(super) fn tanh(x: f64) -> f64 {
    // Beyond 20 the distance to one is below 2^-56.
    let t = expm1(2.0 * if x.abs() > 20.0 { 20.0 } else { x.abs() });
    (t / (t + 2.0)).copysign(x)
}

/// ln(1+e^x) without overflow.
#[inline(always)]
pub(super) fn softplus(x: f64) -> f64 {
    let tail = ln_1p(exp_negative(-x.abs()));
    (if x > 0.0 { x } else { 0.0 }) + tail
}

/// x/(1+e^-x)
#[inline(always)]
pub(super) fn silu(x: f64) -> f64 {
    finite_below(x) * sigmoid(x)
}

/// ln cosh x: ln(1 + (cosh x - 1)) up to one, where |x| - ln 2 +
/// ln(1+e^-2|x|) would cancel.
#[inline(always)]
pub(super) fn log_cosh(x: f64) -> f64 {
    let a = x.abs();
    if a < 1.0 { ln_1p(coshm1(a)) } else { (a + ln_1p(exp_negative(-2.0 * a))) - std::f64::consts::LN_2 }
}

/// tanh(ln(1+e^x)) and one minus its square, as rational functions of
/// e^-|x|.
#[inline(always)]
fn tanh_of_softplus(x: f64) -> (f64, f64) {
    let e = exp_negative(-x.abs());
    if x > 0.0 {
        let over = 1.0 + 2.0 * e;
        let under = over + 2.0 * e * e;
        let slope = 2.0 * e * (1.0 + e) / under;
        (over / under, slope * slope)
    } else {
        let n = e * (e + 2.0);
        (n / (n + 2.0), 4.0 * (n + 1.0) / ((n + 2.0) * (n + 2.0)))
    }
}

/// x tanh(ln(1+e^x))
#[inline(always)]
pub(super) fn mish(x: f64) -> f64 {
    finite_below(x) * tanh_of_softplus(x).0
}

/// 2 √(2/π) and the coefficient of the cube in [`gelu_tanh`].
const GELU_SLOPE: f64 = 1.595_769_121_605_730_8;
const GELU_CUBE: f64 = 0.044_715;

/// (x/2) (1 + tanh(√(2/π) (x + 0.044715 x³))), which is x σ of twice that.
#[inline(always)]
pub(super) fn gelu_tanh(x: f64) -> f64 {
    let x = finite_below(x);
    x * sigmoid(gelu_argument(x))
}

#[inline(always)]
fn gelu_argument(x: f64) -> f64 {
    GELU_SLOPE * x * (1.0 + GELU_CUBE * (x * x))
}

/// Below -1000 every product with the tails here is zero; this keeps -∞ from
/// giving NaN. NaN passes.
#[inline(always)]
fn finite_below(x: f64) -> f64 {
    if x < -1e3 { -1e3 } else { x }
}

/// The greatest magnitude of the argument of σ in [`gelu_tanh`].
pub(super) fn gelu_reach(reach: f64) -> f64 {
    1.596 * reach * (1.0 + 0.0448 * reach * reach)
}

/// Taylor coefficients of the sigmoid: y' = y - y².
fn sigmoid_taylor(x: f64, order: usize) -> Vec<f64> {
    if x > 0.0 {
        // σ(x) = 1 - σ(-x): the recurrence has no cancellation on the left.
        let mut result = sigmoid_taylor(-x, order);
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
    taylor
}

/// Derivatives of the sigmoid of orders 0 to `order`.
pub(super) fn sigmoid_derivatives(x: f64, order: usize) -> Vec<f64> {
    scale_by_factorials(sigmoid_taylor(x, order))
}

/// Derivatives of tanh of orders 0 to `order`: y' = 1 - y².
pub(super) fn tanh_derivatives(x: f64, order: usize) -> Vec<f64> {
    let e = libm::exp(-2.0 * x.abs());
    let slope = 4.0 * e / ((1.0 + e) * (1.0 + e));
    let mut taylor = vec![tanh(x), slope];
    for k in 1..order {
        let square: f64 = (0..=k).map(|i| taylor[i] * taylor[k - i]).sum();
        taylor.push(-square / (k + 1) as f64);
    }
    scale_by_factorials(taylor)
}

/// Derivatives of t = tanh(ln(1+e^x)): t' = q σ and q' = -2 t t' with
/// q = 1 - t².
pub(super) fn tanh_of_softplus_derivatives(x: f64, order: usize) -> Vec<f64> {
    let sigma = sigmoid_taylor(x, order);
    let (t, q) = tanh_of_softplus(x);
    let (mut t, mut q) = (vec![t], vec![q]);
    for k in 0..order {
        let next: f64 = (0..=k).map(|i| q[i] * sigma[k - i]).sum();
        t.push(next / (k + 1) as f64);
        let slope: f64 = (0..=k).map(|i| t[i] * (k - i + 1) as f64 * t[k - i + 1]).sum();
        q.push(-2.0 * slope / (k + 1) as f64);
    }
    scale_by_factorials(t)
}

/// Derivatives of s = σ(u(x)), u the argument in [`gelu_tanh`]: s' = s (1-s) u',
/// with 1 - s known on its own.
pub(super) fn sigmoid_of_cubic_derivatives(x: f64, order: usize) -> Vec<f64> {
    let u = gelu_argument(x);
    // u'(x + h) by powers of h.
    let slope =
        [GELU_SLOPE * (1.0 + 3.0 * GELU_CUBE * x * x), GELU_SLOPE * 6.0 * GELU_CUBE * x, GELU_SLOPE * 3.0 * GELU_CUBE];
    let (mut s, mut rest) = (vec![sigmoid(u)], vec![sigmoid(-u)]);
    let mut product = Vec::with_capacity(order);
    for k in 0..order {
        product.push((0..=k).map(|i| s[i] * rest[k - i]).sum::<f64>());
        let next: f64 = (0..=k.min(2)).map(|i| slope[i] * product[k - i]).sum();
        s.push(next / (k + 1) as f64);
        rest.push(-s[k + 1]);
    }
    scale_by_factorials(s)
}

/// A bound of the sigmoid's derivatives on the real line.
pub(super) fn sigmoid_bound(order: usize) -> f64 {
    match order {
        0 => 1.0,
        1 => 0.25,
        _ => factorial(order) * power(std::f64::consts::FRAC_2_PI, order) * 1.000001,
    }
}

/// A bound of the derivatives of tanh: tanh x = 2σ(2x) - 1.
pub(super) fn tanh_bound(order: usize) -> f64 {
    if order < 2 { 1.0 } else { 2.0 * power(2.0, order) * sigmoid_bound(order) }
}

/// A bound of the derivatives of tanh(ln(1+e^x)) = 1 - 2/((w+1)²+1), w = e^x.
/// In the strip |Im z| <= π/2, Re w >= 0, where |(w+1)²+1|² is at least that on
/// Re w = 0, b⁴ + 4 >= 4; so the function is at most 2 in magnitude.
pub(super) fn tanh_of_softplus_bound(order: usize) -> f64 {
    if order == 0 { 1.0 } else { 2.0 * factorial(order) * power(std::f64::consts::FRAC_2_PI, order) * 1.000001 }
}

/// A bound of the derivatives of σ(u(x)) for |x| <= `reach`. On a circle of
/// radius r <= 1 about such an x, |Im u| <= 2√(2/π) r (1 + 3·0.044715 (reach+1)²),
/// which is at most π/2 for the r used.
pub(super) fn sigmoid_of_cubic_bound(order: usize, reach: f64) -> f64 {
    let radius = (0.984 / (1.0 + 0.134_146 * (reach + 1.0) * (reach + 1.0))).min(1.0);
    factorial(order) * power(1.0 / radius, order) * 1.000001
}
