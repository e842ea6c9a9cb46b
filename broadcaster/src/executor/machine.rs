//! The executor's inputs and outputs; the hub's commands are next door.

use super::entry::Entry;
use super::groups::Groups;
use super::output::Output;
use super::pace::{Allowance, Pace};
use super::port::Port;
use super::tally::Tally;
use super::timers::Timers;
use super::waiting::Waiting;
use crate::address::{Address, is_served, rank};
use crate::admission::{admits_host, admits_remote, is_this_computer};
use crate::connection::{End, Event};
use crate::head::{Head, Wish};
use crate::http::{Site, error};
use crate::limits::{
    Limits, RATE_CONNECTION_BYTES, RATE_MESSAGE_BYTES, RATE_TURN_BYTES, WAITING_HANDSHAKES,
};
use crate::link::{ConnId, Failure, Report};
use crate::stun::Responder;
use crate::time::Millis;
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};

/// Carries out what the hub decides. See the crate's example for the loop that drives it.
#[derive(Debug, Default)]
pub struct Executor {
    pub(super) hub: Hub,
    pub(super) port: Port,
    /// The bounds in force: those of the last `Listen`.
    pub(super) limits: Limits,
    pub(super) addresses: Vec<Address>,
    pub(super) offered: Vec<Address>,
    pub(super) site: Site,
    pub(super) connections: BTreeMap<ConnId, Box<Entry>>,
    pub(super) groups: Groups,
    pub(super) tally: Tally,
    /// The UDP sockets last wished for.
    pub(super) datagrams: BTreeSet<SocketAddr>,
    pub(super) responder: Responder,
    pub(super) outputs: VecDeque<Output>,
    pub(super) dirty: VecDeque<ConnId>,
    /// Connections whose peer ended them, to be concluded once the hub has answered what came before.
    over: VecDeque<(ConnId, Millis)>,
    timers: Timers,
    waiting: Waiting,
    pace: Pace,
    last: u32,
}

/// Whether somebody hears the reports.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hub {
    /// Reports are passed on.
    #[default]
    Attached,
    /// Nobody is there; reports are dropped.
    Gone,
}

impl Executor {
    /// An executor that does not listen yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// These are the addresses of this computer.
    pub fn handle_addresses(&mut self, addresses: Vec<Address>, _now: Millis) {
        self.addresses = addresses;
        self.update_datagrams();
        let before = std::mem::take(&mut self.offered);
        self.offered = self.rank();
        if matches!(self.port, Port::Open(..)) && self.offered != before {
            self.report(Report::Addresses {
                addresses: self.offered.clone(),
            });
        }
    }

    /// The sockets asked for by [`Output::Listen`] are open, on this port.
    pub fn handle_listening(&mut self, port: u16, _now: Millis) {
        match std::mem::take(&mut self.port) {
            Port::Opening(listening) | Port::Open(listening, _) => {
                self.port = Port::Open(listening, port);
                self.offered = self.rank();
                self.update_datagrams();
                self.report(Report::Listening {
                    port,
                    addresses: self.offered.clone(),
                });
            }
            // Stopped before the answer came.
            Port::Closed => self.outputs.push_back(Output::StopListening),
        }
    }

    /// The sockets asked for by [`Output::Listen`] could not be opened, or were lost.
    pub fn handle_failed(
        &mut self,
        code: Failure,
        detail: String,
        ours: bool,
        next: Option<u16>,
        _now: Millis,
    ) {
        match std::mem::take(&mut self.port) {
            Port::Opening(_) | Port::Open(..) => {
                self.report(Report::Failed {
                    code,
                    detail,
                    ours,
                    next,
                });
            }
            // Stopped before the answer came.
            Port::Closed => {}
        }
        self.update_datagrams();
    }

    /// Whether to accept one more connection now. While not, it waits in the system's backlog without
    /// harm; to be asked again after any input.
    pub fn is_accepting(&self) -> bool {
        matches!(self.port, Port::Open(..))
            && self.waiting.has_place()
            && self.connections.len() < self.limits.connections as usize + WAITING_HANDSHAKES
    }

    /// A connection was accepted; `None` where it is to be closed at once, without a word.
    pub fn handle_accepted(
        &mut self,
        remote: SocketAddr,
        local: SocketAddr,
        now: Millis,
    ) -> Option<ConnId> {
        let Port::Open(listening, _) = &self.port else {
            return None;
        };
        let (remote, local) = (canonical(remote), canonical(local));
        if !self.is_accepting()
            || self.is_crowding(remote.ip())
            || !is_served(local.ip(), &self.addresses, &listening.bind)
            || !admits_remote(remote.ip(), &self.addresses, &listening.allow)
        {
            return None;
        }
        self.last = self.last.checked_add(1)?;
        let conn = ConnId(self.last);
        let mut entry = Entry::new(conn, remote, local, now);
        entry.is_paced = !is_this_computer(remote.ip(), &self.addresses);
        self.connections.insert(conn, Box::new(entry));
        self.charge(conn, RATE_CONNECTION_BYTES, now);
        self.settle(conn, now);
        Some(conn)
    }

