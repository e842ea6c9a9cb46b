//! Why a file is refused.

use super::contents::VERSION;

/// What is wrong with a file that should be a saved copy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It begins with something else.
    #[error("this file is not a saved copy of a database: choose another file")]
    NotACopy,
    /// It was written by a newer program.
    #[error(
        "this copy has format version {0}, and only {VERSION} can be read: update, then restore"
    )]
    Version(u64),
    /// It ends before its end.
    #[error("the copy ends too early: it was not written or moved completely")]
    Short,
    /// It breaks a rule of the format.
    #[error("the copy is damaged: {0}")]
    Damaged(&'static str),
    /// It holds two documents of one id, or two attachments of one key.
    #[error("the copy is damaged: '{0}' is in it twice")]
    Twice(String),
    /// It holds something that no database of ours holds.
    #[error("the copy is damaged: {0}")]
    Content(#[from] jio::Error),
}
