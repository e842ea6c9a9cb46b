//! What the line may cost: bytes and calls of a day, and the hours in which it may be used.

use crate::Millis;
use serde::{Deserialize, Serialize};

/// A moment, and what only the driver knows of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Time of day, in UTC.
    pub now: Millis,
    /// Minutes by which local time is ahead of UTC.
    pub offset_minutes: i32,
    /// Any number, another each time: spreads over time what several computers try again.
    pub random: u32,
}

/// What went over the line on one day, both ways.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// The local day, counted from 1970.
    pub day: i64,
    /// Bytes.
    pub bytes: u64,
    /// Requests.
    pub calls: u64,
}

/// Part of each day in local time, from a minute of the day until before another; until over midnight where
/// the second is not later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    /// The first minute, 0 to 1439.
    pub from_minute: u16,
    /// The minute after the last.
    pub to_minute: u16,
}

/// What the line may cost. By itself: anything, at any time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Budget {
    /// Bytes a day. What is under way when it is reached is ended, so it is exceeded by one call at most.
    pub bytes_per_day: Option<u64>,
    /// Requests a day; exceeded as bytes are.
    pub calls_per_day: Option<u64>,
    /// When the line may be used; none: always.
    pub hours: Vec<Hours>,
}

/// Whether the line may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Allowed {
    Now,
    /// Outside of the hours, until then.
    Hours(Millis),
    /// The day's budget is used up, until then.
    Budget(Millis),
}

const DAY_MINUTES: i64 = 24 * 60;

impl Moment {
    /// Minutes since 1970 in local time.
    fn local_minutes(self) -> i64 {
        let minutes = self.now.0 / 60_000;
        i64::try_from(minutes).unwrap_or(i64::MAX / 2) + i64::from(self.offset_minutes)
    }

    fn minute_of_day(self) -> i64 {
        self.local_minutes().rem_euclid(DAY_MINUTES)
    }

    /// When this local minute of the day comes next: within 24 hours, and not now.
    fn next(self, minute: i64) -> Millis {
        let wait = (minute - self.minute_of_day() - 1).rem_euclid(DAY_MINUTES) + 1;
        let this_minute = Millis(self.now.0 - self.now.0 % 60_000);
        this_minute + Millis::from_minutes(wait.unsigned_abs())
    }
}

impl Usage {
    /// The usage of today, with what was used since.
    pub(super) fn add(self, moment: Moment, bytes: u64, calls: u64) -> Self {
        let today = moment.local_minutes().div_euclid(DAY_MINUTES);
        let before = if self.day == today {
            self
        } else {
            Self::default()
        };
        Self {
            day: today,
            bytes: before.bytes.saturating_add(bytes),
            calls: before.calls.saturating_add(calls),
        }
    }
}

impl Hours {
    fn contain(self, minute: i64) -> bool {
        let (from, to) = (i64::from(self.from_minute), i64::from(self.to_minute));
        if from < to {
            (from..to).contains(&minute)
        } else {
            minute >= from || minute < to
        }
    }
}

impl Budget {
    /// Until when so many bytes have to wait that go at once: those that are more than what is left of the
    /// day, and not more than a whole one, which they would have to exceed at any time.
    pub(super) fn waits(&self, moment: Moment, usage: Usage, bytes: u64) -> Option<Millis> {
        let most = self.bytes_per_day?;
        let left = most.saturating_sub(usage.add(moment, 0, 0).bytes);
        (bytes > left && bytes <= most).then(|| moment.next(0))
    }

    /// Whether the line may be used now, or when it may be asked again.
    pub(super) fn allows(&self, moment: Moment, usage: Usage) -> Allowed {
        let today = usage.add(moment, 0, 0);
        let is_spent = |used: u64, budget: Option<u64>| budget.is_some_and(|most| used >= most);
        if is_spent(today.bytes, self.bytes_per_day) || is_spent(today.calls, self.calls_per_day) {
            return Allowed::Budget(moment.next(0));
        }
        let minute = moment.minute_of_day();
        if self.hours.is_empty() || self.hours.iter().any(|hours| hours.contain(minute)) {
            return Allowed::Now;
        }
        let begins = self
            .hours
            .iter()
            .map(|hours| moment.next(i64::from(hours.from_minute)));
        begins.min().map_or(Allowed::Now, Allowed::Hours)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600_000;

    fn at(hour: u64, minute: u64, offset_minutes: i32) -> Moment {
        Moment {
            now: Millis(20_000 * 24 * HOUR + hour * HOUR + minute * 60_000 + 7),
            offset_minutes,
            random: 0,
        }
    }

    fn time(day: u64, hour: u64) -> Millis {
        Millis((20_000 + day) * 24 * HOUR + hour * HOUR)
    }

    fn hours(from: u16, to: u16) -> Hours {
        Hours {
            from_minute: from * 60,
            to_minute: to * 60,
        }
    }

    #[test]
    fn the_line_is_used_in_its_hours() {
        let night = Budget {
            hours: vec![hours(22, 6), hours(12, 13)],
            ..Budget::default()
        };
        let table = [
            (at(21, 59, 0), Allowed::Hours(time(0, 22))),
            (at(22, 0, 0), Allowed::Now),
            (at(5, 59, 0), Allowed::Now),
            (at(6, 0, 0), Allowed::Hours(time(0, 12))),
            (at(12, 30, 0), Allowed::Now),
            (at(13, 0, 0), Allowed::Hours(time(0, 22))),
            // 20:00 UTC is 22:00 two hours further east, and 15:00 five hours further west.
            (at(20, 0, 120), Allowed::Now),
            (at(20, 0, -300), Allowed::Hours(time(1, 3))),
            (at(1, 0, -300), Allowed::Hours(time(0, 3))),
        ];
        for (moment, expected) in table {
            assert_eq!(
                night.allows(moment, Usage::default()),
                expected,
                "{moment:?}"
            );
        }
        let never_closed = Budget {
            hours: vec![hours(7, 7)],
            ..Budget::default()
        };
        assert_eq!(
            never_closed.allows(at(3, 0, 0), Usage::default()),
            Allowed::Now
        );
    }

    #[test]
    fn a_day_has_its_budget() {
        let budget = Budget {
            bytes_per_day: Some(1000),
            calls_per_day: Some(10),
            hours: Vec::new(),
        };
        let noon = at(12, 0, 60);
        let used = |bytes, calls| Usage::default().add(noon, bytes, calls);
        let midnight = Allowed::Budget(time(0, 23));
        assert_eq!(budget.allows(noon, used(999, 9)), Allowed::Now);
        assert_eq!(budget.allows(noon, used(1000, 0)), midnight);
        assert_eq!(budget.allows(noon, used(0, 10)), midnight);
        let Allowed::Budget(next) = midnight else {
            unreachable!()
        };
        let tomorrow = Moment { now: next, ..noon };
        assert_eq!(budget.allows(tomorrow, used(1000, 10)), Allowed::Now);
        assert_eq!(used(1, 1).add(noon, 2, 3).bytes, 3);
        assert_eq!(used(1, 1).add(tomorrow, 2, 3).bytes, 2);
    }
}
