//! One slave's connection, from its request on, as the master keeps it.

use super::guests::Guest;
use crate::hub::MemberId;
use crate::limits::HALF_OPEN_FOR;
use crate::signalling::description::Description;
use crate::signalling::exchange::{Incoming, Outgoing};
use crate::signalling::message::{AttemptId, PeerId};
use crate::signalling::relay::{Relay, Way};
use crate::signalling::rtc::SessionId;
use crate::time::Millis;
use std::net::IpAddr;
use trust::fingerprint::Fingerprint;
use trust::invitation::InvitationId;
use trust::rights::Rights;
use trust::signs::{Commitment, Nonce, Offering, Signs};

/// A slave's wish to connect.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) peer: PeerId,
    pub(super) member: Option<MemberId>,
    pub(super) address: Option<IpAddr>,
    pub(super) order: Order,
    pub(super) since: Millis,
}

/// Who offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Order {
    /// We do, for this attempt, with a channel of this protocol.
    Current {
        /// The slave's attempt.
        id: AttemptId,
        /// The first of its protocols that we speak; empty if there is none.
        protocol: String,
        /// The invitation that it says it holds.
        invitation: Option<InvitationId>,
        /// What it commits itself to in the lobby.
        commitment: Option<Commitment>,
    },
    /// The slave did, in the order of 2016.
    Of2016 {
        /// Its offer.
        offer: Description,
    },
}

impl Order {
    pub(super) fn id(&self) -> Option<&AttemptId> {
        match self {
            Self::Current { id, .. } => Some(id),
            Self::Of2016 { .. } => None,
        }
    }

    pub(super) fn invitation(&self) -> Option<InvitationId> {
        match self {
            Self::Current { invitation, .. } => *invitation,
            Self::Of2016 { .. } => None,
        }
    }

    pub(super) fn commitment(&self) -> Option<Commitment> {
        match self {
            Self::Current { commitment, .. } => *commitment,
            Self::Of2016 { .. } => None,
        }
    }
}

impl Ask {
    /// Whether both are the same attempt, said twice. Said by another member it is a new page, which
    /// may count its attempts from the beginning.
    pub(super) fn repeats(&self, peer: &PeerId, member: Option<MemberId>, order: &Order) -> bool {
        self.peer == *peer
            && self.member == member
            && match (&self.order, order) {
                (Order::Current { id: this, .. }, Order::Current { id: other, .. }) => {
                    this == other
                }
                (this @ Order::Of2016 { .. }, other @ Order::Of2016 { .. }) => this == other,
                (Order::Current { .. }, Order::Of2016 { .. })
                | (Order::Of2016 { .. }, Order::Current { .. }) => false,
            }
    }
}

/// A session of the master.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) peer: PeerId,
    pub(super) member: Option<MemberId>,
    pub(super) address: Option<IpAddr>,
    pub(super) since: Millis,
    pub(super) order: Order,
    pub(super) state: State,
    pub(super) path: Path,
    /// Who it says it is, and has proven once it is connected.
    pub(super) guest: Option<Guest>,
    /// What it may do.
    pub(super) rights: Rights,
}

/// By which way the slave speaks, or will.
#[derive(Debug)]
pub(super) enum Path {
    /// Over a data channel.
    Direct,
    /// Through the broadcaster.
    Relayed(Box<Relay>),
}

/// The certificates of a connection, as its descriptions name them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Certificates {
    pub(super) own: Option<Fingerprint>,
    pub(super) theirs: Option<Fingerprint>,
}

/// How far a session is.
#[derive(Debug)]
pub(super) enum State {
    /// The channel is not open yet.
    HalfOpen(Box<HalfOpen>),
    /// The channel is open. Signalling has nothing more to say.
    Connected {
        /// The channel's protocol.
        protocol: String,
    },
}

/// The exchange of a session that is not open yet.
#[derive(Debug)]
pub(super) struct HalfOpen {
    /// When it is given up.
    pub(super) until: Millis,
    pub(super) phase: Phase,
    pub(super) outgoing: Outgoing,
    pub(super) incoming: Incoming,
    /// How often something was said again on the slave's demand.
    pub(super) repeated: u8,
    pub(super) certificates: Certificates,
    /// The channel's protocol, once it is open.
    pub(super) protocol: String,
    /// Of one in the lobby.
    pub(super) knock: Option<Knock>,
}

/// How far the signs are of one in the lobby, and a person's word.
#[derive(Debug)]
pub(super) enum Knock {
    /// It has committed itself.
    Asked(Commitment),
    /// We have told our part of the signs.
    Offered {
        /// What its answer is held against.
        offering: Offering,
        /// Our part, to be said again.
        nonce: Nonce,
    },
    /// Both sides can show the same.
    Shown(Signs),
    /// A person has let it in: with this invitation, as soon as it is known.
    LetIn(Signs, InvitationId),
}

impl Knock {
    pub(super) fn signs(&self) -> Option<Signs> {
        match self {
            Self::Asked(_) | Self::Offered { .. } => None,
            Self::Shown(signs) | Self::LetIn(signs, _) => Some(*signs),
        }
    }
}

/// What a half-open session waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// For the answer: the slave's, or ours in the order of 2016.
    Describing,
    /// For the channel: both descriptions are known to both.
    Joining,
    /// For the channel, but not for long: the slave's member left the room.
    Deserted,
    /// For a person's word: the channel is open.
    Waiting,
    /// For the slave's proof that it is invited: the channel is open.
    Proving,
}

