//! A WebSocket of a page (RFC 6455, client side), text messages only.

use crate::Error;
use gloo_events::EventListener;
use js_sys::Array;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CloseEvent, MessageEvent, WebSocket};

/// What a socket says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SocketHeard {
    /// It is open, under this subprotocol; empty for none.
    Opened(String),
    /// A text message.
    Text(String),
    /// It is gone, or could not be opened; 1006 without a word from the other side.
    Closed {
        /// The close code.
        code: u16,
        /// The reason in words; may be empty.
        reason: String,
    },
}

/// An open or opening WebSocket; dropping it closes it.
#[must_use = "a socket that is dropped closes"]
pub struct Socket {
    raw: WebSocket,
    _listeners: [EventListener; 3],
}

impl Socket {
    /// Begins to open a socket, offering these subprotocols.
    ///
    /// # Errors
    /// The URL is none, or the page may not open it.
    pub fn open(
        url: &str,
        protocols: &[&str],
        on: impl FnMut(SocketHeard) + 'static,
    ) -> Result<Self, Error> {
        let offered: Array = protocols.iter().copied().map(JsValue::from_str).collect();
        let raw = WebSocket::new_with_str_sequence(url, &offered)
            .map_err(Error::doing("opening the broadcaster's address"))?;
        let on = Rc::new(RefCell::new(on));
        let listen = |name: &'static str, read: fn(&web_sys::Event) -> Option<SocketHeard>| {
            let on = on.clone();
            EventListener::new(&raw, name, move |event| {
                if let Some(heard) = read(event) {
                    (on.borrow_mut())(heard);
                }
            })
        };
        let listeners = [
            listen("open", |event| {
                let socket = event.target().map(JsCast::unchecked_into::<WebSocket>)?;
                Some(SocketHeard::Opened(socket.protocol()))
            }),
            listen("message", |event| {
                let event: &MessageEvent = event.unchecked_ref();
                event.data().as_string().map(SocketHeard::Text)
            }),
            listen("close", |event| {
                let event: &CloseEvent = event.unchecked_ref();
                Some(SocketHeard::Closed {
                    code: event.code(),
                    reason: event.reason(),
                })
            }),
        ];
        Ok(Self {
            raw,
            _listeners: listeners,
        })
    }

    /// Sends a text message.
    ///
    /// # Errors
    /// The socket is not open yet.
    pub fn send(&self, text: &str) -> Result<(), Error> {
        self.raw
            .send_with_str(text)
            .map_err(Error::doing("sending to the broadcaster"))
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // A socket that is closing already refuses to be closed again, and that is all it can refuse.
        let _ = self.raw.close();
    }
}
