//! Writes JSON queries as text, in jIO's spacing.
//!
//! Works on JSON rather than on the tree, because words that mean nothing are written as they are.

use std::borrow::Cow;

use serde_json::Value;

use super::json::{self, Error};
use super::tree::Node;
use crate::js::{is_truthy, value_text};
use crate::limits::MAX_QUERY_DEPTH;

/// Writes a JSON query as query text, as jIO's `objectToSearchText` does.
///
/// ```
/// let query = serde_json::json!({ "type": "complex", "operator": "OR", "query_list": [
///     { "type": "simple", "key": "last", "value": "Hopper" },
///     { "type": "simple", "key": "last", "value": "Lovelace" },
/// ] });
/// assert_eq!(jio::search_text(&query).unwrap(), r#"last: (  "Hopper" OR  "Lovelace" )"#);
/// ```
///
/// # Errors
/// [`ShapeError`](crate::ShapeError) when the value is not a JSON query or nested too deeply.
pub fn search_text(query: &Value) -> Result<String, Error> {
    let mut text = String::new();
    write(query, &mut text, 1)?;
    Ok(text)
}

/// The text of a tree, which is never too deep and always has a JSON form.
pub(super) fn of_node(node: &Node) -> String {
    match node {
        Node::All => String::new(),
        Node::Simple(_) | Node::Complex(..) => search_text(&json::write(node)).unwrap_or_default(),
    }
}

fn write(query: &Value, text: &mut String, level: usize) -> Result<(), Error> {
    if level > MAX_QUERY_DEPTH {
        return Err(Error::TooDeep);
    }
    match query.get("type").and_then(Value::as_str) {
        Some("simple") => {
            if let Some(key) = shown_key(query) {
                text.push_str(&key);
                text.push_str(": ");
            }
            write_value(query, text);
            Ok(())
        }
        Some("complex") => write_complex(query, text, level),
        _ => Err(Error::NotAQuery),
    }
}

fn write_complex(query: &Value, text: &mut String, level: usize) -> Result<(), Error> {
    let children = query
        .get("query_list")
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    let word = shown_word(query.get("operator"));
    if children.is_empty() {
        return Ok(());
    }
    if word == "NOT" {
        text.push_str("NOT ( ");
        write_list(children, "AND", text, level)?;
        text.push_str(" )");
        return Ok(());
    }
    write_list(children, &word, text, level)
}

/// Writes children with a word between them: bracketed when there are several, the key in front
/// when all of them are terms of the same key.
fn write_list(
    children: &[Value],
    word: &str,
    text: &mut String,
    level: usize,
) -> Result<(), Error> {
    let [first, others @ ..] = children else {
        return Ok(());
    };
    if others.is_empty() {
        return write(first, text, level + 1);
    }
    let common = common_key(first, others);
    if let Some(key) = common.as_deref().filter(|key| !key.is_empty()) {
        text.push_str(key);
        text.push_str(": ");
    }
    text.push_str("( ");
    for (at, child) in children.iter().enumerate() {
        if at > 0 {
            text.extend([" ", word, " "]);
        }
        match &common {
            Some(_) => write_value(child, text),
            None => write(child, text, level + 1)?,
        }
    }
    text.push_str(" )");
    Ok(())
}

/// Operator, space and quoted value of a term.
fn write_value(term: &Value, text: &mut String) {
    text.push_str(&shown_word(term.get("operator")));
    text.push_str(" \"");
    let value = term
        .get("value")
        .map_or(Cow::Borrowed("undefined"), value_text);
    text.push_str(&value.replace('"', "\\\""));
    text.push('"');
}

fn shown_word(operator: Option<&Value>) -> Cow<'_, str> {
    operator
        .filter(|operator| is_truthy(operator))
        .map_or(Cow::Borrowed(""), value_text)
}

/// The key to write in front; none for terms that look everywhere.
fn shown_key(term: &Value) -> Option<Cow<'_, str>> {
    let key = term.get("key").filter(|key| is_truthy(key))?;
    Some(
        key.get("read_from")
            .map_or_else(|| value_text(key), value_text),
    )
}

/// The key that all of these have when they are all terms; empty for no key.
fn common_key<'a>(first: &'a Value, others: &[Value]) -> Option<Cow<'a, str>> {
    let is_term = |query: &Value| query.get("type").and_then(Value::as_str) == Some("simple");
    let key = first.get("key");
    let all = std::iter::once(first).chain(others);
    let shared = all
        .into_iter()
        .all(|query| is_term(query) && query.get("key") == key);
    shared.then(|| shown_key(first).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_are_written_as_they_are() {
        let list = json!([{ "type": "simple", "value": "a" }, { "type": "simple", "key": "k" }]);
        let table = [
            (
                json!({ "type": "complex", "query_list": list }),
                r#"(  "a"  k:  "undefined" )"#,
            ),
            (
                json!({ "type": "complex", "operator": "XOR", "query_list": list }),
                r#"(  "a" XOR k:  "undefined" )"#,
            ),
            (
                json!({ "type": "complex", "operator": "NOT", "query_list": [] }),
                "",
            ),
            (
                json!({ "type": "simple", "key": { "read_from": "k" }, "value": 1 }),
                r#"k:  "1""#,
            ),
        ];
        for (query, text) in table {
            assert_eq!(search_text(&query).as_deref(), Ok(text));
        }
    }

    #[test]
    fn other_values_are_no_queries() {
        for value in [json!(null), json!("k:a"), json!({ "type": "foo" })] {
            assert_eq!(search_text(&value), Err(Error::NotAQuery));
        }
        let nested = |levels: usize| {
            (1..levels).fold(
                json!({ "type": "simple", "value": "a" }),
                |inner, _| json!({ "type": "complex", "operator": "NOT", "query_list": [inner] }),
            )
        };
        assert!(search_text(&nested(MAX_QUERY_DEPTH)).is_ok());
        assert_eq!(
            search_text(&nested(MAX_QUERY_DEPTH + 1)),
            Err(Error::TooDeep)
        );
    }
}
