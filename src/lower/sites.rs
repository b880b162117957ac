//! Sums and products over sites and bonds, and lattice derivatives.

use super::evaluate::{Evaluator, Outcome, Scope, Stop, Thing};
use super::indices::Point;
use super::limits::{self, MAX_TERMS};
use super::markers::Marker;
use super::value::Value;
use crate::diagnostics::{Diagnostic, Span};
use crate::exact::Rational;
use crate::model::{Bond, Boundary, Graph, Lattice, Place, Shape, Shift};
use crate::syntax::ast::{Expression, Name, Range, Reduction};

/// A site: coordinates in the whole lattice, but relative to the cell at hand
/// in the directions along which the frame is translated.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Site {
    pub(super) place: Vec<i64>,
    /// The site within its cell.
    pub(super) basis: usize,
    /// Whether it comes from a loop over sites: then it wraps around periodic
    /// directions, and beyond an open end its summand is absent. A site given
    /// by its number has to exist.
    pub(super) relative: bool,
}

/// Sites that belong together, as displacements of cells and basis sites.
type Pattern = Vec<(Vec<i64>, usize)>;

impl<'a> Evaluator<'a> {
    pub(super) fn too_small(&mut self, direction: usize, why: &str, span: Span) -> Stop {
        let lattice = &self.model.lattice;
        let letter = Lattice::direction_name(direction);
        let error = Diagnostic::error("E0214", span, format!("the lattice {lattice} is too small: {why}"))
            .label(format!("direction {letter} has {}", limits::counted(lattice.extents[direction] as usize, "site")))
            .hint(format!("make the lattice larger in direction {letter}, or open it there"));
        self.error(error)
    }

    /// The cells of the lattice in a unit cell, in the coordinates of [`Site`].
    fn cells(&self) -> impl Iterator<Item = Vec<i64>> + use<> {
        let lattice = self.model.lattice.clone();
        let inner = self.model.frame.inner.clone();
        let count: u64 = inner.iter().map(|&d| lattice.extents[d]).product();
        (0..count).map(move |mut index| {
            let mut place = vec![0i64; lattice.dimension()];
            for &direction in inner.iter().rev() {
                place[direction] = (index % lattice.extents[direction]) as i64;
                index /= lattice.extents[direction];
            }
            place
        })
    }

    fn cell_count(&self) -> u128 {
        self.model.frame.inner.iter().map(|&d| self.model.lattice.extents[d] as u128).product()
    }

    /// The site displaced from a cell; `None` beyond an open end. Along the
    /// directions of the frame it depends on the cell whether it is, and the
    /// site is given.
    fn displaced(&self, cell: &[i64], offset: &[i64], basis: usize) -> Option<Site> {
        let lattice = &self.model.lattice;
        let place: Vec<i64> = cell.iter().zip(offset).map(|(c, step)| c + step).collect();
        let outside = self.model.frame.inner.iter().any(|&direction| {
            lattice.boundaries[direction] == Boundary::Open
                && !(0..lattice.extents[direction] as i64).contains(&place[direction])
        });
        (!outside).then_some(Site { place, basis, relative: true })
    }

    /// The pairs of the k-th nearest neighbours of one cell, refused where the
    /// lattice is too small for them.
    fn bonds(&mut self, shell: usize, span: Span) -> Outcome<Vec<Bond>> {
        let lattice = &self.model.lattice;
        let bonds = match shell {
            1 => lattice.bonds(),
            2 => lattice.second_bonds(),
            k => lattice.shell(k),
        };
        for bond in &bonds {
            let lattice = &self.model.lattice;
            let origin = (vec![0; lattice.dimension()], bond.from);
            let wrapped = lattice.squared_distance_between(&origin, &(bond.offset.clone(), bond.to));
            if wrapped != lattice.squared_distance(bond.from, bond.to, &bond.offset) {
                let direction = self.tightest(&bond.offset);
                let why = match shell {
                    1 => "a site would be its own neighbour",
                    2 => "its second neighbours coincide with nearer sites",
                    _ => "its third neighbours coincide with nearer sites",
                };
                return Err(self.too_small(direction, why, span));
            }
        }
        Ok(bonds)
    }

    /// The direction in which a displacement goes around the lattice.
    fn tightest(&self, offset: &[i64]) -> usize {
        let extents = &self.model.lattice.extents;
        (0..offset.len()).find(|&d| offset[d] != 0 && 2 * offset[d].unsigned_abs() > extents[d]).unwrap_or(0)
    }

