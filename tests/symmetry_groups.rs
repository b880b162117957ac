//! Symmetries of lattices and of values, against brute force on small lattices.

use std::collections::{BTreeMap, BTreeSet};

use hamc::exact::Rational;
use hamc::model::symmetry::{
    Moved, Reason, Unchecked, motion, motions, point_group, point_group_names, space_group, violation,
};
use hamc::model::{
    Boundary, Field, Frame, Isometry, Kind, Lattice, Model, Monomial, Motion, Place, Polynomial, Shape, Structure,
    Symmetry, Variable, Vector, generators,
};

fn lattice(shape: Shape, extents: &[u64], boundary: Boundary) -> Lattice {
    Lattice { shape, extents: extents.to_vec(), boundaries: vec![boundary; extents.len()], graph: None }
}

fn torus(shape: Shape, extents: &[u64]) -> Lattice {
    lattice(shape, extents, Boundary::Periodic)
}

/// The order of the group of linear parts, by multiplying until nothing is new.
fn order(dimension: usize, isometries: &[Isometry]) -> usize {
    let identity: Vec<Vec<i64>> = (0..dimension).map(|r| (0..dimension).map(|c| (r == c) as i64).collect()).collect();
    let mut known = BTreeSet::from([identity]);
    loop {
        let mut next = known.clone();
        for a in &known {
            for isometry in isometries {
                let b = &isometry.matrix;
                next.insert(
                    (0..dimension)
                        .map(|r| (0..dimension).map(|c| (0..dimension).map(|k| a[r][k] * b[k][c]).sum()).collect())
                        .collect(),
                );
            }
        }
        if next.len() == known.len() {
            return known.len();
        }
        known = next;
    }
}

fn group_order(lattice: &Lattice, name: Option<&str>) -> usize {
    order(lattice.dimension(), &point_group(lattice, name).unwrap_or_else(|e| panic!("{name:?}: {}", e.message)))
}

#[test]
fn orders_of_point_groups_are_those_of_the_tables() {
    let full = |shape, extents: &[u64]| group_order(&torus(shape, extents), None);
    assert_eq!(full(Shape::Line, &[7]), 2);
    assert_eq!(full(Shape::Hypercubic, &[6, 6]), 8);
    assert_eq!(full(Shape::Hypercubic, &[5, 5, 5]), 48);
    assert_eq!(full(Shape::Hypercubic, &[4, 4, 4, 4]), 384);
    for shape in [Shape::Triangular, Shape::Honeycomb, Shape::Kagome] {
        assert_eq!(full(shape, &[6, 6]), 12);
        let lattice = torus(shape, &[6, 6]);
        let orders = [("C2", 2), ("C3", 3), ("C6", 6), ("D1", 2), ("D2", 4), ("3m1", 6), ("31m", 6), ("D6", 12)];
        for (name, expected) in orders {
            assert_eq!(group_order(&lattice, Some(name)), expected, "{name}");
        }
    }
    let square = torus(Shape::Hypercubic, &[6, 6]);
    for (name, expected) in [("C1", 1), ("C2", 2), ("C4", 4), ("D1", 2), ("D2", 4), ("D4", 8), ("4mm", 8), ("cmm", 4)] {
        assert_eq!(group_order(&square, Some(name)), expected, "{name}");
    }
    let cubic = [
        ("C1", 1),
        ("Ci", 2),
        ("C2", 2),
        ("Cs", 2),
        ("C2h", 4),
        ("D2", 4),
        ("C2v", 4),
        ("D2h", 8),
        ("C4", 4),
        ("S4", 4),
        ("C4h", 8),
        ("D4", 8),
        ("C4v", 8),
        ("D2d", 8),
        ("-4m2", 8),
        ("D4h", 16),
        ("C3", 3),
        ("C3i", 6),
        ("D3", 6),
        ("C3v", 6),
        ("D3d", 12),
        ("T", 12),
        ("Th", 24),
        ("O", 24),
        ("Td", 24),
        ("Oh", 48),
        ("m-3m", 48),
    ];
    for shape in [Shape::Hypercubic, Shape::BodyCentered, Shape::FaceCentered] {
        let lattice = torus(shape, &[4, 4, 4]);
        assert_eq!(group_order(&lattice, None), 48);
        assert_eq!(point_group_names(&lattice).len(), 26);
        for (name, expected) in cubic {
            assert_eq!(group_order(&lattice, Some(name)), expected, "{name} of {lattice}");
        }
    }
    assert_eq!(space_group(&square, "p4m"), Some("D4"));
    assert_eq!(space_group(&torus(Shape::FaceCentered, &[4, 4, 4]), "Fm-3m"), Some("Oh"));
    assert_eq!(space_group(&torus(Shape::BodyCentered, &[4, 4, 4]), "Fm-3m"), None);
    assert_eq!(space_group(&torus(Shape::Kagome, &[4, 4]), "p31m"), Some("31m"));
}

