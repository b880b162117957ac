//! Indices: the value of a field at a site or bond.

use super::constant::checked;
use super::evaluate::{Evaluator, Outcome, Scope, Stop, Thing};
use super::limits::{self, MAX_OFFSET};
use super::markers::Marker;
use super::names::Param;
use super::sites::Site;
use super::value::Value;
use crate::diagnostics::{Diagnostic, Span};
use crate::exact::Rational;
use crate::model::{Boundary, Corner, Place, Shape, Shift, Slot};
use crate::syntax::ast::{Expression, ExpressionKind, Name};

/// A point that a field has a value on: a site, or a bond.
#[derive(Clone, Debug)]
pub(super) struct Point {
    /// The coordinates of its cell, as in [`Site`].
    pub(super) cell: Vec<i64>,
    /// The number of the site or bond in its cell.
    pub(super) point: usize,
    /// As in [`Site`].
    pub(super) relative: bool,
    /// Whether a bond is meant from its second end to its first.
    pub(super) reversed: bool,
}

impl Point {
    /// The point of a site.
    pub(super) fn of(site: &Site) -> Point {
        Point { cell: site.place.clone(), point: site.basis, relative: site.relative, reversed: false }
    }

    /// The only one without a lattice.
    fn lone() -> Point {
        Point { cell: Vec::new(), point: 0, relative: true, reversed: false }
    }
}

impl<'a> Evaluator<'a> {
    /// A field that is named without an index.
    pub(super) fn whole_field(&mut self, field: usize) -> Outcome<Thing> {
        if !self.model.lattice.is_point() {
            return Ok(Thing::Field(field));
        }
        self.field_on(field, &Point::lone(), Span::default())
    }

    /// The value or vector of a field at a point.
    pub(super) fn field_on(&mut self, field: usize, point: &Point, span: Span) -> Outcome<Thing> {
        if self.declarations.failed_fields.contains(&field) {
            return Err(Stop::Reported);
        }
        self.used_fields.insert(field);
        let mut parts = Vec::new();
        for component in 0..self.model.fields[field].components {
            parts.push(self.component_on(field, component, point, span)?);
        }
        let charge = self.meter.nodes(parts.len() as u64 - 1, span);
        self.report(charge)?;
        Ok(self.assembled(field, parts))
    }

    /// The components of a field as the value, complex number or vector that
    /// they are.
    pub(super) fn assembled(&self, field: usize, mut parts: Vec<Value>) -> Thing {
        let field = &self.model.fields[field];
        if field.structure.is_complex() && parts.len() == 2 {
            let imaginary = parts.swap_remove(1);
            return Thing::Value(Value::complex(parts.swap_remove(0), imaginary));
        }
        if field.indexed { Thing::Vector(parts) } else { Thing::Value(parts.swap_remove(0)) }
    }

    /// A component of a field at a point. Against its direction a complex
    /// number on a bond is the conjugate.
    pub(super) fn component_on(&mut self, field: usize, component: u32, point: &Point, span: Span) -> Outcome<Value> {
        let lattice = &self.model.lattice;
        if lattice.is_point() {
            let slot = Slot { field: field as u32, site: 0, component };
            return Ok(Value::variable(self.model.frame.variable(&self.model.fields, slot)));
        }
        let (place, mut negative) = self.placed(point, span)?;
        self.meet_corners(self.model.fields[field].place, point, span)?;
        let Some(variable) = self.model.variable_at(field, component, &place, point.point) else {
            return Err(Stop::Outside);
        };
        let value = Value::variable(variable);
        negative ^= point.reversed && component == 1 && self.model.fields[field].structure.is_complex();
        Ok(if negative { value.scaled(&Rational::MINUS_ONE) } else { value })
    }

