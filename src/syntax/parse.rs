//! Text to syntax tree.
//!
//! Every logical line is parsed on its own, so that all syntax errors of a
//! spec are reported together. The parser is total: any text gives a tree of
//! the statements that could be read and the errors of the others, and the
//! depth of the tree is limited ([`MAX_DEPTH`]), so that walking it is safe.

mod reductions;

use std::num::NonZeroUsize;
use std::sync::Once;

use pest::Parser;
use pest::iterators::Pair;

use super::ast::{
    Argument, Call, CompileValue, Expression, ExpressionKind, Name, Operator, Sign, Spanned, Spec, Statement,
    StatementKind,
};
use super::errors;
use super::lines::{self, LogicalLine, STATEMENT_WORDS};
use crate::diagnostics::{Diagnostic, Diagnostics, Span, curtail, has_errors};
use crate::exact::Rational;
use crate::spelling::nearest;

/// The longest spec that is read, in bytes.
const MAX_BYTES: usize = 32 << 20;

/// The greatest depth of an expression's tree.
const MAX_DEPTH: usize = 200;

/// The longest number, in digits.
const MAX_DIGITS: usize = 1000;

/// Steps of the parser on one statement before it gives up; a statement of
/// 100 kB takes about a two-hundredth of this.
const MAX_CALLS: usize = 1_000_000_000;

/// Words that mean something in expressions and so name nothing else.
const RESERVED: [&str; 6] = ["sum", "product", "free", "generic", "in", "open"];

/// The generated parser. Its rules are not documented one by one, so it stays
/// inside.
pub(super) mod grammar {
    #![allow(missing_docs)]
    /// The parser of one statement.
    #[derive(pest_derive::Parser)]
    #[grammar = "../grammar/ham.pest"]
    pub struct Grammar;
}

use grammar::{Grammar, Rule};

/// Reads a spec. The tree holds every statement that could be read; the
/// errors are in the order of the text.
///
/// ```
/// let (spec, diagnostics) = hamc::syntax::parse("field x : real in [-1, 1]\nH = x^2  # a well");
/// assert!(diagnostics.is_empty());
/// assert_eq!(spec.statements.len(), 2);
/// assert_eq!(hamc::syntax::print(&spec), "field x : real in [-1, 1]\nH = x^2  # a well\n");
/// ```
pub fn parse(text: &str) -> (Spec, Diagnostics) {
    static LIMIT: Once = Once::new();
    LIMIT.call_once(|| pest::set_call_limit(NonZeroUsize::new(MAX_CALLS)));
    let mut diagnostics = Diagnostics::new();
    if text.len() > MAX_BYTES {
        diagnostics.push(
            Diagnostic::error(
                "E0403",
                Span::new(0, 0),
                format!("the spec has {} bytes; at most {MAX_BYTES} are read", text.len()),
            )
            .hint("write repeated terms with `sum`, `product` and `let`"),
        );
        return (Spec::default(), diagnostics);
    }
    let (lines, mut comments) = lines::split(text, &mut diagnostics);
    let mut statements = Vec::with_capacity(lines.len());
    for line in lines {
        if line.broken {
            continue;
        }
        if let Some(kind) = statement(&line, &mut diagnostics) {
            let span = line.span();
            statements.push(Statement { comments: line.comments, trailing: line.trailing, kind, span });
        }
    }
    // No blank lines at the top.
    let first = statements.first_mut().map_or(&mut comments, |statement: &mut Statement| &mut statement.comments);
    while first.first().is_some_and(String::is_empty) {
        first.remove(0);
    }
    diagnostics.sort_by_key(|diagnostic| diagnostic.span);
    curtail(&mut diagnostics);
    (Spec { statements, comments }, diagnostics)
}

/// Reads one statement.
fn statement(line: &LogicalLine, diagnostics: &mut Diagnostics) -> Option<StatementKind> {
    let word_end = line.text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(line.text.len());
    let word = &line.text[..word_end];
    let rule = match word {
        "lattice" => Rule::lattice,
        "field" => Rule::field,
        "param" => Rule::param,
        "let" => Rule::let_,
        "symmetry" => Rule::symmetry,
        "locality" => Rule::locality,
        "degree" => Rule::degree,
        "constant" => Rule::constant,
        "compile" => Rule::compile,
        _ if line.text[word_end..].trim_start().starts_with(['=', '[']) && !word.is_empty() => Rule::hamiltonian,
        _ => {
            diagnostics.push(unknown_statement(line, word));
            return None;
        }
    };
    let mut pairs = match Grammar::parse(rule, &line.text) {
        Ok(pairs) => pairs,
        Err(error) => {
            diagnostics.push(errors::explain(&error, line));
            return None;
        }
    };
    let mut builder = Builder { start: line.start, diagnostics: Vec::new() };
    let kind = builder.statement(pairs.next()?);
    let failed = has_errors(&builder.diagnostics);
    diagnostics.append(&mut builder.diagnostics);
    kind.filter(|_| !failed)
}

