//! Crystals of any size against the same lattices written out.

use super::super::torus::{Periods, by_classes, on_torus};
use super::super::*;
use super::finite::{Z2, number, torus};
use std::collections::{BTreeMap, BTreeSet};

/// A lattice with one vertex a cell, a link in each of these directions, and
/// linear maps as point group.
fn bravais(periods: &[u64], offsets: &[&[i64]], translations: bool, maps: &[&[&[i64]]]) -> LinkCrystal {
    LinkCrystal {
        matter: BTreeMap::new(),
        periods: periods.to_vec(),
        sites: 1,
        links: offsets.iter().map(|offset| CellLink { from: 0, to: 0, offset: offset.to_vec() }).collect(),
        plaquettes: Vec::new(),
        translations,
        point_group: maps
            .iter()
            .map(|matrix| CellMap {
                matrix: matrix.iter().map(|row| row.to_vec()).collect(),
                images: vec![(0, vec![0; periods.len()])],
            })
            .collect(),
    }
}

const SQUARE: &[&[i64]] = &[&[1, 0], &[0, 1]];
const CUBIC: &[&[i64]] = &[&[1, 0, 0], &[0, 1, 0], &[0, 0, 1]];
const TRIANGULAR: &[&[i64]] = &[&[1, 0], &[0, 1], &[1, -1]];
/// A quarter turn and a reflection.
const D4: &[&[&[i64]]] = &[&[&[0, -1], &[1, 0]], &[&[1, 0], &[0, -1]]];
/// A reflection in one direction.
const REFLECTION: &[&[&[i64]]] = &[&[&[-1, 0], &[0, 1]]];
/// A sixth of a turn and a reflection of the triangular lattice.
const D6: &[&[&[i64]]] = &[&[&[1, 1], &[-1, 0]], &[&[0, 1], &[1, 0]]];

fn honeycomb(periods: &[u64]) -> LinkCrystal {
    let link = |offset: [i64; 2]| CellLink { from: 0, to: 1, offset: offset.to_vec() };
    LinkCrystal {
        matter: BTreeMap::new(),
        periods: periods.to_vec(),
        sites: 2,
        links: vec![link([0, 0]), link([-1, 0]), link([0, -1])],
        plaquettes: Vec::new(),
        translations: true,
        // Exchange of the two vertices by half a turn about the middle of a link.
        point_group: vec![CellMap {
            matrix: vec![vec![-1, 0], vec![0, -1]],
            images: vec![(1, vec![0, 0]), (0, vec![0, 0])],
        }],
    }
}

fn group(order: u32) -> LinkGroup {
    if order == 1 { LinkGroup::Phase } else { LinkGroup::Cyclic(order) }
}

#[test]
fn one_cell_stands_for_the_torus() {
    // Winding loops and double links included.
    let cases: [(LinkCrystal, u32, u32); 13] = [
        (bravais(&[3, 3], SQUARE, true, &[]), 2, 7),
        (bravais(&[2, 2], SQUARE, true, &[]), 2, 8),
        (bravais(&[2, 3], SQUARE, true, &[]), 1, 6),
        (bravais(&[3, 4], SQUARE, true, &[]), 3, 7),
        (bravais(&[5, 5], SQUARE, true, &[]), 2, 10),
        (bravais(&[5, 5], SQUARE, true, &[]), 1, 6),
        (bravais(&[7, 7], SQUARE, true, &[]), 2, 6),
        (bravais(&[8, 9], SQUARE, true, &[]), 2, 8),
        (bravais(&[4, 4], TRIANGULAR, true, &[]), 2, 6),
        (bravais(&[3, 5], TRIANGULAR, true, &[]), 1, 5),
        (bravais(&[3, 3, 3], CUBIC, true, &[]), 2, 6),
        (honeycomb(&[3, 4]), 2, 12),
        (honeycomb(&[4, 4]), 4, 8),
    ];
    for (crystal, order, degree) in cases {
        let mut work = Work::new(1 << 30);
        let series = on_torus(&crystal, &Periods::new(&crystal.periods), group(order), degree, &mut work).unwrap();
        let graph = crystal.graph().unwrap();
        for degrees in [Degrees::up_to(degree), Degrees::exactly(degree)] {
            let expected = invariants(&graph, group(order), degrees, Loops::All).unwrap();
            assert_eq!(degrees.of(&series), IBig::from(expected), "{:?} {order} {degree}", crystal.periods);
        }
        let listed = list::invariants(&graph, group(order), Degrees::up_to(degree), Loops::All, &mut work);
        if let Ok(listed) = listed {
            assert_eq!(Degrees::up_to(degree).of(&series), IBig::from(listed.len()));
        }
    }
}

