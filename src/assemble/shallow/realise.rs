//! The neurons of a part: centres, scales, weights.
//!
//! A centre is a point where the derivatives that the part needs are not zero
//! and, if possible, one that its error contains is. The scale is the one with
//! the least error: truncation grows with it and rounding shrinks. Of a large
//! grid both are estimated; otherwise they are measured at a few points.

use super::super::fixed;
use super::{Nodes, Part, parity};
use crate::assemble::AssembleError;
use crate::exact::Rational;
use crate::model::{Model, Polynomial, Variable};
use crate::network::{Activation, Axis, Block, Neuron, Neurons, Precision, UNIT, factorial, power};

/// The greatest degree of a monomial that is built: derivatives of a higher
/// order are of no use in doubles.
const HIGHEST_DEGREE: u32 = 64;

/// Grids of at most this many neurons have their scale measured.
const MEASURED: u64 = 1 << 14;

/// The points at which errors are measured.
const PILOTS: usize = 16;

/// How many orders beyond the leading one are estimated.
const TERMS: usize = 8;

/// Moments of a sum of `count` independent uniform numbers of
/// [centre-1/2, centre+1/2] times `width`.
fn uniform_sum_moments(count: usize, centre: f64, width: f64) -> Vec<f64> {
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

/// The neurons of a part, those of a monomial at a given scale if there is one.
pub(super) fn block(
    model: &Model,
    part: &Part,
    activation: Activation,
    scale: Option<f64>,
) -> Result<Block, AssembleError> {
    match part {
        Part::Monomial { variables, powers, coefficient, biased } => {
            monomial(model, variables, powers, coefficient, *biased, activation, scale)
        }
        Part::Nodes(nodes) => directions(model, nodes, activation),
        Part::Bits { variables, coefficient } => {
            let gate = fixed::bits(activation, Precision::F64, variables.len(), 0.0)
                .ok_or_else(|| AssembleError::Undecided { computes: names(model, variables, &[]) })?;
            let factor = coefficient.to_f64();
            let scaled = |neuron: Neuron| Neuron { output: neuron.output * factor, ..neuron };
            Ok(Block {
                variables: variables.clone(),
                neurons: Neurons::List(gate.neurons.into_iter().map(scaled).collect()),
                output_bias: gate.output_bias * factor,
            })
        }
        Part::Parity { variables, coefficient } => {
            let (neurons, output_bias) = parity::product(activation, variables.len(), coefficient.to_f64())
                .ok_or_else(|| AssembleError::Undecided { computes: names(model, variables, &[]) })?;
            Ok(Block { variables: variables.clone(), neurons: Neurons::List(neurons), output_bias })
        }
    }
}

fn names(model: &Model, variables: &[Variable], powers: &[u32]) -> String {
    let name = |at: usize| match powers.get(at) {
        Some(&exponent) if exponent > 1 => format!("{}^{exponent}", model.variable_name(variables[at])),
        _ => model.variable_name(variables[at]),
    };
    (0..variables.len()).map(name).collect::<Vec<_>>().join("*")
}

/// The greatest magnitude of a variable, one where it is zero.
fn range(model: &Model, variable: Variable) -> f64 {
    let (lower, upper) = model.domain(variable);
    match lower.abs().to_f64().max(upper.abs().to_f64()) {
        0.0 => 1.0,
        range => range,
    }
}

/// Centres worth trying: zero, and where one of the two derivatives after the
/// leading one vanishes.
fn centres(activation: Activation, order: usize) -> Vec<f64> {
    let mut centres = vec![0.0];
    for order in [order + 1, order + 2] {
        centres.extend(activation.derivative_zeros(order, -4.0, 4.0));
    }
    centres.sort_by(f64::total_cmp);
    centres.dedup();
    centres
}

/// The centre at which the leading term of a monomial's error is what the
/// literature states: the origin where the derivative of that order is not
/// zero there, else its greatest extremum.
fn centre_of_formula(activation: Activation, order: usize) -> Option<f64> {
    let slope = |centre: f64| derivatives(activation, centre, order)[order].abs();
    if slope(0.0) > 0.0 {
        return Some(0.0);
    }
    let extrema = activation.derivative_zeros(order + 1, -4.0, 4.0).into_iter();
    extrema.filter(|&centre| slope(centre) > 0.0).max_by(|&a, &b| slope(a).total_cmp(&slope(b)))
}

/// The derivatives at a centre, those that are as good as zero made zero.
fn derivatives(activation: Activation, centre: f64, order: usize) -> Vec<f64> {
    let mut found = activation.derivatives(centre, order);
    for (k, value) in found.iter_mut().enumerate() {
        if value.abs() <= 16.0 * activation.derivative_error(k, *value, centre.abs()) {
            *value = 0.0;
        }
    }
    found
}

/// The finite difference of a monomial with these exponents, normalised to
/// inputs of magnitude at most `ranges`, at a centre and a scale: block of
/// value `factor prod x_k^r_k`, up to its error. Symmetric grids
/// `-r, -r+2, .., r` (1705.05502, 4.2), or `0, 1, .., r` with an output bias
/// instead of the constant neuron, and the symmetric one without that neuron
/// where all exponents are even. `None` where the derivative of that order is
/// zero or a weight leaves the range of doubles.
pub fn grid(
    variables: &[Variable],
    powers: &[u32],
    ranges: &[f64],
    factor: f64,
    biased: bool,
    activation: Activation,
    (centre, scale): (f64, f64),
) -> Option<Block> {
    let order = powers.iter().sum::<u32>() as usize;
    let slope = *derivatives(activation, centre, order).last()?;
    let symmetric = is_symmetric(powers, biased);
    let mut axes = Vec::with_capacity(powers.len());
    for (&exponent, range) in powers.iter().zip(ranges) {
        let mut axis = Axis { weights: Vec::new(), factors: Vec::new() };
        let mut binomial = 1.0;
        for k in 0..=exponent {
            let t = if symmetric { exponent as f64 - 2.0 * k as f64 } else { (exponent - k) as f64 };
            axis.weights.push(t * (scale / range));
            axis.factors.push(if k % 2 == 0 { binomial } else { -binomial });
            binomial = (binomial * (exponent - k) as f64 / (k + 1) as f64).round();
        }
        axes.push(axis);
    }
    let product: f64 = ranges.iter().zip(powers).map(|(&range, &r)| power(range, r as usize)).product();
    let norm = if symmetric { power(2.0, order) } else { 1.0 };
    let output = factor * product / (norm * slope * power(scale, order));
    if slope == 0.0 || !(output.is_normal() || factor == 0.0) {
        return None;
    }
    // What the neuron without inputs would contribute.
    let at_origin: f64 = axes
        .iter()
        .map(|axis| {
            axis.weights
                .iter()
                .zip(&axis.factors)
                .filter(|(weight, _)| **weight == 0.0)
                .map(|(_, factor)| factor)
                .sum::<f64>()
        })
        .product();
    let output_bias = if biased { at_origin * output * activation.evaluate(centre) } else { 0.0 };
    let neurons = Neurons::Grid { axes, centre, output, origin: !biased };
    Some(Block { variables: variables.to_vec(), neurons, output_bias })
}

/// The leading term of the relative error of the symmetric grid at a point
/// `x`, normalised to the ranges: `(l^2/6) (s^(R+2)/s^(R)) sum r_k x_k^2` (for
/// a product 1705.05502; for powers derived here, each r times).
pub fn leading_error(activation: Activation, centre: f64, scale: f64, powers: &[u32], x: &[f64]) -> f64 {
    let order = powers.iter().sum::<u32>() as usize;
    let found = derivatives(activation, centre, order + 2);
    let squares: f64 = powers.iter().zip(x).map(|(&r, x)| r as f64 * x * x).sum();
    scale * scale / 6.0 * found[order + 2] / found[order] * squares
}

/// What the errors of a grid are expected to be, by formulas.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ExpectedErrors {
    /// The leading term of the expansion (1608.08225, appendix A), at the
    /// corner of the domain where it is greatest.
    pub leading: f64,
    /// Rounding at that corner, as if the errors at different arguments were
    /// independent (derived here).
    pub rounding: f64,
}

