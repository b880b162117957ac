//! Space groups by name and cell: whether they close, their orders, and that
//! they are those of the tables. `tests/data/space_groups.csv` has the order
//! and the number of classes of each point group, computed from the operations
//! of spglib; counts by brute force are among the rows of
//! `tests/data/dof_more.txt`.

use std::collections::BTreeSet;

use hamc::count::{degrees_of_freedom, invariants};
use hamc::model::symmetry::{SpaceCell, space_group_cell, space_group_motions, violation};
use hamc::model::{Boundary, Isometry, Lattice, Model, Shape};

type Element = (Vec<Vec<i64>>, Vec<i64>);

fn torus(shape: Shape, extents: &[u64]) -> Lattice {
    Lattice { shape, extents: extents.to_vec(), boundaries: vec![Boundary::Periodic; extents.len()], graph: None }
}

/// First `first`, then `second`, positions modulo the periods.
fn then(first: &Element, second: &Element, periods: &[i64]) -> Element {
    let dimension = periods.len();
    let entry = |r: usize, c: usize| (0..dimension).map(|k| second.0[r][k] * first.0[k][c]).sum();
    let matrix = (0..dimension).map(|r| (0..dimension).map(|c| entry(r, c)).collect()).collect();
    let moved = |r: usize| (0..dimension).map(|k| second.0[r][k] * first.1[k]).sum::<i64>() + second.1[r];
    (matrix, (0..dimension).map(|r| moved(r).rem_euclid(periods[r])).collect())
}

/// All products of motions of a torus.
fn closure(lattice: &Lattice, motions: &[Isometry]) -> BTreeSet<Element> {
    let scale = lattice.geometry().scale;
    let periods: Vec<i64> = lattice.extents.iter().map(|&extent| extent as i64 * scale).collect();
    let dimension = periods.len();
    let identity = (0..dimension).map(|r| (0..dimension).map(|c| i64::from(r == c)).collect()).collect();
    let mut known = BTreeSet::from([(identity, vec![0; dimension])]);
    let mut open: Vec<Element> = known.iter().cloned().collect();
    while let Some(element) = open.pop() {
        for motion in motions {
            let next = then(&element, &(motion.matrix.clone(), motion.shift.clone()), &periods);
            if known.insert(next.clone()) {
                open.push(next);
            }
        }
    }
    known
}

/// The number of classes of conjugate matrices.
fn classes(matrices: &BTreeSet<Vec<Vec<i64>>>) -> usize {
    let product = |a: &Vec<Vec<i64>>, b: &Vec<Vec<i64>>| -> Vec<Vec<i64>> {
        let entry = |r: usize, c: usize| (0..a.len()).map(|k| a[r][k] * b[k][c]).sum();
        (0..a.len()).map(|r| (0..a.len()).map(|c| entry(r, c)).collect()).collect()
    };
    let mut seen = BTreeSet::new();
    let mut number = 0;
    for member in matrices {
        if seen.contains(member) {
            continue;
        }
        number += 1;
        // g m = m' g for m' = g m g^-1.
        for g in matrices {
            let wanted = product(g, member);
            seen.extend(matrices.iter().find(|&conjugate| product(conjugate, g) == wanted).cloned());
        }
    }
    number
}

/// A name with the first of these lattices that has it: the number of elements
/// without translations, of classes, and of translations on a torus of few
/// cells.
fn found(shapes: &[(Shape, usize)], name: &str) -> Option<(usize, usize, usize)> {
    for &(shape, dimension) in shapes {
        let Some(cell) = space_group_cell(&torus(shape, &vec![48; dimension]), name) else { continue };
        for extent in [1, 2, 3, 4, 6, 8, 9, 12, 16, 18, 24] {
            let lattice = torus(shape, &vec![extent; dimension]);
            let Ok(motions) = space_group_motions(&lattice, name, &cell, &vec![0; dimension]) else { continue };
            let all = closure(&lattice, &motions);
            let point_group: BTreeSet<Vec<Vec<i64>>> = all.iter().map(|(matrix, _)| matrix.clone()).collect();
            assert_eq!(all.len() % point_group.len(), 0, "{name}");
            return Some((point_group.len(), classes(&point_group), all.len() / point_group.len()));
        }
        panic!("{name} has {cell} and no torus");
    }
    None
}

