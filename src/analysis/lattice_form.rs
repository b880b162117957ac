//! Lattices that a Hamiltonian without one turns out to live on.
//!
//! A polynomial that is written out term by term may be the same at every
//! variable of a list: moved along the list, around its end, it is unchanged.
//! Then the list is a ring, and the polynomial a sum over its sites. The same
//! is looked for with the list folded to the rows and columns of a torus.

use std::collections::BTreeMap;

use crate::exact::Rational;
use crate::model::{
    Boundary, Factor, Field, Frame, Kind, Lattice, Model, Monomial, Polynomial, Shape, Slot, Structure, Variable,
};

/// The fewest sites along a direction: on fewer, neighbours coincide.
const FEWEST: u64 = 3;

/// The longest list that is looked at.
const LONGEST: u64 = 10_000;

/// A Hamiltonian as a sum over the sites of a lattice.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LatticeForm {
    /// The lattice, as a spec writes it.
    pub lattice: String,
    /// A spec that says the same.
    pub spec: String,
}

/// The lattice form of a Hamiltonian of lists of equal length, or of variables
/// of one kind; `None` where there is none.
///
/// ```
/// let terms: Vec<String> = (0..12).map(|i| format!("x[{i}]*x[{}] + x[{i}]^4", (i + 1) % 12)).collect();
/// let text = format!("field x[12] : real in [-1, 1]\nH = {}", terms.join(" + "));
/// let (model, _) = hamc::lower::lower(&hamc::syntax::parse(&text).0);
/// let form = hamc::analysis::lattice_form::lattice_form(&model.unwrap()).unwrap();
/// assert_eq!(form.lattice, "ring(12)");
/// assert_eq!(form.spec, "lattice ring(12)\nfield x : real in [-1, 1]\n\nH = sum(i)(x[i]^4 + x[i]*x[i+1])\n");
/// ```
pub fn lattice_form(model: &Model) -> Option<LatticeForm> {
    let [energy] = model.energies.as_slice() else { return None };
    if !model.lattice.is_point() || energy.coupling.is_some() || energy.polynomial.is_affine() {
        return None;
    }
    let (fields, sites) = sites(model)?;
    let count = sites.first()?.len() as u64;
    foldings(count).into_iter().find_map(|extents| {
        let boundaries = vec![Boundary::Periodic; extents.len()];
        let shape = if extents.len() == 1 { Shape::Line } else { Shape::Hypercubic };
        let lattice = Lattice { shape, extents, boundaries, graph: None };
        on(&energy.polynomial, &fields, &sites, lattice)
    })
}

/// The fields of a lattice form and, for each, its variables site by site.
fn sites(model: &Model) -> Option<(Vec<Field>, Vec<Vec<Variable>>)> {
    let variable = |field: usize, component: u32| {
        model.frame.variable(&model.fields, Slot { field: field as u32, site: 0, component })
    };
    let one_value =
        |field: &Field, name: &str| Field { name: name.to_owned(), components: 1, indexed: false, ..field.clone() };
    let first = model.fields.first()?;
    if model.fields.iter().any(|field| field.structure != Structure::Plain) {
        return None;
    }
    let within = |count: u64| (FEWEST..=LONGEST).contains(&count);
    if first.indexed {
        let alike = |field: &Field| field.indexed && field.components == first.components;
        if !model.fields.iter().all(alike) || !within(first.components as u64) {
            return None;
        }
        let fields = model.fields.iter().map(|field| one_value(field, &field.name)).collect();
        let lists = (0..model.fields.len())
            .map(|field| (0..first.components).map(|component| variable(field, component)).collect())
            .collect();
        return Some((fields, lists));
    }
    let alike = |field: &Field| {
        !field.indexed && (field.kind, &field.lower, &field.upper) == (first.kind, &first.lower, &first.upper)
    };
    if !model.fields.iter().all(alike) || !within(model.fields.len() as u64) {
        return None;
    }
    let name = first.name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
    let field = one_value(first, if name.is_empty() { "x" } else { name });
    Some((vec![field], vec![(0..model.fields.len()).map(|field| variable(field, 0)).collect()]))
}

