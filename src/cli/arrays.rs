//! Arrays in files: .npy and .csv.

use ndarray::{Array2, ArrayD};
use ndarray_npy::{ReadNpyExt, WriteNpyExt};
use std::io::Cursor;
use std::path::Path;

use super::{Failure, Outcome, files};
use crate::network::Evaluator;

/// Reads samples: one row each. A .npy array may have any number of
/// dimensions after the first, row-major; an array with exactly one sample's
/// values is one sample.
pub fn read(path: &Path, evaluator: &Evaluator) -> Result<Array2<f64>, Failure> {
    let failed = |message: String| Failure::input(format!("{}: {message}", path.display()));
    let bytes = files::read_bytes(path)?;
    if bytes.starts_with(b"\x93NUMPY") {
        let array = read_npy(&bytes).map_err(failed)?;
        let shape = array.shape().to_vec();
        let expected = evaluator.variables();
        let values: Vec<f64> = array.iter().copied().collect();
        let rows = match shape.first() {
            Some(&rows) if shape.len() > 1 && values.len() == rows * expected => rows,
            _ if values.len() == expected => 1,
            _ => {
                return Err(failed(format!(
                    "an array of shape {shape:?} is no list of samples with {expected} variables each"
                )));
            }
        };
        return Array2::from_shape_vec((rows, expected), values).map_err(|error| failed(error.to_string()));
    }
    let text = String::from_utf8(bytes).map_err(|_| failed("neither a .npy array nor text".to_owned()))?;
    read_csv(&text, evaluator).map_err(failed)
}

/// A table of numbers: its extents, the numbers row-major, and whether it is a
/// text.
pub fn table(bytes: &[u8]) -> Result<(Vec<usize>, Vec<f64>, bool), String> {
    if bytes.starts_with(b"\x93NUMPY") {
        let array = read_npy(bytes)?;
        return Ok((array.shape().to_vec(), array.iter().copied().collect(), false));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| "neither a .npy array nor text".to_owned())?;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .comment(Some(b'#'))
        .from_reader(text.as_bytes());
    let (mut values, mut rows, mut columns) = (Vec::new(), 0, 0);
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        let line = record.position().map_or(0, |position| position.line());
        if rows == 0 {
            columns = record.len();
        } else if record.len() != columns {
            return Err(format!("line {line} has {} numbers, and those before have {columns}", record.len()));
        }
        for (column, cell) in record.iter().enumerate() {
            let value =
                cell.parse().map_err(|_| format!("line {line}, column {}: `{cell}` is no number", column + 1))?;
            values.push(value);
        }
        rows += 1;
    }
    // A list is a list, however it stands.
    let shape = if rows == 1 || columns == 1 { vec![values.len()] } else { vec![rows, columns] };
    Ok((shape, values, true))
}

/// An array of doubles, whatever number format it is stored in.
fn read_npy(bytes: &[u8]) -> Result<ArrayD<f64>, String> {
    // Memory is reserved for what the header says, so it is asked first.
    if declared_values(bytes).is_none_or(|values| values > bytes.len() as u128) {
        return Err("not a readable .npy array: its header does not fit its length".to_owned());
    }
    macro_rules! attempt {
        ($($kind:ty),*) => {$(
            if let Ok(array) = ArrayD::<$kind>::read_npy(Cursor::new(bytes)) {
                return Ok(array.mapv(|value| value as f64));
            }
        )*};
    }
    let first = ArrayD::<f64>::read_npy(Cursor::new(bytes));
    let Err(error) = first else { return first.map_err(|error| error.to_string()) };
    attempt!(f32, i64, i32, i16, i8, u8, u16, u32, u64);
    if let Ok(array) = ArrayD::<bool>::read_npy(Cursor::new(bytes)) {
        return Ok(array.mapv(|value| value as u8 as f64));
    }
    Err(format!("not a readable .npy array: {error}"))
}

