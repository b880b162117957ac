//! Which points a local monomial may couple.
//!
//! Enters a [`Space`] with its localities; leaves, for each point of a cell,
//! the points that it may share a monomial with, and what sets of such points
//! must have besides. Every locality restricts pairs; the restriction of pairs
//! is all there is to `nearest_neighbor`, `range`, `shell`, `graph_radius`,
//! and to `window` where it does not reach around the lattice. For the others
//! a set of sites must besides lie in one of a family of sets (a plaquette, a
//! window), be connected, or be small.
//!
//! Distances in bonds (`graph_radius`) are those of the unbounded or periodic
//! lattice: the end of an open direction makes no path longer.

use dashu_int::UBig;
use rustc_hash::FxHashSet;

use super::CountError;
use super::space::{CellPoint, DIRECTIONS, LARGEST, Point, Space};
use crate::model::{Lattice, Locality, Shape};

/// The largest number of points that are looked at around one.
const LARGEST_NEIGHBOURHOOD: u64 = 200_000;

/// A set of sites up to translations.
type Sites = Vec<Point>;

/// Which points a local monomial may couple.
#[derive(Clone, Debug)]
pub(super) struct Coupling {
    /// Whether every support lies on the infinite lattice in one way: no
    /// support reaches around a periodic direction.
    pub unwrapped: bool,
    /// For each point of a cell, the points that may be coupled to it when it
    /// is in the cell at the origin, itself left out. `None` for points that
    /// no local monomial holds: bonds longer than the locality.
    pub nearby: Vec<Option<Vec<Point>>>,
    /// The largest number of points of a support.
    pub most: usize,
    /// The largest number of sites, where that is not the number of points.
    pub most_sites: Option<usize>,
    /// Whether supports are connected by bonds.
    pub connected: bool,
    /// The sites that share a bond with each site of a cell, and themselves.
    pub bonded: Vec<Vec<Point>>,
    /// Families of sets of sites (up to translations); a support lies within
    /// one set of each family.
    pub families: Vec<Vec<Sites>>,
    known: Vec<FxHashSet<Point>>,
}

impl Coupling {
    /// The coupling of a space; `None` where its localities exclude nothing.
    pub fn new(space: &Space) -> Result<Option<Coupling>, CountError> {
        if space.localities.is_empty() || space.points.is_empty() {
            return Ok(None);
        }
        let pairs = Pairs::new(space)?;
        let Some(pairs) = pairs else { return Ok(None) };
        let nearby = pairs.nearby(space)?;
        let known = nearby.iter().map(|points| points.iter().flatten().copied().collect()).collect();
        let most = space.degree as usize;
        let bodies = space.localities.iter().filter_map(|locality| match locality {
            Locality::Bodies(bodies) => Some(*bodies as usize),
            _ => None,
        });
        let bodies = bodies.min();
        let coupling = Coupling {
            unwrapped: pairs.unwrapped,
            most: bodies.filter(|_| !space.has_bonds()).map_or(most, |bodies| bodies.min(most)),
            most_sites: bodies.filter(|&bodies| space.has_bonds() && bodies < 2 * most),
            connected: pairs.connected,
            bonded: pairs.bonded,
            families: pairs.families,
            nearby,
            known,
        };
        let total: Option<u64> = space
            .extents
            .iter()
            .try_fold(space.points.len() as u64, |product, &extent| product.checked_mul(extent))
            .filter(|&total| total <= LARGEST_NEIGHBOURHOOD);
        let all = |points: &Option<Vec<Point>>| points.as_ref().is_some_and(|p| Some(p.len() as u64 + 1) == total);
        let everything = !space.open_directions().any(|_| true)
            && coupling.families.is_empty()
            && coupling.most_sites.is_none()
            && (coupling.most == most || Some(coupling.most as u64) >= total)
            && (!coupling.connected || total == Some(1))
            && coupling.nearby.iter().all(all);
        Ok((!everything).then_some(coupling))
    }