impl Session {
    pub(super) fn new(ask: Ask, incoming: Incoming, rights: Rights, now: Millis) -> Self {
        let half_open = HalfOpen {
            until: now + HALF_OPEN_FOR,
            phase: Phase::Describing,
            outgoing: Outgoing::default(),
            incoming,
            repeated: 0,
            certificates: Certificates::default(),
            protocol: String::new(),
            knock: ask.order.commitment().map(Knock::Asked),
        };
        Self {
            peer: ask.peer,
            member: ask.member,
            address: ask.address,
            since: now,
            order: ask.order,
            state: State::HalfOpen(Box::new(half_open)),
            path: Path::Direct,
            guest: None,
            rights,
        }
    }

    /// Whether it is the session of this member through the broadcaster.
    pub(super) fn is_relayed_to(&self, member: MemberId) -> bool {
        self.member == Some(member) && self.way() == Way::Relayed
    }

    pub(super) fn way(&self) -> Way {
        match self.path {
            Path::Direct => Way::Direct,
            Path::Relayed(_) => Way::Relayed,
        }
    }

    pub(super) fn half_open(&self) -> Option<&HalfOpen> {
        match &self.state {
            State::HalfOpen(half_open) => Some(half_open),
            State::Connected { .. } => None,
        }
    }

    /// Whether it has one of the places for sessions that are not open yet. One that waits for a person has a
    /// place in the lobby.
    pub(super) fn takes_place(&self) -> bool {
        self.half_open()
            .is_some_and(|half_open| half_open.phase != Phase::Waiting)
    }

    /// When it is closed where others wait for its place, if it may be that of one who is gone.
    pub(super) fn gives_way_at(&self) -> Option<Millis> {
        let half_open = self.half_open()?;
        match half_open.phase {
            Phase::Describing => Some(self.since + GIVES_WAY),
            Phase::Deserted => Some(half_open.until - (DESERTED - DESERTED_GIVES_WAY)),
            Phase::Joining | Phase::Waiting | Phase::Proving => None,
        }
    }

    pub(super) fn half_open_mut(&mut self) -> Option<&mut HalfOpen> {
        match &mut self.state {
            State::HalfOpen(half_open) => Some(half_open),
            State::Connected { .. } => None,
        }
    }

    pub(super) fn to_peer(&self, id: SessionId) -> Peer<'_> {
        let (status, guest) = match &self.state {
            State::HalfOpen(half_open) => (half_open.to_status(), None),
            State::Connected { protocol } => {
                let way = self.way();
                (Status::Connected { protocol, way }, self.guest.as_ref())
            }
        };
        Peer {
            session: id,
            peer: &self.peer,
            member: self.member,
            address: self.address,
            since: self.since,
            status,
            guest,
            rights: self.rights,
        }
    }
}

impl HalfOpen {
    fn to_status(&self) -> Status<'static> {
        let signs = self.knock.as_ref().and_then(Knock::signs);
        match (self.phase, signs) {
            (Phase::Waiting, Some(signs)) => Status::Waiting { signs },
            (
                Phase::Waiting
                | Phase::Describing
                | Phase::Joining
                | Phase::Deserted
                | Phase::Proving,
                _,
            ) => Status::Connecting,
        }
    }

    /// When something is due: the answer in the order of 2016, or the end.
    pub(super) fn due(&self, order: &Order) -> Millis {
        match (self.answer_at(order), self.until) {
            (Some(answer), until) => answer.min(until),
            (None, until) => until,
        }
    }

    /// When our complete answer is to be sent, in the order of 2016.
    pub(super) fn answer_at(&self, order: &Order) -> Option<Millis> {
        match (order, self.phase) {
            (Order::Of2016 { .. }, Phase::Describing) => self.outgoing.complete_at(),
            (Order::Current { .. }, _)
            | (
                Order::Of2016 { .. },
                Phase::Joining | Phase::Deserted | Phase::Waiting | Phase::Proving,
            ) => None,
        }
    }
}

/// A slave of the master, for the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer<'a> {
    /// Its session.
    pub session: SessionId,
    /// Its id.
    pub peer: &'a PeerId,
    /// The member of the room that it is, where the room told, until it leaves.
    pub member: Option<MemberId>,
    /// Its address, where the room told.
    pub address: Option<IpAddr>,
    /// When it asked.
    pub since: Millis,
    /// How far it is.
    pub status: Status<'a>,
    /// Who it has proven to be.
    pub guest: Option<&'a Guest>,
    /// What it may do.
    pub rights: Rights,
}

/// How far a slave is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status<'a> {
    /// Its channel is not open yet, or it is not known who it is.
    Connecting,
    /// It waits for a person's word, who compares these signs with its own.
    Waiting {
        /// The signs.
        signs: Signs,
    },
    /// Its channel is open.
    Connected {
        /// The channel's protocol; empty for the order of 2016.
        protocol: &'a str,
        /// By which way it speaks.
        way: Way,
    },
}

/// What a slave has for its answer while others wait in line.
const GIVES_WAY: Millis = Millis::from_secs(2);
/// What a session whose member left the room has to come to its channel.
pub(super) const DESERTED: Millis = Millis::from_secs(5);
/// The same while others wait in line.
const DESERTED_GIVES_WAY: Millis = Millis::from_secs(1);
