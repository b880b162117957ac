//! Motions of space on a lattice: where they take sites and bonds, and whether
//! extents and boundaries admit them.
//!
//! A matrix that keeps all distances of the infinite lattice becomes an
//! [`Isometry`] of a finite one by [`placed`], about the lattice's centre along
//! periodic directions and about the middle of the box along open ones. It
//! exists where the lattice of periods and the box go to themselves.

use std::collections::BTreeSet;

use super::NoSuchSymmetry;
use super::point_group::{geometric, reversals};
use crate::model::geometry::{Geometry, Isometry};
use crate::model::lattice::{Bond, Boundary, Lattice};
use crate::model::plaquette::Corner;

/// A linear map along the cell vectors, one row a direction.
pub(super) type Matrix = Vec<Vec<i64>>;

/// The largest group of matrices that is listed.
const LARGEST: usize = 50_000;

pub(super) fn identity(dimension: usize) -> Matrix {
    (0..dimension).map(|row| (0..dimension).map(|column| (row == column) as i64).collect()).collect()
}

/// First `second`, then `first`.
pub(super) fn product(first: &Matrix, second: &Matrix) -> Matrix {
    let entry = |row: &Vec<i64>, column: usize| row.iter().zip(second).map(|(a, other)| a * other[column]).sum();
    first.iter().map(|row| (0..row.len()).map(|column| entry(row, column)).collect()).collect()
}

/// All products of matrices of a finite group, sorted.
pub(super) fn closure(dimension: usize, generators: impl IntoIterator<Item = Matrix>) -> Vec<Matrix> {
    let generators: Vec<Matrix> = generators.into_iter().collect();
    let mut known = BTreeSet::from([identity(dimension)]);
    let mut open = vec![identity(dimension)];
    while let Some(element) = open.pop() {
        for generator in &generators {
            let next = product(generator, &element);
            if known.len() < LARGEST && known.insert(next.clone()) {
                open.push(next);
            }
        }
    }
    known.into_iter().collect()
}

impl Geometry {
    /// Whether a linear map along the cell vectors keeps all distances.
    pub fn keeps_distances(&self, matrix: &[Vec<i64>]) -> bool {
        let dimension = self.gram.len();
        let product = |a: usize, b: usize| -> i128 {
            let mut sum = 0i128;
            for (row, gram) in self.gram.iter().enumerate() {
                for (column, &g) in gram.iter().enumerate() {
                    let (left, right) = (matrix[row][a] as i128, matrix[column][b] as i128);
                    sum = sum.saturating_add((g as i128).saturating_mul(left.saturating_mul(right)));
                }
            }
            sum
        };
        matrix.len() == dimension
            && matrix.iter().all(|row| row.len() == dimension)
            && (0..dimension).all(|a| (0..dimension).all(|b| product(a, b) == self.gram[a][b] as i128))
    }
}

/// Where a motion takes the points of one kind (a basis site or a bond of the
/// cell): cell c to `matrix c + shift`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Moved {
    /// The basis site or bond that the image is.
    pub to: usize,
    /// The cell of the image of the point in the cell at the origin.
    pub shift: Vec<i64>,
    /// Whether a bond's two ends are exchanged.
    pub reversed: bool,
}

impl Isometry {
    /// First this motion, then another.
    pub fn then(&self, next: &Isometry) -> Isometry {
        Isometry {
            name: format!("{}, {}", self.name, next.name),
            matrix: product(&next.matrix, &self.matrix),
            shift: next.position(&self.shift),
        }
    }

    /// Where the basis sites of the cell at the origin go; `None` where one
    /// goes to a place without a site.
    pub fn sites(&self, geometry: &Geometry) -> Option<Vec<Moved>> {
        geometry
            .basis
            .iter()
            .map(|position| {
                let (shift, to) = geometry.site_at(&self.position(position))?;
                Some(Moved { to, shift, reversed: false })
            })
            .collect()
    }

    /// Where the bonds of the cell at the origin go, periods not looked at:
    /// parallel bonds stay distinct. `None` where one goes to a pair of sites
    /// without a bond.
    pub fn bonds(&self, lattice: &Lattice) -> Option<Vec<Moved>> {
        let geometry = lattice.geometry();
        let bonds = lattice.bonds();
        let end = |cell: &[i64], basis: usize| geometry.site_at(&self.position(&geometry.position(cell, basis)));
        let find = |from: &(Vec<i64>, usize), to: &(Vec<i64>, usize)| {
            let joins = |bond: &Bond| {
                (bond.from, bond.to) == (from.1, to.1)
                    && bond.offset.iter().zip(from.0.iter().zip(&to.0)).all(|(o, (a, b))| a + o == *b)
            };
            bonds.iter().position(joins)
        };
        bonds
            .iter()
            .map(|bond| {
                let from = end(&vec![0; bond.offset.len()], bond.from)?;
                let to = end(&bond.offset, bond.to)?;
                match (find(&from, &to), find(&to, &from)) {
                    (Some(bond), _) => Some(Moved { to: bond, shift: from.0, reversed: false }),
                    (None, Some(bond)) => Some(Moved { to: bond, shift: to.0, reversed: true }),
                    (None, None) => None,
                }
            })
            .collect()
    }

