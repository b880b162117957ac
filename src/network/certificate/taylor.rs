//! What the neurons of a gate compute, exactly, by Taylor's formula.
//!
//! With biases b_j, weights w_j and output weights o_j, inputs x of known
//! magnitudes, output bias c and affine skips a, a gate's value is
//!
//! ```text
//! c + a.x + sum_j o_j s(b_j + w_j.x)
//!   = c + a.x + sum_{m<M} sum_{|k|=m} x^k/k! sum_b s^(m)(b) sum_{j: b_j=b} o_j w_j^k  +  rest
//! |rest| <= sum_j |o_j| (|w_j|.|x|)^M / M! sup |s^(M)|
//! ```
//!
//! Neurons of one bias share their derivatives, so the innermost sums are
//! computed as exact integers: what cancels, cancels exactly. The magnitudes
//! of all coefficients, less one at the product of powers that the gate should
//! compute, and the rest bound the difference. The least bound over M is taken.
//!
//! Far to the right, where an activation is a straight line up to a remainder
//! that is known, the line takes the place of the derivatives. The derivatives
//! and their errors are those of [`super::super::activation`].

use dashu_int::IBig;
use rustc_hash::FxHashMap;

use super::INFLATE;
use crate::exact::Rational;
use crate::network::interval::{Interval, down, up};
use crate::network::{Activation, Expansion, Gate, Template, factorial, power};

/// How far M goes beyond the degree of the product of powers, at most and at
/// least: less for gates of many inputs, whose coefficients are too many.
const ORDERS: [usize; 2] = [12, 2];

/// The most products of powers of weights that are summed one by one.
const MOST_PRODUCTS: usize = 200_000;

const OUT_OF_RANGE: &str = "the weights leave the range in which the error can be bounded";

/// The bound, and the order M of its remainder.
pub(super) struct Truncation {
    pub(super) order: usize,
    pub(super) bound: f64,
}

/// The derivatives of an activation at a bias.
struct Local {
    expansion: Expansion,
    /// The constant of the straight line z - constant, and its remainder.
    line: Option<(f64, f64)>,
    /// Zero, up to this remainder.
    zero: bool,
}

impl Local {
    fn new(activation: Activation, centre: f64, reach: f64, orders: usize) -> Result<Local, &'static str> {
        let expansion = Expansion::new(activation, centre, orders);
        let line = activation.line(down(centre - reach));
        let zero = activation == Activation::Relu && up(centre + reach) <= 0.0;
        if activation == Activation::Relu && line.is_none() && !zero {
            return Err("the kink of a rectifier lies among the values of its input");
        }
        Ok(Local { expansion, line, zero })
    }

    fn derivative(&self, order: usize) -> Interval {
        let exact = |value: f64| Interval { lower: value, upper: value };
        match (self.line, order) {
            _ if self.zero => exact(0.0),
            (Some((constant, _)), 0) => {
                let value = self.expansion.centre - constant;
                Interval::around(value, if constant == 0.0 { 0.0 } else { f64::EPSILON * value.abs() })
            }
            (Some(_), 1) => exact(1.0),
            (Some(_), _) => exact(0.0),
            (None, _) => Interval::around(self.expansion.derivatives[order], self.expansion.error(order)),
        }
    }

    /// The remainder of neurons with output weights and reaches.
    fn remainder(&self, order: usize, neurons: &[(f64, f64)]) -> f64 {
        if self.zero {
            return 0.0;
        }
        if let Some((_, error)) = self.line {
            return if order < 2 { f64::INFINITY } else { neurons.iter().map(|(output, _)| output * error).sum() };
        }
        let farthest = neurons.iter().map(|(_, reach)| *reach).fold(0.0, f64::max);
        let sum: f64 = neurons.iter().map(|(output, reach)| output * power(*reach, order)).sum();
        self.expansion.bound(order, farthest) * sum / factorial(order)
    }
}

