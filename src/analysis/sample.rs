//! Measured errors: networks against exact polynomials at sampled points.
//!
//! The exact value at a point of doubles is computed in rationals, so what is
//! measured is the error of the network alone, truncation and rounding.

use ndarray::Array2;

use crate::exact::Rational;
use crate::model::{Kind, Model};
use crate::modular::scramble;
use crate::network::{EvaluateError, EvaluateOptions, Evaluator, Network, exact_energies};

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
/// translated directions are shortened, but not below what keeps the terms of
/// a cell apart.
pub fn reduced(model: &Model) -> Model {
    let mut small = model.clone();
    let reach = |direction: usize| {
        let cells = model.energies.iter().flat_map(|energy| energy.polynomial.variables());
        cells.map(|variable| variable.cell.0[direction].unsigned_abs() as u64).max().unwrap_or(0)
    };
    let directions = model.frame.directions.len();
    let least: Vec<u64> = (0..directions).map(|direction| 4 * reach(direction) + 4).collect();
    let cells = |periods: &[u64]| periods.iter().try_fold(1u64, |product, &period| product.checked_mul(period));
    while cells(&small.frame.periods).is_none_or(|cells| cells > MOST_CELLS) {
        let longest =
            (0..directions).filter(|&d| small.frame.periods[d] > least[d]).max_by_key(|&d| small.frame.periods[d]);
        let Some(direction) = longest else { break };
        let period = (small.frame.periods[direction] / 2).max(least[direction]);
        small.frame.periods[direction] = period;
        small.lattice.extents[model.frame.directions[direction]] = period;
    }
    small
}

/// Points of the domain: corners, faces, small values and uniform ones, the
/// same for the same seed. One row a point, columns as in [`Evaluator`].
pub fn points(model: &Model, count: usize, seed: u64) -> Array2<f64> {
    let sites = model.lattice.sites().unwrap_or(0) as usize;
    let columns: Vec<(Kind, f64, f64)> = model
        .fields
        .iter()
        .flat_map(|field| {
            let column = (field.kind, field.lower.to_f64(), field.upper.to_f64());
            std::iter::repeat_n(column, sites * field.components as usize)
        })
        .collect();
    Array2::from_shape_fn((count, columns.len()), |(row, column)| {
        let (kind, lower, upper) = columns[column];
        let random = scramble(scramble(seed ^ (row as u64) << 32) ^ column as u64);
        let unit = (random >> 11) as f64 / (1u64 << 53) as f64;
        let corner = if random & 1 == 0 { lower } else { upper };
        match (kind, row % 4) {
            (Kind::Spin | Kind::Bit, _) => corner,
            // Corners, then points with some coordinates at the ends, then
            // points near the middle, then anywhere.
            (Kind::Real, 0) => corner,
            (Kind::Real, 1) if random & 2 == 0 => corner,
            (Kind::Real, 2) => (0.5 * (lower + upper) + (unit - 0.5) * (upper - lower) / 64.0).clamp(lower, upper),
            (Kind::Real, _) => (lower + unit * (upper - lower)).clamp(lower, upper),
        }
    })
}

/// Measures the error of a network of a model at `samples` points.
pub fn measure(model: &Model, network: &Network, samples: usize, seed: u64) -> Result<Measured, EvaluateError> {
    let small = reduced(model);
    let mut network = network.clone();
    network.lattice = small.lattice.clone();
    network.frame = small.frame.clone();
    let evaluator = Evaluator::new(&network)?;
    let inputs = points(&small, samples, seed);
    let outputs = evaluator.evaluate(inputs.view(), &EvaluateOptions { allow_outside: true, progress: None })?;
    let columns: Vec<Option<usize>> =
        small.energies.iter().map(|energy| evaluator.outputs().iter().position(|name| *name == energy.name)).collect();
    let mut max_error = 0f64;
    for (row, point) in inputs.rows().into_iter().enumerate() {
        let exact = exact_energies(&small, &point.to_vec())?;
        for (value, column) in exact.iter().zip(&columns) {
            let Some(column) = column else { continue };
            let error = match Rational::from_f64(outputs[(row, *column)]) {
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
