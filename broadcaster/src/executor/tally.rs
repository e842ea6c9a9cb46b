//! Which connections' counters changed, and when to say so: at most once in [`COUNTERS_EVERY`].

use crate::limits::COUNTERS_EVERY;
use crate::link::ConnId;
use crate::time::Millis;

/// The connections whose counters changed since the last report.
#[derive(Debug, Default)]
pub(super) struct Tally {
    changed: Vec<ConnId>,
    due: Option<Millis>,
}

impl Tally {
    /// Notes a change; to be called once per connection and report.
    pub(super) fn note(&mut self, conn: ConnId, now: Millis) {
        self.changed.push(conn);
        self.due.get_or_insert(now + COUNTERS_EVERY);
    }

    /// When the next report is due; none while nothing changed.
    pub(super) fn due(&self) -> Option<Millis> {
        self.due
    }

    /// The connections to report, once the report is due.
    pub(super) fn take_due(&mut self, now: Millis) -> Option<Vec<ConnId>> {
        self.due
            .take_if(|due| *due <= now)
            .map(|_| std::mem::take(&mut self.changed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_told_a_second_after_the_first() {
        let mut tally = Tally::default();
        assert_eq!((tally.due(), tally.take_due(Millis(9))), (None, None));
        tally.note(ConnId(1), Millis(10));
        tally.note(ConnId(2), Millis(900));
        assert_eq!(tally.due(), Some(Millis(1010)));
        assert_eq!(tally.take_due(Millis(1009)), None);
        assert_eq!(
            tally.take_due(Millis(1010)),
            Some(vec![ConnId(1), ConnId(2)])
        );
        assert_eq!(tally.due(), None);
    }
}
