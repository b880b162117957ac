//! Every lattice, boundary and kind of field at small sides, where neighbours
//! coincide: the unit cell that was lowered against the same Hamiltonian
//! written out term by term by an enumerator of its own, which knows the
//! lattices by floating-point positions of sites.

mod crystals;

use std::collections::BTreeMap;

use hamc::diagnostics::{has_errors, render};
use hamc::lower::lower;
use hamc::model::{Kind, Model};
use hamc::network::exact_energies;
use hamc::syntax::parse;

use crystals::*;

fn model(text: &str) -> Result<Model, String> {
    let (spec, diagnostics) = parse(text);
    assert!(!has_errors(&diagnostics), "{text}\n{}", render(&diagnostics, "it.ham", text, false));
    let (model, diagnostics) = lower(&spec);
    model.ok_or_else(|| render(&diagnostics, "it.ham", text, false))
}

/// A point of small dyadic numbers, spins where the field is one.
fn point(model: &Model) -> Vec<f64> {
    let count = model.variables().unwrap() as usize;
    let spin = |at: usize| if at * at % 7 < 3 { 1.0 } else { -1.0 };
    let number = |at: usize| ((at * 37 + at * at * 11) % 17) as f64 / 8.0 - 1.0;
    let mut point = Vec::new();
    for field in &model.fields {
        let values = model.lattice.cells().unwrap() as usize * field.points(&model.lattice) * field.components as usize;
        for _ in 0..values {
            let at = point.len();
            point.push(if field.kind == Kind::Spin { spin(at) } else { number(at) });
        }
    }
    assert_eq!(point.len(), count);
    point
}

/// The energy of a spec at its point, from its cell, from the network's
/// description read back, and on one cell that holds every site.
fn energy(text: &str) -> Result<(Model, Vec<f64>, f64), String> {
    let model = model(text)?;
    let point = point(&model);
    let energy = exact_energies(&model, &point).unwrap()[0].to_f64();
    Ok((model, point, energy))
}

#[test]
fn sums_over_sites_bonds_and_second_neighbours() {
    for crystal in crystals() {
        for torus in tori(&crystal) {
            let text = torus.text();
            let sites = torus.sites();
            let at: BTreeMap<&Place, usize> = sites.iter().enumerate().map(|(at, site)| (site, at)).collect();
            let index = |place: &Place| at[&torus.wrap(place).unwrap()];
            for shell in 0..2 {
                let (open, close) = (["<", "<<"][shell], [">", ">>"][shell]);
                let spec = format!(
                    "{text}\nfield phi : real in [-1, 1]\n\
                     H = sum{open}i,j{close}(phi[i]*phi[j]^2 + phi[i]^2*phi[j]) + sum(i)((2 + sublattice(i))*phi[i]^3)\n"
                );
                let pairs = torus.pairs(shell);
                // Refused where a pair is nearer on the torus than it should be.
                let periodic_self = crystal_pairs(&torus, shell).iter().any(|pair| torus_closer(&torus, pair));
                match energy(&spec) {
                    Err(error) => {
                        assert!(periodic_self, "{spec}{error}");
                        assert!(error.contains("E0214"), "{spec}{error}");
                    }
                    Ok((_, phi, energy)) => {
                        assert!(!periodic_self, "{spec} should be refused");
                        let mut expected = 0.0;
                        for [i, j] in &pairs {
                            let (a, b) = (phi[index(i)], phi[index(j)]);
                            expected += a * b * b + a * a * b;
                        }
                        for (k, site) in sites.iter().enumerate() {
                            expected += (2 + site.1) as f64 * phi[k].powi(3);
                        }
                        assert!((energy - expected).abs() < 1e-9, "{spec}{energy} instead of {expected}");
                    }
                }
            }
        }
    }
}

