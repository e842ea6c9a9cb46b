//! Restoring a saved copy: read to its end first, then taken in by one transaction.

use super::state::State;
use super::uploads::{Incoming, Refused};
use super::{failure, removal};
use crate::backup::{Error, Item, Reader};
use crate::storage::layout::{self, ALL, ATTACHMENT, BLOB, METADATA, Staging};
use jio::endpoint::Failure;
use jio::live::Changed;
use jio::storage::Upload;
use jio::{Collection, Document, Id};
use serde::Serialize;
use std::rc::Rc;
use web::blob::Blob;
use web::idb::{Durability, Transaction};

/// Bytes of a file that are read at once.
const SLICE_BYTES: u64 = 4 << 20;

/// What becomes of the records that are there when a copy is restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// They are removed: the database is then what was saved.
    Replace,
    /// They stay as they are; what is missing is added.
    Add,
}

/// What a restore did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Restored {
    /// Documents that were written.
    pub documents: usize,
    /// Attachments that were written.
    pub attachments: usize,
    /// Documents and attachments that were there already and stayed.
    pub kept: usize,
}

pub(super) async fn restore(
    state: &Rc<State>,
    copy: &Blob,
    mode: Mode,
) -> Result<Restored, Failure> {
    state.check()?;
    check(copy).await?;
    let content = Content::read(state, copy).await?;
    let _turn = state.clone().turn().await;
    content.store(state, mode).await
}

/// Reads a copy to its end without doing anything.
async fn check(copy: &Blob) -> Result<(), Failure> {
    let mut file = File::new(copy);
    while file.next().await?.is_some() {}
    Ok(())
}

/// A copy that is read slice by slice.
struct File<'a> {
    copy: &'a Blob,
    reader: Reader,
    offset: u64,
}

impl<'a> File<'a> {
    fn new(copy: &'a Blob) -> Self {
        Self {
            copy,
            reader: Reader::new(),
            offset: 0,
        }
    }

    async fn next(&mut self) -> Result<Option<Item>, Failure> {
        loop {
            if let Some(item) = self.reader.poll().map_err(broken)? {
                return Ok(Some(item));
            }
            if self.offset >= self.copy.size() {
                self.reader.finish().map_err(broken)?;
                return Ok(None);
            }
            let end = self.copy.size().min(self.offset + SLICE_BYTES);
            let slice = self.copy.read(self.offset..end).await;
            self.reader
                .handle_bytes(&slice.map_err(|error| failure(&error))?);
            self.offset = end;
        }
    }
}

fn broken(error: Error) -> Failure {
    Failure::new(400, error.to_string())
}

/// What a copy holds: the documents in memory, the attachments staged on the disk.
struct Content {
    documents: Vec<(Id, Document)>,
    attachments: Vec<Incoming>,
}

impl Content {
    async fn read(state: &Rc<State>, copy: &Blob) -> Result<Self, Failure> {
        let mut content = Self {
            documents: Vec::new(),
            attachments: Vec::new(),
        };
        let mut file = File::new(copy);
        while let Some(item) = file.next().await? {
            match item {
                Item::Document(id, document) => content.documents.push((id, document)),
                Item::Attachment {
                    id,
                    name,
                    content_type,
                    length,
                } => {
                    content.complete().await?;
                    let upload = Upload {
                        id,
                        name,
                        content_type,
                        size: length,
                    };
                    let incoming = Incoming::unchecked(state.clone(), upload)?;
                    content.attachments.push(incoming);
                }
                Item::Bytes(bytes) => {
                    if let Some(incoming) = content.attachments.last_mut() {
                        incoming.take(&bytes).await?;
                    }
                }
                Item::Manifest(_) | Item::Trailer(_) => {}
            }
        }
        content.complete().await?;
        Ok(content)
    }

    /// Stages the end of the last attachment.
    async fn complete(&mut self) -> Result<(), Failure> {
        match self.attachments.last_mut() {
            Some(incoming) => incoming.complete().await,
            None => Ok(()),
        }
    }

    /// Writes everything in one transaction, then does the same in memory.
    async fn store(mut self, state: &State, mode: Mode) -> Result<Restored, Failure> {
        let mut restored = Restored::default();
        if mode == Mode::Add {
            let there = state.documents.borrow();
            let before = self.documents.len();
            self.documents.retain(|(id, _)| !there.contains(id));
            restored.kept = before - self.documents.len();
        }
        restored.documents = self.documents.len();
        let database = state.database()?;
        let transaction = database
            .write(ALL, Durability::Strict)
            .map_err(Refused::from)?;
        self.write(&transaction, mode, &mut restored).await?;
        transaction.commit().await.map_err(Refused::from)?;
        self.attachments.iter_mut().for_each(Incoming::settle);
        state.readers.on_all_replaced();
        let mut documents = state.documents.borrow_mut();
        if mode == Mode::Replace {
            *documents = Collection::default();
            state.unreadable.set(0);
        }
        documents.extend(self.documents);
        drop(documents);
        state.watchers.tell(&Changed::All);
        Ok(restored)
    }

    async fn write(
        &self,
        transaction: &Transaction<'_>,
        mode: Mode,
        restored: &mut Restored,
    ) -> Result<(), Refused> {
        if mode == Mode::Replace {
            clear(transaction).await?;
        }
        let documents = transaction.store(METADATA)?;
        for (id, document) in &self.documents {
            documents.put(&layout::metadata(id, document))?;
        }
        let attachments = transaction.store(ATTACHMENT)?;
        for staged in self.attachments.iter().map(Incoming::staged) {
            let found = removal::record(&attachments, &staged.key).await?;
            staged.check_owner(found.as_ref())?;
            if found.is_some() {
                staged.discard(transaction)?;
                restored.kept += 1;
            } else {
                staged.adopt(transaction).await?;
                restored.attachments += 1;
            }
        }
        Ok(())
    }
}

/// Removes everything but what is staged.
async fn clear(transaction: &Transaction<'_>) -> Result<(), web::Error> {
    transaction.store(METADATA)?.clear()?;
    transaction.store(ATTACHMENT)?.clear()?;
    let blobs = transaction.store(BLOB)?;
    blobs.clear_but(Staging::all())?;
    for key in blobs.keys(Staging::all()).await? {
        if !Staging::is_staged(&key) {
            blobs.delete(&key)?;
        }
    }
    Ok(())
}
