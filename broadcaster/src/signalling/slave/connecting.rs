//! The slave with an offer: answers it, and exchanges candidates until the channel opens or the time
//! is up.

use super::asking::Offer;
use super::failure::Tally;
use super::machine::{Phase, Slave};
use super::output::{Event, Output, Step};
use super::proving::{Certificates, Proving};
use super::visiting::{Revealed, Waiting};
use crate::hub::MemberId;
use crate::signalling::description::Description;
use crate::signalling::exchange::{Incoming, Outgoing};
use crate::signalling::message::{AttemptId, Message, PeerId};
use crate::signalling::near::Near;
use crate::signalling::rtc::{self, Command, SessionId};
use crate::time::Millis;
use trust::fingerprint::Fingerprint;

/// One attempt, from the offer that is taken to the channel.
#[derive(Debug)]
pub(super) struct Connecting {
    pub(super) session: SessionId,
    pub(super) member: Option<MemberId>,
    outgoing: Outgoing,
    incoming: Incoming,
    pub(super) until: Millis,
    pub(super) progress: Progress,
    pub(super) certificates: Certificates,
    /// In the lobby: what both sides show.
    pub(super) revealed: Option<Revealed>,
}

/// Who offered, and how far it is.
#[derive(Debug)]
pub(super) enum Progress {
    /// A master did; our answer is being made.
    Answering {
        /// That master.
        master: PeerId,
    },
    /// A master did; our answer is in the room, and repeated in case it got lost.
    Answered {
        /// That master.
        master: PeerId,
        /// When it is repeated.
        again: Millis,
        /// The time to the next repetition.
        gap: Millis,
    },
    /// The channel is open, and a person at the master is asked.
    Waiting(Box<Waiting>),
    /// The channel is open, and the master is to prove that it is the one that invites.
    Proving(Box<Proving>),
    /// We did, in the order of 2016, and a master answered.
    Of2016,
}

impl Connecting {
    pub(super) fn of_2016(
        session: SessionId,
        member: Option<MemberId>,
        outgoing: Outgoing,
        now: Millis,
    ) -> Self {
        let until = now + ATTEMPT;
        let incoming = Incoming::default();
        Self {
            session,
            member,
            outgoing,
            incoming,
            until,
            progress: Progress::Of2016,
            certificates: Certificates::default(),
            revealed: None,
        }
    }

    pub(super) fn master(&self) -> Option<&PeerId> {
        match &self.progress {
            Progress::Answering { master } | Progress::Answered { master, .. } => Some(master),
            Progress::Waiting(waiting) => Some(&waiting.master),
            Progress::Proving(proving) => Some(&proving.master),
            Progress::Of2016 => None,
        }
    }

    pub(super) fn is_with(&self, master: &PeerId) -> bool {
        self.master() == Some(master)
    }

    /// Whether a message of this master and member belongs to this attempt.
    pub(super) fn is_of(&self, master: &PeerId, member: Option<MemberId>) -> bool {
        self.is_with(master) && self.member == member
    }

    /// Whether the room still has something to tell: the master lacks our answer, or a person's word is
    /// waited for in the lobby.
    pub(super) fn needs_room(&self) -> bool {
        match self.progress {
            Progress::Answering { .. } | Progress::Waiting(_) => true,
            Progress::Answered { .. } => self.revealed.is_some(),
            Progress::Proving(_) | Progress::Of2016 => false,
        }
    }

    /// The master left the room. If it is really gone there is little to wait for.
    pub(super) fn on_member_left(&mut self, member: MemberId, now: Millis) {
        if self.member == Some(member) {
            self.until = self.until.min(now + DESERTED);
        }
    }

    pub(super) fn due(&self) -> Millis {
        match self.progress {
            Progress::Answered { again, .. } => again.min(self.until),
            Progress::Answering { .. }
            | Progress::Waiting(_)
            | Progress::Proving(_)
            | Progress::Of2016 => self.until,
        }
    }

    /// Puts down what is worth telling of an attempt that failed.
    pub(super) fn note(&self, tally: &mut Tally) {
        tally.local = self.outgoing.seen().clone();
        tally.remote = self.incoming.seen().clone();
    }
}

impl Slave {
    pub(super) fn connect(&mut self, offer: Offer, session: SessionId, now: Millis) {
        self.begin_connecting();
        self.phase = Phase::Connecting(Box::new(Connecting {
            session,
            member: offer.member,
            outgoing: Outgoing::default(),
            incoming: Incoming::default(),
            until: now + ATTEMPT,
            progress: Progress::Answering {
                master: offer.master,
            },
            certificates: Certificates::default(),
            revealed: None,
        }));
        if let Some(offer) = self.admit_description(&offer.description) {
            self.push(Output::Rtc(Command::Answer { session, offer }));
        }
        for data in &offer.candidates {
            self.admit_candidate(data);
        }
    }

    /// The answer of a master of 2016 to our offer.
    pub(super) fn accept_of_2016(&mut self, answer: &Description) {
        self.begin_connecting();
        let Phase::Connecting(connecting) = &self.phase else {
            return;
        };
        let session = connecting.session;
        if let Some(answer) = self.admit_description(answer) {
            self.push(Output::Rtc(Command::Accept { session, answer }));
        }
    }

    fn begin_connecting(&mut self) {
        self.trial.tally.connections += 1;
        self.trial.tally.declined = None;
        self.trial.tally.refused = None;
        self.push_event(Event::Step(Step::Connecting));
    }

    fn admit_description(&mut self, description: &Description) -> Option<Description> {
        let Phase::Connecting(connecting) = &mut self.phase else {
            return None;
        };
        let members = [self.room.own(), self.room.address(connecting.member)];
        let near = Near {
            prefixes: &self.config.on_link,
            members,
        };
        let admitted = connecting.incoming.admit_description(description, &near);
        connecting.certificates.theirs = Fingerprint::from_sdp(&admitted.sdp).ok();
        Some(admitted)
    }

