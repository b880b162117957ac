//! Models of gauge fields as graphs of links.
//!
//! Enters a model with a declared `gauge(f)` in its dense picture; leaves the
//! number of its invariants, or these as polynomials (`list`). The fields of
//! the model become a [`LinkCrystal`] where every direction is periodic and a
//! [`LinkGraph`] where some end, and its motions of space their symmetries;
//! what counts is [`super::gauge`], which knows no model.
//!
//! Spins are the gauge field of Z_2, clocks with n values that of Z_n, phases
//! that of U(1). The degree of a power of a phase as a polynomial in its two
//! components is the absolute power, so the degrees of [`super::gauge`] are
//! those of polynomials. A monomial is local where all ends of its links are.
//! Fields on sites are matter (`matter`), charged where the symmetry says so.
//! Symmetries of the values besides the gauge group are refused: the invariants
//! would not be monomials.

mod list;
mod matter;

use dashu_int::UBig;
use std::collections::{BTreeMap, BTreeSet};

use super::CountError;
use super::coupling::{self, Coupling};
use super::gauge::{
    self, CellLink, CellMap, Degrees, LinkCrystal, LinkGraph, LinkGroup, LinkLocality, Loops, PlacedLink,
    SignedPermutation, crystal_invariants, crystal_orbits, local_orbits,
};
use super::series;
use super::space::{DIRECTIONS, Point, Space};
use crate::model::symmetry::Moved;
use crate::model::{Boundary, Isometry, Kind, Lattice, Model, Structure, Symmetry, Vector, motions};

pub(super) use list::polynomials;
use matter::{Carrier, Carriers};

/// Up to this many links a torus is small enough for any method.
const SMALL: u64 = 2_000;

/// The most links of a lattice with ends that is written out.
const LARGEST_GRAPH: u64 = 200_000;

/// The most binary digits of an order of a gauge group.
const LONGEST_ORDER: u64 = 20_000;

/// A gauge field, and the symmetries of space that act on it.
pub(super) struct GaugeField {
    /// The index of the field.
    pub field: usize,
    /// The factors of monomials of matter that each site has.
    matter: Vec<Carrier>,
    /// The charged fields, as declared.
    charges: Vec<(usize, i64)>,
    group: LinkGroup,
    loops: Loops,
    motions: Vec<Isometry>,
}

impl GaugeField {
    /// The gauge field of a model, if it declares one.
    pub fn of(model: &Model) -> Result<Option<GaugeField>, CountError> {
        let mut found: Option<GaugeField> = None;
        for symmetry in &model.symmetries {
            let Symmetry::Gauge { field, contractible, matter } = symmetry else { continue };
            let loops = if *contractible { Loops::Contractible } else { Loops::All };
            match &mut found {
                Some(known) if known.field == *field && known.charges == *matter => {
                    if *contractible {
                        known.loops = loops;
                    }
                }
                Some(_) => return Err(CountError::Unsupported("two gauge groups in one model".to_owned())),
                None => {
                    let group = group(model, *field)?;
                    let carriers = matter::carriers(model, *field, matter)?;
                    let charges = matter.clone();
                    found = Some(GaugeField {
                        field: *field,
                        matter: carriers,
                        charges,
                        group,
                        loops,
                        motions: Vec::new(),
                    });
                }
            }
        }
        let Some(mut found) = found else { return Ok(None) };
        if found.loops == Loops::Contractible && !found.matter.is_empty() {
            return Err(CountError::Unsupported(
                "sums of plaquettes alone together with fields on sites; leave `contractible_only` out".to_owned(),
            ));
        }
        for symmetry in &model.symmetries {
            match symmetry {
                Symmetry::Gauge { .. } | Symmetry::Translation => {}
                Symmetry::Reflection | Symmetry::PointGroup(_) | Symmetry::Motion(_) | Symmetry::SpaceGroup { .. } => {
                    found.motions.extend(motions(model, symmetry)?);
                }
                other if found.is_global(other) => {}
                other => {
                    return Err(CountError::Unsupported(format!(
                        "a gauge group together with `{}`; `translation`, `reflection`, `point_group` and motions of \
                         space are counted with it",
                        model.symmetry_text(other)
                    )));
                }
            }
        }
        Ok(Some(found))
    }

