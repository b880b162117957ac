//! Every lattice, boundary and kind of field at small sides, where neighbours
//! coincide: the unit cell that was lowered against the same Hamiltonian
//! written out term by term by an enumerator of its own, which knows the
//! lattices by floating-point positions of sites.

use std::collections::BTreeMap;

use hamc::diagnostics::{has_errors, render};
use hamc::lower::lower;
use hamc::model::{Kind, Model};
use hamc::network::exact_energies;
use hamc::syntax::parse;

/// A crystal in space: cell vectors, sites of a cell, distance of neighbours.
struct Crystal {
    name: &'static str,
    vectors: Vec<[f64; 3]>,
    sites: Vec<[f64; 3]>,
    /// Distances of the first two shells.
    shells: [f64; 2],
    /// Corners of the smallest closed loops of bonds; zero for none.
    corners: usize,
}

fn crystals() -> Vec<Crystal> {
    let h = 3f64.sqrt() / 2.0;
    let origin = [0.0; 3];
    let (e1, e2) = ([1.0, 0.0, 0.0], [0.5, h, 0.0]);
    let crystal = |name, vectors: &[[f64; 3]], sites: &[[f64; 3]], shells, corners| Crystal {
        name,
        vectors: vectors.to_vec(),
        sites: sites.to_vec(),
        shells,
        corners,
    };
    let axes = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    vec![
        crystal("ring", &axes[..1], &[origin], [1.0, 2.0], 0),
        crystal("square", &axes[..2], &[origin], [1.0, 2f64.sqrt()], 4),
        crystal("cubic", &axes, &[origin], [1.0, 2f64.sqrt()], 4),
        crystal("triangular", &[e1, e2], &[origin], [1.0, 3f64.sqrt()], 3),
        // The second site in the middle of a triangle of first ones.
        crystal("honeycomb", &[e1, e2], &[origin, [0.5, h / 3.0, 0.0]], [1.0 / 3f64.sqrt(), 1.0], 6),
        crystal("kagome", &[e1, e2], &[origin, [0.5, 0.0, 0.0], [0.25, h / 2.0, 0.0]], [0.5, h], 3),
        crystal("bcc", &[[-0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0.5, 0.5, -0.5]], &[origin], [3f64.sqrt() / 2.0, 1.0], 4),
        crystal("fcc", &[[0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]], &[origin], [0.5f64.sqrt(), 1.0], 3),
    ]
}

/// A site of the infinite lattice.
type Place = (Vec<i64>, usize);

impl Crystal {
    fn position(&self, place: &Place) -> [f64; 3] {
        let mut position = self.sites[place.1];
        for (vector, &steps) in self.vectors.iter().zip(&place.0) {
            for axis in 0..3 {
                position[axis] += steps as f64 * vector[axis];
            }
        }
        position
    }

    fn distance(&self, a: &Place, b: &Place) -> f64 {
        let (a, b) = (self.position(a), self.position(b));
        (0..3).map(|axis| (a[axis] - b[axis]).powi(2)).sum::<f64>().sqrt()
    }

    /// All sites within three cells of a cell.
    fn around(&self, cell: &[i64]) -> Vec<Place> {
        let mut cells = vec![Vec::new()];
        for &c in cell {
            cells = cells
                .into_iter()
                .flat_map(|known: Vec<i64>| (-3..=3).map(move |step| [known.clone(), vec![c + step]].concat()))
                .collect();
        }
        cells.into_iter().flat_map(|cell| (0..self.sites.len()).map(move |site| (cell.clone(), site))).collect()
    }

    fn neighbours(&self, place: &Place, shell: usize) -> Vec<Place> {
        let wanted = self.shells[shell];
        self.around(&place.0).into_iter().filter(|other| (self.distance(place, other) - wanted).abs() < 1e-9).collect()
    }
}

/// A crystal of some sides with some ends joined.
struct Torus<'a> {
    crystal: &'a Crystal,
    sides: Vec<i64>,
    open: Vec<bool>,
}

