//! Questions about Hamiltonians and compiled things: which symmetries, how
//! accurate, and compared with what.

pub mod baselines;
pub mod growth;
pub mod lattice_form;
pub mod sample;
pub mod shallow_bounds;
pub mod symmetries;
pub mod training;
