//! Counts of link monomials against enumeration without any insight, and the
//! methods against each other.

use super::super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// A hypercubic torus with translations and, where they exist, reflections and
/// exchanges of directions about a site as generators.
pub(super) fn torus(periods: &[usize], translations: bool, point_group: bool) -> LinkGraph {
    let dimension = periods.len();
    let cells: usize = periods.iter().product();
    let index =
        |cell: &[i64]| cell.iter().zip(periods).fold(0, |index, (&c, &l)| index * l + c.rem_euclid(l as i64) as usize);
    let place = |mut at: usize| {
        let mut cell = vec![0i64; dimension];
        for direction in (0..dimension).rev() {
            cell[direction] = (at % periods[direction]) as i64;
            at /= periods[direction];
        }
        cell
    };
    let moved = |cell: &[i64], direction: usize, step: i64| {
        let mut cell = cell.to_vec();
        cell[direction] += step;
        cell
    };
    let mut graph = LinkGraph { vertices: cells, ..LinkGraph::default() };
    for at in 0..cells {
        for direction in 0..dimension {
            graph.links.push((at, index(&moved(&place(at), direction, 1))));
        }
    }
    for at in 0..cells {
        let cell = place(at);
        for a in 0..dimension {
            for b in a + 1..dimension {
                graph.plaquettes.push(vec![
                    (at * dimension + a, false),
                    (index(&moved(&cell, a, 1)) * dimension + b, false),
                    (index(&moved(&cell, b, 1)) * dimension + a, true),
                    (at * dimension + b, true),
                ]);
            }
        }
    }
    let mut generator = |map: &dyn Fn(&[i64]) -> Vec<i64>, axis: &dyn Fn(usize) -> (usize, bool)| {
        let image = |link: usize| {
            let (at, direction) = (link / dimension, link % dimension);
            let (to, reversed) = axis(direction);
            let start = match reversed {
                true => map(&moved(&place(at), direction, 1)),
                false => map(&place(at)),
            };
            (index(&start) * dimension + to, reversed)
        };
        graph.generators.push(SignedPermutation((0..cells * dimension).map(image).collect()));
    };
    for direction in 0..dimension {
        if translations {
            generator(&|cell| moved(cell, direction, 1), &|axis| (axis, false));
        }
        if point_group {
            let reflected = |cell: &[i64]| {
                let mut cell = cell.to_vec();
                cell[direction] = -cell[direction];
                cell
            };
            generator(&reflected, &|axis| (axis, axis == direction));
        }
        if point_group && direction > 0 && periods[direction] == periods[0] {
            let exchanged = |cell: &[i64]| {
                let mut cell = cell.to_vec();
                cell.swap(0, direction);
                cell
            };
            let axis = |axis: usize| match axis {
                0 => direction,
                other if other == direction => 0,
                other => other,
            };
            generator(&exchanged, &|at| (axis(at), false));
        }
    }
    graph
}

/// Every vector of powers within the degree, kept where it is a flow.
pub(super) fn brute_force(graph: &LinkGraph, group: LinkGroup, degree: i64) -> Vec<LinkMonomial> {
    let modulus = i64::from(group.modulus());
    let most = if modulus == 0 { degree } else { degree.min(modulus / 2) };
    let least = if modulus == 0 { -degree } else { -degree.min((modulus - 1) / 2) };
    let mut found = Vec::new();
    let mut powers: Vec<i64> = Vec::new();
    fn visit(
        graph: &LinkGraph,
        (least, most, modulus): (i64, i64, i64),
        left: i64,
        powers: &mut Vec<i64>,
        found: &mut Vec<LinkMonomial>,
    ) {
        if powers.len() == graph.links.len() {
            let mut flow = vec![0i64; graph.vertices];
            for (&(from, to), power) in graph.links.iter().zip(&*powers) {
                flow[from] += power;
                flow[to] -= power;
            }
            if flow.iter().all(|&flow| if modulus == 0 { flow == 0 } else { flow % modulus == 0 }) {
                found.push(powers.iter().copied().enumerate().filter(|&(_, power)| power != 0).collect());
            }
            return;
        }
        for power in least.max(-left)..=most.min(left) {
            powers.push(power);
            visit(graph, (least, most, modulus), left - power.abs(), powers, found);
            powers.pop();
        }
    }
    visit(graph, (least, most, modulus), degree, &mut powers, &mut found);
    found.sort();
    found
}

