//! `hamc` compiles a polynomial Hamiltonian into the smallest deep network of
//! multiplication gates that computes it.
#![warn(missing_docs)]

pub mod algebra;
pub mod analysis;
pub mod assemble;
pub mod backend;
pub mod circuit;
pub mod cli;
pub mod count;
pub mod diagnostics;
pub mod exact;
pub mod lower;
pub mod model;
pub mod modular;
pub mod network;
pub mod pipeline;
pub mod simplify;
pub mod spelling;
pub mod syntax;
