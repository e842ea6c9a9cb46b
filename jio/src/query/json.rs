//! The JSON form of queries, read and written.
//!
//! `{"type":"simple","key","value","operator"?}` is a term, `{"type":"complex","operator",
//! "query_list"}` joins queries, which may be texts. What a text never becomes is read too: other
//! operators mean none, other words mean AND, and nothing is merged.

use serde_json::{Map, Value, json};

use super::parser::parse_within;
use super::tree::{Comparison, Key, Logic, Node, Simple};
use crate::Error as Failure;
use crate::js::{is_truthy, value_text};
use crate::limits::{
    MAX_KEY_BYTES, MAX_QUERY_BYTES, MAX_QUERY_DEPTH, MAX_QUERY_GROUPS, MAX_QUERY_TERMS,
};

/// How a JSON query is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Neither a text nor an object whose `type` is "simple" or "complex".
    #[error("a query must be a text or a JSON query")]
    NotAQuery,
    /// `query_list` is something else than an array.
    #[error("the query_list of a complex query must be an array")]
    ListNotArray,
    /// A NOT without a query to negate. deviates: jIO fails once a document is tested.
    #[error("NOT needs a query")]
    EmptyNot,
    /// A key object without `read_from`, or null or an array in place of a key.
    #[error("a key must be a text or an object with read_from")]
    KeyWithoutSource,
    /// A key object with another member. Casts and own comparisons exist in programs only.
    #[error("a key has no property '{0}' here")]
    KeyProperty(String),
    /// A key is longer than [`MAX_KEY_BYTES`].
    #[error("a key of the query is longer than {MAX_KEY_BYTES} bytes")]
    LongKey,
    /// All values and texts together are longer than [`MAX_QUERY_BYTES`].
    #[error("the query is longer than {MAX_QUERY_BYTES} bytes")]
    TooLong,
    /// There are more terms than [`MAX_QUERY_TERMS`].
    #[error("the query has more than {MAX_QUERY_TERMS} terms")]
    TooManyTerms,
    /// There are more groups than [`MAX_QUERY_GROUPS`].
    #[error("the query has more than {MAX_QUERY_GROUPS} groups")]
    TooManyGroups,
    /// Levels go deeper than [`MAX_QUERY_DEPTH`].
    #[error("the query is nested deeper than {MAX_QUERY_DEPTH} levels")]
    TooDeep,
}

/// Reads the option `query`; false values match everything.
pub(super) fn read(value: &Value) -> Result<Node, Failure> {
    if is_truthy(value) {
        Budget::default().node(value, 1)
    } else {
        Ok(Node::All)
    }
}

/// Writes a tree; null for the one that matches everything.
pub(super) fn write(node: &Node) -> Value {
    match node {
        Node::All => Value::Null,
        Node::Simple(simple) => write_simple(simple),
        Node::Complex(logic, children) => json!({
            "type": "complex",
            "operator": logic.word(),
            "query_list": children.iter().map(write_child).collect::<Vec<_>>(),
        }),
    }
}

/// Inside a list, null would not be read again; the empty text is.
fn write_child(node: &Node) -> Value {
    match node {
        Node::All => json!(""),
        Node::Simple(_) | Node::Complex(..) => write(node),
    }
}

fn write_simple(simple: &Simple) -> Value {
    let mut object = Map::new();
    object.insert("type".to_owned(), json!("simple"));
    match &simple.key {
        Key::Absent => {}
        Key::Name(name) => _ = object.insert("key".to_owned(), json!(name)),
        Key::ReadFrom(name) => _ = object.insert("key".to_owned(), json!({ "read_from": name })),
    }
    if let Some(value) = &simple.value {
        object.insert("value".to_owned(), value.clone());
    }
    if let Some(comparison) = simple.comparison {
        object.insert("operator".to_owned(), json!(comparison.sign()));
    }
    Value::Object(object)
}

/// What the limits still leave for the rest of a query.
struct Budget {
    terms: usize,
    groups: usize,
    bytes: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            terms: MAX_QUERY_TERMS,
            groups: MAX_QUERY_GROUPS,
            bytes: MAX_QUERY_BYTES,
        }
    }
}

impl Budget {
    fn spend_terms(&mut self, terms: usize) -> Result<(), Error> {
        self.terms = self.terms.checked_sub(terms).ok_or(Error::TooManyTerms)?;
        Ok(())
    }

