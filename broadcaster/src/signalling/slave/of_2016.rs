//! The order of 2016: nobody answered a request, so the slave offers, with a complete description.

use super::connecting::Connecting;
use super::machine::{Phase, Slave};
use super::output::Output;
use crate::hub::MemberId;
use crate::signalling::description::{Description, Kind};
use crate::signalling::exchange::Outgoing;
use crate::signalling::message::{AttemptId, Message};
use crate::signalling::rtc::{self, Command, SessionId};
use crate::time::Millis;

/// How far the order of 2016 is.
#[derive(Debug)]
pub(super) enum Of2016 {
    /// It is not spoken in this attempt.
    Never,
    /// It is, if nobody answers until then.
    After(Millis),
    /// Our description is being made.
    Gathering {
        session: SessionId,
        outgoing: Outgoing,
    },
    /// Our offer is in the room.
    Offered {
        session: SessionId,
        outgoing: Outgoing,
    },
}

impl Of2016 {
    /// It is spoken after a silence that begins now.
    pub(super) fn later(now: Millis) -> Self {
        Self::After(now + SILENCE)
    }

    /// The session of our own offer.
    pub(super) fn session(&self) -> Option<SessionId> {
        match self {
            Self::Gathering { session, .. } | Self::Offered { session, .. } => Some(*session),
            Self::Never | Self::After(_) => None,
        }
    }

    pub(super) fn due(&self) -> Option<Millis> {
        match self {
            Self::After(at) => Some(*at),
            Self::Gathering { outgoing, .. } => outgoing.complete_at(),
            Self::Never | Self::Offered { .. } => None,
        }
    }
}

impl Slave {
    pub(super) fn begin_of_2016(&mut self) {
        let Phase::Asking(asking) = &mut self.phase else {
            return;
        };
        if !asking.offers.is_empty() {
            asking.of_2016 = Of2016::Never;
            return;
        }
        self.last_session = SessionId(self.last_session.0 + 1);
        let session = self.last_session;
        asking.of_2016 = Of2016::Gathering {
            session,
            outgoing: Outgoing::default(),
        };
        let label = self.config.id.as_str().to_owned();
        self.push(Output::Rtc(Command::Offer {
            session,
            label,
            protocol: String::new(),
        }));
    }

    pub(super) fn on_offering_rtc(&mut self, event: rtc::Event, now: Millis) {
        let own = self.room.own();
        let Phase::Asking(asking) = &mut self.phase else {
            return;
        };
        let (session, outgoing) = match &mut asking.of_2016 {
            Of2016::Gathering { session, outgoing } | Of2016::Offered { session, outgoing } => {
                (*session, outgoing)
            }
            Of2016::Never | Of2016::After(_) => return,
        };
        match event {
            rtc::Event::Described(description) => {
                outgoing.handle_described(&description, own, now);
                self.on_asking_due(now);
            }
            rtc::Event::Candidate(candidate) => {
                outgoing.handle_candidate(candidate, own, now);
                self.on_asking_due(now);
            }
            rtc::Event::Lost { .. } | rtc::Event::Refused { .. } => {
                asking.of_2016 = Of2016::Never;
                self.push(Output::Rtc(Command::Close { session }));
            }
            rtc::Event::Certified(_) | rtc::Event::Opened { .. } | rtc::Event::Frame(_) => {}
        }
    }

    pub(super) fn end_gathering(&mut self) {
        let Phase::Asking(asking) = &mut self.phase else {
            return;
        };
        let of_2016 = std::mem::replace(&mut asking.of_2016, Of2016::Never);
        asking.of_2016 = match of_2016 {
            Of2016::Gathering { session, outgoing } => Of2016::Offered { session, outgoing },
            Of2016::Never | Of2016::After(_) | Of2016::Offered { .. } => of_2016,
        };
        self.say_offer_of_2016();
    }

    pub(super) fn say_offer_of_2016(&mut self) {
        let Phase::Asking(asking) = &self.phase else {
            return;
        };
        let Of2016::Offered { outgoing, .. } = &asking.of_2016 else {
            return;
        };
        let Some(data) = outgoing.complete() else {
            return;
        };
        self.trial.tally.asked += 1;
        let offer = Message::Offer {
            from: self.config.id.clone(),
            to: None,
            id: Some(AttemptId::Number(self.attempt)),
            name: None,
            protocols: self.config.protocols.clone(),
            nonce: None,
            data,
        };
        self.say(None, &offer);
    }

    pub(super) fn on_answer_of_2016(&mut self, member: Option<MemberId>, data: &str, now: Millis) {
        let Phase::Asking(asking) = &mut self.phase else {
            self.stats.stray += 1;
            return;
        };
        if !matches!(asking.of_2016, Of2016::Offered { .. }) {
            self.stats.stray += 1;
            return;
        }
        let Ok(answer) = Description::parse(data, Kind::Answer) else {
            self.stats.descriptions += 1;
            return;
        };
        let of_2016 = std::mem::replace(&mut asking.of_2016, Of2016::Never);
        if let Of2016::Offered { session, outgoing } = of_2016 {
            self.phase = Phase::Connecting(Box::new(Connecting::of_2016(
                session, member, outgoing, now,
            )));
            self.accept_of_2016(&answer);
        }
    }
}

/// Silence after which the order of 2016 is tried.
const SILENCE: Millis = Millis(1500);