    /// The coupling of all points of a small lattice.
    pub fn of_all(space: &Space) -> Result<Coupling, CountError> {
        let mut pairs = Pairs {
            unwrapped: !space.periodic.contains(&true),
            allowed: Vec::new(),
            connected: false,
            bonded: bonded(space),
            families: Vec::new(),
        };
        let cells = pairs.cells(space, &vec![u64::MAX; space.dimension()])?;
        for _ in 0..space.sites {
            let all = cells.iter().flat_map(|&cell| (0..space.sites as u16).map(move |at| Point { cell, at }));
            pairs.allowed.push(all.collect());
        }
        let nearby = pairs.nearby(space)?;
        Ok(Coupling {
            unwrapped: pairs.unwrapped,
            most: space.few_sites().unwrap_or(space.degree as usize),
            most_sites: None,
            connected: false,
            bonded: pairs.bonded,
            families: Vec::new(),
            known: nearby.iter().map(|points| points.iter().flatten().copied().collect()).collect(),
            nearby,
        })
    }

    /// Whether two points may be coupled, other conditions on sets apart.
    pub fn couples(&self, space: &Space, a: &Point, b: &Point) -> bool {
        let cell = space.difference(&b.cell, &a.cell);
        let cell = if self.unwrapped { cell } else { space.near_cell(&cell) };
        self.known[a.at as usize].contains(&Point { cell, at: b.at })
    }

    /// The sites of a point.
    pub fn sites<'a>(&'a self, space: &'a Space, point: &'a Point) -> impl Iterator<Item = Point> + 'a {
        space.points[point.at as usize].sites.iter().map(|site| self.placed(space, &site.moved(&point.cell)))
    }

    /// A site with coordinates next to zero where the lattice may be wrapped.
    pub fn placed(&self, space: &Space, site: &Point) -> Point {
        match self.unwrapped {
            true => *site,
            false => Point { cell: space.near_cell(&site.cell), at: site.at },
        }
    }

    /// The sets of a family that hold all sites of a point of the cell at the
    /// origin.
    pub fn sets_around(&self, space: &Space, family: &[Sites], point: usize) -> Vec<FxHashSet<Point>> {
        let sites = &space.points[point].sites;
        let mut sets = Vec::new();
        let mut seen = FxHashSet::default();
        for set in family {
            for member in set.iter().filter(|member| member.at == sites[0].at) {
                let by = space.difference(&sites[0].cell, &member.cell);
                let mut moved: Vec<Point> = set.iter().map(|other| self.placed(space, &other.moved(&by))).collect();
                moved.sort_unstable();
                moved.dedup();
                let holds = |site: &Point| moved.binary_search(&self.placed(space, site)).is_ok();
                if sites.iter().all(holds) && seen.insert(moved.clone()) {
                    sets.push(moved.into_iter().collect());
                }
            }
        }
        sets
    }
}

/// The restriction of pairs of sites, and what else sets must have.
struct Pairs {
    unwrapped: bool,
    /// For each site of a cell, itself and the sites it may be coupled to.
    allowed: Vec<FxHashSet<Point>>,
    connected: bool,
    bonded: Vec<Vec<Point>>,
    families: Vec<Vec<Sites>>,
}

