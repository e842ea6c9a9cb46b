//! What the session remembers beyond the worker's and the browser's life, and when it resumes by itself.

use crate::address::{Address, Medium};
use crate::hub::Mode;
use crate::limits::BANNED;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// What must outlive the worker.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// Whether this browser is to share.
    pub wish: Wish,
    /// The networks where sharing was started; none where this computer had no address then.
    pub networks: Vec<IpNet>,
    /// The port that was open last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Addresses that a person banned since the browser was started, in that order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub banned: Vec<IpAddr>,
}

/// Whether this browser is to share.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wish {
    /// A person stopped it, or never started it.
    #[default]
    Stopped,
    /// A person started it.
    Sharing,
    /// A person started it, and must say whether that still holds.
    Asking(Question),
}

/// Why a person is asked before sharing goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Question {
    /// The browser was started anew.
    Restarted,
    /// This computer is in another network.
    OtherNetwork,
}

/// Whether the browser has run since sharing was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BrowserSession {
    /// It has; only the worker was stopped.
    Same,
    /// It was started anew.
    New,
}

/// Where this computer is, compared with where sharing was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// In one of those networks.
    Same,
    /// In none of them, or not known.
    Other,
}

/// Whether sharing that was on comes back by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resume {
    /// It does.
    Yes,
    /// A person is asked.
    Ask(Question),
}

/// Decides whether sharing that was on comes back by itself. A worker's death is none of a person's
/// doing and changes nothing. After a browser's restart the same network must be there, and open mode,
/// which lets in anyone, never comes back.
pub fn resume(mode: Mode, session: BrowserSession, network: Network) -> Resume {
    match (session, mode, network) {
        (BrowserSession::Same, _, _) => Resume::Yes,
        (BrowserSession::New, Mode::Open, _) => Resume::Ask(Question::Restarted),
        (BrowserSession::New, Mode::Invited, Network::Same) => Resume::Yes,
        (BrowserSession::New, Mode::Invited, Network::Other) => Resume::Ask(Question::OtherNetwork),
    }
}

/// The networks that tell places apart. Networks inside this computer, tunnels and link-local prefixes
/// are the same everywhere, or follow this computer about.
pub(super) fn networks(addresses: &[Address]) -> Vec<IpNet> {
    let mut networks: Vec<_> = addresses
        .iter()
        .filter(|address| is_of_a_place(address))
        .map(Address::network)
        .collect();
    networks.sort_unstable();
    networks.dedup();
    networks
}

fn is_of_a_place(address: &Address) -> bool {
    let medium = match address.medium {
        Medium::Wired | Medium::Wireless | Medium::Other => true,
        Medium::Virtual | Medium::Vpn | Medium::Cellular | Medium::Loopback => false,
    };
    medium && !is_link_local(address.ip) && !address.ip.is_loopback()
}

fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}

impl Memory {
    /// With one more banned address; the first ones give way at [`BANNED`].
    pub(super) fn with_banned(&self, address: IpAddr) -> Self {
        let mut banned = self.banned.clone();
        banned.retain(|known| *known != address);
        banned.push(address);
        banned.drain(..banned.len().saturating_sub(BANNED));
        Self {
            banned,
            ..self.clone()
        }
    }

    /// Compares where this computer is with where sharing was started.
    pub(super) fn compare(&self, here: &[IpNet]) -> Network {
        if here.iter().any(|network| self.networks.contains(network)) {
            Network::Same
        } else {
            Network::Other
        }
    }
}
