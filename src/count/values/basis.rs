//! Polynomials that span the invariants of a group of the values.
//!
//! The invariants of vectors under O(N) are polynomials in dot products, and
//! those of SO(N) are these times at most one determinant (Weyl, "The
//! Classical Groups", theorems 2.9.A and 2.17.A); those of phases are
//! the real and imaginary parts of monomials without charge. So products of
//! dot products, determinants, complex numbers and variables that nothing
//! turns are the candidates, and those that are independent of the ones
//! before are a basis. That it is whole is proved by its number, which is
//! counted another way.

use dashu_int::UBig;
use rustc_hash::FxHashSet;

use super::super::CountError;
use super::super::power_series::Weight;
use super::average::weight;
use super::character::Torus;
use super::{Factor, Slot, System, Values, metric};
use crate::algebra::span::{Inserted, Span};
use crate::exact::Rational;
use crate::model::{Monomial, Polynomial, Variable};

/// The most candidates.
const LARGEST_CANDIDATES: usize = 50_000;

/// The most terms of all candidates.
const LARGEST_TERMS: usize = 2_000_000;

/// The most images of one candidate under elements of space.
const LARGEST_ORBIT: usize = 50_000;

/// A polynomial with what decides whether it is independent of others.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(in crate::count) struct Candidate {
    /// The polynomial.
    pub polynomial: Polynomial,
    /// The same with each complex number and its conjugate in the place of
    /// its real and imaginary part, up to a factor.
    pub shadow: Polynomial,
    /// The degree that counts: that of the product before unit vectors are
    /// used.
    pub degree: u32,
}

/// A factor of candidates.
#[derive(Clone, Debug)]
struct Letter {
    degree: u32,
    weight: Weight,
    /// The points whose variables occur, one bit each.
    points: u64,
    /// The highest exponent.
    highest: u32,
    /// Of the letters of one family only one occurs.
    family: Option<usize>,
    real: Polynomial,
    /// Zero for real letters.
    imaginary: Polynomial,
    shadow: Polynomial,
    conjugate: Polynomial,
}

/// The products that are invariant, hold a variable of every point, and have
/// at most (or, for `homogeneous`, exactly) the degree. `variable` gives the
/// variable of a component at a point, `None` where the field does not live
/// there, and `flipped_bit` whether a field is of bits b that stand for 1 - 2b.
pub(in crate::count) fn candidates(
    system: &System,
    points: usize,
    (degree, homogeneous): (u32, bool),
    variable: &dyn Fn(usize, Slot) -> Option<Variable>,
    flipped_bit: &dyn Fn(usize) -> bool,
) -> Result<Vec<Candidate>, CountError> {
    let factors: Vec<&Factor> = system.group.factors.iter().collect();
    let orders = factors.iter().filter_map(|factor| match factor {
        Factor::Flip(_) => Some(2),
        Factor::Cyclic { order, .. } => Some(*order),
        Factor::Rotation { .. } => None,
    });
    let torus = Torus { moduli: orders.collect() };
    let letters = letters(system, &torus, points, degree, variable, flipped_bit)?;
    let mut found = Products {
        torus: &torus,
        letters: &letters,
        all_points: if points == 0 { 0 } else { u64::MAX >> (64 - points) },
        homogeneous,
        visited: 0,
        terms: 0,
        candidates: Vec::new(),
    };
    let one = Polynomial::constant(Rational::ONE);
    let start = Product {
        left: degree,
        degree: 0,
        weight: torus.reduced(&[]),
        points: 0,
        families: Vec::new(),
        complex: false,
        real: one.clone(),
        imaginary: Polynomial::zero(),
        shadow: one.clone(),
        conjugate: one,
    };
    found.extend(&start, 0)?;
    let mut candidates = found.candidates;
    candidates.sort_by_key(|candidate| candidate.degree);
    Ok(candidates)
}

