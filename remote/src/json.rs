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

/// A member of a value, taken out of it; null where there is none, or the value is no object.
pub(crate) fn taken(value: &mut Value, name: &str) -> Value {
    value.get_mut(name).map(Value::take).unwrap_or_default()
}
