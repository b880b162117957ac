//! Counts on every lattice, with every locality and group of space, against
//! a brute force that knows nothing of cells, and against published counts.

use hamc::count::degrees_of_freedom;
use hamc::exact::Rational;
use hamc::model::{
    Boundary, Field, Isometry, Kind, Lattice, Locality, Model, Place, Shape,
    Symmetry::{
        self, Flip, GraphAutomorphism, Locked, Motion, Permutation, PointGroup, Reflection, Translation, Uniform,
    },
};
use std::collections::{BTreeMap, BTreeSet};

use Locality::*;

fn lattice(shape: Shape, extents: &[u64]) -> Lattice {
    Lattice { shape, extents: extents.to_vec(), boundaries: vec![Boundary::Periodic; extents.len()], graph: None }
}

fn open(shape: Shape, extents: &[u64]) -> Lattice {
    Lattice { boundaries: vec![Boundary::Open; extents.len()], ..lattice(shape, extents) }
}

fn field(kind: Kind, components: u32) -> Field {
    Field { components, indexed: components > 1, ..Field::scalar("phi", kind, Rational::MINUS_ONE, Rational::ONE) }
}

fn model(lattice: Lattice, fields: &[Field], degree: u32, localities: &[Locality], symmetries: &[Symmetry]) -> Model {
    // A model of one cell holds all sites, which is too much for long lattices:
    // these are cut into cells whatever is declared.
    let long = lattice.sites().is_none_or(|sites| sites >= 10_000);
    let cells: Vec<Symmetry> = if long { vec![Translation] } else { symmetries.to_vec() };
    let model = Model::generic(lattice, fields.to_vec(), degree, localities.to_vec(), cells);
    Model { symmetries: symmetries.to_vec(), ..model }
}

fn real() -> Vec<Field> {
    vec![field(Kind::Real, 1)]
}

fn spin() -> Vec<Field> {
    vec![field(Kind::Spin, 1)]
}

#[track_caller]
fn check(model: &Model, all: &str, local: &str, symmetric: &str) {
    let counted = degrees_of_freedom(model).expect("countable");
    let found = [counted.all(), counted.local(), counted.symmetric()].map(|count| count.to_string());
    assert_eq!(found, [all, local, symmetric], "{} {:?} {:?}", model.lattice, model.localities, model.symmetries);
}

const P: Symmetry = PointGroup(None);

fn range(numerator: u64) -> Locality {
    Range { numerator, denominator: 1 }
}

#[test]
fn published_counts() {
    use Shape::*;
    let (t, tp) = (&[Translation][..], &[Translation, P][..]);
    let check_row = |lattice: Lattice,
                     fields: &[Field],
                     degree,
                     locality: &[Locality],
                     symmetries: &[Symmetry],
                     counts: [u64; 3]| {
        let counts = counts.map(|count| count.to_string());
        check(&model(lattice, fields, degree, locality, symmetries), &counts[0], &counts[1], &counts[2]);
    };
    let square = |n| lattice(Hypercubic, &[n, n]);
    check_row(lattice(Triangular, &[6, 6]), &real(), 3, &[NearestNeighbor], tp, [9139, 505, 7]);
    check_row(lattice(Triangular, &[6, 6]), &real(), 3, &[NearestNeighbor], t, [9139, 505, 15]);
    check_row(lattice(Honeycomb, &[4, 4]), &real(), 2, &[NearestNeighbor], t, [561, 113, 8]);
    check_row(lattice(Honeycomb, &[4, 4]), &real(), 4, &[NearestNeighbor], tp, [58905, 417, 9]);
    check_row(lattice(Honeycomb, &[6, 6]), &real(), 3, &[range(3)], tp, [67525, 1549, 11]);
    check_row(lattice(Honeycomb, &[6, 6]), &spin(), 6, &[Plaquette], tp, [171321511, 2017, 13]);
    check_row(lattice(Kagome, &[4, 4]), &spin(), 3, &[NearestNeighbor], tp, [18473, 177, 4]);
    check_row(square(8), &real(), 4, &[Plaquette], tp, [814385, 2881, 17]);
    check_row(square(8), &spin(), 4, &[Connected], t, [679121, 1793, 29]);
    check_row(square(4), &real(), 4, &[], &[Translation, GraphAutomorphism], [4845, 4845, 59]);
    check_row(open(Line, &[16]), &spin(), 4, &[Window(4)], &[Reflection], [2517, 112, 58]);
    check_row(open(Line, &[8]), &real(), 2, &[NearestNeighbor], &[Uniform], [45, 24, 4]);
    check_row(open(Line, &[16]), &real(), 3, &[NearestNeighbor], &[Uniform], [969, 94, 7]);
    check_row(open(Line, &[64]), &real(), 2, &[NearestNeighbor], &[Uniform], [2145, 192, 4]);
    check_row(square(7), &spin(), 4, &[range(4)], tp, [231526, 1128, 11]);
    check_row(lattice(Hypercubic, &[8, 8, 8]), &spin(), 4, &[range(3)], tp, [2852247169, 64001, 14]);
    let vectors = |n| [field(Kind::Real, n)];
    let locked = &[Translation, P, Locked { field: 0, axial: false }][..];
    check_row(square(4), &vectors(2), 4, &[NearestNeighbor], locked, [58905, 1537, 17]);
    check_row(lattice(Hypercubic, &[4, 4, 4]), &vectors(3), 4, &[NearestNeighbor], locked, [59626385, 29249, 20]);
    check_row(lattice(Complete, &[8]), &real(), 4, &[], &[Permutation], [495, 495, 12]);
    // p4, by its generator of order four.
    let quarter =
        Motion(Isometry { name: "quarter turn".into(), matrix: vec![vec![0, -1], vec![1, 0]], shift: vec![0, 0] });
    check_row(square(4), &real(), 4, &[NearestNeighbor], &[Translation, quarter], [4845, 257, 9]);
}

