//! Reading and writing calls.

use serde_json::{Map, Value, json};

use super::call::{Call, Method};
use crate::Error as AnyError;
use crate::limits::MAX_MESSAGE_BYTES;
use crate::options::Capacity;

/// Why a text is not a call, or a call cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The text is longer than [`MAX_MESSAGE_BYTES`].
    #[error("the message is longer than {MAX_MESSAGE_BYTES} bytes")]
    TooLong,
    /// The text is not JSON. deviates: neither are lone surrogates, numbers beyond the range of a
    /// double and more than 127 levels, all of which JavaScript reads.
    #[error("the message is not JSON")]
    NotJson,
    /// The JSON is not an object.
    #[error("the message must be an object")]
    NotAnObject,
    /// There is no `method_name`, or it is not a text.
    #[error("method_name must be a text")]
    NoMethod,
    /// There is no method of this name.
    #[error("there is no method of this name")]
    UnknownMethod,
    /// `argument_list` is neither absent nor an array.
    #[error("argument_list must be an array")]
    ArgumentsNotArray,
    /// An argument that names something is not a text.
    #[error("{0} must be a text")]
    NotText(&'static str),
    /// An attachment is neither a text nor a part of the message.
    #[error("an attachment must be a text or a part of the message")]
    NotContent,
    /// Options are neither absent nor an object.
    #[error("options must be an object")]
    NotOptions,
    /// An attachment is asked for in a format that does not exist.
    #[error("format must be blob, text, json, array_buffer or data_url")]
    UnknownFormat,
    /// A range of bytes is negative, backwards or not of whole numbers.
    #[error("start and end must be whole bytes, start not after end")]
    BadRange,
}

impl Error {
    pub(crate) fn status_code(&self) -> u16 {
        match self {
            Self::UnknownMethod => 501,
            Self::TooLong
            | Self::NotJson
            | Self::NotAnObject
            | Self::NoMethod
            | Self::ArgumentsNotArray
            | Self::NotText(_)
            | Self::NotContent
            | Self::NotOptions
            | Self::UnknownFormat
            | Self::BadRange => 400,
        }
    }
}

/// A call and the id its answer must carry.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Chosen by the caller, any JSON.
    pub id: Value,
    /// What is asked for.
    pub call: Call,
}

/// A call that was not understood, and the id its refusal must carry: null when there was none to
/// be found. Becomes a [`Response`](super::Response) with `into`.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{error}")]
pub struct Refused {
    /// Chosen by the caller, any JSON.
    pub id: Value,
    /// Why it was refused.
    pub error: AnyError,
}

impl Request {
    /// Reads a message for a storage that lists with some capacities.
    ///
    /// # Errors
    /// [`Refused`] when the message is not a call or breaks a rule of its method.
    pub fn read(text: &str, capacities: &[Capacity]) -> Result<Self, Refused> {
        let mut members = members(text).map_err(|error| Refused::new(Value::Null, error))?;
        let id = members.remove("id").unwrap_or_default();
        match read_call(members, capacities) {
            Ok(call) => Ok(Self { id, call }),
            Err(error) => Err(Refused { id, error }),
        }
    }
}

impl Refused {
    fn new(id: Value, error: impl Into<AnyError>) -> Self {
        Self {
            id,
            error: error.into(),
        }
    }
}

/// Writes a call; its arguments are not looked at.
pub fn request_text(id: u64, method: Method, arguments: &[Value]) -> String {
    let request = json!({
        "id": id,
        "type": "jio_query",
        "method_name": method.name(),
        "argument_list": arguments,
    });
    request.to_string()
}

/// The members of a message that is a JSON object.
pub(super) fn members(text: &str) -> Result<Map<String, Value>, Error> {
    if text.len() > MAX_MESSAGE_BYTES {
        return Err(Error::TooLong);
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(Error::NotAnObject),
        Err(_) => Err(Error::NotJson),
    }
}

