//! Gauge fields on links: how many monomials a gauge group leaves alone, and
//! which.
//!
//! Enters a graph of links ([`LinkGraph`]) or a crystal of any number of cells
//! ([`LinkCrystal`]) with its symmetries of space, and a gauge group. Leave
//! the numbers of all monomials ([`monomials`]), of the gauge-invariant ones
//! ([`invariants`]), of their orbits under the symmetries of space
//! ([`orbits`]), and these orbits themselves ([`list`]). No model is needed.
//!
//! Definitions. A link carries a phase of the group Z_N (for N = 2 a spin) or
//! U(1). A monomial has an integer power n for each link, modulo N for Z_N; it
//! is the inverse of the power -n of the link passed backwards. Its degree is
//! the sum of |n|, with n in (-N/2, N/2] for Z_N, so that for spins it is the
//! number of links. A gauge transformation multiplies all links that leave a
//! vertex by a phase and those that enter by its inverse. So a monomial is
//! invariant when at every vertex the powers that leave and enter have the
//! same sum: when it is a flow without sources. The number of these monomials
//! is the dimension of the invariants over the complex numbers, and the real
//! dimension of the real ones: a monomial and its conjugate, -n, are two, as
//! are their real and imaginary parts. Loops that wind around a torus count,
//! unless only contractible ones are asked for: sums of plaquettes.
//! Matter at a vertex is a factor of monomials with a charge: a gauge
//! transformation multiplies it by the phase at the vertex to the power of the
//! charge. Then what flows out of a vertex and the charges at it add up to zero,
//! and monomials are closed loops and open strings with matter at their ends.
//! A symmetry of space permutes monomials without signs, so that invariants of
//! it are counted by orbits.
//!
//! Methods, compared with each other in tests:
//! - depth-first search for the flows themselves (`search`), for lists and
//!   for all else that has few of them;
//! - a recursion over connected flows alone (`clusters`), whose work grows
//!   with the vertices, or on a torus with one cell;
//! - a transfer method (`transfer`) for narrow graphs and any degree;
//! - the cycle space over GF(2) (`parity`) for spins;
//! - Burnside's lemma for orbits: flows that a symmetry leaves alone solve
//!   equations of the same form with fewer unknowns (`graph`), and so are
//!   counted by the same methods.

mod boundaries;
mod clusters;
mod crystal;
mod graph;
mod list;
mod local;
mod parity;
mod search;
mod system;
#[cfg(test)]
mod tests;
mod torus;
mod transfer;

pub use crystal::{CellLink, CellMap, LinkCrystal, PlacedLink};
pub use graph::{LinkGraph, SignedPermutation};
pub use list::LinkOrbit;
pub(in crate::count) use local::least;
pub use local::{LinkLocality, LocalOrbit, PlacedMonomial, local_orbits};
pub use system::{Matter, Powers};
pub use torus::{crystal_invariants, crystal_orbits};

use dashu_int::{IBig, UBig};

use super::CountError;
use super::power_series::{self, Integers};
use boundaries::Boundaries;
use system::{Range, System, Work};

/// The most steps of work of one count.
const MOST_WORK: u64 = 50_000_000;

/// The work that each method is given at first.
const FIRST_WORK: u64 = 1_000_000;

/// The highest degree of a count by degree.
const HIGHEST_DEGREE: u32 = 1000;

/// The group that a link has a phase of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LinkGroup {
    /// Z_N, N at least 2; spins for N = 2.
    Cyclic(u32),
    /// U(1).
    Phase,
}

/// The degrees that are counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Degrees {
    /// The highest degree.
    pub degree: u32,
    /// Whether it is the only one.
    pub exactly: bool,
}

/// The loops that are admitted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Loops {
    /// All, those that wind around a torus too.
    All,
    /// Sums of plaquettes alone.
    Contractible,
}

/// Numbers of monomials by degree.
type Series = power_series::Series<Integers>;

/// The links of a monomial with their powers, in order.
pub type LinkMonomial = Vec<(usize, i64)>;

impl LinkGroup {
    /// N of Z_N, zero for U(1).
    fn modulus(self) -> u32 {
        match self {
            LinkGroup::Cyclic(order) => order,
            LinkGroup::Phase => 0,
        }
    }

    fn check(self) -> Result<(), CountError> {
        match self {
            LinkGroup::Cyclic(order) if !(2..=1 << 20).contains(&order) => {
                Err(CountError::Unsupported(format!("gauge fields of Z_{order}; N is at least 2 and at most 2^20")))
            }
            _ => Ok(()),
        }
    }
}

