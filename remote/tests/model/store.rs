//! What is on a computer's disk, and survives a kill.

use super::files::{Files, Incoming, Outgoing};
use super::{Token, pause, token};
use jio::endpoint::Failure;
use jio::rpc::Call;
use jio::storage::{Answer, AttachmentReader, AttachmentWriter, Storage, Upload};
use jio::{Collection, Document, Id, Name};
use remote::replication::{Batch, Journal};
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;

/// Records of one computer.
#[derive(Default)]
pub(crate) struct MemoryStore {
    pub(crate) documents: RefCell<Collection>,
    /// Contents that a write of a caller took the place of, or that a caller removed.
    pub(crate) superseded: RefCell<BTreeSet<Token>>,
    /// Contents that a caller wrote, whether it heard so or not.
    pub(crate) written: RefCell<BTreeSet<Token>>,
    /// The content that a caller is writing now.
    pub(crate) writing: Cell<Option<Token>>,
    /// The record that a caller is removing now.
    pub(crate) removing: RefCell<Option<Id>>,
    made: Cell<u64>,
    pub(crate) files: Rc<Files>,
}

impl MemoryStore {
    pub(crate) fn get(&self, id: &Id) -> Option<Document> {
        self.documents.borrow().get(id).ok().cloned()
    }

    pub(crate) fn all(&self) -> BTreeMap<Id, Document> {
        let documents = self.documents.borrow();
        documents
            .iter()
            .map(|(id, document)| (id.clone(), document.clone()))
            .collect()
    }

    fn on_replaced(&self, before: Option<Document>, is_callers: bool) {
        if let Some(before) = before
            && is_callers
        {
            self.superseded.borrow_mut().insert(token(&before));
        }
    }

    fn put(&self, id: Id, document: Document) {
        let is_callers = self.writing.get() == Some(token(&document));
        if is_callers {
            self.written.borrow_mut().insert(token(&document));
        }
        let before = self.documents.borrow_mut().put(id, document);
        self.on_replaced(before, is_callers);
    }

    fn remove(&self, id: &Id) {
        let is_callers = self.removing.borrow().as_ref() == Some(id);
        for name in self.files.names(id) {
            self.files.remove(&(id.clone(), name), is_callers);
        }
        let before = self.documents.borrow_mut().remove(id);
        self.on_replaced(before, is_callers);
    }

    fn run(&self, call: Call) -> Result<Value, Failure> {
        match call {
            Call::Post(document) => {
                self.made.set(self.made.get() + 1);
                let id = Id::new(format!("made-{}", self.made.get())).expect("an id");
                self.put(id.clone(), document);
                Ok(json!(id.as_str()))
            }
            Call::Put(id, document) => {
                self.put(id, document);
                Ok(Value::Null)
            }
            Call::Remove(id) => {
                self.remove(&id);
                Ok(Value::Null)
            }
            Call::Get(id) => {
                let found = self
                    .get(&id)
                    .ok_or_else(|| Failure::new(404, "no such record"));
                found.map(Value::Object)
            }
            Call::AllDocs(options) => {
                let documents = self.documents.borrow();
                let rows = documents.all_docs(&options).expect("a list of all");
                Ok(json!(rows))
            }
            Call::Repair => Ok(Value::Null),
            Call::RemoveAttachment(id, name) => {
                let key = (id, name);
                let is_callers = self.files.removing.borrow().as_ref() == Some(&key);
                self.files.remove(&key, is_callers);
                Ok(Value::Null)
            }
            Call::AllAttachments(id) => {
                let names = self.files.names(&id).into_iter();
                Ok(Value::Object(
                    names.map(|name| (name.to_string(), json!({}))).collect(),
                ))
            }
            Call::PutAttachment(..) | Call::GetAttachment { .. } => {
                Err(Failure::new(501, "attachments come and go in parts"))
            }
        }
    }
}

impl Storage for MemoryStore {
    fn execute(&self, call: Call) -> Answer<'_, Value> {
        Box::pin(async move {
            pause().await;
            let answer = self.run(call);
            pause().await;
            answer
        })
    }

    fn put_attachment(&self, upload: Upload) -> Answer<'_, Box<dyn AttachmentWriter>> {
        let incoming = Incoming {
            files: self.files.clone(),
            key: (upload.id, upload.name),
            bytes: Vec::new(),
        };
        Box::pin(async { Ok(Box::new(incoming) as Box<dyn AttachmentWriter>) })
    }

    fn get_attachment(
        &self,
        id: Id,
        name: Name,
        _: Option<Range<u64>>,
    ) -> Answer<'_, Box<dyn AttachmentReader>> {
        Box::pin(async move {
            pause().await;
            let found = self.files.all.borrow().get(&(id, name)).cloned();
            let found = found.ok_or_else(|| Failure::new(404, "no such attachment"))?;
            Ok(Box::new(Outgoing(found)) as Box<dyn AttachmentReader>)
        })
    }
}

/// The journal of one computer.
#[derive(Default)]
pub(crate) struct MemoryJournal {
    pub(crate) texts: RefCell<BTreeMap<String, String>>,
    pub(crate) commits: Cell<usize>,
    /// Fails instead of writing.
    pub(crate) is_full: Cell<bool>,
}

impl MemoryJournal {
    fn write(&self, batch: &Batch) {
        let mut texts = self.texts.borrow_mut();
        for (key, text) in batch {
            match text {
                Some(text) => texts.insert(key.clone(), text.clone()),
                None => texts.remove(key),
            };
        }
    }
}

impl Journal for MemoryJournal {
    fn load(&self) -> Answer<'_, Vec<(String, String)>> {
        Box::pin(async {
            pause().await;
            Ok(self.texts.borrow().clone().into_iter().collect())
        })
    }

    fn commit<'a>(&'a self, batch: &'a Batch) -> Answer<'a, ()> {
        Box::pin(async move {
            pause().await;
            if self.is_full.get() {
                return Err(Failure::new(507, "the disk is full"));
            }
            self.write(batch);
            self.commits.set(self.commits.get() + 1);
            pause().await;
            Ok(())
        })
    }
}