    /// The coordinates of a point's cell, those along the directions of the
    /// frame next to zero; and whether values change their sign on the way to
    /// it. Beyond an open end there is none.
    fn placed(&mut self, point: &Point, span: Span) -> Outcome<(Vec<i64>, bool)> {
        let lattice = &self.model.lattice;
        let mut place = point.cell.clone();
        let mut negative = false;
        for (direction, coordinate) in place.iter_mut().enumerate() {
            let extent = lattice.extents[direction] as i64;
            if self.model.frame.inner.contains(&direction) {
                match lattice.boundaries[direction] {
                    Boundary::Open if !(0..extent).contains(coordinate) => return Err(Stop::Outside),
                    Boundary::Twisted => negative ^= coordinate.div_euclid(extent) % 2 != 0,
                    Boundary::Open | Boundary::Periodic => {}
                }
                continue;
            }
            if !point.relative {
                return Err(Stop::Explicit(span, "a site given by its number".to_owned()));
            }
            if lattice.boundaries[direction] == Boundary::Periodic {
                let least = coordinate.rem_euclid(extent);
                *coordinate = if least > extent / 2 { least - extent } else { least };
            }
            if coordinate.abs() > MAX_OFFSET {
                let error = Diagnostic::error("E0408", span, format!("an offset of {coordinate} sites"))
                    .label("too far away")
                    .hint(format!("offsets go up to {MAX_OFFSET} sites"));
                return Err(self.error(error));
            }
        }
        self.meet(&place);
        Ok((place, negative))
    }

    /// Looks at all sites of a bond or plaquette: one of which some site is
    /// beyond an open end is not there.
    fn meet_corners(&mut self, place: Place, point: &Point, span: Span) -> Outcome<()> {
        if place == Place::Sites || !self.model.lattice.boundaries.contains(&Boundary::Open) {
            return Ok(());
        }
        for (offset, _) in self.model.lattice.figures(place).swap_remove(point.point).into_iter().skip(1) {
            let cell = point.cell.iter().zip(&offset).map(|(cell, step)| cell + step).collect();
            self.placed(&Point { cell, ..point.clone() }, span)?;
        }
        Ok(())
    }

    /// A coupling from a file at a point: a number where every site is in one
    /// cell, a stand-in for the number of each cell otherwise.
    fn coupling_on(&mut self, array: usize, point: &Point, span: Span) -> Outcome<Value> {
        let graph = self.model.lattice.graph.is_some();
        if graph && self.model.frame.directions.is_empty() {
            let value = self.model.couplings[array].value(point.cell[0] as u64, 0);
            let value = Rational::from_f64(value).expect("couplings are finite");
            return Ok(Value::constant(self.report(checked(value, span))?));
        }
        if graph && self.model.couplings[array].place == Place::Sites && point.point > 0 {
            return Err(Stop::Explicit(span, "a coupling on sites in a sum over the edges of a graph".to_owned()));
        }
        let (place, _) = self.placed(point, span)?;
        let lattice = &self.model.lattice;
        if lattice.has_directions() {
            self.meet_corners(self.model.couplings[array].place, point, span)?;
        }
        let frame = &self.model.frame;
        let mut cell = Shift::ZERO;
        let mut index = 0;
        for (direction, &coordinate) in place.iter().enumerate() {
            let extent = self.model.lattice.extents[direction];
            match frame.directions.iter().position(|&known| known == direction) {
                Some(at) => cell.0[at] = coordinate as i16,
                None => index = index * extent + coordinate.rem_euclid(extent as i64) as u64,
            }
        }
        if frame.directions.is_empty() {
            let value = self.model.couplings[array].value(index, point.point);
            let value = Rational::from_f64(value).expect("couplings are finite");
            return Ok(Value::constant(self.report(checked(value, span))?));
        }
        let at = if graph { 0 } else { point.point };
        Ok(Value::variable(Marker::Entry { array, point: at }.variable(cell)))
    }

    /// The error of couplings from a file that are named without an index.
    pub(super) fn couplings_without_index(&mut self, name: &str, span: Span) -> Stop {
        let (place, example) = match self.declarations.couplings_place(name) {
            Some(Place::Bonds) => ("bond", format!("{name}[i, j] inside sum<i,j>( ... )")),
            Some(Place::Plaquettes) => {
                ("plaquette", format!("{name}[i, j, k, l] inside sum plaquette(i,j,k,l)( ... )"))
            }
            _ => ("site", format!("{name}[i] inside sum(i)( ... )")),
        };
        self.error(
            Diagnostic::error("E0203", span, format!("`{name}` has a value on every {place}"))
                .label("on which one?")
                .hint(format!("write {example}")),
        )
    }

