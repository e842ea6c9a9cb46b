//! What is known of the far side, in memory, with what of it is yet to be written to the journal.

use super::attachments::Shelf;
use super::entries::{Agreed, Facts, Held, Incoming, Sending, read_agreed, write_agreed};
use super::journal::Batch;
use crate::replica::Revision;
use jio::Id;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// Everything that the journal keeps. Setters note what has to be written; [`Book::take_batch`] gives it.
#[derive(Debug, Default)]
pub(super) struct Book {
    agreed: BTreeMap<Id, Agreed>,
    /// Local ids by the server's, where they differ.
    by_remote: BTreeMap<Id, Id>,
    held: BTreeMap<Id, Held>,
    sending: Vec<Sending>,
    incoming: Vec<Incoming>,
    facts: Facts,
    /// What is known of attachments.
    pub(super) shelf: Shelf,
    batch: Batch,
}

const FACTS: &str = "facts";
const SENDING: &str = "sending";
const INCOMING: &str = "incoming";
const AGREED: &str = "r/";
const HELD: &str = "h/";

impl Book {
    /// Reads what a journal kept. What is about another server, or cannot be read, is discarded: then all is
    /// compared again.
    pub(super) fn load(texts: Vec<(String, String)>, server: &str, scope: &str) -> Self {
        let mut book = Self::default();
        let facts = texts.iter().find(|(key, _)| key == FACTS);
        let facts: Facts = facts.and_then(|(_, text)| read(text)).unwrap_or_default();
        if facts.server != server {
            book.facts.server = server.to_owned();
            book.facts.scope = scope.to_owned();
            book.batch = texts.into_iter().map(|(key, _)| (key, None)).collect();
            book.write(FACTS, &book.facts.clone());
            return book;
        }
        book.facts = facts;
        for (key, text) in texts {
            if book.load_one(&key, &text).is_none() && key != FACTS {
                book.batch.insert(key, None);
            }
        }
        if book.facts.scope != scope {
            book.set_facts(|facts| {
                (facts.cursor, facts.is_read) = (None, false);
                facts.scope = scope.to_owned();
            });
        }
        book
    }

    fn load_one(&mut self, key: &str, text: &str) -> Option<()> {
        if let Some(id) = key.strip_prefix(AGREED) {
            self.insert(Id::new(id).ok()?, read_agreed(text)?);
        } else if let Some(id) = key.strip_prefix(HELD) {
            self.held.insert(Id::new(id).ok()?, read(text)?);
        } else if key == SENDING {
            self.sending = read(text)?;
        } else if key == INCOMING {
            self.incoming = read(text)?;
        } else {
            return self.shelf.load(key, text);
        }
        Some(())
    }

    /// Puts back what was not written, under what was noted since.
    pub(super) fn put_back(&mut self, batch: Batch) {
        for (key, text) in batch {
            self.batch.entry(key).or_insert(text);
        }
    }

    /// Whether the journal does not say yet what is known of a record that came from the server.
    pub(super) fn is_ahead(&self, id: &Id) -> bool {
        self.batch.contains_key(INCOMING) || self.batch.contains_key(&format!("{AGREED}{id}"))
    }

    /// What is to be written so that the journal says what this says.
    pub(super) fn take_batch(&mut self) -> Batch {
        std::mem::take(&mut self.batch)
    }

    pub(super) fn facts(&self) -> &Facts {
        &self.facts
    }

    pub(super) fn set_facts(&mut self, change: impl FnOnce(&mut Facts)) {
        let before = self.facts.clone();
        change(&mut self.facts);
        if self.facts != before {
            self.write(FACTS, &self.facts.clone());
        }
    }

    pub(super) fn agreed(&self, id: &Id) -> Option<&Agreed> {
        self.agreed.get(id)
    }

    /// Ids of the records that both sides have.
    pub(super) fn agreed_ids(&self) -> impl Iterator<Item = &Id> {
        self.agreed.keys()
    }

    /// Notes what both sides have, or that both have none.
    pub(super) fn agree(&mut self, id: &Id, agreed: Option<Agreed>) {
        self.release(id);
        if agreed.is_none() {
            self.forget_files(id);
        }
        let known = self.agreed.get(id);
        if known == agreed.as_ref() {
            return;
        }
        self.shelf.touch(id);
        if let Some(remote) = known.and_then(|known| known.remote.as_deref()) {
            self.by_remote.remove(remote);
        }
        let key = format!("{AGREED}{id}");
        match agreed {
            Some(agreed) => {
                self.batch.insert(key, Some(write_agreed(&agreed)));
                self.insert(id.clone(), agreed);
            }
            None => {
                self.batch.insert(key, None);
                self.agreed.remove(id);
            }
        }
    }

