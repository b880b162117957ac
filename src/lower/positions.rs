//! How sites are written: `i`, `i+x-2y`, `i+x, B`, `3`, `1, 2`.
//!
//! A site is one of a loop and steps from it, or the coordinates of its cell.
//! Where a cell has several sites, their sublattice follows after a comma: by
//! its name, or by its number from 0. Outside of a bracket of its own such a
//! site stands in parentheses, as in `U[(i, A), (i-x, B)]`.

use super::evaluate::{Evaluator, Outcome, Scope, Thing};
use super::limits::{self, MAX_OFFSET};
use super::sites::Site;
use crate::diagnostics::{Diagnostic, Span};
use crate::exact::Rational;
use crate::model::{Boundary, Lattice, Shape};
use crate::spelling::nearest;
use crate::syntax::ast::{Expression, ExpressionKind, Operator, Sign};

/// What an index adds up to.
struct Offset {
    site: Option<Site>,
    /// Steps along each direction.
    steps: Vec<Rational>,
    /// A plain number.
    number: Rational,
}

impl<'a> Evaluator<'a> {
    /// A site from the bracket after a field.
    pub(super) fn site_of(
        &mut self,
        bracket: &'a [Expression],
        name: &str,
        span: Span,
        scope: &Scope<'_>,
    ) -> Outcome<Site> {
        let dimension = self.model.lattice.dimension();
        if let [index] = bracket {
            return self.site_index(index, dimension > 1, scope);
        }
        // Where a cell has several sites, the sublattice comes last.
        let basis = self.model.lattice.basis();
        if basis > 1
            && let [site, sublattice] = bracket
            && self.has_site(site, scope)
        {
            let site = self.site_index(site, true, scope)?;
            return Ok(Site { basis: self.sublattice(sublattice, scope)?, ..site });
        }
        let parts = dimension + usize::from(basis > 1);
        if bracket.len() != parts {
            let hint = match dimension {
                1 => format!("write {name}[i]"),
                _ => format!("write {name}[i+x] relative to a site, or {parts} coordinates, {name}[{}]", self.origin()),
            };
            return Err(self.wrong_indices(
                span,
                &format!("a site of this lattice has {}", limits::counted(parts, "coordinate")),
                &hint,
            ));
        }
        let mut place = Vec::new();
        for (direction, index) in bracket.iter().enumerate() {
            if self.has_site(index, scope) {
                return Err(self.error(
                    Diagnostic::error("E0203", index.span, "a site already has all its coordinates")
                        .label("a site stands where a coordinate is needed")
                        .hint(format!("write {name}[i+x] for the next site in direction x, or numbers: {name}[0, 1]")),
                ));
            }
            let Some(&extent) = self.model.lattice.extents.get(direction) else {
                let basis = self.sublattice(index, scope)?;
                return Ok(Site { place, basis, relative: false });
            };
            let value = self.number(index, scope, "the coordinate of a site")?;
            place.push(self.coordinate(&value, extent, index.span)?);
        }
        Ok(Site { place, basis: 0, relative: false })
    }

    /// The coordinates of the site at the origin.
    fn origin(&self) -> String {
        let lattice = &self.model.lattice;
        let mut parts = vec!["0"; lattice.dimension()];
        parts.extend(lattice.sublattices().first());
        parts.join(", ")
    }

    /// A sublattice from an index: its name, or its number.
    fn sublattice(&mut self, index: &'a Expression, scope: &Scope<'_>) -> Outcome<usize> {
        let names = self.model.lattice.sublattices();
        if let ExpressionKind::Name(name) = &index.node
            && scope.find(name).is_none()
        {
            let declared = self.declarations.known_names().contains(&name.as_str());
            if names.contains(&name.as_str()) && declared {
                self.warn(
                    Diagnostic::warning(
                        "W0204",
                        index.span,
                        format!("in an index, `{name}` is the sublattice, not what is declared"),
                    )
                    .label("a sublattice")
                    .hint("give the other another name if it is meant here"),
                );
            }
            if names.contains(&name.as_str()) || !declared {
                return self.sublattice_named(name, index.span);
            }
        }
        let value = self.number(index, scope, "a sublattice")?;
        match value.to_i64() {
            Some(number) if (0..names.len() as i64).contains(&number) => Ok(number as usize),
            _ => Err(self.error(
                Diagnostic::error("E0204", index.span, format!("there is no sublattice {}", limits::shown(&value)))
                    .label("out of range")
                    .hint(format!("sublattices: {}; or their numbers from 0", names.join(", "))),
            )),
        }
    }

