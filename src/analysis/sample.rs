//! Measured errors: networks against exact polynomials at sampled points.
//!
//! The exact value at a point of doubles is computed in rationals, so what is
//! measured is the error of the network alone, truncation and rounding.

use ndarray::{Array2, ArrayView2};

use crate::exact::Rational;
use crate::model::{Field, Kind, Model, Structure};
use crate::modular::scramble;
use crate::network::{EvaluateError, EvaluateOptions, Evaluator, Network, OneLayer, exact_energies};

/// The greatest number of cells on which errors are measured; a larger
/// lattice is measured on a smaller one of the same cell.
const MOST_CELLS: u64 = 256;

/// What was measured.
#[derive(Clone, PartialEq, Debug)]
pub struct Measured {
    /// The largest error of an output, on the lattice that was sampled.
    pub max_error: f64,
    /// The same divided by its number of cells.
    pub max_error_per_cell: f64,
    /// The number of points.
    pub samples: usize,
    /// The number of cells of the lattice that was sampled.
    pub cells: u64,
    /// Whether that is the whole lattice.
    pub whole: bool,
}

/// The model on a lattice small enough to compute exactly at many points: the
/// directions of the frame are shortened, but not below what keeps the terms of
/// a cell apart.
pub fn reduced(model: &Model) -> Model {
    if model.lattice.graph.as_ref().is_some_and(|graph| graph.sites() == graph.edges().len()) {
        // Which of the terms are on sites does not show.
        return model.clone();
    }
    let least: Vec<u64> = model.reach().into_iter().map(|reach| 4 * reach + 4).collect();
    let mut periods = model.frame.periods.clone();
    let cells = |periods: &[u64]| periods.iter().try_fold(1u64, |product, &period| product.checked_mul(period));
    while cells(&periods).is_none_or(|cells| cells > MOST_CELLS) {
        let longest = (0..periods.len()).filter(|&at| periods[at] > least[at]).max_by_key(|&at| periods[at]);
        let Some(at) = longest else { break };
        periods[at] = (periods[at] / 2).max(least[at]);
    }
    model.shortened(&periods)
}

/// Points of the domain: corners, faces, small values and uniform ones, the
/// same for the same seed. Unit vectors and phases have length one, a clock
/// one of its directions, categories one or none of their bits. One row a
/// point, columns as in [`Evaluator`].
pub fn points(model: &Model, count: usize, seed: u64) -> Array2<f64> {
    let columns = model.variables().unwrap_or(0) as usize;
    let mut points = Array2::zeros((count, columns));
    for (row, mut point) in points.rows_mut().into_iter().enumerate() {
        let random = |column: usize| scramble(scramble(seed ^ (row as u64) << 32) ^ column as u64);
        let mut column = 0;
        for field in &model.fields {
            let places = model.lattice.cells().unwrap_or(0) as usize * field.points(&model.lattice);
            let components = field.components as usize;
            let (lower, upper) = (field.lower.to_f64(), field.upper.to_f64());
            for _ in 0..places {
                let numbers: Vec<u64> = (column..column + components).map(random).collect();
                for (value, at) in values(field, row, &numbers).into_iter().zip(column..) {
                    point[at] = value.clamp(lower, upper);
                }
                column += components;
            }
        }
    }
    points
}

/// Uniform in [0, 1).
fn unit(random: u64) -> f64 {
    (random >> 11) as f64 / (1u64 << 53) as f64
}

/// The components of a field at one point, from a random number for each.
fn values(field: &Field, row: usize, random: &[u64]) -> Vec<f64> {
    match field.structure {
        Structure::Plain | Structure::Complex => random.iter().map(|&random| number(field, row, random)).collect(),
        Structure::Unit => {
            // Along an axis, or anywhere: independent normal numbers
            // (Box and Muller) point in every direction alike.
            let axis = random[0] as usize % random.len();
            let normal = |random: u64| {
                let radius = (-2.0 * (1.0 - unit(random)).ln()).sqrt();
                radius * (std::f64::consts::TAU * unit(scramble(random))).cos()
            };
            let vector: Vec<f64> = match row % 4 {
                0 => (0..random.len())
                    .map(|at| if at != axis { 0.0 } else { 1.0 - 2.0 * (random[at] >> 63) as f64 })
                    .collect(),
                _ => random.iter().map(|&random| normal(random)).collect(),
            };
            let length = vector.iter().map(|value| value * value).sum::<f64>().sqrt();
            match length > 0.0 {
                true => vector.iter().map(|value| value / length).collect(),
                false => (0..random.len()).map(|at| f64::from(u8::from(at == 0))).collect(),
            }
        }
        Structure::Phase(order) => {
            let turns = match order {
                Some(order) => (random[0] % order as u64) as f64 / order as f64,
                None if row.is_multiple_of(4) => (random[0] % 4) as f64 / 4.0,
                None => unit(random[0]),
            };
            let angle = std::f64::consts::TAU * turns;
            vec![angle.cos(), angle.sin()]
        }
        Structure::Categories => {
            let category = random[0] as usize % (random.len() + 1);
            (1..=random.len()).map(|bit| f64::from(u8::from(bit == category))).collect()
        }
    }
}

