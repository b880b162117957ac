//! A circuit that is being rewritten.

use std::collections::{BTreeMap, BTreeSet};

use crate::circuit::{Circuit, Form, Gate, Output, Source};
use crate::exact::Rational;
use crate::model::{Monomial, Polynomial, Shift, Variable};
use crate::simplify::decomposition::Product;
use crate::simplify::generators::quadratic;

/// Bundles over more atoms are left alone.
const ATOMS: usize = 60;
/// Coefficients with more bits are not let in.
const BITS: usize = 96;

/// Where a form stands: a factor of a gate, or an output.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Slot {
    /// The factor of a gate, 0 or 1.
    Factor(usize, usize),
    /// An output.
    Output(usize),
}

/// Gates that are used in the same places in the same proportions: only their
/// sum matters.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// The gates, each with its weight in the sum.
    pub members: Vec<(usize, Rational)>,
    /// Where the sum stands, with its coefficient there.
    pub slots: Vec<(Slot, Rational)>,
}

/// `coefficient * left * right` in stand-ins for atoms.
pub struct Term {
    pub coefficient: Rational,
    pub left: Polynomial,
    pub right: Polynomial,
}

/// Inputs and gates with variables that stand in for them.
#[derive(Default)]
pub struct Atoms {
    sources: Vec<Source>,
    places: BTreeMap<Source, usize>,
}

impl Atoms {
    /// The stand-in of a source.
    pub fn variable(&mut self, source: Source) -> Variable {
        let next = self.sources.len();
        let at = *self.places.entry(source).or_insert(next);
        if at == next {
            self.sources.push(source);
        }
        Variable::real(at)
    }

    /// The gates among the atoms with their stand-ins.
    pub fn gates(&self) -> impl Iterator<Item = (usize, Shift, Variable)> + '_ {
        self.sources.iter().enumerate().filter_map(|(at, source)| match *source {
            Source::Gate { gate, shift } => Some((gate, shift, Variable::real(at))),
            Source::Input(_) => None,
        })
    }

    /// A form in stand-ins.
    pub fn polynomial(&mut self, form: &Form) -> Polynomial {
        let constant = (Monomial::one(), form.constant.clone());
        let terms: Vec<_> =
            form.terms.iter().map(|(source, c)| (Monomial::variable(self.variable(*source)), c.clone())).collect();
        Polynomial::from_terms(std::iter::once(constant).chain(terms))
    }

    /// An affine polynomial in stand-ins as a form.
    pub fn form(&self, affine: &Polynomial) -> Form {
        let terms = affine
            .terms()
            .iter()
            .filter_map(|(monomial, c)| Some((self.sources[monomial.factors().first()?.variable.slot()], c.clone())));
        Form::new(affine.constant_term(), terms.collect::<Vec<_>>())
    }
}

/// A circuit of products and squares. Removed gates leave a gap.
#[derive(Clone)]
pub struct Work {
    pub gates: Vec<Option<[Form; 2]>>,
    pub outputs: Vec<Form>,
}

impl Work {
    /// `None` for circuits with products of bits, whose value is one of two.
    pub fn of(circuit: &Circuit) -> Option<Work> {
        let gates = circuit.gates.iter().map(|gate| match gate {
            Gate::Product(left, right) => Some(Some([left.clone(), right.clone()])),
            Gate::Square(form) => Some(Some([form.clone(), form.clone()])),
            Gate::BitProduct(_) => None,
        });
        let outputs = circuit.outputs.iter().map(|output| output.form.clone()).collect();
        Some(Work { gates: gates.collect::<Option<Vec<_>>>()?, outputs })
    }

    /// The number of gates.
    pub fn count(&self) -> usize {
        self.gates.iter().flatten().count()
    }

