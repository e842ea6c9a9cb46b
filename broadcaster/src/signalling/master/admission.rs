//! Who gets a session and when it ends: the newest attempt of each slave, the bounds, the line.

use super::machine::Master;
use super::output::{Event, Failed, Left, Output};
use super::session::{Ask, DESERTED, Order, Path, Phase, Session, State};
use crate::hub::MemberId;
use crate::limits::{HALF_OPEN, HALF_OPEN_PER_ADDRESS};
use crate::signalling::description::{Description, Kind};
use crate::signalling::exchange::Incoming;
use crate::signalling::message::{AttemptId, Message, PeerId, Reason};
use crate::signalling::near::Near;
use crate::signalling::relay::Way;
use crate::signalling::rtc::{Command, SessionId};
use crate::time::Millis;
use std::net::IpAddr;
use trust::invitation::InvitationId;
use trust::signs::Commitment;

impl Master {
    pub(super) fn on_request(
        &mut self,
        member: Option<MemberId>,
        peer: PeerId,
        id: AttemptId,
        protocols: &[String],
        shown: (Option<InvitationId>, Option<Commitment>),
        now: Millis,
    ) {
        let order = self.order(id, protocols, shown);
        self.on_ask(member, peer, order, now);
    }

    pub(super) fn order(
        &self,
        id: AttemptId,
        protocols: &[String],
        (invitation, commitment): (Option<InvitationId>, Option<Commitment>),
    ) -> Order {
        let spoken = |protocol: &&String| self.config.protocols.contains(protocol);
        let protocol = protocols.iter().find(spoken).cloned().unwrap_or_default();
        Order::Current {
            id,
            protocol,
            invitation,
            commitment,
        }
    }

    pub(super) fn on_offer_of_2016(
        &mut self,
        member: Option<MemberId>,
        peer: PeerId,
        data: &str,
        now: Millis,
    ) {
        if !self.room.is_open() {
            self.stats.stray += 1;
            return;
        }
        match Description::parse(data, Kind::Offer) {
            Ok(offer) => self.on_ask(member, peer, Order::Of2016 { offer }, now),
            Err(_) => self.stats.descriptions += 1,
        }
    }

    fn on_ask(&mut self, member: Option<MemberId>, peer: PeerId, order: Order, now: Millis) {
        if !self.welcomes(&order, now) {
            self.stats.stray += 1;
            return self.say_refused(member, &peer, order.id().cloned(), Reason::Invitation);
        }
        let address = self.room.address(member);
        let ask = Ask {
            peer,
            member,
            address,
            order,
            since: now,
        };
        let is_repeated = |known: &Session| ask.repeats(&known.peer, known.member, &known.order);
        if let Some((id, _)) = self.sessions.iter().find(|(_, known)| is_repeated(known)) {
            return self.repeat(*id);
        }
        let waiting = self.line.find(&ask.peer);
        if waiting.is_some_and(|known| ask.repeats(&known.peer, known.member, &known.order)) {
            return;
        }
        if self.is_late(&ask) {
            self.stats.stray += 1;
            return;
        }
        self.supersede(&ask.peer, member);
        self.admit(ask, now);
    }

    /// Whether the same page is known to have begun a newer attempt.
    pub(super) fn is_late(&self, ask: &Ask) -> bool {
        let Some(id) = ask.order.id() else {
            return false;
        };
        let is_same = |peer: &PeerId, member| *peer == ask.peer && member == ask.member;
        let sessions = self
            .sessions
            .values()
            .filter(|known| is_same(&known.peer, known.member));
        let waiting = self
            .line
            .find(&ask.peer)
            .filter(|known| is_same(&known.peer, known.member));
        let orders = sessions
            .map(|known| &known.order)
            .chain(waiting.map(|known| &known.order));
        orders
            .filter_map(Order::id)
            .any(|newer| id.is_before(newer))
    }

    /// The slave's newest attempt is with another master.
    pub(super) fn on_asked_another(
        &mut self,
        peer: &PeerId,
        member: Option<MemberId>,
        now: Millis,
    ) {
        self.supersede(peer, member);
        self.admit_waiting(now);
    }

