//! Slaves that speak through the broadcaster: who may, what they send and are sent, and when they move to a
//! channel of their own.

use super::guests::Accepted;
use super::machine::Master;
use super::output::{Event, Failed, Left, Output};
use super::session::{Ask, Order, Path, Phase, Session, State};
use crate::hub::MemberId;
use crate::limits::{RELAYS, RELAYS_PER_ADDRESS};
use crate::payload::Payload;
use crate::signalling::exchange::Incoming;
use crate::signalling::message::{AttemptId, Message, PeerId, Reason};
use crate::signalling::relay::{Opened, Relay, Way};
use crate::signalling::room::Room;
use crate::signalling::rtc::SessionId;
use crate::time::Millis;
use std::net::IpAddr;
use trust::handshake::{self, Request};

impl Master {
    /// Sends a frame to a slave that speaks through the broadcaster. Ask [`Master::has_room`] before.
    pub fn handle_frame(&mut self, session: SessionId, frame: &Payload, now: Millis) {
        let Some(Session {
            member: Some(member),
            path: Path::Relayed(relay),
            ..
        }) = self.sessions.get_mut(&session)
        else {
            return;
        };
        let member = *member;
        match relay.seal(frame) {
            Ok(messages) => messages
                .into_iter()
                .for_each(|message| self.push(Output::Send(Room::seal_to(member, message)))),
            Err(error) => self.end_relay(session, error.to_string(), now),
        }
    }

    /// Whether a slave that speaks through the broadcaster can be sent a frame now; `None` for one with a
    /// channel of its own.
    pub fn has_room(&self, session: SessionId) -> Option<bool> {
        match &self.sessions.get(&session)?.path {
            Path::Direct => None,
            Path::Relayed(relay) => Some(relay.has_room()),
        }
    }

    /// A slave that found no path wants to speak through the broadcaster.
    pub(super) fn on_relay(
        &mut self,
        member: Option<MemberId>,
        peer: PeerId,
        id: AttemptId,
        protocols: &[String],
        data: &[u8],
        now: Millis,
    ) {
        let invitation = Request::parse(data).ok().map(|request| request.invitation);
        let ask = Ask {
            peer,
            member,
            address: self.room.address(member),
            order: self.order(id.clone(), protocols, (invitation, None)),
            since: now,
        };
        let repeats = |known: &Session| ask.repeats(&known.peer, member, &known.order);
        if self.is_late(&ask) || self.sessions.values().any(repeats) {
            self.stats.stray += 1;
            return;
        }
        let peer = ask.peer.clone();
        if let Err(reason) = self.admit_relay(ask, data, now) {
            self.stats.stray += 1;
            self.say_refused(member, &peer, Some(id), reason);
        }
    }

    fn admit_relay(&mut self, ask: Ask, data: &[u8], now: Millis) -> Result<(), Reason> {
        let (Some(host), Some(member)) = (&mut self.host, ask.member) else {
            return Err(Reason::Invitation);
        };
        let accepted = host.accept(data, handshake::Way::Relay, now);
        let accepted = accepted.map_err(|_| Reason::Invitation)?;
        self.supersede(&ask.peer, ask.member);
        let mut sessions = self.sessions.iter();
        let older = sessions.find(|(_, known)| known.is_relayed_to(member));
        if let Some(older) = older.map(|(id, _)| *id) {
            self.close(older, Failed::Superseded, Left::Replaced);
        }
        if !self.may_relay(ask.address) {
            return Err(Reason::Full);
        }
        if !self.may_begin(ask.address) {
            return Err(Reason::Busy);
        }
        self.begin_relay(ask, accepted, now);
        Ok(())
    }

    /// Whether the bounds on relays allow one more of this address.
    fn may_relay(&self, address: Option<IpAddr>) -> bool {
        let is_relayed = |known: &&Session| known.way() == Way::Relayed;
        let relayed = self.sessions.values().filter(is_relayed);
        let (all, same) = relayed.fold((0, 0), |(all, same), known| {
            (all + 1, same + usize::from(known.address == address))
        });
        all < RELAYS && same < RELAYS_PER_ADDRESS
    }

    /// Answers the handshake. The first message may be an old one, so who sent it is half-open until a
    /// sealed one came.
    fn begin_relay(&mut self, ask: Ask, accepted: Accepted, now: Millis) {
        let id = SessionId(self.last_session.0 + 1);
        self.last_session = id;
        let (peer, member, address) = (ask.peer.clone(), ask.member, ask.address);
        let (protocols, attempt) = match &ask.order {
            Order::Current { id, protocol, .. } => (vec![protocol.clone()], Some(id.clone())),
            Order::Of2016 { .. } => (Vec::new(), None),
        };
        let mut session = Session::new(ask, Incoming::default(), accepted.rights, now);
        session.path = Path::Relayed(Box::new(Relay::new(accepted.sealed)));
        session.guest = Some(accepted.guest);
        if let Some(half_open) = session.half_open_mut() {
            half_open.phase = Phase::Proving;
            half_open.protocol = protocols.concat();
        }
        self.sessions.insert(id, session);
        self.push_event(Event::Connecting {
            session: id,
            peer: peer.clone(),
            address,
        });
        if let Some(id) = attempt {
            let (from, to, data) = (self.config.id.clone(), peer, accepted.answer);
            let answer = Message::Relay {
                from,
                to,
                id,
                protocols,
                data,
            };
            self.say(member, &answer);
        }
    }

    /// A member sent bytes.
    pub(super) fn on_sealed(&mut self, member: MemberId, message: &[u8], now: Millis) {
        let mut sessions = self.sessions.iter_mut();
        let Some((id, session)) = sessions.find(|(_, known)| known.is_relayed_to(member)) else {
            self.stats.stray += 1;
            return;
        };
        let (id, Path::Relayed(relay)) = (*id, &mut session.path) else {
            return;
        };
        match relay.open(message) {
            Ok(opened) => self.on_opened(id, member, opened, now),
            Err(error) => self.end_relay(id, error.to_string(), now),
        }
    }

    fn on_opened(&mut self, id: SessionId, member: MemberId, opened: Opened, now: Millis) {
        let session = self.sessions.get(&id);
        if let Some(protocol) = session
            .and_then(Session::half_open)
            .map(|half_open| half_open.protocol.clone())
        {
            self.on_connected(id, protocol, now);
        }
        if let Some(answer) = opened.answer {
            self.push(Output::Send(Room::seal_to(member, answer)));
        }
        if let Some(frame) = opened.frame {
            self.push_event(Event::Frame { session: id, frame });
        }
    }

    fn end_relay(&mut self, id: SessionId, why: String, now: Millis) {
        self.close(id, Failed::Unproven, Left::Lost(why));
        self.admit_waiting(now);
    }

    /// A slave that moves from the broadcaster to a channel may do no more there than a person has said.
    pub(super) fn keep_rights(&mut self, id: SessionId) {
        let Some(moved) = self.sessions.get(&id) else {
            return;
        };
        if moved.way() == Way::Relayed {
            return;
        }
        let is_same = |known: &&Session| {
            known.peer == moved.peer
                && moved
                    .member
                    .is_some_and(|member| known.is_relayed_to(member))
                && matches!(known.state, State::Connected { .. })
        };
        let before = self.sessions.values().find(is_same).map(|old| old.rights);
        if let (Some(before), Some(moved)) = (before, self.sessions.get_mut(&id)) {
            moved.rights = moved.rights.min(before);
        }
    }
}
