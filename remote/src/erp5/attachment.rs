//! Attachments of an ERP5: what a record's links and view say, and whatever lies under its address.
//!
//! Attachments have no names of their own in ERP5: `view` and `links` are its HAL, any other name is a whole
//! URL that begins with the storage's address.

use super::form::Form;
use super::{HAL, Inner};
pub(super) use crate::download::Whole;
use crate::download::{ranged, read_ranged};
use crate::limits::MAX_ATTACHMENT_BYTES;
use crate::session::Ask;
use jio::endpoint::Failure;
use jio::storage::{Answer, AttachmentWriter, Upload};
use jio::{Id, Name};
use serde_json::{Value, json};
use std::ops::Range;
use std::rc::Rc;
use std::slice;

impl Inner {
    pub(super) async fn all_attachments(&self, id: &Id) -> Result<Value, Failure> {
        if self.settings.default_view_reference.is_none() {
            return Ok(json!({ "links": {} }));
        }
        self.record(id).await?;
        Ok(json!({ "view": {}, "links": {} }))
    }

    pub(super) async fn attachment(
        &self,
        id: &Id,
        name: &Name,
        range: Option<Range<u64>>,
    ) -> Result<Whole, Failure> {
        let mut hal = match name.as_str() {
            "view" | "links" => self.record(id).await?,
            url => {
                self.check_address(url)?;
                let response = self
                    .session
                    .ask(ranged(Ask::new("GET", url.to_owned()), range.as_ref()))
                    .await?;
                return read_ranged(&self.session, response, range);
            }
        };
        if let Some(members) = hal.as_object_mut().filter(|_| name.as_str() == "links") {
            members.remove("_embedded");
        }
        Ok(Whole::new(
            HAL.to_owned(),
            hal.to_string().into_bytes(),
            range,
        ))
    }

    fn check_address(&self, name: &str) -> Result<(), Failure> {
        if name.starts_with(self.session.address.as_str()) {
            return Ok(());
        }
        let why = "an attachment in ERP5 is named view, links, or by a URL that begins with the storage's address";
        Err(Failure::new(400, why))
    }

    /// Sends a JSON object as a form: lists as fields of the same name, `{url, file_name}` as a file.
    pub(super) async fn send_attachment(
        &self,
        name: &Name,
        content_type: &str,
        bytes: Vec<u8>,
    ) -> Result<(), Failure> {
        self.check_address(name.as_str())?;
        let why = || {
            Failure::new(
                400,
                "what ERP5 takes as an attachment is a JSON object: the fields of a form",
            )
        };
        if content_type.starts_with("image/") {
            return Err(why());
        }
        let fields: Value = serde_json::from_slice(&bytes).map_err(|_| why())?;
        let mut form = Form::default();
        for (name, value) in fields.as_object().ok_or_else(why)? {
            let values = value
                .as_array()
                .map_or(slice::from_ref(value), Vec::as_slice);
            for value in values {
                field(&mut form, name, value)?;
            }
        }
        self.post_form(name.as_str().to_owned(), form)
            .await
            .map(|_| ())
    }
}

fn field(form: &mut Form, name: &str, value: &Value) -> Result<(), Failure> {
    match value {
        Value::String(text) => form.text(name, text),
        Value::Number(_) | Value::Bool(_) => form.text(name, &value.to_string()),
        Value::Null => form.text(name, ""),
        Value::Object(file) => {
            let url = file
                .get("url")
                .and_then(Value::as_str)
                .and_then(read_data_url);
            let wanted = "a file in a form for ERP5 is { url: data URL, file_name }";
            let (content_type, bytes) = url.ok_or_else(|| Failure::new(400, wanted))?;
            let file_name = file.get("file_name").and_then(Value::as_str);
            form.file(name, file_name.unwrap_or(name), content_type, bytes);
        }
        Value::Array(_) => return Err(Failure::new(400, "a form for ERP5 has no lists of lists")),
    }
    Ok(())
}

/// Type and bytes of a `data:` URL in base64 (RFC 2397).
fn read_data_url(url: &str) -> Option<(&str, Vec<u8>)> {
    let (head, data) = url.strip_prefix("data:")?.split_once(',')?;
    let content_type = head.strip_suffix(";base64")?;
    let bytes = data_encoding::BASE64.decode(data.as_bytes()).ok()?;
    Some((content_type, bytes))
}

/// An attachment on its way in, collected whole: a form is sent at once.
pub(super) struct Sending {
    inner: Rc<Inner>,
    upload: Upload,
    bytes: Vec<u8>,
}

impl Sending {
    pub(super) fn new(inner: Rc<Inner>, upload: Upload) -> Result<Self, Failure> {
        crate::download::check_size(upload.size)?;
        inner.check_address(upload.name.as_str())?;
        Ok(Self {
            inner,
            upload,
            bytes: Vec::new(),
        })
    }
}

impl AttachmentWriter for Sending {
    fn write<'a>(&'a mut self, bytes: &'a [u8]) -> Answer<'a, ()> {
        let length = self.bytes.len() as u64 + bytes.len() as u64;
        let fits = length <= MAX_ATTACHMENT_BYTES;
        if fits {
            self.bytes.extend_from_slice(bytes);
        }
        Box::pin(async move {
            if fits {
                Ok(())
            } else {
                crate::download::check_size(length)
            }
        })
    }

    fn finish(self: Box<Self>) -> Answer<'static, ()> {
        Box::pin(async move {
            let Upload {
                name, content_type, ..
            } = &self.upload;
            self.inner
                .send_attachment(name, content_type, self.bytes)
                .await
        })
    }
}
