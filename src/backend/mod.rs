//! Networks as files, one format a module.

pub mod yaml;
