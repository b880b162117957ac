//! A general Hamiltonian as a spec: the inverse of lowering.
//!
//! Enters the spec whose declarations were counted, and its model with the
//! invariants as energies; leaves a spec in which every invariant is written
//! out and multiplied by a free coupling. What holds of it: it parses, it
//! has the declarations of the first one, and lowering it gives the same
//! energies.

use crate::model::{Energy, Model, Place};
use crate::syntax;
use crate::syntax::ast::{Argument, Call, Expression, ExpressionKind, Spec, Statement, StatementKind};

/// The spec of `H = h0*... + h1*... + ...`, one free coupling for each energy
/// of the model. `title` becomes a comment at its head. An error says what
/// cannot be written.
pub fn general(spec: &Spec, model: &Model, title: &str) -> Result<Spec, String> {
    let on_bonds = model.fields.iter().any(|field| field.place == Place::Bonds);
    if on_bonds && model.energies.iter().any(|energy| invariant(model, energy).contains("; b=")) {
        return Err(format!(
            "several bonds of {} join the same two sites, and the language has no names for each; make the lattice \
             larger, or declare `translation`",
            model.lattice
        ));
    }
    let kept: Vec<&Statement> = kept_statements(spec);
    let prefix = free_prefix(&kept);
    let mut text = String::new();
    let mut sum = Vec::new();
    for (at, energy) in model.energies.iter().enumerate() {
        text.push_str(&format!("param {prefix}{at} = free\n"));
        sum.push(term(model, &format!("{prefix}{at}"), energy));
    }
    text.push_str(&format!("H = {}\n", if sum.is_empty() { "0".to_owned() } else { sum.join("\n    + ") }));
    let (written, diagnostics) = syntax::parse(&text);
    if let Some(problem) = diagnostics.first() {
        return Err(format!("an invariant cannot be written in the language: {}", problem.message));
    }
    let mut statements: Vec<Statement> = Vec::new();
    let mut written = Some(written.statements);
    for statement in kept {
        let is_property = matches!(
            statement.kind,
            StatementKind::Symmetry(_) | StatementKind::Locality(_) | StatementKind::Degree { .. }
        );
        if (is_property || matches!(statement.kind, StatementKind::Hamiltonian { .. }))
            && let Some(written) = written.take()
        {
            statements.extend(written);
        }
        if !matches!(statement.kind, StatementKind::Hamiltonian { .. }) {
            let mut statement = Statement { comments: Vec::new(), trailing: None, ..statement.clone() };
            if let StatementKind::Symmetry(calls) = &mut statement.kind {
                calls.retain(|call| !call.is_detect());
            }
            statements.push(statement);
        }
    }
    statements.extend(written.into_iter().flatten());
    if !statements.iter().any(|statement| matches!(statement.kind, StatementKind::Degree { .. })) {
        let (degree, _) = syntax::parse(&format!("degree {}\n", model.degree));
        statements.extend(degree.statements);
    }
    let first = statements.iter().position(|s| matches!(s.kind, StatementKind::Param { value: None, .. }));
    if let Some(first) = first {
        statements[first].comments.push(String::new());
    }
    let properties = statements.iter().rposition(|s| matches!(s.kind, StatementKind::Hamiltonian { .. }));
    if let Some(hamiltonian) = properties {
        statements[hamiltonian].comments.push(String::new());
        if let Some(next) = statements.get_mut(hamiltonian + 1) {
            next.comments.push(String::new());
        }
    }
    if let Some(head) = statements.first_mut() {
        head.comments.insert(0, format!("# {title}"));
    }
    Ok(Spec { statements, comments: Vec::new() })
}

/// An invariant as a user would write it: on a lattice a sum over its cells.
pub fn invariant(model: &Model, energy: &Energy) -> String {
    let text = energy.polynomial.display(|variable| model.variable_name(variable));
    match model.lattice.sublattices().first() {
        _ if model.frame.directions.is_empty() => text,
        // A cell has one site of each sublattice.
        Some(first) => format!("sum(i in {first})({text})"),
        None => format!("sum(i)({text})"),
    }
}

