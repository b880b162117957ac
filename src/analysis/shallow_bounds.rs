//! Lower bounds of the neurons of one hidden layer, and an upper one of any
//! number of layers.
//!
//! All are in the Taylor sense: the network's expansion at the origin agrees
//! with the polynomial up to the polynomial's degree d (1705.05502; for the
//! uniform norm no complete proof is known, so those versions are not used).
//! They are for fields with real values: on spins and bits alone a polynomial
//! has other representations, and the bounds say nothing.
//!
//! With `m` neurons `sum_j w_j s(b_j + a_j.x)` the part of degree d is a sum
//! of m powers `(a_j.x)^d`, whatever biases and skips there are. So m is at
//! least the rank of the form's partial derivatives of any order k: those of
//! each power span one dimension. Without biases the moments
//! `sum_j w_j a_j^(p+q)` are a matrix of rank at most m, known for degrees up
//! to d; of a form of degree d the blocks of derivatives of orders k and d - k
//! lie on its antidiagonal below zeros, so that m is at least the sum of all
//! the ranks for k = 0 to d: for a monomial `prod (r_i + 1)`, which is theorem
//! 4.2. A bias at the output frees the moment of degree zero and saves one
//! neuron; a single centre is assumed then (the generalisations are derived
//! here).

use dashu_int::UBig;
use rustc_hash::FxHashMap;

use crate::exact::Rational;
use crate::model::{Factor, Kind, Model, Monomial, Polynomial, Shift, Variable};
use crate::modular::Residue;

/// What a network may have besides hidden neurons.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Allowed {
    /// No biases at all.
    NoBiases,
    /// One bias that all hidden neurons share, and one of the output.
    OneCentre,
    /// Any biases, and affine skips to the output.
    Everything,
    /// No activation but a power: its Taylor series has one term, that of the
    /// polynomial's degree.
    PurePower,
}

/// A lower bound.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LowerBound {
    /// What the network may have.
    pub allowed: Allowed,
    /// The neurons of the whole lattice that it needs at least.
    pub neurons: UBig,
    /// The theorem, with its assumptions.
    pub theorem: String,
}

/// The lower bounds for an energy (an index into the model's), on the whole
/// lattice. Empty where the polynomial is affine or its nonlinear monomials
/// have spins or bits.
pub fn lower_bounds(model: &Model, energy: usize) -> Vec<LowerBound> {
    let polynomial = &model.energies[energy].polynomial;
    let nonlinear = polynomial.filter(|monomial, _| monomial.degree() > 1);
    let real = nonlinear.variables().iter().all(|variable| variable.kind() == Kind::Real);
    if nonlinear.is_zero() || !real {
        return Vec::new();
    }
    let cells = model.frame.periods.iter().fold(UBig::ONE, |product, &period| product * UBig::from(period));
    let count = UBig::from(nonlinear.len()) * &cells;
    if let ([(monomial, _)], true) = (nonlinear.terms(), cells == UBig::ONE) {
        return of_monomial(monomial);
    }
    let degree = nonlinear.degree();
    let mut bounds = Vec::new();
    // Theorem 4.3 as it stands.
    let greatest = nonlinear.terms().iter().map(|(monomial, _)| boxes(monomial)).max().unwrap_or(UBig::ONE);
    bounds.push(LowerBound {
        allowed: Allowed::NoBiases,
        neurons: (greatest + &count - UBig::ONE) / &count,
        theorem: "1705.05502, theorem 4.3 (Taylor sense, no biases)".to_owned(),
    });
    let leading = nonlinear.filter(|monomial, _| monomial.degree() == degree);
    let Some((copies, form)) = on_sites(model, &leading) else { return bounds };
    let ranks: Vec<Option<u64>> = (1..=degree / 2).map(|k| rank_of_derivatives(&form, k)).collect();
    let sense = format!("rank of derivatives of the part of degree {degree} (derived here; Taylor sense");
    // The orders k and d - k have the same rank.
    let homogeneous = nonlinear.len() == leading.len() && polynomial.len() == leading.len();
    if let (true, Some(ranks)) = (homogeneous, ranks.iter().copied().collect::<Option<Vec<u64>>>()) {
        let inner: u64 = (1..degree).map(|k| ranks[k.min(degree - k) as usize - 1]).sum();
        let inner = UBig::from(inner) * &copies;
        bounds.push(LowerBound {
            allowed: Allowed::NoBiases,
            neurons: &inner + UBig::from(2u8),
            theorem: format!("{sense}, no biases)"),
        });
        bounds.push(LowerBound {
            allowed: Allowed::OneCentre,
            neurons: inner + UBig::ONE,
            theorem: format!("{sense}, one hidden bias, an output bias)"),
        });
    }
    if let Some(best) = ranks.iter().flatten().max() {
        bounds.push(LowerBound {
            allowed: Allowed::Everything,
            neurons: UBig::from(*best) * copies,
            theorem: format!("{sense}, any biases and skips)"),
        });
    }
    // The best of each kind.
    let mut strongest: Vec<LowerBound> = Vec::new();
    for bound in bounds {
        match strongest.iter_mut().find(|known| known.allowed == bound.allowed) {
            Some(known) if known.neurons < bound.neurons => *known = bound,
            Some(_) => {}
            None => strongest.push(bound),
        }
    }
    strongest
}

