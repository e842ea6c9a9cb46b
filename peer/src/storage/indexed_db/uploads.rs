//! Attachments on their way in. Chunks are staged as they come, under keys that nobody looks at; one
//! transaction then gives them their own keys and replaces what was there. An upload that is given up,
//! or whose page is closed, leaves nothing after the next [`sweep`].

use super::documents::random_uuid;
use super::state::State;
use super::{failure, refusal, removal};
use crate::storage::layout::{ATTACHMENT, Attachment, BLOB, BYTES, Chunk, Info, Staging};
use jio::endpoint::Failure;
use jio::layout::{AttachmentKey, CHUNK_BYTES};
use jio::storage::{Answer, AttachmentWriter, Upload};
use std::rc::Rc;
use web::idb::{Database, Durability, Transaction};

/// Attachments coming in at once, each with a chunk in memory; one more is refused (429).
const UPLOADS: usize = 64;

/// An attachment that is being stored.
pub(super) struct Incoming {
    state: Rc<State>,
    staged: Staged,
    /// Bytes of the chunk that is not full yet.
    chunk: Vec<u8>,
    taken: u64,
    _slot: Option<Slot>,
}

/// One of the [`UPLOADS`].
struct Slot(Rc<State>);

/// The chunks of an attachment that are on the disk, before they are the attachment's.
pub(super) struct Staged {
    pub(super) upload: Upload,
    pub(super) key: AttachmentKey,
    staging: Staging,
    chunks: u64,
}

impl Incoming {
    pub(super) async fn begin(state: Rc<State>, upload: Upload) -> Result<Self, Failure> {
        let slot = Slot::take(&state)?;
        let mut incoming = Self::unchecked(state, upload)?;
        incoming._slot = Some(slot);
        let found = removal::own_record(&incoming.state, &incoming.staged.key).await?;
        incoming.staged.check_owner(found.as_ref())?;
        Ok(incoming)
    }

    /// As [`Self::begin`], without a look at what the key belongs to: that is found out at the end.
    pub(super) fn unchecked(state: Rc<State>, upload: Upload) -> Result<Self, Failure> {
        let key = AttachmentKey::new(upload.id.clone(), upload.name.clone());
        let staging = Staging::new(random_uuid()?);
        Ok(Self {
            state,
            staged: Staged {
                upload,
                key,
                staging,
                chunks: 0,
            },
            chunk: Vec::new(),
            taken: 0,
            _slot: None,
        })
    }

    /// Takes bytes; writes the chunks that they fill.
    pub(super) async fn take(&mut self, mut bytes: &[u8]) -> Result<(), Failure> {
        self.taken += bytes.len() as u64;
        if self.taken > self.staged.upload.size {
            return Err(self.wrong_size());
        }
        while !bytes.is_empty() {
            let room = CHUNK_BYTES as usize - self.chunk.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.chunk.extend(now);
            bytes = later;
            if self.chunk.len() as u64 == CHUNK_BYTES {
                self.stage().await?;
            }
        }
        Ok(())
    }

    /// Stages the last chunk.
    pub(super) async fn complete(&mut self) -> Result<(), Failure> {
        if self.taken != self.staged.upload.size {
            return Err(self.wrong_size());
        }
        if !self.chunk.is_empty() {
            self.stage().await?;
        }
        self.chunk = Vec::new();
        Ok(())
    }

    /// Makes it the attachment; returns when that is safe.
    pub(super) async fn store(mut self) -> Result<(), Failure> {
        self.complete().await?;
        let database = self.state.database()?;
        let staged = &self.staged;
        let stored = async {
            let transaction = database.write(&[ATTACHMENT, BLOB], Durability::Strict)?;
            let attachments = transaction.store(ATTACHMENT)?;
            let found = removal::record(&attachments, &staged.key).await?;
            staged.check_owner(found.as_ref())?;
            staged.adopt(&transaction).await?;
            Ok::<_, Refused>(transaction.commit().await?)
        };
        stored.await?;
        self.settle();
        let Upload { id, name, .. } = &self.staged.upload;
        self.state.readers.on_replaced(id, name);
        Ok(())
    }

    pub(super) fn staged(&self) -> &Staged {
        &self.staged
    }

    /// Nothing is staged any more: a transaction gave it its keys, or removed it.
    pub(super) fn settle(&mut self) {
        self.staged.chunks = 0;
    }

    async fn stage(&mut self) -> Result<(), Failure> {
        let Staged {
            staging, chunks, ..
        } = &mut self.staged;
        let staged = self.state.attempt(async |database| {
            // It need not be safe before the attachment is.
            let transaction = database.write(&[BLOB], Durability::Relaxed)?;
            let blobs = transaction.store(BLOB)?;
            blobs.put_with_bytes(&staging.record(*chunks), BYTES, &self.chunk)?;
            transaction.commit().await
        });
        staged.await?;
        *chunks += 1;
        self.chunk.clear();
        Ok(())
    }

