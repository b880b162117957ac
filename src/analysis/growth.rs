//! How a count grows with a parameter.
//!
//! Enters a count for each of several values n of the parameter. Leaves the
//! law: a polynomial or `a b^n + c` where all points lie on one exactly and
//! there are at least two points more than it has coefficients; otherwise the
//! power of n or the exponential that fits the logarithms better, by least
//! squares.

use std::fmt;

use crate::exact::Rational;

/// A law of growth.
#[derive(Clone, PartialEq, Debug)]
pub enum Growth {
    /// A polynomial that goes through all points: coefficients from the
    /// constant.
    Polynomial(Vec<Rational>),
    /// `factor * base^n + constant`, through all points.
    Exponential {
        /// The factor.
        factor: Rational,
        /// The base.
        base: Rational,
        /// The constant.
        constant: Rational,
    },
    /// About `factor * n^exponent`.
    AboutPower {
        /// The factor.
        factor: f64,
        /// The exponent.
        exponent: f64,
    },
    /// About `factor * base^n`.
    AboutExponential {
        /// The factor.
        factor: f64,
        /// The base.
        base: f64,
    },
    /// Too few points, or zeros among them.
    Unknown,
}

/// Polynomials of higher degree are not looked for.
const HIGHEST_DEGREE: usize = 8;

/// The law of counts at values of a parameter, in ascending order of distinct
/// values.
///
/// ```
/// use hamc::analysis::growth::growth;
/// use hamc::exact::Rational;
/// let points = |count: fn(i64) -> i64| -> Vec<(i64, Rational)> {
///     (4..12).map(|n| (n, Rational::from(count(n)))).collect()
/// };
/// assert_eq!(growth(&points(|n| 4 * n - 4)).to_string(), "4n - 4");
/// assert_eq!(growth(&points(|n| n * (n - 1) / 2)).to_string(), "n^2/2 - n/2");
/// assert_eq!(growth(&points(|n| 2i64.pow(n as u32) - 1)).to_string(), "2^n - 1");
/// assert_eq!(growth(&points(|n| n * n * (n % 3 + 10))).to_string(), "about 11 n^2.0");
/// ```
pub fn growth(points: &[(i64, Rational)]) -> Growth {
    if points.len() < 3 {
        return Growth::Unknown;
    }
    if let Some(coefficients) = polynomial(points) {
        return Growth::Polynomial(coefficients);
    }
    if let Some(found) = exponential(points) {
        return found;
    }
    if points.iter().any(|(n, count)| *n <= 0 || count.is_zero() || count.is_negative()) {
        return Growth::Unknown;
    }
    let logarithms: Vec<f64> = points.iter().map(|(_, count)| logarithm(count)).collect();
    let line = |places: Vec<f64>| {
        let count = places.len() as f64;
        let (x, y) = (places.iter().sum::<f64>() / count, logarithms.iter().sum::<f64>() / count);
        let products = places.iter().zip(&logarithms).map(|(a, b)| (a - x) * (b - y)).sum::<f64>();
        let squares = places.iter().map(|a| (a - x) * (a - x)).sum::<f64>();
        let slope = products / squares;
        let rest = places.iter().zip(&logarithms).map(|(a, b)| (b - y - slope * (a - x)).powi(2)).sum::<f64>();
        (slope, y - slope * x, rest)
    };
    let power = line(points.iter().map(|(n, _)| (*n as f64).ln()).collect());
    let exponential = line(points.iter().map(|(n, _)| *n as f64).collect());
    match power.2 <= exponential.2 {
        true => Growth::AboutPower { factor: power.1.exp(), exponent: power.0 },
        false => Growth::AboutExponential { factor: exponential.1.exp(), base: exponential.0.exp() },
    }
}

/// The natural logarithm of a positive number of any size.
pub fn logarithm(value: &Rational) -> f64 {
    let near = value.to_f64();
    if near.is_normal() {
        return near.ln();
    }
    let digits = value.parts().0.to_string();
    let (lead, rest) = digits.split_at(digits.len().min(15));
    lead.parse::<f64>().unwrap_or(1.0).ln() + rest.len() as f64 * std::f64::consts::LN_10
}

/// The polynomial through all points, by divided differences.
fn polynomial(points: &[(i64, Rational)]) -> Option<Vec<Rational>> {
    let mut differences: Vec<Rational> = points.iter().map(|(_, count)| count.clone()).collect();
    let mut leading = Vec::new();
    for order in 0..points.len() {
        if differences.iter().all(Rational::is_zero) {
            break;
        }
        // As many coefficients so far, and two points more.
        if order > HIGHEST_DEGREE || order + 2 >= points.len() {
            return None;
        }
        leading.push(differences[0].clone());
        differences = (0..differences.len() - 1)
            .map(|at| {
                let width = Rational::from(points[at + order + 1].0 - points[at].0);
                (&differences[at + 1] - &differences[at]) / width
            })
            .collect();
    }
    // Newton's form multiplied out.
    let mut coefficients: Vec<Rational> = vec![Rational::ZERO; leading.len().max(1)];
    for (order, value) in leading.iter().enumerate().rev() {
        // coefficients * (n - points[order]) + value
        let place = Rational::from(points[order].0);
        for at in (0..coefficients.len()).rev() {
            let lower = if at > 0 { coefficients[at - 1].clone() } else { Rational::ZERO };
            coefficients[at] = lower - &coefficients[at] * &place;
        }
        coefficients[0] += value;
    }
    Some(coefficients)
}

