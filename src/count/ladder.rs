//! The ladder of couplings, as the theory tells it: any function, a polynomial
//! of low degree, a local one, one with each symmetry in turn.
//!
//! Enters a [`Model`]; leaves one [`Rung`] for each property that was declared,
//! in the order of the spec, symmetries added one after the other, each with
//! its count, the factor that it saves and the order of the group so far
//! (1608.08225, sections II.D and II.E). The counts are those of
//! [`super::degrees_of_freedom`] for the properties up to that rung.
//!
//! Fields of bits, spins or categories have finitely many configurations, and
//! a function of them as many real couplings as there are configurations: 2^n
//! for n bits. That is the first rung. There are 2^(2^n) Boolean functions,
//! and a generic one takes 2^n bits to say.

use dashu_int::UBig;

use super::{CountError, DegreesOfFreedom, degrees_with};
use crate::model::{Kind, Model, Structure, Symmetry};

/// A number of couplings, which may be too large to write out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Size {
    /// The number itself.
    Exact(UBig),
    /// A power.
    Power {
        /// The base, at least two.
        base: u64,
        /// The exponent.
        exponent: UBig,
    },
}

/// What a rung of the ladder admits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RungKind {
    /// Any function of fields with finitely many values.
    Functions,
    /// Polynomials of a degree.
    Degree,
    /// Local ones.
    Locality,
    /// Those with one more symmetry.
    Symmetry,
}

/// One step of the ladder.
#[derive(Clone, PartialEq, Debug)]
pub struct Rung {
    /// What it admits.
    pub kind: RungKind,
    /// The property in the words of a spec, such as `symmetry translation`.
    pub name: String,
    /// The number of couplings; `None` where the properties up to this one
    /// cannot be counted without those that follow.
    pub count: Option<Size>,
    /// Where the number comes from, or why there is none.
    pub formula: String,
    /// How many times fewer couplings than on the last rung that was counted.
    pub saved: Option<Saving>,
    /// How many times fewer than on the first rung.
    pub saved_in_total: Option<Saving>,
    /// The order of the symmetry group so far, where it is finite and has not
    /// thousands of digits; `None` on rungs that are no symmetry.
    pub group_order: Option<UBig>,
    /// What the user should know.
    pub warning: Option<String>,
}

/// A ratio of two counts.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Saving {
    /// Its decimal logarithm.
    pub log10: f64,
    /// The ratio; infinite where it is beyond the range of doubles.
    pub value: f64,
}

/// The ladder of a model.
#[derive(Clone, PartialEq, Debug)]
pub struct Ladder {
    /// The counts with all properties.
    pub counted: DegreesOfFreedom,
    /// The rungs, the most general first.
    pub rungs: Vec<Rung>,
}

/// Counts the ladder of a model.
///
/// ```
/// let (spec, _) = hamc::syntax::parse(
///     "lattice ring(16)
///      field s : spin
///      H = generic
///      degree 2
///      locality nearest_neighbor
///      symmetry translation, flip(s)",
/// );
/// let model = hamc::lower::lower(&spec).0.unwrap();
/// let ladder = hamc::count::ladder(&model).unwrap();
/// let rungs: Vec<String> =
///     ladder.rungs.iter().map(|rung| format!("{}: {}", rung.name, rung.count.as_ref().unwrap())).collect();
/// let expected = [
///     "any function of the spins: 2^16",
///     "degree 2: 137",
///     "locality nearest_neighbor: 33",
///     "symmetry translation: 3",
///     "symmetry flip(s): 2",
/// ];
/// assert_eq!(rungs, expected);
/// ```
pub fn ladder(model: &Model) -> Result<Ladder, CountError> {
    let mut unsymmetric = None;
    let counted = degrees_with(model, &mut unsymmetric)?;
    let mut rungs: Vec<Rung> = functions(model, &counted.variables).into_iter().collect();
    let of_step = |at: usize, kind: RungKind, name: String| Rung {
        kind,
        name,
        count: Some(Size::Exact(counted.steps[at].count.clone())),
        formula: counted.steps[at].formula.clone(),
        saved: None,
        saved_in_total: None,
        group_order: None,
        warning: counted.steps[at].warning.clone(),
    };
    let degree = if model.homogeneous { "degree = " } else { "degree " };
    rungs.push(of_step(0, RungKind::Degree, format!("{degree}{}", counted.degree)));
    if !model.localities.is_empty() {
        let words: Vec<String> = model.localities.iter().map(ToString::to_string).collect();
        rungs.push(of_step(1, RungKind::Locality, format!("locality {}", words.join(", "))));
    }
    for (at, symmetry) in model.symmetries.iter().enumerate() {
        let name = format!("symmetry {}", model.symmetry_text(symmetry));
        if at + 1 == model.symmetries.len() {
            let mut last = of_step(2, RungKind::Symmetry, name);
            last.group_order = counted.group_order.clone();
            rungs.push(last);
            break;
        }
        // A word on how motions act is no group of its own.
        if matches!(symmetry, Symmetry::Locked { .. }) {
            continue;
        }
        let mut part = model.clone();
        part.symmetries.truncate(at + 1);
        part.symmetries.extend(model.symmetries.iter().filter(|s| matches!(s, Symmetry::Locked { .. })).cloned());
        rungs.push(match degrees_with(&part, &mut unsymmetric) {
            Ok(found) => {
                let group_order = found.group_order.clone();
                let [.., step] = found.steps;
                Rung {
                    kind: RungKind::Symmetry,
                    name,
                    count: Some(Size::Exact(step.count)),
                    formula: step.formula,
                    saved: None,
                    saved_in_total: None,
                    group_order,
                    warning: None,
                }
            }
            Err(reason) => Rung {
                kind: RungKind::Symmetry,
                name,
                count: None,
                formula: format!("not counted alone: {reason}"),
                saved: None,
                saved_in_total: None,
                group_order: None,
                warning: None,
            },
        });
    }
    let mut last: Option<Size> = None;
    let first = rungs.first().and_then(|rung| rung.count.clone());
    for rung in &mut rungs {
        let Some(count) = &rung.count else { continue };
        if let (Some(first), Some(last)) = (&first, &last) {
            rung.saved = factor(last, count);
            rung.saved_in_total = factor(first, count);
        }
        last = Some(count.clone());
    }
    Ok(Ladder { counted, rungs })
}