/// Every motion permutes the sites, keeps their distances, and permutes the
/// bonds, ends with ends.
#[test]
fn motions_keep_distances_and_bonds() {
    let mut open_strip = torus(Shape::Triangular, &[4, 3]);
    open_strip.boundaries[1] = Boundary::Open;
    let cases = [
        (torus(Shape::Line, &[5]), None),
        (lattice(Shape::Line, &[5], Boundary::Open), None),
        (torus(Shape::Hypercubic, &[4, 4]), None),
        (lattice(Shape::Hypercubic, &[3, 3], Boundary::Open), None),
        (torus(Shape::Hypercubic, &[3, 3, 4]), Some("D4h")),
        (torus(Shape::Triangular, &[4, 4]), None),
        (torus(Shape::Honeycomb, &[3, 3]), None),
        (lattice(Shape::Honeycomb, &[3, 3], Boundary::Open), Some("C2")),
        (torus(Shape::Kagome, &[3, 3]), None),
        (lattice(Shape::Triangular, &[3, 3], Boundary::Open), Some("C2")),
        (open_strip, Some("D2")),
        (torus(Shape::BodyCentered, &[3, 3, 3]), None),
        (torus(Shape::FaceCentered, &[3, 3, 3]), None),
    ];
    for (lattice, name) in cases {
        let geometry = lattice.geometry();
        let wrap = |cell: Vec<i64>| -> Option<Vec<i64>> {
            (0..cell.len())
                .map(|d| match lattice.boundaries[d] {
                    Boundary::Periodic | Boundary::Twisted => Some(cell[d].rem_euclid(lattice.extents[d] as i64)),
                    Boundary::Open => (0..lattice.extents[d] as i64).contains(&cell[d]).then_some(cell[d]),
                })
                .collect()
        };
        let cells: Vec<Vec<i64>> = (0..lattice.cells().unwrap())
            .map(|cell| lattice.coordinates(cell).into_iter().map(|c| c as i64).collect())
            .collect();
        let isometries = point_group(&lattice, name).unwrap_or_else(|e| panic!("{lattice}: {}", e.message));
        for isometry in isometries {
            let what = format!("{} of {lattice}", isometry.name);
            let move_site = |cell: &[i64], basis: usize| -> (Vec<i64>, usize) {
                let position = isometry.position(&geometry.position(cell, basis));
                let (cell, basis) = geometry.site_at(&position).unwrap_or_else(|| panic!("{what}: no site"));
                (wrap(cell).unwrap_or_else(|| panic!("{what}: outside")), basis)
            };
            let sites: Vec<(Vec<i64>, usize)> =
                cells.iter().flat_map(|c| (0..lattice.basis()).map(move |b| (c.clone(), b))).collect();
            let images: Vec<_> = sites.iter().map(|(cell, basis)| move_site(cell, *basis)).collect();
            assert_eq!(images.iter().collect::<BTreeSet<_>>().len(), sites.len(), "{what}");
            for a in 0..sites.len() {
                for b in 0..a {
                    assert_eq!(
                        lattice.squared_distance_between(&sites[a], &sites[b]),
                        lattice.squared_distance_between(&images[a], &images[b]),
                        "{what}"
                    );
                }
            }
            let bonds = lattice.bonds();
            let moved: Vec<Moved> = isometry.bonds(&lattice).unwrap_or_else(|| panic!("{what}: bonds"));
            let mut seen = BTreeSet::new();
            for cell in &cells {
                for (bond, moved) in bonds.iter().zip(&moved) {
                    let end: Vec<i64> = cell.iter().zip(&bond.offset).map(|(c, o)| c + o).collect();
                    let Some(end) = wrap(end) else { continue };
                    let start: Vec<i64> = isometry
                        .matrix
                        .iter()
                        .zip(&moved.shift)
                        .map(|(row, s)| row.iter().zip(cell).map(|(m, c)| m * c).sum::<i64>() + s)
                        .collect();
                    let image = &bonds[moved.to];
                    let stop = start.iter().zip(&image.offset).map(|(c, o)| c + o).collect();
                    let mut ends = [(wrap(start.clone()).unwrap(), image.from), (wrap(stop).unwrap(), image.to)];
                    if moved.reversed {
                        ends.swap(0, 1);
                    }
                    assert_eq!(ends, [move_site(cell, bond.from), move_site(&end, bond.to)], "{what}");
                    assert!(seen.insert((wrap(start), moved.to)), "{what}");
                }
            }
        }
    }
}

