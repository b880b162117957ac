//! Orders for the elimination of variables, by their number of products.
//!
//! Once the variables of a set S are eliminated, what is still needed is the
//! span W(S) of the coefficients of the core as a polynomial in S, modulo
//! affine forms, whatever the order was. Eliminating v from W(S) costs, by
//! Horner's rule, the sum over k of the ranks of
//! `sum over j >= k of v^(j-k) p_j` for p in W(S) with coefficients p_j, modulo
//! constants; by powers, the sum of the ranks of the p_k and the powers
//! themselves. So an order is a path through the sets, and the search is for
//! the cheapest: a beam that is widened until the work is spent, sets being
//! evaluated once. A set is judged by the products so far and the dimension
//! of W(S), which is a lower bound on what is still to pay. Ranks are taken
//! modulo 2^61 - 1; the order that is returned is carried out exactly by
//! who asked.

use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::algebra::sparse::{Row, Rows};
use crate::model::{Polynomial, Variable};

/// Entries of spaces that are kept for later.
const KEPT: usize = 16_000_000;
/// The widest beam.
const WIDEST: usize = 4_096;

/// Orders of the variables and their products, each better than the one
/// before, found within `work` entries. Empty where the core is too large for
/// a single order.
pub fn orders(core: &Polynomial, variables: &[Variable], work: &mut u64) -> Vec<(usize, Vec<Variable>)> {
    if variables.len() > 64 {
        return Vec::new();
    }
    let Some(mut search) = Search::new(core, variables, *work) else { return Vec::new() };
    let mut found: Vec<(usize, Vec<Variable>)> = Vec::new();
    let mut width = 1;
    while width <= WIDEST {
        let limit = found.last().map_or(usize::MAX, |(products, _)| *products);
        match search.beam(width, limit) {
            Outcome::Spent => break,
            Outcome::Nothing => {}
            Outcome::Everything => {
                break;
            }
            Outcome::Order(products, order) => {
                found.push((products, order.into_iter().map(|at| variables[at]).collect()));
            }
        }
        width *= 2;
    }
    *work = search.work;
    found
}

enum Outcome {
    /// The work is spent.
    Spent,
    /// No order below the limit in this beam.
    Nothing,
    /// No order below the limit at all: nothing was left out.
    Everything,
    Order(usize, Vec<usize>),
}

/// Monomials as numbers.
struct Monomials {
    exponents: Vec<Box<[u16]>>,
    degrees: Vec<u32>,
    known: FxHashMap<Box<[u16]>, u32>,
}

impl Monomials {
    fn number(&mut self, exponents: &[u16]) -> u32 {
        if let Some(&known) = self.known.get(exponents) {
            return known;
        }
        let number = self.exponents.len() as u32;
        self.exponents.push(exponents.into());
        self.degrees.push(exponents.iter().map(|&e| e as u32).sum());
        self.known.insert(exponents.into(), number);
        number
    }

    /// The quotient by a power of a variable.
    fn divided(&mut self, number: u32, variable: usize, by: u16) -> u32 {
        if by == 0 {
            return number;
        }
        let mut exponents = self.exponents[number as usize].clone();
        exponents[variable] -= by;
        self.number(&exponents)
    }
}

/// What is needed once some variables are gone.
struct Space {
    basis: Vec<Row>,
    entries: usize,
}

struct Search {
    monomials: Monomials,
    count: usize,
    whole: Rc<Space>,
    spaces: FxHashMap<u64, Rc<Space>>,
    held: usize,
    dimensions: FxHashMap<u64, usize>,
    costs: FxHashMap<(u64, usize), usize>,
    work: u64,
}