fn unknown_statement(line: &LogicalLine, word: &str) -> Diagnostic {
    let shown = if word.is_empty() { line.text.chars().take(1).collect() } else { word.to_owned() };
    let span = Span::new(line.start, line.start + shown.len());
    if let Some(bad) = errors::foreign_character(&line.text, 0)
        && word.is_empty()
    {
        return bad.at(line.start);
    }
    let error = Diagnostic::error("E0101", span, format!("`{}` does not begin a statement", errors::clip(&shown)))
        .label("expected a statement");
    match nearest(word, STATEMENT_WORDS) {
        Some(known) => error.hint(format!("did you mean `{known}`?")),
        None if word.is_empty() => error.hint(
            "a statement begins with lattice, field, param, let, symmetry, locality, degree, constant, compile or `H =`; a sum \
             continues on the next line where that begins with an operator",
        ),
        None => error.hint(
            "statements begin with lattice, field, param, let, symmetry, locality, degree, constant, compile or `H =`; \
             comments begin with `#`",
        ),
    }
}

/// Builds the tree from pest's pairs.
struct Builder {
    /// Where the statement's text stands in the spec.
    start: usize,
    diagnostics: Diagnostics,
}

type Pairs<'i> = pest::iterators::Pairs<'i, Rule>;

impl Builder {
    fn span(&self, pair: &Pair<'_, Rule>) -> Span {
        // An optional part that is absent leaves the blanks before it behind.
        let start = self.start + pair.as_span().start();
        Span::new(start, start + pair.as_str().trim_end().len())
    }

    fn name(&mut self, pair: &Pair<'_, Rule>) -> Name {
        Spanned { node: pair.as_str().to_owned(), span: self.span(pair) }
    }

    /// A name that is being given, so that it may not be a reserved word.
    fn new_name(&mut self, pair: &Pair<'_, Rule>) -> Name {
        let name = self.name(pair);
        if RESERVED.contains(&name.node.as_str()) || STATEMENT_WORDS.contains(&name.node.as_str()) {
            self.diagnostics.push(
                Diagnostic::error("E0110", name.span, format!("`{}` is a word of the language", name.node))
                    .label("cannot be used as a name")
                    .hint(format!("choose another name, such as `{}_`", name.node)),
            );
        }
        name
    }

