//! A hub at the other end of the link, as a decider.

use crate::driver::Decider;
use broadcaster::Millis;
use broadcaster::link::{Command, Link, Report, VERSION, check_version};
use std::collections::VecDeque;
use std::env;
use std::rc::Rc;
use tokio::sync::Notify;

/// The companion's side of the link.
#[derive(Debug)]
pub(super) struct Remote {
    link: Link<Command, Report>,
    commands: VecDeque<Command>,
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
        });
        (
            Self {
                link,
                commands: VecDeque::new(),
                filled: filled.clone(),
            },
            filled,
        )
    }

    /// Takes a message from the hub. Its commands are carried out in this turn, so the credit for them
    /// is granted at once.
    pub(super) fn handle_text(&mut self, text: &str) {
        for command in self.link.handle_text(text) {
            let command = self.checked(command);
            self.commands.extend(command);
        }
        self.link.grant();
        self.filled.notify_one();
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