#[test]
fn broken_groups_name_what_is_left() {
    let error = point_group(&torus(Shape::Hypercubic, &[4, 6]), Some("C4")).unwrap_err();
    assert!(error.message.contains("rotation by 90 degrees does not keep its extents"), "{}", error.message);
    assert!(error.hint.contains("`point_group(D2)`, of order 4"), "{}", error.hint);
    let error = point_group(&torus(Shape::Hypercubic, &[4, 4, 6]), None).unwrap_err();
    assert!(error.hint.contains("`point_group(D4h)`, of order 16"), "{}", error.hint);
    let error = point_group(&torus(Shape::Triangular, &[4, 6]), None).unwrap_err();
    assert!(error.hint.contains("`point_group(C2)`, of order 2"), "{}", error.hint);
    let error = point_group(&torus(Shape::Hypercubic, &[4, 4]), Some("D6")).unwrap_err();
    assert!(error.message.contains("no point group called `D6`"), "{}", error.message);
    assert!(motion(&torus(Shape::Hypercubic, &[4, 4]), "map(2*x, y)", vec![vec![2, 0], vec![0, 1]], &[0, 0]).is_err());
    let quarter = vec![vec![0, -1], vec![1, 0]];
    assert!(motion(&torus(Shape::Hypercubic, &[4, 4]), "map(-y, x)", quarter, &[0, 0]).is_ok());
}

/// A model of fields on a lattice, in one cell.
fn model(lattice: Lattice, fields: Vec<Field>, symmetries: Vec<Symmetry>) -> Model {
    Model {
        frame: Frame::new(&lattice, &fields, Vec::new()),
        lattice,
        fields,
        energies: Vec::new(),
        couplings: Vec::new(),
        generic: true,
        degree: 4,
        homogeneous: false,
        constant: true,
        localities: Vec::new(),
        symmetries,
        defaults: Default::default(),
    }
}

fn field(name: &str, components: u32, structure: Structure, place: Place, kind: Kind) -> Field {
    let scalar = Field::scalar(name, kind, Rational::MINUS_ONE, Rational::ONE);
    Field { components, structure, place, indexed: components > 1, ..scalar }
}

fn variable(model: &Model, field: usize, component: u32, cell: &[i64], point: usize) -> Polynomial {
    Polynomial::variable(model.variable_at(field, component, cell, point).expect("a variable"))
}

/// The orders of groups of automorphisms that textbooks give.
#[test]
fn automorphisms_of_graphs() {
    let order_of = |lattice: Lattice| {
        let spin = field("s", 1, Structure::Plain, Place::Sites, Kind::Spin);
        let model = model(lattice, vec![spin], Vec::new());
        let steps: Vec<Vec<usize>> = generators(&model, &Symmetry::GraphAutomorphism)
            .unwrap_or_else(|e| panic!("{}", e.message))
            .iter()
            .map(|action| match action.motion() {
                Motion::Slots(to) => to.to_vec(),
                _ => panic!("a permutation"),
            })
            .collect();
        let identity: Vec<usize> = (0..model.frame.slots()).collect();
        let mut known = BTreeSet::from([identity.clone()]);
        let mut open = vec![identity];
        while let Some(element) = open.pop() {
            for step in &steps {
                let next: Vec<usize> = element.iter().map(|&at| step[at]).collect();
                if known.insert(next.clone()) {
                    open.push(next);
                }
            }
        }
        known.len()
    };
    assert_eq!(order_of(torus(Shape::Line, &[7])), 14);
    assert_eq!(order_of(lattice(Shape::Line, &[7], Boundary::Open)), 2);
    // The 4 x 4 torus is the hypercube of dimension four: 2^4 4!.
    assert_eq!(order_of(torus(Shape::Hypercubic, &[4, 4])), 384);
    assert_eq!(order_of(torus(Shape::Hypercubic, &[5, 5])), 200);
    assert_eq!(order_of(torus(Shape::Hypercubic, &[3, 3])), 72);
    assert_eq!(order_of(torus(Shape::Triangular, &[5, 5])), 300);
    assert_eq!(order_of(torus(Shape::Complete, &[5])), 120);
}

