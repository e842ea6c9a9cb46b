//! A hub at the other end of the link, as a decider.

use crate::driver::Decider;
use crate::interfaces;
use broadcaster::Millis;
use broadcaster::link::{Command, Companion, Order, Outcome, Report};
use std::env;
use std::rc::Rc;
use tokio::sync::Notify;

/// The companion's side of the link.
#[derive(Debug)]
pub(super) struct Remote {
    companion: Companion,
    /// Told when there may be something to send.
    filled: Rc<Notify>,
}

impl Remote {
    /// Makes the link's side, and what tells when it may have something to send.
    pub(super) fn new() -> (Self, Rc<Notify>) {
        let filled = Rc::new(Notify::new());
        let remote = Self {
            companion: Companion::new(
                env!("CARGO_PKG_VERSION"),
                env::consts::OS,
                interfaces::addresses(),
            ),
            filled: filled.clone(),
        };
        (remote, filled)
    }

    /// Takes a message from the hub; gives the order about copies that was in it.
    #[must_use]
    pub(super) fn handle_text(&mut self, text: &str) -> Option<Order> {
        let order = self.companion.handle_text(text);
        self.filled.notify_one();
        order
    }

    /// Takes what became of the order.
    pub(super) fn handle_outcome(&mut self, outcome: Outcome) {
        self.companion.handle_outcome(outcome);
        self.filled.notify_one();
    }

    /// The next message for the hub.
    pub(super) fn poll_text(&mut self) -> Option<String> {
        self.companion.poll_text()
    }
}

impl Decider for Remote {
    fn handle_report(&mut self, report: Report, _now: Millis) {
        self.companion.handle_report(&report);
        self.filled.notify_one();
    }

    fn poll_command(&mut self) -> Option<Command> {
        self.companion.poll_command()
    }

    fn is_congested(&self) -> bool {
        self.companion.is_congested()
    }
}
