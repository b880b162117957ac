//! Functions: `let`s with parameters, `dot`, `sqrt`, `sum(x)` and `product(x)`.

use super::constant;
use super::evaluate::{Evaluator, Outcome, Scope, Stop, Thing};
use super::limits;
use super::names::FUNCTIONS;
use super::value::Value;
use crate::diagnostics::{Diagnostic, Span};
use crate::exact::Rational;
use crate::model::Lattice;
use crate::spelling::nearest;
use crate::syntax::ast::{Expression, ExpressionKind, Name, Range, Reduction};

impl<'a> Evaluator<'a> {
    pub(super) fn call(
        &mut self,
        function: &'a Name,
        arguments: &'a [Expression],
        span: Span,
        scope: &Scope<'_>,
    ) -> Outcome<Thing> {
        let name = function.node.as_str();
        match name {
            "sum" | "product" => return self.reduce_all(function, arguments, span, scope),
            "dot" => {
                let [a, b] = self.arguments(function, arguments, 2)? else { return Err(Stop::Reported) };
                return self.dot(a, b, span, scope).map(Thing::Value);
            }
            "grad2" | "lap" => {
                let [field, site] = self.arguments(function, arguments, 2)? else { return Err(Stop::Reported) };
                return self.derivative(function, field, site, span, scope);
            }
            "sqrt" => {
                let [argument] = self.arguments(function, arguments, 1)? else { return Err(Stop::Reported) };
                let value = self.value(argument, scope)?;
                let Some(value) = value.as_constant() else {
                    return Err(self.error(
                        Diagnostic::error("E0205", span, "a square root of a field is not a polynomial")
                            .label("not a polynomial")
                            .hint("use its square as the variable, or approximate it by a polynomial on the domain"),
                    ));
                };
                let root = constant::square_root(&value, span);
                return Ok(Thing::Value(Value::constant(self.report(root)?)));
            }
            // These names may be given to a `let`.
            "conj" | "re" | "im" | "abs2" | "complex" | "sublattice"
                if !self.declarations.abbreviations.contains_key(name) =>
            {
                return self.of_complex(function, arguments, span, scope);
            }
            _ => {}
        }
        if let Some(abbreviation) = self.declarations.abbreviations.get(function.node.as_str()) {
            if self.declarations.recursive.contains(function.node.as_str()) {
                return Err(Stop::Reported);
            }
            let parameters = abbreviation.parameters;
            if parameters.is_empty() {
                return Err(self.error(
                    Diagnostic::error("E0211", function.span, format!("`{}` takes no arguments", function.node))
                        .label("not a function")
                        .hint(format!("for a product write {}*( ... )", function.node)),
                ));
            }
            self.called.insert(&abbreviation.name.node);
            self.arguments(function, arguments, parameters.len())?;
            let things = self.all(arguments.iter(), |this, argument| this.argument(argument, scope))?;
            let bound = Scope::Bound { names: parameters, things: &things, outer: &Scope::Empty };
            return self.evaluate(abbreviation.body, &bound);
        }
        Err(self.unknown_function(function, scope))
    }

    /// `conj(z)`, `re(z)`, `im(z)`, `abs2(z)`, `complex(x, y)`, and
    /// `sublattice(i)`, the number of a site in its cell.
    fn of_complex(
        &mut self,
        function: &'a Name,
        arguments: &'a [Expression],
        span: Span,
        scope: &Scope<'_>,
    ) -> Outcome<Thing> {
        let name = function.node.as_str();
        if name == "complex" {
            let [real, imaginary] = self.arguments(function, arguments, 2)? else { return Err(Stop::Reported) };
            let parts = self.all([real, imaginary].into_iter(), |this, part| this.value(part, scope))?;
            let [real, imaginary] = <[Value; 2]>::try_from(parts).map_err(|_| Stop::Reported)?;
            let unit = Value::complex(Value::constant(Rational::ZERO), Value::constant(Rational::ONE));
            let imaginary = self.multiply(vec![(imaginary, span), (unit, span)], span)?;
            return self.add(vec![(Rational::ONE, real), (Rational::ONE, imaginary)], span).map(Thing::Value);
        }
        let [argument] = self.arguments(function, arguments, 1)? else { return Err(Stop::Reported) };
        if name == "sublattice" {
            let site = self.site(argument, scope)?;
            return Ok(Thing::Value(Value::constant(Rational::from(site.basis as u64))));
        }
        let value = match self.evaluate(argument, scope)? {
            Thing::Vector(parts) if name == "conj" => {
                return Ok(Thing::Vector(parts.into_iter().map(Value::conjugate).collect()));
            }
            thing => self.as_value(thing, argument.span)?,
        };
        let value = match name {
            "conj" => value.conjugate(),
            "re" => value.parts().0,
            "im" => value.parts().1,
            _ => self.absolute_square(value, span)?,
        };
        Ok(Thing::Value(value))
    }