    /// Ends what this slave or this member has half-open: one of each at a time.
    pub(super) fn supersede(&mut self, peer: &PeerId, member: Option<MemberId>) {
        self.line.remove(peer);
        if let Some(member) = member {
            self.line.remove_member(member);
        }
        let is_older = |session: &Session| {
            let is_same = session.peer == *peer || member.is_some() && session.member == member;
            is_same && session.half_open().is_some()
        };
        let older = self
            .sessions
            .iter()
            .filter(|(_, session)| is_older(session));
        let ids: Vec<SessionId> = older.map(|(id, _)| *id).collect();
        for id in ids {
            self.close(id, Failed::Superseded, Left::Replaced);
        }
    }

    fn admit(&mut self, ask: Ask, now: Millis) {
        if self.sessions.len() >= self.config.connections {
            return self.refuse(ask, Reason::Full, Failed::Full);
        }
        if self.may_begin(ask.address) {
            return self.begin(ask, now);
        }
        if let Err(ask) = self.line.push(ask) {
            self.refuse(*ask, Reason::Busy, Failed::Busy);
        }
    }

    /// Gives the places that became free to those who wait.
    pub(super) fn admit_waiting(&mut self, now: Millis) {
        let mut line = std::mem::take(&mut self.line);
        while let Some(ask) = line.pop(|address| self.may_begin(address)) {
            self.admit(ask, now);
        }
        self.line = line;
        if let Some((id, _)) = self.gives_way().filter(|(_, at)| *at <= now) {
            self.end_half_open(id);
            self.admit_waiting(now);
        }
    }

    /// The session of one who may be gone that stands in the way of the first in line, and when it is closed for
    /// that: a slave that is there answers at once, and opens its channel; one that was reloaded never does.
    pub(super) fn gives_way(&self) -> Option<(SessionId, Millis)> {
        let first = self.line.first()?;
        let all = self
            .sessions
            .values()
            .filter(|known| known.takes_place())
            .count();
        let in_the_way = self
            .sessions
            .iter()
            .filter(|(_, known)| all >= HALF_OPEN || known.address == first.address);
        let give_way = in_the_way.filter_map(|(id, known)| Some((*id, known.gives_way_at()?)));
        give_way.min_by_key(|(_, at)| *at)
    }

    /// Whether the bounds on half-open sessions allow one more of this address.
    pub(super) fn may_begin(&self, address: Option<IpAddr>) -> bool {
        let half_open = self
            .sessions
            .values()
            .filter(|session| session.takes_place());
        let (all, same) = half_open.fold((0, 0), |(all, same), session| {
            (
                all + 1,
                same + usize::from(address.is_some() && session.address == address),
            )
        });
        all < HALF_OPEN && same < HALF_OPEN_PER_ADDRESS
    }

    fn begin(&mut self, ask: Ask, now: Millis) {
        let id = SessionId(self.last_session.0 + 1);
        self.last_session = id;
        let mut incoming = Incoming::default();
        let (peer, address) = (ask.peer.clone(), ask.address);
        self.push_event(Event::Connecting {
            session: id,
            peer: peer.clone(),
            address,
        });
        let command = match &ask.order {
            Order::Current { protocol, .. } => Command::Offer {
                session: id,
                label: peer.as_str().to_owned(),
                protocol: protocol.clone(),
            },
            Order::Of2016 { offer } => {
                let near = Near {
                    prefixes: &self.config.on_link,
                    members: [self.room.own(), address],
                };
                Command::Answer {
                    session: id,
                    offer: incoming.admit_description(offer, &near),
                }
            }
        };
        self.push(Output::Rtc(command));
        let session = Session::new(ask, incoming, self.config.rights, now);
        self.sessions.insert(id, session);
    }

    fn refuse(&mut self, ask: Ask, reason: Reason, why: Failed) {
        self.say_refused(ask.member, &ask.peer, ask.order.id().cloned(), reason);
        self.push_event(Event::Failed {
            session: None,
            peer: ask.peer,
            why,
        });
    }

