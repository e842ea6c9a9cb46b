//! Messages longer than a carrier takes: cut into parts on one side, joined on the other.

use crate::limits::{LINK_JOINED_BYTES, LINK_MESSAGE_BYTES};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A slice of one message's JSON text. The parts of a message follow each other in order; parts of two
/// messages never alternate.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename = "part")]
pub(super) struct Part<'a> {
    /// The same for all parts of one message, another one for the next.
    id: u32,
    /// Whether parts follow.
    more: bool,
    /// The slice.
    #[serde(borrow)]
    data: Cow<'a, str>,
}

/// Bytes of a carrier message with one part, without the part's `data`.
const AROUND: usize = r#"[{"kind":"part","id":4294967295,"more":false,"data":""}]"#.len();

/// Cuts `text` into parts, each of which fits a carrier message with its escapes.
pub(super) fn split(id: u32, text: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (data, after) = rest.split_at(fitting(rest, LINK_MESSAGE_BYTES - AROUND));
        rest = after;
        Some(Part {
            id,
            more: !after.is_empty(),
            data: data.into(),
        })
    })
}

/// Length of the longest start of `text` that takes at most `bytes` as the inside of a JSON string.
fn fitting(text: &str, bytes: usize) -> usize {
    let mut left = bytes;
    let over = text
        .bytes()
        .position(|byte| match left.checked_sub(escaped(byte)) {
            Some(after) => {
                left = after;
                false
            }
            None => true,
        });
    let mut end = over.unwrap_or(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    end
}

/// Bytes that one byte takes inside a JSON string, at most (RFC 8259 §7).
fn escaped(byte: u8) -> usize {
    match byte {
        b'"' | b'\\' => 2,
        0..0x20 => 6,
        _ => 1,
    }
}

/// Why parts did not become a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Error {
    #[error("the message in parts {0} is over the limit of {LINK_JOINED_BYTES} bytes")]
    TooLong(u32),
    #[error("the message in parts {0} ended before its last part")]
    Unfinished(u32),
}

/// Joins the parts of one message after the other.
#[derive(Debug, Default)]
pub(super) enum Joiner {
    /// The next part begins a message.
    #[default]
    Idle,
    /// A message has begun.
    Joining { id: u32, text: String },
    /// The rest of a message over the limit is passed over.
    Skipping { id: u32 },
}

impl Joiner {
    /// Gives up the message under way if `part` is not its next one.
    ///
    /// # Errors
    /// There was one, and it is lost.
    pub(super) fn handle_start(&mut self, part: &Part<'_>) -> Result<(), Error> {
        match *self {
            Self::Joining { id, .. } if id != part.id => {
                *self = Self::Idle;
                Err(Error::Unfinished(id))
            }
            Self::Idle | Self::Joining { .. } | Self::Skipping { .. } => Ok(()),
        }
    }

    /// Takes the next part; gives the whole text with the last one.
    ///
    /// # Errors
    /// The message is too long; its further parts are passed over.
    pub(super) fn handle_part(&mut self, part: &Part<'_>) -> Result<Option<String>, Error> {
        match std::mem::take(self) {
            Self::Joining { text, .. } => self.join(text, part),
            Self::Skipping { id } if id == part.id => {
                self.skip(part);
                Ok(None)
            }
            Self::Idle | Self::Skipping { .. } => self.join(String::new(), part),
        }
    }

    fn join(&mut self, mut text: String, part: &Part<'_>) -> Result<Option<String>, Error> {
        if text.len() + part.data.len() > LINK_JOINED_BYTES {
            self.skip(part);
            return Err(Error::TooLong(part.id));
        }
        text.push_str(&part.data);
        if !part.more {
            return Ok(Some(text));
        }
        *self = Self::Joining { id: part.id, text };
        Ok(None)
    }

    fn skip(&mut self, part: &Part<'_>) {
        *self = if part.more {
            Self::Skipping { id: part.id }
        } else {
            Self::Idle
        };
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

    use super::*;

    fn part(id: u32, more: bool, data: &str) -> Part<'_> {
        Part {
            id,
            more,
            data: data.into(),
        }
    }

    #[test]
    fn parts_fill_their_carrier_message_and_stay_within() {
        for character in ["a", "\"", "\\", "\u{0}", "\n", "é", "🐟"] {
            let text = character.repeat(2_500_000 / character.len());
            let parts: Vec<_> = split(u32::MAX, &text).collect();
            let joined: String = parts.iter().map(|part| &*part.data).collect();
            assert_eq!(joined, text);
            for (n, part) in parts.iter().enumerate() {
                let len = serde_json::to_string(&[part]).unwrap().len();
                assert!(len <= LINK_MESSAGE_BYTES, "{len} for {character:?}");
                assert_eq!(part.more, n + 1 < parts.len());
                // A line feed is taken for the longest escape; else the bound is met to one character.
                assert!(
                    !part.more || character == "\n" || len > LINK_MESSAGE_BYTES - 8,
                    "{len}"
                );
            }
        }
    }

    #[test]
    fn joins_until_no_more_follow() {
        let mut joiner = Joiner::default();
        assert_eq!(joiner.handle_part(&part(1, true, "ab")), Ok(None));
        assert_eq!(
            joiner.handle_part(&part(1, false, "c")),
            Ok(Some("abc".to_owned()))
        );
        assert_eq!(
            joiner.handle_part(&part(1, false, "d")),
            Ok(Some("d".to_owned()))
        );
    }

    #[test]
    fn another_id_ends_an_unfinished_message() {
        let mut joiner = Joiner::default();
        assert_eq!(joiner.handle_part(&part(1, true, "ab")), Ok(None));
        let next = part(2, false, "c");
        assert_eq!(joiner.handle_start(&next), Err(Error::Unfinished(1)));
        assert_eq!(joiner.handle_part(&next), Ok(Some("c".to_owned())));
    }

    #[test]
    fn the_limit_passes_and_one_more_is_skipped_to_its_end() {
        let whole = "x".repeat(LINK_JOINED_BYTES);
        let mut joiner = Joiner::default();
        assert_eq!(joiner.handle_part(&part(1, true, &whole)), Ok(None));
        assert_eq!(
            joiner.handle_part(&part(1, false, "")),
            Ok(Some(whole.clone()))
        );
        assert_eq!(joiner.handle_part(&part(2, true, &whole)), Ok(None));
        assert_eq!(
            joiner.handle_part(&part(2, true, "x")),
            Err(Error::TooLong(2))
        );
        assert_eq!(joiner.handle_part(&part(2, true, "x")), Ok(None));
        assert_eq!(joiner.handle_part(&part(2, false, "x")), Ok(None));
        assert_eq!(
            joiner.handle_part(&part(3, false, "x")),
            Ok(Some("x".to_owned()))
        );
    }
}
