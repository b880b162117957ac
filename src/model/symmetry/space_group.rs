//! Space groups of lattices by name and cell.
//!
//! Enters a name of Hermann and Mauguin, in its short or full form, and the
//! cell that its translations repeat; leaves generating [`Isometry`]s of the
//! lattice. `space_groups.txt` holds the line groups, the 17 plane groups and
//! the 230 space groups in the settings of the International Tables for
//! Crystallography, volume A (the second origin where there are two,
//! hexagonal axes for rhombohedral groups): a line has the dimension, the
//! number, the names and generators as coordinate triplets, to which the
//! centring that the first letter names is to be added.
//!
//! A triplet with the matrix W and the shift w, in a cell whose vectors are the
//! columns of P in coordinates along the cell vectors of the lattice, is the
//! motion p -> M (p - o) + o + P w with M = P W P^-1 and the origin o. It is a
//! symmetry where M keeps all distances and sites go to sites; then the
//! translations of the group are those by the columns of P and by the centring
//! vectors, a sublattice of the lattice's.

use std::fmt;

use super::NoSuchSymmetry;
use super::point_group::{geometric, primitive_along};
use super::space::{Matrix, identity, moved, product};
use crate::model::geometry::Isometry;
use crate::model::lattice::{Boundary, Lattice, Shape};

const TABLE: &str = include_str!("space_groups.txt");

/// Shifts and origins are in units of one part of so many of a cell.
const PARTS: i64 = 24;

/// The greatest length of a cell, in lattice vectors.
const LONGEST: i64 = 1 << 16;

/// The translations of a space group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SpaceCell {
    /// All of the lattice.
    Lattice,
    /// Those of a cell along the axes that fit the group, by its lengths in
    /// units of the shortest lattice vectors along them.
    Lengths(Vec<i64>),
    /// Those of a cell given by its vectors, in coordinates along the cell
    /// vectors of the lattice.
    Vectors(Vec<Vec<i64>>),
}

impl fmt::Display for SpaceCell {
    /// As it is written in a spec, such as `cell(2, 1)`; nothing for all
    /// translations of the lattice.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |numbers: &[i64]| numbers.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
        match self {
            SpaceCell::Lattice => Ok(()),
            SpaceCell::Lengths(lengths) => write!(f, "cell({})", list(lengths)),
            SpaceCell::Vectors(vectors) => {
                let parts: Vec<String> = vectors.iter().map(|vector| format!("({})", list(vector))).collect();
                write!(f, "cell({})", parts.join(", "))
            }
        }
    }
}

