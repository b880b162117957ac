//! Actions of generators on variables, monomials and polynomials.

use super::space::Moved;
use super::{NoSuchSymmetry, Symmetry, on_bonds, rotation};
use crate::exact::Rational;
use crate::model::field::{Place, Slot};
use crate::model::geometry::Isometry;
use crate::model::monomial::{Factor, Monomial};
use crate::model::polynomial::Polynomial;
use crate::model::variable::{Kind, Variable};
use crate::model::{Boundary, Model};

/// What happens to the value of a variable besides its moving.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Change {
    /// Nothing.
    Kept,
    /// Its sign changes.
    Negated,
    /// A bit b becomes 1 - b.
    Complemented,
}

/// A generator of a symmetry group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Action {
    /// What it does, in words, such as `reversal of x`.
    pub name: String,
    map: Map,
}

/// How an action moves variables.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Map {
    Space(Box<Space>),
    /// Slot s of a cell goes to slot `permutation[s]` of the same cell.
    Slots(Vec<usize>),
    /// The values of a field change.
    Flip(usize),
    /// The values at each point change linearly.
    Linear(Linear),
}

/// A motion of space, up to a translation of the frame.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Space {
    isometry: Isometry,
    sites: Vec<Moved>,
    bonds: Vec<Moved>,
    /// For fields that are locked to space, the component that each goes to,
    /// and whether its sign changes.
    turns: Vec<Option<Vec<(u32, bool)>>>,
}

/// A combination of components at one point: field, component and factor.
pub type Combination = Vec<(usize, u32, Rational)>;

/// A linear map of the values of fields at every point: the components that it
/// moves, by field and component, and what each becomes.
pub(super) type Linear = Vec<((usize, u32), Combination)>;

