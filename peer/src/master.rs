//! A master: `broadcaster::signalling::Master`, one [`Serving`] for each caller, and one storage. A loop
//! and a table, and the order in which callers take their turns.

mod word;

use self::word::{describe, is_by};
use crate::address::{Address, Error, Hosting};
use crate::attached;
use crate::connections::{Ahead, Connections, Said};
use crate::following::Shared;
use crate::line::{Line, LineHeard, LineId, To};
use crate::pace::Pace;
use crate::page::{MasterPage, Transport, Wire};
use crate::queue::Queue;
use crate::relayed::{to_frame, to_payload};
use crate::serving::{Done, Serving};
use crate::slave::{json, now, timer};
use broadcaster::Millis;
use broadcaster::signalling::master::{Config, Event, Output, Peer};
use broadcaster::signalling::message::{Name, PeerId};
use broadcaster::signalling::rtc::{self, SessionId};
use broadcaster::signalling::{self, Way};
use futures_channel::mpsc::UnboundedReceiver;
use jio::endpoint::{Frame, JIO2, Protocol};
use serde_json::json;
use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};
use std::rc::Rc;
use trust::invitation::InvitationId;
use trust::rights::Rights;
use web::timer::Timer;
use web::turn::Turns;

/// What a master hears.
pub(crate) enum Heard {
    Line(LineId, LineHeard),
    Connection(SessionId, Said),
    /// A page of the same origin is there.
    Attached(PageId, Wire),
    /// It sent a frame.
    Frame(PageId, Frame),
    /// It is gone.
    Detached(PageId),
    /// A caller's call has got further.
    Done(Caller, Done),
    /// A person changed the name.
    Named(Name),
    /// A person wants to be rid of a peer.
    Dismiss(PeerId),
    /// The guests are known by this now.
    Hosting(Hosting),
    /// A person said what a peer may do.
    Rights(PeerId, Rights),
    /// A person has let in who waits, with this invitation.
    LetIn(SessionId, InvitationId),
    /// A person said whether a call may be executed.
    Permitted(u32, bool),
    /// The network is back, or a person wants it to be tried now.
    Retry,
    Close,
    /// The time that was waited for has come.
    Due,
    /// Other things of the page had their turn.
    Turn,
    /// Records have changed that somebody may follow.
    Changed,
}

/// A page of the same origin; never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PageId(pub(crate) u32);

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Caller {
    Slave(SessionId),
    Page(PageId),
}

/// Calls are executed for this long; then everything else of the page has a turn.
const TURN: Millis = Millis(8);

/// A master and what it reaches the world with.
pub(crate) struct Master {
    machine: signalling::Master,
    line: Line,
    connections: Connections,
    wires: BTreeMap<PageId, Wire>,
    callers: BTreeMap<Caller, Serving>,
    /// Who had the last turn: the next one after it is next.
    served: Option<Caller>,
    /// The storage, and who follows queries of it.
    lookout: Shared,
    address: Address,
    /// Calls a person was asked about, by the number of the question.
    questions: BTreeMap<u32, (Caller, u32)>,
    asked: u32,
    turns: Turns,
    /// Whether a turn was asked for and has not come.
    awaits_turn: bool,
    timer: Option<(Millis, Timer)>,
    /// Until a caller that made too many calls may make the next one.
    pause: Option<(Millis, Timer)>,
    is_closed: bool,
    /// The peers as the page knows them.
    told: String,
    page: Rc<MasterPage>,
    queue: Queue<Heard>,
}

impl Master {
    /// A master at this address, or over a transport where that has no URL.
    ///
    /// # Errors
    /// The browser lacks what it needs, or what is needed to know the guests cannot be read.
    pub(crate) fn new(
        address: &Address,
        transport: Transport,
        hosting: &Hosting,
        (id, name): (PeerId, Name),
        lookout: Shared,
        page: Rc<MasterPage>,
        queue: Queue<Heard>,
    ) -> Result<Self, Error> {
        let config = Config {
            rights: hosting.strangers_rights(),
            protocols: vec![JIO2.to_owned()],
            seed: u64::from_ne_bytes(web::random::bytes()),
            ..Config::new(id, name)
        };
        let (to_line, to_connections, to_turns) = (queue.clone(), queue.clone(), queue.clone());
        let say = move |session, said| to_connections.push(Heard::Connection(session, said));
        let machine = match hosting.host(address)? {
            Some(host) => signalling::Master::inviting(config, host),
            None => signalling::Master::new(config),
        };
        let to = match address.url.as_str() {
            "" => To::Page(Rc::new(transport)),
            url => To::Url(url.to_owned()),
        };
        Ok(Self {
            machine,
            line: Line::new(to, move |line, heard| {
                to_line.push(Heard::Line(line, heard));
            }),
            connections: Connections::new(address.servers.clone(), Ahead::Offering, say),
            wires: BTreeMap::new(),
            callers: BTreeMap::new(),
            served: None,
            lookout,
            address: address.clone(),
            questions: BTreeMap::new(),
            asked: 0,
            turns: Turns::new(move || to_turns.push(Heard::Turn))?,
            awaits_turn: false,
            timer: None,
            pause: None,
            is_closed: false,
            told: String::new(),
            page,
            queue,
        })
    }

