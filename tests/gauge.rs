//! Gauge fields as a user writes them: counts against a brute force on sites
//! and bonds that shares no code with the library, and lists of invariants
//! against the symmetries and the counts.

use std::collections::{BTreeMap, BTreeSet};

use hamc::count::{self, degrees_of_freedom};
use hamc::model::{Boundary, Energy, Frame, Model, violation};
use hamc::pipeline;

/// A spec, a line for each part. The language has fields on bonds of periodic
/// lattices only; `open` in the name of a lattice is put into the model.
fn model(spec: &str) -> Model {
    let (words, open): (String, &[usize]) = match () {
        _ if spec.contains(" open y") => (spec.replace(" open y", ""), &[1]),
        _ if spec.contains(" open") => (spec.replace(" open", ""), &[0, 1, 2]),
        _ => (spec.to_owned(), &[]),
    };
    let (model, diagnostics) = pipeline::check(&format!("{}\nH = generic\n", words.replace("; ", "\n")));
    let mut model = model.unwrap_or_else(|| panic!("{spec}: {diagnostics:?}"));
    let dimension = model.lattice.dimension();
    for &direction in open.iter().filter(|&&direction| direction < dimension) {
        model.lattice.boundaries[direction] = Boundary::Open;
        model.frame = Frame::new(&model.lattice, &model.fields, Vec::new());
    }
    model
}

fn counts(spec: &str) -> [String; 3] {
    let counted = degrees_of_freedom(&model(spec)).unwrap_or_else(|error| panic!("{spec}: {error}"));
    [counted.all(), counted.local(), counted.symmetric()].map(ToString::to_string)
}

type Site = Vec<i64>;

/// Sites with directed bonds between them, and maps of sites.
struct Graph {
    bonds: Vec<(Site, Site)>,
    maps: Vec<BTreeMap<Site, Site>>,
}

/// A lattice of one site a cell, by the offsets of its bonds; extents that
/// are periodic, or not.
fn graph(extents: &[i64], periodic: bool, offsets: &[&[i64]], maps: &[&dyn Fn(&Site) -> Site]) -> Graph {
    let mut sites: Vec<Site> = vec![Vec::new()];
    for &extent in extents {
        sites = sites.iter().flat_map(|s| (0..extent).map(move |c| s.iter().copied().chain([c]).collect())).collect();
    }
    let wrap = |site: Site| -> Option<Site> {
        let wrapped = site.iter().zip(extents).map(|(c, l)| c.rem_euclid(*l)).collect();
        (periodic || wrapped == site).then_some(wrapped)
    };
    let step = |site: &Site, offset: &[i64]| wrap(site.iter().zip(offset).map(|(c, o)| c + o).collect());
    let bonds = sites.iter().flat_map(|s| offsets.iter().filter_map(move |o| Some((s.clone(), step(s, o)?)))).collect();
    let image = |map: &&dyn Fn(&Site) -> Site| {
        sites.iter().map(|site| (site.clone(), wrap(map(site)).expect("a map of sites"))).collect()
    };
    Graph { bonds, maps: maps.iter().map(image).collect() }
}

/// A product of powers of bonds; an even part and an odd part are powers of
/// the value and of its conjugate for complex numbers.
type Powers = Vec<i64>;

impl Graph {
    /// All power vectors of a degree at most, with sources or without.
    /// `modulus` zero is that of phases.
    fn powers(&self, modulus: i64, degree: i64, closed: bool) -> Vec<Powers> {
        let mut last: BTreeMap<&Site, usize> = BTreeMap::new();
        for (at, (from, to)) in self.bonds.iter().enumerate() {
            last.insert(from, at);
            last.insert(to, at);
        }
        let mut found = Vec::new();
        let mut flow = BTreeMap::new();
        self.search(modulus, degree, closed, &last, &mut Vec::new(), &mut flow, &mut found);
        found
    }

