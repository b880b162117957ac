//! Point groups of lattices by name, in their standard settings.
//!
//! A point group is a list of generating [`Isometry`]s about the lattice's
//! centre. Names are those of Schoenflies (`C4`, `D2h`) and of Hermann and
//! Mauguin (`4mm`, `m-3m`), as in the International Tables for Crystallography,
//! volume A. Main axes lie along z, further ones along x; axes of order three of
//! the cubic groups along the diagonal of x, y and z. In the plane `D1`
//! reverses x, and `cm` and `cmm` have their mirrors along the diagonals of
//! square lattices; on lattices with hexagons `cm` and `31m` have a mirror along
//! the first cell vector, `3m1` one across it.

use super::NoSuchSymmetry;
use super::space::{Matrix, closure, identity, placed};
use crate::model::geometry::Isometry;
use crate::model::lattice::{Lattice, Shape};
use crate::spelling::nearest;

/// A group with a name.
struct Named {
    /// The name to be shown first, then the others.
    names: &'static [&'static str],
    /// Generators: what each does, and its matrix along the cell vectors.
    generators: Vec<(String, Matrix)>,
}

/// The generators of the point group of a lattice: all of it, or the subgroup
/// with a name. An error where the lattice has no such group, or its extents
/// and boundaries break it.
pub fn point_group(lattice: &Lattice, name: Option<&str>) -> Result<Vec<Isometry>, NoSuchSymmetry> {
    geometric(lattice, "point_group")?;
    let groups = groups(lattice);
    let generators = match name {
        None => holohedry(lattice),
        Some(name) => match groups.iter().find(|group| group.names.contains(&name)) {
            Some(group) => group.generators.clone(),
            None => {
                let names: Vec<&str> = groups.iter().map(|group| group.names[0]).collect();
                return Err(NoSuchSymmetry {
                    message: format!("the lattice {lattice} has no point group called `{name}`"),
                    hint: match nearest(name, names.iter().copied()) {
                        // Two letters are near to any other two.
                        Some(known) if name.len() > 2 => format!("did you mean `{known}`?"),
                        _ => format!("its point groups are: {}", names.join(", ")),
                    },
                });
            }
        },
    };
    let mut isometries = Vec::new();
    for (what, matrix) in generators {
        match placed(lattice, what.clone(), matrix) {
            Ok(isometry) => isometries.push(isometry),
            Err(reason) => {
                let group = match name {
                    Some(name) => format!("the point group {name}"),
                    None => "its full point group".to_owned(),
                };
                return Err(NoSuchSymmetry {
                    message: format!("{lattice} does not have {group}: the {what} {reason}"),
                    hint: match largest(lattice, &groups) {
                        Some((known, order)) => {
                            format!("the largest named group that it has is `{known}`, of order {order}")
                        }
                        None => "leave the point group out".to_owned(),
                    },
                });
            }
        }
    }
    Ok(isometries)
}

/// The name of the point group of a space group of the lattice that has all
/// its translations (a symmorphic one): `p4m` of a square lattice is `4mm`,
/// `Fm-3m` of a face-centred one `m-3m`. `None` for other names.
pub fn space_group(lattice: &Lattice, name: &str) -> Option<&'static str> {
    let known =
        |wanted: &str| groups(lattice).iter().find(|group| group.names.contains(&wanted)).map(|group| group.names[0]);
    let plane = match (name, lattice.shape, lattice.dimension()) {
        (_, Shape::Point | Shape::Complete | Shape::Graph, _) => return None,
        ("p1", _, 1 | 2) => "C1",
        ("pm" | "p1m" | "pm1", _, 1) => "D1",
        ("p2", _, 2) => "C2",
        ("pm" | "p1m1", Shape::Hypercubic, 2) => "D1",
        ("pmm" | "p2mm", Shape::Hypercubic, 2) => "D2",
        ("cm" | "c1m1", _, 2) => "cm",
        ("cmm" | "c2mm", _, 2) => "cmm",
        ("p4", _, 2) => "C4",
        ("p4m" | "p4mm", _, 2) => "D4",
        ("p3", _, 2) => "C3",
        ("p3m1", _, 2) => "3m1",
        ("p31m", _, 2) => "31m",
        ("p6", _, 2) => "C6",
        ("p6m" | "p6mm", _, 2) => "D6",
        _ => "",
    };
    if !plane.is_empty() {
        return known(plane);
    }
    let letter = match lattice.shape {
        Shape::Hypercubic if lattice.dimension() == 3 => 'P',
        Shape::BodyCentered => 'I',
        Shape::FaceCentered => 'F',
        _ => return None,
    };
    let rest = name.strip_prefix(letter)?;
    // Of Schoenflies' names none is part of the name of a space group. Groups
    // with one axis of order two have it along y by their short names, and
    // axes of order three along the diagonal have another cell.
    if rest.starts_with(|c: char| "CDTOS".contains(c)) || ["2", "m", "2/m"].contains(&rest) {
        return None;
    }
    if ["3", "-3", "32", "3m", "-3m"].contains(&rest) {
        return None;
    }
    known(rest)
}

