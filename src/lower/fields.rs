//! The fields of a `field` statement: kinds, components, domains, places.

use std::collections::BTreeMap;

use super::constant::constant;
use super::names::{Declarations, claim};
use crate::diagnostics::{Diagnostic, Diagnostics, Span};
use crate::exact::Rational;
use crate::model::{Boundary, Field, Kind, Place, Shape, Structure};
use crate::spelling::nearest;
use crate::syntax::ast::{Expression, Name};

/// The most components of a field.
const MAX_COMPONENTS: i64 = 100_000;

/// The greatest order of a clock.
const MAX_CLOCK: i64 = 1 << 20;

/// A `field` statement.
pub(super) struct FieldStatement<'a> {
    pub names: &'a [(Name, Option<Expression>)],
    pub kind: &'a Name,
    pub arguments: &'a [Expression],
    pub domain: Option<&'a (Expression, Expression)>,
    pub place: Option<&'a Name>,
}

/// A kind of field, by the word for it.
#[derive(Clone, Copy, PartialEq)]
struct Word {
    word: &'static str,
    kind: Kind,
    structure: Structure,
    /// Least and greatest value, where they are not declared.
    bounds: Option<(i64, i64)>,
    /// What its argument is, where it has one.
    argument: Option<&'static str>,
    /// How it is written.
    example: &'static str,
}

impl Word {
    const fn new(word: &'static str, kind: Kind, structure: Structure, bounds: Option<(i64, i64)>) -> Word {
        Word { word, kind, structure, bounds, argument: None, example: word }
    }
}

const WORDS: [Word; 8] = [
    Word { example: "real in [-1, 1]", ..Word::new("real", Kind::Real, Structure::Plain, None) },
    Word::new("spin", Kind::Spin, Structure::Plain, Some((-1, 1))),
    Word::new("bit", Kind::Bit, Structure::Plain, Some((0, 1))),
    Word { example: "complex in [-1, 1]", ..Word::new("complex", Kind::Real, Structure::Complex, None) },
    Word::new("unit", Kind::Real, Structure::Unit, Some((-1, 1))),
    Word::new("phase", Kind::Real, Structure::Phase(None), Some((-1, 1))),
    Word {
        argument: Some("the number of directions"),
        example: "clock(3)",
        ..Word::new("clock", Kind::Real, Structure::Phase(None), Some((-1, 1)))
    },
    Word {
        argument: Some("the number of categories"),
        example: "categorical(3)",
        ..Word::new("categorical", Kind::Bit, Structure::Categories, Some((0, 1)))
    },
];

impl<'a> Declarations<'a> {
    /// The fields of a `field` statement.
    pub(super) fn declare_fields(
        &mut self,
        statement: &FieldStatement<'a>,
        taken: &mut BTreeMap<&'a str, Span>,
        diagnostics: &mut Diagnostics,
    ) {
        let word = read_word(statement.kind, diagnostics);
        let mut failed = word.is_none();
        let word = word.unwrap_or(WORDS[1]);
        let argument = self.kind_argument(statement, word, diagnostics);
        failed |= argument.is_none();
        let argument = argument.flatten();
        let domain = self.domain(statement, word, failed, diagnostics);
        failed |= domain.is_none();
        let (lower, upper) = domain.unwrap_or((Rational::ONE, Rational::ONE));
        let place = match statement.place.map(|place| (place, place.node.as_str())) {
            None | Some((_, "sites")) => Place::Sites,
            Some((_, "bonds" | "links")) => Place::Bonds,
            Some((place, other)) => {
                let error = Diagnostic::error("E0210", place.span, format!("fields do not live on `{other}`"))
                    .label("unknown place");
                diagnostics.push(match nearest(other, ["sites", "bonds"]) {
                    Some(known) => error.hint(format!("did you mean `{known}`?")),
                    None => error.hint("places: sites (where nothing is said) and bonds"),
                });
                failed = true;
                Place::Sites
            }
        };
        let structure = match (word.word, argument) {
            ("clock", Some(order)) => Structure::Phase(Some(order)),
            _ => word.structure,
        };
        for (name, written) in statement.names {
            let mut field_failed = failed;
            let count = match word.word {
                "real" | "spin" | "bit" | "unit" => {
                    let count = self.count(name, written.as_ref(), word, diagnostics);
                    field_failed |= count.is_none();
                    count.unwrap_or(1)
                }
                fixed => {
                    if let Some(written) = written {
                        diagnostics.push(
                            Diagnostic::error(
                                "E0210",
                                written.span,
                                format!("a {fixed} field has one value at a place"),
                            )
                            .label("not needed")
                            .hint("declare a field for each: field a, b : ..."),
                        );
                        field_failed = true;
                    }
                    if fixed == "categorical" { argument.unwrap_or(2) - 1 } else { 2 }
                }
            };
            if !claim(name, "field", taken, diagnostics) {
                continue;
            }
            if field_failed {
                self.failed_fields.insert(self.fields.len());
            }
            self.field_names.insert(&name.node, self.fields.len());
            self.field_spans.push(name.span);
            self.fields.push(Field {
                name: name.node.clone(),
                kind: word.kind,
                components: count,
                structure,
                place,
                indexed: written.is_some() || structure != Structure::Plain,
                lower: lower.clone(),
                upper: upper.clone(),
            });
        }
    }

