//! A companion that carries the hub's commands out on inboxes in place of sockets, and is strict: a
//! command that makes no sense fails the test.
#![allow(dead_code)] // each test uses a part of it

use broadcaster::address::{Address, Medium};
use broadcaster::envelope::PROTOCOL;
use broadcaster::hub::{Config, Event, Hub, MemberId, Mode, Output};
use broadcaster::link::{Command, ConnId, GroupId, Report};
use broadcaster::{Millis, Payload};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};

pub(crate) mod invited;

/// Messages that wait for a connection that does not read; one more closes it.
pub(crate) const QUEUE: usize = 3;
/// This computer's address on the LAN.
pub(crate) const LAN: &str = "192.168.1.5";
pub(crate) const NOW: Millis = Millis(1000);

pub(crate) struct Companion {
    pub(crate) hub: Hub,
    pub(crate) conns: BTreeMap<ConnId, Connection>,
    /// What each local member heard.
    pub(crate) locals: BTreeMap<MemberId, Vec<String>>,
    /// Since the test last took them.
    pub(crate) events: Vec<Event>,
    pub(crate) sends: usize,
    /// The time that the hub is told.
    pub(crate) now: Millis,
    /// When the hub wants to be told the time; never, in open mode.
    pub(crate) deadline: Option<Millis>,
    has_deadlines: bool,
    groups: BTreeMap<GroupId, BTreeSet<ConnId>>,
    /// Groups that had members and have none.
    gone: BTreeSet<GroupId>,
    reports: VecDeque<Report>,
    last_conn: u32,
}

#[derive(Debug, Default)]
pub(crate) struct Connection {
    pub(crate) state: State,
    pub(crate) inbox: Vec<Payload>,
    pub(crate) is_stalled: bool,
    waiting: usize,
}

#[derive(Debug, Default, PartialEq)]
pub(crate) enum State {
    #[default]
    Asking,
    Refused(u16),
    Member {
        protocol: Option<String>,
    },
    Closed(u16),
}

/// A request that is admitted, to be changed in one field.
pub(crate) struct Request<'a> {
    pub(crate) remote: &'a str,
    pub(crate) path: &'a str,
    pub(crate) origin: Option<&'a str>,
    pub(crate) protocols: &'a [&'a str],
}

pub(crate) const PLAIN: Request = Request {
    remote: "192.168.1.20",
    path: "/",
    origin: None,
    protocols: &[],
};

pub(crate) const ENVELOPED: Request = Request {
    protocols: &[PROTOCOL],
    ..PLAIN
};

pub(crate) fn open() -> Config {
    Config {
        mode: Mode::Open,
        ..Config::default()
    }
}

impl Companion {
    pub(crate) fn new(config: Config) -> Self {
        Self::of(Hub::new(config).unwrap())
    }

    pub(crate) fn of(hub: Hub) -> Self {
        let mut companion = Self {
            hub,
            conns: BTreeMap::new(),
            locals: BTreeMap::new(),
            events: Vec::new(),
            sends: 0,
            now: NOW,
            deadline: None,
            has_deadlines: false,
            groups: BTreeMap::new(),
            gone: BTreeSet::new(),
            reports: VecDeque::new(),
            last_conn: 0,
        };
        companion.report(Report::Listening {
            port: 9999,
            addresses: vec![
                address("127.0.0.1", Medium::Loopback),
                address(LAN, Medium::Wired),
            ],
        });
        companion
    }

    /// Lets a client ask for admission.
    pub(crate) fn ask(&mut self, request: Request) -> ConnId {
        self.last_conn += 1;
        let conn = ConnId(self.last_conn);
        self.conns.insert(conn, Connection::default());
        self.report(asked(conn, request));
        conn
    }

    /// Lets a member send a message.
    pub(crate) fn send(&mut self, conn: ConnId, payload: impl Into<Payload>) {
        let payload = payload.into();
        self.report(Report::Received { conn, payload });
    }

    /// Lets a connection end.
    pub(crate) fn end(&mut self, conn: ConnId, code: u16) {
        self.close(conn, code);
        self.settle();
    }

    /// Lets a connection read again.
    pub(crate) fn drain(&mut self, conn: ConnId) {
        let connection = self.conns.get_mut(&conn).unwrap();
        (connection.is_stalled, connection.waiting) = (false, 0);
    }

    pub(crate) fn join_local(&mut self, room: &str) -> MemberId {
        let member = self.hub.handle_local_joined(room, self.now);
        self.settle();
        member
    }

    pub(crate) fn send_local(&mut self, member: MemberId, text: &str) {
        self.hub.handle_local_message(member, text, self.now);
        self.settle();
    }

    pub(crate) fn leave_local(&mut self, member: MemberId) {
        self.hub.handle_local_left(member, self.now);
        self.settle();
    }

    /// Lets time pass, and the hub know of it.
    pub(crate) fn pass(&mut self, span: Millis) {
        self.now = self.now + span;
        self.hub.handle_timeout(self.now);
        self.settle();
    }

    /// Carries out what the hub wishes after a call of the test's own.
    pub(crate) fn settle(&mut self) {
        loop {
            match self.hub.poll_output() {
                Output::Command(command) => self.execute(command),
                Output::Deliver { member, text } => {
                    self.locals.entry(member).or_default().push(text);
                }
                Output::Event(event) => self.events.push(event),
                Output::Wait(deadline) => {
                    assert!(self.has_deadlines || deadline.is_none());
                    self.deadline = deadline;
                    let Some(report) = self.reports.pop_front() else {
                        return;
                    };
                    self.hub.handle_report(report, self.now);
                }
            }
        }
    }