/// The greatest |w.x|.
pub(super) fn reach(weights: &[f64], magnitudes: &[f64]) -> f64 {
    weights.iter().zip(magnitudes).map(|(weight, size)| weight.abs() * size).sum::<f64>() * INFLATE
}

/// A bound of |exact value of the neurons - product of powers of the inputs|
/// for inputs of these magnitudes.
pub(super) fn truncation(activation: Activation, gate: &Gate, magnitudes: &[f64]) -> Result<Truncation, &'static str> {
    let degree = match gate.template {
        Template::Quadratic => 2,
        _ => gate.powers.iter().map(|&power| power as usize).sum(),
    };
    let inputs = magnitudes.len();
    let few = |orders: usize| {
        // C(inputs + orders, orders), as far as it matters.
        let indices = (1..=inputs).fold(1.0, |count, k| count * (orders + k) as f64 / k as f64);
        indices * gate.neurons.len() as f64 <= MOST_PRODUCTS as f64
    };
    let [most, least] = ORDERS.map(|beyond| degree + beyond);
    let mut orders = most;
    let mut groups: Vec<Group> = Vec::new();
    for (at, neuron) in gate.neurons.iter().enumerate() {
        match groups.iter_mut().find(|group| group.centre.to_bits() == neuron.bias.to_bits()) {
            Some(group) => group.members.push(at),
            None => groups.push(Group { centre: neuron.bias, members: vec![at] }),
        }
        if groups.len() > 64 {
            return Err("the neurons of a gate have too many different biases");
        }
    }
    let mut locals = Vec::with_capacity(groups.len());
    let mut neurons = Vec::with_capacity(groups.len());
    for group in &groups {
        let of_group = group.members.iter().map(|&at| &gate.neurons[at]);
        let sizes: Vec<(f64, f64)> =
            of_group.map(|neuron| (neuron.output.abs(), reach(&neuron.weights, magnitudes))).collect();
        let farthest = sizes.iter().map(|(_, reach)| *reach).fold(0.0, f64::max);
        locals.push(Local::new(activation, group.centre, farthest, orders + 8)?);
        neurons.push(sizes);
    }
    let method = if few(orders) {
        Method::Each(Moments::new(gate, magnitudes, orders))
    } else {
        let derivatives: Vec<Interval> = (0..orders).map(|order| locals[0].derivative(order)).collect();
        match grid_sums(gate, magnitudes, &derivatives) {
            Some(sums) => Method::Grid(sums),
            None => {
                let fewer = (least..most).rev().find(|&orders| few(orders));
                orders = fewer.ok_or("a gate of so many neurons must be a grid")?;
                Method::Each(Moments::new(gate, magnitudes, orders))
            }
        }
    };
    let mut total = 0.0;
    let mut best = Truncation { order: 0, bound: f64::INFINITY };
    for order in 0..orders {
        total += match &method {
            Method::Each(moments) => moments.sum(gate, &groups, &locals, order),
            Method::Grid(sums) => sums[order],
        };
        if order < degree {
            continue;
        }
        let remainder: f64 =
            locals.iter().zip(&neurons).map(|(local, neurons)| local.remainder(order + 1, neurons)).sum();
        let bound = (total + remainder) * INFLATE;
        if bound < best.bound {
            best = Truncation { order: order + 1, bound };
        }
        if remainder <= 1e-3 * total {
            break;
        }
    }
    if best.bound.is_finite() { Ok(best) } else { Err(OUT_OF_RANGE) }
}

/// The neurons of one bias.
struct Group {
    centre: f64,
    members: Vec<usize>,
}

/// How the coefficients are summed.
enum Method {
    Each(Moments),
    Grid(Vec<f64>),
}

/// An integer times a power of two.
fn dyadic(value: f64) -> (i64, i32) {
    if value == 0.0 {
        return (0, 0);
    }
    let (fraction, exponent) = libm::frexp(value);
    let mantissa = (fraction * 9007199254740992.0) as i64;
    let zeros = mantissa.trailing_zeros();
    (mantissa >> zeros, exponent - 53 + zeros as i32)
}

