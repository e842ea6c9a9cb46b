//! The slave's inputs: the room, the connection, the clock, the person. What becomes of them is in
//! `trial`, `asking` and `connecting`.

use super::asking::{Asking, Choosing};
use super::connecting::Connecting;
use super::failure::Tally;
use super::output::{Event, Listed, Output, Stats};
use super::relaying::{Relayed, Relaying};
use super::trial::{Occasion, Trial};
use super::visiting::{Door, Standing, Ticket};
use crate::hub::MemberId;
use crate::signalling::backoff::Backoff;
use crate::signalling::message::{Message, Name, PeerId};
use crate::signalling::room::{Framing, Heard, Room};
use crate::signalling::rtc::{self, SessionId};
use crate::time::Millis;
use ipnet::IpNet;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What a slave is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Its id, a new random one for each page.
    pub id: PeerId,
    /// Protocols it speaks over the channel, best first.
    pub protocols: Vec<String>,
    /// The master it wants; `None` takes the only one, or asks the person.
    pub master: Option<PeerId>,
    /// Prefixes on the link besides private ones, from which candidates are accepted.
    pub on_link: Vec<IpNet>,
    /// From a person's wish to connect to the failure that tells what was tried.
    pub deadline: Millis,
    /// Decides the jitter of pauses. Nothing secret.
    pub seed: u64,
}

impl Config {
    /// A slave that takes any master, within 15 s.
    pub fn new(id: PeerId) -> Self {
        Self {
            id,
            protocols: Vec::new(),
            master: None,
            on_link: Vec::new(),
            deadline: DEADLINE,
            seed: 0,
        }
    }
}

/// The slave's side of signalling; [`super`] draws its states.
#[derive(Debug)]
pub struct Slave {
    pub(super) config: Config,
    /// What it came with.
    pub(super) standing: Standing,
    pub(super) room: Room,
    pub(super) phase: Phase,
    /// The session through the broadcaster. While there is one, the phases are those of the search for a
    /// path, of which nobody is told.
    pub(super) relay: Option<Box<Relayed>>,
    pub(super) trial: Trial,
    pub(super) backoff: Backoff,
    /// The number of the current attempt, by which late messages are known.
    pub(super) attempt: u64,
    pub(super) last_session: SessionId,
    /// The master it wants and takes without asking the person.
    pub(super) wanted: Option<PeerId>,
    /// The masters that answered since the room was entered.
    pub(super) masters: BTreeMap<PeerId, (Name, Option<MemberId>)>,
    /// Announcements that this attempt followed, so that a flood of them ends.
    pub(super) announced: usize,
    /// When the room was last heard. One that is silent for long may be a dead WebSocket.
    pub(super) heard: Millis,
    /// Members that asked for a master themselves, and so are none.
    pub(super) askers: BTreeSet<MemberId>,
    outputs: VecDeque<Output>,
    pub(super) stats: Stats,
}

/// Where the slave is.
#[derive(Debug)]
pub(super) enum Phase {
    /// Not started, stopped, or failed for good.
    Idle,
    /// Between two tries. The room may be open.
    Pausing {
        /// When the next one begins.
        until: Millis,
    },
    /// On the way into the room.
    Reaching {
        /// When this try is given up.
        until: Millis,
    },
    /// In the room, waiting for an offer.
    Asking(Box<Asking>),
    /// In the room, waiting for the person.
    Choosing(Choosing),
    /// With an offer, waiting for the channel.
    Connecting(Box<Connecting>),
    /// In the room, without a path, waiting for the master to agree to speak through it.
    Relaying(Box<Relaying>),
    /// The channel is open, the room is left unless it still relays.
    Connected {
        /// The session.
        session: SessionId,
        /// The master; `None` for one of 2016.
        master: Option<PeerId>,
        /// Since when.
        since: Millis,
    },
}

impl Slave {
    /// A slave that takes whoever answers, and turns away where it needs an invitation. It does nothing yet.
    pub fn new(config: Config) -> Self {
        Self::make(config, Standing::Stranger)
    }

    /// A slave that takes whoever answers, and where it needs an invitation asks a person to let it in. It
    /// does nothing yet.
    pub fn visiting(config: Config, door: Door) -> Self {
        Self::make(config, Standing::Visitor(door))
    }

    /// A slave that was invited: it takes nobody but the master of that invitation, and never speaks the
    /// order of 2016, which cannot prove who answers. It does nothing yet.
    pub fn invited(config: Config, ticket: Ticket) -> Self {
        Self::make(config, Standing::Guest(ticket))
    }

    fn make(config: Config, standing: Standing) -> Self {
        Self {
            standing,
            room: Room::Outside,
            phase: Phase::Idle,
            relay: None,
            trial: Trial {
                occasion: Occasion::First,
                deadline: None,
                tally: Tally::default(),
            },
            backoff: Backoff::new(config.seed),
            attempt: 0,
            last_session: SessionId(0),
            wanted: config.master.clone(),
            masters: BTreeMap::new(),
            announced: 0,
            heard: Millis(0),
            askers: BTreeSet::new(),
            outputs: VecDeque::new(),
            stats: Stats::default(),
            config,
        }
    }