    fn statement(&mut self, pair: Pair<'_, Rule>) -> Option<StatementKind> {
        let rule = pair.as_rule();
        let mut pairs = pair
            .into_inner()
            .filter(|pair| {
                !matches!(
                    pair.as_rule(),
                    Rule::EOI
                        | Rule::colon
                        | Rule::assign
                        | Rule::word_lattice
                        | Rule::word_field
                        | Rule::word_param
                        | Rule::word_let
                        | Rule::word_symmetry
                        | Rule::word_locality
                        | Rule::word_degree
                        | Rule::word_constant
                        | Rule::word_compile
                )
            })
            .peekable();
        Some(match rule {
            Rule::lattice => {
                let shape = self.name(&pairs.next()?);
                if let Some(source) = pairs.next_if(|p| p.as_rule() == Rule::source) {
                    return Some(StatementKind::Graph { shape, file: self.source(source)? });
                }
                let arguments = self.expressions(pairs.next()?.into_inner(), 0)?;
                let (mut open, mut twisted) = (None, None);
                for ends in pairs {
                    let list: &mut Option<Vec<Name>> =
                        if ends.as_rule() == Rule::open { &mut open } else { &mut twisted };
                    let names: Vec<Name> =
                        ends.into_inner().filter(|p| p.as_rule() == Rule::name).map(|p| self.name(&p)).collect();
                    // The word alone means all directions, said once or twice.
                    match list {
                        Some(known) if !known.is_empty() && !names.is_empty() => known.extend(names),
                        known => *known = Some(names),
                    }
                }
                StatementKind::Lattice { shape, arguments, open, twisted }
            }
            Rule::field => {
                let mut names = Vec::new();
                while pairs.peek()?.as_rule() == Rule::field_name {
                    let mut inner = pairs.next()?.into_inner();
                    let name = self.new_name(&inner.next()?);
                    let components = match inner.next() {
                        Some(pair) => Some(self.expression(pair, 0)?),
                        None => None,
                    };
                    names.push((name, components));
                }
                let kind = self.name(&pairs.next()?);
                let arguments = match pairs.next_if(|p| p.as_rule() == Rule::arguments) {
                    Some(arguments) => self.expressions(arguments.into_inner(), 0)?,
                    None => Vec::new(),
                };
                let domain = match pairs.next_if(|p| p.as_rule() == Rule::domain) {
                    Some(domain) => {
                        let interval = domain.into_inner().find(|p| p.as_rule() == Rule::interval)?;
                        let mut bounds = interval.into_inner();
                        Some((self.expression(bounds.next()?, 0)?, self.expression(bounds.next()?, 0)?))
                    }
                    None => None,
                };
                let place = pairs.next().and_then(|place| place.into_inner().find(|p| p.as_rule() == Rule::name));
                let place = place.map(|name| self.name(&name));
                StatementKind::Field { names, kind, arguments, domain, place }
            }
            Rule::param => {
                let name = self.new_name(&pairs.next()?);
                let place = pairs
                    .next_if(|p| p.as_rule() == Rule::place)
                    .and_then(|place| place.into_inner().find(|p| p.as_rule() == Rule::name))
                    .map(|name| self.name(&name));
                if let Some(file) = pairs.next_if(|p| p.as_rule() == Rule::file) {
                    let source = file.into_inner().find(|p| p.as_rule() == Rule::source)?;
                    return Some(StatementKind::Couplings { name, place, file: self.source(source)? });
                }
                let value = self.expression(pairs.next()?, 0)?;
                if let Some(place) = place {
                    self.diagnostics.push(
                        Diagnostic::error("E0111", place.span, "a param has one value, not one at each place")
                            .label("not for a single number")
                            .hint("numbers that differ from place to place come from a file: param J on bonds = file(\"J.npy\")"),
                    );
                    return None;
                }
                let free = value.node == ExpressionKind::Name("free".to_owned());
                StatementKind::Param { name, value: (!free).then_some(value) }
            }
            Rule::let_ => {
                let name = self.new_name(&pairs.next()?);
                let parameters = match pairs.next_if(|p| p.as_rule() == Rule::parameters) {
                    Some(list) => list.into_inner().map(|pair| self.new_name(&pair)).collect(),
                    None => Vec::new(),
                };
                StatementKind::Let { name, parameters, body: self.expression(pairs.next()?, 0)? }
            }
            Rule::hamiltonian => {
                let name = self.name(&pairs.next()?);
                let class = pairs
                    .next_if(|p| p.as_rule() == Rule::class)
                    .and_then(|class| class.into_inner().next())
                    .map(|pair| self.name(&pair));
                let body = self.expression(pairs.next()?, 0)?;
                let generic = body.node == ExpressionKind::Name("generic".to_owned());
                StatementKind::Hamiltonian { name, class, body: (!generic).then_some(body) }
            }
            Rule::symmetry => {
                let mut calls = Vec::new();
                for call in pairs {
                    let mut inner = call.into_inner();
                    let name = self.name(&inner.next()?);
                    let arguments = match inner.next() {
                        Some(arguments) => {
                            arguments.into_inner().map(|pair| self.call_argument(pair)).collect::<Option<_>>()?
                        }
                        None => Vec::new(),
                    };
                    calls.push(Call { name, arguments });
                }
                StatementKind::Symmetry(calls)
            }
            Rule::locality => {
                let mut calls = Vec::new();
                for local in pairs {
                    let mut inner = local.into_inner();
                    let name = self.name(&inner.next()?);
                    let arguments = match inner.next() {
                        Some(argument) => vec![Argument::Expression(self.expression(argument, 0)?)],
                        None => Vec::new(),
                    };
                    calls.push(Call { name, arguments });
                }
                StatementKind::Locality(calls)
            }
            Rule::constant => StatementKind::Constant(self.name(&pairs.next()?)),
            Rule::degree => {
                let exact = pairs.next_if(|p| p.as_rule() == Rule::equals).is_some();
                StatementKind::Degree { value: self.expression(pairs.next()?, 0)?, exact }
            }
            Rule::compile => {
                let mut settings = Vec::new();
                for setting in pairs {
                    let mut inner = setting.into_inner();
                    let name = self.name(&inner.next()?);
                    let value = self.expression(inner.next()?, 0)?;
                    let value = match value.node {
                        ExpressionKind::Name(word) => CompileValue::Word(Spanned { node: word, span: value.span }),
                        _ => CompileValue::Number(value),
                    };
                    settings.push((name, value));
                }
                StatementKind::Compile(settings)
            }
            _ => return None,
        })
    }

