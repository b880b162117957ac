//! The roots of the e-graph: energies, which are polynomials of a unit cell
//! up to translations of each term.
//!
//! Under the sum over all cells a term may be translated freely. Which
//! translates stand together decides which factors are shared, so an energy
//! gets several alternatives: as canonical, as written, and with the terms
//! that hold a variable brought together so that the variable factors out.

use egg::Id;
use std::collections::BTreeMap;

use super::decomposition::{Decomposition, Fact};
use super::graph::Graph;
use crate::exact::Rational;
use crate::model::{Boundary, Energy, Expression, Factor, Model, Polynomial, Shift, Weight};

/// An energy in the e-graph.
pub struct Root {
    /// Its name.
    pub name: String,
    /// The class of its nonlinear part; `None` for an affine energy.
    pub class: Option<Id>,
    /// The factor of the polynomial in each cell.
    pub weight: Weight,
    /// Its polynomial.
    pub polynomial: Polynomial,
}

/// What matters of the displacement of a term of an energy: its components
/// along directions where the cells are not summed over alike. Those are the
/// open ones, where a weight's window stays in place, and all where couplings
/// come from a file.
fn kept(model: &Model, weight: &Weight, shift: Shift) -> Shift {
    let mut kept = Shift::ZERO;
    for (at, &boundary) in model.frame.boundaries.iter().enumerate() {
        if boundary == Boundary::Open || weight.coupling.is_some() {
            kept.0[at] = shift.0[at];
        }
    }
    kept
}

/// Adds every energy with its alternatives and what its author wrote.
pub fn add(graph: &mut Graph, model: &Model) -> Vec<Root> {
    graph.attribute_to("as written");
    model
        .energies
        .iter()
        .map(|energy| {
            let nonlinear = energy.polynomial.nonlinear_part();
            if nonlinear.is_zero() {
                return Root {
                    name: energy.name.clone(),
                    class: None,
                    weight: energy.weight,
                    polynomial: energy.polynomial.clone(),
                };
            }
            let kept = |shift: Shift| kept(model, &energy.weight, shift);
            let class = graph.root(&nonlinear);
            for alternative in alternatives(model, energy) {
                graph.add_root_alternative(class, &alternative, &kept);
            }
            // The terms of the outermost sum as they were written, where they
            // stand; after the others, so that whole energies are the oldest
            // goals.
            let written: Vec<Polynomial> = match &energy.written {
                Expression::Sum(parts) => parts.iter().map(|part| add_written(graph, part)).collect(),
                other => vec![add_written(graph, other)],
            };
            graph.add_root_alternative(class, &written, &kept);
            Root {
                name: energy.name.clone(),
                class: Some(class),
                weight: energy.weight,
                polynomial: energy.polynomial.clone(),
            }
        })
        .collect()
}

/// Sums of polynomials that give the energy's nonlinear part when summed over
/// all cells.
fn alternatives(model: &Model, energy: &Energy) -> Vec<Vec<Polynomial>> {
    let nonlinear = energy.polynomial.nonlinear_part();
    let mut all = vec![vec![nonlinear.clone()]];
    if !model.frame.directions.is_empty() {
        for (descending, last) in [(true, false), (true, true), (false, false)] {
            let groups = pull(&nonlinear, descending, last, &|shift| shift - kept(model, &energy.weight, shift));
            if groups.len() > 1 {
                all.push(vec![sum(&groups)]);
            }
            all.push(groups);
        }
    }
    all
}

fn sum(parts: &[Polynomial]) -> Polynomial {
    Polynomial::from_terms(parts.iter().flat_map(|part| part.terms().to_vec()))
}

/// Brings the terms that hold a slot to the cell where that slot's variable
/// is at the origin, slot after slot; a term with the slot at several places
/// goes to the first or the last of them. `free` is the part of a displacement
/// that does not matter.
fn pull(nonlinear: &Polynomial, descending: bool, last: bool, free: &dyn Fn(Shift) -> Shift) -> Vec<Polynomial> {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for (monomial, _) in nonlinear.terms() {
        for factor in monomial.factors() {
            *counts.entry(factor.variable.slot()).or_default() += 1;
        }
    }
    let mut slots: Vec<(usize, usize)> = counts.into_iter().map(|(slot, count)| (count, slot)).collect();
    slots.sort_by(|a, b| if descending { b.0.cmp(&a.0).then(a.1.cmp(&b.1)) } else { a.cmp(b) });
    let mut left = nonlinear.terms().to_vec();
    let mut groups = Vec::new();
    for (_, slot) in slots {
        let holds = |factor: &&Factor| factor.variable.slot() == slot;
        let (group, rest): (Vec<_>, Vec<_>) =
            left.into_iter().partition(|(monomial, _)| monomial.factors().iter().any(|f| holds(&f)));
        left = rest;
        if !group.is_empty() {
            groups.push(Polynomial::from_terms(group.into_iter().map(|(monomial, coefficient)| {
                let mut places = monomial.factors().iter().filter(holds);
                let place = if last { places.next_back() } else { places.next() };
                let origin = place.expect("the group holds the slot").variable.cell;
                (monomial.shifted(-free(origin)), coefficient)
            })));
        }
    }
    groups
}

/// Adds the author's own way to compute an expression: a fact for every sum,
/// product and power in it. Returns its polynomial.
fn add_written(graph: &mut Graph, expression: &Expression) -> Polynomial {
    match expression {
        Expression::Constant(value) => Polynomial::constant(value.clone()),
        Expression::Variable(variable) => Polynomial::variable(*variable),
        Expression::Sum(parts) => {
            let parts: Vec<Polynomial> = parts.iter().map(|part| add_written(graph, part)).collect();
            let target = Polynomial::from_terms(parts.iter().flat_map(|part| part.terms().to_vec()));
            let nonlinear = parts.iter().filter(|part| !part.is_affine()).count();
            if nonlinear > 1 || parts.iter().any(|part| part.len() > 1 && !part.is_affine()) {
                graph.add(&Fact { target: target.clone(), decomposition: Decomposition::sum(parts) });
            }
            target
        }
        Expression::Product(parts) => {
            let mut product = Polynomial::constant(Rational::ONE);
            for part in parts {
                let part = add_written(graph, part);
                product = add_product(graph, product, part);
            }
            product
        }
        Expression::Power(base, exponent) => {
            let base = add_written(graph, base);
            let mut power = Polynomial::constant(Rational::ONE);
            for bit in (0..32 - exponent.leading_zeros()).rev() {
                power = add_product(graph, power.clone(), power);
                if exponent >> bit & 1 == 1 {
                    power = add_product(graph, power, base.clone());
                }
            }
            power
        }
    }
}

fn add_product(graph: &mut Graph, left: Polynomial, right: Polynomial) -> Polynomial {
    let target = &left * &right;
    let constant = left.as_constant().is_some() || right.as_constant().is_some();
    if !constant && !target.is_affine() {
        let decomposition = Decomposition::product(left, right, Polynomial::zero());
        graph.add(&Fact { target: target.clone(), decomposition });
    }
    target
}
