//! A storage that the page brings: any object with jIO's methods, as `peer/npm/foreign.js` presents it.
//! It answers queries itself; this side only passes on.

use crate::page::{ForeignStorage, Refusal};
use jio::endpoint::Failure;
use jio::rpc::{Call, Content, Method};
use jio::storage::{Answer, AttachmentReader, AttachmentWriter, Storage, Upload};
use jio::{Id, Name};
use serde_json::{Value, json};
use std::ops::Range;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use web::blob::{Assembly, Blob, RawBlob};

/// The page's storage.
pub(crate) struct Foreign {
    raw: Rc<ForeignStorage>,
}

impl Foreign {
    pub(crate) fn new(raw: ForeignStorage) -> Self {
        Self { raw: Rc::new(raw) }
    }

    async fn call(&self, method: Method, arguments: Value) -> Result<String, Failure> {
        let result = self.raw.call(method.name(), &arguments.to_string()).await;
        // foreign.js answers with JSON.
        result
            .map(|json| json.as_string().unwrap_or_default())
            .map_err(to_failure)
    }

    async fn pass(&self, call: Call) -> Result<String, Failure> {
        let method = call.method();
        let arguments = match call {
            Call::Post(document) => json!([document]),
            Call::Put(id, document) => json!([id.as_str(), document]),
            Call::Get(id) | Call::Remove(id) | Call::AllAttachments(id) => json!([id.as_str()]),
            Call::AllDocs(options) => json!([options.to_json()]),
            Call::RemoveAttachment(id, name) => json!([id.as_str(), name.as_str()]),
            Call::Repair => json!([]),
            Call::PutAttachment(id, name, Content::Text { text, content_type }) => {
                let mut parts = Assembly::new();
                parts.push(text.as_bytes()).map_err(no_room)?;
                let whole = parts.finish(&content_type).map_err(no_room)?;
                return store(&self.raw, &id, &name, whole)
                    .await
                    .map(|()| "null".to_owned());
            }
            Call::PutAttachment(_, _, Content::Part { .. }) | Call::GetAttachment { .. } => {
                return Err(Failure::new(501, "attachments come and go in parts"));
            }
        };
        self.call(method, arguments).await
    }
}

impl Storage for Foreign {
    fn execute(&self, call: Call) -> Answer<'_, Value> {
        Box::pin(async move {
            let text = self.pass(call).await?;
            serde_json::from_str(&text).map_err(|error| Failure::new(500, error.to_string()))
        })
    }

    fn execute_to_text(&self, call: Call) -> Answer<'_, String> {
        Box::pin(self.pass(call))
    }

    fn put_attachment(&self, upload: Upload) -> Answer<'_, Box<dyn AttachmentWriter>> {
        let writer = Writing {
            raw: self.raw.clone(),
            upload,
            parts: Assembly::new(),
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
            let found = self.raw.attachment(id.as_str(), name.as_str()).await;
            let blob = Blob::new(RawBlob::from(found.map_err(to_failure)?));
            Ok(Box::new(Reading::new(blob, range)) as Box<dyn AttachmentReader>)
        })
    }
}

/// Collects an attachment in a blob, which the browser keeps: the storage is given it whole.
struct Writing {
    raw: Rc<ForeignStorage>,
    upload: Upload,
    parts: Assembly,
}

impl AttachmentWriter for Writing {
    fn write<'a>(&'a mut self, bytes: &'a [u8]) -> Answer<'a, ()> {
        let pushed = self.parts.push(bytes).map_err(no_room);
        Box::pin(async { pushed })
    }

    fn finish(self: Box<Self>) -> Answer<'static, ()> {
        Box::pin(async move {
            let Upload {
                id,
                name,
                content_type,
                ..
            } = self.upload;
            let whole = self.parts.finish(&content_type).map_err(no_room)?;
            store(&self.raw, &id, &name, whole).await
        })
    }
}

/// Reads the storage's blob piece by piece.
struct Reading {
    content_type: String,
    blob: Blob,
    range: Range<u64>,
}

/// Bytes read at a time.
const STEP: u64 = 1 << 20;

impl Reading {
    fn new(blob: Blob, range: Option<Range<u64>>) -> Self {
        let size = blob.size();
        let range = range.map_or(0..size, |range| range.start.min(size)..range.end.min(size));
        Self {
            content_type: blob.content_type(),
            blob,
            range,
        }
    }
}

impl AttachmentReader for Reading {
    fn content_type(&self) -> &str {
        &self.content_type
    }

    fn size(&self) -> u64 {
        self.range.end.saturating_sub(self.range.start)
    }

    fn read(&mut self, offset: u64) -> Answer<'_, Vec<u8>> {
        Box::pin(async move {
            let from = self.range.end.min(self.range.start.saturating_add(offset));
            let to = self.range.end.min(from + STEP);
            let bytes = self.blob.read(from..to).await;
            bytes.map_err(|error| Failure::new(500, error.to_string()))
        })
    }
}

async fn store(raw: &ForeignStorage, id: &Id, name: &Name, content: Blob) -> Result<(), Failure> {
    let stored = raw.put_attachment(id.as_str(), name.as_str(), content.into_raw());
    stored.await.map(|_| ()).map_err(to_failure)
}

/// foreign.js rejects with nothing else.
fn to_failure(thrown: JsValue) -> Failure {
    let refusal = Refusal::from(thrown);
    Failure::new(refusal.status_code(), refusal.message())
}

fn no_room(error: web::Error) -> Failure {
    Failure::new(507, error.to_string())
}
