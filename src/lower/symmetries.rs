//! Declared symmetries, read from the spec.

use super::constant::constant;
use super::names::{Declarations, Param};
use super::space_groups::home;
use crate::diagnostics::{Diagnostic, Diagnostics, Span};
use crate::exact::Rational;
use crate::model::symmetry::motion;
use crate::model::{Lattice, NoSuchSymmetry, Symmetry, Vector};
use crate::spelling::nearest;
use crate::syntax::ast::{Argument, Call, Expression, ExpressionKind, Operator, Sign};

/// All words for a symmetry; names of space groups stand for themselves.
const WORDS: [&str; 14] = [
    "translation",
    "uniform",
    "reflection",
    "point_group",
    "space_group",
    "map",
    "permutation",
    "graph_automorphism",
    "flip",
    "cyclic",
    "u1",
    "rotation",
    "lorentz",
    "gauge",
];

/// The symmetries that a word with its arguments stands for; none where an
/// error was reported.
pub(super) fn read(declarations: &Declarations<'_>, call: &Call, diagnostics: &mut Diagnostics) -> Vec<Symmetry> {
    let mut reader = Reader { declarations, call, diagnostics };
    reader.symmetries().unwrap_or_default()
}

pub(super) struct Reader<'a, 'b> {
    pub(super) declarations: &'a Declarations<'b>,
    pub(super) call: &'a Call,
    pub(super) diagnostics: &'a mut Diagnostics,
}

impl Reader<'_, '_> {
    pub(super) fn error<T>(
        &mut self,
        span: Span,
        message: impl Into<String>,
        label: &str,
        hint: impl Into<String>,
    ) -> Option<T> {
        self.diagnostics.push(Diagnostic::error("E0216", span, message.into()).label(label).hint(hint.into()));
        None
    }

