//! What master and slave say to each other once there is a session, and what becomes of it.

use super::machine::Master;
use super::output::{Failed, Left, Output};
use super::session::{HalfOpen, Order, Phase, Session, State};
use crate::hub::MemberId;
use crate::signalling::candidate::Candidate;
use crate::signalling::description::{Description, Kind};
use crate::signalling::message::{AttemptId, Message, PeerId, Reason};
use crate::signalling::near::Near;
use crate::signalling::relay::Way;
use crate::signalling::rtc::{self, Command, SessionId};
use crate::time::Millis;
use std::net::IpAddr;
use trust::fingerprint::Fingerprint;
use trust::signs::Nonce;

impl Master {
    pub(super) fn on_message(&mut self, member: Option<MemberId>, message: Message, now: Millis) {
        match message {
            Message::Request {
                from,
                id,
                protocols,
                to,
                invitation,
                commitment,
            } => {
                if to.is_some_and(|to| to != self.config.id) {
                    return self.on_asked_another(&from, member, now);
                }
                let shown = (invitation, commitment);
                self.on_request(member, from, id, &protocols, shown, now);
            }
            Message::Offer {
                from,
                to: None,
                id: Some(id),
                protocols,
                ..
            } => {
                self.on_request(member, from, id, &protocols, (None, None), now);
            }
            Message::Offer {
                from,
                to: None,
                id: None,
                data,
                ..
            } => {
                self.on_offer_of_2016(member, from, &data, now);
            }
            Message::Answer {
                from: Some(from),
                to,
                id: Some(id),
                nonce,
                data,
            } if to == self.config.id => {
                self.on_answer(member, from, id, nonce, &data);
            }
            Message::Candidate { from, to, id, data } if to == self.config.id => {
                self.on_remote_candidate(member, &from, &id, &data);
            }
            Message::Relay {
                from,
                to,
                id,
                protocols,
                data,
            } if to == self.config.id => {
                self.on_relay(member, from, id, &protocols, &data, now);
            }
            // What other masters and their slaves say to each other.
            Message::Announce { .. }
            | Message::Offer { .. }
            | Message::Answer { .. }
            | Message::Candidate { .. }
            | Message::Relay { .. }
            | Message::Refuse { .. } => {}
        }
    }

    /// The slave asks again: what we said to it may be lost.
    pub(super) fn repeat(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        let is_of_2016 = session.order.id().is_none();
        let Some(half_open) = session.half_open_mut() else {
            return;
        };
        if half_open.repeated >= REPEATS {
            self.stats.stray += 1;
            return;
        }
        half_open.repeated += 1;
        match (half_open.phase, is_of_2016) {
            (Phase::Describing, false) => self.say_offer(id),
            (Phase::Joining, true) => self.say_answer_of_2016(id),
            (Phase::Joining, false) => self.say_candidates_again(id),
            (Phase::Describing, true) | (Phase::Deserted | Phase::Waiting | Phase::Proving, _) => {}
        }
    }

    fn on_answer(
        &mut self,
        member: Option<MemberId>,
        from: PeerId,
        attempt: AttemptId,
        nonce: Option<Nonce>,
        data: &str,
    ) {
        let Some(id) = self.find(&from, member, &attempt) else {
            self.stats.stray += 1;
            return self.say_refused(member, &from, Some(attempt), Reason::Gone);
        };
        let own = self.room.own();
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        let near = Near {
            prefixes: &self.config.on_link,
            members: [own, session.address],
        };
        let Some(half_open) = session.half_open_mut() else {
            return;
        };
        match (half_open.phase, Description::parse(data, Kind::Answer)) {
            (_, Err(_)) => self.stats.descriptions += 1,
            (Phase::Joining, Ok(_)) => self.repeat(id),
            (Phase::Deserted | Phase::Waiting | Phase::Proving, Ok(_)) => {}
            (Phase::Describing, Ok(_)) if half_open.outgoing.description().is_none() => {
                self.stats.stray += 1;
            }
            (Phase::Describing, Ok(answer)) => {
                half_open.phase = Phase::Joining;
                let answer = half_open.incoming.admit_description(&answer, &near);
                half_open.certificates.theirs = Fingerprint::from_sdp(&answer.sdp).ok();
                if !half_open.hear_nonce(nonce) {
                    return self.close(id, Failed::Unproven, Left::Revoked);
                }
                self.push(Output::Rtc(Command::Accept {
                    session: id,
                    answer,
                }));
                self.add_ready(id);
            }
        }
    }

