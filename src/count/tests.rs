//! Each method of counting against the others, on the same models.

use dashu_int::UBig;
use std::collections::{BTreeMap, BTreeSet};

use super::coupling::Coupling;
use super::enumerate::Translates;
use super::orbits::{Cell, GeneratorKind};
use super::representatives::Representatives;
use super::series::natural;
use super::space::Space;
use super::{Group, cycle_index, degrees_of_freedom, unit_cell};
use crate::exact::Rational;
use crate::model::{
    Boundary, Field, Kind, Lattice, Locality, Model, Shape, Structure,
    Symmetry::{self, Flip, Permutation, PointGroup, Reflection, Translation},
};

fn field(kind: Kind, components: u32) -> Field {
    Field { components, indexed: components > 1, ..Field::scalar("phi", kind, Rational::MINUS_ONE, Rational::ONE) }
}

fn model(
    extents: &[u64],
    boundary: Boundary,
    fields: &[Field],
    degree: u32,
    squared_range: Option<u64>,
    symmetries: &[Symmetry],
) -> Model {
    let shape = [Shape::Point, Shape::Line, Shape::Hypercubic][extents.len().min(2)];
    let lattice = Lattice { shape, extents: extents.to_vec(), boundaries: vec![boundary; extents.len()], graph: None };
    let localities = squared_range.map(|numerator| Locality::Range { numerator, denominator: 1 });
    Model::generic(lattice, fields.to_vec(), degree, localities.into_iter().collect(), symmetries.to_vec())
}

/// The count by an e-graph of all monomials of the unit cell.
fn by_graph(space: &Space, group: &Group) -> UBig {
    let coupling = Coupling::new(space).expect("few supports");
    let coupling = coupling.unwrap_or_else(|| Coupling::of_all(space).expect("few supports"));
    let cell = Cell::new(space, &coupling, &group.space, 200_000).expect("few monomials");
    UBig::from(cell.orbits(&group.generators).expect("the group keeps the monomials").len())
}

/// The number of orbits by orderly generation, each of which is compared with
/// the e-graph's: one monomial of each, and as many monomials on the lattice.
fn by_listing(space: &Space, group: &Group) -> UBig {
    let coupling = Coupling::new(space).expect("few supports");
    let coupling = coupling.unwrap_or_else(|| Coupling::of_all(space).expect("few supports"));
    let cell = Cell::new(space, &coupling, &group.space, 200_000).expect("few monomials");
    let mut orbit_of = BTreeMap::new();
    let orbits = cell.orbits(&group.generators).expect("the group keeps the monomials");
    for (at, orbit) in orbits.iter().enumerate() {
        orbit_of.extend(orbit.iter().map(|&(monomial, _)| (cell.monomials[monomial as usize].clone(), at)));
    }
    let all = Representatives::new(space, &coupling, group).expect("the group keeps the colours");
    let mut met = vec![false; orbits.len()];
    let mut listed = 0u64;
    // How many orbits there are of each order of the stabilizer.
    let mut stabilizers: BTreeMap<u64, u64> = BTreeMap::new();
    all.each(&mut |one| {
        let canonical = cell.translates.canonical(space, &one.monomial);
        let orbit = orbit_of[&canonical];
        assert!(!met[orbit], "an orbit is listed twice: {:?}", one.monomial);
        met[orbit] = true;
        listed += 1;
        *stabilizers.entry(one.stabilizer).or_insert(0) += 1;
        let mut others: Vec<_> = all.orbit(&one.monomial).into_iter().map(|(monomial, _)| monomial).collect();
        others.iter_mut().for_each(|monomial| *monomial = cell.translates.canonical(space, monomial));
        others.sort_unstable();
        others.dedup();
        assert_eq!(others.len(), orbits[orbit].len(), "{:?}", one.monomial);
        if coupling.unwrapped {
            assert_eq!(all.elements(), one.stabilizer * others.len() as u64, "{:?}", one.monomial);
        }
    })
    .expect("few supports");
    let signed = group.generators.iter().any(|generator| matches!(generator.kind, GeneratorKind::Signs(_)));
    if !signed && space.constant && !space.uniform {
        let kinds = unit_cell::kinds(space, &coupling).expect("few supports");
        let local = unit_cell::local(space, &kinds).expect("countable") - UBig::ONE;
        let cells = natural(space.periods().index() / group.space.translations.index());
        let common: UBig = stabilizers.keys().map(|&stabilizer| UBig::from(stabilizer)).product();
        let sizes =
            stabilizers.iter().map(|(&stabilizer, &orbits)| &common / UBig::from(stabilizer) * UBig::from(orbits));
        let monomials = sizes.sum::<UBig>() * UBig::from(all.elements()) - &common;
        assert_eq!(monomials * cells, local * common);
    }
    UBig::from(listed)
}

