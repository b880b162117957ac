//! Counts in closed form: truncated power series in the degree.
//!
//! A series holds at index k a number for the monomials of total degree k
//! (Hilbert and Molien series). The monomials of n variables with free powers
//! have the series (1-q)^-n, of n variables with two values (1+q)^n; under a
//! sign change of the variables q becomes -q. Every count here is a sum of
//! products of those, so it takes the same time for any number of sites.
//!
//! Sources: Molien's theorem and Polya's cycle index (Sturmfels, "Algorithms
//! in Invariant Theory", section 2.2).

use dashu_int::{IBig, UBig};

use super::CountError;
use super::cycles::{Cycle, Turn, Turns};
use super::space::{SiteField, Space};

/// The longest series.
const LONGEST: u64 = 1000;

/// The highest degree of the series of a permutation group, which needs a
/// table of the square of it.
const LONGEST_OF_PERMUTATIONS: u64 = 200;

/// The number of monomials by total degree, from degree zero.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Series(Vec<IBig>);

impl Series {
    fn one(degree: usize) -> Series {
        let mut coefficients = vec![IBig::ZERO; degree + 1];
        coefficients[0] = IBig::ONE;
        Series(coefficients)
    }

    fn times(&self, other: &Series) -> Series {
        let mut product = vec![IBig::ZERO; self.0.len()];
        for (i, a) in self.0.iter().enumerate().filter(|(_, a)| **a != IBig::ZERO) {
            for (j, b) in other.0[..other.0.len() - i].iter().enumerate() {
                if *b != IBig::ZERO {
                    product[i + j] += a * b;
                }
            }
        }
        Series(product)
    }

    fn plus(mut self, other: &Series) -> Series {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a += b);
        self
    }

    fn halved(mut self) -> Series {
        self.0.iter_mut().for_each(|a| *a /= 2);
        self
    }

    /// The number of monomials that the declared degree admits.
    fn admitted(&self, space: &Space) -> IBig {
        match space.homogeneous {
            true => self.0.get(space.degree as usize).cloned().unwrap_or(IBig::ZERO),
            false => self.0.iter().sum(),
        }
    }
}

/// The series of `count` variables that a group element moves in cycles of
/// one length, each variable multiplied by -1 on the way round if `odd`.
fn cycles(real: bool, odd: bool, count: &UBig, length: usize, degree: usize) -> Series {
    let mut series = vec![IBig::ZERO; degree + 1];
    let mut coefficient = UBig::ONE;
    for power in 0..=degree / length {
        if power > 0 {
            let next = match real {
                true => count + UBig::from(power - 1),
                false if *count < UBig::from(power) => UBig::ZERO,
                false => count - UBig::from(power - 1),
            };
            coefficient = coefficient * next / UBig::from(power);
        }
        let signed = IBig::from(coefficient.clone());
        series[power * length] = if odd && power % 2 == 1 { -signed } else { signed };
    }
    Series(series)
}

/// The binomial coefficient.
pub(super) fn binomial(n: &UBig, k: u64) -> UBig {
    let mut coefficient = UBig::ONE;
    for at in 0..k {
        if *n < UBig::from(at) {
            return UBig::ZERO;
        }
        coefficient = coefficient * (n - UBig::from(at)) / UBig::from(at + 1);
    }
    coefficient
}

/// The number of cells of the whole lattice.
pub(super) fn cells(space: &Space) -> UBig {
    space.extents.iter().map(|&extent| UBig::from(extent)).product()
}

/// The number of variables of the whole lattice.
pub(super) fn variables(space: &Space) -> UBig {
    (0..space.fields.len()).map(|field| variables_of(space, field)).sum()
}

/// The number of variables of a field on the whole lattice.
fn variables_of(space: &Space, field: usize) -> UBig {
    let points = space.points.iter().filter(|point| space.classes[point.class as usize].contains(&field)).count();
    // A bond across the end of an open direction is none.
    let missing = space.points.iter().filter(|point| point.sites.len() > 1);
    let bonds = missing.filter(|point| space.classes[point.class as usize].contains(&field)).map(|point| {
        let steps = |d: usize| {
            let all = point.sites.iter().map(move |site| site.cell[d]);
            (all.clone().max().unwrap_or(0) - all.min().unwrap_or(0)) as u64
        };
        let extent = |d: usize| space.extents[d].saturating_sub(if space.periodic[d] { 0 } else { steps(d) });
        (0..space.dimension()).map(|d| UBig::from(extent(d))).product::<UBig>()
    });
    let bonds: Vec<UBig> = bonds.collect();
    let places = cells(space) * UBig::from(points - bonds.len()) + bonds.iter().sum::<UBig>();
    places * UBig::from(space.fields[field].components)
}

