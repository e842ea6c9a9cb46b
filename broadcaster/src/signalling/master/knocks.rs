//! Who comes from the lobby: the signs that both sides show, a person's word, and the invitation that goes
//! over the channel with it.

use super::guests::Host;
use super::machine::Master;
use super::output::{Event, Failed, Left, Output};
use super::session::{HalfOpen, Knock, Phase, Session};
use crate::limits::{HALF_OPEN_FOR, LOBBY, LOBBY_FOR};
use crate::signalling::message::Reason;
use crate::signalling::rtc::{Command, SessionId};
use crate::time::Millis;
use trust::fingerprint::Fingerprint;
use trust::invitation::InvitationId;
use trust::signs::{Nonce, Offering};

impl Master {
    /// A person has let in the slave of a session that waits: it is handed this invitation, as soon as
    /// [`handle_host`](Self::handle_host) has told of it. Sessions are named, and not slaves, because another
    /// page may take a slave's id, but never its session and its signs. One that is gone is not there to hear.
    pub fn handle_let_in(&mut self, session: SessionId, invitation: InvitationId, now: Millis) {
        let Some(half_open) = self.waiting(session) else {
            return;
        };
        if let Some(Knock::Shown(signs)) = half_open.knock {
            half_open.knock = Some(Knock::LetIn(signs, invitation));
            self.hand_over(session, now);
        }
    }

    /// Tells the slave our part of the signs with the offer.
    pub(super) fn offer_signs(&mut self, id: SessionId, own: Option<Fingerprint>) {
        let (Some(session), Some(host)) = (self.sessions.get_mut(&id), &mut self.host) else {
            return;
        };
        let Some(half_open) = session.half_open_mut() else {
            return;
        };
        if let (Some(Knock::Asked(commitment)), Some(own)) = (&half_open.knock, own) {
            let (offering, nonce) = Offering::new(*commitment, host.random(), own);
            half_open.knock = Some(Knock::Offered { offering, nonce });
        }
    }

    /// The channel is open. True for one from the lobby: it waits for a person, where there is a place.
    pub(super) fn begin_waiting(&mut self, id: SessionId, protocol: &str, now: Millis) -> bool {
        let waits = |session: &&Session| {
            let half_open = session.half_open();
            half_open.is_some_and(|half_open| half_open.phase == Phase::Waiting)
        };
        let is_full = self.sessions.values().filter(waits).count() >= LOBBY;
        let Some(session) = self.sessions.get_mut(&id) else {
            return false;
        };
        let (peer, member, address) = (session.peer.clone(), session.member, session.address);
        let attempt = session.order.id().cloned();
        let Some(half_open) = session.half_open_mut() else {
            return false;
        };
        let Some(knock) = &half_open.knock else {
            return false;
        };
        match knock.signs() {
            Some(_) if half_open.phase == Phase::Deserted => {
                self.close(id, Failed::Gone, Left::Dismissed);
            }
            Some(_) if is_full => {
                self.say_refused(member, &peer, attempt, Reason::Busy);
                self.close(id, Failed::Busy, Left::Dismissed);
            }
            Some(signs) => {
                half_open.phase = Phase::Waiting;
                half_open.until = now + LOBBY_FOR;
                half_open.protocol = protocol.to_owned();
                self.push_event(Event::Knocked {
                    session: id,
                    peer,
                    address,
                    signs,
                });
            }
            // It has answered nothing that could be held against its commitment.
            None => self.close(id, Failed::Unproven, Left::Revoked),
        }
        self.admit_waiting(now);
        true
    }

    /// What was said on a channel on which nothing is to be said yet.
    pub(super) fn is_out_of_turn(&self, id: SessionId) -> bool {
        let session = self.sessions.get(&id);
        let half_open = session.and_then(Session::half_open);
        half_open.is_some_and(|half_open| half_open.phase == Phase::Waiting)
    }

    /// The invitations are other ones: who was let in with one of them is handed it.
    pub(super) fn hand_over_all(&mut self, now: Millis) {
        let ids: Vec<SessionId> = self.sessions.keys().copied().collect();
        for id in ids {
            self.hand_over(id, now);
        }
    }

    /// Sends the invitation with which a slave was let in, and then wants it proven.
    fn hand_over(&mut self, id: SessionId, now: Millis) {
        let invitation = match self.waiting(id).map(|half_open| &half_open.knock) {
            Some(Some(Knock::LetIn(_, invitation))) => *invitation,
            Some(Some(Knock::Asked(_) | Knock::Offered { .. } | Knock::Shown(_)) | None) | None => {
                return;
            }
        };
        let host = self.host.as_ref();
        let Some(fragment) = host.and_then(|host| host.fragment(invitation, now)) else {
            return;
        };
        if let Some(half_open) = self.waiting(id) {
            half_open.phase = Phase::Proving;
            half_open.until = now + HALF_OPEN_FOR;
        }
        let message = fragment.into_bytes();
        let session = id;
        self.push(Output::Rtc(Command::Send { session, message }));
    }

    fn waiting(&mut self, id: SessionId) -> Option<&mut HalfOpen> {
        let half_open = self.sessions.get_mut(&id)?.half_open_mut()?;
        (half_open.phase == Phase::Waiting).then_some(half_open)
    }
}

impl Host {
    fn random(&mut self) -> [u8; 16] {
        let mut random = [0; 16];
        random.copy_from_slice(&self.seed.next_bytes()[..16]);
        random
    }

    /// An invitation in force as it is handed over.
    fn fragment(&self, invitation: InvitationId, now: Millis) -> Option<String> {
        let issued = self.invitations.find(invitation, self.date(now)).ok()?;
        let invitation = issued.to_invitation(self.identity.public());
        Some(invitation.to_fragment())
    }
}

impl HalfOpen {
    /// Our part of the signs, where it is told.
    pub(super) fn nonce(&self) -> Option<Nonce> {
        match &self.knock {
            Some(Knock::Offered { nonce, .. }) => Some(*nonce),
            Some(Knock::Asked(_) | Knock::Shown(_) | Knock::LetIn(..)) | None => None,
        }
    }

    /// Hears the slave's part of the signs; `false` if it is not what it has committed itself to.
    pub(super) fn hear_nonce(&mut self, nonce: Option<Nonce>) -> bool {
        let Some(knock) = self.knock.take() else {
            return true;
        };
        let (Knock::Offered { offering, .. }, Some(nonce), Some(theirs)) =
            (knock, nonce, self.certificates.theirs)
        else {
            return false;
        };
        self.knock = offering.handle_answer(nonce, theirs).ok().map(Knock::Shown);
        self.knock.is_some()
    }

    /// Whether its channel is known to be open.
    pub(super) fn is_heard(&self) -> bool {
        match self.phase {
            Phase::Waiting | Phase::Proving => true,
            Phase::Describing | Phase::Joining | Phase::Deserted => false,
        }
    }
}
