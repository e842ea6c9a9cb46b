//! What the journal keeps of attachments, entry by entry.

use crate::replica::Attached;
use crate::replication::hash::Content;
use crate::replication::texts;
use jio::endpoint::Failure;
use jio::{Id, Name};
use serde::{Deserialize, Serialize};

/// Which attachment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::replication) struct Place {
    pub(in crate::replication) id: Id,
    pub(in crate::replication) name: Name,
}

/// The last that was known of both sides, which had the same then unless a person or a mode said otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::replication) struct File {
    /// What was here; `None`: nothing.
    #[serde(
        rename = "c",
        with = "texts::content",
        skip_serializing_if = "Option::is_none"
    )]
    pub(in crate::replication) content: Option<Content>,
    /// The server's name for what was there; `None`: nothing.
    #[serde(rename = "d", skip_serializing_if = "Option::is_none")]
    pub(in crate::replication) digest: Option<String>,
    /// A caller may have written it since: what is here is to be compared.
    #[serde(rename = "m", skip_serializing_if = "std::ops::Not::not")]
    pub(in crate::replication) is_marked: bool,
    #[serde(rename = "h", skip_serializing_if = "Option::is_none")]
    pub(in crate::replication) held: Option<Held>,
}

/// Why an attachment is not carried until a person decides, or it changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::replication) struct Held {
    /// What the server had then: its name for it, and its length.
    pub(in crate::replication) digest: Option<String>,
    pub(in crate::replication) length: Option<u64>,
    /// One of the two does not take what the other has; else both sides changed it.
    pub(in crate::replication) refused: Option<Refusal>,
    /// The mode says that both stay as they are: nobody is asked.
    #[serde(default)]
    pub(in crate::replication) is_left: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::replication) struct Refusal {
    pub(in crate::replication) status: Option<u16>,
    pub(in crate::replication) words: String,
}

/// A change that is on its way to the server, or was cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::replication) struct Bringing {
    #[serde(with = "texts::place")]
    pub(in crate::replication) place: Place,
    /// What was brought; `None`: its removal.
    #[serde(with = "texts::content", default)]
    pub(in crate::replication) content: Option<Content>,
    /// What the server calls it, unless it packs it.
    pub(in crate::replication) digest: Option<String>,
    pub(in crate::replication) length: u64,
}

/// An attachment that is on its way from the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::replication) struct Fetching {
    #[serde(with = "texts::place")]
    pub(in crate::replication) place: Place,
    pub(in crate::replication) digest: String,
    pub(in crate::replication) content_type: String,
    pub(in crate::replication) length: u64,
    /// Bytes that have come, and are kept in parts.
    pub(in crate::replication) got: u64,
    /// All have, and they are being written over what is here.
    #[serde(with = "texts::content", default)]
    pub(in crate::replication) content: Option<Content>,
}

impl Place {
    pub(in crate::replication) fn new(id: &Id, name: &Name) -> Self {
        Self {
            id: id.clone(),
            name: name.clone(),
        }
    }

    /// The id's length, the id, the name.
    pub(in crate::replication) fn to_text(&self) -> String {
        let id = self.id.as_str();
        format!("{}:{id}{}", id.len(), self.name)
    }

    pub(in crate::replication) fn from_text(text: &str) -> Option<Self> {
        let (length, rest) = text.split_once(':')?;
        let (id, name) = rest.split_at_checked(length.parse().ok()?)?;
        Some(Self {
            id: Id::new(id).ok()?,
            name: Name::new(name).ok()?,
        })
    }
}

impl File {
    /// The server's is known from now on, and whatever is here is newer.
    pub(in crate::replication) fn keep_local(&mut self, digest: Option<String>) {
        self.content = Some(Content::NOBODYS);
        self.digest = digest;
        self.is_marked = true;
    }

    /// What is here is known from now on, and whatever the server has is newer.
    pub(in crate::replication) fn keep_remote(&mut self, content: Option<Content>) {
        self.content = content;
        self.digest = Some(String::new());
        self.is_marked = false;
    }
}

impl Held {
    pub(in crate::replication) fn clash(theirs: Option<&Attached>, is_left: bool) -> Self {
        Self {
            digest: theirs.map(|theirs| theirs.digest.clone()),
            length: theirs.map(|theirs| theirs.length),
            refused: None,
            is_left,
        }
    }

    pub(in crate::replication) fn refused(theirs: Option<&Attached>, failure: Failure) -> Self {
        Self {
            refused: Some(Refusal {
                status: failure.status_code,
                words: failure.message,
            }),
            ..Self::clash(theirs, false)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written() {
        for (id, name) in [("a", "b"), ("1:a", "b:c"), ("é", "é"), ("a/b", "2:")] {
            let place = Place::new(&Id::new(id).unwrap(), &Name::new(name).unwrap());
            assert_eq!(Place::from_text(&place.to_text()), Some(place));
        }
        for text in ["", "1", "9:a", "1:a", ":a", "1:é"] {
            assert_eq!(Place::from_text(text), None, "{text}");
        }
    }

    #[test]
    fn an_attachment_that_both_have_takes_little_room() {
        let file = File {
            content: Content::from_text("1"),
            digest: Some("md5-AAAAAAAAAAAAAAAAAAAAAA==".to_owned()),
            ..File::default()
        };
        let text = serde_json::to_string(&file).unwrap();
        assert!(text.len() < 80, "{text}");
        assert_eq!(serde_json::from_str::<File>(&text).unwrap(), file);
        assert_eq!(serde_json::from_str::<File>("{}").unwrap(), File::default());
    }
}
