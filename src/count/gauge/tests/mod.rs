//! The counts of link monomials.

mod crystal;
mod finite;
