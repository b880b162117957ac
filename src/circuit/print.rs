//! Circuits as text.
