//! A CouchDB as the far side of a replication: its feed of changes, and many writes in one request.
//!
//! A revision here is CouchDB's, and after it, on a second line, what stands for the document's attachments:
//! they must be named in each write, or CouchDB drops them.

use super::carried::attached;
use super::document::{Held, body, check};
use super::{CouchDb, Inner};
use crate::address::encoded;
use crate::content::is_same;
use crate::json::{list, taken};
use crate::replica::{
    Attached, Bring, Brought, Changes, Cursor, Part, Replica, Revision, State, Write, Written,
};
use jio::endpoint::Failure;
use jio::storage::Answer;
use jio::{Document, Id, Name};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::ops::Range;

/// Changes asked for at once: what a cut of the line costs at most.
const PORTION: usize = 200;

impl Replica for CouchDb {
    fn changes<'a>(&'a self, since: Option<&'a Cursor>) -> Answer<'a, Changes> {
        Box::pin(self.inner.changes(since))
    }

    fn all_ids(&self) -> Answer<'_, Option<Vec<Id>>> {
        Box::pin(async { Ok(None) })
    }

    fn read<'a>(&'a self, id: &'a Id) -> Answer<'a, Option<State>> {
        Box::pin(async move {
            let mut there = self.inner.held_of([id].into_iter()).await?;
            let held = there.remove(id).filter(|held| !held.is_removed);
            Ok(held.map(state))
        })
    }

    fn write(&self, writes: Vec<Write>) -> Answer<'_, Vec<Written>> {
        Box::pin(self.inner.write_all(writes))
    }

    fn attachments(&self, revision: &Revision) -> Option<Vec<Attached>> {
        Some(attached(revision))
    }

    fn read_attachment<'a>(
        &'a self,
        id: &'a Id,
        name: &'a Name,
        revision: &'a Revision,
        range: Option<Range<u64>>,
    ) -> Answer<'a, Option<Part>> {
        Box::pin(self.inner.part(id, name, revision, range))
    }

    fn bring_attachment(&self, bring: Bring) -> Answer<'_, Brought> {
        Box::pin(self.inner.bring(bring))
    }
}

impl Inner {
    async fn changes(&self, since: Option<&Cursor>) -> Result<Changes, Failure> {
        let mut path = format!("/_changes?include_docs=true&limit={PORTION}");
        if let Some(Cursor(since)) = since {
            path.push_str("&since=");
            path.push_str(&encoded(since));
        }
        let response = self.session.ask(self.ask("GET", &path)).await?;
        if !(200..=299).contains(&response.status) {
            return Err(self.failure(&response));
        }
        self.read_changes(self.session.read(&response)?)
    }

    fn read_changes(&self, mut reply: Value) -> Result<Changes, Failure> {
        let results =
            list(taken(&mut reply, "results")).ok_or_else(|| self.session.odd("no changes"))?;
        let place = &reply["last_seq"];
        let text = place.as_str().map(str::to_owned);
        let cursor = text.or_else(|| place.is_number().then(|| place.to_string()));
        let cursor = cursor.ok_or_else(|| self.session.odd("changes without their place"))?;
        // Some servers do not count what is left: then a portion that is not full was the last.
        let is_last = match reply["pending"].as_u64() {
            Some(pending) => pending == 0,
            None => results.len() < PORTION,
        };
        if !is_last && results.is_empty() {
            return Err(self.session.odd("changes that do not go on"));
        }
        // A record that is told twice is what was told last.
        let mut changes = HashMap::with_capacity(results.len());
        for (at, mut change) in results.into_iter().enumerate() {
            let is_own = change["id"].as_str().is_some_and(|id| id.starts_with('_'));
            if !is_own {
                let held = Held::read(taken(&mut change, "doc"), &self.session)?;
                changes.insert(held.id.clone(), (at, state(held)));
            }
        }
        let mut changes: Vec<_> = changes.into_iter().collect();
        changes.sort_by_key(|(_, (at, _))| *at);
        let changes = changes.into_iter().map(|(id, (_, state))| (id, state));
        Ok(Changes {
            changes: changes.collect(),
            cursor: Cursor(cursor),
            is_last,
        })
    }

    async fn write_all(&self, writes: Vec<Write>) -> Result<Vec<Written>, Failure> {
        let mut answers: Vec<Option<Written>> = writes.iter().map(refused).collect();
        let open = |answers: &[Option<Written>]| -> Vec<usize> {
            (0..answers.len())
                .filter(|at| answers[*at].is_none())
                .collect()
        };
        let sent = open(&answers);
        if !sent.is_empty() {
            let told = self.bulk(sent.iter().map(|at| &writes[*at])).await?;
            for (at, told) in sent.into_iter().zip(told) {
                answers[at] = told;
            }
        }
        let raced = open(&answers);
        if !raced.is_empty() {
            let there = self.held_of(raced.iter().map(|at| &writes[*at].id)).await;
            for at in raced {
                answers[at] = Some(match &there {
                    Ok(there) => compared(&writes[at], there.get(&writes[at].id)),
                    Err(failure) => Written::Unknown(failure.clone()),
                });
            }
        }
        Ok(answers.into_iter().flatten().collect())
    }

