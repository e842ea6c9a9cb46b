//! An ERP5 as a storage: jIO's methods, one by one.

use super::attachment::{Sending, Whole};
use super::search::Search;
use super::{Erp5, Inner};
use crate::limits::MAX_SINGLY;
use jio::endpoint::Failure;
use jio::rpc::{Call, Content};
use jio::storage::{Answer, AttachmentReader, AttachmentWriter, Storage, Upload};
use jio::{AllDocs, Id, Name};
use serde_json::{Value, json};
use std::ops::Range;

impl Storage for Erp5 {
    fn execute(&self, call: Call) -> Answer<'_, Value> {
        Box::pin(self.inner.execute(call))
    }

    fn put_attachment(&self, upload: Upload) -> Answer<'_, Box<dyn AttachmentWriter>> {
        let writer = Sending::new(self.inner.clone(), upload);
        Box::pin(async move { Ok(Box::new(writer?) as Box<dyn AttachmentWriter>) })
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
            Call::Post(document) => Ok(json!(self.post(&document).await?.as_str())),
            Call::Put(id, document) => {
                self.put(&id, &document).await?;
                Ok(json!(id.as_str()))
            }
            Call::Get(id) => Ok(Value::Object(self.view(&id).await?.document())),
            Call::Remove(_) => Err(Failure::new(501, "ERP5 removes no records from here")),
            Call::AllDocs(options) => self.all_docs(&options).await,
            Call::PutAttachment(_, name, Content::Text { text, content_type }) => {
                self.send_attachment(&name, &content_type, text.into_bytes())
                    .await?;
                Ok(Value::Null)
            }
            Call::RemoveAttachment(..) => {
                Err(Failure::new(501, "ERP5 removes no attachments from here"))
            }
            Call::AllAttachments(id) => self.all_attachments(&id).await,
            Call::Repair => {
                self.forget_site();
                Ok(Value::Null)
            }
            Call::PutAttachment(_, _, Content::Part { .. }) | Call::GetAttachment { .. } => {
                Err(Failure::new(501, "attachments come and go in parts"))
            }
        }
    }

    async fn all_docs(&self, options: &AllDocs) -> Result<Value, Failure> {
        let rows = match Search::of(options)? {
            Some(search) => self.search(&search).await?,
            None => Vec::new(),
        };
        if options.includes_documents() && rows.len() > MAX_SINGLY {
            let why = format!(
                "ERP5 gives whole records one by one, here at most {MAX_SINGLY}: ask for fewer with limit, or for properties with select_list"
            );
            return Err(Failure::new(413, why));
        }
        let mut written = Vec::with_capacity(rows.len());
        for (id, value) in rows {
            let mut row = json!({ "id": id.as_str(), "value": value });
            if options.includes_documents() {
                row["doc"] = match self.view(&id).await {
                    Ok(view) => Value::Object(view.document()),
                    // Removed since the search.
                    Err(failure) if failure.status_code == Some(404) => continue,
                    Err(failure) => return Err(failure),
                };
            }
            written.push(row);
        }
        let total_rows = written.len();
        Ok(json!({ "data": { "rows": written, "total_rows": total_rows } }))
    }
}
