//! Couplings on lattices with twisted directions, counted against orbits of all
//! monomials with signs, enumerated here.

use std::collections::BTreeMap;

use hamc::count::degrees_of_freedom;
use hamc::lower::lower;
use hamc::model::Model;
use hamc::syntax::parse;

fn model(text: &str) -> Result<Model, String> {
    let (model, diagnostics) = lower(&parse(text).0);
    model.ok_or_else(|| format!("{text}{diagnostics:?}"))
}

/// A square lattice of sides L and M, or a ring where M is 1, with its twists.
struct Torus {
    sides: [i64; 2],
    twisted: [bool; 2],
}

/// A map of sites: where a site goes on the plane.
type Motion = fn([i64; 2]) -> [i64; 2];

impl Torus {
    fn site(&self, at: [i64; 2]) -> (usize, bool) {
        let folded = [0, 1].map(|d| at[d].rem_euclid(self.sides[d]));
        let around = (0..2).filter(|&d| self.twisted[d] && at[d].div_euclid(self.sides[d]) % 2 != 0).count();
        ((folded[0] * self.sides[1] + folded[1]) as usize, around % 2 == 1)
    }

    fn joined(&self, a: usize, b: usize) -> bool {
        let place = |site: usize| [site as i64 / self.sides[1], site as i64 % self.sides[1]];
        let (from, to) = (place(a), place(b));
        [[1, 0], [-1, 0], [0, 1], [0, -1]]
            .iter()
            .any(|step| self.site([from[0] + step[0], from[1] + step[1]]).0 == self.site(to).0)
    }

    /// The invariants among the local monomials of at most a degree.
    fn invariants(&self, degree: u32, highest: u32, local: bool, motions: &[Motion]) -> usize {
        let sites = (self.sides[0] * self.sides[1]) as usize;
        let mut all: Vec<Vec<u32>> = vec![Vec::new()];
        for _ in 0..sites {
            let longer = |known: Vec<u32>| {
                let left = degree - known.iter().sum::<u32>();
                (0..=left.min(highest)).map(move |power| known.iter().copied().chain([power]).collect::<Vec<u32>>())
            };
            all = all.into_iter().flat_map(longer).collect();
        }
        if local {
            all.retain(|monomial| {
                let support: Vec<usize> = (0..sites).filter(|&site| monomial[site] > 0).collect();
                support.iter().all(|&a| support.iter().all(|&b| a == b || self.joined(a, b)))
            });
        }
        let index: BTreeMap<&Vec<u32>, usize> = all.iter().enumerate().map(|(at, monomial)| (monomial, at)).collect();
        // Orbits by a walk, and whether one comes back with the other sign.
        let mut sign: Vec<Option<bool>> = vec![None; all.len()];
        let mut count = 0;
        for start in 0..all.len() {
            if sign[start].is_some() {
                continue;
            }
            sign[start] = Some(false);
            let (mut open, mut vanishes) = (vec![start], false);
            while let Some(at) = open.pop() {
                for motion in motions {
                    let mut image = vec![0; sites];
                    let mut negative = sign[at].unwrap();
                    for site in 0..sites {
                        let place = [site as i64 / self.sides[1], site as i64 % self.sides[1]];
                        let (to, flipped) = self.site(motion(place));
                        image[to] = all[at][site];
                        negative ^= flipped && all[at][site] % 2 == 1;
                    }
                    let to = index[&image];
                    match sign[to] {
                        None => {
                            sign[to] = Some(negative);
                            open.push(to);
                        }
                        Some(known) => vanishes |= known != negative,
                    }
                }
            }
            count += usize::from(!vanishes);
        }
        count
    }
}

const TRANSLATIONS: [Motion; 2] = [|[x, y]| [x + 1, y], |[x, y]| [x, y + 1]];
const REVERSALS: [Motion; 2] = [|[x, y]| [-x, y], |[x, y]| [x, -y]];

