//! Syntax tree to model: names, checks, and the polynomial of a unit cell.
//!
//! What enters is a tree from [`crate::syntax::parse`]; what leaves is a
//! [`Model`] whose energies are exact polynomials in canonical form, or all
//! errors of the spec together. What holds of a model that leaves: names are
//! resolved, domains are not empty, every declared degree, locality and
//! symmetry was checked, and every displacement is small enough for sums of
//! displacements to be safe.
//!
//! A Hamiltonian on a lattice is first read as a sum over translates of a unit
//! cell, along all directions. A linear combination of sums over
//! sites and bonds of terms relative to the site is one, and then its size
//! does not matter. What is not (sites by number, products of sums, products
//! over sites, complete lattices) is read again with every site in one cell,
//! and refused where that is too large. An addend of a sum over sites that
//! would reach beyond an open end is absent there: it is summed over the cells
//! of a window, and couplings from a file multiply it cell by cell
//! ([`crate::model::Weight`]).
//!
//! A bond is summed once for each cell that it is the translate of, and so are
//! pairs of farther neighbours and plaquettes. In a periodic direction
//! of two sites the two bonds between a pair of sites are distinct, so each
//! pair counts twice there, and fields on bonds have a value on each; bonds
//! from a site to itself, in a direction of one site, are refused.
//!
//! Values may be complex on the way (complex.rs); H has to be real.
//!
//! The work is metered before it is done (limits.rs): nothing hangs.

mod complex;
mod constant;
mod energies;
mod evaluate;
mod fields;
mod files;
mod functions;
mod geometry;
mod indices;
mod limits;
mod localities;
mod markers;
mod names;
mod positions;
mod properties;
mod sites;
mod space_groups;
mod symmetries;
mod value;

use std::collections::BTreeSet;

use crate::diagnostics::{Diagnostic, Diagnostics, Span, curtail, has_errors};
use crate::exact::Rational;
use crate::model::{Boundary, Field, Frame, Model, Shape, Symmetry};
use crate::syntax::ast::{Expression, Spec};
pub use files::{Files, NoFiles, Table};

use evaluate::{Evaluator, Stop};
use limits::MAX_SITES;
use names::Declarations;
use properties::Properties;

/// What is said of a spec without a Hamiltonian. It is not worth saying where
/// a statement could not be read, which may have been the Hamiltonian.
pub const NO_HAMILTONIAN: &str = "there is no Hamiltonian";

/// Checks a spec and brings it into normal form. There is a model exactly if
/// there are no errors; warnings may come with it.
///
/// ```
/// let (spec, _) = hamc::syntax::parse(
///     "lattice ring(1000000)
///      field phi : real in [-2, 2]
///      H = sum<i,j>((phi[i] - phi[j])^2) + sum(i)(phi[i]^4)
///      symmetry translation, reflection, flip(phi)",
/// );
/// let (model, diagnostics) = hamc::lower::lower(&spec);
/// assert!(diagnostics.is_empty());
/// let model = model.unwrap();
/// let text = model.energies[0].polynomial.display(|variable| model.variable_name(variable));
/// assert_eq!(text, "phi[i]^4 + 2*phi[i]^2 - 2*phi[i]*phi[i+1]");
/// ```
pub fn lower(spec: &Spec) -> (Option<Model>, Diagnostics) {
    lower_with(spec, &mut NoFiles)
}

/// As [`lower()`], with the files that the spec names.
pub fn lower_with(spec: &Spec, files: &mut dyn Files) -> (Option<Model>, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let model = lower_reporting(spec, files, &mut diagnostics);
    let errors = has_errors(&diagnostics);
    // In the order of the text; what has no place comes last.
    diagnostics.sort_by_key(|diagnostic| (diagnostic.span.is_none(), diagnostic.span));
    diagnostics.dedup();
    curtail(&mut diagnostics);
    (model.filter(|_| !errors), diagnostics)
}

fn lower_reporting(spec: &Spec, files: &mut dyn Files, diagnostics: &mut Diagnostics) -> Option<Model> {
    let declarations = names::declare(spec, files, diagnostics)?;
    let properties = properties::read(&declarations, diagnostics);
    let (name, body) = declarations.hamiltonian?;
    if declarations.fields.is_empty() {
        if !has_errors(diagnostics) {
            diagnostics.push(
                Diagnostic::error("E0210", name.span, "there is no field, so the energy depends on nothing")
                    .label("an energy of what?")
                    .hint("declare a field, such as `field x : real in [-1, 1]`"),
            );
        }
        body?;
    }
    let Some(body) = body else { return generic(&declarations, &properties, name.span, diagnostics) };
    let result = explicit(&declarations, &properties, body, diagnostics);
    let Some((model, warnings)) = result.filter(|_| !has_errors(diagnostics)) else {
        // Whether the lattice has the symmetries does not depend on H.
        let directions = summed(&declarations, &properties);
        if fits_inner(&declarations, &directions) {
            properties::check(&empty_model(&declarations, &properties, directions), &properties, diagnostics);
        }
        return None;
    };
    properties::check(&model, &properties, diagnostics);
    diagnostics.extend(warnings);
    Some(model)
}

