//! `install` and `uninstall`: one browser after the other, one line for each.

use super::browser::{Browser, Packaging, choose};
use super::manifest::{self, Found, Manifest};
use super::{binary, launch, policy, system};
use crate::arguments::{Browsers, Install};
use crate::directories::Directories;
use crate::origin::ExtensionId;
use crate::{Error, output};
use anyhow::{Context, Result, anyhow};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Makes the companion known to the browsers meant; says in one line for each what became of it.
/// Doing it again changes nothing, or repairs.
///
/// # Errors
///
/// When no browser knows the companion then, or one of them could have and does not.
pub fn install(arguments: &Install) -> Result<(), Error> {
    let directories = Directories::open()?;
    let browsers = choose(&arguments.browsers, &directories)?;
    if browsers.is_empty() {
        return Err(Error::Environment(anyhow!(
            "no browser of the Chromium family has been started by this user yet: start yours once, \
             or name its directory with --user-data-dir"
        )));
    }
    let mut registered = 0;
    let mut failed = 0;
    for browser in browsers {
        match register(&browser, &arguments.extension_id, &directories) {
            Ok(Outcome::Registered(words)) => {
                registered += 1;
                output::line(format_args!("{}: {words}", browser.label));
            }
            Ok(Outcome::LeftAlone(words)) => {
                output::line(format_args!("{}: {words}", browser.label))
            }
            Err(error) => {
                failed += 1;
                output::line(format_args!("{}: failed: {error:#}", browser.label));
            }
        }
    }
    match (registered, failed) {
        (1.., 0) => Ok(()),
        (0, _) => Err(Error::Environment(anyhow!(
            "no browser knows the companion now"
        ))),
        _ => Err(Error::Environment(anyhow!(
            "not every browser knows the companion now"
        ))),
    }
}

/// What became of one browser.
enum Outcome {
    /// It knows the companion.
    Registered(String),
    /// It does not, and nothing was touched.
    LeftAlone(String),
}

fn register(browser: &Browser, ids: &[ExtensionId], directories: &Directories) -> Result<Outcome> {
    if browser.packaging == Packaging::Snap {
        return Ok(Outcome::LeftAlone(
            "a snap may not start programs outside itself; use the same browser from another package"
                .to_owned(),
        ));
    }
    let binary = browser.binary(directories);
    let hosts = browser.hosts();
    if manifest::find(&hosts, &binary)? == Found::Foreign {
        return Ok(Outcome::LeftAlone(format!(
            "{} is not ours and was left alone; remove it if you do not need it, then install again",
            manifest::file(&hosts).display()
        )));
    }
    binary::place(&binary)?;
    let ids = binary::add_ids(&binary, ids)?;
    Manifest::new(&binary, &ids).write(&hosts)?;
    if browser.name.is_empty() {
        remember(&binary, &browser.data)?;
    }
    launch::test(&binary)?;
    Ok(Outcome::Registered(praise(browser)))
}

/// Keeps a data directory that no table leads back to, for `uninstall` and `doctor`.
fn remember(binary: &Path, data: &Path) -> Result<()> {
    binary::change_data_directories(binary, |directories| {
        directories.insert(data.to_owned());
    })
}

fn praise(browser: &Browser) -> String {
    let obstacle = browser
        .policies
        .and_then(|directory| policy::obstacle(Path::new(directory)));
    match (obstacle, &browser.packaging) {
        (Some(policy), _) => format!(
            "installed, but this computer's policy {policy} keeps it from being started: \
             ask your administrator"
        ),
        (None, Packaging::Flatpak { .. }) => {
            "installed; it runs inside the Flatpak's sandbox".to_owned()
        }
        (None, Packaging::Plain | Packaging::Snap) => "installed and working".to_owned(),
    }
}

/// Takes back what `install` did, for the browsers meant; for all of them also the installed copy.
///
/// # Errors
///
/// When something of ours cannot be removed.
pub fn uninstall(chosen: &Browsers) -> Result<(), Error> {
    let directories = Directories::open()?;
    let all = chosen.browser.is_none() && chosen.user_data_dir.is_none();
    let browsers = if all {
        everywhere(&directories)?
    } else {
        choose(chosen, &directories)?
    };
    let mut binaries = BTreeSet::from([binary::path_in(&directories.data)]);
    for browser in &browsers {
        unregister(browser, &directories)?;
        binaries.insert(browser.binary(&directories));
    }
    if all {
        for binary in binaries {
            binary::remove(&binary)?;
        }
        output::line("the companion is removed");
    }
    Ok(())
}

/// Every browser that may have our manifest: those present, and directories named before.
pub(super) fn everywhere(directories: &Directories) -> Result<Vec<Browser>, Error> {
    let mut browsers = system::browsers(directories)?;
    browsers.retain(Browser::is_present);
    for data in binary::data_directories(&binary::path_in(&directories.data))? {
        browsers.push(Browser::of_data_directory(&data));
    }
    Ok(browsers)
}

fn unregister(browser: &Browser, directories: &Directories) -> Result<()> {
    let (hosts, binary) = (browser.hosts(), browser.binary(directories));
    let file = manifest::file(&hosts);
    match manifest::find(&hosts, &binary)? {
        Found::Nothing => {}
        Found::Ours(_) => {
            fs::remove_file(&file).with_context(|| format!("removing {}", file.display()))?;
            output::line(format_args!(
                "{}: no longer knows the companion",
                browser.label
            ));
        }
        Found::Foreign => {
            output::line(format_args!(
                "{}: {} is not ours and stays",
                browser.label,
                file.display()
            ));
        }
    }
    if browser.name.is_empty() {
        binary::change_data_directories(&binary, |directories| {
            directories.remove(&browser.data);
        })?;
    }
    Ok(())
}
