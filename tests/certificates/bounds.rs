//! For every activation and number format: a bound is never below what is
//! measured, wherever a search for the greatest error ends, nor far above it.

use hamc::assemble::{Options, assemble, most_accurate};
use hamc::network::{Activation, Network, Precision, Topology};

use crate::cases::{Case, Found, Placed, random_case, spec_cases};
use crate::common::Random;

/// Columns that one round of a search moves.
const MOVED: usize = 24;

/// How hard errors are sought.
#[derive(Clone, Copy)]
struct Effort {
    /// Points at which a network is measured.
    points: usize,
    /// The worst of them from which the search begins, and as many others.
    starts: usize,
    /// Its steps.
    rounds: usize,
}

/// A search for the greatest error from one point: along the gradient of the
/// error, by differences, and along the coordinates, as long as the error
/// grows; then with ever shorter steps, down to the last digits.
fn ascend(case: &Case, placed: &Placed<'_>, start: (f64, Vec<f64>), rounds: usize, random: &mut Random) -> f64 {
    let (mut best, mut point) = start;
    let mut step = 0.25;
    for _ in 0..rounds {
        let first = if case.columns.len() > MOVED { random.below(case.columns.len()) } else { 0 };
        let moved: Vec<_> = case.columns.iter().cycle().skip(first).take(MOVED.min(case.columns.len())).collect();
        if moved.is_empty() {
            return best;
        }
        let shifted = |point: &[f64], column: usize, by: f64, lower: f64, upper: f64, two: bool| {
            let value = if two { lower + upper - point[column] } else { point[column] + by * (upper - lower) };
            value.clamp(lower, upper)
        };
        let mut around = Vec::with_capacity(2 * moved.len());
        for &&(column, lower, upper, two) in &moved {
            for by in [-step, step] {
                let mut near = point.clone();
                near[column] = shifted(&point, column, by, lower, upper, two);
                around.push(near);
            }
        }
        let errors = placed.errors(&around);
        // The gradient over the widths of the domains, its greatest entry one.
        let slope: Vec<f64> = errors.chunks(2).map(|pair| pair[1] - pair[0]).collect();
        let steepest = slope.iter().fold(0.0, |most, slope| f64::max(most, slope.abs()));
        let mut along = Vec::new();
        if steepest > 0.0 {
            for length in [4.0, 1.0, 0.25] {
                let mut far = point.clone();
                for (&&(column, lower, upper, two), slope) in moved.iter().zip(&slope).filter(|(column, _)| !column.3) {
                    far[column] = shifted(&point, column, length * step * slope / steepest, lower, upper, two);
                }
                along.push(far);
            }
        }
        let further = if along.is_empty() { Vec::new() } else { placed.errors(&along) };
        let found = errors.into_iter().chain(further).zip(around.into_iter().chain(along));
        let (error, place) = found.max_by(|a, b| a.0.total_cmp(&b.0)).expect("there are columns");
        if error > best {
            (best, point) = (error, place);
            step = f64::min(0.25, 1.5 * step);
        } else {
            step *= 0.5;
        }
    }
    best
}

/// The network of a case, with a tolerance from the fewest neurons to the most
/// accurate gates, by `turn`; `None` where a narrow format ends.
fn compile(case: &Case, activation: Activation, precision: Precision, turn: u64) -> Option<Network> {
    let topology = if turn % 5 == 4 && activation != Activation::Relu { Topology::Layered } else { Topology::Skip };
    let options = Options { activation, precision, topology, ..Options::default() };
    // Narrow formats end soon.
    let Some(best) = most_accurate(&case.model, &case.circuit, &options) else {
        assert!(precision != Precision::F64, "{activation} {}", case.name);
        return None;
    };
    let tolerance = match (precision, turn % 3) {
        (_, 0) => 1e300,
        (Precision::F64, 1) => 1e-5,
        (Precision::F32, 1) => 1e-2,
        (_, 1) => 0.5,
        _ => return Some(best),
    };
    let tolerance = f64::max(tolerance, best.accuracy.per_cell);
    match assemble(&case.model, &case.circuit, &Options { tolerance, ..options }) {
        Ok(network) => Some(network),
        Err(error) => panic!("{activation} {precision} {}: {error}", case.name),
    }
}

