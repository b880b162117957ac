//! Traces of elements of space on functions of the fields, averaged over the
//! group of the values.
//!
//! An element that moves points in a cycle of length L, with h acting on the
//! values, has on the functions of all points of the cycle together the trace
//! of h^L on those of one point, each of degree k counted as of degree k L
//! (only the same function at every point contributes). The functions of one
//! point have the series
//! - 1 / det(1 - t A) for a real vector on which A acts: (1 - w t)^-1 for each
//!   component of weight w;
//! - (1 + w t) for a component of two values;
//! - (1 - t^2) / det(1 - t A) for a vector of length one;
//! - 1 + (q - 1) t for q categories.
//!
//! Fields that no factor of the group joins are averaged apart and their
//! series multiplied.

use dashu_int::{IBig, UBig};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

use super::super::CountError;
use super::super::power_series::{self, Integers, Ring, Series, Weight};
use super::super::series::{self, binomial};
use super::super::space::Space;
use super::character::{self, Torus};
use super::rotation;
use super::{Cycle, Factor, Slot, System, Values};

/// The most weights in one coefficient of a series.
const LARGEST_TORUS: u64 = 4096;

/// The most products of coefficients in one series.
const LARGEST_SERIES: u64 = 20_000_000;

/// The functions of the points of one class, for one turn.
#[derive(Clone, Debug, Default)]
struct Point {
    /// Real components of each weight.
    real: BTreeMap<Weight, u64>,
    /// Components of two values of each weight.
    two_valued: BTreeMap<Weight, u64>,
    /// Categorical components of each number of categories.
    categories: BTreeMap<u32, u64>,
    /// Vectors of length one.
    spheres: u64,
    /// Roots of unity: the order, and the weight.
    roots: Vec<(u32, Weight)>,
    /// Numbers that know the direction of their bond, and the weight.
    oriented: Vec<(Values, Weight)>,
    /// Turned vectors: the weight of their sign, and det(1 - t A).
    turned: Vec<(Weight, Vec<IBig>)>,
    /// Vectors of each rotation and weight of the sign.
    vectors: BTreeMap<(usize, Weight), u64>,
}

/// Fields that factors of the group join.
#[derive(Clone, Debug)]
pub(in crate::count) struct Part {
    /// The group but for rotations.
    pub torus: Torus,
    /// Dimension and whether of determinant one only.
    rotations: Vec<(usize, bool)>,
    /// By class, then by turn.
    points: Vec<Vec<Point>>,
}

impl Part {
    /// The part with these fields and factors.
    fn new(system: &System, fields: &[usize], factors: &[&Factor]) -> Part {
        let torus = Torus {
            moduli: factors
                .iter()
                .filter_map(|factor| match factor {
                    Factor::Flip(_) => Some(2),
                    Factor::Cyclic { order, .. } => Some(*order),
                    Factor::Rotation { .. } => None,
                })
                .collect(),
        };
        let rotations = factors.iter().filter_map(|factor| match factor {
            Factor::Rotation { vectors, proper, .. } => Some((vectors, *proper)),
            _ => None,
        });
        let rotations: Vec<_> = rotations.filter(|(vectors, _)| !vectors.is_empty()).collect();
        let points = system.classes.iter().map(|class| {
            let turns = 0..system.turns.len().max(1);
            let here: Vec<usize> = class.iter().copied().filter(|field| fields.contains(field)).collect();
            turns.map(|turn| point(system, &torus, factors, &rotations, &here, turn)).collect()
        });
        Part {
            points: points.collect(),
            rotations: rotations.iter().map(|(vectors, proper)| (vectors[0].len(), *proper)).collect(),
            torus,
        }
    }

    /// The whole system as one part, for series that are not averaged alone.
    pub fn whole(system: &System, degree: usize) -> Result<Part, CountError> {
        system.check()?;
        let fields: Vec<usize> = (0..system.fields.len()).collect();
        let part = Part::new(system, &fields, &system.group.factors.iter().collect::<Vec<_>>());
        part.check(degree)?;
        Ok(part)
    }

