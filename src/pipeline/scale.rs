//! How counts grow with a parameter of a spec.

use dashu_int::UBig;
use rayon::prelude::*;
use std::fmt;

use super::{CompileError, Options, circuit, generic, network};
use crate::analysis::baselines;
use crate::analysis::growth::{Growth, growth};
use crate::assemble;
use crate::assemble::shallow;
use crate::count;
use crate::diagnostics::{Diagnostics, has_errors};
use crate::exact::Rational;
use crate::lower;
use crate::model::Model;
use crate::simplify;
use crate::syntax::{
    self,
    ast::{ExpressionKind, Spec, StatementKind},
};

/// A count for each value of the parameter.
#[derive(Clone, PartialEq, Debug)]
pub struct Series {
    /// What is counted.
    pub name: &'static str,
    /// The counts in decimal, in the order of the values; `None` where a count
    /// is not known.
    pub counts: Vec<Option<String>>,
    /// The law of the counts.
    pub growth: Growth,
}

/// The counts at every value of a parameter.
#[derive(Clone, PartialEq, Debug)]
pub struct Scaled {
    /// The values.
    pub values: Vec<i64>,
    /// What grows.
    pub series: Vec<Series>,
}

/// Why a spec cannot be scaled.
#[derive(Clone, PartialEq, Debug)]
pub enum ScaleError {
    /// The spec has no such param, or leaves it free.
    NoParam {
        /// The params that it has.
        known: Vec<String>,
    },
    /// With this value the spec is wrong.
    Wrong {
        /// The value.
        value: i64,
        /// What is wrong.
        diagnostics: Diagnostics,
    },
    /// With this value there is no network.
    Compile {
        /// The value.
        value: i64,
        /// Why.
        error: CompileError,
    },
}

impl fmt::Display for ScaleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ScaleError::NoParam { known } if known.is_empty() => f.write_str("the spec has no param with a value"),
            ScaleError::NoParam { known } => {
                write!(f, "the spec has no such param with a value; those it has: {}", known.join(", "))
            }
            ScaleError::Wrong { value, diagnostics } => {
                let first = diagnostics.first().map_or("", |diagnostic| diagnostic.message.as_str());
                write!(f, "with the value {value} the spec is wrong: {first}")
            }
            ScaleError::Compile { value, error } => write!(f, "with the value {value}: {error}"),
        }
    }
}

impl std::error::Error for ScaleError {}

/// The spec with another value of a param; `None` where it has none of that
/// name, or leaves it free.
fn with_param(spec: &Spec, name: &str, new: i64) -> Option<Spec> {
    let mut changed = spec.clone();
    let value = changed.statements.iter_mut().find_map(|statement| match &mut statement.kind {
        StatementKind::Param { name: own, value: Some(value) } if own.node == name => Some(value),
        _ => None,
    })?;
    value.node = ExpressionKind::Number(Rational::from(new));
    Some(changed)
}

/// The model with a value of the param.
fn model_at(spec: &Spec, name: &str, value: i64) -> Result<Model, ScaleError> {
    let changed = with_param(spec, name, value).ok_or_else(|| {
        let known = spec.statements.iter().filter_map(|statement| match &statement.kind {
            StatementKind::Param { name, value: Some(_) } => Some(name.node.clone()),
            _ => None,
        });
        ScaleError::NoParam { known: known.collect() }
    })?;
    let (model, diagnostics) = lower::lower(&changed);
    match model {
        Some(model) if !has_errors(&diagnostics) => Ok(model),
        _ => Err(ScaleError::Wrong { value, diagnostics }),
    }
}

const NAMES: [&str; 9] = [
    "variables",
    "polynomial of the degree",
    "after locality",
    "after symmetry",
    "terms as written",
    "shallow neurons",
    "shallow, sums of powers",
    "deep neurons, as written",
    "deep neurons, compiled",
];

/// Beyond this many neurons of a shallow network no better one is looked for.
const MOST_SEARCHED: u64 = 1 << 22;

/// The counts of a spec for values of one of its params.
pub fn scale(
    text: &str,
    param: &str,
    values: &[i64],
    options: &Options,
    progress: &(dyn Fn() + Sync),
) -> Result<Scaled, ScaleError> {
    let (spec, diagnostics) = syntax::parse(text);
    if has_errors(&diagnostics) {
        return Err(ScaleError::Wrong { value: values.first().copied().unwrap_or(0), diagnostics });
    }
    let rows: Vec<[Option<UBig>; NAMES.len()]> = values
        .par_iter()
        .map(|&value| {
            let model = model_at(&spec, param, value)?;
            let counts = counts(&model, options).map_err(|error| ScaleError::Compile { value, error })?;
            progress();
            Ok(counts)
        })
        .collect::<Result<_, ScaleError>>()?;
    let series = NAMES.iter().enumerate().filter_map(|(at, name)| {
        let counts: Vec<Option<UBig>> = rows.iter().map(|row| row[at].clone()).collect();
        let known =
            |(value, count): (&i64, &Option<UBig>)| Some((*value, Rational::from_integer(count.clone()?.into())));
        let points: Vec<(i64, Rational)> = values.iter().zip(&counts).filter_map(known).collect();
        if points.is_empty() {
            return None;
        }
        let counts = counts.into_iter().map(|count| count.map(|count| count.to_string())).collect();
        Some(Series { name, counts, growth: growth(&points) })
    });
    Ok(Scaled { values: values.to_vec(), series: series.collect() })
}

/// The counts of one model, for the whole lattice.
fn counts(model: &Model, options: &Options) -> Result<[Option<UBig>; NAMES.len()], CompileError> {
    let whole = |model: &Model, count: &UBig| baselines::total_count(model, count).parse::<UBig>().ok();
    let ladder = count::degrees_of_freedom(model).ok();
    let model = &generic(model.clone()).map_err(CompileError::Count)?;
    let terms: u64 = model.energies.iter().map(|energy| energy.polynomial.len() as u64).sum();
    let activation = options.assemble.activation;
    let energies = 0..model.energies.len();
    let monomials = energies.clone().fold(UBig::ZERO, |sum, energy| {
        sum + shallow::neurons(&shallow::monomial_by_monomial(model, energy, activation, false), activation)
    });
    let powers = (monomials <= UBig::from(MOST_SEARCHED)).then(|| {
        energies.fold(UBig::ZERO, |sum, energy| {
            sum + shallow::neurons(&shallow::sums_of_powers(model, energy, activation).parts, activation)
        })
    });
    // Only neurons are counted: a network that misses the tolerance is one.
    let loose = assemble::Options { tolerance: f64::MAX, ..options.assemble.clone() };
    let neurons = |circuit: &crate::circuit::Circuit| -> Result<Option<UBig>, CompileError> {
        let network = network(model, circuit, &loose)?;
        Ok(network.total(network.neurons()).parse().ok())
    };
    let written = neurons(&simplify::as_written(model)).ok().flatten();
    let compiled = neurons(&circuit(model, options.simplify, &mut |_| {})?)?;
    Ok([
        model.variables().map(UBig::from),
        ladder.as_ref().map(|ladder| ladder.all().clone()),
        // Rungs that were declared.
        ladder.as_ref().filter(|_| !model.localities.is_empty()).map(|ladder| ladder.local().clone()),
        ladder.as_ref().filter(|_| !model.symmetries.is_empty()).map(|ladder| ladder.symmetric().clone()),
        whole(model, &UBig::from(terms)),
        whole(model, &monomials),
        powers.and_then(|count| whole(model, &count)),
        written,
        compiled,
    ])
}
