//! The chosen nodes as a circuit.

use egg::Id;
use rustc_hash::FxHashMap;

use super::energies::Root;
use super::extract::Selection;
use super::graph::{Graph, NodeForm, Operation, Sort};
use crate::circuit::{Circuit, Form, Gate, Output, Source};
use crate::exact::Rational;
use crate::model::{Polynomial, Shift};

struct Builder<'a> {
    graph: &'a Graph,
    selection: &'a Selection<'a>,
    gates: Vec<Gate>,
    /// The form of each class that is built.
    forms: FxHashMap<Id, Form>,
    /// Equal gates are one.
    known: FxHashMap<Gate, usize>,
}

/// Builds the circuit of a selection.
pub fn circuit(graph: &Graph, selection: &Selection, roots: &[Root]) -> Circuit {
    let mut builder =
        Builder { graph, selection, gates: Vec::new(), forms: FxHashMap::default(), known: FxHashMap::default() };
    let outputs = roots
        .iter()
        .map(|root| {
            let mut sum = affine(&root.polynomial.affine_part());
            if let Some(class) = root.class {
                builder.build(graph.find(class));
                let form = &builder.forms[&graph.find(class)];
                sum = add(sum, form, Shift::ZERO, &Rational::ONE);
            }
            Output { name: root.name.clone(), weight: root.weight, form: Form::new(sum.0, sum.1) }
        })
        .collect();
    Circuit { gates: builder.gates, outputs, deviation: Rational::ZERO }
}

type Sum = (Rational, Vec<(Source, Rational)>);

fn affine(polynomial: &Polynomial) -> Sum {
    let mut terms = Vec::new();
    for (monomial, coefficient) in polynomial.terms() {
        if let [factor] = monomial.factors() {
            terms.push((Source::Input(factor.variable), coefficient.clone()));
        }
    }
    (polynomial.constant_term(), terms)
}

fn add(mut sum: Sum, form: &Form, shift: Shift, coefficient: &Rational) -> Sum {
    sum.0 += &(&form.constant * coefficient);
    sum.1.extend(form.terms.iter().map(|(source, c)| {
        let source = match *source {
            Source::Input(variable) => Source::Input(variable.shifted(shift)),
            Source::Gate { gate, shift: own } => Source::Gate { gate, shift: own + shift },
        };
        (source, c * coefficient)
    }));
    sum
}

/// Exact elimination makes coefficients of many digits. Brings such a
/// form to coefficients of at most about one, and returns what it was divided
/// by.
fn moderate(form: &mut Form) -> Rational {
    const KEPT: i64 = 10;
    let Some(magnitude) = form.terms.iter().map(|(_, coefficient)| coefficient.magnitude()).max() else {
        return Rational::ONE;
    };
    if magnitude.abs() <= KEPT {
        return Rational::ONE;
    }
    let power = Rational::from(2).pow(magnitude.unsigned_abs() as u32);
    let scale = if magnitude > 0 { power } else { power.recip() };
    let inverse = scale.recip();
    let terms = form.terms.iter().map(|(source, coefficient)| (*source, coefficient * &inverse));
    *form = Form::new(&form.constant * &inverse, terms.collect::<Vec<_>>());
    scale
}

/// The double nearest to the square root of a positive rational; `None` where
/// that leaves the range of doubles.
pub(super) fn nearest_square_root(radicand: &Rational) -> Option<Rational> {
    let mut root = radicand.to_f64().sqrt();
    if !(root.is_normal() && root < f64::MAX / 4.0 && root > f64::MIN_POSITIVE * 4.0) {
        return None;
    }
    // Exactly: the root lies below the middle between two doubles if its
    // square does.
    let below = |a: f64, b: f64| {
        let middle = &(&Rational::from_f64(a)? + &Rational::from_f64(b)?) * &Rational::new(1, 2);
        Some(*radicand < &middle * &middle)
    };
    while below(root.next_down(), root)? {
        root = root.next_down();
    }
    while !below(root, root.next_up())? {
        root = root.next_up();
    }
    Rational::from_f64(root)
}

impl Builder<'_> {
    /// Builds a class and all it needs, without recursion: chains are long.
    fn build(&mut self, root: Id) {
        let mut stack = vec![root];
        while let Some(&class) = stack.last() {
            if self.forms.contains_key(&class) {
                stack.pop();
                continue;
            }
            let node = self.selection.node(class);
            let waiting: Vec<Id> =
                node.children.iter().map(|&c| self.graph.find(c)).filter(|c| !self.forms.contains_key(c)).collect();
            if !waiting.is_empty() {
                stack.extend(waiting);
                continue;
            }
            let form = match &*node.operation {
                Operation::Goal(_) => unreachable!("a goal is never chosen"),
                Operation::Sum(sum) | Operation::Energy(_, sum) => self.form(sum, &node.children),
                Operation::Gate { forms, sort, factor, affine, .. } => {
                    let mut inputs: Vec<Form> = forms.iter().map(|form| self.form(form, &node.children)).collect();
                    let mut factor = factor.clone();
                    if let Sort::Norm(radicand) = sort {
                        let root = nearest_square_root(radicand).expect("its generator saw to that");
                        let other = inputs.remove(1);
                        let base = std::mem::take(&mut inputs[0]);
                        let with = |factor: &Rational| {
                            let terms = other.terms.iter().map(|(source, c)| (*source, c * factor));
                            let terms = base.terms.iter().cloned().chain(terms);
                            Form::new(&base.constant + &(&other.constant * factor), terms.collect::<Vec<_>>())
                        };
                        inputs = vec![with(&-root.clone()), with(&root)];
                    }
                    if *sort != Sort::Bits {
                        // The square of a form counts its scale twice.
                        let powers = if *sort == Sort::Square { 2 } else { 1 };
                        for input in &mut inputs {
                            let scale = moderate(input);
                            factor *= &scale.pow(powers);
                        }
                    }
                    let gate = match sort {
                        Sort::Square => Gate::Square(inputs.remove(0)),
                        Sort::Product | Sort::Norm(_) => {
                            let right = inputs.remove(1);
                            Gate::Product(inputs.remove(0), right)
                        }
                        Sort::Bits => Gate::BitProduct(inputs),
                    };
                    let next = self.gates.len();
                    let index = *self.known.entry(gate.clone()).or_insert(next);
                    if index == next {
                        self.gates.push(gate);
                    }
                    let own = self.form(affine, &node.children);
                    let mut terms = own.terms;
                    terms.push((Source::Gate { gate: index, shift: Shift::ZERO }, factor));
                    Form::new(own.constant, terms)
                }
            };
            self.forms.insert(class, form);
            stack.pop();
        }
    }

    /// A node's form with the forms of its children put in.
    fn form(&self, form: &NodeForm, children: &[Id]) -> Form {
        let linear = form.linear.iter().map(|(variable, c)| (Source::Input(*variable), c.clone())).collect();
        let mut sum: Sum = (form.constant.clone(), linear);
        for (child, shift, coefficient) in &form.children {
            let value = &self.forms[&self.graph.find(children[*child])];
            sum = add(sum, value, *shift, coefficient);
        }
        Form::new(sum.0, sum.1)
    }
}