#[test]
fn counts_with_twists_are_those_of_a_list() {
    let mut compared = 0;
    for (sides, twists, degree) in [
        ([2, 1], vec![[true, false]], 4),
        ([3, 1], vec![[true, false]], 4),
        ([4, 1], vec![[true, false]], 4),
        ([5, 1], vec![[true, false]], 4),
        ([6, 1], vec![[true, false]], 4),
        ([7, 1], vec![[true, false]], 2),
        ([2, 2], vec![[true, false], [true, true]], 4),
        ([3, 2], vec![[true, false], [false, true], [true, true]], 4),
        ([4, 3], vec![[true, false], [true, true]], 2),
        ([3, 3], vec![[true, true]], 3),
    ] {
        for twisted in twists {
            let torus = Torus { sides, twisted };
            let lattice = match (sides[1], twisted) {
                (1, _) => format!("ring({}) twisted", sides[0]),
                (_, [true, true]) => format!("square({}, {}) twisted", sides[0], sides[1]),
                (_, [true, _]) => format!("square({}, {}) twisted x", sides[0], sides[1]),
                _ => format!("square({}, {}) twisted y", sides[0], sides[1]),
            };
            for (kind, highest) in [("real in [-1, 1]", u32::MAX), ("spin", 1)] {
                for local in [false, true] {
                    for (words, reversed) in [("translation", false), ("translation, reflection", true)] {
                        let mut motions: Vec<Motion> = TRANSLATIONS.to_vec();
                        motions.extend(if reversed { &REVERSALS[..] } else { &[] });
                        let expected = torus.invariants(degree, highest, local, &motions);
                        let locality = if local { "locality nearest_neighbor\n" } else { "" };
                        let text = format!(
                            "lattice {lattice}\nfield x : {kind}\nH = sum<i,j>(x[i]*x[j])\ndegree {degree}\n\
                             {locality}symmetry {words}\n"
                        );
                        let counted = degrees_of_freedom(&model(&text).unwrap()).unwrap();
                        assert_eq!(counted.symmetric().to_string(), expected.to_string(), "{text}");
                        compared += 1;
                    }
                }
            }
        }
    }
    assert!(compared > 80);
}

/// Where nothing reaches around the lattice a twist is a flip of all fields.
#[test]
fn a_long_twisted_lattice_counts_like_an_even_periodic_one() {
    let count = |lattice: &str, symmetries: &str| {
        let text = format!(
            "lattice {lattice}\nfield x, y : real in [-1, 1]\nH = sum<i,j>(x[i]*x[j] + y[i]*y[j])\ndegree 4\n\
             locality nearest_neighbor\nsymmetry {symmetries}\n"
        );
        let counted = degrees_of_freedom(&model(&text).unwrap_or_else(|error| panic!("{error}"))).unwrap();
        (counted.local().clone(), counted.symmetric().clone())
    };
    // Flips of both fields at once are all even degrees: one less than half of
    // the invariants of the translations are odd.
    let (local, twisted) = count("ring(1000) twisted", "translation");
    assert_eq!(local, count("ring(1000)", "translation").0);
    let small = count("ring(12) twisted", "translation").1;
    assert_eq!(twisted, small);
    assert!(twisted < count("ring(1000)", "translation").1);
    assert_eq!(
        count("square(64, 32) twisted x", "translation, flip(x), flip(y)").1,
        count("square(64, 32)", "translation, flip(x), flip(y)").1
    );
    // A rotation exchanges a twisted direction with another.
    assert!(
        model("lattice square(4, 4) twisted x\nfield x : spin\nH = sum<i,j>(x[i]*x[j])\nsymmetry point_group\n")
            .is_err()
    );
    assert!(
        model("lattice square(4, 4) twisted\nfield x : spin\nH = sum<i,j>(x[i]*x[j])\nsymmetry point_group\n").is_ok()
    );
}
