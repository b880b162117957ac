//! Expressions to polynomials of the unit cell.
//!
//! An [`Evaluator`] works in a frame. Where the frame is translated, a sum
//! over sites is evaluated for one cell, and whatever cannot be said of one
//! cell (a site by its number, a product of sums) stops the evaluation with
//! [`Stop::Explicit`]; lowering then starts again with every site in one cell.

use std::collections::{BTreeMap, BTreeSet};

use super::constant;
use super::limits::{self, MAX_DEPTH, MAX_DIAGNOSTICS, MAX_LOOP, Meter};
use super::markers::{self, Marker};
use super::names::{Declarations, FUNCTIONS, Param};
use super::sites::Site;
use super::value::Value;
use crate::diagnostics::{Diagnostic, Diagnostics, Span};
use crate::exact::Rational;
use crate::model::{Boundary, Expression as Written, Model, Shift, Variable};
use crate::spelling::nearest;
use crate::syntax::ast::{Expression, ExpressionKind, Name, Operator, Range, Reduction, Sign};

/// Why an evaluation ended early.
#[derive(Clone, Debug)]
pub(super) enum Stop {
    /// An error was reported.
    Reported,
    /// A site lies beyond an open end: the summand is absent.
    Outside,
    /// Translates of one cell cannot say this; where, and what it is.
    Explicit(Span, String),
}

pub(super) type Outcome<T> = Result<T, Stop>;

/// What a name may stand for.
#[derive(Clone, Debug)]
pub(super) enum Thing {
    /// A polynomial.
    Value(Value),
    /// A site.
    Site(Site),
    /// The components of a field at a site, or a combination of such.
    Vector(Vec<Value>),
    /// A field without its site.
    Field(usize),
}

/// Loop variables and parameters, innermost first.
#[derive(Clone, Copy)]
pub(super) enum Scope<'s> {
    Empty,
    Bound { names: &'s [Name], things: &'s [Thing], outer: &'s Scope<'s> },
}

impl<'s> Scope<'s> {
    /// One name bound.
    pub(super) fn one(name: &'s Name, thing: &'s Thing, outer: &'s Scope<'s>) -> Scope<'s> {
        Scope::Bound { names: std::slice::from_ref(name), things: std::slice::from_ref(thing), outer }
    }

    pub(super) fn find(&self, wanted: &str) -> Option<&'s Thing> {
        let mut scope = *self;
        while let Scope::Bound { names, things, outer } = scope {
            if let Some(at) = names.iter().position(|name| name.node == wanted) {
                return things.get(at);
            }
            scope = *outer;
        }
        None
    }

    fn names(&self) -> Vec<&'s str> {
        let mut names = Vec::new();
        let mut scope = *self;
        while let Scope::Bound { names: bound, outer, .. } = scope {
            names.extend(bound.iter().map(|name| name.node.as_str()));
            scope = *outer;
        }
        names
    }
}

/// Evaluates expressions in a frame.
pub(super) struct Evaluator<'a> {
    pub declarations: &'a Declarations<'a>,
    pub model: &'a Model,
    pub meter: Meter,
    pub diagnostics: Diagnostics,
    /// One over the number of cells.
    pub per_cell: Rational,
    /// How many sums over sites surround what is being evaluated.
    pub inside: u32,
    /// The box of cells that the addend at hand has met so far: the least and
    /// greatest displacements along the open directions of the frame.
    pub met: (Shift, Shift),
    /// The fields that were used.
    pub used_fields: BTreeSet<usize>,
    /// The functions that were called.
    pub called: BTreeSet<&'a str>,
    /// The values of `let`s without parameters.
    abbreviations: BTreeMap<&'a str, Outcome<Thing>>,
    depth: u32,
    /// Whether a limit was reached: nothing more is evaluated.
    exhausted: bool,
}

