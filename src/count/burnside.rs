//! An independent count for small lattices: every group element on every
//! local monomial.

use dashu_int::{IBig, UBig};
use rustc_hash::FxHashSet;

use crate::model::{Change, Field, Frame, Kind, Model, Monomial, Structure, Variable, generators};

/// The largest group that is listed.
const LARGEST_GROUP: usize = 20_000;

/// The largest number of local monomials that are listed.
const LARGEST_BASIS: usize = 20_000;

/// The largest number of variables.
pub(super) const LARGEST_LATTICE: u64 = 400;

/// The number of invariants of a small model by Burnside's lemma: the mean of
/// the signed number of fixed local monomials over all elements of the group,
/// translations included, each a signed permutation of the variables of the
/// whole lattice. `None` where the lattice, the group or the number of
/// monomials is too large, or where a symmetry does not exist on the lattice
/// or takes a local monomial to one that is not.
///
/// It shares no code with [`super::degrees_of_freedom`] but the generators.
pub fn burnside(model: &Model) -> Option<UBig> {
    if model.variables()? > LARGEST_LATTICE {
        return None;
    }
    let plain =
        |field: &Field| matches!(field.structure, Structure::Plain | Structure::Complex | Structure::Categories);
    if !model.fields.iter().all(plain) {
        return None;
    }
    let mut whole = model.clone();
    whole.frame = Frame::new(&model.lattice, &model.fields, Vec::new());
    let variables: Vec<Variable> =
        (0..whole.frame.slots()).map(|slot| whole.frame.variable(&whole.fields, whole.frame.slot(slot))).collect();
    let basis = local_monomials(&whole, &variables)?;
    let mut members: FxHashSet<Vec<(u32, u32)>> = FxHashSet::default();
    members.extend(basis.iter().cloned());
    let group = closure(&whole, &variables)?;
    let mut total = IBig::ZERO;
    for element in &group {
        for monomial in &basis {
            let mut negative = false;
            let mut image: Vec<(u32, u32)> = monomial
                .iter()
                .map(|&(variable, exponent)| {
                    let (to, odd) = element[variable as usize];
                    negative ^= odd && exponent % 2 == 1;
                    (to, exponent)
                })
                .collect();
            image.sort_unstable();
            if image == *monomial {
                total += if negative { IBig::NEG_ONE } else { IBig::ONE };
            } else if !members.contains(&image) {
                return None;
            }
        }
    }
    UBig::try_from(total / IBig::from(group.len())).ok()
}

/// The local monomials of the declared degree, as sorted pairs of variable
/// and exponent.
pub(super) fn local_monomials(model: &Model, variables: &[Variable]) -> Option<Vec<Vec<(u32, u32)>>> {
    let couples = |a: u32, b: u32| {
        let [first, second] = [a, b].map(|variable| model.frame.slot(variables[variable as usize].slot()));
        let categories = model.fields[first.field as usize].structure == Structure::Categories;
        if categories && (first.field, first.site) == (second.field, second.site) {
            return false;
        }
        let pair = Monomial::variable(variables[a as usize]).multiply(&Monomial::variable(variables[b as usize]));
        model.localities.iter().all(|locality| locality.violation(model, &pair).is_none())
    };
    let mut monomials = Vec::new();
    // Products of a lower degree than a homogeneous one count too.
    let mut visited = 0;
    let mut open: Vec<(Vec<(u32, u32)>, u32)> = vec![(Vec::new(), model.degree)];
    while let Some((monomial, left)) = open.pop() {
        let first = monomial.last().map_or(0, |&(variable, _)| variable + 1);
        for variable in first..variables.len() as u32 {
            if left == 0 || !monomial.iter().all(|&(other, _)| couples(other, variable)) {
                continue;
            }
            let real = variables[variable as usize].kind() == Kind::Real;
            for exponent in 1..=if real { left } else { 1 } {
                let mut next = monomial.clone();
                next.push((variable, exponent));
                open.push((next, left - exponent));
            }
        }
        if !model.homogeneous || left == 0 {
            monomials.push(monomial);
        }
        visited += 1;
        if visited > 4 * LARGEST_BASIS || open.len() + monomials.len() > LARGEST_BASIS {
            return None;
        }
    }
    Some(monomials)
}

/// Where a group element takes each variable, and whether its sign changes
/// (that of 1 - 2b for bits b).
type SignedPermutation = Vec<(u32, bool)>;

fn closure(model: &Model, variables: &[Variable]) -> Option<Vec<SignedPermutation>> {
    let mut steps: Vec<SignedPermutation> = Vec::new();
    for symmetry in &model.symmetries {
        for action in generators(model, symmetry).ok()? {
            let image = |variable: &Variable| {
                let (to, change) = action.image(model, *variable);
                let odd = match change {
                    Change::Kept => false,
                    Change::Negated => true,
                    Change::Complemented => {
                        if model.homogeneous && model.degree > 0 {
                            return None;
                        }
                        true
                    }
                };
                Some((to.slot() as u32, odd))
            };
            steps.push(variables.iter().map(image).collect::<Option<_>>()?);
        }
    }
    let identity: SignedPermutation = (0..variables.len() as u32).map(|variable| (variable, false)).collect();
    let mut known = FxHashSet::default();
    known.insert(identity.clone());
    let mut group = vec![identity];
    let mut at = 0;
    while at < group.len() {
        for step in &steps {
            let product: SignedPermutation = group[at]
                .iter()
                .map(|&(middle, odd)| {
                    let (to, more) = step[middle as usize];
                    (to, odd != more)
                })
                .collect();
            if known.insert(product.clone()) {
                group.push(product);
            }
        }
        if group.len() > LARGEST_GROUP {
            return None;
        }
        at += 1;
    }
    Some(group)
}
