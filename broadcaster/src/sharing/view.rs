//! What is shown and when: the state made anew on each change, at most four times a second.

use super::app::Carrier;
use super::machine::Sharing;
use super::memory::{Question, Wish};
use super::phase::Phase;
use super::state::{Member, State, Status};
use super::trouble::{APP_CLOSED, Trouble};
use super::url::Url;
use crate::hub::{Hub, Kind, Totals};
use crate::limits::STATE_EVERY;
use crate::time::Millis;

/// When the state is to be shown next.
#[derive(Debug)]
pub(super) struct View {
    /// Something happened since the last look.
    is_touched: bool,
    /// Not before then.
    next: Millis,
    /// The last one shown; an equal one is not shown again.
    shown: Option<Box<State>>,
}

impl View {
    pub(super) fn new() -> Self {
        Self {
            is_touched: true,
            next: Millis(0),
            shown: None,
        }
    }

    /// Something happened that may be seen.
    pub(super) fn touch(&mut self) {
        self.is_touched = true;
    }

    /// The next state is shown even if it is the last one again.
    pub(super) fn forget(&mut self) {
        self.touch();
        self.shown = None;
    }

    pub(super) fn deadline(&self) -> Option<Millis> {
        self.is_touched.then_some(self.next)
    }
}

impl Sharing {
    /// The state as it was when the session was last told the time.
    pub fn state(&self) -> State {
        let trouble = self.trouble();
        let (next, ours) = match trouble {
            Some(Trouble::PortInUse { next, ours, .. }) => (*next, Some(*ours)),
            _ => (None, None),
        };
        State {
            status: self.status(),
            detail: self.detail(),
            retry_in: self.retry_in(),
            port: self.port(),
            next,
            ours,
            urls: self.with_invites(self.urls()),
            members: self.rows(),
            waiting: self.master.asks.waiting,
            writing: self.master.asks.writing,
            totals: self.hub.as_ref().map_or_else(Totals::default, Hub::totals),
            companion: self.companion.clone(),
            app: self.app_row(),
            command: format!(
                "lan-broadcaster-host install --extension-id {}",
                self.extension_id
            ),
            mode: self.settings.mode,
            wanted: self.memory.wish == Wish::Sharing,
            serve: self.settings.serve,
            strangers: self.settings.strangers,
            invitations: self.invitation_rows(),
        }
    }

    /// The next state to be shown, if there is one and its time has come.
    pub(super) fn poll_state(&mut self) -> Option<Box<State>> {
        if self.view.deadline()? > self.now {
            return None;
        }
        self.view.is_touched = false;
        let state = Box::new(self.state());
        if self.view.shown.as_ref() == Some(&state) {
            return None;
        }
        self.view.next = self.now + STATE_EVERY;
        self.view.shown = Some(state.clone());
        Some(state)
    }

    fn status(&self) -> Status {
        match (&self.phase, self.trouble(), self.memory.wish) {
            (_, Some(trouble), _) => trouble.status(),
            (Phase::Open { urls, .. }, None, _) if urls.is_empty() => {
                // The app opens its port before a document has gathered the addresses for it.
                if self.carrier == Carrier::App && !self.has_gathered() {
                    Status::Starting
                } else {
                    Status::NoAddress
                }
            }
            (Phase::Open { .. }, None, _) => Status::Sharing,
            (_, None, Wish::Sharing) => Status::Starting,
            (_, None, Wish::Stopped | Wish::Asking(Question::Restarted)) => Status::Stopped,
            (_, None, Wish::Asking(Question::OtherNetwork)) => Status::OtherNetwork,
        }
    }

    fn detail(&self) -> Option<String> {
        match (self.trouble(), self.memory.wish) {
            (Some(Trouble::AppAway), Wish::Stopped | Wish::Asking(_)) => {
                return Some(APP_CLOSED.to_owned());
            }
            (Some(trouble), _) => return Some(trouble.detail()),
            (None, _) => {}
        }
        let words = match (self.status(), self.memory.wish) {
            (Status::NoAddress, _) => {
                "This computer has no address in a network. Connect it to a network: sharing begins by itself."
            }
            (_, Wish::Asking(Question::Restarted)) => {
                "The browser was restarted, and sharing with anyone does not come back by itself. Press Start to share again."
            }
            (_, Wish::Asking(Question::OtherNetwork)) => {
                "This computer is in another network than the one where sharing was started. Press Start to share here."
            }
            _ => return None,
        };
        Some(words.to_owned())
    }

    /// What stands in the way. While it is only looked whether there is a companion, what stood in it
    /// before.
    fn trouble(&self) -> Option<&Trouble> {
        match &self.phase {
            Phase::Apart(trouble) => trouble.as_ref(),
            Phase::Held(trouble) => Some(trouble),
            // What is looked for is the program, in whose place the app is missed.
            Phase::Greeting {
                before: Some(away @ Trouble::AppAway),
                ..
            } if self.carrier == Carrier::Native => Some(away),
            Phase::Greeting { before, .. } if self.memory.wish != Wish::Sharing => before.as_ref(),
            Phase::Greeting { .. }
            | Phase::Opening { .. }
            | Phase::Open { .. }
            | Phase::Closing { .. } => None,
        }
    }

    fn retry_in(&self) -> Option<u64> {
        match self.trouble() {
            Some(Trouble::Crashed {
                retry_at: Some(at), ..
            }) => Some((*at - self.now).0.div_ceil(1000)),
            _ => None,
        }
    }

    fn port(&self) -> u16 {
        match self.phase {
            Phase::Open { port, .. } => port,
            Phase::Apart(_)
            | Phase::Greeting { .. }
            | Phase::Opening { .. }
            | Phase::Held(_)
            | Phase::Closing { .. } => self.wanted_port(),
        }
    }

    fn urls(&self) -> &[Url] {
        match &self.phase {
            Phase::Open { urls, .. } => urls,
            Phase::Apart(_)
            | Phase::Greeting { .. }
            | Phase::Opening { .. }
            | Phase::Held(_)
            | Phase::Closing { .. } => &[],
        }
    }

    fn rows(&self) -> Vec<Member> {
        let members = self.hub.iter().flat_map(Hub::members);
        let mut rows: Vec<_> = members
            .filter(|member| !matches!(member.kind(), Kind::Local | Kind::Lobby))
            .map(|member| Member::new(member, self.now))
            .collect();
        rows.sort_unstable_by_key(|row| row.id);
        rows
    }
}