impl Pairs {
    fn new(space: &Space) -> Result<Option<Pairs>, CountError> {
        if !space.has_geometry() {
            return complete(space);
        }
        let bonded = bonded(space);
        let bound = around(space)?;
        let connected = space.localities.contains(&Locality::Connected);
        // A support has at most as many sites as this.
        let sites = if space.has_bonds() { 2 * space.degree as u64 } else { space.degree as u64 };
        // The largest box of cells that all localities leave.
        let mut spans: Vec<u64> = vec![u64::MAX; space.dimension()];
        for locality in &space.localities {
            let span = match locality {
                Locality::Bodies(_) => continue,
                Locality::Connected => sites,
                Locality::GraphRadius(steps) => *steps as u64,
                Locality::Window(cells) => *cells as u64,
                Locality::Plaquette => 2,
                _ => {
                    (threshold(space, locality).expect("a distance")).isqrt().div_ceil(space.geometry.scale as u64)
                        + (space.geometry.scale > 1) as u64
                }
            };
            spans.iter_mut().for_each(|known| *known = span.min(*known));
        }
        let periodic = space.periodic.contains(&true);
        // Displacements are told from those around the lattice while they are
        // less than half of it.
        let apart = space.periodic_directions().all(|d| spans[d] < space.extents[d].div_ceil(2));
        let unwrapped =
            !periodic || apart && bound.is_some_and(|bound| bound < 1 << 54 && space.shortest_period(bound).is_none());
        let mut pairs = Pairs { unwrapped, allowed: Vec::new(), connected, bonded, families: Vec::new() };
        let cells = pairs.cells(space, &spans)?;
        for from in 0..space.sites {
            let all = cells.iter().flat_map(|&cell| (0..space.sites as u16).map(move |at| Point { cell, at }));
            pairs.allowed.push(all.collect());
            for locality in &space.localities {
                pairs.restrict(space, locality, from, sites)?;
            }
        }
        for locality in &space.localities {
            match locality {
                Locality::Plaquette => {
                    let sets = plaquettes(&space.lattice);
                    if sets.is_empty() {
                        return Err(CountError::Unsupported(format!(
                            "plaquettes of {}, which has no closed loops of bonds; use `range` or `nearest_neighbor`",
                            space.lattice
                        )));
                    }
                    pairs.families.push(sets);
                }
                // Intervals that meet in pairs meet all, but not on a circle.
                Locality::Window(cells) if !pairs.unwrapped => pairs.families.push(vec![window(space, *cells)?]),
                _ => {}
            }
        }
        Ok(Some(pairs))
    }

    /// The cells of a box around the origin, each once.
    fn cells(&self, space: &Space, spans: &[u64]) -> Result<Vec<[i16; DIRECTIONS]>, CountError> {
        let mut cells = vec![[0i16; DIRECTIONS]];
        for direction in 0..space.dimension() {
            let (extent, span) = (space.extents[direction], spans[direction]);
            let (least, greatest) = match space.periodic[direction] {
                true if self.unwrapped || extent > span.saturating_mul(2) => (span, span),
                true => ((extent - 1) / 2, extent / 2),
                false => (span.min(extent - 1), span.min(extent - 1)),
            };
            let needed = UBig::from(cells.len() * space.sites) * (UBig::from(least) + UBig::from(greatest) + UBig::ONE);
            if needed > UBig::from(10 * LARGEST_NEIGHBOURHOOD) || greatest > LARGEST {
                return Err(CountError::TooMany {
                    what: "neighbours of a site",
                    needed,
                    limit: 10 * LARGEST_NEIGHBOURHOOD,
                });
            }
            cells = cells
                .iter()
                .flat_map(|cell| {
                    (-(least as i16)..=greatest as i16).map(move |step| {
                        let mut next = *cell;
                        next[direction] = step;
                        next
                    })
                })
                .collect();
        }
        Ok(cells)
    }

    /// Leaves of the sites coupled to a site those that a locality admits.
    fn restrict(&mut self, space: &Space, locality: &Locality, from: usize, sites: u64) -> Result<(), CountError> {
        let unwrapped = self.unwrapped;
        let steps = match locality {
            Locality::Bodies(_) => return Ok(()),
            Locality::Connected => sites.saturating_sub(1),
            Locality::GraphRadius(steps) => *steps as u64,
            Locality::Window(cells) => {
                let reach = cells.saturating_sub(1);
                self.allowed[from].retain(|site| {
                    let mut steps = site.cell.iter().enumerate().take(space.dimension());
                    steps.all(|(d, &step)| {
                        let step = if unwrapped { step } else { space.near(d, step) };
                        step.unsigned_abs() as u32 <= reach
                    })
                });
                return Ok(());
            }
            Locality::Plaquette => {
                let coupling = |site: &Point| match unwrapped {
                    true => *site,
                    false => Point { cell: space.near_cell(&site.cell), at: site.at },
                };
                let mut together = FxHashSet::default();
                for set in plaquettes(&space.lattice) {
                    for member in set.iter().filter(|member| member.at as usize == from) {
                        let by = space.difference(&[0; DIRECTIONS], &member.cell);
                        together.extend(set.iter().map(|other| coupling(&other.moved(&by))));
                    }
                }
                together.insert(Point::at_origin(from));
                self.allowed[from].retain(|site| together.contains(site));
                return Ok(());
            }
            _ => {
                let squared = threshold(space, locality).expect("a distance");
                self.allowed[from].retain(|site| {
                    *site == Point::at_origin(from) || within(space, unwrapped, from as u16, site, squared)
                });
                return Ok(());
            }
        };
        // Breadth first over bonds.
        let mut reached = FxHashSet::from_iter([Point::at_origin(from)]);
        let mut shell = vec![Point::at_origin(from)];
        for _ in 0..steps {
            let mut next = Vec::new();
            for site in &shell {
                for other in &self.bonded[site.at as usize] {
                    let mut other = other.moved(&site.cell);
                    if !unwrapped {
                        other.cell = space.near_cell(&other.cell);
                    }
                    if self.allowed[from].contains(&other) && reached.insert(other) {
                        next.push(other);
                    }
                }
            }
            if next.is_empty() {
                break;
            }
            shell = next;
        }
        self.allowed[from] = reached;
        Ok(())
    }

