//! Addition chains: the powers that occur, by the fewest products.
//!
//! The terms of a core are grouped by what they are powers of: each of the
//! variables, and the monomial whose power the whole term is. For each base
//! the exponents that occur make an addition sequence, 1 = a_0 < a_1 < ... in
//! which every element is the sum of two before it and which holds all of
//! them: each element is one product. The shortest is found by deepening
//! search, exact while its work lasts (Knuth, The Art of Computer Programming,
//! volume 2, section 4.6.3; Bleichenbacher and Flammenkamp); past that by
//! halving the largest. A plan has the powers, the products of powers, and the
//! core as the sum of its terms.

use std::collections::{BTreeMap, BTreeSet};

use crate::exact::Rational;
use crate::model::{Factor, Kind, Monomial, Polynomial};
use crate::simplify::decomposition::{Decomposition, Fact};

/// Cores with more terms are left to Horner's rule.
const TERMS: usize = 24;
/// States of the deepening search.
const WORK: u32 = 20_000;

/// One plan, where powers above the third occur.
pub fn plans(core: &Polynomial) -> Vec<Vec<Fact>> {
    let real = core.variables().iter().all(|variable| variable.kind() == Kind::Real);
    let high = |monomial: &Monomial| monomial.factors().iter().any(|factor| factor.exponent > 3);
    if core.len() > TERMS || !real || !core.terms().iter().any(|(monomial, _)| high(monomial)) {
        return Vec::new();
    }
    // The exponents of each base.
    let mut bases: BTreeMap<Monomial, BTreeSet<u16>> = BTreeMap::new();
    let mut facts = Vec::new();
    for (monomial, _) in core.terms().iter().filter(|(monomial, _)| monomial.degree() > 1) {
        let (root, exponent) = root(monomial);
        if exponent > 1 {
            bases.entry(root.clone()).or_default().insert(exponent);
        } else {
            for factor in root.factors() {
                bases.entry(Monomial::variable(factor.variable)).or_default().insert(factor.exponent);
            }
            facts.extend(by_powers(&root));
        }
    }
    // What is no power of anything else is a product of powers of its variables.
    let products: Vec<Monomial> = bases.keys().filter(|base| base.degree() > 1).cloned().collect();
    for base in products {
        for factor in base.factors() {
            bases.entry(Monomial::variable(factor.variable)).or_default().insert(factor.exponent);
        }
        facts.extend(by_powers(&base));
    }
    for (base, exponents) in &bases {
        let power = |exponent: u16| {
            let factors = base.factors().iter();
            let factors = factors.map(|f| Factor { variable: f.variable, exponent: f.exponent * exponent });
            term(Monomial::from_factors(factors))
        };
        for (whole, left, right) in sequence(exponents) {
            facts.push(Fact {
                target: power(whole),
                decomposition: Decomposition::product(power(left), power(right), Polynomial::zero()),
            });
        }
    }
    if core.len() > 1 {
        let rest = core.terms().iter().map(|(monomial, c)| (c.clone(), term(monomial.clone()))).collect();
        facts.push(Fact { target: core.clone(), decomposition: Decomposition { products: Vec::new(), rest } });
    }
    vec![facts]
}

fn term(monomial: Monomial) -> Polynomial {
    Polynomial::term(monomial, Rational::ONE)
}

/// What a monomial is a power of, and the exponent.
fn root(monomial: &Monomial) -> (Monomial, u16) {
    let gcd = monomial.factors().iter().fold(0, |gcd, factor| greatest_common_divisor(gcd, factor.exponent));
    let factors = monomial.factors().iter();
    let factors = factors.map(|f| Factor { variable: f.variable, exponent: f.exponent / gcd.max(1) });
    (Monomial::from_factors(factors), gcd)
}

fn greatest_common_divisor(a: u16, b: u16) -> u16 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

/// A monomial as the product of the powers of its variables.
fn by_powers(monomial: &Monomial) -> Vec<Fact> {
    let factors = monomial.factors();
    (2..=factors.len())
        .map(|count| {
            let part = |factors: &[Factor]| term(Monomial::from_factors(factors.iter().copied()));
            let (whole, last) = (part(&factors[..count]), part(&factors[count - 1..count]));
            let decomposition = Decomposition::product(part(&factors[..count - 1]), last, Polynomial::zero());
            Fact { target: whole, decomposition }
        })
        .collect()
}

/// An addition sequence with some elements: each element above one with the
/// two that it is the sum of. The shortest, where the work lasts.
pub fn sequence(targets: &BTreeSet<u16>) -> Vec<(u16, u16, u16)> {
    let mut targets: Vec<u16> = targets.iter().copied().filter(|&target| target > 1).collect();
    targets.dedup();
    let Some(&largest) = targets.last() else { return Vec::new() };
    let mut work = WORK;
    let bound = (largest as u32).next_power_of_two().trailing_zeros() as usize;
    for length in bound.max(targets.len()).. {
        let mut chain = vec![1];
        match deepen(&mut chain, &targets, length, &mut work) {
            Some(true) => return sums(&chain),
            Some(false) => {}
            None => break,
        }
    }
    // By halves: the largest element that is not yet explained.
    let mut open: BTreeSet<u16> = targets.into_iter().collect();
    let mut chain = BTreeSet::from([1]);
    while let Some(target) = open.pop_last() {
        chain.insert(target);
        // An odd element by an even one, so that the halves are one.
        let (left, right) =
            if target % 2 == 1 && target > 3 { (target - 1, 1) } else { (target / 2, target - target / 2) };
        open.extend([left, right].into_iter().filter(|&part| part > 1));
    }
    sums(&chain.into_iter().collect::<Vec<_>>())
}

