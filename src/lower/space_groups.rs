//! Space groups as a spec names them: `p4m`, `space_group("Fm-3m")`,
//! `space_group(pgg, cell(2, 2), origin(1/2, 0))`.
//!
//! A name alone means all translations of the lattice; `cell` gives those of
//! another cell, by its lengths or by its vectors, and `origin` where it
//! begins.

use super::constant::constant;
use super::symmetries::Reader;
use crate::diagnostics::{Diagnostic, Span};
use crate::exact::Rational;
use crate::model::symmetry::{SpaceCell, is_space_group, space_group, space_group_cell, space_group_motions, written};
use crate::model::{Boundary, Lattice, NoSuchSymmetry, Shape, Symmetry};
use crate::syntax::ast::{Argument, Expression, ExpressionKind, Name};

/// The parts of a coordinate that an origin may be at.
const PARTS: i64 = 24;

const USAGE: &str = "write space_group(p4m), in quotes space_group(\"Pm-3m\"), or with a cell \
                     space_group(pgg, cell(2, 2))";

impl Reader<'_, '_> {
    /// `space_group(name, ...)`.
    pub(super) fn space_group(&mut self) -> Option<Vec<Symmetry>> {
        let call = self.call;
        let Some((first, options)) = call.arguments.split_first() else {
            return self.error(call.name.span, "`space_group` takes the name of a group", "which group?", USAGE);
        };
        let name = self.group_name(first)?;
        if options.is_empty() {
            return self.named_space_group(first.span(), &name);
        }
        let (mut cell, mut origin, mut texts) = (None, None, vec![written(&name)]);
        for option in options {
            let read = match option {
                Argument::Expression(Expression { node: ExpressionKind::Call { function, arguments }, .. }) => {
                    match function.node.as_str() {
                        "cell" if cell.is_none() => {
                            let found = self.cell(function, arguments)?;
                            let text = found.to_string();
                            cell = Some(found);
                            Some(text)
                        }
                        "origin" if origin.is_none() => {
                            let (found, text) = self.origin(function, arguments)?;
                            origin = Some(found);
                            Some(text)
                        }
                        _ => None,
                    }
                }
                _ => None,
            };
            let Some(text) = read else {
                return self.error(
                    option.span(),
                    "after its name a space group has one `cell(...)` and one `origin(...)`",
                    "neither",
                    USAGE,
                );
            };
            texts.push(text);
        }
        let lattice = &self.declarations.lattice;
        if !is_space_group(lattice.dimension(), &name) {
            return self.no_space_group(first.span(), &name);
        }
        let cell = cell.unwrap_or(SpaceCell::Lattice);
        let origin = origin.unwrap_or_else(|| vec![0; lattice.dimension()]);
        self.placed(&name, format!("space_group({})", texts.join(", ")), &cell, &origin)
    }

    /// A space group with all translations of the lattice, by its name.
    pub(super) fn named_space_group(&mut self, span: Span, name: &str) -> Option<Vec<Symmetry>> {
        let lattice = &self.declarations.lattice;
        if let Some(group) = space_group(lattice, name) {
            return Some(vec![Symmetry::Translation, Symmetry::PointGroup(Some(group.to_owned()))]);
        }
        let origin = vec![0; lattice.dimension()];
        let infinite = Lattice {
            shape: lattice.shape,
            extents: vec![48; lattice.dimension()],
            boundaries: vec![Boundary::Periodic; lattice.dimension()],
            graph: None,
        };
        if space_group_motions(&infinite, name, &SpaceCell::Lattice, &origin).is_err() {
            return self.no_space_group(span, name);
        }
        self.placed(name, format!("space_group({})", written(name)), &SpaceCell::Lattice, &origin)
    }

    /// A group on the lattice at hand, or what breaks it.
    fn placed(&mut self, name: &str, text: String, cell: &SpaceCell, origin: &[i64]) -> Option<Vec<Symmetry>> {
        match space_group_motions(&self.declarations.lattice, name, cell, origin) {
            Ok(motions) => {
                let all = (*cell == SpaceCell::Lattice).then_some(Symmetry::Translation);
                let group = Symmetry::SpaceGroup { text, motions };
                Some(all.into_iter().chain([group]).collect())
            }
            Err(NoSuchSymmetry { message, hint }) => {
                self.diagnostics.push(
                    Diagnostic::error("E0304", self.call.name.span, message)
                        .label("not a symmetry of this lattice")
                        .hint(hint),
                );
                None
            }
        }
    }

    /// The error of a name that is no space group here with all translations.
    pub(super) fn no_space_group<T>(&mut self, span: Span, name: &str) -> Option<T> {
        let lattice = &self.declarations.lattice;
        let message = format!("`{name}` is no space group of {lattice} with all its translations");
        let hint = match (space_group_cell(lattice, name), home(name)) {
            (Some(cell), lattices) => {
                let write = format!("write space_group({}, {cell})", written(name));
                match lattices.is_empty() || !has_whole(name) {
                    true => format!("with the translations of a cell it is one: {write}"),
                    false => format!(
                        "with the translations of a cell it is one: {write}; with all it is one of {}",
                        lattices.join(", ")
                    ),
                }
            }
            (None, lattices) if !lattices.is_empty() => {
                format!("it is one of these lattices: {}", lattices.join(", "))
            }
            _ if lattice.dimension() == 3 && is_space_group(3, name) => {
                "none of the lattices in three dimensions has its axes".to_owned()
            }
            _ => "write `translation` and `point_group(...)`, or generators by `map(...)`".to_owned(),
        };
        self.error(span, message, "not a space group of this lattice", hint)
    }