    /// Refuses series that are too long.
    fn check(&self, degree: usize) -> Result<(), CountError> {
        let weights = self.weights(degree);
        if weights > UBig::from(LARGEST_TORUS) {
            return Err(CountError::TooMany {
                what: "weights of joint signs and phases",
                needed: weights,
                limit: LARGEST_TORUS,
            });
        }
        match self.work(degree) {
            work if work > LARGEST_SERIES => Err(CountError::TooMany {
                what: "products of coefficients under rotations and phases",
                needed: UBig::from(work),
                limit: LARGEST_SERIES,
            }),
            _ => Ok(()),
        }
    }

    /// An upper bound of the number of weights in a coefficient.
    fn weights(&self, degree: usize) -> UBig {
        let mut weights = UBig::ONE;
        for (at, &modulus) in self.torus.moduli.iter().enumerate() {
            let all = self.points.iter().flatten();
            let greatest = all
                .flat_map(|point| {
                    let numbers = point.oriented.iter().map(|(_, weight)| weight);
                    point.real.keys().chain(point.roots.iter().map(|(_, weight)| weight)).chain(numbers)
                })
                .map(|weight| weight[at].unsigned_abs() as u64)
                .max();
            let free = 2 * degree as u64 * greatest.unwrap_or(0) + 1;
            weights *= UBig::from(if modulus == 0 { free } else { free.min(modulus as u64).max(2) });
        }
        weights
    }

    /// About the number of products of integers in a series.
    fn work(&self, degree: usize) -> u64 {
        let weights = u64::try_from(self.weights(degree)).unwrap_or(u64::MAX);
        let rotations = self.rotations.iter().map(|&(dimension, proper)| {
            rotation::work(dimension, proper, degree, LARGEST_SERIES).saturating_mul(weights)
        });
        // Factors of one weight a coefficient, and those with more.
        let plain = ((degree * degree) as u64).saturating_mul(weights);
        rotations.fold(plain, u64::saturating_add)
    }

    /// The series of an element with these cycles, as a character of the
    /// torus, averaged over the rotations.
    pub fn series<R: Ring>(&self, ring: &R, cycles: &[(Cycle, UBig)], degree: usize) -> Series<R> {
        let mut result = power_series::one(ring, degree);
        let mut powers = vec![vec![ring.zero(); degree + 1]; self.rotations.len()];
        for (cycle, count) in cycles {
            let Some(class) = self.points.get(cycle.class as usize) else { continue };
            let Some(point) = class.get(cycle.turn as usize).or(class.first()) else { continue };
            let length = cycle.length as usize;
            let count = IBig::from(count.clone());
            point.multiply(ring, &self.torus, &mut result, cycle, &count, degree);
            for ((rotation, weight), &vectors) in &point.vectors {
                // The L-th roots of the sign of one cycle, each to the power k.
                for power in (length..=degree).step_by(length) {
                    let sign = self.torus.power(weight, power as u32);
                    let trace = ring.weight(&sign, &count * IBig::from(vectors) * IBig::from(length));
                    ring.add_multiple(&mut powers[*rotation][power], &trace, &IBig::ONE);
                }
            }
        }
        for (&(dimension, proper), powers) in self.rotations.iter().zip(&powers) {
            result = power_series::product(ring, &result, &rotation::invariants(ring, dimension, proper, powers));
        }
        result
    }

    /// As [`Part::series`], averaged over the whole group, where each point at
    /// which a function is not constant counts with a factor: a polynomial in
    /// the factor whose coefficients are numbers of functions by their points.
    /// There must be no rotations, whose mean is not taken point by point.
    pub fn marked(&self, cycles: &[(Cycle, UBig)], degree: usize, factor: &IBig) -> Vec<IBig> {
        match self.torus.moduli.is_empty() {
            true => self.marked_series(&Integers, cycles, degree, factor),
            false => {
                let series = self.marked_series(&self.torus, cycles, degree, factor);
                series.iter().map(|value| self.torus.mean(value)).collect()
            }
        }
    }

