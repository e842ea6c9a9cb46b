//! The storage as JavaScript sees it: calls as JSON texts, attachments and copies as blobs.

use super::indexed_db::{IndexedDb, Mode, Standing};
use crate::face::Store;
use jio::endpoint::Failure;
use jio::rpc::{Call, Request};
use jio::storage::{Storage, Upload};
use jio::{CAPACITIES, Id, Name};
use serde_json::{Value, json};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web::blob::{Assembly, Blob, RawBlob};

/// Bytes of a blob that are read at once.
const SLICE_BYTES: u64 = 2_000_000;
/// MIME type of a saved copy.
const COPY_TYPE: &str = "application/x-tar";

#[wasm_bindgen]
extern "C" {
    /// Told where the database stands: a word and a sentence.
    #[wasm_bindgen(typescript_type = "(standing: string, words: string) => void")]
    pub type StandingListener;
    #[wasm_bindgen(method)]
    fn call(this: &StandingListener, on: &JsValue, standing: &str, words: &str);
}

/// A database in IndexedDB. What fails throws an `Error` with a `status_code`.
#[wasm_bindgen]
pub struct Database {
    storage: Rc<IndexedDb>,
}

#[wasm_bindgen]
impl Database {
    /// Opens the database `jio:NAME`; the listener hears `waiting`, `loading`, `open` and `gone`.
    pub async fn open(name: String, listener: Option<StandingListener>) -> Result<Self, JsValue> {
        let heard = move |standing: Standing| {
            if let Some(listener) = &listener {
                listener.call(&JsValue::NULL, word(standing), standing.words());
            }
        };
        let storage = IndexedDb::open(&name, heard).await.map_err(thrown)?;
        Ok(Self {
            storage: Rc::new(storage),
        })
    }

    /// What a master serves.
    pub fn served(&self) -> Store {
        Store::new(self.storage.clone())
    }

    /// Calls one of jIO's methods; arguments and result are JSON.
    pub async fn call(&self, method: &str, arguments: &str) -> Result<String, JsValue> {
        let call = read_call(method, arguments).map_err(thrown)?;
        self.storage.execute_to_text(call).await.map_err(thrown)
    }

    /// Stores a blob as an attachment.
    #[wasm_bindgen(js_name = putAttachment)]
    pub async fn put_attachment(
        &self,
        id: String,
        name: String,
        content: RawBlob,
    ) -> Result<(), JsValue> {
        let stored = self.store(id, name, Blob::new(content)).await;
        stored.map_err(thrown)
    }

    /// Reads an attachment, or the range of it that the options (JSON) tell.
    #[wasm_bindgen(js_name = getAttachment)]
    pub async fn get_attachment(
        &self,
        id: &str,
        name: &str,
        options: Option<String>,
    ) -> Result<RawBlob, JsValue> {
        let options = options.as_deref().unwrap_or("null");
        let read = self.read(id, name, options).await;
        read.map(Blob::into_raw).map_err(thrown)
    }

    /// Saves a copy of everything.
    pub async fn save(&self) -> Result<RawBlob, JsValue> {
        self.copy().await.map(Blob::into_raw).map_err(thrown)
    }

    /// Restores a saved copy: `replace` makes the database what was saved, `add` adds what is missing.
    /// Resolves with `{documents, attachments, kept}` as JSON.
    pub async fn restore(&self, copy: RawBlob, mode: &str) -> Result<String, JsValue> {
        let mode = match mode {
            "replace" => Mode::Replace,
            "add" => Mode::Add,
            _ => return Err(thrown(Failure::new(400, "the mode must be replace or add"))),
        };
        let restored = self.storage.restore(&Blob::new(copy), mode).await;
        restored
            .map(|restored| json!(restored).to_string())
            .map_err(thrown)
    }

    /// Closes the database, when all that was asked for is written.
    pub async fn close(&self) {
        self.storage.close().await;
    }

    /// How many documents there are.
    #[wasm_bindgen(getter, js_name = documentCount)]
    pub fn document_count(&self) -> usize {
        self.storage.document_count()
    }

    /// How many records in the place of documents are none.
    #[wasm_bindgen(getter, js_name = unreadableCount)]
    pub fn unreadable_count(&self) -> usize {
        self.storage.unreadable_count()
    }
}

impl Database {
    /// What it is the face of.
    pub(super) fn storage(&self) -> &Rc<IndexedDb> {
        &self.storage
    }

    async fn store(&self, id: String, name: String, content: Blob) -> Result<(), Failure> {
        let upload = Upload {
            id: Id::new(id).map_err(refusal)?,
            name: Name::new(name).map_err(refusal)?,
            content_type: content.content_type(),
            size: content.size(),
        };
        let mut writer = self.storage.put_attachment(upload).await?;
        let mut offset = 0;
        while offset < content.size() {
            let end = content.size().min(offset + SLICE_BYTES);
            let bytes = content.read(offset..end).await.map_err(unreadable)?;
            writer.write(&bytes).await?;
            offset = end;
        }
        writer.finish().await
    }

    async fn read(&self, id: &str, name: &str, options: &str) -> Result<Blob, Failure> {
        let arguments = format!("[{},{},{options}]", json!(id), json!(name));
        let Call::GetAttachment {
            id, name, range, ..
        } = read_call("getAttachment", &arguments)?
        else {
            return Err(Failure::new(400, "the options must be an object"));
        };
        let mut reader = self.storage.get_attachment(id, name, range).await?;
        let mut assembly = Assembly::new();
        let mut offset = 0;
        while offset < reader.size() {
            let bytes = reader.read(offset).await?;
            offset += bytes.len() as u64;
            assembly.push(&bytes).map_err(unwritable)?;
        }
        assembly.finish(reader.content_type()).map_err(unwritable)
    }

    async fn copy(&self) -> Result<Blob, Failure> {
        let mut save = self.storage.save().await?;
        let mut assembly = Assembly::new();
        while let Some(bytes) = save.next().await? {
            assembly.push(&bytes).map_err(unwritable)?;
        }
        assembly.finish(COPY_TYPE).map_err(unwritable)
    }
}

/// Reads a method's arguments as if they had come from a connected device.
fn read_call(method: &str, arguments: &str) -> Result<Call, Failure> {
    let method = Value::from(method);
    let request = format!("{{\"method_name\":{method},\"argument_list\":{arguments}}}");
    match Request::read(&request, CAPACITIES) {
        Ok(request) => Ok(request.call),
        Err(refused) => Err(refusal(refused.error)),
    }
}

fn refusal(error: impl Into<jio::Error>) -> Failure {
    let error = error.into();
    Failure::new(error.status_code(), error.to_string())
}

fn unreadable(error: web::Error) -> Failure {
    Failure::new(400, error.to_string())
}

fn unwritable(error: web::Error) -> Failure {
    Failure::new(507, error.to_string())
}

pub(super) fn thrown(failure: Failure) -> JsValue {
    web::thrown::error(&failure.message, failure.status_code.unwrap_or(500))
}

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Waiting => "waiting",
        Standing::Loading => "loading",
        Standing::Open => "open",
        Standing::Gone => "gone",
    }
}
