//! Sums over the cells of a lattice, in a form in which equal sums are equal.
//!
//! A sum is given by polynomials of the unit cell with their weights. Its
//! terms may be translated: freely along directions that have no ends, together
//! with their window along open ones, and not at all where a coupling from a
//! file stands beside them. So every term is brought to its least translate
//! along the directions without ends, and to the least cell that it meets along
//! open ones; what is left of a monomial is a function of the cell, a combination
//! of windows, and two sums are equal if these functions are.
//!
//! A variable beyond an open end is zero. A monomial is therefore absent where
//! it reaches beyond, whatever its weight; only then is it reduced by the kinds
//! of its variables (s^2 = 1 holds for a spin, not for the zero beyond the end).
//! A variable beyond a twisted end has the opposite sign.

use std::collections::{BTreeMap, BTreeSet};

use super::lattice::Boundary;
use super::monomial::{Factor, Monomial};
use super::polynomial::Polynomial;
use super::variable::{Shift, Variable};
use super::weight::{Entry, Weight, Window};
use super::{Field, Frame};
use crate::exact::Rational;

/// A sum over cells in normal form.
#[derive(Clone, Debug, Default)]
pub struct LatticeSum {
    /// For each coupling and monomial the windows that it stands in.
    terms: BTreeMap<(Option<Entry>, Monomial), BTreeMap<Window, Rational>>,
}

/// A monomial whose coefficient is not zero somewhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Excess {
    /// The coupling from a file that multiplies it.
    pub coupling: Option<Entry>,
    /// The monomial.
    pub monomial: Monomial,
    /// A cell where the coefficient is greatest in magnitude.
    pub cell: Vec<u64>,
    /// The coefficient there; of the constant, the mean over all cells.
    pub coefficient: Rational,
}

impl LatticeSum {
    /// Adds the sum over all cells of `weight` times the translates of a
    /// polynomial, times a factor. The variables of the polynomial may be
    /// given as real ones whatever their kinds.
    pub fn add(
        &mut self,
        frame: &Frame,
        fields: &[Field],
        weight: &Weight,
        polynomial: &Polynomial,
        factor: &Rational,
    ) {
        for (monomial, coefficient) in polynomial.terms() {
            let mut window = weight.window;
            let open = |at: usize| frame.boundaries[at] == Boundary::Open;
            let ends = (0..frame.directions.len()).filter(|&at| open(at));
            let mut origin = Shift::ZERO;
            for at in ends {
                let cells = monomial.factors().iter().map(|factor| factor.variable.cell.0[at]);
                let (Some(least), Some(greatest)) = (cells.clone().min(), cells.max()) else { continue };
                window.low.0[at] = window.low.0[at].max(-least);
                window.high.0[at] = window.high.0[at].max(greatest);
                if weight.coupling.is_none() {
                    origin.0[at] = least;
                    window.low.0[at] += least;
                    window.high.0[at] -= least;
                }
            }
            let factors = monomial.factors().iter().map(|factor| {
                let slot = factor.variable.slot();
                let kind = fields[frame.slot(slot).field as usize].kind;
                Factor { variable: Variable::new(slot, kind).at(factor.variable.cell - origin), ..*factor }
            });
            let kinds = Monomial::from_factors(factors);
            let (canonical, negative) = match weight.coupling {
                Some(_) => frame.folded(&kinds),
                None => {
                    let translate = frame.least_translate(&kinds);
                    if translate.vanishes {
                        continue;
                    }
                    (translate.monomial, translate.negative)
                }
            };
            let mut coefficient = coefficient * factor;
            if negative {
                coefficient = -coefficient;
            }
            if canonical.is_one() && weight.coupling.is_none() {
                // Of a constant only the total counts.
                let cells = frame.periods.iter().fold(Rational::ONE, |product, &p| product * Rational::from(p));
                coefficient = coefficient * window.cells(&frame.periods) / cells;
                window = Window::ALL;
            }
            let windows = self.terms.entry((weight.coupling, canonical)).or_default();
            *windows.entry(window).or_default() += &coefficient;
        }
    }

    /// The monomials whose coefficients are not zero everywhere.
    pub fn excess(&self, frame: &Frame) -> Vec<Excess> {
        let mut found = Vec::new();
        for ((coupling, monomial), windows) in &self.terms {
            let windows: Vec<(Window, &Rational)> =
                windows.iter().filter(|(_, c)| !c.is_zero()).map(|(window, c)| (*window, c)).collect();
            let mut best: Option<(Rational, Vec<u64>)> = None;
            let mut cell = Vec::new();
            greatest(frame, &windows, &mut cell, &mut best);
            if let Some((coefficient, cell)) = best {
                found.push(Excess { coupling: *coupling, monomial: monomial.clone(), cell, coefficient });
            }
        }
        found
    }

    /// The coefficient of a monomial in normal form in a cell.
    pub fn coefficient(&self, frame: &Frame, excess: &Excess) -> Rational {
        let Some(windows) = self.terms.get(&(excess.coupling, excess.monomial.clone())) else { return Rational::ZERO };
        let inside = |window: &Window| {
            (0..frame.periods.len()).all(|at| window.range(at, frame.periods[at]).contains(&excess.cell[at]))
        };
        windows.iter().filter(|(window, _)| inside(window)).fold(Rational::ZERO, |sum, (_, c)| sum + c)
    }
}

/// The greatest magnitude of a combination of windows, direction by
/// direction: between two ends of windows the combination does not change.
fn greatest(
    frame: &Frame,
    windows: &[(Window, &Rational)],
    cell: &mut Vec<u64>,
    best: &mut Option<(Rational, Vec<u64>)>,
) {
    if windows.is_empty() {
        return;
    }
    let at = cell.len();
    if at == frame.periods.len() {
        let sum = windows.iter().fold(Rational::ZERO, |sum, (_, coefficient)| sum + *coefficient);
        if !sum.is_zero() && best.as_ref().is_none_or(|(known, _)| sum.abs() > known.abs()) {
            *best = Some((sum, cell.clone()));
        }
        return;
    }
    let period = frame.periods[at];
    let ranges: Vec<_> = windows.iter().map(|(window, _)| window.range(at, period)).collect();
    let mut starts: BTreeSet<u64> = ranges.iter().flat_map(|range| [range.start, range.end]).collect();
    starts.insert(0);
    for start in starts.into_iter().filter(|&start| start < period) {
        let inside: Vec<(Window, &Rational)> = windows
            .iter()
            .zip(&ranges)
            .filter(|(_, range)| range.contains(&start))
            .map(|(window, _)| *window)
            .collect();
        cell.push(start);
        greatest(frame, &inside, cell, best);
        cell.pop();
    }
}
