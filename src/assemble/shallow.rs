//! One hidden layer: the baseline that deep networks are compared with.
//!
//! Every monomial of the energy is computed on its own by prod (r_k + 1)
//! neurons (1705.05502, 4.2; 2^n for a product of n variables); a product of
//! bits by one neuron. Constants and linear terms cost none: they reach the
//! output by its bias and by affine skips.

use super::build::{Builder, Naming, uncertified};
use super::library::Library;
use super::plan::{Plan, Planned, Task};
use super::{AssembleError, Options, budget, choose};
use crate::circuit::{Circuit, Form, Source};
use crate::exact::Rational;
use crate::model::{Kind, Model, Monomial};
use crate::network::{Activation, Domain, Network, Provenance};

/// The greatest number of neurons that is built.
const MOST_NEURONS: u64 = 1_000_000;

/// The greatest degree of a monomial that is built: derivatives of a higher
/// order are of no use in doubles.
const HIGHEST_DEGREE: u32 = 64;

/// The number of neurons of the one-hidden-layer network of an energy (an
/// index into the model's), in one cell: a formula, at any size.
pub fn shallow_neurons(model: &Model, energy: usize) -> Rational {
    let terms = model.energies[energy].polynomial.terms();
    terms.iter().fold(Rational::ZERO, |sum, (monomial, _)| sum + monomial_neurons(monomial))
}

fn is_bit_product(monomial: &Monomial) -> bool {
    monomial.factors().iter().all(|factor| factor.variable.kind() == Kind::Bit)
}

fn degree(monomial: &Monomial) -> u32 {
    monomial.factors().iter().map(|factor| factor.exponent as u32).sum()
}

fn monomial_neurons(monomial: &Monomial) -> Rational {
    match degree(monomial) {
        0 | 1 => Rational::ZERO,
        _ if is_bit_product(monomial) => Rational::ONE,
        _ => monomial
            .factors()
            .iter()
            .fold(Rational::ONE, |product, factor| product * Rational::from(factor.exponent as i64 + 1)),
    }
}

/// The one-hidden-layer network of an energy (an index into the model's),
/// each monomial at its best centre and scale. It promises no tolerance: its
/// accuracy is what [`crate::network::Accuracy::per_cell`] says, as bad as it
/// may be.
pub fn shallow(
    model: &Model,
    energy: usize,
    activation: Activation,
    provenance: Provenance,
) -> Result<Network, AssembleError> {
    let neurons = shallow_neurons(model, energy);
    if neurons > Rational::from(MOST_NEURONS) {
        return Err(AssembleError::TooManyNeurons { neurons: neurons.to_string(), limit: MOST_NEURONS });
    }
    let mut single = model.clone();
    single.energies = vec![model.energies[energy].clone()];
    let mut gates = Vec::new();
    let mut constant = Rational::ZERO;
    let mut output = Vec::new();
    for (monomial, coefficient) in model.energies[energy].polynomial.terms() {
        let source = match (degree(monomial), monomial.factors()) {
            (0, _) => {
                constant += coefficient;
                continue;
            }
            (1, factors) => Source::Input(factors[0].variable),
            (degree, factors) => {
                if degree > HIGHEST_DEGREE && !is_bit_product(monomial) {
                    return Err(AssembleError::DegreeTooHigh { degree, limit: HIGHEST_DEGREE });
                }
                let inputs = factors.iter().map(|factor| Form::source(Source::Input(factor.variable))).collect();
                let powers = factors.iter().map(|factor| factor.exponent as u32).collect();
                let task = if is_bit_product(monomial) { Task::Bits } else { Task::Monomial(powers) };
                gates.push(Planned { task, inputs });
                Source::Gate { gate: gates.len() - 1, shift: crate::model::Shift::ZERO }
            }
        };
        output.push((source, coefficient.clone()));
    }
    let layers = if gates.is_empty() { Vec::new() } else { vec![gates] };
    let plan = Plan { layers, outputs: vec![Form::new(constant, output)] };
    let names = Naming::new(&single, &plan);
    let options = Options { activation, provenance, tolerance: f64::MAX, ..Options::default() };
    let library = Library::of_grids(activation, plan.gates().map(|planned| &planned.task));
    let domain = Domain::new(&single.fields, &single.frame, options.precision);
    let mut builder = Builder::new(&single, &plan, &names, &Circuit::default());
    builder.outputs = vec![single.energies[0].name.clone()];
    let network = budget::realise(&plan, &domain, &library, &choose::most_accurate(&plan, &library))
        .and_then(|budget| builder.build(&budget, &options).map_err(|error| uncertified(&error)));
    let mut network = network.map_err(|error| names.error(&plan, &options, error))?;
    network.accuracy.tolerance = network.accuracy.per_cell;
    Ok(network)
}