    fn marked_series<R: Ring>(&self, ring: &R, cycles: &[(Cycle, UBig)], degree: usize, factor: &IBig) -> Series<R> {
        let mut result = power_series::one(ring, degree);
        for (cycle, count) in cycles {
            let Some(class) = self.points.get(cycle.class as usize) else { continue };
            let Some(point) = class.get(cycle.turn as usize).or(class.first()) else { continue };
            let mut one = power_series::one(ring, degree);
            point.multiply(ring, &self.torus, &mut one, cycle, &IBig::ONE, degree);
            let all = factor.pow(cycle.length as usize);
            for value in one.iter_mut().skip(1) {
                let mut marked = ring.zero();
                ring.add_multiple(&mut marked, value, &all);
                *value = marked;
            }
            let power = power_series::power(ring, &one, &IBig::from(count.clone()));
            result = power_series::product(ring, &result, &power);
        }
        result
    }

    /// Whether the group rotates vectors.
    pub fn rotates(&self) -> bool {
        !self.rotations.is_empty()
    }

    /// The series averaged over the whole group.
    fn average(&self, cycles: &[(Cycle, UBig)], degree: usize) -> Vec<IBig> {
        match self.torus.moduli.is_empty() {
            true => self.series(&Integers, cycles, degree),
            false => self.series(&self.torus, cycles, degree).iter().map(|value| self.torus.mean(value)).collect(),
        }
    }

    /// Whether every point of every class has the constant function alone.
    fn is_trivial(&self) -> bool {
        self.points.iter().flatten().all(Point::is_trivial)
    }
}

/// The functions of one point on which the given fields live.
fn point(
    system: &System,
    torus: &Torus,
    factors: &[&Factor],
    rotations: &[(&Vec<Vec<Slot>>, bool)],
    fields: &[usize],
    turn: usize,
) -> Point {
    let mut point = Point::default();
    let in_rotation: std::collections::BTreeSet<Slot> =
        rotations.iter().flat_map(|(vectors, _)| vectors.iter().flatten().copied()).collect();
    for &field in fields {
        let (components, values) = system.fields[field];
        let slot = |component| Slot { field, component };
        if system.oriented.contains(&field) {
            point.oriented.push((values, weight(torus, factors, slot(0))));
            continue;
        }
        let turn = system.turns.get(turn).and_then(|turn| turn.get(field)?.as_ref());
        let turn = turn.filter(|matrix| !super::is_identity(matrix));
        match values {
            Values::Unit => point.spheres += 1,
            Values::Categories(q) => *point.categories.entry(q).or_insert(0) += components as u64,
            Values::Roots(order) => {
                point.roots.push((order, weight(torus, factors, slot(0))));
            }
            Values::Real | Values::TwoValued => {}
        }
        match (values, turn) {
            (Values::Categories(_) | Values::Roots(_), _) => {}
            (_, Some(matrix)) if !in_rotation.contains(&slot(0)) => {
                point.turned.push((weight(torus, factors, slot(0)), reversed_characteristic(matrix)));
            }
            _ => {
                let map = if values == Values::TwoValued { &mut point.two_valued } else { &mut point.real };
                for component in (0..components).filter(|&component| !in_rotation.contains(&slot(component))) {
                    *map.entry(weight(torus, factors, slot(component))).or_insert(0) += 1;
                }
            }
        }
    }
    for (rotation, (vectors, _)) in rotations.iter().enumerate() {
        for vector in vectors.iter().filter(|vector| fields.contains(&vector[0].field)) {
            *point.vectors.entry((rotation, weight(torus, factors, vector[0]))).or_insert(0) += 1;
        }
    }
    point
}

/// The weight of a component: of a complex number's real part that of the
/// number, of its imaginary part that of its conjugate.
pub(super) fn weight(torus: &Torus, factors: &[&Factor], slot: Slot) -> Weight {
    let exponent = |factor: &&Factor| match factor {
        Factor::Flip(fields) => Some(fields.contains(&slot.field) as i32),
        Factor::Cyclic { numbers, .. } => {
            let of = |number: &super::Charged| match number.parts.iter().position(|&part| part == slot)? {
                0 => Some(number.charge),
                _ => Some(-number.charge),
            };
            Some(numbers.iter().find_map(of).unwrap_or(0))
        }
        Factor::Rotation { .. } => None,
    };
    torus.reduced(&factors.iter().filter_map(exponent).collect::<Weight>())
}