    fn insert(&mut self, id: Id, agreed: Agreed) {
        if let Some(remote) = agreed.remote.as_deref() {
            self.by_remote.insert(remote.clone(), id.clone());
        }
        self.shelf.touch(&id);
        self.agreed.insert(id, agreed);
    }

    /// Something about a record is known otherwise: its attachments are looked at anew.
    pub(super) fn touch(&mut self, id: &Id) {
        self.shelf.touch(id);
    }

    /// The server's id of a record.
    pub(super) fn remote_id(&self, id: &Id) -> Id {
        let remote = self
            .agreed
            .get(id)
            .and_then(|agreed| agreed.remote.as_deref());
        remote.unwrap_or(id).clone()
    }

    /// The id here of a record of the server. One that both sides know has it already; for another it is
    /// the server's own, unless a record of another name there has that here.
    pub(super) fn local_id(&self, remote: &Id) -> Id {
        if let Some(id) = self.by_remote.get(remote) {
            return id.clone();
        }
        let is_taken = |id: &Id| {
            self.agreed
                .get(id)
                .is_some_and(|agreed| agreed.remote.is_some())
        };
        let mut id = remote.clone();
        let mut number = 1;
        while is_taken(&id) {
            number += 1;
            // The longest ids have no room for a number, and are made by nobody.
            id = Id::new(format!("{remote}~{number}")).unwrap_or(id);
        }
        id
    }

    /// Whether a state of a record at the server brings nothing new.
    pub(super) fn knows(&self, remote: &Id, revision: &Revision) -> bool {
        let id = self.local_id(remote);
        match self.held.get(&id) {
            Some(Held::Clash { revision: held, .. }) => held == revision,
            Some(Held::Refused { .. }) | None => {
                let agreed = self.agreed.get(&id);
                agreed.is_some_and(|agreed| *agreed.revision == *revision.0)
            }
        }
    }

    pub(super) fn held(&self, id: &Id) -> Option<&Held> {
        self.held.get(id)
    }

    pub(super) fn all_held(&self) -> impl Iterator<Item = (&Id, &Held)> {
        self.held.iter()
    }

    pub(super) fn hold(&mut self, id: &Id, held: Held) {
        self.write(&format!("{HELD}{id}"), &held);
        self.held.insert(id.clone(), held);
        self.touch(id);
    }

    /// Has what was refused tried again; what is known of earlier tries stays.
    pub(super) fn retry(&mut self, id: &Id) {
        if let Some(mut held) = self.held.get(id).cloned() {
            if let Held::Refused { is_retried, .. } = &mut held {
                *is_retried = true;
            }
            self.hold(id, held);
        }
    }

    pub(super) fn release(&mut self, id: &Id) {
        if self.held.remove(id).is_some() {
            self.touch(id);
            self.batch.insert(format!("{HELD}{id}"), None);
        }
    }

    pub(super) fn sending(&self) -> &[Sending] {
        &self.sending
    }

    pub(super) fn set_sending(&mut self, sending: Vec<Sending>) {
        self.write_list(SENDING, &sending);
        self.sending = sending;
    }

    pub(super) fn incoming(&self) -> &[Incoming] {
        &self.incoming
    }

    pub(super) fn set_incoming(&mut self, incoming: Vec<Incoming>) {
        self.write_list(INCOMING, &incoming);
        self.incoming = incoming;
    }

    fn write_list<T: Serialize>(&mut self, key: &str, list: &[T]) {
        if list.is_empty() {
            self.batch.insert(key.to_owned(), None);
        } else {
            self.write(key, &list);
        }
    }

    /// Notes what is to be written under a key, or that nothing is any more.
    pub(super) fn note(&mut self, key: String, text: Option<String>) {
        self.batch.insert(key, text);
    }

    /// As [`Self::note`], of an entry of which there is one at most.
    pub(super) fn note_one(&mut self, key: &str, value: Option<&impl Serialize>) {
        match value {
            Some(value) => self.write(key, value),
            None => self.note(key.to_owned(), None),
        }
    }

    fn write(&mut self, key: &str, value: &impl Serialize) {
        let text = serde_json::to_string(value).expect("texts, numbers and documents are JSON");
        self.batch.insert(key.to_owned(), Some(text));
    }
}

fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_str(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replica::Cursor;
    use crate::replication::hash::Content;
    use jio::Document;

    fn id(text: &str) -> Id {
        Id::new(text).unwrap()
    }

    fn agreed(remote: Option<&str>) -> Agreed {
        Agreed {
            content: Content::of(&Document::new()),
            revision: "1-a".into(),
            remote: remote.map(|remote| Box::new(id(remote))),
        }
    }

    /// What a journal has that was given this book's batches.
    fn reloaded(books: &mut [Book]) -> Book {
        let mut texts = BTreeMap::new();
        for book in books {
            for (key, text) in book.take_batch() {
                match text {
                    Some(text) => texts.insert(key, text),
                    None => texts.remove(&key),
                };
            }
        }
        Book::load(texts.into_iter().collect(), "there", "all")
    }

    fn full() -> Book {
        let mut book = Book::load(Vec::new(), "there", "all");
        book.agree(&id("a"), Some(agreed(None)));
        book.agree(&id("b"), Some(agreed(Some("m/1\nx"))));
        book.set_sending(vec![Sending {
            id: id("c"),
            tried: vec![None, Some(Content::of(&Document::new()))],
            created: Some(Document::new()),
        }]);
        book.set_incoming(vec![Incoming {
            id: id("d"),
            content: Some(Content::of(&Document::new())),
            revision: Revision("2-b".into()),
            remote: Some(id("m/2")),
        }]);
        book.hold(
            &id("e"),
            Held::Clash {
                revision: Revision("3".into()),
                remote: None,
                document: None,
                is_left: true,
            },
        );
        book.set_facts(|facts| facts.cursor = Some(Cursor("7".into())));
        book
    }

    #[test]
    fn what_was_written_is_read() {
        let before = full();
        let after = reloaded(&mut [full()]);
        assert_eq!(after.agreed, before.agreed);
        assert_eq!(after.by_remote, before.by_remote);
        assert_eq!(after.held, before.held);
        assert_eq!(after.sending, before.sending);
        assert_eq!(after.incoming, before.incoming);
        assert_eq!(after.facts, before.facts);
    }

    #[test]
    fn what_is_over_leaves_nothing() {
        let mut book = full();
        for name in ["a", "b", "e"] {
            book.agree(&id(name), None);
        }
        book.set_sending(Vec::new());
        book.set_incoming(Vec::new());
        let texts = book.take_batch();
        let left: Vec<_> = texts.iter().filter(|(_, text)| text.is_some()).collect();
        assert_eq!(left.len(), 1, "the facts: {left:?}");
        assert_eq!(book.local_id(&id("m/1\nx")), id("m/1\nx"));
    }

    #[test]
    fn another_server_begins_anew() {
        let mut book = full();
        let texts = book.take_batch();
        let texts = texts
            .into_iter()
            .filter_map(|(key, text)| Some((key, text?)));
        let mut other = Book::load(texts.collect(), "elsewhere", "all");
        assert_eq!(other.agreed_ids().count(), 0);
        let batch = other.take_batch();
        assert_eq!(batch.values().filter(|text| text.is_none()).count(), 5);
    }

    #[test]
    fn another_part_of_it_is_read_anew_and_what_was_agreed_on_holds() {
        let mut book = full();
        book.set_facts(|facts| (facts.cursor, facts.is_read) = (Some(Cursor("7".into())), true));
        let texts = book.take_batch();
        let texts = texts
            .into_iter()
            .filter_map(|(key, text)| Some((key, text?)));
        let mut other = Book::load(texts.collect(), "there", "some");
        assert_eq!(other.agreed_ids().count(), book.agreed_ids().count());
        let Facts {
            cursor, is_read, ..
        } = other.facts();
        assert_eq!((cursor, is_read), (&None, &false));
        assert!(other.take_batch().contains_key(FACTS));
    }

    #[test]
    fn ids_of_the_server_find_their_record() {
        let mut book = Book::default();
        assert_eq!(book.local_id(&id("m/1")), id("m/1"));
        book.agree(&id("a"), Some(agreed(Some("m/1"))));
        assert_eq!(book.local_id(&id("m/1")), id("a"));
        assert_eq!(book.remote_id(&id("a")), id("m/1"));
        assert_eq!(book.local_id(&id("a")), id("a~2"), "a is taken here");
        assert!(book.knows(&id("m/1"), &Revision("1-a".into())));
        assert!(!book.knows(&id("m/1"), &Revision("1-b".into())));
    }

    #[test]
    fn a_record_takes_little_memory() {
        assert!(size_of::<Agreed>() <= 40);
        let text = write_agreed(&agreed(None));
        assert_eq!(text.len(), 32 + 2 + 3);
    }
}