/// What an action is, for those that move other representations than
/// [`Variable`]s.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Motion<'a> {
    /// A motion of space. Fields that the model's symmetries lock to it turn
    /// by [`Isometry::cartesian`].
    Space {
        /// The motion.
        isometry: &'a Isometry,
    },
    /// Slot s of a cell goes to slot `permutation[s]` of the same cell.
    Slots(&'a [usize]),
    /// The values of the field with this index change.
    Flip(usize),
    /// The values at each point change linearly: pairs of a field's component
    /// and the combination (field, component, factor) that it becomes.
    Linear(&'a [((usize, u32), Combination)]),
}

impl Action {
    /// The action of a motion of space. An error where the components of a
    /// locked field turn by irrational numbers and H is there to be checked.
    pub fn space(model: &Model, mut isometry: Isometry) -> Result<Action, NoSuchSymmetry> {
        let lattice = &model.lattice;
        let geometry = lattice.geometry();
        let broken = || NoSuchSymmetry {
            message: format!("the {} does not keep the lattice {lattice}", isometry.name),
            hint: "motions take sites to sites and bonds to bonds".to_owned(),
        };
        let mut turns = vec![None; model.fields.len()];
        for symmetry in &model.symmetries {
            let Symmetry::Locked { field, axial } = symmetry else { continue };
            rotation::locked(model, *field, *axial)?;
            turns[*field] = match rotation::turn(&isometry, &geometry, *axial) {
                None if !model.energies.is_empty() => {
                    return Err(NoSuchSymmetry {
                        message: format!(
                            "the {} turns the components of {} by irrational numbers",
                            isometry.name, model.fields[*field].name
                        ),
                        hint: format!(
                            "on {lattice}, rotations locked to space can be counted (H = generic), but an H that is \
                             written out cannot be checked; use `rotation({})`, which leaves space alone",
                            model.fields[*field].name
                        ),
                    });
                }
                turn => turn,
            };
        }
        let mut sites = isometry.sites(&geometry).ok_or_else(broken)?;
        let mut bonds = match on_bonds(model) {
            true => isometry.bonds(lattice).ok_or_else(broken)?,
            false => Vec::new(),
        };
        // Whole periods do nothing, and nor do translations of the frame.
        for (direction, &extent) in lattice.extents.iter().enumerate() {
            let steps = match (model.frame.directions.contains(&direction), lattice.boundaries[direction]) {
                (true, _) => isometry.shift[direction].div_euclid(geometry.scale),
                (false, Boundary::Periodic) => {
                    let period = extent as i64;
                    isometry.shift[direction].div_euclid(geometry.scale).div_euclid(period) * period
                }
                _ => 0,
            };
            isometry.shift[direction] -= steps * geometry.scale;
            sites.iter_mut().chain(&mut bonds).for_each(|moved| moved.shift[direction] -= steps);
        }
        Ok(Action { name: isometry.name.clone(), map: Map::Space(Box::new(Space { isometry, sites, bonds, turns })) })
    }

    pub(super) fn slots(name: String, permutation: Vec<usize>) -> Action {
        Action { name, map: Map::Slots(permutation) }
    }

    pub(super) fn flip(name: String, field: usize) -> Action {
        Action { name, map: Map::Flip(field) }
    }

    pub(super) fn linear(name: String, images: Linear) -> Action {
        Action { name, map: Map::Linear(images) }
    }

    /// What the action is.
    pub fn motion(&self) -> Motion<'_> {
        match &self.map {
            Map::Space(space) => Motion::Space { isometry: &space.isometry },
            Map::Slots(permutation) => Motion::Slots(permutation),
            Map::Flip(field) => Motion::Flip(*field),
            Map::Linear(images) => Motion::Linear(images),
        }
    }

    /// Where a variable goes, and what happens to its value. `None` where its
    /// image is a combination of several variables.
    pub fn image(&self, model: &Model, variable: Variable) -> Option<(Variable, Change)> {
        match &self.map {
            Map::Space(space) => space.image(model, variable),
            Map::Slots(permutation) => {
                let slot = permutation[variable.slot()];
                Some((Variable::new(slot, variable.kind()).at(variable.cell), Change::Kept))
            }
            Map::Flip(field) if model.frame.slot(variable.slot()).field as usize == *field => {
                let change = if variable.kind() == Kind::Bit { Change::Complemented } else { Change::Negated };
                Some((variable, change))
            }
            Map::Flip(_) => Some((variable, Change::Kept)),
            Map::Linear(images) => {
                let slot = model.frame.slot(variable.slot());
                let Some(combination) = combination(images, slot) else { return Some((variable, Change::Kept)) };
                let [(field, component, factor)] = combination else { return None };
                let change = match () {
                    () if factor.is_one() => Change::Kept,
                    () if *factor == Rational::MINUS_ONE => Change::Negated,
                    () => return None,
                };
                Some((other(model, variable, slot, *field, *component), change))
            }
        }
    }

    /// The polynomial that a variable becomes.
    pub fn polynomial(&self, model: &Model, variable: Variable) -> Polynomial {
        if let Map::Linear(images) = &self.map {
            let slot = model.frame.slot(variable.slot());
            if let Some(combination) = combination(images, slot) {
                return Polynomial::from_terms(combination.iter().map(|(field, component, factor)| {
                    (Monomial::variable(other(model, variable, slot, *field, *component)), factor.clone())
                }));
            }
        }
        match self.image(model, variable) {
            Some((image, Change::Kept)) => Polynomial::variable(image),
            Some((image, Change::Negated)) => -&Polynomial::variable(image),
            Some((image, Change::Complemented)) => &Polynomial::constant(Rational::ONE) - &Polynomial::variable(image),
            None => Polynomial::variable(variable),
        }
    }

    /// The image of a monomial, with its sign; canonical among its
    /// translates. `None` where the image is no monomial (bits complemented,
    /// values turned).
    pub fn monomial(&self, model: &Model, monomial: &Monomial) -> Option<(Monomial, bool)> {
        let mut negative = false;
        let mut factors = Vec::with_capacity(monomial.factors().len());
        for factor in monomial.factors() {
            let (variable, change) = self.image(model, factor.variable)?;
            match change {
                Change::Kept => {}
                Change::Negated => negative ^= factor.exponent % 2 == 1,
                Change::Complemented => return None,
            }
            factors.push(Factor { variable, exponent: factor.exponent });
        }
        Some((model.canonical(&Monomial::from_factors(factors)).0, negative))
    }

    /// The image of a polynomial of the unit cell, in canonical form. A
    /// monomial of k complemented bits or turned values becomes up to 2^k terms:
    /// see [`Action::terms`].
    pub fn apply(&self, model: &Model, polynomial: &Polynomial) -> Polynomial {
        let mut terms = Vec::with_capacity(polynomial.len());
        for (monomial, coefficient) in polynomial.terms() {
            match self.monomial(model, monomial) {
                Some((image, negative)) => {
                    terms.push((image, if negative { -coefficient.clone() } else { coefficient.clone() }));
                }
                None => {
                    let image =
                        monomial.factors().iter().fold(Polynomial::constant(coefficient.clone()), |product, factor| {
                            &product * &self.polynomial(model, factor.variable).pow(factor.exponent as u32)
                        });
                    terms.extend(model.canonical_polynomial(&image).terms().iter().cloned());
                }
            }
        }
        Polynomial::from_terms(terms)
    }

    /// A bound on the terms that [`Action::apply`] makes of a polynomial
    /// before like terms are collected.
    pub fn terms(&self, model: &Model, polynomial: &Polynomial) -> f64 {
        let of = |monomial: &Monomial| -> f64 {
            let factor = |factor: &Factor| match self.image(model, factor.variable) {
                Some((_, Change::Complemented)) => 2.0,
                Some(_) => 1.0,
                // Only pairs of components are turned at a time.
                None => factor.exponent as f64 + 1.0,
            };
            monomial.factors().iter().map(factor).product()
        };
        polynomial.terms().iter().map(|(monomial, _)| of(monomial)).sum()
    }

    /// Whether some bit goes to its complement, so that a monomial's image
    /// may be a sum.
    pub fn complements(&self, model: &Model) -> bool {
        matches!(self.map, Map::Flip(field) if model.fields[field].kind == Kind::Bit)
    }

    /// Whether every monomial goes to a monomial, up to its sign.
    pub fn permutes(&self, model: &Model) -> bool {
        let single = |(_, image): &(_, Combination)| image.len() == 1;
        match &self.map {
            Map::Linear(images) => images.iter().all(single),
            _ => !self.complements(model),
        }
    }
}