#[test]
fn burnside_over_classes_of_a_torus() {
    let cases: [(LinkCrystal, u32, u32); 9] = [
        (bravais(&[2, 2], SQUARE, true, D4), 2, 8),
        (bravais(&[3, 3], SQUARE, true, D4), 2, 8),
        (bravais(&[4, 4], SQUARE, true, D4), 2, 8),
        (bravais(&[4, 4], SQUARE, true, D4), 1, 6),
        (bravais(&[2, 4], SQUARE, true, REFLECTION), 4, 6),
        (bravais(&[6, 4], SQUARE, true, REFLECTION), 2, 8),
        (bravais(&[4, 4], TRIANGULAR, true, D6), 2, 5),
        (bravais(&[3, 3], TRIANGULAR, true, D6), 3, 4),
        (honeycomb(&[3, 3]), 2, 12),
    ];
    for (crystal, order, degree) in cases {
        for maps in [0, crystal.point_group.len()] {
            let mut crystal = crystal.clone();
            crystal.point_group.truncate(maps);
            let graph = crystal.graph().unwrap();
            for degrees in [Degrees::up_to(degree), Degrees::exactly(degree)] {
                let listed = list(&graph, group(order), degrees, Loops::All).unwrap().len();
                assert_eq!(number(orbits(&graph, group(order), degrees, Loops::All)), listed as u64);
                assert_eq!(number(crystal_orbits(&crystal, group(order), degrees, Loops::All)), listed as u64);
                // By classes even where the lattice is small.
                let mut work = Work::new(1 << 30);
                let counted = by_classes(&crystal, group(order), degrees, &mut work).unwrap();
                assert_eq!(counted, UBig::from(listed), "{:?} {order} {degree}", crystal.periods);
            }
        }
    }
}

#[test]
fn large_lattices() {
    // 10^12 sites: a plaquette each, and pairs of them.
    let large = bravais(&[1_000_000, 1_000_000], SQUARE, true, &[]);
    let count = |degree| crystal_invariants(&large, Z2, Degrees::up_to(degree), Loops::All).unwrap();
    assert_eq!(count(4).to_string(), "1000000000001");
    assert_eq!(count(6).to_string(), "3000000000001");
    // Of degree 8: pairs of plaquettes without a common link, and 7 loops
    // around 3 or 4 plaquettes: C(N,2) - 2N + 7N.
    let n = UBig::from(1_000_000_000_000u64);
    let pairs = &n * (&n - UBig::ONE) / UBig::from(2u8);
    assert_eq!(count(8), UBig::ONE + UBig::from(8u8) * &n + pairs);
    // Under translations a pair of plaquettes has its distance.
    let orbits = crystal_orbits(&large, Z2, Degrees::up_to(8), Loops::All).unwrap();
    assert_eq!(orbits.to_string(), "500000000010");
    // Distances up to sign: (N - 1 + 3) / 2 of which 2 give no pair, and 1 + 1 + 2 + 7 more.
    assert_eq!(orbits, UBig::ONE + UBig::from(3u8) + UBig::from(7u8) + (n + UBig::from(2u8)) / 2u8 - UBig::from(2u8));
    // As many phases as there are loops with a direction.
    let phases = crystal_invariants(&large, LinkGroup::Phase, Degrees::up_to(6), Loops::All).unwrap();
    assert_eq!(phases.to_string(), "6000000000001");
    // An odd prime of cells in one direction and a narrow other one.
    let strip = bravais(&[1_000_003, 3], SQUARE, true, &[]);
    assert_eq!(number(crystal_orbits(&strip, Z2, Degrees::up_to(3), Loops::All)), 2);
    assert!(matches!(
        crystal_orbits(&bravais(&[1_000_000, 1_000_000], SQUARE, true, D4), Z2, Degrees::up_to(4), Loops::All),
        Err(CountError::TooMany { .. })
    ));
}

