//! The dense picture of a model that counting works on.
//!
//! Sites are short integer vectors, and a monomial is a set of sites with a
//! *colour* each: the product of powers of the variables of that one site.
//! Symmetries of space move sites and keep colours; symmetries of the values
//! keep sites and act on colours. Nothing here depends on the number of sites.

use smallvec::SmallVec;

use super::CountError;
use super::values::average::Admitted;
use super::values::{self, System, Values};
use crate::model::{Boundary, Locality, Model, Shape, Symmetry};

/// The greatest number of directions.
pub(super) const DIRECTIONS: usize = 8;

/// Coordinates of a site: zero in directions that do not exist.
pub(super) type Site = [i16; DIRECTIONS];

/// The greatest extent of a direction whose sites are told apart by [`Site`].
pub(super) const LARGEST: u64 = 1 << 14;

/// Where the fields live, which sites may be coupled, and up to which degree.
#[derive(Clone, Debug)]
pub(super) struct Space {
    /// The extents of the directions; a complete lattice is one direction.
    pub extents: Vec<u64>,
    /// Whether each direction is periodic.
    pub periodic: Vec<bool>,
    /// Whether all translations are a declared symmetry.
    pub translated: bool,
    /// Every two sites of a support lie within this squared distance; `None`
    /// where that excludes nothing.
    pub reach: Option<u64>,
    /// The squared distance as declared, also where it excludes nothing.
    pub declared_reach: Option<u64>,
    /// The fields, the points they live at, and the group of their values.
    pub values: System,
    /// The declared degree.
    pub degree: u32,
    /// Whether monomials have exactly that degree.
    pub homogeneous: bool,
}

impl Space {
    /// The dense picture of a model.
    pub fn new(model: &Model) -> Result<Space, CountError> {
        let lattice = &model.lattice;
        if lattice.dimension() > DIRECTIONS {
            return Err(CountError::Unsupported(format!(
                "counting on a lattice of {} directions; at most {DIRECTIONS} are supported",
                lattice.dimension()
            )));
        }
        if let Some(extent) = lattice.extents.iter().find(|&&extent| extent == 0 || extent > 1 << 62) {
            return Err(CountError::Unsupported(format!("counting on a lattice with a direction of {extent} sites")));
        }
        let declared_reach = match model.localities.as_slice() {
            [] => None,
            [Locality::NearestNeighbor] => Some(1),
            [Locality::Range { numerator, denominator }] => Some(numerator / denominator),
            _ => return Err(CountError::Unsupported("this locality".to_owned())),
        };
        let mut space = Space {
            extents: lattice.extents.clone(),
            periodic: lattice.boundaries.iter().map(|&b| b == Boundary::Periodic).collect(),
            translated: model.symmetries.contains(&Symmetry::Translation),
            reach: declared_reach,
            declared_reach,
            values: values::read::system(model)?,
            degree: model.degree,
            homogeneous: model.homogeneous,
        };
        space.reach = declared_reach.filter(|&reach| match lattice.shape {
            Shape::Point => false,
            Shape::Complete => reach == 0 && lattice.extents[0] > 1,
            _ => (reach as u128) < space.squared_diameter(),
        });
        Ok(space)
    }

    /// The squared distance of the two sites that are farthest apart.
    fn squared_diameter(&self) -> u128 {
        let farthest = self.extents.iter().zip(&self.periodic).map(|(&extent, &periodic)| {
            let most = if periodic { extent / 2 } else { extent.saturating_sub(1) } as u128;
            most.saturating_mul(most)
        });
        farthest.fold(0, u128::saturating_add)
    }

    /// The declared degree, or degrees.
    pub fn admitted(&self) -> Admitted {
        Admitted { degree: self.degree, homogeneous: self.homogeneous }
    }

    /// Whether the functions of a site are products of powers of variables,
    /// and symmetries of the values only change signs: the picture of
    /// [`Colours`].
    pub fn in_colours(&self) -> bool {
        let monomial = |values: &Values| matches!(values, Values::Real | Values::TwoValued | Values::Categories(_));
        self.values.group.only_signs() && self.values.fields.iter().all(|(_, values)| monomial(values))
    }

    /// The number of directions.
    pub fn dimension(&self) -> usize {
        self.extents.len()
    }

    /// The greatest difference of a coordinate within a support; `None`
    /// where nothing is excluded.
    pub fn radius(&self) -> Option<u64> {
        self.reach.map(|reach| reach.isqrt())
    }

    /// Whether every support lies on the infinite lattice in one way: no
    /// support reaches around a periodic direction. Three steps within the
    /// range must not close a loop, so the extent must exceed three ranges.
    pub fn unwrapped(&self) -> bool {
        match self.radius() {
            None => !self.periodic.contains(&true),
            Some(radius) => {
                self.extents.iter().zip(&self.periodic).all(|(&extent, &periodic)| !periodic || extent > 3 * radius)
            }
        }
    }

