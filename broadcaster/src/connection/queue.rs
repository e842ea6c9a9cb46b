//! What waits to be written to one connection: shared frames, and how much of the first has gone.

use crate::frame;
use crate::limits::UNCONFIRMED_BYTES;
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
    /// Whether something was added since [`Queue::take_news`].
    has_news: bool,
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
    /// Where the peer can confirm, a Ping that asks for it follows much, and nothing more is given before.
    pub(super) fn chunk(&mut self, most: usize, can_confirm: bool) -> Vec<Bytes> {
        let mut chunk: Vec<Bytes> = Vec::new();
        if can_confirm && self.unconfirmed >= UNCONFIRMED_BYTES {
            return chunk;
        }
        self.begun = 0;
        for entry in &self.entries {
            if !chunk.is_empty() && self.begun + entry.len() > most {
                break;
            }
            self.begun += entry.len();
            chunk.push(entry.clone());
        }
        if can_confirm && self.unconfirmed + self.begun >= UNCONFIRMED_BYTES {
            let ping = frame::ping_to_confirm();
            self.begun += ping.len();
            self.bytes += ping.len();
            self.entries.insert(chunk.len(), ping.clone());
            chunk.push(ping);
        }
        self.unconfirmed += self.begun;
        chunk
    }

    /// The peer has all that was given out.
    pub(super) fn confirm(&mut self) {
        self.unconfirmed = 0;
        self.has_news |= !self.entries.is_empty();
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
        assert_eq!(queue.chunk(6, true).concat(), b"abcdef");
        queue.drop_unsent();
        assert_eq!((bytes(&queue), queue.bytes()), (b"abcdef".to_vec(), 6));
        queue.advance(6);
        queue.push("mno".into());
        queue.drop_unsent();
        assert!(queue.is_empty() && queue.bytes() == 0);
    }

    #[test]
    fn much_is_followed_by_a_ping_and_nothing_more_is_given_before_its_pong() {
        let mut queue = Queue::default();
        let frame = Bytes::from(vec![7; UNCONFIRMED_BYTES / 2]);
        let ping = frame::ping_to_confirm();
        for _ in 0..3 {
            queue.push(frame.clone());
        }
        assert_eq!(queue.chunk(1, true).concat(), frame);
        queue.advance(frame.len());
        assert_eq!(queue.chunk(1, true), [frame.clone(), ping.clone()]);
        assert_eq!(queue.bytes(), 2 * frame.len() + ping.len());
        queue.advance(frame.len() + ping.len());
        assert!(queue.chunk(1, true).is_empty());
        // Who cannot answer is not waited for.
        assert_eq!(queue.chunk(1, false).concat(), frame);
        queue.take_news();
        queue.confirm();
        assert!(queue.take_news());
        assert_eq!(queue.chunk(1, true).concat(), frame);
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
