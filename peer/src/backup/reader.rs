//! Reading a copy: bytes in, items out, every rule checked on the way.

use super::Error;
use super::contents::{
    self, About, DESCRIPTION_BYTES, FORMAT, IDENTITY, MANIFEST, Manifest, TRAILER, Trailer, VERSION,
};
use super::input::Input;
use super::tar::{self, BLOCK};
use data_encoding::HEXLOWER;
use jio::layout::AttachmentKey;
use jio::{Document, Id, Name};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::Digest;
use std::collections::BTreeSet;

/// What a copy holds, in its order.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// The beginning.
    Manifest(Manifest),
    /// A document.
    Document(Id, Document),
    /// An attachment; its bytes follow.
    Attachment {
        /// Its document.
        id: Id,
        /// Its name.
        name: Name,
        /// MIME type.
        content_type: String,
        /// How many bytes follow.
        length: u64,
    },
    /// Bytes of the attachment.
    Bytes(Vec<u8>),
    /// The end: everything before was right.
    Trailer(Trailer),
}

/// A copy being read.
#[derive(Debug)]
pub struct Reader {
    input: Input,
    state: State,
    /// Entries of documents so far.
    entries: u64,
    documents: BTreeSet<Id>,
    attachments: BTreeSet<String>,
    attachment_count: u64,
}

/// What comes next.
#[derive(Debug)]
enum State {
    /// The header of this entry, or of another that may stand here.
    Header(Place),
    /// A description: the whole content at once.
    Description(Entry, u64),
    /// Documents: this many bytes, then padding.
    Lines { left: u64, padding: usize },
    /// The header of an attachment's bytes.
    ContentHeader(u64),
    /// An attachment: this many bytes, then padding.
    Content { left: u64, padding: usize },
    /// Zeros, then a header.
    Padding(usize, Place),
    /// Nothing but zeros, to the end of the file.
    End,
}

/// How far the file has come; entries never go back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Start,
    Documents,
    Attachments,
    Identity,
}

/// An entry that is read at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Entry {
    Manifest,
    About,
    Identity,
    Trailer,
}

/// One line of an entry of documents.
#[derive(Deserialize)]
struct Line {
    id: String,
    doc: Value,
}

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

impl Reader {
    /// A reader at the start of a file.
    pub fn new() -> Self {
        Self {
            input: Input::default(),
            state: State::Header(Place::Start),
            entries: 0,
            documents: BTreeSet::new(),
            attachments: BTreeSet::new(),
            attachment_count: 0,
        }
    }

    /// Takes the next bytes of the file.
    pub fn handle_bytes(&mut self, bytes: &[u8]) {
        self.input.push(bytes);
    }

    /// The next item; `None` when more bytes are needed.
    ///
    /// # Errors
    /// The file breaks a rule. Nothing more can be read from it.
    pub fn poll(&mut self) -> Result<Option<Item>, Error> {
        loop {
            match self.step()? {
                Step::Again => {}
                Step::Item(item) => return Ok(Some(item)),
                Step::Wait => return Ok(None),
            }
        }
    }

    /// Says that there are no more bytes; call it when [`Self::poll`] wants more.
    ///
    /// # Errors
    /// [`Error::Short`], or [`Error::NotACopy`] where not even a beginning was there.
    pub fn finish(&self) -> Result<(), Error> {
        match self.state {
            State::End => Ok(()),
            State::Header(Place::Start) => Err(Error::NotACopy),
            State::Header(_)
            | State::Description(..)
            | State::Lines { .. }
            | State::ContentHeader(_)
            | State::Content { .. }
            | State::Padding(..) => Err(Error::Short),
        }
    }

    fn step(&mut self) -> Result<Step, Error> {
        match self.state {
            State::Header(place) => self.read_header(place),
            State::Description(entry, length) => self.read_description(entry, length),
            State::Lines { left, padding } => self.read_line(left, padding),
            State::ContentHeader(length) => self.read_content_header(length),
            State::Content { left, padding } => Ok(self.read_content(left, padding)),
            State::Padding(length, place) => self.read_padding(length, place),
            State::End => self.read_end(),
        }
    }

    fn read_header(&mut self, place: Place) -> Result<Step, Error> {
        let Some(header) = self.input.header() else {
            return Ok(Step::Wait);
        };
        let broken = if place == Place::Start {
            Error::NotACopy
        } else {
            Error::Damaged("a header is wrong")
        };
        let header = header.ok_or(broken)?;
        let entry = self.entry(place, &header.name)?;
        if entry != Some(Entry::Trailer) {
            self.input.take(BLOCK);
        }
        let Some(entry) = entry else {
            self.entries += 1;
            self.state = State::Lines {
                left: header.length,
                padding: tar::padding(header.length),
            };
            return Ok(Step::Again);
        };
        if header.length > DESCRIPTION_BYTES {
            return Err(Error::Damaged("a description is too long"));
        }
        self.state = State::Description(entry, header.length);
        Ok(Step::Again)
    }

    /// Which entry has this name and may stand here; `None` are documents.
    fn entry(&self, place: Place, name: &str) -> Result<Option<Entry>, Error> {
        if place == Place::Start {
            let is_first = name == MANIFEST;
            return is_first
                .then_some(Some(Entry::Manifest))
                .ok_or(Error::NotACopy);
        }
        if name == TRAILER {
            Ok(Some(Entry::Trailer))
        } else if name == IDENTITY && place < Place::Identity {
            Ok(Some(Entry::Identity))
        } else if name == contents::about(self.attachment_count + 1) && place < Place::Identity {
            Ok(Some(Entry::About))
        } else if name == contents::documents(self.entries + 1) && place == Place::Documents {
            Ok(None)
        } else {
            Err(Error::Damaged("a part is missing or in the wrong place"))
        }
    }

