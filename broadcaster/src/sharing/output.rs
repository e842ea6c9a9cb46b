//! What comes out of the sharing session.

use super::app::Carrier;
use super::master::{Brief, Document};
use super::memory::Memory;
use super::settings::Settings;
use super::state::State;
use crate::hub::Event;
use crate::time::Millis;

/// The session's next wish.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Open a port to the native companion, and if that fails at once, tell
    /// [`handle_disconnected`](super::Sharing::handle_disconnected); or speak through the app's, which is
    /// open. What is sent goes there from now on.
    Connect(Carrier),
    /// Send this through the port: the JSON text of an array.
    Send(String),
    /// Close the port and forget it; nothing more of it is to be told.
    Disconnect,
    /// Close the app's port and forget it; nothing more of it is to be told.
    DropApp,
    /// Have this document open, and no other; it may be already.
    OpenDocument(Document),
    /// Have it closed; it may be already.
    CloseDocument,
    /// Tell this to the document, if it is there.
    Tell(Brief),
    /// Send this through the master's port: an envelope.
    Deliver(String),
    /// Close the master's port and forget it; nothing more of it is to be told.
    Dismiss,
    /// Show this; at most four a second, the newest always.
    State(Box<State>),
    /// Keep this; [`Setup`](super::Setup) asks for it.
    Store(Stored),
    /// Something happened in the hub that is worth logging.
    Event(Event),
    /// Nothing more for now; with a time, call
    /// [`handle_timeout`](super::Sharing::handle_timeout) then at the latest.
    Wait(Option<Millis>),
}

/// What outlives the worker.
#[derive(Debug, Clone, PartialEq)]
pub enum Stored {
    /// A person changed the settings by a command of the popup.
    Settings(Box<Settings>),
    /// What must be known to resume.
    Memory(Memory),
    /// Identity and invitations, as text: where only this extension reads.
    Guests(String),
}