    /// `cell(2, 1)` or `cell((1, 0), (-1, 2))`.
    fn cell(&mut self, word: &Name, arguments: &[Expression]) -> Option<SpaceCell> {
        let dimension = self.declarations.lattice.dimension();
        let usage = "write its lengths, as in cell(2, 1), or its vectors, as in cell((1, 1), (-1, 1))";
        let wrong = format!("a cell has {dimension} lengths or vectors here");
        if arguments.len() != dimension {
            return self.error(word.span, wrong, "not as many", usage);
        }
        let (mut lengths, mut vectors) = (Vec::new(), Vec::new());
        for argument in arguments {
            if let ExpressionKind::Tuple(parts) = &argument.node {
                let mut vector = Vec::new();
                for part in parts {
                    let value = constant(part, &self.declarations.params, self.diagnostics)?;
                    match value.to_i64().filter(|value| value.abs() <= 1 << 16) {
                        Some(value) => vector.push(value),
                        None => return self.error(part.span, "a cell's vectors are of whole steps", "not one", usage),
                    }
                }
                if vector.len() != dimension {
                    return self.error(argument.span, wrong, "not as many steps", usage);
                }
                vectors.push(vector);
            } else {
                let value = constant(argument, &self.declarations.params, self.diagnostics)?;
                match value.to_i64().filter(|value| (1..=1 << 16).contains(value)) {
                    Some(value) => lengths.push(value),
                    None => {
                        let message = format!("a cell cannot have the length {value}");
                        return self.error(argument.span, message, "not a length", "lengths are from 1 to 65536");
                    }
                }
            }
        }
        match (lengths.len(), vectors.len()) {
            (all, 0) if all == dimension => Some(SpaceCell::Lengths(lengths)),
            (0, all) if all == dimension => Some(SpaceCell::Vectors(vectors)),
            _ => self.error(word.span, wrong, "lengths and vectors", usage),
        }
    }

    /// `origin(1/2, 0)`, as numerators over 24.
    fn origin(&mut self, word: &Name, arguments: &[Expression]) -> Option<(Vec<i64>, String)> {
        let dimension = self.declarations.lattice.dimension();
        if arguments.len() != dimension {
            let message = format!("an origin has {dimension} coordinates here");
            return self.error(word.span, message, "not as many", "it is counted from the centre of the point group");
        }
        let (mut parts, mut texts) = (Vec::new(), Vec::new());
        for argument in arguments {
            let value = constant(argument, &self.declarations.params, self.diagnostics)?;
            let scaled = (&value * &Rational::from(PARTS)).to_i64().filter(|part| part.abs() <= 1 << 20);
            let Some(part) = scaled else {
                return self.error(
                    argument.span,
                    format!("an origin cannot be at {value}"),
                    "not a place of this kind",
                    "coordinates count cells along the cell vectors, in parts of 24",
                );
            };
            parts.push(part);
            texts.push(value.to_string());
        }
        Some((parts, format!("origin({})", texts.join(", "))))
    }
}

/// Whether some lattice has a space group with all its translations.
fn has_whole(name: &str) -> bool {
    !homes(name).0.is_empty()
}

/// The lattices that have a space group with a name, with all their
/// translations, or else with those of some cell.
pub(super) fn home(name: &str) -> Vec<&'static str> {
    let (whole, some) = homes(name);
    if whole.is_empty() { some } else { whole }
}

/// The lattices that have a space group with all their translations; where
/// there are none, those that have it with some cell.
fn homes(name: &str) -> (Vec<&'static str>, Vec<&'static str>) {
    let lattices = [
        ("ring", Shape::Line, 1),
        ("square", Shape::Hypercubic, 2),
        ("triangular", Shape::Triangular, 2),
        ("honeycomb", Shape::Honeycomb, 2),
        ("kagome", Shape::Kagome, 2),
        ("cubic", Shape::Hypercubic, 3),
        ("bcc", Shape::BodyCentered, 3),
        ("fcc", Shape::FaceCentered, 3),
    ];
    let lattice = |shape: Shape, directions: usize| Lattice {
        shape,
        extents: vec![48; directions],
        boundaries: vec![Boundary::Periodic; directions],
        graph: None,
    };
    let whole = |&(_, shape, directions): &(&str, Shape, usize)| {
        let lattice = lattice(shape, directions);
        space_group(&lattice, name).is_some()
            || space_group_motions(&lattice, name, &SpaceCell::Lattice, &vec![0; directions]).is_ok()
    };
    let some =
        |&(_, shape, directions): &(&str, Shape, usize)| space_group_cell(&lattice(shape, directions), name).is_some();
    let words = |homes: Vec<(&'static str, Shape, usize)>| homes.into_iter().map(|(word, ..)| word).collect();
    let homes: Vec<_> = lattices.into_iter().filter(whole).collect();
    match homes.is_empty() {
        false => (words(homes), Vec::new()),
        true => (Vec::new(), words(lattices.into_iter().filter(some).collect())),
    }
}
