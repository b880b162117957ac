//! What is wrong with an input, where, why, and what would help.
//!
//! A stage reports all its errors at once as a [`Diagnostics`]. Rendering with
//! the source line and a caret is [`render`]; nothing here prints.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

/// A range of bytes of a source text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The range `start..end`.
    pub fn new(start: usize, end: usize) -> Span {
        Span { start, end }
    }

    /// The least range that covers both.
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// Error or warning.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// The input cannot be used.
    Error,
    /// The input can be used, but may not mean what its author thinks.
    Warning,
}

/// One thing that is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// A stable code, such as `E0203`: E01xx syntax, E02xx names and types,
    /// E03xx declared properties that H lacks, E04xx limits.
    pub code: &'static str,
    /// What is wrong, in one line.
    pub message: String,
    /// Where, if it is at a place.
    pub span: Option<Span>,
    /// What stands at the place, shown beside the caret.
    pub label: String,
    /// What would help.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            code,
            message: message.into(),
            span: Some(span),
            label: String::new(),
            hint: None,
        }
    }

    /// A warning at a place.
    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, span, message) }
    }

    /// With a text beside the caret.
    pub fn label(mut self, label: impl Into<String>) -> Diagnostic {
        self.label = label.into();
        self
    }

    /// With a hint.
    pub fn hint(mut self, hint: impl Into<String>) -> Diagnostic {
        self.hint = Some(hint.into());
        self
    }
}

/// The diagnostics of a stage, in source order.
pub type Diagnostics = Vec<Diagnostic>;

/// Whether any is an error.
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
}

/// The most diagnostics that a stage reports.
const MAX_REPORTED: usize = 100;

/// Keeps the first hundred diagnostics, errors before warnings if some have to
/// go, and says how many were left out.
pub fn curtail(diagnostics: &mut Diagnostics) {
    if diagnostics.len() <= MAX_REPORTED {
        return;
    }
    let left_out = diagnostics.len() - MAX_REPORTED;
    if has_errors(diagnostics) {
        diagnostics.sort_by_key(|diagnostic| diagnostic.severity);
    }
    diagnostics.truncate(MAX_REPORTED);
    let severity = diagnostics[MAX_REPORTED - 1].severity;
    diagnostics.push(Diagnostic {
        severity,
        code: "E0100",
        message: format!("{left_out} more are not shown"),
        span: None,
        label: String::new(),
        hint: Some("mend the first ones, and look again".to_owned()),
    });
}

/// The line and column (both from 1, columns in characters) of a byte.
pub fn line_and_column(text: &str, byte: usize) -> (usize, usize) {
    let mut byte = byte.min(text.len());
    while !text.is_char_boundary(byte) {
        byte -= 1;
    }
    let before = &text[..byte];
    let line = before.bytes().filter(|&b| b == b'\n').count() + 1;
    let column = before.chars().rev().take_while(|&c| c != '\n').count() + 1;
    (line, column)
}

/// The text of diagnostics with source lines, carets and hints; with ANSI
/// colours if `styled`. `path` names the source.
pub fn render(diagnostics: &[Diagnostic], path: &str, text: &str, styled: bool) -> String {
    let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
    let mut rendered = String::new();
    for diagnostic in diagnostics {
        let level = match diagnostic.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let mut group = level
            .primary_title(diagnostic.message.as_str())
            .id(diagnostic.code)
            .elements(Vec::<annotate_snippets::Element<'_>>::new());
        if let Some(span) = diagnostic.span {
            let start = span.start.min(text.len());
            let end = span.end.clamp(start, text.len());
            group = group.element(
                Snippet::source(text)
                    .path(path)
                    .annotation(AnnotationKind::Primary.span(start..end).label(diagnostic.label.as_str())),
            );
        } else {
            group = group.element(annotate_snippets::Origin::path(path));
        }
        if let Some(hint) = &diagnostic.hint {
            group = group.element(Level::HELP.message(hint.as_str()));
        }
        rendered.push_str(&renderer.render(&[group]).to_string());
        rendered.push('\n');
    }
    rendered
}
