//! What a slave asks of its driver and tells its page.

use super::failure::Failure;
use crate::payload::Payload;
use crate::signalling::message::{Name, PeerId};
use crate::signalling::relay::Way;
use crate::signalling::rtc::{self, SessionId};
use crate::time::Millis;
use trust::invitation::Invitation;
use trust::signs::Signs;

/// One thing to do. Poll until [`Output::Wait`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Open a WebSocket to the broadcaster; answer with `handle_opened` or `handle_closed`.
    Connect,
    /// Close it, or stop opening it, and deliver nothing of it any more.
    Disconnect,
    /// Send this text over it.
    Send(String),
    /// Do this with a connection.
    Rtc(rtc::Command),
    /// Tell the page.
    Event(Event),
    /// Nothing more: call `handle_timeout` at this time, if there is one.
    Wait(Option<Millis>),
}

/// What happened, for the page and for whoever speaks over the channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// What the slave does now.
    Step(Step),
    /// The masters that answered, as often as that changes; in the order of their ids.
    Masters(Vec<Listed>),
    /// The channel is open and the room is left, or the master is reached through it. If the latter was so
    /// already, that session goes on until [`Slave::handle_moved`](super::Slave::handle_moved).
    Connected {
        /// The session.
        session: SessionId,
        /// The master; `None` for one of 2016, which has no name.
        master: Option<Listed>,
        /// The channel's protocol; empty for the order of 2016.
        protocol: String,
        /// Whether the master has proven that it is the one that invites.
        is_verified: bool,
        /// By which way it is reached.
        way: Way,
    },
    /// The master sent this through the broadcaster. What comes over a channel is the driver's.
    Frame {
        /// The session.
        session: SessionId,
        /// What it sent.
        frame: Payload,
    },
    /// A person has let it in from the lobby, with this invitation of its own. Keep it as one that came as a
    /// link: a later slave of the same page needs nobody's word.
    Invited(Invitation),
    /// An open connection ended. Where it was the only one, the slave comes back by itself.
    Lost {
        /// The session, which is dead.
        session: SessionId,
        /// The browser's words.
        detail: String,
    },
    /// It did not work out; the next try is at this time.
    Pausing {
        /// When the next try begins.
        until: Millis,
        /// What was tried so far.
        failure: Failure,
    },
    /// It did not work out, and the slave is idle: the deadline of its first connection is over, or the
    /// broadcaster does not want it.
    Failed(Failure),
}

/// What a slave is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Opening a WebSocket to the broadcaster.
    Reaching,
    /// In the room, asking for a master.
    Asking,
    /// Several masters answered: the person has to choose one of them.
    Choosing,
    /// A master answered: looking for a path to it.
    Connecting,
    /// In the lobby: a person at the master is asked. Both see these signs, or somebody is in between.
    Waiting(Signs),
}

/// A master as a person chooses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its id.
    pub id: PeerId,
    /// Its name.
    pub name: Name,
}

/// What a slave has not taken, since it began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Texts that are no signalling messages.
    pub unreadable: u64,
    /// Messages for another attempt, from the wrong member, or too many.
    pub stray: u64,
    /// Descriptions that were not accepted.
    pub descriptions: u64,
}
