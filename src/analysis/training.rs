//! Dense networks trained on samples of a Hamiltonian: what free weights reach
//! where a compiled network has known ones.
//!
//! Enter samples and targets; leaves the best network by the error on held-out
//! samples. Inputs are scaled to [-1, 1], targets to mean zero and variance
//! one. Adam (1412.6980) on small batches with a falling rate comes first,
//! then L-BFGS (Nocedal 1980) on all samples with a backtracking line search;
//! each stops early where held-out samples no longer gain.
//!
//! A fully connected network with its gradient is a hundred lines. The
//! frameworks (burn, candle) are some hundred crates, argmin brings the step
//! of L-BFGS alone, and products of matrices by ndarray have other bits on
//! another processor; so nothing was gained by them.
//!
//! Everything follows from the seed: one training runs on one thread, and all
//! sums are in one order, so that the digits are the same on every machine.

use ndarray::{Array1, Array2};

use crate::modular::scramble;
use crate::network::Activation;

/// Samples and their targets.
#[derive(Clone, Debug)]
pub struct Samples {
    /// One row a sample.
    pub inputs: Array2<f64>,
    /// The value at each.
    pub targets: Array1<f64>,
}

/// How to train.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Settings {
    /// Passes over the samples by Adam, at most.
    pub epochs: usize,
    /// Steps of L-BFGS, at most.
    pub steps: usize,
    /// Multiplications of one training, at most: passes and steps are fewer
    /// where the network is too large for all of them.
    pub work: f64,
}

impl Default for Settings {
    /// 100 epochs, 2000 steps, 6·10^10 multiplications.
    fn default() -> Settings {
        Settings { epochs: 100, steps: 2000, work: 6e10 }
    }
}

/// A trained network.
#[derive(Clone, PartialEq, Debug)]
pub struct Trained {
    /// Weights and biases.
    pub parameters: usize,
    /// The largest error at the test samples.
    pub max_error: f64,
    /// Passes by Adam.
    pub epochs: usize,
    /// Steps of L-BFGS.
    pub steps: usize,
    /// Whether the work was limited.
    pub limited: bool,
}

/// Samples of a batch.
const BATCH: usize = 64;
/// The greatest rate of Adam.
const RATE: f64 = 5e-3;
/// Epochs (or steps) without a gain on the held-out samples.
const PATIENCE: usize = 40;
/// Pairs of changes that L-BFGS remembers.
const MEMORY: usize = 12;

/// The number of parameters of a dense network.
pub fn parameters(inputs: usize, widths: &[usize]) -> usize {
    let mut count = 0usize;
    let mut before = inputs;
    for &width in widths {
        count = count.saturating_add(width.saturating_mul(before + 1));
        before = width;
    }
    count.saturating_add(before + 1)
}

/// `neurons` in `layers` layers, as equal as can be; no more layers than
/// neurons.
pub fn widths(neurons: usize, layers: usize) -> Vec<usize> {
    let layers = layers.clamp(1, neurons.max(1));
    (0..layers).map(|at| (neurons / layers + usize::from(at < neurons % layers)).max(1)).collect()
}

/// Trains a network with hidden layers of these widths on three quarters of
/// `samples`, watched on the rest, and measures it at `tests`.
pub fn train(
    samples: &Samples,
    tests: &Samples,
    widths: &[usize],
    activation: Activation,
    seed: u64,
    settings: Settings,
) -> Trained {
    let scaling = Scaling::of(samples);
    let inputs = scaling.inputs(&samples.inputs);
    let targets: Vec<f64> = samples.targets.iter().map(|y| (y - scaling.mean) / scaling.deviation).collect();
    let kept = targets.len() * 3 / 4;
    let data = Data { inputs: inputs.part(0, kept), targets: targets[..kept].to_vec() };
    let held = Data { inputs: inputs.part(kept, targets.len()), targets: targets[kept..].to_vec() };
    let shape = Shape::new(inputs.columns, widths, activation);
    // Forward and backward passes take three multiplications a weight.
    let pass = 3.0 * shape.parameters as f64 * (kept + held.targets.len() / 3) as f64;
    let affordable = (settings.work / pass.max(1.0)) as usize;
    let epochs = settings.epochs.min(affordable / 4).max(1);
    let steps = settings.steps.min(affordable.saturating_sub(epochs));
    let mut best = Best { parameters: shape.start(seed), loss: f64::INFINITY };
    let epochs_done = adam(&shape, &data, &held, seed, epochs, &mut best);
    let steps_done = lbfgs(&shape, &data, &held, steps, &mut best);
    let values = shape.forward(&best.parameters, &scaling.inputs(&tests.inputs)).0;
    let errors = values.iter().zip(&tests.targets).map(|(value, exact)| {
        let error = (value * scaling.deviation + scaling.mean - exact).abs();
        if error.is_nan() { f64::INFINITY } else { error }
    });
    Trained {
        parameters: shape.parameters,
        max_error: errors.fold(0.0, f64::max),
        epochs: epochs_done,
        steps: steps_done,
        limited: epochs < settings.epochs || steps < settings.steps,
    }
}

