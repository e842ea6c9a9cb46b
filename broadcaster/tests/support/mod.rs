//! Two ends under virtual time: an executor whose sockets are buffers, and tungstenite clients over
//! them.
#![allow(dead_code, reason = "each test uses its part")]

use broadcaster::Millis;
use broadcaster::address::{Address, Medium};
use broadcaster::executor::{Executor, Output};
use broadcaster::limits::Limits;
use broadcaster::link::{Command, ConnId, GroupId, Report};
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use tungstenite::protocol::{CloseFrame, Role, WebSocketContext};
use tungstenite::{Error, Message};

pub(crate) const PORT: u16 = 9999;
pub(crate) const ALL: GroupId = GroupId(1);
pub(crate) const HANDSHAKE: &str = "GET /room HTTP/1.1\r\nHost: 192.168.1.5:9999\r\n\
    Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// The executor with its sockets and its hub's notes.
pub(crate) struct Rig {
    pub(crate) executor: Executor,
    pub(crate) now: Millis,
    /// Reports in their order; tests take what they have looked at.
    pub(crate) reports: Vec<Report>,
    pub(crate) sockets: BTreeMap<ConnId, Socket>,
    /// What was asked of the listening sockets.
    pub(crate) listening: Vec<Output>,
    pub(crate) wait: Option<Millis>,
    /// Answers `Listen` at once with this port.
    pub(crate) opens: Option<u16>,
}

/// One accepted socket, seen from its peer.
#[derive(Debug, Default)]
pub(crate) struct Socket {
    /// Written by the executor, not yet taken by the peer.
    pub(crate) bytes: Vec<u8>,
    pub(crate) state: SocketState,
    /// How many bytes fit in before the peer reads; `None` for any number.
    pub(crate) room: Option<usize>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SocketState {
    #[default]
    Open,
    /// The executor has shut its half.
    Finished,
    Dropped,
}

impl Rig {
    pub(crate) fn new(limits: Limits) -> Self {
        let mut rig = Self {
            executor: Executor::new(),
            now: Millis(1000),
            reports: Vec::new(),
            sockets: BTreeMap::new(),
            listening: Vec::new(),
            wait: None,
            opens: Some(PORT),
        };
        rig.executor
            .handle_addresses(vec![lan_address("192.168.1.5")], rig.now);
        rig.command(listen(limits));
        rig.reports.clear();
        rig.listening.clear();
        rig
    }

    pub(crate) fn command(&mut self, command: Command) {
        self.executor.handle_command(command, self.now);
        self.run();
    }

    /// Does what the executor asks for, until it waits.
    pub(crate) fn run(&mut self) {
        loop {
            match self.executor.poll_output() {
                Output::Report(report) => self.reports.push(report),
                Output::Write(conn) => self.write(conn),
                Output::Finish(conn) => {
                    let socket = self.sockets.get_mut(&conn).expect("it was accepted");
                    assert_eq!(socket.state, SocketState::Open, "finished once");
                    socket.state = SocketState::Finished;
                }
                Output::Drop(conn) => {
                    let socket = self.sockets.get_mut(&conn).expect("it was accepted");
                    assert_ne!(socket.state, SocketState::Dropped, "dropped once");
                    socket.state = SocketState::Dropped;
                }
                output @ (Output::Listen { .. } | Output::StopListening | Output::Datagrams(_)) => {
                    if let (Output::Listen { .. }, Some(port)) = (&output, self.opens) {
                        self.executor.handle_listening(port, self.now);
                    }
                    self.listening.push(output);
                }
                Output::Wait(until) => {
                    self.wait = until;
                    return;
                }
            }
        }
    }

    /// Moves queued bytes into the socket, as far as there is room.
    pub(crate) fn write(&mut self, conn: ConnId) {
        let socket = self.sockets.get_mut(&conn).expect("it was accepted");
        let queued: Vec<u8> = self.executor.queued(conn).flatten().copied().collect();
        let room = socket
            .room
            .map_or(usize::MAX, |room| room.saturating_sub(socket.bytes.len()));
        let written = &queued[..queued.len().min(room)];
        socket.bytes.extend_from_slice(written);
        if !written.is_empty() {
            self.executor.handle_written(conn, written.len(), self.now);
        }
    }

    /// How many bytes fit into the socket before the peer reads; `None` for any number.
    pub(crate) fn set_room(&mut self, conn: ConnId, room: Option<usize>) {
        self.sockets.get_mut(&conn).expect("it was accepted").room = room;
    }

    pub(crate) fn accept_from(&mut self, remote: &str) -> Option<ConnId> {
        let local: SocketAddr = "192.168.1.5:9999".parse().expect("an address");
        let remote = remote.parse().expect("an address");
        let conn = self.executor.handle_accepted(remote, local, self.now)?;
        self.sockets.insert(conn, Socket::default());
        self.run();
        Some(conn)
    }

    pub(crate) fn accept(&mut self) -> ConnId {
        self.accept_from("192.168.1.23:50000").expect("accepted")
    }

    pub(crate) fn receive(&mut self, conn: ConnId, bytes: &[u8]) {
        self.executor.handle_received(conn, bytes, self.now);
        self.run();
    }

    pub(crate) fn end(&mut self, conn: ConnId) {
        self.executor.handle_ended(conn, self.now);
        self.run();
    }