/// The coefficients of det(1 - t A), by Faddeev's and LeVerrier's recursion.
pub(in crate::count) fn reversed_characteristic(matrix: &[Vec<i64>]) -> Vec<IBig> {
    let size = matrix.len();
    let mut coefficients = vec![IBig::ONE];
    let mut auxiliary: Vec<Vec<IBig>> = vec![vec![IBig::ZERO; size]; size];
    for k in 1..=size {
        // M = A M + c 1, then c = -tr(A M) / k.
        for (at, row) in auxiliary.iter_mut().enumerate() {
            row[at] += &coefficients[k - 1];
        }
        auxiliary = matrix
            .iter()
            .map(|row| (0..size).map(|c| (0..size).map(|j| IBig::from(row[j]) * &auxiliary[j][c]).sum()).collect())
            .collect();
        let trace: IBig = (0..size).map(|at| &auxiliary[at][at]).sum();
        coefficients.push(-trace / IBig::from(k));
    }
    coefficients
}

impl Point {
    fn is_trivial(&self) -> bool {
        let Point { real, two_valued, categories, spheres: _, roots, oriented, turned, vectors } = self;
        let none = real.is_empty() && two_valued.is_empty() && categories.is_empty() && oriented.is_empty();
        none && roots.is_empty() && turned.is_empty() && vectors.is_empty()
    }

    /// Multiplies a series by that of `count` cycles of points like this.
    fn multiply<R: Ring>(
        &self,
        ring: &R,
        torus: &Torus,
        result: &mut Series<R>,
        cycle: &Cycle,
        count: &IBig,
        degree: usize,
    ) {
        let length = cycle.length as usize;
        if *count == IBig::ZERO || length > degree {
            return;
        }
        let short = degree / length;
        let round = |weight: &Weight| torus.power(weight, length as u32);
        let mut times = |series: Series<R>| {
            *result = power_series::product(ring, result, &power_series::stretched(ring, &series, length, degree));
        };
        let binomial = |coefficient: IBig, weight: &Weight, exponent: IBig| {
            character::binomial(ring, torus, (&coefficient, weight), &exponent, short)
        };
        let unit = torus.reduced(&[]);
        for (weight, &components) in &self.real {
            times(binomial(IBig::NEG_ONE, &round(weight), -count * IBig::from(components)));
        }
        for (weight, &components) in &self.two_valued {
            times(binomial(IBig::ONE, &round(weight), count * IBig::from(components)));
        }
        for (&q, &components) in &self.categories {
            times(binomial(IBig::from(q.saturating_sub(1)), &unit, count * IBig::from(components)));
        }
        if self.spheres > 0 {
            let squares = character::binomial(
                ring,
                torus,
                (&IBig::NEG_ONE, &unit),
                &(count * IBig::from(self.spheres)),
                short / 2,
            );
            times(power_series::stretched(ring, &squares, 2, short));
        }
        for (order, weight) in &self.roots {
            times(power_series::power(ring, &roots(ring, torus, *order, &round(weight), short), count));
        }
        // Where the direction is reversed once round, z goes to a phase times
        // its conjugate: det(1 - t A) = 1 - t^2 for z and its conjugate, no
        // trace on a power of a phase, and one of a root of unity only where
        // its power is its own conjugate.
        for (values, weight) in &self.oriented {
            let forward = torus.power(weight, cycle.forward);
            match values {
                Values::Roots(order) if cycle.reversed => {
                    let mut once = power_series::one(ring, short);
                    let half = *order as usize / 2;
                    if order.is_multiple_of(2) && half <= short {
                        once[half] = ring.weight(&torus.power(&round(weight), half as u32), IBig::ONE);
                    }
                    times(power_series::power(ring, &once, count));
                }
                Values::Roots(order) => {
                    times(power_series::power(ring, &roots(ring, torus, *order, &forward, short), count));
                }
                _ => {
                    // One less square for a phase, whose absolute value is one.
                    let phase = *values == Values::Unit;
                    let squares = if phase { count.clone() } else { IBig::ZERO };
                    let squares = if cycle.reversed { squares - count } else { squares };
                    let series = character::binomial(ring, torus, (&IBig::NEG_ONE, &unit), &squares, short / 2);
                    times(power_series::stretched(ring, &series, 2, short));
                    if !cycle.reversed {
                        let opposite: Weight = forward.iter().map(|part| -part).collect();
                        times(binomial(IBig::NEG_ONE, &forward, -count));
                        times(binomial(IBig::NEG_ONE, &torus.reduced(&opposite), -count));
                    }
                }
            }
        }
        for (weight, determinant) in &self.turned {
            let weight = round(weight);
            let mut once = power_series::one(ring, short);
            for (power, value) in once.iter_mut().enumerate().skip(1).take(determinant.len() - 1) {
                *value = ring.weight(&torus.power(&weight, power as u32), determinant[power].clone());
            }
            times(power_series::power(ring, &once, &-count));
        }
    }
}