/// How inputs and targets are scaled.
struct Scaling {
    middles: Vec<f64>,
    radii: Vec<f64>,
    mean: f64,
    deviation: f64,
}

impl Scaling {
    fn of(samples: &Samples) -> Scaling {
        let (mut middles, mut radii) = (Vec::new(), Vec::new());
        for column in samples.inputs.columns() {
            let least = column.iter().copied().fold(f64::INFINITY, f64::min);
            let most = column.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            middles.push((least + most) / 2.0);
            radii.push(if most > least { (most - least) / 2.0 } else { 1.0 });
        }
        let count = samples.targets.len().max(1) as f64;
        let mean = samples.targets.sum() / count;
        let variance = samples.targets.iter().map(|y| (y - mean) * (y - mean)).sum::<f64>() / count;
        Scaling { middles, radii, mean, deviation: if variance > 0.0 { variance.sqrt() } else { 1.0 } }
    }

    fn inputs(&self, inputs: &Array2<f64>) -> Matrix {
        let mut scaled = Matrix::zeros(inputs.nrows(), inputs.ncols());
        for (at, row) in inputs.rows().into_iter().enumerate() {
            let values = row.iter().zip(&self.middles).zip(&self.radii);
            for (place, ((value, middle), radius)) in scaled.row_mut(at).iter_mut().zip(values) {
                *place = (value - middle) / radius;
            }
        }
        scaled
    }
}

/// A matrix by rows.
#[derive(Clone)]
struct Matrix {
    rows: usize,
    columns: usize,
    data: Vec<f64>,
}

impl Matrix {
    fn zeros(rows: usize, columns: usize) -> Matrix {
        Matrix { rows, columns, data: vec![0.0; rows * columns] }
    }

    fn row(&self, at: usize) -> &[f64] {
        &self.data[at * self.columns..(at + 1) * self.columns]
    }

    fn row_mut(&mut self, at: usize) -> &mut [f64] {
        &mut self.data[at * self.columns..(at + 1) * self.columns]
    }

    fn part(&self, first: usize, end: usize) -> Matrix {
        let data = self.data[first * self.columns..end * self.columns].to_vec();
        Matrix { rows: end - first, columns: self.columns, data }
    }

    fn select(&self, rows: &[usize]) -> Matrix {
        let data = rows.iter().flat_map(|&at| self.row(at)).copied().collect();
        Matrix { rows: rows.len(), columns: self.columns, data }
    }

    /// The product with a matrix given by its rows: sums run over the common
    /// index in order, a row of the result at a time.
    fn times(&self, other: &[f64], columns: usize) -> Matrix {
        let mut product = Matrix::zeros(self.rows, columns);
        for at in 0..self.rows {
            for (factor, row) in self.row(at).iter().zip(other.chunks_exact(columns)) {
                add(&mut product.data[at * columns..(at + 1) * columns], *factor, row);
            }
        }
        product
    }
}

/// `sum += factor * row`
fn add(sum: &mut [f64], factor: f64, row: &[f64]) {
    sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += factor * value);
}

/// Scaled samples.
struct Data {
    inputs: Matrix,
    targets: Vec<f64>,
}

/// The best parameters so far by the loss on held-out samples.
struct Best {
    parameters: Vec<f64>,
    loss: f64,
}

/// The layers of a network, whose parameters are one long vector: weights by
/// rows of outputs, then biases, layer by layer.
struct Shape {
    /// Inputs, hidden layers, and the output.
    sizes: Vec<usize>,
    activation: Activation,
    parameters: usize,
}

