//! Queries: as text and as JSON they are read again as they were written, and any of them is answered over
//! documents of every shape.

use crate::input::text;
use jio::{AllDocs, CAPACITIES, Collection, Id, Query, document, search_text};
use serde_json::{Value, json};

pub(crate) fn query(data: &[u8]) {
    let text = text(data);
    if let Ok(query) = Query::parse(&text) {
        check(&query);
    }
    let Ok(value) = serde_json::from_str::<Value>(&text) else {
        return;
    };
    let _ = search_text(&value); // A query or not: it comes back.
    if let Ok(query) = Query::from_json(&value) {
        check(&query);
    }
    answer(&value);
}

fn check(query: &Query) {
    let form = query.to_json();
    assert!(
        Query::from_json(&form).is_ok_and(|again| again == *query),
        "{form}"
    );
    let printed = query.to_text();
    assert_eq!(
        search_text(&form).ok(),
        (*query != Query::ALL).then(|| printed.clone()),
        "{form}"
    );
    if is_sayable(&form) {
        let again = Query::parse(&printed);
        assert!(
            again.is_ok_and(|again| again.to_json() == form),
            "{printed:?} of {form}"
        );
    }
    answer(&json!({ "query": form, "sort_on": [["a", "descending"]], "limit": [0, 2] }));
}

/// Whether the text form has words for all of it: keys are plain words, values texts in which no backslash
/// stands before a quote or at the end, and no group is joined by its parent's word.
fn is_sayable(form: &Value) -> bool {
    let Some(list) = form["query_list"].as_array() else {
        return form["type"] == "simple" && is_sayable_term(form);
    };
    let word = &form["operator"];
    let many = if word == "NOT" {
        list.len() == 1
    } else {
        list.len() > 1
    };
    many && list
        .iter()
        .all(|child| child["operator"] != *word || child["type"] != "complex")
        && list.iter().all(is_sayable)
}

fn is_sayable_term(form: &Value) -> bool {
    let is_word = |key: &str| {
        key.bytes().all(|byte| byte.is_ascii_alphanumeric()) && !["AND", "OR", "NOT"].contains(&key)
    };
    let key = form["key"].as_str().is_some_and(is_word);
    let value = form["value"].as_str();
    key && value.is_some_and(|value| !value.contains("\\\"") && !value.ends_with('\\'))
}

fn answer(options: &Value) {
    let Ok(options) = AllDocs::from_json(options, CAPACITIES) else {
        return;
    };
    let mut collection = Collection::default();
    let documents = [
        json!({}),
        json!({ "a": "one", "b": 2, "content": null }),
        json!({ "a": ["x", { "content": "y" }], "b": { "content": [1] }, "__proto__": "p" }),
        json!({ "a": "2016-01-05T10:00Z", "b": true, "é": "\u{1F600}%_" }),
    ];
    for (number, value) in documents.into_iter().enumerate() {
        let id = Id::new(number.to_string()).expect("an id");
        collection.put(id, document(value).expect("a plain object"));
    }
    if let Ok(rows) = collection.all_docs(&options) {
        assert!(rows.rows().len() <= collection.len());
    }
}
