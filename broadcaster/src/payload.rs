//! The content of one WebSocket message, and its form in JSON.

use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
pub use tungstenite::Utf8Bytes;

/// A message's content: text or binary (RFC 6455 §5.6). A clone shares the bytes.
///
/// In JSON a payload is one member of its message: `"text": "…"` or `"binary": "…"`, the latter in
/// standard base64 with padding (RFC 4648 §4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Payload {
    /// A text message; valid UTF-8 by type.
    Text(#[serde(with = "text")] Utf8Bytes),
    /// A binary message.
    Binary(#[serde(with = "base64")] Bytes),
}

impl Payload {
    /// Length of the content in bytes.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }

    /// Whether the content is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl From<&str> for Payload {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<Vec<u8>> for Payload {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Binary(bytes.into())
    }
}

/// Text as a JSON string.
pub(crate) mod text {
    use super::{Deserialize, Deserializer, Serializer, Utf8Bytes};

    pub(crate) fn serialize<S: Serializer>(text: &Utf8Bytes, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(text)
    }

    pub(crate) fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<Utf8Bytes, D::Error> {
        String::deserialize(from).map(Utf8Bytes::from)
    }
}

/// Bytes as standard base64.
pub(crate) mod base64 {
    use super::{Bytes, Deserialize, Deserializer, Serializer, de};
    use data_encoding::BASE64;

    pub(crate) fn serialize<S: Serializer>(bytes: &Bytes, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&BASE64.encode(bytes))
    }

    pub(crate) fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<Bytes, D::Error> {
        let text = String::deserialize(from)?;
        BASE64
            .decode(text.as_bytes())
            .map(Bytes::from)
            .map_err(de::Error::custom)
    }
}
