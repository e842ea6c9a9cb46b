//! What was written lately, for others who are to hear the same.

use std::collections::VecDeque;
use std::rc::Rc;

/// View, the version that was heard before, and the version that is told.
pub(super) type Key = (u32, Option<u64>, u64);

/// Texts that are kept; the oldest goes first.
const TEXTS: usize = 64;
/// Bytes of all of them, but for a single longer one.
const BYTES: usize = 16 << 20;

#[derive(Debug, Default)]
pub(super) struct Cache {
    texts: VecDeque<(Key, Rc<str>)>,
    bytes: usize,
}

impl Cache {
    /// The text of a key, written unless it is there.
    pub(super) fn get(&mut self, key: Key, write: impl FnOnce() -> String) -> Rc<str> {
        if let Some((_, text)) = self.texts.iter().find(|(known, _)| *known == key) {
            return text.clone();
        }
        let text: Rc<str> = write().into();
        self.bytes += text.len();
        self.texts.push_back((key, text.clone()));
        while self.texts.len() > TEXTS || self.bytes > BYTES && self.texts.len() > 1 {
            self.bytes -= self.texts.pop_front().map_or(0, |(_, text)| text.len());
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_written_once_and_kept_within_bounds() {
        let mut cache = Cache::default();
        let mut written = 0;
        for _ in 0..3 {
            let text = cache.get((1, None, 1), || {
                written += 1;
                "x".repeat(BYTES / 2)
            });
            assert_eq!(text.len(), BYTES / 2);
        }
        assert_eq!(written, 1);
        cache.get((1, None, 2), || "x".repeat(BYTES));
        assert_eq!((cache.texts.len(), cache.bytes), (1, BYTES));
        for version in 3..3 + 2 * TEXTS as u64 {
            cache.get((1, None, version), || "x".to_owned());
        }
        assert_eq!((cache.texts.len(), cache.bytes), (TEXTS, TEXTS));
    }
}
