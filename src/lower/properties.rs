//! Declared properties: read from the spec, and checked against H.
//!
//! A violated property is an error that shows one violating term as the user
//! would write it.

use super::constant::constant;
use super::names::Declarations;
use crate::diagnostics::{Diagnostic, Diagnostics, Span, nearest};
use crate::exact::Rational;
use crate::model::{self, Action, CompileDefaults, Energy, Kind, Locality, Model, Monomial, Polynomial, Symmetry};
use crate::syntax::ast::{Call, CompileValue, Expression, ExpressionKind, Name};

/// What a spec says about its Hamiltonian.
#[derive(Default)]
pub(super) struct Properties {
    pub symmetries: Vec<(Symmetry, Span)>,
    pub locality: Option<(Locality, Span)>,
    /// The degree, whether it is exact, and where it stands.
    pub degree: Option<(u32, bool, Span)>,
    pub defaults: CompileDefaults,
}

/// Reads the declared properties.
pub(super) fn read(declarations: &Declarations<'_>, diagnostics: &mut Diagnostics) -> Properties {
    let mut properties = Properties::default();
    for call in &declarations.symmetries {
        if call.is_detect() {
            // A question, which those who print answer.
            if matches!(declarations.hamiltonian, Some((_, None))) {
                diagnostics.push(
                    Diagnostic::error(
                        "E0216",
                        call.name.span,
                        "the symmetries of `generic` are those that are declared",
                    )
                    .label("nothing to detect")
                    .hint("write H out, or declare its symmetries"),
                );
            }
            continue;
        }
        if let Some(symmetry) = read_symmetry(declarations, call, diagnostics)
            && properties.symmetries.iter().all(|(known, _)| *known != symmetry)
        {
            properties.symmetries.push((symmetry, call.name.span));
        }
    }
    if let Some(call) = declarations.locality {
        let locality = read_locality(declarations, call, diagnostics);
        properties.locality = locality.map(|locality| (locality, call.name.span));
    }
    if let Some((value, exact)) = declarations.degree
        && let Some(degree) = constant(value, &declarations.params, diagnostics)
    {
        match degree.to_i64() {
            Some(degree) if (0..=super::limits::MAX_DEGREE as i64).contains(&degree) => {
                properties.degree = Some((degree as u32, exact, value.span));
            }
            _ => diagnostics.push(
                Diagnostic::error("E0216", value.span, format!("a degree cannot be {degree}"))
                    .label("not a degree")
                    .hint(format!("degrees are integers from 0 to {}", super::limits::MAX_DEGREE)),
            ),
        }
    }
    for (name, value) in &declarations.compile {
        read_setting(declarations, name, value, &mut properties.defaults, diagnostics);
    }
    properties
}

fn read_symmetry(declarations: &Declarations<'_>, call: &Call, diagnostics: &mut Diagnostics) -> Option<Symmetry> {
    let names = ["translation", "reflection", "point_group", "permutation", "flip"];
    let symmetry = match call.name.node.as_str() {
        "translation" => Symmetry::Translation,
        "reflection" => Symmetry::Reflection,
        "point_group" => Symmetry::PointGroup(None),
        "permutation" => Symmetry::Permutation,
        "flip" => {
            let field = match call.arguments.as_slice() {
                [argument] => match &argument.node {
                    ExpressionKind::Name(name) => declarations.field(name),
                    _ => None,
                },
                _ => None,
            };
            if field.is_none() {
                let span = call.arguments.first().map_or(call.name.span, |argument| argument.span);
                let example = declarations.fields.first().map_or("phi", |field| field.name.as_str());
                diagnostics.push(
                    Diagnostic::error("E0216", span, "`flip` takes the name of one field")
                        .label("not a field")
                        .hint(format!("write flip({example})")),
                );
            }
            return field.map(Symmetry::Flip);
        }
        other => {
            let error = Diagnostic::error("E0216", call.name.span, format!("there is no symmetry `{other}`"))
                .label("unknown symmetry");
            diagnostics.push(match nearest(other, names) {
                Some(known) => error.hint(format!("did you mean `{known}`?")),
                None => error.hint("symmetries: translation, reflection, point_group, permutation, flip(field)"),
            });
            return None;
        }
    };
    if let Some(argument) = call.arguments.first() {
        diagnostics.push(
            Diagnostic::error("E0216", argument.span, format!("`{}` takes no arguments", call.name.node))
                .label("not needed")
                .hint(format!("write symmetry {}", call.name.node)),
        );
    }
    Some(symmetry)
}

