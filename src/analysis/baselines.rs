//! What a compiled network is compared with.
//!
//! Every row says of which kind it is: a number from a theorem or a formula,
//! a network that was built and measured, the compiled network itself, or
//! networks that were trained.

use dashu_int::{IBig, UBig};

use crate::exact::Rational;
use crate::model::Model;

/// How a row of the comparison is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// By a theorem or a formula; nothing was built.
    Bound,
    /// By building the network and measuring it.
    Constructed,
    /// The compiled network, measured.
    Measured,
    /// Networks with free weights, trained on samples; medians over seeds.
    Trained,
}

impl Kind {
    /// The word in tables and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Bound => "bound",
            Kind::Constructed => "constructed",
            Kind::Measured => "measured",
            Kind::Trained => "trained",
        }
    }
}

/// A row of the comparison. Counts are for the whole lattice and can be
/// large: decimal strings. `None` where the question does not apply.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// What is counted.
    pub name: String,
    /// How it is known.
    pub kind: Kind,
    /// Neurons.
    pub neurons: Option<String>,
    /// Weights and biases of a network that are not zero, those of every cell
    /// counted; the coefficients of a polynomial.
    pub weights: Option<String>,
    /// Different values among the weights; those of cells are the same.
    pub distinct_weights: Option<String>,
    /// Numbers that are free to choose: the couplings of a Hamiltonian; of a
    /// compiled circuit its constants in one cell other than 1 and -1; of a
    /// trained network all its weights.
    pub couplings: Option<String>,
    /// Layers of neurons.
    pub depth: Option<u64>,
    /// The cost of one evaluation: multiplications by weights, and
    /// activations.
    pub operations: Option<String>,
    /// The largest error at the sampled points; of trained networks the
    /// median over seeds.
    pub max_error: Option<f64>,
    /// The least and the greatest over seeds.
    pub spread: Option<(f64, f64)>,
    /// Where the number comes from, or what limits it.
    pub note: String,
}

impl Row {
    /// A row without numbers.
    pub fn new(name: impl Into<String>, kind: Kind, note: impl Into<String>) -> Row {
        Row {
            name: name.into(),
            kind,
            neurons: None,
            weights: None,
            distinct_weights: None,
            couplings: None,
            depth: None,
            operations: None,
            max_error: None,
            spread: None,
            note: note.into(),
        }
    }
}

/// A number of one cell, for the whole lattice.
pub fn total(model: &Model, per_cell: &Rational) -> String {
    (per_cell * &Rational::from_integer(cells(model))).to_string()
}

/// A count of one cell, for the whole lattice.
pub fn total_count(model: &Model, per_cell: &UBig) -> String {
    (IBig::from(per_cell.clone()) * cells(model)).to_string()
}

/// Whether the lattice is a single cell.
pub fn is_one_cell(model: &Model) -> bool {
    model.frame.periods.iter().all(|&period| period == 1)
}

fn cells(model: &Model) -> IBig {
    model.frame.periods.iter().fold(IBig::ONE, |product, &period| product * IBig::from(period))
}