    fn symmetries(&mut self) -> Option<Vec<Symmetry>> {
        let call = self.call;
        let word = call.name.node.as_str();
        let plain = match word {
            "translation" => Some(Symmetry::Translation),
            "uniform" => Some(Symmetry::Uniform),
            "reflection" => Some(Symmetry::Reflection),
            "permutation" => Some(Symmetry::Permutation),
            "graph_automorphism" => Some(Symmetry::GraphAutomorphism),
            _ => None,
        };
        if let Some(symmetry) = plain {
            if let Some(argument) = call.arguments.first() {
                return self.error(
                    argument.span(),
                    format!("`{word}` takes no arguments"),
                    "not needed",
                    format!("write symmetry {word}"),
                );
            }
            return Some(vec![symmetry]);
        }
        match word {
            "point_group" => match call.arguments.as_slice() {
                [] => Some(vec![Symmetry::PointGroup(None)]),
                [name] => {
                    let name = self.group_name(name)?;
                    Some(vec![Symmetry::PointGroup(Some(name))])
                }
                [_, second, ..] => {
                    self.error(second.span(), "`point_group` takes one name", "one too many", "write point_group(C4)")
                }
            },
            "space_group" => self.space_group(),
            "map" => self.map(),
            "flip" => {
                let field = match call.arguments.as_slice() {
                    [argument] => self.field_of(argument),
                    _ => None,
                };
                if field.is_none() {
                    let span = call.arguments.first().map_or(call.name.span, Argument::span);
                    return self.error(
                        span,
                        "`flip` takes the name of one field",
                        "not a field",
                        format!("write flip({})", self.example()),
                    );
                }
                field.map(|field| vec![Symmetry::Flip(field)])
            }
            "cyclic" => {
                let usage = format!("write cyclic({}, 3)", self.example());
                let Some((order, names)) = call.arguments.split_last().filter(|(_, names)| !names.is_empty()) else {
                    return self.error(call.name.span, "`cyclic` takes fields and an order", "which root?", usage);
                };
                let Argument::Expression(expression) = order else {
                    return self.error(order.span(), "an order is a number", "not a number", usage);
                };
                if self.field_of(order).is_some() {
                    return self.error(order.span(), "`cyclic` ends with its order", "not a number", usage);
                }
                let value = constant(expression, &self.declarations.params, self.diagnostics)?;
                let Some(order) = value.to_i64().and_then(|n| u32::try_from(n).ok()).filter(|&n| n >= 1) else {
                    return self.error(expression.span, format!("an order cannot be {value}"), "not an order", usage);
                };
                let fields = names.iter().map(|name| self.named_field(name)).collect::<Option<_>>()?;
                Some(vec![Symmetry::Cyclic { fields, order }])
            }
            "u1" => {
                let vectors = self.vectors(&call.arguments)?;
                let field = |vector: &Vector| match vector {
                    Vector::Field(field) => self.declarations.fields.get(*field),
                    Vector::Scalars(_) => None,
                };
                let real = vectors.iter().position(|vector| field(vector).is_none_or(|field| field.components != 2));
                if let Some(real) = real {
                    let span = call.arguments.get(real).map_or(call.name.span, Argument::span);
                    return self.error(
                        span,
                        "a phase multiplies complex fields only",
                        "not complex",
                        "declare it as `field phi : complex in [-1, 1]`",
                    );
                }
                Some(vec![Symmetry::Rotation { vectors, proper: true }])
            }
            "rotation" => {
                let (arguments, words) = self.split_words(&["proper", "locked", "axial"]);
                let has = |word: &str| words.iter().any(|known| known == word);
                let (proper, locked, axial) = (has("proper"), has("locked"), has("axial"));
                let vectors = self.vectors(&arguments)?;
                if !locked {
                    if axial {
                        return self.error(
                            call.name.span,
                            "only vectors that turn with space are axial",
                            "`axial` without `locked`",
                            "write rotation(S, locked, axial)",
                        );
                    }
                    return Some(vec![Symmetry::Rotation { vectors, proper }]);
                }
                let mut symmetries = Vec::new();
                for vector in vectors {
                    let Vector::Field(field) = vector else {
                        return self.error(
                            call.name.span,
                            "scalars do not turn with space",
                            "not vectors",
                            "declare a vector, such as `field S[3] : real in [-1, 1]`",
                        );
                    };
                    symmetries.push(Symmetry::Locked { field, axial });
                }
                Some(symmetries)
            }
            "lorentz" => {
                let (arguments, words) = self.split_words(&["parity"]);
                let vectors = self.vectors(&arguments)?;
                Some(vec![Symmetry::Lorentz { vectors, parity: !words.is_empty() }])
            }
            "gauge" => {
                let (arguments, words) = self.split_words(&["contractible", "contractible_only"]);
                let Some((first, charged)) = arguments.split_first() else {
                    return self.error(
                        call.name.span,
                        "`gauge` takes a field on bonds, and charged fields on sites after it",
                        "which field?",
                        format!("write gauge({})", self.example()),
                    );
                };
                let field = self.named_field(first)?;
                let mut matter: Vec<(usize, i64)> = Vec::new();
                for argument in charged {
                    let (index, charge) = self.charged(argument)?;
                    if index == field || matter.iter().any(|(known, _)| *known == index) {
                        let name = &self.declarations.fields[index].name;
                        let message = format!("`gauge` names {name} twice");
                        return self.error(argument.span(), message, "named before", "a field has one charge");
                    }
                    matter.push((index, charge));
                }
                Some(vec![Symmetry::Gauge { field, contractible: !words.is_empty(), matter }])
            }
            name => {
                if call.arguments.is_empty() && !home(name).is_empty() {
                    return self.named_space_group(call.name.span, name);
                }
                if !home(name).is_empty() {
                    let hint = format!("write space_group({name}, cell(...))");
                    return self.error(
                        call.name.span,
                        format!("the space group `{name}` takes no arguments"),
                        "its name alone",
                        hint,
                    );
                }
                let hint = match nearest(name, WORDS) {
                    Some(known) => format!("did you mean `{known}`?"),
                    None => {
                        "symmetries: translation, reflection, point_group, space_group(name), map(...), permutation, \
                             flip(field), cyclic(field, n), u1(field), rotation(field), lorentz(field), gauge(field), \
                             uniform, graph_automorphism"
                            .to_owned()
                    }
                };
                self.error(call.name.span, format!("there is no symmetry `{name}`"), "unknown symmetry", hint)
            }
        }
    }

    /// A field's name for hints.
    fn example(&self) -> String {
        self.declarations.fields.first().map_or("phi", |field| field.name.as_str()).to_owned()
    }

    fn field_of(&self, argument: &Argument) -> Option<usize> {
        match argument {
            Argument::Expression(Expression { node: ExpressionKind::Name(name), .. }) => self.declarations.field(name),
            _ => None,
        }
    }

    /// A charged field: `phi`, of charge one, or `charge(phi, 2)`.
    fn charged(&mut self, argument: &Argument) -> Option<(usize, i64)> {
        let Argument::Expression(Expression { node: ExpressionKind::Call { function, arguments }, .. }) = argument
        else {
            return self.named_field(argument).map(|field| (field, 1));
        };
        let usage = "write charge(phi, 2)";
        let [name, charge] = arguments.as_slice() else {
            return self.error(function.span, "`charge` takes a field and a number", "which charge?", usage);
        };
        if function.node != "charge" {
            let message = format!("`gauge` has no `{}`", function.node);
            return self.error(function.span, message, "unknown", usage);
        }
        let field = self.named_field(&Argument::Expression(name.clone()))?;
        let value = constant(charge, &self.declarations.params, self.diagnostics)?;
        match value.to_i64().filter(|charge| charge.abs() <= 1000) {
            Some(charge) => Some((field, charge)),
            None => self.error(charge.span, format!("a charge cannot be {value}"), "not a charge", usage),
        }
    }

