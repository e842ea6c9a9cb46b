//! The port: closed, being opened, or open, and what the hub asked of it.

use crate::admission::Host;
use ipnet::IpNet;
use std::net::IpAddr;

/// The port's state.
#[derive(Debug, Default)]
pub(super) enum Port {
    /// Nothing listens.
    #[default]
    Closed,
    /// The driver was asked to open it.
    Opening(Listening),
    /// The driver listens on this port.
    Open(Listening, u16),
}

impl Port {
    /// What the hub asked for, unless nothing is to listen.
    pub(super) fn listening(&self) -> Option<&Listening> {
        match self {
            Self::Closed => None,
            Self::Opening(listening) | Self::Open(listening, _) => Some(listening),
        }
    }
}

/// What the hub asked for.
#[derive(Debug, Clone)]
pub(super) struct Listening {
    pub(super) port: u16,
    pub(super) bind: Vec<IpAddr>,
    pub(super) stun: bool,
    pub(super) hosts: Vec<Host>,
    pub(super) allow: Vec<IpNet>,
}

impl Listening {
    /// Whether the listening sockets that serve `other` serve this as well, open on the port `actual`.
    pub(super) fn has_sockets_of(&self, other: &Self, actual: u16) -> bool {
        (self.port == actual || self.port == other.port) && self.bind == other.bind
    }
}