/// The number of values that the header of a .npy file declares.
fn declared_values(bytes: &[u8]) -> Option<u128> {
    let (start, length): (usize, usize) = match bytes.get(6)? {
        1 => (10, usize::from(u16::from_le_bytes(bytes.get(8..10)?.try_into().ok()?))),
        _ => (12, u32::from_le_bytes(bytes.get(8..12)?.try_into().ok()?) as usize),
    };
    let header = String::from_utf8_lossy(bytes.get(start..start.checked_add(length)?)?);
    let shape = header.split_once("'shape'").or_else(|| header.split_once("\"shape\""))?.1;
    let shape = shape.split_once('(')?.1.split_once(')')?.0;
    let extents = shape.split(',').map(str::trim).filter(|extent| !extent.is_empty());
    extents.map(|extent| extent.trim_end_matches('L').parse::<u128>().ok()).try_fold(1u128, |product, extent| {
        // A zero extent makes no values, whatever the others are.
        product.checked_mul(extent?)
    })
}

/// Comma-separated numbers, one sample a line. A first line of names is
/// allowed; it must name the variables, in any order.
fn read_csv(text: &str, evaluator: &Evaluator) -> Result<Array2<f64>, String> {
    let expected = evaluator.variables();
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .comment(Some(b'#'))
        .from_reader(text.as_bytes());
    let mut values = Vec::new();
    let mut rows = 0;
    let mut places: Option<Vec<usize>> = None;
    for (at, record) in reader.records().enumerate() {
        let record = record.map_err(|error| error.to_string())?;
        let line = record.position().map_or(at as u64 + 1, |position| position.line());
        if at == 0 && record.iter().any(|cell| cell.parse::<f64>().is_err()) {
            places = Some(header(&record, evaluator)?);
            continue;
        }
        if record.len() != expected {
            return Err(format!("line {line} has {} values, but there are {expected} variables", record.len()));
        }
        let mut row = Vec::with_capacity(expected);
        for (column, cell) in record.iter().enumerate() {
            let value: f64 =
                cell.parse().map_err(|_| format!("line {line}, column {}: `{cell}` is no number", column + 1))?;
            row.push(value);
        }
        match &places {
            None => values.extend(row),
            Some(places) => values.extend(places.iter().map(|&place| row[place])),
        }
        rows += 1;
    }
    Array2::from_shape_vec((rows, expected), values).map_err(|error| error.to_string())
}

/// For each variable the column that holds it.
fn header(record: &csv::StringRecord, evaluator: &Evaluator) -> Result<Vec<usize>, String> {
    let compact = |name: &str| name.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let names: Vec<String> = record.iter().map(compact).collect();
    (0..evaluator.variables())
        .map(|column| {
            let name = evaluator.column_name(column);
            names
                .iter()
                .position(|known| *known == compact(&name))
                .ok_or_else(|| format!("the first line names columns, but none of them is `{name}`"))
        })
        .collect()
}

/// Writes energies to a .npy or .csv file, by its name.
pub fn write(path: &Path, names: &[String], energies: &Array2<f64>) -> Outcome {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    match extension.as_deref() {
        Some("npy") => {
            let mut bytes = Vec::new();
            // One output is a vector: a value a sample.
            let written = if names.len() == 1 {
                energies.column(0).to_owned().write_npy(&mut bytes)
            } else {
                energies.write_npy(&mut bytes)
            };
            written.map_err(|error| Failure::input(format!("{}: {error}", path.display())))?;
            files::write(path, &bytes)
        }
        Some("csv") => files::write(path, csv_text(names, energies).as_bytes()),
        _ => Err(Failure::input(format!("{}: the name of the output must end in .npy or .csv", path.display()))),
    }
}

/// Energies as comma-separated values with a line of names. Each number reads
/// back to the same double.
pub fn csv_text(names: &[String], energies: &Array2<f64>) -> String {
    let mut text = names.join(",");
    text.push('\n');
    for row in energies.rows() {
        let cells: Vec<String> = row.iter().map(f64::to_string).collect();
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}