    fn spend_group(&mut self) -> Result<(), Error> {
        self.groups = self.groups.checked_sub(1).ok_or(Error::TooManyGroups)?;
        Ok(())
    }

    fn spend_bytes(&mut self, bytes: usize) -> Result<(), Error> {
        self.bytes = self.bytes.checked_sub(bytes).ok_or(Error::TooLong)?;
        Ok(())
    }

    /// Reads one query; `level` counts from 1 at the outermost.
    fn node(&mut self, value: &Value, level: usize) -> Result<Node, Failure> {
        if level > MAX_QUERY_DEPTH {
            return Err(Error::TooDeep.into());
        }
        if let Value::String(text) = value {
            return self.text(text, level);
        }
        match value.get("type").and_then(Value::as_str) {
            Some("simple") => Ok(Node::Simple(self.simple(value)?)),
            Some("complex") => self.complex(value, level),
            _ => Err(Error::NotAQuery.into()),
        }
    }

    fn text(&mut self, text: &str, level: usize) -> Result<Node, Failure> {
        self.spend_bytes(text.len())?;
        let part = parse_within(text, self.terms)?;
        if level + part.depth > MAX_QUERY_DEPTH + 1 {
            return Err(Error::TooDeep.into());
        }
        if part.terms == 0 {
            self.spend_group()?;
        }
        self.spend_terms(part.terms)?;
        Ok(part.node)
    }

    fn simple(&mut self, value: &Value) -> Result<Simple, Error> {
        self.spend_terms(1)?;
        let key = read_key(value.get("key"))?;
        if let Key::Name(name) | Key::ReadFrom(name) = &key
            && name.len() > MAX_KEY_BYTES
        {
            return Err(Error::LongKey);
        }
        let compared = value.get("value");
        self.spend_bytes(compared.map_or(0, |value| value_text(value).len()))?;
        let sign = value
            .get("operator")
            .and_then(Value::as_str)
            .unwrap_or_default();
        Ok(Simple {
            key,
            value: compared.cloned(),
            comparison: Comparison::from_sign(sign),
        })
    }

    fn complex(&mut self, value: &Value, level: usize) -> Result<Node, Failure> {
        self.spend_group()?;
        let word = value
            .get("operator")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let logic = match word.to_ascii_uppercase().as_str() {
            "OR" => Logic::Or,
            "NOT" => Logic::Not,
            _ => Logic::And,
        };
        let children = match value.get("query_list") {
            Some(Value::Array(list)) => list
                .iter()
                .map(|child| self.node(child, level + 1))
                .collect::<Result<_, _>>()?,
            Some(value) if is_truthy(value) => return Err(Error::ListNotArray.into()),
            Some(_) | None => Vec::new(),
        };
        if logic == Logic::Not && children.is_empty() {
            return Err(Error::EmptyNot.into());
        }
        Ok(Node::Complex(logic, children))
    }
}

/// Reads a key. deviates: jIO finds out that a key is malformed when the first document gets as far
/// as this term; here the query is refused at once.
fn read_key(key: Option<&Value>) -> Result<Key, Error> {
    match key {
        None => Ok(Key::Absent),
        Some(Value::Object(members)) => read_key_object(members),
        Some(Value::Null | Value::Array(_)) => Err(Error::KeyWithoutSource),
        Some(name) => Ok(Key::Name(value_text(name).into_owned())),
    }
}