    /// Connects, and from the first connection on comes back whenever it is lost.
    pub fn handle_start(&mut self, now: Millis) {
        if matches!(self.phase, Phase::Idle) {
            self.backoff.reset();
            self.begin_trial(Occasion::First, now);
            self.resume(now);
        }
    }

    /// Ends everything.
    pub fn handle_stop(&mut self) {
        self.relay = None;
        self.abandon();
        self.leave_room();
        self.phase = Phase::Idle;
    }

    /// Tries at once: the network is back, the device woke up, or the person says so.
    pub fn handle_retry(&mut self, now: Millis) {
        if matches!(self.phase, Phase::Pausing { .. }) {
            self.backoff.reset();
            self.resume(now);
        }
    }

    /// The person chose this master, now or for the next start. A connection to another one ends.
    pub fn handle_choice(&mut self, master: PeerId, now: Millis) {
        let is_there = match &self.phase {
            Phase::Connected {
                master: current, ..
            } => *current == Some(master.clone()),
            Phase::Connecting(connecting) => connecting.is_with(&master),
            Phase::Idle
            | Phase::Pausing { .. }
            | Phase::Reaching { .. }
            | Phase::Asking(_)
            | Phase::Choosing(_)
            | Phase::Relaying(_) => false,
        };
        let is_there = is_there || self.is_relayed_to(&master);
        self.wanted = Some(master);
        if is_there || matches!(self.phase, Phase::Idle | Phase::Reaching { .. }) {
            return;
        }
        if let Phase::Connected { session, .. } = self.phase {
            let detail = OTHER_CHOSEN.to_owned();
            self.push_event(Event::Lost { session, detail });
        }
        self.leave_relay(OTHER_CHOSEN);
        self.abandon();
        self.begin_trial(self.trial.occasion, now);
        self.resume(now);
    }

    /// The WebSocket that [`Output::Connect`] asked for is open.
    pub fn handle_opened(&mut self, framing: Framing, now: Millis) {
        let heard = self.room.handle_opened(framing);
        self.on_heard(heard, now);
    }

    /// The WebSocket is closed, or could not be opened.
    pub fn handle_closed(&mut self, code: u16, reason: &str, now: Millis) {
        let is_final = is_final(code) || code == NOT_LET_IN && self.is_visiting();
        self.room = Room::Outside;
        self.askers.clear();
        if code > CLOSED_BY_APPLICATION {
            let reason = reason.chars().filter(|c| !c.is_control()).collect();
            self.trial.tally.closed = Some((code, reason));
        }
        if self.relay.is_some() {
            return self.lose_relay("the broadcaster is gone", now);
        }
        match &self.phase {
            Phase::Idle | Phase::Connected { .. } | Phase::Pausing { .. } => {}
            Phase::Connecting(connecting) if !connecting.needs_room() => {}
            Phase::Reaching { .. }
            | Phase::Asking(_)
            | Phase::Choosing(_)
            | Phase::Connecting(_)
            | Phase::Relaying(_)
                if is_final =>
            {
                self.fail()
            }
            Phase::Reaching { .. }
            | Phase::Asking(_)
            | Phase::Choosing(_)
            | Phase::Connecting(_)
            | Phase::Relaying(_) => self.pause(now),
        }
    }

    /// A text message of the WebSocket.
    pub fn handle_text(&mut self, text: &str, now: Millis) {
        let heard = self.room.handle_text(text);
        self.on_heard(heard, now);
    }