    #[allow(clippy::too_many_arguments)]
    fn search<'g>(
        &'g self,
        modulus: i64,
        left: i64,
        closed: bool,
        last: &BTreeMap<&Site, usize>,
        powers: &mut Powers,
        flow: &mut BTreeMap<&'g Site, i64>,
        found: &mut Vec<Powers>,
    ) {
        let at = powers.len();
        let open = |flow: i64| if modulus == 0 { flow != 0 } else { flow % modulus != 0 };
        // A bond closes at most two sites.
        if closed && flow.values().filter(|&&flow| open(flow)).count() as i64 > 2 * left {
            return;
        }
        if at == self.bonds.len() {
            found.push(powers.clone());
            return;
        }
        let (from, to) = &self.bonds[at];
        let range = if modulus == 0 { -left..=left } else { -((modulus - 1) / 2).min(left)..=(modulus / 2).min(left) };
        for power in range {
            *flow.entry(from).or_default() += power;
            *flow.entry(to).or_default() -= power;
            let done = |site: &Site, flow: &BTreeMap<&Site, i64>| last[site] > at || !open(flow[site]);
            if !closed || (done(from, flow) && done(to, flow)) {
                powers.push(power);
                self.search(modulus, left - power.abs(), closed, last, powers, flow, found);
                powers.pop();
            }
            *flow.entry(from).or_default() -= power;
            *flow.entry(to).or_default() += power;
        }
    }

    /// The number of orbits of power vectors under the maps.
    fn orbits(&self, modulus: i64, list: &[Powers]) -> usize {
        let index: BTreeMap<(&Site, &Site), usize> =
            self.bonds.iter().enumerate().map(|(at, (a, b))| ((a, b), at)).collect();
        let images: Vec<Vec<(usize, i64)>> = self
            .maps
            .iter()
            .map(|map| {
                let image =
                    |(a, b): &(Site, Site)| match (index.get(&(&map[a], &map[b])), index.get(&(&map[b], &map[a]))) {
                        (Some(&at), _) => (at, 1),
                        (None, Some(&at)) => (at, -1),
                        _ => panic!("no bond"),
                    };
                self.bonds.iter().map(image).collect()
            })
            .collect();
        let mut seen: BTreeSet<Powers> = BTreeSet::new();
        let mut orbits = 0;
        for powers in list {
            if !seen.insert(powers.clone()) {
                continue;
            }
            orbits += 1;
            let mut open = vec![powers.clone()];
            while let Some(powers) = open.pop() {
                for image in &images {
                    let mut moved = vec![0; powers.len()];
                    for (&(to, sign), &power) in image.iter().zip(&powers) {
                        let own = modulus > 0 && 2 * power == modulus;
                        moved[to] = if own { power } else { sign * power };
                    }
                    if seen.insert(moved.clone()) {
                        open.push(moved);
                    }
                }
            }
        }
        orbits
    }

    /// Checks all three counts of a spec against all and all closed powers.
    #[track_caller]
    fn check_closed(&self, spec: &str, modulus: i64, degree: i64) {
        let expected = self.orbits(modulus, &self.powers(modulus, degree, true));
        assert_eq!(counts(spec)[2], expected.to_string(), "{spec}");
    }
}

const SQUARE: [&[i64]; 2] = [&[1, 0], &[0, 1]];
const TRIANGULAR: [&[i64]; 3] = [&[1, 0], &[0, 1], &[1, -1]];

fn right(site: &Site) -> Site {
    vec![site[0] + 1, site[1]]
}

fn up(site: &Site) -> Site {
    vec![site[0], site[1] + 1]
}

fn quarter(site: &Site) -> Site {
    vec![-site[1], site[0]]
}

fn sixth(site: &Site) -> Site {
    vec![-site[1], site[0] + site[1]]
}

fn exchange(site: &Site) -> Site {
    vec![site[1], site[0]]
}

