//! What a turn works on: the executor, the link and the sockets. Starts tasks where the executor wants
//! something that takes time; never awaits.

use crate::chunk::LastChunk;
use crate::driver::Driver;
use crate::listen::{Datagrams, Port};
use crate::socket::{Sending, Socket};
use crate::status::{Phase, Status};
use broadcaster::Millis;
use broadcaster::executor::{Executor, Output};
use broadcaster::link::{Companion, ConnId, Outcome};
use std::collections::HashMap;
use std::mem;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use web::sockets::Connection;

/// The value behind a [`Driver`].
pub(crate) struct Engine {
    pub(crate) executor: Executor,
    pub(crate) companion: Companion,
    pub(crate) sockets: HashMap<ConnId, Socket>,
    pub(crate) port: Port,
    pub(crate) datagrams: Datagrams,
    /// Connections with something to write, for the next flush.
    pub(crate) noted: Vec<ConnId>,
    /// Bytes read since the last flush.
    unflushed: usize,
    last_chunk: LastChunk,
    status: Status,
}

impl Engine {
    pub(crate) fn new(build: &str) -> Self {
        Self {
            executor: Executor::new(),
            companion: Companion::new(build, "direct-sockets", Vec::new()),
            sockets: HashMap::new(),
            port: Port::default(),
            datagrams: Datagrams::default(),
            noted: Vec::new(),
            unflushed: 0,
            last_chunk: LastChunk::default(),
            status: Status::default(),
        }
    }

    /// The time on the executor's clock.
    #[allow(clippy::unused_self, reason = "the clock is the page's")]
    pub(crate) fn now(&self) -> Millis {
        Millis(web::clock::now())
    }

    pub(crate) fn status(&self) -> Status {
        Status {
            connections: self.sockets.len(),
            ..self.status.clone()
        }
    }

    pub(crate) fn set_phase(&mut self, phase: Phase) {
        self.status.phase = phase;
    }

    /// Whether the session has ended, and every connection with it.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.status.phase, Phase::Ended | Phase::Absent) && self.sockets.is_empty()
    }

    /// Takes a message from the extension. Its first word begins the session.
    pub(crate) fn hear(&mut self, text: &str) {
        if self.status.phase == Phase::Waiting {
            self.status.phase = Phase::Ready;
        }
        if self.companion.handle_text(text).is_some() {
            let detail = "the app keeps no copies: a page of its own has no folder".to_owned();
            self.companion.handle_outcome(Outcome::Failed { detail });
        }
    }

    /// The next message for the extension. Not even a greeting before its first: nobody would hear it.
    pub(crate) fn poll_text(&mut self) -> Option<String> {
        match self.status.phase {
            Phase::Waiting => None,
            Phase::Ready
            | Phase::Listening
            | Phase::Taken
            | Phase::Failed
            | Phase::Ended
            | Phase::Absent => self.companion.poll_text(),
        }
    }

    /// Takes a connection in, or closes it where the executor does not want it.
    pub(crate) fn accept(&mut self, driver: &Driver, connection: Connection) {
        let Connection {
            remote,
            local,
            receiving,
            sending,
        } = connection;
        let local = local.unwrap_or_else(|| self.likely_local(remote));
        if let Some(conn) = self.executor.handle_accepted(remote, local, self.now()) {
            self.sockets
                .insert(conn, Socket::open(driver, conn, receiving, sending));
        }
    }

    /// Takes what came from a connection; `None` for its end. False when there is no more to come.
    pub(crate) fn receive(&mut self, conn: ConnId, bytes: Option<&[u8]>) -> bool {
        let now = self.now();
        if !self.sockets.contains_key(&conn) {
            return false;
        }
        match bytes {
            Some(bytes) => {
                self.unflushed += bytes.len();
                self.executor.handle_received(conn, bytes, now);
            }
            None => self.executor.handle_ended(conn, now),
        }
        bytes.is_some()
    }

    /// Does what the executor wants until it waits; ends each turn.
    pub(crate) fn settle(&mut self, driver: &Driver) {
        let now = self.now();
        loop {
            while let Some(command) = self.companion.poll_command() {
                self.status.note_command(&command);
                self.executor.handle_command(command, now);
            }
            match self.executor.poll_output() {
                Output::Report(report) => {
                    self.status.note_report(&report);
                    self.companion.handle_report(&report);
                }
                Output::Write(conn) => self.note(conn),
                Output::Finish(conn) => self.finish(conn),
                Output::Drop(conn) => drop(self.sockets.remove(&conn)),
                Output::Listen { port, bind } => self.listen(driver, port, bind),
                Output::StopListening => self.port.close(),
                Output::Datagrams(wanted) => self.open_datagrams(driver, &wanted),
                // Time is told by the page's ticks.
                Output::Wait(_) => return,
            }
        }
    }

    /// Whether so much was read that writing should not wait for the other readers.
    pub(crate) fn is_flush_due(&self) -> bool {
        self.unflushed >= FLUSH_BYTES
    }

    /// Writes to every connection noted.
    pub(crate) fn flush(&mut self, driver: &Driver) {
        self.unflushed = 0;
        for conn in mem::take(&mut self.noted) {
            self.write(driver, conn);
        }
        self.last_chunk = LastChunk::default();
    }

    /// Writes what is queued for a connection, unless a write is under way, after which this is asked again.
    pub(crate) fn write(&mut self, driver: &Driver, conn: ConnId) {
        let now = self.now();
        let Some(socket) = self.sockets.get_mut(&conn) else {
            return;
        };
        // Chromium 156 loses a chunk that is written while the stream's pipe is exactly full, and says that
        // it was written. The executor sees to it that the pipe never is.
        let parts = self.executor.next_chunk(conn, WRITE_BYTES, now);
        let Some(chunk) = self.last_chunk.of(parts) else {
            return socket.sent_all();
        };
        socket.send(driver, conn, chunk);
    }

    /// A write has ended.
    pub(crate) fn handle_sent(&mut self, driver: &Driver, conn: ConnId, sent: Option<usize>) {
        let now = self.now();
        if !self.sockets.contains_key(&conn) {
            return;
        }
        match sent {
            Some(count) => {
                self.executor.handle_written(conn, count, now);
                self.write(driver, conn);
            }
            None => self.executor.handle_ended(conn, now),
        }
    }

    /// Where the browser does not say to which address somebody came: the best one that the extension
    /// knows of for this protocol.
    fn likely_local(&self, remote: SocketAddr) -> SocketAddr {
        let port = self.status.port.unwrap_or_default();
        if remote.ip().is_loopback() {
            return SocketAddr::new(remote.ip(), port);
        }
        let known = self.status.addresses.iter();
        let best = known
            .filter_map(|text| text.parse().ok())
            .find(|ip: &IpAddr| ip.is_ipv4() == remote.is_ipv4());
        SocketAddr::new(best.unwrap_or(Ipv4Addr::UNSPECIFIED.into()), port)
    }

    fn note(&mut self, conn: ConnId) {
        if let Some(socket) = self.sockets.get_mut(&conn)
            && socket.sending == Sending::Idle
        {
            socket.sending = Sending::Noted;
            self.noted.push(conn);
        }
    }

    fn finish(&mut self, conn: ConnId) {
        if let Some(socket) = self.sockets.get_mut(&conn) {
            socket.finish();
        }
    }
}

/// Bytes read from all connections after which what they caused is written; see the native companion.
const FLUSH_BYTES: usize = 128 * 1024;
/// Bytes given to one write, where a frame is not longer: what a stream takes at once.
const WRITE_BYTES: usize = 256 * 1024;