/// The names of the point groups of a lattice, each group's first.
pub fn point_group_names(lattice: &Lattice) -> Vec<&'static str> {
    groups(lattice).iter().map(|group| group.names[0]).collect()
}

/// Refuses lattices without a geometry.
pub(super) fn geometric(lattice: &Lattice, what: &str) -> Result<(), NoSuchSymmetry> {
    match lattice.shape {
        Shape::Point => Err(NoSuchSymmetry {
            message: format!("`{what}` needs a lattice, and this spec has none"),
            hint: "declare a lattice, such as `lattice ring(8)`, or use `permutation` or `flip(...)`".to_owned(),
        }),
        Shape::Complete => Err(NoSuchSymmetry {
            message: format!("a complete lattice has no geometry, so no `{what}`"),
            hint: "use `symmetry permutation`: every permutation of the sites".to_owned(),
        }),
        Shape::Graph => Err(NoSuchSymmetry {
            message: format!("a graph has no geometry, so no `{what}`"),
            hint: "use `symmetry graph_automorphism`: the permutations of the sites that keep the edges".to_owned(),
        }),
        _ => Ok(()),
    }
}

/// The reversals of the directions: of those along the cell vectors of
/// hypercubic lattices, of the Cartesian ones of bcc and fcc, and of the mirrors
/// along and across the first cell vector of lattices with hexagons.
pub(super) fn reversals(lattice: &Lattice) -> Vec<(String, Matrix)> {
    if is_hexagonal(lattice) {
        return vec![across(), along()];
    }
    (0..lattice.dimension())
        .map(|direction| {
            let mut matrix = identity(lattice.dimension());
            matrix[direction][direction] = -1;
            (format!("reversal of {}", Lattice::direction_name(direction)), from_cartesian(lattice, &matrix))
        })
        .collect()
}

fn is_hexagonal(lattice: &Lattice) -> bool {
    matches!(lattice.shape, Shape::Triangular | Shape::Honeycomb | Shape::Kagome)
}

/// Generators of all motions of the lattice that keep its centre.
fn holohedry(lattice: &Lattice) -> Vec<(String, Matrix)> {
    if is_hexagonal(lattice) {
        return vec![turn(60), along()];
    }
    let dimension = lattice.dimension();
    let mut generators = reversals(lattice);
    generators.extend((1..dimension).map(|direction| {
        let mut matrix = identity(dimension);
        matrix.swap(direction - 1, direction);
        let names = (Lattice::direction_name(direction - 1), Lattice::direction_name(direction));
        (format!("exchange of {} and {}", names.0, names.1), from_cartesian(lattice, &matrix))
    }));
    generators
}

/// The named group of the largest order that the extents and boundaries
/// leave, with its order.
fn largest(lattice: &Lattice, groups: &[Named]) -> Option<(String, usize)> {
    let fits = |group: &Named| {
        group.generators.iter().all(|(name, matrix)| placed(lattice, name.clone(), matrix.clone()).is_ok())
    };
    let mut best: Option<(String, usize)> = None;
    for group in groups.iter().filter(|group| fits(group)) {
        let order = closure(lattice.dimension(), group.generators.iter().map(|(_, matrix)| matrix.clone())).len();
        if order > 1 && best.as_ref().is_none_or(|(_, known)| order > *known) {
            let name = match group.names[0] {
                "reflection" => "reflection".to_owned(),
                name if name.starts_with(|c: char| c.is_ascii_digit()) => format!("point_group(\"{name}\")"),
                name => format!("point_group({name})"),
            };
            best = Some((name, order));
        }
    }
    best
}