/// Numbers as integers times one power of two.
fn common(values: &[f64]) -> (Vec<IBig>, i32) {
    let parts: Vec<(i64, i32)> = values.iter().map(|&value| dyadic(value)).collect();
    let least = parts.iter().filter(|(mantissa, _)| *mantissa != 0).map(|(_, exponent)| *exponent).min().unwrap_or(0);
    let integer = |&(mantissa, exponent): &(i64, i32)| match mantissa {
        0 => IBig::ZERO,
        _ => IBig::from(mantissa) << (exponent - least) as usize,
    };
    (parts.iter().map(integer).collect(), least)
}

/// An integer times a power of two as doubles.
fn interval(value: &IBig, exponent: i32) -> Interval {
    if *value == IBig::ZERO {
        return Interval { lower: 0.0, upper: 0.0 };
    }
    let (sign, magnitude) = value.clone().into_parts();
    let shift = dashu_int::ops::BitTest::bit_len(&magnitude).saturating_sub(64);
    let top: u64 = u64::try_from(magnitude >> shift).expect("64 bits are left");
    let size = libm::ldexp(top as f64, exponent.saturating_add(shift as i32));
    if shift == 0 && top < 1 << 53 && size.is_normal() {
        let value = if sign == dashu_int::Sign::Negative { -size } else { size };
        return Interval { lower: value, upper: value };
    }
    // The bits that were dropped are below one part in 2^63.
    let (lower, upper) = if sign == dashu_int::Sign::Negative { (-size, -size) } else { (size, size) };
    Interval { lower: down(lower), upper: up(upper) }
}

/// The inverse of a product of factorials, which is exact below 2^53.
fn inverse(factorials: f64) -> Interval {
    let value = 1.0 / factorials;
    if factorials <= 2.0 {
        return Interval { lower: value, upper: value };
    }
    let error = if factorials < 9e15 { f64::EPSILON } else { 1e-13 };
    Interval::around(value, error * value)
}

/// Powers of the weights as integers.
///
/// Inputs are scaled by powers of two to magnitudes of at most one, so that
/// nothing leaves the range of doubles that need not.
struct Moments {
    outputs: Vec<IBig>,
    output_exponent: i32,
    /// `powers[input][neuron][k]`
    powers: Vec<Vec<Vec<IBig>>>,
    exponents: Vec<i32>,
    /// The magnitude of each scaled input, and the exponent of its scale.
    sizes: Vec<(f64, i32)>,
}

/// A magnitude as one of at most one times a power of two.
fn scaled(magnitude: f64) -> (f64, i32) {
    if magnitude == 0.0 || magnitude.is_subnormal() {
        return (if magnitude == 0.0 { 0.0 } else { 1.0 }, if magnitude == 0.0 { 0 } else { -1021 });
    }
    let exponent = libm::ilogb(magnitude) + 1;
    (libm::ldexp(magnitude, -exponent), exponent)
}

impl Moments {
    fn new(gate: &Gate, magnitudes: &[f64], orders: usize) -> Moments {
        let (outputs, output_exponent) = common(&gate.neurons.iter().map(|neuron| neuron.output).collect::<Vec<_>>());
        let mut powers = Vec::new();
        let mut exponents = Vec::new();
        for input in 0..magnitudes.len() {
            let (weights, exponent) =
                common(&gate.neurons.iter().map(|neuron| neuron.weights[input]).collect::<Vec<_>>());
            exponents.push(exponent);
            let of = |weight: &IBig| {
                let next = |power: &IBig| Some(power * weight);
                std::iter::successors(Some(IBig::ONE), next).take(orders + 1).collect()
            };
            powers.push(weights.iter().map(of).collect());
        }
        let sizes = magnitudes.iter().map(|&magnitude| scaled(magnitude)).collect();
        Moments { outputs, output_exponent, powers, exponents, sizes }
    }