    /// The points coupled to each point.
    fn nearby(&self, space: &Space) -> Result<Vec<Option<Vec<Point>>>, CountError> {
        let placed = |cell| if self.unwrapped { cell } else { space.near_cell(&cell) };
        let together = |a: &Point, b: &Point| {
            let cell = placed(space.difference(&b.cell, &a.cell));
            self.allowed[a.at as usize].contains(&Point { cell, at: b.at })
        };
        let all = |sites: &[Point], others: &[Point]| sites.iter().all(|a| others.iter().all(|b| together(a, b)));
        let alive: Vec<bool> = space.points.iter().map(|point| all(&point.sites, &point.sites)).collect();
        // The points that hold each site as their n-th.
        let mut holders: Vec<Vec<(usize, Point)>> = vec![Vec::new(); space.sites];
        for (at, point) in space.points.iter().enumerate() {
            point.sites.iter().for_each(|site| holders[site.at as usize].push((at, *site)));
        }
        let mut nearby = Vec::new();
        for (at, CellPoint { sites, .. }) in space.points.iter().enumerate() {
            if !alive[at] {
                nearby.push(None);
                continue;
            }
            let mut found: FxHashSet<Point> = FxHashSet::default();
            for site in &self.allowed[sites[0].at as usize] {
                for (holder, held) in &holders[site.at as usize] {
                    let mut by = space.difference(&site.cell, &held.cell);
                    by.iter_mut().zip(&sites[0].cell).for_each(|(b, s)| *b += s);
                    let point = Point { cell: placed(by), at: *holder as u16 };
                    let mut open = space.open_directions();
                    let outside = open.any(|d| point.cell[d].unsigned_abs() as u64 >= space.extents[d]);
                    if !alive[*holder] || outside {
                        continue;
                    }
                    let others: Vec<Point> =
                        space.points[*holder].sites.iter().map(|other| other.moved(&point.cell)).collect();
                    if all(sites, &others) {
                        found.insert(point);
                    }
                }
            }
            found.remove(&Point::at_origin(at));
            if found.len() as u64 > LARGEST_NEIGHBOURHOOD {
                return Err(CountError::TooMany {
                    what: "neighbours of a site",
                    needed: UBig::from(found.len()),
                    limit: LARGEST_NEIGHBOURHOOD,
                });
            }
            let mut found: Vec<Point> = found.into_iter().collect();
            found.sort_unstable();
            nearby.push(Some(found));
        }
        Ok(nearby)
    }
}

/// The extent beyond which no support of a space reaches around a lattice.
pub(super) fn like_infinite(space: &Space) -> Option<u64> {
    let bound = if space.has_geometry() { around(space).ok()?? } else { return None };
    Some(extent_beyond(space, bound))
}

/// The greatest extent of which a lattice has a period of at most this squared
/// length. The shortest vector around a lattice of extents L is L shortest
/// cell vectors, and no cell vector here is shorter than the first.
fn extent_beyond(space: &Space, squared: u64) -> u64 {
    let cell = space.geometry.gram[0][0] as u64 * (space.geometry.scale * space.geometry.scale) as u64;
    (squared / cell).isqrt()
}

