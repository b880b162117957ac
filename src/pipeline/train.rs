//! Trained rows of the comparison.

use rayon::prelude::*;

use super::CompileError;
use crate::analysis::baselines::{Kind, Row};
use crate::analysis::sample;
use crate::analysis::training::{self, Samples, Settings};
use crate::model::Model;
use crate::network::{Activation, exact_energies};

/// How to train the dense networks of a comparison.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Train {
    /// The first seed.
    pub seed: u64,
    /// How many seeds.
    pub seeds: usize,
    /// The samples of H, a quarter of them held out.
    pub samples: usize,
    /// Epochs, steps and work.
    pub settings: Settings,
}

/// The sizes, in times the compiled network's neurons.
const SIZES: [usize; 4] = [1, 2, 4, 16];

/// Networks with more parameters are not trained.
const MOST_PARAMETERS: usize = 4_000_000;

/// Exact terms that may be evaluated for the samples.
const MOST_TERMS: f64 = 2e7;

/// What is compared with: the compiled network's row.
pub(super) struct Compiled {
    /// Neurons in one cell.
    pub(super) neurons: u64,
    /// Hidden layers.
    pub(super) depth: u64,
    /// Its measured error.
    pub(super) error: f64,
}

/// Samples with exact targets, summed over the energies: the whole of H with
/// free couplings one. The first energy alone would say less.
fn samples(model: &Model, count: usize, seed: u64) -> Option<Samples> {
    let inputs = sample::points(model, count, seed);
    let mut targets = Vec::with_capacity(count);
    for row in inputs.rows() {
        let energies = exact_energies(model, &row.to_vec()).ok()?;
        targets.push(energies.iter().map(|energy| energy.to_f64()).sum::<f64>());
    }
    Some(Samples { inputs, targets: targets.into() })
}

/// Dense networks of the compiled network's size and multiples of it, trained
/// on samples of H. Medians over seeds.
pub(super) fn trained(
    model: &Model,
    activation: Activation,
    compiled: &Compiled,
    measured_at: usize,
    train: &Train,
    progress: &mut dyn FnMut(&str),
) -> Result<Vec<Row>, CompileError> {
    let small = sample::reduced(model);
    let cells = small.frame.cells().unwrap_or(1);
    let terms: usize = small.energies.iter().map(|energy| energy.polynomial.len()).sum();
    let affordable = MOST_TERMS / (terms.max(1) as f64 * cells as f64);
    let count = train.samples.min(affordable as usize).max(16);
    progress("sampling H");
    // Other points than those at which errors are measured.
    let (Some(data), Some(tests)) = (samples(&small, count, train.seed ^ 0x7261_696e), samples(&small, measured_at, 0))
    else {
        return Ok(Vec::new());
    };
    let neurons = compiled.neurons.saturating_mul(cells) as usize;
    let sizes: Vec<(usize, Vec<usize>)> = SIZES
        .iter()
        .map(|&times| (times, training::widths(neurons.saturating_mul(times), compiled.depth as usize)))
        .collect();
    let mut rows = Vec::new();
    for (times, widths) in sizes {
        let total: usize = widths.iter().sum();
        let inputs = data.inputs.ncols();
        let parameters = training::parameters(inputs, &widths);
        // All but the biases are multiplied by, and each neuron is activated.
        let operations = parameters - 1;
        let name = format!("dense network, {times}x neurons");
        progress(&name);
        let mut row = Row {
            neurons: Some(total.to_string()),
            weights: Some(parameters.to_string()),
            distinct_weights: Some(parameters.to_string()),
            couplings: Some(parameters.to_string()),
            depth: Some(widths.len() as u64),
            operations: Some(operations.to_string()),
            ..Row::new(name, Kind::Trained, String::new())
        };
        if parameters > MOST_PARAMETERS {
            row.note = format!("not trained: more than {MOST_PARAMETERS} parameters");
            rows.push(row);
            continue;
        }
        let seeds: Vec<u64> = (0..train.seeds as u64).map(|at| train.seed.wrapping_add(at)).collect();
        let found: Vec<training::Trained> = seeds
            .par_iter()
            .map(|&seed| training::train(&data, &tests, &widths, activation, seed, train.settings))
            .collect();
        let mut errors: Vec<f64> = found.iter().map(|trained| trained.max_error).collect();
        errors.sort_by(f64::total_cmp);
        let Some((&least, &most)) = errors.first().zip(errors.last()) else { continue };
        let middle = errors.len() / 2;
        let median = if errors.len() % 2 == 1 { errors[middle] } else { (errors[middle - 1] + errors[middle]) / 2.0 };
        row.max_error = Some(median);
        row.spread = Some((least, most));
        let reached = errors.iter().filter(|&&error| error <= compiled.error).count();
        let reached = match reached {
            0 => format!("no seed of {} reaches the compiled {:.1e}", errors.len(), compiled.error),
            reached => format!("{reached} of {} seeds reach the compiled {:.1e}", errors.len(), compiled.error),
        };
        let epochs = found.iter().map(|trained| trained.epochs).max().unwrap_or(0);
        let steps = found.iter().map(|trained| trained.steps).max().unwrap_or(0);
        row.note = format!("{reached}; {count} samples, up to {epochs} epochs and {steps} steps");
        if found.iter().any(|trained| trained.limited) {
            row.note.push_str(" (the work was limited)");
        }
        if cells != model.frame.cells().unwrap_or(0) {
            row.note.push_str(&format!(", on {cells} cells"));
        }
        rows.push(row);
    }
    Ok(rows)
}
