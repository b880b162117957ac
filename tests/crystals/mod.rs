//! Lattices as crystals in space: an enumerator that knows them by
//! floating-point positions of sites, and shares nothing with the library.
#![allow(dead_code)]

/// A crystal in space: cell vectors, sites of a cell, distance of neighbours.
pub struct Crystal {
    pub name: &'static str,
    pub vectors: Vec<[f64; 3]>,
    pub sites: Vec<[f64; 3]>,
    /// Distances of the first two shells.
    pub shells: [f64; 2],
    /// Corners of the smallest closed loops of bonds; zero for none.
    pub corners: usize,
}

pub fn crystals() -> Vec<Crystal> {
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
pub type Place = (Vec<i64>, usize);

impl Crystal {
    pub fn position(&self, place: &Place) -> [f64; 3] {
        let mut position = self.sites[place.1];
        for (vector, &steps) in self.vectors.iter().zip(&place.0) {
            for axis in 0..3 {
                position[axis] += steps as f64 * vector[axis];
            }
        }
        position
    }

    pub fn distance(&self, a: &Place, b: &Place) -> f64 {
        let (a, b) = (self.position(a), self.position(b));
        (0..3).map(|axis| (a[axis] - b[axis]).powi(2)).sum::<f64>().sqrt()
    }

    /// All sites within three cells of a cell.
    pub fn around(&self, cell: &[i64]) -> Vec<Place> {
        let mut cells = vec![Vec::new()];
        for &c in cell {
            cells = cells
                .into_iter()
                .flat_map(|known: Vec<i64>| (-3..=3).map(move |step| [known.clone(), vec![c + step]].concat()))
                .collect();
        }
        cells.into_iter().flat_map(|cell| (0..self.sites.len()).map(move |site| (cell.clone(), site))).collect()
    }

    pub fn neighbours(&self, place: &Place, shell: usize) -> Vec<Place> {
        let wanted = self.shells[shell];
        self.around(&place.0).into_iter().filter(|other| (self.distance(place, other) - wanted).abs() < 1e-9).collect()
    }
}

/// A crystal of some sides with some ends joined.
pub struct Torus<'a> {
    pub crystal: &'a Crystal,
    pub sides: Vec<i64>,
    pub open: Vec<bool>,
    /// Directions around which fields change their sign.
    pub twisted: Vec<bool>,
}

impl Torus<'_> {
    pub fn cells(&self) -> Vec<Vec<i64>> {
        let mut cells = vec![Vec::new()];
        for &side in &self.sides {
            cells = cells
                .into_iter()
                .flat_map(|known: Vec<i64>| (0..side).map(move |c| [known.clone(), vec![c]].concat()))
                .collect();
        }
        cells
    }

    pub fn sites(&self) -> Vec<Place> {
        let basis = self.crystal.sites.len();
        self.cells().into_iter().flat_map(|cell| (0..basis).map(move |site| (cell.clone(), site))).collect()
    }

    /// Where a site of the infinite lattice is; nowhere beyond an open end.
    pub fn wrap(&self, place: &Place) -> Option<Place> {
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

    /// The sign of a field at a site of the infinite lattice.
    pub fn sign(&self, place: &Place) -> i64 {
        let odd = |d: usize| self.twisted[d] && place.0[d].div_euclid(self.sides[d]) % 2 != 0;
        if (0..self.sides.len()).filter(|&d| odd(d)).count() % 2 == 1 { -1 } else { 1 }
    }

    /// The pairs of a shell, each bond of the infinite lattice once up to the
    /// wrapping; the ends where they are in the infinite lattice.
    pub fn pairs(&self, shell: usize) -> Vec<[Place; 2]> {
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
    pub fn loops(&self, corners: usize) -> Vec<Vec<Place>> {
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

    pub fn text(&self) -> String {
        let sides: Vec<String> = self.sides.iter().map(i64::to_string).collect();
        let open: Vec<&str> = (0..self.sides.len()).filter(|&d| self.open[d]).map(|d| ["x", "y", "z"][d]).collect();
        let open = if open.is_empty() { String::new() } else { format!(" open {}", open.join(", ")) };
        let twisted: Vec<&str> =
            (0..self.sides.len()).filter(|&d| self.twisted[d]).map(|d| ["x", "y", "z"][d]).collect();
        let twisted = if twisted.is_empty() { String::new() } else { format!(" twisted {}", twisted.join(", ")) };
        format!("lattice {}({}){open}{twisted}", self.crystal.name, sides.join(", "))
    }
}

/// All lattices of a crystal with sides of one to three and every choice of
/// open directions; in three directions fewer sides.
pub fn tori(crystal: &Crystal) -> Vec<Torus<'_>> {
    let dimension = crystal.vectors.len();
    let most: usize = if dimension == 3 { 2 } else { 3 };
    let mut tori = Vec::new();
    for sides in 0..most.pow(dimension as u32) {
        for open in 0..1 << dimension {
            tori.push(Torus {
                crystal,
                sides: (0..dimension).map(|d| (sides / most.pow(d as u32) % most) as i64 + 1).collect(),
                open: (0..dimension).map(|d| open >> d & 1 == 1).collect(),
                twisted: vec![false; dimension],
            });
        }
    }
    if dimension == 3 {
        tori.push(Torus { crystal, sides: vec![3; 3], open: vec![false; 3], twisted: vec![false; 3] });
        tori.push(Torus { crystal, sides: vec![3, 2, 3], open: vec![false, true, false], twisted: vec![false; 3] });
    }
    tori
}

/// The pairs from the sites of one cell of the infinite lattice.
pub fn crystal_pairs(torus: &Torus<'_>, shell: usize) -> Vec<[Place; 2]> {
    let origin = vec![0; torus.sides.len()];
    let sites = (0..torus.crystal.sites.len()).map(|site| (origin.clone(), site));
    sites
        .flat_map(|site| torus.crystal.neighbours(&site, shell).into_iter().map(move |other| [site.clone(), other]))
        .collect()
}

/// Whether an image of the second site is nearer to the first than itself.
pub fn torus_closer(torus: &Torus<'_>, pair: &[Place; 2]) -> bool {
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

pub fn infinite_loops(crystal: &Crystal) -> Vec<Vec<Place>> {
    let whole = Torus {
        crystal,
        sides: vec![1000; crystal.vectors.len()],
        open: vec![false; crystal.vectors.len()],
        twisted: vec![false; crystal.vectors.len()],
    };
    let origin = vec![500; crystal.vectors.len()];
    let mut loops = Vec::new();
    if crystal.corners == 0 {
        return loops;
    }
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

pub fn coincide_periodically(torus: &Torus<'_>, figure: &[Place]) -> bool {
    let same = |a: &Place, b: &Place| {
        a.1 == b.1
            && (0..torus.sides.len()).all(|d| {
                let step = a.0[d] - b.0[d];
                step == 0 || (!torus.open[d] && step % torus.sides[d] == 0)
            })
    };
    (0..figure.len()).any(|b| (0..b).any(|a| same(&figure[a], &figure[b])))
}
