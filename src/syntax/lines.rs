//! A spec's text cut into logical lines: one statement each.
//!
//! What enters is the text of a spec. What leaves is a list of logical lines
//! with comments taken out (replaced by spaces, so that places are kept) and
//! attached: the lines above a statement and those inside it, and the one at
//! its end. A statement continues on the next line while a bracket is open,
//! after a binary operator, `,`, `=` or `:`, and where the next line begins
//! with an operator or a bracket. A line that begins like a statement
//! ends the one before it in any case, so that a missing bracket is one error
//! and not the end of everything.
//!
//! After this step brackets match and nest at most [`MAX_NESTING`] deep on
//! every line that is not marked broken.

use crate::diagnostics::{Diagnostic, Diagnostics, Span};
use crate::spelling::nearest;

/// How deep brackets may nest.
pub(super) const MAX_NESTING: usize = 100;

/// The words that begin a statement.
pub(super) const STATEMENT_WORDS: [&str; 9] =
    ["lattice", "field", "param", "let", "symmetry", "locality", "degree", "constant", "compile"];

/// One statement's text and comments.
#[derive(Debug, Default)]
pub(super) struct LogicalLine {
    /// The text, comments blanked out; byte k stands at `start + k` of the spec.
    pub text: String,
    /// Where the text begins in the spec.
    pub start: usize,
    /// Comment lines above and inside; an empty string is a blank line.
    pub comments: Vec<String>,
    /// The comment at the end.
    pub trailing: Option<String>,
    /// Whether an error of its brackets was reported.
    pub broken: bool,
}

impl LogicalLine {
    /// The place of the statement.
    pub(super) fn span(&self) -> Span {
        Span::new(self.start, self.start + self.text.len())
    }
}

/// The logical lines, and the comments after the last.
pub(super) fn split(text: &str, diagnostics: &mut Diagnostics) -> (Vec<LogicalLine>, Vec<String>) {
    let mut splitter =
        Splitter { lines: Vec::new(), current: None, stack: Vec::new(), pending: Vec::new(), diagnostics };
    let mut at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let bytes = text.as_bytes();
    while at < text.len() {
        let end = at + bytes[at..].iter().position(|&b| b == b'\n' || b == b'\r').unwrap_or(text.len() - at);
        splitter.physical_line(&text[at..end], at);
        at = if bytes[end..].starts_with(b"\r\n") { end + 2 } else { end + 1 };
    }
    splitter.finish();
    let mut comments = splitter.pending;
    while comments.last().is_some_and(String::is_empty) {
        comments.pop();
    }
    (splitter.lines, comments)
}

struct Splitter<'a> {
    lines: Vec<LogicalLine>,
    current: Option<LogicalLine>,
    /// The open brackets of the current line with their places.
    stack: Vec<(u8, usize)>,
    /// Comments and blank lines since the current line's last text.
    pending: Vec<String>,
    diagnostics: &'a mut Diagnostics,
}

