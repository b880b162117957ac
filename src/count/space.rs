//! The dense picture of a model that counting works on.
//!
//! A cell of the lattice holds *points*: its sites, and its bonds where
//! fields live on those. A monomial is a set of points with a *colour* each:
//! the product of powers of the variables of that one point. Symmetries of
//! space move points; symmetries of the values keep points and act on
//! colours. Nothing here depends on the number of sites.

use dashu_int::UBig;
use smallvec::SmallVec;

use super::CountError;
use super::integer::{self, IntegerLattice};
use super::values::average::Admitted;
use super::values::{self, Factor, System, Values};
use crate::model::{Boundary, Field, Geometry, Lattice, Locality, MAX_DIRECTIONS, Model, Place, Shape, Symmetry};

/// The greatest number of directions.
pub(super) const DIRECTIONS: usize = MAX_DIRECTIONS;

/// Coordinates of a cell: zero in directions that do not exist.
pub(super) type Cell = [i16; DIRECTIONS];

/// A point: its cell, and which of the points of a cell it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) struct Point {
    /// The cell; first, so that the order is kept by translations.
    pub cell: Cell,
    /// The index in [`Space::points`].
    pub at: u16,
}

impl Point {
    /// A point of the cell at the origin.
    pub fn at_origin(at: usize) -> Point {
        Point { cell: [0; DIRECTIONS], at: at as u16 }
    }

    /// The point, its cell moved.
    pub fn moved(&self, by: &Cell) -> Point {
        Point { cell: std::array::from_fn(|d| self.cell[d] + by[d]), at: self.at }
    }
}

/// One of the points of a cell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct CellPoint {
    /// The sites that a variable at the point couples: itself, the two ends
    /// of the bond, or the corners of the plaquette; each a point of [`Space::sites`] with its cell.
    pub sites: SmallVec<[Point; 2]>,
    /// Which fields live there: an index into the classes of the values.
    pub class: u16,
}

/// The greatest extent of a direction whose cells are told apart by [`Cell`].
pub(super) const LARGEST: u64 = 1 << 14;

/// The largest number of monomials of one point that are listed.
const LARGEST_COLOURS: u64 = 300_000;

/// Where the fields live, which sites may be coupled, and up to which degree.
#[derive(Clone, Debug)]
pub(super) struct Space {
    /// The lattice.
    pub lattice: Lattice,
    /// Its geometry.
    pub geometry: Geometry,
    /// The extents of the directions; a complete lattice is one direction.
    pub extents: Vec<u64>,
    /// Whether each direction is periodic.
    pub periodic: Vec<bool>,
    /// The directions around which fields change their sign.
    pub twisted: Vec<usize>,
    /// Whether all translations are a declared symmetry.
    pub translated: bool,
    /// Whether translates have one coupling along open directions, too.
    pub uniform: bool,
    /// The sites of a cell.
    pub sites: usize,
    /// The points of a cell at which fields live.
    pub points: Vec<CellPoint>,
    /// The declared localities.
    pub localities: Vec<Locality>,
    /// The fields, the classes of points that they live at, and the group of
    /// their values.
    pub values: System,
    /// The fields whose components motions of space turn, too, and whether
    /// they are axial.
    pub locked: Vec<(usize, bool)>,
    /// The fields on bonds that distinguish their two directions.
    pub oriented: Vec<usize>,
    /// The declared degree.
    pub degree: u32,
    /// Whether monomials have exactly that degree.
    pub homogeneous: bool,
    /// Whether the constant is a monomial.
    pub constant: bool,
}

impl Space {
    /// The dense picture of a model; refused where motions change signs around
    /// a twisted direction.
    pub fn new(model: &Model) -> Result<Space, CountError> {
        let moves = |symmetry: &Symmetry| {
            use Symmetry::{Motion, PointGroup, Reflection, Translation, Uniform};
            matches!(symmetry, Motion(_) | PointGroup(_) | Reflection | Translation | Uniform)
        };
        if model.lattice.boundaries.contains(&Boundary::Twisted) && model.symmetries.iter().any(moves) {
            return Err(CountError::Unsupported(
                "invariants one by one under motions around a twisted direction, which change signs; they are only \
                 counted"
                    .to_owned(),
            ));
        }
        Space::with_twists(model)
    }