    fn read_description(&mut self, entry: Entry, length: u64) -> Result<Step, Error> {
        let padding = tar::padding(length);
        let length = length as usize;
        // The trailer's header was left in place: its content is read behind it and not hashed.
        let before = if entry == Entry::Trailer { BLOCK } else { 0 };
        let Some(bytes) = self.input.peek(before + length + padding) else {
            return Ok(Step::Wait);
        };
        if bytes[before + length..].iter().any(|byte| *byte != 0) {
            return Err(NOT_ZERO);
        }
        let content = bytes[before..before + length].to_vec();
        if entry == Entry::Trailer {
            return self.on_trailer(&content, before + length + padding);
        }
        self.input.take(length + padding);
        match entry {
            Entry::Manifest => self.on_manifest(&content),
            Entry::About => self.on_about(&content),
            Entry::Identity | Entry::Trailer => {
                self.state = State::Header(Place::Identity);
                Ok(Step::Again)
            }
        }
    }

    fn on_manifest(&mut self, content: &[u8]) -> Result<Step, Error> {
        let value: Value = serde_json::from_slice(content).map_err(|_| Error::NotACopy)?;
        if value["format"] != FORMAT {
            return Err(Error::NotACopy);
        }
        let version = value["version"].as_u64().ok_or(Error::NotACopy)?;
        if version != VERSION {
            return Err(Error::Version(version));
        }
        self.state = State::Header(Place::Documents);
        Ok(Step::Item(Item::Manifest(description(content)?)))
    }

    fn on_about(&mut self, content: &[u8]) -> Result<Step, Error> {
        let About {
            id,
            name,
            content_type,
            length,
        } = description(content)?;
        let id = Id::new(id).map_err(jio::Error::from)?;
        let name = Name::new(name).map_err(jio::Error::from)?;
        // Attachments whose keys collide cannot both be stored.
        let key = AttachmentKey::new(id.clone(), name.clone()).to_string();
        if !self.attachments.insert(key.clone()) {
            return Err(Error::Twice(key));
        }
        self.attachment_count += 1;
        self.state = State::ContentHeader(length);
        Ok(Step::Item(Item::Attachment {
            id,
            name,
            content_type,
            length,
        }))
    }

    fn on_trailer(&mut self, content: &[u8], length: usize) -> Result<Step, Error> {
        let trailer: Trailer = description(content)?;
        let hash = HEXLOWER.encode(&self.input.hash.clone().finalize());
        let documents = self.documents.len() as u64;
        if trailer.sha256 != hash {
            return Err(Error::Damaged("its content is not what was saved"));
        }
        if (trailer.documents, trailer.attachments) != (documents, self.attachment_count) {
            return Err(Error::Damaged("documents or attachments are missing"));
        }
        self.input.take(length);
        self.state = State::End;
        Ok(Step::Item(Item::Trailer(trailer)))
    }

    fn read_line(&mut self, left: u64, padding: usize) -> Result<Step, Error> {
        if left == 0 {
            self.state = State::Padding(padding, Place::Documents);
            return Ok(Step::Again);
        }
        let Some(line) = self.input.line(left)? else {
            return Ok(Step::Wait);
        };
        self.state = State::Lines {
            left: left - line.len() as u64,
            padding,
        };
        let Line { id, doc } = serde_json::from_slice(&line)
            .map_err(|_| Error::Damaged("a document cannot be read"))?;
        let id = Id::new(id).map_err(jio::Error::from)?;
        let document = jio::document(doc).map_err(jio::Error::from)?;
        if !self.documents.insert(id.clone()) {
            return Err(Error::Twice(id.to_string()));
        }
        Ok(Step::Item(Item::Document(id, document)))
    }

    fn read_content_header(&mut self, length: u64) -> Result<Step, Error> {
        let Some(header) = self.input.header() else {
            return Ok(Step::Wait);
        };
        let header = header.ok_or(Error::Damaged("a header is wrong"))?;
        let name = contents::content(self.attachment_count);
        if (header.name, header.length) != (name, length) {
            return Err(Error::Damaged(
                "an attachment is missing or of another length",
            ));
        }
        self.input.take(BLOCK);
        self.state = State::Content {
            left: length,
            padding: tar::padding(length),
        };
        Ok(Step::Again)
    }

    fn read_content(&mut self, left: u64, padding: usize) -> Step {
        if left == 0 {
            self.state = State::Padding(padding, Place::Attachments);
            return Step::Again;
        }
        let length = usize::try_from(left).unwrap_or(usize::MAX);
        let bytes = self.input.take(length.min(self.input.len()));
        if bytes.is_empty() {
            return Step::Wait;
        }
        self.state = State::Content {
            left: left - bytes.len() as u64,
            padding,
        };
        Step::Item(Item::Bytes(bytes))
    }

    fn read_padding(&mut self, length: usize, place: Place) -> Result<Step, Error> {
        if self.input.len() < length {
            return Ok(Step::Wait);
        }
        if self.input.take(length).iter().any(|byte| *byte != 0) {
            return Err(NOT_ZERO);
        }
        self.state = State::Header(place);
        Ok(Step::Again)
    }

    fn read_end(&mut self) -> Result<Step, Error> {
        let rest = self.input.take(self.input.len());
        if rest.iter().any(|byte| *byte != 0) {
            return Err(Error::Damaged("something follows its end"));
        }
        Ok(Step::Wait)
    }
}

enum Step {
    Again,
    Item(Item),
    Wait,
}

const NOT_ZERO: Error = Error::Damaged("there is something between its parts");

fn description<T: DeserializeOwned>(content: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(content).map_err(|_| Error::Damaged("a description cannot be read"))
}