/// The squared length that periods have to exceed for no support to reach
/// around the lattice: nine times the largest squared range, since three
/// steps within a support must not close a loop; `None` where nothing bounds
/// supports.
fn around(space: &Space) -> Result<Option<u64>, CountError> {
    let unit = space.geometry.unit as u128;
    let mut bound: Option<u128> = None;
    for locality in &space.localities {
        let range = match locality {
            Locality::Connected | Locality::Bodies(_) => continue,
            Locality::GraphRadius(steps) => (*steps as u128).pow(2) * unit,
            Locality::Window(cells) => farthest(space, &[window(space, *cells)?]),
            Locality::Plaquette => farthest(space, &plaquettes(&space.lattice)),
            _ => threshold(space, locality).expect("a distance") as u128,
        };
        bound = bound.max(Some(range.saturating_mul(9)));
    }
    if bound.is_none() && space.localities.contains(&Locality::Connected) {
        // A chain of sites that closes around the lattice has as many bonds.
        let sites = if space.has_bonds() { 2 * space.degree as u128 } else { space.degree as u128 };
        bound = Some(sites.pow(2) * unit);
    }
    Ok(bound.map(|bound| u64::try_from(bound).unwrap_or(u64::MAX)))
}

/// The restriction on a lattice without distances: all sites are neighbours.
fn complete(space: &Space) -> Result<Option<Pairs>, CountError> {
    if space.lattice.shape == Shape::Graph {
        return Err(CountError::Unsupported("local monomials of a graph one by one; they are only counted".to_owned()));
    }
    let point = space.lattice.shape == Shape::Point;
    let alone = space.localities.iter().any(|locality| match *locality {
        Locality::Range { numerator, denominator } => numerator < denominator,
        Locality::GraphRadius(steps) | Locality::Shell(steps) => steps == 0,
        _ => false,
    });
    if point || space.extents[0] == 1 {
        return Ok(None);
    }
    let word = |locality: &Locality| match locality {
        Locality::Plaquette => Some("plaquette"),
        Locality::Window(_) => Some("window"),
        _ => None,
    };
    if let Some(word) = space.localities.iter().find_map(word) {
        return Err(CountError::Unsupported(format!("locality `{word}` on a complete lattice")));
    }
    if let (false, Some(_)) = (alone, space.few_sites()) {
        let mut pairs = Pairs {
            unwrapped: !space.periodic.contains(&true),
            allowed: Vec::new(),
            connected: false,
            bonded: vec![Vec::new()],
            families: Vec::new(),
        };
        let cells = pairs.cells(space, &[u64::MAX])?;
        pairs.allowed = vec![cells.iter().map(|&cell| Point { cell, at: 0 }).collect()];
        return Ok(Some(pairs));
    }
    let allowed = vec![FxHashSet::from_iter([Point::at_origin(0)])];
    let pairs = Pairs { unwrapped: true, allowed, connected: false, bonded: vec![Vec::new()], families: Vec::new() };
    Ok(alone.then_some(pairs))
}

/// The squared distance, in units of the geometry, up to which a locality
/// admits a pair; `None` where no distance decides.
fn threshold(space: &Space, locality: &Locality) -> Option<u64> {
    let unit = space.geometry.unit;
    match *locality {
        Locality::NearestNeighbor => Some(unit),
        Locality::Range { numerator, denominator } => {
            let squared = numerator as u128 * unit as u128 / (denominator as u128).max(1);
            Some(u64::try_from(squared).unwrap_or(u64::MAX).min(1 << 50))
        }
        Locality::Shell(0) => Some(0),
        Locality::Shell(shell) => {
            let bonds = space.lattice.shell(shell as usize);
            let bond = bonds.first()?;
            Some(space.lattice.squared_distance(bond.from, bond.to, &bond.offset))
        }
        _ => None,
    }
}

