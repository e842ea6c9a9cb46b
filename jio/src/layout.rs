//! Where attachments lie in jIO's IndexedDB layout: keys and chunks.
//!
//! The stores `attachment` and `blob` are keyed by id, name and part joined by `_`, so that
//! (`a`, `b_c`) and (`a_b`, `c`) share a key. Documents are keyed by their id alone.

use std::fmt;
use std::ops::Range;

use crate::names::{Id, Name};

/// Bytes of one chunk of an attachment; the last one may be shorter.
pub const CHUNK_BYTES: u64 = 2_000_000;

/// Why an attachment cannot be stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Another attachment has this key.
    #[error("the key '{0}' belongs to another attachment")]
    Ambiguous(String),
}

/// The key of an attachment, and the start of its chunks' keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentKey {
    id: Id,
    name: Name,
}

impl AttachmentKey {
    /// The key of an attachment, which may not be its alone: see [`Self::check_owner`].
    pub fn new(id: Id, name: Name) -> Self {
        Self { id, name }
    }

    /// The key of a chunk in the store `blob`: `id_name_part`.
    pub fn chunk(&self, part: u64) -> String {
        format!("{self}_{part}")
    }

    /// Refuses to touch the record that was found under this key when it is another attachment's.
    /// Chunks need no look of their own: their keys are equal only when these are.
    ///
    /// deviates: jIO overwrites the other attachment.
    ///
    /// # Errors
    /// [`Error::Ambiguous`] (409) when `stored_id` and `stored_name` are not this id and name.
    pub fn check_owner(&self, stored_id: &str, stored_name: &str) -> Result<(), Error> {
        let is_own = (self.id.as_str(), self.name.as_str()) == (stored_id, stored_name);
        if is_own {
            Ok(())
        } else {
            Err(Error::Ambiguous(self.to_string()))
        }
    }
}

/// The key in the store `attachment`: `id_name`.
impl fmt::Display for AttachmentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.id, self.name)
    }
}

/// The byte ranges of an attachment's chunks, in the order of their parts; none when it is empty.
///
/// Keys do not sort in this order (`…_10` comes before `…_2`): put chunks together by their part.
///
/// ```
/// let chunks: Vec<_> = jio::layout::chunks(4_500_000).collect();
/// assert_eq!(chunks, [0..2_000_000, 2_000_000..4_000_000, 4_000_000..4_500_000]);
/// ```
pub fn chunks(length: u64) -> impl Iterator<Item = Range<u64>> {
    let count = length.div_ceil(CHUNK_BYTES);
    (0..count).map(move |part| {
        let start = part * CHUNK_BYTES;
        start..length.min(start + CHUNK_BYTES)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: &str, name: &str) -> AttachmentKey {
        AttachmentKey::new(Id::new(id).unwrap(), Name::new(name).unwrap())
    }

    #[test]
    fn keys_are_parts_joined_by_underscores() {
        assert_eq!(key("a", "b_c").to_string(), "a_b_c");
        assert_eq!(key("a", "b_c").chunk(10), "a_b_c_10");
    }

    #[test]
    fn keys_of_others_are_refused() {
        assert_eq!(key("a", "b_c").check_owner("a", "b_c"), Ok(()));
        let error = Error::Ambiguous("a_b_c".to_owned());
        assert_eq!(key("a_b", "c").check_owner("a", "b_c"), Err(error));
    }

    #[test]
    fn chunks_are_full_but_the_last() {
        assert_eq!(chunks(0).count(), 0);
        assert_eq!(chunks(1).last(), Some(0..1));
        assert_eq!(chunks(CHUNK_BYTES).count(), 1);
        assert_eq!(
            chunks(CHUNK_BYTES + 1).last(),
            Some(CHUNK_BYTES..CHUNK_BYTES + 1)
        );
    }
}