    /// Whether a symmetry of the values is a gauge transformation that is the
    /// same everywhere: one of all charged fields, of equal charges.
    fn is_global(&self, symmetry: &Symmetry) -> bool {
        let charged: BTreeSet<usize> = self.charges.iter().filter(|(_, q)| *q != 0).map(|(field, _)| *field).collect();
        let Some(&(_, charge)) = self.charges.iter().find(|(_, q)| *q != 0) else { return false };
        let alike = self.charges.iter().all(|&(_, q)| q == 0 || q == charge);
        // The phases to the power of the charge are all, or those of this order.
        let order = match self.group {
            LinkGroup::Phase => None,
            LinkGroup::Cyclic(n) => Some(u64::from(n) / gcd(u64::from(n), charge.unsigned_abs())),
        };
        let has = |n: u32| order.is_none_or(|order| n > 0 && order % u64::from(n) == 0);
        let (fields, among): (BTreeSet<usize>, bool) = match symmetry {
            Symmetry::Flip(field) => ([*field].into(), has(2)),
            Symmetry::Cyclic { fields, order } => (fields.iter().copied().collect(), has(*order)),
            Symmetry::Rotation { vectors, proper: true } => {
                let fields = vectors.iter().map(|vector| match vector {
                    Vector::Field(field) => *field,
                    Vector::Scalars(_) => usize::MAX,
                });
                (fields.collect(), order.is_none())
            }
            _ => return false,
        };
        alike && among && fields == charged
    }

    /// The number of invariants.
    pub fn count(&self, space: &Space, coupling: Option<&Coupling>) -> Result<UBig, CountError> {
        let count = match coupling {
            Some(coupling) => self.local(space, coupling)?,
            None => self.nonlocal(space)?,
        };
        Ok(count - UBig::from(space.lacks_constant() as u8))
    }

    fn nonlocal(&self, space: &Space) -> Result<UBig, CountError> {
        let degrees = degrees(space);
        if is_periodic(space) {
            if !self.motions.is_empty()
                && let Some(orbits) = self.single_loops(space)?
            {
                return Ok(UBig::from(orbits.len()));
            }
            let crystal = self.crystal(space)?;
            return match crystal.translations || !crystal.point_group.is_empty() {
                true => crystal_orbits(&crystal, self.group, degrees, self.loops),
                false => crystal_invariants(&crystal, self.group, degrees, self.loops),
            };
        }
        gauge::orbits(&self.graph(space)?.0, self.group, degrees, self.loops)
    }

    fn local(&self, space: &Space, coupling: &Coupling) -> Result<UBig, CountError> {
        let Some(orbits) = self.local_orbits(space, coupling)? else {
            let (graph, places) = self.graph(space)?;
            let mut orbits = gauge::list(&graph, self.group, degrees(space), self.loops)?;
            orbits.retain(|orbit| self.is_local(space, orbit.monomials[0].iter().map(|&(link, _)| &places[link])));
            return Ok(UBig::from(orbits.len()));
        };
        match space.translated {
            true => Ok(UBig::from(orbits.len())),
            false => Ok(orbits.into_iter().map(|orbit| orbit.size).sum()),
        }
    }