    /// `J[i, j]` and `h[i]` of couplings from a file.
    fn indexed_couplings(
        &mut self,
        array: usize,
        name: &str,
        brackets: &'a [Vec<Expression>],
        span: Span,
        scope: &Scope<'_>,
    ) -> Outcome<Thing> {
        let place = self.model.couplings[array].place;
        let [bracket] = brackets else {
            let example = match place {
                Place::Sites => "[i]",
                Place::Bonds => "[i, j]",
                Place::Plaquettes => "[i, j, k, l]",
            };
            return Err(self.wrong_indices(
                span,
                &format!("`{name}` has one number at a place"),
                &format!("{name}{example}"),
            ));
        };
        let point = self.point_of(place, bracket, name, span, scope)?;
        self.coupling_on(array, &point, span).map(Thing::Value)
    }

    /// The bond between two sites, as the field `name` has it.
    fn bond(&mut self, first: &Site, second: &Site, name: &str, span: Span) -> Outcome<Point> {
        let lattice = &self.model.lattice;
        let steps: Vec<i64> = second.place.iter().zip(&first.place).map(|(to, from)| to - from).collect();
        let relative = first.relative && second.relative;
        let wraps = |step: i64, direction: usize| step % lattice.extents[direction] as i64 == 0;
        // The displacement from a site of a loop as it stands tells the two
        // bonds between a pair of sites apart; failing that, and between sites
        // by number, sites are what they are on the torus.
        let mut candidates = Vec::new();
        for exact in [relative, false] {
            for (point, bond) in lattice.bonds().iter().enumerate() {
                let is = |sign: i64| {
                    bond.offset.iter().zip(&steps).enumerate().all(|(direction, (offset, step))| {
                        let left = sign * offset - step;
                        left == 0 || (!exact && wraps(left, direction))
                    })
                };
                if bond.from == first.basis && bond.to == second.basis && is(1) {
                    candidates.push(Point { cell: first.place.clone(), point, relative, reversed: false });
                }
                if bond.from == second.basis && bond.to == first.basis && is(-1) {
                    candidates.push(Point { cell: second.place.clone(), point, relative, reversed: true });
                }
            }
            if !candidates.is_empty() {
                break;
            }
        }
        // Between sites by number, a direction of two sites has one bond from
        // each to the other: the one that begins at the first is meant.
        if !relative && candidates.len() > 1 {
            candidates.retain(|candidate| !candidate.reversed);
        }
        self.only(
            candidates,
            span,
            ("several bonds join these two sites", format!("write the step, as in {name}[i, i+x]")),
            (
                "no bond joins these two sites",
                "not nearest neighbours",
                format!("`{name}` has a value on every bond: {name}[i, j] inside sum<i,j>( ... )"),
            ),
        )
    }

    /// The only one of the points that are meant, or what to say of several
    /// and of none: a message, a label of none, and a hint.
    fn only(
        &mut self,
        mut found: Vec<Point>,
        span: Span,
        several: (&str, String),
        none: (&str, &str, String),
    ) -> Outcome<Point> {
        match (found.pop(), found.is_empty()) {
            (Some(point), true) => Ok(point),
            (Some(_), false) => Err(self.error(
                Diagnostic::error("E0203", span, several.0)
                    .label("which one?")
                    .hint(format!("the lattice is small; {}", several.1)),
            )),
            (None, _) => Err(self.error(Diagnostic::error("E0203", span, none.0).label(none.1).hint(none.2))),
        }
    }

    /// The plaquette with some corners, in any order, as the field `name` has
    /// it.
    fn plaquette(&mut self, corners: &[Site], name: &str, span: Span) -> Outcome<Point> {
        let lattice = &self.model.lattice;
        let figures = lattice.plaquettes();
        let letters = ["i", "j", "k", "l", "m", "n"];
        let length = figures.first().map_or(4, Vec::len).min(letters.len());
        let example = format!("{name}[{}]", letters[..length].join(", "));
        if corners.len() != length {
            return Err(self.wrong_indices(
                span,
                &format!("`{name}` has its values on plaquettes, which have {length} corners"),
                &format!("write {example} inside sum plaquette({})( ... )", letters[..length].join(",")),
            ));
        }
        let relative = corners.iter().all(|corner| corner.relative);
        let mut found: Vec<Point> = Vec::new();
        // As for bonds: displacements as they stand, and failing that, sites
        // as they are on the torus.
        for exact in [relative, false] {
            for (point, figure) in figures.iter().enumerate() {
                for start in corners.iter().filter(|corner| corner.basis == figure[0].1) {
                    let at = |(offset, basis): &Corner| {
                        corners.iter().any(|corner| {
                            let steps = corner.place.iter().zip(&start.place).zip(offset).enumerate();
                            corner.basis == *basis
                                && steps.into_iter().all(|(direction, ((to, from), step))| {
                                    let left = to - from - step;
                                    left == 0 || (!exact && left % lattice.extents[direction] as i64 == 0)
                                })
                        })
                    };
                    if figure.iter().all(at) {
                        found.push(Point { cell: start.place.clone(), point, relative, reversed: false });
                    }
                }
            }
            if !found.is_empty() {
                break;
            }
        }
        self.only(
            found,
            span,
            ("several plaquettes have these corners", format!("write {example} inside a sum over plaquettes")),
            (
                "these sites are no corners of a plaquette",
                "no plaquette",
                format!("`{name}` has a value on every plaquette: {example} inside a sum over plaquettes"),
            ),
        )
    }

