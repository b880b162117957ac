//! Counts as formulas in the extents of the lattice.

use dashu_int::IBig;

use super::CountError;
use super::series;
use super::space::Space;
use super::unit_cell::Kind;
use super::values::average::Traces;
use crate::model::Lattice;

/// The number of local monomials as a polynomial in the extents, such as
/// `3n + 1 with n = 16`.
pub(super) fn local(lattice: &Lattice, space: &Space, unwrapped: bool, kinds: &[Kind]) -> Result<String, CountError> {
    let open: Vec<usize> = (0..space.dimension()).filter(|&d| !space.periodic[d]).collect();
    let cells = series::cells(space);
    if !unwrapped || !lattice.has_directions() {
        return Ok(format!("sets of coupled sites on {lattice}, with wrapping"));
    }
    // coefficients[subset]: of the product of the extents of the open
    // directions in the subset and of all periodic ones.
    let mut traces = Traces::new(space)?;
    let mut coefficients = vec![IBig::ZERO; 1 << open.len()];
    for kind in kinds {
        let width = |at: usize| (kind.spans[at].1 as i64 - kind.spans[at].0 as i64) as u64;
        if open.iter().enumerate().any(|(at, &direction)| width(at) >= space.extents[direction]) {
            return Ok(format!("sets of coupled sites on {lattice}, narrower than the range"));
        }
        let patterns = traces.trace(&kind.points) * &kind.count;
        for (subset, coefficient) in coefficients.iter_mut().enumerate() {
            let left_out = (0..open.len()).filter(|at| subset >> at & 1 == 0);
            let widths: IBig = left_out.map(|at| -IBig::from(width(at))).product();
            *coefficient += &patterns * widths;
        }
    }
    let constant = IBig::from(space.admits_constant() as u8);
    let single = space.dimension() == 1 || open.is_empty();
    let mut text = String::new();
    let mut push = |coefficient: &IBig, factor: &str| {
        let zero = IBig::ZERO;
        if *coefficient == zero {
            return;
        }
        let magnitude = if *coefficient < zero { -coefficient.clone() } else { coefficient.clone() };
        let sign = match (text.is_empty(), *coefficient < zero) {
            (true, false) => "",
            (true, true) => "-",
            (false, false) => " + ",
            (false, true) => " - ",
        };
        let number = if magnitude == IBig::ONE && !factor.is_empty() { String::new() } else { magnitude.to_string() };
        let times = if number.is_empty() || factor.is_empty() || factor == "n" { "" } else { "*" };
        text.push_str(&format!("{sign}{number}{times}{factor}"));
    };
    for subset in (0..coefficients.len()).rev() {
        let mut factors = Vec::new();
        for direction in 0..space.dimension() {
            let kept = match open.iter().position(|&d| d == direction) {
                Some(at) => subset >> at & 1 == 1,
                None => true,
            };
            if kept {
                factors.push(if single { "n".to_owned() } else { format!("L{}", Lattice::direction_name(direction)) });
            }
        }
        if single {
            factors.truncate(1);
        }
        let mut coefficient = coefficients[subset].clone();
        if factors.is_empty() {
            coefficient += &constant;
        }
        push(&coefficient, &factors.join("*"));
    }
    if space.periodic.contains(&true) {
        push(&constant, "");
    }
    if text.is_empty() {
        text.push('0');
    }
    let values = match single {
        true => format!("n = {cells}"),
        false => (0..space.dimension())
            .map(|d| format!("L{} = {}", Lattice::direction_name(d), space.extents[d]))
            .collect::<Vec<_>>()
            .join(", "),
    };
    Ok(format!("{text} with {values}"))
}
