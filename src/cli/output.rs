//! Printing to stdout and stderr.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::{ErrorKind, IsTerminal, Write};
use std::time::Duration;

/// Prints text to stdout. A reader that went away is no error.
pub fn print(text: &str) {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => {}
        Err(gone) if gone.kind() == ErrorKind::BrokenPipe => std::process::exit(0),
        Err(failed) => {
            error(&format!("stdout cannot be written: {failed}"));
            std::process::exit(1);
        }
    }
}

/// Prints a line to stdout.
pub fn line(text: &str) {
    print(&format!("{text}\n"));
}

/// Prints JSON to stdout.
pub fn json(value: &serde_json::Value) {
    line(&serde_json::to_string_pretty(value).expect("a value is printable"));
}

/// Prints text to stderr.
pub fn note(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Prints an error to stderr, unless its text was printed already.
pub fn error(message: &str) {
    if !message.is_empty() {
        note(&format!("error: {}\n", message.trim_end()));
    }
}

/// Whether diagnostics are to be coloured.
pub fn styled() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

/// A spinner for work of unknown length; invisible where stderr is no terminal.
pub fn spinner(message: &str) -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_message(message.to_owned());
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// A progress bar over samples; invisible where stderr is no terminal.
pub fn bar(length: u64, message: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {bar:30} {human_pos}/{human_len} {eta}").expect("a fixed template");
    ProgressBar::new(length).with_style(style).with_message(message.to_owned())
}

/// A table with aligned columns; numbers to the right.
pub fn table(headers: &[&str], rows: &[Vec<String>]) -> String {
    let columns = headers.len();
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([headers[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let numeric: Vec<bool> = (0..columns)
        .map(|column| {
            let mut cells = rows.iter().map(|row| row[column].as_str()).filter(|cell| !cell.is_empty());
            rows.iter().any(|row| !row[column].is_empty())
                && cells.all(|cell| cell.starts_with(|c: char| c.is_ascii_digit()) && !cell.contains(' '))
        })
        .collect();
    let mut text = String::new();
    let mut line = |cells: Vec<&str>| {
        let padded = cells.iter().enumerate().map(|(column, cell)| {
            let padding = " ".repeat(widths[column] - cell.chars().count());
            if numeric[column] { format!("{padding}{cell}") } else { format!("{cell}{padding}") }
        });
        text.push_str(padded.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    };
    line(headers.to_vec());
    for row in rows {
        line(row.iter().map(String::as_str).collect());
    }
    text
}

/// A count as JSON: a number where every reader of JSON keeps it exact, a
/// decimal string above 2^53.
pub fn count(decimal: &str) -> serde_json::Value {
    match decimal.parse::<u64>() {
        Ok(small) if small < 1 << 53 => small.into(),
        _ => decimal.into(),
    }
}

/// A number with its noun: `1 layer`, `2 layers`.
pub fn plural(count: &str, noun: &str) -> String {
    if count == "1" { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