    fn wrong_size(&self) -> Failure {
        let size = self.staged.upload.size;
        Failure::new(
            400,
            format!("the attachment has not the announced {size} bytes"),
        )
    }
}

impl Drop for Incoming {
    /// Removes what is staged.
    fn drop(&mut self) {
        let (chunks, staging) = (self.staged.chunks, self.staged.staging.clone());
        let Ok(database) = self.state.database() else {
            return;
        };
        if chunks > 0 {
            web::task::spawn(async move {
                let keys = (0..chunks).map(|chunk| staging.key(chunk));
                delete(&database, keys).await
            });
        }
    }
}

impl Slot {
    fn take(state: &Rc<State>) -> Result<Self, Failure> {
        let taken = state.uploads.get();
        if taken == UPLOADS {
            let full = "too many attachments at once: wait for some to end";
            return Err(Failure::new(429, full));
        }
        state.uploads.set(taken + 1);
        Ok(Self(state.clone()))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.uploads.set(self.0.uploads.get() - 1);
    }
}

impl AttachmentWriter for Incoming {
    fn write<'a>(&'a mut self, bytes: &'a [u8]) -> Answer<'a, ()> {
        Box::pin(self.take(bytes))
    }

    fn finish(self: Box<Self>) -> Answer<'static, ()> {
        Box::pin(self.store())
    }
}

impl Staged {
    /// Refuses when the record under the key is another attachment's.
    pub(super) fn check_owner(&self, found: Option<&Attachment>) -> Result<(), Refused> {
        let Some(found) = found else {
            return Ok(());
        };
        let checked = self.key.check_owner(&found._id, &found._attachment);
        checked.map_err(|error| Refused(refusal(error)))
    }

    /// Removes the chunks, within a transaction.
    pub(super) fn discard(&self, transaction: &Transaction<'_>) -> Result<(), Refused> {
        let blobs = transaction.store(BLOB)?;
        for part in 0..self.chunks {
            blobs.delete(&self.staging.key(part))?;
        }
        Ok(())
    }

    /// Gives the chunks their own keys, within a transaction on both stores of attachments.
    pub(super) async fn adopt(&self, transaction: &Transaction<'_>) -> Result<(), Refused> {
        let (attachments, blobs) = (transaction.store(ATTACHMENT)?, transaction.store(BLOB)?);
        let Upload {
            id,
            name,
            content_type,
            size,
        } = &self.upload;
        removal::chunks_of(&blobs, id, name).await?;
        for part in 0..self.chunks {
            let chunk = Chunk::new(&self.key, id, name, part).to_json();
            let staged = self.staging.key(part);
            if !blobs.copy(&staged, &chunk).await? {
                let lost = "another window removed parts of the attachment: send it again";
                return Err(Refused(Failure::new(409, lost)));
            }
            blobs.delete(&staged)?;
        }
        let record = Attachment {
            _key_path: self.key.to_string(),
            _id: id.to_string(),
            _attachment: name.to_string(),
            info: Info {
                content_type: content_type.clone(),
                length: *size,
            },
        };
        let record = serde_json::to_string(&record).expect("texts and numbers are JSON");
        Ok(attachments.put(&record)?)
    }
}

/// Removes what uploads that never ended have left.
pub(super) async fn sweep(state: &State) -> Result<(), Failure> {
    let swept = state.attempt(async |database| {
        let left = {
            let transaction = database.read(&[BLOB])?;
            transaction.store(BLOB)?.keys(Staging::all()).await?
        };
        let staged = left.into_iter().filter(|key| Staging::is_staged(key));
        let mut staged = staged.peekable();
        if staged.peek().is_none() {
            return Ok(());
        }
        delete(database, staged).await
    });
    swept.await
}

async fn delete(database: &Database, keys: impl Iterator<Item = String>) -> Result<(), web::Error> {
    let transaction = database.write(&[BLOB], Durability::Relaxed)?;
    let blobs = transaction.store(BLOB)?;
    for key in keys {
        blobs.delete(&key)?;
    }
    transaction.commit().await
}

/// Why attachments are not stored.
#[derive(Debug)]
pub(super) struct Refused(pub(super) Failure);

impl From<web::Error> for Refused {
    fn from(error: web::Error) -> Self {
        Self(failure(&error))
    }
}

impl From<Refused> for Failure {
    fn from(Refused(failure): Refused) -> Self {
        failure
    }
}