    fn named_field(&mut self, argument: &Argument) -> Option<usize> {
        let field = self.field_of(argument);
        if field.is_none() {
            let word = &self.call.name.node;
            let fields: Vec<&str> = self.declarations.fields.iter().map(|field| field.name.as_str()).collect();
            let hint = match argument {
                Argument::Expression(Expression { node: ExpressionKind::Name(name), .. }) => {
                    nearest(name, fields.iter().copied()).map(|known| format!("did you mean `{known}`?"))
                }
                _ => None,
            };
            let hint = hint.unwrap_or_else(|| format!("write {word}({})", self.example()));
            return self.error(argument.span(), format!("`{word}` takes names of fields"), "not a field", hint);
        }
        field
    }

    /// The arguments that are not some words, and which of the words stand
    /// among them. A field with the name of a word is meant first.
    fn split_words(&self, words: &[&str]) -> (Vec<Argument>, Vec<String>) {
        let (mut arguments, mut found) = (Vec::new(), Vec::new());
        for argument in &self.call.arguments {
            match argument {
                Argument::Expression(Expression { node: ExpressionKind::Name(name), .. })
                    if words.contains(&name.as_str()) && self.declarations.field(name).is_none() =>
                {
                    found.push(name.clone());
                }
                other => arguments.push(other.clone()),
            }
        }
        (arguments, found)
    }

    /// Vectors: each list of scalars is one, and so are scalars that are
    /// listed without parentheses; fields of several components are one each.
    fn vectors(&mut self, arguments: &[Argument]) -> Option<Vec<Vector>> {
        let mut vectors = Vec::new();
        let mut scalars = Vec::new();
        for argument in arguments {
            if let Argument::List(list) = argument {
                let mut fields = Vec::new();
                for item in &list.node {
                    fields.push(self.named_field(&Argument::Expression(item.clone()))?);
                }
                vectors.push(Vector::Scalars(fields));
                continue;
            }
            let field = self.named_field(argument)?;
            match self.declarations.fields[field].components {
                1 => scalars.push(field),
                _ => vectors.push(Vector::Field(field)),
            }
        }
        if !scalars.is_empty() {
            vectors.push(Vector::Scalars(scalars));
        }
        if vectors.is_empty() {
            let word = &self.call.name.node;
            let hint = format!("write {word}({})", self.example());
            return self.error(self.call.name.span, format!("`{word}` of which fields?"), "no fields", hint);
        }
        Some(vectors)
    }

    /// The name of a group: a word, a text in quotes, or a number such as 4.
    pub(super) fn group_name(&mut self, argument: &Argument) -> Option<String> {
        match argument {
            Argument::Text(text) => Some(text.node.clone()),
            Argument::Expression(Expression { node: ExpressionKind::Name(name), .. }) => Some(name.clone()),
            Argument::Expression(Expression { node: ExpressionKind::Number(number), .. }) => Some(number.to_string()),
            other => self.error(
                other.span(),
                "a group is given by its name",
                "not a name",
                "write names with signs in quotes, as in \"m-3m\" or \"4/mmm\"",
            ),
        }
    }

