//! Records of jIO's IndexedDB layout, and where attachments stand while they come in.

use jio::{Document, Id, Name};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use web::idb::{IndexShape, StoreShape};

/// The store of documents.
pub(super) const METADATA: &str = "metadata";
/// The store of what attachments are.
pub(super) const ATTACHMENT: &str = "attachment";
/// The store of attachments' bytes.
pub(super) const BLOB: &str = "blob";
/// All stores.
pub(super) const ALL: &[&str] = &[METADATA, ATTACHMENT, BLOB];

/// The member by which documents are keyed, and the index of all that belongs to a document.
pub(super) const ID: &str = "_id";
/// The index of all chunks of an attachment.
pub(super) const ID_ATTACHMENT: &str = "_id_attachment";
/// The member of a chunk that holds its bytes.
pub(super) const BYTES: &str = "blob";

/// The member by which attachments and chunks are keyed.
pub(super) const KEY_PATH: &str = "_key_path";
const BY_ID: IndexShape = IndexShape {
    name: ID,
    key_path: &[ID],
    unique: false,
};

/// What a new database is made of.
pub(super) const SHAPE: &[StoreShape] = &[
    StoreShape {
        name: METADATA,
        key_path: ID,
        indexes: &[IndexShape {
            unique: true,
            ..BY_ID
        }],
    },
    StoreShape {
        name: ATTACHMENT,
        key_path: KEY_PATH,
        indexes: &[BY_ID],
    },
    StoreShape {
        name: BLOB,
        key_path: KEY_PATH,
        indexes: &[
            BY_ID,
            IndexShape {
                name: ID_ATTACHMENT,
                key_path: &[ID, "_attachment"],
                unique: false,
            },
        ],
    },
];

/// The IndexedDB database of a name, and its lock.
pub(super) fn database(name: &str) -> String {
    format!("jio:{name}")
}

/// A record of the store `metadata`, to be written.
#[derive(Serialize)]
struct Metadata<'a> {
    _id: &'a str,
    doc: &'a Document,
}

/// The record of a document, as JSON.
pub(super) fn metadata(id: &Id, doc: &Document) -> String {
    let record = Metadata {
        _id: id.as_str(),
        doc,
    };
    serde_json::to_string(&record).expect("texts and maps of texts are JSON")
}

/// A record of the store `attachment`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Attachment {
    pub(super) _key_path: String,
    pub(super) _id: String,
    pub(super) _attachment: String,
    pub(super) info: Info,
}

/// What an attachment is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Info {
    #[serde(default)]
    pub(super) content_type: String,
    #[serde(default)]
    pub(super) length: u64,
}

/// A record of the store `blob`, but for its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Chunk<'a> {
    pub(super) _key_path: String,
    pub(super) _id: &'a str,
    pub(super) _attachment: &'a str,
    pub(super) _part: u64,
}

impl<'a> Chunk<'a> {
    /// The chunk of a number, under its own key.
    pub(super) fn new(
        key: &jio::layout::AttachmentKey,
        id: &'a Id,
        name: &'a Name,
        part: u64,
    ) -> Self {
        Self {
            _key_path: key.chunk(part),
            _id: id.as_str(),
            _attachment: name.as_str(),
            _part: part,
        }
    }

    pub(super) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("texts and numbers are JSON")
    }
}

/// A record of the store `blob` that belongs to no attachment yet. Without `_id` it is in no index,
/// so that nobody sees it.
#[derive(Serialize)]
struct StagedChunk {
    _key_path: String,
}

/// The keys of one upload's chunks before it is finished: `STAGING upload ":" part`. Keys of
/// attachments have an underscore in them, these have not: no id and name give one of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Staging {
    prefix: String,
}

const STAGING: &str = "\0lan-broadcaster-staging:";
/// What follows the staging keys in the order of keys.
const STAGING_END: &str = "\0lan-broadcaster-staging;";

impl Staging {
    /// The keys of an upload that nobody else has.
    pub(super) fn new(upload: uuid::Uuid) -> Self {
        let upload = upload.simple();
        Self {
            prefix: format!("{STAGING}{upload}:"),
        }
    }

    pub(super) fn key(&self, part: u64) -> String {
        format!("{}{part}", self.prefix)
    }

    /// The staged record of a chunk, as JSON, but for its bytes.
    pub(super) fn record(&self, part: u64) -> String {
        let record = StagedChunk {
            _key_path: self.key(part),
        };
        serde_json::to_string(&record).expect("texts are JSON")
    }

    /// Where the staged chunks of all uploads stand, and perhaps chunks of attachments among them.
    pub(super) fn all() -> Range<&'static str> {
        STAGING..STAGING_END
    }

    /// Whether a key from that range is that of a staged chunk.
    pub(super) fn is_staged(key: &str) -> bool {
        !key.contains('_')
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jio::layout::AttachmentKey;
    use serde_json::{Value, json};

    fn value(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn records_are_those_of_jio() {
        let (id, name) = (Id::new("a").unwrap(), Name::new("b_c").unwrap());
        let document = jio::document(json!({"x": 1})).unwrap();
        let expected = json!({"_id": "a", "doc": {"x": 1}});
        assert_eq!(value(&metadata(&id, &document)), expected);
        let key = AttachmentKey::new(id.clone(), name.clone());
        let chunk = Chunk::new(&key, &id, &name, 3);
        let expected =
            json!({"_key_path": "a_b_c_3", "_id": "a", "_attachment": "b_c", "_part": 3});
        assert_eq!(value(&chunk.to_json()), expected);
    }

    #[test]
    fn staged_keys_are_nobody_elses() {
        let staging = Staging::new(uuid::Uuid::nil());
        let staged = staging.key(7);
        assert!(Staging::all().contains(&staged.as_str()));
        assert!(Staging::is_staged(&staged));
        let id = Id::new(format!("{STAGING}x")).unwrap();
        let chunk = AttachmentKey::new(id, Name::new("y").unwrap()).chunk(0);
        assert!(Staging::all().contains(&chunk.as_str()));
        assert!(!Staging::is_staged(&chunk));
        assert_eq!(value(&staging.record(7)), json!({"_key_path": staged}));
    }
}
