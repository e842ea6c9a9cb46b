//! The place for macOS: its browsers look elsewhere for manifests, which is not built yet.

use super::browser::Browser;
use crate::Error;
use crate::directories::Directories;
use anyhow::anyhow;

/// The browsers of this system.
///
/// # Errors
///
/// Always, until installing is built for macOS.
pub(super) fn browsers(_directories: &Directories) -> Result<Vec<Browser>, Error> {
    Err(Error::Environment(anyhow!(
        "installing on macOS is not supported yet; use `lan-broadcaster-host serve --open`"
    )))
}