    /// The argument of a kind that has one; `None` where it is in error.
    fn kind_argument(
        &self,
        statement: &FieldStatement<'a>,
        word: Word,
        diagnostics: &mut Diagnostics,
    ) -> Option<Option<u32>> {
        let error = |span: Span, message: String| {
            Diagnostic::error("E0210", span, message).hint(format!("write, for example, {}", word.example))
        };
        match (word.argument, statement.arguments) {
            (None, []) => Some(None),
            (None, [argument, ..]) => {
                diagnostics
                    .push(error(argument.span, format!("`{}` takes no argument", word.word)).label("not needed"));
                None
            }
            (Some(_), [argument]) => {
                let value = constant(argument, &self.params, diagnostics)?;
                let most = if word.word == "clock" { MAX_CLOCK } else { MAX_COMPONENTS };
                match value.to_i64() {
                    Some(number) if (2..=most).contains(&number) => Some(Some(number as u32)),
                    _ => {
                        let message = format!("`{}` cannot be of {value}", word.word);
                        diagnostics
                            .push(error(argument.span, message).label(format!("not an integer from 2 to {most}")));
                        None
                    }
                }
            }
            (Some(what), _) => {
                let message = format!("`{}` has one argument: {what}", word.word);
                diagnostics.push(error(statement.kind.span, message).label("wrong number of arguments"));
                None
            }
        }
    }

    /// The number of components that is written after a name.
    fn count(
        &self,
        name: &Name,
        written: Option<&Expression>,
        word: Word,
        diagnostics: &mut Diagnostics,
    ) -> Option<u32> {
        let least = if word.structure == Structure::Unit { 2 } else { 1 };
        let Some(written) = written else {
            if least == 1 {
                return Some(1);
            }
            diagnostics.push(
                Diagnostic::error(
                    "E0210",
                    name.span,
                    format!("the unit vector `{}` has no number of components", name.node),
                )
                .label("how many components?")
                .hint(format!("write field {}[3] : unit", name.node)),
            );
            return None;
        };
        let value = constant(written, &self.params, diagnostics)?;
        match value.to_i64() {
            Some(n) if (least..=MAX_COMPONENTS).contains(&n) => Some(n as u32),
            _ => {
                diagnostics.push(
                    Diagnostic::error("E0210", written.span, format!("`{}` cannot have {value} components", name.node))
                        .label("not a number of components")
                        .hint(format!(
                            "the number of components is an integer from {least} to {MAX_COMPONENTS}{}",
                            if least == 2 { "; a unit vector of one is a spin" } else { "" }
                        )),
                );
                None
            }
        }
    }

    /// Least and greatest value.
    fn domain(
        &self,
        statement: &FieldStatement<'a>,
        word: Word,
        failed: bool,
        diagnostics: &mut Diagnostics,
    ) -> Option<(Rational, Rational)> {
        match (word.bounds, statement.domain) {
            (Some((lower, upper)), written) => {
                if let Some((lower, upper)) = written.filter(|_| !failed) {
                    let span = lower.span.to(upper.span);
                    let (message, hint) = match word.word {
                        "spin" | "bit" => (
                            "spins and bits have their values already".to_owned(),
                            "a spin is -1 or +1, a bit is 0 or 1",
                        ),
                        other => (
                            format!("a {other} field has its values already"),
                            "unit vectors and phases have length one, categories are bits",
                        ),
                    };
                    diagnostics.push(
                        Diagnostic::error("E0210", span, message)
                            .label("not needed")
                            .hint(format!("remove `in [...]`: {hint}")),
                    );
                }
                Some((Rational::from(lower), Rational::from(upper)))
            }
            (None, Some((lower, upper))) => {
                let span = lower.span.to(upper.span);
                let low = constant(lower, &self.params, diagnostics);
                let high = constant(upper, &self.params, diagnostics);
                let (low, high) = low.zip(high)?;
                if low > high {
                    diagnostics.push(
                        Diagnostic::error("E0210", span, format!("the domain [{low}, {high}] is empty"))
                            .label("the lower end is above the upper")
                            .hint(format!("did you mean [{high}, {low}]?")),
                    );
                    return Some((high, low));
                }
                if low == high {
                    diagnostics.push(
                        Diagnostic::warning("W0202", span, format!("the domain is the single value {low}"))
                            .label("no room to vary")
                            .hint("use a param for a constant"),
                    );
                }
                Some((low, high))
            }
            (None, None) => {
                let name = &statement.names[0].0;
                let kind = word.word;
                diagnostics.push(
                    Diagnostic::error("E0210", name.span, format!("the {kind} field `{}` has no domain", name.node))
                        .label("which values does it take?")
                        .hint(format!("accuracy is certified on a domain: write {kind} in [-1, 1]")),
                );
                Some((Rational::ONE, Rational::ONE))
            }
        }
    }

