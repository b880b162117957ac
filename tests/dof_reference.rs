//! Every row of the table of published counts as a spec, and its counts.
//!
//! Each row's counts were agreed by two or more independent methods, which
//! its last columns name. The spec of a row is built from its columns and goes
//! through the parser, so what is tested is what a user writes.

use std::fmt::Write;

use hamc::count::degrees_of_freedom;
use hamc::pipeline;

/// The rows of the table.
const ROWS: usize = 104;

/// The positive number whose `power` is `value`.
fn root(value: u64, power: u32) -> u64 {
    (1..=value).find(|side| side.pow(power) == value).expect("a whole side")
}

/// The first number in a text.
fn number(text: &str) -> u64 {
    let digits: String = text.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    digits.parse().expect("a number")
}

/// The lattice of a row; `None` without one.
fn lattice(name: &str, variables: u64) -> Option<String> {
    let side = || number(name.split_once(char::is_numeric).map_or(name, |(before, _)| &name[before.len()..]));
    let words: Vec<&str> = name.split(|c: char| !c.is_alphanumeric()).collect();
    Some(match words[0] {
        "complete" => format!("complete({variables})"),
        "square" | "links" => format!("square({0}, {0})", side()),
        "cubic" => format!("cubic({0}, {0}, {0})", side()),
        "triangular" | "honeycomb" | "kagome" => format!("{}({1}, {1})", words[0], side()),
        "open" if words[1] == "square" => format!("square({0}, {0}) open", root(variables, 2)),
        _ => return None,
    })
}

/// What the field of a row is: what follows its name.
fn field(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "real" => "phi : real in [-1, 1]",
        "spin" => "phi : spin",
        "3-component real vector per site" | "3-vector displacement per site" => "phi[3] : real in [-1, 1]",
        "2-component real vector per site" | "2-vector per site" => "phi[2] : real in [-1, 1]",
        "unit 3-vector per site (phi.phi=1)" => "phi[3] : unit",
        "complex phi (phi, phi* independent)" => "phi : complex in [-1, 1]",
        "spin on links (s^2=1)" => "phi : spin on bonds",
        "U(1) link phase" => "phi : phase on bonds",
        "categorical(3)" => "phi : categorical(3)",
        "categorical(4)" => "phi : categorical(4)",
        _ => return None,
    })
}

/// The spec of a row.
fn spec_of_row(row: &csv::StringRecord) -> Result<String, String> {
    let (name, kind, degree, locality, symmetry) = (&row[1], &row[3], &row[4], &row[5], &row[6]);
    let variables: u64 = row[2].parse().map_err(|_| "no number of variables".to_owned())?;
    let mut spec = String::new();
    let mut symmetries: Vec<String> = Vec::new();
    // The vectors of a row without a lattice, and the symmetry's arguments.
    let vectors = name.ends_with("no lattice").then(|| {
        let names: Vec<String> = (0..number(name)).map(|at| ["p", "q", "r", "t"][at as usize].to_owned()).collect();
        (number(kind), names.join(", "))
    });
    let components = number(kind.trim_start_matches(|c: char| !c.is_ascii_digit()).get(..1).unwrap_or("1"));
    match &vectors {
        Some((_, names)) => {
            // "Minkowski 4-vector", "3-vector"
            let list: Vec<String> = names.split(", ").map(|name| format!("{name}[{components}]")).collect();
            writeln!(spec, "field {} : real in [-1, 1]", list.join(", ")).unwrap();
        }
        None => {
            let per_site = if kind.contains("component") || kind.contains("-vector") { components } else { 1 };
            let per_site = if kind.starts_with("unit") { 3 } else { per_site };
            let per_site = if kind.starts_with("complex") { 2 } else { per_site };
            let lattice = match name.split(|c: char| !c.is_alphanumeric()).next() {
                Some("ring") => Some(format!("ring({})", variables / per_site)),
                Some("open") if name.contains("chain") => Some(format!("chain({variables})")),
                Some("1") => None,
                _ => Some(lattice(name, variables).ok_or_else(|| format!("the lattice {name}"))?),
            };
            if let Some(lattice) = lattice {
                writeln!(spec, "lattice {lattice}").unwrap();
            }
            writeln!(spec, "field {}", field(kind).ok_or_else(|| format!("the field {kind}"))?).unwrap();
        }
    }
    writeln!(spec, "H = generic\ndegree {degree}").unwrap();
    let range = match locality {
        "all" => None,
        "nn" => Some("nearest_neighbor"),
        "radius 2" => Some("range 2"),
        "radius 3" => Some("range 3"),
        "radius sqrt1" => Some("range 1"),
        "radius sqrt2" => Some("range sqrt(2)"),
        "radius sqrt3" => Some("range sqrt(3)"),
        "nn+nnn (radius sqrt2)" => Some("range sqrt(2)"),
        "nn+nnn (radius sqrt3)" => Some("range sqrt(3)"),
        "plaquette" => Some("plaquette"),
        "connected" => Some("connected"),
        "finite_range 4 sites" => Some("window 4"),
        other => return Err(format!("the locality {other}")),
    };
    if let Some(range) = range {
        writeln!(spec, "locality {range}").unwrap();
    }
    let arguments = vectors.as_ref().map_or("phi", |(_, names)| names);
    // "p4m x O(3)", "translation+reflection+Z2", "SO(3) acting diagonally (...)"
    for part in symmetry.split(" x ").flat_map(|part| part.split('+')) {
        let mut add = |text: &str| symmetries.push(text.to_owned());
        let first = part.split([' ', ',']).next().unwrap_or(part);
        match first {
            _ if part.starts_with("homogeneous") => add("uniform"),
            _ if part == "Z2 gauge" || part == "U(1) gauge" => add("gauge(phi)"),
            _ if part.contains("locked") => {
                add("point_group");
                add("rotation(phi, locked)");
            }
            "translation" | "reflection" => add(first),
            "p4m" | "Pm-3m" | "p6m" => {
                add("translation");
                add("point_group");
            }
            "p4" => {
                add("translation");
                add("point_group(C4)");
            }
            "Aut" => add("graph_automorphism"),
            "D4_open" => add("point_group"),
            "S_n" => add("permutation"),
            "Z2" => add("flip(phi)"),
            "O(2)" | "O(3)" => add(&format!("rotation({arguments})")),
            "SO(3)" => add(&format!("rotation({arguments}, proper)")),
            "Lorentz" if part.contains("parity") => add(&format!("lorentz({arguments}, parity)")),
            "Lorentz" => add(&format!("lorentz({arguments})")),
            "U(1)" => add("u1(phi)"),
            "Z_3" => add("cyclic(phi, 3)"),
            "Z_4" => add("cyclic(phi, 4)"),
            "none" => {}
            // Of "Lorentz SO+(3,1), metric (-,+,+,+)" nothing is left to say.
            _ if symmetry.starts_with("Lorentz") => {}
            other => return Err(format!("the symmetry {other}")),
        }
    }
    if !symmetries.is_empty() {
        writeln!(spec, "symmetry {}", symmetries.join(", ")).unwrap();
    }
    Ok(spec)
}

