//! Sums and products over sites and bonds, and lattice derivatives.

use super::evaluate::{Evaluator, Outcome, Scope, Stop, Thing};
use super::limits::{self, MAX_TERMS};
use super::value::Value;
use crate::diagnostics::{Diagnostic, Span};
use crate::exact::Rational;
use crate::model::{Bond, Boundary, Lattice, Shape};
use crate::syntax::ast::{Expression, Name, Range, Reduction};

/// A site: coordinates in the whole lattice, but relative to the cell at hand
/// in the directions along which the frame is translated.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Site {
    pub(super) place: Vec<i64>,
    /// Whether it comes from a loop over sites: then it wraps around periodic
    /// directions, and beyond an open end its summand is absent. A site given
    /// by its number has to exist.
    pub(super) relative: bool,
}

impl<'a> Evaluator<'a> {
    pub(super) fn too_small(&mut self, direction: usize, why: &str, span: Span) -> Stop {
        let lattice = &self.model.lattice;
        let letter = Lattice::direction_name(direction);
        let error = Diagnostic::error("E0214", span, format!("the lattice {lattice} is too small: {why}"))
            .label(format!("direction {letter} has {}", limits::counted(lattice.extents[direction] as usize, "site")))
            .hint(format!("make the lattice larger in direction {letter}, or open it there"));
        self.error(error)
    }

    /// The sites of one cell, in the coordinates of [`Site`].
    fn cell_sites(&self) -> impl Iterator<Item = Site> + use<> {
        let lattice = self.model.lattice.clone();
        let inner = self.model.frame.inner.clone();
        let count: u64 = inner.iter().map(|&d| lattice.extents[d]).product();
        (0..count).map(move |mut index| {
            let mut place = vec![0i64; lattice.dimension()];
            for &direction in inner.iter().rev() {
                place[direction] = (index % lattice.extents[direction]) as i64;
                index /= lattice.extents[direction];
            }
            Site { place, relative: true }
        })
    }

    fn site_count(&self) -> u128 {
        self.model.frame.inner.iter().map(|&d| self.model.lattice.extents[d] as u128).product()
    }

    /// The site at the other end of a bond; `None` beyond an open end.
    fn along(&self, site: &Site, bond: &Bond) -> Option<Site> {
        let mut place = site.place.clone();
        for (direction, step) in bond.offset.iter().enumerate() {
            place[direction] += step;
            let open = self.model.lattice.boundaries[direction] == Boundary::Open;
            if open && !(0..self.model.lattice.extents[direction] as i64).contains(&place[direction]) {
                return None;
            }
        }
        Some(Site { place, relative: true })
    }

