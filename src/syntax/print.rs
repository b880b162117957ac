//! Syntax tree to text: the formatter.
//!
//! What leaves reads back as the same tree, comments and blank lines
//! included, and printing it again gives the same bytes. Parentheses stand
//! only where the tree needs them; long statements are broken before `+` and
//! `-`, where the parser continues a statement, outside parentheses first.

use super::ast::{
    Argument, Call, CompileValue, Expression, ExpressionKind, Operator, Range, Reduction, Sign, Spec, StatementKind,
};
use crate::exact::Rational;

/// Lines are broken beyond this many characters, where they can be.
const WIDTH: usize = 100;

/// The indentation of the further lines of a statement.
const INDENT: &str = "    ";

/// The canonical text of a spec.
pub fn print(spec: &Spec) -> String {
    let mut text = String::new();
    let comments = |text: &mut String, lines: &[String]| {
        for line in lines {
            text.push_str(line);
            text.push('\n');
        }
    };
    for statement in &spec.statements {
        comments(&mut text, &statement.comments);
        let mut writer = Writer::default();
        writer.statement(&statement.kind);
        text.push_str(&writer.filled());
        if let Some(comment) = &statement.trailing {
            text.push_str("  ");
            text.push_str(comment);
        }
        text.push('\n');
    }
    comments(&mut text, &spec.comments);
    text
}

/// How tightly an expression holds together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Sum,
    Product,
    Power,
    Primary,
}

fn level(expression: &Expression) -> Level {
    match &expression.node {
        ExpressionKind::Sum(_) => Level::Sum,
        ExpressionKind::Product(_) => Level::Product,
        ExpressionKind::Power(..) => Level::Power,
        ExpressionKind::Number(value) if !value.is_integer() && decimal(value).is_none() => Level::Sum,
        _ => Level::Primary,
    }
}

/// Pieces of a statement, between which a line may be broken.
#[derive(Default)]
struct Writer {
    /// What stands before the first break.
    first: String,
    /// The pieces after a break, each with the number of sums around it.
    further: Vec<(usize, String)>,
    depth: usize,
}

impl Writer {
    fn push(&mut self, text: &str) {
        self.further.last_mut().map_or(&mut self.first, |(_, piece)| piece).push_str(text);
    }

    /// A blank, or a line break.
    fn break_here(&mut self) {
        self.further.push((self.depth, String::new()));
    }

    /// The pieces on as few lines as fit. A term that fits on a line of its
    /// own is not broken inside.
    fn filled(self) -> String {
        let lengths: Vec<usize> = self.further.iter().map(|(_, piece)| piece.chars().count()).collect();
        let mut column = self.first.chars().count();
        let mut text = self.first;
        for (index, (depth, piece)) in self.further.iter().enumerate() {
            // The whole term, up to the next break at its depth.
            let mut end = column + 1 + lengths[index];
            for (&length, (inner, _)) in lengths.iter().zip(&self.further).skip(index + 1) {
                if inner <= depth || end > WIDTH {
                    break;
                }
                end += 1 + length;
            }
            if end > WIDTH {
                text.push('\n');
                text.push_str(INDENT);
                column = INDENT.len();
            } else {
                text.push(' ');
                column += 1;
            }
            text.push_str(piece);
            column += lengths[index];
        }
        text
    }