    /// All forms with their places.
    fn forms(&self) -> impl Iterator<Item = (Slot, &Form)> {
        let factors = self.gates.iter().enumerate().filter_map(|(at, gate)| Some((at, gate.as_ref()?)));
        let factors = factors.flat_map(|(at, gate)| (0..2).map(move |side| (Slot::Factor(at, side), &gate[side])));
        factors.chain(self.outputs.iter().enumerate().map(|(at, form)| (Slot::Output(at), form)))
    }

    fn form_mut(&mut self, slot: Slot) -> Option<&mut Form> {
        match slot {
            Slot::Factor(gate, side) => self.gates[gate].as_mut().map(|forms| &mut forms[side]),
            Slot::Output(at) => self.outputs.get_mut(at),
        }
    }

    /// The gates by where they are used; those that are used displaced are
    /// in no bundle.
    pub fn bundles(&self) -> Vec<Bundle> {
        let mut uses: Vec<Vec<(Slot, Rational)>> = vec![Vec::new(); self.gates.len()];
        let mut displaced = vec![false; self.gates.len()];
        for (slot, form) in self.forms() {
            for (source, coefficient) in &form.terms {
                if let Source::Gate { gate, shift } = *source {
                    displaced[gate] |= shift != Shift::ZERO;
                    uses[gate].push((slot, coefficient.clone()));
                }
            }
        }
        let mut bundles: BTreeMap<Vec<(Slot, Rational)>, Vec<(usize, Rational)>> = BTreeMap::new();
        for (gate, mut slots) in uses.into_iter().enumerate() {
            let Some((_, weight)) = slots.first().cloned() else { continue };
            if displaced[gate] {
                continue;
            }
            let inverse = weight.recip();
            slots.iter_mut().for_each(|(_, coefficient)| *coefficient *= &inverse);
            bundles.entry(slots).or_default().push((gate, weight));
        }
        bundles.into_iter().map(|(slots, members)| Bundle { members, slots }).collect()
    }

    /// What the gates of a bundle multiply, sorted.
    pub fn atoms(&self, bundle: &Bundle) -> Vec<Source> {
        let gates = bundle.members.iter().filter_map(|(gate, _)| self.gates[*gate].as_ref());
        let all: BTreeSet<Source> = gates.flatten().flat_map(|form| &form.terms).map(|(source, _)| *source).collect();
        all.into_iter().collect()
    }

    /// Puts a form in the place of a gate that is used in its own cell only.
    pub fn substitute(&mut self, gate: usize, value: &Form) {
        let places: Vec<Slot> = self.forms().map(|(slot, _)| slot).collect();
        for slot in places {
            let Some(form) = self.form_mut(slot) else { continue };
            let is_it = |source: &Source| matches!(source, Source::Gate { gate: at, .. } if *at == gate);
            let Some((_, coefficient)) = form.terms.iter().find(|(source, _)| is_it(source)).cloned() else { continue };
            let kept = form.terms.iter().filter(|(source, _)| !is_it(source)).cloned();
            let added = value.terms.iter().map(|(source, c)| (*source, c * &coefficient));
            let constant = &form.constant + &(&value.constant * &coefficient);
            *form = Form::new(constant, kept.chain(added).collect::<Vec<_>>());
        }
    }

    /// Closes the gaps of removed gates.
    pub fn compact(&mut self) {
        let order = self.order();
        let mut places = vec![usize::MAX; self.gates.len()];
        order.iter().enumerate().for_each(|(at, &gate)| places[gate] = at);
        let placed = |form: &Form| placed(form, &places);
        let gates = order.iter().map(|&gate| self.gates[gate].as_ref().map(|forms| forms.each_ref().map(placed)));
        let gates = gates.collect();
        self.outputs = self.outputs.iter().map(placed).collect();
        self.gates = gates;
    }

