//! The slave that finds no path: it asks its master to speak through the broadcaster, and does so until it
//! has found one. Only with an invitation, from which both have their keys.

use super::machine::{Phase, Slave};
use super::output::{Event, Output};
use super::visiting::Standing;
use crate::hub::MemberId;
use crate::limits::RELAY_SILENCE;
use crate::payload::Payload;
use crate::signalling::message::{AttemptId, Message, PeerId};
use crate::signalling::relay::{Relay, Way};
use crate::signalling::room::Room;
use crate::signalling::rtc::SessionId;
use crate::time::Millis;
use trust::handshake::{self, Binding};

/// A master that was asked to speak through the broadcaster.
#[derive(Debug)]
pub(super) struct Relaying {
    pub(super) member: MemberId,
    pub(super) master: PeerId,
    /// When it is given up.
    pub(super) until: Millis,
    handshake: Option<handshake::Slave>,
}

/// A session through the broadcaster.
#[derive(Debug)]
pub(super) struct Relayed {
    session: SessionId,
    member: MemberId,
    master: PeerId,
    attempt: AttemptId,
    relay: Relay,
    since: Millis,
    /// When the master was heard through it.
    heard: Millis,
    /// When it was asked whether it is there, if it has not answered.
    asked: Option<Millis>,
}

impl Relaying {
    /// Whether a message of this master and member belongs to it.
    pub(super) fn is_of(&self, master: &PeerId, member: Option<MemberId>) -> bool {
        self.master == *master && Some(self.member) == member
    }
}

impl Relayed {
    /// When the master has to be asked, or is taken for gone.
    pub(super) fn due(&self) -> Millis {
        self.asked.unwrap_or(self.heard) + RELAY_SILENCE
    }
}

impl Slave {
    /// Sends a frame through the broadcaster. Ask [`Slave::has_room`] before.
    pub fn handle_frame(&mut self, session: SessionId, frame: &Payload, now: Millis) {
        let relayed = self.relay.as_mut();
        let Some(relayed) = relayed.filter(|relayed| relayed.session == session) else {
            return;
        };
        let member = relayed.member;
        match relayed.relay.seal(frame) {
            Ok(messages) => messages
                .into_iter()
                .for_each(|message| self.push_sealed(member, message)),
            Err(error) => self.lose_relay(&error.to_string(), now),
        }
    }

    /// Whether the session through the broadcaster takes a frame now; `None` for any other one.
    pub fn has_room(&self, session: SessionId) -> Option<bool> {
        let relayed = self.relay.as_ref();
        let relayed = relayed.filter(|relayed| relayed.session == session)?;
        Some(relayed.relay.has_room())
    }

    /// What was to be said through the broadcaster is said and answered: the channel alone is used from now
    /// on.
    pub fn handle_moved(&mut self) {
        if matches!(self.phase, Phase::Connected { .. }) && self.relay.take().is_some() {
            self.leave_room();
        }
    }

    /// There is no path to the master.
    pub(super) fn relay_or_pause(&mut self, now: Millis) {
        if self.begin_relaying(now).is_none() {
            self.pause(now);
        }
    }

    /// Asks the master to speak through the broadcaster. `None` where that cannot be: not out of the lobby,
    /// even with the invitation that was handed over there.
    fn begin_relaying(&mut self, now: Millis) -> Option<()> {
        let (Phase::Connecting(connecting), Standing::Guest(ticket), None) =
            (&self.phase, &mut self.standing, &self.relay)
        else {
            return None;
        };
        if connecting.revealed.is_some() {
            return None;
        }
        let (master, member) = (connecting.master()?.clone(), connecting.member?);
        self.room.members()?.get(&member)?;
        let binding = Binding {
            room: ticket.room.clone(),
            way: handshake::Way::Relay,
        };
        let random = ticket.seed.next_bytes();
        let begun = handshake::Slave::new(&ticket.invitation, &binding, random);
        let (handshake, data) = begun.ok()?;
        self.abandon();
        self.attempt += 1;
        self.phase = Phase::Relaying(Box::new(Relaying {
            member,
            master: master.clone(),
            until: now + RELAYING,
            handshake: Some(handshake),
        }));
        let relay = Message::Relay {
            from: self.config.id.clone(),
            to: master,
            id: AttemptId::Number(self.attempt),
            protocols: self.config.protocols.clone(),
            data,
        };
        self.say(Some(member), &relay);
        Some(())
    }