impl Degrees {
    /// All degrees up to this one.
    pub fn up_to(degree: u32) -> Degrees {
        Degrees { degree, exactly: false }
    }

    /// This degree alone.
    pub fn exactly(degree: u32) -> Degrees {
        Degrees { degree, exactly: true }
    }

    /// The number that a series has of these degrees.
    fn of(self, series: &Series) -> IBig {
        match self.exactly {
            true => series.get(self.degree as usize).cloned().unwrap_or(IBig::ZERO),
            false => series.iter().take(self.degree as usize + 1).sum(),
        }
    }

    fn check(self) -> Result<(), CountError> {
        if self.degree > HIGHEST_DEGREE {
            return Err(CountError::TooMany {
                what: "degrees of gauge-invariant monomials",
                needed: UBig::from(self.degree),
                limit: HIGHEST_DEGREE.into(),
            });
        }
        Ok(())
    }
}

/// The number of all monomials of a number of links, gauge-invariant or not.
///
/// With p the series of one link, that of E links is p^E.
pub fn monomials(group: LinkGroup, links: &UBig, degrees: Degrees) -> Result<UBig, CountError> {
    group.check()?;
    let modulus = group.modulus();
    let half = UBig::from(modulus / 2) * links;
    if modulus > 0 && half <= UBig::from(degrees.degree) {
        if !degrees.exactly {
            // Few links, since their number is at most the degree's.
            let exponent = usize::try_from(links).unwrap_or(0);
            return Ok(UBig::from(modulus).pow(exponent));
        }
        if half < UBig::from(degrees.degree) {
            return Ok(UBig::ZERO);
        }
    }
    degrees.check()?;
    let one = System {
        modulus,
        vertices: 0,
        variables: vec![system::Variable { ends: Default::default(), weight: 1, range: Range::Flow }],
    };
    let link = clusters::unconstrained(&one, degrees.degree);
    let series = power_series::power(&Integers, &link, &IBig::from(links.clone()));
    natural(degrees.of(&series))
}

/// The number of gauge-invariant monomials of a graph.
///
/// ```
/// use hamc::count::gauge::{Degrees, LinkGraph, LinkGroup, Loops, invariants};
/// // Two triangles that share a side: three loops, and the constant.
/// let links = vec![(0, 1), (1, 2), (2, 0), (2, 3), (3, 0)];
/// let graph = LinkGraph { vertices: 4, links, ..LinkGraph::default() };
/// let count = |group, degree| invariants(&graph, group, Degrees::up_to(degree), Loops::All).unwrap().to_string();
/// assert_eq!(count(LinkGroup::Cyclic(2), 5), "4");
/// assert_eq!(count(LinkGroup::Cyclic(2), 3), "3");
/// // Each loop can be passed in two directions.
/// assert_eq!(count(LinkGroup::Phase, 4), "7");
/// ```
pub fn invariants(graph: &LinkGraph, group: LinkGroup, degrees: Degrees, loops: Loops) -> Result<UBig, CountError> {
    group.check()?;
    graph.check()?;
    let mut work = Work::new(MOST_WORK);
    let system = graph.system(group);
    let everything = !system.has_matter()
        && !degrees.exactly
        && system.highest_degree().is_some_and(|h| h <= u64::from(degrees.degree));
    match loops {
        Loops::All if everything => Ok(UBig::from(group.modulus()).pow(graph.cycle_rank())),
        Loops::All => natural(degrees.of(&series(&system, degrees, &mut work)?)),
        Loops::Contractible if system.has_matter() => Err(no_contractible_strings()),
        Loops::Contractible => {
            let boundaries = Boundaries::new(graph, group.modulus(), &mut work)?;
            if everything {
                return Ok(boundaries.count());
            }
            if group.modulus() == 2 && boundaries.basis().count() <= 20 {
                let words = boundaries.basis().map(|row| parity::word(row)).collect::<Vec<_>>();
                let counts = parity::enumerator(&system, &words, graph.links.len(), &mut work)?;
                let series = counts.into_iter().map(IBig::from).collect();
                return natural(degrees.of(&series));
            }
            degrees.check()?;
            Ok(UBig::from(list::invariants(graph, group, degrees, loops, &mut work)?.len()))
        }
    }
}

