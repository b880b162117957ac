//! The energies of a Hamiltonian with couplings left free: the fixed part,
//! and what multiplies each coupling.

use std::collections::BTreeMap;

use super::evaluate::coupling_of;
use super::value::{Value, scaled_expression};
use crate::diagnostics::{Diagnostic, Span};
use crate::exact::Rational;
use crate::model::{Energy, Expression, Factor, Model, Monomial, Polynomial};
use crate::syntax::ast::Name;

/// The energies that a Hamiltonian's value is made of.
pub(super) fn energies(
    value: &Value,
    couplings: &[&Name],
    model: &Model,
    span: Span,
) -> Result<Vec<Energy>, Diagnostic> {
    let mut parts: BTreeMap<Option<usize>, Vec<(Monomial, Rational)>> = BTreeMap::new();
    for (monomial, coefficient) in value.polynomial.terms() {
        let mut coupling = None;
        let mut degree = 0;
        let mut factors: Vec<Factor> = Vec::new();
        for factor in monomial.factors() {
            match coupling_of(factor.variable, couplings.len()) {
                Some(index) => {
                    coupling = Some(index);
                    degree += factor.exponent;
                }
                None => factors.push(*factor),
            }
        }
        if degree > 1 {
            return Err(not_affine(monomial, couplings, model, span));
        }
        parts.entry(coupling).or_default().push((Monomial::from_factors(factors), coefficient.clone()));
    }
    let mut written = split(&value.written, couplings.len());
    let mut result = Vec::new();
    let all = std::iter::once(None).chain((0..couplings.len()).map(Some));
    for coupling in all {
        let polynomial = Polynomial::from_terms(parts.remove(&coupling).unwrap_or_default());
        let polynomial = model.canonical_polynomial(&polynomial);
        // Without free couplings H is there even where it is zero.
        if polynomial.is_zero() && !couplings.is_empty() {
            continue;
        }
        let written = written.as_mut().and_then(|written| written.remove(&coupling));
        let written = written.unwrap_or_else(|| Expression::from(&polynomial));
        let name = coupling.map(|index| couplings[index].node.clone());
        result.push(Energy {
            name: name.clone().unwrap_or_else(|| "H".to_owned()),
            coupling: name,
            polynomial,
            written,
        });
    }
    Ok(result)
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

fn not_affine(monomial: &Monomial, couplings: &[&Name], model: &Model, span: Span) -> Diagnostic {
    let mut free = Vec::new();
    let mut factors = Vec::new();
    for factor in monomial.factors() {
        match coupling_of(factor.variable, couplings.len()) {
            Some(index) if factor.exponent == 1 => free.push(couplings[index].node.clone()),
            Some(index) => free.push(format!("{}^{}", couplings[index].node, factor.exponent)),
            None => factors.push(*factor),
        }
    }
    free.sort();
    if !factors.is_empty() {
        let rest = Polynomial::term(Monomial::from_factors(factors), Rational::ONE);
        free.push(rest.display(|variable| model.variable_name(variable)));
    }
    let text = free.join("*");
    Diagnostic::error("E0215", span, "H has a product of free couplings")
        .label(format!("in the term {text}"))
        .hint("each term may have one free coupling, to the first power; give the product a name of its own")
}

type Parts = BTreeMap<Option<usize>, Expression>;

/// A written expression as a fixed part and a factor of each coupling; `None`
/// where the structure does not show it.
fn split(written: &Expression, couplings: usize) -> Option<Parts> {
    if couplings == 0 || !mentions(written, couplings) {
        return Some(Parts::from([(None, written.clone())]));
    }
    match written {
        Expression::Constant(_) => None,
        Expression::Variable(variable) => {
            let coupling = coupling_of(*variable, couplings)?;
            Some(Parts::from([(Some(coupling), Expression::Constant(Rational::ONE))]))
        }
        Expression::Sum(terms) => {
            let mut sums: BTreeMap<Option<usize>, Vec<Expression>> = BTreeMap::new();
            for term in terms {
                for (coupling, part) in split(term, couplings)? {
                    sums.entry(coupling).or_default().push(part);
                }
            }
            let join = |mut terms: Vec<Expression>| match terms.len() {
                1 => terms.swap_remove(0),
                _ => Expression::Sum(terms),
            };
            Some(sums.into_iter().map(|(coupling, terms)| (coupling, join(terms))).collect())
        }
        Expression::Product(factors) => {
            let mut with = factors.iter().filter(|factor| mentions(factor, couplings));
            let (inner, None) = (with.next()?, with.next()) else { return None };
            let rest: Vec<Expression> = factors.iter().filter(|f| !mentions(f, couplings)).cloned().collect();
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
            Some(split(inner, couplings)?.into_iter().map(|(coupling, part)| (coupling, times(part))).collect())
        }
        Expression::Power(..) => None,
    }
}

fn mentions(written: &Expression, couplings: usize) -> bool {
    match written {
        Expression::Constant(_) => false,
        Expression::Variable(variable) => coupling_of(*variable, couplings).is_some(),
        Expression::Sum(parts) | Expression::Product(parts) => parts.iter().any(|part| mentions(part, couplings)),
        Expression::Power(base, _) => mentions(base, couplings),
    }
}
