//! Elementary functions without branches, so that loops over arrays become
//! vector instructions, from IEEE operations only, so that every machine
//! gives the same bits.
//!
//! Errors are relative, in units of u = 2^-53.

/// log2 e.
const LOG2_E: f64 = std::f64::consts::LOG2_E;

/// ln 2 in two parts: the first has 32 significant bits, so that its products
/// with integers below 2^21 are exact (FreeBSD's e_exp.c).
const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// 3 * 2^51: adding it rounds to an integer, which then stands in the low
/// bits of the sum.
const ROUND: f64 = 6_755_399_441_055_744.0;

/// Below this argument e^x is taken for zero; its value there, 2.2387e-308,
/// is normal.
const LEAST: f64 = -708.39;

/// 1/2!, 1/3!, ..., 1/13!, each rounded.
const EXPONENTIAL: [f64; 12] = [
    1.0 / 2.0,
    1.0 / 6.0,
    1.0 / 24.0,
    1.0 / 120.0,
    1.0 / 720.0,
    1.0 / 5040.0,
    1.0 / 40320.0,
    1.0 / 362880.0,
    1.0 / 3628800.0,
    1.0 / 39916800.0,
    1.0 / 479001600.0,
    1.0 / 6227020800.0,
];

/// The polynomial with these coefficients, lowest first, by Horner's rule.
#[inline(always)]
fn horner<const N: usize>(coefficients: &[f64; N], x: f64) -> f64 {
    let mut sum = coefficients[N - 1];
    for at in (0..N - 1).rev() {
        sum = sum * x + coefficients[at];
    }
    sum
}

/// e^x = 2^k (1 + p): 2^k and p, |p| < 0.42, for x in -708.39..=709.
///
/// k is the integer next to x log2 e, r = x - k ln 2, |r| <= 0.3466, and p =
/// r + r² (1/2 + r/6 + ...) to r^13; the rest of the series is below 2^-57.
/// r is within u |r| + 2^-60 (its high part is exact, the low part is below
/// 2^-22 and within u of that), the polynomial within 3u of its value, and the
/// last sum rounds at most u |p|. So p is within u (|r| + 3 r²/2 + |p|) + 2^-56
/// of e^r - 1, which is below 1.1 u.
#[inline(always)]
fn reduced(x: f64) -> (f64, f64) {
    let shifted = x * LOG2_E + ROUND;
    let k = shifted - ROUND;
    let r = (x - k * LN2_HIGH) - k * LN2_LOW;
    let p = r + r * r * horner(&EXPONENTIAL, r);
    // The low bits of `shifted` hold k; those above are shifted out.
    let scale = f64::from_bits((shifted.to_bits() << 52).wrapping_add(1023 << 52));
    (scale, p)
}

/// e^x for x <= 0, within 2u: p's 1.1 u/(1 + p), 1 + p at least 0.707 and
/// rounded to within u (u/2 where it is below one). NaN stays NaN; below
/// -708.39 the result is zero.
#[inline(always)]
pub(super) fn exp_negative(x: f64) -> f64 {
    // Written so that NaN passes.
    let clamped = if x < LEAST { LEAST } else { x };
    let (scale, p) = reduced(clamped);
    let value = scale * (1.0 + p);
    if x < LEAST { 0.0 } else { value }
}

/// e^x - 1 for 0 <= x <= 40, within 4u: 2^k p + (2^k - 1), where the second
/// part is exact. For k = 0, r = x exactly and the result is p, within 2u of
/// its value since p's errors are then u (3 r²/2 + p). For k >= 1 the result
/// is at least 0.41 * 2^k: 1.1 u/0.41 and the rounding of the sum.
#[inline(always)]
pub(super) fn expm1(x: f64) -> f64 {
    let (scale, p) = reduced(x);
    scale * p + (scale - 1.0)
}