    /// The orbits of local invariants up to translations, which need not be
    /// symmetries where nothing else is; `None` on lattices that have to be
    /// written out.
    fn local_orbits(&self, space: &Space, coupling: &Coupling) -> Result<Option<Vec<gauge::LocalOrbit>>, CountError> {
        if !is_periodic(space) || !space.translated && !self.motions.is_empty() {
            return Ok(None);
        }
        let crystal = self.crystal(space)?;
        if self.loops == Loops::Contractible && crystal.winds(space.degree) {
            return Ok(None);
        }
        let point = |placed: &PlacedLink, from: &PlacedLink| {
            let mut cell = [0i64; DIRECTIONS];
            let steps = placed.cell.iter().zip(&from.cell).map(|(a, b)| a - b);
            cell.iter_mut().zip(steps).for_each(|(entry, step)| *entry = step);
            // Displacements within the reach fit.
            Point { cell: cell.map(|entry| entry as i16), at: self.carriers(space).point(placed.link) as u16 }
        };
        let near = |a: &PlacedLink, b: &PlacedLink| {
            let (a, b) = (point(a, a), point(b, a));
            // Factors at one site are always together.
            let together = a.at == b.at && space.near_cell(&b.cell) == a.cell;
            coupling.nearby[b.at as usize].is_some() && (together || coupling.couples(space, &a, &b))
        };
        let cells = coupling.nearby.iter().flatten().flatten().flat_map(|point| point.cell);
        let reach = cells.map(|step| u32::from(step.unsigned_abs())).max().unwrap_or(0);
        let locality = LinkLocality::Pairs { reach, near: &near };
        let mut orbits = local_orbits(&crystal, self.group, degrees(space), locality, true)?;
        if !coupling.families.is_empty() || coupling.connected || coupling.most_sites.is_some() {
            orbits.retain(|orbit| self.is_local(space, orbit.monomials[0].iter().map(|(placed, _)| placed)));
        }
        // A bond may itself be longer than the locality.
        orbits.retain(|orbit| {
            orbit.monomials[0]
                .iter()
                .all(|(placed, _)| coupling.nearby[self.carriers(space).point(placed.link)].is_some())
        });
        Ok(Some(orbits))
    }

    /// The orbits of all invariants of a large torus on which none is a product
    /// of loops far apart: each then lies around one of its links. `None`
    /// elsewhere.
    fn single_loops(&self, space: &Space) -> Result<Option<Vec<gauge::LocalOrbit>>, CountError> {
        let shortest = space.extents.iter().fold(self.shortest(space), |shortest, &extent| shortest.min(extent));
        let links = series::cells(space) * UBig::from(space.points.len());
        let alone = u64::from(space.degree) < shortest.saturating_mul(2);
        if !space.translated || !is_periodic(space) || !alone || links <= UBig::from(SMALL) {
            return Ok(None);
        }
        let crystal = self.crystal(space)?;
        if self.loops == Loops::Contractible && crystal.winds(space.degree) {
            return Ok(None);
        }
        // A closed loop goes at most half its length away, a string all of it.
        let reach = if self.matter.is_empty() { space.degree.div_ceil(2) } else { space.degree };
        let locality = LinkLocality::Pairs { reach, near: &|_, _| true };
        Ok(Some(local_orbits(&crystal, self.group, degrees(space), locality, true)?))
    }

    /// What is counted, in words.
    pub fn words(&self) -> String {
        let which = match self.group {
            LinkGroup::Cyclic(2) => {
                "products of closed loops of bonds (an even number of bonds at every site)".to_owned()
            }
            LinkGroup::Cyclic(order) => {
                format!("products of closed loops of bonds (as much into every site as out of it, modulo {order})")
            }
            LinkGroup::Phase => "products of closed loops of bonds (as much into every site as out of it)".to_owned(),
        };
        match self.loops {
            Loops::All if self.matter.iter().any(|carrier| carrier.charge != 0) => {
                format!("{which}, and of open strings with matter at their ends")
            }
            Loops::All => which,
            Loops::Contractible => format!("{which} that do not wind around the lattice"),
        }
    }

    /// The order of the gauge group as it acts: a transformation that is the
    /// same everywhere does nothing to links. `None` for phases and for orders of very
    /// many digits.
    pub fn order(&self, space: &Space) -> Option<UBig> {
        let LinkGroup::Cyclic(order) = self.group else { return None };
        let sites = u64::try_from(&(series::cells(space) * UBig::from(space.sites))).ok()?;
        // A transformation that is the same everywhere acts on charges alone.
        let common =
            self.matter.iter().fold(u64::from(order), |common, carrier| gcd(common, carrier.charge.unsigned_abs()));
        let same = UBig::from(u64::from(order) / common);
        let exponent = sites.saturating_sub(1);
        (exponent.checked_mul(u64::from(order.ilog2()) + 1)? <= LONGEST_ORDER)
            .then(|| UBig::from(order).pow(exponent as usize) * same)
    }