/// A group in the coordinates of its own cell.
struct Setting {
    name: &'static str,
    operations: Vec<(&'static str, Matrix, Vec<i64>)>,
    /// The shifts of the centring besides none.
    centring: Vec<Vec<i64>>,
}

/// Whether there is a space group of a dimension with a name. Blanks and
/// underscores do not matter: `P 2_1/c` is `P21/c`.
pub fn is_space_group(dimension: usize, name: &str) -> bool {
    setting(dimension, name).is_some()
}

/// Generators of a space group: its translations, unless they are all of the
/// lattice, and motions besides. The origin is in coordinates along the cell
/// vectors from the centre of the lattice's point group, as numerators over 24.
///
/// An error where the lattice has no such group, or its extents and boundaries
/// break it.
pub fn space_group_motions(
    lattice: &Lattice,
    name: &str,
    cell: &SpaceCell,
    origin: &[i64],
) -> Result<Vec<Isometry>, NoSuchSymmetry> {
    geometric(lattice, "space_group")?;
    let refuse = |message: String, hint: String| Err(NoSuchSymmetry { message, hint });
    let Some(setting) = setting(lattice.dimension(), name) else {
        return refuse(
            format!("there is no space group `{name}` in {} dimensions", lattice.dimension()),
            "names are those of Hermann and Mauguin, such as p4g or \"Pnma\"".to_owned(),
        );
    };
    let vectors = match cell {
        SpaceCell::Lattice => whole(lattice, &setting),
        SpaceCell::Lengths(lengths) => axes(lattice, &setting)
            .map(|family| multiplied(&family, lengths))
            .filter(|vectors| fits(lattice, &setting, vectors)),
        SpaceCell::Vectors(vectors) => Some(vectors.clone()).filter(|vectors| fits(lattice, &setting, vectors)),
    };
    let Some(vectors) = vectors else {
        let what = match cell {
            SpaceCell::Lattice => {
                format!("`{}` is no space group of {lattice} with all its translations", setting.name)
            }
            _ => format!("{lattice} does not have the space group `{}` with this cell", setting.name),
        };
        return refuse(what, hint(lattice, &setting));
    };
    let periods = periods(&setting, &vectors);
    for (direction, &period) in periods.iter().enumerate() {
        let letter = Lattice::direction_name(direction);
        if lattice.boundaries[direction] == Boundary::Open {
            return refuse(
                format!(
                    "the space group `{}` has translations, and direction {letter} of {lattice} ends",
                    setting.name
                ),
                format!("make direction {letter} periodic, or use `point_group` or `map(...)`"),
            );
        }
        if lattice.extents[direction] as i128 % period != 0 {
            let shown: Vec<String> = periods.iter().map(i128::to_string).collect();
            return refuse(
                format!(
                    "{lattice} is not made of whole cells of `{}`: they repeat after {period} along {letter}",
                    setting.name
                ),
                format!("extents that are multiples of {} hold whole cells", shown.join(" and ")),
            );
        }
    }
    let mut motions = match cell {
        SpaceCell::Lattice => Vec::new(),
        _ => translations(lattice, &setting, &vectors).unwrap_or_default(),
    };
    match placed(lattice, &setting, &vectors, origin) {
        Ok(more) => motions.extend(more),
        Err(reason) => {
            return refuse(
                format!("{lattice} does not have the space group `{}`: its {reason}", setting.name),
                match reason.contains("extents") {
                    true => "give directions that the group exchanges the same extent".to_owned(),
                    false => "leave `origin` out, or give one at which the group takes sites to sites".to_owned(),
                },
            );
        }
    }
    Ok(motions)
}

/// The smallest cell with which a lattice has a space group; `None` where there
/// is none.
pub fn space_group_cell(lattice: &Lattice, name: &str) -> Option<SpaceCell> {
    geometric(lattice, "space_group").ok()?;
    smallest(lattice, &setting(lattice.dimension(), name)?)
}

fn hint(lattice: &Lattice, setting: &Setting) -> String {
    match smallest(lattice, setting) {
        Some(cell) => {
            format!("with the translations of a cell it is one: write space_group({}, {cell})", written(setting.name))
        }
        None => format!("no cell of this lattice has the motions of `{}`; other lattices may", setting.name),
    }
}

/// A name as it is written in a spec.
pub(crate) fn written(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric());
    if plain { name.to_owned() } else { format!("\"{name}\"") }
}

/// The group with a name.
fn setting(dimension: usize, name: &str) -> Option<Setting> {
    let plain: String = name.chars().filter(|c| !c.is_whitespace() && *c != '_').collect();
    let dimension_word = dimension.to_string();
    TABLE.lines().find_map(|line| {
        let mut words = line.split(' ').filter(|word| !word.is_empty());
        if words.next()? != dimension_word {
            return None;
        }
        let names = words.nth(1)?;
        if !names.split('=').any(|known| known == plain) {
            return None;
        }
        let name = names.rsplit('=').next()?;
        let operations = words.map(|triplet| operation(triplet, dimension)).collect();
        Some(Setting { name, operations, centring: centring(names, dimension) })
    })
}

/// A coordinate triplet: what is written, its matrix and its shift.
fn operation(triplet: &'static str, dimension: usize) -> (&'static str, Matrix, Vec<i64>) {
    let (mut matrix, mut shift) = (vec![vec![0; dimension]; dimension], vec![0; dimension]);
    for (row, text) in triplet.split(',').enumerate() {
        let (mut sign, mut numerator) = (1, 0);
        for byte in text.bytes() {
            match byte {
                b'+' => sign = 1,
                b'-' => sign = -1,
                b'x' | b'y' | b'z' => matrix[row][(byte - b'x') as usize] += sign,
                b'/' => {}
                digit if numerator == 0 => numerator = sign * i64::from(digit - b'0'),
                digit => shift[row] += numerator * PARTS / i64::from(digit - b'0'),
            }
        }
    }
    (triplet, matrix, shift)
}

