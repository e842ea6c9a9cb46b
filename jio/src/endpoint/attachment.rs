//! How an attachment is described in a message while its bytes travel beside it.

use super::{ATTACHMENT_BYTES, Failure};
use serde::{Deserialize, Serialize};

/// An attachment under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// The stream its parts travel in; chosen by the sending end.
    #[serde(rename = "stream")]
    pub(super) stream: u32,
    /// MIME type.
    pub content_type: String,
    /// Length in bytes.
    pub size: u64,
}

impl Attachment {
    /// Describes an attachment to be sent; the endpoint chooses its stream.
    pub fn new(content_type: impl Into<String>, size: u64) -> Self {
        Self {
            stream: 0,
            content_type: content_type.into(),
            size,
        }
    }
    /// Whether one of this size may be brought at all.
    pub(super) fn check_size(&self) -> Result<(), Failure> {
        if self.size > ATTACHMENT_BYTES {
            let why = format!(
                "the attachment is too long: at most {ATTACHMENT_BYTES} bytes; store it in pieces"
            );
            return Err(Failure::new(413, why));
        }
        Ok(())
    }
}
