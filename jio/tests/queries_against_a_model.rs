//! Random documents and queries: the answers are those of a slow model that follows the rules as
//! they are written, over UTF-16 vectors, and knows nothing of plans and patterns.

#![allow(
    clippy::unwrap_used,
    reason = "a test panics where its own queries are odd"
)]

use std::cmp::Ordering;

use jio::{AllDocs, CAPACITIES, Document, Plan, Schema};
use proptest::prelude::*;
use serde_json::{Value, json};

mod model {
    use super::*;

    pub(crate) fn matches(query: &Value, id: &str, document: &Document) -> bool {
        if query["type"] == "simple" {
            return term(query, id, document);
        }
        let mut children = query["query_list"].as_array().unwrap().iter();
        match query["operator"].as_str().unwrap() {
            "AND" => children.all(|child| matches(child, id, document)),
            "OR" => children.any(|child| matches(child, id, document)),
            _ => !matches(children.next().unwrap(), id, document),
        }
    }

    fn term(query: &Value, id: &str, document: &Document) -> bool {
        let (key, value) = (
            query["key"].as_str().unwrap(),
            query["value"].as_str().unwrap(),
        );
        let operator = match query["operator"].as_str() {
            Some(operator) => operator,
            None if value.contains('%') => "like",
            None => "=",
        };
        match key {
            "" => document
                .values()
                .filter(|property| truthy(property))
                .any(|property| {
                    elements(property)
                        .iter()
                        .any(|element| like(&format!("%{value}%"), &text(element)))
                }),
            "__id" => compare(operator, &[json!(id)], value),
            key => match document.get(key) {
                None | Some(Value::Null) => false,
                Some(property) => compare(operator, &elements(property), value),
            },
        }
    }

    fn compare(operator: &str, elements: &[Value], value: &str) -> bool {
        let equal = |element: &Value| text(element) == value;
        let order = || elements.first().and_then(|first| relation(first, value));
        match operator {
            "=" => elements.iter().any(equal),
            "!=" => !elements.iter().any(equal),
            "like" => elements.iter().any(|element| like(value, &text(element))),
            "<" => order() == Some(Ordering::Less),
            ">" => order() == Some(Ordering::Greater),
            "<=" => order().is_some_and(Ordering::is_le),
            _ => order().is_some_and(Ordering::is_ge),
        }
    }

    fn elements(property: &Value) -> Vec<Value> {
        let list = property
            .as_array()
            .cloned()
            .unwrap_or_else(|| vec![property.clone()]);
        list.into_iter()
            .map(|element| element.get("content").cloned().unwrap_or(element))
            .collect()
    }

    fn truthy(value: &Value) -> bool {
        !matches!(value, Value::Null | Value::Bool(false))
            && *value != json!("")
            && *value != json!(0)
    }

