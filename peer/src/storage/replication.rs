//! A replication as JavaScript sees it: how the line stands, and what a person decides.

use super::face::{Database, thrown};
use super::journal::IndexedJournal;
use super::remote::Fetch;
use super::replicating::Replicating;
use crate::face::Store;
use jio::endpoint::Failure;
use jio::{Id, Name};
use remote::description::{Description, Replicate};
use remote::replication::{
    AttachmentConflict, AttachmentSide, Carried, Conflict, Conflicts, Keep, Line, Meter, Metered,
    Options, Replicated, Side, Standing,
};
use serde_json::{Value, json};
use std::rc::Rc;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// Told how the line stands: `LineState` of index.d.ts, as JSON.
    #[wasm_bindgen(typescript_type = "(line: string) => void")]
    pub type LineListener;
    #[wasm_bindgen(method)]
    fn call(this: &LineListener, on: &JsValue, line: &str);
}

/// The replication of a database with a server. What fails throws an `Error` with a `status_code`.
#[wasm_bindgen]
pub struct Replication(Replicating);

#[wasm_bindgen]
impl Database {
    /// Begins to replicate, as a description (JSON, of the type `replicate`) tells; the listener hears how the line
    /// stands. From then on records are read and written through [`Replication::served`] only.
    pub async fn replicate(
        &self,
        description: String,
        listener: LineListener,
    ) -> Result<Replication, JsValue> {
        let begun = begin(self, &description, listener).await;
        begun.map(Replication).map_err(thrown)
    }
}

#[wasm_bindgen]
impl Replication {
    /// What a master serves.
    pub fn served(&self) -> Store {
        Store::new(self.0.replicated().clone())
    }

    /// Ends it at the next point where it may be given up.
    pub fn close(&self) {
        self.0.end();
    }

    /// Compares both sides now, removals included.
    #[wasm_bindgen(js_name = syncNow)]
    pub fn sync_now(&self) {
        self.0.replicated().sync_now();
    }

    /// The network is back: what waited for it is tried.
    #[wasm_bindgen(js_name = lineIsBack)]
    pub fn line_is_back(&self) {
        self.0.replicated().line_is_back();
    }

    /// A person waits for this record to be sent.
    pub fn hurry(&self, id: String) -> Result<(), JsValue> {
        let id = Id::new(id).map_err(|error| thrown(Failure::new(400, error.to_string())))?;
        self.0.replicated().hurry(&id);
        Ok(())
    }

    /// Removes here what the server has no more.
    #[wasm_bindgen(js_name = acceptRemovals)]
    pub fn accept_removals(&self) {
        self.0.replicated().accept_removals();
    }

    /// The records that wait for a person: `ConflictInfo`s of index.d.ts, as JSON.
    pub async fn conflicts(&self) -> Result<String, JsValue> {
        let replicated = self.0.replicated();
        let records = replicated.conflicts().await.map_err(thrown)?;
        let attachments = replicated.attachment_conflicts().await.map_err(thrown)?;
        let records = records.into_iter().map(conflict);
        let all = records.chain(attachments.into_iter().map(attachment_conflict));
        Ok(Value::from_iter(all).to_string())
    }

    /// Keeps `local`, `remote` or `both` of such a record, or `local` or `remote` of an attachment of it.
    pub async fn resolve(
        &self,
        id: String,
        keep: String,
        attachment: Option<String>,
    ) -> Result<(), JsValue> {
        let keep = match keep.as_str() {
            "local" => Keep::Local,
            "remote" => Keep::Remote,
            "both" => Keep::Both,
            _ => return Err(thrown(Failure::new(400, "keep local, remote or both"))),
        };
        let wrong = |error: jio::NameError| thrown(Failure::new(400, error.to_string()));
        let id = Id::new(id).map_err(wrong)?;
        let name = attachment.map(Name::new).transpose().map_err(wrong)?;
        let replicated = self.0.replicated();
        let resolved = match name {
            Some(name) => replicated.resolve_attachment(&id, &name, keep).await,
            None => replicated.resolve(&id, keep).await,
        };
        resolved.map_err(thrown)
    }
}

async fn begin(
    database: &Database,
    description: &str,
    listener: LineListener,
) -> Result<Replicating, Failure> {
    let read = Description::parse(description);
    let Description::Replicate(described) =
        read.map_err(|error| Failure::new(400, error.to_string()))?
    else {
        return Err(Failure::new(400, "a replication is of the type replicate"));
    };
    let local = database.storage().clone();
    let journal = Rc::new(IndexedJournal::open(local.name()).await?);
    let meter = Rc::new(Meter::default());
    let options = options(&described);
    let http = Rc::new(Metered::new(Fetch, meter.clone()));
    let server = described.remote.server(http);
    let server = server.ok_or_else(|| Failure::new(400, "the other side is no server"))?;
    let replicated = Replicated::new(local, server.replica(), journal, meter, options);
    Ok(Replicating::begin(replicated, move |standing| {
        listener.call(&JsValue::NULL, &line(standing).to_string());
    }))
}

/// What was described, as the replication wants it.
fn options(described: &Replicate) -> Options {
    let carried = |checks: remote::description::Checks| Carried {
        creations: checks.creation,
        modifications: checks.modification,
        deletions: checks.deletion,
        attachments: checks.attachments,
    };
    Options {
        server: described.remote.place().unwrap_or_default(),
        scope: described.remote.scope(),
        conflicts: Conflicts::from_number(described.conflict_handling as u64).unwrap_or_default(),
        sent: carried(described.local_checks),
        taken: carried(described.remote_checks),
        budget: described.budget.clone(),
        ..Options::default()
    }
}

fn line(standing: &Standing) -> Value {
    json!({
        "state": word(&standing.line),
        "detail": standing.line.words(),
        "next_at": standing.line.until().map(|at| at.0),
        "waiting": standing.waiting,
        "attachments": standing.attachments,
        "conflicts": standing.conflicts,
        "missing": standing.missing,
        "synced_at": standing.last_success.map(|at| at.0),
        "bytes": standing.today.bytes,
        "calls": standing.today.calls,
    })
}

fn word(line: &Line) -> &'static str {
    match line {
        Line::Idle => "idle",
        Line::Syncing => "syncing",
        Line::Offline { .. } => "offline",
        Line::Closed { .. } => "closed",
        Line::OverBudget { .. } => "over-budget",
        Line::NeedsLogin { .. } => "login",
        Line::Failed { .. } => "failed",
    }
}

fn conflict(conflict: Conflict) -> Value {
    let (remote, refused) = match conflict.remote {
        Side::Has(document) => (document, None),
        Side::Refuses(failure) => (None, Some(failure.message)),
    };
    json!({ "id": conflict.id.as_str(), "local": conflict.local, "remote": remote, "refused": refused })
}

fn attachment_conflict(conflict: AttachmentConflict) -> Value {
    let (remote, refused) = match conflict.remote {
        AttachmentSide::Has(length) => (length, None),
        AttachmentSide::Refuses(failure) => (None, Some(failure.message)),
    };
    json!({
        "id": conflict.id.as_str(), "attachment": conflict.name.as_str(),
        "local": null, "remote": null, "refused": refused,
        "local_size": conflict.local, "remote_size": remote,
    })
}
