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
mod certificate;
mod circuit;
mod counts;
mod cover;
mod dense;
mod differences;
mod elementary;
mod evaluate;
mod interval;
mod kernels;
mod names;
mod one_layer;
mod precision;
mod program;
mod schedule;
mod summation;
mod sweep;
mod updates;
mod validate;
mod values;
mod weights;

pub use activation::{Activation, Expansion, UNIT};
pub(crate) use activation::{factorial, power};
pub use certificate::{Certificate, GateBound, InputBound, OutputBound, Uncertified};
pub(crate) use certificate::{Domain, FormBounds, Known, MOST_INTERPOLATING, bound_form, propagate, propagate_squares};
pub use dense::{DenseError, DenseLayer, DenseNetwork, dense};
pub use evaluate::{EvaluateError, EvaluateOptions, Evaluator, Outside, exact_energies};
pub(crate) use interval::Interval;
pub use names::Names;
pub use one_layer::{Axis, Block, Neurons, OneLayer, OneLayerCounts};
pub use precision::Precision;
pub(crate) use summation::sum_depth;
pub use updates::Updates;
pub use validate::Invalid;
pub(crate) use validate::validate_frame;
pub use values::Change;

use crate::circuit::{Counts, Form};
use crate::exact::Rational;
use crate::model::{Couplings, Field, Frame, Lattice, Weight};

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
    /// Two neurons and an affine skip, the product of two inputs; no skip
    /// where s' = 0 at the centre.
    Product2,
    /// Three neurons and an output bias, the product of two inputs.
    Product3,
    /// Four neurons, the product of two inputs.
    Product4,
    /// Four neurons and an affine skip, the product of two inputs by
    /// extrapolation of `Product2` from two scales.
    Product4R,
    /// Eight neurons, the product of two inputs by extrapolation of
    /// `Product4` from two scales.
    Product8R,
    /// One neuron, an output bias and an affine skip, the square of one
    /// input; no skip where s' = 0 at the centre.
    Square1,
    /// Two neurons and an output bias, the square of one input.
    Square2,
    /// Two neurons, an output bias and an affine skip, the square of one
    /// input by extrapolation of `Square1` from two scales.
    Square2R,
    /// Four neurons and an output bias, the square of one input by
    /// extrapolation of `Square2` from two scales.
    Square4R,
    /// One neuron, the product of k inputs that are 0 or 1.
    Bits,
    /// k neurons, the product of k inputs that are -1 or 1, a function of
    /// their sum.
    Spins,
    /// A function of how many of k inputs take the greater of their two
    /// values, 0 and 1 or -1 and 1, by at most k neurons: its values are the
    /// gate's constants.
    Symmetric,
    /// r + 1 neurons of one bias and an output bias: the sum of the squares of
    /// r inputs times the gate's constants.
    Quadratic,
    /// One rectifier and an affine skip: |w|, the first step of a square.
    Fold,
    /// One rectifier and an affine skip, the tooth on [0, 1]: a step of a
    /// square.
    Tooth,
    /// One rectifier and an affine skip: the last step of a square. Its inputs
    /// are the last tooth, the sum of all before it, and, with weight zero,
    /// what is squared.
    Rectified,
    /// n rectifiers in one layer: the square of one input by a chain of straight
    /// lines.
    Interpolated,
    /// The copy of one input in a layered network.
    Copy,
    /// The product of powers of its inputs by finite differences, all in one
    /// layer.
    Monomial,
}

impl Template {
    /// All templates.
    pub const ALL: [Template; 19] = [
        Template::Product2,
        Template::Product3,
        Template::Product4,
        Template::Product4R,
        Template::Product8R,
        Template::Square1,
        Template::Square2,
        Template::Square2R,
        Template::Square4R,
        Template::Bits,
        Template::Spins,
        Template::Symmetric,
        Template::Quadratic,
        Template::Fold,
        Template::Tooth,
        Template::Rectified,
        Template::Interpolated,
        Template::Copy,
        Template::Monomial,
    ];

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Template::Product2 => "product2",
            Template::Product3 => "product3",
            Template::Product4 => "product4",
            Template::Product4R => "product4r",
            Template::Product8R => "product8r",
            Template::Square1 => "square1",
            Template::Square2 => "square2",
            Template::Square2R => "square2r",
            Template::Square4R => "square4r",
            Template::Bits => "bits",
            Template::Spins => "spins",
            Template::Symmetric => "symmetric",
            Template::Quadratic => "quadratic",
            Template::Fold => "fold",
            Template::Tooth => "tooth",
            Template::Rectified => "rectified",
            Template::Interpolated => "interpolated",
            Template::Copy => "copy",
            Template::Monomial => "monomial",
        }
    }

    /// Whether it multiplies two inputs.
    pub fn is_product(self) -> bool {
        use Template::{Product2, Product3, Product4, Product4R, Product8R};
        matches!(self, Product2 | Product3 | Product4 | Product4R | Product8R)
    }

    /// Whether it squares its input.
    pub fn is_square(self) -> bool {
        use Template::{Interpolated, Square1, Square2, Square2R, Square4R};
        matches!(self, Square1 | Square2 | Square2R | Square4R | Interpolated)
    }
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

/// A gate: its value is `output_bias + sum of skip_k * input_k + sum over
/// neurons of output * σ(...)`.
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
    /// The exponent of each input in the value (all one but for monomials and
    /// squares).
    pub powers: Vec<u32>,
    /// The exact numbers of the template: the value of a symmetric gate where
    /// none, one, ... all of its inputs take their greater value, the coefficient
    /// of each square of a quadratic one; empty for the others.
    pub constants: Vec<Rational>,
    /// The scale λ.
    pub scale: f64,
    /// The neurons.
    pub neurons: Vec<Neuron>,
    /// The constant added to the neurons' sum.
    pub output_bias: f64,
    /// The affine skip: a weight for each input that passes beside the
    /// neurons; empty where nothing does.
    pub skip: Vec<f64>,
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
    /// rounding included, by [`Network::certify`].
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
    /// How the accuracy is derived, gate by gate.
    pub certificate: Certificate,
    /// The counts of the circuit it was assembled from, per cell.
    pub circuit: Counts,
}