    /// The sum of a bundle in stand-ins for its atoms; `None` where there are
    /// too many.
    pub fn sum(&self, bundle: &Bundle, atoms: &mut Atoms) -> Option<Polynomial> {
        let mut sum = Polynomial::zero();
        for (gate, weight) in &bundle.members {
            let [left, right] = self.gates[*gate].as_ref()?;
            let product = &atoms.polynomial(left) * &atoms.polynomial(right);
            sum = &sum + &product.scaled(weight);
            if atoms.sources.len() > ATOMS {
                return None;
            }
        }
        Some(sum)
    }

    /// Puts other products in the place of a bundle, and returns their gates.
    /// `None`, and nothing done, where a coefficient gets too large.
    pub fn replace(
        &mut self,
        bundle: &Bundle,
        terms: &[Term],
        affine: &Polynomial,
        atoms: &Atoms,
    ) -> Option<Vec<usize>> {
        let small = |polynomial: &Polynomial| polynomial.terms().iter().all(|(_, c)| c.bits() <= BITS);
        if !terms.iter().all(|term| term.coefficient.bits() <= BITS && small(&term.left) && small(&term.right)) {
            return None;
        }
        let removed: BTreeSet<usize> = bundle.members.iter().map(|(gate, _)| *gate).collect();
        let first = self.gates.len();
        let mut sum = atoms.form(affine);
        for (at, term) in terms.iter().enumerate() {
            self.gates.push(Some([atoms.form(&term.left), atoms.form(&term.right)]));
            sum.terms.push((Source::Gate { gate: first + at, shift: Shift::ZERO }, term.coefficient.clone()));
        }
        for (slot, coefficient) in &bundle.slots {
            let Some(form) = self.form_mut(*slot) else { continue };
            let kept = form.terms.iter().filter(|(source, _)| match source {
                Source::Gate { gate, .. } => !removed.contains(gate),
                Source::Input(_) => true,
            });
            let added = sum.terms.iter().map(|(source, c)| (*source, c * coefficient));
            let constant = &form.constant + &(&sum.constant * coefficient);
            *form = Form::new(constant, kept.cloned().chain(added).collect::<Vec<_>>());
        }
        removed.iter().for_each(|&gate| self.gates[gate] = None);
        Some((first..first + terms.len()).collect())
    }

    /// Rewrites every bundle that has a gate of `touched`, or all, with fewer
    /// products where that is possible, and takes away what is not used.
    pub fn settle(&mut self, touched: Option<BTreeSet<usize>>) {
        let mut touched = touched;
        loop {
            self.remove_unused();
            let mut next = BTreeSet::new();
            for bundle in self.bundles() {
                let concerns = touched.as_ref().is_none_or(|t| bundle.members.iter().any(|(gate, _)| t.contains(gate)));
                let there = bundle.members.iter().all(|(gate, _)| self.gates[*gate].is_some());
                if bundle.members.len() < 2 || !concerns || !there {
                    continue;
                }
                let mut atoms = Atoms::default();
                let Some(sum) = self.sum(&bundle, &mut atoms) else { continue };
                let Some(terms) = products(&sum).filter(|terms| terms.len() < bundle.members.len()) else { continue };
                next.extend(self.replace(&bundle, &terms, &sum.affine_part(), &atoms).unwrap_or_default());
                // Uses have changed: what is left comes in the next round.
                break;
            }
            if next.is_empty() {
                break;
            }
            touched = touched.map(|mut touched| {
                touched.extend(next);
                touched
            });
        }
        self.remove_unused();
    }

    /// Takes away gates that nothing uses.
    pub fn remove_unused(&mut self) {
        let mut used = vec![false; self.gates.len()];
        let mut waiting: Vec<usize> = Vec::new();
        let mut mark = |form: &Form, waiting: &mut Vec<usize>| {
            for (source, _) in &form.terms {
                if let Source::Gate { gate, .. } = *source
                    && !std::mem::replace(&mut used[gate], true)
                {
                    waiting.push(gate);
                }
            }
        };
        self.outputs.iter().for_each(|form| mark(form, &mut waiting));
        while let Some(gate) = waiting.pop() {
            self.gates[gate].iter().flatten().for_each(|form| mark(form, &mut waiting));
        }
        for (gate, used) in self.gates.iter_mut().zip(used) {
            if !used {
                *gate = None;
            }
        }
    }

