//! What stands in the way of sharing, and the words for it.

use super::state::Status;
use crate::link::{Failure, VersionMismatch};
use crate::time::Millis;

/// Why there is no companion, or no open port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The browser knows no companion, or cannot start the one it knows.
    Missing { detail: &'static str },
    /// The companion is there for other extensions.
    Forbidden,
    /// The Direct Sockets app is to be the companion, and is not open.
    AppAway,
    /// The companion ended by itself; with a time, it is started again then.
    Crashed {
        detail: String,
        retry_at: Option<Millis>,
    },
    /// The companion speaks another version of the link.
    Outdated(VersionMismatch),
    /// Another program has the port.
    PortInUse {
        port: u16,
        ours: bool,
        next: Option<u16>,
    },
    /// The port could not be opened for another reason.
    Failed { detail: String },
}

/// What Chromium says when a native port ends, by the words that tell its messages apart, and what it
/// means. Everything else is a companion that ended.
const LAST_ERRORS: &[(&str, Trouble)] = &[
    (
        "host not found",
        Trouble::Missing {
            detail: NOT_INSTALLED,
        },
    ),
    (
        "is not registered",
        Trouble::Missing {
            detail: NOT_INSTALLED,
        },
    ),
    (
        "Failed to start native messaging host",
        Trouble::Missing {
            detail: NOT_STARTED,
        },
    ),
    ("host is forbidden", Trouble::Forbidden),
];

const NOT_INSTALLED: &str =
    "The companion is not installed for this browser. Run the command in a terminal.";
const NOT_STARTED: &str = "The companion is registered, but the browser cannot start it. Run the command to install it again.";
const APP_AWAY: &str = "The app that opens the port is closed, and everybody who was connected is cut off. Open it again from your apps: sharing goes on by itself.";
/// The same, while nothing is to be shared.
pub(super) const APP_CLOSED: &str =
    "The app that opens the port is closed. Open it again from your apps, then start.";
const FORBIDDEN: &str =
    "The companion is installed for another extension. Run the command to install it for this one.";

impl Trouble {
    /// What the end of the companion's port means, from `chrome.runtime.lastError`.
    pub(super) fn from_last_error(error: Option<&str>) -> Self {
        let words = error.unwrap_or("The companion closed the connection.");
        let known = LAST_ERRORS.iter().find(|(part, _)| words.contains(part));
        known.map_or_else(
            || Self::Crashed {
                detail: words.to_owned(),
                retry_at: None,
            },
            |(_, trouble)| trouble.clone(),
        )
    }

    /// What the companion's `failed` means.
    pub(super) fn from_failure(
        code: Failure,
        detail: String,
        port: u16,
        ours: bool,
        next: Option<u16>,
    ) -> Self {
        let what_to_do = match code {
            Failure::PortInUse => return Self::PortInUse { port, ours, next },
            Failure::PortForbidden => {
                "This system does not let you open it: choose a port from 1024 up"
            }
            Failure::NoSuchAddress => {
                "An address chosen in the options is not one of this computer's: choose again there"
            }
            Failure::Other => "Press Retry, or choose another port in the options",
        };
        Self::Failed {
            detail: format!("Port {port} could not be opened ({detail}). {what_to_do}."),
        }
    }

    pub(super) fn status(&self) -> Status {
        match self {
            Self::Missing { .. } => Status::Missing,
            Self::Forbidden => Status::Forbidden,
            Self::AppAway => Status::AppAway,
            Self::Crashed { .. } => Status::Crashed,
            Self::Outdated(_) => Status::Outdated,
            Self::PortInUse { .. } => Status::PortInUse,
            Self::Failed { .. } => Status::Failed,
        }
    }

    /// What happened and what to do, for a person.
    pub(super) fn detail(&self) -> String {
        match self {
            Self::Missing { detail } => (*detail).to_owned(),
            Self::Forbidden => FORBIDDEN.to_owned(),
            Self::AppAway => APP_AWAY.to_owned(),
            Self::Crashed {
                detail,
                retry_at: Some(_),
            } => {
                format!("The companion ended ({detail}) and is started again by itself.")
            }
            Self::Crashed {
                detail,
                retry_at: None,
            } => {
                format!("The companion ended ({detail}). Press Retry.")
            }
            Self::Outdated(mismatch) => outdated(*mismatch),
            Self::PortInUse { port, ours, next } => port_in_use(*port, *ours, *next),
            Self::Failed { detail } => detail.clone(),
        }
    }
}

fn outdated(mismatch: VersionMismatch) -> String {
    let VersionMismatch { ours, theirs } = mismatch;
    let speak = format!(
        "The companion speaks version {theirs} of the link, this extension version {ours}."
    );
    if mismatch.is_other_older() {
        format!("{speak} Update the companion: run the command of its newer version.")
    } else {
        format!("{speak} Update this extension.")
    }
}

fn port_in_use(port: u16, ours: bool, next: Option<u16>) -> String {
    let who = if ours {
        "another LAN Broadcaster"
    } else {
        "another program"
    };
    match next {
        Some(next) => format!("Port {port} is used by {who}. Use port {next}, or stop it."),
        None => format!("Port {port} is used by {who}. Choose another in the options, or stop it."),
    }
}
