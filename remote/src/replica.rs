//! The far side of a replication: what it asks of a server, whichever that is.

use jio::endpoint::Failure;
use jio::storage::Answer;
use jio::{Document, Id, Name};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A server's name for one state of a record; means something to that server alone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(pub String);

/// How far changes have been read; means something to the server alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub String);

/// One state of a record at the server.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// The server's name for it.
    pub revision: Revision,
    /// `None`: it was removed.
    pub document: Option<Document>,
}

/// Records that changed, the last state of each.
#[derive(Debug, Clone, PartialEq)]
pub struct Changes {
    /// In the order in which they are safe to take over.
    pub changes: Vec<(Id, State)>,
    /// Where to go on once these are stored.
    pub cursor: Cursor,
    /// Whether there were no more when the server answered.
    pub is_last: bool,
}

/// A change that the server shall take.
#[derive(Debug, Clone, PartialEq)]
pub struct Write {
    /// The record; for a new one an id made here.
    pub id: Id,
    /// The state that it takes the place of; `None`: the server has not heard of it.
    pub base: Option<Revision>,
    /// `None` removes it.
    pub document: Option<Document>,
    /// An earlier try was cut: the server may have taken it already, and must not take it twice. Without a
    /// `base` the document is then the very one that was tried; with one it may be newer.
    pub is_again: bool,
}

/// What became of a [`Write`].
#[derive(Debug, Clone, PartialEq)]
pub enum Written {
    /// The server has it.
    Stored {
        /// The server's id, which is another than asked where the server makes ids itself.
        id: Id,
        /// Its name for this state.
        revision: Revision,
    },
    /// The server has another state than `base`, which is this; nothing was changed.
    Conflict(Option<State>),
    /// The server refused this one for good; the words are for people.
    Refused(Failure),
    /// The line failed before this one was answered, after others were: whether the server has it is not
    /// known. To be written again with [`Write::is_again`].
    Unknown(Failure),
}

/// An attachment as a state of its record tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    /// Its name.
    pub name: Name,
    /// MIME type; may be empty.
    pub content_type: String,
    /// Length in bytes.
    pub length: u64,
    /// The server's name for its content: `md5-` and base64 of the MD5, or anything else that changes with it.
    pub digest: String,
}

/// Bytes of an attachment, as the server gave them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What came.
    pub bytes: Vec<u8>,
    /// It is all of it, whichever range was asked for.
    pub is_whole: bool,
}

/// A change of an attachment that the server shall take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bring {
    /// The record, which the server has.
    pub id: Id,
    /// The attachment.
    pub name: Name,
    /// The state of the record that is changed by it.
    pub base: Revision,
    /// Type and bytes; `None` removes it.
    pub content: Option<(String, Vec<u8>)>,
}

/// What became of a [`Bring`].
#[derive(Debug, Clone, PartialEq)]
pub enum Brought {
    /// The server has it.
    Stored {
        /// The record now: each change of an attachment is one of its record. It may be somebody's later one.
        state: State,
        /// The server's name for what was brought, where it can be told.
        digest: Option<String>,
    },
    /// The record has another state than the one meant, which is this; nothing was changed.
    Conflict(Option<State>),
    /// The server refused it for good; the words are for people.
    Refused(Failure),
}

/// Tells whether a state of a record is known here.
pub type Known<'a> = &'a dyn Fn(&Id, &Revision) -> bool;

/// A server that records are replicated with.
///
/// Every method fails with 503 where the line failed, 401 where somebody has to log in, 403 where the
/// server refuses; all of it can be tried again.
pub trait Replica {
    /// What changed since a cursor, or everything there is: in portions that the server chooses.
    fn changes<'a>(&'a self, since: Option<&'a Cursor>) -> Answer<'a, Changes>;

    /// As [`Replica::changes`], but for states that are known here, which need not be fetched.
    fn changes_but<'a>(
        &'a self,
        since: Option<&'a Cursor>,
        _known: Known<'a>,
    ) -> Answer<'a, Changes> {
        self.changes(since)
    }

    /// The state of one record; `None`: it is not there.
    fn read<'a>(&'a self, _id: &'a Id) -> Answer<'a, Option<State>> {
        Box::pin(async {
            Err(Failure::new(
                501,
                "this server cannot be asked for one record",
            ))
        })
    }

    /// Ids of all records there, for servers whose [`Replica::changes`] do not tell of removals; the
    /// others answer `None`.
    fn all_ids(&self) -> Answer<'_, Option<Vec<Id>>>;

    /// Takes changes over, and answers each, in order. Fails only where nothing is known of any of them.
    fn write(&self, writes: Vec<Write>) -> Answer<'_, Vec<Written>>;

    /// The attachments of a record in a state that the server told, read from the state's name alone; `None`:
    /// this server has none that could be replicated, of any record.
    fn attachments(&self, _revision: &Revision) -> Option<Vec<Attached>> {
        None
    }

    /// Bytes of an attachment as it is in a state of its record; `None`: there is no such any more.
    fn read_attachment<'a>(
        &'a self,
        _id: &'a Id,
        _name: &'a Name,
        _revision: &'a Revision,
        _range: Option<Range<u64>>,
    ) -> Answer<'a, Option<Part>> {
        Box::pin(async { Err(no_attachments()) })
    }

    /// Changes an attachment. Where it fails, it is not known whether the server has it.
    fn bring_attachment(&self, _bring: Bring) -> Answer<'_, Brought> {
        Box::pin(async { Err(no_attachments()) })
    }
}

fn no_attachments() -> Failure {
    Failure::new(501, "this server has no attachments to replicate")
}