/// The ring, then tori with two and three directions.
fn foldings(count: u64) -> Vec<Vec<u64>> {
    let mut all = vec![vec![count]];
    let sides: Vec<u64> = (FEWEST..=count / FEWEST).filter(|side| count.is_multiple_of(*side)).collect();
    all.extend(sides.iter().map(|&side| vec![side, count / side]));
    for &first in &sides {
        let rest = count / first;
        let seconds = sides.iter().filter(|&&second| rest.is_multiple_of(second) && rest / second >= FEWEST);
        all.extend(seconds.map(|&second| vec![first, second, rest / second]));
    }
    all
}

/// The form on a lattice, if every translation keeps the polynomial.
fn on(polynomial: &Polynomial, fields: &[Field], sites: &[Vec<Variable>], lattice: Lattice) -> Option<LatticeForm> {
    let directions = (0..lattice.dimension()).collect();
    let frame = Frame::new(&lattice, fields, directions);
    // Each variable as one of the lattice, seen from the first cell.
    let mut places: BTreeMap<Variable, Variable> = BTreeMap::new();
    for (field, list) in sites.iter().enumerate() {
        for (site, &variable) in list.iter().enumerate() {
            let place: Vec<i64> = lattice.coordinates(site as u64).into_iter().map(|c| c as i64).collect();
            places.insert(variable, frame.variable_at(&lattice, fields, field, 0, &place, 0)?);
        }
    }
    // A polynomial that every translation keeps has all translates of a term,
    // with one coefficient.
    let mut orbits: BTreeMap<Monomial, (u64, &Rational)> = BTreeMap::new();
    for (monomial, coefficient) in polynomial.terms() {
        let factors: Option<Vec<Factor>> = monomial
            .factors()
            .iter()
            .map(|factor| Some(Factor { variable: *places.get(&factor.variable)?, exponent: factor.exponent }))
            .collect();
        let least = frame.least_translate(&Monomial::from_factors(factors?)).monomial;
        let (terms, known) = orbits.entry(least).or_insert((0, coefficient));
        if *known != coefficient {
            return None;
        }
        *terms += 1;
    }
    let cells = frame.cells()?;
    let mut cell = Vec::new();
    for (monomial, (terms, coefficient)) in orbits {
        if monomial.is_one() {
            cell.push((monomial, coefficient / &Rational::from(cells)));
            continue;
        }
        if terms * stabilizer(&frame, &monomial, cells) != cells {
            return None;
        }
        cell.push((monomial, coefficient * &Rational::from(terms) / Rational::from(cells)));
    }
    let cell = Polynomial::from_terms(cell);
    let body = cell.display(|variable| frame.variable_name(&lattice, fields, variable));
    let mut spec = format!("lattice {lattice}\n");
    for field in fields {
        let kind = match field.kind {
            Kind::Real => format!("real in [{}, {}]", field.lower, field.upper),
            Kind::Spin => "spin".to_owned(),
            Kind::Bit => "bit".to_owned(),
        };
        spec.push_str(&format!("field {} : {kind}\n", field.name));
    }
    spec.push_str(&format!("\nH = sum(i)({body})\n"));
    Some(LatticeForm { lattice: lattice.to_string(), spec })
}

/// The number of translations that keep a monomial.
fn stabilizer(frame: &Frame, monomial: &Monomial, cells: u64) -> u64 {
    let folded = frame.folded(monomial).0;
    let mut kept = 0;
    for index in 0..cells {
        let mut rest = index;
        let mut shift = crate::model::Shift::ZERO;
        for at in (0..frame.periods.len()).rev() {
            shift.0[at] = (rest % frame.periods[at]) as i16;
            rest /= frame.periods[at];
        }
        kept += u64::from(frame.folded(&monomial.shifted(shift)).0 == folded);
    }
    kept
}
