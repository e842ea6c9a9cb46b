//! Ports of `chrome.runtime`: to a native program, or from a page of the extension. Messages are JSON
//! as text on this side, and values on the other.

use crate::chrome::RUNTIME;
use crate::listener::Listener;
use crate::{Error, json, runtime};
use wasm_bindgen::JsValue;

pub use crate::chrome::RawPort;

/// What a port says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A message, as JSON text.
    Text(String),
    /// The other side is gone; for a native program with Chrome's words about it.
    Ended(Option<String>),
}

/// A connected port; dropping it disconnects.
#[must_use = "a port that is dropped disconnects"]
pub struct Port {
    raw: RawPort,
    _listeners: [Listener; 2],
}

impl Port {
    /// Starts a native program and connects to it. That it cannot be started is heard as
    /// [`Heard::Ended`].
    ///
    /// # Errors
    /// The extension may not do this at all.
    pub fn connect_native(
        application: &str,
        on: impl Fn(Heard) + Clone + 'static,
    ) -> Result<Self, Error> {
        let doing = Error::doing("connecting to the companion");
        let raw = RUNTIME
            .with(|runtime| runtime.connect_native(application))
            .map_err(doing)?;
        Self::attach(raw, on)
    }

    /// Listens to a port that the worker's door was handed.
    ///
    /// # Errors
    /// Its page was closed meanwhile.
    pub fn attach(raw: RawPort, on: impl Fn(Heard) + Clone + 'static) -> Result<Self, Error> {
        let listeners = listen(&raw, on).map_err(Error::doing("listening to a port"))?;
        Ok(Self {
            raw,
            _listeners: listeners,
        })
    }

    /// Sends one message, given as JSON text.
    ///
    /// # Errors
    /// `text` is not JSON, or longer than Chrome passes on (64 MiB), or the port has ended.
    pub fn send(&self, text: &str) -> Result<(), Error> {
        let value = json::parse(text)?;
        self.raw
            .post_message(&value)
            .map_err(Error::doing("sending through a port"))
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        refuse(&self.raw);
    }
}

fn listen(raw: &RawPort, on: impl Fn(Heard) + Clone + 'static) -> Result<[Listener; 2], JsValue> {
    let heard = on.clone();
    let message = Listener::new(raw.on_message()?, move |value| {
        match json::stringify(&value) {
            Ok(text) => heard(Heard::Text(text)),
            Err(error) => crate::log::warn(&error.to_string()),
        }
    })?;
    let ended = Listener::new(raw.on_disconnect()?, move |_| {
        on(Heard::Ended(runtime::last_error()));
    })?;
    Ok([message, ended])
}

/// The name a page gave to the port it opened.
pub fn name(raw: &RawPort) -> String {
    raw.name()
}

/// The page that opened a port, named from the package's root; without query and fragment. `None` where
/// it is no page of this extension.
pub fn page(raw: &RawPort) -> Option<String> {
    runtime::path(&raw.sender()?.url()?)
}

/// The origin of the page that opened a port, as the browser names it.
pub fn origin(raw: &RawPort) -> Option<String> {
    raw.sender()?.origin()
}

/// Ends a port without having listened to it; its page hears that it ended.
pub fn refuse(raw: &RawPort) {
    // One that has ended already needs no more.
    let _ = raw.disconnect();
}
