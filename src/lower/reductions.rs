//! Sums and products over integers and components, scalar products, and the
//! addends of a summand one by one.

use super::evaluate::{Evaluator, Outcome, Scope, Stop, Thing};
use super::limits::{self, MAX_DEPTH, MAX_LOOP};
use super::names::FUNCTIONS;
use super::value::Value;
use crate::diagnostics::{Diagnostic, Span};
use crate::exact::Rational;
use crate::syntax::ast::{Expression, ExpressionKind, Name, Range, Reduction, Sign};

impl<'a> Evaluator<'a> {
    pub(super) fn reduction(
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

    /// `sum(x)` and `product(x)`: over all components of a vector, or all
    /// sites of a field.
    pub(super) fn reduce_all(
        &mut self,
        function: &'a Name,
        arguments: &'a [Expression],
        span: Span,
        scope: &Scope<'_>,
    ) -> Outcome<Thing> {
        let word = function.node.as_str();
        let [argument] = arguments else {
            return Err(self.error(
                Diagnostic::error("E0211", span, format!("`{word}` runs over one thing at a time"))
                    .label("wrong number of arguments")
                    .hint(format!("write {word}(x) over the components of a field, or {word}(i)( ... ) over sites")),
            ));
        };
        if let ExpressionKind::Name(name) = &argument.node
            && scope.find(name).is_none()
            && !self.declarations.known_names().contains(&name.as_str())
        {
            return Err(self.error(
                Diagnostic::error("E0106", span, format!("`{word}({name})` has nothing to add up"))
                    .label("expected parentheses after it")
                    .hint(format!(
                        "over sites, write {word}({name})( ... ) with the {} in parentheses",
                        match word {
                            "sum" => "summand",
                            _ => "factor",
                        }
                    )),
            ));
        }
        let parts = match self.evaluate(argument, scope)? {
            Thing::Vector(parts) => parts,
            Thing::Field(field) => {
                let kind = if word == "sum" { Reduction::Sum } else { Reduction::Product };
                return self.over_field(kind, field, span).map(Thing::Value);
            }
            thing => {
                let value = self.as_value(thing, argument.span)?;
                let _ = value;
                return Err(self.error(
                    Diagnostic::error("E0213", argument.span, format!("`{word}` of a single value"))
                        .label("not a field with components or sites")
                        .hint(format!(
                            "write {word}(a in 0..2)( ... ), {word}(i)( ... ), or {word}(x) of a field x[n]"
                        )),
                ));
            }
        };
        match word {
            "sum" => self.add(parts.into_iter().map(|part| (Rational::ONE, part)).collect(), span),
            _ => self.multiply(parts.into_iter().map(|part| (part, span)).collect(), span),
        }
        .map(Thing::Value)
    }

    pub(super) fn dot(
        &mut self,
        a: &'a Expression,
        b: &'a Expression,
        span: Span,
        scope: &Scope<'_>,
    ) -> Outcome<Value> {
        let vectors = self.all([a, b].into_iter(), |this, argument| match this.evaluate(argument, scope)? {
            Thing::Vector(parts) => Ok(parts),
            Thing::Field(field) if this.model.fields[field].indexed => {
                let name = &this.model.fields[field].name;
                let error = Diagnostic::error("E0203", argument.span, format!("`{name}` is a vector at every site"))
                    .label("at which site?")
                    .hint(format!("write dot({name}[i], {name}[j])"));
                Err(this.error(error))
            }
            _ => Err(this.error(
                Diagnostic::error("E0213", argument.span, "`dot` takes two vectors")
                    .label("not a vector")
                    .hint("declare the field with components, as in field S[3] : real in [-1, 1]"),
            )),
        })?;
        let [left, right] = <[_; 2]>::try_from(vectors).map_err(|_| Stop::Reported)?;
        if left.len() != right.len() {
            return Err(self.error(
                Diagnostic::error(
                    "E0213",
                    span,
                    format!("a scalar product of vectors of {} and {} components", left.len(), right.len()),
                )
                .label("lengths differ"),
            ));
        }
        self.dot_values(left, right, span)
    }

    pub(super) fn dot_values(&mut self, left: Vec<Value>, right: Vec<Value>, span: Span) -> Outcome<Value> {
        let mut parts = Vec::with_capacity(left.len());
        for (a, b) in left.into_iter().zip(right) {
            let part = if a.written == b.written {
                self.raise(a, 2, span)?
            } else {
                self.multiply(vec![(a, span), (b, span)], span)?
            };
            parts.push((Rational::ONE, part));
        }
        self.add(parts, span)
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
                let things = match self.all(arguments.iter(), |this, argument| this.argument(argument, scope)) {
                    Err(Stop::Outside) => return Ok(()),
                    things => things?,
                };
                let bound = Scope::Bound { names: known.parameters, things: &things, outer: &Scope::Empty };
                self.summands(known.body, &bound, sign, parts)
            }
            _ => match self.value(body, scope) {
                Ok(value) => {
                    parts.push((sign.clone(), value));
                    Ok(())
                }
                Err(Stop::Outside) => Ok(()),
                Err(stop) => Err(stop),
            },
        }
    }
}
