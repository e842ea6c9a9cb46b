//! A whole broadcaster in one process under virtual time: the sharing session with its hub, the link as a
//! text carrier, a companion of link and executor, and tungstenite clients over sockets that are buffers.
#![allow(dead_code, reason = "each test uses its part")]

use broadcaster::Millis;
use broadcaster::address::{Address, Medium};
use broadcaster::executor::{self, Executor};
use broadcaster::hub::Mode;
use broadcaster::limits::{LINK_MESSAGE_BYTES, LINK_WINDOW_BYTES};
use broadcaster::link::{Command, ConnId, Link, Report, VERSION};
use broadcaster::sharing::{self, BrowserSession, Memory, Settings, Setup, Sharing, SiteFile};
use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Read, Write};
use tungstenite::protocol::{Role, WebSocketContext};
use tungstenite::{Error, Message};

pub(crate) const PORT: u16 = 9999;

pub(crate) struct Whole {
    pub(crate) sharing: Sharing,
    pub(crate) executor: Executor,
    companion: Link<Command, Report>,
    pub(crate) now: Millis,
    pub(crate) clients: BTreeMap<ConnId, Client>,
    /// Carrier messages under way in each direction.
    to_companion: VecDeque<String>,
    to_hub: VecDeque<String>,
    /// The most bytes that were ever under way towards the hub.
    pub(crate) most_to_hub: usize,
    /// Whether the hub's side takes nothing from the carrier now.
    pub(crate) is_hub_stalled: bool,
    pub(crate) is_connected: bool,
}

pub(crate) struct Client {
    context: WebSocketContext,
    socket: Buffers,
    /// What it was sent, and then the close code.
    pub(crate) inbox: Vec<Message>,
    /// Whether it reads.
    pub(crate) is_reading: bool,
    pub(crate) is_dropped: bool,
    is_upgraded: bool,
}

/// Both directions of one socket, seen from the client.
#[derive(Default)]
struct Buffers {
    incoming: VecDeque<u8>,
    outgoing: Vec<u8>,
}

impl Read for Buffers {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.incoming.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.incoming.read(to)
    }
}

impl Write for Buffers {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.outgoing.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Whole {
    pub(crate) fn new(site: Vec<SiteFile>) -> Self {
        let now = Millis(1000);
        let setup = Setup {
            settings: Settings::default(),
            memory: Memory::default(),
            session: BrowserSession::Same,
            site,
            extension_id: "abcdefghijklmnopabcdefghijklmnop".to_owned(),
            guests: None,
        };
        let mut whole = Self {
            sharing: Sharing::new(setup, now),
            executor: Executor::new(),
            companion: Link::new(),
            now,
            clients: BTreeMap::new(),
            to_companion: VecDeque::new(),
            to_hub: VecDeque::new(),
            most_to_hub: 0,
            is_hub_stalled: false,
            is_connected: false,
        };
        whole.executor.handle_addresses(vec![lan_address()], now);
        whole.sharing.handle_start(Mode::Open, now).unwrap();
        whole.run();
        whole
    }

    /// Lets everything happen that can without time passing.
    pub(crate) fn run(&mut self) {
        loop {
            let is_busy = [
                self.poll_sharing(),
                self.poll_executor(),
                self.carry_to_companion(),
                self.carry_to_hub(),
                self.poll_clients(),
            ];
            if !is_busy.contains(&true) {
                return;
            }
        }
    }

    /// Lets time pass.
    pub(crate) fn pass(&mut self, millis: u64) {
        self.now = self.now + Millis(millis);
        self.sharing.handle_timeout(self.now);
        self.executor.handle_timeout(self.now);
        self.run();
    }

    /// Opens a WebSocket from `remote`.
    pub(crate) fn open(&mut self, remote: &str, path: &str, protocol: Option<&str>) -> ConnId {
        let local = "192.168.1.5:9999".parse().unwrap();
        let remote = remote.parse().unwrap();
        let conn = self
            .executor
            .handle_accepted(remote, local, self.now)
            .expect("accepted");
        self.clients.insert(conn, Client::new());
        let protocol = protocol.map(|name| format!("Sec-WebSocket-Protocol: {name}\r\n"));
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: 192.168.1.5:9999\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{}\r\n",
            protocol.unwrap_or_default()
        );
        self.executor
            .handle_received(conn, request.as_bytes(), self.now);
        self.run();
        conn
    }

    /// Sends one HTTP request and gives the whole answer.
    pub(crate) fn get(&mut self, path: &str) -> Vec<u8> {
        let local = "192.168.1.5:9999".parse().unwrap();
        let remote = "192.168.1.77:5000".parse().unwrap();
        let conn = self
            .executor
            .handle_accepted(remote, local, self.now)
            .expect("accepted");
        let mut client = Client::new();
        client.is_reading = false;
        self.clients.insert(conn, client);
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: 192.168.1.5:9999\r\nConnection: close\r\n\r\n");
        self.executor
            .handle_received(conn, request.as_bytes(), self.now);
        self.run();
        self.clients.remove(&conn).unwrap().socket.incoming.into()
    }

    pub(crate) fn send(&mut self, conn: ConnId, message: Message) {
        self.send_later(conn, message);
        self.run();
    }

    /// Puts a message into the socket; [`run`](Self::run) takes it on.
    pub(crate) fn send_later(&mut self, conn: ConnId, message: Message) {
        let client = self.clients.get_mut(&conn).unwrap();
        client.context.write(&mut client.socket, message).unwrap();
        client.context.flush(&mut client.socket).unwrap();
    }