    fn list<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Writer, &T)) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.push(", ");
            }
            write(self, item);
        }
    }

    fn statement(&mut self, statement: &StatementKind) {
        match statement {
            StatementKind::Graph { shape, file } => {
                self.push(&format!("lattice {}(\"{}\")", shape.node, file.node));
            }
            StatementKind::Couplings { name, place, file } => {
                let place = place.as_ref().map_or_else(String::new, |place| format!(" on {}", place.node));
                self.push(&format!("param {}{place} = file(\"{}\")", name.node, file.node));
            }
            StatementKind::Lattice { shape, arguments, open, twisted } => {
                self.push(&format!("lattice {}(", shape.node));
                self.list(arguments, |writer, argument| writer.expression(argument, Level::Sum));
                self.push(")");
                for (word, directions) in [(" open", open), (" twisted", twisted)] {
                    let Some(directions) = directions else { continue };
                    self.push(word);
                    if !directions.is_empty() {
                        self.push(" ");
                        self.list(directions, |writer, direction| writer.push(&direction.node));
                    }
                }
            }
            StatementKind::Field { names, kind, arguments, domain, place } => {
                self.push("field ");
                self.list(names, |writer, (name, components)| {
                    writer.push(&name.node);
                    if let Some(components) = components {
                        writer.push("[");
                        writer.expression(components, Level::Sum);
                        writer.push("]");
                    }
                });
                self.push(&format!(" : {}", kind.node));
                if !arguments.is_empty() {
                    self.push("(");
                    self.list(arguments, |writer, argument| writer.expression(argument, Level::Sum));
                    self.push(")");
                }
                if let Some((lower, upper)) = domain {
                    self.push(" in [");
                    self.expression(lower, Level::Sum);
                    self.push(", ");
                    self.expression(upper, Level::Sum);
                    self.push("]");
                }
                if let Some(place) = place {
                    self.push(&format!(" on {}", place.node));
                }
            }
            StatementKind::Param { name, value } => {
                self.push(&format!("param {} = ", name.node));
                match value {
                    Some(value) => self.expression(value, Level::Sum),
                    None => self.push("free"),
                }
            }
            StatementKind::Let { name, parameters, body } => {
                self.push(&format!("let {}", name.node));
                if !parameters.is_empty() {
                    self.push("(");
                    self.list(parameters, |writer, parameter| writer.push(&parameter.node));
                    self.push(")");
                }
                self.push(" = ");
                self.expression(body, Level::Sum);
            }
            StatementKind::Hamiltonian { name, class, body } => {
                self.push(&name.node);
                if let Some(class) = class {
                    self.push(&format!("[{}]", class.node));
                }
                self.push(" = ");
                match body {
                    Some(body) => self.expression(body, Level::Sum),
                    None => self.push("generic"),
                }
            }
            StatementKind::Symmetry(calls) => {
                self.push("symmetry ");
                self.list(calls, Writer::call);
            }
            StatementKind::Locality(calls) => {
                self.push("locality ");
                self.list(calls, |writer, call| {
                    writer.push(&call.name.node);
                    for argument in &call.arguments {
                        writer.push(" ");
                        writer.call_argument(argument);
                    }
                });
            }
            StatementKind::Constant(word) => self.push(&format!("constant {}", word.node)),
            StatementKind::Degree { value, exact } => {
                self.push(if *exact { "degree = " } else { "degree " });
                self.expression(value, Level::Sum);
            }
            StatementKind::Compile(settings) => {
                self.push("compile ");
                self.list(settings, |writer, (name, value)| {
                    writer.push(&format!("{} ", name.node));
                    match value {
                        CompileValue::Word(word) => writer.push(&word.node),
                        CompileValue::Number(number) => writer.expression(number, Level::Sum),
                    }
                });
            }
        }
    }

    fn call(&mut self, call: &Call) {
        self.push(&call.name.node);
        if !call.arguments.is_empty() {
            self.push("(");
            self.list(&call.arguments, Writer::call_argument);
            self.push(")");
        }
    }

    fn call_argument(&mut self, argument: &Argument) {
        match argument {
            Argument::Expression(expression) => self.expression(expression, Level::Sum),
            Argument::Text(text) => self.push(&format!("\"{}\"", text.node)),
            Argument::List(list) => {
                self.push("(");
                self.list(&list.node, |writer, expression| writer.expression(expression, Level::Sum));
                self.push(")");
            }
        }
    }

    /// An expression after an operator, where signs need no parentheses:
    /// `a - -b`, `2*-x`, `x^-1`. So the text never nests deeper than the one
    /// the tree was read from.
    fn operand(&mut self, expression: &Expression, needed: Level) {
        match &expression.node {
            ExpressionKind::Sum(terms) if terms.len() == 1 && terms[0].0 == Sign::Minus => {
                self.push("-");
                self.operand(&terms[0].1, needed);
            }
            _ => self.expression(expression, needed),
        }
    }

    /// An expression, in parentheses where it holds together less tightly
    /// than its place needs.
    fn expression(&mut self, expression: &Expression, needed: Level) {
        let parentheses = level(expression) < needed;
        if parentheses {
            self.push("(");
        }
        match &expression.node {
            ExpressionKind::Number(value) => self.push(&number(value)),
            ExpressionKind::Name(name) => self.push(name),
            ExpressionKind::Index { base, brackets } => {
                self.push(&base.node);
                for bracket in brackets {
                    self.push("[");
                    self.list(bracket, Writer::index);
                    self.push("]");
                }
            }
            ExpressionKind::Tuple(parts) => {
                self.push("(");
                self.list(parts, Writer::index);
                self.push(")");
            }
            ExpressionKind::Call { function, arguments } => {
                self.push(&format!("{}(", function.node));
                self.list(arguments, Writer::argument);
                self.push(")");
            }
            ExpressionKind::Reduction { kind, range, body } => {
                self.push(match kind {
                    Reduction::Sum => "sum",
                    Reduction::Product => "product",
                });
                match range {
                    Range::Sites(name) => self.push(&format!("({})", name.node)),
                    Range::Sublattice { site, sublattice } => {
                        self.push(&format!("({} in {})", site.node, sublattice.node));
                    }
                    Range::Neighbors(i, j) => self.push(&format!("<{},{}>", i.node, j.node)),
                    Range::SecondNeighbors(i, j) => self.push(&format!("<<{},{}>>", i.node, j.node)),
                    Range::ThirdNeighbors(i, j) => self.push(&format!("<<<{},{}>>>", i.node, j.node)),
                    Range::Plaquettes(names) => {
                        let names: Vec<&str> = names.iter().map(|name| name.node.as_str()).collect();
                        self.push(&format!(" plaquette({})", names.join(",")));
                    }
                    Range::Integers { name, first, last } => {
                        self.push(&format!("({} in ", name.node));
                        self.expression(first, Level::Sum);
                        self.push("..");
                        self.expression(last, Level::Sum);
                        self.push(")");
                    }
                }
                let nested = match &body.node {
                    ExpressionKind::Reduction { .. } => true,
                    ExpressionKind::Call { function, .. } => ["sum", "product"].contains(&function.node.as_str()),
                    _ => false,
                };
                self.push(if nested { " " } else { "(" });
                self.expression(body, Level::Sum);
                self.push(if nested { "" } else { ")" });
            }
            ExpressionKind::Sum(terms) => {
                self.depth += 1;
                for (index, (sign, term)) in terms.iter().enumerate() {
                    match (index, sign) {
                        (0, Sign::Plus) => {}
                        (0, Sign::Minus) => self.push("-"),
                        (_, sign) => {
                            self.break_here();
                            self.push(if *sign == Sign::Plus { "+ " } else { "- " });
                        }
                    }
                    if index == 0 && *sign == Sign::Plus {
                        self.expression(term, Level::Product);
                    } else {
                        self.operand(term, Level::Product);
                    }
                }
                self.depth -= 1;
            }
            ExpressionKind::Product(factors) => {
                for (index, (operator, factor)) in factors.iter().enumerate() {
                    if index == 0 {
                        self.expression(factor, Level::Power);
                    } else {
                        self.push(if *operator == Operator::Times { "*" } else { "/" });
                        self.operand(factor, Level::Power);
                    }
                }
            }
            ExpressionKind::Power(base, exponent) => {
                self.expression(base, Level::Primary);
                self.push("^");
                self.operand(exponent, Level::Power);
            }
        }
        if parentheses {
            self.push(")");
        }
    }

    /// An argument of a function: an offset is written as in an index.
    fn argument(&mut self, argument: &Expression) {
        if is_offset(argument) { self.index(argument) } else { self.expression(argument, Level::Sum) }
    }

    /// An index: closely set, `2y` for twice a direction.
    fn index(&mut self, index: &Expression) {
        let ExpressionKind::Sum(terms) = &index.node else {
            return self.offset(index, false);
        };
        for (at, (sign, term)) in terms.iter().enumerate() {
            match (at, sign) {
                (0, Sign::Plus) => {}
                (_, Sign::Plus) => self.push("+"),
                (_, Sign::Minus) => self.push("-"),
            }
            self.offset(term, at > 0 || *sign == Sign::Minus);
        }
    }

    fn offset(&mut self, term: &Expression, after_sign: bool) {
        if let ExpressionKind::Product(factors) = &term.node
            && let [(_, first), (Operator::Times, second)] = factors.as_slice()
            && let (ExpressionKind::Number(value), ExpressionKind::Name(name)) = (&first.node, &second.node)
            && value.is_integer()
            && is_direction(name)
        {
            let digits = value.to_string();
            // A long number would be set with an exponent elsewhere; here its
            // digits say the same.
            if digits.len() <= 9 {
                return self.push(&format!("{digits}{name}"));
            }
        }
        if after_sign { self.operand(term, Level::Product) } else { self.expression(term, Level::Product) }
    }
}

