//! What a connected device can ask for.

use std::ops::Range;

use serde_json::Value;

use super::arguments;
use super::request::Error;
use crate::Error as AnyError;
use crate::document::Document;
use crate::names::{Id, Name};
use crate::options::{AllDocs, Capacity};

/// A validated call.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    /// Stores a document under a new id.
    Post(Document),
    /// Stores a document, replacing the one that was there.
    Put(Id, Document),
    /// Reads a document.
    Get(Id),
    /// Removes a document and its attachments.
    Remove(Id),
    /// Lists documents.
    AllDocs(AllDocs),
    /// Stores an attachment.
    PutAttachment(Id, Name, Content),
    /// Reads an attachment or a range of its bytes.
    GetAttachment {
        /// The document.
        id: Id,
        /// The attachment.
        name: Name,
        /// What the caller makes of the bytes.
        format: Format,
        /// The bytes asked for; `start` is 0 and `end` is [`u64::MAX`] where none was given.
        range: Option<Range<u64>>,
    },
    /// Removes an attachment.
    RemoveAttachment(Id, Name),
    /// Lists the attachments of a document.
    AllAttachments(Id),
    /// Looks at the storage again. What is asked for beyond that means nothing here.
    Repair,
}

impl Call {
    /// Reads a call whose message has been taken apart, for a storage that lists with some
    /// capacities.
    ///
    /// # Errors
    /// There is no such method, or its arguments are of other shapes.
    pub fn read(
        method: &str,
        arguments: Vec<Value>,
        capacities: &[Capacity],
    ) -> Result<Self, AnyError> {
        let method = Method::from_name(method).ok_or(Error::UnknownMethod)?;
        arguments::read(method, arguments, capacities)
    }

    /// The method called; what rights are given by.
    pub fn method(&self) -> Method {
        match self {
            Self::Post(_) => Method::Post,
            Self::Put(..) => Method::Put,
            Self::Get(_) => Method::Get,
            Self::Remove(_) => Method::Remove,
            Self::AllDocs(_) => Method::AllDocs,
            Self::PutAttachment(..) => Method::PutAttachment,
            Self::GetAttachment { .. } => Method::GetAttachment,
            Self::RemoveAttachment(..) => Method::RemoveAttachment,
            Self::AllAttachments(_) => Method::AllAttachments,
            Self::Repair => Method::Repair,
        }
    }
}

/// The methods there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// `post(document)`.
    Post,
    /// `put(id, document)`.
    Put,
    /// `get(id)`.
    Get,
    /// `remove(id)`.
    Remove,
    /// `allDocs(options?)`.
    AllDocs,
    /// `putAttachment(id, name, content, options?)`.
    PutAttachment,
    /// `getAttachment(id, name, options?)`.
    GetAttachment,
    /// `removeAttachment(id, name)`.
    RemoveAttachment,
    /// `allAttachments(id)`.
    AllAttachments,
    /// `repair()`.
    Repair,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Post,
        Self::Put,
        Self::Get,
        Self::Remove,
        Self::AllDocs,
        Self::PutAttachment,
        Self::GetAttachment,
        Self::RemoveAttachment,
        Self::AllAttachments,
        Self::Repair,
    ];

    /// The name it is called by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::Put => "put",
            Self::Get => "get",
            Self::Remove => "remove",
            Self::AllDocs => "allDocs",
            Self::PutAttachment => "putAttachment",
            Self::GetAttachment => "getAttachment",
            Self::RemoveAttachment => "removeAttachment",
            Self::AllAttachments => "allAttachments",
            Self::Repair => "repair",
        }
    }

    /// The method of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }
}

/// The content of an attachment to store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A text: its bytes are UTF-8.
    Text {
        /// The text.
        text: String,
        /// Its type, `text/plain;charset=utf-8` where none was given.
        content_type: String,
    },
    /// Bytes that travel beside the message: `{"part": number, "content_type"?: text}`. How they
    /// travel is for the channel to say; 2016 had no way for them.
    Part {
        /// Which of the message's binary parts.
        part: u32,
        /// The type of the bytes, empty where none was given.
        content_type: String,
    },
}

/// What the caller of `getAttachment` wants to have; a storage reads the same bytes for all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// Bytes and their type.
    #[default]
    Blob,
    /// A text of UTF-8.
    Text,
    /// What JSON says.
    Json,
    /// Bytes.
    ArrayBuffer,
    /// A `data:` URL.
    DataUrl,
}

impl Format {
    const ALL: [Self; 5] = [
        Self::Blob,
        Self::Text,
        Self::Json,
        Self::ArrayBuffer,
        Self::DataUrl,
    ];

    /// The name in the option `format`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Blob => "blob",
            Self::Text => "text",
            Self::Json => "json",
            Self::ArrayBuffer => "array_buffer",
            Self::DataUrl => "data_url",
        }
    }

    /// The format of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }
}
