//! CouchDB, and what speaks its HTTP: documents with revisions, a feed of changes, attachments.
//!
//! ```text
//! GET  db/ID                     a document with _id, _rev and what stands for its attachments
//! PUT  db/ID                     the same, in the place of the revision it names
//! POST db                        a new document, under an id of the server's
//! GET  db/_all_docs              ids, or documents, in portions
//! GET  db/_changes               what changed since a place, in portions
//! POST db/_bulk_docs             many documents at once
//! GET, PUT, DELETE db/ID/NAME    an attachment
//! ```
//!
//! Queries are jIO's and are answered here, over documents that are fetched: CouchDB's own language
//! compares and sorts otherwise.

mod attachment;
mod carried;
mod document;
mod listing;
mod replica;
mod storage;

use crate::address::{Address, encoded};
use crate::credentials::Credentials;
use crate::http::{Http, Response};
use crate::json::taken;
use crate::limits::MAX_RACES;
use crate::session::{Ask, Session};
use document::Held;
use jio::endpoint::Failure;
use jio::{Document, Id};
use serde_json::Value;
use std::rc::Rc;

/// Records in a CouchDB.
pub struct CouchDb {
    inner: Rc<Inner>,
}

impl CouchDb {
    /// Nothing is asked yet. The address is the database's: `https://HOST:6984/DATABASE`.
    pub fn new(http: Rc<dyn Http>, address: Address, credentials: Credentials) -> Self {
        Self::described(http, address, credentials, None)
    }

    /// The same, with what was described: whether requests are compressed.
    pub fn described(
        http: Rc<dyn Http>,
        address: Address,
        credentials: Credentials,
        compress: Option<bool>,
    ) -> Self {
        let session = Session::new(http, address, credentials, "CouchDB").packing(compress);
        Self {
            inner: Rc::new(Inner { session }),
        }
    }
}

struct Inner {
    session: Session,
}

const JSON: &str = "application/json";

impl Inner {
    /// An address below the database's.
    fn ask(&self, method: &'static str, path: &str) -> Ask {
        let url = format!("{}{path}", self.session.address.trimmed());
        Ask::new(method, url).header("accept", JSON)
    }

    fn ask_for(&self, method: &'static str, id: &Id, rest: &str) -> Result<Ask, Failure> {
        if id.as_str().starts_with('_') {
            let why = "ids that begin with '_' are CouchDB's own";
            return Err(Failure::new(400, why));
        }
        Ok(self.ask(method, &format!("/{}{rest}", encoded(id.as_str()))))
    }

    /// A document as it is there; `None` where there is none.
    async fn held(&self, id: &Id) -> Result<Option<Held>, Failure> {
        let response = self.session.ask(self.ask_for("GET", id, "")?).await?;
        match self.found(&response)? {
            true => Held::read(self.session.read(&response)?, &self.session).map(Some),
            false => Ok(None),
        }
    }

    /// Whether a document was found; a missing database is another matter.
    fn found(&self, response: &Response) -> Result<bool, Failure> {
        match response.status {
            200..=299 => Ok(true),
            404 if is_missing(response) => Ok(false),
            _ => Err(self.failure(response)),
        }
    }

    fn failure(&self, response: &Response) -> Failure {
        if response.status == 404 {
            let why =
                "CouchDB has no database at this address: check it, or have the database made";
            return Failure::new(404, why);
        }
        self.session.failure(response)
    }

    /// Writes as often as somebody else was quicker.
    async fn put(&self, id: &Id, document: &Document) -> Result<(), Failure> {
        document::check(document)?;
        for _ in 0..MAX_RACES {
            let held = self.held(id).await?;
            let body = document::body(document, held.as_ref());
            let response = self
                .session
                .ask(self.ask_for("PUT", id, "")?.json(&body))
                .await?;
            match response.status {
                200..=299 => return Ok(()),
                409 => {}
                _ => return Err(self.failure(&response)),
            }
        }
        Err(raced())
    }

    async fn remove(&self, id: &Id) -> Result<(), Failure> {
        for _ in 0..MAX_RACES {
            let Some(held) = self.held(id).await? else {
                return Ok(());
            };
            let rest = format!("?rev={}", encoded(&held.rev));
            let response = self.session.ask(self.ask_for("DELETE", id, &rest)?).await?;
            match response.status {
                409 => {}
                _ if !self.found(&response)? => return Ok(()),
                _ => return Ok(()),
            }
        }
        Err(raced())
    }

    async fn post(&self, document: &Document) -> Result<Value, Failure> {
        document::check(document)?;
        let body = document::body(document, None);
        let response = self.session.ask(self.ask("POST", "").json(&body)).await?;
        if !(200..=299).contains(&response.status) {
            return Err(self.failure(&response));
        }
        let mut reply = self.session.read(&response)?;
        let id = taken(&mut reply, "id");
        match id.as_str().map(Id::new) {
            Some(Ok(_)) => Ok(id),
            _ => Err(self.session.odd("no id of the new document")),
        }
    }
}

/// Whether it is the document that is missing, or was removed, and not the database.
fn is_missing(response: &Response) -> bool {
    let said: Option<Value> = serde_json::from_slice(&response.body).ok();
    let reason = said.as_ref().and_then(|said| said["reason"].as_str());
    // Servers differ in the words about documents; those about databases name them.
    said.is_some()
        && !reason.is_some_and(|reason| {
            reason.to_lowercase().contains("database") || reason == "no_db_file"
        })
}

fn missing(id: &Id) -> Failure {
    Failure::new(404, format!("Cannot find document: {id}"))
}

fn raced() -> Failure {
    Failure::new(409, "others change this all the while: try again later")
}

#[cfg(test)]
mod tests;
