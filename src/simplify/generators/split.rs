//! Sums of parts that can be computed apart.

use crate::model::{Polynomial, Variable};
use crate::simplify::decomposition::{Decomposition, Fact};

/// Splits a core into parts that share no variable, or else by degree.
pub fn generate(core: &Polynomial) -> Vec<Fact> {
    let mut facts = Vec::new();
    let parts = components(core);
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

/// The parts of a polynomial over the connected components of its variables,
/// where two variables are connected if a term has both.
pub fn components(core: &Polynomial) -> Vec<Polynomial> {
    let variables = core.variables();
    let index = |variable: Variable| variables.binary_search(&variable).expect("it occurs");
    let mut parent: Vec<usize> = (0..variables.len()).collect();
    fn root(parent: &mut [usize], mut at: usize) -> usize {
        while parent[at] != at {
            parent[at] = parent[parent[at]];
            at = parent[at];
        }
        at
    }
    for (monomial, _) in core.terms() {
        let Some(first) = monomial.factors().first() else { continue };
        for factor in &monomial.factors()[1..] {
            let (a, b) = (root(&mut parent, index(first.variable)), root(&mut parent, index(factor.variable)));
            parent[a.max(b)] = a.min(b);
        }
    }
    let mut parts: std::collections::BTreeMap<usize, Vec<_>> = std::collections::BTreeMap::new();
    for (monomial, coefficient) in core.terms() {
        if let Some(first) = monomial.factors().first() {
            let component = root(&mut parent, index(first.variable));
            parts.entry(component).or_default().push((monomial.clone(), coefficient.clone()));
        }
    }
    parts.into_values().map(Polynomial::from_terms).collect()
}