#[test]
fn clusters_of_alloys() {
    // The constant is counted; sets of at most so many spins.
    let tp = &[Translation, P];
    let count = |shape, extents: &[u64], degree, squared| {
        let start = std::time::Instant::now();
        let model = model(lattice(shape, extents), &spin(), degree, &[range(squared)], tp);
        let counted = degrees_of_freedom(&model).expect("countable");
        println!("{} r^2 {squared} d {degree}: {} in {:?}", model.lattice, counted.symmetric(), start.elapsed());
        counted.symmetric().to_string()
    };
    let fcc = [Shape::FaceCentered; 3];
    assert_eq!(count(Shape::Hypercubic, &[64, 64], 4, 100), "45767");
    assert_eq!(count(fcc[0], &[64, 64, 64], 4, 9), "926");
    assert_eq!(count(fcc[1], &[64, 64, 64], 4, 16), "8147");
    assert_eq!(count(fcc[2], &[64, 64, 64], 5, 9), "7526");
}

#[test]
fn any_number_of_sites() {
    use Shape::*;
    for (shape, dimension) in
        [(Triangular, 2), (Honeycomb, 2), (Kagome, 2), (BodyCentered, 3), (FaceCentered, 3), (Hypercubic, 2)]
    {
        let counts: Vec<String> = [100u64, 1_000_000_000_000_000]
            .iter()
            .map(|&extent| {
                let start = std::time::Instant::now();
                let model = model(lattice(shape, &vec![extent; dimension]), &spin(), 3, &[range(3)], &[Translation, P]);
                let counted = degrees_of_freedom(&model).expect("countable").symmetric().to_string();
                println!("{} {counted} {:?}", model.lattice, start.elapsed());
                counted
            })
            .collect();
        assert_eq!(counts[0], counts[1]);
    }
}

/// A place: the cell within the lattice, and the site or bond of the cell.
type PlaceOf = (Vec<i64>, usize);

/// The whole lattice, by brute force: every site, every image.
struct Whole<'a> {
    model: &'a Model,
    places: Vec<PlaceOf>,
}