#[test]
fn tori_and_patches_by_brute_force() {
    let plain = |x, y| graph(&[x, y], true, &SQUARE, &[]);
    let translated = |x, y| graph(&[x, y], true, &SQUARE, &[&right, &up]);
    let full = |n| graph(&[n, n], true, &SQUARE, &[&right, &up, &quarter, &exchange]);
    for degree in [4, 6, 8] {
        let spec = format!("lattice square(3, 4); field s : spin on bonds; degree {degree}; symmetry gauge(s)");
        plain(3, 4).check_closed(&spec, 2, degree);
        translated(3, 4).check_closed(&format!("{spec}, translation"), 2, degree);
        let spec = format!(
            "lattice square(4, 4); field s : spin on bonds; degree {degree}; symmetry gauge(s), translation, point_group"
        );
        full(4).check_closed(&spec, 2, degree);
    }
    let spec = "lattice square(5, 5); field s : spin on bonds; degree 6; symmetry gauge(s), translation, point_group";
    full(5).check_closed(spec, 2, 6);
    for degree in [3, 4, 5] {
        let spec = format!("lattice square(3, 3); field u : phase on bonds; degree {degree}; symmetry gauge(u)");
        plain(3, 3).check_closed(&spec, 0, degree);
        translated(3, 3).check_closed(&format!("{spec}, translation"), 0, degree);
        full(3).check_closed(&format!("{spec}, translation, point_group"), 0, degree);
        graph(&[3, 3], true, &SQUARE, &[&quarter, &exchange]).check_closed(&format!("{spec}, point_group"), 0, degree);
        for order in [3, 4] {
            let spec = spec.replace("phase", &format!("clock({order})"));
            full(3).check_closed(&format!("{spec}, translation, point_group"), order, degree);
        }
    }
    let hexagonal = graph(&[3, 3], true, &TRIANGULAR, &[&right, &up, &sixth, &exchange]);
    for degree in [3, 4] {
        let spec = format!(
            "lattice triangular(3, 3); field u : phase on bonds; degree {degree}; symmetry gauge(u), translation, point_group"
        );
        hexagonal.check_closed(&spec, 0, degree);
        hexagonal.check_closed(&spec.replace("phase", "spin"), 2, degree);
    }
    let cubic: [&[i64]; 3] = [&[1, 0, 0], &[0, 1, 0], &[0, 0, 1]];
    let spec = "lattice cubic(3, 3, 2) open; field s : spin on bonds; degree 4; symmetry gauge(s)";
    graph(&[3, 3, 2], false, &cubic, &[]).check_closed(spec, 2, 4);
    for degree in [4, 8] {
        let spec = format!("lattice square(4, 4) open; field s : spin on bonds; degree {degree}; symmetry gauge(s)");
        graph(&[4, 4], false, &SQUARE, &[]).check_closed(&spec, 2, degree);
        let turn = |site: &Site| vec![3 - site[1], site[0]];
        graph(&[4, 4], false, &SQUARE, &[&turn, &exchange]).check_closed(&format!("{spec}, point_group"), 2, degree);
    }
    // A lattice with one end of each kind.
    let spec = "lattice square(4, 3) open y; field u : phase on bonds; degree 4; symmetry gauge(u)";
    let counted = counts(spec);
    // One, 8 plaquettes and the 3 loops around, both ways.
    assert_eq!(counted[2], (1 + 2 * (8 + 3)).to_string());
    assert_eq!(counts(&spec.replace("gauge(u)", "gauge(u, contractible)"))[2], (1 + 2 * 8).to_string());
}

#[test]
fn fields_on_bonds_without_a_gauge_group() {
    let groups: [(&str, Vec<&dyn Fn(&Site) -> Site>); 3] = [
        ("translation", vec![&right, &up]),
        ("point_group", vec![&quarter, &exchange]),
        ("translation, point_group", vec![&right, &up, &quarter, &exchange]),
    ];
    for (symmetry, maps) in groups {
        let graph = graph(&[3, 3], true, &SQUARE, &maps);
        for (field, modulus) in [("phase", 0), ("clock(3)", 3), ("clock(4)", 4), ("spin", 2)] {
            for degree in [1, 2, 3] {
                let spec =
                    format!("lattice square(3, 3); field u : {field} on bonds; degree {degree}; symmetry {symmetry}");
                let all = graph.powers(modulus, degree, false);
                let [found, _, symmetric] = counts(&spec);
                assert_eq!(found, all.len().to_string(), "{spec}");
                assert_eq!(symmetric, graph.orbits(modulus, &all).to_string(), "{spec}");
            }
        }
    }
    // Single bonds: the real part of the phase and of its square, which the
    // reversal keeps; the imaginary parts change sign.
    let spec = "lattice square(1000, 1000); field u : phase on bonds; degree 2; locality nearest_neighbor; symmetry translation";
    assert_eq!(counts(spec)[2], "9");
    assert_eq!(counts(&format!("{spec}, point_group"))[2], "3");
}