/// What the errors of the grid of a monomial are expected to be; `None` for
/// other parts, and for grids that are not symmetric.
pub fn expected_errors(model: &Model, part: &Part, block: &Block, activation: Activation) -> Option<ExpectedErrors> {
    let (Part::Monomial { variables, powers, coefficient, biased }, Neurons::Grid { axes, centre, .. }) =
        (part, &block.neurons)
    else {
        return None;
    };
    if !is_symmetric(powers, *biased) {
        return None;
    }
    let ranges: Vec<f64> = variables.iter().map(|&variable| range(model, variable)).collect();
    let greatest = |axis: &Axis| axis.weights.iter().fold(0.0, |most: f64, weight| most.max(weight.abs()));
    let scale = greatest(axes.first()?) * ranges[0] / powers[0] as f64;
    let product: f64 = ranges.iter().zip(powers).map(|(&range, &r)| power(range, r as usize)).product();
    let whole = product * coefficient.to_f64().abs();
    let order = powers.iter().sum::<u32>() as usize;
    let found = derivatives(activation, *centre, order);
    let corner = vec![1.0; powers.len()];
    Some(ExpectedErrors {
        leading: whole * leading_error(activation, *centre, scale, powers, &corner).abs(),
        rounding: whole * expected_rounding(&found, *centre, scale, powers, true),
    })
}