impl Search {
    fn new(core: &Polynomial, variables: &[Variable], work: u64) -> Option<Search> {
        let mut monomials = Monomials { exponents: Vec::new(), degrees: Vec::new(), known: FxHashMap::default() };
        let mut row = Vec::new();
        for (monomial, coefficient) in core.terms() {
            let exponents: Vec<u16> = variables.iter().map(|&variable| monomial.exponent(variable)).collect();
            row.push((monomials.number(&exponents), coefficient.residue()?));
        }
        Some(Search {
            monomials,
            count: variables.len(),
            whole: Rc::new(Space { entries: row.len(), basis: vec![row] }),
            spaces: FxHashMap::default(),
            held: 0,
            dimensions: FxHashMap::default(),
            costs: FxHashMap::default(),
            work,
        })
    }

    /// The cheapest order below `limit` in a beam.
    fn beam(&mut self, width: usize, limit: usize) -> Outcome {
        struct Path {
            set: u64,
            products: usize,
            order: Vec<usize>,
            space: Rc<Space>,
        }
        let mut paths = vec![Path { set: 0, products: 0, order: Vec::new(), space: self.whole.clone() }];
        let mut complete = true;
        for _ in 0..self.count {
            // The cheapest way to each next set.
            let mut next: BTreeMap<u64, (usize, usize, usize)> = BTreeMap::new();
            for (at, path) in paths.iter().enumerate() {
                for variable in (0..self.count).filter(|&variable| path.set >> variable & 1 == 0) {
                    let products = path.products + self.cost(path.set, &path.space, variable);
                    if self.work == 0 {
                        return Outcome::Spent;
                    }
                    let entry = next.entry(path.set | 1 << variable).or_insert((usize::MAX, 0, 0));
                    *entry = (*entry).min((products, at, variable));
                }
            }
            let mut judged = Vec::new();
            for (set, (products, at, variable)) in next {
                if products >= limit {
                    continue;
                }
                let dimension = match self.dimensions.get(&set) {
                    Some(&known) => known,
                    None => self.space(set, &paths[at].space, variable).basis.len(),
                };
                if self.work == 0 {
                    return Outcome::Spent;
                }
                if products + dimension < limit {
                    judged.push((products + dimension, products, set, at, variable));
                }
            }
            judged.sort_unstable();
            complete &= judged.len() <= width;
            judged.truncate(width);
            let mut chosen = Vec::new();
            for (_, products, set, at, variable) in judged {
                let space = self.space(set, &paths[at].space, variable);
                if self.work == 0 {
                    return Outcome::Spent;
                }
                let order: Vec<usize> = paths[at].order.iter().copied().chain([variable]).collect();
                chosen.push(Path { set, products, order, space });
            }
            paths = chosen;
        }
        match paths.into_iter().min_by_key(|path| path.products) {
            Some(path) => Outcome::Order(path.products, path.order),
            None if complete => Outcome::Everything,
            None => Outcome::Nothing,
        }
    }

    /// The products for eliminating a variable.
    fn cost(&mut self, set: u64, space: &Space, variable: usize) -> usize {
        if let Some(&known) = self.costs.get(&(set, variable)) {
            return known;
        }
        // The exponents with which the variable stands beside others.
        let mut exponents: Vec<u16> = Vec::new();
        let mut plain: Vec<u16> = Vec::new();
        for &(number, _) in space.basis.iter().flatten() {
            let exponent = self.monomials.exponents[number as usize][variable];
            let list =
                if self.monomials.degrees[number as usize] > exponent as u32 { &mut exponents } else { &mut plain };
            if exponent > 0 && !list.contains(&exponent) {
                list.push(exponent);
            }
        }
        self.work = self.work.saturating_sub(space.entries as u64);
        exponents.sort_unstable();
        let highest = exponents.iter().chain(&plain).copied().max().unwrap_or(0);
        let products = if highest <= 1 {
            if exponents.is_empty() { 0 } else { self.rank(space, variable, 1, false) }
        } else {
            let all: std::collections::BTreeSet<u16> = exponents.iter().chain(&plain).copied().collect();
            let mut horner = 0;
            let mut from = 0;
            while let Some(&least) = all.range(from + 1..).next() {
                let nonlinear = exponents.last().is_some_and(|&last| last > from) || highest > from + 1;
                if !nonlinear {
                    break;
                }
                horner += self.rank(space, variable, least, false) + (least - from > 1) as usize;
                from = least;
            }
            let mut powers = 0;
            for &power in &all {
                powers += self.rank(space, variable, power, true) + (power > 1) as usize;
            }
            horner.min(powers)
        };
        self.costs.insert((set, variable), products);
        products
    }

