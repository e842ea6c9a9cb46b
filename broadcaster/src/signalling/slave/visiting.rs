//! The slave in the lobby: it came without an invitation to where one is needed, and asks a person to let it
//! in. Before that it commits itself, so that the signs which both sides show tell whether they are alone.

use super::asking::Offer;
use super::connecting::Progress;
use super::machine::{Phase, Slave};
use super::output::{Event, Output, Step};
use super::proving::{PROVING, Proving};
use crate::limits::LOBBY_FOR;
use crate::signalling::message::PeerId;
use crate::signalling::rtc::{self, Command, SessionId};
use crate::time::Millis;
use trust::fingerprint::Fingerprint;
use trust::invitation::Invitation;
use trust::seed::Seed;
use trust::signs::{self, Commitment, Nonce, Signs};

/// What a slave comes with.
#[derive(Debug)]
pub(super) enum Standing {
    /// Nothing. Where an invitation is needed it turns away.
    Stranger,
    /// Nothing, and where an invitation is needed it asks a person.
    Visitor(Door),
    /// An invitation.
    Guest(Ticket),
}

/// Where a slave knocks that was not invited.
#[derive(Debug)]
pub struct Door {
    /// What its WebSocket's handshake says in `Host`: in a browser `URL.host`.
    pub host: String,
    /// The room: the path of the WebSocket's URL, as it is sent.
    pub room: String,
    /// Where fresh random bytes come from.
    pub seed: Seed,
}

/// What a slave that was invited comes with.
#[derive(Debug)]
pub struct Ticket {
    /// The invitation.
    pub invitation: Invitation,
    /// What its WebSocket's handshake says in `Host`: in a browser `URL.host`.
    pub host: String,
    /// The room: the path of the WebSocket's URL, as it is sent.
    pub room: String,
    /// Where fresh random bytes come from.
    pub seed: Seed,
}

/// How far a request from the lobby is.
#[derive(Debug)]
pub(super) enum Visit {
    /// The certificate is being made that it commits to.
    Certifying(SessionId),
    /// It is committed to.
    Committed {
        session: SessionId,
        asking: signs::Asking,
        commitment: Commitment,
    },
}

/// What an offer has made of a commitment.
#[derive(Debug)]
pub(super) struct Revealed {
    pub(super) session: SessionId,
    /// Goes into the answer.
    pub(super) nonce: Nonce,
    pub(super) signs: Signs,
}

/// An open channel over which a person's word may come.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) master: PeerId,
    protocol: String,
}

impl Standing {
    pub(super) fn ticket(&self) -> Option<&Ticket> {
        match self {
            Self::Guest(ticket) => Some(ticket),
            Self::Stranger | Self::Visitor(_) => None,
        }
    }

    /// Makes a visitor the guest that it was let in as.
    fn let_in(&mut self, invitation: Invitation) -> Option<&mut Ticket> {
        *self = match std::mem::replace(self, Self::Stranger) {
            Self::Visitor(Door { host, room, seed }) => Self::Guest(Ticket {
                invitation,
                host,
                room,
                seed,
            }),
            other @ (Self::Stranger | Self::Guest(_)) => other,
        };
        match self {
            Self::Guest(ticket) => Some(ticket),
            Self::Stranger | Self::Visitor(_) => None,
        }
    }
}

impl Visit {
    pub(super) fn session(&self) -> SessionId {
        match self {
            Self::Certifying(session) | Self::Committed { session, .. } => *session,
        }
    }

    pub(super) fn commitment(&self) -> Option<Commitment> {
        match self {
            Self::Certifying(_) => None,
            Self::Committed { commitment, .. } => Some(*commitment),
        }
    }
}

impl Slave {
    /// Whether it is in a room where a person has to let it in.
    pub(super) fn is_visiting(&self) -> bool {
        matches!(self.standing, Standing::Visitor(_))
            && self.room.is_inside()
            && !self.room.is_open()
    }

    /// Whether it has been handed an invitation in this attempt. It goes back to the door then, and comes in by
    /// it: in the lobby nobody would relay for it.
    pub(super) fn was_let_in(&self) -> bool {
        let is_from_lobby = match &self.phase {
            Phase::Connecting(connecting) => connecting.revealed.is_some(),
            Phase::Idle
            | Phase::Pausing { .. }
            | Phase::Reaching { .. }
            | Phase::Asking(_)
            | Phase::Choosing(_)
            | Phase::Relaying(_)
            | Phase::Connected { .. } => false,
        };
        is_from_lobby && self.standing.ticket().is_some()
    }