/// The powers of a root of unity of this order and weight, each of degree
/// min(k, order - k), up to a degree.
fn roots<R: Ring>(ring: &R, torus: &Torus, order: u32, weight: &Weight, degree: usize) -> Series<R> {
    let opposite: Weight = weight.iter().map(|part| -part).collect();
    let mut once = power_series::one(ring, degree);
    for (power, value) in once.iter_mut().enumerate().skip(1).take(order as usize / 2) {
        let both = 2 * power < order as usize;
        *value = ring.weight(&torus.power(weight, power as u32), IBig::ONE);
        if both {
            let conjugate = ring.weight(&torus.power(&opposite, power as u32), IBig::ONE);
            ring.add_multiple(value, &conjugate, &IBig::ONE);
        }
    }
    once
}

/// A system cut into parts that are averaged apart, up to a degree.
#[derive(Clone, Debug)]
pub(in crate::count) struct Averages {
    parts: Vec<Part>,
    degree: usize,
}

impl Averages {
    /// `Err` where the group cannot act or its series are too long.
    pub fn new(system: &System, degree: usize) -> Result<Averages, CountError> {
        system.check()?;
        // The least field of those that factors join.
        let mut first: Vec<usize> = (0..system.fields.len()).collect();
        let acted = |factor: &Factor| -> Vec<usize> {
            match factor {
                Factor::Flip(fields) => fields.clone(),
                Factor::Cyclic { numbers, .. } => numbers.iter().flat_map(|n| n.parts.map(|p| p.field)).collect(),
                Factor::Rotation { vectors, .. } => vectors.iter().flatten().map(|slot| slot.field).collect(),
            }
        };
        for factor in &system.group.factors {
            let joined = acted(factor);
            let Some(least) = joined.iter().map(|&field| first[field]).min() else { continue };
            let classes: Vec<usize> = joined.iter().map(|&field| first[field]).collect();
            first.iter_mut().filter(|at| classes.contains(at)).for_each(|at| *at = least);
        }
        let touched: std::collections::BTreeSet<usize> = system.group.factors.iter().flat_map(acted).collect();
        let (mut groups, mut alone): (BTreeMap<usize, Vec<usize>>, Vec<usize>) = Default::default();
        for (field, &least) in first.iter().enumerate() {
            match touched.contains(&field) {
                true => groups.entry(least).or_default().push(field),
                false => alone.push(field),
            }
        }
        let mut parts = vec![Part::new(system, &alone, &[])];
        for fields in groups.values() {
            let factors = system.group.factors.iter();
            let factors: Vec<&Factor> =
                factors.filter(|factor| acted(factor).first().is_some_and(|field| fields.contains(field))).collect();
            parts.push(Part::new(system, fields, &factors));
        }
        parts.retain(|part| !part.is_trivial());
        parts.iter().try_for_each(|part| part.check(degree))?;
        Ok(Averages { parts, degree })
    }

    /// About the number of products of integers in a series.
    pub fn work(&self) -> u64 {
        self.parts.iter().fold(1, |work, part| work.saturating_add(part.work(self.degree)))
    }