    /// When and how much of a connection may be read. To be asked before each time, and its answer obeyed: so
    /// nobody who says much keeps the others waiting.
    pub fn allowance(&mut self, conn: ConnId, now: Millis) -> Allowance {
        match self.connections.get_mut(&conn) {
            Some(entry) if entry.is_paced => {
                self.pace.allow(entry.remote.ip(), &mut entry.turn, now)
            }
            Some(_) => Allowance::Now(usize::MAX),
            None => Allowance::Now(RATE_TURN_BYTES),
        }
    }

    /// A connection sent `bytes`, at least one.
    pub fn handle_received(&mut self, conn: ConnId, bytes: &[u8], now: Millis) {
        self.charge(conn, bytes.len() as u64, now);
        self.read(conn, bytes, now);
        self.settle(conn, now);
    }

    /// A connection sends nothing more, or its socket failed. Told again after a failed write, it ends
    /// at once.
    pub fn handle_ended(&mut self, conn: ConnId, now: Millis) {
        let Some(entry) = self.connections.get_mut(&conn) else {
            return;
        };
        let event = entry.connection.handle_ended();
        self.handle_event(conn, event, now);
        self.settle(conn, now);
    }

    /// Takes what is to be written at once, about `most` bytes of [`Executor::queued`]: for a driver whose
    /// writes take time and cannot be taken back. [`Executor::handle_written`] follows, for all of it. Of a
    /// WebSocket, nothing follows more than [`UNCONFIRMED_BYTES`](crate::limits::UNCONFIRMED_BYTES) before
    /// the peer has answered a Ping.
    pub fn next_chunk(&mut self, conn: ConnId, most: usize, now: Millis) -> Vec<Bytes> {
        let entry = self.connections.get_mut(&conn);
        entry.map_or_else(Vec::new, |entry| entry.connection.next_chunk(most, now))
    }

    /// The first `bytes` of [`Executor::queued`] are written.
    pub fn handle_written(&mut self, conn: ConnId, bytes: usize, now: Millis) {
        let Some(entry) = self.connections.get_mut(&conn) else {
            return;
        };
        entry.connection.handle_written(bytes, now);
        if entry.connection.is_open() {
            note(&mut self.tally, conn, entry, now);
        }
        self.settle(conn, now);
    }

    /// It is `now`.
    pub fn handle_timeout(&mut self, now: Millis) {
        while let Some(conn) = self.timers.pop_due(now) {
            let Some(entry) = self.connections.get_mut(&conn) else {
                continue;
            };
            entry.timer = None;
            let event = entry.connection.handle_timeout(now);
            self.handle_event(conn, event, now);
            self.settle(conn, now);
        }
        if let Some(changed) = self.tally.take_due(now) {
            self.report_counters(&changed);
        }
    }

    /// What is to be written to a connection, in order. Nothing for one that is gone.
    pub fn queued(&self, conn: ConnId) -> impl Iterator<Item = &Bytes> {
        self.connections
            .get(&conn)
            .into_iter()
            .flat_map(|entry| entry.connection.queued())
    }

    /// What to do next.
    pub fn poll_output(&mut self) -> Output {
        while self.outputs.is_empty()
            && let Some((conn, now)) = self.over.pop_front()
        {
            self.conclude(conn, now);
        }
        if let Some(output) = self.outputs.pop_front() {
            return output;
        }
        while let Some(conn) = self.dirty.pop_front() {
            if let Some(entry) = self.connections.get_mut(&conn) {
                entry.is_dirty = false;
                return Output::Write(conn);
            }
        }
        Output::Wait(self.timers.next().into_iter().chain(self.tally.due()).min())
    }

    /// Reads everything in `bytes`.
    pub(super) fn read(&mut self, conn: ConnId, mut bytes: &[u8], now: Millis) {
        while let Some(entry) = self.connections.get_mut(&conn) {
            let Some(event) = entry.connection.handle_received(&mut bytes, now) else {
                if entry.connection.is_over() {
                    self.over.push_back((conn, now));
                }
                return;
            };
            self.handle_event(conn, Some(event), now);
        }
    }

    fn conclude(&mut self, conn: ConnId, now: Millis) {
        let Some(entry) = self.connections.get_mut(&conn) else {
            return;
        };
        let event = entry.connection.conclude(now);
        self.handle_event(conn, event, now);
        self.settle(conn, now);
    }

    /// Takes up what a connection came to: bytes to write, an end, another deadline.
    pub(super) fn settle(&mut self, conn: ConnId, now: Millis) {
        let Some(entry) = self.connections.get_mut(&conn) else {
            return;
        };
        mark(&mut self.dirty, conn, entry);
        let is_waiting = entry.connection.is_waiting();
        match (
            std::mem::replace(&mut entry.is_waiting, is_waiting),
            is_waiting,
        ) {
            (false, true) => self.waiting.enter(entry.remote.ip()),
            (true, false) => self.waiting.leave(entry.remote.ip()),
            (true, true) | (false, false) => {}
        }
        match entry.connection.poll_end(now) {
            Some(End::Finish) => self.outputs.push_back(Output::Finish(conn)),
            Some(End::Drop) => {
                self.timers.remove(conn, &mut entry.timer);
                self.connections.remove(&conn);
                self.outputs.push_back(Output::Drop(conn));
                return;
            }
            None => {}
        }
        let deadline = entry.connection.deadline();
        self.timers.update(conn, &mut entry.timer, deadline);
    }

