//! A slave: `broadcaster::signalling::Slave` and the calls over the channel it finds. A loop and a
//! table.

use crate::address::Address;
use crate::calls::{Calls, Order, Read};
use crate::connections::{Ahead, Connections, Said};
use crate::line::{Line, LineHeard, LineId, To};
use crate::page::DatabasePage;
use crate::queue::Queue;
use crate::relayed::{to_frame, to_payload};
use broadcaster::Millis;
use broadcaster::signalling::message::PeerId;
use broadcaster::signalling::rtc::{self, SessionId};
use broadcaster::signalling::slave::{Config, Event, Listed, Output, Step};
use broadcaster::signalling::{self, Way, message::Name};
use futures_channel::mpsc::UnboundedReceiver;
use jio::endpoint::{Frame, JIO2, Protocol};
use serde::Serialize;
use std::rc::Rc;
use trust::signs::Signs;
use web::timer::Timer;

/// What a slave hears.
pub(crate) enum Heard {
    /// The page calls.
    Order(Order),
    /// The page gives a call up.
    Cancel(u32),
    /// The person chose a master.
    Choose(PeerId),
    /// The person wants it to be tried now, also after a failure.
    Retry,
    /// The network or the page is back.
    Woken,
    /// The page is done.
    Close,
    Line(LineId, LineHeard),
    Connection(SessionId, Said),
    Read(Read),
    /// The time that was waited for has come.
    Due,
}

/// What happens when the connection is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    /// It is made again.
    Reconnects,
    /// It is the end.
    Closes,
}

/// A slave and what it reaches the world with.
pub(crate) struct Slave {
    machine: signalling::Slave,
    line: Line,
    connections: Connections,
    /// The session that carries the calls.
    session: Option<SessionId>,
    /// A channel that is to carry them, as soon as none is under way through the broadcaster.
    next: Option<Next>,
    calls: Calls,
    state: State,
    on_loss: Loss,
    timer: Option<(Millis, Timer)>,
    page: Rc<DatabasePage>,
    queue: Queue<Heard>,
}

/// A session that is open and not used yet.
struct Next {
    session: SessionId,
    state: State,
    /// What the master has said there.
    held: Vec<Frame>,
}

/// What the page is told, as `ConnectionState` of index.d.ts.
#[derive(Debug, Clone, Serialize)]
struct State {
    state: Status,
    step: Option<&'static str>,
    detail: String,
    retry_at: Option<u64>,
    master: Option<MasterInfo>,
    protocol: String,
    verified: bool,
    relayed: bool,
    /// What a person compares, while it waits.
    signs: Option<SignsInfo>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Connecting,
    Choosing,
    Waiting,
    Connected,
    Reconnecting,
    Failed,
    Closed,
}

/// Signs for people, as `SignsInfo` of index.d.ts.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct SignsInfo {
    pictures: String,
    names: [&'static str; 4],
}

impl From<Signs> for SignsInfo {
    fn from(signs: Signs) -> Self {
        Self {
            pictures: signs.to_string(),
            names: signs.names(),
        }
    }
}

#[derive(Debug, Clone, Serialize)]
struct MasterInfo {
    id: PeerId,
    name: Name,
}