    /// The dense picture of a model, whose motions may change signs around
    /// [`Space::twisted`] directions.
    pub fn with_twists(model: &Model) -> Result<Space, CountError> {
        let lattice = &model.lattice;
        if lattice.dimension() > DIRECTIONS {
            return Err(CountError::Unsupported(format!(
                "counting on a lattice of {} directions; at most {DIRECTIONS} are supported",
                lattice.dimension()
            )));
        }
        if let Some(extent) = lattice.extents.iter().find(|&&extent| extent == 0 || extent > 1 << 60) {
            return Err(CountError::Unsupported(format!("counting on a lattice with a direction of {extent} sites")));
        }
        let mut values = values::read::system(model)?;
        let (points, classes) = points(model);
        values.classes = classes;
        let locked = model.symmetries.iter().filter_map(|symmetry| match symmetry {
            Symmetry::Locked { field, axial } => Some((*field, *axial)),
            _ => None,
        });
        let locked = locked.collect();
        let has_direction = |field: &Field| field.place == Place::Bonds && field.structure.is_complex();
        let oriented = (0..model.fields.len()).filter(|&at| has_direction(&model.fields[at])).collect();
        let uniform = model.symmetries.contains(&Symmetry::Uniform);
        let twisted: Vec<usize> =
            (0..lattice.dimension()).filter(|&d| lattice.boundaries[d] == Boundary::Twisted).collect();
        if !twisted.is_empty() && uniform {
            return Err(CountError::Unsupported(
                "`uniform` with a twisted direction; leave one of them out".to_owned(),
            ));
        }
        if !twisted.is_empty() && model.symmetries.contains(&Symmetry::Translation) {
            // The translation all the way around is the change of all signs.
            let all: Vec<usize> = (0..model.fields.len()).collect();
            let flipped = |field: &usize| model.symmetries.contains(&Symmetry::Flip(*field));
            if !all.iter().all(flipped) {
                values.group.factors.push(Factor::Flip(all));
            }
        }
        Ok(Space {
            lattice: lattice.clone(),
            geometry: lattice.geometry(),
            extents: lattice.extents.clone(),
            periodic: lattice.boundaries.iter().map(|b| b.is_joined()).collect(),
            twisted,
            translated: uniform || model.symmetries.contains(&Symmetry::Translation),
            uniform,
            sites: lattice.basis(),
            points,
            localities: model.localities.clone(),
            values,
            locked,
            oriented,
            degree: model.degree,
            homogeneous: model.homogeneous,
            constant: model.constant,
        })
    }

    /// The number of directions.
    pub fn dimension(&self) -> usize {
        self.extents.len()
    }