/// 1/3, 1/5, ..., 1/37, each rounded.
const LOGARITHM: [f64; 18] = [
    1.0 / 3.0,
    1.0 / 5.0,
    1.0 / 7.0,
    1.0 / 9.0,
    1.0 / 11.0,
    1.0 / 13.0,
    1.0 / 15.0,
    1.0 / 17.0,
    1.0 / 19.0,
    1.0 / 21.0,
    1.0 / 23.0,
    1.0 / 25.0,
    1.0 / 27.0,
    1.0 / 29.0,
    1.0 / 31.0,
    1.0 / 33.0,
    1.0 / 35.0,
    1.0 / 37.0,
];

/// ln(1 + x) for 0 <= x <= 1, within 3.5u: 2 artanh s with s = x/(2 + x) <= 1/3,
/// that is 2s + 2s s² (1/3 + s²/5 + ...) to s^37, the rest below 2^-60. s is
/// within 2u; artanh s reacts with weight s/((1-s²) artanh s) <= 1.09; the
/// correction is below 0.04 of the value and within 6u of itself; the last
/// sum rounds once: 2.18 + 0.24 + 1.
#[inline(always)]
pub(super) fn ln_1p(x: f64) -> f64 {
    let s = x / (2.0 + x);
    let square = s * s;
    let twice = 2.0 * s;
    twice + twice * (square * horner(&LOGARITHM, square))
}

/// 2/4!, 2/6!, ..., 2/20!, each rounded.
const COSINE: [f64; 9] = [
    1.0 / 12.0,
    1.0 / 360.0,
    1.0 / 20160.0,
    1.0 / 1814400.0,
    1.0 / 239500800.0,
    1.0 / 43589145600.0,
    1.0 / 10461394944000.0,
    1.0 / 3201186852864000.0,
    1.0 / 1216451004088320000.0,
];

/// cosh x - 1 for |x| <= 1, within 3.5u: (y/2) (1 + 2y/4! + 2y²/6! + ...),
/// y = x², all of whose terms are positive; the rest is below 2^-62. y is within
/// u and enters with weight at most 1.09, since the sum in parentheses grows from
/// 1 to 1.0862; what is added to one is below 0.0862 and within 3u, the sum and
/// the product round once each: 1.09 + 0.26 + 2.
#[inline(always)]
pub(super) fn coshm1(x: f64) -> f64 {
    let y = x * x;
    0.5 * y * (1.0 + y * horner(&COSINE, y))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::UNIT;

    // `libm` is within 2u itself.
    fn agree(ours: f64, theirs: f64, units: f64, x: f64) {
        let error = (ours - theirs).abs();
        assert!(error <= (units + 2.0) * UNIT * theirs.abs() + f64::MIN_POSITIVE, "{x}: {ours} {theirs}");
    }

    #[test]
    fn agree_with_libm() {
        let mut state = 1u64;
        for step in 0..100_000 {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let unit = (state >> 11) as f64 * UNIT;
            let x = if step % 2 == 0 { unit * 40.0 } else { unit * 0.75 };
            agree(exp_negative(-x), libm::exp(-x), 2.0, x);
            agree(expm1(x), libm::expm1(x), 4.0, x);
            agree(ln_1p(unit), libm::log1p(unit), 3.5, unit);
            agree(ln_1p(unit * unit * 1e-9), libm::log1p(unit * unit * 1e-9), 3.5, unit);
            // 2 sinh²(x/2), with sinh within 2u.
            let sinh = libm::sinh(0.5 * unit);
            agree(coshm1(unit), 2.0 * sinh * sinh, 3.5 + 3.0, unit);
            agree(exp_negative(-700.0 * unit), libm::exp(-700.0 * unit), 2.0, unit);
        }
        for x in [0.0, 1e-300, 1e-17, 0.34657, 0.34658, 1.0396, 40.0] {
            agree(expm1(x), libm::expm1(x), 4.0, x);
            agree(exp_negative(-x), libm::exp(-x), 2.0, x);
        }
        assert_eq!(exp_negative(f64::NEG_INFINITY), 0.0);
        assert!(exp_negative(f64::NAN).is_nan());
        assert_eq!(ln_1p(0.0), 0.0);
        assert_eq!(coshm1(0.0), 0.0);
        assert_eq!(expm1(0.0), 0.0);
    }
}
