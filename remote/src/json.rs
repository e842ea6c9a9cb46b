//! Values of replies, taken in the form that is expected.

use serde_json::{Map, Value};

/// A list.
pub(crate) fn list(value: Value) -> Option<Vec<Value>> {
    if let Value::Array(list) = value {
        Some(list)
    } else {
        None
    }
}

/// The members of an object.
pub(crate) fn object(value: Value) -> Option<Map<String, Value>> {
    if let Value::Object(members) = value {
        Some(members)
    } else {
        None
    }
}