    /// The name of a file in parentheses and quotes.
    fn source(&mut self, pair: Pair<'_, Rule>) -> Option<Spanned<String>> {
        let text = pair.into_inner().find(|p| p.as_rule() == Rule::text)?;
        let span = self.span(&text);
        Some(Spanned { node: text.as_str().trim().trim_matches('"').to_owned(), span })
    }

    /// An argument of a symmetry.
    fn call_argument(&mut self, pair: Pair<'_, Rule>) -> Option<Argument> {
        let inner = pair.into_inner().next()?;
        let span = self.span(&inner);
        Some(match inner.as_rule() {
            Rule::text => Argument::Text(Spanned { node: inner.as_str().trim().trim_matches('"').to_owned(), span }),
            _ if let Some(parts) = tuple(&inner) => Argument::List(Spanned { node: self.expressions(parts, 1)?, span }),
            _ => {
                let before = self.diagnostics.len();
                let expression = self.expression(inner, 0)?;
                // `m-3m` was read as a difference.
                for error in &mut self.diagnostics[before..] {
                    if error.code == "E0105" {
                        error.hint = Some("names of groups with signs stand in quotes, as in \"m-3m\"".to_owned());
                    }
                }
                Argument::Expression(expression)
            }
        })
    }

    fn expressions(&mut self, pairs: Pairs<'_>, depth: usize) -> Option<Vec<Expression>> {
        pairs.map(|pair| self.expression(pair, depth)).collect()
    }

    /// Reports a tree that would be too deep.
    fn limit(&mut self, depth: usize, span: Span) -> Option<()> {
        if depth <= MAX_DEPTH {
            return Some(());
        }
        self.diagnostics.push(
            Diagnostic::error("E0401", span, format!("the expression nests more than {MAX_DEPTH} operations deep"))
                .label("too deep here")
                .hint("name the inner parts with `let`, or write repeated signs and powers as one"),
        );
        None
    }

    /// An expression: signs, terms.
    fn expression(&mut self, pair: Pair<'_, Rule>, depth: usize) -> Option<Expression> {
        let span = self.span(&pair);
        self.limit(depth, span)?;
        let mut terms: Vec<(Sign, Expression)> = Vec::new();
        let mut signs: Vec<(Sign, Span)> = Vec::new();
        for pair in pair.into_inner() {
            if pair.as_rule() == Rule::sign {
                signs.push((sign(&pair), self.span(&pair)));
                continue;
            }
            // The first sign belongs to the sum; further ones are signs of the term.
            let (first, rest) = match signs.split_first() {
                Some((first, rest)) => (first.0, rest),
                None => (Sign::Plus, &[][..]),
            };
            self.limit(depth + rest.len(), span)?;
            let term = self.product(pair, depth + 1 + rest.len())?;
            terms.push((first, negated(term, rest)));
            signs.clear();
        }
        if terms.len() == 1 && terms[0].0 == Sign::Plus {
            return terms.pop().map(|(_, term)| term);
        }
        Some(Spanned { node: ExpressionKind::Sum(terms), span })
    }

    fn product(&mut self, pair: Pair<'_, Rule>, depth: usize) -> Option<Expression> {
        let span = self.span(&pair);
        let mut factors: Vec<(Operator, Expression)> = Vec::new();
        let mut operator = Operator::Times;
        let mut signs: Vec<(Sign, Span)> = Vec::new();
        for pair in pair.into_inner() {
            match pair.as_rule() {
                Rule::times => operator = Operator::Times,
                Rule::divide => operator = Operator::Divide,
                Rule::sign => signs.push((sign(&pair), self.span(&pair))),
                _ => {
                    self.limit(depth + signs.len(), span)?;
                    let factor = self.power(pair, depth + 1 + signs.len())?;
                    factors.push((operator, negated(factor, &signs)));
                    signs.clear();
                }
            }
        }
        if factors.len() == 1 {
            return factors.pop().map(|(_, factor)| factor);
        }
        Some(Spanned { node: ExpressionKind::Product(factors), span })
    }