#[test]
fn the_230_space_groups_are_those_of_the_tables() {
    let shapes = [(Shape::FaceCentered, 3), (Shape::BodyCentered, 3), (Shape::Hypercubic, 3)];
    let table = include_str!("data/space_groups.csv");
    let mut homeless = Vec::new();
    for line in table.lines().skip(1) {
        let [number, name, order, classes] = line.split(',').collect::<Vec<_>>().try_into().unwrap();
        match found(&shapes, name) {
            Some((elements, kinds, _)) => {
                assert_eq!((elements.to_string(), kinds.to_string()), (order.to_owned(), classes.to_owned()), "{line}");
            }
            None => homeless.push(number.parse::<u32>().unwrap()),
        }
    }
    // Axes of order six are on none of these lattices.
    assert_eq!(homeless, (168..=194).collect::<Vec<u32>>());
}

#[test]
fn the_17_plane_groups_are_those_of_the_tables() {
    let groups = [
        ("p1", 1, 1),
        ("p2", 2, 2),
        ("pm", 2, 2),
        ("pg", 2, 2),
        ("cm", 2, 2),
        ("pmm", 4, 4),
        ("pmg", 4, 4),
        ("pgg", 4, 4),
        ("cmm", 4, 4),
        ("p4", 4, 4),
        ("p4m", 8, 5),
        ("p4g", 8, 5),
        ("p3", 3, 3),
        ("p3m1", 6, 3),
        ("p31m", 6, 3),
        ("p6", 6, 6),
        ("p6m", 12, 6),
    ];
    let hexagons = [Shape::Triangular, Shape::Honeycomb, Shape::Kagome];
    for (name, order, classes) in groups {
        let square = found(&[(Shape::Hypercubic, 2)], name).map(|(elements, kinds, _)| (elements, kinds));
        let sixfold = name.contains('3') || name.contains('6');
        assert_eq!(square, (!sixfold).then_some((order, classes)), "{name}");
        for shape in hexagons {
            let here = found(&[(shape, 2)], name).map(|(elements, kinds, _)| (elements, kinds));
            assert_eq!(here, (!name.contains('4')).then_some((order, classes)), "{name} of {shape:?}");
        }
    }
}

fn model(spec: &str) -> Result<Model, String> {
    let (spec, _) = hamc::syntax::parse(spec);
    let (model, diagnostics) = hamc::lower::lower(&spec);
    model.ok_or_else(|| diagnostics.iter().map(|d| d.message.clone()).collect::<Vec<_>>().join("; "))
}

/// A spec of spins with a symmetry.
fn spec(lattice: &str, symmetry: &str) -> String {
    format!("lattice {lattice}\nfield s : spin\nH = generic\nsymmetry {symmetry}\nlocality range 2\ndegree 3\n")
}

fn count(lattice: &str, symmetry: &str) -> String {
    let model = model(&spec(lattice, symmetry)).unwrap_or_else(|reason| panic!("{lattice}, {symmetry}: {reason}"));
    degrees_of_freedom(&model).unwrap().symmetric().to_string()
}

#[test]
fn a_name_is_the_group_of_its_maps() {
    let cases = [
        ("square(4, 6)", "space_group(pg, cell(1, 2))", "map(-x, y + 1), map(x + 1, y), map(x, y + 2)"),
        ("square(6, 4)", "space_group(pmg, cell(2, 1))", "map(-x, -y), map(1 - x, y), map(x + 2, y), map(x, y + 1)"),
        (
            "square(4, 4)",
            "space_group(pgg, cell(2, 2))",
            "map(-x, -y), map(1 - x, y + 1), map(x + 2, y), map(x, y + 2)",
        ),
        ("square(4, 4)", "space_group(p4g, cell(2, 2))", "map(-y, x), map(1 - x, y + 1), map(x + 2, y), map(x, y + 2)"),
        ("square(4, 4)", "space_group(cmm, cell(2, 2))", "map(-x, y), map(x, -y), map(x + 2, y), map(x + 1, y + 1)"),
        ("triangular(4, 4)", "space_group(p3, cell(2, 2))", "map(-x - y, x), map(x + 2, y), map(x, y + 2)"),
        (
            "kagome(4, 4)",
            "space_group(pgg, cell((2, 0), (-2, 4)))",
            "map(-x, -y), map(-x - y, y + 2), map(x + 2, y), map(x - 2, y + 4)",
        ),
        ("square(4, 4)", "p4m", "translation, map(-y, x), map(-x, y)"),
        (
            "cubic(2, 2, 2)",
            "space_group(\"P 2_1\", cell(1, 2, 1))",
            "map(-x, y + 1, -z), map(x + 1, y, z), map(x, y, z + 1)",
        ),
        ("ring(8)", "space_group(pm, cell(2), origin(1/2))", "map(1 - x), map(x + 2)"),
    ];
    for (lattice, named, maps) in cases {
        assert_eq!(count(lattice, named), count(lattice, maps), "{named} on {lattice}");
    }
}

