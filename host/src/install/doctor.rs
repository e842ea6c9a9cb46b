//! `doctor`: what is installed, whether it works, and whether the port is free. Changes nothing.

use super::browser::{Browser, Packaging};
use super::manifest::{self, Found, Manifest};
use super::register::everywhere;
use super::{binary, launch, policy};
use crate::directories::Directories;
use crate::driver::{Holder, holder, is_free};
use crate::{Error, arguments, origin, output};
use std::path::Path;

/// Prints the companion's version, a line for each browser, and one for the port.
///
/// # Errors
///
/// When this user's directories cannot be found or read.
pub async fn doctor(arguments: &arguments::Doctor) -> Result<(), Error> {
    let directories = Directories::open()?;
    let installed = binary::path_in(&directories.data);
    output::line(format_args!(
        "companion {} for {}",
        env!("CARGO_PKG_VERSION"),
        installed.display()
    ));
    let browsers = everywhere(&directories)?;
    if browsers.is_empty() {
        output::line("no browser of the Chromium family has been started by this user yet");
    }
    for browser in browsers {
        let label = if browser.name.is_empty() {
            browser.data.display().to_string()
        } else {
            browser.label.to_owned()
        };
        output::line(format_args!(
            "{label}: {}",
            diagnosis(&browser, &directories)
        ));
    }
    let port = arguments.port;
    let words = if is_free(port) {
        "free"
    } else {
        match holder(port, &[]).await {
            Holder::Ours => "used by a LAN Broadcaster that is running",
            Holder::Other => "used by another program",
        }
    };
    output::line(format_args!("port {port}: {words}"));
    Ok(())
}

fn diagnosis(browser: &Browser, directories: &Directories) -> String {
    if browser.packaging == Packaging::Snap {
        return "a snap may not start programs outside itself".to_owned();
    }
    if let Some(policy) = browser
        .policies
        .and_then(|directory| policy::obstacle(Path::new(directory)))
    {
        return format!("the policy {policy} forbids the companion: ask your administrator");
    }
    let binary = browser.binary(directories);
    match manifest::find(&browser.hosts(), &binary) {
        Ok(Found::Nothing) => "not installed: run `lan-broadcaster-host install`".to_owned(),
        Ok(Found::Foreign) => "its manifest of our name leads elsewhere".to_owned(),
        Ok(Found::Ours(manifest)) => match check(&manifest, &binary) {
            Ok(()) => "installed and working".to_owned(),
            Err(error) => format!("{error:#}: run `lan-broadcaster-host install` again"),
        },
        Err(error) => format!("{error:#}"),
    }
}

fn check(manifest: &Manifest, binary: &Path) -> anyhow::Result<()> {
    let ids = origin::accepted(binary)?;
    anyhow::ensure!(
        *manifest == Manifest::new(binary, &ids),
        "its manifest is of another version"
    );
    launch::test(binary)
}
