//! What lowering refuses to do, decided before the work is done.
//!
//! Nothing here looks at a clock: work is counted in steps, in products of
//! terms, and in nodes of written expressions, and each count has a bound that
//! takes well under a second.

use crate::diagnostics::{Diagnostic, Span};
use crate::exact::Rational;

/// The most terms of a polynomial, written out.
pub(super) const MAX_TERMS: u64 = 200_000;
/// The most variables of a cell that is not translated.
pub(super) const MAX_SITES: u64 = 100_000;
/// The greatest exponent and total degree.
pub(super) const MAX_DEGREE: u64 = 1000;
/// The longest integer loop.
pub(super) const MAX_LOOP: u64 = 100_000;
/// The largest displacement in a translated direction. Differences and their
/// sums stay within the `i16` of [`crate::model::Shift`].
pub(super) const MAX_OFFSET: i64 = 8000;
/// The most bits of a constant, numerator and denominator together.
pub(super) const MAX_BITS: u64 = 20_000;
/// The deepest nesting of evaluation, `let`s included.
pub(super) const MAX_DEPTH: u32 = 250;
/// The most expressions visited.
const MAX_STEPS: u64 = 2_000_000;
/// The most nodes of written expressions.
const MAX_NODES: u64 = 4_000_000;
/// The most products of two terms, weighted by the length of their numbers.
const MAX_WORK: u64 = 4_000_000;
/// The most diagnostics kept of one expression.
pub(super) const MAX_DIAGNOSTICS: usize = 50;

/// Counts the work of lowering one spec.
#[derive(Default)]
pub(super) struct Meter {
    steps: u64,
    nodes: u64,
    work: u64,
}

impl Meter {
    /// One more expression visited.
    pub(super) fn step(&mut self, span: Span) -> Result<(), Diagnostic> {
        self.steps += 1;
        if self.steps <= MAX_STEPS {
            return Ok(());
        }
        Err(Diagnostic::error(
            "E0404",
            span,
            format!("the loops and `let`s here expand to over {MAX_STEPS} expressions"),
        )
        .label("the limit was reached here")
        .hint("use fewer or shorter loops; `let`s that call one another multiply"))
    }

    /// More nodes of written expressions.
    pub(super) fn nodes(&mut self, nodes: u64, span: Span) -> Result<(), Diagnostic> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes <= MAX_NODES {
            return Ok(());
        }
        Err(Diagnostic::error("E0404", span, format!("written out, the spec has over {MAX_NODES} operations"))
            .label("the limit was reached here")
            .hint("`let`s that use one another twice double at every step"))
    }

    /// Products of terms about to be formed.
    pub(super) fn work(&mut self, products: u128, span: Span) -> Result<(), Diagnostic> {
        let total = self.work as u128 + products;
        self.work = u64::try_from(total).unwrap_or(u64::MAX);
        if total <= MAX_WORK as u128 {
            return Ok(());
        }
        Err(Diagnostic::error(
            "E0404",
            span,
            format!("expanding the spec takes {total} products of terms, and at most {MAX_WORK} are done"),
        )
        .label("the limit was reached here")
        .hint("lower the exponents, or split the Hamiltonian into parts with fewer variables"))
    }
}

/// The refusal of a polynomial with too many terms.
pub(super) fn too_many_terms(terms: &Rational, span: Span) -> Diagnostic {
    Diagnostic::error(
        "E0404",
        span,
        format!("expanded, this has up to {} terms, and at most {MAX_TERMS} are kept", shown(terms)),
    )
    .label("too many terms")
    .hint("lower the exponents, or use fewer variables in them")
}

/// The refusal of a degree or exponent.
pub(super) fn too_high_degree(degree: &Rational, span: Span) -> Diagnostic {
    Diagnostic::error(
        "E0405",
        span,
        format!("degree {}: the greatest degree and exponent is {MAX_DEGREE}", shown(degree)),
    )
    .label("too high a power")
    .hint(format!("exponents, and the total degree of a term, go up to {MAX_DEGREE}"))
}

/// The refusal of a number.
pub(super) fn too_large_number(span: Span) -> Diagnostic {
    Diagnostic::error("E0409", span, format!("this number needs over {MAX_BITS} bits to be exact"))
        .label("too large a number")
        .hint("numbers are exact; scale the fields so that coefficients stay moderate")
}

/// A count, in full while it is readable.
pub(super) fn shown(count: &Rational) -> String {
    let digits = count.to_string();
    if digits.len() <= 21 { digits } else { format!("about 10^{}", digits.len() - 1) }
}

/// C(n, k) exactly; `None` beyond 10^300 or so, where nobody counts.
pub(super) fn binomial(n: u64, k: u64) -> Option<Rational> {
    let k = k.min(n - k.min(n));
    let mut result = Rational::ONE;
    for step in 1..=k {
        result = result * Rational::from(n - k + step) / Rational::from(step);
        if result.bits() > 1000 {
            return None;
        }
    }
    Some(result)
}

/// `1 argument`, `2 arguments`.
pub(super) fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