/// The counts that a spec has, or why it has none.
fn counts(spec: &str) -> Result<[String; 3], String> {
    let (model, diagnostics) = pipeline::check(spec);
    let model = model.ok_or_else(|| {
        let first = diagnostics.iter().map(|diagnostic| diagnostic.message.as_str()).next();
        first.unwrap_or("no model").to_owned()
    })?;
    let counted = degrees_of_freedom(&model).map_err(|error| error.to_string())?;
    Ok([counted.all(), counted.local(), counted.symmetric()].map(ToString::to_string))
}

#[test]
fn every_row_is_a_spec_and_its_counts_are_reproduced() {
    let table = include_str!("data/dof_reference.csv");
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let (mut rows, mut reproduced) = (0, 0);
    let (mut missing, mut wrong) = (Vec::new(), Vec::new());
    for row in reader.records() {
        let row = row.expect("a row of the table");
        rows += 1;
        let spec = spec_of_row(&row).unwrap_or_else(|reason| panic!("{} cannot be expressed: {reason}", &row[0]));
        let expected = [&row[8], &row[9], &row[10]].map(ToOwned::to_owned);
        match counts(&spec) {
            Ok(found) if found == expected => reproduced += 1,
            Ok(found) => wrong.push(format!("{}: found {found:?}, expected {expected:?}\n{spec}", &row[0])),
            Err(reason) => missing.push(format!("{}: {reason}", &row[0])),
        }
    }
    assert!(wrong.is_empty() && missing.is_empty(), "{}\n{}", wrong.join("\n"), missing.join("\n"));
    assert_eq!(rows, ROWS);
    assert_eq!(reproduced, ROWS);
}

/// Specs of the same kinds that the table does not hold; the file says where
/// their counts come from.
const MORE: &str = include_str!("data/dof_more.txt");

#[test]
fn rows_that_the_table_does_not_hold() {
    let (mut reproduced, mut missing, mut wrong) = (0, Vec::new(), Vec::new());
    for line in MORE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut parts = line.splitn(3, " | ");
        let (spec, expected) = (parts.next().unwrap(), parts.next().unwrap());
        match counts(&format!("{}\nH = generic\n", spec.replace("; ", "\n"))) {
            Ok(found) if found.join(" ") == expected => reproduced += 1,
            Ok(found) => wrong.push(format!("found {found:?}: {line}")),
            Err(reason) => missing.push(format!("{reason}: {line}")),
        }
    }
    assert!(wrong.is_empty() && missing.is_empty(), "{}\n{}", wrong.join("\n"), missing.join("\n"));
    assert!(reproduced > 200, "{reproduced}");
}

/// Specs that are refused, with the reason.
const REFUSED: &str = include_str!("data/dof_refused.txt");

#[test]
fn what_cannot_be_counted_says_why() {
    for line in REFUSED.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (spec, expected) = line.split_once(" | ").unwrap();
        let reason = counts(&format!("{}\nH = generic\n", spec.replace("; ", "\n"))).expect_err(line);
        assert!(reason.contains(expected), "{reason}: {line}");
    }
}

/// Specs drawn at random, each counted by the program that the file describes.
const RANDOM: &str = include_str!("data/dof_random.txt");

#[test]
fn specs_drawn_at_random() {
    let mut wrong = Vec::new();
    let mut found = 0;
    for line in RANDOM.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (spec, expected) = line.split_once(" | ").unwrap();
        match counts(&format!("{}\nH = generic\n", spec.replace("; ", "\n"))) {
            Ok(counts) if counts.join(" ") == expected => found += 1,
            other => wrong.push(format!("{other:?}: {line}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(found > 200, "{found}");
}