/// The shifts of a centring by its letter.
fn centring(names: &str, dimension: usize) -> Vec<Vec<i64>> {
    match (names.chars().next(), dimension) {
        (Some('c'), 2) => vec![vec![12, 12]],
        (Some('A'), _) => vec![vec![0, 12, 12]],
        (Some('B'), _) => vec![vec![12, 0, 12]],
        (Some('C'), _) => vec![vec![12, 12, 0]],
        (Some('I'), _) => vec![vec![12, 12, 12]],
        (Some('F'), _) => vec![vec![0, 12, 12], vec![12, 0, 12], vec![12, 12, 0]],
        (Some('R'), _) => vec![vec![16, 8, 8], vec![8, 16, 16]],
        _ => Vec::new(),
    }
}

/// The axes along which cells are looked for: shortest lattice vectors along
/// them. In three dimensions they are right-handed; cells along the diagonal
/// of a cube come in the two orientations that rhombohedral centring tells
/// apart.
fn families(lattice: &Lattice) -> Vec<Vec<Vec<i64>>> {
    match (lattice.shape, lattice.dimension()) {
        (Shape::Triangular | Shape::Honeycomb | Shape::Kagome, _) => vec![
            vec![vec![1, 0], vec![-1, 1]],
            vec![vec![1, 1], vec![-2, 1]],
            vec![vec![1, 0], vec![-1, 2]],
            vec![vec![-1, 2], vec![-1, 0]],
        ],
        (_, 1) => vec![vec![vec![1]]],
        (_, 2) => vec![vec![vec![1, 0], vec![0, 1]], vec![vec![1, 1], vec![-1, 1]]],
        (_, 3) => {
            let along = |axes: [[i64; 3]; 3]| axes.iter().map(|axis| primitive_along(lattice, axis)).collect();
            let mut families: Vec<Vec<Vec<i64>>> = vec![along([[1, 0, 0], [0, 1, 0], [0, 0, 1]])];
            for [a, b, c] in [
                [[1, 1, 0], [-1, 1, 0], [0, 0, 1]],
                [[0, 1, 1], [0, -1, 1], [1, 0, 0]],
                [[1, 0, 1], [1, 0, -1], [0, 1, 0]],
            ] {
                families.extend([along([a, b, c]), along([b, c, a]), along([c, a, b])]);
            }
            families.extend([
                along([[1, -1, 0], [0, 1, -1], [1, 1, 1]]),
                along([[-1, 1, 0], [0, -1, 1], [1, 1, 1]]),
                along([[2, -1, -1], [-1, 2, -1], [1, 1, 1]]),
                along([[-2, 1, 1], [1, -2, 1], [1, 1, 1]]),
            ]);
            families
        }
        _ => Vec::new(),
    }
}

fn multiplied(family: &[Vec<i64>], lengths: &[i64]) -> Vec<Vec<i64>> {
    family.iter().zip(lengths).map(|(vector, &n)| vector.iter().map(|entry| entry * n).collect()).collect()
}

/// Lengths that are tried, smaller cells first.
fn lengths(dimension: usize) -> Vec<Vec<i64>> {
    let mut all: Vec<Vec<i64>> = vec![Vec::new()];
    for _ in 0..dimension {
        let longer = |known: &Vec<i64>| {
            let known = known.clone();
            [1, 2, 3, 4, 6].into_iter().map(move |n| known.iter().copied().chain([n]).collect::<Vec<i64>>())
        };
        all = all.iter().flat_map(longer).collect();
    }
    all.sort_by_key(|lengths| lengths.iter().product::<i64>());
    all
}

/// The axes that the lengths of a cell are along: the first that the rotations
/// of a group keep, with some lengths.
fn axes(lattice: &Lattice, setting: &Setting) -> Option<Vec<Vec<i64>>> {
    let geometry = lattice.geometry();
    let all = lengths(lattice.dimension());
    families(lattice).into_iter().find(|family| {
        all.iter().any(|lengths| {
            let vectors = multiplied(family, lengths);
            let keeps = |(_, matrix, _): &(&str, Matrix, Vec<i64>)| {
                turned(&vectors, matrix).is_some_and(|matrix| geometry.keeps_distances(&matrix))
            };
            setting.operations.iter().all(keeps)
        })
    })
}

