//! Generators: each looks at one core and says ways to compute it.
//!
//! A generator is a function from a polynomial to facts, sound over the
//! rationals (tested on random polynomials, and checked again for every fact
//! when it enters the e-graph). It does not decide anything: extraction picks.

pub mod addition_chains;
pub mod bipartition;
pub mod bits;
pub mod bonds;
pub mod coefficients;
pub mod complete_square;
pub mod composition;
pub mod cubes;
pub mod dependent_factors;
pub mod determinant;
pub mod direct_sum;
pub mod discriminant;
pub mod elimination;
pub mod elimination_order;
pub mod essential;
pub mod factor;
pub mod fourth_powers;
pub mod free_diagonal;
pub mod generic_matrix;
pub mod gram;
pub mod gram_rank;
pub mod horner;
pub mod kernels;
pub mod minors;
pub mod monomials;
pub mod norms;
pub mod origin;
pub mod pencil;
pub mod power_pairs;
pub mod preconditioned;
pub mod quadratic;
pub mod quartic;
pub mod resultant;
pub mod split;
pub mod trilinear;
pub mod univariate;

use super::decomposition::Fact;
use crate::model::Polynomial;

/// A generator and its name.
pub struct Generator {
    /// The name, for explanations.
    pub name: &'static str,
    /// The function.
    pub generate: fn(&Polynomial) -> Vec<Fact>,
}

/// The generators of every search, in a fixed order.
pub const ALL: &[Generator] = &[
    Generator { name: "split", generate: split::generate },
    Generator { name: "factor", generate: factor::generate },
    Generator { name: "direct_sum", generate: direct_sum::generate },
    Generator { name: "power_pairs", generate: power_pairs::generate },
    Generator { name: "quadratic", generate: quadratic::generate },
    Generator { name: "free_diagonal", generate: free_diagonal::generate },
    Generator { name: "monomials", generate: monomials::generate },
    Generator { name: "complete_square", generate: complete_square::generate },
    Generator { name: "bits", generate: bits::generate },
    Generator { name: "horner", generate: horner::generate },
];

/// Generators that are left out of nested searches, which have little to spend
/// and would spend it on these.
pub const OUTERMOST: &[Generator] = &[
    Generator { name: "gram", generate: gram::generate },
    Generator { name: "gram_rank", generate: gram_rank::generate },
    Generator { name: "kernels", generate: kernels::generate },
];

/// A generator whose facts belong together: each plan computes the core, and
/// pays only if all of it is used.
pub struct Planner {
    /// The name, for explanations.
    pub name: &'static str,
    /// The function.
    pub plans: fn(&Polynomial) -> Vec<Vec<Fact>>,
}

/// All planners, in a fixed order.
pub const PLANNERS: &[Planner] = &[
    Planner { name: "essential", plans: essential::plans },
    Planner { name: "composition", plans: composition::plans },
    Planner { name: "bipartition", plans: bipartition::plans },
    Planner { name: "generic_matrix", plans: generic_matrix::plans },
    Planner { name: "resultant", plans: resultant::plans },
    Planner { name: "discriminant", plans: discriminant::plans },
    Planner { name: "preconditioned", plans: preconditioned::plans },
    Planner { name: "trilinear", plans: trilinear::plans },
    Planner { name: "quartic", plans: quartic::plans },
    Planner { name: "coefficients", plans: coefficients::plans },
    Planner { name: "bonds", plans: bonds::plans },
    Planner { name: "cubes", plans: cubes::plans },
    Planner { name: "dependent_factors", plans: dependent_factors::plans },
    Planner { name: "fourth_powers", plans: fourth_powers::plans },
    Planner { name: "univariate", plans: univariate::plans },
    Planner { name: "addition_chains", plans: addition_chains::plans },
];
