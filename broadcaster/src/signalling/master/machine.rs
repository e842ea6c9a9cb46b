//! The master's inputs: the room, the connections, the clock, the page. Its slaves are the affair of
//! `admission` and `dialogue`.

use super::guests::Host;
use super::line::Line;
use super::output::{Event, Failed, Left, Output, Stats};
use super::session::{Peer, Phase, Session, State};
use crate::hub::MemberId;
use crate::limits::PEER_CONNECTIONS;
use crate::signalling::backoff::Backoff;
use crate::signalling::message::{Message, Name, PeerId};
use crate::signalling::relay::Way;
use crate::signalling::room::{Framing, Heard, Room};
use crate::signalling::rtc::{self, SessionId};
use crate::time::Millis;
use ipnet::IpNet;
use std::collections::{BTreeMap, VecDeque};
use trust::proof::Nonce;
use trust::rights::Rights;

/// What a master is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Its id; keep it over restarts, so that its slaves find it again.
    pub id: PeerId,
    /// Its name, by which a person tells it from other masters.
    pub name: Name,
    /// Protocols it speaks over the channel.
    pub protocols: Vec<String>,
    /// `RTCPeerConnection`s it may have, [`PEER_CONNECTIONS`] by default.
    pub connections: usize,
    /// Prefixes on the link besides private ones, from which candidates are accepted.
    pub on_link: Vec<IpNet>,
    /// What slaves may do that have proven nothing.
    pub rights: Rights,
    /// Decides the jitter of pauses. Nothing secret.
    pub seed: u64,
}

impl Config {
    /// A master with the bounds of a browser.
    pub fn new(id: PeerId, name: Name) -> Self {
        Self {
            id,
            name,
            protocols: Vec::new(),
            connections: PEER_CONNECTIONS,
            on_link: Vec::new(),
            rights: Rights::AskFirst,
            seed: 0,
        }
    }
}

/// The master's side of signalling; [`super`] draws its states.
#[derive(Debug)]
pub struct Master {
    pub(super) config: Config,
    /// What it has for those whom it invites.
    pub(super) host: Option<Host>,
    /// When the next invitation has ended.
    pub(super) expires: Option<Millis>,
    pub(super) room: Room,
    presence: Presence,
    backoff: Backoff,
    pub(super) sessions: BTreeMap<SessionId, Session>,
    pub(super) last_session: SessionId,
    pub(super) line: Line,
    outputs: VecDeque<Output>,
    pub(super) stats: Stats,
}

/// Whether the master is in the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    /// It was not started, or was stopped.
    Stopped,
    /// It tries to enter at this time.
    Pausing(Millis),
    /// It gives this try up at this time.
    Entering(Millis),
    /// It is inside.
    Inside,
}

impl Master {
    /// A master that asks nobody who they are. It does nothing yet.
    pub fn new(config: Config) -> Self {
        Self::make(config, None)
    }

    /// A master that invites. It does nothing yet.
    pub fn inviting(config: Config, host: Host) -> Self {
        Self::make(config, Some(host))
    }

    fn make(config: Config, host: Option<Host>) -> Self {
        Self {
            host,
            expires: None,
            backoff: Backoff::new(config.seed),
            config,
            room: Room::Outside,
            presence: Presence::Stopped,
            sessions: BTreeMap::new(),
            last_session: SessionId(0),
            line: Line::default(),
            outputs: VecDeque::new(),
            stats: Stats::default(),
        }
    }

    /// Enters the room, and from now on enters it again whenever it is lost.
    pub fn handle_start(&mut self, now: Millis) {
        if self.presence == Presence::Stopped {
            self.cut_off(now);
            self.enter(now);
        }
    }

    /// Leaves the room and closes every connection.
    pub fn handle_stop(&mut self) {
        self.leave_room();
        self.presence = Presence::Stopped;
        self.line.clear();
        let ids: Vec<SessionId> = self.sessions.keys().copied().collect();
        for id in ids {
            self.close(id, Failed::Dismissed, Left::Dismissed);
        }
    }

    /// Tries to enter the room at once: the network is back, or the person says so.
    pub fn handle_retry(&mut self, now: Millis) {
        if matches!(self.presence, Presence::Pausing(_)) {
            self.backoff.reset();
            self.enter(now);
        }
    }

    /// Takes a new name, and tells it.
    pub fn handle_named(&mut self, name: Name) {
        self.config.name = name;
        self.announce();
    }

    /// The WebSocket that [`Output::Connect`] asked for is open.
    pub fn handle_opened(&mut self, framing: Framing, now: Millis) {
        let heard = self.room.handle_opened(framing);
        self.on_heard(heard, now);
    }

    /// The WebSocket is closed, or could not be opened.
    pub fn handle_closed(&mut self, now: Millis) {
        match self.presence {
            Presence::Stopped | Presence::Pausing(_) => {}
            Presence::Entering(_) | Presence::Inside => self.pause(now),
        }
    }

    /// A text message of the WebSocket.
    pub fn handle_text(&mut self, text: &str, now: Millis) {
        let heard = self.room.handle_text(text);
        self.on_heard(heard, now);
    }