    /// Something happened to a connection. Events of sessions that are closed are ignored.
    pub fn handle_rtc(&mut self, session: SessionId, event: rtc::Event, now: Millis) {
        match &self.phase {
            Phase::Connected {
                session: current, ..
            } if *current == session => {
                self.on_connected_rtc(event, now);
            }
            Phase::Connecting(connecting) if connecting.session == session => {
                self.on_connecting_rtc(event, now);
            }
            Phase::Asking(asking) if asking.offering() == Some(session) => {
                self.on_offering_rtc(event, now);
            }
            Phase::Asking(asking) if asking.visiting() == Some(session) => {
                self.on_visiting_rtc(event, now);
            }
            Phase::Idle
            | Phase::Pausing { .. }
            | Phase::Reaching { .. }
            | Phase::Asking(_)
            | Phase::Choosing(_)
            | Phase::Connecting(_)
            | Phase::Relaying(_)
            | Phase::Connected { .. } => {}
        }
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Millis) {
        if self.trial.deadline.is_some_and(|deadline| deadline <= now) {
            return self.on_deadline(now);
        }
        self.on_relay_due(now);
        match &self.phase {
            Phase::Pausing { until } if *until <= now => self.resume(now),
            Phase::Reaching { until } if *until <= now => {
                self.leave_room();
                self.pause(now);
            }
            Phase::Asking(_) => self.on_asking_due(now),
            Phase::Connecting(_) => self.on_connecting_due(now),
            Phase::Relaying(relaying) if relaying.until <= now => self.pause(now),
            Phase::Idle
            | Phase::Pausing { .. }
            | Phase::Reaching { .. }
            | Phase::Choosing(_)
            | Phase::Relaying(_)
            | Phase::Connected { .. } => {}
        }
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Output {
        self.outputs
            .pop_front()
            .unwrap_or_else(|| Output::Wait(self.next_timeout()))
    }

    /// The masters that answered.
    pub fn masters(&self) -> Vec<Listed> {
        let list = self.masters.iter();
        list.map(|(id, (name, _))| Listed {
            id: id.clone(),
            name: name.clone(),
        })
        .collect()
    }

    /// What it has not taken.
    pub fn stats(&self) -> Stats {
        self.stats
    }

    pub(super) fn push(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    /// Tells the page. While records can be used through the broadcaster, the search for a path is not
    /// its affair.
    pub(super) fn push_event(&mut self, event: Event) {
        let is_search = matches!(event, Event::Step(_) | Event::Pausing { .. });
        if !is_search || self.relay.is_none() {
            self.push(Output::Event(event));
        }
    }

    /// Says something to a member, or to all. Outside of the room it is lost, and said again later.
    pub(super) fn say(&mut self, to: Option<MemberId>, message: &Message) {
        if self.room.is_inside() {
            let text = self.room.address_to(to, message.to_text());
            self.push(Output::Send(text));
        }
    }

    fn on_heard(&mut self, heard: Heard, now: Millis) {
        self.heard = now;
        match heard {
            Heard::Entered => {
                self.trial.tally.entered += 1;
                self.trial.tally.closed = None;
                if matches!(self.phase, Phase::Reaching { .. }) {
                    self.ask(now);
                }
            }
            Heard::Said { member, text } => match Message::parse(&text) {
                Ok(message) => self.on_message(member, message, now),
                Err(_) => self.stats.unreadable += 1,
            },
            Heard::Sealed { member, message } => self.on_sealed(member, &message, now),
            Heard::Left(member) => self.on_member_left(member, now),
            Heard::Challenged(nonce) => self.on_challenged(nonce),
            Heard::Nothing => {}
        }
    }

    fn on_member_left(&mut self, member: MemberId, now: Millis) {
        self.askers.remove(&member);
        let before = self.masters.len();
        self.masters
            .retain(|_, (_, master)| *master != Some(member));
        if self.masters.len() != before {
            let masters = self.masters();
            self.push_event(Event::Masters(masters));
        }
        if self.is_relayed_by(member) {
            return self.lose_relay("the master left the broadcaster", now);
        }
        match &mut self.phase {
            Phase::Connecting(connecting) => connecting.on_member_left(member, now),
            Phase::Relaying(relaying) if relaying.member == member => self.pause(now),
            Phase::Asking(_) => self.decide(now),
            Phase::Choosing(_) if self.masters.is_empty() => {
                self.begin_trial(self.trial.occasion, now);
                self.ask(now);
            }
            Phase::Idle
            | Phase::Pausing { .. }
            | Phase::Reaching { .. }
            | Phase::Choosing(_)
            | Phase::Relaying(_)
            | Phase::Connected { .. } => {}
        }
    }

    fn next_timeout(&self) -> Option<Millis> {
        let phase = match &self.phase {
            Phase::Pausing { until } | Phase::Reaching { until } => Some(*until),
            Phase::Asking(asking) => Some(asking.due()),
            Phase::Connecting(connecting) => Some(connecting.due()),
            Phase::Relaying(relaying) => Some(relaying.until),
            Phase::Idle | Phase::Choosing(_) | Phase::Connected { .. } => None,
        };
        let relay = self.relay.as_ref().map(|relay| relay.due());
        phase
            .into_iter()
            .chain(self.trial.deadline)
            .chain(relay)
            .min()
    }
}

/// Whether it makes no sense to come back after this close code: the invitation is not known, or the
/// person refused.
fn is_final(code: u16) -> bool {
    matches!(code, 4401 | 4403)
}

/// Why a connection ends that the person wanted to another master.
const OTHER_CHOSEN: &str = "another master was chosen";
/// The close code for a stay in the lobby that ended without a person's word.
const NOT_LET_IN: u16 = 4408;

/// Close codes above this one carry a reason of the broadcaster's (RFC 6455 §7.4.1: 1006 is none,
/// 1013 asks to try again later).
const CLOSED_BY_APPLICATION: u16 = 1006;
/// From a person's wish to connect to the failure.
const DEADLINE: Millis = Millis::from_secs(15);