    /// Dies; another one takes its place.
    pub(crate) fn crash(&mut self) {
        self.groups.clear();
        for connection in self.conns.values_mut() {
            connection.state = State::Closed(1006);
        }
        self.hub.handle_detached(NOW);
        self.settle();
    }

    pub(crate) fn report(&mut self, report: Report) {
        self.reports.push_back(report);
        self.settle();
    }

    /// Texts that arrived at this connection since the last call, as JSON.
    pub(crate) fn take_json(&mut self, conn: ConnId) -> Vec<serde_json::Value> {
        let inbox = std::mem::take(&mut self.conns.get_mut(&conn).unwrap().inbox);
        inbox.iter().map(to_json).collect()
    }

    /// Messages that arrived at this connection since the last call.
    pub(crate) fn take(&mut self, conn: ConnId) -> Vec<Payload> {
        std::mem::take(&mut self.conns.get_mut(&conn).unwrap().inbox)
    }

    /// What this local member heard since the last call.
    pub(crate) fn take_local(&mut self, member: MemberId) -> Vec<serde_json::Value> {
        let texts = std::mem::take(self.locals.entry(member).or_default());
        texts
            .iter()
            .map(|text| serde_json::from_str(text).unwrap())
            .collect()
    }

    fn execute(&mut self, command: Command) {
        match command {
            Command::Admit {
                conn,
                protocol,
                groups,
            } => {
                let connection = self.conns.get_mut(&conn).expect("asked");
                assert_eq!(connection.state, State::Asking);
                connection.state = State::Member { protocol };
                for group in groups {
                    assert!(!self.gone.contains(&group), "{group:?} is reused");
                    self.groups.entry(group).or_default().insert(conn);
                }
            }
            Command::Refuse { conn, status } => {
                let connection = self.conns.get_mut(&conn).expect("asked");
                assert_eq!(connection.state, State::Asking);
                connection.state = State::Refused(status);
            }
            Command::Close { conn, code, reason } => {
                assert!(reason.len() <= 123, "a Close frame has no room for it");
                self.close(conn, code);
            }
            Command::Send {
                group,
                conn,
                except,
                payload,
            } => {
                self.sends += 1;
                for conn in self.receivers(group, conn, except) {
                    self.push(conn, &payload);
                }
            }
            Command::Join { conn, group } => {
                let connection = &self.conns[&conn];
                assert!(matches!(connection.state, State::Member { .. }), "not open");
                assert!(!self.gone.contains(&group), "{group:?} is reused");
                let is_new = self.groups.entry(group).or_default().insert(conn);
                assert!(is_new, "in the group already");
            }
            Command::Leave { conn, group } => {
                let members = self.groups.get_mut(&group).expect("a group with members");
                assert!(members.remove(&conn), "not in the group");
                if members.is_empty() {
                    self.groups.remove(&group);
                    self.gone.insert(group);
                }
            }
            Command::Hello { .. }
            | Command::Site { .. }
            | Command::Listen { .. }
            | Command::Stop
            | Command::Addresses { .. }
            | Command::Copy(_)
            | Command::Error { .. } => panic!("not the hub's to command: {command:?}"),
        }
    }

    fn receivers(
        &self,
        group: Option<GroupId>,
        conn: Option<ConnId>,
        except: Option<ConnId>,
    ) -> Vec<ConnId> {
        let members = match (group, conn) {
            (Some(group), None) => self.groups.get(&group).cloned().unwrap_or_default(),
            (None, Some(conn)) => BTreeSet::from([conn]),
            (Some(_), Some(_)) | (None, None) => panic!("exactly one of group and conn"),
        };
        // While a closing is not reported, the hub counts the closed one in.
        if self.reports.is_empty() {
            assert!(
                except.is_none_or(|except| members.contains(&except)),
                "not in the group"
            );
            assert!(
                members.len() > usize::from(except.is_some()),
                "nobody to send to"
            );
        }
        members
            .into_iter()
            .filter(|&conn| Some(conn) != except)
            .collect()
    }

    fn push(&mut self, conn: ConnId, payload: &Payload) {
        let connection = self.conns.get_mut(&conn).expect("known");
        if !matches!(connection.state, State::Member { .. }) {
            return;
        }
        if connection.is_stalled && connection.waiting == QUEUE {
            self.close(conn, 1013);
        } else {
            connection.waiting += usize::from(connection.is_stalled);
            connection.inbox.push(payload.clone());
        }
    }

    fn close(&mut self, conn: ConnId, code: u16) {
        let connection = self.conns.get_mut(&conn).expect("known");
        connection.state = State::Closed(code);
        let Self { groups, gone, .. } = self;
        groups.retain(|group, members| {
            members.remove(&conn);
            if members.is_empty() {
                gone.insert(*group);
            }
            !members.is_empty()
        });
        self.reports.push_back(Report::Closed { conn, code });
    }
}

pub(crate) fn asked(conn: ConnId, request: Request) -> Report {
    let remote: IpAddr = request.remote.parse().unwrap();
    Report::Asked {
        conn,
        remote: SocketAddr::new(remote, 40_000),
        path: request.path.to_owned(),
        host: format!("{LAN}:9999"),
        origin: request.origin.map(str::to_owned),
        protocols: request
            .protocols
            .iter()
            .map(|&name| name.to_owned())
            .collect(),
    }
}

pub(crate) fn address(ip: &str, medium: Medium) -> Address {
    Address {
        ip: ip.parse().unwrap(),
        prefix: if medium == Medium::Loopback { 8 } else { 24 },
        interface: "eth0".to_owned(),
        medium,
        default_route: false,
    }
}

pub(crate) fn to_json(payload: &Payload) -> serde_json::Value {
    match payload {
        Payload::Text(text) => serde_json::from_str(text).expect("an envelope"),
        Payload::Binary(_) => panic!("an envelope is text"),
    }
}