    /// Where the plaquettes of the cell at the origin go, as [`Isometry::bonds`]:
    /// corners are compared as sets.
    pub fn plaquettes(&self, lattice: &Lattice) -> Option<Vec<Moved>> {
        let geometry = lattice.geometry();
        let plaquettes = lattice.plaquettes();
        let image = |corners: &Vec<Corner>| {
            let moved = |(cell, basis): &Corner| geometry.site_at(&self.position(&geometry.position(cell, *basis)));
            let mut images: Vec<Corner> = corners.iter().map(moved).collect::<Option<_>>()?;
            images.sort_unstable();
            plaquettes.iter().enumerate().find_map(|(to, other)| {
                // The first corner of a plaquette is the least.
                let shift = images.first()?.0.clone();
                let back = |(cell, basis): &Corner| {
                    let cell: Vec<i64> = cell.iter().zip(&shift).map(|(c, s)| c + s).collect();
                    (cell, *basis)
                };
                let mut there: Vec<Corner> = other.iter().map(back).collect();
                there.sort_unstable();
                (there == images).then_some(Moved { to, shift, reversed: false })
            })
        };
        plaquettes.iter().map(image).collect()
    }

    /// The orthogonal matrix that the motion applies to Cartesian components;
    /// `None` on lattices with hexagons, where it is not rational.
    pub fn cartesian(&self, geometry: &Geometry) -> Option<Vec<Vec<i64>>> {
        let vectors = geometry.cartesian.as_ref()?;
        let dimension = vectors.len();
        // With the rows of A the cell vectors and G = A A^T their Gram matrix
        // in the same unit, R = A^T M A^-T = A^T M G^-1 A. Rather than to
        // invert, the signed permutation with R A^T = A^T M is looked for:
        // column by column, R takes each row of A to the combination that M
        // says.
        let images: Vec<Vec<i64>> = (0..dimension)
            .map(|vector| {
                (0..dimension)
                    .map(|axis| (0..dimension).map(|row| self.matrix[row][vector] * vectors[row][axis]).sum())
                    .collect()
            })
            .collect();
        let mut rotation = vec![vec![0; dimension]; dimension];
        let mut taken = vec![false; dimension];
        for axis in 0..dimension {
            let (source, sign) =
                (0..dimension).flat_map(|source| [(source, 1), (source, -1)]).find(|(source, sign)| {
                    !taken[*source] && (0..dimension).all(|v| images[v][axis] == sign * vectors[v][*source])
                })?;
            taken[source] = true;
            rotation[axis][source] = sign;
        }
        Some(rotation)
    }
}

/// The isometry of a lattice with a linear part, or why extents or
/// boundaries break it, in words that follow on its name.
pub(super) fn placed(lattice: &Lattice, name: String, matrix: Matrix) -> Result<Isometry, String> {
    let steps = vec![0; lattice.dimension()];
    moved(lattice, name, matrix, &steps)
}

