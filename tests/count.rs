//! Degrees of freedom against published counts, closed forms and brute force.

use dashu_int::UBig;
use hamc::count::{CountError, DegreesOfFreedom, burnside, degrees_of_freedom, invariants};
use hamc::exact::Rational;
use hamc::model::{Boundary, Field, Frame, Kind, Lattice, Locality, Model, Monomial, Shape, Symmetry, generators};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const NEAREST: Option<Locality> = Some(Locality::NearestNeighbor);

fn range(numerator: u64, denominator: u64) -> Option<Locality> {
    Some(Locality::Range { numerator, denominator })
}

fn field(kind: Kind) -> Field {
    Field::scalar("phi", kind, Rational::new(if kind == Kind::Bit { 0 } else { -1 }, 1), Rational::ONE)
}

fn lattice(extents: &[u64], open: &[usize]) -> Lattice {
    Lattice {
        shape: match extents.len() {
            0 => Shape::Point,
            1 => Shape::Line,
            _ => Shape::Hypercubic,
        },
        extents: extents.to_vec(),
        boundaries: (0..extents.len())
            .map(|d| if open.contains(&d) { Boundary::Open } else { Boundary::Periodic })
            .collect(),
        graph: None,
    }
}

fn complete(sites: u64) -> Lattice {
    Lattice { shape: Shape::Complete, extents: vec![sites], boundaries: vec![Boundary::Periodic], graph: None }
}

/// A generic model: `H = generic`.
fn model(
    lattice: Lattice,
    fields: Vec<Field>,
    degree: u32,
    locality: Option<Locality>,
    symmetries: &[Symmetry],
) -> Model {
    Model::generic(lattice, fields, degree, locality.into_iter().collect(), symmetries.to_vec())
}

fn counts(model: &Model) -> (UBig, UBig, UBig) {
    let counted = degrees_of_freedom(model).expect("the model can be counted");
    (counted.all().clone(), counted.local().clone(), counted.symmetric().clone())
}

fn ring(n: u64, degree: u32, locality: Option<Locality>, symmetries: &[Symmetry]) -> Model {
    model(lattice(&[n], &[]), vec![field(Kind::Real)], degree, locality, symmetries)
}

fn triple(all: u64, local: u64, symmetric: u64) -> (UBig, UBig, UBig) {
    (all.into(), local.into(), symmetric.into())
}

use Symmetry::{Flip, Permutation, PointGroup, Reflection, Translation};

#[test]
fn generic_ring_of_the_textbook() {
    for n in [4, 5, 16, 1_000_000, 1_000_000_000_000] {
        let counted = degrees_of_freedom(&ring(n, 2, NEAREST, &[Translation])).expect("countable");
        let big = UBig::from(n);
        assert_eq!(*counted.all(), (&big + UBig::from(1u8)) * (&big + UBig::from(2u8)) / UBig::from(2u8));
        assert_eq!(*counted.local(), UBig::from(3 * n + 1));
        assert_eq!(*counted.symmetric(), UBig::from(4u8));
        assert_eq!(counted.steps[0].formula, format!("C(n+d, d) = C({}, 2) with n = {n}, d = 2", n + 2));
        assert_eq!(counted.steps[1].formula, format!("3n + 1 with n = {n}"));
        assert_eq!(counted.group_order, Some(big));
        assert_eq!(counted.steps[2].warning, None);
    }
}

#[test]
fn open_chains_of_any_length() {
    let chain =
        |n, symmetries: &[Symmetry]| model(lattice(&[n], &[0]), vec![field(Kind::Real)], 2, NEAREST, symmetries);
    let counted = degrees_of_freedom(&chain(8, &[])).expect("countable");
    assert_eq!(counted.steps[1].formula, "3n with n = 8");
    assert_eq!(counts(&chain(8, &[Reflection])), triple(45, 24, 13));
    // 3n monomials; the reflection keeps the constant and, for even n, the
    // middle bond: (3n + 2) / 2.
    let n = 1_000_000_000;
    let (_, local, symmetric) = counts(&chain(n, &[Reflection]));
    assert_eq!((local, symmetric), (UBig::from(3 * n), UBig::from((3 * n + 2) / 2)));
    let odd = n + 1;
    // For odd n it keeps the constant, and both powers of the middle site.
    assert_eq!(counts(&chain(odd, &[Reflection])).2, UBig::from((3 * odd + 3) / 2));
}