    /// Refuses fields without a change of sign on lattices with a twisted
    /// direction.
    fn check_signs(&mut self, diagnostics: &mut Diagnostics) {
        if !self.lattice.boundaries.contains(&Boundary::Twisted) {
            return;
        }
        for (at, field) in self.fields.iter().enumerate() {
            let reason = match (field.kind, field.structure) {
                (Kind::Bit, _) => "bits have no signs",
                (_, Structure::Phase(Some(order))) if order % 2 == 1 => "the negatives of its values are none of them",
                _ if field.lower != -field.upper.clone() => "the negatives of its values are not all in its domain",
                _ => continue,
            };
            if self.failed_fields.insert(at) {
                diagnostics.push(
                    Diagnostic::error(
                        "E0210",
                        self.field_spans[at],
                        format!(
                            "around a twisted direction fields change their sign, and `{}` cannot: {reason}",
                            field.name
                        ),
                    )
                    .label("no change of sign")
                    .hint("use spins or a domain such as [-1, 1], or make the direction periodic"),
                );
            }
        }
    }

    /// Refuses fields on bonds where the lattice has none that they could live
    /// on.
    pub(super) fn check_places(&mut self, diagnostics: &mut Diagnostics) {
        self.check_signs(diagnostics);
        let lattice = &self.lattice;
        let dimension = lattice.dimension();
        let itself = lattice.bonds().into_iter().find(|bond| {
            let wraps = |d: usize| bond.offset[d] % lattice.extents[d] as i64 == 0;
            bond.from == bond.to && (0..dimension).all(wraps)
        });
        let (reason, hint) = if lattice.is_point() {
            ("there is no lattice, so there are no bonds".to_owned(), "declare one, such as `lattice square(4, 4)`")
        } else if lattice.shape == Shape::Graph {
            (
                "fields do not live on the edges of a graph".to_owned(),
                "couplings do: param J on bonds = file(\"J.csv\"); make the edges sites of a graph of their own for fields",
            )
        } else if lattice.shape == Shape::Complete {
            ("fields do not live on the bonds of a complete lattice".to_owned(), "use a lattice with directions")
        } else if lattice.boundaries.contains(&Boundary::Open) {
            (
                "fields live on bonds of periodic lattices only".to_owned(),
                "make all directions periodic: at an open end bonds are missing",
            )
        } else if itself.is_some() {
            (
                format!("the lattice {lattice} is too small: a bond would join a site to itself"),
                "give every direction two cells or more",
            )
        } else {
            return;
        };
        for (at, field) in self.fields.iter().enumerate() {
            if field.place == Place::Bonds && !self.failed_fields.contains(&at) {
                diagnostics.push(
                    Diagnostic::error("E0210", self.field_spans[at], reason.clone())
                        .label("a field on bonds")
                        .hint(hint),
                );
            }
        }
        let on_bonds = (0..self.fields.len()).filter(|&at| self.fields[at].place == Place::Bonds);
        self.failed_fields.extend(on_bonds);
    }
}

/// The kind that a word names.
fn read_word(kind: &Name, diagnostics: &mut Diagnostics) -> Option<Word> {
    if let Some(word) = WORDS.iter().find(|word| word.word == kind.node) {
        return Some(*word);
    }
    let error = Diagnostic::error("E0210", kind.span, format!("there is no kind of field `{}`", kind.node))
        .label("unknown kind");
    diagnostics.push(match nearest(&kind.node, WORDS.map(|word| word.word)) {
        Some(known) => error.hint(format!("did you mean `{known}`?")),
        None => error.hint(format!("kinds: {}", WORDS.map(|word| word.example).join(", "))),
    });
    None
}
