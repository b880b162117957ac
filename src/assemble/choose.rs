//! The choice of templates: as few neurons as the tolerance allows.
//!
//! Every gate begins with its cheapest template. If the outputs' error is then
//! too large, gates are upgraded: each upgrade buys a smaller error for more
//! neurons, and those that move the outputs most per neuron come first. How
//! many are needed is found by bisection on the estimates, and confirmed by
//! the certificate; where it disagrees, the aim is lowered.

use super::budget::{self, Budget, Prepared, Unrealised};
use super::library::Library;
use super::plan::Plan;
use crate::network::Domain;

/// How often the aim is lowered.
const ROUNDS: usize = 8;

/// The templates of all gates, by their indices in the library.
pub(super) type Choice = Vec<usize>;

/// A step from one template of a gate to a better one.
struct Upgrade {
    gate: usize,
    to: usize,
    /// Error saved per neuron, in the outputs.
    gain: f64,
}

/// The cheapest template everywhere.
pub(super) fn cheapest(plan: &Plan) -> Choice {
    vec![0; plan.gates().count()]
}

/// The most accurate template everywhere.
pub(super) fn most_accurate(plan: &Plan, library: &Library) -> Choice {
    plan.gates().map(|gate| library.find(&gate.task).len().saturating_sub(1)).collect()
}

/// The cheapest choice with an accepted error. `certified` gives the error
/// that can be promised for a budget; `None` if even the most accurate choice
/// is not accepted.
pub(super) fn choose<T>(
    plan: &Plan,
    domain: &Domain,
    library: &Library,
    tolerance: f64,
    certified: &mut dyn FnMut(&Choice, &Budget) -> Result<(f64, T), Unrealised>,
) -> Result<Option<(Choice, T)>, Unrealised> {
    let prepared = Prepared::new(plan, domain);
    let estimate = |choice: &Choice| budget::realise_prepared(&prepared, domain, library, choice);
    let start = cheapest(plan);
    let first = estimate(&start);
    if let Ok(budget) = &first
        && budget.error <= tolerance
        && let Ok((error, result)) = certified(&start, budget)
        && error <= tolerance
    {
        return Ok(Some((start, result)));
    }
    let best = most_accurate(plan, library);
    let budget = estimate(&best)?;
    let (error, result) = certified(&best, &budget)?;
    if !(error <= tolerance) {
        return Ok(None);
    }
    if best == start {
        return Ok(Some((best, result)));
    }
    let upgrades = upgrades(plan, library, &budget);
    let after = |count: usize| {
        let mut choice = start.clone();
        upgrades[..count].iter().for_each(|upgrade| choice[upgrade.gate] = choice[upgrade.gate].max(upgrade.to));
        choice
    };
    let mut aim = tolerance;
    for _ in 0..ROUNDS {
        let reaches = |count: usize| estimate(&after(count)).is_ok_and(|budget| budget.error <= aim);
        // The least number that reaches the aim: errors fall with upgrades,
        // but for rounding.
        let (mut low, mut high) = (0, upgrades.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if reaches(middle) { high = middle } else { low = middle + 1 }
        }
        let choice = after(high);
        if let Ok(budget) = estimate(&choice)
            && let Ok((error, result)) = certified(&choice, &budget)
        {
            if error <= tolerance {
                return Ok(Some((choice, result)));
            }
            // The estimate is off by about this factor.
            aim = f64::min(0.98 * aim, 0.98 * budget.error * tolerance / error);
        } else {
            aim *= 0.5;
        }
        if high == upgrades.len() {
            break;
        }
    }
    Ok(Some((best, result)))
}

/// All upgrades, best first. Those of one gate come in order: only templates
/// on the lower convex hull of neurons and error are used, so that gains fall.
fn upgrades(plan: &Plan, library: &Library, budget: &Budget) -> Vec<Upgrade> {
    let mut upgrades = Vec::new();
    for (gate, planned) in plan.gates().enumerate() {
        let candidates = library.find(&planned.task);
        let size: f64 = (budget.gates[gate].inputs.iter().zip(planned.powers()))
            .map(|(input, power)| (0..power).map(|_| input).product::<f64>())
            .product();
        let weight = budget.sensitivities[gate] * size;
        // Neurons, with weights to break ties.
        let cost = |at: usize| candidates[at].neurons() as f64 + 1e-3 * candidates[at].weights() as f64;
        let gain =
            |from: usize, to: usize| weight * (candidates[from].error - candidates[to].error) / (cost(to) - cost(from));
        let mut from = 0;
        while from + 1 < candidates.len() {
            let to = (from + 1..candidates.len())
                .reduce(|best, at| if gain(from, at) > gain(from, best) { at } else { best })
                .expect("there is one");
            upgrades.push(Upgrade { gate, to, gain: gain(from, to) });
            from = to;
        }
    }
    upgrades.sort_by(|a, b| b.gain.total_cmp(&a.gain).then(a.gate.cmp(&b.gate)).then(a.to.cmp(&b.to)));
    upgrades
}
