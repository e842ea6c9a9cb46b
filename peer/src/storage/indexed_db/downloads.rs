//! Attachments on their way out, chunk by chunk. Somebody may replace one meanwhile: who is reading it
//! is then told, instead of being given a mixture.

use super::state::State;
use super::{failure, removal};
use crate::storage::layout::{BLOB, BYTES};
use jio::endpoint::Failure;
use jio::layout::{AttachmentKey, CHUNK_BYTES};
use jio::storage::{Answer, AttachmentReader};
use jio::{Id, Name};
use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::rc::{Rc, Weak};

/// MIME type of a range.
const RANGE_TYPE: &str = "application/octet-stream";

/// An attachment that is being read.
pub(super) struct Outgoing {
    state: Rc<State>,
    key: AttachmentKey,
    content_type: String,
    /// Length of the whole attachment.
    length: u64,
    /// The bytes that are wanted of it.
    range: Range<u64>,
    reading: Rc<Reading>,
}

/// Who reads what.
#[derive(Default)]
pub(super) struct Readers(RefCell<Vec<Weak<Reading>>>);

struct Reading {
    id: Id,
    name: Name,
    is_stale: Cell<bool>,
}

impl Outgoing {
    /// deviates: an unknown attachment is missing (404) also when a range of it is asked for; jIO
    /// answers with nothing.
    pub(super) async fn begin(
        state: Rc<State>,
        id: Id,
        name: Name,
        range: Option<Range<u64>>,
    ) -> Result<Self, Failure> {
        let key = AttachmentKey::new(id.clone(), name.clone());
        let reading = state.readers.add(&id, &name);
        let found = removal::own_record(&state, &key).await?;
        let is_own = |id: &str, name: &str| key.check_owner(id, name).is_ok();
        let found = found.filter(|found| is_own(&found._id, &found._attachment));
        let missing = || Failure::new(404, format!("Cannot find attachment: {id} , {name}"));
        let info = found.ok_or_else(missing)?.info;
        let content_type = match range {
            None => info.content_type,
            Some(_) => RANGE_TYPE.to_owned(),
        };
        let range = range.unwrap_or(0..u64::MAX);
        let range = range.start.min(info.length)..range.end.min(info.length);
        Ok(Self {
            state,
            key,
            content_type,
            length: info.length,
            range,
            reading,
        })
    }

    async fn part(&mut self, offset: u64) -> Result<Vec<u8>, Failure> {
        let start = self.range.start.saturating_add(offset);
        if start >= self.range.end {
            return Ok(Vec::new());
        }
        let part = start / CHUNK_BYTES;
        let first = part * CHUNK_BYTES;
        let bytes = self.chunk(part).await?;
        if self.reading.is_stale.get() {
            let changed = "the attachment was changed while it was read: read it again";
            return Err(Failure::new(409, changed));
        }
        let expected = CHUNK_BYTES.min(self.length - first);
        let bytes = bytes
            .filter(|bytes| bytes.len() as u64 == expected)
            .ok_or_else(|| Failure::new(500, "a part of the attachment is damaged"))?;
        let end = self.range.end.min(first + expected);
        let wanted = (start - first) as usize..(end - first) as usize;
        if wanted == (0..bytes.len()) {
            return Ok(bytes);
        }
        Ok(bytes[wanted].to_vec())
    }

    async fn chunk(&self, part: u64) -> Result<Option<Vec<u8>>, Failure> {
        let database = self.state.database()?;
        let bytes = async {
            let transaction = database.read(&[BLOB])?;
            let blobs = transaction.store(BLOB)?;
            blobs.bytes(&self.key.chunk(part), BYTES).await
        };
        bytes.await.map_err(|error| failure(&error))
    }
}

impl AttachmentReader for Outgoing {
    fn content_type(&self) -> &str {
        &self.content_type
    }

    fn size(&self) -> u64 {
        self.range.end.saturating_sub(self.range.start)
    }

    fn read(&mut self, offset: u64) -> Answer<'_, Vec<u8>> {
        Box::pin(self.part(offset))
    }
}

impl Readers {
    /// Tells who reads this attachment that it is another one now.
    pub(super) fn on_replaced(&self, id: &Id, name: &Name) {
        self.mark(|reading| reading.id == *id && reading.name == *name);
    }

    /// Tells who reads an attachment of this document that it is gone.
    pub(super) fn on_removed(&self, id: &Id) {
        self.mark(|reading| reading.id == *id);
    }

    /// Tells all who read.
    pub(super) fn on_all_replaced(&self) {
        self.mark(|_| true);
    }

    fn add(&self, id: &Id, name: &Name) -> Rc<Reading> {
        let reading = Rc::new(Reading {
            id: id.clone(),
            name: name.clone(),
            is_stale: Cell::new(false),
        });
        let mut all = self.0.borrow_mut();
        all.retain(|reading| reading.strong_count() > 0);
        all.push(Rc::downgrade(&reading));
        reading
    }

    fn mark(&self, is_meant: impl Fn(&Reading) -> bool) {
        for reading in self.0.borrow().iter().filter_map(Weak::upgrade) {
            if is_meant(&reading) {
                reading.is_stale.set(true);
            }
        }
    }
}