    fn on_remote_candidate(
        &mut self,
        member: Option<MemberId>,
        from: &PeerId,
        attempt: &AttemptId,
        data: &str,
    ) {
        let Some(id) = self.find(from, member, attempt) else {
            self.stats.stray += 1;
            return;
        };
        let own = self.room.own();
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        let near = Near {
            prefixes: &self.config.on_link,
            members: [own, session.address],
        };
        if let Some(half_open) = session.half_open_mut() {
            half_open.incoming.admit(data, &near);
            self.add_ready(id);
        }
    }

    /// The session of this attempt; messages of other members are not about it.
    fn find(
        &self,
        peer: &PeerId,
        member: Option<MemberId>,
        attempt: &AttemptId,
    ) -> Option<SessionId> {
        let is_it = |known: &Session| {
            known.peer == *peer && known.member == member && known.order.id() == Some(attempt)
        };
        self.sessions
            .iter()
            .find(|(_, known)| is_it(known))
            .map(|(id, _)| *id)
    }

    fn half_open(&mut self, id: SessionId) -> Option<&mut HalfOpen> {
        self.sessions.get_mut(&id)?.half_open_mut()
    }

    fn add_ready(&mut self, id: SessionId) {
        let ready = self
            .half_open(id)
            .map(|half_open| half_open.incoming.ready());
        for candidate in ready.into_iter().flatten() {
            self.push(Output::Rtc(Command::Add {
                session: id,
                candidate,
            }));
        }
    }

    pub(super) fn on_rtc(&mut self, id: SessionId, event: rtc::Event, now: Millis) {
        match event {
            rtc::Event::Described(description) => self.on_described(id, &description, now),
            rtc::Event::Candidate(candidate) => self.on_candidate(id, candidate, now),
            rtc::Event::Opened { protocol } => self.on_channel_opened(id, protocol, now),
            rtc::Event::Frame(message) => self.on_proving_frame(id, &message, now),
            rtc::Event::Lost { detail } => {
                self.close(id, Failed::Lost(detail.clone()), Left::Lost(detail));
                self.admit_waiting(now);
            }
            rtc::Event::Refused { detail } => self.on_refused(id, detail),
            // The offering side's certificate is its browser's affair.
            rtc::Event::Certified(_) => {}
        }
    }

    fn on_described(&mut self, id: SessionId, description: &Description, now: Millis) {
        let take = |half_open: &mut HalfOpen, own| {
            half_open.certificates.own = Fingerprint::from_sdp(&description.sdp).ok();
            half_open.outgoing.handle_described(description, own, now);
        };
        self.offer_signs(id, Fingerprint::from_sdp(&description.sdp).ok());
        self.on_own(id, take, Self::say_offer, now);
    }

    fn on_candidate(&mut self, id: SessionId, candidate: Option<Candidate>, now: Millis) {
        let take = |half_open: &mut HalfOpen, own| {
            half_open.outgoing.handle_candidate(candidate, own, now);
        };
        self.on_own(id, take, Self::say_candidates, now);
    }

    /// Takes what the browser tells of our side. In our order that is said at once, in that of 2016 with
    /// all the rest.
    fn on_own(
        &mut self,
        id: SessionId,
        take: impl FnOnce(&mut HalfOpen, Option<IpAddr>),
        say: fn(&mut Self, SessionId),
        now: Millis,
    ) {
        let own = self.room.own();
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        let is_current = session.order.id().is_some();
        let Some(half_open) = session.half_open_mut() else {
            return;
        };
        take(half_open, own);
        if is_current {
            say(self, id);
        } else {
            self.on_sessions_due(now);
        }
    }