/// The first cell, along the axes in order, with which a lattice has a group.
fn smallest(lattice: &Lattice, setting: &Setting) -> Option<SpaceCell> {
    let all = lengths(lattice.dimension());
    let own = axes(lattice, setting);
    families(lattice).iter().find_map(|family| {
        let fit = |lengths: &&Vec<i64>| fits(lattice, setting, &multiplied(family, lengths));
        let lengths = all.iter().find(fit)?;
        Some(match own.as_ref() == Some(family) {
            true => SpaceCell::Lengths(lengths.clone()),
            false => SpaceCell::Vectors(multiplied(family, lengths)),
        })
    })
}

/// A cell whose translations are all of the lattice.
fn whole(lattice: &Lattice, setting: &Setting) -> Option<Vec<Vec<i64>>> {
    let points = setting.centring.len() as i128 + 1;
    let all = lengths(lattice.dimension());
    families(lattice).iter().find_map(|family| {
        let cells = all.iter().map(|lengths| multiplied(family, lengths));
        cells.filter(|vectors| determinant(vectors).abs() == points).find(|vectors| fits(lattice, setting, vectors))
    })
}

/// Whether the infinite lattice has a group with a cell, at some origin.
fn fits(lattice: &Lattice, setting: &Setting, vectors: &[Vec<i64>]) -> bool {
    let dimension = lattice.dimension();
    let shaped = vectors.len() == dimension
        && vectors.iter().all(|v| v.len() == dimension && v.iter().all(|entry| entry.abs() <= 8 * LONGEST));
    if !shaped || determinant(vectors) == 0 {
        return false;
    }
    let infinite = Lattice {
        shape: lattice.shape,
        extents: vec![48; dimension],
        boundaries: vec![Boundary::Periodic; dimension],
        graph: None,
    };
    translations(&infinite, setting, vectors).is_some()
        && setting.operations.iter().all(|(_, matrix, _)| {
            turned(vectors, matrix).is_some_and(|matrix| infinite.geometry().keeps_distances(&matrix))
        })
        && placed(&infinite, setting, vectors, &vec![0; dimension]).is_ok()
}

/// The motions of a group besides translations, or which is none and why.
fn placed(lattice: &Lattice, setting: &Setting, vectors: &[Vec<i64>], origin: &[i64]) -> Result<Vec<Isometry>, String> {
    let scale = i128::from(lattice.geometry().scale);
    let dimension = lattice.dimension();
    let mut motions = Vec::new();
    for (triplet, matrix, shift) in &setting.operations {
        let Some(turned) = turned(vectors, matrix) else {
            return Err(format!("{triplet} does not keep the lattice"));
        };
        let mut steps = Vec::with_capacity(dimension);
        for row in 0..dimension {
            let by = (0..dimension).map(|k| i128::from(vectors[k][row]) * i128::from(shift[k])).sum::<i128>();
            let moved = (0..dimension).map(|k| i128::from(turned[row][k]) * i128::from(origin[k])).sum::<i128>();
            let parts = scale * (by + i128::from(origin[row]) - moved);
            match i64::try_from(parts / i128::from(PARTS)) {
                Ok(step) if parts % i128::from(PARTS) == 0 => steps.push(step),
                _ => return Err(format!("{triplet} does not take sites to sites")),
            }
        }
        let name = format!("{triplet} of {}", setting.name);
        motions.push(moved(lattice, name, turned, &steps).map_err(|reason| format!("{triplet} {reason}"))?);
    }
    Ok(motions)
}

