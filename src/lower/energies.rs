//! The energies of a Hamiltonian: the fixed part and what multiplies each free
//! coupling, and of these a part for each weight.

use std::collections::BTreeMap;

use super::markers::{self, Marker};
use super::value::{Value, scaled_expression};
use crate::diagnostics::{Diagnostic, Span};
use crate::exact::Rational;
use crate::model::{
    Boundary, Energy, Entry, Expression, Factor, Lattice, Model, Monomial, Polynomial, Shift, Variable, Weight, Window,
};
use crate::syntax::ast::Name;

/// What multiplies a term besides variables of the model.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
struct Multiplier {
    /// The free coupling, and to which power.
    free: BTreeMap<usize, u32>,
    /// Couplings from files with their cells, and to which power.
    entries: BTreeMap<(usize, usize, Shift), u32>,
    /// The margins of the cells where all that is guarded is there.
    window: Window,
    /// Whether it stands in the cells that hold a site of a graph (0), an
    /// edge (1).
    part: Option<usize>,
}

impl Multiplier {
    fn add(&mut self, marker: Marker, cell: Shift, exponent: u32) {
        match marker {
            Marker::Free(index) => *self.free.entry(index).or_default() += exponent,
            Marker::Entry { array, point } => *self.entries.entry((array, point, cell)).or_default() += exponent,
            Marker::Guard(at) => {
                let window = &mut self.window;
                window.low.0[at] = window.low.0[at].max(-cell.0[at]);
                window.high.0[at] = window.high.0[at].max(cell.0[at]);
            }
            Marker::Part(part) => self.part = Some(part),
        }
    }

    fn times(&self, other: &Multiplier) -> Multiplier {
        let mut product = self.clone();
        for (&index, &exponent) in &other.free {
            *product.free.entry(index).or_default() += exponent;
        }
        for (&entry, &exponent) in &other.entries {
            *product.entries.entry(entry).or_default() += exponent;
        }
        product.window = product.window.intersection(other.window);
        product.part = product.part.or(other.part);
        product
    }

    /// The free coupling and the weight, and the displacement that brings the
    /// term to the cell where the coupling from a file is read, or else to the
    /// first cell of its window; `None` for products of couplings.
    fn weight(&self, lattice: &Lattice) -> Option<(Option<usize>, Weight, Shift)> {
        let alone = |powers: u32| powers <= 1;
        if !alone(self.free.values().sum()) || !alone(self.entries.values().sum()) {
            return None;
        }
        let free = self.free.keys().next().copied();
        let mut window = self.window;
        if let (Some(graph), Some(part)) = (&lattice.graph, self.part) {
            window.cut = (graph.cells() - [graph.sites(), graph.edges().len()][part]) as u64;
        }
        let (coupling, shift) = match self.entries.keys().next() {
            Some(&(array, point, cell)) => (Some(Entry { array, point }), -cell),
            None => (None, window.low),
        };
        for at in 0..shift.0.len() {
            // Along directions without ends there are no margins.
            if window.low.0[at] != 0 || window.high.0[at] != 0 {
                window.low.0[at] -= shift.0[at];
                window.high.0[at] += shift.0[at];
            }
        }
        Some((free, Weight { window, coupling }, shift))
    }
}

/// A term without its multiplier.
fn divided(monomial: &Monomial) -> (Multiplier, Monomial) {
    let mut multiplier = Multiplier::default();
    let mut factors: Vec<Factor> = Vec::new();
    for factor in monomial.factors() {
        match Marker::of(factor.variable) {
            Some(marker) => multiplier.add(marker, factor.variable.cell, factor.exponent as u32),
            None => factors.push(*factor),
        }
    }
    (multiplier, Monomial::from_factors(factors))
}