#[test]
fn sums_over_plaquettes_with_fields_on_sites_and_bonds() {
    for crystal in crystals().iter().filter(|crystal| crystal.corners > 0) {
        for torus in tori(crystal) {
            let text = torus.text();
            let names = &["i", "j", "k", "l", "m", "n"][..crystal.corners];
            let product: Vec<String> = names.iter().map(|name| format!("phi[{name}]")).collect();
            let spec = format!(
                "{text}\nfield phi : real in [-1, 1]\nH = sum plaquette({})({})\n",
                names.join(","),
                product.join("*")
            );
            let sites = torus.sites();
            let at: BTreeMap<&Place, usize> = sites.iter().enumerate().map(|(at, site)| (site, at)).collect();
            let small = infinite_loops(crystal).iter().any(|figure| coincide_periodically(&torus, figure));
            match energy(&spec) {
                Err(error) => assert!(small && error.contains("E0214"), "{spec}{error}"),
                Ok((_, phi, energy)) => {
                    assert!(!small, "{spec} should be refused");
                    let product = |figure: &Vec<Place>| -> f64 {
                        figure.iter().map(|place| phi[at[&torus.wrap(place).unwrap()]]).product()
                    };
                    let expected: f64 = torus.loops(crystal.corners).iter().map(product).sum();
                    assert!((energy - expected).abs() < 1e-9, "{spec}{energy} instead of {expected}");
                }
            }
        }
    }
}

/// Complex numbers, enough of them.
#[derive(Clone, Copy)]
struct C(f64, f64);

impl C {
    fn conj(self) -> C {
        C(self.0, -self.1)
    }
}

impl std::ops::Mul for C {
    type Output = C;
    fn mul(self, other: C) -> C {
        C(self.0 * other.0 - self.1 * other.1, self.0 * other.1 + self.1 * other.0)
    }
}

/// The values of a spec with the fields z (complex, on sites), U (phases on
/// bonds) and s (spins on bonds), by site and by bond.
struct Gauge<'a> {
    torus: &'a Torus<'a>,
    model: &'a Model,
    point: Vec<f64>,
}

impl Gauge<'_> {
    fn cell(&self, cell: &[i64]) -> usize {
        cell.iter().zip(&self.torus.sides).fold(0, |index, (&c, &side)| index * side as usize + c as usize)
    }

    fn cells(&self) -> usize {
        self.torus.cells().len()
    }

    fn z(&self, place: &Place) -> C {
        let (cell, site) = self.torus.wrap(place).unwrap();
        let at = 2 * (self.cell(&cell) * self.torus.crystal.sites.len() + site);
        C(self.point[at], self.point[at + 1])
    }

    /// The number of a bond, and whether it is meant backwards.
    fn bond(&self, from: &Place, to: &Place) -> (usize, bool) {
        let bonds = self.model.lattice.bonds();
        let find = |from: &Place, to: &Place| {
            let bond = bonds.iter().position(|bond| {
                bond.from == from.1
                    && bond.to == to.1
                    && bond.offset.iter().enumerate().all(|(d, step)| to.0[d] - from.0[d] == *step)
            })?;
            Some(self.cell(&self.torus.wrap(from)?.0) * bonds.len() + bond)
        };
        match find(from, to) {
            Some(at) => (at, false),
            None => (find(to, from).unwrap(), true),
        }
    }

    fn u(&self, from: &Place, to: &Place) -> C {
        let first = 2 * self.cells() * self.torus.crystal.sites.len();
        let (at, backwards) = self.bond(from, to);
        let value = C(self.point[first + 2 * at], self.point[first + 2 * at + 1]);
        if backwards { value.conj() } else { value }
    }

    fn s(&self, from: &Place, to: &Place) -> f64 {
        let bonds = self.cells() * self.model.lattice.bonds().len();
        self.point[2 * self.cells() * self.torus.crystal.sites.len() + 2 * bonds + self.bond(from, to).0]
    }

    fn energy(&self) -> f64 {
        let mut energy = 0.0;
        for [i, j] in self.torus.pairs(0) {
            energy += self.s(&i, &j) * (self.z(&i).conj() * self.u(&i, &j) * self.z(&j)).0;
            energy += 2.0 * (self.z(&i) * self.u(&j, &i) * self.z(&i)).1;
        }
        if self.torus.crystal.corners > 0 {
            for corners in self.torus.loops(self.torus.crystal.corners) {
                let next = |at: usize| &corners[(at + 1) % corners.len()];
                let mut product = C(1.0, 0.0);
                let mut spins = 1.0;
                for (at, corner) in corners.iter().enumerate() {
                    product = product * self.u(corner, next(at));
                    spins *= self.s(next(at), corner);
                }
                energy += product.0 + spins;
            }
        }
        energy
    }
}

