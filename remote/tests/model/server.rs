//! One server of either flavour, and the lines to it.

use super::{Token, pause, token};
use jio::endpoint::Failure;
use jio::storage::Answer;
use jio::{Document, Id, Name};
use remote::replica::{
    Attached, Bring, Brought, Changes, Cursor, Known, Part, Replica, Revision, State, Write,
    Written,
};
use remote::replication::Meter;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;

/// How a server behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flavour {
    /// As ERP5: makes ids itself, and tells of removals only by a list of what is left.
    MakesIds,
    /// As CouchDB.
    TellsAll,
}

/// A record there.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) revision: u64,
    pub(super) document: Option<Document>,
    pub(super) files: BTreeMap<Name, Vec<u8>>,
    /// The creation that it came from, by the content and the revision it got.
    created: Option<(Document, u64)>,
}

/// What a server keeps and counts.
pub(crate) struct Server {
    pub(crate) flavour: Flavour,
    pub(super) records: BTreeMap<Id, Record>,
    pub(super) clock: u64,
    /// Whether it packs attachments, which gives them other names than their MD5.
    pub(crate) packs: bool,
    /// Contents of attachments that a change made here took the place of.
    pub(crate) files_superseded: BTreeSet<Token>,
    /// Contents of attachments that were made here.
    pub(crate) files_written: BTreeSet<Token>,
    made: u64,
    /// Contents that a change made here took the place of.
    pub(crate) superseded: BTreeSet<Token>,
    /// Contents that were made here.
    pub(crate) written: BTreeSet<Token>,
    /// Writes that brought what was there already, though nothing was cut.
    pub(crate) needless: usize,
    /// Records answered by `changes`.
    pub(crate) told: usize,
}

impl Server {
    pub(crate) fn new(flavour: Flavour) -> Self {
        Self {
            flavour,
            records: BTreeMap::new(),
            clock: 0,
            packs: false,
            files_superseded: BTreeSet::new(),
            files_written: BTreeSet::new(),
            made: 0,
            superseded: BTreeSet::new(),
            written: BTreeSet::new(),
            needless: 0,
            told: 0,
        }
    }

    /// What is there.
    pub(crate) fn all(&self) -> BTreeMap<Id, Document> {
        let there = self.records.iter();
        there
            .filter_map(|(id, record)| Some((id.clone(), record.document.clone()?)))
            .collect()
    }

    fn store(&mut self, id: &Id, document: Option<Document>) -> Revision {
        self.clock += 1;
        let revision = self.clock;
        let is_new = self
            .records
            .get(id)
            .is_none_or(|record| record.document.is_none());
        let created = match (&document, is_new) {
            (Some(document), true) => Some((document.clone(), revision)),
            _ => self
                .records
                .get(id)
                .and_then(|record| record.created.clone()),
        };
        let before = self.records.remove(id);
        let files = before.filter(|_| document.is_some());
        let record = Record {
            revision,
            document,
            files: files.map_or_else(BTreeMap::new, |record| record.files),
            created,
        };
        let told = self.told(&record);
        self.records.insert(id.clone(), record);
        told
    }

    /// A change made on the server itself.
    pub(crate) fn edit(&mut self, id: &Id, document: Option<Document>) {
        if let Some(before) = self
            .records
            .get(id)
            .and_then(|record| record.document.as_ref())
        {
            self.superseded.insert(token(before));
        }
        if document.is_none() {
            self.supersede_files(id, |_, _| true);
        }
        if let Some(document) = &document {
            self.written.insert(token(document));
        }
        self.store(id, document);
    }

    fn write(&mut self, write: Write) -> Written {
        if write
            .document
            .as_ref()
            .is_some_and(|document| document.contains_key("refuse"))
        {
            return Written::Refused(Failure::new(400, "that is not wanted here"));
        }
        match (self.flavour, &write.base) {
            (Flavour::MakesIds, None) => self.create(write),
            (Flavour::MakesIds, Some(_)) | (Flavour::TellsAll, _) => self.change(write),
        }
    }

