//! Where this user's files are, by the rules of the system (on Linux the XDG Base Directory
//! Specification).

use anyhow::{Context, Result};
use std::env;
use std::path::PathBuf;

/// The directories that the companion writes to or looks into.
#[derive(Debug, Clone)]
pub struct Directories {
    /// The user's home.
    pub home: PathBuf,
    /// Where browsers keep their data directories.
    pub config: PathBuf,
    /// Where the installed companion is.
    pub data: PathBuf,
    /// Where the log file is.
    pub state: PathBuf,
}

impl Directories {
    /// Where copies of the records are kept; not made.
    pub fn copies(&self) -> PathBuf {
        self.data.join("copies")
    }

    /// Finds the directories in the environment; creates none.
    ///
    /// # Errors
    ///
    /// Where the environment names no home.
    pub fn open() -> Result<Self> {
        let home = env::home_dir()
            .filter(|home| home.is_absolute())
            .context("no home directory: set HOME to an absolute path")?;
        Ok(Self::under(home))
    }

    #[cfg(not(any(target_os = "macos", windows)))]
    fn under(home: PathBuf) -> Self {
        Self {
            config: variable("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config")),
            data: variable("XDG_DATA_HOME")
                .unwrap_or_else(|| home.join(".local/share"))
                .join(OURS),
            state: variable("XDG_STATE_HOME")
                .unwrap_or_else(|| home.join(".local/state"))
                .join(OURS),
            home,
        }
    }

    #[cfg(target_os = "macos")]
    fn under(home: PathBuf) -> Self {
        let config = home.join("Library/Application Support");
        let state = home.join("Library/Logs").join(OURS);
        Self {
            data: config.join(OURS),
            config,
            state,
            home,
        }
    }

    #[cfg(windows)]
    fn under(home: PathBuf) -> Self {
        let config = variable("LOCALAPPDATA").unwrap_or_else(|| home.join("AppData\\Local"));
        Self {
            data: config.join(OURS),
            state: config.join(OURS),
            config,
            home,
        }
    }
}

/// Our directory's name below the user's.
const OURS: &str = "lan-broadcaster";

/// A directory from the environment; relative ones are ignored, as XDG demands.
#[cfg(not(target_os = "macos"))]
fn variable(name: &str) -> Option<PathBuf> {
    env::var_os(name)
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
}
