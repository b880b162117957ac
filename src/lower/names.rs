//! What a spec declares: lattice, fields, params, lets and properties.
//!
//! After this step every name is declared once, domains are not empty, the
//! lattice has sites, and no `let` uses itself. What could not be declared is
//! left as failed, so that its uses are not errors again.

use std::collections::{BTreeMap, BTreeSet};

use super::constant::constant;
use super::fields::FieldStatement;
use super::files::{CouplingsStatement, Files};
use super::geometry;
use crate::diagnostics::{Diagnostic, Diagnostics, Span};
use crate::exact::Rational;
use crate::model::{Couplings, Field, Lattice};
use crate::syntax::ast::{self, Expression, ExpressionKind, Name, Range, Spec, StatementKind};

/// Functions that the language brings along.
pub(super) const FUNCTIONS: [&str; 10] =
    ["dot", "grad2", "lap", "sqrt", "conj", "re", "im", "abs2", "complex", "sublattice"];

/// Those of them whose names nothing else may have.
const RESERVED: [&str; 4] = ["dot", "grad2", "lap", "sqrt"];

/// The most cycles among `let`s that are reported.
const MAX_CYCLES: usize = 20;

/// A param.
pub(super) enum Param {
    /// Its value.
    Number(Rational),
    /// A coupling left free, by its index among those.
    Free(usize),
    /// Couplings from a file, by their index.
    Couplings(usize),
    /// An error was reported.
    Failed,
}

/// The params by name.
pub(super) type Params<'a> = BTreeMap<&'a str, Param>;

/// A `let`.
pub(super) struct Abbreviation<'a> {
    pub name: &'a Name,
    pub parameters: &'a [Name],
    pub body: &'a Expression,
}

/// All that a spec declares.
pub(super) struct Declarations<'a> {
    pub lattice: Lattice,
    /// Where the lattice is declared.
    pub lattice_span: Option<Span>,
    pub fields: Vec<Field>,
    pub field_names: BTreeMap<&'a str, usize>,
    /// Where each field is named.
    pub field_spans: Vec<Span>,
    /// Fields whose number of components or values are in error.
    pub failed_fields: BTreeSet<usize>,
    pub params: Params<'a>,
    /// The couplings from files in order.
    pub site_couplings: Vec<Couplings>,
    /// Those of them that are in error.
    pub couplings_failed: Vec<bool>,
    /// The free couplings in order.
    pub couplings: Vec<&'a Name>,
    pub abbreviations: BTreeMap<&'a str, Abbreviation<'a>>,
    /// Names of `let`s without parameters, each after those it uses.
    pub order: Vec<&'a str>,
    /// `let`s that use themselves.
    pub recursive: BTreeSet<&'a str>,
    /// The Hamiltonian: its name and body; no body for `generic`.
    pub hamiltonian: Option<(&'a Name, Option<&'a Expression>)>,
    pub symmetries: Vec<&'a ast::Call>,
    pub localities: Vec<&'a ast::Call>,
    /// Where the constant is declared off: it is none of the terms.
    pub no_constant: Option<Span>,
    pub degree: Option<(&'a Expression, bool)>,
    pub compile: Vec<&'a (Name, ast::CompileValue)>,
}