fn letters(
    system: &System,
    torus: &Torus,
    points: usize,
    degree: u32,
    variable: &dyn Fn(usize, Slot) -> Option<Variable>,
    flipped_bit: &dyn Fn(usize) -> bool,
) -> Result<Vec<Letter>, CountError> {
    let factors: Vec<&Factor> = system.group.factors.iter().collect();
    let weight_of = |slot: Slot| weight(torus, &factors, slot);
    let mut letters: Vec<Letter> = Vec::new();
    let mut families = 0;
    let mut family = || {
        families += 1;
        families - 1
    };
    let mut turned: FxHashSet<Slot> = FxHashSet::default();
    for factor in &system.group.factors {
        let Factor::Rotation { vectors, times, proper } = factor else { continue };
        turned.extend(vectors.iter().flatten());
        let dimension = vectors.first().map_or(0, Vec::len);
        let metric = metric(dimension, *times);
        // Point by point, each vector: the point, its slots and its variables.
        let here = |point: usize| {
            vectors.iter().filter_map(move |slots| {
                let variables = slots.iter().map(|&slot| variable(point, slot)).collect::<Option<Vec<Variable>>>()?;
                Some((point, slots, variables))
            })
        };
        let placed: Vec<_> = (0..points).flat_map(here).collect();
        let joint = |parts: &[usize]| {
            let sum = parts.iter().fold(torus.reduced(&[]), |sum, &part| {
                let weight = weight_of(placed[part].1[0]);
                torus.reduced(&sum.iter().zip(&weight).map(|(a, b)| a + b).collect::<Weight>())
            });
            (sum, parts.iter().fold(0, |points, &part| points | 1u64 << placed[part].0))
        };
        for first in 0..placed.len() {
            for second in first..placed.len() {
                if first == second && system.fields[placed[first].1[0].field].1 == Values::Unit {
                    continue;
                }
                let terms = metric.iter().zip(placed[first].2.iter().zip(&placed[second].2));
                let dot = Polynomial::from_terms(terms.map(|(&sign, (&a, &b))| {
                    (Monomial::variable(a).multiply(&Monomial::variable(b)), Rational::from(sign))
                }));
                letters.push(real_letter(2, joint(&[first, second]), u32::MAX, None, dot));
            }
        }
        if *proper && dimension > 0 && dimension as u32 <= degree {
            let family = family();
            let mut error = None;
            subsets(placed.len(), dimension, &mut |chosen| {
                if letters.len() > LARGEST_CANDIDATES {
                    error = Some(too_many("factors of invariants", letters.len()));
                    return false;
                }
                let rows: Vec<&[Variable]> = chosen.iter().map(|&at| &placed[at].2[..]).collect();
                letters.push(real_letter(dimension as u32, joint(chosen), 1, Some(family), determinant(&rows)));
                true
            });
            if let Some(error) = error {
                return Err(error);
            }
        }
    }
    let numbers: Vec<[Slot; 2]> = complex_numbers(system);
    turned.extend(numbers.iter().flatten());
    for point in 0..points {
        for parts in &numbers {
            let [Some(real), Some(imaginary)] = parts.map(|part| variable(point, part)) else { continue };
            let [real, imaginary] = [real, imaginary].map(Polynomial::variable);
            let (highest, family) = match system.fields[parts[0].field].1 {
                Values::Unit => ([u32::MAX; 2], Some(family())),
                Values::Roots(order) => ([order / 2, order.saturating_sub(1) / 2], Some(family())),
                _ => ([u32::MAX; 2], None),
            };
            let weight = weight_of(parts[0]);
            let opposite = torus.reduced(&weight_of(parts[0]).iter().map(|part| -part).collect::<Weight>());
            let number = Letter {
                degree: 1,
                weight,
                points: 1 << point,
                highest: highest[0],
                family,
                shadow: real.clone(),
                conjugate: imaginary.clone(),
                real,
                imaginary,
            };
            letters.push(Letter {
                weight: opposite,
                highest: highest[1],
                shadow: number.conjugate.clone(),
                conjugate: number.shadow.clone(),
                imaginary: -&number.imaginary,
                ..number.clone()
            });
            letters.insert(letters.len() - 1, number);
        }
        for (field, &(components, values)) in system.fields.iter().enumerate() {
            let slots = (0..components).map(|component| Slot { field, component });
            for slot in slots.filter(|slot| !turned.contains(slot)) {
                let last = slot.component + 1 == components;
                let (functions, highest, family) = match values {
                    Values::Categories(q) => (q.saturating_sub(1), 1, Some(family())),
                    Values::TwoValued => (1, 1, None),
                    Values::Unit if last => (1, 1, None),
                    _ => (1, u32::MAX, None),
                };
                for function in 0..functions {
                    let component = slot.component * functions.max(1) + function;
                    let Some(own) = variable(point, Slot { field, component }).map(Polynomial::variable) else {
                        continue;
                    };
                    let mut letter = real_letter(1, (weight_of(slot), 1 << point), highest, family, own);
                    if flipped_bit(field) {
                        let double = letter.real.scaled(&Rational::from(2i64));
                        letter.real = &Polynomial::constant(Rational::ONE) - &double;
                    }
                    letters.push(letter);
                }
            }
        }
    }
    Ok(letters)
}

