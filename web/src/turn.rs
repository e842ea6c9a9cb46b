//! Turns of the event loop: how a long piece of work lets everything else go first. Unlike a timer it is
//! not slowed down in hidden pages.

use crate::Error;
use gloo_events::EventListener;
use wasm_bindgen::JsValue;
use web_sys::MessageChannel;

/// Calls in a later turn, once for each time it was asked.
#[must_use = "turns that are dropped never come"]
pub struct Turns {
    channel: MessageChannel,
    _listener: EventListener,
}

impl Turns {
    /// Prepares to call.
    ///
    /// # Errors
    /// The browser has no message channels.
    pub fn new(mut then: impl FnMut() + 'static) -> Result<Self, Error> {
        let channel = MessageChannel::new().map_err(Error::doing("making a channel"))?;
        let listener = EventListener::new(&channel.port2(), "message", move |_| then());
        // A port that is listened to by `addEventListener` waits for this (HTML §9.4.4).
        channel.port2().start();
        Ok(Self {
            channel,
            _listener: listener,
        })
    }

    /// Asks for a turn.
    pub fn ask(&self) {
        // Fails only for values that cannot be cloned.
        let _ = self.channel.port1().post_message(&JsValue::NULL);
    }
}

impl Drop for Turns {
    fn drop(&mut self) {
        self.channel.port1().close();
    }
}
