//! Documents as CouchDB has them: ours, and members that begin with `_`.

use crate::json::object;
use crate::session::Session;
use jio::endpoint::Failure;
use jio::{Document, Id};
use serde_json::{Map, Value};

/// A document that is there.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Held {
    pub(super) id: Id,
    pub(super) rev: String,
    pub(super) is_removed: bool,
    /// Without CouchDB's own members.
    pub(super) document: Document,
    /// What stands for each attachment, by its name.
    pub(super) stubs: Map<String, Value>,
}

impl Held {
    pub(super) fn read(value: Value, session: &Session) -> Result<Self, Failure> {
        let mut members = object(value).ok_or_else(|| session.odd("a document that is none"))?;
        let mut own = |name: &str| members.remove(name).unwrap_or_default();
        let id = own("_id").as_str().and_then(|id| Id::new(id).ok());
        let rev = own("_rev").as_str().map(str::to_owned);
        let is_removed = own("_deleted") == Value::Bool(true);
        let stubs = object(own("_attachments")).unwrap_or_default();
        let stubs = stubs.into_iter().filter_map(stub).collect();
        let (Some(id), Some(rev)) = (id, rev.filter(|rev| is_revision(rev))) else {
            return Err(session.odd("a document without id or revision"));
        };
        members.retain(|name, _| !name.starts_with('_'));
        Ok(Self {
            id,
            rev,
            is_removed,
            document: members,
            stubs,
        })
    }
}

/// What is sent back so that an attachment stays: never its bytes.
fn stub((name, value): (String, Value)) -> Option<(String, Value)> {
    let mut members = object(value)?;
    members.remove("data");
    members.remove("follows");
    members.insert("stub".to_owned(), true.into());
    Some((name, Value::Object(members)))
}

/// Revisions are of one line, so that what follows can be told from them.
fn is_revision(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(char::is_control)
}

/// Whether CouchDB takes a document: members that begin with `_` are its own.
pub(super) fn check(document: &Document) -> Result<(), Failure> {
    match document.keys().find(|name| name.starts_with('_')) {
        Some(name) => {
            let why = format!("properties that begin with '_' are CouchDB's own: “{name}”");
            Err(Failure::new(400, why))
        }
        None => Ok(()),
    }
}

/// What is sent in the place of what is there; its attachments stay.
pub(super) fn body(document: &Document, held: Option<&Held>) -> Value {
    let mut body = document.clone();
    if let Some(held) = held {
        body.insert("_rev".to_owned(), held.rev.clone().into());
        if !held.stubs.is_empty() {
            body.insert("_attachments".to_owned(), held.stubs.clone().into());
        }
    }
    Value::Object(body)
}
