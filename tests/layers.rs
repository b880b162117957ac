//! The layers of the source tree, read from its imports: which room may know
//! which, where input and output happen, and where each foreign crate lives.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Every room with the rooms it may know. A noun (syntax, model, circuit,
/// network) knows foundations and nouns; a verb (lower, count, simplify,
/// assemble, backend) and the questions (analysis) know the nouns they go
/// between; the pipeline chains the verbs; the command line is the shell.
const ROOMS: &[(&str, &[&str])] = &[
    // Foundations.
    ("diagnostics", &[]),
    ("spelling", &[]),
    ("modular", &[]),
    ("exact", &["modular"]),
    // Nouns.
    ("syntax", &["diagnostics", "exact", "spelling"]),
    ("model", &["exact", "modular", "spelling"]),
    ("circuit", &["exact", "model", "modular"]),
    ("network", &["circuit", "exact", "model", "modular"]),
    // Exact algebra of the model's polynomials.
    ("algebra", &["exact", "model", "modular"]),
    // Verbs.
    ("lower", &["diagnostics", "exact", "model", "spelling", "syntax"]),
    ("count", &["algebra", "exact", "model"]),
    ("simplify", &["algebra", "circuit", "exact", "model", "modular"]),
    ("assemble", &["algebra", "circuit", "exact", "model", "modular", "network"]),
    ("backend", &["circuit", "diagnostics", "exact", "model", "network", "syntax"]),
    ("analysis", &["exact", "model", "modular", "network"]),
    // The chain and the shell.
    (
        "pipeline",
        &[
            "analysis",
            "assemble",
            "circuit",
            "count",
            "diagnostics",
            "exact",
            "lower",
            "model",
            "network",
            "simplify",
            "syntax",
        ],
    ),
    (
        "cli",
        &[
            "assemble",
            "backend",
            "circuit",
            "count",
            "diagnostics",
            "model",
            "network",
            "pipeline",
            "simplify",
            "syntax",
        ],
    ),
];

/// Foreign crates and the rooms they live in. rustc_hash and smallvec are
/// containers and may be anywhere.
const HOMES: &[(&str, &[&str])] = &[
    ("annotate_snippets", &["diagnostics"]),
    ("clap", &["cli"]),
    ("ctrlc", &["cli"]),
    ("csv", &["cli"]),
    ("dashu_int", &["algebra", "analysis", "assemble", "count", "exact", "model", "network", "pipeline"]),
    ("dashu_ratio", &["exact"]),
    ("egg", &["count", "simplify"]),
    ("indicatif", &["cli"]),
    ("libm", &["assemble", "network"]),
    ("ndarray", &["analysis", "cli", "network"]),
    ("ndarray_npy", &["cli"]),
    ("pest", &["syntax"]),
    ("pest_derive", &["syntax"]),
    ("rayon", &["network", "pipeline"]),
    ("rustc_hash", &[]),
    ("serde", &["backend"]),
    ("serde_json", &["cli"]),
    ("serde_yaml", &["backend"]),
    ("sha2", &["cli"]),
    ("smallvec", &[]),
    ("tempfile", &["cli"]),
];

/// What touches the world outside; only the command line does.
const WORLD: &[&str] = &[
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::process",
    "std::thread",
    "std::time",
    "print!",
    "println!",
    "eprint!",
    "eprintln!",
    "dbg!",
    "include_bytes!",
];

const LONGEST_FILE: usize = 700;

/// A source file without comments.
struct Source {
    path: PathBuf,
    room: String,
    code: String,
    lines: usize,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut pending = vec![root.clone()];
    let mut found = Vec::new();
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let relative = path.strip_prefix(&root).unwrap().to_owned();
                let first = relative.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
                let text = std::fs::read_to_string(&path).unwrap();
                let code = text.lines().map(|line| without_comment(line).to_owned() + "\n").collect();
                let room = first.trim_end_matches(".rs").to_owned();
                found.push(Source { path: relative, room, code, lines: text.lines().count() });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// A line up to `//` outside of quotes.
fn without_comment(line: &str) -> &str {
    let mut quoted = false;
    let mut previous = ' ';
    for (at, c) in line.char_indices() {
        match c {
            '"' if previous != '\\' && previous != '\'' => quoted = !quoted,
            '/' if previous == '/' && !quoted => return &line[..at - 1],
            _ => {}
        }
        previous = c;
    }
    line
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The places of a word (a path or a macro) that does not go on to the left.
fn occurrences<'t>(code: &'t str, word: &'t str) -> impl Iterator<Item = &'t str> {
    code.match_indices(word)
        .filter(|(at, _)| !code[..*at].ends_with(|c| is_word(c) || c == ':'))
        .map(|(at, _)| &code[at + word.len()..])
}

/// The names right after `prefix`, single or in braces.
fn names_after(code: &str, prefix: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for rest in occurrences(code, prefix) {
        let Some(list) = rest.strip_prefix('{') else {
            names.insert(rest.chars().take_while(|&c| is_word(c)).collect());
            continue;
        };
        let mut depth = 0;
        let mut first = true;
        for (at, c) in list.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => first = true,
                c if is_word(c) && depth == 0 && first => {
                    names.insert(list[at..].chars().take_while(|&c| is_word(c)).collect());
                    first = false;
                }
                _ => {}
            }
        }
    }
    names
}