    /// A warning where loops wind around so small a torus that its count
    /// differs from that of the infinite lattice.
    pub fn small_torus(&self, space: &Space, coupling: Option<&Coupling>, count: &UBig) -> Option<String> {
        if !space.translated || !is_periodic(space) {
            return None;
        }
        // Without a locality loops far apart are counted, whose number grows
        // with the lattice.
        let shortest = self.shortest(space);
        if coupling.is_none() && u64::from(space.degree) >= shortest.saturating_mul(2) {
            return None;
        }
        let apart = coupling::like_infinite(space).filter(|_| !space.localities.is_empty()).unwrap_or(0);
        let like_infinite = u64::from(space.degree).max(apart);
        if space.extents.iter().all(|&extent| extent > like_infinite) {
            return None;
        }
        // A multiple of the extents, so that the group fits as it does here.
        let mut enlarged = space.clone();
        let factor = space.extents.iter().map(|&extent| like_infinite / extent + 1).max()?;
        for d in 0..space.dimension() {
            enlarged.extents[d] = space.extents[d].checked_mul(factor)?;
            enlarged.lattice.extents[d] = enlarged.extents[d];
        }
        let coupling = Coupling::new(&enlarged).ok()?;
        let infinite = self.count(&enlarged, coupling.as_ref()).ok()?;
        (infinite != *count).then(|| {
            format!(
                "loops wind around this lattice: the infinite lattice has {infinite} where this one has {count}; \
                 periodic extents above {like_infinite} are like the infinite lattice"
            )
        })
    }

