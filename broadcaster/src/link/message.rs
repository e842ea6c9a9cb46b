//! What companion and hub say to each other. The companion executes and reports; the hub decides and
//! commands.

use super::copy::{Order, Outcome};
use crate::address::Address;
use crate::limits::Limits;
use crate::payload::{Payload, base64};
use bytes::Bytes;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, SocketAddr};

/// A connection of the companion; never reused while the companion runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConnId(pub u32);

/// A set of connections that the hub sends to with one command; never reused while the hub runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GroupId(pub u32);

/// Companion → hub: what happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Report {
    /// First of all: who speaks.
    Hello {
        /// [`super::VERSION`] of the companion.
        version: u32,
        /// The companion's own version, for people.
        build: String,
        /// The system it runs on, for people.
        os: String,
        /// Addresses of this computer, in any order, by which a hub knows where it is before anything is opened.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        addresses: Vec<Address>,
    },
    /// The port is open; answers `listen`.
    Listening {
        /// The port, TCP (and UDP where asked for).
        port: u16,
        /// Addresses of this computer, best candidate for others first.
        addresses: Vec<Address>,
    },
    /// The port could not be opened, or was lost.
    Failed {
        /// What failed.
        code: Failure,
        /// The system's words.
        detail: String,
        /// For a port in use: whether a broadcaster of ours has it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        ours: bool,
        /// For a port in use: the next port that was free.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<u16>,
    },
    /// A WebSocket client asks to be admitted; its `Host` and address have been checked.
    Asked {
        /// The connection.
        conn: ConnId,
        /// Who asks.
        remote: SocketAddr,
        /// The raw request path with its query.
        path: String,
        /// The `Host` field.
        host: String,
        /// The `Origin` field, absent for clients that are no browsers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        origin: Option<String>,
        /// The subprotocols offered, in the client's order.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        protocols: Vec<String>,
    },
    /// A member sent a message.
    Received {
        /// The member's connection.
        conn: ConnId,
        /// The message.
        #[serde(flatten)]
        payload: Payload,
    },
    /// A connection that had asked has ended, or begins to close; told once for each that asked, also
    /// for those the hub refused (1006) or closed (its code). Nothing of it follows.
    Closed {
        /// The connection.
        conn: ConnId,
        /// The close code of RFC 6455 §7.4.1; 1005 where the peer gave none, 1006 without a Close frame.
        code: u16,
    },
    /// Traffic of the connections that changed, at most once a second.
    Counters {
        /// Totals since each connection opened.
        counters: Vec<Counters>,
    },
    /// The addresses of this computer changed.
    Addresses {
        /// All of them, best candidate for others first.
        addresses: Vec<Address>,
    },
    /// What became of an order about copies.
    Copy(Outcome),
    /// A message that could not be understood.
    Error {
        /// What was wrong with it.
        detail: String,
    },
}

/// Hub → companion: what to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Command {
    /// First of all: who speaks.
    Hello {
        /// [`super::VERSION`] of the hub.
        version: u32,
    },
    /// A file served over HTTP; replaces an earlier one of the same path.
    Site {
        /// Absolute path, `/` for the start page.
        path: String,
        /// `Content-Type` of the answer.
        #[serde(rename = "type")]
        content_type: String,
        /// Entity tag without quotes (RFC 9110 §8.8.3).
        etag: String,
        /// The content.
        #[serde(with = "base64")]
        body: Bytes,
    },
    /// Open the port, or move it; answered by `listening` or `failed`.
    Listen {
        /// The port, TCP and UDP; 0 lets the system choose.
        port: u16,
        /// Addresses to listen on; none means all interfaces.
        #[serde(default)]
        bind: Vec<IpAddr>,
        /// Bounds in force.
        #[serde(default)]
        limits: Limits,
        /// Further names accepted in `Host`, besides this computer's addresses and `localhost`.
        #[serde(default)]
        hosts: Vec<String>,
        /// Prefixes accepted besides loopback, private, link-local, unique-local and on-link ones.
        #[serde(default)]
        allow: Vec<IpNet>,
        /// Whether to answer STUN Binding requests on the same number.
        #[serde(default)]
        stun: bool,
    },
    /// Close every connection with 1001, then the port.
    Stop,
    /// The addresses of this computer, for a companion that cannot see them itself.
    Addresses {
        /// All that the hub knows of.
        addresses: Vec<Address>,
    },
    /// Complete the upgrade of a connection that asked.
    Admit {
        /// The connection.
        conn: ConnId,
        /// The subprotocol chosen, one of those offered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        protocol: Option<String>,
        /// Groups it belongs to from now on.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        groups: Vec<GroupId>,
    },
    /// Answer a connection that asked with an HTTP status in place of the upgrade.
    Refuse {
        /// The connection.
        conn: ConnId,
        /// The status, 400 to 599.
        status: u16,
    },
    /// Put a member into a group.
    Join {
        /// The member's connection.
        conn: ConnId,
        /// The group; made by its first member.
        group: GroupId,
    },
    /// Take a member out of a group.
    Leave {
        /// The member's connection.
        conn: ConnId,
        /// The group; gone with its last member.
        group: GroupId,
    },
    /// Send one message to a group or to one member. Exactly one of `group` and `conn` is given.
    Send {
        /// To every member of this group.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<GroupId>,
        /// To this one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        conn: Option<ConnId>,
        /// But not to this one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        except: Option<ConnId>,
        /// The message.
        #[serde(flatten)]
        payload: Payload,
    },
    /// Send what is queued and close.
    Close {
        /// The connection.
        conn: ConnId,
        /// The close code.
        code: u16,
        /// The reason in words, at most 123 bytes of UTF-8.
        #[serde(default)]
        reason: String,
    },
    /// Keep copies of the records; answered by `copy` before the next one comes.
    Copy(Order),
    /// A message that could not be understood.
    Error {
        /// What was wrong with it.
        detail: String,
    },
}

/// What failed in the companion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Failure {
    /// Another program listens on the port.
    PortInUse,
    /// The system does not let this user open the port.
    PortForbidden,
    /// An address to bind to is not one of this computer's.
    NoSuchAddress,
    /// Anything else the system said.
    Other,
}

/// Traffic of one connection since it opened; an array `[conn, in, out, queued]` in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters(
    /// The connection.
    pub ConnId,
    /// Messages received from it.
    pub u64,
    /// Messages sent to it.
    pub u64,
    /// Bytes now waiting for it.
    pub u64,
);