    fn create(&mut self, write: Write) -> Written {
        let mut made = self.records.iter();
        let found = made.find_map(|(id, record)| {
            let (document, revision) = record.created.as_ref()?;
            (Some(document) == write.document.as_ref()).then(|| (id.clone(), *revision))
        });
        if let Some((id, revision)) = found.filter(|_| write.is_again) {
            let revision = Revision(revision.to_string());
            return Written::Stored { id, revision };
        }
        self.made += 1;
        let id = Id::new(format!("module/{}", self.made)).expect("an id");
        let revision = self.store(&id, write.document);
        Written::Stored { id, revision }
    }

    fn change(&mut self, write: Write) -> Written {
        let known = self.records.get(&write.id);
        let current = known.and_then(|record| record.document.clone());
        let revision = known.map(|record| self.told(record));
        if current == write.document {
            self.needless += usize::from(!write.is_again && current.is_some());
            return match (revision, self.flavour) {
                (Some(revision), _) => Written::Stored {
                    id: write.id,
                    revision,
                },
                (None, _) => Written::Conflict(None),
            };
        }
        let is_free = current.is_none() && write.base.is_none();
        if super::carried::is_same(revision.as_ref(), write.base.as_ref()) || is_free {
            let revision = self.store(&write.id, write.document);
            return Written::Stored {
                id: write.id,
                revision,
            };
        }
        Written::Conflict(match (revision, current, self.flavour) {
            (Some(_), None, Flavour::MakesIds) | (None, _, _) => None,
            (Some(revision), document, _) => Some(State { revision, document }),
        })
    }

    fn changes(&self, since: u64, most: usize) -> (Vec<(Id, State)>, u64, bool) {
        let tells_removals = self.flavour == Flavour::TellsAll;
        let later = self
            .records
            .iter()
            .filter(|(_, record)| record.revision > since);
        let mut later: Vec<_> = later.collect();
        later.sort_by_key(|(_, record)| record.revision);
        let is_last = later.len() <= most;
        later.truncate(most);
        let cursor = later.last().map_or(since, |(_, record)| record.revision);
        let told = later
            .into_iter()
            .filter(|(_, record)| tells_removals || record.document.is_some());
        let told = told.map(|(id, record)| {
            let revision = self.told(record);
            let document = record.document.clone();
            (id.clone(), State { revision, document })
        });
        (told.collect(), cursor, is_last)
    }
}

/// What happens to the next calls on a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// It works.
    Not,
    /// The server hears nothing.
    Before,
    /// The server takes it, and its answer is lost.
    After,
    /// The server takes this many of a batch, the next one as well, and only these many are answered.
    Amid(usize),
    /// Somebody has to log in.
    Login,
}

/// A line from one computer to the server.
pub(crate) struct Line {
    pub(crate) server: Rc<RefCell<Server>>,
    pub(crate) cut: Cell<Cut>,
    /// Records in one portion of changes.
    pub(crate) portion: usize,
    pub(crate) meter: Rc<Meter>,
    pub(crate) calls: Cell<usize>,
    /// Documents that were sent over it, in order.
    pub(crate) sent: RefCell<Vec<Write>>,
    /// Writes of which the answer was lost, or given up.
    pub(crate) in_doubt: Cell<usize>,
    /// Contents of attachments that the server took over it, as far as it answered.
    pub(crate) brought: RefCell<Vec<Token>>,
    /// Parts of attachments that came over it.
    pub(crate) fetched: RefCell<Vec<(Id, Name, String, u64)>>,
}

impl Line {
    pub(crate) fn new(server: Rc<RefCell<Server>>, portion: usize) -> Self {
        Self {
            server,
            cut: Cell::new(Cut::Not),
            portion,
            meter: Rc::default(),
            calls: Cell::new(0),
            sent: RefCell::default(),
            in_doubt: Cell::new(0),
            brought: RefCell::default(),
            fetched: RefCell::default(),
        }
    }

    /// Contents of creations that were sent again.
    pub(crate) fn created_again(&self) -> Vec<Token> {
        let sent = self.sent.borrow();
        let again = sent
            .iter()
            .filter(|write| write.is_again && write.base.is_none());
        again
            .filter_map(|write| write.document.as_ref().map(token))
            .collect()
    }

    pub(super) fn call(&self, bytes: usize) {
        self.calls.set(self.calls.get() + 1);
        self.meter.count(bytes as u64);
    }

