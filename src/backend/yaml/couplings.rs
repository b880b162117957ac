//! Couplings from files, and the weights of outputs.
//!
//! A few couplings are written out; many stay in their file, which the
//! description names with its digest, so that its size does not depend on the
//! number of sites.

use std::fmt::Write;

use super::document::{Couplings as Entry, Weight as WeightEntry};
use super::{FormatError, PLACES, double, refuse, row, scalar, value, word};
use crate::model::{self, Couplings, Frame, Shift, Weight, Window};

/// The most couplings that are written into a description.
pub const MOST_EMBEDDED: usize = 256;

/// The numbers in a file and its SHA-256, by the file's path relative to the
/// description; or why there are none.
pub type Load<'a> = &'a mut dyn FnMut(&str) -> Result<(Vec<f64>, String), String>;

/// The lines of the couplings.
pub(super) fn write(couplings: &[Couplings]) -> String {
    let mut text = String::new();
    if couplings.is_empty() {
        return text;
    }
    let mut line = |content: String| writeln!(text, "{content}").expect("writing to a string");
    line("couplings:".into());
    for array in couplings {
        line(format!("  - name: {}", scalar(&array.name)));
        line(format!("    on: {}", word(&PLACES, array.place)));
        line(format!("    points: {}", array.points));
        line(format!("    file: {}", scalar(&array.file)));
        line(format!("    sha256: {}", scalar(&array.sha256)));
        if array.values.len() <= MOST_EMBEDDED {
            line(format!("    values: {}", row(array.values.iter().copied().map(double))));
        }
    }
    text
}

/// The couplings of a document.
pub(super) fn read(entries: Vec<Entry>, load: Load<'_>) -> Result<Vec<Couplings>, FormatError> {
    let mut couplings = Vec::new();
    for (at, entry) in entries.into_iter().enumerate() {
        let at = format!("couplings[{at}]");
        let place = value(&PLACES, &entry.on, &format!("{at}.on"))?;
        let values = match entry.values {
            Some(values) => values,
            None => {
                let file = format!("{at}.file");
                let (values, sha256) = load(&entry.file)
                    .map_err(|why| FormatError { at: file.clone(), message: format!("{}: {why}", entry.file) })?;
                if sha256 != entry.sha256 {
                    return refuse(file, format!("{} is not the file that the network was made with", entry.file));
                }
                values
            }
        };
        couplings.push(Couplings {
            name: entry.name,
            file: entry.file,
            sha256: entry.sha256,
            place,
            points: entry.points,
            values: values.into(),
        });
    }
    Ok(couplings)
}

/// The lines of a weight, where it is not one in every cell.
pub(super) fn weight(weight: &Weight, couplings: &[Couplings], frame: &Frame) -> Vec<String> {
    let mut lines = Vec::new();
    let margins = |shift: &Shift| row(shift.0[..frame.directions.len()].iter().map(i16::to_string));
    if weight.window.cut > 0 {
        lines.push(format!("    cut: {}", weight.window.cut));
    }
    if !(Window { cut: 0, ..weight.window }).is_all() {
        lines.push(format!("    window: [{}, {}]", margins(&weight.window.low), margins(&weight.window.high)));
    }
    if let Some(entry) = weight.coupling {
        lines.push(format!("    couplings: {}", scalar(&couplings[entry.array].name)));
        lines.push(format!("    point: {}", entry.point));
    }
    lines
}

/// The weight of an output.
pub(super) fn read_weight(
    entry: WeightEntry,
    couplings: &[Couplings],
    frame: &Frame,
    at: &str,
) -> Result<Weight, FormatError> {
    let mut window = Window { cut: entry.cut.unwrap_or(0), ..Window::ALL };
    if let Some([low, high]) = entry.window {
        for (margins, list) in [(&mut window.low, low), (&mut window.high, high)] {
            if list.len() != frame.directions.len() {
                return refuse(format!("{at}.window"), "there must be two margins for each translated direction");
            }
            margins.0[..list.len()].copy_from_slice(&list);
        }
    }
    let coupling = match (entry.couplings, entry.point) {
        (None, None) => None,
        (Some(name), point) => match couplings.iter().position(|array| array.name == name) {
            Some(array) => Some(model::Entry { array, point: point.unwrap_or(0) }),
            None => return refuse(format!("{at}.couplings"), format!("there are no couplings `{name}`")),
        },
        (None, Some(_)) => return refuse(format!("{at}.point"), "a point without couplings"),
    };
    Ok(Weight { window, coupling })
}
