//! What the page shows: taken from what passes by, decided by nobody here.

use broadcaster::link::{Command, Failure, Report};
use serde::Serialize;

/// How things stand, for people.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Status {
    pub(crate) phase: Phase,
    /// The port that the extension asked for last.
    #[serde(skip)]
    pub(crate) wanted: u16,
    /// The port that is open, or taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) port: Option<u16>,
    /// Why it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<String>,
    /// This computer's addresses, best first.
    pub(crate) addresses: Vec<String>,
    /// Connections that are open.
    pub(crate) connections: usize,
    /// Messages received from them.
    pub(crate) received: u64,
    /// Messages the extension had sent to groups and members.
    pub(crate) sent: u64,
}

/// How far the session has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Phase {
    /// The extension has said nothing yet.
    #[default]
    Waiting,
    /// It uses this app, and has no port open.
    Ready,
    /// The port is open.
    Listening,
    /// Another program has it.
    Taken,
    /// It could not be opened.
    Failed,
    /// The session is over.
    Ended,
    /// The extension is not there.
    Absent,
}

impl Status {
    /// Notes what is told to the extension.
    pub(crate) fn note_report(&mut self, report: &Report) {
        match report {
            Report::Listening { port, addresses } => {
                self.phase = Phase::Listening;
                (self.port, self.detail) = (Some(*port), None);
                self.addresses = addresses.iter().map(|one| one.ip.to_string()).collect();
            }
            Report::Addresses { addresses } => {
                self.addresses = addresses.iter().map(|one| one.ip.to_string()).collect();
            }
            Report::Failed {
                code: Failure::PortInUse,
                ..
            } => {
                self.phase = Phase::Taken;
                (self.port, self.detail) = (Some(self.wanted), None);
            }
            Report::Failed { detail, .. } => {
                self.phase = Phase::Failed;
                (self.port, self.detail) = (None, Some(detail.clone()));
            }
            Report::Received { .. } => self.received += 1,
            Report::Hello { .. }
            | Report::Asked { .. }
            | Report::Closed { .. }
            | Report::Counters { .. }
            | Report::Copy(_)
            | Report::Error { .. } => {}
        }
    }

    /// Notes what the extension commands.
    pub(crate) fn note_command(&mut self, command: &Command) {
        match command {
            Command::Send { .. } => self.sent += 1,
            Command::Listen { port, .. } => self.wanted = *port,
            Command::Stop => (self.phase, self.port) = (Phase::Ready, None),
            Command::Hello { .. }
            | Command::Site { .. }
            | Command::Addresses { .. }
            | Command::Admit { .. }
            | Command::Refuse { .. }
            | Command::Join { .. }
            | Command::Leave { .. }
            | Command::Close { .. }
            | Command::Copy(_)
            | Command::Error { .. } => {}
        }
    }
}
