//! Deadlines in their order.

use crate::link::ConnId;
use crate::time::Millis;
use std::collections::BTreeSet;

/// When to look at which connection, at the latest.
///
/// A deadline that moves later stays where it is until it comes, and is then put right: a connection
/// that is heard every millisecond costs nothing here.
#[derive(Debug, Default)]
pub(super) struct Timers(BTreeSet<(Millis, ConnId)>);

impl Timers {
    /// Sees to it that `conn` is looked at by `deadline`; `set` is what is set for it now.
    pub(super) fn update(
        &mut self,
        conn: ConnId,
        set: &mut Option<Millis>,
        deadline: Option<Millis>,
    ) {
        let is_early_enough = match (*set, deadline) {
            (Some(set), Some(deadline)) => set <= deadline,
            (Some(_) | None, None) => true,
            (None, Some(_)) => false,
        };
        if !is_early_enough {
            self.remove(conn, set);
            *set = deadline;
            self.0.extend(deadline.map(|at| (at, conn)));
        }
    }

    /// Takes the timer of `conn` away.
    pub(super) fn remove(&mut self, conn: ConnId, set: &mut Option<Millis>) {
        if let Some(at) = set.take() {
            self.0.remove(&(at, conn));
        }
    }

    /// The next connection whose time has come; its timer is gone with this.
    pub(super) fn pop_due(&mut self, now: Millis) -> Option<ConnId> {
        let is_due = self.next().is_some_and(|next| next <= now);
        if is_due {
            self.0.pop_first().map(|(_, conn)| conn)
        } else {
            None
        }
    }

    /// The time of the first timer.
    pub(super) fn next(&self) -> Option<Millis> {
        self.0.first().map(|(at, _)| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_move_earlier_at_once_and_later_when_they_come() {
        let (mut timers, mut set, conn) = (Timers::default(), None, ConnId(1));
        for (deadline, next) in [(50, 50), (70, 50), (30, 30), (90, 30)] {
            timers.update(conn, &mut set, Some(Millis(deadline)));
            assert_eq!(
                (timers.next(), set),
                (Some(Millis(next)), Some(Millis(next)))
            );
        }
        assert_eq!(timers.pop_due(Millis(29)), None);
        assert_eq!(timers.pop_due(Millis(30)), Some(conn));
        assert_eq!(timers.next(), None);
    }

    #[test]
    fn a_removed_timer_never_comes() {
        let (mut timers, mut set, conn) = (Timers::default(), None, ConnId(1));
        timers.update(conn, &mut set, Some(Millis(5)));
        timers.remove(conn, &mut set);
        assert_eq!((timers.pop_due(Millis(9)), set), (None, None));
    }
}