    /// The rank, modulo constants, of the quotients by a power of a variable
    /// of all terms that have at least it, or of those that have just it.
    fn rank(&mut self, space: &Space, variable: usize, power: u16, only: bool) -> usize {
        let mut rows = Rows::default();
        for element in &space.basis {
            let mut quotient = Vec::new();
            for &(number, value) in element {
                let exponent = self.monomials.exponents[number as usize][variable];
                let taken = if only { exponent == power } else { exponent >= power };
                if taken && self.monomials.degrees[number as usize] > power as u32 {
                    quotient.push((self.monomials.divided(number, variable, power), value));
                }
            }
            if !quotient.is_empty() {
                rows.insert(quotient, |_, _| {});
            }
            if rows.work() > self.work {
                break;
            }
        }
        self.work = self.work.saturating_sub(rows.work() + space.entries as u64);
        rows.rank()
    }

    /// What is needed once `variable` is gone too: the span of all
    /// coefficients, modulo affine forms.
    fn space(&mut self, set: u64, before: &Space, variable: usize) -> Rc<Space> {
        if let Some(known) = self.spaces.get(&set) {
            return known.clone();
        }
        let mut parts: Vec<Row> = Vec::new();
        for element in &before.basis {
            let mut by_power: BTreeMap<u16, Row> = BTreeMap::new();
            for &(number, value) in element {
                let exponent = self.monomials.exponents[number as usize][variable];
                if self.monomials.degrees[number as usize] > exponent as u32 + 1 {
                    let quotient = self.monomials.divided(number, variable, exponent);
                    by_power.entry(exponent).or_default().push((quotient, value));
                }
            }
            parts.extend(by_power.into_values());
        }
        // Short ones first: they stay short.
        parts.sort_by_key(Vec::len);
        let mut rows = Rows::default();
        for part in parts {
            rows.insert(part, |_, _| {});
            if rows.work() > self.work {
                break;
            }
        }
        self.work = self.work.saturating_sub(rows.work() + before.entries as u64);
        let mut basis = rows.into_rows();
        basis.sort_by_key(Vec::len);
        let space = Rc::new(Space { entries: basis.iter().map(Vec::len).sum(), basis });
        self.dimensions.insert(set, space.basis.len());
        if self.held + space.entries > KEPT {
            self.spaces.clear();
            self.held = 0;
        }
        self.held += space.entries;
        self.spaces.insert(set, space.clone());
        space
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exact::Rational;
    use crate::model::Monomial;

    #[test]
    fn the_cheapest_order_is_found() {
        // a (c + d) + b (c + d) + a^2 c: with c and d first, two cofactors.
        let x = |slot| Polynomial::variable(Variable::real(slot));
        let sum = &x(2) + &x(3);
        let core = &(&(&x(0) + &x(1)) * &(&sum * &sum)) + &(&x(0) * &x(2));
        let variables = core.variables();
        let mut work = 1_000_000;
        let found = orders(&core, &variables, &mut work);
        let products: Vec<usize> = found.iter().map(|(products, _)| *products).collect();
        assert!(products.is_sorted_by(|a, b| a > b));
        assert!(*products.last().unwrap() <= 4, "{products:?}");
        assert!(work > 0);
    }

    #[test]
    fn too_little_work_gives_no_order() {
        let terms = (0..30).map(|k| {
            let monomial = Monomial::variable(Variable::real(k)).multiply(&Monomial::variable(Variable::real(k + 1)));
            (monomial.multiply(&Monomial::variable(Variable::real((k * 7) % 31))), Rational::ONE)
        });
        let core = Polynomial::from_terms(terms);
        assert!(orders(&core, &core.variables(), &mut 50).is_empty());
    }
}
