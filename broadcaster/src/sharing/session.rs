//! The session with the companion: what it says, what its end means, and what is sent to it.

use super::app::Carrier;
use super::machine::Sharing;
use super::memory::{BrowserSession, Memory, Network, Question, Wish, networks};
use super::output::Output;
use super::phase::{Next, Phase};
use super::state::Companion;
use super::trouble::Trouble;
use super::url::urls;
use crate::address::Address;
use crate::hub::{self, Kind};
use crate::limits::{
    COMPANION_ANSWER, COMPANION_ASKS, COMPANION_CLOSING, COMPANION_GREETING, COMPANION_HEALTHY,
    COMPANION_KILLED, COMPANION_LATE, COMPANION_OPENING, COMPANION_PAUSE_MAX, COMPANION_SILENCE,
    PORT_OURS_AGAIN, PORT_OURS_LEAVES,
};
use crate::link::{Command, Failure, Link, Report, VERSION, check_version};
use crate::time::Millis;

impl Sharing {
    /// Tells what came through the companion's port: JSON text.
    pub fn handle_text(&mut self, text: &str, now: Millis) {
        self.arrive(now);
        let Some(link) = &mut self.link else { return };
        if let Phase::Open { asks, due, .. } = &mut self.phase {
            (*asks, *due) = (0, now + COMPANION_SILENCE);
        }
        for report in link.handle_text(text) {
            self.on_report(report);
        }
        self.carry_out();
        if matches!(self.phase, Phase::Closing { .. }) && !self.has_remote_members() {
            self.finish();
        }
    }

    /// Tells that the companion's port has ended, with the text of `chrome.runtime.lastError` where
    /// there is one.
    pub fn handle_disconnected(&mut self, error: Option<&str>, now: Millis) {
        self.arrive(now);
        if self.link.take().is_none() {
            return;
        }
        if matches!(self.phase, Phase::Closing { .. }) {
            return self.finish();
        }
        self.lose(Trouble::from_last_error(error));
    }

    /// Opens a port to the companion that comes first, and greets it.
    pub(super) fn connect(&mut self) {
        self.connect_by(self.first_carrier());
    }

    /// Opens a port to this companion and greets it. The app need not be greeted to know that it is there.
    pub(super) fn connect_by(&mut self, carrier: Carrier) {
        let before = match std::mem::replace(&mut self.phase, Phase::Apart(None)) {
            Phase::Apart(trouble) => trouble,
            Phase::Greeting { .. }
            | Phase::Opening { .. }
            | Phase::Open { .. }
            | Phase::Held(_)
            | Phase::Closing { .. } => None,
        };
        if carrier == Carrier::App && !self.has_app() {
            self.phase = Phase::Apart(Some(Trouble::AppAway));
            return;
        }
        if carrier == Carrier::App && self.memory.wish != Wish::Sharing {
            return;
        }
        if carrier == Carrier::App && self.awaits_addresses() && !self.has_gathered() {
            return;
        }
        self.carrier = carrier;
        let mut link = Link::new();
        link.push(&Command::Hello { version: VERSION });
        self.link = Some(link);
        self.outputs.push_back(Output::Connect(carrier));
        self.phase = Phase::Greeting {
            until: self.now + COMPANION_GREETING,
            before,
        };
    }

    /// Asks for the port as the settings say.
    pub(super) fn listen(&mut self) {
        self.push_listen();
        self.phase = Phase::Opening {
            began: self.now,
            next: Next::Answer(self.now + COMPANION_OPENING),
        };
    }

    /// Asks for the port anew where it was asked for under other settings.
    pub(super) fn listen_otherwise(&mut self) {
        match self.phase {
            Phase::Opening { .. } | Phase::Held(_) => self.listen(),
            // Members stay; the answer brings the new URLs.
            Phase::Open { .. } => self.push_listen(),
            Phase::Apart(_) | Phase::Greeting { .. } | Phase::Closing { .. } => {}
        }
    }