    /// The same space with every periodic direction long enough to be like
    /// the infinite lattice; `None` where it is already, or where no locality
    /// was declared.
    pub fn enlarged(&self) -> Option<Space> {
        let reach = self.declared_reach?;
        let mut enlarged = self.clone();
        enlarged.reach = Some(reach);
        if self.reach.is_some() && self.unwrapped() {
            return None;
        }
        for (extent, &periodic) in enlarged.extents.iter_mut().zip(&self.periodic) {
            if periodic {
                *extent = 3 * reach.isqrt() + 2;
            }
        }
        Some(enlarged)
    }

    /// Refuses directions so long that a support could hold sites too far
    /// apart for [`Site`].
    pub fn check_coordinates(&self) -> Result<(), CountError> {
        let long = self.extents.iter().any(|&extent| extent > LARGEST);
        match self.radius() {
            Some(radius) if radius > LARGEST / 4 => {
                Err(CountError::Unsupported(format!("counting couplings of a range beyond {}", LARGEST / 4)))
            }
            None if long && !self.extents.is_empty() => Err(CountError::Unsupported(format!(
                "counting with these symmetries and no locality on a direction of more than {LARGEST} sites; \
                 declare a locality, or `translation` alone"
            ))),
            _ => Ok(()),
        }
    }

    /// A coordinate brought next to zero along a periodic direction.
    pub fn near(&self, direction: usize, coordinate: i16) -> i16 {
        let extent = self.extents[direction];
        if !self.periodic[direction] || extent > LARGEST * 2 {
            return coordinate;
        }
        let extent = extent as i32;
        let least = (coordinate as i32).rem_euclid(extent);
        (if least > extent / 2 { least - extent } else { least }) as i16
    }

    /// The difference of two sites, next to zero.
    pub fn difference(&self, a: &Site, b: &Site) -> Site {
        std::array::from_fn(|direction| match direction < self.dimension() {
            true => self.near(direction, a[direction] - b[direction]),
            false => 0,
        })
    }

    /// Brings the coordinates of a site into `0..extent` along periodic
    /// directions. Only for lattices whose extents fit [`Site`].
    pub fn wrap(&self, site: &mut Site) {
        for ((coordinate, &extent), &periodic) in site.iter_mut().zip(&self.extents).zip(&self.periodic) {
            if periodic {
                *coordinate = coordinate.rem_euclid(extent as i16);
            }
        }
    }

    /// Whether a monomial may couple two sites that differ so (next to zero).
    pub fn couples(&self, difference: &Site) -> bool {
        let mut squared = 0u64;
        for ((&step, &extent), &periodic) in difference.iter().zip(&self.extents).zip(&self.periodic) {
            let step = step.unsigned_abs() as u64;
            if !periodic && step >= extent {
                return false;
            }
            squared += step * step;
        }
        self.reach.is_none_or(|reach| squared <= reach)
    }
}

/// What a monomial may be at one site: the exponents of its variables there.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) struct Colour {
    /// The total degree; first, so that colours are sorted by it.
    pub degree: u32,
    /// Slots of the site with an exponent of at least one, in order.
    pub powers: SmallVec<[(u32, u16); 2]>,
}

/// All colours but the trivial one, up to the declared degree, sorted.
#[derive(Clone, Debug)]
pub(super) struct Colours(pub Vec<Colour>);

impl Colours {
    /// All colours of a site. The caller has limited their number.
    pub fn new(space: &Space) -> Colours {
        // The highest exponent of each slot, and the first slot that may join it.
        let mut slots: Vec<(u32, usize)> = Vec::new();
        for &(components, values) in &space.values.fields {
            for _ in 0..components {
                match values {
                    // The categories of a component exclude each other.
                    Values::Categories(q) => {
                        let next = slots.len() + q.saturating_sub(1) as usize;
                        slots.resize(next, (1, next));
                    }
                    Values::Real => slots.push((u32::MAX, slots.len() + 1)),
                    _ => slots.push((1, slots.len() + 1)),
                }
            }
        }
        let mut colours = Vec::new();
        // A stack of partial products: the next slot to use, and the colour so far.
        let mut open = vec![(0usize, Colour { degree: 0, powers: SmallVec::new() })];
        while let Some((first, colour)) = open.pop() {
            let left = space.degree - colour.degree;
            for (slot, &(highest, next)) in slots.iter().enumerate().skip(first) {
                for exponent in 1..=left.min(highest) {
                    let mut powers = colour.powers.clone();
                    powers.push((slot as u32, exponent as u16));
                    open.push((next, Colour { degree: colour.degree + exponent, powers }));
                }
            }
            if colour.degree > 0 {
                colours.push(colour);
            }
        }
        colours.sort_unstable();
        Colours(colours)
    }

    /// The index of a colour.
    pub fn index(&self, colour: &Colour) -> Option<u32> {
        self.0.binary_search(colour).ok().map(|at| at as u32)
    }
}
