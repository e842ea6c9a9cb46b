//! Attachments of a CouchDB on their way from and to a replication. What there is of them stands in a document's
//! revision, as the replication keeps it (`replica`), so that nothing has to be asked to know it.

use super::replica::{split, state};
use super::{Inner, encoded};
use crate::download::{check_size, ranged, read_start};
use crate::http::Response;
use crate::replica::{Attached, Bring, Brought, Part, Revision};
use jio::endpoint::Failure;
use jio::{Id, Name};
use serde_json::Value;
use std::ops::Range;

/// What a revision tells of attachments.
pub(super) fn attached(revision: &Revision) -> Vec<Attached> {
    if !revision.0.contains('\n') {
        return Vec::new();
    }
    let (_, stubs) = split(Some(revision));
    stubs.into_iter().filter_map(read_stub).collect()
}

fn read_stub((name, stub): (String, Value)) -> Option<Attached> {
    let text = |member: &str| stub[member].as_str().unwrap_or_default().to_owned();
    Some(Attached {
        name: Name::new(name).ok()?,
        content_type: text("content_type"),
        length: stub["length"].as_u64().unwrap_or_default(),
        digest: text("digest"),
    })
}

impl Inner {
    /// Bytes of an attachment in one revision, which CouchDB has as long as it was not compacted.
    pub(super) async fn part(
        &self,
        id: &Id,
        name: &Name,
        revision: &Revision,
        range: Option<Range<u64>>,
    ) -> Result<Option<Part>, Failure> {
        let ask = self.ask_for("GET", id, &place(name, revision))?;
        let response = self.session.ask(ranged(ask, range.as_ref())).await?;
        match response.status {
            206 => {
                let at = response.header("content-range").and_then(read_start);
                let start = range.map(|range| range.start);
                if at.is_some() && at != start {
                    let odd = "another range of bytes than asked for";
                    return Err(self.session.odd(odd));
                }
                Ok(Some(Part {
                    bytes: response.body,
                    is_whole: false,
                }))
            }
            // Where CouchDB has packed it, it gives no parts of it.
            200..=299 => Ok(Some(Part {
                bytes: response.body,
                is_whole: true,
            })),
            416 => Ok(None),
            _ => self.found(&response).map(|_| None),
        }
    }

    /// Changes an attachment of one revision, and asks what the record is then: CouchDB answers neither the
    /// digest nor what else stands for it.
    pub(super) async fn bring(&self, bring: Bring) -> Result<Brought, Failure> {
        if let Some(refused) = refused(&bring) {
            return Ok(Brought::Refused(refused));
        }
        let Bring {
            id,
            name,
            base,
            content,
        } = bring;
        let rest = place(&name, &base);
        let ask = match content {
            Some((content_type, bytes)) => self
                .ask_for("PUT", &id, &rest)?
                .body(typed(content_type), bytes),
            None => self.ask_for("DELETE", &id, &rest)?,
        };
        let response = self.session.ask(ask).await?;
        let rev = match response.status {
            200..=299 => self.session.read(&response)?["rev"]
                .as_str()
                .map(str::to_owned),
            409 | 412 => None,
            400 | 403 | 405..=407 | 411 | 413..=428 => {
                return Ok(Brought::Refused(self.session.failure(&response)));
            }
            _ if self.is_gone(&response)? => None,
            _ => return Err(self.failure(&response)),
        };
        let there = self.held_of([&id].into_iter()).await?.remove(&id);
        let there = there.filter(|held| !held.is_removed);
        Ok(match (rev, there) {
            (Some(rev), Some(held)) => {
                let stub = held.stubs.get(name.as_str());
                let digest = stub.filter(|_| held.rev == rev);
                let digest = digest.and_then(|stub| stub["digest"].as_str());
                Brought::Stored {
                    digest: digest.map(str::to_owned),
                    state: state(held),
                }
            }
            (_, held) => Brought::Conflict(held.map(state)),
        })
    }

    fn is_gone(&self, response: &Response) -> Result<bool, Failure> {
        Ok(response.status == 404 && !self.found(response)?)
    }
}

/// What need not be asked.
fn refused(bring: &Bring) -> Option<Failure> {
    let own = "attachment names that begin with '_' are CouchDB's own";
    if bring.name.as_str().starts_with('_') {
        return Some(Failure::new(400, own));
    }
    let (_, bytes) = bring.content.as_ref()?;
    check_size(bytes.len() as u64).err()
}

fn place(name: &Name, revision: &Revision) -> String {
    let (rev, _) = split(Some(revision));
    let rev = rev.map_or_else(String::new, |rev| format!("?rev={}", encoded(rev)));
    format!("/{}{rev}", encoded(name.as_str()))
}

pub(super) fn typed(content_type: String) -> String {
    match content_type.is_empty() {
        true => "application/octet-stream".to_owned(),
        false => content_type,
    }
}

#[cfg(test)]
mod tests;
