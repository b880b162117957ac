//! Sums and products over sites, sublattices, bonds, plaquettes and integers.

use pest::iterators::Pair;

use super::super::ast::{Expression, ExpressionKind, Name, Range, Reduction, Spanned};
use super::grammar::Rule;
use super::{Builder, Pairs};
use crate::diagnostics::{Diagnostic, Span};

impl Builder {
    pub(super) fn reduction(&mut self, pair: Pair<'_, Rule>, depth: usize) -> Option<Expression> {
        let span = self.span(&pair);
        let mut inner = pair.into_inner();
        let word = inner.next()?;
        let kind = if word.as_str() == "sum" { Reduction::Sum } else { Reduction::Product };
        let range = inner.next()?;
        let range_span = self.span(&range);
        let body = inner.next();
        let rule = range.as_rule();
        let mut parts = range.into_inner();
        if rule == Rule::plaquettes {
            let names = range_names(parts, |name| self.new_name(name));
            for (at, name) in names.iter().enumerate() {
                if names[..at].iter().any(|known| known.node == name.node) {
                    self.diagnostics.push(
                        Diagnostic::error("E0109", name.span, "the sites of a plaquette need names of their own")
                            .label(format!("`{}` twice", name.node))
                            .hint("write sum plaquette(i,j,k,l)( ... )"),
                    );
                }
            }
            let body = Box::new(self.body(body?, depth)?);
            let range = Range::Plaquettes(names);
            return Some(Spanned { node: ExpressionKind::Reduction { kind, range, body }, span });
        }
        if rule != Rule::range {
            let (first, second) = (self.new_name(&parts.next()?), self.new_name(&parts.next()?));
            if first == second {
                self.diagnostics.push(
                    Diagnostic::error("E0109", range_span, "the two ends of a bond need two names")
                        .label(format!("`{}` twice", first.node))
                        .hint("write sum<i,j>( ... )"),
                );
            }
            let range = match rule {
                Rule::bonds => Range::Neighbors(first, second),
                Rule::third_bonds => Range::ThirdNeighbors(first, second),
                _ => Range::SecondNeighbors(first, second),
            };
            let body = Box::new(self.body(body?, depth)?);
            return Some(Spanned { node: ExpressionKind::Reduction { kind, range, body }, span });
        }
        let first = parts.next()?;
        match parts.next() {
            Some(integers) if integers.as_rule() == Rule::integers => {
                let name = self.loop_variable(&first, word.as_str())?;
                let mut bounds = integers.into_inner().filter(|p| p.as_rule() == Rule::expression);
                let lower = bounds.next()?;
                let range = match bounds.next() {
                    Some(upper) => {
                        let first = Box::new(self.expression(lower, depth + 1)?);
                        let last = Box::new(self.expression(upper, depth + 1)?);
                        Range::Integers { name, first, last }
                    }
                    None => Range::Sublattice { site: name, sublattice: self.sublattice(&lower, word.as_str())? },
                };
                let Some(body) = body else {
                    self.diagnostics.push(missing_body(word.as_str(), span));
                    return None;
                };
                let body = Box::new(self.body(body, depth)?);
                Some(Spanned { node: ExpressionKind::Reduction { kind, range, body }, span })
            }
            second => {
                let Some(body) = body else {
                    let function = self.name(&word);
                    let mut arguments = vec![self.offset(first, depth + 1)?];
                    for argument in second.into_iter().chain(parts) {
                        arguments.push(self.offset(argument, depth + 1)?);
                    }
                    return Some(Spanned { node: ExpressionKind::Call { function, arguments }, span });
                };
                if let Some(second) = second {
                    let place = self.span(&second);
                    self.diagnostics.push(
                        Diagnostic::error("E0109", place, format!("`{}` runs over one site at a time", word.as_str()))
                            .label("a second name")
                            .hint("write sum<i,j>( ... ) for bonds, or sum(i)(sum(j)( ... )) for all pairs of sites"),
                    );
                    return None;
                }
                let name = self.loop_variable(&first, word.as_str())?;
                let body = Box::new(self.body(body, depth)?);
                Some(Spanned { node: ExpressionKind::Reduction { kind, range: Range::Sites(name), body }, span })
            }
        }
    }

    /// The variable of a loop, which has to be a plain name.
    fn loop_variable(&mut self, pair: &Pair<'_, Rule>, word: &str) -> Option<Name> {
        if is_name(pair) {
            let name = self.new_name(pair);
            return Some(Spanned { node: name.node.trim().to_owned(), span: name.span });
        }
        let span = self.span(pair);
        self.diagnostics.push(
            Diagnostic::error("E0109", span, format!("`{word}` needs the name of a loop variable here"))
                .label("not a plain name")
                .hint(format!(
                    "write {word}(i)( ... ) over sites, {word}<i,j>( ... ) over bonds, {word}(a in 0..2)( ... ) over \
                     integers"
                )),
        );
        None
    }

    /// The sublattice that a loop runs over.
    fn sublattice(&mut self, pair: &Pair<'_, Rule>, word: &str) -> Option<Name> {
        let name = self.name(pair);
        if is_name(pair) {
            let span = name.span;
            let node = self.used_name(Spanned { node: name.node.trim().to_owned(), span })?;
            return Some(Spanned { node, span });
        }
        self.diagnostics.push(
            Diagnostic::error("E0109", name.span, format!("`{word}` runs over integers or over a sublattice"))
                .label("neither")
                .hint(format!("write {word}(a in 0..2)( ... ), both ends included, or {word}(i in A)( ... )")),
        );
        None
    }

    fn body(&mut self, pair: Pair<'_, Rule>, depth: usize) -> Option<Expression> {
        let inner = pair.into_inner().next()?;
        self.primary(inner, depth + 1)
    }
}

/// Whether an expression is a plain name.
fn is_name(pair: &Pair<'_, Rule>) -> bool {
    let text = pair.as_str().trim();
    text.starts_with(|c: char| c.is_alphabetic() || c == '_') && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// The names of a plaquette's sites.
fn range_names(parts: Pairs<'_>, mut name: impl FnMut(&Pair<'_, Rule>) -> Name) -> Vec<Name> {
    let lists = parts.filter(|part| part.as_rule() == Rule::parameters);
    lists.flat_map(|list| list.into_inner()).map(|pair| name(&pair)).collect()
}

fn missing_body(word: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0106", span, format!("this `{word}` has nothing to run over"))
        .label("expected parentheses after it")
        .hint(format!("write {word}(a in 0..2)( ... )"))
}
