//! The session's state and what a person asks of it. What the companion says is in `session`, what is
//! shown in `view`, the popup's commands in `command`.

use super::app::{App, Carrier};
use super::guests::{Guests, Keeping};
use super::master::Master;
use super::memory::{BrowserSession, Memory, Network, Resume, Wish, resume};
use super::output::{Output, Stored};
use super::phase::Phase;
use super::settings::{Error, Settings};
use super::state::Companion;
use super::trouble::Trouble;
use super::view::View;
use crate::hub::{self, Hub, Mode};
use crate::link::{Command, Link, Report};
use crate::time::Millis;
use bytes::Bytes;
use std::collections::VecDeque;

/// The session of this browser with its companion.
///
/// Sharing begins when a person says so, and says with whom. It goes on over the worker's death and the
/// companion's, and among the invited over the browser's restart in the same network; it asks a person after
/// that in open mode, and in another network, and ends when a person stops it.
#[derive(Debug)]
pub struct Sharing {
    pub(super) settings: Settings,
    pub(super) memory: Memory,
    pub(super) site: Vec<SiteFile>,
    pub(super) extension_id: String,
    pub(super) phase: Phase,
    /// There from `Connect` to the end of the port.
    pub(super) link: Option<Link<Report, Command>>,
    /// There from start to stop.
    pub(super) hub: Option<Hub>,
    pub(super) master: Master,
    pub(super) app: App,
    /// What carries the link, or did last.
    pub(super) carrier: Carrier,
    /// Who is invited, where invited mode can be had.
    pub(super) guests: Option<Guests>,
    /// The companion last heard of.
    pub(super) companion: Option<Companion>,
    /// When the companion of now said hello.
    pub(super) healthy_since: Option<Millis>,
    /// The browser was started anew while sharing was wished: before a port is opened, the companion says whether
    /// this computer is where it was.
    pub(super) is_returning: bool,
    /// Companions lost without a minute of health between them.
    pub(super) crashes: u32,
    pub(super) view: View,
    pub(super) outputs: VecDeque<Output>,
    /// The time last told.
    pub(super) now: Millis,
}

/// What a session starts with.
#[derive(Debug, Clone)]
pub struct Setup {
    /// As stored, or the default.
    pub settings: Settings,
    /// As stored, or the default.
    pub memory: Memory,
    /// Whether the browser has run since the memory was stored.
    pub session: BrowserSession,
    /// What the companion serves over HTTP.
    pub site: Vec<SiteFile>,
    /// `chrome.runtime.id`.
    pub extension_id: String,
    /// What invited mode begins with; without it there is open mode only.
    pub guests: Option<Keeping>,
}

/// A file that the companion serves over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteFile {
    /// Absolute path, `/` for the start page.
    pub path: String,
    /// `Content-Type` of the answer.
    pub content_type: String,
    /// Entity tag without quotes (RFC 9110 §8.8.3).
    pub etag: String,
    /// The content.
    pub body: Bytes,
}

impl SiteFile {
    pub(super) fn to_command(&self) -> Command {
        Command::Site {
            path: self.path.clone(),
            content_type: self.content_type.clone(),
            etag: self.etag.clone(),
            body: self.body.clone(),
        }
    }
}

impl Sharing {
    /// Makes the session of a worker that has just started; resumes sharing where
    /// [`resume`] says so.
    pub fn new(setup: Setup, now: Millis) -> Self {
        let Setup {
            settings,
            memory,
            session,
            site,
            extension_id,
            guests,
        } = setup;
        let mut sharing = Self {
            settings,
            memory,
            site,
            extension_id,
            phase: Phase::Apart(None),
            link: None,
            hub: None,
            master: Master::default(),
            app: App::default(),
            carrier: Carrier::default(),
            guests: guests.map(Guests::new),
            companion: None,
            healthy_since: None,
            is_returning: false,
            crashes: 0,
            view: View::new(),
            outputs: VecDeque::new(),
            now,
        };
        if session == BrowserSession::New {
            // A person who bans somebody means this day and this network.
            let banned = Vec::new();
            sharing.remember(Memory {
                banned,
                ..sharing.memory.clone()
            });
        }
        if sharing.memory.wish == Wish::Sharing {
            sharing.wake(session);
        }
        sharing
    }

    /// Starts sharing with those whom `mode` lets in, or goes on after a question.
    ///
    /// # Errors
    /// The hub refuses the settings; nothing was changed.
    pub fn handle_start(&mut self, mode: Mode, now: Millis) -> Result<(), Error> {
        self.arrive(now);
        let settings = Settings {
            mode,
            ..self.settings.clone()
        };
        self.configure_hub(&settings)?;
        if settings != self.settings {
            self.settings = settings;
            self.store_settings();
        }
        self.have_shared()?;
        self.crashes = 0;
        let is_returning = std::mem::take(&mut self.is_returning);
        if self.memory.wish != Wish::Sharing || is_returning {
            let memory = Memory {
                wish: Wish::Sharing,
                networks: Vec::new(),
                ..self.memory.clone()
            };
            self.remember(memory);
        }
        match &self.phase {
            Phase::Apart(_) => self.connect(),
            Phase::Held(_) => self.listen(),
            // What is under way leads to sharing, now that it is wished.
            Phase::Greeting { .. }
            | Phase::Opening { .. }
            | Phase::Open { .. }
            | Phase::Closing { .. } => {}
        }
        Ok(())
    }

    /// Stops sharing: members are closed with 1001, then the companion is left.
    pub fn handle_stop(&mut self, now: Millis) {
        self.arrive(now);
        self.is_returning = false;
        self.remember(Memory {
            wish: Wish::Stopped,
            ..self.memory.clone()
        });
        self.close();
    }

