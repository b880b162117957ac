//! What a failed parse means, in plain words.

use pest::error::{Error, ErrorVariant, InputLocation};

use super::lines::LogicalLine;
use super::parse::grammar::Rule;
use crate::diagnostics::{Diagnostic, Span};

/// A text cut to a length that fits a message.
pub(super) fn clip(text: &str) -> String {
    if text.chars().count() <= 40 {
        return text.to_owned();
    }
    let start: String = text.chars().take(37).collect();
    format!("{start}...")
}

/// A character that people write and the language does not know.
pub(super) struct Foreign {
    character: char,
    offset: usize,
    instead: &'static str,
}

impl Foreign {
    /// The error, for a text that starts at a place.
    pub(super) fn at(&self, start: usize) -> Diagnostic {
        let span = Span::new(start + self.offset, start + self.offset + self.character.len_utf8());
        let shown = if self.character.is_control() {
            format!("the control character U+{:04X}", self.character as u32)
        } else {
            format!("the character `{}`", self.character)
        };
        Diagnostic::error("E0108", span, format!("{shown} is not part of the language"))
            .label("not understood")
            .hint(self.instead)
    }
}

/// The first character at or after an offset, if the language does not know it.
pub(super) fn foreign_character(text: &str, offset: usize) -> Option<Foreign> {
    let rest = text.get(offset..)?;
    let character = rest.chars().next()?;
    let instead = match character {
        '×' | '·' | '⋅' | '∗' => "write `*` for a product",
        '−' | '–' | '—' => "write the minus sign as `-`",
        '÷' => "write `/` for a division by a number",
        '²' | '³' | '¹' | '⁰' | '⁴'..='⁹' => "write powers with `^`, as in x^2",
        '√' => "only polynomials can be written; for a number, write sqrt(2.25) or its decimals",
        '∑' | 'Σ' => "write sum(i)( ... )",
        '∏' => "write product(i)( ... )",
        '⟨' | '⟩' | '〈' | '〉' => "write sum<i,j>( ... )",
        '{' | '}' => "group with parentheses: ( ... )",
        '"' | '\'' | '“' | '”' | '‘' | '’' => "quotes are not needed",
        '!' => "negation and factorials are not part of the language; a product is written product(a in 1..4)(a)",
        '|' => "absolute values are not polynomials; use a square",
        '&' => "write `*`: the product of two bits is their AND",
        '\\' => "a statement continues where the next line begins with an operator; no backslash is needed",
        '≤' | '≥' | '≠' => "comparisons are not part of the language",
        '\0' => "the file is damaged or not a text; remove the zero byte",
        c if c.is_control() => "remove it",
        c if !c.is_ascii() && !c.is_alphabetic() => "use the plain characters of the language",
        '@' | '$' | '%' | '?' | '~' | '`' => "remove it; comments begin with `#`",
        _ => return None,
    };
    Some(Foreign { character, offset, instead })
}

/// The diagnostic of a failed parse of a line.
pub(super) fn explain(error: &Error<Rule>, line: &LogicalLine) -> Diagnostic {
    let text = line.text.as_str();
    let offset = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at.min(text.len()),
    };
    let positives = match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => positives.as_slice(),
        ErrorVariant::CustomError { message } => {
            let span = Span::new(line.start, line.start);
            let reason = if message.contains("stack") { "nests too deep" } else { "is too long to be read" };
            return Diagnostic::error("E0403", span, format!("this statement {reason}"))
                .label("begins here")
                .hint("name its parts with `let`, or write repeated terms with `sum`");
        }
    };
    let found = text[offset..].chars().next();
    let Some(found) = found else { return incomplete(line, positives) };
    if found == '"' && text.starts_with("symmetry") {
        let span = Span::new(line.start + offset, line.start + offset + 1);
        return match text[offset + 1..].contains('"') {
            true => Diagnostic::error("E0108", span, "this name in quotes cannot be read")
                .label("begins here")
                .hint("a name in quotes is an argument, and has letters, digits, spaces, `-`, `/`, `.` and `_` only"),
            false => Diagnostic::error("E0103", span, "this quote is never closed")
                .label("opened here")
                .hint("add the missing quote"),
        };
    }
    if let Some(foreign) = foreign_character(text, offset) {
        return foreign.at(line.start);
    }
    let token = token(&text[offset..]);
    let span = Span::new(line.start + offset, line.start + offset + token.len());
    let before = text[..offset].trim_end();
    let last = before.chars().next_back();
    let operand_ends = last.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | ')' | ']' | '.'));
    let operand_begins = found.is_alphanumeric() || matches!(found, '_' | '(' | '.');
    let awaits_operator = positives.iter().any(|rule| matches!(rule, Rule::times | Rule::divide | Rule::sign));
    if operand_ends && operand_begins && awaits_operator {
        if last == Some('.') || found == '.' {
            return Diagnostic::error("E0107", span, "not a number")
                .label("unexpected")
                .hint("a number has one decimal point, as in 0.25; a range of integers is written a in 0..2");
        }
        let word = last_word(before);
        if matches!(found, '(') && is_loop(before) {
            return Diagnostic::error("E0102", span, "unexpected `(`").label("not expected here");
        }
        if is_loop(before) {
            return Diagnostic::error("E0102", span, "what a sum or product runs over stands in parentheses")
                .label("expected `(`")
                .hint("write sum(i)( ... )");
        }
        return Diagnostic::error(
            "E0105",
            span,
            format!("a product needs `*` between `{}` and `{}`", clip(&word), clip(&token)),
        )
        .label("no operator before this")
        .hint(match found {
            '(' => format!("write {}*( ... )", clip(&word)),
            _ => format!("write {}*{}", clip(&word), clip(&token)),
        });
    }
    let mut error =
        Diagnostic::error("E0102", span, format!("unexpected `{}`", clip(&token))).label(expected(positives));
    if let Some(hint) = hint(&token, before, positives) {
        error = error.hint(hint);
    }
    error
}