/// `prod (r_i + 1)`
fn boxes(monomial: &Monomial) -> UBig {
    let factors = monomial.factors().iter();
    factors.fold(UBig::ONE, |product, factor| product * UBig::from(factor.exponent as u32 + 1))
}

/// The bounds of a single monomial.
fn of_monomial(monomial: &Monomial) -> Vec<LowerBound> {
    let all = boxes(monomial);
    let least = monomial.factors().iter().map(|factor| factor.exponent).min().unwrap_or(0);
    let plain = monomial.factors().iter().all(|factor| factor.exponent == 1);
    let number = if plain { " and 1608.08225, appendix A" } else { "" };
    let single = monomial.factors().len() == 1;
    let degree = monomial.degree().max(1);
    let theorem = if single { "4.5" } else { "4.2" };
    vec![
        LowerBound {
            allowed: Allowed::NoBiases,
            neurons: all.clone(),
            theorem: format!("1705.05502, theorem {theorem}{number} (Taylor sense, no biases): exactly prod (r_i + 1)"),
        },
        LowerBound {
            allowed: Allowed::OneCentre,
            neurons: &all - UBig::ONE,
            theorem: "prod (r_i + 1) - 1 (derived here; Taylor sense, one hidden bias, an output bias)".to_owned(),
        },
        LowerBound {
            allowed: Allowed::Everything,
            // The other exponents, those of all but a least one.
            neurons: &all / UBig::from(least as u32 + 1),
            theorem: "rank of the monomial (Carlini, Catalisano, Geramita 2012; Taylor sense, any biases and skips)"
                .to_owned(),
        },
        LowerBound {
            allowed: Allowed::PurePower,
            neurons: (&all + UBig::from(degree - 1)) / UBig::from(degree),
            theorem: format!(
                "1705.05502, theorem 4.4 (Taylor sense, activation t^{degree}): prod (r_i + 1) / {degree}"
            ),
        },
    ]
}

/// An upper bound of the neurons of deep networks by the theorems:
/// `sum (7 ceil(log2 r_i) + 4)` for each monomial (4.2, 4.3), `7 ceil(log2 d)`
/// for a power of one variable (4.6). For one cell.
pub fn deep_upper_bound(model: &Model, energy: usize) -> UBig {
    let terms = model.energies[energy].polynomial.terms();
    let logarithm = |r: u16| u64::from(r.max(1)).next_power_of_two().trailing_zeros() as u64;
    terms.iter().filter(|(monomial, _)| monomial.degree() > 1).fold(UBig::ZERO, |sum, (monomial, _)| {
        sum + match monomial.factors() {
            [factor] => UBig::from(7 * logarithm(factor.exponent)),
            factors => factors.iter().fold(UBig::ZERO, |sum, f| sum + UBig::from(7 * logarithm(f.exponent) + 4)),
        }
    })
}