pub(super) const Z2: LinkGroup = LinkGroup::Cyclic(2);

pub(super) fn number(count: Result<UBig, CountError>) -> u64 {
    count.unwrap().try_into().unwrap()
}

#[test]
fn published_counts() {
    // (extent, degree, translations, point group, count), table J-Z2.
    let rows = [
        (2, 4, false, false, 27),
        (2, 8, false, false, 32),
        (2, 4, true, false, 11),
        (2, 8, true, false, 14),
        (3, 4, false, false, 16),
        (3, 6, false, false, 127),
        (3, 6, true, false, 19),
        (4, 4, false, false, 25),
        (4, 6, false, false, 153),
        (4, 32, false, false, 131_072),
        (4, 6, true, false, 12),
        (4, 8, true, false, 75),
        (8, 4, false, false, 65),
        (8, 8, false, false, 2545),
        (8, 4, true, true, 2),
        (8, 6, true, true, 3),
        (8, 8, true, true, 20),
    ];
    for (extent, degree, translations, point_group, expected) in rows {
        let graph = torus(&[extent, extent], translations, point_group);
        let counted = orbits(&graph, Z2, Degrees::up_to(degree), Loops::All);
        assert_eq!(number(counted), expected, "{extent} {degree} {translations} {point_group}");
        if expected < 3000 {
            let listed = list(&graph, Z2, Degrees::up_to(degree), Loops::All).unwrap();
            assert_eq!(listed.len() as u64, expected, "{extent} {degree}");
        }
    }
    for (extent, degree, expected) in [(3, 3, 13), (4, 4, 49)] {
        let graph = torus(&[extent, extent], false, false);
        assert_eq!(number(invariants(&graph, LinkGroup::Phase, Degrees::up_to(degree), Loops::All)), expected);
    }
}

#[test]
fn all_monomials() {
    let all =
        |group, links: u64, degree| monomials(group, &UBig::from(links), Degrees::up_to(degree)).unwrap().to_string();
    assert_eq!(all(Z2, 8, 4), "163");
    assert_eq!(all(Z2, 8, 8), "256");
    assert_eq!(all(Z2, 32, 32), "4294967296");
    assert_eq!(all(Z2, 128, 8), "1529927642833");
    assert_eq!(all(LinkGroup::Phase, 18, 3), "8473");
    // One link of Z_4 has the powers 0, 1, -1, 2.
    assert_eq!(all(LinkGroup::Cyclic(4), 1, 1), "3");
    assert_eq!(all(LinkGroup::Cyclic(4), 1, 2), "4");
    assert_eq!(all(LinkGroup::Cyclic(4), 3, 7), "64");
    assert_eq!(all(LinkGroup::Cyclic(3), 2, 1), "5");
}