fn holds(model: &Model, symmetry: &Symmetry, polynomial: &Polynomial) -> bool {
    match violation(model, symmetry, &model.canonical_polynomial(polynomial)) {
        Ok(violation) => violation.is_none(),
        Err(reason) => panic!("{reason:?}"),
    }
}

#[test]
fn rotations_are_checked_exactly() {
    let vector = |name| field(name, 3, Structure::Plain, Place::Sites, Kind::Real);
    let model = model(Lattice::point(), vec![vector("u"), vector("v"), vector("w")], Vec::new());
    let x = |f, c| variable(&model, f, c, &[], 0);
    let dot = |f, g| (0..3).map(|c| &x(f, c) * &x(g, c)).fold(Polynomial::zero(), |a, b| &a + &b);
    let rotation =
        |proper| Symmetry::Rotation { vectors: vec![Vector::Field(0), Vector::Field(1), Vector::Field(2)], proper };
    let invariant = &dot(0, 1).pow(2) + &dot(2, 2);
    assert!(holds(&model, &rotation(false), &invariant));
    let mut determinant = Polynomial::zero();
    for (a, b, c) in [(0, 1, 2), (1, 2, 0), (2, 0, 1)] {
        determinant = &determinant + &(&(&x(0, a) * &x(1, b)) * &x(2, c));
        determinant = &determinant - &(&(&x(0, a) * &x(1, c)) * &x(2, b));
    }
    assert!(holds(&model, &rotation(true), &determinant));
    assert!(!holds(&model, &rotation(false), &determinant));
    // The symmetry of a cube is not that of a sphere.
    let cubic = (0..3).map(|c| x(0, c).pow(4)).fold(Polynomial::zero(), |a, b| &a + &b);
    assert!(!holds(&model, &rotation(true), &cubic));
    let found = violation(&model, &rotation(true), &cubic).unwrap().unwrap();
    assert_eq!(found.reason, Reason::Becomes(Rational::new(337, 625)));
}

#[test]
fn unit_vectors_use_their_relation() {
    let model = model(Lattice::point(), vec![field("n", 2, Structure::Unit, Place::Sites, Kind::Real)], Vec::new());
    let (x, y) = (variable(&model, 0, 0, &[], 0), variable(&model, 0, 1, &[], 0));
    let rotation = Symmetry::Rotation { vectors: vec![Vector::Field(0)], proper: false };
    // x^4 + 2 x^2 y^2 + y^2 (1 - x^2): one everywhere on the circle.
    let one = &(&x.pow(4) + &(&x.pow(2) * &y.pow(2)).scaled(&Rational::from(2)))
        + &(&y.pow(2) * &(&Polynomial::constant(Rational::ONE) - &x.pow(2)));
    assert!(holds(&model, &rotation, &one));
    assert!(!holds(&model, &rotation, &x.pow(2)));
}

#[test]
fn lorentz_invariants() {
    let vector = |name| field(name, 4, Structure::Plain, Place::Sites, Kind::Real);
    let model = model(Lattice::point(), ["p", "q", "r", "s"].map(vector).to_vec(), Vec::new());
    let x = |f, c| variable(&model, f, c, &[], 0);
    let dot = |f, g| (1..4).map(|c| &x(f, c) * &x(g, c)).fold(&x(f, 0) * &x(g, 0), |a, b| &a - &b);
    let group = |parity| Symmetry::Lorentz { vectors: (0..4).map(Vector::Field).collect(), parity };
    assert!(holds(&model, &group(true), &(&dot(0, 1) * &dot(2, 3))));
    let euclidean = (0..4).map(|c| x(0, c).pow(2)).fold(Polynomial::zero(), |a, b| &a + &b);
    assert!(!holds(&model, &group(false), &euclidean));
    let mut determinant = Polynomial::zero();
    for code in 0..256usize {
        let axes = [code & 3, code >> 2 & 3, code >> 4 & 3, code >> 6 & 3];
        if axes.iter().collect::<BTreeSet<_>>().len() < 4 {
            continue;
        }
        let odd = (0..4).flat_map(|b| (0..b).map(move |a| (a, b))).filter(|&(a, b)| axes[a] > axes[b]).count() % 2;
        let term = (0..4).fold(Polynomial::constant(Rational::ONE), |p, f| &p * &x(f, axes[f] as u32));
        determinant = if odd == 1 { &determinant - &term } else { &determinant + &term };
    }
    assert!(holds(&model, &group(false), &determinant));
    assert!(!holds(&model, &group(true), &determinant));
}