impl Whole<'_> {
    fn new(model: &Model) -> Whole<'_> {
        let lattice = &model.lattice;
        let places = (0..lattice.cells().unwrap_or(1))
            .flat_map(|cell| {
                let cell: Vec<i64> = lattice.coordinates(cell).iter().map(|&c| c as i64).collect();
                (0..lattice.basis()).map(move |basis| (cell.clone(), basis))
            })
            .collect();
        Whole { model, places }
    }

    fn squared(&self, a: usize, b: usize) -> u64 {
        // Images by brute force.
        let lattice = &self.model.lattice;
        let (a, b) = (&self.places[a], &self.places[b]);
        let mut least = u64::MAX;
        let dimension = lattice.dimension();
        for image in 0..7u64.pow(dimension as u32) {
            let mut rest = image;
            let mut offset = Vec::new();
            for d in 0..dimension {
                let turns = (rest % 7) as i64 - 3;
                rest /= 7;
                if turns != 0 && lattice.boundaries[d] == Boundary::Open {
                    break;
                }
                offset.push(b.0[d] - a.0[d] + turns * lattice.extents[d] as i64);
            }
            if offset.len() == dimension {
                least = least.min(lattice.squared_distance(a.1, b.1, &offset));
            }
        }
        least
    }

    fn bonded(&self) -> Vec<Vec<bool>> {
        let unit = self.model.lattice.distance_unit();
        let n = self.places.len();
        (0..n).map(|a| (0..n).map(|b| a != b && self.squared(a, b) == unit).collect()).collect()
    }

    /// Whether sets of sites are local, for a locality.
    fn admits(&self, locality: &Locality) -> Box<dyn Fn(&[usize]) -> bool + '_> {
        let n = self.places.len();
        let unit = self.model.lattice.distance_unit();
        let squared: Vec<Vec<u64>> = (0..n).map(|a| (0..n).map(|b| self.squared(a, b)).collect()).collect();
        let within = move |most: u64| -> Box<dyn Fn(&[usize]) -> bool + '_> {
            Box::new(move |set: &[usize]| set.iter().all(|&a| set.iter().all(|&b| squared[a][b] <= most)))
        };
        match *locality {
            NearestNeighbor => within(unit),
            Range { numerator, denominator } => within(numerator * unit / denominator),
            Shell(k) => {
                let bond = &self.model.lattice.shell(k as usize)[0];
                within(self.model.lattice.squared_distance(bond.from, bond.to, &bond.offset))
            }
            Bodies(most) => Box::new(move |set: &[usize]| set.len() <= most as usize),
            Connected => {
                let bonded = self.bonded();
                Box::new(move |set: &[usize]| {
                    let mut reached = vec![set[0]];
                    let mut at = 0;
                    while at < reached.len() {
                        for &other in set {
                            if bonded[reached[at]][other] && !reached.contains(&other) {
                                reached.push(other);
                            }
                        }
                        at += 1;
                    }
                    reached.len() == set.len()
                })
            }
            GraphRadius(most) => {
                let bonded = self.bonded();
                let mut hops = vec![vec![u32::MAX; n]; n];
                for a in 0..n {
                    hops[a][a] = 0;
                    let mut open = vec![a];
                    while !open.is_empty() {
                        let mut next = Vec::new();
                        for b in open {
                            for c in 0..n {
                                if bonded[b][c] && hops[a][c] == u32::MAX {
                                    hops[a][c] = hops[a][b] + 1;
                                    next.push(c);
                                }
                            }
                        }
                        open = next;
                    }
                }
                Box::new(move |set: &[usize]| set.iter().all(|&a| set.iter().all(|&b| hops[a][b] <= most)))
            }
            Window(cells) => Box::new(move |set: &[usize]| {
                // Each direction has an interval of its own.
                (0..self.model.lattice.dimension()).all(|d| {
                    let extent = self.model.lattice.extents[d] as i64;
                    let periodic = self.model.lattice.boundaries[d] == Boundary::Periodic;
                    (0..extent).any(|start| {
                        set.iter().all(|&site| {
                            let step = self.places[site].0[d] - start;
                            let step = if periodic { step.rem_euclid(extent) } else { step };
                            (0..cells as i64).contains(&step)
                        })
                    })
                })
            }),
            Plaquette => {
                // Loops of bonds without a chord: squares, triangles; around a
                // centre: hexagons.
                let sets = self.plaquettes();
                Box::new(move |set: &[usize]| sets.iter().any(|p| set.iter().all(|site| p.contains(site))))
            }
        }
    }

    fn index(&self, cell: &[i64], basis: usize) -> Option<usize> {
        let lattice = &self.model.lattice;
        let mut coordinates = Vec::new();
        for (d, &c) in cell.iter().enumerate() {
            let extent = lattice.extents[d] as i64;
            match lattice.boundaries[d] {
                Boundary::Periodic | Boundary::Twisted => coordinates.push(c.rem_euclid(extent) as u64),
                Boundary::Open if (0..extent).contains(&c) => coordinates.push(c as u64),
                Boundary::Open => return None,
            }
        }
        Some(lattice.cell_index(&coordinates) as usize * lattice.basis() + basis)
    }

    fn plaquettes(&self) -> Vec<BTreeSet<usize>> {
        let mut sets = Vec::new();
        for cell in 0..self.model.lattice.cells().unwrap_or(1) {
            let c: Vec<i64> = self.model.lattice.coordinates(cell).iter().map(|&c| c as i64).collect();
            let at = |steps: &[(i64, i64, usize)]| -> BTreeSet<usize> {
                steps.iter().filter_map(|&(x, y, basis)| self.index(&[c[0] + x, c[1] + y], basis)).collect()
            };
            sets.extend(match self.model.lattice.shape {
                Shape::Hypercubic => vec![at(&[(0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 1, 0)])],
                Shape::Triangular => {
                    vec![at(&[(0, 0, 0), (1, 0, 0), (0, 1, 0)]), at(&[(1, 1, 0), (1, 0, 0), (0, 1, 0)])]
                }
                // A(x, y) at the cell's corner, B a third along both: the ring around (2/3, 2/3).
                Shape::Honeycomb => vec![at(&[(1, 0, 0), (0, 1, 0), (1, 1, 0), (0, 0, 1), (1, 0, 1), (0, 1, 1)])],
                Shape::Kagome => vec![
                    at(&[(0, 0, 0), (0, 0, 1), (0, 0, 2)]),
                    at(&[(0, 0, 0), (-1, 0, 1), (0, -1, 2)]),
                    // Around (1/2, 1/2): both middles of the far sides, and those of the near ones.
                    at(&[(0, 0, 1), (0, 0, 2), (0, 1, 0), (1, 0, 0), (0, 1, 1), (1, 0, 2)]),
                ],
                _ => unreachable!("no plaquettes in this test"),
            });
        }
        sets
    }

    /// The image of each site under a motion.
    fn moved(&self, motion: &Isometry) -> Vec<usize> {
        let geometry = self.model.lattice.geometry();
        let image = |(cell, basis): &PlaceOf| {
            let (cell, basis) = geometry.site_at(&motion.position(&geometry.position(cell, *basis))).expect("a site");
            self.index(&cell, basis).expect("inside")
        };
        self.places.iter().map(image).collect()
    }

    /// The local monomials, as sorted lists of site, component and exponent.
    fn monomials(&self) -> Vec<Vec<(usize, u32, u32)>> {
        let admits: Vec<_> = self.model.localities.iter().map(|locality| self.admits(locality)).collect();
        let field = &self.model.fields[0];
        let variables: Vec<(usize, u32)> =
            (0..self.places.len()).flat_map(|site| (0..field.components).map(move |c| (site, c))).collect();
        let mut monomials: Vec<Vec<(usize, u32, u32)>> = vec![Vec::new()];
        let mut all: Vec<(usize, Vec<(usize, u32, u32)>, u32)> = vec![(0, Vec::new(), 0)];
        while let Some((first, monomial, degree)) = all.pop() {
            for next in first..variables.len() {
                let most = if field.kind == Kind::Real { self.model.degree - degree } else { 1 };
                for exponent in 1..=most.min(self.model.degree - degree) {
                    let mut longer = monomial.clone();
                    longer.push((variables[next].0, variables[next].1, exponent));
                    let sites: BTreeSet<usize> = longer.iter().map(|&(site, ..)| site).collect();
                    let sites: Vec<usize> = sites.into_iter().collect();
                    if admits.iter().all(|admits| admits(&sites)) {
                        monomials.push(longer.clone());
                    }
                    all.push((next + 1, longer, degree + exponent));
                }
            }
        }
        monomials
    }

    /// The numbers of local monomials and of invariants: orbits of monomials
    /// with a sign, united by every generator.
    fn count(&self, motions: &[Isometry], flipped: bool) -> [usize; 2] {
        let monomials = self.monomials();
        let index: BTreeMap<&Vec<(usize, u32, u32)>, usize> =
            monomials.iter().enumerate().map(|(at, monomial)| (monomial, at)).collect();
        // Nodes 2k and 2k+1 are monomial k and its negative.
        let mut parents: Vec<usize> = (0..2 * monomials.len()).collect();
        fn root(parents: &mut [usize], mut at: usize) -> usize {
            while parents[at] != at {
                parents[at] = parents[parents[at]];
                at = parents[at];
            }
            at
        }
        for motion in motions {
            let moved = self.moved(motion);
            for (at, monomial) in monomials.iter().enumerate() {
                let mut image: Vec<(usize, u32, u32)> =
                    monomial.iter().map(|&(site, component, exponent)| (moved[site], component, exponent)).collect();
                image.sort_unstable();
                let to = index[&image];
                for sign in 0..2 {
                    let (a, b) = (root(&mut parents, 2 * at + sign), root(&mut parents, 2 * to + sign));
                    parents[a] = b;
                }
            }
        }
        if flipped {
            for (at, monomial) in monomials.iter().enumerate() {
                if monomial.iter().map(|&(_, _, exponent)| exponent).sum::<u32>() % 2 == 1 {
                    let (a, b) = (root(&mut parents, 2 * at), root(&mut parents, 2 * at + 1));
                    parents[a] = b;
                }
            }
        }
        let mut orbits = BTreeSet::new();
        for at in 0..monomials.len() {
            let (a, b) = (root(&mut parents, 2 * at), root(&mut parents, 2 * at + 1));
            if a != b {
                orbits.insert(a.min(b));
            }
        }
        [monomials.len(), orbits.len()]
    }
}