#[test]
fn square_tori() {
    let square = |symmetries: &[Symmetry]| {
        model(lattice(&[1_000_000, 1_000_000], &[]), vec![field(Kind::Real)], 2, NEAREST, symmetries)
    };
    let n = 1_000_000_000_000u64;
    let (_, local, symmetric) = counts(&square(&[Translation]));
    assert_eq!((local, symmetric), (UBig::from(4 * n + 1), UBig::from(5u8)));
    assert_eq!(counts(&square(&[Translation, PointGroup(None)])).2, UBig::from(4u8));
    assert_eq!(counts(&square(&[Translation, Reflection])).2, UBig::from(5u8));
}

#[test]
fn tiny_rings() {
    assert_eq!(counts(&ring(1, 2, NEAREST, &[Translation])), triple(3, 3, 3));
    assert_eq!(counts(&ring(2, 2, NEAREST, &[Translation])), triple(6, 6, 4));
    assert_eq!(counts(&ring(3, 2, NEAREST, &[Translation])), triple(10, 10, 4));
    assert_eq!(counts(&ring(3, 3, NEAREST, &[Translation])), triple(20, 20, 8));
}

#[test]
fn small_torus_is_warned_about() {
    let torus = |side| {
        let symmetries = [Translation, PointGroup(None)];
        let model = model(lattice(&[side, side], &[]), vec![field(Kind::Spin)], 4, range(4, 1), &symmetries);
        let counted = degrees_of_freedom(&model).expect("countable");
        (counted.symmetric().to_string(), counted.steps[2].warning.clone())
    };
    for (side, expected) in [(4, "13"), (5, "13"), (6, "12"), (7, "11"), (8, "11"), (1000, "11")] {
        let (count, warning) = torus(side);
        assert_eq!(count, expected, "side {side}");
        assert_eq!(warning.is_some(), expected != "11", "side {side}");
    }
    let text = torus(6).1.expect("a warning");
    assert!(text.contains("the infinite lattice has 11 where this one has 12"), "{text}");
    assert!(text.contains("above 6"), "{text}");
}

#[test]
fn molien_series_of_a_long_ring() {
    assert_eq!(counts(&ring(64, 6, None, &[Translation])).2, UBig::from(2_048_791u64));
    // Found by Burnside's lemma on the two million unit-cell monomials.
    assert_eq!(counts(&ring(64, 6, None, &[Translation, Reflection])).2, UBig::from(1_028_263u64));
    // Of degree one there is one orbit, of degree two n/2 + 1.
    let n = 1_000_000_000_000u64;
    assert_eq!(counts(&ring(n, 2, None, &[Translation])).2, UBig::from(n / 2 + 3));
}

#[test]
fn necklaces() {
    // All functions of n spins up to rotation: the necklaces of two colours.
    for (n, expected) in [(1, "2"), (2, "3"), (6, "14"), (12, "352"), (64, "288230376218822676")] {
        let spins = model(lattice(&[n], &[]), vec![field(Kind::Spin)], n as u32, None, &[Translation]);
        assert_eq!(counts(&spins).2.to_string(), expected);
    }
    let spins = model(lattice(&[997], &[]), vec![field(Kind::Bit)], 997, None, &[Translation]);
    // A prime number of sites: (2^n - 2) / n + 2.
    assert_eq!(counts(&spins).2, ((UBig::ONE << 997) - UBig::from(2u8)) / UBig::from(997u16) + UBig::from(2u8));
}

