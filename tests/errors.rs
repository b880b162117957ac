//! Specs that are wrong, each with the whole text of its diagnostics beside
//! it: `tests/errors/NAME.ham` and `NAME.txt`. Run with `HAMC_BLESS=1` to write
//! the texts anew, and read what changed.

use hamc::diagnostics::render;
use hamc::pipeline;
use std::path::Path;

#[test]
fn diagnostics_are_as_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/errors");
    let mut paths: Vec<_> = std::fs::read_dir(&folder)
        .expect("the folder of wrong specs")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "ham"))
        .collect();
    paths.sort();
    assert!(paths.len() > 50);
    let mut failures = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a spec");
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let (_, diagnostics) = pipeline::check(&text);
        assert!(!diagnostics.is_empty(), "{name} has nothing wrong");
        let rendered = render(&diagnostics, &name, &text, false);
        let expected = path.with_extension("txt");
        if std::env::var_os("HAMC_BLESS").is_some() {
            std::fs::write(&expected, &rendered).expect("the text is written");
        } else if std::fs::read_to_string(&expected).unwrap_or_default() != rendered {
            failures.push(format!("{name}:\n{rendered}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