#[test]
fn graph_and_unit_cell_agree() {
    let mixed = [field(Kind::Real, 2), field(Kind::Spin, 1)];
    let real = [field(Kind::Real, 1)];
    let categories = [Field { structure: Structure::Categories, ..field(Kind::Bit, 2) }, field(Kind::Real, 1)];
    let groups: [&[Symmetry]; 5] = [
        &[Translation],
        &[Translation, Reflection],
        &[Translation, PointGroup(None)],
        &[Translation, PointGroup(None), Flip(0)],
        &[Translation, Reflection, Flip(0)],
    ];
    for symmetries in groups {
        for (extents, squared) in [
            // Where nothing wraps, and tori of every small size.
            (vec![50], 4),
            (vec![9, 9], 4),
            (vec![8, 8, 8], 2),
            (vec![2], 1),
            (vec![3], 1),
            (vec![6], 4),
            (vec![8], 9),
            (vec![2, 2], 1),
            (vec![3, 3], 1),
            (vec![4, 4], 2),
            (vec![4, 4], 5),
            (vec![5, 5], 4),
            (vec![3, 3, 3], 2),
        ] {
            for (fields, degree) in [(&real[..], 4), (&mixed[..], 3), (&categories[..], 3)] {
                if fields[0].structure == Structure::Categories && symmetries.contains(&Flip(0)) {
                    continue;
                }
                let model = model(&extents, Boundary::Periodic, fields, degree, Some(squared), symmetries);
                assert_methods_agree(&model);
            }
        }
    }
}

/// Burnside's lemma on the supports of a cell, the e-graph and the list give
/// one number, where a locality leaves supports at all.
#[track_caller]
fn assert_methods_agree(model: &Model) {
    let space = Space::new(model).expect("a space");
    let group = Group::new(model, &space).expect("a group");
    let Some(coupling) = Coupling::new(&space).expect("few supports") else { return };
    let kinds = unit_cell::kinds(&space, &coupling).expect("few supports");
    let counted = unit_cell::invariants(&space, &coupling, &kinds, &group.space).expect("countable");
    let Model { lattice, localities, symmetries, .. } = model;
    assert_eq!(counted, by_graph(&space, &group), "{lattice} {localities:?} {symmetries:?}");
    assert_eq!(counted, by_listing(&space, &group), "{lattice} {localities:?} {symmetries:?}");
}

#[test]
fn graph_and_places_agree_without_translations() {
    let fields = [field(Kind::Real, 1), field(Kind::Spin, 1)];
    let groups: [&[Symmetry]; 4] = [&[], &[Reflection], &[PointGroup(None)], &[PointGroup(None), Flip(0)]];
    for symmetries in groups {
        for boundary in [Boundary::Periodic, Boundary::Open] {
            for extents in [vec![1], vec![4], vec![7], vec![8], vec![4, 4], vec![5, 5], vec![4, 4, 4]] {
                let model = model(&extents, boundary, &fields, 3, Some(1), symmetries);
                assert_methods_agree(&model);
            }
        }
    }
}

#[test]
fn graph_and_cycle_index_agree_without_locality() {
    let fields = [field(Kind::Real, 1), field(Kind::Spin, 2)];
    let groups: [&[Symmetry]; 5] = [
        &[Translation],
        &[Translation, Reflection],
        &[Translation, PointGroup(None), Flip(1)],
        &[PointGroup(None)],
        &[Flip(0)],
    ];
    for symmetries in groups {
        for extents in [vec![1], vec![2], vec![5], vec![6], vec![2, 2], vec![3, 3], vec![4, 4], vec![2, 2, 2]] {
            let model = model(&extents, Boundary::Periodic, &fields, 3, None, symmetries);
            let space = Space::new(&model).expect("a space");
            let group = Group::new(&model, &space).expect("a group");
            let counted = cycle_index::invariants(&space, &group.space).expect("countable");
            assert_eq!(counted, by_graph(&space, &group), "{} {symmetries:?}", model.lattice);
            assert_eq!(counted, by_listing(&space, &group), "{} {symmetries:?}", model.lattice);
        }
    }
}

#[test]
fn graph_and_partitions_agree() {
    let sites = |sites: u64, symmetries: &[Symmetry]| {
        let mut model =
            model(&[sites], Boundary::Periodic, &[field(Kind::Real, 1), field(Kind::Bit, 1)], 4, None, symmetries);
        model.lattice.shape = Shape::Complete;
        model
    };
    let index = |symmetries: &[Symmetry]| {
        model(
            &[],
            Boundary::Open,
            &[field(Kind::Real, 4), field(Kind::Spin, 4), field(Kind::Real, 1)],
            4,
            None,
            symmetries,
        )
    };
    for model in [
        sites(1, &[Permutation]),
        sites(2, &[Permutation, Flip(0)]),
        sites(5, &[Permutation, Flip(0), Flip(1)]),
        index(&[Permutation]),
        index(&[Permutation, Flip(0), Flip(2)]),
    ] {
        let space = Space::new(&model).expect("a space");
        let group = Group::new(&model, &space).expect("a group");
        let blocks = group.blocks.as_ref().expect("a permutation group");
        assert_eq!(blocks.invariants(&space).expect("countable"), by_graph(&space, &group));
    }
}