/// Reads the declarations of a spec. `None` for the lattice's sake only: a
/// spec whose lattice is in error cannot be checked further.
pub(super) fn declare<'a>(
    spec: &'a Spec,
    files: &mut dyn Files,
    diagnostics: &mut Diagnostics,
) -> Option<Declarations<'a>> {
    let mut declarations = Declarations {
        lattice: Lattice::point(),
        lattice_span: None,
        fields: Vec::new(),
        field_names: BTreeMap::new(),
        field_spans: Vec::new(),
        failed_fields: BTreeSet::new(),
        params: Params::new(),
        site_couplings: Vec::new(),
        couplings_failed: Vec::new(),
        couplings: Vec::new(),
        abbreviations: BTreeMap::new(),
        order: Vec::new(),
        recursive: BTreeSet::new(),
        hamiltonian: None,
        symmetries: Vec::new(),
        localities: Vec::new(),
        no_constant: None,
        degree: None,
        compile: Vec::new(),
    };
    let mut taken: BTreeMap<&'a str, Span> = BTreeMap::new();
    let mut lattice = None;
    let mut lattice_fails = false;
    let mut tables: Vec<CouplingsStatement<'a>> = Vec::new();
    for statement in &spec.statements {
        match &statement.kind {
            StatementKind::Lattice { shape, arguments, open, twisted } => {
                if declarations.lattice_span.is_some() {
                    diagnostics.push(twice("lattice", statement.span));
                    continue;
                }
                declarations.lattice_span = Some(shape.span);
                let ends = [open.as_deref(), twisted.as_deref()];
                lattice = geometry::read_lattice(shape, arguments, ends, &declarations.params, diagnostics);
                lattice_fails = lattice.is_none();
            }
            StatementKind::Field { names, kind, arguments, domain, place } => {
                let statement =
                    FieldStatement { names, kind, arguments, domain: domain.as_ref(), place: place.as_ref() };
                declarations.declare_fields(&statement, &mut taken, diagnostics);
            }
            StatementKind::Graph { shape, file } => {
                if declarations.lattice_span.is_some() {
                    diagnostics.push(twice("lattice", statement.span));
                    continue;
                }
                declarations.lattice_span = Some(shape.span);
                lattice = geometry::read_graph(shape, file, files, diagnostics);
                lattice_fails = lattice.is_none();
            }
            StatementKind::Couplings { name, place, file } => {
                if claim(name, "param", &mut taken, diagnostics) {
                    declarations.params.insert(&name.node, Param::Couplings(tables.len()));
                    tables.push(CouplingsStatement { name, place: place.as_ref(), file });
                }
            }
            StatementKind::Param { name, value } => {
                let fresh = claim(name, "param", &mut taken, diagnostics);
                let param = match value {
                    None => {
                        if fresh {
                            declarations.couplings.push(name);
                        }
                        Param::Free(declarations.couplings.len().max(1) - 1)
                    }
                    Some(value) => match constant(value, &declarations.params, diagnostics) {
                        Some(value) => Param::Number(value),
                        None => Param::Failed,
                    },
                };
                if fresh {
                    declarations.params.insert(&name.node, param);
                }
            }
            StatementKind::Let { name, parameters, body } => {
                let mut seen = BTreeSet::new();
                for parameter in parameters {
                    if !seen.insert(&parameter.node) {
                        diagnostics.push(
                            Diagnostic::error(
                                "E0207",
                                parameter.span,
                                format!("two parameters of `{}` have the name `{}`", name.node, parameter.node),
                            )
                            .label("again here"),
                        );
                    }
                }
                if claim(name, "let", &mut taken, diagnostics) {
                    declarations.abbreviations.insert(&name.node, Abbreviation { name, parameters, body });
                }
            }
            StatementKind::Hamiltonian { name, class, body } => {
                if let Some(class) = class {
                    diagnostics.push(
                        Diagnostic::error("E0208", class.span, "Hamiltonians of classes are not supported")
                            .label("a class")
                            .hint("write one Hamiltonian: H = ..."),
                    );
                } else if name.node != "H" {
                    let error = Diagnostic::error(
                        "E0208",
                        name.span,
                        format!("the Hamiltonian is called H, not `{}`", name.node),
                    )
                    .label("assigned here");
                    diagnostics.push(if declarations.abbreviations.contains_key(name.node.as_str()) {
                        error.hint("a name is given once")
                    } else {
                        error.hint(format!(
                            "write `let {0} = ...` for an abbreviation, or `param {0} = ...` for a number",
                            name.node
                        ))
                    });
                } else if declarations.hamiltonian.is_some() {
                    diagnostics.push(
                        Diagnostic::error("E0208", name.span, "there are several Hamiltonians")
                            .label("a second one")
                            .hint("add the parts up in one: H = ... + ..."),
                    );
                } else {
                    declarations.hamiltonian = Some((name, body.as_ref()));
                }
            }
            StatementKind::Symmetry(calls) => declarations.symmetries.extend(calls),
            StatementKind::Locality(calls) => {
                if !declarations.localities.is_empty() {
                    diagnostics.push(
                        twice("locality", statement.span)
                            .hint("write both in one, separated by a comma: then both have to hold"),
                    );
                }
                declarations.localities = calls.iter().collect();
            }
            StatementKind::Constant(word) => match word.node.as_str() {
                "on" => declarations.no_constant = None,
                "off" => declarations.no_constant = Some(word.span),
                other => diagnostics.push(
                    Diagnostic::error("E0216", word.span, format!("the constant cannot be `{other}`"))
                        .label("on or off")
                        .hint("write `constant off` to leave the constant out of H"),
                ),
            },
            StatementKind::Degree { value, exact } => {
                if declarations.degree.is_some() {
                    diagnostics.push(twice("degree", statement.span));
                }
                declarations.degree = Some((value, *exact));
            }
            StatementKind::Compile(settings) => declarations.compile.extend(settings),
        }
    }
    declarations.order_abbreviations(diagnostics);
    if declarations.hamiltonian.is_none()
        && !spec.statements.iter().any(|s| matches!(s.kind, StatementKind::Hamiltonian { .. }))
    {
        let end = spec.statements.last().map_or(0, |statement| statement.span.end);
        diagnostics.push(
            Diagnostic::error("E0208", Span::new(end, end), super::NO_HAMILTONIAN)
                .label("nothing says `H = ...`")
                .hint("add the energy: H = ..., or H = generic with a degree"),
        );
    }
    if let Some(lattice) = lattice {
        declarations.lattice = lattice;
    }
    if !lattice_fails {
        declarations.check_places(diagnostics);
        declarations.read_couplings(&tables, files, diagnostics);
        for param in declarations.params.values_mut() {
            if matches!(param, Param::Couplings(index) if declarations.couplings_failed[*index]) {
                *param = Param::Failed;
            }
        }
    }
    (!lattice_fails).then_some(declarations)
}