#[test]
fn localities_and_large_lattices() {
    let count = |spec: &str| counts(spec)[2].clone();
    for size in [8, 1000, 1_000_000] {
        let spec = format!(
            "lattice square({size}, {size}); field s : spin on bonds; degree 4; locality range sqrt(2); symmetry gauge(s), translation"
        );
        assert_eq!(count(&spec), "2");
        let spec = format!(
            "lattice square({size}, {size}); field s : phase on bonds; degree 4; locality plaquette; symmetry gauge(s), translation"
        );
        assert_eq!(count(&spec), "3");
        // Conjugation of a plaquette is its reflection.
        assert_eq!(count(&format!("{spec}, point_group")), "2");
        // Plaquettes and two kinds of dominoes.
        let spec = format!(
            "lattice square({size}, {size}); field s : spin on bonds; degree 6; locality window 3; symmetry gauge(s), translation"
        );
        assert_eq!(count(&spec), "4");
        // Two triangles, and three rhombi of two of them.
        let spec = format!(
            "lattice triangular({size}, {size}); field s : spin on bonds; degree 4; locality range sqrt(3); symmetry gauge(s), translation"
        );
        assert_eq!(count(&spec), "6");
        assert_eq!(count(&format!("{spec}, point_group")), "3");
        let spec = format!(
            "lattice honeycomb({size}, {size}); field s : spin on bonds; degree 6; locality plaquette; symmetry gauge(s), translation, point_group"
        );
        assert_eq!(count(&spec), "2");
    }
    let spec =
        "lattice cubic(1000000, 1000000, 1000000); field s : spin on bonds; degree 4; symmetry gauge(s), translation";
    assert_eq!(count(spec), "4");
    // Without translations every place counts; with an end some are missing.
    let spec = "lattice square(6, 5); field s : spin on bonds; degree 4; locality plaquette; symmetry gauge(s)";
    assert_eq!(count(spec), "31");
    assert_eq!(count(&spec.replace("(6, 5)", "(6, 5) open")), "21");
    assert_eq!(count(&format!("{spec}; constant off")), "30");
    assert_eq!(count(&spec.replace("degree 4", "degree = 4")), "30");
    // Loops around the lattice, of which one warns.
    let spec = "lattice square(4, 4); field s : spin on bonds; degree 4; symmetry gauge(s), translation, point_group";
    let counted = degrees_of_freedom(&model(spec)).unwrap();
    assert_eq!(counted.symmetric().to_string(), "3");
    assert!(counted.steps[2].warning.as_ref().is_some_and(|warning| warning.contains("has 2 where this one has 3")));
    assert_eq!(counted.group_order.map(|order| order.to_string()), Some((128u64 << 15).to_string()));
    assert_eq!(count(&spec.replace("gauge(s)", "gauge(s, contractible)")), "2");
    // A hexagon of the kagome lattice can be contracted, and is no sum of
    // triangles.
    let spec = "lattice kagome(4, 4); field s : spin on bonds; degree 6; symmetry gauge(s, contractible), translation";
    let kagome = count(spec);
    // 1, 2 triangles, pairs of them (32 * 31 / 2 over 16 translations, pairs
    // that a translation of order two exchanges having half as many
    // translates), and the hexagon.
    assert_eq!(kagome, (1 + 2 + (16 + 2 * 9) + 1).to_string());
}

/// The value of an energy on the whole lattice.
fn value(model: &Model, energy: &Energy, value: &dyn Fn(&[i64], usize, u32) -> f64) -> f64 {
    let mut cells = vec![Vec::new()];
    for &period in &model.frame.periods {
        cells = cells
            .iter()
            .flat_map(|c: &Vec<i64>| (0..period as i64).map(move |x| [c.clone(), vec![x]].concat()))
            .collect();
    }
    let mut sum = 0.0;
    for cell in &cells {
        for (monomial, coefficient) in energy.polynomial.terms() {
            let mut product = coefficient.to_f64();
            for factor in monomial.factors() {
                let (mut place, bond) = model.place(factor.variable);
                model.frame.directions.iter().zip(cell).for_each(|(&d, by)| place[d] += by);
                place.iter_mut().zip(&model.lattice.extents).for_each(|(c, &l)| *c = c.rem_euclid(l as i64));
                let component = model.frame.slot(factor.variable.slot()).component;
                product *= value(&place, bond, component).powi(i32::from(factor.exponent));
            }
            sum += product;
        }
    }
    sum
}