    /// Puts settings in force: at once for those who ask to join, and with a new `listen` where the port
    /// is concerned. Settings equal to those in force change nothing.
    ///
    /// # Errors
    /// They are of no use; the old ones stay in force.
    pub fn handle_settings(&mut self, settings: Settings, now: Millis) -> Result<(), Error> {
        self.arrive(now);
        if settings == self.settings {
            return Ok(());
        }
        settings.check()?;
        if self.hub.is_some() {
            self.configure_hub(&settings)?;
        }
        let listens_otherwise = !settings.listens_like(&self.settings);
        self.settings = settings;
        if self.hub.is_some() {
            self.have_shared()?;
        }
        if listens_otherwise {
            self.listen_otherwise();
        }
        self.review_companion();
        Ok(())
    }

    /// Looks, as the popup opens, whether there is a companion, so that a person knows before pressing
    /// Start; and shows the state anew.
    pub fn handle_popup_opened(&mut self, now: Millis) {
        self.arrive(now);
        self.view.forget(); // Whoever opens it has been shown nothing yet.
        match &self.phase {
            // It is started again by itself.
            Phase::Apart(Some(Trouble::Crashed {
                retry_at: Some(_), ..
            })) => {}
            Phase::Apart(_) => self.connect(),
            Phase::Greeting { .. }
            | Phase::Opening { .. }
            | Phase::Open { .. }
            | Phase::Held(_)
            | Phase::Closing { .. } => {}
        }
    }

    /// Tries again what did not succeed.
    pub fn handle_retry(&mut self, now: Millis) {
        self.arrive(now);
        match &self.phase {
            Phase::Apart(_) => self.connect(),
            Phase::Held(_) => self.listen(),
            Phase::Greeting { .. }
            | Phase::Opening { .. }
            | Phase::Open { .. }
            | Phase::Closing { .. } => {}
        }
    }

    /// Tells that it is `now`.
    pub fn handle_timeout(&mut self, now: Millis) {
        self.now = now;
        if let Some(due) = self.phase.deadline()
            && due <= now
        {
            self.view.touch();
            self.on_deadline(now - due);
        }
        self.on_guests_due();
    }

    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The session's next wish. [`Output::Wait`] ends the round.
    pub fn poll_output(&mut self) -> Output {
        if let Some(output) = self.outputs.pop_front() {
            return output;
        }
        if let Some(text) = self.poll_link() {
            return Output::Send(text);
        }
        if let Some(output) = self.poll_master() {
            return output;
        }
        if let Some(state) = self.poll_state() {
            return Output::State(state);
        }
        let guests = self.guests.as_ref().and_then(Guests::deadline);
        let guests = guests.filter(|_| self.hub.is_some());
        let deadlines = [self.phase.deadline(), self.view.deadline(), guests];
        Output::Wait(deadlines.into_iter().flatten().min())
    }

    /// Begins an input that may change what is shown.
    pub(super) fn arrive(&mut self, now: Millis) {
        self.now = now;
        self.view.touch();
    }

    pub(super) fn remember(&mut self, memory: Memory) {
        if memory != self.memory {
            self.memory = memory.clone();
            self.outputs
                .push_back(Output::Store(Stored::Memory(memory)));
        }
    }

    /// Takes up sharing that was on when the worker ended, or asks.
    fn wake(&mut self, session: BrowserSession) {
        match (session, self.settings.mode) {
            // Where this computer is, only a companion can say.
            (BrowserSession::New, Mode::Invited) => {
                self.is_returning = true;
                self.connect();
            }
            (BrowserSession::Same, _) | (BrowserSession::New, Mode::Open) => {
                if self.may_resume(session, Network::Other) {
                    self.connect();
                }
            }
        }
    }

    /// Takes up sharing as it was, or asks the person whether to; says whether there is a port to open.
    pub(super) fn may_resume(&mut self, session: BrowserSession, network: Network) -> bool {
        match resume(self.settings.mode, session, network) {
            Resume::Yes => self.take_up(),
            Resume::Ask(question) => {
                self.remember(Memory {
                    wish: Wish::Asking(question),
                    ..self.memory.clone()
                });
                false
            }
        }
    }

    /// Makes the hub for sharing that was on; `false` where the settings do not allow it.
    fn take_up(&mut self) -> bool {
        match self.configure_hub(&self.settings.clone()) {
            Ok(()) => {
                self.tell_keys();
                true
            }
            Err(error) => {
                self.remember(Memory {
                    wish: Wish::Stopped,
                    ..self.memory.clone()
                });
                self.phase = Phase::Apart(Some(Trouble::Failed {
                    detail: error.to_string(),
                }));
                false
            }
        }
    }

    pub(super) fn store_settings(&mut self) {
        let settings = Box::new(self.settings.clone());
        self.outputs
            .push_back(Output::Store(Stored::Settings(settings)));
    }

    /// Puts settings in force in the hub, or makes one with them.
    pub(super) fn configure_hub(&mut self, settings: &Settings) -> Result<(), Error> {
        let config = hub::Config {
            mode: settings.mode,
            origins: settings.origins.clone(),
            own_origins: vec![format!("chrome-extension://{}", self.extension_id)],
            limits: settings.limits,
            name: settings.name.clone(),
            banned: self.memory.banned.iter().copied().collect(),
        };
        match &mut self.hub {
            Some(hub) => Ok(hub.handle_configured(config, self.now)?),
            None => {
                self.hub = Some(self.make_hub(config)?);
                Ok(())
            }
        }
    }
}