    /// Runs until the page is done with it.
    pub(crate) async fn run(mut self, mut heard: UnboundedReceiver<Heard>) {
        self.machine.handle_start(now());
        self.carry_out();
        while let Ok(first) = heard.recv().await {
            self.handle(first);
            // What was heard in one turn of the browser is answered in one batch.
            while let Ok(next) = heard.try_recv() {
                self.handle(next);
            }
            if self.is_closed {
                return;
            }
            self.serve();
            self.tell_changes();
        }
    }

    fn handle(&mut self, heard: Heard) {
        match heard {
            Heard::Line(line, heard) => {
                if let Some(heard) = self.line.take(line, heard) {
                    self.on_line(heard);
                }
            }
            Heard::Connection(session, said) => self.on_said(session, said),
            Heard::Attached(page, wire) => {
                self.wires.insert(page, wire);
                self.admit(Caller::Page(page), Protocol::Jio2);
            }
            Heard::Frame(page, frame) => self.on_frame(Caller::Page(page), &frame),
            Heard::Detached(page) => {
                self.wires.remove(&page);
                self.callers.remove(&Caller::Page(page));
            }
            Heard::Done(caller, done) => {
                if let Some(serving) = self.callers.get_mut(&caller) {
                    serving.handle_done(done);
                }
            }
            Heard::Named(name) => self.machine.handle_named(name),
            Heard::Dismiss(peer) => {
                for session in self.sessions(&peer) {
                    self.machine.handle_dismissed(session, now());
                }
            }
            Heard::Hosting(hosting) => self.on_hosting(&hosting),
            Heard::Rights(peer, rights) => self.on_rights(&peer, rights),
            Heard::LetIn(session, invitation) => {
                self.machine.handle_let_in(session, invitation, now());
            }
            Heard::Permitted(question, allowed) => self.on_permitted(question, allowed),
            Heard::Retry => {
                // The network may be another one.
                self.connections.rest();
                self.connections.prepare();
                self.machine.handle_retry(now());
            }
            Heard::Close => self.close(),
            Heard::Due => {
                (self.timer, self.pause) = (None, None);
                self.machine.handle_timeout(now());
            }
            Heard::Turn => self.awaits_turn = false,
            // `serve` tells those who follow them.
            Heard::Changed => {}
        }
        self.carry_out();
    }

    fn on_line(&mut self, heard: LineHeard) {
        match heard {
            LineHeard::Opened(framing) => self.machine.handle_opened(framing, now()),
            LineHeard::Text(text) => self.machine.handle_text(&text, now()),
            LineHeard::Closed { .. } => self.machine.handle_closed(now()),
        }
    }

    fn on_said(&mut self, session: SessionId, said: Said) {
        match said {
            Said::Rtc(event) => self.machine.handle_rtc(session, event, now()),
            Said::Incoming(incoming) => self.connections.accept(session, incoming),
            Said::Frame(frame) if self.callers.contains_key(&Caller::Slave(session)) => {
                self.on_frame(Caller::Slave(session), &frame);
            }
            // Nobody is believed yet: what is said is the machine's to judge.
            Said::Frame(frame) => {
                let event = rtc::Event::Frame(frame.into_bytes());
                self.machine.handle_rtc(session, event, now());
            }
            // `serve` looks at the room of every channel.
            Said::Drained => {}
        }
    }

    fn on_frame(&mut self, caller: Caller, frame: &Frame) {
        if let Some(serving) = self.callers.get_mut(&caller) {
            serving.handle_frame(frame);
        }
    }

    fn close(&mut self) {
        self.machine.handle_stop();
        self.carry_out();
        self.connections.rest();
        self.callers.clear();
        self.wires.clear();
        self.is_closed = true;
        self.tell_changes();
        self.tell("closed", None);
    }

    /// Does what the machine wants done.
    fn carry_out(&mut self) {
        loop {
            match self.machine.poll_output() {
                Output::Connect => self.line.connect(),
                Output::Disconnect => self.line.disconnect(),
                Output::Send(text) => self.line.send(&text),
                Output::Rtc(command) => self.connections.execute(command),
                Output::Event(event) => self.on_event(event),
                Output::Wait(until) => return self.wait(until),
            }
        }
    }

