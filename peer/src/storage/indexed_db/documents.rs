//! Documents: from the disk into memory, and what is answered from there.

use super::state::State;
use super::{failure, refusal};
use crate::storage::layout::{ATTACHMENT, ID, METADATA};
use jio::endpoint::Failure;
use jio::{AllDocs, Collection, Document, Id};
use serde::Deserialize;
use serde_json::{Map, Value};
use web::idb::Records;

/// Records that are read at once: enough to be fast, few enough for one text.
const PAGE: u32 = 10_000;

/// A record of the store `metadata`, as somebody wrote it.
#[derive(Deserialize)]
struct Record {
    #[serde(default)]
    _id: Value,
    #[serde(default)]
    doc: Value,
}

/// Reads all documents again.
///
/// Others may have stored what no document is: null, or an object that JSON cannot hold. Such records
/// are counted and left where they are.
pub(super) async fn load(state: &State) -> Result<(), Failure> {
    let database = state.database()?;
    let transaction = database
        .read(&[METADATA])
        .map_err(|error| failure(&error))?;
    let store = transaction
        .store(METADATA)
        .map_err(|error| failure(&error))?;
    let (mut documents, mut unreadable) = (Collection::default(), 0);
    let mut last = None;
    loop {
        let page = store.page(last.as_ref(), PAGE).await;
        let page = page.map_err(|error| failure(&error))?;
        unreadable += read(&page, &mut documents);
        if page.len() < PAGE as usize {
            break;
        }
        last = page.last_key(ID);
    }
    *state.documents.borrow_mut() = documents;
    state.unreadable.set(unreadable);
    Ok(())
}

/// Adds the documents of a page; how many records were none.
fn read(page: &Records, documents: &mut Collection) -> usize {
    let whole = page.text().ok();
    let whole = whole.and_then(|text| serde_json::from_str::<Vec<Record>>(&text).ok());
    let records: Vec<Record> = match whole {
        Some(records) => records,
        // One of them spoils the text of all: then each by itself.
        None => page
            .each()
            .filter_map(|text| serde_json::from_str(&text.ok()?).ok())
            .collect(),
    };
    let before = documents.len();
    documents.extend(records.into_iter().filter_map(document));
    page.len() - (documents.len() - before)
}

fn document(Record { _id, doc }: Record) -> Option<(Id, Document)> {
    let Value::String(id) = _id else {
        return None;
    };
    Some((Id::new(id).ok()?, jio::document(doc).ok()?))
}

/// A new id (RFC 9562 §5.4).
pub(super) fn new_id() -> Result<Id, Failure> {
    Id::new(random_uuid()?.to_string()).map_err(refusal)
}

/// A random UUID from the browser's random source.
pub(super) fn random_uuid() -> Result<uuid::Uuid, Failure> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| Failure::new(500, error.to_string()))?;
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid())
}

pub(super) fn get(state: &State, id: &Id) -> Result<Value, Failure> {
    let documents = state.documents.borrow();
    let document = documents.get(id).map_err(refusal)?;
    Ok(Value::Object(document.clone()))
}

pub(super) fn all_docs(state: &State, options: &AllDocs) -> Result<Value, Failure> {
    let documents = state.documents.borrow();
    let rows = documents.all_docs(options).map_err(refusal)?;
    serde_json::to_value(rows).map_err(|error| Failure::new(500, error.to_string()))
}

/// Answers `allAttachments`.
pub(super) async fn attachments(state: &State, id: &Id) -> Result<Value, Failure> {
    state.documents.borrow().get(id).map_err(refusal)?;
    let records = state.attempt(async |database| {
        let transaction = database.read(&[ATTACHMENT])?;
        let store = transaction.store(ATTACHMENT)?;
        store.records_of(ID, &[id.as_str()]).await
    });
    let mut names = Map::new();
    for record in records.await?.each() {
        let record = record.map_err(|error| failure(&error))?;
        let record: Value = serde_json::from_str(&record).unwrap_or_default();
        if let Some(name) = record["_attachment"].as_str() {
            names.insert(name.to_owned(), Value::Object(Map::new()));
        }
    }
    Ok(names.into())
}
