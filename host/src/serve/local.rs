//! A hub in this process, as a decider.

use crate::driver::Decider;
use broadcaster::Millis;
use broadcaster::address::Address;
use broadcaster::hub::{Event, Hub, Output};
use broadcaster::link::{Command, Failure, Report};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// The hub, and whoever wants to know about the port.
#[derive(Debug)]
pub(super) struct Local {
    hub: Hub,
    /// When the hub wants to be told the time.
    deadline: Option<Millis>,
    /// Unbounded, but it carries a few notices in a process's life.
    notices: UnboundedSender<Notice>,
}

/// What became of the port.
#[derive(Debug)]
pub(super) enum Notice {
    /// It is open.
    Listening(u16, Vec<Address>),
    /// It is open, and these are the addresses now.
    Addresses(Vec<Address>),
    /// It is not open.
    Failed {
        code: Failure,
        detail: String,
        ours: bool,
        next: Option<u16>,
    },
}

impl Local {
    pub(super) fn new(hub: Hub) -> (Self, UnboundedReceiver<Notice>) {
        let (notices, receiver) = unbounded_channel();
        let deadline = None;
        let local = Self {
            hub,
            deadline,
            notices,
        };
        (local, receiver)
    }

    fn notify(&self, report: &Report) {
        let notice = match report.clone() {
            Report::Listening { port, addresses } => Notice::Listening(port, addresses),
            Report::Addresses { addresses } => Notice::Addresses(addresses),
            Report::Failed {
                code,
                detail,
                ours,
                next,
            } => Notice::Failed {
                code,
                detail,
                ours,
                next,
            },
            Report::Hello { .. }
            | Report::Asked { .. }
            | Report::Received { .. }
            | Report::Closed { .. }
            | Report::Counters { .. }
            | Report::Copy(_)
            | Report::Error { .. } => return,
        };
        // An error means that nobody waits any more: the process is about to end.
        let _ = self.notices.send(notice);
    }
}

impl Decider for Local {
    fn handle_report(&mut self, report: Report, now: Millis) {
        self.notify(&report);
        self.hub.handle_report(report, now);
    }

    fn poll_command(&mut self) -> Option<Command> {
        loop {
            match self.hub.poll_output() {
                Output::Command(command) => return Some(command),
                Output::Event(event) => log(&event),
                // Nobody here joins as a local member.
                Output::Deliver { .. } => {}
                Output::Wait(deadline) => {
                    self.deadline = deadline;
                    return None;
                }
            }
        }
    }

    fn deadline(&self) -> Option<Millis> {
        self.deadline
    }

    fn handle_timeout(&mut self, now: Millis) {
        self.hub.handle_timeout(now);
    }
}

fn log(event: &Event) {
    match event {
        Event::Joined { member } => tracing::debug!("member {} joined", member.0),
        Event::Left { member, code } => tracing::debug!("member {} left with {code}", member.0),
        Event::Refused {
            reason,
            remote,
            origin,
        } => {
            tracing::info!("a request was refused: {reason:?}");
            tracing::debug!("it came from {remote}, origin {origin:?}");
        }
        Event::Misunderstood { detail } => tracing::warn!("a command was not understood: {detail}"),
    }
}
