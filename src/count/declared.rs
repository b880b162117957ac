//! The symmetries that a model declares, in the form that counting needs.

use dashu_int::UBig;

use super::CountError;
use super::group::{Element, SpaceGroup};
use super::orbits::{Generator, GeneratorKind};
use super::series;
use super::space::{self, DIRECTIONS, Space};
use crate::model::{Isometry, Kind, Locality, Model, Motion, Shape, Symmetry, generators};

/// The symmetry group of a model.
pub(super) struct Group {
    /// Generators other than translations.
    pub generators: Vec<Generator>,
    /// The motions of space, to be placed on another lattice.
    motions: Vec<Isometry>,
    /// The motions of space and the translations; the identity alone under
    /// permutations of sites.
    pub space: SpaceGroup,
    /// Blocks of like things that are permuted in every way.
    pub blocks: Option<Vec<series::Block>>,
    /// Whether the group is given by permutations of sites, to be applied to
    /// every monomial.
    pub explicit: bool,
}

impl Group {
    /// The group of a model.
    pub fn new(model: &Model, space: &Space) -> Result<Group, CountError> {
        let mut group = Group {
            generators: Vec::new(),
            motions: Vec::new(),
            space: SpaceGroup::new(space, &[])?,
            blocks: None,
            explicit: false,
        };
        for symmetry in &model.symmetries {
            match symmetry {
                Symmetry::Permutation if !model.lattice.is_point() => {
                    if !space.localities.is_empty() && super::Coupling::new(space)?.is_some_and(|c| c.most > 1 && c.nearby.iter().flatten().any(|p| !p.is_empty())) {
                        return Err(CountError::NotPreserved {
                            symmetry: "permutation".to_owned(),
                            reason: "a permutation of the sites takes neighbours to sites that are none; use \
                                     `translation` and `point_group`, or no locality"
                                .to_owned(),
                        });
                    }
                    group.blocks = Some(vec![series::Block {
                        copies: series::cells(space) * UBig::from(space.sites),
                        fields: space.fields.clone(),
                        flipped_apart: false,
                    }]);
                    group.add("permutation", GeneratorKind::ExchangeSites);
                    group.add("permutation", GeneratorKind::CycleSites);
                }
                Symmetry::Permutation => {
                    group.blocks = Some(blocks_without_lattice(model, space));
                    for action in generators(model, symmetry)? {
                        if let Motion::Slots(to) = action.motion() {
                            group.add(&action.name, GeneratorKind::Slots(to.to_vec()));
                        }
                    }
                }
                Symmetry::Flip(field) => {
                    let Some(flipped) = model.fields.get(*field) else {
                        return Err(CountError::Unsupported(format!("a flip of field {field}, which does not exist")));
                    };
                    let name = format!("flip({})", flipped.name);
                    if flipped.kind == Kind::Bit && space.homogeneous && space.degree > 0 {
                        return Err(CountError::NotPreserved {
                            symmetry: name,
                            reason: "b -> 1 - b changes the degree; write `degree d` in place of `degree = d`"
                                .to_owned(),
                        });
                    }
                    let slots = model.fields.iter().enumerate();
                    let odd = slots.flat_map(|(index, f)| std::iter::repeat_n(index == *field, f.components as usize));
                    group.add(&name, GeneratorKind::Signs(odd.collect()));
                }
                Symmetry::Translation => {
                    generators(model, symmetry)?;
                }
                Symmetry::Uniform | Symmetry::Locked { .. } => {}
                Symmetry::GraphAutomorphism => {
                    group.explicit = true;
                    for to in super::automorphisms::generators(space)? {
                        group.add("graph_automorphism", GeneratorKind::Sites(to));
                    }
                }
                Symmetry::Reflection | Symmetry::PointGroup(_) | Symmetry::Motion(_) => {
                    for motion in motions(model, symmetry)? {
                        let element = Element::of_motion(&motion, space).map_err(|reason| CountError::NotPreserved {
                            symmetry: name_of(symmetry),
                            reason: format!("{reason}; use a motion that maps {} to itself", model.lattice),
                        })?;
                        group.add(&motion.name, GeneratorKind::Space(element.reduced(space)));
                        group.motions.push(motion);
                    }
                }
                other => return Err(CountError::Unsupported(format!("{other:?}"))),
            }
        }
        if group.explicit {
            // Permutations of sites need not take translates to translates, so
            // translations are applied to every monomial, too.
            let plain = Space { translated: false, ..space.clone() };
            group.space = SpaceGroup::new(&plain, &[])?;
            for d in space.periodic_directions().filter(|_| space.translated) {
                let mut by = [0; DIRECTIONS];
                by[d] = 1;
                group.add("translation", GeneratorKind::Space(Element::identity(space).translated(&by)));
            }
        } else if group.blocks.is_none() {
            group.space = group.placed(space)?;
        }
        Ok(group)
    }

    fn add(&mut self, name: &str, kind: GeneratorKind) {
        self.generators.push(Generator { name: name.to_owned(), kind });
    }