    /// The directions that are periodic.
    pub fn periodic_directions(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.dimension()).filter(|&direction| self.periodic[direction])
    }

    /// The directions that end.
    pub fn open_directions(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.dimension()).filter(|&direction| !self.periodic[direction])
    }

    /// The vectors of the periodic directions that lead back to the same
    /// cell.
    pub fn periods(&self) -> IntegerLattice {
        IntegerLattice::diagonal(&self.periodic_directions().map(|d| self.extents[d]).collect::<Vec<u64>>())
    }

    /// A point with coordinates within the lattice along twisted directions,
    /// where values have their own sign.
    pub fn first_turn(&self, point: &Point) -> Point {
        let mut first = *point;
        for &direction in &self.twisted {
            first.cell[direction] = (point.cell[direction] as i64).rem_euclid(self.extents[direction] as i64) as i16;
        }
        first
    }

    /// How many times a point is around twisted directions.
    pub fn turns(&self, point: &Point) -> i64 {
        self.twisted.iter().map(|&d| (point.cell[d] as i64).div_euclid(self.extents[d] as i64)).sum()
    }

    /// The most sites that a variable couples.
    pub fn widest(&self) -> usize {
        self.points.iter().map(|point| point.sites.len()).max().unwrap_or(1)
    }

    /// Whether fields live on bonds or plaquettes.
    pub fn has_bonds(&self) -> bool {
        self.points.iter().any(|point| point.sites.len() > 1)
    }

    /// The index of a point of a cell among those of its class: the basis
    /// site, or the bond.
    pub fn index_in_class(&self, at: u16) -> usize {
        let class = self.points[at as usize].class;
        self.points[..at as usize].iter().filter(|point| point.class == class).count()
    }

    /// The most sites of a monomial, where nothing else restricts it and that
    /// does.
    pub fn few_sites(&self) -> Option<usize> {
        let bodies = self.localities.iter().map(|locality| match locality {
            Locality::Bodies(bodies) => Some(*bodies as usize),
            _ => None,
        });
        let least = bodies.collect::<Option<Vec<usize>>>()?.into_iter().min()?;
        let restricts = !self.has_bonds()
            && !matches!(self.lattice.shape, Shape::Point | Shape::Graph)
            && least < self.degree as usize;
        restricts.then_some(least)
    }

    /// Whether the constant is among the monomials.
    pub fn admits_constant(&self) -> bool {
        self.constant && (!self.homogeneous || self.degree == 0)
    }

    /// Whether the constant is left out though the degree admits it.
    pub fn lacks_constant(&self) -> bool {
        !self.constant && (!self.homogeneous || self.degree == 0)
    }

    /// The declared degree, or degrees.
    pub fn admitted(&self) -> Admitted {
        Admitted { degree: self.degree, homogeneous: self.homogeneous }
    }

    /// Whether the functions of a point are products of powers of variables,
    /// and symmetries only change signs and permute: the picture of
    /// [`Colours`].
    pub fn in_colours(&self) -> bool {
        let monomial = |values: &Values| matches!(values, Values::Real | Values::TwoValued | Values::Categories(_));
        self.values.group.only_signs()
            && self.values.fields.iter().all(|(_, values)| monomial(values))
            && (self.locked.is_empty() || self.geometry.cartesian.is_some())
            && self.oriented.is_empty()
    }

    /// Whether the lattice has positions and distances.
    pub fn has_geometry(&self) -> bool {
        self.lattice.has_directions()
    }

    /// The squared distance of two sites in units of the geometry, without
    /// periodic images.
    pub fn squared_distance(&self, from: u16, to: u16, cell: &Cell) -> u64 {
        let geometry = &self.geometry;
        let difference: [i64; DIRECTIONS] = std::array::from_fn(|d| match d < self.dimension() {
            true => cell[d] as i64 * geometry.scale + geometry.basis[to as usize][d] - geometry.basis[from as usize][d],
            false => 0,
        });
        geometry.squared_length(&difference[..self.dimension()])
    }

    /// The squared length of a short vector that leads around the lattice, no
    /// longer than a bound; `None` if all are longer than that.
    pub fn shortest_period(&self, bound: u64) -> Option<u64> {
        let along = |d: usize| {
            let step = (self.extents[d].min(1 << 28) as i64) * self.geometry.scale;
            (step as u64).saturating_mul(step as u64).saturating_mul(self.geometry.gram[d][d] as u64)
        };
        if let Some(short) = self.periodic_directions().map(along).filter(|&squared| squared <= bound).min() {
            return Some(short);
        }
        let mut steps: Vec<Vec<i64>> = vec![Vec::new()];
        for direction in 0..self.dimension() {
            let most = match self.periodic[direction] {
                // A vector of squared length s has coordinates of at most
                // sqrt(2 s): no diagonal entry of the inverse of a Gram matrix
                // here exceeds 2.
                true => (2 * bound as u128).isqrt() as u64 / (self.extents[direction] * self.geometry.scale as u64),
                false => 0,
            };
            let most = most as i64;
            steps = steps
                .into_iter()
                .flat_map(|step| (-most..=most).map(move |turns| step.iter().copied().chain([turns]).collect()))
                .collect();
        }
        let length = |step: &Vec<i64>| {
            let vector: Vec<i64> = step
                .iter()
                .zip(&self.extents)
                .map(|(&turns, &extent)| turns.saturating_mul((extent.min(1 << 28)) as i64 * self.geometry.scale))
                .collect();
            self.geometry.squared_length(&vector)
        };
        let turning = steps.iter().filter(|step| step.iter().any(|&turns| turns != 0));
        turning.map(length).filter(|&squared| squared <= bound).min()
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

    /// A cell with every coordinate next to zero.
    pub fn near_cell(&self, cell: &Cell) -> Cell {
        let mut near = *cell;
        for direction in 0..self.dimension() {
            near[direction] = self.near(direction, near[direction]);
        }
        near
    }

    /// The step that takes cells from beyond the open ends to where they begin
    /// there, where couplings are tied and a monomial stands for all its
    /// translates.
    pub fn to_open_ends<'a>(&self, cells: impl Iterator<Item = &'a Cell> + Clone) -> Cell {
        let mut step = [0; DIRECTIONS];
        if self.uniform {
            for direction in self.open_directions() {
                step[direction] = -cells.clone().map(|cell| cell[direction]).min().unwrap_or(0).min(0);
            }
        }
        step
    }

    /// The displacement from one cell to another.
    pub fn difference(&self, a: &Cell, b: &Cell) -> Cell {
        std::array::from_fn(|d| a[d] - b[d])
    }

    /// The classes of cells modulo a lattice of translations along the
    /// periodic directions, each with zeros in the others.
    pub fn cells_modulo(&self, translations: &IntegerLattice, limit: u64) -> Option<Vec<Cell>> {
        let place = |class: Vec<i64>| {
            let mut cell = [0; DIRECTIONS];
            for (direction, entry) in self.periodic_directions().zip(class) {
                cell[direction] = i16::try_from(entry).ok()?;
            }
            Some(cell)
        };
        translations.classes(limit)?.into_iter().map(place).collect()
    }

    /// The periodic part of a displacement.
    pub fn periodic_part(&self, displacement: &[i64]) -> integer::Vector {
        integer::vector(self.periodic_directions().map(|d| displacement[d]))
    }
}

