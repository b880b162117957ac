//! One hidden layer: the baselines that deep networks are compared with.
//!
//! Enters: an energy of a model. Leaves: a way to compute it by one layer of
//! neurons, as [`Part`]s whose sum it is, exactly in the Taylor sense, and the
//! network of these parts ([`build`]). Constants and linear terms cost no
//! neurons: they reach the output by its bias and by affine skips.
//!
//! - [`monomial_by_monomial`]: every monomial by itself, without hidden
//!   neurons that only make a constant, or with them (1705.05502, 4.2);
//! - [`shared`]: monomials whose neurons are among those of another one;
//! - [`sums_of_powers`]: the polynomial as a sum of powers of linear forms.
//!
//! A network promises no tolerance here: centres and scales are those with
//! the least error at a few points, and what it really does is for the caller
//! to measure.

mod binary;
mod monomials;
mod nodes;
mod parity;
mod powers;
mod quadratic;
mod realise;
mod ridges;
mod waring;

pub(super) use quadratic::simplex;

pub use monomials::{monomial_by_monomial, shared};
pub use nodes::Nodes;
pub use realise::{ExpectedErrors, expected_errors, grid, leading_error};
pub use waring::{Decomposition, Deviation, sums_of_powers};

use dashu_int::UBig;

use super::AssembleError;
use crate::exact::Rational;
use crate::model::{Model, Polynomial, Variable};
use crate::network::{Activation, OneLayer};

/// The greatest number of neurons that is built, in one cell.
pub const MOST_NEURONS: u64 = 10_000_000;

/// Something that one layer computes with neurons of its own.
#[derive(Clone, PartialEq, Debug)]
pub enum Part {
    /// A monomial times a coefficient, by the finite differences of
    /// 1705.05502, theorem 4.2: `prod (r_i + 1)` neurons.
    Monomial {
        /// The variables.
        variables: Vec<Variable>,
        /// The exponent of each.
        powers: Vec<u32>,
        /// The coefficient.
        coefficient: Rational,
        /// Whether the output has a bias, which saves a neuron: the constant
        /// one.
        biased: bool,
    },
    /// A polynomial, by neurons along given directions.
    Nodes(Nodes),
    /// A product of bits times a coefficient, by one neuron (1608.08225,
    /// eq. 13).
    Bits {
        /// The bits.
        variables: Vec<Variable>,
        /// The coefficient.
        coefficient: Rational,
    },
    /// A product of k spins times a coefficient, by k neurons: a function of
    /// their sum (derived here).
    Parity {
        /// The spins.
        variables: Vec<Variable>,
        /// The coefficient.
        coefficient: Rational,
    },
}

impl Part {
    /// The number of neurons with an activation.
    pub fn neurons(&self, activation: Activation) -> UBig {
        match self {
            Part::Monomial { powers, biased, .. } => {
                let all = powers.iter().fold(UBig::ONE, |product, &power| product * UBig::from(power as u64 + 1));
                if *biased { all - UBig::ONE } else { all }
            }
            Part::Nodes(nodes) => UBig::from(nodes.nodes.len()),
            Part::Bits { .. } => UBig::from(if activation == Activation::LogCosh { 2u64 } else { 1 }),
            Part::Parity { variables, .. } => UBig::from(parity::neurons(activation, variables.len())),
        }
    }
}

/// The neurons of parts together.
pub fn neurons(parts: &[Part], activation: Activation) -> UBig {
    parts.iter().fold(UBig::ZERO, |sum, part| sum + part.neurons(activation))
}

/// The network of parts, with constant and linear terms that reach the output
/// directly. The neurons of monomials have the given scale, or the one with the
/// least error. Refused beyond [`MOST_NEURONS`], and where a derivative of too
/// high an order would be needed.
pub fn build(
    model: &Model,
    parts: &[Part],
    affine: &Polynomial,
    activation: Activation,
    scale: Option<f64>,
) -> Result<OneLayer, AssembleError> {
    let count = neurons(parts, activation);
    if count > UBig::from(MOST_NEURONS) {
        return Err(AssembleError::TooManyNeurons { neurons: count.to_string(), limit: MOST_NEURONS });
    }
    let mut network = OneLayer { activation, skips: Vec::new(), constant: 0.0, blocks: Vec::new() };
    for (monomial, coefficient) in affine.affine_part().terms() {
        match monomial.factors() {
            [] => network.constant = coefficient.to_f64(),
            factors => network.skips.push((factors[0].variable, coefficient.to_f64())),
        }
    }
    for part in parts {
        network.blocks.push(realise::block(model, part, activation, scale)?);
    }
    Ok(network)
}