    /// The point in the first bracket after a field, or couplings from a file,
    /// on sites or bonds.
    fn point_of(
        &mut self,
        place: Place,
        bracket: &'a [Expression],
        name: &str,
        span: Span,
        scope: &Scope<'_>,
    ) -> Outcome<Point> {
        if place == Place::Sites {
            return self.site_of(bracket, name, span, scope).map(|site| Point::of(&site));
        }
        if place == Place::Plaquettes {
            let several = self.model.lattice.dimension() > 1;
            let corners = self.all(bracket.iter(), |this, corner| this.site_index(corner, several, scope))?;
            return self.plaquette(&corners, name, span);
        }
        let [first, second] = bracket else {
            return Err(self.wrong_indices(
                span,
                &format!("`{name}` has its values on bonds, which have two ends"),
                &format!("write {name}[i, j] inside sum<i,j>( ... ), or {name}[i, i+x]"),
            ));
        };
        let several = self.model.lattice.dimension() > 1;
        let ends = self.all([first, second].into_iter(), |this, end| this.site_index(end, several, scope))?;
        if let Some(graph) = self.model.lattice.graph.clone() {
            let relative = ends[0].relative && ends[1].relative;
            let edge = match self.model.frame.directions.is_empty() {
                // The two ends of the edge of a cell.
                false if !relative => return Err(Stop::Explicit(span, "a site given by its number".to_owned())),
                false => (ends[0].basis + ends[1].basis == 3 && ends[0].basis != ends[1].basis).then_some(0),
                true => graph.edge(ends[0].place[0] as usize, ends[1].place[0] as usize).map(|edge| edge as i64),
            };
            return match edge {
                Some(edge) => Ok(Point { cell: vec![edge], point: 0, relative: true, reversed: false }),
                None => Err(self.error(
                    Diagnostic::error("E0203", span, "no edge joins these two sites")
                        .label("not nearest neighbours")
                        .hint(format!("`{name}` has a value on every edge: {name}[i, j] inside sum<i,j>( ... )")),
                )),
            };
        }
        if self.model.lattice.shape == Shape::Complete {
            // A row and a column of the matrix of couplings, above its diagonal.
            let (one, other) = (ends[0].place[0], ends[1].place[0]);
            if one == other {
                let error = Diagnostic::error("E0203", span, "no bond joins a site to itself").label("the same site");
                return Err(self.error(error.hint(format!("write {name}[i, j] inside sum<i,j>( ... )"))));
            }
            let point = one.max(other) as usize;
            return Ok(Point { cell: vec![one.min(other)], point, relative: ends[0].relative, reversed: false });
        }
        self.bond(&ends[0], &ends[1], name, span)
    }