impl Shape {
    fn new(inputs: usize, widths: &[usize], activation: Activation) -> Shape {
        let sizes: Vec<usize> = [inputs].iter().chain(widths).chain(&[1]).copied().collect();
        Shape { sizes, activation, parameters: parameters(inputs, widths) }
    }

    /// Weights uniform with variance 1/inputs, small biases.
    fn start(&self, seed: u64) -> Vec<f64> {
        let mut parameters = Vec::with_capacity(self.parameters);
        let uniform = |at: usize| {
            let random = scramble(scramble(seed.wrapping_add(0x5eed)) ^ at as u64);
            (random >> 11) as f64 / (1u64 << 52) as f64 - 1.0
        };
        for pair in self.sizes.windows(2) {
            let bound = (3.0 / pair[0].max(1) as f64).sqrt();
            for _ in 0..pair[0] * pair[1] {
                let value = bound * uniform(parameters.len());
                parameters.push(value);
            }
            for _ in 0..pair[1] {
                let value = 0.5 * uniform(parameters.len());
                parameters.push(value);
            }
        }
        parameters
    }

    /// The weights (by rows of outputs) and biases of each layer.
    fn layers<'p>(&self, parameters: &'p [f64]) -> Vec<(&'p [f64], &'p [f64])> {
        let mut rest = parameters;
        let layer = self.sizes.windows(2).map(|pair| {
            let (weights, after) = rest.split_at(pair[0] * pair[1]);
            let (biases, after) = after.split_at(pair[1]);
            rest = after;
            (weights, biases)
        });
        layer.collect()
    }

    /// The outputs, and for each hidden layer the slopes and the values.
    fn forward(&self, parameters: &[f64], inputs: &Matrix) -> (Vec<f64>, Vec<(Matrix, Matrix)>) {
        let layers = self.layers(parameters);
        let mut hidden: Vec<(Matrix, Matrix)> = Vec::with_capacity(layers.len() - 1);
        for (at, (weights, biases)) in layers.iter().enumerate() {
            let before = if at == 0 { inputs } else { &hidden[at - 1].1 };
            let (from, to) = (self.sizes[at], self.sizes[at + 1]);
            let mut transposed = vec![0.0; weights.len()];
            for (output, row) in weights.chunks_exact(from.max(1)).enumerate() {
                row.iter().enumerate().for_each(|(input, weight)| transposed[input * to + output] = *weight);
            }
            let mut sums = before.times(&transposed, to);
            (0..sums.rows).for_each(|row| add(sums.row_mut(row), 1.0, biases));
            if at + 1 == layers.len() {
                return (sums.data, hidden);
            }
            let mut values = sums.clone();
            self.activation.evaluate_all(&mut values.data);
            sums.data.iter_mut().zip(&values.data).for_each(|(x, value)| *x = slope(self.activation, *x, *value));
            hidden.push((sums, values));
        }
        (vec![0.0; inputs.rows], hidden)
    }

    /// Half the mean squared error.
    fn loss(&self, parameters: &[f64], data: &Data) -> f64 {
        let (values, _) = self.forward(parameters, &data.inputs);
        let sum: f64 = values.iter().zip(&data.targets).map(|(value, y)| (value - y) * (value - y)).sum();
        let loss = sum / (2 * data.targets.len().max(1)) as f64;
        if loss.is_nan() { f64::INFINITY } else { loss }
    }

    /// The loss and its gradient.
    fn gradient(&self, parameters: &[f64], inputs: &Matrix, targets: &[f64]) -> (f64, Vec<f64>) {
        let (values, hidden) = self.forward(parameters, inputs);
        let layers = self.layers(parameters);
        let count = targets.len().max(1) as f64;
        let mut loss = 0.0;
        let mut back = Matrix::zeros(targets.len(), 1);
        for (slope, (value, y)) in back.data.iter_mut().zip(values.iter().zip(targets)) {
            loss += (value - y) * (value - y);
            *slope = (value - y) / count;
        }
        let mut gradient = vec![0.0; self.parameters];
        let mut end = gradient.len();
        for at in (0..layers.len()).rev() {
            let before = if at == 0 { inputs } else { &hidden[at - 1].1 };
            let (from, to) = (self.sizes[at], self.sizes[at + 1]);
            let start = end - (from + 1) * to;
            let (weights, biases) = gradient[start..end].split_at_mut(from * to);
            for row in 0..back.rows {
                add(biases, 1.0, back.row(row));
                for (output, factor) in back.row(row).iter().enumerate() {
                    add(&mut weights[output * from..(output + 1) * from], *factor, before.row(row));
                }
            }
            end = start;
            if at > 0 {
                back = back.times(layers[at].0, from);
                back.data.iter_mut().zip(&hidden[at - 1].0.data).for_each(|(value, slope)| *value *= slope);
            }
        }
        (loss / (2.0 * count), gradient)
    }
}

