//! The language: text to syntax tree and back.
pub mod ast;
mod errors;
mod lines;
mod parse;
mod print;

pub use parse::parse;
pub use print::print;
