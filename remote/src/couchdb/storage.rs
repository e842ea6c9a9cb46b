//! A CouchDB as a storage: jIO's methods, one by one.

use super::attachment::Sending;
use super::{CouchDb, Inner, missing};
use crate::download::{Whole, check_size};
use jio::endpoint::Failure;
use jio::rpc::{Call, Content};
use jio::storage::{Answer, AttachmentReader, AttachmentWriter, Storage, Upload};
use jio::{Id, Name};
use serde_json::{Map, Value, json};
use std::ops::Range;

impl Storage for CouchDb {
    fn execute(&self, call: Call) -> Answer<'_, Value> {
        Box::pin(self.inner.execute(call))
    }

    fn put_attachment(&self, upload: Upload) -> Answer<'_, Box<dyn AttachmentWriter>> {
        let checked = check_size(upload.size);
        let writer = Sending::new(self.inner.clone(), upload);
        Box::pin(async move { checked.map(|()| Box::new(writer) as Box<dyn AttachmentWriter>) })
    }

    fn get_attachment(
        &self,
        id: Id,
        name: Name,
        range: Option<Range<u64>>,
    ) -> Answer<'_, Box<dyn AttachmentReader>> {
        Box::pin(async move {
            let found: Whole = self.inner.attachment(&id, &name, range).await?;
            Ok(Box::new(found) as Box<dyn AttachmentReader>)
        })
    }
}

impl Inner {
    async fn execute(&self, call: Call) -> Result<Value, Failure> {
        match call {
            Call::Post(document) => self.post(&document).await,
            Call::Put(id, document) => {
                self.put(&id, &document).await?;
                Ok(json!(id.as_str()))
            }
            Call::Get(id) => {
                let held = self.held(&id).await?.ok_or_else(|| missing(&id))?;
                Ok(Value::Object(held.document))
            }
            Call::Remove(id) => {
                self.remove(&id).await?;
                Ok(json!(id.as_str()))
            }
            Call::AllDocs(options) => self.all_docs(&options).await,
            Call::PutAttachment(id, name, Content::Text { text, content_type }) => {
                self.send_attachment(&id, &name, &content_type, text.into_bytes())
                    .await?;
                Ok(Value::Null)
            }
            Call::RemoveAttachment(id, name) => {
                self.remove_attachment(&id, &name).await?;
                Ok(Value::Null)
            }
            Call::AllAttachments(id) => {
                let held = self.held(&id).await?.ok_or_else(|| missing(&id))?;
                let names = held.stubs.into_iter().map(|(name, _)| (name, json!({})));
                Ok(Value::Object(names.collect::<Map<_, _>>()))
            }
            Call::Repair => Ok(Value::Null),
            Call::PutAttachment(_, _, Content::Part { .. }) | Call::GetAttachment { .. } => {
                Err(Failure::new(501, "attachments come and go in parts"))
            }
        }
    }
}
