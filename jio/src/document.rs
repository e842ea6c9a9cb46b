//! Documents: plain JSON objects.

use serde_json::{Map, Value};

/// A document: property names and JSON values, in the order they were written.
///
/// Names that mean something to JavaScript (`__proto__`, `constructor`) are ordinary here.
pub type Document = Map<String, Value>;

/// The name under which queries and sorting see a document's id; a property stored under it is
/// never seen by them.
pub const ID_KEY: &str = "__id";

/// Why a value is not a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// An array, text, number, boolean or null.
    #[error("a document must be a plain object")]
    NotAnObject,
}

/// Takes a JSON value as a document.
///
/// deviates: jIO stores anything, and one stored null then makes every later query fail.
///
/// # Errors
/// [`Error::NotAnObject`] for arrays, texts, numbers, booleans and null.
pub fn document(value: Value) -> Result<Document, Error> {
    match value {
        Value::Object(members) => Ok(members),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(Error::NotAnObject)
        }
    }
}

/// The property of a name. Most documents are small, and then looking at each name is faster than
/// hashing: it touches less memory, which is what a query over many documents waits for.
pub(crate) fn property<'a>(document: &'a Document, name: &str) -> Option<&'a Value> {
    const SMALL: usize = 16;
    if document.len() > SMALL {
        return document.get(name);
    }
    document
        .iter()
        .find(|(own, _)| *own == name)
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_plain_objects_are_documents() {
        assert_eq!(document(json!({})), Ok(Document::new()));
        for value in [json!(null), json!([]), json!("x"), json!(1), json!(true)] {
            assert_eq!(document(value), Err(Error::NotAnObject));
        }
    }
}