/// The energies that a Hamiltonian's value is made of.
pub(super) fn energies(
    value: &Value,
    couplings: &[&Name],
    model: &Model,
    span: Span,
) -> Result<Vec<Energy>, Diagnostic> {
    type Key = (Option<usize>, Weight);
    let mut parts: BTreeMap<Key, Vec<(Monomial, Rational)>> = BTreeMap::new();
    for (monomial, coefficient) in value.polynomial.terms() {
        let (multiplier, rest) = divided(monomial);
        let Some((free, weight, shift)) = multiplier.weight(&model.lattice) else {
            return Err(not_affine(&multiplier, &rest, couplings, model, span));
        };
        if weight.window.cells(&model.frame.periods).is_zero() {
            continue;
        }
        parts.entry((free, weight)).or_default().push((rest.shifted(shift), coefficient.clone()));
    }
    let mut written: BTreeMap<Key, Vec<Expression>> = BTreeMap::new();
    let mut is_split = true;
    match split(&value.written) {
        None => is_split = false,
        Some(found) => {
            for (multiplier, expression) in found {
                let Some((free, weight, shift)) = multiplier.weight(&model.lattice) else { continue };
                written.entry((free, weight)).or_default().push(expression.shifted(shift));
            }
        }
    }
    let mut result: Vec<Energy> = Vec::new();
    for ((free, weight), terms) in parts {
        let polynomial = Polynomial::from_terms(terms);
        let polynomial = match weight.coupling {
            None => model.canonical_polynomial(&polynomial),
            Some(_) => folded(model, &polynomial),
        };
        if let Some(monomial) = twisted_and_odd(model, &polynomial) {
            return Err(odd(&monomial, model, span));
        }
        if polynomial.is_zero() {
            continue;
        }
        let written = written.remove(&(free, weight)).filter(|_| is_split).map(|mut terms| match terms.len() {
            1 => terms.swap_remove(0),
            _ => Expression::Sum(terms),
        });
        let written = written.unwrap_or_else(|| Expression::from(&polynomial));
        let coupling = free.map(|index| couplings[index].node.clone());
        result.push(Energy {
            name: coupling.clone().unwrap_or_else(|| "H".to_owned()),
            coupling,
            weight,
            polynomial,
            written,
        });
    }
    // Without free couplings H is there even where it is zero.
    if result.is_empty() && couplings.is_empty() {
        result.push(Energy {
            name: "H".to_owned(),
            coupling: None,
            weight: Weight::UNIFORM,
            polynomial: Polynomial::zero(),
            written: Expression::Constant(Rational::ZERO),
        });
    }
    Ok(result)
}

/// The polynomial with displacements brought next to zero.
fn folded(model: &Model, polynomial: &Polynomial) -> Polynomial {
    Polynomial::from_terms(polynomial.terms().iter().map(|(monomial, coefficient)| {
        let (monomial, negative) = model.frame.folded(monomial);
        (monomial, if negative { -coefficient.clone() } else { coefficient.clone() })
    }))
}

/// A term that changes its sign around a twisted direction.
fn twisted_and_odd(model: &Model, polynomial: &Polynomial) -> Option<Monomial> {
    if !model.lattice.boundaries.contains(&Boundary::Twisted) {
        return None;
    }
    let odd = |(monomial, _): &&(Monomial, Rational)| !monomial.degree().is_multiple_of(2);
    polynomial.terms().iter().find(odd).map(|(monomial, _)| monomial.clone())
}

fn odd(monomial: &Monomial, model: &Model, span: Span) -> Diagnostic {
    let term = Polynomial::term(monomial.clone(), Rational::ONE).display(|variable| model.variable_name(variable));
    Diagnostic::error("E0220", span, "H changes when all fields change sign, so a twisted boundary is not one")
        .label(format!("in the term {term}"))
        .hint("around a twisted direction fields change sign, and only even terms are the same everywhere")
}

/// The error of a Hamiltonian whose imaginary part does not vanish.
pub(super) fn imaginary_part(imaginary: &Value, couplings: &[&Name], model: &Model, span: Span) -> Option<Diagnostic> {
    let parts = match energies(imaginary, couplings, model, span) {
        Ok(parts) => parts,
        Err(error) => return Some(error),
    };
    let energy = parts.iter().find(|energy| !energy.polynomial.is_zero())?;
    let (monomial, coefficient) = energy.polynomial.terms().first()?;
    let term = Polynomial::term(monomial.clone(), coefficient.clone());
    let mut text = term.display(|variable| model.variable_name(variable));
    if let Some(coupling) = &energy.coupling {
        text = format!("{coupling}*({text})");
    }
    Some(
        Diagnostic::error("E0218", span, "H is not real")
            .label(format!("its imaginary part has the term {text}"))
            .hint("add the complex conjugate of a term, conj( ... ), or take its real part, re( ... )"),
    )
}

