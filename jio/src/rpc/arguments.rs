//! Arguments of a call, each of the shape its method needs.

use std::ops::Range;
use std::vec;

use serde_json::Value;

use super::call::{Call, Content, Format, Method};
use super::request::Error;
use crate::Error as Failure;
use crate::document::{Document, document};
use crate::names::{Id, Name};
use crate::options::{AllDocs, Capacity};

const TEXT_TYPE: &str = "text/plain;charset=utf-8";

/// Reads the arguments of a method.
pub(super) fn read(
    method: Method,
    arguments: Vec<Value>,
    capacities: &[Capacity],
) -> Result<Call, Failure> {
    let mut rest = Arguments {
        rest: arguments.into_iter(),
    };
    Ok(match method {
        Method::Post => Call::Post(rest.document()?),
        Method::Put => Call::Put(rest.id()?, rest.document()?),
        Method::Get => Call::Get(rest.id()?),
        Method::Remove => Call::Remove(rest.id()?),
        Method::AllDocs => Call::AllDocs(rest.all_docs(capacities)?),
        Method::PutAttachment => Call::PutAttachment(rest.id()?, rest.name()?, rest.content()?),
        Method::GetAttachment => rest.get_attachment()?,
        Method::RemoveAttachment => Call::RemoveAttachment(rest.id()?, rest.name()?),
        Method::AllAttachments => Call::AllAttachments(rest.id()?),
        Method::Repair => Call::Repair,
    })
}

/// The arguments that have not been read yet.
struct Arguments {
    rest: vec::IntoIter<Value>,
}

impl Arguments {
    /// The next argument; null when there is none.
    fn next(&mut self) -> Value {
        self.rest.next().unwrap_or_default()
    }

    fn text(&mut self, what: &'static str) -> Result<String, Error> {
        text(self.next()).ok_or(Error::NotText(what))
    }

    fn id(&mut self) -> Result<Id, Failure> {
        Ok(Id::new(self.text("a document id")?)?)
    }

    fn name(&mut self) -> Result<Name, Failure> {
        Ok(Name::new(self.text("an attachment name")?)?)
    }

    fn document(&mut self) -> Result<Document, Failure> {
        Ok(document(self.next())?)
    }

    fn all_docs(&mut self, capacities: &[Capacity]) -> Result<AllDocs, Failure> {
        let given = self.next();
        let options = if given.is_null() {
            Value::Object(Document::new())
        } else {
            given
        };
        AllDocs::from_json(&options, capacities)
    }

    fn content(&mut self) -> Result<Content, Error> {
        let content = self.next();
        let mut options = self.options()?;
        match content {
            Value::String(text) => {
                let given = ["_content_type", "_mimetype"].map(|name| options.remove(name));
                let content_type = given.into_iter().flatten().find_map(non_empty_text);
                let content_type = content_type.unwrap_or_else(|| TEXT_TYPE.to_owned());
                Ok(Content::Text { text, content_type })
            }
            Value::Object(mut members) => {
                let part = members.get("part").and_then(Value::as_u64);
                let part = part
                    .and_then(|part| u32::try_from(part).ok())
                    .ok_or(Error::NotContent)?;
                let content_type = members
                    .remove("content_type")
                    .and_then(text)
                    .unwrap_or_default();
                Ok(Content::Part { part, content_type })
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
                Err(Error::NotContent)
            }
        }
    }

    fn options(&mut self) -> Result<Document, Error> {
        let given = self.next();
        if given.is_null() {
            return Ok(Document::new());
        }
        document(given).map_err(|_| Error::NotOptions)
    }

    fn get_attachment(&mut self) -> Result<Call, Failure> {
        let (id, name, options) = (self.id()?, self.name()?, self.options()?);
        let format = match options.get("format") {
            None | Some(Value::Null) => Format::default(),
            Some(format) => format
                .as_str()
                .and_then(Format::from_name)
                .ok_or(Error::UnknownFormat)?,
        };
        Ok(Call::GetAttachment {
            id,
            name,
            format,
            range: range(&options)?,
        })
    }
}

fn text(value: Value) -> Option<String> {
    if let Value::String(text) = value {
        Some(text)
    } else {
        None
    }
}

fn non_empty_text(value: Value) -> Option<String> {
    text(value).filter(|text| !text.is_empty())
}

/// `start` and `end` in whole bytes, end exclusive.
fn range(options: &Document) -> Result<Option<Range<u64>>, Error> {
    let bound = |name| match options.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(bound) => bound.as_u64().map(Some).ok_or(Error::BadRange),
    };
    let (start, end) = (bound("start")?, bound("end")?);
    if start.is_none() && end.is_none() {
        return Ok(None);
    }
    let range = start.unwrap_or(0)..end.unwrap_or(u64::MAX);
    if range.start > range.end {
        Err(Error::BadRange)
    } else {
        Ok(Some(range))
    }
}
