//! The document as it stands in a file, before anything is checked.

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use std::fmt;

use super::FormatError;
use crate::exact::Rational;

/// The first lines, which say what the rest is.
#[derive(Deserialize)]
pub(super) struct Header {
    pub(super) format: String,
    pub(super) version: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    #[serde(rename = "format")]
    _format: String,
    #[serde(rename = "version")]
    _version: u64,
    pub(super) provenance: Provenance,
    pub(super) lattice: Lattice,
    pub(super) fields: Vec<Field>,
    #[serde(default)]
    pub(super) couplings: Vec<Couplings>,
    pub(super) activation: String,
    pub(super) precision: String,
    pub(super) topology: String,
    pub(super) layers: Vec<Layer>,
    pub(super) outputs: Vec<Output>,
    pub(super) accuracy: Accuracy,
    pub(super) certificate: Certificate,
    pub(super) counts: Counts,
    pub(super) circuit: Circuit,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Provenance {
    pub(super) spec: String,
    pub(super) sha256: String,
    pub(super) hamc: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lattice {
    pub(super) shape: String,
    pub(super) extents: Vec<u64>,
    pub(super) boundaries: Vec<String>,
    pub(super) translated: Vec<usize>,
    pub(super) file: Option<String>,
    pub(super) sha256: Option<String>,
    pub(super) edges: Option<Vec<[u32; 2]>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) components: Option<u32>,
    pub(super) structure: Option<String>,
    pub(super) on: Option<String>,
    pub(super) domain: [Number; 2],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Layer {
    pub(super) gates: Vec<Gate>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Gate {
    pub(super) name: String,
    pub(super) computes: String,
    pub(super) template: String,
    pub(super) scale: f64,
    pub(super) inputs: Vec<FormEntry>,
    pub(super) powers: Option<Vec<u32>>,
    #[serde(default)]
    pub(super) constants: Vec<Number>,
    pub(super) neurons: Vec<Vec<f64>>,
    pub(super) output_bias: Option<f64>,
    #[serde(default)]
    pub(super) skip: Vec<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Output {
    pub(super) name: String,
    pub(super) coupling: Option<String>,
    pub(super) window: Option<[Vec<i16>; 2]>,
    pub(super) cut: Option<u64>,
    pub(super) couplings: Option<String>,
    pub(super) point: Option<usize>,
    pub(super) form: FormEntry,
}

/// What an output says of its weight.
pub(super) struct Weight {
    pub(super) window: Option<[Vec<i16>; 2]>,
    pub(super) cut: Option<u64>,
    pub(super) couplings: Option<String>,
    pub(super) point: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Couplings {
    pub(super) name: String,
    pub(super) on: String,
    pub(super) points: usize,
    pub(super) file: String,
    pub(super) sha256: String,
    pub(super) values: Option<Vec<f64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Accuracy {
    pub(super) tolerance: f64,
    pub(super) per_cell: f64,
    pub(super) total: f64,
    #[serde(default)]
    pub(super) deviation: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Certificate {
    pub(super) gates: Vec<GateBound>,
    pub(super) outputs: Vec<OutputBound>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GateBound {
    pub(super) gate: String,
    pub(super) inputs: Vec<[f64; 3]>,
    pub(super) order: usize,
    pub(super) truncation: f64,
    pub(super) rounding: f64,
    pub(super) propagated: f64,
    pub(super) range: [f64; 2],
    pub(super) error: f64,
    pub(super) fingerprint: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OutputBound {
    pub(super) output: String,
    pub(super) range: [f64; 2],
    pub(super) error: f64,
    pub(super) fingerprint: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Counts {
    pub(super) neurons: u64,
    pub(super) weights: u64,
    pub(super) distinct_weights: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Circuit {
    pub(super) products: u64,
    pub(super) squares: u64,
    pub(super) bit_gates: u64,
    pub(super) nonscalar_multiplications: u64,
    pub(super) scalar_multiplications: u64,
    pub(super) additions: u64,
    pub(super) depth: u64,
}

/// An exact number: an integer, or a text.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected an integer or a fraction in quotes, such as \"-1/2\"")]
pub(super) enum Number {
    Integer(i64),
    Text(String),
}

/// The longest text of a number: far more than any double needs.
const LONGEST: usize = 20_000;

impl Number {
    pub(super) fn exact(self, at: &str) -> Result<Rational, FormatError> {
        let refuse = |message: String| Err(FormatError { at: at.to_owned(), message });
        match self {
            Number::Integer(value) => Ok(Rational::from(value)),
            Number::Text(text) if text.len() > LONGEST => refuse(format!("a number of {} characters", text.len())),
            Number::Text(text) => match Rational::from_decimal(&text) {
                Some(value) => Ok(value),
                None => refuse(format!("`{text}` is no number")),
            },
        }
    }
}

/// A form as its map from names to numbers, in the file's order, so that a
/// name given twice is noticed.
pub(super) struct FormEntry(pub(super) Vec<(String, Number)>);

impl<'de> Deserialize<'de> for FormEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<FormEntry, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = FormEntry;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map from sources to coefficients")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<FormEntry, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(FormEntry(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}