#[test]
fn permutations_of_many() {
    let mean_field = |n, degree| model(complete(n), vec![field(Kind::Real)], degree, None, &[Permutation]);
    // Partitions of 0 to 6: 1 + 1 + 2 + 3 + 5 + 7 + 11.
    assert_eq!(counts(&mean_field(1000, 6)).2, UBig::from(30u8));
    let numbers = Field { components: 32, indexed: true, ..field(Kind::Real) };
    let product = model(Lattice::point(), vec![numbers], 4, None, &[Permutation]);
    assert_eq!(counts(&product), ("58905".parse().unwrap(), "58905".parse().unwrap(), 12u8.into()));
    let scalars: Vec<Field> = ["x", "y", "z"].map(|n| Field { name: n.to_owned(), ..field(Kind::Real) }).into();
    // Symmetric polynomials of three variables to degree four: 1+1+2+3+4.
    assert_eq!(counts(&model(Lattice::point(), scalars.clone(), 4, None, &[Permutation])).2, UBig::from(11u8));
    // Even ones under all sign changes: 1, x^2, x^4, x^2 y^2.
    assert_eq!(counts(&model(Lattice::point(), scalars, 4, None, &[Permutation, Flip(0)])).2, UBig::from(4u8));
}

#[test]
fn homogeneous_degrees_sum_to_all() {
    for symmetries in [vec![Translation], vec![Translation, Reflection], vec![Translation, Flip(0)], vec![]] {
        for locality in [None, NEAREST, range(4, 1)] {
            let mut sum = [UBig::ZERO, UBig::ZERO, UBig::ZERO];
            for degree in 0..=4 {
                let mut one = ring(6, degree, locality.clone(), &symmetries);
                one.homogeneous = true;
                let (all, local, symmetric) = counts(&one);
                sum[0] += all;
                sum[1] += local;
                sum[2] += symmetric;
            }
            assert_eq!(
                (sum[0].clone(), sum[1].clone(), sum[2].clone()),
                counts(&ring(6, 4, locality.clone(), &symmetries))
            );
        }
    }
}

#[test]
fn impossible_symmetries_are_refused() {
    let error = |model: &Model| degrees_of_freedom(model).expect_err("refused").to_string();
    let chain = model(lattice(&[8], &[0]), vec![field(Kind::Real)], 2, NEAREST, &[]);
    let chain = Model { symmetries: vec![Translation], ..chain };
    assert!(error(&chain).contains("no translations"), "{}", error(&chain));
    let oblong = model(lattice(&[4, 6], &[]), vec![field(Kind::Real)], 2, NEAREST, &[Translation, PointGroup(None)]);
    assert!(error(&oblong).contains("point group"), "{}", error(&oblong));
    let permuted = ring(8, 2, NEAREST, &[Permutation]);
    assert!(matches!(degrees_of_freedom(&permuted), Err(CountError::NotPreserved { .. })));
    let mut bits = model(lattice(&[4], &[]), vec![field(Kind::Bit)], 2, NEAREST, &[Translation, Flip(0)]);
    assert!(degrees_of_freedom(&bits).is_ok());
    bits.homogeneous = true;
    assert!(matches!(degrees_of_freedom(&bits), Err(CountError::NotPreserved { .. })));
}

#[test]
fn hopeless_counts_are_refused_at_once() {
    let square = |degree, reach: u64, symmetries: &[Symmetry]| {
        model(lattice(&[1000, 1000], &[]), vec![field(Kind::Spin)], degree, range(reach * reach, 1), symmetries)
    };
    for model in [
        square(8, 10, &[Translation, PointGroup(None)]),
        square(60_000, 40, &[Translation]),
        square(4, 400, &[Translation]),
    ] {
        let error = degrees_of_freedom(&model).expect_err("too many");
        assert!(matches!(error, CountError::TooMany { .. } | CountError::Unsupported(_)), "{error}");
    }
}

