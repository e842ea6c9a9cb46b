//! Hub and executor in one process, and tungstenite clients at the other end of wires made of memory.
#![allow(dead_code)] // each test uses a part of it

use broadcaster::Millis;
use broadcaster::address::{Address, Medium};
use broadcaster::executor::{self, Executor};
use broadcaster::hub::{self, Config, Hub, MemberId};
use broadcaster::limits::Limits;
use broadcaster::link::{Command, ConnId, Report};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use tungstenite::client::IntoClientRequest;
use tungstenite::handshake::client::Request;
use tungstenite::handshake::{HandshakeError, MidHandshake, client::ClientHandshake};
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::{Error, Message, WebSocket};

/// This computer's address on the LAN.
pub(crate) const LAN: &str = "192.168.1.5";
/// A neighbour's.
pub(crate) const OUTSIDE: &str = "192.168.1.23";

const NOW: Millis = Millis(1000);
const PORT: u16 = 9999;

pub(crate) struct Network {
    pub(crate) hub: Hub,
    /// What local members heard.
    pub(crate) locals: Vec<Value>,
    executor: Executor,
    wires: BTreeMap<ConnId, Wire>,
}

/// A client's end of its wire.
#[derive(Debug)]
pub(crate) struct Client {
    socket: RefCell<WebSocket<Wire>>,
    conn: ConnId,
}

/// Both directions of one connection.
#[derive(Debug, Clone, Default)]
struct Wire(Rc<RefCell<Ends>>);

#[derive(Debug, Default)]
struct Ends {
    to_executor: Vec<u8>,
    to_client: VecDeque<u8>,
    is_stalled: bool,
    is_finished: bool,
}

impl Network {
    pub(crate) fn new(config: Config) -> Self {
        let limits = config.limits;
        Self::of(Hub::new(config).unwrap(), limits)
    }

    pub(crate) fn of(hub: Hub, limits: Limits) -> Self {
        let mut network = Self {
            hub,
            locals: Vec::new(),
            executor: Executor::new(),
            wires: BTreeMap::new(),
        };
        network
            .executor
            .handle_addresses(vec![address(LAN, Medium::Wired)], NOW);
        network.command(Command::Listen {
            port: PORT,
            bind: Vec::new(),
            limits,
            hosts: Vec::new(),
            allow: Vec::new(),
            stun: false,
        });
        network
    }

    pub(crate) fn command(&mut self, command: Command) {
        self.executor.handle_command(command, NOW);
        self.settle();
    }

    /// Opens a WebSocket, or tells the status it was refused with.
    pub(crate) fn connect(
        &mut self,
        remote: &str,
        path: &str,
        protocol: Option<&str>,
    ) -> Result<Client, u16> {
        let mut request = request(path);
        if let Some(protocol) = protocol {
            let protocol = protocol.parse().unwrap();
            request
                .headers_mut()
                .insert("Sec-WebSocket-Protocol", protocol);
        }
        self.open(remote, request)
    }

    /// Opens a WebSocket as a page of this origin does.
    pub(crate) fn connect_from_page(&mut self, remote: &str, origin: &str) -> Result<Client, u16> {
        let mut request = request("/");
        request
            .headers_mut()
            .insert("Origin", origin.parse().unwrap());
        self.open(remote, request)
    }

    pub(crate) fn send(&mut self, client: &Client, message: Message) {
        client.socket.borrow_mut().send(message).unwrap();
        self.carry();
    }

    pub(crate) fn close(&mut self, client: &Client) {
        client.socket.borrow_mut().close(None).unwrap();
        self.carry();
    }

    /// Everything that arrived at a client since the last call.
    pub(crate) fn read(&mut self, client: &Client) -> Vec<Message> {
        let mut socket = client.socket.borrow_mut();
        let mut messages = Vec::new();
        loop {
            match socket.read() {
                Ok(message) => messages.push(message),
                Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => return messages,
                Err(Error::ConnectionClosed) => return messages,
                Err(error) => panic!("{error}"),
            }
        }
    }

    pub(crate) fn read_json(&mut self, client: &Client) -> Vec<Value> {
        let messages = self.read(client).into_iter();
        messages
            .map(|message| serde_json::from_str(message.to_text().unwrap()).unwrap())
            .collect()
    }

    /// The code of the Close frame at the end of what arrived.
    pub(crate) fn read_close(&mut self, client: &Client) -> Option<CloseCode> {
        match self.read(client).pop() {
            Some(Message::Close(Some(frame))) => Some(frame.code),
            other => panic!("no Close frame but {other:?}"),
        }
    }