    /// Ends sharing: at once, or after the members' last words.
    pub(super) fn close(&mut self) {
        match self.phase {
            Phase::Opening { .. } | Phase::Open { .. } | Phase::Held(_) => {
                self.push(&Command::Stop);
                self.phase = Phase::Closing {
                    until: self.now + COMPANION_CLOSING,
                };
                if !self.has_remote_members() {
                    self.finish();
                }
            }
            Phase::Apart(_) | Phase::Greeting { .. } => self.finish(),
            Phase::Closing { .. } => {}
        }
    }

    /// Does what was due, and is done so `late`.
    pub(super) fn on_deadline(&mut self, late: Millis) {
        // This computer slept, or this browser stood still: nobody had the time to answer.
        if late > COMPANION_LATE && self.wait_anew() {
            return;
        }
        match self.phase {
            Phase::Apart(_) => self.connect(),
            Phase::Open { asks, .. } if asks < COMPANION_ASKS => self.ask_for_life(asks + 1),
            Phase::Greeting { .. }
            | Phase::Opening {
                next: Next::Answer(_),
                ..
            }
            | Phase::Open { .. } => self.abandon(),
            Phase::Opening {
                began,
                next: Next::Again(_),
            } => {
                self.push_listen();
                self.phase = Phase::Opening {
                    began,
                    next: Next::Answer(self.now + COMPANION_OPENING),
                };
            }
            Phase::Closing { .. } => self.finish(),
            Phase::Held(_) => {}
        }
    }

    /// Gives an answer that is awaited its whole time once more; false where none is.
    fn wait_anew(&mut self) -> bool {
        match &mut self.phase {
            Phase::Greeting { until, .. } => *until = self.now + COMPANION_GREETING,
            Phase::Opening {
                next: Next::Answer(until),
                ..
            } => *until = self.now + COMPANION_OPENING,
            Phase::Open { .. } => self.ask_for_life(1),
            Phase::Apart(_)
            | Phase::Opening {
                next: Next::Again(_),
                ..
            }
            | Phase::Held(_)
            | Phase::Closing { .. } => return false,
        }
        true
    }

    /// Sends `listen` to a companion that is silent, the `ask`th time.
    fn ask_for_life(&mut self, ask: u32) {
        self.push_listen();
        if let Phase::Open { asks, due, .. } = &mut self.phase {
            (*asks, *due) = (ask, self.now + COMPANION_ANSWER);
        }
    }

    /// Leaves a companion that does not answer.
    fn abandon(&mut self) {
        self.disconnect();
        let detail = "it does not answer".to_owned();
        self.lose(Trouble::Crashed {
            detail,
            retry_at: None,
        });
        if let Phase::Apart(Some(Trouble::Crashed {
            retry_at: Some(at), ..
        })) = &mut self.phase
        {
            *at = (*at).max(self.now + COMPANION_KILLED);
        }
    }

    /// The next text for the companion. What it said is handled; so that it says no more while the hub
    /// has much to say itself, it is granted credit only then.
    pub(super) fn poll_link(&mut self) -> Option<String> {
        let link = self.link.as_mut()?;
        if !link.is_congested() {
            link.grant();
        }
        link.poll_output()
    }

    /// Carries out what the hub wishes.
    pub(super) fn carry_out(&mut self) {
        while let Some(hub) = &mut self.hub {
            match hub.poll_output() {
                hub::Output::Command(command) => self.push(&command),
                // There is one local member, the master.
                hub::Output::Deliver { text, .. } => self.outputs.push_back(Output::Deliver(text)),
                hub::Output::Event(event) => self.outputs.push_back(Output::Event(event)),
                hub::Output::Wait(due) => {
                    if let Some(guests) = &mut self.guests {
                        guests.hub_due = due;
                    }
                    return;
                }
            }
        }
    }

