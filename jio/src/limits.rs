//! Every bound of the crate, with its unit and what happens when it is reached.
//!
//! All of them are above what a person types and far below what hurts: with them, the cost of a
//! query is linear in documents × terms × length, and no input makes any function recurse deeper
//! than [`MAX_QUERY_DEPTH`].
//! deviates: jIO has no limits.

/// Longest document id, in bytes of UTF-8; a longer one is refused (400).
pub const MAX_ID_BYTES: usize = 1_024;

/// Longest attachment name, in bytes of UTF-8; a longer one is refused (400).
pub const MAX_NAME_BYTES: usize = 1_024;

/// Bytes of UTF-8 in one query: its text, or all values and texts of its JSON form together; a
/// longer one is refused (400).
pub const MAX_QUERY_BYTES: usize = 64 * 1_024;

/// Longest key of a term, in bytes of UTF-8; a longer one is refused (400). In a text one key may
/// stand for many terms, so without this bound a short text could become a large tree.
pub const MAX_KEY_BYTES: usize = 1_024;

/// Terms in one query; one more is refused (400).
pub const MAX_QUERY_TERMS: usize = 1_024;

/// Groups and empty texts in a JSON query; one more is refused (400). As many as a text of
/// [`MAX_QUERY_TERMS`] terms can become: a NOT for each term, words between, a NOT for each of those.
pub const MAX_QUERY_GROUPS: usize = 3 * MAX_QUERY_TERMS;

/// Levels of a query: of its parentheses, and of the tree it becomes; one more is refused (400).
pub const MAX_QUERY_DEPTH: usize = 64;

/// UTF-16 code units between two `%` of a wildcard when one of them is `_`; a longer stretch is
/// refused (400). Stretches without `_`, and what stands before the first or after the last `%`,
/// are bounded by [`MAX_QUERY_BYTES`] only.
pub const MAX_HOLED_STRETCH: usize = 1_024;

/// Keys of `sort_on`; one more is refused (400).
pub const MAX_SORT_KEYS: usize = 32;

/// Keys of `select_list`; one more is refused (400).
pub const MAX_SELECT_KEYS: usize = 1_024;

/// Bytes of one remote call or reply; a longer text is refused (400) before it is read as JSON.
///
/// A document can therefore not be longer than this when it comes from a connected device.
pub const MAX_MESSAGE_BYTES: usize = 16 * 1_024 * 1_024;
