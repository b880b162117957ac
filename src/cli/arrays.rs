//! Arrays in files: .npy and .csv.

use ndarray::{Array2, Array3, ArrayD};
use ndarray_npy::{ReadNpyExt, ReadableElement, WriteNpyExt};
use std::io::{Cursor, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::{Failure, Outcome, files, output};
use crate::network::Evaluator;

/// How a .npy file begins.
const MAGIC: &[u8] = b"\x93NUMPY";

/// A longer header of a .npy file is none.
const LONGEST_HEADER: u64 = 1 << 16;

/// Reads samples: one row each. A .npy array may have any number of
/// dimensions after the first, row-major; an array with exactly one sample's
/// values is one sample. An array of doubles in row-major order is read
/// straight into its place.
pub fn read(path: &Path, evaluator: &Evaluator) -> Result<Array2<f64>, Failure> {
    let failed = |message: String| Failure::input(format!("{}: {message}", path.display()));
    let mut file = files::open(path)?;
    let unreadable = |error: std::io::Error| files::unreadable(path, &error);
    let known = file.metadata().map_err(unreadable)?;
    let array = if known.is_file() {
        let mut start = Vec::new();
        (&mut file).take(MAGIC.len() as u64).read_to_end(&mut start).map_err(unreadable)?;
        file.rewind().map_err(unreadable)?;
        match start == MAGIC {
            true => Some(read_npy(&mut file, known.len()).map_err(failed)?),
            false => None,
        }
    } else {
        None
    };
    let array = match array {
        Some(array) => array,
        None => {
            // A pipe, or a text.
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).map_err(unreadable)?;
            if !bytes.starts_with(MAGIC) {
                let text = String::from_utf8(bytes).map_err(|_| failed("neither a .npy array nor text".to_owned()))?;
                return read_csv(&text, evaluator).map_err(failed);
            }
            let length = bytes.len() as u64;
            read_npy(&mut Cursor::new(bytes), length).map_err(failed)?
        }
    };
    let (shape, expected) = (array.shape().to_vec(), evaluator.variables());
    let rows = match shape.first() {
        Some(&rows) if shape.len() > 1 && array.len() == rows * expected => rows,
        _ if array.len() == expected => 1,
        _ => {
            return Err(failed(format!(
                "an array of shape {shape:?} is no list of samples with {expected} variables each"
            )));
        }
    };
    let array = if array.is_standard_layout() { array } else { array.as_standard_layout().into_owned() };
    let (values, _) = array.into_raw_vec_and_offset();
    Array2::from_shape_vec((rows, expected), values).map_err(|error| failed(error.to_string()))
}

/// The lines of a text of numbers; `#` begins a comment.
fn records(text: &str) -> csv::Reader<&[u8]> {
    let mut builder = csv::ReaderBuilder::new();
    builder.has_headers(false).flexible(true).trim(csv::Trim::All).comment(Some(b'#'));
    builder.from_reader(text.as_bytes())
}

/// A table of numbers: its extents, the numbers row-major, and whether it is a
/// text.
pub fn table(bytes: &[u8]) -> Result<(Vec<usize>, Vec<f64>, bool), String> {
    if bytes.starts_with(MAGIC) {
        let array = read_npy(&mut Cursor::new(bytes), bytes.len() as u64)?;
        return Ok((array.shape().to_vec(), array.iter().copied().collect(), false));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| "neither a .npy array nor text".to_owned())?;
    let mut reader = records(text);
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

/// An array of doubles, whatever number format it is stored in. `length` is
/// that of the whole file.
fn read_npy(reader: &mut (impl Read + Seek), length: u64) -> Result<ArrayD<f64>, String> {
    let unreadable = |reason: &str| format!("not a readable .npy array: {reason}");
    let header = header_text(reader).ok_or_else(|| unreadable("its header is damaged"))?;
    reader.seek(SeekFrom::Start(0)).map_err(|error| error.to_string())?;
    // Memory is reserved for what the header says, so it is asked first.
    if declared_values(&header).is_none_or(|values| values > u128::from(length)) {
        return Err(unreadable("its header does not fit its length"));
    }
    let (_, format) = entry(&header, "descr").ok_or_else(|| unreadable("its header names no number format"))?;
    let format = format.split(['\'', '"']).nth(1).unwrap_or_default();
    let kind = format.trim_start_matches(['<', '>', '=', '|']);
    fn convert<T: ReadableElement>(
        reader: &mut (impl Read + Seek),
        convert: impl Fn(T) -> f64,
    ) -> Result<ArrayD<f64>, String> {
        let array = ArrayD::<T>::read_npy(reader).map_err(|error| format!("not a readable .npy array: {error}"))?;
        // In the order in which they lie, which may be that of columns.
        let shape = array.raw_dim();
        let standard = array.is_standard_layout();
        let array = if standard { array } else { array.reversed_axes() };
        let shape = if standard { shape } else { array.raw_dim() };
        let (values, _) = array.into_raw_vec_and_offset();
        let values = ArrayD::from_shape_vec(shape, values.into_iter().map(convert).collect());
        let values = values.map_err(|error| error.to_string())?;
        Ok(if standard { values } else { values.reversed_axes() })
    }
    match kind {
        "f8" => convert::<f64>(reader, |value| value),
        "f4" => convert::<f32>(reader, f64::from),
        "i8" => convert::<i64>(reader, |value| value as f64),
        "i4" => convert::<i32>(reader, f64::from),
        "i2" => convert::<i16>(reader, f64::from),
        "i1" => convert::<i8>(reader, f64::from),
        "u8" => convert::<u64>(reader, |value| value as f64),
        "u4" => convert::<u32>(reader, f64::from),
        "u2" => convert::<u16>(reader, f64::from),
        "u1" => convert::<u8>(reader, f64::from),
        "b1" => convert::<bool>(reader, |value| f64::from(u8::from(value))),
        _ => {
            let name = match kind {
                "f2" => " (float16)",
                "f16" | "f12" => " (long double)",
                "c8" | "c16" => " (complex numbers)",
                "O" => " (Python objects)",
                _ => "",
            };
            Err(format!(
                "its numbers have the format '{format}'{name}; float64, float32, integers of 8 to 64 bits and bool are \
                 read: convert it with numpy's .astype('float64')"
            ))
        }
    }
}

/// The header of a .npy file, from its beginning.
fn header_text(reader: &mut impl Read) -> Option<String> {
    let mut start = [0; 8];
    reader.read_exact(&mut start).ok()?;
    let length = if start[6] == 1 {
        let mut length = [0; 2];
        reader.read_exact(&mut length).ok()?;
        u64::from(u16::from_le_bytes(length))
    } else {
        let mut length = [0; 4];
        reader.read_exact(&mut length).ok()?;
        u64::from(u32::from_le_bytes(length))
    };
    let mut header = vec![0; usize::try_from(length.min(LONGEST_HEADER)).ok()?];
    reader.read_exact(&mut header).ok()?;
    Some(String::from_utf8_lossy(&header).into_owned())
}

/// What stands before and after the name of an entry of a header.
fn entry<'a>(header: &'a str, name: &str) -> Option<(&'a str, &'a str)> {
    header.split_once(&format!("'{name}'")).or_else(|| header.split_once(&format!("\"{name}\"")))
}