/// As [`placed`], with a displacement after it in units of 1/`scale` of the
/// cell vectors.
pub(super) fn moved(lattice: &Lattice, name: String, matrix: Matrix, steps: &[i64]) -> Result<Isometry, String> {
    let geometry = lattice.geometry();
    let dimension = lattice.dimension();
    if !geometry.keeps_distances(&matrix) {
        return Err("does not keep the distances of sites".to_owned());
    }
    let open = |direction: usize| lattice.boundaries[direction] == Boundary::Open;
    for from in 0..dimension {
        for (to, row) in matrix.iter().enumerate().filter(|(_, row)| row[from] != 0) {
            if open(to) && !open(from) {
                return Err("does not keep its boundaries".to_owned());
            }
            let (from_extent, to_extent) = (lattice.extents[from] as i128, lattice.extents[to] as i128);
            let kept = match open(to) {
                false => open(from) || row[from] as i128 * from_extent % to_extent == 0,
                true => row[from].abs() == 1 && from_extent == to_extent,
            };
            if !kept {
                return Err("does not keep its extents".to_owned());
            }
        }
    }
    // A box goes to itself under permutations of its directions, reversals
    // included, only.
    for (_, row) in matrix.iter().enumerate().filter(|(to, _)| open(*to)) {
        if row.iter().filter(|&&entry| entry != 0).count() != 1 {
            return Err("does not keep its boundaries".to_owned());
        }
    }
    let turned = |row: &[i64], point: &[i64]| -> i64 { row.iter().zip(point).map(|(m, p)| m * p).sum() };
    let mut shift: Vec<i64> = Vec::with_capacity(dimension);
    for (direction, row) in matrix.iter().enumerate() {
        if !open(direction) {
            shift.push(geometry.center[direction] - turned(row, &geometry.center) + steps[direction]);
            continue;
        }
        if steps[direction] != 0 {
            return Err("does not keep its boundaries".to_owned());
        }
        let coordinates = || geometry.basis.iter().map(|position| position[direction]);
        let (least, most) = (coordinates().min().unwrap_or(0), coordinates().max().unwrap_or(0));
        let reversed = row.iter().any(|&entry| entry < 0);
        shift.push(if reversed { least + most + (lattice.extents[direction] as i64 - 1) * geometry.scale } else { 0 });
    }
    // The middle of the box may lie at another place of the cell than the
    // centre; then the places along periodic directions follow from it.
    let periodic: Vec<usize> = (0..dimension).filter(|&direction| !open(direction)).collect();
    let tries = if periodic.len() < dimension { geometry.scale.pow(periodic.len() as u32) } else { 1 };
    for attempt in 0..tries {
        let mut isometry = Isometry { name: name.clone(), matrix: matrix.clone(), shift: shift.clone() };
        let mut rest = attempt;
        for &direction in &periodic {
            isometry.shift[direction] += rest % geometry.scale;
            rest /= geometry.scale;
        }
        if isometry.sites(&geometry).is_some_and(|sites| keeps_box(lattice, &isometry, &sites)) {
            return Ok(isometry);
        }
    }
    Err(if periodic.len() < dimension { "does not keep its boundaries" } else { "does not take sites to sites" }
        .to_owned())
}

/// Whether all sites of the box go to sites of the box; along open directions
/// the matrix permutes coordinates, so its corners decide.
fn keeps_box(lattice: &Lattice, isometry: &Isometry, sites: &[Moved]) -> bool {
    (0..lattice.dimension()).filter(|&direction| lattice.boundaries[direction] == Boundary::Open).all(|direction| {
        let last = lattice.extents[direction] as i64 - 1;
        sites.iter().all(|site| {
            let reversed = isometry.matrix[direction].iter().any(|&entry| entry < 0);
            let ends = if reversed { [-last, 0] } else { [0, last] };
            ends.iter().all(|end| (0..=last).contains(&(end + site.shift[direction])))
        })
    })
}

/// The reversals of all directions.
pub(super) fn reflections(lattice: &Lattice) -> Result<Vec<Isometry>, NoSuchSymmetry> {
    geometric(lattice, "reflection")?;
    let place = |(name, matrix): (String, Matrix)| {
        placed(lattice, name.clone(), matrix).map_err(|reason| NoSuchSymmetry {
            message: format!("{lattice} does not have its reflections: the {name} {reason}"),
            hint: "give all directions the same extent and the same boundary, or leave `reflection` out".to_owned(),
        })
    };
    reversals(lattice).into_iter().map(place).collect()
}

/// A translation by whole cells along one direction.
pub(super) fn translation(lattice: &Lattice, direction: usize) -> Isometry {
    let mut shift = vec![0; lattice.dimension()];
    shift[direction] = lattice.geometry().scale;
    Isometry {
        name: format!("translation along {}", Lattice::direction_name(direction)),
        matrix: identity(lattice.dimension()),
        shift,
    }
}

/// A motion that a spec wrote down: the image of a point's coordinates along
/// the cell vectors, counted from the centre of the point group (the middle
/// of the box along open directions), is the matrix applied to them plus
/// `steps` in units of 1/`scale` of the cell vectors.
pub fn motion(lattice: &Lattice, name: &str, matrix: Vec<Vec<i64>>, steps: &[i64]) -> Result<Isometry, NoSuchSymmetry> {
    geometric(lattice, "map")?;
    moved(lattice, name.to_owned(), matrix, steps).map_err(|reason| NoSuchSymmetry {
        message: format!("{lattice} does not have the symmetry {name}: it {reason}"),
        hint: "a map gives where a point goes, by its coordinates along the cell vectors from the centre of the point \
               group: map(-y, x) is the rotation by 90 degrees of a square lattice"
            .to_owned(),
    })
}
