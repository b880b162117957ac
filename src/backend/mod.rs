//! Networks, general Hamiltonians and charts as files, one format a module.

pub mod dense;
pub mod ham;
pub mod svg;
pub mod yaml;
