//! What the background hears, as one enum.

use futures_channel::mpsc::UnboundedSender;
use web::port::{Heard, RawPort};

/// Something that happened.
pub(crate) enum Event {
    /// A page of the extension opened its port.
    Attached(RawPort),
    /// A page said something, or is gone.
    Page(PageId, Heard),
    /// The master said something, or is gone.
    Master(RunId, Heard),
    /// The companion said something, or is gone.
    Companion(RunId, Heard),
    /// The Direct Sockets app said something, or is gone.
    App(RunId, Heard),
    /// A page of another origin opened its port.
    Foreign(RawPort),
    /// The document said which addresses this computer has, or is gone.
    Addresses(Heard),
    /// The stored settings changed; their JSON text.
    Settings(String),
    /// The time that was waited for has come.
    Due,
}

/// A page of the extension that is open; never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PageId(pub(crate) u32);

/// One run of the companion, or one port of the master; never reused. What an earlier run still says is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RunId(pub(crate) u32);

/// Where events go to: unbounded, because a browser's callback cannot wait. What keeps it short is the
/// link's credit, and that people press buttons slowly.
#[derive(Clone)]
pub(crate) struct Events(pub(crate) UnboundedSender<Event>);

impl Events {
    /// Puts an event behind those before it.
    pub(crate) fn push(&self, event: Event) {
        // Fails only when the task has ended, which is when the worker ends.
        let _ = self.0.unbounded_send(event);
    }
}