/// The matrix along the cell vectors of a Cartesian one that keeps the
/// lattice. With A the matrix whose rows are the cell vectors, positions are
/// A^T p, so that R A^T = A^T M. The cell vectors of bcc and fcc lattices are
/// those of which A A' is a multiple of the identity for an integer A'.
fn from_cartesian(lattice: &Lattice, cartesian: &Matrix) -> Matrix {
    let Some(inverse) = inverse(lattice.shape) else { return cartesian.clone() };
    let Some(vectors) = lattice.geometry().cartesian else { return cartesian.clone() };
    // Both are symmetric, so their transposes need not be told apart.
    let doubled = super::space::product(&inverse, &super::space::product(cartesian, &vectors));
    doubled.into_iter().map(|row| row.into_iter().map(|entry| entry / 2).collect()).collect()
}

/// The inverse of the matrix of cell vectors, up to a factor, where it is not
/// the identity.
fn inverse(shape: Shape) -> Option<Matrix> {
    match shape {
        // Of rows (-1,1,1), (1,-1,1), (1,1,-1): half of (0,1,1) and so on.
        Shape::BodyCentered => Some(vec![vec![0, 1, 1], vec![1, 0, 1], vec![1, 1, 0]]),
        // And of (0,1,1), (1,0,1), (1,1,0): half of the former.
        Shape::FaceCentered => Some(vec![vec![-1, 1, 1], vec![1, -1, 1], vec![1, 1, -1]]),
        _ => None,
    }
}

/// The shortest lattice vector along a Cartesian direction of a cubic lattice,
/// in coordinates along the cell vectors.
pub(super) fn primitive_along(lattice: &Lattice, direction: &[i64]) -> Vec<i64> {
    let along: Vec<i64> = match inverse(lattice.shape) {
        None => direction.to_vec(),
        Some(rows) => rows.iter().map(|row| row.iter().zip(direction).map(|(a, b)| a * b).sum()).collect(),
    };
    let common = along.iter().fold(0, |known: i64, &entry| {
        let (mut a, mut b) = (known.abs(), entry.abs());
        while b != 0 {
            (a, b) = (b, a % b);
        }
        a
    });
    along.iter().map(|entry| entry / common.max(1)).collect()
}

/// The rotation by a multiple of 60 degrees of a lattice with hexagons.
fn turn(degrees: usize) -> (String, Matrix) {
    let sixth: Matrix = vec![vec![0, -1], vec![1, 1]];
    let matrix = (0..degrees / 60).fold(identity(2), |power, _| super::space::product(&sixth, &power));
    (format!("rotation by {degrees} degrees"), matrix)
}

/// The mirror along the first cell vector of a lattice with hexagons.
fn along() -> (String, Matrix) {
    ("mirror along x".to_owned(), vec![vec![1, 1], vec![0, -1]])
}

/// The mirror across the first cell vector of a lattice with hexagons.
fn across() -> (String, Matrix) {
    ("mirror across x".to_owned(), vec![vec![-1, -1], vec![0, 1]])
}