/// Whether a site lies within a squared distance of a site of the cell at the
/// origin, over periodic images where the lattice may be wrapped.
fn within(space: &Space, unwrapped: bool, from: u16, site: &Point, squared: u64) -> bool {
    if unwrapped || space.squared_distance(from, site.at, &site.cell) <= squared {
        return space.squared_distance(from, site.at, &site.cell) <= squared;
    }
    // Coordinates of a vector of this length, in cells.
    let bound = squared.isqrt() as i64 / space.geometry.scale + 1;
    let mut images = vec![site.cell.map(|c| c as i64)];
    for direction in space.periodic_directions() {
        let extent = space.extents[direction] as i64;
        let at = site.cell[direction] as i64;
        let turns = (-bound - at).div_euclid(extent)..=(bound - at).div_euclid(extent);
        images = images
            .into_iter()
            .flat_map(|image| {
                turns.clone().map(move |turn| {
                    let mut moved = image;
                    moved[direction] += turn * extent;
                    moved
                })
            })
            .collect();
    }
    let near = |image: &[i64; DIRECTIONS]| {
        let cell = image.map(|c| c.clamp(-(1 << 14), 1 << 14) as i16);
        space.squared_distance(from, site.at, &cell) <= squared
    };
    images.iter().any(near)
}

/// The sites that share a bond with each site of a cell, on the infinite
/// lattice.
fn bonded(space: &Space) -> Vec<Vec<Point>> {
    let mut bonded = vec![Vec::new(); space.sites];
    for bond in space.lattice.bonds() {
        let mut offset = [0i16; DIRECTIONS];
        offset.iter_mut().zip(&bond.offset).for_each(|(c, &o)| *c = o as i16);
        bonded[bond.from].push(Point { cell: offset, at: bond.to as u16 });
        bonded[bond.to].push(Point { cell: offset.map(|c| -c), at: bond.from as u16 });
    }
    bonded
}

/// The cells of a window and the sites in them.
fn window(space: &Space, cells: u32) -> Result<Sites, CountError> {
    let mut sites = vec![Vec::new()];
    for direction in 0..space.dimension() {
        let most = (cells as u64).min(space.extents[direction]);
        let needed = UBig::from(sites.len() * space.sites) * UBig::from(most);
        if needed > UBig::from(LARGEST_NEIGHBOURHOOD) {
            return Err(CountError::TooMany { what: "sites of a window", needed, limit: LARGEST_NEIGHBOURHOOD });
        }
        sites = sites
            .iter()
            .flat_map(|cell: &Vec<i16>| (0..most as i16).map(move |c| cell.iter().copied().chain([c]).collect()))
            .collect();
    }
    let cell = |entries: &Vec<i16>| {
        let mut cell = [0; DIRECTIONS];
        cell[..entries.len()].copy_from_slice(entries);
        cell
    };
    Ok(sites
        .iter()
        .flat_map(|entries| (0..space.sites as u16).map(move |at| Point { cell: cell(entries), at }))
        .collect())
}

/// The largest squared distance within sets of sites.
fn farthest(space: &Space, sets: &[Sites]) -> u128 {
    // The sites of a box are farthest apart at its corners.
    let corner = |site: &&Point, set: &Sites| {
        (0..space.dimension()).all(|d| {
            let extreme = |most: bool| {
                let all = set.iter().map(|other| other.cell[d]);
                if most { all.max() } else { all.min() }
            };
            Some(site.cell[d]) == extreme(true) || Some(site.cell[d]) == extreme(false)
        })
    };
    let mut farthest = 0;
    for set in sets {
        let corners: Vec<&Point> =
            if set.len() > 64 { set.iter().filter(|s| corner(s, set)).collect() } else { set.iter().collect() };
        for a in &corners {
            for b in &corners {
                let cell = space.difference(&b.cell, &a.cell);
                farthest = farthest.max(space.squared_distance(a.at, b.at, &cell) as u128);
            }
        }
    }
    farthest
}

/// The elementary plaquettes of a lattice ([`Lattice::faces`]), one for each
/// class of translates.
fn plaquettes(lattice: &Lattice) -> Vec<Sites> {
    let corner = |(steps, at): (Vec<i64>, usize)| {
        let mut corner = Point::at_origin(at);
        corner.cell.iter_mut().zip(steps).for_each(|(to, step)| *to = step as i16);
        corner
    };
    lattice.faces().into_iter().map(|corners| corners.into_iter().map(corner).collect()).collect()
}