fn motion(matrix: &[&[i64]], shift: &[i64]) -> Isometry {
    Isometry {
        name: format!("{matrix:?} {shift:?}"),
        matrix: matrix.iter().map(|row| row.to_vec()).collect(),
        shift: shift.to_vec(),
    }
}

fn translations(lattice: &Lattice) -> Vec<Isometry> {
    let dimension = lattice.dimension();
    let scale = lattice.geometry().scale;
    let unit = |at: usize| (0..dimension).map(|d| (d == at) as i64).collect::<Vec<i64>>();
    (0..dimension)
        .map(|at| Isometry {
            name: "t".into(),
            matrix: (0..dimension).map(unit).collect(),
            shift: unit(at).iter().map(|&entry| entry * scale).collect(),
        })
        .collect()
}

#[test]
fn brute_force_agrees() {
    use Shape::*;
    // A turn by sixty degrees and a reflection about the centre of a hexagon.
    let turn: &[&[i64]] = &[&[0, -1], &[1, 1]];
    let mirror: &[&[i64]] = &[&[0, 1], &[1, 0]];
    let about = |lattice: &Lattice, matrix: &[&[i64]]| {
        let center = lattice.geometry().center;
        let shift: Vec<i64> = (0..center.len())
            .map(|r| center[r] - matrix[r].iter().zip(&center).map(|(m, c)| m * c).sum::<i64>())
            .collect();
        motion(matrix, &shift)
    };
    let mut cases: Vec<(Lattice, Vec<Isometry>)> = vec![
        (lattice(Line, &[6]), vec![motion(&[&[1]], &[2])]),
        (lattice(Line, &[6]), vec![motion(&[&[-1]], &[1])]),
        (lattice(Line, &[6]), vec![motion(&[&[-1]], &[0]), motion(&[&[-1]], &[2])]),
        (open(Line, &[6]), vec![motion(&[&[-1]], &[5])]),
        // pg, p4g and a mirror of the diagonal.
        (lattice(Hypercubic, &[4, 3]), vec![motion(&[&[1, 0], &[0, -1]], &[2, 0])]),
        (
            lattice(Hypercubic, &[4, 4]),
            vec![motion(&[&[0, -1], &[1, 0]], &[1, 0]), motion(&[&[-1, 0], &[0, 1]], &[2, 2])],
        ),
        (lattice(Hypercubic, &[3, 3]), vec![motion(&[&[0, 1], &[1, 0]], &[1, 0])]),
        (
            Lattice { boundaries: vec![Boundary::Periodic, Boundary::Open], ..lattice(Hypercubic, &[4, 3]) },
            vec![motion(&[&[-1, 0], &[0, -1]], &[1, 2])],
        ),
        // A strip of the triangular lattice: a mirror that slants its open direction's sites.
        (
            Lattice { boundaries: vec![Boundary::Periodic, Boundary::Open], ..lattice(Triangular, &[4, 3]) },
            vec![motion(&[&[-1, -1], &[0, 1]], &[0, 0])],
        ),
        (open(Triangular, &[3, 3]), vec![motion(mirror, &[0, 0])]),
        (lattice(Triangular, &[2, 4]), vec![motion(&[&[-1, 0], &[0, -1]], &[1, 0])]),
        (lattice(BodyCentered, &[2, 2, 2]), vec![motion(&[&[0, 0, 1], &[1, 0, 0], &[0, 1, 0]], &[0, 0, 0])]),
        (lattice(FaceCentered, &[2, 2, 3]), vec![motion(&[&[0, 1, 0], &[1, 0, 0], &[0, 0, 1]], &[0, 0, 0])]),
    ];
    for (shape, extents) in
        [(Triangular, [3, 3]), (Triangular, [4, 4]), (Honeycomb, [2, 2]), (Honeycomb, [3, 3]), (Kagome, [2, 2])]
    {
        let torus = lattice(shape, &extents);
        cases.push((torus.clone(), vec![about(&torus, turn), about(&torus, mirror)]));
    }
    cases.push((open(Honeycomb, &[2, 3]), vec![]));
    let localities = [
        vec![],
        vec![NearestNeighbor],
        vec![range(3)],
        vec![Shell(2)],
        vec![GraphRadius(2)],
        vec![Window(2)],
        vec![Connected],
        vec![Plaquette],
        vec![Bodies(2)],
        vec![Connected, range(3)],
        vec![Window(2), Bodies(2)],
    ];
    let mut tried = 0;
    for (at, (lattice, motions)) in cases.iter().enumerate() {
        let two = lattice.dimension() == 2 && !matches!(lattice.shape, Shape::Line);
        for (kind, locality) in localities.iter().enumerate() {
            let skewed = motions.iter().any(|m| m.matrix.iter().any(|row| row.iter().filter(|&&e| e != 0).count() > 1));
            let windowed = locality.iter().any(|locality| matches!(locality, Window(_)));
            let basis = lattice.basis() > 1;
            if (locality.contains(&Plaquette) && !two) || (windowed && (skewed || basis)) {
                continue;
            }
            // On a patch, paths may be longer and hexagons cut: the unbounded
            // lattice is what counts.
            let patch = basis && lattice.boundaries.contains(&Boundary::Open);
            if patch && matches!(locality[..], [GraphRadius(_)] | [Plaquette]) {
                continue;
            }
            for translated in [false, true] {
                if translated && lattice.boundaries.contains(&Boundary::Open) {
                    continue;
                }
                let slanted = skewed
                    && lattice.boundaries.contains(&Boundary::Open)
                    && lattice.boundaries.contains(&Boundary::Periodic);
                if slanted && locality.is_empty() {
                    continue;
                }
                let kinds = [field(Kind::Real, 1), field(Kind::Spin, 1), field(Kind::Spin, 2)];
                let fields = [kinds[(at + kind) % 3].clone()];
                let flipped = (at + kind) % 4 == 0;
                let degree = if lattice.sites().unwrap_or(0) > 14 { 3 } else { 4 };
                let mut symmetries: Vec<Symmetry> = motions.iter().cloned().map(Motion).collect();
                let mut generators = motions.clone();
                if translated {
                    symmetries.push(Translation);
                    generators.extend(translations(lattice));
                }
                if flipped {
                    symmetries.push(Flip(0));
                }
                let model = model(lattice.clone(), &fields, degree, locality, &symmetries);
                let [local, symmetric] = Whole::new(&model).count(&generators, flipped);
                let counted = match degrees_of_freedom(&model) {
                    Ok(counted) => counted,
                    Err(error) => panic!("{lattice} {locality:?} {symmetries:?}: {error}"),
                };
                let context = format!("{lattice} {locality:?} {symmetries:?} {:?}", fields[0].kind);
                assert_eq!(counted.local().to_string(), local.to_string(), "local: {context}");
                assert_eq!(counted.symmetric().to_string(), symmetric.to_string(), "symmetric: {context}");
                tried += 1;
            }
        }
    }
    assert!(tried > 150, "{tried}");
}

