//! The e-graph of decompositions.
//!
//! An e-class is a *core*: a polynomial up to affine terms, scale and
//! translation (see `simplify::normal`). An e-node is one way to compute it,
//! from other cores: a sum, which is free, or a gate. Sums are n-ary with
//! their coefficients in the operator, so no rule of associativity or
//! commutativity is needed, and a core has a normal form, so equal
//! sub-expressions meet in one class as soon as they are added. The analysis
//! carries the core's polynomial; merging classes of different polynomials
//! would be a bug, and is refused.

use egg::{Analysis, DidMerge, EGraph, Id, Language};
use rustc_hash::FxHashMap;
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use super::decomposition::{Decomposition, Fact, Product};
use super::normal::{Core, normalize};
use crate::exact::Rational;
use crate::model::{Polynomial, Shift, Variable};

/// An affine form over variables and the children of its node.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct NodeForm {
    /// The constant.
    pub constant: Rational,
    /// Coefficients of variables, sorted by variable.
    pub linear: Vec<(Variable, Rational)>,
    /// Coefficients of children: index of the child, its translation, the
    /// coefficient.
    pub children: Vec<(usize, Shift, Rational)>,
}

/// What a node does with its children.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Operation {
    /// Nothing yet: a core that somebody needs. The number is unique.
    Goal(usize),
    /// An affine form of other cores.
    Sum(NodeForm),
    /// The sum over all cells of a form, for the energy with this number: it
    /// is equal to others only up to translations of its terms.
    Energy(usize, NodeForm),
    /// A gate: the class is `factor * (product of the forms) + affine`.
    Gate {
        /// The forms that are multiplied.
        forms: Vec<NodeForm>,
        /// The sort of gate.
        sort: Sort,
        /// The coefficient of the product in the core.
        factor: Rational,
        /// What is added to make it the core; constant and linear.
        affine: NodeForm,
    },
}

/// The sorts of gates.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Sort {
    /// Two different forms.
    Product,
    /// A form with itself.
    Square,
    /// Forms that are 0 or 1.
    Bits,
    /// The square of the first form minus this multiple of the square of the
    /// second, as a product with an irrational constant.
    Norm(Rational),
}

/// A node of the e-graph.
#[derive(Clone, Debug)]
pub struct Node {
    /// The operation, shared between copies of the node.
    pub operation: Rc<Operation>,
    /// The classes it uses.
    pub children: Vec<Id>,
    /// Who said it first. Nodes are equal whoever did.
    pub origin: &'static str,
}

impl Node {
    fn identity(&self) -> (&Operation, &[Id]) {
        (&self.operation, &self.children)
    }
}

impl PartialEq for Node {
    fn eq(&self, other: &Node) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for Node {}

impl Hash for Node {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity().hash(state);
    }
}

impl PartialOrd for Node {
    fn partial_cmp(&self, other: &Node) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Node {
    fn cmp(&self, other: &Node) -> Ordering {
        self.identity().cmp(&other.identity())
    }
}

impl Language for Node {
    type Discriminant = std::mem::Discriminant<Operation>;

    fn discriminant(&self) -> Self::Discriminant {
        std::mem::discriminant(&self.operation)
    }

    fn matches(&self, other: &Self) -> bool {
        self.operation == other.operation && self.children.len() == other.children.len()
    }

    fn children(&self) -> &[Id] {
        &self.children
    }

    fn children_mut(&mut self) -> &mut [Id] {
        &mut self.children
    }
}

/// Carries the polynomial of each class.
#[derive(Default, Debug)]
pub struct CoreAnalysis {
    /// The polynomial of the node that is being added.
    pending: Option<Rc<Polynomial>>,
}

impl Analysis<Node> for CoreAnalysis {
    type Data = Rc<Polynomial>;

    fn make(egraph: &mut EGraph<Node, Self>, _node: &Node, _id: Id) -> Rc<Polynomial> {
        egraph.analysis.pending.clone().expect("nodes are added through Graph, which says what they compute")
    }

    fn merge(&mut self, a: &mut Rc<Polynomial>, b: Rc<Polynomial>) -> DidMerge {
        assert!(Rc::ptr_eq(a, &b) || *a == b, "two different polynomials were merged");
        DidMerge(false, false)
    }
}

/// The e-graph, with the class of every core.
#[derive(Default)]
pub struct Graph {
    egraph: EGraph<Node, CoreAnalysis>,
    classes: FxHashMap<Rc<Polynomial>, Id>,
    /// Cores in the order in which they were first needed.
    order: Vec<Rc<Polynomial>>,
    roots: usize,
    origin: &'static str,
    plan: Option<Vec<(Id, Node)>>,
    plans: Vec<Vec<(Id, Node)>>,
}

impl Graph {
    /// Says who adds what is added from now on: the name of a generator.
    pub fn attribute_to(&mut self, origin: &'static str) {
        self.origin = origin;
    }

