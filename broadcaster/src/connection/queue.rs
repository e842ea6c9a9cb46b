//! What waits to be written to one connection: shared frames, and how much of the first has gone.

use crate::frame;
use crate::limits::{CONFIRM_AGAIN, CONFIRM_AGAIN_MOST, UNCONFIRMED_BYTES};
use crate::time::Millis;
use bytes::{Buf, Bytes};
use std::collections::VecDeque;

/// What a waiting frame costs besides its bytes. Counted, or frames of a few bytes would take many
/// times the memory that their bytes add up to.
pub const ENTRY_BYTES: usize = 32;

/// Waiting entries from which on Pong frames take turns in one place (RFC 6455 §5.5.3 lets us answer
/// the newest Ping only).
const PONGS_BEFORE: usize = 32;

/// Bytes to be written, in order.
#[derive(Debug, Default)]
pub(super) struct Queue {
    entries: VecDeque<Bytes>,
    bytes: usize,
    /// The newest Pong, while there is no room for it.
    pong: Option<Bytes>,
    /// Whether the first entry is written in part.
    is_started: bool,
    /// So many bytes are being written.
    begun: usize,
    /// Bytes given out since the peer told last that it has all of them.
    unconfirmed: usize,
    asked: Asked,
    /// Of the two payloads that ask, the one whose turn it is.
    is_odd: bool,
    /// Whether something was added since [`Queue::take_news`].
    has_news: bool,
}

/// Whether the peer was asked if it has all.
#[derive(Debug, Default)]
enum Asked {
    #[default]
    No,
    /// Behind other bytes in one chunk, with which it comes.
    Surely,
    /// By itself. Where the stream was exactly full it is lost, and is said again at this time, at once where there
    /// is none, and then after a pause twice as long.
    Perhaps {
        again: Option<Millis>,
        pause: Millis,
    },
}

impl Queue {
    pub(super) fn push(&mut self, bytes: Bytes) {
        if !bytes.is_empty() {
            self.bytes += bytes.len();
            self.entries.push_back(bytes);
            self.has_news = true;
        }
    }

    /// Adds an entry unless that puts the queue over `bound`; says whether it did.
    pub(super) fn push_within(&mut self, bytes: &Bytes, bound: usize) -> bool {
        let is_within = self.cost() + bytes.len() + ENTRY_BYTES <= bound;
        if is_within {
            self.push(bytes.clone());
        }
        is_within
    }

    /// Adds a Pong frame; while much waits, only the newest is kept.
    pub(super) fn push_pong(&mut self, frame: Bytes) {
        if self.entries.len() < PONGS_BEFORE {
            self.push(frame);
        } else {
            self.pong = Some(frame);
        }
    }

    /// Forgets what is not begun to be written. A frame that is must be finished, or the peer could not
    /// read what follows it.
    pub(super) fn drop_unsent(&mut self) {
        let mut begun = self.begun.max(usize::from(self.is_started));
        let is_begun = |entry: &&Bytes| {
            let is_begun = begun > 0;
            begun = begun.saturating_sub(entry.len());
            is_begun
        };
        let kept = self.entries.iter().take_while(is_begun).count();
        self.entries.truncate(kept);
        self.bytes = self.entries.iter().map(Bytes::len).sum();
        self.pong = None;
    }

    /// Gives whole entries to be written at once, about `most` bytes of them; they will go whatever happens.
    /// Where the peer can confirm, nothing follows much before it has answered a Ping that asks for it. The Ping
    /// goes with what it follows where more waits; else when there is more, since most peers need none then.
    pub(super) fn chunk(&mut self, most: usize, can_confirm: bool, now: Millis) -> Vec<Bytes> {
        if can_confirm && self.unconfirmed >= UNCONFIRMED_BYTES {
            return self.ask(now);
        }
        let mut chunk: Vec<Bytes> = Vec::new();
        self.begun = 0;
        for entry in &self.entries {
            if !chunk.is_empty() && self.begun + entry.len() > most {
                break;
            }
            self.begun += entry.len();
            chunk.push(entry.clone());
        }
        let is_much = self.unconfirmed + self.begun >= UNCONFIRMED_BYTES;
        if can_confirm && is_much && chunk.len() < self.entries.len() {
            chunk.push(self.insert_ping(chunk.len()));
            self.asked = Asked::Surely;
        }
        self.unconfirmed += self.begun;
        chunk
    }

