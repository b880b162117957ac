//! What `compare` and `scale` leave: a table, JSON, a picture.

use clap::Args;
use serde_json::Value;
use std::path::{Path, PathBuf};

use super::{Failure, Outcome, files, output};

/// Where results go.
#[derive(Args)]
pub struct Picture {
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
    /// Draw a picture as well
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Write over a file that hamc did not write
    #[arg(long)]
    force: bool,
}

impl Picture {
    /// Refuses, before any work, a picture in the place of a file that hamc
    /// did not write or of the input.
    pub(super) fn guard(&self, input: &Path) -> Result<(), Failure> {
        if let Some(path) = self.svg.as_deref().filter(|path| *path != Path::new("-")) {
            files::refuse_same(input, path)?;
            files::guard(path, files::Written::Chart, self.force)?;
        }
        Ok(())
    }

    /// Writes the picture, if there is one to be, and prints the rest.
    pub(super) fn deliver(
        &self,
        picture: impl FnOnce() -> String,
        report: impl FnOnce() -> Value,
        table: impl FnOnce() -> String,
    ) -> Outcome {
        if let Some(path) = &self.svg {
            let picture = picture();
            if path == Path::new("-") {
                output::print(&picture);
                return Ok(());
            }
            files::write(path, picture.as_bytes())?;
        }
        if self.json {
            output::json(&report());
            return Ok(());
        }
        output::print(&table());
        if let Some(path) = &self.svg {
            output::line(&format!("wrote {}", path.display()));
        }
        Ok(())
    }
}