/// Orbits by brute force on the sites of the lattice: a union-find over all
/// local monomials with signs. Written apart from the library, which it does
/// not use at all.
fn brute_force(
    extents: &[u64],
    open: &[usize],
    spin: bool,
    degree: u32,
    squared: Option<u64>,
    symmetries: &[Symmetry],
) -> (usize, usize) {
    let dimension = extents.len();
    let sites: Vec<Vec<i64>> = extents.iter().fold(vec![vec![]], |sites, &extent| {
        sites.iter().flat_map(|site| (0..extent as i64).map(move |c| [site.clone(), vec![c]].concat())).collect()
    });
    let number: BTreeMap<Vec<i64>, usize> = sites.iter().cloned().zip(0..).collect();
    let close = |a: &Vec<i64>, b: &Vec<i64>| {
        let distance: i64 = (0..dimension)
            .map(|d| {
                let step = (a[d] - b[d]).abs();
                let step = if open.contains(&d) { step } else { step.min(extents[d] as i64 - step) };
                step * step
            })
            .sum();
        squared.is_none_or(|squared| distance as u64 <= squared)
    };
    // Monomials as exponent vectors over the sites.
    let mut monomials: BTreeSet<Vec<u32>> = BTreeSet::from([vec![0; sites.len()]]);
    for _ in 0..degree {
        for monomial in monomials.clone() {
            for site in 0..sites.len() {
                let mut next = monomial.clone();
                next[site] += 1;
                let local = (0..sites.len()).all(|other| next[other] == 0 || close(&sites[site], &sites[other]));
                if local && !(spin && next[site] > 1) {
                    monomials.insert(next);
                }
            }
        }
    }
    let mut maps: Vec<(Vec<usize>, bool)> = Vec::new();
    let mut add = |map: &dyn Fn(&Vec<i64>) -> Vec<i64>| {
        maps.push((sites.iter().map(|site| number[&map(site)]).collect(), false));
    };
    for symmetry in symmetries {
        for d in 0..dimension {
            let extent = extents[d] as i64;
            match symmetry {
                Translation => add(&|site| {
                    let mut image = site.clone();
                    image[d] = (image[d] + 1) % extent;
                    image
                }),
                Reflection | PointGroup(None) => add(&|site| {
                    let mut image = site.clone();
                    image[d] = if open.contains(&d) { extent - 1 - image[d] } else { (extent - image[d]) % extent };
                    image
                }),
                _ => {}
            }
            if *symmetry == PointGroup(None) && d > 0 {
                add(&|site| {
                    let mut image = site.clone();
                    image.swap(d - 1, d);
                    image
                });
            }
        }
    }
    if symmetries.contains(&Flip(0)) {
        maps.push(((0..sites.len()).collect(), true));
    }
    let list: Vec<&Vec<u32>> = monomials.iter().collect();
    let index: BTreeMap<&Vec<u32>, usize> = list.iter().copied().zip(0..).collect();
    let mut parent: Vec<usize> = (0..2 * list.len()).collect();
    fn find(parent: &mut [usize], mut at: usize) -> usize {
        while parent[at] != at {
            parent[at] = parent[parent[at]];
            at = parent[at];
        }
        at
    }
    for (permutation, odd) in &maps {
        for (at, monomial) in list.iter().enumerate() {
            let mut image = vec![0; sites.len()];
            for (site, &exponent) in monomial.iter().enumerate() {
                image[permutation[site]] = exponent;
            }
            let sign = (*odd && monomial.iter().sum::<u32>() % 2 == 1) as usize;
            for s in 0..2 {
                let (a, b) = (find(&mut parent, 2 * at + s), find(&mut parent, 2 * index[&image] + (s ^ sign)));
                parent[a] = b;
            }
        }
    }
    let mut roots = BTreeSet::new();
    for at in 0..list.len() {
        let (positive, negative) = (find(&mut parent, 2 * at), find(&mut parent, 2 * at + 1));
        if positive != negative {
            roots.insert(positive.min(negative));
        }
    }
    (list.len(), roots.len())
}