/// A small graph of any kind, parallel links included.
fn small_graph() -> impl Strategy<Value = LinkGraph> {
    (2usize..6).prop_flat_map(|vertices| {
        let link = (0..vertices, 1..vertices).prop_map(move |(from, step)| (from, (from + step) % vertices));
        proptest::collection::vec(link, 0..8).prop_map(move |links| LinkGraph {
            vertices,
            links,
            ..LinkGraph::default()
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_method_agrees_with_enumeration(graph in small_graph(), order in 1u32..6, degree in 0u32..6) {
        let group = if order == 1 { LinkGroup::Phase } else { LinkGroup::Cyclic(order) };
        let expected = brute_force(&graph, group, degree.into());
        let listed: BTreeSet<LinkMonomial> = list(&graph, group, Degrees::up_to(degree), Loops::All)
            .unwrap()
            .into_iter()
            .flat_map(|orbit| orbit.monomials)
            .collect();
        prop_assert_eq!(listed.into_iter().collect::<Vec<_>>(), expected.clone());
        let system = graph.system(group);
        let count = |series: Series| Degrees::up_to(degree).of(&series);
        let expected = IBig::from(expected.len());
        prop_assert_eq!(count(clusters::series(&system, degree, &mut Work::new(1 << 30)).unwrap()), expected.clone());
        prop_assert_eq!(count(transfer::series(&system, degree, &mut Work::new(1 << 30)).unwrap()), expected.clone());
        if order == 2 {
            let series = parity::series(&system, degree, &mut Work::new(1 << 30)).unwrap();
            prop_assert_eq!(count(series), expected.clone());
        }
        prop_assert_eq!(IBig::from(invariants(&graph, group, Degrees::up_to(degree), Loops::All).unwrap()), expected);
    }
}

#[test]
fn orbits_counted_as_listed() {
    let cases: [(&[usize], u32, u32); 9] = [
        (&[2, 2], 2, 8),
        (&[2, 2], 1, 4),
        (&[2, 2], 4, 5),
        (&[3, 3], 1, 6),
        (&[3, 3], 3, 6),
        (&[2, 3], 2, 12),
        (&[2, 3], 6, 6),
        (&[4, 4], 1, 6),
        (&[2, 2, 2], 2, 4),
    ];
    for (periods, order, degree) in cases {
        let group = if order == 1 { LinkGroup::Phase } else { LinkGroup::Cyclic(order) };
        for (translations, point_group) in [(true, false), (false, true), (true, true)] {
            let graph = torus(periods, translations, point_group);
            for degrees in [Degrees::up_to(degree), Degrees::exactly(degree)] {
                let listed = list(&graph, group, degrees, Loops::All).unwrap();
                let counted = number(orbits(&graph, group, degrees, Loops::All));
                assert_eq!(listed.len() as u64, counted, "{periods:?} {order} {degree} {translations} {point_group}");
                let total: usize = listed.iter().map(|orbit| orbit.monomials.len()).sum();
                assert_eq!(total as u64, number(invariants(&graph, group, degrees, Loops::All)));
            }
        }
    }
}

#[test]
fn contractible_loops_on_a_torus() {
    // All boundaries: every set of plaquettes up to all of them.
    let graph = torus(&[4, 4], false, false);
    assert_eq!(number(invariants(&graph, Z2, Degrees::up_to(32), Loops::Contractible)), 1 << 15);
    assert_eq!(number(invariants(&graph, Z2, Degrees::up_to(4), Loops::Contractible)), 17);
    let small = torus(&[3, 3], false, false);
    assert_eq!(number(invariants(&small, LinkGroup::Phase, Degrees::up_to(3), Loops::Contractible)), 1);
    assert_eq!(number(invariants(&small, LinkGroup::Phase, Degrees::up_to(4), Loops::Contractible)), 19);
    // By winding numbers: how often a flow crosses the seams.
    for order in [1, 2, 3, 4, 6] {
        let group = if order == 1 { LinkGroup::Phase } else { LinkGroup::Cyclic(order) };
        let graph = torus(&[2, 3], true, false);
        let winds = |monomial: &LinkMonomial| {
            (0..2).any(|direction| {
                let crossing = |link: usize| {
                    let cell = [link / 2 / 3, link / 2 % 3];
                    link % 2 == direction && cell[direction] + 1 == [2, 3][direction]
                };
                let number: i64 = monomial.iter().filter(|(link, _)| crossing(*link)).map(|(_, power)| power).sum();
                if order == 1 { number != 0 } else { number.rem_euclid(i64::from(order)) != 0 }
            })
        };
        let degrees = Degrees::up_to(6);
        let all = list(&graph, group, degrees, Loops::All).unwrap();
        let expected = all.iter().filter(|orbit| !winds(&orbit.monomials[0])).count();
        assert_eq!(list(&graph, group, degrees, Loops::Contractible).unwrap().len(), expected, "{order}");
        let total: usize =
            all.iter().filter(|orbit| !winds(&orbit.monomials[0])).map(|orbit| orbit.monomials.len()).sum();
        assert_eq!(number(invariants(&graph, group, degrees, Loops::Contractible)), total as u64);
    }
}