    /// `a^b^c` is `a^(b^c)`.
    fn power(&mut self, pair: Pair<'_, Rule>, depth: usize) -> Option<Expression> {
        let span = self.span(&pair);
        let pairs: Vec<_> = pair.into_inner().filter(|pair| pair.as_rule() != Rule::raise).collect();
        self.limit(depth + pairs.len() - 1, span)?;
        let mut operands: Vec<Expression> = Vec::new();
        let mut signs: Vec<Vec<(Sign, Span)>> = vec![Vec::new()];
        let count = pairs.len();
        for pair in pairs {
            if pair.as_rule() == Rule::sign {
                let place = self.span(&pair);
                signs.last_mut().expect("never empty").push((sign(&pair), place));
                continue;
            }
            operands.push(self.primary(pair, depth + count)?);
            signs.push(Vec::new());
        }
        let mut result = operands.pop()?;
        while let Some(base) = operands.pop() {
            let exponent = negated(result, &signs[operands.len() + 1]);
            let span = base.span.to(exponent.span);
            result = Spanned { node: ExpressionKind::Power(Box::new(base), Box::new(exponent)), span };
        }
        Some(result)
    }

    fn primary(&mut self, pair: Pair<'_, Rule>, depth: usize) -> Option<Expression> {
        let span = self.span(&pair);
        self.limit(depth, span)?;
        match pair.as_rule() {
            Rule::parentheses => {
                let mut parts = pair.into_inner();
                let first = parts.next()?;
                if let Some(second) = parts.next() {
                    self.diagnostics.push(
                        Diagnostic::error("E0102", self.span(&second), "a comma inside an expression")
                            .label("a second part")
                            .hint(
                                "a comma separates arguments and names, and the parts of a site, as in phi[i+x, B]; \
                                 decimals have a point",
                            ),
                    );
                    return None;
                }
                self.expression(first, depth)
            }
            Rule::coefficient => {
                let mut inner = pair.into_inner();
                let number = inner.next()?;
                let place = self.span(&number);
                let value = Spanned { node: ExpressionKind::Number(self.number(number.as_str(), place)?), span: place };
                let Some(reference) = inner.next() else { return Some(value) };
                let (number, name) = (number.as_str(), reference.as_str().trim_end());
                // Only an index knows this notation; `index` takes it apart
                // before it comes here.
                self.diagnostics.push(
                    Diagnostic::error("E0105", span, format!("a product needs `*` between `{number}` and its factor"))
                        .label("no operator between")
                        .hint(format!("write {}*{}", errors::clip(number), errors::clip(name))),
                );
                Some(value)
            }
            Rule::reference => {
                let mut inner = pair.into_inner();
                let name = self.name(&inner.next()?);
                let mut brackets = Vec::new();
                for part in inner {
                    if part.as_rule() == Rule::arguments {
                        let arguments = self.arguments(part.into_inner(), depth + 1)?;
                        return Some(Spanned { node: ExpressionKind::Call { function: name, arguments }, span });
                    }
                    brackets.push(self.arguments(part.into_inner(), depth + 1)?);
                }
                let node = match brackets.is_empty() {
                    true => ExpressionKind::Name(self.used_name(name)?),
                    false => ExpressionKind::Index { base: name, brackets },
                };
                Some(Spanned { node, span })
            }
            Rule::reduction => self.reduction(pair, depth),
            _ => None,
        }
    }

    /// A name that is being used.
    fn used_name(&mut self, name: Name) -> Option<String> {
        if STATEMENT_WORDS.contains(&name.node.as_str())
            || ["in", "open", "sum", "product"].contains(&name.node.as_str())
        {
            self.diagnostics.push(
                Diagnostic::error("E0110", name.span, format!("`{}` is a word of the language", name.node))
                    .label("cannot be used as a name"),
            );
            return None;
        }
        Some(name.node)
    }

    /// Indices and arguments, in which `2y` is `2*y`.
    fn arguments(&mut self, pairs: Pairs<'_>, depth: usize) -> Option<Vec<Expression>> {
        pairs.map(|pair| self.offset(pair, depth)).collect()
    }

