//! Texts: `String(value)`, order by UTF-16 code units, white space.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::slice;

use serde_json::Value;

use super::number_text;

/// What `String(object)` is for every plain object.
pub(crate) const OBJECT_TEXT: &str = "[object Object]";

/// `String(value)`. Allocates for numbers and arrays only.
pub(crate) fn value_text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => Cow::Borrowed("null"),
        Value::Bool(true) => Cow::Borrowed("true"),
        Value::Bool(false) => Cow::Borrowed("false"),
        Value::Number(number) => Cow::Owned(number_text(number.as_f64().unwrap_or(f64::NAN))),
        Value::String(text) => Cow::Borrowed(text),
        Value::Array(list) => Cow::Owned(joined(list)),
        Value::Object(_) => Cow::Borrowed(OBJECT_TEXT),
    }
}

/// `list.join(",")`: nulls are empty, inner arrays are joined the same way. Walks with its own
/// stack, so that no document is nested too deeply for it.
fn joined(list: &[Value]) -> String {
    let mut text = String::new();
    let mut open: Vec<(slice::Iter<'_, Value>, bool)> = vec![(list.iter(), true)];
    while let Some((rest, is_first)) = open.last_mut() {
        let Some(element) = rest.next() else {
            open.pop();
            continue;
        };
        if !std::mem::take(is_first) {
            text.push(',');
        }
        match element {
            Value::Null => {}
            Value::Array(inner) => open.push((inner.iter(), true)),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
                text.push_str(&value_text(element));
            }
        }
    }
    text
}

/// Compares two texts by UTF-16 code units, as JavaScript and IndexedDB do.
///
/// The order of UTF-8 bytes is the same, except that characters beyond U+FFFF, which UTF-16 writes
/// with surrogates, come before U+E000 and what follows it.
pub(crate) fn cmp_utf16(left: &str, right: &str) -> Ordering {
    const FIRST_ABOVE_SURROGATES: u8 = 0xee;
    const FIRST_BEYOND_BMP: u8 = 0xf0;
    let differing = left.bytes().zip(right.bytes()).find(|(a, b)| a != b);
    let Some((a, b)) = differing else {
        return left.len().cmp(&right.len());
    };
    let both_high = a >= FIRST_ABOVE_SURROGATES && b >= FIRST_ABOVE_SURROGATES;
    if both_high && (a >= FIRST_BEYOND_BMP) != (b >= FIRST_BEYOND_BMP) {
        return b.cmp(&a);
    }
    a.cmp(&b)
}

/// White space of JavaScript's `\s` and `trim` (ECMA-262 §12.2, §12.3): not U+0085, but U+FEFF.
pub(crate) fn is_white_space(c: char) -> bool {
    match c {
        '\u{85}' => false,
        '\u{feff}' => true,
        other => other.is_whitespace(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_become_the_texts_javascript_makes_of_them() {
        let table = [
            (json!(null), "null"),
            (json!(true), "true"),
            (json!(1.0), "1"),
            (json!("é"), "é"),
            (json!({"a": 1}), "[object Object]"),
            (json!([]), ""),
            (json!([[]]), ""),
            (json!([null]), ""),
            (json!([[], []]), ","),
            (json!([1, [2, [null, "x"]], {}]), "1,2,,x,[object Object]"),
            (json!([[1, 2], [3]]), "1,2,3"),
        ];
        for (value, text) in table {
            assert_eq!(value_text(&value), text, "{value}");
        }
    }

    #[test]
    fn order_is_that_of_utf16_code_units() {
        let ascending = [
            "", "B", "a", "aa", "é", "标", "\u{d7ff}", "😀", "😁", "\u{e000}", "ａ",
        ];
        for (i, left) in ascending.iter().enumerate() {
            for (j, right) in ascending.iter().enumerate() {
                assert_eq!(cmp_utf16(left, right), i.cmp(&j), "{left} {right}");
            }
        }
    }

    #[test]
    fn white_space_is_that_of_javascript() {
        for c in "\t\n\u{b}\u{c}\r \u{a0}\u{1680}\u{2000}\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}\u{feff}".chars() {
            assert!(is_white_space(c), "{c:?}");
        }
        for c in "\u{85}\u{180e}\u{200b}\u{2060}x".chars() {
            assert!(!is_white_space(c), "{c:?}");
        }
    }
}