    /// The bonds of a kind, refused where the lattice is too small for them.
    fn bonds(&mut self, second: bool, span: Span) -> Outcome<Vec<Bond>> {
        let lattice = &self.model.lattice;
        let bonds = if second { lattice.second_bonds() } else { lattice.bonds() };
        for bond in &bonds {
            let lattice = &self.model.lattice;
            let origin = (vec![0; lattice.dimension()], 0);
            let wrapped = lattice.squared_distance_between(&origin, &(bond.offset.clone(), 0));
            if wrapped != lattice.squared_distance(0, 0, &bond.offset) {
                let direction = (0..lattice.dimension())
                    .find(|&d| bond.offset[d] != 0 && 2 * bond.offset[d].unsigned_abs() > lattice.extents[d])
                    .unwrap_or(0);
                let why = match (second, wrapped) {
                    (false, _) => "a site would be its own neighbour",
                    (true, _) => "its second neighbours coincide with nearer sites",
                };
                return Err(self.too_small(direction, why, span));
            }
        }
        Ok(bonds)
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
        let names: &[&Name] = match range {
            Range::Sites(name) => &[name],
            Range::Neighbors(first, second) | Range::SecondNeighbors(first, second) => &[first, second],
            Range::Integers { .. } => &[],
        };
        for name in names {
            self.warn_of_hiding(name);
        }
        self.enter(kind, span)?;
        self.inside += 1;
        let result = self.over_sites_inside(kind, range, body, span, scope);
        self.inside -= 1;
        let mut value = result?;
        value.extensive = !self.model.frame.directions.is_empty();
        Ok(value)
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
        body: &'a Expression,
        span: Span,
        scope: &Scope<'_>,
    ) -> Outcome<Value> {
        let mut parts: Vec<(Rational, Value)> = Vec::new();
        let sites = self.site_count();
        match range {
            Range::Sites(name) => {
                self.check_count(sites, span)?;
                for site in self.cell_sites() {
                    let thing = Thing::Site(site);
                    let bound = Scope::one(name, &thing, scope);
                    self.instance(kind, body, &bound, sites, &mut parts, span)?;
                }
            }
            Range::Neighbors(first, second) | Range::SecondNeighbors(first, second) => {
                let is_second = matches!(range, Range::SecondNeighbors(..));
                if self.model.lattice.shape == Shape::Complete {
                    if is_second {
                        return Err(self.error(
                            Diagnostic::error("E0203", span, "a complete lattice has no second neighbours")
                                .label("every pair of sites is a bond")
                                .hint("write sum<i,j>( ... )"),
                        ));
                    }
                    let pairs = sites * sites.saturating_sub(1) / 2;
                    self.check_count(pairs, span)?;
                    for i in 0..sites as i64 {
                        let a = Thing::Site(Site { place: vec![i], relative: true });
                        let outer = Scope::one(first, &a, scope);
                        for j in i + 1..sites as i64 {
                            let b = Thing::Site(Site { place: vec![j], relative: true });
                            let bound = Scope::one(second, &b, &outer);
                            self.instance(kind, body, &bound, pairs, &mut parts, span)?;
                        }
                    }
                } else {
                    let bonds = self.bonds(is_second, span)?;
                    let count = sites * bonds.len() as u128;
                    self.check_count(count, span)?;
                    for site in self.cell_sites() {
                        for bond in &bonds {
                            let Some(other) = self.along(&site, bond) else { continue };
                            let (a, b) = (Thing::Site(site.clone()), Thing::Site(other));
                            let outer = Scope::one(first, &a, scope);
                            let bound = Scope::one(second, &b, &outer);
                            self.instance(kind, body, &bound, count, &mut parts, span)?;
                        }
                    }
                }
            }
            Range::Integers { .. } => {}
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
        let components = self.model.fields[field].components;
        self.check_count(self.site_count() * components as u128, span)?;
        self.inside += 1;
        let mut parts = Vec::new();
        for site in self.cell_sites() {
            match self.field_at(field, &site, span) {
                Ok(Thing::Value(value)) => parts.push(value),
                Ok(Thing::Vector(values)) => parts.extend(values),
                Ok(_) => {}
                Err(stop) => {
                    self.inside -= 1;
                    return Err(stop);
                }
            }
        }
        self.inside -= 1;
        let mut value = match kind {
            Reduction::Sum => self.add(parts.into_iter().map(|part| (Rational::ONE, part)).collect(), span)?,
            Reduction::Product => self.multiply(parts.into_iter().map(|part| (part, span)).collect(), span)?,
        };
        value.extensive = !self.model.frame.directions.is_empty();
        Ok(value)
    }

    /// `grad2(phi, i)`: the sum over directions of (phi\[i+e\] - phi\[i\])^2;
    /// `lap(phi, i)`: the sum over neighbours of phi\[j\] - phi\[i\]. A
    /// neighbour beyond an open end is left out of both.
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
        let bonds = self.bonds(false, span)?;
        let here = self.components(field, &site, span)?;
        let mut ends = Vec::new();
        for bond in &bonds {
            ends.extend(self.along(&site, bond));
            if name == "lap" {
                let back = Bond { offset: bond.offset.iter().map(|step| -step).collect(), ..bond.clone() };
                ends.extend(self.along(&site, &back));
            }
        }
        let mut differences = Vec::new();
        for end in &ends {
            let end = Site { relative: site.relative, ..end.clone() };
            let mut difference = Vec::new();
            for (there, here) in self.components(field, &end, span)?.into_iter().zip(&here) {
                let parts = vec![(Rational::ONE, there), (Rational::MINUS_ONE, here.clone())];
                difference.push(self.add(parts, span)?);
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
        Ok(if self.model.fields[field].indexed { Thing::Vector(sums) } else { Thing::Value(sums.swap_remove(0)) })
    }

    fn components(&mut self, field: usize, site: &Site, span: Span) -> Outcome<Vec<Value>> {
        match self.field_at(field, site, span)? {
            Thing::Value(value) => Ok(vec![value]),
            Thing::Vector(values) => Ok(values),
            Thing::Site(_) | Thing::Field(_) => Err(Stop::Reported),
        }
    }
}
