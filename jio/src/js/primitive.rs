//! Relational comparison and truth (ECMA-262 §7.2.13, §7.1.2).

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::Value;

use super::{cmp_utf16, to_number, value_text};

/// A value as `<` sees it: objects and arrays have become texts, everything else a number.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Primitive<'a> {
    /// A text, or what an array or object turns into.
    Text(Cow<'a, str>),
    /// A number; booleans are 1 and 0, null is 0.
    Number(f64),
}

impl<'a> Primitive<'a> {
    /// The primitive of a value.
    pub(crate) fn of(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Number(0.0),
            Value::Bool(flag) => Self::Number(f64::from(u8::from(*flag))),
            Value::Number(number) => Self::Number(number.as_f64().unwrap_or(f64::NAN)),
            Value::String(_) | Value::Array(_) | Value::Object(_) => Self::Text(value_text(value)),
        }
    }

    /// The same, independent of the value it was made of.
    pub(crate) fn into_owned(self) -> Primitive<'static> {
        match self {
            Self::Text(text) => Primitive::Text(Cow::Owned(text.into_owned())),
            Self::Number(number) => Primitive::Number(number),
        }
    }

    fn number(&self) -> f64 {
        match self {
            Self::Text(text) => to_number(text),
            Self::Number(number) => *number,
        }
    }
}

/// Orders two primitives: two texts by UTF-16 code units, anything else as numbers; `None` when
/// one of them is not a number, and then neither `<` nor `>=` holds.
pub(crate) fn order(left: &Primitive<'_>, right: &Primitive<'_>) -> Option<Ordering> {
    match (left, right) {
        (Primitive::Text(left), Primitive::Text(right)) => Some(cmp_utf16(left, right)),
        (left, right) => left.number().partial_cmp(&right.number()),
    }
}

/// `Number(value)`.
pub(crate) fn value_number(value: &Value) -> f64 {
    Primitive::of(value).number()
}

/// `Boolean(value)`: false for null, false, 0 and the empty text.
pub(crate) fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64().is_some_and(|number| number != 0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn relational_comparison_is_that_of_javascript() {
        let table = [
            (json!("9"), json!("10"), Some(Ordering::Greater)),
            (json!(9), json!("10"), Some(Ordering::Less)),
            (json!("B"), json!("a"), Some(Ordering::Less)),
            (json!(true), json!("1"), Some(Ordering::Equal)),
            (json!(null), json!(0), Some(Ordering::Equal)),
            (json!(null), json!("a"), None),
            (json!(1), json!("a"), None),
            (json!([5]), json!(4), Some(Ordering::Greater)),
            (json!([1, 2]), json!("1,3"), Some(Ordering::Less)),
            (json!({}), json!("[object Object]"), Some(Ordering::Equal)),
            (json!({}), json!(0), None),
        ];
        for (left, right, expected) in table {
            let found = order(&Primitive::of(&left), &Primitive::of(&right));
            assert_eq!(found, expected, "{left} {right}");
        }
    }

    #[test]
    fn only_four_json_values_are_false() {
        for value in [json!(null), json!(false), json!(0), json!(-0.0), json!("")] {
            assert!(!is_truthy(&value), "{value}");
        }
        for value in [json!(true), json!("0"), json!([]), json!({}), json!(0.1)] {
            assert!(is_truthy(&value), "{value}");
        }
    }
}