/// Checks that a list of energies is a basis of the invariants: as many as
/// counted, kept by every generator, and linearly independent (their
/// monomials are disjoint, or a rank is computed).
fn check_invariants(model: &Model, counted: &DegreesOfFreedom) {
    let energies = invariants(model).expect("the invariants can be listed");
    assert_eq!(UBig::from(energies.len()), *counted.symmetric());
    for (at, energy) in energies.iter().enumerate() {
        assert_eq!(energy.name, format!("h{at}"));
        assert_eq!(energy.polynomial, model.canonical_polynomial(&energy.polynomial));
        assert_eq!(model.canonical_polynomial(&energy.written.expand()), energy.polynomial);
        for symmetry in &model.symmetries {
            for action in generators(model, symmetry).expect("the symmetry exists") {
                assert_eq!(action.apply(model, &energy.polynomial), energy.polynomial, "{}", action.name);
            }
        }
    }
    // Row reduction over the rationals: every energy has a leading monomial
    // of its own after those before are subtracted.
    let mut pivots: BTreeMap<Monomial, hamc::model::Polynomial> = BTreeMap::new();
    for energy in &energies {
        let mut rest = energy.polynomial.clone();
        while let Some((leading, coefficient)) = rest.terms().first().cloned() {
            match pivots.get(&leading) {
                Some(pivot) => rest = &rest - &pivot.scaled(&(&coefficient / &pivot.coefficient(&leading))),
                None => {
                    pivots.insert(leading, rest);
                    break;
                }
            }
        }
    }
    assert_eq!(pivots.len(), energies.len(), "the invariants are linearly dependent");
}

#[test]
fn invariants_of_the_generic_ring() {
    let model = ring(16, 2, NEAREST, &[Translation]);
    let names: Vec<String> = invariants(&model)
        .expect("four invariants")
        .iter()
        .map(|energy| energy.polynomial.display(|variable| model.variable_name(variable)))
        .collect();
    assert_eq!(names, ["1", "phi[i]", "phi[i]^2", "phi[i]*phi[i+1]"]);
    // Each bond of a ring of two occurs in two cells.
    let model = ring(2, 2, NEAREST, &[Translation]);
    let last = invariants(&model).expect("four invariants").pop().expect("the bond");
    assert_eq!(last.polynomial.display(|variable| model.variable_name(variable)), "1/2*phi[i]*phi[i+1]");
}

#[test]
fn invariants_with_components_bits_and_permutations() {
    let two = Field { name: "S".to_owned(), components: 2, indexed: true, ..field(Kind::Real) };
    let bit = Field { name: "b".to_owned(), ..field(Kind::Bit) };
    let spin = Field { name: "s".to_owned(), ..field(Kind::Spin) };
    let square =
        |fields: Vec<Field>, symmetries: &[Symmetry]| model(lattice(&[3, 3], &[]), fields, 3, NEAREST, symmetries);
    let numbers = Field { components: 5, indexed: true, ..field(Kind::Real) };
    let scalars: Vec<Field> = ["x", "y", "z"].map(|n| Field { name: n.to_owned(), ..field(Kind::Real) }).into();
    for model in [
        square(vec![two.clone(), bit.clone()], &[Translation, PointGroup(None), Flip(0), Flip(1)]),
        square(vec![spin.clone(), bit.clone()], &[Translation, Reflection, Flip(1)]),
        model(lattice(&[4], &[0]), vec![bit.clone(), spin], 3, range(4, 1), &[Reflection, Flip(0)]),
        model(complete(5), vec![two, bit], 3, None, &[Permutation, Flip(1)]),
        model(Lattice::point(), vec![numbers], 4, None, &[Permutation, Flip(0)]),
        model(Lattice::point(), scalars, 4, None, &[Permutation, Flip(1)]),
    ] {
        let counted = degrees_of_freedom(&model).expect("countable");
        check_invariants(&model, &counted);
        if let Some(count) = burnside(&model) {
            assert_eq!(count, *counted.symmetric(), "{}", model.lattice);
        }
    }
}

