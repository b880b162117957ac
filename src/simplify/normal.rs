//! Polynomials up to what is free: affine terms, scale and translation.

use crate::exact::Rational;
use crate::model::{Polynomial, Shift};

/// A polynomial written as `affine + scale * core translated by shift`.
///
/// The core has no constant and no linear terms, coprime integer coefficients
/// with a positive first, and its least cell is the origin: every polynomial
/// that differs from another in free operations alone has the same core.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Normal {
    /// Constant and linear terms.
    pub affine: Polynomial,
    /// The nonlinear part, if there is one.
    pub core: Option<Core>,
}

/// The nonlinear part of a polynomial in normal form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Core {
    /// The number that multiplies the core.
    pub scale: Rational,
    /// The translation of the core.
    pub shift: Shift,
    /// The core.
    pub polynomial: Polynomial,
}

/// The normal form of a polynomial.
pub fn normalize(polynomial: &Polynomial) -> Normal {
    let affine = polynomial.affine_part();
    let nonlinear = polynomial.nonlinear_part();
    if nonlinear.is_zero() {
        return Normal { affine, core: None };
    }
    let shift = nonlinear.least_cell().expect("a nonlinear polynomial has variables");
    let (core, scale) = nonlinear.shifted(-shift).primitive();
    Normal { affine, core: Some(Core { scale, shift, polynomial: core }) }
}