    /// The plaquettes of one cell, refused where the lattice is too small for
    /// them.
    fn plaquettes(&mut self, names: &[Name], span: Span) -> Outcome<Vec<Pattern>> {
        let lattice = &self.model.lattice;
        let mut plaquettes = lattice.plaquettes();
        let mut lengths: Vec<usize> = plaquettes.iter().map(Vec::len).collect();
        lengths.dedup();
        let Some(&length) = lengths.first() else {
            let error = Diagnostic::error("E0203", span, format!("the lattice {lattice} has no plaquettes"))
                .label("no closed loops of bonds");
            return Err(self.error(error.hint("loop over bonds, sum<i,j>( ... )")));
        };
        // Where there are plaquettes of several sizes the names tell which.
        if !lengths.contains(&names.len()) {
            let numbers: Vec<String> = lengths.iter().map(usize::to_string).collect();
            let error = Diagnostic::error(
                "E0203",
                span,
                format!("a plaquette of this lattice has {} sites", numbers.join(" or ")),
            )
            .label(format!("{} given", limits::counted(names.len(), "name")));
            let letters: Vec<&str> = ["i", "j", "k", "l", "m", "n"].into_iter().take(length).collect();
            return Err(self.error(error.hint(format!("write sum plaquette({})( ... )", letters.join(",")))));
        }
        plaquettes.retain(|plaquette| plaquette.len() == names.len());
        for plaquette in &plaquettes {
            for (at, (cell, basis)) in plaquette.iter().enumerate() {
                for (other, known) in &plaquette[..at] {
                    let offset: Vec<i64> = cell.iter().zip(other).map(|(c, o)| c - o).collect();
                    let lattice = &self.model.lattice;
                    let wraps = |d: usize| {
                        offset[d] == 0
                            || (lattice.boundaries[d].is_joined() && offset[d] % lattice.extents[d] as i64 == 0)
                    };
                    if basis == known && (0..offset.len()).all(wraps) {
                        let direction = self.tightest(&offset);
                        return Err(self.too_small(direction, "two corners of a plaquette would be one site", span));
                    }
                }
            }
        }
        Ok(plaquettes)
    }

    /// What a loop over sites runs over: the sites that its names stand for,
    /// as displacements from each cell.
    fn patterns(&mut self, range: &Range, span: Span) -> Outcome<Vec<Pattern>> {
        let origin = vec![0; self.model.lattice.dimension()];
        let shell = match range {
            Range::Sites(_) => {
                return Ok((0..self.model.lattice.basis()).map(|basis| vec![(origin.clone(), basis)]).collect());
            }
            Range::Sublattice { sublattice, .. } => {
                let basis = self.sublattice_named(&sublattice.node, sublattice.span)?;
                return Ok(vec![vec![(origin, basis)]]);
            }
            Range::Plaquettes(names) => return self.plaquettes(names, span),
            Range::Integers { .. } => return Ok(Vec::new()),
            Range::Neighbors(..) => 1,
            Range::SecondNeighbors(..) => 2,
            Range::ThirdNeighbors(..) => 3,
        };
        let bonds = self.bonds(shell, span)?;
        Ok(bonds.into_iter().map(|bond| vec![(origin.clone(), bond.from), (bond.offset, bond.to)]).collect())
    }

    /// A sum or product over sites or bonds.
    pub(super) fn over_sites(
        &mut self,
        kind: Reduction,
        range: &'a Range,
        body: &'a Expression,
        span: Span,
        scope: &Scope<'_>,
    ) -> Outcome<Value> {
        if self.model.lattice.is_point() {
            let error = Diagnostic::error("E0203", span, "there is no lattice, so there are no sites to run over")
                .label("runs over sites");
            return Err(self.error(error.hint(
                "declare one, such as `lattice ring(8)`, or loop over components: sum(a in 0..2)( ... ), sum(x)",
            )));
        }
        let names: Vec<Name> = match range {
            Range::Sites(name) | Range::Sublattice { site: name, .. } => vec![name.clone()],
            Range::Neighbors(first, second)
            | Range::SecondNeighbors(first, second)
            | Range::ThirdNeighbors(first, second) => vec![first.clone(), second.clone()],
            Range::Plaquettes(names) => names.clone(),
            Range::Integers { .. } => Vec::new(),
        };
        for name in &names {
            self.warn_of_hiding(name);
        }
        self.enter(kind, span)?;
        self.inside += 1;
        let result = self.over_sites_inside(kind, range, &names, body, span, scope);
        self.inside -= 1;
        Ok(self.over_cells(result?))
    }

