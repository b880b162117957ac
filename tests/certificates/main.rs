//! Certificates against measurements, and what each gate costs and reaches.

#[path = "../common/mod.rs"]
mod common;

mod bounds;
mod cases;
mod exact;
mod gates;
mod sums;
mod tampering;
