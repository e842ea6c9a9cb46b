//! The master that invites: whom it takes, the handshake on each channel, and who must go when an invitation
//! ends.

use super::machine::Master;
use super::output::{Event, Failed, Left, Output};
use super::session::{Certificates, Order, Phase, Session, State};
use crate::limits::HALF_OPEN_FOR;
use crate::signalling::rtc::{Command, SessionId};
use crate::time::Millis;
use trust::handshake::{self, Binding, Request, Sealed, Way};
use trust::identity::Identity;
use trust::invitation::InvitationId;
use trust::registry::{Invitations, UnixSeconds};
use trust::rights::Rights;
use trust::seed::Seed;

/// What a master that invites has.
#[derive(Debug)]
pub struct Host {
    /// Its key, which is in its invitations.
    pub identity: Identity,
    /// The invitations.
    pub invitations: Invitations,
    /// The room in which its guests look for it.
    pub room: String,
    /// What its WebSocket's handshake says in `Host`; `None` for one that is let in without.
    pub authority: Option<String>,
    /// Those without an invitation.
    pub strangers: Strangers,
    /// The date at `Millis(0)`.
    pub epoch: UnixSeconds,
    /// Where fresh random bytes come from.
    pub seed: Seed,
}

/// What becomes of slaves without an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strangers {
    /// They are connected, and known to be strangers.
    Admitted,
    /// They are told that they need one.
    Refused,
}

/// A slave that has proven to hold an invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guest {
    /// Which one.
    pub invitation: InvitationId,
    /// What a person calls it.
    pub label: String,
}

impl Host {
    pub(super) fn date(&self, now: Millis) -> UnixSeconds {
        UnixSeconds(self.epoch.0.saturating_add(now.0 / 1000))
    }

    fn holds(&self, invitation: InvitationId, now: Millis) -> bool {
        self.invitations.find(invitation, self.date(now)).is_ok()
    }

    /// When the next invitation has ended.
    pub(super) fn next_expiry(&self, now: Millis) -> Option<Millis> {
        let expiry = self.invitations.next_expiry(self.date(now))?;
        let seconds = expiry.0.saturating_sub(self.epoch.0);
        Some(Millis(seconds.saturating_mul(1000)))
    }

    /// Reads a slave's first message, which came by this way.
    pub(super) fn accept(
        &mut self,
        message: &[u8],
        way: Way,
        now: Millis,
    ) -> Result<Accepted, handshake::Error> {
        let request = Request::parse(message)?;
        let found = self
            .invitations
            .find(request.invitation, self.date(now))
            .map_err(|_| handshake::Error::Refused)?;
        let room = self.room.clone();
        let binding = Binding { room, way };
        let key = found.secret.to_channel_key();
        let random = self.seed.next_bytes();
        let (sealed, answer) = request.accept(&self.identity, &key, &binding, random)?;
        let guest = Guest {
            invitation: found.id,
            label: found.label.clone(),
        };
        Ok(Accepted {
            guest,
            rights: found.rights,
            answer,
            sealed,
        })
    }
}

/// What a slave's first message came to.
#[derive(Debug)]
pub(super) struct Accepted {
    /// Who it is.
    pub(super) guest: Guest,
    /// What its invitation allows.
    pub(super) rights: Rights,
    /// The second message.
    pub(super) answer: Vec<u8>,
    /// What follows, where the way is not encrypted itself.
    pub(super) sealed: Sealed,
}

impl Certificates {
    fn to_way(self) -> Result<Way, handshake::Error> {
        match (self.theirs, self.own) {
            (Some(slave), Some(master)) => Ok(Way::Channel { slave, master }),
            (None, _) | (_, None) => Err(handshake::Error::Refused),
        }
    }
}

impl Master {
    /// Knows its guests by other means from now on: other invitations, or strangers let in or not, who then
    /// may do this. Who would not be let in now has to go. What a person has said of one stranger holds for it.
    pub fn handle_host(&mut self, host: Host, rights: Rights, now: Millis) {
        self.host = Some(host);
        let before = std::mem::replace(&mut self.config.rights, rights);
        for stranger in self.sessions.values_mut() {
            if stranger.guest.is_none() && stranger.rights == before {
                stranger.rights = rights;
            }
        }
        self.hand_over_all(now);
        self.cut_off(now);
    }

