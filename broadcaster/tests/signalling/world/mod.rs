//! A small world: one room, browsers with WebRTC, and a clock that jumps from one happening to the
//! next. Deterministic for a seed.

mod actor;
mod old;
pub(crate) mod party;
mod random;
mod room;
mod rtc;

pub(crate) use actor::{Actor, Did};
pub(crate) use old::{OldMaster, OldSlave};
pub(crate) use room::{HOST, Spoil, Wire};

use actor::Note;
use broadcaster::Millis;
use broadcaster::signalling::rtc::{Event as RtcEvent, SessionId};
use broadcaster::signalling::{Framing, Master, Slave, Way, master, slave};
use random::Random;
use room::Room;
use rtc::Network;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// One page of one device.
pub(crate) type Node = usize;

/// What happens at a moment.
#[derive(Debug, Clone)]
enum Happening {
    Opened {
        node: Node,
        socket: u32,
    },
    Closed {
        node: Node,
        socket: u32,
        code: u16,
    },
    Text {
        node: Node,
        socket: u32,
        text: String,
    },
    Rtc {
        node: Node,
        session: SessionId,
        event: RtcEvent,
    },
    Kill {
        node: Node,
    },
}

pub(crate) struct World {
    pub(crate) now: u64,
    queue: BTreeMap<(u64, u64), Happening>,
    last: u64,
    nodes: Vec<Option<Box<dyn Actor>>>,
    pub(crate) room: Room,
    pub(crate) network: Network,
    random: Random,
    /// What the machines told their pages: when, who, what.
    pub(crate) log: Vec<(u64, Node, Did)>,
}

impl World {
    pub(crate) fn new(wire: Wire, seed: u64) -> Self {
        Self {
            now: 1000,
            queue: BTreeMap::new(),
            last: 0,
            nodes: Vec::new(),
            room: Room::new(wire),
            network: Network::default(),
            random: Random(seed),
            log: Vec::new(),
        }
    }

    /// A page at an address; it starts at once.
    pub(crate) fn add(&mut self, address: &str, mut actor: Box<dyn Actor>) -> Node {
        let address: IpAddr = address.parse().unwrap();
        let node = self.nodes.len();
        actor.start(Millis(self.now));
        self.room.add(node, address);
        self.network.add(node, address);
        self.nodes.push(Some(actor));
        self.drain(node);
        node
    }

    pub(crate) fn add_master(&mut self, address: &str, id: &str) -> Node {
        self.add(address, Box::new(new_master(id)))
    }

    pub(crate) fn add_slave(&mut self, address: &str, id: &str) -> Node {
        self.add(address, Box::new(new_slave(id)))
    }

    /// The page is closed: its WebSocket and its connections end.
    pub(crate) fn kill(&mut self, node: Node) {
        self.nodes[node] = None;
        self.leave(node);
        for (other, session) in self.network.kill(node) {
            let detail = "ICE failed".to_owned();
            let event = RtcEvent::Lost { detail };
            self.at(
                RTC_LOSS,
                Happening::Rtc {
                    node: other,
                    session,
                    event,
                },
            );
        }
    }

    pub(crate) fn kill_later(&mut self, node: Node, after: u64) {
        self.at(after, Happening::Kill { node });
    }

    /// The broadcaster ends, or is back.
    pub(crate) fn set_broadcaster(&mut self, is_up: bool) {
        self.room.is_up = is_up;
        if !is_up {
            for (node, socket) in self.room.clear() {
                self.at(
                    1,
                    Happening::Closed {
                        node,
                        socket,
                        code: 1001,
                    },
                );
            }
        }
    }

    /// The hub closes a member's WebSocket.
    pub(crate) fn close(&mut self, node: Node, code: u16) {
        let socket = self.room.socket(node);
        let heard = self.room.leave_seat(node);
        self.deliver(heard);
        self.at(1, Happening::Closed { node, socket, code });
    }

