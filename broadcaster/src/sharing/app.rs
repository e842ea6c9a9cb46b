//! The Direct Sockets app as companion: a page with an origin of its own that opened a port to this
//! extension. It is used when a person has accepted that origin, and where the native companion is not
//! there or not wanted.
//!
//! The app begins: an extension cannot open it. A port carries one session, as the native companion's
//! does; when that is over the app opens another one, and waits.

use super::gathered::Gathered;
use super::machine::Sharing;
use super::memory::Wish;
use super::output::Output;
use super::phase::Phase;
use super::settings::{Error, Settings};
use super::trouble::Trouble;
use crate::address::Address;
use crate::limits::APPS_REFUSED;
use crate::link::Command;
use crate::time::Millis;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What carries the link.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Carrier {
    /// Native messaging, to the companion that is a program.
    #[default]
    Native,
    /// The port that the Direct Sockets app opened.
    App,
}

/// Which companion a person wants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    /// The native one; where it is not there, the app.
    #[default]
    Auto,
    /// The native one only.
    Native,
    /// The app only.
    App,
}

/// An app that is open, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AppRow {
    /// Where it comes from.
    pub origin: String,
    /// Whether a person has accepted that.
    pub accepted: bool,
}

/// What is known of the app.
#[derive(Debug, Default)]
pub(super) struct App {
    /// The origin of the page at the other end of the app's port, while there is one.
    origin: Option<String>,
    /// Origins that a person refused since the worker started.
    refused: BTreeSet<String>,
    /// This computer's addresses, which the app cannot see; loopback alone where it is in no network, none
    /// before they are gathered.
    addresses: Vec<Address>,
}

impl Sharing {
    /// Tells that a page of `origin` has opened a port as a companion. False where that port is to be
    /// closed; else it takes the place of an earlier one.
    #[must_use]
    pub fn handle_app_attached(&mut self, origin: &str, now: Millis) -> bool {
        self.arrive(now);
        if !is_app(origin) || self.app.refused.contains(origin) {
            return false;
        }
        // One that nobody has accepted gives way to one that is: the second window of an app does not.
        if self.app.origin.is_some() && (self.has_app() || !self.is_accepted(origin)) {
            return false;
        }
        self.app.origin = Some(origin.to_owned());
        self.take_up_app();
        true
    }

    /// Tells what came through the app's port. Between sessions that is the sign of life of one that
    /// waits.
    pub fn handle_app_text(&mut self, text: &str, now: Millis) {
        if self.carrier == Carrier::App {
            self.handle_text(text, now);
        }
    }

    /// Tells that the app's port has ended: its window was closed.
    pub fn handle_app_detached(&mut self, now: Millis) {
        self.arrive(now);
        self.app.origin = None;
        if self.carrier != Carrier::App || self.link.take().is_none() {
            return;
        }
        if matches!(self.phase, Phase::Closing { .. }) {
            return self.finish();
        }
        self.lose(Trouble::AppAway);
    }

    /// Tells what the document has gathered of this computer's addresses: JSON text.
    ///
    /// # Errors
    /// It is no such text; what was known holds on.
    pub fn handle_gathered(&mut self, text: &str, now: Millis) -> Result<(), Error> {
        self.arrive(now);
        self.app.addresses = Gathered::addresses(text)?;
        if self.is_carried_by_app() {
            self.push_addresses();
        } else if self.awaits_addresses() && matches!(self.phase, Phase::Apart(None)) {
            self.use_app();
        }
        Ok(())
    }

    /// Tells that the document in which addresses are gathered is gone.
    pub fn handle_gathering_lost(&mut self, now: Millis) {
        self.arrive(now);
        self.master.forget_document();
    }

    /// Whether the app has to be told this computer's addresses, or they decide whether it is used.
    pub(super) fn needs_addresses(&self) -> bool {
        let is_of_use = self.is_carried_by_app() || self.awaits_addresses();
        is_of_use && self.memory.wish == Wish::Sharing
    }

    /// Whether the app waits until it is known whether this computer is where it shared before the browser's
    /// restart: an app cannot say that in its hello.
    pub(super) fn awaits_addresses(&self) -> bool {
        self.is_returning && self.link.is_none() && self.has_app()
    }

    /// Where this computer is, by the companion that said so in its hello, or as gathered for the app.
    pub(super) fn whereabouts(&self, said: &[Address]) -> Vec<Address> {
        match self.carrier {
            Carrier::Native => said.to_vec(),
            Carrier::App => self.app.addresses.clone(),
        }
    }

    /// Whether addresses were gathered.
    pub(super) fn has_gathered(&self) -> bool {
        !self.app.addresses.is_empty()
    }

    /// Whether an app is there that a person has accepted.
    pub(super) fn has_app(&self) -> bool {
        self.app
            .origin
            .as_ref()
            .is_some_and(|origin| self.is_accepted(origin))
    }

    /// The app that is open, for people.
    pub(super) fn app_row(&self) -> Option<AppRow> {
        let origin = self.app.origin.clone()?;
        let accepted = self.is_accepted(&origin);
        Some(AppRow { origin, accepted })
    }

