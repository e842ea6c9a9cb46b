//! The sharing session in a browser under virtual time, and a companion that says what the test's script
//! tells it to.
#![allow(dead_code, reason = "each test uses its part")]

use broadcaster::address::{Address, Medium};
use broadcaster::hub::Mode;
use broadcaster::link::{Command, ConnId, Failure, Link, Report, VERSION};
use broadcaster::sharing::{
    BrowserSession, Carrier, Error, Memory, Output, Reply, Settings, Setup, Sharing, SiteFile,
    State, Status, Stored,
};
use broadcaster::{Millis, Payload};
use std::net::{IpAddr, SocketAddr};

pub(crate) const HOME: &str = "192.168.1.5";
pub(crate) const CAFE: &str = "10.20.30.40";
pub(crate) const PORT: u16 = 9999;

pub(crate) struct Browser {
    pub(crate) sharing: Sharing,
    pub(crate) now: Millis,
    /// The companion's side of the link, while the port is there.
    pub(crate) companion: Option<Link<Command, Report>>,
    /// What it said of its open port; it says so again by itself when it is asked whether it lives.
    open: Option<Report>,
    /// It hangs: it hears, and says nothing.
    pub(crate) hangs: bool,
    /// What the companion was told; tests take what they have looked at.
    pub(crate) commands: Vec<Command>,
    /// What the popup was shown, and when.
    pub(crate) states: Vec<(Millis, State)>,
    pub(crate) stored: Vec<Stored>,
    /// What concerned the master; tests take what they have looked at.
    pub(crate) master: Vec<Output>,
    /// Companions started so far.
    pub(crate) connects: usize,
    /// What the last one was.
    pub(crate) carrier: Carrier,
    /// How often the app's port was closed without a session.
    pub(crate) drops: usize,
    wait: Option<Millis>,
}

pub(crate) fn setup() -> Setup {
    Setup {
        settings: Settings::default(),
        memory: Memory::default(),
        session: BrowserSession::New,
        site: vec![file("/", "<!doctype html>")],
        extension_id: "abcdefghijklmnopabcdefghijklmnop".to_owned(),
        guests: None,
    }
}

pub(crate) fn file(path: &str, body: &str) -> SiteFile {
    SiteFile {
        path: path.to_owned(),
        content_type: "text/html; charset=utf-8".to_owned(),
        etag: "1".to_owned(),
        body: body.to_owned().into(),
    }
}

pub(crate) fn address(ip: &str) -> Address {
    let ip: IpAddr = ip.parse().unwrap();
    let (prefix, medium, interface) = match ip {
        ip if ip.is_loopback() => (8, Medium::Loopback, "lo"),
        IpAddr::V4(_) => (24, Medium::Wired, "eth0"),
        IpAddr::V6(_) => (64, Medium::Wired, "eth0"),
    };
    Address {
        ip,
        prefix,
        interface: interface.to_owned(),
        medium,
        default_route: false,
    }
}

pub(crate) fn addresses(ips: &[&str]) -> Vec<Address> {
    ips.iter().map(|ip| address(ip)).collect()
}

pub(crate) fn hello() -> Report {
    hello_at(&[])
}

/// Said by a companion that knows where it is.
pub(crate) fn hello_at(ips: &[&str]) -> Report {
    Report::Hello {
        version: VERSION,
        build: "1.2.3".to_owned(),
        os: "linux".to_owned(),
        addresses: addresses(ips),
    }
}

pub(crate) fn listening(ips: &[&str]) -> Report {
    Report::Listening {
        port: PORT,
        addresses: addresses(ips),
    }
}

pub(crate) fn in_use(ours: bool, next: Option<u16>) -> Report {
    let detail = "Address already in use".to_owned();
    Report::Failed {
        code: Failure::PortInUse,
        detail,
        ours,
        next,
    }
}

pub(crate) fn asked(conn: u32) -> Report {
    Report::Asked {
        conn: ConnId(conn),
        remote: SocketAddr::new("192.168.1.20".parse().unwrap(), 50_000),
        path: "/".to_owned(),
        host: format!("{HOME}:{PORT}"),
        origin: None,
        protocols: Vec::new(),
    }
}

pub(crate) fn received(conn: u32, text: &str) -> Report {
    Report::Received {
        conn: ConnId(conn),
        payload: Payload::from(text),
    }
}

impl Browser {
    pub(crate) fn new(setup: Setup) -> Self {
        let now = Millis(1_000_000);
        let mut browser = Self {
            sharing: Sharing::new(setup, now),
            now,
            companion: None,
            open: None,
            hangs: false,
            commands: Vec::new(),
            states: Vec::new(),
            stored: Vec::new(),
            master: Vec::new(),
            connects: 0,
            carrier: Carrier::Native,
            drops: 0,
            wait: None,
        };
        browser.run();
        browser
    }

    /// A browser that shares at home.
    pub(crate) fn sharing() -> Self {
        let mut browser = Self::new(setup());
        browser.start();
        browser.say(hello());
        browser.say(listening(&[HOME]));
        assert_eq!(browser.status(), Status::Sharing);
        browser.commands.clear();
        browser
    }

    pub(crate) fn start(&mut self) {
        self.sharing.handle_start(Mode::Open, self.now).unwrap();
        self.run();
    }

    pub(crate) fn stop(&mut self) {
        self.sharing.handle_stop(self.now);
        self.run();
    }

    /// The master's document opens its port.
    pub(crate) fn attach(&mut self) {
        self.sharing.handle_master_attached(self.now);
        self.run();
    }

    pub(crate) fn detach(&mut self) {
        self.sharing.handle_master_detached(self.now);
        self.run();
    }

    /// The master says something through its port.
    pub(crate) fn master_says(&mut self, text: &str) {
        self.sharing.handle_master_text(text, self.now);
        self.run();
    }

