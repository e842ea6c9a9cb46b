//! A browser as the installer sees it: a data directory, and whether a program outside it may be
//! started.

use super::{binary, system};
use crate::Error;
use crate::arguments::Browsers;
use crate::directories::Directories;
use anyhow::anyhow;
use std::path::{Path, PathBuf};

/// A browser of one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Browser {
    /// For `--browser`.
    pub(super) name: &'static str,
    /// For people.
    pub(super) label: &'static str,
    /// Where its profiles are.
    pub(super) data: PathBuf,
    pub(super) packaging: Packaging,
    /// Where an administrator's policies for it are, if they could matter.
    pub(super) policies: Option<&'static str>,
}

/// What a browser's packaging means for programs that it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    not(target_os = "linux"),
    allow(dead_code, reason = "Flatpak and Snap are Linux's own")
)]
pub(super) enum Packaging {
    /// It starts what the user could start.
    Plain,
    /// It sees its own directory only: the companion needs a copy in there, and runs in the sandbox.
    Flatpak { app: PathBuf },
    /// It may start nothing outside its package.
    Snap,
}

impl Browser {
    /// A browser that somebody runs with a data directory of its own.
    pub(super) fn of_data_directory(data: &Path) -> Self {
        let data = data.to_owned();
        Self {
            name: "",
            label: "this profile",
            data,
            packaging: Packaging::Plain,
            policies: None,
        }
    }

    /// Where it looks for manifests.
    pub(super) fn hosts(&self) -> PathBuf {
        self.data.join("NativeMessagingHosts")
    }

    /// Where the companion's binary is for it.
    pub(super) fn binary(&self, directories: &Directories) -> PathBuf {
        match &self.packaging {
            Packaging::Plain | Packaging::Snap => binary::path_in(&directories.data),
            Packaging::Flatpak { app } => binary::path_in(&app.join("data/lan-broadcaster")),
        }
    }

    /// Whether this user has ever started it.
    pub(super) fn is_present(&self) -> bool {
        self.data.is_dir()
    }
}

/// The browsers meant by the command line: those named, else all that are present.
///
/// # Errors
///
/// For a name that is not known, and for a browser or directory that is not there.
pub(super) fn choose(chosen: &Browsers, directories: &Directories) -> Result<Vec<Browser>, Error> {
    if let Some(data) = &chosen.user_data_dir {
        return Ok(vec![Browser::of_data_directory(&absolute(data)?)]);
    }
    let known = system::browsers(directories)?;
    let Some(name) = &chosen.browser else {
        return Ok(known.into_iter().filter(Browser::is_present).collect());
    };
    let Some(browser) = known.iter().find(|browser| browser.name == name) else {
        let names: Vec<_> = known.iter().map(|browser| browser.name).collect();
        return Err(Error::Usage(format!(
            "no browser {name:?} is known; known are {}",
            names.join(", ")
        )));
    };
    if !browser.is_present() {
        return Err(Error::Environment(anyhow!(
            "{} has no {} yet: start it once, then come back",
            browser.label,
            browser.data.display()
        )));
    }
    Ok(vec![browser.clone()])
}

/// The directory with its real path, as the browser will see it.
fn absolute(data: &Path) -> Result<PathBuf, Error> {
    let absolute = data.canonicalize().ok().filter(|path| path.is_dir());
    absolute.ok_or_else(|| {
        let data = data.display();
        Error::Usage(format!(
            "{data} is no directory: make it, or start the browser with it once"
        ))
    })
}