/// `a b^n + c` through all points, which are equally spaced.
fn exponential(points: &[(i64, Rational)]) -> Option<Growth> {
    let step = points[1].0 - points[0].0;
    if points.len() < 5 || step != 1 || points.windows(2).any(|pair| pair[1].0 - pair[0].0 != step) {
        return None;
    }
    let differences: Vec<Rational> = points.windows(2).map(|pair| &pair[1].1 - &pair[0].1).collect();
    if differences.iter().any(Rational::is_zero) {
        return None;
    }
    let base = &differences[1] / &differences[0];
    if base.is_one() || differences.windows(2).any(|pair| &pair[0] * &base != pair[1]) {
        return None;
    }
    let first = u32::try_from(points[0].0).ok()?;
    // a b^n (b - 1) is the first difference.
    let factor = differences[0].clone() / (base.pow(first) * (&base - &Rational::ONE));
    let constant = &points[0].1 - &(&factor * &base.pow(first));
    Some(Growth::Exponential { factor, base, constant })
}

/// A number before a factor: nothing for one.
fn before(value: &Rational) -> String {
    if value.is_one() { String::new() } else { value.to_string() }
}

/// A term `value * n^power`.
fn term(value: &Rational, power: usize, name: &str) -> String {
    let (numerator, denominator) = value.parts();
    let variable = match power {
        0 => return value.to_string(),
        1 => name.to_owned(),
        power => format!("{name}^{power}"),
    };
    let numerator = Rational::from_integer(numerator);
    match denominator.to_string().as_str() {
        "1" => format!("{}{variable}", before(&numerator)),
        denominator => format!("{}{variable}/{denominator}", before(&numerator)),
    }
}

impl Growth {
    /// The law in a variable of this name.
    pub fn text(&self, name: &str) -> String {
        match self {
            Growth::Polynomial(coefficients) => {
                let mut text = String::new();
                for (power, value) in coefficients.iter().enumerate().rev().filter(|(_, value)| !value.is_zero()) {
                    text.push_str(match (text.is_empty(), value.is_negative()) {
                        (true, false) => "",
                        (true, true) => "-",
                        (false, false) => " + ",
                        (false, true) => " - ",
                    });
                    text.push_str(&term(&value.abs(), power, name));
                }
                if text.is_empty() { "0".to_owned() } else { text }
            }
            Growth::Exponential { factor, base, constant } => {
                let base = if base.is_integer() { base.to_string() } else { format!("({base})") };
                let power = if factor.is_one() { format!("{base}^{name}") } else { format!("{factor}*{base}^{name}") };
                match (constant.is_zero(), constant.is_negative()) {
                    (true, _) => power,
                    (false, true) => format!("{power} - {}", constant.abs()),
                    (false, false) => format!("{power} + {constant}"),
                }
            }
            Growth::AboutPower { factor, exponent } => {
                format!("about {} {name}^{exponent:.1}", two_digits(*factor))
            }
            Growth::AboutExponential { factor, base } => {
                format!("about {} {base:.3}^{name}", two_digits(*factor))
            }
            Growth::Unknown => "?".to_owned(),
        }
    }
}

impl fmt::Display for Growth {
    /// The law in n.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text("n"))
    }
}

fn two_digits(value: f64) -> String {
    match value {
        value if (0.01..0.1).contains(&value) => format!("{value:.3}"),
        value if (0.1..10.0).contains(&value) => format!("{value:.1}"),
        value if (10.0..100_000.0).contains(&value) => format!("{value:.0}"),
        value => format!("{value:.1e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn polynomials_are_recognised(coefficients in proptest::collection::vec(-5i64..6, 1..5), first in -3i64..4) {
            let value = |n: i64| coefficients.iter().rev().fold(Rational::ZERO, |sum, &c| {
                sum * Rational::from(n) + Rational::from(c)
            });
            let points: Vec<(i64, Rational)> = (first..first + 8).map(|n| (n, value(n))).collect();
            let Growth::Polynomial(found) = growth(&points) else { panic!("{points:?}") };
            let mut found = found;
            let mut expected: Vec<Rational> = coefficients.iter().map(|&c| Rational::from(c)).collect();
            for list in [&mut found, &mut expected] {
                while list.last().is_some_and(Rational::is_zero) {
                    list.pop();
                }
            }
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn exponentials_and_fits() {
        let points =
            |count: fn(i64) -> i64| -> Vec<(i64, Rational)> { (1..9).map(|n| (n, Rational::from(count(n)))).collect() };
        assert_eq!(growth(&points(|n| 5 * 3i64.pow(n as u32) + 2)).to_string(), "5*3^n + 2");
        assert_eq!(growth(&points(|_| 7)).to_string(), "7");
        let Growth::AboutExponential { base, .. } = growth(&points(|n| 2i64.pow(n as u32) + n * n)) else { panic!() };
        assert!((base - 2.0).abs() < 0.3, "{base}");
        assert_eq!(growth(&points(|n| n)[..2]), Growth::Unknown);
    }
}