    /// Calls a machine as its page would.
    pub(crate) fn with<T: 'static>(&mut self, node: Node, call: impl FnOnce(&mut T, Millis)) {
        let actor = self.nodes[node]
            .as_mut()
            .unwrap()
            .as_any()
            .downcast_mut()
            .unwrap();
        call(actor, Millis(self.now));
        self.drain(node);
    }

    pub(crate) fn master(&mut self, node: Node) -> &mut Master {
        self.nodes[node]
            .as_mut()
            .unwrap()
            .as_any()
            .downcast_mut()
            .unwrap()
    }

    /// Says a text in the room as if `node` had sent it.
    pub(crate) fn say(&mut self, node: Node, to: Option<Node>, text: &str) {
        let heard = self.room.say(node, to, text, &mut self.random);
        self.deliver(heard);
    }

    pub(crate) fn run_for(&mut self, span: u64) {
        let end = self.now + span;
        while self.step(end) {}
        self.now = end;
    }

    /// The first moment at which a page was told something, after it began.
    pub(crate) fn when(&self, node: Node, is_it: impl Fn(&Did) -> bool) -> Option<u64> {
        let mut log = self.log.iter();
        log.find(|(_, who, did)| *who == node && is_it(did))
            .map(|(at, _, _)| at - 1000)
    }

    /// The ways by which a slave was connected, in that order.
    pub(crate) fn ways(&self, slave: Node) -> Vec<Way> {
        let log = self.log.iter().filter(|(_, node, _)| *node == slave);
        log.filter_map(|(_, _, did)| match did {
            Did::Slave(slave::Event::Connected { way, .. }) => Some(*way),
            _ => None,
        })
        .collect()
    }

    pub(crate) fn count(&self, node: Node, is_it: impl Fn(&Did) -> bool) -> usize {
        self.log
            .iter()
            .filter(|(_, who, did)| *who == node && is_it(did))
            .count()
    }

    /// The last thing that a page was told.
    pub(crate) fn last(&self, node: Node) -> Option<&Did> {
        self.log
            .iter()
            .rev()
            .find(|(_, who, _)| *who == node)
            .map(|(_, _, did)| did)
    }

    /// Does the next thing before `end`; `false` if there is none.
    fn step(&mut self, end: u64) -> bool {
        let due = (0..self.nodes.len())
            .filter_map(|node| Some((self.waits(node)?, node)))
            .min();
        let next = self.queue.first_key_value().map(|((at, _), _)| *at);
        match (next, due) {
            (Some(at), due) if at <= end && due.is_none_or(|(due, _)| at <= due) => {
                let (_, happening) = self.queue.pop_first().unwrap();
                self.now = self.now.max(at);
                self.happen(happening);
                true
            }
            (_, Some((due, node))) if due <= end => {
                self.now = self.now.max(due);
                let now = Millis(self.now);
                self.nodes[node].as_mut().unwrap().timeout(now);
                self.drain(node);
                assert!(
                    self.waits(node).is_none_or(|wait| wait > self.now),
                    "node {node} spins"
                );
                true
            }
            (_, Some(_) | None) => false,
        }
    }

    /// Until when a machine waits: what it says when asked once more.
    fn waits(&mut self, node: Node) -> Option<u64> {
        match self.nodes[node].as_mut()?.poll() {
            Note::Wait(until) => until.map(|until| until.0),
            other => panic!("node {node} was not drained: {other:?}"),
        }
    }

    fn happen(&mut self, happening: Happening) {
        let now = Millis(self.now);
        match happening {
            Happening::Opened { node, socket } if self.room.is_current(node, socket) => {
                let framing = self.room.wire.framing;
                if let Some(actor) = &mut self.nodes[node] {
                    actor.opened(framing, now);
                }
                let heard = self.room.receive(node);
                self.deliver(heard);
                self.drain(node);
            }
            Happening::Closed { node, socket, code } if self.room.is_current(node, socket) => {
                self.room.forget(node);
                if let Some(actor) = &mut self.nodes[node] {
                    actor.closed(code, now);
                }
                self.drain(node);
            }
            Happening::Text { node, socket, text } if self.room.is_current(node, socket) => {
                if let Some(actor) = &mut self.nodes[node] {
                    actor.text(&text, now);
                }
                self.drain(node);
            }
            Happening::Rtc {
                node,
                session,
                event,
            } => {
                self.network.note(node, session, &event);
                if let Some(actor) = &mut self.nodes[node] {
                    actor.rtc(session, event, now);
                }
                self.drain(node);
            }
            Happening::Kill { node } => self.kill(node),
            // Of a WebSocket that is closed: a page hears nothing of it.
            Happening::Opened { .. } | Happening::Closed { .. } | Happening::Text { .. } => {}
        }
        self.open_channels();
    }

    fn drain(&mut self, node: Node) {
        loop {
            let Some(actor) = &mut self.nodes[node] else {
                return;
            };
            match actor.poll() {
                Note::Connect => self.connect(node),
                Note::Disconnect => self.leave(node),
                Note::Send(text) if self.room.judge(node, &text).is_some() => {
                    self.judge(node, &text);
                }
                Note::Send(text) => {
                    if let Some(heard) = self.room.knock(node, &text) {
                        self.deliver(heard);
                        continue;
                    }
                    let heard = self.room.send(node, &text, &mut self.random);
                    self.deliver(heard);
                }
                Note::Rtc(command) => {
                    for (node, session, event, after) in self.network.run(node, command) {
                        self.at(
                            after,
                            Happening::Rtc {
                                node,
                                session,
                                event,
                            },
                        );
                    }
                }
                Note::Did(did) => self.log.push((self.now, node, did)),
                Note::Wait(_) => return,
            }
        }
    }

    /// A proof: the room is entered, or closed with 4401.
    fn judge(&mut self, node: Node, text: &str) {
        if self.room.judge(node, text) == Some(true) {
            let heard = self.room.enter(node);
            return self.deliver(heard);
        }
        let socket = self.room.socket(node);
        let code = 4401;
        self.at(1, Happening::Closed { node, socket, code });
    }

    fn connect(&mut self, node: Node) {
        let socket = self.room.open(node);
        let happening = if self.room.is_up && !self.room.refuses {
            Happening::Opened { node, socket }
        } else {
            let code = if self.room.refuses { 4403 } else { 1006 };
            Happening::Closed { node, socket, code }
        };
        self.at(3, happening);
    }

    fn leave(&mut self, node: Node) {
        let heard = self.room.leave(node);
        self.deliver(heard);
    }

    fn deliver(&mut self, heard: Vec<room::Heard>) {
        for room::Heard {
            node,
            socket,
            text,
            after,
        } in heard
        {
            self.at(after, Happening::Text { node, socket, text });
        }
    }

    fn open_channels(&mut self) {
        for (node, session, protocol, after) in self.network.open() {
            let event = RtcEvent::Opened { protocol };
            self.at(
                after,
                Happening::Rtc {
                    node,
                    session,
                    event,
                },
            );
        }
    }

    fn at(&mut self, after: u64, happening: Happening) {
        self.last += 1;
        self.queue.insert((self.now + after, self.last), happening);
    }
}

pub(crate) fn new_master(id: &str) -> Master {
    let mut config = master::Config::new(id.try_into().unwrap(), format!("name of {id}").into());
    config.protocols = vec!["jio.2".into()];
    Master::new(config)
}

pub(crate) fn new_slave(id: &str) -> Slave {
    Slave::new(slave_config(id))
}

pub(crate) fn slave_config(id: &str) -> slave::Config {
    let mut config = slave::Config::new(id.try_into().unwrap());
    config.protocols = vec!["jio.2".into()];
    config.seed = id.bytes().map(u64::from).sum();
    config
}

/// A room with envelopes that delivers everything in a millisecond.
pub(crate) fn good_wire() -> Wire {
    Wire {
        framing: Framing::Enveloped,
        lost: 0,
        repeated: 0,
        late: 0,
        echoes: false,
    }
}

/// From the end of one side to the moment at which the other one knows.
const RTC_LOSS: u64 = 5000;
