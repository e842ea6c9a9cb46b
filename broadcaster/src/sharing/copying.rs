//! The session with a companion that keeps copies: orders of the master's document on one side, the link on
//! the other. Apart from sharing, so that it needs no open port, and no member waits behind a copy's bytes.

use super::trouble::Trouble;
use crate::limits::{COMPANION_GREETING, COMPANION_LATE, COPY_ANSWER};
use crate::link::{Command, Link, Order, Outcome, Report, VERSION, check_version};
use crate::time::Millis;
use std::collections::VecDeque;

/// One session: it begins with its companion's port, and ends when it is dropped.
///
/// Each order gets one outcome, whatever becomes of the companion.
#[derive(Debug)]
pub struct Copying {
    link: Link<Report, Command>,
    phase: Phase,
    outputs: VecDeque<CopyOutput>,
    now: Millis,
}

/// What a session wishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CopyOutput {
    /// Send this to the companion, JSON.
    Send(String),
    /// Close the companion's port and forget it.
    Disconnect,
    /// Tell the document this outcome.
    Tell(Outcome),
    /// Nothing more; call `handle_timeout` at that time at the latest.
    Wait(Option<Millis>),
}

#[derive(Debug)]
enum Phase {
    /// The companion's hello is awaited until then; an order may wait for it.
    Greeting { until: Millis, order: Option<Order> },
    /// No order is being carried out.
    Ready,
    /// An order was handed over, and its outcome is awaited until then.
    Working { until: Millis },
    /// There is no companion, for this reason.
    Lost { detail: String },
}

impl Copying {
    /// Begins: the companion's port was just opened.
    pub fn new(now: Millis) -> Self {
        let mut link = Link::new();
        link.push(&Command::Hello { version: VERSION });
        let until = now + COMPANION_GREETING;
        Self {
            link,
            phase: Phase::Greeting { until, order: None },
            outputs: VecDeque::new(),
            now,
        }
    }

    /// Tells an order, as JSON. One at a time: the next one comes after the outcome.
    pub fn handle_order(&mut self, text: &str, now: Millis) {
        self.now = now;
        let order = match serde_json::from_str::<Order>(text) {
            Ok(order) => order,
            Err(error) => return self.fail(error.to_string()),
        };
        match &mut self.phase {
            Phase::Greeting {
                order: waiting @ None,
                ..
            } => *waiting = Some(order),
            Phase::Ready => self.hand_over(order),
            Phase::Greeting { .. } | Phase::Working { .. } => self.fail(ONE_AT_A_TIME.to_owned()),
            Phase::Lost { detail } => {
                let detail = detail.clone();
                self.fail(detail);
            }
        }
    }

    /// Tells what came through the companion's port.
    pub fn handle_text(&mut self, text: &str, now: Millis) {
        self.now = now;
        for report in self.link.handle_text(text) {
            self.on_report(report);
        }
        self.link.grant();
    }

    /// Tells that the companion's port has ended, with the text of `chrome.runtime.lastError` where there
    /// is one.
    pub fn handle_disconnected(&mut self, error: Option<&str>, now: Millis) {
        self.now = now;
        let detail = match Trouble::from_last_error(error) {
            Trouble::Crashed { detail, .. } => format!("The companion ended ({detail})."),
            trouble @ (Trouble::Missing { .. } | Trouble::Forbidden) => {
                format!("{} {COMMAND}", trouble.detail())
            }
            trouble @ (Trouble::AppAway
            | Trouble::Outdated(_)
            | Trouble::PortInUse { .. }
            | Trouble::Failed { .. }) => trouble.detail(),
        };
        self.lose(detail);
    }

    /// Tells that it is `now`.
    pub fn handle_timeout(&mut self, now: Millis) {
        self.now = now;
        let (until, span) = match &mut self.phase {
            Phase::Greeting { until, .. } => (until, COMPANION_GREETING),
            Phase::Working { until } => (until, COPY_ANSWER),
            Phase::Ready | Phase::Lost { .. } => return,
        };
        if now < *until {
            return;
        }
        // This computer slept: the companion did as well.
        if now - *until > COMPANION_LATE {
            *until = now + span;
            return;
        }
        self.lose(SILENT.to_owned());
    }

    /// The session's next wish. [`CopyOutput::Wait`] ends the round.
    pub fn poll_output(&mut self) -> CopyOutput {
        if let Some(output) = self.outputs.pop_front() {
            return output;
        }
        match &self.phase {
            Phase::Greeting { until, .. } | Phase::Working { until } => {
                let until = *until;
                self.poll_link(Some(until))
            }
            Phase::Ready => self.poll_link(None),
            Phase::Lost { .. } => CopyOutput::Wait(None),
        }
    }

    fn poll_link(&mut self, until: Option<Millis>) -> CopyOutput {
        let text = self.link.poll_output();
        text.map_or(CopyOutput::Wait(until), CopyOutput::Send)
    }

    fn on_report(&mut self, report: Report) {
        match (&mut self.phase, report) {
            (Phase::Greeting { order, .. }, Report::Hello { version, .. }) => {
                let order = order.take();
                self.phase = Phase::Ready;
                if let Err(mismatch) = check_version(version) {
                    return self.lose_with(order, Trouble::Outdated(mismatch).detail());
                }
                if let Some(order) = order {
                    self.hand_over(order);
                }
            }
            (Phase::Working { .. }, Report::Copy(outcome)) => {
                self.phase = Phase::Ready;
                self.outputs.push_back(CopyOutput::Tell(outcome));
            }
            // It does not know the kind.
            (Phase::Working { .. }, Report::Error { .. }) => self.lose(OLDER.to_owned()),
            // Of sharing it has nothing to say here.
            (
                _,
                Report::Hello { .. }
                | Report::Copy(_)
                | Report::Error { .. }
                | Report::Listening { .. }
                | Report::Failed { .. }
                | Report::Asked { .. }
                | Report::Received { .. }
                | Report::Closed { .. }
                | Report::Counters { .. }
                | Report::Addresses { .. },
            ) => {}
        }
    }

    fn hand_over(&mut self, order: Order) {
        self.link.push(&Command::Copy(order));
        self.phase = Phase::Working {
            until: self.now + COPY_ANSWER,
        };
    }

    /// The companion is of no use any more.
    fn lose(&mut self, detail: String) {
        let order = match &mut self.phase {
            Phase::Greeting { order, .. } => order.take(),
            Phase::Ready | Phase::Working { .. } | Phase::Lost { .. } => None,
        };
        self.lose_with(order, detail);
    }

    fn lose_with(&mut self, order: Option<Order>, detail: String) {
        if matches!(self.phase, Phase::Lost { .. }) {
            return;
        }
        let is_awaited = order.is_some() || matches!(self.phase, Phase::Working { .. });
        self.phase = Phase::Lost {
            detail: detail.clone(),
        };
        self.outputs.push_back(CopyOutput::Disconnect);
        if is_awaited {
            self.fail(detail);
        }
    }

    fn fail(&mut self, detail: String) {
        let outcome = Outcome::Failed { detail };
        self.outputs.push_back(CopyOutput::Tell(outcome));
    }
}

const COMMAND: &str = "The popup of the icon in the toolbar shows it.";
const ONE_AT_A_TIME: &str = "one order at a time";
const SILENT: &str = "The companion does not answer.";
const OLDER: &str =
    "The companion is older than this extension and keeps no copies. Install its newer version.";