/// Whether a crate is used by its name.
fn uses(code: &str, name: &str) -> bool {
    occurrences(code, name).any(|rest| rest.starts_with("::") || rest.starts_with(';'))
}

#[test]
fn rooms_know_only_what_they_may() {
    let allowed: BTreeMap<&str, &[&str]> = ROOMS.iter().copied().collect();
    let mut faults = Vec::new();
    for source in sources().iter().filter(|source| !["lib", "main"].contains(&source.room.as_str())) {
        let Some(known) = allowed.get(source.room.as_str()) else {
            faults.push(format!("{}: a room that tests/layers.rs does not place", source.path.display()));
            continue;
        };
        for name in names_after(&source.code, "crate::") {
            if name != source.room && !known.contains(&name.as_str()) {
                faults.push(format!("{}: {} must not know {name}", source.path.display(), source.room));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn rooms_depend_on_each_other_without_cycles() {
    // In the order of the table, a room knows only rooms above it.
    for (at, (room, known)) in ROOMS.iter().enumerate() {
        for name in *known {
            let place = ROOMS.iter().position(|(other, _)| other == name);
            // The two foundations are one apart.
            assert!(
                place.is_some_and(|place| place < at || (*room, *name) == ("exact", "modular")),
                "{room} -> {name}"
            );
        }
    }
}

#[test]
fn only_the_command_line_touches_the_world() {
    let mut faults = Vec::new();
    for source in sources().iter().filter(|source| source.room != "cli" && source.room != "main") {
        for word in WORLD {
            if occurrences(&source.code, word).next().is_some() {
                faults.push(format!("{}: {word}", source.path.display()));
            }
        }
        for name in names_after(&source.code, "std::") {
            if WORLD.contains(&format!("std::{name}").as_str()) {
                faults.push(format!("{}: std::{name}", source.path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_foreign_crate_is_at_home() {
    let manifest = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let section = manifest.split("[dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
    let declared: BTreeSet<String> = section
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(name, _)| name.trim().replace('-', "_"))
        .collect();
    let placed: BTreeSet<String> = HOMES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(declared, placed, "tests/layers.rs gives every dependency a home");
    let mut faults = Vec::new();
    for source in sources() {
        for (name, homes) in HOMES {
            if !homes.is_empty() && !homes.contains(&source.room.as_str()) && uses(&source.code, name) {
                faults.push(format!("{}: {name} lives in {}", source.path.display(), homes.join(", ")));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn permissions_are_used() {
    // A permission that nothing needs any more is taken back.
    let sources = sources();
    let of = |room: &str| sources.iter().filter(|source| source.room == room).collect::<Vec<_>>();
    let mut faults = Vec::new();
    for (room, known) in ROOMS {
        for name in *known {
            if !of(room).iter().any(|source| names_after(&source.code, "crate::").contains(*name)) {
                faults.push(format!("{room} may know {name}, but does not"));
            }
        }
    }
    for (name, homes) in HOMES {
        for home in *homes {
            if !of(home).iter().any(|source| uses(&source.code, name)) {
                faults.push(format!("{name} may live in {home}, but does not"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn files_are_short() {
    let long: Vec<String> = sources()
        .iter()
        .filter(|source| source.lines > LONGEST_FILE)
        .map(|source| format!("{}: {} lines", source.path.display(), source.lines))
        .collect();
    assert!(long.is_empty(), "over {LONGEST_FILE} lines: {}", long.join(", "));
}
