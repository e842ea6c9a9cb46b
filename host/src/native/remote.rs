//! A hub at the other end of the link, as a decider.

use crate::driver::Decider;
use crate::interfaces;
use broadcaster::Millis;
use broadcaster::link::{Command, Link, Order, Outcome, Report, VERSION, check_version};
use std::collections::VecDeque;
use std::env;
use std::rc::Rc;
use tokio::sync::Notify;

/// The companion's side of the link.
#[derive(Debug)]
pub(super) struct Remote {
    link: Link<Command, Report>,
    commands: VecDeque<Command>,
    /// An order about copies is being carried out.
    is_copying: bool,
    /// Told when there may be something to send.
    filled: Rc<Notify>,
}

impl Remote {
    /// Makes the link's side, which says hello first of all, and what tells when it may have something
    /// to send.
    pub(super) fn new() -> (Self, Rc<Notify>) {
        let filled = Rc::new(Notify::new());
        let mut link = Link::new();
        link.push(&Report::Hello {
            version: VERSION,
            build: env!("CARGO_PKG_VERSION").to_owned(),
            os: env::consts::OS.to_owned(),
            addresses: interfaces::addresses(),
        });
        (
            Self {
                link,
                commands: VecDeque::new(),
                is_copying: false,
                filled: filled.clone(),
            },
            filled,
        )
    }

    /// Takes a message from the hub; gives the order about copies that was in it. Commands are carried
    /// out in this turn, and of orders there is one at a time, so the credit is granted at once.
    #[must_use]
    pub(super) fn handle_text(&mut self, text: &str) -> Option<Order> {
        let mut order = None;
        for command in self.link.handle_text(text) {
            match self.checked(command) {
                Some(Command::Copy(next)) => order = self.accept(next).or(order),
                Some(command) => self.commands.push_back(command),
                None => {}
            }
        }
        self.link.grant();
        self.filled.notify_one();
        order
    }

    /// Takes what became of the order.
    pub(super) fn handle_outcome(&mut self, outcome: Outcome) {
        self.is_copying = false;
        self.link.push(&Report::Copy(outcome));
        self.filled.notify_one();
    }

    /// Refuses an order that comes before the outcome of the last one: nothing piles up.
    fn accept(&mut self, order: Order) -> Option<Order> {
        if !std::mem::replace(&mut self.is_copying, true) {
            return Some(order);
        }
        self.link.push(&Report::Copy(Outcome::Failed {
            detail: "one order at a time".to_owned(),
        }));
        None
    }

    /// The next message for the hub.
    pub(super) fn poll_text(&mut self) -> Option<String> {
        self.link.poll_output()
    }

    /// The command, unless it is the greeting, which is the link's own affair. A hub of another version
    /// is told both numbers; ending the link is its part, since it knows what to tell the user.
    fn checked(&mut self, command: Command) -> Option<Command> {
        let Command::Hello { version } = command else {
            return Some(command);
        };
        if let Err(mismatch) = check_version(version) {
            tracing::error!("{mismatch}");
            self.link.push(&Report::Error {
                detail: mismatch.to_string(),
            });
        }
        None
    }
}

impl Decider for Remote {
    fn handle_report(&mut self, report: Report, _now: Millis) {
        self.link.push(&report);
        self.filled.notify_one();
    }

    fn poll_command(&mut self) -> Option<Command> {
        self.commands.pop_front()
    }

    fn is_congested(&self) -> bool {
        self.link.is_congested()
    }
}