    /// Moves time on by `span`, stopping at each deadline on the way.
    pub(crate) fn pass(&mut self, span: Millis) {
        let end = self.now + span;
        while let Some(at) = self.wait.filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.executor.handle_timeout(self.now);
            self.run();
            assert!(
                self.wait.is_none_or(|next| next > self.now),
                "a deadline is met once"
            );
        }
        self.now = end;
    }

    /// A member of [`ALL`].
    pub(crate) fn member(&mut self) -> Client {
        let conn = self.accept();
        self.receive(conn, HANDSHAKE.as_bytes());
        assert!(
            matches!(self.reports.pop(), Some(Report::Asked { conn: asked, .. }) if asked == conn)
        );
        self.command(Command::Admit {
            conn,
            protocol: None,
            groups: vec![ALL],
        });
        let head = self.take(conn);
        assert!(head.starts_with(b"HTTP/1.1 101 ") && head.ends_with(b"\r\n\r\n"));
        Client::new(conn)
    }

    /// What was written to the peer so far.
    pub(crate) fn take(&mut self, conn: ConnId) -> Vec<u8> {
        std::mem::take(&mut self.sockets.get_mut(&conn).expect("it was accepted").bytes)
    }

    /// What was written to the peer, as an HTTP answer's status, head and content.
    pub(crate) fn take_answer(&mut self, conn: ConnId) -> (u16, String, String) {
        let text = String::from_utf8(self.take(conn)).expect("text");
        let (head, body) = text.split_once("\r\n\r\n").expect("an HTTP answer");
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        (status.expect("a status"), head.to_owned(), body.to_owned())
    }

    pub(crate) fn state(&self, conn: ConnId) -> SocketState {
        self.sockets[&conn].state
    }

    pub(crate) fn send_to_all(&mut self, payload: impl Into<broadcaster::Payload>) {
        let payload = payload.into();
        self.command(Command::Send {
            group: Some(ALL),
            conn: None,
            except: None,
            payload,
        });
    }

    /// Takes the reports.
    pub(crate) fn take_reports(&mut self) -> Vec<Report> {
        std::mem::take(&mut self.reports)
    }

    /// Takes the reports but those of counters.
    pub(crate) fn take_events(&mut self) -> Vec<Report> {
        let mut reports = self.take_reports();
        reports.retain(|report| !matches!(report, Report::Counters { .. }));
        reports
    }
}

pub(crate) fn listen(limits: Limits) -> Command {
    let (bind, hosts, allow) = (Vec::new(), Vec::new(), Vec::new());
    Command::Listen {
        port: PORT,
        bind,
        limits,
        hosts,
        allow,
        stun: false,
    }
}

pub(crate) fn lan_address(ip: &str) -> Address {
    Address {
        ip: ip.parse().expect("an address"),
        prefix: 24,
        interface: "eth0".into(),
        medium: Medium::Wired,
        default_route: true,
    }
}

/// The other end: a client that speaks the protocol by the book.
pub(crate) struct Client {
    pub(crate) conn: ConnId,
    context: WebSocketContext,
    wire: Wire,
}

#[derive(Default)]
struct Wire {
    input: io::Cursor<Vec<u8>>,
    output: Vec<u8>,
}

impl Client {
    fn new(conn: ConnId) -> Self {
        let context = WebSocketContext::new(Role::Client, None);
        Self {
            conn,
            context,
            wire: Wire::default(),
        }
    }

    pub(crate) fn send(&mut self, rig: &mut Rig, message: Message) {
        self.context
            .write(&mut self.wire, message)
            .expect("may be sent");
        self.flush(rig);
    }

    pub(crate) fn close(&mut self, rig: &mut Rig, close: Option<CloseFrame>) {
        self.context
            .close(&mut self.wire, close)
            .expect("may be sent");
        self.flush(rig);
    }

    /// Reads everything that was written to it, answering as the protocol asks.
    pub(crate) fn read(&mut self, rig: &mut Rig) -> Vec<Message> {
        self.wire.input = io::Cursor::new(rig.take(self.conn));
        let mut messages = Vec::new();
        loop {
            match self.context.read(&mut self.wire) {
                Ok(message) => messages.push(message),
                Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(Error::ConnectionClosed) => break,
                Err(error) => panic!("the executor broke the protocol: {error}"),
            }
        }
        self.flush(rig);
        messages
    }

    /// Encodes messages without sending them.
    pub(crate) fn encode(&mut self, messages: &[Message]) -> Vec<u8> {
        for message in messages {
            self.context
                .write(&mut self.wire, message.clone())
                .expect("may be sent");
        }
        self.context.flush(&mut self.wire).expect("may be sent");
        std::mem::take(&mut self.wire.output)
    }

    fn flush(&mut self, rig: &mut Rig) {
        match self.context.flush(&mut self.wire) {
            Ok(()) | Err(Error::ConnectionClosed | Error::AlreadyClosed) => {}
            Err(error) => panic!("{error}"),
        }
        let bytes = std::mem::take(&mut self.wire.output);
        if !bytes.is_empty() {
            rig.receive(self.conn, &bytes);
        }
    }
}

impl Read for Wire {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.input.read(into) {
            Ok(0) => Err(io::ErrorKind::WouldBlock.into()),
            read => read,
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A client's frame, masked with zeros, which changes nothing and is a mask all the same.
pub(crate) fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = payload.len();
    let mut frame = match length {
        0..126 => vec![first, 0x80 | length as u8],
        126..0x1_0000 => [&[first, 0xfe][..], &(length as u16).to_be_bytes()].concat(),
        _ => [&[first, 0xff][..], &(length as u64).to_be_bytes()].concat(),
    };
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(payload);
    frame
}