/// The degree beyond which there are no more monomials, or the declared one.
pub(super) fn effective_degree(space: &Space) -> Result<usize, CountError> {
    let variables = variables(space);
    let mut degree = space.degree as u64;
    if !space.fields.iter().any(|field| field.real) && UBig::from(degree) > variables {
        degree = u64::try_from(variables).unwrap_or(degree);
    }
    if degree > LONGEST {
        return Err(CountError::TooMany { what: "degrees", needed: UBig::from(degree), limit: LONGEST });
    }
    Ok(degree as usize)
}

/// The same, limited further for permutation groups.
fn limited_degree(space: &Space) -> Result<usize, CountError> {
    match effective_degree(space)? {
        degree if degree as u64 > LONGEST_OF_PERMUTATIONS => Err(CountError::TooMany {
            what: "degrees under a permutation group",
            needed: UBig::from(degree),
            limit: LONGEST_OF_PERMUTATIONS,
        }),
        degree => Ok(degree),
    }
}

/// The same space without flips, in which monomials are counted.
pub(super) fn unflipped(space: &Space) -> Space {
    let mut unflipped = space.clone();
    unflipped.fields.iter_mut().for_each(|field| field.flipped = false);
    unflipped
}

/// The number of all monomials, and its closed form.
pub(super) fn all(space: &Space) -> Result<(UBig, String), CountError> {
    let n = variables(space);
    let degree = space.degree as u64;
    let (reals, others): (Vec<&SiteField>, Vec<&SiteField>) = space.fields.iter().partition(|field| field.real);
    if others.is_empty() && n > UBig::ZERO {
        // C(n+d, d), or C(n+d-1, d) for one degree alone.
        let top = if space.homogeneous { &n + UBig::from(degree) - UBig::ONE } else { &n + UBig::from(degree) };
        let other = &top - UBig::from(degree);
        let lower = u64::try_from(&other).map_or(degree, |other| other.min(degree));
        if lower > 10 * LONGEST {
            return Err(CountError::TooMany {
                what: "factors of a binomial coefficient",
                needed: UBig::from(lower),
                limit: 10 * LONGEST,
            });
        }
        let name = if space.homogeneous { "C(n+d-1, d)" } else { "C(n+d, d)" };
        let mut count = binomial(&top, lower);
        let mut without = "";
        if !space.constant && (!space.homogeneous || degree == 0) {
            count -= UBig::ONE;
            without = " - 1";
        }
        let formula = format!("{name}{without} = C({top}, {degree}){without} with n = {n}, d = {degree}");
        return Ok((count, formula));
    }
    let total = |real: bool| -> UBig {
        (0..space.fields.len()).filter(|&f| space.fields[f].real == real).map(|f| variables_of(space, f)).sum()
    };
    let degrees = effective_degree(space)?;
    let series = cycles(true, false, &total(true), 1, degrees).times(&cycles(false, false, &total(false), 1, degrees));
    let constant = IBig::from((!space.constant && (!space.homogeneous || space.degree == 0)) as u8);
    let count = natural(series.admitted(space) - constant);
    let formula = match (reals.is_empty(), space.homogeneous) {
        (true, true) => format!("C(n, d) with n = {n}, d = {degree}"),
        (true, false) if UBig::from(degree) >= n => format!("2^n with n = {n}"),
        (true, false) => format!("C(n, 0) + ... + C(n, d) with n = {n}, d = {degree}"),
        (false, _) => {
            let (r, s) = (total(true), total(false));
            match space.homogeneous {
                true => {
                    format!("sum over k of C(r+d-k-1, d-k) C(s, k) with r = {r} real, s = {s} two-valued, d = {degree}")
                }
                false => {
                    format!("sum over k of C(r+d-k, d-k) C(s, k) with r = {r} real, s = {s} two-valued, d = {degree}")
                }
            }
        }
    };
    Ok((count, formula))
}

/// A count as a natural number; counts are never negative.
pub(super) fn natural(count: IBig) -> UBig {
    UBig::try_from(count).expect("the dimension of a space of invariants is not negative")
}

/// The trace of a group element on all monomials that the degree admits,
/// averaged over the flips: the element permutes the points in so many cycles
/// of each kind.
pub(super) fn molien(space: &Space, turns: &[Turn], cycles_of_points: &[(Cycle, UBig)], degree: usize) -> IBig {
    let product = |at: usize, field: &SiteField, odd: bool| {
        let here = |cycle: &Cycle| space.classes[cycle.class as usize].contains(&at);
        let locked = space.locked.iter().find(|(locked, _)| *locked == at);
        let cycles_here = cycles_of_points.iter().filter(|(cycle, count)| *count > UBig::ZERO && here(cycle));
        cycles_here.fold(Series::one(degree), |product, (cycle, count)| {
            let length = cycle.length as usize;
            if length > degree {
                return product;
            }
            let odd = odd && length % 2 == 1;
            product.times(&match locked {
                Some(&(_, axial)) if cycle.turn > 0 => {
                    turned(&turns[cycle.turn as usize], axial, odd, count, length, degree)
                }
                _ => cycles(field.real, odd, &(count * UBig::from(field.components)), length, degree),
            })
        })
    };
    let series = space.fields.iter().enumerate().fold(Series::one(degree), |series, (at, field)| {
        let plain = product(at, field, false);
        series.times(&if field.flipped { plain.plus(&product(at, field, true)).halved() } else { plain })
    });
    series.admitted(space)
}