/// Measures the network of a case; the ratio of bound and measured error, or
/// none where it is exact.
fn examine(case: &Case, turn: u64, activation: Activation, precision: Precision, effort: Effort) -> Option<f64> {
    let network = compile(case, activation, precision, turn)?;
    assert_eq!(network.certify().as_ref(), Ok(&network.certificate));
    let placed = case.place(&network);
    let mut random = Random(turn);
    let mut starts: Found = placed.errors_at_points(effort.points, effort.points);
    let measured = starts[0].0;
    // The worst points, and others anywhere.
    let others: Vec<_> = (0..effort.starts).map(|_| starts[random.below(starts.len())].clone()).collect();
    starts.truncate(effort.starts);
    starts.extend(others);
    let greatest = starts
        .into_iter()
        .map(|start| ascend(case, &placed, start, effort.rounds, &mut random))
        .fold(measured, f64::max);
    let (bound, name) = (placed.bound, &case.name);
    assert!(greatest <= bound, "{activation} {precision} {name}: {greatest:e} > {bound:e}");
    (greatest > 0.0).then(|| bound / greatest)
}

fn median(ratios: &mut [f64]) -> f64 {
    ratios.sort_by(f64::total_cmp);
    ratios.get(ratios.len() / 2).copied().unwrap_or(1.0)
}

fn activations() -> impl Iterator<Item = Activation> {
    Activation::ALL.into_iter().filter(|&activation| activation != Activation::Identity)
}

/// Measures all cases with every activation and format; returns whether all
/// medians are at most 20.
fn examine_all(title: &str, cases: &[Case], effort: Effort) -> bool {
    println!("{title}: median and greatest bound/error of {} cases", cases.len());
    let mut close = true;
    for activation in activations() {
        let mut line = format!("{:<10}", activation.name());
        for precision in Precision::ALL {
            let examined = cases.iter().zip(0..).map(|(case, turn)| examine(case, turn, activation, precision, effort));
            let mut ratios: Vec<f64> = examined.flatten().collect();
            let (median, greatest) = (median(&mut ratios), ratios.last().copied().unwrap_or(1.0));
            line += &format!("  {precision} {:>2} {median:>5.1} {greatest:>8.1}", ratios.len());
            close &= median <= 20.0;
        }
        println!("{line}");
    }
    close
}

/// Every polynomial with some pair of activation and format, every pair with
/// some polynomials.
#[test]
fn bounds_hold_and_are_not_far_off() {
    let effort = Effort { points: 200, starts: 1, rounds: 10 };
    let cases: Vec<Case> = (0..40).map(|seed| random_case(seed, effort.points)).collect();
    let mut ratios: Vec<f64> = Vec::new();
    let mut pair = 0;
    for precision in Precision::ALL {
        for activation in activations() {
            // As many of each tolerance and topology.
            let mut some: Vec<f64> = (0..5)
                .map(|k| (7 * pair + 13 * k) % 40)
                .filter_map(|at| examine(&cases[at], at as u64, activation, precision, effort))
                .collect();
            pair += 1;
            ratios.append(&mut some);
        }
    }
    let median = median(&mut ratios);
    assert!(median <= 20.0, "{median}");
}

/// A million points for each activation and format, corners, grids and random
/// ones of 40 polynomials, and a search from the worst.
#[test]
#[ignore = "takes minutes: cargo test --release --test certificates -- --ignored"]
fn bounds_hold_at_a_million_points() {
    let effort = Effort { points: 25_000, starts: 4, rounds: 60 };
    let cases: Vec<Case> = (0..40).map(|seed| random_case(seed, effort.points)).collect();
    assert!(examine_all("polynomials", &cases, effort));
}

/// The same for the shipped specs, at points of about a million cells in all.
#[test]
#[ignore = "takes minutes: cargo test --release --test certificates -- --ignored"]
fn bounds_hold_on_the_specs() {
    let cases = spec_cases(1_000_000 / 25);
    assert!(cases.len() >= 20, "{}", cases.len());
    let effort = Effort { points: usize::MAX, starts: 2, rounds: 30 };
    assert!(examine_all("specs", &cases, effort));
}

/// A million points for every network of its own, and a long search.
#[test]
#[ignore = "takes hours: cargo test --release --test certificates -- --ignored a_million_points_each"]
fn bounds_hold_at_a_million_points_each() {
    let effort = Effort { points: 1_000_000, starts: 16, rounds: 120 };
    let cases: Vec<Case> = (0..40).map(|seed| random_case(seed, effort.points)).collect();
    assert!(examine_all("polynomials", &cases, effort));
}