    /// How links and matter of a cell are numbered.
    fn carriers(&self, space: &Space) -> Carriers<'_> {
        Carriers::new(&self.matter, &space.lattice, space.points.iter().any(|point| point.sites.len() == 1))
    }

    /// The least degree of an invariant besides the constant, on an infinite
    /// lattice.
    fn shortest(&self, space: &Space) -> u64 {
        let plaquette = space.lattice.plaquettes().first().map_or(u64::MAX, |corners| corners.len() as u64);
        let matter = self.matter.iter().map(Carrier::shortest);
        matter.fold(plaquette, u64::min)
    }

    /// Whether links and matter are within all localities.
    fn is_local<'p>(&self, space: &Space, links: impl Iterator<Item = &'p PlacedLink>) -> bool {
        let bonds = space.lattice.bonds();
        let carriers = self.carriers(space);
        let mut sites = Vec::new();
        for placed in links {
            let Some(bond) = bonds.get(placed.link) else {
                sites.push((placed.cell.clone(), carriers.site(placed.link)));
                continue;
            };
            let end = placed.cell.iter().zip(&bond.offset).map(|(c, step)| c + step).collect();
            sites.extend([(placed.cell.clone(), bond.from), (end, bond.to)]);
        }
        space.localities.iter().all(|locality| locality.admits_sites(&space.lattice, &sites))
    }

    /// The periodic lattice by its cell.
    fn crystal(&self, space: &Space) -> Result<LinkCrystal, CountError> {
        let lattice = &space.lattice;
        let geometry = lattice.geometry();
        let map = |motion: &Isometry| {
            let sites = motion.sites(&geometry).ok_or_else(|| refused(motion))?;
            let near = |shift: Vec<i64>| nearest(lattice, &shift);
            Ok(CellMap {
                matrix: motion.matrix.clone(),
                images: shifted(sites.into_iter().map(|moved| (moved.to, moved.shift)).collect(), near),
            })
        };
        let mut links: Vec<CellLink> = lattice
            .bonds()
            .into_iter()
            .map(|bond| CellLink { from: bond.from, to: bond.to, offset: bond.offset })
            .collect();
        let mut matter = BTreeMap::new();
        for (site, factor) in self.carriers(space).at_sites() {
            matter.insert(links.len(), factor);
            links.push(CellLink { from: site, to: site, offset: vec![0; lattice.dimension()] });
        }
        Ok(LinkCrystal {
            periods: space.extents.clone(),
            sites: lattice.basis(),
            links,
            matter,
            plaquettes: faces(lattice),
            translations: space.translated,
            point_group: self.motions.iter().map(map).collect::<Result<_, CountError>>()?,
        })
    }

    /// The lattice written out, and where each of its links is.
    fn graph(&self, space: &Space) -> Result<(LinkGraph, Vec<PlacedLink>), CountError> {
        let lattice = &space.lattice;
        let bonds = lattice.bonds();
        let carriers = self.carriers(space);
        let matter = carriers.at_sites();
        let each = bonds.len() + matter.len();
        let needed = series::cells(space) * UBig::from(each.max(lattice.basis()));
        if needed > UBig::from(LARGEST_GRAPH) {
            return Err(CountError::TooMany { what: "links", needed, limit: LARGEST_GRAPH });
        }
        let cells = usize::try_from(&series::cells(space)).unwrap_or(0);
        let site = |cell: &[i64], basis: usize| Some(cell_index(lattice, cell)? * lattice.basis() + basis);
        let mut graph = LinkGraph { vertices: cells * lattice.basis(), ..LinkGraph::default() };
        let mut places = Vec::new();
        let mut numbers = vec![None; cells * each];
        for at in 0..cells {
            let cell: Vec<i64> = lattice.coordinates(at as u64).into_iter().map(|c| c as i64).collect();
            for (link, bond) in bonds.iter().enumerate() {
                let end: Vec<i64> = cell.iter().zip(&bond.offset).map(|(c, step)| c + step).collect();
                let (Some(from), Some(to)) = (site(&cell, bond.from), site(&end, bond.to)) else { continue };
                numbers[at * each + link] = Some(graph.links.len());
                graph.links.push((from, to));
                places.push(PlacedLink { cell: cell.clone(), link });
            }
            for (number, &(basis, factor)) in matter.iter().enumerate() {
                let Some(vertex) = site(&cell, basis) else { continue };
                let link = bonds.len() + number;
                numbers[at * each + link] = Some(graph.links.len());
                graph.matter.insert(graph.links.len(), factor);
                graph.links.push((vertex, vertex));
                places.push(PlacedLink { cell: cell.clone(), link });
            }
        }
        let number = |cell: &[i64], link: usize| numbers[cell_index(lattice, cell)? * each + link];
        if self.loops == Loops::Contractible {
            for (at, face) in (0..cells).flat_map(|at| faces(lattice).into_iter().map(move |face| (at, face))) {
                let cell: Vec<i64> = lattice.coordinates(at as u64).into_iter().map(|c| c as i64).collect();
                let links = face.iter().map(|(placed, reversed)| {
                    let there: Vec<i64> = cell.iter().zip(&placed.cell).map(|(a, b)| a + b).collect();
                    Some((number(&there, placed.link)?, *reversed))
                });
                graph.plaquettes.extend(links.collect::<Option<Vec<_>>>());
            }
        }
        let periodic = (0..space.dimension()).filter(|&d| space.translated && space.periodic[d]);
        for direction in periodic {
            let images = places.iter().map(|placed| {
                let mut cell = placed.cell.clone();
                cell[direction] += 1;
                Some((number(&cell, placed.link)?, false))
            });
            let images = images.collect::<Option<Vec<_>>>();
            graph.generators.push(SignedPermutation(images.ok_or_else(beyond)?));
        }
        for motion in &self.motions {
            let mut moved = motion.bonds(lattice).ok_or_else(|| refused(motion))?;
            let sites = motion.sites(&lattice.geometry()).ok_or_else(|| refused(motion))?;
            moved.extend((0..matter.len()).map(|number| {
                let (site, kind) = (number / self.matter.len(), number % self.matter.len());
                let to = bonds.len() + sites[site].to * self.matter.len() + kind;
                Moved { to, shift: sites[site].shift.clone(), reversed: false }
            }));
            let images = places.iter().map(|placed| {
                let image = &moved[placed.link];
                let turned = motion
                    .matrix
                    .iter()
                    .zip(&image.shift)
                    .map(|(row, shift)| row.iter().zip(&placed.cell).map(|(m, c)| m * c).sum::<i64>() + shift);
                Some((number(&turned.collect::<Vec<i64>>(), image.to)?, image.reversed))
            });
            let images = images.collect::<Option<Vec<_>>>();
            graph.generators.push(SignedPermutation(images.ok_or_else(|| refused(motion))?));
        }
        Ok((graph, places))
    }
}