/// The number of values that the header of a .npy file declares.
fn declared_values(header: &str) -> Option<u128> {
    let (_, shape) = entry(header, "shape")?;
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
    let mut reader = records(text);
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

/// The two formats of results.
enum Format {
    Npy,
    Csv,
}

/// The format that a file name asks for.
fn format(path: &Path) -> Result<Format, Failure> {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    match extension.as_deref() {
        Some("npy") => Ok(Format::Npy),
        Some("csv") => Ok(Format::Csv),
        _ => Err(Failure::input(format!("{}: the name of the output must end in .npy or .csv", path.display()))),
    }
}

fn write_npy<A: WriteNpyExt>(path: &Path, array: &A) -> Outcome {
    files::write_with(path, |file| array.write_npy(file).map_err(std::io::Error::other))
}

/// Refuses a file name that asks for no format, before anything is computed.
pub fn check_name(path: &Path) -> Outcome {
    format(path).map(|_| ())
}

/// Writes energies to a .npy or .csv file, by its name; as CSV to stdout
/// without one.
pub fn write(path: Option<&Path>, names: &[String], energies: &Array2<f64>) -> Outcome {
    let Some(path) = path else {
        output::print(&csv_text(names, energies));
        return Ok(());
    };
    match format(path)? {
        // One output is a vector: a value a sample.
        Format::Npy if names.len() == 1 => write_npy(path, &energies.column(0)),
        Format::Npy => write_npy(path, energies),
        Format::Csv => files::write(path, csv_text(names, energies).as_bytes()),
    }
}

/// Numbers of each sample and output that have columns: cells or variables.
pub struct Table<'a> {
    /// The names of the outputs.
    pub outputs: &'a [String],
    /// The name of each column.
    pub column: &'a dyn Fn(usize) -> String,
    /// The extents of the columns in a .npy array.
    pub extents: &'a [usize],
    /// Samples by outputs by columns.
    pub values: Array3<f64>,
}

/// Writes a table. A .npy array has the samples first, then the outputs where
/// there are several, then the extents; CSV has a line a sample and output.
pub fn write_table(path: Option<&Path>, table: Table<'_>) -> Outcome {
    let Some(path) = path else {
        let mut text = Vec::new();
        let _ = table_csv(&table, &mut text);
        output::print(&String::from_utf8_lossy(&text));
        return Ok(());
    };
    match format(path)? {
        Format::Npy => {
            let mut shape = vec![table.values.dim().0];
            if table.outputs.len() != 1 {
                shape.push(table.outputs.len());
            }
            shape.extend(table.extents);
            let values = table.values.into_shape_with_order(shape).expect("as many values");
            write_npy(path, &values)
        }
        Format::Csv => files::write_with(path, |file| table_csv(&table, file)),
    }
}

fn table_csv(table: &Table<'_>, text: &mut impl Write) -> std::io::Result<()> {
    let several = table.outputs.len() != 1;
    let separator = |first: bool| if first { "" } else { "," };
    if several {
        write!(text, "output")?;
    }
    for column in 0..table.values.dim().2 {
        let name = (table.column)(column);
        let quoted = if name.contains(',') { format!("\"{name}\"") } else { name };
        write!(text, "{}{quoted}", separator(column == 0 && !several))?;
    }
    writeln!(text)?;
    for sample in table.values.outer_iter() {
        for (output, row) in table.outputs.iter().zip(sample.rows()) {
            if several {
                write!(text, "{output}")?;
            }
            for (column, value) in row.iter().enumerate() {
                write!(text, "{}{value}", separator(column == 0 && !several))?;
            }
            writeln!(text)?;
        }
    }
    Ok(())
}

/// Energies as comma-separated values with a line of names. Each number reads
/// back to the same double.
fn csv_text(names: &[String], energies: &Array2<f64>) -> String {
    let mut text = names.join(",");
    text.push('\n');
    for row in energies.rows() {
        let cells: Vec<String> = row.iter().map(f64::to_string).collect();
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}
