//! Numbers that a spec writes as expressions: params, extents, domains.

use super::limits::{self, MAX_BITS};
use super::names::{Param, Params};
use crate::diagnostics::{Diagnostic, Diagnostics, Span};
use crate::exact::Rational;
use crate::spelling::nearest;
use crate::syntax::ast::{Expression, ExpressionKind, Operator, Sign};

/// The value of an expression of numbers and earlier params. `None` where an
/// error was reported, here or before.
pub(super) fn constant(
    expression: &Expression,
    params: &Params<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Rational> {
    let span = expression.span;
    let result = match &expression.node {
        ExpressionKind::Number(value) => Ok(value.clone()),
        ExpressionKind::Name(name) => match params.get(name.as_str()) {
            Some(Param::Number(value)) => Ok(value.clone()),
            Some(Param::Failed) => return None,
            Some(Param::Free(_)) => {
                Err(Diagnostic::error("E0206", span, format!("`{name}` is free, so it has no value"))
                    .label("a number is needed here")
                    .hint(format!("give it one: param {name} = 1")))
            }
            Some(Param::Couplings(_)) => {
                Err(Diagnostic::error("E0206", span, format!("`{name}` has a number at every place, not one"))
                    .label("a number is needed here"))
            }
            None => {
                let error = Diagnostic::error("E0201", span, format!("there is no param `{name}`"))
                    .label("a number is needed here");
                Err(match nearest(name, params.keys().copied()) {
                    Some(known) => error.hint(format!("did you mean `{known}`?")),
                    None => error.hint(format!("declare it before this line: param {name} = 1")),
                })
            }
        },
        ExpressionKind::Sum(terms) => {
            let mut sum = Some(Rational::ZERO);
            for (sign, term) in terms {
                let value = constant(term, params, diagnostics);
                sum = sum.zip(value).map(|(sum, value)| if *sign == Sign::Plus { sum + value } else { sum - value });
            }
            checked(sum?, span)
        }
        ExpressionKind::Product(factors) => {
            let mut product = Some(Rational::ONE);
            for (operator, factor) in factors {
                let value = constant(factor, params, diagnostics);
                product = match (product, value, operator) {
                    (Some(product), Some(value), Operator::Times) => {
                        report(checked(product * value, span), diagnostics)
                    }
                    (Some(product), Some(value), Operator::Divide) => {
                        report(divide(&product, &value, factor.span), diagnostics)
                    }
                    _ => None,
                };
            }
            Ok(product?)
        }
        ExpressionKind::Power(base, exponent) => {
            let base = constant(base, params, diagnostics);
            let exponent = constant(exponent, params, diagnostics);
            power(&base?, &exponent?, span)
        }
        ExpressionKind::Call { function, arguments } if function.node == "sqrt" && arguments.len() == 1 => {
            square_root(&constant(&arguments[0], params, diagnostics)?, span)
        }
        ExpressionKind::Call { .. }
        | ExpressionKind::Index { .. }
        | ExpressionKind::Tuple(_)
        | ExpressionKind::Reduction { .. } => Err(Diagnostic::error("E0206", span, "a number is needed here")
            .label("not a number")
            .hint("use numbers, params and + - * / ^")),
    };
    report(result, diagnostics)
}

fn report(result: Result<Rational, Diagnostic>, diagnostics: &mut Diagnostics) -> Option<Rational> {
    match result {
        Ok(value) => Some(value),
        Err(diagnostic) => {
            diagnostics.push(diagnostic);
            None
        }
    }
}

/// A number, if it is of a size that is kept exactly.
pub(super) fn checked(value: Rational, span: Span) -> Result<Rational, Diagnostic> {
    if value.bits() as u64 > MAX_BITS { Err(limits::too_large_number(span)) } else { Ok(value) }
}

/// A quotient.
pub(super) fn divide(numerator: &Rational, denominator: &Rational, span: Span) -> Result<Rational, Diagnostic> {
    if denominator.is_zero() {
        return Err(Diagnostic::error("E0205", span, "division by zero").label("this is zero"));
    }
    checked(numerator / denominator, span)
}

/// A power of a number; the exponent is an integer, or a half where the root
/// is rational.
pub(super) fn power(base: &Rational, exponent: &Rational, span: Span) -> Result<Rational, Diagnostic> {
    if !exponent.is_integer() {
        if (exponent * &Rational::from(2)).is_integer() {
            let root = square_root(base, span)?;
            return power(&root, &(exponent * &Rational::from(2)), span);
        }
        return Err(Diagnostic::error("E0206", span, format!("a number to the power {exponent} is not rational"))
            .label("numbers are exact here")
            .hint("write its decimals instead"));
    }
    if base.is_zero() && exponent.is_negative() {
        return Err(Diagnostic::error("E0205", span, "division by zero").label("zero to a negative power"));
    }
    if base.is_one() || (base.is_zero() && !exponent.is_zero()) {
        return Ok(base.clone());
    }
    let size = exponent.abs();
    if *base == Rational::MINUS_ONE {
        let odd = !(&size / &Rational::from(2)).is_integer();
        return Ok(if odd { Rational::MINUS_ONE } else { Rational::ONE });
    }
    let power = size.to_i64().filter(|&size| size as u128 * (base.bits() as u128 - 1) <= MAX_BITS as u128 + 2);
    let Some(power) = power else { return Err(limits::too_large_number(span)) };
    let value = base.pow(power as u32);
    checked(if exponent.is_negative() { value.recip() } else { value }, span)
}

/// A square root, where it is rational.
pub(super) fn square_root(value: &Rational, span: Span) -> Result<Rational, Diagnostic> {
    value.sqrt().ok_or_else(|| {
        let text = limits::shown(value);
        if value.is_negative() {
            return Diagnostic::error("E0206", span, format!("{text} has no real square root")).label("negative");
        }
        Diagnostic::error("E0206", span, format!("the square root of {text} is irrational"))
            .label("numbers are exact here")
            .hint(format!("write its decimals: {:.12}", value.to_f64().sqrt()))
    })
}