    pub(crate) fn open_popup(&mut self) {
        self.sharing.handle_popup_opened(self.now);
        self.run();
    }

    pub(crate) fn command(&mut self, text: &str) -> Reply {
        let reply = self.sharing.handle_command(text, self.now);
        self.run();
        reply
    }

    /// Lets the companion say something.
    pub(crate) fn say(&mut self, report: Report) {
        match &report {
            Report::Listening { .. } => self.open = Some(report.clone()),
            Report::Failed { .. } => self.open = None,
            Report::Hello { .. }
            | Report::Addresses { .. }
            | Report::Asked { .. }
            | Report::Received { .. }
            | Report::Closed { .. }
            | Report::Counters { .. }
            | Report::Copy(_)
            | Report::Error { .. } => {}
        }
        let companion = self.companion.as_mut().expect("the companion runs");
        companion.push(&report);
        self.deliver();
    }

    /// Answers a `listen` that changes nothing, as a companion does that lives.
    fn answer(&mut self) {
        if let (false, Some(open), Some(Command::Listen { .. })) =
            (self.hangs, self.open.clone(), self.commands.last())
        {
            self.commands.pop();
            self.say(open);
        }
    }

    /// Lets the companion's port end.
    pub(crate) fn end(&mut self, error: &str) {
        assert!(self.companion.take().is_some(), "the companion runs");
        self.sharing.handle_disconnected(Some(error), self.now);
        self.run();
    }

    /// An app opens its port; whether it may keep it.
    pub(crate) fn open_app(&mut self, origin: &str) -> bool {
        let keeps = self.sharing.handle_app_attached(origin, self.now);
        self.run();
        keeps
    }

    /// A document has gathered addresses.
    pub(crate) fn gather(&mut self, text: &str) -> Result<(), Error> {
        let outcome = self.sharing.handle_gathered(text, self.now);
        self.run();
        outcome
    }

    /// The app's window is closed.
    pub(crate) fn close_app(&mut self) {
        self.companion = None;
        self.sharing.handle_app_detached(self.now);
        self.run();
    }

    /// Lets time pass; what is due happens at its time.
    pub(crate) fn pass(&mut self, millis: u64) {
        let end = self.now + Millis(millis);
        while let Some(wait) = self.wait.filter(|wait| *wait <= end) {
            self.now = self.now.max(wait);
            let heard = self.commands.len();
            self.sharing.handle_timeout(self.now);
            self.run();
            if self.commands.len() > heard {
                self.answer();
            }
            assert!(
                self.wait.is_none_or(|next| next > self.now),
                "due again at once"
            );
        }
        self.now = end;
    }

    /// The status shown, if it was left to settle.
    pub(crate) fn status(&self) -> Status {
        self.sharing.state().status
    }

    pub(crate) fn detail(&self) -> String {
        self.sharing.state().detail.unwrap_or_default()
    }

    pub(crate) fn kinds(&self) -> Vec<String> {
        let kind = |command| serde_json::to_value(command).unwrap()["kind"].clone();
        self.commands
            .iter()
            .map(|command| kind(command).as_str().unwrap().to_owned())
            .collect()
    }

    pub(crate) fn memory(&self) -> Memory {
        let mut memories = self.stored.iter().filter_map(|stored| match stored {
            Stored::Memory(memory) => Some(memory.clone()),
            Stored::Settings(_) | Stored::Guests(_) => None,
        });
        memories.next_back().expect("a memory was stored")
    }

    pub(crate) fn settings(&self) -> Settings {
        let mut settings = self.stored.iter().filter_map(|stored| match stored {
            Stored::Settings(settings) => Some((**settings).clone()),
            Stored::Memory(_) | Stored::Guests(_) => None,
        });
        settings.next_back().expect("settings were stored")
    }

    /// The worker dies, or with it the browser; what was stored is all that is left.
    pub(crate) fn reborn(&self, session: BrowserSession) -> Self {
        let (settings, memory) = (self.settings(), self.memory());
        Self::new(Setup {
            settings,
            memory,
            session,
            ..setup()
        })
    }

    fn deliver(&mut self) {
        while let Some(text) = self.companion.as_mut().and_then(Link::poll_output) {
            match self.carrier {
                Carrier::Native => self.sharing.handle_text(&text, self.now),
                Carrier::App => self.sharing.handle_app_text(&text, self.now),
            }
            self.run();
        }
    }

    fn run(&mut self) {
        loop {
            match self.sharing.poll_output() {
                Output::Connect(carrier) => {
                    self.carrier = carrier;
                    assert!(self.companion.is_none(), "one companion at a time");
                    self.companion = Some(Link::new());
                    self.connects += 1;
                }
                Output::Send(text) => {
                    let companion = self.companion.as_mut().expect("sent after Connect");
                    self.commands.extend(companion.handle_text(&text));
                    companion.grant();
                }
                Output::Disconnect => {
                    assert!(self.companion.take().is_some(), "disconnected once");
                }
                Output::State(state) => self.show(*state),
                Output::Store(stored) => self.stored.push(stored),
                Output::DropApp => self.drops += 1,
                output @ (Output::OpenDocument(_)
                | Output::CloseDocument
                | Output::Tell(_)
                | Output::Deliver(_)
                | Output::Dismiss) => self.master.push(output),
                Output::Event(_) => {}
                Output::Wait(wait) => {
                    self.wait = wait;
                    break;
                }
            }
        }
        if self.companion.is_some() {
            self.deliver();
        }
    }

    fn show(&mut self, state: State) {
        if let Some((before, _)) = self.states.last() {
            assert!(
                self.now - *before >= Millis(250),
                "more than four states a second"
            );
        }
        self.states.push((self.now, state));
    }
}