/// The slope of an activation at `x`, where its value is known.
fn slope(activation: Activation, x: f64, value: f64) -> f64 {
    match activation {
        Activation::Sigmoid => value * (1.0 - value),
        Activation::Tanh => 1.0 - value * value,
        Activation::Softplus => Activation::Sigmoid.evaluate(x),
        Activation::LogCosh => Activation::Tanh.evaluate(x),
        Activation::Exp => value,
        Activation::Gaussian => -2.0 * x * value,
        Activation::Arctan => 1.0 / (1.0 + x * x),
        Activation::Erf => std::f64::consts::FRAC_2_SQRT_PI * Activation::Gaussian.evaluate(x),
        Activation::Silu => {
            let sigmoid = Activation::Sigmoid.evaluate(x);
            sigmoid * (1.0 + x * (1.0 - sigmoid))
        }
        other => other.derivative(1, x),
    }
}

/// Adam with a rate that falls to zero along a quarter of a cosine's arch
/// (its square, without cosines). Returns the number of epochs.
fn adam(shape: &Shape, data: &Data, held: &Data, seed: u64, epochs: usize, best: &mut Best) -> usize {
    let mut parameters = best.parameters.clone();
    let (mut first, mut second) = (vec![0.0; parameters.len()], vec![0.0; parameters.len()]);
    let (mut decay_first, mut decay_second) = (1.0, 1.0);
    let mut order: Vec<usize> = (0..data.targets.len()).collect();
    let mut idle = 0;
    for epoch in 0..epochs {
        // A new order of the samples (Fisher and Yates).
        for at in (1..order.len()).rev() {
            let random = scramble(scramble(seed ^ (epoch as u64) << 32) ^ at as u64);
            order.swap(at, (random % (at as u64 + 1)) as usize);
        }
        let left = 1.0 - epoch as f64 / epochs as f64;
        let rate = RATE * left * left;
        for batch in order.chunks(BATCH) {
            let inputs = data.inputs.select(batch);
            let targets: Vec<f64> = batch.iter().map(|&at| data.targets[at]).collect();
            let (_, gradient) = shape.gradient(&parameters, &inputs, &targets);
            decay_first *= 0.9;
            decay_second *= 0.999;
            for (at, slope) in gradient.iter().enumerate() {
                first[at] += 0.1 * (slope - first[at]);
                second[at] += 0.001 * (slope * slope - second[at]);
                let size = (second[at] / (1.0 - decay_second)).sqrt() + 1e-8;
                parameters[at] -= rate * (first[at] / (1.0 - decay_first)) / size;
            }
        }
        let loss = shape.loss(&parameters, held);
        if loss < best.loss {
            *best = Best { parameters: parameters.clone(), loss };
            idle = 0;
        } else {
            idle += 1;
            if idle >= PATIENCE {
                return epoch + 1;
            }
        }
    }
    epochs
}