/// The number of orbits of the gauge-invariant monomials of a graph under its
/// symmetries of space.
pub fn orbits(graph: &LinkGraph, group: LinkGroup, degrees: Degrees, loops: Loops) -> Result<UBig, CountError> {
    group.check()?;
    graph.check()?;
    if graph.generators.is_empty() {
        return invariants(graph, group, degrees, loops);
    }
    let mut work = Work::new(MOST_WORK);
    if loops == Loops::Contractible {
        degrees.check()?;
        return Ok(UBig::from(list::orbits(graph, group, degrees, loops, &mut work)?.len()));
    }
    let (mut total, mut order) = (IBig::ZERO, 0);
    for class in graph.classes()? {
        let fixed = degrees.of(&series(&graph.quotient(group, &class.element)?, degrees, &mut work)?);
        total += fixed * IBig::from(class.size);
        order += class.size;
    }
    natural(total / IBig::from(order))
}

/// The orbits of the gauge-invariant monomials of a graph under its symmetries
/// of space, by degree; one monomial each where there are no symmetries.
pub fn list(graph: &LinkGraph, group: LinkGroup, degrees: Degrees, loops: Loops) -> Result<Vec<LinkOrbit>, CountError> {
    group.check()?;
    graph.check()?;
    degrees.check()?;
    let mut work = Work::new(MOST_WORK);
    if loops == Loops::All {
        // A list that is too long is refused before it is begun.
        let system = graph.system(group);
        let highest = system.highest_degree().unwrap_or(u64::MAX).min(degrees.degree.into()) as u32;
        let counted = work.part(20 * FIRST_WORK, |work| clusters::series(&system, highest, work));
        let counted = counted.map(|series| degrees.of(&series));
        if let Ok(needed) = counted.and_then(natural)
            && needed > UBig::from(list::LARGEST_LIST)
        {
            return Err(list::too_long(needed));
        }
    }
    list::orbits(graph, group, degrees, loops, &mut work)
}

/// The number of solutions by degree, by the method that is fit.
fn series(system: &System, degrees: Degrees, work: &mut Work) -> Result<Series, CountError> {
    // Each method in turn gets more work than the last time.
    let mut limit = FIRST_WORK;
    loop {
        match series_within(system, degrees, limit, work) {
            Err(error) if work.is_spent() || limit > MOST_WORK => return Err(error),
            Err(_) => limit *= 8,
            series => return series,
        }
    }
}

/// The same with no more than some work for each method.
fn series_within(system: &System, degrees: Degrees, limit: u64, work: &mut Work) -> Result<Series, CountError> {
    let highest = system.highest_degree().unwrap_or(u64::MAX);
    let degree = highest.min(u64::from(degrees.degree)) as u32;
    if degree > HIGHEST_DEGREE {
        degrees.check()?;
    }
    if let Ok(series) = work.part(limit, |work| clusters::series(system, degree, work)) {
        return Ok(series);
    }
    if let Ok(series) = work.part(limit, |work| transfer::series(system, degree, work)) {
        return Ok(series);
    }
    let flows = |variable: &system::Variable| matches!(variable.range, Range::Flow | Range::Matter(Powers::Cyclic(2)));
    if system.modulus == 2
        && system.variables.iter().all(flows)
        && system.variables.len() <= 1000
        && let Ok(series) = work.part(limit, |work| parity::series(system, degree, work))
    {
        return Ok(series);
    }
    Err(work.exhausted())
}

/// The refusal of what is no sum of plaquettes.
fn no_contractible_strings() -> CountError {
    CountError::Unsupported(
        "sums of plaquettes with matter, at which strings end; leave `contractible_only` out".into(),
    )
}

/// A count, which is not negative.
fn natural(count: IBig) -> Result<UBig, CountError> {
    UBig::try_from(count).map_err(|_| CountError::Unsupported("a count that came out negative".to_owned()))
}

/// The positive greatest common divisor g of a and b, with g = x a + y b.
fn extended_gcd(a: i128, b: i128) -> (i128, i128, i128) {
    let (mut first, mut second) = ((a, 1, 0), (b, 0, 1));
    while second.0 != 0 {
        let factor = first.0 / second.0;
        let next = (first.0 - factor * second.0, first.1 - factor * second.1, first.2 - factor * second.2);
        first = second;
        second = next;
    }
    if first.0 < 0 { (-first.0, -first.1, -first.2) } else { first }
}