fn is_direction(name: &str) -> bool {
    ["x", "y", "z", "w", "d5", "d6"].contains(&name)
}

/// Whether an argument moves a site: a sum in which a direction occurs.
fn is_offset(argument: &Expression) -> bool {
    let ExpressionKind::Sum(terms) = &argument.node else { return false };
    terms.iter().all(|(_, term)| match &term.node {
        ExpressionKind::Name(_) | ExpressionKind::Number(_) => true,
        ExpressionKind::Product(factors) => {
            factors.len() == 2
                && matches!(factors[0].1.node, ExpressionKind::Number(_))
                && matches!(&factors[1].1.node, ExpressionKind::Name(name) if is_direction(name))
        }
        _ => false,
    }) && terms.iter().skip(1).any(|(_, term)| match &term.node {
        ExpressionKind::Name(name) => is_direction(name),
        _ => true,
    }) && matches!(&terms[0].1.node, ExpressionKind::Name(_))
}

/// A number as it is written: plain digits where they are short, else with
/// an exponent. Numbers of a spec are finite decimals.
fn number(value: &Rational) -> String {
    decimal(value).unwrap_or_else(|| value.to_string())
}

/// The greatest exponent that is read back.
const MAX_EXPONENT: i64 = 4096;

/// The decimal text of a finite decimal; `None` for other fractions.
fn decimal(value: &Rational) -> Option<String> {
    let (digits, exponent) = value.abs().decimal_digits()?;
    let power = exponent + digits.len() as i64 - 1;
    let scientific = if power.abs() > MAX_EXPONENT {
        // Digits and zeros that a larger exponent would stand for.
        let shown = exponent.clamp(-MAX_EXPONENT, MAX_EXPONENT);
        format!("{}e{shown}", plain(&digits, exponent - shown))
    } else if digits.len() == 1 {
        format!("{digits}e{power}")
    } else {
        format!("{}.{}e{power}", &digits[..1], &digits[1..])
    };
    let slack = if exponent >= 0 { 5 } else { 2 };
    let length = digits.len() as i64 + exponent.abs();
    let text = match (length <= 2000).then(|| plain(&digits, exponent)) {
        Some(plain) if plain.len() <= scientific.len() + slack => plain,
        _ => scientific,
    };
    Some(if value.is_negative() { format!("-{text}") } else { text })
}

/// Digits times a power of ten, without an exponent.
fn plain(digits: &str, exponent: i64) -> String {
    if digits == "0" {
        return "0".to_owned();
    }
    if exponent >= 0 {
        return format!("{digits}{}", "0".repeat(exponent as usize));
    }
    let places = exponent.unsigned_abs() as usize;
    match digits.len().checked_sub(places) {
        Some(whole) if whole > 0 => format!("{}.{}", &digits[..whole], &digits[whole..]),
        _ => format!("0.{}{digits}", "0".repeat(places - digits.len())),
    }
}