    /// Asks whether all has come, where something waits for the answer and the question is not on its way.
    fn ask(&mut self, now: Millis) -> Vec<Bytes> {
        let pause = match self.asked {
            Asked::No => CONFIRM_AGAIN,
            Asked::Perhaps { again: None, pause } => CONFIRM_AGAIN_MOST.min(pause + pause),
            Asked::Surely | Asked::Perhaps { .. } => return Vec::new(),
        };
        if self.entries.is_empty() {
            return Vec::new();
        }
        let again = Some(now + pause);
        self.asked = Asked::Perhaps { again, pause };
        self.begun = 0;
        vec![self.insert_ping(0)]
    }

    /// Puts the Ping that asks behind `at` entries that are begun.
    fn insert_ping(&mut self, at: usize) -> Bytes {
        let ping = frame::ping_to_confirm(self.is_odd);
        self.begun += ping.len();
        self.bytes += ping.len();
        self.entries.insert(at, ping.clone());
        ping
    }

    /// A Pong has come: where it answers the question, the peer has all that was given out.
    pub(super) fn confirm(&mut self, pong: &[u8]) {
        if pong == frame::CONFIRM[usize::from(self.is_odd)] {
            (self.unconfirmed, self.asked) = (0, Asked::No);
            self.is_odd = !self.is_odd;
            self.has_news |= !self.entries.is_empty();
        }
    }

    /// Whether what is being written is the question alone, perhaps in vain.
    pub(super) fn is_asking(&self) -> bool {
        matches!(self.asked, Asked::Perhaps { .. })
    }

    /// It is `now`: a question that may be lost is to be said again.
    pub(super) fn handle_timeout(&mut self, now: Millis) {
        if let Asked::Perhaps { again, .. } = &mut self.asked
            && again.take_if(|again| *again <= now).is_some()
        {
            self.has_news = true;
        }
    }

    /// When to call [`Queue::handle_timeout`] at the latest.
    pub(super) fn deadline(&self) -> Option<Millis> {
        match self.asked {
            Asked::Perhaps { again, .. } => again,
            Asked::No | Asked::Surely => None,
        }
    }

    /// Takes note that the first `written` bytes are gone.
    pub(super) fn advance(&mut self, mut written: usize) {
        self.begun = self.begun.saturating_sub(written);
        let before = self.entries.len();
        while let Some(first) = self.entries.front_mut() {
            if written < first.len() {
                self.is_started |= written > 0;
                first.advance(written);
                self.bytes -= written;
                break;
            }
            written -= first.len();
            self.bytes -= first.len();
            self.is_started = false;
            self.entries.pop_front();
        }
        // One entry for at least one that has gone: Pong frames never make the queue longer.
        if self.entries.len() < before
            && let Some(pong) = self.pong.take()
        {
            self.push(pong);
        }
    }