    pub(super) fn check(&self) -> Result<(), Failure> {
        match self.cut.get() {
            Cut::Not => Ok(()),
            Cut::Login => Err(Failure::new(401, "who are you?")),
            Cut::Before | Cut::After | Cut::Amid(_) => Err(Failure::new(503, "no connection")),
        }
    }

    async fn take(&self, writes: Vec<Write>) -> Result<Vec<Written>, Failure> {
        let count = writes.len();
        let bytes = writes.iter().map(|write| json(&write.document) + 50);
        self.call(bytes.sum());
        self.sent.borrow_mut().extend(writes.iter().cloned());
        self.in_doubt.set(self.in_doubt.get() + count);
        pause().await;
        let cut = self.cut.get();
        if matches!(cut, Cut::Before | Cut::Login) {
            self.check()?;
        }
        let most = if let Cut::Amid(most) = cut {
            most + 1
        } else {
            count
        };
        let taken = writes.into_iter().take(most);
        let mut written: Vec<_> = taken
            .map(|write| self.server.borrow_mut().write(write))
            .collect();
        pause().await;
        if cut == Cut::After {
            self.check()?;
        }
        if let Cut::Amid(most) = cut {
            written.truncate(most);
            let lost = || Written::Unknown(Failure::new(503, "no connection"));
            written.resize_with(count, lost);
            self.in_doubt.set(self.in_doubt.get() - most.min(count));
        } else {
            self.in_doubt.set(self.in_doubt.get() - count);
        }
        Ok(written)
    }
}

impl Replica for Line {
    fn changes<'a>(&'a self, since: Option<&'a Cursor>) -> Answer<'a, Changes> {
        self.changes_but(since, &|_, _| false)
    }

    fn changes_but<'a>(
        &'a self,
        since: Option<&'a Cursor>,
        known: Known<'a>,
    ) -> Answer<'a, Changes> {
        Box::pin(async move {
            pause().await;
            if let Err(failure) = self.check() {
                self.call(100);
                return Err(failure);
            }
            let since = since.map_or(0, |cursor| cursor.0.parse().expect("one of ours"));
            let (mut changes, cursor, is_last) = self.server.borrow().changes(since, self.portion);
            changes.retain(|(id, state)| !known(id, &state.revision));
            self.server.borrow_mut().told += changes.len();
            let bytes = changes.iter().map(|(_, state)| json(&state.document) + 50);
            self.call(100 + bytes.sum::<usize>());
            pause().await;
            self.check()?;
            Ok(Changes {
                changes,
                cursor: Cursor(cursor.to_string()),
                is_last,
            })
        })
    }

    fn read<'a>(&'a self, id: &'a Id) -> Answer<'a, Option<State>> {
        Box::pin(async move {
            self.call(100);
            pause().await;
            self.check()?;
            let server = self.server.borrow();
            Ok(server.records.get(id).map(|record| State {
                revision: server.told(record),
                document: record.document.clone(),
            }))
        })
    }

    fn all_ids(&self) -> Answer<'_, Option<Vec<Id>>> {
        Box::pin(async move {
            self.call(100);
            pause().await;
            self.check()?;
            let server = self.server.borrow();
            let lists = server.flavour == Flavour::MakesIds;
            Ok(lists.then(|| server.all().into_keys().collect()))
        })
    }

    fn write(&self, writes: Vec<Write>) -> Answer<'_, Vec<Written>> {
        Box::pin(self.take(writes))
    }

    fn attachments(&self, revision: &Revision) -> Option<Vec<Attached>> {
        let has = self.server.borrow().flavour == Flavour::TellsAll;
        has.then(|| super::carried::attached(revision))
    }

    fn read_attachment<'a>(
        &'a self,
        id: &'a Id,
        name: &'a Name,
        revision: &'a Revision,
        range: Option<Range<u64>>,
    ) -> Answer<'a, Option<Part>> {
        Box::pin(self.part(id, name, revision, range))
    }

    fn bring_attachment(&self, bring: Bring) -> Answer<'_, Brought> {
        Box::pin(self.bring(bring))
    }
}

fn json(document: &Option<Document>) -> usize {
    serde_json::to_string(document).expect("JSON").len()
}
