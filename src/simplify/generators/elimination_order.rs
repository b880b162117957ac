//! Orders for the elimination of variables, by their number of products.
//!
//! Once the variables of a set S are eliminated, what is still needed is the
//! span W(S) of the coefficients of the core as a polynomial in S, modulo
//! affine forms, whatever the order was. Eliminating v from W(S) costs, by
//! Horner's rule, the sum over k of the ranks of
//! `sum over j >= k of v^(j-k) p_j` for p in W(S) with coefficients p_j, modulo
//! constants; by powers, the sum of the ranks of the p_k and the powers
//! themselves. So an order is a path through the sets, and the search is for
//! the cheapest: beams, then a walk that moves single variables, sets being
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
/// The widths of beams.
const BEAMS: [usize; 2] = [1, 4];
/// Random moves from a local optimum that bring nothing before the walk ends.
const KICKS: usize = 60;
/// Orders that are returned.
const RETURNED: usize = 3;

/// The best orders of the variables found within `work` entries, with their
/// products, the best first. Empty where the core is too large for a single
/// order.
pub fn orders(core: &Polynomial, variables: &[Variable], work: &mut u64) -> Vec<(usize, Vec<Variable>)> {
    if variables.len() > 64 {
        return Vec::new();
    }
    let Some(mut search) = Search::new(core, variables, *work) else { return Vec::new() };
    let mut found: Vec<(usize, Vec<usize>)> = Vec::new();
    for width in BEAMS {
        found.extend(search.beam(width));
    }
    found.sort();
    found.dedup();
    if let Some((products, order)) = found.first().cloned() {
        found.extend(search.walk(products, order));
        found.sort();
        found.dedup();
    }
    *work = search.work;
    found.truncate(RETURNED);
    let name = |order: Vec<usize>| order.into_iter().map(|at| variables[at]).collect();
    found.into_iter().map(|(products, order)| (products, name(order))).collect()
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

    /// The factors in a set of variables, and the others.
    fn split(&mut self, number: u32, set: u64) -> (u32, u32) {
        let mut outside = self.exponents[number as usize].clone();
        let mut inside = vec![0; outside.len()];
        for (at, exponent) in outside.iter_mut().enumerate().filter(|(at, _)| set >> at & 1 == 1) {
            inside[at] = std::mem::take(exponent);
        }
        (self.number(&inside), self.number(&outside))
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

    /// The cheapest order in a beam; `None` where the work is spent.
    fn beam(&mut self, width: usize) -> Option<(usize, Vec<usize>)> {
        let mut paths: Vec<(usize, u64, Vec<usize>)> = vec![(0, 0, Vec::new())];
        for _ in 0..self.count {
            // The cheapest way to each next set.
            let mut next: BTreeMap<u64, (usize, usize, usize)> = BTreeMap::new();
            for (at, (products, set, _)) in paths.iter().enumerate() {
                for variable in (0..self.count).filter(|&variable| set >> variable & 1 == 0) {
                    let products = products + self.cost(*set, variable)?;
                    let entry = next.entry(set | 1 << variable).or_insert((usize::MAX, 0, 0));
                    *entry = (*entry).min((products, at, variable));
                }
            }
            let mut judged = Vec::new();
            for (set, (products, at, variable)) in next {
                judged.push((products + self.dimension(set)?, products, set, at, variable));
            }
            judged.sort_unstable();
            judged.truncate(width);
            let extend = |at: usize, variable| paths[at].2.iter().copied().chain([variable]).collect();
            paths =
                judged.iter().map(|&(_, products, set, at, variable)| (products, set, extend(at, variable))).collect();
        }
        paths.into_iter().map(|(products, _, order)| (products, order)).min()
    }

    /// Moves single variables to other places in an order, to lower cost; from
    /// a local optimum a few moves are drawn. Returns the orders that were
    /// better than all before.
    fn walk(&mut self, products: usize, order: Vec<usize>) -> Vec<(usize, Vec<usize>)> {
        let n = self.count;
        let mut found = Vec::new();
        let mut best = (products, order);
        let mut current = best.clone();
        let mut draw = 0u64;
        let mut random = |below: usize| {
            draw += 1;
            crate::modular::scramble(draw) as usize % below
        };
        let moves: Vec<(usize, usize)> =
            (0..n).flat_map(|from| (0..n).map(move |to| (from, to))).filter(|(from, to)| from != to).collect();
        let mut idle_kicks = 0;
        while idle_kicks < KICKS {
            // All moves once, from a drawn one on, until one is better.
            let start = random(moves.len());
            let mut moved = false;
            for at in 0..moves.len() {
                let (from, to) = moves[(start + at) % moves.len()];
                let mut order = current.1.clone();
                let variable = order.remove(from);
                order.insert(to, variable);
                match self.total(&order, current.0) {
                    None => return found,
                    Some(products) if products < current.0 => {
                        current = (products, order);
                        moved = true;
                        break;
                    }
                    _ => {}
                }
            }
            if moved {
                continue;
            }
            idle_kicks += 1;
            if current.0 < best.0 {
                best = current.clone();
                found.push(best.clone());
                idle_kicks = 0;
            }
            current = best.clone();
            for _ in 0..2 + idle_kicks % 4 {
                let variable = current.1.remove(random(n));
                current.1.insert(random(n), variable);
            }
            match self.total(&current.1, usize::MAX) {
                None => return found,
                Some(products) => current.0 = products,
            }
        }
        found
    }

    /// The products of an order, or any number that is at least `limit` where
    /// there are as many; `None` where the work is spent.
    fn total(&mut self, order: &[usize], limit: usize) -> Option<usize> {
        let mut set = 0u64;
        let mut products = 0;
        for &variable in order {
            products += self.cost(set, variable)?;
            set |= 1 << variable;
            // What is needed is independent: a product each is still to come.
            let to_come = self.dimensions.get(&set).copied().unwrap_or(0);
            if products + to_come >= limit {
                return Some(products + to_come);
            }
        }
        Some(products)
    }

    fn dimension(&mut self, set: u64) -> Option<usize> {
        match self.dimensions.get(&set) {
            Some(&known) => Some(known),
            None => Some(self.space(set)?.basis.len()),
        }
    }

    /// The products for eliminating a variable.
    fn cost(&mut self, set: u64, variable: usize) -> Option<usize> {
        if let Some(&known) = self.costs.get(&(set, variable)) {
            return Some(known);
        }
        let space = &*self.space(set)?;
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
        (self.work > 0).then_some(products)
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

    /// What is needed once a set of variables is gone: the span of the
    /// coefficients, modulo affine forms. `None` where the work is spent.
    fn space(&mut self, set: u64) -> Option<Rc<Space>> {
        if let Some(known) = self.spaces.get(&set) {
            return Some(known.clone());
        }
        let mut parts: FxHashMap<u32, Row> = FxHashMap::default();
        let whole = self.whole.clone();
        for &(number, value) in whole.basis.iter().flatten() {
            let (inside, outside) = self.monomials.split(number, set);
            if self.monomials.degrees[outside as usize] > 1 {
                parts.entry(inside).or_default().push((outside, value));
            }
        }
        let mut parts: Vec<(u32, Row)> = parts.into_iter().collect();
        // Short ones first: they stay short.
        parts.sort_by_key(|(inside, part)| (part.len(), *inside));
        let mut rows = Rows::default();
        for (_, part) in parts {
            rows.insert(part, |_, _| {});
            if rows.work() > self.work {
                break;
            }
        }
        self.work = self.work.saturating_sub(rows.work() + whole.entries as u64);
        if self.work == 0 {
            return None;
        }
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
        Some(space)
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
        assert!(products.is_sorted());
        assert!(products[0] <= 4, "{products:?}");
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