    /// `phi[i+x]`, `S[i][2]`, `x[3]`.
    pub(super) fn indexed(
        &mut self,
        base: &'a Name,
        brackets: &'a [Vec<Expression>],
        span: Span,
        scope: &Scope<'_>,
    ) -> Outcome<Thing> {
        let field = match scope.find(&base.node) {
            Some(Thing::Field(field)) => Some(*field),
            Some(Thing::Vector(parts)) => {
                let parts = Thing::Vector(parts.clone());
                let Thing::Vector(parts) = self.copied(parts, &base.node, span)? else { return Err(Stop::Reported) };
                let [bracket] = brackets else {
                    return Err(self.wrong_indices(span, "a vector has one index", "x[0]"));
                };
                let component = self.component(bracket, parts.len() as u32, &base.node, span, scope)?;
                return Ok(Thing::Value(parts[component as usize].clone()));
            }
            Some(_) => {
                return Err(self.error(
                    Diagnostic::error("E0203", base.span, format!("`{}` has no index", base.node))
                        .label("this is a value or a site, not a field")
                        .hint("only fields and vectors have indices"),
                ));
            }
            None => self.declarations.field(&base.node),
        };
        if field.is_none()
            && scope.find(&base.node).is_none()
            && let Some(Param::Couplings(array)) = self.declarations.params.get(base.node.as_str())
        {
            return self.indexed_couplings(*array, &base.node, brackets, span, scope);
        }
        let Some(field) = field else {
            let what = if self.declarations.params.contains_key(base.node.as_str()) {
                Some(("a param", format!("write {} without an index", base.node)))
            } else if self.declarations.abbreviations.contains_key(base.node.as_str()) {
                Some(("a `let`", format!("its arguments stand in parentheses: {}(...)", base.node)))
            } else {
                None
            };
            return Err(match what {
                Some((what, hint)) => self.error(
                    Diagnostic::error("E0203", base.span, format!("`{}` is {what}, which has no index", base.node))
                        .label("not a field")
                        .hint(hint),
                ),
                None => self.unknown(&base.node, base.span, scope),
            });
        };
        self.used_fields.insert(field);
        if self.declarations.failed_fields.contains(&field) {
            return Err(Stop::Reported);
        }
        let declared = &self.model.fields[field];
        let (name, components) = (declared.name.clone(), declared.components);
        if self.model.lattice.is_point() {
            if !declared.indexed {
                return Err(self.wrong_indices(
                    span,
                    &format!("`{name}` is a single variable and has no index"),
                    &format!("write {name}, or declare a lattice or components: field {name}[3] : ..."),
                ));
            }
            let [bracket] = brackets else {
                return Err(self.wrong_indices(span, &format!("`{name}` has one index"), &format!("write {name}[0]")));
            };
            let component = self.component(bracket, components, &name, span, scope)?;
            return self.component_on(field, component, &Point::lone(), span).map(Thing::Value);
        }
        let indexed = declared.indexed;
        let (site, component) = match brackets {
            [site] => (site, None),
            [site, component] if indexed => (site, Some(component)),
            _ if indexed => {
                return Err(self.wrong_indices(
                    span,
                    &format!("`{name}` has a site and a component"),
                    &format!("write {name}[i][0]"),
                ));
            }
            _ => {
                return Err(self.wrong_indices(
                    span,
                    &format!("`{name}` has one component at every site"),
                    &format!("write {name}[i]"),
                ));
            }
        };
        let point = self.point_of(self.model.fields[field].place, site, &name, span, scope);
        let component = match component {
            None => None,
            Some(bracket) => Some(self.component(bracket, components, &name, span, scope)?),
        };
        let point = point?;
        match component {
            Some(component) => self.component_on(field, component, &point, span).map(Thing::Value),
            None => self.field_on(field, &point, span),
        }
    }

    pub(super) fn wrong_indices(&mut self, span: Span, message: &str, hint: &str) -> Stop {
        let hint = if hint.starts_with("write") { hint.to_owned() } else { format!("write {hint}") };
        self.error(Diagnostic::error("E0203", span, message).label("wrong number of indices").hint(hint))
    }

    /// A component index.
    fn component(
        &mut self,
        bracket: &'a [Expression],
        components: u32,
        name: &str,
        span: Span,
        scope: &Scope<'_>,
    ) -> Outcome<u32> {
        let [index] = bracket else {
            return Err(self.wrong_indices(span, "a component has one index", &format!("{name}[0]")));
        };
        if let ExpressionKind::Name(variable) = &index.node
            && matches!(scope.find(variable), Some(Thing::Site(_)))
        {
            return Err(self.error(
                Diagnostic::error("E0213", index.span, format!("`{variable}` is a site, not a component"))
                    .label("a number is needed here")
                    .hint("components are numbered from 0; loop over them with sum(a in 0..2)( ... )"),
            ));
        }
        let value = self.number(index, scope, "the index of a component")?;
        match value.to_i64() {
            Some(component) if (0..components as i64).contains(&component) => Ok(component as u32),
            _ => Err(self.error(
                Diagnostic::error("E0204", index.span, format!("`{name}` has no component {}", limits::shown(&value)))
                    .label("out of range")
                    .hint(match components {
                        1 => "its only component is 0".to_owned(),
                        n => format!("components are numbered from 0: 0 to {}", n - 1),
                    }),
            )),
        }
    }
}
