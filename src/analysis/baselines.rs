//! What a compiled network is compared with.
//!
//! Every row says of which kind it is: a number from a theorem or a formula,
//! a network that was built and measured, or the compiled network itself.

use dashu_int::{IBig, UBig};

use crate::exact::Rational;
use crate::model::{Model, Monomial};

/// How a row of the comparison is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// By a theorem or a formula; nothing was built.
    Bound,
    /// By building the network and measuring it.
    Constructed,
    /// The compiled network, measured.
    Measured,
}

impl Kind {
    /// The word in tables and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Bound => "bound",
            Kind::Constructed => "constructed",
            Kind::Measured => "measured",
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
    /// Weights of a network, or coefficients of a polynomial.
    pub weights: Option<String>,
    /// Layers of neurons.
    pub depth: Option<u64>,
    /// The largest error at the sampled points.
    pub max_error: Option<f64>,
    /// Where the number comes from, or what limits it.
    pub note: String,
}

/// The lower bound of the neurons of one hidden layer for an energy, in the
/// Taylor sense and without biases (1705.05502, theorem 4.3): for a sum of c
/// monomials at least `max over monomials of prod (r_i + 1)`, over c. For the
/// whole lattice; `None` for affine energies.
pub fn shallow_lower_bound(model: &Model, energy: usize) -> Option<UBig> {
    let polynomial = &model.energies[energy].polynomial;
    let single = |monomial: &Monomial| {
        monomial.factors().iter().fold(UBig::ONE, |product, factor| product * UBig::from(factor.exponent as u32 + 1))
    };
    let nonlinear: Vec<&Monomial> =
        polynomial.terms().iter().map(|(monomial, _)| monomial).filter(|monomial| monomial.degree() > 1).collect();
    let greatest = nonlinear.iter().map(|monomial| single(monomial)).max()?;
    let cells = model.frame.periods.iter().fold(UBig::ONE, |product, &period| product * UBig::from(period));
    let count = UBig::from(nonlinear.len()) * cells;
    Some((greatest + &count - UBig::ONE) / count)
}

/// A number of one cell, for the whole lattice.
pub fn total(model: &Model, per_cell: &Rational) -> String {
    let cells = model.frame.periods.iter().fold(IBig::ONE, |product, &period| product * IBig::from(period));
    (per_cell * &Rational::from_integer(cells)).to_string()
}
