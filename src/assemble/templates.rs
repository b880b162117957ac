//! Gate templates as finite differences of the activation.
//!
//! A template with inputs x_k (scaled to |x_k| <= 1) and powers r_k, of order
//! R = sum r_k, is a sum
//!
//! ```text
//! value = [ sum_j c_j s(b + l t_j.x) ] * output, less s(b) sum_j c_j and s'(b) l sum_j c_j t_j.x where it has
//! an output bias and an affine skip
//! ```
//!
//! whose directions t_j and coefficients c_j make the terms of order R of
//! Taylor's formula a multiple of prod x_k^r_k. Terms of lower order must
//! vanish: by the choice of the c_j, by an output bias (order 0), by an affine
//! skip (order 1), or because the derivative is zero at the centre b. So each
//! template has centres that suit it, which are found by trying
//! (`super::library`).
//!
//! The four-neuron product is eq. 11 of 1608.08225, the grid of neurons for a
//! monomial 4.2 of 1705.05502; the others are derived here. Their errors follow
//! from the higher orders (`super::pattern`).

use super::pattern::Pattern;
use crate::network::Template;

/// Two neurons, uv: s(b+l(u+v)) - s(b+l(u-v)), less 2 l s' v. Needs s' = 0, or
/// a skip.
pub(super) fn product2(skip: bool) -> Pattern {
    Pattern::new(Template::Product2, &[1, 1], vec![(vec![1, 1], 1.0), (vec![1, -1], -1.0)], false, skip)
}

/// Three neurons and an output bias, uv: s(b+l(u+v)) - s(b+lu) - s(b+lv) +
/// s(b).
pub(super) fn product3() -> Pattern {
    let neurons = vec![(vec![1, 0], -1.0), (vec![1, 1], 1.0), (vec![0, 1], -1.0)];
    Pattern::new(Template::Product3, &[1, 1], neurons, true, false)
}

/// Four neurons, uv; signs alternate, so that partial sums stay small.
pub(super) fn product4() -> Pattern {
    let neurons = vec![(vec![1, 1], 1.0), (vec![1, -1], -1.0), (vec![-1, -1], 1.0), (vec![-1, 1], -1.0)];
    Pattern::new(Template::Product4, &[1, 1], neurons, false, false)
}

/// One neuron and an output bias, u²: s(b+lu) - s(b), less s' l u. Needs
/// s' = 0, or a skip.
pub(super) fn square1(skip: bool) -> Pattern {
    Pattern::new(Template::Square1, &[2], vec![(vec![1], 1.0)], true, skip)
}

/// Two neurons and an output bias, u²: s(b+lu) + s(b-lu) - 2 s(b).
pub(super) fn square2() -> Pattern {
    Pattern::new(Template::Square2, &[2], vec![(vec![1], 1.0), (vec![-1], 1.0)], true, false)
}

/// One neuron and an output bias, u: s(b+lu) - s(b).
pub(super) fn copy1() -> Pattern {
    Pattern::new(Template::Copy, &[1], vec![(vec![1], 1.0)], true, false)
}

/// Two neurons, u: s(b+lu) - s(b-lu).
pub(super) fn copy2() -> Pattern {
    Pattern::new(Template::Copy, &[1], vec![(vec![1], 1.0), (vec![-1], -1.0)], false, false)
}

/// A template from two scales (Richardson): 2^p m(l) - m(2l), m the template's
/// value, in which the relative error of order `gained` = p cancels. Twice the
/// neurons. `None` for templates that are not extrapolated.
pub(super) fn extrapolated(pattern: &Pattern, gained: usize) -> Option<Pattern> {
    let template = match pattern.template {
        Template::Product2 => Template::Product4R,
        Template::Product4 => Template::Product8R,
        Template::Square1 => Template::Square2R,
        Template::Square2 => Template::Square4R,
        _ => return None,
    };
    let factor = libm::ldexp(1.0, (gained + pattern.order) as i32);
    let near = pattern.neurons.iter().map(|(direction, c)| (direction.clone(), factor * c));
    let far = pattern.neurons.iter().map(|(direction, c)| (direction.iter().map(|t| 2 * t).collect(), -c));
    // Alternating, so that partial sums stay small.
    let neurons = near.zip(far).flat_map(|(near, far)| [far, near]).collect();
    Some(Pattern::new(template, &pattern.powers, neurons, pattern.bias, pattern.skip))
}

