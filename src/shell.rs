//! The loop and the table: events in, the session told, its wishes carried out.

use crate::badge;
use crate::copies;
use crate::document::{Documents, Wish};
use crate::event::{Event, Events, PageId, RunId};
use crate::page::{self, Pages, Role};
use crate::single::Single;
use crate::site;
use broadcaster::Millis;
use broadcaster::sharing::{
    Brief, BrowserSession, Carrier, Keeping, Memory, Output, Settings, Setup, Sharing, State,
    Stored,
};
use futures_channel::mpsc::UnboundedReceiver;
use serde::Serialize;
use trust::registry::UnixSeconds;
use web::badge::Badge;
use web::log;
use web::port::{self, Heard, Port, RawPort};
use web::storage::{self, Area};
use web::timer::Timer;

/// The companion's name to the browser.
pub(crate) const COMPANION: &str = "org.lan_broadcaster.host";
/// Keys of the storage: what a person set, what must outlive the browser, what pages paint at once.
const SETTINGS: &str = "settings";
const MEMORY: &str = "memory";
const STATE: &str = "state";
/// Identity and invitations. `storage.local` is this extension's alone; its pages on the network are no
/// pages of the extension.
const GUESTS: &str = "guests";

/// The session, and what it reaches the world with.
pub(crate) struct Shell {
    sharing: Sharing,
    companion: Option<Port>,
    app: Single,
    /// What carries the link.
    carrier: Carrier,
    /// The port through which addresses are told.
    addresses: Option<Port>,
    /// The companion's runs so far; the newest is the one that is listened to.
    runs: u32,
    pages: Pages,
    master: Single,
    documents: Documents,
    /// The last badge shown.
    badge: Option<Badge>,
    timer: Option<Timer>,
    events: Events,
}

/// What pages hear besides [`Reply`].
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum ToPage<'a> {
    State { state: &'a State },
    Settings { settings: &'a Settings },
}

/// What the master's document hears, besides envelopes.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum ToDocument {
    Master(Brief),
}

impl Shell {
    /// Reads what is stored and makes the session; nothing is carried out before [`run`](Self::run).
    ///
    /// # Errors
    /// The storage cannot be read, or the package is not whole.
    pub(crate) async fn open(events: Events) -> Result<Self, web::Error> {
        let setup = Setup {
            settings: stored(SETTINGS, Settings::from_json).await?,
            memory: stored(MEMORY, |text| serde_json::from_str::<Memory>(text)).await?,
            session: match storage::get(Area::Session, STATE).await? {
                Some(_) => BrowserSession::Same,
                None => BrowserSession::New,
            },
            site: site::read().await?,
            extension_id: web::runtime::id(),
            guests: Some(Keeping {
                stored: storage::get(Area::Local, GUESTS).await?,
                random: web::random::bytes(),
                // The browser's clock counts since then.
                epoch: UnixSeconds(0),
            }),
        };
        Ok(Self {
            sharing: Sharing::new(setup, now()),
            companion: None,
            app: Single::new(Event::App),
            carrier: Carrier::default(),
            addresses: None,
            runs: 0,
            pages: Pages::default(),
            master: Single::new(Event::Master),
            documents: Documents::new(),
            badge: None,
            timer: None,
            events,
        })
    }