#[test]
fn square_torus_of_sixteen() {
    // Independently: the table's counts of 8 x 8 do not depend on the size up
    // to degree 6.
    for extent in [8, 16] {
        let crystal = bravais(&[extent, extent], SQUARE, true, D4);
        for (degree, expected) in [(4, 2), (6, 3)] {
            assert_eq!(number(crystal_orbits(&crystal, Z2, Degrees::up_to(degree), Loops::All)), expected);
        }
    }
    assert_eq!(number(crystal_orbits(&bravais(&[8, 8], SQUARE, true, D4), Z2, Degrees::up_to(8), Loops::All)), 20);
}

#[test]
fn a_crystal_written_out_is_the_torus() {
    let graph = bravais(&[3, 4], SQUARE, false, &[]).graph().unwrap();
    assert_eq!(graph.links, torus(&[3, 4], false, false).links);
    // A period of one closes links on themselves.
    assert!(bravais(&[1, 4], SQUARE, true, &[]).check().is_err());
    // A quarter turn needs equal periods.
    assert!(matches!(bravais(&[3, 4], SQUARE, true, D4).check(), Err(CountError::NotPreserved { .. })));
}

/// The distance of two coordinates on a ring.
fn apart(a: i64, b: i64, period: i64) -> i64 {
    let step = (a - b).rem_euclid(period);
    step.min(period - step)
}

#[test]
fn local_loops_of_a_cell() {
    for period in [5, 8, 1_000_000] {
        let near = |a: &PlacedLink, b: &PlacedLink| {
            let ends = |placed: &PlacedLink| {
                let mut end = placed.cell.clone();
                end[placed.link] += 1;
                [placed.cell.clone(), end]
            };
            ends(a).iter().all(|p| ends(b).iter().all(|q| (0..2).all(|d| apart(p[d], q[d], period) <= 1)))
        };
        let pairs = LinkLocality::Pairs { reach: 2, near: &near };
        let crystal = bravais(&[period as u64, period as u64], SQUARE, true, D4);
        let degrees = Degrees::up_to(8);
        // Within a plaquette there is one loop.
        let loops = local_orbits(&crystal, Z2, degrees, pairs, true).unwrap();
        assert_eq!(loops.len(), 2);
        assert_eq!(loops[1].size, UBig::from((period * period) as u64));
        assert_eq!(loops[1].monomials[0].len(), 4);
        // The links of a plaquette up to the symmetries of a square: none, one,
        // two in a corner or opposite, three, four.
        let all = local_orbits(&crystal, Z2, degrees, pairs, false).unwrap();
        assert_eq!(all.len(), 6);
        let n = UBig::from((period * period) as u64);
        let sum: UBig = all.iter().map(|orbit| orbit.size.clone()).sum();
        assert_eq!(sum, UBig::ONE + n * UBig::from(13u8));
        let at = |cell: [i64; 2], link: usize| PlacedLink { cell: cell.to_vec(), link };
        let plaquette = vec![at([0, 0], 0), at([1, 0], 1), at([0, 1], 0), at([0, 0], 1)];
        let sets = [plaquette];
        for gauge_invariant in [false, true] {
            assert_eq!(
                local_orbits(&crystal, Z2, degrees, LinkLocality::Sets(&sets), gauge_invariant).unwrap(),
                local_orbits(&crystal, Z2, degrees, pairs, gauge_invariant).unwrap()
            );
        }
        // Phases go around in two directions, which reflections exchange, and
        // twice from degree 8.
        let phases = local_orbits(&crystal, LinkGroup::Phase, degrees, pairs, true).unwrap();
        assert_eq!(phases.iter().map(|orbit| orbit.degree).collect::<Vec<_>>(), [0, 4, 8]);
        assert_eq!(phases[1].monomials.len(), 2);
    }
}

