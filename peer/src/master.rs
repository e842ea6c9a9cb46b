//! A master: `broadcaster::signalling::Master`, one [`Serving`] for each caller, and one storage. A loop
//! and a table, and the order in which callers take their turns.

use crate::attached;
use crate::connections::{Ahead, Connections, Said};
use crate::line::{Line, LineHeard, LineId, To};
use crate::page::{MasterPage, Wire};
use crate::queue::Queue;
use crate::serving::{self, Done, Serving};
use crate::slave::{json, now, timer};
use crate::storage::Storage;
use broadcaster::Millis;
use broadcaster::signalling::master::{Config, Event, Output, Peer, Status as PeerStatus};
use broadcaster::signalling::message::{Name, PeerId};
use broadcaster::signalling::{self, rtc::SessionId};
use futures_channel::mpsc::UnboundedReceiver;
use jio::endpoint::{Failure, Frame, JIO2, Protocol};
use jio::rpc::Call;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};
use std::rc::Rc;
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
    /// The network is back, or a person wants it to be tried now.
    Retry,
    Close,
    /// The time that was waited for has come.
    Due,
    /// Other things of the page had their turn.
    Turn,
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
    storage: Rc<dyn Storage>,
    turns: Turns,
    /// Whether a turn was asked for and has not come.
    awaits_turn: bool,
    timer: Option<(Millis, Timer)>,
    is_closed: bool,
    /// The peers as the page knows them.
    told: String,
    page: Rc<MasterPage>,
    queue: Queue<Heard>,
}

impl Master {
    /// A master over this line.
    ///
    /// # Errors
    /// The browser lacks what it needs.
    pub(crate) fn new(
        to: To,
        servers: Vec<String>,
        (id, name): (PeerId, Name),
        storage: Rc<dyn Storage>,
        page: Rc<MasterPage>,
        queue: Queue<Heard>,
    ) -> Result<Self, web::Error> {
        let config = Config {
            protocols: vec![JIO2.to_owned()],
            seed: u64::from_ne_bytes(web::random::bytes()),
            ..Config::new(id, name)
        };
        let (to_line, to_connections, to_turns) = (queue.clone(), queue.clone(), queue.clone());
        let say = move |session, said| to_connections.push(Heard::Connection(session, said));
        Ok(Self {
            machine: signalling::Master::new(config),
            line: Line::new(to, move |line, heard| {
                to_line.push(Heard::Line(line, heard));
            }),
            connections: Connections::new(servers, Ahead::Offering, say),
            wires: BTreeMap::new(),
            callers: BTreeMap::new(),
            served: None,
            storage,
            turns: Turns::new(move || to_turns.push(Heard::Turn))?,
            awaits_turn: false,
            timer: None,
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
            Heard::Dismiss(peer) => self.on_dismissed(&peer),
            Heard::Retry => {
                // The network may be another one.
                self.connections.rest();
                self.connections.prepare();
                self.machine.handle_retry(now());
            }
            Heard::Close => self.close(),
            Heard::Due => {
                self.timer = None;
                self.machine.handle_timeout(now());
            }
            Heard::Turn => self.awaits_turn = false,
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
            Said::Frame(frame) => self.on_frame(Caller::Slave(session), &frame),
            // `serve` looks at the room of every channel.
            Said::Drained => {}
        }
    }

    fn on_frame(&mut self, caller: Caller, frame: &Frame) {
        if let Some(serving) = self.callers.get_mut(&caller) {
            serving.handle_frame(frame);
        }
    }

    fn on_dismissed(&mut self, peer: &PeerId) {
        let sessions: Vec<SessionId> = self
            .machine
            .peers()
            .filter(|known| known.peer == peer)
            .map(|known| known.session)
            .collect();
        for session in sessions {
            self.machine.handle_dismissed(session, now());
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
            Event::Left { session, .. } => {
                self.callers.remove(&Caller::Slave(session));
            }
            Event::Failed { .. } => self.connections.prepare(),
            Event::Connecting { .. } => {}
        }
    }

    fn admit(&mut self, caller: Caller, protocol: Protocol) {
        let queue = self.queue.clone();
        let say = move |done| queue.push(Heard::Done(caller, done));
        let serving = Serving::new(protocol, self.storage.clone(), say);
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
        self.send();
    }

    fn send(&mut self) {
        for (caller, serving) in &mut self.callers {
            match caller {
                Caller::Slave(session) => {
                    while let Some(frame) = serving.poll(self.connections.has_room(*session)) {
                        self.connections.send(*session, &frame);
                    }
                }
                Caller::Page(page) => {
                    while let (Some(wire), Some(frame)) = (self.wires.get(page), serving.poll(true))
                    {
                        attached::send(wire, &frame);
                    }
                }
            }
        }
    }

    /// Who is next: the first one after the last that has a call to begin.
    fn next_ready(&self) -> Option<Caller> {
        let all = || self.callers.iter();
        let after = |last| self.callers.range((Excluded(last), Unbounded));
        let next = self.served.and_then(|last| after(last).find(is_ready));
        next.or_else(|| all().find(is_ready))
            .map(|(caller, _)| *caller)
    }

    fn begin(&mut self, caller: Caller) {
        self.served = Some(caller);
        let (page, peer) = (self.page.clone(), self.peer(caller));
        if let Some(serving) = self.callers.get_mut(&caller) {
            serving.begin(|call| validate(&page, call, &peer));
        }
    }

    /// Who calls, for `validate`; null for a page, and where nobody asks.
    fn peer(&self, caller: Caller) -> Value {
        let mut peers = self.machine.peers();
        match caller {
            Caller::Slave(session) if self.page.validates() => peers
                .find(|peer| peer.session == session)
                .map_or(Value::Null, |peer| describe(&peer)),
            Caller::Slave(_) | Caller::Page(_) => Value::Null,
        }
    }

    /// Tells the page who is there and what was changed.
    fn tell_changes(&mut self) {
        let peers = json(
            &self
                .machine
                .peers()
                .map(|peer| describe(&peer))
                .collect::<Vec<_>>(),
        );
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

fn is_ready((_, serving): &(&Caller, &Serving)) -> bool {
    serving.is_ready()
}

/// Asks the page whether a call may be executed.
fn validate(page: &MasterPage, call: &Call, peer: &Value) -> Result<(), Failure> {
    if !page.validates() {
        return Ok(());
    }
    page.validate(&json(&serving::to_info(call, peer)))
        .map_err(|refusal| Failure::new(refusal.status_code(), refusal.message()))
}

/// A peer as the page is told it, as `Peer` of index.d.ts.
fn describe(peer: &Peer<'_>) -> Value {
    let (state, protocol) = match peer.status {
        PeerStatus::Connecting => ("connecting", ""),
        PeerStatus::Connected { protocol } => ("connected", protocol),
    };
    json!({
        "id": peer.peer.as_str(), "address": peer.address.map(|ip| ip.to_string()), "state": state,
        "since": peer.since.0, "protocol": protocol,
    })
}