#[test]
fn groups_have_their_orders() {
    let order = |extents: &[u64], symmetries: &[Symmetry]| {
        let model = model(extents, Boundary::Periodic, &[field(Kind::Real, 1)], 2, Some(1), symmetries);
        degrees_of_freedom(&model).expect("countable").group_order.expect("a small order")
    };
    assert_eq!(order(&[64], &[Translation, Reflection]), UBig::from(128u8));
    assert_eq!(order(&[8, 8], &[Translation, PointGroup(None), Flip(0)]), UBig::from(1024u16));
    assert_eq!(order(&[4, 4, 4], &[Translation, PointGroup(None)]), UBig::from(3072u16));
    // A reversal of two sites does nothing.
    assert_eq!(order(&[2], &[Translation, Reflection]), UBig::from(2u8));
}

/// All sets of at most three sites that a coupling admits, against the words
/// of the localities themselves.
#[test]
fn coupling_and_localities_admit_the_same_sets() {
    use Boundary::{Open, Periodic};
    let lattices = [
        (Shape::Line, vec![2], Periodic),
        (Shape::Line, vec![7], Periodic),
        (Shape::Line, vec![6], Open),
        (Shape::Hypercubic, vec![2, 3], Periodic),
        (Shape::Hypercubic, vec![4, 4], Periodic),
        (Shape::Hypercubic, vec![3, 4], Open),
        (Shape::Hypercubic, vec![3, 3, 3], Periodic),
        (Shape::Triangular, vec![4, 4], Periodic),
        (Shape::Honeycomb, vec![3, 3], Periodic),
        (Shape::Kagome, vec![3, 3], Periodic),
        (Shape::FaceCentered, vec![3, 3, 3], Periodic),
        (Shape::BodyCentered, vec![3, 3, 3], Periodic),
    ];
    let localities = [
        Locality::NearestNeighbor,
        Locality::Range { numerator: 2, denominator: 1 },
        Locality::Shell(2),
        Locality::GraphRadius(2),
        Locality::Window(2),
        Locality::Connected,
        Locality::Plaquette,
    ];
    for (shape, extents, boundary) in lattices {
        for locality in &localities {
            if *locality == Locality::Plaquette && shape == Shape::Line {
                continue;
            }
            let mut model = model(&extents, boundary, &[field(Kind::Spin, 1)], 3, None, &[]);
            model.lattice.shape = shape;
            model.localities = vec![locality.clone()];
            let lattice = &model.lattice;
            let space = Space::new(&model).expect("a space");
            let coupling = Coupling::new(&space).expect("few supports");
            let coupling = coupling.unwrap_or_else(|| Coupling::of_all(&space).expect("few supports"));
            let translates = Translates::new(&space, coupling.unwrapped, &space.periods());
            let index = |cell: &[i64], basis: usize| -> usize {
                let wrap = |(&c, &extent): (&i64, &u64)| c.rem_euclid(extent as i64) as u64;
                let cell: Vec<u64> = cell.iter().zip(&extents).map(wrap).collect();
                lattice.cell_index(&cell) as usize * lattice.basis() + basis
            };
            let supports = translates.supports(&space, &coupling, 1_000_000).expect("few supports");
            let admitted: BTreeSet<Vec<usize>> = supports
                .iter()
                .filter(|support| !support.is_empty())
                .map(|support| {
                    let site = |point: &super::space::Point| {
                        let cell: Vec<i64> = point.cell[..extents.len()].iter().map(|&c| c as i64).collect();
                        index(&cell, point.at as usize)
                    };
                    let mut sites: Vec<usize> = support.iter().map(site).collect();
                    sites.sort_unstable();
                    sites
                })
                .collect();
            let sites = extents.iter().product::<u64>() as usize * lattice.basis();
            let place = |site: usize| {
                let cell = lattice.coordinates((site / lattice.basis()) as u64);
                (cell.iter().map(|&c| c as i64).collect::<Vec<i64>>(), site % lattice.basis())
            };
            let mut expected = BTreeSet::new();
            for a in 0..sites {
                for b in a..sites {
                    for c in b..sites {
                        let mut set = vec![a, b, c];
                        set.dedup();
                        let places: Vec<(Vec<i64>, usize)> = set.iter().map(|&site| place(site)).collect();
                        if locality.admits_sites(lattice, &places) {
                            expected.insert(set);
                        }
                    }
                }
            }
            assert_eq!(admitted, expected, "{lattice} {locality:?}");
        }
    }
}