#[test]
fn invariants_without_a_translated_frame() {
    // The same couplings where the frame is one cell that holds all sites.
    let mut model = ring(6, 3, NEAREST, &[Translation, Reflection]);
    model.frame = Frame::new(&model.lattice, &model.fields, Vec::new());
    let counted = degrees_of_freedom(&model).expect("countable");
    check_invariants(&model, &counted);
}

fn any_symmetries() -> impl Strategy<Value = Vec<Symmetry>> {
    (0..3u8, 0..3u8, any::<bool>()).prop_map(|(translation, point, flip)| {
        let mut symmetries = Vec::new();
        if translation > 0 {
            symmetries.push(Translation);
        }
        match point {
            1 => symmetries.push(Reflection),
            2 => symmetries.push(PointGroup(None)),
            _ => {}
        }
        if flip {
            symmetries.push(Flip(0));
        }
        symmetries
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn all_methods_agree(
        extents in prop_oneof![
            (1..8u64).prop_map(|n| vec![n]),
            (1..5u64, 1..5u64).prop_map(|(a, b)| vec![a, b]),
            (2..4u64).prop_map(|n| vec![n, n]),
            Just(vec![2, 2, 2]),
        ],
        open_bits in prop_oneof![3 => Just(0usize), 1 => 0..8usize, 1 => Just(7usize)],
        kind in prop_oneof![Just(Kind::Real), Just(Kind::Spin), Just(Kind::Bit)],
        degree in 0..4u32,
        squared in prop_oneof![Just(None), Just(Some(1u64)), (0..6u64).prop_map(Some)],
        symmetries in any_symmetries(),
    ) {
        let open: Vec<usize> = (0..extents.len()).filter(|d| open_bits >> d & 1 == 1).collect();
        let symmetries: Vec<Symmetry> =
            symmetries.into_iter().filter(|s| *s != Translation || open.is_empty()).collect();
        let even = extents.iter().all(|&e| e == extents[0]) && (open.is_empty() || open.len() == extents.len());
        let symmetries: Vec<Symmetry> = symmetries.into_iter().filter(|s| *s != PointGroup(None) || even).collect();
        let locality = squared.map(|numerator| Locality::Range { numerator, denominator: 1 });
        let model = model(lattice(&extents, &open), vec![field(kind)], degree, locality, &symmetries);
        let counted = degrees_of_freedom(&model).expect("a small model can be counted");
        let expected = brute_force(&extents, &open, kind != Kind::Real, degree, squared, &symmetries);
        prop_assert_eq!(counted.local(), &UBig::from(expected.0));
        prop_assert_eq!(counted.symmetric(), &UBig::from(expected.1));
        prop_assert_eq!(burnside(&model), Some(UBig::from(expected.1)));
        check_invariants(&model, &counted);
    }
}

#[test]
fn hypercubic_lattices() {
    for dimension in 2..=6u64 {
        let extents = vec![10; dimension as usize];
        let hypercubic =
            |symmetries: &[Symmetry]| model(lattice(&extents, &[]), vec![field(Kind::Real)], 2, NEAREST, symmetries);
        let sites = UBig::from(10u64.pow(dimension as u32));
        let (_, local, symmetric) = counts(&hypercubic(&[Translation]));
        assert_eq!(local, sites * UBig::from(dimension + 2) + UBig::ONE);
        assert_eq!(symmetric, UBig::from(dimension + 3));
        assert_eq!(counts(&hypercubic(&[Translation, PointGroup(None)])).2, UBig::from(4u8));
    }
}
