//! What records say, compared and named: servers and JavaScript write the same number in several ways.

use jio::Document;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Whether two documents say the same: property by property in any order, numbers by their value.
pub(crate) fn is_same(one: &Document, other: &Document) -> bool {
    one.len() == other.len()
        && one
            .iter()
            .all(|(name, value)| other.get(name).is_some_and(|own| is_same_value(value, own)))
}

fn is_same_value(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::Object(one), Value::Object(other)) => is_same(one, other),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(one, other)| is_same_value(one, other))
        }
        _ => one == other,
    }
}

/// A short name of what a document says; 128 bits, so that two states have the same one never by chance.
/// Properties in any order, and `text` says how a value is written.
pub(crate) fn fingerprint(document: &Document, text: impl Fn(&Value) -> String) -> String {
    let mut members: Vec<_> = document.iter().collect();
    members.sort_by_key(|(name, _)| *name);
    let mut hash = Sha256::new();
    for (name, value) in members {
        for part in [name.as_str(), &text(value)] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
    }
    data_encoding::HEXLOWER.encode(&hash.finalize()[..16])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn document(value: Value) -> Document {
        jio::document(value).unwrap()
    }

    #[test]
    fn the_same_said_in_other_words_is_the_same() {
        let one = document(json!({ "a": [1, { "b": 2.0 }], "c": null }));
        let other = document(json!({ "c": null, "a": [1.0, { "b": 2 }] }));
        assert!(is_same(&one, &other));
        for different in [
            json!({ "a": [1, { "b": 2 }] }),
            json!({ "a": [1, { "b": 2 }], "c": false }),
            json!({ "a": [1], "c": null }),
            json!({ "a": [1, { "b": 2 }], "d": null }),
        ] {
            assert!(!is_same(&one, &document(different)));
        }
    }

    #[test]
    fn fingerprints_tell_properties_apart_and_not_their_order() {
        let name = |value| fingerprint(&document(value), Value::to_string);
        assert_eq!(
            name(json!({ "a": 1, "b": 2 })),
            name(json!({ "b": 2, "a": 1 }))
        );
        assert_ne!(
            name(json!({ "a": "1", "b": "" })),
            name(json!({ "a": "", "b": "1" }))
        );
        assert_ne!(name(json!({ "ab": "c" })), name(json!({ "a": "bc" })));
        assert_eq!(name(json!({})).len(), 32);
    }
}
