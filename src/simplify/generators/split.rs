//! Sums of parts that can be computed apart.

use crate::model::Polynomial;
use crate::simplify::decomposition::{Decomposition, Fact};

/// Splits a core into parts that share no variable, or else by degree.
pub fn generate(core: &Polynomial) -> Vec<Fact> {
    let mut facts = Vec::new();
    let parts = core.components();
    if parts.len() > 1 {
        facts.push(Fact { target: core.clone(), decomposition: Decomposition::sum(parts) });
        return facts;
    }
    let mut degrees: Vec<u32> = core.terms().iter().map(|(monomial, _)| monomial.degree()).collect();
    degrees.dedup();
    if degrees.len() > 1 {
        let parts = degrees.iter().map(|&degree| core.homogeneous_part(degree)).collect();
        facts.push(Fact { target: core.clone(), decomposition: Decomposition::sum(parts) });
    }
    // Powers of single variables against mixed terms.
    let pure = core.filter(|monomial, _| monomial.factors().len() == 1);
    if !pure.is_zero() && pure.len() < core.len() {
        let mixed = core - &pure;
        facts.push(Fact { target: core.clone(), decomposition: Decomposition::sum(vec![pure, mixed]) });
    }
    facts
}
