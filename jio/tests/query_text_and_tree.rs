//! Properties of queries as text and as JSON: printing and reading are inverse, and nothing that is
//! read panics.

use jio::{Query, search_text};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Words, spaces, signs and odd characters, so that random texts often get past the first token.
fn query_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            "AND", "OR", "NOT", "(", ")", ":", "\"", "\\", "=", "!=", "<", "<=", ">", ">=", "!", " ",
            "\u{a0}", "%", "_", "é", "😀",
        ])
        .prop_map(str::to_owned),
        2 => "[a-c]{1,2}",
        1 => "[a-c]:",
        1 => any::<String>(),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// Values a quoted text can hold: no backslash before a quote or at the end.
fn term() -> impl Strategy<Value = Value> {
    let value = prop_oneof![
        "[a-z \"%:()=é😀\n]{0,6}",
        Just("AND".to_owned()),
        Just(r"a\n\\b".to_owned())
    ];
    let key = prop_oneof![3 => Just(String::new()), 5 => "[a-z_.é-]{1,3}"];
    let operator = prop::option::of(prop::sample::select(vec!["=", "!=", "<", "<=", ">", ">="]));
    (key, value, operator).prop_map(|(key, value, operator)| {
        let mut term = json!({ "type": "simple", "key": key, "value": value });
        if let Some(operator) = operator {
            term["operator"] = json!(operator);
        }
        term
    })
}

/// Trees such as a text becomes: no child joined by its parent's word, NOT with one child.
fn tree() -> impl Strategy<Value = Value> {
    term().prop_recursive(5, 40, 4, |inner| {
        let word = prop::sample::select(vec!["AND", "OR", "NOT"]);
        (word, prop::collection::vec(inner, 2..4))
            .prop_map(|(word, children)| joined(word, children))
    })
}

fn joined(word: &str, children: Vec<Value>) -> Value {
    let takes_in = |child: &Value| child["operator"] == word && child["type"] == "complex";
    if word == "NOT" {
        let child = &children[0];
        return match takes_in(child) {
            true => child["query_list"][0].clone(),
            false => json!({ "type": "complex", "operator": "NOT", "query_list": [child] }),
        };
    }
    let list: Vec<Value> = children
        .into_iter()
        .flat_map(|child| match takes_in(&child) {
            true => child["query_list"].as_array().cloned().unwrap_or_default(),
            false => vec![child],
        })
        .collect();
    json!({ "type": "complex", "operator": word, "query_list": list })
}

/// JSON that resembles queries.
fn query_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        query_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 4, |inner| {
        let name = prop::sample::select(vec![
            "type",
            "key",
            "value",
            "operator",
            "query_list",
            "read_from",
            "cast_to",
        ]);
        let kind = prop::sample::select(vec!["simple", "complex"]);
        let members = prop::collection::hash_map(name, inner.clone(), 0..5);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            (kind, members).prop_map(|(kind, members)| {
                let mut query = json!(members);
                query["type"] = json!(kind);
                query
            }),
        ]
    })
}

proptest! {
    #[test]
    fn printed_trees_are_read_again(tree in tree()) {
        let query = Query::from_json(&tree).unwrap();
        prop_assert_eq!(&query.to_json(), &tree);
        prop_assert_eq!(query.to_text(), search_text(&tree).unwrap());
        let read = Query::parse(&query.to_text()).unwrap();
        prop_assert_eq!(read.to_json(), tree);
    }

    #[test]
    fn texts_that_are_queries_survive_json(text in query_text()) {
        if let Ok(query) = Query::parse(&text) {
            prop_assert_eq!(Query::from_json(&query.to_json()).unwrap(), query);
        }
    }

    #[test]
    fn values_that_are_queries_survive_json(value in query_json()) {
        let _ = search_text(&value);
        if let Ok(query) = Query::from_json(&value) {
            query.to_text();
            prop_assert_eq!(Query::from_json(&query.to_json()).unwrap(), query);
        }
    }
}