/// The complex numbers that phases multiply, or that are roots of unity.
pub(in crate::count) fn complex_numbers(system: &System) -> Vec<[Slot; 2]> {
    let mut numbers: Vec<[Slot; 2]> = Vec::new();
    for factor in &system.group.factors {
        if let Factor::Cyclic { numbers: own, .. } = factor {
            numbers.extend(own.iter().map(|number| number.parts));
        }
    }
    let roots = (0..system.fields.len()).filter(|&field| matches!(system.fields[field].1, Values::Roots(_)));
    numbers.extend(roots.map(|field| [0, 1].map(|component| Slot { field, component })));
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

fn real_letter(
    degree: u32,
    (weight, points): (Weight, u64),
    highest: u32,
    family: Option<usize>,
    polynomial: Polynomial,
) -> Letter {
    Letter {
        degree,
        weight,
        points,
        highest,
        family,
        shadow: polynomial.clone(),
        conjugate: polynomial.clone(),
        real: polynomial,
        imaginary: Polynomial::zero(),
    }
}

/// Every ascending choice of `size` numbers below `count`, until `each` returns
/// false.
fn subsets(count: usize, size: usize, each: &mut dyn FnMut(&[usize]) -> bool) {
    if size > count {
        return;
    }
    let mut chosen: Vec<usize> = (0..size).collect();
    loop {
        if !each(&chosen) {
            return;
        }
        let Some(at) = (0..size).rev().find(|&at| chosen[at] < count - size + at) else { return };
        chosen[at] += 1;
        for later in at + 1..size {
            chosen[later] = chosen[later - 1] + 1;
        }
    }
}

/// The determinant of rows of variables, by sets of columns.
fn determinant(rows: &[&[Variable]]) -> Polynomial {
    let mut minors = vec![Polynomial::zero(); 1 << rows.len()];
    minors[0] = Polynomial::constant(Rational::ONE);
    for set in 1usize..1 << rows.len() {
        let row = rows[set.count_ones() as usize - 1];
        let terms = (0..rows.len()).filter(|column| set >> column & 1 == 1).flat_map(|column| {
            let sign = Rational::from(if (set >> (column + 1)).count_ones() % 2 == 1 { -1i64 } else { 1 });
            let product = minors[set & !(1 << column)].times_monomial(&Monomial::variable(row[column]));
            product.scaled(&sign).terms().to_vec()
        });
        minors[set] = Polynomial::from_terms(terms);
    }
    minors.pop().expect("the determinant of no row is one")
}

/// A partial product.
#[derive(Clone)]
struct Product {
    left: u32,
    degree: u32,
    weight: Weight,
    points: u64,
    /// The families in use.
    families: Vec<usize>,
    complex: bool,
    real: Polynomial,
    imaginary: Polynomial,
    shadow: Polynomial,
    conjugate: Polynomial,
}

struct Products<'a> {
    torus: &'a Torus,
    letters: &'a [Letter],
    all_points: u64,
    homogeneous: bool,
    visited: usize,
    terms: usize,
    candidates: Vec<Candidate>,
}