/// The series of `count` vectors that an element moves in cycles of one
/// length and turns by a matrix M on the way round: 1/det(1 - q^length M) to
/// the power `count`, by Newton's identities from the traces of powers of M.
fn turned(turn: &Turn, axial: bool, odd: bool, count: &UBig, length: usize, degree: usize) -> Series {
    let dimension = turn.matrix.len();
    let mut matrix: Vec<Vec<i64>> =
        turn.matrix.iter().map(|row| row[..dimension].iter().map(|&entry| entry as i64).collect()).collect();
    let sign = if axial { determinant(&matrix) } else { 1 } * if odd { -1 } else { 1 };
    matrix.iter_mut().flatten().for_each(|entry| *entry *= sign);
    let steps = degree / length;
    let mut power: Vec<Vec<i64>> =
        (0..dimension).map(|r| (0..dimension).map(|c| (r == c) as i64).collect()).collect();
    let (mut traces, mut series) = (Vec::new(), vec![IBig::ONE]);
    for k in 1..=steps {
        power = (0..dimension)
            .map(|r| (0..dimension).map(|c| (0..dimension).map(|m| power[r][m] * matrix[m][c]).sum()).collect())
            .collect();
        traces.push(IBig::from(count.clone()) * IBig::from((0..dimension).map(|d| power[d][d]).sum::<i64>()));
        let sum: IBig = (1..=k).map(|i| &traces[i - 1] * &series[k - i]).sum();
        series.push(sum / IBig::from(k));
    }
    let mut stretched = vec![IBig::ZERO; degree + 1];
    series.into_iter().enumerate().for_each(|(k, value)| stretched[k * length] = value);
    Series(stretched)
}

/// The determinant of an integer matrix of finite order: plus or minus one.
fn determinant(matrix: &[Vec<i64>]) -> i64 {
    // Expansion along the first row; dimensions are few.
    if matrix.is_empty() {
        return 1;
    }
    (0..matrix.len())
        .filter(|&column| matrix[0][column] != 0)
        .map(|column| {
            let minor: Vec<Vec<i64>> = matrix[1..]
                .iter()
                .map(|row| row.iter().enumerate().filter(|&(c, _)| c != column).map(|(_, &entry)| entry).collect())
                .collect();
            matrix[0][column] * determinant(&minor) * if column % 2 == 0 { 1 } else { -1 }
        })
        .sum()
}

/// Traces of group elements on the monomials of one support: every point of
/// the support holds a non-trivial factor, and an element that maps the
/// support to itself permutes its points in cycles. Averaged over the flips.
pub(super) struct Traces<'a> {
    space: &'a Space,
    turns: &'a [Turn],
    degree: usize,
    known: rustc_hash::FxHashMap<Vec<Cycle>, IBig>,
}

impl<'a> Traces<'a> {
    /// No trace computed yet. `Err` if the degree is beyond all limits.
    pub fn new(space: &'a Space, turns: &'a Turns) -> Result<Traces<'a>, CountError> {
        Ok(Traces { space, turns: &turns.list, degree: effective_degree(space)?, known: Default::default() })
    }

    /// The trace of an element with these cycles, sorted.
    pub fn trace(&mut self, cycles: &[Cycle]) -> &IBig {
        if !self.known.contains_key(cycles) {
            let trace = self.compute(cycles);
            self.known.insert(cycles.to_vec(), trace);
        }
        &self.known[cycles]
    }

    /// Inclusion and exclusion over the cycles that hold a trivial factor.
    fn compute(&self, cycles: &[Cycle]) -> IBig {
        let mut parts: Vec<(Cycle, usize)> = Vec::new();
        for &cycle in cycles {
            match parts.last_mut() {
                Some((known, multiplicity)) if *known == cycle => *multiplicity += 1,
                _ => parts.push((cycle, 1)),
            }
        }
        let mut total = IBig::ZERO;
        let mut chosen = vec![0usize; parts.len()];
        loop {
            let omitted: usize = parts.iter().zip(&chosen).map(|((_, multiplicity), c)| multiplicity - c).sum();
            let ways: IBig = parts
                .iter()
                .zip(&chosen)
                .map(|((_, multiplicity), &c)| IBig::from(binomial(&UBig::from(*multiplicity), c as u64)))
                .product();
            let some: Vec<(Cycle, UBig)> =
                parts.iter().zip(&chosen).map(|((cycle, _), &c)| (*cycle, UBig::from(c))).collect();
            let value = ways * molien(self.space, self.turns, &some, self.degree);
            if omitted.is_multiple_of(2) {
                total += value
            } else {
                total -= value
            }
            // The next choice, as a number in mixed radix.
            let Some(at) = (0..parts.len()).find(|&at| chosen[at] < parts[at].1) else { return total };
            chosen[at] += 1;
            chosen[..at].fill(0);
        }
    }
}