impl Slave {
    /// A slave that wants this master, or any.
    ///
    /// # Errors
    /// The address brings an invitation that is none.
    pub(crate) fn new(
        address: Address,
        master: Option<PeerId>,
        on_loss: Loss,
        page: Rc<DatabasePage>,
        queue: Queue<Heard>,
    ) -> Result<Self, trust::invitation::Error> {
        let machine = match address.ticket()? {
            Some(ticket) => signalling::Slave::invited(config(master), ticket),
            None => signalling::Slave::visiting(config(master), address.door()),
        };
        let to_line = queue.clone();
        let to_connections = queue.clone();
        let to_calls = queue.clone();
        let say = move |session, said| to_connections.push(Heard::Connection(session, said));
        Ok(Self {
            machine,
            line: Line::new(To::Url(address.url), move |line, heard| {
                to_line.push(Heard::Line(line, heard));
            }),
            connections: Connections::new(address.servers, Ahead::Made, say),
            session: None,
            next: None,
            calls: Calls::new(page.clone(), move |read| to_calls.push(Heard::Read(read))),
            state: State::new(Status::Connecting),
            on_loss,
            timer: None,
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
            self.send();
            if self.state.state == Status::Closed {
                return;
            }
        }
    }

    fn handle(&mut self, heard: Heard) {
        match heard {
            Heard::Order(order) => self.on_order(order),
            Heard::Cancel(number) => self.calls.handle_cancel(number),
            Heard::Choose(master) => self.machine.handle_choice(master, now()),
            Heard::Retry => {
                self.machine.handle_start(now());
                self.machine.handle_retry(now());
            }
            Heard::Woken => self.machine.handle_retry(now()),
            Heard::Close => self.close("the database was closed"),
            Heard::Line(line, heard) => {
                if let Some(heard) = self.line.take(line, heard) {
                    self.on_line(heard);
                }
            }
            Heard::Connection(session, said) => self.on_said(session, said),
            Heard::Read(read) => self.calls.handle_read(read),
            Heard::Due => {
                self.timer = None;
                self.machine.handle_timeout(now());
            }
        }
        self.carry_out();
    }

    fn on_order(&mut self, order: Order) {
        self.calls.handle_order(order);
        match self.state.state {
            Status::Failed | Status::Closed => self.calls.handle_ended(&self.state.detail),
            Status::Connecting
            | Status::Choosing
            | Status::Waiting
            | Status::Connected
            | Status::Reconnecting => {}
        }
    }

    fn on_line(&mut self, heard: LineHeard) {
        match heard {
            LineHeard::Opened(framing) => self.machine.handle_opened(framing, now()),
            LineHeard::Text(text) => self.machine.handle_text(&text, now()),
            LineHeard::Closed { code, reason } => {
                self.machine.handle_closed(code, &reason, now());
            }
        }
    }

    fn on_said(&mut self, session: SessionId, said: Said) {
        match said {
            Said::Rtc(event) => self.machine.handle_rtc(session, event, now()),
            Said::Incoming(incoming) => self.connections.accept(session, incoming),
            Said::Frame(frame) if self.carries(session) => self.on_frame(session, frame),
            // Nobody is believed yet: what is said is the machine's to judge.
            Said::Frame(frame) => {
                let event = rtc::Event::Frame(frame.into_bytes());
                self.machine.handle_rtc(session, event, now());
            }
            Said::Drained => {}
        }
    }

    /// Whether a session's frames are the calls'.
    fn carries(&self, session: SessionId) -> bool {
        let next = self.next.as_ref().map(|next| next.session);
        [self.session, next].contains(&Some(session))
    }

    fn on_frame(&mut self, session: SessionId, frame: Frame) {
        if self.session == Some(session) {
            return self.calls.handle_frame(&frame);
        }
        if let Some(next) = self.next.as_mut().filter(|next| next.session == session) {
            next.held.push(frame);
        }
    }

    /// Does what the machine wants done.
    fn carry_out(&mut self) {
        loop {
            match self.machine.poll_output() {
                Output::Connect => {
                    self.line.connect();
                    self.connections.prepare();
                }
                Output::Disconnect => {
                    self.line.disconnect();
                    self.connections.rest();
                }
                Output::Send(text) => self.line.send(&text),
                Output::Rtc(command) => self.connections.execute(command),
                Output::Event(event) => self.on_event(event),
                Output::Wait(until) => return self.wait(until),
            }
        }
    }

    /// Sends what the calls have to send, as far as the session has room; moves to the next session between
    /// two calls.
    fn send(&mut self) {
        self.send_frames();
        if let Some(next) = self.next.take_if(|_| self.calls.is_idle()) {
            self.begin(next);
            self.machine.handle_moved();
            self.carry_out();
            self.send_frames();
        }
    }

    fn send_frames(&mut self) {
        while let Some(session) = self.session {
            let relays = self.machine.has_room(session);
            let room = relays.unwrap_or_else(|| self.connections.has_room(session));
            let Some(frame) = self.calls.poll(room) else {
                return;
            };
            if relays.is_none() {
                self.connections.send(session, &frame);
            } else {
                self.machine
                    .handle_frame(session, &to_payload(frame), now());
                self.carry_out();
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
            Event::Step(step) => self.on_step(step),
            Event::Masters(masters) => self.page.masters(&json(&to_infos(masters))),
            Event::Connected {
                session,
                master,
                protocol,
                is_verified,
                way,
            } => self.on_connected(Next {
                session,
                state: State {
                    master: master.map(to_info),
                    protocol,
                    verified: is_verified,
                    relayed: way == Way::Relayed,
                    ..State::new(Status::Connected)
                },
                held: Vec::new(),
            }),
            Event::Frame { session, frame } => self.on_frame(session, to_frame(frame)),
            Event::Invited(invitation) => self.page.invited(&invitation.to_fragment()),
            Event::Lost { session, detail } => self.on_lost(session, &detail),
            Event::Pausing { until, failure } => self.tell(State {
                step: Some("pausing"),
                detail: failure.to_string(),
                retry_at: Some(until.0),
                ..State::new(self.state.state.on_the_way())
            }),
            Event::Failed(failure) => {
                let detail = failure.to_string();
                self.calls.handle_ended(&detail);
                self.tell(State {
                    detail,
                    ..State::new(Status::Failed)
                });
            }
        }
    }

    fn on_step(&mut self, step: Step) {
        let state = match step {
            Step::Choosing => Status::Choosing,
            Step::Waiting(signs) => {
                return self.tell(State {
                    step: Some(step_name(step)),
                    signs: Some(signs.into()),
                    ..State::new(Status::Waiting)
                });
            }
            Step::Reaching | Step::Asking | Step::Connecting => self.state.state.on_the_way(),
        };
        self.tell(State {
            step: Some(step_name(step)),
            detail: self.state.detail.clone(),
            ..State::new(state)
        });
    }

    fn on_connected(&mut self, next: Next) {
        if self.session.is_some() {
            self.next = Some(next);
        } else {
            self.begin(next);
        }
    }

    fn begin(&mut self, next: Next) {
        self.session = Some(next.session);
        let protocol = Protocol::from_name(&next.state.protocol);
        self.calls.handle_opened(protocol);
        for frame in &next.held {
            self.calls.handle_frame(frame);
        }
        self.tell(next.state);
    }

    fn on_lost(&mut self, session: SessionId, why: &str) {
        if self.session != Some(session) {
            self.next = None;
            return;
        }
        let detail = format!("The connection was lost: {}.", why.trim_end_matches('.'));
        self.session = None;
        self.calls.handle_lost();
        if let Some(next) = self.next.take() {
            return self.begin(next);
        }
        match self.on_loss {
            Loss::Closes => self.close(&detail),
            Loss::Reconnects => self.tell(State {
                detail,
                ..State::new(Status::Reconnecting)
            }),
        }
    }

    fn close(&mut self, why: &str) {
        self.machine.handle_stop();
        (self.session, self.next) = (None, None);
        self.calls.handle_ended(why);
        self.tell(State {
            detail: why.to_owned(),
            ..State::new(Status::Closed)
        });
    }

    fn tell(&mut self, state: State) {
        if self.state.state != Status::Closed {
            self.state = state;
            self.page.state(&json(&self.state));
        }
    }
}

impl State {
    fn new(state: Status) -> Self {
        Self {
            state,
            step: None,
            detail: String::new(),
            retry_at: None,
            master: None,
            protocol: String::new(),
            verified: false,
            relayed: false,
            signs: None,
        }
    }
}

impl Status {
    /// What a slave that is not connected is, by what it was.
    fn on_the_way(self) -> Self {
        match self {
            Self::Connected | Self::Reconnecting => Self::Reconnecting,
            Self::Connecting | Self::Choosing | Self::Waiting | Self::Failed | Self::Closed => {
                Self::Connecting
            }
        }
    }
}

fn config(master: Option<PeerId>) -> Config {
    Config {
        protocols: vec![JIO2.to_owned()],
        master,
        seed: u64::from_ne_bytes(web::random::bytes()),
        ..Config::new(new_id())
    }
}

/// A new id for a master or slave.
pub(crate) fn new_id() -> PeerId {
    PeerId::try_from(web::random::uuid()).expect("36 letters are an id")
}

fn step_name(step: Step) -> &'static str {
    match step {
        Step::Reaching => "reaching",
        Step::Asking => "asking",
        Step::Choosing => "choosing",
        Step::Connecting => "connecting",
        Step::Waiting(_) => "waiting",
    }
}

fn to_info(listed: Listed) -> MasterInfo {
    MasterInfo {
        id: listed.id,
        name: listed.name,
    }
}

fn to_infos(masters: Vec<Listed>) -> Vec<MasterInfo> {
    masters.into_iter().map(to_info).collect()
}

/// Puts something into the queue at a time.
pub(crate) fn timer<T: 'static>(at: Millis, queue: Queue<T>, item: fn() -> T) -> Timer {
    Timer::new(at.0.saturating_sub(now().0), move || queue.push(item()))
}

pub(crate) fn now() -> Millis {
    Millis(web::clock::now())
}

/// JSON of what has text keys only.
pub(crate) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("texts and numbers always serialise")
}