    /// What the slave of a session may do.
    pub fn rights(&self, session: SessionId) -> Option<Rights> {
        self.sessions.get(&session).map(|session| session.rights)
    }

    /// A person said what this slave may do while it is connected.
    pub fn handle_rights(&mut self, session: SessionId, rights: Rights) {
        if let Some(session) = self.sessions.get_mut(&session) {
            session.rights = rights;
        }
    }

    /// Whether a slave that comes with this may be connected.
    pub(super) fn welcomes(&self, order: &Order, now: Millis) -> bool {
        match (&self.host, order.invitation()) {
            // Without an identity there is nothing to prove; whoever has an invitation is another's guest.
            (None, invitation) => invitation.is_none() && order.commitment().is_none(),
            (Some(host), Some(invitation)) => host.holds(invitation, now),
            // A person says what becomes of who comes from the lobby.
            (Some(host), None) => {
                host.strangers == Strangers::Admitted || order.commitment().is_some()
            }
        }
    }

    /// The channel is open. True where the slave is to prove first that it is invited; it is told that it
    /// may.
    pub(super) fn begin_proving(&mut self, id: SessionId, protocol: &str, now: Millis) -> bool {
        let Some(host) = &self.host else {
            return false;
        };
        let must = host.strangers == Strangers::Refused;
        let Some(session) = self.sessions.get_mut(&id) else {
            return false;
        };
        if !must && session.order.invitation().is_none() {
            return false;
        }
        if let Some(half_open) = session.half_open_mut() {
            half_open.phase = Phase::Proving;
            half_open.until = now + HALF_OPEN_FOR;
            half_open.protocol = protocol.to_owned();
            let message = handshake::ready();
            let session = id;
            self.push(Output::Rtc(Command::Send { session, message }));
        }
        true
    }

    /// A message on a channel that is not connected yet.
    pub(super) fn on_proving_frame(&mut self, id: SessionId, message: &[u8], now: Millis) {
        if self.is_out_of_turn(id) {
            self.close(id, Failed::Unproven, Left::Revoked);
            return self.admit_waiting(now);
        }
        let (Some(session), Some(host)) = (self.sessions.get_mut(&id), &mut self.host) else {
            return;
        };
        let Some(half_open) = session.half_open() else {
            return;
        };
        if half_open.phase != Phase::Proving {
            return;
        }
        let way = half_open.certificates.to_way();
        match way.and_then(|way| host.accept(message, way, now)) {
            Ok(accepted) => {
                let protocol = half_open.protocol.clone();
                session.guest = Some(accepted.guest);
                session.rights = accepted.rights;
                self.push(Output::Rtc(Command::Send {
                    session: id,
                    message: accepted.answer,
                }));
                self.on_connected(id, protocol, now);
            }
            Err(_) => {
                self.close(id, Failed::Unproven, Left::Revoked);
                self.admit_waiting(now);
            }
        }
    }

    /// Ends the sessions of those who would not be let in now.
    pub(super) fn cut_off(&mut self, now: Millis) {
        let Some(host) = &self.host else {
            return;
        };
        let is_out = |session: &Session| match (&session.guest, &session.state) {
            (Some(guest), _) => !host.holds(guest.invitation, now),
            (None, State::HalfOpen(_)) => !self.welcomes(&session.order, now),
            (None, State::Connected { .. }) => host.strangers == Strangers::Refused,
        };
        let out = self.sessions.iter().filter(|(_, session)| is_out(session));
        let ids: Vec<SessionId> = out.map(|(id, _)| *id).collect();
        for id in ids {
            self.close(id, Failed::Unproven, Left::Revoked);
        }
        self.expires = self.host.as_ref().and_then(|host| host.next_expiry(now));
        self.admit_waiting(now);
    }

    /// What is told of a slave that was connected.
    pub(super) fn push_connected(&mut self, id: SessionId, protocol: String) {
        let Some(session) = self.sessions.get(&id) else {
            return;
        };
        self.push_event(Event::Connected {
            session: id,
            peer: session.peer.clone(),
            address: session.address,
            protocol,
            guest: session.guest.clone(),
            way: session.way(),
        });
    }
}
