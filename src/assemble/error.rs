//! Why there is no network, and what would help.

use std::fmt;

use crate::network::{Activation, Precision, Template, Topology};

/// A change that would help, with the bound it would give.
#[derive(Clone, PartialEq, Debug)]
pub struct Hint {
    /// The change.
    pub change: String,
    /// The bound per cell that the network would then have.
    pub bound: f64,
}

/// Why there is no network.
#[derive(Clone, PartialEq, Debug)]
pub enum AssembleError {
    /// Floating point does not reach the tolerance.
    ToleranceOutOfReach {
        /// The tolerance.
        tolerance: f64,
        /// The least bound that can be promised, per cell.
        best: f64,
        /// The gate whose own error contributes most, with what it computes;
        /// `None` where no gate but the sum itself limits.
        gate: Option<(String, String)>,
        /// The template of that gate, the most accurate one that there is.
        template: Option<Template>,
        /// What would help, best first.
        hints: Vec<Hint>,
    },
    /// A weight or a value leaves the range of the number format.
    Overflow {
        /// The sub-expression.
        computes: String,
        /// The format.
        precision: Precision,
    },
    /// The activation cannot compute a gate at all.
    Impossible {
        /// The sub-expression.
        computes: String,
        /// The activation.
        activation: Activation,
        /// Whether the network may have affine skips.
        topology: Topology,
    },
    /// A bit gate's inputs are not known well enough to tell 0 from 1.
    Undecided {
        /// The sub-expression.
        computes: String,
    },
    /// No gates do in so few layers.
    TooDeep {
        /// The limit.
        depth: usize,
    },
    /// One hidden layer would need too many neurons.
    TooManyNeurons {
        /// How many, in decimal.
        neurons: String,
        /// The limit.
        limit: u64,
    },
    /// One hidden layer would need a derivative of too high an order.
    DegreeTooHigh {
        /// The degree of a monomial.
        degree: u32,
        /// The limit.
        limit: u32,
    },
}

impl fmt::Display for AssembleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AssembleError::ToleranceOutOfReach { tolerance, best, gate, template, .. } => {
                write!(
                    f,
                    "the tolerance {tolerance:e} is out of reach: the least error that can be promised is {best:.2e}"
                )?;
                match gate {
                    Some((name, computes)) => write!(f, ", limited by the gate {name} = {computes}")?,
                    None => return Ok(()),
                }
                match template {
                    Some(template) => write!(f, " ({}, its most accurate kind)", template.name()),
                    None => Ok(()),
                }
            }
            AssembleError::Overflow { computes, precision: Precision::F64 } => {
                write!(f, "the values or weights of {computes} leave the range of doubles")
            }
            AssembleError::Overflow { computes, precision } => {
                write!(f, "the values or weights of {computes} leave the range of {precision}")
            }
            AssembleError::Impossible { computes, activation: Activation::Identity, .. } => write!(
                f,
                "a network of the identity is affine, whatever its weights, and {computes} is not: use another activation"
            ),
            AssembleError::Impossible { computes, activation, topology: Topology::Layered } => write!(
                f,
                "{activation} neurons compute {computes} with affine skips only: use the topology skip, or another activation"
            ),
            AssembleError::Impossible { computes, activation, .. } => {
                write!(f, "there is no gate of {activation} neurons for {computes}")
            }
            AssembleError::Undecided { computes } => {
                write!(f, "the inputs of the bit gate {computes} are not accurate enough to tell 0 from 1")
            }
            AssembleError::TooDeep { depth } => {
                write!(f, "there is no network of at most {depth} layers with these gates")
            }
            AssembleError::TooManyNeurons { neurons, limit } => {
                write!(f, "one hidden layer needs {neurons} neurons, more than {limit}")
            }
            AssembleError::DegreeTooHigh { degree, limit } => {
                write!(f, "one hidden layer for a monomial of degree {degree} needs a derivative beyond order {limit}")
            }
        }
    }
}

impl std::error::Error for AssembleError {}
