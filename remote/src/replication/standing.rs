//! Where a replication stands, in words for people, and when it goes on.

use super::budget::{Allowed, Moment, Usage};
use crate::Millis;
use jio::endpoint::Failure;

/// What the replication is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// Both sides had the same when they were compared last.
    Idle,
    /// At work.
    Syncing,
    /// The server was not reached.
    Offline {
        /// When it is tried again.
        until: Millis,
        /// Why, in words.
        words: String,
    },
    /// Outside of the hours in which the line may be used.
    Closed {
        /// When they begin.
        until: Millis,
    },
    /// The day's bytes or calls are used up.
    OverBudget {
        /// When the next day begins.
        until: Millis,
    },
    /// Somebody has to log in; nothing is tried before that.
    NeedsLogin {
        /// What the server said.
        words: String,
    },
    /// The server, or this computer's disk, does not do what was asked.
    Failed {
        /// When it is tried again.
        until: Millis,
        /// Why, in words.
        words: String,
    },
}

/// Where a replication stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// What it is doing.
    pub line: Line,
    /// Records that the server has not yet. Right after opening, until all were compared, more may be found.
    pub waiting: usize,
    /// Attachments that one side has not yet, as far as is known.
    pub attachments: usize,
    /// Records and attachments that wait for a person: changed on both sides, or refused by the server.
    pub conflicts: usize,
    /// Records that the server's list misses, and that are therefore removed here only if a person says so.
    pub missing: usize,
    /// When both sides were last known to have the same.
    pub last_success: Option<Millis>,
    /// What went over the line today.
    pub today: Usage,
}

impl Line {
    /// When it goes on by itself.
    pub fn until(&self) -> Option<Millis> {
        match self {
            Self::Idle | Self::Syncing | Self::NeedsLogin { .. } => None,
            Self::Offline { until, .. }
            | Self::Closed { until }
            | Self::OverBudget { until }
            | Self::Failed { until, .. } => Some(*until),
        }
    }

    /// A sentence for people; the time is for the page to write.
    pub fn words(&self) -> String {
        match self {
            Self::Idle => "Everything is on both sides.".into(),
            Self::Syncing => "Comparing with the server.".into(),
            Self::Offline { words, .. } => {
                format!("{}. What is written stays here until then.", capital(words))
            }
            Self::Closed { .. } => "The line rests until its hours begin.".into(),
            Self::OverBudget { .. } => "Today's budget of the line is used up.".into(),
            Self::NeedsLogin { words } => format!("Log in to the server: {words}."),
            Self::Failed { words, .. } => format!("{}.", capital(words)),
        }
    }
}

/// A sentence's beginning.
fn capital(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
}

/// The longest time between two tries.
const LONGEST: Millis = Millis::from_minutes(5);
const SHORTEST: Millis = Millis::from_secs(1);

/// When the line may be tried again after it failed.
#[derive(Debug, Default)]
pub(super) struct Patience {
    failures: u32,
    stop: Option<Stop>,
}

#[derive(Debug)]
struct Stop {
    line: Line,
    since: Millis,
}

impl Patience {
    /// Notes a failure: 1 s until the next try, twice as long after each, 5 min at most; of each, the half to
    /// the whole by chance.
    pub(super) fn on_failure(&mut self, failure: &Failure, moment: Moment) {
        let most = Millis(SHORTEST.0 << self.failures.min(9)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        let half = most.0 / 2;
        let until = moment.now + Millis(half + u64::from(moment.random) % (half + 1));
        let words = failure.message.trim_end_matches('.').to_owned();
        let line = match failure.status_code {
            Some(401) => Line::NeedsLogin { words },
            Some(502..=504) | None => Line::Offline { until, words },
            Some(_) => Line::Failed { until, words },
        };
        self.stop = Some(Stop {
            line,
            since: moment.now,
        });
    }

    pub(super) fn on_success(&mut self) {
        *self = Self::default();
    }

    /// Whether the line may have failed by chance: it is tried again within a second.
    pub(super) fn is_passing(&self) -> bool {
        self.failures == 1
    }

    /// What keeps the line from being tried now. A clock that was set back keeps nobody waiting.
    pub(super) fn stops(&self, now: Millis) -> Option<&Line> {
        let stop = self.stop.as_ref()?;
        let is_over = stop
            .line
            .until()
            .is_some_and(|until| now >= until || now < stop.since);
        (!is_over).then_some(&stop.line)
    }
}

/// What a budget says, as a line.
pub(super) fn from_allowed(allowed: Allowed) -> Option<Line> {
    match allowed {
        Allowed::Now => None,
        Allowed::Hours(until) => Some(Line::Closed { until }),
        Allowed::Budget(until) => Some(Line::OverBudget { until }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(now: u64, random: u32) -> Moment {
        Moment {
            now: Millis(now),
            offset_minutes: 0,
            random,
        }
    }

    #[test]
    fn tries_become_rarer_up_to_five_minutes() {
        let mut patience = Patience::default();
        let offline = Failure::new(503, "no connection");
        let mut waits = Vec::new();
        for _ in 0..12 {
            patience.on_failure(&offline, at(0, 0));
            waits.push(patience.stops(Millis(0)).unwrap().until().unwrap().0);
        }
        assert_eq!(waits[..4], [500, 1000, 2000, 4000]);
        assert_eq!(waits[9..], [150_000; 3]);
        patience.on_failure(&offline, at(0, 150_000));
        assert_eq!(patience.stops(Millis(0)).unwrap().until(), Some(LONGEST));
        assert_eq!(patience.stops(LONGEST), None);
        patience.on_success();
        patience.on_failure(&offline, at(0, 500));
        assert_eq!(patience.stops(Millis(0)).unwrap().until(), Some(SHORTEST));
    }

    #[test]
    fn who_must_log_in_is_waited_for() {
        let mut patience = Patience::default();
        patience.on_failure(&Failure::new(401, "wrong password."), at(9, 0));
        let line = patience.stops(Millis(u64::MAX)).unwrap();
        assert_eq!(line.until(), None);
        assert_eq!(line.words(), "Log in to the server: wrong password.");
        patience.on_success();
        assert_eq!(patience.stops(Millis(0)), None);
    }

    #[test]
    fn a_clock_set_back_keeps_nobody_waiting() {
        let mut patience = Patience::default();
        patience.on_failure(&Failure::new(503, "gone"), at(1_000_000, 0));
        assert!(patience.stops(Millis(1_000_100)).is_some());
        assert_eq!(patience.stops(Millis(100)), None);
    }
}
