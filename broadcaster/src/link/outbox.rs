//! What waits for the carrier on one side of the link: batches in order, and the credit to send them.

use super::part;
use crate::limits::{LINK_FREE_BYTES, LINK_MESSAGE_BYTES, LINK_QUEUE_BYTES, LINK_WINDOW_BYTES};
use serde::Serialize;
use std::collections::VecDeque;

/// Messages on their way out. Each is serialised once, at the end of the newest batch.
#[derive(Debug)]
pub(super) struct Outbox {
    /// Bytes granted to the other side and not yet told.
    grant: usize,
    /// `hello` and `error`: sent before the rest, in batches of their own, without credit.
    free: Batch,
    /// Everything else; the last batch is still growing.
    batches: VecDeque<Batch>,
    /// Bytes of `batches`, as they will be sent.
    queued: usize,
    /// Bytes the other side lets us send.
    credit: usize,
    /// Parts carry it so that those of one message are known.
    next_part: u32,
}

impl Outbox {
    pub(super) fn new() -> Self {
        Self {
            grant: 0,
            free: Batch::default(),
            batches: VecDeque::new(),
            queued: 0,
            credit: LINK_WINDOW_BYTES,
            next_part: 0,
        }
    }

    /// Queues a message that needs credit.
    pub(super) fn push(&mut self, message: &impl Serialize) {
        let mut batch = self.take_last();
        if let Err(text) = batch.push(message) {
            self.put_last(batch);
            self.push_text(&text);
        } else {
            self.put_last(batch);
        }
    }

    /// Queues a message that needs none; false where too many of them wait already.
    pub(super) fn push_free(&mut self, message: &impl Serialize) -> bool {
        if self.free.len() >= LINK_FREE_BYTES {
            return false;
        }
        self.free.push(message).is_ok()
    }

    /// Queues a grant to the other side.
    pub(super) fn push_grant(&mut self, bytes: usize) {
        self.grant += bytes;
    }

    /// Takes a grant of the other side. Credit never exceeds the window.
    pub(super) fn add_credit(&mut self, bytes: usize) {
        self.credit = self.credit.saturating_add(bytes).min(LINK_WINDOW_BYTES);
    }

    pub(super) fn is_congested(&self) -> bool {
        self.queued > LINK_QUEUE_BYTES
    }

    pub(super) fn queued_bytes(&self) -> usize {
        self.queued
    }

    /// The next carrier message. A batch goes out whole or waits: the receiver withholds less than a
    /// quarter of the window once it has handled everything, and a batch is smaller than the rest, so
    /// its credit is sure to come.
    pub(super) fn poll(&mut self) -> Option<String> {
        if self.grant > 0 {
            let bytes = std::mem::take(&mut self.grant);
            return Some(format!(r#"[{{"kind":"credit","bytes":{bytes}}}]"#));
        }
        if !self.free.is_empty() {
            return Some(std::mem::take(&mut self.free).into_text());
        }
        let cost = self.batches.front()?.len();
        self.credit = self.credit.checked_sub(cost)?;
        self.queued -= cost;
        self.batches.pop_front().map(Batch::into_text)
    }

    /// Queues a message too long for the batch it was written to.
    fn push_text(&mut self, text: &str) {
        let mut batch = Batch::default();
        if batch.push_text(text) {
            self.put_last(batch);
            return;
        }
        let id = self.next_part;
        self.next_part = self.next_part.wrapping_add(1);
        for part in part::split(id, text) {
            self.push(&part);
        }
    }

    fn take_last(&mut self) -> Batch {
        let batch = self.batches.pop_back().unwrap_or_default();
        self.queued -= batch.len();
        batch
    }

    fn put_last(&mut self, batch: Batch) {
        if !batch.is_empty() {
            self.queued += batch.len();
            self.batches.push_back(batch);
        }
    }
}

/// A JSON array under construction: `[` and items with commas between, without the last bracket.
#[derive(Debug, Default)]
struct Batch(Vec<u8>);

impl Batch {
    /// Bytes it will be sent as; an empty one is not sent.
    fn len(&self) -> usize {
        if self.is_empty() { 0 } else { self.0.len() + 1 }
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Appends a message, or gives its text back where it does not fit.
    fn push(&mut self, message: &impl Serialize) -> Result<(), String> {
        let before = self.0.len();
        self.separate();
        let start = self.0.len();
        serde_json::to_writer(&mut self.0, message)
            .expect("link messages have text keys, and a Vec takes every byte");
        if self.len() <= LINK_MESSAGE_BYTES {
            return Ok(());
        }
        let text = self.0.split_off(start);
        self.0.truncate(before);
        Err(String::from_utf8(text).expect("serde_json writes UTF-8"))
    }

    /// Appends a message already serialised, if it fits.
    fn push_text(&mut self, text: &str) -> bool {
        if self.0.len() + text.len() + 2 > LINK_MESSAGE_BYTES {
            return false;
        }
        self.separate();
        self.0.extend_from_slice(text.as_bytes());
        true
    }

    fn separate(&mut self) {
        self.0.push(if self.is_empty() { b'[' } else { b',' });
    }

    fn into_text(mut self) -> String {
        self.0.push(b']');
        String::from_utf8(self.0).expect("serde_json writes UTF-8")
    }
}