fn read_call(mut members: Map<String, Value>, capacities: &[Capacity]) -> Result<Call, AnyError> {
    let name = members
        .get("method_name")
        .and_then(Value::as_str)
        .ok_or(Error::NoMethod)?;
    let name = name.to_owned();
    let list = match members.remove("argument_list") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(list)) => list,
        Some(_) => return Err(Error::ArgumentsNotArray.into()),
    };
    Call::read(&name, list, capacities)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{self, Document};
    use crate::limits::{MAX_ID_BYTES, MAX_NAME_BYTES};
    use crate::names::{self, Id, Name};
    use crate::options::{self, AllDocs, CAPACITIES, QUERY_STORAGE_CAPACITIES};
    use crate::rpc::{Content, Format};

    fn read(method: &str, arguments: Value) -> Result<Call, AnyError> {
        let text =
            json!({ "id": 7, "method_name": method, "argument_list": arguments }).to_string();
        match Request::read(&text, CAPACITIES) {
            Ok(Request { id, call }) => {
                assert_eq!(id, 7);
                assert_eq!(call.method().name(), method);
                Ok(call)
            }
            Err(Refused { id, error }) => {
                assert_eq!(id, 7);
                Err(error)
            }
        }
    }

    fn id(text: &str) -> Id {
        Id::new(text).unwrap()
    }

    fn name(text: &str) -> Name {
        Name::new(text).unwrap()
    }

    #[test]
    fn calls_are_typed() {
        let empty = Document::new();
        let text = |content_type: &str| Content::Text {
            text: "x".to_owned(),
            content_type: content_type.to_owned(),
        };
        let part = Content::Part {
            part: 0,
            content_type: "image/png".to_owned(),
        };
        let typed = json!(["a", "n", "x", {"_mimetype": "text/css"}]);
        let table = [
            ("post", json!([{}]), Call::Post(empty.clone())),
            ("put", json!(["a", {}, "more"]), Call::Put(id("a"), empty)),
            ("get", json!(["a"]), Call::Get(id("a"))),
            ("remove", json!(["a"]), Call::Remove(id("a"))),
            ("allDocs", json!([]), Call::AllDocs(AllDocs::default())),
            ("allDocs", json!([null]), Call::AllDocs(AllDocs::default())),
            ("allDocs", json!(null), Call::AllDocs(AllDocs::default())),
            (
                "putAttachment",
                json!(["a", "n", "x"]),
                Call::PutAttachment(id("a"), name("n"), text("text/plain;charset=utf-8")),
            ),
            (
                "putAttachment",
                typed,
                Call::PutAttachment(id("a"), name("n"), text("text/css")),
            ),
            (
                "putAttachment",
                json!(["a", "n", {"part": 0, "content_type": "image/png"}]),
                Call::PutAttachment(id("a"), name("n"), part),
            ),
            (
                "removeAttachment",
                json!(["a", "n"]),
                Call::RemoveAttachment(id("a"), name("n")),
            ),
            (
                "allAttachments",
                json!(["a"]),
                Call::AllAttachments(id("a")),
            ),
            ("repair", json!([]), Call::Repair),
        ];
        for (method, arguments, call) in table {
            assert_eq!(read(method, arguments), Ok(call), "{method}");
        }
    }

    #[test]
    fn attachments_are_read_in_a_format_and_a_range() {
        let call = |format, range| {
            Ok(Call::GetAttachment {
                id: id("a"),
                name: name("n"),
                format,
                range,
            })
        };
        let table = [
            (json!(null), call(Format::Blob, None)),
            (json!({"format": "data_url"}), call(Format::DataUrl, None)),
            (json!({"start": 3}), call(Format::Blob, Some(3..u64::MAX))),
            (json!({"end": 3}), call(Format::Blob, Some(0..3))),
            (
                json!({"start": 3, "end": 3}),
                call(Format::Blob, Some(3..3)),
            ),
            (json!({"start": 4, "end": 3}), Err(Error::BadRange.into())),
            (json!({"start": -1}), Err(Error::BadRange.into())),
            (json!({"end": 1.5}), Err(Error::BadRange.into())),
            (json!({"format": "xml"}), Err(Error::UnknownFormat.into())),
            (json!("text"), Err(Error::NotOptions.into())),
        ];
        for (options, expected) in table {
            assert_eq!(read("getAttachment", json!(["a", "n", options])), expected);
        }
    }

    #[test]
    fn arguments_of_other_shapes_are_refused() {
        let no_id: AnyError = Error::NotText("a document id").into();
        let no_name: AnyError = Error::NotText("an attachment name").into();
        let no_document: AnyError = document::Error::NotAnObject.into();
        let long_id = json!(["x".repeat(MAX_ID_BYTES + 1)]);
        let long_name = json!(["a", "x".repeat(MAX_NAME_BYTES + 1)]);
        let table = [
            ("post", json!([]), no_document.clone()),
            ("post", json!([null]), no_document.clone()),
            ("post", json!([[]]), no_document.clone()),
            ("put", json!(["a", "text"]), no_document),
            ("put", json!([1, {}]), no_id.clone()),
            ("get", json!([]), no_id.clone()),
            ("get", json!([{}]), no_id),
            ("get", json!([""]), names::Error::EmptyId.into()),
            ("remove", long_id, names::Error::LongId.into()),
            ("removeAttachment", json!(["a"]), no_name),
            (
                "removeAttachment",
                json!(["a", ""]),
                names::Error::EmptyName.into(),
            ),
            ("removeAttachment", long_name, names::Error::LongName.into()),
            (
                "putAttachment",
                json!(["a", "n", 5]),
                Error::NotContent.into(),
            ),
            (
                "putAttachment",
                json!(["a", "n", {"part": -1}]),
                Error::NotContent.into(),
            ),
            (
                "putAttachment",
                json!(["a", "n", "x", []]),
                Error::NotOptions.into(),
            ),
            (
                "allDocs",
                json!(["title:x"]),
                options::Error::NotAnObject.into(),
            ),
            (
                "allDocs",
                json!([{"limit": 1}]),
                options::Error::NotAnArray("limit").into(),
            ),
            ("get", json!({}), Error::ArgumentsNotArray.into()),
        ];
        for (method, arguments, error) in table {
            assert_eq!(error.status_code(), 400);
            assert_eq!(read(method, arguments), Err(error), "{method}");
        }
    }

    #[test]
    fn messages_that_are_no_calls_are_refused_with_what_id_they_have() {
        let table = [
            ("", json!(null), Error::NotJson, 400),
            ("{\"id\":1", json!(null), Error::NotJson, 400),
            (r#"{"id":"\ud800"}"#, json!(null), Error::NotJson, 400),
            ("[1]", json!(null), Error::NotAnObject, 400),
            ("{}", json!(null), Error::NoMethod, 400),
            (
                r#"{"id":[1],"method_name":5}"#,
                json!([1]),
                Error::NoMethod,
                400,
            ),
            (
                r#"{"id":"x","method_name":"bulk"}"#,
                json!("x"),
                Error::UnknownMethod,
                501,
            ),
            (
                r#"{"id":2,"method_name":"__proto__"}"#,
                json!(2),
                Error::UnknownMethod,
                501,
            ),
        ];
        for (text, id, error, status) in table {
            assert_eq!(error.status_code(), status);
            assert_eq!(
                Request::read(text, CAPACITIES),
                Err(Refused::new(id, error)),
                "{text}"
            );
        }
        let nested = |levels| {
            let (open, close) = ("[".repeat(levels), "]".repeat(levels));
            format!(r#"{{"id":{open}{close},"method_name":"repair"}}"#)
        };
        assert!(Request::read(&nested(126), CAPACITIES).is_ok());
        let deep = nested(127);
        assert_eq!(
            Request::read(&deep, CAPACITIES),
            Err(Refused::new(json!(null), Error::NotJson))
        );
    }

    #[test]
    fn messages_are_measured_before_they_are_read() {
        let call = r#"{"id":1,"method_name":"repair"}"#;
        let padded = |len: usize| call.to_owned() + &" ".repeat(len - call.len());
        assert!(Request::read(&padded(MAX_MESSAGE_BYTES), CAPACITIES).is_ok());
        let refused = Request::read(&padded(MAX_MESSAGE_BYTES + 1), CAPACITIES);
        assert_eq!(refused, Err(Refused::new(json!(null), Error::TooLong)));
    }

    #[test]
    fn capacities_of_the_storage_count() {
        let text = request_text(1, Method::AllDocs, &[json!({ "include_docs": true })]);
        assert!(Request::read(&text, CAPACITIES).is_ok());
        let refused = Request::read(&text, QUERY_STORAGE_CAPACITIES).unwrap_err();
        assert_eq!(refused.error.status_code(), 501);
    }
}