fn read_locality(declarations: &Declarations<'_>, call: &Call, diagnostics: &mut Diagnostics) -> Option<Locality> {
    let span = call.name.span;
    if declarations.lattice.is_point() {
        diagnostics.push(
            Diagnostic::error("E0305", span, "locality needs a lattice, and this spec has none")
                .label("no sites")
                .hint("declare a lattice, such as `lattice ring(8)`, or remove this line"),
        );
        return None;
    }
    match (call.name.node.as_str(), call.arguments.as_slice()) {
        ("nearest_neighbor" | "nearest_neighbour", []) => Some(Locality::NearestNeighbor),
        ("nearest_neighbor" | "nearest_neighbour", [argument, ..]) => {
            diagnostics.push(
                Diagnostic::error("E0216", argument.span, "`nearest_neighbor` has no range")
                    .label("not needed")
                    .hint("for farther couplings write locality range 2"),
            );
            None
        }
        ("range", [range]) => {
            let squared = squared_range(declarations, range, diagnostics)?;
            let (numerator, denominator) = squared.parts();
            match (u64::try_from(numerator), u64::try_from(denominator)) {
                (Ok(numerator), Ok(denominator)) => Some(Locality::Range { numerator, denominator }),
                _ => {
                    diagnostics.push(
                        Diagnostic::error("E0216", range.span, "this range cannot be used")
                            .label("negative or too large")
                            .hint("ranges are distances in units of the nearest-neighbour distance"),
                    );
                    None
                }
            }
        }
        ("range", _) => {
            diagnostics.push(
                Diagnostic::error("E0216", span, "`range` needs a distance")
                    .label("how far?")
                    .hint("write locality range 2, or locality range sqrt(2)"),
            );
            None
        }
        (other, _) => {
            let error =
                Diagnostic::error("E0216", span, format!("there is no locality `{other}`")).label("unknown locality");
            diagnostics.push(match nearest(other, ["nearest_neighbor", "range"]) {
                Some(known) => error.hint(format!("did you mean `{known}`?")),
                None => error.hint("localities: nearest_neighbor, range r"),
            });
            None
        }
    }
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

/// The values of the settings that are words.
const CHOICES: [(&str, &[&str]); 4] = [
    (
        "activation",
        &[
            "sigmoid",
            "tanh",
            "softplus",
            "gelu",
            "gelu_tanh",
            "silu",
            "mish",
            "erf",
            "arctan",
            "exp",
            "sin",
            "gaussian",
            "log_cosh",
        ],
    ),
    ("minimize", &["neurons", "multiplications", "weights", "depth"]),
    ("topology", &["skip", "layered"]),
    ("precision", &["f64", "f32"]),
];

fn read_setting(
    declarations: &Declarations<'_>,
    name: &Name,
    value: &CompileValue,
    defaults: &mut CompileDefaults,
    diagnostics: &mut Diagnostics,
) {
    let span = match value {
        CompileValue::Word(word) => word.span,
        CompileValue::Number(number) => number.span,
    };
    if name.node == "tolerance" {
        let number = match value {
            CompileValue::Number(number) => constant(number, &declarations.params, diagnostics),
            CompileValue::Word(word) => {
                let expression = Expression { node: ExpressionKind::Name(word.node.clone()), span: word.span };
                constant(&expression, &declarations.params, diagnostics)
            }
        };
        let Some(number) = number else { return };
        let tolerance = number.to_f64();
        if tolerance > 0.0 && tolerance.is_finite() {
            defaults.tolerance = Some(tolerance);
        } else {
            diagnostics.push(
                Diagnostic::error("E0216", span, "a tolerance is a positive number")
                    .label("not positive")
                    .hint("write, for example, tolerance 1e-6"),
            );
        }
        return;
    }
    let Some((key, choices)) = CHOICES.iter().find(|(key, _)| *key == name.node) else {
        let keys: Vec<&str> = CHOICES.iter().map(|(key, _)| *key).chain(["tolerance"]).collect();
        let error = Diagnostic::error("E0216", name.span, format!("there is no setting `{}`", name.node))
            .label("unknown setting");
        diagnostics.push(match nearest(&name.node, keys.iter().copied()) {
            Some(known) => error.hint(format!("did you mean `{known}`?")),
            None => error.hint(format!("settings: {}", keys.join(", "))),
        });
        return;
    };
    let word = match value {
        CompileValue::Word(word) if choices.contains(&word.node.as_str()) => word.node.clone(),
        CompileValue::Word(word) => {
            let error = Diagnostic::error("E0216", span, format!("`{}` is no choice for {key}", word.node))
                .label("unknown word");
            diagnostics.push(match nearest(&word.node, choices.iter().copied()) {
                Some(known) => error.hint(format!("did you mean `{known}`?")),
                None => error.hint(format!("choices: {}", choices.join(", "))),
            });
            return;
        }
        CompileValue::Number(_) => {
            diagnostics.push(
                Diagnostic::error("E0216", span, format!("{key} is a word"))
                    .label("not a word")
                    .hint(format!("choices: {}", choices.join(", "))),
            );
            return;
        }
    };
    let place = match *key {
        "activation" => &mut defaults.activation,
        "minimize" => &mut defaults.minimize,
        "topology" => &mut defaults.topology,
        _ => &mut defaults.precision,
    };
    *place = Some(word);
}

/// A term as a user writes it.
fn term(model: &Model, energy: Option<&Energy>, monomial: &Monomial, coefficient: &Rational) -> String {
    let text =
        Polynomial::term(monomial.clone(), coefficient.clone()).display(|variable| model.variable_name(variable));
    let text = match energy.and_then(|energy| energy.coupling.as_ref()) {
        None => text,
        Some(coupling) if monomial.is_one() && coefficient.is_one() => coupling.clone(),
        Some(coupling) => match text.strip_prefix('-') {
            Some(text) => format!("-{coupling}*{text}"),
            None => format!("{coupling}*{text}"),
        },
    };
    if text.chars().count() <= 120 {
        return text;
    }
    text.chars().take(117).chain("...".chars()).collect()
}

/// Checks the declared degree, locality and symmetries.
pub(super) fn check(model: &Model, properties: &Properties, diagnostics: &mut Diagnostics) {
    if let Some((degree, exact, span)) = properties.degree {
        check_degree(model, degree, exact, span, diagnostics);
    }
    if let Some((locality, span)) = &properties.locality {
        check_locality(model, locality, *span, diagnostics);
    }
    for (symmetry, span) in &properties.symmetries {
        match model::generators(model, symmetry) {
            Err(reason) => diagnostics.push(
                Diagnostic::error("E0304", *span, reason.message)
                    .label("not a symmetry of this lattice")
                    .hint(reason.hint),
            ),
            Ok(actions) => {
                let violated = actions.iter().find_map(|action| violation(model, action, *span));
                diagnostics.extend(violated);
            }
        }
    }
}

fn check_degree(model: &Model, degree: u32, exact: bool, span: Span, diagnostics: &mut Diagnostics) {
    for energy in &model.energies {
        let wrong = |m: &Monomial| if exact { m.degree() != degree } else { m.degree() > degree };
        let Some((monomial, coefficient)) = energy.polynomial.terms().iter().find(|(m, _)| wrong(m)) else { continue };
        let text = term(model, Some(energy), monomial, coefficient);
        let found = monomial.degree();
        diagnostics.push(
            Diagnostic::error("E0301", span, format!("H has the term {text} of degree {found}"))
                .label(if exact { "every term must have this degree" } else { "no term may have a higher degree" })
                .hint(if exact && found <= degree {
                    format!("write `degree {degree}` for degrees up to {degree}, or remove the term")
                } else {
                    format!(
                        "write `degree {}`, or remove the term",
                        model.energies.iter().map(|e| e.polynomial.degree()).max().unwrap_or(0)
                    )
                }),
        );
        return;
    }
}

fn check_locality(model: &Model, locality: &Locality, span: Span, diagnostics: &mut Diagnostics) {
    for energy in &model.energies {
        for (monomial, coefficient) in energy.polynomial.terms() {
            let Some((first, second)) = locality.violation(model, monomial) else { continue };
            let text = term(model, Some(energy), monomial, coefficient);
            let (first, second) = (monomial.factors()[first].variable, monomial.factors()[second].variable);
            let squared = model.squared_distance(first, second);
            let (first, second) = (model.variable_name(first), model.variable_name(second));
            let distance = match Rational::from(squared).sqrt() {
                Some(root) => root.to_string(),
                None => format!("sqrt({squared})"),
            };
            diagnostics.push(
                Diagnostic::error("E0302", span, format!("H has the term {text}, which is not local"))
                    .label(format!("{first} and {second} are {distance} apart"))
                    .hint(format!("write `locality range {distance}` or more, or remove the term")),
            );
            return;
        }
    }
}

/// The work of complementing bits, in terms, that is still done.
const MAX_COMPLEMENTS: f64 = 2_000_000.0;

/// The error of a symmetry that H does not have.
fn violation(model: &Model, action: &Action, span: Span) -> Option<Diagnostic> {
    for energy in &model.energies {
        let polynomial = &energy.polynomial;
        if action.complements(model) {
            let bits = |m: &Monomial| m.factors().iter().filter(|f| f.variable.kind() == Kind::Bit).count();
            let terms: f64 = polynomial.terms().iter().map(|(m, _)| 2f64.powi(bits(m).min(1000) as i32)).sum();
            if terms > MAX_COMPLEMENTS {
                return Some(
                    Diagnostic::error(
                        "E0404",
                        span,
                        format!("the {} of H has over {MAX_COMPLEMENTS} terms", action.name),
                    )
                    .label("too many terms")
                    .hint("a product of k bits becomes 2^k terms when the bits are exchanged; use spins"),
                );
            }
            let difference = &action.apply(model, polynomial) - polynomial;
            let Some((monomial, _)) = difference.terms().first() else { continue };
            let coefficient = polynomial.coefficient(monomial);
            let changed = action.apply(model, polynomial).coefficient(monomial);
            let text = term(model, None, monomial, &Rational::ONE);
            return Some(
                Diagnostic::error(
                    "E0303",
                    span,
                    format!("H does not have this symmetry: the {} changes it", action.name),
                )
                .label(format!("the coefficient of {text} goes from {coefficient} to {changed}"))
                .hint("remove the symmetry, or the terms that break it"),
            );
        }
        for (monomial, coefficient) in polynomial.terms() {
            let Some((image, negative)) = action.monomial(model, monomial) else { continue };
            let expected = if negative { -coefficient.clone() } else { coefficient.clone() };
            if polynomial.coefficient(&image) == expected {
                continue;
            }
            let text = term(model, Some(energy), monomial, coefficient);
            let wanted = term(model, Some(energy), &image, &expected);
            let message = format!("H does not have this symmetry: the {} changes the term {text}", action.name);
            return Some(
                Diagnostic::error("E0303", span, message)
                    .label(format!("it would need {wanted}"))
                    .hint("remove the symmetry, or complete the terms it maps to one another"),
            );
        }
    }
    None
}