    /// Tells a slave that it is not taken now. In the order of 2016 there is no word for it.
    pub(super) fn say_refused(
        &mut self,
        member: Option<MemberId>,
        peer: &PeerId,
        id: Option<AttemptId>,
        reason: Reason,
    ) {
        if id.is_some() {
            let (from, to) = (self.config.id.clone(), peer.clone());
            self.say(
                member,
                &Message::Refuse {
                    from,
                    to,
                    id,
                    reason,
                },
            );
        }
    }

    /// A slave leaves as soon as its channel is open; ours opens a moment later, or as soon as a browser that is
    /// held up comes to it. So a session that lacks nothing but its channel gets that time, and any other ends.
    pub(super) fn on_member_left(&mut self, member: MemberId, now: Millis) {
        self.line.remove_member(member);
        let mut gone = Vec::new();
        let theirs = self
            .sessions
            .iter_mut()
            .filter(|(_, known)| known.member == Some(member));
        for (id, session) in theirs {
            if session.way() == Way::Relayed {
                gone.push(*id);
                continue;
            }
            let Some(half_open) = session.half_open_mut() else {
                continue;
            };
            match half_open.phase {
                Phase::Describing | Phase::Waiting => gone.push(*id),
                Phase::Joining | Phase::Deserted => {
                    half_open.phase = Phase::Deserted;
                    half_open.until = half_open.until.min(now + DESERTED);
                }
                // Its proof may be under way.
                Phase::Proving => half_open.until = half_open.until.min(now + DESERTED),
            }
        }
        for id in gone {
            let detail = "the device left the broadcaster".to_owned();
            self.close(id, Failed::Gone, Left::Lost(detail));
        }
        self.admit_waiting(now);
    }

    /// Sends the answers of 2016 that are complete, and gives up what has waited too long.
    pub(super) fn on_sessions_due(&mut self, now: Millis) {
        let is_due = |session: &Session| {
            session
                .half_open()
                .is_some_and(|half_open| half_open.due(&session.order) <= now)
        };
        let due = self.sessions.iter().filter(|(_, session)| is_due(session));
        let ids: Vec<SessionId> = due.map(|(id, _)| *id).collect();
        for id in ids {
            self.on_session_due(id, now);
        }
        self.admit_waiting(now);
    }

    fn on_session_due(&mut self, id: SessionId, now: Millis) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        let Some(half_open) = session.half_open() else {
            return;
        };
        if half_open.until > now {
            if let Some(half_open) = session.half_open_mut() {
                half_open.phase = Phase::Joining;
            }
            return self.say_answer_of_2016(id);
        }
        self.end_half_open(id);
    }

    /// Ends a session that has not come to what it waits for.
    fn end_half_open(&mut self, id: SessionId) {
        let Some(half_open) = self.sessions.get(&id).and_then(Session::half_open) else {
            return;
        };
        let why = match half_open.phase {
            Phase::Describing => Failed::Unanswered,
            Phase::Deserted => Failed::Gone,
            Phase::Waiting => Failed::NotLetIn,
            Phase::Proving => Failed::Unproven,
            Phase::Joining => Failed::NoPath {
                local: half_open.outgoing.seen().clone(),
                remote: half_open.incoming.seen().clone(),
            },
        };
        self.close(id, why, Left::Dismissed);
    }

    /// Ends a session: `failed` if it was not open yet, `left` if it was.
    pub(super) fn close(&mut self, id: SessionId, failed: Failed, left: Left) {
        let Some(session) = self.sessions.remove(&id) else {
            return;
        };
        match session.path {
            Path::Direct => self.push(Output::Rtc(Command::Close { session: id })),
            Path::Relayed(_) => {
                let attempt = session.order.id().cloned();
                self.say_refused(session.member, &session.peer, attempt, Reason::Gone);
            }
        }
        self.push_event(match session.state {
            State::HalfOpen(_) => Event::Failed {
                session: Some(id),
                peer: session.peer,
                why: failed,
            },
            State::Connected { .. } => Event::Left {
                session: id,
                peer: session.peer,
                why: left,
            },
        });
    }
}