    fn text(value: &Value) -> String {
        match value {
            Value::String(text) => text.clone(),
            Value::Object(_) => "[object Object]".to_owned(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => value.to_string(),
        }
    }

    fn relation(element: &Value, value: &str) -> Option<Ordering> {
        let number = match element {
            Value::Number(number) => number.as_f64()?,
            Value::Bool(flag) => f64::from(u8::from(*flag)),
            Value::Null | Value::String(_) | Value::Array(_) | Value::Object(_) => {
                return Some(units(&text(element)).cmp(&units(value)));
            }
        };
        let value = if value.trim().is_empty() {
            0.0
        } else {
            value.trim().parse().ok()?
        };
        number.partial_cmp(&value)
    }

    fn units(text: &str) -> Vec<u16> {
        text.encode_utf16().collect()
    }

    /// Fills a table: do the first i places of the pattern match the first j units of the text?
    pub(crate) fn like(pattern: &str, text: &str) -> bool {
        let (pattern, text) = (folded(pattern), folded(text));
        let mut row: Vec<bool> = (0..=text.len()).map(|units| units == 0).collect();
        for place in pattern {
            let before = row.clone();
            for j in 0..row.len() {
                row[j] = match place {
                    0x25 => before[j] || (j > 0 && row[j - 1]),
                    0x5f => {
                        j > 0 && before[j - 1] && ![0xa, 0xd, 0x2028, 0x2029].contains(&text[j - 1])
                    }
                    unit => j > 0 && before[j - 1] && text[j - 1] == unit,
                };
            }
        }
        row[text.len()]
    }

    /// Only for the letters the test uses.
    fn folded(text: &str) -> Vec<u16> {
        let fold = |c: char| {
            if c == 'é' {
                'É'
            } else {
                c.to_ascii_uppercase()
            }
        };
        units(&text.chars().map(fold).collect::<String>())
    }
}

const LETTERS: &str = "[abAé😀\n]{0,4}";

fn property() -> impl Strategy<Value = Value> {
    let plain = prop_oneof![
        4 => LETTERS.prop_map(Value::from),
        2 => (-3..12).prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => prop::sample::select(vec!["10", "9", "a%", "_"]).prop_map(Value::from),
    ];
    let element = prop_oneof![
        6 => plain.clone(),
        1 => plain.clone().prop_map(|content| json!({ "content": content })),
        1 => Just(json!({ "k": "v" })),
    ];
    prop_oneof![
        8 => element.clone(),
        2 => prop::collection::vec(element, 0..3).prop_map(Value::from),
        1 => Just(Value::Null),
    ]
}

fn documents() -> impl Strategy<Value = Vec<Document>> {
    let name = prop::sample::select(vec!["a", "b", "c"]).prop_map(str::to_owned);
    let document = prop::collection::hash_map(name, property(), 0..4);
    prop::collection::vec(
        document.prop_map(|members| members.into_iter().collect()),
        0..8,
    )
}

fn query() -> impl Strategy<Value = Value> {
    let key = prop::sample::select(vec!["", "a", "b", "c", "__id"]);
    let value = prop_oneof![
        3 => "[abAé😀%_]{0,5}".prop_map(String::from),
        1 => "-?[0-9]{0,2}",
        1 => LETTERS,
    ];
    let operator = prop::option::of(prop::sample::select(vec!["=", "!=", "<", "<=", ">", ">="]));
    let term = (key, value, operator).prop_map(|(key, value, operator)| match operator {
        Some(sign) => json!({ "type": "simple", "key": key, "value": value, "operator": sign }),
        None => json!({ "type": "simple", "key": key, "value": value }),
    });
    term.prop_recursive(3, 12, 3, |inner| {
        let word = prop::sample::select(vec!["AND", "OR", "NOT"]);
        (word, prop::collection::vec(inner, 1..4)).prop_map(
            |(word, list)| json!({ "type": "complex", "operator": word, "query_list": list }),
        )
    })
}

fn found(options: &Value, documents: &[(String, Document)]) -> Vec<String> {
    let options = AllDocs::from_json(options, CAPACITIES).unwrap();
    let plan = Plan::new(&options, &Schema::default()).unwrap();
    let rows = plan
        .run(
            documents
                .iter()
                .map(|(id, document)| (id.as_str(), document)),
        )
        .unwrap();
    rows.rows().iter().map(|row| row.id.to_owned()).collect()
}

fn with_ids(documents: Vec<Document>) -> Vec<(String, Document)> {
    documents
        .into_iter()
        .enumerate()
        .map(|(at, document)| (at.to_string(), document))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn filtering_is_that_of_the_model(documents in documents(), query in query()) {
        let documents = with_ids(documents);
        let expected: Vec<String> = documents
            .iter()
            .filter(|(id, document)| model::matches(&query, id, document))
            .map(|(id, _)| id.clone())
            .collect();
        prop_assert_eq!(found(&json!({ "query": query }), &documents), expected);
    }

    #[test]
    fn wildcards_are_those_of_the_model(pattern in "[abA_%]{0,12}", text in "[abAé😀\n]{0,12}") {
        let documents = [("1".to_owned(), json!({ "k": text }).as_object().unwrap().clone())];
        // A leading `%` makes it a pattern.
        let pattern = format!("%{pattern}");
        let query = json!({ "type": "simple", "key": "k", "value": pattern });
        let matches = !found(&json!({ "query": query }), &documents).is_empty();
        prop_assert_eq!(matches, model::like(&pattern, &text));
    }

    #[test]
    fn sorting_gives_the_same_rows(
        documents in documents(),
        keys in prop::collection::vec(prop::sample::select(vec!["a", "b", "c", "__id"]), 1..3),
        is_descending in any::<bool>(),
    ) {
        let documents = with_ids(documents);
        let direction = if is_descending { "descending" } else { "ascending" };
        let sort_on: Vec<Value> = keys.iter().map(|key| json!([key, direction])).collect();
        let mut ids = found(&json!({ "sort_on": sort_on }), &documents);
        ids.sort();
        let all: Vec<String> = documents.into_iter().map(|(id, _)| id).collect();
        prop_assert_eq!(ids, all);
    }

    #[test]
    fn numbers_and_texts_alone_are_sorted_stably(
        numbers in prop::collection::vec(-3..3_i64, 0..40),
        is_descending in any::<bool>(),
    ) {
        let documents = numbers.iter().map(|n| json!({ "n": n }).as_object().unwrap().clone());
        let documents = with_ids(documents.collect());
        let direction = if is_descending { "descending" } else { "ascending" };
        let mut expected: Vec<usize> = (0..numbers.len()).collect();
        expected.sort_by_key(|at| if is_descending { -numbers[*at] } else { numbers[*at] });
        let expected: Vec<String> = expected.iter().map(usize::to_string).collect();
        prop_assert_eq!(found(&json!({ "sort_on": [["n", direction]] }), &documents), expected);
    }

    #[test]
    fn limits_are_windows(skip in -3..12_i64, count in -3..12_i64) {
        let documents = with_ids(vec![Document::new(); 8]);
        let mut expected: Vec<String> = documents.iter().map(|(id, _)| id.clone()).collect();
        expected.drain(..usize::try_from(skip).unwrap_or(0).min(8));
        if count != 0 {
            let len = i64::try_from(expected.len()).unwrap();
            let kept = if count < 0 { len + count } else { count };
            expected.truncate(usize::try_from(kept).unwrap_or(0));
        }
        prop_assert_eq!(found(&json!({ "limit": [skip, count] }), &documents), expected);
    }
}