    /// The motions of space on this or a lattice of other extents.
    pub fn placed(&self, space: &Space) -> Result<SpaceGroup, CountError> {
        let place = |motion: &Isometry| {
            let refused = |reason| CountError::NotPreserved { symmetry: motion.name.clone(), reason };
            Ok(Element::of_motion(motion, space).map_err(refused)?.reduced(space))
        };
        let elements = self.motions.iter().map(place).collect::<Result<Vec<Element>, CountError>>()?;
        SpaceGroup::new(space, &elements)
    }

    /// Refuses motions that take local monomials to others: all keep
    /// distances and bonds, but not all keep windows.
    pub fn check_locality(&self, space: &Space) -> Result<(), CountError> {
        let windowed = space.localities.iter().any(|locality| matches!(locality, Locality::Window(_)));
        let keeps = |generator: &&Generator| match &generator.kind {
            GeneratorKind::Space(element) => {
                element.matrix.iter().all(|row| row.iter().filter(|&&entry| entry != 0).count() == 1)
                    && element.shift.iter().all(|shift| *shift == element.shift[0])
            }
            GeneratorKind::Sites(_) => false,
            _ => true,
        };
        match self.generators.iter().find(|generator| windowed && !keeps(generator)) {
            Some(generator) => Err(CountError::NotPreserved {
                symmetry: generator.name.clone(),
                reason: "it takes windows of cells to other sets; use `range` or `graph_radius`, or a group without it"
                    .to_owned(),
            }),
            None => Ok(()),
        }
    }

    /// Whether every element takes a monomial to one with a sign.
    pub fn has_signs(&self, space: &Space) -> bool {
        space.locked.is_empty() || (space.geometry.cartesian.is_some())
    }

    /// The order of the whole group.
    pub fn order(&self, space: &Space) -> Option<UBig> {
        let mut order = UBig::ONE << space.fields.iter().filter(|field| field.flipped).count();
        match &self.blocks {
            _ if self.explicit => return None,
            Some(blocks) => {
                for block in blocks {
                    let copies = u64::try_from(&block.copies).ok().filter(|&copies| copies <= 2000)?;
                    order *= (1..=copies).map(UBig::from).product::<UBig>();
                    if block.flipped_apart {
                        // The declared flips are among those of the copies.
                        order = (order >> space.fields.iter().filter(|field| field.flipped).count()) << copies as usize;
                    }
                }
            }
            None => order *= self.space.order(space),
        }
        Some(order)
    }
}

fn name_of(symmetry: &Symmetry) -> String {
    match symmetry {
        Symmetry::Reflection => "reflection".to_owned(),
        Symmetry::PointGroup(None) => "point_group".to_owned(),
        Symmetry::PointGroup(Some(name)) => format!("point_group {name}"),
        Symmetry::Motion(motion) => motion.name.clone(),
        other => format!("{other:?}"),
    }
}

/// The motions of space that generate a symmetry.
fn motions(model: &Model, symmetry: &Symmetry) -> Result<Vec<Isometry>, CountError> {
    if let Symmetry::Motion(motion) = symmetry {
        return Ok(vec![motion.clone()]);
    }
    let plain = matches!(model.lattice.shape, Shape::Point | Shape::Line | Shape::Hypercubic | Shape::Complete);
    if !plain && *symmetry == Symmetry::PointGroup(None) {
        return Ok(super::group::point_group(&model.lattice));
    }
    let motion = |action: &crate::model::Action| match action.motion() {
        Motion::Space { matrix, shift } => {
            Some(Isometry { name: action.name.clone(), matrix: matrix.to_vec(), shift: shift.to_vec() })
        }
        _ => None,
    };
    Ok(generators(model, symmetry)?.iter().filter_map(motion).collect())
}

/// What a permutation permutes in a spec without a lattice: the index that
/// component fields with equally many components share, or the fields where
/// all are scalars.
fn blocks_without_lattice(model: &Model, space: &Space) -> Vec<series::Block> {
    if model.fields.iter().all(|field| !field.indexed) {
        let mut field = space.fields[0].clone();
        field.flipped = space.fields.iter().any(|field| field.flipped);
        return vec![series::Block {
            copies: UBig::from(space.fields.len()),
            flipped_apart: field.flipped,
            fields: vec![field],
        }];
    }
    let mut counts: Vec<u32> = model.fields.iter().filter(|f| f.indexed).map(|f| f.components).collect();
    counts.sort_unstable();
    counts.dedup();
    let one = |field: &space::SiteField| space::SiteField { components: 1, ..field.clone() };
    let shared = counts.iter().map(|&count| series::Block {
        copies: UBig::from(count),
        fields: model
            .fields
            .iter()
            .zip(&space.fields)
            .filter(|(field, _)| field.indexed && field.components == count)
            .map(|(_, field)| one(field))
            .collect(),
        flipped_apart: false,
    });
    let alone = model
        .fields
        .iter()
        .zip(&space.fields)
        .filter(|(field, _)| !field.indexed)
        .map(|(_, field)| series::Block { copies: UBig::ONE, fields: vec![field.clone()], flipped_apart: false });
    shared.chain(alone).collect()
}