fn rank(mut rows: Vec<Vec<f64>>) -> usize {
    let mut rank = 0;
    let columns = rows.first().map_or(0, Vec::len);
    for column in 0..columns {
        let Some(pivot) = (rank..rows.len()).max_by(|&a, &b| rows[a][column].abs().total_cmp(&rows[b][column].abs()))
        else {
            break;
        };
        if rows[pivot][column].abs() < 1e-7 {
            continue;
        }
        rows.swap(rank, pivot);
        let first = rows[rank].clone();
        for row in rows.iter_mut().skip(rank + 1) {
            let factor = row[column] / first[column];
            row.iter_mut().zip(&first).for_each(|(a, b)| *a -= factor * b);
        }
        rank += 1;
    }
    rank
}

/// A number in [0, 1) from a place, a bond and a sample.
fn random(place: &[i64], bond: usize, sample: usize) -> f64 {
    let mut state = 0x9e37_79b9_7f4a_7c15u64 ^ (sample as u64 + 1).wrapping_mul(0xd6e8_feb8_6659_fd93);
    for part in place.iter().copied().chain([bond as i64]) {
        state = (state ^ part as u64).wrapping_mul(0xff51_afd7_ed55_8ccd);
        state ^= state >> 29;
    }
    (state.wrapping_mul(0xc4ce_b9fe_1a85_ec53) >> 11) as f64 / (1u64 << 53) as f64
}

#[test]
fn lists_are_bases_of_the_invariants() {
    for spec in [
        "lattice square(4, 4); field s : spin on bonds; degree 4; symmetry gauge(s), translation",
        "lattice square(4, 4); field s : spin on bonds; degree 6; symmetry gauge(s), translation, point_group",
        "lattice square(3, 3); field s : spin on bonds; degree 4; symmetry gauge(s), translation, point_group; constant off",
        "lattice square(2, 3) open; field s : spin on bonds; degree 6; symmetry gauge(s)",
        "lattice square(3, 3); field s : phase on bonds; degree 4; symmetry gauge(s), translation",
        "lattice square(3, 3); field s : phase on bonds; degree 4; symmetry gauge(s), translation, point_group",
        "lattice square(3, 3); field s : clock(3) on bonds; degree 4; symmetry gauge(s), translation",
        "lattice square(3, 3); field s : clock(4) on bonds; degree 4; symmetry gauge(s), translation, point_group",
        "lattice triangular(3, 3); field s : phase on bonds; degree 3; symmetry gauge(s), translation",
        "lattice square(3, 2) open; field s : phase on bonds; degree 4; symmetry gauge(s), reflection",
        "lattice square(6, 6); field s : phase on bonds; degree 4; locality plaquette; symmetry gauge(s), translation",
        "lattice square(5, 5); field s : phase on bonds; degree 2; locality nearest_neighbor; symmetry translation, point_group",
        "lattice square(5, 5); field s : clock(4) on bonds; degree 2; locality nearest_neighbor; symmetry translation, point_group",
    ] {
        let model = model(spec);
        let expected = degrees_of_freedom(&model).unwrap().symmetric().to_string();
        let energies = count::invariants(&model).unwrap_or_else(|error| panic!("{spec}: {error}"));
        assert_eq!(energies.len().to_string(), expected, "{spec}");
        for energy in &energies {
            for symmetry in &model.symmetries {
                let violation = violation(&model, symmetry, &energy.polynomial);
                assert!(matches!(violation, Ok(None)), "{spec}: {} {symmetry:?} {violation:?}", energy.name);
            }
        }
        let order = match spec {
            _ if spec.contains("spin") => 2.0,
            _ if spec.contains("clock(3)") => 3.0,
            _ if spec.contains("clock(4)") => 4.0,
            _ => 1e6,
        };
        let samples = 2 * energies.len() + 10;
        let row = |energy: &Energy| -> Vec<f64> {
            (0..samples)
                .map(|sample| {
                    value(&model, energy, &|place, bond, component| {
                        let angle = (random(place, bond, sample) * order).floor() / order * std::f64::consts::TAU;
                        if component == 0 { angle.cos() } else { angle.sin() }
                    })
                })
                .collect()
        };
        assert_eq!(rank(energies.iter().map(row).collect()), energies.len(), "{spec}");
    }
    // The lists of lattices of any size.
    let spec = "lattice square(1000000, 1000000); field s : spin on bonds; degree 4; symmetry gauge(s), translation";
    let large = count::invariants(&model(spec)).unwrap();
    assert_eq!(large.len(), 2);
    assert_eq!(large[1].polynomial.len(), 1);
}

