//! A listener of a `chrome.events.Event`, as a value.

use crate::chrome::Event;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};

/// Listens until it is dropped. The callback gets the event's first argument.
#[must_use = "a listener that is dropped hears nothing"]
pub(crate) struct Listener {
    event: Event,
    callback: Closure<dyn FnMut(JsValue)>,
}

impl Listener {
    /// Starts to listen.
    ///
    /// # Errors
    /// What the event belongs to is gone.
    pub(crate) fn new(
        event: Event,
        callback: impl FnMut(JsValue) + 'static,
    ) -> Result<Self, JsValue> {
        let callback = Closure::new(callback);
        event.add_listener(callback.as_ref().unchecked_ref())?;
        Ok(Self { event, callback })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let callback = self.callback.as_ref().unchecked_ref();
        // What is gone calls no more.
        let _ = self.event.remove_listener(callback);
    }
}