/// Whether a grid has its neurons in pairs of opposite weights.
fn is_symmetric(powers: &[u32], biased: bool) -> bool {
    !biased || powers.iter().all(|r| r.is_multiple_of(2))
}

/// What rounding contributes to [`expected_error`], at a corner: there the
/// arguments of neurons coincide, and with them their rounding errors, so that
/// these add up by binomials before they add up at random (derived here).
fn expected_rounding(derivatives: &[f64], centre: f64, scale: f64, powers: &[u32], symmetric: bool) -> f64 {
    let order = powers.iter().sum::<u32>() as usize;
    let binomial = |n: u32, k: u32| (0..k).fold(1.0, |product, i| product * (n - i) as f64 / (i + 1) as f64);
    let squares = binomial(2 * order as u32, order as u32);
    let norm = if symmetric { power(2.0, order) } else { 1.0 };
    let value = derivatives[0].abs() + derivatives[1].abs() * (scale * (order as f64).sqrt() + UNIT);
    let argument = centre.abs() * derivatives[1].abs();
    2.0 * UNIT * (value + argument) * squares.sqrt() / (norm * derivatives[order].abs() * power(scale, order))
}

/// What the error of a grid is expected to be, relative to the product of the
/// ranges: the terms of the series at a corner of the domain, and rounding as
/// if its errors at different arguments were independent.
fn expected_error(
    activation: Activation,
    derivatives: &[f64],
    centre: f64,
    scale: f64,
    powers: &[u32],
    symmetric: bool,
) -> f64 {
    let order = powers.iter().sum::<u32>() as usize;
    let leading = derivatives[order];
    if leading == 0.0 {
        return f64::INFINITY;
    }
    let moments = if symmetric { uniform_sum_moments(order, 0.0, 2.0) } else { uniform_sum_moments(order, 0.5, 1.0) };
    let mut truncation = 0.0;
    for k in 1..=TERMS {
        truncation += (derivatives[order + k] / leading * moments[k]).abs() * power(scale, k) / factorial(k);
    }
    let rounding = expected_rounding(derivatives, centre, scale, powers, symmetric);
    let total = truncation + rounding + activation.evaluation_error(0.0, 0.0);
    if total.is_nan() { f64::INFINITY } else { total }
}

fn monomial(
    model: &Model,
    variables: &[Variable],
    powers: &[u32],
    coefficient: &Rational,
    biased: bool,
    activation: Activation,
    given: Option<f64>,
) -> Result<Block, AssembleError> {
    let order: u32 = powers.iter().sum();
    if order > HIGHEST_DEGREE {
        return Err(AssembleError::DegreeTooHigh { degree: order, limit: HIGHEST_DEGREE });
    }
    let ranges: Vec<f64> = variables.iter().map(|&variable| range(model, variable)).collect();
    let symmetric = is_symmetric(powers, biased);
    let factor = coefficient.to_f64();
    let make = |centre: f64, scale: f64| grid(variables, powers, &ranges, factor, biased, activation, (centre, scale));
    let overflow = || AssembleError::Overflow { computes: names(model, variables, powers), precision: Precision::F64 };
    if let Some(scale) = given {
        let centre = centre_of_formula(activation, order as usize);
        return centre.and_then(|centre| make(centre, scale)).ok_or_else(overflow);
    }
    let mut candidates: Vec<(f64, f64, f64)> = Vec::new();
    for centre in centres(activation, order as usize) {
        let found = derivatives(activation, centre, order as usize + TERMS);
        let best = (0..120)
            .map(|step| {
                let scale = libm::exp2(3.0 - step as f64 / 4.0);
                (expected_error(activation, &found, centre, scale, powers, symmetric), scale)
            })
            .min_by(|a, b| a.0.total_cmp(&b.0));
        candidates.extend(best.filter(|(error, _)| error.is_finite()).map(|(error, scale)| (error, centre, scale)));
    }
    candidates.sort_by(|a, b| a.0.total_cmp(&b.0));
    let count = powers.iter().fold(1u64, |product, &r| product.saturating_mul(r as u64 + 1));
    if count > MEASURED {
        return candidates.into_iter().find_map(|(_, centre, scale)| make(centre, scale)).ok_or_else(overflow);
    }
    let points = pilots(model, variables);
    let exact: Vec<f64> = points
        .iter()
        .map(|point| factor * point.iter().zip(powers).map(|(x, &r)| power(*x, r as usize)).product::<f64>())
        .collect();
    let tried = candidates
        .into_iter()
        .take(4)
        .flat_map(|(_, centre, scale)| (-8..=8).map(move |step| (centre, scale * libm::exp2(step as f64 / 4.0))));
    best(tried, make, &points, &exact, activation).ok_or_else(overflow)
}

