//! What a machine asks of WebRTC, and what it is told. A shell maps each command to calls on one
//! `RTCPeerConnection` and each event of it back; it decides nothing.

use super::candidate::Candidate;
use super::description::Description;
use std::fmt;
use trust::fingerprint::Fingerprint;

/// One `RTCPeerConnection` of this machine; never reused while the machine lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u32);

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What to do with a connection. Commands of one session are given in the order in which they must
/// take effect: candidates never come before the remote description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Make a connection with one ordered channel, and an offer; set the offer as local description.
    /// Answer with [`Event::Described`], or [`Event::Refused`] where no connection can be made.
    Offer {
        /// The new session.
        session: SessionId,
        /// The channel's label.
        label: String,
        /// The channel's protocol; empty for the order of 2016.
        protocol: String,
    },
    /// Make the certificate of a connection that will answer. Answer with [`Event::Certified`] or
    /// [`Event::Refused`].
    Certify {
        /// The new session.
        session: SessionId,
    },
    /// Make a connection for this offer, and an answer; set both. The channel comes from the other
    /// side. Its certificate is the one that was made for the session, if one was. Answer with [`Event::Described`] or [`Event::Refused`].
    Answer {
        /// The new session.
        session: SessionId,
        /// The remote description.
        offer: Description,
    },
    /// Set this answer as remote description.
    Accept {
        /// The session that offered.
        session: SessionId,
        /// The remote description.
        answer: Description,
    },
    /// Add a candidate of the other side; `None` after the last one.
    Add {
        /// The session.
        session: SessionId,
        /// The candidate.
        candidate: Option<Candidate>,
    },
    /// Send this over the open channel, as a binary message.
    Send {
        /// The session.
        session: SessionId,
        /// The message.
        message: Vec<u8>,
    },
    /// Close the connection and drop every reference to it. Its later events are ignored.
    Close {
        /// The session, which is dead from now on.
        session: SessionId,
    },
}

/// What happened to a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The session's certificate is made; this is its fingerprint.
    Certified(Fingerprint),
    /// The local description is set.
    Described(Description),
    /// A local candidate; `None` after the last one, which some networks never reach.
    Candidate(Option<Candidate>),
    /// The channel is open.
    Opened {
        /// The channel's protocol; empty for the order of 2016.
        protocol: String,
    },
    /// A message came through the open channel, a text's as its bytes. Told until the machine has said that
    /// the session is connected; what comes then is not signalling's.
    Frame(Vec<u8>),
    /// The connection or its channel has failed or was closed by the other side, or a description
    /// could not be set.
    Lost {
        /// The browser's words.
        detail: String,
    },
    /// The browser makes no further connection: Chromium allows 500 in a renderer process, closed ones
    /// included until they are collected.
    Refused {
        /// The browser's words.
        detail: String,
    },
}
