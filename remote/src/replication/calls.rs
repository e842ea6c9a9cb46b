//! Callers' side: what they read and write is of this computer, and each write is noted for the replication.

use super::queue::Rank;
use super::replicated::{Opening, Replicated};
use super::turns::Writing;
use jio::endpoint::Failure;
use jio::live::Watched;
use jio::rpc::Call;
use jio::storage::{Answer, AttachmentReader, AttachmentWriter, Storage, Upload};
use jio::{Id, Name};
use serde_json::Value;
use std::ops::Range;

impl Replicated {
    /// Writes a record whose id is known.
    async fn write(&self, id: Id, call: Call) -> Result<Value, Failure> {
        let _writing = self.turn(&id).await;
        if matches!(call, Call::Remove(_)) {
            self.mark_all(&id).await?;
        }
        let _note = Note {
            of: self,
            record: Record::Known(id),
        };
        self.local.execute(call).await
    }

    /// Waits until a caller may write a record. Where a taking over of it was cut, that is brought to its end
    /// first: what is here then would else look like the caller's own.
    pub(super) async fn turn(&self, id: &Id) -> Writing<'_> {
        loop {
            let is_ready = self.recover_before(id).await;
            let writing = self.turns.write(id.clone()).await;
            if !is_ready || !self.is_cut(id) {
                return writing;
            }
        }
    }

    fn is_cut(&self, id: &Id) -> bool {
        let core = self.core.borrow();
        let is_cut_file = || core.book.cut_fetch().is_some_and(|cut| cut.place.id == *id);
        core.opening == Opening::Unread
            || core.book.incoming().iter().any(|item| item.id == *id)
            || core.book.is_ahead(id)
            || is_cut_file()
    }

    /// Whether that succeeded; where it does not, the disk is out of order, and the write may tell.
    async fn recover_before(&self, id: &Id) -> bool {
        if !self.is_cut(id) {
            return true;
        }
        let _through = self.gate.enter().await;
        let is_unread = self.core.borrow().opening == Opening::Unread;
        if is_unread && self.open().await.is_err() {
            return false;
        }
        !self.is_cut(id) || self.recover().await.is_ok()
    }

    /// Writes a record that the storage makes an id for.
    async fn post(&self, call: Call) -> Result<Value, Failure> {
        let mut note = Note {
            of: self,
            record: Record::Unknown,
        };
        let answer = self.local.execute(call).await;
        note.record = match &answer {
            Ok(id) => id
                .as_str()
                .and_then(|id| Id::new(id).ok())
                .map_or(Record::Unknown, Record::Known),
            Err(_) => Record::None,
        };
        answer
    }

    async fn repair(&self, call: Call) -> Result<Value, Failure> {
        let answer = self.local.execute(call).await?;
        self.core.borrow_mut().is_relisted = true;
        self.list_again();
        self.sync_now();
        Ok(answer)
    }

    fn list_again(&self) {
        let mut core = self.core.borrow_mut();
        core.book.set_facts(|facts| facts.is_attached = false);
        if core.opening != Opening::Unread {
            core.opening = Opening::Unlisted;
        }
    }
}

/// A write under way: when it ends, however it ends, the record may differ from what was agreed.
struct Note<'a> {
    of: &'a Replicated,
    record: Record,
}

enum Record {
    Known(Id),
    /// Given up before its id was told: somewhere there may be a new record.
    Unknown,
    /// Nothing was written.
    None,
}

impl Drop for Note<'_> {
    fn drop(&mut self) {
        match &self.record {
            Record::Known(id) => {
                self.of.push(id, Rank::Written);
                self.of.notice(id);
            }
            Record::Unknown => self.of.list_again(),
            Record::None => return,
        }
        self.of.wake();
    }
}

impl Storage for Replicated {
    fn execute(&self, call: Call) -> Answer<'_, Value> {
        match &call {
            Call::Post(_) => Box::pin(self.post(call)),
            Call::Put(id, _) | Call::Remove(id) => {
                let id = id.clone();
                Box::pin(self.write(id, call))
            }
            Call::Repair => Box::pin(self.repair(call)),
            Call::PutAttachment(id, name, _) | Call::RemoveAttachment(id, name) => {
                let (id, name) = (id.clone(), name.clone());
                Box::pin(self.change_attachment(id, name, call))
            }
            Call::AllAttachments(id) => Box::pin(self.all_attachments(id.clone())),
            Call::Get(id) => {
                self.notice(id);
                self.local.execute(call)
            }
            Call::AllDocs(_) | Call::GetAttachment { .. } => self.local.execute(call),
        }
    }

    fn execute_to_text(&self, call: Call) -> Answer<'_, String> {
        match &call {
            Call::Get(id) => {
                self.notice(id);
                self.local.execute_to_text(call)
            }
            Call::AllDocs(_) => self.local.execute_to_text(call),
            Call::AllAttachments(_)
            | Call::Post(_)
            | Call::Put(..)
            | Call::Remove(_)
            | Call::Repair
            | Call::PutAttachment(..)
            | Call::GetAttachment { .. }
            | Call::RemoveAttachment(..) => {
                Box::pin(async move { Ok(self.execute(call).await?.to_string()) })
            }
        }
    }

    fn watched(&self) -> Option<&dyn Watched> {
        self.local.watched()
    }

    fn put_attachment(&self, upload: Upload) -> Answer<'_, Box<dyn AttachmentWriter>> {
        Box::pin(self.take_attachment(upload))
    }

    fn get_attachment(
        &self,
        id: Id,
        name: Name,
        range: Option<Range<u64>>,
    ) -> Answer<'_, Box<dyn AttachmentReader>> {
        Box::pin(self.give_attachment(id, name, range))
    }
}