    fn admit_candidate(&mut self, data: &str) {
        let Phase::Connecting(connecting) = &mut self.phase else {
            return;
        };
        let members = [self.room.own(), self.room.address(connecting.member)];
        let near = Near {
            prefixes: &self.config.on_link,
            members,
        };
        connecting.incoming.admit(data, &near);
        let (session, ready) = (connecting.session, connecting.incoming.ready());
        for candidate in ready {
            self.push(Output::Rtc(Command::Add { session, candidate }));
        }
    }

    pub(super) fn on_connecting_candidate(
        &mut self,
        member: Option<MemberId>,
        from: &PeerId,
        data: &str,
    ) {
        match &self.phase {
            Phase::Connecting(connecting) if connecting.is_of(from, member) => {
                self.admit_candidate(data);
            }
            Phase::Connecting(_)
            | Phase::Idle
            | Phase::Pausing { .. }
            | Phase::Reaching { .. }
            | Phase::Asking(_)
            | Phase::Choosing(_)
            | Phase::Relaying(_)
            | Phase::Connected { .. } => self.stats.stray += 1,
        }
    }

    pub(super) fn on_connecting_rtc(&mut self, event: rtc::Event, now: Millis) {
        let own = self.room.own();
        let Phase::Connecting(connecting) = &mut self.phase else {
            return;
        };
        match event {
            rtc::Event::Described(description) => {
                connecting.certificates.own = Fingerprint::from_sdp(&description.sdp).ok();
                connecting.outgoing.handle_described(&description, own, now);
                self.on_answer_made(now);
            }
            rtc::Event::Candidate(candidate) => {
                connecting.outgoing.handle_candidate(candidate, own, now);
                self.say_candidates();
            }
            rtc::Event::Opened { protocol } if self.standing.ticket().is_some() => {
                self.begin_proving(protocol, now);
            }
            rtc::Event::Opened { protocol } if connecting.revealed.is_some() => {
                self.begin_waiting(protocol, now);
            }
            rtc::Event::Opened { protocol } => {
                let (session, master) = (connecting.session, connecting.master().cloned());
                self.on_channel_opened(session, master, protocol, now);
            }
            rtc::Event::Frame(message) if connecting.is_waiting() => {
                self.on_waiting_frame(&message, now);
            }
            rtc::Event::Frame(message) => self.on_proving_frame(&message, now),
            // A refusal is on its way through the room.
            rtc::Event::Lost { .. } if connecting.is_waiting() => {
                connecting.until = connecting.until.min(now + DESERTED);
            }
            rtc::Event::Lost { .. } if connecting.is_proving() => self.doubt(now),
            rtc::Event::Lost { .. } => self.relay_or_pause(now),
            rtc::Event::Refused { detail } => {
                self.trial.tally.refused = Some(detail);
                self.pause(now);
            }
            rtc::Event::Certified(_) => {}
        }
    }

    fn on_answer_made(&mut self, now: Millis) {
        let Phase::Connecting(connecting) = &mut self.phase else {
            return;
        };
        let Progress::Answering { master } = &connecting.progress else {
            return;
        };
        let (again, gap) = (now + ANSWER_AGAIN, ANSWER_AGAIN);
        connecting.progress = Progress::Answered {
            master: master.clone(),
            again,
            gap,
        };
        self.say_answer();
    }

    fn say_answer(&mut self) {
        let Phase::Connecting(connecting) = &mut self.phase else {
            return;
        };
        let (Some(to), Some(data)) = (
            connecting.master().cloned(),
            connecting.outgoing.description(),
        ) else {
            return;
        };
        connecting.outgoing.rewind();
        let (member, nonce) = (connecting.member, connecting.revealed.as_ref());
        let (from, id) = (
            Some(self.config.id.clone()),
            Some(AttemptId::Number(self.attempt)),
        );
        let nonce = nonce.map(|revealed| revealed.nonce);
        let answer = Message::Answer {
            from,
            to,
            id,
            nonce,
            data,
        };
        self.say(member, &answer);
        self.say_candidates();
    }

    fn say_candidates(&mut self) {
        let Phase::Connecting(connecting) = &mut self.phase else {
            return;
        };
        let Some(master) = connecting.master().cloned() else {
            return;
        };
        let (member, due) = (connecting.member, connecting.outgoing.trickle());
        for data in due {
            let (from, to) = (self.config.id.clone(), master.clone());
            let id = AttemptId::Number(self.attempt);
            self.say(member, &Message::Candidate { from, to, id, data });
        }
    }

    pub(super) fn on_connecting_due(&mut self, now: Millis) {
        let Phase::Connecting(connecting) = &mut self.phase else {
            return;
        };
        if connecting.until <= now {
            return if connecting.is_proving() {
                self.doubt(now)
            } else {
                self.relay_or_pause(now)
            };
        }
        match &mut connecting.progress {
            Progress::Answered { again, gap, .. } if *again <= now => {
                *gap = *gap + *gap;
                *again = now + *gap;
                self.say_answer();
            }
            Progress::Answering { .. }
            | Progress::Answered { .. }
            | Progress::Waiting(_)
            | Progress::Proving(_)
            | Progress::Of2016 => {}
        }
    }
}

/// From an offer to the channel. On a LAN it takes milliseconds; a new attempt may do better.
const ATTEMPT: Millis = Millis::from_secs(7);
/// From our answer to its first repetition; then twice as long each time.
const ANSWER_AGAIN: Millis = Millis(500);
/// What an attempt has to come to its channel when its master left the room.
const DESERTED: Millis = Millis::from_secs(1);
