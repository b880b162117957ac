//! Homogeneous linear equations in which every unknown occurs at most twice.
//!
//! The monomials of link fields that a gauge group leaves alone are the
//! solutions of one equation a vertex, "what flows in flows out"; so are those
//! of them that a symmetry of space leaves alone, with one unknown for each
//! cycle of links and one equation for each cycle of vertices
//! ([`super::graph`]). Every method of counting works on this one form.

use dashu_int::UBig;
use smallvec::SmallVec;

use super::super::CountError;

/// Unknowns and equations over the integers modulo `modulus`, or over the
/// integers themselves where that is zero.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct System {
    /// N of Z_N, or zero.
    pub modulus: u32,
    /// The number of equations.
    pub vertices: usize,
    /// The unknowns.
    pub variables: Vec<Variable>,
}

/// One unknown.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Variable {
    /// The equations it occurs in, with coefficients that are not zero.
    pub ends: SmallVec<[(u32, i64); 2]>,
    /// What one unit of its value adds to the degree, at least 1.
    pub weight: u32,
    /// Which values it can have.
    pub range: Range,
}

/// The values of an unknown.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Range {
    /// Those modulo the modulus, of a link.
    Flow,
    /// Zero and half the modulus.
    Half,
    /// Those of a power of matter.
    Matter(Powers),
}

/// The powers that a factor of a monomial of matter may have.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Powers {
    /// Those of a number: 0, 1, 2 and so on.
    Natural,
    /// Those of a phase, negative ones too.
    Integer,
    /// Those of a root of unity of this order; of a spin or a bit for two.
    Cyclic(u32),
}

/// Matter at a vertex: a factor of monomials that a gauge transformation
/// multiplies by the phase at the vertex to the power of its charge.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Matter {
    /// Which factor it is: symmetries of space take it to one of its kind.
    pub kind: u32,
    /// The charge, zero where gauge transformations leave it alone.
    pub charge: i64,
    /// The powers it may have.
    pub powers: Powers,
}

impl Matter {
    /// The unknown power of matter at a vertex.
    pub(super) fn unknown(&self, vertex: u32, modulus: u32) -> Variable {
        let charge = if modulus > 0 { self.charge.rem_euclid(i64::from(modulus)) } else { self.charge };
        Variable {
            ends: (charge != 0).then_some((vertex, charge)).into_iter().collect(),
            weight: 1,
            range: Range::Matter(self.powers),
        }
    }
}

impl System {
    /// The representative of a value in (-N/2, N/2].
    pub fn residue(&self, value: i64) -> i64 {
        if self.modulus == 0 {
            return value;
        }
        let modulus = i64::from(self.modulus);
        let residue = value.rem_euclid(modulus);
        if 2 * residue > modulus { residue - modulus } else { residue }
    }

    /// The values other than zero that an unknown can have within a degree.
    pub fn values(&self, variable: &Variable, degree: u32) -> impl Iterator<Item = i64> + use<> {
        let modulus = i64::from(self.modulus);
        let most = i64::from(degree / variable.weight);
        let cyclic = |order: i64| (1, most.min(order / 2), most.min((order - 1) / 2));
        let (first, positive, negative) = match (variable.range, self.modulus) {
            (Range::Half, _) => (modulus / 2, most.min(modulus / 2), 0),
            (Range::Flow, 0) | (Range::Matter(Powers::Integer), _) => (1, most, most),
            (Range::Flow, _) => cyclic(modulus),
            (Range::Matter(Powers::Natural), _) => (1, most, 0),
            (Range::Matter(Powers::Cyclic(order)), _) => cyclic(order.into()),
        };
        (first..=positive).flat_map(move |value| [value, -value].into_iter().filter(move |&v| v >= -negative))
    }

    /// What a value of an unknown adds to the degree.
    pub fn cost(variable: &Variable, value: i64) -> u32 {
        (value.unsigned_abs() as u32).saturating_mul(variable.weight)
    }

    /// The highest degree of any solution; `None` where values have no bound.
    pub fn highest_degree(&self) -> Option<u64> {
        let highest = |variable: &Variable| {
            let order = match variable.range {
                Range::Flow | Range::Half => self.modulus,
                Range::Matter(Powers::Cyclic(order)) => order,
                Range::Matter(_) => 0,
            };
            (order > 0).then(|| u64::from(order / 2) * u64::from(variable.weight))
        };
        self.variables.iter().map(highest).sum()
    }

    /// Whether there is matter, at which flows may begin and end, so that they
    /// are open strings besides closed loops.
    pub fn has_matter(&self) -> bool {
        self.variables.iter().any(|variable| matches!(variable.range, Range::Matter(_)))
    }

    /// As far from a vertex as solutions through it of a degree may lead,
    /// others that touch them included: a closed walk returns, an open string
    /// does not.
    pub fn reach(&self, degree: u32) -> u32 {
        if self.has_matter() { degree } else { degree / 2 }
    }

    /// The unknowns of each equation.
    pub fn incidence(&self) -> Vec<Vec<u32>> {
        let mut incidence = vec![Vec::new(); self.vertices];
        for (index, variable) in self.variables.iter().enumerate() {
            for &(vertex, _) in &variable.ends {
                incidence[vertex as usize].push(index as u32);
            }
        }
        incidence
    }
}

/// Steps of work that may still be done: a limit that depends on the input
/// alone.
#[derive(Clone, Debug)]
pub(super) struct Work {
    limit: u64,
    left: u64,
}

impl Work {
    pub fn new(limit: u64) -> Work {
        Work { limit, left: limit }
    }

    /// Takes some steps from what is left.
    pub fn spend(&mut self, steps: u64) -> Result<(), CountError> {
        match self.left.checked_sub(steps) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(self.exhausted()),
        }
    }

    /// Tries with no more than some of the steps that are left, which are
    /// taken from them.
    pub fn part<T>(
        &mut self,
        limit: u64,
        attempt: impl FnOnce(&mut Work) -> Result<T, CountError>,
    ) -> Result<T, CountError> {
        let mut part = Work { limit: self.limit, left: self.left.min(limit) };
        let given = part.left;
        let result = attempt(&mut part);
        self.left -= given - part.left;
        result
    }

    /// Whether nothing is left.
    pub fn is_spent(&self) -> bool {
        self.left < 1000
    }

    /// The refusal once nothing is left.
    pub fn exhausted(&self) -> CountError {
        CountError::TooMany {
            what: "steps of counting closed loops of links",
            needed: UBig::from(self.limit) + UBig::ONE,
            limit: self.limit,
        }
    }
}

/// The greatest common divisor.
pub(super) fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