    /// Whether something was added since this was asked last.
    pub(super) fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.has_news)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Bytes> {
        self.entries.iter()
    }

    /// Bytes that wait.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn cost(&self) -> usize {
        self.bytes + self.entries.len() * ENTRY_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(queue: &Queue) -> Vec<u8> {
        queue.iter().flatten().copied().collect()
    }

    #[test]
    fn writing_moves_through_the_entries() {
        let mut queue = Queue::default();
        queue.push("abc".into());
        queue.push(Bytes::new());
        queue.push("def".into());
        for (written, left) in [(2, "cdef"), (0, "cdef"), (2, "ef"), (2, "")] {
            queue.advance(written);
            assert_eq!((bytes(&queue), queue.bytes()), (left.into(), left.len()));
        }
        assert!(queue.is_empty());
    }

    #[test]
    fn the_bound_counts_bytes_and_entries() {
        let mut queue = Queue::default();
        let bound = 2 * (3 + ENTRY_BYTES);
        assert!(queue.push_within(&"abc".into(), bound));
        assert!(!queue.push_within(&"defg".into(), bound));
        assert!(queue.push_within(&"def".into(), bound));
        assert!(!queue.push_within(&"g".into(), bound));
        assert_eq!(bytes(&queue), b"abcdef");
    }

    #[test]
    fn what_is_begun_is_finished() {
        let mut queue = Queue::default();
        queue.push("abc".into());
        queue.push("def".into());
        queue.advance(1);
        queue.drop_unsent();
        assert_eq!((bytes(&queue), queue.bytes()), (b"bc".to_vec(), 2));
        queue.advance(2);
        queue.push("ghi".into());
        queue.drop_unsent();
        assert!(queue.is_empty() && queue.bytes() == 0);
    }

    #[test]
    fn what_is_being_written_is_finished_whole() {
        let mut queue = Queue::default();
        for frame in ["abc", "def", "ghi"] {
            queue.push(frame.into());
        }
        assert_eq!(queue.chunk(6, true, Millis(0)).concat(), b"abcdef");
        queue.drop_unsent();
        assert_eq!((bytes(&queue), queue.bytes()), (b"abcdef".to_vec(), 6));
        queue.advance(6);
        queue.push("mno".into());
        queue.drop_unsent();
        assert!(queue.is_empty() && queue.bytes() == 0);
    }

    #[test]
    fn much_is_followed_by_a_ping_where_more_waits_and_nothing_is_given_before_its_pong() {
        let mut queue = Queue::default();
        let frame = Bytes::from(vec![7; UNCONFIRMED_BYTES / 2]);
        let ping = frame::ping_to_confirm(false);
        for _ in 0..3 {
            queue.push(frame.clone());
        }
        assert_eq!(queue.chunk(1, true, Millis(0)).concat(), frame);
        queue.advance(frame.len());
        assert_eq!(
            queue.chunk(1, true, Millis(0)),
            [frame.clone(), ping.clone()]
        );
        assert_eq!(queue.bytes(), 2 * frame.len() + ping.len());
        queue.advance(frame.len() + ping.len());
        assert!(queue.chunk(1, true, Millis(0)).is_empty());
        // It cannot be lost, so it is not said again.
        assert_eq!((queue.is_asking(), queue.deadline()), (false, None));
        // Who cannot answer is not waited for.
        assert_eq!(queue.chunk(1, false, Millis(0)).concat(), frame);
        queue.take_news();
        queue.confirm(b"other");
        assert!(!queue.take_news());
        queue.confirm(frame::CONFIRM[0]);
        assert!(queue.take_news());
        assert_eq!(queue.chunk(1, true, Millis(0)).concat(), frame);
    }

    #[test]
    fn much_by_itself_brings_no_ping_before_there_is_more() {
        let mut queue = Queue::default();
        let frame = Bytes::from(vec![7; UNCONFIRMED_BYTES]);
        queue.push(frame.clone());
        assert_eq!(queue.chunk(1, true, Millis(0)).concat(), frame);
        queue.advance(frame.len());
        assert!(queue.chunk(1, true, Millis(0)).is_empty());
        assert!(!queue.is_asking());
    }

    /// A queue of which so much was written that more is not before a Pong, and more waits.
    fn waiting(is_odd: bool) -> Queue {
        let mut queue = Queue {
            is_odd,
            ..Queue::default()
        };
        queue.push(vec![7; UNCONFIRMED_BYTES].into());
        queue.chunk(1, true, Millis(0));
        queue.advance(UNCONFIRMED_BYTES);
        queue.push("more".into());
        queue
    }

    #[test]
    fn a_ping_by_itself_is_said_again_until_its_pong_more_and_more_seldom() {
        let (mut queue, ping) = (waiting(false), frame::ping_to_confirm(false));
        let mut now = Millis(0);
        for pause in [16, 32, 64, 128, 256, 512, 1000, 1000].map(Millis) {
            assert_eq!(queue.chunk(1, true, now), std::slice::from_ref(&ping));
            queue.advance(ping.len());
            queue.take_news();
            assert_eq!(queue.deadline(), Some(now + pause));
            queue.handle_timeout(now + pause - Millis(1));
            assert!(queue.is_asking() && queue.chunk(1, true, now).is_empty());
            now = now + pause;
            queue.handle_timeout(now);
            assert!(queue.take_news());
        }
        queue.confirm(frame::CONFIRM[0]);
        assert_eq!((queue.is_asking(), queue.deadline()), (false, None));
        assert_eq!(queue.chunk(1, true, now).concat(), b"more");
    }

    #[test]
    fn a_second_pong_is_not_taken_for_that_of_the_next_round() {
        let mut queue = waiting(true);
        queue.chunk(1, true, Millis(0));
        queue.confirm(frame::CONFIRM[0]);
        assert!(queue.is_asking());
        queue.confirm(frame::CONFIRM[1]);
        assert!(!queue.is_asking() && !queue.is_odd);
    }

    #[test]
    fn pongs_take_one_place_while_much_waits() {
        let mut queue = Queue::default();
        for n in 0..100_u8 {
            queue.push_pong(vec![n].into());
        }
        assert_eq!(bytes(&queue), (0..32).collect::<Vec<u8>>());
        queue.advance(1);
        assert_eq!(bytes(&queue), (1..32).chain([99]).collect::<Vec<u8>>());
    }

    #[test]
    fn news_are_told_once() {
        let mut queue = Queue::default();
        assert!(!queue.take_news());
        queue.push("a".into());
        queue.push("b".into());
        assert!(queue.take_news());
        queue.advance(1);
        assert!(!queue.take_news());
    }
}
