//! The companion's side of the link, the same for every companion: greets, takes the hub's commands,
//! queues what is to be reported.

use super::{Command, Link, Order, Outcome, Report, VERSION, check_version};
use crate::address::Address;
use std::collections::VecDeque;

/// A companion's end of the link with a hub at the other.
#[derive(Debug)]
pub struct Companion {
    link: Link<Command, Report>,
    commands: VecDeque<Command>,
    /// An order about copies is being carried out.
    is_copying: bool,
}

impl Companion {
    /// Makes the link's side, which says hello first of all: its own version and the system it runs on,
    /// for people, and this computer's addresses where it can see them.
    pub fn new(build: &str, os: &str, addresses: Vec<Address>) -> Self {
        let mut link = Link::new();
        link.push(&Report::Hello {
            version: VERSION,
            build: build.to_owned(),
            os: os.to_owned(),
            addresses,
        });
        Self {
            link,
            commands: VecDeque::new(),
            is_copying: false,
        }
    }

    /// Takes a message from the hub; gives the order about copies that was in it. Commands are to be
    /// carried out in this turn, and of orders there is one at a time, so the credit is granted at once.
    #[must_use]
    pub fn handle_text(&mut self, text: &str) -> Option<Order> {
        let mut order = None;
        for command in self.link.handle_text(text) {
            if let Command::Hello { version } = command {
                self.check(version); // The greeting is the link's own affair.
            } else if let Command::Copy(next) = command {
                order = self.accept(next).or(order);
            } else {
                self.commands.push_back(command);
            }
        }
        self.link.grant();
        order
    }

    /// Takes what became of the order.
    pub fn handle_outcome(&mut self, outcome: Outcome) {
        self.is_copying = false;
        self.link.push(&Report::Copy(outcome));
    }

    /// Takes what happened.
    pub fn handle_report(&mut self, report: &Report) {
        self.link.push(report);
    }

    /// The next command to be carried out.
    pub fn poll_command(&mut self) -> Option<Command> {
        self.commands.pop_front()
    }

    /// The next message for the hub, as its credit allows.
    pub fn poll_text(&mut self) -> Option<String> {
        self.link.poll_output()
    }

    /// Whether more reports are waiting than should: then no socket is to be read.
    pub fn is_congested(&self) -> bool {
        self.link.is_congested()
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

    /// A hub of another version is told both numbers; ending the link is its part, since it knows what to
    /// tell the user.
    fn check(&mut self, version: u32) {
        if let Err(mismatch) = check_version(version) {
            self.link.push(&Report::Error {
                detail: mismatch.to_string(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(companion: &mut Companion) -> Vec<Report> {
        let text = companion.poll_text().expect("something to say");
        serde_json::from_str(&text).expect("reports")
    }

    #[test]
    fn hello_comes_first_and_commands_come_in_order() {
        let mut companion = Companion::new("1.2.3", "toaster", Vec::new());
        assert_eq!(
            said(&mut companion),
            [Report::Hello {
                version: VERSION,
                build: "1.2.3".to_owned(),
                os: "toaster".to_owned(),
                addresses: Vec::new(),
            }]
        );
        let text = format!(
            r#"[{{"kind":"hello","version":{VERSION}}},{{"kind":"stop"}},{{"kind":"error","detail":"x"}}]"#
        );
        assert_eq!(companion.handle_text(&text), None);
        assert_eq!(companion.poll_command(), Some(Command::Stop));
        let detail = "x".to_owned();
        assert_eq!(companion.poll_command(), Some(Command::Error { detail }));
        assert_eq!(companion.poll_command(), None);
    }

    #[test]
    fn a_hub_of_another_version_is_told_both() {
        let mut companion = Companion::new("1", "x", Vec::new());
        said(&mut companion);
        assert_eq!(
            companion.handle_text(r#"[{"kind":"hello","version":4711}]"#),
            None
        );
        let [Report::Error { detail }] = &said(&mut companion)[..] else {
            panic!("one error");
        };
        assert!(detail.contains("4711"), "{detail}");
        assert!(detail.contains(&VERSION.to_string()), "{detail}");
    }

    #[test]
    fn a_message_without_content_says_nothing() {
        let mut companion = Companion::new("1", "x", Vec::new());
        said(&mut companion);
        assert_eq!(companion.handle_text("[]"), None);
        assert_eq!(
            (companion.poll_command(), companion.poll_text()),
            (None, None)
        );
    }
}