    /// The gates in an order in which each uses earlier ones only.
    pub fn order(&self) -> Vec<usize> {
        let mut order = Vec::new();
        let mut state = vec![0u8; self.gates.len()];
        for start in 0..self.gates.len() {
            let mut stack = vec![start];
            while let Some(&gate) = stack.last() {
                let Some(forms) = self.gates[gate].as_ref().filter(|_| state[gate] < 2) else {
                    stack.pop();
                    continue;
                };
                if std::mem::replace(&mut state[gate], 1) == 1 {
                    state[gate] = 2;
                    order.push(gate);
                    stack.pop();
                    continue;
                }
                for (source, _) in forms.iter().flat_map(|form| &form.terms) {
                    if let Source::Gate { gate: below, .. } = *source
                        && state[below] == 0
                    {
                        stack.push(below);
                    }
                }
            }
        }
        order
    }

    /// The circuit, with the names of its outputs.
    pub fn circuit(&self, original: &Circuit) -> Circuit {
        let mut dense = self.clone();
        dense.compact();
        let gates = dense
            .gates
            .into_iter()
            .flatten()
            .map(|[left, right]| if left == right { Gate::Square(left) } else { Gate::Product(left, right) });
        let outputs = original.outputs.iter().zip(dense.outputs);
        Circuit {
            gates: gates.collect(),
            outputs: outputs.map(|(o, form)| Output { name: o.name.clone(), weight: o.weight, form }).collect(),
            deviation: original.deviation.clone(),
        }
    }
}

/// A form of gates that have moved.
fn placed(form: &Form, places: &[usize]) -> Form {
    let terms = form.terms.iter().map(|(source, c)| match *source {
        Source::Gate { gate, shift } => (Source::Gate { gate: places[gate], shift }, c.clone()),
        input => (input, c.clone()),
    });
    Form::new(form.constant.clone(), terms.collect::<Vec<_>>())
}

/// A form displaced by whole cells.
pub fn displaced(form: &Form, shift: Shift) -> Form {
    let terms = form.terms.iter().map(|(source, c)| {
        let source = match *source {
            Source::Input(variable) => Source::Input(variable.shifted(shift)),
            Source::Gate { gate, shift: own } => Source::Gate { gate, shift: own + shift },
        };
        (source, c.clone())
    });
    Form::new(form.constant.clone(), terms.collect::<Vec<_>>())
}

/// The nonlinear part of a polynomial of degree two as few products.
pub fn products(polynomial: &Polynomial) -> Option<Vec<Term>> {
    let nonlinear = polynomial.nonlinear_part();
    if nonlinear.is_zero() {
        return Some(Vec::new());
    }
    let (core, scale) = nonlinear.primitive();
    let best = quadratic::generate(&core).into_iter().min_by_key(|fact| fact.decomposition.products.len())?;
    let terms = best.decomposition.products.into_iter().map(|(coefficient, product)| match product {
        Product::Pair(left, right) => {
            // A square has its coefficient outside.
            let ratio = match (left.terms().first(), right.terms().first()) {
                (Some((_, l)), Some((_, r))) => r / l,
                _ => return None,
            };
            let coefficient = &coefficient * &scale;
            Some(if left.scaled(&ratio) == right {
                let (form, content) = left.primitive();
                let coefficient = &(&coefficient * &ratio) * &(&content * &content);
                Term { coefficient, left: form.clone(), right: form }
            } else {
                let ((left, one), (right, two)) = (left.primitive(), right.primitive());
                Term { coefficient: &coefficient * &(&one * &two), left, right }
            })
        }
        _ => None,
    });
    terms.collect()
}
