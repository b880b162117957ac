//! Kernels and co-kernels: common divisors of several terms at once.
//!
//! A co-kernel of p is a monomial c such that the quotient of the terms that c
//! divides, the kernel, has no monomial factor left; every sub-expression that
//! two terms share lies in kernels (Brayton and McMullen, "The decomposition
//! and factorization of Boolean expressions", 1982). The rows of the matrix of
//! co-kernels are the co-kernels, its columns the monomials of the kernels,
//! its entries the coefficients of p. A rectangle of rank one in it, `q_i k_j`,
//! is a product `Q K` of two sums, and `p = Q K + r`. Brayton looks for
//! rectangles of ones; over the rationals entries need only be proportional.
//! Horner's rule sees the rectangles of one row whose co-kernel is a variable.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::exact::Rational;
use crate::model::{Monomial, Polynomial};
use crate::simplify::decomposition::{Decomposition, Fact};

/// Cores with more terms are left alone: pairs of terms are looked at.
const TERMS: usize = 120;
/// Co-kernels that are looked at, those with the largest kernels.
const ROWS: usize = 40;
/// Rectangles that are returned, those that cover most.
const BEST: usize = 4;

/// A co-kernel with its kernel, the coefficient of each monomial.
struct Row {
    cokernel: Monomial,
    kernel: BTreeMap<Monomial, Rational>,
}

/// The products of sums that cover most of the terms.
pub fn generate(core: &Polynomial) -> Vec<Fact> {
    if core.len() < 3 || core.len() > TERMS {
        return Vec::new();
    }
    let rows = rows(core);
    let mut found: BTreeMap<(Reverse<usize>, usize), (Polynomial, Polynomial)> = BTreeMap::new();
    let mut known: BTreeSet<(Vec<usize>, Vec<Monomial>)> = BTreeSet::new();
    for (at, first) in rows.iter().enumerate() {
        let whole: Vec<Monomial> = first.kernel.keys().cloned().collect();
        let shared = rows[at + 1..].iter().flat_map(|second| proportional(first, second));
        for columns in shared.chain([whole]) {
            let (members, covered) = extend(&rows, at, &columns);
            if !known.insert((members.iter().map(|(row, _)| *row).collect(), columns.clone())) {
                continue;
            }
            let outer = members.iter().map(|(row, scale)| (rows[*row].cokernel.clone(), scale.clone()));
            let outer = Polynomial::from_terms(outer);
            // One row whose co-kernel is a variable is Horner's step.
            if outer.is_affine() && outer.len() == 1 {
                continue;
            }
            let inner = columns.iter().map(|column| (column.clone(), first.kernel[column].clone()));
            found.insert((Reverse(covered), found.len()), (outer, Polynomial::from_terms(inner)));
        }
    }
    let facts = found.into_values().take(BEST).map(|(outer, inner)| {
        let rest = core - &(&outer * &inner);
        Fact { target: core.clone(), decomposition: Decomposition::product(outer, inner, rest) }
    });
    // A product that leaves as much as there was helps nobody.
    facts.filter(|fact| fact.decomposition.rest.iter().all(|(_, rest)| rest.len() < core.len())).collect()
}

/// The co-kernels that common factors of two terms give, largest kernels first.
fn rows(core: &Polynomial) -> Vec<Row> {
    let terms = core.terms();
    let mut cubes: BTreeSet<Monomial> = BTreeSet::new();
    for (at, (one, _)) in terms.iter().enumerate() {
        cubes.extend(terms[at + 1..].iter().map(|(other, _)| one.common(other)).filter(|cube| !cube.is_one()));
    }
    let rows = cubes.into_iter().filter_map(|cube| {
        let quotients: Vec<(Monomial, Rational)> =
            terms.iter().filter_map(|(m, c)| Some((m.divide(&cube)?, c.clone()))).collect();
        // Free of a common monomial, so that each kernel is found once.
        let mut monomials = quotients.iter().map(|(monomial, _)| monomial);
        let first = monomials.next()?.clone();
        let free = monomials.fold(first, |common, monomial| common.common(monomial)).is_one();
        (free && quotients.len() > 1).then(|| Row { cokernel: cube, kernel: quotients.into_iter().collect() })
    });
    let mut rows: Vec<Row> = rows.collect();
    rows.sort_by_key(|row| Reverse(row.kernel.len() * row.cokernel.degree() as usize));
    rows.truncate(ROWS);
    rows
}