fn gauge_text(torus: &Torus<'_>, extra: &str) -> String {
    let crystal = torus.crystal;
    let names = &["i", "j", "k", "l", "m", "n"][..crystal.corners];
    let around = |field: &str, backwards: bool| {
        let factor = |at: usize| {
            let (a, b) = (names[at], names[(at + 1) % names.len()]);
            if backwards { format!("{field}[{b}, {a}]") } else { format!("{field}[{a}, {b}]") }
        };
        (0..names.len()).map(factor).collect::<Vec<_>>().join("*")
    };
    let plaquettes = match names.len() {
        0 => String::new(),
        _ => format!(" + sum plaquette({})(re({}) + {})", names.join(","), around("U", false), around("s", true)),
    };
    format!(
        "{}\nfield z : complex in [-1, 1]\nfield U : phase on bonds\nfield s : spin on bonds\n\
         H = sum<i,j>(s[j, i]*re(conj(z[i])*U[i, j]*z[j]) + 2*im(z[i]^2*U[j, i])){plaquettes}{extra}\n",
        torus.text()
    )
}

#[test]
fn gauge_fields_on_bonds_with_complex_matter() {
    for crystal in crystals() {
        for torus in tori(&crystal) {
            let spec = gauge_text(&torus, "");
            let one_cell = gauge_text(&torus, if torus.crystal.vectors.len() == 1 { " + 0*s[0, 1]" } else { "" });
            let small = infinite_loops(&crystal).iter().any(|figure| coincide_periodically(&torus, figure));
            let selfish = crystal_pairs(&torus, 0).iter().any(|pair| torus.wrap(&pair[0]) == torus.wrap(&pair[1]));
            match energy(&spec) {
                Err(error) => assert!(small || selfish, "{spec}{error}"),
                Ok((model, point, energy)) => {
                    assert!(!small && !selfish, "{spec} should be refused");
                    let expected = Gauge { torus: &torus, model: &model, point }.energy();
                    assert!((energy - expected).abs() < 1e-9, "{spec}{energy} instead of {expected}");
                }
            }
            if !selfish && one_cell != spec && torus.sides[0] > 2 {
                let (model, point, energy) = energy_of(&one_cell);
                assert!(model.frame.directions.is_empty());
                let expected = Gauge { torus: &torus, model: &model, point }.energy();
                assert!((energy - expected).abs() < 1e-9, "{one_cell}{energy} instead of {expected}");
            }
        }
    }
}

fn energy_of(text: &str) -> (Model, Vec<f64>, f64) {
    energy(text).unwrap_or_else(|error| panic!("{text}{error}"))
}

/// The number of a plaquette with these corners, and the corner it begins at.
fn plaquette(torus: &Torus<'_>, model: &Model, corners: &[Place]) -> (usize, Place) {
    let plaquettes = model.lattice.plaquettes();
    let cell = |cell: &[i64]| cell.iter().zip(&torus.sides).fold(0, |index, (&c, &side)| index * side + c) as usize;
    let places = plaquettes.iter().enumerate().flat_map(|(at, figure)| {
        corners
            .iter()
            .filter(move |start| {
                start.1 == figure[0].1
                    && figure.iter().all(|(offset, basis)| {
                        let there = offset.iter().zip(&start.0).map(|(step, c)| step + c).collect();
                        corners.contains(&(there, *basis))
                    })
            })
            .map(move |start| (at, start))
    });
    let number =
        |(at, start): (usize, &Place)| (cell(&torus.wrap(start).unwrap().0) * plaquettes.len() + at, start.clone());
    let mut found: Vec<(usize, Place)> = places.map(number).collect();
    assert_eq!(found.len(), 1);
    found.swap_remove(0)
}

