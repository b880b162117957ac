//! The README and the documents stay true: their commands are run, and the
//! output compared.
//!
//! `HAMC_BLESS=1 cargo test --test readme` rewrites the outputs.

use std::path::Path;
use std::process::Command;

/// Runs a line of a console block in a folder; stdout and stderr together.
fn run(line: &str, folder: &Path) -> String {
    let line = line.replace("hamc ", &format!("{} ", env!("CARGO_BIN_EXE_hamc")));
    let output = Command::new("sh").arg("-c").arg(format!("{line} 2>&1")).current_dir(folder).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    // Times differ from run to run.
    text.lines()
        .map(|line| match (line.find(" in "), line.starts_with("  wrote")) {
            (Some(at), true) => format!("{}\n", &line[..at]),
            _ => format!("{line}\n"),
        })
        .collect()
}

/// The text of a document with the files that it shows put in, and the output
/// of its commands, which are run one after the other in one folder.
fn renewed(document: &str) -> (String, usize) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    for name in ["specs", "tests"] {
        std::os::unix::fs::symlink(root.join(name), folder.path().join(name)).unwrap();
    }
    let mut actual = String::new();
    let mut lines = document.lines().peekable();
    let mut file: Option<&str> = None;
    let mut commands = 0;
    while let Some(line) = lines.next() {
        actual.push_str(line);
        actual.push('\n');
        if let Some(name) = line.strip_prefix("<!-- file ") {
            file = name.strip_suffix(" -->");
        } else if line == "```" && file.is_some() {
            let text = std::fs::read_to_string(root.join(file.take().unwrap())).unwrap();
            actual.push_str(&text);
            while lines.next_if(|line| *line != "```").is_some() {}
            actual.push_str("```\n");
            lines.next();
        } else if line == "```console" {
            while let Some(line) = lines.next_if(|line| *line != "```") {
                if let Some(command) = line.strip_prefix("$ ") {
                    commands += 1;
                    actual.push_str(line);
                    actual.push('\n');
                    actual.push_str(&run(command, folder.path()));
                }
            }
            actual.push_str("```\n");
            lines.next();
        } else if line.starts_with("```") {
            for line in lines.by_ref() {
                actual.push_str(line);
                actual.push('\n');
                if line == "```" {
                    break;
                }
            }
        }
    }
    (actual, commands)
}

/// Compares a file with what it should be, or rewrites it.
fn compare(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os("HAMC_BLESS").is_some() {
        std::fs::write(path, actual).unwrap();
        return;
    }
    let said = std::fs::read_to_string(path).unwrap();
    for (at, (said, found)) in said.lines().zip(actual.lines()).enumerate() {
        assert_eq!(said, found, "{name}, line {}", at + 1);
    }
    assert_eq!(said.lines().count(), actual.lines().count(), "{name}");
}

#[test]
fn commands_print_what_the_documents_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in ["README.md", "docs/counting.md"] {
        let (actual, commands) = renewed(&std::fs::read_to_string(root.join(name)).unwrap());
        assert!(commands > 10, "{name} has console blocks");
        compare(name, &actual);
    }
}

#[test]
fn pictures_are_what_the_commands_draw() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    compare("docs/phi4_ring.svg", &run("hamc dof specs/phi4_ring.ham --svg -", root));
    compare("docs/henon_heiles.svg", &run("hamc compare specs/henon_heiles.ham --svg -", root));
    let growth = "hamc scale tests/data/readme/product.ham --parameter n=4..20 --svg -";
    compare("docs/product_growth.svg", &run(growth, root));
}