/// The model of `H = generic`; its energies are for [`crate::count`] to find.
fn generic(
    declarations: &Declarations<'_>,
    properties: &Properties,
    span: Span,
    diagnostics: &mut Diagnostics,
) -> Option<Model> {
    if properties.degree.is_none() && declarations.degree.is_none() {
        diagnostics.push(
            Diagnostic::error("E0217", span, "the most general polynomial of which degree?")
                .label("`generic` needs a degree")
                .hint("add a line such as `degree 4`"),
        );
    }
    if let Some(coupling) = declarations.couplings.first() {
        diagnostics.push(unused_coupling(coupling));
    }
    let translates = properties.symmetries.iter().any(|(symmetry, _)| *symmetry == Symmetry::Translation);
    // A lattice too large to tell its sites apart is still counted by cells.
    let cells = translates || !fits_one_cell(declarations);
    let directions = if cells { translated(declarations, properties) } else { Vec::new() };
    if directions.is_empty() && !fits_one_cell(declarations) {
        diagnostics.push(
            Diagnostic::error(
                "E0406",
                declarations.lattice_span.unwrap_or(span),
                format!("without translations, the sites are told apart: {}", sites_text(declarations)),
            )
            .label("too many sites")
            .hint("add `symmetry translation`: then one unit cell stands for all"),
        );
    }
    if has_errors(diagnostics) {
        return None;
    }
    let mut model = empty_model(declarations, properties, directions);
    model.generic = true;
    properties::check(&model, properties, diagnostics);
    Some(model)
}

/// The model of a Hamiltonian that is written down, and its warnings.
fn explicit(
    declarations: &Declarations<'_>,
    properties: &Properties,
    body: &Expression,
    diagnostics: &mut Diagnostics,
) -> Option<(Model, Diagnostics)> {
    let directions = summed(declarations, properties);
    let mut reason: Option<(Span, String)> = None;
    if !directions.is_empty() && fits_inner(declarations, &directions) {
        match attempt(declarations, properties, body, directions, diagnostics) {
            Ok(result) => return Some(result),
            Err(Stop::Explicit(span, what)) => reason = Some((span, what)),
            Err(_) => return None,
        }
    }
    if !fits_one_cell(declarations) {
        let sites = sites_text(declarations);
        let error = match reason {
            Some((span, what)) => Diagnostic::error(
                "E0406",
                span,
                format!("{what} is not a sum over unit cells, so H has to be written out on {sites}"),
            )
            .label("this needs every site")
            .hint(format!(
                "use sums of terms relative to a site, sum(i)( ... phi[i+1] ... ), or at most {MAX_SITES} sites"
            )),
            None => Diagnostic::error(
                "E0406",
                declarations.lattice_span.unwrap_or(body.span),
                format!("H has to be written out on {sites}, and at most {MAX_SITES} are"),
            )
            .label("too many sites that are told apart")
            .hint(match declarations.lattice.shape {
                Shape::Complete => "use fewer sites",
                Shape::Graph => {
                    "use sums of terms of one site, sum(i)( ... ), or of the two sites of an edge, sum<i,j>( ... )"
                }
                _ if declarations.lattice.boundaries.contains(&Boundary::Open) => {
                    "open directions are written out; make them periodic or shorter"
                }
                _ => "`permutation` of sites needs every site; remove it or use fewer sites",
            }),
        };
        diagnostics.push(error);
        return None;
    }
    attempt(declarations, properties, body, Vec::new(), diagnostics).ok()
}

