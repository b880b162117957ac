//! Declared localities, read from the spec.

use super::constant::constant;
use super::names::Declarations;
use crate::diagnostics::{Diagnostic, Diagnostics, Span};
use crate::exact::Rational;
use crate::model::{Locality, Shape};
use crate::spelling::nearest;
use crate::syntax::ast::{Argument, Call, Expression, ExpressionKind};

/// All words for a locality.
const WORDS: [&str; 9] =
    ["nearest_neighbor", "range", "shell", "graph_radius", "window", "connected", "plaquette", "bodies", "pairs"];

/// The farthest shell: exact distances are listed up to it.
const MAX_SHELL: i64 = 30;

/// The locality of a word with its number.
pub(super) fn read(declarations: &Declarations<'_>, call: &Call, diagnostics: &mut Diagnostics) -> Option<Locality> {
    let span = call.name.span;
    let lattice = &declarations.lattice;
    if lattice.is_point() && !matches!(call.name.node.as_str(), "bodies" | "pairs") {
        diagnostics.push(
            Diagnostic::error("E0305", span, "locality needs a lattice, and this spec has none")
                .label("no sites")
                .hint("declare a lattice, such as `lattice ring(8)`, or remove this line"),
        );
        return None;
    }
    let argument = call.arguments.first().and_then(|argument| match argument {
        Argument::Expression(expression) => Some(expression),
        _ => None,
    });
    let word = if call.name.node == "nearest_neighbour" { "nearest_neighbor" } else { call.name.node.as_str() };
    if lattice.shape == Shape::Graph && matches!(word, "range" | "shell" | "window" | "plaquette") {
        diagnostics.push(no_distance(word, span));
        return None;
    }
    let plain = match word {
        "nearest_neighbor" => Some(Locality::NearestNeighbor),
        "connected" => Some(Locality::Connected),
        "plaquette" => Some(Locality::Plaquette),
        "pairs" => Some(Locality::Bodies(2)),
        _ => None,
    };
    if let Some(locality) = plain {
        if let Some(argument) = argument {
            let error = Diagnostic::error("E0216", argument.span, format!("`{word}` has no range")).label("not needed");
            diagnostics.push(error.hint("for farther couplings write locality range 2"));
            return None;
        }
        if locality == Locality::Plaquette && lattice.plaquettes().is_empty() {
            diagnostics.push(
                Diagnostic::error("E0216", span, format!("the lattice {lattice} has no plaquettes"))
                    .label("no closed loops of bonds")
                    .hint("write locality nearest_neighbor"),
            );
            return None;
        }
        return Some(locality);
    }
    if !WORDS.contains(&word) {
        let error =
            Diagnostic::error("E0216", span, format!("there is no locality `{word}`")).label("unknown locality");
        diagnostics.push(match nearest(word, WORDS) {
            Some(known) => error.hint(format!("did you mean `{known}`?")),
            None => error.hint(
                "localities: nearest_neighbor, range r, shell k, graph_radius k, window k, connected, plaquette, bodies \
                 k, pairs",
            ),
        });
        return None;
    }
    let Some(argument) = argument else {
        let (what, how) = match word {
            "range" => ("a distance", "write locality range 2, or locality range sqrt(2)".to_owned()),
            _ => ("a number", format!("write locality {word} 2")),
        };
        let error = Diagnostic::error("E0216", span, format!("`{word}` needs {what}"));
        diagnostics.push(error.label(if word == "range" { "how far?" } else { "how many?" }).hint(how));
        return None;
    };
    if word == "range" {
        let squared = squared_range(declarations, argument, diagnostics)?;
        let (numerator, denominator) = squared.parts();
        if let (Ok(numerator), Ok(denominator)) = (u64::try_from(numerator), u64::try_from(denominator)) {
            return Some(Locality::Range { numerator, denominator });
        }
        diagnostics.push(
            Diagnostic::error("E0216", argument.span, "this range cannot be used")
                .label("negative or too large")
                .hint("ranges are distances in units of the nearest-neighbour distance"),
        );
        return None;
    }
    let value = constant(argument, &declarations.params, diagnostics)?;
    let most = if word == "shell" { MAX_SHELL } else { u32::MAX as i64 };
    let Some(number) = value.to_i64().filter(|number| (1..=most).contains(number)) else {
        diagnostics.push(
            Diagnostic::error("E0216", argument.span, format!("`{word}` cannot be {value}"))
                .label("not a number of this kind")
                .hint(format!("write an integer from 1 to {most}")),
        );
        return None;
    };
    if word == "window" && lattice.shape == Shape::Complete {
        diagnostics.push(
            Diagnostic::error("E0216", span, "a complete lattice has no windows, since its sites have no order")
                .label("no geometry")
                .hint(format!("write bodies {number} to limit the number of sites")),
        );
        return None;
    }
    let number = number as u32;
    Some(match word {
        "shell" => Locality::Shell(number),
        "graph_radius" => Locality::GraphRadius(number),
        "window" => Locality::Window(number),
        _ => Locality::Bodies(number),
    })
}

/// The error of a locality that a graph does not have.
fn no_distance(word: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0216", span, format!("the sites of a graph have no places, so there is no `{word}`"))
        .label("no geometry")
        .hint("localities of a graph: nearest_neighbor, graph_radius k, connected, bodies k, pairs")
}

/// The square of a range; that of a root is rational even if the root is not.
fn squared_range(
    declarations: &Declarations<'_>,
    range: &Expression,
    diagnostics: &mut Diagnostics,
) -> Option<Rational> {
    if let ExpressionKind::Call { function, arguments } = &range.node
        && function.node == "sqrt"
        && let [argument] = arguments.as_slice()
    {
        return constant(argument, &declarations.params, diagnostics);
    }
    let range_value = constant(range, &declarations.params, diagnostics)?;
    if range_value.is_negative() {
        diagnostics.push(
            Diagnostic::error("E0216", range.span, "a range cannot be negative")
                .label("negative")
                .hint("ranges are distances in units of the nearest-neighbour distance"),
        );
        return None;
    }
    Some(&range_value * &range_value)
}