/// The points of a cell at which fields live, sites first, and the fields at
/// the points of each class.
fn points(model: &Model) -> (Vec<CellPoint>, Vec<Vec<usize>>) {
    let living = |place: Place| -> Vec<usize> {
        model.fields.iter().enumerate().filter(|(_, field)| field.place == place).map(|(index, _)| index).collect()
    };
    let (mut points, mut classes) = (Vec::new(), Vec::new());
    for place in [Place::Sites, Place::Bonds, Place::Plaquettes] {
        let fields = living(place);
        let elsewhere = fields.len() < model.fields.len();
        if fields.is_empty() && (place != Place::Sites || elsewhere) {
            continue;
        }
        points.extend(model.lattice.figures(place).into_iter().map(|corners| {
            let point = |(offset, basis): (Vec<i64>, usize)| {
                let mut point = Point::at_origin(basis);
                point.cell.iter_mut().zip(&offset).for_each(|(c, &o)| *c = o as i16);
                point
            };
            CellPoint { sites: corners.into_iter().map(point).collect(), class: classes.len() as u16 }
        }));
        classes.push(fields);
    }
    (points, classes)
}

/// What a monomial may be at one point: the exponents of its variables there.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) struct Colour {
    /// The total degree; first, so that colours are sorted by it.
    pub degree: u32,
    /// Slots (numbered over all fields) with an exponent of at least one, in order.
    pub powers: SmallVec<[(u32, u16); 2]>,
}

/// All colours but the trivial one, up to the declared degree.
#[derive(Clone, Debug)]
pub(super) struct Colours {
    /// The colours of all classes of points, sorted.
    pub all: Vec<Colour>,
    /// The indices of the colours of each class, ascending.
    pub of_class: Vec<Vec<u32>>,
}

impl Colours {
    /// All colours.
    pub fn new(space: &Space) -> Result<Colours, CountError> {
        let classes = 0..space.values.classes.len();
        let lists: Vec<Vec<Colour>> = classes.map(|class| colours_of_class(space, class)).collect::<Result<_, _>>()?;
        let mut all: Vec<Colour> = lists.iter().flatten().cloned().collect();
        all.sort_unstable();
        all.dedup();
        let index = |colour: &Colour| all.binary_search(colour).expect("it is among all") as u32;
        let of_class = lists.iter().map(|list| list.iter().map(index).collect()).collect();
        Ok(Colours { all, of_class })
    }

    /// The index of a colour.
    pub fn index(&self, colour: &Colour) -> Option<u32> {
        self.all.binary_search(colour).ok().map(|at| at as u32)
    }
}

/// All colours of the points of a class, sorted.
fn colours_of_class(space: &Space, class: usize) -> Result<Vec<Colour>, CountError> {
    // The highest exponent of each slot, and the first slot that may join it.
    // Variables of fields that live elsewhere have no powers here.
    let mut slots: Vec<(u32, usize)> = Vec::new();
    for (at, &(components, values)) in space.values.fields.iter().enumerate() {
        let here = space.values.classes[class].contains(&at) as u32;
        for _ in 0..components {
            match values {
                // The categories of a component exclude each other.
                Values::Categories(q) => {
                    let next = slots.len() + q.saturating_sub(1) as usize;
                    slots.resize(next, (here, next));
                }
                Values::Real => slots.push((here * u32::MAX, slots.len() + 1)),
                _ => slots.push((here, slots.len() + 1)),
            }
        }
    }
    let mut colours = Vec::new();
    // A stack of partial products: the next slot to use, and the colour so far.
    let mut open = vec![(0usize, Colour { degree: 0, powers: SmallVec::new() })];
    while let Some((first, colour)) = open.pop() {
        let known = (colours.len() + open.len()) as u64;
        if known > LARGEST_COLOURS {
            return Err(CountError::TooMany {
                what: "monomials of one point",
                needed: UBig::from(known),
                limit: LARGEST_COLOURS,
            });
        }
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
    Ok(colours)
}
