//! By what two contents of a record are compared, without keeping either.

use jio::Document;
use serde_json::{Number, Value};
use sha2::{Digest, Sha256};

/// Names a content: half of a SHA-256 over it. The order of properties plays no part, nor how a number is
/// written, since servers give both back otherwise than they got them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Content([u8; 16]);

impl Content {
    /// The name of a document's content.
    pub fn of(document: &Document) -> Self {
        let mut hasher = Sha256::new();
        members(document, &mut hasher);
        Self::from_hash(&hasher.finalize())
    }

    /// The name of nothing that could be written: whatever is compared with it has changed.
    pub(super) const NOBODYS: Self = Self([0; 16]);

    /// Of an attachment: half of the SHA-256 of its bytes.
    pub(super) fn from_hash(hash: &[u8]) -> Self {
        let mut half = [0; 16];
        half.copy_from_slice(&hash[..16]);
        Self(half)
    }

    pub(super) fn to_text(self) -> String {
        format!("{:032x}", u128::from_be_bytes(self.0))
    }

    pub(super) fn from_text(text: &str) -> Option<Self> {
        let number = u128::from_str_radix(text, 16).ok()?;
        Some(Self(number.to_be_bytes()))
    }
}

/// Each value begins with a byte for its kind and carries its length, so that no two have one form.
fn value(value: &Value, hasher: &mut Sha256) {
    match value {
        Value::Null => hasher.update([0]),
        Value::Bool(is_true) => hasher.update([1, u8::from(*is_true)]),
        Value::Number(number) => {
            hasher.update([2]);
            text(&digits(number), hasher);
        }
        Value::String(string) => {
            hasher.update([3]);
            text(string, hasher);
        }
        Value::Array(elements) => {
            hasher.update([4]);
            hasher.update((elements.len() as u64).to_be_bytes());
            for element in elements {
                self::value(element, hasher);
            }
        }
        Value::Object(object) => {
            hasher.update([5]);
            members(object, hasher);
        }
    }
}

fn members(object: &Document, hasher: &mut Sha256) {
    let mut sorted: Vec<_> = object.iter().collect();
    sorted.sort_unstable_by_key(|(name, _)| *name);
    hasher.update((sorted.len() as u64).to_be_bytes());
    for (name, member) in sorted {
        text(name, hasher);
        value(member, hasher);
    }
}

fn text(text: &str, hasher: &mut Sha256) {
    hasher.update((text.len() as u64).to_be_bytes());
    hasher.update(text);
}

/// `1`, `1.0` and `1e0` are one number to JavaScript.
fn digits(number: &Number) -> String {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match number.as_f64() {
        Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < EXACT => {
            (float as i64).to_string()
        }
        _ => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Content {
        Content::of(&serde_json::from_str(text).unwrap())
    }

    #[test]
    fn order_and_spelling_play_no_part() {
        assert_eq!(
            of(r#"{"a":1,"b":{"c":0,"d":[1]}}"#),
            of(r#"{"b":{"d":[1.0],"c":-0.0},"a":1e0}"#)
        );
    }

    #[test]
    fn everything_else_does() {
        let texts = [
            "{}",
            r#"{"a":null}"#,
            r#"{"a":false}"#,
            r#"{"a":0}"#,
            r#"{"a":"0"}"#,
            r#"{"a":""}"#,
            r#"{"a":[]}"#,
            r#"{"a":{}}"#,
            r#"{"a":[[],[]]}"#,
            r#"{"a":[[[]]]}"#,
            r#"{"a":0.5}"#,
            r#"{"a":9007199254740993}"#,
            r#"{"a":9007199254740992}"#,
            r#"{"a":"","b":""}"#,
            r#"{"ab":""}"#,
        ];
        let names: std::collections::BTreeSet<_> = texts.iter().map(|text| of(text)).collect();
        assert_eq!(names.len(), texts.len());
    }

    #[test]
    fn a_name_is_read_as_it_was_written() {
        let name = of(r#"{"a":1}"#);
        assert_eq!(Content::from_text(&name.to_text()), Some(name));
        assert_eq!(Content::from_text("x"), None);
    }
}