/// The block with the least error at some points.
fn best(
    tried: impl IntoIterator<Item = (f64, f64)>,
    make: impl Fn(f64, f64) -> Option<Block>,
    points: &[Vec<f64>],
    exact: &[f64],
    activation: Activation,
) -> Option<Block> {
    let mut best: Option<(f64, Block)> = None;
    for (centre, scale) in tried {
        let Some(block) = make(centre, scale) else { continue };
        let errors = points.iter().zip(exact).map(|(point, exact)| (block.value(activation, point) - exact).abs());
        // A value that is no number is no value.
        let error = errors.fold(0.0, |most: f64, error| if error.is_nan() { f64::INFINITY } else { most.max(error) });
        if best.as_ref().is_none_or(|(known, _)| error < *known) {
            best = Some((error, block));
        }
    }
    best.filter(|(error, _)| error.is_finite()).map(|(_, block)| block)
}

/// Some points of the domain of variables: corners and others.
fn pilots(model: &Model, variables: &[Variable]) -> Vec<Vec<f64>> {
    let value = |point: usize, at: usize| {
        let (lower, upper) = model.domain(variables[at]);
        let (lower, upper) = (lower.to_f64(), upper.to_f64());
        let random = crate::modular::scramble(crate::modular::scramble(point as u64) ^ at as u64);
        match (point % 2, variables[at].kind()) {
            (1, crate::model::Kind::Real) => lower + (random >> 11) as f64 / (1u64 << 53) as f64 * (upper - lower),
            _ if random & 1 == 0 => lower,
            _ => upper,
        }
    };
    (0..PILOTS).map(|point| (0..variables.len()).map(|at| value(point, at)).collect()).collect()
}

/// The value of a polynomial in doubles.
fn evaluate(polynomial: &Polynomial, variables: &[Variable], point: &[f64]) -> f64 {
    let factor = |factor: &crate::model::Factor| {
        let at = variables.iter().position(|variable| *variable == factor.variable).expect("a variable of the part");
        power(point[at], factor.exponent as usize)
    };
    let term = |(monomial, coefficient): &(crate::model::Monomial, Rational)| {
        coefficient.to_f64() * monomial.factors().iter().map(factor).product::<f64>()
    };
    polynomial.terms().iter().map(term).sum()
}

fn directions(model: &Model, nodes: &Nodes, activation: Activation) -> Result<Block, AssembleError> {
    let variables = &nodes.variables;
    let degree = nodes.degree() as usize;
    if degree as u32 > HIGHEST_DEGREE {
        return Err(AssembleError::DegreeTooHigh { degree: degree as u32, limit: HIGHEST_DEGREE });
    }
    let directions: Vec<Vec<f64>> =
        nodes.nodes.iter().map(|node| node.iter().map(Rational::to_f64).collect()).collect();
    let weights: Vec<(usize, Vec<f64>)> = nodes
        .weights
        .iter()
        .map(|(degree, weights)| (*degree as usize, weights.iter().map(Rational::to_f64).collect()))
        .collect();
    let ranges: Vec<f64> = variables.iter().map(|&variable| range(model, variable)).collect();
    let reach = |node: &Vec<f64>| node.iter().zip(&ranges).map(|(c, range)| (c * range).abs()).sum::<f64>();
    let farthest = directions.iter().map(reach).fold(0.0, f64::max);
    let make = |centre: f64, scale: f64| {
        let slopes = derivatives(activation, centre, degree);
        if weights.iter().any(|(degree, _)| slopes[*degree] == 0.0) {
            return None;
        }
        let neurons: Vec<Neuron> = directions
            .iter()
            .enumerate()
            .map(|(at, node)| Neuron {
                bias: centre,
                weights: node.iter().map(|c| c * scale).collect(),
                output: weights
                    .iter()
                    .map(|(degree, weights)| {
                        weights[at] * factorial(*degree) / (power(scale, *degree) * slopes[*degree])
                    })
                    .sum(),
            })
            .collect();
        let total: f64 = neurons.iter().map(|neuron| neuron.output).sum();
        total.is_finite().then(|| Block {
            variables: variables.clone(),
            neurons: Neurons::List(neurons),
            output_bias: -activation.evaluate(centre) * total,
        })
    };
    let points = pilots(model, variables);
    let polynomial = nodes.polynomial();
    let exact: Vec<f64> = points.iter().map(|point| evaluate(&polynomial, variables, point)).collect();
    let tried = centres(activation, degree)
        .into_iter()
        .flat_map(|centre| (0..64).map(move |step| (centre, libm::exp2(1.0 - step as f64 / 2.0) / farthest)));
    best(tried, make, &points, &exact, activation)
        .ok_or_else(|| AssembleError::Overflow { computes: names(model, variables, &[]), precision: Precision::F64 })
}