    fn wait(&mut self, until: Option<Millis>) {
        if self.timer.as_ref().map(|(at, _)| *at) != until {
            let queue = &self.queue;
            self.timer = until.map(|at| (at, timer(at, queue.clone(), || Heard::Due)));
        }
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Event::Entered => {
                self.connections.prepare();
                self.tell("serving", None);
            }
            Event::Away { until } => {
                self.connections.rest();
                self.tell("away", Some(until));
            }
            Event::Connected {
                session, protocol, ..
            } => {
                self.admit(Caller::Slave(session), Protocol::from_name(&protocol));
                self.connections.prepare();
            }
            Event::Frame { session, frame } => {
                self.on_frame(Caller::Slave(session), &to_frame(frame));
            }
            Event::Left { session, .. } => {
                self.callers.remove(&Caller::Slave(session));
                self.questions
                    .retain(|_, (caller, _)| *caller != Caller::Slave(session));
            }
            Event::Failed { .. } => self.connections.prepare(),
            Event::Connecting { .. } | Event::Knocked { .. } => {}
        }
    }

    fn admit(&mut self, caller: Caller, protocol: Protocol) {
        let queue = self.queue.clone();
        let say = move |done| queue.push(Heard::Done(caller, done));
        let pace = match caller {
            Caller::Slave(_) => Some(Pace::new(now())),
            Caller::Page(_) => None,
        };
        let serving = Serving::new(protocol, caller, self.lookout.clone(), pace, say);
        self.callers.insert(caller, serving);
    }

    /// Executes calls, one of each caller in turn, and sends what there is to send.
    fn serve(&mut self) {
        self.send();
        let until = now() + TURN;
        while !self.awaits_turn {
            let Some(caller) = self.next_ready() else {
                break;
            };
            self.begin(caller);
            if now() >= until {
                self.awaits_turn = true;
                self.turns.ask();
            }
        }
        self.pause();
        self.send();
    }

    /// Waits for the first of those who have calls to make, or something to hear, and may not yet.
    fn pause(&mut self) {
        let now = now();
        let callers = self.callers.values();
        let all = callers.flat_map(|one| [one.ready_at(now), one.tells_at()]);
        let until = all.flatten().filter(|at| *at > now).min();
        if self.pause.as_ref().map(|(at, _)| *at) != until {
            let queue = &self.queue;
            self.pause = until.map(|at| (at, timer(at, queue.clone(), || Heard::Due)));
        }
    }

    fn send(&mut self) {
        for (caller, serving) in &mut self.callers {
            match *caller {
                Caller::Slave(session) => {
                    let (machine, connections) = (&mut self.machine, &self.connections);
                    send_to(session, serving, machine, connections);
                }
                Caller::Page(page) => {
                    while let (Some(wire), Some(frame)) =
                        (self.wires.get(&page), serving.poll(true))
                    {
                        attached::send(wire, &frame);
                    }
                }
            }
        }
        self.carry_out();
    }

    /// Who is next: the first one after the last that has a call to begin.
    fn next_ready(&self) -> Option<Caller> {
        let all = || self.callers.iter();
        let after = |last| self.callers.range((Excluded(last), Unbounded));
        let now = now();
        let is_ready = |(_, serving): &(&Caller, &Serving)| serving.ready_at(now) == Some(now);
        let next = self.served.and_then(|last| after(last).find(is_ready));
        next.or_else(|| all().find(is_ready))
            .map(|(caller, _)| *caller)
    }
    /// Tells the page who is there and what was changed.
    fn tell_changes(&mut self) {
        let known = || self.machine.peers();
        // Who moves from the broadcaster to a channel has both for a moment.
        let moves = |old: &Peer<'_>| {
            is_by(old, Way::Relayed)
                && known().any(|new| new.peer == old.peer && is_by(&new, Way::Direct))
        };
        let peers = known().filter(|peer| !moves(peer));
        let peers = json(&peers.map(|peer| describe(&peer)).collect::<Vec<_>>());
        if peers != self.told {
            self.page.peers(&peers);
            self.told = peers;
        }
        let changed = self.callers.values_mut().flat_map(Serving::take_changed);
        let changed: Vec<String> = changed.collect();
        if !changed.is_empty() {
            self.page.change(&json(&changed));
        }
    }

    fn tell(&self, state: &str, retry_at: Option<Millis>) {
        let detail = match state {
            "away" => "The broadcaster is gone. Connected devices go on.",
            _ => "",
        };
        let retry_at = retry_at.map(|at| at.0);
        let state = json!({ "state": state, "detail": detail, "retry_at": retry_at });
        self.page.state(&json(&state));
    }
}

/// Sends a slave what there is, as far as its channel, or the broadcaster, has room.
fn send_to(
    session: SessionId,
    serving: &mut Serving,
    machine: &mut signalling::Master,
    connections: &Connections,
) {
    loop {
        let relays = machine.has_room(session);
        let room = relays.unwrap_or_else(|| connections.has_room(session));
        let Some(frame) = serving.poll(room) else {
            return;
        };
        if relays.is_none() {
            connections.send(session, &frame);
        } else {
            machine.handle_frame(session, &to_payload(frame), now());
        }
    }
}