    /// The number of a sublattice.
    pub(super) fn sublattice_named(&mut self, name: &str, span: Span) -> Outcome<usize> {
        let lattice = &self.model.lattice;
        let names = lattice.sublattices();
        if let Some(basis) = names.iter().position(|&known| known == name) {
            return Ok(basis);
        }
        let error = match names {
            [] => Diagnostic::error("E0203", span, format!("{lattice} has one site a cell, and no sublattices"))
                .label("no sublattice")
                .hint("the honeycomb lattice has the sublattices A and B, the kagome lattice A, B and C"),
            names => {
                let error = Diagnostic::error("E0203", span, format!("{lattice} has no sublattice `{name}`"))
                    .label("unknown sublattice");
                match nearest(name, names.iter().copied()) {
                    Some(near) => error.hint(format!("did you mean `{near}`?")),
                    None => error.hint(format!("sublattices: {}", names.join(", "))),
                }
            }
        };
        Err(self.error(error))
    }

    fn has_site(&self, index: &Expression, scope: &Scope<'_>) -> bool {
        match &index.node {
            ExpressionKind::Name(name) => matches!(scope.find(name), Some(Thing::Site(_))),
            ExpressionKind::Sum(terms) => terms.iter().any(|(_, term)| self.has_site(term, scope)),
            _ => false,
        }
    }

    /// A coordinate given by its number, checked against the extent.
    fn coordinate(&mut self, value: &Rational, extent: u64, span: Span) -> Outcome<i64> {
        match value.to_i64() {
            Some(coordinate) if coordinate >= 0 && (coordinate as u64) < extent => Ok(coordinate),
            _ => Err(self.error(
                Diagnostic::error("E0204", span, format!("there is no site {}", limits::shown(value)))
                    .label("out of range")
                    .hint(format!("sites are numbered from 0: 0 to {}", extent - 1)),
            )),
        }
    }

    /// A site expression: `i`, `i+1`, `i+x-2y`, or a number.
    pub(super) fn site(&mut self, index: &'a Expression, scope: &Scope<'_>) -> Outcome<Site> {
        self.site_index(index, false, scope)
    }

    pub(super) fn site_index(&mut self, index: &'a Expression, needs_site: bool, scope: &Scope<'_>) -> Outcome<Site> {
        let span = index.span;
        if self.model.lattice.is_point() {
            return Err(self.error(
                Diagnostic::error("E0203", span, "there is no lattice, so there are no sites")
                    .label("a site")
                    .hint("declare one, such as `lattice ring(8)`"),
            ));
        }
        if let ExpressionKind::Tuple(parts) = &index.node {
            return self.site_of(parts, "phi", span, scope);
        }
        let offset = self.offset(index, scope)?;
        let dimension = self.model.lattice.dimension();
        let moved = !offset.number.is_zero() || offset.steps.iter().any(|step| !step.is_zero());
        let Some(mut site) = offset.site else {
            if offset.steps.iter().any(|step| !step.is_zero()) {
                return Err(self.error(
                    Diagnostic::error("E0203", span, "a direction without a site to start from")
                        .label("from which site?")
                        .hint("write phi[i+x] inside sum(i)( ... )"),
                ));
            }
            if needs_site {
                let parts = dimension + usize::from(self.model.lattice.basis() > 1);
                let zeros = self.origin();
                return Err(self.error(
                    Diagnostic::error("E0203", span, format!("a site of this lattice has {parts} coordinates"))
                        .label("only one is given")
                        .hint(format!("write phi[i] inside sum(i)( ... ), or all coordinates: phi[{zeros}]")),
                ));
            }
            let place = vec![self.coordinate(&offset.number, self.model.lattice.extents[0], span)?];
            return Ok(Site { place, basis: 0, relative: false });
        };
        if !moved {
            return Ok(site);
        }
        if !self.model.lattice.has_directions() {
            let what = if self.model.lattice.shape == Shape::Graph { "a graph" } else { "a complete lattice" };
            return Err(self.error(
                Diagnostic::error("E0203", span, format!("{what} has no directions to step along"))
                    .label("an offset")
                    .hint(match self.model.lattice.shape {
                        Shape::Graph => "the neighbours of a site are its edges: sum<i,j>( ... )",
                        _ => "every pair of sites is a bond: sum<i,j>( ... )",
                    }),
            ));
        }
        let mut steps = offset.steps;
        if !offset.number.is_zero() {
            if dimension > 1 {
                return Err(self.error(
                    Diagnostic::error("E0203", span, format!("an offset of {} in which direction?", offset.number))
                        .label("the lattice has several directions")
                        .hint(format!("name the direction: i+x, i-2y ({})", self.directions())),
                ));
            }
            steps[0] = &steps[0] + &offset.number;
        }
        for (direction, step) in steps.iter().enumerate() {
            let Some(step) = step.to_i64().filter(|step| step.unsigned_abs() < 1 << 61) else {
                return Err(self.error(
                    Diagnostic::error("E0206", span, format!("an offset of {} sites", limits::shown(step)))
                        .label("offsets are integers")
                        .hint("write whole steps, such as i+1 or i+x"),
                ));
            };
            if step == 0 {
                continue;
            }
            let lattice = &self.model.lattice;
            let extent = lattice.extents[direction] as i64;
            let only = lattice.basis() == 1 && extent == 1;
            if only && lattice.boundaries[direction].is_joined() {
                return Err(self.too_small(direction, "a site would be its own neighbour", span));
            }
            site.place[direction] += match lattice.boundaries[direction] {
                // On a small lattice the step tells bonds apart.
                Boundary::Periodic if step.abs() <= MAX_OFFSET => step,
                Boundary::Periodic => step % extent,
                Boundary::Twisted => step % (2 * extent),
                Boundary::Open => step.clamp(-extent, extent),
            };
            if !site.relative && !(0..extent).contains(&site.place[direction]) {
                return Err(self.error(
                    Diagnostic::error("E0204", span, format!("there is no site {}", site.place[direction]))
                        .label("out of range")
                        .hint(format!("sites are numbered from 0: 0 to {}", extent - 1)),
                ));
            }
        }
        Ok(site)
    }

