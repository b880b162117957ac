//! A search within a generator: the facts of a small circuit for a core that
//! was brought into fewer or simpler variables.
//!
//! The search inside is the same one, on a budget of its own, and does not
//! nest again. Its circuit depends on the core alone, so it is kept and used
//! again for equal cores.

use rustc_hash::FxHashMap;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::decomposition::{Decomposition, Fact, Product};
use super::energies::Root;
use super::explore::{Budget, Explorer, close};
use super::generators::{ALL, PLANNERS};
use super::graph::Graph;
use super::{Objective, extract, to_circuit};
use crate::circuit::{Circuit, Form, Gate, Source};
use crate::exact::Rational;
use crate::model::{Polynomial, Variable, Weight};

/// Terms explored for each unit of the core's size (the sum of its degrees),
/// whatever the effort around it, and for every core.
const TERMS_PER_SIZE: u64 = 60;
const TERMS_AT_LEAST: u64 = 500;
/// Classes the e-graph of a search may hold.
const CLASSES: usize = 500;
/// Cores with more terms are not searched.
const TERMS: usize = 400;
/// Circuits kept.
const KEPT: usize = 4_096;

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
    static KNOWN: RefCell<FxHashMap<Polynomial, Rc<Circuit>>> = RefCell::default();
}

/// Whether a nested search would be refused because one is running.
pub fn is_inside() -> bool {
    INSIDE.get()
}

/// The facts that compute `core` with each variable replaced by a polynomial
/// of other variables: gates and sums of the circuit that a search found.
/// Empty within another nested search, or where the core is too large.
pub fn facts(core: &Polynomial, replacement: impl Fn(Variable) -> Polynomial) -> Vec<Fact> {
    // Variables in the cell at hand: the replacement knows no translations.
    let variables = core.variables();
    let slot = |variable: Variable| variables.binary_search(&variable).unwrap_or_default();
    let renamed = core.map_variables(|variable| Variable::new(slot(variable), variable.kind()));
    let Some(circuit) = search(&renamed) else { return Vec::new() };
    let inputs: Vec<Polynomial> = variables.iter().map(|&variable| replacement(variable)).collect();
    let mut gates: Vec<Polynomial> = Vec::new();
    let mut facts = Vec::new();
    for gate in &circuit.gates {
        let forms: Vec<Polynomial> =
            gate.forms().into_iter().map(|form| value(form, &inputs, &gates, &mut facts)).collect();
        let product = match (gate, forms.as_slice()) {
            (Gate::Square(_), [base]) => Product::Pair(base.clone(), base.clone()),
            (Gate::Product(..), [left, right]) => Product::Pair(left.clone(), right.clone()),
            _ => Product::Bits(forms),
        };
        let target = product.expand();
        if !target.is_affine() {
            let decomposition = Decomposition { products: vec![(Rational::ONE, product)], rest: Vec::new() };
            facts.push(Fact { target: target.clone(), decomposition });
        }
        gates.push(target);
    }
    for output in &circuit.outputs {
        value(&output.form, &inputs, &gates, &mut facts);
    }
    facts
}

/// One step of every generator and of every planner but one on the core of a polynomial, with
/// variables replaced: cheap, and open within a nested search too.
pub fn step(polynomial: &Polynomial, replacement: impl Fn(Variable) -> Polynomial + Copy, except: &str) -> Vec<Fact> {
    let core = polynomial.nonlinear_part();
    if core.is_zero() {
        return Vec::new();
    }
    // Generators expect coprime integer coefficients.
    let (core, _) = core.primitive();
    let planners = PLANNERS.iter().filter(|planner| planner.name != except);
    let planned = planners.flat_map(|planner| (planner.plans)(&core)).flatten();
    let facts = planned.chain(ALL.iter().flat_map(|generator| (generator.generate)(&core)));
    facts.map(|fact| substitute(&fact, replacement)).collect()
}

/// A fact with variables replaced by polynomials.
fn substitute(fact: &Fact, replacement: impl Fn(Variable) -> Polynomial) -> Fact {
    let put = |polynomial: &Polynomial| polynomial.substitute(|variable| Some(replacement(variable)));
    let products = fact.decomposition.products.iter().map(|(coefficient, product)| {
        let product = match product {
            Product::Pair(left, right) => Product::Pair(put(left), put(right)),
            Product::Bits(factors) => Product::Bits(factors.iter().map(put).collect()),
            Product::Norm(base, other, radicand) => Product::Norm(put(base), put(other), radicand.clone()),
        };
        (coefficient.clone(), product)
    });
    let products = products.collect();
    let rest = fact.decomposition.rest.iter().map(|(coefficient, part)| (coefficient.clone(), put(part))).collect();
    Fact { target: put(&fact.target), decomposition: Decomposition { products, rest } }
}

/// The polynomial of a form, with the fact that it is a sum.
fn value(form: &Form, inputs: &[Polynomial], gates: &[Polynomial], facts: &mut Vec<Fact>) -> Polynomial {
    let mut affine = Polynomial::constant(form.constant.clone());
    let mut rest = Vec::new();
    for (source, coefficient) in &form.terms {
        match *source {
            Source::Input(variable) => affine = &affine + &inputs[variable.slot()].scaled(coefficient),
            Source::Gate { gate, .. } => rest.push((coefficient.clone(), gates[gate].clone())),
        }
    }
    rest.push((Rational::ONE, affine));
    let decomposition = Decomposition { products: Vec::new(), rest };
    let target = decomposition.expand();
    if decomposition.rest.len() > 2 && !target.is_affine() {
        facts.push(Fact { target: target.clone(), decomposition });
    }
    target
}

/// The circuit that a search finds for a core over slots from zero on.
fn search(core: &Polynomial) -> Option<Rc<Circuit>> {
    if is_inside() || core.is_affine() || core.len() > TERMS {
        return None;
    }
    if let Some(known) = KNOWN.with_borrow(|known| known.get(core).cloned()) {
        return Some(known);
    }
    INSIDE.set(true);
    let circuit = run(core);
    INSIDE.set(false);
    let circuit = Rc::new(circuit?);
    KNOWN.with_borrow_mut(|known| {
        if known.len() >= KEPT {
            known.clear();
        }
        known.insert(core.clone(), circuit.clone());
    });
    Some(circuit)
}

fn run(core: &Polynomial) -> Option<Circuit> {
    let mut graph = Graph::default();
    // The form of the core adds its class, scaled.
    let mut classes = Vec::new();
    graph.form(core, &mut classes);
    // What was not explored is closed afterwards, so that the goals nearest
    // to the core come first.
    let size: u64 = core.terms().iter().map(|(monomial, _)| monomial.degree() as u64).sum();
    let budget = Budget { terms: TERMS_AT_LEAST + TERMS_PER_SIZE * size, classes: CLASSES };
    Explorer::new(budget).run(&mut graph, budget.classes, &mut |_| true);
    close(&mut graph, 0);
    let normal = super::normal::normalize(core).core?;
    let class = graph.class(&normal.polynomial)?;
    let selection = extract::extract(&graph, &[class], Objective::default(), 0)?;
    // The core's scale belongs to whoever uses the class.
    let root = Root {
        name: String::new(),
        class: Some(class),
        weight: Weight::UNIFORM,
        polynomial: normal.polynomial.clone(),
    };
    let mut circuit = to_circuit::circuit(&graph, &selection, &[root]);
    for output in &mut circuit.outputs {
        let terms = output.form.terms.iter().map(|(source, c)| (*source, c * &normal.scale));
        output.form = Form::new(&output.form.constant * &normal.scale, terms);
    }
    Some(circuit)
}
