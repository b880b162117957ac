//! Stand-ins for what multiplies polynomials while an energy is lowered and
//! is no variable of the model: couplings left free, couplings from files, and
//! guards of open ends, and of the sites and edges of a graph. They are variables with slots from the top, beyond
//! those of any cell, so that the arithmetic of values needs to know nothing
//! of them; energies.rs takes them out again.
//!
//! A guard says that the cell displaced by some steps along one open direction
//! is there. It is a bit, so that the same guard twice is one.

use crate::exact::Rational;
use crate::model::{Expression, Kind, MAX_DIRECTIONS, Polynomial, Shift, Variable};

/// The greatest slot of a variable.
const TOP: usize = (1 << 30) - 1;
/// Free couplings, at most.
const MOST_FREE: usize = 1 << 20;
/// The sites or bonds of a cell that couplings from a file may have.
const MOST_POINTS: usize = 1 << 10;
/// Couplings from files, at most, with their points.
const MOST_ENTRIES: usize = 1 << 26;

/// What a variable stands for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Marker {
    /// The free coupling with this index.
    Free(usize),
    /// The coupling of the array with this index at a point of the cell that
    /// the variable is displaced to.
    Entry { array: usize, point: usize },
    /// The cell that the variable is displaced to is within the lattice along
    /// the direction of the frame with this index.
    Guard(usize),
    /// The cell holds a site of a graph (0), or an edge (1).
    Part(usize),
}

impl Marker {
    /// The variable of a marker in a cell.
    pub(super) fn variable(self, cell: Shift) -> Variable {
        match self {
            Marker::Free(index) => Variable::real(TOP - index),
            Marker::Entry { array, point } => Variable::real(TOP - MOST_FREE - array * MOST_POINTS - point).at(cell),
            Marker::Guard(at) => Variable::new(TOP - MOST_FREE - MOST_ENTRIES - at, Kind::Bit).at(cell),
            Marker::Part(part) => {
                Variable::new(TOP - MOST_FREE - MOST_ENTRIES - MAX_DIRECTIONS - part, Kind::Bit).at(cell)
            }
        }
    }

    /// What a variable stands for, if not for one of the model's.
    pub(super) fn of(variable: Variable) -> Option<Marker> {
        let index = TOP - variable.slot();
        if index < MOST_FREE {
            return Some(Marker::Free(index));
        }
        let index = index - MOST_FREE;
        if index < MOST_ENTRIES {
            return Some(Marker::Entry { array: index / MOST_POINTS, point: index % MOST_POINTS });
        }
        let index = index - MOST_ENTRIES;
        if index < MAX_DIRECTIONS {
            return Some(Marker::Guard(index));
        }
        let index = index - MAX_DIRECTIONS;
        (index < 2).then_some(Marker::Part(index))
    }
}

/// The guard that a box of cells, least and greatest displacement along each
/// direction of the frame, is within the lattice.
pub(super) fn guards(low: &Shift, high: &Shift) -> Vec<Variable> {
    let guard = |at: usize, steps: i16| {
        let mut cell = Shift::ZERO;
        cell.0[at] = steps;
        (steps != 0).then(|| Marker::Guard(at).variable(cell))
    };
    (0..MAX_DIRECTIONS).flat_map(|at| [guard(at, low.0[at]), guard(at, high.0[at])]).flatten().collect()
}

/// Whether an expression holds a marker.
pub(super) fn occur_in(written: &Expression) -> bool {
    match written {
        Expression::Constant(_) => false,
        Expression::Variable(variable) => Marker::of(*variable).is_some(),
        Expression::Sum(parts) | Expression::Product(parts) => parts.iter().any(occur_in),
        Expression::Power(base, _) => occur_in(base),
    }
}

/// The product of variables, as a polynomial.
pub(super) fn product(variables: &[Variable]) -> Polynomial {
    variables
        .iter()
        .fold(Polynomial::constant(Rational::ONE), |product, &variable| &product * &Polynomial::variable(variable))
}
