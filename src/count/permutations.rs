//! Invariants of groups that permute like points in every way.
//!
//! Without rotations: multisets of functions of one point, as a power series
//! in the degree and the number of functions, with the weights of the signs
//! and phases. With rotations, whose mean is taken only over the whole: by
//! Burnside's lemma over the cycle types of the points that hold a function,
//! of which there are at most as many as the degree.

use dashu_int::{IBig, UBig};

use super::CountError;
use super::power_series::{self, Integers, Ring, Series};
use super::series::{effective_degree, natural};
use super::space::Space;
use super::values::average::{Admitted, Averages, Part, Traces};
use super::values::character::{self, Torus};
use super::values::{Cycle, Factor, System};

/// The highest degree of the series of a permutation group, which needs a
/// table of the square of it.
const LARGEST_DEGREE: u64 = 200;

/// The most cycle types under rotations.
const LARGEST_CYCLE_TYPES: usize = 20_000;

/// The most products of coefficients for all cycle types.
const LARGEST_WORK: u64 = 20_000_000;

/// Like points (or like components) that a group permutes in every way.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// How many there are.
    pub copies: UBig,
    /// Whether the group acts on the values of each copy apart, not on all
    /// together.
    pub apart: bool,
}

/// All blocks. The points of block k are those of class k of the system.
#[derive(Clone, Debug)]
pub(super) struct Blocks {
    /// The fields of a copy, and the group of the values.
    pub system: System,
    /// One for each class.
    pub blocks: Vec<Block>,
}

impl Blocks {
    /// The number of invariants of the product of the symmetric groups of the
    /// blocks and the group of the values.
    pub fn invariants(&self, space: &Space) -> Result<UBig, CountError> {
        let degree = effective_degree(space)?;
        if degree as u64 > LARGEST_DEGREE {
            return Err(CountError::TooMany {
                what: "degrees under a permutation group",
                needed: UBig::from(degree),
                limit: LARGEST_DEGREE,
            });
        }
        let rotated = self.system.group.factors.iter().any(|factor| matches!(factor, Factor::Rotation { .. }));
        let apart = self.blocks.iter().any(|block| block.apart);
        let few = space.few_sites().unwrap_or(usize::MAX);
        match (rotated, apart) {
            (true, true) => Err(CountError::Unsupported("permutations of components that are rotated".to_owned())),
            (true, false) if few < degree => Err(CountError::Unsupported(
                "a limit on the number of sites together with permutations and rotations".to_owned(),
            )),
            (true, false) => self.by_cycle_types(space.admitted(), degree),
            (false, true) => {
                let averages = Averages::new(&self.system, degree)?;
                let series = self
                    .multisets(&Integers, &Torus { moduli: Vec::new() }, degree, few, |cycles| averages.series(cycles));
                Ok(natural(space.admitted().sum(&series)))
            }
            (false, false) => {
                let part = Part::whole(&self.system, degree)?;
                let series = match part.torus.moduli.is_empty() {
                    true => self.multisets(&Integers, &part.torus, degree, few, |c| part.series(&Integers, c, degree)),
                    false => {
                        let torus = &part.torus;
                        let series = self.multisets(torus, torus, degree, few, |c| part.series(torus, c, degree));
                        series.iter().map(|value| torus.mean(value)).collect()
                    }
                };
                Ok(natural(space.admitted().sum(&series)))
            }
        }
    }

