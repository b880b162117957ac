//! In how many cells of a lattice each gate is computed.
//!
//! On a lattice without ends a gate is computed in every cell. Along an open
//! direction an output is summed over the cells of a window, and a gate is
//! needed where some form of these cells, or of the gates needed there, uses it:
//! the box of those cells is counted, margins of cells beyond the ends included.

use super::{Circuit, Form, Gate, Source};
use crate::exact::Rational;
use crate::model::{Boundary, Frame, Window};

/// The number of cells in which each gate is needed; gates are given by their
/// forms, in an order in which each uses earlier ones only, outputs by their
/// windows.
pub fn cells_of_gates(frame: &Frame, gates: &[Vec<&Form>], outputs: &[(Window, &Form)]) -> Vec<Rational> {
    let directions = frame.directions.len();
    // The least margins at both ends of each direction.
    let mut needed: Vec<Option<Vec<(i64, i64)>>> = vec![None; gates.len()];
    let use_form = |form: &Form, margins: &[(i64, i64)], needed: &mut Vec<Option<Vec<(i64, i64)>>>| {
        for (source, _) in &form.terms {
            let Source::Gate { gate, shift } = source else { continue };
            let seen = |at: usize| (margins[at].0 + shift.0[at] as i64, margins[at].1 - shift.0[at] as i64);
            match &mut needed[*gate] {
                None => needed[*gate] = Some((0..directions).map(seen).collect()),
                Some(known) => known.iter_mut().enumerate().for_each(|(at, margins)| {
                    let (low, high) = seen(at);
                    *margins = (margins.0.min(low), margins.1.min(high));
                }),
            }
        }
    };
    for (window, form) in outputs {
        if window.cells(&frame.periods).is_zero() {
            continue;
        }
        let margins: Vec<(i64, i64)> =
            (0..directions).map(|at| (window.low.0[at] as i64, window.margin(at) as i64)).collect();
        use_form(form, &margins, &mut needed);
    }
    for gate in (0..gates.len()).rev() {
        if let Some(margins) = needed[gate].clone() {
            gates[gate].iter().for_each(|form| use_form(form, &margins, &mut needed));
        }
    }
    let count = |margins: Option<Vec<(i64, i64)>>| {
        let Some(margins) = margins else { return Rational::ZERO };
        (0..directions).fold(Rational::ONE, |product, at| {
            let period = Rational::from(frame.periods[at]);
            product
                * match frame.boundaries[at] {
                    Boundary::Open => period - Rational::from(margins[at].0 + margins[at].1),
                    // On a graph some cells hold no site, or no edge.
                    Boundary::Periodic | Boundary::Twisted if at == 0 && margins[0].1 > 0 && margins[0].0 == 0 => {
                        period - Rational::from(margins[0].1)
                    }
                    Boundary::Periodic | Boundary::Twisted => period,
                }
        })
    };
    needed.into_iter().map(count).collect()
}

impl Circuit {
    /// The number of cells in which each gate is computed.
    pub fn cells(&self, frame: &Frame) -> Vec<Rational> {
        let gates: Vec<Vec<&Form>> = self.gates.iter().map(|gate| gate.forms()).collect();
        let outputs: Vec<(Window, &Form)> =
            self.outputs.iter().map(|output| (output.weight.window, &output.form)).collect();
        cells_of_gates(frame, &gates, &outputs)
    }

    /// The counts on a whole lattice: products, squares, bit products and
    /// non-scalar multiplications in the cells where they are needed;
    /// multiplications by constants and additions, which gates share, in all
    /// cells.
    pub fn totals(&self, frame: &Frame) -> [Rational; 6] {
        let mut totals: [Rational; 6] = Default::default();
        for (gate, cells) in self.gates.iter().zip(self.cells(frame)) {
            let (kind, multiplications) = match gate {
                Gate::Product(..) => (0, 1),
                Gate::Square(_) => (1, 1),
                Gate::BitProduct(forms) => (2, forms.len() as u64 - 1),
            };
            totals[kind] += &cells;
            totals[3] += &(cells * Rational::from(multiplications));
        }
        let counts = self.counts();
        let all = frame.periods.iter().fold(Rational::ONE, |product, &period| product * Rational::from(period));
        totals[4] = &all * &Rational::from(counts.scalar_multiplications);
        totals[5] = all * Rational::from(counts.additions);
        totals
    }
}