    /// The error of a function that nothing declares.
    fn unknown_function(&mut self, function: &Name, scope: &Scope<'_>) -> Stop {
        let name = function.node.as_str();
        let error = if let Some(what) = not_polynomial(name) {
            Diagnostic::error("E0205", function.span, format!("`{name}` is not a polynomial"))
                .label(what)
                .hint("approximate it by a polynomial on the domain, such as its Taylor or Chebyshev series")
        } else if self.declarations.field(name).is_some() {
            Diagnostic::error("E0203", function.span, format!("`{name}` is a field, not a function"))
                .label("parentheses after a field")
                .hint(format!("an index is written {name}[i]; a product {name}*( ... )"))
        } else if self.declarations.params.contains_key(name) || scope.find(name).is_some() {
            Diagnostic::error("E0211", function.span, format!("`{name}` is a value, not a function"))
                .label("parentheses after a value")
                .hint(format!("for a product write {name}*( ... )"))
        } else {
            let functions = self.declarations.abbreviations.keys().copied().chain(FUNCTIONS).chain(["sum", "product"]);
            let error = Diagnostic::error("E0202", function.span, format!("there is no function `{name}`"))
                .label("unknown function");
            match nearest(name, functions) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint(format!("define it: let {name}(i, j) = ...")),
            }
        };
        self.error(error)
    }

    /// `sum(x)` and `product(x)`: over all components of a vector, or all
    /// sites of a field.
    fn reduce_all(
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
                self.as_value(thing, argument.span)?;
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

    fn dot(&mut self, a: &'a Expression, b: &'a Expression, span: Span, scope: &Scope<'_>) -> Outcome<Value> {
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

    fn dot_values(&mut self, left: Vec<Value>, right: Vec<Value>, span: Span) -> Outcome<Value> {
        let mut parts = Vec::with_capacity(left.len());
        for (a, b) in left.into_iter().zip(right) {
            let part = if a.written == b.written && a.imaginary.is_none() && b.imaginary.is_none() {
                self.raise(a, 2, span)?
            } else {
                self.multiply(vec![(a, span), (b, span)], span)?
            };
            parts.push((Rational::ONE, part));
        }
        self.add(parts, span)
    }

    /// An argument: a site where it names one, else whatever it stands for.
    pub(super) fn argument(&mut self, argument: &'a Expression, scope: &Scope<'_>) -> Outcome<Thing> {
        if self.mentions_site(argument, scope) {
            return self.site(argument, scope).map(Thing::Site);
        }
        self.evaluate(argument, scope)
    }

    /// Whether a site variable stands at the top level of an expression.
    fn mentions_site(&self, expression: &Expression, scope: &Scope<'_>) -> bool {
        match &expression.node {
            ExpressionKind::Name(name) => matches!(scope.find(name), Some(Thing::Site(_))),
            ExpressionKind::Sum(terms) => terms.iter().any(|(_, term)| match &term.node {
                ExpressionKind::Name(name) => matches!(scope.find(name), Some(Thing::Site(_))),
                _ => false,
            }),
            ExpressionKind::Tuple(_) => true,
            _ => false,
        }
    }

    fn arguments(&mut self, function: &Name, arguments: &'a [Expression], wanted: usize) -> Outcome<&'a [Expression]> {
        if arguments.len() == wanted {
            return Ok(arguments);
        }
        let hint = match function.node.as_str() {
            "dot" => "write dot(S[i], S[j])".to_owned(),
            "complex" => "write complex(x, y) for x + iy".to_owned(),
            name @ ("grad2" | "lap") => format!("write {name}(phi, i) inside sum(i)( ... )"),
            name => match self.declarations.abbreviations.get(name) {
                Some(known) => {
                    let names: Vec<&str> = known.parameters.iter().map(|p| p.node.as_str()).collect();
                    format!("it is declared as {name}({})", names.join(", "))
                }
                None => format!("write {name}( ... )"),
            },
        };
        Err(self.error(
            Diagnostic::error(
                "E0211",
                function.span,
                format!("`{}` takes {}, not {}", function.node, limits::counted(wanted, "argument"), arguments.len()),
            )
            .label("wrong number of arguments")
            .hint(hint),
        ))
    }

    /// Reports unknown names in functions that were never called, so that they
    /// do not wait for their first use.
    pub(super) fn check_uncalled(&mut self) {
        let known = &self.declarations.abbreviations;
        for (name, abbreviation) in known {
            if abbreviation.parameters.is_empty() || self.called.contains(name) {
                continue;
            }
            let things = vec![Thing::Value(Value::constant(Rational::ZERO)); abbreviation.parameters.len()];
            let scope = Scope::Bound { names: abbreviation.parameters, things: &things, outer: &Scope::Empty };
            self.check_names(abbreviation.body, &scope, false);
        }
    }

    fn check_names(&mut self, expression: &'a Expression, scope: &Scope<'_>, in_index: bool) {
        match &expression.node {
            ExpressionKind::Number(_) => {}
            ExpressionKind::Name(name) => {
                let directions = self.model.lattice.dimension();
                let named = in_index
                    && ((0..directions).any(|d| Lattice::direction_name(d) == *name)
                        || self.model.lattice.sublattices().contains(&name.as_str()));
                if !named && !self.knows(name, scope) {
                    self.unknown(name, expression.span, scope);
                }
            }
            ExpressionKind::Index { base, brackets } => {
                if !self.knows(&base.node, scope) {
                    self.unknown(&base.node, base.span, scope);
                }
                brackets.iter().flatten().for_each(|index| self.check_names(index, scope, true));
            }
            ExpressionKind::Tuple(parts) => parts.iter().for_each(|part| self.check_names(part, scope, true)),
            ExpressionKind::Call { function, arguments } => {
                let name = function.node.as_str();
                let known = FUNCTIONS.contains(&name)
                    || ["sum", "product"].contains(&name)
                    || self.declarations.abbreviations.contains_key(name);
                if !known {
                    self.unknown_function(function, scope);
                }
                arguments.iter().for_each(|argument| self.check_names(argument, scope, true));
            }
            ExpressionKind::Reduction { range, body, .. } => {
                let names: Vec<Name> = match range {
                    Range::Sites(name) | Range::Sublattice { site: name, .. } => vec![name.clone()],
                    Range::Neighbors(first, second)
                    | Range::SecondNeighbors(first, second)
                    | Range::ThirdNeighbors(first, second) => {
                        vec![first.clone(), second.clone()]
                    }
                    Range::Plaquettes(names) => names.clone(),
                    Range::Integers { name, first, last } => {
                        self.check_names(first, scope, false);
                        self.check_names(last, scope, false);
                        vec![name.clone()]
                    }
                };
                let things = vec![Thing::Value(Value::constant(Rational::ZERO)); names.len()];
                self.check_names(body, &Scope::Bound { names: &names, things: &things, outer: scope }, in_index);
            }
            ExpressionKind::Sum(terms) => terms.iter().for_each(|(_, term)| self.check_names(term, scope, in_index)),
            ExpressionKind::Product(factors) => {
                factors.iter().for_each(|(_, factor)| self.check_names(factor, scope, in_index));
            }
            ExpressionKind::Power(base, exponent) => {
                self.check_names(base, scope, in_index);
                self.check_names(exponent, scope, in_index);
            }
        }
    }

    fn knows(&self, name: &str, scope: &Scope<'_>) -> bool {
        scope.find(name).is_some()
            || self.declarations.params.contains_key(name)
            || self.declarations.field(name).is_some()
            || self.declarations.abbreviations.contains_key(name)
    }
}

/// What a well-known function is, if it is no polynomial.
fn not_polynomial(name: &str) -> Option<&'static str> {
    Some(match name {
        "sin" | "cos" | "tan" => "a trigonometric function",
        "exp" | "log" | "ln" | "sinh" | "cosh" | "tanh" | "sigmoid" => "a transcendental function",
        "abs" | "max" | "min" | "sign" | "relu" => "a function with a kink",
        _ => return None,
    })
}