    /// Something happened to a connection. Events of sessions that are closed are ignored.
    pub fn handle_rtc(&mut self, session: SessionId, event: rtc::Event, now: Millis) {
        if self.sessions.contains_key(&session) {
            self.on_rtc(session, event, now);
        }
    }

    /// The page or the person wants to be rid of a slave.
    pub fn handle_dismissed(&mut self, session: SessionId, now: Millis) {
        self.close(session, Failed::Dismissed, Left::Dismissed);
        self.admit_waiting(now);
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Millis) {
        match self.presence {
            Presence::Pausing(until) if until <= now => self.enter(now),
            Presence::Entering(until) if until <= now => {
                self.push(Output::Disconnect);
                self.pause(now);
            }
            Presence::Stopped | Presence::Pausing(_) | Presence::Entering(_) | Presence::Inside => {
            }
        }
        self.line.expire(now);
        self.on_sessions_due(now);
        if self.expires.is_some_and(|expires| expires <= now) {
            self.cut_off(now);
        }
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Output {
        self.outputs
            .pop_front()
            .unwrap_or_else(|| Output::Wait(self.next_timeout()))
    }

    /// Its slaves, connected or not yet, in the order in which they came.
    pub fn peers(&self) -> impl Iterator<Item = Peer<'_>> {
        self.sessions
            .iter()
            .map(|(id, session)| session.to_peer(*id))
    }

    /// What it has not taken.
    pub fn stats(&self) -> Stats {
        self.stats
    }

    pub(super) fn push(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    pub(super) fn push_event(&mut self, event: Event) {
        self.push(Output::Event(event));
    }

    /// Says something to a member, or to all. Outside of the room it is lost, and the slave asks again.
    pub(super) fn say(&mut self, to: Option<MemberId>, message: &Message) {
        if self.room.is_inside() {
            let text = self.room.address_to(to, message.to_text());
            self.push(Output::Send(text));
        }
    }

    fn on_heard(&mut self, heard: Heard, now: Millis) {
        match heard {
            Heard::Entered => {
                self.presence = Presence::Inside;
                self.backoff.reset();
                self.push_event(Event::Entered);
                self.announce();
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

    /// The hub wants a proof: a master that comes over a WebSocket proves its shared invitation as a guest
    /// does.
    fn on_challenged(&mut self, nonce: Nonce) {
        let Some(host) = &self.host else {
            return;
        };
        if let (Some(authority), Some(shared)) = (&host.authority, host.invitations.shared()) {
            let key = shared.secret.to_join_key();
            let text = Room::join(shared.id, key.prove(nonce, authority, &host.room));
            self.push(Output::Send(text));
        }
    }

    fn announce(&mut self) {
        let (from, name) = (self.config.id.clone(), self.config.name.clone());
        self.say(None, &Message::Announce { from, name });
    }

    fn enter(&mut self, now: Millis) {
        self.room = Room::Entering;
        self.presence = Presence::Entering(now + ENTERING);
        self.push(Output::Connect);
    }

    /// Waits outside. Who was asking through this WebSocket asks anew through its next one; who has
    /// all it needs may still come to its channel.
    fn pause(&mut self, now: Millis) {
        self.room = Room::Outside;
        let until = now + self.backoff.pause();
        self.presence = Presence::Pausing(until);
        self.line.clear();
        let is_cut_off = |session: &Session| {
            let half_open = session.half_open();
            session.way() == Way::Relayed
                || half_open.is_some_and(|half_open| half_open.phase == Phase::Describing)
        };
        let cut_off = self
            .sessions
            .iter()
            .filter(|(_, session)| is_cut_off(session));
        let ids: Vec<SessionId> = cut_off.map(|(id, _)| *id).collect();
        for id in ids {
            self.close(id, Failed::Gone, Left::Lost(ROOM_GONE.to_owned()));
        }
        // Member ids begin anew with the next hub: these must not be taken for theirs.
        self.sessions
            .values_mut()
            .for_each(|session| session.member = None);
        self.push_event(Event::Away { until });
    }

    fn leave_room(&mut self) {
        match self.presence {
            Presence::Entering(_) | Presence::Inside => self.push(Output::Disconnect),
            Presence::Stopped | Presence::Pausing(_) => {}
        }
        self.room = Room::Outside;
    }

    fn next_timeout(&self) -> Option<Millis> {
        let presence = match self.presence {
            Presence::Pausing(until) | Presence::Entering(until) => Some(until),
            Presence::Stopped | Presence::Inside => None,
        };
        let sessions = self
            .sessions
            .values()
            .filter_map(|session| match &session.state {
                State::HalfOpen(half_open) => Some(half_open.due(&session.order)),
                State::Connected { .. } => None,
            });
        let way = self.gives_way().map(|(_, at)| at);
        sessions
            .chain(presence)
            .chain(self.line.expires_at())
            .chain(way)
            .chain(self.expires.filter(|_| !self.sessions.is_empty()))
            .min()
    }
}

/// From opening a WebSocket to being inside. Then it is given up for this time.
const ENTERING: Millis = Millis::from_secs(5);
/// Why who spoke through the broadcaster cannot any more.
const ROOM_GONE: &str = "the broadcaster is gone";
