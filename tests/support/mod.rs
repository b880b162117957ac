//! Helpers shared by the integration tests.
#![allow(dead_code)]

use hamc::exact::Rational;
use hamc::model::{
    CompileDefaults, Energy, Expression, Field, Frame, Kind, Lattice, Model, Monomial, Polynomial, Variable, Weight,
};

/// Reads an expanded polynomial with `**` for powers; returns it with the
/// names of its variables by slot.
pub fn parse_expanded(text: &str) -> (Polynomial, Vec<String>) {
    let mut names: Vec<String> = Vec::new();
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().replace("**", "^");
    let mut pieces: Vec<String> = Vec::new();
    for c in compact.chars() {
        if (c == '+' || c == '-') || pieces.is_empty() {
            pieces.push(String::new());
        }
        pieces.last_mut().unwrap().push(c);
    }
    let mut terms = Vec::new();
    for piece in pieces.iter().filter(|piece| !piece.is_empty()) {
        let (negative, body) = match piece.strip_prefix('-') {
            Some(body) => (true, body),
            None => (false, piece.trim_start_matches('+')),
        };
        let mut coefficient = if negative { Rational::MINUS_ONE } else { Rational::ONE };
        let mut monomial = Monomial::one();
        for factor in body.split('*') {
            if factor.starts_with(|c: char| c.is_ascii_digit()) {
                coefficient *= &Rational::from_decimal(factor).unwrap();
                continue;
            }
            let (name, exponent) = factor.split_once('^').unwrap_or((factor, "1"));
            let slot = names.iter().position(|known| known == name).unwrap_or_else(|| {
                names.push(name.to_owned());
                names.len() - 1
            });
            let power = Monomial::power(Variable::real(slot), exponent.parse().unwrap()).unwrap();
            monomial = monomial.multiply(&power);
        }
        terms.push((monomial, coefficient));
    }
    (Polynomial::from_terms(terms), names)
}

/// A model of one polynomial in real variables on [-1, 1], without a lattice.
pub fn model_of(polynomial: &Polynomial, names: &[String]) -> Model {
    let fields: Vec<Field> =
        names.iter().map(|name| Field::scalar(name, Kind::Real, Rational::MINUS_ONE, Rational::ONE)).collect();
    let lattice = Lattice::point();
    let written = Expression::Sum(
        polynomial
            .terms()
            .iter()
            .map(|(monomial, coefficient)| {
                let mut parts = vec![Expression::Constant(coefficient.clone())];
                parts.extend(
                    monomial
                        .factors()
                        .iter()
                        .map(|f| Expression::Power(Box::new(Expression::Variable(f.variable)), f.exponent as u32)),
                );
                Expression::Product(parts)
            })
            .collect(),
    );
    Model {
        frame: Frame::new(&lattice, &fields, Vec::new()),
        lattice,
        fields,
        energies: vec![Energy {
            name: "H".into(),
            coupling: None,
            weight: Weight::UNIFORM,
            polynomial: polynomial.clone(),
            written,
        }],
        generic: false,
        couplings: Vec::new(),
        degree: polynomial.degree(),
        homogeneous: false,
        constant: true,
        localities: Vec::new(),
        symmetries: Vec::new(),
        defaults: CompileDefaults::default(),
    }
}
