//! Algebra that more than one step needs: linear systems, univariate and
//! multivariate factorisation, spans of polynomials, spans of matrices of rank
//! one, isotropic vectors, least squares.
//!
//! Everything here is a function of polynomials and numbers alone; results
//! are exact, those of least squares excepted, and searches that draw points
//! draw the same ones every time.

pub mod factorization;
pub mod isotropic;
pub mod least_squares;
pub mod linear;
pub mod rank_one;
pub mod residues;
pub mod span;
pub mod sparse;
pub mod univariate;