    pub(super) fn handle_event(&mut self, conn: ConnId, event: Option<Event>, now: Millis) {
        match event {
            None => {}
            Some(Event::Requested(head)) => self.handle_request(conn, head, now),
            Some(Event::Message(payload)) => {
                if let Some(entry) = self.connections.get_mut(&conn) {
                    note(&mut self.tally, conn, entry, now);
                }
                self.charge(conn, RATE_MESSAGE_BYTES, now);
                self.report(Report::Received { conn, payload });
            }
            Some(Event::Closed(code)) => {
                if let Some(entry) = self.connections.get_mut(&conn) {
                    for group in std::mem::take(&mut entry.groups) {
                        self.groups.leave(conn, group);
                    }
                }
                self.report(Report::Closed { conn, code });
            }
        }
    }

    pub(super) fn report(&mut self, report: Report) {
        if self.hub == Hub::Attached {
            self.outputs.push_back(Output::Report(report));
        }
    }

    /// What a connection did counts for its address's rate.
    pub(super) fn charge(&mut self, conn: ConnId, cost: u64, now: Millis) {
        if let Some(entry) = self.connections.get(&conn)
            && entry.is_paced
        {
            self.pace.charge(entry.remote.ip(), cost, now);
        }
    }

    /// The same of what it said and others are sent.
    pub(super) fn charge_deliveries(&mut self, conn: ConnId, cost: u64, now: Millis) {
        if let Some(entry) = self.connections.get(&conn)
            && entry.is_paced
        {
            self.pace.charge_deliveries(entry.remote.ip(), cost, now);
        }
    }

    /// Whether one more of this address would keep the others waiting. This computer is exempt: whoever is
    /// here can do worse.
    fn is_crowding(&self, remote: IpAddr) -> bool {
        self.waiting.has_share(remote) && !is_this_computer(remote, &self.addresses)
    }

    fn rank(&self) -> Vec<Address> {
        rank(
            &self.addresses,
            self.port
                .listening()
                .map_or(&[], |listening| &listening.bind),
        )
    }

    /// Answers a request, or asks the hub.
    fn handle_request(&mut self, conn: ConnId, head: Head, now: Millis) {
        let is_full = self.connections.len() > self.limits.connections as usize;
        let hosts = self
            .port
            .listening()
            .map_or(&[][..], |listening| &listening.hosts);
        let Some(entry) = self.connections.get_mut(&conn) else {
            return;
        };
        let connection = &mut entry.connection;
        if !admits_host(&head.authority, entry.local, &self.addresses, hosts) {
            return connection.answer(error(421), now);
        }
        match &head.wish {
            Wish::Page { .. } if is_full => connection.answer(error(503), now),
            Wish::Page { method, known } => {
                connection.answer(self.site.answer(*method, head.path(), known), now);
            }
            Wish::Upgrade(_) if self.hub == Hub::Gone => connection.answer(error(503), now),
            Wish::Upgrade(upgrade) => {
                connection.ask(upgrade.clone());
                let (remote, protocols) = (entry.remote, upgrade.protocols.clone());
                let Head {
                    target: path,
                    host,
                    origin,
                    ..
                } = head;
                self.report(Report::Asked {
                    conn,
                    remote,
                    path,
                    host,
                    origin,
                    protocols,
                });
            }
        }
    }

    fn report_counters(&mut self, changed: &[ConnId]) {
        let mut counters = Vec::with_capacity(changed.len());
        for conn in changed {
            let Some(entry) = self.connections.get_mut(conn) else {
                continue;
            };
            entry.is_tallied = false;
            let current = entry.counters();
            if entry.connection.is_open() && entry.told != current {
                entry.told = current;
                counters.push(current);
            }
        }
        if !counters.is_empty() {
            self.report(Report::Counters { counters });
        }
    }
}

/// Puts a connection with something new to write on the list, once.
pub(super) fn mark(dirty: &mut VecDeque<ConnId>, conn: ConnId, entry: &mut Entry) {
    if entry.connection.take_news() && !std::mem::replace(&mut entry.is_dirty, true) {
        dirty.push_back(conn);
    }
}

/// Notes that a connection's counters changed, once.
pub(super) fn note(tally: &mut Tally, conn: ConnId, entry: &mut Entry, now: Millis) {
    if !std::mem::replace(&mut entry.is_tallied, true) {
        tally.note(conn, now);
    }
}

/// IPv4 as IPv4, also where a dual-stack socket says it in IPv6.
pub(super) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}
