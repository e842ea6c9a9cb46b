//! What the popup shows: one value, serialised for it.

use super::app::{AppRow, Carrier};
use super::guests::InvitationRow;
use super::url::Url;
use crate::hub::{Kind, MemberId, Mode, Totals};
use crate::time::Millis;
use serde::Serialize;
use std::net::IpAddr;
use trust::rights::Rights;

/// All that a person is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct State {
    /// How things stand.
    pub status: Status,
    /// More words on it, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Seconds from this state until the companion is started again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_in: Option<u64>,
    /// The port that is open, or is to be.
    pub port: u16,
    /// With `port-in-use`: the next one that was free.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u16>,
    /// With `port-in-use`: whether another broadcaster of ours has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ours: Option<bool>,
    /// Ways to this broadcaster, best first.
    pub urls: Vec<Url>,
    /// Every device that is a member, by id; the master in this browser is none, nor is who waits.
    pub members: Vec<Member>,
    /// Devices that wait in the lobby for a person's word, as the master tells it: who is there and has not asked
    /// to be let in is none of them.
    pub waiting: usize,
    /// Devices that wait for a person's word before they write.
    pub writing: usize,
    /// Sums since sharing was started.
    pub totals: Totals,
    /// The companion last heard of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub companion: Option<Companion>,
    /// The Direct Sockets app, where one is open and is, or asks to be, the companion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<AppRow>,
    /// The command that installs the companion for this extension.
    pub command: String,
    /// Who may join.
    pub mode: Mode,
    /// Whether a person wants to share: the position of the switch.
    pub wanted: bool,
    /// Whether this browser's records are served.
    pub serve: bool,
    /// What devices may do with them that come without an invitation in open mode; `null`: nothing.
    pub strangers: Option<Rights>,
    /// All invitations, those included that have ended.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub invitations: Vec<InvitationRow>,
}

/// How things stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Not sharing, and nothing is in the way.
    Stopped,
    /// On the way to sharing.
    Starting,
    /// Others can reach this broadcaster.
    Sharing,
    /// The port is open, and this computer has no address in a network.
    NoAddress,
    /// Sharing was on in another network; a person decides.
    OtherNetwork,
    /// Another program has the port.
    PortInUse,
    /// The browser knows no companion, or cannot start it.
    Missing,
    /// The Direct Sockets app is the companion, and is not open.
    AppAway,
    /// The companion is installed for other extensions.
    Forbidden,
    /// The companion ended by itself.
    Crashed,
    /// Companion and extension speak different versions of the link.
    Outdated,
    /// The port could not be opened for another reason.
    Failed,
}

/// A member, as a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Member {
    /// Its id.
    pub id: MemberId,
    /// Where it connects from.
    pub address: IpAddr,
    /// Its room.
    pub room: String,
    /// How it takes part.
    pub kind: Kind,
    /// Whole seconds from its joining to this state.
    pub since: u64,
    /// Messages received from it.
    pub received: u64,
    /// Messages sent to it.
    pub sent: u64,
    /// Bytes waiting for it.
    pub queued: u64,
}

/// The companion, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Companion {
    /// Its version.
    pub build: String,
    /// The system it runs on.
    pub os: String,
    /// What it is.
    pub carrier: Carrier,
}

impl Member {
    pub(super) fn new(member: &crate::hub::Member, now: Millis) -> Self {
        Self {
            id: member.id,
            address: member.address,
            room: member.room.to_string(),
            kind: member.kind(),
            since: (now - member.since).0 / 1000,
            received: member.received,
            sent: member.sent,
            queued: member.queued,
        }
    }
}