    /// Runs as long as the worker.
    pub(crate) async fn run(mut self, mut heard: UnboundedReceiver<Event>) {
        self.carry_out();
        while let Ok(event) = heard.recv().await {
            self.handle(event);
            self.carry_out();
        }
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Attached(raw) => self.attach(raw),
            Event::Page(page, Heard::Text(text)) => {
                let reply = self.sharing.handle_command(&text, now());
                self.pages.tell(page, &to_json(&reply));
            }
            Event::Page(page, Heard::Ended(_)) => self.pages.detach(page),
            Event::Master(run, heard) if self.master.is_current(run) => self.hear_master(heard),
            Event::Master(..) => {}
            Event::Companion(run, heard) if self.is_current(run) => self.hear(heard),
            Event::Companion(..) => {}
            Event::Foreign(raw) => self.attach_app(raw),
            Event::App(run, heard) if self.app.is_current(run) => self.hear_app(heard),
            Event::App(..) => {}
            Event::Addresses(heard) => self.hear_addresses(heard),
            Event::Settings(text) => self.change_settings(&text),
            Event::Due => self.sharing.handle_timeout(now()),
        }
    }

    fn attach(&mut self, raw: RawPort) {
        match page::role(&raw) {
            Some(role @ (Role::Page | Role::Word)) => {
                if let Some(page) = self.pages.attach(raw, &self.events) {
                    self.greet(page);
                    if role == Role::Page {
                        self.sharing.handle_popup_opened(now());
                    }
                }
            }
            Some(Role::Master) => match self.master.attach(raw, &self.events) {
                Ok(()) => self.sharing.handle_master_attached(now()),
                Err(_) => self.sharing.handle_master_detached(now()),
            },
            Some(Role::Copies) => copies::serve(raw),
            Some(Role::Addresses) => self.attach_addresses(raw),
            None => port::refuse(&raw),
        }
    }

    /// A page that has just opened is told all there is to know.
    fn greet(&mut self, page: PageId) {
        let settings = ToPage::Settings {
            settings: self.sharing.settings(),
        };
        self.pages.tell(page, &to_json(&settings));
        self.pages.tell(
            page,
            &to_json(&ToPage::State {
                state: &self.sharing.state(),
            }),
        );
    }

    fn is_current(&self, run: RunId) -> bool {
        self.carrier == Carrier::Native && run == RunId(self.runs)
    }

    fn hear(&mut self, heard: Heard) {
        match heard {
            Heard::Text(text) => self.sharing.handle_text(&text, now()),
            Heard::Ended(error) => {
                self.companion = None;
                self.sharing.handle_disconnected(error.as_deref(), now());
            }
        }
    }

    /// The sender's origin is the browser's word; what it may do is decided by a person.
    fn attach_app(&mut self, raw: RawPort) {
        let origin = port::origin(&raw).unwrap_or_default();
        if !self.sharing.handle_app_attached(&origin, now()) {
            return port::refuse(&raw);
        }
        if self.app.attach(raw, &self.events).is_err() {
            self.sharing.handle_app_detached(now());
        }
    }

    fn hear_app(&mut self, heard: Heard) {
        match heard {
            Heard::Text(text) => self.sharing.handle_app_text(&text, now()),
            Heard::Ended(_) => {
                self.app.detach();
                self.sharing.handle_app_detached(now());
            }
        }
    }

    fn attach_addresses(&mut self, raw: RawPort) {
        let events = self.events.clone();
        let attached = Port::attach(raw, move |heard| events.push(Event::Addresses(heard)));
        self.addresses = attached.ok();
    }

    fn hear_addresses(&mut self, heard: Heard) {
        match heard {
            Heard::Text(text) => {
                if let Err(error) = self.sharing.handle_gathered(&text, now()) {
                    log::warn(&error.to_string());
                }
            }
            Heard::Ended(_) => {
                self.addresses = None;
                self.sharing.handle_gathering_lost(now());
            }
        }
    }

    fn hear_master(&mut self, heard: Heard) {
        match heard {
            Heard::Text(text) => self.sharing.handle_master_text(&text, now()),
            Heard::Ended(_) => {
                self.master.detach();
                self.sharing.handle_master_detached(now());
            }
        }
    }

    /// The storage changed: by our own hand, which changes nothing more, or by another's.
    fn change_settings(&mut self, text: &str) {
        let changed = Settings::from_json(text)
            .and_then(|settings| self.sharing.handle_settings(settings, now()));
        if let Err(error) = changed {
            log::warn(&format!("stored settings were not taken: {error}"));
        }
    }

    fn carry_out(&mut self) {
        loop {
            match self.sharing.poll_output() {
                Output::Connect(carrier) => self.connect(carrier),
                Output::Send(text) => self.send(&text),
                Output::Disconnect => self.disconnect(),
                Output::DropApp => self.app.detach(),
                Output::OpenDocument(document) => self.documents.wish(Wish::Open(document)),
                Output::CloseDocument => self.documents.wish(Wish::Closed),
                Output::Tell(brief) => tell(&ToDocument::Master(brief)),
                Output::Deliver(text) => self.master.send(&text),
                Output::Dismiss => self.master.detach(),
                Output::State(state) => self.show(&state),
                Output::Store(Stored::Settings(settings)) => {
                    store(Area::Local, SETTINGS, &settings)
                }
                Output::Store(Stored::Memory(memory)) => store(Area::Local, MEMORY, &memory),
                Output::Store(Stored::Guests(text)) => store_text(Area::Local, GUESTS, text),
                Output::Event(event) => log::debug(&format!("{event:?}")),
                Output::Wait(until) => return self.wait(until),
            }
        }
    }

    fn connect(&mut self, carrier: Carrier) {
        self.carrier = carrier;
        match carrier {
            Carrier::Native => self.connect_native(),
            // The app waits at its port.
            Carrier::App => {}
        }
    }

    fn disconnect(&mut self) {
        match self.carrier {
            Carrier::Native => self.companion = None,
            Carrier::App => self.app.detach(),
        }
    }

    fn connect_native(&mut self) {
        self.runs += 1;
        let run = RunId(self.runs);
        let events = self.events.clone();
        match Port::connect_native(COMPANION, move |heard| {
            events.push(Event::Companion(run, heard))
        }) {
            Ok(port) => self.companion = Some(port),
            Err(error) => self
                .events
                .push(Event::Companion(run, Heard::Ended(Some(error.to_string())))),
        }
    }

    /// A port that cannot send has ended; that is heard by itself.
    fn send(&self, text: &str) {
        if self.carrier == Carrier::App {
            return self.app.send(text);
        }
        if let Some(port) = &self.companion
            && let Err(error) = port.send(text)
        {
            log::warn(&error.to_string());
        }
    }

    fn show(&mut self, state: &State) {
        store(Area::Session, STATE, state);
        self.pages.tell_all(&to_json(&ToPage::State { state }));
        let badge = badge::of(state);
        if self.badge.as_ref() != Some(&badge) {
            badge.show();
            self.badge = Some(badge);
        }
    }

    fn wait(&mut self, until: Option<Millis>) {
        let events = self.events.clone();
        self.timer =
            until.map(|until| Timer::new((until - now()).0, move || events.push(Event::Due)));
    }
}

pub(crate) fn now() -> Millis {
    Millis(web::clock::now())
}

fn tell(message: &ToDocument) {
    if let Err(error) = web::runtime::tell(&to_json(message)) {
        log::warn(&error.to_string());
    }
}

fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("our own types always serialise")
}

/// Reads the value of `key`. One that cannot be read any more, such as an older version's, gives way to
/// the default.
async fn stored<T: Default, E: std::fmt::Display>(
    key: &str,
    read: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, web::Error> {
    let Some(text) = storage::get(Area::Local, key).await? else {
        return Ok(T::default());
    };
    Ok(read(&text).unwrap_or_else(|error| {
        log::warn(&format!(
            "stored {key} cannot be read, the defaults are used: {error}"
        ));
        T::default()
    }))
}

/// Writes the value of `key`. Chrome keeps the order of writes to one area.
fn store(area: Area, key: &'static str, value: &impl Serialize) {
    store_text(area, key, to_json(value));
}

fn store_text(area: Area, key: &'static str, text: String) {
    web::task::spawn(async move { storage::set(area, key, &text).await });
}