/// The rank of a quadratic form on the whole lattice, where H is one with
/// constant and linear terms besides and real variables: every neuron of a
/// network of any depth adds at most one square to the second-order part
/// (derived here).
pub fn quadratic_rank(model: &Model, energy: usize) -> Option<UBig> {
    let form = model.energies[energy].polynomial.filter(|monomial, _| monomial.degree() > 1);
    let real = form.variables().iter().all(|variable| variable.kind() == Kind::Real);
    if form.degree() != 2 || !real {
        return None;
    }
    let (copies, form) = on_sites(model, &form)?;
    Some(UBig::from(rank_of_derivatives(&form, 1)?) * copies)
}

/// Most cells that are written out, and most terms.
const MOST_CELLS: u64 = 256;
const MOST_TERMS: usize = 20_000;

/// A form of the cell on sites: on the whole lattice where that is small; else
/// on a box of it with zeros around, and how many disjoint such boxes the
/// lattice has. Setting variables to zero does not raise a rank, and ranks of
/// forms without common variables add up.
fn on_sites(model: &Model, form: &Polynomial) -> Option<(UBig, Polynomial)> {
    let periods = &model.frame.periods;
    let cells = |extents: &[u64]| extents.iter().try_fold(1u64, |product, &extent| product.checked_mul(extent));
    let small = |extents: &[u64]| {
        cells(extents).is_some_and(|cells| cells <= MOST_CELLS && cells as usize * form.len() <= MOST_TERMS)
    };
    let mut extents = periods.clone();
    let mut copies = UBig::ONE;
    let whole = small(&extents);
    while !small(&extents) {
        let longest = (0..extents.len()).max_by_key(|&direction| extents[direction])?;
        if extents[longest] <= 1 {
            return None;
        }
        extents[longest] = extents[longest].div_ceil(2).min(64);
    }
    if !whole {
        copies = periods
            .iter()
            .zip(&extents)
            .fold(copies, |product, (&period, &extent)| product * UBig::from(period / extent));
    }
    let mut terms = Vec::new();
    let mut cell = vec![0i64; extents.len()];
    loop {
        for (monomial, coefficient) in form.terms() {
            let mut factors = Vec::with_capacity(monomial.factors().len());
            let mut inside = true;
            for factor in monomial.factors() {
                let mut place = Shift::ZERO;
                for direction in 0..extents.len() {
                    let mut at = cell[direction] + factor.variable.cell.0[direction] as i64;
                    if whole {
                        at = at.rem_euclid(extents[direction] as i64);
                    }
                    inside &= (0..extents[direction] as i64).contains(&at);
                    place.0[direction] = at.clamp(0, 1 << 14) as i16;
                }
                factors.push(Factor { variable: factor.variable.at(place), exponent: factor.exponent });
            }
            if inside {
                terms.push((Monomial::from_factors(factors), coefficient.clone()));
            }
        }
        let Some(direction) = (0..extents.len()).rev().find(|&d| cell[d] + 1 < extents[d] as i64) else { break };
        cell[direction] += 1;
        cell[direction + 1..].fill(0);
    }
    Some((copies, Polynomial::from_terms(terms)))
}

/// More entries than this are not eliminated.
const MOST_ENTRIES: usize = 400_000;

