//! Single monomials: balanced products, shared powers, polarisation.

use crate::exact::Rational;
use crate::model::{Factor, Monomial, Polynomial};
use crate::simplify::decomposition::{Decomposition, Fact, Product};

/// Ways to compute a core of one term.
pub fn generate(core: &Polynomial) -> Vec<Fact> {
    let [(monomial, _)] = core.terms() else { return Vec::new() };
    let mut facts = Vec::new();
    let mut product = |left: Monomial, right: Monomial| {
        facts.push(Fact {
            target: core.clone(),
            decomposition: Decomposition::product(term(left), term(right), Polynomial::zero()),
        });
    };
    let factors = monomial.factors();
    // The square root, where there is one, and the square of the even part.
    let power = |exponent: &dyn Fn(u16) -> u16| {
        let factors = factors.iter().map(|f| Factor { variable: f.variable, exponent: exponent(f.exponent) });
        Monomial::from_factors(factors.filter(|f| f.exponent > 0))
    };
    let (root, odd) = (power(&|e| e / 2), power(&|e| e % 2));
    if !root.is_one() {
        if odd.is_one() {
            product(root.clone(), root);
        } else {
            product(root.multiply(&root), odd.clone());
            product(root.clone(), root.multiply(&odd));
        }
    }
    if factors.len() >= 2 {
        // Two halves of the factors: the shallowest tree.
        let middle = factors.len().next_power_of_two() / 2;
        product(
            Monomial::from_factors(factors[..middle].iter().copied()),
            Monomial::from_factors(factors[middle..].iter().copied()),
        );
        // Each power apart, for powers that others need too.
        if factors.len() <= 6 {
            for factor in factors.iter().filter(|f| f.exponent > 1) {
                let power = Monomial::from_factors([*factor]);
                product(monomial.without(factor.variable), power);
            }
        }
    }
    // One factor apart, for monomials that share the rest.
    if monomial.degree() > 2 && factors.len() <= 8 {
        for factor in factors {
            let one = Monomial::variable(factor.variable);
            product(monomial.divide(&one).expect("it occurs"), one);
        }
    }
    if let [a, b] = factors
        && a.exponent == b.exponent
    {
        facts.extend(polarization(core, *a, *b));
    }
    facts
}

/// `uv = ((u+v)^2 - u^2 - v^2)/2 = (u^2 + v^2 - (u-v)^2)/2`: one square where
/// the squares of u and v exist already (or are constants, as for spins).
fn polarization(core: &Polynomial, a: Factor, b: Factor) -> Vec<Fact> {
    let (u, v) = (term(Monomial::from_factors([a])), term(Monomial::from_factors([b])));
    let half = Rational::new(1, 2);
    [(&u + &v, half.clone()), (&u - &v, -half)]
        .into_iter()
        .map(|(base, weight)| {
            let squares = &(&u * &u) + &(&v * &v);
            Fact {
                target: core.clone(),
                decomposition: Decomposition {
                    products: vec![(weight.clone(), Product::Pair(base.clone(), base))],
                    rest: vec![(-weight, squares)],
                },
            }
        })
        .collect()
}

fn term(monomial: Monomial) -> Polynomial {
    Polynomial::term(monomial, Rational::ONE)
}
