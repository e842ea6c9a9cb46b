//! The manifest that leads a browser to the companion (developer.chrome.com, "Native messaging").

use super::{HOST_NAME, binary};
use crate::origin::ExtensionId;
use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What a browser must know to start the companion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    name: String,
    description: String,
    path: PathBuf,
    #[serde(rename = "type")]
    kind: String,
    allowed_origins: Vec<String>,
}

/// What stands where our manifest belongs.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing.
    Nothing,
    /// A manifest that leads to our binary.
    Ours(Manifest),
    /// Something else, which is none of our business.
    Foreign,
}

impl Manifest {
    /// The manifest that leads these extensions to this binary.
    pub(super) fn new(binary: &Path, ids: &[ExtensionId]) -> Self {
        Self {
            name: HOST_NAME.to_owned(),
            description: "LAN Broadcaster: opens the port that the extension cannot".to_owned(),
            path: binary.to_owned(),
            kind: "stdio".to_owned(),
            allowed_origins: ids.iter().map(ExtensionId::origin).collect(),
        }
    }

    /// Writes the manifest and reads it again.
    ///
    /// # Errors
    ///
    /// When the directory does not keep what was written.
    pub(super) fn write(&self, hosts: &Path) -> Result<()> {
        let file = file(hosts);
        let text = serde_json::to_string_pretty(self)?;
        binary::write_whole(&file, text.as_bytes(), binary::Mode::Plain)?;
        let again = find(hosts, &self.path)?;
        ensure!(
            again == Found::Ours(self.clone()),
            "{} does not hold what was written",
            file.display()
        );
        Ok(())
    }
}

/// Where the manifest stands in a browser's directory of manifests.
pub(super) fn file(hosts: &Path) -> PathBuf {
    hosts.join(format!("{HOST_NAME}.json"))
}

/// Looks for a manifest, and whether it leads to `binary`.
///
/// # Errors
///
/// When there is one that cannot be read.
pub(super) fn find(hosts: &Path, binary: &Path) -> Result<Found> {
    let file = file(hosts);
    let text = match fs::read(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(error).with_context(|| format!("reading {}", file.display())),
    };
    match serde_json::from_slice::<Manifest>(&text) {
        Ok(manifest) if manifest.path == binary => Ok(Found::Ours(manifest)),
        Ok(_) | Err(_) => Ok(Found::Foreign),
    }
}