/// The columns of each set of two or more on which two rows are proportional.
fn proportional(first: &Row, second: &Row) -> Vec<Vec<Monomial>> {
    let mut ratios: BTreeMap<Rational, Vec<Monomial>> = BTreeMap::new();
    for (column, entry) in &first.kernel {
        if let Some(other) = second.kernel.get(column) {
            ratios.entry(other / entry).or_default().push(column.clone());
        }
    }
    ratios.into_values().filter(|columns| columns.len() > 1).collect()
}

/// All rows that are proportional to one on some columns and meet different
/// terms, each with its factor, and the number of terms that they cover.
fn extend(rows: &[Row], base: usize, columns: &[Monomial]) -> (Vec<(usize, Rational)>, usize) {
    let mut covered: BTreeSet<Monomial> = columns.iter().map(|column| column.multiply(&rows[base].cokernel)).collect();
    let mut members = vec![(base, Rational::ONE)];
    for (at, row) in rows.iter().enumerate().filter(|(at, _)| *at != base) {
        let ratio = |column: &Monomial| Some(row.kernel.get(column)? / &rows[base].kernel[column]);
        let Some(first) = ratio(&columns[0]) else { continue };
        if columns.iter().any(|column| ratio(column).as_ref() != Some(&first)) {
            continue;
        }
        let cells: Vec<Monomial> = columns.iter().map(|column| column.multiply(&row.cokernel)).collect();
        if cells.iter().all(|cell| !covered.contains(cell)) {
            covered.extend(cells);
            members.push((at, first));
        }
    }
    members.sort_by_key(|(row, _)| *row);
    (members, covered.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Variable;
    use proptest::prelude::*;

    fn x(slot: usize) -> Polynomial {
        Polynomial::variable(Variable::real(slot))
    }

    #[test]
    fn a_product_of_sums_is_a_rectangle() {
        // (a b + 2 c^2 d)(e + 3 f g - h) + a e
        let outer = &(&x(0) * &x(1)) + &(&x(2).pow(2) * &x(3)).scaled(&Rational::from(2));
        let inner = &(&x(4) + &(&x(5) * &x(6)).scaled(&Rational::from(3))) - &x(7);
        let rest = &x(0) * &x(4);
        let facts = generate(&(&(&outer * &inner) + &rest));
        let whole = facts.iter().any(|fact| fact.decomposition.rest == vec![(Rational::ONE, rest.clone())]);
        assert!(whole, "{facts:?}");
    }

    #[test]
    fn a_kernel_of_two_variables_is_found() {
        // a b (c + d) + e^2: the co-kernel a b at once.
        let p = &(&(&x(0) * &x(1)) * &(&x(2) + &x(3))) + &x(4).pow(2);
        let facts = generate(&p);
        assert_eq!(facts.len(), 1);
        assert_eq!(facts[0].decomposition.rest, vec![(Rational::ONE, x(4).pow(2))]);
    }

    prop_compose! {
        fn sparse()(terms in proptest::collection::vec((proptest::collection::vec(0u32..4, 4), -4i64..5), 1..14))
            -> Polynomial
        {
            let term = |(exponents, c): (Vec<u32>, i64)| {
                let powers = exponents.into_iter().enumerate().map(|(slot, e)| x(slot).pow(e));
                powers.fold(Polynomial::constant(Rational::from(c)), |product, power| &product * &power)
            };
            terms.into_iter().map(term).fold(Polynomial::zero(), |sum, term| &sum + &term).nonlinear_part()
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        #[test]
        fn facts_are_sound(core in sparse(), factor in sparse()) {
            for p in [&core * &factor, core] {
                for fact in generate(&p) {
                    prop_assert_eq!(fact.decomposition.expand(), fact.target);
                }
            }
        }
    }
}
