//! Declared properties: read from the spec, and checked against H.
//!
//! A violated property is an error that shows one violating term as the user
//! would write it.

use super::constant::constant;
use super::names::Declarations;
use super::{localities, symmetries};
use crate::diagnostics::{Diagnostic, Diagnostics, Span};
use crate::exact::Rational;
use crate::model::symmetry::{self, Reason, Unchecked, Violation};
use crate::model::{self, CompileDefaults, Energy, Locality, Model, Monomial, Nonlocal, Place, Polynomial, Symmetry};
use crate::spelling::nearest;
use crate::syntax::ast::{CompileValue, Expression, ExpressionKind, Name};

/// What a spec says about its Hamiltonian.
#[derive(Default)]
pub(super) struct Properties {
    pub symmetries: Vec<(Symmetry, Span)>,
    pub localities: Vec<(Locality, Span)>,
    /// The degree, whether it is exact, and where it stands.
    pub degree: Option<(u32, bool, Span)>,
    /// Where the constant is declared to be no term.
    pub no_constant: Option<Span>,
    pub defaults: CompileDefaults,
}

/// Reads the declared properties.
pub(super) fn read(declarations: &Declarations<'_>, diagnostics: &mut Diagnostics) -> Properties {
    let mut properties = Properties { no_constant: declarations.no_constant, ..Properties::default() };
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
        for symmetry in symmetries::read(declarations, call, diagnostics) {
            if properties.symmetries.iter().all(|(known, _)| *known != symmetry) {
                properties.symmetries.push((symmetry, call.name.span));
            }
        }
    }
    for call in &declarations.localities {
        let locality = localities::read(declarations, call, diagnostics);
        properties.localities.extend(locality.map(|locality| (locality, call.name.span)));
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
    if let Some(span) = properties.no_constant {
        check_constant(model, span, diagnostics);
    }
    for (locality, span) in &properties.localities {
        check_locality(model, locality, *span, diagnostics);
    }
    let mut found = Diagnostics::new();
    for (symmetry, span) in &properties.symmetries {
        let error = check_symmetry(model, symmetry, *span).or_else(|| check_windows(model, symmetry, *span));
        found.extend(error);
        if let Symmetry::Locked { field, .. } = symmetry {
            found.extend(check_locked(model, *field, *span));
        }
    }
    // A locked field that cannot turn is in the way of every motion; it is
    // said where the field is locked.
    let repeated = |at: usize, error: &Diagnostic| {
        error.code == "E0304" && found[at + 1..].iter().any(|later| later.message == error.message)
    };
    diagnostics.extend(found.iter().enumerate().filter(|&(at, error)| !repeated(at, error)).map(|(_, e)| e.clone()));
}

fn check_constant(model: &Model, span: Span, diagnostics: &mut Diagnostics) {
    let constant = |energy: &'_ &Energy| energy.polynomial.terms().iter().any(|(monomial, _)| monomial.is_one());
    let Some(energy) = model.energies.iter().find(constant) else { return };
    let (monomial, coefficient) =
        energy.polynomial.terms().iter().find(|(monomial, _)| monomial.is_one()).expect("just found");
    let text = term(model, Some(energy), monomial, coefficient);
    let each = if model.frame.directions.is_empty() { "" } else { " for each cell" };
    diagnostics.push(
        Diagnostic::error("E0306", span, format!("H has the constant {text}{each}"))
            .label("no constant is declared")
            .hint("remove this line, or the constant: squares of spins are constants, too"),
    );
}

/// The error of a symmetry that takes the windows of a locality to other sets.
fn check_windows(model: &Model, symmetry: &Symmetry, span: Span) -> Option<Diagnostic> {
    let motions = symmetry::motions(model, symmetry).unwrap_or_default();
    let broken = motions
        .iter()
        .find(|motion| !model.localities.iter().all(|locality| locality.kept_by(&model.lattice, motion)))?;
    Some(
        Diagnostic::error("E0304", span, format!("the {} takes windows of cells to other sets", broken.name))
            .label("does not keep the locality")
            .hint("use `range` or `graph_radius`, or a group without it"),
    )
}

