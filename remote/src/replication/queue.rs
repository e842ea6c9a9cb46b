//! Records that may differ from what was agreed, in the order in which they are looked at and sent.

use jio::Id;
use std::collections::BTreeMap;

/// Who is first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// A person waits for it.
    Urgent,
    /// Written since the storage was opened.
    Written,
    /// Found different when the storage was opened; when it was written is not known.
    Found,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    rank: Rank,
    number: u64,
    /// When it was written last, in the queue's own count.
    written: u64,
}

/// Candidates for sending: each is compared with what was agreed when its turn comes.
#[derive(Debug, Default)]
pub(super) struct Queue {
    order: BTreeMap<(Rank, u64), Id>,
    places: BTreeMap<Id, Place>,
    count: u64,
}

impl Queue {
    /// Puts a record in its place, or only notes that it was written again: the oldest write counts.
    pub(super) fn push(&mut self, id: &Id, rank: Rank) {
        self.count += 1;
        let number = self.count;
        let place = self.places.entry(id.clone()).or_insert(Place {
            rank,
            number,
            written: number,
        });
        place.written = number;
        if rank < place.rank {
            self.order.remove(&(place.rank, place.number));
            place.rank = rank;
        }
        self.order.insert((place.rank, place.number), id.clone());
    }

    /// Gives a record that waits a better rank.
    pub(super) fn raise(&mut self, id: &Id, rank: Rank) {
        let Some(place) = self.places.get_mut(id).filter(|place| rank < place.rank) else {
            return;
        };
        self.order.remove(&(place.rank, place.number));
        place.rank = rank;
        self.order.insert((rank, place.number), id.clone());
    }

    /// Takes a record out, if it was not written since [`Queue::written`] gave this.
    pub(super) fn done(&mut self, id: &Id, written: u64) {
        if self.written(id) == Some(written) {
            self.remove(id);
        }
    }

    /// Takes a record out.
    pub(super) fn remove(&mut self, id: &Id) {
        if let Some(place) = self.places.remove(id) {
            self.order.remove(&(place.rank, place.number));
        }
    }

    /// When a record was written last.
    pub(super) fn written(&self, id: &Id) -> Option<u64> {
        self.places.get(id).map(|place| place.written)
    }

    /// The first `count` records of a rank or a better one.
    pub(super) fn first(&self, count: usize, rank: Rank) -> Vec<(Id, u64)> {
        let within = self.order.range(..=(rank, u64::MAX));
        let ids = within.take(count).map(|(_, id)| id.clone());
        ids.map(|id| {
            let written = self.places[&id].written;
            (id, written)
        })
        .collect()
    }

    /// Whether there is one of this rank or a better one.
    pub(super) fn has(&self, rank: Rank) -> bool {
        self.order.range(..=(rank, u64::MAX)).next().is_some()
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> Id {
        Id::new(text).unwrap()
    }

    fn order(queue: &Queue) -> Vec<String> {
        let all = queue.first(usize::MAX, Rank::Found);
        all.iter().map(|(id, _)| id.to_string()).collect()
    }

    #[test]
    fn what_a_person_waits_for_is_first_then_the_oldest_write() {
        let mut queue = Queue::default();
        queue.push(&id("found"), Rank::Found);
        for name in ["one", "two", "three", "one"] {
            queue.push(&id(name), Rank::Written);
        }
        assert_eq!(order(&queue), ["one", "two", "three", "found"]);
        queue.push(&id("three"), Rank::Urgent);
        queue.push(&id("three"), Rank::Written);
        queue.push(&id("found"), Rank::Written);
        assert_eq!(order(&queue), ["three", "found", "one", "two"]);
        assert_eq!(queue.first(9, Rank::Urgent).len(), 1);
        assert_eq!(queue.len(), 4);
    }

    #[test]
    fn what_is_raised_is_what_waits() {
        let mut queue = Queue::default();
        for name in ["one", "two"] {
            queue.push(&id(name), Rank::Written);
        }
        let written = queue.written(&id("two")).unwrap();
        for name in ["two", "other"] {
            queue.raise(&id(name), Rank::Urgent);
        }
        queue.raise(&id("two"), Rank::Found);
        assert_eq!(order(&queue), ["two", "one"]);
        queue.done(&id("two"), written);
        assert_eq!(order(&queue), ["one"], "raising is no writing");
    }

    #[test]
    fn what_was_written_again_stays() {
        let mut queue = Queue::default();
        queue.push(&id("a"), Rank::Written);
        let written = queue.written(&id("a")).unwrap();
        queue.push(&id("a"), Rank::Written);
        queue.done(&id("a"), written);
        assert_eq!(order(&queue), ["a"]);
        queue.done(&id("a"), queue.written(&id("a")).unwrap());
        assert!(!queue.has(Rank::Found));
        assert_eq!(queue.len(), 0);
    }
}