    /// Lets a client's network take nothing more.
    pub(crate) fn stall(&mut self, client: &Client) {
        self.wires[&client.conn].0.borrow_mut().is_stalled = true;
    }

    pub(crate) fn join_local(&mut self, room: &str) -> MemberId {
        let member = self.hub.handle_local_joined(room, NOW);
        self.settle();
        member
    }

    pub(crate) fn send_local(&mut self, member: MemberId, text: &str) {
        self.hub.handle_local_message(member, text, NOW);
        self.settle();
    }

    fn open(&mut self, remote: &str, request: Request) -> Result<Client, u16> {
        let remote = SocketAddr::new(remote.parse().unwrap(), 40_000);
        let local = SocketAddr::new(LAN.parse().unwrap(), PORT);
        let conn = self.executor.handle_accepted(remote, local, NOW).unwrap();
        let wire = Wire::default();
        self.wires.insert(conn, wire.clone());
        let mut handshake: MidHandshake<_> = ClientHandshake::start(wire, request, None).unwrap();
        loop {
            match handshake.handshake() {
                Ok((socket, _)) => {
                    let socket = RefCell::new(socket);
                    return Ok(Client { socket, conn });
                }
                Err(HandshakeError::Failure(Error::Http(response))) => {
                    return Err(response.status().as_u16());
                }
                Err(HandshakeError::Failure(error)) => panic!("{error}"),
                Err(HandshakeError::Interrupted(unfinished)) => handshake = unfinished,
            }
            self.carry();
        }
    }

    /// Carries what clients wrote to the executor.
    fn carry(&mut self) {
        for (conn, wire) in self.wires.clone() {
            let bytes = std::mem::take(&mut wire.0.borrow_mut().to_executor);
            if !bytes.is_empty() {
                self.executor.handle_received(conn, &bytes, NOW);
                self.settle();
            }
        }
    }

    /// Lets executor and hub talk until both have nothing more to say.
    pub(crate) fn settle(&mut self) {
        let mut reports = VecDeque::new();
        loop {
            self.drain_hub();
            self.drain_executor(&mut reports);
            let Some(report) = reports.pop_front() else {
                return;
            };
            self.hub.handle_report(report, NOW);
        }
    }

    fn drain_hub(&mut self) {
        loop {
            match self.hub.poll_output() {
                hub::Output::Command(command) => self.executor.handle_command(command, NOW),
                hub::Output::Deliver { text, .. } => {
                    self.locals.push(serde_json::from_str(&text).unwrap());
                }
                hub::Output::Event(_) => {}
                hub::Output::Wait(_) => return,
            }
        }
    }

    fn drain_executor(&mut self, reports: &mut VecDeque<Report>) {
        loop {
            match self.executor.poll_output() {
                executor::Output::Report(report) => reports.push_back(report),
                executor::Output::Listen { port, .. } => self.executor.handle_listening(port, NOW),
                executor::Output::StopListening | executor::Output::Datagrams(_) => {}
                executor::Output::Write(conn) => self.write(conn),
                executor::Output::Finish(conn) => self.finish(conn),
                executor::Output::Drop(conn) => {
                    self.finish(conn);
                    self.wires.remove(&conn);
                }
                executor::Output::Wait(_) => return,
            }
        }
    }

    fn write(&mut self, conn: ConnId) {
        let mut ends = self.wires[&conn].0.borrow_mut();
        if ends.is_stalled {
            return;
        }
        let bytes: Vec<u8> = self.executor.queued(conn).flatten().copied().collect();
        ends.to_client.extend(&bytes);
        drop(ends);
        self.executor.handle_written(conn, bytes.len(), NOW);
    }

    fn finish(&mut self, conn: ConnId) {
        self.wires[&conn].0.borrow_mut().is_finished = true;
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut ends = self.0.borrow_mut();
        if ends.to_client.is_empty() && !ends.is_finished {
            return Err(ErrorKind::WouldBlock.into());
        }
        ends.to_client.read(buffer)
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().to_executor.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn request(path: &str) -> Request {
    let url = format!("ws://{LAN}:{PORT}{path}");
    url.into_client_request().unwrap()
}

fn address(ip: &str, medium: Medium) -> Address {
    Address {
        ip: ip.parse::<IpAddr>().unwrap(),
        prefix: 24,
        interface: "eth0".to_owned(),
        medium,
        default_route: true,
    }
}
