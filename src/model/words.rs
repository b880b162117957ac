//! Properties as a spec writes them.

use std::fmt;

use super::locality::Locality;
use super::symmetry::{Symmetry, Vector};
use super::{Model, Structure};
use crate::exact::Rational;

impl Model {
    /// A symmetry as it is written after `symmetry`.
    pub fn symmetry_text(&self, symmetry: &Symmetry) -> String {
        let field = |index: &usize| self.fields.get(*index).map_or("?", |field| field.name.as_str());
        let vector = |vector: &Vector| match vector {
            Vector::Field(index) => field(index).to_owned(),
            Vector::Scalars(indices) => format!("({})", indices.iter().map(field).collect::<Vec<_>>().join(", ")),
        };
        let call = |name: &str, arguments: Vec<String>| format!("{name}({})", arguments.join(", "));
        match symmetry {
            Symmetry::Translation => "translation".to_owned(),
            Symmetry::Uniform => "uniform".to_owned(),
            Symmetry::Reflection => "reflection".to_owned(),
            Symmetry::PointGroup(None) => "point_group".to_owned(),
            Symmetry::PointGroup(Some(name)) if name.starts_with(|c: char| !c.is_alphabetic()) => {
                format!("point_group(\"{name}\")")
            }
            Symmetry::PointGroup(Some(name)) => format!("point_group({name})"),
            Symmetry::Motion(isometry) => isometry.name.clone(),
            Symmetry::SpaceGroup { text, .. } => text.clone(),
            Symmetry::Permutation => "permutation".to_owned(),
            Symmetry::GraphAutomorphism => "graph_automorphism".to_owned(),
            Symmetry::Flip(index) => format!("flip({})", field(index)),
            Symmetry::Cyclic { fields, order } => {
                let names = fields.iter().map(|index| field(index).to_owned());
                call("cyclic", names.chain([order.to_string()]).collect())
            }
            Symmetry::Rotation { vectors, proper } => {
                let complex = |vector: &Vector| {
                    matches!(vector, Vector::Field(index)
                        if self.fields.get(*index).is_some_and(|field| field.structure != Structure::Plain
                            && field.structure.is_complex()))
                };
                let names = vectors.iter().map(vector);
                match *proper {
                    true if vectors.iter().all(complex) => call("u1", names.collect()),
                    true => call("rotation", names.chain(["proper".to_owned()]).collect()),
                    false => call("rotation", names.collect()),
                }
            }
            Symmetry::Lorentz { vectors, parity } => {
                call("lorentz", vectors.iter().map(vector).chain(parity.then(|| "parity".to_owned())).collect())
            }
            Symmetry::Locked { field: index, axial } => {
                let words = ["locked", "axial"].iter().take(1 + *axial as usize).map(|word| (*word).to_owned());
                call("rotation", [field(index).to_owned()].into_iter().chain(words).collect())
            }
            Symmetry::Gauge { field: index, contractible, matter } => {
                let charged = matter.iter().map(|(index, charge)| match charge {
                    1 => field(index).to_owned(),
                    _ => format!("charge({}, {charge})", field(index)),
                });
                let word = contractible.then(|| "contractible_only".to_owned());
                call("gauge", [field(index).to_owned()].into_iter().chain(charged).chain(word).collect())
            }
        }
    }
}

impl fmt::Display for Locality {
    /// As it is written after `locality`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Locality::NearestNeighbor => write!(f, "nearest_neighbor"),
            Locality::Range { numerator, denominator } => {
                let squared = Rational::from(*numerator) / Rational::from((*denominator).max(1));
                match squared.sqrt() {
                    Some(range) => write!(f, "range {range}"),
                    None => write!(f, "range sqrt({squared})"),
                }
            }
            Locality::Shell(k) => write!(f, "shell {k}"),
            Locality::GraphRadius(k) => write!(f, "graph_radius {k}"),
            Locality::Window(k) => write!(f, "window {k}"),
            Locality::Connected => write!(f, "connected"),
            Locality::Plaquette => write!(f, "plaquette"),
            Locality::Bodies(2) => write!(f, "pairs"),
            Locality::Bodies(k) => write!(f, "bodies {k}"),
        }
    }
}