fn not_affine(multiplier: &Multiplier, rest: &Monomial, couplings: &[&Name], model: &Model, span: Span) -> Diagnostic {
    let power = |name: &str, exponent: u32| match exponent {
        1 => name.to_owned(),
        _ => format!("{name}^{exponent}"),
    };
    let free = multiplier.free.values().sum::<u32>() > 1;
    let mut names: Vec<String> =
        multiplier.free.iter().map(|(&index, &exponent)| power(&couplings[index].node, exponent)).collect();
    let entries = multiplier.entries.iter();
    names.extend(entries.map(|(&(array, ..), &exponent)| power(&model.couplings[array].name, exponent)));
    names.sort();
    if !rest.is_one() {
        let rest = Polynomial::term(rest.clone(), Rational::ONE);
        names.push(rest.display(|variable| model.variable_name(variable)));
    }
    let text = names.join("*");
    if free {
        return Diagnostic::error("E0215", span, "H has a product of free couplings")
            .label(format!("in the term {text}"))
            .hint("each term may have one free coupling, to the first power; give the product a name of its own");
    }
    Diagnostic::error("E0219", span, "H has a product of couplings from files")
        .label(format!("in the term {text}"))
        .hint("each term may have one coupling from a file, to the first power; write the products into a file")
}

type Parts = Vec<(Multiplier, Expression)>;

/// A written expression by what multiplies its parts; `None` where the
/// structure does not show it.
fn split(written: &Expression) -> Option<Parts> {
    if !markers::occur_in(written) {
        return Some(vec![(Multiplier::default(), written.clone())]);
    }
    match written {
        Expression::Constant(_) => None,
        Expression::Variable(variable) => Some(vec![(multiplier_of(*variable)?, Expression::Constant(Rational::ONE))]),
        Expression::Sum(terms) => {
            let mut sums: BTreeMap<Multiplier, Vec<Expression>> = BTreeMap::new();
            for term in terms {
                for (multiplier, part) in split(term)? {
                    sums.entry(multiplier).or_default().push(part);
                }
            }
            let join = |mut terms: Vec<Expression>| match terms.len() {
                1 => terms.swap_remove(0),
                _ => Expression::Sum(terms),
            };
            Some(sums.into_iter().map(|(multiplier, terms)| (multiplier, join(terms))).collect())
        }
        Expression::Product(factors) => {
            let mut common = Multiplier::default();
            let mut inner = None;
            let mut rest: Vec<Expression> = Vec::new();
            for factor in factors {
                match factor {
                    Expression::Variable(variable) if Marker::of(*variable).is_some() => {
                        common = common.times(&multiplier_of(*variable)?);
                    }
                    factor if markers::occur_in(factor) => {
                        if inner.replace(factor).is_some() {
                            return None;
                        }
                    }
                    factor => rest.push(factor.clone()),
                }
            }
            let times = |part: Expression| {
                let mut rest = rest.clone();
                match part {
                    Expression::Constant(value) => match rest.len() {
                        0 => Expression::Constant(value),
                        1 => scaled_expression(rest.swap_remove(0), &value),
                        _ => scaled_expression(Expression::Product(rest), &value),
                    },
                    part if rest.is_empty() => part,
                    part => {
                        rest.push(part);
                        Expression::Product(rest)
                    }
                }
            };
            let parts = match inner {
                Some(inner) => split(inner)?,
                None => vec![(Multiplier::default(), Expression::Constant(Rational::ONE))],
            };
            Some(parts.into_iter().map(|(multiplier, part)| (common.times(&multiplier), times(part))).collect())
        }
        Expression::Power(..) => None,
    }
}

fn multiplier_of(variable: Variable) -> Option<Multiplier> {
    let mut multiplier = Multiplier::default();
    multiplier.add(Marker::of(variable)?, variable.cell, 1);
    Some(multiplier)
}
