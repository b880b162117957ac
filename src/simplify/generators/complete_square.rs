//! Completing the square in a power of a variable.
//!
//! Where `p = a w^2 + b w + c` with w a power of a variable, `a` a number and
//! `b`, `c` free of w: `p = a (w + b/(2a))^2 + (c - b^2/(4a))`.

use crate::exact::Rational;
use crate::model::{Kind, Monomial, Polynomial};
use crate::simplify::decomposition::{Decomposition, Fact, Product};

/// Completes the square in every power of every real variable that allows it.
pub fn generate(core: &Polynomial) -> Vec<Fact> {
    let mut facts = Vec::new();
    for variable in core.variables() {
        if variable.kind() != Kind::Real {
            continue;
        }
        let degree = core.degree_in(variable);
        if degree < 2 || degree % 2 == 1 {
            continue;
        }
        let coefficients = core.coefficients_in(variable);
        let half = degree as usize / 2;
        let Some(leading) = coefficients[degree as usize].as_constant() else { continue };
        // With w = v^(d/2): terms between w and w^2, or below w, that are no
        // constant in w must vanish or belong to b and c.
        let between: Vec<usize> = (half + 1..degree as usize).filter(|&k| !coefficients[k].is_zero()).collect();
        let twice = &leading + &leading;
        // sqrt part: w + sum over k of coefficient_k v^(k-half) / (2a).
        let mut base = Polynomial::term(Monomial::power(variable, half as u32).expect("half"), Rational::ONE);
        for &k in between.iter().chain(std::iter::once(&half)) {
            let power = Monomial::power(variable, (k - half) as u32).expect("below the degree");
            base = &base + &coefficients[k].scaled(&twice.recip()).times_monomial(&power);
        }
        if base.len() == 1 {
            // Nothing to complete: still split the pure square off.
            let square = (&base * &base).scaled(&leading);
            let rest = core - &square;
            if !rest.is_zero() {
                facts.push(fact(core, base, leading, rest));
            }
            continue;
        }
        if base.len() * base.len() > 20_000 {
            continue;
        }
        let rest = core - &(&base * &base).scaled(&leading);
        // Completing must not make things longer.
        if rest.len() <= core.len() + base.len() {
            facts.push(fact(core, base, leading, rest));
        }
    }
    facts
}

fn fact(core: &Polynomial, base: Polynomial, leading: Rational, rest: Polynomial) -> Fact {
    Fact {
        target: core.clone(),
        decomposition: Decomposition {
            products: vec![(leading, Product::Pair(base.clone(), base))],
            rest: if rest.is_zero() { Vec::new() } else { vec![(Rational::ONE, rest)] },
        },
    }
}
