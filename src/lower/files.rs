//! Tables of numbers in files: couplings that differ from place to place.
//!
//! Lowering does no input and output of its own: whoever calls it lends it
//! [`Files`]. What is checked here is that a table fits the lattice and that
//! its numbers are finite.

use super::names::Declarations;
use crate::diagnostics::{Diagnostic, Diagnostics, Span};
use crate::model::{Couplings, Lattice, Place, Shape};
use crate::spelling::nearest;
use crate::syntax::ast::{Name, Spanned};

/// A table of numbers that was read from a file.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Table {
    /// The extents; a text of comma-separated values has rows and columns.
    pub shape: Vec<usize>,
    /// The numbers, row-major.
    pub values: Vec<f64>,
    /// Whether the file is a text, whose rows cannot have more than two
    /// extents.
    pub is_text: bool,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
}

/// Where lowering gets files from; paths are relative to the spec.
pub trait Files {
    /// The table in a file, or why there is none.
    fn table(&mut self, path: &str) -> Result<Table, String>;

    /// The text of a file and its SHA-256 in hexadecimal, or why there is none.
    fn text(&mut self, path: &str) -> Result<(String, String), String> {
        let _ = path;
        Err("this spec was given without its files".to_owned())
    }
}

/// No files at all.
pub struct NoFiles;

impl Files for NoFiles {
    fn table(&mut self, _: &str) -> Result<Table, String> {
        Err("this spec was given without its files".to_owned())
    }
}

/// A `param` statement with a file.
pub(super) struct CouplingsStatement<'a> {
    pub name: &'a Name,
    pub place: Option<&'a Name>,
    pub file: &'a Spanned<String>,
}

/// The extents of a table of couplings on a lattice: those of the lattice, and
/// the number of sites or bonds in a cell where there are several. Those of
/// the edges of a graph are a list, in the order of its file. On a
/// complete lattice the couplings of bonds are a square matrix, of which the
/// entries above the diagonal are used.
fn expected(lattice: &Lattice, place: Place) -> (Vec<usize>, usize) {
    let mut shape: Vec<usize> = lattice.extents.iter().map(|&extent| extent as usize).collect();
    if let (Some(graph), Place::Bonds) = (&lattice.graph, place) {
        shape = vec![graph.edges().len()];
    }
    let points = match place {
        Place::Sites => lattice.basis(),
        Place::Bonds if lattice.shape == Shape::Complete => shape[0],
        Place::Bonds if lattice.shape == Shape::Graph => 1,
        Place::Bonds => lattice.bonds().len(),
    };
    if points != 1 {
        shape.push(points);
    }
    (shape, points)
}

impl Declarations<'_> {
    /// Reads the couplings of all `param` statements with files.
    pub(super) fn read_couplings(
        &mut self,
        statements: &[CouplingsStatement<'_>],
        files: &mut dyn Files,
        diagnostics: &mut Diagnostics,
    ) {
        for statement in statements {
            let couplings = self.read(statement, files, diagnostics);
            self.couplings_failed.push(couplings.is_none());
            self.site_couplings.push(couplings.unwrap_or_else(|| Couplings {
                name: statement.name.node.clone(),
                file: statement.file.node.clone(),
                sha256: String::new(),
                place: Place::Sites,
                points: 1,
                values: Vec::new().into(),
            }));
        }
    }

    fn read(
        &self,
        statement: &CouplingsStatement<'_>,
        files: &mut dyn Files,
        diagnostics: &mut Diagnostics,
    ) -> Option<Couplings> {
        let CouplingsStatement { name, file, .. } = statement;
        let place = place(statement.place, diagnostics)?;
        let mut refuse = |span: Span, code: &'static str, message: String, label: &str, hint: String| {
            diagnostics.push(Diagnostic::error(code, span, message).label(label).hint(hint));
            None
        };
        if self.lattice.is_point() {
            return refuse(
                name.span,
                "E0222",
                format!("`{}` has a number at every place of a lattice, and there is none", name.node),
                "on which lattice?",
                "declare one before, such as `lattice square(8, 8)`".to_owned(),
            );
        }
        let table = match files.table(&file.node) {
            Ok(table) => table,
            Err(why) => {
                let hint = "paths are relative to the spec; .npy arrays and .csv tables are read".to_owned();
                return refuse(file.span, "E0221", format!("{}: {why}", file.node), "cannot be read", hint);
            }
        };
        let (shape, points) = expected(&self.lattice, place);
        let mut cells: Vec<usize> = self.lattice.extents.iter().map(|&extent| extent as usize).collect();
        if self.lattice.graph.is_some() {
            cells.clone_from(&shape);
        }
        let with_points: Vec<usize> = cells.iter().copied().chain([points]).collect();
        let count = |shape: &[usize]| shape.iter().try_fold(1usize, |product, &extent| product.checked_mul(extent));
        // A text has two extents at most: a row for each cell stands in for more.
        let rows = [count(&cells)?, points];
        let long = |shape: &[usize]| shape.iter().copied().filter(|&extent| extent != 1).collect::<Vec<_>>();
        let fits = table.shape == shape
            || table.shape == with_points
            || (table.is_text && (long(&table.shape) == long(&shape) || (shape.len() > 2 && table.shape == rows)));
        if !fits || count(&table.shape) != Some(table.values.len()) {
            let what = if place == Place::Sites { "sites" } else { "bonds" };
            let text = |shape: &[usize]| {
                let extents: Vec<String> = shape.iter().map(usize::to_string).collect();
                format!("({})", extents.join(", "))
            };
            let wanted = match table.is_text && shape.len() > 2 {
                true => format!("{} rows of {}", rows[0], rows[1]),
                false => text(&shape),
            };
            return refuse(
                file.span,
                "E0222",
                format!(
                    "{} has the shape {}, and {what} of {} need {wanted}",
                    file.node,
                    text(&table.shape),
                    self.lattice
                ),
                "wrong shape",
                "cells row-major, then the sites or bonds of a cell in the order of the lattice's directions"
                    .to_owned(),
            );
        }
        if let Some(at) = table.values.iter().position(|value| !value.is_finite()) {
            let mut rest = at;
            let mut index: Vec<usize> = table
                .shape
                .iter()
                .rev()
                .map(|&extent| {
                    let at = rest % extent;
                    rest /= extent;
                    at
                })
                .collect();
            index.reverse();
            let value = table.values[at];
            return refuse(
                file.span,
                "E0223",
                format!("{} has the value {value} at {index:?}", file.node),
                "not a finite number",
                "couplings are numbers; write 0 where there is none".to_owned(),
            );
        }
        Some(Couplings {
            name: name.node.clone(),
            file: file.node.clone(),
            sha256: table.sha256,
            place,
            points,
            values: table.values.into(),
        })
    }

    /// Where the couplings with a name are.
    pub(super) fn couplings_place(&self, name: &str) -> Option<Place> {
        self.site_couplings.iter().find(|couplings| couplings.name == name).map(|couplings| couplings.place)
    }
}

fn place(place: Option<&Name>, diagnostics: &mut Diagnostics) -> Option<Place> {
    let Some(place) = place else { return Some(Place::Sites) };
    match place.node.as_str() {
        "sites" => Some(Place::Sites),
        "bonds" | "links" => Some(Place::Bonds),
        other => {
            let error = Diagnostic::error("E0210", place.span, format!("couplings do not live on `{other}`"))
                .label("unknown place");
            diagnostics.push(match nearest(other, ["sites", "bonds"]) {
                Some(known) => error.hint(format!("did you mean `{known}`?")),
                None => error.hint("places: sites (where nothing is said) and bonds"),
            });
            None
        }
    }
}
