//! Records that are gone with the page: for trying out, and for tests.

use jio::endpoint::Failure;
use jio::live::{Changed, Watched, Watcher, Watchers};
use jio::rpc::{Call, Content};
use jio::storage::{Answer, AttachmentReader, AttachmentWriter, Storage, Upload};
use jio::{Collection, Id, Name};
use serde_json::{Map, Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::{Rc, Weak};

/// Records in memory.
#[derive(Default)]
pub struct Memory {
    held: Rc<RefCell<Held>>,
    watchers: Watchers,
}

#[derive(Default)]
struct Held {
    documents: Collection,
    /// Documents that changed and were not told.
    changed: Changed,
    attachments: BTreeMap<Id, BTreeMap<String, Attachment>>,
}

#[derive(Clone)]
struct Attachment {
    content_type: String,
    bytes: Rc<[u8]>,
}

impl Storage for Memory {
    fn execute(&self, call: Call) -> Answer<'_, Value> {
        Box::pin(async move {
            let answer = self.held.borrow_mut().execute(call);
            let changed = std::mem::take(&mut self.held.borrow_mut().changed);
            if !changed.is_empty() {
                self.watchers.tell(&changed);
            }
            answer
        })
    }

    fn watched(&self) -> Option<&dyn Watched> {
        Some(self)
    }

    fn put_attachment(&self, upload: Upload) -> Answer<'_, Box<dyn AttachmentWriter>> {
        let writer = Writing {
            held: self.held.clone(),
            upload,
            bytes: Vec::new(),
        };
        Box::pin(async move { Ok(Box::new(writer) as Box<dyn AttachmentWriter>) })
    }

    fn get_attachment(
        &self,
        id: Id,
        name: Name,
        range: Option<Range<u64>>,
    ) -> Answer<'_, Box<dyn AttachmentReader>> {
        Box::pin(async move {
            let found = self.held.borrow().attachment(&id, &name)?;
            Ok(Box::new(Reading::new(found, range)) as Box<dyn AttachmentReader>)
        })
    }
}

impl Watched for Memory {
    fn watch(&self, watcher: Weak<Watcher>) {
        self.watchers.add(watcher);
    }

    fn read(&self, reader: &mut dyn FnMut(&Collection)) {
        reader(&self.held.borrow().documents);
    }
}

impl Held {
    fn execute(&mut self, call: Call) -> Result<Value, Failure> {
        Ok(match call {
            Call::Post(document) => {
                let id = Id::new(new_id()).map_err(|error| to_failure(error.into()))?;
                let answer = json!(id.as_str());
                self.changed.insert(id.clone());
                self.documents.put(id, document);
                answer
            }
            Call::Put(id, document) => {
                let answer = json!(id.as_str());
                self.changed.insert(id.clone());
                self.documents.put(id, document);
                answer
            }
            Call::Get(id) => Value::Object(self.document(&id)?.clone()),
            Call::Remove(id) => {
                if self.documents.remove(&id).is_some() {
                    self.changed.insert(id.clone());
                }
                self.attachments.remove(&id);
                json!(id.as_str())
            }
            Call::AllDocs(options) => {
                let rows = self.documents.all_docs(&options).map_err(to_failure)?;
                json!(rows)
            }
            Call::PutAttachment(id, name, Content::Text { text, content_type }) => {
                self.keep(id, &name, content_type, text.into_bytes());
                Value::Null
            }
            Call::RemoveAttachment(id, name) => {
                if let Some(all) = self.attachments.get_mut(&id) {
                    all.remove(name.as_str());
                }
                Value::Null
            }
            Call::AllAttachments(id) => self.all_attachments(&id)?,
            Call::Repair => Value::Null,
            Call::PutAttachment(_, _, Content::Part { .. }) | Call::GetAttachment { .. } => {
                return Err(Failure::new(501, "attachments come and go in parts"));
            }
        })
    }

    fn document(&self, id: &Id) -> Result<&jio::Document, Failure> {
        self.documents
            .get(id)
            .map_err(|error| to_failure(error.into()))
    }

    fn all_attachments(&self, id: &Id) -> Result<Value, Failure> {
        self.document(id)?;
        let names = self
            .attachments
            .get(id)
            .into_iter()
            .flat_map(BTreeMap::keys);
        let names: Map<String, Value> = names.map(|name| (name.clone(), json!({}))).collect();
        Ok(Value::Object(names))
    }

    fn attachment(&self, id: &Id, name: &Name) -> Result<Attachment, Failure> {
        let found = self
            .attachments
            .get(id)
            .and_then(|all| all.get(name.as_str()));
        found
            .cloned()
            .ok_or_else(|| Failure::new(404, format!("Cannot find attachment: {id} , {name}")))
    }

    fn keep(&mut self, id: Id, name: &Name, content_type: String, bytes: Vec<u8>) {
        let kept = Attachment {
            content_type,
            bytes: bytes.into(),
        };
        let all = self.attachments.entry(id).or_default();
        all.insert(name.as_str().to_owned(), kept);
    }
}

struct Writing {
    held: Rc<RefCell<Held>>,
    upload: Upload,
    bytes: Vec<u8>,
}

impl AttachmentWriter for Writing {
    fn write<'a>(&'a mut self, bytes: &'a [u8]) -> Answer<'a, ()> {
        self.bytes.extend(bytes);
        Box::pin(async { Ok(()) })
    }

    fn finish(self: Box<Self>) -> Answer<'static, ()> {
        Box::pin(async move {
            let mut held = self.held.borrow_mut();
            let Upload {
                id,
                name,
                content_type,
                ..
            } = self.upload;
            held.keep(id, &name, content_type, self.bytes);
            Ok(())
        })
    }
}

struct Reading {
    content_type: String,
    bytes: Rc<[u8]>,
    range: Range<usize>,
}

/// Bytes read at a time.
const STEP: usize = 1 << 20;

impl Reading {
    fn new(found: Attachment, range: Option<Range<u64>>) -> Self {
        let length = found.bytes.len();
        let within = |at: u64| usize::try_from(at).unwrap_or(length).min(length);
        let range = range.map_or(0..length, |range| within(range.start)..within(range.end));
        Self {
            content_type: found.content_type,
            bytes: found.bytes,
            range,
        }
    }
}

impl AttachmentReader for Reading {
    fn content_type(&self) -> &str {
        &self.content_type
    }

    fn size(&self) -> u64 {
        self.range.len() as u64
    }

    fn read(&mut self, offset: u64) -> Answer<'_, Vec<u8>> {
        let whole = &self.bytes[self.range.clone()];
        let from = usize::try_from(offset)
            .unwrap_or(whole.len())
            .min(whole.len());
        let to = whole.len().min(from + STEP);
        let bytes = whole[from..to].to_vec();
        Box::pin(async { Ok(bytes) })
    }
}

fn new_id() -> String {
    web::random::uuid()
}

fn to_failure(error: jio::Error) -> Failure {
    Failure::new(error.status_code(), error.to_string())
}
