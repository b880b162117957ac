//! Questions about compiled things: how accurate, and compared with what.

pub mod baselines;
pub mod sample;
