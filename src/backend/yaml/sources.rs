//! Reading the names of sources: the inverse of [`crate::network::Names`].

use rustc_hash::FxHashMap;

use crate::circuit::Source;
use crate::model::{Bond, Field, Frame, GRAPH_SITES, Lattice, Place, Shift};

/// The sources that a form may name.
pub(super) struct Sources<'a> {
    lattice: &'a Lattice,
    fields: &'a [Field],
    frame: &'a Frame,
    gates: FxHashMap<String, usize>,
    count: usize,
}

impl<'a> Sources<'a> {
    pub(super) fn new(lattice: &'a Lattice, fields: &'a [Field], frame: &'a Frame) -> Sources<'a> {
        Sources { lattice, fields, frame, gates: FxHashMap::default(), count: 0 }
    }

    /// Makes the next gate known.
    pub(super) fn add_gate(&mut self, name: &str) {
        self.gates.insert(name.to_owned(), self.count);
        self.count += 1;
    }

    /// The source with a name.
    pub(super) fn find(&self, name: &str) -> Result<Source, String> {
        let (stem, groups) = split(name).ok_or_else(|| format!("`{name}` is no name of a value"))?;
        if let Some(&gate) = self.gates.get(stem) {
            let shift = self.gate_shift(&groups).ok_or_else(|| format!("`{name}` names no cell"))?;
            return Ok(Source::Gate { gate, shift });
        }
        let Some(field) = self.fields.iter().position(|field| field.name == stem) else {
            return Err(format!("`{stem}` is no field and no gate of an earlier layer"));
        };
        let variable = self.variable(field, &groups).ok_or_else(|| format!("`{name}` names no variable"))?;
        // Only the way names are written is accepted, so that a value has one
        // name.
        let written = self.frame.variable_name(self.lattice, self.fields, variable);
        if written == name {
            Ok(Source::Input(variable))
        } else {
            Err(format!("`{name}` should be written `{written}`"))
        }
    }

    fn gate_shift(&self, groups: &[&str]) -> Option<Shift> {
        let mut shift = Shift::ZERO;
        match groups {
            [] => {}
            [group] => {
                let components: Vec<&str> = group.split(',').collect();
                if components.len() != self.frame.directions.len() {
                    return None;
                }
                for (target, component) in shift.0.iter_mut().zip(components) {
                    *target = component.parse().ok()?;
                }
            }
            _ => return None,
        }
        Some(shift)
    }

    fn variable(&self, field: usize, groups: &[&str]) -> Option<crate::model::Variable> {
        let declared = &self.fields[field];
        let mut groups = groups.iter();
        let (place, point) = match declared.place {
            _ if self.lattice.graph.is_some() && !self.frame.directions.is_empty() => {
                let name = groups.next()?;
                (vec![0], GRAPH_SITES.iter().position(|known| known == name)?)
            }
            _ if self.lattice.is_point() => (Vec::new(), 0),
            Place::Sites => self.place(groups.next()?)?,
            Place::Bonds => self.bond(groups.next()?)?,
        };
        let component = if declared.indexed { groups.next()?.parse().ok()? } else { 0 };
        if groups.next().is_some() || component >= declared.components {
            return None;
        }
        // Coordinates within the cell must be those of a site.
        let inside = |&direction: &usize| (0..self.lattice.extents[direction] as i64).contains(&place[direction]);
        if !self.frame.inner.iter().all(inside) {
            return None;
        }
        // The displacement stands as it is written, not wrapped.
        let mut origin = place.clone();
        let mut cell = Shift::ZERO;
        for (at, &direction) in self.frame.directions.iter().enumerate() {
            cell.0[at] = i16::try_from(place[direction]).ok()?;
            origin[direction] = 0;
        }
        let variable = self.frame.variable_at(self.lattice, self.fields, field, component, &origin, point)?;
        Some(variable.at(cell))
    }

    /// The cell and number of a bond given by its two ends.
    fn bond(&self, text: &str) -> Option<(Vec<i64>, usize)> {
        let (text, number) = match text.split_once("; b=") {
            Some((text, number)) => (text, Some(number.parse::<usize>().ok()?)),
            None => (text, None),
        };
        let (from, to) = match text.strip_prefix('(') {
            Some(inner) => inner.strip_suffix(')')?.split_once("), (")?,
            None => text.split_once(", ")?,
        };
        let ((cell, from), (end, to)) = (self.place(from)?, self.place(to)?);
        let absolute = self.frame.directions.is_empty();
        // On small lattices several bonds may join the two; absolute names
        // tell them apart by the end they are written from.
        let bonds = self.lattice.bonds();
        let joins = |bond: &Bond| {
            let steps = (0..cell.len()).all(|direction| {
                let step = end[direction] - cell[direction] - bond.offset[direction];
                step == 0 || (absolute && step % self.lattice.extents[direction] as i64 == 0)
            });
            bond.from == from && bond.to == to && steps
        };
        let point = match number {
            Some(number) => number,
            None => bonds.iter().position(joins)?,
        };
        (point < bonds.len()).then_some((cell, point))
    }

    /// The cell and basis site of a place: `3`, `1, 2`, `1, 2, A`, `i+1`,
    /// `i+x-2y; z=3`, `i+x, B`.
    fn place(&self, text: &str) -> Option<(Vec<i64>, usize)> {
        let dimension = self.lattice.dimension();
        let mut place = vec![0i64; dimension];
        let (text, basis) = match self.lattice.sublattices() {
            [] => (text, 0),
            names => {
                let (text, name) = text.rsplit_once(", ")?;
                (text, names.iter().position(|&known| known == name)?)
            }
        };
        if self.frame.directions.is_empty() {
            let parts: Vec<&str> = text.split(", ").collect();
            if parts.len() != dimension {
                return None;
            }
            for (target, part) in place.iter_mut().zip(parts) {
                *target = part.parse().ok()?;
            }
            return Some((place, basis));
        }
        let rest = text.strip_prefix('i')?;
        if dimension == 1 {
            place[0] = if rest.is_empty() { 0 } else { rest.parse().ok()? };
            return Some((place, basis));
        }
        let direction = |name: &str| (0..dimension).find(|&direction| Lattice::direction_name(direction) == name);
        // Names of inner directions come after a semicolon and carry their
        // coordinate, translated directions come before and carry a signed
        // step.
        let mut at = 0;
        while at < rest.len() {
            if let Some(inner) = rest[at..].strip_prefix("; ") {
                let end = inner.find(['+', ';']).unwrap_or(inner.len());
                let end = inner[..end].rfind('-').filter(|&dash| dash > 0).unwrap_or(end);
                let (name, coordinate) = inner[..end].split_once('=')?;
                place[direction(name)?] = coordinate.parse().ok()?;
                at += 2 + end;
                continue;
            }
            let sign = rest[at..].starts_with(['+', '-']).then(|| &rest[at..at + 1])?;
            let after = &rest[at + 1..];
            let end = after.find(['+', '-', ';']).unwrap_or(after.len());
            let step = &after[..end];
            let digits = step.find(|c: char| !c.is_ascii_digit())?;
            let magnitude = if digits == 0 { "1" } else { &step[..digits] };
            place[direction(&step[digits..])?] = format!("{sign}{magnitude}").parse().ok()?;
            at += 1 + end;
        }
        Some((place, basis))
    }
}

/// A name cut into its stem and the contents of its brackets.
fn split(name: &str) -> Option<(&str, Vec<&str>)> {
    let Some(open) = name.find('[') else {
        return Some((name, Vec::new()));
    };
    let mut groups = Vec::new();
    let mut rest = &name[open..];
    while !rest.is_empty() {
        let inside = rest.strip_prefix('[')?;
        let close = inside.find(']')?;
        groups.push(&inside[..close]);
        rest = &inside[close + 1..];
    }
    Some((&name[..open], groups))
}