fn read_key_object(members: &Map<String, Value>) -> Result<Key, Error> {
    let source = members.get("read_from").ok_or(Error::KeyWithoutSource)?;
    match members.keys().find(|name| *name != "read_from") {
        Some(other) => Err(Error::KeyProperty(other.clone())),
        None => Ok(Key::ReadFrom(value_text(source).into_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::SyntaxError;

    fn simple(key: Value) -> Value {
        json!({ "type": "simple", "key": key, "value": "v" })
    }

    fn complex(operator: &str, list: Value) -> Value {
        json!({ "type": "complex", "operator": operator, "query_list": list })
    }

    fn error(value: &Value) -> Failure {
        read(value).unwrap_err()
    }

    #[test]
    fn what_is_read_is_written_again() {
        let queries = [
            json!(null),
            simple(json!("k")),
            simple(json!({ "read_from": "k" })),
            json!({ "type": "simple" }),
            json!({ "type": "simple", "key": "k", "value": [1, {}], "operator": ">=" }),
            complex(
                "OR",
                json!([simple(json!("a")), "", complex("AND", json!([]))]),
            ),
            complex("NOT", json!([simple(json!("a")), simple(json!("b"))])),
        ];
        for query in queries {
            assert_eq!(write(&read(&query).unwrap()), query);
        }
    }

    #[test]
    fn meaningless_words_are_no_words() {
        let word = complex("XOR", json!([]));
        assert_eq!(write(&read(&word).unwrap()), complex("AND", json!([])));
        assert_eq!(
            write(&read(&json!({ "type": "complex" })).unwrap()),
            complex("AND", json!([]))
        );
        assert_eq!(
            write(&read(&complex("or", json!(["k:v"]))).unwrap()),
            complex("OR", json!([simple(json!("k"))])),
        );
        let like = json!({ "type": "simple", "key": 5, "value": "v", "operator": "like" });
        assert_eq!(write(&read(&like).unwrap()), simple(json!("5")));
    }

    #[test]
    fn other_shapes_are_refused() {
        let table = [
            (json!(5), Error::NotAQuery),
            (json!(true), Error::NotAQuery),
            (json!([]), Error::NotAQuery),
            (json!({}), Error::NotAQuery),
            (json!({ "type": "foo" }), Error::NotAQuery),
            (complex("AND", json!([null])), Error::NotAQuery),
            (complex("AND", json!("a")), Error::ListNotArray),
            (complex("NOT", json!([])), Error::EmptyNot),
            (simple(json!({})), Error::KeyWithoutSource),
            (simple(json!(null)), Error::KeyWithoutSource),
            (
                simple(json!({ "read_from": "k", "cast_to": "x" })),
                Error::KeyProperty("cast_to".to_owned()),
            ),
        ];
        for (value, expected) in table {
            assert_eq!(error(&value), Failure::Shape(expected), "{value}");
        }
        assert_eq!(
            error(&complex("AND", json!(["("]))),
            Failure::Syntax(SyntaxError::Incomplete)
        );
    }

    #[test]
    fn limits_hold_at_the_bound_and_one_past() {
        let nested = |levels: usize, core: Value| {
            (1..levels).fold(core, |inner, _| complex("NOT", json!([inner])))
        };
        assert!(read(&nested(MAX_QUERY_DEPTH, json!("a"))).is_ok());
        assert!(read(&nested(MAX_QUERY_DEPTH - 1, json!("a b"))).is_ok());
        let too_deep = Failure::Shape(Error::TooDeep);
        assert_eq!(error(&nested(MAX_QUERY_DEPTH + 1, json!("a"))), too_deep);
        assert_eq!(error(&nested(MAX_QUERY_DEPTH, json!("a b"))), too_deep);

        let many = |child: Value, count| complex("AND", json!(vec![child; count]));
        let terms = many(simple(json!("k")), MAX_QUERY_TERMS);
        assert!(read(&terms).is_ok());
        let too_many = Some(Failure::Shape(Error::TooManyTerms));
        assert_eq!(read(&many(terms, 2)).err(), too_many);
        let texts = many(json!("a"), MAX_QUERY_TERMS + 1);
        let too_many = Some(Failure::Syntax(SyntaxError::TooManyTerms));
        assert_eq!(read(&texts).err(), too_many);

        let too_many = Some(Failure::Shape(Error::TooManyGroups));
        for child in [json!(""), complex("AND", json!([]))] {
            assert!(read(&many(child.clone(), MAX_QUERY_GROUPS - 1)).is_ok());
            assert_eq!(read(&many(child, MAX_QUERY_GROUPS)).err(), too_many);
        }

        let keyed = |len| simple(json!("k".repeat(len)));
        assert!(read(&keyed(MAX_KEY_BYTES)).is_ok());
        assert_eq!(
            error(&keyed(MAX_KEY_BYTES + 1)),
            Failure::Shape(Error::LongKey)
        );

        let long = |len| json!({ "type": "simple", "key": "k", "value": "v".repeat(len) });
        assert!(read(&long(MAX_QUERY_BYTES)).is_ok());
        assert_eq!(
            error(&long(MAX_QUERY_BYTES + 1)),
            Failure::Shape(Error::TooLong)
        );
    }

    #[test]
    fn widest_text_fits_the_limits_of_json() {
        let one = "NOT(a OR NOT b)";
        let text = vec![one; MAX_QUERY_TERMS / 2].join(" ");
        let query = write(&parse_within(&text, MAX_QUERY_TERMS).unwrap().node);
        assert_eq!(write(&read(&query).unwrap()), query);
    }
}