#[test]
fn names_without_a_cell_have_all_translations() {
    let cases = [
        ("fcc(4, 4, 4)", "space_group(\"R-3m\")", "translation, point_group(\"-3m\")"),
        ("bcc(4, 4, 4)", "space_group(\"R3\")", "translation, point_group(\"3\")"),
        ("cubic(4, 4, 4)", "space_group(\"Cmmm\")", "translation, point_group(\"2/m\"), map(y, x, z)"),
        ("cubic(4, 4, 4)", "space_group(\"P2/m\")", "translation, map(-x, y, -z), map(x, -y, z)"),
        ("fcc(4, 4, 4)", "space_group(\"I4/mmm\")", "translation, point_group(\"4/mmm\")"),
    ];
    for (lattice, named, maps) in cases {
        assert_eq!(count(lattice, named), count(lattice, maps), "{named} on {lattice}");
    }
    for name in ["pg", "p4g", "space_group(\"Pnma\")"] {
        assert!(model(&spec("square(4, 4)", name)).is_err(), "{name}");
    }
}

/// The work does not depend on the number of sites.
#[test]
fn cells_of_large_lattices_are_counted() {
    let few = count("square(12, 12)", "space_group(p4g, cell(2, 2))");
    assert_eq!(count("square(1000000000000, 1000000000000)", "space_group(p4g, cell(2, 2))"), few);
    let refused = model(&spec("square(1000001, 1000001)", "space_group(p4g, cell(2, 2))")).unwrap_err();
    assert!(refused.contains("whole cells"), "{refused}");
}

/// The invariants that are listed have the group.
#[test]
fn invariants_have_their_group() {
    for (lattice, symmetry) in [
        ("square(4, 4)", "space_group(p4g, cell(2, 2))"),
        ("honeycomb(4, 4)", "space_group(pgg, cell((2, 0), (-2, 4)))"),
        ("cubic(2, 2, 2)", "space_group(Pnma, cell(2, 2, 2))"),
    ] {
        let Ok(model) = model(&spec(lattice, symmetry)) else { continue };
        let listed = invariants(&model).unwrap();
        assert_eq!(listed.len().to_string(), degrees_of_freedom(&model).unwrap().symmetric().to_string());
        for energy in listed {
            for symmetry in &model.symmetries {
                assert_eq!(violation(&model, symmetry, &energy.polynomial), Ok(None), "{symmetry:?}");
            }
        }
    }
}

#[test]
fn cells_say_what_they_are() {
    let square = torus(Shape::Hypercubic, &[8, 8]);
    let cell = |name: &str| space_group_cell(&square, name).map(|cell| cell.to_string());
    assert_eq!(cell("pg").as_deref(), Some("cell(1, 2)"));
    assert_eq!(cell("p 4 g").as_deref(), Some("cell(2, 2)"));
    assert_eq!(cell("p3"), None);
    let lengths = SpaceCell::Lengths(vec![2, 2]);
    assert!(space_group_motions(&square, "p4g", &lengths, &[12, 12]).is_ok());
    assert!(space_group_motions(&square, "p4g", &lengths, &[8, 0]).is_err());
    assert!(space_group_motions(&square, "p4g", &SpaceCell::Lengths(vec![2, 4]), &[0, 0]).is_err());
    assert!(space_group_motions(&square, "p4g", &SpaceCell::Lengths(vec![3, 3]), &[0, 0]).is_err());
}
