//! What a storage of records answers: the trait that each kind implements, whether it keeps them in the
//! browser, in memory, or asks another server.

use crate::endpoint::Failure;
use crate::live::Watched;
use crate::rpc::Call;
use crate::{Id, Name};
use serde_json::Value;
use std::future::Future;
use std::ops::Range;
use std::pin::Pin;

/// What a storage answers, later.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + 'a>>;

/// An attachment that is to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Its document, which need not exist.
    pub id: Id,
    /// Its name.
    pub name: Name,
    /// MIME type; may be empty.
    pub content_type: String,
    /// Length in bytes.
    pub size: u64,
}

/// Keeps documents and attachments.
///
/// A change is safe, and seen by others, from when its answer says that it is done; one whose answer
/// is an error has not happened.
pub trait Storage {
    /// Executes a call that brings no attachment and asks for none.
    fn execute(&self, call: Call) -> Answer<'_, Value>;

    /// As [`Self::execute`], with the result as JSON text, for who would only write it.
    fn execute_to_text(&self, call: Call) -> Answer<'_, String> {
        Box::pin(async move { Ok(self.execute(call).await?.to_string()) })
    }

    /// Where live queries are answered from, and what changes is told; `None` where that cannot be known.
    fn watched(&self) -> Option<&dyn Watched> {
        None
    }

    /// Begins to store an attachment, which takes the place of the one of this name when it is
    /// finished.
    fn put_attachment(&self, upload: Upload) -> Answer<'_, Box<dyn AttachmentWriter>>;

    /// Begins to read an attachment, or a range of its bytes.
    fn get_attachment(
        &self,
        id: Id,
        name: Name,
        range: Option<Range<u64>>,
    ) -> Answer<'_, Box<dyn AttachmentReader>>;
}

/// An attachment on its way in; dropping it gives it up and leaves nothing behind.
pub trait AttachmentWriter {
    /// Takes the next bytes. Await it before the next: that is what bounds the memory.
    fn write<'a>(&'a mut self, bytes: &'a [u8]) -> Answer<'a, ()>;

    /// Stores what was written, at once and completely.
    fn finish(self: Box<Self>) -> Answer<'static, ()>;
}

/// An attachment on its way out.
pub trait AttachmentReader {
    /// MIME type.
    fn content_type(&self) -> &str;

    /// How many bytes there are to read.
    fn size(&self) -> u64;

    /// Bytes from `offset` on, as many as come at once: at most 2,000,000, none only at the end.
    fn read(&mut self, offset: u64) -> Answer<'_, Vec<u8>>;
}