/// The rung of all functions, where every field takes finitely many values,
/// the same number each.
fn functions(model: &Model, variables: &UBig) -> Option<Rung> {
    let values = |field: &crate::model::Field| match (field.structure, field.kind) {
        (Structure::Plain, Kind::Spin | Kind::Bit) => Some((2, 1)),
        (Structure::Categories, _) => Some((field.components as u64 + 1, field.components as u64)),
        _ => None,
    };
    let (base, components) = values(model.fields.first()?)?;
    if model.fields.iter().any(|field| values(field) != Some((base, components))) {
        return None;
    }
    let points: u64 = model.fields.iter().map(|field| field.points(&model.lattice) as u64).sum();
    let cells: UBig = model.lattice.extents.iter().map(|&extent| UBig::from(extent)).product();
    // The bits of a category are one variable.
    let exponent = if components > 1 { cells * UBig::from(points) } else { variables.clone() };
    let noun = if components > 1 {
        format!("variables of {base} categories")
    } else if model.fields.iter().all(|field| field.kind == Kind::Spin) {
        "spins".to_owned()
    } else if model.fields.iter().all(|field| field.kind == Kind::Bit) {
        "bits".to_owned()
    } else {
        "bits and spins".to_owned()
    };
    Some(Rung {
        kind: RungKind::Functions,
        name: format!("any function of the {noun}"),
        formula: format!("{base}^n with n = {exponent}: a value for each configuration"),
        count: Some(Size::Power { base, exponent }),
        saved: None,
        saved_in_total: None,
        group_order: None,
        warning: None,
    })
}

/// How many times one count is another; `None` where one of them is zero.
fn factor(more: &Size, fewer: &Size) -> Option<Saving> {
    let log10 = more.log10()? - fewer.log10()?;
    if let (Size::Exact(more), Size::Exact(fewer)) = (more, fewer) {
        let ((a, p), (b, q)) = (leading(more), leading(fewer));
        let shift = p as i64 - q as i64;
        if shift.abs() < 900 {
            let value = a / b * 2f64.powi(shift as i32);
            return Some(Saving { log10: value.log10(), value });
        }
    }
    Some(Saving { log10, value: 10f64.powf(log10) })
}

/// A number as `mantissa * 2^shift`, the mantissa rounded to a double.
fn leading(number: &UBig) -> (f64, usize) {
    let bits = dashu_int::ops::BitTest::bit_len(number);
    let shift = bits.saturating_sub(64);
    let top = u64::try_from(number >> shift).expect("64 bits");
    (top as f64, shift)
}

impl Size {
    /// The decimal logarithm; `None` of zero.
    pub fn log10(&self) -> Option<f64> {
        match self {
            Size::Exact(number) if *number == UBig::ZERO => None,
            Size::Exact(number) => {
                let (mantissa, shift) = leading(number);
                Some(mantissa.log10() + shift as f64 * std::f64::consts::LOG10_2)
            }
            Size::Power { base, exponent } => {
                let (mantissa, shift) = leading(exponent);
                Some(mantissa * 2f64.powi(shift.min(2000) as i32) * (*base as f64).log10())
            }
        }
    }
}

impl std::fmt::Display for Size {
    /// All digits, or `2^16`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Size::Exact(number) => number.fmt(f),
            Size::Power { base, exponent } => write!(f, "{base}^{exponent}"),
        }
    }
}
