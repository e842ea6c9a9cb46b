//! Documents on their way into a copy, gathered into entries of about a mebibyte.

use jio::{Document, Id};
use serde::Serialize;

/// An entry is complete when it has this many bytes.
const ENTRY_BYTES: usize = 1 << 20;

/// One line of an entry of documents.
#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    doc: &'a Document,
}

/// Documents as text, one on each line, for [`Writer::documents`](super::Writer::documents).
#[derive(Debug, Default)]
pub struct Lines {
    pub(super) text: Vec<u8>,
    pub(super) documents: u64,
}

impl Lines {
    /// Writes documents down, in entries of a good size.
    pub fn of<'a>(documents: impl Iterator<Item = (&'a Id, &'a Document)>) -> Vec<Self> {
        let mut entries: Vec<Self> = Vec::new();
        for (id, document) in documents {
            match entries.last_mut() {
                Some(last) if last.text.len() < ENTRY_BYTES => last.push(id, document),
                Some(_) | None => {
                    let mut next = Self::default();
                    next.push(id, document);
                    entries.push(next);
                }
            }
        }
        entries
    }

    fn push(&mut self, id: &Id, doc: &Document) {
        let id = id.as_str();
        serde_json::to_writer(&mut self.text, &Line { id, doc })
            .expect("texts and maps of texts are JSON");
        self.text.push(b'\n');
        self.documents += 1;
    }
}
