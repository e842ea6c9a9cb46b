//! Which extensions may start the companion. A filter, not a boundary: any program of this user can
//! claim to be any origin.

use anyhow::{Context, Result};
use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The id that `key` in the extension's manifest gives it.
pub const EXTENSION_ID: &str = "mpcmijclajoaachpcdlkdilhabhmbmeg";

/// An extension's id: 32 letters from `a` to `p`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExtensionId(String);

impl ExtensionId {
    /// Our own extension.
    pub fn ours() -> Self {
        Self(EXTENSION_ID.to_owned())
    }

    /// The origin by which a browser names the extension, with the slash that manifests and
    /// `argv[1]` have.
    pub fn origin(&self) -> String {
        format!("{SCHEME}{self}/")
    }

    /// Reads the id out of an origin as a browser passes it in `argv[1]`.
    pub fn from_origin(origin: &str) -> Option<Self> {
        origin.strip_prefix(SCHEME)?.strip_suffix('/')?.parse().ok()
    }
}

impl FromStr for ExtensionId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let is_id = text.len() == 32 && text.bytes().all(|byte| (b'a'..=b'p').contains(&byte));
        if is_id {
            Ok(Self(text.to_owned()))
        } else {
            Err(IdError)
        }
    }
}

impl fmt::Display for ExtensionId {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.0)
    }
}

/// A text that is no extension id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an extension id is 32 letters from a to p; chrome://extensions shows it")]
pub struct IdError;

/// Whether this argument is a browser's word for who starts us.
pub fn is_origin(argument: &str) -> bool {
    argument.starts_with(SCHEME)
}

/// The file beside a companion's binary that lists the ids accepted besides our own.
pub fn ids_file(binary: &Path) -> PathBuf {
    binary.with_file_name("extension-ids")
}

/// The extensions that the companion at `binary` obeys: our own, then those listed beside it.
///
/// # Errors
///
/// When the list exists and cannot be read, or holds something else than ids.
pub fn accepted(binary: &Path) -> Result<Vec<ExtensionId>> {
    let file = ids_file(binary);
    let text = match fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| format!("reading {}", file.display())),
    };
    let mut ids = vec![ExtensionId::ours()];
    for line in text.lines() {
        let id = line
            .trim()
            .parse()
            .with_context(|| format!("in {}: {line:?}", file.display()))?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

const SCHEME: &str = "chrome-extension://";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_id_is_one() {
        assert_eq!(EXTENSION_ID.parse(), Ok(ExtensionId::ours()));
    }

    #[test]
    fn only_32_letters_from_a_to_p_are_an_id() {
        for wrong in [
            "",
            "abc",
            &"q".repeat(32),
            &"a".repeat(33),
            &"A".repeat(32),
            &"а".repeat(16),
        ] {
            assert_eq!(wrong.parse::<ExtensionId>(), Err(IdError), "{wrong}");
        }
        assert!("p".repeat(32).parse::<ExtensionId>().is_ok());
    }

    #[test]
    fn an_origin_is_taken_whole_or_not_at_all() {
        let id = ExtensionId::ours();
        assert_eq!(ExtensionId::from_origin(&id.origin()), Some(id.clone()));
        for wrong in [
            format!("chrome-extension://{id}"),
            format!("chrome-extension://{id}/x"),
            format!("chrome-extension://{id}x/"),
            format!("https://{id}/"),
        ] {
            assert_eq!(ExtensionId::from_origin(&wrong), None, "{wrong}");
        }
    }
}