    /// The series of multisets of at most as many non-trivial functions of
    /// one point as each block has copies, and at most `few`: `one_point` gives
    /// theirs.
    fn multisets<R: Ring>(
        &self,
        ring: &R,
        torus: &Torus,
        degree: usize,
        few: usize,
        one_point: impl Fn(&[(Cycle, UBig)]) -> Series<R>,
    ) -> Series<R> {
        let mut product = power_series::one(ring, degree);
        for (class, block) in self.blocks.iter().enumerate() {
            let most = usize::try_from(&block.copies).map_or(degree, |copies| copies.min(degree)).min(few);
            let functions = one_point(&[(point(class), UBig::ONE)]);
            // table[k][j]: multisets of j functions of total degree k.
            let mut table = vec![vec![ring.zero(); most + 1]; degree + 1];
            table[0][0] = ring.one();
            for part in 1..=degree {
                for (weight, count) in ring.terms(&functions[part]) {
                    let powers = character::binomial(ring, torus, (&IBig::NEG_ONE, &weight), &-count, degree / part);
                    for total in (part..=degree).rev() {
                        for taken in 1..=(total / part).min(most) {
                            let (below, from) = table.split_at_mut(total);
                            for (j, value) in below[total - part * taken][..=most - taken].iter().enumerate() {
                                if !ring.is_zero(value) {
                                    ring.add_product(&mut from[0][j + taken], value, &powers[taken]);
                                }
                            }
                        }
                    }
                }
            }
            let sum = |row: Vec<R::Element>| {
                row.iter().fold(ring.zero(), |mut sum, value| {
                    ring.add_multiple(&mut sum, value, &IBig::ONE);
                    sum
                })
            };
            let series: Series<R> = table.into_iter().map(sum).collect();
            product = power_series::product(ring, &product, &series);
        }
        product
    }

    /// Burnside's lemma: a cycle type with m_k cycles of length k is that of a
    /// fraction 1 / (product of k^(m_k) m_k!) of all permutations.
    fn by_cycle_types(&self, admitted: Admitted, degree: usize) -> Result<UBig, CountError> {
        let mut types: Vec<(Vec<Cycle>, IBig)> = vec![(Vec::new(), IBig::ONE)];
        for (class, block) in self.blocks.iter().enumerate() {
            let most = usize::try_from(&block.copies).map_or(degree, |copies| copies.min(degree));
            let mut extended = Vec::new();
            for (cycles, centralizer) in &types {
                let used: usize = cycles.iter().map(|cycle| cycle.length as usize).sum();
                let mut open = vec![(cycles.clone(), centralizer.clone(), used, 0, 1, 0)];
                while let Some((cycles, centralizer, used, here, least, repeated)) = open.pop() {
                    if extended.len() + open.len() > LARGEST_CYCLE_TYPES {
                        return Err(CountError::TooMany {
                            what: "cycle types of permutations under rotations",
                            needed: UBig::from(extended.len()),
                            limit: LARGEST_CYCLE_TYPES as u64,
                        });
                    }
                    for length in least..=(degree - used).min(most - here) {
                        let again = if length == least { repeated + 1 } else { 1 };
                        let mut longer = cycles.clone();
                        longer.push(Cycle { class: class as u16, ..Cycle::plain(length) });
                        let centralizer = &centralizer * IBig::from(length) * IBig::from(again);
                        open.push((longer, centralizer, used + length, here + length, length, again));
                    }
                    extended.push((cycles, centralizer));
                }
            }
            types = extended;
        }
        let mut traces = Traces::of(&self.system, admitted, degree)?;
        let work = traces.work().saturating_mul(types.len() as u64);
        if work > LARGEST_WORK {
            return Err(CountError::TooMany {
                what: "products of coefficients for all cycle types under rotations",
                needed: UBig::from(work),
                limit: LARGEST_WORK,
            });
        }
        // All centralizers divide the order of the whole group.
        let common: IBig = self.blocks.iter().map(|_| (1..=degree).map(IBig::from).product::<IBig>()).product();
        let mut total = IBig::ZERO;
        for (mut cycles, centralizer) in types {
            cycles.sort_unstable();
            total += traces.trace(&cycles) * (&common / centralizer);
        }
        Ok(natural(total / common))
    }
}

/// One point of a class that stays where it is.
fn point(class: usize) -> Cycle {
    Cycle { class: class as u16, ..Cycle::plain(1) }
}
