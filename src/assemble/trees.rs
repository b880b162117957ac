//! Monomials in a limited number of layers: trees of products.
//!
//! Each monomial by itself, by a tree whose gates multiply several factors at
//! once: a gate of b different factors takes 2^b neurons in one layer
//! (1705.05502, 4.2), and with k layers the branchings are those of the least
//! total (1705.05502, 5.1, there for factors b_1 .. b_k of n alone). One layer
//! is the shallow network of 4.2, `prod (r_i + 1)` neurons a monomial. A
//! product of bits takes one neuron. Constants and linear terms cost none:
//! they reach the output by its bias and by affine skips.

use dashu_int::UBig;

use super::build::{Builder, Naming, uncertified};
use super::library::Library;
use super::plan::{self, Planned, Task};
use super::tasks::Tasks;
use super::{AssembleError, Options, budget, choose};
use crate::circuit::{Circuit, Form, Source};
use crate::exact::Rational;
use crate::model::{Kind, Model, Monomial, Shift, Variable};
use crate::network::{Activation, Domain, Network, Provenance, Topology};

/// The greatest number of neurons that is built, in one cell.
const MOST_NEURONS: u64 = 1_000_000;

/// The greatest degree of a monomial that is built: derivatives of a higher
/// order are of no use in doubles.
const HIGHEST_DEGREE: u32 = 64;

/// How one layer groups what enters it: the sizes of the groups, in order.
type Grouping = Vec<usize>;

/// A tree over the factors of a monomial, variables with multiplicity.
struct Tree {
    /// From the layer on the inputs to the one at the output.
    layers: Vec<Grouping>,
    neurons: UBig,
}

/// The factors of a monomial, each variable as often as its exponent says.
fn factors(monomial: &Monomial) -> Vec<Variable> {
    let factors = monomial.factors().iter();
    factors.flat_map(|factor| std::iter::repeat_n(factor.variable, factor.exponent as usize)).collect()
}

/// The exponents of the different variables in a group of factors.
fn exponents(group: &[Variable]) -> Vec<(Variable, u32)> {
    let mut found: Vec<(Variable, u32)> = Vec::new();
    for &variable in group {
        match found.last_mut() {
            Some((last, count)) if *last == variable => *count += 1,
            _ => found.push((variable, 1)),
        }
    }
    found
}

/// The neurons of a gate that multiplies powers. In a tree of several layers a
/// square has two and an output bias.
fn gate_neurons(powers: &[u32], layers: usize) -> UBig {
    match powers {
        [1] => UBig::ZERO,
        [2] if layers > 1 => UBig::from(2u8),
        _ => powers.iter().fold(UBig::ONE, |product, &power| product * UBig::from(power as u64 + 1)),
    }
}

/// The sizes of `count` items in `groups` groups, as equal as can be: the sum
/// of 2^size is then least.
fn even(count: usize, groups: usize) -> Grouping {
    (0..groups).map(|at| count / groups + usize::from(at < count % groups)).collect()
}

/// The best branchings above the first layer: of `count` different factors in
/// at most `layers` layers.
fn upper(count: usize, layers: usize, all: usize) -> Option<(UBig, Vec<Grouping>)> {
    if count == 1 {
        return Some((UBig::ZERO, Vec::new()));
    }
    if layers == 0 {
        return None;
    }
    let options = (1..count).filter_map(|groups| {
        let (above, mut rest) = upper(groups, layers - 1, all)?;
        let sizes = even(count, groups);
        let own = sizes.iter().fold(UBig::ZERO, |sum, &size| sum + gate_neurons(&vec![1; size], all));
        rest.insert(0, sizes);
        Some((own + above, rest))
    });
    options.min_by(|a, b| a.0.cmp(&b.0).then(a.1.len().cmp(&b.1.len())))
}

