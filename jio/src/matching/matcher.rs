//! A whole query, compiled against a schema.

use super::term::Term;
use crate::document::Document;
use crate::error::Kind;
use crate::limits::MAX_HOLED_STRETCH;
use crate::query::{Logic, Node, Query};
use crate::schema::Schema;

/// Why a query cannot be evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A wildcard stretch between two `%` has a `_` and is longer than [`MAX_HOLED_STRETCH`].
    #[error("a wildcard has more than {MAX_HOLED_STRETCH} characters between two % and a _ in it")]
    LongStretch,
    /// The key `__proto__`. deviates: jIO refuses it too, but only once a document is tested.
    #[error("'__proto__' cannot be a key")]
    ProtoKey,
}

impl Error {
    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::LongStretch => Kind::Jio,
            Self::ProtoKey => Kind::Type,
        }
    }
}

/// A compiled query.
#[derive(Debug)]
pub(crate) struct Matcher {
    root: Step,
}

/// A level of it; no deeper than the query, so within the limits.
#[derive(Debug)]
enum Step {
    Always,
    Never,
    Term(Term),
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
}

impl Matcher {
    /// Compiles a query.
    pub(crate) fn new(query: &Query, schema: &Schema) -> Result<Self, Error> {
        Ok(Self {
            root: Step::new(query.root(), schema)?,
        })
    }

    /// Does this document satisfy the query?
    pub(crate) fn matches(&self, id: &str, document: &Document) -> bool {
        self.root.matches(id, document)
    }
}

impl Step {
    fn new(node: &Node, schema: &Schema) -> Result<Self, Error> {
        let all = |nodes: &[Node]| -> Result<Vec<_>, Error> {
            nodes.iter().map(|node| Self::new(node, schema)).collect()
        };
        Ok(match node {
            Node::All => Self::Always,
            Node::Simple(simple) => Term::new(simple, schema)?.map_or(Self::Never, Self::Term),
            Node::Complex(Logic::And, children) => Self::All(all(children)?),
            Node::Complex(Logic::Or, children) => Self::Any(all(children)?),
            Node::Complex(Logic::Not, children) => match children.first() {
                Some(negated) => Self::Not(Box::new(Self::new(negated, schema)?)),
                None => Self::Never,
            },
        })
    }

    fn matches(&self, id: &str, document: &Document) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Term(term) => term.matches(id, document),
            Self::All(steps) => steps.iter().all(|step| step.matches(id, document)),
            Self::Any(steps) => steps.iter().any(|step| step.matches(id, document)),
            Self::Not(step) => !step.matches(id, document),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn matches(query: &Value, document: &Value) -> bool {
        let query = Query::from_json(query).unwrap();
        let matcher = Matcher::new(&query, &Schema::default()).unwrap();
        matcher.matches("the id", document.as_object().unwrap())
    }

    fn check(table: &[(&str, Value, bool)]) {
        for (query, document, expected) in table {
            assert_eq!(
                matches(&json!(query), document),
                *expected,
                "{query} {document}"
            );
        }
    }

    #[test]
    fn equality_compares_texts_of_any_element() {
        check(&[
            ("k:a", json!({"k": "a"}), true),
            ("k:a", json!({"k": "A"}), false),
            ("k:a", json!({}), false),
            ("k:!=a", json!({}), false),
            ("k:!=a", json!({"k": ["b", "a"]}), false),
            ("k:!=a", json!({"k": []}), true),
            ("k:10", json!({"k": 10}), true),
            ("k:10", json!({"k": 10.0}), true),
            ("k:10.0", json!({"k": 10}), false),
            ("k:0", json!({"k": -0.0}), true),
            ("k:\"-0\"", json!({"k": -0.0}), false),
            ("k:true", json!({"k": true}), true),
            ("k:\"1,2\"", json!({"k": [[1, 2]]}), true),
            ("k:x", json!({"k": {"content": "x"}}), true),
            ("k:\"[object Object]\"", json!({"k": {"x": 1}}), true),
            ("k:=\"a%\"", json!({"k": "ab"}), false),
        ]);
    }