    /// Whether an offer answers anything.
    pub(super) fn has_committed(&self) -> bool {
        match &self.phase {
            Phase::Asking(asking) => matches!(asking.visit, Some(Visit::Committed { .. })),
            Phase::Idle
            | Phase::Pausing { .. }
            | Phase::Reaching { .. }
            | Phase::Choosing(_)
            | Phase::Connecting(_)
            | Phase::Relaying(_)
            | Phase::Connected { .. } => false,
        }
    }

    /// Each request from the lobby has a certificate of its own, made before it.
    pub(super) fn begin_visit(&mut self) -> Visit {
        let session = self.next_session();
        self.push(Output::Rtc(Command::Certify { session }));
        Visit::Certifying(session)
    }

    pub(super) fn on_visiting_rtc(&mut self, event: rtc::Event, now: Millis) {
        match event {
            rtc::Event::Certified(fingerprint) => self.on_certified(fingerprint),
            rtc::Event::Refused { detail } | rtc::Event::Lost { detail } => {
                self.trial.tally.refused = Some(detail);
                self.pause(now);
            }
            rtc::Event::Described(_)
            | rtc::Event::Candidate(_)
            | rtc::Event::Opened { .. }
            | rtc::Event::Frame(_) => {}
        }
    }

    fn on_certified(&mut self, own: Fingerprint) {
        let (Phase::Asking(phase), Standing::Visitor(door)) = (&mut self.phase, &mut self.standing)
        else {
            return;
        };
        let Some(Visit::Certifying(session)) = phase.visit else {
            return;
        };
        let (asking, commitment) = signs::Asking::new(nonce(&mut door.seed), own);
        phase.visit = Some(Visit::Committed {
            session,
            asking,
            commitment,
        });
        self.say_request(None, self.wanted.clone());
    }

    /// Takes what was committed to, for the offer that is taken.
    pub(super) fn reveal(&mut self, offer: &Offer) -> Option<Revealed> {
        let Phase::Asking(phase) = &mut self.phase else {
            return None;
        };
        let (nonce, master) = (
            offer.nonce?,
            Fingerprint::from_sdp(&offer.description.sdp).ok()?,
        );
        match phase.visit.take()? {
            Visit::Committed {
                session, asking, ..
            } => {
                let (nonce, signs) = asking.handle_offer(nonce, master);
                Some(Revealed {
                    session,
                    nonce,
                    signs,
                })
            }
            // Nobody was asked, so this answers nothing.
            certifying @ Visit::Certifying(_) => {
                phase.visit = Some(certifying);
                None
            }
        }
    }

    /// The channel is open: from here on it takes a person, and as long as that person takes.
    pub(super) fn begin_waiting(&mut self, protocol: String, now: Millis) {
        let Phase::Connecting(connecting) = &mut self.phase else {
            return;
        };
        let (Some(master), Some(revealed)) = (connecting.master().cloned(), &connecting.revealed)
        else {
            return;
        };
        let signs = revealed.signs;
        connecting.until = now + LOBBY_FOR;
        connecting.progress = Progress::Waiting(Box::new(Waiting { master, protocol }));
        self.trial.deadline = None;
        self.push_event(Event::Step(Step::Waiting(signs)));
    }

    /// The master's word: an invitation. It proves on the same channel that the invitation is its own.
    pub(super) fn on_waiting_frame(&mut self, message: &[u8], now: Millis) {
        let Phase::Connecting(connecting) = &mut self.phase else {
            return;
        };
        let Progress::Waiting(waiting) = &connecting.progress else {
            return;
        };
        let text = std::str::from_utf8(message).ok();
        let invitation = text.and_then(|text| Invitation::from_fragment(text).ok());
        let Some(invitation) = invitation else {
            return self.doubt(now);
        };
        let Some(ticket) = self.standing.let_in(invitation) else {
            return self.doubt(now);
        };
        connecting.until = now + PROVING;
        connecting.progress = Progress::Proving(Box::new(Proving {
            master: waiting.master.clone(),
            protocol: waiting.protocol.clone(),
            handshake: None,
        }));
        let (session, invitation) = (connecting.session, ticket.invitation.clone());
        match connecting.begin_handshake(ticket) {
            Ok(message) => {
                self.push_event(Event::Invited(invitation));
                self.push(Output::Rtc(Command::Send { session, message }));
            }
            Err(_) => self.doubt(now),
        }
    }
}

impl super::connecting::Connecting {
    pub(super) fn is_waiting(&self) -> bool {
        matches!(self.progress, Progress::Waiting(_))
    }
}

fn nonce(seed: &mut Seed) -> [u8; 16] {
    let mut nonce = [0; 16];
    nonce.copy_from_slice(&seed.next_bytes()[..16]);
    nonce
}