    /// Which companion is tried first.
    pub(super) fn first_carrier(&self) -> Carrier {
        match self.settings.companion {
            Choice::Auto | Choice::Native => Carrier::Native,
            Choice::App => Carrier::App,
        }
    }

    /// Whether an app that a person has accepted takes the place of a native companion that is not there: to be
    /// used, or where its window is closed, to be missed.
    pub(super) fn is_app_instead(&self, trouble: &Trouble) -> bool {
        let is_not_there = matches!(trouble, Trouble::Missing { .. } | Trouble::Forbidden);
        let is_allowed = self.settings.companion == Choice::Auto;
        let is_known = !self.settings.apps.is_empty();
        is_not_there && is_allowed && self.carrier == Carrier::Native && is_known
    }

    /// The app's port ends with its session.
    pub(super) fn forget_app_port(&mut self) {
        if self.carrier == Carrier::App {
            self.app.origin = None;
        }
    }

    pub(super) fn push_addresses(&mut self) {
        let addresses = self.app.addresses.clone();
        self.push(&Command::Addresses { addresses });
    }

    /// Puts changed settings in force: an app that is accepted no more, or a companion that is not the
    /// one wanted, is left.
    pub(super) fn review_companion(&mut self) {
        if self.is_carried_by_app() && !self.has_app() {
            self.disconnect();
            return self.lose(Trouble::AppAway);
        }
        let is_wanted = match (self.settings.companion, self.carrier) {
            (Choice::Auto, _) | (Choice::Native, Carrier::Native) | (Choice::App, Carrier::App) => {
                true
            }
            (Choice::Native, Carrier::App) | (Choice::App, Carrier::Native) => false,
        };
        if !is_wanted && (self.link.is_some() || matches!(self.phase, Phase::Apart(Some(_)))) {
            self.close();
        } else {
            self.take_up_app();
        }
    }

    /// Accepts the app that waits.
    pub(super) fn accept_app(&mut self, origin: &str) -> Result<(), Error> {
        if self.app.origin.as_deref() != Some(origin) {
            return Err(Error::NoSuchApp);
        }
        let mut apps = self.settings.apps.clone();
        apps.push(origin.to_owned());
        let settings = Settings {
            apps,
            ..self.settings.clone()
        };
        settings.check()?;
        self.settings = settings;
        self.store_settings();
        self.take_up_app();
        Ok(())
    }

    /// Refuses the app that waits, until the worker starts anew.
    pub(super) fn refuse_app(&mut self, origin: &str) -> Result<(), Error> {
        if self.app.origin.as_deref() != Some(origin) || self.is_accepted(origin) {
            return Err(Error::NoSuchApp);
        }
        if self.app.refused.len() < APPS_REFUSED {
            self.app.refused.insert(origin.to_owned());
        }
        self.app.origin = None;
        self.outputs.push_back(Output::DropApp);
        Ok(())
    }

    /// What was missing is there.
    fn take_up_app(&mut self) {
        let is_missed = matches!(
            self.phase,
            Phase::Apart(Some(
                Trouble::Missing { .. } | Trouble::Forbidden | Trouble::AppAway
            ))
        );
        if is_missed && self.has_app() && self.settings.companion != Choice::Native {
            self.use_app();
        }
    }

    /// Turns to the app, which is there.
    pub(super) fn use_app(&mut self) {
        self.phase = Phase::Apart(None);
        if self.memory.wish == Wish::Sharing {
            self.connect_by(Carrier::App);
        }
    }

    fn is_carried_by_app(&self) -> bool {
        self.carrier == Carrier::App && self.link.is_some()
    }

    fn is_accepted(&self, origin: &str) -> bool {
        self.settings.apps.iter().any(|accepted| accepted == origin)
    }
}

/// Whether this is the origin of an Isolated Web App: its scheme, and the 56 characters of its bundle's
/// id in base32 (<https://wicg.github.io/isolated-web-apps/isolated-app-origins>).
pub(super) fn is_app(origin: &str) -> bool {
    let id = origin.strip_prefix("isolated-app://");
    id.is_some_and(|id| {
        id.len() == ID_LETTERS && id.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7'))
    })
}

/// Letters of a web bundle's id.
const ID_LETTERS: usize = 56;

#[cfg(test)]
mod tests {
    use super::is_app;

    #[test]
    fn the_origin_of_an_app_is_taken_whole_or_not_at_all() {
        let id = "iv3u6m7esvodwie2hjfz246ubgpbelwschftxirnjjj7mgoh3jyqaaic";
        assert!(is_app(&format!("isolated-app://{id}")));
        for other in [
            String::new(),
            id.to_owned(),
            format!("isolated-app://{id}/"),
            format!("isolated-app://{id}a"),
            format!("isolated-app://{}", &id[1..]),
            format!("isolated-app://{}", id.to_uppercase()),
            format!("https://{id}"),
            format!("isolated-app://{}1", &id[1..]),
            format!("xisolated-app://{id}"),
        ] {
            assert!(!is_app(&other), "{other}");
        }
    }
}
