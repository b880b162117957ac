//! Products of bits: AND of bits and of negated bits in one gate.

use crate::exact::Rational;
use crate::model::{Kind, Monomial, Polynomial};
use crate::simplify::decomposition::{Decomposition, Fact, Product};

/// Recognises a core that is, up to its affine terms, a multiple of a product
/// of literals b and 1 - b.
pub fn generate(core: &Polynomial) -> Vec<Fact> {
    let bits_only = core.terms().iter().all(|(m, _)| m.factors().iter().all(|f| f.variable.kind() == Kind::Bit));
    if !bits_only {
        return Vec::new();
    }
    // The highest monomial has every literal's bit; the literals' signs are
    // found from the terms one degree below it.
    let (highest, leading) = &core.terms()[0];
    let literals: Vec<Polynomial> = highest
        .factors()
        .iter()
        .map(|factor| {
            let below = core.coefficient(&highest.without(factor.variable));
            let bit = Polynomial::variable(factor.variable);
            // c * b * rest has no term c * rest; -c * (b - 1) * rest has it.
            if below.is_zero() || highest.degree() == 1 { bit } else { &Polynomial::constant(Rational::ONE) - &bit }
        })
        .collect();
    // For two literals the terms one degree below are affine, hence free: all
    // four products of literals differ by affine terms, and b*b' serves.
    let literals = if literals.len() == 2 {
        highest.factors().iter().map(|f| Polynomial::term(Monomial::variable(f.variable), Rational::ONE)).collect()
    } else {
        literals
    };
    let product = Product::Bits(literals);
    let expanded = product.expand();
    let scale = leading / &expanded.coefficient(highest);
    let rest = core - &expanded.scaled(&scale);
    if !rest.is_affine() || highest.degree() < 2 {
        return Vec::new();
    }
    vec![Fact {
        target: core.clone(),
        decomposition: Decomposition {
            products: vec![(scale, product)],
            rest: if rest.is_zero() { Vec::new() } else { vec![(Rational::ONE, rest)] },
        },
    }]
}
