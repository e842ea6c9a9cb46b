//! Where browsers of the Chromium family keep their data on Linux, by how they were installed.

use super::browser::{Browser, Packaging};
use crate::Error;
use crate::directories::Directories;

/// Every browser we know, whether this user has it or not.
///
/// # Errors
///
/// None on this system.
pub(super) fn browsers(directories: &Directories) -> Result<Vec<Browser>, Error> {
    let plain = PLAIN.iter().map(|&(name, label, data, policies)| Browser {
        name,
        label,
        data: directories.config.join(data),
        packaging: Packaging::Plain,
        policies: Some(policies),
    });
    let flatpak = FLATPAK.iter().map(|&(name, label, app, data)| {
        let app = directories.home.join(".var/app").join(app);
        let data = app.join("config").join(data);
        // Policies inside the sandbox are the package's own.
        Browser {
            name,
            label,
            data,
            packaging: Packaging::Flatpak { app },
            policies: None,
        }
    });
    let snap = SNAP.iter().map(|&(name, label, data)| Browser {
        name,
        label,
        data: directories.home.join("snap").join(data),
        packaging: Packaging::Snap,
        policies: None,
    });
    Ok(plain.chain(flatpak).chain(snap).collect())
}

/// Name, label, data directory below the user's configuration, and directory of policies.
const PLAIN: &[(&str, &str, &str, &str)] = &[
    ("chrome", "Google Chrome", "google-chrome", CHROME),
    (
        "chrome-beta",
        "Google Chrome Beta",
        "google-chrome-beta",
        CHROME,
    ),
    (
        "chrome-dev",
        "Google Chrome Dev",
        "google-chrome-unstable",
        CHROME,
    ),
    (
        "chrome-for-testing",
        "Chrome for Testing",
        "google-chrome-for-testing",
        CHROME_FOR_TESTING,
    ),
    (
        "chromium",
        "Chromium",
        "chromium",
        "/etc/chromium/policies/managed",
    ),
    ("edge", "Microsoft Edge", "microsoft-edge", EDGE),
    (
        "edge-beta",
        "Microsoft Edge Beta",
        "microsoft-edge-beta",
        EDGE,
    ),
    ("edge-dev", "Microsoft Edge Dev", "microsoft-edge-dev", EDGE),
    ("brave", "Brave", "BraveSoftware/Brave-Browser", BRAVE),
    (
        "brave-beta",
        "Brave Beta",
        "BraveSoftware/Brave-Browser-Beta",
        BRAVE,
    ),
    (
        "brave-dev",
        "Brave Dev",
        "BraveSoftware/Brave-Browser-Dev",
        BRAVE,
    ),
    (
        "brave-nightly",
        "Brave Nightly",
        "BraveSoftware/Brave-Browser-Nightly",
        BRAVE,
    ),
    (
        "vivaldi",
        "Vivaldi",
        "vivaldi",
        "/etc/opt/vivaldi/policies/managed",
    ),
    ("opera", "Opera", "opera", "/etc/opt/opera/policies/managed"),
];

const CHROME: &str = "/etc/opt/chrome/policies/managed";
const CHROME_FOR_TESTING: &str = "/etc/opt/chrome_for_testing/policies/managed";
const EDGE: &str = "/etc/opt/edge/policies/managed";
const BRAVE: &str = "/etc/brave/policies/managed";

/// Name, label, application id, and data directory below the sandbox's configuration.
const FLATPAK: &[(&str, &str, &str, &str)] = &[
    (
        "chrome-flatpak",
        "Google Chrome (Flatpak)",
        "com.google.Chrome",
        "google-chrome",
    ),
    (
        "chromium-flatpak",
        "Chromium (Flatpak)",
        "org.chromium.Chromium",
        "chromium",
    ),
    (
        "edge-flatpak",
        "Microsoft Edge (Flatpak)",
        "com.microsoft.Edge",
        "microsoft-edge",
    ),
    (
        "brave-flatpak",
        "Brave (Flatpak)",
        "com.brave.Browser",
        "BraveSoftware/Brave-Browser",
    ),
];

/// Name, label, and directory below the user's snaps.
const SNAP: &[(&str, &str, &str)] = &[
    ("chromium-snap", "Chromium (Snap)", "chromium"),
    ("brave-snap", "Brave (Snap)", "brave"),
    ("opera-snap", "Opera (Snap)", "opera"),
];