    /// `map(-y, x)`: where the point (x, y) goes.
    fn map(&mut self) -> Option<Vec<Symmetry>> {
        let call = self.call;
        let lattice = &self.declarations.lattice;
        let dimension = lattice.dimension();
        if call.arguments.len() != dimension || lattice.is_point() {
            return self.error(
                call.name.span,
                format!("a map gives {dimension} coordinates here"),
                "one for each direction",
                match dimension {
                    0 => "a map moves the sites of a lattice; declare one".to_owned(),
                    _ => format!("write map({}) for the map that moves nothing", names(dimension)),
                },
            );
        }
        let scale = lattice.geometry().scale;
        let (mut matrix, mut steps, mut texts) = (Vec::new(), Vec::new(), Vec::new());
        for argument in &call.arguments {
            let affine = match argument {
                Argument::Expression(expression) => affine(self.declarations, expression),
                _ => None,
            };
            let Some((row, shift)) = affine else {
                return self.error(
                    argument.span(),
                    "a coordinate of a map is a sum of coordinates and numbers",
                    "not such a sum",
                    match dimension {
                        1 => "the coordinate is x; write, for example, map(-x) or map(x + 2)".to_owned(),
                        _ => format!(
                            "the coordinates are {}; write, for example, map(-y, x{})",
                            names(dimension),
                            names(dimension).get(4..).unwrap_or_default()
                        ),
                    },
                );
            };
            let entries: Option<Vec<i64>> =
                row.iter().map(|entry| entry.to_i64().filter(|entry| entry.abs() <= 1 << 20)).collect();
            let step = (&shift * &Rational::from(scale)).to_i64().filter(|step| step.abs() <= 1 << 40);
            let (Some(entries), Some(step)) = (entries, step) else {
                return self.error(
                    argument.span(),
                    "this map does not take sites to sites",
                    "no whole steps",
                    "coordinates count cells along the cell vectors",
                );
            };
            texts.push(affine_text(&row, &shift));
            matrix.push(entries);
            steps.push(step);
        }
        let name = format!("map({})", texts.join(", "));
        match motion(lattice, &name, matrix, &steps) {
            Ok(isometry) => Some(vec![Symmetry::Motion(isometry)]),
            Err(NoSuchSymmetry { message, hint }) => {
                self.diagnostics.push(
                    Diagnostic::error("E0304", call.name.span, message)
                        .label("not a symmetry of this lattice")
                        .hint(hint),
                );
                None
            }
        }
    }
}

/// The factors of the coordinates and the constant of an affine expression.
fn affine(declarations: &Declarations<'_>, expression: &Expression) -> Option<(Vec<Rational>, Rational)> {
    let dimension = declarations.lattice.dimension();
    let constant = |value: Rational| (vec![Rational::ZERO; dimension], value);
    match &expression.node {
        ExpressionKind::Number(value) => Some(constant(value.clone())),
        ExpressionKind::Name(name) => {
            let direction = (0..dimension).find(|&direction| Lattice::direction_name(direction) == *name);
            match (direction, declarations.params.get(name.as_str())) {
                (Some(direction), _) => {
                    let mut row = vec![Rational::ZERO; dimension];
                    row[direction] = Rational::ONE;
                    Some((row, Rational::ZERO))
                }
                (None, Some(Param::Number(value))) => Some(constant(value.clone())),
                _ => None,
            }
        }
        ExpressionKind::Sum(terms) => {
            let mut sum = constant(Rational::ZERO);
            for (sign, term) in terms {
                let (row, value) = affine(declarations, term)?;
                let signed = |a: &Rational, b: &Rational| if *sign == Sign::Plus { a + b } else { a - b };
                sum = (sum.0.iter().zip(&row).map(|(a, b)| signed(a, b)).collect(), signed(&sum.1, &value));
            }
            Some(sum)
        }
        ExpressionKind::Product(factors) => {
            let mut product = constant(Rational::ONE);
            for (operator, factor) in factors {
                let (row, value) = affine(declarations, factor)?;
                let linear = |row: &[Rational]| row.iter().any(|entry| !entry.is_zero());
                product = match operator {
                    Operator::Divide if linear(&row) || value.is_zero() => return None,
                    Operator::Divide => {
                        let scaled = product.0.iter().map(|entry| entry / &value).collect();
                        (scaled, &product.1 / &value)
                    }
                    Operator::Times if !linear(&row) => {
                        let scaled = product.0.iter().map(|entry| entry * &value).collect();
                        (scaled, &product.1 * &value)
                    }
                    Operator::Times if !linear(&product.0) => {
                        let scaled = row.iter().map(|entry| entry * &product.1).collect();
                        (scaled, &value * &product.1)
                    }
                    Operator::Times => return None,
                };
            }
            Some(product)
        }
        _ => None,
    }
}

/// The names of the coordinates.
fn names(dimension: usize) -> String {
    (0..dimension).map(Lattice::direction_name).collect::<Vec<_>>().join(", ")
}

/// An affine expression as it is written.
fn affine_text(row: &[Rational], shift: &Rational) -> String {
    let mut text = String::new();
    let parts = row.iter().enumerate().map(|(d, factor)| (factor, Some(Lattice::direction_name(d))));
    for (factor, name) in parts.chain([(shift, None)]).filter(|(factor, _)| !factor.is_zero()) {
        match (text.is_empty(), factor.is_negative()) {
            (true, true) => text.push('-'),
            (true, false) => {}
            (false, negative) => text.push_str(if negative { " - " } else { " + " }),
        }
        let size = factor.abs();
        text.push_str(&match name {
            Some(name) if size.is_one() => name,
            Some(name) => format!("{size}*{name}"),
            None => size.to_string(),
        });
    }
    if text.is_empty() { "0".to_owned() } else { text }
}