    /// Stops where one cell cannot say what is meant.
    fn enter(&mut self, kind: Reduction, span: Span) -> Outcome<()> {
        if self.model.frame.directions.is_empty() {
            return Ok(());
        }
        if kind == Reduction::Product {
            return Err(Stop::Explicit(span, "a product over sites".to_owned()));
        }
        if self.inside > 0 {
            return Err(Stop::Explicit(span, "a sum over sites inside a sum over sites".to_owned()));
        }
        Ok(())
    }

    fn over_sites_inside(
        &mut self,
        kind: Reduction,
        range: &'a Range,
        names: &[Name],
        body: &'a Expression,
        span: Span,
        scope: &Scope<'_>,
    ) -> Outcome<Value> {
        let mut parts: Vec<(Rational, Value)> = Vec::new();
        let cells = self.cell_count();
        let by_pairs = !matches!(range, Range::Sites(_) | Range::Sublattice { .. });
        if let Some(graph) = self.model.lattice.graph.clone() {
            return self.over_graph(kind, range, names, body, span, scope, &graph);
        }
        if self.model.lattice.shape == Shape::Complete && by_pairs {
            if !matches!(range, Range::Neighbors(..)) {
                return Err(self.error(
                    Diagnostic::error("E0203", span, "a complete lattice has no farther neighbours and no plaquettes")
                        .label("every pair of sites is a bond")
                        .hint("write sum<i,j>( ... )"),
                ));
            }
            let pairs = cells * cells.saturating_sub(1) / 2;
            self.check_count(pairs, span)?;
            for i in 0..cells as i64 {
                for j in i + 1..cells as i64 {
                    let things = [i, j].map(|at| Thing::Site(Site { place: vec![at], basis: 0, relative: true }));
                    let bound = Scope::Bound { names, things: &things, outer: scope };
                    self.instance(kind, body, &bound, pairs, &mut parts, span)?;
                }
            }
        } else {
            let patterns = self.patterns(range, span)?;
            let count = cells * patterns.len() as u128;
            self.check_count(count, span)?;
            for cell in self.cells() {
                for pattern in &patterns {
                    let sites = pattern.iter().map(|(offset, basis)| self.displaced(&cell, offset, *basis));
                    let Some(sites) = sites.collect::<Option<Vec<Site>>>() else { continue };
                    let met = self.met;
                    sites.iter().for_each(|site| self.meet(&site.place));
                    let things: Vec<Thing> = sites.into_iter().map(Thing::Site).collect();
                    let bound = Scope::Bound { names, things: &things, outer: scope };
                    let result = self.instance(kind, body, &bound, count, &mut parts, span);
                    self.met = met;
                    result?;
                }
            }
        }
        match kind {
            Reduction::Sum => self.add(parts, span),
            Reduction::Product => self.multiply(parts.into_iter().map(|(_, part)| (part, span)).collect(), span),
        }
    }

    /// A sum or product over the sites or the edges of a graph: of one cell,
    /// which holds a site and an edge, where sites are not told apart.
    #[allow(clippy::too_many_arguments)]
    fn over_graph(
        &mut self,
        kind: Reduction,
        range: &'a Range,
        names: &[Name],
        body: &'a Expression,
        span: Span,
        scope: &Scope<'_>,
        graph: &Graph,
    ) -> Outcome<Value> {
        let site = |place: i64, basis: usize| Thing::Site(Site { place: vec![place], basis, relative: true });
        let together = !self.model.frame.directions.is_empty();
        let (part, count) = match range {
            Range::Sites(_) => (0, graph.sites()),
            Range::Neighbors(..) => (1, graph.edges().len()),
            _ => {
                return Err(self.error(
                    Diagnostic::error("E0203", span, "a graph has no farther neighbours, plaquettes or sublattices")
                        .label("not on a graph")
                        .hint("write sum(i)( ... ) over its sites, sum<i,j>( ... ) over its edges"),
                ));
            }
        };
        let mut parts = Vec::new();
        if together {
            let things = if part == 0 { vec![site(0, 0)] } else { vec![site(0, 1), site(0, 2)] };
            let bound = Scope::Bound { names, things: &things, outer: scope };
            let value = self.value(body, &bound)?;
            let guard = self.guard(&[Marker::Part(part).variable(Shift::ZERO)]);
            return self.multiply(vec![(guard, span), (value, span)], span);
        }
        self.check_count(count as u128, span)?;
        for at in 0..count {
            let things = match part {
                0 => vec![site(at as i64, 0)],
                _ => graph.edges()[at].iter().map(|&end| site(i64::from(end), 0)).collect(),
            };
            let bound = Scope::Bound { names, things: &things, outer: scope };
            self.instance(kind, body, &bound, count as u128, &mut parts, span)?;
        }
        match kind {
            Reduction::Sum => self.add(parts, span),
            Reduction::Product => self.multiply(parts.into_iter().map(|(_, part)| (part, span)).collect(), span),
        }
    }