/// The gauge group of a field.
fn group(model: &Model, field: usize) -> Result<LinkGroup, CountError> {
    let Some(declared) = model.fields.get(field) else {
        return Err(CountError::Unsupported(format!("a symmetry of field {field}, which does not exist")));
    };
    match (declared.structure, declared.kind) {
        (Structure::Phase(None), _) => Ok(LinkGroup::Phase),
        (Structure::Phase(Some(order)), _) => Ok(LinkGroup::Cyclic(order)),
        (Structure::Plain, Kind::Spin) if declared.components == 1 => Ok(LinkGroup::Cyclic(2)),
        _ => Err(CountError::Unsupported(format!(
            "the gauge group of {0}; declare `field {0} : spin on bonds`, `phase on bonds` or `clock(3) on bonds`",
            declared.name
        ))),
    }
}

fn degrees(space: &Space) -> Degrees {
    Degrees { degree: space.degree, exactly: space.homogeneous }
}

/// Whether no direction ends.
fn is_periodic(space: &Space) -> bool {
    space.periodic.iter().all(|&periodic| periodic)
}

/// The faces of a cell as closed loops of links: the plaquettes and, where
/// these leave holes (kagome), the hexagons between them.
fn faces(lattice: &Lattice) -> Vec<Vec<(PlacedLink, bool)>> {
    let bonds = lattice.bonds();
    let loops = lattice.faces();
    let step = |from: &(Vec<i64>, usize), to: &(Vec<i64>, usize)| {
        bonds.iter().enumerate().find_map(|(link, bond)| {
            let joins = |a: &(Vec<i64>, usize), b: &(Vec<i64>, usize)| {
                (bond.from, bond.to) == (a.1, b.1)
                    && a.0.iter().zip(&bond.offset).zip(&b.0).all(|((c, step), there)| c + step == *there)
            };
            if joins(from, to) {
                return Some((PlacedLink { cell: from.0.clone(), link }, false));
            }
            joins(to, from).then(|| (PlacedLink { cell: to.0.clone(), link }, true))
        })
    };
    loops
        .iter()
        .filter_map(|corners| {
            (0..corners.len()).map(|at| step(&corners[at], &corners[(at + 1) % corners.len()])).collect()
        })
        .collect()
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The row-major index of a cell; `None` beyond the end of a direction.
fn cell_index(lattice: &Lattice, cell: &[i64]) -> Option<usize> {
    let mut index = 0;
    for (d, &entry) in cell.iter().enumerate() {
        let extent = lattice.extents[d] as i64;
        let entry = match lattice.boundaries[d] {
            Boundary::Periodic | Boundary::Twisted => entry.rem_euclid(extent),
            Boundary::Open if (0..extent).contains(&entry) => entry,
            Boundary::Open => return None,
        };
        index = index * extent as usize + entry as usize;
    }
    Some(index)
}

/// A cell with every coordinate next to zero along periodic directions.
fn nearest(lattice: &Lattice, cell: &[i64]) -> Vec<i64> {
    let near = |(d, &entry): (usize, &i64)| match lattice.boundaries[d] {
        Boundary::Open => entry,
        Boundary::Periodic | Boundary::Twisted => {
            let extent = lattice.extents[d] as i64;
            let least = entry.rem_euclid(extent);
            if least > extent / 2 { least - extent } else { least }
        }
    };
    cell.iter().enumerate().map(near).collect()
}

/// Images of the sites of a cell, all moved alike so that the first is next
/// to the cell at the origin.
fn shifted(mut images: Vec<(usize, Vec<i64>)>, near: impl Fn(Vec<i64>) -> Vec<i64>) -> Vec<(usize, Vec<i64>)> {
    let Some((_, first)) = images.first().cloned() else { return images };
    let placed = near(first.clone());
    for (_, shift) in &mut images {
        for ((entry, old), new) in shift.iter_mut().zip(&first).zip(&placed) {
            *entry += new - old;
        }
    }
    images
}

fn refused(motion: &Isometry) -> CountError {
    CountError::NotPreserved {
        symmetry: motion.name.clone(),
        reason: "it takes a bond to a place without one".to_owned(),
    }
}

fn beyond() -> CountError {
    CountError::NotPreserved {
        symmetry: "translation".to_owned(),
        reason: "it takes a bond to a place without one".to_owned(),
    }
}