/// The dimension of the span of the partial derivatives of order k of a form,
/// or less: modulo a prime, where ranks can only fall. `None` where it is too
/// large to be computed.
fn rank_of_derivatives(form: &Polynomial, order: u32) -> Option<u64> {
    // Rows by the derivative's exponents, columns by what is left: entries
    // (p + q)! times the coefficient; the rows' and columns' own factorials do
    // not matter.
    let mut rows: FxHashMap<Monomial, Vec<(Monomial, Residue)>> = FxHashMap::default();
    let mut entries = 0usize;
    for (monomial, coefficient) in form.terms() {
        let factorial = monomial.factors().iter().fold(Rational::ONE, |product, factor| {
            (1..=factor.exponent as i64).fold(product, |product, k| product * Rational::from(k))
        });
        let value = (coefficient * &factorial).residue()?;
        for divisor in divisors(monomial, order) {
            entries += 1;
            if entries > MOST_ENTRIES {
                return None;
            }
            let rest = monomial.divide(&divisor)?;
            rows.entry(divisor).or_default().push((rest, value));
        }
    }
    let mut columns: FxHashMap<Monomial, u32> = FxHashMap::default();
    let mut sorted: Vec<(Monomial, Vec<(Monomial, Residue)>)> = rows.into_iter().collect();
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    let mut pivots: FxHashMap<u32, Vec<(u32, Residue)>> = FxHashMap::default();
    let mut work = 0usize;
    for (_, entries) in sorted {
        let mut row: Vec<(u32, Residue)> = entries
            .into_iter()
            .map(|(column, value)| {
                let next = columns.len() as u32;
                (*columns.entry(column).or_insert(next), value)
            })
            .collect();
        row.sort_by_key(|(column, _)| *column);
        while let Some(&(leading, value)) = row.first() {
            let Some(pivot) = pivots.get(&leading) else {
                let inverse = value.inverse()?;
                row.iter_mut().for_each(|(_, entry)| *entry = *entry * inverse);
                pivots.insert(leading, row);
                break;
            };
            work += row.len() + pivot.len();
            if work > 200 * MOST_ENTRIES {
                return None;
            }
            row = subtract(&row, pivot, value);
        }
    }
    Some(pivots.len() as u64)
}

/// `a - factor * b` without zeros.
fn subtract(a: &[(u32, Residue)], b: &[(u32, Residue)], factor: Residue) -> Vec<(u32, Residue)> {
    let mut result = Vec::with_capacity(a.len() + b.len());
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        let from_a = j == b.len() || i < a.len() && a[i].0 <= b[j].0;
        let from_b = i == a.len() || j < b.len() && b[j].0 <= a[i].0;
        let (column, entry) = match (from_a, from_b) {
            (true, true) => (a[i].0, a[i].1 - factor * b[j].1),
            (true, false) => a[i],
            _ => (b[j].0, Residue::ZERO - factor * b[j].1),
        };
        if entry != Residue::ZERO {
            result.push((column, entry));
        }
        i += from_a as usize;
        j += from_b as usize;
    }
    result
}

/// The divisors of a degree, at most as many as are eliminated.
fn divisors(monomial: &Monomial, degree: u32) -> Vec<Monomial> {
    let mut found: Vec<(Vec<(Variable, u16)>, u32)> = vec![(Vec::new(), 0)];
    for factor in monomial.factors() {
        let mut next = Vec::new();
        for (powers, so_far) in &found {
            for exponent in 0..=factor.exponent.min((degree - so_far).min(u16::MAX as u32) as u16) {
                let mut extended = powers.clone();
                if exponent > 0 {
                    extended.push((factor.variable, exponent));
                }
                next.push((extended, so_far + exponent as u32));
            }
        }
        found = next;
        found.truncate(MOST_ENTRIES + 1);
    }
    let complete = found.into_iter().filter(|(_, so_far)| *so_far == degree);
    complete
        .map(|(powers, _)| {
            Monomial::from_factors(powers.into_iter().map(|(variable, exponent)| Factor { variable, exponent }))
        })
        .collect()
}
