//! How an attachment is described in a message while its bytes travel beside it.

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
}
