//! What a circuit costs.

use crate::circuit::Circuit;

use super::graph::{Node, NodeForm, Operation, Sort};

/// What to make smallest; ties are broken by the others in the order gates,
/// neurons, weights, depth.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Objective {
    /// The number of gates: products, squares, bit products.
    #[default]
    Multiplications,
    /// The number of neurons: four a product, two a square, one a bit product.
    Neurons,
    /// The number of weights.
    Weights,
    /// The number of gates on the longest path.
    Depth,
}

impl Objective {
    /// The objective of a name on the command line.
    pub fn parse(name: &str) -> Option<Objective> {
        Some(match name {
            "multiplications" => Objective::Multiplications,
            "neurons" => Objective::Neurons,
            "weights" => Objective::Weights,
            "depth" => Objective::Depth,
            _ => return None,
        })
    }

    /// All objectives.
    pub const ALL: [Objective; 4] =
        [Objective::Multiplications, Objective::Neurons, Objective::Weights, Objective::Depth];

    /// The names that [`Objective::parse`] reads.
    pub const NAMES: [&'static str; 4] = ["neurons", "multiplications", "weights", "depth"];
}

/// A cost whose order is the objective's: compared from the first entry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Hash)]
pub struct Cost(pub [u64; 4]);

impl Cost {
    /// The cost of a number of gates, neurons, weights and levels.
    pub fn new(objective: Objective, (gates, neurons, weights): (u64, u64, u64), depth: u64) -> Cost {
        Cost(match objective {
            Objective::Multiplications => [gates, neurons, depth, weights],
            Objective::Neurons => [neurons, gates, depth, weights],
            Objective::Weights => [weights, gates, neurons, depth],
            Objective::Depth => [depth, gates, neurons, weights],
        })
    }
}

/// The cost of a circuit, its weights taken for its multiplications by
/// constants and its additions.
pub fn of(circuit: &Circuit, objective: Objective) -> Cost {
    let counts = circuit.counts();
    let gates = counts.products + counts.squares + counts.bit_gates;
    let neurons = 4 * counts.products + 2 * counts.squares + counts.bit_gates;
    Cost::new(objective, (gates, neurons, counts.scalar_multiplications + counts.additions), counts.depth)
}

/// The additive costs of one node: gates, neurons, weights.
pub fn node_cost(node: &Node) -> (u64, u64, u64) {
    // As a network counts them: a value that is passed on as it is costs none.
    let weights = |form: &NodeForm| {
        let mut coefficients = form.linear.iter().map(|(_, c)| c).chain(form.children.iter().map(|(_, _, c)| c));
        let terms = (form.linear.len() + form.children.len()) as u64;
        let wire = terms == 1 && form.constant.is_zero() && coefficients.all(|c| c.is_one());
        if wire { 0 } else { terms + !form.constant.is_zero() as u64 }
    };
    match &*node.operation {
        Operation::Goal(_) => (0, 0, 0),
        Operation::Sum(form) | Operation::Energy(_, form) => (0, 0, weights(form)),
        Operation::Gate { forms, sort, affine, .. } => {
            let neurons = match sort {
                Sort::Product | Sort::Norm(_) => 4,
                Sort::Square => 2,
                Sort::Bits => 1,
            };
            (1, neurons, forms.iter().map(weights).sum::<u64>() + weights(affine))
        }
    }
}