#[test]
fn charges_decide_roots_of_unity() {
    let phi = field("phi", 2, Structure::Complex, Place::Sites, Kind::Real);
    let model = model(Lattice::point(), vec![phi], Vec::new());
    let (x, y) = (variable(&model, 0, 0, &[], 0), variable(&model, 0, 1, &[], 0));
    let cyclic = |order| Symmetry::Cyclic { fields: vec![0], order };
    // Re phi^3
    let cubic = &x.pow(3) - &(&x * &y.pow(2)).scaled(&Rational::from(3));
    let square = &x.pow(2) + &y.pow(2);
    for order in 1..8 {
        assert_eq!(holds(&model, &cyclic(order), &cubic), 3 % order == 0, "{order}");
        assert!(holds(&model, &cyclic(order), &square));
    }
    let phase = Symmetry::Rotation { vectors: vec![Vector::Field(0)], proper: true };
    assert!(holds(&model, &phase, &square));
    assert!(!holds(&model, &phase, &cubic));
    let real = field("r", 1, Structure::Plain, Place::Sites, Kind::Real);
    let model = self::model(Lattice::point(), vec![real], Vec::new());
    let refused = violation(&model, &cyclic(3), &Polynomial::zero());
    assert!(matches!(refused, Err(Unchecked::NoSuchSymmetry(_))));
}

#[test]
fn gauge_groups() {
    let lattice = torus(Shape::Hypercubic, &[4, 4]);
    let group = |contractible| Symmetry::Gauge { field: 0, contractible, matter: Vec::new() };
    let spins = model(lattice.clone(), vec![field("s", 1, Structure::Plain, Place::Bonds, Kind::Spin)], Vec::new());
    let s = |x: i64, y: i64, bond| variable(&spins, 0, 0, &[x, y], bond);
    let along_x = if spins.lattice.bonds()[0].offset == [1, 0] { 0 } else { 1 };
    let along_y = 1 - along_x;
    let plaquette = &(&s(0, 0, along_x) * &s(1, 0, along_y)) * &(&s(0, 1, along_x) * &s(0, 0, along_y));
    assert!(holds(&spins, &group(true), &plaquette));
    let winding = (0..4).fold(Polynomial::constant(Rational::ONE), |p, x| &p * &s(x, 2, along_x));
    assert!(holds(&spins, &group(false), &winding));
    assert!(!holds(&spins, &group(true), &winding));
    assert!(!holds(&spins, &group(false), &s(0, 0, along_x)));

    // The real part of U U U* U* around a plaquette, and the same without
    // conjugates.
    for order in [None, Some(3)] {
        let phases = model(
            lattice.clone(),
            vec![field("U", 2, Structure::Phase(order), Place::Bonds, Kind::Real)],
            vec![Symmetry::PointGroup(None)],
        );
        let u = |x: i64, y: i64, bond| (variable(&phases, 0, 0, &[x, y], bond), variable(&phases, 0, 1, &[x, y], bond));
        let real = |signs: [i64; 4]| {
            let links = [u(0, 0, along_x), u(1, 0, along_y), u(0, 1, along_x), u(0, 0, along_y)];
            let start = (Polynomial::constant(Rational::ONE), Polynomial::zero());
            links.into_iter().zip(signs).fold(start, |(re, im), ((x, y), sign)| {
                let y = y.scaled(&Rational::from(sign));
                (&(&re * &x) - &(&im * &y), &(&re * &y) + &(&im * &x))
            })
        };
        let (closed, _) = real([1, 1, -1, -1]);
        assert!(holds(&phases, &group(false), &closed));
        assert!(!holds(&phases, &group(false), &real([1, 1, 1, 1]).0));
        // All translates of the real part have the point group, of the
        // imaginary part only the rotations.
        let sum = |part: &Polynomial| {
            let mut sum = Polynomial::zero();
            for cell in 0..16i64 {
                let moved = part.map_variables(|v: Variable| {
                    let (place, bond) = phases.place(v);
                    let slot = phases.frame.slot(v.slot());
                    phases.variable_at(0, slot.component, &[place[0] + cell / 4, place[1] + cell % 4], bond).unwrap()
                });
                sum = &sum + &moved;
            }
            sum
        };
        let (re, im) = real([1, 1, -1, -1]);
        assert!(holds(&phases, &Symmetry::PointGroup(None), &sum(&re)));
        assert!(!holds(&phases, &Symmetry::PointGroup(None), &sum(&im)));
        assert!(holds(&phases, &Symmetry::PointGroup(Some("C4".into())), &sum(&im)));
    }
}