    fn on_report(&mut self, report: Report) {
        match (&self.phase, report) {
            // An error is never answered with one.
            (Phase::Apart(_), _) | (Phase::Greeting { .. }, Report::Error { .. }) => {}
            // Copies have a session of their own.
            (_, Report::Copy(_)) => {}
            (
                Phase::Greeting { .. },
                Report::Hello {
                    version,
                    build,
                    os,
                    addresses,
                },
            ) => {
                let carrier = self.carrier;
                let companion = Companion { build, os, carrier };
                self.on_hello(version, companion, &addresses);
            }
            (Phase::Greeting { .. }, _) | (_, Report::Hello { .. }) => {
                self.push(&Command::Error {
                    detail: "hello comes first, and once".to_owned(),
                });
            }
            (_, Report::Listening { port, addresses }) => self.on_listening(port, addresses),
            (_, Report::Addresses { addresses }) => self.on_addresses(addresses),
            (
                _,
                Report::Failed {
                    code,
                    detail,
                    ours,
                    next,
                },
            ) => {
                self.on_failed(code, detail, ours, next);
            }
            (
                _,
                report @ (Report::Asked { .. }
                | Report::Received { .. }
                | Report::Closed { .. }
                | Report::Counters { .. }
                | Report::Error { .. }),
            ) => self.tell_hub(report),
        }
    }

    fn on_hello(&mut self, version: u32, companion: Companion, addresses: &[Address]) {
        self.companion = Some(companion);
        if let Err(mismatch) = check_version(version) {
            self.disconnect();
            return self.lose(Trouble::Outdated(mismatch));
        }
        if self.memory.wish != Wish::Sharing {
            return self.finish();
        }
        if std::mem::take(&mut self.is_returning) && !self.may_return(&self.whereabouts(addresses))
        {
            return self.disconnect();
        }
        self.healthy_since = Some(self.now);
        if let Some(link) = &mut self.link {
            for file in &self.site {
                link.push(&file.to_command());
            }
        }
        if self.carrier == Carrier::App {
            self.push_addresses();
        }
        self.listen();
    }

    /// Whether sharing goes on here after the browser's restart. Where there is no address there is nobody to be
    /// reached by; the first one that comes is compared as any.
    fn may_return(&mut self, addresses: &[Address]) -> bool {
        let here = networks(addresses);
        let network = if here.is_empty() && !self.memory.networks.is_empty() {
            Network::Same
        } else {
            self.memory.compare(&here)
        };
        self.phase = Phase::Apart(None);
        self.may_resume(BrowserSession::New, network)
    }

    fn on_listening(&mut self, port: u16, addresses: Vec<Address>) {
        let known = match &self.phase {
            Phase::Opening { .. } => &[],
            Phase::Open { urls, .. } => &urls[..],
            // An answer that comes after all is over.
            Phase::Apart(_) | Phase::Greeting { .. } | Phase::Held(_) | Phase::Closing { .. } => {
                return;
            }
        };
        let urls = urls(&addresses, &self.settings.bind, port, known);
        self.phase = Phase::Open {
            port,
            urls,
            asks: 0,
            due: self.now + COMPANION_SILENCE,
        };
        self.remember(Memory {
            port: Some(port),
            ..self.memory.clone()
        });
        self.compare_network(&addresses);
        self.tell_hub(Report::Listening { port, addresses });
    }

    fn on_addresses(&mut self, addresses: Vec<Address>) {
        if let Phase::Open {
            port, urls: known, ..
        } = &mut self.phase
        {
            *known = urls(&addresses, &self.settings.bind, *port, known);
            self.compare_network(&addresses);
        }
        self.tell_hub(Report::Addresses { addresses });
    }

    /// Sharing belongs to the networks where it was started: in another one, a person is asked.
    fn compare_network(&mut self, addresses: &[Address]) {
        let here = networks(addresses);
        if here.is_empty() {
            return;
        }
        if self.memory.networks.is_empty() {
            return self.remember(Memory {
                networks: here,
                ..self.memory.clone()
            });
        }
        match self.memory.compare(&here) {
            Network::Same => {}
            Network::Other => {
                let wish = Wish::Asking(Question::OtherNetwork);
                self.remember(Memory {
                    wish,
                    ..self.memory.clone()
                });
                self.close();
            }
        }
    }

