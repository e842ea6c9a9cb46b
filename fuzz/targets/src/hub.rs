//! The hub among members that say anything and a companion that reports anything: each that asks is admitted
//! or refused, once; nobody else is ever addressed; bounds hold; what local members hear are envelopes.

use crate::input::{digit, lines, text};
use broadcaster::Millis;
use broadcaster::envelope::{PROTOCOL, ToMember};
use broadcaster::hub::{Config, Hub, MemberId, Mode, Output};
use broadcaster::limits::Limits;
use broadcaster::link::{Command, ConnId, Report};
use std::collections::{BTreeMap, BTreeSet};

const CONNECTIONS: u32 = 6;
const PER_ADDRESS: u32 = 3;
const NOW: Millis = Millis(1000);

pub(crate) fn hub(data: &[u8]) {
    let mut world = World::new();
    for (word, rest) in lines(data) {
        world.step(word, rest);
        world.check();
    }
}

struct World {
    hub: Hub,
    /// Connections that asked and are not over; whether they were admitted.
    conns: BTreeMap<ConnId, bool>,
    closing: BTreeSet<ConnId>,
    locals: Vec<MemberId>,
    last: u32,
}

impl World {
    fn new() -> Self {
        let limits = Limits {
            connections: CONNECTIONS,
            connections_per_address: PER_ADDRESS,
            ..Limits::default()
        };
        let config = Config {
            mode: Mode::Open,
            limits,
            ..Config::default()
        };
        Self {
            hub: Hub::new(config).expect("open mode is built"),
            conns: BTreeMap::new(),
            closing: BTreeSet::new(),
            locals: Vec::new(),
            last: 0,
        }
    }

    fn step(&mut self, word: u8, rest: &[u8]) {
        let (of, bytes) = digit(rest);
        let conn = ConnId((self.last + 1).saturating_sub(of));
        match word {
            b'p' => self.ask(of, bytes, Vec::new()),
            b'e' => self.ask(of, bytes, vec![PROTOCOL.to_owned()]),
            b't' => self.received(conn, text(bytes).as_str().into()),
            b'b' => self.received(conn, bytes.to_vec().into()),
            b'c' => self.closed(conn, of),
            b'j' if self.locals.len() < 8 => {
                let local = self.hub.handle_local_joined(&text(bytes), NOW);
                self.locals.push(local);
            }
            b'l' => {
                let local = self.locals.get(of as usize).copied();
                self.hub
                    .handle_local_message(local.unwrap_or(MemberId(of)), &text(bytes), NOW);
            }
            b'x' => {
                if let Some(local) = self.locals.pop() {
                    self.hub.handle_local_left(local, NOW);
                }
            }
            // Whatever else a companion may report, also about connections that never were.
            b'r' => {
                if let Ok(report) = serde_json::from_slice::<Report>(rest)
                    && !matches!(report, Report::Asked { .. } | Report::Closed { .. })
                {
                    if matches!(report, Report::Hello { .. }) {
                        self.conns.clear();
                        self.closing.clear();
                    }
                    self.hub.handle_report(report, NOW);
                }
            }
            _ => {}
        }
        self.drain();
    }

    /// The path, and before a space the origin.
    fn ask(&mut self, of: u32, bytes: &[u8], protocols: Vec<String>) {
        self.last += 1;
        let conn = ConnId(self.last);
        let said = text(bytes);
        let (origin, path) = match said.split_once(' ') {
            Some((origin, path)) => (Some(origin.to_owned()), path.to_owned()),
            None => (None, said),
        };
        self.conns.insert(conn, false);
        let asked = Report::Asked {
            conn,
            remote: ([192, 168, 1, 20 + (of % 3) as u8], 40_000).into(),
            path,
            host: "192.168.1.5:9999".into(),
            origin,
            protocols,
        };
        self.hub.handle_report(asked, NOW);
        self.drain();
        let is_answered = self.conns.get(&conn) != Some(&false);
        assert!(is_answered, "each that asks is answered at once");
    }

    fn received(&mut self, conn: ConnId, payload: broadcaster::Payload) {
        self.hub
            .handle_report(Report::Received { conn, payload }, NOW);
    }

    fn closed(&mut self, conn: ConnId, of: u32) {
        self.conns.remove(&conn);
        self.closing.remove(&conn);
        let code = 1000 + of as u16;
        self.hub.handle_report(Report::Closed { conn, code }, NOW);
    }

    fn drain(&mut self) {
        loop {
            match self.hub.poll_output() {
                Output::Command(command) => self.on_command(command),
                Output::Deliver { member, text } => {
                    assert!(
                        self.locals.contains(&member),
                        "{member:?} is no local member"
                    );
                    assert!(serde_json::from_str::<ToMember>(&text).is_ok(), "{text}");
                }
                Output::Event(_) => {}
                Output::Wait(until) => return assert_eq!(until, None),
            }
        }
    }

    fn on_command(&mut self, command: Command) {
        match command {
            Command::Admit { conn, .. } => assert_eq!(self.conns.insert(conn, true), Some(false)),
            Command::Refuse { conn, .. } => assert_eq!(self.conns.remove(&conn), Some(false)),
            Command::Close { conn, .. } => {
                assert_eq!(self.conns.get(&conn), Some(&true));
                self.closing.insert(conn);
            }
            Command::Join { conn, .. } | Command::Leave { conn, .. } => {
                assert!(self.is_member(conn))
            }
            Command::Send { group, conn, .. } => {
                assert!(group.is_some() != conn.is_some());
                assert!(conn.is_none_or(|conn| self.is_member(conn)));
            }
            Command::Hello { .. }
            | Command::Site { .. }
            | Command::Listen { .. }
            | Command::Stop
            | Command::Addresses { .. }
            | Command::Copy(_)
            | Command::Error { .. } => panic!("not the hub's to say"),
        }
    }

    fn is_member(&self, conn: ConnId) -> bool {
        self.conns.get(&conn) == Some(&true) && !self.closing.contains(&conn)
    }

    fn check(&self) {
        let members = self.hub.totals().members as usize;
        let strangers = members - self.locals.len();
        assert!(strangers <= CONNECTIONS as usize);
        assert_eq!(self.hub.members().count(), members);
        for host in 20..23 {
            let address: std::net::IpAddr = [192, 168, 1, host].into();
            let from_there = self
                .hub
                .members()
                .filter(|member| member.address == address);
            assert!(from_there.count() <= PER_ADDRESS as usize);
        }
    }
}
