//! Attachments on a computer's disk.

use super::{Token, bytes_token, pause};
use jio::storage::{Answer, AttachmentReader, AttachmentWriter};
use jio::{Id, Name};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Attachments of one computer.
#[derive(Default)]
pub(crate) struct Files {
    pub(crate) all: RefCell<BTreeMap<(Id, Name), Vec<u8>>>,
    /// Contents that a write of a caller took the place of, or that a caller removed.
    pub(crate) superseded: RefCell<BTreeSet<Token>>,
    /// Contents that a caller wrote, whether it heard so or not.
    pub(crate) written: RefCell<BTreeSet<Token>>,
    /// The content that a caller is writing now.
    pub(crate) writing: Cell<Option<Token>>,
    /// The attachment that a caller is removing now.
    pub(crate) removing: RefCell<Option<(Id, Name)>>,
}

impl Files {
    pub(super) fn put(&self, key: (Id, Name), bytes: Vec<u8>) {
        let is_callers = bytes_token(&bytes).is_some_and(|token| self.writing.get() == Some(token));
        if is_callers {
            self.written.borrow_mut().extend(bytes_token(&bytes));
        }
        let before = self.all.borrow_mut().insert(key, bytes);
        self.on_replaced(before, is_callers);
    }

    pub(super) fn remove(&self, key: &(Id, Name), is_callers: bool) {
        let before = self.all.borrow_mut().remove(key);
        self.on_replaced(before, is_callers);
    }

    fn on_replaced(&self, before: Option<Vec<u8>>, is_callers: bool) {
        let token = before.as_deref().and_then(bytes_token);
        self.superseded
            .borrow_mut()
            .extend(token.filter(|_| is_callers));
    }

    pub(crate) fn names(&self, id: &Id) -> Vec<Name> {
        let all = self.all.borrow();
        let of = all.keys().filter(|(of, _)| of == id);
        of.map(|(_, name)| name.clone()).collect()
    }
}

/// An attachment on its way in.
pub(super) struct Incoming {
    pub(super) files: Rc<Files>,
    pub(super) key: (Id, Name),
    pub(super) bytes: Vec<u8>,
}

impl AttachmentWriter for Incoming {
    fn write<'a>(&'a mut self, bytes: &'a [u8]) -> Answer<'a, ()> {
        self.bytes.extend(bytes);
        Box::pin(async {
            pause().await;
            Ok(())
        })
    }

    fn finish(self: Box<Self>) -> Answer<'static, ()> {
        Box::pin(async move {
            pause().await;
            self.files.put(self.key, self.bytes);
            pause().await;
            Ok(())
        })
    }
}

/// An attachment on its way out.
pub(super) struct Outgoing(pub(super) Vec<u8>);

impl AttachmentReader for Outgoing {
    fn content_type(&self) -> &str {
        "text/plain"
    }

    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn read(&mut self, offset: u64) -> Answer<'_, Vec<u8>> {
        let from = self.0.len().min(offset as usize);
        let bytes = self.0[from..self.0.len().min(from + 7)].to_vec();
        Box::pin(async {
            pause().await;
            Ok(bytes)
        })
    }
}