    fn on_failed(&mut self, code: Failure, detail: String, ours: bool, next: Option<u16>) {
        match self.phase {
            Phase::Opening { began, .. } if ours && self.now - began < PORT_OURS_LEAVES => {
                let next = Next::Again(self.now + PORT_OURS_AGAIN);
                self.phase = Phase::Opening { began, next };
            }
            Phase::Opening { .. } | Phase::Open { .. } => {
                let port = self.wanted_port();
                self.phase = Phase::Held(Trouble::from_failure(code, detail, port, ours, next));
            }
            Phase::Apart(_) | Phase::Greeting { .. } | Phase::Held(_) | Phase::Closing { .. } => {}
        }
    }

    /// The companion is gone, and with it every connection. One that ended by itself is started again
    /// while sharing is wished.
    pub(super) fn lose(&mut self, mut trouble: Trouble) {
        if self.is_app_instead(&trouble) {
            if self.has_app() {
                return self.use_app();
            }
            trouble = Trouble::AppAway;
        }
        if let Trouble::Crashed { retry_at, .. } = &mut trouble
            && self.memory.wish == Wish::Sharing
        {
            let pause = pause(&mut self.crashes, self.healthy_since, self.now);
            *retry_at = Some(self.now + pause);
        }
        if !matches!(trouble, Trouble::Outdated(_)) {
            self.companion = None;
        }
        self.healthy_since = None;
        self.phase = Phase::Apart(Some(trouble));
        self.tell_hub_detached();
    }

    /// Leaves the companion; begins again where sharing is wished meanwhile.
    pub(super) fn finish(&mut self) {
        self.disconnect();
        self.healthy_since = None;
        self.phase = Phase::Apart(None);
        if self.memory.wish == Wish::Sharing {
            self.tell_hub_detached();
            self.connect();
        } else {
            self.hub = None;
        }
    }

    /// Closes the port after what can still be said.
    pub(super) fn disconnect(&mut self) {
        let Some(mut link) = self.link.take() else {
            return;
        };
        while let Some(text) = link.poll_output() {
            self.outputs.push_back(Output::Send(text));
        }
        self.outputs.push_back(Output::Disconnect);
        self.forget_app_port();
    }

    pub(super) fn push(&mut self, command: &Command) {
        // Without a port there is nobody left to be commanded: the companion took its connections along.
        if let Some(link) = &mut self.link {
            link.push(command);
        }
    }

    fn push_listen(&mut self) {
        let listen = Command::Listen {
            port: self.wanted_port(),
            bind: self.settings.bind.clone(),
            limits: self.settings.limits,
            hosts: self.settings.hosts.clone(),
            allow: Vec::new(),
            stun: true,
        };
        self.push(&listen);
    }

    /// The port to be opened: a person's choice, or where that was left to the system, the one it chose.
    pub(super) fn wanted_port(&self) -> u16 {
        match (self.carrier, self.settings.port) {
            (Carrier::App, _) => self.settings.app_port,
            (Carrier::Native, 0) => self.memory.port.unwrap_or(0),
            (Carrier::Native, port) => port,
        }
    }

    fn tell_hub(&mut self, report: Report) {
        if let Some(hub) = &mut self.hub {
            hub.handle_report(report, self.now);
        }
    }

    fn tell_hub_detached(&mut self) {
        if let Some(hub) = &mut self.hub {
            hub.handle_detached(self.now);
        }
        self.carry_out();
    }

    fn has_remote_members(&self) -> bool {
        let mut members = self.hub.iter().flat_map(|hub| hub.members());
        members.any(|member| member.kind() != Kind::Local)
    }
}

/// How long to wait before a companion that ended is started again: 1, 2, 4, 8, 16, 20, 20, … seconds.
fn pause(crashes: &mut u32, healthy_since: Option<Millis>, now: Millis) -> Millis {
    if healthy_since.is_some_and(|since| now - since >= COMPANION_HEALTHY) {
        *crashes = 0;
    }
    let seconds = 1u64.checked_shl(*crashes).unwrap_or(u64::MAX);
    *crashes = crashes.saturating_add(1);
    Millis(seconds.saturating_mul(1000)).min(COMPANION_PAUSE_MAX)
}