    /// Sends writes together; `None` where the server has another state than the write takes the place of.
    async fn bulk(
        &self,
        writes: impl Iterator<Item = &Write> + Clone,
    ) -> Result<Vec<Option<Written>>, Failure> {
        let documents: Vec<Value> = writes.clone().map(document).collect();
        let ask = self
            .ask("POST", "/_bulk_docs")
            .json(&json!({ "docs": documents }));
        let response = self.session.ask(ask).await?;
        if !(200..=299).contains(&response.status) {
            return Err(self.failure(&response));
        }
        let reply = self.session.read(&response)?;
        let told = reply
            .as_array()
            .filter(|told| told.len() == documents.len());
        let told = told.ok_or_else(|| self.session.odd("not an answer for each document"))?;
        writes
            .zip(told)
            .map(|(write, told)| self.read_written(write, told))
            .collect()
    }

    fn read_written(&self, write: &Write, told: &Value) -> Result<Option<Written>, Failure> {
        if let Some(rev) = told["rev"].as_str() {
            let (_, stubs) = split(write.base.as_ref());
            let stubs = if write.document.is_some() {
                stubs
            } else {
                Map::new()
            };
            return Ok(Some(Written::Stored {
                id: write.id.clone(),
                revision: revision(rev, &stubs),
            }));
        }
        let reason = told["reason"].as_str().unwrap_or_default();
        let refused = |status_code: u16, why: &str| {
            let why = format!("{why}{}", self.session.quoted(reason));
            Some(Written::Refused(Failure::new(status_code, why)))
        };
        match told["error"].as_str() {
            Some("conflict") => Ok(None),
            Some("forbidden") => Ok(refused(403, "CouchDB refuses this record")),
            Some("unauthorized") => Ok(refused(
                403,
                "CouchDB refuses this record to who is logged in",
            )),
            Some(_) => Ok(refused(400, "CouchDB does not take this record")),
            None => Err(self.session.odd("neither a revision nor an error")),
        }
    }

    /// What is there under these ids.
    pub(super) async fn held_of(
        &self,
        ids: impl Iterator<Item = &Id>,
    ) -> Result<HashMap<Id, Held>, Failure> {
        let keys: Vec<&str> = ids.map(Id::as_str).collect();
        let ask = self
            .ask("POST", "/_all_docs?include_docs=true")
            .json(&json!({ "keys": keys }));
        let mut reply = self.session.json(ask).await?;
        let rows = list(taken(&mut reply, "rows")).ok_or_else(|| self.session.odd("no rows"))?;
        let mut there = HashMap::new();
        for mut row in rows {
            if row["doc"].is_object() {
                let held = Held::read(taken(&mut row, "doc"), &self.session)?;
                there.insert(held.id.clone(), held);
            }
        }
        Ok(there)
    }
}

/// What becomes of a write of another state than is there: nothing, where that is what was wanted.
fn compared(write: &Write, there: Option<&Held>) -> Written {
    let there = there.filter(|held| !held.is_removed);
    let stored = |revision| Written::Stored {
        id: write.id.clone(),
        revision,
    };
    match (&write.document, there) {
        (Some(wanted), Some(held)) if is_same(wanted, &held.document) => {
            stored(revision(&held.rev, &held.stubs))
        }
        (None, None) => stored(Revision(REMOVED.to_owned())),
        (_, Some(held)) => Written::Conflict(Some(state(held.clone()))),
        (Some(_), None) => Written::Conflict(None),
    }
}

/// The revision of what is gone and whose last revision nobody told.
const REMOVED: &str = "removed";

/// Refusals for which CouchDB need not be asked.
fn refused(write: &Write) -> Option<Written> {
    let own = || Failure::new(400, "ids that begin with '_' are CouchDB's own");
    let named = write.id.as_str().starts_with('_').then(own);
    let kept = || {
        write
            .document
            .as_ref()
            .and_then(|document| check(document).err())
    };
    named.or_else(kept).map(Written::Refused)
}

/// A write as CouchDB reads it.
fn document(write: &Write) -> Value {
    let (rev, stubs) = split(write.base.as_ref());
    let mut sent = body(write.document.as_ref().unwrap_or(&Document::new()), None);
    sent["_id"] = write.id.as_str().into();
    if let Some(rev) = rev.filter(|rev| *rev != REMOVED) {
        sent["_rev"] = rev.into();
    }
    if write.document.is_none() {
        sent["_deleted"] = true.into();
    } else if !stubs.is_empty() {
        sent["_attachments"] = stubs.into();
    }
    sent
}

pub(super) fn state(held: Held) -> State {
    State {
        revision: revision(&held.rev, &held.stubs),
        document: (!held.is_removed).then_some(held.document),
    }
}

fn revision(rev: &str, stubs: &Map<String, Value>) -> Revision {
    match stubs.is_empty() {
        true => Revision(rev.to_owned()),
        false => Revision(format!("{rev}\n{}", Value::Object(stubs.clone()))),
    }
}

/// CouchDB's revision, and what stands for attachments.
pub(super) fn split(revision: Option<&Revision>) -> (Option<&str>, Map<String, Value>) {
    let Some(Revision(text)) = revision else {
        return (None, Map::new());
    };
    let (rev, stubs) = text.split_once('\n').unwrap_or((text, "{}"));
    (Some(rev), serde_json::from_str(stubs).unwrap_or_default())
}

#[cfg(test)]
mod tests;