impl Torus<'_> {
    fn cells(&self) -> Vec<Vec<i64>> {
        let mut cells = vec![Vec::new()];
        for &side in &self.sides {
            cells = cells
                .into_iter()
                .flat_map(|known: Vec<i64>| (0..side).map(move |c| [known.clone(), vec![c]].concat()))
                .collect();
        }
        cells
    }

    fn sites(&self) -> Vec<Place> {
        let basis = self.crystal.sites.len();
        self.cells().into_iter().flat_map(|cell| (0..basis).map(move |site| (cell.clone(), site))).collect()
    }

    /// Where a site of the infinite lattice is; nowhere beyond an open end.
    fn wrap(&self, place: &Place) -> Option<Place> {
        let mut cell = place.0.clone();
        for (direction, coordinate) in cell.iter_mut().enumerate() {
            let side = self.sides[direction];
            if self.open[direction] && !(0..side).contains(coordinate) {
                return None;
            }
            *coordinate = coordinate.rem_euclid(side);
        }
        Some((cell, place.1))
    }

    /// The pairs of a shell, each bond of the infinite lattice once up to the
    /// wrapping; the ends where they are in the infinite lattice.
    fn pairs(&self, shell: usize) -> Vec<[Place; 2]> {
        let mut pairs = Vec::new();
        for site in self.sites() {
            for other in self.crystal.neighbours(&site, shell) {
                if site < other && self.wrap(&other).is_some() {
                    pairs.push([site.clone(), other]);
                }
            }
        }
        pairs
    }

    /// The loops of `corners` bonds, each once.
    fn loops(&self, corners: usize) -> Vec<Vec<Place>> {
        let mut loops = Vec::new();
        for site in self.sites() {
            let mut paths = vec![vec![site.clone()]];
            for _ in 1..corners {
                paths = paths
                    .into_iter()
                    .flat_map(|path| {
                        let next = self.crystal.neighbours(&path[path.len() - 1], 0);
                        // The first corner is the least, so that a loop is
                        // found from one of its corners only.
                        let next = next.into_iter().filter(|next| *next > path[0] && !path.contains(next));
                        let next: Vec<_> = next.map(|next| [path.clone(), vec![next]].concat()).collect();
                        next
                    })
                    .collect();
            }
            for path in paths {
                let closed =
                    (self.crystal.distance(&path[0], &path[corners - 1]) - self.crystal.shells[0]).abs() < 1e-9;
                // Of the two directions one.
                if closed && path[1] > path[corners - 1] && path.iter().all(|place| self.wrap(place).is_some()) {
                    loops.push(path);
                }
            }
        }
        loops
    }

    /// Whether two different sites of a figure are one on the torus.
    fn coincide(&self, figure: &[Place]) -> bool {
        (0..figure.len()).any(|b| (0..b).any(|a| self.wrap(&figure[a]) == self.wrap(&figure[b])))
    }

    fn text(&self) -> String {
        let sides: Vec<String> = self.sides.iter().map(i64::to_string).collect();
        let open: Vec<&str> = (0..self.sides.len()).filter(|&d| self.open[d]).map(|d| ["x", "y", "z"][d]).collect();
        let open = if open.is_empty() { String::new() } else { format!(" open {}", open.join(", ")) };
        format!("lattice {}({}){open}", self.crystal.name, sides.join(", "))
    }
}

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

/// All lattices of a crystal with sides of one to three and every choice of
/// open directions; in three directions fewer sides.
fn tori(crystal: &Crystal) -> Vec<Torus<'_>> {
    let dimension = crystal.vectors.len();
    let most: usize = if dimension == 3 { 2 } else { 3 };
    let mut tori = Vec::new();
    for sides in 0..most.pow(dimension as u32) {
        for open in 0..1 << dimension {
            tori.push(Torus {
                crystal,
                sides: (0..dimension).map(|d| (sides / most.pow(d as u32) % most) as i64 + 1).collect(),
                open: (0..dimension).map(|d| open >> d & 1 == 1).collect(),
            });
        }
    }
    if dimension == 3 {
        tori.push(Torus { crystal, sides: vec![3; 3], open: vec![false; 3] });
        tori.push(Torus { crystal, sides: vec![3, 2, 3], open: vec![false, true, false] });
    }
    tori
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

/// The pairs from the sites of one cell of the infinite lattice.
fn crystal_pairs(torus: &Torus<'_>, shell: usize) -> Vec<[Place; 2]> {
    let origin = vec![0; torus.sides.len()];
    let sites = (0..torus.crystal.sites.len()).map(|site| (origin.clone(), site));
    sites
        .flat_map(|site| torus.crystal.neighbours(&site, shell).into_iter().map(move |other| [site.clone(), other]))
        .collect()
}

/// Whether an image of the second site is nearer to the first than itself.
fn torus_closer(torus: &Torus<'_>, pair: &[Place; 2]) -> bool {
    let distance = torus.crystal.distance(&pair[0], &pair[1]);
    let same = |other: &Place| {
        other.1 == pair[1].1
            && (0..torus.sides.len()).all(|d| {
                let step = other.0[d] - pair[1].0[d];
                step == 0 || (!torus.open[d] && step % torus.sides[d] == 0)
            })
    };
    torus
        .crystal
        .around(&pair[0].0)
        .iter()
        .any(|other| same(other) && torus.crystal.distance(&pair[0], other) < distance - 1e-9)
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

fn infinite_loops(crystal: &Crystal) -> Vec<Vec<Place>> {
    let whole = Torus { crystal, sides: vec![1000; crystal.vectors.len()], open: vec![false; crystal.vectors.len()] };
    let origin = vec![500; crystal.vectors.len()];
    let mut loops = Vec::new();
    for site in 0..crystal.sites.len() {
        let mut paths = vec![vec![(origin.clone(), site)]];
        for _ in 1..crystal.corners {
            paths = paths
                .into_iter()
                .flat_map(|path| {
                    let next = whole.crystal.neighbours(&path[path.len() - 1], 0);
                    let next: Vec<_> = next.into_iter().filter(|next| !path.contains(next)).collect();
                    next.into_iter().map(move |next| [path.clone(), vec![next]].concat())
                })
                .collect();
        }
        let closed = |path: &Vec<Place>| {
            (crystal.distance(&path[0], &path[crystal.corners - 1]) - crystal.shells[0]).abs() < 1e-9
        };
        loops.extend(paths.into_iter().filter(closed));
    }
    loops
}

fn coincide_periodically(torus: &Torus<'_>, figure: &[Place]) -> bool {
    let same = |a: &Place, b: &Place| {
        a.1 == b.1
            && (0..torus.sides.len()).all(|d| {
                let step = a.0[d] - b.0[d];
                step == 0 || (!torus.open[d] && step % torus.sides[d] == 0)
            })
    };
    (0..figure.len()).any(|b| (0..b).any(|a| same(&figure[a], &figure[b])))
}