    /// One summand or factor; the size of all is foreseen from the first.
    fn instance(
        &mut self,
        kind: Reduction,
        body: &'a Expression,
        bound: &Scope<'_>,
        count: u128,
        parts: &mut Vec<(Rational, Value)>,
        span: Span,
    ) -> Outcome<()> {
        let first = parts.is_empty();
        let opens = self.model.lattice.boundaries.contains(&Boundary::Open);
        if kind == Reduction::Sum && opens {
            self.summands(body, bound, &Rational::ONE, parts)?;
        } else {
            match self.value(body, bound) {
                Ok(value) => parts.push((Rational::ONE, value)),
                Err(Stop::Outside) => {}
                Err(stop) => return Err(stop),
            }
        }
        if first && kind == Reduction::Sum {
            let terms: u128 = parts.iter().map(|(_, part)| part.polynomial.len() as u128).sum();
            if terms > 1 {
                self.check_count(terms * count, span)?;
            }
        }
        Ok(())
    }

    /// Refuses to write out more than the limit.
    fn check_count(&mut self, count: u128, span: Span) -> Outcome<()> {
        if count <= MAX_TERMS as u128 {
            return Ok(());
        }
        let error = Diagnostic::error(
            "E0406",
            span,
            format!("this has to be written out term by term: {count} terms, and at most {MAX_TERMS} are kept"),
        )
        .label("too many terms");
        Err(self.error(error.hint(if self.model.lattice.shape == Shape::Complete {
            "use fewer sites: on a complete lattice every pair is a term".to_owned()
        } else if self.model.lattice.boundaries.contains(&Boundary::Open) {
            "open directions are written out; make them periodic or shorter".to_owned()
        } else {
            "only sums over sites of terms relative to the site stay a unit cell".to_owned()
        })))
    }

    /// `sum(phi)` and `product(phi)` of a field on the lattice.
    pub(super) fn over_field(&mut self, kind: Reduction, field: usize, span: Span) -> Outcome<Value> {
        self.enter(kind, span)?;
        let declared = &self.model.fields[field];
        let points = declared.points(&self.model.lattice);
        let on_graph = self.model.lattice.graph.is_some() && !self.model.frame.directions.is_empty();
        self.check_count(self.cell_count() * points as u128 * declared.components as u128, span)?;
        self.inside += 1;
        let mut parts = Vec::new();
        for cell in self.cells() {
            for point in 0..points {
                let point = Point { cell: cell.clone(), point, relative: true, reversed: false };
                match self.field_on(field, &point, span) {
                    Ok(Thing::Value(value)) => parts.push(value),
                    Ok(Thing::Vector(values)) => parts.extend(values),
                    Ok(_) => {}
                    Err(stop) => {
                        self.inside -= 1;
                        return Err(stop);
                    }
                }
            }
        }
        self.inside -= 1;
        let value = match kind {
            Reduction::Sum => self.add(parts.into_iter().map(|part| (Rational::ONE, part)).collect(), span)?,
            Reduction::Product => self.multiply(parts.into_iter().map(|part| (part, span)).collect(), span)?,
        };
        let value = match on_graph {
            true => {
                let guard = self.guard(&[Marker::Part(0).variable(Shift::ZERO)]);
                self.multiply(vec![(guard, span), (value, span)], span)?
            }
            false => value,
        };
        Ok(self.over_cells(value))
    }

    /// A value of one cell, meant as the sum over all.
    fn over_cells(&self, mut value: Value) -> Value {
        value.extensive = !self.model.frame.directions.is_empty();
        if let Some(imaginary) = &mut value.imaginary {
            imaginary.extensive = value.extensive;
        }
        value
    }

