//! Attachments at the server of the model, and on the line.

use super::server::{Cut, Line, Record, Server};
use super::{bytes_token, pause};
use data_encoding::BASE64;
use jio::endpoint::Failure;
use jio::{Id, Name};
use md5::{Digest, Md5};
use remote::replica::{Attached, Bring, Brought, Part, Revision, State};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::Range;

/// Whether two texts name one state, whatever they tell of attachments.
pub(super) fn is_same(one: Option<&Revision>, other: Option<&Revision>) -> bool {
    let number = |revision: &Revision| revision.0.lines().next().map(str::to_owned);
    one.map(number) == other.map(number)
}

/// What a revision tells of attachments.
pub(super) fn attached(revision: &Revision) -> Vec<Attached> {
    let Some((_, files)) = revision.0.split_once('\n') else {
        return Vec::new();
    };
    let files: BTreeMap<String, Value> = serde_json::from_str(files).expect("one of ours");
    let read = |(name, file): (String, Value)| Attached {
        name: super::name(&name),
        content_type: String::new(),
        length: file["length"].as_u64().expect("a number"),
        digest: file["digest"].as_str().expect("a text").to_owned(),
    };
    files.into_iter().map(read).collect()
}

impl Server {
    /// The name of a state, and the attachments in it.
    pub(super) fn told(&self, record: &Record) -> Revision {
        if record.files.is_empty() {
            return Revision(record.revision.to_string());
        }
        let files = record.files.iter().map(|(name, bytes)| {
            let stub = json!({ "digest": self.digest(bytes), "length": bytes.len() });
            (name.to_string(), stub)
        });
        let files = Value::Object(files.collect());
        Revision(format!("{}\n{files}", record.revision))
    }

    pub(crate) fn revision(&self, id: &Id) -> Option<Revision> {
        self.records.get(id).map(|record| self.told(record))
    }

    fn digest(&self, bytes: &[u8]) -> String {
        let sum = BASE64.encode(&Md5::digest(bytes));
        match self.packs {
            true => format!("packed-{sum}"),
            false => format!("md5-{sum}"),
        }
    }

    /// All attachments.
    pub(crate) fn all_files(&self) -> BTreeMap<(Id, Name), Vec<u8>> {
        let records = self.records.iter();
        let files = records.flat_map(|(id, record)| {
            let files = record.files.iter();
            files.map(|(name, bytes)| ((id.clone(), name.clone()), bytes.clone()))
        });
        files.collect()
    }

    /// Who removes a record gives up those of its attachments that `is_known`, by their names and the server's for
    /// their bytes.
    pub(crate) fn supersede_files(&mut self, id: &Id, is_known: impl Fn(&str, &str) -> bool) {
        let files = self.records.get(id).map(|record| record.files.clone());
        let files = files.iter().flatten();
        let known = files.filter(|(name, bytes)| is_known(name.as_str(), &self.digest(bytes)));
        let tokens: Vec<_> = known.filter_map(|(_, bytes)| bytes_token(bytes)).collect();
        self.files_superseded.extend(tokens);
    }

    /// An attachment changed on the server itself, of a record that is there.
    pub(crate) fn attach(&mut self, id: &Id, name: &Name, bytes: Option<Vec<u8>>) {
        let before = self
            .records
            .get(id)
            .and_then(|record| record.files.get(name));
        let before = before.and_then(|bytes| bytes_token(bytes));
        self.files_superseded.extend(before);
        self.files_written
            .extend(bytes.as_deref().and_then(bytes_token));
        self.set_file(id, name, bytes);
    }

    fn set_file(&mut self, id: &Id, name: &Name, bytes: Option<Vec<u8>>) {
        let Some(record) = self.records.get_mut(id) else {
            return;
        };
        self.clock += 1;
        record.revision = self.clock;
        match bytes {
            Some(bytes) => record.files.insert(name.clone(), bytes),
            None => record.files.remove(name),
        };
    }

    fn state(&self, id: &Id) -> Option<State> {
        let record = self.records.get(id)?;
        record.document.as_ref()?;
        Some(State {
            revision: self.told(record),
            document: record.document.clone(),
        })
    }

    fn bring(&mut self, bring: &Bring) -> Brought {
        let state = self.state(&bring.id);
        let revision = state.as_ref().map(|state| &state.revision);
        if !is_same(revision, Some(&bring.base)) {
            return Brought::Conflict(state);
        }
        let bytes = bring.content.as_ref().map(|(_, bytes)| bytes.clone());
        if bytes
            .as_deref()
            .is_some_and(|bytes| bytes.starts_with(b"refuse"))
        {
            return Brought::Refused(Failure::new(413, "that is too large"));
        }
        let digest = bytes.as_deref().map(|bytes| self.digest(bytes));
        self.set_file(&bring.id, &bring.name, bytes);
        let state = self.state(&bring.id).expect("it was just there");
        Brought::Stored { state, digest }
    }
}

impl Line {
    pub(super) async fn part(
        &self,
        id: &Id,
        name: &Name,
        revision: &Revision,
        range: Option<Range<u64>>,
    ) -> Result<Option<Part>, Failure> {
        pause().await;
        let range = range.unwrap_or(0..u64::MAX);
        let found = {
            let server = self.server.borrow();
            let there = server.revision(id);
            let is_there = is_same(there.as_ref(), Some(revision));
            let record = server.records.get(id).filter(|_| is_there);
            record.and_then(|record| record.files.get(name)).cloned()
        };
        self.call(100 + found.as_ref().map_or(0, Vec::len));
        self.check()?;
        pause().await;
        self.check()?;
        Ok(found.map(|bytes| {
            let digest = self.server.borrow().digest(&bytes);
            let part = (id.clone(), name.clone(), digest, range.start);
            self.fetched.borrow_mut().push(part);
            // Like CouchDB with what it has packed.
            let is_whole = self.server.borrow().packs;
            let at = |place: u64| (place as usize).min(bytes.len());
            let range = if is_whole {
                0..bytes.len()
            } else {
                at(range.start)..at(range.end)
            };
            Part {
                bytes: bytes[range].to_vec(),
                is_whole,
            }
        }))
    }

    pub(super) async fn bring(&self, bring: Bring) -> Result<Brought, Failure> {
        self.call(100 + bring.content.as_ref().map_or(0, |(_, bytes)| bytes.len()));
        pause().await;
        let cut = self.cut.get();
        if matches!(cut, Cut::Before | Cut::Login) {
            self.check()?;
        }
        let brought = self.server.borrow_mut().bring(&bring);
        pause().await;
        if cut != Cut::Not {
            self.check()?;
        }
        if let (Brought::Stored { .. }, Some((_, bytes))) = (&brought, &bring.content) {
            self.brought.borrow_mut().extend(bytes_token(bytes));
        }
        Ok(brought)
    }
}