/// The power u^k by the nodes 1, 2, .., n, and -1, .., -n where `both`, at
/// which the orders `lowest`, `lowest` + 2, .., k - 2 cancel: n of them with
/// coefficients 1/(i^lowest prod_{j≠i} (i² - j²)), the weights of a divided
/// difference in i², that is ± i^(2-lowest) C(2n, n-i) up to a factor. Between
/// lie orders of the other parity, which cancel where nodes come in pairs;
/// else their derivatives must be zero at the centre, as must those below
/// `lowest` but for what an output bias and a skip take.
pub(super) fn power(exponent: u32, lowest: u32, both: bool, skip: bool) -> Pattern {
    let count = ((exponent - lowest) / 2 + 1) as u64;
    let binomial = |k: u64| (1..=k).fold(1u64, |product, i| product * (2 * count + 1 - i) / i);
    let multiple = (1..=count).fold(1u64, |multiple, i| multiple / gcd(multiple, i) * i);
    let weights: Vec<u64> = (1..=count)
        .map(|i| match lowest {
            1 => i * binomial(count - i),
            2 => binomial(count - i),
            _ => multiple / i * binomial(count - i),
        })
        .collect();
    let common = weights.iter().fold(0, |common, &weight| gcd(weight, common));
    let mut neurons = Vec::new();
    for (node, weight) in (1..).zip(weights) {
        let sign = if (count as i64 - node as i64) % 2 == 0 { 1.0 } else { -1.0 };
        let coefficient = sign * (weight / common) as f64;
        neurons.push((vec![node], coefficient));
        if both {
            neurons.push((vec![-node], if exponent.is_multiple_of(2) { coefficient } else { -coefficient }));
        }
    }
    let bias = !both || exponent.is_multiple_of(2);
    Pattern::new(Template::Monomial, &[exponent], neurons, bias, skip)
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// All combinations of a direction and a coefficient of each axis; the
/// coefficients multiply.
fn combinations(axes: &[Vec<(i32, f64)>]) -> Vec<(Vec<i32>, f64)> {
    let mut neurons: Vec<(Vec<i32>, f64)> = vec![(Vec::new(), 1.0)];
    for axis in axes {
        neurons = neurons
            .iter()
            .flat_map(|(direction, coefficient)| {
                axis.iter().map(move |(t, factor)| {
                    let mut extended = Vec::with_capacity(axes.len());
                    extended.extend_from_slice(direction);
                    extended.push(*t);
                    (extended, coefficient * factor)
                })
            })
            .collect();
    }
    neurons
}

/// A whole monomial in one layer: prod (r_k + 1) neurons with t_k in {-r_k,
/// -r_k+2, .., r_k} and coefficients prod (-1)^((r_k-t_k)/2) C(r_k,
/// (r_k-t_k)/2). The caller limits their number.
pub(super) fn grid(powers: &[u32]) -> Pattern {
    let axis = |&exponent: &u32| {
        let mut axis = Vec::with_capacity(exponent as usize + 1);
        let mut binomial = 1.0;
        for k in 0..=exponent {
            axis.push((exponent as i32 - 2 * k as i32, if k % 2 == 0 { binomial } else { -binomial }));
            binomial = (binomial * (exponent - k) as f64 / (k + 1) as f64).round();
        }
        axis
    };
    let axes: Vec<Vec<(i32, f64)>> = powers.iter().map(axis).collect();
    Pattern::of_grid(powers, combinations(&axes), &axes, false)
}

/// Half of the grid of a product of variables, one neuron of each pair t, -t:
/// for centres at which the derivatives of the other parity are zero.
pub(super) fn half_grid(count: usize) -> Pattern {
    let mut axes = vec![vec![(1, 1.0), (-1, -1.0)]; count];
    axes[0].truncate(1);
    Pattern::of_grid(&vec![1; count], combinations(&axes), &axes, false)
}

/// The product of `count` variables by the neurons of all non-empty subsets,
/// and an output bias for the empty one: 2^count - 1 neurons.
pub(super) fn subsets(count: usize) -> Pattern {
    let axes = vec![vec![(0, -1.0), (1, 1.0)]; count];
    let mut neurons = combinations(&axes);
    neurons.remove(0);
    Pattern::of_grid(&vec![1; count], neurons, &axes, true)
}