#[test]
fn local_loops_against_the_whole_torus() {
    // Loops whose links lie within a range, picked from all loops of a torus.
    let (extent, degree) = (6, 8);
    // Twice the distance of the middles of links.
    let near = |a: &PlacedLink, b: &PlacedLink| {
        let middle = |placed: &PlacedLink, d: usize| 2 * placed.cell[d] + i64::from(placed.link == d);
        (0..2).map(|d| apart(middle(a, d), middle(b, d), 2 * extent).pow(2)).sum::<i64>() <= 20
    };
    let crystal = bravais(&[extent as u64, extent as u64], SQUARE, true, D4);
    let whole = list(&crystal.graph().unwrap(), Z2, Degrees::up_to(degree), Loops::All).unwrap();
    let local = |monomial: &LinkMonomial| {
        monomial.iter().all(|(a, _)| monomial.iter().all(|(b, _)| near(&crystal.place(*a), &crystal.place(*b))))
    };
    let mut expected = Vec::new();
    for orbit in &whole {
        // All of an orbit or none.
        let members: BTreeSet<bool> = orbit.monomials.iter().map(local).collect();
        assert_eq!(members.len(), 1);
        if members.contains(&true) {
            expected.push((orbit.degree, UBig::from(orbit.monomials.len())));
        }
    }
    assert!(expected.len() > 3 && expected.len() < whole.len());
    let pairs = LinkLocality::Pairs { reach: 3, near: &near };
    let orbits = local_orbits(&crystal, Z2, Degrees::up_to(degree), pairs, true).unwrap();
    let mut found: Vec<(u32, UBig)> = orbits.into_iter().map(|orbit| (orbit.degree, orbit.size)).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    // Neighbours in one direction alone are not those of a square.
    let row = |a: &PlacedLink, b: &PlacedLink| a.cell[1] == b.cell[1];
    let row = LinkLocality::Pairs { reach: 1, near: &row };
    assert!(matches!(local_orbits(&crystal, Z2, Degrees::up_to(2), row, false), Err(CountError::NotPreserved { .. })));
}

#[test]
fn what_is_too_much_is_refused() {
    let large = bravais(&[300, 300], SQUARE, true, &[]);
    let graph = large.graph().unwrap();
    let refused = |result: Result<Vec<LinkOrbit>, CountError>| matches!(result, Err(CountError::TooMany { .. }));
    assert!(refused(list(&graph, Z2, Degrees::up_to(8), Loops::All)));
    let contractible = torus(&[60, 60], false, false);
    assert!(refused(list(&contractible, Z2, Degrees::up_to(4), Loops::Contractible)));
    assert!(matches!(
        crystal_invariants(&large, Z2, Degrees::up_to(5000), Loops::All),
        Err(CountError::TooMany { .. })
    ));
    assert!(matches!(
        crystal_orbits(&large, LinkGroup::Cyclic(1), Degrees::up_to(4), Loops::All),
        Err(CountError::Unsupported(_))
    ));
    // A generator that tears links apart, and one that is no permutation.
    let mut square = torus(&[2, 2], false, false);
    for image in [[1, 0, 2, 3, 4, 5, 6, 7], [0, 0, 2, 3, 4, 5, 6, 7]] {
        square.generators = vec![SignedPermutation(image.into_iter().map(|link| (link, false)).collect())];
        assert!(matches!(orbits(&square, Z2, Degrees::up_to(4), Loops::All), Err(CountError::NotPreserved { .. })));
    }
}
