//! What is known of attachments, in memory, as a part of the book.

use super::file::{Bringing, Fetching, File, Held, Place};
use crate::replica::Attached;
use crate::replication::book::Book;
use crate::replication::journal::Batch;
use jio::{Id, Name};
use std::collections::{BTreeMap, BTreeSet};

/// The part of the book that is about attachments.
#[derive(Debug, Default)]
pub(in crate::replication) struct Shelf {
    files: BTreeMap<Id, BTreeMap<Name, File>>,
    bringing: Option<Bringing>,
    fetching: Option<Fetching>,
    /// Records of which something is known otherwise than before: their attachments are candidates anew.
    touched: BTreeSet<Id>,
}

const FILE: &str = "f/";
const BRINGING: &str = "bringing";
const FETCHING: &str = "fetching";

impl Shelf {
    /// Reads one entry of a journal; `None`: it is none of attachments'.
    pub(in crate::replication) fn load(&mut self, key: &str, text: &str) -> Option<()> {
        if let Some(place) = key.strip_prefix(FILE) {
            let Place { id, name } = Place::from_text(place)?;
            let file = serde_json::from_str(text).ok()?;
            self.touched.insert(id.clone());
            self.files.entry(id).or_default().insert(name, file);
        } else if key == BRINGING {
            self.bringing = Some(serde_json::from_str(text).ok()?);
        } else if key == FETCHING {
            self.fetching = Some(serde_json::from_str(text).ok()?);
        } else {
            return None;
        }
        Some(())
    }

    pub(in crate::replication) fn touch(&mut self, id: &Id) {
        self.touched.insert(id.clone());
    }
}

impl Book {
    pub(in crate::replication) fn file(&self, place: &Place) -> File {
        let files = self.shelf.files.get(&place.id);
        let file = files.and_then(|files| files.get(&place.name));
        file.cloned().unwrap_or_default()
    }

    /// The attachments of a record of which something is kept.
    pub(in crate::replication) fn files(&self, id: &Id) -> impl Iterator<Item = (&Name, &File)> {
        self.shelf.files.get(id).into_iter().flatten()
    }

    /// All attachments that are not carried for now.
    pub(in crate::replication) fn held_files(&self) -> impl Iterator<Item = (Place, &File, &Held)> {
        self.shelf.files.iter().flat_map(|(id, files)| {
            files
                .iter()
                .filter_map(|(name, file)| Some((Place::new(id, name), file, file.held.as_ref()?)))
        })
    }

    /// Changes what is kept of an attachment.
    pub(in crate::replication) fn set_file(
        &mut self,
        place: &Place,
        change: impl FnOnce(&mut File),
    ) {
        let before = self.file(place);
        let mut file = before.clone();
        change(&mut file);
        self.shelf.touch(&place.id);
        if file == before {
            return;
        }
        let key = format!("{FILE}{}", place.to_text());
        let files = self.shelf.files.entry(place.id.clone()).or_default();
        if file == File::default() {
            files.remove(&place.name);
            if files.is_empty() {
                self.shelf.files.remove(&place.id);
            }
            self.note(key, None);
        } else {
            let text = serde_json::to_string(&file).expect("texts are JSON");
            files.insert(place.name.clone(), file);
            self.note(key, Some(text));
        }
    }

    /// Both sides have the same.
    pub(in crate::replication) fn agree_file(&mut self, place: &Place, file: File) {
        self.set_file(place, |kept| *kept = file);
    }

    /// A caller is about to write these: what has to be in the journal before that.
    pub(in crate::replication) fn mark(&mut self, places: &[Place]) -> Batch {
        let mut batch = Batch::new();
        for place in places {
            self.set_file(place, |file| {
                file.is_marked = true;
                file.held = None;
            });
            let text = serde_json::to_string(&self.file(place)).expect("texts are JSON");
            batch.insert(format!("{FILE}{}", place.to_text()), Some(text));
        }
        batch
    }

    /// The record is on neither side, or only here: should it ever be there, so shall its attachments.
    pub(in crate::replication) fn forget_files(&mut self, id: &Id) {
        let names: Vec<Name> = self.files(id).map(|(name, _)| name.clone()).collect();
        for name in names {
            self.set_file(&Place::new(id, &name), |file| {
                *file = File {
                    is_marked: true,
                    ..File::default()
                };
            });
        }
    }

    /// Whether a caller may have changed an attachment of a record, and the server has not got it.
    pub(in crate::replication) fn has_marks(&self, id: &Id) -> bool {
        self.files(id).any(|(_, file)| file.is_marked)
    }

    /// Whether the server has an attachment that is not known here. What was just brought is.
    pub(in crate::replication) fn has_unseen(&self, id: &Id, theirs: &[Attached]) -> bool {
        theirs.iter().any(|theirs| {
            let place = Place::new(id, &theirs.name);
            let brought = self.bringing().filter(|bringing| bringing.place == place);
            let brought = brought.and_then(|bringing| bringing.digest.as_ref());
            let known = self.file(&place).digest;
            ![brought, known.as_ref()].contains(&Some(&theirs.digest))
        })
    }

    pub(in crate::replication) fn take_touched(&mut self) -> BTreeSet<Id> {
        std::mem::take(&mut self.shelf.touched)
    }

    pub(in crate::replication) fn bringing(&self) -> Option<&Bringing> {
        self.shelf.bringing.as_ref()
    }

    pub(in crate::replication) fn set_bringing(&mut self, bringing: Option<Bringing>) {
        self.note_one(BRINGING, bringing.as_ref());
        self.shelf.bringing = bringing;
    }

    pub(in crate::replication) fn fetching(&self) -> Option<&Fetching> {
        self.shelf.fetching.as_ref()
    }

    pub(in crate::replication) fn set_fetching(&mut self, fetching: Option<Fetching>) {
        self.note_one(FETCHING, fetching.as_ref());
        self.shelf.fetching = fetching;
    }

    /// The attachment that was being written here when that was cut.
    pub(in crate::replication) fn cut_fetch(&self) -> Option<&Fetching> {
        self.fetching()
            .filter(|fetching| fetching.content.is_some())
    }
}
