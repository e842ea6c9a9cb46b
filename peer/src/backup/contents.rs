//! The entries of a copy: their names, and the JSON that describes what is in it.

use serde::{Deserialize, Serialize};

/// Value of [`Manifest::format`].
pub(super) const FORMAT: &str = "lan-broadcaster-copy";
/// The only version there is.
pub(super) const VERSION: u64 = 1;
/// Name of the first entry, a [`Manifest`].
pub(super) const MANIFEST: &str = "manifest.json";
/// Name of the entry that is kept for the master's key, sealed with a passphrase. Passed over.
pub(super) const IDENTITY: &str = "identity.json";
/// Name of the last entry, a [`Trailer`].
pub(super) const TRAILER: &str = "trailer.json";

/// Bytes of an entry that describes something; a longer one is damaged.
pub(super) const DESCRIPTION_BYTES: u64 = 1 << 20;
/// The first entry: what the file is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub(super) format: String,
    pub(super) version: u64,
    /// Name of the database that was saved.
    pub database: String,
    /// When, in milliseconds since 1970.
    pub created: u64,
}

impl Manifest {
    /// Describes a copy that is being made.
    pub fn new(database: impl Into<String>, created: u64) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            database: database.into(),
            created,
        }
    }
}

/// What an attachment is; its bytes are the next entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Its document.
    pub id: String,
    /// Its name.
    pub name: String,
    /// MIME type.
    pub content_type: String,
    /// Length in bytes.
    pub length: u64,
}

/// The last entry: what the file must have held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trailer {
    /// How many documents.
    pub documents: u64,
    /// How many attachments.
    pub attachments: u64,
    /// SHA-256 of every byte of the file before this entry, in hexadecimal digits.
    pub(super) sha256: String,
}

/// Name of an entry of documents, one on each line; counted from 1.
pub(super) fn documents(number: u64) -> String {
    format!("documents/{number:08}.jsonl")
}

/// Name of the entry that describes an attachment; counted from 1.
pub(super) fn about(number: u64) -> String {
    format!("attachments/{number:08}.json")
}

/// Name of the entry of an attachment's bytes.
pub(super) fn content(number: u64) -> String {
    format!("attachments/{number:08}.bin")
}