/// Lowers in one frame.
fn attempt(
    declarations: &Declarations<'_>,
    properties: &Properties,
    body: &Expression,
    directions: Vec<usize>,
    diagnostics: &mut Diagnostics,
) -> Result<(Model, Diagnostics), Stop> {
    let mut model = empty_model(declarations, properties, directions);
    let mut evaluator = Evaluator::new(declarations, &model);
    let value = evaluator.hamiltonian(body);
    let reported = std::mem::take(&mut evaluator.diagnostics);
    let used = std::mem::take(&mut evaluator.used_fields);
    if let Err(Stop::Explicit(..)) = value
        && !has_errors(&reported)
    {
        return Err(value.expect_err("just matched"));
    }
    diagnostics.extend(reported);
    let value = match value {
        Ok(value) if !has_errors(diagnostics) => value,
        // Outside of every sum over sites nothing is absent.
        _ => return Err(Stop::Reported),
    };
    if let Some(imaginary) = &value.imaginary {
        diagnostics.extend(energies::imaginary_part(imaginary, &declarations.couplings, &model, body.span));
    }
    match energies::energies(&value, &declarations.couplings, &model, body.span) {
        Ok(energies) => model.energies = energies,
        Err(error) => {
            diagnostics.push(error);
            return Err(Stop::Reported);
        }
    }
    if properties.degree.is_none() {
        model.degree = model.energies.iter().map(|energy| energy.polynomial.degree()).max().unwrap_or(0);
    }
    let mut warnings = Diagnostics::new();
    for (field, declared) in declarations.fields.iter().enumerate() {
        if !used.contains(&field) {
            warnings.push(
                Diagnostic::warning(
                    "W0201",
                    declarations.field_spans[field],
                    format!("H does not depend on the field `{}`", declared.name),
                )
                .label("never used")
                .hint("it is still an input of the network; remove it if that is not meant"),
            );
        }
    }
    let multiplied: BTreeSet<&str> = model.energies.iter().filter_map(|energy| energy.coupling.as_deref()).collect();
    for coupling in &declarations.couplings {
        if !multiplied.contains(coupling.node.as_str()) {
            warnings.push(unused_coupling(coupling));
        }
    }
    Ok((model, warnings))
}

fn unused_coupling(coupling: &crate::syntax::ast::Name) -> Diagnostic {
    Diagnostic::warning("W0203", coupling.span, format!("H does not depend on the free coupling `{}`", coupling.node))
        .label("never used")
        .hint("remove it, or use it in H")
}

/// The directions along which a Hamiltonian is a sum over cells: all of the
/// lattice.
fn summed(declarations: &Declarations<'_>, properties: &Properties) -> Vec<usize> {
    match is_one_cell(declarations, properties) {
        true => Vec::new(),
        false => (0..declarations.lattice.dimension()).collect(),
    }
}

/// The directions along which cells are translated: those without ends.
fn translated(declarations: &Declarations<'_>, properties: &Properties) -> Vec<usize> {
    let lattice = &declarations.lattice;
    if is_one_cell(declarations, properties) {
        return Vec::new();
    }
    (0..lattice.dimension()).filter(|&direction| lattice.boundaries[direction].is_joined()).collect()
}

/// Whether all sites have to be told apart.
fn is_one_cell(declarations: &Declarations<'_>, properties: &Properties) -> bool {
    let permuted =
        |(symmetry, _): &(Symmetry, Span)| matches!(symmetry, Symmetry::Permutation | Symmetry::GraphAutomorphism);
    properties.symmetries.iter().any(permuted) || matches!(declarations.lattice.shape, Shape::Point | Shape::Complete)
}

/// A model without energies.
fn empty_model(declarations: &Declarations<'_>, properties: &Properties, directions: Vec<usize>) -> Model {
    Model {
        frame: Frame::new(&declarations.lattice, &declarations.fields, directions),
        lattice: declarations.lattice.clone(),
        fields: declarations.fields.clone(),
        energies: Vec::new(),
        generic: false,
        couplings: declarations.site_couplings.clone(),
        degree: properties.degree.map_or(0, |(degree, _, _)| degree),
        homogeneous: properties.degree.is_some_and(|(_, exact, _)| exact),
        constant: properties.no_constant.is_none(),
        localities: properties.localities.iter().map(|(locality, _)| locality.clone()).collect(),
        symmetries: properties.symmetries.iter().map(|(symmetry, _)| symmetry.clone()).collect(),
        defaults: properties.defaults.clone(),
    }
}

/// Whether the sites outside of the translated directions are few enough.
fn fits_inner(declarations: &Declarations<'_>, directions: &[usize]) -> bool {
    let lattice = &declarations.lattice;
    let inner = (0..lattice.dimension()).filter(|direction| !directions.contains(direction));
    fits(declarations, inner.map(|direction| lattice.extents[direction] as f64).product())
}

fn fits_one_cell(declarations: &Declarations<'_>) -> bool {
    fits(declarations, declarations.lattice.extents.iter().map(|&extent| extent as f64).product())
}

/// Whether so many cells of the lattice fit a unit cell, with all their
/// variables.
fn fits(declarations: &Declarations<'_>, cells: f64) -> bool {
    let values = |field: &Field| field.components as f64 * field.points(&declarations.lattice) as f64;
    let values: f64 = declarations.fields.iter().map(values).sum();
    let basis = declarations.lattice.basis() as f64;
    cells * basis <= MAX_SITES as f64 && cells * values.max(1.0) < (1u64 << 28) as f64
}

fn sites_text(declarations: &Declarations<'_>) -> String {
    let basis = Rational::from(declarations.lattice.basis() as u64);
    let sites = declarations.lattice.extents.iter().fold(basis, |sites, &extent| sites * Rational::from(extent));
    format!("{} sites", limits::shown(&sites))
}
