//! The model: what a spec says, checked and in normal form.
//!
//! A model is a lattice, fields on it, and one or more energies. Every energy
//! is a polynomial of a unit cell whose translates are summed; nothing is
//! expanded to sites. A spec without a lattice is a model of one cell, so
//! there is one representation for both. Produced by [`crate::lower`]; all
//! coefficients are exact.

mod expression;
mod field;
mod geometry;
mod graph;
mod lattice;
mod lattice_sum;
mod locality;
mod monomial;
mod placement;
mod plaquette;
mod polynomial;
pub mod symmetry;
mod variable;
mod weight;
mod words;
mod written_out;

pub use expression::Expression;
pub use field::{Field, Frame, Place, Slot, Structure, Translate};
pub use geometry::{Geometry, Isometry};
pub use graph::{Graph, MOST_EDGES, MOST_SITES, check_edges, read_edges};
pub use lattice::{Bond, Boundary, Lattice, Shape};
pub use lattice_sum::{Excess, LatticeSum};
pub use locality::{Locality, Nonlocal};
pub use monomial::{Factor, Monomial};
pub use placement::{Columns, GRAPH_SITES};
pub use polynomial::Polynomial;
pub use symmetry::{
    Action, Change, Motion, NoSuchSymmetry, Reason, Symmetry, Unchecked, Vector, Violation, broken, generators,
    graph_automorphisms, motions, point_group, point_group_names, violation,
};
pub use variable::{Kind, MAX_DIRECTIONS, Shift, Variable};
pub use weight::{Couplings, Entry, Weight, Window};

use crate::exact::Rational;

/// One polynomial to be computed. A model has one with the name `H`, or, when
/// couplings are left free, a fixed part and one for each coupling. Where not
/// all terms stand in all cells with the same couplings, there is one for each
/// weight; those with one name are the parts of one energy, their sum.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Energy {
    /// `H`, or the name of the free coupling that multiplies this polynomial.
    pub name: String,
    /// The free coupling that multiplies it, if any.
    pub coupling: Option<String>,
    /// In which cells the polynomial stands, and with which factor.
    pub weight: Weight,
    /// The polynomial of the unit cell; the energy is the sum over all cells
    /// of the weight times its translates. Each monomial is the canonical one
    /// among its translates ([`Model::canonical`]), so two equal energies of
    /// one weight have equal polynomials.
    pub polynomial: Polynomial,
    /// The same as it was written, for the count of gates as written and as a
    /// first decomposition.
    pub written: Expression,
}

/// Defaults that a spec gives for compilation; the command line overrides.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct CompileDefaults {
    /// Activation function by name.
    pub activation: Option<String>,
    /// Largest error of an output on the domain (per cell).
    pub tolerance: Option<f64>,
    /// What to minimise: neurons, multiplications, weights or depth.
    pub minimize: Option<String>,
    /// `skip` or `layered`.
    pub topology: Option<String>,
    /// Number format of the network.
    pub precision: Option<String>,
}

/// A checked spec.
#[derive(Clone, PartialEq, Debug)]
pub struct Model {
    /// The lattice, [`Shape::Point`] if there is none.
    pub lattice: Lattice,
    /// The fields in declared order.
    pub fields: Vec<Field>,
    /// How the energies are cut into cells.
    pub frame: Frame,
    /// The energies. Empty when `generic` is set.
    pub energies: Vec<Energy>,
    /// `H = generic`: the most general polynomial that the degree, the
    /// locality and the symmetries allow.
    pub generic: bool,
    /// The couplings from files that weights refer to.
    pub couplings: Vec<Couplings>,
    /// The declared degree; the degree of H where none is declared.
    pub degree: u32,
    /// Whether every monomial has exactly the declared degree (`degree = d`).
    pub homogeneous: bool,
    /// Whether the constant is one of the monomials of `generic`; `constant
    /// off` leaves it out.
    pub constant: bool,
    /// The declared localities; a monomial has to have all of them.
    pub localities: Vec<Locality>,
    /// The declared symmetries, in order. H has all of them.
    pub symmetries: Vec<Symmetry>,
    /// Defaults for compilation.
    pub defaults: CompileDefaults,
}