/// Like sites (or like components) that a group permutes in every way.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// How many there are.
    pub copies: UBig,
    /// The fields at each.
    pub fields: Vec<SiteField>,
    /// Whether each copy has a flip of its own, not one common to all.
    pub flipped_apart: bool,
}

/// The number of invariants of the product of the symmetric groups of the
/// blocks and the flips: multisets of one-site monomials, as many as there
/// are copies at most.
pub(super) fn permutations(space: &Space, blocks: &[Block]) -> Result<UBig, CountError> {
    let degree = limited_degree(space)?;
    let mut product = Series::one(degree);
    for block in blocks {
        product = product.times(&block_series(block, degree)?);
    }
    let constant = IBig::from((!space.constant && (!space.homogeneous || space.degree == 0)) as u8);
    Ok(natural(product.admitted(space) - constant))
}

fn block_series(block: &Block, degree: usize) -> Result<Series, CountError> {
    let flipped: Vec<usize> = (0..block.fields.len()).filter(|&f| block.fields[f].flipped).collect();
    if flipped.len() > 10 {
        return Err(CountError::TooMany {
            what: "flips of fields that are permuted together",
            needed: UBig::from(flipped.len()),
            limit: 10,
        });
    }
    if block.flipped_apart {
        let counts = |odd: bool| {
            block.fields.iter().fold(Series::one(degree), |product, field| {
                product.times(&cycles(field.real, odd, &UBig::from(field.components), 1, degree))
            })
        };
        return Ok(multisets(block, &counts(false), &counts(true), degree));
    }
    let mut sum = Series(vec![IBig::ZERO; degree + 1]);
    for subset in 0..1usize << flipped.len() {
        let odd = |field: usize| flipped.iter().position(|&f| f == field).is_some_and(|at| subset >> at & 1 == 1);
        let signed = |signs: bool| {
            block.fields.iter().enumerate().fold(Series::one(degree), |product, (index, field)| {
                let count = UBig::from(field.components);
                product.times(&cycles(field.real, signs && odd(index), &count, 1, degree))
            })
        };
        let (plain, signed) = (signed(false), signed(true));
        sum = sum.plus(&multisets(block, &plain, &signed, degree));
    }
    sum.0.iter_mut().for_each(|a| *a /= IBig::from(1u64 << flipped.len()));
    Ok(sum)
}

/// The series of multisets of at most `copies` non-trivial one-site monomials,
/// each counted with its sign: `plain` counts the monomials by degree,
/// `signed` the even minus the odd ones.
fn multisets(block: &Block, plain: &Series, signed: &Series, degree: usize) -> Series {
    let most = usize::try_from(&block.copies).map_or(degree, |copies| copies.min(degree));
    // table[k][j]: multisets of j monomials of total degree k.
    let mut table = vec![vec![IBig::ZERO; most + 1]; degree + 1];
    table[0][0] = IBig::ONE;
    for part in 1..=degree {
        for odd in [false, true] {
            let twice = if odd { &plain.0[part] - &signed.0[part] } else { &plain.0[part] + &signed.0[part] };
            let count = natural(twice / 2);
            if count == UBig::ZERO || (odd && block.flipped_apart) {
                continue;
            }
            let powers = cycles(true, odd, &count, 1, degree / part);
            for total in (part..=degree).rev() {
                for taken in 1..=(total / part).min(most) {
                    let (below, from) = table.split_at_mut(total);
                    for (j, value) in below[total - part * taken][..=most - taken].iter().enumerate() {
                        if *value != IBig::ZERO {
                            from[0][j + taken] += value * &powers.0[taken];
                        }
                    }
                }
            }
        }
    }
    Series(table.into_iter().map(|row| row.iter().sum()).collect())
}

/// The number of non-trivial monomials of one site that survive the flips.
pub(super) fn one_site(space: &Space) -> Result<UBig, CountError> {
    let cycle = Cycle { length: 1, class: 0, turn: 0 };
    Ok(natural(Traces::new(space, &Turns::default())?.trace(&[cycle]).clone()))
}