    /// The sum of the magnitudes of the terms of one order, for the largest
    /// inputs.
    fn sum(&self, gate: &Gate, groups: &[Group], locals: &[Local], order: usize) -> f64 {
        let derivatives: Vec<Interval> = locals.iter().map(|local| local.derivative(order)).collect();
        let mut sum = 0.0;
        let mut index = vec![0usize; self.sizes.len()];
        for_each_index(order, 0, &mut index, &mut |index| {
            sum += self.coefficient(gate, groups, &derivatives, index).magnitude()
                * index.iter().zip(&self.sizes).map(|(&k, (size, _))| power(*size, k)).product::<f64>();
        });
        sum
    }

    /// The coefficient of a product of powers of the scaled inputs.
    fn coefficient(&self, gate: &Gate, groups: &[Group], derivatives: &[Interval], index: &[usize]) -> Interval {
        let exponent: i32 = self.output_exponent
            + index.iter().enumerate().map(|(at, &k)| k as i32 * (self.exponents[at] + self.sizes[at].1)).sum::<i32>();
        let mut coefficient = Interval { lower: 0.0, upper: 0.0 };
        for (group, derivative) in groups.iter().zip(derivatives) {
            let product = |&neuron: &usize| {
                let powers = index.iter().enumerate().filter(|(_, k)| **k > 0);
                powers.fold(self.outputs[neuron].clone(), |product, (at, &k)| product * &self.powers[at][neuron][k])
            };
            let moment: IBig = group.members.iter().map(product).sum();
            coefficient = coefficient.add(derivative.multiply(interval(&moment, exponent)));
        }
        let mut coefficient = coefficient.multiply(inverse(index.iter().map(|&k| factorial(k)).product()));
        let exact = |value: f64| Interval { lower: value, upper: value };
        match index.iter().sum::<usize>() {
            0 => coefficient = coefficient.add(exact(gate.output_bias)),
            1 => {
                let at = index.iter().position(|&k| k == 1).expect("one of them is one");
                if let Some(&skip) = gate.skip.get(at) {
                    coefficient = coefficient.add(exact(libm::ldexp(skip, self.sizes[at].1)));
                }
            }
            _ => {}
        }
        if let Some(target) = target(gate, index) {
            let exponent = index.iter().zip(&self.sizes).map(|(&k, (_, exponent))| k as i32 * exponent).sum();
            coefficient = coefficient.add(target.multiply(exact(-libm::ldexp(1.0, exponent))));
        }
        coefficient
    }
}

/// The coefficient that a product of powers of the inputs has in what a gate
/// should compute; `None` for zero.
fn target(gate: &Gate, index: &[usize]) -> Option<Interval> {
    if gate.template != Template::Quadratic {
        let wanted = index.iter().zip(&gate.powers).all(|(&k, &power)| k == power as usize);
        return wanted.then_some(Interval { lower: 1.0, upper: 1.0 });
    }
    let at = index.iter().position(|&k| k > 0)?;
    (index[at] == 2 && index[at + 1..].iter().all(|&k| k == 0)).then(|| Interval::point(&gate.constants[at]))
}

/// Every list of numbers with a sum.
fn for_each_index(rest: usize, at: usize, index: &mut [usize], visit: &mut dyn FnMut(&[usize])) {
    if at + 1 >= index.len() {
        if let Some(last) = index.last_mut() {
            *last = rest;
        } else if rest > 0 {
            return;
        }
        visit(index);
        return;
    }
    for k in 0..=rest {
        index[at] = k;
        for_each_index(rest - k, at + 1, index, visit);
    }
}

