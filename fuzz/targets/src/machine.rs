//! Master and slave behind one face, so that one world drives both.

use broadcaster::Millis;
use broadcaster::signalling::master::{Host, Strangers};
use broadcaster::signalling::message::PeerId;
use broadcaster::signalling::rtc::{Command, Event, SessionId};
use broadcaster::signalling::slave::Ticket;
use broadcaster::signalling::{Framing, Master, Slave, master, slave};
use trust::identity::Identity;
use trust::registry::{Invitations, Terms, UnixSeconds};
use trust::seed::Seed;

const CONNECTIONS: usize = 40;
/// The date at the beginning; the invitation ends a minute later.
const DATE: UnixSeconds = UnixSeconds(1_800_000_000);

pub(crate) fn master() -> Master {
    Master::new(master_config())
}

/// A master that invites, and lets strangers in besides: both ways are tried.
pub(crate) fn inviting() -> Master {
    let (identity, invitations) = party();
    let host = Host {
        identity,
        invitations,
        room: "/".to_owned(),
        authority: Some("192.168.1.5:9999".to_owned()),
        strangers: Strangers::Admitted,
        epoch: DATE,
        seed: Seed::new([9; 32]),
    };
    Master::inviting(master_config(), host)
}

pub(crate) fn slave() -> Slave {
    Slave::new(slave_config())
}

/// A slave that knows the bare address, and knocks.
pub(crate) fn visitor() -> Slave {
    let door = slave::Door {
        host: "192.168.1.22:9999".into(),
        room: "/".into(),
        seed: Seed::new([7; 32]),
    };
    Slave::visiting(slave_config(), door)
}

/// A slave with an invitation of [`inviting`]'s.
pub(crate) fn invited() -> Slave {
    let (identity, invitations) = party();
    let shared = invitations.shared().expect("the one it has");
    let ticket = Ticket {
        invitation: shared.to_invitation(identity.public()),
        host: "192.168.1.5:9999".to_owned(),
        room: "/".to_owned(),
        seed: Seed::new([8; 32]),
    };
    Slave::invited(slave_config(), ticket)
}

fn party() -> (Identity, Invitations) {
    let mut invitations = Invitations::default();
    let terms = Terms {
        expires: Some(UnixSeconds(DATE.0 + 60)),
        ..Terms::default()
    };
    invitations
        .share(terms, [7; 24], DATE)
        .expect("the first one");
    (Identity::from_random([3; 32]), invitations)
}

fn master_config() -> master::Config {
    let mut config = master::Config::new(id("M"), "Kitchen".into());
    config.protocols = vec!["jio.2".into()];
    config.connections = CONNECTIONS;
    config
}

fn slave_config() -> slave::Config {
    let mut config = slave::Config::new(id("S"));
    config.protocols = vec!["jio.2".into()];
    config
}

fn id(text: &str) -> PeerId {
    text.try_into().expect("an id")
}

/// What a machine asks for, whichever it is.
pub(crate) enum Asked {
    Connect,
    Disconnect,
    Send(String),
    Rtc(Command),
    Told,
    Wait(Option<Millis>),
}

/// Both machines, driven alike.
pub(crate) trait Machine {
    fn start(&mut self, now: Millis);
    fn stop(&mut self);
    fn retry(&mut self, now: Millis);
    fn opened(&mut self, framing: Framing, now: Millis);
    fn closed(&mut self, code: u16, now: Millis);
    fn hear(&mut self, text: &str, now: Millis);
    fn rtc(&mut self, session: SessionId, event: Event, now: Millis);
    fn timeout(&mut self, now: Millis);
    /// The person's own wish: a master is rid of a slave, a slave chooses a master.
    fn wish(&mut self, session: SessionId, name: &str, now: Millis);
    fn poll(&mut self) -> Asked;
    /// Connections it may have.
    fn most(&self) -> usize;
}

impl Machine for Master {
    fn start(&mut self, now: Millis) {
        self.handle_start(now);
    }

    fn stop(&mut self) {
        self.handle_stop();
    }

    fn retry(&mut self, now: Millis) {
        self.handle_retry(now);
    }

    fn opened(&mut self, framing: Framing, now: Millis) {
        self.handle_opened(framing, now);
    }

    fn closed(&mut self, _code: u16, now: Millis) {
        self.handle_closed(now);
    }

    fn hear(&mut self, text: &str, now: Millis) {
        self.handle_text(text, now);
    }

    fn rtc(&mut self, session: SessionId, event: Event, now: Millis) {
        self.handle_rtc(session, event, now);
    }

    fn timeout(&mut self, now: Millis) {
        self.handle_timeout(now);
    }

    fn wish(&mut self, session: SessionId, _name: &str, now: Millis) {
        self.handle_dismissed(session, now);
    }

    fn poll(&mut self) -> Asked {
        match self.poll_output() {
            master::Output::Connect => Asked::Connect,
            master::Output::Disconnect => Asked::Disconnect,
            master::Output::Send(text) => Asked::Send(text),
            master::Output::Rtc(command) => Asked::Rtc(command),
            master::Output::Event(_) => Asked::Told,
            master::Output::Wait(until) => Asked::Wait(until),
        }
    }

    fn most(&self) -> usize {
        CONNECTIONS
    }
}

impl Machine for Slave {
    fn start(&mut self, now: Millis) {
        self.handle_start(now);
    }

    fn stop(&mut self) {
        self.handle_stop();
    }

    fn retry(&mut self, now: Millis) {
        self.handle_retry(now);
    }

    fn opened(&mut self, framing: Framing, now: Millis) {
        self.handle_opened(framing, now);
    }

    fn closed(&mut self, code: u16, now: Millis) {
        self.handle_closed(code, "", now);
    }

    fn hear(&mut self, text: &str, now: Millis) {
        self.handle_text(text, now);
    }

    fn rtc(&mut self, session: SessionId, event: Event, now: Millis) {
        self.handle_rtc(session, event, now);
    }

    fn timeout(&mut self, now: Millis) {
        self.handle_timeout(now);
    }

    fn wish(&mut self, _session: SessionId, name: &str, now: Millis) {
        if let Ok(master) = name.try_into() {
            self.handle_choice(master, now);
        }
    }

    fn poll(&mut self) -> Asked {
        match self.poll_output() {
            slave::Output::Connect => Asked::Connect,
            slave::Output::Disconnect => Asked::Disconnect,
            slave::Output::Send(text) => Asked::Send(text),
            slave::Output::Rtc(command) => Asked::Rtc(command),
            slave::Output::Event(_) => Asked::Told,
            slave::Output::Wait(until) => Asked::Wait(until),
        }
    }

    fn most(&self) -> usize {
        // The one it has, and the one that takes its place.
        2
    }
}