    fn say_offer(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        let (to, member, attempt) = (
            session.peer.clone(),
            session.member,
            session.order.id().cloned(),
        );
        let Some(half_open) = session.half_open_mut() else {
            return;
        };
        let Some(data) = half_open.outgoing.description() else {
            return;
        };
        half_open.outgoing.rewind();
        let nonce = half_open.nonce();
        let offer = Message::Offer {
            from: self.config.id.clone(),
            to: Some(to),
            id: attempt,
            name: Some(self.config.name.clone()),
            protocols: Vec::new(),
            nonce,
            data,
        };
        self.say(member, &offer);
        self.say_candidates(id);
    }

    fn say_candidates_again(&mut self, id: SessionId) {
        if let Some(half_open) = self.half_open(id) {
            half_open.outgoing.rewind();
        }
        self.say_candidates(id);
    }

    fn say_candidates(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        let Some(attempt) = session.order.id().cloned() else {
            return;
        };
        let (to, member) = (session.peer.clone(), session.member);
        let due = session
            .half_open_mut()
            .map(|half_open| half_open.outgoing.trickle());
        for data in due.into_iter().flatten() {
            let (from, to, id) = (self.config.id.clone(), to.clone(), attempt.clone());
            self.say(member, &Message::Candidate { from, to, id, data });
        }
    }

    pub(super) fn say_answer_of_2016(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        let (to, member) = (session.peer.clone(), session.member);
        let data = session
            .half_open()
            .and_then(|half_open| half_open.outgoing.complete());
        if let Some(data) = data {
            self.say(
                member,
                &Message::Answer {
                    from: None,
                    to,
                    id: None,
                    nonce: None,
                    data,
                },
            );
        }
    }

    fn on_channel_opened(&mut self, id: SessionId, protocol: String, now: Millis) {
        let half_open = self.half_open(id);
        if half_open.is_none_or(|half_open| half_open.is_heard()) {
            return;
        }
        if self.begin_waiting(id, &protocol, now) {
            return;
        }
        if !self.begin_proving(id, &protocol, now) {
            self.on_connected(id, protocol, now);
        }
    }

    /// There is nothing more to find out: calls may come.
    pub(super) fn on_connected(&mut self, id: SessionId, protocol: String, now: Millis) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        session.state = State::Connected {
            protocol: protocol.clone(),
        };
        if let Order::Of2016 { offer } = &mut session.order {
            // A connected session keeps no descriptions: there may be 500.
            offer.sdp = String::new();
        }
        let (peer, way) = (session.peer.clone(), session.way());
        self.keep_rights(id);
        // Who moves from the broadcaster to a channel leaves when its last call has been answered.
        let moves = |known: &Session| way == Way::Direct && known.way() == Way::Relayed;
        let is_replaced = |known: &Session| known.peer == peer && !moves(known);
        let sessions = self.sessions.iter();
        let others = sessions.filter(|(other, known)| **other != id && is_replaced(known));
        let others: Vec<SessionId> = others.map(|(other, _)| *other).collect();
        for other in others {
            self.close(other, Failed::Superseded, Left::Replaced);
        }
        self.push_connected(id, protocol);
        self.admit_waiting(now);
    }

    fn on_refused(&mut self, id: SessionId, detail: String) {
        if let Some(session) = self.sessions.get(&id) {
            let (member, peer) = (session.member, session.peer.clone());
            let attempt = session.order.id().cloned();
            self.say_refused(member, &peer, attempt, Reason::Full);
        }
        self.close(id, Failed::Refused(detail.clone()), Left::Lost(detail));
    }
}

/// How often a session says something again on the slave's demand.
const REPEATS: u8 = 8;
