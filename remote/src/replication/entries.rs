//! What the journal keeps, entry by entry.

use super::budget::Usage;
use super::hash::Content;
use super::texts;
use crate::Millis;
use crate::replica::{Cursor, Revision};
use jio::endpoint::Failure;
use jio::{Document, Id};
use serde::{Deserialize, Serialize};

/// The last state that both sides had. There is one for each record that both have, so it is kept short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Agreed {
    pub(super) content: Content,
    pub(super) revision: Box<str>,
    /// The server's id, where it is another.
    pub(super) remote: Option<Box<Id>>,
}

/// A write that is on its way, or was cut.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Sending {
    #[serde(with = "texts::id")]
    pub(super) id: Id,
    /// The contents that it was tried with; none of them: its removal.
    #[serde(with = "texts::contents")]
    pub(super) tried: Vec<Option<Content>>,
    /// The document of a creation: only the very same may be tried again, where the server makes ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) created: Option<Document>,
}

/// A state of the server that is being taken over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Incoming {
    #[serde(with = "texts::id")]
    pub(super) id: Id,
    #[serde(with = "texts::content", default)]
    pub(super) content: Option<Content>,
    pub(super) revision: Revision,
    #[serde(with = "texts::other", default)]
    pub(super) remote: Option<Id>,
}

/// Why a record is neither sent nor taken over until a person decides, or it changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Held {
    /// Both sides changed it; this is the server's state.
    Clash {
        revision: Revision,
        #[serde(with = "texts::other", default)]
        remote: Option<Id>,
        document: Option<Document>,
        /// The mode says that both stay as they are: nobody is asked.
        is_left: bool,
    },
    /// The server does not take this content.
    Refused {
        #[serde(with = "texts::content", default)]
        content: Option<Content>,
        /// What was tried before, and may have arrived.
        #[serde(with = "texts::contents", default)]
        tried: Vec<Option<Content>>,
        status: Option<u16>,
        words: String,
        /// A person wants it to be tried again.
        #[serde(default)]
        is_retried: bool,
    },
}

impl Held {
    /// Whether a person is asked about it.
    pub(super) fn is_asked(&self) -> bool {
        !matches!(
            self,
            Self::Clash { is_left: true, .. }
                | Self::Refused {
                    is_retried: true,
                    ..
                }
        )
    }

    pub(super) fn refused(
        content: Option<Content>,
        tried: Vec<Option<Content>>,
        failure: Failure,
    ) -> Self {
        Self::Refused {
            content,
            tried,
            status: failure.status_code,
            words: failure.message,
            is_retried: false,
        }
    }
}

/// What is known of the server as a whole.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Facts {
    /// Which server all this is about.
    pub(super) server: String,
    /// What of it was read.
    pub(super) scope: String,
    pub(super) cursor: Option<Cursor>,
    /// Whether everything was read once.
    pub(super) is_read: bool,
    /// Whether the attachments that are here were listed once: since then each write of one is marked.
    pub(super) is_attached: bool,
    /// When the server's list of ids was compared.
    pub(super) listed: Option<Millis>,
    /// When both sides were last known to have the same.
    pub(super) last_success: Option<Millis>,
    pub(super) usage: Usage,
}

/// The content's name, the length of the server's id where it is another, that id, the revision. There are as
/// many as records, so no JSON.
pub(super) fn write_agreed(agreed: &Agreed) -> String {
    let content = agreed.content.to_text();
    let remote = agreed.remote.as_deref().map_or("", Id::as_str);
    format!("{content}{}:{remote}{}", remote.len(), agreed.revision)
}

pub(super) fn read_agreed(text: &str) -> Option<Agreed> {
    let (content, rest) = text.split_at_checked(32)?;
    let (length, rest) = rest.split_once(':')?;
    let (remote, revision) = rest.split_at_checked(length.parse().ok()?)?;
    let remote = (!remote.is_empty()).then(|| Id::new(remote));
    Some(Agreed {
        content: Content::from_text(content)?,
        revision: revision.into(),
        remote: remote.transpose().ok()?.map(Box::new),
    })
}