    pub(crate) fn take(&mut self, conn: ConnId) -> Vec<Message> {
        std::mem::take(&mut self.clients.get_mut(&conn).unwrap().inbox)
    }

    /// The companion reads its sockets only while its link is not congested.
    pub(crate) fn is_companion_congested(&self) -> bool {
        self.companion.is_congested()
    }

    fn poll_sharing(&mut self) -> bool {
        let mut is_busy = false;
        loop {
            match self.sharing.poll_output() {
                sharing::Output::Connect(_) => {
                    self.is_connected = true;
                    self.companion = Link::new();
                    self.companion.push(&Report::Hello {
                        version: VERSION,
                        build: "test".to_owned(),
                        os: "none".to_owned(),
                        addresses: Vec::new(),
                    });
                }
                sharing::Output::Send(text) => self.to_companion.push_back(text),
                sharing::Output::Disconnect => {
                    self.is_connected = false;
                    self.to_hub.clear();
                }
                sharing::Output::Wait(_) => return is_busy,
                sharing::Output::OpenDocument(_)
                | sharing::Output::DropApp
                | sharing::Output::CloseDocument
                | sharing::Output::Tell(_)
                | sharing::Output::Deliver(_)
                | sharing::Output::Dismiss
                | sharing::Output::State(_)
                | sharing::Output::Store(_)
                | sharing::Output::Event(_) => {}
            }
            is_busy = true;
        }
    }

    fn poll_executor(&mut self) -> bool {
        let mut is_busy = false;
        loop {
            match self.executor.poll_output() {
                executor::Output::Report(report) => self.companion.push(&report),
                executor::Output::Write(conn) => self.write(conn),
                executor::Output::Finish(_)
                | executor::Output::StopListening
                | executor::Output::Datagrams(_) => {}
                executor::Output::Drop(conn) => {
                    if let Some(client) = self.clients.get_mut(&conn) {
                        client.is_dropped = true;
                    }
                }
                executor::Output::Listen { .. } => self.executor.handle_listening(PORT, self.now),
                executor::Output::Wait(_) => break,
            }
            is_busy = true;
        }
        while let Some(text) = self.companion.poll_output() {
            assert!(text.len() <= LINK_MESSAGE_BYTES);
            self.to_hub.push_back(text);
            is_busy = true;
        }
        let under_way: usize = self.to_hub.iter().map(String::len).sum();
        // Grants and errors need no credit; there are few of them.
        assert!(
            under_way <= LINK_WINDOW_BYTES + 10_000,
            "{under_way} bytes under way"
        );
        self.most_to_hub = self.most_to_hub.max(under_way);
        is_busy
    }

    fn carry_to_companion(&mut self) -> bool {
        let Some(text) = self.to_companion.pop_front() else {
            return false;
        };
        for command in self.companion.handle_text(&text) {
            self.executor.handle_command(command, self.now);
        }
        self.companion.grant();
        true
    }

    fn carry_to_hub(&mut self) -> bool {
        if self.is_hub_stalled {
            return false;
        }
        let Some(text) = self.to_hub.pop_front() else {
            return false;
        };
        self.sharing.handle_text(&text, self.now);
        true
    }

    /// Moves what waits for a client into its socket, which holds 64 KiB until the client reads.
    fn write(&mut self, conn: ConnId) {
        let client = self.clients.get_mut(&conn).expect("it was accepted");
        let room = match client.is_reading || !client.is_upgraded {
            true => usize::MAX,
            false => 65_536usize.saturating_sub(client.socket.incoming.len()),
        };
        let before = client.socket.incoming.len();
        for bytes in self.executor.queued(conn) {
            let room = room - (client.socket.incoming.len() - before);
            client
                .socket
                .incoming
                .extend(&bytes[..bytes.len().min(room)]);
        }
        let written = client.socket.incoming.len() - before;
        if written > 0 {
            self.executor.handle_written(conn, written, self.now);
        }
    }

    fn poll_clients(&mut self) -> bool {
        let mut is_busy = false;
        for (conn, client) in &mut self.clients {
            client.read();
            if !client.socket.outgoing.is_empty() && !self.companion.is_congested() {
                let bytes: Vec<u8> = {
                    let len = client.socket.outgoing.len().min(65_536);
                    client.socket.outgoing.drain(..len).collect()
                };
                self.executor.handle_received(*conn, &bytes, self.now);
                is_busy = true;
            }
        }
        is_busy
    }
}

impl Client {
    fn new() -> Self {
        Self {
            context: WebSocketContext::new(Role::Client, None),
            socket: Buffers::default(),
            inbox: Vec::new(),
            is_reading: true,
            is_dropped: false,
            is_upgraded: false,
        }
    }

    fn read(&mut self) {
        if !self.is_reading {
            return;
        }
        if !self.is_upgraded {
            let bytes = self.socket.incoming.make_contiguous();
            let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
                return;
            };
            assert!(
                bytes.starts_with(b"HTTP/1.1 101 "),
                "{:?}",
                String::from_utf8_lossy(bytes)
            );
            self.socket.incoming.drain(..end + 4);
            self.is_upgraded = true;
        }
        loop {
            match self.context.read(&mut self.socket) {
                Ok(message) => self.inbox.push(message),
                Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(Error::ConnectionClosed | Error::AlreadyClosed) => return,
                Err(error) => panic!("{error}"),
            }
        }
    }
}

fn lan_address() -> Address {
    Address {
        ip: "192.168.1.5".parse().unwrap(),
        prefix: 24,
        interface: "eth0".to_owned(),
        medium: Medium::Wired,
        default_route: true,
    }
}
