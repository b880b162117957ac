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
use super::space::{SiteField, Space};

/// The longest series.
const LONGEST: u64 = 1000;

/// The highest degree of the series of a permutation group, which needs a
/// table of the square of it.
const LONGEST_OF_PERMUTATIONS: u64 = 200;

/// The number of monomials by total degree, from degree zero.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Series(pub(super) Vec<IBig>);

impl Series {
    pub(super) fn one(degree: usize) -> Series {
        let mut coefficients = vec![IBig::ZERO; degree + 1];
        coefficients[0] = IBig::ONE;
        Series(coefficients)
    }

    pub(super) fn times(&self, other: &Series) -> Series {
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

    /// One over a series that begins with one.
    pub(super) fn inverse(&self) -> Series {
        let mut inverse = Series::one(self.0.len() - 1);
        for k in 1..self.0.len() {
            let sum: IBig = (1..=k).map(|j| &self.0[j] * &inverse.0[k - j]).sum();
            inverse.0[k] = -sum;
        }
        inverse
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

/// The number of sites of the whole lattice.
pub(super) fn sites(space: &Space) -> UBig {
    space.extents.iter().map(|&extent| UBig::from(extent)).product()
}

/// The number of variables of the whole lattice.
pub(super) fn variables(space: &Space) -> UBig {
    sites(space) * UBig::from(space.fields.iter().map(|field| field.components as u64).sum::<u64>())
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
        return Ok((binomial(&top, lower), format!("{name} = C({top}, {degree}) with n = {n}, d = {degree}")));
    }
    let mut merged = unflipped(space);
    merged.fields = [&reals, &others]
        .into_iter()
        .filter(|fields| !fields.is_empty())
        .map(|fields| SiteField { components: fields.iter().map(|field| field.components).sum(), ..fields[0].clone() })
        .map(|field| SiteField { flipped: false, ..field })
        .collect();
    let count = natural(molien(&merged, &[sites(space)], effective_degree(space)?));
    let formula = match (reals.is_empty(), space.homogeneous) {
        (true, true) => format!("C(n, d) with n = {n}, d = {degree}"),
        (true, false) if UBig::from(degree) >= n => format!("2^n with n = {n}"),
        (true, false) => format!("C(n, 0) + ... + C(n, d) with n = {n}, d = {degree}"),
        (false, _) => {
            let per = |fields: &[&SiteField]| {
                sites(space) * UBig::from(fields.iter().map(|field| field.components as u64).sum::<u64>())
            };
            let (r, s) = (per(&reals), per(&others));
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
/// averaged over the flips: the element permutes the sites in `cycles[k]`
/// cycles of length k + 1.
pub(super) fn molien(space: &Space, cycles_of_sites: &[UBig], degree: usize) -> IBig {
    let product = |field: &SiteField, odd: bool| {
        let cycles_of_sites = cycles_of_sites.iter().enumerate().filter(|(_, count)| **count > UBig::ZERO);
        cycles_of_sites.fold(Series::one(degree), |product, (at, count)| {
            let (length, count) = (at + 1, count * UBig::from(field.components));
            product.times(&cycles(field.real, odd && length % 2 == 1, &count, length, degree))
        })
    };
    let series = space.fields.iter().fold(Series::one(degree), |series, field| {
        let plain = product(field, false);
        series.times(&if field.flipped { plain.plus(&product(field, true)).halved() } else { plain })
    });
    series.admitted(space)
}

/// Traces of group elements on the monomials of one support: every site of
/// the support holds a non-trivial factor, and an element that maps the
/// support to itself permutes its sites with a cycle type. Averaged over the
/// flips.
pub(super) struct Traces<'a> {
    space: &'a Space,
    degree: usize,
    known: std::collections::BTreeMap<Vec<usize>, IBig>,
}

impl<'a> Traces<'a> {
    /// No trace computed yet. `Err` if the degree is beyond all limits.
    pub fn new(space: &'a Space) -> Result<Traces<'a>, CountError> {
        Ok(Traces { space, degree: effective_degree(space)?, known: Default::default() })
    }

    /// The trace of an element with this cycle type (lengths, sorted).
    pub fn trace(&mut self, cycle_type: &[usize]) -> &IBig {
        if !self.known.contains_key(cycle_type) {
            let trace = self.compute(cycle_type);
            self.known.insert(cycle_type.to_vec(), trace);
        }
        &self.known[cycle_type]
    }

    /// Inclusion and exclusion over the cycles that hold a trivial factor.
    fn compute(&self, cycle_type: &[usize]) -> IBig {
        let mut parts: Vec<(usize, usize)> = Vec::new();
        for &length in cycle_type {
            match parts.last_mut() {
                Some((known, multiplicity)) if *known == length => *multiplicity += 1,
                _ => parts.push((length, 1)),
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
            let lengths: Vec<(usize, usize)> =
                parts.iter().zip(&chosen).map(|((length, _), &c)| (*length, c)).collect();
            let value = ways * self.any_factors(&lengths);
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

    /// The trace where sites may hold the trivial factor too.
    fn any_factors(&self, lengths: &[(usize, usize)]) -> IBig {
        let longest = lengths.last().map_or(0, |&(length, _)| length);
        let mut counts = vec![UBig::ZERO; longest];
        for &(length, multiplicity) in lengths {
            counts[length - 1] = UBig::from(multiplicity);
        }
        molien(self.space, &counts, self.degree)
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
    Ok(natural(product.admitted(space)))
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
    Ok(natural(Traces::new(space)?.trace(&[1]).clone()))
}