    /// The number of decompositions.
    pub fn decompositions(&self) -> usize {
        let computes = |node: &&Node| !matches!(*node.operation, Operation::Goal(_));
        self.egraph.classes().map(|class| class.nodes.iter().filter(computes).count()).sum()
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.order.len()
    }

    /// The core with an index, in the order in which they were needed.
    pub fn core(&self, index: usize) -> Rc<Polynomial> {
        self.order[index].clone()
    }

    /// The class of a core.
    pub fn class(&self, core: &Polynomial) -> Option<Id> {
        self.classes.get(core).map(|&id| self.egraph.find(id))
    }

    /// The class of a core, added as a goal where it is new.
    pub fn goal(&mut self, core: &Polynomial) -> Id {
        if let Some(&id) = self.classes.get(core) {
            return id;
        }
        let shared = Rc::new(core.clone());
        self.egraph.analysis.pending = Some(shared.clone());
        let operation = Rc::new(Operation::Goal(self.order.len()));
        let node = Node { operation, children: Vec::new(), origin: self.origin };
        let id = self.egraph.add(node);
        self.classes.insert(shared.clone(), id);
        self.order.push(shared);
        id
    }

    /// A polynomial as an affine form of variables and classes, adding goals
    /// as needed. `children` collects the classes.
    pub fn form(&mut self, polynomial: &Polynomial, children: &mut Vec<Id>) -> NodeForm {
        let normal = normalize(polynomial);
        let mut form = affine_form(&normal.affine);
        if let Some(Core { scale, shift, polynomial }) = normal.core {
            let id = self.goal(&polynomial);
            form.children.push((child_index(children, id), shift, scale));
        }
        form
    }

    /// Adds a fact. A decomposition that does not
    /// compute its target is refused (a bug of a generator: it fails loudly in
    /// debug builds).
    pub fn add(&mut self, fact: &Fact) {
        let sound = fact.decomposition.computes(&fact.target);
        debug_assert!(
            sound,
            "{}: an unsound decomposition of {:?}: {:?}",
            self.origin, fact.target, fact.decomposition
        );
        if !sound {
            return;
        }
        let Some(target) = normalize(&fact.target).core else { return };
        // Each product gets a class of its own, so that products are shared.
        let mut parts: Vec<(Rational, Polynomial)> = Vec::new();
        for (coefficient, product) in &fact.decomposition.products {
            let value = match (fact.decomposition.products.as_slice(), product) {
                // With a single product its value is what the rest leaves.
                ([_], _) => {
                    let rest = Decomposition { products: Vec::new(), rest: fact.decomposition.rest.clone() }.expand();
                    (&fact.target - &rest).scaled(&coefficient.recip())
                }
                _ => product.expand(),
            };
            self.add_gate(product, &value);
            parts.push((coefficient.clone(), value));
        }
        parts.extend(fact.decomposition.rest.iter().cloned());
        // The core is (target - its affine part) / scale, translated back.
        let mut children = Vec::new();
        let mut sum = NodeForm::default();
        let mut affine = Polynomial::zero();
        for (coefficient, part) in &parts {
            let normal = normalize(part);
            affine = &affine + &normal.affine.scaled(coefficient);
            if let Some(core) = normal.core {
                let id = self.goal(&core.polynomial);
                let scale = &(coefficient * &core.scale) / &target.scale;
                sum.children.push((child_index(&mut children, id), core.shift - target.shift, scale));
            }
        }
        let affine = &affine - &fact.target.affine_part();
        let own = affine_form(&affine.shifted(-target.shift).scaled(&target.scale.recip()));
        sum.constant = own.constant;
        sum.linear = own.linear;
        merge_children(&mut sum);
        let class = self.goal(&target.polynomial);
        let trivial =
            sum.children.len() == 1 && self.egraph.find(children[sum.children[0].0]) == self.egraph.find(class);
        if !trivial {
            self.insert(&target.polynomial, Operation::Sum(sum), children);
        }
    }

    /// Adds facts that belong together. Extraction tries them together as
    /// well as one by one: what a plan shares pays only if all of it is used.
    pub fn add_plan(&mut self, facts: &[Fact]) {
        self.plan = Some(Vec::new());
        for fact in facts {
            self.add(fact);
        }
        self.plans.extend(self.plan.take());
    }

    /// The plans, each the nodes of its facts with their classes.
    pub fn plans(&self) -> &[Vec<(Id, Node)>] {
        &self.plans
    }

