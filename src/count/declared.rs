//! The symmetries that a model declares, in the form that counting needs.

use dashu_int::UBig;

use super::CountError;
use super::coupling::Coupling;
use super::group::{Element, SpaceGroup};
use super::orbits::{Generator, GeneratorKind};
use super::permutations::{Block, Blocks};
use super::series;
use super::space::{DIRECTIONS, Space};
use super::values::{self, Factor, Slot, System, ValueGroup};
use crate::model::{self, Isometry, Kind, Locality, Model, Motion, NoSuchSymmetry, Symmetry, generators};

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
    pub blocks: Option<Blocks>,
    /// Whether a symmetry of the values does more than change signs.
    pub turned: bool,
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
            turned: false,
            explicit: false,
        };
        for symmetry in &model.symmetries {
            match symmetry {
                Symmetry::Permutation if !model.lattice.is_point() => {
                    if let Some(&(field, _)) = space.locked.first() {
                        return Err(CountError::Unsupported(format!(
                            "all permutations of the sites together with {}, which turns with space",
                            model.fields[field].name
                        )));
                    }
                    if space.has_bonds() {
                        return Err(NoSuchSymmetry {
                            message: "permutations of the sites do not keep fields on bonds".to_owned(),
                            hint: "use `point_group` and `translation`".to_owned(),
                        }
                        .into());
                    }
                    if !space.localities.is_empty()
                        && space.few_sites().is_none()
                        && super::Coupling::new(space)?
                            .is_some_and(|c| c.most > 1 && c.nearby.iter().flatten().any(|p| !p.is_empty()))
                    {
                        return Err(CountError::NotPreserved {
                            symmetry: "permutation".to_owned(),
                            reason: "a permutation of the sites takes neighbours to sites that are none; use \
                                     `translation` and `point_group`, or no locality"
                                .to_owned(),
                        });
                    }
                    group.blocks = Some(Blocks {
                        system: space.values.clone(),
                        blocks: vec![Block { copies: series::cells(space) * UBig::from(space.sites), apart: false }],
                    });
                    group.add("permutation", GeneratorKind::ExchangeSites);
                    group.add("permutation", GeneratorKind::CycleSites);
                }
                // Among the rotations, and read with them.
                Symmetry::Permutation if values::read::permutes_rotated(model) => {}
                Symmetry::Permutation => {
                    let actions = generators(model, symmetry)?;
                    group.blocks = Some(blocks_without_lattice(model, space)?);
                    for action in actions {
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
                // Of a gauge group the model's links know more.
                Symmetry::Uniform | Symmetry::Locked { .. } | Symmetry::Gauge { .. } => {}
                Symmetry::GraphAutomorphism => {
                    group.explicit = true;
                    if space.has_bonds() {
                        return Err(CountError::Unsupported(
                            "automorphisms of the graph with fields on bonds; use `point_group` and `translation`"
                                .to_owned(),
                        ));
                    }
                    let Some(found) = model::graph_automorphisms(&model.lattice) else {
                        return Err(CountError::Unsupported(format!(
                            "automorphisms of the graph of {}, which are too many to search; use `point_group` and \
                             `translation`",
                            model.lattice
                        )));
                    };
                    for to in found {
                        let to = to.into_iter().map(|site| site as u32).collect();
                        group.add("graph_automorphism", GeneratorKind::Sites(to));
                    }
                }
                Symmetry::Reflection | Symmetry::PointGroup(_) | Symmetry::Motion(_) | Symmetry::SpaceGroup { .. } => {
                    for motion in model::motions(model, symmetry)? {
                        let element =
                            Element::of_motion(&motion, space).map_err(|reason| CountError::NotPreserved {
                                symmetry: model.symmetry_text(symmetry),
                                reason: format!("{reason}; use a motion that maps {} to itself", model.lattice),
                            })?;
                        group.add(&motion.name, GeneratorKind::Space(element.reduced(space)));
                        group.motions.push(motion);
                    }
                }
                Symmetry::Cyclic { .. } | Symmetry::Rotation { .. } | Symmetry::Lorentz { .. } => {
                    // Read into the group of the values.
                    group.turned = true;
                }
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
        if !space.twisted.is_empty() && space.translated {
            let slots: u32 = model.fields.iter().map(|field| field.components).sum();
            group.add("translation all the way around", GeneratorKind::Signs(vec![true; slots as usize]));
        }
        group.check_phases(space)?;
        Ok(group)
    }

    /// Refuses phases of fields on bonds that some motion takes to other
    /// phases. A motion that reverses every bond takes a common phase to its
    /// inverse; one that reverses some, or that leaves another charged field
    /// alone, takes it to phases that differ from place to place, so that the
    /// phases and the motions are no group without these.
    fn check_phases(&self, space: &Space) -> Result<(), CountError> {
        let phases = space.values.group.factors.iter().filter_map(|factor| match factor {
            Factor::Cyclic { numbers, order } if *order != 1 && *order != 2 => Some(numbers),
            _ => None,
        });
        for numbers in phases {
            let mut directed = numbers.iter().map(|number| space.oriented.contains(&number.parts[0].field));
            let some = directed.clone().any(|directed| directed);
            let all = directed.all(|directed| directed);
            for element in self.space.elements.iter().filter(|_| some) {
                let bonds = (0..space.points.len()).filter(|&at| space.points[at].sites.len() == 2);
                let mut reversed = bonds.map(|at| element.reversed[at]);
                let any = reversed.clone().any(|reversed| reversed);
                if any && !(all && reversed.all(|reversed| reversed)) {
                    return Err(CountError::Unsupported(
                        "a common phase of a field on bonds, some of which a motion of space reverses: it takes the \
                         phase to others that differ from place to place"
                            .to_owned(),
                    ));
                }
            }
        }
        Ok(())
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

    /// Whether signs decide: motions take supports around a twisted direction.
    /// Where all translations are symmetries and no support reaches around the
    /// lattice, what is left of the signs is that of the translation all the
    /// way around, a flip of all fields.
    pub fn turns_around(&self, space: &Space, coupling: Option<&Coupling>) -> bool {
        let moves = space.translated || !self.motions.is_empty();
        let apart = space.translated && coupling.is_some_and(|coupling| coupling.unwrapped);
        !space.twisted.is_empty() && moves && !apart
    }

    /// The generators as they act on all monomials, translations included.
    pub fn with_signs(&self, space: &Space) -> Result<Vec<Generator>, CountError> {
        let mut all: Vec<Generator> =
            self.generators.iter().filter(|g| !matches!(g.kind, GeneratorKind::Space(_))).cloned().collect();
        let mut add =
            |name: &str, element| all.push(Generator { name: name.to_owned(), kind: GeneratorKind::Space(element) });
        for motion in &self.motions {
            let refused = |reason| CountError::NotPreserved { symmetry: motion.name.clone(), reason };
            add(&motion.name, Element::of_motion(motion, space).map_err(refused)?);
        }
        for d in space.periodic_directions().filter(|_| space.translated) {
            let mut by = [0; DIRECTIONS];
            by[d] = 1;
            add("translation", Element::identity(space).translated(&by));
        }
        Ok(all)
    }

    /// The space in which monomials are listed: without translations where
    /// these are applied to every monomial.
    pub fn listed(&self, space: &Space) -> Space {
        Space { translated: space.translated && !self.explicit, ..space.clone() }
    }

    /// The order of the whole group.
    pub fn order(&self, space: &Space) -> Option<UBig> {
        let values: UBig = space.values.group.orders()?.into_iter().map(UBig::from).product();
        let mut order = values.clone();
        match &self.blocks {
            _ if self.explicit => return None,
            Some(Blocks { blocks, .. }) => {
                for block in blocks {
                    let copies = u64::try_from(&block.copies).ok().filter(|&copies| copies <= 2000)?;
                    order *= (1..=copies).map(UBig::from).product::<UBig>();
                    if block.apart {
                        // The declared flips are among those of the copies.
                        order = (order / &values) << copies as usize;
                    }
                }
            }
            None => order *= self.space.order(space),
        }
        Some(order)
    }
}

/// What a permutation permutes in a spec without a lattice: the index that
/// component fields with equally many components share, or the fields where
/// all are scalars.
fn blocks_without_lattice(model: &Model, space: &Space) -> Result<Blocks, CountError> {
    let System { fields, group, .. } = &space.values;
    let is_list = |field: usize| model.fields[field].is_list();
    if (0..fields.len()).all(|field| !is_list(field)) {
        if !group.only_signs() {
            return Err(CountError::Unsupported("permutations of fields that other symmetries turn".to_owned()));
        }
        // One field stands for all; a flip of one is a flip of each.
        let flips = if group.factors.is_empty() { Vec::new() } else { vec![Factor::Flip(vec![0])] };
        let apart = !flips.is_empty();
        let system = System {
            fields: vec![fields[0]],
            group: ValueGroup { factors: flips },
            classes: vec![vec![0]],
            ..System::default()
        };
        return Ok(Blocks { system, blocks: vec![Block { copies: UBig::from(model.fields.len()), apart }] });
    }
    let mut counts: Vec<u32> = model.fields.iter().filter(|f| f.is_list()).map(|f| f.components).collect();
    counts.sort_unstable();
    counts.dedup();
    let mut classes: Vec<Vec<usize>> = Vec::new();
    let mut blocks = Vec::new();
    for count in counts {
        let shared = |field: usize| is_list(field) && model.fields[field].components == count;
        classes.push((0..fields.len()).filter(|&field| shared(field)).collect());
        blocks.push(Block { copies: UBig::from(count), apart: false });
    }
    // What has no index is one copy of one thing, which a group may turn as
    // it likes.
    let alone: Vec<usize> = (0..fields.len()).filter(|&field| !is_list(field)).collect();
    if !alone.is_empty() {
        classes.push(alone);
        blocks.push(Block { copies: UBig::ONE, apart: false });
    }
    let of_copy = |field: usize| if is_list(field) { (1, fields[field].1) } else { fields[field] };
    let system = System {
        fields: (0..fields.len()).map(of_copy).collect(),
        group: group_of_copies(model, group, &classes)?,
        classes,
        ..System::default()
    };
    system.check()?;
    Ok(Blocks { system, blocks })
}

/// The group of the values as it acts on each copy of an index: rotations
/// must act on the components of the same index only.
fn group_of_copies(model: &Model, group: &ValueGroup, classes: &[Vec<usize>]) -> Result<ValueGroup, CountError> {
    let mut of_copies = ValueGroup::default();
    for factor in &group.factors {
        of_copies.factors.push(match factor {
            Factor::Flip(_) => factor.clone(),
            Factor::Rotation { vectors, times, proper } => {
                let indexed = |vector: &Vec<Slot>| vector.iter().any(|slot| model.fields[slot.field].indexed);
                let mut seen: Vec<Vec<Slot>> = Vec::new();
                for vector in vectors.iter().filter(|vector| indexed(vector)) {
                    let index = vector[0].component;
                    let together = vector.iter().all(|slot| slot.component == index)
                        && classes.iter().any(|class| vector.iter().all(|slot| class.contains(&slot.field)));
                    if !together {
                        return Err(turned_index());
                    }
                    let copy: Vec<Slot> = vector.iter().map(|slot| Slot { component: 0, ..*slot }).collect();
                    if !seen.contains(&copy) {
                        seen.push(copy);
                    }
                }
                let components: u32 = seen.iter().map(|vector| model.fields[vector[0].field].components).sum();
                if components as usize != vectors.iter().filter(|vector| indexed(vector)).count() {
                    return Err(turned_index());
                }
                seen.extend(vectors.iter().filter(|vector| !indexed(vector)).cloned());
                Factor::Rotation { vectors: seen, times: *times, proper: *proper }
            }
            Factor::Cyclic { numbers, .. } => {
                let indexed =
                    |number: &values::Charged| number.parts.iter().any(|part| model.fields[part.field].is_list());
                if numbers.iter().any(indexed) {
                    return Err(turned_index());
                }
                factor.clone()
            }
        });
    }
    Ok(of_copies)
}

fn turned_index() -> CountError {
    CountError::Unsupported(
        "permutations of an index together with a symmetry that does not act on every entry of it alike".to_owned(),
    )
}