/// The error of a field that is locked to space where nothing moves it.
fn check_locked(model: &Model, field: usize, span: Span) -> Option<Diagnostic> {
    let moves = |symmetry: &Symmetry| {
        matches!(
            symmetry,
            Symmetry::PointGroup(_) | Symmetry::Reflection | Symmetry::Motion(_) | Symmetry::SpaceGroup { .. }
        )
    };
    if model.symmetries.iter().any(moves) {
        return None;
    }
    let name = &model.fields[field].name;
    Some(
        Diagnostic::error("E0216", span, format!("`locked` makes motions of space turn {name}, and none is declared"))
            .label("nothing turns")
            .hint(format!("add `point_group`, or write rotation({name}) for turns that leave space alone")),
    )
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
            let Some(nonlocal) = locality.violation(model, monomial) else { continue };
            let text = term(model, Some(energy), monomial, coefficient);
            let error = Diagnostic::error("E0302", span, format!("H has the term {text}, which is not local"));
            let (first, second) = match nonlocal {
                Nonlocal::Apart(first, second) => (first, second),
                Nonlocal::Sites(sites) => {
                    diagnostics.push(
                        error
                            .label(format!("it couples {sites} sites"))
                            .hint(format!("write `bodies {sites}` or more, or remove the term")),
                    );
                    return;
                }
                Nonlocal::Set => {
                    let label = match locality {
                        Locality::Connected => "its sites are not connected by bonds among them",
                        Locality::Plaquette => "its sites are not corners of one plaquette",
                        _ => "its sites do not fit the window",
                    };
                    diagnostics.push(error.label(label).hint("declare another locality, or remove the term"));
                    return;
                }
            };
            let (first, second) = (monomial.factors()[first].variable, monomial.factors()[second].variable);
            let squared = model.squared_distance(first, second);
            let (first, second) = (model.variable_name(first), model.variable_name(second));
            if model.lattice.graph.is_some() {
                let label = format!("{first} and {second} are not joined closely enough by edges");
                diagnostics.push(error.label(label).hint("declare another locality, or remove the term"));
                return;
            }
            let distance = match Rational::from(squared).sqrt() {
                Some(root) => root.to_string(),
                None => format!("sqrt({squared})"),
            };
            let hint = match locality {
                Locality::GraphRadius(_) => "write a larger `graph_radius`, or remove the term".to_owned(),
                _ => format!("write `locality range {distance}` or more, or remove the term"),
            };
            diagnostics.push(error.label(format!("{first} and {second} are {distance} apart")).hint(hint));
            return;
        }
    }
}

/// The error of a symmetry that the model or H does not have.
fn check_symmetry(model: &Model, symmetry: &Symmetry, span: Span) -> Option<Diagnostic> {
    match symmetry::broken(model, symmetry) {
        Ok(None) => None,
        Ok(Some((shown, energy, violation))) => {
            let moves = symmetry::motions(model, symmetry).is_ok_and(|motions| !motions.is_empty());
            match model.couplings.first() {
                Some(couplings) if moves || *symmetry == Symmetry::Uniform => Some(
                    Diagnostic::error(
                        "E0303",
                        span,
                        format!(
                            "H does not have this symmetry: the couplings {} differ from place to place",
                            couplings.name
                        ),
                    )
                    .label(format!("they come from {}", couplings.file))
                    .hint("remove the symmetry; flips and rotations of fields may still hold"),
                ),
                _ => {
                    let error = violated(&shown, &energy, &violation, span);
                    let short = shown.lattice != model.lattice;
                    Some(if short {
                        error.hint(format!("shown on {}, which is short enough to write out", shown.lattice))
                    } else {
                        error
                    })
                }
            }
        }
        Err(reason) => refusal(reason, span),
    }
}

fn refusal(reason: Unchecked, span: Span) -> Option<Diagnostic> {
    Some(match reason {
        Unchecked::NoSuchSymmetry(reason) => {
            Diagnostic::error("E0304", span, reason.message).label("not a symmetry of this model").hint(reason.hint)
        }
        Unchecked::TooManyTerms { action, limit } => {
            Diagnostic::error("E0404", span, format!("the {action} of H has over {limit} terms"))
                .label("too many terms")
                .hint("a product of k bits or turned components becomes up to 2^k terms; leave the symmetry out")
        }
    })
}

/// The error of a symmetry that H does not have.
fn violated(model: &Model, energy: &Energy, violation: &Violation, span: Span) -> Diagnostic {
    let Violation { action, monomial, coefficient, reason } = violation;
    let error = |message: String| Diagnostic::error("E0303", span, message);
    let shown = match coefficient.is_zero() {
        true => term(model, None, monomial, &Rational::ONE),
        false => term(model, Some(energy), monomial, coefficient),
    };
    let changes = format!("H does not have this symmetry: the {action} changes the term {shown}");
    match reason {
        Reason::Needs(image, expected) => error(changes)
            .label(format!("it would need {}", term(model, Some(energy), image, expected)))
            .hint("remove the symmetry, or complete the terms it maps to one another"),
        Reason::Becomes(value) => {
            let text = term(model, None, monomial, &Rational::ONE);
            error(format!("H does not have this symmetry: the {action} changes it"))
                .label(format!("the coefficient of {text} goes from {coefficient} to {value}"))
                .hint("remove the symmetry, or the terms that break it")
        }
        Reason::Charge { charge, order } => error(changes)
            .label(format!("a part of it has charge {charge}, no multiple of {order}"))
            .hint("terms with as many fields as conjugates, up to multiples of the order, are invariant"),
        Reason::Site { cell, basis, charge, order } => {
            let site = model.lattice.point_name(Place::Sites, cell, *basis);
            let label = match order {
                Some(2) => format!("an odd number of its factors meets the site ({site})"),
                Some(n) => format!("{charge} flows out of the site ({site}), no multiple of {n}"),
                None => format!("{charge} flows out of the site ({site})"),
            };
            error(changes).label(label).hint("products around closed loops, such as plaquettes, are invariant")
        }
        Reason::Winding { direction } => error(changes)
            .label(format!("it is a loop around the lattice along {}", model::Lattice::direction_name(*direction)))
            .hint("without `contractible`, loops around the lattice are invariant, too"),
    }
}
