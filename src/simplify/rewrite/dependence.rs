//! Gates whose value is a combination of the values of earlier ones.
//!
//! Values are taken at pseudo-random points modulo 2^61 - 1, a few more than
//! there are unknowns; a relation found there is confirmed with exact
//! rationals at two further points before it is used, and the circuit as a
//! whole is proved exactly afterwards, as every circuit is.

use std::collections::BTreeSet;

use super::values::{Basis, Exact, Values};
use super::work::Work;
use crate::circuit::{Form, Source};
use crate::model::Shift;
use crate::modular::Residue;

/// Circuits with more gates and inputs are left alone.
const UNKNOWNS: usize = 260;
/// Points more than unknowns.
const SPARE: usize = 4;

/// Takes away every gate that depends linearly on others.
pub fn remove(work: &mut Work) {
    while let Some((gate, relation)) = dependent(work) {
        work.substitute(gate, &relation);
        work.remove_unused();
    }
}

/// The first gate that is a combination of earlier ones, inputs and one.
fn dependent(work: &Work) -> Option<(usize, Form)> {
    let order = work.order();
    let forms = order.iter().filter_map(|&gate| work.gates[gate].as_ref()).flatten();
    let inputs = forms.flat_map(|form| &form.terms).map(|(source, _)| *source);
    let inputs: BTreeSet<Source> = inputs.filter(|source| matches!(source, Source::Input(_))).collect();
    let unknowns = order.len() + inputs.len() + 1;
    if unknowns > UNKNOWNS {
        return None;
    }
    let points = unknowns + SPARE;
    let mut values = Values::of(work, &order, points)?;
    let mut basis = Basis::default();
    basis.insert(vec![Residue::new(1); points]);
    let gates = order.iter().map(|&gate| Source::Gate { gate, shift: Shift::ZERO });
    let sources: Vec<Source> = inputs.into_iter().chain(gates).collect();
    for (at, &source) in sources.iter().enumerate() {
        let Some(Some(parts)) = basis.insert(values.source(source)?.clone()) else { continue };
        let Source::Gate { gate, .. } = source else { continue };
        let constant = parts.iter().find(|(at, _)| *at == 0).map(|(_, c)| c.clone()).unwrap_or_default();
        let terms = parts.into_iter().filter(|(at, _)| *at > 0).map(|(at, c)| (sources[at - 1], c));
        let relation = Form::new(constant, terms.collect::<Vec<_>>());
        let order = &order[..=order.iter().position(|&other| other == gate).unwrap_or(at)];
        let holds = |point: u64| {
            let exact = Exact::of(work, order, point);
            exact.source(source) == exact.form(&relation)
        };
        if holds(0) && holds(1) {
            return Some((gate, relation));
        }
    }
    None
}
