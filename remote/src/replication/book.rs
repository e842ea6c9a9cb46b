//! What is known of the far side, in memory, with what of it is yet to be written to the journal.

use super::budget::Usage;
use super::hash::Content;
use super::journal::Batch;
use crate::Millis;
use crate::replica::{Cursor, Revision};
use jio::endpoint::Failure;
use jio::{Document, Id};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The last state that both sides had. There is one for each record that both have, so it is kept short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Agreed {
    pub(super) content: Content,
    pub(super) revision: Box<str>,
    /// The server's id, where it is another.
    pub(super) remote: Option<Box<Id>>,
}

/// A write that is on its way, or was cut.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Sending {
    #[serde(with = "texts::id")]
    pub(super) id: Id,
    /// The contents that it was tried with; none of them: its removal.
    #[serde(with = "texts::contents")]
    pub(super) tried: Vec<Option<Content>>,
    /// The document of a creation: only the very same may be tried again, where the server makes ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) created: Option<Document>,
}

/// A state of the server that is being taken over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Incoming {
    #[serde(with = "texts::id")]
    pub(super) id: Id,
    #[serde(with = "texts::content", default)]
    pub(super) content: Option<Content>,
    pub(super) revision: Revision,
    #[serde(with = "texts::other", default)]
    pub(super) remote: Option<Id>,
}

/// Why a record is neither sent nor taken over until a person decides, or it changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Held {
    /// Both sides changed it; this is the server's state.
    Clash {
        revision: Revision,
        #[serde(with = "texts::other", default)]
        remote: Option<Id>,
        document: Option<Document>,
        /// The mode says that both stay as they are: nobody is asked.
        is_left: bool,
    },
    /// The server does not take this content.
    Refused {
        #[serde(with = "texts::content", default)]
        content: Option<Content>,
        /// What was tried before, and may have arrived.
        #[serde(with = "texts::contents", default)]
        tried: Vec<Option<Content>>,
        status: Option<u16>,
        words: String,
    },
}

impl Held {
    /// Whether a person is asked about it.
    pub(super) fn is_asked(&self) -> bool {
        !matches!(self, Self::Clash { is_left: true, .. })
    }

    pub(super) fn refused(
        content: Option<Content>,
        tried: Vec<Option<Content>>,
        failure: Failure,
    ) -> Self {
        Self::Refused {
            content,
            tried,
            status: failure.status_code,
            words: failure.message,
        }
    }
}

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
    batch: Batch,
}

/// What is known of the server as a whole.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Facts {
    /// Which server all this is about.
    pub(super) server: String,
    pub(super) cursor: Option<Cursor>,
    /// Whether everything was read once.
    pub(super) is_read: bool,
    /// When the server's list of ids was compared.
    pub(super) listed: Option<Millis>,
    /// When both sides were last known to have the same.
    pub(super) last_success: Option<Millis>,
    pub(super) usage: Usage,
}

const FACTS: &str = "facts";
const SENDING: &str = "sending";
const INCOMING: &str = "incoming";
const AGREED: &str = "r/";
const HELD: &str = "h/";

impl Book {
    /// Reads what a journal kept. What is about another server, or cannot be read, is discarded: then all is
    /// compared again.
    pub(super) fn load(texts: Vec<(String, String)>, server: &str) -> Self {
        let mut book = Self::default();
        let facts = texts.iter().find(|(key, _)| key == FACTS);
        let facts: Facts = facts.and_then(|(_, text)| read(text)).unwrap_or_default();
        if facts.server != server {
            book.facts.server = server.to_owned();
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
            return None;
        }
        Some(())
    }

    /// Puts back what was not written, under what was noted since.
    pub(super) fn put_back(&mut self, batch: Batch) {
        for (key, text) in batch {
            self.batch.entry(key).or_insert(text);
        }
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
        let known = self.agreed.get(id);
        if known == agreed.as_ref() {
            return;
        }
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
        self.agreed.insert(id, agreed);
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
    }

