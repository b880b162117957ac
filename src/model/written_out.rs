//! Models on shorter lattices, and written out on every site.

use std::collections::BTreeMap;

use super::expression::Expression;
use super::field::{Frame, Place};
use super::graph::Graph;
use super::lattice::{Boundary, Lattice};
use super::monomial::{Factor, Monomial};
use super::polynomial::Polynomial;
use super::weight::{Couplings, Weight};
use super::{Energy, Model, Variable};
use crate::exact::Rational;
use crate::modular::scramble;

/// The terms of a model that is written out to look at its symmetries.
const MOST_WRITTEN: u64 = 20_000;

impl Model {
    /// How far the terms of the energies reach along each direction of the
    /// frame, windows included.
    pub fn reach(&self) -> Vec<u64> {
        (0..self.frame.directions.len())
            .map(|at| {
                let cells = self.energies.iter().flat_map(|energy| energy.polynomial.variables());
                let cells = cells.map(|variable| variable.cell.0[at].unsigned_abs() as u64);
                let margins = self.energies.iter().map(|energy| {
                    let window = &energy.weight.window;
                    window.low.0[at].unsigned_abs().max(window.high.0[at].unsigned_abs()) as u64
                });
                cells.chain(margins).max().unwrap_or(0)
            })
            .collect()
    }

    /// The same terms on a lattice with other numbers of cells along the
    /// directions of the frame, none greater than the model's; of couplings
    /// from files those of the first cells.
    pub fn shortened(&self, periods: &[u64]) -> Model {
        let mut short = self.clone();
        if periods == self.frame.periods {
            return short;
        }
        if let Some(graph) = self.lattice.graph.as_ref().filter(|_| !self.frame.directions.is_empty()) {
            return self.of_part(graph, periods[0] as usize);
        }
        let cells = periods.iter().product::<u64>();
        let source = |mut cell: u64| {
            let (mut index, mut stride) = (0, 1);
            for (&period, &long) in periods.iter().zip(&self.frame.periods).rev() {
                index += cell % period * stride;
                stride *= long;
                cell /= period;
            }
            index
        };
        for couplings in &mut short.couplings {
            let values = (0..cells).flat_map(|cell| {
                let first = source(cell) as usize * couplings.points;
                couplings.values[first..first + couplings.points].iter().copied()
            });
            *couplings = Couplings { values: values.collect(), ..couplings.clone() };
        }
        for (at, &period) in periods.iter().enumerate() {
            short.frame.periods[at] = period;
            short.lattice.extents[self.frame.directions[at]] = period;
        }
        short
    }

    /// The same terms on the first edges of a graph and the sites that they
    /// join.
    fn of_part(&self, graph: &Graph, edges: usize) -> Model {
        let kept = &graph.edges()[..edges.min(graph.edges().len())];
        let mut sites: Vec<u32> = kept.iter().flatten().copied().collect();
        sites.sort_unstable();
        sites.dedup();
        let place = |site: &u32| sites.binary_search(site).expect("just listed") as u32;
        let joined = kept.iter().map(|[from, to]| [place(from), place(to)]).collect();
        let part = Graph::new(graph.file.clone(), graph.sha256.clone(), joined);
        let counts = [part.sites(), part.edges().len()].map(|count| (part.cells() - count) as u64);
        let lattice = Lattice::of_graph(part);
        let mut short = Model { frame: Frame::new(&lattice, &self.fields, vec![0]), lattice, ..self.clone() };
        for couplings in &mut short.couplings {
            let values = match couplings.place {
                Place::Bonds => couplings.values[..kept.len()].to_vec(),
                _ => sites.iter().map(|&site| couplings.values[site as usize]).collect(),
            };
            couplings.values = values.into();
        }
        for energy in &mut short.energies {
            let cut = (graph.cells() - graph.sites()) as u64;
            let on_sites = match energy.polynomial.variables().into_iter().next() {
                Some(variable) => self.frame.slot(variable.slot()).site == 0,
                None => energy.weight.window.cut == cut,
            };
            energy.weight.window.cut = counts[usize::from(!on_sites)];
        }
        short
    }

