//! Members: their ids, what is known about each, and the way to them.

use crate::envelope;
use crate::link::ConnId;
use crate::time::Millis;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use trust::invitation::InvitationId;

/// A member's number, from 1; never reused while the hub runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MemberId(pub u32);

impl fmt::Display for MemberId {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(to)
    }
}

/// How a member takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A connection without subprotocol: messages are verbatim.
    Plain,
    /// A connection that speaks the envelope.
    Enveloped,
    /// No connection: a part of this program that speaks the envelope.
    Local,
    /// A connection without an invitation, which waits for a person's word. Only local members see it.
    Lobby,
}

/// One member of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its id.
    pub id: MemberId,
    /// Where it connects from; a local member's is loopback.
    pub address: IpAddr,
    /// Its room.
    pub room: Arc<str>,
    /// The invitation it came with, in invited mode.
    pub invitation: Option<InvitationId>,
    /// When it joined.
    pub since: Millis,
    /// Messages received from it.
    pub received: u64,
    /// Messages sent to it.
    pub sent: u64,
    /// Bytes now waiting for it.
    pub queued: u64,
    pub(super) route: Route,
}

impl Member {
    /// How it takes part.
    pub fn kind(&self) -> Kind {
        match self.route {
            Route::Plain(_) => Kind::Plain,
            Route::Enveloped(_) => Kind::Enveloped,
            Route::Local => Kind::Local,
            Route::Lobby(_) => Kind::Lobby,
        }
    }

    /// The member as others see it; `lan` takes the place of a loopback address, which would lead
    /// each of them to itself.
    pub(super) fn to_described(&self, lan: Option<IpAddr>) -> envelope::Member {
        let address = lan
            .filter(|_| self.address.is_loopback())
            .unwrap_or(self.address);
        envelope::Member {
            id: self.id,
            address,
            kind: self.kind(),
        }
    }
}

/// The way to a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    /// Over its connection, verbatim.
    Plain(ConnId),
    /// Over its connection, in envelopes.
    Enveloped(ConnId),
    /// By `Output::Deliver`.
    Local,
    /// Over its connection, in envelopes; it is in no group.
    Lobby(ConnId),
}

impl Route {
    /// Whether a member hears of another one. The lobby and this program see each other; nobody else
    /// sees the lobby, nor does it see anybody else.
    pub(super) fn sees(self, other: Self) -> bool {
        match (self, other) {
            (Self::Lobby(_), Self::Local) | (Self::Local, Self::Lobby(_)) => true,
            (Self::Lobby(_), _) | (_, Self::Lobby(_)) => false,
            _ => true,
        }
    }
}