impl Products<'_> {
    /// All products that continue this one with letters from `first` on.
    fn extend(&mut self, product: &Product, first: usize) -> Result<(), CountError> {
        self.visited += 1;
        if self.visited > 4 * LARGEST_CANDIDATES || self.candidates.len() > LARGEST_CANDIDATES {
            return Err(too_many("products of invariants", self.visited));
        }
        self.emit(product)?;
        for at in first..self.letters.len() {
            let letter = &self.letters[at];
            if letter.degree > product.left || letter.family.is_some_and(|family| product.families.contains(&family)) {
                continue;
            }
            let mut next = product.clone();
            next.families.extend(letter.family);
            for _ in 0..letter.highest.min(product.left / letter.degree) {
                next = self.times(next, letter);
                // Every letter after this one brings at most `left` points.
                if (self.all_points & !next.points).count_ones() <= next.left {
                    self.extend(&next, at + 1)?;
                }
            }
        }
        Ok(())
    }

    fn times(&self, mut product: Product, letter: &Letter) -> Product {
        product.left -= letter.degree;
        product.degree += letter.degree;
        product.points |= letter.points;
        let sum = product.weight.iter().zip(&letter.weight).map(|(a, b)| a + b).collect::<Weight>();
        product.weight = self.torus.reduced(&sum);
        if letter.imaginary.is_zero() {
            product.imaginary = &product.imaginary * &letter.real;
            product.real = &product.real * &letter.real;
        } else {
            product.complex = true;
            let real = &(&product.real * &letter.real) - &(&product.imaginary * &letter.imaginary);
            product.imaginary = &(&product.real * &letter.imaginary) + &(&product.imaginary * &letter.real);
            product.real = real;
        }
        product.shadow = &product.shadow * &letter.shadow;
        product.conjugate = &product.conjugate * &letter.conjugate;
        product
    }

    fn emit(&mut self, product: &Product) -> Result<(), CountError> {
        let whole = product.points == self.all_points && (!self.homogeneous || product.left == 0);
        if !whole || product.weight.iter().any(|&part| part != 0) {
            return Ok(());
        }
        let degree = product.degree;
        let mut push = |polynomial: &Polynomial, shadow: Polynomial| {
            if !shadow.is_zero() {
                self.terms += polynomial.len();
                self.candidates.push(Candidate { polynomial: polynomial.clone(), shadow, degree });
            }
        };
        match product.complex {
            false => push(&product.real, product.shadow.clone()),
            true => {
                push(&product.real, &product.shadow + &product.conjugate);
                push(&product.imaginary, &product.shadow - &product.conjugate);
            }
        }
        match self.terms > LARGEST_TERMS {
            true => Err(too_many("terms of products of invariants", self.terms)),
            false => Ok(()),
        }
    }
}

fn too_many(what: &'static str, needed: usize) -> CountError {
    CountError::TooMany { what, needed: UBig::from(needed), limit: LARGEST_CANDIDATES as u64 }
}

/// An action on polynomials, and that on their shadows.
pub(in crate::count) type Action<'a> = &'a dyn Fn(&Polynomial, &Polynomial) -> (Polynomial, Polynomial);