    /// An expression in which `2y` means `2*y` at the top level of its sum, or
    /// several in parentheses.
    fn offset(&mut self, pair: Pair<'_, Rule>, depth: usize) -> Option<Expression> {
        let span = self.span(&pair);
        if let Some(parts) = tuple(&pair) {
            self.limit(depth, span)?;
            return Some(Spanned { node: ExpressionKind::Tuple(self.arguments(parts, depth + 1)?), span });
        }
        let is_offset = |product: &Pair<'_, Rule>| implicit(product).is_some();
        if !pair.clone().into_inner().any(|p| p.as_rule() == Rule::product && is_offset(&p)) {
            return self.expression(pair, depth);
        }
        let mut terms: Vec<(Sign, Expression)> = Vec::new();
        let mut signs: Vec<(Sign, Span)> = Vec::new();
        for pair in pair.into_inner() {
            if pair.as_rule() == Rule::sign {
                signs.push((sign(&pair), self.span(&pair)));
                continue;
            }
            let (first, rest) = match signs.split_first() {
                Some((first, rest)) => (first.0, rest),
                None => (Sign::Plus, &[][..]),
            };
            self.limit(depth + rest.len(), span)?;
            let term = match implicit(&pair) {
                Some((number, reference)) => {
                    let (place, whole) = (self.span(&number), self.span(&pair));
                    let number = self.number(number.as_str(), place)?;
                    let number = Spanned { node: ExpressionKind::Number(number), span: place };
                    let name = self.primary(reference, depth + 1 + rest.len())?;
                    let factors = vec![(Operator::Times, number), (Operator::Times, name)];
                    Spanned { node: ExpressionKind::Product(factors), span: whole }
                }
                None => self.product(pair, depth + 1 + rest.len())?,
            };
            terms.push((first, negated(term, rest)));
            signs.clear();
        }
        if terms.len() == 1 && terms[0].0 == Sign::Plus {
            return terms.pop().map(|(_, term)| term);
        }
        Some(Spanned { node: ExpressionKind::Sum(terms), span })
    }

    fn number(&mut self, text: &str, span: Span) -> Option<Rational> {
        let mantissa = text.split(['e', 'E']).next().unwrap_or(text).trim_start_matches('0');
        let digits = mantissa.bytes().filter(u8::is_ascii_digit).count();
        if digits > MAX_DIGITS {
            self.diagnostics.push(
                Diagnostic::error("E0402", span, format!("a number of {digits} digits"))
                    .label("too long")
                    .hint(format!("numbers have at most {MAX_DIGITS} digits")),
            );
            return None;
        }
        let value = Rational::from_decimal(text);
        if value.is_none() {
            self.diagnostics.push(
                Diagnostic::error("E0402", span, "the exponent of this number is beyond 4096")
                    .label("too large or too small to be meant")
                    .hint("exponents lie between -4096 and 4096"),
            );
        }
        value
    }
}

fn sign(pair: &Pair<'_, Rule>) -> Sign {
    if pair.as_str() == "-" { Sign::Minus } else { Sign::Plus }
}

/// An expression with signs before it; a plus leaves no trace.
fn negated(expression: Expression, signs: &[(Sign, Span)]) -> Expression {
    signs.iter().rev().filter(|(sign, _)| *sign == Sign::Minus).fold(expression, |inner, &(sign, place)| {
        let span = place.to(inner.span);
        Spanned { node: ExpressionKind::Sum(vec![(sign, inner)]), span }
    })
}

/// The parts of an expression that is several in parentheses, `(i+x, B)`.
fn tuple<'i>(expression: &Pair<'i, Rule>) -> Option<Pairs<'i>> {
    let mut only = expression.clone();
    for rule in [Rule::product, Rule::power, Rule::parentheses] {
        let mut inner = only.into_inner();
        only = inner.next().filter(|pair| pair.as_rule() == rule)?;
        if inner.next().is_some() {
            return None;
        }
    }
    let parts = only.into_inner();
    (parts.clone().count() > 1).then_some(parts)
}

/// The number and the name of a product that is only `2y`.
fn implicit<'i>(product: &Pair<'i, Rule>) -> Option<(Pair<'i, Rule>, Pair<'i, Rule>)> {
    if product.as_rule() != Rule::product {
        return None;
    }
    let mut powers = product.clone().into_inner();
    let mut primaries = powers.next()?.into_inner();
    let coefficient = primaries.next()?;
    if powers.next().is_some() || primaries.next().is_some() || coefficient.as_rule() != Rule::coefficient {
        return None;
    }
    let mut parts = coefficient.into_inner();
    let (number, reference) = (parts.next()?, parts.next()?);
    let plain = reference.clone().into_inner().count() == 1;
    plain.then_some((number, reference))
}
