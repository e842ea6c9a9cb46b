//! Names: ids of documents and names of attachments. Non-empty texts of any characters.

use std::cmp::Ordering;
use std::fmt;

use crate::js::cmp_utf16;
use crate::limits::{MAX_ID_BYTES, MAX_NAME_BYTES};

/// Why a text names nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The id is the empty text.
    #[error("a document id must not be empty")]
    EmptyId,
    /// The id is longer than [`MAX_ID_BYTES`].
    #[error("a document id must not be longer than {MAX_ID_BYTES} bytes")]
    LongId,
    /// The attachment name is the empty text.
    #[error("an attachment name must not be empty")]
    EmptyName,
    /// The attachment name is longer than [`MAX_NAME_BYTES`].
    #[error("an attachment name must not be longer than {MAX_NAME_BYTES} bytes")]
    LongName,
}

/// The id of a document. Ordered by UTF-16 code units, as IndexedDB orders its keys.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Id(String);

impl Id {
    /// Takes a text as an id.
    ///
    /// # Errors
    /// [`Error::EmptyId`], [`Error::LongId`].
    pub fn new(text: impl Into<String>) -> Result<Self, Error> {
        match text.into() {
            text if text.is_empty() => Err(Error::EmptyId),
            text if text.len() > MAX_ID_BYTES => Err(Error::LongId),
            text => Ok(Self(text)),
        }
    }

    /// Makes the id of a new document of random bytes, in the form of a UUID.
    ///
    /// ```
    /// let id = jio::Id::from_random([0xab; 16]);
    /// assert_eq!(id.as_str(), "abababab-abab-abab-abab-abababababab");
    /// ```
    pub fn from_random(bytes: [u8; 16]) -> Self {
        let digits = format!("{:032x}", u128::from_be_bytes(bytes));
        let groups = [
            &digits[..8],
            &digits[8..12],
            &digits[12..16],
            &digits[16..20],
            &digits[20..],
        ];
        Self(groups.join("-"))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Ord for Id {
    fn cmp(&self, other: &Self) -> Ordering {
        cmp_utf16(&self.0, &other.0)
    }
}

impl PartialOrd for Id {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of an attachment, unique within its document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

impl Name {
    /// Takes a text as an attachment name.
    ///
    /// # Errors
    /// [`Error::EmptyName`], [`Error::LongName`].
    pub fn new(text: impl Into<String>) -> Result<Self, Error> {
        match text.into() {
            text if text.is_empty() => Err(Error::EmptyName),
            text if text.len() > MAX_NAME_BYTES => Err(Error::LongName),
            text => Ok(Self(text)),
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_one_to_the_limit_of_bytes() {
        assert_eq!(Id::new(""), Err(Error::EmptyId));
        assert!(Id::new("é".repeat(MAX_ID_BYTES / 2)).is_ok());
        assert_eq!(Id::new("x".repeat(MAX_ID_BYTES + 1)), Err(Error::LongId));
        assert_eq!(Name::new(""), Err(Error::EmptyName));
        assert!(Name::new("x".repeat(MAX_NAME_BYTES)).is_ok());
        assert_eq!(
            Name::new("x".repeat(MAX_NAME_BYTES + 1)),
            Err(Error::LongName)
        );
    }

    #[test]
    fn ids_are_ordered_by_utf16_code_units() {
        let id = |text: &str| Id::new(text).unwrap();
        assert!(id("10") < id("9"));
        assert!(id("😀") < id("ａ"));
    }
}