/// L-BFGS from the best parameters. Returns the number of steps.
fn lbfgs(shape: &Shape, data: &Data, held: &Data, steps: usize, best: &mut Best) -> usize {
    let evaluate = |parameters: &[f64]| shape.gradient(parameters, &data.inputs, &data.targets);
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let mut parameters = best.parameters.clone();
    let (mut loss, mut gradient) = evaluate(&parameters);
    // Changes of the parameters and of the gradient, oldest first.
    let mut memory: Vec<(Vec<f64>, Vec<f64>)> = Vec::new();
    let mut idle = 0;
    for step in 0..steps {
        // The direction, by the two loops.
        let mut direction: Vec<f64> = gradient.iter().map(|slope| -slope).collect();
        let mut factors = Vec::with_capacity(memory.len());
        for (moved, changed) in memory.iter().rev() {
            let factor = dot(moved, &direction) / dot(moved, changed);
            direction.iter_mut().zip(changed).for_each(|(d, change)| *d -= factor * change);
            factors.push(factor);
        }
        let size = match memory.last() {
            Some((moved, changed)) => dot(moved, changed) / dot(changed, changed),
            None => 1.0 / dot(&gradient, &gradient).sqrt().max(1.0),
        };
        direction.iter_mut().for_each(|d| *d *= size);
        for ((moved, changed), factor) in memory.iter().zip(factors.iter().rev()) {
            let correction = factor - dot(changed, &direction) / dot(moved, changed);
            direction.iter_mut().zip(moved).for_each(|(d, m)| *d += correction * m);
        }
        let descent = dot(&gradient, &direction);
        if descent.is_nan() || descent >= 0.0 {
            // Begin again along the gradient, once.
            if memory.is_empty() {
                return step;
            }
            memory.clear();
            continue;
        }
        let mut length = 1.0;
        let accepted = (0..20).find_map(|_| {
            let moved: Vec<f64> = parameters.iter().zip(&direction).map(|(x, d)| x + length * d).collect();
            let (next_loss, next_gradient) = evaluate(&moved);
            let good = next_loss <= loss + 1e-4 * length * descent;
            length *= 0.5;
            good.then_some((moved, next_loss, next_gradient))
        });
        let Some((moved, next_loss, next_gradient)) = accepted else { return step };
        let change: Vec<f64> = moved.iter().zip(&parameters).map(|(new, old)| new - old).collect();
        let bend: Vec<f64> = next_gradient.iter().zip(&gradient).map(|(new, old)| new - old).collect();
        if dot(&change, &bend) > 1e-12 * dot(&bend, &bend).sqrt() * dot(&change, &change).sqrt() {
            memory.push((change, bend));
            if memory.len() > MEMORY {
                memory.remove(0);
            }
        }
        (parameters, loss, gradient) = (moved, next_loss, next_gradient);
        let watched = shape.loss(&parameters, held);
        if watched < best.loss {
            *best = Best { parameters: parameters.clone(), loss: watched };
            idle = 0;
        } else {
            idle += 1;
            if idle >= PATIENCE {
                return step + 1;
            }
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(count: usize, seed: u64) -> Samples {
        let random = |at: usize| (scramble(scramble(seed) ^ at as u64) >> 11) as f64 / (1u64 << 52) as f64 - 1.0;
        let inputs = Array2::from_shape_fn((count, 2), |(row, column)| random(2 * row + column));
        let targets = inputs.rows().into_iter().map(|row| row[0] * row[1] + 3.0).collect();
        Samples { inputs, targets }
    }

    #[test]
    fn gradients_are_those_of_differences() {
        let data = samples(7, 1);
        for activation in Activation::SMOOTH {
            let shape = Shape::new(2, &[3, 2], activation);
            let parameters = shape.start(5);
            assert_eq!(parameters.len(), shape.parameters);
            let inputs = Scaling::of(&data).inputs(&data.inputs);
            let targets = data.targets.to_vec();
            let (_, gradient) = shape.gradient(&parameters, &inputs, &targets);
            for at in 0..parameters.len() {
                let moved = |step: f64| {
                    let mut moved = parameters.clone();
                    moved[at] += step;
                    shape.gradient(&moved, &inputs, &targets).0
                };
                let difference = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                let allowed = 1e-7 * (1.0 + 10.0 * difference.abs());
                assert!((gradient[at] - difference).abs() < allowed, "{activation}: {} {difference}", gradient[at]);
            }
        }
    }

    #[test]
    fn a_product_is_learned_and_the_seed_decides() {
        let settings = Settings { epochs: 30, steps: 120, work: 1e9 };
        let run = |seed| train(&samples(400, 1), &samples(100, 2), &[8], Activation::Tanh, seed, settings);
        let trained = run(3);
        assert_eq!(trained.parameters, 33);
        assert!(trained.max_error < 0.05, "{}", trained.max_error);
        assert_eq!(trained, run(3));
        assert_ne!(trained.max_error, run(4).max_error);
        assert_eq!(widths(7, 3), [3, 2, 2]);
        assert_eq!(widths(2, 5), [1, 1]);
    }
}