/// Charged fields on the sites: lists have as many invariants as are counted,
/// each with the symmetries; a sign that is a gauge transformation adds nothing.
#[test]
fn matter_beside_a_gauge_field() {
    let specs = [
        "lattice square(3, 3); field s : spin on bonds; field x : spin; degree 3; symmetry gauge(s, x), translation",
        "lattice ring(5); field u : phase on bonds; field th : phase; field n : spin; degree 4; symmetry gauge(u, th)",
        "lattice ring(4); field u : clock(3) on bonds; field z : complex in [-1, 1]; degree 4; \
         symmetry gauge(u, z), translation, reflection",
        "lattice square(2, 2); field s : spin on bonds; field r : real in [-1, 1]; degree 4; \
         symmetry gauge(s), translation, point_group",
        "lattice square(6, 6); field u : phase on bonds; field z : complex in [-1, 1]; degree 4; \
         locality nearest_neighbor; symmetry gauge(u, charge(z, 2)), translation, point_group",
    ];
    for spec in specs {
        let model = model(spec);
        let counted = degrees_of_freedom(&model).unwrap().symmetric().to_string();
        let listed = count::invariants(&model).unwrap();
        assert_eq!(listed.len().to_string(), counted, "{spec}");
        for energy in &listed {
            for symmetry in &model.symmetries {
                let broken = hamc::model::violation(&model, symmetry, &energy.polynomial);
                assert_eq!(broken, Ok(None), "{spec}: {}", energy.name);
            }
        }
    }
    let count = |symmetry: &str| {
        let spec = format!(
            "lattice square(3, 3); field u : phase on bonds; field z : complex in [-1, 1]; degree 3; symmetry {symmetry}"
        );
        degrees_of_freedom(&model(&spec)).map(|counted| counted.symmetric().to_string())
    };
    let alone = count("gauge(u, z)").unwrap();
    for more in ["flip(z)", "u1(z)", "cyclic(z, 5)"] {
        assert_eq!(count(&format!("gauge(u, z), {more}")), Ok(alone.clone()), "{more}");
    }
    assert!(count("gauge(u), flip(z)").is_err());
}

#[test]
fn refusals() {
    let refusal = |spec: &str| {
        let start = std::time::Instant::now();
        let error = degrees_of_freedom(&model(spec)).expect_err(spec).to_string();
        assert!(start.elapsed().as_secs_f64() < 8.0, "{spec}: {:?}", start.elapsed());
        error
    };
    let error =
        refusal("lattice square(4, 4); field s : spin on bonds; field u[3] : unit; degree 2; symmetry gauge(s)");
    assert!(error.contains("a vector of length one"), "{error}");
    let error =
        refusal("lattice square(4, 4); field s : spin on bonds; field x : spin; degree 2; symmetry gauge(s), flip(x)");
    assert!(error.contains("together with `flip(x)`"), "{error}");
    let error = refusal("lattice square(4, 4); field s : spin on bonds; degree 2; symmetry gauge(s), flip(s)");
    assert!(error.contains("together with `flip(s)`"), "{error}");
    let error = refusal("lattice square(40, 40); field u : phase on bonds; degree 40; symmetry gauge(u)");
    assert!(error.contains("too many"), "{error}");
}