#[test]
fn fields_on_bonds() {
    // Z2 link variables of a torus, in words of the table: 4x4, degree 4 has
    // 41449 monomials; translations and the point group alone are counted by
    // hand for degree one: one bond.
    let bonds = [Field { place: Place::Bonds, ..field(Kind::Spin, 1) }];
    let torus = model(lattice(Shape::Hypercubic, &[4, 4]), &bonds, 4, &[], &[Translation, P]);
    let counted = degrees_of_freedom(&torus).expect("countable");
    assert_eq!(counted.all().to_string(), "41449");
    let one = model(lattice(Shape::Hypercubic, &[8, 8]), &bonds, 1, &[NearestNeighbor], &[Translation, P]);
    check(&one, "129", "129", "2");
    // Two bonds that share two sites at most are none; only powers of a bond are local.
    let real = [Field { place: Place::Bonds, ..field(Kind::Real, 1) }];
    let chain = model(open(Shape::Line, &[5]), &real, 2, &[NearestNeighbor], &[]);
    check(&chain, "15", "9", "9");
    let ring = model(lattice(Shape::Line, &[8]), &real, 2, &[Connected], &[Translation, Reflection]);
    // 1, b, b^2, neighbours b b', and b b' with one bond between.
    check(&ring, "45", "33", "5");
}