impl<'a> Evaluator<'a> {
    pub(super) fn new(declarations: &'a Declarations<'a>, model: &'a Model) -> Evaluator<'a> {
        let cells = model.frame.periods.iter().fold(Rational::ONE, |cells, &period| cells * Rational::from(period));
        Evaluator {
            declarations,
            model,
            meter: Meter::default(),
            diagnostics: Diagnostics::new(),
            per_cell: cells.recip(),
            inside: 0,
            met: (Shift::ZERO, Shift::ZERO),
            used_fields: BTreeSet::new(),
            called: BTreeSet::new(),
            abbreviations: BTreeMap::new(),
            depth: 0,
            exhausted: false,
        }
    }

    /// The energy of one cell.
    pub(super) fn hamiltonian(&mut self, body: &'a Expression) -> Outcome<Value> {
        for name in self.declarations.order.clone() {
            let value = self.evaluate(self.declarations.abbreviations[name].body, &Scope::Empty);
            self.abbreviations.insert(name, value);
        }
        let value = self.value(body, &Scope::Empty);
        self.check_uncalled();
        let value = value?;
        if value.extensive {
            return Ok(value);
        }
        let per_cell = self.per_cell.clone();
        Ok(value.scaled(&per_cell))
    }

    /// Reports an error, once.
    pub(super) fn error(&mut self, diagnostic: Diagnostic) -> Stop {
        if self.exhausted {
            return Stop::Reported;
        }
        self.exhausted = diagnostic.code.starts_with("E04");
        if self.diagnostics.len() < MAX_DIAGNOSTICS && !self.diagnostics.contains(&diagnostic) {
            self.diagnostics.push(diagnostic);
        }
        Stop::Reported
    }

    /// Reports a warning, once.
    pub(super) fn warn(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < MAX_DIAGNOSTICS && !self.diagnostics.contains(&diagnostic) {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Warns of a loop variable that hides a declared name.
    pub(super) fn warn_of_hiding(&mut self, name: &Name) {
        let what = if self.declarations.field(&name.node).is_some() {
            "field"
        } else if self.declarations.params.contains_key(name.node.as_str()) {
            "param"
        } else if self.declarations.abbreviations.contains_key(name.node.as_str()) {
            "`let`"
        } else {
            return;
        };
        self.warn(
            Diagnostic::warning(
                "W0204",
                name.span,
                format!("the loop variable `{0}` hides the {what} `{0}`", name.node),
            )
            .label("another name is clearer")
            .hint("inside the loop the name means the loop variable"),
        );
    }

    /// Reports the error of a check.
    pub(super) fn report<T>(&mut self, result: Result<T, Diagnostic>) -> Outcome<T> {
        result.map_err(|diagnostic| self.error(diagnostic))
    }

    /// What an expression stands for.
    pub(super) fn evaluate(&mut self, expression: &'a Expression, scope: &Scope<'_>) -> Outcome<Thing> {
        if self.exhausted {
            return Err(Stop::Reported);
        }
        let step = self.meter.step(expression.span);
        self.report(step)?;
        if self.depth >= MAX_DEPTH {
            return Err(self.error(
                Diagnostic::error("E0401", expression.span, format!("evaluation nests more than {MAX_DEPTH} deep"))
                    .label("too deep here")
                    .hint("`let` functions that call one another nest; use loops or fewer layers"),
            ));
        }
        self.depth += 1;
        let result = self.dispatch(expression, scope);
        self.depth -= 1;
        result
    }

    fn dispatch(&mut self, expression: &'a Expression, scope: &Scope<'_>) -> Outcome<Thing> {
        let span = expression.span;
        match &expression.node {
            ExpressionKind::Number(value) => Ok(Thing::Value(Value::constant(value.clone()))),
            ExpressionKind::Name(name) => self.name(name, span, scope),
            ExpressionKind::Index { base, brackets } => self.indexed(base, brackets, span, scope),
            ExpressionKind::Tuple(_) => self.site(expression, scope).map(Thing::Site),
            ExpressionKind::Call { function, arguments } => self.call(function, arguments, span, scope),
            ExpressionKind::Reduction { kind, range, body } => {
                self.reduction(*kind, range, body, span, scope).map(Thing::Value)
            }
            ExpressionKind::Sum(terms) => self.sum(terms, span, scope),
            ExpressionKind::Product(factors) => self.product(factors, span, scope),
            ExpressionKind::Power(base, exponent) => self.power(base, exponent, span, scope).map(Thing::Value),
        }
    }

    /// The polynomial that an expression stands for.
    pub(super) fn value(&mut self, expression: &'a Expression, scope: &Scope<'_>) -> Outcome<Value> {
        let thing = self.evaluate(expression, scope)?;
        self.as_value(thing, expression.span)
    }

    pub(super) fn as_value(&mut self, thing: Thing, span: Span) -> Outcome<Value> {
        let error = match thing {
            Thing::Value(value) => return Ok(value),
            Thing::Site(_) => Diagnostic::error("E0213", span, "a site is not a value")
                .label("a site stands where a value is needed")
                .hint("write the field at the site, such as phi[i]"),
            Thing::Vector(parts) => {
                Diagnostic::error("E0213", span, format!("this is a vector of {} components, not a value", parts.len()))
                    .label("a vector stands where a value is needed")
                    .hint("take a component, as in S[i][0] or x[0], or a scalar product: dot(S[i], S[j])")
            }
            Thing::Field(field) => {
                let field = &self.model.fields[field];
                let example = if field.indexed {
                    format!("{0}[i][0], or dot({0}[i], {0}[j])", field.name)
                } else {
                    format!("sum(i)({0}[i]^2), or sum({0})", field.name)
                };
                Diagnostic::error("E0203", span, format!("the field `{}` has a value at every site", field.name))
                    .label("at which site?")
                    .hint(format!("write, for example, {example}"))
            }
        };
        Err(self.error(error))
    }

    /// Refuses what is neither a value nor a vector.
    fn no_site(&mut self, thing: Thing, span: Span) -> Outcome<Thing> {
        match thing {
            Thing::Value(_) | Thing::Vector(_) => Ok(thing),
            Thing::Site(_) | Thing::Field(_) => self.as_value(thing, span).map(Thing::Value),
        }
    }

    /// A number that an expression stands for.
    pub(super) fn number(&mut self, expression: &'a Expression, scope: &Scope<'_>, what: &str) -> Outcome<Rational> {
        let value = self.value(expression, scope)?;
        value.as_constant().ok_or_else(|| {
            self.error(
                Diagnostic::error("E0206", expression.span, format!("{what} has to be a number"))
                    .label("this varies")
                    .hint("use numbers, params with a value and variables of integer loops"),
            )
        })
    }

    fn name(&mut self, name: &'a str, span: Span, scope: &Scope<'_>) -> Outcome<Thing> {
        if let Some(thing) = scope.find(name) {
            let thing = thing.clone();
            return self.copied(thing, name, span);
        }
        match self.declarations.params.get(name) {
            Some(Param::Number(value)) => return Ok(Thing::Value(Value::constant(value.clone()))),
            Some(Param::Free(index)) => {
                return Ok(Thing::Value(Value::variable(Marker::Free(*index).variable(Shift::ZERO))));
            }
            Some(Param::Couplings(_)) => return Err(self.couplings_without_index(name, span)),
            Some(Param::Failed) => return Err(Stop::Reported),
            None => {}
        }
        if let Some(field) = self.declarations.field(name) {
            return self.whole_field(field);
        }
        if let Some(abbreviation) = self.declarations.abbreviations.get(name) {
            if self.declarations.recursive.contains(name) {
                return Err(Stop::Reported);
            }
            if !abbreviation.parameters.is_empty() {
                let parameters: Vec<&str> = abbreviation.parameters.iter().map(|p| p.node.as_str()).collect();
                return Err(self.error(
                    Diagnostic::error("E0211", span, format!("`{name}` needs its arguments"))
                        .label(format!("{} expected", limits::counted(parameters.len(), "argument")))
                        .hint(format!("write {name}({})", parameters.join(", "))),
                ));
            }
            let thing = self.abbreviations.get(name).cloned().unwrap_or(Err(Stop::Reported))?;
            return self.copied(thing, name, span);
        }
        Err(self.unknown(name, span, scope))
    }

    /// A thing that is used again: its size counts again, and a sum over
    /// cells cannot be used inside another.
    pub(super) fn copied(&mut self, thing: Thing, name: &str, span: Span) -> Outcome<Thing> {
        let values = match &thing {
            Thing::Value(value) => std::slice::from_ref(value),
            Thing::Vector(values) => values.as_slice(),
            Thing::Site(_) | Thing::Field(_) => &[],
        };
        if self.inside > 0 && values.iter().any(|value| value.extensive) {
            return Err(Stop::Explicit(span, format!("`{name}`, a sum over sites, inside a sum over sites")));
        }
        let parts = values.iter().flat_map(|value| [Some(value), value.imaginary.as_deref()]).flatten();
        let nodes = parts.map(|value| value.nodes + value.polynomial.len() as u64 / 4).sum();
        let charge = self.meter.nodes(nodes, span);
        self.report(charge)?;
        Ok(thing)
    }

    /// The error of a name that nothing declares.
    pub(super) fn unknown(&mut self, name: &str, span: Span, scope: &Scope<'_>) -> Stop {
        let mut known = scope.names();
        known.extend(self.declarations.known_names());
        let error = Diagnostic::error("E0201", span, format!("nothing is called `{name}`")).label("unknown name");
        let error = match nearest(name, known) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None if name.chars().count() == 1 && !self.model.lattice.is_point() => error.hint(format!(
                "a site variable lives inside its loop, sum({name})( ... ), and a `let` knows its parameters only"
            )),
            None if self.declarations.fields.is_empty() => {
                error.hint(format!("declare it: field {name} : real in [-1, 1], or param {name} = 1"))
            }
            None => error.hint(format!(
                "declare it before: field {name} : real in [-1, 1], param {name} = 1, or let {name} = ..."
            )),
        };
        self.error(error)
    }

    /// Results for all items, errors of all reported.
    pub(super) fn all<I, T>(
        &mut self,
        items: impl Iterator<Item = I>,
        mut evaluate: impl FnMut(&mut Self, I) -> Outcome<T>,
    ) -> Outcome<Vec<T>> {
        let mut results = Vec::new();
        let mut stop = None;
        for item in items {
            match evaluate(self, item) {
                Ok(result) => results.push(result),
                // What is outside is absent only where nothing is wrong.
                Err(Stop::Reported) => {
                    stop = Some(Stop::Reported);
                    if self.diagnostics.len() >= MAX_DIAGNOSTICS {
                        break;
                    }
                }
                Err(other) => {
                    if stop.is_none() {
                        stop = Some(other);
                    }
                }
            }
        }
        match stop {
            None => Ok(results),
            Some(stop) => Err(stop),
        }
    }

    fn sum(&mut self, terms: &'a [(Sign, Expression)], span: Span, scope: &Scope<'_>) -> Outcome<Thing> {
        let things = self.all(terms.iter(), |this, (sign, term)| {
            let thing = this.evaluate(term, scope)?;
            let thing = this.no_site(thing, term.span)?;
            let sign = if *sign == Sign::Plus { Rational::ONE } else { Rational::MINUS_ONE };
            Ok((sign, thing, term.span))
        })?;
        if let Some(length) = things.iter().find_map(|(_, thing, _)| match thing {
            Thing::Vector(parts) => Some(parts.len()),
            _ => None,
        }) {
            return self.sum_of_vectors(things, length, span);
        }
        let mut parts = Vec::with_capacity(things.len());
        for (sign, thing, place) in things {
            parts.push((sign, self.as_value(thing, place)?));
        }
        self.add(parts, span).map(Thing::Value)
    }

    fn sum_of_vectors(&mut self, things: Vec<(Rational, Thing, Span)>, length: usize, span: Span) -> Outcome<Thing> {
        let mut columns: Vec<Vec<(Rational, Value)>> = vec![Vec::new(); length];
        for (sign, thing, place) in things {
            match thing {
                Thing::Vector(parts) if parts.len() == length => {
                    for (column, part) in columns.iter_mut().zip(parts) {
                        column.push((sign.clone(), part));
                    }
                }
                _ => {
                    return Err(self.error(
                        Diagnostic::error("E0213", place, format!("a vector of {length} components is added to this"))
                            .label("not such a vector")
                            .hint("add vectors to vectors of the same length, and values to values"),
                    ));
                }
            }
        }
        let mut parts = Vec::with_capacity(length);
        for column in columns {
            parts.push(self.add(column, span)?);
        }
        Ok(Thing::Vector(parts))
    }

    fn product(&mut self, factors: &'a [(Operator, Expression)], span: Span, scope: &Scope<'_>) -> Outcome<Thing> {
        let things = self.all(factors.iter(), |this, (operator, factor)| {
            let thing = this.evaluate(factor, scope)?;
            if *operator == Operator::Times {
                return Ok((this.no_site(thing, factor.span)?, factor.span));
            }
            let value = this.as_value(thing, factor.span)?;
            let Some(value) = value.as_constant() else {
                return Err(this.error(
                    Diagnostic::error("E0205", factor.span, "division by something that varies is not a polynomial")
                        .label("not a number")
                        .hint("divide by numbers only; a free coupling or a field cannot be a divisor"),
                ));
            };
            let inverse = constant::divide(&Rational::ONE, &value, factor.span);
            Ok((Thing::Value(Value::constant(this.report(inverse)?)), factor.span))
        })?;
        let mut vector = None;
        let mut values = Vec::with_capacity(things.len());
        for (thing, place) in things {
            match thing {
                Thing::Vector(parts) => {
                    if vector.replace(parts).is_some() {
                        return Err(self.error(
                            Diagnostic::error("E0213", span, "a product of two vectors")
                                .label("which product?")
                                .hint("the scalar product is written dot(a, b)"),
                        ));
                    }
                }
                thing => values.push((self.as_value(thing, place)?, place)),
            }
        }
        let Some(vector) = vector else { return self.multiply(values, span).map(Thing::Value) };
        let mut parts = Vec::with_capacity(vector.len());
        for part in vector {
            let mut factors = values.clone();
            factors.push((part, span));
            parts.push(self.multiply(factors, span)?);
        }
        Ok(Thing::Vector(parts))
    }

    fn power(
        &mut self,
        base: &'a Expression,
        exponent: &'a Expression,
        span: Span,
        scope: &Scope<'_>,
    ) -> Outcome<Value> {
        let base_value = self.value(base, scope);
        let power = self.value(exponent, scope);
        let (base_value, power) = (base_value?, power?);
        let Some(power) = power.as_constant() else {
            return Err(self.error(
                Diagnostic::error("E0205", exponent.span, "an exponent that varies is not a polynomial")
                    .label("not a number")
                    .hint("exponents are integers, params with a value or variables of integer loops"),
            ));
        };
        if let Some(value) = base_value.as_constant() {
            let value = constant::power(&value, &power, span);
            return Ok(Value::constant(self.report(value)?));
        }
        if power.is_negative() || !power.is_integer() {
            let what = if power.is_negative() { "a negative power" } else { "a fractional power" };
            return Err(self.error(
                Diagnostic::error("E0205", exponent.span, format!("{what} is not a polynomial"))
                    .label(format!("the exponent is {}", limits::shown(&power)))
                    .hint("exponents of fields are integers from 0"),
            ));
        }
        match power.to_i64() {
            Some(power) => self.raise(base_value, power as u64, span),
            None => Err(self.error(limits::too_high_degree(&power, span))),
        }
    }

    fn reduction(
        &mut self,
        kind: Reduction,
        range: &'a Range,
        body: &'a Expression,
        span: Span,
        scope: &Scope<'_>,
    ) -> Outcome<Value> {
        let Range::Integers { name, first, last } = range else {
            return self.over_sites(kind, range, body, span, scope);
        };
        self.warn_of_hiding(name);
        let values = self.integers(first, last, scope)?;
        let mut parts = Vec::new();
        for value in values {
            let thing = Thing::Value(Value::constant(Rational::from(value)));
            let bound = Scope::one(name, &thing, scope);
            parts.push(self.value(body, &bound)?);
        }
        match kind {
            Reduction::Sum => self.add(parts.into_iter().map(|part| (Rational::ONE, part)).collect(), span),
            Reduction::Product => self.multiply(parts.into_iter().map(|part| (part, span)).collect(), span),
        }
    }

    /// The integers of a loop.
    pub(super) fn integers(
        &mut self,
        first: &'a Expression,
        last: &'a Expression,
        scope: &Scope<'_>,
    ) -> Outcome<std::ops::RangeInclusive<i64>> {
        let bounds = self.all([first, last].into_iter(), |this, bound| {
            let value = this.number(bound, scope, "the bound of a loop")?;
            value.to_i64().ok_or_else(|| {
                this.error(
                    Diagnostic::error("E0206", bound.span, format!("{} is not an integer", limits::shown(&value)))
                        .label("the bound of a loop is an integer"),
                )
            })
        })?;
        let (low, high) = (bounds[0], bounds[1]);
        let count = high as i128 - low as i128 + 1;
        if count > MAX_LOOP as i128 {
            return Err(self.error(
                Diagnostic::error("E0407", first.span.to(last.span), format!("this loop has {count} steps"))
                    .label("too long")
                    .hint(format!("loops over integers are written out, so they have at most {MAX_LOOP} steps")),
            ));
        }
        Ok(low..=high)
    }

    /// Calls `visit` for every addend of a summand with the scope it stands
    /// in: sums, loops over integers and `let`s at its top level are opened,
    /// so that addends that leave an open lattice are absent one by one.
    pub(super) fn summands(
        &mut self,
        body: &'a Expression,
        scope: &Scope<'_>,
        sign: &Rational,
        parts: &mut Vec<(Rational, Value)>,
    ) -> Outcome<()> {
        let step = self.meter.step(body.span);
        self.report(step)?;
        if self.depth >= MAX_DEPTH {
            // `evaluate` reports it.
            return self.value(body, scope).map(|_| ());
        }
        self.depth += 1;
        let result = self.open_summand(body, scope, sign, parts);
        self.depth -= 1;
        result
    }

    fn open_summand(
        &mut self,
        body: &'a Expression,
        scope: &Scope<'_>,
        sign: &Rational,
        parts: &mut Vec<(Rational, Value)>,
    ) -> Outcome<()> {
        match &body.node {
            ExpressionKind::Sum(terms) => {
                self.all(terms.iter(), |this, (inner, term)| {
                    let sign = if *inner == Sign::Plus { sign.clone() } else { -sign.clone() };
                    this.summands(term, scope, &sign, parts)
                })?;
                Ok(())
            }
            ExpressionKind::Reduction { kind: Reduction::Sum, range: Range::Integers { name, first, last }, body } => {
                for value in self.integers(first, last, scope)? {
                    let thing = Thing::Value(Value::constant(Rational::from(value)));
                    let bound = Scope::one(name, &thing, scope);
                    self.summands(body, &bound, sign, parts)?;
                }
                Ok(())
            }
            ExpressionKind::Call { function, arguments }
                if self.declarations.abbreviations.get(function.node.as_str()).is_some_and(|known| {
                    known.parameters.len() == arguments.len()
                        && !self.declarations.recursive.contains(function.node.as_str())
                        && matches!(known.body.node, ExpressionKind::Sum(_) | ExpressionKind::Call { .. })
                        && !FUNCTIONS.contains(&function.node.as_str())
                }) =>
            {
                let known = &self.declarations.abbreviations[function.node.as_str()];
                self.called.insert(&known.name.node);
                let met = self.met;
                let result = match self.all(arguments.iter(), |this, argument| this.argument(argument, scope)) {
                    Err(Stop::Outside) => Ok(()),
                    Err(stop) => Err(stop),
                    Ok(things) => {
                        let bound = Scope::Bound { names: known.parameters, things: &things, outer: &Scope::Empty };
                        self.summands(known.body, &bound, sign, parts)
                    }
                };
                self.met = met;
                result
            }
            _ => {
                let met = self.met;
                let value = self.value(body, scope);
                let reached = std::mem::replace(&mut self.met, met);
                match value {
                    Ok(value) => {
                        let value = self.guarded(value, reached, body.span)?;
                        parts.push((sign.clone(), value));
                        Ok(())
                    }
                    Err(Stop::Outside) => Ok(()),
                    Err(stop) => Err(stop),
                }
            }
        }
    }

    /// Takes note of a cell that the addend at hand meets, given by its
    /// coordinates as in [`Site`].
    pub(super) fn meet(&mut self, place: &[i64]) {
        let frame = &self.model.frame;
        for (at, &direction) in frame.directions.iter().enumerate() {
            if frame.boundaries[at] == Boundary::Open {
                // Displacements are limited where a field is read.
                let steps = place[direction].clamp(i16::MIN as i64 + 1, i16::MAX as i64) as i16;
                self.met.0.0[at] = self.met.0.0[at].min(steps);
                self.met.1.0[at] = self.met.1.0[at].max(steps);
            }
        }
    }

    /// A value that is absent in the cells where some of a box of cells is
    /// beyond an open end.
    pub(super) fn guarded(&mut self, value: Value, met: (Shift, Shift), span: Span) -> Outcome<Value> {
        let guards = markers::guards(&met.0, &met.1);
        if guards.is_empty() {
            return Ok(value);
        }
        let guard = self.guard(&guards);
        self.multiply(vec![(guard, span), (value, span)], span)
    }

    /// The product of guards.
    pub(super) fn guard(&self, guards: &[Variable]) -> Value {
        let mut written: Vec<Written> = guards.iter().map(|&guard| Written::Variable(guard)).collect();
        Value {
            polynomial: markers::product(guards),
            written: if written.len() == 1 { written.swap_remove(0) } else { Written::Product(written) },
            nodes: guards.len() as u64,
            extensive: false,
            imaginary: None,
        }
    }
}