    /// The trace by degree of an element that moves points in these cycles,
    /// averaged over the group of the values, on all functions of the points.
    pub fn series(&self, cycles: &[(Cycle, UBig)]) -> Vec<IBig> {
        let one = power_series::one(&Integers, self.degree);
        self.parts
            .iter()
            .fold(one, |series, part| power_series::product(&Integers, &series, &part.average(cycles, self.degree)))
    }
}

/// Traces of group elements on the functions of one support: every point of
/// the support holds a non-trivial function, and an element that maps the
/// support to itself permutes its points in cycles. Averaged over the group
/// of the values.
pub(in crate::count) struct Traces {
    averages: Averages,
    admitted: Admitted,
    known: FxHashMap<Vec<Cycle>, IBig>,
    /// The sums over functions that may be trivial at any point.
    any: FxHashMap<Vec<(Cycle, usize)>, IBig>,
}

/// The degrees that a model declares.
#[derive(Clone, Copy, Debug)]
pub(in crate::count) struct Admitted {
    /// The degree.
    pub degree: u32,
    /// Whether it is that degree alone.
    pub homogeneous: bool,
}

impl Admitted {
    /// The sum over the admitted degrees.
    pub fn sum(&self, series: &[IBig]) -> IBig {
        match self.homogeneous {
            true => series.get(self.degree as usize).cloned().unwrap_or(IBig::ZERO),
            false => series.iter().take(self.degree as usize + 1).sum(),
        }
    }
}

impl Traces {
    /// No trace computed yet. `Err` if the degree is beyond all limits, or
    /// the group of the values cannot act.
    pub fn new(space: &Space) -> Result<Traces, CountError> {
        Traces::of(&space.values, space.admitted(), series::effective_degree(space)?)
    }

    /// The same for a system without places.
    pub fn of(system: &System, admitted: Admitted, degree: usize) -> Result<Traces, CountError> {
        Ok(Traces {
            averages: Averages::new(system, degree)?,
            admitted,
            known: FxHashMap::default(),
            any: FxHashMap::default(),
        })
    }

    /// About the number of products of integers in a trace.
    pub fn work(&self) -> u64 {
        self.averages.work()
    }

    /// The trace of an element that permutes the points in these cycles,
    /// sorted.
    pub fn trace(&mut self, cycles: &[Cycle]) -> &IBig {
        if !self.known.contains_key(cycles) {
            let trace = self.compute(cycles);
            self.known.insert(cycles.to_vec(), trace);
        }
        &self.known[cycles]
    }

    /// Inclusion and exclusion over the cycles that hold a trivial function.
    fn compute(&mut self, cycles: &[Cycle]) -> IBig {
        let mut counted: BTreeMap<Cycle, usize> = BTreeMap::new();
        cycles.iter().for_each(|cycle| *counted.entry(*cycle).or_insert(0) += 1);
        let parts: Vec<(Cycle, usize)> = counted.into_iter().collect();
        let mut total = IBig::ZERO;
        let mut chosen = vec![0usize; parts.len()];
        loop {
            let omitted: usize = parts.iter().zip(&chosen).map(|((_, multiplicity), c)| multiplicity - c).sum();
            let ways: IBig = parts
                .iter()
                .zip(&chosen)
                .map(|((_, multiplicity), &c)| IBig::from(binomial(&UBig::from(*multiplicity), c as u64)))
                .product();
            let some: Vec<(Cycle, usize)> =
                parts.iter().zip(&chosen).map(|((cycle, _), &c)| (*cycle, c)).filter(|&(_, c)| c > 0).collect();
            let value = ways * self.any_functions(some);
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

    /// The trace where points may hold the trivial function too.
    fn any_functions(&mut self, cycles: Vec<(Cycle, usize)>) -> &IBig {
        let (averages, admitted) = (&self.averages, &self.admitted);
        self.any.entry(cycles).or_insert_with_key(|cycles| {
            let cycles: Vec<(Cycle, UBig)> = cycles.iter().map(|&(cycle, count)| (cycle, UBig::from(count))).collect();
            admitted.sum(&averages.series(&cycles))
        })
    }
}
