//! Fields on sites beside a gauge field.
//!
//! A monomial of such fields at a site is a product of powers of factors: a
//! spin, a number, a phase, or a complex number and its conjugate, each with a
//! charge. In the crystal of links each factor of each site stands after the
//! links, as matter at a vertex.

use super::super::CountError;
use super::super::gauge::{Matter, Powers};
use crate::model::symmetry::matter_charge;
use crate::model::{Kind, Lattice, Model, Place, Structure};

/// A factor of monomials at every site.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Carrier {
    /// The field.
    pub field: usize,
    /// Its component, the real part of a complex number.
    pub component: u32,
    /// Which number it is.
    pub number: Number,
    /// Its charge.
    pub charge: i64,
    /// The powers it may have.
    pub powers: Powers,
}

/// What a factor is, in terms of the components of its field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Number {
    /// A component.
    Real,
    /// The complex number of two components.
    Complex,
    /// Its conjugate.
    Conjugate,
    /// A phase, whose negative powers are those of its conjugate.
    Phase,
}

impl Carrier {
    /// The least degree of an invariant with this factor.
    pub fn shortest(&self) -> u64 {
        match (self.charge, self.powers) {
            (0, _) => 1,
            (_, Powers::Natural) => 2,
            // At both ends of a link, or alone to a power that has no charge.
            (_, Powers::Integer) => 3,
            (_, Powers::Cyclic(_)) => 2,
        }
    }
}

/// The factors of the fields of a model other than the gauge field, with the
/// charges that are declared.
pub(super) fn carriers(model: &Model, gauge: usize, charges: &[(usize, i64)]) -> Result<Vec<Carrier>, CountError> {
    for &(field, charge) in charges {
        matter_charge(model, gauge, field, charge)?;
    }
    let mut carriers = Vec::new();
    for (index, field) in model.fields.iter().enumerate().filter(|&(index, _)| index != gauge) {
        let unsupported = |what: &str| {
            Err(CountError::Unsupported(format!(
                "{}, {what}, beside the gauge field {}",
                field.name, model.fields[gauge].name
            )))
        };
        if field.place != Place::Sites {
            return unsupported("a further field on bonds");
        }
        let charge = charges.iter().find(|(charged, _)| *charged == index).map_or(0, |&(_, charge)| charge);
        let mut add = |component: u32, number: Number, charge: i64, powers: Powers| {
            carriers.push(Carrier { field: index, component, number, charge, powers });
        };
        match (field.structure, field.kind) {
            (Structure::Plain, Kind::Real) => {
                (0..field.components).for_each(|c| add(c, Number::Real, charge, Powers::Natural));
            }
            (Structure::Plain, Kind::Spin | Kind::Bit) => {
                (0..field.components).for_each(|c| add(c, Number::Real, charge, Powers::Cyclic(2)));
            }
            (Structure::Complex, _) => {
                add(0, Number::Complex, charge, Powers::Natural);
                add(0, Number::Conjugate, -charge, Powers::Natural);
            }
            (Structure::Phase(None), _) => add(0, Number::Phase, charge, Powers::Integer),
            (Structure::Phase(Some(order)), _) => add(0, Number::Phase, charge, Powers::Cyclic(order)),
            (Structure::Unit, _) => return unsupported("a vector of length one"),
            (Structure::Categories, _) => return unsupported("a category"),
        }
    }
    Ok(carriers)
}

/// The numbers of links and matter of a cell: first the links, then the
/// factors of each site.
pub(super) struct Carriers<'m> {
    matter: &'m [Carrier],
    links: usize,
    sites: usize,
    /// Whether the points of the cell begin with its sites.
    sites_first: bool,
}

impl<'m> Carriers<'m> {
    pub fn new(matter: &'m [Carrier], lattice: &Lattice, sites_first: bool) -> Carriers<'m> {
        Carriers { matter, links: lattice.bonds().len(), sites: lattice.basis(), sites_first }
    }

    /// The factors of all sites of a cell, each with its site.
    pub fn at_sites(&self) -> Vec<(usize, Matter)> {
        let factors = |site: usize| {
            self.matter.iter().enumerate().map(move |(kind, carrier)| {
                (site, Matter { kind: kind as u32, charge: carrier.charge, powers: carrier.powers })
            })
        };
        (0..self.sites).flat_map(factors).collect()
    }

    /// The factor that has a number; `None` of links.
    pub fn factor(&self, number: usize) -> Option<&'m Carrier> {
        let of_sites = number.checked_sub(self.links)?;
        self.matter.get(of_sites % self.matter.len().max(1))
    }

    /// The site of the factor that has a number.
    pub fn site(&self, number: usize) -> usize {
        number.saturating_sub(self.links) / self.matter.len().max(1)
    }

    /// The point of the cell at which a link or a factor is.
    pub fn point(&self, number: usize) -> usize {
        match number < self.links {
            true if self.sites_first => self.sites + number,
            true => number,
            false => self.site(number),
        }
    }

    /// The number of the conjugate of a factor of a complex number.
    pub fn conjugate(&self, number: usize) -> usize {
        match self.factor(number).map(|carrier| carrier.number) {
            Some(Number::Complex) => number + 1,
            Some(Number::Conjugate) => number - 1,
            _ => number,
        }
    }
}