/// The sum over the orbit of a candidate under a group, given by generators
/// that permute variables (or act on polynomials linearly).
pub(in crate::count) fn orbit_sum(candidate: &Candidate, generators: &[Action]) -> Result<Candidate, CountError> {
    let mut known: FxHashSet<(Polynomial, Polynomial)> = FxHashSet::default();
    let mut orbit = vec![(candidate.polynomial.clone(), candidate.shadow.clone())];
    known.insert(orbit[0].clone());
    let mut at = 0;
    while at < orbit.len() {
        for generator in generators {
            let image = generator(&orbit[at].0, &orbit[at].1);
            if known.insert(image.clone()) {
                orbit.push(image);
            }
        }
        if orbit.len() > LARGEST_ORBIT {
            return Err(too_many("images of an invariant", orbit.len()));
        }
        at += 1;
    }
    let mut sum = Candidate { polynomial: Polynomial::zero(), shadow: Polynomial::zero(), degree: candidate.degree };
    for (polynomial, shadow) in &orbit {
        sum.polynomial = &sum.polynomial + polynomial;
        sum.shadow = &sum.shadow + shadow;
    }
    Ok(sum)
}

/// The candidates, summed over their orbits under the group of these
/// generators, that are independent of those before as functions of unit
/// vectors `units`, the last component of each the one that is eliminated,
/// and of roots of unity `roots`: the number, its conjugate and the order.
/// `Err` unless there are as many as expected, which proves that they are a
/// basis: ranks modulo a prime are no greater than true ones.
pub(in crate::count) fn independent(
    candidates: &[Candidate],
    generators: &[Action],
    units: &[Vec<Variable>],
    roots: &[([Variable; 2], u32)],
    homogeneous: bool,
    expected: &UBig,
) -> Result<Vec<Polynomial>, CountError> {
    let mut span = Span::default();
    let mut basis = Vec::new();
    for candidate in candidates {
        if UBig::from(basis.len()) == *expected {
            break;
        }
        let sum = orbit_sum(candidate, generators)?;
        let normal = real_powers(&normal_form(&sum.shadow, units, homogeneous), roots);
        if normal.is_zero() {
            continue;
        }
        if let Some(Inserted::Independent) = span.insert(&normal, |_| true) {
            basis.push(sum.polynomial);
        }
    }
    match UBig::from(basis.len()) == *expected {
        true => Ok(basis),
        false => Err(CountError::Unsupported(format!(
            "a list of the invariants: {} were found where there are {expected}",
            basis.len()
        ))),
    }
}

/// The polynomial with one name for the power of a root of unity of even order
/// that is its own conjugate, half the order. Each number occurs by itself or
/// by its conjugate in a term, to no higher power.
fn real_powers(polynomial: &Polynomial, roots: &[([Variable; 2], u32)]) -> Polynomial {
    let mut reduced = polynomial.clone();
    for &([number, conjugate], order) in roots.iter().filter(|(_, order)| order.is_multiple_of(2)) {
        let half = order / 2;
        if u32::from(reduced.degree_in(conjugate)) < half {
            continue;
        }
        let parts = reduced.coefficients_in(conjugate);
        reduced = parts.iter().enumerate().fold(Polynomial::zero(), |sum, (power, part)| {
            let name = if power as u32 == half { number } else { conjugate };
            &sum + &(part * &Polynomial::variable(name).pow(power as u32))
        });
    }
    reduced
}

/// The polynomial without powers of the last components of unit vectors
/// beyond the first: z^2 is one minus the other squares (or, in the part of
/// the highest degree alone, minus the other squares).
pub(in crate::count) fn normal_form(
    polynomial: &Polynomial,
    units: &[Vec<Variable>],
    leading_part: bool,
) -> Polynomial {
    let mut reduced = polynomial.clone();
    for unit in units {
        let Some((&last, others)) = unit.split_last() else { continue };
        if reduced.degree_in(last) < 2 {
            continue;
        }
        let constant = if leading_part { Rational::ZERO } else { Rational::ONE };
        let square = others
            .iter()
            .fold(Polynomial::constant(constant), |square, &other| &square - &Polynomial::variable(other).pow(2));
        let parts = reduced.coefficients_in(last);
        reduced = parts.iter().enumerate().fold(Polynomial::zero(), |sum, (power, part)| {
            let high = part * &square.pow(power as u32 / 2);
            &sum + &if power % 2 == 1 { high.times_monomial(&Monomial::variable(last)) } else { high }
        });
    }
    reduced
}