/// The sums of all orders where the neurons are a grid: one bias, and for
/// every input a list of weights with factors such that every combination of
/// weights occurs once, with the product of the factors as its output weight.
/// Then the coefficients are products as well, and the sum over all indices of
/// an order is a coefficient of a product of polynomials.
fn grid_sums(gate: &Gate, magnitudes: &[f64], derivatives: &[Interval]) -> Option<Vec<f64>> {
    let orders = derivatives.len();
    let first = gate.neurons.first()?;
    if gate.output_bias != 0.0 || !gate.skip.is_empty() || gate.template == Template::Quadratic {
        return None;
    }
    // The factors of the weights of each input, found along the axes of the
    // grid through the first neuron.
    let bits = |weights: &[f64]| weights.iter().map(|weight| weight.to_bits()).collect::<Vec<u64>>();
    let mut outputs: FxHashMap<Vec<u64>, Rational> = FxHashMap::default();
    let base = Rational::from_f64(first.output)?;
    for neuron in &gate.neurons {
        if neuron.bias.to_bits() != first.bias.to_bits() || base.is_zero() {
            return None;
        }
        outputs.insert(bits(&neuron.weights), &Rational::from_f64(neuron.output)? / &base);
    }
    let mut factors: Vec<FxHashMap<u64, Rational>> = Vec::new();
    let mut combinations = 1usize;
    for at in 0..magnitudes.len() {
        let mut axis = FxHashMap::default();
        for neuron in &gate.neurons {
            let mut place = bits(&first.weights);
            place[at] = neuron.weights[at].to_bits();
            let value = outputs.get(&place)?;
            axis.entry(place[at]).or_insert_with(|| value.clone());
        }
        combinations = combinations.checked_mul(axis.len())?;
        factors.push(axis);
    }
    if combinations != gate.neurons.len() || outputs.len() != gate.neurons.len() {
        return None;
    }
    let is_product = |neuron: &crate::network::Neuron| {
        let product = neuron.weights.iter().zip(&factors).fold(Rational::ONE, |product, (weight, axis)| {
            let factor = &axis[&weight.to_bits()];
            if factor.is_one() { product } else { product * factor.clone() }
        });
        outputs[&bits(&neuron.weights)] == product
    };
    if !gate.neurons.iter().all(is_product) {
        return None;
    }
    // Sums over the indices that are not, and that are, the wanted one.
    let (mut other, mut wanted) = (vec![0.0; orders], Interval::around(first.output.abs(), 0.0));
    let mut degree = 0;
    let mut size = 1.0;
    let mut scale = 0;
    for (at, axis) in factors.iter().enumerate() {
        let (magnitude, exponent) = scaled(magnitudes[at]);
        let power_wanted = gate.powers[at] as usize;
        let mut weights: Vec<(&u64, &Rational)> = axis.iter().collect();
        weights.sort();
        let mut moments = Vec::with_capacity(orders);
        for k in 0..orders {
            let mut moment = Rational::ZERO;
            for (weight, factor) in &weights {
                let weight = Rational::from_f64(libm::ldexp(f64::from_bits(**weight), exponent))?;
                moment += &(weight.pow(k as u32) * (*factor).clone());
            }
            moments.push(Interval::point(&moment).multiply(inverse(factorial(k))));
        }
        let sizes: Vec<f64> = moments.iter().enumerate().map(|(k, m)| m.magnitude() * power(magnitude, k)).collect();
        let before = wanted.magnitude() * size;
        let mut next = vec![0.0; orders];
        for (k, &term) in sizes.iter().enumerate() {
            for (m, &sum) in other.iter().enumerate().take(orders - k) {
                next[m + k] += sum * term;
            }
            if k != power_wanted && degree + k < orders {
                next[degree + k] += before * term;
            }
        }
        other = next;
        wanted = wanted.multiply(*moments.get(power_wanted)?);
        size *= power(magnitude, power_wanted);
        scale += exponent * power_wanted as i32;
        degree += power_wanted;
    }
    let sign = if first.output < 0.0 { -1.0 } else { 1.0 };
    let mut sums: Vec<f64> =
        other.iter().zip(derivatives).map(|(sum, derivative)| sum * derivative.magnitude() * INFLATE).collect();
    let target = libm::ldexp(1.0, scale);
    let coefficient = wanted.multiply(derivatives[degree]).multiply(Interval { lower: sign, upper: sign });
    let excess = coefficient.add(Interval { lower: -target, upper: -target });
    sums[degree] += excess.magnitude() * size;
    Some(sums)
}
