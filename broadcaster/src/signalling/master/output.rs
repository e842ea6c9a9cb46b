//! What a master asks of its driver and tells its page.

use super::guests::Guest;
use crate::payload::Payload;
use crate::signalling::exchange::Seen;
use crate::signalling::message::PeerId;
use crate::signalling::relay::Way;
use crate::signalling::rtc::{self, SessionId};
use crate::time::Millis;
use std::net::IpAddr;
use trust::signs::Signs;

/// One thing to do. Poll until [`Output::Wait`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Open a WebSocket, or a port, to the broadcaster; answer with `handle_opened` or
    /// `handle_closed`.
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

/// What happened, for the page and for whoever speaks over the channels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The master is in the room: slaves can find it.
    Entered,
    /// It is not, and tries again at this time. Open connections go on.
    Away {
        /// When it tries again.
        until: Millis,
    },
    /// A slave connects.
    Connecting {
        /// Its session.
        session: SessionId,
        /// Its id.
        peer: PeerId,
        /// Its address, where the room tells.
        address: Option<IpAddr>,
    },
    /// A slave waits in the lobby for a person's word, over an open channel. It shows the same signs, or
    /// somebody is in between.
    Knocked {
        /// Its session.
        session: SessionId,
        /// Its id.
        peer: PeerId,
        /// Its address, where the room tells.
        address: Option<IpAddr>,
        /// The signs.
        signs: Signs,
    },
    /// A slave's channel is open.
    Connected {
        /// Its session.
        session: SessionId,
        /// Its id.
        peer: PeerId,
        /// Its address, where the room tells.
        address: Option<IpAddr>,
        /// The channel's protocol; empty for the order of 2016.
        protocol: String,
        /// Who it has proven to be.
        guest: Option<Guest>,
        /// By which way it speaks.
        way: Way,
    },
    /// A connected slave sent this through the broadcaster. What comes over a channel is the driver's.
    Frame {
        /// Its session.
        session: SessionId,
        /// What it sent.
        frame: Payload,
    },
    /// A connected slave is gone; its session is closed.
    Left {
        /// Its session.
        session: SessionId,
        /// Its id.
        peer: PeerId,
        /// Why.
        why: Left,
    },
    /// A slave did not get its connection.
    Failed {
        /// Its session, where it had one.
        session: Option<SessionId>,
        /// Its id.
        peer: PeerId,
        /// Why.
        why: Failed,
    },
}

/// Why a connected slave is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Left {
    /// The connection ended, in the browser's words.
    Lost(String),
    /// The same slave is connected anew.
    Replaced,
    /// The page or the person closed it.
    Dismissed,
    /// Its invitation has ended or was taken back, or strangers are not wanted any more.
    Revoked,
}

/// Why a slave did not get its connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failed {
    /// The slave never answered our offer.
    Unanswered,
    /// Both descriptions were exchanged, and no path was found in time.
    NoPath {
        /// Our candidates.
        local: Seen,
        /// The slave's candidates.
        remote: Seen,
    },
    /// The connection failed, in the browser's words.
    Lost(String),
    /// It did not prove in time, or not at all, that it is invited, or is another one than has asked.
    Unproven,
    /// No person let it in from the lobby in time.
    NotLetIn,
    /// The slave left the room, or the room itself is gone.
    Gone,
    /// The slave began a newer attempt, here or with another master.
    Superseded,
    /// There are as many connections as the master may have.
    Full,
    /// The browser refused one more connection, in its words. Drop what is closed and let it collect.
    Refused(String),
    /// Too many slaves wait in line.
    Busy,
    /// The page or the person closed it.
    Dismissed,
}

/// What a master has not taken, since it began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Texts that are no signalling messages.
    pub unreadable: u64,
    /// Messages for no session of ours, from the wrong member, or too late.
    pub stray: u64,
    /// Descriptions that were not accepted.
    pub descriptions: u64,
}
