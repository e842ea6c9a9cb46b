//! Who may write a record now: callers as they like, the replication only alone. Between its look at what
//! is here and its writing over it, nobody else may write, or a caller's change would be lost.

use jio::Id;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::task::{Poll, Waker};

#[derive(Debug, Default)]
pub(super) struct Turns {
    held: RefCell<Held>,
}

#[derive(Debug, Default)]
struct Held {
    /// How many callers are writing each record.
    callers: BTreeMap<Id, usize>,
    /// Records that the replication has, or waits for.
    claimed: BTreeSet<Id>,
    waiting: Vec<Waker>,
}

/// A caller writes this record; dropped when it is written.
#[must_use]
pub(super) struct Writing<'a> {
    turns: &'a Turns,
    id: Id,
}

/// The replication has these records alone.
#[must_use]
pub(super) struct Alone<'a> {
    turns: &'a Turns,
    ids: Vec<Id>,
}

impl Turns {
    /// Waits until the replication has not this record.
    pub(super) async fn write(&self, id: Id) -> Writing<'_> {
        poll_fn(|context| {
            let mut held = self.held.borrow_mut();
            if held.claimed.contains(&id) {
                held.waiting.push(context.waker().clone());
                return Poll::Pending;
            }
            *held.callers.entry(id.clone()).or_default() += 1;
            Poll::Ready(())
        })
        .await;
        Writing { turns: self, id }
    }

    /// Keeps new callers from these records, and waits until those that are writing are done. There is one
    /// replication, which asks for nothing while it has some.
    pub(super) async fn alone(&self, ids: impl IntoIterator<Item = Id>) -> Alone<'_> {
        let ids: Vec<Id> = ids.into_iter().collect();
        self.held.borrow_mut().claimed.extend(ids.iter().cloned());
        let alone = Alone { turns: self, ids };
        poll_fn(|context| {
            let mut held = self.held.borrow_mut();
            if alone.ids.iter().any(|id| held.callers.contains_key(id)) {
                held.waiting.push(context.waker().clone());
                return Poll::Pending;
            }
            Poll::Ready(())
        })
        .await;
        alone
    }

    fn wake(&self) {
        let waiting = std::mem::take(&mut self.held.borrow_mut().waiting);
        waiting.into_iter().for_each(Waker::wake);
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        let mut held = self.turns.held.borrow_mut();
        if let Some(count) = held.callers.get_mut(&self.id) {
            *count -= 1;
            if *count == 0 {
                held.callers.remove(&self.id);
            }
        }
        drop(held);
        self.turns.wake();
    }
}

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        let mut held = self.turns.held.borrow_mut();
        for id in &self.ids {
            held.claimed.remove(id);
        }
        drop(held);
        self.turns.wake();
    }
}

/// One at a time.
#[derive(Debug, Default)]
pub(super) struct Gate {
    is_taken: std::cell::Cell<bool>,
    waiting: RefCell<Vec<Waker>>,
}

/// Through the gate; others wait until it is dropped.
#[must_use]
pub(super) struct Through<'a>(&'a Gate);

impl Gate {
    pub(super) async fn enter(&self) -> Through<'_> {
        poll_fn(|context| {
            if self.is_taken.replace(true) {
                self.waiting.borrow_mut().push(context.waker().clone());
                return Poll::Pending;
            }
            Poll::Ready(())
        })
        .await;
        Through(self)
    }
}

impl Drop for Through<'_> {
    fn drop(&mut self) {
        self.0.is_taken.set(false);
        let waiting = std::mem::take(&mut *self.0.waiting.borrow_mut());
        waiting.into_iter().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::task::Context;

    fn id(text: &str) -> Id {
        Id::new(text).unwrap()
    }

    #[test]
    fn callers_and_the_replication_take_turns() {
        let turns = Turns::default();
        let mut context = Context::from_waker(Waker::noop());
        let mut first = Box::pin(turns.write(id("a")));
        let Poll::Ready(writing) = first.as_mut().poll(&mut context) else {
            panic!("nobody has it");
        };
        let mut alone = Box::pin(turns.alone([id("a"), id("b")]));
        assert!(alone.as_mut().poll(&mut context).is_pending());
        let mut late = Box::pin(turns.write(id("a")));
        assert!(late.as_mut().poll(&mut context).is_pending());
        assert!(pin!(turns.write(id("c"))).poll(&mut context).is_ready());
        drop(writing);
        let Poll::Ready(alone) = alone.as_mut().poll(&mut context) else {
            panic!("the caller is done");
        };
        assert!(late.as_mut().poll(&mut context).is_pending());
        drop(alone);
        assert!(late.as_mut().poll(&mut context).is_ready());
    }

    #[test]
    fn who_gives_up_waiting_holds_nothing() {
        let turns = Turns::default();
        let mut context = Context::from_waker(Waker::noop());
        let mut first = Box::pin(turns.write(id("a")));
        let Poll::Ready(_writing) = first.as_mut().poll(&mut context) else {
            panic!("nobody has it");
        };
        let mut alone = Box::pin(turns.alone([id("a")]));
        assert!(alone.as_mut().poll(&mut context).is_pending());
        drop(alone);
        assert!(pin!(turns.write(id("a"))).poll(&mut context).is_ready());
    }
}
