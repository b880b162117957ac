//! Why each gate has the template that it has.

use super::budget::Budget;
use super::choose::Choice;
use super::library::{Candidate, Library};
use super::plan::Plan;
use crate::network::{Network, Template};

/// A template that a gate could have, at its best centre and scale.
#[derive(Clone, PartialEq, Debug)]
pub struct Alternative {
    /// The template.
    pub template: Template,
    /// Its neurons.
    pub neurons: usize,
    /// Its weights.
    pub weights: usize,
    /// The centre.
    pub centre: f64,
    /// The estimate of the error that it adds.
    pub error: f64,
}

/// The choice for one gate.
#[derive(Clone, PartialEq, Debug)]
pub struct Chosen {
    /// The gate.
    pub gate: String,
    /// What it computes.
    pub computes: String,
    /// The template.
    pub template: Template,
    /// Its neurons.
    pub neurons: usize,
    /// The bias of its first neuron: the centre, for finite differences.
    pub centre: f64,
    /// The scale.
    pub scale: f64,
    /// The certified error that it adds to that of its inputs.
    pub error: f64,
    /// How much of it reaches an output, at most, per cell.
    pub share: f64,
    /// The other templates, cheapest first: those that cost as much or less
    /// and are less accurate are left out.
    pub alternatives: Vec<Alternative>,
}

pub(super) fn explain(
    plan: &Plan,
    library: &Library,
    budget: &Budget,
    choice: &Choice,
    network: &Network,
) -> Vec<Chosen> {
    let gates = network.gates().zip(&network.certificate.gates).zip(plan.gates()).enumerate();
    gates
        .map(|(at, ((gate, bound), planned))| {
            let candidates = library.find(&planned.task);
            let size: f64 = (budget.gates[at].inputs.iter().zip(planned.powers()))
                .map(|(input, power)| (0..power).map(|_| input).product::<f64>())
                .product();
            let alternative = |candidate: &Candidate| Alternative {
                template: candidate.pattern.template,
                neurons: candidate.neurons(),
                weights: candidate.weights(),
                centre: candidate.expansion.centre,
                error: candidate.error * size,
            };
            let chosen = choice[at].min(candidates.len().saturating_sub(1));
            let others = candidates.iter().enumerate().filter(|(index, _)| *index != chosen);
            let error = bound.truncation + bound.rounding;
            Chosen {
                gate: gate.name.clone(),
                computes: gate.computes.clone(),
                template: gate.template,
                neurons: gate.neurons.len(),
                centre: gate.neurons.first().map_or(0.0, |neuron| neuron.bias),
                scale: gate.scale,
                error,
                share: error * budget.sensitivities[at],
                alternatives: others.map(|(_, candidate)| alternative(candidate)).collect(),
            }
        })
        .collect()
}
