//! Trials: from a wish to connect to the channel or the deadline, with as many tries and pauses as fit.
//! What happens on the way is in `asking` and `connecting`.

use super::failure::{Failure, Tally};
use super::machine::{Phase, Slave};
use super::output::{Event, Listed, Output, Step};
use crate::signalling::message::PeerId;
use crate::signalling::relay::Way;
use crate::signalling::room::Room;
use crate::signalling::rtc::{self, Command, SessionId};
use crate::time::Millis;

/// Everything from a wish to connect to the channel or the deadline.
#[derive(Debug)]
pub(super) struct Trial {
    pub(super) occasion: Occasion,
    /// When it fails; `None` while a person chooses, and between trials.
    pub(super) deadline: Option<Millis>,
    pub(super) tally: Tally,
}

/// Why a trial began, which decides how it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Occasion {
    /// A person pressed Connect: at the deadline they are told, and it is over.
    First,
    /// The connection was lost: at the deadline a pause begins, and the next trial.
    Again,
}

impl Slave {
    pub(super) fn on_connected_rtc(&mut self, event: rtc::Event, now: Millis) {
        let Phase::Connected { session, since, .. } = self.phase else {
            return;
        };
        match event {
            rtc::Event::Lost { detail } if self.relay.is_some() => {
                self.push_event(Event::Lost { session, detail });
                self.pause(now);
            }
            rtc::Event::Lost { detail } => {
                self.push_event(Event::Lost {
                    session,
                    detail: detail.clone(),
                });
                self.come_back(detail, since, now);
            }
            rtc::Event::Certified(_)
            | rtc::Event::Described(_)
            | rtc::Event::Candidate(_)
            | rtc::Event::Opened { .. }
            | rtc::Event::Frame(_)
            | rtc::Event::Refused { .. } => {}
        }
    }

    /// The only connection that there was since then has ended: it is made again.
    pub(super) fn come_back(&mut self, lost: String, since: Millis, now: Millis) {
        if now - since >= STEADY {
            self.backoff.reset();
        }
        let tally = Tally {
            lost: Some(lost),
            ..Tally::default()
        };
        self.trial = Trial {
            occasion: Occasion::Again,
            deadline: None,
            tally,
        };
        self.pause(now);
    }

    /// The channel is open: the room has served its purpose, unless it still relays.
    pub(super) fn on_channel_opened(
        &mut self,
        session: SessionId,
        master: Option<PeerId>,
        protocol: String,
        now: Millis,
    ) {
        if self.relay.is_none() {
            self.leave_room();
        }
        self.end_trial();
        if master.is_some() {
            self.wanted.clone_from(&master);
        }
        let listed = master.as_ref().map(|id| self.to_listed(id));
        self.phase = Phase::Connected {
            session,
            master,
            since: now,
        };
        self.push_event(Event::Connected {
            session,
            master: listed,
            protocol,
            // With an invitation there is no other way here than the master's proof.
            is_verified: self.standing.ticket().is_some(),
            way: Way::Direct,
        });
    }

    pub(super) fn to_listed(&self, master: &PeerId) -> Listed {
        let known = self.masters.get(master);
        Listed {
            id: master.clone(),
            name: known.map(|(name, _)| name.clone()).unwrap_or_default(),
        }
    }

    /// It has worked out.
    pub(super) fn end_trial(&mut self) {
        self.trial.deadline = None;
        self.trial.occasion = Occasion::Again;
    }

    pub(super) fn begin_trial(&mut self, occasion: Occasion, now: Millis) {
        let deadline = Some(now + self.config.deadline);
        self.trial = Trial {
            occasion,
            deadline,
            tally: Tally::default(),
        };
    }

    /// Goes on after a pause, in the room if it is still there.
    pub(super) fn resume(&mut self, now: Millis) {
        if self.trial.deadline.is_none() {
            self.begin_trial(self.trial.occasion, now);
        }
        let is_there = self.relay.is_some() || now - self.heard < SILENT;
        if self.room.is_inside() && is_there {
            return self.ask(now);
        }
        self.leave_room();
        self.masters.clear();
        self.room = Room::Entering;
        self.trial.tally.reached += 1;
        self.phase = Phase::Reaching {
            until: now + REACHING,
        };
        self.push_event(Event::Step(Step::Reaching));
        self.push(Output::Connect);
    }

    /// Waits before the next try, within this trial or before the next one.
    pub(super) fn pause(&mut self, now: Millis) {
        let was_let_in = self.was_let_in();
        self.abandon();
        if was_let_in {
            self.leave_room();
        }
        let pause = self.backoff.pause();
        let until = now
            + match self.relay {
                Some(_) => pause.max(RELAYED_PAUSE),
                None => pause,
            };
        self.phase = Phase::Pausing { until };
        let failure = self.to_failure();
        self.push_event(Event::Pausing { until, failure });
    }

    pub(super) fn on_deadline(&mut self, now: Millis) {
        match self.trial.occasion {
            Occasion::First => self.fail(),
            Occasion::Again => {
                self.trial.deadline = None;
                if !matches!(self.phase, Phase::Pausing { .. }) {
                    self.pause(now);
                }
            }
        }
    }

    /// Ends it for good, until the next start.
    pub(super) fn fail(&mut self) {
        self.abandon();
        let failure = self.to_failure();
        self.leave_room();
        self.trial.deadline = None;
        self.phase = Phase::Idle;
        self.push_event(Event::Failed(failure));
    }

    /// Closes the session there may be, and keeps what is worth telling of it.
    pub(super) fn abandon(&mut self) {
        let session = match &self.phase {
            Phase::Asking(asking) => asking.offering().or(asking.visiting()),
            Phase::Connecting(connecting) => {
                connecting.note(&mut self.trial.tally);
                Some(connecting.session)
            }
            Phase::Connected { session, .. } => Some(*session),
            Phase::Idle
            | Phase::Pausing { .. }
            | Phase::Reaching { .. }
            | Phase::Choosing(_)
            | Phase::Relaying(_) => None,
        };
        self.phase = Phase::Idle;
        if let Some(session) = session {
            self.push(Output::Rtc(Command::Close { session }));
        }
    }

    fn to_failure(&self) -> Failure {
        let names = self
            .masters
            .values()
            .map(|(name, _)| name.clone())
            .collect();
        let is_invited = self.standing.ticket().is_some();
        self.trial
            .tally
            .to_failure(names, self.room.own(), is_invited)
    }

    pub(super) fn leave_room(&mut self) {
        match self.room {
            Room::Outside => {}
            Room::Entering | Room::Challenged | Room::Plain | Room::Welcomed { .. } => {
                self.push(Output::Disconnect);
            }
        }
        self.room = Room::Outside;
        self.askers.clear();
    }
}

/// From opening a WebSocket to being inside. Then the next try begins.
const REACHING: Millis = Millis::from_secs(5);
/// Silence of the room after which it is entered anew when the next try begins.
const SILENT: Millis = Millis::from_secs(20);
/// Before a path is looked for while records can be used through the broadcaster: the shortest pause.
const RELAYED_PAUSE: Millis = Millis::from_secs(8);
/// A connection that held this long was a good one: the next pause is the shortest again.
const STEADY: Millis = Millis::from_secs(10);
