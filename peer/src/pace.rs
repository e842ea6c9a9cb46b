//! How many calls of one caller begin in a second. Whoever makes more is not refused: its calls wait.

use broadcaster::Millis;

/// Calls of one caller that may begin in a second, where it makes so many all the time.
pub(crate) const CALLS_PER_SECOND: u64 = 5_000;
/// Calls that may begin at once after a rest.
pub(crate) const CALLS_AT_ONCE: u64 = 20_000;

/// One caller's account: filled as time passes, up to [`CALLS_AT_ONCE`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// Thousandths of calls that may begin.
    left: u64,
    /// When that was.
    at: Millis,
}

impl Pace {
    /// A caller that has made no call yet.
    pub(crate) fn new(now: Millis) -> Self {
        let left = CALLS_AT_ONCE * 1000;
        Self { left, at: now }
    }

    /// When the next call may begin: `now`, or later.
    pub(crate) fn next(&self, now: Millis) -> Millis {
        let missing = 1000_u64.saturating_sub(self.filled(now));
        now + Millis(missing.div_ceil(CALLS_PER_SECOND))
    }

    /// A call begins.
    pub(crate) fn begin(&mut self, now: Millis) {
        self.left = self.filled(now).saturating_sub(1000);
        self.at = now;
    }

    /// A call a second is a thousandth a millisecond.
    fn filled(&self, now: Millis) -> u64 {
        let gained = (now - self.at).0.saturating_mul(CALLS_PER_SECOND);
        self.left.saturating_add(gained).min(CALLS_AT_ONCE * 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Millis = Millis(1_000);

    /// How many calls begin at `now`.
    fn begun(pace: &mut Pace, now: Millis) -> u64 {
        let mut count = 0;
        while pace.next(now) == now {
            pace.begin(now);
            count += 1;
        }
        count
    }

    #[test]
    fn so_many_calls_begin_at_once_and_one_more_waits() {
        let mut pace = Pace::new(START);
        assert_eq!(begun(&mut pace, START), CALLS_AT_ONCE);
        assert_eq!(pace.next(START), START + Millis(1));
    }

    #[test]
    fn the_rate_holds_for_whoever_makes_more_all_the_time() {
        let mut pace = Pace::new(START);
        begun(&mut pace, START);
        let mut count = 0;
        for passed in 1..=10_000 {
            count += begun(&mut pace, START + Millis(passed));
        }
        assert_eq!(count, CALLS_PER_SECOND * 10);
    }

    #[test]
    fn a_rest_fills_the_account_and_no_more_than_that() {
        let mut pace = Pace::new(START);
        begun(&mut pace, START);
        let rested = START + Millis::from_secs(3_600);
        assert_eq!(begun(&mut pace, rested), CALLS_AT_ONCE);
    }
}