    pub(super) fn release(&mut self, id: &Id) {
        if self.held.remove(id).is_some() {
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

    fn write(&mut self, key: &str, value: &impl Serialize) {
        let text = serde_json::to_string(value).expect("texts, numbers and documents are JSON");
        self.batch.insert(key.to_owned(), Some(text));
    }
}

fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_str(text).ok()
}

/// The content's name, the length of the server's id where it is another, that id, the revision. There are as
/// many as records, so no JSON.
fn write_agreed(agreed: &Agreed) -> String {
    let content = agreed.content.to_text();
    let remote = agreed.remote.as_deref().map_or("", Id::as_str);
    format!("{content}{}:{remote}{}", remote.len(), agreed.revision)
}

fn read_agreed(text: &str) -> Option<Agreed> {
    let (content, rest) = text.split_at_checked(32)?;
    let (length, rest) = rest.split_once(':')?;
    let (remote, revision) = rest.split_at_checked(length.parse().ok()?)?;
    let remote = (!remote.is_empty()).then(|| Id::new(remote));
    Some(Agreed {
        content: Content::from_text(content)?,
        revision: revision.into(),
        remote: remote.transpose().ok()?.map(Box::new),
    })
}

/// Ids and names of contents as texts.
mod texts {
    pub(super) mod id {
        use jio::Id;
        use serde::{Deserialize, Deserializer, Serializer, de::Error};

        pub(in super::super) fn serialize<S: Serializer>(
            id: &Id,
            to: S,
        ) -> Result<S::Ok, S::Error> {
            to.serialize_str(id.as_str())
        }

        pub(in super::super) fn deserialize<'a, D: Deserializer<'a>>(
            from: D,
        ) -> Result<Id, D::Error> {
            Id::new(String::deserialize(from)?).map_err(D::Error::custom)
        }
    }

    pub(super) mod other {
        use jio::Id;
        use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

        pub(in super::super) fn serialize<S: Serializer>(
            id: &Option<Id>,
            to: S,
        ) -> Result<S::Ok, S::Error> {
            id.as_ref().map(Id::as_str).serialize(to)
        }

        pub(in super::super) fn deserialize<'a, D: Deserializer<'a>>(
            from: D,
        ) -> Result<Option<Id>, D::Error> {
            let text = Option::<String>::deserialize(from)?;
            text.map(Id::new).transpose().map_err(D::Error::custom)
        }
    }

    pub(super) mod contents {
        use crate::replication::hash::Content;
        use serde::{Deserialize, Deserializer, Serializer};

        pub(in super::super) fn serialize<S: Serializer>(
            contents: &[Option<Content>],
            to: S,
        ) -> Result<S::Ok, S::Error> {
            to.collect_seq(contents.iter().map(|content| content.map(Content::to_text)))
        }

        pub(in super::super) fn deserialize<'a, D: Deserializer<'a>>(
            from: D,
        ) -> Result<Vec<Option<Content>>, D::Error> {
            let texts = Vec::<Option<String>>::deserialize(from)?;
            let contents = texts
                .iter()
                .map(|text| text.as_deref().and_then(Content::from_text));
            Ok(contents.collect())
        }
    }

    pub(super) mod content {
        use crate::replication::hash::Content;
        use serde::{Deserialize, Deserializer, Serialize, Serializer};

        pub(in super::super) fn serialize<S: Serializer>(
            content: &Option<Content>,
            to: S,
        ) -> Result<S::Ok, S::Error> {
            content.map(Content::to_text).serialize(to)
        }

        pub(in super::super) fn deserialize<'a, D: Deserializer<'a>>(
            from: D,
        ) -> Result<Option<Content>, D::Error> {
            let text = Option::<String>::deserialize(from)?;
            Ok(text.as_deref().and_then(Content::from_text))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        Book::load(texts.into_iter().collect(), "there")
    }

    fn full() -> Book {
        let mut book = Book::load(Vec::new(), "there");
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
        let mut other = Book::load(texts.collect(), "elsewhere");
        assert_eq!(other.agreed_ids().count(), 0);
        let batch = other.take_batch();
        assert_eq!(batch.values().filter(|text| text.is_none()).count(), 5);
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