/// A statement that ends too early.
fn incomplete(line: &LogicalLine, positives: &[Rule]) -> Diagnostic {
    let end = line.start + line.text.len();
    let last = line.text.chars().next_back().map_or(0, char::len_utf8);
    let error = Diagnostic::error("E0106", Span::new(end - last, end), "the statement ends too early")
        .label(format!("{} after this", expected(positives)));
    let word = line.text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or("");
    match word {
        "field" => error.hint("fields are declared as in: field phi : real in [-1, 1]"),
        "lattice" => error.hint("lattices are declared as in: lattice square(8, 8)"),
        "param" => error.hint("params are declared as in: param m2 = -1/2, or param m2 = free"),
        "let" => error.hint("abbreviations are declared as in: let kinetic(i, j) = (phi[i] - phi[j])^2"),
        "locality" => error.hint("localities: locality nearest_neighbor, or locality range 2"),
        "constant" => error.hint("write: constant off"),
        "symmetry" => error.hint("symmetries: translation, reflection, point_group, permutation, flip(field)"),
        "compile" => error.hint("settings are a name and a value each, as in: compile activation tanh"),
        _ => error,
    }
}

/// What the parser would have taken, in words.
fn expected(positives: &[Rule]) -> String {
    let mut words: Vec<&str> = Vec::new();
    let mut add = |word: &'static str| {
        if !words.contains(&word) {
            words.push(word);
        }
    };
    for rule in positives {
        match rule {
            Rule::sign | Rule::times | Rule::divide | Rule::raise => {}
            Rule::expression
            | Rule::product
            | Rule::power
            | Rule::reduction
            | Rule::coefficient
            | Rule::reference
            | Rule::parentheses
            | Rule::number
            | Rule::argument
            | Rule::text
            | Rule::reduction_kind => add("an expression"),
            Rule::name | Rule::field_name | Rule::call | Rule::setting | Rule::local => add("a name"),
            Rule::arguments | Rule::call_arguments => add("`(`"),
            Rule::bracket => add("`[`"),
            Rule::domain => add("`in [a, b]`"),
            Rule::open => add("`open`"),
            Rule::twisted => add("`twisted`"),
            Rule::body | Rule::range => add("`(`"),
            Rule::bonds | Rule::second_bonds | Rule::third_bonds => add("`<`"),
            Rule::place => add("`on`"),
            Rule::equals | Rule::assign => add("`=`"),
            Rule::colon => add("`:`"),
            Rule::interval => add("`[a, b]`"),
            Rule::EOI => add("the end of the statement"),
            _ => {}
        }
    }
    if positives.iter().any(|rule| matches!(rule, Rule::times | Rule::raise | Rule::divide))
        || (words.is_empty() && positives.contains(&Rule::sign))
    {
        words.insert(0, "an operator");
    }
    match words.as_slice() {
        [] => "expected something else".to_owned(),
        [one] => format!("expected {one}"),
        [several @ .., last] => format!("expected {} or {last}", several.join(", ")),
    }
}

/// Advice for common slips.
fn hint(token: &str, before: &str, positives: &[Rule]) -> Option<String> {
    let ends_with_operator = before.ends_with(['+', '-', '*', '/', '^']);
    Some(match token {
        ":" if before.starts_with("param") => "write param name = value".to_owned(),
        "=" if before.starts_with("field") => "write field name : real in [a, b], spin or bit".to_owned(),
        "=" => "a statement has one `=`".to_owned(),
        "*" | "/" | "^" if ends_with_operator => "two operators follow each other; one of them is too many".to_owned(),
        ")" if before.ends_with('(') => "nothing stands between the parentheses".to_owned(),
        "," => "a comma separates arguments and names only; decimals have a point".to_owned(),
        _ if positives.contains(&Rule::domain) || positives.contains(&Rule::colon) => {
            "the values of a field: real in [a, b], spin (-1 and +1) or bit (0 and 1)".to_owned()
        }
        _ => return None,
    })
}

/// The token at the start of a text.
fn token(text: &str) -> String {
    let word: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    if word.is_empty() { text.chars().take(1).collect() } else { word }
}

/// The operand a text ends with.
fn last_word(text: &str) -> String {
    let word: String = text.chars().rev().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '.')).collect();
    let word: String = word.chars().rev().collect();
    if word.is_empty() { "( ... )".to_owned() } else { word }
}

/// Whether a text ends in `sum(i)` or the like.
fn is_loop(before: &str) -> bool {
    let Some(open) = before.rfind(['(', '<']) else { return false };
    let head = before[..open].trim_end().trim_end_matches('<').trim_end();
    let closed = before.ends_with(')') || before.ends_with('>');
    closed && (head.ends_with("sum") || head.ends_with("product"))
}
