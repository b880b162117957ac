//! Reading specs and networks; writing whole files or none.

use sha2::{Digest, Sha256};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::{Failure, arrays, output};
use crate::backend::{dense, yaml};
use crate::diagnostics;
use crate::model::Model;
use crate::network::{Network, Provenance};
use crate::pipeline::{self, Files, Table};

/// A spec that was read and checked.
pub struct Spec {
    /// The file name without folders.
    pub name: String,
    /// The text.
    pub text: String,
    /// The model.
    pub model: Model,
}

impl Spec {
    /// Where a network compiled from this spec comes from.
    pub fn provenance(&self) -> Provenance {
        Provenance {
            spec: self.name.clone(),
            sha256: digest(self.text.as_bytes()),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

/// The text of a file, with a reason that names it where it cannot be read.
pub fn read_text(path: &Path) -> Result<String, Failure> {
    let bytes = read_bytes(path)?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].iter().filter(|&&byte| byte == b'\n').count() + 1;
        Failure::input(format!("{}: this is no text in UTF-8 (line {line}, byte {at})", path.display()))
    })
}

/// The bytes of a file.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| unreadable(path, &error))
}

/// A file to be read piece by piece.
pub fn open(path: &Path) -> Result<std::fs::File, Failure> {
    std::fs::File::open(path).map_err(|error| unreadable(path, &error))
}

/// Why a file cannot be read.
pub fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::input(format!("{}: {}", path.display(), reason(error)))
}

/// An operating system's reason without its number.
fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        std::io::ErrorKind::IsADirectory => "this is a folder, not a file".to_owned(),
        _ => error.to_string(),
    }
}

/// The text of a spec that may have mistakes, but is no network.
pub fn read_spec_text(path: &Path) -> Result<String, Failure> {
    let text = read_text(path)?;
    if is_network(&text) {
        let shown = path.display();
        return Err(Failure::input(format!("{shown}: this is a network description, and a spec is expected here")));
    }
    Ok(text)
}

/// Reads and checks a spec; its diagnostics go to stderr.
pub fn read_spec(path: &Path) -> Result<Spec, Failure> {
    let text = read_spec_text(path)?;
    let (model, found) = pipeline::check_with(&text, &mut Folder::of(path));
    let shown = path.display().to_string();
    output::note(&diagnostics::render(&found, &shown, &text, output::styled()));
    let name = path.file_name().map_or_else(|| shown.clone(), |name| name.to_string_lossy().into_owned());
    match model {
        Some(model) => Ok(Spec { name, text, model }),
        None => {
            let errors = found.iter().filter(|d| d.severity == diagnostics::Severity::Error).count();
            let plural = if errors == 1 { "error" } else { "errors" };
            Err(Failure::input(format!("{shown}: {errors} {plural}")))
        }
    }
}

/// The specs of a folder, by name; those of its folders are not looked for.
pub fn specs_in(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed = |error: std::io::Error| Failure::input(format!("{}: {}", folder.display(), reason(&error)));
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension == "ham") && path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    match paths.is_empty() {
        true => Err(Failure::input(format!("{}: there is no spec (*.ham) in this folder", folder.display()))),
        false => Ok(paths),
    }
}

/// The folder of a spec or a network, whose files it names.
pub struct Folder<'a>(&'a Path);

impl<'a> Folder<'a> {
    /// The folder that a file is in.
    pub fn of(path: &'a Path) -> Folder<'a> {
        Folder(path.parent().unwrap_or(Path::new("")))
    }
}

impl Files for Folder<'_> {
    fn table(&mut self, path: &str) -> Result<Table, String> {
        let bytes = std::fs::read(self.0.join(path)).map_err(|error| reason(&error))?;
        let sha256 = digest(&bytes);
        let (shape, values, is_text) = arrays::table(&bytes)?;
        Ok(Table { shape, values, is_text, sha256 })
    }

    fn text(&mut self, path: &str) -> Result<(String, String), String> {
        let bytes = std::fs::read(self.0.join(path)).map_err(|error| reason(&error))?;
        let sha256 = digest(&bytes);
        let text = String::from_utf8(bytes).map_err(|_| "this is no text in UTF-8".to_owned())?;
        Ok((text, sha256))
    }
}

