//! An executor with sockets that are buffers.

use broadcaster::Millis;
use broadcaster::address::{Address, Medium};
use broadcaster::executor::{Executor, Output};
use broadcaster::limits::Limits;
use broadcaster::link::{Command, ConnId, Report};
use std::collections::BTreeMap;
use std::net::SocketAddr;

pub(crate) const PORT: u16 = 9999;
pub(crate) const LOCAL: &str = "192.168.1.5:9999";
pub(crate) const HANDSHAKE: &[u8] = b"GET /room HTTP/1.1\r\nHost: 192.168.1.5:9999\r\n\
    Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// An executor that listens.
pub(crate) struct Rig {
    pub(crate) executor: Executor,
    pub(crate) now: Millis,
    pub(crate) reports: Vec<Report>,
    pub(crate) sockets: BTreeMap<ConnId, Socket>,
    pub(crate) wait: Option<Millis>,
}

/// One accepted socket.
#[derive(Debug, Default)]
pub(crate) struct Socket {
    pub(crate) written: Vec<u8>,
    pub(crate) is_finished: bool,
    pub(crate) is_dropped: bool,
}

impl Rig {
    pub(crate) fn new() -> Self {
        let mut rig = Self {
            executor: Executor::new(),
            now: Millis(1000),
            reports: Vec::new(),
            sockets: BTreeMap::new(),
            wait: None,
        };
        let own = Address {
            ip: [192, 168, 1, 5].into(),
            prefix: 24,
            interface: "eth0".into(),
            medium: Medium::Wired,
            default_route: true,
        };
        rig.executor.handle_addresses(vec![own], rig.now);
        rig.command(Command::Site {
            path: "/".into(),
            content_type: "text/html".into(),
            etag: "1".into(),
            body: "<!doctype html>".into(),
        });
        rig.command(listen());
        rig.reports.clear();
        rig
    }

    pub(crate) fn accept(&mut self, host: u8) -> Option<ConnId> {
        let remote = SocketAddr::from(([192, 168, 1, host], 50_000));
        let local = LOCAL.parse().expect("an address");
        let conn = self.executor.handle_accepted(remote, local, self.now)?;
        self.sockets.insert(conn, Socket::default());
        self.run();
        Some(conn)
    }

    pub(crate) fn command(&mut self, command: Command) {
        self.executor.handle_command(command, self.now);
        self.run();
    }

    pub(crate) fn receive(&mut self, conn: ConnId, bytes: &[u8]) {
        if !bytes.is_empty()
            && self
                .sockets
                .get(&conn)
                .is_some_and(|socket| !socket.is_dropped)
        {
            self.executor.handle_received(conn, bytes, self.now);
            self.run();
        }
    }

    /// Moves time on, stopping at each deadline on the way.
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

    pub(crate) fn run(&mut self) {
        loop {
            match self.executor.poll_output() {
                Output::Report(report) => self.reports.push(report),
                Output::Write(conn) => self.write(conn),
                Output::Finish(conn) => {
                    let socket = self.socket(conn);
                    assert!(
                        !std::mem::replace(&mut socket.is_finished, true),
                        "finished once"
                    );
                }
                Output::Drop(conn) => {
                    let socket = self.socket(conn);
                    assert!(
                        !std::mem::replace(&mut socket.is_dropped, true),
                        "dropped once"
                    );
                }
                Output::Listen { .. } => self.executor.handle_listening(PORT, self.now),
                Output::StopListening | Output::Datagrams(_) => {}
                Output::Wait(until) => {
                    self.wait = until;
                    return;
                }
            }
        }
    }

    fn write(&mut self, conn: ConnId) {
        let queued: Vec<u8> = self.executor.queued(conn).flatten().copied().collect();
        let socket = self.socket(conn);
        assert!(!socket.is_finished, "nothing is written to a shut half");
        socket.written.extend_from_slice(&queued);
        if !queued.is_empty() {
            self.executor.handle_written(conn, queued.len(), self.now);
        }
    }

    fn socket(&mut self, conn: ConnId) -> &mut Socket {
        let socket = self.sockets.get_mut(&conn).expect("it was accepted");
        assert!(!socket.is_dropped, "{conn:?} is dead");
        socket
    }
}

pub(crate) fn listen() -> Command {
    let (bind, hosts, allow) = (Vec::new(), Vec::new(), Vec::new());
    Command::Listen {
        port: PORT,
        bind,
        limits: Limits::default(),
        hosts,
        allow,
        stun: true,
    }
}