fn term(model: &Model, coupling: &str, energy: &Energy) -> String {
    let text = invariant(model, energy);
    let polynomial = &energy.polynomial;
    match polynomial.terms() {
        // A constant of one: the coupling alone.
        [(monomial, coefficient)] if model.frame.directions.is_empty() && monomial.is_one() && coefficient.is_one() => {
            coupling.to_owned()
        }
        [(_, coefficient)] if model.frame.directions.is_empty() && !coefficient.is_negative() => {
            format!("{coupling}*{text}")
        }
        _ if model.frame.directions.is_empty() => format!("{coupling}*({text})"),
        _ => format!("{coupling}*{text}"),
    }
}

/// The statements that say where and what the fields are and which properties
/// are declared, with the params that they use; no requests to detect.
fn kept_statements(spec: &Spec) -> Vec<&Statement> {
    let mut used: Vec<String> = Vec::new();
    let mut kept: Vec<&Statement> = Vec::new();
    // A param is used by what follows it.
    for statement in spec.statements.iter().rev() {
        match &statement.kind {
            StatementKind::Param { name, value: Some(value) } if used.contains(&name.node) => names(value, &mut used),
            StatementKind::Param { .. } | StatementKind::Couplings { .. } | StatementKind::Let { .. } => continue,
            StatementKind::Hamiltonian { .. } => {}
            StatementKind::Symmetry(calls) => {
                if calls.iter().all(Call::is_detect) {
                    continue;
                }
                calls.iter().for_each(|call| call_names(call, &mut used));
            }
            StatementKind::Locality(calls) => calls.iter().for_each(|call| call_names(call, &mut used)),
            StatementKind::Degree { value, .. } => names(value, &mut used),
            StatementKind::Constant(_) | StatementKind::Graph { .. } => {}
            StatementKind::Lattice { arguments, .. } => arguments.iter().for_each(|a| names(a, &mut used)),
            StatementKind::Field { names: fields, domain, .. } => {
                fields.iter().filter_map(|(_, components)| components.as_ref()).for_each(|c| names(c, &mut used));
                if let Some((lower, upper)) = domain {
                    names(lower, &mut used);
                    names(upper, &mut used);
                }
            }
            StatementKind::Compile(settings) => {
                for (_, value) in settings {
                    match value {
                        syntax::ast::CompileValue::Word(word) => used.push(word.node.clone()),
                        syntax::ast::CompileValue::Number(number) => names(number, &mut used),
                    }
                }
            }
        }
        kept.push(statement);
    }
    kept.reverse();
    kept
}

fn call_names(call: &Call, used: &mut Vec<String>) {
    for argument in &call.arguments {
        match argument {
            Argument::Expression(expression) => names(expression, used),
            Argument::Text(_) => {}
            Argument::List(list) => list.node.iter().for_each(|expression| names(expression, used)),
        }
    }
}

/// The names in an expression outside of loops, which constants have none of.
fn names(expression: &Expression, used: &mut Vec<String>) {
    match &expression.node {
        ExpressionKind::Number(_) | ExpressionKind::Reduction { .. } => {}
        ExpressionKind::Name(name) => used.push(name.clone()),
        ExpressionKind::Index { base, .. } => used.push(base.node.clone()),
        ExpressionKind::Tuple(parts) => parts.iter().for_each(|part| names(part, used)),
        ExpressionKind::Call { arguments, .. } => arguments.iter().for_each(|argument| names(argument, used)),
        ExpressionKind::Sum(terms) => terms.iter().for_each(|(_, term)| names(term, used)),
        ExpressionKind::Product(factors) => factors.iter().for_each(|(_, factor)| names(factor, used)),
        ExpressionKind::Power(base, exponent) => {
            names(base, used);
            names(exponent, used);
        }
    }
}

/// A beginning of coupling names that no declared name has: `h`, where a spec
/// does not use it.
fn free_prefix(kept: &[&Statement]) -> String {
    let mut declared: Vec<&str> = Vec::new();
    for statement in kept {
        match &statement.kind {
            StatementKind::Field { names, .. } => declared.extend(names.iter().map(|(name, _)| name.node.as_str())),
            StatementKind::Param { name, .. } => declared.push(&name.node),
            _ => {}
        }
    }
    let taken = |prefix: &str| {
        declared.iter().any(|name| {
            name.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
        })
    };
    let mut prefix = "h".to_owned();
    while taken(&prefix) {
        prefix.push('_');
    }
    prefix
}