/// The tree with the fewest neurons of a monomial in at most `layers` layers.
fn tree(monomial: &Monomial, layers: usize) -> Tree {
    let factors = factors(monomial);
    let n = factors.len();
    let powers = |from: usize, to: usize| -> Vec<u32> {
        exponents(&factors[from..to]).into_iter().map(|(_, count)| count).collect()
    };
    if layers <= 1 || n > HIGHEST_DEGREE as usize {
        return Tree { layers: vec![vec![n]], neurons: gate_neurons(&powers(0, n), 1) };
    }
    // least[g][end]: the fewest neurons of `g` groups of the factors before
    // `end`, and the beginning of the last of them.
    let mut least: Vec<Vec<Option<(UBig, usize)>>> = vec![vec![None; n + 1]; n + 1];
    least[0][0] = Some((UBig::ZERO, 0));
    for groups in 1..=n {
        for end in groups..=n {
            for start in groups - 1..end {
                let Some((before, _)) = &least[groups - 1][start] else { continue };
                let total = before + gate_neurons(&powers(start, end), layers);
                if least[groups][end].as_ref().is_none_or(|(known, _)| total < *known) {
                    least[groups][end] = Some((total, start));
                }
            }
        }
    }
    let mut best: Option<Tree> = None;
    for groups in 1..=n {
        let Some((first, _)) = &least[groups][n] else { continue };
        let Some((above, mut rest)) = upper(groups, layers - 1, layers) else { continue };
        let neurons = first + above;
        if best.as_ref().is_some_and(|known| known.neurons <= neurons) {
            continue;
        }
        let mut sizes = Vec::new();
        let (mut end, mut left) = (n, groups);
        while left > 0 {
            let start = least[left][end].as_ref().map_or(0, |(_, start)| *start);
            sizes.insert(0, end - start);
            (end, left) = (start, left - 1);
        }
        rest.insert(0, sizes);
        best = Some(Tree { layers: rest, neurons });
    }
    best.unwrap_or_else(|| tree(monomial, 1))
}

fn is_bit_product(monomial: &Monomial) -> bool {
    monomial.factors().iter().all(|factor| factor.variable.kind() == Kind::Bit)
}

/// The number of neurons in one cell of the network of [`product_trees`]: a
/// formula, at any size.
pub fn product_tree_neurons(model: &Model, energy: usize, layers: usize) -> UBig {
    let terms = model.energies[energy].polynomial.terms();
    terms.iter().filter(|(monomial, _)| monomial.degree() > 1).fold(UBig::ZERO, |sum, (monomial, _)| {
        sum + if is_bit_product(monomial) { UBig::ONE } else { tree(monomial, layers).neurons }
    })
}

/// The figure of 1705.05502, 5.1 for a product of n different factors in k
/// layers: the least of `sum_i (n / (b_1 .. b_i)) 2^b_i` over branchings with
/// the product n. [`product_tree_neurons`] is at most that, since it does not
/// ask that the branchings divide n.
pub fn theorem_of_layers(factors: u32, layers: usize) -> UBig {
    let whole = UBig::ONE << factors as usize;
    if layers <= 1 || factors <= 1 {
        return whole;
    }
    let branchings = (2..factors).filter(|branching| factors.is_multiple_of(*branching));
    let deeper = branchings.map(|branching| {
        let groups = factors / branching;
        UBig::from(groups) * (UBig::ONE << branching as usize) + theorem_of_layers(groups, layers - 1)
    });
    deeper.min().map_or(whole.clone(), |least| least.min(whole))
}

/// A gate before its number is known.
struct Draft {
    task: Task,
    inputs: Vec<Input>,
}

#[derive(Clone, Copy)]
enum Input {
    Variable(Variable),
    Draft(usize),
}

/// The network of an energy (an index into the model's) by trees of products
/// in at most `layers` layers, each gate at its best centre and scale. It
/// promises no tolerance: its accuracy is what
/// [`crate::network::Accuracy::per_cell`] says, as bad as it may be.
pub fn product_trees(
    model: &Model,
    energy: usize,
    layers: usize,
    activation: Activation,
    provenance: Provenance,
) -> Result<Network, AssembleError> {
    let mut single = model.clone();
    single.energies = vec![model.energies[energy].clone()];
    let plan = plan::plan(&tree_tasks(&single, layers)?, Topology::Skip);
    let names = Naming::new(&single, &plan);
    let options = Options { activation, provenance, tolerance: f64::MAX, ..Options::default() };
    let library = Library::of_grids(activation, plan.gates().map(|planned| &planned.task));
    let domain = Domain::new(&single.fields, &single.frame, options.precision, false);
    let mut builder = Builder::new(&single, &plan, &names, &Circuit::default());
    builder.outputs = vec![(single.energies[0].name.clone(), single.energies[0].weight)];
    let network = budget::realise(&plan, &domain, &library, &choose::most_accurate(&plan, &library))
        .and_then(|budget| builder.build(&budget, &options).map_err(|error| uncertified(&error)));
    let mut network = network.map_err(|error| names.error(&plan, &options, error))?;
    network.accuracy.tolerance = network.accuracy.per_cell;
    Ok(network)
}

