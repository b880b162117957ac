//! Networks: layers of neurons grouped into gates, and their evaluation.
//!
//! A network is A σ A σ ... A: affine maps and elementwise activations. The
//! affine map between two activations is kept factored: a gate's neurons take
//! one or more *inputs*, affine forms of earlier values, and give one value,
//! an affine form of the neurons' activations. So a value used many times is
//! stored once, and a form used by four neurons is stored once. A network of
//! a lattice is a convolution: a gate is applied in every cell, and a form
//! may take values of displaced cells.

mod activation;
mod circuit;
mod counts;
mod dense;
mod differences;
mod elementary;
mod evaluate;
mod kernels;
mod names;
mod one_layer;
mod program;
mod schedule;
mod summation;
mod sweep;
mod validate;
mod values;
mod weights;

pub use activation::{Activation, Expansion, UNIT};
pub(crate) use activation::{factorial, power};
pub use dense::{DenseError, DenseLayer, DenseNetwork, dense};
pub use evaluate::{EvaluateError, EvaluateOptions, Evaluator, Outside, exact_energies};
pub use names::Names;
pub use one_layer::{Axis, Block, Neurons, OneLayer, OneLayerCounts};
pub(crate) use summation::sum_depth;
pub use validate::Invalid;
pub(crate) use validate::validate_frame;
pub use values::Change;

use crate::circuit::{Counts, Form};
use crate::model::{Couplings, Field, Frame, Lattice, Weight};

/// The number format that a network is evaluated in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Precision {
    /// IEEE double.
    F64,
}

/// How values reach later layers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Topology {
    /// Affine skip connections: a form may use inputs and any earlier layer.
    Skip,
    /// Strictly A σ A σ A: a form uses the layer directly before it; copy
    /// neurons carry the rest.
    Layered,
}

/// The template of a gate: which neurons compute what of its inputs.
/// Formulas in `crate::assemble`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Template {
    /// Four neurons, the product of two inputs.
    Product4,
    /// Three neurons and an output bias, the product of two inputs.
    Product3,
    /// Two neurons and an output bias, the square of one input.
    Square2,
    /// One neuron, the product of k inputs that are 0 or 1.
    Bits,
    /// The copy of one input in a layered network.
    Copy,
    /// The product of powers of its inputs by signed sums, all in one layer.
    Monomial,
}

/// A neuron of a gate: `output * σ(bias + sum of weight_k * input_k)`.
#[derive(Clone, PartialEq, Debug)]
pub struct Neuron {
    /// The bias.
    pub bias: f64,
    /// A weight for each input of the gate.
    pub weights: Vec<f64>,
    /// The weight of the activation in the gate's value.
    pub output: f64,
}

/// A gate: its value is `output_bias + sum over neurons of output * σ(...)`.
#[derive(Clone, PartialEq, Debug)]
pub struct Gate {
    /// A name, unique in the network: `g0`, `g1`, ...
    pub name: String,
    /// The sub-expression it computes, for a reader, such as
    /// `(phi[i] - phi[i+1])^2`.
    pub computes: String,
    /// The template.
    pub template: Template,
    /// Its inputs: exact affine forms of input variables and of the values of
    /// earlier gates (numbered through the layers in order). Evaluation
    /// rounds each coefficient to the nearest number of the precision.
    pub inputs: Vec<Form>,
    /// The exponent of each input in the value (all one but for `Monomial`
    /// and `Square2`).
    pub powers: Vec<u32>,
    /// The scale λ.
    pub scale: f64,
    /// The neurons.
    pub neurons: Vec<Neuron>,
    /// The constant added to the neurons' sum.
    pub output_bias: f64,
}

/// Gates that are computed together: each uses earlier layers only.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Layer {
    /// The gates.
    pub gates: Vec<Gate>,
}

/// A value the network computes: the sum over all cells of a weight times a
/// form. Those with one name are the parts of one energy, their sum.
#[derive(Clone, PartialEq, Debug)]
pub struct Output {
    /// The name of the energy.
    pub name: String,
    /// The free coupling that multiplies it in H, if any.
    pub coupling: Option<String>,
    /// The factor of the form in each cell.
    pub weight: Weight,
    /// Its form in one cell.
    pub form: Form,
}

/// What the compiler promises.
#[derive(Clone, PartialEq, Debug)]
pub struct Accuracy {
    /// The tolerance asked for: largest error of an output per cell.
    pub tolerance: f64,
    /// The bound of the error of every output per cell on the domain,
    /// rounding included, by the error budget of `crate::assemble`.
    pub per_cell: f64,
    /// The bound for the whole lattice.
    pub total: f64,
    /// The part of `per_cell` that is due to rounded irrational constants of
    /// the circuit, which are exact weights of the network; zero without.
    pub deviation: f64,
}

/// Where a network comes from.
#[derive(Clone, PartialEq, Debug)]
pub struct Provenance {
    /// The file name of the spec, without folders.
    pub spec: String,
    /// SHA-256 of the spec's text, in hexadecimal.
    pub sha256: String,
    /// The version of hamc that wrote it.
    pub version: String,
}

/// A network.
#[derive(Clone, PartialEq, Debug)]
pub struct Network {
    /// Where it comes from.
    pub provenance: Provenance,
    /// The lattice.
    pub lattice: Lattice,
    /// The input fields, with their domains.
    pub fields: Vec<Field>,
    /// How inputs are placed in cells.
    pub frame: Frame,
    /// The couplings from files that weights refer to.
    pub couplings: Vec<Couplings>,
    /// The activation function of all neurons.
    pub activation: Activation,
    /// The number format.
    pub precision: Precision,
    /// How values reach later layers.
    pub topology: Topology,
    /// The layers.
    pub layers: Vec<Layer>,
    /// The outputs.
    pub outputs: Vec<Output>,
    /// The accuracy.
    pub accuracy: Accuracy,
    /// The counts of the circuit it was assembled from, per cell.
    pub circuit: Counts,
}
