//! Which of the named symmetries a Hamiltonian has, and which it lacks.
//!
//! Enters a [`Model`] with its energies; leaves a list of [`Finding`]s in a
//! fixed order: motions of space, permutations, changes of the values. Each is
//! decided exactly on the polynomial of the unit cell; a symmetry that is
//! lacking comes with a term that shows it. All energies, those of free
//! couplings included, must have a symmetry for the model to have it.
//!
//! What a model's frame says needs no search: a Hamiltonian that was read as
//! a sum over translates of a unit cell has the translations along the frame.
//! One that is written site by site is a model of one cell, whatever its
//! lattice, and there translations are tried as any other motion.

mod flips;
mod space;
mod values;

use crate::exact::Rational;
use crate::model::{self, Energy, Lattice, Model, Monomial, NoSuchSymmetry, Polynomial, Reason, Symmetry, Unchecked};

/// A symmetry that was looked for.
#[derive(Clone, PartialEq, Debug)]
pub struct Finding {
    /// Its name: in the words of a spec where it has some.
    pub name: String,
    /// Whether the Hamiltonian has it.
    pub verdict: Verdict,
    /// How it is declared, where that says it alone.
    pub symmetry: Option<Symmetry>,
}

/// Whether a Hamiltonian has a symmetry.
#[derive(Clone, PartialEq, Debug)]
pub enum Verdict {
    /// It has it.
    Holds,
    /// It does not.
    Lacks(Violation),
    /// It was not decided, for this reason.
    Undecided(String),
}

/// A term that shows that a symmetry is lacking.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// The term, as a user would write it.
    pub term: String,
    /// What the symmetry would need for it.
    pub needed: String,
}

/// The symmetries that were looked for, those of space first.
///
/// ```
/// let (spec, _) = hamc::syntax::parse(
///     "field x, y : real in [-1, 1]
///      H = x^2*y^2 + x*y + x^2 + y^2",
/// );
/// let model = hamc::lower::lower(&spec).0.unwrap();
/// let found = hamc::analysis::symmetries::detect(&model);
/// let holds: Vec<&str> = found.iter().filter(|f| f.holds()).map(|f| f.name.as_str()).collect();
/// assert_eq!(holds, ["permutation", "flip of x and y together"]);
/// ```
pub fn detect(model: &Model) -> Vec<Finding> {
    let mut found = Vec::new();
    if model.energies.is_empty() {
        return found;
    }
    space::translations(model, &mut found);
    space::reflections(model, &mut found);
    space::point_groups(model, &mut found);
    space::permutations(model, &mut found);
    flips::flips(model, &mut found);
    values::rotations(model, &mut found);
    values::phases(model, &mut found);
    values::lorentz(model, &mut found);
    values::gauge(model, &mut found);
    found
}

/// The symmetries to declare: those that were found, without those that
/// others contain.
pub fn declarations(model: &Model, found: &[Finding]) -> Vec<Symmetry> {
    let mut symmetries: Vec<Symmetry> = Vec::new();
    for finding in found.iter().filter(|finding| finding.holds()) {
        let Some(symmetry) = &finding.symmetry else { continue };
        if !symmetries.contains(symmetry) {
            symmetries.push(symmetry.clone());
        }
    }
    let all_directions = |name: &str| {
        let mut of_kind = found.iter().filter(|finding| finding.name.starts_with(name)).peekable();
        of_kind.peek().is_some() && of_kind.all(Finding::holds)
    };
    let has_point_group = symmetries.iter().any(|symmetry| matches!(symmetry, Symmetry::PointGroup(_)));
    // Permutations of sites keep no locality but that of single sites.
    let permuted =
        symmetries.contains(&Symmetry::Permutation) && !model.lattice.is_point() && model.localities.is_empty();
    symmetries.retain(|symmetry| match symmetry {
        Symmetry::Translation => all_directions("translation along ") && !permuted,
        Symmetry::Reflection => all_directions("reflection of ") && !has_point_group && !permuted,
        Symmetry::PointGroup(_) => !permuted,
        Symmetry::Permutation => permuted || model.lattice.is_point(),
        _ => true,
    });
    symmetries
}

impl Finding {
    fn new(name: impl Into<String>, verdict: Verdict, symmetry: Option<Symmetry>) -> Finding {
        Finding { name: name.into(), verdict, symmetry }
    }

    /// Whether the Hamiltonian has the symmetry.
    pub fn holds(&self) -> bool {
        self.verdict == Verdict::Holds
    }
}

impl Verdict {
    fn of(violation: Option<Violation>) -> Verdict {
        violation.map_or(Verdict::Holds, Verdict::Lacks)
    }
}

/// The greatest number of terms that one image may have.
const MOST_TERMS: f64 = 500_000.0;

/// The verdict on a symmetry; an error where the lattice or the fields have no
/// such symmetry.
fn verdict(model: &Model, symmetry: &Symmetry) -> Result<Verdict, NoSuchSymmetry> {
    match model::broken(model, symmetry) {
        Ok(None) => Ok(Verdict::Holds),
        Ok(Some((shown, energy, violation))) => Ok(Verdict::Lacks(described(&shown, &energy, &violation))),
        Err(Unchecked::NoSuchSymmetry(reason)) => Err(reason),
        Err(Unchecked::TooManyTerms { action, limit }) => {
            Ok(Verdict::Undecided(format!("the {action} of H has over {limit} terms")))
        }
    }
}

/// A violation in the words of a spec.
fn described(model: &Model, energy: &Energy, violation: &model::Violation) -> Violation {
    let text = |monomial: &Monomial, coefficient: &Rational| match coefficient.is_zero() {
        true => "none".to_owned(),
        false => term(model, energy, monomial, coefficient),
    };
    let needed = match &violation.reason {
        Reason::Needs(image, coefficient) => format!("{} as well", text(image, coefficient)),
        Reason::Becomes(coefficient) => text(&violation.monomial, coefficient),
        Reason::Charge { charge, order } => format!("charges that {order} divides, and it has {charge}"),
        Reason::Site { cell, charge, .. } => {
            format!("bonds that cancel at every site, and {charge} is left at {cell:?}")
        }
        Reason::Winding { direction } => {
            format!("loops that do not go around direction {}", Lattice::direction_name(*direction))
        }
    };
    Violation { term: term(model, energy, &violation.monomial, &violation.coefficient), needed }
}

/// A term as a user writes it.
fn term(model: &Model, energy: &Energy, monomial: &Monomial, coefficient: &Rational) -> String {
    if coefficient.is_zero() {
        return format!("no {}", term(model, energy, monomial, &Rational::ONE));
    }
    let name = |variable| model.variable_name(variable);
    let text = Polynomial::term(monomial.clone(), coefficient.clone()).display(name);
    let text = match &energy.coupling {
        None => text,
        Some(coupling) if monomial.is_one() && coefficient.is_one() => coupling.clone(),
        Some(coupling) => match text.strip_prefix('-') {
            Some(text) => format!("-{coupling}*{text}"),
            None => format!("{coupling}*{text}"),
        },
    };
    if text.chars().count() <= 100 { text } else { text.chars().take(97).chain("...".chars()).collect() }
}