impl Space {
    fn image(&self, model: &Model, variable: Variable) -> Option<(Variable, Change)> {
        let lattice = &model.lattice;
        let (cell, point) = model.place(variable);
        let Slot { field, component, .. } = model.frame.slot(variable.slot());
        let declared = &model.fields[field as usize];
        let moved = match declared.place {
            Place::Sites => &self.sites[point],
            Place::Bonds => &self.bonds[point],
        };
        let mut image: Vec<i64> = self
            .isometry
            .matrix
            .iter()
            .zip(&moved.shift)
            .map(|(row, shift)| row.iter().zip(&cell).map(|(m, c)| m * c).sum::<i64>() + shift)
            .collect();
        // Around a twisted direction values change their sign.
        let twisted = model.frame.inner.iter().filter(|&&d| lattice.boundaries[d] == Boundary::Twisted);
        let around = twisted.filter(|&&d| image[d].div_euclid(lattice.extents[d] as i64) % 2 != 0).count() % 2 == 1;
        if declared.place == Place::Bonds {
            // A bond that would leave an open end goes to one that does.
            for &direction in &model.frame.inner {
                image[direction] = image[direction].rem_euclid(lattice.extents[direction] as i64);
            }
        }
        let (component, mut negative) = match &self.turns[field as usize] {
            Some(turn) => turn[component as usize],
            None => (component, false),
        };
        // The phase along a bond is the conjugate of that against it.
        negative ^= around;
        negative ^= moved.reversed && declared.structure.is_complex() && component == 1;
        let image = model.variable_at(field as usize, component, &image, moved.to)?;
        Some((image, if negative { Change::Negated } else { Change::Kept }))
    }
}

/// What a component becomes, where the map moves it.
fn combination(images: &Linear, slot: Slot) -> Option<&[(usize, u32, Rational)]> {
    let moved =
        images.iter().find(|((field, component), _)| *field == slot.field as usize && *component == slot.component);
    moved.map(|(_, combination)| combination.as_slice())
}

/// The variable of another field or component at the same point.
fn other(model: &Model, variable: Variable, slot: Slot, field: usize, component: u32) -> Variable {
    let slot = Slot { field: field as u32, component, ..slot };
    model.frame.variable(&model.fields, slot).at(variable.cell)
}