/// The translations by the cell's vectors and the centring; `None` where one is
/// none of the lattice.
fn translations(lattice: &Lattice, setting: &Setting, vectors: &[Vec<i64>]) -> Option<Vec<Isometry>> {
    let mut steps: Vec<Vec<i64>> = vectors.to_vec();
    for shift in &setting.centring {
        let row = |row: usize| {
            let parts = vectors.iter().zip(shift).map(|(vector, part)| vector[row] * part).sum::<i64>();
            (parts % PARTS == 0).then_some(parts / PARTS)
        };
        steps.push((0..vectors.len()).map(row).collect::<Option<_>>()?);
    }
    let scale = lattice.geometry().scale;
    let isometry = |step: Vec<i64>| {
        let text: Vec<String> = step.iter().map(i64::to_string).collect();
        Isometry {
            name: format!("translation by ({})", text.join(", ")),
            matrix: identity(vectors.len()),
            shift: step.iter().map(|entry| entry * scale).collect(),
        }
    };
    Some(steps.into_iter().map(isometry).collect())
}

/// The matrix along the lattice's cell vectors of one along those of a cell;
/// `None` where it is not of integers.
fn turned(vectors: &[Vec<i64>], matrix: &Matrix) -> Option<Matrix> {
    let dimension = vectors.len();
    let columns: Matrix = (0..dimension).map(|row| vectors.iter().map(|vector| vector[row]).collect()).collect();
    let determinant = determinant(vectors);
    let adjugate = adjugate(&columns);
    let first = product(&columns, matrix);
    (0..dimension)
        .map(|row| {
            let entry = |column: usize| {
                let sum = (0..dimension).map(|k| i128::from(first[row][k]) * adjugate[k][column]).sum::<i128>();
                (sum % determinant == 0).then(|| i64::try_from(sum / determinant).ok()).flatten()
            };
            (0..dimension).map(entry).collect()
        })
        .collect()
}

/// After how many steps along each direction the translations of a group
/// repeat.
fn periods(setting: &Setting, vectors: &[Vec<i64>]) -> Vec<i128> {
    let dimension = vectors.len();
    let columns: Matrix = (0..dimension).map(|row| vectors.iter().map(|vector| vector[row]).collect()).collect();
    let determinant = determinant(vectors);
    let adjugate = adjugate(&columns);
    let parts = i128::from(PARTS);
    // Whether a multiple of a direction's step is a translation: its
    // coordinates along the cell's vectors are those of the centring, up to
    // integers.
    let contains = |direction: usize, times: i128| {
        let centring = setting.centring.iter().map(Vec::as_slice);
        let none = vec![0; dimension];
        std::iter::once(none.as_slice()).chain(centring).any(|shift| {
            (0..dimension).all(|row| {
                let coordinate = parts * adjugate[row][direction] * times;
                (coordinate - determinant * i128::from(shift[row])) % (parts * determinant) == 0
            })
        })
    };
    (0..dimension)
        .map(|direction| {
            let common = (0..dimension).fold(determinant, |known, row| gcd(known, adjugate[row][direction]));
            let whole = (determinant / common).abs();
            let part = [6, 4, 3, 2].into_iter().find(|&n| whole % n == 0 && contains(direction, whole / n));
            whole / part.unwrap_or(1)
        })
        .collect()
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a.abs() } else { gcd(b, a % b) }
}

fn determinant(rows: &[Vec<i64>]) -> i128 {
    let entry = |row: usize, column: usize| i128::from(rows[row][column]);
    match rows.len() {
        0 => 1,
        1 => entry(0, 0),
        2 => entry(0, 0) * entry(1, 1) - entry(0, 1) * entry(1, 0),
        _ => {
            let minor = |a: usize, b: usize| entry(1, a) * entry(2, b) - entry(1, b) * entry(2, a);
            entry(0, 0) * minor(1, 2) - entry(0, 1) * minor(0, 2) + entry(0, 2) * minor(0, 1)
        }
    }
}

/// The matrix whose product with one is its determinant.
fn adjugate(rows: &Matrix) -> Vec<Vec<i128>> {
    let dimension = rows.len();
    let cofactor = |row: usize, column: usize| {
        let minor: Vec<Vec<i64>> = (0..dimension)
            .filter(|&r| r != row)
            .map(|r| (0..dimension).filter(|&c| c != column).map(|c| rows[r][c]).collect())
            .collect();
        let sign = if (row + column).is_multiple_of(2) { 1 } else { -1 };
        sign * determinant(&minor)
    };
    (0..dimension).map(|row| (0..dimension).map(|column| cofactor(column, row)).collect()).collect()
}
