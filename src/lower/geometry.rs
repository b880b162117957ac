//! The lattice of a `lattice` statement.

use super::constant::constant;
use super::files::Files;
use super::names::Params;
use crate::diagnostics::{Diagnostic, Diagnostics, Span};
use crate::model::{Boundary, Graph, Lattice, MAX_DIRECTIONS, Shape, read_edges};
use crate::spelling::nearest;
use crate::syntax::ast::{Expression, Name, Spanned};

/// The lattice of a `lattice` statement; `ends` are the directions that are
/// open and those that are twisted, all where the list is empty.
pub(super) fn read_lattice(
    shape: &Name,
    arguments: &[Expression],
    ends: [Option<&[Name]>; 2],
    params: &Params<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Lattice> {
    let example = match shape.node.as_str() {
        "ring" | "chain" => "ring(8)",
        "square" | "rectangular" => "square(8, 8)",
        "cubic" => "cubic(4, 4, 4)",
        "hypercubic" => "hypercubic(4, 4, 4, 4)",
        "complete" => "complete(8)",
        "triangular" => "triangular(6, 6)",
        "honeycomb" => "honeycomb(4, 4)",
        "kagome" => "kagome(4, 4)",
        "bcc" => "bcc(4, 4, 4)",
        "fcc" => "fcc(4, 4, 4)",
        "graph" => {
            diagnostics.push(
                Diagnostic::error("E0209", shape.span, "a graph is given by the file of its edges")
                    .label("which file?")
                    .hint("write, for example, lattice graph(\"edges.csv\")"),
            );
            return None;
        }
        other => {
            let shapes = [
                "ring",
                "chain",
                "square",
                "rectangular",
                "cubic",
                "hypercubic",
                "complete",
                "triangular",
                "honeycomb",
                "kagome",
                "bcc",
                "fcc",
                "graph",
            ];
            let error =
                Diagnostic::error("E0209", shape.span, format!("there is no lattice `{other}`")).label("unknown");
            diagnostics.push(match nearest(other, shapes) {
                Some(known) => error.hint(format!("did you mean `{known}`?")),
                None => error.hint(format!("lattices: {}", shapes.join(", "))),
            });
            return None;
        }
    };
    let mut extents = Vec::new();
    let mut failed = false;
    for argument in arguments {
        let Some(value) = constant(argument, params, diagnostics) else {
            failed = true;
            continue;
        };
        match value.to_i64() {
            Some(extent) if (1..=1 << 60).contains(&extent) => extents.push(extent as u64),
            _ => {
                diagnostics.push(
                    Diagnostic::error("E0209", argument.span, format!("a lattice cannot have the extent {value}"))
                        .label("not a number of sites")
                        .hint("extents are integers from 1 to 2^60"),
                );
                failed = true;
            }
        }
    }
    if failed {
        return None;
    }
    let wanted = match shape.node.as_str() {
        "ring" | "chain" | "complete" => (1, 1),
        "square" | "rectangular" | "triangular" | "honeycomb" | "kagome" => (2, 2),
        "cubic" | "bcc" | "fcc" => (3, 3),
        _ => (1, MAX_DIRECTIONS),
    };
    // square(8) is square(8, 8), cubic(4) is cubic(4, 4, 4).
    if extents.len() == 1 && wanted.0 == wanted.1 {
        extents = vec![extents[0]; wanted.0];
    }
    if !(wanted.0..=wanted.1).contains(&extents.len()) {
        let counts = if wanted.0 == wanted.1 { wanted.0.to_string() } else { format!("{} to {}", wanted.0, wanted.1) };
        diagnostics.push(
            Diagnostic::error(
                "E0209",
                shape.span,
                format!("`{}` has {counts} extents, not {}", shape.node, extents.len()),
            )
            .label("wrong number of extents")
            .hint(format!("write, for example, lattice {example}")),
        );
        return None;
    }
    let dimension = extents.len();
    let all = if shape.node == "chain" { Boundary::Open } else { Boundary::Periodic };
    let mut boundaries = vec![all; dimension];
    let mut clash = false;
    let mut said: Vec<Option<Boundary>> = vec![(all == Boundary::Open).then_some(all); dimension];
    for (list, (boundary, word)) in ends.into_iter().zip([(Boundary::Open, "open"), (Boundary::Twisted, "twisted")]) {
        let Some(directions) = list else { continue };
        if shape.node == "complete" {
            diagnostics.push(
                Diagnostic::error(
                    "E0209",
                    shape.span,
                    format!("a complete lattice has no boundary that could be {word}"),
                )
                .label("every pair of sites is a bond")
                .hint(format!("remove `{word}`")),
            );
            return None;
        }
        let mut end = |direction: usize, span: Span, diagnostics: &mut Diagnostics| {
            if said[direction].is_some_and(|known| known != boundary) {
                let letter = Lattice::direction_name(direction);
                diagnostics.push(
                    Diagnostic::error("E0209", span, format!("direction {letter} cannot be open and twisted at once"))
                        .label("which of the two?")
                        .hint("an open direction ends; around a twisted one fields change their sign"),
                );
                clash = true;
            }
            said[direction] = Some(boundary);
            boundaries[direction] = boundary;
        };
        if directions.is_empty() {
            (0..dimension).for_each(|direction| end(direction, shape.span, diagnostics));
        }
        for direction in directions {
            match (0..dimension).find(|&d| Lattice::direction_name(d) == direction.node) {
                Some(d) => end(d, direction.span, diagnostics),
                None => {
                    let names: Vec<String> = (0..dimension).map(Lattice::direction_name).collect();
                    diagnostics.push(
                        Diagnostic::error(
                            "E0209",
                            direction.span,
                            format!("there is no direction `{}`", direction.node),
                        )
                        .label("unknown direction")
                        .hint(format!("the directions of this lattice: {}", names.join(", "))),
                    );
                    failed = true;
                }
            }
        }
    }
    let shape = match shape.node.as_str() {
        "complete" => Shape::Complete,
        "triangular" => Shape::Triangular,
        "honeycomb" => Shape::Honeycomb,
        "kagome" => Shape::Kagome,
        "bcc" => Shape::BodyCentered,
        "fcc" => Shape::FaceCentered,
        _ if dimension == 1 => Shape::Line,
        _ => Shape::Hypercubic,
    };
    (!failed && !clash).then_some(Lattice { shape, extents, boundaries, graph: None })
}

/// The lattice of a `lattice graph("edges.csv")` statement.
pub(super) fn read_graph(
    shape: &Name,
    file: &Spanned<String>,
    files: &mut dyn Files,
    diagnostics: &mut Diagnostics,
) -> Option<Lattice> {
    if shape.node != "graph" {
        diagnostics.push(
            Diagnostic::error("E0209", shape.span, format!("`{}` has extents, not a file", shape.node))
                .label("not read from a file")
                .hint("write numbers of sites, as in `lattice square(8, 8)`, or lattice graph(\"edges.csv\")"),
        );
        return None;
    }
    let read = files.text(&file.node).and_then(|(text, sha256)| Ok((read_edges(&text)?, sha256)));
    let (edges, sha256) = match read {
        Ok(read) => read,
        Err(why) => {
            diagnostics.push(
                Diagnostic::error("E0221", file.span, format!("{}: {why}", file.node))
                    .label("cannot be read")
                    .hint("a line for each edge: the numbers of its two sites, which begin at 0, as in `0,1`"),
            );
            return None;
        }
    };
    let graph = Graph::new(file.node.clone(), sha256, edges);
    if graph.neighbours(0).is_empty() {
        diagnostics.push(
            Diagnostic::warning("W0205", file.span, format!("no edge of {} has the site 0", file.node))
                .label(format!("{} sites, from 0 to {}", graph.sites(), graph.sites() - 1))
                .hint("sites are numbered from 0; subtract 1 where the file begins at 1"),
        );
    }
    Some(Lattice::of_graph(graph))
}
