//! One side of the link: what is said goes to the outbox, what is heard comes from the inbox.

use super::inbox::{Inbox, Received};
use super::message::{Command, Report};
use super::outbox::Outbox;
use serde::{Serialize, de::DeserializeOwned};
use std::marker::PhantomData;

/// One side of the link: [`Report`]s come in and [`Command`]s go out on the hub's, the reverse on the
/// companion's.
///
/// The owner handles what [`handle_text`](Self::handle_text) gives, says so with
/// [`grant`](Self::grant), and sends what [`poll_output`](Self::poll_output) gives until it gives none.
/// Neither order nor content of messages is ever changed, and none is dropped.
#[derive(Debug)]
pub struct Link<Incoming, Outgoing> {
    inbox: Inbox,
    outbox: Outbox,
    /// Errors for which there was no place.
    untold_errors: usize,
    messages: PhantomData<(Incoming, fn(Outgoing))>,
}

/// What carries a link's messages to the other side: in order, whole, or not at all.
pub trait Carrier {
    /// What went wrong.
    type Error;

    /// Sends one carrier message.
    ///
    /// # Errors
    /// The carrier is gone; what was sent before may be lost as well.
    fn send(&mut self, text: &str) -> Result<(), Self::Error>;
}

/// A message of the link: a JSON object with a `kind`.
pub trait Message: Serialize + DeserializeOwned {
    /// The kinds there are.
    const KINDS: &'static [&'static str];

    /// Whether it travels without credit, ahead of the others: `hello` and `error`.
    fn is_free(&self) -> bool;

    /// The answer to a message that could not be understood.
    fn error(detail: String) -> Self;
}

impl<Incoming: Message, Outgoing: Message> Link<Incoming, Outgoing> {
    /// Begins a link; nothing has been said on it.
    #[expect(
        clippy::new_without_default,
        reason = "a link begins with a carrier, never by default"
    )]
    pub fn new() -> Self {
        Self {
            inbox: Inbox::new(),
            outbox: Outbox::new(),
            untold_errors: 0,
            messages: PhantomData,
        }
    }

    /// Queues a message. It is serialised at once.
    pub fn push(&mut self, message: &Outgoing) {
        if !message.is_free() {
            self.outbox.push(message);
        } else if !self.outbox.push_free(message) {
            self.untold_errors += 1;
        }
    }

    /// Takes one carrier message and gives what it held: JSON, an array of messages or one alone. What
    /// could not be understood is answered with an `error`; the rest is given.
    pub fn handle_text(&mut self, text: &str) -> Vec<Incoming> {
        let Received {
            messages,
            credit,
            fault,
        } = self.inbox.handle_text(text);
        self.outbox.add_credit(credit);
        if let Some(detail) = fault {
            self.push(&Outgoing::error(detail));
        }
        messages
    }

    /// Says that everything given so far has been handled, so that the other side may send as much again.
    pub fn grant(&mut self) {
        if let Some(bytes) = self.inbox.grant() {
            self.outbox.push_grant(bytes);
        }
    }

    /// Whether more than [`LINK_QUEUE_BYTES`](crate::limits::LINK_QUEUE_BYTES) wait: the owner should
    /// take in no more of what makes it send.
    pub fn is_congested(&self) -> bool {
        self.outbox.is_congested()
    }

    /// Bytes waiting for credit or for the carrier.
    pub fn queued_bytes(&self) -> usize {
        self.outbox.queued_bytes()
    }

    /// The next carrier message: a JSON array of at most
    /// [`LINK_MESSAGE_BYTES`](crate::limits::LINK_MESSAGE_BYTES). `None` where nothing waits, or where
    /// what waits has no credit.
    pub fn poll_output(&mut self) -> Option<String> {
        let text = self.outbox.poll();
        if self.untold_errors > 0 {
            let errors = std::mem::take(&mut self.untold_errors);
            self.push(&Outgoing::error(format!(
                "{errors} further messages were not understood"
            )));
        }
        text
    }

    /// Sends everything there is credit for.
    ///
    /// # Errors
    /// The carrier's own; the link is at its end then.
    pub fn flush<C: Carrier>(&mut self, carrier: &mut C) -> Result<(), C::Error> {
        while let Some(text) = self.poll_output() {
            carrier.send(&text)?;
        }
        Ok(())
    }
}

impl Message for Report {
    const KINDS: &'static [&'static str] = &[
        "hello",
        "listening",
        "failed",
        "asked",
        "received",
        "closed",
        "counters",
        "addresses",
        "copy",
        "error",
    ];

    fn is_free(&self) -> bool {
        matches!(self, Self::Hello { .. } | Self::Error { .. })
    }

    fn error(detail: String) -> Self {
        Self::Error { detail }
    }
}

impl Message for Command {
    const KINDS: &'static [&'static str] = &[
        "hello", "site", "listen", "stop", "admit", "refuse", "join", "leave", "send", "close",
        "copy", "error",
    ];

    fn is_free(&self) -> bool {
        matches!(self, Self::Hello { .. } | Self::Error { .. })
    }

    fn error(detail: String) -> Self {
        Self::Error { detail }
    }
}