/// Locked vectors turn with space: a dipole's energy has the point group only
/// so, and an axial vector is kept by inversion.
#[test]
fn locked_components_turn() {
    for shape in [Shape::Hypercubic, Shape::FaceCentered, Shape::BodyCentered] {
        let vector = || vec![field("S", 3, Structure::Plain, Place::Sites, Kind::Real)];
        let locked = |axial| vec![Symmetry::Locked { field: 0, axial }];
        let lattice = torus(shape, &[3, 3, 3]);
        let polar = model(lattice.clone(), vector(), locked(false));
        let axial = model(lattice.clone(), vector(), locked(true));
        let free = model(lattice.clone(), vector(), Vec::new());
        // (S_i . d)(S_j . d) over all bonds, d the Cartesian step of the bond.
        let vectors = lattice.geometry().cartesian.unwrap();
        let mut energy = Polynomial::zero();
        for cell in 0..lattice.cells().unwrap() {
            let at: Vec<i64> = lattice.coordinates(cell).iter().map(|&c| c as i64).collect();
            for bond in lattice.bonds() {
                let step: Vec<i64> =
                    (0..3).map(|axis| (0..3).map(|v| bond.offset[v] * vectors[v][axis]).sum()).collect();
                let along = |cell: &[i64]| {
                    (0..3).fold(Polynomial::zero(), |sum, axis| {
                        &sum + &variable(&free, 0, axis as u32, cell, 0).scaled(&Rational::from(step[axis]))
                    })
                };
                let end: Vec<i64> = at.iter().zip(&bond.offset).map(|(c, o)| c + o).collect();
                energy = &energy + &(&along(&at) * &along(&end));
            }
        }
        let group = Symmetry::PointGroup(None);
        assert!(holds(&polar, &group, &energy));
        assert!(holds(&axial, &group, &energy));
        assert!(!holds(&free, &group, &energy));
        let single = variable(&free, 0, 2, &[0, 0, 0], 0);
        let inversion = Symmetry::PointGroup(Some("Ci".into()));
        assert!(!holds(&polar, &inversion, &single));
        assert!(holds(&axial, &inversion, &single));
    }
}

#[test]
fn uniform_couplings_of_an_open_chain() {
    let spin = vec![field("s", 1, Structure::Plain, Place::Sites, Kind::Spin)];
    let model = model(lattice(Shape::Line, &[5], Boundary::Open), spin, vec![Symmetry::Uniform]);
    let s = |x| variable(&model, 0, 0, &[x], 0);
    let bonds = (0..4).map(|x| &s(x) * &s(x + 1)).fold(Polynomial::zero(), |a, b| &a + &b);
    assert!(holds(&model, &Symmetry::Uniform, &bonds));
    assert!(!holds(&model, &Symmetry::Uniform, &(&bonds - &(&s(0) * &s(1)))));
    assert!(holds(&model, &Symmetry::Uniform, &(&(&s(0) * &s(4)) + &Polynomial::constant(Rational::ONE))));
    assert_eq!(motions(&model, &Symmetry::Uniform).unwrap(), []);
    let counts: BTreeMap<Monomial, Rational> = bonds.terms().iter().cloned().collect();
    assert_eq!(counts.len(), 4);
}