    /// Adds the gate that computes a product to the class of its core.
    fn add_gate(&mut self, product: &Product, value: &Polynomial) {
        let Some(core) = normalize(value).core else { return };
        let mut children = Vec::new();
        let mut factor = core.scale.recip();
        let mut forms = Vec::new();
        let scaled = |graph: &mut Graph, polynomial: &Polynomial, children: &mut Vec<Id>| {
            let (primitive, content) = polynomial.shifted(-core.shift).primitive();
            (graph.form(&primitive, children), content)
        };
        let sort = match product {
            Product::Pair(left, right) => {
                let (left, left_content) = scaled(self, left, &mut children);
                let (right, right_content) = scaled(self, right, &mut children);
                factor = &factor * &(&left_content * &right_content);
                if left == right {
                    forms.push(left);
                    Sort::Square
                } else {
                    // One order for both ways to write a product.
                    if left < right {
                        forms.extend([left, right]);
                    } else {
                        forms.extend([right, left]);
                    }
                    Sort::Product
                }
            }
            Product::Norm(base, other, radicand) => {
                let (base, base_content) = scaled(self, base, &mut children);
                let (other, other_content) = scaled(self, other, &mut children);
                let ratio = &other_content / &base_content;
                factor = &factor * &(&base_content * &base_content);
                forms.extend([base, other]);
                Sort::Norm(&(&ratio * &ratio) * radicand)
            }
            Product::Bits(factors) => {
                for factor in factors {
                    // Bits keep their values: no scaling.
                    forms.push(self.form(&factor.shifted(-core.shift), &mut children));
                }
                forms.sort();
                Sort::Bits
            }
        };
        let affine = value.affine_part().shifted(-core.shift).scaled(&-core.scale.recip());
        let operation = Operation::Gate { forms, sort, factor, affine: affine_form(&affine) };
        self.insert(&core.polynomial, operation, children);
    }

    fn insert(&mut self, core: &Polynomial, operation: Operation, children: Vec<Id>) {
        let class = self.goal(core);
        self.egraph.analysis.pending = Some(self.egraph[class].data.clone());
        let node = Node { operation: Rc::new(operation), children, origin: self.origin };
        if let Some(plan) = &mut self.plan {
            plan.push((class, node.clone()));
        }
        let id = self.egraph.add(node);
        self.egraph.union(class, id);
    }

    /// A class for an energy: a polynomial up to translations of each term,
    /// which is never a child of another class.
    pub fn root(&mut self, energy: &Polynomial) -> Id {
        self.egraph.analysis.pending = Some(Rc::new(energy.clone()));
        self.roots += 1;
        let operation = Rc::new(Operation::Goal(usize::MAX - self.roots));
        let node = Node { operation, children: Vec::new(), origin: self.origin };
        self.egraph.add(node)
    }

    /// Adds to an energy's class the sum of the nonlinear parts of
    /// polynomials that give the energy when summed over all cells. Of the
    /// displacement of a part, `kept` says what matters: nothing along
    /// directions where every cell is summed over alike.
    pub fn add_root_alternative(&mut self, root: Id, parts: &[Polynomial], kept: &dyn Fn(Shift) -> Shift) {
        let mut children = Vec::new();
        let mut sum = NodeForm::default();
        for part in parts {
            if let Some(core) = normalize(part).core {
                let id = self.goal(&core.polynomial);
                sum.children.push((child_index(&mut children, id), kept(core.shift), core.scale));
            }
        }
        merge_children(&mut sum);
        self.egraph.analysis.pending = Some(self.egraph[root].data.clone());
        let operation = Rc::new(Operation::Energy(root.into(), sum));
        let id = self.egraph.add(Node { operation, children, origin: self.origin });
        self.egraph.union(root, id);
    }

    /// Restores the e-graph's invariants; to be called before reading nodes.
    pub fn rebuild(&mut self) {
        self.egraph.rebuild();
    }

    /// The nodes of a class that compute something, in a fixed order.
    pub fn computing_nodes(&self, class: Id) -> impl Iterator<Item = &Node> {
        self.egraph[class].nodes.iter().filter(|node| !matches!(*node.operation, Operation::Goal(_)))
    }

    /// The canonical id of a class.
    pub fn find(&self, id: Id) -> Id {
        self.egraph.find(id)
    }
}

fn child_index(children: &mut Vec<Id>, id: Id) -> usize {
    children.iter().position(|&known| known == id).unwrap_or_else(|| {
        children.push(id);
        children.len() - 1
    })
}

fn affine_form(affine: &Polynomial) -> NodeForm {
    let mut form = NodeForm::default();
    for (monomial, coefficient) in affine.terms() {
        match monomial.factors() {
            [] => form.constant = coefficient.clone(),
            [factor] => form.linear.push((factor.variable, coefficient.clone())),
            _ => unreachable!("the polynomial is affine"),
        }
    }
    form.linear.sort();
    form
}

fn merge_children(form: &mut NodeForm) {
    form.children.sort();
    let mut merged: Vec<(usize, Shift, Rational)> = Vec::new();
    for (child, shift, coefficient) in form.children.drain(..) {
        match merged.last_mut() {
            Some((c, s, sum)) if *c == child && *s == shift => *sum += &coefficient,
            _ => merged.push((child, shift, coefficient)),
        }
    }
    merged.retain(|(_, _, coefficient)| !coefficient.is_zero());
    form.children = merged;
}