impl Model {
    /// The model of `H = generic`: cells are translated in every direction
    /// where [`Symmetry::Translation`] is declared; the constant is allowed,
    /// and monomials of lower degrees too.
    ///
    /// # Panics
    /// As [`Frame::new`].
    pub fn generic(
        lattice: Lattice,
        fields: Vec<Field>,
        degree: u32,
        localities: Vec<Locality>,
        symmetries: Vec<Symmetry>,
    ) -> Model {
        let translated = symmetries.contains(&Symmetry::Translation);
        let directions = if translated { (0..lattice.dimension()).collect() } else { Vec::new() };
        Model {
            frame: Frame::new(&lattice, &fields, directions),
            lattice,
            fields,
            energies: Vec::new(),
            generic: true,
            couplings: Vec::new(),
            degree,
            homogeneous: false,
            constant: true,
            localities,
            symmetries,
            defaults: CompileDefaults::default(),
        }
    }

    /// The number of real inputs of the whole lattice; `None` beyond 2^64.
    pub fn variables(&self) -> Option<u64> {
        let per_cell =
            self.fields.iter().map(|field| field.points(&self.lattice) as u64 * field.components as u64).sum();
        self.lattice.cells()?.checked_mul(per_cell)
    }

    /// The domain of a variable: least and greatest value.
    pub fn domain(&self, variable: Variable) -> (&Rational, &Rational) {
        let field = &self.fields[self.frame.slot(variable.slot()).field as usize];
        (&field.lower, &field.upper)
    }

    /// The place of a variable: [`Frame::place`].
    pub fn place(&self, variable: Variable) -> (Vec<i64>, usize) {
        self.frame.place(&self.lattice, variable)
    }

    /// The variable of a field at a place: [`Frame::variable_at`].
    pub fn variable_at(&self, field: usize, component: u32, place: &[i64], basis: usize) -> Option<Variable> {
        self.frame.variable_at(&self.lattice, &self.fields, field, component, place, basis)
    }

    /// The canonical monomial among the translates of one along the directions
    /// without ends, and the shift that takes the monomial to it: of those
    /// with a variable in the cell at hand the least, so that displacements
    /// are forwards, as in phi\[i\]*phi\[i+1\]. Displacements that the
    /// wrapping identifies are equal in it; see [`Frame::least_translate`] for
    /// the sign that twisted directions may give it.
    pub fn canonical(&self, monomial: &Monomial) -> (Monomial, Shift) {
        if self.frame.directions.is_empty() || monomial.is_one() {
            return (monomial.clone(), Shift::ZERO);
        }
        let Translate { monomial, shift, .. } = self.frame.least_translate(monomial);
        (monomial, shift)
    }

    /// A polynomial with every monomial replaced by its canonical translate:
    /// the same energy, where it is summed over all cells.
    pub fn canonical_polynomial(&self, polynomial: &Polynomial) -> Polynomial {
        if self.frame.directions.is_empty() {
            return polynomial.clone();
        }
        Polynomial::from_terms(polynomial.terms().iter().filter_map(|(monomial, coefficient)| {
            let translate = self.frame.least_translate(monomial);
            let coefficient = if translate.negative { -coefficient.clone() } else { coefficient.clone() };
            (!translate.vanishes).then_some((translate.monomial, coefficient))
        }))
    }

    /// The model as its couplings are counted: nothing is said of H, and cells
    /// are translated along directions without ends only, as terms that are
    /// translates of one another along open ones are told apart. A lattice too
    /// long for such a cell stays as it is.
    pub fn for_counting(&self) -> Model {
        let mut general = Model { energies: Vec::new(), couplings: Vec::new(), ..self.clone() };
        if self.lattice.graph.is_some() {
            general.frame = Frame::new(&self.lattice, &self.fields, Vec::new());
        } else if self.frame.ends() {
            let open = |d: &usize| self.lattice.boundaries[*d] == Boundary::Open;
            let (ends, joined): (Vec<usize>, Vec<usize>) = self.frame.directions.iter().partition(|d| open(d));
            let inner = ends.iter().try_fold(self.frame.slots() as u64, |n, &d| n.checked_mul(self.lattice.extents[d]));
            if inner.is_some_and(|slots| slots < 1 << 28) {
                general.frame = Frame::new(&self.lattice, &self.fields, joined);
            }
        }
        general
    }

    /// The names of the energies, each once, in order: those of one name are
    /// the parts of one.
    pub fn energy_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for energy in &self.energies {
            if !names.contains(&energy.name.as_str()) {
                names.push(&energy.name);
            }
        }
        names
    }

    /// The name of a variable as a user writes it: [`Frame::variable_name`].
    pub fn variable_name(&self, variable: Variable) -> String {
        self.frame.variable_name(&self.lattice, &self.fields, variable)
    }
}