#[test]
fn fields_on_plaquettes_of_every_lattice() {
    let mut compared = 0;
    for crystal in crystals().iter().filter(|crystal| crystal.corners > 0) {
        for torus in tori(crystal) {
            let names = &["i", "j", "k", "l", "m", "n"][..crystal.corners];
            let backwards: Vec<&str> = names.iter().rev().copied().collect();
            let (listed, reversed) = (names.join(","), backwards.join(", "));
            let product: Vec<String> = names.iter().map(|name| format!("phi[{name}]")).collect();
            let spec = format!(
                "{}\nfield phi : real in [-1, 1]\nfield p : real in [-1, 1] on plaquettes\n\
                 H = sum plaquette({listed})(p[{listed}]*{} + 2*p[{reversed}]^2) + 3*sum(p)\n",
                torus.text(),
                product.join("*")
            );
            let small = infinite_loops(crystal).iter().any(|figure| coincide_periodically(&torus, figure));
            match energy(&spec) {
                Err(error) => assert!(small && error.contains("too small"), "{spec}{error}"),
                Ok((model, point, energy)) => {
                    assert!(!small, "{spec} should be refused");
                    let sites = torus.sites();
                    let at: BTreeMap<&Place, usize> = sites.iter().enumerate().map(|(at, site)| (site, at)).collect();
                    let mut expected = 0.0;
                    for corners in torus.loops(crystal.corners) {
                        let p = point[sites.len() + plaquette(&torus, &model, &corners).0];
                        let phi: f64 = corners.iter().map(|place| point[at[&torus.wrap(place).unwrap()]]).product();
                        expected += p * phi + 2.0 * p * p + 3.0 * p;
                    }
                    assert!((energy - expected).abs() < 1e-9, "{spec}{energy} instead of {expected}");
                    let circuit = hamc::simplify::as_written(&model);
                    hamc::circuit::prove(&circuit, &model).unwrap_or_else(|error| panic!("{spec}{error}"));
                    let network =
                        hamc::assemble::assemble(&model, &circuit, &hamc::assemble::Options::default()).unwrap();
                    let again = hamc::backend::yaml::read(&hamc::backend::yaml::write(&network)).unwrap();
                    assert_eq!(again, network, "{spec}");
                    let evaluator = hamc::network::Evaluator::new(&again).unwrap();
                    let names: std::collections::BTreeSet<String> =
                        (0..evaluator.variables()).map(|column| evaluator.column_name(column)).collect();
                    assert_eq!(names.len(), evaluator.variables(), "{spec}");
                    let inputs = ndarray::Array2::from_shape_vec((1, point.len()), point).unwrap();
                    let found = evaluator.evaluate(inputs.view(), &Default::default()).unwrap()[(0, 0)];
                    assert!((found - expected).abs() < 1e-4, "{spec}{found} instead of {expected}");
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 20, "{compared}");
}

/// Fields on sites, bonds and plaquettes with every mixture of boundaries: around
/// a twisted direction the sign is that of the cell at which a bond or plaquette
/// begins.
#[test]
fn fields_of_every_place_with_every_boundary() {
    let mut compared = 0;
    for crystal in crystals() {
        let dimension = crystal.vectors.len();
        let all =
            [&[vec![2], vec![3], vec![4]][..], &[vec![2, 2], vec![2, 3], vec![3, 3]], &[vec![2, 2, 2], vec![3, 2, 3]]];
        for (sides, mixture) in all[dimension - 1]
            .iter()
            .flat_map(|sides| (0..3usize.pow(dimension as u32)).map(move |mixture| (sides, mixture)))
        {
            let of = |d: usize| mixture / 3usize.pow(d as u32) % 3;
            let torus = Torus {
                crystal: &crystal,
                sides: sides.clone(),
                open: (0..dimension).map(|d| of(d) == 1).collect(),
                twisted: (0..dimension).map(|d| of(d) == 2).collect(),
            };
            let names = &["i", "j", "k", "l", "m", "n"][..crystal.corners];
            let listed = names.join(",");
            let sum: Vec<String> = names.iter().map(|name| format!("phi[{name}]")).collect();
            let (field, term) = match crystal.corners {
                0 => ("", String::new()),
                _ => (
                    "field p : real in [-1, 1] on plaquettes\n",
                    format!(" + sum plaquette({listed})(p[{listed}]*({}) + 2*p[{listed}]^2)", sum.join(" + ")),
                ),
            };
            let spec = format!(
                "{}\nfield phi : real in [-1, 1]\nfield s : spin on bonds\n{field}\
                 H = sum<i,j>(s[j, i]*(phi[i] + phi[j]) + phi[i]*phi[j]^3){term} + sum(i)(phi[i]^2)\n",
                torus.text()
            );
            let Ok((model, point, energy)) = energy(&spec) else { continue };
            let sites = torus.sites();
            let at: BTreeMap<&Place, usize> = sites.iter().enumerate().map(|(at, site)| (site, at)).collect();
            let sign = |place: &Place| torus.sign(place) as f64;
            let phi = |place: &Place| sign(place) * point[at[&torus.wrap(place).unwrap()]];
            let bonds = model.lattice.bonds();
            let cell = |cell: &[i64]| cell.iter().zip(sides).fold(0, |index, (&c, &side)| index * side + c) as usize;
            let mut expected: f64 = (0..sites.len()).map(|site| point[site].powi(2)).sum();
            for [i, j] in torus.pairs(0) {
                let starts = |from: &Place, to: &Place| {
                    let is = |bond: &hamc::model::Bond| {
                        let mut steps = bond.offset.iter().zip(to.0.iter().zip(&from.0));
                        (bond.from, bond.to) == (from.1, to.1) && steps.all(|(step, (to, from))| to - from == *step)
                    };
                    bonds.iter().position(is)
                };
                let (start, bond) = match starts(&i, &j) {
                    Some(bond) => (&i, bond),
                    None => (&j, starts(&j, &i).unwrap()),
                };
                let wrapped = cell(&torus.wrap(start).unwrap().0);
                let s = sign(start) * point[sites.len() + wrapped * bonds.len() + bond];
                expected += s * (phi(&i) + phi(&j));
                // The cube is of the second site as the lattice has it.
                let (first, second) = if start == &i { (&i, &j) } else { (&j, &i) };
                expected += phi(first) * phi(second).powi(3);
            }
            if crystal.corners > 0 {
                let first = sites.len() + torus.cells().len() * bonds.len();
                for corners in torus.loops(crystal.corners) {
                    let (number, start) = plaquette(&torus, &model, &corners);
                    let p = sign(&start) * point[first + number];
                    expected += p * corners.iter().map(phi).sum::<f64>() + 2.0 * p * p;
                }
            }
            assert!((energy - expected).abs() < 1e-9, "{spec}{energy} instead of {expected}");
            let circuit = hamc::simplify::as_written(&model);
            hamc::circuit::prove(&circuit, &model).unwrap_or_else(|error| panic!("{spec}{error}"));
            let evaluator = hamc::network::Evaluator::of_circuit(&model, &circuit).unwrap();
            let updates = evaluator.updates();
            let change = updates.change(&point, point.len() - 1, 0.25).unwrap()[0];
            let mut changed = point.clone();
            *changed.last_mut().unwrap() = 0.25;
            let wanted = exact_energies(&model, &changed).unwrap()[0].to_f64() - energy;
            assert!((change - wanted).abs() < 1e-9, "{spec}{change} instead of {wanted}");
            let inputs = ndarray::Array2::from_shape_vec((1, point.len()), point).unwrap();
            let found = evaluator.evaluate(inputs.view(), &Default::default()).unwrap()[(0, 0)];
            assert!((found - expected).abs() < 1e-9, "{spec}{found} instead of {expected}");
            compared += 1;
        }
    }
    assert!(compared > 100, "{compared}");
}

/// The plaquettes of one lattice are the sites of another, with the same
/// motions.
#[test]
fn couplings_on_plaquettes_are_those_of_the_dual_lattice() {
    let count = |lattice: &str, place: &str, sum: &str, symmetries: &str| {
        let text = format!("lattice {lattice}\nfield s : spin{place}\nH = {sum}\ndegree 3\nsymmetry {symmetries}\n");
        let model = model(&text).unwrap_or_else(|error| panic!("{text}{error}"));
        let counted = hamc::count::degrees_of_freedom(&model).unwrap();
        (counted.all().to_string(), counted.symmetric().to_string())
    };
    let on = " on plaquettes";
    for symmetries in ["translation", "translation, point_group", "translation, reflection, flip(s)"] {
        for (one, other) in [
            ("square(4, 4)", "square(4, 4)"),
            ("triangular(4, 4)", "honeycomb(4, 4)"),
            ("kagome(3, 3)", "honeycomb(3, 3)"),
            ("honeycomb(3, 3)", "triangular(3, 3)"),
        ] {
            let even = if symmetries.contains("flip") { "0*sum(s)" } else { "sum(s)" };
            assert_eq!(count(one, on, even, symmetries), count(other, "", even, symmetries), "{one} {symmetries}");
        }
    }
    // On an open square plaquettes are the sites of a smaller one.
    assert_eq!(
        count("square(4, 5) open", on, "sum(s)", "reflection"),
        count("square(3, 4) open", "", "sum(s)", "reflection")
    );
}

#[test]
fn networks_of_every_lattice_are_written_and_read() {
    for crystal in crystals() {
        let dimension = crystal.vectors.len();
        for (side, product) in [(3, false), (2, true)] {
            let torus = Torus {
                crystal: &crystal,
                sides: vec![side; dimension],
                open: vec![false; dimension],
                twisted: vec![false; dimension],
            };
            // A product of sums over sites needs every site in one cell.
            let extra = if product { "sum(i)(z[i][0])*sum<i,j>(s[i,j])" } else { "sum<i,j>(s[i,j]*abs2(z[i]))" };
            let text = format!(
                "{}\nfield z : complex in [-1, 1]\nfield s : spin on bonds\n\
                 H = sum<i,j>(re(conj(z[i])*z[j]*s[i,j])) + {extra}\n",
                torus.text()
            );
            let model = model(&text).unwrap_or_else(|error| panic!("{text}{error}"));
            assert_eq!(model.frame.directions.is_empty(), product, "{text}");
            let circuit = hamc::simplify::as_written(&model);
            let network = hamc::assemble::assemble(&model, &circuit, &hamc::assemble::Options::default()).unwrap();
            let again = hamc::backend::yaml::read(&hamc::backend::yaml::write(&network)).unwrap();
            assert_eq!(again, network, "{text}");
            let point = point(&model);
            let exact = exact_energies(&model, &point).unwrap()[0].to_f64();
            let evaluator = hamc::network::Evaluator::new(&again).unwrap();
            let inputs = ndarray::Array2::from_shape_vec((1, point.len()), point).unwrap();
            let found = evaluator.evaluate(inputs.view(), &Default::default()).unwrap()[(0, 0)];
            assert!((found - exact).abs() < 1e-5, "{text}{found} instead of {exact}");
            // Every column has a name of its own.
            let names: std::collections::BTreeSet<String> =
                (0..evaluator.variables()).map(|column| evaluator.column_name(column)).collect();
            assert_eq!(names.len(), evaluator.variables(), "{text}");
        }
    }
}

#[test]
fn differences_of_neighbours_with_open_ends() {
    for crystal in crystals() {
        for torus in tori(&crystal) {
            // grad2 over all sites has each bond once, and |z|^2 of a complex
            // difference; lap has every neighbour.
            let text = format!(
                "{}\nfield z : complex in [-1, 1]\n\
                 H = sum(i)(3*grad2(z, i) + re(conj(z[i])*lap(z, i)) + im(lap(z, i)*complex(0, 2)))\n",
                torus.text()
            );
            let Ok((model, point, energy)) = energy(&text) else { continue };
            let gauge = Gauge { torus: &torus, model: &model, point };
            let mut expected = 0.0;
            for [i, j] in torus.pairs(0) {
                let (a, b) = (gauge.z(&i), gauge.z(&j));
                let (x, y) = (b.0 - a.0, b.1 - a.1);
                // The sum over both ends of conj(z) times the difference is
                // minus the square, and the plain differences cancel.
                expected += 3.0 * (x * x + y * y) - (x * x + y * y);
            }
            assert!((energy - expected).abs() < 1e-9, "{text}{energy} instead of {expected}");
        }
    }
}

#[test]
fn sampled_points_respect_constraints() {
    let text = "lattice triangular(3, 3)\nfield n[3] : unit\nfield U : phase on bonds\nfield c : clock(3)\n\
                field k : categorical(4) on bonds\nH = sum(i)(n[i][0] + c[i][0]) + sum<i,j>(U[i, j][1] + k[i, j][2])\n";
    let model = model(text).unwrap_or_else(|error| panic!("{error}"));
    let points = hamc::analysis::sample::points(&model, 40, 7);
    let (sites, bonds) = (9, 27);
    assert_eq!(points.ncols(), 3 * sites + 2 * bonds + 2 * sites + 3 * bonds);
    for point in points.rows() {
        let point = point.to_vec();
        let (n, rest) = point.split_at(3 * sites);
        let (u, rest) = rest.split_at(2 * bonds);
        let (c, k) = rest.split_at(2 * sites);
        for vector in n.chunks(3).chain(u.chunks(2)) {
            assert!((vector.iter().map(|x| x * x).sum::<f64>() - 1.0).abs() < 1e-12);
        }
        for z in c.chunks(2) {
            let z = C(z[0], z[1]);
            let cube = z * z * z;
            assert!((cube.0 - 1.0).abs() < 1e-12 && cube.1.abs() < 1e-12);
        }
        for bits in k.chunks(3) {
            assert!(bits.iter().all(|bit| *bit == 0.0 || *bit == 1.0) && bits.iter().sum::<f64>() <= 1.0);
        }
    }
}