/// SHA-256 in hexadecimal.
fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether a file is a network description rather than a spec.
pub fn is_network(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.find(|line| *line != "---").is_some_and(|line| line.starts_with("format:"))
}

/// Reads a network description.
pub fn read_network(path: &Path) -> Result<Network, Failure> {
    parse_network(path, &read_text(path)?)
}

/// Parses a network description that was read from a path.
pub fn parse_network(path: &Path, text: &str) -> Result<Network, Failure> {
    if !is_network(text) {
        let shown = path.display();
        let help = if shown.to_string().ends_with(".ham") {
            "; is it a spec? `hamc compile` makes a network of it"
        } else {
            ""
        };
        return Err(Failure::input(format!(
            "{shown}: not a hamc network: it does not begin with `format: hamc-network`{help}"
        )));
    }
    let mut folder = Folder::of(path);
    let mut load = |file: &str| folder.table(file).map(|table| (table.values, table.sha256));
    yaml::read_with(text, &mut load)
        .map_err(|error| Failure::input(format!("{}: not a hamc network: {error}", path.display())))
}

/// Writes a file whole: beside its place first, then moved there.
pub fn write(path: &Path, content: &[u8]) -> Result<(), Failure> {
    write_with(path, |file| file.write_all(content))
}

/// Writes a file whole from a function that writes it piece by piece.
pub fn write_with(
    path: &Path,
    content: impl FnOnce(&mut std::io::BufWriter<&mut std::fs::File>) -> std::io::Result<()>,
) -> Result<(), Failure> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let failed = |error: std::io::Error| {
        let why = match error.kind() {
            std::io::ErrorKind::NotFound => "its folder does not exist, or takes no files".to_owned(),
            _ => reason(&error),
        };
        Failure::input(format!("{}: cannot be written: {why}", path.display()))
    };
    let mut file = tempfile::Builder::new().prefix(".hamc-").tempfile_in(folder).map_err(failed)?;
    let mut writer = std::io::BufWriter::new(file.as_file_mut());
    content(&mut writer).and_then(|()| writer.flush()).map_err(failed)?;
    drop(writer);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // A temporary file is private; the result is an ordinary file.
        let mode = std::fs::metadata(path).map_or(0o644, |known| known.permissions().mode());
        file.as_file().set_permissions(std::fs::Permissions::from_mode(mode)).map_err(failed)?;
    }
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// How the comment at the head of a spec begins that hamc wrote.
pub const GENERAL_HAMILTONIAN: &str = "The most general Hamiltonian with";

/// What hamc writes and may write over.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// A network description.
    Network,
    /// A network written out.
    Dense,
    /// A straight-line program.
    Program,
    /// A chart.
    Chart,
    /// A general Hamiltonian.
    GeneralHamiltonian,
}

/// Refuses to write over a file that hamc did not write, unless forced.
pub fn guard(path: &Path, written: Written, force: bool) -> Result<(), Failure> {
    let shown = path.display();
    if path.is_dir() {
        return Err(Failure::input(format!("{shown}: this is a folder; give the name of a file in it")));
    }
    if force || !path.exists() {
        return Ok(());
    }
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let (ours, what) = match written {
        Written::Network => (is_network(&text), "network description"),
        Written::Dense => (text.starts_with(dense::HEAD), "written-out network"),
        Written::Program => {
            let last = text.lines().next_back().unwrap_or_default();
            (last.starts_with("OUT") && last.contains(" = "), "straight-line program")
        }
        Written::Chart => (text.starts_with("<svg "), "chart"),
        Written::GeneralHamiltonian => {
            let head = text.strip_prefix("# ").unwrap_or_default();
            (head.starts_with(GENERAL_HAMILTONIAN), "general Hamiltonian that hamc wrote")
        }
    };
    if ours {
        return Ok(());
    }
    Err(Failure::input(format!(
        "{shown} exists and is no {what}; choose another name with -o, or --force to write over it"
    )))
}

/// Refuses an output that is also an input.
pub fn refuse_same(input: &Path, output: &Path) -> Result<(), Failure> {
    match (input.canonicalize(), output.canonicalize()) {
        (Ok(one), Ok(other)) if one == other => {
            Err(Failure::input(format!("{} would be written over, but it is an input", output.display())))
        }
        _ => Ok(()),
    }
}