    /// A small model, written out on every site, that has a symmetry exactly
    /// if this one has it (which exists on this one's lattice); `None` where
    /// it has too many terms.
    ///
    /// Long directions are shortened to what keeps apart all that the terms
    /// reach, equal extents to equal ones and different ones to different
    /// ones. Couplings from files are replaced by numbers without a pattern:
    /// nothing is made of coincidences among them.
    pub fn representative(&self) -> Option<Model> {
        let mut short = self.clone();
        for (index, couplings) in short.couplings.iter_mut().enumerate() {
            let number = |at: usize| (scramble(scramble(index as u64) ^ at as u64) >> 44) as f64 + 1.0;
            *couplings = Couplings { values: (0..couplings.values.len()).map(number).collect(), ..couplings.clone() };
        }
        if let Some(written) = short.written_out(MOST_WRITTEN) {
            return Some(written);
        }
        if self.lattice.graph.is_some() {
            return short.written_out(20 * MOST_WRITTEN);
        }
        let least = 4 * self.reach().into_iter().max().unwrap_or(0) + 4;
        let mut long: Vec<u64> = self.frame.periods.iter().copied().filter(|&period| period > least).collect();
        long.sort_unstable();
        long.dedup();
        let shorter = |&period: &u64| match long.iter().position(|&known| known == period) {
            // As odd or even as it was.
            Some(rank) => period.min(least + 2 * rank as u64 + (period - least) % 2),
            None => period,
        };
        short.shortened(&self.frame.periods.iter().map(shorter).collect::<Vec<_>>()).written_out(20 * MOST_WRITTEN)
    }

    /// The model of one cell that holds every site, its energies written out
    /// term by term; `None` where there would be more than `most` terms or
    /// variables.
    pub fn written_out(&self, most: u64) -> Option<Model> {
        let cells = self.frame.cells()?;
        let terms: u64 = self.energies.iter().map(|energy| energy.polynomial.len() as u64).sum();
        if cells.checked_mul(terms.max(1))? > most || self.variables()? > most {
            return None;
        }
        let frame = Frame::new(&self.lattice, &self.fields, Vec::new());
        let mut written = Model { frame, energies: Vec::new(), couplings: Vec::new(), ..self.clone() };
        let mut sums: BTreeMap<usize, Vec<(Monomial, Rational)>> = BTreeMap::new();
        let names = self.energy_names();
        let periods = &self.frame.periods;
        for energy in &self.energies {
            let name = names.iter().position(|name| *name == energy.name)?;
            let sum = sums.entry(name).or_default();
            for index in 0..cells {
                let mut rest = index;
                let mut cell = vec![0; periods.len()];
                for at in (0..periods.len()).rev() {
                    cell[at] = rest % periods[at];
                    rest /= periods[at];
                }
                let weight = self.frame.weight(&energy.weight, &self.couplings, &cell);
                if weight.is_zero() {
                    continue;
                }
                for (monomial, coefficient) in energy.polynomial.terms() {
                    let mut coefficient = coefficient * &weight;
                    let mut factors = Vec::with_capacity(monomial.factors().len());
                    for factor in monomial.factors() {
                        let (variable, negative) = self.seen_from(&written, factor.variable, &cell)?;
                        if negative && factor.exponent % 2 == 1 {
                            coefficient = -coefficient;
                        }
                        factors.push(Factor { variable, exponent: factor.exponent });
                    }
                    sum.push((Monomial::from_factors(factors), coefficient));
                }
            }
        }
        for (name, terms) in sums {
            let first = self.energies.iter().find(|energy| energy.name == names[name])?;
            let polynomial = Polynomial::from_terms(terms);
            written.energies.push(Energy {
                name: first.name.clone(),
                coupling: first.coupling.clone(),
                weight: Weight::UNIFORM,
                written: Expression::from(&polynomial),
                polynomial,
            });
        }
        Some(written)
    }

    /// The variable of a model of one cell that a variable is, seen from a
    /// cell, and whether its sign changes on the way around twisted directions.
    fn seen_from(&self, whole: &Model, variable: Variable, cell: &[u64]) -> Option<(Variable, bool)> {
        let slot = self.frame.slot(variable.slot());
        if let Some(graph) = self.lattice.graph.as_ref().filter(|_| !self.frame.directions.is_empty()) {
            let cell = cell[0] as usize;
            let site = match slot.site {
                0 => cell as i64,
                end => i64::from(graph.edges().get(cell)?[end as usize - 1]),
            };
            return Some((whole.variable_at(slot.field as usize, slot.component, &[site], 0)?, false));
        }
        let (mut place, point) = self.place(variable);
        let mut negative = false;
        for (at, &direction) in self.frame.directions.iter().enumerate() {
            place[direction] += cell[at] as i64;
            if self.frame.boundaries[at] == Boundary::Twisted {
                negative ^= place[direction].div_euclid(self.frame.periods[at] as i64) % 2 != 0;
            }
        }
        Some((whole.variable_at(slot.field as usize, slot.component, &place, point)?, negative))
    }
}