    fn directions(&self) -> String {
        let names: Vec<String> = (0..self.model.lattice.dimension()).map(Lattice::direction_name).collect();
        format!("directions: {}", names.join(", "))
    }

    /// Adds up an index: at most one site, steps along directions, a number.
    fn offset(&mut self, index: &'a Expression, scope: &Scope<'_>) -> Outcome<Offset> {
        let step = self.meter.step(index.span);
        self.report(step)?;
        let dimension = self.model.lattice.dimension();
        let zero = || Offset { site: None, steps: vec![Rational::ZERO; dimension], number: Rational::ZERO };
        match &index.node {
            ExpressionKind::Name(name) => match scope.find(name) {
                Some(Thing::Site(site)) => Ok(Offset { site: Some(site.clone()), ..zero() }),
                Some(_) => Ok(Offset { number: self.number(index, scope, "an index")?, ..zero() }),
                None => {
                    if let Some(direction) = (0..dimension).find(|&d| Lattice::direction_name(d) == *name)
                        && self.model.lattice.has_directions()
                    {
                        if self.declarations.params.contains_key(name.as_str()) {
                            self.warn(
                                Diagnostic::warning(
                                    "W0204",
                                    index.span,
                                    format!("in an index, `{name}` is the direction, not the param"),
                                )
                                .label("a step along a direction")
                                .hint("give the param another name if it is meant here"),
                            );
                        }
                        let mut offset = zero();
                        offset.steps[direction] = Rational::ONE;
                        return Ok(offset);
                    }
                    if ["x", "y", "z", "w"].contains(&name.as_str())
                        && !self.declarations.params.contains_key(name.as_str())
                    {
                        return Err(self.error(
                            Diagnostic::error("E0203", index.span, format!("this lattice has no direction `{name}`"))
                                .label("unknown direction")
                                .hint(self.directions()),
                        ));
                    }
                    Ok(Offset { number: self.number(index, scope, "an index")?, ..zero() })
                }
            },
            ExpressionKind::Sum(terms) => {
                let mut total = zero();
                for (sign, term) in terms {
                    let part = self.offset(term, scope)?;
                    if let Some(site) = part.site {
                        if *sign == Sign::Minus || total.site.is_some() {
                            return Err(self.error(
                                Diagnostic::error("E0203", term.span, "sites cannot be added or subtracted")
                                    .label("another site")
                                    .hint("add steps to a site: i+1, i+x, i-2y"),
                            ));
                        }
                        total.site = Some(site);
                    }
                    let sign = if *sign == Sign::Plus { Rational::ONE } else { Rational::MINUS_ONE };
                    total.number += &(part.number * &sign);
                    for (sum, step) in total.steps.iter_mut().zip(part.steps) {
                        *sum += &(step * &sign);
                    }
                }
                Ok(total)
            }
            ExpressionKind::Product(factors) => {
                let mut total = Offset { number: Rational::ONE, ..zero() };
                for (operator, factor) in factors {
                    let part = self.offset(factor, scope)?;
                    let varies =
                        |offset: &Offset| offset.site.is_some() || offset.steps.iter().any(|step| !step.is_zero());
                    if part.site.is_some()
                        || total.site.is_some()
                        || (varies(&part) && (varies(&total) || *operator == Operator::Divide))
                    {
                        return Err(self.error(
                            Diagnostic::error("E0203", factor.span, "sites cannot be multiplied")
                                .label("not a number")
                                .hint("add steps to a site: i+1, i+x, i-2y"),
                        ));
                    }
                    if *operator == Operator::Divide {
                        if part.number.is_zero() {
                            return Err(self.error(
                                Diagnostic::error("E0205", factor.span, "division by zero").label("this is zero"),
                            ));
                        }
                        total.number = &total.number / &part.number;
                        total.steps.iter_mut().for_each(|step| *step = &*step / &part.number);
                    } else {
                        let steps = total.steps.iter().zip(&part.steps);
                        total.steps = steps.map(|(a, b)| &(a * &part.number) + &(b * &total.number)).collect();
                        total.number *= &part.number;
                    }
                }
                Ok(total)
            }
            _ => Ok(Offset { number: self.number(index, scope, "an index")?, ..zero() }),
        }
    }
}