    /// `grad2(phi, i)`: the sum of (phi\[j\] - phi\[i\])^2 over the bonds
    /// from i, those along each direction, so that a sum over all sites has
    /// each bond once, and the square is that of the absolute value where phi
    /// is complex; `lap(phi, i)`: the sum over all neighbours of
    /// phi\[j\] - phi\[i\]. A neighbour beyond an open end is left out of
    /// both.
    pub(super) fn derivative(
        &mut self,
        function: &'a Name,
        field: &'a Expression,
        site: &'a Expression,
        span: Span,
        scope: &Scope<'_>,
    ) -> Outcome<Thing> {
        let name = function.node.as_str();
        if matches!(self.model.lattice.shape, Shape::Point | Shape::Complete) {
            return Err(self.error(
                Diagnostic::error("E0203", span, format!("`{name}` needs a lattice with directions"))
                    .label("no directions")
                    .hint("declare one, such as `lattice square(8, 8)`"),
            ));
        }
        let Thing::Field(field) = self.evaluate(field, scope)? else {
            return Err(self.error(
                Diagnostic::error("E0213", field.span, format!("`{name}` takes a field and a site"))
                    .label("not a field")
                    .hint(format!("write {name}(phi, i), the field without an index")),
            ));
        };
        let site = self.site(site, scope)?;
        let graph = self.model.lattice.graph.clone();
        if graph.is_some() && !self.model.frame.directions.is_empty() {
            return Err(Stop::Explicit(span, format!("`{name}`, a sum over the neighbours of a site of a graph,")));
        }
        if self.model.fields[field].place == Place::Bonds {
            let error = Diagnostic::error("E0203", span, format!("`{name}` is of fields on sites"))
                .label(format!("`{}` has its values on bonds", self.model.fields[field].name));
            return Err(self.error(error.hint("write the sum over neighbouring bonds out")));
        }
        self.used_fields.insert(field);
        let bonds = self.bonds(1, span)?;
        let here = self.components(field, &site, span)?;
        let mut ends = Vec::new();
        for bond in &bonds {
            if bond.from == site.basis {
                ends.extend(self.displaced(&site.place, &bond.offset, bond.to));
            }
            if name == "lap" && bond.to == site.basis {
                let back: Vec<i64> = bond.offset.iter().map(|step| -step).collect();
                ends.extend(self.displaced(&site.place, &back, bond.from));
            }
        }
        if let Some(graph) = graph {
            let at = usize::try_from(site.place[0]).unwrap_or(usize::MAX);
            let end = |other: u32| Site { place: vec![i64::from(other)], basis: 0, relative: true };
            let starts = |edge: u32| graph.edges()[edge as usize][0] as usize == at;
            let around = graph.neighbours(at).iter().filter(|&&(_, edge)| name == "lap" || starts(edge));
            ends.extend(around.map(|&(other, _)| end(other)));
        }
        let mut differences = Vec::new();
        for end in &ends {
            let end = Site { relative: site.relative, ..end.clone() };
            let mut difference = Vec::new();
            // A neighbour beyond an open end leaves the rest in place.
            let met = std::mem::replace(&mut self.met, (Shift::ZERO, Shift::ZERO));
            let there = self.components(field, &end, span);
            let beyond = std::mem::replace(&mut self.met, met);
            for (there, here) in there?.into_iter().zip(&here) {
                let parts = vec![(Rational::ONE, there), (Rational::MINUS_ONE, here.clone())];
                let step = self.add(parts, span)?;
                difference.push(self.guarded(step, beyond, span)?);
            }
            differences.push(difference);
        }
        if name == "grad2" {
            let mut squares = Vec::new();
            for difference in differences.into_iter().flatten() {
                squares.push((Rational::ONE, self.raise(difference, 2, span)?));
            }
            return self.add(squares, span).map(Thing::Value);
        }
        let mut sums: Vec<Value> = Vec::new();
        for component in 0..here.len() {
            let parts = differences.iter().map(|difference| (Rational::ONE, difference[component].clone())).collect();
            sums.push(self.add(parts, span)?);
        }
        Ok(self.assembled(field, sums))
    }

    fn components(&mut self, field: usize, site: &Site, span: Span) -> Outcome<Vec<Value>> {
        let point = Point::of(site);
        (0..self.model.fields[field].components)
            .map(|component| self.component_on(field, component, &point, span))
            .collect()
    }
}