fn twice(what: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0207", span, format!("a second `{what}` statement"))
        .label("declared again here")
        .hint(format!("a spec has one {what}; remove one of the two"))
}

/// Takes a name; `false` where it is taken already.
pub(super) fn claim<'a>(
    name: &'a Name,
    what: &str,
    taken: &mut BTreeMap<&'a str, Span>,
    diagnostics: &mut Diagnostics,
) -> bool {
    if RESERVED.contains(&name.node.as_str()) || name.node == "H" {
        diagnostics.push(
            Diagnostic::error("E0207", name.span, format!("`{}` has a meaning of its own", name.node))
                .label(format!("cannot name a {what}"))
                .hint("choose another name"),
        );
        return false;
    }
    if taken.insert(&name.node, name.span).is_some() {
        diagnostics.push(
            Diagnostic::error("E0207", name.span, format!("the name `{}` is given twice", name.node))
                .label("again here")
                .hint("choose another name for one of the two"),
        );
        return false;
    }
    true
}

impl<'a> Declarations<'a> {
    /// Sorts the `let`s so that each comes after those it uses; reports one
    /// that uses itself.
    fn order_abbreviations(&mut self, diagnostics: &mut Diagnostics) {
        let mut uses: BTreeMap<&'a str, BTreeSet<&'a str>> = BTreeMap::new();
        let mut used_by: BTreeMap<&'a str, Vec<&'a str>> = BTreeMap::new();
        for (&name, abbreviation) in &self.abbreviations {
            let mut names = BTreeSet::new();
            collect_names(abbreviation.body, &mut names);
            names.retain(|used| {
                self.abbreviations.contains_key(used) && abbreviation.parameters.iter().all(|p| p.node != *used)
            });
            for used in &names {
                used_by.entry(used).or_default().push(name);
            }
            uses.insert(name, names);
        }
        let mut left: BTreeMap<&'a str, usize> = uses.iter().map(|(&name, used)| (name, used.len())).collect();
        let mut ready: BTreeSet<&'a str> = left.iter().filter(|(_, left)| **left == 0).map(|(&name, _)| name).collect();
        while let Some(name) = ready.pop_first() {
            left.remove(name);
            self.order.push(name);
            for &user in used_by.get(name).into_iter().flatten() {
                if let Some(count) = left.get_mut(user) {
                    *count -= 1;
                    if *count == 0 {
                        ready.insert(user);
                    }
                }
            }
        }
        self.order.retain(|name| self.abbreviations[name].parameters.is_empty());
        self.recursive = left.keys().copied().collect();
        for _ in 0..MAX_CYCLES {
            let Some(cycle) = cycle(&left, &uses) else { break };
            self.report_cycle(&cycle, diagnostics);
            // What is left then and uses nothing that is left only led there.
            let mut gone: Vec<&'a str> = cycle;
            while let Some(name) = gone.pop() {
                left.remove(name);
                for &user in used_by.get(name).into_iter().flatten() {
                    if let Some(count) = left.get_mut(user) {
                        *count -= 1;
                        if *count == 0 {
                            gone.push(user);
                        }
                    }
                }
            }
        }
    }