/// One number of a field.
fn number(field: &Field, row: usize, random: u64) -> f64 {
    let (lower, upper) = (field.lower.to_f64(), field.upper.to_f64());
    let corner = if random & 1 == 0 { lower } else { upper };
    match (field.kind, row % 4) {
        (Kind::Spin | Kind::Bit, _) => corner,
        // Corners, then points with some coordinates at the ends, then
        // points near the middle, then anywhere.
        (Kind::Real, 0) => corner,
        (Kind::Real, 1) if random & 2 == 0 => corner,
        (Kind::Real, 2) => 0.5 * (lower + upper) + (unit(random) - 0.5) * (upper - lower) / 64.0,
        (Kind::Real, _) => lower + unit(random) * (upper - lower),
    }
}

/// Measures the error of a network of a model at `samples` points.
pub fn measure(model: &Model, network: &Network, samples: usize, seed: u64) -> Result<Measured, EvaluateError> {
    measure_values(model, samples, seed, |small, inputs| {
        let mut network = network.clone();
        network.lattice = small.lattice.clone();
        network.frame = small.frame.clone();
        network.couplings = small.couplings.clone();
        // On a part of a graph other cells hold no site, or no edge.
        let cut = |cut: u64| {
            let known = model.energies.iter().position(|energy| energy.weight.window.cut == cut);
            known.map_or(cut, |at| small.energies[at].weight.window.cut)
        };
        network.outputs.iter_mut().for_each(|output| output.weight.window.cut = cut(output.weight.window.cut));
        let evaluator = Evaluator::new(&network)?;
        let outputs = evaluator.evaluate(inputs, &EvaluateOptions { allow_outside: true, progress: None })?;
        let named = |energy: &str| evaluator.outputs().iter().position(|name| name == energy);
        let columns = small.energy_names().into_iter().map(|name| named(name).map(|at| outputs.column(at).to_vec()));
        Ok(columns.collect())
    })
}

/// Measures the error of a network of one hidden layer that computes the only
/// energy of a model.
pub fn measure_one_layer(
    model: &Model,
    network: &OneLayer,
    samples: usize,
    seed: u64,
) -> Result<Measured, EvaluateError> {
    measure_values(model, samples, seed, |small, inputs| {
        let values = network.evaluate(&small.lattice, &small.fields, &small.frame, inputs);
        Ok(vec![Some(values.ok_or(EvaluateError::TooLarge)?)])
    })
}

/// Measures the errors of computed values. `evaluate` gets a model on a small
/// lattice and points of it, and gives the values of each energy at every
/// point, or none for an energy that is not computed.
fn measure_values(
    model: &Model,
    samples: usize,
    seed: u64,
    evaluate: impl FnOnce(&Model, ArrayView2<'_, f64>) -> Result<Vec<Option<Vec<f64>>>, EvaluateError>,
) -> Result<Measured, EvaluateError> {
    let small = reduced(model);
    let inputs = points(&small, samples, seed);
    let columns = evaluate(&small, inputs.view())?;
    let mut max_error = 0f64;
    for (row, point) in inputs.rows().into_iter().enumerate() {
        let exact = exact_energies(&small, &point.to_vec())?;
        for (value, column) in exact.iter().zip(&columns) {
            let Some(column) = column else { continue };
            let error = match Rational::from_f64(column[row]) {
                Some(computed) => (&computed - value).abs().to_f64(),
                None => f64::INFINITY,
            };
            max_error = max_error.max(error);
        }
    }
    let cells = small.frame.cells().unwrap_or(u64::MAX);
    let whole = small.frame.periods == model.frame.periods;
    Ok(Measured { max_error, max_error_per_cell: max_error / cells as f64, samples, cells, whole })
}