/// All groups with names.
fn groups(lattice: &Lattice) -> Vec<Named> {
    let group = |names, generators| Named { names, generators };
    if is_hexagonal(lattice) {
        return vec![
            group(&["C1", "1"], vec![]),
            group(&["C2", "2"], vec![turn(180)]),
            group(&["C3", "3"], vec![turn(120)]),
            group(&["C6", "6"], vec![turn(60)]),
            group(&["D1", "m", "cm"], vec![along()]),
            group(&["D2", "2mm", "mm2", "cmm"], vec![across(), along()]),
            group(&["31m"], vec![turn(120), along()]),
            group(&["3m1", "D3", "3m"], vec![turn(120), across()]),
            group(&["D6", "6mm"], vec![turn(60), along()]),
        ];
    }
    let named = |name: &str, rows: &[&[i64]]| {
        let matrix: Matrix = rows.iter().map(|row| row.to_vec()).collect();
        (name.to_owned(), from_cartesian(lattice, &matrix))
    };
    match lattice.dimension() {
        1 => vec![group(&["C1", "1"], vec![]), group(&["D1", "m"], reversals(lattice))],
        2 => {
            let quarter = || named("rotation by 90 degrees", &[&[0, -1], &[1, 0]]);
            let half = || named("rotation by 180 degrees", &[&[-1, 0], &[0, -1]]);
            let reversal = || named("reversal of x", &[&[-1, 0], &[0, 1]]);
            let exchange = || named("exchange of x and y", &[&[0, 1], &[1, 0]]);
            vec![
                group(&["C1", "1"], vec![]),
                group(&["C2", "2"], vec![half()]),
                group(&["C4", "4"], vec![quarter()]),
                group(&["D1", "m"], vec![reversal()]),
                group(&["D2", "2mm", "mm2", "mm"], reversals(lattice)),
                group(&["cm"], vec![exchange()]),
                group(&["cmm"], vec![half(), exchange()]),
                group(&["D4", "4mm", "4m"], vec![quarter(), reversal()]),
            ]
        }
        3 => {
            let inversion = || named("inversion", &[&[-1, 0, 0], &[0, -1, 0], &[0, 0, -1]]);
            let half_z = || named("rotation by 180 degrees about z", &[&[-1, 0, 0], &[0, -1, 0], &[0, 0, 1]]);
            let half_x = || named("rotation by 180 degrees about x", &[&[1, 0, 0], &[0, -1, 0], &[0, 0, -1]]);
            let quarter = || named("rotation by 90 degrees about z", &[&[0, -1, 0], &[1, 0, 0], &[0, 0, 1]]);
            let improper =
                || named("rotation by 90 degrees about z with inversion", &[&[0, 1, 0], &[-1, 0, 0], &[0, 0, -1]]);
            let third = || named("rotation by 120 degrees about x+y+z", &[&[0, 0, 1], &[1, 0, 0], &[0, 1, 0]]);
            let across = || named("rotation by 180 degrees about x-y", &[&[0, -1, 0], &[-1, 0, 0], &[0, 0, -1]]);
            let exchange = || named("exchange of x and y", &[&[0, 1, 0], &[1, 0, 0], &[0, 0, 1]]);
            let mirror_x = || named("reversal of x", &[&[-1, 0, 0], &[0, 1, 0], &[0, 0, 1]]);
            let mirror_z = || named("reversal of z", &[&[1, 0, 0], &[0, 1, 0], &[0, 0, -1]]);
            vec![
                group(&["C1", "1"], vec![]),
                group(&["Ci", "-1"], vec![inversion()]),
                group(&["C2", "2"], vec![half_z()]),
                group(&["Cs", "m"], vec![mirror_z()]),
                group(&["C2h", "2/m"], vec![half_z(), inversion()]),
                group(&["D2", "222"], vec![half_z(), half_x()]),
                group(&["C2v", "mm2"], vec![half_z(), mirror_x()]),
                group(&["D2h", "mmm"], reversals(lattice)),
                group(&["C4", "4"], vec![quarter()]),
                group(&["S4", "-4"], vec![improper()]),
                group(&["C4h", "4/m"], vec![quarter(), inversion()]),
                group(&["D4", "422"], vec![quarter(), half_x()]),
                group(&["C4v", "4mm"], vec![quarter(), mirror_x()]),
                group(&["D2d", "-42m"], vec![improper(), half_x()]),
                group(&["-4m2"], vec![improper(), mirror_x()]),
                group(&["D4h", "4/mmm"], vec![quarter(), half_x(), inversion()]),
                group(&["C3", "3"], vec![third()]),
                group(&["C3i", "S6", "-3"], vec![third(), inversion()]),
                group(&["D3", "32"], vec![third(), across()]),
                group(&["C3v", "3m"], vec![third(), exchange()]),
                group(&["D3d", "-3m"], vec![third(), exchange(), inversion()]),
                group(&["T", "23"], vec![half_z(), third()]),
                group(&["Th", "m-3", "m3"], vec![mirror_x(), third()]),
                group(&["O", "432"], vec![quarter(), third()]),
                group(&["Td", "-43m"], vec![improper(), third()]),
                group(&["Oh", "m-3m", "m3m"], vec![quarter(), third(), inversion()]),
            ]
        }
        dimension => {
            let all: Matrix =
                identity(dimension).into_iter().map(|row| row.into_iter().map(|entry| -entry).collect()).collect();
            vec![
                group(&["C1", "1"], vec![]),
                group(&["Ci", "-1"], vec![("inversion".to_owned(), all)]),
                group(&["reflection"], reversals(lattice)),
            ]
        }
    }
}