    fn report_cycle(&self, cycle: &[&'a str], diagnostics: &mut Diagnostics) {
        let mut path = cycle.to_vec();
        let start = (0..path.len()).min_by_key(|&at| self.abbreviations[path[at]].name.span).unwrap_or(0);
        path.rotate_left(start);
        let name = self.abbreviations[path[0]].name;
        let message = match path.len() {
            1 => format!("`{}` is defined by itself", name.node),
            2..6 => format!("`{}` is defined by itself, through {}", name.node, path[1..].join(", ")),
            n => format!("`{}` is defined by itself, through {} others", name.node, n - 1),
        };
        diagnostics.push(
            Diagnostic::error("E0212", name.span, message)
                .label("recursion")
                .hint("a `let` is written out where it is used, so it cannot contain itself; use a loop"),
        );
    }

    /// The index of a field.
    pub(super) fn field(&self, name: &str) -> Option<usize> {
        self.field_names.get(name).copied()
    }

    /// All names that a value may have.
    pub(super) fn known_names(&self) -> Vec<&str> {
        let fields = self.fields.iter().map(|field| field.name.as_str());
        fields.chain(self.params.keys().copied()).chain(self.abbreviations.keys().copied()).collect()
    }
}

/// A cycle among the `let`s that are left, each of which uses another that is
/// left: uses are followed until a name comes again.
fn cycle<'a>(left: &BTreeMap<&'a str, usize>, uses: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> Option<Vec<&'a str>> {
    let mut path: Vec<&'a str> = vec![left.keys().next().copied()?];
    let mut places: BTreeMap<&'a str, usize> = BTreeMap::from([(path[0], 0)]);
    loop {
        let next = uses[path[path.len() - 1]].iter().copied().find(|used| left.contains_key(used))?;
        if let Some(&at) = places.get(next) {
            return Some(path.split_off(at));
        }
        places.insert(next, path.len());
        path.push(next);
    }
}

/// The names that occur in an expression, whatever they mean there.
fn collect_names<'a>(expression: &'a Expression, names: &mut BTreeSet<&'a str>) {
    match &expression.node {
        ExpressionKind::Number(_) => {}
        ExpressionKind::Name(name) => {
            names.insert(name);
        }
        ExpressionKind::Index { base, brackets } => {
            names.insert(&base.node);
            brackets.iter().flatten().for_each(|index| collect_names(index, names));
        }
        ExpressionKind::Tuple(parts) => parts.iter().for_each(|part| collect_names(part, names)),
        ExpressionKind::Call { function, arguments } => {
            names.insert(&function.node);
            arguments.iter().for_each(|argument| collect_names(argument, names));
        }
        ExpressionKind::Reduction { range, body, .. } => {
            if let Range::Integers { first, last, .. } = range {
                collect_names(first, names);
                collect_names(last, names);
            }
            collect_names(body, names);
        }
        ExpressionKind::Sum(terms) => terms.iter().for_each(|(_, term)| collect_names(term, names)),
        ExpressionKind::Product(factors) => factors.iter().for_each(|(_, factor)| collect_names(factor, names)),
        ExpressionKind::Power(base, exponent) => {
            collect_names(base, names);
            collect_names(exponent, names);
        }
    }
}
