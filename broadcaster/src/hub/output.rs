//! What comes out of the hub.

use super::entry::Refusal;
use super::member::MemberId;
use crate::link::Command;
use crate::time::Millis;
use serde::Serialize;
use std::net::IpAddr;

/// The hub's next wish.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Give this to the companion.
    Command(Command),
    /// Give this envelope to a local member.
    Deliver {
        /// The local member.
        member: MemberId,
        /// The envelope.
        text: String,
    },
    /// Something happened that is worth showing or logging.
    Event(Event),
    /// Nothing more for now; with a time, come back then at the latest.
    Wait(Option<Millis>),
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A member came into its room.
    Joined {
        /// The member.
        member: MemberId,
    },
    /// A member is gone.
    Left {
        /// The member.
        member: MemberId,
        /// The close code; 1013 is a receiver too slow for its room, 1006 a lost connection or
        /// companion, 1000 a local member's leave, 4401 an invitation taken back, 4403 a person's word.
        code: u16,
    },
    /// Someone who asked was not let in.
    Refused {
        /// Why.
        reason: Refusal,
        /// Who asked.
        remote: IpAddr,
        /// The page that asked, so that a person can allow it.
        origin: Option<String>,
    },
    /// The companion did not understand a command.
    Misunderstood {
        /// The companion's words.
        detail: String,
    },
}

/// Sums over the hub's life, and what is now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Members now; who waits in the lobby is none yet, here and below.
    pub members: u64,
    /// Rooms now.
    pub rooms: u64,
    /// Members that ever joined.
    pub joined: u64,
    /// Messages received from members.
    pub messages: u64,
    /// Bytes of those messages.
    pub bytes: u64,
    /// Requests refused, whether by an HTTP status or a close code.
    pub refused: u64,
    /// Members closed with 1013 because they received too slowly.
    pub slow: u64,
}