    /// A master agrees.
    pub(super) fn on_relay(
        &mut self,
        member: Option<MemberId>,
        from: &PeerId,
        protocol: String,
        data: &[u8],
        now: Millis,
    ) {
        let handshake = match &mut self.phase {
            Phase::Relaying(relaying) if relaying.is_of(from, member) => relaying.handshake.take(),
            Phase::Idle
            | Phase::Pausing { .. }
            | Phase::Reaching { .. }
            | Phase::Asking(_)
            | Phase::Choosing(_)
            | Phase::Connecting(_)
            | Phase::Relaying(_)
            | Phase::Connected { .. } => None,
        };
        let (Some(handshake), Some(member)) = (handshake, member) else {
            self.stats.stray += 1;
            return;
        };
        match handshake.finish(data) {
            Ok(sealed) => self.on_relayed(member, Relay::new(sealed), protocol, now),
            Err(_) => self.doubt(now),
        }
    }

    /// The master has proven itself. It believes us with our first sealed message.
    fn on_relayed(&mut self, member: MemberId, mut relay: Relay, protocol: String, now: Millis) {
        let Phase::Relaying(relaying) = &self.phase else {
            return;
        };
        let master = relaying.master.clone();
        let Ok(first) = relay.ask() else {
            return self.doubt(now);
        };
        self.push_sealed(member, first);
        self.last_session = SessionId(self.last_session.0 + 1);
        let session = self.last_session;
        self.end_trial();
        self.wanted = Some(master.clone());
        self.push_event(Event::Connected {
            session,
            master: Some(self.to_listed(&master)),
            protocol,
            is_verified: true,
            way: Way::Relayed,
        });
        self.relay = Some(Box::new(Relayed {
            session,
            member,
            master,
            attempt: AttemptId::Number(self.attempt),
            relay,
            since: now,
            heard: now,
            asked: None,
        }));
        self.pause(now);
    }

    /// A member sent bytes.
    pub(super) fn on_sealed(&mut self, member: MemberId, message: &[u8], now: Millis) {
        let relayed = self.relay.as_mut();
        let Some(relayed) = relayed.filter(|relayed| relayed.member == member) else {
            self.stats.stray += 1;
            return;
        };
        let session = relayed.session;
        match relayed.relay.open(message) {
            Ok(opened) => {
                (relayed.heard, relayed.asked) = (now, None);
                if let Some(answer) = opened.answer {
                    self.push_sealed(member, answer);
                }
                if let Some(frame) = opened.frame {
                    self.push_event(Event::Frame { session, frame });
                }
            }
            Err(error) => self.lose_relay(&error.to_string(), now),
        }
    }

    /// Asks a master that is silent whether it is there, and goes where it does not answer.
    pub(super) fn on_relay_due(&mut self, now: Millis) {
        let relayed = self.relay.as_mut();
        let Some(relayed) = relayed.filter(|relayed| relayed.due() <= now) else {
            return;
        };
        let member = relayed.member;
        match (relayed.asked, relayed.relay.ask()) {
            (None, Ok(message)) => {
                relayed.asked = Some(now);
                self.push_sealed(member, message);
            }
            (Some(_), _) | (_, Err(_)) => {
                self.lose_relay("the master does not answer through the broadcaster", now);
            }
        }
    }

    /// The session through the broadcaster is over. Where there is no channel, it is begun anew.
    pub(super) fn lose_relay(&mut self, why: &str, now: Millis) {
        let since = self.leave_relay(why);
        if let (Some(since), false) = (since, matches!(self.phase, Phase::Connected { .. })) {
            self.come_back(why.to_owned(), since, now);
        }
    }

    /// Ends the session through the broadcaster, if there is one, and leaves the room, by which the master
    /// knows; gives when it began.
    pub(super) fn leave_relay(&mut self, why: &str) -> Option<Millis> {
        let relayed = self.relay.take()?;
        self.push_event(Event::Lost {
            session: relayed.session,
            detail: why.to_owned(),
        });
        self.leave_room();
        Some(relayed.since)
    }

    pub(super) fn is_relayed_to(&self, master: &PeerId) -> bool {
        let relayed = self.relay.as_ref();
        relayed.is_some_and(|relayed| relayed.master == *master)
    }

    pub(super) fn is_relayed_by(&self, member: MemberId) -> bool {
        let relayed = self.relay.as_ref();
        relayed.is_some_and(|relayed| relayed.member == member)
    }

    /// Whether a refusal is the end of the session through the broadcaster.
    pub(super) fn is_end_of_relay(
        &self,
        member: Option<MemberId>,
        from: &PeerId,
        id: Option<&AttemptId>,
    ) -> bool {
        self.relay.as_ref().is_some_and(|relayed| {
            Some(relayed.member) == member
                && relayed.master == *from
                && Some(&relayed.attempt) == id
        })
    }

    fn push_sealed(&mut self, to: MemberId, message: Vec<u8>) {
        self.push(Output::Send(Room::seal_to(to, message)));
    }
}

/// From asking a master to its answer. Then it is an older one, or gone.
const RELAYING: Millis = Millis::from_secs(5);
