//! What a turn works on: the executor, its decider and the sockets. Starts tasks where the executor
//! wants something that takes time; never awaits.

use super::Driver;
use super::accept::Port;
use super::datagrams::Datagrams;
use super::decider::Decider;
use super::socket::{Sending, Socket, Written};
use broadcaster::Millis;
use broadcaster::executor::{Executor, Output};
use broadcaster::link::ConnId;
use std::collections::HashMap;
use std::io::ErrorKind;
use std::mem;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::Instant;

/// The value behind a [`Driver`].
#[derive(Debug)]
pub(super) struct Engine<D> {
    pub(super) executor: Executor,
    pub(super) decider: D,
    pub(super) sockets: HashMap<ConnId, Socket>,
    pub(super) port: Port,
    pub(super) datagrams: Datagrams,
    /// When the executor or the decider wants to be told the time.
    pub(super) deadline: Option<Millis>,
    /// Connections with something to write, for the next flush.
    pub(super) noted: Vec<ConnId>,
    /// Bytes read since the last flush.
    unflushed: usize,
    /// What sockets are read into: one for all, since a turn handles all that was read.
    buffer: Box<[u8]>,
    started: Instant,
}

/// What reading a socket found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    /// Bytes, which are handled, or nothing for now.
    Open,
    /// The end of the input, or of the connection.
    Ended,
}

impl<D: Decider> Engine<D> {
    pub(super) fn new(decider: D) -> Self {
        Self {
            executor: Executor::new(),
            decider,
            sockets: HashMap::new(),
            port: Port::default(),
            datagrams: Datagrams::default(),
            deadline: None,
            noted: Vec::new(),
            unflushed: 0,
            buffer: vec![0; READ_BYTES].into_boxed_slice(),
            started: Instant::now(),
        }
    }

    /// The time on the executor's clock.
    pub(super) fn now(&self) -> Millis {
        Millis(
            self.started
                .elapsed()
                .as_millis()
                .try_into()
                .unwrap_or(u64::MAX),
        )
    }

    /// The moment of a time on the executor's clock.
    pub(super) fn moment(&self, time: Millis) -> Instant {
        self.started + Duration::from_millis(time.0)
    }

    /// Takes a connection in, or closes it where the executor does not want it.
    pub(super) fn accept(&mut self, driver: &Driver<D>, stream: TcpStream, remote: SocketAddr) {
        let now = self.now();
        let Ok(local) = stream.local_addr() else {
            return;
        };
        if let Some(conn) = self.executor.handle_accepted(remote, local, now) {
            self.sockets
                .insert(conn, Socket::open(driver, conn, stream));
        }
    }

    /// Reads what the connection's socket has, up to so many bytes and a buffer full.
    pub(super) fn read(&mut self, conn: ConnId, bytes: usize) -> Read {
        let now = self.now();
        let Some(socket) = self.sockets.get(&conn) else {
            return Read::Ended;
        };
        let most = bytes.min(self.buffer.len());
        match socket.stream.try_read(&mut self.buffer[..most]) {
            Ok(count @ 1..) => {
                self.unflushed += count;
                self.executor
                    .handle_received(conn, &self.buffer[..count], now);
                Read::Open
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Read::Open,
            Ok(0) | Err(_) => {
                self.executor.handle_ended(conn, now);
                Read::Ended
            }
        }
    }

    /// Does what the executor wants until it waits; ends each turn.
    pub(super) fn settle(&mut self, driver: &Driver<D>) {
        let now = self.now();
        if self.decider.deadline().is_some_and(|due| due <= now) {
            self.decider.handle_timeout(now);
        }
        loop {
            while let Some(command) = self.decider.poll_command() {
                self.executor.handle_command(command, now);
            }
            match self.executor.poll_output() {
                Output::Report(report) => self.decider.handle_report(report, now),
                Output::Write(conn) => self.note(conn),
                Output::Finish(conn) => self.finish(conn),
                Output::Drop(conn) => drop(self.sockets.remove(&conn)),
                Output::Listen { port, bind } => self.listen(driver, port, bind),
                Output::StopListening => self.port.close(),
                Output::Datagrams(wanted) => self.open_datagrams(driver, &wanted),
                Output::Wait(deadline) => {
                    let deadlines = [deadline, self.decider.deadline()];
                    return self.deadline = deadlines.into_iter().flatten().min();
                }
            }
        }
    }

    /// Whether so much was read that writing should not wait for the other readers.
    pub(super) fn is_flush_due(&self) -> bool {
        self.unflushed >= FLUSH_BYTES
    }

    /// Writes to every connection noted.
    pub(super) fn flush(&mut self, driver: &Driver<D>) {
        self.unflushed = 0;
        let mut noted = mem::take(&mut self.noted);
        for conn in noted.drain(..) {
            self.write(driver, conn);
        }
        self.settle(driver);
        // Keeps the memory of the list for the next flush.
        noted.append(&mut self.noted);
        self.noted = noted;
    }

    /// Writes until nothing is queued or the socket takes no more; then a task waits for room.
    pub(super) fn write(&mut self, driver: &Driver<D>, conn: ConnId) {
        let now = self.now();
        while let Some(socket) = self.sockets.get_mut(&conn) {
            match socket.write(&self.executor, conn) {
                Written::Bytes(count) => self.executor.handle_written(conn, count, now),
                Written::Nothing => return socket.sending = Sending::Idle,
                Written::Full => return socket.wait_for_room(driver, conn),
                Written::Broken => {
                    socket.sending = Sending::Idle;
                    return self.executor.handle_ended(conn, now);
                }
            }
        }
    }

    fn note(&mut self, conn: ConnId) {
        if let Some(socket) = self.sockets.get_mut(&conn)
            && matches!(socket.sending, Sending::Idle)
        {
            socket.sending = Sending::Noted;
            self.noted.push(conn);
        }
    }

    fn finish(&self, conn: ConnId) {
        if let Some(socket) = self.sockets.get(&conn) {
            socket.finish();
        }
    }
}

/// Bytes read from a socket at once.
const READ_BYTES: usize = 128 * 1024;
/// Bytes read from all sockets after which what they caused is written, without waiting for the other
/// readers. Together with one buffer more, and grown by envelopes around the shortest messages, it
/// stays below a receiver's queue bound: many senders in one wake-up close nobody who keeps up.
const FLUSH_BYTES: usize = 128 * 1024;