    #[test]
    fn order_looks_at_the_first_element_only() {
        check(&[
            ("k:>4", json!({"k": [5, 1]}), true),
            ("k:<4", json!({"k": [5, 1]}), false),
            ("k:>99", json!({"k": "100"}), false),
            ("k:>99", json!({"k": 100}), true),
            ("k:<abc", json!({"k": 1}), false),
            ("k:<1", json!({"k": []}), false),
            ("__id:>=the", json!({}), true),
        ]);
    }

    #[test]
    fn terms_without_key_look_everywhere_but_at_the_id() {
        check(&[
            ("ID", json!({"a": 1}), false),
            ("b", json!({"__id": "b"}), false),
            ("!=alph", json!({"a": ["x", "ALPHA"]}), true),
            ("0", json!({"a": 0}), false),
            ("0", json!({"a": [0]}), true),
            ("null", json!({"a": null}), false),
            ("\"\"", json!({"a": ""}), false),
            ("\"\"", json!({"a": true}), true),
            (
                "own",
                json!({"hasOwnProperty": "own", "__proto__": 1}),
                true,
            ),
        ]);
    }

    #[test]
    fn null_and_nothing_match_nothing_instead_of_failing() {
        check(&[
            ("k:null", json!({"k": null}), false),
            ("k:!=x", json!({"k": null}), false),
            ("k:<1", json!({"k": null}), false),
            ("k:\"%\"", json!({"k": null}), false),
            ("k:x", json!({"k": [null, "x"]}), true),
            ("k:>0", json!({"k": [null, 5]}), false),
            ("k:!=x", json!({"k": {"content": null}}), false),
            ("null", json!({"k": [null]}), false),
            ("NOT k:x", json!({"k": null}), true),
        ]);
        let null = json!({"type": "simple", "key": "k", "value": null, "operator": "!="});
        assert!(!matches(&null, &json!({"k": "x"})));
    }

    #[test]
    fn names_that_objects_inherit_never_match_as_keys() {
        for name in ["constructor", "toString", "hasOwnProperty", "valueOf"] {
            assert!(!matches(&json!(format!("{name}:x")), &json!({name: "x"})));
            let from = json!({"type": "simple", "key": {"read_from": name}, "value": "x"});
            assert!(matches(&from, &json!({name: "x"})));
        }
    }

    #[test]
    fn typed_keys_compare_instants() {
        let date = json!({"date": {"type": "string", "format": "date-time"}});
        let schema = Schema::from_json(&date).unwrap();
        let table = [
            (
                "date:\"2016-01-05T10:00Z\"",
                json!("2016-01-05T11:00+01:00"),
                true,
            ),
            (
                "date:!=\"2016-01-05T10:00Z\"",
                json!("2016-01-05T11:00+01:00"),
                false,
            ),
            (
                "date:>\"Tue, 05 Jan 2016 10:00:00 GMT\"",
                json!("2016-01-06"),
                true,
            ),
            ("date:\"2016%\"", json!("2016"), false),
            ("date:!=\"2016-01-05\"", json!("never"), false),
            ("NOT date:x", json!("2016"), true),
            ("date:1970", json!(null), true),
        ];
        for (query, value, expected) in table {
            let matcher = Matcher::new(&Query::parse(query).unwrap(), &schema).unwrap();
            let document = json!({ "date": value });
            assert_eq!(
                matcher.matches("x", document.as_object().unwrap()),
                expected,
                "{query}"
            );
        }
    }

    #[test]
    fn proto_is_refused_as_a_key_and_harmless_elsewhere() {
        let query = Query::parse("__proto__:x").unwrap();
        assert_eq!(
            Matcher::new(&query, &Schema::default()).unwrap_err(),
            Error::ProtoKey
        );
        let document = serde_json::from_str(r#"{"__proto__":{"k":"x"},"a":"b"}"#).unwrap();
        assert!(!matches(&json!("k:x"), &document));
        assert!(matches(&json!("a:b"), &document));
    }

    #[test]
    fn pattern_over_its_limit_is_refused() {
        let query = Query::parse(&format!("k:%_{}%", "a".repeat(MAX_HOLED_STRETCH))).unwrap();
        assert_eq!(
            Matcher::new(&query, &Schema::default()).unwrap_err(),
            Error::LongStretch
        );
    }
}