impl Splitter<'_> {
    fn physical_line(&mut self, line: &str, start: usize) {
        let (code, comment) = match line.find('#') {
            Some(at) => (&line[..at], Some(line[at..].trim_end())),
            None => (line, None),
        };
        let blank = code.trim().is_empty();
        if !blank {
            let mut at = start;
            for (index, part) in code.split(';').enumerate() {
                if index > 0 {
                    self.finish();
                }
                self.part(part, at);
                at += part.len() + 1;
            }
        }
        match comment {
            Some(comment) if blank => self.pending.push(comment.to_owned()),
            Some(comment) => match (self.current.as_mut(), self.lines.last_mut()) {
                (Some(line), _) => line.comments.extend(line.trailing.replace(comment.to_owned())),
                (None, Some(line)) if line.trailing.is_none() => line.trailing = Some(comment.to_owned()),
                // Only semicolons stand before the comment.
                _ => self.pending.push(comment.to_owned()),
            },
            // The first statement has no blank line above it.
            None if blank => {
                let first = self.current.is_none() && self.lines.is_empty() && self.pending.is_empty();
                if !first && self.pending.last().is_none_or(|last| !last.is_empty()) {
                    self.pending.push(String::new());
                }
            }
            None => {}
        }
    }

    /// Text without comment or semicolon.
    fn part(&mut self, part: &str, start: usize) {
        let code = part.trim();
        if code.is_empty() {
            return;
        }
        let start = start + (part.len() - part.trim_start().len());
        let continues = match &self.current {
            None => false,
            Some(current) => {
                !begins_statement(code)
                    && (!self.stack.is_empty()
                        || current.text.ends_with(['+', '-', '*', '/', '^', ',', '=', ':', '<', '>'])
                        || code.starts_with(['+', '-', '*', '/', '^', ',', '=', ':', '<', '>', '(', '[', ')', ']']))
            }
        };
        if continues {
            let current = self.current.as_mut().expect("a line is open");
            // Comments inside a statement move above it.
            current.comments.extend(current.trailing.take());
            current.comments.extend(self.pending.drain(..).filter(|comment| !comment.is_empty()));
            let gap = start - current.start - current.text.len();
            current.text.extend(std::iter::repeat_n(' ', gap));
            current.text.push_str(code);
        } else {
            self.finish();
            let comments = std::mem::take(&mut self.pending);
            self.current = Some(LogicalLine { text: code.to_owned(), start, comments, ..LogicalLine::default() });
        }
        self.brackets(code, start);
    }

    /// Follows the brackets of a piece of text.
    fn brackets(&mut self, code: &str, start: usize) {
        let current = self.current.as_mut().expect("a line is open");
        for (offset, byte) in code.bytes().enumerate() {
            if current.broken {
                break;
            }
            let at = start + offset;
            let span = Span::new(at, at + 1);
            match byte {
                b'(' | b'[' => {
                    self.stack.push((byte, at));
                    if self.stack.len() > MAX_NESTING {
                        self.diagnostics.push(
                            Diagnostic::error("E0401", span, format!("brackets nest more than {MAX_NESTING} deep"))
                                .label(format!("this is level {}", MAX_NESTING + 1))
                                .hint("name the inner parts with `let`"),
                        );
                        current.broken = true;
                    }
                }
                b')' | b']' => {
                    let opening = if byte == b')' { b'(' } else { b'[' };
                    let (open, close) = (opening as char, byte as char);
                    match self.stack.pop() {
                        Some((known, _)) if known == opening => {}
                        Some((known, place)) => {
                            let wanted = if known == b'(' { ')' } else { ']' };
                            self.diagnostics.push(
                                Diagnostic::error("E0104", span, format!("`{close}` closes a `{}`", known as char))
                                    .label(format!("expected `{wanted}`"))
                                    .hint(format!(
                                        "the bracket opened {} characters before; close it with `{wanted}` first",
                                        at - place
                                    )),
                            );
                            current.broken = true;
                        }
                        None => {
                            self.diagnostics.push(
                                Diagnostic::error("E0104", span, format!("this `{close}` closes nothing"))
                                    .label(format!("no `{open}` is open here"))
                                    .hint(format!("remove it, or add the missing `{open}` before it")),
                            );
                            current.broken = true;
                        }
                    }
                }
                _ => {}
            }
        }
        if current.broken {
            self.stack.clear();
        }
    }

    /// Ends the current line.
    fn finish(&mut self) {
        let Some(mut current) = self.current.take() else { return };
        if let Some((bracket, at)) = self.stack.pop() {
            let close = if bracket == b'(' { ')' } else { ']' };
            self.diagnostics.push(
                Diagnostic::error(
                    "E0103",
                    Span::new(at, at + 1),
                    format!("this `{}` is never closed", bracket as char),
                )
                .label("opened here")
                .hint(format!("add the missing `{close}`")),
            );
            current.broken = true;
            self.stack.clear();
        }
        self.lines.push(current);
    }
}

/// Whether a line begins like a statement: with a statement word, with
/// `name =` or `name[class] =`, or with a misspelt statement word and another
/// word after it, which no expression has.
fn begins_statement(code: &str) -> bool {
    let word_end = code.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(code.len());
    let (word, rest) = code.split_at(word_end);
    if word.is_empty() {
        return false;
    }
    if STATEMENT_WORDS.contains(&word) {
        return true;
    }
    let after = rest.trim_start();
    let second = after.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or("");
    let two_words = rest.starts_with(char::is_whitespace) && !second.is_empty() && second != "in";
    if two_words && !["sum", "product"].contains(&word) && nearest(word, STATEMENT_WORDS).is_some() {
        return true;
    }
    let mut rest = after;
    if let Some(inner) = rest.strip_prefix('[') {
        match inner.find(']') {
            Some(close) => rest = inner[close + 1..].trim_start(),
            None => return false,
        }
    }
    rest.starts_with('=')
}