/// Every energy of a model by trees of products in at most `layers` layers.
pub(super) fn tree_tasks(model: &Model, layers: usize) -> Result<Tasks, AssembleError> {
    let all = (0..model.energies.len()).map(|energy| product_tree_neurons(model, energy, layers));
    let neurons = all.fold(UBig::ZERO, |sum, neurons| sum + neurons);
    if neurons > UBig::from(MOST_NEURONS) {
        return Err(AssembleError::TooManyNeurons { neurons: neurons.to_string(), limit: MOST_NEURONS });
    }
    let mut drafts: Vec<Draft> = Vec::new();
    let mut outputs = Vec::new();
    for energy in &model.energies {
        let mut constant = Rational::ZERO;
        let mut output: Vec<(Input, Rational)> = Vec::new();
        for (monomial, coefficient) in energy.polynomial.terms() {
            let input = match (monomial.degree(), monomial.factors()) {
                (0, _) => {
                    constant += coefficient;
                    continue;
                }
                (1, factors) => Input::Variable(factors[0].variable),
                (_, factors) if is_bit_product(monomial) => {
                    let inputs = factors.iter().map(|factor| Input::Variable(factor.variable)).collect();
                    drafts.push(Draft { task: Task::Bits, inputs });
                    Input::Draft(drafts.len() - 1)
                }
                (degree, _) => {
                    if degree > HIGHEST_DEGREE {
                        return Err(AssembleError::DegreeTooHigh { degree, limit: HIGHEST_DEGREE });
                    }
                    grow(monomial, layers, &mut drafts)
                }
            };
            output.push((input, coefficient.clone()));
        }
        outputs.push((constant, output));
    }
    let source = |input: Input| match input {
        Input::Variable(variable) => Source::Input(variable),
        Input::Draft(gate) => Source::Gate { gate, shift: Shift::ZERO },
    };
    let gates = drafts.iter().map(|draft| Planned {
        task: draft.task.clone(),
        inputs: draft.inputs.iter().map(|&input| Form::source(source(input))).collect(),
    });
    let outputs = outputs.into_iter().map(|(constant, output)| {
        Form::new(constant, output.into_iter().map(|(input, coefficient)| (source(input), coefficient)))
    });
    Ok(Tasks { gates: gates.collect(), outputs: outputs.collect() })
}

/// Adds the gates of a monomial's tree; its value is what is returned.
fn grow(monomial: &Monomial, layers: usize, drafts: &mut Vec<Draft>) -> Input {
    let tree = tree(monomial, layers);
    let mut values: Vec<Input> = factors(monomial).into_iter().map(Input::Variable).collect();
    for sizes in &tree.layers {
        let mut next = Vec::with_capacity(sizes.len());
        let mut rest = values.as_slice();
        for &size in sizes {
            let (group, after) = rest.split_at(size);
            rest = after;
            let mut inputs: Vec<(Input, u32)> = Vec::new();
            for &input in group {
                match (inputs.last_mut(), input) {
                    (Some((Input::Variable(known), count)), Input::Variable(variable)) if *known == variable => {
                        *count += 1;
                    }
                    _ => inputs.push((input, 1)),
                }
            }
            let powers: Vec<u32> = inputs.iter().map(|(_, count)| *count).collect();
            next.push(match powers.as_slice() {
                [1] => inputs[0].0,
                _ => {
                    let task = match powers.as_slice() {
                        [2] if layers > 1 => Task::Square,
                        _ => Task::Monomial(powers),
                    };
                    let inputs = inputs.into_iter().map(|(input, _)| input).collect();
                    drafts.push(Draft { task, inputs });
                    Input::Draft(drafts.len() - 1)
                }
            });
        }
        values = next;
    }
    values[0]
}