/// Completes an increasing chain within `left` more elements. `None` where the
/// work is spent.
fn deepen(chain: &mut Vec<u16>, targets: &[u16], left: usize, work: &mut u32) -> Option<bool> {
    *work = work.checked_sub(1)?;
    let last = *chain.last()?;
    let open = targets.partition_point(|&target| target <= last);
    let [next, ..] = targets[open..] else { return Some(true) };
    let largest = *targets.last()?;
    // Doubling is the fastest growth, and each target takes an element.
    if targets.len() - open > left || (last as u64) << left.min(32) < largest as u64 {
        return Some(false);
    }
    let mut tried = BTreeSet::new();
    for one in (0..chain.len()).rev() {
        for two in (0..=one).rev() {
            let Some(sum) = chain[one].checked_add(chain[two]) else { continue };
            // Below the next target or at it: the chain increases.
            if sum > last && sum <= next && tried.insert(sum) {
                chain.push(sum);
                if deepen(chain, targets, left - 1, work)? {
                    return Some(true);
                }
                chain.pop();
            }
        }
    }
    Some(false)
}

/// Each element of a chain above one as the sum of two others, equal ones first.
fn sums(chain: &[u16]) -> Vec<(u16, u16, u16)> {
    let parts = |&whole: &u16| {
        let rest = |part: u16| whole.checked_sub(part).filter(|&rest| chain.contains(&rest) && rest > 0);
        if whole % 2 == 0 && chain.contains(&(whole / 2)) {
            return Some((whole, whole / 2, whole / 2));
        }
        let largest = chain.iter().rev().copied().filter(|&part| part < whole).find(|&part| rest(part).is_some());
        largest.map(|part| (whole, part, whole - part))
    };
    chain.iter().filter(|&&whole| whole > 1).filter_map(parts).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Variable;
    use proptest::prelude::*;

    /// The lengths of the shortest addition chains (OEIS A003313).
    #[test]
    fn chains_are_the_shortest() {
        let lengths = [
            0, 1, 2, 2, 3, 3, 4, 3, 4, 4, 5, 4, 5, 5, 5, 4, 5, 5, 6, 5, 6, 6, 6, 5, 6, 6, 6, 6, 7, 6, 7, 5, 6, 6, 7, 6,
            7, 7, 7, 6, 7, 7, 7, 7, 7, 7, 8, 6,
        ];
        for (at, &length) in lengths.iter().enumerate() {
            let target = at as u16 + 1;
            assert_eq!(sequence(&BTreeSet::from([target])).len(), length, "{target}");
        }
    }

    #[test]
    fn several_exponents_share_their_chain() {
        // 1 2 3 5 8 13 has all three.
        assert_eq!(sequence(&BTreeSet::from([5, 8, 13])).len(), 5);
        // Each by itself takes four and five.
        assert_eq!(sequence(&BTreeSet::from([7, 15])).len(), 6);
        assert_eq!(sequence(&BTreeSet::from([3, 5, 15])).len(), 5);
    }

    fn check(targets: &BTreeSet<u16>) -> Result<(), TestCaseError> {
        let found = sequence(targets);
        let mut chain = BTreeSet::from([1]);
        for (whole, left, right) in found {
            prop_assert!(whole == left + right && chain.contains(&left) && chain.contains(&right));
            chain.insert(whole);
        }
        prop_assert!(targets.iter().all(|target| chain.contains(target)));
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn sequences_have_all_targets(small in proptest::collection::btree_set(1u16..60, 1..5),
                                      large in proptest::collection::btree_set(1u16..5000, 1..8)) {
            check(&small)?;
            check(&large)?;
        }

        #[test]
        fn facts_are_sound(terms in proptest::collection::vec((proptest::collection::vec(0u32..9, 3), -4i64..5), 1..6)) {
            let x = |slot| Polynomial::variable(Variable::real(slot));
            let term = |(exponents, c): (Vec<u32>, i64)| {
                let powers = exponents.into_iter().enumerate().map(|(slot, e)| x(slot).pow(e));
                powers.fold(Polynomial::constant(Rational::from(c)), |product, power| &product * &power)
            };
            let core = terms.into_iter().map(term).fold(Polynomial::zero(), |sum, term| &sum + &term).nonlinear_part();
            for fact in plans(&core).into_iter().flatten() {
                prop_assert_eq!(fact.decomposition.expand(), fact.target);
            }
        }
    }
}
