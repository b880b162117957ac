//! Activations made of the Gaussian and its integral.
//!
//! Derivatives are Hermite polynomials times the Gaussian; bounds are
//! Cramér's inequality: |He_k(x)| e^(-x²/4) <= 1.0865 √k! and
//! |H_k(x)| e^(-x²/2) <= 1.0865 2^(k/2) √k!.

use super::{factorial, power};
use crate::network::elementary::exp_negative;

/// x Φ(x)
#[inline(always)]
pub(super) fn gelu(x: f64) -> f64 {
    if x == f64::NEG_INFINITY {
        return -0.0;
    }
    0.5 * x * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

/// e^(-x²)
#[inline(always)]
pub(super) fn gaussian(x: f64) -> f64 {
    exp_negative(-(x * x))
}

/// Φ(x) and its derivatives up to `order`: φ^(k) = (-1)^k He_k φ and
/// He_(k+1) = x He_k - k He_(k-1).
pub(super) fn normal_derivatives(x: f64, order: usize) -> Vec<f64> {
    let density = libm::exp(-0.5 * x * x) * (0.5 * std::f64::consts::FRAC_2_SQRT_PI * std::f64::consts::FRAC_1_SQRT_2);
    let mut result = vec![0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)];
    let (mut before, mut current) = (0.0, density);
    for k in 0..order {
        result.push(current);
        (before, current) = (current, -x * current - k as f64 * before);
    }
    result
}

/// Derivatives of e^(-x²) of orders 0 to `order`: f' = -2x f.
pub(super) fn gaussian_derivatives(x: f64, order: usize) -> Vec<f64> {
    let mut result = Vec::with_capacity(order + 1);
    let (mut before, mut current) = (0.0, libm::exp(-(x * x)));
    for k in 0..=order {
        result.push(current);
        (before, current) = (current, -2.0 * x * current - 2.0 * k as f64 * before);
    }
    result
}

/// Derivatives of the error function of orders 0 to `order`.
pub(super) fn erf_derivatives(x: f64, order: usize) -> Vec<f64> {
    let mut result = vec![libm::erf(x)];
    let slopes = gaussian_derivatives(x, order.saturating_sub(1));
    result.extend(slopes.into_iter().map(|slope| std::f64::consts::FRAC_2_SQRT_PI * slope));
    result
}

/// A bound of the derivatives of the normal density, of x times them by
/// |x| e^(-x²/4) <= 0.858 less.
pub(super) fn density_bound(order: usize) -> f64 {
    0.4336 * factorial(order).sqrt()
}

/// A bound of the derivatives of e^(-x²).
pub(super) fn gaussian_bound(order: usize) -> f64 {
    if order == 0 { 1.0 } else { 1.0866 * (power(2.0, order) * factorial(order)).sqrt() }
}
